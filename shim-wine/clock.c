/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioClock and IAudioClock2: how much has been heard. In shared mode IAudioClock counts bytes,
 * in exclusive mode frames; programs divide by the frequency and need not know. */
#include "wine_internal.h"

static HRESULT clock_own_query(struct mmki_client *client, REFIID iid, void **out)
{
    if (out == NULL)
        return E_POINTER;
    *out = NULL;
    if (IsEqualIID(iid, &IID_IMarshal))
        return mmki_marshal_query((IUnknown *)(void *)&client->client, &client->marshaler, iid,
                                  out);
    if (IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IAudioClock))
        *out = &client->clock;
    else if (IsEqualIID(iid, &IID_IAudioClock2))
        *out = &client->clock2;
    else
        return E_NOINTERFACE;
    mmki_client_ref(client);
    return S_OK;
}

MMKI_UNKNOWN(clock, IAudioClock, struct mmki_client, clock, clock_own_query, mmki_client_ref,
             mmki_client_unref)
MMKI_UNKNOWN(clock2, IAudioClock2, struct mmki_client, clock2, clock_own_query, mmki_client_ref,
             mmki_client_unref)

/* Units of IAudioClock for each frame. */
static uint64_t unit(const struct mmki_client *client)
{
    return client->exclusive ? 1 : client->frame_bytes;
}

static HRESULT STDMETHODCALLTYPE get_frequency(IAudioClock *iface, UINT64 *frequency)
{
    struct mmki_client *client = MMKI_OBJECT(struct mmki_client, clock, iface);
    if (frequency == NULL)
        return E_POINTER;
    const HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    *frequency = client->format.rate_hz * unit(client);
    mmki_client_leave(client);
    return S_OK;
}

static HRESULT read_clock(struct mmki_client *client, struct mmk_position *position,
                          uint64_t *per_frame)
{
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = mmki_hresult(mmk_stream_position(client->stream, position));
    if (SUCCEEDED(hr))
        position->frames += client->position_base;
    *per_frame = unit(client);
    mmki_client_leave(client);
    return hr;
}

static HRESULT STDMETHODCALLTYPE get_position(IAudioClock *iface, UINT64 *position, UINT64 *time)
{
    struct mmk_position now;
    uint64_t per_frame;
    if (position == NULL)
        return E_POINTER;
    const HRESULT hr = read_clock(MMKI_OBJECT(struct mmki_client, clock, iface), &now, &per_frame);
    if (FAILED(hr))
        return hr;
    *position = now.frames * per_frame;
    if (time != NULL)
        *time = now.time_ns / 100;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_characteristics(IAudioClock *iface, DWORD *characteristics)
{
    (void)iface;
    if (characteristics == NULL)
        return E_POINTER;
    *characteristics = AUDIOCLOCK_CHARACTERISTIC_FIXED_FREQ;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_device_position(IAudioClock2 *iface, UINT64 *position,
                                                     UINT64 *time)
{
    struct mmk_position now;
    uint64_t per_frame;
    if (position == NULL)
        return E_POINTER;
    const HRESULT hr = read_clock(MMKI_OBJECT(struct mmki_client, clock2, iface), &now, &per_frame);
    if (FAILED(hr))
        return hr;
    *position = now.frames;
    if (time != NULL)
        *time = now.time_ns / 100;
    return S_OK;
}

const IAudioClockVtbl mmki_clock_table = {
    MMKI_UNKNOWN_TABLE(clock),
    .GetFrequency = get_frequency,
    .GetPosition = get_position,
    .GetCharacteristics = get_characteristics,
};

const IAudioClock2Vtbl mmki_clock2_table = {
    MMKI_UNKNOWN_TABLE(clock2),
    .GetDevicePosition = get_device_position,
};
