/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* "Wine info device": not a device, but the place where Wine's winmm reads which module serves MIDI
 * and auxiliary devices. Two objects that live as long as the module.
 *
 * Source: winmm of Wine 8.0 and 10.0, which ask for it at the first use of such a device (tried);
 * later ones look for mmdevapi.dll by name instead. */
#include "midi.h"

#include <string.h>

const PROPERTYKEY mmki_info_key = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 11};

/* ------------------------------------------------------------------ properties */

static HRESULT STDMETHODCALLTYPE store_query(IPropertyStore *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IPropertyStore))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE store_ref(IPropertyStore *iface)
{
    (void)iface;
    return 2;
}

static ULONG STDMETHODCALLTYPE store_unref(IPropertyStore *iface)
{
    (void)iface;
    return 1;
}

static HRESULT STDMETHODCALLTYPE get_count(IPropertyStore *iface, DWORD *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_at(IPropertyStore *iface, DWORD index, PROPERTYKEY *key)
{
    (void)iface;
    if (key == NULL)
        return E_POINTER;
    if (index != 0)
        return E_INVALIDARG;
    *key = mmki_info_key;
    return S_OK;
}

/** How winmm can name this module: it splits names at blanks, and the loader knows one that is
 *  loaded by its file name alone. */
static bool own_name(WCHAR *name)
{
    WCHAR path[MMKI_PATH_UNITS];
    HMODULE self = mmki_module_hold();
    const DWORD n = GetModuleFileNameW(self, path, MMKI_PATH_UNITS);
    FreeLibrary(self);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return false;
    const WCHAR *file = wcsrchr(path, L'\\');
    file = file != NULL ? file + 1 : path;
    if (wcspbrk(file, L" \t") == NULL) {
        wcscpy(name, file);
        return true;
    }
    const DWORD brief = GetShortPathNameW(path, name, MMKI_PATH_UNITS);
    return brief > 0 && brief < MMKI_PATH_UNITS;
}

static HRESULT STDMETHODCALLTYPE get_value(IPropertyStore *iface, REFPROPERTYKEY key,
                                           PROPVARIANT *value)
{
    WCHAR name[MMKI_PATH_UNITS];
    (void)iface;
    if (key == NULL || value == NULL)
        return E_POINTER;
    memset(value, 0, sizeof *value);
    if (key->pid != mmki_info_key.pid || !IsEqualGUID(&key->fmtid, &mmki_info_key.fmtid))
        return S_OK; /* what is not there is VT_EMPTY */
    if (!own_name(name))
        return E_FAIL;
    value->pwszVal = mmki_task_text(name);
    if (value->pwszVal == NULL)
        return E_OUTOFMEMORY;
    value->vt = VT_LPWSTR;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_value(IPropertyStore *iface, REFPROPERTYKEY key,
                                           REFPROPVARIANT value)
{
    (void)iface;
    (void)key;
    (void)value;
    return STG_E_ACCESSDENIED;
}

static HRESULT STDMETHODCALLTYPE commit(IPropertyStore *iface)
{
    (void)iface;
    return STG_E_ACCESSDENIED;
}

static const IPropertyStoreVtbl store_table = {
    .QueryInterface = store_query,
    .AddRef = store_ref,
    .Release = store_unref,
    .GetCount = get_count,
    .GetAt = get_at,
    .GetValue = get_value,
    .SetValue = set_value,
    .Commit = commit,
};
static IPropertyStore store = {&store_table};

/* ------------------------------------------------------------------ the device */

static HRESULT STDMETHODCALLTYPE device_query(IMMDevice *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IMMDevice))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE device_ref(IMMDevice *iface)
{
    (void)iface;
    return 2;
}

static ULONG STDMETHODCALLTYPE device_unref(IMMDevice *iface)
{
    (void)iface;
    return 1;
}

static HRESULT STDMETHODCALLTYPE activate(IMMDevice *iface, REFIID iid, DWORD context,
                                          PROPVARIANT *parameters, void **out)
{
    (void)iface;
    (void)iid;
    (void)context;
    (void)parameters;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE open_store(IMMDevice *iface, DWORD access, IPropertyStore **out)
{
    (void)iface;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (access != STGM_READ)
        return E_ACCESSDENIED;
    *out = &store;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_id(IMMDevice *iface, WCHAR **id)
{
    (void)iface;
    if (id == NULL)
        return E_POINTER;
    *id = mmki_task_text(MMKI_INFO_DEVICE);
    return *id != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE get_state(IMMDevice *iface, DWORD *state)
{
    (void)iface;
    if (state == NULL)
        return E_POINTER;
    *state = DEVICE_STATE_ACTIVE;
    return S_OK;
}

static const IMMDeviceVtbl device_table = {
    .QueryInterface = device_query,
    .AddRef = device_ref,
    .Release = device_unref,
    .Activate = activate,
    .OpenPropertyStore = open_store,
    .GetId = get_id,
    .GetState = get_state,
};
static IMMDevice device = {&device_table};

HRESULT mmki_info_device(IMMDevice **out)
{
    *out = &device;
    return S_OK;
}
