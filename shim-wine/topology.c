/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IDeviceTopology of an endpoint: one connector, to which nothing is connected, for behind it there
 * is no adapter that anybody could look into. */
#include "endpoint_object.h"

static bool answers(REFIID iid)
{
    return IsEqualIID(iid, &IID_IDeviceTopology);
}

MMKI_ENDPOINT_OBJECT(topology, IDeviceTopology)

/* ------------------------------------------------------------------ the connector */

struct connector {
    IConnector connector;
    LONG refs;
    struct mmki_endpoint *endpoint;
};

static HRESULT connector_object_query(struct connector *c, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IConnector))
        return E_NOINTERFACE;
    InterlockedIncrement(&c->refs);
    *out = &c->connector;
    return S_OK;
}

static ULONG connector_object_ref(struct connector *c)
{
    return (ULONG)InterlockedIncrement(&c->refs);
}

static ULONG connector_object_unref(struct connector *c)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&c->refs);
    if (refs == 0)
        mmki_free(c);
    return refs;
}

MMKI_UNKNOWN(connector, IConnector, struct connector, connector, connector_object_query,
             connector_object_ref, connector_object_unref)

static HRESULT STDMETHODCALLTYPE get_type(IConnector *iface, ConnectorType *type)
{
    (void)iface;
    if (type == NULL)
        return E_POINTER;
    *type = Software_IO;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_flow(IConnector *iface, DataFlow *flow)
{
    const struct connector *c = MMKI_OBJECT(struct connector, connector, iface);
    if (flow == NULL)
        return E_POINTER;
    *flow = c->endpoint->direction == MMK_CAPTURE ? Out : In;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connect_to(IConnector *iface, IConnector *other)
{
    (void)iface;
    return other != NULL ? E_ACCESSDENIED : E_POINTER; /* nothing here can be rewired */
}

static HRESULT STDMETHODCALLTYPE disconnect(IConnector *iface)
{
    (void)iface;
    return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE is_connected(IConnector *iface, BOOL *connected)
{
    (void)iface;
    if (connected == NULL)
        return E_POINTER;
    *connected = FALSE;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_connected(IConnector *iface, IConnector **other)
{
    (void)iface;
    if (other == NULL)
        return E_POINTER;
    *other = NULL;
    return MMKI_E_NOT_FOUND;
}

static HRESULT STDMETHODCALLTYPE get_connected_id(IConnector *iface, WCHAR **id)
{
    (void)iface;
    if (id == NULL)
        return E_POINTER;
    *id = NULL;
    return MMKI_E_NOT_FOUND;
}

static const IConnectorVtbl connector_table = {
    MMKI_UNKNOWN_TABLE(connector),
    .GetType = get_type,
    .GetDataFlow = get_flow,
    .ConnectTo = connect_to,
    .Disconnect = disconnect,
    .IsConnected = is_connected,
    .GetConnectedTo = get_connected,
    .GetConnectorIdConnectedTo = get_connected_id,
    .GetDeviceIdConnectedTo = get_connected_id,
};

/* ------------------------------------------------------------------ the topology */

static HRESULT STDMETHODCALLTYPE get_connector_count(IDeviceTopology *iface, UINT *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_connector(IDeviceTopology *iface, UINT index, IConnector **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (index != 0)
        return E_INVALIDARG;
    struct connector *c = mmki_alloc(sizeof *c);
    if (c == NULL)
        return E_OUTOFMEMORY;
    c->connector.lpVtbl = &connector_table;
    c->refs = 1;
    c->endpoint = endpoint_of(iface);
    *out = &c->connector;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_subunit_count(IDeviceTopology *iface, UINT *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_subunit(IDeviceTopology *iface, UINT index, ISubUnit **out)
{
    (void)iface;
    (void)index;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    return E_INVALIDARG;
}

static HRESULT STDMETHODCALLTYPE get_part(IDeviceTopology *iface, UINT id, IPart **out)
{
    (void)iface;
    (void)id;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    return MMKI_E_NOT_FOUND;
}

static HRESULT STDMETHODCALLTYPE get_device_id(IDeviceTopology *iface, WCHAR **id)
{
    if (id == NULL)
        return E_POINTER;
    *id = mmki_task_text(endpoint_of(iface)->id);
    return *id != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE get_signal_path(IDeviceTopology *iface, IPart *from, IPart *to,
                                                 BOOL no_mix, IPartsList **out)
{
    (void)iface;
    (void)from;
    (void)to;
    (void)no_mix;
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    return MMKI_E_NOT_FOUND;
}

static const IDeviceTopologyVtbl table = {
    MMKI_UNKNOWN_TABLE(topology),  .GetConnectorCount = get_connector_count,
    .GetConnector = get_connector, .GetSubunitCount = get_subunit_count,
    .GetSubunit = get_subunit,     .GetPartById = get_part,
    .GetDeviceId = get_device_id,  .GetSignalPath = get_signal_path,
};

HRESULT mmki_topology_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    return make(endpoint, &table, iid, out);
}
