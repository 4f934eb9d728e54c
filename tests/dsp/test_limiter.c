/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>

#include "dsp/holds.h"

static struct mmk_limiter *open_limiter(uint32_t rate_hz, unsigned channels, float ceiling)
{
    size_t n = 0;
    struct mmk_limiter *l = NULL;
    cr_assert_eq(mmk_limiter_bytes(rate_hz, channels, &n), MMK_OK);
    void *mem = aligned_alloc(64, n);
    cr_assert_eq(mmk_limiter_init(mem, n, rate_hz, channels, ceiling, &l), MMK_OK);
    return l;
}

static float noise(float peak)
{
    return ((float)rand() / (float)RAND_MAX * 2.0f - 1.0f) * peak;
}

Test(limiter, never_leaves_above_the_ceiling)
{
    static const uint32_t rates[] = {1000, 8000, 44100, 384000};
    srand(1);
    for (int k = 0; k < 4; k++)
        for (unsigned ch = 1; ch <= 8; ch += 3) {
            float ceiling = k == 2 ? 1.0f : 0.7071f;
            struct mmk_limiter *l = open_limiter(rates[k], ch, ceiling);
            float x[8 * 500];
            for (int block = 0; block < 60; block++) {
                for (unsigned i = 0; i < 500 * ch; i++)
                    x[i] = noise(block % 3 == 0 ? 1e6f : block % 3 == 1 ? 3.0f : 0.1f);
                x[17] = 1e38f;
                mmk_limiter_process(l, x, 500);
                for (unsigned i = 0; i < 500 * ch; i++)
                    HOLDS_MSG(fabsf(x[i]) <= ceiling, "%g", (double)x[i]);
            }
            free(l);
        }
}

Test(limiter, below_the_ceiling_it_is_a_pure_delay)
{
    enum { N = 20000 };
    static float in[2 * N], x[2 * N];
    struct mmk_limiter *l = open_limiter(48000, 2, 0.8f);
    size_t delay = mmk_limiter_delay(l);
    for (int i = 0; i < 2 * N; i++)
        x[i] = in[i] = noise(0.8f);
    mmk_limiter_process(l, x, N);
    for (size_t i = 0; i < 2 * delay; i++)
        HOLDS(x[i] == 0.0f);
    cr_assert_arr_eq(x + 2 * delay, in, (N - delay) * 2 * sizeof(float));
    cr_assert_eq(delay, 96); /* 2 ms */
    free(l);
}

/* Gain is seen by a small constant on the second channel: it must fall before the peak, without a
 * step, reach what the peak needs when the peak leaves, and come back to exactly 1. */
Test(limiter, gain_moves_smoothly_and_returns)
{
    enum { N = 48000 * 3, PEAK = 10000 };
    static float x[2 * N];
    struct mmk_limiter *l = open_limiter(48000, 2, 1.0f);
    size_t delay = mmk_limiter_delay(l);
    for (int i = 0; i < N; i++)
        x[2 * i + 1] = 0x1p-4f;
    x[2 * PEAK] = 4.0f;
    mmk_limiter_process(l, x, N);
    cr_assert_float_eq(x[2 * (PEAK + delay)], 1.0, 1e-5);
    float gain = x[2 * (PEAK + delay) + 1] * 16.0f;
    cr_assert(gain <= 0.25f && gain > 0.249999f, "%.9g", (double)gain);
    double largest = 0;
    for (size_t i = delay + 1; i < N; i++)
        largest = fmax(largest, fabs((double)x[2 * i + 1] - (double)x[2 * i - 1]) * 16);
    cr_assert_lt(largest, 0.75 / (double)(delay + 1) * 1.01);
    cr_assert_eq(x[2 * PEAK - 1], 0x1p-4f, "not touched before the look-ahead");
    cr_assert_lt(x[2 * (PEAK + delay + 2400) + 1] * 16.0f, 0.7f, "released too fast");
    cr_assert_eq(x[2 * N - 1], 0x1p-4f, "never came back to exactly 1");
    free(l);
}

Test(limiter, cutting_does_not_matter)
{
    enum { N = 9000 };
    static float a[3 * N], b[3 * N];
    struct mmk_limiter *one = open_limiter(22050, 3, 0.5f), *cut = open_limiter(22050, 3, 0.5f);
    for (int i = 0; i < 3 * N; i++)
        a[i] = b[i] = noise(i / 3000 % 2 ? 2.0f : 0.2f);
    mmk_limiter_process(one, a, N);
    for (size_t i = 0, n; i < N; i += n) {
        n = (size_t)rand() % 100;
        n = n > N - i ? N - i : n;
        mmk_limiter_process(cut, b + 3 * i, n);
    }
    cr_assert_arr_eq(a, b, sizeof a);
    free(one);
    free(cut);
}

Test(limiter, bad_numbers_leave_as_silence_and_are_forgotten)
{
    enum { N = 30000 };
    static float x[N];
    struct mmk_limiter *l = open_limiter(8000, 1, 1.0f);
    size_t delay = mmk_limiter_delay(l);
    for (int i = 0; i < N; i++)
        x[i] = 0.5f;
    x[100] = NAN;
    x[200] = INFINITY;
    x[300] = -INFINITY;
    mmk_limiter_process(l, x, N);
    for (int i = 0; i < N; i++)
        HOLDS(fabsf(x[i]) <= 1.0f);
    cr_assert_eq(x[100 + delay], 0.0f);
    cr_assert_eq(x[N - 1], 0.5f);
    free(l);
}

Test(limiter, arguments_are_checked)
{
    size_t n = 77;
    struct mmk_limiter *l = NULL;
    cr_assert_eq(mmk_limiter_bytes(999, 2, &n), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_bytes(384001, 2, &n), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_bytes(48000, 0, &n), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_bytes(48000, 9, &n), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_bytes(48000, 2, NULL), MMK_ERR_INVAL);
    cr_assert_eq(n, 77);
    cr_assert_eq(mmk_limiter_bytes(48000, 2, &n), MMK_OK);
    char *mem = aligned_alloc(64, n + 64);
    cr_assert_eq(mmk_limiter_init(mem, n - 1, 48000, 2, 1.0f, &l), MMK_ERR_NOMEM);
    cr_assert_eq(mmk_limiter_init(mem + 4, n, 48000, 2, 1.0f, &l), MMK_ERR_INVAL);
    cr_assert_eq(mmk_limiter_init(mem, n, 48000, 2, 0.0f, &l), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_init(mem, n, 48000, 2, 1.5f, &l), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_init(mem, n, 48000, 2, NAN, &l), MMK_ERR_RANGE);
    cr_assert_eq(mmk_limiter_init(NULL, n, 48000, 2, 1.0f, &l), MMK_ERR_INVAL);
    cr_assert_null(l);
    free(mem);
}
