/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

/* Two threads, 16 streams each, on one driver: open, convert in pieces, close, and now and then a
 * stream of the other thread's. usage: threads_acm [SECONDS] */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acm/acm_rig.h"
#include "acm/wfx.h"

enum { THREADS = 2, STREAMS = 16, LENGTH = 3000 };

static double seconds = 3;
static atomic_uint n_converted, n_failed, n_strange;
static _Atomic uint64_t handles[THREADS][STREAMS];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct work {
    struct wfx src, dst;
    struct acm_stream stream;
    uint32_t checksum, first;
    unsigned rounds;
};

static uint32_t sum(uint32_t h, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

/* One whole conversion in pieces: the same bytes each time. */
static void convert_all(struct work *w, unsigned piece)
{
    static _Thread_local uint8_t in[LENGTH], out[1 << 20];
    uint32_t used, made, at = 0;
    w->checksum = 2166136261u;
    for (unsigned i = 0; i < LENGTH; i++)
        in[i] = (uint8_t)(i * 13);
    while (at < LENGTH) {
        const uint32_t n = LENGTH - at < piece ? LENGTH - at : piece;
        const uint32_t flags = (at == 0 ? MMK_ACM_STREAMCONVERTF_START : 0) |
                               (at + n == LENGTH ? MMK_ACM_STREAMCONVERTF_END : 0);
        const uint32_t r =
            acm_convert(&w->stream, in + at, n, &used, out, sizeof out, &made, flags);
        if (r == MMK_ACMERR_BUSY)
            continue; /* the other thread asked for its size just now */
        if (r != 0 || used != n) {
            atomic_fetch_add(&n_failed, 1);
            return;
        }
        w->checksum = sum(w->checksum, out, made);
        at += n;
    }
    if (w->rounds++ == 0)
        w->first = w->checksum;
    if (w->checksum != w->first)
        atomic_fetch_add(&n_failed, 1);
    atomic_fetch_add(&n_converted, 1);
}

static void meddle(unsigned thread, unsigned i)
{
    struct acm_stream other;
    struct mmk_acmdrvstreamsize size = {16, 0, 1000, 0};
    acm_stream_set(&other, true, NULL, NULL, NULL, 0);
    acm_stream_set_handle(&other, atomic_load(&handles[1 - thread][i]));
    const uint32_t r = acm_msg(MMK_ACMDM_STREAM_SIZE, acm_stream_at(&other), &size);
    if (r != 0 && r != MMK_ACMERR_BUSY && r != MMK_MMSYSERR_INVALHANDLE)
        atomic_fetch_add(&n_strange, 1);
}

static void open_all(struct work *work, unsigned thread)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        struct work *w = &work[i];
        acm_stream_set(&w->stream, i & 1, w->src.b, w->dst.b, NULL, 0);
        if (acm_msg(MMK_ACMDM_STREAM_OPEN, acm_stream_at(&w->stream), NULL) != 0)
            atomic_fetch_add(&n_failed, 1);
        atomic_store(&handles[thread][i], acm_stream_handle(&w->stream));
    }
}

static void close_all(struct work *work)
{
    for (unsigned i = 0; i < STREAMS; i++)
        while (acm_msg(MMK_ACMDM_STREAM_CLOSE, acm_stream_at(&work[i].stream), NULL) ==
               MMK_ACMERR_BUSY) {
        }
}

static void *run(void *arg)
{
    const unsigned thread = (unsigned)(uintptr_t)arg;
    struct work *work = calloc(STREAMS, sizeof *work);
    struct wfx f[32];
    const size_t n = wfx_some(f);
    const double end = now() + seconds;

    for (unsigned i = 0; i < STREAMS; i++) {
        work[i].src = f[(i * 5 + thread) % n];
        work[i].dst = f[(i * 7 + 3) % n];
    }
    for (unsigned round = 0; now() < end; round++) {
        open_all(work, thread);
        for (unsigned k = 0; k < 4; k++)
            for (unsigned i = 0; i < STREAMS; i++) {
                convert_all(&work[i], 100 + 331 * ((round + k) % 7));
                meddle(thread, i);
            }
        close_all(work);
    }
    free(work);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    if (argc > 1)
        seconds = atof(argv[1]);
    acm_rig_open();
    acm_rig.setup.quality = MMK_QUALITY_DRAFT;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, (void *)i);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    const int left = acm_rig_close();
    const bool good = n_converted > 100 && n_failed == 0 && n_strange == 0 && left == 0;
    printf("%u conversions, %u failed, %u strange answers, %d blocks left\n", n_converted, n_failed,
           n_strange, left);
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
