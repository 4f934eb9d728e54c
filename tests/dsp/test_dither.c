/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/holds.h"
#include "dsp/dsp_internal.h"

#define PI 3.14159265358979323846

enum { N = 1 << 18 };
static float level[N];
static int16_t out16[N];
static double error[N];

/* Errors of N samples of one level, given in steps of 16 bits. */
static void quantise(double steps, uint32_t seed)
{
    struct mmk_dither d = {0};
    mmk_dither_seed(&d, seed);
    for (int i = 0; i < N; i++)
        level[i] = (float)(steps / 32768.0);
    mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_S16](out16, level, N, &d);
    for (int i = 0; i < N; i++)
        error[i] = out16[i] - (double)level[i] * 32768.0;
}

static double mean(const double *v)
{
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += v[i];
    return sum / N;
}

/* Theory (Lipshitz et al., JAES 1992): mean 0 and variance 1/4 step^2 at every level. Bounds: 5
 * standard errors; that of the variance is sqrt((m4 - m2^2) / N) with m4 <= 0.19, so below 0.36 /
 * sqrt(N). */
Test(dither, mean_and_variance_do_not_depend_on_the_level)
{
    for (int k = 0; k <= 40; k++) {
        double steps = (k % 2 ? -1 : 1) * (k * 0.05 + k * k * 17.0);
        quantise(steps, 1000u + (uint32_t)k);
        double m = mean(error), v = 0;
        for (int i = 0; i < N; i++)
            v += error[i] * error[i] / N;
        HOLDS_MSG(fabs(m) < 5 * 0.5 / sqrt(N), "mean %g at %g", m, steps);
        HOLDS_MSG(fabs(v - 0.25) < 5 * 0.36 / sqrt(N), "variance %g at %g", v, steps);
    }
}

Test(dither, error_is_white)
{
    for (int k = 0; k < 4; k++) {
        quantise(0.13 + 0.21 * k, 5u + (uint32_t)k);
        for (int lag = 1; lag <= 64; lag++) {
            double sum = 0;
            for (int i = lag; i < N; i++)
                sum += error[i] * error[i - lag];
            HOLDS_MSG(fabs(sum / N / 0.25) < 5 / sqrt(N), "lag %d", lag);
        }
    }
}

/* Power in 64 bands by averaged periodograms of 128 points: no band off by 5 standard errors,
 * sqrt(1 / 2048). */
Test(dither, spectrum_is_flat)
{
    enum { POINTS = 128 };
    double power[POINTS / 2] = {0};
    quantise(0.37, 99);
    for (int start = 0; start < N; start += POINTS)
        for (int b = 1; b < POINTS / 2; b++) {
            double c = 0, s = 0;
            for (int i = 0; i < POINTS; i++) {
                double w = 2 * PI * b * i / POINTS;
                c += error[start + i] * cos(w);
                s += error[start + i] * sin(w);
            }
            power[b] += (c * c + s * s) / POINTS / (N / POINTS);
        }
    for (int b = 1; b < POINTS / 2; b++)
        HOLDS_MSG(fabs(power[b] / 0.25 - 1) < 5 / sqrt(N / POINTS), "band %d: %g", b, power[b]);
}

Test(dither, noise_is_triangular)
{
    enum { BINS = 32 };
    static float noise[N];
    int count[BINS] = {0};
    struct mmk_dither d = {0};
    mmk_dither_seed(&d, 4);
    for (int i = 0; i < N; i += 256)
        mmki_dither_fill_c(&d, noise + i, 256);
    double chi2 = 0;
    for (int i = 0; i < N; i++) {
        HOLDS(noise[i] > -1.0f && noise[i] < 1.0f);
        count[(int)((noise[i] + 1.0f) * BINS / 2)]++;
    }
    for (int b = 0; b < BINS; b++) {
        double t = fabs(b + 0.5 - BINS / 2) / (BINS / 2), want = N * (1 - t) * 2 / BINS;
        chi2 += (count[b] - want) * (count[b] - want) / want;
    }
    cr_assert_lt(chi2, 70.0, "chi-squared of 31 degrees: %g", chi2); /* p < 10^-4 */
}

Test(dither, a_quiet_sine_is_kept_below_one_step)
{
    struct mmk_dither d = {0};
    double in = 0;
    mmk_dither_seed(&d, 8);
    for (int i = 0; i < N; i++)
        level[i] = (float)(0.25 / 32768 * sin(2 * PI * i / 64));
    mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_S16](out16, level, N, &d);
    for (int i = 0; i < N; i++)
        in += out16[i] * sin(2 * PI * i / 64) * 2 / N;
    cr_assert_float_eq(in, 0.25, 0.01);
}

Test(dither, cutting_does_not_change_the_noise)
{
    static float a[5000], b[5000];
    struct mmk_dither d = {0}, e = {0};
    mmk_dither_seed(&d, 11);
    mmk_dither_seed(&e, 11);
    for (int i = 0; i < 5000; i += 250)
        mmki_dither_fill_c(&d, a + i, 250);
    srand(2);
    for (int i = 0, n; i < 5000; i += n) {
        n = rand() % 29;
        n = n > 5000 - i ? 5000 - i : n;
        mmki_dither_fill_c(&e, b + i, (size_t)n);
    }
    cr_assert_arr_eq(a, b, sizeof a);
    cr_assert_eq(memcmp(&d, &e, sizeof d), 0);
}

Test(dither, sample_i_is_served_by_its_lane)
{
    float a[100], b[100];
    struct mmk_dither d = {0}, e;
    mmk_dither_seed(&d, 1);
    e = d;
    e.lane[3] ^= 0x12345u;
    mmki_dither_fill_c(&d, a, 100);
    mmki_dither_fill_c(&e, b, 100);
    for (int i = 0; i < 100; i++)
        HOLDS((a[i] != b[i]) == ((unsigned)i % MMK_DITHER_LANES == 3));
}

/* All integer targets: the error of a constant level in steps of the target has mean 0, variance
 * 1/4. */
Test(dither, every_integer_target_gets_its_own_step)
{
    static const struct {
        mmk_sample sample;
        int bits;
    } t[] = {{MMK_SAMPLE_U8, 8}, {MMK_SAMPLE_S24, 24}, {MMK_SAMPLE_S32, 32}};
    static uint8_t out[4 * N];
    for (int k = 0; k < 3; k++) {
        struct mmk_dither d = {0};
        mmk_dither_seed(&d, 21);
        double m = 0, v = 0, want = k == 2 ? 5.0 : 5.3;
        for (int i = 0; i < N; i++)
            level[i] = (float)(want / ldexp(1.0, t[k].bits - 1));
        mmk_dsp_c.from_f32_tpdf[t[k].sample](out, level, N, &d);
        int bytes = t[k].bits / 8;
        for (int i = 0; i < N; i++) {
            const uint8_t *p = out + i * bytes;
            double got = bytes == 1   ? p[0] - 128
                         : bytes == 3 ? (p[0] | p[1] << 8 | p[2] << 16)
                                      : (int32_t)(p[0] | p[1] << 8 | p[2] << 16);
            double e = got - (double)level[i] * ldexp(1.0, t[k].bits - 1);
            m += e / N;
            v += e * e / N;
        }
        HOLDS_MSG(fabs(m) < 5 * 0.5 / sqrt(N), "%d bits: mean %g", t[k].bits, m);
        HOLDS_MSG(fabs(v - 0.25) < 5 * 0.36 / sqrt(N), "%d bits: variance %g", t[k].bits, v);
    }
}

/* In the finest segment G.711 is a uniform quantiser: A-law of step 16, mu-law of 8 (on the 16-bit
 * scale), and the dither of half a step leaves a small wave-shaped bias but keeps a signal alive
 * below the step. */
Test(dither, g711_keeps_signals_below_its_step)
{
    static uint8_t codes[N];
    static float back[N];
    for (int k = 0; k < 2; k++) {
        mmk_sample s = k ? MMK_SAMPLE_ULAW : MMK_SAMPLE_ALAW;
        struct mmk_dither d = {0};
        double plain = 0, dithered = 0;
        mmk_dither_seed(&d, 3);
        for (int i = 0; i < N; i++)
            level[i] = (float)((k ? 2.0 : 4.0) / 32768 * (1.2 + 0.5 * sin(2 * PI * i / 64)));
        mmk_dsp_c.from_f32[s](codes, level, N);
        mmk_dsp_c.to_f32[s](back, codes, N);
        for (int i = 0; i < N; i++)
            plain += (double)back[i] * sin(2 * PI * i / 64) * 2 / N;
        mmk_dsp_c.from_f32_tpdf[s](codes, level, N, &d);
        mmk_dsp_c.to_f32[s](back, codes, N);
        for (int i = 0; i < N; i++)
            dithered += (double)back[i] * sin(2 * PI * i / 64) * 2 / N;
        double want = (k ? 1.0 : 2.0) / 32768;
        HOLDS_MSG(fabs(dithered - want) < 0.75 * want, "%d: %g of %g", k, dithered, want);
        HOLDS(plain < 0.01 * want);
    }
}

Test(dither, saturates_and_survives_bad_numbers)
{
    const float f[] = {1.0f, 5.0f, INFINITY, -1.5f, -INFINITY, NAN};
    int16_t out[6];
    struct mmk_dither d = {0};
    mmk_dither_seed(&d, 1);
    for (int k = 0; k < 50; k++) {
        mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_S16](out, f, 6, &d);
        HOLDS(out[0] >= 32766 && out[1] == 32767 && out[2] == 32767);
        HOLDS(out[3] == -32768 && out[4] == -32768 && out[5] == 0);
    }
}

Test(dither, seeds_differ_and_float_targets_take_no_noise)
{
    struct mmk_dither d = {0}, e = {0}, before;
    mmk_dither_seed(&d, 0);
    mmk_dither_seed(&e, 1);
    for (unsigned i = 0; i < MMK_DITHER_LANES; i++) {
        HOLDS(d.lane[i] != 0);
        HOLDS(d.lane[i] != e.lane[i]);
    }
    before = d;
    float f[3] = {0.1f, NAN, -2.0f}, out[3];
    mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_F32](out, f, 3, &d);
    cr_assert_arr_eq(out, f, sizeof f);
    cr_assert_eq(memcmp(&before, &d, sizeof d), 0);
}
