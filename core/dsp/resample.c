/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/resample_internal.h"

#include <string.h>

/* Time is exact. The next output frame stands at input frame `at` + phase / den, counted from the
 * first one; a step is whole + part / den frames. den = up at fixed speed, up * 2^24 where speed
 * can change (in 2^-24 steps), so neither rounding nor drift exists, and any cutting into calls
 * gives the same positions.
 *
 * The history is planar, so that one filter kernel serves every number of channels; it starts with
 * the silence that lies before the first frame. */

#define FADE_FRAMES 256u

struct mmk_resampler {
    struct mmki_resample_plan plan;
    const struct mmk_dsp *dsp;
    unsigned channels;
    bool variable;
    double speed_max;

    uint64_t den, whole, part, phase;
    uint64_t at, n_in;   /* input frames: under the next output frame; given so far */
    size_t head, filled; /* history: start of the longest bank's window, end of the valid frames */

    unsigned bank, bank_wanted, bank_old; /* while fade > 0, old gives way to bank */
    uint32_t fade;
    double speed;

    void *coefs;
    void *blended; /* taps between two rows; also scratch of the design */
    float *history;
};

static size_t round64(size_t n)
{
    return (n + 63) / 64 * 64;
}

/* Sizes are bounded by the checked rates, classes and speeds: below 2^30 each, no sum can wrap. */
static size_t layout(const struct mmki_resample_plan *plan, unsigned channels, size_t *coefs,
                     size_t *blended, size_t *history)
{
    *coefs = round64(sizeof(struct mmk_resampler));
    *blended = *coefs + round64(plan->n_coefs * (plan->f64 ? sizeof(double) : sizeof(float)));
    *history = *blended + round64(plan->n_taps * sizeof(double));
    return *history + round64(plan->cap * channels * sizeof(float));
}

mmk_err mmk_resampler_bytes(const struct mmk_resampler_config *config, size_t *n_bytes)
{
    struct mmki_resample_plan plan;
    size_t coefs, blended, history;
    if (!n_bytes)
        return MMK_ERR_INVAL;
    mmk_err err = mmki_resample_plan(config, &plan);
    if (err != MMK_OK)
        return err;
    *n_bytes = layout(&plan, config->channels, &coefs, &blended, &history);
    return MMK_OK;
}

mmk_err mmk_resampler_init(void *mem, size_t n_bytes, const struct mmk_resampler_config *config,
                           struct mmk_resampler **out)
{
    struct mmki_resample_plan plan;
    size_t coefs, blended, history;
    if (!mem || !out || (uintptr_t)mem % 64)
        return MMK_ERR_INVAL;
    mmk_err err = mmki_resample_plan(config, &plan);
    if (err != MMK_OK)
        return err;
    if (n_bytes < layout(&plan, config->channels, &coefs, &blended, &history))
        return MMK_ERR_NOMEM;

    struct mmk_resampler *r = mem;
    uint8_t *base = mem;
    *r = (struct mmk_resampler){.plan = plan,
                                .dsp = config->dsp ? config->dsp : &mmk_dsp_c,
                                .channels = config->channels,
                                .variable = config->speed_max != 0.0,
                                .speed_max = config->speed_max,
                                .coefs = base + coefs,
                                .blended = base + blended,
                                .history = (float *)(void *)(base + history)};
    r->den = (uint64_t)plan.up << (r->variable ? MMKI_SPEED_BITS : 0);
    for (unsigned b = 0; b < plan.n_banks; b++)
        mmki_resample_fill(&r->plan, config->quality, b, r->coefs, r->blended);
    mmk_resampler_reset(r);
    *out = r;
    return MMK_OK;
}

void mmk_resampler_reset(struct mmk_resampler *r)
{
    r->phase = r->at = r->n_in = 0;
    r->head = 0;
    r->filled = r->plan.n_taps - 1 - r->plan.n_taps / 2;
    r->fade = 0;
    memset(r->history, 0, r->plan.cap * r->channels * sizeof *r->history);
    if (r->variable) {
        mmk_resampler_set_speed(r, r->speed_max < 1.0 ? r->speed_max : 1.0);
        r->bank = r->bank_wanted;
    } else {
        r->whole = r->plan.down / r->plan.up;
        r->part = r->plan.down % r->plan.up;
    }
}

void mmk_resampler_set_speed(struct mmk_resampler *r, double speed)
{
    if (!r->variable || !(speed == speed))
        return;
    speed = speed > r->speed_max ? r->speed_max : speed;
    speed = speed < 0.25 ? 0.25 : speed;
    uint64_t units = (uint64_t)(speed * (double)(1u << MMKI_SPEED_BITS) + 0.5);
    uint64_t step = units * r->plan.down;
    r->whole = step / r->den;
    r->part = step % r->den;
    /* a clock's drift (below 244 ppm) changes no bank: at its worst it lets 5 Hz beyond 22 kHz fold
     * at -127 dB */
    double factor = (double)step / (double)r->den * (1.0 - 0x1p-12);
    unsigned b = 0;
    while (b + 1 < r->plan.n_banks && r->plan.bank[b].factor < factor)
        b++;
    r->bank_wanted = b;
}

/* One frame by one bank: find the row, or make the taps between rows. */
static void filter(struct mmk_resampler *r, unsigned index, float *dst)
{
    const struct mmki_bank *b = &r->plan.bank[index];
    const float *src = r->history + r->head + (r->plan.n_taps - b->n_taps) / 2;
    uint64_t row = r->phase, rest = 0;
    if (b->rows != r->den) { /* else the grid of phases is the bank's: no division */
        uint64_t scaled = r->phase * b->rows; /* < 2^43 * 2^14: the bank is bounded */
        row = scaled / r->den;
        rest = scaled % r->den;
    }
    size_t at = b->offset + (size_t)row * b->n_taps; /* with guard rows: the row before */

    if (rest == 0) {
        at += b->guard ? b->n_taps : 0;
        if (r->plan.f64)
            r->dsp->fir_f64(dst, src, r->plan.cap, (const double *)r->coefs + at, b->n_taps,
                            r->channels);
        else
            r->dsp->fir(dst, src, r->plan.cap, (const float *)r->coefs + at, b->n_taps,
                        r->channels);
        return;
    }
    /* the cubic through rows -1, 0, 1, 2 (Lagrange) */
    double x = (double)rest / (double)r->den;
    double w[4] = {-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
                   -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6};
    if (r->plan.f64) {
        r->dsp->blend_f64(r->blended, (const double *)r->coefs + at, w, b->n_taps);
        r->dsp->fir_f64(dst, src, r->plan.cap, r->blended, b->n_taps, r->channels);
    } else {
        float v[4] = {(float)w[0], (float)w[1], (float)w[2], (float)w[3]};
        r->dsp->blend(r->blended, (const float *)r->coefs + at, v, b->n_taps);
        r->dsp->fir(dst, src, r->plan.cap, r->blended, b->n_taps, r->channels);
    }
}

/* A change of bank is a change of cut-off only, the signals are in phase: a short linear fade hides
 * it. */
static void fade_frame(struct mmk_resampler *r, float *dst)
{
    float old[MMK_CHANNELS_MAX];
    float g = (float)r->fade * (1.0f / (float)FADE_FRAMES);
    filter(r, r->bank_old, old);
    filter(r, r->bank, dst);
    for (unsigned c = 0; c < r->channels; c++)
        dst[c] += (old[c] - dst[c]) * g;
    r->fade--;
}

static void make_frame(struct mmk_resampler *r, float *dst)
{
    if (r->plan.copy) {
        for (unsigned c = 0; c < r->channels; c++)
            dst[c] = r->history[c * r->plan.cap + r->head];
    } else {
        if (r->fade == 0 && r->bank != r->bank_wanted) {
            r->bank_old = r->bank;
            r->bank = r->bank_wanted;
            r->fade = FADE_FRAMES;
        }
        if (r->fade)
            fade_frame(r, dst);
        else
            filter(r, r->bank, dst);
    }
    uint64_t step = r->whole;
    r->phase += r->part;
    if (r->phase >= r->den) {
        r->phase -= r->den;
        step++;
    }
    r->at += step;
    r->head += (size_t)step; /* less than the window, so never beyond `filled` */
}

/* Append n frames, or silence where `in` is NULL. n <= cap - filled. */
static void append(struct mmk_resampler *r, const float *in, size_t n)
{
    for (unsigned c = 0; c < r->channels; c++) {
        float *to = r->history + c * r->plan.cap + r->filled;
        for (size_t i = 0; i < n; i++)
            to[i] = in ? in[i * r->channels + c] : 0.0f;
    }
    r->filled += n;
}

static void compact(struct mmk_resampler *r)
{
    size_t keep = r->filled - r->head;
    for (unsigned c = 0; c < r->channels; c++) {
        float *h = r->history + c * r->plan.cap;
        memmove(h, h + r->head, keep * sizeof *h);
    }
    r->filled = keep;
    r->head = 0;
}

/* Take up to n frames as far as the history has room. At least one if n > 0: a window is shorter
 * than it. */
static size_t feed(struct mmk_resampler *r, const float *in, size_t n)
{
    if (n > r->plan.cap - r->filled)
        compact(r);
    if (n > r->plan.cap - r->filled)
        n = r->plan.cap - r->filled;
    append(r, in, n);
    return n;
}

static bool ready(const struct mmk_resampler *r)
{
    return r->filled - r->head >= r->plan.n_taps;
}

void mmk_resampler_process(struct mmk_resampler *r, const float *in, size_t n_in, size_t *n_used,
                           float *dst, size_t n_dst, size_t *n_made)
{
    size_t used = 0, made = 0;
    for (;;) {
        for (; made < n_dst && ready(r); made++)
            make_frame(r, dst + made * r->channels);
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

void mmk_resampler_drain(struct mmk_resampler *r, float *dst, size_t n_dst, size_t *n_made)
{
    size_t made = 0;
    while (made < n_dst && r->at < r->n_in) {
        if (ready(r))
            make_frame(r, dst + made++ * r->channels);
        else
            feed(r, NULL, r->plan.n_taps - (r->filled - r->head));
    }
    *n_made = made;
}

size_t mmk_resampler_lookahead(const struct mmk_resampler *r)
{
    return r->plan.n_taps / 2 + 1;
}

size_t mmk_resampler_need(const struct mmk_resampler *r, size_t n_out)
{
    /* cut so that part * n stays below 2^63: part < 2^43 */
    const size_t cut = 1u << 19;
    uint64_t frames = 0, phase = r->phase;
    if (n_out == 0)
        return 0;
    for (size_t left = n_out - 1; left;) {
        size_t n = left < cut ? left : cut;
        uint64_t sum = phase + (uint64_t)n * r->part;
        frames += (uint64_t)n * r->whole + sum / r->den;
        phase = sum % r->den;
        left -= n;
    }
    frames += r->plan.n_taps;
    size_t have = r->filled - r->head;
    return frames > have ? (size_t)(frames - have) : 0;
}

uint64_t mmk_resampler_position(const struct mmk_resampler *r)
{
    return r->at;
}
