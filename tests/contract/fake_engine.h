/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_FAKE_ENGINE_H
#define MMK_FAKE_ENGINE_H

/**
 * The upcalls of <mmk/engine.h> as a device sees them, and nothing behind: a test scripts what is
 * rendered and counts what the device does. Link it instead of the engine (before mmk_core).
 *
 * It checks what every device must keep: one thread at a time, 1 <= n <= the period, the direction
 * it was opened with, played never back and never ahead of rendered, no call after stop. The first
 * breach is kept as text.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <mmk/engine.h>

struct fake_engine_seen {
    uint64_t rendered; /* frames */
    uint64_t played;   /* last count given to played */
    uint64_t renders;  /* calls */
    uint64_t wakes;
    uint64_t asked;     /* calls of freewheel_frames */
    unsigned events[4]; /* by mmk_device_event */
};

struct mmk_engine {
    /* the script; set before start, or under the mutex */
    mmk_direction direction;
    uint32_t max_frames; /* period_max_frames of the opened device */
    size_t frame_bytes;
    /** Playback: fill the buffer, say how many frames are audible. Capture: look at it. Called
     * without the mutex. */
    uint32_t (*on_render)(struct mmk_engine *engine, void *frames, uint32_t n_frames, uint64_t at);
    void (*on_wake)(struct mmk_engine *engine);
    void (*on_event)(struct mmk_engine *engine, mmk_device_event event);
    void *user;
    bool pending;     /* what render answers */
    uint64_t budget;  /* freewheel: frames that may still be rendered; UINT64_MAX = any */
    uint32_t wait_ms; /* freewheel: answered when the budget is 0 */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool may_render; /* false after fake_engine_stopped(): a render is a breach */
    bool is_rendering;
    struct fake_engine_seen seen;
    char breach[128];
};

void fake_engine_init(struct mmk_engine *engine);
void fake_engine_fini(struct mmk_engine *engine);

/** Tell it what was opened. */
void fake_engine_opened(struct mmk_engine *engine, mmk_direction direction,
                        const struct mmk_device_caps *caps);

/** Rendering is allowed (call before start), or no longer (call after stop returned). */
void fake_engine_started(struct mmk_engine *engine);
void fake_engine_stopped(struct mmk_engine *engine);

struct fake_engine_seen fake_engine_look(struct mmk_engine *engine);

/** Allow so many frames more in freewheel (kick the device afterwards). */
void fake_engine_allow(struct mmk_engine *engine, uint64_t n_frames);

/** Wait until so many frames have been rendered, or any event came. @return false after timeout_ms
 */
bool fake_engine_wait(struct mmk_engine *engine, uint64_t rendered, uint32_t timeout_ms);

/** NULL, or the first rule that the device broke. */
const char *fake_engine_breach(struct mmk_engine *engine);

#endif
