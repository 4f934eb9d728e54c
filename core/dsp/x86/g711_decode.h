/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Decoding 16 codes at a time (AVX2): the power of two of a segment comes from a table in a
 * register. It is a byte at most, and the upper byte of each index has its top bit set, which makes
 * it 0. */

#include <immintrin.h>

static inline __m256i power(__m256i segment)
{
    const __m256i powers = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    return _mm256_shuffle_epi8(powers, _mm256_or_si256(segment, _mm256_set1_epi16(-32768)));
}

static inline __m256i codes(const uint8_t *src, int inverted)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)src);
    return _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16((short)inverted));
}

/* minus: all ones where the value is negative */
static inline void put_signed(uint8_t *dst, __m256i magnitude, __m256i minus)
{
    magnitude = _mm256_sub_epi16(_mm256_xor_si256(magnitude, minus), minus);
    _mm256_storeu_si256((__m256i *)(void *)dst, magnitude);
}

static inline __m256i top_bit(__m256i code)
{
    return _mm256_srai_epi16(_mm256_slli_epi16(code, 8), 15);
}

static size_t alaw_by_16(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const __m256i c = codes(src + i, 0x55);
        const __m256i segment = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi16(7));
        const __m256i mantissa = _mm256_and_si256(c, _mm256_set1_epi16(15));
        const __m256i steps = _mm256_or_si256(_mm256_slli_epi16(mantissa, 4), _mm256_set1_epi16(8));
        const __m256i first = _mm256_cmpeq_epi16(segment, _mm256_setzero_si256());
        const __m256i leading = _mm256_blendv_epi8(_mm256_set1_epi16(256), steps, first);
        const __m256i twice = _mm256_mullo_epi16(_mm256_add_epi16(steps, leading), power(segment));
        put_signed(dst + 2 * i, _mm256_srli_epi16(twice, 1),
                   _mm256_xor_si256(top_bit(c), _mm256_set1_epi16(-1)));
    }
    return i;
}

static size_t ulaw_by_16(uint8_t *dst, const uint8_t *src, size_t n)
{
    const __m256i bias = _mm256_set1_epi16(132);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const __m256i c = codes(src + i, 0xFF);
        const __m256i segment = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi16(7));
        const __m256i mantissa = _mm256_and_si256(c, _mm256_set1_epi16(15));
        const __m256i steps = _mm256_add_epi16(_mm256_slli_epi16(mantissa, 3), bias);
        const __m256i m = _mm256_mullo_epi16(steps, power(segment));
        put_signed(dst + 2 * i, _mm256_sub_epi16(m, bias), top_bit(c));
    }
    return i;
}
