/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/resample_internal.h"

#include <string.h>

/* The history is planar, so that one filter kernel serves every number of channels; it starts with
 * the silence that lies before the first frame. */

#define FADE_FRAMES 256u

size_t mmki_frames_coef_bytes(const struct mmki_frames_plan *plan)
{
    return plan->n_coefs * (plan->f64 ? sizeof(double) : sizeof(float));
}

size_t mmki_frames_history_bytes(const struct mmki_frames_plan *plan, unsigned channels)
{
    return plan->cap * channels * sizeof(float);
}

static bool is_variable(const struct mmki_frames *f)
{
    return f->plan.speed_max != 0.0;
}

void mmki_frames_reset(struct mmki_frames *f)
{
    const struct mmki_frames_plan *p = &f->plan;
    f->head = 0;
    f->filled = p->n_taps - 1 - p->n_taps / 2;
    f->fade = 0;
    memset(f->history, 0, mmki_frames_history_bytes(p, f->channels));
    f->clock = (struct mmki_clock){.den = (uint64_t)p->up << (is_variable(f) ? MMKI_SPEED_BITS : 0),
                                   .whole = p->down / p->up,
                                   .part = p->down % p->up};
    if (is_variable(f)) {
        mmki_frames_set_speed(f, p->speed_max < 1.0 ? p->speed_max : 1.0);
        f->bank = f->bank_wanted;
    }
}

void mmki_frames_set_speed(struct mmki_frames *f, double speed)
{
    if (!is_variable(f) || !(speed == speed))
        return;
    speed = speed > f->plan.speed_max ? f->plan.speed_max : speed;
    speed = speed < 0.25 ? 0.25 : speed;
    uint64_t units = (uint64_t)(speed * (double)(1u << MMKI_SPEED_BITS) + 0.5);
    uint64_t step = units * f->plan.down, den = f->clock.den;
    f->clock.whole = step / den;
    f->clock.part = step % den;
    /* a clock's drift (below 244 ppm) changes no bank: at its worst it lets 5 Hz beyond 22 kHz fold
     * at -127 dB */
    double factor = (double)step / (double)den * (1.0 - 0x1p-12);
    unsigned b = 0;
    while (b + 1 < f->plan.n_banks && f->plan.bank[b].factor < factor)
        b++;
    f->bank_wanted = b;
}

/* One frame by one bank: find the row, or make the taps between rows. */
static void filter(struct mmki_frames *f, unsigned index, float *dst)
{
    const struct mmki_frames_plan *p = &f->plan;
    const struct mmki_bank *b = &p->bank[index];
    const struct mmk_dsp *dsp = f->dsp;
    const float *src = f->history + f->head + (p->n_taps - b->n_taps) / 2;
    const uint64_t den = f->clock.den;
    uint64_t row = f->clock.phase, rest = 0;
    if (b->rows != den) { /* else the grid of phases is the bank's: no division */
        uint64_t scaled = f->clock.phase * b->rows; /* < 2^43 * 2^14: the bank is bounded */
        row = scaled / den;
        rest = scaled % den;
    }
    size_t at = b->offset + (size_t)row * b->n_taps; /* with guard rows: the row before */

    if (rest == 0) {
        at += b->guard ? b->n_taps : 0;
        if (p->f64)
            dsp->fir_f64(dst, src, p->cap, (const double *)f->coefs + at, b->n_taps, f->channels);
        else
            dsp->fir(dst, src, p->cap, (const float *)f->coefs + at, b->n_taps, f->channels);
        return;
    }
    /* the cubic through rows -1, 0, 1, 2 (Lagrange) */
    double x = (double)rest / (double)den;
    double w[4] = {-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
                   -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6};
    if (p->f64) {
        dsp->blend_f64(f->blended, (const double *)f->coefs + at, w, b->n_taps);
        dsp->fir_f64(dst, src, p->cap, f->blended, b->n_taps, f->channels);
    } else {
        float v[4] = {(float)w[0], (float)w[1], (float)w[2], (float)w[3]};
        dsp->blend(f->blended, (const float *)f->coefs + at, v, b->n_taps);
        dsp->fir(dst, src, p->cap, f->blended, b->n_taps, f->channels);
    }
}

/* A change of bank is a change of cut-off only, the signals are in phase: a short linear fade hides
 * it. */
static void fade_frame(struct mmki_frames *f, float *dst)
{
    float old[MMK_CHANNELS_MAX];
    float g = (float)f->fade * (1.0f / (float)FADE_FRAMES);
    filter(f, f->bank_old, old);
    filter(f, f->bank, dst);
    for (unsigned c = 0; c < f->channels; c++)
        dst[c] += (old[c] - dst[c]) * g;
    f->fade--;
}

static void make_frame(struct mmki_frames *f, float *dst)
{
    if (f->plan.copy) {
        for (unsigned c = 0; c < f->channels; c++)
            dst[c] = f->history[c * f->plan.cap + f->head];
    } else {
        if (f->fade == 0 && f->bank != f->bank_wanted) {
            f->bank_old = f->bank;
            f->bank = f->bank_wanted;
            f->fade = FADE_FRAMES;
        }
        if (f->fade)
            fade_frame(f, dst);
        else
            filter(f, f->bank, dst);
    }
    uint64_t step = f->clock.whole;
    f->clock.phase += f->clock.part;
    if (f->clock.phase >= f->clock.den) {
        f->clock.phase -= f->clock.den;
        step++;
    }
    f->clock.at += step;
    f->head += (size_t)step; /* less than the window, so never beyond `filled` */
}

size_t mmki_frames_make(struct mmki_frames *f, float *dst, size_t n)
{
    size_t made = 0;
    for (; made < n && f->filled - f->head >= f->plan.n_taps; made++)
        make_frame(f, dst + made * f->channels);
    return made;
}

static void compact(struct mmki_frames *f)
{
    size_t keep = f->filled - f->head;
    for (unsigned c = 0; c < f->channels; c++) {
        float *h = f->history + c * f->plan.cap;
        memmove(h, h + f->head, keep * sizeof *h);
    }
    f->filled = keep;
    f->head = 0;
}

size_t mmki_frames_room(struct mmki_frames *f)
{
    compact(f);
    return f->plan.cap - f->filled;
}

void mmki_frames_append(struct mmki_frames *f, const float *in, size_t n)
{
    for (unsigned c = 0; c < f->channels; c++) {
        float *to = f->history + c * f->plan.cap + f->filled;
        for (size_t i = 0; i < n; i++) {
            const float v = in ? in[i * f->channels + c] : 0.0f;
            to[i] = f->plan.copy ? v : mmki_number(v);
        }
    }
    f->filled += n;
}

size_t mmki_frames_need(const struct mmki_frames *f, size_t n_out)
{
    /* cut so that part * n stays below 2^63: part < 2^43 */
    const size_t cut = 1u << 19;
    const struct mmki_clock *k = &f->clock;
    uint64_t frames = 0, phase = k->phase;
    if (n_out == 0)
        return 0;
    for (size_t left = n_out - 1; left;) {
        size_t n = left < cut ? left : cut;
        uint64_t sum = phase + (uint64_t)n * k->part;
        frames += (uint64_t)n * k->whole + sum / k->den;
        phase = sum % k->den;
        left -= n;
    }
    frames += f->plan.n_taps;
    size_t have = f->filled - f->head;
    return frames > have ? (size_t)(frames - have) : 0;
}
