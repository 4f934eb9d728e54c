/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/resample_internal.h"

#include <string.h>

/* Time is exact. The next output frame stands at input frame `at` + phase / den, counted from the
 * first one; a step is whole + part / den frames. den = up at fixed speed, up * 2^24 where speed
 * can change (in 2^-24 steps), so neither rounding nor drift exists, and any cutting into calls
 * gives the same positions.
 *
 * Of two stages the first begins as many outputs before time 0 as the last one's filter looks back:
 * the first frame's beginning rings there. */

struct mmk_resampler {
    uint32_t up, down;
    bool doubles, by_lanes, variable;
    const struct mmk_dsp *dsp;
    unsigned channels;
    struct mmki_lanes first, lanes;
    struct mmki_frames frames;
    struct mmki_clock clock; /* of the whole, at a fixed speed; else it is that of `frames` */
    uint64_t n_in;           /* input frames given so far */
    size_t lookahead;
};

/* ------------------------------------------------------------------ memory */

struct layout {
    size_t first_coefs, first_history, coefs, scratch, history, total;
};

static size_t take(size_t *total, size_t n_bytes)
{
    const size_t at = *total;
    *total += (n_bytes + 63) / 64 * 64;
    return at;
}

/* Sizes are bounded by the checked rates, classes and speeds: below 2^30 each, no sum can wrap. */
static struct layout layout(const struct mmki_resample_plan *plan, unsigned channels)
{
    struct layout at = {0};
    size_t n_taps = plan->by_lanes ? plan->lanes.n_taps : plan->frames.n_taps;
    take(&at.total, sizeof(struct mmk_resampler));
    if (plan->doubles) {
        n_taps = n_taps < plan->first.n_taps ? plan->first.n_taps : n_taps;
        at.first_coefs = take(&at.total, mmki_lanes_coef_bytes(&plan->first));
        at.first_history = take(&at.total, mmki_lanes_history_bytes(&plan->first, channels));
    }
    if (plan->by_lanes) {
        at.coefs = take(&at.total, mmki_lanes_coef_bytes(&plan->lanes));
        at.history = take(&at.total, mmki_lanes_history_bytes(&plan->lanes, channels));
    } else {
        at.coefs = take(&at.total, mmki_frames_coef_bytes(&plan->frames));
        at.history = take(&at.total, mmki_frames_history_bytes(&plan->frames, channels));
    }
    at.scratch = take(&at.total, n_taps * sizeof(double));
    return at;
}

mmk_err mmk_resampler_bytes(const struct mmk_resampler_config *config, size_t *n_bytes)
{
    struct mmki_resample_plan plan;
    if (!n_bytes)
        return MMK_ERR_INVAL;
    mmk_err err = mmki_resample_plan(config, &plan);
    if (err != MMK_OK)
        return err;
    *n_bytes = layout(&plan, config->channels).total;
    return MMK_OK;
}

static void build_lanes(struct mmki_lanes *s, const struct mmki_lanes_plan *plan, unsigned channels,
                        uint8_t *coefs, uint8_t *history, uint8_t *scratch)
{
    *s = (struct mmki_lanes){
        .plan = *plan, .channels = channels, .coefs = coefs, .history = history};
    mmki_lanes_fill(plan, coefs, (double *)(void *)scratch);
}

static void build_frames(struct mmki_frames *f, uint8_t *coefs, uint8_t *history, uint8_t *scratch)
{
    f->coefs = coefs;
    f->history = (float *)(void *)history;
    f->blended = scratch;
    for (unsigned b = 0; b < f->plan.n_banks; b++)
        mmki_frames_fill(&f->plan, b, coefs, (double *)(void *)scratch);
}

mmk_err mmk_resampler_init(void *mem, size_t n_bytes, const struct mmk_resampler_config *config,
                           struct mmk_resampler **out)
{
    struct mmki_resample_plan plan;
    if (!mem || !out || (uintptr_t)mem % 64)
        return MMK_ERR_INVAL;
    mmk_err err = mmki_resample_plan(config, &plan);
    if (err != MMK_OK)
        return err;
    const struct layout at = layout(&plan, config->channels);
    if (n_bytes < at.total)
        return MMK_ERR_NOMEM;

    struct mmk_resampler *r = mem;
    uint8_t *base = mem;
    *r = (struct mmk_resampler){.up = plan.up,
                                .down = plan.down,
                                .doubles = plan.doubles,
                                .by_lanes = plan.by_lanes,
                                .variable = config->speed_max != 0.0,
                                .dsp = config->dsp ? config->dsp : &mmk_dsp_c,
                                .channels = config->channels};
    if (plan.doubles)
        build_lanes(&r->first, &plan.first, r->channels, base + at.first_coefs,
                    base + at.first_history, base + at.scratch);
    if (plan.by_lanes) {
        build_lanes(&r->lanes, &plan.lanes, r->channels, base + at.coefs, base + at.history,
                    base + at.scratch);
    } else {
        r->frames =
            (struct mmki_frames){.plan = plan.frames, .dsp = r->dsp, .channels = r->channels};
        build_frames(&r->frames, base + at.coefs, base + at.history, base + at.scratch);
    }
    mmk_resampler_reset(r);
    r->lookahead = mmk_resampler_need(r, 1);
    *out = r;
    return MMK_OK;
}

/* ------------------------------------------------------------------ state */

void mmk_resampler_reset(struct mmk_resampler *r)
{
    r->n_in = 0;
    r->clock = (struct mmki_clock){.den = r->up, .whole = r->down / r->up, .part = r->down % r->up};
    if (r->by_lanes)
        mmki_lanes_reset(&r->lanes);
    else
        mmki_frames_reset(&r->frames);
    if (!r->doubles)
        return;
    mmki_lanes_reset(&r->first);
    size_t *filled = r->by_lanes ? &r->lanes.filled : &r->frames.filled;
    const size_t back = (*filled + 1) / 2; /* whole input frames */
    r->first.filled += back;
    r->first.next = (uint32_t)(2 * back - *filled);
    *filled = 0;
}

void mmk_resampler_set_speed(struct mmk_resampler *r, double speed)
{
    if (r->variable)
        mmki_frames_set_speed(&r->frames, speed);
}

size_t mmk_resampler_lookahead(const struct mmk_resampler *r)
{
    return r->lookahead;
}

size_t mmk_resampler_need(const struct mmk_resampler *r, size_t n_out)
{
    size_t n =
        r->by_lanes ? mmki_lanes_need(&r->lanes, n_out) : mmki_frames_need(&r->frames, n_out);
    return r->doubles ? mmki_lanes_need(&r->first, n) : n;
}

static const struct mmki_clock *clock_of(const struct mmk_resampler *r)
{
    return r->variable ? &r->frames.clock : &r->clock;
}

uint64_t mmk_resampler_position(const struct mmk_resampler *r)
{
    return clock_of(r)->at;
}

/* ------------------------------------------------------------------ stream */

/* Take up to n frames as far as the first history has room. At least one if n > 0 and no output is
 * ready: a window is shorter than the history. */
static size_t feed(struct mmk_resampler *r, const float *in, size_t n)
{
    struct mmki_lanes *lanes = r->doubles ? &r->first : r->by_lanes ? &r->lanes : NULL;
    const size_t room = lanes ? mmki_lanes_room(lanes) : mmki_frames_room(&r->frames);
    n = n < room ? n : room;
    if (lanes)
        mmki_lanes_append(lanes, in, n);
    else
        mmki_frames_append(&r->frames, in, n);
    return n;
}

/* From the first stage to the second, as much as there is and fits. */
static size_t pump(struct mmk_resampler *r)
{
    size_t n = mmki_lanes_ready(&r->first);
    if (n == 0)
        return 0;
    const size_t room = r->by_lanes ? mmki_lanes_room(&r->lanes) : mmki_frames_room(&r->frames);
    n = n < room ? n : room;
    if (r->by_lanes) {
        mmki_lanes_make_planar(&r->first, r->dsp, mmki_lanes_end(&r->lanes),
                               mmki_lanes_stride(&r->lanes), n);
        r->lanes.filled += n;
    } else {
        struct mmki_frames *f = &r->frames;
        mmki_lanes_make_planar(&r->first, r->dsp, f->history + f->filled, f->plan.cap, n);
        f->filled += n;
    }
    return n;
}

static size_t make_last(struct mmk_resampler *r, float *dst, size_t n)
{
    if (!r->by_lanes)
        return mmki_frames_make(&r->frames, dst, n);
    const size_t ready = mmki_lanes_ready(&r->lanes);
    n = n < ready ? n : ready;
    mmki_lanes_make(&r->lanes, r->dsp, dst, n);
    return n;
}

/* Up to n frames from what is in the histories. */
static size_t make(struct mmk_resampler *r, float *dst, size_t n)
{
    size_t made = make_last(r, dst, n);
    while (made < n && r->doubles && pump(r))
        made += make_last(r, dst + made * r->channels, n - made);
    mmki_clock_advance(&r->clock, made);
    return made;
}

void mmk_resampler_process(struct mmk_resampler *r, const float *in, size_t n_in, size_t *n_used,
                           float *dst, size_t n_dst, size_t *n_made)
{
    size_t used = 0, made = 0;
    for (;;) {
        made += make(r, dst + made * r->channels, n_dst - made);
        if (made == n_dst || used == n_in)
            break;
        size_t want = mmk_resampler_need(r, n_dst - made);
        if (want > n_in - used)
            want = n_in - used;
        used += feed(r, in + used * r->channels, want);
    }
    r->n_in += used;
    *n_used = used;
    *n_made = made;
}

/* Frames whose time is before the input's end; one at a time where speed may change. */
static uint64_t due(const struct mmk_resampler *r)
{
    const struct mmki_clock *k = clock_of(r);
    if (k->at >= r->n_in)
        return 0;
    if (r->variable)
        return 1;
    return ((r->n_in - k->at) * r->up - k->phase + r->down - 1) / r->down;
}

void mmk_resampler_drain(struct mmk_resampler *r, float *dst, size_t n_dst, size_t *n_made)
{
    size_t made = 0;
    while (made < n_dst) {
        const uint64_t left = due(r);
        const size_t n = left < n_dst - made ? (size_t)left : n_dst - made;
        if (n == 0)
            break;
        const size_t k = make(r, dst + made * r->channels, n);
        if (k < n)
            feed(r, NULL, mmk_resampler_need(r, n - k));
        made += k;
    }
    *n_made = made;
}
