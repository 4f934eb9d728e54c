/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* A playback stream as a source of frames at the device's rate. Two modes:
 *
 *  - direct: equal rates, speed 1; frames pass one for one;
 *  - resampling: through the resampler, in *segments*. A segment begins at the resampler's reset
 * and ends when it is drained. The resampler compensates its delay, so output k of a segment stands
 * at its input time.
 *
 * A stream whose speed may change but has not yet is direct, so that the usual case stays
 * bit-exact. It keeps its last frames
 * (`past`); should the speed change, they are fed to the resampler first and what comes out for
 * them is thrown away: the filter starts with the true past, and no frame is lost, doubled or
 * shifted. */

static void begin_segment(struct mmk_stream *s)
{
    if (s->resampler != NULL)
        mmk_resampler_reset(s->resampler);
    s->seg_fed = s->read.fed;
    s->seg_out = 0;
    s->skip = 0;
    s->in_pos = s->in_len = 0;
    s->draining = false;
    s->exact = s->speed == 1.0;
    s->resampling = s->resampler != NULL && (!s->same_rate || !s->exact);
    s->past_len = 0;
    if (s->resampling && !s->exact)
        mmk_resampler_set_speed(s->resampler, s->speed);
}

void mmki_source_reset(struct mmk_stream *s)
{
    s->read.fed = 0;
    s->read.extra = 0;
    s->read.lin = 0;
    mmki_map_reset(&s->map);
    s->pos_floor = 0;
    s->period_acc = 0;
    s->gap = 0;
    s->ran = false;
    s->ramp_left = 0;
    memcpy(s->gain, s->gain_to, sizeof s->gain);
    begin_segment(s);
}

/* ------------------------------------------------------------------ what control asked for */

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* From direct to resampling without a seam. */
static void put_resampler_in(struct mmk_stream *s)
{
    const struct mmk_dsp *dsp = s->engine->dsp;
    const unsigned channels = s->config.format.channels;
    const size_t n = s->past_len;
    mmk_resampler_reset(s->resampler);
    dsp->to_f32[s->config.format.sample](s->in, s->past, n * channels);
    s->in_pos = 0;
    s->in_len = n;
    s->seg_fed = s->read.fed - n;
    s->seg_out = 0;
    s->skip = n;
    s->past_len = 0;
    s->draining = false;
    s->resampling = true;
}

static void take_speed(struct mmk_stream *s)
{
    const double speed = double_of(mmki_get64(&s->speed_bits));
    if (s->resampler == NULL || !(speed != s->speed)) /* NaN cannot come in */
        return;
    s->speed = speed;
    if (!s->resampling)
        put_resampler_in(s);
    s->exact = false;
    if (s->skip == 0)
        mmk_resampler_set_speed(s->resampler, speed);
}

/* A change is heard as a ramp over one period, but nothing is ramped before the first frame. */
static void take_gain(struct mmk_stream *s)
{
    if (!mmki_gains_read(&s->gains, &s->gains_seen, s->gain_to, s->config.format.channels))
        return;
    s->ramp_left = s->ran ? s->engine->caps.period_frames : 0;
    if (s->ramp_left == 0)
        memcpy(s->gain, s->gain_to, sizeof s->gain);
}

void mmki_source_begin(struct mmk_stream *s)
{
    take_gain(s);
    if (s->capture)
        return;
    take_speed(s);
    if (s->config.kind == MMK_STREAM_BLOCKS) {
        mmki_chain_break(s);
        if (mmki_get32(&s->paused) != 0)
            return;
        mmki_chain_settle(s);
    }
}

/* ------------------------------------------------------------------ reading */

static size_t span_at(struct mmk_stream *s, uint8_t **data, size_t max)
{
    if (s->config.kind == MMK_STREAM_BLOCKS)
        return mmki_chain_at(s, data, max);
    const uint64_t r = mmki_get64(&s->ring.r);
    const uint64_t left = mmki_get64(&s->ring.w) - r;
    const uint32_t at = (uint32_t)(r % s->ring.frames);
    size_t n = s->ring.frames - at;
    n = left < n ? (size_t)left : n;
    *data = s->ring.mem + (size_t)at * s->frame_bytes;
    return n < max ? n : max;
}

static void advance(struct mmk_stream *s, size_t n)
{
    if (s->config.kind == MMK_STREAM_BLOCKS) {
        mmki_chain_advance(s, n);
        return;
    }
    s->read.fed += n;
    mmki_set64(&s->ring.r, mmki_get64(&s->ring.r) + n);
}

uint64_t mmki_source_available(const struct mmk_stream *s)
{
    if (s->config.kind == MMK_STREAM_BLOCKS)
        return mmki_chain_available(s);
    return mmki_get64(&s->ring.w) - mmki_get64(&s->ring.r);
}

/* Keep the newest past_cap frames, raw. */
static void remember(struct mmk_stream *s, const uint8_t *data, size_t n)
{
    const size_t bytes = s->frame_bytes;
    if (s->past_cap == 0)
        return;
    if (n >= s->past_cap) {
        memcpy(s->past, data + (n - s->past_cap) * bytes, s->past_cap * bytes);
        s->past_len = s->past_cap;
        return;
    }
    size_t keep = s->past_cap - n;
    keep = s->past_len < keep ? s->past_len : keep;
    memmove(s->past, s->past + (s->past_len - keep) * bytes, keep * bytes);
    memcpy(s->past + keep * bytes, data, n * bytes);
    s->past_len = keep + n;
}

/* ------------------------------------------------------------------ direct */

/* Device frames dev .. dev + n are the stream's frames before `fed`. */
static void note_direct(struct mmk_stream *s, size_t n, uint64_t dev)
{
    const struct mmki_span span = {.dev0 = dev,
                                   .dev1 = dev + n,
                                   .base = s->read.fed - n,
                                   .num = 1,
                                   .den = 1,
                                   .cap = s->read.fed};
    mmki_map_add(&s->map, &span);
}

size_t mmki_source_copy(struct mmk_stream *s, uint8_t *out, size_t n, uint64_t dev)
{
    size_t made = 0;
    uint8_t *data = NULL;
    size_t got;
    while (made < n && (got = span_at(s, &data, n - made)) > 0) {
        memcpy(out + made * s->frame_bytes, data, got * s->frame_bytes);
        remember(s, data, got);
        advance(s, got);
        note_direct(s, got, dev + made);
        made += got;
    }
    return made;
}

static size_t pull_direct(struct mmk_stream *s, float *out, size_t n, uint64_t dev)
{
    const unsigned channels = s->config.format.channels;
    size_t made = 0;
    uint8_t *data = NULL;
    size_t got;
    while (made < n && (got = span_at(s, &data, n - made)) > 0) {
        s->engine->dsp->to_f32[s->config.format.sample](out + made * channels, data,
                                                        got * channels);
        remember(s, data, got);
        advance(s, got);
        note_direct(s, got, dev + made);
        made += got;
    }
    return made;
}

/* ------------------------------------------------------------------ resampling */

/* Decode until `want` frames wait for the resampler, or the data ends. */
static void top_up(struct mmk_stream *s, size_t want)
{
    const unsigned channels = s->config.format.channels;
    uint8_t *data = NULL;
    size_t got;
    if (want > s->in_cap)
        want = s->in_cap;
    if (s->in_len >= want)
        return;
    memmove(s->in, s->in + s->in_pos * channels, s->in_len * channels * sizeof *s->in);
    s->in_pos = 0;
    while (s->in_len < want && (got = span_at(s, &data, want - s->in_len)) > 0) {
        s->engine->dsp->to_f32[s->config.format.sample](s->in + s->in_len * channels, data,
                                                        got * channels);
        advance(s, got);
        s->in_len += got;
    }
}

/* The first output of the segment that stands at or behind input `at`, at speed 1. */
static uint64_t output_for(const struct mmk_stream *s, uint64_t at)
{
    const uint64_t num = s->rate_num, den = s->rate_den;
    return at / num * den + (at % num * den + num - 1) / num;
}

/* Outputs from .. seg_out stand at device frames dev ..; the resampler's time went from p0 to p1
 * meanwhile. */
static void note_span(struct mmk_stream *s, uint64_t from, uint64_t dev, uint64_t p0, uint64_t p1)
{
    const uint64_t n = s->seg_out - from;
    struct mmki_span span = {.dev0 = dev, .dev1 = dev + n, .cap = s->read.fed - s->in_len};
    if (n == 0)
        return;
    if (s->exact) {
        span.base = s->seg_fed + from / s->rate_den * s->rate_num +
                    from % s->rate_den * s->rate_num / s->rate_den;
        span.rem = from % s->rate_den * s->rate_num % s->rate_den;
        span.num = s->rate_num;
        span.den = s->rate_den;
    } else {
        span.base = s->seg_fed + p0;
        span.num = p1 - p0;
        span.den = n;
    }
    mmki_map_add(&s->map, &span);
}

/* One step of the resampler. @return false: it can neither take nor give */
static bool step(struct mmk_stream *s, float *out, size_t n, uint64_t dev, size_t *made)
{
    const unsigned channels = s->config.format.channels;
    const uint64_t from = s->seg_out, p0 = mmk_resampler_position(s->resampler);
    float *dst;
    size_t room, used = 0, got = 0;
    if (s->skip > 0) { /* nobody hears it: there may be no place for it either */
        dst = s->engine->work2;
        room = s->skip < MMKI_CHUNK ? (size_t)s->skip : MMKI_CHUNK;
    } else {
        dst = out + *made * channels;
        room = n - *made;
    }
    if (s->draining) {
        mmk_resampler_drain(s->resampler, dst, room, &got);
    } else {
        top_up(s, mmk_resampler_need(s->resampler, room));
        mmk_resampler_process(s->resampler, s->in + s->in_pos * channels, s->in_len, &used, dst,
                              room, &got);
        s->in_pos += used;
        s->in_len -= used;
    }
    s->seg_out += got;
    if (s->skip > 0) {
        s->skip -= got;
        if (s->skip == 0)
            mmk_resampler_set_speed(s->resampler, s->speed);
        return used > 0 || got > 0;
    }
    note_span(s, from, dev + *made, p0, mmk_resampler_position(s->resampler));
    *made += got;
    return used > 0 || got > 0;
}

/* Whether the segment holds frames that have not come out. */
bool mmki_source_has_tail(const struct mmk_stream *s)
{
    return s->resampling && s->seg_fed + mmk_resampler_position(s->resampler) < s->read.fed;
}

static size_t pull_resampled(struct mmk_stream *s, float *out, size_t n, uint64_t dev,
                             bool may_drain)
{
    size_t made = 0;
    while (made < n && s->resampling) {
        if (step(s, out, n, dev, &made))
            continue;
        if (s->draining) {
            begin_segment(s);
        } else if (may_drain && mmki_source_has_tail(s)) {
            s->draining = true;
        } else {
            break;
        }
    }
    return made;
}

size_t mmki_source_pull(struct mmk_stream *s, float *out, size_t n, uint64_t dev, bool may_drain)
{
    const unsigned channels = s->config.format.channels;
    size_t made = 0;
    while (made < n) {
        const bool mode = s->resampling;
        size_t got;
        if (mode)
            got = pull_resampled(s, out + made * channels, n - made, dev + made, may_drain);
        else
            got = pull_direct(s, out + made * channels, n - made, dev + made);
        made += got;
        if (got == 0 && mode == s->resampling)
            break;
    }
    if (made < n)
        s->past_len = 0; /* silence follows */
    return made;
}

/* ------------------------------------------------------------------ looking ahead */

bool mmki_source_active(struct mmk_stream *s, bool may_drain)
{
    if (mmki_source_available(s) > 0 || s->draining || s->in_len > 0)
        return true;
    return may_drain && mmki_source_has_tail(s);
}

/* Outputs of the drain. At other speeds than 1 one more may come than is said here, in the next
 * call. */
static uint64_t tail_frames(const struct mmk_stream *s)
{
    const uint64_t total = s->read.fed - s->seg_fed;
    const uint64_t at = mmk_resampler_position(s->resampler);
    if (s->exact) {
        const uint64_t all = output_for(s, total);
        return all > s->seg_out ? all - s->seg_out : 0;
    }
    if (at >= total)
        return 0;
    const double left = (double)(total - at) * (double)s->rate_den / (double)s->rate_num;
    const uint64_t n = (uint64_t)(left / s->speed);
    return n > 0 ? n : 1;
}

/* Throw away, as far as the data goes, what was heard before the resampler came in. */
static void prime(struct mmk_stream *s)
{
    size_t made = 0;
    while (s->skip > 0 && step(s, NULL, 0, 0, &made))
        ;
}

size_t mmki_source_can_give(struct mmk_stream *s, size_t max)
{
    if (s->draining && !mmki_source_has_tail(s))
        begin_segment(s);
    if (s->resampling)
        prime(s);
    uint64_t have = mmki_source_available(s);
    if (!s->resampling)
        return have < max ? (size_t)have : max;
    if (s->draining) {
        const uint64_t tail = tail_frames(s);
        return tail < max ? (size_t)tail : max;
    }
    if (s->skip > 0)
        return 0;
    have = have > UINT64_MAX - s->in_len ? have : have + s->in_len;
    size_t low = 0, high = max; /* low can be given */
    while (low < high) {
        const size_t middle = low + (high - low + 1) / 2;
        if (mmk_resampler_need(s->resampler, middle) <= have)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

bool mmki_source_take_rest(struct mmk_stream *s)
{
    top_up(s, s->in_cap);
    if (s->config.kind != MMK_STREAM_BLOCKS || s->read.due == s->read.final)
        return false;
    return mmki_chain_due(s, UINT64_MAX);
}
