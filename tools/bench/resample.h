/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BENCH_RESAMPLE_H
#define MMK_BENCH_RESAMPLE_H

/** What every resampler looks like to the bench. */

#include "bench.h"

struct job {
    uint32_t in_hz, out_hz;
    unsigned channels; /* 1 or 2 */
};

struct contender {
    const char *name;
    int variant;    /* what `open` wants to know: a quality, a class */
    const void *by; /* likewise: a table of kernels, a library */
    void *(*open)(const struct job *job, const struct contender *contender); /* NULL: cannot */
    /** Take all n_in frames, give what there is, at most cap. Channel c of in is in[c], one after
     *  the other where `planar`, else in[0] holds all of them interleaved; out likewise. */
    size_t (*process)(void *self, float *const *in, size_t n_in, float *const *out, size_t cap);
    void (*close)(void *self);
    bool planar;
};

struct quality {
    double snr_db, snr_high_db; /* a sine at 997 Hz (at most 0.2 of the lower rate), at 0.9 of the
                                   lower Nyquist frequency: against everything else there is */
    double rejection_db; /* the worst of all tones, those beyond the output's band included */
    double corner_db;    /* gain at 0.93 of the lower Nyquist frequency */
    double latency_ms;   /* input that is held back at the worst moment, and built-in delay */
};

/** Peers that were there when this was built. @return how many were written */
unsigned bench_resample_peers(struct contender *to, unsigned max);

void bench_quality(const struct job *job, const struct contender *contender, struct quality *q);

#endif
