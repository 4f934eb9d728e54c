/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Every kernel table against the C reference, in the manner of dav1d's checkasm: random and extreme
 * data, all lengths around the vector sizes, misaligned pointers, guard bytes around what may be
 * written.
 *   check_dsp              all tables that this build and CPU offer
 *   check_dsp --self-test  tables broken on purpose: each must be caught, by the right check
 * Where a table fuses products and sums (mmk_dsp.fused) the definition in dsp.h is computed here,
 * by sums that are rounded once; and its distance from sums rounded twice is bounded. */

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>

#include "dsp/check_dsp.h"

#define GUARD     64u
#define MAX_BYTES (8u * 600u * 8u)

static struct {
    uint8_t bytes[GUARD + MAX_BYTES + GUARD + 8];
} want_buf, got_buf, src_buf;

static unsigned n_checks, n_bad;
static const char *first_bad;

static uint64_t random_state = 1;

static uint32_t random32(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32);
}

static void verdict(const char *op, bool good)
{
    n_checks++;
    n_bad += !good;
    if (!good && !first_bad)
        first_bad = op;
}

/* Both outputs start from the same random bytes: what one table leaves alone the other must leave
 * alone. */
static void fresh_outputs(void)
{
    for (size_t i = 0; i < sizeof want_buf; i++)
        want_buf.bytes[i] = got_buf.bytes[i] = (uint8_t)random32();
}

static void same_outputs(const char *op)
{
    verdict(op, !memcmp(&want_buf, &got_buf, sizeof want_buf));
}

static void random_bytes(size_t n)
{
    for (size_t i = 0; i < n; i++)
        src_buf.bytes[GUARD + i] = (uint8_t)random32();
}

/* 0: audio, 1: any bits, 2: full scale and special values, 3: ties. */
static float random_float(unsigned kind)
{
    static const uint32_t special[] = {0x7F800000u, 0xFF800000u, 0x7FC00000u, 0xFFC00001u,
                                       0x3F800000u, 0xBF800000u, 0x3F7FFFFFu, 0xBF800001u,
                                       0x00000000u, 0x80000000u, 0x00000001u, 0x7F7FFFFFu};
    uint32_t bits = random32();
    float v;
    if (kind == 0)
        return (float)((int32_t)bits / 2147483648.0);
    if (kind == 2)
        bits = special[bits % (sizeof special / sizeof *special)];
    if (kind == 3)
        return ((float)(int32_t)(bits % 70000u) - 35000.0f + 0.5f) / 32768.0f;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void random_floats(size_t offset, size_t n, unsigned kind)
{
    for (size_t i = 0; i < n; i++) {
        float v = random_float(kind);
        memcpy(src_buf.bytes + GUARD + offset + 4 * i, &v, sizeof v);
    }
}

static void *at(void *buf, size_t offset)
{
    return (uint8_t *)buf + GUARD + offset;
}

static void check_convert(const struct mmk_dsp *t)
{
    for (unsigned s = 0; s < MMK_SAMPLE_COUNT; s++)
        for (unsigned n = 0; n < 600; n = n < 70 ? n + 1 : n * 5 / 4 + 1)
            for (unsigned off = 0; off < 8; off += 1 + n / 40) {
                fresh_outputs();
                random_bytes(8 * n + 8);
                mmk_dsp_c.to_f32[s](at(&want_buf, off), at(&src_buf, 7 - off), n);
                t->to_f32[s](at(&got_buf, off), at(&src_buf, 7 - off), n);
                same_outputs("to_f32");

                struct mmk_dither d = {0}, e;
                mmk_dither_seed(&d, n);
                d.next = (n + off) % MMK_DITHER_LANES;
                e = d;
                fresh_outputs();
                random_floats(7 - off, n, n % 4);
                mmk_dsp_c.from_f32[s](at(&want_buf, off), at(&src_buf, 7 - off), n);
                t->from_f32[s](at(&got_buf, off), at(&src_buf, 7 - off), n);
                same_outputs("from_f32");
                fresh_outputs();
                mmk_dsp_c.from_f32_tpdf[s](at(&want_buf, off), at(&src_buf, 7 - off), n, &d);
                t->from_f32_tpdf[s](at(&got_buf, off), at(&src_buf, 7 - off), n, &e);
                same_outputs("from_f32_tpdf");
                verdict("from_f32_tpdf", !memcmp(&d, &e, sizeof d));
            }
}

static void check_g711(const struct mmk_dsp *t)
{
    for (unsigned n = 0; n < 600; n = n < 70 ? n + 1 : n * 5 / 4 + 1)
        for (unsigned off = 0; off < 8; off += 1 + n / 40)
            for (unsigned law = 0; law < 2; law++) {
                const struct mmk_dsp *const by[2] = {&mmk_dsp_c, t};
                fresh_outputs();
                random_bytes(2 * n + 8);
                for (unsigned k = 0; k < 2; k++)
                    (law ? by[k]->ulaw_to_s16 : by[k]->alaw_to_s16)(
                        at(k ? &got_buf : &want_buf, off), at(&src_buf, 7 - off), n);
                same_outputs("g711 decode");
                fresh_outputs();
                for (unsigned k = 0; k < 2; k++)
                    (law ? by[k]->s16_to_ulaw : by[k]->s16_to_alaw)(
                        at(k ? &got_buf : &want_buf, off), at(&src_buf, 7 - off), n);
                same_outputs("g711 encode");
            }
}

static void check_mix(const struct mmk_dsp *t)
{
    for (unsigned ch = 1; ch <= MMK_CHANNELS_MAX; ch++)
        for (unsigned n = 0; n < 300; n = n < 40 ? n + 1 : n * 5 / 4)
            for (unsigned kind = 0; kind < 3; kind++) {
                float from[MMK_CHANNELS_MAX], to[MMK_CHANNELS_MAX];
                unsigned off = (n + kind) % 8;
                for (unsigned c = 0; c < ch; c++) {
                    from[c] = kind ? random_float(0) : 0.5f;
                    to[c] = kind == 2 ? random_float(0) : from[c];
                }
                fresh_outputs();
                random_floats(off, (size_t)n * ch, 0);
                for (unsigned i = 0; i < n * ch; i++) {
                    float v = random_float(0);
                    memcpy((uint8_t *)at(&want_buf, 7 - off) + 4 * i, &v, 4);
                    memcpy((uint8_t *)at(&got_buf, 7 - off) + 4 * i, &v, 4);
                }
                mmk_dsp_c.mix(at(&want_buf, 7 - off), at(&src_buf, off), n, ch, from, to);
                t->mix(at(&got_buf, 7 - off), at(&src_buf, off), n, ch, from, to);
                same_outputs("mix");
            }
}

static void check_remix(const struct mmk_dsp *t)
{
    float matrix[MMK_CHANNELS_MAX * MMK_CHANNELS_MAX];
    for (unsigned in = 1; in <= MMK_CHANNELS_MAX; in++)
        for (unsigned out = 1; out <= MMK_CHANNELS_MAX; out++)
            for (unsigned n = 0; n < 100; n = n < 20 ? n + 1 : n * 5 / 4) {
                unsigned off = n % 8;
                for (unsigned i = 0; i < in * out; i++)
                    matrix[i] = random_float(0);
                fresh_outputs();
                random_floats(off, (size_t)n * in, 0);
                mmk_dsp_c.remix(at(&want_buf, 7 - off), at(&src_buf, off), n, in, out, matrix);
                t->remix(at(&got_buf, 7 - off), at(&src_buf, off), n, in, out, matrix);
                same_outputs("remix");
            }
}

static void check_fir(const struct mmk_dsp *t)
{
    static float src[MMK_CHANNELS_MAX * 520], rows[4 * 512], taps[512];
    static double rows_f64[4 * 512];
    for (unsigned n = MMK_FIR_LANES; n <= 512; n += MMK_FIR_LANES)
        for (unsigned ch = 1; ch <= MMK_CHANNELS_MAX; ch++) {
            size_t off = n / MMK_FIR_LANES % 7;
            for (size_t i = 0; i < sizeof src / sizeof *src; i++)
                src[i] = random_float(0);
            for (size_t i = 0; i < 4u * n; i++)
                rows_f64[i] = (double)(rows[i] = random_float(0)) / 3.0;
            memcpy(taps, rows, n * sizeof *taps);
            fresh_outputs();
            mmk_dsp_c.fir(at(&want_buf, 0), src + off, 513, taps, n, ch);
            t->fir(at(&got_buf, 0), src + off, 513, taps, n, ch);
            same_outputs("fir");
            fresh_outputs();
            mmk_dsp_c.fir_f64(at(&want_buf, 0), src + off, 513, rows_f64, n, ch);
            t->fir_f64(at(&got_buf, 0), src + off, 513, rows_f64, n, ch);
            same_outputs("fir_f64");
            float w[4];
            double w64[4];
            for (unsigned i = 0; i < 4; i++)
                w64[i] = (double)(w[i] = random_float(0));
            fresh_outputs();
            mmk_dsp_c.blend(at(&want_buf, 0), rows, w, n);
            t->blend(at(&got_buf, 0), rows, w, n);
            same_outputs("blend");
            fresh_outputs();
            mmk_dsp_c.blend_f64(at(&want_buf, 0), rows_f64, w64, n);
            t->blend_f64(at(&got_buf, 0), rows_f64, w64, n);
            same_outputs("blend_f64");
        }
}

/* a + b rounded to odd: where bits are lost the last one is 1. What is rounded again, to fewer
 * bits, comes out as if it had been rounded once (Boldo and Melquiond). Not by the C library's fma:
 * one of the two that this runs with (mingw's) rounds twice. */
static double odd_sum(double a, double b)
{
    const double sum = a + b, part = sum - a;
    const double lost = (a - (sum - part)) + (b - part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (lost != 0 && (bits & 1) == 0)
        bits += (lost > 0) == (sum > 0) ? 1 : UINT64_MAX;
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    return isfinite(sum) ? odd : sum;
}

static float once_f32(float a, float b, float c)
{
    return (float)odd_sum((double)a * (double)b, (double)c); /* the product is exact */
}

static double half_of(double x) /* its upper 26 bits */
{
    const double scaled = x * 134217729.0;
    return scaled - (scaled - x);
}

static double once_f64(double a, double b, double c)
{
    const double high = a * b, ah = half_of(a), al = a - ah, bh = half_of(b), bl = b - bh;
    const double low = al * bl - (((high - ah * bh) - al * bh) - ah * bl);
    if (!isfinite(high) || !isfinite(low) || !isfinite(c))
        return high + c;
    const double t = c + low, t_part = t - c;
    const double t_low = (c - (t - t_part)) + (low - t_part);
    const double v = high + t, v_part = v - high;
    const double v_low = (high - (v - v_part)) + (t - v_part);
    return v + odd_sum(t_low, v_low);
}

/* One output of fir_lanes by its definition in dsp.h, in float or double, rounded once or twice;
 * and the sum of the products' magnitudes. */
static double lane_f32(const float *src, const float *taps, size_t n, bool fused, double *size)
{
    float sum[2] = {0, 0};
    *size = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t t = k < n / 2 ? k : n - 1 - (k - n / 2);
        float *s = &sum[k >= n / 2];
        const float a = src[t], b = taps[t * MMK_FIR_LANES], product = a * b;
        *s = fused ? once_f32(a, b, *s) : *s + product;
        *size += fabs((double)a * (double)b);
    }
    sum[0] += sum[1];
    return (double)sum[0];
}

static double lane_f64(const double *src, const double *taps, size_t n, bool fused, double *size)
{
    double sum[2] = {0, 0};
    *size = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t t = k < n / 2 ? k : n - 1 - (k - n / 2);
        double *s = &sum[k >= n / 2];
        const double a = src[t], b = taps[t * MMK_FIR_LANES], product = a * b;
        *s = fused ? once_f64(a, b, *s) : *s + product;
        *size += fabs(product);
    }
    return sum[0] + sum[1];
}

/* The tolerance of a sum of n products: Higham, "Accuracy and Stability of Numerical Algorithms",
 * section 3.1, for both ways of rounding. */
static bool near_enough(double a, double b, size_t n, double size, double epsilon)
{
    return fabs(a - b) <= 2.0 * (double)n * epsilon * size;
}

/* All counts of sources, odd and even lengths, a misaligned bank; the outputs' neighbours stay. Now
 * and then samples that no sum can hold, and sources whose products vanish. */
static void check_fir_lanes(const struct mmk_dsp *t)
{
    enum { TAPS = 90, L = MMK_FIR_LANES };
    static float src[MMK_FIR_SOURCES][TAPS + 4], taps[(TAPS + 1) * L];
    static double src_f64[MMK_FIR_SOURCES][TAPS + 4], taps_f64[(TAPS + 1) * L];
    for (unsigned k = 0; k < 34 * MMK_FIR_SOURCES; k++) {
        const unsigned n_src = 1 + k % MMK_FIR_SOURCES, off = k % 3;
        const size_t n = 1 + k / MMK_FIR_SOURCES + (k % 5 == 0 ? 55 : 0);
        const float *from[MMK_FIR_SOURCES];
        const double *from_f64[MMK_FIR_SOURCES];
        const double scale = k % 7 == 0 ? 0x1p63 : k % 11 == 0 ? 0x1p-140 : 1.0;
        for (unsigned i = 0; i < MMK_FIR_SOURCES; i++) {
            from[i] = src[i] + (i + k) % 4;
            from_f64[i] = src_f64[i] + (i + k) % 4;
            for (unsigned j = 0; j < TAPS + 4; j++)
                src_f64[i][j] = (double)(src[i][j] = (float)((double)random_float(0) * scale)) / 3;
        }
        for (unsigned j = 0; j < (TAPS + 1) * L; j++)
            taps_f64[j] = (double)(taps[j] = random_float(0)) / 3;

        fresh_outputs();
        float *f32 = at(&got_buf, 0);
        memcpy(&want_buf, &got_buf, sizeof want_buf);
        t->fir_lanes(f32, from, n_src, taps + off, n);
        for (unsigned i = 0; i < n_src * L; i++) {
            double size;
            const float want = (float)lane_f32(from[i / L], taps + off + i % L, n, t->fused, &size);
            const double other = lane_f32(from[i / L], taps + off + i % L, n, !t->fused, &size);
            memcpy((uint8_t *)at(&want_buf, 0) + 4 * i, &want, 4);
            if (scale == 1.0)
                verdict("fir_lanes",
                        near_enough((double)f32[i], other, n, size, (double)FLT_EPSILON));
        }
        same_outputs("fir_lanes");

        fresh_outputs();
        double *f64 = at(&got_buf, 0);
        memcpy(&want_buf, &got_buf, sizeof want_buf);
        t->fir_lanes_f64(f64, from_f64, n_src, taps_f64 + off, n);
        for (unsigned i = 0; i < n_src * L; i++) {
            double size;
            const double want =
                lane_f64(from_f64[i / L], taps_f64 + off + i % L, n, t->fused, &size);
            const double other =
                lane_f64(from_f64[i / L], taps_f64 + off + i % L, n, !t->fused, &size);
            memcpy((uint8_t *)at(&want_buf, 0) + 8 * i, &want, 8);
            if (scale == 1.0)
                verdict("fir_lanes_f64", near_enough(f64[i], other, n, size, DBL_EPSILON));
        }
        same_outputs("fir_lanes_f64");
    }
}

/* @return the operation that failed first, NULL if all agree */
static const char *check_table(const struct mmk_dsp *t)
{
    first_bad = NULL;
    random_state = 1;
    check_convert(t);
    check_g711(t);
    check_mix(t);
    check_remix(t);
    check_fir(t);
    check_fir_lanes(t);
    return first_bad;
}

static int check_all(void)
{
    const struct mmk_dsp *tables[33] = {&mmk_dsp_c};
    unsigned n = 1, failed = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        const struct mmk_dsp *t = mmk_dsp_select(1u << bit);
        bool known = false;
        for (unsigned i = 0; i < n; i++)
            known = known || tables[i] == t;
        if (!known && check_dsp_runs_here(1u << bit))
            tables[n++] = t;
    }
    for (unsigned i = 0; i < n; i++) {
        n_checks = n_bad = 0;
        const char *bad = check_table(tables[i]);
        printf("%s: %u comparisons, %u differ%s%s\n", tables[i]->name, n_checks, n_bad,
               bad ? ", first in " : "", bad ? bad : "");
        failed += bad != NULL;
    }
    printf("%u passed, %u failed\n", n - failed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--self-test"))
        return check_dsp_self_test(check_table);
    return check_all();
}
