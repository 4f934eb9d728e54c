/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Rules of DirectSound over the same endpoints. */
#include "mmewine_rules.h"

#include <dsound.h>

static BOOL CALLBACK count_device(GUID *guid, LPCWSTR description, LPCWSTR module, void *user)
{
    unsigned *n = user;
    (void)module;
    if (*n == 0)
        check(guid == NULL, "DirectSoundEnumerate: the first is the primary driver, GUID NULL");
    if (*n == 1)
        check(guid != NULL && description[0] != 0,
              "DirectSoundEnumerate: the others have a GUID and a name");
    (*n)++;
    return TRUE;
}

static void test_buffer(IDirectSound8 *sound)
{
    WAVEFORMATEX format = pcm(2, 44100, 16), told;
    const DWORD n_bytes = format.nAvgBytesPerSec / 10;
    DSBUFFERDESC desc = {.dwSize = sizeof desc,
                         .dwFlags = DSBCAPS_GETCURRENTPOSITION2 | DSBCAPS_GLOBALFOCUS |
                                    DSBCAPS_CTRLVOLUME | DSBCAPS_CTRLFREQUENCY | DSBCAPS_CTRLPAN,
                         .dwBufferBytes = n_bytes,
                         .lpwfxFormat = &format};
    DSBCAPS caps = {.dwSize = sizeof caps};
    IDirectSoundBuffer *buffer = NULL;
    void *data = NULL, *rest = NULL;
    DWORD n = 0, n_rest = 0, status = 9, play = 9, write = 9;
    LONG level = 1;
    is_ok(IDirectSound8_CreateSoundBuffer(sound, NULL, &buffer, NULL), DSERR_INVALIDPARAM,
          "CreateSoundBuffer: no description is DSERR_INVALIDPARAM");
    is_ok(IDirectSound8_CreateSoundBuffer(sound, &desc, NULL, NULL), DSERR_INVALIDPARAM,
          "CreateSoundBuffer: no place for the buffer is DSERR_INVALIDPARAM");
    if (!is_ok(IDirectSound8_CreateSoundBuffer(sound, &desc, &buffer, NULL), DS_OK,
               "CreateSoundBuffer"))
        return;
    is_ok(IDirectSoundBuffer_GetCaps(buffer, NULL), DSERR_INVALIDPARAM,
          "IDirectSoundBuffer::GetCaps: NULL is DSERR_INVALIDPARAM");
    is_ok(IDirectSoundBuffer_GetCaps(buffer, &caps), DS_OK, "IDirectSoundBuffer::GetCaps");
    check(caps.dwBufferBytes == n_bytes, "DSBCAPS: dwBufferBytes is the size asked for (%lu)",
          caps.dwBufferBytes);
    is_ok(IDirectSoundBuffer_GetFormat(buffer, &told, sizeof told, NULL), DS_OK, "GetFormat");
    check(memcmp(&told, &format, sizeof format - sizeof format.cbSize) == 0,
          "GetFormat is the format it was made with");
    is_ok(IDirectSoundBuffer_GetStatus(buffer, &status), DS_OK, "GetStatus");
    check(status == 0, "a new buffer neither plays nor loops (%lx)", status);
    is_ok(IDirectSoundBuffer_Lock(buffer, n_bytes, 16, &data, &n, &rest, &n_rest, 0),
          DSERR_INVALIDPARAM, "Lock: an offset beyond the buffer is DSERR_INVALIDPARAM");
    is_ok(IDirectSoundBuffer_Lock(buffer, n_bytes - 8, 16, &data, &n, &rest, &n_rest, 0), DS_OK,
          "Lock over the end");
    check(n == 8 && n_rest == 8 && rest != NULL, "Lock over the end gives two pieces");
    is_ok(IDirectSoundBuffer_Unlock(buffer, data, n, rest, n_rest), DS_OK, "Unlock");
    is_ok(IDirectSoundBuffer_Lock(buffer, 0, 0, &data, &n, NULL, NULL, DSBLOCK_ENTIREBUFFER), DS_OK,
          "Lock with DSBLOCK_ENTIREBUFFER");
    check(n == n_bytes, "DSBLOCK_ENTIREBUFFER is all of it (%lu)", n);
    memset(data, 0, n);
    IDirectSoundBuffer_Unlock(buffer, data, n, NULL, 0);
    is_ok(IDirectSoundBuffer_SetVolume(buffer, DSBVOLUME_MAX + 1), DSERR_INVALIDPARAM,
          "SetVolume: above DSBVOLUME_MAX is DSERR_INVALIDPARAM");
    is_ok(IDirectSoundBuffer_SetVolume(buffer, DSBVOLUME_MIN - 1), DSERR_INVALIDPARAM,
          "SetVolume: below DSBVOLUME_MIN is DSERR_INVALIDPARAM");
    is_ok(IDirectSoundBuffer_SetVolume(buffer, -600), DS_OK, "SetVolume");
    is_ok(IDirectSoundBuffer_GetVolume(buffer, &level), DS_OK, "GetVolume");
    check(level == -600, "GetVolume tells what was set, in hundredths of dB (%ld)", level);
    is_ok(IDirectSoundBuffer_SetPan(buffer, DSBPAN_RIGHT + 1), DSERR_INVALIDPARAM,
          "SetPan: beyond DSBPAN_RIGHT is DSERR_INVALIDPARAM");
    is_ok(IDirectSoundBuffer_SetPan(buffer, -1000), DS_OK, "SetPan");
    IDirectSoundBuffer_GetPan(buffer, &level);
    check(level == -1000, "GetPan tells what was set (%ld)", level);
    is_ok(IDirectSoundBuffer_SetFrequency(buffer, 22050), DS_OK, "SetFrequency");
    IDirectSoundBuffer_GetFrequency(buffer, &n);
    check(n == 22050, "GetFrequency tells what was set (%lu)", n);
    is_ok(IDirectSoundBuffer_SetFrequency(buffer, DSBFREQUENCY_ORIGINAL), DS_OK,
          "SetFrequency(DSBFREQUENCY_ORIGINAL)");
    IDirectSoundBuffer_GetFrequency(buffer, &n);
    check(n == 44100, "... is the format's again (%lu)", n);
    is_ok(IDirectSoundBuffer_GetCurrentPosition(buffer, &play, &write), DS_OK,
          "GetCurrentPosition");
    check(play == 0, "the play cursor of a new buffer is at 0 (%lu)", play);
    is_ok(IDirectSoundBuffer_SetCurrentPosition(buffer, 400), DS_OK, "SetCurrentPosition");
    IDirectSoundBuffer_GetCurrentPosition(buffer, &play, NULL);
    check(play == 400, "GetCurrentPosition is then there (%lu)", play);
    is_ok(IDirectSoundBuffer_Play(buffer, 0, 0, DSBPLAY_LOOPING), DS_OK, "Play in a loop");
    IDirectSoundBuffer_GetStatus(buffer, &status);
    check((status & (DSBSTATUS_PLAYING | DSBSTATUS_LOOPING)) ==
              (DSBSTATUS_PLAYING | DSBSTATUS_LOOPING),
          "GetStatus: playing and looping (%lx)", status);
    DWORD first = 0;
    IDirectSoundBuffer_GetCurrentPosition(buffer, &first, NULL);
    play = first;
    for (unsigned i = 0; i < 1000 && play == first; i++) {
        Sleep(5);
        IDirectSoundBuffer_GetCurrentPosition(buffer, &play, &write);
    }
    check(play != first, "the play cursor moves while it plays");
    is_ok(IDirectSoundBuffer_Stop(buffer), DS_OK, "Stop of a buffer");
    IDirectSoundBuffer_GetStatus(buffer, &status);
    check((status & DSBSTATUS_PLAYING) == 0, "GetStatus after Stop (%lx)", status);
    check(IDirectSoundBuffer_Release(buffer) == 0, "IDirectSoundBuffer: the last Release gives 0");
}

void test_direct_sound(void)
{
    IDirectSound8 *sound = NULL;
    DSCAPS caps = {.dwSize = sizeof caps};
    unsigned n = 0;
    is_ok(DirectSoundEnumerateW(count_device, &n), DS_OK, "DirectSoundEnumerate");
    check(n >= 2, "DirectSoundEnumerate: the primary driver and a device (%u)", n);
    is_ok(DirectSoundCreate8(NULL, NULL, NULL), DSERR_INVALIDPARAM,
          "DirectSoundCreate8: no place for the object is DSERR_INVALIDPARAM");
    if (!is_ok(DirectSoundCreate8(NULL, &sound, NULL), DS_OK, "DirectSoundCreate8"))
        return;
    is_ok(IDirectSound8_SetCooperativeLevel(sound, GetDesktopWindow(), DSSCL_PRIORITY), DS_OK,
          "SetCooperativeLevel");
    is_ok(IDirectSound8_GetCaps(sound, NULL), DSERR_INVALIDPARAM,
          "IDirectSound::GetCaps: NULL is DSERR_INVALIDPARAM");
    is_ok(IDirectSound8_GetCaps(sound, &caps), DS_OK, "IDirectSound::GetCaps");
    check((caps.dwFlags & DSCAPS_SECONDARY16BIT) != 0 &&
              (caps.dwFlags & DSCAPS_SECONDARYSTEREO) != 0,
          "DSCAPS: secondary buffers of 16 bits, stereo (%lx)", caps.dwFlags);
    test_buffer(sound);
    check(IDirectSound8_Release(sound) == 0, "IDirectSound8: the last Release gives 0");
}

void test_direct_capture(void)
{
    WAVEFORMATEX format = pcm(1, 44100, 16);
    DSCBUFFERDESC desc = {
        .dwSize = sizeof desc, .dwBufferBytes = format.nAvgBytesPerSec / 4, .lpwfxFormat = &format};
    IDirectSoundCapture8 *sound = NULL;
    IDirectSoundCaptureBuffer *buffer = NULL;
    DSCCAPS caps = {.dwSize = sizeof caps};
    DWORD status = 9, at = 0, read = 0;
    is_ok(DirectSoundCaptureCreate8(NULL, NULL, NULL), DSERR_INVALIDPARAM,
          "DirectSoundCaptureCreate8: no place for the object is DSERR_INVALIDPARAM");
    if (!is_ok(DirectSoundCaptureCreate8(NULL, &sound, NULL), DS_OK, "DirectSoundCaptureCreate8"))
        return;
    is_ok(IDirectSoundCapture_GetCaps(sound, &caps), DS_OK, "IDirectSoundCapture::GetCaps");
    check(caps.dwChannels >= 1, "DSCCAPS: channels (%lu)", caps.dwChannels);
    is_ok(IDirectSoundCapture_CreateCaptureBuffer(sound, NULL, &buffer, NULL), DSERR_INVALIDPARAM,
          "CreateCaptureBuffer: no description is DSERR_INVALIDPARAM");
    if (!is_ok(IDirectSoundCapture_CreateCaptureBuffer(sound, &desc, &buffer, NULL), DS_OK,
               "CreateCaptureBuffer"))
        return;
    is_ok(IDirectSoundCaptureBuffer_GetStatus(buffer, &status), DS_OK,
          "IDirectSoundCaptureBuffer::GetStatus");
    check(status == 0, "a new capture buffer does not record (%lx)", status);
    is_ok(IDirectSoundCaptureBuffer_Start(buffer, DSCBSTART_LOOPING), DS_OK, "Start in a loop");
    IDirectSoundCaptureBuffer_GetStatus(buffer, &status);
    check((status & DSCBSTATUS_CAPTURING) != 0 && (status & DSCBSTATUS_LOOPING) != 0,
          "GetStatus: capturing and looping (%lx)", status);
    for (unsigned i = 0; i < 1000 && read == 0; i++) {
        Sleep(5);
        IDirectSoundCaptureBuffer_GetCurrentPosition(buffer, &at, &read);
    }
    check(read > 0, "the read cursor moves while it records");
    is_ok(IDirectSoundCaptureBuffer_Stop(buffer), DS_OK, "IDirectSoundCaptureBuffer::Stop");
    IDirectSoundCaptureBuffer_GetStatus(buffer, &status);
    check((status & DSCBSTATUS_CAPTURING) == 0, "GetStatus after Stop of a capture buffer");
    check(IDirectSoundCaptureBuffer_Release(buffer) == 0,
          "IDirectSoundCaptureBuffer: the last Release gives 0");
    check(IDirectSoundCapture_Release(sound) == 0,
          "IDirectSoundCapture8: the last Release gives 0");
}
