/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Conversion with triangular dither: the noise, in steps of the target, is added before the one
 * rounding, which makes the total error's mean 0 and its variance 1/4 step^2, whatever the signal
 * (Lipshitz, Wannamaker & Vanderkooy, "Quantization and Dither", JAES 1992). */

void MMKI_KERNEL(tpdf_none)(void *dst, const float *src, size_t n_samples,
                            struct mmk_dither *dither)
{
    (void)dst;
    (void)src;
    (void)n_samples;
    (void)dither;
}

void MMKI_KERNEL(tpdf_f32_to_u8)(void *dst, const float *src, size_t n_samples,
                                 struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            float v = mmki_load_f32(src, done + i) * 0x1p7f + noise[i];
            out[i] = (uint8_t)(mmki_round_f32(v, -128.0f, 127.0f) + 128);
        }
        out += 1 * n;
    }
}

#if !defined(MMKI_BY_HAND)
void MMKI_KERNEL(tpdf_f32_to_s16)(void *dst, const float *src, size_t n_samples,
                                  struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            float v = mmki_load_f32(src, done + i) * 0x1p15f + noise[i];
            mmki_store16(out + 2 * i, (uint16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
        }
        out += 2 * n;
    }
}
#endif

void MMKI_KERNEL(tpdf_f32_to_s24)(void *dst, const float *src, size_t n_samples,
                                  struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            double v = (double)mmki_load_f32(src, done + i) * 0x1p23 + (double)noise[i];
            mmki_store24(out + 3 * i, (uint32_t)mmki_round_f64(v, -8388608.0, 8388607.0));
        }
        out += 3 * n;
    }
}

void MMKI_KERNEL(tpdf_f32_to_s32)(void *dst, const float *src, size_t n_samples,
                                  struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            double v = (double)mmki_load_f32(src, done + i) * 0x1p31 + (double)noise[i];
            mmki_store32(out + 4 * i, (uint32_t)mmki_round_f64(v, -2147483648.0, 2147483647.0));
        }
        out += 4 * n;
    }
}

void MMKI_KERNEL(tpdf_f32_to_f32)(void *dst, const float *src, size_t n_samples,
                                  struct mmk_dither *dither)
{
    (void)dither;
    MMKI_KERNEL(convert_f32_to_raw_f32)(dst, src, n_samples);
}

void MMKI_KERNEL(tpdf_f32_to_f64)(void *dst, const float *src, size_t n_samples,
                                  struct mmk_dither *dither)
{
    (void)dither;
    MMKI_KERNEL(convert_f32_to_f64)(dst, src, n_samples);
}

/* A-law codes a 13-bit line: its step is 8 of 16-bit linear. */
void MMKI_KERNEL(tpdf_f32_to_alaw)(void *dst, const float *src, size_t n_samples,
                                   struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            float v = mmki_load_f32(src, done + i) * 0x1p15f + noise[i] * 8.0f;
            out[done + i] = mmki_alaw_encode((int16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
        }
    }
}

/* Mu-law codes a 14-bit line: its step is 4 of 16-bit linear. */
void MMKI_KERNEL(tpdf_f32_to_ulaw)(void *dst, const float *src, size_t n_samples,
                                   struct mmk_dither *dither)
{
    uint8_t *out = dst;
    float noise[MMKI_NOISE_MAX];
    for (size_t done = 0, n; done < n_samples; done += n) {
        n = n_samples - done < MMKI_NOISE_MAX ? n_samples - done : MMKI_NOISE_MAX;
        MMKI_KERNEL(dither_fill)(dither, noise, n);
        for (size_t i = 0; i < n; i++) {
            float v = mmki_load_f32(src, done + i) * 0x1p15f + noise[i] * 4.0f;
            out[done + i] = mmki_ulaw_encode((int16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
        }
    }
}
