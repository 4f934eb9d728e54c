/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH    avx2
#define MMKI_BY_HAND 1
#include "dsp/convert_loops.h"

#include <immintrin.h>

/* By hand what a compiler does not find: conversions and packings that round and saturate by
 * themselves. The CPU rounds to nearest even, as the reference does. What a 32-bit integer cannot
 * hold converts to the most negative number, so only the upper end must be cut; a comparison that
 * knows no NaN makes it 0. The last samples are the reference's. */

static inline __m256i to_int(const uint8_t *src, float scale, float hi)
{
    const __m256 v = _mm256_mul_ps(_mm256_loadu_ps((const float *)src), _mm256_set1_ps(scale));
    const __m256i number = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q));
    return _mm256_and_si256(_mm256_cvtps_epi32(_mm256_min_ps(v, _mm256_set1_ps(hi))), number);
}

void mmki_convert_f32_to_u8_avx2(void *dst, const float *src, size_t n_samples)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7), half = _mm256_set1_epi16(128);
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 32 <= n_samples; i += 32) {
        __m256i a = to_int(in + 4 * i, 0x1p7f, 127.0f), b = to_int(in + 4 * i + 32, 0x1p7f, 127.0f);
        __m256i c = to_int(in + 4 * i + 64, 0x1p7f, 127.0f),
                d = to_int(in + 4 * i + 96, 0x1p7f, 127.0f);
        a = _mm256_adds_epi16(_mm256_packs_epi32(a, b), half);
        c = _mm256_adds_epi16(_mm256_packs_epi32(c, d), half);
        a = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, c), order);
        _mm256_storeu_si256((__m256i *)(void *)(out + i), a);
    }
    mmki_convert_f32_to_u8_c(out + i, src + i, n_samples - i);
}

void mmki_convert_f32_to_s16_avx2(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        const __m256i a = to_int(in + 4 * i, 0x1p15f, 32767.0f);
        const __m256i b = to_int(in + 4 * i + 32, 0x1p15f, 32767.0f);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
        _mm256_storeu_si256((__m256i *)(void *)(out + 2 * i), packed);
    }
    mmki_convert_f32_to_s16_c(out + 2 * i, src + i, n_samples - i);
}

void mmki_convert_f32_to_s32_avx2(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 8 <= n_samples; i += 8) {
        const __m256 v = _mm256_mul_ps(_mm256_loadu_ps((const float *)(const void *)(in + 4 * i)),
                                       _mm256_set1_ps(0x1p31f));
        /* 2^31 and more gave the most negative number, whose complement is the largest */
        const __m256 over = _mm256_cmp_ps(v, _mm256_set1_ps(0x1p31f), _CMP_GE_OQ);
        const __m256 number = _mm256_cmp_ps(v, v, _CMP_ORD_Q);
        __m256i k = _mm256_xor_si256(_mm256_cvtps_epi32(v), _mm256_castps_si256(over));
        k = _mm256_and_si256(k, _mm256_castps_si256(number));
        _mm256_storeu_si256((__m256i *)(void *)(out + 4 * i), k);
    }
    mmki_convert_f32_to_s32_c(out + 4 * i, src + i, n_samples - i);
}

/* Stores 8 bytes more than it makes: three samples stay for the reference. */
void mmki_convert_f32_to_s24_avx2(void *dst, const float *src, size_t n_samples)
{
    const __m256i bytes = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
                                           0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m256i order = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    const __m256i lowest = _mm256_set1_epi32(-8388608);
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 11 <= n_samples; i += 8) {
        __m256i k = _mm256_max_epi32(to_int(in + 4 * i, 0x1p23f, 8388607.0f), lowest);
        k = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(k, bytes), order);
        _mm256_storeu_si256((__m256i *)(void *)(out + 3 * i), k);
    }
    mmki_convert_f32_to_s24_c(out + 3 * i, src + i, n_samples - i);
}

/* Reads 4 bytes more than it takes. */
void mmki_convert_s24_to_f32_avx2(float *dst, const void *src, size_t n_samples)
{
    const __m256i bytes = _mm256_setr_epi8(-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1,
                                           0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11);
    const uint8_t *in = src;
    uint8_t *out = (uint8_t *)dst;
    size_t i = 0;
    for (; i + 10 <= n_samples; i += 8) {
        const __m128i lo = _mm_loadu_si128((const __m128i *)(const void *)(in + 3 * i));
        const __m128i hi = _mm_loadu_si128((const __m128i *)(const void *)(in + 3 * i + 12));
        const __m256i k = _mm256_shuffle_epi8(_mm256_set_m128i(hi, lo), bytes);
        const __m256 v = _mm256_mul_ps(_mm256_cvtepi32_ps(k), _mm256_set1_ps(0x1p-31f));
        _mm256_storeu_ps((float *)(void *)(out + 4 * i), v);
    }
    mmki_convert_s24_to_f32_c(dst + i, in + 3 * i, n_samples - i);
}
