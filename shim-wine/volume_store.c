/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Volumes in the registry: one value for each endpoint and user, one for each session of a program.
 * A value is written as a whole, so that a reader in another process never sees half a change. They
 * are what other processes see of an endpoint's volume: watch.c wakes them. */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#ifndef RRF_SUBKEY_WOW6464KEY
#define RRF_SUBKEY_WOW6464KEY 0x00010000
#endif

#define ENDPOINTS L"Software\\mmekit\\mmewine\\Volumes"
#define SESSIONS  L"Software\\mmekit\\mmewine\\Sessions"
#define VERSION   1u

/** The value, REG_BINARY. */
struct stored {
    uint32_t version;
    uint32_t mute;
    float level;
    float channel_level[MMK_CHANNELS_MAX];
    GUID context; /* whose change it was, for the callbacks of others */
};
_Static_assert(sizeof(struct stored) == 12 + 4 * MMK_CHANNELS_MAX + 16, "no padding");

static SRWLOCK lock = SRWLOCK_INIT;

void mmki_volumes_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void mmki_volumes_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

static bool is_level(float level)
{
    return level >= 0.0f && level <= 1.0f;
}

static bool load(const WCHAR *path, const WCHAR *name, struct mmki_volume *out)
{
    struct stored stored;
    DWORD len = sizeof stored;
    if (RegGetValueW(HKEY_CURRENT_USER, path, name, RRF_RT_REG_BINARY | RRF_SUBKEY_WOW6464KEY, NULL,
                     &stored, &len) != ERROR_SUCCESS ||
        len != sizeof stored || stored.version != VERSION || !is_level(stored.level))
        return false;
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        if (!is_level(stored.channel_level[c]))
            return false;
    out->level = stored.level;
    out->mute = stored.mute != 0;
    out->context = stored.context;
    memcpy(out->channel_level, stored.channel_level, sizeof out->channel_level);
    return true;
}

static void save(const WCHAR *path, const WCHAR *name, const struct mmki_volume *volume)
{
    struct stored stored = {.version = VERSION,
                            .mute = volume->mute,
                            .level = volume->level,
                            .context = volume->context};
    HKEY key;
    memcpy(stored.channel_level, volume->channel_level, sizeof stored.channel_level);
    LSTATUS status = RegCreateKeyExW(HKEY_CURRENT_USER, path, 0, NULL, 0,
                                     KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    if (status == ERROR_SUCCESS) {
        status = RegSetValueExW(key, name, 0, REG_BINARY, (const BYTE *)&stored, sizeof stored);
        RegCloseKey(key);
    }
    if (status != ERROR_SUCCESS)
        mmki_log(MMK_LOG_WARN, "mmewine: a volume cannot be kept: error %ld", (long)status);
}

static void endpoint_value(const struct mmki_endpoint *endpoint, WCHAR name[40])
{
    StringFromGUID2(&endpoint->guid, name, 40);
}

bool mmki_volume_load_endpoint(const struct mmki_endpoint *endpoint, struct mmki_volume *out)
{
    WCHAR name[40];
    endpoint_value(endpoint, name);
    return load(ENDPOINTS, name, out);
}

void mmki_volume_save_endpoint(const struct mmki_endpoint *endpoint,
                               const struct mmki_volume *volume)
{
    WCHAR name[40];
    endpoint_value(endpoint, name);
    save(ENDPOINTS, name, volume);
}

bool mmki_volume_load_session(const struct mmki_session *session, struct mmki_volume *out)
{
    WCHAR name[MMKI_SESSION_ID_UNITS];
    mmki_session_identifier(session, name);
    return load(SESSIONS, name, out);
}

void mmki_volume_save_session(const struct mmki_session *session, const struct mmki_volume *volume)
{
    WCHAR name[MMKI_SESSION_ID_UNITS];
    mmki_session_identifier(session, name);
    save(SESSIONS, name, volume);
}
