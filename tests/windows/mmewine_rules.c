/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The rules of the Core Audio documents, one assertion each, asked of the default endpoints: what
 * calls answer, in which order they may come, who keeps whom alive. Sound itself is
 * mmewine_wasapi's. Here: devices and endpoints.
 *
 *   mmewine_rules
 */
#include <initguid.h>

#include "mmewine_rules.h"

#include <functiondiscoverykeys_devpkey.h>

IMMDeviceEnumerator *enumerator;

IMMDevice *device_of(EDataFlow flow)
{
    IMMDevice *device = NULL;
    is_ok(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, flow, eMultimedia, &device), S_OK,
          "GetDefaultAudioEndpoint finds one");
    return device;
}

IAudioClient *client_of(EDataFlow flow)
{
    void *client = NULL;
    IMMDevice *device = device_of(flow);
    is_ok(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &client), S_OK,
          "Activate(IAudioClient)");
    IMMDevice_Release(device);
    return client;
}

WAVEFORMATEX pcm(WORD channels, DWORD rate, WORD bits)
{
    const WORD align = (WORD)(channels * bits / 8);
    return (WAVEFORMATEX){.wFormatTag = WAVE_FORMAT_PCM,
                          .nChannels = channels,
                          .nSamplesPerSec = rate,
                          .nAvgBytesPerSec = rate * align,
                          .nBlockAlign = align,
                          .wBitsPerSample = bits};
}

/* A client initialised in shared mode with the mix format. */
IAudioClient *ready(EDataFlow flow, DWORD flags, WAVEFORMATEX **mix)
{
    IAudioClient *client = client_of(flow);
    is_ok(IAudioClient_GetMixFormat(client, mix), S_OK, "GetMixFormat");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, flags, 5000000, 0, *mix, NULL),
          S_OK, "Initialize: the mix format is always supported in shared mode");
    return client;
}

/* ------------------------------------------------------------------ devices */

static void test_enumerator(void)
{
    IMMDeviceCollection *all = NULL;
    IMMDevice *device = NULL;
    UINT n = 0;
    is_ok(IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eRender, DEVICE_STATE_ACTIVE, NULL),
          E_POINTER, "EnumAudioEndpoints: ppDevices NULL is E_POINTER");
    is_ok(IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, EDataFlow_enum_count,
                                                 DEVICE_STATE_ACTIVE, &all),
          E_INVALIDARG, "EnumAudioEndpoints: dataFlow out of range is E_INVALIDARG");
    check(all == NULL, "... and the out pointer is NULL");
    is_ok(IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eAll, 0x10, &all), E_INVALIDARG,
          "EnumAudioEndpoints: an unknown state bit is E_INVALIDARG");
    is_ok(IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eAll, DEVICE_STATEMASK_ALL, &all),
          S_OK, "EnumAudioEndpoints: all flows, all states");
    is_ok(IMMDeviceCollection_GetCount(all, NULL), E_POINTER, "GetCount: NULL is E_POINTER");
    is_ok(IMMDeviceCollection_GetCount(all, &n), S_OK, "GetCount");
    check(n >= 2, "there are an output and an input (%u)", n);
    is_ok(IMMDeviceCollection_Item(all, 0, NULL), E_POINTER, "Item: NULL is E_POINTER");
    device = (IMMDevice *)(uintptr_t)1;
    is_ok(IMMDeviceCollection_Item(all, n, &device), E_INVALIDARG,
          "Item: an index beyond the last is E_INVALIDARG");
    check(device == NULL, "... and the out pointer is NULL");
    for (UINT i = 0; i < n; i++) {
        is_ok(IMMDeviceCollection_Item(all, i, &device), S_OK, "Item: each can be had");
        IMMDevice_Release(device);
    }
    check(IMMDeviceCollection_Release(all) == 0, "the collection's last Release gives 0");
    is_ok(IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eAll, DEVICE_STATE_UNPLUGGED, &all),
          S_OK, "EnumAudioEndpoints of unplugged ones");
    IMMDeviceCollection_GetCount(all, &n);
    check(n == 0, "no virtual device is unplugged (%u)", n);
    IMMDeviceCollection_Release(all);
}

static void test_default(void)
{
    static const ERole roles[] = {eConsole, eMultimedia, eCommunications};
    IMMDevice *first = NULL, *device = NULL;
    is_ok(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, NULL),
          E_POINTER, "GetDefaultAudioEndpoint: NULL is E_POINTER");
    is_ok(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eAll, eConsole, &device),
          E_INVALIDARG, "GetDefaultAudioEndpoint: eAll is E_INVALIDARG");
    is_ok(
        IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, ERole_enum_count, &device),
        E_INVALIDARG, "GetDefaultAudioEndpoint: a role out of range is E_INVALIDARG");
    for (unsigned flow = 0; flow < 2; flow++) {
        for (unsigned r = 0; r < 3; r++) {
            is_ok(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, (EDataFlow)flow, roles[r],
                                                              &device),
                  S_OK, "GetDefaultAudioEndpoint: every role has one");
            if (r == 0)
                first = device;
            check(device == first, "the default device is one object, whatever role");
            if (r > 0)
                IMMDevice_Release(device);
        }
        IMMDevice_Release(first);
    }
}

static void test_ids(EDataFlow flow)
{
    WCHAR *id = NULL, *again = NULL;
    IMMDevice *device = device_of(flow), *found = NULL;
    void *out = NULL;
    EDataFlow told = EDataFlow_enum_count;
    DWORD state = 0;
    is_ok(IMMDevice_GetId(device, NULL), E_POINTER, "GetId: NULL is E_POINTER");
    is_ok(IMMDevice_GetId(device, &id), S_OK, "GetId");
    check(wcsncmp(id, flow == eRender ? L"{0.0.0.00000000}." : L"{0.0.1.00000000}.", 17) == 0,
          "an endpoint's id begins with its flow");
    is_ok(IMMDeviceEnumerator_GetDevice(enumerator, NULL, &found), E_POINTER,
          "GetDevice: id NULL is E_POINTER");
    is_ok(IMMDeviceEnumerator_GetDevice(enumerator, id, NULL), E_POINTER,
          "GetDevice: out NULL is E_POINTER");
    is_ok(IMMDeviceEnumerator_GetDevice(enumerator, L"not a device", &found), E_INVALIDARG,
          "GetDevice: an unknown id is E_INVALIDARG");
    check(found == NULL, "... and the out pointer is NULL");
    is_ok(IMMDeviceEnumerator_GetDevice(enumerator, id, &found), S_OK, "GetDevice by its id");
    is_ok(IMMDevice_GetId(found, &again), S_OK, "GetId of the found device");
    check(wcscmp(id, again) == 0, "it is the same device");
    IMMDevice_Release(found);
    CoTaskMemFree(id);
    CoTaskMemFree(again);
    is_ok(IMMDevice_GetState(device, NULL), E_POINTER, "GetState: NULL is E_POINTER");
    is_ok(IMMDevice_GetState(device, &state), S_OK, "GetState");
    check(state == DEVICE_STATE_ACTIVE, "the default device is active (%lu)", state);
    is_ok(IMMDevice_QueryInterface(device, &IID_IMMEndpoint, &out), S_OK,
          "a device is an IMMEndpoint");
    is_ok(IMMEndpoint_GetDataFlow((IMMEndpoint *)out, NULL), E_POINTER,
          "GetDataFlow: NULL is E_POINTER");
    is_ok(IMMEndpoint_GetDataFlow((IMMEndpoint *)out, &told), S_OK, "GetDataFlow");
    check(told == flow, "GetDataFlow tells the flow it was found by (%d)", (int)told);
    IMMEndpoint_Release((IMMEndpoint *)out);
    is_ok(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, NULL),
          E_POINTER, "Activate: NULL is E_POINTER");
    is_ok(IMMDevice_Activate(device, &IID_NULL, CLSCTX_INPROC_SERVER, NULL, &out), E_NOINTERFACE,
          "Activate: an unknown interface is E_NOINTERFACE");
    check(out == NULL, "... and the out pointer is NULL");
    IMMDevice_Release(device);
}

static void test_properties(EDataFlow flow)
{
    IMMDevice *device = device_of(flow);
    IPropertyStore *store = NULL;
    PROPVARIANT value;
    PROPERTYKEY key;
    DWORD n = 0;
    is_ok(IMMDevice_OpenPropertyStore(device, STGM_READ, NULL), E_POINTER,
          "OpenPropertyStore: NULL is E_POINTER");
    is_ok(IMMDevice_OpenPropertyStore(device, 3, &store), E_INVALIDARG,
          "OpenPropertyStore: an unknown access is E_INVALIDARG");
    is_ok(IMMDevice_OpenPropertyStore(device, STGM_READ, &store), S_OK, "OpenPropertyStore");
    is_ok(IPropertyStore_GetCount(store, NULL), E_POINTER, "GetCount: NULL is E_POINTER");
    is_ok(IPropertyStore_GetCount(store, &n), S_OK, "GetCount");
    for (DWORD i = 0; i < n; i++) {
        is_ok(IPropertyStore_GetAt(store, i, &key), S_OK, "GetAt: each has a key");
        is_ok(IPropertyStore_GetValue(store, &key, &value), S_OK, "GetValue: ... and a value");
        PropVariantClear(&value);
    }
    is_ok(IPropertyStore_GetAt(store, n, &key), E_INVALIDARG,
          "GetAt: an index beyond the last is E_INVALIDARG");
    is_ok(IPropertyStore_GetValue(store, NULL, &value), E_POINTER,
          "GetValue: key NULL is E_POINTER");
    is_ok(IPropertyStore_GetValue(store, &PKEY_Device_FriendlyName, NULL), E_POINTER,
          "GetValue: value NULL is E_POINTER");
    IPropertyStore_GetValue(store, &PKEY_Device_FriendlyName, &value);
    check(value.vt == VT_LPWSTR && value.pwszVal != NULL && value.pwszVal[0] != 0,
          "PKEY_Device_FriendlyName is a text");
    PropVariantClear(&value);
    IPropertyStore_GetValue(store, &PKEY_AudioEndpoint_GUID, &value);
    check(value.vt == VT_LPWSTR && wcslen(value.pwszVal) == 38 && value.pwszVal[0] == L'{',
          "PKEY_AudioEndpoint_GUID is a GUID as text");
    PropVariantClear(&value);
    IPropertyStore_GetValue(store, &PKEY_AudioEndpoint_FormFactor, &value);
    check(value.vt == VT_UI4, "PKEY_AudioEndpoint_FormFactor is VT_UI4");
    IPropertyStore_GetValue(store, &PKEY_AudioEngine_DeviceFormat, &value);
    check(value.vt == VT_BLOB && value.blob.cbSize >= sizeof(WAVEFORMATEX),
          "PKEY_AudioEngine_DeviceFormat is a WAVEFORMATEX in a blob");
    PropVariantClear(&value);
    key = PKEY_Device_FriendlyName;
    key.pid = 9999;
    is_ok(IPropertyStore_GetValue(store, &key, &value), S_OK,
          "GetValue: a property that is not there is no error");
    check(value.vt == VT_EMPTY, "... but VT_EMPTY");
    IPropertyStore_Release(store);
    IMMDevice_Release(device);
}

/* ------------------------------------------------------------------ endpoint */

static void test_endpoint_volume(EDataFlow flow)
{
    IMMDevice *device = device_of(flow);
    void *out = NULL;
    float low = 0, high = 0, step = 0, db = 1, level = 0;
    UINT n = 0, at = 0, steps = 0;
    BOOL mute = TRUE;
    is_ok(IMMDevice_Activate(device, &IID_IAudioEndpointVolume, CLSCTX_INPROC_SERVER, NULL, &out),
          S_OK, "Activate(IAudioEndpointVolume)");
    IAudioEndpointVolume *v = out;
    is_ok(IAudioEndpointVolume_GetVolumeRange(v, &low, NULL, NULL), E_POINTER,
          "GetVolumeRange: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetVolumeRange(v, &low, &high, &step), S_OK, "GetVolumeRange");
    check(low < high && step > 0, "the range is one (%g to %g by %g)", (double)low, (double)high,
          (double)step);
    is_ok(IAudioEndpointVolume_GetChannelCount(v, NULL), E_POINTER,
          "GetChannelCount: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetChannelCount(v, &n), S_OK, "GetChannelCount");
    check(n >= 1, "there are channels (%u)", n);
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevel(v, low - step, NULL), E_INVALIDARG,
          "SetMasterVolumeLevel: below the range");
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevel(v, high + step, NULL), E_INVALIDARG,
          "SetMasterVolumeLevel: above the range");
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevel(v, -6.0f, NULL), S_OK, "SetMasterVolumeLevel");
    is_ok(IAudioEndpointVolume_GetMasterVolumeLevel(v, &db), S_OK, "GetMasterVolumeLevel");
    check(fabsf(db + 6.0f) < 0.01f, "what was set is told (%g dB)", (double)db);
    is_ok(IAudioEndpointVolume_GetMasterVolumeLevelScalar(v, &level), S_OK,
          "GetMasterVolumeLevelScalar");
    check(level > 0 && level < 1, "the same in the other scale (%g)", (double)level);
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 1.5f, NULL), E_INVALIDARG,
          "SetMasterVolumeLevelScalar: above 1");
    is_ok(IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 1.0f, NULL), S_OK,
          "SetMasterVolumeLevelScalar");
    IAudioEndpointVolume_GetMasterVolumeLevel(v, &db);
    check(db >= high && db <= high, "1 is the top of the range (%g dB)", (double)db);
    is_ok(IAudioEndpointVolume_SetChannelVolumeLevelScalar(v, n, 1.0f, NULL), E_INVALIDARG,
          "SetChannelVolumeLevelScalar: no such channel");
    is_ok(IAudioEndpointVolume_GetChannelVolumeLevelScalar(v, n, &level), E_INVALIDARG,
          "GetChannelVolumeLevelScalar: no such channel");
    is_ok(IAudioEndpointVolume_GetMute(v, NULL), E_POINTER, "GetMute: NULL is E_POINTER");
    is_ok(IAudioEndpointVolume_GetMute(v, &mute), S_OK, "GetMute");
    is_ok(IAudioEndpointVolume_SetMute(v, !mute, NULL), S_OK, "SetMute of another state is S_OK");
    is_ok(IAudioEndpointVolume_SetMute(v, !mute, NULL), S_FALSE,
          "SetMute of the present state is S_FALSE");
    IAudioEndpointVolume_SetMute(v, mute, NULL);
    is_ok(IAudioEndpointVolume_GetVolumeStepInfo(v, &at, &steps), S_OK, "GetVolumeStepInfo");
    check(steps > 1 && at == steps - 1, "the volume stands on the last step (%u of %u)", at, steps);
    is_ok(IAudioEndpointVolume_VolumeStepDown(v, NULL), S_OK, "VolumeStepDown");
    IAudioEndpointVolume_GetVolumeStepInfo(v, &at, &steps);
    check(at == steps - 2, "one step down (%u)", at);
    is_ok(IAudioEndpointVolume_VolumeStepUp(v, NULL), S_OK, "VolumeStepUp");
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(v, &level);
    check(level >= 1.0f && level <= 1.0f, "and up again (%g)", (double)level);
    is_ok(IAudioEndpointVolume_RegisterControlChangeNotify(v, NULL), E_POINTER,
          "RegisterControlChangeNotify: NULL is E_POINTER");
    check(IAudioEndpointVolume_Release(v) == 0, "the last Release gives 0");
    is_ok(IMMDevice_Activate(device, &IID_IDeviceTopology, CLSCTX_INPROC_SERVER, NULL, &out), S_OK,
          "Activate(IDeviceTopology)");
    is_ok(IDeviceTopology_GetConnectorCount((IDeviceTopology *)out, &n), S_OK, "GetConnectorCount");
    check(n == 1, "an endpoint has one connector (%u)", n);
    IDeviceTopology_Release((IDeviceTopology *)out);
    IMMDevice_Release(device);
}

int main(void)
{
    void *out = NULL;
    is_ok(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK, "CoInitializeEx");
    if (!is_ok(CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                                &IID_IMMDeviceEnumerator, &out),
               S_OK, "CoCreateInstance(MMDeviceEnumerator)"))
        return finish("mmewine_rules");
    enumerator = out;
    IMMDeviceEnumerator_AddRef(enumerator);
    const ULONG n_refs = IMMDeviceEnumerator_Release(enumerator);
    test_enumerator();
    test_default();
    for (unsigned flow = 0; flow < 2; flow++) {
        test_ids((EDataFlow)flow);
        test_properties((EDataFlow)flow);
        test_uninitialized((EDataFlow)flow);
        test_formats((EDataFlow)flow);
        test_initialize((EDataFlow)flow);
        test_endpoint_volume((EDataFlow)flow);
        test_client2((EDataFlow)flow);
        test_flags((EDataFlow)flow);
        test_exclusive((EDataFlow)flow);
        test_volume_more((EDataFlow)flow);
        test_topology((EDataFlow)flow);
        test_properties_more((EDataFlow)flow);
    }
    test_client3();
    test_flow();
    test_packets();
    test_loopback();
    test_meter();
    test_session_events();
    test_session_identity();
    test_manager_notifications();
    test_exclusion();
    test_render();
    test_capture();
    test_clock();
    test_stream_volume();
    test_session();
    test_session_manager();
    check(IMMDeviceEnumerator_Release(enumerator) == n_refs - 1, "nothing keeps the enumerator");
    /* these keep it as long as the process lives */
    test_wave_out();
    test_wave_in();
    test_mixer();
    test_direct_sound();
    test_direct_capture();
    return finish("mmewine_rules");
}
