/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdbool.h>

#include "plain.h"

#include "rig.h"

/* Every entry point called inside every callback: it returns, with the documented code, and nothing
 * leaks. Callbacks come on the notifier's thread, or on the caller's inside reset, stop and close.
 * Then two threads whose callbacks reset or close each other's streams. */

enum where { FROM_NOTIFIER, FROM_RESET, FROM_CLOSE, FROM_STOP, FROM_PERIOD, WHERES };
enum call {
    SUBMIT,
    PAUSE,
    RESUME,
    RESET,
    GAIN,
    SPEED,
    POSITION,
    BREAK_LOOP,
    STATS,
    REAP,
    CLOSE_SOFTLY,
    CLOSE_OWN,
    CLOSE_OTHER,
    OPEN_AND_CLOSE,
    CLOSE_ENGINE,
    CLOSE_ALL,
    CALLS
};

struct scene {
    struct rig rig;
    enum where where;
    enum call call;
    struct mmk_stream *own, *other;
    _Atomic int calls; /* callbacks of `own` */
    atomic_bool done;
    bool own_closed, engine_closed, notifier_closed;
};

static int16_t memory[2 * 4096];

static mmk_err open_other(struct scene *s, struct mmk_stream **out)
{
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                             .start_paused = true};
    return mmk_stream_open(s->rig.engine, &config, out);
}

static void close_twice_is_busy(struct scene *s)
{
    /* the stream is being closed when its callback comes from close */
    const mmk_err err = mmk_stream_close(s->own, true);
    CHECK(err == (s->where == FROM_CLOSE ? MMK_ERR_BUSY : MMK_OK));
    s->own_closed = true;
}

static void act(struct scene *s)
{
    struct mmk_position p;
    struct mmk_engine_stats stats;
    struct mmk_stream *fresh = NULL;
    const float gains[2] = {0.5f, 0.5f};
    const bool closing = s->where == FROM_CLOSE, ring = s->where == FROM_PERIOD;
    const mmk_err blocks = ring ? MMK_ERR_INVAL : MMK_OK;
    switch (s->call) {
    case SUBMIT:
        CHECK(rig_submit(s->own, memory, 10, 5) == (ring      ? MMK_ERR_INVAL
                                                    : closing ? MMK_ERR_STATE
                                                              : MMK_OK));
        break;
    case PAUSE:
        CHECK(mmk_stream_pause(s->own) == MMK_OK);
        break;
    case RESUME:
        CHECK(mmk_stream_resume(s->own) == (closing ? MMK_ERR_STATE : MMK_OK));
        break;
    case RESET:
        CHECK(mmk_stream_reset(s->own) == MMK_OK);
        break;
    case GAIN:
        CHECK(mmk_stream_set_gain(s->own, gains, 2) == MMK_OK);
        break;
    case SPEED:
        CHECK(mmk_stream_set_speed(s->own, 1.5) ==
              (s->where == FROM_STOP ? MMK_ERR_UNSUPPORTED : MMK_OK));
        break;
    case POSITION:
        CHECK(mmk_stream_position(s->own, &p) == MMK_OK);
        break;
    case BREAK_LOOP:
        CHECK(mmk_stream_break_loop(s->own) == (s->where == FROM_STOP ? MMK_ERR_INVAL : blocks));
        break;
    case STATS:
        mmk_engine_stats(s->rig.engine, &stats);
        CHECK(!stats.gone);
        break;
    case REAP:
        mmk_notifier_reap(s->rig.notifier);
        break;
    case CLOSE_SOFTLY:
        /* one more block is out behind this one, but a ring has none */
        CHECK(mmk_stream_close(s->own, false) == (ring ? MMK_OK : MMK_ERR_BUSY));
        s->own_closed = ring;
        break;
    case CLOSE_OWN:
        close_twice_is_busy(s);
        break;
    case CLOSE_OTHER:
        CHECK(mmk_stream_close(s->other, true) == MMK_OK);
        break;
    case OPEN_AND_CLOSE:
        CHECK(open_other(s, &fresh) == MMK_OK);
        CHECK(mmk_stream_close(fresh, false) == MMK_OK);
        break;
    case CLOSE_ENGINE:
    case CLOSE_ALL:
        CHECK(mmk_engine_close(s->rig.engine) == MMK_OK);
        s->own_closed = s->engine_closed = true;
        if (s->call == CLOSE_ALL) {
            mmk_notifier_close(s->rig.notifier);
            s->notifier_closed = true;
        }
        break;
    case CALLS:
    default:
        break;
    }
}

static void on_event(struct scene *s)
{
    CHECK(test_platform_locks_held() == 0);
    if (atomic_fetch_add(&s->calls, 1) != 0)
        return;
    act(s);
    atomic_store(&s->done, true);
}

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    (void)block;
    (void)n_frames;
    (void)why;
    on_event(user);
}

static void on_period(void *user)
{
    on_event(user);
}

static void open_scene(struct scene *s)
{
    const bool capture = s->where == FROM_STOP, ring = s->where == FROM_PERIOD;
    rig_open(&s->rig,
             &(struct rig_options){.direction = capture ? MMK_CAPTURE : MMK_PLAYBACK,
                                   .platform_flags = UINT32_MAX,
                                   .quality = MMK_QUALITY_DRAFT,
                                   .sim = {.threaded = true,
                                           .discard = true,
                                           .pace_us = 200,
                                           .max_frames = s->where == FROM_STOP ? 960 : 0}});
    const struct mmk_stream_config config = {.kind = ring ? MMK_STREAM_RING : MMK_STREAM_BLOCKS,
                                             .format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                             .speed_max = 2.0,
                                             .on_block = on_block,
                                             .on_period = on_period,
                                             .user = s,
                                             .ring_frames = 4800,
                                             .start_paused = true};
    CHECK(mmk_stream_open(s->rig.engine, &config, &s->own) == MMK_OK);
    CHECK(open_other(s, &s->other) == MMK_OK);
    rig_submit(s->other, memory, 100, 9);
}

/* The device stops short of a block's end: stop finds it partly filled, and its callback is the
 * first. */
static void stop_in_the_middle(struct scene *s)
{
    CHECK(mmk_stream_resume(s->own) == MMK_OK);
    while (sim_counts(s->rig.sim).rendered < 960)
        sleep_us(100);
    CHECK(mmk_stream_stop(s->own) == MMK_OK);
    CHECK(atomic_load(&s->done));
}

/* Bring the first callback about. The second block is out when it comes. */
static void provoke(struct scene *s)
{
    if (s->where == FROM_PERIOD) {
        CHECK(mmk_stream_resume(s->own) == MMK_OK);
        return;
    }
    CHECK(rig_submit(s->own, memory, s->where == FROM_STOP ? 4096 : 100, 0) == MMK_OK);
    CHECK(rig_submit(s->own, memory, 4096, 1) == MMK_OK);
    if (s->where == FROM_NOTIFIER)
        CHECK(mmk_stream_resume(s->own) == MMK_OK);
    if (s->where == FROM_RESET)
        CHECK(mmk_stream_reset(s->own) == MMK_OK);
    if (s->where == FROM_STOP)
        stop_in_the_middle(s);
    if (s->where == FROM_CLOSE)
        CHECK(mmk_stream_close(s->own, true) == MMK_OK);
}

static void play_scene(enum where where, enum call call)
{
    struct scene *s = must_alloc(sizeof *s);
    s->where = where;
    s->call = call;
    open_scene(s);
    provoke(s);
    while (!atomic_load(&s->done))
        sleep_us(100);
    if (s->where == FROM_CLOSE)
        s->own_closed = true;
    if (!s->own_closed)
        CHECK(mmk_stream_close(s->own, true) == MMK_OK);
    if (s->engine_closed)
        s->rig.engine = NULL;
    if (s->notifier_closed)
        s->rig.notifier = NULL;
    CHECK(rig_close(&s->rig) == 0);
    free(s);
}

/* ------------------------------------------------------------------ two threads across */

/* Each side's callback resets (closes) the other side's stream while both are being reset (closed).
 */
struct side {
    struct mmk_stream *stream;
    struct side *opposite;
    bool closes;
    atomic_uint out, calls;
};

static pthread_barrier_t both_inside;

static void across(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct side *s = user;
    (void)block;
    (void)n_frames;
    (void)why;
    CHECK(test_platform_locks_held() == 0);
    atomic_fetch_sub(&s->out, 1);
    if (atomic_fetch_add(&s->calls, 1) != 0)
        return;
    pthread_barrier_wait(&both_inside); /* both threads are inside their callbacks now */
    if (s->closes)
        CHECK(mmk_stream_close(s->opposite->stream, true) == MMK_OK);
    else
        CHECK(mmk_stream_reset(s->opposite->stream) == MMK_OK);
}

static void *start_side(void *arg)
{
    struct side *s = arg;
    CHECK(mmk_stream_reset(s->stream) == MMK_OK);
    return NULL;
}

static void cross(bool closes)
{
    struct rig rig;
    struct side side[2];
    pthread_t thread[2];
    rig_open(&rig, &(struct rig_options){.platform_flags = UINT32_MAX,
                                         .sim = {.threaded = true, .discard = true}});
    pthread_barrier_init(&both_inside, NULL, 2);
    for (int i = 0; i < 2; i++) {
        struct side *s = &side[i];
        *s = (struct side){.opposite = &side[1 - i], .closes = closes};
        const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                                 .on_block = across,
                                                 .user = s,
                                                 .start_paused = true};
        CHECK(mmk_stream_open(rig.engine, &config, &s->stream) == MMK_OK);
        atomic_store(&s->out, 5);
        for (int k = 0; k < 5; k++)
            rig_submit(s->stream, memory, 100, k);
    }
    for (int i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, start_side, &side[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    CHECK(mmk_engine_close(rig.engine) == MMK_OK);
    rig.engine = NULL;
    for (int i = 0; i < 2; i++) {
        CHECK(atomic_load(&side[i].out) == 0);
        CHECK(atomic_load(&side[i].calls) == 5);
    }
    pthread_barrier_destroy(&both_inside);
    CHECK(rig_close(&rig) == 0);
}

/* close on one thread waits for the callback that runs on another. */
static atomic_bool slow_inside, slow_left;

static void slow(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    (void)user;
    (void)block;
    (void)n_frames;
    (void)why;
    atomic_store(&slow_inside, true);
    sleep_us(20000);
    atomic_store(&slow_left, true);
}

static void close_waits(bool force)
{
    struct rig rig;
    struct mmk_stream *s;
    atomic_store(&slow_inside, false);
    atomic_store(&slow_left, false);
    rig_open(&rig, &(struct rig_options){.platform_flags = UINT32_MAX,
                                         .sim = {.threaded = true, .discard = true}});
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 2, 48000),
                                             .on_block = slow};
    CHECK(mmk_stream_open(rig.engine, &config, &s) == MMK_OK);
    rig_submit(s, memory, 100, 1);
    while (!atomic_load(&slow_inside))
        sleep_us(100);
    CHECK(mmk_stream_close(s, force) == MMK_OK);
    CHECK(atomic_load(&slow_left));
    CHECK(rig_close(&rig) == 0);
}

int main(void)
{
    watchdog(120);
    for (int where = 0; where < WHERES; where++)
        for (int call = 0; call < CALLS; call++)
            play_scene((enum where)where, (enum call)call);
    for (int i = 0; i < 20; i++) {
        cross(false);
        cross(true);
    }
    close_waits(false);
    close_waits(true);
    return finish_plain();
}
