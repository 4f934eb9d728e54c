/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI        3.14159265358979323846
#define AMPLITUDE 0.9

double measure_db(double ratio)
{
    return 20.0 * log10(ratio > 1e-15 ? ratio : 1e-15);
}

static void *get(size_t n)
{
    void *p = aligned_alloc(64, (n + 64) / 64 * 64);
    if (!p) {
        fprintf(stderr, "out of memory\n");
        abort();
    }
    return p;
}

struct mmk_resampler *measure_open(const struct mmk_resampler_config *config)
{
    struct mmk_resampler *r = NULL;
    size_t n = 0;
    if (mmk_resampler_bytes(config, &n) != MMK_OK) {
        fprintf(stderr, "bad configuration\n");
        abort();
    }
    void *mem = get(n);
    if (mmk_resampler_init(mem, n, config, &r) != MMK_OK) {
        fprintf(stderr, "cannot build\n");
        abort();
    }
    return r;
}

/* The object begins at the start of its memory. */
void measure_close(struct mmk_resampler *r)
{
    free(r);
}

size_t measure_convert(const struct mmk_resampler_config *config, const float *in, size_t n_in,
                       float **out)
{
    struct mmk_resampler *r = measure_open(config);
    double slowest = config->speed_max > 0 && config->speed_max < 1 ? config->speed_max : 1;
    double frames = (double)n_in * config->out_rate_hz / config->in_rate_hz / slowest;
    size_t cap = (size_t)frames + 16;
    size_t used = 0, made = 0, more = 0;
    *out = get(cap * config->channels * sizeof(float));
    mmk_resampler_process(r, in, n_in, &used, *out, cap, &made);
    if (used != n_in) {
        fprintf(stderr, "input left over\n");
        abort();
    }
    mmk_resampler_drain(r, *out + made * config->channels, cap - made, &more);
    measure_close(r);
    return made + more;
}

/* Solve the n x n system a x = b (n <= 4) by elimination with pivoting. */
static void solve(double a[4][5], unsigned n, double *x)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned p = i;
        for (unsigned k = i + 1; k < n; k++)
            if (fabs(a[k][i]) > fabs(a[p][i]))
                p = k;
        for (unsigned j = 0; j <= n; j++) {
            double t = a[i][j];
            a[i][j] = a[p][j];
            a[p][j] = t;
        }
        for (unsigned k = i + 1; k < n; k++) {
            double m = a[k][i] / a[i][i];
            for (unsigned j = i; j <= n; j++)
                a[k][j] -= m * a[i][j];
        }
    }
    for (unsigned i = n; i-- > 0;) {
        x[i] = a[i][n];
        for (unsigned j = i + 1; j < n; j++)
            x[i] -= a[i][j] * x[j];
        x[i] /= a[i][i];
    }
}

/* Fit c sin + s cos of w radians a sample to y and take it away. @return its amplitude */
static double take_sine(double *y, size_t n, double w)
{
    double a[4][5] = {{0}}, x[4];
    for (size_t i = 0; i < n; i++) {
        double s = sin(w * (double)i), c = cos(w * (double)i);
        a[0][0] += s * s;
        a[0][1] += s * c;
        a[1][1] += c * c;
        a[0][2] += s * y[i];
        a[1][2] += c * y[i];
    }
    a[1][0] = a[0][1];
    solve(a, 2, x);
    for (size_t i = 0; i < n; i++)
        y[i] -= x[0] * sin(w * (double)i) + x[1] * cos(w * (double)i);
    return hypot(x[0], x[1]);
}

static double rms(const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += y[i] * y[i];
    return sqrt(sum / (double)n);
}

/* Where a frequency appears at a rate. */
static double folded(double f, double rate)
{
    f = fmod(fabs(f), rate);
    return f > rate / 2 ? rate - f : f;
}

static double worst_image(double *y, size_t n, double f, double in_rate, double out_rate)
{
    double worst = 0;
    for (int k = 0; k <= 3; k++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double source = k * in_rate + sign * f, at = folded(source, out_rate);
            if ((k == 0 && sign < 0) || fabs(at - f) < out_rate / 200 || at < out_rate / 200 ||
                at > out_rate * 0.495)
                continue;
            double amplitude = take_sine(y, n, 2 * PI * at / out_rate) / AMPLITUDE;
            worst = amplitude > worst ? amplitude : worst;
        }
    return worst;
}

struct measure_fit measure_tone(const struct mmk_resampler_config *config, double f_hz)
{
    double in_rate = config->in_rate_hz, out_rate = config->out_rate_hz;
    double step = in_rate / out_rate;
    struct mmk_resampler *r = measure_open(config);
    size_t edge_in = 2 * mmk_resampler_lookahead(r);
    measure_close(r);
    size_t edge = (size_t)((double)edge_in / step) + 1;
    size_t middle = step > 20 ? 1500 : 6000;
    size_t n_in = (size_t)((double)(middle + 2 * edge) * step) + 1;

    float *in = get(n_in * config->channels * sizeof(float)), *out;
    for (size_t i = 0; i < n_in; i++)
        for (unsigned c = 0; c < config->channels; c++)
            in[i * config->channels + c] =
                (float)(AMPLITUDE * sin(2 * PI * fmod(f_hz * (double)i / in_rate, 1.0)));
    size_t n_out = measure_convert(config, in, n_in, &out);
    if (n_out < edge + middle)
        abort();
    double *y = get(middle * sizeof(double));
    for (size_t i = 0; i < middle; i++)
        y[i] = (double)out[(edge + i) * config->channels + (config->channels - 1)];

    struct measure_fit fit = {0};
    double sine_rms = AMPLITUDE / sqrt(2.0);
    if (f_hz < out_rate / 2)
        fit.gain = take_sine(y, middle, 2 * PI * f_hz / out_rate) / AMPLITUDE;
    fit.residual = rms(y, middle) / sine_rms;
    fit.worst = worst_image(y, middle, f_hz, in_rate, out_rate);
    free(in);
    free(out);
    free(y);
    return fit;
}

static double find_corner(const struct mmk_resampler_config *config, double low)
{
    double pass = 0.3, stop = 1.0;
    for (int i = 0; i < 14; i++) {
        double mid = 0.5 * (pass + stop);
        if (measure_db(measure_tone(config, mid * low).gain) > -0.1)
            pass = mid;
        else
            stop = mid;
    }
    return pass;
}

void measure_quality(const struct mmk_resampler_config *config, unsigned n_tones, double corner,
                     struct measure_quality *q)
{
    double in_nyquist = config->in_rate_hz / 2.0, out_nyquist = config->out_rate_hz / 2.0;
    double low = in_nyquist < out_nyquist ? in_nyquist : out_nyquist;
    double f = 997.0 < 0.5 * low ? 997.0 : 0.4 * low;
    *q = (struct measure_quality){.snr_db = -measure_db(measure_tone(config, f).residual),
                                  .rejection_db = -999,
                                  .single_db = -999};
    if (corner == 0)
        q->corner = find_corner(config, low);
    else if (measure_db(measure_tone(config, corner * low).gain) > -0.1)
        q->corner = corner;

    /* tones over all of the input's band, more of them around the lower Nyquist frequency */
    for (unsigned i = 0; i < n_tones; i++) {
        double u = (i + 0.37) / n_tones;
        double tone = i % 2 ? u * in_nyquist : low * (0.85 + 0.45 * u);
        if (tone >= in_nyquist * 0.9999)
            tone = 0.98 * in_nyquist * u;
        if (fabs(tone - low) < low * 1e-3)
            continue;
        struct measure_fit fit = measure_tone(config, tone);
        q->rejection_db = fmax(q->rejection_db, measure_db(fit.residual));
        q->single_db = fmax(q->single_db, measure_db(fit.worst));
        if (tone < 0.9 * q->corner * low)
            q->ripple_db = fmax(q->ripple_db, fabs(measure_db(fit.gain)));
    }
}
