/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/acm_internal.h"

/* The two filters that the SDK defines. Both structures begin with a WAVEFILTER of 32 bytes;
 * VOLUMEWAVEFILTER has dwVolume behind it, ECHOWAVEFILTER dwVolume and dwDelay in milliseconds.
 * Volumes are 16.16. An echo is the sound once more, later and at that volume. */

enum { COMMON_BYTES = 32, VOLUME_BYTES = 36, ECHO_BYTES = 40, DELAY_MAX_MS = 10000 };

mmk_err mmki_filter_read(const void *filter, uint32_t rate_hz, struct mmki_filter *out)
{
    const uint8_t *p = filter;
    const uint32_t size = mmki_get_u32le(p);

    memset(out, 0, sizeof *out);
    if (size < COMMON_BYTES)
        return MMK_ERR_FORMAT;
    out->tag = mmki_get_u32le(p + 4);
    if (mmki_get_u32le(p + 8) != 0) /* fdwFilter: none is defined */
        return MMK_ERR_FORMAT;
    if (out->tag == MMKI_FILTER_VOLUME && size >= VOLUME_BYTES) {
        out->gain = (float)mmki_get_u32le(p + 32) * 0x1p-16f;
        return MMK_OK;
    }
    if (out->tag == MMKI_FILTER_ECHO && size >= ECHO_BYTES) {
        const uint32_t delay_ms = mmki_get_u32le(p + 36);
        if (delay_ms > DELAY_MAX_MS)
            return MMK_ERR_FORMAT;
        out->gain = (float)mmki_get_u32le(p + 32) * 0x1p-16f;
        out->delay_frames = (uint32_t)((uint64_t)rate_hz * delay_ms / 1000);
        return MMK_OK;
    }
    return MMK_ERR_FORMAT;
}

void mmki_filter_reset(struct mmki_filter *f, unsigned channels)
{
    if (f->delay_frames > 0)
        memset(f->ring, 0, (size_t)f->delay_frames * channels * sizeof *f->ring);
    f->at = 0;
    f->tail = f->delay_frames;
}

void mmki_filter_run(struct mmki_filter *f, float *frames, size_t n_frames, unsigned channels)
{
    if (f->delay_frames == 0) {
        const float gain = f->tag == MMKI_FILTER_ECHO ? 1.0f + f->gain : f->gain;
        for (size_t i = 0; i < n_frames * channels; i++)
            frames[i] *= gain;
        return;
    }
    for (size_t i = 0; i < n_frames; i++, frames += channels) {
        float *past = f->ring + (size_t)f->at * channels;
        for (unsigned c = 0; c < channels; c++) {
            const float now = frames[c];
            frames[c] = now + f->gain * past[c];
            past[c] = now;
        }
        f->at = f->at + 1 < f->delay_frames ? f->at + 1 : 0;
    }
}
