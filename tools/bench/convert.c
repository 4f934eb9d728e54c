/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Sample formats, 960 samples at a time (a driver's block, in the first cache), and 4 M samples
 * (memory). */

#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(BENCH_SAMPLERATE)
#include <samplerate.h>
#endif
#if defined(BENCH_SWR)
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#endif
#if defined(BENCH_SDL2)
#include <SDL2/SDL.h>
#endif

enum way { TO_F32, FROM_F32, FROM_F32_TPDF };

struct work {
    void *src, *dst;
    size_t n;
    mmk_sample sample;
    enum way way;
    const struct mmk_dsp *dsp;
    struct mmk_dither dither;
    void *peer;
};

static void run_ours(void *self)
{
    struct work *w = self;
    if (w->way == TO_F32)
        w->dsp->to_f32[w->sample](w->dst, w->src, w->n);
    else if (w->way == FROM_F32)
        w->dsp->from_f32[w->sample](w->dst, w->src, w->n);
    else
        w->dsp->from_f32_tpdf[w->sample](w->dst, w->src, w->n, &w->dither);
}

/* What a program writes that has no library. */
static void run_plain(void *self)
{
    struct work *w = self;
    const uint8_t *bytes = w->src;
    uint8_t *out = w->dst;
    const float *f = w->src;
    for (size_t i = 0; w->way == TO_F32 && i < w->n; i++) {
        const int32_t v = (int32_t)((uint32_t)bytes[3 * i] << 8 | (uint32_t)bytes[3 * i + 1] << 16 |
                                    (uint32_t)bytes[3 * i + 2] << 24);
        ((float *)w->dst)[i] = (float)v * 0x1p-31f;
    }
    for (size_t i = 0; w->way == FROM_F32 && i < w->n; i++) {
        const float v = f[i] < -1.0f ? -1.0f : f[i] > 1.0f ? 1.0f : f[i];
        const int32_t k = (int32_t)lrintf(v * 8388607.0f);
        out[3 * i] = (uint8_t)k;
        out[3 * i + 1] = (uint8_t)(k >> 8);
        out[3 * i + 2] = (uint8_t)(k >> 16);
    }
}

static void run_memcpy(void *self)
{
    struct work *w = self;
    memcpy(w->dst, w->src, w->n * sizeof(float));
}

#if defined(BENCH_SWR)
static enum AVSampleFormat swr_format(mmk_sample s)
{
    return s == MMK_SAMPLE_U8    ? AV_SAMPLE_FMT_U8
           : s == MMK_SAMPLE_S16 ? AV_SAMPLE_FMT_S16
           : s == MMK_SAMPLE_S32 ? AV_SAMPLE_FMT_S32
                                 : AV_SAMPLE_FMT_NONE;
}

static void run_swr(void *self)
{
    struct work *w = self;
    const uint8_t *from[1] = {w->src};
    uint8_t *to[1] = {w->dst};
    swr_convert(w->peer, to, (int)w->n, from, (int)w->n);
}

static void add_swr(struct bench_table *t, struct work *w)
{
    const enum AVSampleFormat other = swr_format(w->sample);
    const bool up = w->way == TO_F32;
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    SwrContext *s = NULL;
    if (other == AV_SAMPLE_FMT_NONE)
        return;
    if (swr_alloc_set_opts2(&s, &mono, up ? AV_SAMPLE_FMT_FLT : other, 48000, &mono,
                            up ? other : AV_SAMPLE_FMT_FLT, 48000, 0, NULL) < 0)
        exit(1);
    if (w->way == FROM_F32_TPDF)
        av_opt_set_int(s, "dither_method", SWR_DITHER_TRIANGULAR, 0);
    if (swr_init(s) < 0)
        exit(1);
    w->peer = s;
    struct bench_row *row = bench_add(t, "swresample");
    row->run = run_swr;
    row->self = w;
}
#endif

#if defined(BENCH_SDL2)
static void run_sdl(void *self)
{
    struct work *w = self;
    SDL_AudioCVT *cvt = w->peer;
    const bool up = w->way == TO_F32;
    cvt->buf = w->dst; /* in place: the copy in is part of it, as it is of every use */
    cvt->len = (int)(w->n * (up ? SDL_AUDIO_BITSIZE(cvt->src_format) / 8u : 4u));
    memcpy(cvt->buf, w->src, (size_t)cvt->len);
    SDL_ConvertAudio(cvt);
}

static void add_sdl(struct bench_table *t, struct work *w)
{
    const SDL_AudioFormat other = w->sample == MMK_SAMPLE_U8    ? AUDIO_U8
                                  : w->sample == MMK_SAMPLE_S16 ? AUDIO_S16SYS
                                  : w->sample == MMK_SAMPLE_S32 ? AUDIO_S32SYS
                                                                : 0;
    const bool up = w->way == TO_F32;
    SDL_AudioCVT *cvt = bench_alloc(sizeof *cvt);
    if (other == 0 || w->way == FROM_F32_TPDF)
        return;
    if (SDL_BuildAudioCVT(cvt, up ? other : AUDIO_F32SYS, 1, 48000, up ? AUDIO_F32SYS : other, 1,
                          48000) < 0)
        exit(1);
    w->peer = cvt;
    struct bench_row *row = bench_add(t, "SDL2, in place");
    row->run = run_sdl;
    row->self = w;
}
#endif

#if defined(BENCH_SAMPLERATE)
static void run_samplerate(void *self)
{
    struct work *w = self;
    const int n = (int)w->n;
    if (w->sample == MMK_SAMPLE_S16 && w->way == TO_F32)
        src_short_to_float_array(w->src, w->dst, n);
    else if (w->sample == MMK_SAMPLE_S16)
        src_float_to_short_array(w->src, w->dst, n);
    else if (w->way == TO_F32)
        src_int_to_float_array(w->src, w->dst, n);
    else
        src_float_to_int_array(w->src, w->dst, n);
}
#endif

static void fill(struct work *w)
{
    uint32_t state = 7;
    if (w->way == TO_F32)
        for (size_t i = 0; i < 4 * w->n; i++)
            ((uint8_t *)w->src)[i] = (uint8_t)(bench_noise(&state) * 127.0f);
    else
        for (size_t i = 0; i < w->n; i++)
            ((float *)w->src)[i] = bench_noise(&state);
}

/* The bar is the fastest peer, known only afterwards: the first of them stands for it here, and
 * every row's own figure is printed. */
static void measure(const char *name, mmk_sample sample, enum way way, size_t n)
{
    static struct work work[BENCH_ROWS_MAX];
    struct bench_table t = {.subject = "convert", .unit = "sample"};
    const struct mmk_dsp *kernels[4];
    snprintf(t.title, sizeof t.title, "convert %s, %zu samples", name, n);
    if (!bench_wanted(&t))
        return;
    struct work base = {.n = n, .sample = sample, .way = way};
    base.src = bench_alloc(n * 4);
    base.dst = bench_alloc(n * 4);
    fill(&base);
    mmk_dither_seed(&base.dither, 1);
    for (unsigned i = 0; i < BENCH_ROWS_MAX; i++)
        work[i] = base;
    const unsigned n_kernels = bench_kernels(kernels, 4);
    for (unsigned i = 0; i < n_kernels; i++) {
        char label[40];
        snprintf(label, sizeof label, "mmekit, %s", kernels[i]->name);
        work[t.n_rows].dsp = kernels[i];
        struct bench_row *row = bench_add(&t, label);
        row->run = run_ours;
        row->self = &work[t.n_rows - 1];
    }
    t.bar = t.n_rows;
#if defined(BENCH_SWR)
    add_swr(&t, &work[t.n_rows]);
#endif
#if defined(BENCH_SDL2)
    add_sdl(&t, &work[t.n_rows]);
#endif
#if defined(BENCH_SAMPLERATE)
    if ((sample == MMK_SAMPLE_S16 || sample == MMK_SAMPLE_S32) && way != FROM_F32_TPDF) {
        struct bench_row *row = bench_add(&t, "libsamplerate");
        row->run = run_samplerate;
        row->self = &work[t.n_rows - 1];
    }
#endif
    if (sample == MMK_SAMPLE_S24 && way != FROM_F32_TPDF) {
        struct bench_row *row = bench_add(&t, "plain loop");
        row->run = run_plain;
        row->self = &work[t.n_rows - 1];
    }
    struct bench_row *row = bench_add(&t, "memcpy of the floats");
    row->run = run_memcpy;
    row->self = &work[t.n_rows - 1];
    for (unsigned i = 0; i < t.n_rows; i++)
        t.rows[i].units = (double)n;
    bench_measure(&t);
    free(base.src);
    free(base.dst);
}

void bench_convert(void)
{
    static const struct {
        const char *name;
        mmk_sample sample;
        enum way way;
    } pairs[] = {{"u8 > f32", MMK_SAMPLE_U8, TO_F32},
                 {"s16 > f32", MMK_SAMPLE_S16, TO_F32},
                 {"s24 > f32", MMK_SAMPLE_S24, TO_F32},
                 {"s32 > f32", MMK_SAMPLE_S32, TO_F32},
                 {"f32 > u8", MMK_SAMPLE_U8, FROM_F32},
                 {"f32 > s16", MMK_SAMPLE_S16, FROM_F32},
                 {"f32 > s24", MMK_SAMPLE_S24, FROM_F32},
                 {"f32 > s32", MMK_SAMPLE_S32, FROM_F32},
                 {"f32 > s16 with triangular dither", MMK_SAMPLE_S16, FROM_F32_TPDF},
                 {"f32 > A-law", MMK_SAMPLE_ALAW, FROM_F32},
                 {"A-law > f32", MMK_SAMPLE_ALAW, TO_F32}};
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++)
        measure(pairs[i].name, pairs[i].sample, pairs[i].way, 960);
    if (bench_options.quick)
        return;
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++)
        measure(pairs[i].name, pairs[i].sample, pairs[i].way, 4u << 20);
}
