/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include <mmk/dsp.h>

#include "dsp/holds.h"

/* KSAUDIO_SPEAKER_* masks (ksmedia.h). */
enum {
    MONO = 0x4,
    STEREO = 0x3,
    QUAD = 0x33,
    SURROUND = 0x107, /* L R C S */
    X51_BACK = 0x3F,
    X51_SIDE = 0x60F,
    X71_SIDE = 0x63F,
    X71_WIDE = 0xFF
};

static void expect(unsigned in, uint32_t in_mask, unsigned out, uint32_t out_mask,
                   const double *rows, double divisor)
{
    float m[64];
    cr_assert_eq(mmk_remix_matrix(in, in_mask, out, out_mask, m), MMK_OK);
    for (unsigned o = 0; o < out; o++)
        for (unsigned i = 0; i < in; i++)
            HOLDS_MSG(fabs((double)m[o * in + i] - rows[o * in + i] / divisor) <= 1e-6,
                      "%u > %u: out %u in %u is %g", in, out, o, i, (double)m[o * in + i]);
}

#define H 0.70710678118654752

Test(remix, identity_for_equal_layouts)
{
    static const uint32_t masks[] = {MONO, STEREO, QUAD, X51_BACK, X51_SIDE, X71_SIDE, X71_WIDE};
    static const unsigned counts[] = {1, 2, 4, 6, 6, 8, 8};
    for (int k = 0; k < 7; k++) {
        double rows[64] = {0};
        for (unsigned i = 0; i < counts[k]; i++)
            rows[i * counts[k] + i] = 1.0;
        expect(counts[k], masks[k], counts[k], masks[k], rows, 1.0);
    }
    for (unsigned n = 1; n <= 8; n++) {
        double rows[64] = {0};
        for (unsigned i = 0; i < n; i++)
            rows[i * n + i] = 1.0;
        expect(n, 0, n, 0, rows, 1.0);
    }
}

Test(remix, mono_copies_and_stereo_averages)
{
    expect(1, 0, 2, 0, (const double[]){1, 1}, 1.0);
    expect(2, 0, 1, 0, (const double[]){0.5, 0.5}, 1.0);
    expect(1, MONO, 6, X51_BACK, (const double[]){0, 0, 1, 0, 0, 0}, 1.0);
    expect(1, MONO, 4, QUAD, (const double[]){1, 1, 0, 0}, 1.0);
}

/* BS.775-3 annex 4, table 2, row 2/0: L' = L + .7071 C + .7071 Ls; and 1/0: .7071 L + .7071 R + C +
 * .5 Ls + .5 Rs. */
Test(remix, five_one_to_two_and_one)
{
    const double two[] = {1, 0, H, 0, H, 0, 0, 1, H, 0, 0, H};
    expect(6, X51_BACK, 2, STEREO, two, 1 + 2 * H);
    expect(6, X51_SIDE, 2, STEREO, two, 1 + 2 * H);
    expect(6, 0, 2, 0, two, 1 + 2 * H);
    expect(6, X51_BACK, 1, MONO, (const double[]){H, H, 1, 0, 0.5, 0.5}, 2 + 2 * H);
}

/* The same table, source 3/1 (one surround): L' = L + .7071 C + .5 S; 2/2: the surrounds take S at
 * -3 dB each. */
Test(remix, one_surround_spreads)
{
    const double two[] = {1, 0, H, 0.5, 0, 1, H, 0.5};
    expect(4, SURROUND, 2, STEREO, two, 1.5 + H);
    const double quad[] = {1, 0, H, 0, 0, 1, H, 0, 0, 0, 0, H, 0, 0, 0, H};
    expect(4, SURROUND, 4, QUAD, quad, 1 + H);
}

Test(remix, stereo_to_five_one_stays_in_front)
{
    const double rows[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    expect(2, STEREO, 6, X51_BACK, rows, 1.0);
}

Test(remix, seven_one_to_five_one_joins_sides_and_backs)
{
    const double rows[] = {1, 0, 0, 0, 0, 0, 0, 0, /* FL */
                           0, 1, 0, 0, 0, 0, 0, 0, /* FR */
                           0, 0, 1, 0, 0, 0, 0, 0, /* FC */
                           0, 0, 0, 1, 0, 0, 0, 0, /* LFE */
                           0, 0, 0, 0, 1, 0, H, 0, /* BL <- BL + SL */
                           0, 0, 0, 0, 0, 1, 0, H};
    expect(8, X71_SIDE, 6, X51_BACK, rows, 1 + H);
    const double two[] = {1, 0, H, 0, H, 0, H, 0, 0, 1, H, 0, 0, H, 0, H};
    expect(8, X71_SIDE, 2, STEREO, two, 1 + 3 * H);
}

Test(remix, side_and_back_five_one_are_the_same_room)
{
    double rows[36] = {0};
    for (int i = 0; i < 6; i++)
        rows[i * 6 + i] = 1.0;
    expect(6, X51_SIDE, 6, X51_BACK, rows, 1.0);
    expect(6, X51_BACK, 6, X51_SIDE, rows, 1.0);
}

Test(remix, five_one_to_quad_folds_the_centre)
{
    const double rows[] = {1, 0, H, 0, 0, 0, 0, 1, H, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1};
    expect(6, X51_BACK, 4, QUAD, rows, 1 + H);
}

Test(remix, quiet_rows_are_not_raised)
{
    expect(2, 0x30, 2, STEREO, (const double[]){H, 0, 0, H}, 1.0); /* BL, BR alone */
    expect(2, 0x30, 1, MONO, (const double[]){0.5, 0.5}, 1.0);
}

Test(remix, channels_without_a_place_keep_their_number)
{
    const double rows[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    expect(3, STEREO, 3, STEREO, rows, 1.0);
    float m[6];
    cr_assert_eq(mmk_remix_matrix(3, STEREO, 2, STEREO, m), MMK_OK);
    cr_assert(m[2] == 0.0f && m[5] == 0.0f);
}

Test(remix, no_row_ever_exceeds_unity)
{
    srand(5);
    for (int k = 0; k < 20000; k++) {
        unsigned in = 1 + (unsigned)rand() % 8, out = 1 + (unsigned)rand() % 8;
        uint32_t in_mask = (uint32_t)rand() & 0x3FFFF, out_mask = (uint32_t)rand() & 0x3FFFF;
        float m[64];
        HOLDS(mmk_remix_matrix(in, in_mask, out, out_mask, m) == MMK_OK);
        for (unsigned o = 0; o < out; o++) {
            double sum = 0;
            for (unsigned i = 0; i < in; i++) {
                HOLDS(m[o * in + i] >= 0.0f);
                sum += (double)m[o * in + i];
            }
            HOLDS(sum <= 1.0 + 1e-6);
        }
    }
}

Test(remix, counts_are_checked)
{
    float m[64] = {7.0f};
    cr_assert_eq(mmk_remix_matrix(0, 0, 2, 0, m), MMK_ERR_RANGE);
    cr_assert_eq(mmk_remix_matrix(2, 0, 9, 0, m), MMK_ERR_RANGE);
    cr_assert_eq(mmk_remix_matrix(2, 0, 2, 0, NULL), MMK_ERR_INVAL);
    cr_assert_eq(m[0], 7.0f);
}

Test(remix, kernel_is_the_matrix_product)
{
    for (unsigned in = 1; in <= 8; in++)
        for (unsigned out = 1; out <= 8; out++) {
            float src[8 * 5], dst[8 * 5], m[64];
            for (unsigned i = 0; i < in * 5; i++)
                src[i] = (float)rand() / (float)RAND_MAX - 0.5f;
            for (unsigned i = 0; i < in * out; i++)
                m[i] = (float)rand() / (float)RAND_MAX;
            mmk_dsp_c.remix(dst, src, 5, in, out, m);
            for (unsigned f = 0; f < 5; f++)
                for (unsigned o = 0; o < out; o++) {
                    double want = 0;
                    for (unsigned i = 0; i < in; i++)
                        want += (double)m[o * in + i] * (double)src[f * in + i];
                    HOLDS(fabs((double)dst[f * out + o] - want) <= 2e-6);
                }
        }
}
