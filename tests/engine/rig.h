/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_ENGINE_RIG_H
#define MMK_TEST_ENGINE_RIG_H

/**
 * What most engine tests stand on: platform, simulated device, notifier and engine in one, without
 * threads, the clock virtual, so that everything happens when the test says so. Completions are
 * logged in the order they come.
 */

#include <mmk/engine.h>

#include "support/sim_device.h"
#include "support/test_platform.h"

#define RIG_EVENTS_MAX 65536u

struct rig_event {
    intptr_t id; /* of the block */
    uint32_t n_frames;
    mmk_err why;
    uint64_t rendered; /* device frames when it came */
};

struct rig {
    struct test_platform *tp;
    struct mmk_platform *platform;
    struct sim_devices *sim;
    struct mmk_notifier *notifier;
    struct mmk_engine *engine;
    struct rig_event *event;
    unsigned n_events;
    unsigned n_periods;
    unsigned locks_seen; /* callbacks that came with a lock held */
};

/** What differs from the plain rig: s16 stereo 48 kHz playback, real clock, period 480. */
struct rig_options {
    struct mmk_format format; /* sample NONE: s16 stereo 48 kHz */
    mmk_direction direction;
    mmk_clock clock;
    mmk_quality quality;
    bool limiter, dither;
    uint32_t streams_max;
    uint32_t platform_flags; /* 0: no threads, virtual clock; UINT32_MAX: threads and real clock */
    uint32_t cpu_features;   /* MMK_CPU_*; 0: the C reference */
    struct sim_config sim;
};

struct mmk_format rig_format(mmk_sample sample, uint16_t channels, uint32_t rate_hz);

void rig_open(struct rig *rig, const struct rig_options *options);
/** Closes everything still open. @return faults of the platform (0 = clean) */
unsigned rig_close(struct rig *rig);

/** A BLOCKS stream whose completions are logged. */
struct mmk_stream *rig_stream(struct rig *rig, struct mmk_format format, double speed_max);
struct mmk_stream *rig_stream_config(struct rig *rig, struct mmk_stream_config config);
mmk_err rig_submit(struct mmk_stream *s, const void *data, uint32_t n_frames, intptr_t id);
mmk_err rig_submit_loop(struct mmk_stream *s, const void *data, uint32_t n_frames, intptr_t id,
                        uint32_t flags, uint32_t loops);

/** Render n frames and deliver. */
void rig_render(struct rig *rig, uint32_t n);
/** Freewheel until nothing comes even after the clock has waited, delivering as callbacks come due.
 */
uint64_t rig_freewheel(struct rig *rig, uint64_t max);
uint64_t rig_position(struct mmk_stream *s);
uint64_t rig_queued(struct mmk_stream *s);
struct mmk_engine_stats rig_stats(struct rig *rig);

/** Small seeded generator of numbers. */
struct rig_random {
    uint64_t state;
};
uint32_t rig_random(struct rig_random *r);
/** from <= result <= to */
uint32_t rig_between(struct rig_random *r, uint32_t from, uint32_t to);

/** The log as a string such as "1:480 2:0c 3:10g " (c cancelled, g gone, ? other). */
const char *rig_log(const struct rig *rig, char *text, size_t cap);

#endif
