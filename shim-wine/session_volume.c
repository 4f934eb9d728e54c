/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* ISimpleAudioVolume: level and mute of a session. */
#include "session_view.h"

MMKI_SESSION_INTERFACE(volume, ISimpleAudioVolume)

static HRESULT STDMETHODCALLTYPE set_master(ISimpleAudioVolume *iface, float level,
                                            const GUID *context)
{
    struct mmki_session *session = session_of(iface);
    struct mmki_card *card = mmki_card();
    if (!(level >= 0.0f && level <= 1.0f))
        return E_INVALIDARG;
    mmki_volumes_lock();
    AcquireSRWLockExclusive(&card->lock);
    const bool changed = session->level < level || session->level > level;
    session->level = level;
    mmki_session_apply(session);
    ReleaseSRWLockExclusive(&card->lock);
    if (changed)
        mmki_session_save(session, context);
    mmki_volumes_unlock();
    if (changed)
        mmki_session_tell(session, MMKI_SESSION_TOLD_VOLUME, context);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_master(ISimpleAudioVolume *iface, float *level)
{
    if (level == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    *level = session_of(iface)->level;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_mute(ISimpleAudioVolume *iface, BOOL mute, const GUID *context)
{
    struct mmki_session *session = session_of(iface);
    struct mmki_card *card = mmki_card();
    mmki_volumes_lock();
    AcquireSRWLockExclusive(&card->lock);
    const bool changed = session->mute != (mute != FALSE);
    session->mute = mute != FALSE;
    mmki_session_apply(session);
    ReleaseSRWLockExclusive(&card->lock);
    if (changed)
        mmki_session_save(session, context);
    mmki_volumes_unlock();
    if (changed)
        mmki_session_tell(session, MMKI_SESSION_TOLD_VOLUME, context);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_mute(ISimpleAudioVolume *iface, BOOL *mute)
{
    if (mute == NULL)
        return MMKI_E_NULL_REF;
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    *mute = session_of(iface)->mute;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

const ISimpleAudioVolumeVtbl mmki_simple_volume_table = {
    MMKI_UNKNOWN_TABLE(volume), .SetMasterVolume = set_master, .GetMasterVolume = get_master,
    .SetMute = set_mute,        .GetMute = get_mute,
};
