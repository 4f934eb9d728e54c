/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMDeviceCollection: ours, then the system's own. A snapshot, as documented. */
#include "wine_internal.h"

struct collection {
    IMMDeviceCollection collection;
    LONG refs;
    UINT n_own;
    UINT n_builtin;
    IMMDeviceCollection *builtin; /* or NULL */
    struct mmki_endpoint *own[];
};

static HRESULT object_query(struct collection *c, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IMMDeviceCollection))
        return E_NOINTERFACE;
    InterlockedIncrement(&c->refs);
    *out = &c->collection;
    return S_OK;
}

static ULONG object_ref(struct collection *c)
{
    return (ULONG)InterlockedIncrement(&c->refs);
}

static ULONG object_unref(struct collection *c)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&c->refs);
    if (refs == 0) {
        if (c->builtin != NULL)
            IMMDeviceCollection_Release(c->builtin);
        mmki_free(c);
    }
    return refs;
}

MMKI_UNKNOWN(collection, IMMDeviceCollection, struct collection, collection, object_query,
             object_ref, object_unref)

static HRESULT STDMETHODCALLTYPE get_count(IMMDeviceCollection *iface, UINT *n)
{
    const struct collection *c = MMKI_OBJECT(struct collection, collection, iface);
    if (n == NULL)
        return E_POINTER;
    *n = c->n_own + c->n_builtin;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE item(IMMDeviceCollection *iface, UINT index, IMMDevice **out)
{
    const struct collection *c = MMKI_OBJECT(struct collection, collection, iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (index < c->n_own)
        return mmki_device_get(c->own[index], out);
    if (index - c->n_own < c->n_builtin)
        return IMMDeviceCollection_Item(c->builtin, index - c->n_own, out);
    return E_INVALIDARG;
}

static const IMMDeviceCollectionVtbl table = {
    MMKI_UNKNOWN_TABLE(collection),
    .GetCount = get_count,
    .Item = item,
};

static bool wanted(const struct mmki_endpoint *endpoint, EDataFlow flow)
{
    return flow == eAll || (flow == eRender) == (endpoint->direction == MMK_PLAYBACK);
}

HRESULT mmki_collection_new(EDataFlow flow, DWORD states, IMMDeviceCollection **out)
{
    struct mmki_endpoint *const first = mmki_card()->endpoints;
    UINT n = 0;
    for (struct mmki_endpoint *e = first; e != NULL; e = e->next)
        n++;
    struct collection *c = mmki_alloc(sizeof *c + n * sizeof(struct mmki_endpoint *));
    if (c == NULL)
        return E_OUTOFMEMORY;
    c->collection.lpVtbl = &table;
    c->refs = 1;
    for (struct mmki_endpoint *e = first; e != NULL; e = e->next)
        if ((states & DEVICE_STATE_ACTIVE) != 0 && wanted(e, flow))
            c->own[c->n_own++] = e;
    IMMDeviceEnumerator *builtin = mmki_builtin();
    if (builtin != NULL &&
        SUCCEEDED(IMMDeviceEnumerator_EnumAudioEndpoints(builtin, flow, states, &c->builtin)))
        IMMDeviceCollection_GetCount(c->builtin, &c->n_builtin);
    *out = &c->collection;
    return S_OK;
}
