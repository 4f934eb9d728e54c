/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The devices seam: finds the backend by its name, and keeps a hanging probe from hanging its
 * caller. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "devices_internal.h"

static const struct mmki_backend *const backends[] = {
    &mmki_backend_file,
    &mmki_backend_null,
    &mmki_backend_cable,
#ifdef MMK_HAVE_ALSA
    &mmki_backend_alsa,
#endif
};
#define N_BACKENDS (sizeof backends / sizeof *backends)

static struct mmki_devices *impl(struct mmk_devices *self)
{
    return (struct mmki_devices *)(void *)self;
}

static void say(char *reason, size_t cap, const char *text)
{
    if (reason != NULL && cap > 0)
        (void)mmki_format(reason, cap, "%s", text);
}

/** Check what every backend may rely on and find the backend. */
static mmk_err check_config(const struct mmk_device_config *config,
                            const struct mmki_backend **backend, char *reason, size_t cap)
{
    if (config == NULL || memchr(config->backend, 0, sizeof config->backend) == NULL ||
        memchr(config->path, 0, sizeof config->path) == NULL ||
        (unsigned)config->direction >= MMK_DIRECTION_COUNT ||
        (config->clock != MMK_CLOCK_REAL && config->clock != MMK_CLOCK_FREEWHEEL)) {
        say(reason, cap, "the device settings are damaged");
        return MMK_ERR_INVAL;
    }
    for (size_t i = 0; i < N_BACKENDS; i++) {
        if (strcmp(backends[i]->name, config->backend) == 0) {
            *backend = backends[i];
            return MMK_OK;
        }
    }
    (void)mmki_format(reason, cap, "there is no backend \"%s\" here; choose file, null%s cable%s",
                      config->backend,
#ifdef MMK_HAVE_ALSA
                      ",", " or alsa"
#else
                      " or", ""
#endif
    );
    return MMK_ERR_UNSUPPORTED;
}

/* ------------------------------------------------------------------ enumerate */

static mmk_err devices_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                                 struct mmk_device_info *info)
{
    (void)self;
    if (info == NULL || (unsigned)direction >= MMK_DIRECTION_COUNT)
        return MMK_ERR_INVAL;
    for (size_t i = 0; i < N_BACKENDS; i++) {
        struct mmk_device_info found;
        for (uint32_t k = 0;; k++) {
            memset(&found, 0, sizeof found);
            found.available = true;
            if (backends[i]->enumerate(direction, k, &found) != MMK_OK)
                break;
            if (index-- == 0) {
                (void)mmki_format(found.backend, sizeof found.backend, "%s", backends[i]->name);
                *info = found;
                return MMK_OK;
            }
        }
    }
    return MMK_ERR_NOT_FOUND;
}

/* ------------------------------------------------------------------ probe */

/** A question to a device, on a thread of its own: who asks may go away before the answer comes. */
struct question {
    const struct mmki_backend *backend;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    char reason[MMKI_REASON_BYTES];
    mmk_err err;
    bool answered;
    unsigned holders; /* asker and thread; the last one frees */
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

static void let_go(struct question *q)
{
    pthread_mutex_lock(&q->mutex);
    unsigned left = --q->holders;
    pthread_mutex_unlock(&q->mutex);
    if (left > 0)
        return;
    pthread_cond_destroy(&q->cond);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}

static void *answer(void *arg)
{
    struct question *q = arg;
    /* into locals: the asker may be reading `answered` and giving up at this moment */
    struct mmk_device_caps caps;
    char reason[MMKI_REASON_BYTES] = "";
    memset(&caps, 0, sizeof caps);
    mmk_err err = q->backend->probe(&q->config, &caps, reason, sizeof reason);
    pthread_mutex_lock(&q->mutex);
    q->err = err;
    q->caps = caps;
    memcpy(q->reason, reason, sizeof reason);
    q->answered = true;
    pthread_cond_signal(&q->cond);
    pthread_mutex_unlock(&q->mutex);
    let_go(q);
    return NULL;
}

static struct question *new_question(const struct mmki_backend *backend,
                                     const struct mmk_device_config *config)
{
    struct question *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->backend = backend;
    q->config = *config;
    q->holders = 2;
    if (pthread_mutex_init(&q->mutex, NULL) != 0)
        goto fail;
    if (!mmki_cond_init(&q->cond))
        goto fail_mutex;
    return q;
fail_mutex:
    pthread_mutex_destroy(&q->mutex);
fail:
    free(q);
    return NULL;
}

static bool ask(struct question *q)
{
    pthread_t thread;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return false;
    bool ok = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_create(&thread, &attr, answer, q) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

static mmk_err wait_for_answer(struct question *q, uint32_t timeout_ms,
                               struct mmk_device_caps *caps, char *reason, size_t cap)
{
    uint64_t until = mmki_now_ns() + (uint64_t)timeout_ms * 1000000u;
    mmk_err err;
    pthread_mutex_lock(&q->mutex);
    while (!q->answered && mmki_wait_until(&q->cond, &q->mutex, until)) {
    }
    if (q->answered) {
        err = q->err;
        if (err == MMK_OK && caps != NULL)
            *caps = q->caps;
        if (err != MMK_OK)
            say(reason, cap, q->reason);
    } else {
        err = MMK_ERR_TIMEOUT;
        (void)mmki_format(
            reason, cap,
            "%s%s%s did not answer within %u ms; check that the device is connected and not hung",
            q->config.backend, q->config.path[0] != '\0' ? ":" : "", q->config.path,
            (unsigned)timeout_ms);
    }
    pthread_mutex_unlock(&q->mutex);
    return err;
}

static mmk_err devices_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                             uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                             size_t cap)
{
    (void)self;
    char unwanted[MMKI_REASON_BYTES];
    const struct mmki_backend *backend;
    if (reason == NULL || cap == 0) {
        reason = unwanted;
        cap = sizeof unwanted;
    }
    mmk_err err = check_config(config, &backend, reason, cap);
    if (err != MMK_OK)
        return err;
    struct question *q = new_question(backend, config);
    if (q == NULL) {
        say(reason, cap, "no memory to ask the device");
        return MMK_ERR_NOMEM;
    }
    if (ask(q)) {
        err = wait_for_answer(q, timeout_ms, caps, reason, cap);
    } else {
        err = MMK_ERR_NOMEM;
        say(reason, cap, "no thread to ask the device");
        let_go(q);
    }
    let_go(q);
    return err;
}

/* ------------------------------------------------------------------ the rest */

static mmk_err devices_open(struct mmk_devices *self, const struct mmk_device_config *config,
                            struct mmk_engine *engine, struct mmk_device **device,
                            struct mmk_device_caps *caps)
{
    struct mmki_devices *devices = impl(self);
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

mmk_err mmk_posix_devices_open(struct mmk_platform *platform, struct mmk_devices **out)
{
    static const struct mmk_devices_ops ops = {
        .enumerate = devices_enumerate,
        .probe = devices_probe,
        .open = devices_open,
        .start = devices_start,
        .stop = devices_stop,
        .kick = devices_kick,
        .close = devices_close,
    };
    if (platform == NULL || out == NULL)
        return MMK_ERR_INVAL;
    struct mmki_devices *devices = calloc(1, sizeof *devices);
    if (devices == NULL)
        return MMK_ERR_NOMEM;
    if (pthread_mutex_init(&devices->mutex, NULL) != 0) {
        free(devices);
        return MMK_ERR_NOMEM;
    }
    devices->base.ops = &ops;
    devices->platform = platform;
    *out = &devices->base;
    return MMK_OK;
}

void mmk_posix_devices_close(struct mmk_devices *self)
{
    if (self == NULL)
        return;
    struct mmki_devices *devices = impl(self);
    mmki_file_forget(devices);
    pthread_mutex_destroy(&devices->mutex);
    free(devices);
}
