/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A waveOut and waveIn program: plays a recording through the first device, the way programs of the
 * time did it, and compares the captured file.
 *
 *   mmewine_winmm play RECORDING CAPTURED [NAME]   NAME: part of the device's name, else the mapper
 *   mmewine_winmm record RECORDING          (the input gives this file)
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include "mmewine_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS      6u
#define BLOCK_BYTES 8192u
#define PATIENCE_MS 30000u

static bool wait_done(const WAVEHDR *header, HANDLE event)
{
    const volatile DWORD *flags = &header->dwFlags;
    const DWORD begin = GetTickCount();
    while ((*flags & WHDR_DONE) == 0) {
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        WaitForSingleObject(event, 20);
    }
    return true;
}

/* ------------------------------------------------------------------ playing */

static bool write_all(HWAVEOUT out, HANDLE event, const struct wav *wav)
{
    static WAVEHDR headers[BLOCKS];
    static char memory[BLOCKS][BLOCK_BYTES];
    uint32_t at = 0;
    unsigned n = 0;
    for (; at < wav->data_bytes; n++) {
        WAVEHDR *header = &headers[n % BLOCKS];
        if (n >= BLOCKS &&
            (!wait_done(header, event) || waveOutUnprepareHeader(out, header, sizeof *header) != 0))
            return false;
        const uint32_t left = wav->data_bytes - at;
        memset(header, 0, sizeof *header);
        header->lpData = memory[n % BLOCKS];
        header->dwBufferLength = left < BLOCK_BYTES ? left : BLOCK_BYTES;
        memcpy(header->lpData, wav->data + at, header->dwBufferLength);
        if (waveOutPrepareHeader(out, header, sizeof *header) != 0 ||
            waveOutWrite(out, header, sizeof *header) != 0)
            return false;
        at += header->dwBufferLength;
    }
    for (unsigned i = 0; i < BLOCKS && i < n; i++)
        if (!wait_done(&headers[i], event) ||
            waveOutUnprepareHeader(out, &headers[i], sizeof headers[i]) != 0)
            return false;
    return true;
}

static void check_position(HWAVEOUT out, const struct wav *wav)
{
    MMTIME time = {.wType = TIME_SAMPLES};
    const DWORD frames = wav->data_bytes / wav->format.nBlockAlign;
    const MMRESULT result = waveOutGetPosition(out, &time, sizeof time);
    check(result == MMSYSERR_NOERROR && time.wType == TIME_SAMPLES && time.u.sample == frames,
          "waveOutGetPosition: after the last WOM_DONE the position is every frame written: %lu of "
          "%lu",
          time.u.sample, frames);
    check(waveOutReset(out) == MMSYSERR_NOERROR, "waveOutReset succeeds");
    time.wType = TIME_SAMPLES;
    waveOutGetPosition(out, &time, sizeof time);
    check(time.u.sample == 0, "waveOutReset: the position is 0 again (%lu)", time.u.sample);
}

/** The device whose name has this part; WAVE_MAPPER for NULL, which must be the card. */
static UINT find_device(const char *part)
{
    WAVEOUTCAPSA caps;
    const UINT n = waveOutGetNumDevs();
    check(n > 0, "waveOutGetNumDevs: there is a device (%u)", n);
    for (UINT i = 0; i < n; i++) {
        const bool ok = waveOutGetDevCapsA(i, &caps, sizeof caps) == MMSYSERR_NOERROR;
        check(ok, "waveOutGetDevCaps(%u): \"%s\"", i, caps.szPname);
        if (part == NULL) {
            check(strstr(caps.szPname, "mmekit") != NULL, "device 0 is the card");
            return WAVE_MAPPER;
        }
        if (ok && strstr(caps.szPname, part) != NULL)
            return i;
    }
    check(false, "a device has \"%s\" in its name", part != NULL ? part : "mmekit");
    return n;
}

static void play(const char *recording, const char *captured, const char *name)
{
    struct wav wav;
    HWAVEOUT out;
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    const UINT device = find_device(name);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    MMRESULT result = waveOutOpen(&out, device, &wav.format, (DWORD_PTR)event, 0, CALLBACK_EVENT);
    if (!check(result == MMSYSERR_NOERROR, "waveOutOpen with %u Hz, %u channels: %u",
               (unsigned)wav.format.nSamplesPerSec, wav.format.nChannels, result))
        return;
    check(write_all(out, event, &wav), "every block comes back with WHDR_DONE");
    check_position(out, &wav);
    check(waveOutClose(out) == MMSYSERR_NOERROR, "waveOutClose succeeds when all blocks are back");
    CloseHandle(event);
    /* through another driver go whole periods */
    const size_t silence = name != NULL ? wav.format.nAvgBytesPerSec / 10 : 0;
    check_same(captured, &wav, wav.data, wav.data_bytes, silence);
    wav_free(&wav);
}

/* ------------------------------------------------------------------ recording */

static uint32_t read_all(HWAVEIN in, HANDLE event, unsigned char *to, uint32_t len)
{
    static WAVEHDR headers[BLOCKS];
    static char memory[BLOCKS][BLOCK_BYTES];
    uint32_t got = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        memset(&headers[i], 0, sizeof headers[i]);
        headers[i].lpData = memory[i];
        headers[i].dwBufferLength = BLOCK_BYTES;
        waveInPrepareHeader(in, &headers[i], sizeof headers[i]);
        waveInAddBuffer(in, &headers[i], sizeof headers[i]);
    }
    if (waveInStart(in) != MMSYSERR_NOERROR)
        return 0;
    for (unsigned i = 0; got < len; i = (i + 1) % BLOCKS) {
        if (!wait_done(&headers[i], event))
            break;
        uint32_t n = headers[i].dwBytesRecorded;
        n = n < len - got ? n : len - got;
        memcpy(to + got, headers[i].lpData, n);
        got += n;
        headers[i].dwFlags &= ~(DWORD)WHDR_DONE;
        waveInAddBuffer(in, &headers[i], sizeof headers[i]);
    }
    waveInReset(in);
    for (unsigned i = 0; i < BLOCKS; i++)
        waveInUnprepareHeader(in, &headers[i], sizeof headers[i]);
    return got;
}

static void record(const char *recording)
{
    struct wav wav;
    HWAVEIN in;
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    const UINT n = waveInGetNumDevs();
    check(n > 0, "waveInGetNumDevs: there is a device (%u)", n);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    const MMRESULT result =
        waveInOpen(&in, WAVE_MAPPER, &wav.format, (DWORD_PTR)event, 0, CALLBACK_EVENT);
    if (!check(result == MMSYSERR_NOERROR, "waveInOpen(WAVE_MAPPER): %u", result))
        return;
    unsigned char *data = calloc(1, wav.data_bytes);
    const uint32_t got = read_all(in, event, data, wav.data_bytes);
    check(got == wav.data_bytes && memcmp(data, wav.data, got) == 0,
          "waveIn gives the file from its first frame on, bit-identical (%u of %u bytes)",
          (unsigned)got, (unsigned)wav.data_bytes);
    check(waveInClose(in) == MMSYSERR_NOERROR, "waveInClose succeeds");
    CloseHandle(event);
    free(data);
    wav_free(&wav);
}

int main(int argc, char **argv)
{
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "play") == 0)
        play(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
    else if (argc == 3 && strcmp(argv[1], "record") == 0)
        record(argv[2]);
    else
        return 2;
    return finish("mmewine_winmm");
}
