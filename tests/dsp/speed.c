/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* How fast one core mixes: ten clients of five rates and four formats into one 48 kHz stereo
 * device, class high, as the engine does it (to float, resample, matrix, mix with gain, limiter,
 * dither to 16 bits), in periods of 10 ms. Prints the factor over real time; nothing is judged,
 * since machines differ. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mmk/port.h>

#include "dsp/check_dsp.h"
#include "dsp/measure.h"

enum { CLIENTS = 10, DEVICE_HZ = 48000, PERIOD = DEVICE_HZ / 100, MAX_IN = 8192 };

struct client {
    uint32_t rate_hz;
    unsigned channels;
    mmk_sample sample;
    struct mmk_resampler *resampler;
    float matrix[2 * MMK_CHANNELS_MAX];
};

static struct client clients[CLIENTS] = {
    {44100, 2, MMK_SAMPLE_S16, NULL, {0}}, {44100, 2, MMK_SAMPLE_F32, NULL, {0}},
    {22050, 1, MMK_SAMPLE_S16, NULL, {0}}, {22050, 2, MMK_SAMPLE_U8, NULL, {0}},
    {8000, 1, MMK_SAMPLE_U8, NULL, {0}},   {8000, 1, MMK_SAMPLE_S16, NULL, {0}},
    {96000, 2, MMK_SAMPLE_S24, NULL, {0}}, {96000, 2, MMK_SAMPLE_F32, NULL, {0}},
    {48000, 2, MMK_SAMPLE_S16, NULL, {0}}, {48000, 2, MMK_SAMPLE_S24, NULL, {0}},
};

static float bus[2 * PERIOD];
static const struct mmk_dsp *dsp;

static void play(struct client *k, const void *source)
{
    static float raw[MAX_IN * MMK_CHANNELS_MAX], resampled[PERIOD * MMK_CHANNELS_MAX];
    static float stereo[2 * PERIOD];
    static const float gain[2] = {0.1f, 0.12f};
    size_t n = mmk_resampler_need(k->resampler, PERIOD), used, made;
    dsp->to_f32[k->sample](raw, source, n * k->channels);
    mmk_resampler_process(k->resampler, raw, n, &used, resampled, PERIOD, &made);
    dsp->remix(stereo, resampled, made, k->channels, 2, k->matrix);
    dsp->mix(bus, stereo, made, 2, gain, gain);
}

/* 1 if a client cannot be made. */
static int measure_kernels(double seconds)
{
    static uint8_t source[MAX_IN * 2 * 4], device[2 * PERIOD * 2];
    static _Alignas(64) uint8_t limiter_mem[1 << 16];
    struct mmk_limiter *limiter;
    struct mmk_dither dither = {0};
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)(i * 37 >> 3 & 0x3F); /* floats of these bytes are small and normal */
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *k = &clients[i];
        struct mmk_resampler_config c = {k->rate_hz,       DEVICE_HZ, k->channels,
                                         MMK_QUALITY_HIGH, 0,         dsp};
        k->resampler = measure_open(&c);
        if (mmk_remix_matrix(k->channels, 0, 2, 0, k->matrix) != MMK_OK)
            return 1;
    }
    if (mmk_limiter_init(limiter_mem, sizeof limiter_mem, DEVICE_HZ, 2, 1.0f, &limiter) != MMK_OK)
        return 1;
    mmk_dither_seed(&dither, 1);
    clock_t start = clock();
    for (int period = 0; period < (int)(seconds * 100); period++) {
        for (int i = 0; i < 2 * PERIOD; i++)
            bus[i] = 0.0f;
        for (unsigned i = 0; i < CLIENTS; i++)
            play(&clients[i], source);
        mmk_limiter_process(limiter, bus, PERIOD);
        dsp->from_f32_tpdf[MMK_SAMPLE_S16](device, bus, 2 * PERIOD, &dither);
    }
    double spent = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("10 clients, 5 rates, 4 formats, %-6s: %.1f x real time (%.0f s in %.2f s)\n", dsp->name,
           seconds / spent, seconds, spent);
    for (unsigned i = 0; i < CLIENTS; i++)
        measure_close(clients[i].resampler);
    return 0;
}

int main(int argc, char **argv)
{
    static const uint32_t kinds[] = {0, MMK_CPU_AVX2_FMA, MMK_CPU_AVX512};
    const double seconds = argc > 1 ? atof(argv[1]) : 20.0;
    int bad = 0;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        dsp = mmk_dsp_select(kinds[i]);
        if (i == 0 || (dsp != &mmk_dsp_c && check_dsp_runs_here(kinds[i])))
            bad |= measure_kernels(seconds);
    }
    return bad;
}
