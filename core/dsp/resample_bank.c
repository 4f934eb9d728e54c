/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/resample_internal.h"

#include "base/math.h"

/* One class: filter length at the lower rate, design attenuation, and how densely a bank that is
 * interpolated must sample the prototype: a cubic errs by 0.023 (pi / rows)^4 of full scale. */
struct class_row {
    uint32_t n_taps;
    double attenuation_db;
    uint32_t rows;
    bool f64;
};

static const struct class_row classes[] = {
    [MMK_QUALITY_DRAFT] = {32, 66.0, 32, false},
    [MMK_QUALITY_FAST] = {64, 106.0, 64, false},
    [MMK_QUALITY_HIGH] = {208, 137.5, 128, false},
    [MMK_QUALITY_ULTRA] = {384, 183.0, 256, true},
};

/* A bank above this size is not worth its cache misses: interpolate a small one instead. */
#define EXACT_BANK_BYTES (1280u << 10)

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static mmk_err validate(const struct mmk_resampler_config *c)
{
    if (c->in_rate_hz < MMK_RATE_MIN_HZ || c->in_rate_hz > MMK_RATE_MAX_HZ ||
        c->out_rate_hz < MMK_RATE_MIN_HZ || c->out_rate_hz > MMK_RATE_MAX_HZ)
        return MMK_ERR_RANGE;
    if (c->channels < 1 || c->channels > MMK_CHANNELS_MAX)
        return MMK_ERR_RANGE;
    if ((unsigned)c->quality > MMK_QUALITY_ULTRA)
        return MMK_ERR_RANGE;
    /* written so that NaN fails */
    if (!(c->speed_max == 0.0 || (c->speed_max >= 0.25 && c->speed_max <= 16.0)))
        return MMK_ERR_RANGE;
    return MMK_OK;
}

/* J. F. Kaiser's design formulas for more than 50 dB: shape from attenuation, and the transition's
 * width in units of pi; half of it on either side of the cut-off. */
static double kaiser_beta(double attenuation_db)
{
    return 0.1102 * (attenuation_db - 8.7);
}

static double kaiser_width(double attenuation_db, double length)
{
    return (attenuation_db - 7.95) / (2.285 * 3.14159265358979323846 * length);
}

/* The class's filter, for a pass band `factor` times narrower than the input's: the transition ends
 * at the lower Nyquist frequency. One frame less than half the taps, so that the guard rows hold
 * all of it too. */
static struct mmki_prototype steep(const struct class_row *k, double factor)
{
    const double width = kaiser_width(k->attenuation_db, (double)(k->n_taps - 2));
    return (struct mmki_prototype){.cutoff = (1.0 - 0.5 * width) / factor,
                                   .half = (0.5 * (double)k->n_taps - 1.0) * factor,
                                   .beta = kaiser_beta(k->attenuation_db)};
}

/* What is left to do at the doubled rate: pass the lower half of the band, stop from three halves
 * on, where the images begin. Better than the class, since both stages'
 * images add up; it costs two taps. */
static struct mmki_prototype gentle(const struct class_row *k)
{
    const double attenuation = k->attenuation_db + 10.0;
    return (struct mmki_prototype){.cutoff = 1.0,
                                   .half = 0.5 * kaiser_width(attenuation, 1.0),
                                   .beta = kaiser_beta(attenuation)};
}

static size_t taps_for(double half)
{
    size_t whole = (size_t)half, side = whole + (half > (double)whole ? 2 : 1);
    return (2 * side + MMK_FIR_LANES - 1) / MMK_FIR_LANES * MMK_FIR_LANES;
}

static void plan_bank(struct mmki_frames_plan *plan, const struct mmki_prototype *prototype,
                      double factor, uint32_t dense, bool fixed)
{
    struct mmki_bank *b = &plan->bank[plan->n_banks];
    size_t coef = plan->f64 ? sizeof(double) : sizeof(float);
    b->prototype = *prototype;
    b->factor = factor;
    b->n_taps = taps_for(prototype->half);
    b->guard = !fixed;
    b->rows = dense;
    if (fixed || plan->n_banks == 0) {
        uint32_t rows = fixed ? plan->up : plan->up * ((dense + plan->up - 1) / plan->up);
        if ((uint64_t)rows * b->n_taps * coef <= EXACT_BANK_BYTES)
            b->rows = rows;
        else
            b->guard = true;
    }
    b->offset = plan->n_coefs;
    plan->n_coefs += (b->rows + (b->guard ? 3u : 0u)) * b->n_taps;
    plan->n_banks++;
    if (plan->n_taps < b->n_taps)
        plan->n_taps = b->n_taps;
}

/* The narrower the pass band, the smoother the prototype: fewer rows for the same error. */
static void plan_steep_bank(struct mmki_frames_plan *plan, const struct class_row *k, double factor,
                            bool fixed)
{
    const struct mmki_prototype prototype = steep(k, factor);
    plan_bank(plan, &prototype, factor, (uint32_t)((double)k->rows / factor) + 1, fixed);
}

static void set_cap(struct mmki_frames_plan *plan)
{
    plan->cap = plan->n_taps + (plan->n_taps > 1024 ? plan->n_taps / 2 : 512);
}

static void plan_copy(struct mmki_frames_plan *plan)
{
    plan->copy = true;
    plan->n_taps = 1;
    plan->cap = 1024;
}

static void plan_variable(struct mmki_frames_plan *plan, const struct class_row *k, double lowest,
                          double highest)
{
    static const double quarter_octave = 1.189207115002721;
    plan_steep_bank(plan, k, lowest, false);
    for (double f = lowest; f < highest;) {
        f = f * quarter_octave < highest ? f * quarter_octave : highest;
        plan_steep_bank(plan, k, f, false);
    }
    set_cap(plan);
}

/* Twice the rate, then a second stage behind it. The band is half as wide there: half the rows do.
 * A second stage by frames reads floats, which would be the end of class ultra. */
static bool plan_doubling(struct mmki_resample_plan *plan, const struct class_row *k, double lowest)
{
    const struct mmki_prototype first = steep(k, lowest), second = gentle(k);
    const bool odd = plan->up % 2 != 0;
    const uint32_t up = odd ? plan->up : plan->up / 2, down = odd ? 2 * plan->down : plan->down;
    plan->by_lanes = mmki_lanes_plan(&plan->lanes, up, down, k->f64, &second, EXACT_BANK_BYTES);
    if (k->f64 && !plan->by_lanes)
        return false;
    plan->doubles = mmki_lanes_plan(&plan->first, 2, 1, k->f64, &first, EXACT_BANK_BYTES);
    if (plan->doubles && !plan->by_lanes) {
        plan->frames = (struct mmki_frames_plan){.up = up, .down = down};
        plan_bank(&plan->frames, &second, 1.0, k->rows / 2, true);
        set_cap(&plan->frames);
    }
    return plan->doubles;
}

static void plan_fixed(struct mmki_resample_plan *plan, const struct class_row *k, double lowest)
{
    const struct mmki_prototype prototype = steep(k, lowest);
    if (plan->up < 3 * plan->down) {
        plan->by_lanes = mmki_lanes_plan(&plan->lanes, plan->up, plan->down, k->f64, &prototype,
                                         EXACT_BANK_BYTES);
        if (plan->by_lanes)
            return;
    }
    /* far down, doubling first would only cost */
    if (lowest <= 2.0 && plan_doubling(plan, k, lowest))
        return;
    plan->by_lanes = false;
    plan_steep_bank(&plan->frames, k, lowest, true);
    set_cap(&plan->frames);
}

mmk_err mmki_resample_plan(const struct mmk_resampler_config *config,
                           struct mmki_resample_plan *plan)
{
    if (!config)
        return MMK_ERR_INVAL;
    mmk_err err = validate(config);
    if (err != MMK_OK)
        return err;
    const struct class_row *k = &classes[config->quality];
    uint32_t g = gcd(config->in_rate_hz, config->out_rate_hz);
    *plan =
        (struct mmki_resample_plan){.up = config->out_rate_hz / g, .down = config->in_rate_hz / g};
    plan->frames = (struct mmki_frames_plan){
        .f64 = k->f64, .up = plan->up, .down = plan->down, .speed_max = config->speed_max};
    double ratio = (double)plan->down / (double)plan->up;
    double lowest = ratio > 1.0 ? ratio : 1.0;
    if (config->speed_max != 0.0)
        plan_variable(&plan->frames, k, lowest, ratio * config->speed_max);
    else if (plan->up == plan->down)
        plan_copy(&plan->frames);
    else
        plan_fixed(plan, k, lowest);
    return MMK_OK;
}

static double prototype_at(const struct mmki_prototype *p, double d)
{
    const double x = d / p->half;
    if (x * x >= 1.0)
        return 0.0;
    const double window = mmki_bessel_i0_sq(p->beta * p->beta * (1.0 - x * x));
    return d == 0.0 ? p->cutoff * window
                    : window * mmki_sin_pi(p->cutoff * d) / (3.14159265358979323846 * d);
}

void mmki_prototype_row(const struct mmki_prototype *p, double phase, double *row, size_t n_taps)
{
    double sum = 0.0;
    for (size_t t = 0; t < n_taps; t++) {
        row[t] = prototype_at(p, (double)t - (double)(n_taps / 2 - 1) - phase);
        sum += row[t];
    }
    for (size_t t = 0; t < n_taps; t++)
        row[t] /= sum;
}

static void store_row(const struct mmki_frames_plan *plan, const struct mmki_bank *b, void *coefs,
                      size_t row, const double *taps, bool mirrored)
{
    size_t at = b->offset + row * b->n_taps;
    for (size_t t = 0; t < b->n_taps; t++) {
        double v = taps[mirrored ? b->n_taps - 1 - t : t];
        if (plan->f64)
            ((double *)coefs)[at + t] = v;
        else
            ((float *)coefs)[at + t] = (float)v;
    }
}

void mmki_frames_fill(const struct mmki_frames_plan *plan, unsigned bank, void *coefs,
                      double *scratch)
{
    const struct mmki_bank *b = &plan->bank[bank];
    size_t first = b->guard ? 1 : 0, last_row = b->rows + (b->guard ? 3u : 0u) - 1;

    /* phase p is phase -p seen from the other side: row `rows - p` mirrors row p, computed once */
    for (size_t row = 0; 2 * row <= b->rows + 2 * first; row++) {
        mmki_prototype_row(&b->prototype, ((double)row - (double)first) / (double)b->rows, scratch,
                           b->n_taps);
        size_t mirror = b->rows + 2 * first - row;
        store_row(plan, b, coefs, row, scratch, false);
        if (mirror <= last_row && mirror != row)
            store_row(plan, b, coefs, mirror, scratch, true);
    }
}
