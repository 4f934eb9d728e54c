/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* ISpatialAudioObjectRenderStream: in every period the program fills its objects' buffers between
 * BeginUpdating and EndUpdating, which puts them into the client's buffer. */
#include "spatial.h"

#include <string.h>

#include <mmk/dsp.h>

static struct mmki_spatial_stream *self_of(ISpatialAudioObjectRenderStream *iface)
{
    return MMKI_OBJECT(struct mmki_spatial_stream, stream, iface);
}

static HRESULT object_query(struct mmki_spatial_stream *s, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&s->stream, &s->marshaler, iid, out);
    if (!IsEqualIID(iid, &IID_IUnknown) &&
        !IsEqualIID(iid, &IID_ISpatialAudioObjectRenderStreamBase) &&
        !IsEqualIID(iid, &IID_ISpatialAudioObjectRenderStream))
        return E_NOINTERFACE;
    InterlockedIncrement(&s->refs);
    *out = &s->stream;
    return S_OK;
}

static ULONG object_ref(struct mmki_spatial_stream *s)
{
    return (ULONG)InterlockedIncrement(&s->refs);
}

static void dispose(struct mmki_spatial_stream *s)
{
    if (s->client != NULL)
        IAudioClient_Stop(s->client);
    if (s->render != NULL)
        IAudioRenderClient_Release(s->render);
    if (s->client != NULL)
        IAudioClient_Release(s->client);
    if (s->notify != NULL)
        ISpatialAudioObjectRenderStreamNotify_Release(s->notify);
    mmki_marshal_release(&s->marshaler);
    mmki_free(s->scratch);
    IUnknown_Release(s->parent);
    mmki_free(s);
}

static ULONG object_unref(struct mmki_spatial_stream *s)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&s->refs);
    if (refs == 0)
        dispose(s);
    return refs;
}

MMKI_UNKNOWN(stream, ISpatialAudioObjectRenderStream, struct mmki_spatial_stream, stream,
             object_query, object_ref, object_unref)

/* ------------------------------------------------------------------ start and stop */

static HRESULT STDMETHODCALLTYPE get_dynamic_count(ISpatialAudioObjectRenderStream *iface,
                                                   UINT32 *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_service(ISpatialAudioObjectRenderStream *iface, REFIID iid,
                                             void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    /* the documented ones; what writes into the client's buffer is ours */
    if (!IsEqualIID(iid, &IID_IAudioClock) && !IsEqualIID(iid, &IID_IAudioStreamVolume))
        return E_NOINTERFACE;
    return IAudioClient_GetService(self_of(iface)->client, iid, out);
}

static HRESULT STDMETHODCALLTYPE start(ISpatialAudioObjectRenderStream *iface)
{
    struct mmki_spatial_stream *s = self_of(iface);
    HRESULT hr = SPTLAUDCLNT_E_STREAM_NOT_STOPPED;
    AcquireSRWLockExclusive(&s->lock);
    if (!s->started) {
        hr = IAudioClient_Start(s->client);
        s->started = SUCCEEDED(hr);
    }
    ReleaseSRWLockExclusive(&s->lock);
    return hr;
}

static HRESULT STDMETHODCALLTYPE stop(ISpatialAudioObjectRenderStream *iface)
{
    struct mmki_spatial_stream *s = self_of(iface);
    AcquireSRWLockExclusive(&s->lock);
    const HRESULT hr = IAudioClient_Stop(s->client);
    if (SUCCEEDED(hr))
        s->started = false;
    ReleaseSRWLockExclusive(&s->lock);
    return FAILED(hr) ? hr : S_OK;
}

static HRESULT STDMETHODCALLTYPE reset(ISpatialAudioObjectRenderStream *iface)
{
    struct mmki_spatial_stream *s = self_of(iface);
    HRESULT hr = S_OK;
    AcquireSRWLockExclusive(&s->lock);
    if (s->started)
        hr = SPTLAUDCLNT_E_STREAM_NOT_STOPPED;
    else if (s->updating)
        hr = SPTLAUDCLNT_E_OUT_OF_ORDER;
    else
        hr = IAudioClient_Reset(s->client);
    ReleaseSRWLockExclusive(&s->lock);
    return hr;
}

/* ------------------------------------------------------------------ a period */

/* A period, or what is free of one: less than all of it only if the program runs ahead. */
static HRESULT begin_locked(struct mmki_spatial_stream *s)
{
    UINT32 padding;
    if (s->updating)
        return SPTLAUDCLNT_E_OUT_OF_ORDER;
    const HRESULT hr = IAudioClient_GetCurrentPadding(s->client, &padding);
    if (FAILED(hr))
        return hr;
    const uint32_t room = padding < s->buffer_frames ? s->buffer_frames - padding : 0;
    s->update_frames = room < s->period_frames ? room : s->period_frames;
    s->updating = true;
    for (struct mmki_spatial_object *o = s->objects; o != NULL; o = o->next)
        memset(o->samples, 0, s->period_frames * sizeof *o->samples);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE begin(ISpatialAudioObjectRenderStream *iface, UINT32 *n_dynamic,
                                       UINT32 *n_frames)
{
    struct mmki_spatial_stream *s = self_of(iface);
    if (n_dynamic == NULL || n_frames == NULL)
        return E_POINTER;
    AcquireSRWLockExclusive(&s->lock);
    const HRESULT hr = begin_locked(s);
    *n_dynamic = 0;
    if (SUCCEEDED(hr))
        *n_frames = s->update_frames;
    ReleaseSRWLockExclusive(&s->lock);
    return hr;
}

static HRESULT end_locked(struct mmki_spatial_stream *s)
{
    BYTE *data;
    if (!s->updating)
        return SPTLAUDCLNT_E_OUT_OF_ORDER;
    s->updating = false;
    if (s->update_frames == 0)
        return S_OK;
    const HRESULT hr = IAudioRenderClient_GetBuffer(s->render, s->update_frames, &data);
    if (FAILED(hr))
        return hr;
    memset(data, 0, s->update_frames * s->room.channels * sizeof(float));
    for (struct mmki_spatial_object *o = s->objects; o != NULL; o = o->next)
        mmki_spatial_object_mix(o, (float *)(void *)data);
    return IAudioRenderClient_ReleaseBuffer(s->render, s->update_frames, 0);
}

static HRESULT STDMETHODCALLTYPE end(ISpatialAudioObjectRenderStream *iface)
{
    struct mmki_spatial_stream *s = self_of(iface);
    AcquireSRWLockExclusive(&s->lock);
    const HRESULT hr = end_locked(s);
    ReleaseSRWLockExclusive(&s->lock);
    return hr;
}

static HRESULT activate_locked(struct mmki_spatial_stream *s, AudioObjectType type,
                               ISpatialAudioObject **out)
{
    if (type == AudioObjectType_Dynamic)
        return SPTLAUDCLNT_E_NO_MORE_OBJECTS;
    if (((uint32_t)type & ~s->types) != 0)
        return SPTLAUDCLNT_E_STATIC_OBJECT_NOT_AVAILABLE;
    if (type != AudioObjectType_None && mmki_spatial_index((uint32_t)type) == MMKI_SPATIAL_TYPES)
        return E_INVALIDARG; /* several at once */
    for (const struct mmki_spatial_object *o = s->objects; o != NULL; o = o->next)
        if (o->type == type && type != AudioObjectType_None)
            return SPTLAUDCLNT_E_OBJECT_ALREADY_ACTIVE;
    return mmki_spatial_object_new(s, type, out);
}

static HRESULT STDMETHODCALLTYPE activate(ISpatialAudioObjectRenderStream *iface,
                                          AudioObjectType type, ISpatialAudioObject **out)
{
    struct mmki_spatial_stream *s = self_of(iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    AcquireSRWLockExclusive(&s->lock);
    const HRESULT hr = activate_locked(s, type, out);
    ReleaseSRWLockExclusive(&s->lock);
    return hr;
}

static const ISpatialAudioObjectRenderStreamVtbl table = {
    MMKI_UNKNOWN_TABLE(stream),
    .GetAvailableDynamicObjectCount = get_dynamic_count,
    .GetService = get_service,
    .Start = start,
    .Stop = stop,
    .Reset = reset,
    .BeginUpdatingAudioObjects = begin,
    .EndUpdatingAudioObjects = end,
    .ActivateSpatialAudioObject = activate,
};

/* ------------------------------------------------------------------ making one */

static HRESULT open_client(struct mmki_spatial_stream *s, struct mmki_endpoint *endpoint,
                           HANDLE event)
{
    const WAVEFORMATEXTENSIBLE wfx = {
        .Format = {.wFormatTag = WAVE_FORMAT_EXTENSIBLE,
                   .nChannels = (WORD)s->room.channels,
                   .nSamplesPerSec = MMKI_SPATIAL_RATE_HZ,
                   .nAvgBytesPerSec =
                       MMKI_SPATIAL_RATE_HZ * s->room.channels * (uint32_t)sizeof(float),
                   .nBlockAlign = (WORD)(s->room.channels * sizeof(float)),
                   .wBitsPerSample = 32,
                   .cbSize = sizeof wfx - sizeof wfx.Format},
        .Samples.wValidBitsPerSample = 32,
        .dwChannelMask = s->room.mask,
        .SubFormat = KSDATAFORMAT_SUBTYPE_IEEE_FLOAT,
    };
    REFERENCE_TIME period = 0;
    void *out = NULL;
    HRESULT hr = mmki_client_new(endpoint, &IID_IAudioClient, &out);
    if (FAILED(hr))
        return hr;
    s->client = out;
    hr = IAudioClient_GetDevicePeriod(s->client, &period, NULL);
    if (SUCCEEDED(hr))
        hr = IAudioClient_Initialize(s->client, AUDCLNT_SHAREMODE_SHARED,
                                     AUDCLNT_STREAMFLAGS_EVENTCALLBACK |
                                         AUDCLNT_STREAMFLAGS_NOPERSIST,
                                     period, 0, &wfx.Format, NULL);
    if (SUCCEEDED(hr))
        hr = IAudioClient_SetEventHandle(s->client, event);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetBufferSize(s->client, &s->buffer_frames);
    if (SUCCEEDED(hr))
        hr = IAudioClient_GetService(s->client, &IID_IAudioRenderClient, &out);
    if (FAILED(hr))
        return hr;
    s->render = out;
    s->period_frames = (uint32_t)((uint64_t)period * MMKI_SPATIAL_RATE_HZ / MMKI_100NS_PER_S);
    return S_OK;
}

HRESULT mmki_spatial_stream_new(struct mmki_endpoint *endpoint, IUnknown *parent,
                                const SpatialAudioObjectRenderStreamActivationParams *parameters,
                                void **out)
{
    struct mmk_platform *platform = mmki_card()->port->platform;
    struct mmki_spatial_stream *s = mmki_alloc(sizeof *s);
    if (s == NULL)
        return E_OUTOFMEMORY;
    s->stream.lpVtbl = &table;
    s->refs = 1;
    s->parent = parent;
    IUnknown_AddRef(parent);
    InitializeSRWLock(&s->lock);
    s->types = (uint32_t)parameters->StaticObjectTypeMask;
    mmki_spatial_room(&s->room, s->types);
    s->dsp = mmk_dsp_select(platform->ops->cpu_features(platform));
    s->notify = parameters->NotifyObject;
    if (s->notify != NULL)
        ISpatialAudioObjectRenderStreamNotify_AddRef(s->notify);
    HRESULT hr = AUDCLNT_E_UNSUPPORTED_FORMAT; /* no channel at all */
    if (s->room.channels > 0)
        hr = open_client(s, endpoint, parameters->EventHandle);
    if (SUCCEEDED(hr)) {
        s->scratch = mmki_alloc(s->period_frames * s->room.channels * sizeof *s->scratch);
        hr = s->scratch != NULL ? S_OK : E_OUTOFMEMORY;
    }
    if (FAILED(hr)) {
        dispose(s);
        return hr;
    }
    *out = &s->stream;
    return S_OK;
}
