/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* The freewheeling clock: no holes, no frames while all is idle, nobody waits for ever. */

static struct rig rig;
static char text[4096];

enum { N = 48000 };
static int16_t data[N];

#define assert_log(wanted) cr_assert_str_eq(rig_log(&rig, text, sizeof text), wanted)

static void open_free(void)
{
    struct rig_random r = {.state = 9};
    for (int i = 0; i < N; i++)
        data[i] = (int16_t)(rig_between(&r, 0, 30000) - 15000);
    rig_open(&rig, &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL,
                                         .quality = MMK_QUALITY_HIGH,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000)});
}

static struct mmk_stream *mono(uint32_t rate)
{
    return rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, rate), 0.0);
}

static const int16_t *output(uint64_t *n)
{
    return (const int16_t *)(const void *)sim_output(rig.sim, n);
}

/* Whatever the engine gives at once, without waiting. */
static uint64_t now(void)
{
    const uint64_t n = sim_freewheel(rig.sim, UINT64_MAX);
    mmk_notifier_reap(rig.notifier);
    return n;
}

static void close_all(void)
{
    check_eq(rig_close(&rig), 0);
}

Test(freewheel, idle_gives_no_frames)
{
    open_free();
    struct mmk_stream *s = mono(48000);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    mmk_stream_pause(s);
    rig_submit(s, data, 1000, 1);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    mmk_stream_resume(s);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 1000);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    assert_log("1:1000 ");
    close_all();
}

Test(freewheel, exactly_what_was_queued_comes_out)
{
    open_free();
    struct mmk_stream *s = mono(48000);
    for (int i = 0; i < 40; i++)
        rig_submit(s, data + 1001 * i, 1001, i);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 40 * 1001);
    uint64_t n;
    check_eq(memcmp(output(&n), data, 40 * 1001 * 2), 0);
    check_eq(n, 40 * 1001);
    close_all();
}

/* ------------------------------------------------------------------ clients with one buffer */

static uint32_t single_given;
static struct mmk_stream *single;
static int16_t single_buffer[777];
static unsigned single_done;

static void refill(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    (void)user;
    single_done++;
    check(why == MMK_OK && n_frames == block->n_frames);
    if (single_given >= N)
        return;
    uint32_t n = N - single_given < 777 ? N - single_given : 777;
    memcpy(single_buffer, data + single_given, 2 * n);
    single_given += n;
    const struct mmk_block next = {.data = single_buffer, .n_frames = n};
    check_eq(mmk_stream_submit(single, &next), MMK_OK);
}

static uint64_t play_single(uint32_t rate)
{
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 1, rate),
                                             .on_block = refill};
    const struct mmk_block first = {.data = single_buffer, .n_frames = 777};
    check_eq(mmk_stream_open(rig.engine, &config, &single), MMK_OK);
    single_done = 0;
    single_given = 777;
    memcpy(single_buffer, data, sizeof single_buffer);
    check_eq(mmk_stream_submit(single, &first), MMK_OK);
    return rig_freewheel(&rig, UINT64_MAX);
}

static void assert_seamless(uint32_t rate, uint64_t frames)
{
    static int16_t got[2 * N];
    uint64_t n;
    const uint64_t want = ((uint64_t)N * 48000 + rate - 1) / rate;
    check_eq(frames, want, "%" PRIu64 " frames, wanted %" PRIu64, frames, want);
    memcpy(got, output(&n), 2 * frames);
    check_eq(rig_close(&rig), 0);
    open_free();
    struct mmk_stream *s = mono(rate);
    rig_submit(s, data, N, 1);
    check_eq(rig_freewheel(&rig, UINT64_MAX), want);
    check_eq(memcmp(got, output(&n), 2 * want), 0, "one buffer sounds unlike many");
}

Test(freewheel, a_single_buffer_refilled_in_its_callback_leaves_no_hole)
{
    open_free();
    const uint64_t frames = play_single(48000);
    check_eq(single_done, (N + 776) / 777);
    assert_seamless(48000, frames);
    close_all();
}

Test(freewheel, a_single_resampled_buffer_leaves_no_hole_either)
{
    open_free();
    const uint64_t before = test_platform_seam(rig.tp)->ops->now_ns(rig.platform);
    const uint64_t frames = play_single(44100);
    const uint64_t after = test_platform_seam(rig.tp)->ops->now_ns(rig.platform);
    check_leq(after - before, 60000000, "only the end may be waited for");
    assert_seamless(44100, frames);
    close_all();
}

Test(freewheel, a_single_resampled_buffer_polled_for_every_20_ms_leaves_no_hole)
{
    open_free();
    struct mmk_stream *s = mono(44100);
    uint64_t frames = 0;
    uint32_t given = 0;
    int id = 0;
    while (given < N) {
        const uint32_t n = N - given < 777 ? N - given : 777;
        const unsigned out = rig.n_events;
        rig_submit(s, data + given, n, id++);
        given += n;
        for (int polls = 0; rig.n_events == out; polls++) {
            check(polls < 5, "the buffer does not come back");
            frames += now();
            test_platform_advance(rig.tp, 20000000);
        }
    }
    frames += rig_freewheel(&rig, UINT64_MAX);
    assert_seamless(44100, frames);
    close_all();
}

Test(freewheel, a_block_given_back_early_has_its_end_in_the_position)
{
    open_free();
    struct mmk_stream *s = mono(44100);
    rig_submit(s, data, 1000, 1);
    now();
    assert_log("1:1000 ");
    check_eq(rig_position(s), 1000);
    check_eq(rig_queued(s), 0);
    check_lt(sim_counts(rig.sim).rendered, 1089);
    rig_freewheel(&rig, UINT64_MAX);
    check_eq(sim_counts(rig.sim).rendered, 1089);
    check_eq(rig_position(s), 1000);
    close_all();
}

Test(freewheel, the_last_frames_are_played_out_after_50_ms)
{
    open_free();
    struct mmk_stream *s = mono(44100);
    rig_submit(s, data, 1000, 1);
    now();
    check_eq(now(), 0);
    const uint32_t wait = sim_counts(rig.sim).wait_ms;
    check(wait >= 49 && wait <= 50, "waits %u ms", wait);
    test_platform_advance(rig.tp, 40000000);
    check_eq(now(), 0);
    rig_submit(s, data, 10, 2); /* news: the wait begins anew */
    now();
    now();
    test_platform_advance(rig.tp, 40000000);
    check_eq(now(), 0);
    test_platform_advance(rig.tp, 10000000);
    check_gt(now(), 0);
    check_eq(sim_counts(rig.sim).rendered, (1010 * 480 + 440) / 441);
    check_eq(now(), 0);
    check_eq(sim_counts(rig.sim).wait_ms, MMK_WAIT_FOREVER);
    rig_submit(s, data, 1000, 3); /* and it starts again */
    rig_freewheel(&rig, UINT64_MAX);
    check_eq(sim_counts(rig.sim).rendered, (1010 * 480 + 440) / 441 + 1089);
    close_all();
}

/* ------------------------------------------------------------------ several streams */

Test(freewheel, time_goes_on_by_what_the_poorest_stream_has)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(48000);
    rig_submit(a, data, 10000, 1);
    rig_submit(b, data, 100, 2);
    check_eq(now(), 100);
    assert_log("2:100 ");
    check_eq(now(), 0); /* b's client was just called */
    rig_submit(b, data + 100, 50, 3);
    check_eq(now(), 50);
    test_platform_advance(rig.tp, 51000000);
    now();
    test_platform_advance(rig.tp, 51000000);
    check_eq(now(), 10000 - 150);
    uint64_t n;
    const int16_t *out = output(&n);
    for (int i = 0; i < 150; i++)
        check_eq(out[i], 2 * data[i] > 32767 ? 32767 : 2 * data[i] < -32768 ? -32768 : 2 * data[i]);
    check_eq(memcmp(out + 150, data + 150, 2 * (10000 - 150)), 0);
    check_eq(rig_stats(&rig).underrun_frames, 0);
    close_all();
}

Test(freewheel, streams_opened_together_start_together)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(48000);
    rig_submit(a, data, 1000, 1);
    check_eq(now(), 0, "b is new and may have something to say");
    rig_submit(b, data, 1000, 2);
    check_eq(now(), 1000);
    close_all();
}

Test(freewheel, a_paused_stream_does_not_hold_the_clock)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(48000);
    rig_submit(a, data, 1000, 1);
    rig_submit(b, data, 10, 2);
    mmk_stream_pause(b);
    check_eq(now(), 1000);
    mmk_stream_resume(b);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 10);
    mmk_stream_pause(a);
    mmk_stream_pause(b);
    rig_submit(a, data, 10, 3);
    rig_submit(b, data, 10, 4);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    close_all();
}

Test(freewheel, a_closed_stream_is_not_waited_for)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(44100);
    rig_submit(a, data, 5000, 1);
    rig_submit(b, data, 100, 2);
    now();
    check_lt(sim_counts(rig.sim).rendered, 5000);
    mmk_stream_close(b, true);
    now();
    check_eq(sim_counts(rig.sim).rendered, 5000);
    close_all();
}

Test(freewheel, callbacks_are_waited_for)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(48000);
    rig_submit(a, data, 100, 1);
    rig_submit(b, data, 1000, 2);
    check_eq(sim_freewheel(rig.sim, UINT64_MAX), 100);
    test_platform_advance(rig.tp, 1000000000);
    check_eq(sim_freewheel(rig.sim, UINT64_MAX), 0, "nobody was told yet");
    mmk_notifier_reap(rig.notifier);
    sim_freewheel(rig.sim, UINT64_MAX);
    test_platform_advance(rig.tp, 51000000);
    check_eq(sim_freewheel(rig.sim, UINT64_MAX), 900);
    close_all();
}

Test(freewheel, but_not_for_ever)
{
    open_free();
    struct mmk_stream *a = mono(48000), *b = mono(48000);
    rig_submit(a, data, 100, 1);
    rig_submit(b, data, 1000, 2);
    check_eq(sim_freewheel(rig.sim, UINT64_MAX), 100);
    for (int i = 0; i < 30; i++) {
        test_platform_advance(rig.tp, 100000000);
        sim_freewheel(rig.sim, UINT64_MAX);
    }
    check_eq(sim_counts(rig.sim).rendered, 1000);
    close_all();
}

Test(freewheel, rates_side_by_side_end_together)
{
    open_free();
    static const uint32_t RATES[] = {8000, 11025, 22050, 44100, 48000, 96000};
    for (int i = 0; i < 6; i++)
        rig_submit(mono(RATES[i]), data, RATES[i] / 10, i);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 4800);
    check_eq(rig.n_events, 6);
    close_all();
}

Test(freewheel, loops_give_all_their_passes_without_waiting)
{
    open_free();
    struct mmk_stream *s = mono(48000);
    const uint32_t both = MMK_BLOCK_LOOP_BEGIN | MMK_BLOCK_LOOP_END;
    rig_submit_loop(s, data, 10, 1, both, 100);
    rig_submit(s, data + 10, 90, 2);
    check_eq(now(), 1060); /* the loop is over at 1,000: its block goes back first */
    check_eq(now(), 30);
    rig_submit_loop(s, data, 7, 3, both, UINT32_MAX);
    rig_submit(s, data, 50, 4);
    check_eq(rig_freewheel(&rig, 7000), 7000);
    mmk_stream_break_loop(s);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 50);
    assert_log("1:10 2:90 3:7 4:50 ");
    close_all();
}

Test(freewheel, the_limiter_gives_its_rest)
{
    rig_open(&rig, &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL,
                                         .limiter = true,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000)});
    struct mmk_stream *s = mono(48000);
    rig_submit(s, data, 1000, 1);
    check_eq(now(), 1000);
    assert_log("1:1000 ");
    const uint64_t rest = rig_freewheel(&rig, UINT64_MAX);
    check(rest > 0 && rest < 480);
    check_eq(sim_counts(rig.sim).audible, 1000 + rest);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    close_all();
}

Test(freewheel, speed_changes_leave_no_hole)
{
    open_free();
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 1, 48000), 4.0);
    rig_submit(s, data, N, 1);
    check_eq(rig_freewheel(&rig, 10000), 10000);
    mmk_stream_set_speed(s, 2.0);
    const uint64_t n = rig_freewheel(&rig, UINT64_MAX);
    check_eq(n, (N - 10000) / 2, "%" PRIu64 " frames", n);
    assert_log("1:48000 ");
    check_eq(rig_position(s), N);
    rig_submit(s, data, 1000, 2); /* still at double speed */
    check_eq(rig_freewheel(&rig, UINT64_MAX), 500);
    mmk_stream_set_speed(s, 1.0);
    rig_submit(s, data, 1000, 3);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 1000);
    check_eq(rig_position(s), N + 2000);
    close_all();
}

/* ------------------------------------------------------------------ rings */

/* An event-driven client learns of the end of what it gave by the periods that follow. */
Test(freewheel, a_started_ring_that_is_dry_makes_time_go_on)
{
    open_free();
    struct mmk_stream *s = rig_stream_config(
        &rig, (struct mmk_stream_config){.kind = MMK_STREAM_RING,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                         .ring_frames = 4800});
    void *to;
    check_eq(mmk_stream_acquire(s, 700, &to), MMK_OK);
    memcpy(to, data, 700 * sizeof *data);
    check_eq(mmk_stream_release(s, 700, 0), MMK_OK);
    check_eq(mmk_stream_resume(s), MMK_OK);
    check_eq(rig_freewheel(&rig, 700), 700);
    check_eq(rig.n_periods, 1);
    check_eq(now(), 0); /* not yet: its client may give more */
    cr_assert_neq(sim_counts(rig.sim).wait_ms, MMK_WAIT_FOREVER);
    check_eq(rig_freewheel(&rig, 2 * 480), 2 * 480);
    check_eq(rig.n_periods, 3);
    check_eq(rig_position(s), 700);
    mmk_stream_pause(s);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0);
    close_all();
}
