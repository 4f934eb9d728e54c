/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/dsp.h>

#include "dsp/holds.h"

/* Oracle: nearbyint of the C library on doubles, which hold every product here exactly. */
static int64_t expected(float v, int bits)
{
    double scale = ldexp(1.0, bits - 1), r = nearbyint((double)v * scale);
    if (isnan(v))
        return 0;
    return r > scale - 1 ? (int64_t)scale - 1 : r < -scale ? (int64_t)-scale : (int64_t)r;
}

static int64_t read_int(const uint8_t *p, mmk_sample sample)
{
    switch ((int)sample) {
    case MMK_SAMPLE_U8:
        return p[0] - 128;
    case MMK_SAMPLE_S16:
        return (int16_t)(p[0] | p[1] << 8);
    case MMK_SAMPLE_S24:
        return (p[0] | p[1] << 8 | p[2] << 16) - (p[2] & 0x80 ? 1 << 24 : 0);
    default:
        return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                         (uint32_t)p[3] << 24);
    }
}

static const struct {
    mmk_sample sample;
    int bits;
} integers[] = {
    {MMK_SAMPLE_U8, 8}, {MMK_SAMPLE_S16, 16}, {MMK_SAMPLE_S24, 24}, {MMK_SAMPLE_S32, 32}};

static void check_from(const float *v, size_t n)
{
    uint8_t *out = malloc(4 * n);
    for (size_t k = 0; k < sizeof integers / sizeof *integers; k++) {
        size_t bytes = (size_t)integers[k].bits / 8;
        mmk_dsp_c.from_f32[integers[k].sample](out, v, n);
        for (size_t i = 0; i < n; i++)
            HOLDS_MSG(read_int(out + i * bytes, integers[k].sample) ==
                          expected(v[i], integers[k].bits),
                      "%d bits of %a", integers[k].bits, (double)v[i]);
    }
    free(out);
}

Test(convert, every_tie_rounds_to_even)
{
    static float v[2 * 65600];
    size_t n = 0;
    for (int k = -32800; k < 32800; k++) {
        v[n++] = ((float)k + 0.5f) / 32768.0f;
        v[n++] = ((float)k + 0.5f) / 128.0f / 256.0f;
    }
    check_from(v, n);
}

Test(convert, any_float_rounds_and_saturates)
{
    static float v[1 << 18];
    srand(7);
    for (size_t i = 0; i < 1 << 18; i++) {
        uint32_t bits = (uint32_t)rand() << 17 ^ (uint32_t)rand();
        if (i % 2) /* near full scale, where most of the work is done */
            bits = (bits & 0x807FFFFFu) | (uint32_t)(100 + rand() % 30) << 23;
        memcpy(&v[i], &bits, 4);
    }
    check_from(v, 1 << 18);
    const float special[] = {NAN,     -NAN,       INFINITY,   -INFINITY,      0.0f,
                             -0.0f,   1.0f,       -1.0f,      0.99999994f,    -0.99999994f,
                             1e-45f,  -1e-45f,    3.4e38f,    -3.4e38f,       1.0000001f,
                             0.5f,    0x1p-31f,   0x1.8p-31f, 0x1.fffffep-1f, -0x1.000002p0f,
                             0x1p-9f, 0x1.8p-16f, 0x1p-16f,   0x1.8p-24f,     -0x1p-24f};
    check_from(special, sizeof special / sizeof *special);
}

Test(convert, integers_up_to_24_bits_come_back)
{
    static uint8_t in[3 << 16], out[3 << 16];
    static float f[1 << 16];
    for (unsigned high = 0; high < 256; high++) {
        for (unsigned i = 0; i < 1 << 16; i++) {
            in[3 * i] = (uint8_t)i;
            in[3 * i + 1] = (uint8_t)(i >> 8);
            in[3 * i + 2] = (uint8_t)high;
        }
        mmk_dsp_c.to_f32[MMK_SAMPLE_S24](f, in, 1 << 16);
        for (unsigned i = 0; i < 1 << 16; i += 257)
            HOLDS((double)f[i] == (double)read_int(in + 3 * i, MMK_SAMPLE_S24) / 8388608.0);
        mmk_dsp_c.from_f32[MMK_SAMPLE_S24](out, f, 1 << 16);
        cr_assert_arr_eq(in, out, sizeof in);
    }
    for (unsigned i = 0; i < 1 << 16; i++) {
        in[2 * i] = (uint8_t)i;
        in[2 * i + 1] = (uint8_t)(i >> 8);
    }
    mmk_dsp_c.to_f32[MMK_SAMPLE_S16](f, in, 1 << 16);
    cr_assert_eq(f[0x8000], -1.0f);
    cr_assert_eq(f[1], 0x1p-15f);
    mmk_dsp_c.from_f32[MMK_SAMPLE_S16](out, f, 1 << 16);
    cr_assert_arr_eq(in, out, 2 << 16);
    for (unsigned i = 0; i < 256; i++)
        in[i] = (uint8_t)i;
    mmk_dsp_c.to_f32[MMK_SAMPLE_U8](f, in, 256);
    cr_assert_eq(f[0], -1.0f);
    cr_assert_eq(f[128], 0.0f);
    mmk_dsp_c.from_f32[MMK_SAMPLE_U8](out, f, 256);
    cr_assert_arr_eq(in, out, 256);
}

Test(convert, s32_rounds_once_to_the_nearest_float)
{
    srand(3);
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)rand() << 17 ^ (uint32_t)rand();
        uint8_t in[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                         (uint8_t)(bits >> 24)};
        float f;
        mmk_dsp_c.to_f32[MMK_SAMPLE_S32](&f, in, 1);
        HOLDS(f == (float)((double)(int32_t)bits / 2147483648.0));
    }
}

Test(convert, floats_pass_bit_exact_and_doubles_round)
{
    uint32_t bits[] = {0x80000000u, 1u, 0x3F800000u, 0xC2C80001u, 0x5F7FFFFFu, 0xDF800000u};
    float f[6], back[6];
    double d[6];
    mmk_dsp_c.to_f32[MMK_SAMPLE_F32](f, bits, 6);
    cr_assert_arr_eq(f, bits, sizeof bits);
    mmk_dsp_c.from_f32[MMK_SAMPLE_F32](back, f, 6);
    cr_assert_arr_eq(back, bits, sizeof bits);
    mmk_dsp_c.from_f32[MMK_SAMPLE_F64](d, f, 6);
    cr_assert(d[2] == 1.0 && signbit(d[0]) && d[1] == 0x1p-149);

    const double in[] = {1e300, -1e300, 5e38, 0.1, -0.1, 1.0 + 0x1p-24, 1.0 + 0x1.8p-23};
    const float want[] = {0x1p64f, -0x1p64f, 0x1p64f, 0.1f, -0.1f, 1.0f, 0x1.000004p0f};
    float out[7];
    mmk_dsp_c.to_f32[MMK_SAMPLE_F64](out, in, 7);
    for (int i = 0; i < 7; i++)
        HOLDS_MSG(out[i] == want[i], "%a", in[i]);
}

Test(convert, nothing_but_numbers_comes_in)
{
    const float in[] = {NAN, -NAN, INFINITY, -INFINITY, 3.4e38f, -0x1.000002p64f};
    const float want[] = {0.0f, 0.0f, 0x1p64f, -0x1p64f, 0x1p64f, -0x1p64f};
    double wide[6];
    float out[6];
    for (int i = 0; i < 6; i++)
        wide[i] = (double)in[i];
    mmk_dsp_c.to_f32[MMK_SAMPLE_F32](out, in, 6);
    for (int i = 0; i < 6; i++)
        HOLDS_MSG(out[i] == want[i], "%a", (double)in[i]);
    mmk_dsp_c.to_f32[MMK_SAMPLE_F64](out, wide, 6);
    for (int i = 0; i < 6; i++)
        HOLDS_MSG(out[i] == want[i], "%a", wide[i]);
}

Test(convert, none_does_nothing)
{
    float f = 0.25f;
    struct mmk_dither dither = {0};
    mmk_dsp_c.to_f32[MMK_SAMPLE_NONE](&f, "abcd", 1);
    cr_assert_eq(f, 0.25f);
    uint8_t out = 7;
    mmk_dsp_c.from_f32[MMK_SAMPLE_NONE](&out, &f, 1);
    mmk_dsp_c.from_f32_tpdf[MMK_SAMPLE_NONE](&out, &f, 1, &dither);
    cr_assert_eq(out, 7);
}

/* The oracle is the sum in double: exact products, so only the reference's own roundings differ. */
Test(mix, follows_the_gain_line)
{
    enum { N = 480 };
    for (unsigned ch = 1; ch <= 8; ch++) {
        float dst[N * 8], src[N * 8], from[8], to[8];
        double want[N * 8];
        for (unsigned i = 0; i < N * ch; i++) {
            dst[i] = (float)(i % 7) / 7.0f;
            src[i] = (float)(i % 11) / 11.0f - 0.5f;
        }
        for (unsigned c = 0; c < ch; c++) {
            from[c] = 0.1f * (float)c;
            to[c] = 1.0f - 0.07f * (float)c;
        }
        for (unsigned i = 0; i < N; i++)
            for (unsigned c = 0; c < ch; c++) {
                double g = (double)from[c] + ((double)to[c] - (double)from[c]) * i / N;
                want[i * ch + c] = (double)dst[i * ch + c] + (double)src[i * ch + c] * g;
            }
        mmk_dsp_c.mix(dst, src, N, ch, from, to);
        for (unsigned i = 0; i < N * ch; i++)
            HOLDS(fabs((double)dst[i] - want[i]) < 3e-7);
    }
}

Test(mix, unity_gain_adds_exactly_and_nothing_is_nothing)
{
    float dst[6] = {0}, src[6] = {0.1f, -0.2f, 0.3f, 1e-20f, -1.0f, 0.7f};
    const float one[2] = {1.0f, 1.0f}, half[2] = {1.0f, 0.5f};
    mmk_dsp_c.mix(dst, src, 3, 2, one, one);
    cr_assert_arr_eq(dst, src, sizeof src);
    mmk_dsp_c.mix(dst, src, 3, 2, half, half);
    cr_assert_eq(dst[0], 0.2f);
    cr_assert_eq(dst[1], -0.2f + -0.2f * 0.5f);
    mmk_dsp_c.mix(dst, src, 0, 2, one, half);
    cr_assert_eq(dst[0], 0.2f);
}
