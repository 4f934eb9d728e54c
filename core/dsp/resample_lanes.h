/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_RESAMPLE_LANES_H
#define MMKI_RESAMPLE_LANES_H

/**
 * A stage of the resampler at a fixed rational ratio: MMK_FIR_LANES outputs at a time.
 *
 * The outputs of a period (`period_out` of them stand over `period_in` input frames, then the
 * phases come again) are cut into groups of MMK_FIR_LANES. A group has one window of `span` input
 * frames; its taps lie [input frame][lane], with zeros outside of a lane's own `n_taps`. So a
 * group is one call of mmk_dsp.fir_lanes, and the same group of several periods, in all channels,
 * shares it. An output depends on nothing but its own window, however many are made together.
 *
 * Stages work in float or, for class ultra, in double throughout; the history is planar.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mmk/dsp.h>

/** A Kaiser-windowed sinc, in input frames. */
struct mmki_prototype {
    double cutoff; /* in units of the input's Nyquist frequency */
    double half;   /* nothing farther than this from the middle */
    double beta;   /* shape of the window */
};

struct mmki_lanes_plan {
    bool f64;
    uint32_t up, down; /* reduced */
    uint32_t period_out, period_in;
    uint32_t n_groups;
    size_t n_taps, span; /* input frames under an output, and under a group */
    size_t n_coefs;
    size_t lead; /* silent frames before the first */
    size_t cap;  /* history, frames */
    struct mmki_prototype prototype;
};

struct mmki_lanes {
    struct mmki_lanes_plan plan;
    unsigned channels;
    void *coefs, *history;
    int64_t base;  /* where in the history the period's first output has its window */
    uint32_t next; /* output of the period that comes next */
    size_t filled; /* valid frames of the history */
};

/** The row of one phase (of an input frame): the prototype seen from there, scaled so that a
 * constant passes unchanged: no ripple of the phases at 0 Hz. n_taps is even. */
void mmki_prototype_row(const struct mmki_prototype *prototype, double phase, double *row,
                        size_t n_taps);

/** The smallest even number of taps that reaches `half` to both sides of any phase. */
size_t mmki_lanes_taps(double half);

/** Plan a stage. @retval false  its bank would be larger than max_bytes */
bool mmki_lanes_plan(struct mmki_lanes_plan *plan, uint32_t up, uint32_t down, bool f64,
                     const struct mmki_prototype *prototype, size_t max_bytes);

size_t mmki_lanes_coef_bytes(const struct mmki_lanes_plan *plan);
size_t mmki_lanes_history_bytes(const struct mmki_lanes_plan *plan, unsigned channels);

/** Compute the bank. scratch: n_taps doubles. */
void mmki_lanes_fill(const struct mmki_lanes_plan *plan, void *coefs, double *scratch);

/** Back to the start: the first output stands at the first input frame behind `plan.lead`. */
void mmki_lanes_reset(struct mmki_lanes *s);

/** Outputs that can be made now. */
size_t mmki_lanes_ready(const struct mmki_lanes *s);

/** Input frames that the next n outputs still wait for. */
size_t mmki_lanes_need(const struct mmki_lanes *s, size_t n);

/** Frames that can be appended, after dropping what no output needs any more. At least one while
 * no output is ready. */
size_t mmki_lanes_room(struct mmki_lanes *s);

/** Append n <= room frames, or silence where `in` is NULL. */
void mmki_lanes_append(struct mmki_lanes *s, const float *in, size_t n);

/** Where channel 0's next appended sample goes, and how many samples on the next channel's. */
void *mmki_lanes_end(const struct mmki_lanes *s);
size_t mmki_lanes_stride(const struct mmki_lanes *s);

/** Make n <= ready outputs, interleaved. */
void mmki_lanes_make(struct mmki_lanes *s, const struct mmk_dsp *dsp, float *dst, size_t n);

/** The same behind the frames of a planar history (float or double as the stage). Channel c's
 * first sample goes to dst + c * stride. */
void mmki_lanes_make_planar(struct mmki_lanes *s, const struct mmk_dsp *dsp, void *dst,
                            size_t stride, size_t n);

/** v, or 0 where it is no number or beyond +-2^64: a zero of a window would not silence it. Put as
 * integers, which is three vector instructions. */
static inline float mmki_number(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= -(uint32_t)((int32_t)(bits & 0x7FFFFFFFu) <= 0x5F800000);
    memcpy(&v, &bits, sizeof v);
    return v;
}

#endif
