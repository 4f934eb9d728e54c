/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A DirectSound program: plays a recording from a secondary buffer, records into a capture buffer.
 *
 *   mmewine_dsound play RECORDING CAPTURED   (the device: float32, stereo, the recording's rate)
 *   mmewine_dsound record RECORDING          (the input gives this file)
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include <initguid.h>

#include "mmewine_test.h"

#include <stdlib.h>
#include <string.h>

#include <dsound.h>

#define PATIENCE_MS 30000u

static bool fill(IDirectSoundBuffer *buffer, const struct wav *wav)
{
    void *to, *rest;
    DWORD n, n_rest;
    if (IDirectSoundBuffer_Lock(buffer, 0, wav->data_bytes, &to, &n, &rest, &n_rest, 0) != DS_OK ||
        n != wav->data_bytes)
        return false;
    memcpy(to, wav->data, n);
    return IDirectSoundBuffer_Unlock(buffer, to, n, rest, n_rest) == DS_OK;
}

static bool stopped(IDirectSoundBuffer *buffer)
{
    const DWORD begin = GetTickCount();
    DWORD status = DSBSTATUS_PLAYING;
    while (IDirectSoundBuffer_GetStatus(buffer, &status) == DS_OK &&
           (status & DSBSTATUS_PLAYING) != 0) {
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        Sleep(5);
    }
    Sleep(300); /* what is mixed ahead */
    return true;
}

/* DirectSound mixes in float and to both speakers: each frame is twice the sample over 32768. */
static void check_captured(const char *path, const struct wav *wav)
{
    struct wav got;
    if (!check(wav_read(path, &got), "%s is a whole WAV file", path))
        return;
    check(got.format.wFormatTag == WAVE_FORMAT_IEEE_FLOAT && got.format.nChannels == 2 &&
              got.format.nSamplesPerSec == wav->format.nSamplesPerSec,
          "it is float32, stereo, %u Hz", (unsigned)got.format.nSamplesPerSec);
    const int16_t *in = (const int16_t *)(const void *)wav->data;
    const float *out = (const float *)(const void *)got.data;
    const uint32_t n_in = wav->data_bytes / 2, n_out = got.data_bytes / (2 * sizeof *out);
    uint32_t a = 0, b = 0, same = 0;
    while (a < n_in && in[a] == 0)
        a++;
    while (b < n_out && out[2 * b] >= 0.0f && out[2 * b] <= 0.0f)
        b++;
    while (a + same < n_in && b + same < n_out) {
        const float wanted = (float)in[a + same] / 32768.0f;
        if (memcmp(&out[2 * (b + same)], &wanted, sizeof wanted) != 0 ||
            memcmp(&out[2 * (b + same) + 1], &wanted, sizeof wanted) != 0)
            break;
        same++;
    }
    check(n_in > a && same == n_in - a,
          "every frame of the recording is in it, exactly, without a gap (%u of %u)",
          (unsigned)same, (unsigned)(n_in - a));
    wav_free(&got);
}

static void play(const char *recording, const char *captured)
{
    struct wav wav;
    IDirectSound8 *sound;
    IDirectSoundBuffer *buffer;
    DWORD at = 1;
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    HRESULT hr = DirectSoundCreate8(NULL, &sound, NULL);
    if (!check(hr == DS_OK, "DirectSoundCreate8 opens the default device: %lx", hr))
        return;
    hr = IDirectSound8_SetCooperativeLevel(sound, GetDesktopWindow(), DSSCL_PRIORITY);
    check(hr == DS_OK, "SetCooperativeLevel: %lx", hr);
    const DSBUFFERDESC desc = {.dwSize = sizeof desc,
                               .dwFlags = DSBCAPS_GLOBALFOCUS | DSBCAPS_GETCURRENTPOSITION2 |
                                          DSBCAPS_CTRLVOLUME,
                               .dwBufferBytes = wav.data_bytes,
                               .lpwfxFormat = &wav.format};
    hr = IDirectSound8_CreateSoundBuffer(sound, &desc, &buffer, NULL);
    if (!check(hr == DS_OK, "CreateSoundBuffer: %lx", hr))
        return;
    check(fill(buffer, &wav), "the buffer can be locked and filled");
    check(IDirectSoundBuffer_Play(buffer, 0, 0, 0) == DS_OK, "Play: DS_OK");
    check(stopped(buffer), "it stops at its end");
    hr = IDirectSoundBuffer_GetCurrentPosition(buffer, &at, NULL);
    check(hr == DS_OK && at == 0, "a buffer that has played to its end stands at 0 (%lu)", at);
    IDirectSoundBuffer_Release(buffer);
    check(IDirectSound8_Release(sound) == 0, "the last Release gives 0");
    check_captured(captured, &wav);
    wav_free(&wav);
}

static bool captured_all(IDirectSoundCaptureBuffer *buffer, DWORD n_bytes)
{
    const DWORD begin = GetTickCount();
    DWORD status = 0, at = 0;
    for (;;) {
        if (IDirectSoundCaptureBuffer_GetStatus(buffer, &status) != DS_OK ||
            IDirectSoundCaptureBuffer_GetCurrentPosition(buffer, NULL, &at) != DS_OK)
            return false;
        if ((status & DSCBSTATUS_CAPTURING) == 0 || at >= n_bytes)
            return true;
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        Sleep(5);
    }
}

static void record(const char *recording)
{
    struct wav wav;
    IDirectSoundCapture8 *sound;
    IDirectSoundCaptureBuffer *buffer;
    void *data, *rest;
    DWORD n, n_rest;
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    HRESULT hr = DirectSoundCaptureCreate8(NULL, &sound, NULL);
    if (!check(hr == DS_OK, "DirectSoundCaptureCreate8 opens the default device: %lx", hr))
        return;
    const DSCBUFFERDESC desc = {
        .dwSize = sizeof desc, .dwBufferBytes = 2 * wav.data_bytes, .lpwfxFormat = &wav.format};
    hr = IDirectSoundCapture_CreateCaptureBuffer(sound, &desc, &buffer, NULL);
    if (!check(hr == DS_OK, "CreateCaptureBuffer: %lx", hr))
        return;
    check(IDirectSoundCaptureBuffer_Start(buffer, 0) == DS_OK, "Start: DS_OK");
    check(captured_all(buffer, wav.data_bytes), "the buffer fills");
    check(IDirectSoundCaptureBuffer_Stop(buffer) == DS_OK, "Stop: DS_OK");
    hr = IDirectSoundCaptureBuffer_Lock(buffer, 0, wav.data_bytes, &data, &n, &rest, &n_rest, 0);
    if (check(hr == DS_OK && n == wav.data_bytes, "Lock gives what was recorded: %lx", hr))
        check(memcmp(data, wav.data, n) == 0,
              "it is the file from its first frame on, bit-identical (%lu bytes)", n);
    IDirectSoundCaptureBuffer_Unlock(buffer, data, n, rest, n_rest);
    IDirectSoundCaptureBuffer_Release(buffer);
    IDirectSoundCapture_Release(sound);
    wav_free(&wav);
}

int main(int argc, char **argv)
{
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (argc == 4 && strcmp(argv[1], "play") == 0)
        play(argv[2], argv[3]);
    else if (argc == 3 && strcmp(argv[1], "record") == 0)
        record(argv[2]);
    else
        return 2;
    return finish("mmewine_dsound");
}
