/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The clock of devices that have none of their own.
 *
 * Real clock: frames are due at absolute times of the monotonic clock; the system's timer may come
 * late by a tick, and then the missed periods follow at once. A period is moved when its time has
 * passed, in both directions: so a position never runs ahead of the clock, and what is submitted
 * during a period can still be heard in it.
 */
#include "device_win32.h"

#include <string.h>

#define STACK_BYTES (256u * 1024u)
#define TOO_LATE_NS MMKI_NS_PER_S /* the machine has slept: the time is lost, as with a card */
#define IDLE_MS     1000u /* how long freewheel waits for a kick if the engine does not say */

/* ------------------------------------------------------------------ time */

uint64_t mmki_frames_ns(uint64_t frames, uint32_t rate_hz)
{
    return frames / rate_hz * MMKI_NS_PER_S + frames % rate_hz * MMKI_NS_PER_S / rate_hz;
}

uint64_t mmki_ns_frames(uint64_t ns, uint32_t rate_hz)
{
    return ns / MMKI_NS_PER_S * rate_hz + ns % MMKI_NS_PER_S * rate_hz / MMKI_NS_PER_S;
}

uint32_t mmki_ms_until(uint64_t at_ns)
{
    uint64_t now = mmki_now_ns();
    if (now >= at_ns)
        return 0;
    uint64_t ms = (at_ns - now + MMKI_NS_PER_MS - 1) / MMKI_NS_PER_MS;
    return ms < INFINITE ? (uint32_t)ms : INFINITE - 1;
}

mmk_err mmki_soft_caps(const struct mmk_device_config *config, const struct mmk_format *format,
                       struct mmk_device_caps *caps, char *reason, size_t cap)
{
    if (!mmk_format_valid(format)) {
        mmki_format(reason, cap, "the device format is not a valid one (backend %s)",
                    config->backend);
        return MMK_ERR_FORMAT;
    }
    uint32_t rate = format->rate_hz;
    uint32_t period = config->period_frames != 0 ? config->period_frames : rate / 100;
    uint32_t least = rate / 1000;
    period = period < least ? least : period > rate ? rate : period;
    *caps = (struct mmk_device_caps){
        .format = *format, .period_frames = period, .period_max_frames = period};
    return MMK_OK;
}

/* ------------------------------------------------------------------ the thread */

bool mmki_paced_stopping(struct mmki_paced *paced)
{
    return atomic_load_explicit(&paced->stopping, memory_order_acquire);
}

static bool is_own_thread(struct mmki_paced *paced)
{
    return atomic_load_explicit(&paced->thread_id, memory_order_relaxed) == GetCurrentThreadId();
}

/** A medium that fails costs the sound and not the time: programs play on, and close says it. */
static void report(struct mmki_paced *paced, mmk_err err)
{
    char text[MMK_DEVICE_TEXT_MAX + 128];
    struct mmk_platform *platform = paced->devices->platform;
    if (err == MMK_OK || paced->complained)
        return;
    paced->complained = true;
    mmki_format(text, sizeof text, "%s device \"%s\": %s; the sound is lost from here on",
                paced->config.backend, paced->config.path, mmk_err_text(err));
    platform->ops->log(platform, MMK_LOG_ERROR, text);
}

/** One piece through engine and medium. Order: what is told as played is in the medium's hands. */
static void move(struct mmki_paced *paced, uint32_t n)
{
    mmk_direction direction = paced->config.direction;
    if (direction == MMK_CAPTURE) {
        report(paced, paced->ops->read(paced, paced->buffer, &n));
        if (mmki_paced_stopping(paced))
            return;
    }
    struct mmk_rendered r = mmk_engine_render(paced->engine, direction, paced->buffer, n);
    if (direction == MMK_PLAYBACK) {
        uint32_t audible = r.audible_frames < n ? r.audible_frames : n;
        report(paced, paced->ops->write(paced, paced->buffer, n, audible));
    }
    paced->frames += n;
    bool pending = mmk_engine_played(paced->engine, paced->frames);
    if (pending || r.pending)
        mmk_engine_wake(paced->engine);
}

/** Said once: a machine that does so does it often. */
static void report_late(struct mmki_paced *paced, uint64_t by_ns)
{
    char text[MMK_DEVICE_TEXT_MAX + 128];
    struct mmk_platform *platform = paced->devices->platform;
    if (paced->was_late)
        return;
    paced->was_late = true;
    mmki_format(text, sizeof text,
                "%s device \"%s\": the machine let it wait for %u ms; that time is lost",
                paced->config.backend, paced->config.path, (unsigned)(by_ns / MMKI_NS_PER_MS));
    platform->ops->log(platform, MMK_LOG_WARN, text);
}

/** How many frames to take now; 0 and until when to wait otherwise. */
static uint32_t due_real(struct mmki_paced *paced, uint64_t *wait_until)
{
    uint32_t rate = paced->caps.format.rate_hz;
    uint32_t period = paced->caps.period_frames;
    uint64_t next = paced->frames + period;
    uint64_t due = paced->anchor_ns + mmki_frames_ns(next - paced->anchor_frames, rate);
    uint64_t now = mmki_now_ns();
    if (now < due) {
        *wait_until = due;
        return 0;
    }
    if (now > due + TOO_LATE_NS) {
        report_late(paced, now - due);
        paced->anchor_ns = now;
        paced->anchor_frames = next;
    }
    return period;
}

static uint32_t due_freewheel(struct mmki_paced *paced, uint64_t *wait_until)
{
    uint32_t most = paced->caps.period_max_frames;
    uint32_t wait_ms = IDLE_MS;
    uint32_t n = mmk_engine_freewheel_frames(paced->engine, most, &wait_ms);
    *wait_until =
        wait_ms == MMK_WAIT_FOREVER ? MMKI_FOREVER : mmki_now_ns() + wait_ms * MMKI_NS_PER_MS;
    return n < most ? n : most;
}

static DWORD WINAPI run(LPVOID arg)
{
    struct mmki_paced *paced = arg;
    bool freewheel = paced->config.clock == MMK_CLOCK_FREEWHEEL;
    atomic_store_explicit(&paced->thread_id, GetCurrentThreadId(), memory_order_relaxed);
    if (!freewheel) /* which computes all the time: never above the rest of the machine */
        mmki_audio_priority();
    paced->anchor_ns = mmki_now_ns();
    paced->anchor_frames = paced->frames;
    while (!mmki_paced_stopping(paced)) {
        uint64_t wait_until = 0;
        uint32_t n = freewheel ? due_freewheel(paced, &wait_until) : due_real(paced, &wait_until);
        if (n > 0)
            move(paced, n);
        else
            mmki_signal_wait(&paced->wake, wait_until);
    }
    atomic_store_explicit(&paced->thread_id, 0, memory_order_relaxed);
    return 0;
}

/* ------------------------------------------------------------------ control */

mmk_err mmki_paced_init(struct mmki_paced *paced, const struct mmki_backend *backend,
                        const struct mmki_paced_ops *ops, struct mmki_win32_devices *devices,
                        const struct mmk_device_config *config, struct mmk_engine *engine,
                        const struct mmk_device_caps *caps)
{
    paced->base.backend = backend;
    paced->ops = ops;
    paced->devices = devices;
    paced->engine = engine;
    paced->config = *config;
    paced->caps = *caps;
    paced->frame_bytes = mmk_format_frame_bytes(&caps->format);
    paced->buffer = mmki_alloc(caps->period_max_frames * paced->frame_bytes);
    InitializeSRWLock(&paced->control);
    if (paced->buffer != NULL && mmki_signal_init(&paced->wake, config->clock == MMK_CLOCK_REAL))
        return MMK_OK;
    mmki_paced_fini(paced);
    return MMK_ERR_NOMEM;
}

void mmki_paced_fini(struct mmki_paced *paced)
{
    mmki_signal_fini(&paced->wake);
    mmki_free(paced->buffer);
}

static struct mmki_paced *impl(struct mmk_device *device)
{
    return (struct mmki_paced *)(void *)device;
}

static void ask_to_stop(struct mmki_paced *paced)
{
    atomic_store_explicit(&paced->stopping, true, memory_order_release);
    mmki_signal_set(&paced->wake);
    if (paced->ops->wake != NULL)
        paced->ops->wake(paced);
}

/** With `control` held. */
static void join_thread(struct mmki_paced *paced)
{
    if (paced->thread == NULL)
        return;
    ask_to_stop(paced);
    WaitForSingleObject(paced->thread, INFINITE);
    CloseHandle(paced->thread);
    paced->thread = NULL;
    if (paced->ops->running != NULL)
        paced->ops->running(paced, false);
}

/** With `control` held. */
static mmk_err start_thread(struct mmki_paced *paced)
{
    atomic_store_explicit(&paced->stopping, false, memory_order_release);
    if (paced->ops->running != NULL)
        paced->ops->running(paced, true);
    paced->thread =
        CreateThread(NULL, STACK_BYTES, run, paced, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (paced->thread != NULL)
        return MMK_OK;
    if (paced->ops->running != NULL)
        paced->ops->running(paced, false);
    return MMK_ERR_NOMEM;
}

mmk_err mmki_paced_start(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    mmk_err err = MMK_OK;
    if (is_own_thread(paced))
        return MMK_ERR_STATE;
    AcquireSRWLockExclusive(&paced->control);
    if (mmki_paced_stopping(paced)) /* on its own thread, which is still to be joined */
        join_thread(paced);
    if (paced->thread == NULL)
        err = start_thread(paced);
    ReleaseSRWLockExclusive(&paced->control);
    return err;
}

void mmki_paced_stop(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    if (is_own_thread(paced)) {
        ask_to_stop(paced); /* no render comes after this either; it cannot join itself */
        return;
    }
    AcquireSRWLockExclusive(&paced->control);
    join_thread(paced);
    ReleaseSRWLockExclusive(&paced->control);
}

void mmki_paced_kick(struct mmk_device *device)
{
    mmki_signal_set(&impl(device)->wake);
}

mmk_err mmki_paced_close(struct mmk_device *device)
{
    struct mmki_paced *paced = impl(device);
    mmk_err err = MMK_OK;
    mmki_paced_stop(device);
    if (paced->ops->release != NULL)
        err = paced->ops->release(paced);
    mmki_paced_fini(paced);
    mmki_free(paced);
    return err;
}
