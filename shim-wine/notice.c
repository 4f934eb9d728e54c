/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMNotificationClient: whoever registered is told of devices that come and go, by one thread, in
 * order, without any lock of ours: it may call anything, and unregister itself. What the system's
 * own enumerator tells comes by here too, but for its default devices: ours decide. */
#include "wine_internal.h"

#include <string.h>
#include <wchar.h>

#define TOLD_MAX     64u
#define PATIENCE_MS  5000u /* for a callback that runs while another thread unregisters it */
#define DEFAULTS_MAX ((unsigned)EDataFlow_enum_count * (unsigned)ERole_enum_count)

struct listener {
    struct listener *next;
    IMMNotificationClient *client; /* not counted, as documented */
    unsigned busy;                 /* callbacks that run, or are about to */
    bool removed;
    bool orphan; /* nobody waits: the teller frees it */
};

static SRWLOCK lock = SRWLOCK_INIT; /* all below */
static CONDITION_VARIABLE idle = CONDITION_VARIABLE_INIT;
static struct listener *listeners;
static struct mmki_notice *queue, **queue_end = &queue;
static DWORD teller; /* the thread that delivers now, 0: none */
static bool forwarding;
static WCHAR told_default[DEFAULTS_MAX][2 * MMKI_ID_UNITS];

/* ------------------------------------------------------------------ default devices */

static void read_default(EDataFlow flow, ERole role, WCHAR id[2 * MMKI_ID_UNITS])
{
    IMMDevice *device;
    WCHAR *text;
    memset(id, 0, 2 * MMKI_ID_UNITS * sizeof *id);
    if (FAILED(mmki_default_device(flow, role, &device)))
        return;
    if (SUCCEEDED(IMMDevice_GetId(device, &text))) {
        wcsncpy(id, text, 2 * MMKI_ID_UNITS - 1);
        CoTaskMemFree(text);
    }
    IMMDevice_Release(device);
}

static void default_changed(EDataFlow flow, ERole role, bool tell)
{
    struct mmki_notice notice = {.kind = MMKI_NOTICE_DEFAULT, .flow = flow, .role = role};
    WCHAR *told = told_default[(unsigned)flow * ERole_enum_count + (unsigned)role];
    read_default(flow, role, notice.id);
    AcquireSRWLockExclusive(&lock);
    const bool changed = wcscmp(told, notice.id) != 0;
    wcscpy(told, notice.id);
    ReleaseSRWLockExclusive(&lock);
    if (changed && tell)
        mmki_notice_post(&notice);
}

static void all_defaults(bool tell)
{
    for (int flow = eRender; flow <= eCapture; flow++)
        for (int role = 0; role < ERole_enum_count; role++)
            default_changed((EDataFlow)flow, (ERole)role, tell);
}

void mmki_notice_defaults(void)
{
    AcquireSRWLockShared(&lock);
    const bool wanted = listeners != NULL;
    ReleaseSRWLockShared(&lock);
    if (wanted)
        all_defaults(true);
}

/* ------------------------------------------------------------------ the queue */

void mmki_notice_post(const struct mmki_notice *notice)
{
    struct mmki_notice *copy = mmki_alloc(sizeof *copy);
    if (copy == NULL)
        return;
    *copy = *notice;
    copy->next = NULL;
    AcquireSRWLockExclusive(&lock);
    *queue_end = copy;
    queue_end = &copy->next;
    ReleaseSRWLockExclusive(&lock);
}

static void tell(IMMNotificationClient *client, const struct mmki_notice *n)
{
    switch (n->kind) {
    case MMKI_NOTICE_ADDED:
        IMMNotificationClient_OnDeviceAdded(client, n->id);
        break;
    case MMKI_NOTICE_REMOVED:
        IMMNotificationClient_OnDeviceRemoved(client, n->id);
        break;
    case MMKI_NOTICE_STATE:
        IMMNotificationClient_OnDeviceStateChanged(client, n->id, n->state);
        break;
    case MMKI_NOTICE_PROPERTY:
        IMMNotificationClient_OnPropertyValueChanged(client, n->id, n->key);
        break;
    case MMKI_NOTICE_DEFAULT:
        IMMNotificationClient_OnDefaultDeviceChanged(client, n->flow, n->role,
                                                     n->id[0] != 0 ? n->id : NULL);
        break;
    case MMKI_NOTICE_DISCONNECTED:
    case MMKI_NOTICE_VOLUME:
        break; /* not for listeners */
    }
}

/* With the lock. */
static void put(struct listener *l)
{
    if (--l->busy > 0)
        return;
    if (l->orphan)
        mmki_free(l);
    else if (l->removed)
        WakeAllConditionVariable(&idle);
}

static void tell_all(const struct mmki_notice *notice)
{
    struct listener *told[TOLD_MAX];
    unsigned n = 0;
    AcquireSRWLockExclusive(&lock);
    for (struct listener *l = listeners; l != NULL && n < TOLD_MAX; l = l->next) {
        l->busy++;
        told[n++] = l;
    }
    ReleaseSRWLockExclusive(&lock);
    for (unsigned i = 0; i < n; i++) {
        AcquireSRWLockShared(&lock);
        const bool still = !told[i]->removed;
        ReleaseSRWLockShared(&lock);
        if (still)
            tell(told[i]->client, notice);
        AcquireSRWLockExclusive(&lock);
        put(told[i]);
        ReleaseSRWLockExclusive(&lock);
    }
}

static struct mmki_notice *take(void)
{
    AcquireSRWLockExclusive(&lock);
    struct mmki_notice *first = queue;
    /* one at a time: a callback that makes news has it told behind the present one */
    if (first != NULL && teller != 0 && teller != GetCurrentThreadId())
        first = NULL;
    if (first != NULL) {
        teller = GetCurrentThreadId();
        queue = first->next;
        if (queue == NULL)
            queue_end = &queue;
    }
    ReleaseSRWLockExclusive(&lock);
    return first;
}

static void rest(void)
{
    AcquireSRWLockExclusive(&lock);
    teller = 0;
    ReleaseSRWLockExclusive(&lock);
}

void mmki_notices_deliver(void)
{
    struct mmki_notice *notice;
    AcquireSRWLockShared(&lock);
    const bool nested = teller == GetCurrentThreadId();
    ReleaseSRWLockShared(&lock);
    if (nested)
        return; /* from within a callback: the one who called it goes on */
    while ((notice = take()) != NULL) {
        if (notice->kind == MMKI_NOTICE_DISCONNECTED)
            mmki_session_tell_disconnected(notice->session, notice->reason);
        else if (notice->kind == MMKI_NOTICE_VOLUME)
            mmki_endpoint_volume_tell(notice->endpoint, &notice->key.fmtid);
        else
            tell_all(notice);
        mmki_free(notice);
        rest();
    }
}

/* ------------------------------------------------------------------ the system's own news */

static HRESULT STDMETHODCALLTYPE forward_query(IMMNotificationClient *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IMMNotificationClient))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE forward_ref(IMMNotificationClient *iface)
{
    (void)iface;
    return 2; /* static */
}

static ULONG STDMETHODCALLTYPE forward_unref(IMMNotificationClient *iface)
{
    (void)iface;
    return 1;
}

static HRESULT forward(enum mmki_notice_kind kind, const WCHAR *id, DWORD state,
                       const PROPERTYKEY *key)
{
    struct mmki_notice notice = {.kind = kind, .state = state};
    if (id != NULL)
        wcsncpy(notice.id, id, sizeof notice.id / sizeof *notice.id - 1);
    if (key != NULL)
        notice.key = *key;
    mmki_notice_post(&notice);
    mmki_watch_wake();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_state(IMMNotificationClient *iface, LPCWSTR id, DWORD state)
{
    (void)iface;
    return forward(MMKI_NOTICE_STATE, id, state, NULL);
}

static HRESULT STDMETHODCALLTYPE on_added(IMMNotificationClient *iface, LPCWSTR id)
{
    (void)iface;
    return forward(MMKI_NOTICE_ADDED, id, 0, NULL);
}

static HRESULT STDMETHODCALLTYPE on_removed(IMMNotificationClient *iface, LPCWSTR id)
{
    (void)iface;
    return forward(MMKI_NOTICE_REMOVED, id, 0, NULL);
}

/* The system's default device is that of programs only where the settings leave it to the system.
 * The enumerator may hold a lock of its own while it tells: it is asked later, by our thread. */
static HRESULT STDMETHODCALLTYPE on_default(IMMNotificationClient *iface, EDataFlow flow,
                                            ERole role, LPCWSTR id)
{
    (void)iface;
    (void)flow;
    (void)role;
    (void)id;
    mmki_watch_wake();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_property(IMMNotificationClient *iface, LPCWSTR id,
                                             const PROPERTYKEY key)
{
    (void)iface;
    return forward(MMKI_NOTICE_PROPERTY, id, 0, &key);
}

static const IMMNotificationClientVtbl forward_table = {
    .QueryInterface = forward_query,
    .AddRef = forward_ref,
    .Release = forward_unref,
    .OnDeviceStateChanged = on_state,
    .OnDeviceAdded = on_added,
    .OnDeviceRemoved = on_removed,
    .OnDefaultDeviceChanged = on_default,
    .OnPropertyValueChanged = on_property,
};
static IMMNotificationClient forwarder = {&forward_table};

/* ------------------------------------------------------------------ registering */

HRESULT mmki_listener_add(IMMNotificationClient *client)
{
    struct listener *l = mmki_alloc(sizeof *l);
    if (l == NULL)
        return E_OUTOFMEMORY;
    l->client = client;
    mmki_endpoints_refresh(); /* what was before is no news */
    AcquireSRWLockExclusive(&lock);
    const bool first = listeners == NULL;
    const bool forward_now = !forwarding;
    forwarding = true;
    ReleaseSRWLockExclusive(&lock);
    if (first)
        all_defaults(false);
    AcquireSRWLockExclusive(&lock);
    l->next = listeners;
    listeners = l;
    ReleaseSRWLockExclusive(&lock);
    IMMDeviceEnumerator *builtin = mmki_builtin();
    if (forward_now && builtin != NULL)
        IMMDeviceEnumerator_RegisterEndpointNotificationCallback(builtin, &forwarder);
    mmki_watch_start();
    return S_OK;
}

/* When this returns, the client is called no more: a callback that runs is waited for, unless it is
 * the one that calls. A callback that waits for a lock of the caller's would never end; it is the
 * caller's fault, and not worth hanging for ever. */
HRESULT mmki_listener_remove(IMMNotificationClient *client)
{
    struct listener *found = NULL;
    AcquireSRWLockExclusive(&lock);
    for (struct listener **at = &listeners; *at != NULL && found == NULL; at = &(*at)->next) {
        if ((*at)->client != client)
            continue;
        found = *at;
        *at = found->next;
        break;
    }
    if (found != NULL) {
        bool waiting = teller != GetCurrentThreadId();
        found->removed = true;
        while (found->busy > 0 && waiting)
            waiting = SleepConditionVariableSRW(&idle, &lock, PATIENCE_MS, 0);
        if (found->busy == 0)
            mmki_free(found);
        else
            found->orphan = true;
    }
    ReleaseSRWLockExclusive(&lock);
    return found != NULL ? S_OK : MMKI_E_NOT_FOUND;
}
