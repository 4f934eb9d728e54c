/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

#include <inttypes.h>
#include <string.h>

#include "engine/engine_internal.h"
#include "quiet.h"
#include "rig.h"

/* Positions over long times, and dry frames under random stalls. */

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;
#else
typedef uint64_t wide; /* 10^12 frames at 384,000 Hz are 60 bits */
#endif

static struct rig rig;

/* One loop over a large block in the smallest format: 2^32 frames (and so 2^32 bytes) go by in a
 * second or two. */
Test(position, is_exact_and_monotonic_through_2_to_the_32)
{
    enum { N = 1 << 20 };
    static uint8_t block[N];
    struct rig_random r = {.state = 6};
    const struct mmk_format u8 = rig_format(MMK_SAMPLE_U8, 1, 48000);
    const uint64_t end = (UINT64_C(1) << 32) + 3 * N;
    rig_open(&rig, &(struct rig_options){
                       .format = u8,
                       .sim = {.discard = true, .period_max_frames = N, .latency_frames = 777}});
    struct mmk_stream *s = rig_stream(&rig, u8, 0.0);
    rig_submit_loop(s, block, N, 1, MMK_BLOCK_LOOP_BEGIN | MMK_BLOCK_LOOP_END, UINT32_MAX);
    uint64_t given = 0, paused = 0;
    while (given < end) {
        const uint32_t n = rig_between(&r, N / 2, N);
        if (rig_between(&r, 0, 30) ==
            0) { /* a pause, that the latency has run out of when it ends */
            mmk_stream_pause(s);
            rig_render(&rig, 10000);
            paused += 10000;
            check_eq(rig_position(s), given);
            mmk_stream_resume(s);
        }
        rig_render(&rig, n);
        given += n;
        const uint64_t at = rig_position(s);
        check_eq(at, given - 777, "%" PRIu64 ", wanted %" PRIu64, at, given - 777);
        check_eq(sim_counts(rig.sim).rendered, given + paused);
        check_eq(rig_stats(&rig).frames_rendered, given + paused);
    }
    mmk_stream_break_loop(s);
    for (int i = 0; i < 3; i++)
        rig_render(&rig, N);
    check_eq(rig.n_events, 1);
    check_eq(rig_position(s) % N, 0);
    check_geq(rig_position(s), given);
    check_eq(rig_close(&rig), 0);
}

/* The same with conversion: counters near the wrap, by setting the map far ahead. 10^12 frames and
 * ratios of all kinds. */
Test(position, of_a_resampled_stream_has_no_drift_over_ten_to_the_12)
{
    static const uint32_t RATES[][2] = {{44100, 48000}, {48000, 44100}, {8000, 384000},
                                        {384000, 1000}, {47999, 48000}, {11025, 96000}};
    for (size_t k = 0; k < sizeof RATES / sizeof *RATES; k++) {
        struct mmki_map map;
        struct rig_random r = {.state = k};
        const uint64_t num = RATES[k][0], den = RATES[k][1];
        uint64_t dev = 0, last = 0;
        mmki_map_reset(&map);
        while (dev < UINT64_C(1000000000000)) {
            /* what source.c notes for `n` frames made at speed 1, in steps of minutes */
            const uint64_t n = rig_between(&r, 1, 100000000);
            const struct mmki_span span = {.dev0 = dev,
                                           .dev1 = dev + n,
                                           .base = (uint64_t)((wide)dev * num / den),
                                           .rem = (uint64_t)((wide)dev * num % den),
                                           .num = num,
                                           .den = den,
                                           .cap = UINT64_MAX};
            mmki_map_add(&map, &span);
            const uint64_t at = dev + rig_between(&r, 0, (uint32_t)n);
            const uint64_t want = (uint64_t)((wide)at * num / den);
            const uint64_t got = mmki_map_at(&map, at);
            check_eq(got, want, "ratio %zu: %" PRIu64 ", wanted %" PRIu64, k, got, want);
            check_geq(got, last);
            last = got;
            dev += n;
        }
    }
}

Test(position, map_that_is_full_may_be_late_but_never_early)
{
    struct mmki_map map;
    uint64_t dev = 0, fed = 0;
    mmki_map_reset(&map);
    for (int i = 0; i < 500; i++) { /* a frame given, a frame not */
        const struct mmki_span span = {
            .dev0 = dev, .dev1 = dev + 1, .base = fed, .num = 1, .den = 1, .cap = fed + 1};
        mmki_map_add(&map, &span);
        dev += 2;
        fed += 1;
    }
    uint64_t last = 0;
    for (uint64_t at = 0; at <= dev; at++) {
        const uint64_t got = mmki_map_at(&map, at);
        check_leq(got, (at + 1) / 2);
        check_geq(got, last);
        last = got;
    }
    check_eq(last, fed);
}

/* Clients that submit late, by schedules of chance: the count of dry frames equals a plain
 * reckoning. */
struct account {
    struct mmk_stream *stream;
    uint64_t queued, dry;
    bool ran;
};

static uint64_t reckon(struct account *a, uint64_t n)
{
    const uint64_t given = a->queued < n ? a->queued : n;
    uint64_t counted = 0;
    if (given > 0) {
        counted = a->dry;
        a->dry = 0;
        a->ran = true;
    }
    a->dry += a->ran ? n - given : 0;
    a->queued -= given;
    return counted;
}

Test(position, dry_frames_are_counted_exactly_over_random_stalls)
{
    static int16_t data[2 * 2000];
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct rig_random r = {.state = seed};
        struct account account[2] = {{.queued = 0}};
        uint64_t counted = 0;
        rig_open(&rig, &(struct rig_options){.sim = {.discard = true}});
        for (int k = 0; k < 2; k++)
            account[k].stream = rig_stream(
                &rig, rig_format(k == 0 ? MMK_SAMPLE_S16 : MMK_SAMPLE_U8, 2, 48000), 0.0);
        for (int i = 0; i < 60; i++) {
            for (int k = 0; k < 2; k++) {
                const uint32_t n = rig_between(&r, 0, 2) > 0 ? rig_between(&r, 1, 2000) : 0;
                rig_submit(account[k].stream, data, n, i);
                account[k].queued += n;
            }
            const uint32_t n = rig_between(&r, 1, 3000);
            rig_render(&rig, n);
            for (int k = 0; k < 2; k++)
                counted += reckon(&account[k], n);
            check_eq(rig_stats(&rig).underrun_frames, counted, "schedule %" PRIu64 " step %d", seed,
                     i);
        }
        check_eq(rig_close(&rig), 0);
    }
}
