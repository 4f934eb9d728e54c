/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The enumerator that the system would use without us. CoCreateInstance would come back to us by
 * TreatAs, so it is taken from its module. */
#include "wine_internal.h"

typedef HRESULT WINAPI get_class_object(REFCLSID clsid, REFIID iid, void **out);

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static IMMDeviceEnumerator *builtin;

HMODULE mmki_builtin_module(void)
{
    /* not one that lies beside the program */
    HMODULE module = LoadLibraryExW(L"mmdevapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    HMODULE self = mmki_module_hold();
    FreeLibrary(self); /* whoever has loaded us keeps us */
    /* where we stand in its place there is none. Its exports tell nothing: later Wine (10.17) has
     * the MIDI driver in it, with a DriverProc */
    return module != self ? module : NULL;
}

static BOOL CALLBACK find_builtin(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    (void)init;
    (void)parameter;
    (void)context;
    IClassFactory *factory;
    void *made = NULL;
    HMODULE module = mmki_builtin_module();
    if (module == NULL)
        return TRUE;
    union {
        FARPROC from;
        get_class_object *to;
    } function = {.from = GetProcAddress(module, "DllGetClassObject")};
    if (function.to == NULL || FAILED(function.to(&CLSID_MMDeviceEnumerator, &IID_IClassFactory,
                                                  (void **)(void *)&factory)))
        return TRUE;
    if (SUCCEEDED(IClassFactory_CreateInstance(factory, NULL, &IID_IMMDeviceEnumerator, &made)))
        builtin = made;
    IClassFactory_Release(factory);
    return TRUE;
}

IMMDeviceEnumerator *mmki_builtin(void)
{
    InitOnceExecuteOnce(&once, find_builtin, NULL, NULL);
    return builtin;
}
