/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioMeterInformation: peaks of what the endpoint's shared engine plays or records. */
#include "endpoint_object.h"

#include <string.h>

/* mingw's headers name the interface and leave it empty */
typedef struct IAudioMeterInformationVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IAudioMeterInformation *iface, REFIID iid, void **out);
    ULONG(STDMETHODCALLTYPE *AddRef)(IAudioMeterInformation *iface);
    ULONG(STDMETHODCALLTYPE *Release)(IAudioMeterInformation *iface);
    HRESULT(STDMETHODCALLTYPE *GetPeakValue)(IAudioMeterInformation *iface, float *peak);
    HRESULT(STDMETHODCALLTYPE *GetMeteringChannelCount)(IAudioMeterInformation *iface, UINT *n);
    HRESULT(STDMETHODCALLTYPE *GetChannelsPeakValues)
    (IAudioMeterInformation *iface, UINT32 n, float *peaks);
    HRESULT(STDMETHODCALLTYPE *QueryHardwareSupport)(IAudioMeterInformation *iface, DWORD *mask);
} IAudioMeterInformationVtbl;
struct IAudioMeterInformation {
    const IAudioMeterInformationVtbl *lpVtbl;
};

static bool answers(REFIID iid)
{
    return IsEqualIID(iid, &IID_MmekitMeterInformation);
}

MMKI_ENDPOINT_OBJECT(meter, IAudioMeterInformation)

/* Nothing plays: silence. @return channels */
static unsigned read_peaks(struct mmki_endpoint *endpoint, float peaks[MMK_CHANNELS_MAX])
{
    struct mmki_card *card = mmki_card();
    unsigned n = 0;
    memset(peaks, 0, MMK_CHANNELS_MAX * sizeof *peaks);
    AcquireSRWLockShared(&card->lock);
    if (endpoint->shared != NULL) {
        n = mmk_engine_caps(endpoint->shared->engine)->format.channels;
        mmk_engine_peaks(endpoint->shared->engine, peaks, n);
    }
    ReleaseSRWLockShared(&card->lock);
    for (unsigned c = 0; c < n; c++)
        if (peaks[c] > 1.0f)
            peaks[c] = 1.0f;
    return n;
}

static HRESULT STDMETHODCALLTYPE get_peak(IAudioMeterInformation *iface, float *peak)
{
    float peaks[MMK_CHANNELS_MAX];
    if (peak == NULL)
        return E_POINTER;
    const unsigned n = read_peaks(endpoint_of(iface), peaks);
    *peak = 0.0f;
    for (unsigned c = 0; c < n; c++)
        if (peaks[c] > *peak)
            *peak = peaks[c];
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_channel_count(IAudioMeterInformation *iface, UINT *n)
{
    struct mmk_format format;
    if (n == NULL)
        return E_POINTER;
    const mmk_err err = mmki_endpoint_format(endpoint_of(iface), &format);
    if (err == MMK_OK)
        *n = format.channels;
    return mmki_hresult(err);
}

static HRESULT STDMETHODCALLTYPE get_channel_peaks(IAudioMeterInformation *iface, UINT32 n,
                                                   float *peaks)
{
    float all[MMK_CHANNELS_MAX];
    UINT channels = 0;
    if (peaks == NULL)
        return E_POINTER;
    const HRESULT hr = get_channel_count(iface, &channels);
    if (FAILED(hr))
        return hr;
    if (n != channels)
        return E_INVALIDARG;
    read_peaks(endpoint_of(iface), all);
    memcpy(peaks, all, n * sizeof *peaks);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE query_hardware(IAudioMeterInformation *iface, DWORD *mask)
{
    (void)iface;
    if (mask == NULL)
        return E_POINTER;
    *mask = 0;
    return S_OK;
}

static const IAudioMeterInformationVtbl table = {
    MMKI_UNKNOWN_TABLE(meter),
    .GetPeakValue = get_peak,
    .GetMeteringChannelCount = get_channel_count,
    .GetChannelsPeakValues = get_channel_peaks,
    .QueryHardwareSupport = query_hardware,
};

HRESULT mmki_meter_new(struct mmki_endpoint *endpoint, REFIID iid, void **out)
{
    return make(endpoint, &table, iid, out);
}
