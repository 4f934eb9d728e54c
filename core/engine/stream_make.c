/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

#include "base/checked.h"

/* Opening a stream: all it will ever need is allocated here, and the filter bank computed. */

static void *alloc(struct mmk_stream *s, size_t n)
{
    return s->platform->ops->alloc(s->platform, n);
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static bool is_identity(const float *m, unsigned in, unsigned out)
{
    if (in != out)
        return false;
    for (unsigned o = 0; o < out; o++)
        for (unsigned i = 0; i < in; i++)
            if (m[o * in + i] != (o == i ? 1.0f : 0.0f))
                return false;
    return true;
}

static mmk_err plan_channels(struct mmk_stream *s)
{
    const struct mmk_format *mine = &s->config.format, *device = &s->engine->caps.format;
    const struct mmk_format *in = s->capture ? device : mine, *out = s->capture ? mine : device;
    const mmk_err err = mmk_remix_matrix(in->channels, in->channel_mask, out->channels,
                                         out->channel_mask, s->matrix);
    if (err != MMK_OK)
        return err;
    s->identity = is_identity(s->matrix, in->channels, out->channels);
    return MMK_OK;
}

static mmk_err make_resampler(struct mmk_stream *s)
{
    const uint32_t mine = s->config.format.rate_hz, device = s->engine->caps.format.rate_hz;
    const struct mmk_resampler_config config = {
        .in_rate_hz = s->capture ? device : mine,
        .out_rate_hz = s->capture ? mine : device,
        .channels = s->config.format.channels,
        .quality = s->engine->quality,
        .speed_max = s->capture ? 0.0 : s->config.speed_max,
        .dsp = s->engine->dsp,
    };
    size_t n = 0;
    if (s->same_rate && config.speed_max == 0.0)
        return MMK_OK;
    mmk_err err = mmk_resampler_bytes(&config, &n);
    if (err != MMK_OK)
        return err;
    s->resampler_mem = alloc(s, n);
    if (s->resampler_mem == NULL)
        return MMK_ERR_NOMEM;
    return mmk_resampler_init(s->resampler_mem, n, &config, &s->resampler);
}

static mmk_err make_playback_buffers(struct mmk_stream *s)
{
    if (s->resampler == NULL)
        return MMK_OK;
    const size_t look = mmk_resampler_lookahead(s->resampler);
    s->in_cap = 2 * look + 2 > MMKI_CHUNK ? 2 * look + 2 : MMKI_CHUNK;
    s->in = alloc(s, s->in_cap * s->config.format.channels * sizeof *s->in);
    if (s->in == NULL)
        return MMK_ERR_NOMEM;
    if (!s->same_rate)
        return MMK_OK;
    s->past_cap = look;
    s->past = alloc(s, look * s->frame_bytes);
    return s->past != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static mmk_err make_capture_buffers(struct mmk_stream *s)
{
    /* room for what one device frame may become, and for a chunk at equal rates */
    const size_t one = (size_t)(s->rate_num / s->rate_den) + 2;
    s->carry_cap = 2 * one + MMKI_CHUNK;
    s->carry = alloc(s, s->carry_cap * s->config.format.channels * sizeof *s->carry);
    mmk_dither_seed(&s->dither, 2);
    return s->carry != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static mmk_err make_ring(struct mmk_stream *s)
{
    const struct mmk_stream_config *c = &s->config;
    const size_t times = s->capture ? 1 : 2;
    size_t frames, bytes;
    if (c->kind != MMK_STREAM_RING)
        return MMK_OK;
    if (c->ring_frames / 2 < c->period_frames)
        return MMK_ERR_RANGE;
    if (!mmki_mul_size(c->ring_frames, times, &frames) ||
        !mmki_mul_size(frames, s->frame_bytes, &bytes))
        return MMK_ERR_RANGE;
    s->ring.frames = c->ring_frames;
    s->ring.mem = alloc(s, bytes);
    return s->ring.mem != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static mmk_err make_queue(struct mmk_stream *s)
{
    if (s->config.kind != MMK_STREAM_BLOCKS)
        return MMK_OK;
    struct mmki_node *stub = mmki_stream_first_node(s);
    if (stub == NULL)
        return MMK_ERR_NOMEM;
    s->head = s->tail = stub;
    mmki_chain_init(s, stub);
    return MMK_OK;
}

static void set_defaults(struct mmk_stream *s)
{
    const struct mmk_device_caps *caps = &s->engine->caps;
    struct mmk_stream_config *c = &s->config;
    const uint32_t g = gcd(c->format.rate_hz, caps->format.rate_hz);
    const double one = 1.0;
    uint64_t bits;
    s->rate_num = c->format.rate_hz / g;
    s->rate_den = caps->format.rate_hz / g;
    s->same_rate = c->format.rate_hz == caps->format.rate_hz;
    s->same_format = mmk_format_same(&c->format, &caps->format);
    s->frame_bytes = mmk_format_frame_bytes(&c->format);
    if (c->period_frames == 0) {
        const uint64_t frames =
            ((uint64_t)caps->period_frames * s->rate_num + s->rate_den - 1) / s->rate_den;
        c->period_frames = frames < UINT32_MAX / 2 ? (uint32_t)frames : UINT32_MAX / 2;
    }
    s->period_den = (uint64_t)c->period_frames * caps->format.rate_hz;
    memcpy(&bits, &one, sizeof bits);
    mmki_set64(&s->speed_bits, bits);
    s->speed = one;
    for (unsigned i = 0; i < MMK_CHANNELS_MAX; i++)
        s->gain[i] = s->gain_to[i] = 1.0f;
    mmki_set32(&s->paused, c->start_paused || c->kind == MMK_STREAM_RING ? 1 : 0);
    mmki_set32(&s->news, 1);
}

static mmk_err build(struct mmk_stream *s)
{
    struct mmk_platform *p = s->platform;
    s->lock = p->ops->mutex_create(p);
    s->idle = p->ops->event_create(p);
    if (s->lock == NULL || s->idle == NULL)
        return MMK_ERR_NOMEM;
    set_defaults(s);
    mmk_err err = plan_channels(s);
    if (err == MMK_OK)
        err = make_resampler(s);
    if (err == MMK_OK)
        err = s->capture ? make_capture_buffers(s) : make_playback_buffers(s);
    if (err == MMK_OK)
        err = make_ring(s);
    if (err == MMK_OK)
        err = make_queue(s);
    if (err == MMK_OK)
        mmki_source_reset(s);
    return err;
}

mmk_err mmki_stream_make(struct mmk_engine *e, const struct mmk_stream_config *config, bool tap,
                         struct mmk_stream **out)
{
    if (!mmk_format_valid(&config->format))
        return MMK_ERR_FORMAT;
    if (config->speed_max != 0.0 && !(config->speed_max >= 0.25 && config->speed_max <= 16.0))
        return MMK_ERR_RANGE;
    if (mmki_get32(&e->gone) != 0)
        return MMK_ERR_GONE;
    struct mmk_stream *s = e->platform->ops->alloc(e->platform, sizeof *s);
    if (s == NULL)
        return MMK_ERR_NOMEM;
    s->engine = e;
    s->platform = e->platform;
    s->notifier = e->notifier;
    s->config = *config;
    s->tap = tap;
    s->capture = tap || e->direction == MMK_CAPTURE;
    mmk_err err = build(s);
    if (err == MMK_OK)
        err = mmki_notifier_add_stream(e->notifier, s);
    if (err != MMK_OK) {
        mmki_stream_free(s);
        return err;
    }
    *out = s;
    return MMK_OK;
}

mmk_err mmk_stream_open(struct mmk_engine *engine, const struct mmk_stream_config *config,
                        struct mmk_stream **out)
{
    if (engine == NULL || config == NULL || out == NULL)
        return MMK_ERR_INVAL;
    if (config->kind != MMK_STREAM_BLOCKS && config->kind != MMK_STREAM_RING)
        return MMK_ERR_INVAL;
    return mmki_stream_make(engine, config, false, out);
}

mmk_err mmk_engine_tap(struct mmk_engine *playback, const struct mmk_stream_config *config,
                       struct mmk_stream **out)
{
    if (playback == NULL || config == NULL || out == NULL || playback->direction != MMK_PLAYBACK ||
        config->kind != MMK_STREAM_RING)
        return MMK_ERR_INVAL;
    return mmki_stream_make(playback, config, true, out);
}
