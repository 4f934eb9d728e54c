/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include "fake_engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void fake_engine_init(struct mmk_engine *engine)
{
    pthread_condattr_t attr;
    memset(engine, 0, sizeof *engine);
    engine->budget = UINT64_MAX;
    engine->wait_ms = 50;
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void fake_engine_fini(struct mmk_engine *engine)
{
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->mutex);
}

void fake_engine_opened(struct mmk_engine *engine, mmk_direction direction,
                        const struct mmk_device_caps *caps)
{
    engine->direction = direction;
    engine->max_frames = caps->period_max_frames;
    engine->frame_bytes = mmk_format_frame_bytes(&caps->format);
}

/** With the mutex held. */
static void breach(struct mmk_engine *engine, const char *what)
{
    if (engine->breach[0] == '\0')
        snprintf(engine->breach, sizeof engine->breach, "%s", what);
}

static void allow_rendering(struct mmk_engine *engine, bool allowed)
{
    pthread_mutex_lock(&engine->mutex);
    if (!allowed && engine->is_rendering)
        breach(engine, "render was still running when stop returned");
    engine->may_render = allowed;
    pthread_mutex_unlock(&engine->mutex);
}

void fake_engine_started(struct mmk_engine *engine)
{
    allow_rendering(engine, true);
}

void fake_engine_stopped(struct mmk_engine *engine)
{
    allow_rendering(engine, false);
}

struct fake_engine_seen fake_engine_look(struct mmk_engine *engine)
{
    pthread_mutex_lock(&engine->mutex);
    struct fake_engine_seen seen = engine->seen;
    pthread_mutex_unlock(&engine->mutex);
    return seen;
}

void fake_engine_allow(struct mmk_engine *engine, uint64_t n_frames)
{
    pthread_mutex_lock(&engine->mutex);
    engine->budget += n_frames;
    pthread_mutex_unlock(&engine->mutex);
}

bool fake_engine_wait(struct mmk_engine *engine, uint64_t rendered, uint32_t timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    int failed = 0;
    pthread_mutex_lock(&engine->mutex);
    while (engine->seen.played < rendered && engine->seen.events[MMK_DEVICE_GONE] == 0 &&
           failed == 0)
        failed = pthread_cond_timedwait(&engine->changed, &engine->mutex, &at);
    bool there = engine->seen.played >= rendered || engine->seen.events[MMK_DEVICE_GONE] != 0;
    pthread_mutex_unlock(&engine->mutex);
    return there;
}

const char *fake_engine_breach(struct mmk_engine *engine)
{
    return engine->breach[0] != '\0' ? engine->breach : NULL;
}

/* ------------------------------------------------------------------ the upcalls */

struct mmk_rendered mmk_engine_render(struct mmk_engine *engine, mmk_direction direction,
                                      void *buffer, uint32_t n_frames)
{
    pthread_mutex_lock(&engine->mutex);
    if (engine->is_rendering)
        breach(engine, "render on two threads at once");
    if (!engine->may_render)
        breach(engine, "render while the device is stopped");
    if (n_frames < 1 || n_frames > engine->max_frames)
        breach(engine, "render of 0 or of more than period_max_frames");
    if (direction != engine->direction)
        breach(engine, "render in the wrong direction");
    if (buffer == NULL)
        breach(engine, "render without a buffer");
    engine->is_rendering = true;
    uint64_t at = engine->seen.rendered;
    bool pending = engine->pending;
    pthread_mutex_unlock(&engine->mutex);

    uint32_t audible = n_frames;
    if (engine->on_render != NULL)
        audible = engine->on_render(engine, buffer, n_frames, at);
    else if (direction == MMK_PLAYBACK)
        memset(buffer, 0, n_frames * engine->frame_bytes);

    pthread_mutex_lock(&engine->mutex);
    engine->is_rendering = false;
    engine->seen.rendered += n_frames;
    engine->seen.renders++;
    if (engine->budget != UINT64_MAX)
        engine->budget -= n_frames < engine->budget ? n_frames : engine->budget;
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
    return (struct mmk_rendered){.pending = pending, .audible_frames = audible};
}

bool mmk_engine_played(struct mmk_engine *engine, uint64_t frames)
{
    pthread_mutex_lock(&engine->mutex);
    if (frames < engine->seen.played)
        breach(engine, "played went back");
    if (frames > engine->seen.rendered)
        breach(engine, "played ahead of rendered");
    engine->seen.played = frames;
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
    return false;
}

void mmk_engine_wake(struct mmk_engine *engine)
{
    pthread_mutex_lock(&engine->mutex);
    if (engine->is_rendering)
        breach(engine, "wake inside render");
    engine->seen.wakes++;
    pthread_mutex_unlock(&engine->mutex);
    if (engine->on_wake != NULL)
        engine->on_wake(engine);
}

uint32_t mmk_engine_freewheel_frames(struct mmk_engine *engine, uint32_t max_frames,
                                     uint32_t *wait_ms)
{
    pthread_mutex_lock(&engine->mutex);
    uint32_t n = engine->budget < max_frames ? (uint32_t)engine->budget : max_frames;
    engine->seen.asked++;
    if (n == 0)
        *wait_ms = engine->wait_ms;
    pthread_mutex_unlock(&engine->mutex);
    return n;
}

uint32_t mmk_engine_ready_frames(struct mmk_engine *engine, uint32_t max_frames)
{
    pthread_mutex_lock(&engine->mutex);
    uint32_t n = engine->budget < max_frames ? (uint32_t)engine->budget : max_frames;
    pthread_mutex_unlock(&engine->mutex);
    return n;
}

void mmk_engine_device_event(struct mmk_engine *engine, mmk_device_event event)
{
    pthread_mutex_lock(&engine->mutex);
    if (engine->is_rendering)
        breach(engine, "an event inside render");
    engine->seen.events[event]++;
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
    if (engine->on_event != NULL)
        engine->on_event(engine, event);
}
