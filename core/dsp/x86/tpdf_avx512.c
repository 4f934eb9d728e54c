/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH    avx512
#define MMKI_BY_HAND 1
#include "dsp/tpdf_loops.h"

#include <immintrin.h>

/* As tpdf_avx2.c. */

static inline __m512i next_state(__m512i x)
{
    x = _mm512_xor_si512(x, _mm512_slli_epi32(x, 13));
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 17));
    return _mm512_xor_si512(x, _mm512_slli_epi32(x, 5));
}

static inline __m256i dithered(const uint8_t *src, __m512i state)
{
    const __m512i halves = _mm512_xor_si512(state, _mm512_set1_epi32((int)0x80008000u));
    const __m512i difference = _mm512_madd_epi16(halves, _mm512_set1_epi32(0x0001FFFF));
    const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(src), _mm512_set1_ps(0x1p15f));
    const __m512 v =
        _mm512_fmadd_ps(_mm512_cvtepi32_ps(difference), _mm512_set1_ps(0x1p-16f), scaled);
    const __mmask16 number = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
    return _mm512_cvtsepi32_epi16(
        _mm512_maskz_cvtps_epi32(number, _mm512_min_ps(v, _mm512_set1_ps(32767.0f))));
}

void mmki_tpdf_f32_to_s16_avx512(void *dst, const float *src, size_t n_samples,
                                 struct mmk_dither *dither)
{
    uint8_t *out = dst;
    const uint8_t *in = (const uint8_t *)src;
    size_t i = (MMK_DITHER_LANES - dither->next) % MMK_DITHER_LANES;
    i = i < n_samples ? i : n_samples;
    mmki_tpdf_f32_to_s16_c(out, src, i, dither); /* up to lane 0 */
    if (i + MMK_DITHER_LANES <= n_samples) {
        __m512i state[2];
        memcpy(state, dither->lane, sizeof state);
        for (; i + MMK_DITHER_LANES <= n_samples; i += MMK_DITHER_LANES)
            for (unsigned k = 0; k < 2; k++) {
                const size_t at = i + 16 * k;
                state[k] = next_state(state[k]);
                _mm256_storeu_si256((__m256i *)(void *)(out + 2 * at),
                                    dithered(in + 4 * at, state[k]));
            }
        memcpy(dither->lane, state, sizeof state);
    }
    mmki_tpdf_f32_to_s16_c(out + 2 * i, src + i, n_samples - i, dither);
}
