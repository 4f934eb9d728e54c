/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdbool.h>

#include "plain.h"

#include "rig.h"

/* The device is pulled out at any moment while clients submit, reset and close, and plugged in
 * again: each block comes back exactly once, nothing hangs, nothing leaks. */

struct client {
    struct rig *rig;
    struct mmk_stream *stream;
    intptr_t submitted;
    _Atomic intptr_t returned;
    uint64_t seed;
};

static int16_t memory[2 * 1024];

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct client *c = user;
    CHECK(atomic_fetch_add(&c->returned, 1) == (intptr_t)block->user);
    CHECK(n_frames <= block->n_frames);
    CHECK(why == MMK_OK || why == MMK_ERR_GONE || why == MMK_ERR_CANCELLED);
}

static void *live(void *arg)
{
    struct client *c = arg;
    struct rig_random r = {.state = c->seed};
    for (;;) {
        const uint32_t what = rig_between(&r, 0, 20);
        if (what == 0) {
            CHECK(mmk_stream_reset(c->stream) == MMK_OK);
        } else if (what == 1) {
            CHECK(mmk_stream_pause(c->stream) == MMK_OK);
            (void)mmk_stream_resume(c->stream);
        } else {
            const mmk_err err =
                rig_submit(c->stream, memory, rig_between(&r, 0, 1024), c->submitted);
            if (err == MMK_ERR_GONE)
                break;
            CHECK(err == MMK_OK);
            c->submitted++;
            if (c->submitted - atomic_load(&c->returned) > 50)
                sleep_us(50);
        }
    }
    return NULL;
}

static void cycle(uint64_t seed, mmk_clock clock, mmk_direction direction)
{
    enum { CLIENTS = 3 };
    struct rig rig;
    struct client client[CLIENTS];
    pthread_t thread[CLIENTS];
    struct rig_random r = {.state = seed};
    rig_open(&rig, &(struct rig_options){.clock = clock,
                                         .direction = direction,
                                         .platform_flags = UINT32_MAX,
                                         .quality = MMK_QUALITY_DRAFT,
                                         .sim = {.threaded = true,
                                                 .discard = true,
                                                 .period_frames = 64,
                                                 .latency_frames = seed % 3 == 0 ? 500 : 0}});
    for (int i = 0; i < CLIENTS; i++) {
        struct client *c = &client[i];
        *c = (struct client){.rig = &rig, .seed = seed * 10 + (uint64_t)i};
        const struct mmk_stream_config config = {
            .format = rig_format(MMK_SAMPLE_S16, 2, i == 0 ? 44100 : 48000),
            .on_block = on_block,
            .user = c};
        CHECK(mmk_stream_open(rig.engine, &config, &c->stream) == MMK_OK);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_create(&thread[i], NULL, live, &client[i]);
    sleep_us((long)rig_between(&r, 0, 3000));
    sim_vanish(rig.sim);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(thread[i], NULL);
    if (seed % 2 == 0) { /* by themselves, or by closing */
        for (int i = 0; i < CLIENTS; i++)
            while (atomic_load(&client[i].returned) != client[i].submitted)
                sleep_us(100);
    }
    CHECK(mmk_engine_close(rig.engine) == MMK_OK);
    rig.engine = NULL;
    for (int i = 0; i < CLIENTS; i++)
        CHECK(atomic_load(&client[i].returned) == client[i].submitted);
    CHECK(rig_close(&rig) == 0);
}

int main(int argc, char **argv)
{
    const int cycles = argc > 1 ? atoi(argv[1]) : 300;
    watchdog(60 + (unsigned)cycles / 2);
    for (int i = 1; i <= cycles; i++)
        cycle((uint64_t)i, i % 2 == 0 ? MMK_CLOCK_REAL : MMK_CLOCK_FREEWHEEL,
              i % 3 == 0 ? MMK_CAPTURE : MMK_PLAYBACK);
    return finish_plain();
}
