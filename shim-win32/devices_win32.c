/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The devices seam: finds the backend by its name, and keeps a device that hangs or crashes while
 * it is asked from taking its caller along. */
#include "device_win32.h"

#include <string.h>

#define ENUMERATE_MS 5000u

static const struct mmki_backend *const backends[] = {
    &mmki_backend_file,   &mmki_backend_null, &mmki_backend_cable,
    &mmki_backend_system, &mmki_backend_wod,
};
#define N_BACKENDS (sizeof backends / sizeof *backends)

static struct mmki_win32_devices *impl(struct mmk_devices *self)
{
    return (struct mmki_win32_devices *)(void *)self;
}

void mmki_audio_priority(void)
{
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
}

/** Check what every backend may rely on and find the backend. */
static mmk_err check_config(const struct mmk_device_config *config,
                            const struct mmki_backend **backend, char *reason, size_t cap)
{
    if (config == NULL || memchr(config->backend, 0, sizeof config->backend) == NULL ||
        memchr(config->path, 0, sizeof config->path) == NULL ||
        (unsigned)config->direction >= MMK_DIRECTION_COUNT ||
        (config->clock != MMK_CLOCK_REAL && config->clock != MMK_CLOCK_FREEWHEEL)) {
        mmki_format(reason, cap, "the device settings are damaged");
        return MMK_ERR_INVAL;
    }
    for (size_t i = 0; i < N_BACKENDS; i++) {
        if (strcmp(backends[i]->name, config->backend) != 0)
            continue;
        if (backends[i]->has_clock && config->clock == MMK_CLOCK_FREEWHEEL) {
            mmki_format(reason, cap,
                        "backend %s has a clock of its own; choose clock real, or another backend",
                        config->backend);
            return MMK_ERR_UNSUPPORTED;
        }
        *backend = backends[i];
        return MMK_OK;
    }
    mmki_format(reason, cap,
                "there is no backend \"%s\" here; choose file, null, cable, system or wod",
                config->backend);
    return MMK_ERR_UNSUPPORTED;
}

/* ------------------------------------------------------------------ enumerate */

struct listing {
    mmk_direction direction;
    uint32_t index; /* over all backends */
    struct mmk_device_info info;
    mmk_err err;
};

static void list(void *job)
{
    struct listing *listing = job;
    struct mmk_device_info *info = &listing->info;
    uint32_t left = listing->index;
    for (size_t i = 0; i < N_BACKENDS; i++) {
        for (uint32_t k = 0;; k++) {
            memset(info, 0, sizeof *info);
            info->available = true;
            if (backends[i]->enumerate(listing->direction, k, info) != MMK_OK)
                break;
            if (left-- == 0) {
                mmki_format(info->backend, sizeof info->backend, "%s", backends[i]->name);
                listing->err = MMK_OK;
                return;
            }
        }
    }
    listing->err = MMK_ERR_NOT_FOUND;
}

static mmk_err devices_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                                 struct mmk_device_info *info)
{
    (void)self;
    if (info == NULL || (unsigned)direction >= MMK_DIRECTION_COUNT)
        return MMK_ERR_INVAL;
    struct listing listing = {.direction = direction, .index = index};
    mmk_err err = mmki_run_aside(list, &listing, sizeof listing, ENUMERATE_MS);
    if (err == MMK_OK)
        err = listing.err;
    if (err == MMK_OK)
        *info = listing.info;
    return err;
}

/* ------------------------------------------------------------------ probe */

struct question {
    const struct mmki_backend *backend;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    mmk_err err;
    char reason[MMKI_REASON_BYTES];
};

static void answer(void *job)
{
    struct question *q = job;
    q->err = q->backend->probe(&q->config, &q->caps, q->reason, sizeof q->reason);
}

/** Why there is no answer. */
static void explain(const struct mmk_device_config *config, mmk_err err, uint32_t timeout_ms,
                    char *reason, size_t cap)
{
    const char *colon = config->path[0] != 0 ? ":" : "";
    if (err == MMK_ERR_TIMEOUT)
        mmki_format(reason, cap,
                    "%s%s%s did not answer within %u ms; check that the device is connected and "
                    "not hung",
                    config->backend, colon, config->path, timeout_ms);
    else if (err == MMK_ERR_CRASHED)
        mmki_format(reason, cap,
                    "%s%s%s crashed when it was asked; repair or remove that driver, or choose "
                    "another device",
                    config->backend, colon, config->path);
    else
        mmki_format(reason, cap, "no memory to ask the device");
}

static mmk_err devices_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                             uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                             size_t cap)
{
    (void)self;
    char unwanted[MMKI_REASON_BYTES];
    struct question q = {.config.backend = ""};
    if (reason == NULL || cap == 0) {
        reason = unwanted;
        cap = sizeof unwanted;
    }
    mmk_err err = check_config(config, &q.backend, reason, cap);
    if (err != MMK_OK)
        return err;
    q.config = *config;
    err = mmki_run_aside(answer, &q, sizeof q, timeout_ms);
    if (err != MMK_OK) {
        explain(config, err, timeout_ms, reason, cap);
        return err;
    }
    if (q.err == MMK_OK && caps != NULL)
        *caps = q.caps;
    if (q.err != MMK_OK)
        mmki_format(reason, cap, "%s", q.reason);
    return q.err;
}

/* ------------------------------------------------------------------ the rest */

static mmk_err devices_open(struct mmk_devices *self, const struct mmk_device_config *config,
                            struct mmk_engine *engine, struct mmk_device **device,
                            struct mmk_device_caps *caps)
{
    struct mmki_win32_devices *devices = impl(self);
    const struct mmki_backend *backend;
    struct mmk_device_caps found;
    char reason[MMKI_REASON_BYTES] = "";
    mmk_err err = check_config(config, &backend, reason, sizeof reason);
    if (err == MMK_OK)
        err = backend->open(devices, config, engine, device, &found, reason, sizeof reason);
    if (err == MMK_OK) {
        if (caps != NULL)
            *caps = found;
    } else if (reason[0] != '\0') {
        devices->platform->ops->log(devices->platform, MMK_LOG_WARN, reason);
    }
    return err;
}

static mmk_err devices_start(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    return device->backend->start(device);
}

static void devices_stop(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    device->backend->stop(device);
}

static void devices_kick(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    device->backend->kick(device);
}

static mmk_err devices_close(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    return device->backend->close(device);
}

static const struct mmk_devices_ops devices_ops = {
    .enumerate = devices_enumerate,
    .probe = devices_probe,
    .open = devices_open,
    .start = devices_start,
    .stop = devices_stop,
    .kick = devices_kick,
    .close = devices_close,
};

void mmki_win32_devices_init(struct mmki_win32_devices *devices, struct mmk_platform *platform)
{
    devices->base.ops = &devices_ops;
    devices->platform = platform;
    InitializeSRWLock(&devices->used.lock);
}
