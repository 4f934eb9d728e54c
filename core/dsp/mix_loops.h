/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* The gain of frame i is from + step * i, computed anew for every frame: no error adds up, and a
 * vector variant has the same product. A constant gain is the case step = 0, exact. */

static inline void mix_n(float *dst, const float *src, size_t n_frames, unsigned channels,
                         const float *from, const float *step)
{
    for (size_t i = 0; i < n_frames; i++)
        for (unsigned c = 0; c < channels; c++) {
            size_t k = i * channels + c;
            float gain = from[c] + step[c] * (float)(int32_t)i;
            mmki_store_f32(dst, k, mmki_load_f32(dst, k) + mmki_load_f32(src, k) * gain);
        }
}

/* Several channels of one constant gain are one long channel. */
static inline void mix_constant(float *dst, const float *src, size_t n_samples, float gain)
{
    for (size_t k = 0; k < n_samples; k++)
        mmki_store_f32(dst, k, mmki_load_f32(dst, k) + mmki_load_f32(src, k) * gain);
}

void MMKI_KERNEL(mix_f32)(float *dst, const float *src, size_t n_frames, unsigned channels,
                          const float *gain_from, const float *gain_to)
{
    float step[MMK_CHANNELS_MAX];
    bool constant = true;
    if (!n_frames)
        return;
    for (unsigned c = 0; c < channels; c++) {
        step[c] = (gain_to[c] - gain_from[c]) / (float)n_frames;
        constant = constant && step[c] == 0.0f && gain_from[c] == gain_from[0];
    }
    if (constant)
        mix_constant(dst, src, n_frames * channels, gain_from[0]);
    else if (channels == 1)
        mix_n(dst, src, n_frames, 1, gain_from, step);
    else if (channels == 2)
        mix_n(dst, src, n_frames, 2, gain_from, step);
    else
        mix_n(dst, src, n_frames, channels, gain_from, step);
}
