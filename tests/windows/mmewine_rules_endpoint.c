/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Rules of what an endpoint has beside streams: volume with its callbacks, meter, topology,
 * properties; and of the sessions' events. */
#include "mmewine_rules.h"

#include <stdio.h>

#include <functiondiscoverykeys_devpkey.h>

/* mingw's headers name the interface and leave it empty */
static const IID meter_iid = {
    0xc02216f6, 0x8c67, 0x4b5b, {0x9d, 0x00, 0xd0, 0x08, 0xe7, 0x3e, 0x00, 0x64}};
struct meter;
struct meter_table {
    HRESULT(STDMETHODCALLTYPE *query)(struct meter *meter, REFIID iid, void **out);
    ULONG(STDMETHODCALLTYPE *add_ref)(struct meter *meter);
    ULONG(STDMETHODCALLTYPE *release)(struct meter *meter);
    HRESULT(STDMETHODCALLTYPE *get_peak)(struct meter *meter, float *peak);
    HRESULT(STDMETHODCALLTYPE *get_count)(struct meter *meter, UINT *n);
    HRESULT(STDMETHODCALLTYPE *get_peaks)(struct meter *meter, UINT32 n, float *peaks);
    HRESULT(STDMETHODCALLTYPE *query_hardware)(struct meter *meter, DWORD *mask);
};
struct meter {
    const struct meter_table *table;
};

static const GUID context = {0x600dcafe, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static void *activate(EDataFlow flow, REFIID iid, const char *rule)
{
    void *out = NULL;
    IMMDevice *device = device_of(flow);
    is_ok(IMMDevice_Activate(device, iid, CLSCTX_INPROC_SERVER, NULL, &out), S_OK, rule);
    IMMDevice_Release(device);
    return out;
}

static bool near_to(float a, float b)
{
    return fabsf(a - b) < 1e-3f;
}

/* ------------------------------------------------------------------ volume */

static struct {
    AUDIO_VOLUME_NOTIFICATION_DATA data;
    float channel[8];
    unsigned n;
    LONG refs;
} told;

static HRESULT STDMETHODCALLTYPE query(IAudioEndpointVolumeCallback *iface, REFIID iid, void **out)
{
    (void)iid;
    *out = iface;
    told.refs++;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add_ref(IAudioEndpointVolumeCallback *iface)
{
    (void)iface;
    return (ULONG)InterlockedIncrement(&told.refs);
}

static ULONG STDMETHODCALLTYPE release(IAudioEndpointVolumeCallback *iface)
{
    (void)iface;
    return (ULONG)InterlockedDecrement(&told.refs);
}

static HRESULT STDMETHODCALLTYPE on_notify(IAudioEndpointVolumeCallback *iface,
                                           AUDIO_VOLUME_NOTIFICATION_DATA *data)
{
    (void)iface;
    told.data = *data;
    for (UINT c = 0; c < data->nChannels && c < 8; c++)
        told.channel[c] = data->afChannelVolumes[c];
    told.n++;
    return S_OK;
}

static const IAudioEndpointVolumeCallbackVtbl callback_table = {query, add_ref, release, on_notify};
static IAudioEndpointVolumeCallback callback = {&callback_table};

/* A callback may come late, and comes on another thread then. */
static bool was_told(unsigned n)
{
    for (unsigned i = 0; i < 200 && told.n < n; i++)
        Sleep(5);
    return told.n == n;
}

static void test_callbacks(IAudioEndpointVolume *v, IAudioEndpointVolume *other)
{
    told.n = 0;
    told.refs = 1;
    is_ok(IAudioEndpointVolume_UnregisterControlChangeNotify(v, NULL), E_POINTER,
          "UnregisterControlChangeNotify: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_RegisterControlChangeNotify(v, &callback), S_OK,
          "RegisterControlChangeNotify");
    check(told.refs == 2, "RegisterControlChangeNotify counts a reference (%ld)", told.refs);
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 0.5f, &context);
    check(was_told(1), "OnNotify after SetMasterVolumeLevelScalar");
    check(IsEqualGUID(&told.data.guidEventContext, &context),
          "OnNotify: guidEventContext is the caller's");
    check(near_to(told.data.fMasterVolume, 0.5f), "OnNotify: fMasterVolume is the new level");
    check(!told.data.bMuted, "OnNotify: bMuted is the state");
    UINT n = 0;
    IAudioEndpointVolume_GetChannelCount(v, &n);
    check(told.data.nChannels == n, "OnNotify: nChannels is the channel count");
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 0.25f, NULL);
    check(was_told(2) && IsEqualGUID(&told.data.guidEventContext, &GUID_NULL),
          "OnNotify: a context of NULL is GUID_NULL");
    IAudioEndpointVolume_SetMute(v, TRUE, &context);
    check(was_told(3) && told.data.bMuted, "OnNotify after SetMute");
    IAudioEndpointVolume_SetMute(v, TRUE, &context);
    Sleep(50);
    check(told.n == 3, "OnNotify does not come when SetMute changes nothing");
    IAudioEndpointVolume_SetMute(v, FALSE, &context);
    IAudioEndpointVolume_SetChannelVolumeLevelScalar(v, 0, 0.125f, &context);
    check(was_told(5) && near_to(told.channel[0], 0.125f),
          "OnNotify after SetChannelVolumeLevelScalar has the channel's level");
    IAudioEndpointVolume_SetChannelVolumeLevelScalar(v, 0, 1.0f, NULL);
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(other, 0.75f, &context);
    check(was_told(7) && near_to(told.data.fMasterVolume, 0.75f),
          "OnNotify: changes by another object of the endpoint are told too");
    IAudioEndpointVolume_VolumeStepDown(other, &context);
    check(was_told(8) && told.data.fMasterVolume < 0.75f, "OnNotify after VolumeStepDown");
    IAudioEndpointVolume_VolumeStepUp(other, &context);
    check(was_told(9) && told.data.fMasterVolume > 0.73f, "OnNotify after VolumeStepUp");
    IAudioEndpointVolume_SetMasterVolumeLevel(other, -12.0f, &context);
    check(was_told(10) && near_to(told.data.fMasterVolume, powf(10.0f, -12.0f / 20.0f)),
          "OnNotify after SetMasterVolumeLevel has the level as a scalar");
    is_ok(IAudioEndpointVolume_UnregisterControlChangeNotify(v, &callback), S_OK,
          "UnregisterControlChangeNotify");
    check(told.refs == 1, "UnregisterControlChangeNotify gives it back (%ld)", told.refs);
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 1.0f, &context);
    Sleep(50);
    check(told.n == 10, "OnNotify comes no more then");
}

static void test_null_volume(IAudioEndpointVolume *v)
{
    float level = 0;
    UINT n = 0;
    is_ok(IAudioEndpointVolume_GetMasterVolumeLevel(v, NULL), E_POINTER,
          "GetMasterVolumeLevel: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetMasterVolumeLevelScalar(v, NULL), E_POINTER,
          "GetMasterVolumeLevelScalar: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetChannelVolumeLevel(v, 0, NULL), E_POINTER,
          "GetChannelVolumeLevel: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetChannelVolumeLevelScalar(v, 0, NULL), E_POINTER,
          "GetChannelVolumeLevelScalar: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetVolumeStepInfo(v, NULL, &n), E_POINTER,
          "GetVolumeStepInfo: step NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetVolumeStepInfo(v, &n, NULL), E_POINTER,
          "GetVolumeStepInfo: count NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_QueryHardwareSupport(v, NULL), E_POINTER,
          "QueryHardwareSupport: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetVolumeRange(v, NULL, &level, &level), E_POINTER,
          "GetVolumeRange: minimum NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetVolumeRange(v, &level, &level, NULL), E_POINTER,
          "GetVolumeRange: increment NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, -0.1f, NULL), E_INVALIDARG,
          "SetMasterVolumeLevelScalar: below 0 is E_INVALIDARG");
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevelScalar(v, 0, 1.1f, NULL), E_INVALIDARG,
          "SetChannelVolumeLevelScalar: above 1 is E_INVALIDARG");
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevelScalar(v, 0, -0.1f, NULL), E_INVALIDARG,
          "SetChannelVolumeLevelScalar: below 0 is E_INVALIDARG");
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevel(v, 0, 1000.0f, NULL), E_INVALIDARG,
          "SetChannelVolumeLevel: above the range is E_INVALIDARG");
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevel(v, 0, -1000.0f, NULL), E_INVALIDARG,
          "SetChannelVolumeLevel: below the range is E_INVALIDARG");
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, nanf(""), NULL), E_INVALIDARG,
          "SetMasterVolumeLevelScalar: what is no number is E_INVALIDARG");
}

void test_volume_more(EDataFlow flow)
{
    IAudioEndpointVolumeEx *v =
        activate(flow, &IID_IAudioEndpointVolumeEx, "Activate(IAudioEndpointVolumeEx)");
    IAudioEndpointVolume *other =
        activate(flow, &IID_IAudioEndpointVolume, "Activate(IAudioEndpointVolume) beside it");
    IAudioEndpointVolume *plain = (IAudioEndpointVolume *)v;
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = client_of(flow);
    float low = 0, high = 0, step = 0, low2 = 1, high2 = 1, step2 = 1, level = 0, db = 1;
    UINT n = 0, at = 9, n_steps = 0;
    DWORD mask = 99;
    BOOL mute = TRUE;
    IAudioClient_GetMixFormat(client, &mix);
    IAudioEndpointVolume_GetChannelCount(plain, &n);
    check(n == mix->nChannels, "GetChannelCount is the endpoint's (%u)", n);
    test_null_volume(plain);
    IAudioEndpointVolume_GetVolumeRange(plain, &low, &high, &step);
    is_ok(IAudioEndpointVolumeEx_GetVolumeRangeChannel(v, 0, &low2, &high2, &step2), S_OK,
          "GetVolumeRangeChannel");
    check(near_to(low, low2) && near_to(high, high2) && near_to(step, step2),
          "GetVolumeRangeChannel is that of the endpoint where all is done in software");
    is_ok(IAudioEndpointVolumeEx_GetVolumeRangeChannel(v, n, &low2, &high2, &step2), E_INVALIDARG,
          "GetVolumeRangeChannel: no such channel");
    is_ok(IAudioEndpointVolumeEx_GetVolumeRangeChannel(v, 0, NULL, &high2, &step2), E_POINTER,
          "GetVolumeRangeChannel: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_QueryHardwareSupport(plain, &mask), S_OK, "QueryHardwareSupport");
    check(mask == 0, "QueryHardwareSupport: a virtual device has none (%lu)", mask);
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevel(plain, 0, -20.0f, NULL), S_OK,
          "SetChannelVolumeLevel");
    IAudioEndpointVolume_GetChannelVolumeLevel(plain, 0, &db);
    check(fabsf(db + 20.0f) < 0.01f, "GetChannelVolumeLevel tells it (%g)", (double)db);
    IAudioEndpointVolume_GetChannelVolumeLevelScalar(other, 0, &level);
    check(near_to(level, 0.1f), "-20 dB is a tenth of the amplitude (%g)", (double)level);
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(plain, &level);
    check(near_to(level, 1.0f), "a channel's level leaves the master level alone (%g)",
          (double)level);
    IAudioEndpointVolume_SetChannelVolumeLevelScalar(plain, 0, 1.0f, NULL);
    IAudioEndpointVolume_SetMute(plain, TRUE, NULL);
    IAudioEndpointVolume_GetMute(other, &mute);
    check(mute, "GetMute of another object of the endpoint");
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(plain, &level);
    check(near_to(level, 1.0f), "SetMute leaves the level alone (%g)", (double)level);
    IAudioEndpointVolume_SetMute(plain, FALSE, NULL);
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(plain, 0.0f, NULL);
    IAudioEndpointVolume_GetMasterVolumeLevel(plain, &db);
    check(near_to(db, low), "0 is the bottom of the range (%g dB)", (double)db);
    IAudioEndpointVolume_GetVolumeStepInfo(plain, &at, &n_steps);
    check(at == 0, "GetVolumeStepInfo: the bottom is step 0 (%u)", at);
    is_ok(IAudioEndpointVolume_VolumeStepDown(plain, NULL), S_OK, "VolumeStepDown at the bottom");
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(plain, &level);
    check(near_to(level, 0.0f), "VolumeStepDown at the bottom changes nothing");
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(plain, 1.0f, NULL);
    is_ok(IAudioEndpointVolume_VolumeStepUp(plain, NULL), S_OK, "VolumeStepUp at the top");
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(plain, &level);
    check(near_to(level, 1.0f), "VolumeStepUp at the top changes nothing");
    for (UINT i = 0; i < n_steps; i++)
        IAudioEndpointVolume_VolumeStepDown(plain, NULL);
    IAudioEndpointVolume_GetVolumeStepInfo(plain, &at, &n_steps);
    check(at == 0, "as many steps down as there are end at the bottom (%u)", at);
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(plain, 1.0f, NULL);
    test_callbacks(plain, other);
    IAudioEndpointVolume_Release(other);
    check(IAudioEndpointVolumeEx_Release(v) == 0, "IAudioEndpointVolumeEx: the last Release is 0");
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}

/* ------------------------------------------------------------------ meter */

static float loudest(struct meter *meter, IAudioClient *client)
{
    float peak = 0, best = 0;
    UINT32 padding = 1;
    for (unsigned i = 0; i < 1000 && padding > 0; i++) {
        meter->table->get_peak(meter, &peak);
        best = peak > best ? peak : best;
        IAudioClient_GetCurrentPadding(client, &padding);
        Sleep(2);
    }
    return best;
}

void test_meter(void)
{
    struct meter *meter = activate(eRender, &meter_iid, "Activate(IAudioMeterInformation)");
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    float peak = 1, peaks[8] = {1, 1};
    UINT n = 0;
    DWORD mask = 7;
    void *out = NULL;
    BYTE *data = NULL;
    is_ok(meter->table->get_peak(meter, NULL), E_POINTER, "GetPeakValue: NULL is E_POINTER");
    is_ok(meter->table->get_peak(meter, &peak), S_OK, "GetPeakValue");
    check(near_to(peak, 0.0f), "GetPeakValue of silence is 0");
    is_ok(meter->table->get_count(meter, NULL), E_POINTER,
          "GetMeteringChannelCount: NULL is E_POINTER");
    is_ok(meter->table->get_count(meter, &n), S_OK, "GetMeteringChannelCount");
    check(n == mix->nChannels, "GetMeteringChannelCount is the endpoint's (%u)", n);
    is_ok(meter->table->get_peaks(meter, n, NULL), E_POINTER,
          "GetChannelsPeakValues: NULL is E_POINTER");
    is_ok(meter->table->get_peaks(meter, n + 1, peaks), E_INVALIDARG,
          "GetChannelsPeakValues: another count is E_INVALIDARG");
    is_ok(meter->table->get_peaks(meter, n, peaks), S_OK, "GetChannelsPeakValues");
    is_ok(meter->table->query_hardware(meter, NULL), E_POINTER,
          "IAudioMeterInformation::QueryHardwareSupport: NULL is E_POINTER");
    is_ok(meter->table->query_hardware(meter, &mask), S_OK,
          "IAudioMeterInformation::QueryHardwareSupport");
    check(mask == 0, "a software meter says so (%lu)", mask);
    IAudioClient_GetService(client, &IID_IAudioRenderClient, &out);
    IAudioRenderClient_GetBuffer((IAudioRenderClient *)out, mix->nSamplesPerSec / 5, &data);
    for (UINT32 i = 0; i < mix->nSamplesPerSec / 5 * mix->nChannels; i++)
        ((float *)(void *)data)[i] = i % 2 == 0 ? 0.5f : -0.5f;
    IAudioRenderClient_ReleaseBuffer((IAudioRenderClient *)out, mix->nSamplesPerSec / 5, 0);
    IAudioRenderClient_Release((IAudioRenderClient *)out);
    IAudioClient_Start(client);
    peak = loudest(meter, client);
    check(fabsf(peak - 0.5f) < 0.01f, "GetPeakValue is the peak of what plays (%g of 0.5)",
          (double)peak);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
    check(meter->table->release(meter) == 0, "IAudioMeterInformation: the last Release gives 0");
}

/* ------------------------------------------------------------------ topology, properties */

void test_topology(EDataFlow flow)
{
    IDeviceTopology *topology = activate(flow, &IID_IDeviceTopology, "Activate(IDeviceTopology)");
    IMMDevice *device = device_of(flow);
    IConnector *connector = NULL;
    ConnectorType type = Unknown_Connector;
    DataFlow way = flow == eRender ? Out : In;
    UINT n = 9;
    BOOL connected = TRUE;
    WCHAR *id = NULL, *own = NULL;
    ISubUnit *unit = (ISubUnit *)(uintptr_t)1;
    IPart *part = NULL;
    is_ok(IDeviceTopology_GetConnectorCount(topology, NULL), E_POINTER,
          "GetConnectorCount: NULL is E_POINTER");
    is_ok(IDeviceTopology_GetConnector(topology, 0, NULL), E_POINTER,
          "GetConnector: NULL is E_POINTER");
    is_ok(IDeviceTopology_GetConnector(topology, 1, &connector), E_INVALIDARG,
          "GetConnector: no such connector");
    is_ok(IDeviceTopology_GetConnector(topology, 0, &connector), S_OK, "GetConnector");
    is_ok(IConnector_GetType(connector, NULL), E_POINTER, "GetType: NULL is E_POINTER");
    is_ok(IConnector_GetType(connector, &type), S_OK, "GetType of a connector");
    check(type == Software_IO, "an endpoint's connector is Software_IO (%d)", (int)type);
    is_ok(IConnector_GetDataFlow(connector, NULL), E_POINTER,
          "IConnector::GetDataFlow: NULL is E_POINTER");
    is_ok(IConnector_GetDataFlow(connector, &way), S_OK, "IConnector::GetDataFlow");
    check(way == (flow == eRender ? In : Out), "IConnector::GetDataFlow is the endpoint's");
    is_ok(IConnector_IsConnected(connector, NULL), E_POINTER, "IsConnected: NULL is E_POINTER");
    is_ok(IConnector_IsConnected(connector, &connected), S_OK, "IsConnected");
    check(!connected, "no adapter stands behind a virtual device");
    is_ok(IConnector_GetConnectedTo(connector, NULL), E_POINTER,
          "GetConnectedTo: NULL is E_POINTER");
    is_ok(IConnector_GetDeviceIdConnectedTo(connector, NULL), E_POINTER,
          "GetDeviceIdConnectedTo: NULL is E_POINTER");
    is_ok(IConnector_GetDeviceIdConnectedTo(connector, &id), NOT_FOUND,
          "GetDeviceIdConnectedTo: not connected");
    check(IConnector_Release(connector) == 0, "IConnector: the last Release gives 0");
    is_ok(IDeviceTopology_GetSubunitCount(topology, NULL), E_POINTER,
          "GetSubunitCount: NULL is E_POINTER");
    is_ok(IDeviceTopology_GetSubunitCount(topology, &n), S_OK, "GetSubunitCount");
    check(n == 0, "an endpoint has no subunits (%u)", n);
    is_ok(IDeviceTopology_GetSubunit(topology, 0, &unit), E_INVALIDARG,
          "GetSubunit: there is none");
    check(unit == NULL, "... and the out pointer is NULL");
    is_ok(IDeviceTopology_GetPartById(topology, 7, NULL), E_POINTER,
          "GetPartById: NULL is E_POINTER");
    is_ok(IDeviceTopology_GetPartById(topology, 7, &part), NOT_FOUND, "GetPartById: no such part");
    is_ok(IDeviceTopology_GetDeviceId(topology, NULL), E_POINTER, "GetDeviceId: NULL is E_POINTER");
    is_ok(IDeviceTopology_GetDeviceId(topology, &id), S_OK, "GetDeviceId");
    IMMDevice_GetId(device, &own);
    check(id != NULL && wcscmp(id, own) == 0, "GetDeviceId is the endpoint's id");
    CoTaskMemFree(id);
    CoTaskMemFree(own);
    check(IDeviceTopology_Release(topology) == 0, "IDeviceTopology: the last Release gives 0");
    IMMDevice_Release(device);
}

void test_properties_more(EDataFlow flow)
{
    IMMDevice *device = device_of(flow);
    IPropertyStore *store = NULL;
    PROPVARIANT name, description, interface_name, value;
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = client_of(flow);
    WCHAR both[400];
    IAudioClient_GetMixFormat(client, &mix);
    is_ok(IMMDevice_OpenPropertyStore(device, STGM_WRITE, &store), E_ACCESSDENIED,
          "OpenPropertyStore: to write, only for administrators' tools");
    check(store == NULL, "... and the out pointer is NULL");
    IMMDevice_OpenPropertyStore(device, STGM_READ, &store);
    is_ok(IPropertyStore_GetAt(store, 0, NULL), E_POINTER, "GetAt: NULL is E_POINTER");
    IPropertyStore_GetValue(store, &PKEY_Device_FriendlyName, &name);
    IPropertyStore_GetValue(store, &PKEY_Device_DeviceDesc, &description);
    IPropertyStore_GetValue(store, &PKEY_DeviceInterface_FriendlyName, &interface_name);
    check(description.vt == VT_LPWSTR, "PKEY_Device_DeviceDesc is a text");
    check(interface_name.vt == VT_LPWSTR, "PKEY_DeviceInterface_FriendlyName is a text");
    _snwprintf(both, 400, L"%s (%s)", description.pwszVal, interface_name.pwszVal);
    check(wcscmp(name.pwszVal, both) == 0,
          "the friendly name is the description and the adapter's name: \"%ls\"", name.pwszVal);
    is_ok(IPropertyStore_SetValue(store, NULL, &name), E_POINTER,
          "SetValue: key NULL is E_POINTER");
    is_ok(IPropertyStore_SetValue(store, &PKEY_Device_FriendlyName, &name), STG_E_ACCESSDENIED,
          "SetValue of a store that was opened to read is STG_E_ACCESSDENIED");
    is_ok(IPropertyStore_Commit(store), STG_E_ACCESSDENIED,
          "Commit of a store that was opened to read is STG_E_ACCESSDENIED");
    PropVariantClear(&name);
    PropVariantClear(&description);
    PropVariantClear(&interface_name);
    IPropertyStore_GetValue(store, &PKEY_AudioEngine_DeviceFormat, &value);
    const WAVEFORMATEX *format = (const WAVEFORMATEX *)(const void *)value.blob.pBlobData;
    check(format->nSamplesPerSec == mix->nSamplesPerSec && format->nChannels == mix->nChannels,
          "PKEY_AudioEngine_DeviceFormat has the mix format's rate and channels");
    check(value.blob.cbSize == sizeof *format + format->cbSize,
          "PKEY_AudioEngine_DeviceFormat: the blob is as long as the format says");
    PropVariantClear(&value);
    IPropertyStore_GetValue(store, &PKEY_AudioEndpoint_PhysicalSpeakers, &value);
    if (flow == eRender)
        check(value.vt == VT_UI4 && value.ulVal != 0,
              "PKEY_AudioEndpoint_PhysicalSpeakers of an output is a channel mask");
    IPropertyStore_GetValue(store, &PKEY_AudioEndpoint_Supports_EventDriven_Mode, &value);
    check(value.vt == VT_UI4 && value.ulVal == 1,
          "PKEY_AudioEndpoint_Supports_EventDriven_Mode is 1");
    IPropertyStore_GetValue(store, &PKEY_AudioEndpoint_FormFactor, &value);
    check(value.ulVal == (flow == eRender ? (ULONG)Speakers : (ULONG)LineLevel),
          "PKEY_AudioEndpoint_FormFactor is of the endpoint's kind (%lu)", value.ulVal);
    check(IPropertyStore_Release(store) == 0, "IPropertyStore: the last Release gives 0");
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
    IMMDevice_Release(device);
}
