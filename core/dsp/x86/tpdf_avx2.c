/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH    avx2
#define MMKI_BY_HAND 1
#include "dsp/tpdf_loops.h"

#include <immintrin.h>

/* Noise and rounding in one pass for the target that is used most. The difference of a state's
 * halves comes from one multiply-add of signed 16-bit numbers (their common offset cancels); its
 * product with 2^-16 is exact, so that a fused addition rounds as two operations do. */

static inline __m256i next_state(__m256i x)
{
    x = _mm256_xor_si256(x, _mm256_slli_epi32(x, 13));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 17));
    return _mm256_xor_si256(x, _mm256_slli_epi32(x, 5));
}

static inline __m256i dithered(const uint8_t *src, __m256i state)
{
    const __m256i halves = _mm256_xor_si256(state, _mm256_set1_epi32((int)0x80008000u));
    const __m256i difference = _mm256_madd_epi16(halves, _mm256_set1_epi32(0x0001FFFF));
    const __m256 scaled =
        _mm256_mul_ps(_mm256_loadu_ps((const float *)(const void *)src), _mm256_set1_ps(0x1p15f));
    const __m256 v =
        _mm256_fmadd_ps(_mm256_cvtepi32_ps(difference), _mm256_set1_ps(0x1p-16f), scaled);
    const __m256i number = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q));
    return _mm256_and_si256(_mm256_cvtps_epi32(_mm256_min_ps(v, _mm256_set1_ps(32767.0f))), number);
}

void mmki_tpdf_f32_to_s16_avx2(void *dst, const float *src, size_t n_samples,
                               struct mmk_dither *dither)
{
    uint8_t *out = dst;
    const uint8_t *in = (const uint8_t *)src;
    size_t i = (MMK_DITHER_LANES - dither->next) % MMK_DITHER_LANES;
    i = i < n_samples ? i : n_samples;
    mmki_tpdf_f32_to_s16_c(out, src, i, dither); /* up to lane 0 */
    if (i + MMK_DITHER_LANES <= n_samples) {
        __m256i state[4];
        memcpy(state, dither->lane, sizeof state);
        for (; i + MMK_DITHER_LANES <= n_samples; i += MMK_DITHER_LANES)
            for (unsigned k = 0; k < 4; k += 2) {
                const size_t at = i + 8 * k;
                state[k] = next_state(state[k]);
                state[k + 1] = next_state(state[k + 1]);
                const __m256i packed = _mm256_packs_epi32(dithered(in + 4 * at, state[k]),
                                                          dithered(in + 4 * at + 32, state[k + 1]));
                _mm256_storeu_si256((__m256i *)(void *)(out + 2 * at),
                                    _mm256_permute4x64_epi64(packed, 0xD8));
            }
        memcpy(dither->lane, state, sizeof state);
    }
    mmki_tpdf_f32_to_s16_c(out + 2 * i, src + i, n_samples - i, dither);
}
