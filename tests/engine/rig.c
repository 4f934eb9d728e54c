/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(mmk_err err, const char *what)
{
    if (err == MMK_OK)
        return;
    fprintf(stderr, "rig: %s: %s\n", what, mmk_err_name(err));
    abort();
}

struct mmk_format rig_format(mmk_sample sample, uint16_t channels, uint32_t rate_hz)
{
    const struct mmk_format f = {.sample = sample,
                                 .channels = channels,
                                 .valid_bits = (uint16_t)(8 * mmk_sample_bytes(sample)),
                                 .rate_hz = rate_hz};
    return f;
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
    uint32_t flags = TEST_PLATFORM_NO_THREADS | TEST_PLATFORM_VIRTUAL_CLOCK;
    if (options->platform_flags != 0)
        flags = options->platform_flags == UINT32_MAX ? 0 : options->platform_flags;
    *rig = (struct rig){.tp = test_platform_create(flags)};
    test_platform_set_cpu(rig->tp, options->cpu_features);
    rig->platform = test_platform_seam(rig->tp);
    rig->sim = sim_create(rig->platform, &options->sim);
    rig->event = calloc(RIG_EVENTS_MAX, sizeof *rig->event);
    check(mmk_notifier_open(rig->platform, &rig->notifier), "notifier");
    struct mmk_engine_config config = {
        .platform = rig->platform,
        .devices = sim_seam(rig->sim),
        .notifier = rig->notifier,
        .device = {.direction = options->direction,
                   .clock = options->clock,
                   .format = options->format},
        .quality = options->quality,
        .limiter = options->limiter,
        .dither = options->dither,
        .streams_max = options->streams_max,
    };
    if (config.device.format.sample == MMK_SAMPLE_NONE)
        config.device.format = rig_format(MMK_SAMPLE_S16, 2, 48000);
    check(mmk_engine_open(&config, &rig->engine), "engine");
}

unsigned rig_close(struct rig *rig)
{
    if (rig->engine != NULL)
        check(mmk_engine_close(rig->engine), "close");
    if (rig->notifier != NULL)
        mmk_notifier_close(rig->notifier);
    const unsigned bad = sim_counts(rig->sim).bad_renders + rig->locks_seen;
    sim_destroy(rig->sim);
    free(rig->event);
    return test_platform_destroy(rig->tp) + bad;
}

static void on_block(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct rig *rig = user;
    if (test_platform_locks_held() != 0)
        rig->locks_seen++;
    if (rig->n_events == RIG_EVENTS_MAX)
        abort();
    rig->event[rig->n_events++] = (struct rig_event){.id = (intptr_t)block->user,
                                                     .n_frames = n_frames,
                                                     .why = why,
                                                     .rendered = sim_counts(rig->sim).rendered};
}

static void on_period(void *user)
{
    struct rig *rig = user;
    rig->n_periods++;
}

struct mmk_stream *rig_stream_config(struct rig *rig, struct mmk_stream_config config)
{
    struct mmk_stream *s = NULL;
    config.on_block = on_block;
    if (config.kind == MMK_STREAM_RING)
        config.on_period = on_period;
    config.user = rig;
    check(mmk_stream_open(rig->engine, &config, &s), "stream");
    return s;
}

struct mmk_stream *rig_stream(struct rig *rig, struct mmk_format format, double speed_max)
{
    const struct mmk_stream_config config = {.format = format, .speed_max = speed_max};
    return rig_stream_config(rig, config);
}

mmk_err rig_submit_loop(struct mmk_stream *s, const void *data, uint32_t n_frames, intptr_t id,
                        uint32_t flags, uint32_t loops)
{
    union {
        const void *in;
        void *out;
    } pointer = {.in = data};
    const struct mmk_block block = {.data = pointer.out,
                                    .n_frames = n_frames,
                                    .flags = flags,
                                    .loops = loops,
                                    .user = (void *)id};
    return mmk_stream_submit(s, &block);
}

mmk_err rig_submit(struct mmk_stream *s, const void *data, uint32_t n_frames, intptr_t id)
{
    return rig_submit_loop(s, data, n_frames, id, 0, 0);
}

void rig_render(struct rig *rig, uint32_t n)
{
    sim_render(rig->sim, n);
    mmk_notifier_reap(rig->notifier);
}

uint64_t rig_freewheel(struct rig *rig, uint64_t max)
{
    uint64_t done = 0;
    while (done < max) {
        const unsigned events = rig->n_events;
        const uint64_t n = sim_freewheel(rig->sim, max - done);
        mmk_notifier_reap(rig->notifier);
        done += n;
        if (n > 0 || rig->n_events != events)
            continue;
        const uint32_t wait_ms = sim_counts(rig->sim).wait_ms;
        if (wait_ms == MMK_WAIT_FOREVER || wait_ms == 0)
            break;
        test_platform_advance(rig->tp, (uint64_t)wait_ms * 1000000u);
    }
    return done;
}

static struct mmk_position position(struct mmk_stream *s)
{
    struct mmk_position p;
    check(mmk_stream_position(s, &p), "position");
    return p;
}

uint64_t rig_position(struct mmk_stream *s)
{
    return position(s).frames;
}

uint64_t rig_queued(struct mmk_stream *s)
{
    return position(s).queued_frames;
}

struct mmk_engine_stats rig_stats(struct rig *rig)
{
    struct mmk_engine_stats stats;
    mmk_engine_stats(rig->engine, &stats);
    return stats;
}

/* splitmix64 (public domain algorithm by S. Vigna) */
uint32_t rig_random(struct rig_random *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

uint32_t rig_between(struct rig_random *r, uint32_t from, uint32_t to)
{
    return from + (uint32_t)((uint64_t)rig_random(r) * ((uint64_t)to - from + 1) >> 32);
}

const char *rig_log(const struct rig *rig, char *text, size_t cap)
{
    size_t at = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < rig->n_events && at < cap; i++) {
        const struct rig_event *e = &rig->event[i];
        const char *why = "";
        if (e->why != MMK_OK)
            why = e->why == MMK_ERR_CANCELLED ? "c" : e->why == MMK_ERR_GONE ? "g" : "?";
        at += (size_t)snprintf(text + at, cap - at, "%ld:%u%s ", (long)e->id, e->n_frames, why);
    }
    return text;
}
