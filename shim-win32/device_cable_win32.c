/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Backend "cable": what is played into a cable can be recorded from it, by one module within one
 * process.
 *
 * A ring of a second between two paced devices. No sound is lost or doubled, whatever the two
 * clocks, as long as both sides run: the player waits for room, the recorder for sound. Each wait
 * is bounded; when it was in vain the other side counts as stalled and is not waited for again
 * until it moves:
 *  - the player then drops the oldest sound in the ring (and never waits while nobody records);
 *  - the recorder then records silence.
 * Sound that was played before the recorder started is not heard.
 */
#include "device_win32.h"

#include <string.h>

/* How long one side waits for the other before it takes it for stalled. */
#define WAIT_REAL_NS      UINT64_C(200000000)
#define WAIT_FREEWHEEL_NS UINT64_C(1000000000)

struct cable {
    struct cable *next;
    char name[MMK_DEVICE_TEXT_MAX];
    struct mmk_format format;
    size_t frame_bytes;
    bool is_open[MMK_DIRECTION_COUNT];
    bool is_running[MMK_DIRECTION_COUNT];
    bool is_stalled[MMK_DIRECTION_COUNT]; /* was waited for in vain */
    CONDITION_VARIABLE moved;             /* any of the above or of the below changed */
    unsigned char *ring;
    uint32_t capacity; /* frames */
    uint32_t first;    /* oldest frame */
    uint32_t fill;     /* frames */
    uint64_t dropped_frames;
};

struct cable_device {
    struct mmki_paced paced; /* first */
    struct cable *cable;
};

/* All cables of the module, whichever driver object opens them; the lock guards them and their
 * contents. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct cable *cables;

static struct cable_device *impl(struct mmki_paced *paced)
{
    return (struct cable_device *)(void *)paced;
}

/** With the lock held. @return false: the time has come */
static bool wait_until(struct cable *cable, uint64_t at_ns)
{
    uint32_t ms = mmki_ms_until(at_ns);
    return ms > 0 && SleepConditionVariableSRW(&cable->moved, &lock, ms, 0) != 0;
}

/* ------------------------------------------------------------------ cables */

static struct cable *find(const char *name)
{
    struct cable *cable = cables;
    while (cable != NULL && strcmp(cable->name, name) != 0)
        cable = cable->next;
    return cable;
}

static struct cable *create(const char *name, const struct mmk_format *format, uint32_t period)
{
    struct cable *cable = mmki_alloc(sizeof *cable);
    if (cable == NULL)
        return NULL;
    mmki_format(cable->name, sizeof cable->name, "%s", name);
    cable->format = *format;
    cable->frame_bytes = mmk_format_frame_bytes(format);
    cable->capacity = format->rate_hz > 4 * period ? format->rate_hz : 4 * period;
    cable->ring = mmki_alloc(cable->capacity * cable->frame_bytes);
    if (cable->ring == NULL) {
        mmki_free(cable);
        return NULL;
    }
    InitializeConditionVariable(&cable->moved);
    cable->next = cables;
    cables = cable;
    return cable;
}

static void destroy(struct cable *cable)
{
    struct cable **at = &cables;
    while (*at != cable)
        at = &(*at)->next;
    *at = cable->next;
    mmki_free(cable->ring);
    mmki_free(cable);
}

/** Whether this end can be plugged in. */
static mmk_err check(const struct mmk_device_config *config, const struct cable *cable,
                     char *reason, size_t cap)
{
    if (cable == NULL)
        return MMK_OK;
    if (cable->is_open[config->direction]) {
        mmki_format(reason, cap, "cable \"%s\" already has its %s", config->path,
                    config->direction == MMK_PLAYBACK ? "player" : "recorder");
        return MMK_ERR_BUSY;
    }
    if (!mmk_format_same(&cable->format, &config->format)) {
        char theirs[64];
        char ours[64];
        mmk_format_text(&cable->format, theirs, sizeof theirs);
        mmk_format_text(&config->format, ours, sizeof ours);
        mmki_format(reason, cap,
                    "cable \"%s\" carries %s, and not %s; give both ends the same rate, channels "
                    "and sample format",
                    config->path, theirs, ours);
        return MMK_ERR_FORMAT;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ the ring; all with the lock
 * held */

static void ring_put(struct cable *cable, const unsigned char *frames, uint32_t n)
{
    size_t size = cable->frame_bytes;
    uint32_t at = (uint32_t)(((uint64_t)cable->first + cable->fill) % cable->capacity);
    uint32_t head = n < cable->capacity - at ? n : cable->capacity - at;
    memcpy(cable->ring + at * size, frames, head * size);
    memcpy(cable->ring, frames + head * size, (n - head) * size);
    cable->fill += n;
}

/** @param frames  NULL: thrown away */
static void ring_take(struct cable *cable, unsigned char *frames, uint32_t n)
{
    size_t size = cable->frame_bytes;
    uint32_t at = cable->first;
    uint32_t head = n < cable->capacity - at ? n : cable->capacity - at;
    if (frames != NULL) {
        memcpy(frames, cable->ring + at * size, head * size);
        memcpy(frames + head * size, cable->ring, (n - head) * size);
    }
    cable->first = (uint32_t)(((uint64_t)at + n) % cable->capacity);
    cable->fill -= n;
}

static uint64_t patience(const struct mmki_paced *paced)
{
    return mmki_now_ns() +
           (paced->config.clock == MMK_CLOCK_FREEWHEEL ? WAIT_FREEWHEEL_NS : WAIT_REAL_NS);
}

static mmk_err cable_write(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                           uint32_t audible_frames)
{
    struct cable *cable = impl(paced)->cable;
    uint64_t until = patience(paced);
    (void)audible_frames; /* silence goes through a cable as well */
    AcquireSRWLockExclusive(&lock);
    cable->is_stalled[MMK_PLAYBACK] = false;
    while (cable->is_running[MMK_CAPTURE] && !cable->is_stalled[MMK_CAPTURE] &&
           cable->capacity - cable->fill < n_frames && !mmki_paced_stopping(paced)) {
        if (!wait_until(cable, until))
            cable->is_stalled[MMK_CAPTURE] = true;
    }
    if (cable->is_running[MMK_CAPTURE]) {
        uint32_t room = cable->capacity - cable->fill;
        if (room < n_frames) {
            cable->dropped_frames += n_frames - room;
            ring_take(cable, NULL, n_frames - room);
        }
        ring_put(cable, frames, n_frames);
        WakeAllConditionVariable(&cable->moved);
    }
    ReleaseSRWLockExclusive(&lock);
    return MMK_OK;
}

/** Whether it makes sense to wait for more sound. With the real clock a player that is not there is
 *  not waited for: its silence has a length. With freewheel no time passes before the other side is
 *  there. */
static bool worth_waiting(const struct mmki_paced *paced, const struct cable *cable)
{
    if (cable->is_stalled[MMK_PLAYBACK])
        return false;
    return cable->is_running[MMK_PLAYBACK] || paced->config.clock == MMK_CLOCK_FREEWHEEL;
}

static mmk_err cable_read(struct mmki_paced *paced, void *frames, uint32_t *n_frames)
{
    struct cable *cable = impl(paced)->cable;
    uint64_t until = patience(paced);
    /* freewheel takes what there is, real time needs its whole period */
    uint32_t enough = paced->config.clock == MMK_CLOCK_FREEWHEEL ? 1 : *n_frames;
    AcquireSRWLockExclusive(&lock);
    cable->is_stalled[MMK_CAPTURE] = false;
    while (cable->fill < enough && worth_waiting(paced, cable) && !mmki_paced_stopping(paced)) {
        if (!wait_until(cable, until))
            cable->is_stalled[MMK_PLAYBACK] = true;
    }
    uint32_t got = cable->fill < *n_frames ? cable->fill : *n_frames;
    ring_take(cable, frames, got);
    if (got > 0)
        WakeAllConditionVariable(&cable->moved);
    ReleaseSRWLockExclusive(&lock);
    if (got >= enough)
        *n_frames = got;
    else
        mmki_silence(&paced->caps.format, (unsigned char *)frames + got * paced->frame_bytes,
                     *n_frames - got);
    return MMK_OK;
}

/* ------------------------------------------------------------------ control */

static void cable_running(struct mmki_paced *paced, bool is_running)
{
    struct cable *cable = impl(paced)->cable;
    AcquireSRWLockExclusive(&lock);
    cable->is_running[paced->config.direction] = is_running;
    cable->is_stalled[paced->config.direction] = false;
    if (is_running && paced->config.direction == MMK_CAPTURE)
        ring_take(cable, NULL, cable->fill);
    WakeAllConditionVariable(&cable->moved);
    ReleaseSRWLockExclusive(&lock);
}

static void cable_wake(struct mmki_paced *paced)
{
    AcquireSRWLockExclusive(&lock); /* not between a waiter's last look and its wait */
    WakeAllConditionVariable(&impl(paced)->cable->moved);
    ReleaseSRWLockExclusive(&lock);
}

static mmk_err cable_release(struct mmki_paced *paced)
{
    struct cable *cable = impl(paced)->cable;
    struct mmk_platform *platform = paced->devices->platform;
    uint64_t dropped = 0;
    AcquireSRWLockExclusive(&lock);
    cable->is_open[paced->config.direction] = false;
    if (!cable->is_open[MMK_PLAYBACK] && !cable->is_open[MMK_CAPTURE]) {
        dropped = cable->dropped_frames;
        destroy(cable);
    }
    ReleaseSRWLockExclusive(&lock);
    if (dropped > 0) {
        char text[128];
        mmki_format(text, sizeof text,
                    "a cable lost %llu frames: what records from it did not keep up",
                    (unsigned long long)dropped);
        platform->ops->log(platform, MMK_LOG_WARN, text);
    }
    return MMK_OK;
}

static mmk_err cable_enumerate(mmk_direction direction, uint32_t index,
                               struct mmk_device_info *info)
{
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    mmki_format(info->name, sizeof info->name, "%s",
                direction == MMK_PLAYBACK ? "Cable (can be recorded from)"
                                          : "Cable (records what is played into it)");
    return MMK_OK;
}

static mmk_err cable_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                           char *reason, size_t cap)
{
    mmk_err err = mmki_soft_caps(config, &config->format, caps, reason, cap);
    if (err != MMK_OK)
        return err;
    AcquireSRWLockExclusive(&lock);
    err = check(config, find(config->path), reason, cap);
    ReleaseSRWLockExclusive(&lock);
    return err;
}

static mmk_err plug_in(struct cable_device *device, const struct mmk_device_config *config,
                       const struct mmk_device_caps *caps, char *reason, size_t cap)
{
    AcquireSRWLockExclusive(&lock);
    struct cable *cable = find(config->path);
    mmk_err err = check(config, cable, reason, cap);
    if (err == MMK_OK && cable == NULL) {
        cable = create(config->path, &config->format, caps->period_frames);
        err = cable != NULL ? MMK_OK : MMK_ERR_NOMEM;
    }
    if (err == MMK_OK) {
        cable->is_open[config->direction] = true;
        device->cable = cable;
    }
    ReleaseSRWLockExclusive(&lock);
    return err;
}

static mmk_err cable_open(struct mmki_win32_devices *devices,
                          const struct mmk_device_config *config, struct mmk_engine *engine,
                          struct mmk_device **device, struct mmk_device_caps *caps, char *reason,
                          size_t cap)
{
    static const struct mmki_paced_ops ops = {.write = cable_write,
                                              .read = cable_read,
                                              .running = cable_running,
                                              .wake = cable_wake,
                                              .release = cable_release};
    mmk_err err = mmki_soft_caps(config, &config->format, caps, reason, cap);
    if (err != MMK_OK)
        return err;
    struct cable_device *end = mmki_alloc(sizeof *end);
    if (end == NULL)
        return MMK_ERR_NOMEM;
    err = mmki_paced_init(&end->paced, &mmki_backend_cable, &ops, devices, config, engine, caps);
    if (err != MMK_OK) {
        mmki_free(end);
        return err;
    }
    err = plug_in(end, config, caps, reason, cap);
    if (err != MMK_OK) {
        mmki_paced_fini(&end->paced);
        mmki_free(end);
        return err;
    }
    *device = &end->paced.base;
    return MMK_OK;
}

const struct mmki_backend mmki_backend_cable = {
    .name = "cable",
    .enumerate = cable_enumerate,
    .probe = cable_probe,
    .open = cable_open,
    .start = mmki_paced_start,
    .stop = mmki_paced_stop,
    .kick = mmki_paced_kick,
    .close = mmki_paced_close,
};
