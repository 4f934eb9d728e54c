/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Makes sound files and says whether one is in another, sample for sample. Independent of mmekit:
 * reads RIFF by itself.
 *
 * compare make OUT FORMAT CHANNELS RATE FRAMES      noise in every bit of FORMAT (s16 s24 s32 f32;
 * v24: the upper 24 of s32); .wav or raw compare play REF CAPTURED [NAME=VALUE...]         CAPTURED
 * is silence, all of REF, silence compare record REF CAPTURED [NAME=VALUE...]       CAPTURED is one
 * piece of "silence, REF, silence" A file is x.wav or FORMAT:CHANNELS:x.raw. bits=N      only the
 * upper N bits were to come through: REF is cut to them within=X    samples may differ by X of
 * 32768 (where a format on the way holds fewer bits than REF) loop=1      REF comes again and
 * again, the last time perhaps in part least=N     at least N frames of REF (default: play: all;
 * record: 1/4 s) gaps=N      up to N runs of silence inside are passed over: a program that feeds
 * late, or another driver scale=X     REF times X first One line "same: ..." and exit 0, or
 * "differs: ..." and exit 1.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sound {
    double *x; /* frames * channels, full scale 1 */
    long frames;
    int channels;
    char format[5];
};

static void die(const char *what, const char *name)
{
    printf("differs: %s %s\n", what, name);
    exit(1);
}

static unsigned char *slurp(const char *path, long *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("no file", path);
    fseek(f, 0, SEEK_END);
    *len = ftell(f);
    rewind(f);
    unsigned char *data = malloc((size_t)*len + 1);
    if (fread(data, 1, (size_t)*len, f) != (size_t)*len)
        die("cannot read", path);
    fclose(f);
    return data;
}

static unsigned long le(const unsigned char *p, int n)
{
    return n ? p[0] | le(p + 1, n - 1) << 8 : 0;
}

static int bytes_of(const char *format)
{
    return !strcmp(format, "u8") ? 1 : !strcmp(format, "s16") ? 2 : !strcmp(format, "s24") ? 3 : 4;
}

static double sample(const unsigned char *p, const char *format)
{
    float f;
    switch (bytes_of(format)) {
    case 1:
        return ((double)p[0] - 128) / 128;
    case 2:
        return (int16_t)le(p, 2) / 32768.0;
    case 3:
        return (int32_t)(le(p, 3) << 8) / 2147483648.0;
    default:
        if (format[0] == 's')
            return (int32_t)le(p, 4) / 2147483648.0;
        memcpy(&f, p, 4);
        return f;
    }
}

static void read_riff(const char *path, struct sound *s, const unsigned char **data, long *len)
{
    long n, at = 12;
    unsigned char *file = slurp(path, &n);
    if (n < 44 || memcmp(file + 8, "WAVE", 4) != 0)
        die("no WAV file:", path);
    for (; at + 8 <= n; at += 8 + (long)((le(file + at + 4, 4) + 1) & ~1ul)) {
        const unsigned char *c = file + at + 8;
        if (!memcmp(file + at, "fmt ", 4)) {
            unsigned long tag = le(c, 2), bits = le(c + 14, 2);
            if (tag == 0xFFFE)
                tag = le(c + 24, 2);
            s->channels = (int)le(c + 2, 2);
            snprintf(s->format, sizeof s->format, "%s",
                     tag == 3     ? "f32"
                     : bits == 8  ? "u8"
                     : bits == 16 ? "s16"
                     : bits == 24 ? "s24"
                                  : "s32");
            if ((tag != 3 && tag != 1) || (tag == 3 && bits != 32))
                die("neither PCM nor float:", path);
        } else if (!memcmp(file + at, "data", 4)) {
            *data = c;
            *len = (long)le(file + at + 4, 4);
            if (*len > n - at - 8)
                *len = n - at - 8; /* of a program that was killed, or an unending one */
            return;
        }
    }
    die("no data in", path);
}

static struct sound sound_read(char *name)
{
    struct sound s = {0};
    const unsigned char *data = NULL;
    long len = 0;
    char *colon = strchr(name, ':');
    if (colon && strchr(colon + 1, ':')) {
        snprintf(s.format, sizeof s.format, "%.*s", (int)(colon - name), name);
        s.channels = atoi(colon + 1);
        data = slurp(strchr(colon + 1, ':') + 1, &len);
    } else
        read_riff(name, &s, &data, &len);
    int bytes = bytes_of(s.format);
    s.frames = len / bytes / s.channels;
    s.x = malloc(sizeof *s.x * (size_t)(s.frames * s.channels + 1));
    for (long i = 0; i < s.frames * s.channels; i++)
        s.x[i] = sample(data + i * bytes, s.format);
    return s;
}

static void put(FILE *f, unsigned long v, int n)
{
    for (; n > 0; n--, v >>= 8)
        fputc((int)(v & 255), f);
}

static int make(char **a)
{
    int bytes = bytes_of(a[1]), channels = atoi(a[2]), rate = atoi(a[3]);
    long frames = atol(a[4]);
    uint64_t seed = 12345;
    FILE *f = fopen(a[0], "wb");
    if (!f)
        return 2;
    if (strstr(a[0], ".wav")) {
        unsigned long len = (unsigned long)(frames * channels * bytes);
        fputs("RIFF", f), put(f, len + 36, 4), fputs("WAVEfmt ", f), put(f, 16, 4),
            put(f, a[1][0] == 'f' ? 3 : 1, 2);
        put(f, (unsigned long)channels, 2), put(f, (unsigned long)rate, 4),
            put(f, (unsigned long)(rate * channels * bytes), 4);
        put(f, (unsigned long)(channels * bytes), 2), put(f, (unsigned long)bytes * 8, 2),
            fputs("data", f), put(f, len, 4);
    }
    for (long i = 0; i < frames * channels; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        float x = (float)((int32_t)(seed >> 40) - 8388608) / 8388608.0f / 2;
        uint32_t bits;
        memcpy(&bits, &x, 4);
        if (a[1][0] != 'f')
            bits = (uint32_t)(seed >> 32) >> (32 - 8 * bytes) & ~(a[1][0] == 'v' ? 255u : 0);
        put(f, bits, bytes);
    }
    return fclose(f) != 0;
}

struct how {
    double within, scale;
    int bits, loop, gaps, whole;
    long least;
};

static double at(const struct sound *s, long frame, int channel, int loop)
{
    if (loop && frame >= 0)
        frame %= s->frames;
    if (frame < 0 || frame >= s->frames)
        return 0;
    return s->x[frame * s->channels + (s->channels == 1 ? 0 : channel)];
}

static int frame_same(const struct sound *ref, long r, const struct sound *cap, long c,
                      const struct how *how)
{
    for (int k = 0; k < cap->channels; k++)
        if (fabs(at(ref, r, k, how->loop) - at(cap, c, k, 0)) > how->within)
            return 0;
    return 1;
}

static int silent(const struct sound *s, long frame, double within)
{
    for (int k = 0; k < s->channels; k++)
        if (fabs(s->x[frame * s->channels + k]) > within)
            return 0;
    return 1;
}

/* Where in REF the frames from `c` of CAPTURED on are: at least 32 in a row, or all there are.
 * @return -1: nowhere */
static long find(const struct sound *ref, long from, const struct sound *cap, long c,
                 const struct how *how)
{
    long want = cap->frames - c < 32 ? cap->frames - c : 32;
    for (long r = from; r < ref->frames; r++) {
        long n = 0;
        while (n < want && frame_same(ref, r + n, cap, c + n, how))
            n++;
        if (n == want)
            return r;
    }
    return -1;
}

static int judge(const struct sound *ref, const struct sound *cap, const struct how *how)
{
    long c = 0, r, n = 0, gaps = 0, gap_frames = 0, first;
    if (cap->channels < ref->channels)
        die("fewer channels in", "it");
    while (c < cap->frames && silent(cap, c, how->within))
        c++;
    if (c == cap->frames)
        return printf("differs: silence alone, %ld frames\n", c), 1;
    first = c;
    if ((r = find(ref, 0, cap, c, how)) < 0) {
        double worst = 0, energy = 0;
        for (long i = c; i < cap->frames && i < c + ref->frames; i++)
            for (int k = 0; k < cap->channels; k++) {
                double d = fabs(at(ref, i - c, k, 0) - at(cap, i, k, 0));
                worst = d > worst ? d : worst, energy += d * d;
            }
        return printf("differs: what begins at frame %ld of %ld is nowhere in it (aligned there: "
                      "worst %.3g, rms %.3g of 1)\n",
                      c, cap->frames, worst,
                      sqrt(energy / (double)((cap->frames - c) * cap->channels))),
               1;
    }
    long began = r;
    for (; c < cap->frames; c++) {
        if (frame_same(ref, r, cap, c, how)) {
            n += r < ref->frames || how->loop, r++;
            continue;
        }
        if (silent(cap, c, how->within) && gaps < how->gaps) {
            long from = c;
            while (c < cap->frames && silent(cap, c, how->within))
                c++;
            if (c < cap->frames && r < ref->frames && (r = find(ref, r, cap, c, how)) < 0)
                return printf("differs: after %ld frames and a gap of %ld it is lost\n", n,
                              c - from),
                       1;
            if (c < cap->frames)
                gaps++, gap_frames += c - from;
            c--;
            continue;
        }
        long still = c;
        while (still < cap->frames && silent(cap, still, how->within))
            still++;
        if (how->loop && still == cap->frames)
            break;
        return printf(
                   "differs: at frame %ld, after %ld of %ld equal ones (%ld silent ones there)\n",
                   c, n, ref->frames, still - c),
               1;
    }
    if (n < (how->least ? how->least : ref->frames) ||
        (how->whole && began > 0 && !silent(ref, began - 1, 0)))
        return printf("differs: frames %ld to %ld of %ld, %ld were to be there\n", began, began + n,
                      ref->frames, how->least ? how->least : ref->frames),
               1;
    printf("same: %ld frames %s x %d as %s x %d, after %ld of silence", n, ref->format,
           ref->channels, cap->format, cap->channels, first);
    if (gaps)
        printf(", with %ld gaps of %ld frames", gaps, gap_frames);
    puts("");
    return 0;
}

int main(int argc, char **argv)
{
    struct how how = {.scale = 1};
    if (argc == 7 && !strcmp(argv[1], "make"))
        return make(argv + 2);
    if (argc < 4)
        return puts("usage: see the source"), 2;
    struct sound ref = sound_read(argv[2]), cap = sound_read(argv[3]);
    how.whole = !strcmp(argv[1], "play");
    if (!how.whole)
        how.least = 12000;
    for (int i = 4; i < argc; i++) {
        double v = strchr(argv[i], '=') ? atof(strchr(argv[i], '=') + 1) : 0;
        if (!strncmp(argv[i], "bits=", 5))
            how.bits = (int)v;
        if (!strncmp(argv[i], "within=", 7))
            how.within = v / 32768;
        if (!strncmp(argv[i], "loop=", 5))
            how.loop = (int)v, how.whole = 0;
        if (!strncmp(argv[i], "least=", 6))
            how.least = (long)v;
        if (!strncmp(argv[i], "gaps=", 5))
            how.gaps = (int)v;
        if (!strncmp(argv[i], "scale=", 6))
            how.scale = v;
    }
    for (long i = 0; i < ref.frames * ref.channels; i++) {
        ref.x[i] *= how.scale;
        if (how.bits)
            ref.x[i] = ldexp(floor(ldexp(ref.x[i], how.bits - 1)), 1 - how.bits);
    }
    return judge(&ref, &cap, &how);
}
