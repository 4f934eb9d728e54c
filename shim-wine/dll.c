/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The module's entry points: the class factory of our enumerator, and the registry entries that
 * make COM ask us instead of the system (DllRegisterServer; `mmectl install mmewine` calls it). */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

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

/* ------------------------------------------------------------------ registration */

#define CLASSES L"Software\\Classes\\CLSID\\"
#define TITLE   L"mmekit audio device enumerator"

static HMODULE this_module;

static LSTATUS set_text(const WCHAR *key, const WCHAR *name, const WCHAR *text)
{
    HKEY handle;
    LSTATUS status =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, key, 0, NULL, 0, KEY_SET_VALUE, NULL, &handle, NULL);
    if (status != ERROR_SUCCESS)
        return status;
    const DWORD len = (DWORD)((wcslen(text) + 1) * sizeof *text);
    status = RegSetValueExW(handle, name, 0, REG_SZ, (const BYTE *)text, len);
    RegCloseKey(handle);
    return status;
}

/** Software\Classes\CLSID\{clsid}<rest> */
static void class_key(REFCLSID clsid, const WCHAR *rest, WCHAR *out, size_t cap)
{
    WCHAR guid[40];
    StringFromGUID2(clsid, guid, sizeof guid / sizeof *guid);
    _snwprintf(out, cap - 1, CLASSES L"%s%s", guid, rest);
    out[cap - 1] = 0;
}

HRESULT WINAPI DllRegisterServer(void);
HRESULT WINAPI DllUnregisterServer(void);

/* The class first and the redirection last: at no moment is COM sent to a class that is not there.
 */
HRESULT WINAPI DllRegisterServer(void)
{
    WCHAR own[128], server[128], treat_as[128], guid[40], path[MMKI_PATH_UNITS];
    const DWORD n = GetModuleFileNameW(this_module, path, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return E_FAIL;
    class_key(&CLSID_MmekitDeviceEnumerator, L"", own, sizeof own / sizeof *own);
    class_key(&CLSID_MmekitDeviceEnumerator, L"\\InprocServer32", server,
              sizeof server / sizeof *server);
    class_key(&CLSID_MMDeviceEnumerator, L"\\TreatAs", treat_as,
              sizeof treat_as / sizeof *treat_as);
    StringFromGUID2(&CLSID_MmekitDeviceEnumerator, guid, sizeof guid / sizeof *guid);
    LSTATUS status = set_text(own, NULL, TITLE);
    if (status == ERROR_SUCCESS)
        status = set_text(server, NULL, path);
    if (status == ERROR_SUCCESS)
        status = set_text(server, L"ThreadingModel", L"Both");
    if (status == ERROR_SUCCESS)
        status = set_text(treat_as, NULL, guid);
    return HRESULT_FROM_WIN32((DWORD)status);
}

/** Whether TreatAs of the system's class names ours: another's is left alone. */
static bool treated_as_ours(const WCHAR *treat_as)
{
    WCHAR guid[40], found[64];
    DWORD len = sizeof found - sizeof *found;
    memset(found, 0, sizeof found);
    StringFromGUID2(&CLSID_MmekitDeviceEnumerator, guid, sizeof guid / sizeof *guid);
    return RegGetValueW(HKEY_LOCAL_MACHINE, treat_as, NULL, RRF_RT_REG_SZ, NULL, found, &len) ==
               ERROR_SUCCESS &&
           lstrcmpiW(found, guid) == 0;
}

HRESULT WINAPI DllUnregisterServer(void)
{
    WCHAR own[128], server[128], treat_as[128];
    class_key(&CLSID_MmekitDeviceEnumerator, L"", own, sizeof own / sizeof *own);
    class_key(&CLSID_MmekitDeviceEnumerator, L"\\InprocServer32", server,
              sizeof server / sizeof *server);
    class_key(&CLSID_MMDeviceEnumerator, L"\\TreatAs", treat_as,
              sizeof treat_as / sizeof *treat_as);
    LSTATUS status = ERROR_SUCCESS;
    if (treated_as_ours(treat_as))
        status = RegDeleteKeyW(HKEY_LOCAL_MACHINE, treat_as);
    if (status == ERROR_SUCCESS)
        status = RegDeleteKeyW(HKEY_LOCAL_MACHINE, server);
    if (status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND)
        status = RegDeleteKeyW(HKEY_LOCAL_MACHINE, own);
    return status == ERROR_FILE_NOT_FOUND ? S_OK : HRESULT_FROM_WIN32((DWORD)status);
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        this_module = module;
        DisableThreadLibraryCalls(module);
    }
    return TRUE;
}
