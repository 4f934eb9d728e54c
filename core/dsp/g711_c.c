/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH c
#include "dsp/g711_loops.h"

#include <mmk/codec.h>

/* One sample, for those who encode within loops of their own. */

/* Decision values belong to the interval above them in magnitude, 16-bit values between two steps
 * of the 12 or 13-bit magnitude go down; negative values are mirrored by their ones' complement, as
 * ITU-T G.191's reference does, so that -1 is as near to zero as 0 is. */
uint8_t mmki_alaw_encode(int16_t linear)
{
    return alaw_encode(linear);
}

uint8_t mmki_ulaw_encode(int16_t linear)
{
    return ulaw_encode(linear);
}

void mmk_g711_alaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples)
{
    mmki_alaw_to_s16_c(dst, src, n_samples);
}

void mmk_g711_ulaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples)
{
    mmki_ulaw_to_s16_c(dst, src, n_samples);
}

void mmk_g711_s16_to_alaw(uint8_t *dst, const int16_t *src, size_t n_samples)
{
    mmki_s16_to_alaw_c(dst, src, n_samples);
}

void mmk_g711_s16_to_ulaw(uint8_t *dst, const int16_t *src, size_t n_samples)
{
    mmki_s16_to_ulaw_c(dst, src, n_samples);
}
