/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdbool.h>

#include "plain.h"

#include "rig.h"

/* The freewheeling clock with a real notifier and a real device thread: whatever the threads'
 * timing, one client gives the same frames: with one buffer or several, refilled in the callback,
 * by polling, or by another thread. */

enum { N = 60000, PIECE = 1000 };
static int16_t data[N];
static int16_t *reference;
static uint64_t n_reference;

struct player {
    struct mmk_stream *stream;
    uint32_t given;
    atomic_uint returned; /* frames */
    bool in_callback;
};

static void give(struct player *p)
{
    const uint32_t left = N - p->given;
    const uint32_t n = left < PIECE ? left : PIECE;
    if (n == 0)
        return;
    const uint32_t at = p->given;
    p->given += n;
    CHECK(rig_submit(p->stream, data + at, n, 0) == MMK_OK);
}

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct player *p = user;
    CHECK(why == MMK_OK && n_frames == block->n_frames);
    if (p->in_callback)
        give(p);
    atomic_fetch_add(&p->returned, n_frames);
}

static uint64_t rendered(struct rig *rig)
{
    return sim_counts(rig->sim).rendered;
}

enum ending { WAITS, CLOSES, RESETS };

/* @param buffers  out at the same time  @param polls  the main thread refills instead of the
 * callback  @param ending  what the client does as soon as all blocks are back */
static void play(uint32_t rate, unsigned buffers, bool polls, enum ending ending)
{
    struct rig rig;
    struct player player = {.in_callback = !polls};
    rig_open(&rig, &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL,
                                         .platform_flags = UINT32_MAX,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                         .quality = MMK_QUALITY_DRAFT,
                                         .sim = {.threaded = true}});
    const struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 1, rate),
                                             .on_block = on_block,
                                             .user = &player,
                                             .start_paused = true};
    CHECK(mmk_stream_open(rig.engine, &config, &player.stream) == MMK_OK);
    for (unsigned i = 0; i < buffers; i++)
        give(&player);
    CHECK(mmk_stream_resume(player.stream) == MMK_OK);
    while (atomic_load(&player.returned) < N) {
        while (polls && player.given < N &&
               player.given - atomic_load(&player.returned) <= (buffers - 1) * PIECE)
            give(&player);
        sleep_us(polls ? 1000 : 200);
    }
    const uint64_t want = ((uint64_t)N * 48000 + rate - 1) / rate;
    while (ending == WAITS && rendered(&rig) < want)
        sleep_us(1000);
    if (ending == RESETS) {
        CHECK(mmk_stream_reset(player.stream) == MMK_OK);
        while (rendered(&rig) < want) /* the engine is done with it, the device not yet */
            sleep_us(1000);
    }
    if (ending != CLOSES) {
        sleep_us(3000); /* nothing more may come */
        CHECK(rendered(&rig) == want);
    }
    CHECK(mmk_stream_close(player.stream, false) == MMK_OK);
    CHECK(mmk_engine_close(rig.engine) == MMK_OK); /* and with it the device's thread */
    rig.engine = NULL;
    uint64_t n; /* bytes, now that there is no device */
    const uint8_t *out = sim_output(rig.sim, &n);
    if (reference == NULL) {
        reference = must_alloc(n);
        n_reference = n;
        memcpy(reference, out, n);
    }
    CHECK(n == n_reference && memcmp(out, reference, n) == 0);
    CHECK(rig_close(&rig) == 0);
}

static void all_ways(uint32_t rate, int rounds)
{
    free(reference);
    reference = NULL;
    play(rate, N / PIECE, false, WAITS);
    for (int i = 0; i < rounds; i++) {
        for (enum ending ending = WAITS; ending <= RESETS; ending++) {
            play(rate, 1, false, ending);
            play(rate, 2, false, ending);
        }
        /* who polls may miss the 50 ms on a busy machine; without a resampler that changes nothing
         */
        for (unsigned buffers = 1; rate == 48000 && buffers <= 3; buffers += 2)
            play(rate, buffers, true, WAITS);
    }
}

/* With the limiter's delay: its rest comes out before the device closes. */
static void close_with_limiter(bool engine_only)
{
    struct rig rig;
    struct player player = {.in_callback = true};
    rig_open(&rig, &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL,
                                         .platform_flags = UINT32_MAX,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                         .quality = MMK_QUALITY_DRAFT,
                                         .limiter = true,
                                         .sim = {.threaded = true}});
    const struct mmk_stream_config config = {
        .format = rig_format(MMK_SAMPLE_S16, 1, 44100), .on_block = on_block, .user = &player};
    CHECK(mmk_stream_open(rig.engine, &config, &player.stream) == MMK_OK);
    give(&player);
    while (atomic_load(&player.returned) < N)
        sleep_us(200);
    if (!engine_only)
        CHECK(mmk_stream_close(player.stream, false) == MMK_OK);
    CHECK(mmk_engine_close(rig.engine) == MMK_OK);
    rig.engine = NULL;
    const struct sim_counts counts = sim_counts(rig.sim);
    CHECK(counts.rendered == counts.audible);
    CHECK(counts.rendered > ((uint64_t)N * 48000 + 44099) / 44100);
    CHECK(rig_close(&rig) == 0);
}

/* A stream closed inside another's callback plays its rest, though that callback runs. */
static struct player closed_one;
static atomic_bool closed;

static void close_the_other(void *user, const struct mmk_block *block, uint32_t n_frames,
                            mmk_err why)
{
    (void)user;
    (void)block;
    (void)n_frames;
    (void)why;
    while (atomic_load(&closed_one.returned) < PIECE)
        sleep_us(100);
    CHECK(mmk_stream_close(closed_one.stream, false) == MMK_OK);
    atomic_store(&closed, true);
}

static void close_across(void)
{
    struct rig rig;
    struct mmk_stream *other;
    rig_open(&rig, &(struct rig_options){.clock = MMK_CLOCK_FREEWHEEL,
                                         .platform_flags = UINT32_MAX,
                                         .format = rig_format(MMK_SAMPLE_S16, 1, 48000),
                                         .quality = MMK_QUALITY_HIGH,
                                         .sim = {.threaded = true}});
    closed_one = (struct player){.in_callback = false};
    struct mmk_stream_config config = {.format = rig_format(MMK_SAMPLE_S16, 1, 44100),
                                       .on_block = on_block,
                                       .user = &closed_one,
                                       .start_paused = true};
    CHECK(mmk_stream_open(rig.engine, &config, &closed_one.stream) == MMK_OK);
    config.on_block = close_the_other;
    config.format.rate_hz = 48000;
    CHECK(mmk_stream_open(rig.engine, &config, &other) == MMK_OK);
    give(&closed_one);
    CHECK(mmk_stream_resume(closed_one.stream) == MMK_OK);
    while (atomic_load(&closed_one.returned) < PIECE)
        sleep_us(100);
    CHECK(rig_submit(other, data, 10, 1) == MMK_OK);
    CHECK(mmk_stream_resume(other) == MMK_OK);
    while (!atomic_load(&closed))
        sleep_us(1000);
    CHECK(rendered(&rig) >= (PIECE * 480 + 440) / 441);
    CHECK(mmk_engine_close(rig.engine) == MMK_OK);
    rig.engine = NULL;
    CHECK(rig_close(&rig) == 0);
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 ? atoi(argv[1]) : 5;
    struct rig_random r = {.state = 77};
    watchdog(120);
    for (int i = 0; i < N; i++)
        data[i] = (int16_t)rig_random(&r);
    all_ways(48000, rounds);
    all_ways(44100, rounds);
    close_with_limiter(false);
    close_with_limiter(true);
    close_across();
    free(reference);
    return finish_plain();
}
