/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* ISpatialAudioObject: a buffer for each period, at the place of a speaker. */
#include "spatial.h"

#include <mmk/dsp.h>

static struct mmki_spatial_object *self_of(ISpatialAudioObject *iface)
{
    return MMKI_OBJECT(struct mmki_spatial_object, object, iface);
}

static HRESULT object_query(struct mmki_spatial_object *object, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_ISpatialAudioObjectBase) &&
        !IsEqualIID(iid, &IID_ISpatialAudioObject))
        return E_NOINTERFACE;
    InterlockedIncrement(&object->refs);
    *out = &object->object;
    return S_OK;
}

static ULONG object_ref(struct mmki_spatial_object *object)
{
    return (ULONG)InterlockedIncrement(&object->refs);
}

static ULONG object_unref(struct mmki_spatial_object *object)
{
    struct mmki_spatial_stream *stream = object->stream;
    const ULONG refs = (ULONG)InterlockedDecrement(&object->refs);
    if (refs > 0)
        return refs;
    AcquireSRWLockExclusive(&stream->lock);
    for (struct mmki_spatial_object **at = &stream->objects; *at != NULL; at = &(*at)->next) {
        if (*at == object) {
            *at = object->next;
            break;
        }
    }
    ReleaseSRWLockExclusive(&stream->lock);
    mmki_free(object->samples);
    mmki_free(object);
    ISpatialAudioObjectRenderStream_Release(&stream->stream);
    return 0;
}

MMKI_UNKNOWN(own, ISpatialAudioObject, struct mmki_spatial_object, object, object_query, object_ref,
             object_unref)

/* ------------------------------------------------------------------ methods */

static HRESULT STDMETHODCALLTYPE get_buffer(ISpatialAudioObject *iface, BYTE **data, UINT32 *bytes)
{
    struct mmki_spatial_object *object = self_of(iface);
    struct mmki_spatial_stream *stream = object->stream;
    HRESULT hr = S_OK;
    if (data == NULL || bytes == NULL)
        return E_POINTER;
    *data = NULL;
    *bytes = 0;
    AcquireSRWLockExclusive(&stream->lock);
    if (stream->updating) {
        *data = (BYTE *)object->samples;
        *bytes = stream->update_frames * (UINT32)sizeof(float);
    } else {
        hr = SPTLAUDCLNT_E_OUT_OF_ORDER;
    }
    ReleaseSRWLockExclusive(&stream->lock);
    return hr;
}

static HRESULT STDMETHODCALLTYPE set_end_of_stream(ISpatialAudioObject *iface, UINT32 n_frames)
{
    (void)iface;
    (void)n_frames;
    return E_NOTIMPL; /* as in Wine */
}

static HRESULT STDMETHODCALLTYPE is_active(ISpatialAudioObject *iface, BOOL *active)
{
    (void)iface;
    if (active == NULL)
        return E_POINTER;
    *active = TRUE;
    return E_NOTIMPL; /* as in Wine; who does not look is not misled */
}

static HRESULT STDMETHODCALLTYPE get_type(ISpatialAudioObject *iface, AudioObjectType *type)
{
    if (type == NULL)
        return E_POINTER;
    *type = self_of(iface)->type;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_position(ISpatialAudioObject *iface, float x, float y, float z)
{
    (void)iface;
    (void)x;
    (void)y;
    (void)z;
    return SPTLAUDCLNT_E_PROPERTY_NOT_SUPPORTED; /* only dynamic objects move */
}

static HRESULT STDMETHODCALLTYPE set_volume(ISpatialAudioObject *iface, float volume)
{
    struct mmki_spatial_object *object = self_of(iface);
    struct mmki_spatial_stream *stream = object->stream;
    HRESULT hr = SPTLAUDCLNT_E_OUT_OF_ORDER;
    if (!(volume >= 0.0f && volume <= 1.0f))
        return E_INVALIDARG;
    AcquireSRWLockExclusive(&stream->lock);
    if (stream->updating) {
        object->volume = volume;
        hr = S_OK;
    }
    ReleaseSRWLockExclusive(&stream->lock);
    return hr;
}

static const ISpatialAudioObjectVtbl table = {
    MMKI_UNKNOWN_TABLE(own), .GetBuffer = get_buffer,        .SetEndOfStream = set_end_of_stream,
    .IsActive = is_active,   .GetAudioObjectType = get_type, .SetPosition = set_position,
    .SetVolume = set_volume,
};

/* ------------------------------------------------------------------ sound */

void mmki_spatial_object_mix(struct mmki_spatial_object *object, float *out)
{
    const struct mmki_spatial_stream *stream = object->stream;
    const unsigned index = mmki_spatial_index(object->type), n = stream->room.channels;
    const struct mmki_spatial_route *route = &stream->room.routes[index % MMKI_SPATIAL_TYPES];
    float from[MMK_CHANNELS_MAX], to[MMK_CHANNELS_MAX];
    if (index >= MMKI_SPATIAL_TYPES || !route->known)
        return; /* AudioObjectType_None is heard nowhere */
    if (route->alone && object->volume == 1.0f && object->volume_given == 1.0f) {
        for (uint32_t i = 0; i < stream->update_frames; i++) /* every bit as it was given */
            out[i * n + route->channel] = object->samples[i];
        return;
    }
    for (unsigned c = 0; c < n; c++) {
        from[c] = object->volume_given;
        to[c] = object->volume;
    }
    stream->dsp->remix(stream->scratch, object->samples, stream->update_frames, 1, n, route->gains);
    stream->dsp->mix(out, stream->scratch, stream->update_frames, n, from, to);
    object->volume_given = object->volume;
}

HRESULT mmki_spatial_object_new(struct mmki_spatial_stream *stream, AudioObjectType type,
                                ISpatialAudioObject **out)
{
    struct mmki_spatial_object *object = mmki_alloc(sizeof *object);
    float *samples = mmki_alloc(stream->period_frames * sizeof *samples);
    if (object == NULL || samples == NULL) {
        mmki_free(object);
        mmki_free(samples);
        return E_OUTOFMEMORY;
    }
    object->object.lpVtbl = &table;
    object->refs = 1;
    object->stream = stream;
    object->type = type;
    object->volume = object->volume_given = 1.0f;
    object->samples = samples;
    /* those that share a channel with another add to it: the ones that own theirs come first */
    struct mmki_spatial_object **at = &stream->objects;
    const unsigned index = mmki_spatial_index(type);
    if (index >= MMKI_SPATIAL_TYPES || !stream->room.routes[index].alone)
        while (*at != NULL)
            at = &(*at)->next;
    object->next = *at;
    *at = object;
    ISpatialAudioObjectRenderStream_AddRef(&stream->stream);
    *out = &object->object;
    return S_OK;
}
