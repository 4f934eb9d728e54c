/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Other people's resamplers, each if it was there when this was built. */

#include "resample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(BENCH_SOXR)
#include <dlfcn.h>
#include <soxr.h>
#endif
#if defined(BENCH_SAMPLERATE)
#include <samplerate.h>
#endif
#if defined(BENCH_SPEEX)
#include <speex/speex_resampler.h>
#endif
#if defined(BENCH_SWR)
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#endif
#if defined(BENCH_SDL2)
#include <SDL2/SDL.h>
#endif

#if defined(BENCH_SOXR)
/* Two builds of one library in one program: each by its own handle, bound to itself. */
struct soxr_library {
    soxr_t (*create)(double, double, unsigned, soxr_error_t *, soxr_io_spec_t const *,
                     soxr_quality_spec_t const *, soxr_runtime_spec_t const *);
    soxr_error_t (*process)(soxr_t, soxr_in_t, size_t, size_t *, soxr_out_t, size_t, size_t *);
    void (*destroy)(soxr_t);
    soxr_io_spec_t (*io_spec)(soxr_datatype_t, soxr_datatype_t);
    soxr_quality_spec_t (*quality_spec)(unsigned long, unsigned long);
};

struct soxr_stream {
    const struct soxr_library *by;
    soxr_t soxr;
};

static bool load_soxr(struct soxr_library *l, const char *path)
{
    static const char *const names[] = {"soxr_create", "soxr_process", "soxr_delete",
                                        "soxr_io_spec", "soxr_quality_spec"};
    void *const slots[] = {&l->create, &l->process, &l->destroy, &l->io_spec, &l->quality_spec};
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (handle == NULL)
        return false;
    for (unsigned i = 0; i < 5; i++) {
        void *symbol = dlsym(handle, names[i]);
        if (symbol == NULL)
            return false;
        memcpy(slots[i], &symbol, sizeof symbol); /* as POSIX has it */
    }
    return true;
}

static void *open_soxr(const struct job *job, const struct contender *k)
{
    const struct soxr_library *l = k->by;
    struct soxr_stream *s = bench_alloc(sizeof *s);
    const soxr_datatype_t type = k->planar ? SOXR_FLOAT32_S : SOXR_FLOAT32_I;
    const soxr_io_spec_t io = l->io_spec(type, type);
    const soxr_quality_spec_t quality = l->quality_spec((unsigned long)k->variant, 0);
    soxr_error_t error = NULL;
    s->by = l;
    s->soxr = l->create(job->in_hz, job->out_hz, job->channels, &error, &io, &quality, NULL);
    if (error != NULL || s->soxr == NULL)
        exit(1);
    return s;
}

static size_t process_soxr(void *self, float *const *in, size_t n_in, float *const *out, size_t cap)
{
    struct soxr_stream *s = self;
    size_t used = 0, made = 0;
    const void *from[2] = {in[0], in[1]};
    void *to[2] = {out[0], out[1]};
    s->by->process(s->soxr, from, n_in, &used, to, cap, &made);
    return made;
}

static size_t process_soxr_interleaved(void *self, float *const *in, size_t n_in, float *const *out,
                                       size_t cap)
{
    struct soxr_stream *s = self;
    size_t used = 0, made = 0;
    s->by->process(s->soxr, in[0], n_in, &used, out[0], cap, &made);
    return made;
}

static void close_soxr(void *self)
{
    struct soxr_stream *s = self;
    s->by->destroy(s->soxr);
    free(s);
}

static unsigned soxrs(struct contender *to)
{
    static struct soxr_library system, other;
    const char *path = getenv("MMK_BENCH_SOXR");
    struct contender k = {.open = open_soxr, .close = close_soxr, .by = &system};
    unsigned n = 0;
    if (load_soxr(&system, "libsoxr.so.0")) {
        k.process = process_soxr_interleaved;
        k.variant = SOXR_MQ;
        k.name = "soxr MQ";
        to[n++] = k;
        k.variant = SOXR_HQ;
        k.name = "soxr HQ";
        to[n++] = k;
        k.planar = true;
        k.process = process_soxr;
        k.name = "soxr HQ, planar";
        to[n++] = k;
        k.variant = SOXR_VHQ;
        k.name = "soxr VHQ, planar";
        to[n++] = k;
    }
    if (path != NULL && load_soxr(&other, path)) {
        k = (struct contender){.open = open_soxr,
                               .close = close_soxr,
                               .by = &other,
                               .process = process_soxr,
                               .planar = true};
        k.variant = SOXR_VHQ;
        k.name = "MMK_BENCH_SOXR: soxr VHQ, planar";
        to[n++] = k;
        k.variant = SOXR_HQ;
        k.name = "MMK_BENCH_SOXR: soxr HQ, planar";
        to[n++] = k;
    } else if (path != NULL) {
        fprintf(stderr, "mmk-bench: cannot load %s\n", path);
    }
    return n;
}
#endif

#if defined(BENCH_SAMPLERATE)
struct samplerate {
    SRC_STATE *state;
    double ratio;
};

static void *open_samplerate(const struct job *job, const struct contender *k)
{
    struct samplerate *s = bench_alloc(sizeof *s);
    int error = 0;
    s->state = src_new(k->variant, (int)job->channels, &error);
    s->ratio = (double)job->out_hz / job->in_hz;
    if (s->state == NULL)
        exit(1);
    return s;
}

static size_t process_samplerate(void *self, float *const *in, size_t n_in, float *const *out,
                                 size_t cap)
{
    struct samplerate *s = self;
    SRC_DATA d = {.data_in = in[0],
                  .data_out = out[0],
                  .input_frames = (long)n_in,
                  .output_frames = (long)cap,
                  .src_ratio = s->ratio};
    src_process(s->state, &d);
    return (size_t)d.output_frames_gen;
}

static void close_samplerate(void *self)
{
    struct samplerate *s = self;
    src_delete(s->state);
    free(s);
}
#endif

#if defined(BENCH_SPEEX)
static void *open_speex(const struct job *job, const struct contender *k)
{
    int error = 0;
    SpeexResamplerState *s =
        speex_resampler_init(job->channels, job->in_hz, job->out_hz, k->variant, &error);
    if (s == NULL)
        exit(1);
    return s;
}

static size_t process_speex(void *self, float *const *in, size_t n_in, float *const *out,
                            size_t cap)
{
    spx_uint32_t n = (spx_uint32_t)n_in, made = (spx_uint32_t)cap;
    speex_resampler_process_interleaved_float(self, in[0], &n, out[0], &made);
    return made;
}

static void close_speex(void *self)
{
    speex_resampler_destroy(self);
}
#endif

#if defined(BENCH_SWR)
static void *open_swr(const struct job *job, const struct contender *k)
{
    AVChannelLayout layout;
    SwrContext *s = NULL;
    av_channel_layout_default(&layout, (int)job->channels);
    if (swr_alloc_set_opts2(&s, &layout, AV_SAMPLE_FMT_FLT, (int)job->out_hz, &layout,
                            AV_SAMPLE_FMT_FLT, (int)job->in_hz, 0, NULL) < 0)
        exit(1);
    if (k->variant)
        av_opt_set_int(s, "filter_size", k->variant, 0);
    if (swr_init(s) < 0)
        exit(1);
    return s;
}

static size_t process_swr(void *self, float *const *in, size_t n_in, float *const *out, size_t cap)
{
    const uint8_t *from[1] = {(const uint8_t *)in[0]};
    uint8_t *to[1] = {(uint8_t *)out[0]};
    const int made = swr_convert(self, to, (int)cap, from, (int)n_in);
    return made > 0 ? (size_t)made : 0;
}

static void close_swr(void *self)
{
    SwrContext *s = self;
    swr_free(&s);
}
#endif

#if defined(BENCH_SDL2)
struct sdl {
    SDL_AudioStream *stream;
    unsigned channels;
};

static void *open_sdl(const struct job *job, const struct contender *k)
{
    struct sdl *s = bench_alloc(sizeof *s);
    (void)k;
    s->channels = job->channels;
    s->stream = SDL_NewAudioStream(AUDIO_F32SYS, (Uint8)job->channels, (int)job->in_hz,
                                   AUDIO_F32SYS, (Uint8)job->channels, (int)job->out_hz);
    if (s->stream == NULL)
        exit(1);
    return s;
}

static size_t process_sdl(void *self, float *const *in, size_t n_in, float *const *out, size_t cap)
{
    struct sdl *s = self;
    const size_t frame = s->channels * sizeof(float);
    SDL_AudioStreamPut(s->stream, in[0], (int)(n_in * frame));
    const int got = SDL_AudioStreamGet(s->stream, out[0], (int)(cap * frame));
    return got > 0 ? (size_t)got / frame : 0;
}

static void close_sdl(void *self)
{
    struct sdl *s = self;
    SDL_FreeAudioStream(s->stream);
    free(s);
}
#endif

unsigned bench_resample_peers(struct contender *to, unsigned max)
{
    struct contender all[20];
    unsigned n = 0;
#if defined(BENCH_SDL2)
    all[n++] = (struct contender){"SDL2", 0, NULL, open_sdl, process_sdl, close_sdl, false};
#endif
#if defined(BENCH_SWR)
    all[n++] = (struct contender){"swresample", 0, NULL, open_swr, process_swr, close_swr, false};
    all[n++] = (struct contender){
        "swresample, filter_size 64", 64, NULL, open_swr, process_swr, close_swr, false};
#endif
#if defined(BENCH_SPEEX)
    all[n++] =
        (struct contender){"speex q5", 5, NULL, open_speex, process_speex, close_speex, false};
    all[n++] =
        (struct contender){"speex q10", 10, NULL, open_speex, process_speex, close_speex, false};
#endif
#if defined(BENCH_SAMPLERATE)
    all[n++] =
        (struct contender){"libsamplerate medium", SRC_SINC_MEDIUM_QUALITY, NULL, open_samplerate,
                           process_samplerate,     close_samplerate,        false};
    all[n++] =
        (struct contender){"libsamplerate best", SRC_SINC_BEST_QUALITY, NULL, open_samplerate,
                           process_samplerate,   close_samplerate,      false};
#endif
#if defined(BENCH_SOXR)
    n += soxrs(all + n);
#endif
    n = n < max ? n : max;
    if (n)
        memcpy(to, all, n * sizeof *all);
    return n;
}
