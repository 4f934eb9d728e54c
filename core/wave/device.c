/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Opening and closing devices: the only slow part, done by one thread at a time for each device,
 * while others wait. The wait is bounded, because the opener may itself wait for a callback that
 * wants in. */

#include <string.h>

#include "wave_internal.h"

#define SLOT_WAIT_MS 5000u

static bool waited_too_long(struct mmk_wave *wave, uint64_t since_ns)
{
    return wave->platform->ops->now_ns(wave->platform) - since_ns > SLOT_WAIT_MS * 1000000ull;
}

/* Lock held on entry and exit. @return false: still busy after the longest wait */
static bool wait_until_free(struct mmk_wave *wave, const struct device_slot *slot)
{
    const uint64_t since = wave->platform->ops->now_ns(wave->platform);
    while (slot->busy) {
        if (waited_too_long(wave, since))
            return false;
        wave->n_slot_waiters++;
        mmki_wave_unlock(wave);
        wave->platform->ops->event_wait(wave->platform, wave->slot_changed, 50);
        mmki_wave_lock(wave);
        wave->n_slot_waiters--;
        /* the event wakes one waiter, each passes it on */
        if (wave->n_slot_waiters > 0)
            wave->platform->ops->event_set(wave->platform, wave->slot_changed);
    }
    return true;
}

static void set_free(struct mmk_wave *wave, struct device_slot *slot, struct opened *current)
{
    mmki_wave_lock(wave);
    slot->busy = false;
    slot->current = current;
    if (wave->n_slot_waiters > 0)
        wave->platform->ops->event_set(wave->platform, wave->slot_changed);
    mmki_wave_unlock(wave);
}

mmk_err mmki_wave_setup(struct mmk_wave *wave, mmk_direction direction, uint32_t device,
                        struct mmk_wave_setup *out)
{
    struct device_slot *slot = &wave->slot[direction][device];
    struct mmk_wave_setup fresh;
    mmk_err err;

    memset(&fresh, 0, sizeof fresh);
    err = wave->config.host.setup(wave->config.host.user, device, direction, &fresh);
    mmki_wave_lock(wave);
    if (err == MMK_OK) {
        slot->setup = fresh;
        slot->has_setup = true;
    } else if (err == MMK_ERR_BUSY && slot->has_setup) {
        err = MMK_OK;
    }
    if (err == MMK_OK)
        *out = slot->setup;
    mmki_wave_unlock(wave);
    return err;
}

static mmk_err need_notifier(struct mmk_wave *wave, struct mmk_notifier **out)
{
    struct mmk_notifier *mine = NULL;
    mmk_err err;

    mmki_wave_lock(wave);
    *out = wave->notifier;
    mmki_wave_unlock(wave);
    if (*out != NULL)
        return MMK_OK;
    err = mmk_notifier_open(wave->platform, &mine);
    if (err != MMK_OK)
        return err;
    mmki_wave_lock(wave);
    if (wave->notifier == NULL) {
        wave->notifier = mine;
        mine = NULL;
    }
    *out = wave->notifier;
    mmki_wave_unlock(wave);
    if (mine != NULL) /* another device's opener was faster */
        mmk_notifier_close(mine);
    return MMK_OK;
}

static mmk_err open_device(struct mmk_wave *wave, mmk_direction direction, uint32_t device,
                           struct opened **out)
{
    struct mmk_engine_config config;
    struct mmk_wave_setup setup;
    struct opened *opened;
    mmk_err err;

    memset(&config, 0, sizeof config);
    err = mmki_wave_setup(wave, direction, device, &setup);
    if (err == MMK_OK)
        err = need_notifier(wave, &config.notifier);
    if (err != MMK_OK)
        return err;
    opened = mmki_wave_alloc(wave, sizeof *opened);
    if (opened == NULL)
        return MMK_ERR_NOMEM;
    config.platform = wave->platform;
    config.devices = wave->config.port->devices;
    config.device = setup.device;
    config.device.direction = direction;
    config.quality = setup.quality;
    config.dither = setup.dither;
    config.limiter = setup.limiter;
    config.streams_max =
        setup.clients_max < MMK_WAVE_CLIENTS_MAX ? setup.clients_max : MMK_WAVE_CLIENTS_MAX;
    err = mmk_engine_open(&config, &opened->engine);
    if (err != MMK_OK) {
        mmki_wave_free(wave, opened);
        return err;
    }
    opened->device = device;
    opened->direction = direction;
    opened->n_streams = 1;
    *out = opened;
    return MMK_OK;
}

static bool is_gone(struct opened *opened)
{
    struct mmk_engine_stats stats;
    mmk_engine_stats(opened->engine, &stats);
    return stats.gone;
}

/* Join the device that is open. @return NULL: there is none, the slot is ours to open */
static mmk_err join(struct mmk_wave *wave, struct device_slot *slot, struct opened **out)
{
    mmk_err err = MMK_OK;
    mmki_wave_lock(wave);
    *out = NULL;
    if (wave->closed)
        err = MMK_ERR_STATE;
    else if (!wait_until_free(wave, slot))
        err = MMK_ERR_BUSY;
    else if (slot->current != NULL) {
        *out = slot->current;
        slot->current->n_streams++;
    } else {
        slot->busy = true;
    }
    mmki_wave_unlock(wave);
    return err;
}

/* A device that went away stays with the clients it has; the slot is free for a new one. */
static void give_up_gone(struct mmk_wave *wave, struct device_slot *slot, struct opened *opened)
{
    mmki_wave_lock(wave);
    if (slot->current == opened)
        slot->current = NULL;
    mmki_wave_unlock(wave);
    mmki_wave_release(wave, opened);
}

mmk_err mmki_wave_acquire(struct mmk_wave *wave, mmk_direction direction, uint32_t device,
                          struct opened **out)
{
    struct device_slot *slot = &wave->slot[direction][device];
    struct opened *opened = NULL;
    mmk_err err;

    for (;;) {
        err = join(wave, slot, &opened);
        if (err != MMK_OK)
            return err;
        if (opened == NULL)
            break;
        if (!is_gone(opened)) {
            *out = opened;
            return MMK_OK;
        }
        give_up_gone(wave, slot, opened);
    }
    err = open_device(wave, direction, device, &opened);
    set_free(wave, slot, err == MMK_OK ? opened : NULL);
    if (err == MMK_OK)
        *out = opened;
    return err;
}

void mmki_wave_release(struct mmk_wave *wave, struct opened *opened)
{
    struct device_slot *slot = &wave->slot[opened->direction][opened->device];
    bool last, current;

    mmki_wave_lock(wave);
    last = --opened->n_streams == 0;
    current = slot->current == opened;
    if (last && current) {
        slot->current = NULL;
        slot->busy = true;
    }
    mmki_wave_unlock(wave);
    if (!last)
        return;
    if (mmk_engine_close(opened->engine) != MMK_OK)
        wave->platform->ops->log(wave->platform, MMK_LOG_WARN,
                                 "wave: the device did not take everything that was played");
    mmki_wave_free(wave, opened);
    if (current)
        set_free(wave, slot, NULL);
}
