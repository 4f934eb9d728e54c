/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Integers to float: full scale is 2^(bits - 1), a power of two, so nothing is lost up to 24 bits
 * and 32 bits round once, in the cast. */

void MMKI_KERNEL(convert_none_to_f32)(float *dst, const void *src, size_t n_samples)
{
    (void)dst;
    (void)src;
    (void)n_samples;
}

void MMKI_KERNEL(convert_u8_to_f32)(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, (float)(in[i] - 128) * 0x1p-7f);
}

void MMKI_KERNEL(convert_s16_to_f32)(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, (float)(int16_t)mmki_load16(in + 2 * i) * 0x1p-15f);
}

#if !defined(MMKI_BY_HAND)
void MMKI_KERNEL(convert_s24_to_f32)(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++, in += 3) {
        uint32_t top = (uint32_t)in[0] << 8 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 24;
        mmki_store_f32(dst, i, (float)(int32_t)top * 0x1p-31f);
    }
}
#endif

void MMKI_KERNEL(convert_s32_to_f32)(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, (float)(int32_t)mmki_load32(in + 4 * i) * 0x1p-31f);
}

/* Floats come from programs that may have divided by zero. One NaN or infinity would stay in every
 * filter and meter behind it, and in the sound of all other programs: NaN is silence, and what lies
 * beyond LOUDEST is cut there, from where no gain or sum of ours reaches infinity. */
#define LOUDEST 0x1p64f

static inline float heard(float v)
{
    v = v == v ? v : 0.0f;
    v = v < LOUDEST ? v : LOUDEST;
    return v > -LOUDEST ? v : -LOUDEST;
}

void MMKI_KERNEL(convert_f32_to_f32)(float *dst, const void *src, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, heard(mmki_load_f32(src, i)));
}

void MMKI_KERNEL(convert_f64_to_f32)(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++) {
        uint64_t bits = mmki_load64(in + 8 * i);
        double v;
        memcpy(&v, &bits, sizeof v);
        /* a double beyond float's range is undefined in C: cut first */
        v = v > (double)LOUDEST ? (double)LOUDEST : v;
        v = v < -(double)LOUDEST ? -(double)LOUDEST : v;
        mmki_store_f32(dst, i, heard((float)v));
    }
}

/* Float to integers: scaled by a power of two (exact), NaN to 0, saturated, then rounded. */

void MMKI_KERNEL(convert_f32_to_none)(void *dst, const float *src, size_t n_samples)
{
    (void)dst;
    (void)src;
    (void)n_samples;
}

#if !defined(MMKI_BY_HAND)
void MMKI_KERNEL(convert_f32_to_u8)(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        float v = mmki_load_f32(src, i) * 0x1p7f;
        out[i] = (uint8_t)(mmki_round_f32(v, -128.0f, 127.0f) + 128);
    }
}

void MMKI_KERNEL(convert_f32_to_s16)(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        float v = mmki_load_f32(src, i) * 0x1p15f;
        mmki_store16(out + 2 * i, (uint16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
    }
}

void MMKI_KERNEL(convert_f32_to_s24)(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        double v = (double)mmki_load_f32(src, i) * 0x1p23;
        mmki_store24(out + 3 * i, (uint32_t)mmki_round_f64(v, -8388608.0, 8388607.0));
    }
}

void MMKI_KERNEL(convert_f32_to_s32)(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        double v = (double)mmki_load_f32(src, i) * 0x1p31;
        mmki_store32(out + 4 * i, (uint32_t)mmki_round_f64(v, -2147483648.0, 2147483647.0));
    }
}
#endif

void MMKI_KERNEL(convert_f32_to_raw_f32)(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        uint32_t bits;
        memcpy(&bits, in + 4 * i, sizeof bits);
        mmki_store32(out + 4 * i, bits);
    }
}

void MMKI_KERNEL(convert_f32_to_f64)(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        double v = (double)mmki_load_f32(src, i);
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        mmki_store64(out + 8 * i, bits);
    }
}
