/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_DSP_INTERNAL_H
#define MMKI_DSP_INTERNAL_H

/**
 * What the kernels of this folder share: loads and stores of little-endian samples at any address,
 * and rounding to nearest even without the C library.
 *
 * The rounding adds and subtracts a number so large that its unit in the last place is 1: the FPU's
 * own rounding (nearest even, the default mode that C starts in) then does the work. That needs
 * float arithmetic in float precision: no x87, no fast-math, no contraction.
 */

#include <stdint.h>
#include <string.h>

#include <mmk/dsp.h>

#if defined(__FAST_MATH__)
#error "the reference kernels must not be built with fast-math"
#endif
#if defined(__FLT_EVAL_METHOD__)
_Static_assert(__FLT_EVAL_METHOD__ == 0, "build with -msse2 -mfpmath=sse: x87 gives other bits");
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MMKI_LE16(x) __builtin_bswap16(x)
#define MMKI_LE32(x) __builtin_bswap32(x)
#define MMKI_LE64(x) __builtin_bswap64(x)
#else
#define MMKI_LE16(x) (x)
#define MMKI_LE32(x) (x)
#define MMKI_LE64(x) (x)
#endif

static inline uint16_t mmki_load16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return MMKI_LE16(v);
}

static inline uint32_t mmki_load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return MMKI_LE32(v);
}

static inline uint64_t mmki_load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return MMKI_LE64(v);
}

static inline void mmki_store16(uint8_t *p, uint16_t v)
{
    v = MMKI_LE16(v);
    memcpy(p, &v, sizeof v);
}

static inline void mmki_store32(uint8_t *p, uint32_t v)
{
    v = MMKI_LE32(v);
    memcpy(p, &v, sizeof v);
}

static inline void mmki_store64(uint8_t *p, uint64_t v)
{
    v = MMKI_LE64(v);
    memcpy(p, &v, sizeof v);
}

static inline void mmki_store24(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
}

/* Float samples lie in client memory at any address, so they are read through bytes. */
static inline float mmki_load_f32(const float *base, size_t i)
{
    float v;
    memcpy(&v, (const uint8_t *)base + 4 * i, sizeof v);
    return v;
}

static inline void mmki_store_f32(float *base, size_t i, float v)
{
    memcpy((uint8_t *)base + 4 * i, &v, sizeof v);
}

/** Nearest even integer in [lo, hi] (whole numbers, |.| <= 2^22); NaN gives 0. The comparisons are
 * so put that NaN becomes `lo` on the way: each is one instruction of a vector unit, and no cast is
 * undefined. */
static inline int32_t mmki_round_f32(float v, float lo, float hi)
{
    int32_t number = -(int32_t)(v == v);
    v = v > lo ? v : lo;
    v = v < hi ? v : hi;
    return (int32_t)((v + 0x1.8p23f) - 0x1.8p23f) & number;
}

/** The same for ranges that need a double's mantissa. */
static inline int32_t mmki_round_f64(double v, double lo, double hi)
{
    int32_t number = -(int32_t)(v == v);
    v = v > lo ? v : lo;
    v = v < hi ? v : hi;
    return (int32_t)((v + 0x1.8p52) - 0x1.8p52) & number;
}

#define MMKI_NOISE_MAX 256u

/* G.711 (g711_c.c): from 16-bit linear to a code. */
uint8_t mmki_alaw_encode(int16_t linear);
uint8_t mmki_ulaw_encode(int16_t linear);

/* One family of kernels for a kind of CPU: the names say what they fill in struct mmk_dsp. Loops
 * that a compiler vectorises are written once, in <operation>_loops.h, and built once for each kind
 * by <operation>_<arch>.c with MMKI_ARCH; element by element they are the same arithmetic
 * everywhere, so all families give the same bits. */
#define MMKI_PASTE_(name, arch) mmki_##name##_##arch
#define MMKI_PASTE(name, arch)  MMKI_PASTE_(name, arch)
#define MMKI_KERNEL(name)       MMKI_PASTE(name, MMKI_ARCH)

/** dither_fill: n <= MMKI_NOISE_MAX values of triangular density on (-1, 1), multiples of 2^-16. */
#define MMKI_DECLARE_KERNELS(arch)                                                                \
    void mmki_dither_fill_##arch(struct mmk_dither *dither, float *noise, size_t n);              \
    void mmki_convert_none_to_f32_##arch(float *dst, const void *src, size_t n_samples);          \
    void mmki_convert_u8_to_f32_##arch(float *dst, const void *src, size_t n_samples);            \
    void mmki_convert_s16_to_f32_##arch(float *dst, const void *src, size_t n_samples);           \
    void mmki_convert_s24_to_f32_##arch(float *dst, const void *src, size_t n_samples);           \
    void mmki_convert_s32_to_f32_##arch(float *dst, const void *src, size_t n_samples);           \
    void mmki_convert_f32_to_f32_##arch(float *dst, const void *src, size_t n_samples);           \
    void mmki_convert_f64_to_f32_##arch(float *dst, const void *src, size_t n_samples);           \
    void mmki_convert_alaw_to_f32_##arch(float *dst, const void *src, size_t n_samples);          \
    void mmki_convert_ulaw_to_f32_##arch(float *dst, const void *src, size_t n_samples);          \
    void mmki_convert_f32_to_none_##arch(void *dst, const float *src, size_t n_samples);          \
    void mmki_convert_f32_to_u8_##arch(void *dst, const float *src, size_t n_samples);            \
    void mmki_convert_f32_to_s16_##arch(void *dst, const float *src, size_t n_samples);           \
    void mmki_convert_f32_to_s24_##arch(void *dst, const float *src, size_t n_samples);           \
    void mmki_convert_f32_to_s32_##arch(void *dst, const float *src, size_t n_samples);           \
    void mmki_convert_f32_to_raw_f32_##arch(void *dst, const float *src, size_t n_samples);       \
    void mmki_convert_f32_to_f64_##arch(void *dst, const float *src, size_t n_samples);           \
    void mmki_convert_f32_to_alaw_##arch(void *dst, const float *src, size_t n_samples);          \
    void mmki_convert_f32_to_ulaw_##arch(void *dst, const float *src, size_t n_samples);          \
    void mmki_tpdf_none_##arch(void *dst, const float *src, size_t n_samples,                     \
                               struct mmk_dither *dither);                                        \
    void mmki_tpdf_f32_to_u8_##arch(void *dst, const float *src, size_t n_samples,                \
                                    struct mmk_dither *dither);                                   \
    void mmki_tpdf_f32_to_s16_##arch(void *dst, const float *src, size_t n_samples,               \
                                     struct mmk_dither *dither);                                  \
    void mmki_tpdf_f32_to_s24_##arch(void *dst, const float *src, size_t n_samples,               \
                                     struct mmk_dither *dither);                                  \
    void mmki_tpdf_f32_to_s32_##arch(void *dst, const float *src, size_t n_samples,               \
                                     struct mmk_dither *dither);                                  \
    void mmki_tpdf_f32_to_f32_##arch(void *dst, const float *src, size_t n_samples,               \
                                     struct mmk_dither *dither);                                  \
    void mmki_tpdf_f32_to_f64_##arch(void *dst, const float *src, size_t n_samples,               \
                                     struct mmk_dither *dither);                                  \
    void mmki_tpdf_f32_to_alaw_##arch(void *dst, const float *src, size_t n_samples,              \
                                      struct mmk_dither *dither);                                 \
    void mmki_tpdf_f32_to_ulaw_##arch(void *dst, const float *src, size_t n_samples,              \
                                      struct mmk_dither *dither);                                 \
    void mmki_mix_f32_##arch(float *dst, const float *src, size_t n_frames, unsigned channels,    \
                             const float *gain_from, const float *gain_to);                       \
    void mmki_remix_f32_##arch(float *dst, const float *src, size_t n_frames,                     \
                               unsigned in_channels, unsigned out_channels, const float *matrix); \
    void mmki_fir_f32_##arch(float *dst, const float *src, size_t stride, const float *taps,      \
                             size_t n_taps, unsigned channels);                                   \
    void mmki_fir_f64_##arch(float *dst, const float *src, size_t stride, const double *taps,     \
                             size_t n_taps, unsigned channels);                                   \
    void mmki_alaw_to_s16_##arch(int16_t *dst, const uint8_t *src, size_t n_samples);             \
    void mmki_ulaw_to_s16_##arch(int16_t *dst, const uint8_t *src, size_t n_samples);             \
    void mmki_s16_to_alaw_##arch(uint8_t *dst, const int16_t *src, size_t n_samples);             \
    void mmki_s16_to_ulaw_##arch(uint8_t *dst, const int16_t *src, size_t n_samples);             \
    void mmki_fir_lanes_f32_##arch(float *dst, const float *const *src, unsigned n_src,           \
                                   const float *taps, size_t n_taps);                             \
    void mmki_fir_lanes_f64_##arch(double *dst, const double *const *src, unsigned n_src,         \
                                   const double *taps, size_t n_taps);                            \
    void mmki_blend_f32_##arch(float *taps, const float *rows, const float *weights,              \
                               size_t n_taps);                                                    \
    void mmki_blend_f64_##arch(double *taps, const double *rows, const double *weights,           \
                               size_t n_taps);

MMKI_DECLARE_KERNELS(c)
#if defined(MMKI_X86)
MMKI_DECLARE_KERNELS(avx2)
MMKI_DECLARE_KERNELS(avx512)
#endif

#endif
