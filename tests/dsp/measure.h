/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TESTS_DSP_MEASURE_H
#define MMK_TESTS_DSP_MEASURE_H

/**
 * Measuring a resampler from outside: sines in, least-squares sine fits in double on what comes
 * out. Shares nothing with the code under test but its public header.
 */

#include <mmk/dsp.h>

/** A resampler in memory of its own. Aborts the program when it cannot be built. */
struct mmk_resampler *measure_open(const struct mmk_resampler_config *config);
void measure_close(struct mmk_resampler *r);

/** All of `in` through a resampler, then drained. @return frames; *out is malloc'ed */
size_t measure_convert(const struct mmk_resampler_config *config, const float *in, size_t n_in,
                       float **out);

struct measure_fit {
    double gain;     /* output amplitude at the expected frequency / input amplitude */
    double residual; /* rms of everything else (DC included), relative to the input sine's rms */
    double worst;    /* largest single image or alias among those looked at, relative to input
                        amplitude */
};

/** A sine of f_hz, amplitude 0.9, through the configuration, fitted over the settled middle. */
struct measure_fit measure_tone(const struct mmk_resampler_config *config, double f_hz);

struct measure_quality {
    double snr_db;       /* 997 Hz, or 0.2 of the lower rate where that is not in the pass band */
    double rejection_db; /* worst over all tones: everything that is not the tone, as total power */
    double single_db;    /* worst single image or alias */
    double corner;       /* -0.1 dB point in units of the lower Nyquist frequency */
    double ripple_db;    /* largest deviation below 0.9 corner */
};

/**
 * Measure all of it.
 * @param corner  0: find it; else only see whether it holds (q->corner is then it, or 0)
 */
void measure_quality(const struct mmk_resampler_config *config, unsigned n_tones, double corner,
                     struct measure_quality *q);

double measure_db(double ratio);

#endif
