/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

#include "sim_device.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_platform.h"

struct mmk_device {
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    struct mmk_engine *engine;
    size_t frame_bytes;
};

struct sim_devices {
    struct mmk_devices seam; /* first member */
    struct mmk_platform *platform;
    struct sim_config config;
    struct mmk_event *wake; /* kick, stop, end of a stall */
    struct mmk_thread *thread;

    pthread_mutex_t lock; /* guards all below; never held across a call into the engine */
    struct mmk_device *device;
    bool started, stopping, stalled, gone;
    bool rendering; /* somebody is inside render: stop waits for it */
    pthread_cond_t idle;
    struct sim_counts counts;
    mmk_err fail_open, fail_start, fail_close;

    /* the rendering thread's, or the test's when that has stopped */
    uint8_t *buffer;
    uint8_t *output;
    size_t output_len, output_cap;
};

static struct sim_devices *of(struct mmk_devices *self)
{
    return (struct sim_devices *)(void *)self;
}

static void lock(struct sim_devices *sim)
{
    pthread_mutex_lock(&sim->lock);
}

static void unlock(struct sim_devices *sim)
{
    pthread_mutex_unlock(&sim->lock);
}

static void *must(void *mem)
{
    if (mem == NULL) {
        fprintf(stderr, "sim device: out of memory\n");
        abort();
    }
    return mem;
}

/* ------------------------------------------------------------------ rendering */

/* @return the device, if it may be rendered now; leave_render() must follow then */
static struct mmk_device *enter_render(struct sim_devices *sim)
{
    lock(sim);
    struct mmk_device *device = sim->device;
    if (!sim->started || sim->stopping || sim->gone || sim->stalled)
        device = NULL;
    sim->rendering = device != NULL;
    unlock(sim);
    return device;
}

static void leave_render(struct sim_devices *sim)
{
    lock(sim);
    sim->rendering = false;
    pthread_cond_broadcast(&sim->idle);
    unlock(sim);
}

static void keep(struct sim_devices *sim, const uint8_t *data, size_t n_bytes)
{
    if (sim->config.discard)
        return;
    if (sim->output_cap - sim->output_len < n_bytes) {
        sim->output_cap = 2 * sim->output_cap + n_bytes;
        sim->output = must(realloc(sim->output, sim->output_cap));
    }
    memcpy(sim->output + sim->output_len, data, n_bytes);
    sim->output_len += n_bytes;
}

static void call_played(struct sim_devices *sim, struct mmk_device *device, uint64_t frames)
{
    test_platform_audio_enter();
    const bool pending = mmk_engine_played(device->engine, frames);
    test_platform_audio_leave();
    lock(sim);
    if (frames > sim->counts.played)
        sim->counts.played = frames;
    unlock(sim);
    if (pending)
        mmk_engine_wake(device->engine);
}

/* Inside enter_render .. leave_render. */
static void render(struct sim_devices *sim, struct mmk_device *device, uint32_t n, bool keep_it)
{
    const bool playback = device->config.direction == MMK_PLAYBACK;
    const size_t n_bytes = (size_t)n * device->frame_bytes;
    lock(sim);
    const uint64_t first = sim->counts.rendered;
    unlock(sim);
    if (playback)
        memset(sim->buffer, 0x5A, n_bytes); /* what is not written shows */
    else if (sim->config.source != NULL)
        sim->config.source(sim->config.user, sim->buffer, first, n);
    test_platform_audio_enter();
    const struct mmk_rendered r =
        mmk_engine_render(device->engine, device->config.direction, sim->buffer, n);
    test_platform_audio_leave();
    if (playback && keep_it)
        keep(sim, sim->buffer, n_bytes);
    lock(sim);
    sim->counts.renders++;
    sim->counts.rendered += n;
    if (r.audible_frames > n || (!playback && r.audible_frames != 0))
        sim->counts.bad_renders++;
    if (r.audible_frames > 0)
        sim->counts.audible = first + r.audible_frames;
    unlock(sim);
    if (r.pending)
        mmk_engine_wake(device->engine);
}

static uint64_t heard(struct sim_devices *sim)
{
    lock(sim);
    const uint64_t rendered = sim->counts.rendered;
    unlock(sim);
    return rendered > sim->config.latency_frames ? rendered - sim->config.latency_frames : 0;
}

static uint32_t render_pieces(struct sim_devices *sim, uint32_t n, bool keep_it, bool tell)
{
    uint32_t done = 0;
    while (done < n) {
        struct mmk_device *device = enter_render(sim);
        if (device == NULL)
            break;
        const uint32_t max = device->caps.period_max_frames;
        const uint32_t m = n - done < max ? n - done : max;
        render(sim, device, m, keep_it);
        if (tell)
            call_played(sim, device, heard(sim));
        leave_render(sim);
        done += m;
    }
    return done;
}

uint32_t sim_render(struct sim_devices *sim, uint32_t n)
{
    return render_pieces(sim, n, true, true);
}

uint32_t sim_render_only(struct sim_devices *sim, uint32_t n)
{
    return render_pieces(sim, n, true, false);
}

void sim_played(struct sim_devices *sim, uint64_t frames)
{
    struct mmk_device *device = enter_render(sim);
    if (device == NULL)
        return;
    call_played(sim, device, frames);
    leave_render(sim);
}

void sim_skip(struct sim_devices *sim, uint64_t frames)
{
    while (frames > 0) {
        const uint32_t n = frames < UINT32_MAX / 2 ? (uint32_t)frames : UINT32_MAX / 2;
        if (render_pieces(sim, n, false, true) == 0)
            return;
        frames -= n;
    }
}

/* One question to the clock and, if it gives frames, one render. @return frames */
static uint32_t freewheel_step(struct sim_devices *sim, uint64_t max)
{
    struct mmk_device *device = enter_render(sim);
    if (device == NULL)
        return 0;
    uint32_t wait_ms = 0;
    const uint32_t period = device->caps.period_frames;
    const uint32_t want = max < period ? (uint32_t)max : period;
    const uint32_t n = mmk_engine_freewheel_frames(device->engine, want, &wait_ms);
    lock(sim);
    sim->counts.wait_ms = wait_ms;
    if (n > want)
        sim->counts.bad_renders++;
    unlock(sim);
    if (n > 0) {
        render(sim, device, n, true);
        call_played(sim, device, heard(sim));
    }
    leave_render(sim);
    return n;
}

uint64_t sim_freewheel(struct sim_devices *sim, uint64_t max)
{
    uint64_t done = 0;
    while (done < max) {
        const uint32_t n = freewheel_step(sim, max - done);
        if (n == 0)
            break;
        done += n;
    }
    return done;
}

/* ------------------------------------------------------------------ thread */

static bool keeps_running(struct sim_devices *sim, uint64_t *left)
{
    lock(sim);
    const bool run = !sim->stopping;
    *left = UINT64_MAX;
    if (sim->config.max_frames > 0)
        *left = sim->config.max_frames - sim->counts.rendered;
    if (sim->gone || sim->stalled)
        *left = 0;
    unlock(sim);
    return run;
}

static void run(void *arg)
{
    struct sim_devices *sim = arg;
    struct mmk_platform *p = sim->platform;
    uint64_t left;
    while (keeps_running(sim, &left)) {
        const bool freewheel = sim->device->config.clock == MMK_CLOCK_FREEWHEEL;
        uint32_t wait_ms = 20;
        uint32_t n = 0;
        if (left > 0 && freewheel) {
            n = freewheel_step(sim, left);
            lock(sim);
            wait_ms = sim->counts.wait_ms;
            unlock(sim);
        } else if (left > 0) {
            const uint32_t period = sim->device->caps.period_frames;
            n = sim_render(sim, left < period ? (uint32_t)left : period);
            if (n > 0 && sim->config.pace_us > 0)
                p->ops->sleep_ns(p, (uint64_t)sim->config.pace_us * 1000u);
        }
        if (n == 0)
            p->ops->event_wait(p, sim->wake, wait_ms);
    }
}

/* ------------------------------------------------------------------ the seam */

static mmk_err sim_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                             struct mmk_device_info *info)
{
    (void)self;
    (void)direction;
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    *info =
        (struct mmk_device_info){.backend = "sim", .name = "simulated device", .available = true};
    return MMK_OK;
}

static struct mmk_device_caps caps_for(const struct sim_devices *sim,
                                       const struct mmk_device_config *config)
{
    struct mmk_device_caps caps = {.format = sim->config.format,
                                   .period_frames = sim->config.period_frames,
                                   .period_max_frames = sim->config.period_max_frames,
                                   .latency_frames = sim->config.latency_frames};
    if (caps.format.sample == MMK_SAMPLE_NONE)
        caps.format = config->format;
    if (config->period_frames > 0)
        caps.period_frames = config->period_frames;
    if (caps.period_max_frames < caps.period_frames)
        caps.period_max_frames = caps.period_frames;
    return caps;
}

static mmk_err sim_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                         uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                         size_t cap)
{
    struct sim_devices *sim = of(self);
    (void)timeout_ms;
    lock(sim);
    const mmk_err err = sim->gone ? MMK_ERR_GONE : sim->fail_open;
    if (err == MMK_OK && caps != NULL)
        *caps = caps_for(sim, config);
    unlock(sim);
    if (err != MMK_OK)
        snprintf(reason, cap, "the simulated device was told to fail");
    return err;
}

static mmk_err sim_open(struct mmk_devices *self, const struct mmk_device_config *config,
                        struct mmk_engine *engine, struct mmk_device **device,
                        struct mmk_device_caps *caps)
{
    struct sim_devices *sim = of(self);
    lock(sim);
    const mmk_err err = sim->device != NULL ? MMK_ERR_BUSY : sim->fail_open;
    sim->fail_open = MMK_OK;
    if (err != MMK_OK) {
        unlock(sim);
        return err;
    }
    struct mmk_device *d = must(calloc(1, sizeof *d));
    d->config = *config;
    d->caps = caps_for(sim, config);
    d->engine = engine;
    d->frame_bytes = mmk_format_frame_bytes(&d->caps.format);
    sim->device = d;
    sim->gone = sim->stopping = false;
    sim->counts.opens++;
    sim->counts.rendered = sim->counts.played = sim->counts.audible = 0;
    sim->output_len = 0;
    sim->buffer = must(realloc(sim->buffer, d->caps.period_max_frames * d->frame_bytes + 1));
    *device = d;
    *caps = d->caps;
    unlock(sim);
    return MMK_OK;
}

static mmk_err sim_start(struct mmk_devices *self, struct mmk_device *device)
{
    struct sim_devices *sim = of(self);
    (void)device;
    lock(sim);
    const mmk_err err = sim->gone ? MMK_ERR_GONE : sim->fail_start;
    const bool go = err == MMK_OK && !sim->started;
    sim->fail_start = MMK_OK;
    if (go) {
        sim->started = true;
        sim->stopping = false;
        sim->counts.starts++;
    }
    unlock(sim);
    if (!go || !sim->config.threaded)
        return err;
    sim->thread =
        sim->platform->ops->thread_start(sim->platform, run, sim, MMK_PRIORITY_AUDIO, "sim-device");
    return sim->thread != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static void sim_stop(struct mmk_devices *self, struct mmk_device *device)
{
    struct sim_devices *sim = of(self);
    (void)device;
    lock(sim);
    sim->stopping = true;
    if (sim->started)
        sim->counts.stops++;
    while (sim->rendering)
        pthread_cond_wait(&sim->idle, &sim->lock);
    unlock(sim);
    if (sim->thread != NULL) {
        sim->platform->ops->event_set(sim->platform, sim->wake);
        sim->platform->ops->thread_join(sim->platform, sim->thread);
        sim->thread = NULL;
    }
    lock(sim);
    sim->started = false;
    unlock(sim);
}

static void sim_kick(struct mmk_devices *self, struct mmk_device *device)
{
    struct sim_devices *sim = of(self);
    (void)device;
    lock(sim);
    sim->counts.kicks++;
    unlock(sim);
    sim->platform->ops->event_set(sim->platform, sim->wake);
}

static mmk_err sim_close(struct mmk_devices *self, struct mmk_device *device)
{
    struct sim_devices *sim = of(self);
    sim_stop(self, device);
    lock(sim);
    const mmk_err err = sim->fail_close;
    sim->fail_close = MMK_OK;
    sim->device = NULL;
    sim->counts.closes++;
    unlock(sim);
    free(device);
    return err;
}

static const struct mmk_devices_ops OPS = {
    .enumerate = sim_enumerate,
    .probe = sim_probe,
    .open = sim_open,
    .start = sim_start,
    .stop = sim_stop,
    .kick = sim_kick,
    .close = sim_close,
};

/* ------------------------------------------------------------------ the test's side */

struct sim_devices *sim_create(struct mmk_platform *platform, const struct sim_config *config)
{
    struct sim_devices *sim = must(calloc(1, sizeof *sim));
    sim->seam.ops = &OPS;
    sim->platform = platform;
    sim->config = *config;
    if (sim->config.period_frames == 0)
        sim->config.period_frames = 480;
    if (sim->config.period_max_frames == 0)
        sim->config.period_max_frames = 8192;
    pthread_mutex_init(&sim->lock, NULL);
    pthread_cond_init(&sim->idle, NULL);
    sim->wake = platform->ops->event_create(platform);
    return sim;
}

void sim_destroy(struct sim_devices *sim)
{
    sim->platform->ops->event_destroy(sim->platform, sim->wake);
    pthread_cond_destroy(&sim->idle);
    pthread_mutex_destroy(&sim->lock);
    free(sim->buffer);
    free(sim->output);
    free(sim);
}

struct mmk_devices *sim_seam(struct sim_devices *sim)
{
    return &sim->seam;
}

void sim_stall(struct sim_devices *sim, bool stalled)
{
    lock(sim);
    sim->stalled = stalled;
    unlock(sim);
    sim->platform->ops->event_set(sim->platform, sim->wake);
}

void sim_vanish(struct sim_devices *sim)
{
    lock(sim);
    sim->gone = true;
    while (sim->rendering)
        pthread_cond_wait(&sim->idle, &sim->lock);
    struct mmk_engine *engine = sim->device != NULL ? sim->device->engine : NULL;
    unlock(sim);
    if (engine != NULL)
        mmk_engine_device_event(engine, MMK_DEVICE_GONE);
}

void sim_fail_open(struct sim_devices *sim, mmk_err err)
{
    sim->fail_open = err;
}

void sim_fail_start(struct sim_devices *sim, mmk_err err)
{
    sim->fail_start = err;
}

void sim_fail_close(struct sim_devices *sim, mmk_err err)
{
    sim->fail_close = err;
}

const uint8_t *sim_output(struct sim_devices *sim, uint64_t *n_frames)
{
    const size_t bytes = sim->device != NULL ? sim->device->frame_bytes : 1;
    *n_frames = sim->output_len / bytes;
    return sim->output;
}

void sim_clear_output(struct sim_devices *sim)
{
    sim->output_len = 0;
}

struct sim_counts sim_counts(struct sim_devices *sim)
{
    lock(sim);
    const struct sim_counts counts = sim->counts;
    unlock(sim);
    return counts;
}

struct mmk_engine *sim_engine(struct sim_devices *sim)
{
    return sim->device != NULL ? sim->device->engine : NULL;
}
