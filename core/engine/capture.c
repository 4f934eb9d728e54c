/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* Capture: the device's frames into every running stream's blocks or ring, each in its own format.
 * What was converted and found no room waits in the stream's `carry`: with a freewheeling clock
 * until there is room (one device frame may become hundreds of stream frames), with a real clock it
 * is lost, as time goes on. */

static size_t ring_room(const struct mmk_stream *s)
{
    const struct mmki_ring *ring = &s->ring;
    if (ring->lost > 0 && mmki_get32(&ring->gap_w) - mmki_get32(&ring->gap_r) == MMKI_GAPS_MAX)
        return 0; /* no place to note the gap */
    return ring->frames - (size_t)(mmki_get64(&ring->w) - mmki_get64(&ring->r));
}

uint64_t mmki_capture_room(const struct mmk_stream *s)
{
    const uint64_t room =
        s->config.kind == MMK_STREAM_BLOCKS ? mmki_chain_available(s) : (uint64_t)ring_room(s);
    return room > s->carry_len ? room - s->carry_len : 0;
}

/* A place for at most max frames. @return frames, 0: no room */
static size_t place_at(struct mmk_stream *s, uint8_t **data, size_t max)
{
    if (s->config.kind == MMK_STREAM_BLOCKS)
        return mmki_chain_at(s, data, max);
    const uint64_t w = mmki_get64(&s->ring.w);
    const uint32_t at = (uint32_t)(w % s->ring.frames);
    size_t n = ring_room(s);
    n = n < s->ring.frames - at ? n : s->ring.frames - at;
    *data = s->ring.mem + (size_t)at * s->frame_bytes;
    return n < max ? n : max;
}

static void placed(struct mmk_stream *s, size_t n)
{
    if (s->config.kind == MMK_STREAM_BLOCKS) {
        mmki_chain_advance(s, n);
        return;
    }
    struct mmki_ring *ring = &s->ring;
    const uint64_t w = mmki_get64(&ring->w);
    if (ring->lost > 0) {
        const uint32_t g = mmki_get32(&ring->gap_w);
        ring->gap[g % MMKI_GAPS_MAX] = (struct mmki_gap){.at = w, .lost = ring->lost};
        ring->lost = 0;
        mmki_set32(&ring->gap_w, g + 1);
    }
    s->read.fed += n;
    mmki_set64(&ring->w, w + n);
}

/* Frames in the stream's format. @return frames that found room */
static size_t put_raw(struct mmk_stream *s, const uint8_t *data, size_t n)
{
    size_t at = 0, got;
    uint8_t *to = NULL;
    while (at < n && (got = place_at(s, &to, n - at)) > 0) {
        memcpy(to, data + at * s->frame_bytes, got * s->frame_bytes);
        placed(s, got);
        at += got;
    }
    return at;
}

/* Whatever of the carry finds room. */
static void put_carry(struct mmk_stream *s)
{
    const struct mmk_engine *e = s->engine;
    const unsigned channels = s->config.format.channels;
    const mmk_sample sample = s->config.format.sample;
    size_t at = 0, got;
    uint8_t *to = NULL;
    while (at < s->carry_len && (got = place_at(s, &to, s->carry_len - at)) > 0) {
        const float *from = s->carry + at * channels;
        if (e->use_dither)
            e->dsp->from_f32_tpdf[sample](to, from, got * channels, &s->dither);
        else
            e->dsp->from_f32[sample](to, from, got * channels);
        placed(s, got);
        at += got;
    }
    s->carry_len -= at;
    memmove(s->carry, s->carry + at * channels, s->carry_len * channels * sizeof *s->carry);
}

/* Frames at the stream's rate and channels into the carry, and on. @return frames that found no
 * place */
static size_t put_direct(struct mmk_stream *s, const float *x, size_t n)
{
    const unsigned channels = s->config.format.channels;
    size_t at = 0;
    while (at < n) {
        size_t m = s->carry_cap - s->carry_len;
        m = n - at < m ? n - at : m;
        memcpy(s->carry + s->carry_len * channels, x + at * channels, m * channels * sizeof *x);
        s->carry_len += m;
        at += m;
        put_carry(s);
        if (s->carry_len == s->carry_cap)
            break;
    }
    return n - at;
}

/* @return device frames that found no place */
static size_t put_resampled(struct mmk_stream *s, const float *x, size_t n)
{
    const unsigned channels = s->config.format.channels;
    size_t at = 0;
    for (;;) {
        size_t used, got;
        mmk_resampler_process(s->resampler, x + at * channels, n - at, &used,
                              s->carry + s->carry_len * channels, s->carry_cap - s->carry_len,
                              &got);
        at += used;
        s->carry_len += got;
        put_carry(s);
        if ((used == 0 && got == 0) || s->carry_len == s->carry_cap)
            return n - at;
    }
}

/* The device's frames as the stream's channels, gained. @return where they are */
static const float *prepare(struct mmk_engine *e, struct mmk_stream *s, const uint8_t *raw,
                            size_t n, bool *decoded)
{
    const unsigned in = e->caps.format.channels, out = s->config.format.channels;
    const float *x = e->decoded;
    if (!*decoded) {
        e->dsp->to_f32[e->caps.format.sample](e->decoded, raw, n * in);
        *decoded = true;
    }
    if (!s->identity) {
        e->dsp->remix(e->work, x, n, in, out, s->matrix);
        x = e->work;
    }
    if (mmki_gain_is_unity(s))
        return x;
    memset(e->work2, 0, n * out * sizeof *e->work2);
    for (size_t at = 0; at < n;) {
        float to[MMK_CHANNELS_MAX];
        const size_t m = mmki_gain_step(s, n - at, to);
        e->dsp->mix(e->work2 + at * out, x + at * out, m, out, s->gain, to);
        memcpy(s->gain, to, sizeof s->gain);
        at += m;
    }
    return e->work2;
}

/* `lost` device frames found no place, with a real clock what waits is lost too. */
static void account(struct mmk_engine *e, struct mmk_stream *s, size_t n, size_t lost, uint64_t fed)
{
    if (s->read.fed != fed) {
        mmki_add_underrun(e, s->gap);
        s->gap = 0;
        s->ran = true;
    }
    if (lost > n)
        lost = n;
    if (s->config.kind == MMK_STREAM_RING) {
        mmki_add_underrun(e, lost);
        s->lost_acc += (uint64_t)lost * s->rate_num;
        s->ring.lost += s->lost_acc / s->rate_den;
        s->ring.lost_total += s->lost_acc / s->rate_den;
        s->lost_acc %= s->rate_den;
    } else if (s->ran) {
        s->gap += lost;
    }
}

bool mmki_capture_feed(struct mmk_engine *e, struct mmk_stream *s, const uint8_t *raw, size_t n,
                       bool *decoded)
{
    const uint32_t done = mmki_get32(&s->n_done);
    const uint64_t fed = s->read.fed;
    size_t lost;
    put_carry(s);
    if (s->same_format && s->carry_len == 0 && mmki_gain_is_unity(s)) {
        lost = n - put_raw(s, raw, n);
    } else {
        const float *x = prepare(e, s, raw, n, decoded);
        lost = s->resampler != NULL ? put_resampled(s, x, n) : put_direct(s, x, n);
    }
    if (s->carry_len > 0 && !e->freewheel) {
        lost += (size_t)(s->carry_len * s->rate_den / s->rate_num);
        s->carry_len = 0;
    }
    account(e, s, n, lost, fed);
    mmki_set64(&s->position, s->read.fed + s->ring.lost_total);
    return mmki_get32(&s->n_done) != done;
}

void mmki_capture_flush(struct mmk_stream *s)
{
    const unsigned channels = s->config.format.channels;
    put_carry(s);
    while (s->resampler != NULL && s->carry_len < s->carry_cap) {
        size_t got;
        mmk_resampler_drain(s->resampler, s->carry + s->carry_len * channels,
                            s->carry_cap - s->carry_len, &got);
        if (got == 0)
            break;
        s->carry_len += got;
        put_carry(s);
    }
    s->carry_len = 0;
    if (s->resampler != NULL)
        mmk_resampler_reset(s->resampler);
}

bool mmki_capture_render(struct mmk_engine *e, const uint8_t *buffer, uint32_t n)
{
    const uint64_t begin = mmki_get64(&e->rendered);
    bool pending = false;
    mmki_render_hold(e);
    for (uint32_t at = 0; at < n;) {
        const uint32_t m = n - at < MMKI_CHUNK ? n - at : MMKI_CHUNK;
        const uint8_t *raw = buffer + (size_t)at * e->frame_bytes;
        bool decoded = false;
        mmki_meter_feed(e, raw, m);
        for (uint32_t i = 0; i < e->n_held; i++) {
            struct mmk_stream *s = e->held[i];
            if (mmki_get32(&s->paused) != 0)
                continue;
            if (at == 0) {
                mmki_source_begin(s);
                if (s->config.kind == MMK_STREAM_BLOCKS) {
                    const uint32_t done = mmki_get32(&s->n_done);
                    mmki_chain_settle(s);
                    pending |= mmki_get32(&s->n_done) != done;
                }
            }
            pending |= mmki_capture_feed(e, s, raw, m, &decoded);
            pending |= mmki_period_pass(s, m);
        }
        at += m;
    }
    mmki_engine_release(e);
    mmki_set64(&e->rendered, begin + n);
    return pending;
}
