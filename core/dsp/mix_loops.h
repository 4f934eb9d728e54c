/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Blocks of 16 samples, for which the gains of 1, 2, 4 and 8 channels come again: then a block is
 * straight vector code. The gain of a frame is computed from its number, not added up, so that it
 * does not drift; other channel counts and the last samples do the same one by one. */

enum { BLOCK = 16 };

static inline void mix_one(float *dst, const float *src, size_t k, float gain)
{
    mmki_store_f32(dst, k, mmki_load_f32(dst, k) + mmki_load_f32(src, k) * gain);
}

static void mix_constant(float *restrict dst, const float *restrict src, size_t n_samples,
                         const float *restrict gain)
{
    for (size_t k = 0; k < n_samples; k += BLOCK)
        for (unsigned j = 0; j < BLOCK; j++)
            mix_one(dst, src, k + j, gain[j]);
}

static void mix_ramp(float *restrict dst, const float *restrict src, size_t n_samples,
                     const float *restrict from, const float *restrict step,
                     const int32_t *restrict frame, int32_t frames_in_block)
{
    int32_t first = 0;
    for (size_t k = 0; k < n_samples; k += BLOCK, first += frames_in_block)
        for (unsigned j = 0; j < BLOCK; j++)
            mix_one(dst, src, k + j, from[j] + step[j] * (float)(first + frame[j]));
}

static void mix_frames(float *restrict dst, const float *restrict src, size_t first,
                       size_t n_frames, unsigned channels, const float *from, const float *step)
{
    for (size_t i = first; i < n_frames; i++)
        for (unsigned c = 0; c < channels; c++)
            mix_one(dst, src, i * channels + c, from[c] + step[c] * (float)(int32_t)i);
}

void MMKI_KERNEL(mix_f32)(float *dst, const float *src, size_t n_frames, unsigned channels,
                          const float *gain_from, const float *gain_to)
{
    float step[MMK_CHANNELS_MAX], from_16[BLOCK], step_16[BLOCK];
    int32_t frame_16[BLOCK];
    bool constant = true;
    size_t n_blocks = 0;
    if (!n_frames)
        return;
    for (unsigned c = 0; c < channels; c++) {
        step[c] = (gain_to[c] - gain_from[c]) / (float)n_frames;
        constant = constant && step[c] == 0.0f;
    }
    if (BLOCK % channels == 0) {
        n_blocks = n_frames * channels / BLOCK;
        for (unsigned j = 0; j < BLOCK; j++) {
            from_16[j] = gain_from[j % channels];
            step_16[j] = step[j % channels];
            frame_16[j] = (int32_t)(j / channels);
        }
        if (constant)
            mix_constant(dst, src, n_blocks * BLOCK, from_16);
        else
            mix_ramp(dst, src, n_blocks * BLOCK, from_16, step_16, frame_16,
                     (int32_t)(BLOCK / channels));
    }
    mix_frames(dst, src, n_blocks * BLOCK / channels, n_frames, channels, gain_from, step);
}
