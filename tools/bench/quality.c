/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The quality of a resampler from outside, in double: sines in, a least-squares sine out of what
 * comes back, and the rest is error. Shares no code with the kernels. */

#include "resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI        3.14159265358979323846
#define AMPLITUDE 0.9

enum { SLACK = 4096 };

/* n frames of a function of time through a new object, in pieces; channel 0 of what comes out. */
static size_t through(const struct job *job, const struct contender *k, const float *mono, size_t n,
                      size_t piece, float *to, size_t cap, double *held)
{
    void *self = k->open(job, k);
    float *in = bench_alloc(piece * job->channels * sizeof *in);
    const size_t room = piece * job->out_hz / job->in_hz + SLACK * 16;
    float *out = bench_alloc(room * job->channels * sizeof *out);
    float *const ins[2] = {in, in + piece}, *const outs[2] = {out, out + room};
    size_t made = 0;
    *held = 0;
    for (size_t at = 0; at < n; at += piece) {
        const size_t m = n - at < piece ? n - at : piece;
        for (size_t i = 0; i < m; i++)
            for (unsigned c = 0; c < job->channels; c++)
                in[k->planar ? c * piece + i : i * job->channels + c] = mono[at + i];
        const size_t got = k->process(self, ins, m, outs, room);
        for (size_t i = 0; i < got && made < cap; i++)
            to[made++] = out[k->planar ? i : i * job->channels];
        *held = fmax(*held, (double)(at + m) / job->in_hz - (double)made / job->out_hz);
    }
    k->close(self);
    free(in);
    free(out);
    return made;
}

/* Least squares of a cos + b sin + c at f (cycles a frame) over n frames; the rest's rms. */
static void fit(const float *x, size_t n, double f, double *amplitude, double *rest)
{
    double m[3][4] = {{0}};
    for (size_t i = 0; i < n; i++) {
        const double p = 2 * PI * fmod(f * (double)i, 1.0);
        const double v[3] = {cos(p), sin(p), 1.0};
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++)
                m[r][c] += v[r] * v[c];
            m[r][3] += v[r] * (double)x[i];
        }
    }
    for (int p = 0; p < 3; p++)
        for (int r = 0; r < 3; r++)
            if (r != p) {
                const double q = m[r][p] / m[p][p];
                for (int c = p; c < 4; c++)
                    m[r][c] -= q * m[p][c];
            }
    const double a = m[0][3] / m[0][0], b = m[1][3] / m[1][1], dc = m[2][3] / m[2][2];
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double p = 2 * PI * fmod(f * (double)i, 1.0);
        const double e = (double)x[i] - (a * cos(p) + b * sin(p) + dc);
        sum += e * e;
    }
    *amplitude = hypot(a, b);
    *rest = sqrt(sum / (double)n + dc * dc);
}

static double db(double ratio)
{
    return 20 * log10(ratio > 1e-15 ? ratio : 1e-15);
}

struct buffers {
    float *in, *out;
    size_t n_in, cap;
};

/* Gain of a tone and everything that is not the tone, relative to it, in dB. Beyond the output's
 * band all of it is alias. */
static void tone(const struct job *job, const struct contender *k, const struct buffers *b,
                 double f_hz, double *gain, double *rest_db)
{
    double held, amplitude, rest;
    for (size_t i = 0; i < b->n_in; i++)
        b->in[i] = (float)(AMPLITUDE * sin(2 * PI * fmod(f_hz / job->in_hz * (double)i, 1.0)));
    const size_t n = through(job, k, b->in, b->n_in, job->in_hz / 100, b->out, b->cap, &held);
    const size_t skip = n / 3, use = n - skip - n / 10;
    if (f_hz < 0.5 * job->out_hz) {
        fit(b->out + skip, use, f_hz / job->out_hz, &amplitude, &rest);
    } else {
        double sum = 0;
        for (size_t i = 0; i < use; i++)
            sum += (double)b->out[skip + i] * (double)b->out[skip + i];
        rest = sqrt(sum / (double)use);
        amplitude = 0;
    }
    *gain = amplitude / AMPLITUDE;
    *rest_db = db(rest * sqrt(2.0) / AMPLITUDE);
}

/* An impulse's peak says how late it comes out; what is held back is measured frame by frame. */
static double latency_ms(const struct job *job, const struct contender *k, const struct buffers *b)
{
    double held;
    size_t peak = 0;
    const size_t n_in = job->in_hz / 2, at = n_in / 4;
    memset(b->in, 0, n_in * sizeof *b->in);
    b->in[at] = 1.0f;
    const size_t n = through(job, k, b->in, n_in, 1, b->out, b->cap, &held);
    for (size_t i = 0; i < n; i++)
        if (fabsf(b->out[i]) > fabsf(b->out[peak]))
            peak = i;
    const double late = (double)peak / job->out_hz - (double)at / job->in_hz;
    return 1e3 * (held + late);
}

void bench_quality(const struct job *job, const struct contender *k, struct quality *q)
{
    const double low = job->in_hz < job->out_hz ? job->in_hz : job->out_hz;
    struct buffers b = {.n_in = job->in_hz, .cap = job->out_hz + SLACK};
    double gain, rest;
    b.in = bench_alloc(b.n_in * sizeof *b.in);
    b.out = bench_alloc(b.cap * sizeof *b.out);

    tone(job, k, &b, fmin(997.0, 0.2 * low), &gain, &rest);
    q->snr_db = db(gain) - rest;
    q->rejection_db = rest;
    tone(job, k, &b, 0.45 * low, &gain, &rest);
    q->snr_high_db = db(gain) - rest;
    q->rejection_db = fmax(q->rejection_db, rest);
    tone(job, k, &b, 0.465 * low, &gain, &rest);
    q->corner_db = db(gain);
    q->rejection_db = fmax(q->rejection_db, rest);
    const unsigned n_tones = bench_options.quick ? 2 : 8;
    for (unsigned i = 0; i < n_tones; i++) {
        tone(job, k, &b, low * (0.03 + 0.42 * (i + 0.37) / n_tones), &gain, &rest);
        q->rejection_db = fmax(q->rejection_db, rest);
        const double beyond = 0.5 * (job->in_hz - low);
        if (beyond > 0.02 * low) {
            tone(job, k, &b, 0.5 * low + beyond * (i + 0.13) / n_tones, &gain, &rest);
            q->rejection_db = fmax(q->rejection_db, rest);
        }
    }
    q->latency_ms = latency_ms(job, k, &b);
    free(b.in);
    free(b.out);
}
