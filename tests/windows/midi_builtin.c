/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* With midi_sink.c, a stand-in for the driver that Wine's own mmdevapi loads, winestand.drv: on a
 * machine without a sequencer Wine's real ones have no MIDI port that could be passed on. It has no
 * sound device, one auxiliary device, and the MIDI devices that %MIDI_SINK% says.
 * HKCU\Software\Wine\Drivers, Audio = "stand". Wine up to 8.0 takes a native module for it. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <string.h>

#define PRIORITY_PREFERRED 3

static DWORD volume = 0x40004000;

int WINAPI GetPriority(void);
HRESULT WINAPI GetEndpointIDs(int flow, WCHAR ***ids, GUID **guids, UINT *n, UINT *first);
HRESULT WINAPI GetAudioEndpoint(GUID *guid, void *device, int flow, void **out);
HRESULT WINAPI GetAudioSessionManager(void *device, void **out);
DWORD CALLBACK auxMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

__declspec(dllexport) int WINAPI GetPriority(void)
{
    return PRIORITY_PREFERRED;
}

__declspec(dllexport) HRESULT WINAPI
    GetEndpointIDs(int flow, WCHAR ***ids, GUID **guids, UINT *n, UINT *first)
{
    (void)flow;
    *ids = NULL;
    *guids = NULL;
    *n = *first = 0;
    return S_OK;
}

__declspec(dllexport) HRESULT WINAPI
    GetAudioEndpoint(GUID *guid, void *device, int flow, void **out)
{
    (void)guid;
    (void)device;
    (void)flow;
    *out = NULL;
    return E_NOTIMPL;
}

__declspec(dllexport) HRESULT WINAPI GetAudioSessionManager(void *device, void **out)
{
    (void)device;
    *out = NULL;
    return E_NOTIMPL;
}

__declspec(dllexport) DWORD CALLBACK
    auxMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    AUXCAPSW caps = {.wMid = 0x1234, .szPname = L"stand-in", .wTechnology = AUXCAPS_AUXIN};
    (void)user;
    if (msg == DRVM_INIT)
        return MMSYSERR_NOERROR;
    if (msg == AUXDM_GETNUMDEVS)
        return 1;
    if (device != 0)
        return MMSYSERR_BADDEVICEID;
    if (msg == AUXDM_GETDEVCAPS)
        memcpy((void *)p1, &caps, p2 < sizeof caps ? p2 : sizeof caps);
    else if (msg == AUXDM_SETVOLUME)
        volume = (DWORD)p1;
    else if (msg == AUXDM_GETVOLUME)
        *(DWORD *)p1 = volume;
    else
        return MMSYSERR_NOTSUPPORTED;
    return MMSYSERR_NOERROR;
}
