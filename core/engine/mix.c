/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* Playback: all streams into the device's buffer, chunk by chunk. A chunk in which one stream alone
 * has something to give, in the device's own format and unchanged, is copied; streams at equal rate
 * have no state that the copy could miss, so it may begin and end at any chunk. */

static bool all_equal(const float *v, unsigned n, float to)
{
    for (unsigned c = 0; c < n; c++)
        if (v[c] != to)
            return false;
    return true;
}

bool mmki_gain_is_unity(const struct mmk_stream *s)
{
    return s->ramp_left == 0 && all_equal(s->gain, s->config.format.channels, 1.0f);
}

static void fill(float *v, unsigned n, float value)
{
    for (unsigned c = 0; c < n; c++)
        v[c] = value;
}

/* n frames while the gains move in a straight line from s->gain to `to`. */
static void add_piece(struct mmk_engine *e, const struct mmk_stream *s, float *bus, const float *x,
                      size_t n, const float *to)
{
    const struct mmk_dsp *dsp = e->dsp;
    const unsigned in = s->config.format.channels;
    const unsigned out = e->caps.format.channels;
    float from_all[MMK_CHANNELS_MAX], to_all[MMK_CHANNELS_MAX];
    if (s->identity) {
        dsp->mix(bus, x, n, out, s->gain, to);
        return;
    }
    /* a matrix and a gain common to all channels may change places; else the gain must come first
     */
    const float *y = x;
    if (all_equal(s->gain, in, s->gain[0]) && all_equal(to, in, to[0])) {
        fill(from_all, out, s->gain[0]);
        fill(to_all, out, to[0]);
    } else {
        memset(e->decoded, 0, n * in * sizeof *e->decoded);
        dsp->mix(e->decoded, x, n, in, s->gain, to);
        fill(from_all, out, 1.0f);
        fill(to_all, out, 1.0f);
        y = e->decoded;
    }
    dsp->remix(e->work2, y, n, in, out, s->matrix);
    dsp->mix(bus, e->work2, n, out, from_all, to_all);
}

size_t mmki_gain_step(struct mmk_stream *s, size_t n, float to[MMK_CHANNELS_MAX])
{
    memcpy(to, s->gain, sizeof s->gain);
    if (s->ramp_left == 0)
        return n;
    n = n < s->ramp_left ? n : s->ramp_left;
    const float part = (float)n / (float)s->ramp_left;
    for (unsigned c = 0; c < s->config.format.channels; c++)
        to[c] = s->gain[c] + (s->gain_to[c] - s->gain[c]) * part;
    if (n == s->ramp_left)
        memcpy(to, s->gain_to, sizeof s->gain_to);
    s->ramp_left -= (uint32_t)n;
    return n;
}

void mmki_mix_add(struct mmk_engine *e, struct mmk_stream *s, const float *x, size_t n)
{
    const unsigned in = s->config.format.channels, out = e->caps.format.channels;
    for (size_t at = 0; at < n;) {
        float to[MMK_CHANNELS_MAX];
        const size_t m = mmki_gain_step(s, n - at, to);
        add_piece(e, s, e->bus + at * out, x + at * in, m, to);
        memcpy(s->gain, to, sizeof s->gain);
        at += m;
    }
}

/* ------------------------------------------------------------------ accounts */

bool mmki_period_pass(struct mmk_stream *s, uint32_t n)
{
    bool due = false;
    if (s->config.kind != MMK_STREAM_RING)
        return false;
    s->period_acc += (uint64_t)n * s->config.format.rate_hz;
    while (s->period_acc >= s->period_den) {
        s->period_acc -= s->period_den;
        if (s->config.on_period != NULL)
            mmki_set32(&s->periods_due, mmki_get32(&s->periods_due) + 1);
        due = true;
    }
    return due && s->config.on_period != NULL;
}

/* A chunk of n frames of which the stream gave the first `made`. */
static void account(struct mmk_engine *e, struct mmk_stream *s, size_t made, size_t n, uint64_t dev)
{
    if (made > 0) {
        mmki_add_underrun(e, s->gap);
        s->gap = 0;
        s->ran = true;
        if (dev + made + e->lag > mmki_get64(&e->audible))
            mmki_set64(&e->audible, dev + made + e->lag);
    }
    if (s->config.kind == MMK_STREAM_RING)
        mmki_add_underrun(e, n - made);
    else if (s->ran)
        s->gap += n - made; /* counts when more comes: until then the client may just have ended */
}

/* ------------------------------------------------------------------ a chunk */

static bool playing(const struct mmk_stream *s)
{
    return !s->capture && mmki_get32(&s->paused) == 0;
}

/* The one stream that gives anything in this chunk, or NULL. */
static struct mmk_stream *lone(const struct mmk_engine *e, unsigned *n_active)
{
    struct mmk_stream *found = NULL;
    *n_active = 0;
    for (uint32_t i = 0; i < e->n_held; i++) {
        struct mmk_stream *s = e->held[i];
        if (!playing(s) || !mmki_source_active(s, !e->freewheel))
            continue;
        ++*n_active;
        found = s;
    }
    return *n_active == 1 ? found : NULL;
}

static void silence(const struct mmk_engine *e, uint8_t *out, size_t n)
{
    memset(out, e->silence, n * e->frame_bytes);
}

static void store(struct mmk_engine *e, uint8_t *out, size_t n)
{
    const mmk_sample sample = e->caps.format.sample;
    const size_t n_samples = n * e->caps.format.channels;
    if (e->limiter != NULL)
        mmk_limiter_process(e->limiter, e->bus, n);
    if (e->use_dither)
        e->dsp->from_f32_tpdf[sample](out, e->bus, n_samples, &e->dither);
    else
        e->dsp->from_f32[sample](out, e->bus, n_samples);
}

static void copy_chunk(struct mmk_engine *e, struct mmk_stream *only, uint8_t *out, size_t n,
                       uint64_t dev)
{
    for (uint32_t i = 0; i < e->n_held; i++) {
        struct mmk_stream *s = e->held[i];
        if (!playing(s))
            continue;
        const size_t made = s == only ? mmki_source_copy(s, out, n, dev) : 0;
        if (s == only)
            silence(e, out + made * e->frame_bytes, n - made);
        account(e, s, made, n, dev);
    }
}

static void mix_chunk(struct mmk_engine *e, uint8_t *out, size_t n, uint64_t dev)
{
    memset(e->bus, 0, n * e->caps.format.channels * sizeof *e->bus);
    for (uint32_t i = 0; i < e->n_held; i++) {
        struct mmk_stream *s = e->held[i];
        if (!playing(s))
            continue;
        const size_t made = mmki_source_pull(s, e->work, n, dev, !e->freewheel);
        mmki_mix_add(e, s, e->work, made);
        account(e, s, made, n, dev);
    }
    store(e, out, n);
}

/* Nobody has anything, and the limiter has let go of all it held. Nothing is pulled: what comes in
 * just now belongs to the next chunk. */
static void silent_chunk(struct mmk_engine *e, uint8_t *out, size_t n, uint64_t dev)
{
    for (uint32_t i = 0; i < e->n_held; i++)
        if (playing(e->held[i])) {
            e->held[i]->past_len = 0;
            account(e, e->held[i], 0, n, dev);
        }
    silence(e, out, n);
}

static bool can_copy(const struct mmk_engine *e, const struct mmk_stream *s)
{
    return s != NULL && s->same_format && !s->resampling && e->limiter == NULL &&
           mmki_gain_is_unity(s);
}

static bool side_jobs(struct mmk_engine *e, const uint8_t *out, uint32_t n)
{
    bool pending = false, decoded = false;
    for (uint32_t i = 0; i < e->n_held; i++) {
        struct mmk_stream *s = e->held[i];
        if (mmki_get32(&s->paused) != 0)
            continue;
        if (s->tap)
            pending |= mmki_capture_feed(e, s, out, n, &decoded);
        pending |= mmki_period_pass(s, n);
    }
    return pending;
}

struct mmk_rendered mmki_playback_render(struct mmk_engine *e, uint8_t *buffer, uint32_t n)
{
    struct mmk_rendered result = {.pending = false};
    const uint64_t begin = mmki_get64(&e->rendered);
    mmki_render_hold(e);
    for (uint32_t i = 0; i < e->n_held; i++)
        mmki_source_begin(e->held[i]);
    for (uint32_t at = 0; at < n;) {
        const uint32_t m = n - at < MMKI_CHUNK ? n - at : MMKI_CHUNK;
        const uint64_t dev = begin + at;
        uint8_t *out = buffer + (size_t)at * e->frame_bytes;
        unsigned n_active;
        struct mmk_stream *only = lone(e, &n_active);
        if (can_copy(e, only))
            copy_chunk(e, only, out, m, dev);
        else if (n_active == 0 && (e->limiter == NULL || dev >= mmki_get64(&e->audible)))
            silent_chunk(e, out, m, dev);
        else
            mix_chunk(e, out, m, dev);
        mmki_meter_feed(e, out, m);
        result.pending |= side_jobs(e, out, m);
        at += m;
    }
    mmki_engine_release(e);
    mmki_set64(&e->rendered, begin + n);
    if (mmki_get64(&e->audible) > begin) {
        const uint64_t audible = mmki_get64(&e->audible) - begin;
        result.audible_frames = audible < n ? (uint32_t)audible : n;
    }
    return result;
}

uint32_t mmk_engine_ready_frames(struct mmk_engine *engine, uint32_t max_frames)
{
    struct mmk_engine *e = engine;
    size_t n = max_frames;
    if (!mmki_engine_hold(e))
        n = 0; /* control is at one of them: it will be there in a moment */
    for (uint32_t i = 0; i < e->n_held && n > 0; i++) {
        struct mmk_stream *s = e->held[i];
        if (s->capture || mmki_get32(&s->paused) != 0)
            continue;
        mmki_source_begin(s);
        n = mmki_source_can_give(s, n);
    }
    mmki_engine_release(e);
    return (uint32_t)n;
}
