/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_COM_H
#define MMK_WINE_COM_H

/**
 * COM in C: constant tables of functions, objects found again from any of their interfaces, and the
 * three functions of IUnknown written once.
 *
 * An object is a struct that holds one interface struct for each interface, and a count of
 * references. Interfaces of one object forward QueryInterface, AddRef and Release to the object's
 * own three functions by MMKI_UNKNOWN.
 */

#define CONST_VTABLE /* tables are const */
#define COBJMACROS
#include "shim-win32/win32_internal.h"

#include <stddef.h>

#include <objbase.h>
#include <mmsystem.h>
#include <mmreg.h>
#include <propidl.h>
#include <propsys.h>
#include <mmdeviceapi.h>
#include <audioclient.h>
#include <audiopolicy.h>
#include <endpointvolume.h>
#include <devicetopology.h>
#include <functiondiscoverykeys_devpkey.h>

/** The object behind one of its interfaces. */
#define MMKI_OBJECT(type, member, iface) \
    ((type *)(void *)((char *)(void *)(iface)-offsetof(type, member)))

/**
 * query_interface, add_ref and release of one interface, as static functions <prefix>_query,
 * <prefix>_ref and <prefix>_unref, for the head of its table: MMKI_UNKNOWN_TABLE(prefix).
 */
#define MMKI_UNKNOWN(prefix, iface_type, type, member, object_query, object_ref, object_unref) \
    static HRESULT STDMETHODCALLTYPE prefix##_query(iface_type *iface, REFIID iid, void **out) \
    {                                                                                          \
        return object_query(MMKI_OBJECT(type, member, iface), iid, out);                       \
    }                                                                                          \
    static ULONG STDMETHODCALLTYPE prefix##_ref(iface_type *iface)                             \
    {                                                                                          \
        return object_ref(MMKI_OBJECT(type, member, iface));                                   \
    }                                                                                          \
    static ULONG STDMETHODCALLTYPE prefix##_unref(iface_type *iface)                           \
    {                                                                                          \
        return object_unref(MMKI_OBJECT(type, member, iface));                                 \
    }

#define MMKI_UNKNOWN_TABLE(prefix) \
    .QueryInterface = prefix##_query, .AddRef = prefix##_ref, .Release = prefix##_unref

/** The answer of methods whose pointer must not be NULL where the system's go through RPC. */
#define MMKI_E_NULL_REF \
    ((HRESULT)MAKE_HRESULT(SEVERITY_ERROR, FACILITY_WIN32, RPC_X_NULL_REF_POINTER))

#define MMKI_E_NOT_FOUND ((HRESULT)MAKE_HRESULT(SEVERITY_ERROR, FACILITY_WIN32, ERROR_NOT_FOUND))

/** An aggregated free-threaded marshaler, made when first asked for: every object here may be used
 * from any thread, so a pointer may go to another apartment as it is. */
HRESULT mmki_marshal_query(IUnknown *outer, IUnknown **marshaler, REFIID iid, void **out);
void mmki_marshal_release(IUnknown **marshaler);

/** An error of the core as the audio interfaces say it. */
HRESULT mmki_hresult(mmk_err err);

/** A copy that the caller frees with CoTaskMemFree; NULL if there is no memory. */
WCHAR *mmki_task_text(const WCHAR *text);
void *mmki_task_copy(const void *data, size_t len);

#endif
