/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BENCH_H
#define MMK_BENCH_H

/**
 * mmk-bench: the kernels and the resampler beside what others make, in one run.
 *
 * A table holds contenders for one job. They run in turn, a few milliseconds each, round after
 * round, so that a machine that slows down slows all of them; a row's figure is the median of its
 * rounds, a ratio the median of the ratios of the rounds. Time is the thread's processor time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/dsp.h>

#define BENCH_ROWS_MAX   32u
#define BENCH_ROUNDS_MAX 101u
#define BENCH_EXTRA_MAX  5u

struct bench_row {
    char name[40];
    void (*run)(void *self);
    void *self;
    double units;                  /* frames or samples that one run makes */
    double extra[BENCH_EXTRA_MAX]; /* figures of the table's extra columns; NAN: none */
    double ns, ratio;              /* results: per unit; speed as a multiple of the bar's */
};

struct bench_table {
    const char *subject; /* "resample", ... */
    char title[80];
    const char *unit; /* "frame", "sample" */
    unsigned bar;     /* the row that ratios refer to */
    unsigned n_rows, n_extra;
    const char *extra[BENCH_EXTRA_MAX];
    struct bench_row rows[BENCH_ROWS_MAX];
};

struct bench_options {
    unsigned rounds;
    bool json, quick;
    const char *filter; /* only tables whose title holds this; NULL: all */
};

extern struct bench_options bench_options;

/** A new row, zeroed, without extra figures. Ends the program when there is no room. */
struct bench_row *bench_add(struct bench_table *table, const char *name);

/** Whether the filter wants it. */
bool bench_wanted(const struct bench_table *table);

/** Measure and print. */
void bench_measure(struct bench_table *table);

/** Tables of kernels that this CPU runs, the reference first. @return how many */
unsigned bench_kernels(const struct mmk_dsp **tables, unsigned max);

/** Seconds of this thread's processor time. */
double bench_now(void);

/** Memory of its own, aligned to 64; ends the program when there is none. */
void *bench_alloc(size_t n_bytes);

/** A reproducible sample in [-1, 1). */
float bench_noise(uint32_t *state);

/* The subjects. */
void bench_resample(void);
void bench_convert(void);
void bench_mix(void);
void bench_codec(void);

#endif
