/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Devices that come, go, change name, format and default, and volumes that another process changes,
 * while a program runs: who registered is told, in time, once, and what it held answers as the
 * documents say. The registry is written as mmectl writes it.
 *
 *   mmewine_notify                    all
 *   mmewine_notify volume LEVEL       the second process: sets the default output's volume and ends
 */
#include <initguid.h>

#include "mmewine_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <functiondiscoverykeys_devpkey.h>

#define WAIT_MS 10000

IMMDeviceEnumerator *enumerator;

/* ------------------------------------------------------------------ what is heard */

static CRITICAL_SECTION heard_lock;
static char heard[16384]; /* one line for each call */
static DWORD heard_thread;
static bool call_in, unregister_self;

static void hear(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
static void hear(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    EnterCriticalSection(&heard_lock);
    if (strlen(heard) + strlen(line) + 2 < sizeof heard)
        strcat(strcat(heard, line), "\n");
    heard_thread = GetCurrentThreadId();
    LeaveCriticalSection(&heard_lock);
}

static unsigned count(const char *line)
{
    unsigned n = 0;
    EnterCriticalSection(&heard_lock);
    for (const char *at = strstr(heard, line); at != NULL; at = strstr(at + 1, line))
        n++;
    LeaveCriticalSection(&heard_lock);
    return n;
}

static bool waits_for(const char *line, unsigned n)
{
    for (unsigned i = 0; i < WAIT_MS / 10 && count(line) < n; i++)
        Sleep(10);
    return count(line) == n;
}

static void forget(void)
{
    Sleep(200); /* what is still under way */
    EnterCriticalSection(&heard_lock);
    heard[0] = 0;
    LeaveCriticalSection(&heard_lock);
}

/* ------------------------------------------------------------------ IMMNotificationClient */

static LONG refs = 1;

static ULONG STDMETHODCALLTYPE add_ref(IMMNotificationClient *iface)
{
    (void)iface;
    return (ULONG)InterlockedIncrement(&refs);
}

static ULONG STDMETHODCALLTYPE release(IMMNotificationClient *iface)
{
    (void)iface;
    return (ULONG)InterlockedDecrement(&refs);
}

static HRESULT STDMETHODCALLTYPE query(IMMNotificationClient *iface, REFIID iid, void **out)
{
    (void)iid;
    *out = iface;
    add_ref(iface);
    return S_OK;
}

/* What a callback may do: ask for the list, and take itself back. */
static void be_busy(IMMNotificationClient *iface)
{
    IMMDevice *device = NULL;
    IMMDeviceCollection *all = NULL;
    UINT n = 0;
    if (call_in &&
        SUCCEEDED(
            IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, &device)) &&
        SUCCEEDED(
            IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eAll, DEVICE_STATE_ACTIVE, &all))) {
        IMMDeviceCollection_GetCount(all, &n);
        hear("called in, %u devices", n);
        IMMDeviceCollection_Release(all);
    }
    if (device != NULL)
        IMMDevice_Release(device);
    if (unregister_self) {
        unregister_self = false;
        hear("unregistered %08lx",
             (unsigned long)IMMDeviceEnumerator_UnregisterEndpointNotificationCallback(enumerator,
                                                                                       iface));
    }
}

static HRESULT STDMETHODCALLTYPE on_state(IMMNotificationClient *iface, LPCWSTR id, DWORD state)
{
    hear("state %ls %lu", id, state);
    be_busy(iface);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_added(IMMNotificationClient *iface, LPCWSTR id)
{
    hear("added %ls", id);
    be_busy(iface);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_removed(IMMNotificationClient *iface, LPCWSTR id)
{
    hear("removed %ls", id);
    be_busy(iface);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_default(IMMNotificationClient *iface, EDataFlow flow,
                                            ERole role, LPCWSTR id)
{
    hear("default %d %d %ls", (int)flow, (int)role, id != NULL ? id : L"none");
    be_busy(iface);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_property(IMMNotificationClient *iface, LPCWSTR id,
                                             const PROPERTYKEY key)
{
    hear("property %ls %s", id,
         IsEqualGUID(&key.fmtid, &PKEY_Device_FriendlyName.fmtid) &&
                 key.pid == PKEY_Device_FriendlyName.pid
             ? "name"
         : IsEqualGUID(&key.fmtid, &PKEY_AudioEngine_DeviceFormat.fmtid) &&
                 key.pid == PKEY_AudioEngine_DeviceFormat.pid
             ? "format"
             : "other");
    be_busy(iface);
    return S_OK;
}

static const IMMNotificationClientVtbl listener_table = {
    query, add_ref, release, on_state, on_added, on_removed, on_default, on_property,
};
static IMMNotificationClient listener = {&listener_table};

/* ------------------------------------------------------------------ session and volume events */

static HRESULT STDMETHODCALLTYPE events_query(IAudioSessionEvents *iface, REFIID iid, void **out)
{
    (void)iid;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE events_ref(IAudioSessionEvents *iface)
{
    (void)iface;
    return 2;
}

static HRESULT STDMETHODCALLTYPE on_name(IAudioSessionEvents *iface, LPCWSTR name, LPCGUID context)
{
    (void)iface;
    hear("name %ls %lx", name, context->Data1);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_icon(IAudioSessionEvents *iface, LPCWSTR path, LPCGUID context)
{
    (void)iface;
    hear("icon %ls %lx", path, context->Data1);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_volume(IAudioSessionEvents *iface, float level, WINBOOL mute,
                                           LPCGUID context)
{
    (void)iface;
    hear("volume %g %d %lx", (double)level, mute, context->Data1);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_channels(IAudioSessionEvents *iface, DWORD n, float *levels,
                                             DWORD which, LPCGUID context)
{
    (void)iface;
    hear("channels %lu %g %ld %lx", n, (double)levels[0], (long)which, context->Data1);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_group(IAudioSessionEvents *iface, LPCGUID group,
                                          LPCGUID context)
{
    (void)iface;
    hear("group %lx %lx", group->Data1, context->Data1);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_session_state(IAudioSessionEvents *iface,
                                                  AudioSessionState state)
{
    (void)iface;
    hear("session state %d", (int)state);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_disconnected(IAudioSessionEvents *iface,
                                                 AudioSessionDisconnectReason reason)
{
    (void)iface;
    hear("disconnected %d", (int)reason);
    return S_OK;
}

static const IAudioSessionEventsVtbl events_table = {
    events_query, events_ref,  events_ref, on_name,          on_icon,
    on_volume,    on_channels, on_group,   on_session_state, on_disconnected,
};
static IAudioSessionEvents events = {&events_table};

static HRESULT STDMETHODCALLTYPE volume_query(IAudioEndpointVolumeCallback *iface, REFIID iid,
                                              void **out)
{
    (void)iid;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE volume_ref(IAudioEndpointVolumeCallback *iface)
{
    (void)iface;
    return 2;
}

static HRESULT STDMETHODCALLTYPE on_notify(IAudioEndpointVolumeCallback *iface,
                                           AUDIO_VOLUME_NOTIFICATION_DATA *data)
{
    (void)iface;
    hear("endpoint %g %d %lx of %u", (double)data->fMasterVolume, data->bMuted,
         data->guidEventContext.Data1, data->nChannels);
    return S_OK;
}

static const IAudioEndpointVolumeCallbackVtbl volume_table = {volume_query, volume_ref, volume_ref,
                                                              on_notify};
static IAudioEndpointVolumeCallback volume_callback = {&volume_table};

/* ------------------------------------------------------------------ settings */

static void write_value(const char *below, const char *name, DWORD type, const void *data,
                        size_t len)
{
    WCHAR path[128], wide[64];
    HKEY key;
    _snwprintf(path, 128, L"Software\\mmekit\\mmewine%hs", below);
    _snwprintf(wide, 64, L"%hs", name);
    LSTATUS status = RegCreateKeyExW(HKEY_CURRENT_USER, path, 0, NULL, 0,
                                     KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    if (status == ERROR_SUCCESS) {
        status = RegSetValueExW(key, wide, 0, type, data, (DWORD)len);
        RegCloseKey(key);
    }
    check(status == ERROR_SUCCESS, "the setting %s is written (%ld)", name, (long)status);
}

static void set_text(const char *below, const char *name, const char *text)
{
    WCHAR wide[256];
    const int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, 256);
    write_value(below, name, REG_SZ, wide, (size_t)n * sizeof *wide);
}

static void set_number(const char *name, DWORD number)
{
    write_value("", name, REG_DWORD, &number, sizeof number);
}

static UINT n_active(void)
{
    IMMDeviceCollection *all = NULL;
    UINT n = 0;
    IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eAll, DEVICE_STATE_ACTIVE, &all);
    IMMDeviceCollection_GetCount(all, &n);
    IMMDeviceCollection_Release(all);
    return n;
}

/* The output that the card's device has, by the number in its GUID. */
static IMMDevice *output(unsigned number, char id[128])
{
    IMMDeviceCollection *all = NULL;
    IMMDevice *device = NULL;
    WCHAR *text = NULL;
    IMMDeviceEnumerator_EnumAudioEndpoints(enumerator, eRender, DEVICE_STATE_ACTIVE, &all);
    if (FAILED(IMMDeviceCollection_Item(all, number, &device))) {
        IMMDeviceCollection_Release(all);
        return NULL;
    }
    IMMDeviceCollection_Release(all);
    IMMDevice_GetId(device, &text);
    snprintf(id, 128, "%ls", text);
    CoTaskMemFree(text);
    return device;
}

/* ------------------------------------------------------------------ cases */

static void test_coming(void)
{
    char id[128], line[200];
    const UINT before = n_active();
    set_number("devices", 2);
    check(waits_for("added ", 2), "OnDeviceAdded: once for the new output, once for the input");
    check(n_active() == before + 2, "both are in the next enumeration (%u)", n_active());
    IMMDevice *device = output(1, id);
    check(device != NULL, "the second output is the card's");
    snprintf(line, sizeof line, "added %s", id);
    check(count(line) == 1, "OnDeviceAdded tells its id");
    snprintf(line, sizeof line, "state %s %u", id, DEVICE_STATE_ACTIVE);
    check(waits_for(line, 1), "OnDeviceStateChanged: it is active");
    check(count("default ") == 0, "the default devices are what they were: nobody is told");
    check(heard_thread != GetCurrentThreadId(), "callbacks come on a thread of the system's");
    if (device != NULL)
        IMMDevice_Release(device);
    forget();
}

static IAudioClient *playing(IMMDevice *device, HANDLE event, IAudioRenderClient **render,
                             IAudioSessionControl **control)
{
    void *out = NULL;
    WAVEFORMATEX *mix = NULL;
    is_ok(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out), S_OK,
          "a stream on the device");
    IAudioClient *client = out;
    IAudioClient_GetMixFormat(client, &mix);
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED,
                                  AUDCLNT_STREAMFLAGS_EVENTCALLBACK, 1000000, 0, mix, NULL),
          S_OK, "Initialize");
    CoTaskMemFree(mix);
    IAudioClient_SetEventHandle(client, event);
    IAudioClient_GetService(client, &IID_IAudioRenderClient, &out);
    *render = out;
    IAudioClient_GetService(client, &IID_IAudioSessionControl, &out);
    *control = out;
    IAudioSessionControl_RegisterAudioSessionNotification(*control, &events);
    is_ok(IAudioClient_Start(client), S_OK, "Start");
    return client;
}

static void check_lost(IAudioClient *client, IAudioRenderClient *render)
{
    const HRESULT lost = AUDCLNT_E_DEVICE_INVALIDATED;
    UINT32 n;
    BYTE *data;
    REFERENCE_TIME time;
    is_ok(IAudioClient_GetCurrentPadding(client, &n), lost, "GetCurrentPadding of a lost stream");
    is_ok(IAudioClient_GetBufferSize(client, &n), lost, "GetBufferSize of a lost stream");
    is_ok(IAudioClient_GetStreamLatency(client, &time), lost, "GetStreamLatency of a lost stream");
    is_ok(IAudioClient_Start(client), lost, "Start of a lost stream");
    is_ok(IAudioClient_Stop(client), lost, "Stop of a lost stream");
    is_ok(IAudioClient_Reset(client), lost, "Reset of a lost stream");
    is_ok(IAudioRenderClient_GetBuffer(render, 1, &data), lost, "GetBuffer of a lost stream");
}

static void test_going(void)
{
    char id[128], line[200];
    const UINT before = n_active();
    WCHAR wide[128];
    void *out = NULL;
    WAVEFORMATEX *mix = NULL;
    DWORD state = 0;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IAudioRenderClient *render = NULL;
    IAudioSessionControl *control = NULL;
    IMMDevice *device = output(1, id), *found = NULL;
    IAudioClient *idle = NULL;
    if (device == NULL)
        return;
    IAudioClient *client = playing(device, event, &render, &control);
    IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out);
    idle = out;
    set_number("devices", 1);
    check(waits_for("removed ", 2), "OnDeviceRemoved: once for the output, once for the input");
    snprintf(line, sizeof line, "state %s %u\nremoved %s", id, DEVICE_STATE_NOTPRESENT, id);
    check(count(line) == 1, "OnDeviceStateChanged(NOTPRESENT) comes right before it");
    check(n_active() == before - 2, "both are gone from the next enumeration (%u)", n_active());
    check(waits_for("disconnected 0", 1),
          "OnSessionDisconnected: DisconnectReasonDeviceRemoval, once");
    check(waits_for("session state 2", 1), "OnStateChanged: its session is expired");
    is_ok(IMMDevice_GetState(device, &state), S_OK, "GetState of a device that went");
    check(state == DEVICE_STATE_NOTPRESENT, "it is not present (%lu)", state);
    MultiByteToWideChar(CP_UTF8, 0, id, -1, wide, 128);
    is_ok(IMMDeviceEnumerator_GetDevice(enumerator, wide, &found), NOT_FOUND,
          "GetDevice of a device that went");
    is_ok(IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out),
          AUDCLNT_E_DEVICE_INVALIDATED, "Activate of a device that went");
    is_ok(IAudioClient_GetMixFormat(idle, &mix), AUDCLNT_E_DEVICE_INVALIDATED,
          "GetMixFormat of a client without a device");
    check_lost(client, render);
    check(WaitForSingleObject(event, 1000) == WAIT_OBJECT_0,
          "a program that waits for its event is woken");
    forget();
    set_number("devices", 2);
    check(waits_for("added ", 2), "the device may come back");
    check_lost(client, render);
    is_ok(IAudioClient_GetMixFormat(idle, &mix), S_OK, "a client that was not initialised goes on");
    is_ok(IAudioClient_Initialize(idle, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, NULL), S_OK,
          "and can be initialised");
    is_ok(IAudioClient_Start(idle), S_OK, "and plays");
    CoTaskMemFree(mix);
    IAudioClient_Release(idle);
    IAudioSessionControl_UnregisterAudioSessionNotification(control, &events);
    IAudioSessionControl_Release(control);
    IAudioRenderClient_Release(render);
    check(IAudioClient_Release(client) == 0, "a lost stream is released as any");
    IMMDevice_Release(device);
    CloseHandle(event);
    forget();
}

static void test_default(void)
{
    char first[128], second[128], line[200];
    IMMDevice *a = output(0, first), *b = output(1, second), *now = NULL;
    set_text("", "communications_output", "2");
    snprintf(line, sizeof line, "default 0 2 %s", second);
    check(waits_for(line, 1), "OnDefaultDeviceChanged: the role eCommunications alone");
    Sleep(200);
    check(count("default ") == 1, "no other role is told of");
    IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eCommunications, &now);
    check(now == b, "GetDefaultAudioEndpoint answers by role");
    IMMDevice_Release(now);
    IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, &now);
    check(now == a, "... and the other roles have what they had");
    IMMDevice_Release(now);
    set_text("", "console_output", second); /* by its id */
    snprintf(line, sizeof line, "default 0 0 %s", second);
    check(waits_for(line, 1), "a default device may be named by its id");
    set_text("", "multimedia_input", "2");
    check(waits_for("default 1 1 ", 1), "inputs have roles of their own");
    forget();
    set_text("", "communications_output", "17");
    snprintf(line, sizeof line, "default 0 2 %s", first);
    check(waits_for(line, 1), "a default device that is not there counts as not set");
    set_number("devices", 1);
    snprintf(line, sizeof line, "default 0 0 %s", first);
    check(waits_for(line, 1), "when the default device goes, the first takes its role");
    check(waits_for("default 1 1 ", 1), "... for inputs too");
    set_text("", "communications_output", "");
    set_text("", "console_output", "");
    set_text("", "multimedia_input", "");
    IMMDevice_Release(a);
    IMMDevice_Release(b);
    forget();
}

static void test_properties(void)
{
    char id[128], line[200];
    IMMDevice *device = output(0, id);
    IPropertyStore *store = NULL;
    PROPVARIANT value;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IAudioRenderClient *render = NULL;
    IAudioSessionControl *control = NULL;
    set_text("\\Device0", "name", "a new n\xc3\xa4me");
    snprintf(line, sizeof line, "property %s name", id);
    check(waits_for(line, 1), "OnPropertyValueChanged: PKEY_Device_FriendlyName, once");
    IMMDevice_OpenPropertyStore(device, STGM_READ, &store);
    IPropertyStore_GetValue(store, &PKEY_Device_FriendlyName, &value);
    check(value.vt == VT_LPWSTR && wcscmp(value.pwszVal, L"Speakers (a new n\u00e4me)") == 0,
          "the new name can be read when it is told");
    PropVariantClear(&value);
    forget();
    IAudioClient *client = playing(device, event, &render, &control);
    set_number("rate_hz", 96000);
    snprintf(line, sizeof line, "property %s format", id);
    check(waits_for(line, 1), "OnPropertyValueChanged: PKEY_AudioEngine_DeviceFormat");
    check(waits_for("disconnected 2", 1),
          "OnSessionDisconnected: DisconnectReasonFormatChanged, once");
    check_lost(client, render);
    IPropertyStore_GetValue(store, &PKEY_AudioEngine_DeviceFormat, &value);
    check(value.vt == VT_BLOB &&
              ((WAVEFORMATEX *)(void *)value.blob.pBlobData)->nSamplesPerSec == 96000,
          "the new format can be read");
    PropVariantClear(&value);
    void *out = NULL;
    WAVEFORMATEX *mix = NULL;
    IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out);
    IAudioClient_GetMixFormat((IAudioClient *)out, &mix);
    check(mix != NULL && mix->nSamplesPerSec == 96000, "GetMixFormat follows, old streams or not");
    is_ok(IAudioClient_Initialize((IAudioClient *)out, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix,
                                  NULL),
          S_OK, "a new stream is opened while a lost one is not yet released");
    CoTaskMemFree(mix);
    IAudioClient_Release((IAudioClient *)out);
    IAudioSessionControl_UnregisterAudioSessionNotification(control, &events);
    IAudioSessionControl_Release(control);
    IAudioRenderClient_Release(render);
    IAudioClient_Release(client);
    IPropertyStore_Release(store);
    IMMDevice_Release(device);
    CloseHandle(event);
    set_number("rate_hz", 48000);
    set_text("\\Device0", "name", "");
    forget();
}

static void set_driver(const WCHAR *file)
{
    static const WCHAR path[] = L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32";
    HKEY key;
    LSTATUS status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_SET_VALUE, &key);
    if (status == ERROR_SUCCESS) {
        status = file == NULL ? RegDeleteValueW(key, L"wave7")
                              : RegSetValueExW(key, L"wave7", 0, REG_SZ, (const BYTE *)file,
                                               (DWORD)((wcslen(file) + 1) * sizeof *file));
        RegCloseKey(key);
    }
    check(status == ERROR_SUCCESS, "Drivers32 is written (%ld)", (long)status);
}

/* A wave driver is installed, comes first by the settings, and is removed again. */
static void test_bridge(void)
{
    char card[128], id[128], line[200];
    IMMDevice *device = output(0, card), *first = NULL;
    const UINT before = n_active();
    set_driver(L"somebody.drv");
    check(waits_for("added ", 2), "a wave driver that is installed is a device at once");
    check(n_active() == before + 2, "... an output and an input (%u)", n_active());
    first = output(0, id);
    check(first == device, "the card comes before it");
    IMMDevice_Release(first);
    set_text("", "order", "bridge,card,system");
    check(waits_for("default 0 0 ", 1), "the first in the order of the settings is the default");
    first = output(0, id);
    check(first != device, "and the first that is enumerated");
    snprintf(line, sizeof line, "default 0 0 %s", id);
    check(count(line) == 1, "OnDefaultDeviceChanged has its id");
    IMMDevice_Release(first);
    set_driver(NULL);
    snprintf(line, sizeof line, "removed %s", id);
    check(waits_for(line, 1), "a driver that is removed is no device any more");
    snprintf(line, sizeof line, "default 0 0 %s", card);
    check(waits_for(line, 1), "and the card is the default again");
    set_text("", "order", "system,card,bridge");
    Sleep(300);
    first = NULL;
    IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, &first);
    check(first != NULL, "the system first: where it has no device, the card is the default");
    if (first != NULL)
        IMMDevice_Release(first);
    set_text("", "order", "card,bridge,system");
    IMMDevice_Release(device);
    forget();
}

static void test_volume(const char *self)
{
    char command[600], id[128];
    void *out = NULL;
    float level = 0;
    PROCESS_INFORMATION process;
    STARTUPINFOA startup = {.cb = sizeof startup};
    IMMDevice *device = output(0, id);
    is_ok(IMMDevice_Activate(device, &IID_IAudioEndpointVolume, CLSCTX_INPROC_SERVER, NULL, &out),
          S_OK, "Activate(IAudioEndpointVolume)");
    IAudioEndpointVolume *v = out;
    is_ok(IAudioEndpointVolume_RegisterControlChangeNotify(v, &volume_callback), S_OK,
          "RegisterControlChangeNotify");
    snprintf(command, sizeof command, "\"%s\" volume 0.375", self);
    check(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process) != 0,
          "a second process sets the volume");
    WaitForSingleObject(process.hProcess, 30000);
    check(waits_for("endpoint 0.375 0 abcd1234 of 2", 1),
          "OnNotify: another process' change, once, with the context that it gave");
    IAudioEndpointVolume_GetMasterVolumeLevelScalar(v, &level);
    check(level >= 0.375f && level <= 0.375f, "the volume is the one it set (%g)", (double)level);
    check(count("endpoint ") == 1, "it is told once");
    forget();
    IAudioEndpointVolume_SetMasterVolumeLevelScalar(v, 1.0f, NULL);
    Sleep(300);
    check(count("endpoint ") == 1, "an own change is told once, not again when it is stored");
    is_ok(IAudioEndpointVolume_UnregisterControlChangeNotify(v, &volume_callback), S_OK,
          "UnregisterControlChangeNotify");
    forget();
    IAudioEndpointVolume_SetMute(v, TRUE, NULL);
    IAudioEndpointVolume_SetMute(v, FALSE, NULL);
    check(count("endpoint ") == 0, "who unregistered is told no more");
    IAudioEndpointVolume_Release(v);
    IMMDevice_Release(device);
}

static void test_reentry(void)
{
    call_in = true;
    set_number("devices", 3);
    check(waits_for("added ", 4), "a callback may call in: nothing hangs");
    check(waits_for("called in, ", 8), "every one of its calls was answered");
    call_in = false;
    forget();
    unregister_self = true;
    set_number("devices", 1);
    check(waits_for("unregistered 00000000", 1), "a callback may unregister itself");
    Sleep(300);
    check(count("state ") + count("removed ") == 1, "and is called no more, whatever was due");
    is_ok(IMMDeviceEnumerator_UnregisterEndpointNotificationCallback(enumerator, &listener),
          NOT_FOUND, "UnregisterEndpointNotificationCallback: it is registered no more");
    check(refs == 1, "registering counts no reference (%ld)", refs);
}

static int set_volume(const char *level)
{
    static const GUID context = {0xabcd1234, 1, 2, {3}};
    IMMDevice *device = NULL;
    void *out = NULL;
    if (FAILED(IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, &device)))
        return 1;
    if (FAILED(IMMDevice_Activate(device, &IID_IAudioEndpointVolume, CLSCTX_INPROC_SERVER, NULL,
                                  &out)))
        return 2;
    return FAILED(IAudioEndpointVolume_SetMasterVolumeLevelScalar((IAudioEndpointVolume *)out,
                                                                  (float)atof(level), &context));
}

int main(int argc, char **argv)
{
    void *out = NULL;
    char self[MAX_PATH];
    InitializeCriticalSection(&heard_lock);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (FAILED(CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                                &IID_IMMDeviceEnumerator, &out)))
        return 3;
    enumerator = out;
    if (argc > 2)
        return set_volume(argv[2]);
    GetModuleFileNameA(NULL, self, sizeof self);
    is_ok(IMMDeviceEnumerator_RegisterEndpointNotificationCallback(enumerator, NULL), E_POINTER,
          "RegisterEndpointNotificationCallback: NULL is E_POINTER");
    is_ok(IMMDeviceEnumerator_UnregisterEndpointNotificationCallback(enumerator, NULL), E_POINTER,
          "UnregisterEndpointNotificationCallback: NULL is E_POINTER");
    set_text("", "order", "card,bridge,system");
    set_number("devices", 1); /* what an earlier run may have left */
    set_text("\\Device0", "name", "");
    is_ok(IMMDeviceEnumerator_RegisterEndpointNotificationCallback(enumerator, &listener), S_OK,
          "RegisterEndpointNotificationCallback");
    test_coming();
    test_going();
    test_default();
    test_properties();
    test_bridge();
    test_volume(self);
    test_reentry();
    return finish("mmewine_notify");
}
