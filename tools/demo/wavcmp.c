/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * wavcmp: compare two WAV files by measurement, for the demonstration and the tests.
 *
 *   wavcmp same  A B                     the same format and the same samples, bit for bit
 *   wavcmp begin A B                     B begins with A's samples (a recording that ran longer)
 *   wavcmp snr   A B BAND MIN            B against A below BAND Hz: at least MIN dB
 *   wavcmp noise A B BAND LIMIT RATE...  B went through 16-bit devices at these rates: the error
 *                                        below BAND Hz is within LIMIT dB of the theory
 *
 * It shares no code with mmekit: its own WAV reader, its own Fourier transform, double precision.
 *
 * How snr is measured: error = B - A, sample by sample, with no alignment and no gain correction.
 * Both A and the error are cut into pieces of 16384 frames that overlap by three quarters, each
 * under a 4-term Blackman-Harris window (side lobes below -92 dB, so that what is above BAND does
 * not leak below it), transformed, and the power of all bins below BAND is summed:
 *
 *   SNR = 10 lg (sum |A|^2 / sum |B - A|^2)
 *
 * The first and last 1024 frames are left out: there the recording begins and ends, and what a
 * linear-phase filter rings beyond the ends is in no file.
 *
 * The theory of noise: rounding to a step of D = 2^-15 adds a uniform error of variance D^2/12,
 * triangular dither of +-1 step (the sum of two uniform ones) another 2 D^2/12, together D^2/4,
 * white from 0 to half the rate R at which it happened. Of it BAND / (R/2) lies below BAND, and
 * the stages' noises are independent, so they add:
 *
 *   N = D^2/4 * sum over stages of BAND / (R/2)
 */

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 16384
#define SKIP  1024
#define PI    3.14159265358979323846

struct wav {
    unsigned tag, channels, rate, bits;
    size_t n; /* samples of all channels */
    double *samples;
    unsigned char *data; /* in file */
    size_t n_bytes;
    unsigned char *file;
};

/* ------------------------------------------------------------------ reading */

static uint32_t le(const unsigned char *p, unsigned n)
{
    uint32_t value = 0;
    while (n--)
        value = value << 8 | p[n];
    return value;
}

static unsigned char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        rewind(file);
        bytes = end > 0 ? malloc((size_t)end) : NULL;
        *size = bytes ? fread(bytes, 1, (size_t)end, file) : 0;
    }
    if (file)
        fclose(file);
    return bytes;
}

static double sample_at(const struct wav *w, size_t i)
{
    const unsigned char *p = w->data + i * (w->bits / 8);
    if (w->tag == 3 && w->bits == 32) {
        float f;
        memcpy(&f, p, sizeof f);
        return (double)f;
    }
    if (w->tag == 3) {
        double d;
        memcpy(&d, p, sizeof d);
        return d;
    }
    if (w->bits == 8)
        return ((double)p[0] - 128) / 128;
    return (double)(int32_t)(le(p, w->bits / 8) << (32 - w->bits)) / 2147483648.0;
}

static bool parse(struct wav *w, unsigned char *file, size_t size)
{
    if (size < 12 || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
        return false;
    for (size_t at = 12; at + 8 <= size;) {
        size_t len = le(file + at + 4, 4);
        unsigned char *body = file + at + 8;
        if (len > size - at - 8)
            return false;
        if (memcmp(file + at, "fmt ", 4) == 0 && len >= 16) {
            w->tag = le(body, 2);
            w->channels = le(body + 2, 2);
            w->rate = le(body + 4, 4);
            w->bits = le(body + 14, 2);
            if (w->tag == 0xfffe && len >= 40)
                w->tag = le(body + 24, 2);
        } else if (memcmp(file + at, "data", 4) == 0) {
            w->data = body;
            w->n_bytes = len;
        }
        at += 8 + len + (len & 1);
    }
    return w->data && w->channels && w->rate && (w->tag == 1 || w->tag == 3) && w->bits >= 8 &&
           w->bits % 8 == 0 && w->bits <= (w->tag == 3 ? 64 : 32);
}

static bool load(struct wav *w, const char *path)
{
    size_t size = 0;
    memset(w, 0, sizeof *w);
    w->file = slurp(path, &size);
    if (!w->file || !parse(w, w->file, size)) {
        fprintf(stderr, "wavcmp: %s is no WAV of PCM or float samples\n", path);
        return false;
    }
    w->n = w->n_bytes / (w->bits / 8);
    w->samples = malloc((w->n + 1) * sizeof *w->samples);
    for (size_t i = 0; w->samples && i < w->n; i++)
        w->samples[i] = sample_at(w, i);
    return w->samples != NULL;
}

static void unload(struct wav *w)
{
    free(w->samples);
    free(w->file);
}

/* ------------------------------------------------------------------ spectra */

static void fft(double *re, double *im, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double t = re[i];
            re[i] = re[j];
            re[j] = t;
            t = im[i];
            im[i] = im[j];
            im[j] = t;
        }
    }
    for (size_t len = 2; len <= n; len <<= 1)
        for (size_t k = 0; k < len / 2; k++) {
            double c = cos(2 * PI * (double)k / (double)len);
            double s = -sin(2 * PI * (double)k / (double)len);
            for (size_t i = k; i < n; i += len) {
                size_t j = i + len / 2;
                double x = re[j] * c - im[j] * s, y = re[j] * s + im[j] * c;
                re[j] = re[i] - x;
                im[j] = im[i] - y;
                re[i] += x;
                im[i] += y;
            }
        }
}

static double window(size_t i)
{
    double x = 2 * PI * (double)i / PIECE;
    return 0.35875 - 0.48829 * cos(x) + 0.14128 * cos(2 * x) - 0.01168 * cos(3 * x);
}

/* Mean square of one channel of (b - a, or a alone) below `band`, pieces from SKIP to the end. */
static double power_below(const struct wav *a, const struct wav *b, unsigned channel, double band)
{
    static double re[PIECE], im[PIECE];
    size_t n = a->n < (b ? b->n : a->n) ? a->n : (b ? b->n : a->n), last = n / a->channels;
    double sum = 0, weight = 0;
    size_t bins = (size_t)(band * PIECE / a->rate), pieces = 0;
    for (size_t at = SKIP; at + SKIP < last; at += PIECE / 4, pieces++) {
        for (size_t i = 0; i < PIECE; i++) {
            size_t s = (at + i) * a->channels + channel;
            double v =
                at + i + SKIP < last ? (b ? b->samples[s] - a->samples[s] : a->samples[s]) : 0;
            re[i] = v * window(i);
            im[i] = 0;
        }
        fft(re, im, PIECE);
        for (size_t k = 1; k <= bins; k++)
            sum += 2 * (re[k] * re[k] + im[k] * im[k]);
        for (size_t i = 0; i < PIECE && at + i + SKIP < last; i++)
            weight += window(i) * window(i);
    }
    return pieces ? sum / PIECE / weight : 0;
}

/* ------------------------------------------------------------------ what is asked */

static bool same_format(const struct wav *a, const struct wav *b)
{
    if (a->tag == b->tag && a->channels == b->channels && a->rate == b->rate && a->bits == b->bits)
        return true;
    printf("formats differ: %u Hz, %u channels, %u bits against %u Hz, %u channels, %u bits\n",
           a->rate, a->channels, a->bits, b->rate, b->channels, b->bits);
    return false;
}

static int same(const struct wav *a, const struct wav *b, bool only_begin)
{
    if (!same_format(a, b))
        return 1;
    size_t frame = (size_t)a->channels * a->bits / 8;
    size_t n = a->n_bytes < b->n_bytes ? a->n_bytes : b->n_bytes, at = 0;
    while (at < n && a->data[at] == b->data[at])
        at++;
    if (at < n || (only_begin ? b->n_bytes < a->n_bytes : a->n_bytes != b->n_bytes)) {
        printf("samples differ from frame %zu on (%zu and %zu frames)\n", at / frame,
               a->n_bytes / frame, b->n_bytes / frame);
        return 1;
    }
    printf("%zu frames of %u Hz, %u bits, all samples identical\n", a->n_bytes / frame, a->rate,
           a->bits);
    return 0;
}

static bool comparable(const struct wav *a, const struct wav *b)
{
    size_t frames_a = a->n / a->channels, frames_b = b->n / b->channels;
    size_t apart = frames_a > frames_b ? frames_a - frames_b : frames_b - frames_a;
    if (a->rate == b->rate && a->channels == b->channels && apart <= 4 && frames_a > 4 * SKIP)
        return true;
    printf("not comparable: %zu frames of %u Hz, %u channels against %zu of %u Hz, %u channels\n",
           frames_a, a->rate, a->channels, frames_b, b->rate, b->channels);
    return false;
}

static void powers(const struct wav *a, const struct wav *b, double band, double *signal,
                   double *error)
{
    *signal = *error = 0;
    for (unsigned c = 0; c < a->channels; c++) {
        *signal += power_below(a, NULL, c, band) / a->channels;
        *error += power_below(a, b, c, band) / a->channels;
    }
}

static int snr(const struct wav *a, const struct wav *b, double band, double least)
{
    double signal, error;
    if (!comparable(a, b))
        return 1;
    powers(a, b, band, &signal, &error);
    double db = error > 0 ? 10 * log10(signal / error) : (double)INFINITY;
    printf("SNR %.1f dB from 0 to %.0f Hz (signal %.1f dBFS, error %.1f dBFS; wanted: more than "
           "%.0f dB)\n",
           db, band, 10 * log10(signal), 10 * log10(error), least);
    return db > least && signal > 0 ? 0 : 1;
}

static int noise(const struct wav *a, const struct wav *b, double band, double limit, int n_rates,
                 char **rates)
{
    double signal, error, theory = 0, step = ldexp(1, -15);
    if (!comparable(a, b))
        return 1;
    for (int i = 0; i < n_rates; i++)
        theory += step * step / 4 * band / (atof(rates[i]) / 2);
    powers(a, b, band, &signal, &error);
    double apart = 10 * log10(error / theory);
    printf("SNR %.2f dB from 0 to %.0f Hz, theory %.2f dB: %+.2f dB apart (wanted: within %.0f)\n",
           10 * log10(signal / error), band, 10 * log10(signal / theory), -apart, limit);
    return fabs(apart) <= limit ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct wav a = {0}, b = {0};
    int result = 2;
    if (argc < 4)
        fprintf(stderr, "usage: wavcmp same|begin|snr|noise A B [BAND MIN|LIMIT [RATE...]]\n");
    else if (!load(&a, argv[2]) || !load(&b, argv[3]))
        result = 1;
    else if (strcmp(argv[1], "same") == 0 || strcmp(argv[1], "begin") == 0)
        result = same(&a, &b, argv[1][0] == 'b');
    else if (strcmp(argv[1], "snr") == 0 && argc == 6)
        result = snr(&a, &b, atof(argv[4]), atof(argv[5]));
    else if (strcmp(argv[1], "noise") == 0 && argc > 6)
        result = noise(&a, &b, atof(argv[4]), atof(argv[5]), argc - 6, argv + 6);
    unload(&a);
    unload(&b);
    return result;
}
