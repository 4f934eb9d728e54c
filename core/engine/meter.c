/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* Peaks of what the device gets or gives, period by period. */

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void publish(struct mmk_engine *e)
{
    for (unsigned c = 0; c < e->caps.format.channels; c++) {
        mmki_set32(&e->peak_bits[c], bits_of(e->peak[c]));
        e->peak[c] = 0.0f;
    }
    e->peak_frames = 0;
}

void mmki_meter_feed(struct mmk_engine *e, const uint8_t *raw, size_t n)
{
    const unsigned channels = e->caps.format.channels;
    if (mmki_get32(&e->metered) == 0)
        return;
    e->dsp->to_f32[e->caps.format.sample](e->decoded, raw, n * channels);
    for (size_t i = 0; i < n; i++) {
        for (unsigned c = 0; c < channels; c++) {
            const float x = e->decoded[i * channels + c];
            const float magnitude = x < 0.0f ? -x : x;
            if (magnitude > e->peak[c])
                e->peak[c] = magnitude;
        }
        if (++e->peak_frames >= e->caps.period_frames)
            publish(e);
    }
}

mmk_err mmk_engine_peaks(struct mmk_engine *engine, float *peaks, unsigned n_peaks)
{
    if (engine == NULL || peaks == NULL || n_peaks != engine->caps.format.channels)
        return MMK_ERR_INVAL;
    mmki_set32(&engine->metered, 1);
    for (unsigned c = 0; c < n_peaks; c++) {
        const uint32_t bits = mmki_get32(&engine->peak_bits[c]);
        memcpy(&peaks[c], &bits, sizeof bits);
    }
    return MMK_OK;
}
