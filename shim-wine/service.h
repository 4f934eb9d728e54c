/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_SERVICE_H
#define MMK_WINE_SERVICE_H

/**
 * The head of a file that implements one service of a client: MMKI_SERVICE(member, interface) gives
 * self_of() and the functions of IUnknown. A service answers for itself alone, and counts with its
 * client.
 */

#include "wine_internal.h"

static inline HRESULT mmki_service_query(struct mmki_client *client, REFIID iid, REFIID own,
                                         void *iface, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&client->client, &client->marshaler, iid,
                                  out);
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, own))
        return E_NOINTERFACE;
    mmki_client_ref(client);
    *out = iface;
    return S_OK;
}

#define MMKI_SERVICE(member, interface)                                                   \
    static struct mmki_client *self_of(interface *iface)                                  \
    {                                                                                     \
        return MMKI_OBJECT(struct mmki_client, member, iface);                            \
    }                                                                                     \
    static HRESULT member##_own_query(struct mmki_client *client, REFIID iid, void **out) \
    {                                                                                     \
        return mmki_service_query(client, iid, &IID_##interface, &client->member, out);   \
    }                                                                                     \
    MMKI_UNKNOWN(member, interface, struct mmki_client, member, member##_own_query,       \
                 mmki_client_ref, mmki_client_unref)

#endif
