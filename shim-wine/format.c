/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Formats as WASAPI's clients say them. */
#include "wine_internal.h"

#include <string.h>

mmk_err mmki_format_read(const WAVEFORMATEX *wfx, struct mmk_format *out)
{
    return mmk_format_from_wfx(wfx, SIZE_MAX, out);
}

bool mmki_format_exclusive(const struct mmk_format *format)
{
    return format->sample != MMK_SAMPLE_ALAW && format->sample != MMK_SAMPLE_ULAW;
}

HRESULT mmki_format_task(const struct mmk_format *format, WAVEFORMATEX **out)
{
    const bool is_float = format->sample == MMK_SAMPLE_F32;
    const WORD bytes = (WORD)mmk_sample_bytes(format->sample);
    const uint32_t mask = format->channel_mask != 0 ? format->channel_mask
                                                    : mmk_channel_mask_default(format->channels);
    const WAVEFORMATEXTENSIBLE wfx = {
        .Format = {.wFormatTag = WAVE_FORMAT_EXTENSIBLE,
                   .nChannels = format->channels,
                   .nSamplesPerSec = format->rate_hz,
                   .nAvgBytesPerSec = format->rate_hz * format->channels * bytes,
                   .nBlockAlign = (WORD)(format->channels * bytes),
                   .wBitsPerSample = (WORD)(bytes * 8),
                   .cbSize = sizeof wfx - sizeof wfx.Format},
        .Samples.wValidBitsPerSample = format->valid_bits,
        .dwChannelMask = mask,
        .SubFormat = is_float ? KSDATAFORMAT_SUBTYPE_IEEE_FLOAT : KSDATAFORMAT_SUBTYPE_PCM,
    };
    *out = mmki_task_copy(&wfx, sizeof wfx);
    return *out != NULL ? S_OK : E_OUTOFMEMORY;
}

/* WASAPI's mix format is 32-bit float. */
HRESULT mmki_format_mix(struct mmki_endpoint *endpoint, WAVEFORMATEX **out)
{
    struct mmk_format format;
    const mmk_err err = mmki_endpoint_format(endpoint, &format);
    if (err != MMK_OK)
        return mmki_hresult(err);
    format.sample = MMK_SAMPLE_F32;
    format.valid_bits = 32;
    return mmki_format_task(&format, out);
}

/* Whether rate or channels are what is wrong, so that another format of the kind would do. */
static bool is_known_tag(const WAVEFORMATEX *wfx)
{
    if (wfx->wFormatTag == WAVE_FORMAT_PCM || wfx->wFormatTag == WAVE_FORMAT_IEEE_FLOAT ||
        wfx->wFormatTag == WAVE_FORMAT_ALAW || wfx->wFormatTag == WAVE_FORMAT_MULAW)
        return true;
    if (wfx->wFormatTag != WAVE_FORMAT_EXTENSIBLE)
        return false;
    WAVEFORMATEXTENSIBLE ext;
    memcpy(&ext, wfx, sizeof ext);
    return IsEqualGUID(&ext.SubFormat, &KSDATAFORMAT_SUBTYPE_PCM) ||
           IsEqualGUID(&ext.SubFormat, &KSDATAFORMAT_SUBTYPE_IEEE_FLOAT);
}

HRESULT mmki_format_supported(struct mmki_endpoint *endpoint, AUDCLNT_SHAREMODE mode,
                              const WAVEFORMATEX *wfx, WAVEFORMATEX **closest)
{
    struct mmk_format format;
    if (closest != NULL)
        *closest = NULL;
    if (wfx == NULL || (mode == AUDCLNT_SHAREMODE_SHARED && closest == NULL))
        return E_POINTER;
    if (mode != AUDCLNT_SHAREMODE_SHARED && mode != AUDCLNT_SHAREMODE_EXCLUSIVE)
        return E_INVALIDARG;
    if (wfx->wFormatTag == WAVE_FORMAT_EXTENSIBLE &&
        wfx->cbSize < sizeof(WAVEFORMATEXTENSIBLE) - sizeof(WAVEFORMATEX))
        return E_INVALIDARG;
    const mmk_err err = mmki_format_read(wfx, &format);
    if (err == MMK_OK && (mode == AUDCLNT_SHAREMODE_SHARED || mmki_format_exclusive(&format)))
        return S_OK;
    if (mode == AUDCLNT_SHAREMODE_EXCLUSIVE || !is_known_tag(wfx))
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    const HRESULT hr = mmki_format_mix(endpoint, closest);
    return FAILED(hr) ? hr : S_FALSE;
}
