/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Sixteen accumulators a channel, fed block by block from both ends inwards: the small outer
 * products meet first (8 dB less rounding noise than left to right), no sum waits for the one
 * before it, and a block is a few vector operations. The order is part of the definition: a variant
 * that multiplies and adds in it gives the same bits. Channels go in pairs, which read the taps
 * once. */

#define LANES MMK_FIR_LANES

/* Four floats at a time. The GNU vector types are element by element the same arithmetic as the
 * loops, on any CPU; they are here because gcc 12 makes scalar code of the loops once a second
 * channel is in flight. */
#if defined(__GNUC__)
typedef float four __attribute__((vector_size(16)));

static inline four add_product(four sum, four a, four b)
{
    return sum + a * b;
}

static inline four add_four(four a, four b)
{
    return a + b;
}
#else
typedef struct four {
    float v[4];
} four;

static inline four add_product(four sum, four a, four b)
{
    for (unsigned i = 0; i < 4; i++)
        sum.v[i] += a.v[i] * b.v[i];
    return sum;
}

static inline four add_four(four a, four b)
{
    for (unsigned i = 0; i < 4; i++)
        a.v[i] += b.v[i];
    return a;
}
#endif

static inline four load_four(const float *p)
{
    four v;
    memcpy(&v, p, sizeof v);
    return v;
}

struct lanes {
    four q[LANES / 4];
};

static inline void add_block(struct lanes *acc, const float *src, const float *taps)
{
    acc->q[0] = add_product(acc->q[0], load_four(src), load_four(taps));
    acc->q[1] = add_product(acc->q[1], load_four(src + 4), load_four(taps + 4));
    acc->q[2] = add_product(acc->q[2], load_four(src + 8), load_four(taps + 8));
    acc->q[3] = add_product(acc->q[3], load_four(src + 12), load_four(taps + 12));
}

static inline float sum_lanes(const struct lanes *acc)
{
    four q = add_four(add_four(acc->q[0], acc->q[2]), add_four(acc->q[1], acc->q[3]));
    float v[4];
    memcpy(v, &q, sizeof v);
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

void mmki_fir_f32_c(float *dst, const float *src, size_t stride, const float *taps, size_t n_taps,
                    unsigned channels)
{
    unsigned c = 0;
    for (; c + 2 <= channels; c += 2)
        dot_pair(dst + c, src + c * stride, src + (c + 1) * stride, taps, n_taps);
    if (c < channels)
        dot(dst + c, src + c * stride, taps, n_taps);
}

/* The same in double: the one rounding is the last. */
#if defined(__GNUC__)
typedef float two_f32 __attribute__((vector_size(8)));
typedef double two __attribute__((vector_size(16)));

static inline two add_product_f64(two sum, const float *src, const double *taps)
{
    two_f32 v;
    two w;
    memcpy(&v, src, sizeof v);
    memcpy(&w, taps, sizeof w);
    return sum + __builtin_convertvector(v, two) * w;
}

static inline two add_two(two a, two b)
{
    return a + b;
}
#else
typedef struct two {
    double v[2];
} two;

static inline two add_product_f64(two sum, const float *src, const double *taps)
{
    sum.v[0] += (double)src[0] * taps[0];
    sum.v[1] += (double)src[1] * taps[1];
    return sum;
}

static inline two add_two(two a, two b)
{
    a.v[0] += b.v[0];
    a.v[1] += b.v[1];
    return a;
}
#endif

struct lanes_f64 {
    two q[LANES / 2];
};

static inline void add_block_f64(struct lanes_f64 *acc, const float *src, const double *taps)
{
    acc->q[0] = add_product_f64(acc->q[0], src, taps);
    acc->q[1] = add_product_f64(acc->q[1], src + 2, taps + 2);
    acc->q[2] = add_product_f64(acc->q[2], src + 4, taps + 4);
    acc->q[3] = add_product_f64(acc->q[3], src + 6, taps + 6);
    acc->q[4] = add_product_f64(acc->q[4], src + 8, taps + 8);
    acc->q[5] = add_product_f64(acc->q[5], src + 10, taps + 10);
    acc->q[6] = add_product_f64(acc->q[6], src + 12, taps + 12);
    acc->q[7] = add_product_f64(acc->q[7], src + 14, taps + 14);
}

static float dot_f64(const float *src, const double *taps, size_t n_taps)
{
    struct lanes_f64 acc = {0};
    size_t lo = 0, hi = n_taps - LANES;
    for (; lo < hi; lo += LANES, hi -= LANES) {
        add_block_f64(&acc, src + lo, taps + lo);
        add_block_f64(&acc, src + hi, taps + hi);
    }
    if (lo == hi)
        add_block_f64(&acc, src + lo, taps + lo);
    two even = add_two(add_two(acc.q[0], acc.q[4]), add_two(acc.q[2], acc.q[6]));
    two odd = add_two(add_two(acc.q[1], acc.q[5]), add_two(acc.q[3], acc.q[7]));
    two q = add_two(even, odd);
    double v[2];
    memcpy(v, &q, sizeof v);
    return (float)(v[0] + v[1]);
}

void mmki_fir_f64_c(float *dst, const float *src, size_t stride, const double *taps, size_t n_taps,
                    unsigned channels)
{
    for (unsigned c = 0; c < channels; c++)
        dst[c] = dot_f64(src + c * stride, taps, n_taps);
}

void mmki_blend_f32_c(float *restrict taps, const float *rows, const float *weights, size_t n_taps)
{
    const float *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}

void mmki_blend_f64_c(double *restrict taps, const double *rows, const double *weights,
                      size_t n_taps)
{
    const double *r0 = rows, *r1 = r0 + n_taps, *r2 = r1 + n_taps, *r3 = r2 + n_taps;
    const double w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    for (size_t t = 0; t < n_taps; t++)
        taps[t] = (r0[t] * w0 + r3[t] * w3) + (r1[t] * w1 + r2[t] * w2);
}
