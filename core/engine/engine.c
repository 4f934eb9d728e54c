/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* The engine's life, its table of streams, and what the backend calls. */

#define STREAMS_DEFAULT 32u
#define CEILING \
    0.99f /* of the limiter: below full scale, for what a converter makes of the samples */

/* ------------------------------------------------------------------ table */

void mmki_token_take(struct mmk_platform *platform, struct mmki_token *token)
{
    /* audio holds it for a part of one period */
    for (unsigned tries = 0; !mmki_token_try(token, MMKI_TOKEN_CONTROL); tries++)
        if (tries >= 64)
            platform->ops->sleep_ns(platform, 20000);
}

bool mmki_engine_hold(struct mmk_engine *e)
{
    const uint32_t used = mmki_get32(&e->slots_used);
    bool all = true;
    e->n_held = 0;
    for (uint32_t i = 0; i < used; i++) {
        struct mmki_slot *slot = &e->slots[i];
        if (mmki_token_is_empty(&slot->token))
            continue;
        if (mmki_token_try(&slot->token, MMKI_TOKEN_AUDIO))
            e->held[e->n_held++] = slot->stream;
        else
            all = false;
    }
    return all;
}

void mmki_engine_release(struct mmk_engine *e)
{
    for (uint32_t i = 0; i < e->n_held; i++)
        mmki_token_release(&e->slots[e->held[i]->slot].token);
    e->n_held = 0;
}

void mmki_add_underrun(struct mmk_engine *e, uint64_t n)
{
    if (n > 0)
        mmki_bump64(&e->underrun, n);
}

/* ------------------------------------------------------------------ open and close */

static void *alloc(struct mmk_engine *e, size_t n)
{
    return e->platform->ops->alloc(e->platform, n);
}

static void free_engine(struct mmk_engine *e)
{
    struct mmk_platform *p = e->platform;
    if (e->start_lock != NULL)
        p->ops->mutex_destroy(p, e->start_lock);
    p->ops->free(p, e->limiter);
    p->ops->free(p, e->bus);
    p->ops->free(p, e->held);
    p->ops->free(p, e->slots);
    p->ops->free(p, e);
}

static mmk_err make_limiter(struct mmk_engine *e)
{
    const struct mmk_format *f = &e->caps.format;
    size_t n = 0;
    mmk_err err = mmk_limiter_bytes(f->rate_hz, f->channels, &n);
    if (err != MMK_OK)
        return err;
    void *mem = alloc(e, n);
    if (mem == NULL)
        return MMK_ERR_NOMEM;
    err = mmk_limiter_init(mem, n, f->rate_hz, f->channels, CEILING, &e->limiter);
    if (err != MMK_OK) {
        e->platform->ops->free(e->platform, mem);
        return err;
    }
    e->lag = mmk_limiter_delay(e->limiter);
    return MMK_OK;
}

/* What depends on the device's format, once it is known. */
static mmk_err fit_device(struct mmk_engine *e, const struct mmk_engine_config *config)
{
    const float zero[MMK_CHANNELS_MAX] = {0};
    uint8_t bytes[8];
    if (!mmk_format_valid(&e->caps.format) || e->caps.period_frames == 0 ||
        e->caps.period_max_frames < 1)
        return MMK_ERR_FORMAT;
    e->frame_bytes = mmk_format_frame_bytes(&e->caps.format);
    e->dsp->from_f32[e->caps.format.sample](bytes, zero, 1);
    e->silence = bytes[0]; /* every format's silence is one byte over and over */
    e->use_dither = config->dither && e->caps.format.sample != MMK_SAMPLE_F32 &&
                    e->caps.format.sample != MMK_SAMPLE_F64;
    if (e->direction == MMK_CAPTURE)
        e->use_dither = config->dither;
    mmk_dither_seed(&e->dither, 1);
    if (config->limiter && e->direction == MMK_PLAYBACK)
        return make_limiter(e);
    return MMK_OK;
}

/* %MMK_CPU% forces a kind of kernels that the CPU has: to compare, or to be rid of one. */
static const struct mmk_dsp *kernels(struct mmk_platform *p)
{
    char name[16];
    const mmk_err err = p->ops->env(p, "MMK_CPU", name, sizeof name);
    return mmk_dsp_select(mmk_dsp_features(p->ops->cpu_features(p), err == MMK_OK ? name : NULL));
}

static mmk_err make_engine(const struct mmk_engine_config *config, struct mmk_engine **out)
{
    struct mmk_platform *p = config->platform;
    struct mmk_engine *e = p->ops->alloc(p, sizeof *e);
    if (e == NULL)
        return MMK_ERR_NOMEM;
    const size_t buffer = (size_t)MMKI_CHUNK * MMK_CHANNELS_MAX;
    e->platform = p;
    e->devices = config->devices;
    e->notifier = config->notifier;
    e->direction = config->device.direction;
    e->quality = config->quality;
    e->freewheel = config->device.clock == MMK_CLOCK_FREEWHEEL;
    e->dsp = kernels(p);
    e->n_slots = config->streams_max > 0 ? config->streams_max : STREAMS_DEFAULT;
    e->slots = alloc(e, e->n_slots * sizeof *e->slots);
    e->held = alloc(e, e->n_slots * sizeof(struct mmk_stream *));
    e->bus = alloc(e, 4 * buffer * sizeof *e->bus);
    e->start_lock = p->ops->mutex_create(p);
    if (e->slots == NULL || e->held == NULL || e->bus == NULL || e->start_lock == NULL) {
        free_engine(e);
        return MMK_ERR_NOMEM;
    }
    e->work = e->bus + buffer;
    e->work2 = e->work + buffer;
    e->decoded = e->work2 + buffer;
    *out = e;
    return MMK_OK;
}

mmk_err mmk_engine_open(const struct mmk_engine_config *config, struct mmk_engine **out)
{
    if (config == NULL || out == NULL || config->platform == NULL || config->devices == NULL ||
        config->notifier == NULL)
        return MMK_ERR_INVAL;
    if (config->streams_max > MMK_ENGINE_STREAMS_MAX ||
        (unsigned)config->quality > MMK_QUALITY_ULTRA)
        return MMK_ERR_RANGE;
    struct mmk_engine *e = NULL;
    mmk_err err = make_engine(config, &e);
    if (err != MMK_OK)
        return err;
    err = e->devices->ops->open(e->devices, &config->device, e, &e->device, &e->caps);
    if (err != MMK_OK) {
        free_engine(e);
        return err;
    }
    err = fit_device(e, config);
    if (err != MMK_OK) {
        (void)e->devices->ops->close(e->devices, e->device);
        free_engine(e);
        return err;
    }
    mmki_notifier_add_engine(e->notifier, e);
    *out = e;
    return MMK_OK;
}

static void wait_for_closers(struct mmk_engine *e)
{
    for (uint32_t i = 0; i < e->n_slots; i++)
        while (!mmki_token_is_empty(&e->slots[i].token))
            e->platform->ops->sleep_ns(e->platform, 20000);
}

/* A freewheeling limiter keeps the end of what was played until it is sure that nothing follows. */
static void play_out(struct mmk_engine *e)
{
    struct mmk_platform *p = e->platform;
    uint64_t rendered = UINT64_MAX, since = 0;
    if (!e->freewheel || e->limiter == NULL)
        return;
    mmki_set32(&e->finish, 1);
    mmki_engine_kick(e);
    while (mmki_get32(&e->gone) == 0 && mmki_get64(&e->rendered) < mmki_get64(&e->audible)) {
        const uint64_t now = p->ops->now_ns(p);
        if (mmki_get64(&e->rendered) != rendered) {
            rendered = mmki_get64(&e->rendered);
            since = now;
        } else if (now - since >= MMKI_PLAY_OUT_NS) {
            break;
        }
        p->ops->sleep_ns(p, MMKI_PLAY_OUT_STEP_NS);
    }
}

mmk_err mmk_engine_close(struct mmk_engine *engine)
{
    if (engine == NULL)
        return MMK_ERR_INVAL;
    struct mmk_engine *e = engine;
    struct mmk_stream *s;
    while ((s = mmki_notifier_claim_any(e->notifier, e)) != NULL)
        mmki_stream_close_claimed(s);
    wait_for_closers(e);
    play_out(e);
    mmki_notifier_remove_engine(e->notifier, e);
    e->devices->ops->stop(e->devices, e->device);
    const mmk_err err = e->devices->ops->close(e->devices, e->device);
    free_engine(e);
    return err;
}

mmk_err mmki_engine_start(struct mmk_engine *e)
{
    struct mmk_platform *p = e->platform;
    mmk_err err = MMK_OK;
    if (mmki_get32(&e->started) != 0)
        return MMK_OK;
    p->ops->mutex_lock(p, e->start_lock);
    if (mmki_get32(&e->started) == 0) {
        err = e->devices->ops->start(e->devices, e->device);
        if (err == MMK_OK)
            mmki_set32(&e->started, 1);
    }
    p->ops->mutex_unlock(p, e->start_lock);
    return err;
}

void mmki_engine_kick(struct mmk_engine *e)
{
    if (e->freewheel && mmki_get32(&e->started) != 0)
        e->devices->ops->kick(e->devices, e->device);
}

/* ------------------------------------------------------------------ questions */

const struct mmk_device_caps *mmk_engine_caps(const struct mmk_engine *engine)
{
    return &engine->caps;
}

void mmk_engine_stats(struct mmk_engine *engine, struct mmk_engine_stats *stats)
{
    *stats = (struct mmk_engine_stats){
        .frames_rendered = mmki_get64(&engine->rendered),
        .frames_played = mmki_get64(&engine->played),
        .underrun_frames = mmki_get64(&engine->underrun),
        .gone = mmki_get32(&engine->gone) != 0,
    };
    for (uint32_t i = 0; i < engine->n_slots; i++)
        stats->streams += mmki_token_is_empty(&engine->slots[i].token) ? 0 : 1;
}

/* ------------------------------------------------------------------ upcalls */

struct mmk_rendered mmk_engine_render(struct mmk_engine *engine, mmk_direction direction,
                                      void *buffer, uint32_t n_frames)
{
    struct mmk_rendered result = {.pending = false};
    if (direction == MMK_PLAYBACK)
        return mmki_playback_render(engine, buffer, n_frames);
    result.pending = mmki_capture_render(engine, buffer, n_frames);
    return result;
}

static bool stream_played(struct mmk_stream *s, uint64_t heard)
{
    bool any = false;
    if (s->capture)
        return false;
    uint64_t position = mmki_map_at(&s->map, heard);
    if (s->config.kind == MMK_STREAM_BLOCKS)
        any = mmki_chain_due(s, position);
    position = position > s->pos_floor ? position : s->pos_floor;
    if (position > mmki_get64(&s->position))
        mmki_set64(&s->position, position);
    return any;
}

bool mmk_engine_played(struct mmk_engine *engine, uint64_t frames)
{
    struct mmk_engine *e = engine;
    bool pending = false;
    if (frames > mmki_get64(&e->played))
        mmki_set64(&e->played, frames);
    if (e->direction == MMK_CAPTURE)
        return false;
    /* a freewheeling limiter gets the rest of its delay only when more comes: clients cannot wait
     * for that */
    const uint64_t lag = e->freewheel ? 0 : e->lag;
    const uint64_t heard = frames > lag ? frames - lag : 0;
    mmki_engine_hold(e);
    for (uint32_t i = 0; i < e->n_held; i++)
        pending |= stream_played(e->held[i], heard);
    mmki_engine_release(e);
    return pending;
}

void mmk_engine_wake(struct mmk_engine *engine)
{
    mmki_notifier_wake(engine->notifier);
}

void mmk_engine_device_event(struct mmk_engine *engine, mmk_device_event event)
{
    struct mmk_platform *p = engine->platform;
    if (event == MMK_DEVICE_RESTART_NEEDED) {
        p->ops->log(p, MMK_LOG_WARN, "the device needs a restart");
        return;
    }
    /* a changed format ends this opening of the device as surely as its loss */
    mmki_set32(&engine->gone, 1);
    mmki_notifier_wake(engine->notifier);
}
