/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Plays and records samples of 24 valid bits in 32: WAVEFORMATEXTENSIBLE, stereo, 48,000 Hz, raw
 * files. Links with Windows and nothing else.
 *
 * usage: wave24 play|record|render|capture FILE [SECONDS]
 *   play, record       waveOut, waveIn
 *   render, capture    WASAPI in shared mode, timer-driven
 * Last line "wave24: all done", or a line FAIL.
 */
#define COBJMACROS
#include <initguid.h>
#include <windows.h>

#include <mmreg.h>
#include <mmsystem.h>

#include <audioclient.h>
#include <mmdeviceapi.h>
#include <stdio.h>
#include <stdlib.h>

DEFINE_GUID(subtype_pcm, 0x00000001, 0x0000, 0x0010, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b,
            0x71);

enum { FRAME = 8, RATE = 48000, BLOCKS = 4, BLOCK_FRAMES = 4800 };

static WAVEFORMATEXTENSIBLE format = {{WAVE_FORMAT_EXTENSIBLE, 2, RATE, RATE *FRAME, FRAME, 32, 22},
                                      {24},
                                      SPEAKER_FRONT_LEFT | SPEAKER_FRONT_RIGHT,
                                      {0}};
static char *data;
static size_t len, at;

static int fail(const char *what, long code)
{
    printf("FAIL %s: %#lx\n", what, code);
    return 1;
}

/* A block of the file, then silence; or into the file's memory. */
static void move(void *block, size_t n, int records)
{
    size_t have = len - at < n ? len - at : n;
    if (records)
        memcpy(data + at, block, have);
    else
        memcpy(block, data + at, have), memset((char *)block + have, 0, n - have);
    at += have;
}

static int by_wave(int records)
{
    HWAVEOUT out = NULL;
    HWAVEIN in = NULL;
    WAVEHDR header[BLOCKS] = {0};
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    MMRESULT r =
        records
            ? waveInOpen(&in, WAVE_MAPPER, &format.Format, (DWORD_PTR)event, 0, CALLBACK_EVENT)
            : waveOutOpen(&out, WAVE_MAPPER, &format.Format, (DWORD_PTR)event, 0, CALLBACK_EVENT);
    if (r)
        return fail("open", (long)r);
    for (int i = 0; i < BLOCKS; i++) {
        header[i].lpData = calloc(BLOCK_FRAMES, FRAME);
        header[i].dwBufferLength = BLOCK_FRAMES * FRAME;
        if (records)
            waveInPrepareHeader(in, &header[i], sizeof *header),
                waveInAddBuffer(in, &header[i], sizeof *header);
        else {
            waveOutPrepareHeader(out, &header[i], sizeof *header);
            move(header[i].lpData, BLOCK_FRAMES * FRAME, 0);
            waveOutWrite(out, &header[i], sizeof *header);
        }
    }
    if (records)
        waveInStart(in);
    for (int i = 0, tail = 0; at < len || tail++ < 10; i = (i + 1) % BLOCKS) {
        while (!(*(volatile DWORD *)&header[i].dwFlags & WHDR_DONE))
            if (WaitForSingleObject(event, 3000) != WAIT_OBJECT_0)
                return fail("no block came back", 0);
        if (records)
            move(header[i].lpData, header[i].dwBytesRecorded, 1),
                waveInAddBuffer(in, &header[i], sizeof *header);
        else
            move(header[i].lpData, BLOCK_FRAMES * FRAME, 0),
                waveOutWrite(out, &header[i], sizeof *header);
    }
    if (records)
        waveInReset(in), waveInClose(in);
    else
        waveOutReset(out), waveOutClose(out);
    return 0;
}

static int by_client(int records)
{
    IMMDeviceEnumerator *all;
    IMMDevice *device;
    IAudioClient *client;
    IAudioRenderClient *render = NULL;
    IAudioCaptureClient *capture = NULL;
    UINT32 total, padding;
    BYTE *block;
    DWORD flags;
    HRESULT hr;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    hr = CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_ALL, &IID_IMMDeviceEnumerator,
                          (void **)&all);
    if (SUCCEEDED(hr))
        hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(all, records ? eCapture : eRender,
                                                         eConsole, &device);
    if (SUCCEEDED(hr))
        hr = IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_ALL, NULL, (void **)&client);
    if (SUCCEEDED(hr))
        hr = IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0,
                                     &format.Format, NULL);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetBufferSize(client, &total);
    if (SUCCEEDED(hr))
        hr = records ? IAudioClient_GetService(client, &IID_IAudioCaptureClient, (void **)&capture)
                     : IAudioClient_GetService(client, &IID_IAudioRenderClient, (void **)&render);
    if (FAILED(hr))
        return fail("opening", (long)hr);
    for (int round = 0, tail = 0; (at < len || tail++ < 60) && round < 3000; round++) {
        if (!records) {
            IAudioClient_GetCurrentPadding(client, &padding);
            if (total > padding &&
                SUCCEEDED(IAudioRenderClient_GetBuffer(render, total - padding, &block))) {
                move(block, (size_t)(total - padding) * FRAME, 0);
                IAudioRenderClient_ReleaseBuffer(render, total - padding, 0);
            }
        } else {
            UINT32 n;
            while (IAudioCaptureClient_GetBuffer(capture, &block, &n, &flags, NULL, NULL) == S_OK) {
                if (flags & AUDCLNT_BUFFERFLAGS_SILENT)
                    memset(block, 0, (size_t)n * FRAME);
                move(block, (size_t)n * FRAME, 1);
                IAudioCaptureClient_ReleaseBuffer(capture, n);
            }
        }
        if (round == 0 && FAILED(hr = IAudioClient_Start(client)))
            return fail("Start", (long)hr);
        Sleep(10);
    }
    IAudioClient_Stop(client);
    return at < len ? fail("time is up", (long)at) : 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return puts("usage: see the source"), 2;
    const int records = !strcmp(argv[1], "record") || !strcmp(argv[1], "capture");
    const int client = !strcmp(argv[1], "render") || !strcmp(argv[1], "capture");
    FILE *f;
    format.SubFormat = subtype_pcm;
    data = calloc(1, 1 << 26);
    if (records)
        len = (size_t)(RATE * (argc > 3 ? atof(argv[3]) : 1)) * FRAME;
    else {
        if (!(f = fopen(argv[2], "rb")))
            return fail("no file", 0);
        len = fread(data, 1, 1 << 26, f);
        fclose(f);
    }
    if (client ? by_client(records) : by_wave(records))
        return 1;
    if (records && (!(f = fopen(argv[2], "wb")) || fwrite(data, 1, len, f) != len || fclose(f)))
        return fail("write", 0);
    puts("wave24: all done");
    return 0;
}
