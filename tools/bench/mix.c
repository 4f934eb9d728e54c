/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* N stereo streams with a gain each into one bus, 10 ms blocks: all in cache, and each stream from
 * memory. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(BENCH_SDL2)
#include <SDL2/SDL.h>
#endif

enum { FRAMES = 480, SAMPLES = 2 * FRAMES };

struct work {
    const struct mmk_dsp *dsp;
    float *bus, *streams;
    unsigned n;
    size_t size, at; /* samples of one stream's memory; where it is read */
    bool ramp;
};

static const float *stream(const struct work *w, unsigned i)
{
    return w->streams + i * w->size + w->at;
}

static void go_on(struct work *w)
{
    w->at = w->at + 2 * SAMPLES <= w->size ? w->at + SAMPLES : 0;
}

static void run_ours(void *self)
{
    static const float from[2] = {0.1f, 0.12f}, to[2] = {0.2f, 0.05f};
    struct work *w = self;
    memset(w->bus, 0, SAMPLES * sizeof(float));
    for (unsigned i = 0; i < w->n; i++)
        w->dsp->mix(w->bus, stream(w, i), FRAMES, 2, from, w->ramp ? to : from);
    go_on(w);
}

static void run_plain(void *self)
{
    struct work *w = self;
    memset(w->bus, 0, SAMPLES * sizeof(float));
    for (unsigned i = 0; i < w->n; i++) {
        const float *s = stream(w, i);
        for (unsigned k = 0; k < FRAMES; k++) {
            w->bus[2 * k] += s[2 * k] * 0.1f;
            w->bus[2 * k + 1] += s[2 * k + 1] * 0.12f;
        }
    }
    go_on(w);
}

/* Volume into a buffer, then a sum: what servers do. */
static void run_volume_sum(void *self)
{
    static float scaled[SAMPLES];
    struct work *w = self;
    memset(w->bus, 0, SAMPLES * sizeof(float));
    for (unsigned i = 0; i < w->n; i++) {
        const float *s = stream(w, i);
        for (unsigned k = 0; k < SAMPLES; k++)
            scaled[k] = s[k] * 0.1f;
        for (unsigned k = 0; k < SAMPLES; k++)
            w->bus[k] += scaled[k];
    }
    go_on(w);
}

#if defined(BENCH_SDL2)
static void run_sdl(void *self)
{
    struct work *w = self;
    memset(w->bus, 0, SAMPLES * sizeof(float));
    for (unsigned i = 0; i < w->n; i++)
        SDL_MixAudioFormat((Uint8 *)w->bus, (const Uint8 *)stream(w, i), AUDIO_F32SYS,
                           SAMPLES * sizeof(float), 13);
    go_on(w);
}
#endif

static void run_read(void *self)
{
    static volatile float sink;
    struct work *w = self;
    float lanes[16] = {0};
    for (unsigned i = 0; i < w->n; i++) {
        const float *s = stream(w, i);
        for (unsigned k = 0; k < SAMPLES; k += 16)
            for (unsigned j = 0; j < 16; j++)
                lanes[j] += s[k + j];
    }
    sink = lanes[0] + lanes[5];
    (void)sink;
    go_on(w);
}

static void measure(unsigned n, bool cold)
{
    static struct work work[BENCH_ROWS_MAX];
    struct bench_table t = {.subject = "mix", .unit = "stream-frame"};
    const struct mmk_dsp *kernels[4];
    snprintf(t.title, sizeof t.title, "mix %u stereo streams with gain, %s", n,
             cold ? "from memory" : "in cache");
    if (!bench_wanted(&t))
        return;
    uint32_t state = 3;
    const size_t size =
        cold ? (size_t)(96u << 20) / sizeof(float) / n / SAMPLES * SAMPLES : SAMPLES;
    struct work base = {.n = n, .size = size};
    base.bus = bench_alloc(SAMPLES * sizeof(float));
    base.streams = bench_alloc(size * n * sizeof(float));
    for (size_t i = 0; i < size * n; i++)
        base.streams[i] = bench_noise(&state) * 0.01f;
    for (unsigned i = 0; i < BENCH_ROWS_MAX; i++)
        work[i] = base;
    const unsigned n_kernels = bench_kernels(kernels, 4);
    for (unsigned i = 0; i < 2 * n_kernels; i++) {
        char label[40];
        snprintf(label, sizeof label, "mmekit, %s%s", kernels[i / 2]->name,
                 i % 2 ? ", gain ramp" : "");
        work[t.n_rows].dsp = kernels[i / 2];
        work[t.n_rows].ramp = i % 2;
        bench_add(&t, label)->run = run_ours;
    }
    t.bar = t.n_rows;
    bench_add(&t, "volume, then sum; the compiler's loops")->run = run_volume_sum;
    bench_add(&t, "one loop, the compiler's")->run = run_plain;
#if defined(BENCH_SDL2)
    bench_add(&t, "SDL2")->run = run_sdl;
#endif
    bench_add(&t, "reading alone")->run = run_read;
    for (unsigned i = 0; i < t.n_rows; i++) {
        t.rows[i].self = &work[i];
        t.rows[i].units = (double)n * FRAMES;
    }
    bench_measure(&t);
    free(base.bus);
    free(base.streams);
}

void bench_mix(void)
{
    measure(8, false);
    measure(64, false);
    measure(8, true);
    measure(64, true);
}
