/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "mmewine_rules.h"

/* ------------------------------------------------------------------ sessions */

void test_session(void)
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

void test_session_manager(void)
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
