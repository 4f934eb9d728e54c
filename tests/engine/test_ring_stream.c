/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <inttypes.h>
#include <string.h>

#include "quiet.h"
#include "rig.h"

/* RING streams, both directions, and the tap. */

static struct rig rig;
static const struct mmk_format MONO = {
    .sample = MMK_SAMPLE_S16, .channels = 1, .valid_bits = 16, .rate_hz = 48000};

static void open_mono(mmk_direction direction, mmk_clock clock,
                      void (*source)(void *, void *, uint64_t, uint32_t))
{
    rig_open(&rig, &(struct rig_options){.format = MONO,
                                         .direction = direction,
                                         .clock = clock,
                                         .sim = {.source = source}});
}

static struct mmk_stream *ring(uint32_t frames, uint32_t period)
{
    return rig_stream_config(&rig, (struct mmk_stream_config){.kind = MMK_STREAM_RING,
                                                              .format = MONO,
                                                              .ring_frames = frames,
                                                              .period_frames = period});
}

static void counter(void *user, void *frames, uint64_t first, uint32_t n)
{
    int16_t *to = frames;
    (void)user;
    for (uint32_t i = 0; i < n; i++)
        to[i] = (int16_t)(first + i);
}

static uint32_t padding(struct mmk_stream *s)
{
    uint32_t n = 0;
    check_eq(mmk_stream_padding(s, &n), MMK_OK);
    return n;
}

static int16_t next_value = 1;

/* Release n frames that count on from the last ones. */
static void feed(struct mmk_stream *s, uint32_t n)
{
    void *mem = NULL;
    check_eq(mmk_stream_acquire(s, n, &mem), MMK_OK);
    for (uint32_t i = 0; i < n; i++)
        ((int16_t *)mem)[i] = next_value++;
    check_eq(mmk_stream_release(s, n, 0), MMK_OK);
}

static int16_t heard(uint64_t frame)
{
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    check_lt(frame, n);
    return (int16_t)(out[2 * frame] | out[2 * frame + 1] << 8);
}

static void close_all(void)
{
    check_eq(rig_close(&rig), 0);
}

/* A backend that keeps a queue asks before it fills all of it: what one client has is what the
 * engine has. */
Test(ring_stream, ready_is_what_every_started_stream_can_give)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *a = ring(960, 480), *b = ring(960, 480);
    check_eq(mmk_engine_ready_frames(rig.engine, 480), 480u);
    feed(a, 300);
    check_eq(mmk_engine_ready_frames(rig.engine, 480), 480u);
    check_eq(mmk_stream_resume(a), MMK_OK);
    check_eq(mmk_engine_ready_frames(rig.engine, 480), 300u);
    check_eq(mmk_engine_ready_frames(rig.engine, 200), 200u);
    check_eq(mmk_stream_resume(b), MMK_OK);
    check_eq(mmk_engine_ready_frames(rig.engine, 480), 0u);
    feed(b, 100);
    check_eq(mmk_engine_ready_frames(rig.engine, 480), 100u);
    check_eq(padding(a), 300u);
    close_all();
}

Test(ring_stream, starts_stopped_and_plays_what_was_released)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *s = ring(1000, 100);
    feed(s, 600);
    check_eq(padding(s), 600);
    rig_render(&rig, 100);
    check_eq(padding(s), 600);
    check_eq(sim_counts(rig.sim).starts, 0);
    check_eq(mmk_stream_resume(s), MMK_OK);
    rig_render(&rig, 250);
    check_eq(padding(s), 350);
    check_eq(rig_position(s), 250);
    check_eq(rig_queued(s), 350);
    check_eq(rig.n_periods, 2);
    for (uint64_t i = 0; i < 250; i++)
        check_eq(heard(i), (int16_t)(i + 1));
    close_all();
}

Test(ring_stream, pieces_are_contiguous_whatever_their_size)
{
    struct rig_random r = {.state = 11};
    uint64_t given = 0, taken = 0;
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *s = ring(777, 100);
    mmk_stream_resume(s);
    for (int i = 0; i < 5000; i++) {
        const uint32_t room = 777 - padding(s);
        const uint32_t n = rig_between(&r, 0, room);
        check_eq(room, 777 - (given - taken));
        feed(s, n);
        given += n;
        const uint32_t m = rig_between(&r, 0, (uint32_t)(given - taken));
        rig_render(&rig, m);
        taken += m;
    }
    for (uint64_t i = 0; i < taken; i++)
        check_eq(heard(i), (int16_t)(i + 1));
    check_eq(rig_stats(&rig).underrun_frames, 0);
    close_all();
}

Test(ring_stream, acquire_and_release_keep_their_rules)
{
    void *mem = NULL;
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *s = ring(200, 100);
    check_eq(mmk_stream_release(s, 0, 0), MMK_ERR_STATE);
    check_eq(mmk_stream_acquire(s, 201, &mem), MMK_ERR_NO_SPACE);
    check(mem == NULL);
    check_eq(mmk_stream_acquire(s, 150, &mem), MMK_OK);
    check_eq(mmk_stream_acquire(s, 1, &mem), MMK_ERR_STATE);
    check_eq(mmk_stream_release(s, 151, 0), MMK_ERR_RANGE);
    check_eq(mmk_stream_release(s, 100, 0), MMK_OK);
    check_eq(padding(s), 100);
    check_eq(mmk_stream_acquire(s, 101, &mem), MMK_ERR_NO_SPACE);
    check_eq(mmk_stream_acquire(s, 0, &mem), MMK_OK);
    check_eq(mmk_stream_release(s, 0, 0), MMK_OK);
    uint32_t n, flags;
    const void *data;
    check_eq(mmk_stream_peek(s, &data, &n, &flags, NULL), MMK_ERR_INVAL);
    check_eq(mmk_stream_break_loop(s), MMK_ERR_INVAL);
    struct mmk_stream *none = NULL;
    const struct mmk_stream_config small = {
        .kind = MMK_STREAM_RING, .format = MONO, .ring_frames = 199, .period_frames = 100};
    check_eq(mmk_stream_open(rig.engine, &small, &none), MMK_ERR_RANGE);
    close_all();
}

Test(ring_stream, silent_pieces_are_silent)
{
    void *mem = NULL;
    rig_open(&rig, &(struct rig_options){.format = rig_format(MMK_SAMPLE_U8, 1, 48000)});
    struct mmk_stream *s = rig_stream_config(
        &rig, (struct mmk_stream_config){.kind = MMK_STREAM_RING,
                                         .format = rig_format(MMK_SAMPLE_U8, 1, 48000),
                                         .ring_frames = 300,
                                         .period_frames = 100});
    for (int i = 0; i < 2; i++) {
        check_eq(mmk_stream_acquire(s, 100, &mem), MMK_OK);
        memset(mem, 7, 100);
        check_eq(mmk_stream_release(s, 100, i == 0 ? MMK_RING_SILENT : 0), MMK_OK);
    }
    mmk_stream_resume(s);
    rig_render(&rig, 200);
    uint64_t n;
    const uint8_t *out = sim_output(rig.sim, &n);
    for (int i = 0; i < 200; i++)
        check_eq(out[i], i < 100 ? 128 : 7);
    close_all();
}

Test(ring_stream, dry_frames_count_at_once)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *s = ring(1000, 100);
    mmk_stream_resume(s);
    rig_render(&rig, 30);
    check_eq(rig_stats(&rig).underrun_frames, 30);
    feed(s, 100);
    rig_render(&rig, 150);
    check_eq(rig_stats(&rig).underrun_frames, 80);
    mmk_stream_pause(s);
    rig_render(&rig, 150);
    check_eq(rig_stats(&rig).underrun_frames, 80);
    check_eq(rig_position(s), 100);
    check_eq(rig.n_periods, 1, "time counts while it runs, data or not");
    close_all();
}

Test(ring_stream, reset_empties_it)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    struct mmk_stream *s = ring(1000, 100);
    mmk_stream_resume(s);
    feed(s, 500);
    rig_render(&rig, 100);
    mmk_stream_pause(s);
    check_eq(mmk_stream_reset(s), MMK_OK);
    check_eq(padding(s), 0);
    check_eq(rig_position(s), 0);
    mmk_stream_resume(s);
    next_value = 1000;
    feed(s, 10);
    rig_render(&rig, 10);
    check_eq(heard(100), 1000);
    check_eq(rig_position(s), 10);
    close_all();
}

/* ------------------------------------------------------------------ capture */

static struct mmk_stream *capture_ring(uint32_t frames, uint32_t period)
{
    struct mmk_stream *s = ring(frames, period);
    check_eq(mmk_stream_resume(s), MMK_OK);
    return s;
}

/* Everything there: counts on from `first`. @return frames */
static uint32_t consume_all(struct mmk_stream *s, uint64_t first)
{
    uint32_t total = 0;
    for (;;) {
        const void *data;
        uint32_t n, flags;
        uint64_t position;
        check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
        if (n == 0)
            return total;
        check_eq(position, first + total);
        check_eq(flags, 0);
        for (uint32_t i = 0; i < n; i++)
            check_eq(((const int16_t *)data)[i], (int16_t)(first + total + i));
        check_eq(mmk_stream_consume(s, n), MMK_OK);
        total += n;
    }
}

Test(ring_stream, capture_hands_out_every_frame_once)
{
    struct rig_random r = {.state = 4};
    open_mono(MMK_CAPTURE, MMK_CLOCK_REAL, counter);
    struct mmk_stream *s = capture_ring(1000, 100);
    uint64_t at = 0;
    for (int i = 0; i < 2000; i++) {
        const uint32_t n = rig_between(&r, 1, 1000);
        rig_render(&rig, n);
        check_eq(padding(s), n);
        check_eq(consume_all(s, at), n);
        at += n;
    }
    check_eq(rig_position(s), at);
    check_eq(rig.n_periods, at / 100);
    check_eq(mmk_stream_consume(s, 1), MMK_ERR_RANGE);
    close_all();
}

Test(ring_stream, capture_says_where_frames_were_lost)
{
    const void *data;
    uint32_t n, flags;
    uint64_t position;
    open_mono(MMK_CAPTURE, MMK_CLOCK_REAL, counter);
    struct mmk_stream *s = capture_ring(200, 100);
    rig_render(&rig, 250); /* 50 lost */
    mmk_stream_consume(s, 100);
    rig_render(&rig, 60); /* behind the gap */
    rig_render(&rig, 70); /* 30 lost */
    check_eq(rig_stats(&rig).underrun_frames, 80);
    check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
    check(n == 100 && flags == 0 && position == 100);
    mmk_stream_consume(s, 100);
    for (int i = 0; i < 2; i++) { /* looking twice changes nothing */
        check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
        check(n == 100 && flags == MMK_RING_GLITCH && position == 250, "%u %u %" PRIu64, n, flags,
              position);
        check_eq(*(const int16_t *)data, 250);
    }
    mmk_stream_consume(s, 40);
    check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
    check(n == 60 && flags == 0 && position == 290);
    mmk_stream_consume(s, 60);
    rig_render(&rig, 10);
    check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
    check(n == 10 && flags == MMK_RING_GLITCH && position == 380);
    check_eq(*(const int16_t *)data, 380);
    check_eq(rig_position(s), 390);
    close_all();
}

Test(ring_stream, more_gaps_than_can_be_noted_lose_frames_but_no_truth)
{
    const void *data;
    uint32_t n, flags;
    uint64_t position, last = 0;
    struct rig_random r = {.state = 8};
    open_mono(MMK_CAPTURE, MMK_CLOCK_REAL, counter);
    struct mmk_stream *s = capture_ring(200, 100);
    rig_render(&rig, 200);
    for (int i = 0; i < 5000; i++) {
        rig_render(&rig, rig_between(&r, 1, 5));
        if (rig_between(&r, 0, 40) == 0)
            mmk_stream_consume(s, 0);
        check_eq(mmk_stream_peek(s, &data, &n, &flags, &position), MMK_OK);
        check_geq(position, last);
        last = position;
        if (n > 0) {
            check_eq(*(const int16_t *)data, (int16_t)position);
            mmk_stream_consume(s, 1);
        }
    }
    close_all();
}

Test(ring_stream, a_tap_hears_what_is_played)
{
    static int16_t data[5000];
    struct mmk_stream *tap = NULL;
    for (int i = 0; i < 5000; i++)
        data[i] = (int16_t)i;
    open_mono(MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, NULL);
    struct mmk_stream *s = rig_stream(&rig, MONO, 0.0);
    const struct mmk_stream_config config = {
        .kind = MMK_STREAM_RING, .format = MONO, .ring_frames = 1000};
    check_eq(mmk_engine_tap(rig.engine, &config, &tap), MMK_OK);
    check_eq(mmk_stream_resume(tap), MMK_OK);
    check_eq(rig_freewheel(&rig, UINT64_MAX), 0, "a tap makes nothing play");
    rig_submit(s, data, 5000, 1);
    uint64_t at = 0;
    while (at < 5000) {
        check_eq(sim_freewheel(rig.sim, UINT64_MAX) > 0 || padding(tap) > 0, true);
        mmk_notifier_reap(rig.notifier);
        at += consume_all(tap, at);
    }
    check_eq(at, 5000);
    check_eq(mmk_stream_close(tap, false), MMK_OK);
    close_all();
}

Test(ring_stream, freewheel_waits_for_the_client_then_plays_silence)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_FREEWHEEL, NULL);
    struct mmk_stream *s = ring(1000, 480);
    next_value = 1;
    feed(s, 700);
    mmk_stream_resume(s);
    uint64_t n = sim_freewheel(rig.sim, UINT64_MAX);
    check_eq(n, 480); /* a period passed: the client is called */
    mmk_notifier_reap(rig.notifier);
    check_eq(rig.n_periods, 1);
    feed(s, 700);
    do {
        n = sim_freewheel(rig.sim, UINT64_MAX);
        mmk_notifier_reap(rig.notifier);
    } while (n > 0);
    check_eq(sim_counts(rig.sim).rendered, 1400);
    for (uint64_t i = 0; i < 1400; i++)
        check_eq(heard(i), (int16_t)(i + 1));
    check_eq(rig_stats(&rig).underrun_frames, 0);
    test_platform_advance(rig.tp, 51000000);
    check_eq(sim_freewheel(rig.sim, UINT64_MAX), 480);
    check_eq(rig_stats(&rig).underrun_frames, 480);
    close_all();
}

Test(ring_stream, another_rate_plays_every_frame)
{
    struct mmk_stream *s;
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    s = rig_stream_config(&rig,
                          (struct mmk_stream_config){.kind = MMK_STREAM_RING,
                                                     .format = rig_format(MMK_SAMPLE_S16, 1, 24000),
                                                     .ring_frames = 24000,
                                                     .period_frames = 240});
    feed(s, 10000);
    mmk_stream_resume(s);
    for (int i = 0; i < 50; i++)
        rig_render(&rig, 480);
    check_eq(padding(s), 0);
    check_eq(rig_position(s), 10000);
    check_eq(rig.n_periods, 50);
    check_eq(sim_counts(rig.sim).audible, 20000);
    close_all();
}

/* ------------------------------------------------------------------ callbacks that take long */

struct slow {
    unsigned n_calls, n_when_last_began;
};
static struct slow slow[3];

/* A callback that lasts for a period: when it returns every stream is due again. */
static void on_slow_period(void *user)
{
    struct slow *me = user;
    if (slow[2].n_calls == 0 && me == &slow[2])
        me->n_when_last_began = slow[0].n_calls;
    me->n_calls++;
    if (slow[0].n_calls + slow[1].n_calls + slow[2].n_calls < 100)
        sim_render(rig.sim, 480);
}

static void open_slow(bool merge)
{
    open_mono(MMK_PLAYBACK, MMK_CLOCK_REAL, NULL);
    for (int i = 0; i < 3; i++) {
        struct mmk_stream *s = NULL;
        const struct mmk_stream_config config = {.kind = MMK_STREAM_RING,
                                                 .format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                                 .ring_frames = 4800,
                                                 .period_frames = 480,
                                                 .on_period = on_slow_period,
                                                 .merge_periods = merge,
                                                 .user = &slow[i]};
        slow[i] = (struct slow){0};
        check_eq(mmk_stream_open(rig.engine, &config, &s), MMK_OK);
        mmk_stream_resume(s);
    }
    sim_render(rig.sim, 480);
    mmk_notifier_reap(rig.notifier);
}

Test(ring_stream, slow_callbacks_of_one_do_not_keep_the_others_from_theirs)
{
    open_slow(false);
    check(slow[2].n_when_last_began <= 2, "the first was called %u times before the last once",
          slow[2].n_when_last_began);
    check_eq(slow[0].n_calls, slow[2].n_calls, "each hears of every period in the end");
    close_all();
}

Test(ring_stream, periods_that_may_be_merged_are)
{
    open_slow(true);
    check(slow[2].n_when_last_began <= 2);
    check(slow[0].n_calls + slow[1].n_calls + slow[2].n_calls <= 103, "%u and %u and %u calls",
          slow[0].n_calls, slow[1].n_calls, slow[2].n_calls);
    close_all();
}
