/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mmk/port.h>

struct bench_options bench_options = {.rounds = 15};

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void *bench_alloc(size_t n_bytes)
{
    void *p = aligned_alloc(64, (n_bytes + 63) / 64 * 64 + 64);
    if (p == NULL) {
        fprintf(stderr, "mmk-bench: out of memory\n");
        exit(1);
    }
    memset(p, 0, n_bytes);
    return p;
}

float bench_noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 8) * 0x1p-23f - 1.0f;
}

static uint32_t cpu_features(void)
{
    uint32_t has = 0;
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        has |= MMK_CPU_AVX2_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        has |= MMK_CPU_AVX512;
#elif defined(__ARM_NEON)
    has |= MMK_CPU_NEON;
#endif
    return has;
}

unsigned bench_kernels(const struct mmk_dsp **tables, unsigned max)
{
    static const uint32_t kinds[] = {MMK_CPU_AVX2_FMA, MMK_CPU_AVX512, MMK_CPU_NEON};
    const uint32_t has = cpu_features();
    unsigned n = 0;
    tables[n++] = &mmk_dsp_c;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds && n < max; i++) {
        const struct mmk_dsp *t = mmk_dsp_select(kinds[i]);
        if ((has & kinds[i]) && t != &mmk_dsp_c)
            tables[n++] = t;
    }
    return n;
}

struct bench_row *bench_add(struct bench_table *table, const char *name)
{
    if (table->n_rows == BENCH_ROWS_MAX) {
        fprintf(stderr, "mmk-bench: too many rows\n");
        exit(1);
    }
    struct bench_row *row = &table->rows[table->n_rows++];
    *row = (struct bench_row){.units = 1.0};
    snprintf(row->name, sizeof row->name, "%s", name);
    for (unsigned i = 0; i < BENCH_EXTRA_MAX; i++)
        row->extra[i] = (double)NAN;
    return row;
}

bool bench_wanted(const struct bench_table *table)
{
    return bench_options.filter == NULL || strstr(table->title, bench_options.filter) != NULL;
}

/* ------------------------------------------------------------------ measuring */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, unsigned n)
{
    qsort(v, n, sizeof *v, compare);
    return n % 2 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

static double time_of(const struct bench_row *row, unsigned times)
{
    const double start = bench_now();
    for (unsigned i = 0; i < times; i++)
        row->run(row->self);
    return bench_now() - start;
}

/* How many runs take a slice of a round. */
static unsigned calibrate(const struct bench_row *row)
{
    const double slice = bench_options.quick ? 0.5e-3 : 3e-3;
    unsigned times = 1;
    time_of(row, 1);
    for (;;) {
        const double t = time_of(row, times);
        if (t >= slice || times > 1u << 24)
            return times;
        times = t > slice / 16 ? (unsigned)(times * slice / t) + 1 : times * 8;
    }
}

static void run_rounds(struct bench_table *table)
{
    static double ns[BENCH_ROWS_MAX][BENCH_ROUNDS_MAX];
    double v[BENCH_ROUNDS_MAX];
    unsigned times[BENCH_ROWS_MAX];
    for (unsigned i = 0; i < table->n_rows; i++)
        times[i] = calibrate(&table->rows[i]);
    for (unsigned round = 0; round < bench_options.rounds; round++)
        for (unsigned i = 0; i < table->n_rows; i++)
            ns[i][round] =
                1e9 * time_of(&table->rows[i], times[i]) / (times[i] * table->rows[i].units);
    for (unsigned i = 0; i < table->n_rows; i++) {
        struct bench_row *row = &table->rows[i];
        for (unsigned round = 0; round < bench_options.rounds; round++)
            v[round] = ns[table->bar][round] / ns[i][round];
        row->ratio = median(v, bench_options.rounds);
        memcpy(v, ns[i], sizeof v);
        row->ns = median(v, bench_options.rounds);
    }
}

/* ------------------------------------------------------------------ printing */

static void print_json_number(const char *name, double value)
{
    if (isfinite(value))
        printf(", \"%s\": %.6g", name, value);
    else
        printf(", \"%s\": null", name);
}

static void print_json(const struct bench_table *t)
{
    static bool again;
    for (unsigned i = 0; i < t->n_rows; i++) {
        const struct bench_row *row = &t->rows[i];
        printf("%s{\"subject\": \"%s\", \"table\": \"%s\", \"name\": \"%s\", \"bar\": %s",
               again ? ",\n " : "[", t->subject, t->title, row->name,
               i == t->bar ? "true" : "false");
        print_json_number("ns", row->ns);
        print_json_number("ratio", row->ratio);
        for (unsigned k = 0; k < t->n_extra; k++)
            print_json_number(t->extra[k], row->extra[k]);
        printf(", \"per\": \"%s\"}", t->unit);
        again = true;
    }
}

static void print_text(const struct bench_table *t)
{
    printf("\n%s\n  %-38s %9s %10s %8s", t->title, "", "ns", "M/s", "x bar");
    for (unsigned k = 0; k < t->n_extra; k++)
        printf(" %9s", t->extra[k]);
    printf("\n");
    for (unsigned i = 0; i < t->n_rows; i++) {
        const struct bench_row *row = &t->rows[i];
        printf("%s %-38s %9.3f %10.1f %8.2f", i == t->bar ? "*" : " ", row->name, row->ns,
               1e3 / row->ns, row->ratio);
        for (unsigned k = 0; k < t->n_extra; k++)
            if (isfinite(row->extra[k]))
                printf(" %9.2f", row->extra[k]);
            else
                printf(" %9s", "-");
        printf("\n");
    }
}

void bench_measure(struct bench_table *table)
{
    run_rounds(table);
    if (bench_options.json)
        print_json(table);
    else
        print_text(table);
    fflush(stdout);
}

/* ------------------------------------------------------------------ program */

static const struct {
    const char *name;
    void (*run)(void);
} subjects[] = {{"resample", bench_resample},
                {"convert", bench_convert},
                {"mix", bench_mix},
                {"codec", bench_codec}};

enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

static int usage(void)
{
    fprintf(stderr, "usage: mmk-bench [resample|convert|mix|codec|all] [--json] [--quick] "
                    "[--rounds N] [--only TEXT]\n"
                    "  --only TEXT  tables whose title holds TEXT\n"
                    "  MMK_BENCH_SOXR=/path/libsoxr.so  one more soxr beside the system's\n"
                    "Rows marked * are the bar of their table.\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *subject = "all";
    bool found = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json"))
            bench_options.json = true;
        else if (!strcmp(argv[i], "--quick"))
            bench_options.quick = true;
        else if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
            bench_options.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--only") && i + 1 < argc)
            bench_options.filter = argv[++i];
        else if (argv[i][0] != '-')
            subject = argv[i];
        else
            return usage();
    }
    if (bench_options.quick)
        bench_options.rounds = 3;
    if (bench_options.rounds < 1 || bench_options.rounds > BENCH_ROUNDS_MAX)
        return usage();
    if (!bench_options.json) {
        const struct mmk_dsp *kernels[4];
        const unsigned n = bench_kernels(kernels, 4);
        printf("kernels of this CPU:");
        for (unsigned i = 0; i < n; i++)
            printf(" %s", kernels[i]->name);
        printf("; medians of %u rounds\nnot there when this was built: %s\n", bench_options.rounds,
               BENCH_ABSENT[0] ? BENCH_ABSENT : "nothing");
    }
    for (unsigned i = 0; i < N_SUBJECTS; i++)
        if (!strcmp(subject, "all") || !strcmp(subject, subjects[i].name)) {
            found = true;
            subjects[i].run();
        }
    if (!found)
        return usage();
    printf(bench_options.json ? "]\n" : "\n");
    return 0;
}
