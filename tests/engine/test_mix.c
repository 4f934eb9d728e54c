/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* The mix path: formats, channels, gain, limiter, dither, rate conversion, against arithmetic in
 * double. */

static struct rig rig;

static const double PI = 3.14159265358979323846;

/* ------------------------------------------------------------------ signals and formats,
 * independent of the library */

static int16_t alaw_to_linear(uint8_t code)
{
    /* G.711, table 1: sign, 3 bits segment, 4 bits step, even bits inverted */
    const int c = code ^ 0x55, segment = (c >> 4) & 7, step = c & 15;
    const int magnitude = segment == 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1);
    return (int16_t)((c & 0x80) != 0 ? 8 * magnitude : -8 * magnitude);
}

static uint8_t linear_to_alaw(double x)
{
    uint8_t best = 0;
    double distance = 1e9;
    for (int c = 0; c < 256; c++) {
        const double d = fabs(x * 32768.0 - alaw_to_linear((uint8_t)c));
        if (d < distance) {
            distance = d;
            best = (uint8_t)c;
        }
    }
    return best;
}

/* Store x; @return what the stored bytes stand for */
static double put(uint8_t *to, mmk_sample sample, double x)
{
    float f32;
    int32_t i;
    switch (sample) {
    case MMK_SAMPLE_U8:
        *to = (uint8_t)lrint(x * 128.0 + 128.0);
        return (*to - 128) / 128.0;
    case MMK_SAMPLE_S16:
        i = (int32_t)lrint(x * 32768.0);
        to[0] = (uint8_t)i;
        to[1] = (uint8_t)(i >> 8);
        return i / 32768.0;
    case MMK_SAMPLE_S24:
        i = (int32_t)lrint(x * 8388608.0);
        to[0] = (uint8_t)i;
        to[1] = (uint8_t)(i >> 8);
        to[2] = (uint8_t)(i >> 16);
        return i / 8388608.0;
    case MMK_SAMPLE_S32:
        i = (int32_t)lrint(x * 2147483648.0);
        memcpy(to, &i, 4);
        return i / 2147483648.0;
    case MMK_SAMPLE_F32:
        f32 = (float)x;
        memcpy(to, &f32, 4);
        return (double)f32;
    case MMK_SAMPLE_F64:
        memcpy(to, &x, 8);
        return x;
    case MMK_SAMPLE_ALAW:
        *to = linear_to_alaw(x);
        return alaw_to_linear(*to) / 32768.0;
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_ULAW:
    case MMK_SAMPLE_COUNT:
    default:
        cr_assert_fail("no such sample");
        return 0;
    }
}

static int16_t s16_at(const uint8_t *bytes, uint64_t sample)
{
    return (int16_t)(bytes[2 * sample] | bytes[2 * sample + 1] << 8);
}

/* ------------------------------------------------------------------ formats and channels at the
 * device's rate */

Test(mix, every_format_reaches_the_device)
{
    static const mmk_sample SAMPLES[] = {MMK_SAMPLE_U8,  MMK_SAMPLE_S16, MMK_SAMPLE_S24,
                                         MMK_SAMPLE_S32, MMK_SAMPLE_F32, MMK_SAMPLE_F64,
                                         MMK_SAMPLE_ALAW};
    enum { N = 1000 };
    for (size_t k = 0; k < sizeof SAMPLES / sizeof *SAMPLES; k++) {
        uint8_t data[N * 8];
        double value[N];
        const size_t bytes = mmk_sample_bytes(SAMPLES[k]);
        for (int i = 0; i < N; i++)
            value[i] = put(data + (size_t)i * bytes, SAMPLES[k], 0.9 * sin(i * 0.1));
        rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_F32, 2, 48000)});
        struct mmk_stream *s = rig_stream(&rig, rig_format(SAMPLES[k], 1, 48000), 0.0);
        rig_submit(s, data, N, 1);
        rig_render(&rig, 2 * N);
        uint64_t n;
        const uint8_t *out = sim_output(rig.sim, &n);
        for (int i = 0; i < 4 * N; i++) {
            float got;
            memcpy(&got, out + 4 * i, 4);
            check(fabs((double)got - (i / 2 < N ? value[i / 2] : 0.0)) < 1e-7,
                  "format %zu sample %d", k, i);
        }
        check_eq(rig_close(&rig), 0);
    }
}

Test(mix, silence_is_silence_in_every_device_format)
{
    static const uint8_t SILENCE[MMK_SAMPLE_COUNT] = {
        [MMK_SAMPLE_U8] = 0x80, [MMK_SAMPLE_ALAW] = 0xD5, [MMK_SAMPLE_ULAW] = 0xFF};
    for (int k = MMK_SAMPLE_U8; k < MMK_SAMPLE_COUNT; k++) {
        rig_open(&rig, &(struct rig_options){.format = rig_format((mmk_sample)k, 2, 8000),
                                             .dither = true});
        struct mmk_stream *s = rig_stream(&rig, rig_format((mmk_sample)k, 2, 8000), 0.0);
        rig_submit(s, NULL, 0, 1);
        rig_render(&rig, 100);
        uint64_t n;
        const uint8_t *out = sim_output(rig.sim, &n);
        for (size_t i = 0; i < 200 * mmk_sample_bytes((mmk_sample)k); i++)
            check_eq(out[i], SILENCE[k], "format %d", k);
        check_eq(rig_close(&rig), 0);
    }
}

Test(mix, channels_are_gained_before_they_are_folded)
{
    float data[2 * 100];
    for (int i = 0; i < 200; i++)
        data[i] = i % 2 == 0 ? 0.5f : 0.25f;
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_F32, 1, 48000)});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 2, 48000), 0.0);
    const float gains[2] = {0.5f, 2.0f};
    check_eq(mmk_stream_set_gain(s, gains, 2), MMK_OK);
    rig_submit(s, data, 100, 1);
    rig_render(&rig, 100);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    for (int i = 0; i < 100; i++) {
        float got;
        memcpy(&got, out + 4 * i, 4);
        check(fabs((double)got - (0.5 * 0.5 + 0.25 * 2.0) / 2) < 1e-6);
    }
    check_eq(rig_close(&rig), 0);
}

Test(mix, sums_saturate)
{
    int16_t loud[200];
    for (int i = 0; i < 200; i++)
        loud[i] = i < 100 ? 30000 : -30000;
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_S16, 1, 48000)});
    for (int i = 0; i < 2; i++)
        rig_submit(rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 0.0), loud, 200, i);
    rig_render(&rig, 200);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    check_eq(s16_at(out, 0), 32767);
    check_eq(s16_at(out, 199), -32768);
    check_eq(rig_close(&rig), 0);
}

Test(mix, the_limiter_delays_all_alike_and_nothing_is_lost)
{
    enum { N = 2000 };
    static float data[N];
    for (int i = 0; i < N; i++)
        data[i] = (float)(0.5 * sin(i * 0.05));
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_F32, 1, 48000),
                                         .limiter = true});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 1, 48000), 0.0);
    rig_submit(s, data, N, 1);
    sim_render(rig.sim, N);
    mmk_notifier_reap(rig.notifier);
    check_eq(rig.n_events, 0, "the end is still inside the limiter");
    const uint64_t delay = N - rig_position(s);
    check(delay > 0 && delay < 480);
    rig_render(&rig, (uint32_t)delay - 1);
    check_eq(rig.n_events, 0);
    rig_render(&rig, 1);
    check_eq(rig.n_events, 1);
    check_eq(sim_counts(rig.sim).audible, N + delay);
    rig_render(&rig, 500);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    for (uint64_t i = 0; i < n; i++) {
        float got;
        memcpy(&got, out + 4 * i, 4);
        const float want = i < delay || i >= N + delay ? 0.0f : data[i - delay];
        check(fabsf(got - want) < 1e-6f, "frame %" PRIu64 ": %f, wanted %f", i, (double)got,
              (double)want);
    }
    check_eq(rig_close(&rig), 0);
}

Test(mix, a_gain_change_is_a_straight_line_over_one_period)
{
    enum { N = 2000 };
    static float ones[N];
    for (int i = 0; i < N; i++)
        ones[i] = 1.0f;
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_F32, 1, 48000)});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 1, 48000), 0.0);
    const float half = 0.5f, quarter = 0.25f;
    mmk_stream_set_gain(s, &half, 1); /* before the first frame: at once */
    rig_submit(s, ones, N, 1);
    rig_render(&rig, 100);
    mmk_stream_set_gain(s, &quarter, 1);
    for (int i = 0; i < 1000; i += 100)
        rig_render(&rig, 100);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    for (int i = 0; i < 1100; i++) {
        float got;
        memcpy(&got, out + 4 * i, 4);
        const double along = i < 100 ? 0 : i < 580 ? (i - 100) / 480.0 : 1.0;
        check(fabs((double)got - (0.5 - 0.25 * along)) < 1e-6, "frame %d: %f", i, (double)got);
    }
    check_eq(rig_close(&rig), 0);
}

Test(mix, dither_is_on_the_mix_and_not_on_the_copy)
{
    static int16_t values[1000];
    static float middle[1000];
    for (int i = 0; i < 1000; i++) {
        values[i] = (int16_t)(i % 100);
        middle[i] = 0.5f / 32768.0f;
    }
    rig_open(&rig,
             &(struct rig_options){.format = rig_format(MMK_SAMPLE_S16, 1, 48000), .dither = true});
    struct mmk_stream *a = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 0.0);
    struct mmk_stream *b = rig_stream(&rig, rig_format(MMK_SAMPLE_F32, 1, 48000), 0.0);
    rig_submit(a, values, 1000, 1);
    rig_render(&rig, 1000);
    rig_submit(b, middle, 1000, 2);
    rig_render(&rig, 1000);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    unsigned low = 0, high = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        check_eq(s16_at(out, i), values[i]);
        low += s16_at(out, 1000 + i) == 0; /* without noise always 0 */
        high += s16_at(out, 1000 + i) == 1;
    }
    check(low > 300 && high > 300 && low + high == 1000, "%u %u", low, high);
    check_eq(rig_close(&rig), 0);
}

/* ------------------------------------------------------------------ bypass and mix path take turns
 */

Test(mix, streams_that_come_and_go_shift_no_frame)
{
    enum { N = 30000 };
    static int16_t a[N], b[N];
    struct rig_random r = {.state = 5};
    for (int i = 0; i < N; i++) {
        a[i] = (int16_t)(rig_between(&r, 0, 20000) - 10000);
        b[i] = (int16_t)(rig_between(&r, 0, 20000) - 10000);
    }
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_S16, 1, 48000)});
    struct mmk_stream *one = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 2.0);
    struct mmk_stream *two = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 0.0);
    static int sum[N];
    uint32_t at = 0, used = 0;
    rig_submit(one, a, N, 1);
    while (at < N) {
        uint32_t give = rig_between(&r, 0, 700), n = rig_between(&r, 1, 1500);
        give = give > N - used ? N - used : give;
        n = n > N - at ? N - at : n;
        give = give > n ? n : give;
        rig_submit(two, b + used, give, 2);
        for (uint32_t i = 0; i < n; i++)
            sum[at + i] = a[at + i] + (i < give ? b[used + i] : 0);
        rig_render(&rig, n);
        at += n;
        used += give;
    }
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    check_eq(n, N);
    for (uint32_t i = 0; i < N; i++)
        check_eq(s16_at(out, i), sum[i], "frame %u", i);
    check_eq(rig_close(&rig), 0);
}

/* ------------------------------------------------------------------ ten clients */

enum { CLIENTS = 10, SECONDS = 2 };

struct client {
    mmk_sample sample;
    uint16_t channels;
    uint32_t rate, hz;
    double amplitude, phase;
    uint8_t *data;
    struct mmk_stream *stream;
};

static double tone(const struct client *c, double seconds, unsigned channel)
{
    return c->amplitude * sin(2 * PI * c->hz * seconds + c->phase + channel);
}

static void make_client(struct client *c, int i)
{
    static const uint32_t RATES[] = {8000, 22050, 44100, 48000, 96000};
    static const mmk_sample SAMPLES[] = {MMK_SAMPLE_S24, MMK_SAMPLE_S32, MMK_SAMPLE_F32,
                                         MMK_SAMPLE_F64};
    c->sample = SAMPLES[i % 4];
    c->channels = (uint16_t)(1 + i % 2);
    c->rate = RATES[i % 5];
    const double nyquist = (c->rate < 48000 ? c->rate : 48000) / 2.0;
    c->hz = (uint32_t)(nyquist * 0.8 * (i + 1) / CLIENTS);
    c->amplitude = 0.08;
    c->phase = 0.3 * i;
    const size_t bytes = mmk_sample_bytes(c->sample);
    c->data = malloc((size_t)SECONDS * c->rate * c->channels * bytes);
    for (uint32_t f = 0; f < SECONDS * c->rate; f++)
        for (unsigned ch = 0; ch < c->channels; ch++)
            put(c->data + ((size_t)f * c->channels + ch) * bytes, c->sample,
                tone(c, (double)f / c->rate, ch));
}

Test(mix, ten_clients_of_five_rates_and_four_formats_equal_the_ideal_sum)
{
    static struct client client[CLIENTS];
    rig_open(&rig,
             &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL, .quality = MMK_QUALITY_HIGH});
    for (int i = 0; i < CLIENTS; i++) {
        struct client *c = &client[i];
        make_client(c, i);
        c->stream = rig_stream(&rig, rig_format(c->sample, c->channels, c->rate), 0.0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        /* in ten blocks */
        struct client *c = &client[i];
        const uint32_t tenth = SECONDS * c->rate / 10;
        for (uint32_t k = 0; k < 10; k++)
            rig_submit(c->stream,
                       c->data + (size_t)k * tenth * c->channels * mmk_sample_bytes(c->sample),
                       tenth, (intptr_t)(100 * (uint32_t)i + k));
    }
    check_eq(rig_freewheel(&rig, UINT64_MAX), SECONDS * 48000);
    check_eq(rig.n_events, 10 * CLIENTS);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    check_eq(n, SECONDS * 48000);
    double worst = 0;
    const uint64_t edge = 2000; /* where tones begin and end the ideal has no meaning */
    for (uint64_t f = edge; f < n - edge; f++) {
        for (unsigned ch = 0; ch < 2; ch++) {
            double want = 0;
            for (int i = 0; i < CLIENTS; i++)
                want += tone(&client[i], (double)f / 48000, client[i].channels == 2 ? ch : 0);
            const double error = fabs(s16_at(out, 2 * f + ch) - 32768.0 * want);
            worst = error > worst ? error : worst;
        }
    }
    cr_log_info("worst error %.4f LSB of 16 bits", worst);
    check(worst <= 1.0, "off by %f LSB of 16 bits", worst);
    for (int i = 0; i < CLIENTS; i++)
        free(client[i].data);
    check_eq(rig_close(&rig), 0);
}

/* ------------------------------------------------------------------ 10,000 blocks */

/* Random lengths; through the copying path, the mix path (a second stream of silence), or another
 * rate. */
static void gapless(uint32_t rate, bool second, mmk_clock clock)
{
    enum { BLOCKS = 10000, PIECE = 4096 };
    static int16_t data[PIECE + 4096];
    static uint32_t start[BLOCKS], length[BLOCKS];
    struct rig_random r = {.state = rate + second};
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        data[i] = (int16_t)rig_random(&r);
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                         .clock = clock,
                                         .quality = MMK_QUALITY_DRAFT});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, rate), 0.0);
    if (second) {
        static int16_t zero[4096];
        struct mmk_stream *z = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 0.0);
        rig_submit_loop(z, zero, 4096, -1, MMK_BLOCK_LOOP_BEGIN | MMK_BLOCK_LOOP_END, UINT32_MAX);
    }
    for (int i = 0; i < BLOCKS; i++) {
        length[i] = rig_between(&r, 1, 4096);
        start[i] = rig_between(&r, 0, PIECE);
        total += length[i];
        rig_submit(s, data + start[i], length[i], i);
    }
    const uint64_t frames = (total * 48000 + rate - 1) / rate;
    if (clock == MMK_CLOCK_FREEWHEEL)
        check_eq(rig_freewheel(&rig, frames + 1000), second ? frames + 1000 : frames);
    else
        for (uint64_t at = 0; at < frames;) {
            const uint64_t left = frames - at;
            const uint32_t n = rig_between(&r, 1, 3000);
            rig_render(&rig, n < left ? n : (uint32_t)left);
            at += n < left ? n : left;
        }
    check_eq(rig.n_events, BLOCKS);
    for (int i = 0; i < BLOCKS; i++)
        check(rig.event[i].id == i && rig.event[i].n_frames == length[i]);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    if (rate == 48000) {
        uint64_t at = 0;
        for (int i = 0; i < BLOCKS; i++) {
            check_eq(memcmp(out + 2 * at, data + start[i], 2 * length[i]), 0, "block %d", i);
            at += length[i];
        }
    } else {
        /* cut into blocks or in one: the same bits */
        int16_t *whole = malloc(2 * total), *first = malloc(2 * frames);
        uint64_t at = 0;
        memcpy(first, out, 2 * frames);
        for (int i = 0; i < BLOCKS; at += length[i++])
            memcpy(whole + at, data + start[i], 2 * length[i]);
        check_eq(rig_close(&rig), 0);
        rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                             .quality = MMK_QUALITY_DRAFT});
        s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, rate), 0.0);
        rig_submit(s, whole, (uint32_t)total, 0);
        for (uint64_t done = 0; done < frames; done += 4096)
            rig_render(&rig, frames - done < 4096 ? (uint32_t)(frames - done) : 4096);
        check_eq(rig.n_events, 1);
        check_eq(memcmp(sim_output(rig.sim, &n), first, 2 * frames), 0);
        free(whole);
        free(first);
    }
    check_eq(rig_close(&rig), 0);
}

Test(mix, ten_thousand_blocks_are_one_sound_when_copied)
{
    gapless(48000, false, MMK_CLOCK_REAL);
}

Test(mix, ten_thousand_blocks_are_one_sound_when_mixed)
{
    gapless(48000, true, MMK_CLOCK_REAL);
}

Test(mix, ten_thousand_blocks_are_one_sound_when_freewheeling)
{
    gapless(48000, false, MMK_CLOCK_FREEWHEEL);
}

Test(mix, ten_thousand_blocks_are_one_sound_when_resampled)
{
    gapless(44100, false, MMK_CLOCK_REAL);
}

Test(mix, ten_thousand_blocks_are_one_sound_when_resampled_and_freewheeling)
{
    gapless(44100, false, MMK_CLOCK_FREEWHEEL);
}
