/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/port.h>

#include "dsp/check_dsp.h"
#include "dsp/holds.h"
#include "dsp/measure.h"

#define PI 3.14159265358979323846

/* What is due: the frames whose time, k * in / out, is before the input's end. A speed_max of 0.5
 * holds the speed there. */
static size_t due(const struct mmk_resampler_config *c, uint64_t n_in)
{
    uint64_t out_hz = c->out_rate_hz * (c->speed_max == 0.5 ? 2u : 1u);
    return (size_t)((n_in * out_hz + c->in_rate_hz - 1) / c->in_rate_hz);
}

static float *random_frames(size_t n)
{
    float *v = malloc(n * sizeof *v + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)rand() / (float)RAND_MAX * 2.0f - 1.0f;
    return v;
}

/* Push `in` in random pieces, asking for random amounts; the announced need must be exact. */
static size_t in_pieces(struct mmk_resampler *r, unsigned ch, const float *in, size_t n_in,
                        float *out, size_t largest)
{
    size_t pos = 0, made = 0, k = 0;
    while (pos < n_in) {
        size_t n = (size_t)rand() % largest, room = (size_t)rand() % largest, used;
        n = n > n_in - pos ? n_in - pos : n;
        size_t need = mmk_resampler_need(r, room);
        mmk_resampler_process(r, in + pos * ch, n, &used, out + made * ch, room, &k);
        HOLDS(k <= room);
        HOLDS_MSG(used == (n < need ? n : need), "used %zu of %zu, need %zu", used, n, need);
        if (n >= need)
            HOLDS_MSG(k == room, "need %zu was met", need);
        else
            HOLDS_MSG(k < room, "need %zu was not met", need);
        pos += used;
        made += k;
    }
    do {
        mmk_resampler_drain(r, out + made * ch, 1 + (size_t)rand() % largest, &k);
        made += k;
    } while (k);
    return made;
}

static const struct {
    uint32_t in_hz, out_hz;
    unsigned channels;
    mmk_quality quality;
    double speed_max;
} cases[] = {
    {44100, 48000, 2, MMK_QUALITY_HIGH, 0},   {48000, 44100, 1, MMK_QUALITY_HIGH, 0},
    {44100, 47999, 2, MMK_QUALITY_HIGH, 0},   {44100, 48001, 3, MMK_QUALITY_HIGH, 0},
    {8000, 48000, 1, MMK_QUALITY_ULTRA, 0},   {96000, 44100, 8, MMK_QUALITY_FAST, 0},
    {44100, 47999, 2, MMK_QUALITY_ULTRA, 0},  {1000, 383999, 1, MMK_QUALITY_DRAFT, 0},
    {384000, 1000, 2, MMK_QUALITY_DRAFT, 0},  {48000, 48000, 2, MMK_QUALITY_HIGH, 0},
    {44100, 48000, 2, MMK_QUALITY_HIGH, 4.0}, {48000, 48000, 2, MMK_QUALITY_FAST, 1.05},
    {48000, 44100, 5, MMK_QUALITY_DRAFT, 16}, {22050, 48000, 1, MMK_QUALITY_ULTRA, 2},
    {44100, 48000, 1, MMK_QUALITY_HIGH, 0.5},
};

#define N_CASES (sizeof cases / sizeof *cases)

static struct mmk_resampler_config config_of(size_t k)
{
    return (struct mmk_resampler_config){.in_rate_hz = cases[k].in_hz,
                                         .out_rate_hz = cases[k].out_hz,
                                         .channels = cases[k].channels,
                                         .quality = cases[k].quality,
                                         .speed_max = cases[k].speed_max};
}

Test(resample, any_cutting_gives_the_same_bits_and_all_frames)
{
    srand(4);
    for (size_t k = 0; k < N_CASES; k++) {
        struct mmk_resampler_config c = config_of(k);
        double ratio = (double)c.out_rate_hz / c.in_rate_hz;
        size_t n_in = ratio > 20 ? 700 : ratio < 0.1 ? 60000 : 9000;
        float *in = random_frames(n_in * c.channels), *whole;
        size_t n = measure_convert(&c, in, n_in, &whole);
        HOLDS_MSG(n == due(&c, n_in), "case %zu: %zu", k, n);
        struct mmk_resampler *r = measure_open(&c);
        float *cut = malloc((n + 2000) * c.channels * sizeof *cut);
        for (int again = 0; again < 2; again++) { /* a reset gives a new object */
            size_t m = in_pieces(r, c.channels, in, n_in, cut, again ? 7 : 1500);
            HOLDS_MSG(m == n, "case %zu: %zu, not %zu", k, m, n);
            HOLDS(mmk_resampler_position(r) >= n_in);
            cr_assert_arr_eq(cut, whole, n * c.channels * sizeof *cut, "case %zu", k);
            mmk_resampler_reset(r);
        }
        measure_close(r);
        free(in);
        free(cut);
        free(whole);
    }
}

/* The kernels of other CPUs: any cutting gives the same bits there too, and what they make differs
 * from the reference by rounding alone: -125 dB of full scale at most, some -140 in the mean. */
Test(resample, every_kind_of_cpu_keeps_the_promises)
{
    static const uint32_t kinds[] = {MMK_CPU_AVX2_FMA, MMK_CPU_AVX512, MMK_CPU_NEON};
    for (size_t i = 0; i < N_CASES * sizeof kinds / sizeof *kinds; i++) {
        const uint32_t kind = kinds[i / N_CASES];
        struct mmk_resampler_config c = config_of(i % N_CASES);
        const struct mmk_dsp *dsp = mmk_dsp_select(kind);
        if (dsp == &mmk_dsp_c || !check_dsp_runs_here(kind))
            continue;
        double ratio = (double)c.out_rate_hz / c.in_rate_hz, error = 0;
        size_t n_in = ratio > 20 ? 300 : ratio < 0.1 ? 30000 : 4000;
        float *in = random_frames(n_in * c.channels), *plain, *whole;
        size_t n = measure_convert(&c, in, n_in, &plain);
        c.dsp = dsp;
        HOLDS(measure_convert(&c, in, n_in, &whole) == n);
        float *cut = malloc((n + 2000) * c.channels * sizeof *cut);
        for (int again = 0; again < 2; again++) {
            struct mmk_resampler *r = measure_open(&c);
            HOLDS(in_pieces(r, c.channels, in, n_in, cut, again ? 7 : 1500) == n);
            cr_assert_arr_eq(cut, whole, n * c.channels * sizeof *cut, "%s case %zu", dsp->name,
                             i % N_CASES);
            measure_close(r);
        }
        for (size_t k = 0; k < n * c.channels; k++) {
            double d = fabs((double)whole[k] - (double)plain[k]);
            HOLDS_MSG(d < 5.6e-7, "%s case %zu: %g", dsp->name, i % N_CASES, d);
            error += d * d;
        }
        HOLDS(sqrt(error / (double)(n * c.channels)) < 1e-7);
        free(in);
        free(cut);
        free(plain);
        free(whole);
    }
}

Test(resample, short_inputs_come_out_whole)
{
    for (size_t k = 0; k < N_CASES; k++)
        for (size_t n_in = 0; n_in < 5; n_in++) {
            struct mmk_resampler_config c = config_of(k);
            float *in = random_frames(n_in * c.channels), *out;
            HOLDS(measure_convert(&c, in, n_in, &out) == due(&c, n_in));
            free(in);
            free(out);
        }
}

Test(resample, lookahead_is_what_the_first_frame_waits_for)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct mmk_resampler_config c = config_of(k);
        struct mmk_resampler *r = measure_open(&c);
        size_t ahead = mmk_resampler_lookahead(r), used, made;
        float frame[8] = {0}, out[8];
        HOLDS(mmk_resampler_need(r, 1) == ahead);
        for (size_t i = 1; i <= ahead; i++) {
            mmk_resampler_process(r, frame, 1, &used, out, 1, &made);
            HOLDS(used == 1);
            HOLDS(made == (i == ahead));
        }
        measure_close(r);
    }
}

/* The output of a sine is that sine at the new rate, in phase: no delay, not even a fraction of a
 * frame. */
Test(resample, output_stands_at_the_time_of_the_input)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct mmk_resampler_config c = config_of(k);
        double low = c.in_rate_hz < c.out_rate_hz ? c.in_rate_hz : c.out_rate_hz;
        double f = 0.11 * low, speed = c.speed_max == 0.5 ? 0.5 : 1.0;
        double out_step = speed / c.out_rate_hz;
        struct mmk_resampler *r = measure_open(&c);
        size_t edge = mmk_resampler_lookahead(r);
        measure_close(r);
        size_t n_in = 2 * edge + (c.in_rate_hz > 100000 ? 40000 : 2000);
        float *in = malloc(n_in * c.channels * sizeof *in), *out;
        for (size_t i = 0; i < n_in; i++)
            for (unsigned ch = 0; ch < c.channels; ch++)
                in[i * c.channels + ch] =
                    (float)sin(2 * PI * fmod(f * (double)i / c.in_rate_hz, 1.0) + ch);
        size_t n = measure_convert(&c, in, n_in, &out);
        size_t skip = (size_t)((double)edge / out_step / c.in_rate_hz) + 1;
        double limit = c.quality == MMK_QUALITY_DRAFT ? 2e-3 : 5e-5;
        if (c.quality >= MMK_QUALITY_HIGH)
            limit = 1e-6;
        for (size_t i = skip; i + skip < n; i++)
            for (unsigned ch = 0; ch < c.channels; ch++) {
                double want = sin(2 * PI * fmod(f * (double)i * out_step, 1.0) + ch);
                HOLDS_MSG(fabs((double)out[i * c.channels + ch] - want) < limit,
                          "case %zu frame %zu", k, i);
            }
        free(in);
        free(out);
    }
}

Test(resample, equal_rates_copy_bits)
{
    struct mmk_resampler_config c = {48000, 48000, 2, MMK_QUALITY_HIGH, 0, NULL};
    float in[8] = {0.1f, -0.0f, NAN, INFINITY, 1e-40f, -3.0f, 0.5f, 1.0f}, *out;
    cr_assert_eq(measure_convert(&c, in, 4, &out), 4);
    cr_assert_arr_eq(in, out, sizeof in);
    free(out);
}

Test(resample, constants_and_channels_stay_themselves)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct mmk_resampler_config c = config_of(k);
        size_t n_in = c.in_rate_hz > 100000 ? 30000 : 3000;
        float *in = malloc(n_in * c.channels * sizeof *in), *out;
        for (size_t i = 0; i < n_in * c.channels; i++)
            in[i] = 0.1f * (float)(i % c.channels + 1);
        size_t n = measure_convert(&c, in, n_in, &out);
        double limit = c.quality == MMK_QUALITY_DRAFT ? 1e-6 : 3e-7;
        for (size_t i = n / 2 - n / 8; i < n / 2 + n / 8; i++)
            for (unsigned ch = 0; ch < c.channels; ch++)
                HOLDS(fabs((double)out[i * c.channels + ch] - 0.1 * (ch + 1)) <= limit * (ch + 1));
        free(in);
        free(out);
    }
}

/* The project's promise: 48000 > 44100 > 48000 through float32 keeps the pass band to 120 dB. The
 * whole band at once: 97 sines up to 0.91 of 22050 Hz, and what comes back is compared with what
 * went in. */
Test(resample, there_and_back_is_transparent)
{
    enum { N = 48000, TONES = 97 };
    static float in[N];
    static double exact[N];
    for (int t = 0; t < TONES; t++) {
        double f = 0.91 * 22050 * (t + 0.5) / TONES, phase = t * t * 0.7;
        for (int i = 0; i < N; i++)
            exact[i] += sin(2 * PI * fmod(f * i / 48000, 1.0) + phase) / TONES * 4;
    }
    for (int i = 0; i < N; i++)
        in[i] = (float)exact[i];
    struct mmk_resampler_config down = {48000, 44100, 1, MMK_QUALITY_HIGH, 0, NULL};
    struct mmk_resampler_config up = {44100, 48000, 1, MMK_QUALITY_HIGH, 0, NULL};
    float *mid, *out;
    size_t n_mid = measure_convert(&down, in, N, &mid);
    cr_assert_eq(n_mid, 44100);
    cr_assert_eq(measure_convert(&up, mid, n_mid, &out), N);
    double signal = 0, error = 0;
    for (int i = 500; i < N - 500; i++) {
        signal += exact[i] * exact[i];
        error += ((double)out[i] - exact[i]) * ((double)out[i] - exact[i]);
    }
    cr_assert_gt(10 * log10(signal / error), 120.0, "%g dB", 10 * log10(signal / error));
    free(mid);
    free(out);
}

/* Play a sine at changing speed; the exact position of every frame is known, so is its value. */
static double worst_at_speeds(struct mmk_resampler_config *c, double f, unsigned block,
                              double (*speed)(unsigned))
{
    enum { N_IN = 200000 };
    static float in[N_IN];
    struct mmk_resampler *r = measure_open(c);
    for (int i = 0; i < N_IN; i++)
        in[i] = (float)sin(2 * PI * fmod(f * i, 1.0));
    double worst = 0;
    uint64_t ticks = 0; /* speeds are multiples of 2^-16: positions counted in 2^-16 / out_rate */
    size_t pos = 0, used, made, edge = mmk_resampler_lookahead(r);
    for (unsigned k = 0; pos + 4 * edge + 4000 < N_IN; k++) {
        float out[512];
        double v = speed(k);
        mmk_resampler_set_speed(r, v);
        mmk_resampler_process(r, in + pos, N_IN - pos, &used, out, block, &made);
        HOLDS(made == block);
        HOLDS(mmk_resampler_position(r) == (ticks + block * (uint64_t)(v * 65536) * c->in_rate_hz) /
                                               (65536ull * c->out_rate_hz));
        for (unsigned i = 0; i < block; i++, ticks += (uint64_t)(v * 65536) * c->in_rate_hz) {
            double at = (double)ticks / (65536.0 * c->out_rate_hz);
            if (at > (double)edge)
                worst = fmax(worst, fabs((double)out[i] - sin(2 * PI * fmod(f * at, 1.0))));
        }
        pos += used;
    }
    measure_close(r);
    return worst;
}

static double drift(unsigned k)
{
    return 1.0 + (double)((int)(k * 7919u % 6001) - 3000) / 65536.0; /* +-4.6 %, in 2^-16 */
}

static double jumps(unsigned k)
{
    static const double v[] = {1, 4, 0.25, 1.5, 1, 1.03125, 3.75, 2, 0.5, 1.125, 1};
    return v[k / 5 % 11];
}

static double stay(unsigned k)
{
    (void)k;
    return 1.0;
}

Test(resample, speed_may_change_without_a_click)
{
    struct mmk_resampler_config c = {48000, 48000, 1, MMK_QUALITY_HIGH, 1.05, NULL};
    cr_assert_lt(worst_at_speeds(&c, 0.4 / 1.06, 480, drift), 1e-6);
    c.speed_max = 4.0;
    cr_assert_lt(worst_at_speeds(&c, 0.08, 333, jumps), 1e-6);
    c.in_rate_hz = 44100;
    cr_assert_lt(worst_at_speeds(&c, 0.08, 100, jumps), 1e-6);
    c.quality = MMK_QUALITY_ULTRA;
    cr_assert_lt(worst_at_speeds(&c, 0.08, 480, jumps), 4e-7);
    c.quality = MMK_QUALITY_FAST;
    cr_assert_lt(worst_at_speeds(&c, 0.08, 480, jumps), 3e-5);
    c.in_rate_hz = 96000;
    cr_assert_lt(worst_at_speeds(&c, 0.04, 480, jumps), 3e-5);
}

/* Being ready for other speeds costs nothing while the speed is 1: pass band and precision are the
 * fixed ones. */
Test(resample, speed_one_of_a_variable_resampler_is_full_quality)
{
    struct mmk_resampler_config c = {44100, 48000, 1, MMK_QUALITY_HIGH, 4.0, NULL};
    struct measure_quality q;
    measure_quality(&c, 6, 0, &q);
    cr_assert_gt(q.corner, 0.93);
    cr_assert_gt(q.snr_db, 134.0);
    cr_assert_lt(q.rejection_db, -134.0);
    cr_assert_lt(worst_at_speeds(&c, 0.45, 480, stay), 1e-6);
}

/* At four times the speed, tones above a quarter of the band would fold: they must vanish. */
Test(resample, fast_playing_does_not_alias)
{
    struct mmk_resampler_config c = {48000, 48000, 1, MMK_QUALITY_HIGH, 4.0, NULL};
    static float in[100000];
    for (double f = 0.126; f < 0.5; f += 0.037) {
        struct mmk_resampler *r = measure_open(&c);
        float out[20000];
        size_t used, made;
        for (int i = 0; i < 100000; i++)
            in[i] = (float)sin(2 * PI * fmod(f * i, 1.0));
        mmk_resampler_set_speed(r, 4.0);
        mmk_resampler_process(r, in, 100000, &used, out, 20000, &made);
        HOLDS(made == 20000);
        double sum = 0; /* after the fade to the narrow bank */
        for (int i = 1000; i < 19000; i++)
            sum += (double)out[i] * (double)out[i] / 18000;
        HOLDS_MSG(10 * log10(sum * 2) < -134.0, "f = %g", f);
        measure_close(r);
    }
}

/* A tone that the narrower bank removes goes out within the fade of 256 frames, not at once. */
Test(resample, a_change_of_cut_off_is_faded)
{
    struct mmk_resampler_config c = {48000, 48000, 1, MMK_QUALITY_HIGH, 4.0, NULL};
    static float in[20000];
    float out[1024];
    size_t used, made, next;
    struct mmk_resampler *r = measure_open(&c);
    for (int i = 0; i < 20000; i++)
        in[i] = (float)sin(2 * PI * fmod(0.44 * i, 1.0));
    for (int k = 0; k < 4; k++) {
        mmk_resampler_process(r, in, 20000, &used, out, 1024, &made);
        memmove(in, in + used, (20000 - used) * sizeof *in);
    }
    mmk_resampler_set_speed(r, 1.0625);
    mmk_resampler_process(r, in, 4000, &next, out, 1024, &made);
    cr_assert_eq(made, 1024);
    double power[32] = {0};
    for (int i = 0; i < 1024; i++)
        power[i / 32] += (double)out[i] * (double)out[i] / 16;
    cr_assert_float_eq(power[0], 0.88, 0.06); /* (1 - 16 / 256)^2 */
    for (int k = 1; k < 8; k++)
        HOLDS_MSG(power[k] < power[k - 1] && power[k] > 0.4 * power[k - 1] - 0.05, "%d", k);
    for (int k = 9; k < 32; k++)
        HOLDS(power[k] < 1e-13);
    measure_close(r);
}

Test(resample, speed_is_clamped_and_nonsense_ignored)
{
    struct mmk_resampler_config c = {48000, 48000, 1, MMK_QUALITY_DRAFT, 2.0, NULL};
    struct mmk_resampler *r = measure_open(&c);
    mmk_resampler_set_speed(r, 100.0);
    size_t two = mmk_resampler_need(r, 1001);
    mmk_resampler_set_speed(r, 2.0);
    cr_assert_eq(mmk_resampler_need(r, 1001), two);
    cr_assert_eq(two, mmk_resampler_need(r, 1) + 2000);
    mmk_resampler_set_speed(r, (double)NAN);
    cr_assert_eq(mmk_resampler_need(r, 1001), two);
    mmk_resampler_set_speed(r, -1.0);
    cr_assert_eq(mmk_resampler_need(r, 1001), mmk_resampler_need(r, 1) + 250);
    cr_assert_eq(mmk_resampler_need(r, 0), 0);
    cr_assert_eq(mmk_resampler_need(r, 4000001), mmk_resampler_need(r, 1) + 1000000);
    measure_close(r);
    c.speed_max = 0;
    r = measure_open(&c);
    mmk_resampler_set_speed(r, 2.0);
    cr_assert_eq(mmk_resampler_need(r, 1000), 1000);
    measure_close(r);
}

/* What is no number, or beyond 2^64, is silence, and does not reach the outputs around it; what is
 * merely loud passes. */
Test(resample, bad_numbers_are_silence)
{
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY, 3.0e38f, -1.9e19f};
    for (unsigned k = 0; k < 6 * 4; k++) {
        struct mmk_resampler_config c = {44100,       48000, 1 + k / 2 % 2, MMK_QUALITY_HIGH,
                                         k % 2 * 2.0, NULL};
        float in[2000], *out, *silent;
        for (int i = 0; i < 2000; i++)
            in[i] = i == 300 ? 0x1p64f : 0.5f;
        in[500] = 0.0f;
        size_t n = measure_convert(&c, in, 2000 / c.channels, &silent);
        in[500] = bad[k / 4];
        HOLDS(measure_convert(&c, in, 2000 / c.channels, &out) == n);
        cr_assert_arr_eq(out, silent, n * c.channels * sizeof *out);
        HOLDS(fabs((double)out[326]) > 1e17);
        free(out);
        free(silent);
    }
}

Test(resample, the_largest_configuration_is_counted_without_wrapping)
{
    struct mmk_resampler_config c = {384000, 1000, 8, MMK_QUALITY_ULTRA, 16.0, NULL};
    size_t n = 0, one = 0;
    cr_assert_eq(mmk_resampler_bytes(&c, &n), MMK_OK);
    cr_assert(n > 400u << 20 && n < 0x7FFFFFFFu, "%zu", n);
    c.speed_max = 0;
    cr_assert_eq(mmk_resampler_bytes(&c, &one), MMK_OK);
    cr_assert(one < n / 10 && one > 8u * 4 * 384 * 384);
}

Test(resample, no_byte_beyond_the_announced_memory_is_touched)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct mmk_resampler_config c = config_of(k);
        struct mmk_resampler *r;
        size_t n, used, made;
        HOLDS(mmk_resampler_bytes(&c, &n) == MMK_OK);
        uint8_t *mem = aligned_alloc(64, (n + 127) / 64 * 64);
        memset(mem, 0xA5, n + 64);
        HOLDS(mmk_resampler_init(mem, n, &c, &r) == MMK_OK);
        float *in = random_frames(5000 * c.channels), *out = malloc(20000 * c.channels * 4);
        mmk_resampler_process(r, in, 5000, &used, out, 20000, &made);
        mmk_resampler_drain(r, out, 20000, &made);
        for (size_t i = n; i < n + 64; i++)
            HOLDS(mem[i] == 0xA5);
        free(mem);
        free(in);
        free(out);
    }
}

Test(resample, configurations_are_checked)
{
    const struct mmk_resampler_config good = {44100, 48000, 2, MMK_QUALITY_FAST, 0, NULL};
    struct mmk_resampler_config c = good;
    struct mmk_resampler *r = NULL;
    size_t n = 5;
#define REFUSED(field, value, code)                 \
    do {                                            \
        c = good;                                   \
        c.field = value;                            \
        HOLDS(mmk_resampler_bytes(&c, &n) == code); \
        HOLDS(n == 5);                              \
    } while (0)
    REFUSED(in_rate_hz, 999, MMK_ERR_RANGE);
    REFUSED(in_rate_hz, 0, MMK_ERR_RANGE);
    REFUSED(out_rate_hz, 384001, MMK_ERR_RANGE);
    REFUSED(channels, 0, MMK_ERR_RANGE);
    REFUSED(channels, 9, MMK_ERR_RANGE);
    REFUSED(quality, (mmk_quality)4, MMK_ERR_RANGE);
    REFUSED(speed_max, 16.001, MMK_ERR_RANGE);
    REFUSED(speed_max, 0.1, MMK_ERR_RANGE);
    REFUSED(speed_max, -1.0, MMK_ERR_RANGE);
    REFUSED(speed_max, (double)NAN, MMK_ERR_RANGE);
    cr_assert_eq(mmk_resampler_bytes(NULL, &n), MMK_ERR_INVAL);
    cr_assert_eq(mmk_resampler_bytes(&good, NULL), MMK_ERR_INVAL);
    cr_assert_eq(mmk_resampler_bytes(&good, &n), MMK_OK);
    uint8_t *mem = aligned_alloc(64, (n + 127) / 64 * 64);
    cr_assert_eq(mmk_resampler_init(mem, n - 1, &good, &r), MMK_ERR_NOMEM);
    cr_assert_eq(mmk_resampler_init(mem + 8, n, &good, &r), MMK_ERR_INVAL);
    cr_assert_eq(mmk_resampler_init(NULL, n, &good, &r), MMK_ERR_INVAL);
    cr_assert_eq(mmk_resampler_init(mem, n, &good, NULL), MMK_ERR_INVAL);
    cr_assert_eq(mmk_resampler_init(mem, n, NULL, &r), MMK_ERR_INVAL);
    cr_assert_null(r);
    free(mem);
}
