/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* COM's entry points: the class factory of our enumerator. What makes COM ask us instead of the
 * system is in registration.c; DllMain and DriverProc, which installs us, are shim-win32's. */
#include "wine_internal.h"

/* ------------------------------------------------------------------ class factory */

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *iface, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IClassFactory))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_ref(IClassFactory *iface)
{
    (void)iface;
    return 2; /* static */
}

static ULONG STDMETHODCALLTYPE factory_unref(IClassFactory *iface)
{
    (void)iface;
    return 1;
}

static HRESULT STDMETHODCALLTYPE create_instance(IClassFactory *iface, IUnknown *outer, REFIID iid,
                                                 void **out)
{
    (void)iface;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (outer != NULL)
        return CLASS_E_NOAGGREGATION;
    if (mmki_card() == NULL)
        return E_FAIL;
    mmki_activation_lead();
    return IMMDeviceEnumerator_QueryInterface(&mmki_enumerator, iid, out);
}

static HRESULT STDMETHODCALLTYPE lock_server(IClassFactory *iface, BOOL lock)
{
    (void)iface;
    (void)lock;
    return S_OK;
}

static const IClassFactoryVtbl factory_table = {
    .QueryInterface = factory_query,
    .AddRef = factory_ref,
    .Release = factory_unref,
    .CreateInstance = create_instance,
    .LockServer = lock_server,
};
static IClassFactory factory = {&factory_table};

HRESULT WINAPI DllGetClassObject(REFCLSID clsid, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualCLSID(clsid, &CLSID_MmekitDeviceEnumerator) &&
        !IsEqualCLSID(clsid, &CLSID_MMDeviceEnumerator))
        return CLASS_E_CLASSNOTAVAILABLE;
    return factory_query(&factory, iid, out);
}

/* Threads of the engine and what programs hold of us are not worth counting: the module stays. */
HRESULT WINAPI DllCanUnloadNow(void)
{
    return S_FALSE;
}
