/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The clock of devices that have none of their own: see struct mmki_paced. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mmk/engine.h>

#include "devices_internal.h"

#define NS_PER_S UINT64_C(1000000000)

/* Later than this the machine has slept or was stopped: the time is lost, as with a sound card. */
#define TOO_LATE_NS NS_PER_S

/* How long freewheel waits for a kick if the engine does not say. */
#define IDLE_MS 1000u

/* ------------------------------------------------------------------ sound and time */

bool mmki_silence_is_zero(const struct mmk_format *format)
{
    return format->sample != MMK_SAMPLE_U8 && format->sample != MMK_SAMPLE_ALAW &&
           format->sample != MMK_SAMPLE_ULAW;
}

void mmki_silence(const struct mmk_format *format, void *frames, size_t n_frames)
{
    int byte = 0;
    if (format->sample == MMK_SAMPLE_U8)
        byte = 0x80;
    else if (format->sample == MMK_SAMPLE_ALAW)
        byte = 0xd5; /* +0 of G.711: even bits are inverted on the line */
    else if (format->sample == MMK_SAMPLE_ULAW)
        byte = 0xff;
    memset(frames, byte, n_frames * mmk_format_frame_bytes(format));
}

uint64_t mmki_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t mmki_frames_ns(uint64_t frames, uint32_t rate_hz)
{
    return frames / rate_hz * NS_PER_S + frames % rate_hz * NS_PER_S / rate_hz;
}

bool mmki_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t at_ns)
{
    struct timespec at = {.tv_sec = (time_t)(at_ns / NS_PER_S),
                          .tv_nsec = (long)(at_ns % NS_PER_S)};
    return pthread_cond_timedwait(cond, mutex, &at) != ETIMEDOUT;
}

bool mmki_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

mmk_err mmki_soft_caps(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                       char *reason, size_t cap)
{
    if (!mmk_format_valid(&config->format)) {
        (void)mmki_format(reason, cap, "the device format is not a valid one (backend %s)",
                          config->backend);
        return MMK_ERR_FORMAT;
    }
    uint32_t rate = config->format.rate_hz;
    uint32_t period = config->period_frames != 0 ? config->period_frames : rate / 100;
    uint32_t least = rate / 1000 > 0 ? rate / 1000 : 1;
    memset(caps, 0, sizeof *caps);
    caps->format = config->format;
    caps->period_frames = period < least ? least : period > rate ? rate : period;
    caps->period_max_frames = caps->period_frames;
    return MMK_OK;
}

/* ------------------------------------------------------------------ the thread */

/* Which paced device's thread this is: stop may be called on it, by what the engine does when it
 * hears of an event. */
static _Thread_local const struct mmki_paced *thread_of;

bool mmki_paced_stopping(struct mmki_paced *paced)
{
    pthread_mutex_lock(&paced->mutex);
    bool stopping = paced->stopping;
    pthread_mutex_unlock(&paced->mutex);
    return stopping;
}

/** Sleep until an absolute time. @return false: stop */
static bool sleep_until(struct mmki_paced *paced, uint64_t at_ns)
{
    /* a condition variable and not clock_nanosleep: as exact, and stop need not wait for a long
     * period */
    pthread_mutex_lock(&paced->mutex);
    while (!paced->stopping && mmki_wait_until(&paced->cond, &paced->mutex, at_ns)) {
    }
    bool go_on = !paced->stopping;
    pthread_mutex_unlock(&paced->mutex);
    return go_on;
}

static mmk_err play(struct mmki_paced *paced, uint32_t n_frames)
{
    struct mmk_rendered done =
        mmk_engine_render(paced->engine, MMK_PLAYBACK, paced->buffer, n_frames);
    uint32_t audible = done.audible_frames < n_frames ? done.audible_frames : n_frames;
    mmk_err err = paced->ops->write(paced, paced->buffer, n_frames, audible);
    paced->frames += n_frames;
    /* played only once it has been written: who hears of the end finds it in the file */
    if (mmk_engine_played(paced->engine, paced->frames) || done.pending)
        mmk_engine_wake(paced->engine);
    return err;
}

static mmk_err record(struct mmki_paced *paced, uint32_t n_frames)
{
    mmk_err err = paced->ops->read(paced, paced->buffer, &n_frames);
    if (err != MMK_OK || mmki_paced_stopping(paced))
        return err;
    struct mmk_rendered done =
        mmk_engine_render(paced->engine, MMK_CAPTURE, paced->buffer, n_frames);
    paced->frames += n_frames;
    if (mmk_engine_played(paced->engine, paced->frames) || done.pending)
        mmk_engine_wake(paced->engine);
    return MMK_OK;
}

static mmk_err move(struct mmki_paced *paced, uint32_t n_frames)
{
    return paced->direction == MMK_PLAYBACK ? play(paced, n_frames) : record(paced, n_frames);
}

/* A period is moved when its time has passed, in both directions: so a position never runs ahead of
 * the clock, and what is submitted during a period can still be heard in it. */
static mmk_err run_real(struct mmki_paced *paced)
{
    uint32_t period = paced->caps.period_frames;
    uint32_t rate = paced->caps.format.rate_hz;
    mmk_err err = MMK_OK;
    paced->anchor_ns = mmki_now_ns();
    paced->anchor_frames = paced->frames;
    while (err == MMK_OK) {
        uint64_t next = paced->frames + period;
        uint64_t due = paced->anchor_ns + mmki_frames_ns(next - paced->anchor_frames, rate);
        if (!sleep_until(paced, due))
            break;
        uint64_t now = mmki_now_ns();
        if (now > due + TOO_LATE_NS) {
            paced->anchor_ns = now;
            paced->anchor_frames = next;
        }
        err = move(paced, period);
    }
    return err;
}

/** Wait for a kick. @return false: stop */
static bool wait_for_kick(struct mmki_paced *paced, uint32_t wait_ms)
{
    uint64_t at = mmki_now_ns() + (uint64_t)wait_ms * 1000000u;
    pthread_mutex_lock(&paced->mutex);
    while (!paced->stopping && !paced->kicked && mmki_wait_until(&paced->cond, &paced->mutex, at)) {
    }
    bool go_on = !paced->stopping;
    pthread_mutex_unlock(&paced->mutex);
    return go_on;
}

static mmk_err run_freewheel(struct mmki_paced *paced)
{
    mmk_err err = MMK_OK;
    while (err == MMK_OK && !mmki_paced_stopping(paced)) {
        pthread_mutex_lock(&paced->mutex);
        paced->kicked = false; /* before the question: a kick after it is not lost */
        pthread_mutex_unlock(&paced->mutex);
        uint32_t wait_ms = IDLE_MS;
        uint32_t n =
            mmk_engine_freewheel_frames(paced->engine, paced->caps.period_max_frames, &wait_ms);
        if (n > paced->caps.period_max_frames)
            n = paced->caps.period_max_frames;
        if (n > 0)
            err = move(paced, n);
        else if (!wait_for_kick(paced, wait_ms))
            break;
    }
    return err;
}

static void run(void *arg)
{
    struct mmki_paced *paced = arg;
    thread_of = paced;
    mmk_err err = paced->clock == MMK_CLOCK_FREEWHEEL ? run_freewheel(paced) : run_real(paced);
    if (err != MMK_OK) {
        pthread_mutex_lock(&paced->mutex);
        paced->failed = err;
        pthread_mutex_unlock(&paced->mutex);
        mmk_engine_device_event(paced->engine, MMK_DEVICE_GONE);
    }
    thread_of = NULL;
}

/* ------------------------------------------------------------------ control */

mmk_err mmki_paced_init(struct mmki_paced *paced, const struct mmki_backend *backend,
                        const struct mmki_paced_ops *ops, struct mmki_devices *devices,
                        const struct mmk_device_config *config, struct mmk_engine *engine,
                        const struct mmk_device_caps *caps)
{
    paced->base.backend = backend;
    paced->ops = ops;
    paced->devices = devices;
    paced->engine = engine;
    paced->direction = config->direction;
    paced->clock = config->clock;
    paced->caps = *caps;
    paced->frame_bytes = mmk_format_frame_bytes(&caps->format);
    paced->buffer = calloc(caps->period_max_frames, paced->frame_bytes);
    if (paced->buffer == NULL)
        return MMK_ERR_NOMEM;
    if (pthread_mutex_init(&paced->control, NULL) != 0)
        goto fail_buffer;
    if (pthread_mutex_init(&paced->mutex, NULL) != 0)
        goto fail_control;
    if (!mmki_cond_init(&paced->cond))
        goto fail_mutex;
    return MMK_OK;
fail_mutex:
    pthread_mutex_destroy(&paced->mutex);
fail_control:
    pthread_mutex_destroy(&paced->control);
fail_buffer:
    free(paced->buffer);
    return MMK_ERR_NOMEM;
}

void mmki_paced_fini(struct mmki_paced *paced)
{
    pthread_cond_destroy(&paced->cond);
    pthread_mutex_destroy(&paced->mutex);
    pthread_mutex_destroy(&paced->control);
    free(paced->buffer);
}

static struct mmki_paced *impl(struct mmk_device *device)
{
    return (struct mmki_paced *)(void *)device;
}

static void ask_to_stop(struct mmki_paced *paced)
{
    pthread_mutex_lock(&paced->mutex);
    paced->stopping = true;
    pthread_cond_broadcast(&paced->cond);
    pthread_mutex_unlock(&paced->mutex);
    if (paced->ops->wake != NULL)
        paced->ops->wake(paced);
}

/** With `control` held. */
static void join_thread(struct mmki_paced *paced)
{
    struct mmk_platform *platform = paced->devices->platform;
    if (paced->thread == NULL)
        return;
    ask_to_stop(paced);
    platform->ops->thread_join(platform, paced->thread);
    paced->thread = NULL;
    if (paced->ops->running != NULL)
        paced->ops->running(paced, false);
}

/** With `control` held. */
static mmk_err start_thread(struct mmki_paced *paced)
{
    struct mmk_platform *platform = paced->devices->platform;
    pthread_mutex_lock(&paced->mutex);
    paced->stopping = false;
    paced->kicked = false;
    pthread_mutex_unlock(&paced->mutex);
    if (paced->ops->running != NULL)
        paced->ops->running(paced, true);
    /* freewheel computes all the time: never at a priority that starves the rest of the machine */
    mmk_priority priority =
        paced->clock == MMK_CLOCK_REAL ? MMK_PRIORITY_AUDIO : MMK_PRIORITY_NORMAL;
    paced->thread = platform->ops->thread_start(platform, run, paced, priority, "mmk-device");
    if (paced->thread != NULL)
        return MMK_OK;
    if (paced->ops->running != NULL)
        paced->ops->running(paced, false);
    return MMK_ERR_NOMEM;
}

mmk_err mmki_paced_start(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    if (thread_of == paced)
        return MMK_ERR_STATE;
    pthread_mutex_lock(&paced->control);
    pthread_mutex_lock(&paced->mutex);
    bool ended =
        paced->stopping; /* it was stopped on its own thread, which is still to be joined */
    mmk_err err = paced->failed != MMK_OK ? MMK_ERR_GONE : MMK_OK;
    pthread_mutex_unlock(&paced->mutex);
    if (err == MMK_OK && ended)
        join_thread(paced);
    if (err == MMK_OK && paced->thread == NULL)
        err = start_thread(paced);
    pthread_mutex_unlock(&paced->control);
    return err;
}

void mmki_paced_stop(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    if (thread_of == paced) {
        ask_to_stop(paced); /* no render comes after this either; the thread cannot join itself */
        return;
    }
    pthread_mutex_lock(&paced->control);
    join_thread(paced);
    pthread_mutex_unlock(&paced->control);
}

void mmki_paced_kick(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    pthread_mutex_lock(&paced->mutex);
    paced->kicked = true;
    pthread_cond_broadcast(&paced->cond);
    pthread_mutex_unlock(&paced->mutex);
}

mmk_err mmki_paced_close(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    mmki_paced_stop(device);
    mmk_err err = paced->failed;
    if (paced->ops->release != NULL) {
        mmk_err released = paced->ops->release(paced);
        err = err != MMK_OK ? err : released;
    }
    mmki_paced_fini(paced);
    free(paced);
    return err;
}
