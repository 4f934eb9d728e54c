/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IPropertyStore of an endpoint: read only. */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct properties {
    IPropertyStore store;
    LONG refs;
    struct mmki_endpoint *endpoint;
};

static HRESULT object_query(struct properties *p, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IPropertyStore))
        return E_NOINTERFACE;
    InterlockedIncrement(&p->refs);
    *out = &p->store;
    return S_OK;
}

static ULONG object_ref(struct properties *p)
{
    return (ULONG)InterlockedIncrement(&p->refs);
}

static ULONG object_unref(struct properties *p)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&p->refs);
    if (refs == 0)
        mmki_free(p);
    return refs;
}

MMKI_UNKNOWN(store, IPropertyStore, struct properties, store, object_query, object_ref,
             object_unref)

/* ------------------------------------------------------------------ values */

static HRESULT put_text(PROPVARIANT *value, const WCHAR *text)
{
    value->pwszVal = mmki_task_text(text);
    if (value->pwszVal == NULL)
        return E_OUTOFMEMORY;
    value->vt = VT_LPWSTR;
    return S_OK;
}

static HRESULT put_number(PROPVARIANT *value, DWORD number)
{
    value->vt = VT_UI4;
    value->ulVal = number;
    return S_OK;
}

static HRESULT put_name(struct mmki_endpoint *e, PROPVARIANT *value)
{
    WCHAR text[2 * MMKI_NAME_UNITS + 4], name[MMKI_NAME_UNITS], description[MMKI_NAME_UNITS];
    mmki_endpoint_names(e, name, description);
    _snwprintf(text, sizeof text / sizeof *text, L"%s (%s)", description, name);
    return put_text(value, text);
}

static HRESULT put_description(struct mmki_endpoint *e, PROPVARIANT *value)
{
    WCHAR description[MMKI_NAME_UNITS];
    mmki_endpoint_names(e, NULL, description);
    return put_text(value, description);
}

static HRESULT put_interface_name(struct mmki_endpoint *e, PROPVARIANT *value)
{
    WCHAR name[MMKI_NAME_UNITS];
    mmki_endpoint_names(e, name, NULL);
    return put_text(value, name);
}

static HRESULT put_guid(struct mmki_endpoint *e, PROPVARIANT *value)
{
    WCHAR text[40];
    StringFromGUID2(&e->guid, text, sizeof text / sizeof *text);
    return put_text(value, text);
}

static HRESULT put_form(struct mmki_endpoint *e, PROPVARIANT *value)
{
    return put_number(value, e->direction == MMK_CAPTURE ? LineLevel : Speakers);
}

static HRESULT put_speakers(struct mmki_endpoint *e, PROPVARIANT *value)
{
    struct mmk_wave_setup setup;
    if (e->direction == MMK_CAPTURE || mmki_endpoint_setup(e, &setup) != MMK_OK)
        return S_OK;
    return put_number(value, mmk_channel_mask_default(setup.device.format.channels));
}

static HRESULT put_event_mode(struct mmki_endpoint *e, PROPVARIANT *value)
{
    (void)e;
    return put_number(value, 1);
}

/* The engine's own format, EXTENSIBLE, as a blob. */
static HRESULT put_format(struct mmki_endpoint *e, PROPVARIANT *value)
{
    struct mmk_wave_setup setup;
    WAVEFORMATEX *wfx;
    if (mmki_endpoint_setup(e, &setup) != MMK_OK)
        return S_OK;
    const HRESULT hr = mmki_format_task(&setup.device.format, &wfx);
    if (FAILED(hr))
        return hr;
    value->vt = VT_BLOB;
    value->blob.cbSize = (ULONG)sizeof *wfx + wfx->cbSize;
    value->blob.pBlobData = (BYTE *)wfx;
    return S_OK;
}

/* What DRV_QUERYDEVICEINTERFACE and ActivateAudioInterfaceAsync call the endpoint. */
static HRESULT put_path(struct mmki_endpoint *e, PROPVARIANT *value)
{
    WCHAR text[MMKI_ID_UNITS + 64];
    _snwprintf(text, sizeof text / sizeof *text, L"\\\\?\\SWD#MMDEVAPI#%ls#%ls", e->id,
               e->direction == MMK_CAPTURE ? L"{2eef81be-33fa-4800-9670-1cd474972c3f}"
                                           : L"{e6327cad-dcec-4949-ae8a-991e976a79d2}");
    return put_text(value, text);
}

/* winmm asks for it; no header names it */
static const PROPERTYKEY key_path = {
    {0x233164c8, 0x1b2c, 0x4c7d, {0xbc, 0x68, 0xb6, 0x71, 0x68, 0x7a, 0x25, 0x67}}, 1};

static const struct {
    const PROPERTYKEY *key;
    HRESULT (*put)(struct mmki_endpoint *endpoint, PROPVARIANT *value);
} known[] = {
    {&PKEY_Device_FriendlyName, put_name},
    {&PKEY_Device_DeviceDesc, put_description},
    {&PKEY_DeviceInterface_FriendlyName, put_interface_name},
    {&PKEY_AudioEndpoint_GUID, put_guid},
    {&PKEY_AudioEndpoint_FormFactor, put_form},
    {&PKEY_AudioEndpoint_PhysicalSpeakers, put_speakers},
    {&PKEY_AudioEndpoint_Supports_EventDriven_Mode, put_event_mode},
    {&PKEY_AudioEngine_DeviceFormat, put_format},
    {&PKEY_AudioEngine_OEMFormat, put_format},
    {&key_path, put_path},
};
#define N_KNOWN (sizeof known / sizeof *known)

static bool same_key(const PROPERTYKEY *a, const PROPERTYKEY *b)
{
    return a->pid == b->pid && IsEqualGUID(&a->fmtid, &b->fmtid);
}

static HRESULT STDMETHODCALLTYPE get_count(IPropertyStore *iface, DWORD *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = N_KNOWN;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_at(IPropertyStore *iface, DWORD index, PROPERTYKEY *key)
{
    (void)iface;
    if (key == NULL)
        return E_POINTER;
    if (index >= N_KNOWN)
        return E_INVALIDARG;
    *key = *known[index].key;
    return S_OK;
}

/* A property that is not there is VT_EMPTY, and no error. */
static HRESULT STDMETHODCALLTYPE get_value(IPropertyStore *iface, REFPROPERTYKEY key,
                                           PROPVARIANT *value)
{
    const struct properties *p = MMKI_OBJECT(struct properties, store, iface);
    if (key == NULL || value == NULL)
        return E_POINTER;
    memset(value, 0, sizeof *value);
    for (size_t i = 0; i < N_KNOWN; i++)
        if (same_key(known[i].key, key))
            return known[i].put(p->endpoint, value);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_value(IPropertyStore *iface, REFPROPERTYKEY key,
                                           REFPROPVARIANT value)
{
    (void)iface;
    if (key == NULL || value == NULL)
        return E_POINTER;
    return STG_E_ACCESSDENIED;
}

static HRESULT STDMETHODCALLTYPE commit(IPropertyStore *iface)
{
    (void)iface;
    return STG_E_ACCESSDENIED;
}

static const IPropertyStoreVtbl table = {
    MMKI_UNKNOWN_TABLE(store), .GetCount = get_count, .GetAt = get_at,
    .GetValue = get_value,     .SetValue = set_value, .Commit = commit,
};

HRESULT mmki_properties_new(struct mmki_endpoint *endpoint, IPropertyStore **out)
{
    struct properties *p = mmki_alloc(sizeof *p);
    if (p == NULL)
        return E_OUTOFMEMORY;
    p->store.lpVtbl = &table;
    p->refs = 1;
    p->endpoint = endpoint;
    *out = &p->store;
    return S_OK;
}
