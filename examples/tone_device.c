/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The devices seam: a backend of one's own. It has one recording device, from which comes a tone of
 * 440 Hz, and nothing to play on.
 *
 * Everything else is the POSIX port's: it is copied, and its devices replaced. Below the backend a
 * program opens an engine on it and records half a second at 44.1 kHz, though the device runs at
 * 48 kHz: conversion is the engine's work, a backend gives what it has.
 *
 * The rules, from <mmk/port.h>: the backend owns its thread; between start and stop that thread
 * calls render, then played, then wake if either said so; after stop has returned it does not.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <mmk/engine.h>
#include <mmk/posix.h>

#define RATE_HZ 48000u
#define TONE_HZ 440.0
#define PERIOD  480u /* 10 ms */
#define TURN    6.283185307179586

/* ------------------------------------------------------------------ the backend */

struct tone_devices {
    struct mmk_devices base; /* the seam is the first member: found again by a cast */
    struct mmk_platform *platform;
};

struct mmk_device {
    struct mmk_engine *engine;
    struct mmk_thread *thread; /* NULL = stopped */
    struct mmk_event *quit;
    uint64_t frames; /* made since it was opened */
};

static const struct mmk_device_caps tone_caps = {
    .format = {.sample = MMK_SAMPLE_F32, .channels = 1, .valid_bits = 32, .rate_hz = RATE_HZ},
    .period_frames = PERIOD,
    .period_max_frames = PERIOD};

static struct mmk_platform *platform_of(struct mmk_devices *self)
{
    return ((struct tone_devices *)(void *)self)->platform;
}

static void one_period(struct mmk_device *device)
{
    float frames[PERIOD];
    for (uint32_t i = 0; i < PERIOD; i++)
        frames[i] = (float)(0.5 * sin(TURN * TONE_HZ * (double)(device->frames + i) / RATE_HZ));
    const struct mmk_rendered done = mmk_engine_render(device->engine, MMK_CAPTURE, frames, PERIOD);
    device->frames += PERIOD;
    const bool played = mmk_engine_played(device->engine, device->frames);
    if (done.pending || played)
        mmk_engine_wake(device->engine);
}

struct run {
    struct mmk_platform *platform;
    struct mmk_device *device;
};
static struct run running; /* one device can be open at a time */

static void run(void *arg)
{
    const struct run *r = arg;
    const uint64_t period_ns = UINT64_C(1000000000) * PERIOD / RATE_HZ;
    uint64_t due = r->platform->ops->now_ns(r->platform) + period_ns;
    for (;;) { /* absolute times: no drift */
        const uint64_t now = r->platform->ops->now_ns(r->platform);
        const uint32_t wait_ms = due > now ? (uint32_t)((due - now) / 1000000) + 1 : 0;
        if (r->platform->ops->event_wait(r->platform, r->device->quit, wait_ms))
            return;
        if (r->platform->ops->now_ns(r->platform) < due)
            continue;
        one_period(r->device);
        due += period_ns;
    }
}

static mmk_err tone_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                              struct mmk_device_info *info)
{
    (void)self;
    if (direction != MMK_CAPTURE || index > 0)
        return MMK_ERR_NOT_FOUND;
    *info = (struct mmk_device_info){.backend = "tone", .name = "440 Hz", .available = true};
    return MMK_OK;
}

static mmk_err tone_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                          uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                          size_t cap)
{
    (void)self;
    (void)timeout_ms;
    if (config->direction != MMK_CAPTURE || strcmp(config->backend, "tone") != 0) {
        snprintf(reason, cap, "a tone can only be recorded; choose another backend to play");
        return MMK_ERR_UNSUPPORTED;
    }
    if (caps != NULL)
        *caps = tone_caps;
    return MMK_OK;
}

static mmk_err tone_open(struct mmk_devices *self, const struct mmk_device_config *config,
                         struct mmk_engine *engine, struct mmk_device **out,
                         struct mmk_device_caps *caps)
{
    static struct mmk_device device;
    struct mmk_platform *platform = platform_of(self);
    char reason[256];
    const mmk_err err = tone_probe(self, config, 0, caps, reason, sizeof reason);
    if (err != MMK_OK)
        return err;
    if (device.engine != NULL)
        return MMK_ERR_BUSY;
    device.quit = platform->ops->event_create(platform);
    if (device.quit == NULL)
        return MMK_ERR_NOMEM;
    device.engine = engine;
    device.frames = 0;
    running = (struct run){platform, &device};
    *out = &device;
    return MMK_OK;
}

static mmk_err tone_start(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = platform_of(self);
    if (device->thread == NULL)
        device->thread =
            platform->ops->thread_start(platform, run, &running, MMK_PRIORITY_AUDIO, "tone");
    return device->thread != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static void tone_stop(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = platform_of(self);
    if (device->thread == NULL)
        return;
    platform->ops->event_set(platform, device->quit);
    platform->ops->thread_join(platform, device->thread);
    device->thread = NULL;
}

static void tone_kick(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self; /* for clocks that wait for work; this one runs by itself */
    (void)device;
}

static mmk_err tone_close(struct mmk_devices *self, struct mmk_device *device)
{
    struct mmk_platform *platform = platform_of(self);
    tone_stop(self, device);
    platform->ops->event_destroy(platform, device->quit);
    device->engine = NULL;
    return MMK_OK;
}

static const struct mmk_devices_ops tone_ops = {.enumerate = tone_enumerate,
                                                .probe = tone_probe,
                                                .open = tone_open,
                                                .start = tone_start,
                                                .stop = tone_stop,
                                                .kick = tone_kick,
                                                .close = tone_close};

/* ------------------------------------------------------------------ a program that records from it
 */

#define WANTED 22050u /* half a second */

static int16_t recorded[WANTED];

/* Crossings from below to above zero: one for each period of the tone. */
static unsigned crossings(const int16_t *samples, unsigned n)
{
    unsigned count = 0;
    for (unsigned i = 1; i < n; i++)
        count += samples[i - 1] < 0 && samples[i] >= 0;
    return count;
}

static mmk_err record(struct mmk_platform *platform, struct mmk_devices *devices)
{
    struct mmk_engine_config config = {.platform = platform, .devices = devices};
    struct mmk_stream_config half_second = {.kind = MMK_STREAM_BLOCKS};
    struct mmk_block block = {.data = recorded, .n_frames = WANTED};
    struct mmk_position position = {.frames = 0};
    struct mmk_engine *engine;
    struct mmk_stream *stream;

    config.device = (struct mmk_device_config){.direction = MMK_CAPTURE, .backend = "tone"};
    config.quality = MMK_QUALITY_HIGH;
    half_second.format = (struct mmk_format){
        .sample = MMK_SAMPLE_S16, .channels = 1, .valid_bits = 16, .rate_hz = 44100};
    mmk_err err = mmk_notifier_open(platform, &config.notifier);
    if (err != MMK_OK)
        return err;
    err = mmk_engine_open(&config, &engine);
    if (err == MMK_OK) {
        err = mmk_stream_open(engine, &half_second, &stream);
        if (err == MMK_OK)
            err = mmk_stream_submit(stream, &block);
        while (err == MMK_OK && position.frames < WANTED) {
            platform->ops->sleep_ns(platform, 10000000);
            err = mmk_stream_position(stream, &position);
        }
        mmk_engine_close(engine); /* the stream with it */
    }
    mmk_notifier_close(config.notifier);
    return err;
}

int main(void)
{
    struct tone_devices tone = {.base = {&tone_ops}};
    if (mmk_posix_platform_open(NULL, &tone.platform) != MMK_OK)
        return 1;
    const mmk_err err = record(tone.platform, &tone.base);
    mmk_posix_platform_close(tone.platform);
    const unsigned periods = crossings(recorded, WANTED);
    const bool good = err == MMK_OK && periods >= 219 && periods <= 221;
    printf("tone_device: %s; %u periods in half a second, 440 Hz has 220\n",
           good ? "recorded" : mmk_err_name(err), periods);
    return !good;
}
