/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* ISpatialAudioClient: what an endpoint can do, and the way to a stream. IAudioFormatEnumerator
 * lists the one format and is a part of the same object. */
#include "spatial.h"

struct spatial {
    ISpatialAudioClient client;
    IAudioFormatEnumerator formats;
    IUnknown *marshaler;
    LONG refs;
    struct mmki_endpoint *endpoint;
    WAVEFORMATEX format; /* lent to programs, as documented */
};

static HRESULT object_query(struct spatial *s, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&s->client, &s->marshaler, iid, out);
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_ISpatialAudioClient))
        return E_NOINTERFACE;
    InterlockedIncrement(&s->refs);
    *out = &s->client;
    return S_OK;
}

static HRESULT formats_own_query(struct spatial *s, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IAudioFormatEnumerator))
        return E_NOINTERFACE;
    InterlockedIncrement(&s->refs);
    *out = &s->formats;
    return S_OK;
}

static ULONG object_ref(struct spatial *s)
{
    return (ULONG)InterlockedIncrement(&s->refs);
}

static ULONG object_unref(struct spatial *s)
{
    const ULONG refs = (ULONG)InterlockedDecrement(&s->refs);
    if (refs == 0) {
        mmki_marshal_release(&s->marshaler);
        mmki_free(s);
    }
    return refs;
}

MMKI_UNKNOWN(client, ISpatialAudioClient, struct spatial, client, object_query, object_ref,
             object_unref)
MMKI_UNKNOWN(formats, IAudioFormatEnumerator, struct spatial, formats, formats_own_query,
             object_ref, object_unref)

static struct spatial *self_of(ISpatialAudioClient *iface)
{
    return MMKI_OBJECT(struct spatial, client, iface);
}

/* ------------------------------------------------------------------ formats */

bool mmki_spatial_format(const WAVEFORMATEX *wfx)
{
    struct mmk_format format;
    return mmki_format_read(wfx, &format) == MMK_OK && format.sample == MMK_SAMPLE_F32 &&
           format.channels == 1 && format.rate_hz == MMKI_SPATIAL_RATE_HZ;
}

static HRESULT STDMETHODCALLTYPE get_count(IAudioFormatEnumerator *iface, UINT32 *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_format(IAudioFormatEnumerator *iface, UINT32 index,
                                            WAVEFORMATEX **format)
{
    if (format == NULL)
        return E_POINTER;
    *format = NULL;
    if (index > 0)
        return E_INVALIDARG;
    *format = &MMKI_OBJECT(struct spatial, formats, iface)->format;
    return S_OK;
}

static const IAudioFormatEnumeratorVtbl formats_table = {
    MMKI_UNKNOWN_TABLE(formats),
    .GetCount = get_count,
    .GetFormat = get_format,
};

static HRESULT STDMETHODCALLTYPE get_formats(ISpatialAudioClient *iface,
                                             IAudioFormatEnumerator **out)
{
    struct spatial *s = self_of(iface);
    if (out == NULL)
        return E_POINTER;
    InterlockedIncrement(&s->refs);
    *out = &s->formats;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE is_format_supported(ISpatialAudioClient *iface,
                                                     const WAVEFORMATEX *wfx)
{
    (void)iface;
    if (wfx == NULL)
        return E_POINTER;
    return mmki_spatial_format(wfx) ? S_OK : AUDCLNT_E_UNSUPPORTED_FORMAT;
}

static HRESULT STDMETHODCALLTYPE get_max_frames(ISpatialAudioClient *iface, const WAVEFORMATEX *wfx,
                                                UINT32 *n_frames)
{
    (void)iface;
    if (wfx == NULL || n_frames == NULL)
        return E_POINTER;
    if (!mmki_spatial_format(wfx))
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    *n_frames = (UINT32)((uint64_t)MMKI_PERIOD_100NS * MMKI_SPATIAL_RATE_HZ / MMKI_100NS_PER_S);
    return S_OK;
}

/* ------------------------------------------------------------------ objects */

static HRESULT STDMETHODCALLTYPE get_position(ISpatialAudioClient *iface, AudioObjectType type,
                                              float *x, float *y, float *z)
{
    (void)iface;
    if (x == NULL || y == NULL || z == NULL)
        return E_POINTER;
    return mmki_spatial_position((uint32_t)type, x, y, z) ? S_OK : E_INVALIDARG;
}

/* The speakers that the device really has. */
static HRESULT STDMETHODCALLTYPE get_native_types(ISpatialAudioClient *iface, AudioObjectType *mask)
{
    struct mmk_format format;
    if (mask == NULL)
        return E_POINTER;
    const mmk_err err = mmki_endpoint_format(self_of(iface)->endpoint, &format);
    if (err != MMK_OK)
        return mmki_hresult(err);
    *mask = (AudioObjectType)mmki_spatial_types_of(
        format.channel_mask != 0 ? format.channel_mask : mmk_channel_mask_default(format.channels));
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_max_dynamic(ISpatialAudioClient *iface, UINT32 *n)
{
    (void)iface;
    if (n == NULL)
        return E_POINTER;
    *n = 0;
    return S_OK;
}

/* ------------------------------------------------------------------ streams */

static HRESULT STDMETHODCALLTYPE is_stream_available(ISpatialAudioClient *iface, REFIID iid,
                                                     const PROPVARIANT *info)
{
    (void)iface;
    (void)info;
    if (iid == NULL)
        return E_POINTER;
    return IsEqualIID(iid, &IID_ISpatialAudioObjectRenderStream)
               ? S_OK
               : SPTLAUDCLNT_E_STREAM_NOT_AVAILABLE; /* of the kinds with metadata and HRTF */
}

/* The second version of the structure has one field more, of options that change nothing here. */
static bool is_parameters(const PROPVARIANT *p)
{
    const size_t first = sizeof(SpatialAudioObjectRenderStreamActivationParams);
    return p != NULL && p->vt == VT_BLOB && p->blob.pBlobData != NULL &&
           (p->blob.cbSize == first || p->blob.cbSize == first + sizeof(void *));
}

static HRESULT check_parameters(const SpatialAudioObjectRenderStreamActivationParams *p)
{
    if (((uint32_t)p->StaticObjectTypeMask & (uint32_t)AudioObjectType_Dynamic) != 0 ||
        p->MinDynamicObjectCount > 0)
        return E_INVALIDARG;
    if (p->EventHandle == NULL || p->EventHandle == INVALID_HANDLE_VALUE)
        return E_INVALIDARG;
    if (p->ObjectFormat == NULL || !mmki_spatial_format(p->ObjectFormat))
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE activate_stream(ISpatialAudioClient *iface,
                                                 const PROPVARIANT *parameters, REFIID iid,
                                                 void **out)
{
    struct spatial *s = self_of(iface);
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (iid == NULL)
        return E_POINTER;
    if (!IsEqualIID(iid, &IID_ISpatialAudioObjectRenderStream))
        return SPTLAUDCLNT_E_STREAM_NOT_AVAILABLE;
    if (!is_parameters(parameters))
        return E_INVALIDARG;
    const SpatialAudioObjectRenderStreamActivationParams *p =
        (const void *)parameters->blob.pBlobData;
    const HRESULT hr = check_parameters(p);
    if (FAILED(hr))
        return hr;
    return mmki_spatial_stream_new(s->endpoint, (IUnknown *)(void *)iface, p, out);
}

static const ISpatialAudioClientVtbl client_table = {
    MMKI_UNKNOWN_TABLE(client),
    .GetStaticObjectPosition = get_position,
    .GetNativeStaticObjectTypeMask = get_native_types,
    .GetMaxDynamicObjectCount = get_max_dynamic,
    .GetSupportedAudioObjectFormatEnumerator = get_formats,
    .GetMaxFrameCount = get_max_frames,
    .IsAudioObjectFormatSupported = is_format_supported,
    .IsSpatialAudioStreamAvailable = is_stream_available,
    .ActivateSpatialAudioStream = activate_stream,
};

HRESULT mmki_spatial_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    if (endpoint->direction != MMK_PLAYBACK)
        return E_NOINTERFACE;
    struct spatial *s = mmki_alloc(sizeof *s);
    if (s == NULL)
        return E_OUTOFMEMORY;
    s->client.lpVtbl = &client_table;
    s->formats.lpVtbl = &formats_table;
    s->refs = 1;
    s->endpoint = endpoint;
    s->format = (WAVEFORMATEX){.wFormatTag = WAVE_FORMAT_IEEE_FLOAT,
                               .nChannels = 1,
                               .nSamplesPerSec = MMKI_SPATIAL_RATE_HZ,
                               .nAvgBytesPerSec = MMKI_SPATIAL_RATE_HZ * (DWORD)sizeof(float),
                               .nBlockAlign = sizeof(float),
                               .wBitsPerSample = 32};
    const HRESULT hr = object_query(s, iid, out);
    object_unref(s);
    return hr;
}
