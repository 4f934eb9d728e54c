/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A WASAPI program that keeps a sound device busy, for tests/wine/long_load.sh, long_jitter.sh and
 * long_sigkill.sh, which look at it from outside. It knows no device by name.
 *
 *   mmewine_load streams COUNT SECONDS s16|f32   COUNT event-driven streams, a thread for each
 *   mmewine_load polled COUNT SECONDS s16|f32    the same, all filled by one thread each 20 ms
 *   mmewine_load jitter PERIOD_US SECONDS        one stream: when its events come, how late sound
 * is mmewine_load witness SECONDS FILE            one stream that writes down how much was played
 *
 * What `streams` and `polled` play repeats every PATTERN frames, in every stream, wherever it
 * started: so does their sum, unless a frame of any of them is lost, doubled or late. `witness`
 * plays the numbers of mix(), which wav_check knows too.
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

#define PATTERN     1009u /* frames: a prime, so that no period of a device hides a fault */
#define STREAMS_MAX 256u
#define RATE_HZ     48000u
#define BUFFER_MS   1000u /* a busy machine may keep a thread from running that long */
#define EVENTS_MAX  200000u
#define MS          10000 /* of REFERENCE_TIME */

struct stream {
    IAudioClient *client;
    IAudioRenderClient *render;
    IAudioClock *clock;
    HANDLE event, thread;
    UINT32 buffer_frames;
    uint32_t at; /* in the pattern */
    uint64_t written;
    bool is_float;
    unsigned n_events, n_empty;
};

static IMMDevice *the_device;
static volatile LONG stopping;
static int16_t pattern[PATTERN][2];
static struct stream streams[STREAMS_MAX];
static int64_t event_time[EVENTS_MAX]; /* jitter */

static int64_t now_100ns(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (int64_t)((double)count.QuadPart * 1e7 / (double)frequency.QuadPart);
}

static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static bool find_device(void)
{
    void *out = NULL;
    HRESULT hr = CoCreateInstance(&CLSID_MMDeviceEnumerator, NULL, CLSCTX_INPROC_SERVER,
                                  &IID_IMMDeviceEnumerator, &out);
    if (!check(hr == S_OK, "CoCreateInstance(MMDeviceEnumerator): %lx", hr))
        return false;
    IMMDeviceEnumerator *enumerator = out;
    hr = IMMDeviceEnumerator_GetDefaultAudioEndpoint(enumerator, eRender, eConsole, &the_device);
    IMMDeviceEnumerator_Release(enumerator);
    return check(hr == S_OK, "GetDefaultAudioEndpoint finds a device: %lx", hr);
}

static WAVEFORMATEX format_of(bool is_float)
{
    WAVEFORMATEX f = {.wFormatTag = is_float ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM,
                      .nChannels = 2,
                      .nSamplesPerSec = RATE_HZ,
                      .wBitsPerSample = is_float ? 32 : 16};
    f.nBlockAlign = (WORD)(2 * f.wBitsPerSample / 8);
    f.nAvgBytesPerSec = f.nBlockAlign * RATE_HZ;
    return f;
}

/** @param period  of the engine in frames, 0: its own */
static bool open_stream(struct stream *s, bool is_float, bool event, REFERENCE_TIME duration,
                        UINT32 period)
{
    const WAVEFORMATEX format = format_of(is_float);
    const DWORD flags = event ? AUDCLNT_STREAMFLAGS_EVENTCALLBACK : 0;
    IAudioClient3 *client3;
    void *out = NULL;
    HRESULT hr =
        IMMDevice_Activate(the_device, &IID_IAudioClient, CLSCTX_INPROC_SERVER, NULL, &out);
    if (FAILED(hr))
        return check(false, "Activate: %lx", hr);
    s->client = out;
    s->is_float = is_float;
    hr = E_FAIL;
    if (period > 0 &&
        IAudioClient_QueryInterface(s->client, &IID_IAudioClient3, (void **)&client3) == S_OK) {
        hr = IAudioClient3_InitializeSharedAudioStream(client3, flags, period, &format, NULL);
        IAudioClient3_Release(client3);
    }
    if (FAILED(hr))
        hr = IAudioClient_Initialize(s->client, AUDCLNT_SHAREMODE_SHARED, flags, duration, 0,
                                     &format, NULL);
    if (FAILED(hr))
        return check(false, "Initialize: %lx", hr);
    if (event) {
        s->event = CreateEventW(NULL, FALSE, FALSE, NULL);
        hr = IAudioClient_SetEventHandle(s->client, s->event);
    }
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetBufferSize(s->client, &s->buffer_frames);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetService(s->client, &IID_IAudioRenderClient, (void **)&s->render);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetService(s->client, &IID_IAudioClock, (void **)&s->clock);
    return SUCCEEDED(hr) || check(false, "SetEventHandle, GetBufferSize, GetService: %lx", hr);
}

static void put_pattern(struct stream *s, BYTE *to, UINT32 n)
{
    for (UINT32 i = 0; i < n; i++) {
        const int16_t *v = pattern[s->at];
        if (s->is_float)
            ((float *)(void *)to)[2 * i] = (float)v[0] / 32768.0f,
                                      ((float *)(void *)to)[2 * i + 1] = (float)v[1] / 32768.0f;
        else
            memcpy(to + 4 * i, v, 4);
        s->at = s->at + 1 < PATTERN ? s->at + 1 : 0;
    }
}

static void put_numbers(struct stream *s, BYTE *to, UINT32 n)
{
    for (UINT32 i = 0; i < n; i++) {
        const uint32_t v = mix((uint32_t)(s->written + i));
        memcpy(to + 4 * i, &v, 4);
    }
}

/** As many frames as fit, at most `most` lying ready. @return false: the device failed */
static bool fill(struct stream *s, UINT32 most, void (*put)(struct stream *, BYTE *, UINT32))
{
    UINT32 padding;
    BYTE *to;
    if (IAudioClient_GetCurrentPadding(s->client, &padding) != S_OK)
        return false;
    if (padding == 0 && s->written > 0)
        s->n_empty++;
    const UINT32 n = padding < most ? most - padding : 0;
    if (n == 0)
        return true;
    if (IAudioRenderClient_GetBuffer(s->render, n, &to) != S_OK)
        return false;
    put(s, to, n);
    s->written += n;
    return IAudioRenderClient_ReleaseBuffer(s->render, n, 0) == S_OK;
}

/** @return sum over the streams of n_empty */
static unsigned close_streams(unsigned count)
{
    unsigned n_empty = 0;
    for (unsigned i = 0; i < count; i++) {
        struct stream *s = &streams[i];
        if (s->client != NULL)
            IAudioClient_Stop(s->client);
        n_empty += s->n_empty;
    }
    for (unsigned i = 0; i < count; i++) {
        struct stream *s = &streams[i];
        if (s->clock != NULL)
            IAudioClock_Release(s->clock);
        if (s->render != NULL)
            IAudioRenderClient_Release(s->render);
        if (s->client != NULL)
            IAudioClient_Release(s->client);
        if (s->event != NULL)
            CloseHandle(s->event);
    }
    return n_empty;
}

/* ------------------------------------------------------------------ many streams */

static DWORD WINAPI feed(LPVOID arg)
{
    struct stream *s = arg;
    while (stopping == 0) {
        if (WaitForSingleObject(s->event, 5000) != WAIT_OBJECT_0)
            break;
        s->n_events++;
        if (!fill(s, s->buffer_frames, put_pattern))
            break;
    }
    return stopping != 0;
}

static DWORD WINAPI feed_all(LPVOID arg)
{
    const unsigned count = *(const unsigned *)arg;
    while (stopping == 0) {
        Sleep(20);
        for (unsigned i = 0; i < count; i++)
            if (!fill(&streams[i], streams[i].buffer_frames, put_pattern))
                return 0;
    }
    return 1;
}

static void make_pattern(unsigned count)
{
    const uint32_t range = 64000u / count; /* the sum of all stays below full scale */
    for (uint32_t i = 0; i < PATTERN; i++)
        for (uint32_t c = 0; c < 2; c++)
            pattern[i][c] = (int16_t)((int32_t)(mix(2 * i + c) % range) - (int32_t)(range / 2));
}

/** The number of the next handle: it grows if handles are lost (Wine does not count them). */
static unsigned long handles(void)
{
    HANDLE next = CreateEventW(NULL, FALSE, FALSE, NULL);
    const unsigned long number = (unsigned long)((uintptr_t)next / 4);
    CloseHandle(next);
    return number;
}

static void run_streams(unsigned count, unsigned seconds, bool is_float, bool polled)
{
    HANDLE one = NULL;
    bool ok = true;
    make_pattern(count);
    for (unsigned i = 0; i < count && ok; i++) {
        struct stream *s = &streams[i];
        s->at = i * 13 % PATTERN;
        ok = open_stream(s, is_float, !polled, (REFERENCE_TIME)BUFFER_MS * MS, 0) &&
             fill(s, s->buffer_frames, put_pattern);
    }
    for (unsigned i = 0; i < count && ok && !polled; i++)
        streams[i].thread =
            CreateThread(NULL, 65536, feed, &streams[i], STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (polled)
        one = CreateThread(NULL, 65536, feed_all, &count, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    for (unsigned i = 0; i < count && ok; i++)
        ok = IAudioClient_Start(streams[i].client) == S_OK;
    check(ok, "%u streams are open and started", count);
    printf("STARTED\n");
    fflush(stdout);
    for (unsigned i = 1; i <= seconds && ok; i++) {
        Sleep(1000);
        if (i % 60 == 0 || i == 10 || i == seconds) {
            printf("HANDLES %u %lu\n", i, handles());
            fflush(stdout);
        }
    }
    InterlockedExchange(&stopping, 1);
    unsigned n_failed_threads = 0;
    for (unsigned i = 0; i < (polled ? 1 : count); i++) {
        HANDLE thread = polled ? one : streams[i].thread;
        DWORD result = 0;
        if (thread == NULL || WaitForSingleObject(thread, 20000) != WAIT_OBJECT_0)
            n_failed_threads++;
        else if (GetExitCodeThread(thread, &result), result != 1)
            n_failed_threads++;
        if (thread != NULL)
            CloseHandle(thread);
    }
    check(n_failed_threads == 0, "every stream had its events to the end (%u had not)",
          n_failed_threads);
    const unsigned n_empty = close_streams(count);
    figure("%u streams found their buffer empty %u times", count, n_empty);
}

/* ------------------------------------------------------------------ jitter */

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/** Of n values in 100 ns; sorts them. */
static void tell(const char *what, int64_t *v, unsigned n)
{
    if (n == 0)
        return;
    qsort(v, n, sizeof *v, by_value);
    printf("JITTER %s n %u min %.3f p1 %.3f p50 %.3f p99 %.3f max %.3f ms\n", what, n,
           (double)v[0] / 1e4, (double)v[n / 100] / 1e4, (double)v[n / 2] / 1e4,
           (double)v[n - 1 - n / 100] / 1e4, (double)v[n - 1] / 1e4);
}

/* How long from ReleaseBuffer until the device has played what was released: by IAudioClock. */
struct released {
    uint64_t end;
    int64_t at;
};

static void run_jitter(unsigned period_us, unsigned seconds)
{
    static struct released pieces[EVENTS_MAX];
    static int64_t late[EVENTS_MAX];
    struct stream *s = &streams[0];
    const UINT32 wanted = RATE_HZ / 100u * period_us / 10000u;
    UINT64 frequency = 1, position;
    unsigned n = 0, n_pieces = 0, n_late = 0;
    make_pattern(1);
    if (!open_stream(s, false, true, 10 * MS, wanted)) /* the least that it gives */
        return;
    IAudioClock_GetFrequency(s->clock, &frequency);
    const UINT32 ahead = 2 * wanted < s->buffer_frames ? 2 * wanted : s->buffer_frames;
    fill(s, ahead, put_pattern);
    check(IAudioClient_Start(s->client) == S_OK, "Start");
    const int64_t end = now_100ns() + (int64_t)seconds * 10000000;
    while (n < EVENTS_MAX && now_100ns() < end) {
        if (WaitForSingleObject(s->event, 5000) != WAIT_OBJECT_0)
            break;
        event_time[n++] = now_100ns();
        const uint64_t before = s->written;
        if (!fill(s, ahead, put_pattern))
            break;
        if (s->written > before)
            pieces[n_pieces++] = (struct released){.end = s->written, .at = now_100ns()};
        UINT64 when = 0;
        if (IAudioClock_GetPosition(s->clock, &position, &when) != S_OK)
            break;
        const uint64_t heard = position * RATE_HZ / frequency;
        while (n_late < n_pieces && pieces[n_late].end <= heard) {
            const int64_t past = (int64_t)((heard - pieces[n_late].end) * 10000000 / RATE_HZ);
            late[n_late] = (int64_t)when - past - pieces[n_late].at;
            n_late++;
        }
    }
    check(n > 10, "events come (%u)", n);
    const double all = n > 1 ? (double)(event_time[n - 1] - event_time[0]) / 1e4 / (n - 1) : 0;
    for (unsigned i = 1; i < n; i++)
        event_time[i - 1] = event_time[i] - event_time[i - 1];
    printf("JITTER period %u us asked for, mean %.4f ms, buffer %u frames, %u ready, empty %u\n",
           period_us, all, s->buffer_frames, ahead, s->n_empty);
    tell("event to event", event_time, n > 0 ? n - 1 : 0);
    tell("release to heard", late, n_late);
    close_streams(1);
}

/* ------------------------------------------------------------------ witness */

/** The count of frames that the device said were played stands in FILE, mapped: it is there
 *  whatever becomes of this process. */
static void run_witness(unsigned seconds, const char *path)
{
    struct stream *s = &streams[0];
    UINT64 frequency = 1, position;
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 16, NULL);
    volatile uint64_t *witness = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 16);
    if (!check(witness != NULL, "%s can be mapped", path))
        return;
    if (!open_stream(s, false, true, (REFERENCE_TIME)BUFFER_MS * MS, 0))
        return;
    IAudioClock_GetFrequency(s->clock, &frequency);
    fill(s, s->buffer_frames, put_numbers);
    check(IAudioClient_Start(s->client) == S_OK, "Start");
    printf("STARTED\n");
    fflush(stdout);
    const int64_t end = now_100ns() + (int64_t)seconds * 10000000;
    while (now_100ns() < end) {
        if (WaitForSingleObject(s->event, 5000) != WAIT_OBJECT_0)
            break;
        if (IAudioClock_GetPosition(s->clock, &position, NULL) == S_OK)
            witness[0] = position * RATE_HZ / frequency;
        if (!fill(s, s->buffer_frames, put_numbers))
            break;
        witness[1] = s->n_empty; /* from then on the numbers have holes */
    }
    close_streams(1);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";
    const unsigned number = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (number == 0 || !find_device()) {
        printf("FAIL usage: mmewine_load streams|polled|jitter|witness ...\n");
    } else if (argc == 5 && number <= STREAMS_MAX &&
               (strcmp(mode, "streams") == 0 || strcmp(mode, "polled") == 0)) {
        run_streams(number, (unsigned)atoi(argv[3]), strcmp(argv[4], "f32") == 0,
                    strcmp(mode, "polled") == 0);
    } else if (argc == 4 && strcmp(mode, "jitter") == 0) {
        run_jitter(number, (unsigned)atoi(argv[3]));
    } else if (argc == 4 && strcmp(mode, "witness") == 0) {
        run_witness(number, argv[3]);
    } else {
        check(false, "usage: mmewine_load streams|polled|jitter|witness ...");
    }
    if (the_device != NULL)
        IMMDevice_Release(the_device);
    CoUninitialize();
    return finish("mmewine_load");
}
