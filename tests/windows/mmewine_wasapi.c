/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A WASAPI program: plays or records a file through the default endpoint in each of the modes, and
 * compares bytes and positions.
 *
 *   mmewine_wasapi timer|event|exclusive-timer|exclusive-event|loopback RECORDING CAPTURED
 *   mmewine_wasapi record RECORDING
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include <initguid.h>

#include "mmewine_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>
#include <mmdeviceapi.h>
#include <audioclient.h>

#define PATIENCE_MS 30000u
#define DURATION    5000000 /* 500 ms: a busy machine may keep us from running that long */
#define PERIOD      1000000 /* of exclusive streams; two of them are on their way */

struct mode {
    bool exclusive, event, loopback;
};

static IAudioClient *activate(EDataFlow flow)
{
    IMMDeviceEnumerator *enumerator;
    IMMDevice *device;
    void *out = NULL;
    HRESULT hr = CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                                  &IID_IMMDeviceEnumerator, &out);
    if (!check(hr == S_OK, "CoCreateInstance(MMDeviceEnumerator): %lx", hr))
        return NULL;
    enumerator = out;
    hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, flow, eConsole, &device);
    if (!check(hr == S_OK, "GetDefaultAudioEndpoint finds a device: %lx", hr))
        return NULL;
    hr = IMMDevice_Activate(device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out);
    check(hr == S_OK, "IMMDevice::Activate(IAudioClient): %lx", hr);
    IMMDevice_Release(device);
    IMMDeviceEnumerator_Release(enumerator);
    return SUCCEEDED(hr) ? out : NULL;
}

static void *service(IAudioClient *client, REFIID iid, const char *name)
{
    void *out = NULL;
    const HRESULT hr = IAudioClient_GetService(client, iid, &out);
    check(hr == S_OK && out != NULL, "GetService(%s): %lx", name, hr);
    return out;
}

static bool initialize(IAudioClient *client, const struct mode *mode, const WAVEFORMATEX *format,
                       HANDLE event)
{
    const DWORD flags = (mode->event ? AUDCLNT_STREAMFLAGS_EVENTCALLBACK : 0) |
                        (mode->loopback ? AUDCLNT_STREAMFLAGS_LOOPBACK : 0);
    const REFERENCE_TIME duration = mode->exclusive && mode->event ? PERIOD : DURATION;
    HRESULT hr = IAudioClient_Initialize(
        client, mode->exclusive ? AUDCLNT_SHAREMODE_EXCLUSIVE : AUDCLNT_SHAREMODE_SHARED, flags,
        duration, mode->exclusive ? PERIOD : 0, format, NULL);
    if (!check(hr == S_OK, "Initialize takes the recording's format: %lx", hr))
        return false;
    if (mode->event) {
        hr = IAudioClient_SetEventHandle(client, event);
        check(hr == S_OK, "SetEventHandle: %lx", hr);
    }
    return true;
}

/* ------------------------------------------------------------------ playing */

struct player {
    IAudioClient *client;
    IAudioRenderClient *render;
    IAudioClock *clock;
    HANDLE event;
    UINT32 buffer_frames;
    struct mode mode;
};

/* As many frames as fit. The last piece of an exclusive, event-driven stream is filled up with
 * silence, for it goes over in whole buffers. */
static bool fill(struct player *p, const struct wav *wav, uint32_t *at)
{
    const uint32_t total = wav->data_bytes / wav->format.nBlockAlign;
    UINT32 padding = 0;
    BYTE *to;
    const bool whole = p->mode.exclusive && p->mode.event;
    if (!whole && IAudioClient_GetCurrentPadding(p->client, &padding) != S_OK)
        return false;
    UINT32 room = p->buffer_frames - padding;
    UINT32 n = total - *at < room ? total - *at : room;
    if (!whole)
        room = n;
    if (room == 0)
        return true;
    const HRESULT hr = IAudioRenderClient_GetBuffer(p->render, room, &to);
    if (whole && hr == AUDCLNT_E_BUFFER_TOO_LARGE)
        return true; /* woken without need */
    if (FAILED(hr))
        return check(false, "GetBuffer of %u frames of %u, padding %u: %lx", room, p->buffer_frames,
                     padding, hr);
    memset(to, 0, room * wav->format.nBlockAlign);
    memcpy(to, wav->data + (size_t)*at * wav->format.nBlockAlign, n * wav->format.nBlockAlign);
    *at += n;
    return IAudioRenderClient_ReleaseBuffer(p->render, room, 0) == S_OK;
}

static uint64_t position(IAudioClock *clock, uint32_t rate)
{
    UINT64 frequency = 1, now = 0;
    IAudioClock_GetFrequency(clock, &frequency);
    IAudioClock_GetPosition(clock, &now, NULL);
    return now * rate / frequency;
}

static bool drained(struct player *p, uint64_t frames, uint32_t rate)
{
    const DWORD begin = GetTickCount();
    while (position(p->clock, rate) < frames) {
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        Sleep(2);
    }
    return true;
}

static bool stream(struct player *p, const struct wav *wav)
{
    const uint32_t total = wav->data_bytes / wav->format.nBlockAlign;
    const DWORD begin = GetTickCount();
    uint32_t at = 0;
    bool ok = fill(p, wav, &at) && IAudioClient_Start(p->client) == S_OK;
    while (ok && at < total) {
        if (p->mode.event)
            WaitForSingleObject(p->event, 1000);
        else
            Sleep(3);
        ok = fill(p, wav, &at) && GetTickCount() - begin < PATIENCE_MS;
    }
    return ok && drained(p, total, wav->format.nSamplesPerSec);
}

static void check_end(struct player *p, const struct wav *wav)
{
    const uint32_t total = wav->data_bytes / wav->format.nBlockAlign;
    const uint32_t rate = wav->format.nSamplesPerSec;
    uint64_t expected = total;
    UINT32 padding = 99;
    if (p->mode.exclusive && p->mode.event) /* the last buffer was filled up */
        expected = (total + p->buffer_frames - 1) / p->buffer_frames * p->buffer_frames;
    drained(p, expected, rate);
    uint64_t at = position(p->clock, rate);
    check(at == expected, "IAudioClock: everything played is %u frames, exactly (%u)",
          (unsigned)expected, (unsigned)at);
    const HRESULT hr = IAudioClient_GetCurrentPadding(p->client, &padding);
    check(hr == S_OK && padding == 0, "GetCurrentPadding: nothing is left (%u)", padding);
    check(IAudioClient_Stop(p->client) == S_OK, "Stop: S_OK");
    check(IAudioClient_Stop(p->client) == S_FALSE, "Stop of a stopped stream: S_FALSE");
    check(position(p->clock, rate) == expected, "Stop keeps the position");
    check(IAudioClient_Reset(p->client) == S_OK, "Reset: S_OK");
    check(position(p->clock, rate) == 0, "Reset: the position is 0");
}

static void play(const struct mode *mode, const char *recording, const char *captured)
{
    struct wav wav;
    struct player p = {.mode = *mode, .event = CreateEventW(NULL, FALSE, FALSE, NULL)};
    if (!check(wav_read(recording, &wav), "the recording can be read") ||
        (p.client = activate(eRender)) == NULL || !initialize(p.client, mode, &wav.format, p.event))
        return;
    p.render = service(p.client, &IID_IAudioRenderClient, "IAudioRenderClient");
    p.clock = service(p.client, &IID_IAudioClock, "IAudioClock");
    const HRESULT hr = IAudioClient_GetBufferSize(p.client, &p.buffer_frames);
    check(hr == S_OK && p.buffer_frames >= wav.format.nSamplesPerSec / 100,
          "GetBufferSize: at least a period (%u frames)", p.buffer_frames);
    check(stream(&p, &wav), "the whole recording is taken and played");
    check_end(&p, &wav);
    IAudioClock_Release(p.clock);
    check(IAudioClient_Release(p.client) != 0, "a service keeps its client");
    check(IAudioRenderClient_Release(p.render) == 0, "the last service's Release gives 0");
    CloseHandle(p.event);
    if (mode->exclusive && mode->event) { /* the file has the silence of the last buffer, too */
        const uint32_t frames = wav.data_bytes / wav.format.nBlockAlign;
        const uint32_t all = (frames + p.buffer_frames - 1) / p.buffer_frames * p.buffer_frames *
                             wav.format.nBlockAlign;
        unsigned char *padded = calloc(1, all);
        memcpy(padded, wav.data, wav.data_bytes);
        check_same(captured, &wav, padded, all, 0);
        free(padded);
    } else {
        check_same(captured, &wav, wav.data, wav.data_bytes, 0);
    }
    wav_free(&wav);
}

/* ------------------------------------------------------------------ recording */

struct recorder {
    IAudioClient *client;
    IAudioCaptureClient *capture;
    unsigned char *data;
    uint32_t frame_bytes, n_frames, cap_frames;
    uint64_t next_position;
    unsigned n_packets, n_wrong_position, n_wrong_size, n_discontinuities;
};

/** Take all packets that are there. @return false on failure */
static bool take(struct recorder *r)
{
    UINT32 next, n;
    BYTE *data;
    DWORD flags;
    UINT64 at;
    while (IAudioCaptureClient_GetNextPacketSize(r->capture, &next) == S_OK && next > 0 &&
           r->n_frames < r->cap_frames) {
        if (IAudioCaptureClient_GetBuffer(r->capture, &data, &n, &flags, &at, NULL) != S_OK)
            return check(false, "GetBuffer after GetNextPacketSize gave %u", next);
        r->n_packets++;
        r->n_wrong_size += n != next;
        r->n_wrong_position += at != r->next_position && r->n_packets > 1;
        r->n_discontinuities += (flags & AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY) != 0;
        r->next_position = at + n;
        const uint32_t m = n < r->cap_frames - r->n_frames ? n : r->cap_frames - r->n_frames;
        memcpy(r->data + (size_t)r->n_frames * r->frame_bytes, data, m * r->frame_bytes);
        r->n_frames += m;
        if (IAudioCaptureClient_ReleaseBuffer(r->capture, n) != S_OK)
            return check(false, "ReleaseBuffer of the packet");
    }
    return true;
}

static bool open_recorder(struct recorder *r, EDataFlow flow, const struct mode *mode,
                          const WAVEFORMATEX *format, HANDLE event, uint32_t n_frames)
{
    memset(r, 0, sizeof *r);
    r->frame_bytes = format->nBlockAlign;
    r->cap_frames = n_frames;
    r->data = calloc(n_frames, r->frame_bytes);
    r->client = activate(flow);
    if (r->data == NULL || r->client == NULL || !initialize(r->client, mode, format, event))
        return false;
    r->capture = service(r->client, &IID_IAudioCaptureClient, "IAudioCaptureClient");
    return r->capture != NULL;
}

static void close_recorder(struct recorder *r)
{
    IAudioClient_Stop(r->client);
    IAudioCaptureClient_Release(r->capture);
    check(IAudioClient_Release(r->client) == 0, "the client's last Release gives 0");
    free(r->data);
}

static void check_packets(const struct recorder *r)
{
    check(r->n_wrong_size == 0, "GetBuffer gives the packet that GetNextPacketSize announced (%u)",
          r->n_packets);
    check(r->n_wrong_position == 0, "each packet's device position is where the last one ended");
    check(r->n_discontinuities <= 1, "no packet but the first is a discontinuity (%u)",
          r->n_discontinuities);
}

static void record(const char *recording)
{
    struct wav wav;
    struct recorder r;
    const struct mode mode = {.event = true};
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    const uint32_t n = wav.data_bytes / wav.format.nBlockAlign;
    if (!open_recorder(&r, eCapture, &mode, &wav.format, event, n))
        return;
    check(IAudioClient_Start(r.client) == S_OK, "Start: S_OK");
    const DWORD begin = GetTickCount();
    while (r.n_frames < n && GetTickCount() - begin < PATIENCE_MS) {
        WaitForSingleObject(event, 1000);
        if (!take(&r))
            break;
    }
    check_packets(&r);
    check(r.n_frames == n && memcmp(r.data, wav.data, wav.data_bytes) == 0,
          "the input gives the file from its first frame on, bit-identical (%u of %u frames)",
          r.n_frames, n);
    close_recorder(&r);
    wav_free(&wav);
}

/* What is played is heard in the moment it is mixed: the recording stands somewhere behind the
 * silence of the beginning. The player does not stop at its end, so that the last packet fills. */
static void loopback(const char *recording, const char *captured)
{
    struct wav wav;
    struct recorder r;
    const struct mode tap = {.loopback = true}, shared = {.event = true};
    struct player p = {.mode = shared, .event = CreateEventW(NULL, FALSE, FALSE, NULL)};
    if (!check(wav_read(recording, &wav), "the recording can be read"))
        return;
    const uint32_t n = wav.data_bytes / wav.format.nBlockAlign;
    const uint32_t rate = wav.format.nSamplesPerSec;
    if (!open_recorder(&r, eRender, &tap, &wav.format, NULL, n + 10 * rate) ||
        (p.client = activate(eRender)) == NULL ||
        !initialize(p.client, &shared, &wav.format, p.event))
        return;
    p.render = service(p.client, &IID_IAudioRenderClient, "IAudioRenderClient");
    p.clock = service(p.client, &IID_IAudioClock, "IAudioClock");
    IAudioClient_GetBufferSize(p.client, &p.buffer_frames);
    check(IAudioClient_Start(r.client) == S_OK, "Start of the loopback stream: S_OK");
    uint32_t at = 0;
    bool ok = fill(&p, &wav, &at) && IAudioClient_Start(p.client) == S_OK;
    const DWORD begin = GetTickCount();
    while (ok && position(p.clock, rate) < n && GetTickCount() - begin < PATIENCE_MS) {
        WaitForSingleObject(p.event, 100);
        ok = fill(&p, &wav, &at) && take(&r);
    }
    const uint32_t played = r.n_frames;
    while (r.n_frames < played + rate / 10 && GetTickCount() - begin < PATIENCE_MS) {
        Sleep(5);
        take(&r);
    }
    IAudioClient_Stop(p.client);
    check_packets(&r);
    uint32_t first = 0;
    const size_t bytes = wav.data_bytes;
    while (first + n <= r.n_frames &&
           memcmp(r.data + (size_t)first * r.frame_bytes, wav.data, bytes) != 0)
        first++;
    check(first + n <= r.n_frames,
          "loopback hears what is played, bit-identical (from frame %u of %u)", first, r.n_frames);
    IAudioClock_Release(p.clock);
    IAudioRenderClient_Release(p.render);
    IAudioClient_Release(p.client);
    close_recorder(&r);
    check_same(captured, &wav, wav.data, wav.data_bytes, 0);
    wav_free(&wav);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        struct mode mode;
    } modes[] = {
        {"timer", {false, false, false}},
        {"event", {false, true, false}},
        {"exclusive-timer", {true, false, false}},
        {"exclusive-event", {true, true, false}},
    };
    if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
        return 2;
    bool known = false;
    for (unsigned i = 0; argc == 4 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            play(&modes[i].mode, argv[2], argv[3]);
            known = true;
        }
    }
    if (argc == 4 && strcmp(argv[1], "loopback") == 0) {
        loopback(argv[2], argv[3]);
        known = true;
    }
    if (argc == 3 && strcmp(argv[1], "record") == 0) {
        record(argv[2]);
        known = true;
    }
    CoUninitialize();
    return known ? finish("mmewine_wasapi") : 2;
}
