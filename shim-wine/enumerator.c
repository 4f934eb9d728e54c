/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMDeviceEnumerator: one object, which lives as long as the module. What is not ours is asked of
 * the system's own enumerator. */
#include "midi.h"

static IUnknown *marshaler; /* kept for ever, like the enumerator */

static LONG refs = 1; /* for the answers only; the module's own is the first, as in Wine's */

static HRESULT STDMETHODCALLTYPE query(IMMDeviceEnumerator *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)iface, &marshaler, iid, out);
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IMMDeviceEnumerator))
        return E_NOINTERFACE;
    InterlockedIncrement(&refs);
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE ref(IMMDeviceEnumerator *iface)
{
    (void)iface;
    return (ULONG)InterlockedIncrement(&refs);
}

static ULONG STDMETHODCALLTYPE unref(IMMDeviceEnumerator *iface)
{
    (void)iface;
    return (ULONG)InterlockedDecrement(&refs);
}

static HRESULT STDMETHODCALLTYPE enumerate(IMMDeviceEnumerator *iface, EDataFlow flow, DWORD states,
                                           IMMDeviceCollection **out)
{
    (void)iface;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if ((unsigned)flow >= EDataFlow_enum_count || (states & ~(DWORD)DEVICE_STATEMASK_ALL) != 0)
        return E_INVALIDARG;
    return mmki_collection_new(flow, states, out);
}

static HRESULT STDMETHODCALLTYPE get_default(IMMDeviceEnumerator *iface, EDataFlow flow, ERole role,
                                             IMMDevice **out)
{
    (void)iface;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if ((flow != eRender && flow != eCapture) || (unsigned)role >= ERole_enum_count)
        return E_INVALIDARG;
    mmki_endpoints_refresh();
    return mmki_default_device(flow, role, out);
}

static HRESULT STDMETHODCALLTYPE get_device(IMMDeviceEnumerator *iface, const WCHAR *id,
                                            IMMDevice **out)
{
    (void)iface;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (id == NULL)
        return E_POINTER;
    if (lstrcmpW(id, MMKI_INFO_DEVICE) == 0)
        return mmki_info_device(out);
    mmki_endpoints_refresh();
    struct mmki_endpoint *endpoint = mmki_endpoint_by_id(id);
    if (endpoint != NULL && atomic_load(&endpoint->present))
        return mmki_device_get(endpoint, out);
    if (endpoint != NULL)
        return MMKI_E_NOT_FOUND;
    IMMDeviceEnumerator *builtin = mmki_builtin();
    return builtin != NULL ? IMMDeviceEnumerator_GetDevice(builtin, id, out) : E_INVALIDARG;
}

/* ------------------------------------------------------------------ notifications */

static HRESULT STDMETHODCALLTYPE add_listener(IMMDeviceEnumerator *iface,
                                              IMMNotificationClient *client)
{
    (void)iface;
    return client != NULL ? mmki_listener_add(client) : E_POINTER;
}

static HRESULT STDMETHODCALLTYPE remove_listener(IMMDeviceEnumerator *iface,
                                                 IMMNotificationClient *client)
{
    (void)iface;
    return client != NULL ? mmki_listener_remove(client) : E_POINTER;
}

static const IMMDeviceEnumeratorVtbl table = {
    .QueryInterface = query,
    .AddRef = ref,
    .Release = unref,
    .EnumAudioEndpoints = enumerate,
    .GetDefaultAudioEndpoint = get_default,
    .GetDevice = get_device,
    .RegisterEndpointNotificationCallback = add_listener,
    .UnregisterEndpointNotificationCallback = remove_listener,
};

IMMDeviceEnumerator mmki_enumerator = {&table};
