/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Many threads, one driver: streams shared by everybody, devices that come and go, DriverProc and
 * all entry points at once. Counted: each accepted buffer comes back exactly once, callbacks hold
 * no lock, nothing leaks. Meant for ThreadSanitizer; a plain program because Criterion does not
 * start under it. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/rig.h"

#define SHARED       6
#define HEADERS      8
#define WRITERS      3
#define THREADS_MAX  10
#define BUFFER_BYTES 1024

static unsigned n_passed, n_failed;

static void check(bool ok, const char *what, unsigned long long got)
{
    if (ok) {
        n_passed++;
        return;
    }
    n_failed++;
    printf("FAILED: %s (%llu)\n", what, got);
}

struct client_header {
    struct mmk_wavehdr h; /* first: callbacks bring its address */
    atomic_uint n_back;
    unsigned n_sent; /* its thread's */
};

struct stage {
    struct rig *rig;
    atomic_uintptr_t out[SHARED], in[SHARED];
    atomic_uint stop, n_done, n_data, n_calls, n_odd_flags;
    struct client_header header[2 * WRITERS][HEADERS];
    unsigned char data[2 * WRITERS][HEADERS][BUFFER_BYTES];
    bool lifecycle; /* LOAD, FREE and their like too */
};

struct worker {
    struct stage *stage;
    unsigned number;
    uint32_t seed;
};

static uint32_t rnd(struct worker *w, uint32_t n)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(w->seed >> 8) * n >> 24);
}

static void hear(void *user, struct card *card, const struct card_event *event)
{
    struct stage *s = user;
    (void)card;
    if (event->msg != MMK_WOM_DONE && event->msg != MMK_WIM_DATA)
        return;
    if ((event->flags_seen & (MMK_WHDR_DONE | MMK_WHDR_PREPARED)) == 0)
        atomic_fetch_add(&s->n_odd_flags, 1);
    atomic_fetch_add(&((struct client_header *)event->p1)->n_back, 1);
    atomic_fetch_add(event->msg == MMK_WOM_DONE ? &s->n_done : &s->n_data, 1);
}

static uint32_t dev(struct worker *w, mmk_wave_kind kind, uint32_t msg, uintptr_t user,
                    uintptr_t p1, uintptr_t p2)
{
    atomic_fetch_add(&w->stage->n_calls, 1);
    return rig_dev(w->stage->rig, kind, msg, user, p1, p2);
}

/* ------------------------------------------------------------------ what the threads do */

/* A header is its thread's own while it is back: all callbacks for it have been made. */
static void write_some(struct worker *w, bool capture)
{
    struct stage *s = w->stage;
    const unsigned mine = (capture ? WRITERS : 0) + w->number % WRITERS;
    const mmk_wave_kind kind = capture ? MMK_WAVE_IN : MMK_WAVE_OUT;
    for (unsigned i = 0; i < HEADERS; i++) {
        struct client_header *c = &s->header[mine][i];
        const uintptr_t handle =
            atomic_load(capture ? &s->in[rnd(w, SHARED)] : &s->out[rnd(w, SHARED)]);
        if (c->n_sent != atomic_load(&c->n_back))
            continue;
        card_header(&c->h, s->data[mine][i], rnd(w, BUFFER_BYTES));
        c->n_sent++;
        if (dev(w, kind, capture ? MMK_WIDM_ADDBUFFER : MMK_WODM_WRITE, handle, (uintptr_t)&c->h,
                sizeof c->h) != MMK_MMSYSERR_NOERROR)
            c->n_sent--;
    }
}

static void transport(struct worker *w)
{
    static const uint32_t out[] = {MMK_WODM_PAUSE, MMK_WODM_RESTART, MMK_WODM_RESTART,
                                   MMK_WODM_RESET, MMK_WODM_BREAKLOOP};
    static const uint32_t in[] = {MMK_WIDM_START, MMK_WIDM_START, MMK_WIDM_STOP, MMK_WIDM_RESET};
    struct mmk_mmtime t = {.wType = 1u << rnd(w, 6)};
    const uintptr_t o = atomic_load(&w->stage->out[rnd(w, SHARED)]);
    const uintptr_t i = atomic_load(&w->stage->in[rnd(w, SHARED)]);
    uint32_t dword;

    dev(w, MMK_WAVE_OUT, out[rnd(w, 5)], o, 0, 0);
    dev(w, MMK_WAVE_IN, in[rnd(w, 4)], i, 0, 0);
    dev(w, MMK_WAVE_OUT, MMK_WODM_GETPOS, o, (uintptr_t)&t, sizeof t);
    dev(w, MMK_WAVE_IN, MMK_WIDM_GETPOS, i, (uintptr_t)&t, sizeof t);
    dev(w, MMK_WAVE_OUT, MMK_WODM_SETVOLUME, rnd(w, 2) ? o : 0, rnd(w, 1u << 24), 0);
    dev(w, MMK_WAVE_OUT, MMK_WODM_GETVOLUME, o, (uintptr_t)&dword, 0);
    dev(w, MMK_WAVE_OUT, MMK_WODM_SETPLAYBACKRATE, o, 0x4000 + rnd(w, 0x3C000), 0);
}

static void open_close(struct worker *w)
{
    const bool capture = rnd(w, 2) != 0;
    const mmk_wave_kind kind = capture ? MMK_WAVE_IN : MMK_WAVE_OUT;
    atomic_uintptr_t *slot =
        capture ? &w->stage->in[rnd(w, SHARED)] : &w->stage->out[rnd(w, SHARED)];
    const uintptr_t old = atomic_load(slot);
    uintptr_t fresh;

    if (old != 0) {
        dev(w, kind, capture ? MMK_WIDM_RESET : MMK_WODM_RESET, old, 0, 0);
        if (dev(w, kind, capture ? MMK_WIDM_CLOSE : MMK_WODM_CLOSE, old, 0, 0) ==
            MMK_WAVERR_STILLPLAYING)
            return; /* somebody wrote meanwhile */
    }
    fresh = rig_open_wave(w->stage->rig, kind);
    if (!atomic_compare_exchange_strong(slot, &(uintptr_t){old}, fresh) && fresh != 0) {
        dev(w, kind, capture ? MMK_WIDM_RESET : MMK_WODM_RESET, fresh, 0, 0);
        dev(w, kind, capture ? MMK_WIDM_CLOSE : MMK_WODM_CLOSE, fresh, 0, 0);
    }
}

static void card_things(struct worker *w)
{
    unsigned char room[300];
    dev(w, MMK_WAVE_AUX, MMK_AUXDM_SETVOLUME, 0, rnd(w, 1u << 24) * 257, 0);
    dev(w, MMK_WAVE_MIXER, MMK_MXDM_GETDEVCAPS, 0, (uintptr_t)room, sizeof room);
    dev(w, MMK_WAVE_OUT, MMK_WODM_GETDEVCAPS, 0, (uintptr_t)room, sizeof room);
    dev(w, MMK_WAVE_IN, MMK_DRV_QUERYDEVICEINTERFACE, 0, (uintptr_t)room, sizeof room);
    dev(w, MMK_WAVE_OUT, MMK_WODM_GETNUMDEVS, 0, 0, 0);
}

static void driver_things(struct worker *w)
{
    struct rig *rig = w->stage->rig;
    const uintptr_t id = (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
    rig_drv(rig, id, MMK_DRV_QUERYCONFIGURE, 0, 0);
    if (rnd(w, 20) == 0)
        rig_drv(rig, id, rnd(w, 2) ? MMK_DRV_INSTALL : MMK_DRV_REMOVE, 0, 0);
    if (rnd(w, 10) == 0)
        rig_drv(rig, id, MMK_DRV_POWER, 0, 0);
    if (w->stage->lifecycle && rnd(w, 10) == 0)
        rig_drv(rig, id, MMK_DRV_EXITSESSION, 0, 0);
    if (w->stage->lifecycle && rnd(w, 30) == 0) {
        static const uint32_t msgs[] = {MMK_DRV_LOAD, MMK_DRV_ENABLE, MMK_DRV_DISABLE,
                                        MMK_DRV_FREE};
        rig_drv(rig, 0, msgs[rnd(w, 4)], 0, 0);
        rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
        rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    }
    if (w->stage->lifecycle && rnd(w, 30) == 0) {
        static const uint32_t msgs[] = {MMK_DRVM_DISABLE, MMK_DRVM_EXIT};
        const mmk_wave_kind kind = rnd(w, 2) ? MMK_WAVE_IN : MMK_WAVE_OUT;
        dev(w, kind, msgs[rnd(w, 2)], 0, 0, 0);
        dev(w, kind, MMK_DRVM_INIT, 0, 0, 0);
    }
    rig_drv(rig, id, MMK_DRV_CLOSE, 0, 0);
    rig->card->platform->ops->sleep_ns(rig->card->platform,
                                       1000000); /* let the others get somewhere */
}

static void work(void *arg)
{
    struct worker *w = arg;
    while (atomic_load(&w->stage->stop) == 0) {
        if (w->number < WRITERS)
            write_some(w, false);
        else if (w->number < 2 * WRITERS)
            write_some(w, true);
        else if (w->number == 2 * WRITERS)
            transport(w);
        else if (w->number == 2 * WRITERS + 1)
            open_close(w);
        else if (w->number == 2 * WRITERS + 2)
            card_things(w);
        else
            driver_things(w);
    }
}

/* ------------------------------------------------------------------ the run */

static void count_headers(struct stage *s)
{
    unsigned long long sent = 0, back = 0, out = 0;
    for (unsigned t = 0; t < 2 * WRITERS; t++)
        for (unsigned i = 0; i < HEADERS; i++) {
            struct client_header *c = &s->header[t][i];
            sent += c->n_sent;
            back += atomic_load(&c->n_back);
            out += (card_flags(&c->h) & MMK_WHDR_INQUEUE) != 0;
        }
    check(sent == back, "each accepted buffer comes back exactly once", sent - back);
    check(out == 0, "buffers still out", out);
    check(sent > 0, "buffers went through", sent);
    check(atomic_load(&s->n_odd_flags) == 0, "flags stand before the callback",
          atomic_load(&s->n_odd_flags));
    printf("%llu buffers, %u calls\n", sent, atomic_load(&s->n_calls));
}

static void run(unsigned ms, bool lifecycle)
{
    static struct stage s;
    struct worker worker[THREADS_MAX];
    struct mmk_thread *thread[THREADS_MAX];
    struct mmk_platform *p;

    memset(&s, 0, sizeof s);
    s.lifecycle = lifecycle;
    s.rig = rig_create(&(struct rig_config){
        .card = {
            .threads = true,
            .real_clock = true,
            .sim = {.threaded = true, .pace_us = 300, .discard = true, .period_frames = 256}}});
    s.rig->card->hook = hear;
    s.rig->card->hook_user = &s;
    p = s.rig->card->platform;
    rig_open(s.rig);
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        worker[i] = (struct worker){&s, i, 1000u * i + 7u};
        thread[i] = p->ops->thread_start(p, work, &worker[i], MMK_PRIORITY_NORMAL, "client");
    }
    p->ops->sleep_ns(p, (uint64_t)ms * 1000000u);
    atomic_store(&s.stop, 1);
    for (unsigned i = 0; i < THREADS_MAX; i++)
        p->ops->thread_join(p, thread[i]);
    mmk_driver_fini(s.rig->driver);
    count_headers(&s);
    const unsigned faults = rig_destroy(s.rig);
    check(faults == 0, "faults of the platform", faults);
}

/* Opening while another thread closes: the device can be open once, so each has to wait its turn.
 */
struct opener {
    struct rig *rig;
    unsigned number, refused;
};

static void open_and_close(void *arg)
{
    struct opener *o = arg;
    struct mmk_platform *p = o->rig->card->platform;
    for (unsigned i = 0; i < 60; i++) {
        const uintptr_t handle = rig_open_wave(o->rig, MMK_WAVE_OUT);
        const uint32_t closed =
            handle != 0 ? rig_dev(o->rig, MMK_WAVE_OUT, MMK_WODM_CLOSE, handle, 0, 0) : 0;
        if (handle == 0 || closed != MMK_MMSYSERR_NOERROR) {
            o->refused++;
            printf("%s refused: %u\n", handle == 0 ? "OPEN" : "CLOSE", closed);
        }
        p->ops->sleep_ns(p, (i * 7 + o->number * 3) % 11 * 1000000u);
    }
}

static void contend(void)
{
    struct rig *rig =
        rig_create(&(struct rig_config){.card = {.threads = true, .real_clock = true}});
    struct mmk_platform *p = rig->card->platform;
    struct mmk_thread *thread[4];
    struct opener opener[4];
    unsigned refused = 0;

    rig->card->close_ms = 4;
    rig_open(rig);
    for (unsigned i = 0; i < 4; i++) {
        opener[i] = (struct opener){rig, i, 0};
        thread[i] =
            p->ops->thread_start(p, open_and_close, &opener[i], MMK_PRIORITY_NORMAL, "opener");
    }
    for (unsigned i = 0; i < 4; i++) {
        p->ops->thread_join(p, thread[i]);
        refused += opener[i].refused;
    }
    check(refused == 0, "every OPEN and CLOSE of four threads succeeds", refused);
    const struct sim_counts counts = sim_counts(rig->card->sim[MMK_PLAYBACK][0]);
    printf("240 opens by four threads, the device was opened %u times\n", counts.opens);
    const unsigned faults = rig_destroy(rig);
    check(faults == 0, "faults of the platform", faults);
}

int main(int argc, char **argv)
{
    const unsigned ms = argc > 1 ? (unsigned)atoi(argv[1]) : 1500;
    run(ms, false);
    run(ms, true);
    contend();
    printf("%u passed, %u failed\n", n_passed, n_failed);
    return n_failed != 0;
}
