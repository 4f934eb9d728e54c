/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioStreamVolume: one level for each channel of one client. */
#include "service.h"

#include <string.h>

MMKI_SERVICE(volume, IAudioStreamVolume)

static HRESULT STDMETHODCALLTYPE get_channel_count(IAudioStreamVolume *iface, UINT32 *n_channels)
{
    if (n_channels == NULL)
        return E_POINTER;
    *n_channels = self_of(iface)->format.channels; /* const since the service can be had */
    return S_OK;
}

static bool is_level(float level)
{
    return level >= 0.0f && level <= 1.0f;
}

static HRESULT change(struct mmki_client *client, unsigned first, unsigned n, const float *levels)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    memcpy(client->level + first, levels, n * sizeof *levels);
    mmki_client_apply_volume(client);
    ReleaseSRWLockExclusive(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_channel(IAudioStreamVolume *iface, UINT32 index, float level)
{
    struct mmki_client *client = self_of(iface);
    if (!is_level(level) || index >= client->format.channels)
        return E_INVALIDARG;
    return change(client, index, 1, &level);
}

static HRESULT STDMETHODCALLTYPE get_channel(IAudioStreamVolume *iface, UINT32 index, float *level)
{
    struct mmki_client *client = self_of(iface);
    if (level == NULL)
        return E_POINTER;
    if (index >= client->format.channels)
        return E_INVALIDARG;
    *level = client->level[index];
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_all(IAudioStreamVolume *iface, UINT32 n, const float *levels)
{
    struct mmki_client *client = self_of(iface);
    if (levels == NULL)
        return E_POINTER;
    if (n != client->format.channels)
        return E_INVALIDARG;
    for (unsigned c = 0; c < n; c++)
        if (!is_level(levels[c]))
            return E_INVALIDARG;
    return change(client, 0, n, levels);
}

static HRESULT STDMETHODCALLTYPE get_all(IAudioStreamVolume *iface, UINT32 n, float *levels)
{
    struct mmki_client *client = self_of(iface);
    if (levels == NULL)
        return E_POINTER;
    if (n != client->format.channels)
        return E_INVALIDARG;
    memcpy(levels, client->level, n * sizeof *levels);
    return S_OK;
}

const IAudioStreamVolumeVtbl mmki_stream_volume_table = {
    MMKI_UNKNOWN_TABLE(volume),      .GetChannelCount = get_channel_count,
    .SetChannelVolume = set_channel, .GetChannelVolume = get_channel,
    .SetAllVolumes = set_all,        .GetAllVolumes = get_all,
};
