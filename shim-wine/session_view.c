/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A session as programs see it: one object with three interfaces, its own count of references, and
 * a reference to the client that it came from. A client gives out the same object while it lives.
 */
#include "session_view.h"

HRESULT mmki_session_view_new(struct mmki_session *session, struct mmki_client *client, REFIID iid,
                              void **out)
{
    struct mmki_card *card = mmki_card();
    struct mmki_session_view *view = NULL;
    AcquireSRWLockExclusive(&card->lock);
    if (client != NULL && client->view != NULL) {
        view = client->view;
        view->refs++;
    } else if ((view = mmki_alloc(sizeof *view)) != NULL) {
        view->control.lpVtbl = &mmki_control_table;
        view->volume.lpVtbl = &mmki_simple_volume_table;
        view->channels.lpVtbl = &mmki_channel_volume_table;
        view->refs = 1;
        view->session = session;
        view->client = client;
        if (client != NULL) {
            mmki_client_ref(client);
            client->view = view;
        }
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (view == NULL)
        return E_OUTOFMEMORY;
    HRESULT hr = S_OK;
    if (IsEqualIID(iid, &IID_ISimpleAudioVolume))
        *out = &view->volume;
    else if (IsEqualIID(iid, &IID_IChannelAudioVolume))
        *out = &view->channels;
    else if (IsEqualIID(iid, &IID_IAudioSessionControl) ||
             IsEqualIID(iid, &IID_IAudioSessionControl2) || IsEqualIID(iid, &IID_IUnknown))
        *out = &view->control;
    else
        hr = E_NOINTERFACE;
    if (FAILED(hr))
        mmki_view_unref(view);
    return hr;
}

/* The control and the two volumes answer each for itself, as on Windows. */
HRESULT mmki_view_query(struct mmki_session_view *view, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&view->control, &view->marshaler, iid, out);
    if (IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IAudioSessionControl) ||
        IsEqualIID(iid, &IID_IAudioSessionControl2))
        *out = &view->control;
    else if (IsEqualIID(iid, &IID_ISimpleAudioVolume))
        *out = &view->volume;
    else if (IsEqualIID(iid, &IID_IChannelAudioVolume))
        *out = &view->channels;
    else
        return E_NOINTERFACE;
    mmki_view_ref(view);
    return S_OK;
}

ULONG mmki_view_ref(struct mmki_session_view *view)
{
    return (ULONG)InterlockedIncrement(&view->refs);
}

/* The last reference is given up under the lock: a client looks there for its view. */
ULONG mmki_view_unref(struct mmki_session_view *view)
{
    struct mmki_card *card = mmki_card();
    struct mmki_client *client = NULL;
    AcquireSRWLockExclusive(&card->lock);
    const ULONG refs = (ULONG)InterlockedDecrement(&view->refs);
    if (refs == 0 && view->client != NULL) {
        client = view->client;
        client->view = NULL;
    }
    ReleaseSRWLockExclusive(&card->lock);
    if (refs == 0) {
        mmki_marshal_release(&view->marshaler);
        mmki_free(view);
        if (client != NULL)
            mmki_client_unref(client);
    }
    return refs;
}
