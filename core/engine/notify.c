/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

/* The notifier: delivers completions, one stream at a time, with no lock held.
 *
 * A stream's completions are delivered by one thread at a time, its *deliverer*: the notifier's
 * thread, or one that resets or closes the stream. Who wants to deliver while another thread does
 * waits until that one leaves, so order holds and nothing is outstanding when reset returns. The
 * deliverer itself may come again from within a callback.
 *
 * Threads that wait for each other (one in a callback of A resets B, one in a callback of B resets
 * A) would wait for ever; so each waiter leaves a note, and who would close a circle does not wait:
 * the other side delivers when it comes back.
 *
 * A stream, and the notifier, live until the last thread has left them: callbacks may close either.
 */

struct waiter {
    uint64_t thread;
    const struct mmk_stream *stream; /* waits for its deliverer */
    struct waiter *next;
};

struct mmk_notifier {
    struct mmk_platform *platform;
    struct mmk_mutex *lock; /* guards everything below */
    struct mmk_event *wake;
    struct mmk_thread *thread; /* NULL: only reap delivers */
    uint64_t thread_id;        /* of `thread`, once it runs */
    struct mmk_stream *streams;
    struct mmk_engine *engines;
    unsigned changes; /* of the list of streams */
    struct waiter *waiters;
    unsigned refs; /* the owner, the thread, and every thread inside a delivery */
    bool closing;
};

static void lock(struct mmk_notifier *n)
{
    n->platform->ops->mutex_lock(n->platform, n->lock);
}

static void unlock(struct mmk_notifier *n)
{
    n->platform->ops->mutex_unlock(n->platform, n->lock);
}

static uint64_t self(const struct mmk_notifier *n)
{
    return n->platform->ops->thread_id(n->platform);
}

/* Give the lock back and one reference with it. */
static void leave(struct mmk_notifier *n)
{
    struct mmk_platform *p = n->platform;
    const bool last = --n->refs == 0;
    unlock(n);
    if (!last)
        return;
    p->ops->mutex_destroy(p, n->lock);
    p->ops->event_destroy(p, n->wake);
    p->ops->free(p, n);
}

/* Drop a reference to a stream; with the lock held, which is given up for the freeing. */
static void unref(struct mmk_notifier *n, struct mmk_stream *s)
{
    if (--s->refs > 0)
        return;
    unlock(n);
    mmki_stream_free(s);
    lock(n);
}

/* ------------------------------------------------------------------ who delivers */

static const struct waiter *note_of(const struct mmk_notifier *n, uint64_t thread)
{
    const struct waiter *w = n->waiters;
    while (w != NULL && w->thread != thread)
        w = w->next;
    return w;
}

/* Whether `thread` waits, over any number of others, for `me`. */
static bool waits_for(const struct mmk_notifier *n, uint64_t thread, uint64_t me)
{
    while (thread != me) {
        const struct waiter *w = note_of(n, thread);
        if (w == NULL)
            return false;
        thread = w->stream->deliverer;
        if (thread == 0)
            return false;
    }
    return true;
}

static void wait_idle(struct mmk_notifier *n, struct mmk_stream *s, uint64_t me)
{
    struct waiter note = {.thread = me, .stream = s, .next = n->waiters};
    n->waiters = &note;
    s->n_waiters++;
    unlock(n);
    n->platform->ops->event_wait(n->platform, s->idle, MMK_WAIT_FOREVER);
    lock(n);
    s->n_waiters--;
    struct waiter **at = &n->waiters;
    while (*at != &note)
        at = &(*at)->next;
    *at = note.next;
}

/* Become the deliverer of s. @param wait  false: only if nobody is. @return false: somebody else is
 */
static bool claim(struct mmk_notifier *n, struct mmk_stream *s, bool wait)
{
    const uint64_t me = self(n);
    while (s->deliverer != 0 && s->deliverer != me) {
        if (!wait || waits_for(n, s->deliverer, me))
            return false;
        wait_idle(n, s, me);
    }
    s->deliverer = me;
    s->depth++;
    return true;
}

static void unclaim(struct mmk_notifier *n, struct mmk_stream *s)
{
    if (--s->depth > 0)
        return;
    s->deliverer = 0;
    if (s->n_waiters > 0) /* one wakes, and passes it on when it leaves in its turn */
        n->platform->ops->event_set(n->platform, s->idle);
}

/* ------------------------------------------------------------------ delivery */

/* The next finished block, taken off the chain. With the lock held. */
static struct mmki_node *pop(struct mmk_stream *s, struct mmki_node **old)
{
    if (s->head == NULL || s->n_delivered == mmki_get32(&s->n_done))
        return NULL;
    *old = s->head;
    s->head = mmki_link_get(&s->head->link);
    s->n_delivered++;
    return s->head;
}

static void deliver_block(struct mmk_notifier *n, struct mmk_stream *s,
                          const struct mmki_node *node, struct mmki_node *old)
{
    const struct mmk_block block = node->block;
    const uint32_t n_done = node->n_done;
    const mmk_err why = node->why;
    unlock(n);
    mmki_stream_recycle(s, old);
    if (s->config.on_block != NULL)
        s->config.on_block(s->config.user, &block, n_done, why);
    mmki_add32(&s->n_returned, 1);
    lock(n);
}

static void deliver_period(struct mmk_notifier *n, struct mmk_stream *s)
{
    const uint32_t due = mmki_get32(&s->periods_due) - s->periods_delivered;
    const uint32_t told = s->config.merge_periods ? due : 1;
    s->periods_delivered += told;
    unlock(n);
    if (s->config.on_period != NULL)
        s->config.on_period(s->config.user);
    mmki_add32(&s->periods_returned, told);
    lock(n);
}

static uint32_t n_due(const struct mmk_stream *s)
{
    const uint32_t periods = s->closing ? 0 : mmki_get32(&s->periods_due) - s->periods_delivered;
    return mmki_get32(&s->n_done) - s->n_delivered + periods;
}

/* What is due for s, which the caller has claimed, but not more than so much of it. With the lock
 * held, but not during callbacks. */
static bool deliver(struct mmk_notifier *n, struct mmk_stream *s, uint32_t most)
{
    bool any = false;
    for (; most > 0; any = true, most--) {
        struct mmki_node *old;
        const struct mmki_node *node = pop(s, &old);
        if (node != NULL)
            deliver_block(n, s, node, old);
        else if (s->periods_delivered != mmki_get32(&s->periods_due) && !s->closing)
            deliver_period(n, s);
        else
            break;
    }
    return any;
}

/* A stream that does not know yet that its device went away, or NULL. */
static struct mmk_stream *find_lost(const struct mmk_notifier *n)
{
    struct mmk_stream *s = n->streams;
    while (s != NULL && (s->closing || s->lost || mmki_get32(&s->engine->gone) == 0))
        s = s->next;
    return s;
}

static void tell_lost(struct mmk_notifier *n)
{
    struct mmk_stream *s;
    while ((s = find_lost(n)) != NULL) {
        s->lost = true;
        s->refs++;
        unlock(n);
        mmki_stream_lost(s);
        lock(n);
        unref(n, s);
    }
}

static void kick_engines(struct mmk_notifier *n)
{
    for (struct mmk_engine *e = n->engines; e != NULL; e = e->next)
        if (e->freewheel)
            e->devices->ops->kick(e->devices, e->device);
}

/* All streams in turn, each once: where callbacks take longer than a period, the last of many must
 * not wait for ever. With the lock held. @return whether anything was delivered */
static bool reap_round(struct mmk_notifier *n)
{
    bool any = false;
    struct mmk_stream *s = n->streams;
    while (s != NULL) {
        if (n_due(s) == 0 || !claim(n, s, false)) {
            s = s->next;
            continue;
        }
        const unsigned changes = n->changes;
        s->refs++;
        any |= deliver(n, s, n_due(s));
        unclaim(n, s);
        struct mmk_stream *next = n->changes == changes ? s->next : NULL;
        unref(n, s);
        if (n->changes != changes) /* callbacks, or others meanwhile */
            return true;
        s = next;
    }
    return any;
}

/* With the lock held. */
static void reap(struct mmk_notifier *n)
{
    bool any = false;
    tell_lost(n);
    while (reap_round(n))
        any = true;
    if (any)
        kick_engines(n);
}

void mmk_notifier_reap(struct mmk_notifier *notifier)
{
    lock(notifier);
    notifier->refs++;
    reap(notifier);
    leave(notifier);
}

/* With the lock held, on which nothing is built across it. */
static void flush(struct mmk_notifier *n, struct mmk_stream *s)
{
    if (!claim(n, s, true))
        return;
    if (deliver(n, s, UINT32_MAX))
        kick_engines(n);
    unclaim(n, s);
}

void mmki_notifier_flush(struct mmk_notifier *n, struct mmk_stream *s)
{
    lock(n);
    n->refs++;
    s->refs++;
    flush(n, s);
    unref(n, s);
    leave(n);
}

/* ------------------------------------------------------------------ registration */

void mmki_notifier_add_engine(struct mmk_notifier *n, struct mmk_engine *e)
{
    lock(n);
    e->next = n->engines;
    n->engines = e;
    unlock(n);
}

void mmki_notifier_remove_engine(struct mmk_notifier *n, struct mmk_engine *e)
{
    lock(n);
    struct mmk_engine **at = &n->engines;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    unlock(n);
}

mmk_err mmki_notifier_add_stream(struct mmk_notifier *n, struct mmk_stream *s)
{
    struct mmk_engine *e = s->engine;
    mmk_err err = MMK_ERR_BUSY;
    lock(n);
    for (uint32_t i = 0; i < e->n_slots && err != MMK_OK; i++) {
        struct mmki_slot *slot = &e->slots[i];
        if (!mmki_token_is_empty(&slot->token))
            continue;
        s->slot = i;
        slot->stream = s;
        if (i >= mmki_get32(&e->slots_used))
            mmki_set32(&e->slots_used, i + 1);
        mmki_token_release(&slot->token);
        err = MMK_OK;
    }
    if (err == MMK_OK) {
        s->refs = 1;
        struct mmk_stream **at = &n->streams;
        for (; *at != NULL; at = &(*at)->next) /* in the order of opening */
            s->before = *at;
        *at = s;
        n->changes++;
    }
    unlock(n);
    return err;
}

bool mmki_notifier_claim_close(struct mmk_notifier *n, struct mmk_stream *s, bool force)
{
    lock(n);
    const bool out = s->head != NULL && mmki_get32(&s->n_submitted) != s->n_delivered;
    const bool ok = !s->closing && (force || !out);
    if (ok)
        s->closing = true;
    unlock(n);
    return ok;
}

void mmki_notifier_finish(struct mmk_notifier *n, struct mmk_stream *s)
{
    lock(n);
    n->refs++; /* a callback may close the notifier */
    flush(n, s);
    if (s->before != NULL)
        s->before->next = s->next;
    else
        n->streams = s->next;
    if (s->next != NULL)
        s->next->before = s->before;
    n->changes++;
    unref(n, s);
    leave(n);
}

struct mmk_stream *mmki_notifier_claim_any(struct mmk_notifier *n, const struct mmk_engine *e)
{
    lock(n);
    struct mmk_stream *s = n->streams;
    while (s != NULL && (s->engine != e || s->closing))
        s = s->next;
    if (s != NULL)
        s->closing = true;
    unlock(n);
    return s;
}

/* ------------------------------------------------------------------ the thread */

static void run(void *arg)
{
    struct mmk_notifier *n = arg;
    lock(n);
    n->thread_id = self(n);
    while (!n->closing) {
        reap(n);
        if (n->closing)
            break;
        unlock(n);
        n->platform->ops->event_wait(n->platform, n->wake, MMK_WAIT_FOREVER);
        lock(n);
    }
    leave(n);
}

void mmki_notifier_wake(struct mmk_notifier *n)
{
    n->platform->ops->event_set(n->platform, n->wake);
}

mmk_err mmk_notifier_open(struct mmk_platform *platform, struct mmk_notifier **out)
{
    if (platform == NULL || out == NULL)
        return MMK_ERR_INVAL;
    struct mmk_notifier *n = platform->ops->alloc(platform, sizeof *n);
    if (n == NULL)
        return MMK_ERR_NOMEM;
    n->platform = platform;
    n->lock = platform->ops->mutex_create(platform);
    n->wake = platform->ops->event_create(platform);
    if (n->lock == NULL || n->wake == NULL) {
        if (n->wake != NULL)
            platform->ops->event_destroy(platform, n->wake);
        if (n->lock != NULL)
            platform->ops->mutex_destroy(platform, n->lock);
        platform->ops->free(platform, n);
        return MMK_ERR_NOMEM;
    }
    n->refs = 2;
    lock(n);
    n->thread = platform->ops->thread_start(platform, run, n, MMK_PRIORITY_NORMAL, "mmk-notify");
    if (n->thread == NULL)
        n->refs = 1;
    unlock(n);
    *out = n;
    return MMK_OK;
}

void mmk_notifier_close(struct mmk_notifier *notifier)
{
    struct mmk_notifier *n = notifier;
    if (n == NULL)
        return;
    struct mmk_platform *p = n->platform;
    lock(n);
    n->refs++;
    reap(n);
    n->closing = true;
    struct mmk_thread *thread = n->thread;
    n->thread = NULL;
    const uint64_t me = self(n);
    const bool alone = thread != NULL && (me == n->thread_id || waits_for(n, n->thread_id, me));
    unlock(n);
    p->ops->event_set(p, n->wake);
    if (thread != NULL && !alone)
        p->ops->thread_join(p, thread);
    else if (thread != NULL && p->ops->thread_detach != NULL)
        p->ops->thread_detach(p, thread);
    lock(n);
    n->refs--;
    leave(n);
}
