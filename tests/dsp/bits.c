/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The same bits on every host and compiler: hashes of what each part of dsp/ makes of fixed input.
 * The values below were taken once, on x86-64 with gcc 12; they change only with a change of
 * definition (new class, other filter order), and such a change says so. Input is made by integers
 * alone. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mmk/dsp.h>

static union {
    _Alignas(64) uint8_t bytes[4u << 20];
} mem;

static float in[8 * 4000], out[8 * 16000];
static unsigned failed, passed;

static uint32_t next_state = 12345;

static float next_sample(void)
{
    next_state = next_state * 1664525u + 1013904223u;
    return (float)(int32_t)(next_state >> 8) * 0x1p-23f - 1.0f;
}

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001B3u; /* FNV-1a, 64 bits */
    return h;
}

#define SEED 0xCBF29CE484222325u

static void expect(const char *what, uint64_t got, uint64_t want)
{
    passed += got == want;
    failed += got != want;
    if (got != want)
        printf("%s: 0x%08lX%08lX\n", what, (unsigned long)(got >> 32),
               (unsigned long)(got & 0xFFFFFFFFu));
}

static uint64_t resample(uint32_t in_hz, uint32_t out_hz, mmk_quality quality, double speed)
{
    struct mmk_resampler_config c = {in_hz, out_hz, 2, quality, speed != 0 ? 2.0 : 0.0, NULL};
    struct mmk_resampler *r = NULL;
    size_t used, made, more;
    if (mmk_resampler_init(&mem, sizeof mem, &c, &r) != MMK_OK)
        return 0;
    mmk_resampler_process(r, in, 500, &used, out, 8000, &made);
    mmk_resampler_set_speed(r, speed);
    mmk_resampler_process(r, in + 2 * used, 4000 - used, &used, out + 2 * made, 8000 - made, &more);
    made += more;
    mmk_resampler_drain(r, out + 2 * made, 8000 - made, &more);
    return hash(SEED, out, (made + more) * 2 * sizeof *out);
}

static void check_resamplers(void)
{
    expect("44.1 > 48 draft", resample(44100, 48000, MMK_QUALITY_DRAFT, 0), 0x9FA129F3200F2CD7u);
    expect("44.1 > 48 fast", resample(44100, 48000, MMK_QUALITY_FAST, 0), 0x88B8FA04651E836Eu);
    expect("44.1 > 48 high", resample(44100, 48000, MMK_QUALITY_HIGH, 0), 0x61FC70D653B1AB17u);
    expect("48 > 44.1 ultra", resample(48000, 44100, MMK_QUALITY_ULTRA, 0), 0x320C1B1EF7257E33u);
    expect("44.1 > 47.999 high", resample(44100, 47999, MMK_QUALITY_HIGH, 0), 0x0FB83980001401C2u);
    expect("8 > 48 high", resample(8000, 48000, MMK_QUALITY_HIGH, 0), 0x658EA8C5A2B6C2CAu);
    expect("8 > 48 ultra", resample(8000, 48000, MMK_QUALITY_ULTRA, 0), 0x5E958303F4ABC8F9u);
    expect("44.1 > 48.001 ultra", resample(44100, 48001, MMK_QUALITY_ULTRA, 0),
           0x3EE5F068D206CF2Bu);
    expect("96 > 44.1 high, speed", resample(96000, 44100, MMK_QUALITY_HIGH, 1.37),
           0xB6930CDD573D86D5u);
}

static void check_kernels(void)
{
    struct mmk_dither d = {0};
    static const float from[2] = {0.1f, 0.9f}, to[2] = {0.8f, 0.3f};
    uint64_t h = SEED;
    mmk_dither_seed(&d, 2026);
    for (unsigned s = 0; s < MMK_SAMPLE_COUNT; s++) {
        memset(out, 0, sizeof out);
        mmk_dsp_c.from_f32[s](out, in, 4000);
        h = hash(h, out, 4000 * 8);
        mmk_dsp_c.from_f32_tpdf[s](out, in, 4000, &d);
        h = hash(h, out, 4000 * 8);
        memset(out, 0, sizeof out);
        mmk_dsp_c.to_f32[s](out, in, 4000);
        for (unsigned i = 0; i < 4000; i++)
            if (!(out[i] == out[i])) /* a NaN's sign and payload are the CPU's affair */
                out[i] = 0.0f;
        h = hash(h, out, 4000 * 4);
    }
    expect("conversions", h, 0x3EA2ABB126BF2542u);
    memset(out, 0, sizeof out);
    mmk_dsp_c.mix(out, in, 4000, 2, from, to);
    mmk_dsp_c.mix(out, in, 4000, 2, from, from);
    expect("mix", hash(SEED, out, 4000 * 8), 0xF2B62FDF92F976E3u);
    float matrix[12];
    mmk_remix_matrix(6, 0, 2, 0, matrix);
    mmk_dsp_c.remix(out, in, 4000, 6, 2, matrix);
    expect("remix", hash(SEED, out, 4000 * 8), 0xBE587A9DE20FF45Bu);
}

static void check_limiter(void)
{
    struct mmk_limiter *l = NULL;
    if (mmk_limiter_init(&mem, sizeof mem, 44100, 2, 0.7f, &l) != MMK_OK)
        return;
    memcpy(out, in, 8000 * sizeof *out);
    mmk_limiter_process(l, out, 4000);
    expect("limiter", hash(SEED, out, 8000 * sizeof *out), 0xE9E1120A81A0D1BBu);
}

int main(void)
{
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        in[i] = next_sample();
    check_resamplers();
    check_kernels();
    check_limiter();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
