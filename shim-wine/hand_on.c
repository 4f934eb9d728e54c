/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMDevice::Activate of what belongs to others: DirectSound objects and DirectShow filters. They
 * are made by their own modules and told which endpoint is meant; their sound comes back to it. */
#include "wine_internal.h"

#include <dsound.h>
#include <oaidl.h>
#include <ocidl.h>

/* {79376820-07D0-11CF-A24D-0020AFD79767} and {E30629D2-27E5-11CE-875D-00608CB78066}: the system's
 * renderer over DirectSound, and its audio input */
static const CLSID clsid_renderer = {
    0x79376820, 0x07d0, 0x11cf, {0xa2, 0x4d, 0x00, 0x20, 0xaf, 0xd7, 0x97, 0x67}};
static const CLSID clsid_recorder = {
    0xe30629d2, 0x27e5, 0x11ce, {0x87, 0x5d, 0x00, 0x60, 0x8c, 0xb7, 0x80, 0x66}};
/* {56A86895-0AD4-11CE-B03A-0020AF0BA770} */
static const IID iid_base_filter = {
    0x56a86895, 0x0ad4, 0x11ce, {0xb0, 0x3a, 0x00, 0x20, 0xaf, 0x0b, 0xa7, 0x70}};

/* ------------------------------------------------------------------ DirectSound */

static HRESULT make_sound(struct mmki_endpoint *endpoint, REFCLSID clsid, REFIID iid, void **out)
{
    void *made = NULL;
    HRESULT hr = CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER, iid, &made);
    if (FAILED(hr))
        return hr;
    if (endpoint->direction == MMK_CAPTURE)
        hr = IDirectSoundCapture_Initialize((IDirectSoundCapture *)made, &endpoint->guid);
    else /* IDirectSound8 begins as IDirectSound does */
        hr = IDirectSound_Initialize((IDirectSound *)made, &endpoint->guid);
    if (FAILED(hr)) {
        IUnknown_Release((IUnknown *)made);
        return hr;
    }
    *out = made;
    return S_OK;
}

/* ------------------------------------------------------------------ filters */

/** A bag with one property, "DSGuid": on the stack, for a filter reads it and lets it go. */
struct bag {
    IPropertyBag bag;
    const struct mmki_endpoint *endpoint;
};

static HRESULT STDMETHODCALLTYPE bag_query(IPropertyBag *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IPropertyBag))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE bag_ref(IPropertyBag *iface)
{
    (void)iface;
    return 2;
}

static ULONG STDMETHODCALLTYPE bag_unref(IPropertyBag *iface)
{
    (void)iface;
    return 1;
}

static HRESULT STDMETHODCALLTYPE bag_read(IPropertyBag *iface, LPCOLESTR name, VARIANT *value,
                                          IErrorLog *log)
{
    const struct bag *b = MMKI_OBJECT(struct bag, bag, iface);
    WCHAR guid[40];
    (void)log;
    if (name == NULL || value == NULL)
        return E_POINTER;
    if (lstrcmpiW(name, L"DSGuid") != 0)
        return E_INVALIDARG;
    StringFromGUID2(&b->endpoint->guid, guid, sizeof guid / sizeof *guid);
    V_VT(value) = VT_BSTR;
    V_BSTR(value) = SysAllocString(guid);
    return V_BSTR(value) != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE bag_write(IPropertyBag *iface, LPCOLESTR name, VARIANT *value)
{
    (void)iface;
    (void)name;
    (void)value;
    return E_NOTIMPL; /* read only */
}

static const IPropertyBagVtbl bag_table = {
    .QueryInterface = bag_query,
    .AddRef = bag_ref,
    .Release = bag_unref,
    .Read = bag_read,
    .Write = bag_write,
};

static HRESULT make_filter(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    struct bag bag = {.bag = {&bag_table}, .endpoint = endpoint};
    void *made = NULL, *persist = NULL;
    HRESULT hr =
        CoCreateInstance(endpoint->direction == MMK_CAPTURE ? &clsid_recorder : &clsid_renderer,
                         NULL, CLSCTX_INPROC_SERVER, iid, &made);
    if (FAILED(hr))
        return hr;
    /* a filter that cannot be told uses the default device, as the system's do */
    hr = IUnknown_QueryInterface((IUnknown *)made, &IID_IPersistPropertyBag, &persist);
    if (SUCCEEDED(hr)) {
        IPersistPropertyBag_Load((IPersistPropertyBag *)persist, &bag.bag, NULL);
        IPersistPropertyBag_Release((IPersistPropertyBag *)persist);
    }
    *out = made;
    return S_OK;
}

HRESULT mmki_hand_on(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    const bool capture = endpoint->direction == MMK_CAPTURE;
    if (IsEqualIID(iid, &iid_base_filter))
        return make_filter(endpoint, iid, out);
    if (capture && IsEqualIID(iid, &IID_IDirectSoundCapture))
        return make_sound(endpoint, &CLSID_DirectSoundCapture8, iid, out);
    if (!capture && IsEqualIID(iid, &IID_IDirectSound))
        return make_sound(endpoint, &CLSID_DirectSound, iid, out);
    if (!capture && IsEqualIID(iid, &IID_IDirectSound8))
        return make_sound(endpoint, &CLSID_DirectSound8, iid, out);
    return E_NOINTERFACE;
}
