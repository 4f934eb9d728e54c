/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_RESAMPLE_INTERNAL_H
#define MMKI_RESAMPLE_INTERNAL_H

/**
 * The resampler's plan and filter banks (resample_bank.c), played by resample.c.
 *
 * One prototype per class: a Kaiser-windowed sinc that stops at the lower Nyquist frequency. A bank
 * samples it in `rows` phases of one input frame. When all phases of a ratio are on that grid
 * (small rational ratios), a row is used as it is; between rows the taps are interpolated by a
 * cubic through the four rows around, which is what `guard` rows at both ends are for. Where speed
 * may rise, several banks of falling cut-off stand ready, a quarter octave apart.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/dsp.h>

/* Quarter octaves between speed 1 and 16, and both ends. */
#define MMKI_BANKS_MAX 18u

/* Speed is counted in 2^-24: fine enough for drift correction (0.06 ppm), and positions stay in 64
 * bits. */
#define MMKI_SPEED_BITS 24u

struct mmki_bank {
    double factor; /* how many times narrower than the input's Nyquist the pass band is, >= 1 */
    size_t n_taps; /* multiple of MMK_FIR_LANES */
    uint32_t rows; /* phases of one input frame */
    bool guard;    /* one row before and two behind, for interpolation */
    size_t offset; /* first coefficient, counted in coefficients */
};

struct mmki_resample_plan {
    bool copy;         /* equal rates, fixed speed: no filter at all */
    bool f64;          /* coefficients and sums in double */
    uint32_t up, down; /* out : in, reduced */
    unsigned n_banks;
    struct mmki_bank bank[MMKI_BANKS_MAX];
    size_t n_taps; /* of the longest bank */
    size_t n_coefs;
    size_t cap; /* history, frames */
};

/** Validate and plan. @retval MMK_ERR_INVAL, MMK_ERR_RANGE as mmk_resampler_bytes */
mmk_err mmki_resample_plan(const struct mmk_resampler_config *config,
                           struct mmki_resample_plan *plan);

/** Compute all coefficients of one bank into `coefs` (the whole store; float or double as
 * plan->f64). */
void mmki_resample_fill(const struct mmki_resample_plan *plan, mmk_quality quality, unsigned bank,
                        void *coefs, double *scratch);

#endif
