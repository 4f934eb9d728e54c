/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <string.h>

#include "quiet.h"
#include "rig.h"

/* Blocks on a stream in the device's own format: order, times of completion, positions, pause,
 * reset, close. */

enum { N = 4096 };
static int16_t ramp[2 * N];
static struct rig rig;
static char text[4096];

static void open_plain(uint32_t latency)
{
    for (int i = 0; i < 2 * N; i++)
        ramp[i] = (int16_t)(7 * i + 1);
    rig_open(&rig, &(struct rig_options){.sim = {.latency_frames = latency}});
}

static void close_all(void)
{
    check_eq(rig_close(&rig), 0);
}

static struct mmk_stream *plain(void)
{
    return rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0);
}

#define assert_log(wanted) cr_assert_str_eq(rig_log(&rig, text, sizeof text), wanted)

Test(blocks, come_back_in_order_when_their_last_frame_was_played)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    check_eq(rig_submit(s, ramp, 100, 1), MMK_OK);
    check_eq(rig_submit(s, ramp, 50, 2), MMK_OK);
    rig_render(&rig, 99);
    assert_log("");
    rig_render(&rig, 1);
    assert_log("1:100 ");
    rig_render(&rig, 49);
    assert_log("1:100 ");
    rig_render(&rig, 2);
    assert_log("1:100 2:50 ");
    close_all();
}

Test(blocks, wait_for_the_device_to_have_played_them)
{
    open_plain(100);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 480, 1);
    rig_render(&rig, 480);
    assert_log("");
    check_eq(rig_position(s), 380);
    check_eq(rig_queued(s), 100);
    rig_render(&rig, 99);
    assert_log("");
    check_eq(rig_position(s), 479);
    rig_render(&rig, 1);
    assert_log("1:480 ");
    check_eq(rig_position(s), 480);
    check_eq(rig_queued(s), 0);
    close_all();
}

Test(blocks, a_completion_needs_only_the_position_not_another_render)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    sim_render_only(rig.sim, 200);
    mmk_notifier_reap(rig.notifier);
    assert_log("");
    sim_played(rig.sim, 99);
    mmk_notifier_reap(rig.notifier);
    assert_log("");
    sim_played(rig.sim, 100);
    mmk_notifier_reap(rig.notifier);
    assert_log("1:100 ");
    close_all();
}

Test(blocks, without_frames_come_back_in_their_turn)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, NULL, 0, 1);
    rig_submit(s, ramp, 10, 2);
    rig_submit(s, NULL, 0, 3);
    rig_submit(s, NULL, 0, 4);
    rig_submit(s, ramp, 10, 5);
    rig_submit(s, NULL, 0, 6);
    rig_render(&rig, 5);
    assert_log("1:0 ");
    rig_render(&rig, 5);
    assert_log("1:0 2:10 3:0 4:0 ");
    rig_render(&rig, 10);
    assert_log("1:0 2:10 3:0 4:0 5:10 6:0 ");
    close_all();
}

Test(blocks, without_frames_by_the_thousand_do_not_stop_the_stream)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    for (int i = 0; i < 20000; i++)
        check_eq(rig_submit(s, NULL, 0, i), MMK_OK);
    rig_submit(s, ramp, 10, 20000);
    for (int i = 0; i < 20; i++)
        rig_render(&rig, 480);
    check_eq(rig.n_events, 20001);
    for (int i = 0; i < 20001; i++)
        check_eq(rig.event[i].id, i);
    close_all();
}

Test(blocks, pause_keeps_position_and_queue)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    rig_render(&rig, 30);
    check_eq(mmk_stream_pause(s), MMK_OK);
    check_eq(mmk_stream_pause(s), MMK_OK);
    rig_submit(s, ramp + 200, 100, 2);
    rig_render(&rig, 500);
    check_eq(rig_position(s), 30);
    check_eq(rig_queued(s), 170);
    assert_log("");
    check_eq(mmk_stream_resume(s), MMK_OK);
    check_eq(mmk_stream_resume(s), MMK_OK);
    rig_render(&rig, 200);
    assert_log("1:100 2:100 ");
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    check_eq(n, 730);
    check_eq(memcmp(out, ramp, 30 * 4), 0);
    for (int i = 30 * 4; i < 530 * 4; i++)
        check_eq(out[i], 0);
    check_eq(memcmp(out + 530 * 4, ramp + 60, 170 * 4), 0);
    check_eq(rig_stats(&rig).underrun_frames, 0);
    close_all();
}

Test(blocks, in_flight_when_paused_still_come_back)
{
    open_plain(200);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    rig_render(&rig, 150);
    mmk_stream_pause(s);
    check_eq(rig_position(s), 0);
    rig_render(&rig, 150);
    assert_log("1:100 ");
    check_eq(rig_position(s), 100);
    close_all();
}

Test(blocks, reset_gives_all_back_at_once_and_starts_over)
{
    open_plain(20);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    rig_submit(s, ramp, 100, 2);
    rig_submit(s, ramp, 100, 3);
    rig_render(&rig, 170);
    assert_log("1:100 ");
    check_eq(rig_position(s), 150);
    mmk_stream_pause(s);
    check_eq(mmk_stream_reset(s), MMK_OK);
    assert_log("1:100 2:50c 3:0c ");
    check_eq(rig_position(s), 0);
    check_eq(rig_queued(s), 0);
    check_eq(mmk_stream_reset(s), MMK_OK);
    rig_submit(s, ramp, 10, 4); /* the pause is over */
    rig_render(&rig, 30);
    assert_log("1:100 2:50c 3:0c 4:10 ");
    check_eq(rig_position(s), 10);
    close_all();
}

Test(blocks, close_refuses_or_forces)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    check_eq(mmk_stream_close(s, false), MMK_ERR_BUSY);
    rig_render(&rig, 50);
    check_eq(mmk_stream_close(s, false), MMK_ERR_BUSY);
    check_eq(mmk_stream_close(s, true), MMK_OK);
    assert_log("1:50c ");
    s = plain();
    rig_submit(s, ramp, 100, 2);
    rig_render(&rig, 100);
    check_eq(mmk_stream_close(s, false), MMK_OK);
    check_eq(rig_stats(&rig).streams, 0);
    close_all();
}

Test(blocks, played_but_not_delivered_are_still_out)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    sim_render(rig.sim, 100);
    check_eq(mmk_stream_close(s, false), MMK_ERR_BUSY);
    mmk_notifier_reap(rig.notifier);
    check_eq(mmk_stream_close(s, false), MMK_OK);
    close_all();
}

Test(blocks, engine_close_brings_everything_back)
{
    open_plain(0);
    for (int i = 0; i < 5; i++)
        rig_submit(plain(), ramp, 100, i);
    check_eq(mmk_engine_close(rig.engine), MMK_OK);
    rig.engine = NULL;
    check_eq(rig.n_events, 5);
    close_all();
}

Test(blocks, nonsense_is_refused_and_nothing_borrowed)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    struct mmk_stream *other = NULL;
    struct mmk_block b = {.data = NULL, .n_frames = 1};
    check_eq(mmk_stream_submit(s, &b), MMK_ERR_INVAL);
    check_eq(mmk_stream_submit(s, NULL), MMK_ERR_INVAL);
    check_eq(mmk_stream_submit(NULL, &b), MMK_ERR_INVAL);
    check_eq(mmk_stream_stop(s), MMK_ERR_INVAL);
    check_eq(mmk_stream_set_speed(s, 2.0), MMK_ERR_UNSUPPORTED);
    const float gains[3] = {1, 1, 1};
    check_eq(mmk_stream_set_gain(s, gains, 3), MMK_ERR_INVAL);
    const float wild[2] = {1, 1.0f / 0.0f};
    check_eq(mmk_stream_set_gain(s, wild, 2), MMK_ERR_RANGE);
    struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 9, 48000)};
    check_eq(mmk_stream_open(rig.engine, &config, &other), MMK_ERR_FORMAT);
    config.format = rig_format(MMK_SAMPLE_S16, 2, 48000);
    config.speed_max = 17.0;
    check_eq(mmk_stream_open(rig.engine, &config, &other), MMK_ERR_RANGE);
    check(other == NULL);
    rig_render(&rig, 100);
    assert_log("");
    close_all();
}

Test(blocks, as_many_streams_as_agreed)
{
    struct mmk_stream *s[3], *more = NULL;
    rig_open(&rig, &(struct rig_options){.streams_max = 3});
    for (int i = 0; i < 3; i++)
        s[i] = plain();
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000)};
    check_eq(mmk_stream_open(rig.engine, &config, &more), MMK_ERR_BUSY);
    check_eq(rig_stats(&rig).streams, 3);
    mmk_stream_close(s[1], false);
    check_eq(mmk_stream_open(rig.engine, &config, &more), MMK_OK);
    close_all();
}

Test(blocks, the_device_starts_with_the_first_work)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    check_eq(sim_counts(rig.sim).starts, 0);
    mmk_stream_pause(s);
    rig_submit(s, ramp, 10, 1);
    check_eq(sim_counts(rig.sim).starts, 0);
    sim_fail_start(rig.sim, MMK_ERR_IO);
    check_eq(mmk_stream_resume(s), MMK_ERR_IO);
    check_eq(mmk_stream_resume(s), MMK_OK);
    check_eq(sim_counts(rig.sim).starts, 1);
    rig_submit(s, ramp, 10, 2);
    check_eq(sim_counts(rig.sim).starts, 1);
    close_all();
}

Test(blocks, a_failed_start_borrows_nothing)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    sim_fail_start(rig.sim, MMK_ERR_ACCESS);
    check_eq(rig_submit(s, ramp, 10, 1), MMK_ERR_ACCESS);
    check_eq(rig_queued(s), 0);
    check_eq(mmk_stream_close(s, false), MMK_OK);
    assert_log("");
    close_all();
}

Test(blocks, dry_frames_count_only_if_more_came)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_render(&rig, 100);
    rig_submit(s, ramp, 100, 1);
    rig_render(&rig, 137);
    check_eq(rig_stats(&rig).underrun_frames, 0, "it may have ended");
    rig_render(&rig, 480);
    rig_submit(s, ramp, 100, 2);
    rig_render(&rig, 480);
    check_eq(rig_stats(&rig).underrun_frames, 37 + 480);
    mmk_stream_reset(s);
    rig_submit(s, ramp, 100, 3);
    rig_render(&rig, 480);
    check_eq(rig_stats(&rig).underrun_frames, 37 + 480, "a reset ends the run");
    close_all();
}

Test(blocks, audible_frames_end_with_the_last_given)
{
    open_plain(0);
    struct mmk_stream *s = plain();
    rig_submit(s, ramp, 100, 1);
    rig_render(&rig, 480);
    check_eq(sim_counts(rig.sim).audible, 100);
    rig_render(&rig, 480);
    check_eq(sim_counts(rig.sim).audible, 100);
    close_all();
}

Test(blocks, memory_failing_at_any_allocation_leaves_nothing_behind)
{
    for (uint64_t n = 0;; n++) {
        struct test_platform *tp = test_platform_create(TEST_PLATFORM_NO_THREADS);
        struct mmk_platform *p = test_platform_seam(tp);
        struct sim_devices *sim = sim_create(p, &(struct sim_config){.discard = true});
        struct mmk_notifier *notifier = NULL;
        struct mmk_engine *e = NULL;
        struct mmk_stream *s = NULL;
        struct mmk_engine_config ec = {.platform = p,
                                       .devices = sim_seam(sim),
                                       .limiter = true,
                                       .quality = MMK_QUALITY_FAST,
                                       .device = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000)}};
        const struct mmk_stream_config sc = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                             .speed_max = 2.0};
        const bool create = (n & 1) != 0;
        if (create)
            test_platform_fail_create(tp, n / 2);
        else
            test_platform_fail_alloc(tp, n / 2);
        mmk_err err = mmk_notifier_open(p, &notifier);
        ec.notifier = notifier;
        if (err == MMK_OK)
            err = mmk_engine_open(&ec, &e);
        if (err == MMK_OK)
            err = mmk_stream_open(e, &sc, &s);
        for (int i = 0; i < 40 && err == MMK_OK; i++)
            err = rig_submit(s, ramp, 1, i);
        check(err == MMK_OK || err == MMK_ERR_NOMEM);
        if (e != NULL)
            mmk_engine_close(e);
        if (notifier != NULL)
            mmk_notifier_close(notifier);
        test_platform_fail_alloc(tp, UINT64_MAX);
        test_platform_fail_create(tp, UINT64_MAX);
        sim_destroy(sim);
        check_eq(test_platform_destroy(tp), 0);
        if (err == MMK_OK && n > 40)
            break;
    }
}
