/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Rules of streams: offload and low latency (IAudioClient2 and 3), flags, exclusive mode, and what
 * clock, packets and events say while sound flows. */
#include "mmewine_rules.h"

#define CROSSPROCESS     0x00010000u
#define NOPERSIST        0x00080000u
#define SRC_QUALITY      0x08000000u
#define AUTOCONVERT      0x80000000u
#define PATIENCE_MS      10000u
#define PERIODICITY_LOCK ((HRESULT)0x88890028)
#define OFFLOAD_ONLY     ((HRESULT)0x88890024)
#define OFFLOAD_UNABLE   ((HRESULT)0x88890022)

static void *activate(EDataFlow flow, REFIID iid, const char *rule)
{
    void *out = NULL;
    IMMDevice *device = device_of(flow);
    is_ok(IMMDevice_Activate(device, iid, CLSCTX_INPROC_SERVER, NULL, &out), S_OK, rule);
    IMMDevice_Release(device);
    return out;
}

/* ------------------------------------------------------------------ IAudioClient2 */

void test_client2(EDataFlow flow)
{
    IAudioClient2 *client = activate(flow, &IID_IAudioClient2, "Activate(IAudioClient2)");
    AudioClientProperties properties = {.cbSize = sizeof properties};
    BOOL capable = TRUE;
    REFERENCE_TIME low = 0, high = 0;
    WAVEFORMATEX format = pcm(2, 48000, 16);
    is_ok(IAudioClient2_IsOffloadCapable(client, AudioCategory_Other, NULL), E_INVALIDARG,
          "IsOffloadCapable: pbOffloadCapable NULL is E_INVALIDARG");
    is_ok(IAudioClient2_IsOffloadCapable(client, AudioCategory_Media, &capable), S_OK,
          "IsOffloadCapable of a stream category");
    check(!capable, "IsOffloadCapable: an engine in software offloads nothing");
    is_ok(IAudioClient2_SetClientProperties(client, NULL), E_POINTER,
          "SetClientProperties: NULL is E_POINTER");
    properties.cbSize = 1;
    is_ok(IAudioClient2_SetClientProperties(client, &properties), E_INVALIDARG,
          "SetClientProperties: cbSize must be the structure's");
    properties.cbSize = sizeof properties;
    properties.bIsOffload = TRUE;
    is_ok(IAudioClient2_SetClientProperties(client, &properties), OFFLOAD_UNABLE,
          "SetClientProperties: offload of an endpoint that cannot is "
          "AUDCLNT_E_ENDPOINT_OFFLOAD_NOT_CAPABLE");
    properties.bIsOffload = FALSE;
    properties.eCategory = AudioCategory_Communications;
    is_ok(IAudioClient2_SetClientProperties(client, &properties), S_OK,
          "SetClientProperties: a category before Initialize");
    is_ok(IAudioClient2_GetBufferSizeLimits(client, NULL, TRUE, &low, &high), E_POINTER,
          "GetBufferSizeLimits: pFormat NULL is E_POINTER");
    is_ok(IAudioClient2_GetBufferSizeLimits(client, &format, TRUE, NULL, &high), E_POINTER,
          "GetBufferSizeLimits: minimum NULL is E_POINTER");
    is_ok(IAudioClient2_GetBufferSizeLimits(client, &format, TRUE, &low, NULL), E_POINTER,
          "GetBufferSizeLimits: maximum NULL is E_POINTER");
    is_ok(IAudioClient2_GetBufferSizeLimits(client, &format, TRUE, &low, &high), OFFLOAD_ONLY,
          "GetBufferSizeLimits is AUDCLNT_E_OFFLOAD_MODE_ONLY without offload");
    check(IAudioClient2_Release(client) == 0, "IAudioClient2: the last Release gives 0");
}

/* ------------------------------------------------------------------ IAudioClient3 */

static IAudioClient3 *client3(void)
{
    return activate(eRender, &IID_IAudioClient3, "Activate(IAudioClient3)");
}

static void test_engine_period(void)
{
    IAudioClient3 *client = client3();
    WAVEFORMATEX *mix = NULL, *now = NULL, codec = pcm(1, 8000, 8);
    UINT32 standard = 0, fundamental = 0, low = 0, high = 0, current = 0;
    IAudioClient3_GetMixFormat(client, &mix);
    codec.wFormatTag = 0x7fff;
    is_ok(
        IAudioClient3_GetSharedModeEnginePeriod(client, NULL, &standard, &fundamental, &low, &high),
        E_POINTER, "GetSharedModeEnginePeriod: pFormat NULL is E_POINTER");
    is_ok(IAudioClient3_GetSharedModeEnginePeriod(client, mix, NULL, &fundamental, &low, &high),
          E_POINTER, "GetSharedModeEnginePeriod: default NULL is E_POINTER");
    is_ok(IAudioClient3_GetSharedModeEnginePeriod(client, mix, &standard, NULL, &low, &high),
          E_POINTER, "GetSharedModeEnginePeriod: fundamental NULL is E_POINTER");
    is_ok(
        IAudioClient3_GetSharedModeEnginePeriod(client, mix, &standard, &fundamental, NULL, &high),
        E_POINTER, "GetSharedModeEnginePeriod: minimum NULL is E_POINTER");
    is_ok(IAudioClient3_GetSharedModeEnginePeriod(client, mix, &standard, &fundamental, &low, NULL),
          E_POINTER, "GetSharedModeEnginePeriod: maximum NULL is E_POINTER");
    is_ok(IAudioClient3_GetSharedModeEnginePeriod(client, &codec, &standard, &fundamental, &low,
                                                  &high),
          AUDCLNT_E_UNSUPPORTED_FORMAT,
          "GetSharedModeEnginePeriod: a format the engine has not is unsupported");
    is_ok(
        IAudioClient3_GetSharedModeEnginePeriod(client, mix, &standard, &fundamental, &low, &high),
        S_OK, "GetSharedModeEnginePeriod");
    check(low <= standard && standard <= high, "minimum <= default <= maximum (%u, %u, %u)", low,
          standard, high);
    check(fundamental > 0 && low % fundamental == 0 && high % fundamental == 0,
          "minimum and maximum are multiples of the fundamental period (%u)", fundamental);
    check(standard == mix->nSamplesPerSec / 100, "the default period is 10 ms (%u)", standard);
    check(low == mix->nSamplesPerSec * 3 / 1000, "the minimum is 3 ms (%u)", low);
    is_ok(IAudioClient3_GetCurrentSharedModeEnginePeriod(client, NULL, &current), E_POINTER,
          "GetCurrentSharedModeEnginePeriod: format NULL is E_POINTER");
    is_ok(IAudioClient3_GetCurrentSharedModeEnginePeriod(client, &now, NULL), E_POINTER,
          "GetCurrentSharedModeEnginePeriod: period NULL is E_POINTER");
    is_ok(IAudioClient3_GetCurrentSharedModeEnginePeriod(client, &now, &current), S_OK,
          "GetCurrentSharedModeEnginePeriod");
    check(now != NULL && now->nSamplesPerSec == mix->nSamplesPerSec,
          "GetCurrentSharedModeEnginePeriod: the format is the engine's");
    check(current == standard, "an engine without streams has the default period (%u)", current);
    CoTaskMemFree(now);
    CoTaskMemFree(mix);
    IAudioClient3_Release(client);
}

static void test_engine_stream(void)
{
    IAudioClient3 *client = client3(), *other = client3();
    WAVEFORMATEX *mix = NULL, *now = NULL;
    UINT32 standard = 0, fundamental = 0, low = 0, high = 0, n = 0;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IAudioClient3_GetMixFormat(client, &mix);
    IAudioClient3_GetSharedModeEnginePeriod(client, mix, &standard, &fundamental, &low, &high);
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, 0, low, NULL, NULL), E_POINTER,
          "InitializeSharedAudioStream: pFormat NULL is E_POINTER");
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, AUDCLNT_STREAMFLAGS_LOOPBACK, low, mix,
                                                    NULL),
          AUDCLNT_E_INVALID_STREAM_FLAG, "InitializeSharedAudioStream: EVENTCALLBACK alone may be");
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, 0, low - fundamental, mix, NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD,
          "InitializeSharedAudioStream: no period below the minimum");
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, 0, high + fundamental, mix, NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD,
          "InitializeSharedAudioStream: no period above the maximum");
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, AUDCLNT_STREAMFLAGS_EVENTCALLBACK, low,
                                                    mix, NULL),
          S_OK, "InitializeSharedAudioStream with the minimum period");
    is_ok(IAudioClient3_InitializeSharedAudioStream(client, 0, low, mix, NULL),
          AUDCLNT_E_ALREADY_INITIALIZED, "InitializeSharedAudioStream: only once");
    IAudioClient3_GetCurrentSharedModeEnginePeriod(other, &now, &n);
    check(n == low, "GetCurrentSharedModeEnginePeriod follows the first stream (%u)", n);
    CoTaskMemFree(now);
    is_ok(
        IAudioClient3_InitializeSharedAudioStream(other, 0, high, mix, NULL), PERIODICITY_LOCK,
        "InitializeSharedAudioStream: another period then is AUDCLNT_E_ENGINE_PERIODICITY_LOCKED");
    is_ok(IAudioClient3_InitializeSharedAudioStream(other, 0, low, mix, NULL), S_OK,
          "InitializeSharedAudioStream: the same period may be shared");
    IAudioClient3_GetBufferSize(client, &n);
    check(n >= 2 * low, "the buffer holds two periods at least (%u)", n);
    is_ok(IAudioClient3_SetEventHandle(client, event), S_OK,
          "SetEventHandle of a low-latency stream");
    is_ok(IAudioClient3_Start(client), S_OK, "Start of a low-latency stream");
    unsigned events = 0;
    while (events < 10 && WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0)
        events++;
    check(events == 10, "its event comes period after period (%u)", events);
    IAudioClient3_Stop(client);
    IAudioClient3_Release(client);
    IAudioClient3_Release(other);
    CoTaskMemFree(mix);
    CloseHandle(event);
}

void test_client3(void)
{
    test_engine_period();
    test_engine_stream();
}

/* ------------------------------------------------------------------ flags and exclusive mode */

static void try_flags(EDataFlow flow, DWORD flags, const WAVEFORMATEX *format, HRESULT wanted,
                      const char *rule)
{
    IAudioClient *client = client_of(flow);
    is_ok(
        IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, flags, 1000000, 0, format, NULL),
        wanted, rule);
    IAudioClient_Release(client);
}

void test_flags(EDataFlow flow)
{
    const WAVEFORMATEX odd = pcm(1, 11025, 8);
    const WAVEFORMATEX many = pcm(8, 192000, 32);
    IAudioClient *client = client_of(flow);
    const HRESULT invalid = E_INVALIDARG;
    try_flags(flow, NOPERSIST, &odd, S_OK, "AUDCLNT_STREAMFLAGS_NOPERSIST is taken");
    try_flags(flow, CROSSPROCESS, &odd, S_OK, "AUDCLNT_STREAMFLAGS_CROSSPROCESS in shared mode");
    try_flags(flow, AUTOCONVERT, &odd, S_OK,
              "AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM converts rate, width and channels");
    try_flags(flow, AUTOCONVERT | SRC_QUALITY, &many, S_OK,
              "AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY goes with it");
    try_flags(flow, AUDCLNT_SESSIONFLAGS_EXPIREWHENUNOWNED, &odd, S_OK,
              "AUDCLNT_SESSIONFLAGS_EXPIREWHENUNOWNED is taken");
    try_flags(flow, AUDCLNT_SESSIONFLAGS_DISPLAY_HIDE, &odd, S_OK,
              "AUDCLNT_SESSIONFLAGS_DISPLAY_HIDE is taken");
    try_flags(flow, AUDCLNT_SESSIONFLAGS_DISPLAY_HIDEWHENEXPIRED, &odd, S_OK,
              "AUDCLNT_SESSIONFLAGS_DISPLAY_HIDEWHENEXPIRED is taken");
    try_flags(flow, 0x00400000, &odd, AUDCLNT_E_INVALID_STREAM_FLAG,
              "a flag that no document has is AUDCLNT_E_INVALID_STREAM_FLAG");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, CROSSPROCESS, 1000000,
                                  100000, &odd, NULL),
          invalid, "AUDCLNT_STREAMFLAGS_CROSSPROCESS in exclusive mode is E_INVALIDARG");
    if (flow == eRender)
        is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE,
                                      AUDCLNT_STREAMFLAGS_LOOPBACK, 1000000, 100000, &odd, NULL),
              invalid, "AUDCLNT_STREAMFLAGS_LOOPBACK in exclusive mode is E_INVALIDARG");
    IAudioClient_Release(client);
}

void test_exclusive(EDataFlow flow)
{
    const WAVEFORMATEX format = pcm(2, 44100, 16);
    IAudioClient *client = client_of(flow);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    REFERENCE_TIME latency = 0;
    UINT64 frequency = 0;
    UINT32 n = 0, padding = 9;
    void *out = NULL;
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE,
                                  AUDCLNT_STREAMFLAGS_EVENTCALLBACK, 100000, 100000, &format, NULL),
          S_OK, "exclusive mode by events, in the program's own format");
    is_ok(IAudioClient_GetBufferSize(client, &n), S_OK, "GetBufferSize in exclusive mode");
    check(n == 441, "the buffer of an exclusive stream by events is one period (%u)", n);
    is_ok(IAudioClient_GetStreamLatency(client, &latency), S_OK,
          "GetStreamLatency in exclusive mode");
    check(latency >= 100000, "... is a period at least");
    is_ok(IAudioClient_GetService(client, &IID_IAudioClock, &out), S_OK,
          "IAudioClock in exclusive mode");
    IAudioClock_GetFrequency((IAudioClock *)out, &frequency);
    check(frequency == 44100, "the clock of an exclusive stream counts frames");
    IAudioClock_Release((IAudioClock *)out);
    if (flow == eRender) {
        BYTE *data;
        IAudioClient_GetService(client, &IID_IAudioRenderClient, &out);
        IAudioRenderClient *render = out;
        is_ok(IAudioRenderClient_GetBuffer(render, n / 2, &data), AUDCLNT_E_BUFFER_SIZE_ERROR,
              "GetBuffer of an exclusive stream by events: the whole buffer or nothing");
        is_ok(IAudioRenderClient_GetBuffer(render, n, &data), S_OK, "GetBuffer of the whole");
        is_ok(IAudioRenderClient_ReleaseBuffer(render, n, AUDCLNT_BUFFERFLAGS_SILENT), S_OK,
              "ReleaseBuffer of the whole, silent");
        IAudioClient_GetCurrentPadding(client, &padding);
        check(padding == n, "GetCurrentPadding is then the buffer (%u)", padding);
        IAudioRenderClient_Release(render);
    }
    IAudioClient_SetEventHandle(client, event);
    is_ok(IAudioClient_Start(client), S_OK, "Start in exclusive mode");
    check(WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0,
          "the event of an exclusive stream comes");
    is_ok(IAudioClient_Stop(client), S_OK, "Stop in exclusive mode");
    IAudioClient_Release(client);
    CloseHandle(event);
}

/* ------------------------------------------------------------------ while sound flows */

struct player {
    IAudioClient *client;
    IAudioRenderClient *render;
    IAudioClock *clock;
    IAudioClock2 *clock2;
    WAVEFORMATEX *mix;
    UINT32 size;
};

static bool open_player(struct player *p)
{
    void *out = NULL;
    p->client = ready(eRender, 0, &p->mix);
    if (FAILED(IAudioClient_GetService(p->client, &IID_IAudioRenderClient, &out)))
        return false;
    p->render = out;
    IAudioClient_GetService(p->client, &IID_IAudioClock, &out);
    p->clock = out;
    IAudioClock_QueryInterface(p->clock, &IID_IAudioClock2, &out);
    p->clock2 = out;
    return SUCCEEDED(IAudioClient_GetBufferSize(p->client, &p->size));
}

static void close_player(struct player *p)
{
    IAudioClock2_Release(p->clock2);
    IAudioClock_Release(p->clock);
    IAudioRenderClient_Release(p->render);
    IAudioClient_Release(p->client);
    CoTaskMemFree(p->mix);
}

static bool put_silence(struct player *p, UINT32 n)
{
    BYTE *data;
    return IAudioRenderClient_GetBuffer(p->render, n, &data) == S_OK &&
           IAudioRenderClient_ReleaseBuffer(p->render, n, AUDCLNT_BUFFERFLAGS_SILENT) == S_OK;
}

static UINT64 frames_at(struct player *p)
{
    UINT64 at = 0, frequency = 1;
    IAudioClock_GetFrequency(p->clock, &frequency);
    IAudioClock_GetPosition(p->clock, &at, NULL);
    return at * p->mix->nSamplesPerSec / frequency;
}

static UINT64 now_100ns(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (UINT64)((double)now.QuadPart * 1e7 / (double)frequency.QuadPart);
}

void test_flow(void)
{
    struct player p;
    UINT64 at = 0, last = 0, time = 0, last_time = 0, device = 0, device_time = 0;
    UINT32 padding = 0;
    bool grows = true, ahead = true, in_time = true, ordered = true;
    if (!open_player(&p))
        return;
    const UINT32 n = p.mix->nSamplesPerSec / 4 + 7; /* no multiple of anything */
    check(put_silence(&p, n), "a quarter of a second and seven frames are written");
    IAudioClient_GetCurrentPadding(p.client, &padding);
    check(padding == n, "GetCurrentPadding before Start is all that was written (%u)", padding);
    check(frames_at(&p) == 0, "GetPosition before Start is 0");
    const UINT64 began = now_100ns();
    IAudioClient_Start(p.client);
    for (unsigned i = 0; i < 3000 && last < n; i++) {
        Sleep(2);
        IAudioClock_GetPosition(p.clock, &at, &time);
        at = at / p.mix->nBlockAlign;
        grows = grows && at >= last;
        ahead = ahead && at <= n;
        ordered = ordered && time >= last_time;
        in_time = in_time && time >= began - 10000000 && time <= now_100ns() + 10000;
        last = at;
        last_time = time;
    }
    check(grows, "GetPosition never goes back");
    check(ahead, "GetPosition is never beyond what was written");
    check(ordered, "GetPosition: its times never go back");
    check(in_time, "GetPosition: its times are the performance counter's, in 100 ns");
    check(last == n, "GetPosition at the end is every frame that was written (%u of %u)",
          (unsigned)last, (unsigned)n);
    IAudioClient_GetCurrentPadding(p.client, &padding);
    check(padding == 0, "GetCurrentPadding at the end is 0 (%u)", padding);
    Sleep(50);
    check(frames_at(&p) == n, "an underrun does not move GetPosition");
    IAudioClock2_GetDevicePosition(p.clock2, &device, &device_time);
    check(device == n, "GetDevicePosition counts frames, the same (%u)", (unsigned)device);
    check(put_silence(&p, 480), "after an underrun more can be written");
    for (unsigned i = 0; i < 1000 && frames_at(&p) < n + 480; i++)
        Sleep(2);
    check(frames_at(&p) == n + 480, "and GetPosition goes on where it stood");
    is_ok(IAudioClient_Stop(p.client), S_OK, "Stop after an underrun");
    check(put_silence(&p, 480), "a stopped stream can be written to");
    Sleep(50);
    check(frames_at(&p) == n + 480, "a stopped stream's position stands");
    IAudioClient_GetCurrentPadding(p.client, &padding);
    check(padding == 480, "a stopped stream's padding stands (%u)", padding);
    is_ok(IAudioClient_Start(p.client), S_OK, "Start after Stop");
    for (unsigned i = 0; i < 1000 && frames_at(&p) < n + 960; i++)
        Sleep(2);
    check(frames_at(&p) == n + 960, "what was written while it was stopped is played then");
    IAudioClient_Stop(p.client);
    is_ok(IAudioClient_Reset(p.client), S_OK, "Reset after Stop");
    check(frames_at(&p) == 0, "Reset of a rendering stream sets the position to 0");
    close_player(&p);
}

/* Packets of a real-time input: one after the other, each with its place and time. */
void test_packets(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eCapture, 0, &mix);
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 0, packet = 0, padding = 0;
    DWORD flags = 0;
    UINT64 at = 0, time = 0, next = 0, last_time = 0;
    bool placed = true, later = true, one = true, whole = true, smooth = true, holds = true;
    IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out);
    IAudioCaptureClient *capture = out;
    IAudioClient_Start(client);
    const UINT64 began = now_100ns();
    for (unsigned got = 0; got < 20 && now_100ns() - began < 100000000;) {
        if (IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &at, &time) != S_OK) {
            Sleep(2);
            continue;
        }
        IAudioCaptureClient_GetNextPacketSize(capture, &packet);
        IAudioClient_GetCurrentPadding(client, &padding);
        one = one && packet == n;
        holds = holds && padding >= n;
        whole = whole && n == mix->nSamplesPerSec / 100;
        if (got > 0) {
            placed = placed && at == next;
            later = later && time > last_time;
            smooth = smooth && (flags & AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY) == 0;
        }
        next = at + n;
        last_time = time;
        IAudioCaptureClient_ReleaseBuffer(capture, n);
        got++;
    }
    check(one, "GetNextPacketSize is the packet that GetBuffer gives");
    check(holds, "GetCurrentPadding of an input counts the packet that is lent");
    check(whole, "every packet is a period");
    check(placed, "a packet's device position is the end of the one before it");
    check(later, "a packet's time is later than that of the one before it");
    check(smooth, "without a gap no packet is a discontinuity");
    check(last_time >= began - 10000000 && last_time <= now_100ns(),
          "a packet's time is in the past, by the performance counter");
    UINT32 size = 0;
    IAudioClient_GetBufferSize(client, &size);
    Sleep(1200); /* over twice the buffer */
    bool gap = false;
    for (unsigned i = 0; i < 1000 && !gap; i++) {
        if (IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &at, &time) != S_OK) {
            Sleep(5);
            continue;
        }
        gap = (flags & AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY) != 0 && at > next;
        next = at + n;
        IAudioCaptureClient_ReleaseBuffer(capture, n);
    }
    check(gap, "an overrun is AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY, and the position skips it");
    IAudioClient_Stop(client);
    IAudioCaptureClient_Release(capture);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}

void test_loopback(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, AUDCLNT_STREAMFLAGS_LOOPBACK, &mix);
    struct player p;
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 0;
    DWORD flags = 0;
    UINT64 at = 0, time = 0, next = 0, heard = 0;
    bool placed = true;
    if (!open_player(&p))
        return;
    is_ok(IAudioClient_GetService(client, &IID_IAudioRenderClient, &out),
          AUDCLNT_E_WRONG_ENDPOINT_TYPE, "a loopback stream has no IAudioRenderClient");
    is_ok(IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out), S_OK,
          "a loopback stream has an IAudioCaptureClient");
    IAudioCaptureClient *capture = out;
    put_silence(&p, p.size);
    IAudioClient_Start(p.client);
    is_ok(IAudioClient_Start(client), S_OK, "Start of a loopback stream");
    const UINT64 began = now_100ns();
    while (heard < mix->nSamplesPerSec / 4 && now_100ns() - began < 100000000) {
        if (IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &at, &time) != S_OK) {
            Sleep(2);
            continue;
        }
        placed = placed && (heard == 0 || at == next);
        next = at + n;
        heard += n;
        IAudioCaptureClient_ReleaseBuffer(capture, n);
    }
    check(heard >= mix->nSamplesPerSec / 4, "it gives what the endpoint plays (%u frames)",
          (unsigned)heard);
    check(placed, "its positions follow each other");
    IAudioClient_Stop(client);
    IAudioCaptureClient_Release(capture);
    check(IAudioClient_Release(client) == 0, "the last Release of a loopback stream gives 0");
    CoTaskMemFree(mix);
    close_player(&p);
}
