/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Whether a recording holds one unbroken sine: tells a lost or doubled sample, a gap, a wrong
 * frequency. Shares no code with what is tested.
 *
 *   tone_check FILE HZ SECONDS    FILE: raw, 16 bits, stereo, 48,000 Hz
 *   tone_check --loose ...        it was heard for so long, with gaps
 *   tone_check --make FILE HZ SECONDS   with half a second of silence before and behind
 *   tone_check --self             damages tones in every way and must see it
 *
 * The sound is shifted to frequency 0 by a reference of HZ and averaged over windows of 10 ms: an
 * unbroken tone has the same phase in all of them (or one that runs evenly, if its frequency is
 * off). A lost sample at 997 Hz is a step of 0.13 radians.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE      48000
#define WINDOW    480
#define PHASE_MAX 0.02  /* radians from one window to the next, and from the whole's line */
#define LEVEL_MAX 0.01  /* relative */
#define HZ_MAX    0.005 /* of the tone, absolute */
#define DITHER    4     /* by which the sides may differ */
#define QUIET     64    /* below this nobody plays */
#define PI        3.14159265358979323846

struct verdict {
    double seconds; /* of sound, silence at both ends left away */
    double hz, level;
    double worst_phase, worst_level;
    double gap_s; /* windows that are quiet though sound follows */
    unsigned breaks;
    bool channels_differ;
};

struct window {
    double phase, level;
};

static size_t first_loud(const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (abs(pcm[2 * i]) > QUIET)
            return i;
    return n;
}

static size_t last_loud(const int16_t *pcm, size_t n)
{
    while (n > 0 && abs(pcm[2 * n - 2]) <= QUIET)
        n--;
    return n;
}

static struct window demodulate(const int16_t *pcm, size_t at, double hz)
{
    double re = 0, im = 0, weight = 0;
    for (size_t i = 0; i < WINDOW; i++) {
        /* a Hann window keeps the tone's own mirror image out of the mean */
        const double w = 0.5 - 0.5 * cos(2 * PI * ((double)i + 0.5) / WINDOW);
        const double angle = 2 * PI * fmod(hz * (double)(at + i) / RATE, 1.0);
        re += w * pcm[2 * (at + i)] * cos(angle);
        im -= w * pcm[2 * (at + i)] * sin(angle);
        weight += w;
    }
    return (struct window){.phase = atan2(im, re), .level = 2 * hypot(re, im) / weight};
}

static double wrapped(double phase)
{
    return phase - 2 * PI * floor(phase / (2 * PI) + 0.5);
}

/** The slope of the phase in the windows: how far the frequency is off. */
static double slope_of(const struct window *windows, size_t n)
{
    double sum = 0;
    for (size_t k = 1; k < n; k++)
        sum += wrapped(windows[k].phase - windows[k - 1].phase);
    return n > 1 ? sum / (double)(n - 1) : 0;
}

static double mean_level(const struct window *windows, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += windows[k].level;
    return n > 0 ? sum / (double)n : 0;
}

static struct verdict judge(const int16_t *pcm, size_t n_frames, double hz)
{
    struct verdict v = {0};
    const size_t begin = first_loud(pcm, n_frames);
    const size_t end = last_loud(pcm, n_frames);
    const size_t n = end > begin ? (end - begin) / WINDOW : 0;
    struct window *windows = calloc(n + 1, sizeof *windows);
    v.seconds = end > begin ? (double)(end - begin) / RATE : 0;
    for (size_t i = begin; i < end; i++)
        v.channels_differ = v.channels_differ || abs(pcm[2 * i] - pcm[2 * i + 1]) > DITHER;
    for (size_t k = 0; k < n && windows != NULL; k++)
        windows[k] = demodulate(pcm, begin + k * WINDOW, hz);
    if (n < 10 || windows == NULL) {
        free(windows);
        return v;
    }
    const double slope = slope_of(windows, n);
    v.level = mean_level(windows, n);
    v.hz = hz + slope / (2 * PI) * RATE / WINDOW;
    for (size_t k = 0; k < n; k++) {
        const double line = wrapped(windows[k].phase - windows[0].phase - slope * (double)k);
        const double step = k > 0 ? wrapped(windows[k].phase - windows[k - 1].phase - slope) : 0;
        const double level = fabs(windows[k].level - v.level) / v.level;
        v.worst_phase = fmax(v.worst_phase, fmax(fabs(line), fabs(step)));
        v.worst_level = fmax(v.worst_level, level);
        v.breaks += fabs(step) > PHASE_MAX || level > LEVEL_MAX;
        v.gap_s += windows[k].level < QUIET ? (double)WINDOW / RATE : 0;
    }
    free(windows);
    return v;
}

static bool holds(const struct verdict *v, double hz, double seconds, bool loose)
{
    if (v->seconds < seconds - 0.001)
        return false;
    if (loose)
        return v->gap_s < v->seconds / 4 && fabs(v->hz - hz) < 2;
    return v->seconds < seconds + 0.001 && !v->channels_differ && v->breaks == 0 &&
           v->worst_phase < PHASE_MAX && v->worst_level < LEVEL_MAX && fabs(v->hz - hz) < HZ_MAX;
}

/* ------------------------------------------------------------------ making, damaging */

static int16_t *make(double hz, size_t n_frames, size_t silence)
{
    int16_t *pcm = calloc(2 * (n_frames + 2 * silence), sizeof *pcm);
    for (size_t i = 0; i < n_frames && pcm != NULL; i++)
        for (size_t c = 0; c < 2; c++)
            pcm[2 * (silence + i) + c] =
                (int16_t)lrint(16000 * sin(2 * PI * fmod(hz * (double)i / RATE, 1.0)));
    return pcm;
}

static bool damaged_is_seen(unsigned how)
{
    const size_t n = 4 * RATE, silence = 1000, total = n + 2 * silence, at = 2 * (silence + n / 2);
    int16_t *pcm = make(how == 7 ? 997.02 : 997, n, silence);
    size_t left = total;
    if (pcm == NULL)
        return false;
    int16_t *to = pcm + at;
    switch (how) {
    case 1: /* one frame lost */
        memmove(to, to + 2, (2 * total - at - 2) * sizeof *pcm);
        left--;
        break;
    case 2: /* one frame doubled */
        memmove(to + 2, to, (2 * total - at - 2) * sizeof *pcm);
        break;
    case 3: /* 10 ms of silence instead of sound */
        memset(to, 0, (size_t)2 * 480 * sizeof *pcm);
        break;
    case 4: /* a period again */
        memcpy(to, to - (size_t)2 * 480, (size_t)2 * 480 * sizeof *pcm);
        break;
    case 5: /* a tenth of a second quieter by 2 % */
        for (size_t i = 0; i < 9600; i++)
            to[i] = (int16_t)(to[i] * 0.98);
        break;
    case 6: /* the end is missing */
        memset(to, 0, (2 * total - at) * sizeof *pcm);
        break;
    case 8: /* one sample of one side */
        to[11] = 0;
        break;
    default: /* 0: nothing; 7: another frequency */
        break;
    }
    const struct verdict v = judge(pcm, left, 997);
    free(pcm);
    return holds(&v, 997, 4, false) == (how == 0);
}

static int self(void)
{
    unsigned failed = 0;
    for (unsigned how = 0; how <= 8; how++) {
        if (damaged_is_seen(how))
            continue;
        printf("damage %u is judged wrongly\n", how);
        failed++;
    }
    printf("%u passed, %u failed\n", 9 - failed, failed);
    return failed == 0 ? 0 : 1;
}

static int make_file(const char *path, double hz, double seconds)
{
    const size_t n = (size_t)(seconds * RATE);
    int16_t *pcm = make(hz, n, RATE / 2);
    FILE *file = fopen(path, "wb");
    bool ok = pcm != NULL && file != NULL && fwrite(pcm, 4, n + RATE, file) == n + RATE;
    ok = file != NULL && fclose(file) == 0 && ok;
    free(pcm);
    return ok ? 0 : 1;
}

static int16_t *load(const char *path, size_t *n_frames)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long len = ftell(file);
    rewind(file);
    int16_t *pcm = len > 0 ? malloc((size_t)len + 4) : NULL;
    *n_frames = pcm != NULL ? fread(pcm, 4, (size_t)len / 4, file) : 0;
    fclose(file);
    return pcm;
}

int main(int argc, char **argv)
{
    bool loose = false;
    if (argc == 2 && strcmp(argv[1], "--self") == 0)
        return self();
    if (argc == 5 && strcmp(argv[1], "--make") == 0)
        return make_file(argv[2], atof(argv[3]), atof(argv[4]));
    if (argc > 1 && strcmp(argv[1], "--loose") == 0) {
        loose = true;
        argv++;
        argc--;
    }
    size_t n = 0;
    int16_t *pcm = argc == 4 ? load(argv[1], &n) : NULL;
    if (pcm == NULL) {
        fprintf(stderr, "usage: tone_check [--loose] FILE HZ SECONDS, or nothing in the file\n");
        return 2;
    }
    const struct verdict v = judge(pcm, n, atof(argv[2]));
    const bool ok = holds(&v, atof(argv[2]), atof(argv[3]), loose);
    printf("%s: %.3f s of sound, %.5f Hz, level %.1f; largest step of phase %.5f rad, of level "
           "%.5f; %u breaks, %.2f s of gaps\n",
           ok ? "one tone" : "not one tone", v.seconds, v.hz, v.level, v.worst_phase, v.worst_level,
           v.breaks, v.gap_s);
    free(pcm);
    return ok ? 0 : 1;
}
