/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* Capture into blocks: filling, stop, reset, several streams, conversion, both clocks. The device
 * delivers a counter in its left channel, so that every recorded frame tells which one it is. */

static struct rig rig;
static char text[4096];
static int16_t memory[1 << 20];

#define assert_log(wanted) cr_assert_str_eq(rig_log(&rig, text, sizeof text), wanted)

static void counter(void *user, void *frames, uint64_t first, uint32_t n)
{
    int16_t *to = frames;
    (void)user;
    for (uint32_t i = 0; i < n; i++) {
        to[2 * i] = (int16_t)(first + i);
        to[2 * i + 1] = (int16_t) ~(first + i);
    }
}

static void slow_sine(void *user, void *frames, uint64_t first, uint32_t n)
{
    float *to = frames;
    (void)user;
    for (uint32_t i = 0; i < n; i++)
        to[i] = (float)(0.5 * sin((double)(first + i) * 0.01));
}

static void open_counter(mmk_clock clock)
{
    rig_open(&rig, &(struct rig_options){
                       .direction = MMK_CAPTURE, .clock = clock, .sim = {.source = counter}});
}

static struct mmk_stream *stopped(struct mmk_format format)
{
    return rig_stream_config(&rig,
                             (struct mmk_stream_config){.format = format, .start_paused = true});
}

static struct mmk_stream *plain(void)
{
    return stopped(rig_format(MMK_SAMPLE_S16, 2, 48000));
}

static void assert_counts(const int16_t *data, uint32_t n, uint32_t first)
{
    for (uint32_t i = 0; i < n; i++) {
        check_eq(data[2 * i], (int16_t)(first + i), "frame %u is %d, wanted %u", i, data[2 * i],
                 first + i);
        check_eq(data[2 * i + 1], (int16_t) ~(first + i));
    }
}

static void close_all(void)
{
    check_eq(rig_close(&rig), 0);
}

Test(capture, blocks_are_filled_in_order_once_started)
{
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *s = plain();
    rig_submit(s, memory, 100, 1);
    rig_submit(s, memory + 200, 300, 2);
    check_eq(sim_counts(rig.sim).starts, 0);
    check_eq(mmk_stream_resume(s), MMK_OK);
    rig_render(&rig, 150);
    assert_log("1:100 ");
    check_eq(rig_position(s), 150);
    check_eq(rig_queued(s), 250);
    rig_render(&rig, 250);
    assert_log("1:100 2:300 ");
    assert_counts(memory, 400, 0);
    close_all();
}

Test(capture, stop_gives_back_the_partly_filled_block_only)
{
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *s = plain();
    rig_submit(s, memory, 100, 1);
    rig_submit(s, memory + 200, 100, 2);
    rig_submit(s, memory + 400, 100, 3);
    mmk_stream_resume(s);
    rig_render(&rig, 130);
    check_eq(mmk_stream_stop(s), MMK_OK);
    assert_log("1:100 2:30 ");
    check_eq(rig_position(s), 130);
    check_eq(rig_queued(s), 100);
    check_eq(mmk_stream_stop(s), MMK_OK);
    rig_render(&rig, 70);
    assert_log("1:100 2:30 ");
    mmk_stream_resume(s);
    rig_render(&rig, 100);
    assert_log("1:100 2:30 3:100 ");
    assert_counts(memory, 130, 0);
    assert_counts(memory + 400, 100, 200);
    check_eq(rig_position(s), 230);
    close_all();
}

Test(capture, reset_returns_all_and_stays_stopped)
{
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *s = plain();
    for (int i = 0; i < 3; i++)
        rig_submit(s, memory + 200 * i, 100, i);
    mmk_stream_resume(s);
    rig_render(&rig, 110);
    check_eq(mmk_stream_reset(s), MMK_OK);
    assert_log("0:100 1:10c 2:0c ");
    check_eq(rig_position(s), 0);
    rig_submit(s, memory, 50, 3);
    rig_render(&rig, 100);
    assert_log("0:100 1:10c 2:0c ");
    mmk_stream_resume(s);
    rig_render(&rig, 50);
    assert_log("0:100 1:10c 2:0c 3:50 ");
    check_eq(rig_position(s), 50);
    close_all();
}

Test(capture, frames_without_a_block_are_lost_and_counted)
{
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *s = plain();
    rig_submit(s, memory, 100, 1);
    mmk_stream_resume(s);
    rig_render(&rig, 150);
    rig_render(&rig, 30);
    rig_submit(s, memory + 200, 100, 2);
    rig_render(&rig, 100);
    assert_log("1:100 2:100 ");
    assert_counts(memory + 200, 100, 180);
    check_eq(rig_stats(&rig).underrun_frames, 80);
    check_eq(rig_position(s), 200);
    close_all();
}

Test(capture, every_stream_has_its_own_view)
{
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *a = plain();
    struct mmk_stream *b = stopped(rig_format(MMK_SAMPLE_F32, 2, 48000));
    static float floats[200];
    rig_submit(a, memory, 100, 1);
    rig_submit(b, floats, 100, 2);
    mmk_stream_resume(a);
    rig_render(&rig, 40);
    mmk_stream_resume(b);
    rig_render(&rig, 100);
    assert_log("1:100 2:100 ");
    assert_counts(memory, 100, 0);
    for (int i = 0; i < 100; i++)
        check_eq(floats[2 * i], (float)(40 + i) / 32768.0f);
    close_all();
}

Test(capture, ten_thousand_blocks_join_without_a_gap)
{
    open_counter(MMK_CLOCK_FREEWHEEL);
    struct mmk_stream *s = plain();
    struct rig_random r = {.state = 3};
    uint32_t recorded = 0, given = 0;
    int id = 0;
    mmk_stream_resume(s);
    while (id < 10000) {
        uint32_t at = 0;
        for (int k = 0; k < 100; k++, id++) {
            const uint32_t n = rig_between(&r, 1, 4096);
            rig_submit(s, memory + 2 * at, n, id);
            at += n;
        }
        given += at;
        check_eq(rig_freewheel(&rig, UINT64_MAX), at);
        assert_counts(memory, at, recorded);
        recorded += at;
    }
    check_eq(rig.n_events, 10000);
    check_eq(rig_position(s), given);
    check_eq(rig_stats(&rig).underrun_frames, 0);
    close_all();
}

/* ------------------------------------------------------------------ conversion */

static void recorded_at_rate(uint32_t rate, mmk_clock clock)
{
    enum { N = 48000 };
    static float data[8 * N];
    const double ratio = 48000.0 / rate;
    rig_open(&rig, &(struct rig_options){.direction = MMK_CAPTURE,
                                         .clock = clock,
                                         .quality = MMK_QUALITY_HIGH,
                                         .format = rig_format(MMK_SAMPLE_F32, 1, 48000),
                                         .sim = {.source = slow_sine}});
    struct mmk_stream *s = stopped(rig_format(MMK_SAMPLE_F32, 1, rate));
    struct rig_random r = {.state = rate};
    uint32_t given = 0;
    mmk_stream_resume(s);
    for (int id = 0; given < rate / 2; id++) {
        const uint32_t n = rig_between(&r, 1, 3000);
        rig_submit(s, data + given, n, id);
        given += n;
        if (clock == MMK_CLOCK_FREEWHEEL && id % 3 == 0)
            rig_freewheel(&rig, UINT64_MAX);
    }
    for (int i = 0; clock == MMK_CLOCK_REAL && rig_queued(s) > 0; i++) {
        check(i < 1000);
        rig_render(&rig, rig_between(&r, 1, 700));
    }
    if (clock == MMK_CLOCK_FREEWHEEL)
        rig_freewheel(&rig, UINT64_MAX);
    check_eq(rig_position(s), given);
    for (uint32_t i = rate / 100; i + rate / 100 < given; i++) {
        const double want = 0.5 * sin(i * ratio * 0.01);
        check(fabs((double)data[i] - want) < 1e-5, "rate %u frame %u: %f, wanted %f", rate, i,
              (double)data[i], want);
    }
    check_eq(rig_stats(&rig).underrun_frames, 0);
    close_all();
}

Test(capture, another_rate_is_converted_frame_by_frame)
{
    recorded_at_rate(44100, MMK_CLOCK_REAL);
    recorded_at_rate(8000, MMK_CLOCK_REAL);
    recorded_at_rate(96000, MMK_CLOCK_REAL);
}

Test(capture, another_rate_loses_nothing_when_freewheeling)
{
    recorded_at_rate(44100, MMK_CLOCK_FREEWHEEL);
    recorded_at_rate(8000, MMK_CLOCK_FREEWHEEL);
    recorded_at_rate(192000, MMK_CLOCK_FREEWHEEL);
}

Test(capture, stop_keeps_what_the_resampler_holds)
{
    static float data[48000];
    rig_open(&rig, &(struct rig_options){.direction = MMK_CAPTURE,
                                         .quality = MMK_QUALITY_HIGH,
                                         .format = rig_format(MMK_SAMPLE_F32, 1, 48000),
                                         .sim = {.source = slow_sine}});
    struct mmk_stream *s = stopped(rig_format(MMK_SAMPLE_F32, 1, 44100));
    rig_submit(s, data, 48000, 1);
    mmk_stream_resume(s);
    rig_render(&rig, 4800);
    check_lt(rig_position(s), 4410);
    mmk_stream_stop(s);
    assert_log("1:4410 ");
    check_eq(rig_position(s), 4410);
    close_all();
}

Test(capture, stereo_becomes_mono_and_gain_counts)
{
    static float data[100];
    open_counter(MMK_CLOCK_REAL);
    struct mmk_stream *s = stopped(rig_format(MMK_SAMPLE_F32, 1, 48000));
    const float twice = 2.0f;
    mmk_stream_set_gain(s, &twice, 1);
    rig_submit(s, data, 100, 1);
    mmk_stream_resume(s);
    rig_render(&rig, 100);
    for (int i = 0; i < 100; i++) /* left i, right -1 - i: the mean is -0.5 */
        check(fabs((double)data[i] - -1.0 / 32768.0) < 1e-7);
    close_all();
}

static void ones(void *user, void *frames, uint64_t first, uint32_t n)
{
    (void)user;
    (void)first;
    for (uint32_t i = 0; i < n; i++)
        ((float *)frames)[i] = 1.0f;
}

Test(capture, a_gain_change_is_a_straight_line_over_one_period)
{
    static float data[2000];
    rig_open(&rig, &(struct rig_options){.direction = MMK_CAPTURE,
                                         .format = rig_format(MMK_SAMPLE_F32, 1, 48000),
                                         .sim = {.source = ones}});
    struct mmk_stream *s = stopped(rig_format(MMK_SAMPLE_F32, 1, 48000));
    const float half = 0.5f;
    rig_submit(s, data, 2000, 1);
    mmk_stream_resume(s);
    rig_render(&rig, 100);
    mmk_stream_set_gain(s, &half, 1);
    rig_render(&rig, 300);
    rig_render(&rig, 1600);
    for (int i = 0; i < 2000; i++) {
        const double along = i < 100 ? 0 : i < 580 ? (i - 100) / 480.0 : 1.0;
        check(fabs((double)data[i] - (1.0 - 0.5 * along)) < 1e-6, "frame %d: %f", i,
              (double)data[i]);
    }
    close_all();
}

Test(capture, dither_is_on_the_conversion_and_not_on_the_copy)
{
    static int16_t same[2000], other[1000];
    rig_open(&rig, &(struct rig_options){
                       .direction = MMK_CAPTURE, .dither = true, .sim = {.source = counter}});
    struct mmk_stream *a = plain(), *b = stopped(rig_format(MMK_SAMPLE_S16, 1, 48000));
    rig_submit(a, same, 1000, 1);
    rig_submit(b, other, 1000, 2);
    mmk_stream_resume(a);
    mmk_stream_resume(b);
    rig_render(&rig, 1000);
    assert_counts(same, 1000, 0);
    unsigned low = 0, high = 0; /* the mean of left and right is -0.5: without noise always 0 */
    for (int i = 0; i < 1000; i++) {
        low += other[i] == -1;
        high += other[i] == 0;
    }
    check(low > 300 && high > 300 && low + high == 1000, "%u %u", low, high);
    close_all();
}

/* ------------------------------------------------------------------ freewheel */

Test(capture, a_freewheeling_device_waits_for_blocks)
{
    open_counter(MMK_CLOCK_FREEWHEEL);
    struct mmk_stream *s = plain();
    mmk_stream_resume(s);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    rig_submit(s, memory, 700, 1);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 700);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    rig_submit(s, memory + 1400, 10, 2);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 10);
    assert_counts(memory, 710, 0);
    assert_log("1:700 2:10 ");
    close_all();
}

Test(capture, a_freewheeling_device_runs_for_nobody_stopped)
{
    open_counter(MMK_CLOCK_FREEWHEEL);
    struct mmk_stream *s = plain();
    rig_submit(s, memory, 700, 1);
    mmk_stream_resume(s);
    check_eq(rig_freewheel(&rig, 100), 100);
    mmk_stream_stop(s);
    rig_submit(s, memory, 700, 2);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    close_all();
}
