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

/* ------------------------------------------------------------------ who watches */

/** One registration; it ends with its manager at the latest. Under the card's lock. */
struct mmki_session_watcher {
    struct mmki_session_watcher *next;
    const struct manager *manager;
    IUnknown *object; /* IAudioSessionNotification, or of ducking */
    bool duck;
};

static HRESULT watch(struct manager *m, IUnknown *object, bool duck)
{
    struct mmki_card *card = mmki_card();
    if (object == NULL)
        return E_POINTER;
    struct mmki_session_watcher *w = mmki_alloc(sizeof *w);
    if (w == NULL)
        return E_OUTOFMEMORY;
    IUnknown_AddRef(object);
    w->manager = m;
    w->object = object;
    w->duck = duck;
    AcquireSRWLockExclusive(&card->lock);
    w->next = m->endpoint->session_watchers;
    m->endpoint->session_watchers = w;
    ReleaseSRWLockExclusive(&card->lock);
    return S_OK;
}

/* @param object  NULL: any of the manager's */
static struct mmki_session_watcher *take_watcher(struct manager *m, const IUnknown *object,
                                                 bool duck)
{
    struct mmki_card *card = mmki_card();
    struct mmki_session_watcher *found = NULL;
    AcquireSRWLockExclusive(&card->lock);
    for (struct mmki_session_watcher **at = &m->endpoint->session_watchers;
         *at != NULL && found == NULL; at = &(*at)->next) {
        struct mmki_session_watcher *w = *at;
        if (w->manager != m || (object != NULL && (w->object != object || w->duck != duck)))
            continue;
        found = w;
        *at = w->next;
        break;
    }
    ReleaseSRWLockExclusive(&card->lock);
    return found;
}

static HRESULT unwatch(struct manager *m, IUnknown *object, bool duck)
{
    if (object == NULL)
        return E_POINTER;
    struct mmki_session_watcher *w = take_watcher(m, object, duck);
    if (w == NULL)
        return MMKI_E_NOT_FOUND;
    IUnknown_Release(w->object);
    mmki_free(w);
    return S_OK;
}

static void unwatch_all(struct manager *m)
{
    struct mmki_session_watcher *w;
    while ((w = take_watcher(m, NULL, false)) != NULL) {
        IUnknown_Release(w->object);
        mmki_free(w);
    }
}

#define TOLD_MAX 32u

void mmki_session_tell_created(struct mmki_session *session)
{
    struct mmki_card *card = mmki_card();
    IUnknown *told[TOLD_MAX];
    unsigned n = 0;
    void *view;
    AcquireSRWLockShared(&card->lock);
    for (struct mmki_session_watcher *w = session->endpoint->session_watchers;
         w != NULL && n < TOLD_MAX; w = w->next) {
        if (w->duck)
            continue;
        IUnknown_AddRef(w->object);
        told[n++] = w->object;
    }
    ReleaseSRWLockShared(&card->lock);
    for (unsigned i = 0; i < n; i++) {
        if (SUCCEEDED(mmki_session_view_new(session, NULL, &IID_IAudioSessionControl, &view))) {
            IAudioSessionNotification_OnSessionCreated((IAudioSessionNotification *)told[i], view);
            IAudioSessionControl_Release((IAudioSessionControl *)view);
        }
        IUnknown_Release(told[i]);
    }
}

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
        unwatch_all(m);
        mmki_marshal_release(&m->marshaler);
        mmki_free(m);
    }
    return refs;
}

MMKI_UNKNOWN(manager, IAudioSessionManager2, struct manager, manager, manager_object_query,
             manager_object_ref, manager_object_unref)

static HRESULT open_session(IAudioSessionManager2 *iface, const GUID *id, REFIID iid, void **out)
{
    struct manager *m = MMKI_OBJECT(struct manager, manager, iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    bool made = false;
    struct mmki_session *session = mmki_session_get(m->endpoint, id, 0, &made);
    if (session == NULL)
        return E_OUTOFMEMORY;
    if (made)
        mmki_session_tell_created(session);
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

/* ------------------------------------------------------------------ notifications */

/* The program's own sessions are told of; those of other processes are not seen. */
static HRESULT STDMETHODCALLTYPE add_notification(IAudioSessionManager2 *iface,
                                                  IAudioSessionNotification *notification)
{
    return watch(MMKI_OBJECT(struct manager, manager, iface), (IUnknown *)notification, false);
}

static HRESULT STDMETHODCALLTYPE remove_notification(IAudioSessionManager2 *iface,
                                                     IAudioSessionNotification *notification)
{
    return unwatch(MMKI_OBJECT(struct manager, manager, iface), (IUnknown *)notification, false);
}

/* Nothing is ever ducked, so there is no news: but who registers must be let go again. */
static HRESULT STDMETHODCALLTYPE add_duck(IAudioSessionManager2 *iface, const WCHAR *id,
                                          IAudioVolumeDuckNotification *notification)
{
    (void)id;
    return watch(MMKI_OBJECT(struct manager, manager, iface), (IUnknown *)notification, true);
}

static HRESULT STDMETHODCALLTYPE remove_duck(IAudioSessionManager2 *iface,
                                             IAudioVolumeDuckNotification *notification)
{
    return unwatch(MMKI_OBJECT(struct manager, manager, iface), (IUnknown *)notification, true);
}

static const IAudioSessionManager2Vtbl manager_table = {
    MMKI_UNKNOWN_TABLE(manager),
    .GetAudioSessionControl = get_control,
    .GetSimpleAudioVolume = get_volume,
    .GetSessionEnumerator = get_enumerator,
    .RegisterSessionNotification = add_notification,
    .UnregisterSessionNotification = remove_notification,
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
