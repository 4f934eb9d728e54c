/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioCaptureClient: packets of one period. A packet is copied out of the ring when it is
 * complete, so that it stays where it is until the program gives it back, and may cross the ring's
 * end. */
#include "service.h"

#include <string.h>

MMKI_SERVICE(capture, IAudioCaptureClient)

#define NS_PER_S UINT64_C(1000000000)

/* What was recorded is thrown away, but it has been recorded: positions count it. */
void mmki_capture_reset(struct mmki_client *client)
{
    struct mmk_position now;
    if (mmk_stream_position(client->stream, &now) == MMK_OK)
        client->position_base += now.frames;
    client->packet_frames = 0;
    client->packet_lent = false;
}

/* When the frame at `position` was recorded, from what is known of the latest one. */
static uint64_t time_of(struct mmki_client *client, uint64_t position)
{
    struct mmk_position now;
    const uint32_t rate = client->format.rate_hz;
    if (mmk_stream_position(client->stream, &now) != MMK_OK)
        return 0;
    if (now.frames <= position)
        return now.time_ns;
    const uint64_t ago = now.frames - position;
    const uint64_t ago_ns = ago / rate * NS_PER_S + ago % rate * NS_PER_S / rate;
    return now.time_ns > ago_ns ? now.time_ns - ago_ns : 0;
}

/* Move one period out of the ring, or what comes before a gap. */
static void take_packet(struct mmki_client *client)
{
    uint32_t waiting, n, flags, filled = 0;
    uint64_t position;
    const void *data;
    if (mmk_stream_padding(client->stream, &waiting) != MMK_OK || waiting < client->period_frames)
        return;
    while (filled < client->period_frames) {
        if (mmk_stream_peek(client->stream, &data, &n, &flags, &position) != MMK_OK || n == 0)
            break;
        if (filled > 0 && (flags & MMK_RING_GLITCH) != 0)
            break; /* another packet: frames are missing in between */
        if (n > client->period_frames - filled)
            n = client->period_frames - filled;
        if (filled == 0) {
            client->packet_position = position;
            client->packet_flags = (flags & MMK_RING_GLITCH) != 0 || client->restarted
                                       ? (uint32_t)AUDCLNT_BUFFERFLAGS_DATA_DISCONTINUITY
                                       : 0;
            client->packet_time_ns = time_of(client, position);
        }
        memcpy(client->packet + filled * client->frame_bytes, data, n * client->frame_bytes);
        mmk_stream_consume(client->stream, n);
        filled += n;
    }
    client->restarted = client->restarted && filled == 0;
    client->packet_frames = filled;
}

static HRESULT gone(struct mmki_client *client)
{
    uint32_t n;
    return mmki_client_padding(client, &n);
}

static HRESULT STDMETHODCALLTYPE get_next_packet_size(IAudioCaptureClient *iface, UINT32 *n_frames)
{
    struct mmki_client *client = self_of(iface);
    if (n_frames == NULL)
        return E_POINTER;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    if (client->packet_frames == 0)
        take_packet(client);
    *n_frames = client->packet_frames;
    hr = client->packet_frames > 0 ? S_OK : gone(client);
    mmki_client_leave(client);
    return hr;
}

static HRESULT get_locked(struct mmki_client *client, BYTE **data, uint32_t *n_frames, DWORD *flags,
                          UINT64 *position, UINT64 *time)
{
    if (client->packet_lent)
        return AUDCLNT_E_OUT_OF_ORDER;
    if (client->packet_frames == 0)
        take_packet(client);
    if (client->packet_frames == 0) {
        const HRESULT hr = gone(client);
        *n_frames = 0;
        return FAILED(hr) ? hr : AUDCLNT_S_BUFFER_EMPTY;
    }
    client->packet_lent = true;
    *data = client->packet;
    *n_frames = client->packet_frames;
    *flags = client->packet_flags;
    if (position != NULL)
        *position = client->position_base + client->packet_position;
    if (time != NULL)
        *time = client->packet_time_ns / 100;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_buffer(IAudioCaptureClient *iface, BYTE **data,
                                            UINT32 *n_frames, DWORD *flags, UINT64 *position,
                                            UINT64 *time)
{
    struct mmki_client *client = self_of(iface);
    if (data != NULL)
        *data = NULL;
    if (data == NULL || n_frames == NULL || flags == NULL)
        return E_POINTER;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = get_locked(client, data, n_frames, flags, position, time);
    mmki_client_leave(client);
    return hr;
}

static HRESULT release_locked(struct mmki_client *client, uint32_t n_frames)
{
    if (!client->packet_lent)
        return n_frames == 0 ? S_OK : AUDCLNT_E_OUT_OF_ORDER;
    if (n_frames != 0 && n_frames != client->packet_frames)
        return AUDCLNT_E_INVALID_SIZE;
    client->packet_lent = false;
    if (n_frames > 0)
        client->packet_frames = 0; /* else the same packet comes again */
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE release_buffer(IAudioCaptureClient *iface, UINT32 n_frames)
{
    struct mmki_client *client = self_of(iface);
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = release_locked(client, n_frames);
    mmki_client_leave(client);
    return hr;
}

const IAudioCaptureClientVtbl mmki_capture_table = {
    MMKI_UNKNOWN_TABLE(capture),
    .GetBuffer = get_buffer,
    .ReleaseBuffer = release_buffer,
    .GetNextPacketSize = get_next_packet_size,
};
