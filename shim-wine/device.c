/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMDevice and IMMEndpoint. One object for each endpoint, kept for ever: Wine's winmm knows the
 * default device again by its pointer. */
#include "wine_internal.h"

#include <spatialaudioclient.h>

struct device {
    IMMDevice device;
    IMMEndpoint role;
    IUnknown *marshaler;
    LONG refs;
    struct mmki_endpoint *endpoint;
};

static HRESULT object_query(struct device *d, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&d->device, &d->marshaler, iid, out);
    if (IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IMMDevice))
        *out = &d->device;
    else if (IsEqualIID(iid, &IID_IMMEndpoint))
        *out = &d->role;
    else
        return E_NOINTERFACE;
    InterlockedIncrement(&d->refs);
    return S_OK;
}

static ULONG object_ref(struct device *d)
{
    return (ULONG)InterlockedIncrement(&d->refs);
}

static ULONG object_unref(struct device *d)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&d->refs);
    if (refs == 0) {
        mmki_marshal_release(&d->marshaler);
        mmki_free(d);
    }
    return refs;
}

MMKI_UNKNOWN(device, IMMDevice, struct device, device, object_query, object_ref, object_unref)
MMKI_UNKNOWN(role, IMMEndpoint, struct device, role, object_query, object_ref, object_unref)

/* ------------------------------------------------------------------ Activate */

typedef HRESULT maker(struct mmki_endpoint *endpoint, REFIID iid, void **out);

/* What an endpoint can be activated as. */
static maker *maker_of(REFIID iid)
{
    const struct {
        const IID *iid;
        maker *make;
    } known[] = {
        {&IID_IAudioClient, mmki_client_new},
        {&IID_IAudioClient2, mmki_client_new},
        {&IID_IAudioClient3, mmki_client_new},
        {&IID_IAudioSessionManager, mmki_session_manager_new},
        {&IID_IAudioSessionManager2, mmki_session_manager_new},
        {&IID_IAudioEndpointVolume, mmki_endpoint_volume_new},
        {&IID_IAudioEndpointVolumeEx, mmki_endpoint_volume_new},
        {&IID_MmekitMeterInformation, mmki_meter_new},
        {&IID_IDeviceTopology, mmki_topology_new},
        {&IID_ISpatialAudioClient, mmki_spatial_new},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (IsEqualIID(iid, known[i].iid))
            return known[i].make;
    return NULL;
}

static HRESULT STDMETHODCALLTYPE activate(IMMDevice *iface, REFIID iid, DWORD context,
                                          PROPVARIANT *parameters, void **out)
{
    struct device *d = MMKI_OBJECT(struct device, device, iface);
    (void)context;
    (void)parameters;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!atomic_load(&d->endpoint->present))
        return AUDCLNT_E_DEVICE_INVALIDATED;
    maker *make = maker_of(iid);
    return make != NULL ? make(d->endpoint, iid, out) : mmki_hand_on(d->endpoint, iid, out);
}

static HRESULT STDMETHODCALLTYPE open_properties(IMMDevice *iface, DWORD access,
                                                 IPropertyStore **out)
{
    struct device *d = MMKI_OBJECT(struct device, device, iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (access == STGM_WRITE || access == STGM_READWRITE)
        return E_ACCESSDENIED; /* mmectl config sets what there is to set */
    if (access != STGM_READ)
        return E_INVALIDARG;
    return mmki_properties_new(d->endpoint, out);
}

static HRESULT STDMETHODCALLTYPE get_id(IMMDevice *iface, WCHAR **id)
{
    if (id == NULL)
        return E_POINTER;
    *id = mmki_task_text(MMKI_OBJECT(struct device, device, iface)->endpoint->id);
    return *id != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE get_state(IMMDevice *iface, DWORD *state)
{
    const struct device *d = MMKI_OBJECT(struct device, device, iface);
    if (state == NULL)
        return E_POINTER;
    *state = atomic_load(&d->endpoint->present) ? DEVICE_STATE_ACTIVE : DEVICE_STATE_NOTPRESENT;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_flow(IMMEndpoint *iface, EDataFlow *flow)
{
    const struct device *d = MMKI_OBJECT(struct device, role, iface);
    if (flow == NULL)
        return E_POINTER;
    *flow = d->endpoint->direction == MMK_CAPTURE ? eCapture : eRender;
    return S_OK;
}

static const IMMDeviceVtbl device_table = {
    MMKI_UNKNOWN_TABLE(device),
    .Activate = activate,
    .OpenPropertyStore = open_properties,
    .GetId = get_id,
    .GetState = get_state,
};

static const IMMEndpointVtbl role_table = {
    MMKI_UNKNOWN_TABLE(role),
    .GetDataFlow = get_flow,
};

static struct device *make(struct mmki_endpoint *endpoint)
{
    struct device *d = mmki_alloc(sizeof *d);
    if (d == NULL)
        return NULL;
    d->device.lpVtbl = &device_table;
    d->role.lpVtbl = &role_table;
    d->refs = 1; /* the endpoint's */
    d->endpoint = endpoint;
    return d;
}

HRESULT mmki_device_get(struct mmki_endpoint *endpoint, IMMDevice **out)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    if (endpoint->device == NULL) {
        struct device *d = make(endpoint);
        if (d != NULL)
            endpoint->device = &d->device;
    }
    *out = endpoint->device;
    ReleaseSRWLockExclusive(&card->lock);
    if (*out == NULL)
        return E_OUTOFMEMORY;
    IMMDevice_AddRef(*out);
    return S_OK;
}
