/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/resample_lanes.h"

#define LANES   MMK_FIR_LANES
#define SOURCES MMK_FIR_SOURCES

/* Input frames to spare beyond a window: 10 ms at 96 kHz, so that a usual block is one run. */
#define SPARE_FRAMES 1024u

static size_t real_bytes(const struct mmki_lanes_plan *p)
{
    return p->f64 ? sizeof(double) : sizeof(float);
}

/* ------------------------------------------------------------------ plan and bank */

size_t mmki_lanes_taps(double half)
{
    /* taps at -side .. side + 1 less a phase in [0, 1): those at `half` or beyond are zero */
    const size_t whole = (size_t)half, side = whole - ((double)whole == half);
    return 2 * (side + 1);
}

/* Where an output's window begins, counted from the period's first. */
static uint64_t window(const struct mmki_lanes_plan *p, uint64_t output)
{
    return output * p->down / p->up;
}

/* How many times a period is repeated, so that not too many lanes of its last group idle: one in
 * nine at most; one in sixteen where the bank is small. */
static uint32_t repeats(uint32_t up)
{
    const uint32_t spare = up <= 64 ? 17 : 9;
    for (uint32_t times = 1; times < LANES; times++) {
        const uint32_t outputs = up * times, lanes = (outputs + LANES - 1) / LANES * LANES;
        if ((lanes - outputs) * spare <= lanes)
            return times;
    }
    return LANES;
}

bool mmki_lanes_plan(struct mmki_lanes_plan *plan, uint32_t up, uint32_t down, bool f64,
                     const struct mmki_prototype *prototype, size_t max_bytes)
{
    const uint32_t times = repeats(up);
    struct mmki_lanes_plan p = {.up = up, .down = down, .f64 = f64, .prototype = *prototype};
    p.period_out = up * times;
    p.period_in = down * times;
    p.n_groups = (p.period_out + LANES - 1) / LANES;
    p.n_taps = mmki_lanes_taps(prototype->half);
    p.span = p.n_taps + (size_t)(((uint64_t)(LANES - 1) * down + up - 1) / up);
    p.n_coefs = (size_t)p.n_groups * p.span * LANES;
    if ((uint64_t)p.n_coefs * real_bytes(&p) > max_bytes)
        return false;
    p.lead = p.n_taps / 2 - 1;
    p.cap = p.span + (p.n_taps > 2 * SPARE_FRAMES ? p.n_taps / 2 : SPARE_FRAMES);
    *plan = p;
    return true;
}

size_t mmki_lanes_coef_bytes(const struct mmki_lanes_plan *plan)
{
    return plan->n_coefs * real_bytes(plan);
}

/* A group is read whole even where its last outputs are not ready. */
static size_t stride(const struct mmki_lanes_plan *p)
{
    return p->cap + p->span - p->n_taps;
}

size_t mmki_lanes_history_bytes(const struct mmki_lanes_plan *plan, unsigned channels)
{
    return stride(plan) * channels * real_bytes(plan);
}

static void store_row(const struct mmki_lanes_plan *p, void *coefs, uint64_t output,
                      const double *row, bool mirrored)
{
    const uint64_t group = output / LANES;
    const uint64_t ahead = window(p, output) - window(p, group * LANES);
    size_t at = ((size_t)group * p->span + (size_t)ahead) * LANES + (size_t)(output % LANES);
    for (size_t t = 0; t < p->n_taps; t++, at += LANES) {
        const double v = row[mirrored ? p->n_taps - 1 - t : t];
        if (p->f64)
            ((double *)coefs)[at] = v;
        else
            ((float *)coefs)[at] = (float)v;
    }
}

/* The x with x * a = 1 mod m, by Euclid's algorithm. a and m have no common divisor. */
static uint32_t inverse(uint32_t a, uint32_t m)
{
    int64_t x = 1, y = 0, r = a % m, s = m;
    while (r > 1) {
        const int64_t q = s / r, rest = s % r, z = y - q * x;
        s = r;
        r = rest;
        y = x;
        x = z;
    }
    return m == 1 ? 0 : (uint32_t)(x < 0 ? x + m : x);
}

/* Phase p / up is phase (up - p) / up seen from the other side: each pair of rows is computed
 * once. */
void mmki_lanes_fill(const struct mmki_lanes_plan *plan, void *coefs, double *scratch)
{
    const uint32_t up = plan->up, back = inverse(plan->down, up);
    memset(coefs, 0, mmki_lanes_coef_bytes(plan));
    for (uint32_t p = 0; 2 * p <= up; p++) {
        const uint32_t at = (uint32_t)((uint64_t)p * back % up),
                       other = p && 2 * p != up ? up - at : at;
        mmki_prototype_row(&plan->prototype, (double)p / (double)up, scratch, plan->n_taps);
        for (uint64_t k = 0; k < plan->period_out; k += up) {
            store_row(plan, coefs, at + k, scratch, false);
            if (other != at)
                store_row(plan, coefs, other + k, scratch, true);
        }
    }
}

/* ------------------------------------------------------------------ stream */

void mmki_lanes_reset(struct mmki_lanes *s)
{
    memset(s->history, 0, mmki_lanes_history_bytes(&s->plan, s->channels));
    s->base = 0;
    s->next = 0;
    s->filled = s->plan.lead;
}

size_t mmki_lanes_ready(const struct mmki_lanes *s)
{
    const struct mmki_lanes_plan *p = &s->plan;
    const int64_t last = (int64_t)s->filled - s->base - (int64_t)p->n_taps;
    if (last < 0)
        return 0;
    /* outputs whose window begins at `last` or before: output * down < (last + 1) * up */
    const uint64_t end = ((uint64_t)(last + 1) * p->up + p->down - 1) / p->down;
    return end > s->next ? (size_t)(end - s->next) : 0;
}

size_t mmki_lanes_need(const struct mmki_lanes *s, size_t n)
{
    const struct mmki_lanes_plan *p = &s->plan;
    if (n == 0)
        return 0;
    const uint64_t last = (uint64_t)s->next + (n - 1);
    const uint64_t begins = last / p->period_out * p->period_in + window(p, last % p->period_out);
    const int64_t missing = s->base + (int64_t)begins + (int64_t)p->n_taps - (int64_t)s->filled;
    return missing > 0 ? (size_t)missing : 0;
}

static void *sample(const struct mmki_lanes *s, unsigned channel, size_t frame)
{
    const size_t at = channel * stride(&s->plan) + frame;
    return (uint8_t *)s->history + at * real_bytes(&s->plan);
}

void *mmki_lanes_end(const struct mmki_lanes *s)
{
    return sample(s, 0, s->filled);
}

size_t mmki_lanes_stride(const struct mmki_lanes *s)
{
    return stride(&s->plan);
}

size_t mmki_lanes_room(struct mmki_lanes *s)
{
    const struct mmki_lanes_plan *p = &s->plan;
    const int64_t drop = s->base + (int64_t)window(p, s->next / LANES * LANES);
    if (drop > 0) {
        const size_t n = (size_t)drop < s->filled ? (size_t)drop : s->filled;
        for (unsigned c = 0; c < s->channels; c++)
            memmove(sample(s, c, 0), sample(s, c, n), (s->filled - n) * real_bytes(p));
        s->base -= (int64_t)n;
        s->filled -= n;
    }
    return p->cap - s->filled;
}

static void take_mono(float *restrict to, const float *restrict in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = mmki_number(in[i]);
}

static void take_stereo(float *restrict left, float *restrict right, const float *restrict in,
                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        left[i] = mmki_number(in[2 * i]);
        right[i] = mmki_number(in[2 * i + 1]);
    }
}

static void take(const struct mmki_lanes *s, unsigned channel, const float *in, size_t n)
{
    void *to = sample(s, channel, s->filled);
    for (size_t i = 0; i < n; i++) {
        const float v = mmki_number(in[i * s->channels + channel]);
        if (s->plan.f64)
            ((double *)to)[i] = (double)v;
        else
            ((float *)to)[i] = v;
    }
}

void mmki_lanes_append(struct mmki_lanes *s, const float *in, size_t n)
{
    const bool plain = in != NULL && !s->plan.f64 && s->channels <= 2;
    if (plain && s->channels == 1)
        take_mono(sample(s, 0, s->filled), in, n);
    else if (plain)
        take_stereo(sample(s, 0, s->filled), sample(s, 1, s->filled), in, n);
    else
        for (unsigned c = 0; c < s->channels; c++)
            if (in != NULL)
                take(s, c, in, n);
            else
                memset(sample(s, c, s->filled), 0, n * real_bytes(&s->plan));
    s->filled += n;
}

/* Where outputs go. */
struct sink {
    float *interleaved; /* or NULL and */
    uint8_t *planar;
    size_t stride; /* samples between the channels of planar */
};

static void put_stereo(float *restrict dst, const float *restrict left, const float *restrict right)
{
    for (unsigned j = 0; j < LANES; j++) {
        dst[2 * j] = left[j];
        dst[2 * j + 1] = right[j];
    }
}

/* Lanes lo .. hi of all channels of one group; `frame`: of lane 0, negative before the first. */
static void put(const struct mmki_lanes *s, const struct sink *sink, const void *lanes,
                ptrdiff_t frame, unsigned lo, unsigned hi)
{
    const unsigned channels = s->channels;
    const size_t real = real_bytes(&s->plan);
    if (sink->interleaved == NULL) {
        uint8_t *to = sink->planar + (size_t)(frame + (ptrdiff_t)lo) * real;
        const uint8_t *from = (const uint8_t *)lanes + lo * real;
        const bool whole = hi - lo == LANES && !s->plan.f64;
        for (unsigned c = 0; c < channels; c++) {
            if (whole) /* no call */
                memcpy(to, from, LANES * sizeof(float));
            else
                memcpy(to, from, (hi - lo) * real);
            to += sink->stride * real;
            from += LANES * real;
        }
        return;
    }
    const float *f = lanes;
    const double *d = lanes;
    float *dst = sink->interleaved + (frame + (ptrdiff_t)lo) * (ptrdiff_t)channels;
    if (!s->plan.f64 && channels == 2 && hi - lo == LANES) {
        put_stereo(dst, f, f + LANES);
        return;
    }
    for (unsigned j = lo; j < hi; j++)
        for (unsigned c = 0; c < channels; c++)
            *dst++ = s->plan.f64 ? (float)d[c * LANES + j] : f[c * LANES + j];
}

union lanes {
    float f32[SOURCES * LANES];
    double f64[SOURCES * LANES];
};

static void filter(const struct mmki_lanes *s, const struct mmk_dsp *dsp, uint32_t group,
                   uint64_t period, unsigned n_periods, union lanes *out)
{
    const struct mmki_lanes_plan *p = &s->plan;
    const size_t coefs = (size_t)group * p->span * LANES;
    const float *f32[SOURCES];
    const double *f64[SOURCES];
    unsigned n = 0;
    for (unsigned k = 0; k < n_periods; k++) {
        const int64_t at =
            s->base + (int64_t)((period + k) * p->period_in + window(p, (uint64_t)group * LANES));
        for (unsigned c = 0; c < s->channels; c++, n++)
            if (p->f64)
                f64[n] = sample(s, c, (size_t)at);
            else
                f32[n] = sample(s, c, (size_t)at);
    }
    if (p->f64)
        dsp->fir_lanes_f64(out->f64, f64, n, (const double *)s->coefs + coefs, p->span);
    else
        dsp->fir_lanes(out->f32, f32, n, (const float *)s->coefs + coefs, p->span);
}

/* Groups are taken in the order of their phases: one and the same group in all its periods, then
 * the next. */
static void make(struct mmki_lanes *s, const struct mmk_dsp *dsp, const struct sink *sink,
                 uint32_t n_outputs)
{
    const struct mmki_lanes_plan *p = &s->plan;
    const uint32_t first = s->next / LANES;
    const uint64_t end = (uint64_t)s->next + n_outputs, last = end - 1;
    const uint64_t n_slots =
        last / p->period_out * p->n_groups + last % p->period_out / LANES - first + 1;
    const unsigned at_once = SOURCES / s->channels;
    const size_t real = real_bytes(p);

    for (uint64_t slot = 0; slot < n_slots && slot < p->n_groups; slot++) {
        const uint32_t group = (uint32_t)((first + slot) % p->n_groups);
        uint64_t period = (first + slot) / p->n_groups;
        uint64_t left = (n_slots - slot + p->n_groups - 1) / p->n_groups;
        const uint32_t in_group = p->period_out - group * LANES;
        while (left) {
            union lanes out;
            /* runs of equal length, or nearly */
            const uint64_t runs = (left + at_once - 1) / at_once, n = (left + runs - 1) / runs;
            filter(s, dsp, group, period, (unsigned)n, &out);
            for (uint64_t k = 0; k < n; k++, period++) {
                const uint64_t at = period * p->period_out + (uint64_t)group * LANES;
                const uint64_t lo = at < s->next ? s->next - at : 0;
                uint64_t hi = in_group < LANES ? in_group : LANES;
                hi = at + hi > end ? end - at : hi;
                put(s, sink, (const uint8_t *)&out + k * s->channels * LANES * real,
                    (ptrdiff_t)at - (ptrdiff_t)s->next, (unsigned)lo, (unsigned)hi);
            }
            left -= n;
        }
    }
    s->base += (int64_t)(end / p->period_out * p->period_in);
    s->next = (uint32_t)(end % p->period_out);
}

void mmki_lanes_make(struct mmki_lanes *s, const struct mmk_dsp *dsp, float *dst, size_t n)
{
    const struct sink sink = {.interleaved = dst};
    if (n)
        make(s, dsp, &sink, (uint32_t)n);
}

void mmki_lanes_make_planar(struct mmki_lanes *s, const struct mmk_dsp *dsp, void *dst,
                            size_t stride_samples, size_t n)
{
    const struct sink sink = {.planar = dst, .stride = stride_samples};
    if (n)
        make(s, dsp, &sink, (uint32_t)n);
}
