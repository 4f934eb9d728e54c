/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdbool.h>

#include "plain.h"

#include "rig.h"

/* Several threads submit to, pause, reset, retune and close the same streams while the device
 * renders at full speed: every accepted block comes back exactly once, in order of submission, with
 * no lock held, never two of a stream at once. */

enum { STREAMS = 4, THREADS = 4, MEMORY = 4096 };

struct target {
    pthread_rwlock_t open; /* read: use the stream; write: close and open it again */
    pthread_mutex_t order; /* the order of submission is the order of numbers */
    struct mmk_stream *stream;
    intptr_t next;
    _Atomic intptr_t expected;
    atomic_int inside;
    unsigned generation;
};

static struct rig rig;
static struct target target[STREAMS];
static int16_t memory[2 * MEMORY];
static atomic_bool stop;
static atomic_ulong n_blocks, n_callbacks;

static void submit(struct target *t, uint32_t n, uint32_t flags, uint32_t loops);

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct target *t = user;
    CHECK(test_platform_locks_held() == 0);
    CHECK(atomic_fetch_add(&t->inside, 1) == 0);
    CHECK(atomic_fetch_add(&t->expected, 1) == (intptr_t)block->user);
    CHECK(n_frames <= block->n_frames);
    CHECK(why == MMK_OK ? n_frames == block->n_frames : why == MMK_ERR_CANCELLED);
    atomic_fetch_add(&n_callbacks, 1);
    atomic_fetch_sub(&t->inside, 1);
}

static void submit(struct target *t, uint32_t n, uint32_t flags, uint32_t loops)
{
    pthread_mutex_lock(&t->order);
    CHECK(rig_submit_loop(t->stream, memory, n, t->next, flags, loops) == MMK_OK);
    t->next++;
    pthread_mutex_unlock(&t->order);
    atomic_fetch_add(&n_blocks, 1);
}

static void open_target(struct target *t, unsigned i)
{
    static const uint32_t RATES[] = {48000, 44100, 48000, 22050};
    const struct mmk_stream_config config = {
        .format = rig_format(MMK_SAMPLE_S16, 2, RATES[(i + t->generation) % 4]),
        .speed_max = (i & 1) != 0 ? 2.0 : 0.0,
        .on_block = on_block,
        .user = t};
    t->generation++;
    CHECK(mmk_stream_open(rig.engine, &config, &t->stream) == MMK_OK);
}

/* With the write side held: all blocks are back when close returns. */
static void reopen(struct target *t, unsigned i)
{
    CHECK(mmk_stream_close(t->stream, true) == MMK_OK);
    CHECK(atomic_load(&t->expected) == t->next);
    open_target(t, i);
}

static void use(struct target *t, struct rig_random *r)
{
    struct mmk_position p;
    const float gains[2] = {(float)rig_between(r, 0, 8) / 8.0f, 0.5f};
    switch (rig_between(r, 0, 11)) {
    case 0:
        CHECK(mmk_stream_pause(t->stream) == MMK_OK);
        break;
    case 1:
    case 2:
        CHECK(mmk_stream_resume(t->stream) == MMK_OK);
        break;
    case 3:
        CHECK(mmk_stream_reset(t->stream) == MMK_OK);
        break;
    case 4:
        CHECK(mmk_stream_set_gain(t->stream, gains, 2) == MMK_OK);
        break;
    case 5:
        (void)mmk_stream_set_speed(t->stream, 0.5 + rig_between(r, 0, 3) / 2.0);
        break;
    case 6:
        CHECK(mmk_stream_break_loop(t->stream) == MMK_OK);
        break;
    case 7:
        CHECK(mmk_stream_position(t->stream, &p) == MMK_OK);
        break;
    default:
        submit(t, rig_between(r, 0, 300), rig_between(r, 0, 3) == 0 ? rig_between(r, 0, 3) : 0,
               rig_between(r, 0, 3));
        break;
    }
}

static void *worker(void *arg)
{
    struct rig_random r = {.state = (uintptr_t)arg};
    while (!atomic_load(&stop)) {
        const unsigned i = rig_between(&r, 0, STREAMS - 1);
        if (rig_between(&r, 0, 200) == 0) {
            pthread_rwlock_wrlock(&target[i].open);
            reopen(&target[i], i);
            pthread_rwlock_unlock(&target[i].open);
        } else {
            pthread_rwlock_rdlock(&target[i].open);
            use(&target[i], &r);
            pthread_rwlock_unlock(&target[i].open);
        }
    }
    return NULL;
}

static void hammer(mmk_clock clock, unsigned seconds)
{
    pthread_t thread[THREADS];
    rig_open(&rig, &(struct rig_options){.clock = clock,
                                         .platform_flags = UINT32_MAX,
                                         .quality = MMK_QUALITY_DRAFT,
                                         .sim = {.threaded = true,
                                                 .discard = true,
                                                 .latency_frames = 300,
                                                 .period_frames = 128}});
    atomic_store(&stop, false);
    for (unsigned i = 0; i < STREAMS; i++) {
        struct target *t = &target[i];
        t->next = 0;
        atomic_store(&t->expected, 0);
        pthread_rwlock_init(&t->open, NULL);
        pthread_mutex_init(&t->order, NULL);
        open_target(t, i);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, worker, (void *)(uintptr_t)(i + 1));
    sleep(seconds);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    CHECK(mmk_engine_close(rig.engine) == MMK_OK);
    rig.engine = NULL;
    for (unsigned i = 0; i < STREAMS; i++) {
        CHECK(atomic_load(&target[i].expected) == target[i].next);
        pthread_rwlock_destroy(&target[i].open);
        pthread_mutex_destroy(&target[i].order);
    }
    CHECK(rig_close(&rig) == 0);
}

int main(int argc, char **argv)
{
    const unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
    watchdog(60 + 10 * seconds);
    hammer(MMK_CLOCK_REAL, seconds);
    hammer(MMK_CLOCK_FREEWHEEL, seconds);
    printf("%lu blocks submitted, %lu callbacks\n", atomic_load(&n_blocks),
           atomic_load(&n_callbacks));
    CHECK(atomic_load(&n_blocks) == atomic_load(&n_callbacks));
    return finish_plain();
}
