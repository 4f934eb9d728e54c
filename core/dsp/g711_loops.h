/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* G.711 by arithmetic. A code is a floating-point number: three bits of exponent, four of mantissa,
 * and a half step more when decoded. So encoding is done by a float's bits, and decoding by 16-bit
 * products, without branch or table, and the loops become vector code. Decoded values and decision
 * values: g711_c.c. */

/* Leading one and four bits behind it of a magnitude. */
static inline uint32_t float_bits(int32_t m)
{
    float f = (float)m;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits >> 19; /* exponent and four bits of the mantissa */
}

/* 2^e, e < 8, by two products of 16 bits: vector units before AVX2 shift all lanes alike. */
static inline uint16_t power_of_two(uint16_t e)
{
    const uint16_t low = (uint16_t)((1u + (e & 1u)) * (1u + 3u * (e >> 1 & 1u)));
    return (uint16_t)(low * (1u + 15u * (e >> 2)));
}

/* (mantissa + 1 / 2) steps of 16 * 2^(segment - 1), and from segment 1 on the leading one. Made
 * twice as large, for the segment that has no shift. */
static inline uint16_t alaw_decode(uint8_t byte)
{
    const uint16_t c = byte ^ 0x55u, segment = c >> 4 & 7u;
    const uint16_t steps = (uint16_t)((c & 15u) << 4 | 8u);
    const uint16_t leading = segment == 0 ? steps : 256u;
    const uint16_t twice = (uint16_t)((uint16_t)(steps + leading) * power_of_two(segment));
    const uint16_t m = twice >> 1, minus = (uint16_t)((c >> 7) - 1u);
    return (uint16_t)((m ^ minus) - minus);
}

static inline uint16_t ulaw_decode(uint8_t byte)
{
    const uint16_t c = byte ^ 0xFFu, segment = c >> 4 & 7u;
    const uint16_t steps = (uint16_t)(((c & 15u) << 3) + 132u);
    const uint16_t m = (uint16_t)(steps * power_of_two(segment) - 132u);
    const uint16_t minus = (uint16_t)(0u - (c >> 7));
    return (uint16_t)((m ^ minus) - minus);
}

static inline uint8_t alaw_encode(int32_t x)
{
    const int32_t sign = x >> 31, m = (x ^ sign) >> 4;
    const uint32_t curved = float_bits(m) - ((127u + 3u) << 4);
    const uint32_t code = m < 16 ? (uint32_t)m : curved;
    return (uint8_t)((code | (~(uint32_t)sign & 0x80u)) ^ 0x55u);
}

static inline uint8_t ulaw_encode(int32_t x)
{
    const int32_t sign = x >> 31, biased = ((x ^ sign) >> 2) + 33;
    const int32_t m = biased > 0x1FFF ? 0x1FFF : biased;
    const uint32_t code = float_bits(m) - ((127u + 5u) << 4);
    return (uint8_t)((~code & 0x7Fu) | (~(uint32_t)sign & 0x80u));
}

static inline int32_t s16_at(const void *src, size_t i)
{
    return (int16_t)mmki_load16((const uint8_t *)src + 2 * i);
}

static inline int32_t rounded_at(const float *src, size_t i)
{
    return mmki_round_f32(mmki_load_f32(src, i) * 0x1p15f, -32768.0f, 32767.0f);
}

/* How many samples at the front were decoded by wider means. */
#if !defined(MMKI_BY_16)
#define MMKI_BY_16(law, dst, src, n) 0
#endif

#define LAW(law)                                                                            \
    static void law##_to_s16(uint8_t *restrict dst, const uint8_t *restrict src, size_t n)  \
    {                                                                                       \
        for (size_t i = MMKI_BY_16(law, dst, src, n); i < n; i++)                           \
            mmki_store16(dst + 2 * i, law##_decode(src[i]));                                \
    }                                                                                       \
    static void law##_to_f32(float *restrict dst, const uint8_t *restrict src, size_t n)    \
    {                                                                                       \
        for (size_t i = 0; i < n; i++)                                                      \
            mmki_store_f32(dst, i, (float)(int16_t)law##_decode(src[i]) * 0x1p-15f);        \
    }                                                                                       \
    static void s16_to_##law(uint8_t *restrict dst, const uint8_t *restrict src, size_t n)  \
    {                                                                                       \
        for (size_t i = 0; i < n; i++)                                                      \
            dst[i] = law##_encode(s16_at(src, i));                                          \
    }                                                                                       \
    static void f32_to_##law(uint8_t *restrict dst, const float *restrict src, size_t n)    \
    {                                                                                       \
        for (size_t i = 0; i < n; i++)                                                      \
            dst[i] = law##_encode(rounded_at(src, i));                                      \
    }                                                                                       \
    void MMKI_KERNEL(law##_to_s16)(int16_t * dst, const uint8_t *src, size_t n_samples)     \
    {                                                                                       \
        law##_to_s16((uint8_t *)dst, src, n_samples);                                       \
    }                                                                                       \
    void MMKI_KERNEL(s16_to_##law)(uint8_t * dst, const int16_t *src, size_t n_samples)     \
    {                                                                                       \
        s16_to_##law(dst, (const uint8_t *)src, n_samples);                                 \
    }                                                                                       \
    void MMKI_KERNEL(convert_##law##_to_f32)(float *dst, const void *src, size_t n_samples) \
    {                                                                                       \
        law##_to_f32(dst, src, n_samples);                                                  \
    }                                                                                       \
    void MMKI_KERNEL(convert_f32_to_##law)(void *dst, const float *src, size_t n_samples)   \
    {                                                                                       \
        f32_to_##law(dst, src, n_samples);                                                  \
    }

LAW(alaw)
LAW(ulaw)
