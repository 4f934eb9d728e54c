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

/* Half the filter in input frames: window and sinc reach so far on either side. One frame less than
 * half the taps, so that the guard rows hold all of it too. */
static double half_width(const struct class_row *k, double factor)
{
    return (0.5 * (double)k->n_taps - 1.0) * factor;
}

static size_t taps_for(const struct class_row *k, double factor)
{
    double half = half_width(k, factor);
    size_t whole = (size_t)half, side = whole + (half > (double)whole ? 2 : 1);
    return (2 * side + MMK_FIR_LANES - 1) / MMK_FIR_LANES * MMK_FIR_LANES;
}

static void plan_bank(struct mmki_resample_plan *plan, const struct class_row *k, double factor,
                      bool fixed)
{
    struct mmki_bank *b = &plan->bank[plan->n_banks];
    size_t coef = plan->f64 ? sizeof(double) : sizeof(float);
    /* the narrower the pass band, the smoother the prototype: fewer rows for the same error */
    uint32_t dense = (uint32_t)((double)k->rows / factor) + 1;
    b->factor = factor;
    b->n_taps = taps_for(k, factor);
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

mmk_err mmki_resample_plan(const struct mmk_resampler_config *config,
                           struct mmki_resample_plan *plan)
{
    static const double quarter_octave = 1.189207115002721;
    if (!config)
        return MMK_ERR_INVAL;
    mmk_err err = validate(config);
    if (err != MMK_OK)
        return err;
    const struct class_row *k = &classes[config->quality];
    uint32_t g = gcd(config->in_rate_hz, config->out_rate_hz);
    *plan = (struct mmki_resample_plan){
        .f64 = k->f64, .up = config->out_rate_hz / g, .down = config->in_rate_hz / g};
    if (plan->up == plan->down && config->speed_max == 0.0) {
        plan->copy = true;
        plan->n_taps = 1;
        plan->cap = 1024;
        return MMK_OK;
    }
    double ratio = (double)plan->down / (double)plan->up;
    double lowest = ratio > 1.0 ? ratio : 1.0, highest = ratio * config->speed_max;
    plan_bank(plan, k, lowest, config->speed_max == 0.0);
    for (double f = lowest; f < highest;) {
        f = f * quarter_octave < highest ? f * quarter_octave : highest;
        plan_bank(plan, k, f, false);
    }
    plan->cap = plan->n_taps + (plan->n_taps > 1024 ? plan->n_taps / 2 : 512);
    return MMK_OK;
}

/* The prototype at a distance of d input frames from its middle, not yet scaled. */
static double prototype(double d, double cutoff, double half, double beta)
{
    double x = d / half;
    if (x * x >= 1.0)
        return 0.0;
    double window = mmki_bessel_i0_sq(beta * beta * (1.0 - x * x));
    double phase = cutoff * d;
    return d == 0.0 ? cutoff * window : window * mmki_sin_pi(phase) / (3.14159265358979323846 * d);
}

static void store_row(const struct mmki_resample_plan *plan, const struct mmki_bank *b, void *coefs,
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

void mmki_resample_fill(const struct mmki_resample_plan *plan, mmk_quality quality, unsigned bank,
                        void *coefs, double *scratch)
{
    const struct class_row *k = &classes[quality];
    const struct mmki_bank *b = &plan->bank[bank];
    /* J. F. Kaiser's design formulas for more than 50 dB: shape from attenuation, and the
     * transition's width in units of pi; half of it on either side of the cut-off, which ends the
     * transition at the Nyquist frequency */
    double beta = 0.1102 * (k->attenuation_db - 8.7);
    double width =
        (k->attenuation_db - 7.95) / (2.285 * 3.14159265358979323846 * (double)(k->n_taps - 2));
    double cutoff = (1.0 - 0.5 * width) / b->factor, half = half_width(k, b->factor);
    size_t first = b->guard ? 1 : 0, last_row = b->rows + (b->guard ? 3u : 0u) - 1;

    /* phase p is phase -p seen from the other side: row `rows - p` mirrors row p, computed once */
    for (size_t row = 0; 2 * row <= b->rows + 2 * first; row++) {
        double x = ((double)row - (double)first) / (double)b->rows, sum = 0.0;
        for (size_t t = 0; t < b->n_taps; t++) {
            double d = (double)t - (double)(b->n_taps / 2 - 1) - x;
            scratch[t] = prototype(d, cutoff, half, beta);
            sum += scratch[t];
        }
        /* every phase passes a constant unchanged: no ripple of the phases at 0 Hz */
        for (size_t t = 0; t < b->n_taps; t++)
            scratch[t] /= sum;
        size_t mirror = b->rows + 2 * first - row;
        store_row(plan, b, coefs, row, scratch, false);
        if (mirror <= last_row && mirror != row)
            store_row(plan, b, coefs, mirror, scratch, true);
    }
}
