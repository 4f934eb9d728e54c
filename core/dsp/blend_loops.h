/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

void MMKI_KERNEL(blend_f32)(float *restrict taps, const float *rows, const float *weights,
                            size_t n_taps)
{
    const float *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}

void MMKI_KERNEL(blend_f64)(double *restrict taps, const double *rows, const double *weights,
                            size_t n_taps)
{
    const double *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const double w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}
