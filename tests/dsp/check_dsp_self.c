/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The check checked: kernels with the mistakes that vector code makes. */

#include "dsp/check_dsp.h"

#include <stdio.h>
#include <string.h>

#include <mmk/port.h>

bool check_dsp_runs_here(uint32_t feature)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    switch (feature) {
    case MMK_CPU_SSE2:
        return __builtin_cpu_supports("sse2");
    case MMK_CPU_AVX2_FMA:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case MMK_CPU_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
    default:
        return false;
    }
#elif defined(__ARM_NEON)
    return feature == MMK_CPU_NEON;
#else
    (void)feature;
    return false;
#endif
}

/* Writes one sample too many. */
static void overrun(float *dst, const void *src, size_t n)
{
    mmk_dsp_c.to_f32[MMK_SAMPLE_S16](dst, src, n + 1);
}

/* Forgets the tail behind the last whole vector. */
static void no_tail(void *dst, const float *src, size_t n)
{
    mmk_dsp_c.from_f32[MMK_SAMPLE_S24](dst, src, n / 4 * 4);
}

/* Rounds halves away from zero instead of to even. */
static void half_away(void *dst, const float *src, size_t n)
{
    const uint8_t *in = (const uint8_t *)src;
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, in + 4 * i, sizeof v);
        v *= 32768.0f;
        v = v == v ? v : 0.0f;
        v = v > 32767.0f ? 32767.0f : v < -32768.0f ? -32768.0f : v;
        int16_t out = (int16_t)(v < 0 ? v - 0.5f : v + 0.5f);
        memcpy((uint8_t *)dst + 2 * i, &out, sizeof out);
    }
}

/* Starts every call at lane 0. */
static void lane_zero(void *dst, const float *src, size_t n, struct mmk_dither *d)
{
    d->next = 0;
    mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_U8](dst, src, n, d);
}

/* Adds the step up instead of multiplying it. */
static void creeping_gain(float *dst, const float *src, size_t n, unsigned channels,
                          const float *from, const float *to)
{
    for (unsigned c = 0; c < channels; c++) {
        float gain = from[c], step = n ? (to[c] - from[c]) / (float)n : 0.0f;
        for (size_t i = 0; i < n; i++, gain += step) {
            float d, s;
            uint8_t *p = (uint8_t *)dst + 4 * (i * channels + c);
            memcpy(&d, p, 4);
            memcpy(&s, (const uint8_t *)src + 4 * (i * channels + c), 4);
            d += s * gain;
            memcpy(p, &d, 4);
        }
    }
}

static void transposed(float *dst, const float *src, size_t n, unsigned in, unsigned out,
                       const float *matrix)
{
    float other[MMK_CHANNELS_MAX * MMK_CHANNELS_MAX];
    for (unsigned o = 0; o < out; o++)
        for (unsigned i = 0; i < in; i++)
            other[o * in + i] = matrix[i * out + o];
    mmk_dsp_c.remix(dst, src, n, in, out, other);
}

/* Sums from left to right. */
static void left_to_right(float *dst, const float *src, size_t stride, const float *taps, size_t n,
                          unsigned channels)
{
    for (unsigned c = 0; c < channels; c++) {
        dst[c] = 0;
        for (size_t t = 0; t < n; t++)
            dst[c] += src[c * stride + t] * taps[t];
    }
}

static void float_sums(float *dst, const float *src, size_t stride, const double *taps, size_t n,
                       unsigned channels)
{
    for (unsigned c = 0; c < channels; c++) {
        dst[c] = 0;
        for (size_t t = 0; t < n; t++)
            dst[c] += src[c * stride + t] * (float)taps[t];
    }
}

static void wrong_weight(float *taps, const float *rows, const float *w, size_t n)
{
    const float v[4] = {w[0], w[2], w[1], w[3]};
    mmk_dsp_c.blend(taps, rows, v, n);
}

static void short_blend(double *taps, const double *rows, const double *w, size_t n)
{
    double last = taps[n - 1];
    mmk_dsp_c.blend_f64(taps, rows, w, n);
    taps[n - 1] = last;
}

/* Halves the length before it looks whether that is odd. */
static void no_middle(float *dst, const float *const *src, unsigned n_src, const float *taps,
                      size_t n)
{
    float some[MMK_FIR_SOURCES][64];
    const float *from[MMK_FIR_SOURCES];
    for (unsigned i = 0; i < n_src; i++) {
        from[i] = some[i];
        memcpy(some[i], src[i], (n < 64 ? n : 64) * sizeof(float));
        if (n % 2 != 0 && n < 64)
            some[i][n / 2] = 0;
    }
    mmk_dsp_c.fir_lanes(dst, n < 64 ? from : src, n_src, taps, n);
}

/* The last source again in the place of one more. */
static void one_source_more(double *dst, const double *const *src, unsigned n_src,
                            const double *taps, size_t n)
{
    mmk_dsp_c.fir_lanes_f64(dst, src, n_src, taps, n);
    mmk_dsp_c.fir_lanes_f64(dst + n_src * MMK_FIR_LANES, src + n_src - 1, 1, taps, n);
}

/* Negative values by their complement instead of their magnitude: off by one. */
static void complement(int16_t *dst, const uint8_t *src, size_t n)
{
    mmk_dsp_c.alaw_to_s16(dst, src, n);
    for (size_t i = 0; i < n; i++)
        if (!(src[i] & 0x80))
            ((uint8_t *)dst)[2 * i] ^= 1;
}

/* The clip of mu-law forgotten. */
static void no_clip(uint8_t *dst, const int16_t *src, size_t n)
{
    mmk_dsp_c.s16_to_ulaw(dst, src, n);
    for (size_t i = 0; i < n; i++)
        if (dst[i] == 0x80)
            dst[i] = 0x8F;
}

int check_dsp_self_test(const char *(*check)(const struct mmk_dsp *))
{
    struct mmk_dsp t[14];
    const char *want[14] = {"to_f32",      "from_f32",   "from_f32",  "from_f32_tpdf",
                            "mix",         "remix",      "fir",       "fir_f64",
                            "blend",       "blend_f64",  "fir_lanes", "fir_lanes_f64",
                            "g711 decode", "g711 encode"};
    unsigned passed = 0;
    for (unsigned i = 0; i < 14; i++)
        t[i] = mmk_dsp_c;
    t[0].to_f32[MMK_SAMPLE_S16] = overrun;
    t[1].from_f32[MMK_SAMPLE_S24] = no_tail;
    t[2].from_f32[MMK_SAMPLE_S16] = half_away;
    t[3].from_f32_tpdf[MMK_SAMPLE_U8] = lane_zero;
    t[4].mix = creeping_gain;
    t[5].remix = transposed;
    t[6].fir = left_to_right;
    t[7].fir_f64 = float_sums;
    t[8].blend = wrong_weight;
    t[9].blend_f64 = short_blend;
    t[10].fir_lanes = no_middle;
    t[12].alaw_to_s16 = complement;
    t[13].s16_to_ulaw = no_clip;
    t[11].fir_lanes_f64 = one_source_more;
    for (unsigned i = 0; i < 14; i++) {
        const char *found = check(&t[i]);
        bool good = found && !strcmp(found, want[i]);
        passed += good;
        printf("broken %s %u: %s\n", want[i], i, found ? found : "not caught");
    }
    printf("%u passed, %u failed\n", passed, 14 - passed);
    return passed != 14;
}
