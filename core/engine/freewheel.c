/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

/* The freewheeling clock. Time goes on by as much as every running stream can give (take), so that
 * the result has no holes, and stands still while
 *  - callbacks for what was played are still to be made or are running, for the client most likely
 *    answers with the next block;
 *  - a stream has nothing, and its client was heard of less than 50 ms ago.
 *
 * A stream whose last frames are too few for the resampler to go on gives its blocks back at once
 * (their frames are kept aside), for a client with a single buffer has no other to send; only when
 * 50 ms bring nothing new, or the client resets or closes the stream, are the frames played out as
 * if silence followed. A stream that has had nothing for so long does not hold the clock any more
 * until something comes.
 *
 * A started ring that is dry makes time go on all the same, a period of silence each 50 ms: its
 * client is told of each period, and may need to hear of the end of what it gave. */

/* A client stuck in a callback may wait for the clock: after this long the clock goes on without
 * it. */
#define STUCK_NS UINT64_C(2000000000)

/* Control has a token for microseconds, or as long as it is kept from running. Audio cannot sleep:
 * so often it looks, which is some hundredths of a second, and then goes on as the real clock. */
#define PROMISE_TRIES (UINT32_C(1) << 20)

void mmki_render_hold(struct mmk_engine *e)
{
    uint32_t tries = e->freewheel ? PROMISE_TRIES : 1;
    while (!mmki_engine_hold(e) && --tries > 0)
        mmki_engine_release(e);
}

static uint32_t round_up_ms(uint64_t ns)
{
    return (uint32_t)((ns + 999999) / 1000000);
}

/* @return whether callbacks are outstanding and the clock waits for them. Not for those of a stream
 * that is being closed, maybe inside one; and not long for those of others, for one of them may be
 * where it is closed. */
static bool callbacks_run(struct mmk_engine *e, uint64_t now)
{
    uint64_t outstanding = 0, progress = 0, patience = STUCK_NS;
    for (uint32_t i = 0; i < e->n_held; i++) {
        const struct mmk_stream *s = e->held[i];
        if (mmki_get32(&s->finish) != 0) {
            patience = MMKI_HOLD_NS;
            continue;
        }
        const uint32_t returned = mmki_get32(&s->n_returned);
        const uint32_t periods = mmki_get32(&s->periods_returned);
        outstanding += mmki_get32(&s->n_done) - returned;
        outstanding += mmki_get32(&s->periods_due) - periods;
        progress += (uint64_t)returned + periods;
    }
    if (outstanding == 0) {
        e->stuck_since = 0;
        return false;
    }
    if (e->stuck_since == 0 || progress != e->returned_progress) {
        e->returned_progress = progress;
        e->stuck_since = now;
    }
    return now - e->stuck_since < patience;
}

/* @return how long the clock should still wait for this stream's client */
static uint64_t hold_of(struct mmk_stream *s, uint64_t now)
{
    const uint32_t news = mmki_get32(&s->news);
    const uint32_t returned = mmki_get32(&s->n_returned) + mmki_get32(&s->periods_returned);
    if (mmki_get32(&s->finish) != 0)
        return 0;
    if (news != s->news_seen || returned != s->returned_seen) {
        s->news_seen = news;
        s->returned_seen = returned;
        s->hold_until = now + MMKI_HOLD_NS;
    }
    return s->hold_until > now ? s->hold_until - now : 0;
}

struct tally {
    uint64_t now;
    uint32_t n;       /* what all can give */
    bool any;         /* somebody gives (takes) something */
    uint64_t hold_ns; /* somebody may give something soon */
    bool tail_waits;  /* ... and holds frames back until then */
    bool ring_waits;  /* ... and gets silence played if it does not */
    bool released;    /* blocks were given back */
};

static void add_hold(struct tally *t, uint64_t ns)
{
    if (ns > 0 && (t->hold_ns == 0 || ns < t->hold_ns))
        t->hold_ns = ns;
}

static void limit(struct tally *t, uint64_t n)
{
    t->any = true;
    if (n < t->n)
        t->n = (uint32_t)n;
}

static void ask_source(struct mmk_stream *s, struct tally *t)
{
    mmki_source_begin(s);
    const uint64_t hold = hold_of(s, t->now);
    size_t n = mmki_source_can_give(s, t->n);
    if (n == 0 && mmki_source_has_tail(s) && !s->draining) {
        t->released |= mmki_source_take_rest(s);
        if (hold > 0) {
            t->tail_waits = true;
        } else {
            s->draining = mmki_source_available(s) == 0;
            n = s->draining ? mmki_source_can_give(s, t->n) : 0;
        }
    }
    if (n > 0)
        limit(t, n);
    else
        add_hold(t, hold);
    if (n == 0 && s->config.kind == MMK_STREAM_RING)
        t->ring_waits = true;
    if (n == 0 && hold == 0 && s->config.kind == MMK_STREAM_RING) {
        limit(t, s->engine->caps.period_frames); /* a started ring that runs dry plays silence */
        s->hold_until = t->now + MMKI_HOLD_NS;
    }
}

static void ask_sink(struct mmk_stream *s, struct tally *t)
{
    mmki_source_begin(s);
    if (s->config.kind == MMK_STREAM_BLOCKS)
        mmki_chain_settle(s);
    const uint64_t hold = hold_of(s, t->now);
    const uint64_t room = mmki_capture_room(s);
    if (room == 0) {
        add_hold(t, hold);
        return;
    }
    /* one device frame at least: what it becomes beyond the room waits in the carry */
    uint64_t n = room > UINT32_MAX ? room : room * s->rate_den / s->rate_num;
    n = n > 0 ? n : 1;
    if (s->tap) { /* hears what is played, does not make it play */
        if (n < t->n)
            t->n = (uint32_t)n;
    } else {
        limit(t, n);
    }
}

/* The limiter still holds the end of what was played. */
static void ask_limiter(struct mmk_engine *e, struct tally *t)
{
    const uint64_t rendered = mmki_get64(&e->rendered);
    const uint64_t audible = mmki_get64(&e->audible);
    if (t->any || audible <= rendered) {
        e->tail_hold = 0;
        return;
    }
    if (e->tail_hold == 0)
        e->tail_hold = t->now + MMKI_HOLD_NS;
    if (e->tail_hold > t->now && mmki_get32(&e->finish) == 0)
        add_hold(t, e->tail_hold - t->now);
    else
        limit(t, audible - rendered);
    t->tail_waits = true;
}

uint32_t mmk_engine_freewheel_frames(struct mmk_engine *engine, uint32_t max_frames,
                                     uint32_t *wait_ms)
{
    struct mmk_engine *e = engine;
    struct tally t = {.n = max_frames, .now = e->platform->ops->now_ns(e->platform)};
    uint32_t dummy;
    if (wait_ms == NULL)
        wait_ms = &dummy;
    *wait_ms = MMK_WAIT_FOREVER;
    if (max_frames == 0 || mmki_get32(&e->gone) != 0)
        return 0;
    if (!mmki_engine_hold(
            e)) { /* control is at one of them: let it finish, or the result depends on chance */
        mmki_engine_release(e);
        *wait_ms = 1;
        return 0;
    }
    for (uint32_t i = 0; i < e->n_held; i++)
        if (!e->held[i]->capture && e->held[i]->config.kind == MMK_STREAM_BLOCKS)
            t.released |= mmki_chain_due(e->held[i], mmki_get64(&e->held[i]->position));
    bool wait = t.released || callbacks_run(e, t.now);
    for (uint32_t i = 0; i < e->n_held && !wait; i++) {
        struct mmk_stream *s = e->held[i];
        if (mmki_get32(&s->paused) != 0)
            continue;
        const uint32_t done = mmki_get32(&s->n_done);
        if (s->capture)
            ask_sink(s, &t);
        else
            ask_source(s, &t);
        t.released |= mmki_get32(&s->n_done) != done;
    }
    if (!wait && e->limiter != NULL)
        ask_limiter(e, &t);
    mmki_engine_release(e);
    if (wait || t.released) {
        mmki_notifier_wake(e->notifier);
        *wait_ms = 50; /* the notifier kicks when it has delivered */
        return 0;
    }
    if (t.hold_ns > 0 && (t.any || t.tail_waits || t.ring_waits)) {
        *wait_ms = round_up_ms(t.hold_ns);
        return 0;
    }
    return t.any ? t.n : 0;
}
