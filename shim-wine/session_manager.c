/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioSessionManager2 of an endpoint, and IAudioSessionEnumerator. */
#include "wine_internal.h"

struct manager {
    IAudioSessionManager2 manager;
    IUnknown *marshaler;
    LONG refs;
    struct mmki_endpoint *endpoint;
};

struct enumerator {
    IAudioSessionEnumerator enumerator;
    LONG refs;
    unsigned n;
    struct mmki_session *session[]; /* sessions live as long as the process */
};

/* ------------------------------------------------------------------ the enumerator */

static HRESULT enumerator_object_query(struct enumerator *e, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IAudioSessionEnumerator))
        return E_NOINTERFACE;
    InterlockedIncrement(&e->refs);
    *out = &e->enumerator;
    return S_OK;
}

static ULONG enumerator_object_ref(struct enumerator *e)
{
    return (ULONG)InterlockedIncrement(&e->refs);
}

static ULONG enumerator_object_unref(struct enumerator *e)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&e->refs);
    if (refs == 0)
        mmki_free(e);
    return refs;
}

MMKI_UNKNOWN(enumerator, IAudioSessionEnumerator, struct enumerator, enumerator,
             enumerator_object_query, enumerator_object_ref, enumerator_object_unref)

static HRESULT STDMETHODCALLTYPE get_count(IAudioSessionEnumerator *iface, int *n)
{
    if (n == NULL)
        return E_POINTER;
    *n = (int)MMKI_OBJECT(struct enumerator, enumerator, iface)->n;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_session(IAudioSessionEnumerator *iface, int index,
                                             IAudioSessionControl **out)
{
    struct enumerator *e = MMKI_OBJECT(struct enumerator, enumerator, iface);
    void *view;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (index < 0 || (unsigned)index >= e->n)
        return E_INVALIDARG;
    const HRESULT hr =
        mmki_session_view_new(e->session[index], NULL, &IID_IAudioSessionControl, &view);
    if (SUCCEEDED(hr))
        *out = view;
    return hr;
}

static const IAudioSessionEnumeratorVtbl enumerator_table = {
    MMKI_UNKNOWN_TABLE(enumerator),
    .GetCount = get_count,
    .GetSession = get_session,
};

/* ------------------------------------------------------------------ the manager */

static HRESULT manager_object_query(struct manager *m, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&m->manager, &m->marshaler, iid, out);
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IAudioSessionManager) &&
        !IsEqualIID(iid, &IID_IAudioSessionManager2))
        return E_NOINTERFACE;
    InterlockedIncrement(&m->refs);
    *out = &m->manager;
    return S_OK;
}

static ULONG manager_object_ref(struct manager *m)
{
    return (ULONG)InterlockedIncrement(&m->refs);
}

static ULONG manager_object_unref(struct manager *m)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&m->refs);
    if (refs == 0) {
        mmki_marshal_release(&m->marshaler);
        mmki_free(m);
    }
    return refs;
}

MMKI_UNKNOWN(manager, IAudioSessionManager2, struct manager, manager, manager_object_query,
             manager_object_ref, manager_object_unref)

static HRESULT open_session(IAudioSessionManager2 *iface, const GUID *id, REFIID iid, void **out)
{
    struct mmki_card *card = mmki_card();
    struct manager *m = MMKI_OBJECT(struct manager, manager, iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    AcquireSRWLockExclusive(&card->lock);
    struct mmki_session *session = mmki_session_get(m->endpoint, id);
    ReleaseSRWLockExclusive(&card->lock);
    if (session == NULL)
        return E_OUTOFMEMORY;
    return mmki_session_view_new(session, NULL, iid, out);
}

static HRESULT STDMETHODCALLTYPE get_control(IAudioSessionManager2 *iface, const GUID *id,
                                             DWORD flags, IAudioSessionControl **out)
{
    void *view = NULL;
    (void)flags;
    if (out == NULL)
        return E_POINTER;
    const HRESULT hr = open_session(iface, id, &IID_IAudioSessionControl, &view);
    *out = view;
    return hr;
}

static HRESULT STDMETHODCALLTYPE get_volume(IAudioSessionManager2 *iface, const GUID *id,
                                            DWORD flags, ISimpleAudioVolume **out)
{
    void *view = NULL;
    (void)flags;
    if (out == NULL)
        return E_POINTER;
    const HRESULT hr = open_session(iface, id, &IID_ISimpleAudioVolume, &view);
    *out = view;
    return hr;
}

static HRESULT STDMETHODCALLTYPE get_enumerator(IAudioSessionManager2 *iface,
                                                IAudioSessionEnumerator **out)
{
    struct mmki_card *card = mmki_card();
    struct manager *m = MMKI_OBJECT(struct manager, manager, iface);
    unsigned n = 0;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    AcquireSRWLockShared(&card->lock);
    for (struct mmki_session *s = m->endpoint->sessions; s != NULL; s = s->next)
        n++;
    struct enumerator *e = mmki_alloc(sizeof *e + n * sizeof(struct mmki_session *));
    if (e != NULL) {
        e->enumerator.lpVtbl = &enumerator_table;
        e->refs = 1;
        for (struct mmki_session *s = m->endpoint->sessions; s != NULL; s = s->next)
            e->session[e->n++] = s;
        *out = &e->enumerator;
    }
    ReleaseSRWLockShared(&card->lock);
    return e != NULL ? S_OK : E_OUTOFMEMORY;
}

/* Sessions of other processes are not seen, and nothing is ducked: these two can have no news. */
static HRESULT STDMETHODCALLTYPE add_notification(IAudioSessionManager2 *iface,
                                                  IAudioSessionNotification *notification)
{
    (void)iface;
    return notification != NULL ? S_OK : E_POINTER;
}

static HRESULT STDMETHODCALLTYPE add_duck(IAudioSessionManager2 *iface, const WCHAR *id,
                                          IAudioVolumeDuckNotification *notification)
{
    (void)iface;
    (void)id;
    return notification != NULL ? S_OK : E_POINTER;
}

static HRESULT STDMETHODCALLTYPE remove_duck(IAudioSessionManager2 *iface,
                                             IAudioVolumeDuckNotification *notification)
{
    (void)iface;
    return notification != NULL ? S_OK : E_POINTER;
}

static const IAudioSessionManager2Vtbl manager_table = {
    MMKI_UNKNOWN_TABLE(manager),
    .GetAudioSessionControl = get_control,
    .GetSimpleAudioVolume = get_volume,
    .GetSessionEnumerator = get_enumerator,
    .RegisterSessionNotification = add_notification,
    .UnregisterSessionNotification = add_notification,
    .RegisterDuckNotification = add_duck,
    .UnregisterDuckNotification = remove_duck,
};

HRESULT mmki_session_manager_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    struct manager *m = mmki_alloc(sizeof *m);
    if (m == NULL)
        return E_OUTOFMEMORY;
    m->manager.lpVtbl = &manager_table;
    m->refs = 1;
    m->endpoint = endpoint;
    const HRESULT hr = manager_object_query(m, iid, out);
    manager_object_unref(m);
    return hr;
}
