/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_ENDPOINT_OBJECT_H
#define MMK_WINE_ENDPOINT_OBJECT_H

/**
 * Objects that are one interface of an endpoint and no more: volume, meter, topology. The file that
 * includes this names interface, member and the IIDs it answers to:
 *
 *     static bool answers(REFIID iid) { return IsEqualIID(iid, &IID_IAudioMeterInformation); }
 *     MMKI_ENDPOINT_OBJECT(meter, IAudioMeterInformation)
 *     ... functions, with endpoint_of(iface) ...
 *     static const IAudioMeterInformationVtbl table = {MMKI_UNKNOWN_TABLE(meter), ...};
 *     HRESULT mmki_meter_new(...) { return make(endpoint, &table, iid, out); }
 */

#include "wine_internal.h"

#define MMKI_ENDPOINT_OBJECT(name, interface)                                                     \
    struct name##_object {                                                                        \
        interface name;                                                                           \
        IUnknown *marshaler;                                                                      \
        LONG refs;                                                                                \
        struct mmki_endpoint *endpoint;                                                           \
    };                                                                                            \
    static struct mmki_endpoint *endpoint_of(interface *iface)                                    \
    {                                                                                             \
        return MMKI_OBJECT(struct name##_object, name, iface)->endpoint;                          \
    }                                                                                             \
    static HRESULT object_query(struct name##_object *o, REFIID iid, void **out)                  \
    {                                                                                             \
        if (out == NULL)                                                                          \
            return E_POINTER;                                                                     \
        *out = NULL;                                                                              \
        if (IsEqualIID(iid, &IID_IMarshal))                                                       \
            return mmki_marshal_query((IUnknown *)(void *)&o->name, &o->marshaler, iid, out);     \
        if (!IsEqualIID(iid, &IID_IUnknown) && !answers(iid))                                     \
            return E_NOINTERFACE;                                                                 \
        InterlockedIncrement(&o->refs);                                                           \
        *out = &o->name;                                                                          \
        return S_OK;                                                                              \
    }                                                                                             \
    static ULONG object_ref(struct name##_object *o)                                              \
    {                                                                                             \
        return (ULONG)InterlockedIncrement(&o->refs);                                             \
    }                                                                                             \
    static ULONG object_unref(struct name##_object *o)                                            \
    {                                                                                             \
        const ULONG refs = (ULONG)InterlockedDecrement(&o->refs);                                 \
        if (refs == 0) {                                                                          \
            mmki_marshal_release(&o->marshaler);                                                  \
            mmki_free(o);                                                                         \
        }                                                                                         \
        return refs;                                                                              \
    }                                                                                             \
    static HRESULT make(struct mmki_endpoint *endpoint, const interface##Vtbl *table, REFIID iid, \
                        void **out)                                                               \
    {                                                                                             \
        struct name##_object *o = mmki_alloc(sizeof *o);                                          \
        if (o == NULL)                                                                            \
            return E_OUTOFMEMORY;                                                                 \
        o->name.lpVtbl = table;                                                                   \
        o->refs = 1;                                                                              \
        o->endpoint = endpoint;                                                                   \
        const HRESULT hr = object_query(o, iid, out);                                             \
        object_unref(o);                                                                          \
        return hr;                                                                                \
    }                                                                                             \
    MMKI_UNKNOWN(name, interface, struct name##_object, name, object_query, object_ref,           \
                 object_unref)

#endif
