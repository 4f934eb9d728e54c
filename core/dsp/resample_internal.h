/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_RESAMPLE_INTERNAL_H
#define MMKI_RESAMPLE_INTERNAL_H

/**
 * The resampler's plan and filter banks (resample_bank.c), played by resample.c in one stage or
 * two:
 *
 *     ratio            first               last
 *     fixed, small     -                   lanes (resample_lanes.h)
 *     fixed, up by 3+  lanes, times 2      lanes, with a short filter: the images are far away
 *     fixed, any       lanes, times 2      frames, with a short filter between rows
 *     variable         -                   frames
 *
 * "Frames" makes one frame after the other (resample_frames.c). A bank samples the prototype, a
 * Kaiser-windowed sinc, in `rows` phases of one input frame. When all phases of a ratio are on that
 * grid, a row is used as it is; between rows the taps are interpolated by a cubic through the four
 * rows around, which is what `guard` rows at both ends are for. Where speed may rise, several banks
 * of falling cut-off stand ready, a quarter octave apart.
 */

#include "dsp/resample_lanes.h"

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
    struct mmki_prototype prototype;
};

struct mmki_frames_plan {
    bool copy;         /* equal rates, fixed speed: no filter at all */
    bool f64;          /* coefficients and sums in double; the history is float */
    uint32_t up, down; /* reduced */
    unsigned n_banks;
    struct mmki_bank bank[MMKI_BANKS_MAX];
    size_t n_taps; /* of the longest bank */
    size_t n_coefs;
    size_t cap; /* history, frames */
    double speed_max;
};

struct mmki_resample_plan {
    uint32_t up, down; /* out : in, reduced */
    bool doubles;      /* `first` is there */
    bool by_lanes;     /* the last stage is `lanes`, else `frames` */
    struct mmki_lanes_plan first, lanes;
    struct mmki_frames_plan frames;
};

/** Validate and plan. @retval MMK_ERR_INVAL, MMK_ERR_RANGE as mmk_resampler_bytes */
mmk_err mmki_resample_plan(const struct mmk_resampler_config *config,
                           struct mmki_resample_plan *plan);

/** Compute all coefficients of one bank into `coefs` (the whole store; float or double as
 * plan->f64). scratch: plan->n_taps doubles. */
void mmki_frames_fill(const struct mmki_frames_plan *plan, unsigned bank, void *coefs,
                      double *scratch);

/** An exact position in input frames: at + phase / den; a step is whole + part / den. */
struct mmki_clock {
    uint64_t at, phase;
    uint64_t den, whole, part;
};

/** n steps at once: n * part < 2^64. */
static inline void mmki_clock_advance(struct mmki_clock *clock, uint64_t n)
{
    const uint64_t sum = clock->phase + n * clock->part;
    clock->at += n * clock->whole + sum / clock->den;
    clock->phase = sum % clock->den;
}

/** The stage that makes one frame after the other. */
struct mmki_frames {
    struct mmki_frames_plan plan;
    const struct mmk_dsp *dsp;
    unsigned channels;
    struct mmki_clock clock;
    size_t head, filled; /* history: start of the longest bank's window, end of the valid frames */

    unsigned bank, bank_wanted, bank_old; /* while fade > 0, old gives way to bank */
    uint32_t fade;

    void *coefs;
    void *blended; /* taps between two rows; also scratch of the design */
    float *history;
};

size_t mmki_frames_coef_bytes(const struct mmki_frames_plan *plan);
size_t mmki_frames_history_bytes(const struct mmki_frames_plan *plan, unsigned channels);

void mmki_frames_reset(struct mmki_frames *f);
void mmki_frames_set_speed(struct mmki_frames *f, double speed);
size_t mmki_frames_need(const struct mmki_frames *f, size_t n);

/** Frames that can be appended, after dropping what no output needs any more. At least one while
 * no output is ready. */
size_t mmki_frames_room(struct mmki_frames *f);

/** Append n <= room frames, or silence where `in` is NULL. */
void mmki_frames_append(struct mmki_frames *f, const float *in, size_t n);

/** Make outputs until n are made or none is ready. @return made */
size_t mmki_frames_make(struct mmki_frames *f, float *dst, size_t n);

#endif
