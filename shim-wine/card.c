/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The card of this process: its port, its settings, and how each endpoint is set up. */
#include "wine_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include <mmk/shipped.h>

#define DRIVER "mmewine"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static struct mmk_win32_memory win32_memory;
static struct mmki_card the_card; /* port NULL: could not be made */

/* ------------------------------------------------------------------ log */

void mmki_log(mmk_log_level level, const char *format, ...)
{
    char text[512];
    struct mmk_platform *platform = the_card.port->platform;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    platform->ops->log(platform, level, text);
}

/* ------------------------------------------------------------------ the card */

static BOOL CALLBACK make_card(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    (void)init;
    (void)parameter;
    (void)context;
    struct mmk_win32 *win32;
    if (mmk_win32_init(&win32_memory, NULL, &win32) != MMK_OK)
        return TRUE;
    the_card.port = mmk_win32_port(win32);
    InitializeSRWLock(&the_card.lock);
    mmki_endpoints_find(&the_card);
    return TRUE;
}

struct mmki_card *mmki_card(void)
{
    return InitOnceExecuteOnce(&once, make_card, NULL, NULL) && the_card.port != NULL ? &the_card
                                                                                      : NULL;
}

/* ------------------------------------------------------------------ settings */

mmk_err mmki_settings(uint32_t device, struct mmk_settings *out)
{
    struct mmk_param_error error = {.err = MMK_OK};
    const mmk_err err =
        mmk_settings_load(the_card.port, &mmk_wine_card_params, DRIVER, device, NULL, out, &error);
    if (error.err != MMK_OK)
        mmki_log(MMK_LOG_WARN, "%s: %s", DRIVER, error.text);
    return err;
}

mmk_err mmki_endpoint_setup(const struct mmki_endpoint *endpoint, struct mmk_wave_setup *out)
{
    struct mmk_settings settings;
    mmk_err err = mmki_settings(endpoint->index, &settings);
    if (err != MMK_OK)
        mmk_settings_defaults(&mmk_wine_card_params, &settings);
    err = mmk_virtual_card.setup(&settings, endpoint->direction, out);
    out->device.number = endpoint->index;
    if (err == MMK_OK && endpoint->alias[0] != 0) {
        mmki_format(out->device.backend, sizeof out->device.backend, "wod");
        mmki_format(out->device.path, sizeof out->device.path, "%s", endpoint->alias);
    }
    return err;
}

mmk_err mmki_endpoint_format(struct mmki_endpoint *endpoint, struct mmk_format *out)
{
    struct mmk_wave_setup setup;
    struct mmk_device_caps caps;
    char reason[512];
    AcquireSRWLockShared(&the_card.lock);
    const bool running = endpoint->shared != NULL;
    if (running)
        *out = mmk_engine_caps(endpoint->shared->engine)->format;
    ReleaseSRWLockShared(&the_card.lock);
    if (running)
        return MMK_OK;
    const mmk_err err = mmki_endpoint_setup(endpoint, &setup);
    if (err != MMK_OK)
        return err;
    *out = setup.device.format;
    struct mmk_devices *devices = the_card.port->devices;
    /* what is recorded has its own rate */
    if (setup.device.direction == MMK_CAPTURE &&
        devices->ops->probe(devices, &setup.device, 2000, &caps, reason, sizeof reason) == MMK_OK)
        *out = caps.format;
    return MMK_OK;
}
