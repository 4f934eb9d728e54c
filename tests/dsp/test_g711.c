/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include <mmk/dsp.h>

#include "dsp/holds.h"

#define PI 3.14159265358979323846

/* Transcribed from ITU-T Rec. G.711 (11/88), tables 1a/2a, columns 1 and 2: "number of intervals x
 * interval size" of each segment. Decision values are the running sum, quantised values the
 * middles. */
struct law {
    int n_intervals[9], size[9], n_segments;
    int scale; /* 16-bit steps in a table unit */
    unsigned inversion;
    mmk_sample sample;
};

static const struct law a_law = {
    {32, 16, 16, 16, 16, 16, 16}, {2, 4, 8, 16, 32, 64, 128}, 7, 8, 0x55, MMK_SAMPLE_ALAW};
static const struct law mu_law = {{1, 15, 16, 16, 16, 16, 16, 16, 16},
                                  {1, 2, 4, 8, 16, 32, 64, 128, 256},
                                  9,
                                  4,
                                  0,
                                  MMK_SAMPLE_ULAW};

static double decision[129];

static void build(const struct law *law)
{
    int n = 0, x = 0;
    for (int s = 0; s < law->n_segments; s++)
        for (int i = 0; i < law->n_intervals[s]; i++) {
            decision[n++] = x;
            x += law->size[s];
        }
    cr_assert_eq(n, 128);
    decision[128] = x;
}

/* Mu-law's first interval, 0 .. 1, has the quantised value 0 (table 2a); all others their middle.
 */
static double quantised(const struct law *law, int n)
{
    return law->scale == 4 && n == 0 ? 0.0 : (decision[n] + decision[n + 1]) / 2;
}

/* Column 6, "character signal before inversion" of table 1a counts 1000 0000 upwards; table 2a's
 * final signal counts 1111 1111 downwards. The polarity bit is 1 for positive values in both. */
static uint8_t code_of(const struct law *law, int n, int negative)
{
    unsigned c = law->scale == 8 ? 0x80u | (unsigned)n : 0xFFu - (unsigned)n;
    return (uint8_t)((c & 0x7Fu) | (negative ? 0u : 0x80u)) ^ (uint8_t)law->inversion;
}

static void check_law(const struct law *law)
{
    build(law);
    for (int n = 0; n < 128; n++)
        for (int negative = 0; negative < 2; negative++) {
            uint8_t code = code_of(law, n, negative);
            float f;
            mmk_dsp_c.to_f32[law->sample](&f, &code, 1);
            double want = quantised(law, n) * law->scale / 32768.0;
            HOLDS_MSG((double)f == (negative ? -want : want), "code %02x", code);
        }
    for (int v = -32768; v <= 32767; v++) {
        double x = fabs((double)v) / law->scale;
        int n = 0;
        /* a decision value belongs to the upper interval if positive, to the lower one if negative
         */
        while (n < 127 && (v < 0 ? x > decision[n + 1] : x >= decision[n + 1]))
            n++;
        float f = (float)v / 32768.0f;
        uint8_t code;
        mmk_dsp_c.from_f32[law->sample](&code, &f, 1);
        HOLDS_MSG(code == code_of(law, n, v < 0), "%d gives %02x, not %02x", v, code,
                  code_of(law, n, v < 0));
    }
}

Test(g711, a_law_is_table_1)
{
    check_law(&a_law);
}

Test(g711, mu_law_is_table_2)
{
    check_law(&mu_law);
}

/* G.711 tables 5 and 6: these eight codes, repeated, are a 1 kHz sine of 0 dBm0; the theoretical
 * load capacity is +3.14 dBm0 (A) and +3.17 dBm0 (mu), that of a sine which reaches 4096 or 8159.
 */
Test(g711, digital_milliwatt_has_its_level)
{
    static const uint8_t a[8] = {0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4};
    static const uint8_t mu[8] = {0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E};
    for (int k = 0; k < 2; k++) {
        float f[8];
        double s = 0, c = 0, full = k ? 8159.0 * 4 / 32768 : 1.0;
        mmk_dsp_c.to_f32[k ? MMK_SAMPLE_ULAW : MMK_SAMPLE_ALAW](f, k ? mu : a, 8);
        for (int i = 0; i < 8; i++) {
            s += (double)f[i] * sin(PI * (i + 0.5) / 4) / 4;
            c += (double)f[i] * cos(PI * (i + 0.5) / 4) / 4;
        }
        HOLDS(fabs(20 * log10(hypot(s, c) / full) - (k ? -3.17 : -3.14)) <= 0.02);
    }
}

Test(g711, codes_survive_a_round_trip)
{
    uint8_t codes[256], back[256];
    float f[256];
    for (int i = 0; i < 256; i++)
        codes[i] = (uint8_t)i;
    mmk_dsp_c.to_f32[MMK_SAMPLE_ALAW](f, codes, 256);
    mmk_dsp_c.from_f32[MMK_SAMPLE_ALAW](back, f, 256);
    cr_assert_arr_eq(codes, back, 256);
    mmk_dsp_c.to_f32[MMK_SAMPLE_ULAW](f, codes, 256);
    mmk_dsp_c.from_f32[MMK_SAMPLE_ULAW](back, f, 256);
    codes[0x7F] = 0xFF; /* mu-law has two zeros; both become the positive one */
    cr_assert_arr_eq(codes, back, 256);
}

Test(g711, extremes_saturate)
{
    const float f[] = {1.0f, 2.0f, INFINITY, -1.0f, -INFINITY, NAN, 0.0f};
    const uint8_t a[] = {0xAA, 0xAA, 0xAA, 0x2A, 0x2A, 0xD5, 0xD5};
    const uint8_t mu[] = {0x80, 0x80, 0x80, 0x00, 0x00, 0xFF, 0xFF};
    uint8_t out[7];
    mmk_dsp_c.from_f32[MMK_SAMPLE_ALAW](out, f, 7);
    cr_assert_arr_eq(out, a, 7);
    mmk_dsp_c.from_f32[MMK_SAMPLE_ULAW](out, f, 7);
    cr_assert_arr_eq(out, mu, 7);
}
