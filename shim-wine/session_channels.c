/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IChannelAudioVolume: the channels' levels of a session. */
#include "session_view.h"

#include <string.h>

MMKI_SESSION_INTERFACE(channels, IChannelAudioVolume)

static bool is_level(float level)
{
    return level >= 0.0f && level <= 1.0f;
}

static HRESULT STDMETHODCALLTYPE get_channel_count(IChannelAudioVolume *iface, UINT32 *n_channels)
{
    if (n_channels == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    *n_channels = session_of(iface)->n_channels;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT change(struct mmki_session *session, bool all, unsigned first, unsigned n,
                      const float *levels, const GUID *context)
{
    struct mmki_card *card = mmki_card();
    HRESULT hr = E_INVALIDARG;
    mmki_volumes_lock();
    AcquireSRWLockExclusive(&card->lock);
    if (all ? n == session->n_channels : first < session->n_channels) {
        memcpy(session->channel_level + first, levels, n * sizeof *levels);
        mmki_session_apply(session);
        hr = S_OK;
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (SUCCEEDED(hr))
        mmki_session_save(session, context);
    mmki_volumes_unlock();
    if (SUCCEEDED(hr))
        mmki_session_tell_channels(session, all ? (DWORD)-1 : first, context);
    return hr;
}

static HRESULT STDMETHODCALLTYPE set_channel(IChannelAudioVolume *iface, UINT32 index, float level,
                                             const GUID *context)
{
    if (!is_level(level))
        return E_INVALIDARG;
    return change(session_of(iface), false, index, 1, &level, context);
}

static HRESULT read_levels(struct mmki_session *session, bool all, unsigned first, unsigned n,
                           float *levels)
{
    struct mmki_card *card = mmki_card();
    HRESULT hr = E_INVALIDARG;
    AcquireSRWLockShared(&card->lock);
    if (all ? n == session->n_channels : first < session->n_channels) {
        memcpy(levels, session->channel_level + first, n * sizeof *levels);
        hr = S_OK;
    }
    ReleaseSRWLockShared(&card->lock);
    return hr;
}

static HRESULT STDMETHODCALLTYPE get_channel(IChannelAudioVolume *iface, UINT32 index, float *level)
{
    if (level == NULL)
        return MMKI_E_NULL_REF;
    return read_levels(session_of(iface), false, index, 1, level);
}

static HRESULT STDMETHODCALLTYPE set_all(IChannelAudioVolume *iface, UINT32 n, const float *levels,
                                         const GUID *context)
{
    if (levels == NULL)
        return MMKI_E_NULL_REF;
    if (n > MMK_CHANNELS_MAX)
        return E_INVALIDARG;
    for (unsigned c = 0; c < n; c++)
        if (!is_level(levels[c]))
            return E_INVALIDARG;
    return change(session_of(iface), true, 0, n, levels, context);
}

static HRESULT STDMETHODCALLTYPE get_all(IChannelAudioVolume *iface, UINT32 n, float *levels)
{
    if (levels == NULL)
        return MMKI_E_NULL_REF;
    return read_levels(session_of(iface), true, 0, n, levels);
}

const IChannelAudioVolumeVtbl mmki_channel_volume_table = {
    MMKI_UNKNOWN_TABLE(channels),    .GetChannelCount = get_channel_count,
    .SetChannelVolume = set_channel, .GetChannelVolume = get_channel,
    .SetAllVolumes = set_all,        .GetAllVolumes = get_all,
};
