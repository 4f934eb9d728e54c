/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The measured quality of every class over many pairs of rates, against what dsp.h promises.
 *   quality          check, few tones, one line a failure
 *   quality --table  measure closely and print, with speed (M output frames/s, stereo, 10 ms
 * blocks) */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dsp/measure.h"

struct promise {
    const char *name;
    double snr_db, rejection_db, corner, single_db;
};

static const struct promise promises[] = {
    [MMK_QUALITY_DRAFT] = {"draft", 60, -60, 0.75, -60},
    [MMK_QUALITY_FAST] = {"fast", 100, -100, 0.81, -100},
    [MMK_QUALITY_HIGH] = {"high", 134, -134, 0.93, -134},
    [MMK_QUALITY_ULTRA] = {"ultra", 145, -145, 0.95, -170},
};

static const struct {
    uint32_t in_hz, out_hz;
} pairs[] = {{44100, 48000},  {48000, 44100},  {8000, 48000},  {96000, 44100}, {44100, 47999},
             {44100, 48001},  {48000, 8000},   {11025, 44100}, {22050, 16000}, {192000, 48000},
             {44100, 384000}, {384000, 44100}, {1000, 383999}, {384000, 1000}};

#define N_PAIRS (sizeof pairs / sizeof *pairs)

static double speed(const struct mmk_resampler_config *config)
{
    static float in[2 * 4096], out[2 * 4096];
    struct mmk_resampler *r = measure_open(config);
    double frames = 0, seconds = 0;
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        in[i] = (float)(uint16_t)(i * 40503u) / 65536.0f - 0.5f;
    size_t block = config->out_rate_hz / 100 < 4096 ? config->out_rate_hz / 100 : 4096;
    clock_t start = clock();
    while (seconds < 0.15) {
        for (int k = 0; k < 4; k++) {
            size_t made = 0;
            while (made < block) {
                size_t used, m;
                mmk_resampler_process(r, in, 4096, &used, out + 2 * made, block - made, &m);
                made += m;
            }
            frames += (double)block;
        }
        seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    }
    measure_close(r);
    return frames / seconds / 1e6;
}

static unsigned check(const struct promise *p, const struct mmk_resampler_config *c,
                      const struct measure_quality *q)
{
    if (q->snr_db >= p->snr_db && q->rejection_db <= p->rejection_db && q->corner >= p->corner &&
        q->single_db <= p->single_db)
        return 0;
    printf("FAIL %s %u > %u: SNR %.1f dB, rejection %.1f dB (single %.1f), corner %.4f\n", p->name,
           (unsigned)c->in_rate_hz, (unsigned)c->out_rate_hz, q->snr_db, q->rejection_db,
           q->single_db, q->corner);
    return 1;
}

int main(int argc, char **argv)
{
    int table = argc > 1 && !strcmp(argv[1], "--table");
    unsigned passed = 0, failed = 0;
    if (table)
        printf("class  rates            SNR dB  rejection dB (single)   corner  ripple dB   KiB  "
               "ms init  lookahead  M frames/s\n");
    for (unsigned k = 0; k < 4; k++)
        for (size_t i = 0; i < N_PAIRS; i++) {
            struct mmk_resampler_config c = {.in_rate_hz = pairs[i].in_hz,
                                             .out_rate_hz = pairs[i].out_hz,
                                             .channels = 1,
                                             .quality = (mmk_quality)k};
            struct measure_quality q;
            measure_quality(&c, table ? 60 : 6, table ? 0 : promises[k].corner, &q);
            unsigned bad = check(&promises[k], &c, &q);
            failed += bad;
            passed += !bad;
            if (!table)
                continue;
            c.channels = 2;
            size_t n_bytes = 0;
            mmk_resampler_bytes(&c, &n_bytes);
            clock_t start = clock();
            struct mmk_resampler *r = measure_open(&c);
            double ms = 1e3 * (double)(clock() - start) / CLOCKS_PER_SEC;
            printf("%-6s %6u > %6u %7.1f %8.1f (%8.1f) %9.4f  %.6f %7zu %7.1f %7zu %10.2f\n",
                   promises[k].name, (unsigned)pairs[i].in_hz, (unsigned)pairs[i].out_hz, q.snr_db,
                   q.rejection_db, q.single_db, q.corner, q.ripple_db, n_bytes / 1024, ms,
                   mmk_resampler_lookahead(r), speed(&c));
            fflush(stdout);
            measure_close(r);
        }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
