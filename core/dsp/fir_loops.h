/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Sixteen accumulators a channel, fed block by block from both ends inwards: the small outer
 * products meet first (8 dB less rounding noise than left to right), no sum waits for the one
 * before it, and a block is a few vector operations. The order is part of the definition: a variant
 * that multiplies and adds in it gives the same bits. Channels go in pairs, which read the taps
 * once.
 *
 * MMKI_WIDE floats make a vector. The GNU vector types are element by element the same arithmetic
 * as loops would be; they are here because gcc 12 makes scalar code of the loops once a second
 * channel is in flight. */

#define LANES MMK_FIR_LANES

#if defined(__GNUC__)
typedef float wide __attribute__((vector_size(4 * MMKI_WIDE)));
typedef float half_wide __attribute__((vector_size(2 * MMKI_WIDE)));
typedef double wide_f64 __attribute__((vector_size(4 * MMKI_WIDE)));

static inline wide add_product(wide sum, wide a, wide b)
{
    return sum + a * b;
}

static inline wide_f64 add_product_f64(wide_f64 sum, const float *src, const double *taps)
{
    half_wide v;
    wide_f64 w;
    memcpy(&v, src, sizeof v);
    memcpy(&w, taps, sizeof w);
    return sum + __builtin_convertvector(v, wide_f64) * w;
}
#else
typedef struct wide {
    float v[MMKI_WIDE];
} wide;
typedef struct wide_f64 {
    double v[MMKI_WIDE / 2];
} wide_f64;

static inline wide add_product(wide sum, wide a, wide b)
{
    for (unsigned i = 0; i < MMKI_WIDE; i++)
        sum.v[i] += a.v[i] * b.v[i];
    return sum;
}

static inline wide_f64 add_product_f64(wide_f64 sum, const float *src, const double *taps)
{
    for (unsigned i = 0; i < MMKI_WIDE / 2; i++)
        sum.v[i] += (double)src[i] * taps[i];
    return sum;
}
#endif

static inline wide load_wide(const float *p)
{
    wide v;
    memcpy(&v, p, sizeof v);
    return v;
}

struct lanes {
    wide q[LANES / MMKI_WIDE];
};

static inline void add_block(struct lanes *acc, const float *src, const float *taps)
{
    for (unsigned i = 0; i < LANES / MMKI_WIDE; i++)
        acc->q[i] =
            add_product(acc->q[i], load_wide(src + i * MMKI_WIDE), load_wide(taps + i * MMKI_WIDE));
}

/* Lane j takes in j + 8, then j + 4, j + 2, j + 1. */
static inline float sum_lanes(const struct lanes *acc)
{
    float v[LANES];
    memcpy(v, acc, sizeof v);
    for (unsigned j = 0; j < 8; j++)
        v[j] += v[j + 8];
    for (unsigned j = 0; j < 4; j++)
        v[j] += v[j + 4];
    return (v[0] + v[2]) + (v[1] + v[3]);
}

static inline void dot(float *dst, const float *src, const float *taps, size_t n_taps)
{
    struct lanes acc = {0};
    size_t lo = 0, hi = n_taps - LANES;
    for (; lo < hi; lo += LANES, hi -= LANES) {
        add_block(&acc, src + lo, taps + lo);
        add_block(&acc, src + hi, taps + hi);
    }
    if (lo == hi)
        add_block(&acc, src + lo, taps + lo);
    *dst = sum_lanes(&acc);
}

static inline void dot_pair(float *dst, const float *a, const float *b, const float *taps,
                            size_t n_taps)
{
    struct lanes acc_a = {0}, acc_b = {0};
    size_t lo = 0, hi = n_taps - LANES;
    for (; lo < hi; lo += LANES, hi -= LANES) {
        add_block(&acc_a, a + lo, taps + lo);
        add_block(&acc_b, b + lo, taps + lo);
        add_block(&acc_a, a + hi, taps + hi);
        add_block(&acc_b, b + hi, taps + hi);
    }
    if (lo == hi) {
        add_block(&acc_a, a + lo, taps + lo);
        add_block(&acc_b, b + lo, taps + lo);
    }
    dst[0] = sum_lanes(&acc_a);
    dst[1] = sum_lanes(&acc_b);
}

void MMKI_KERNEL(fir_f32)(float *dst, const float *src, size_t stride, const float *taps,
                          size_t n_taps, unsigned channels)
{
    unsigned c = 0;
    for (; c + 2 <= channels; c += 2)
        dot_pair(dst + c, src + c * stride, src + (c + 1) * stride, taps, n_taps);
    if (c < channels)
        dot(dst + c, src + c * stride, taps, n_taps);
}

/* The same in double: the one rounding is the last. */
struct lanes_f64 {
    wide_f64 q[2 * LANES / MMKI_WIDE];
};

static inline void add_block_f64(struct lanes_f64 *acc, const float *src, const double *taps)
{
    for (unsigned i = 0; i < 2 * LANES / MMKI_WIDE; i++)
        acc->q[i] =
            add_product_f64(acc->q[i], src + i * (MMKI_WIDE / 2), taps + i * (MMKI_WIDE / 2));
}

static float dot_f64(const float *src, const double *taps, size_t n_taps)
{
    struct lanes_f64 acc = {0};
    double v[LANES];
    size_t lo = 0, hi = n_taps - LANES;
    for (; lo < hi; lo += LANES, hi -= LANES) {
        add_block_f64(&acc, src + lo, taps + lo);
        add_block_f64(&acc, src + hi, taps + hi);
    }
    if (lo == hi)
        add_block_f64(&acc, src + lo, taps + lo);
    memcpy(v, &acc, sizeof v);
    for (unsigned j = 0; j < 8; j++)
        v[j] += v[j + 8];
    for (unsigned j = 0; j < 4; j++)
        v[j] += v[j + 4];
    return (float)((v[0] + v[2]) + (v[1] + v[3]));
}

void MMKI_KERNEL(fir_f64)(float *dst, const float *src, size_t stride, const double *taps,
                          size_t n_taps, unsigned channels)
{
    for (unsigned c = 0; c < channels; c++)
        dst[c] = dot_f64(src + c * stride, taps, n_taps);
}
