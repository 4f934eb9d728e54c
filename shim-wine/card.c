/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The card of this process: what endpoints there are, and how each is set up. */
#include "wine_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mmk/hash.h>
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

/* ------------------------------------------------------------------ endpoints */

/* The endpoint's GUID is the same in every process and at every start: programs store it. */
static GUID endpoint_guid(const struct mmki_endpoint *endpoint)
{
    GUID guid = {0x6d6d656b, 0x6974, 0x4d4d, {0x9a, 0, 0, 0, 0, 0, 0, 0}};
    guid.Data4[1] = (unsigned char)endpoint->direction;
    guid.Data4[7] = (unsigned char)endpoint->index;
    if (endpoint->alias[0] != 0) {
        const uint64_t hash =
            mmk_fnv1a64(MMK_FNV1A64_INIT, endpoint->alias, strlen(endpoint->alias));
        for (unsigned i = 2; i < 8; i++)
            guid.Data4[i] = (unsigned char)(hash >> (8 * (i - 2)));
        guid.Data4[0] = 0x9b;
    }
    return guid;
}

static void name_endpoint(struct mmki_endpoint *endpoint, const WCHAR *name)
{
    const GUID *g = &endpoint->guid;
    WCHAR guid[40];
    StringFromGUID2(g, guid, sizeof guid / sizeof *guid);
    CharLowerW(guid);
    _snwprintf(endpoint->id, MMKI_ID_UNITS - 1, L"{0.0.%d.00000000}.%s",
               endpoint->direction == MMK_CAPTURE ? 1 : 0, guid);
    wcsncpy(endpoint->description, endpoint->direction == MMK_CAPTURE ? L"Line In" : L"Speakers",
            MMKI_NAME_UNITS - 1);
    wcsncpy(endpoint->name, name, MMKI_NAME_UNITS - 1);
}

static struct mmki_endpoint *add_endpoint(struct mmki_card *card, mmk_direction direction,
                                          uint32_t index, const char *alias)
{
    struct mmki_endpoint **end = &card->endpoints;
    struct mmki_endpoint *endpoint = mmki_alloc(sizeof *endpoint);
    if (endpoint == NULL)
        return NULL;
    while (*end != NULL)
        end = &(*end)->next;
    endpoint->direction = direction;
    endpoint->index = index;
    mmki_format(endpoint->alias, sizeof endpoint->alias, "%s", alias);
    endpoint->level = 1.0f;
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        endpoint->channel_level[c] = 1.0f;
    endpoint->guid = endpoint_guid(endpoint);
    *end = endpoint;
    return endpoint;
}

static void add_own(struct mmki_card *card, mmk_direction direction, uint32_t n)
{
    const WCHAR *kind = direction == MMK_CAPTURE ? L"mmekit line in" : L"mmekit speakers";
    WCHAR name[MMKI_NAME_UNITS];
    for (uint32_t i = 0; i < n; i++) {
        struct mmki_endpoint *endpoint = add_endpoint(card, direction, i, "");
        if (endpoint == NULL)
            return;
        if (i == 0)
            wcscpy(name, kind);
        else
            _snwprintf(name, MMKI_NAME_UNITS, L"%s %u", kind, i + 1);
        name_endpoint(endpoint, name);
    }
}

/* Behind the card's own: the first of each direction is the default. */
static void add_bridge(struct mmki_card *card, mmk_direction direction)
{
    char alias[16];
    WCHAR title[MMKI_NAME_UNITS];
    for (unsigned i = 0; i < MMKI_BRIDGE_ALIASES; i++) {
        if (!mmki_bridge_driver(i, alias, sizeof alias, title))
            continue;
        struct mmki_endpoint *endpoint = add_endpoint(card, direction, 0, alias);
        if (endpoint == NULL)
            return;
        name_endpoint(endpoint, title);
    }
}

static mmk_err load(uint32_t device, struct mmk_settings *settings)
{
    struct mmk_param_error error = {.err = MMK_OK};
    const mmk_err err = mmk_settings_load(the_card.port, mmk_virtual_card.product->params, DRIVER,
                                          device, NULL, settings, &error);
    if (error.err != MMK_OK)
        mmki_log(MMK_LOG_WARN, "%s: %s", DRIVER, error.text);
    return err;
}

static void find_endpoints(struct mmki_card *card)
{
    struct mmk_settings settings;
    mmk_settings_defaults(mmk_virtual_card.product->params, &settings);
    (void)load(MMK_DEVICE_NONE, &settings); /* on failure: what could be read, and defaults */
    const uint32_t n = mmk_settings_number(&settings, "devices");
    add_own(card, MMK_PLAYBACK, n);
    add_own(card, MMK_CAPTURE, n);
    add_bridge(card, MMK_PLAYBACK);
    add_bridge(card, MMK_CAPTURE);
}

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
    find_endpoints(&the_card);
    return TRUE;
}

struct mmki_card *mmki_card(void)
{
    return InitOnceExecuteOnce(&once, make_card, NULL, NULL) && the_card.port != NULL ? &the_card
                                                                                      : NULL;
}

struct mmki_endpoint *mmki_endpoint_by_id(const WCHAR *id)
{
    for (struct mmki_endpoint *e = the_card.endpoints; e != NULL; e = e->next)
        if (lstrcmpiW(e->id, id) == 0)
            return e;
    return NULL;
}

struct mmki_endpoint *mmki_endpoint_default(mmk_direction direction)
{
    for (struct mmki_endpoint *e = the_card.endpoints; e != NULL; e = e->next)
        if (e->direction == direction)
            return e;
    return NULL;
}

/* ------------------------------------------------------------------ settings */

mmk_err mmki_endpoint_setup(const struct mmki_endpoint *endpoint, struct mmk_wave_setup *out)
{
    struct mmk_settings settings;
    mmk_err err = load(endpoint->index, &settings);
    if (err != MMK_OK)
        mmk_settings_defaults(mmk_virtual_card.product->params, &settings);
    err = mmk_virtual_card.setup(&settings, endpoint->direction, out);
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
