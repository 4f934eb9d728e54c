/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_SIM_DEVICE_H
#define MMK_SIM_DEVICE_H

/**
 * A simulated device behind the devices seam: the test is the clock.
 *
 *     struct sim_devices *sim = sim_create(platform, &(struct sim_config){.period_frames = 480});
 *     ... .devices = sim_seam(sim) in an engine's config; config.device.direction and .clock count
 * ... sim_render(sim, 100);            // the device asks for 100 frames and has played them (less
 * its latency) sim_freewheel(sim, 48000);       // as a freewheel backend: as long as the engine
 * gives frames bytes = sim_output(sim, &n);     // all it was given since open
 *
 * Without a thread the calling thread is the audio thread (calls are marked as audio context, see
 * test_platform.h). With one (`threaded`) the device renders by itself from start to stop, at its
 * own pace or freewheeling. One device is open at a time; a second open answers MMK_ERR_BUSY. Uses
 * the C library's allocator.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/engine.h>
#include <mmk/port.h>

struct sim_config {
    struct mmk_format format;   /* sample NONE: whatever is asked for */
    uint32_t period_frames;     /* 0: 480 */
    uint32_t period_max_frames; /* 0: 8192, at least a period */
    uint32_t latency_frames;    /* rendered frames are played this much later */
    bool threaded;
    uint32_t pace_us;    /* threaded, real clock: pause between periods; 0 = none */
    uint64_t max_frames; /* threaded: stop rendering after so many; 0 = no limit */
    bool discard;        /* keep no output */
    /** Capture: fill n frames that begin at device frame `first`. NULL: silence. */
    void (*source)(void *user, void *frames, uint64_t first, uint32_t n);
    void *user;
};

struct sim_counts {
    unsigned opens, closes, starts, stops, kicks;
    uint64_t renders;     /* calls */
    uint64_t rendered;    /* frames since open */
    uint64_t played;      /* frames since open */
    uint64_t audible;     /* device frame behind the last that a stream gave */
    unsigned bad_renders; /* render results that contradict themselves */
    uint32_t wait_ms;     /* what freewheel_frames last answered */
};

struct sim_devices;

struct sim_devices *sim_create(struct mmk_platform *platform, const struct sim_config *config);
void sim_destroy(struct sim_devices *sim);
struct mmk_devices *sim_seam(struct sim_devices *sim);

/** Without a thread, between start and stop (else nothing happens). @return frames rendered */
uint32_t sim_render(struct sim_devices *sim, uint32_t n);
/** Only render, or only tell what is played: for tests of latency. */
uint32_t sim_render_only(struct sim_devices *sim, uint32_t n);
void sim_played(struct sim_devices *sim, uint64_t frames);
/** Ask for frames and render them, until the engine answers 0 or `max` were rendered. @return
 * frames rendered */
uint64_t sim_freewheel(struct sim_devices *sim, uint64_t max);
/** Jump: device frame counters of the simulation and the engine go on as if `frames` of silence had
 * been rendered, in calls of the largest size into a scratch buffer, keeping nothing. */
void sim_skip(struct sim_devices *sim, uint64_t frames);

/** Threaded: hold the rendering thread back, or let it go on. */
void sim_stall(struct sim_devices *sim, bool stalled);
/** The device goes away: no more render, and the engine is told. Any thread, outside render. */
void sim_vanish(struct sim_devices *sim);
/** The next open / start / close answers this. */
void sim_fail_open(struct sim_devices *sim, mmk_err err);
void sim_fail_start(struct sim_devices *sim, mmk_err err);
void sim_fail_close(struct sim_devices *sim, mmk_err err);

/** Playback: what was rendered since open. Valid until the next render. */
const uint8_t *sim_output(struct sim_devices *sim, uint64_t *n_frames);
void sim_clear_output(struct sim_devices *sim);
struct sim_counts sim_counts(struct sim_devices *sim);
struct mmk_engine *sim_engine(struct sim_devices *sim);

#endif
