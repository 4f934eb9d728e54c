/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

#define LANES MMK_DITHER_LANES

static inline uint32_t step(uint32_t x)
{
    x ^= x << 13;
    x ^= x >> 17;
    return x ^ x << 5;
}

static inline float triangle(uint32_t x)
{
    return (float)((int32_t)(x >> 16) - (int32_t)(x & 0xFFFFu)) * 0x1p-16f;
}

void MMKI_KERNEL(dither_fill)(struct mmk_dither *dither, float *noise, size_t n)
{
    uint32_t lane[LANES];
    size_t i = 0;
    memcpy(lane, dither->lane, sizeof lane);
    for (; i < n && (dither->next % LANES); i++, dither->next++) {
        unsigned k = dither->next % LANES;
        lane[k] = step(lane[k]);
        noise[i] = triangle(lane[k]);
    }
    for (; i + LANES <= n; i += LANES) {
        for (unsigned k = 0; k < LANES; k++)
            lane[k] = step(lane[k]);
        for (unsigned k = 0; k < LANES; k++)
            noise[i + k] = triangle(lane[k]);
    }
    for (; i < n; i++, dither->next++) {
        unsigned k = dither->next % LANES;
        lane[k] = step(lane[k]);
        noise[i] = triangle(lane[k]);
    }
    dither->next %= LANES;
    memcpy(dither->lane, lane, sizeof lane);
}
