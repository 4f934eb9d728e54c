/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * check_tone FILE RATE CHANNELS BITS FRAMES HZ PEAK_FROM PEAK_TO: whether a PCM WAV file has this
 * header, this length, and in the first channel a tone of HZ with nothing beside it (-80 dB) whose
 * amplitude is PEAK_FROM at the begin and PEAK_TO at the end. Reads the file by itself: none of
 * the library's code is in here.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN 6.283185307179586

static unsigned failed, passed;

static void expect(int good, const char *what, double got, double want)
{
    printf("%s %s: %.10g, expected %.10g\n", good ? "PASS" : "FAIL", what, got, want);
    *(good ? &passed : &failed) += 1;
}

static uint32_t le(const unsigned char *b, unsigned n)
{
    uint32_t value = 0;
    while (n > 0)
        value = value << 8 | b[--n];
    return value;
}

static const unsigned char *chunk(const unsigned char *file, size_t n, const char *name)
{
    size_t at = 12;
    while (at + 8 <= n && memcmp(file + at, name, 4) != 0)
        at += 8 + ((le(file + at + 4, 4) + 1) & ~UINT32_C(1));
    if (at + 8 <= n)
        return file + at;
    printf("FAIL no chunk %s\n0 passed, 1 failed\n", name);
    exit(1);
}

/* Amplitude of the tone, and of all else as a fraction of it, in a window of whole seconds' tenths.
 */
static double tone(const double *x, size_t n, double turns_a_frame, double *rest)
{
    double re = 0, im = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        re += x[i] * cos(TURN * turns_a_frame * (double)i);
        im += x[i] * sin(TURN * turns_a_frame * (double)i);
    }
    re *= 2.0 / (double)n;
    im *= 2.0 / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double at = TURN * turns_a_frame * (double)i;
        const double left = x[i] - re * cos(at) - im * sin(at);
        all += left * left;
    }
    const double amplitude = sqrt(re * re + im * im);
    *rest = sqrt(2 * all / (double)n) / (amplitude > 0 ? amplitude : 1);
    return amplitude;
}

int main(int argc, char **argv)
{
    static unsigned char file[16 << 20];
    if (argc != 9) {
        fprintf(stderr, "usage: check_tone FILE RATE CHANNELS BITS FRAMES HZ PEAK_FROM PEAK_TO\n");
        return 2;
    }
    const double want_rate = atof(argv[2]), hz = atof(argv[6]);
    const unsigned channels = (unsigned)atoi(argv[3]), bits = (unsigned)atoi(argv[4]);
    FILE *f = fopen(argv[1], "rb");
    const size_t n_file = f != NULL ? fread(file, 1, sizeof file, f) : 0;
    expect(n_file > 44 && memcmp(file, "RIFF", 4) == 0, "bytes in the file", (double)n_file, 44);
    const unsigned char *format = chunk(file, n_file, "fmt ") + 8;
    const unsigned char *data = chunk(file, n_file, "data");
    expect(le(format + 4, 4) == (uint32_t)want_rate, "rate", le(format + 4, 4), want_rate);
    expect(le(format + 2, 2) == channels, "channels", le(format + 2, 2), channels);
    expect(le(format + 14, 2) == bits, "bits", le(format + 14, 2), bits);
    const size_t frame = (size_t)channels * bits / 8;
    const size_t n = le(data + 4, 4) / frame;
    expect(n == (size_t)atol(argv[5]) && data + 8 + n * frame <= file + n_file, "frames", (double)n,
           atof(argv[5]));
    expect(le(file + 4, 4) + 8 == n_file, "length in the RIFF header", le(file + 4, 4) + 8.0,
           (double)n_file);
    double *x = calloc(n, sizeof *x);
    for (size_t i = 0; x != NULL && i < n; i++) {
        const uint32_t raw = le(data + 8 + i * frame, bits / 8) << (32 - bits);
        x[i] = (double)(int32_t)raw / 2147483648.0;
    }
    const size_t tenth = (size_t)want_rate / 10; /* whole periods of any tone of n * 10 Hz */
    double rest;
    double got = tone(x + tenth, tenth, hz / want_rate, &rest);
    expect(fabs(got - atof(argv[7])) < 0.001, "amplitude at the begin", got, atof(argv[7]));
    expect(rest < 1e-4, "all but the tone at the begin", rest, 1e-4);
    got = tone(x + n - 2 * tenth, tenth, hz / want_rate, &rest);
    expect(fabs(got - atof(argv[8])) < 0.001, "amplitude at the end", got, atof(argv[8]));
    expect(rest < 1e-4, "all but the tone at the end", rest, 1e-4);
    printf("%u passed, %u failed\n", passed, failed);
    free(x);
    return failed > 0;
}
