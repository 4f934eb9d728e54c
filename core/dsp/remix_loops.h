/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

static inline void remix_n(float *dst, const float *src, size_t n_frames, unsigned in_channels,
                           unsigned out_channels, const float *matrix)
{
    for (size_t i = 0; i < n_frames; i++)
        for (unsigned o = 0; o < out_channels; o++) {
            const float *row = matrix + o * in_channels;
            float sum = row[0] * mmki_load_f32(src, i * in_channels);
            for (unsigned c = 1; c < in_channels; c++)
                sum += row[c] * mmki_load_f32(src, i * in_channels + c);
            mmki_store_f32(dst, i * out_channels + o, sum);
        }
}

/* The common pairs get loops of constant size. */
void MMKI_KERNEL(remix_f32)(float *dst, const float *src, size_t n_frames, unsigned in_channels,
                            unsigned out_channels, const float *matrix)
{
    if (in_channels == 1 && out_channels == 2)
        remix_n(dst, src, n_frames, 1, 2, matrix);
    else if (in_channels == 2 && out_channels == 1)
        remix_n(dst, src, n_frames, 2, 1, matrix);
    else if (in_channels == 2 && out_channels == 2)
        remix_n(dst, src, n_frames, 2, 2, matrix);
    else
        remix_n(dst, src, n_frames, in_channels, out_channels, matrix);
}
