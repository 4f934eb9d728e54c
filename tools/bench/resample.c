/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "resample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ ours */

static void *open_ours(const struct job *job, const struct contender *k)
{
    const struct mmk_resampler_config config = {.in_rate_hz = job->in_hz,
                                                .out_rate_hz = job->out_hz,
                                                .channels = job->channels,
                                                .quality = (mmk_quality)k->variant,
                                                .dsp = k->by};
    struct mmk_resampler *r = NULL;
    size_t n = 0;
    if (mmk_resampler_bytes(&config, &n) != MMK_OK ||
        mmk_resampler_init(bench_alloc(n), n, &config, &r) != MMK_OK)
        exit(1);
    return r;
}

static size_t process_ours(void *self, float *const *in, size_t n_in, float *const *out, size_t cap)
{
    size_t used, made;
    mmk_resampler_process(self, in[0], n_in, &used, out[0], cap, &made);
    return made;
}

/* The object begins at the start of its memory. */
static unsigned ours(struct contender *to, unsigned max, mmk_quality quality)
{
    static const char *const classes[] = {"draft", "fast", "high", "ultra"};
    static char names[4][4][32];
    const struct mmk_dsp *kernels[4];
    unsigned n = bench_kernels(kernels, 4);
    n = n < max ? n : max;
    for (unsigned i = 0; i < n; i++) {
        snprintf(names[quality][i], sizeof names[quality][i], "mmekit %s, %s", classes[quality],
                 kernels[i]->name);
        to[i] = (struct contender){.name = names[quality][i],
                                   .variant = (int)quality,
                                   .by = kernels[i],
                                   .open = open_ours,
                                   .process = process_ours,
                                   .close = free};
    }
    return n;
}

/* ------------------------------------------------------------------ speed */

struct runner {
    const struct contender *contender;
    void *self;
    float *in[2], *out[2];
    struct job job;
    size_t cap;
    uint64_t block;
};

/* One block of 10 ms; rates that 100 does not divide have blocks of two lengths. */
static void run(void *arg)
{
    struct runner *r = arg;
    const uint64_t from = r->block * r->job.in_hz / 100, to = (r->block + 1) * r->job.in_hz / 100;
    r->block++;
    r->contender->process(r->self, r->in, (size_t)(to - from), r->out, r->cap);
}

static void start(struct runner *r, const struct job *job, const struct contender *k)
{
    uint32_t state = 1;
    const size_t block = job->in_hz / 100 + 1;
    *r = (struct runner){.contender = k, .job = *job, .cap = job->out_hz / 4};
    r->self = k->open(job, k);
    for (unsigned c = 0; c < 2; c++) {
        r->in[c] = bench_alloc(2 * block * sizeof(float));
        r->out[c] = bench_alloc(2 * r->cap * sizeof(float));
        for (size_t i = 0; i < 2 * block; i++)
            r->in[c][i] = 0.5f * bench_noise(&state);
    }
    for (unsigned i = 0; i < 60; i++)
        run(r); /* past what is held back at first */
}

static void stop(struct runner *r)
{
    r->contender->close(r->self);
    for (unsigned c = 0; c < 2; c++) {
        free(r->in[c]);
        free(r->out[c]);
    }
}

static void add_quality(struct bench_row *row, const struct job *job, const struct contender *k)
{
    struct quality q;
    bench_quality(job, k, &q);
    row->extra[0] = q.snr_db;
    row->extra[1] = q.snr_high_db;
    row->extra[2] = q.rejection_db;
    row->extra[3] = q.corner_db;
    row->extra[4] = q.latency_ms;
}

static void measure(const struct job *job, const struct contender *list, unsigned n)
{
    static struct runner runners[BENCH_ROWS_MAX];
    struct bench_table table = {.subject = "resample",
                                .unit = "frame",
                                .n_extra = 5,
                                .extra = {"SNR", "SNR .9", "reject.", ".93 dB", "ms"}};
    snprintf(table.title, sizeof table.title, "resample %u > %u, %u channels, 10 ms blocks",
             (unsigned)job->in_hz, (unsigned)job->out_hz, job->channels);
    if (!bench_wanted(&table))
        return;
    for (unsigned i = 0; i < n; i++) {
        struct bench_row *row = bench_add(&table, list[i].name);
        start(&runners[i], job, &list[i]);
        row->run = run;
        row->self = &runners[i];
        row->units = (double)job->out_hz / 100;
        add_quality(row, job, &list[i]);
        if (strstr(list[i].name, "soxr HQ") != NULL)
            table.bar = i; /* the last one: the fastest build there is */
    }
    bench_measure(&table);
    for (unsigned i = 0; i < n; i++)
        stop(&runners[i]);
}

void bench_resample(void)
{
    static const struct job jobs[] = {{44100, 48000, 2}, {48000, 44100, 2}, {8000, 48000, 2},
                                      {96000, 44100, 2}, {96000, 48000, 2}, {44100, 47999, 2},
                                      {44100, 48000, 1}};
    struct contender list[BENCH_ROWS_MAX];
    unsigned n = 0;
    for (unsigned q = 0; q <= MMK_QUALITY_ULTRA; q++)
        n += ours(list + n, BENCH_ROWS_MAX - n, (mmk_quality)q);
    n += bench_resample_peers(list + n, BENCH_ROWS_MAX - n);
    for (unsigned i = 0; i < sizeof jobs / sizeof *jobs; i++)
        measure(&jobs[i], list, n);
}
