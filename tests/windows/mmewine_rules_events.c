/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Rules of the sessions' events, of the session manager's notifications, and of what tells one
 * session from another. */
#include "mmewine_rules.h"

static const GUID one = {0x5e551001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID two = {0x5e551002, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID three = {0x5e551003, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID context = {0x600dcafe, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

/* ------------------------------------------------------------------ what is heard */

enum { VOLUME, NAME, ICON, GROUP, CHANNELS, STATE, DISCONNECTED, CREATED, KINDS };
static struct {
    unsigned n[KINDS];
    LONG refs;
    float level, channel[8];
    BOOL mute;
    DWORD n_channels, changed;
    WCHAR text[64];
    GUID group, context;
    AudioSessionState state;
} heard;

static bool hears(unsigned kind, unsigned n)
{
    for (unsigned i = 0; i < 200 && heard.n[kind] < n; i++)
        Sleep(5);
    return heard.n[kind] == n;
}

static void keep(LPCGUID from)
{
    heard.context = from != NULL ? *from : GUID_NULL;
}

static HRESULT STDMETHODCALLTYPE query(IAudioSessionEvents *iface, REFIID iid, void **out)
{
    (void)iid;
    *out = iface;
    InterlockedIncrement(&heard.refs);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add_ref(IAudioSessionEvents *iface)
{
    (void)iface;
    return (ULONG)InterlockedIncrement(&heard.refs);
}

static ULONG STDMETHODCALLTYPE release(IAudioSessionEvents *iface)
{
    (void)iface;
    return (ULONG)InterlockedDecrement(&heard.refs);
}

static HRESULT STDMETHODCALLTYPE on_name(IAudioSessionEvents *iface, LPCWSTR name, LPCGUID from)
{
    (void)iface;
    lstrcpynW(heard.text, name, 64);
    keep(from);
    heard.n[NAME]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_icon(IAudioSessionEvents *iface, LPCWSTR path, LPCGUID from)
{
    (void)iface;
    lstrcpynW(heard.text, path, 64);
    keep(from);
    heard.n[ICON]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_volume(IAudioSessionEvents *iface, float level, WINBOOL mute,
                                           LPCGUID from)
{
    (void)iface;
    heard.level = level;
    heard.mute = mute;
    keep(from);
    heard.n[VOLUME]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_channels(IAudioSessionEvents *iface, DWORD n, float *levels,
                                             DWORD changed, LPCGUID from)
{
    (void)iface;
    heard.n_channels = n;
    heard.changed = changed;
    for (DWORD c = 0; c < n && c < 8; c++)
        heard.channel[c] = levels[c];
    keep(from);
    heard.n[CHANNELS]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_group(IAudioSessionEvents *iface, LPCGUID group, LPCGUID from)
{
    (void)iface;
    heard.group = *group;
    keep(from);
    heard.n[GROUP]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_state(IAudioSessionEvents *iface, AudioSessionState state)
{
    (void)iface;
    heard.state = state;
    heard.n[STATE]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE on_disconnected(IAudioSessionEvents *iface,
                                                 AudioSessionDisconnectReason reason)
{
    (void)iface;
    (void)reason;
    heard.n[DISCONNECTED]++;
    return S_OK;
}

static const IAudioSessionEventsVtbl table = {
    query,     add_ref,     release,  on_name,  on_icon,
    on_volume, on_channels, on_group, on_state, on_disconnected,
};
static IAudioSessionEvents events = {&table};

static HRESULT STDMETHODCALLTYPE on_created(IAudioSessionNotification *iface,
                                            IAudioSessionControl *session)
{
    void *out = NULL;
    (void)iface;
    if (SUCCEEDED(IAudioSessionControl_QueryInterface(session, &IID_IAudioSessionControl2, &out))) {
        WCHAR *id = NULL;
        IAudioSessionControl2_GetSessionIdentifier((IAudioSessionControl2 *)out, &id);
        lstrcpynW(heard.text, wcsrchr(id, L'{') != NULL ? wcsrchr(id, L'{') : L"", 64);
        CoTaskMemFree(id);
        IAudioSessionControl2_Release((IAudioSessionControl2 *)out);
    }
    heard.n[CREATED]++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE created_query(IAudioSessionNotification *iface, REFIID iid,
                                               void **out)
{
    (void)iid;
    *out = iface;
    InterlockedIncrement(&heard.refs);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE created_ref(IAudioSessionNotification *iface)
{
    (void)iface;
    return (ULONG)InterlockedIncrement(&heard.refs);
}

static ULONG STDMETHODCALLTYPE created_unref(IAudioSessionNotification *iface)
{
    (void)iface;
    return (ULONG)InterlockedDecrement(&heard.refs);
}

static const IAudioSessionNotificationVtbl created_table = {created_query, created_ref,
                                                            created_unref, on_created};
static IAudioSessionNotification created = {&created_table};

/* ------------------------------------------------------------------ rules */

static IAudioClient *stream_in(const GUID *session)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = client_of(eRender);
    IAudioClient_GetMixFormat(client, &mix);
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, session),
          S_OK, "a stream in a session");
    CoTaskMemFree(mix);
    return client;
}

static void *service(IAudioClient *client, REFIID iid)
{
    void *out = NULL;
    IAudioClient_GetService(client, iid, &out);
    return out;
}

static void test_volume_events(ISimpleAudioVolume *volume, IChannelAudioVolume *channels)
{
    float levels[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    UINT32 n = 0;
    ISimpleAudioVolume_SetMasterVolume(volume, 0.5f, &context);
    check(hears(VOLUME, 1), "OnSimpleVolumeChanged after SetMasterVolume");
    check(heard.level >= 0.5f && heard.level <= 0.5f, "OnSimpleVolumeChanged has the new level");
    check(!heard.mute, "OnSimpleVolumeChanged has the muting state");
    check(IsEqualGUID(&heard.context, &context), "OnSimpleVolumeChanged has the caller's context");
    ISimpleAudioVolume_SetMasterVolume(volume, 0.5f, &context);
    Sleep(50);
    check(heard.n[VOLUME] == 1, "OnSimpleVolumeChanged does not come when the level is the same");
    ISimpleAudioVolume_SetMute(volume, TRUE, &context);
    check(hears(VOLUME, 2) && heard.mute, "OnSimpleVolumeChanged after SetMute");
    ISimpleAudioVolume_SetMute(volume, TRUE, &context);
    Sleep(50);
    check(heard.n[VOLUME] == 2, "OnSimpleVolumeChanged does not come when muting is the same");
    ISimpleAudioVolume_SetMute(volume, FALSE, NULL);
    ISimpleAudioVolume_SetMasterVolume(volume, 1.0f, NULL);
    IChannelAudioVolume_GetChannelCount(channels, &n);
    is_ok(IChannelAudioVolume_SetChannelVolume(channels, 1, 0.25f, &context), S_OK,
          "SetChannelVolume of the second channel");
    check(hears(CHANNELS, 1), "OnChannelVolumeChanged after SetChannelVolume");
    check(heard.n_channels == n, "OnChannelVolumeChanged has the channel count");
    check(heard.changed == 1, "OnChannelVolumeChanged names the one channel (%ld)",
          (long)heard.changed);
    check(heard.channel[1] >= 0.25f && heard.channel[1] <= 0.25f,
          "OnChannelVolumeChanged has its level");
    check(IsEqualGUID(&heard.context, &context), "OnChannelVolumeChanged has the caller's context");
    is_ok(IChannelAudioVolume_SetAllVolumes(channels, n, levels, &context), S_OK,
          "IChannelAudioVolume::SetAllVolumes");
    check(hears(CHANNELS, 2) && heard.changed == (DWORD)-1,
          "OnChannelVolumeChanged after SetAllVolumes: (DWORD)-1, more than one (%ld)",
          (long)heard.changed);
    is_ok(IChannelAudioVolume_SetAllVolumes(channels, n + 1, levels, NULL), E_INVALIDARG,
          "IChannelAudioVolume::SetAllVolumes: another count is E_INVALIDARG");
    is_ok(IChannelAudioVolume_SetAllVolumes(channels, n, NULL, NULL), NULL_REF,
          "IChannelAudioVolume::SetAllVolumes: NULL is refused");
    is_ok(IChannelAudioVolume_GetAllVolumes(channels, n + 1, levels), E_INVALIDARG,
          "IChannelAudioVolume::GetAllVolumes: another count is E_INVALIDARG");
    is_ok(IChannelAudioVolume_GetAllVolumes(channels, n, NULL), NULL_REF,
          "IChannelAudioVolume::GetAllVolumes: NULL is refused");
    is_ok(IChannelAudioVolume_GetAllVolumes(channels, n, levels), S_OK,
          "IChannelAudioVolume::GetAllVolumes");
    check(levels[1] >= 1.0f && levels[1] <= 1.0f, "what SetAllVolumes set is told");
    is_ok(IChannelAudioVolume_SetChannelVolume(channels, 0, 2.0f, NULL), E_INVALIDARG,
          "IChannelAudioVolume::SetChannelVolume: above 1 is E_INVALIDARG");
    is_ok(IChannelAudioVolume_GetChannelVolume(channels, n, levels), E_INVALIDARG,
          "IChannelAudioVolume::GetChannelVolume: no such channel");
    is_ok(IChannelAudioVolume_GetChannelVolume(channels, 0, NULL), NULL_REF,
          "IChannelAudioVolume::GetChannelVolume: NULL is refused");
}

static void test_text_events(IAudioSessionControl *control)
{
    WCHAR *text = NULL;
    IAudioSessionControl_SetDisplayName(control, L"renamed", &context);
    check(hears(NAME, 1) && wcscmp(heard.text, L"renamed") == 0,
          "OnDisplayNameChanged has the new name");
    check(IsEqualGUID(&heard.context, &context), "OnDisplayNameChanged has the caller's context");
    is_ok(IAudioSessionControl_GetIconPath(control, NULL), NULL_REF,
          "GetIconPath: NULL is refused");
    is_ok(IAudioSessionControl_SetIconPath(control, NULL, NULL), NULL_REF,
          "SetIconPath: NULL is refused");
    is_ok(IAudioSessionControl_SetIconPath(control, L"C:\\an.ico,1", &context), S_OK,
          "SetIconPath");
    check(hears(ICON, 1) && wcscmp(heard.text, L"C:\\an.ico,1") == 0,
          "OnIconPathChanged has the new path");
    is_ok(IAudioSessionControl_GetIconPath(control, &text), S_OK, "GetIconPath");
    check(text != NULL && wcscmp(text, L"C:\\an.ico,1") == 0, "GetIconPath tells what was set");
    CoTaskMemFree(text);
    is_ok(IAudioSessionControl_GetGroupingParam(control, NULL), NULL_REF,
          "GetGroupingParam: NULL is refused");
    is_ok(IAudioSessionControl_SetGroupingParam(control, NULL, NULL), NULL_REF,
          "SetGroupingParam: NULL is refused");
    IAudioSessionControl_SetGroupingParam(control, &two, &context);
    check(hears(GROUP, 1) && IsEqualGUID(&heard.group, &two),
          "OnGroupingParamChanged has the new parameter");
}

static void test_state_events(IAudioClient *client)
{
    IAudioClient_Start(client);
    check(hears(STATE, 1) && heard.state == AudioSessionStateActive,
          "OnStateChanged: active when a stream starts");
    IAudioClient_Stop(client);
    check(hears(STATE, 2) && heard.state == AudioSessionStateInactive,
          "OnStateChanged: inactive when the last one stops");
    IAudioClient_Stop(client);
    Sleep(50);
    check(heard.n[STATE] == 2, "OnStateChanged comes only when the state changes");
}

void test_session_events(void)
{
    IAudioClient *client = stream_in(&one);
    IAudioSessionControl *control = service(client, &IID_IAudioSessionControl);
    ISimpleAudioVolume *volume = service(client, &IID_ISimpleAudioVolume);
    IChannelAudioVolume *channels = service(client, &IID_IChannelAudioVolume);
    memset(&heard, 0, sizeof heard);
    is_ok(IAudioSessionControl_RegisterAudioSessionNotification(control, NULL), E_POINTER,
          "RegisterAudioSessionNotification: NULL is E_POINTER");
    is_ok(IAudioSessionControl_UnregisterAudioSessionNotification(control, NULL), E_POINTER,
          "UnregisterAudioSessionNotification: NULL is E_POINTER");
    is_ok(IAudioSessionControl_RegisterAudioSessionNotification(control, &events), S_OK,
          "RegisterAudioSessionNotification");
    check(heard.refs == 1, "RegisterAudioSessionNotification counts a reference (%ld)", heard.refs);
    test_volume_events(volume, channels);
    test_text_events(control);
    test_state_events(client);
    is_ok(IAudioSessionControl_UnregisterAudioSessionNotification(control, &events), S_OK,
          "UnregisterAudioSessionNotification");
    check(heard.refs == 0, "UnregisterAudioSessionNotification gives it back (%ld)", heard.refs);
    ISimpleAudioVolume_SetMasterVolume(volume, 0.9f, &context);
    Sleep(50);
    check(heard.level >= 1.0f, "no event comes after UnregisterAudioSessionNotification");
    ISimpleAudioVolume_SetMasterVolume(volume, 1.0f, &context);
    IChannelAudioVolume_Release(channels);
    ISimpleAudioVolume_Release(volume);
    IAudioSessionControl_Release(control);
    IAudioClient_Release(client);
}

static IAudioSessionControl2 *control2_of(IAudioClient *client)
{
    void *out = NULL;
    IAudioSessionControl *control = service(client, &IID_IAudioSessionControl);
    IAudioSessionControl_QueryInterface(control, &IID_IAudioSessionControl2, &out);
    IAudioSessionControl_Release(control);
    return out;
}

void test_session_identity(void)
{
    IAudioClient *a = stream_in(&one), *b = stream_in(&one), *c = stream_in(&two);
    IAudioSessionControl2 *ca = control2_of(a), *cb = control2_of(b), *cc = control2_of(c);
    WCHAR *ida = NULL, *idb = NULL, *idc = NULL, *instance = NULL;
    is_ok(IAudioSessionControl2_GetSessionIdentifier(ca, NULL), NULL_REF,
          "GetSessionIdentifier: NULL is refused");
    is_ok(IAudioSessionControl2_GetSessionInstanceIdentifier(ca, NULL), NULL_REF,
          "GetSessionInstanceIdentifier: NULL is refused");
    is_ok(IAudioSessionControl2_GetProcessId(ca, NULL), E_POINTER,
          "GetProcessId: NULL is E_POINTER");
    IAudioSessionControl2_GetSessionIdentifier(ca, &ida);
    IAudioSessionControl2_GetSessionIdentifier(cb, &idb);
    IAudioSessionControl2_GetSessionIdentifier(cc, &idc);
    is_ok(IAudioSessionControl2_GetSessionInstanceIdentifier(ca, &instance), S_OK,
          "GetSessionInstanceIdentifier");
    check(wcscmp(ida, idb) == 0, "GetSessionIdentifier: streams of one session have the same");
    check(wcscmp(ida, idc) != 0, "GetSessionIdentifier: another session has another");
    check(wcsncmp(instance, ida, wcslen(ida)) == 0 && wcslen(instance) > wcslen(ida),
          "GetSessionInstanceIdentifier is longer: it tells instances apart");
    is_ok(IAudioSessionControl2_SetDuckingPreference(ca, TRUE), S_OK, "SetDuckingPreference(TRUE)");
    is_ok(IAudioSessionControl2_SetDuckingPreference(ca, FALSE), S_OK,
          "SetDuckingPreference(FALSE)");
    CoTaskMemFree(ida);
    CoTaskMemFree(idb);
    CoTaskMemFree(idc);
    CoTaskMemFree(instance);
    IAudioSessionControl2_Release(ca);
    IAudioSessionControl2_Release(cb);
    IAudioSessionControl2_Release(cc);
    IAudioClient_Release(a);
    IAudioClient_Release(b);
    IAudioClient_Release(c);
}

static int n_sessions(IAudioSessionManager2 *manager)
{
    IAudioSessionEnumerator *sessions = NULL;
    int n = 0;
    IAudioSessionManager2_GetSessionEnumerator(manager, &sessions);
    IAudioSessionEnumerator_GetCount(sessions, &n);
    check(IAudioSessionEnumerator_Release(sessions) == 0,
          "IAudioSessionEnumerator: the last Release gives 0");
    return n;
}

void test_manager_notifications(void)
{
    IMMDevice *device = device_of(eRender);
    void *out = NULL;
    IMMDevice_Activate(device, &IID_IAudioSessionManager2, CLSCTX_INPROC_SERVER, NULL, &out);
    IAudioSessionManager2 *manager = out;
    IAudioSessionControl *control = NULL;
    IAudioVolumeDuckNotification *duck = (IAudioVolumeDuckNotification *)(void *)&created;
    is_ok(IMMDevice_Activate(device, &IID_IAudioSessionManager, CLSCTX_INPROC_SERVER, NULL, &out),
          S_OK, "Activate(IAudioSessionManager)");
    IAudioSessionManager_Release((IAudioSessionManager *)out);
    memset(&heard, 0, sizeof heard);
    is_ok(IAudioSessionManager2_RegisterSessionNotification(manager, NULL), E_POINTER,
          "RegisterSessionNotification: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_UnregisterSessionNotification(manager, NULL), E_POINTER,
          "UnregisterSessionNotification: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_RegisterSessionNotification(manager, &created), S_OK,
          "RegisterSessionNotification");
    const int before = n_sessions(manager);
    IAudioClient *client = stream_in(&three);
    check(hears(CREATED, 1), "OnSessionCreated when a stream makes a session");
    check(wcsstr(heard.text, L"5E551003") != NULL || wcsstr(heard.text, L"5e551003") != NULL,
          "OnSessionCreated has the new session");
    check(n_sessions(manager) == before + 1, "a new enumerator counts it");
    IAudioClient *again = stream_in(&three);
    Sleep(50);
    check(heard.n[CREATED] == 1, "OnSessionCreated does not come for a stream more in it");
    IAudioClient_Release(again);
    IAudioClient_Release(client);
    is_ok(IAudioSessionManager2_UnregisterSessionNotification(manager, &created), S_OK,
          "UnregisterSessionNotification");
    check(heard.refs == 0, "UnregisterSessionNotification gives its reference back (%ld)",
          heard.refs);
    is_ok(IAudioSessionManager2_RegisterDuckNotification(manager, NULL, NULL), E_POINTER,
          "RegisterDuckNotification: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_UnregisterDuckNotification(manager, NULL), E_POINTER,
          "UnregisterDuckNotification: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_RegisterDuckNotification(manager, L"a session", duck), S_OK,
          "RegisterDuckNotification");
    check(heard.refs == 1, "RegisterDuckNotification counts a reference (%ld)", heard.refs);
    is_ok(IAudioSessionManager2_UnregisterDuckNotification(manager, duck), S_OK,
          "UnregisterDuckNotification");
    check(heard.refs == 0, "UnregisterDuckNotification gives it back (%ld)", heard.refs);
    is_ok(IAudioSessionManager2_GetAudioSessionControl(manager, &three, 0, NULL), E_POINTER,
          "GetAudioSessionControl: NULL is E_POINTER");
    is_ok(IAudioSessionManager2_GetAudioSessionControl(manager, &three, 0, &control), S_OK,
          "GetAudioSessionControl");
    AudioSessionState state = AudioSessionStateActive;
    IAudioSessionControl_GetState(control, &state);
    check(state == AudioSessionStateExpired, "a session without streams is expired");
    IAudioSessionControl_Release(control);
    is_ok(IAudioSessionManager2_GetAudioSessionControl(manager, NULL, 0, &control), S_OK,
          "GetAudioSessionControl: NULL is the default session");
    IAudioSessionControl_Release(control);
    IAudioSessionManager2_RegisterSessionNotification(manager, &created);
    check(IAudioSessionManager2_Release(manager) == 0, "a registration does not keep its manager");
    check(heard.refs == 0, "... and ends with it (%ld)", heard.refs);
    IMMDevice_Release(device);
}
