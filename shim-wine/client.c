/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioClient, 2 and 3: one RING stream of the engine. One count of references for the client and
 * its services, as programs have come to expect. */
#include "wine_internal.h"

#include <string.h>

/* ------------------------------------------------------------------ life */

HRESULT mmki_client_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    struct mmki_client *client = mmki_alloc(sizeof *client);
    if (client == NULL)
        return E_OUTOFMEMORY;
    client->client.lpVtbl = &mmki_client_table;
    client->render.lpVtbl = &mmki_render_table;
    client->capture.lpVtbl = &mmki_capture_table;
    client->clock.lpVtbl = &mmki_clock_table;
    client->clock2.lpVtbl = &mmki_clock2_table;
    client->volume.lpVtbl = &mmki_stream_volume_table;
    client->adjustment.lpVtbl = &mmki_adjustment_table;
    client->endpoint = endpoint;
    client->refs = 1;
    InitializeSRWLock(&client->lock);
    const HRESULT hr = mmki_client_query(client, iid, out);
    mmki_client_unref(client);
    return hr;
}

HRESULT mmki_client_query(struct mmki_client *client, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&client->client, &client->marshaler, iid,
                                  out);
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IAudioClient) &&
        !IsEqualIID(iid, &IID_IAudioClient2) && !IsEqualIID(iid, &IID_IAudioClient3))
        return E_NOINTERFACE;
    mmki_client_ref(client);
    *out = &client->client;
    return S_OK;
}

ULONG mmki_client_ref(struct mmki_client *client)
{
    return (ULONG)InterlockedIncrement(&client->refs);
}

bool mmki_client_try_ref(struct mmki_client *client)
{
    LONG refs = client->refs;
    while (refs > 0) {
        const LONG seen = InterlockedCompareExchange(&client->refs, refs + 1, refs);
        if (seen == refs)
            return true;
        refs = seen;
    }
    return false;
}

static void set_ticking(struct mmki_client *client, bool on);

ULONG mmki_client_unref(struct mmki_client *client)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&client->refs);
    if (refs == 0) {
        set_ticking(client, false);
        mmki_client_dispose(client);
        if (client->event != NULL)
            CloseHandle(client->event);
        mmki_marshal_release(&client->marshaler);
        mmki_free(client);
    }
    return refs;
}

HRESULT mmki_client_enter(struct mmki_client *client)
{
    AcquireSRWLockExclusive(&client->lock);
    const bool lost = client->initialized && client->life != atomic_load(&client->endpoint->life);
    if (client->initialized && !lost)
        return S_OK;
    ReleaseSRWLockExclusive(&client->lock);
    return lost ? AUDCLNT_E_DEVICE_INVALIDATED : AUDCLNT_E_NOT_INITIALIZED;
}

void mmki_client_leave(struct mmki_client *client)
{
    ReleaseSRWLockExclusive(&client->lock);
}

MMKI_UNKNOWN(client, IAudioClient3, struct mmki_client, client, mmki_client_query, mmki_client_ref,
             mmki_client_unref)

static struct mmki_client *self_of(IAudioClient3 *iface)
{
    return MMKI_OBJECT(struct mmki_client, client, iface);
}

/* ------------------------------------------------------------------ IAudioClient */

static bool is_gone(const struct mmki_client *client)
{
    return !atomic_load(&client->endpoint->present);
}

static HRESULT STDMETHODCALLTYPE initialize(IAudioClient3 *iface, AUDCLNT_SHAREMODE mode,
                                            DWORD flags, REFERENCE_TIME duration,
                                            REFERENCE_TIME period, const WAVEFORMATEX *wfx,
                                            const GUID *session)
{
    return mmki_client_initialize(self_of(iface), mode, flags, duration, period, wfx, session);
}

static HRESULT STDMETHODCALLTYPE get_buffer_size(IAudioClient3 *iface, UINT32 *n_frames)
{
    struct mmki_client *client = self_of(iface);
    if (n_frames == NULL)
        return E_POINTER;
    const HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    *n_frames = client->buffer_frames;
    mmki_client_leave(client);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_stream_latency(IAudioClient3 *iface, REFERENCE_TIME *latency)
{
    struct mmki_client *client = self_of(iface);
    if (latency == NULL)
        return E_POINTER;
    const HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    const struct mmk_device_caps *caps = mmk_engine_caps(client->output->engine);
    const uint64_t frames = (uint64_t)caps->latency_frames + caps->period_frames;
    *latency = (REFERENCE_TIME)(frames * MMKI_100NS_PER_S / caps->format.rate_hz);
    mmki_client_leave(client);
    return S_OK;
}

HRESULT mmki_client_padding(struct mmki_client *client, uint32_t *n_frames)
{
    uint32_t n;
    const mmk_err err = mmk_stream_padding(client->stream, &n);
    if (err != MMK_OK)
        return mmki_hresult(err);
    struct mmk_engine_stats stats;
    mmk_engine_stats(client->output->engine, &stats);
    if (stats.gone)
        return AUDCLNT_E_DEVICE_INVALIDATED;
    if (client->takes)
        n += client->packet_frames;
    *n_frames = n < client->buffer_frames ? n : client->buffer_frames;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_current_padding(IAudioClient3 *iface, UINT32 *n_frames)
{
    struct mmki_client *client = self_of(iface);
    if (n_frames == NULL)
        return E_POINTER;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = mmki_client_padding(client, n_frames);
    mmki_client_leave(client);
    return hr;
}

static HRESULT STDMETHODCALLTYPE is_format_supported(IAudioClient3 *iface, AUDCLNT_SHAREMODE mode,
                                                     const WAVEFORMATEX *wfx,
                                                     WAVEFORMATEX **closest)
{
    if (is_gone(self_of(iface)))
        return AUDCLNT_E_DEVICE_INVALIDATED;
    return mmki_format_supported(self_of(iface)->endpoint, mode, wfx, closest);
}

static HRESULT STDMETHODCALLTYPE get_mix_format(IAudioClient3 *iface, WAVEFORMATEX **wfx)
{
    if (wfx == NULL)
        return E_POINTER;
    *wfx = NULL;
    if (is_gone(self_of(iface)))
        return AUDCLNT_E_DEVICE_INVALIDATED;
    return mmki_format_mix(self_of(iface)->endpoint, wfx);
}

static HRESULT STDMETHODCALLTYPE get_device_period(IAudioClient3 *iface, REFERENCE_TIME *standard,
                                                   REFERENCE_TIME *minimum)
{
    if (standard == NULL && minimum == NULL)
        return E_POINTER;
    if (is_gone(self_of(iface)))
        return AUDCLNT_E_DEVICE_INVALIDATED;
    if (standard != NULL)
        *standard = MMKI_PERIOD_100NS;
    if (minimum != NULL)
        *minimum = MMKI_PERIOD_MIN_100NS;
    return S_OK;
}

static void set_started(struct mmki_client *client, bool started)
{
    struct mmki_card *card = mmki_card();
    AcquireSRWLockExclusive(&card->lock);
    client->started = started;
    ReleaseSRWLockExclusive(&card->lock);
}

/* A timer's thread: a period has passed in which the stream stood still. */
static void CALLBACK on_tick(PVOID user, BOOLEAN fired)
{
    const struct mmki_client *client = user;
    (void)fired;
    SetEvent(client->event);
}

/* Once started, a stream that is driven by events sets its event in every period, also while it is
 * stopped, as Windows' and Wine's own do: programs wait for it without a time limit. Without memory
 * for a timer there is none. With the lock, or without other users. */
static void set_ticking(struct mmki_client *client, bool on)
{
    if (!on && client->ticker != NULL) {
        DeleteTimerQueueTimer(NULL, client->ticker, INVALID_HANDLE_VALUE); /* waits for on_tick */
        client->ticker = NULL;
    }
    if (on && client->ticker == NULL && client->event != NULL) {
        const DWORD ms = client->period_frames * 1000 / client->format.rate_hz;
        HANDLE timer;
        if (CreateTimerQueueTimer(&timer, NULL, on_tick, client, ms, ms > 0 ? ms : 1,
                                  WT_EXECUTEINTIMERTHREAD))
            client->ticker = timer;
    }
}

/* What was recorded before a stop and not read yet comes first, and goes on where it ended. */
static bool has_packets(struct mmki_client *client)
{
    uint32_t n = 0;
    return SUCCEEDED(mmki_client_padding(client, &n)) && n > 0;
}

static HRESULT start_locked(struct mmki_client *client)
{
    if ((client->flags & AUDCLNT_STREAMFLAGS_EVENTCALLBACK) != 0 && client->event == NULL)
        return AUDCLNT_E_EVENTHANDLE_NOT_SET;
    if (client->started)
        return AUDCLNT_E_NOT_STOPPED;
    client->restarted = client->takes && !has_packets(client);
    set_ticking(client, false);
    set_started(client, true);
    const mmk_err err = mmk_stream_resume(client->stream);
    if (err != MMK_OK)
        set_started(client, false);
    return mmki_hresult(err);
}

void mmki_client_halt(struct mmki_client *client)
{
    AcquireSRWLockExclusive(&client->lock);
    if (client->started) {
        mmk_stream_pause(client->stream);
        set_started(client, false);
    }
    if (client->event != NULL)
        SetEvent(client->event); /* a program that waits for its period finds out */
    ReleaseSRWLockExclusive(&client->lock);
}

static HRESULT STDMETHODCALLTYPE start(IAudioClient3 *iface)
{
    struct mmki_client *client = self_of(iface);
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = start_locked(client);
    mmki_client_leave(client);
    mmki_session_tell_state(client->session);
    return hr;
}

static HRESULT STDMETHODCALLTYPE stop(IAudioClient3 *iface)
{
    struct mmki_client *client = self_of(iface);
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = S_FALSE;
    if (client->started) {
        hr = mmki_hresult(mmk_stream_pause(client->stream));
        set_started(client, false);
        set_ticking(client, true);
    }
    mmki_client_leave(client);
    mmki_session_tell_state(client->session);
    return hr;
}

static HRESULT STDMETHODCALLTYPE reset(IAudioClient3 *iface)
{
    struct mmki_client *client = self_of(iface);
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    if (client->started)
        hr = AUDCLNT_E_NOT_STOPPED;
    else if (client->acquired > 0 || client->packet_lent)
        hr = AUDCLNT_E_BUFFER_OPERATION_PENDING;
    else {
        if (client->takes)
            mmki_capture_reset(client);
        hr = mmki_hresult(mmk_stream_reset(client->stream));
    }
    mmki_client_leave(client);
    return hr;
}

static HRESULT STDMETHODCALLTYPE set_event_handle(IAudioClient3 *iface, HANDLE event)
{
    struct mmki_client *client = self_of(iface);
    if (event == NULL)
        return E_INVALIDARG;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    if ((client->flags & AUDCLNT_STREAMFLAGS_EVENTCALLBACK) == 0)
        hr = AUDCLNT_E_EVENTHANDLE_NOT_EXPECTED;
    else if (client->event != NULL)
        hr = HRESULT_FROM_WIN32(ERROR_INVALID_NAME); /* what Windows answers to a second one */
    else if (!DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &client->event, 0,
                              FALSE, DUPLICATE_SAME_ACCESS))
        hr = E_INVALIDARG; /* no handle. Ours lives on should the program close its own first */
    mmki_client_leave(client);
    return hr;
}

/* A service that is part of the client. With the lock. */
static HRESULT own_service(struct mmki_client *client, REFIID iid, void **out)
{
    if (IsEqualIID(iid, &IID_IAudioRenderClient)) {
        if (client->takes)
            return AUDCLNT_E_WRONG_ENDPOINT_TYPE;
        *out = &client->render;
    } else if (IsEqualIID(iid, &IID_IAudioCaptureClient)) {
        if (!client->takes)
            return AUDCLNT_E_WRONG_ENDPOINT_TYPE;
        *out = &client->capture;
    } else if (IsEqualIID(iid, &IID_IAudioClock)) {
        *out = &client->clock;
    } else if (IsEqualIID(iid, &IID_IAudioStreamVolume)) {
        *out = &client->volume;
    } else if (IsEqualIID(iid, &IID_IAudioClockAdjustment)) {
        if ((client->flags & AUDCLNT_STREAMFLAGS_RATEADJUST) == 0)
            return E_INVALIDARG;
        *out = &client->adjustment;
    } else {
        return E_NOINTERFACE;
    }
    mmki_client_ref(client);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_service(IAudioClient3 *iface, REFIID iid, void **out)
{
    struct mmki_client *client = self_of(iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    if (IsEqualIID(iid, &IID_IAudioSessionControl) || IsEqualIID(iid, &IID_ISimpleAudioVolume) ||
        IsEqualIID(iid, &IID_IChannelAudioVolume))
        hr = mmki_session_view_new(client->session, client, iid, out);
    else
        hr = own_service(client, iid, out);
    mmki_client_leave(client);
    return hr;
}

/* ------------------------------------------------------------------ IAudioClient2 */

static HRESULT STDMETHODCALLTYPE is_offload_capable(IAudioClient3 *iface,
                                                    AUDIO_STREAM_CATEGORY category, BOOL *capable)
{
    (void)iface;
    (void)category;
    if (capable == NULL)
        return E_INVALIDARG;
    *capable = FALSE;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_client_properties(IAudioClient3 *iface,
                                                       const AudioClientProperties *properties)
{
    const size_t before_options = offsetof(AudioClientProperties, Options);
    (void)iface;
    if (properties == NULL)
        return E_POINTER;
    /* Windows 8 knew the structure without its last field */
    if (properties->cbSize != sizeof *properties && properties->cbSize != before_options)
        return E_INVALIDARG;
    if (properties->bIsOffload)
        return AUDCLNT_E_ENDPOINT_OFFLOAD_NOT_CAPABLE;
    return S_OK; /* category and options: nothing here treats them differently */
}

static HRESULT STDMETHODCALLTYPE get_buffer_size_limits(IAudioClient3 *iface,
                                                        const WAVEFORMATEX *wfx, BOOL event_driven,
                                                        REFERENCE_TIME *minimum,
                                                        REFERENCE_TIME *maximum)
{
    (void)iface;
    (void)event_driven;
    if (wfx == NULL || minimum == NULL || maximum == NULL)
        return E_POINTER;
    return AUDCLNT_E_OFFLOAD_MODE_ONLY; /* the limits are those of offloaded streams */
}

/* ------------------------------------------------------------------ IAudioClient3 */

static uint32_t frames_of(REFERENCE_TIME time, uint32_t rate_hz)
{
    return (uint32_t)(((uint64_t)time * rate_hz + MMKI_100NS_PER_S - 1) / MMKI_100NS_PER_S);
}

static HRESULT STDMETHODCALLTYPE get_engine_period(IAudioClient3 *iface, const WAVEFORMATEX *wfx,
                                                   UINT32 *standard, UINT32 *fundamental,
                                                   UINT32 *minimum, UINT32 *maximum)
{
    struct mmk_format format;
    (void)iface;
    if (wfx == NULL || standard == NULL || fundamental == NULL || minimum == NULL ||
        maximum == NULL)
        return E_POINTER;
    if (mmki_format_read(wfx, &format) != MMK_OK)
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    *standard = *maximum = frames_of(MMKI_PERIOD_100NS, format.rate_hz);
    *minimum = frames_of(MMKI_PERIOD_MIN_100NS, format.rate_hz);
    *fundamental = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_current_engine_period(IAudioClient3 *iface, WAVEFORMATEX **wfx,
                                                           UINT32 *n_frames)
{
    struct mmki_client *client = self_of(iface);
    struct mmki_card *card = mmki_card();
    if (wfx == NULL || n_frames == NULL)
        return E_POINTER;
    const HRESULT hr = mmki_format_mix(client->endpoint, wfx);
    if (FAILED(hr))
        return hr;
    *n_frames = frames_of(MMKI_PERIOD_100NS, (*wfx)->nSamplesPerSec);
    AcquireSRWLockShared(&card->lock);
    if (client->endpoint->shared != NULL)
        *n_frames = mmk_engine_caps(client->endpoint->shared->engine)->period_frames;
    ReleaseSRWLockShared(&card->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE initialize_shared(IAudioClient3 *iface, DWORD flags,
                                                   UINT32 period_frames, const WAVEFORMATEX *wfx,
                                                   const GUID *session)
{
    return mmki_client_initialize_period(self_of(iface), flags, period_frames, wfx, session);
}

const IAudioClient3Vtbl mmki_client_table = {
    MMKI_UNKNOWN_TABLE(client),
    .Initialize = initialize,
    .GetBufferSize = get_buffer_size,
    .GetStreamLatency = get_stream_latency,
    .GetCurrentPadding = get_current_padding,
    .IsFormatSupported = is_format_supported,
    .GetMixFormat = get_mix_format,
    .GetDevicePeriod = get_device_period,
    .Start = start,
    .Stop = stop,
    .Reset = reset,
    .SetEventHandle = set_event_handle,
    .GetService = get_service,
    .IsOffloadCapable = is_offload_capable,
    .SetClientProperties = set_client_properties,
    .GetBufferSizeLimits = get_buffer_size_limits,
    .GetSharedModeEnginePeriod = get_engine_period,
    .GetCurrentSharedModeEnginePeriod = get_current_engine_period,
    .InitializeSharedAudioStream = initialize_shared,
};
