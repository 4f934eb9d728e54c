/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <string.h>

#include "quiet.h"
#include "rig.h"

/* The device goes away: in every state, before every event, with 0 to 4 blocks queued. Each block
 * comes back exactly once, in order, and everything can still be closed. */

static int16_t memory[4][2 * 512];

enum state { IDLE, QUEUED, PLAYING, IN_FLIGHT, PAUSED, LOOPING, STATES };
enum event {
    NOTHING,
    REAP,
    RESET,
    CLOSE,
    CLOSE_ENGINE,
    SUBMIT,
    PAUSE,
    RESUME,
    STOP_OR_BREAK,
    OPEN,
    RENDER,
    GONE_AGAIN,
    EVENTS
};

static void arrive(struct rig *rig, struct mmk_stream *s, enum state state, bool capture)
{
    if (capture)
        mmk_stream_resume(s);
    if (state == PAUSED)
        mmk_stream_pause(s);
    if (state == PLAYING || state == LOOPING)
        rig_render(rig, 700);
    if (state == IN_FLIGHT)
        sim_render_only(rig->sim, 700);
}

static void happen(struct rig *rig, struct mmk_stream **s, enum event event, bool capture)
{
    struct mmk_stream *other = NULL;
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000)};
    switch (event) {
    case REAP:
        mmk_notifier_reap(rig->notifier);
        break;
    case RESET:
        check_eq(mmk_stream_reset(*s), MMK_OK);
        break;
    case CLOSE:
        check_eq(mmk_stream_close(*s, true), MMK_OK);
        *s = NULL;
        break;
    case CLOSE_ENGINE:
        check_eq(mmk_engine_close(rig->engine), MMK_OK);
        rig->engine = NULL;
        *s = NULL;
        break;
    case SUBMIT:
        check_eq(rig_submit(*s, memory[0], 10, 99), MMK_ERR_GONE);
        break;
    case PAUSE:
        check_eq(mmk_stream_pause(*s), MMK_OK);
        break;
    case RESUME:
        check_eq(mmk_stream_resume(*s), MMK_ERR_GONE);
        break;
    case STOP_OR_BREAK:
        check_eq(capture ? mmk_stream_stop(*s) : mmk_stream_break_loop(*s), MMK_OK);
        break;
    case OPEN:
        check_eq(mmk_stream_open(rig->engine, &config, &other), MMK_ERR_GONE);
        break;
    case RENDER:
        check_eq(sim_render(rig->sim, 100), 0);
        break;
    case GONE_AGAIN:
        sim_vanish(rig->sim);
        break;
    case NOTHING:
    case EVENTS:
    default:
        break;
    }
}

static void one(enum state state, enum event event, int blocks, bool capture, mmk_clock clock)
{
    struct rig rig;
    const struct mmk_format format = rig_format(MMK_SAMPLE_S16, 2, 48000);
    rig_open(&rig, &(struct rig_options){.direction = capture ? MMK_CAPTURE : MMK_PLAYBACK,
                                         .clock = clock,
                                         .sim = {.latency_frames = 100}});
    struct mmk_stream *s = rig_stream_config(
        &rig, (struct mmk_stream_config){.format = format, .start_paused = capture});
    if (state == IDLE)
        blocks = 0;
    const uint32_t both = MMK_BLOCK_LOOP_BEGIN | MMK_BLOCK_LOOP_END;
    for (int i = 0; i < blocks; i++)
        check_eq(rig_submit_loop(s, memory[i], 512, i, state == LOOPING ? both : 0, UINT32_MAX),
                 MMK_OK);
    arrive(&rig, s, state, capture);
    sim_vanish(rig.sim);
    happen(&rig, &s, event, capture);
    if (rig.engine != NULL)
        mmk_notifier_reap(rig.notifier);
    check_eq((int)rig.n_events, blocks, "state %d event %d: %u of %d blocks came back", state,
             event, rig.n_events, blocks);
    for (int i = 0; i < blocks; i++) {
        check_eq(rig.event[i].id, i);
        if (rig.event[i].why == MMK_OK && event == STOP_OR_BREAK && capture)
            check_leq(rig.event[i].n_frames, 512); /* the one being filled, with what it holds */
        else if (rig.event[i].why == MMK_OK)
            check_eq(rig.event[i].n_frames, 512);
        else if (event == RESET || event == CLOSE || event == CLOSE_ENGINE)
            check(rig.event[i].why == MMK_ERR_CANCELLED || rig.event[i].why == MMK_ERR_GONE);
        else
            check_eq(rig.event[i].why, MMK_ERR_GONE);
    }
    if (s != NULL) {
        check_eq(rig_submit(s, memory[0], 10, 99), MMK_ERR_GONE);
        check(rig_stats(&rig).gone);
        check_eq(mmk_stream_close(s, false), MMK_OK);
    }
    check_eq(rig_close(&rig), 0);
}

Test(lost, every_state_every_event_every_queue)
{
    for (int state = 0; state < STATES; state++)
        for (int event = 0; event < EVENTS; event++)
            for (int blocks = 0; blocks <= 4; blocks++)
                for (int kind = 0; kind < 4; kind++)
                    one((enum state)state, (enum event)event, blocks, (kind & 1) != 0,
                        (kind & 2) != 0 ? MMK_CLOCK_FREEWHEEL : MMK_CLOCK_REAL);
}

Test(lost, a_changed_format_ends_it_as_well)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_options){.streams_max = 0});
    struct mmk_stream *s = rig_stream(&rig, rig_format(MMK_SAMPLE_S16, 2, 48000), 0.0);
    rig_submit(s, memory[0], 512, 1);
    mmk_engine_device_event(rig.engine, MMK_DEVICE_RESTART_NEEDED);
    mmk_notifier_reap(rig.notifier);
    check_eq(rig.n_events, 0);
    check_eq(test_platform_log_count(rig.tp, MMK_LOG_WARN), 1);
    mmk_engine_device_event(rig.engine, MMK_DEVICE_FORMAT_CHANGED);
    mmk_notifier_reap(rig.notifier);
    check_eq(rig.n_events, 1);
    check_eq(rig_close(&rig), 0);
}

Test(lost, a_ring_stream_says_so)
{
    struct rig rig;
    void *mem = NULL;
    rig_open(&rig, &(struct rig_options){.streams_max = 0});
    struct mmk_stream *s = rig_stream_config(
        &rig, (struct mmk_stream_config){.kind = MMK_STREAM_RING,
                                         .format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                         .ring_frames = 1000});
    sim_vanish(rig.sim);
    check_eq(mmk_stream_acquire(s, 1, &mem), MMK_ERR_GONE);
    check_eq(mmk_stream_resume(s), MMK_ERR_GONE);
    check_eq(rig_close(&rig), 0);
}

Test(lost, the_result_of_closing_the_device_is_told)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_options){.streams_max = 0});
    sim_fail_close(rig.sim, MMK_ERR_NO_SPACE);
    check_eq(mmk_engine_close(rig.engine), MMK_ERR_NO_SPACE);
    rig.engine = NULL;
    check_eq(rig_close(&rig), 0);
}
