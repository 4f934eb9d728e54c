/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Settings for wave/, and the turn at the registry. */

#include <string.h>

#include "lifecycle_internal.h"

#define TURN_WAIT_NS 1000000u
#define LOOK_WAIT_NS 100000u

/* ------------------------------------------------------------------ the turn at the registry */

static uint64_t self_of(struct mmk_driver *driver)
{
    return driver->port->platform->ops->thread_id(driver->port->platform);
}

enum turn { TURN_MINE, TURN_OWN_ALREADY, TURN_BRIEFLY_TAKEN, TURN_TAKEN };

static enum turn attempt(struct mmk_driver *driver, uint64_t self, bool is_long)
{
    enum turn turn = TURN_MINE;
    mmki_gate_take(driver);
    if (driver->registry_owner == self)
        turn = TURN_OWN_ALREADY; /* from a dialog or an observer of our own verb */
    else if (driver->registry_owner != 0)
        turn = driver->registry_long ? TURN_TAKEN : TURN_BRIEFLY_TAKEN;
    if (turn == TURN_MINE) {
        driver->registry_owner = self;
        driver->registry_long = is_long;
    }
    mmki_gate_leave(driver);
    return turn;
}

bool mmki_registry_try(struct mmk_driver *driver)
{
    struct mmk_platform *platform = driver->port->platform;
    enum turn turn;
    while ((turn = attempt(driver, self_of(driver), false)) == TURN_BRIEFLY_TAKEN)
        platform->ops->sleep_ns(platform, LOOK_WAIT_NS);
    return turn == TURN_MINE;
}

bool mmki_registry_wait(struct mmk_driver *driver, uint32_t timeout_ms)
{
    struct mmk_platform *platform = driver->port->platform;
    const uint64_t since = platform->ops->now_ns(platform), self = self_of(driver);
    enum turn turn;

    while ((turn = attempt(driver, self, true)) != TURN_MINE) {
        if (turn == TURN_OWN_ALREADY ||
            platform->ops->now_ns(platform) - since > timeout_ms * 1000000ull)
            return false;
        platform->ops->sleep_ns(platform, TURN_WAIT_NS);
    }
    return true;
}

void mmki_registry_leave(struct mmk_driver *driver)
{
    mmki_gate_take(driver);
    driver->registry_owner = 0;
    mmki_gate_leave(driver);
}

/* ------------------------------------------------------------------ settings */

mmk_err mmki_settings_load(struct mmk_driver *driver, uint32_t device, struct mmk_settings *out)
{
    struct mmk_platform *platform = driver->port->platform;
    const struct mmk_product *product = driver->cls->product;
    struct mmk_param_error error;
    char text[TEXT_MAX_BYTES];
    bool has_text;
    mmk_err err;

    mmki_gate_take(driver);
    has_text = driver->has_text;
    memcpy(text, driver->text, sizeof text);
    mmki_gate_leave(driver);
    memset(&error, 0, sizeof error);
    err = mmk_settings_load(driver->port, product->params, product->name, device,
                            has_text ? text : NULL, out, &error);
    if (err == MMK_OK && error.err != MMK_OK)
        platform->ops->log(platform, MMK_LOG_WARN, error.text);
    if (err != MMK_OK) { /* the registry as a whole: a driver must start all the same */
        platform->ops->log(platform, MMK_LOG_ERROR, mmk_err_text(err));
        mmk_settings_defaults(product->params, out);
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ what wave/ asks */

uint32_t mmki_settings_count(struct mmk_driver *driver)
{
    struct mmk_settings settings;
    uint32_t n;
    (void)mmki_settings_load(driver, MMK_DEVICE_NONE, &settings);
    n = driver->cls->count(&settings);
    mmki_gate_take(driver);
    driver->n_devices = n;
    mmki_gate_leave(driver);
    return n;
}

static mmk_err count(void *user, uint32_t *n_devices)
{
    struct mmk_driver *driver = user;

    *n_devices = 0;
    if ((driver->cls->serves & MMK_SERVES_WAVE) == 0)
        return MMK_OK;
    if (mmki_registry_try(driver)) {
        *n_devices = mmki_settings_count(driver);
        mmki_registry_leave(driver);
        return MMK_OK;
    }
    mmki_gate_take(driver);
    *n_devices = driver->n_devices;
    mmki_gate_leave(driver);
    return MMK_OK;
}

static mmk_err setup(void *user, uint32_t device, mmk_direction direction,
                     struct mmk_wave_setup *out)
{
    struct mmk_driver *driver = user;
    struct mmk_settings settings;
    mmk_err err;

    if (!mmki_registry_try(driver))
        return MMK_ERR_BUSY;
    err = mmki_settings_load(driver, device, &settings);
    mmki_registry_leave(driver);
    if (err == MMK_OK)
        err = driver->cls->setup(&settings, direction, out);
    if (err == MMK_OK)
        out->device.number = device;
    return err;
}

struct mmk_wave_host mmki_settings_host(struct mmk_driver *driver)
{
    const struct mmk_wave_host host = {driver, count, setup};
    return host;
}
