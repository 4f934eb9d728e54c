/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IMMDeviceCollection: ours and the system's own, in the order of the settings. A snapshot, as
 * documented. */
#include "wine_internal.h"

struct collection {
    IMMDeviceCollection collection;
    LONG refs;
    UINT n_before; /* of ours, which come before the system's */
    UINT n_own;
    UINT n_builtin;
    IMMDeviceCollection *builtin; /* or NULL */
    struct mmki_endpoint *own[MMKI_ENDPOINTS_MAX];
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
    if (index < c->n_before)
        return mmki_device_get(c->own[index], out);
    if (index - c->n_before < c->n_builtin)
        return IMMDeviceCollection_Item(c->builtin, index - c->n_before, out);
    if (index - c->n_builtin < c->n_own)
        return mmki_device_get(c->own[index - c->n_builtin], out);
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

/* The system's own stand where the settings put them among ours. With the card's lock. */
static bool comes_before_system(const struct mmki_card *card, const struct mmki_endpoint *endpoint)
{
    for (unsigned i = 0; i < MMKI_ORIGINS; i++) {
        if (card->order[i] == MMKI_OF_SYSTEM)
            return false;
        if (card->order[i] == mmki_endpoint_origin(endpoint))
            return true;
    }
    return true;
}

static void add_own(struct collection *c, EDataFlow flow)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockShared(&card->lock);
    for (unsigned i = 0; i < card->n_present; i++) {
        if (!wanted(card->present[i], flow))
            continue;
        c->own[c->n_own++] = card->present[i];
        c->n_before += comes_before_system(card, card->present[i]);
    }
    ReleaseSRWLockShared(&card->lock);
}

HRESULT mmki_collection_new(EDataFlow flow, DWORD states, IMMDeviceCollection **out)
{
    struct collection *c = mmki_alloc(sizeof *c);
    if (c == NULL)
        return E_OUTOFMEMORY;
    c->collection.lpVtbl = &table;
    c->refs = 1;
    mmki_endpoints_refresh();
    if ((states & DEVICE_STATE_ACTIVE) != 0)
        add_own(c, flow);
    IMMDeviceEnumerator *builtin = mmki_builtin();
    if (builtin != NULL &&
        SUCCEEDED(IMMDeviceEnumerator_EnumAudioEndpoints(builtin, flow, states, &c->builtin)))
        IMMDeviceCollection_GetCount(c->builtin, &c->n_builtin);
    *out = &c->collection;
    return S_OK;
}
