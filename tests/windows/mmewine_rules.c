/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The rules of the Core Audio documents, one assertion each, asked of the default endpoints: what
 * calls answer, in which order they may come, who keeps whom alive. Sound itself is
 * mmewine_wasapi's.
 *
 *   mmewine_rules
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include <initguid.h>

#include "mmewine_test.h"

#include <math.h>
#include <string.h>

#include <objbase.h>
#include <mmdeviceapi.h>
#include <audioclient.h>
#include <audiopolicy.h>
#include <endpointvolume.h>
#include <devicetopology.h>
#include <functiondiscoverykeys_devpkey.h>

#define NOT_FOUND HRESULT_FROM_WIN32(ERROR_NOT_FOUND)
#define NULL_REF  HRESULT_FROM_WIN32(RPC_X_NULL_REF_POINTER)

static bool is_ok(HRESULT hr, HRESULT wanted, const char *rule)
{
    return check(hr == wanted, "%s: %08lx (%08lx)", rule, (unsigned long)hr, (unsigned long)wanted);
}

static IMMDeviceEnumerator *enumerator;

static IMMDevice *device_of(EDataFlow flow)
{
    IMMDevice *device = NULL;
    is_ok(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, flow, eMultimedia, &device), S_OK,
          "GetDefaultAudioEndpoint finds one");
    return device;
}

static IAudioClient *client_of(EDataFlow flow)
{
    void *client = NULL;
    IMMDevice *device = device_of(flow);
    is_ok(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &client), S_OK,
          "Activate(IAudioClient)");
    IMMDevice_Release(device);
    return client;
}

static WAVEFORMATEX pcm(WORD channels, DWORD rate, WORD bits)
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
static IAudioClient *ready(EDataFlow flow, DWORD flags, WAVEFORMATEX **mix)
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

/* ------------------------------------------------------------------ the client */

static void test_uninitialized(EDataFlow flow)
{
    IAudioClient *client = client_of(flow);
    UINT32 n;
    REFERENCE_TIME time;
    void *out;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    const HRESULT wanted = AUDCLNT_E_NOT_INITIALIZED;
    is_ok(IAudioClient_GetBufferSize(client, &n), wanted, "GetBufferSize needs Initialize");
    is_ok(IAudioClient_GetStreamLatency(client, &time), wanted,
          "GetStreamLatency needs Initialize");
    is_ok(IAudioClient_GetCurrentPadding(client, &n), wanted, "GetCurrentPadding needs Initialize");
    is_ok(IAudioClient_Start(client), wanted, "Start needs Initialize");
    is_ok(IAudioClient_Stop(client), wanted, "Stop needs Initialize");
    is_ok(IAudioClient_Reset(client), wanted, "Reset needs Initialize");
    is_ok(IAudioClient_SetEventHandle(client, event), wanted, "SetEventHandle needs Initialize");
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, &out), wanted,
          "GetService needs Initialize");
    is_ok(IAudioClient_GetBufferSize(client, NULL), E_POINTER, "GetBufferSize: NULL is E_POINTER");
    is_ok(IAudioClient_GetStreamLatency(client, NULL), E_POINTER,
          "GetStreamLatency: NULL is E_POINTER");
    is_ok(IAudioClient_GetCurrentPadding(client, NULL), E_POINTER,
          "GetCurrentPadding: NULL is E_POINTER");
    is_ok(IAudioClient_GetMixFormat(client, NULL), E_POINTER, "GetMixFormat: NULL is E_POINTER");
    is_ok(IAudioClient_SetEventHandle(client, NULL), E_INVALIDARG,
          "SetEventHandle: NULL is E_INVALIDARG");
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, NULL), E_POINTER,
          "GetService: NULL is E_POINTER");
    is_ok(IAudioClient_QueryInterface(client, &IID_IUnknown, NULL), E_POINTER,
          "QueryInterface: NULL is E_POINTER");
    is_ok(IAudioClient_QueryInterface(client, &IID_IAudioRenderClient, &out), E_NOINTERFACE,
          "services are had by GetService, not by QueryInterface");
    is_ok(IAudioClient_QueryInterface(client, &IID_IMarshal, &out), S_OK,
          "a client may be given to another apartment");
    IUnknown_Release((IUnknown *)out);
    CloseHandle(event);
    check(IAudioClient_Release(client) == 0, "the last Release gives 0");
}

static void test_formats(EDataFlow flow)
{
    static const DWORD rates[] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
    IAudioClient *client = client_of(flow);
    WAVEFORMATEX *mix = NULL, *closest = NULL;
    WAVEFORMATEX format = pcm(2, 48000, 16);
    is_ok(IAudioClient_GetMixFormat(client, &mix), S_OK, "GetMixFormat");
    check(mix->wFormatTag == WAVE_FORMAT_EXTENSIBLE && mix->cbSize == 22,
          "the mix format is WAVEFORMATEXTENSIBLE");
    check(mix->nBlockAlign == mix->nChannels * mix->wBitsPerSample / 8 &&
              mix->nAvgBytesPerSec == mix->nSamplesPerSec * mix->nBlockAlign,
          "its fields agree");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, mix, NULL), E_POINTER,
          "IsFormatSupported: shared mode must be able to say the closest match");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, NULL, &closest),
          E_POINTER, "IsFormatSupported: format NULL is E_POINTER");
    is_ok(IAudioClient_IsFormatSupported(client, (AUDCLNT_SHAREMODE)7, mix, &closest), E_INVALIDARG,
          "IsFormatSupported: an unknown mode is E_INVALIDARG");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, mix, &closest), S_OK,
          "IsFormatSupported: the mix format is");
    check(closest == NULL, "... and there is no closer one");
    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (WORD bits = 8; bits <= 32; bits = (WORD)(bits + 8)) {
            format = pcm(2, rates[i], bits);
            const HRESULT hr =
                IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest);
            check(hr == S_OK && closest == NULL, "shared mode converts %lu Hz, %u bits: %08lx",
                  rates[i], bits, (unsigned long)hr);
        }
        is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_EXCLUSIVE, &format, NULL),
              S_OK, "exclusive mode takes any PCM; it needs no place for a closest match");
    }
    format = pcm(2, 48000, 16);
    format.nBlockAlign = 3;
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest),
          S_FALSE, "fields that contradict each other: S_FALSE and a closest match");
    check(closest != NULL && memcmp(closest, mix, sizeof *mix) == 0, "... which is the mix format");
    CoTaskMemFree(closest);
    format = pcm(1, 8000, 8);
    format.wFormatTag = WAVE_FORMAT_MULAW;
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "a codec's format is for the ACM");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, &format, NULL),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "Initialize refuses it too");
    CoTaskMemFree(mix);
    IAudioClient_Release(client);
}

static void test_initialize(EDataFlow flow)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = client_of(flow);
    REFERENCE_TIME standard = 0, minimum = 0, latency = 0;
    UINT32 n = 0;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IAudioClient_GetMixFormat(client, &mix);
    is_ok(IAudioClient_GetDevicePeriod(client, NULL, NULL), E_POINTER,
          "GetDevicePeriod: one of both must be asked");
    is_ok(IAudioClient_GetDevicePeriod(client, &standard, NULL), S_OK,
          "GetDevicePeriod: the first");
    is_ok(IAudioClient_GetDevicePeriod(client, NULL, &minimum), S_OK,
          "GetDevicePeriod: the second");
    check(minimum > 0 && minimum <= standard, "the shortest period is not longer than the usual");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, NULL, NULL),
          E_POINTER, "Initialize: format NULL is E_POINTER");
    is_ok(IAudioClient_Initialize(client, (AUDCLNT_SHAREMODE)3, 0, 5000000, 0, mix, NULL),
          E_INVALIDARG, "Initialize: an unknown mode is E_INVALIDARG");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0x1, 5000000, 0, mix, NULL),
          AUDCLNT_E_INVALID_STREAM_FLAG, "Initialize: an unknown flag is refused");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 5000000, 1, mix, NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD, "exclusive mode: no period below the shortest");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 5000000, 5000001, mix,
                                  NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD, "exclusive mode: no period above half a second");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE,
                                  AUDCLNT_STREAMFLAGS_EVENTCALLBACK, 200000, 100000, mix, NULL),
          AUDCLNT_E_BUFDURATION_PERIOD_NOT_EQUAL,
          "exclusive mode by events: duration and period must be equal");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 20000001, 100000, mix,
                                  NULL),
          AUDCLNT_E_BUFFER_SIZE_ERROR, "exclusive mode: at most 2 s");
    if (flow == eCapture)
        is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED,
                                      AUDCLNT_STREAMFLAGS_LOOPBACK, 5000000, 0, mix, NULL),
              AUDCLNT_E_WRONG_ENDPOINT_TYPE, "loopback is for rendering endpoints");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, NULL), S_OK,
          "Initialize, after all these");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, NULL),
          AUDCLNT_E_ALREADY_INITIALIZED, "Initialize: only once");
    is_ok(IAudioClient_GetBufferSize(client, &n), S_OK, "GetBufferSize");
    check(n == mix->nSamplesPerSec / 2, "the buffer is as long as asked: %u frames for 0.5 s", n);
    is_ok(IAudioClient_GetStreamLatency(client, &latency), S_OK, "GetStreamLatency");
    check(latency >= standard, "the latency holds at least a period");
    is_ok(IAudioClient_SetEventHandle(client, event), AUDCLNT_E_EVENTHANDLE_NOT_EXPECTED,
          "SetEventHandle: only for streams by events");
    is_ok(IAudioClient_Stop(client), S_FALSE, "Stop of a stopped stream is S_FALSE");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset of a stopped stream");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset again");
    is_ok(IAudioClient_Start(client), S_OK, "Start");
    is_ok(IAudioClient_Start(client), AUDCLNT_E_NOT_STOPPED, "Start of a running stream");
    is_ok(IAudioClient_Reset(client), AUDCLNT_E_NOT_STOPPED, "Reset of a running stream");
    is_ok(IAudioClient_Stop(client), S_OK, "Stop");
    check(IAudioClient_Release(client) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
    client = ready(flow, AUDCLNT_STREAMFLAGS_EVENTCALLBACK, &mix);
    is_ok(IAudioClient_Start(client), AUDCLNT_E_EVENTHANDLE_NOT_SET,
          "Start: the event comes first");
    is_ok(IAudioClient_SetEventHandle(client, event), S_OK, "SetEventHandle");
    is_ok(IAudioClient_SetEventHandle(client, event), HRESULT_FROM_WIN32(ERROR_INVALID_NAME),
          "SetEventHandle: only once");
    is_ok(IAudioClient_Start(client), S_OK, "Start");
    check(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0, "the event comes each period");
    IAudioClient_Stop(client);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
    CloseHandle(event);
}

static void test_exclusion(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *shared = ready(eRender, 0, &mix), *other = client_of(eRender);
    is_ok(
        IAudioClient_Initialize(other, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 1000000, 100000, mix, NULL),
        AUDCLNT_E_DEVICE_IN_USE, "exclusive mode while shared streams are open");
    IAudioClient_Release(shared);
    is_ok(
        IAudioClient_Initialize(other, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 1000000, 100000, mix, NULL),
        S_OK, "exclusive mode when they are closed");
    shared = client_of(eRender);
    is_ok(IAudioClient_Initialize(shared, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, NULL),
          AUDCLNT_E_DEVICE_IN_USE, "shared mode while an exclusive stream is open");
    IAudioClient_Release(other);
    is_ok(IAudioClient_Initialize(shared, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, NULL), S_OK,
          "shared mode when it is closed; a client that failed may try again");
    IAudioClient_Release(shared);
    CoTaskMemFree(mix);
}

/* ------------------------------------------------------------------ services */

static void test_render(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 0, padding = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out),
          AUDCLNT_E_WRONG_ENDPOINT_TYPE, "a rendering stream has no IAudioCaptureClient");
    is_ok(IAudioClient_GetService(client, &IID_IMMDevice, &out), E_NOINTERFACE,
          "GetService: no such service");
    is_ok(IAudioClient_GetService(client, &IID_IAudioClockAdjustment, &out), E_INVALIDARG,
          "IAudioClockAdjustment needs AUDCLNT_STREAMFLAGS_RATEADJUST");
    is_ok(IAudioClient_GetService(client, &IID_IAudioRenderClient, &out), S_OK,
          "GetService(IAudioRenderClient)");
    IAudioRenderClient *render = out;
    IAudioClient_GetBufferSize(client, &n);
    is_ok(IAudioRenderClient_GetBuffer(render, n, NULL), E_POINTER, "GetBuffer: NULL is E_POINTER");
    data = (BYTE *)(uintptr_t)1;
    is_ok(IAudioRenderClient_GetBuffer(render, n + 1, &data), AUDCLNT_E_BUFFER_TOO_LARGE,
          "GetBuffer: not more than the buffer");
    check(data == NULL, "... and the pointer is NULL");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 1, 0), AUDCLNT_E_OUT_OF_ORDER,
          "ReleaseBuffer before GetBuffer");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 0, 0), S_OK,
          "ReleaseBuffer of nothing is fine at any time");
    is_ok(IAudioRenderClient_GetBuffer(render, n / 2, &data), S_OK, "GetBuffer of half of it");
    is_ok(IAudioRenderClient_GetBuffer(render, n / 2, &data), AUDCLNT_E_OUT_OF_ORDER,
          "GetBuffer twice");
    is_ok(IAudioClient_Reset(client), AUDCLNT_E_BUFFER_OPERATION_PENDING,
          "Reset while a buffer is lent");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2 + 1, 0), AUDCLNT_E_INVALID_SIZE,
          "ReleaseBuffer of more than was lent");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2, 0x80), E_INVALIDARG,
          "ReleaseBuffer: an unknown flag");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2, AUDCLNT_BUFFERFLAGS_SILENT), S_OK,
          "ReleaseBuffer");
    is_ok(IAudioClient_GetCurrentPadding(client, &padding), S_OK, "GetCurrentPadding");
    check(padding == n / 2, "padding is what was released (%u of %u)", padding, n / 2);
    is_ok(IAudioRenderClient_GetBuffer(render, n - padding + 1, &data), AUDCLNT_E_BUFFER_TOO_LARGE,
          "GetBuffer: not more than is free");
    is_ok(IAudioRenderClient_GetBuffer(render, n - padding, &data), S_OK,
          "GetBuffer of all that is free");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 0, 0), S_OK, "ReleaseBuffer(0) gives it back");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset");
    IAudioClient_GetCurrentPadding(client, &padding);
    check(padding == 0, "Reset empties the buffer (%u)", padding);
    check(IAudioClient_Release(client) != 0, "the service keeps its client");
    check(IAudioRenderClient_Release(render) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
}

static void test_capture(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eCapture, 0, &mix);
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 9, packet = 0;
    DWORD flags = 0;
    UINT64 at = 0, time = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioRenderClient, &out),
          AUDCLNT_E_WRONG_ENDPOINT_TYPE, "a capturing stream has no IAudioRenderClient");
    is_ok(IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out), S_OK,
          "GetService(IAudioCaptureClient)");
    IAudioCaptureClient *capture = out;
    is_ok(IAudioCaptureClient_GetNextPacketSize(capture, NULL), E_POINTER,
          "GetNextPacketSize: NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetNextPacketSize(capture, &packet), S_OK, "GetNextPacketSize");
    check(packet == 0, "no packet before Start");
    is_ok(IAudioCaptureClient_GetBuffer(capture, NULL, &n, &flags, NULL, NULL), E_POINTER,
          "GetBuffer: data NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, NULL, &flags, NULL, NULL), E_POINTER,
          "GetBuffer: count NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, NULL, NULL, NULL), E_POINTER,
          "GetBuffer: flags NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, NULL, NULL),
          AUDCLNT_S_BUFFER_EMPTY, "GetBuffer of nothing is AUDCLNT_S_BUFFER_EMPTY");
    check(n == 0, "... and 0 frames");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 0), S_OK, "ReleaseBuffer(0) then is fine");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 1), AUDCLNT_E_OUT_OF_ORDER,
          "ReleaseBuffer before GetBuffer");
    IAudioClient_Start(client);
    for (unsigned i = 0; packet == 0 && i < 500; i++) {
        Sleep(10);
        IAudioCaptureClient_GetNextPacketSize(capture, &packet);
    }
    check(packet == mix->nSamplesPerSec / 100, "a packet is a period (%u)", packet);
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &at, &time), S_OK, "GetBuffer");
    check(n == packet, "it is the packet announced");
    check((flags & AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY) != 0, "the first is a discontinuity");
    check(at == 0, "it begins at position 0 (%u)", (unsigned)at);
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    const double seconds = (double)now.QuadPart / (double)frequency.QuadPart;
    check((double)time / 1e7 <= seconds && (double)time / 1e7 > seconds - 20,
          "its time is one of the performance counter, in 100 ns");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, NULL, NULL),
          AUDCLNT_E_OUT_OF_ORDER, "GetBuffer twice");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, n - 1), AUDCLNT_E_INVALID_SIZE,
          "ReleaseBuffer: the whole packet or nothing");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 0), S_OK, "ReleaseBuffer(0) keeps the packet");
    UINT64 again = 7;
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &again, NULL), S_OK,
          "GetBuffer after it");
    check(again == at && n == packet, "gives the same packet");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, n), S_OK, "ReleaseBuffer of all");
    IAudioClient_Stop(client);
    IAudioClient_Release(client);
    check(IAudioCaptureClient_Release(capture) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
}

static void test_clock(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    UINT64 frequency = 0, at = 1, time = 0;
    DWORD characteristics = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioClock, &out), S_OK, "GetService(IAudioClock)");
    IAudioClock *clock = out;
    is_ok(IAudioClock_GetFrequency(clock, NULL), E_POINTER, "GetFrequency: NULL is E_POINTER");
    is_ok(IAudioClock_GetFrequency(clock, &frequency), S_OK, "GetFrequency");
    check(frequency == (UINT64)mix->nSamplesPerSec * mix->nBlockAlign,
          "the clock of a shared stream counts bytes");
    is_ok(IAudioClock_GetPosition(clock, NULL, &time), E_POINTER, "GetPosition: NULL is E_POINTER");
    is_ok(IAudioClock_GetPosition(clock, &at, NULL), S_OK, "GetPosition without the time");
    check(at == 0, "it stands at 0 before Start");
    is_ok(IAudioClock_GetPosition(clock, &at, &time), S_OK, "GetPosition with the time");
    check(time > 0, "the time is set");
    is_ok(IAudioClock_GetCharacteristics(clock, NULL), E_POINTER,
          "GetCharacteristics: NULL is E_POINTER");
    is_ok(IAudioClock_GetCharacteristics(clock, &characteristics), S_OK, "GetCharacteristics");
    check(characteristics == AUDIOCLOCK_CHARACTERISTIC_FIXED_FREQ, "the frequency is fixed");
    is_ok(IAudioClock_QueryInterface(clock, &IID_IAudioClock2, &out), S_OK,
          "a clock is an IAudioClock2");
    is_ok(IAudioClock2_GetDevicePosition((IAudioClock2 *)out, NULL, NULL), E_POINTER,
          "GetDevicePosition: NULL is E_POINTER");
    is_ok(IAudioClock2_GetDevicePosition((IAudioClock2 *)out, &at, &time), S_OK,
          "GetDevicePosition");
    IAudioClock2_Release((IAudioClock2 *)out);
    IAudioClient_Release(client);
    check(IAudioClock_Release(clock) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
    client = ready(eRender, AUDCLNT_STREAMFLAGS_RATEADJUST, &mix);
    is_ok(IAudioClient_GetService(client, &IID_IAudioClockAdjustment, &out), S_OK,
          "GetService(IAudioClockAdjustment)");
    is_ok(IAudioClockAdjustment_SetSampleRate((IAudioClockAdjustment *)out, 44100.0f), S_OK,
          "SetSampleRate");
    is_ok(IAudioClockAdjustment_SetSampleRate((IAudioClockAdjustment *)out, -1.0f), E_INVALIDARG,
          "SetSampleRate: below 0 is E_INVALIDARG");
    IAudioClockAdjustment_Release((IAudioClockAdjustment *)out);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}

static void test_stream_volume(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    UINT32 n = 0;
    float level = 0, levels[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, &out), S_OK,
          "GetService(IAudioStreamVolume)");
    IAudioStreamVolume *v = out;
    is_ok(IAudioStreamVolume_GetChannelCount(v, NULL), E_POINTER,
          "GetChannelCount: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetChannelCount(v, &n), S_OK, "GetChannelCount");
    check(n == mix->nChannels, "it is the stream's (%u)", n);
    is_ok(IAudioStreamVolume_GetChannelVolume(v, n, &level), E_INVALIDARG,
          "GetChannelVolume: no such channel");
    is_ok(IAudioStreamVolume_GetChannelVolume(v, 0, NULL), E_POINTER,
          "GetChannelVolume: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetChannelVolume(v, 0, &level), S_OK, "GetChannelVolume");
    check(level >= 1.0f && level <= 1.0f, "a stream begins at full volume");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, n, 1.0f), E_INVALIDARG,
          "SetChannelVolume: no such channel");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, -1.0f), E_INVALIDARG,
          "SetChannelVolume: below 0 is E_INVALIDARG");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, 2.0f), E_INVALIDARG,
          "SetChannelVolume: above 1 is E_INVALIDARG");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, 0.25f), S_OK, "SetChannelVolume");
    IAudioStreamVolume_GetChannelVolume(v, 0, &level);
    check(level >= 0.25f && level <= 0.25f, "what was set is told");
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, NULL), E_POINTER,
          "SetAllVolumes: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n + 1, levels), E_INVALIDARG,
          "SetAllVolumes: another count is E_INVALIDARG");
    levels[0] = 3.0f;
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, levels), E_INVALIDARG,
          "SetAllVolumes: one level out of range");
    IAudioStreamVolume_GetChannelVolume(v, 0, &level);
    check(level >= 0.25f && level <= 0.25f, "... changes none");
    levels[0] = 1.0f;
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, levels), S_OK, "SetAllVolumes");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n, NULL), E_POINTER,
          "GetAllVolumes: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n + 1, levels), E_INVALIDARG,
          "GetAllVolumes: another count is E_INVALIDARG");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n, levels), S_OK, "GetAllVolumes");
    IAudioStreamVolume_Release(v);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}

/* ------------------------------------------------------------------ sessions */

static void test_session(void)
{
    static const GUID session = {0xabcdef01, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
    WAVEFORMATEX *mix = NULL;
    IAudioClient *a = client_of(eRender), *b = client_of(eRender);
    void *out = NULL;
    AudioSessionState state = AudioSessionStateExpired;
    float level = 0;
    BOOL mute = TRUE;
    WCHAR *text = NULL;
    GUID group;
    DWORD pid = 0;
    IAudioClient_GetMixFormat(a, &mix);
    is_ok(IAudioClient_Initialize(a, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, &session), S_OK,
          "Initialize with a session");
    is_ok(IAudioClient_Initialize(b, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, &session), S_OK,
          "Initialize of another stream in it");
    is_ok(IAudioClient_GetService(a, &IID_IAudioSessionControl, &out), S_OK,
          "GetService(IAudioSessionControl)");
    IAudioSessionControl *control = out;
    is_ok(IAudioSessionControl_GetState(control, NULL), NULL_REF, "GetState: NULL is refused");
    is_ok(IAudioSessionControl_GetState(control, &state), S_OK, "GetState");
    check(state == AudioSessionStateInactive, "a session of stopped streams is inactive");
    IAudioClient_Start(b);
    IAudioSessionControl_GetState(control, &state);
    check(state == AudioSessionStateActive, "one running stream makes it active");
    IAudioClient_Stop(b);
    IAudioSessionControl_GetState(control, &state);
    check(state == AudioSessionStateInactive, "and inactive when it stops");
    is_ok(IAudioSessionControl_GetDisplayName(control, NULL), NULL_REF,
          "GetDisplayName: NULL is refused");
    is_ok(IAudioSessionControl_GetDisplayName(control, &text), S_OK, "GetDisplayName");
    check(text != NULL && text[0] == 0, "there is none at first");
    CoTaskMemFree(text);
    is_ok(IAudioSessionControl_SetDisplayName(control, NULL, NULL), NULL_REF,
          "SetDisplayName: NULL is refused");
    is_ok(IAudioSessionControl_SetDisplayName(control, L"a name", NULL), S_OK, "SetDisplayName");
    IAudioSessionControl_GetDisplayName(control, &text);
    check(text != NULL && wcscmp(text, L"a name") == 0, "what was set is told");
    CoTaskMemFree(text);
    is_ok(IAudioSessionControl_GetGroupingParam(control, &group), S_OK, "GetGroupingParam");
    is_ok(IAudioSessionControl_SetGroupingParam(control, &session, NULL), S_OK, "SetGroupingParam");
    IAudioSessionControl_GetGroupingParam(control, &group);
    check(IsEqualGUID(&group, &session), "what was set is told");
    is_ok(IAudioSessionControl_QueryInterface(control, &IID_IAudioSessionControl2, &out), S_OK,
          "it is an IAudioSessionControl2");
    IAudioSessionControl2 *control2 = out;
    is_ok(IAudioSessionControl2_GetProcessId(control2, &pid), S_OK, "GetProcessId");
    check(pid == GetCurrentProcessId(), "it is ours");
    is_ok(IAudioSessionControl2_IsSystemSoundsSession(control2), S_FALSE,
          "it is not the system's sounds");
    is_ok(IAudioSessionControl2_GetSessionIdentifier(control2, &text), S_OK,
          "GetSessionIdentifier");
    CoTaskMemFree(text);
    IAudioSessionControl2_Release(control2);
    is_ok(IAudioClient_GetService(a, &IID_ISimpleAudioVolume, &out), S_OK,
          "GetService(ISimpleAudioVolume)");
    ISimpleAudioVolume *va = out;
    is_ok(IAudioClient_GetService(b, &IID_ISimpleAudioVolume, &out), S_OK,
          "GetService of the other stream");
    ISimpleAudioVolume *vb = out;
    is_ok(ISimpleAudioVolume_GetMasterVolume(va, NULL), NULL_REF,
          "GetMasterVolume: NULL is refused");
    is_ok(ISimpleAudioVolume_SetMasterVolume(va, -1.0f, NULL), E_INVALIDARG,
          "SetMasterVolume: below 0 is E_INVALIDARG");
    is_ok(ISimpleAudioVolume_SetMasterVolume(va, 2.0f, NULL), E_INVALIDARG,
          "SetMasterVolume: above 1 is E_INVALIDARG");
    is_ok(ISimpleAudioVolume_SetMasterVolume(va, 0.5f, NULL), S_OK, "SetMasterVolume");
    is_ok(ISimpleAudioVolume_GetMasterVolume(vb, &level), S_OK, "GetMasterVolume by the other");
    check(level >= 0.5f && level <= 0.5f, "streams of one session share its volume");
    is_ok(ISimpleAudioVolume_GetMute(va, NULL), NULL_REF, "GetMute: NULL is refused");
    is_ok(ISimpleAudioVolume_GetMute(va, &mute), S_OK, "GetMute");
    check(!mute, "a session begins unmuted");
    is_ok(ISimpleAudioVolume_SetMute(va, TRUE, NULL), S_OK, "SetMute");
    ISimpleAudioVolume_GetMute(vb, &mute);
    check(mute == TRUE, "mute is shared too");
    is_ok(IAudioClient_GetService(a, &IID_IChannelAudioVolume, &out), S_OK,
          "GetService(IChannelAudioVolume)");
    IChannelAudioVolume *vc = out;
    UINT32 n = 0;
    is_ok(IChannelAudioVolume_GetChannelCount(vc, NULL), NULL_REF,
          "GetChannelCount: NULL is refused");
    is_ok(IChannelAudioVolume_GetChannelCount(vc, &n), S_OK, "GetChannelCount");
    check(n == mix->nChannels, "it is the streams' (%u)", n);
    is_ok(IChannelAudioVolume_SetChannelVolume(vc, n, 1.0f, NULL), E_INVALIDARG,
          "SetChannelVolume: no such channel");
    is_ok(IChannelAudioVolume_SetChannelVolume(vc, 0, 0.75f, NULL), S_OK, "SetChannelVolume");
    is_ok(IChannelAudioVolume_GetChannelVolume(vc, 0, &level), S_OK, "GetChannelVolume");
    check(level >= 0.75f && level <= 0.75f, "what was set is told");
    IChannelAudioVolume_Release(vc);
    ISimpleAudioVolume_Release(va);
    ISimpleAudioVolume_Release(vb);
    IAudioClient_Release(b);
    check(IAudioClient_Release(a) != 0, "the session control keeps its client");
    check(IAudioSessionControl_Release(control) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
}

static void test_session_manager(void)
{
    static const GUID session = {0xabcdef01, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
    IMMDevice *device = device_of(eRender);
    void *out = NULL;
    float level = 0;
    int n = 0;
    is_ok(IMMDevice_Activate(device, &IID_IAudioSessionManager2, CLSCTX_INPROC_SERVER, NULL, &out),
          S_OK, "Activate(IAudioSessionManager2)");
    IAudioSessionManager2 *manager = out;
    ISimpleAudioVolume *volume = NULL;
    is_ok(IAudioSessionManager2_GetSimpleAudioVolume(manager, &session, 0, NULL), E_POINTER,
          "GetSimpleAudioVolume: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_GetSimpleAudioVolume(manager, &session, 0, &volume), S_OK,
          "GetSimpleAudioVolume");
    ISimpleAudioVolume_GetMasterVolume(volume, &level);
    check(level >= 0.5f && level <= 0.5f, "a session keeps its volume when its streams are gone");
    ISimpleAudioVolume_Release(volume);
    IAudioSessionEnumerator *sessions = NULL;
    is_ok(IAudioSessionManager2_GetSessionEnumerator(manager, NULL), E_POINTER,
          "GetSessionEnumerator: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_GetSessionEnumerator(manager, &sessions), S_OK,
          "GetSessionEnumerator");
    is_ok(IAudioSessionEnumerator_GetCount(sessions, NULL), E_POINTER,
          "GetCount: NULL is E_POINTER");
    is_ok(IAudioSessionEnumerator_GetCount(sessions, &n), S_OK, "GetCount");
    check(n >= 1, "there is the session (%d)", n);
    IAudioSessionControl *control = NULL;
    is_ok(IAudioSessionEnumerator_GetSession(sessions, n, &control), E_INVALIDARG,
          "GetSession: an index beyond the last is E_INVALIDARG");
    is_ok(IAudioSessionEnumerator_GetSession(sessions, -1, &control), E_INVALIDARG,
          "GetSession: a negative index is E_INVALIDARG");
    for (int i = 0; i < n; i++) {
        is_ok(IAudioSessionEnumerator_GetSession(sessions, i, &control), S_OK,
              "GetSession: each can be had");
        IAudioSessionControl_Release(control);
    }
    IAudioSessionEnumerator_Release(sessions);
    IAudioSessionManager2_Release(manager);
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
    test_enumerator();
    test_default();
    for (unsigned flow = 0; flow < 2; flow++) {
        test_ids((EDataFlow)flow);
        test_properties((EDataFlow)flow);
        test_uninitialized((EDataFlow)flow);
        test_formats((EDataFlow)flow);
        test_initialize((EDataFlow)flow);
        test_endpoint_volume((EDataFlow)flow);
    }
    test_exclusion();
    test_render();
    test_capture();
    test_clock();
    test_stream_volume();
    test_session();
    test_session_manager();
    check(IMMDeviceEnumerator_Release(enumerator) == 0, "nothing keeps the enumerator");
    return finish("mmewine_rules");
}
