/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioRenderClient: pieces of the stream's ring, lent to the program. */
#include "service.h"

MMKI_SERVICE(render, IAudioRenderClient)

static HRESULT get_locked(struct mmki_client *client, uint32_t n_frames, BYTE **data)
{
    uint32_t padding;
    void *mem;
    if (client->acquired > 0)
        return AUDCLNT_E_OUT_OF_ORDER;
    if (n_frames == 0)
        return S_OK;
    if (n_frames > client->buffer_frames)
        return AUDCLNT_E_BUFFER_TOO_LARGE;
    const HRESULT hr = mmki_client_padding(client, &padding);
    if (FAILED(hr))
        return hr;
    /* who is driven by events in exclusive mode hands over a whole buffer while another plays */
    const bool pairs =
        client->exclusive && (client->flags & AUDCLNT_STREAMFLAGS_EVENTCALLBACK) != 0;
    if (pairs && n_frames != client->buffer_frames)
        return AUDCLNT_E_BUFFER_SIZE_ERROR;
    if (!pairs && n_frames > client->buffer_frames - padding)
        return AUDCLNT_E_BUFFER_TOO_LARGE;
    const mmk_err err = mmk_stream_acquire(client->stream, n_frames, &mem);
    if (err == MMK_ERR_NO_SPACE)
        return AUDCLNT_E_BUFFER_TOO_LARGE;
    if (err != MMK_OK)
        return mmki_hresult(err);
    client->acquired = n_frames;
    *data = mem;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_buffer(IAudioRenderClient *iface, UINT32 n_frames, BYTE **data)
{
    struct mmki_client *client = self_of(iface);
    if (data == NULL)
        return E_POINTER;
    *data = NULL;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = get_locked(client, n_frames, data);
    mmki_client_leave(client);
    return hr;
}

static HRESULT release_locked(struct mmki_client *client, uint32_t n_frames, DWORD flags)
{
    if (n_frames > 0 && client->acquired == 0)
        return AUDCLNT_E_OUT_OF_ORDER;
    if (n_frames > client->acquired)
        return AUDCLNT_E_INVALID_SIZE;
    if (client->acquired == 0)
        return S_OK;
    const uint32_t silent =
        (flags & AUDCLNT_BUFFERFLAGS_SILENT) != 0 ? (uint32_t)MMK_RING_SILENT : 0;
    const mmk_err err = mmk_stream_release(client->stream, n_frames, silent);
    if (err == MMK_OK)
        client->acquired = 0;
    return mmki_hresult(err);
}

static HRESULT STDMETHODCALLTYPE release_buffer(IAudioRenderClient *iface, UINT32 n_frames,
                                                DWORD flags)
{
    struct mmki_client *client = self_of(iface);
    if ((flags & ~(DWORD)AUDCLNT_BUFFERFLAGS_SILENT) != 0)
        return E_INVALIDARG;
    HRESULT hr = mmki_client_enter(client);
    if (FAILED(hr))
        return hr;
    hr = release_locked(client, n_frames, flags);
    mmki_client_leave(client);
    return hr;
}

const IAudioRenderClientVtbl mmki_render_table = {
    MMKI_UNKNOWN_TABLE(render),
    .GetBuffer = get_buffer,
    .ReleaseBuffer = release_buffer,
};
