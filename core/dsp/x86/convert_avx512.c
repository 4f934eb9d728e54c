/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH    avx512
#define MMKI_BY_HAND 1
#include "dsp/convert_loops.h"

#include <immintrin.h>

/* As convert_avx2.c, with conversions that saturate and masks that write nothing too much. */

static inline __m512i to_int(const uint8_t *src, float scale, float hi)
{
    const __m512 v = _mm512_mul_ps(_mm512_loadu_ps(src), _mm512_set1_ps(scale));
    const __mmask16 number = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
    return _mm512_maskz_cvtps_epi32(number, _mm512_min_ps(v, _mm512_set1_ps(hi)));
}

void mmki_convert_f32_to_u8_avx512(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        __m512i k = _mm512_add_epi32(to_int(in + 4 * i, 0x1p7f, 127.0f), _mm512_set1_epi32(128));
        k = _mm512_max_epi32(k, _mm512_setzero_si512());
        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm512_cvtusepi32_epi8(k));
    }
    mmki_convert_f32_to_u8_c(out + i, src + i, n_samples - i);
}

void mmki_convert_f32_to_s16_avx512(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        const __m256i k = _mm512_cvtsepi32_epi16(to_int(in + 4 * i, 0x1p15f, 32767.0f));
        _mm256_storeu_si256((__m256i *)(void *)(out + 2 * i), k);
    }
    mmki_convert_f32_to_s16_c(out + 2 * i, src + i, n_samples - i);
}

void mmki_convert_f32_to_s32_avx512(void *dst, const float *src, size_t n_samples)
{
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        const __m512 v = _mm512_mul_ps(_mm512_loadu_ps(in + 4 * i), _mm512_set1_ps(0x1p31f));
        const __mmask16 number = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
        const __mmask16 over = _mm512_cmp_ps_mask(v, _mm512_set1_ps(0x1p31f), _CMP_GE_OQ);
        const __m512i k = _mm512_mask_mov_epi32(_mm512_maskz_cvtps_epi32(number, v), over,
                                                _mm512_set1_epi32(INT32_MAX));
        _mm512_storeu_si512(out + 4 * i, k);
    }
    mmki_convert_f32_to_s32_c(out + 4 * i, src + i, n_samples - i);
}

void mmki_convert_f32_to_s24_avx512(void *dst, const float *src, size_t n_samples)
{
    const __m512i bytes = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
    const __m512i lowest = _mm512_set1_epi32(-8388608);
    const uint8_t *in = (const uint8_t *)src;
    uint8_t *out = dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        __m512i k = _mm512_max_epi32(to_int(in + 4 * i, 0x1p23f, 8388607.0f), lowest);
        k = _mm512_permutexvar_epi32(order, _mm512_shuffle_epi8(k, bytes));
        _mm512_mask_storeu_epi32(out + 3 * i, 0x0FFF, k);
    }
    mmki_convert_f32_to_s24_c(out + 3 * i, src + i, n_samples - i);
}

void mmki_convert_s24_to_f32_avx512(float *dst, const void *src, size_t n_samples)
{
    const __m512i bytes =
        _mm512_broadcast_i32x4(_mm_setr_epi8(-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11));
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 12, 3, 4, 5, 13, 6, 7, 8, 14, 9, 10, 11, 15);
    const uint8_t *in = src;
    uint8_t *out = (uint8_t *)dst;
    size_t i = 0;
    for (; i + 16 <= n_samples; i += 16) {
        __m512i k = _mm512_maskz_loadu_epi32(0x0FFF, in + 3 * i);
        k = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(order, k), bytes);
        const __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(k), _mm512_set1_ps(0x1p-31f));
        _mm512_storeu_ps(out + 4 * i, v);
    }
    mmki_convert_s24_to_f32_c(dst + i, in + 3 * i, n_samples - i);
}
