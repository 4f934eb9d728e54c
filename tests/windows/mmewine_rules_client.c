/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "mmewine_rules.h"

/* ------------------------------------------------------------------ the client */

void test_uninitialized(EDataFlow flow)
{
    IAudioClient *client = client_of(flow);
    UINT32 n;
    REFERENCE_TIME time;
    void *out;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    const HRESULT wanted = AUDCLNT_E_NOT_INITIALIZED;
    is_ok(IAudioClient_GetBufferSize(client, &n), wanted, "GetBufferSize needs Initialize");
    is_ok(IAudioClient_GetStreamLatency(client, &time), wanted,
          "GetStreamLatency needs Initialize");
    is_ok(IAudioClient_GetCurrentPadding(client, &n), wanted, "GetCurrentPadding needs Initialize");
    is_ok(IAudioClient_Start(client), wanted, "Start needs Initialize");
    is_ok(IAudioClient_Stop(client), wanted, "Stop needs Initialize");
    is_ok(IAudioClient_Reset(client), wanted, "Reset needs Initialize");
    is_ok(IAudioClient_SetEventHandle(client, event), wanted, "SetEventHandle needs Initialize");
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, &out), wanted,
          "GetService needs Initialize");
    is_ok(IAudioClient_GetBufferSize(client, NULL), E_POINTER, "GetBufferSize: NULL is E_POINTER");
    is_ok(IAudioClient_GetStreamLatency(client, NULL), E_POINTER,
          "GetStreamLatency: NULL is E_POINTER");
    is_ok(IAudioClient_GetCurrentPadding(client, NULL), E_POINTER,
          "GetCurrentPadding: NULL is E_POINTER");
    is_ok(IAudioClient_GetMixFormat(client, NULL), E_POINTER, "GetMixFormat: NULL is E_POINTER");
    is_ok(IAudioClient_SetEventHandle(client, NULL), E_INVALIDARG,
          "SetEventHandle: NULL is E_INVALIDARG");
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, NULL), E_POINTER,
          "GetService: NULL is E_POINTER");
    is_ok(IAudioClient_QueryInterface(client, &IID_IUnknown, NULL), E_POINTER,
          "QueryInterface: NULL is E_POINTER");
    is_ok(IAudioClient_QueryInterface(client, &IID_IAudioRenderClient, &out), E_NOINTERFACE,
          "services are had by GetService, not by QueryInterface");
    is_ok(IAudioClient_QueryInterface(client, &IID_IMarshal, &out), S_OK,
          "a client may be given to another apartment");
    IUnknown_Release((IUnknown *)out);
    CloseHandle(event);
    check(IAudioClient_Release(client) == 0, "the last Release gives 0");
}

void test_formats(EDataFlow flow)
{
    static const DWORD rates[] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
    IAudioClient *client = client_of(flow);
    WAVEFORMATEX *mix = NULL, *closest = NULL;
    WAVEFORMATEX format = pcm(2, 48000, 16);
    is_ok(IAudioClient_GetMixFormat(client, &mix), S_OK, "GetMixFormat");
    check(mix->wFormatTag == WAVE_FORMAT_EXTENSIBLE && mix->cbSize == 22,
          "the mix format is WAVEFORMATEXTENSIBLE");
    check(mix->nBlockAlign == mix->nChannels * mix->wBitsPerSample / 8 &&
              mix->nAvgBytesPerSec == mix->nSamplesPerSec * mix->nBlockAlign,
          "its fields agree");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, mix, NULL), E_POINTER,
          "IsFormatSupported: shared mode must be able to say the closest match");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, NULL, &closest),
          E_POINTER, "IsFormatSupported: format NULL is E_POINTER");
    is_ok(IAudioClient_IsFormatSupported(client, (AUDCLNT_SHAREMODE)7, mix, &closest), E_INVALIDARG,
          "IsFormatSupported: an unknown mode is E_INVALIDARG");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, mix, &closest), S_OK,
          "IsFormatSupported: the mix format is");
    check(closest == NULL, "... and there is no closer one");
    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (WORD bits = 8; bits <= 32; bits = (WORD)(bits + 8)) {
            format = pcm(2, rates[i], bits);
            const HRESULT hr =
                IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest);
            check(hr == S_OK && closest == NULL, "shared mode converts %lu Hz, %u bits: %08lx",
                  rates[i], bits, (unsigned long)hr);
        }
        is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_EXCLUSIVE, &format, NULL),
              S_OK, "exclusive mode takes any PCM; it needs no place for a closest match");
    }
    format = pcm(2, 48000, 16);
    format.nBlockAlign = 3;
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest),
          S_FALSE, "fields that contradict each other: S_FALSE and a closest match");
    check(closest != NULL && memcmp(closest, mix, sizeof *mix) == 0, "... which is the mix format");
    CoTaskMemFree(closest);
    format = pcm(1, 8000, 8);
    format.wFormatTag = WAVE_FORMAT_MULAW;
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest), S_OK,
          "shared mode converts mu-law, as Wine's own drivers do");
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_EXCLUSIVE, &format, NULL),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "exclusive mode does not take it");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 5000000, 100000, &format,
                                  NULL),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "... and Initialize says the same");
    format.wFormatTag = WAVE_FORMAT_IMA_ADPCM;
    is_ok(IAudioClient_IsFormatSupported(client, AUDCLNT_SHAREMODE_SHARED, &format, &closest),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "a codec's format is for the ACM");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, &format, NULL),
          AUDCLNT_E_UNSUPPORTED_FORMAT, "Initialize refuses it too");
    CoTaskMemFree(mix);
    IAudioClient_Release(client);
}

void test_initialize(EDataFlow flow)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = client_of(flow);
    REFERENCE_TIME standard = 0, minimum = 0, latency = 0;
    UINT32 n = 0;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    IAudioClient_GetMixFormat(client, &mix);
    is_ok(IAudioClient_GetDevicePeriod(client, NULL, NULL), E_POINTER,
          "GetDevicePeriod: one of both must be asked");
    is_ok(IAudioClient_GetDevicePeriod(client, &standard, NULL), S_OK,
          "GetDevicePeriod: the first");
    is_ok(IAudioClient_GetDevicePeriod(client, NULL, &minimum), S_OK,
          "GetDevicePeriod: the second");
    check(minimum > 0 && minimum <= standard, "the shortest period is not longer than the usual");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, NULL, NULL),
          E_POINTER, "Initialize: format NULL is E_POINTER");
    is_ok(IAudioClient_Initialize(client, (AUDCLNT_SHAREMODE)3, 0, 5000000, 0, mix, NULL),
          E_INVALIDARG, "Initialize: an unknown mode is E_INVALIDARG");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0x1, 5000000, 0, mix, NULL),
          AUDCLNT_E_INVALID_STREAM_FLAG, "Initialize: an unknown flag is refused");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 5000000, 1, mix, NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD, "exclusive mode: no period below the shortest");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 5000000, 5000001, mix,
                                  NULL),
          AUDCLNT_E_INVALID_DEVICE_PERIOD, "exclusive mode: no period above half a second");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE,
                                  AUDCLNT_STREAMFLAGS_EVENTCALLBACK, 200000, 100000, mix, NULL),
          AUDCLNT_E_BUFDURATION_PERIOD_NOT_EQUAL,
          "exclusive mode by events: duration and period must be equal");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 20000001, 100000, mix,
                                  NULL),
          AUDCLNT_E_BUFFER_SIZE_ERROR, "exclusive mode: at most 2 s");
    if (flow == eCapture)
        is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED,
                                      AUDCLNT_STREAMFLAGS_LOOPBACK, 5000000, 0, mix, NULL),
              AUDCLNT_E_WRONG_ENDPOINT_TYPE, "loopback is for rendering endpoints");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, NULL), S_OK,
          "Initialize, after all these");
    is_ok(IAudioClient_Initialize(client, AUDCLNT_SHAREMODE_SHARED, 0, 5000000, 0, mix, NULL),
          AUDCLNT_E_ALREADY_INITIALIZED, "Initialize: only once");
    is_ok(IAudioClient_GetBufferSize(client, &n), S_OK, "GetBufferSize");
    check(n == mix->nSamplesPerSec / 2, "the buffer is as long as asked: %u frames for 0.5 s", n);
    is_ok(IAudioClient_GetStreamLatency(client, &latency), S_OK, "GetStreamLatency");
    check(latency >= standard, "the latency holds at least a period");
    is_ok(IAudioClient_SetEventHandle(client, event), AUDCLNT_E_EVENTHANDLE_NOT_EXPECTED,
          "SetEventHandle: only for streams by events");
    is_ok(IAudioClient_Stop(client), S_FALSE, "Stop of a stopped stream is S_FALSE");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset of a stopped stream");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset again");
    is_ok(IAudioClient_Start(client), S_OK, "Start");
    is_ok(IAudioClient_Start(client), AUDCLNT_E_NOT_STOPPED, "Start of a running stream");
    is_ok(IAudioClient_Reset(client), AUDCLNT_E_NOT_STOPPED, "Reset of a running stream");
    is_ok(IAudioClient_Stop(client), S_OK, "Stop");
    check(IAudioClient_Release(client) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
    client = ready(flow, AUDCLNT_STREAMFLAGS_EVENTCALLBACK, &mix);
    is_ok(IAudioClient_Start(client), AUDCLNT_E_EVENTHANDLE_NOT_SET,
          "Start: the event comes first");
    is_ok(IAudioClient_SetEventHandle(client, event), S_OK, "SetEventHandle");
    is_ok(IAudioClient_SetEventHandle(client, event), HRESULT_FROM_WIN32(ERROR_INVALID_NAME),
          "SetEventHandle: only once");
    is_ok(IAudioClient_Start(client), S_OK, "Start");
    check(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0, "the event comes each period");
    IAudioClient_Stop(client);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
    CloseHandle(event);
}

void test_exclusion(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *shared = ready(eRender, 0, &mix), *other = client_of(eRender);
    is_ok(
        IAudioClient_Initialize(other, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 1000000, 100000, mix, NULL),
        AUDCLNT_E_DEVICE_IN_USE, "exclusive mode while shared streams are open");
    IAudioClient_Release(shared);
    is_ok(
        IAudioClient_Initialize(other, AUDCLNT_SHAREMODE_EXCLUSIVE, 0, 1000000, 100000, mix, NULL),
        S_OK, "exclusive mode when they are closed");
    shared = client_of(eRender);
    is_ok(IAudioClient_Initialize(shared, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, NULL),
          AUDCLNT_E_DEVICE_IN_USE, "shared mode while an exclusive stream is open");
    IAudioClient_Release(other);
    is_ok(IAudioClient_Initialize(shared, AUDCLNT_SHAREMODE_SHARED, 0, 1000000, 0, mix, NULL), S_OK,
          "shared mode when it is closed; a client that failed may try again");
    IAudioClient_Release(shared);
    CoTaskMemFree(mix);
}

/* ------------------------------------------------------------------ services */

void test_render(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 0, padding = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out),
          AUDCLNT_E_WRONG_ENDPOINT_TYPE, "a rendering stream has no IAudioCaptureClient");
    is_ok(IAudioClient_GetService(client, &IID_IMMDevice, &out), E_NOINTERFACE,
          "GetService: no such service");
    is_ok(IAudioClient_GetService(client, &IID_IAudioClockAdjustment, &out), E_INVALIDARG,
          "IAudioClockAdjustment needs AUDCLNT_STREAMFLAGS_RATEADJUST");
    is_ok(IAudioClient_GetService(client, &IID_IAudioRenderClient, &out), S_OK,
          "GetService(IAudioRenderClient)");
    IAudioRenderClient *render = out;
    IAudioClient_GetBufferSize(client, &n);
    is_ok(IAudioRenderClient_GetBuffer(render, n, NULL), E_POINTER, "GetBuffer: NULL is E_POINTER");
    data = (BYTE *)(uintptr_t)1;
    is_ok(IAudioRenderClient_GetBuffer(render, n + 1, &data), AUDCLNT_E_BUFFER_TOO_LARGE,
          "GetBuffer: not more than the buffer");
    check(data == NULL, "... and the pointer is NULL");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 1, 0), AUDCLNT_E_OUT_OF_ORDER,
          "ReleaseBuffer before GetBuffer");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 0, 0), S_OK,
          "ReleaseBuffer of nothing is fine at any time");
    is_ok(IAudioRenderClient_GetBuffer(render, n / 2, &data), S_OK, "GetBuffer of half of it");
    is_ok(IAudioRenderClient_GetBuffer(render, n / 2, &data), AUDCLNT_E_OUT_OF_ORDER,
          "GetBuffer twice");
    is_ok(IAudioClient_Reset(client), AUDCLNT_E_BUFFER_OPERATION_PENDING,
          "Reset while a buffer is lent");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2 + 1, 0), AUDCLNT_E_INVALID_SIZE,
          "ReleaseBuffer of more than was lent");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2, 0x80), E_INVALIDARG,
          "ReleaseBuffer: an unknown flag");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, n / 2, AUDCLNT_BUFFERFLAGS_SILENT), S_OK,
          "ReleaseBuffer");
    is_ok(IAudioClient_GetCurrentPadding(client, &padding), S_OK, "GetCurrentPadding");
    check(padding == n / 2, "padding is what was released (%u of %u)", padding, n / 2);
    is_ok(IAudioRenderClient_GetBuffer(render, n - padding + 1, &data), AUDCLNT_E_BUFFER_TOO_LARGE,
          "GetBuffer: not more than is free");
    is_ok(IAudioRenderClient_GetBuffer(render, n - padding, &data), S_OK,
          "GetBuffer of all that is free");
    is_ok(IAudioRenderClient_ReleaseBuffer(render, 0, 0), S_OK, "ReleaseBuffer(0) gives it back");
    is_ok(IAudioClient_Reset(client), S_OK, "Reset");
    IAudioClient_GetCurrentPadding(client, &padding);
    check(padding == 0, "Reset empties the buffer (%u)", padding);
    check(IAudioClient_Release(client) != 0, "the service keeps its client");
    check(IAudioRenderClient_Release(render) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
}

void test_capture(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eCapture, 0, &mix);
    void *out = NULL;
    BYTE *data = NULL;
    UINT32 n = 9, packet = 0;
    DWORD flags = 0;
    UINT64 at = 0, time = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioRenderClient, &out),
          AUDCLNT_E_WRONG_ENDPOINT_TYPE, "a capturing stream has no IAudioRenderClient");
    is_ok(IAudioClient_GetService(client, &IID_IAudioCaptureClient, &out), S_OK,
          "GetService(IAudioCaptureClient)");
    IAudioCaptureClient *capture = out;
    is_ok(IAudioCaptureClient_GetNextPacketSize(capture, NULL), E_POINTER,
          "GetNextPacketSize: NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetNextPacketSize(capture, &packet), S_OK, "GetNextPacketSize");
    check(packet == 0, "no packet before Start");
    is_ok(IAudioCaptureClient_GetBuffer(capture, NULL, &n, &flags, NULL, NULL), E_POINTER,
          "GetBuffer: data NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, NULL, &flags, NULL, NULL), E_POINTER,
          "GetBuffer: count NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, NULL, NULL, NULL), E_POINTER,
          "GetBuffer: flags NULL is E_POINTER");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, NULL, NULL),
          AUDCLNT_S_BUFFER_EMPTY, "GetBuffer of nothing is AUDCLNT_S_BUFFER_EMPTY");
    check(n == 0, "... and 0 frames");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 0), S_OK, "ReleaseBuffer(0) then is fine");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 1), AUDCLNT_E_OUT_OF_ORDER,
          "ReleaseBuffer before GetBuffer");
    IAudioClient_Start(client);
    for (unsigned i = 0; packet == 0 && i < 500; i++) {
        Sleep(10);
        IAudioCaptureClient_GetNextPacketSize(capture, &packet);
    }
    check(packet == mix->nSamplesPerSec / 100, "a packet is a period (%u)", packet);
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &at, &time), S_OK, "GetBuffer");
    check(n == packet, "it is the packet announced");
    check((flags & AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY) != 0, "the first is a discontinuity");
    check(at == 0, "it begins at position 0 (%u)", (unsigned)at);
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    const double seconds = (double)now.QuadPart / (double)frequency.QuadPart;
    check((double)time / 1e7 <= seconds && (double)time / 1e7 > seconds - 20,
          "its time is one of the performance counter, in 100 ns");
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, NULL, NULL),
          AUDCLNT_E_OUT_OF_ORDER, "GetBuffer twice");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, n - 1), AUDCLNT_E_INVALID_SIZE,
          "ReleaseBuffer: the whole packet or nothing");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, 0), S_OK, "ReleaseBuffer(0) keeps the packet");
    UINT64 again = 7;
    is_ok(IAudioCaptureClient_GetBuffer(capture, &data, &n, &flags, &again, NULL), S_OK,
          "GetBuffer after it");
    check(again == at && n == packet, "gives the same packet");
    is_ok(IAudioCaptureClient_ReleaseBuffer(capture, n), S_OK, "ReleaseBuffer of all");
    IAudioClient_Stop(client);
    IAudioClient_Release(client);
    check(IAudioCaptureClient_Release(capture) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
}

void test_clock(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    UINT64 frequency = 0, at = 1, time = 0;
    DWORD characteristics = 0;
    is_ok(IAudioClient_GetService(client, &IID_IAudioClock, &out), S_OK, "GetService(IAudioClock)");
    IAudioClock *clock = out;
    is_ok(IAudioClock_GetFrequency(clock, NULL), E_POINTER, "GetFrequency: NULL is E_POINTER");
    is_ok(IAudioClock_GetFrequency(clock, &frequency), S_OK, "GetFrequency");
    check(frequency == (UINT64)mix->nSamplesPerSec * mix->nBlockAlign,
          "the clock of a shared stream counts bytes");
    is_ok(IAudioClock_GetPosition(clock, NULL, &time), E_POINTER, "GetPosition: NULL is E_POINTER");
    is_ok(IAudioClock_GetPosition(clock, &at, NULL), S_OK, "GetPosition without the time");
    check(at == 0, "it stands at 0 before Start");
    is_ok(IAudioClock_GetPosition(clock, &at, &time), S_OK, "GetPosition with the time");
    check(time > 0, "the time is set");
    is_ok(IAudioClock_GetCharacteristics(clock, NULL), E_POINTER,
          "GetCharacteristics: NULL is E_POINTER");
    is_ok(IAudioClock_GetCharacteristics(clock, &characteristics), S_OK, "GetCharacteristics");
    check(characteristics == AUDIOCLOCK_CHARACTERISTIC_FIXED_FREQ, "the frequency is fixed");
    is_ok(IAudioClock_QueryInterface(clock, &IID_IAudioClock2, &out), S_OK,
          "a clock is an IAudioClock2");
    is_ok(IAudioClock2_GetDevicePosition((IAudioClock2 *)out, NULL, NULL), E_POINTER,
          "GetDevicePosition: NULL is E_POINTER");
    is_ok(IAudioClock2_GetDevicePosition((IAudioClock2 *)out, &at, &time), S_OK,
          "GetDevicePosition");
    IAudioClock2_Release((IAudioClock2 *)out);
    IAudioClient_Release(client);
    check(IAudioClock_Release(clock) == 0, "the last Release gives 0");
    CoTaskMemFree(mix);
    client = ready(eRender, AUDCLNT_STREAMFLAGS_RATEADJUST, &mix);
    is_ok(IAudioClient_GetService(client, &IID_IAudioClockAdjustment, &out), S_OK,
          "GetService(IAudioClockAdjustment)");
    is_ok(IAudioClockAdjustment_SetSampleRate((IAudioClockAdjustment *)out, 44100.0f), S_OK,
          "SetSampleRate");
    is_ok(IAudioClockAdjustment_SetSampleRate((IAudioClockAdjustment *)out, -1.0f), E_INVALIDARG,
          "SetSampleRate: below 0 is E_INVALIDARG");
    IAudioClockAdjustment_Release((IAudioClockAdjustment *)out);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}

void test_stream_volume(void)
{
    WAVEFORMATEX *mix = NULL;
    IAudioClient *client = ready(eRender, 0, &mix);
    void *out = NULL;
    UINT32 n = 0;
    float level = 0, levels[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    is_ok(IAudioClient_GetService(client, &IID_IAudioStreamVolume, &out), S_OK,
          "GetService(IAudioStreamVolume)");
    IAudioStreamVolume *v = out;
    is_ok(IAudioStreamVolume_GetChannelCount(v, NULL), E_POINTER,
          "GetChannelCount: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetChannelCount(v, &n), S_OK, "GetChannelCount");
    check(n == mix->nChannels, "it is the stream's (%u)", n);
    is_ok(IAudioStreamVolume_GetChannelVolume(v, n, &level), E_INVALIDARG,
          "GetChannelVolume: no such channel");
    is_ok(IAudioStreamVolume_GetChannelVolume(v, 0, NULL), E_POINTER,
          "GetChannelVolume: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetChannelVolume(v, 0, &level), S_OK, "GetChannelVolume");
    check(level >= 1.0f && level <= 1.0f, "a stream begins at full volume");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, n, 1.0f), E_INVALIDARG,
          "SetChannelVolume: no such channel");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, -1.0f), E_INVALIDARG,
          "SetChannelVolume: below 0 is E_INVALIDARG");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, 2.0f), E_INVALIDARG,
          "SetChannelVolume: above 1 is E_INVALIDARG");
    is_ok(IAudioStreamVolume_SetChannelVolume(v, 0, 0.25f), S_OK, "SetChannelVolume");
    IAudioStreamVolume_GetChannelVolume(v, 0, &level);
    check(level >= 0.25f && level <= 0.25f, "what was set is told");
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, NULL), E_POINTER,
          "SetAllVolumes: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n + 1, levels), E_INVALIDARG,
          "SetAllVolumes: another count is E_INVALIDARG");
    levels[0] = 3.0f;
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, levels), E_INVALIDARG,
          "SetAllVolumes: one level out of range");
    IAudioStreamVolume_GetChannelVolume(v, 0, &level);
    check(level >= 0.25f && level <= 0.25f, "... changes none");
    levels[0] = 1.0f;
    is_ok(IAudioStreamVolume_SetAllVolumes(v, n, levels), S_OK, "SetAllVolumes");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n, NULL), E_POINTER,
          "GetAllVolumes: NULL is E_POINTER");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n + 1, levels), E_INVALIDARG,
          "GetAllVolumes: another count is E_INVALIDARG");
    is_ok(IAudioStreamVolume_GetAllVolumes(v, n, levels), S_OK, "GetAllVolumes");
    IAudioStreamVolume_Release(v);
    IAudioClient_Release(client);
    CoTaskMemFree(mix);
}
