/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

/*
 * Files that sox and ffmpeg wrote, decoded by the library and by the oracles written apart: sample
 * for sample the same. What sox (libsndfile's rules) and ffmpeg themselves decode differently is
 * counted and shown. Then our encoders beside theirs, block size for block size, all decoded by the
 * oracles.
 *
 * usage: codec_corpus FOLDER. Tools that are not there are said to be absent; without any of them
 * the last line is "SKIP".
 */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/acm.h>

#include "dsp/codec_oracle.h"

enum { RATE = 44100, FRAMES = 66150 };

static const char *folder;
static unsigned passed, failed, files;
static int16_t *source[3]; /* by channels */

struct bytes {
    uint8_t *p;
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void judge(int good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (good)
        passed++;
    else
        failed++;
    if (!good) {
        printf("FAIL ");
        vprintf(format, args);
        printf("\n");
    }
    va_end(args);
}

__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return system(command);
}

static struct bytes slurp(const char *name)
{
    char path[512];
    struct bytes b = {NULL, 0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return b;
    b.p = malloc(1 << 22);
    b.n = fread(b.p, 1, 1 << 22, f);
    fclose(f);
    return b;
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

/* Chunk of a WAV file; sizes beyond the end (streamed files) are cut. */
static struct bytes chunk(struct bytes file, const char *id)
{
    struct bytes none = {NULL, 0};
    for (size_t at = 12; at + 8 <= file.n;) {
        size_t n = get32(file.p + at + 4);
        n = n < file.n - at - 8 ? n : file.n - at - 8;
        if (memcmp(file.p + at, id, 4) == 0)
            return (struct bytes){file.p + at + 8, n};
        at += 8 + n + n % 2;
    }
    return none;
}

/* ------------------------------------------------------------------ source */

static void put(FILE *f, uint32_t v, int width)
{
    for (int i = 0; i < width; i++)
        fputc((int)(v >> 8 * i & 255), f);
}

/* Tones, noise, silence, a full-scale square wave, steps: what decoders stumble over. */
static int16_t sample_at(unsigned i, unsigned c)
{
    static uint32_t noise = 1;
    const double t = (double)i / RATE + 0.37 * c;
    const unsigned part = i * 6 / FRAMES;
    noise = noise * 1664525u + 1013904223u;
    const double n = (double)(noise >> 8) / (1 << 23) - 1;
    switch (part) {
    case 0:
    case 1:
        return (int16_t)lrint(9000 * sin(6.283185 * 440 * t) + 5000 * sin(6.283185 * 1234 * t) +
                              2500 * sin(6.283185 * 3111 * t) + 300 * n);
    case 2:
        return (int16_t)lrint(12000 * n);
    case 3:
        return (int16_t)(i % 3000 < 1500 ? 0 : lrint(3 * n));
    case 4:
        return (int16_t)(i / 25 % 2 ? 32767 : -32768);
    default:
        return (int16_t)lrint(20000 * sin(6.283185 * 200 * t * (1 + t)));
    }
}

static void make_source(unsigned channels)
{
    char path[512];
    const uint32_t n = FRAMES * channels * 2;
    snprintf(path, sizeof path, "%s/source%u.wav", folder, channels);
    FILE *f = fopen(path, "wb");
    source[channels] = malloc(n);
    if (f == NULL)
        exit(2);
    for (unsigned i = 0; i < FRAMES; i++)
        for (unsigned c = 0; c < channels; c++)
            source[channels][i * channels + c] = sample_at(i, c);
    fwrite("RIFF", 1, 4, f);
    put(f, 36 + n, 4);
    fwrite("WAVEfmt ", 1, 8, f);
    put(f, 16, 4);
    put(f, 1, 2);
    put(f, channels, 2);
    put(f, RATE, 4);
    put(f, RATE * channels * 2, 4);
    put(f, channels * 2, 2);
    put(f, 16, 2);
    fwrite("data", 1, 4, f);
    put(f, n, 4);
    for (unsigned i = 0; i < FRAMES * channels; i++)
        put(f, (uint16_t)source[channels][i], 2);
    fclose(f);
}

/* ------------------------------------------------------------------ decoding */

static void pcm_of(const uint8_t *fmt, uint8_t *pcm)
{
    const unsigned channels = get16(fmt + 2);
    memset(pcm, 0, 18);
    pcm[0] = 1;
    memcpy(pcm + 2, fmt + 2, 6);
    pcm[12] = (uint8_t)(2 * channels);
    pcm[14] = 16;
}

static struct bytes transcode(const void *src, size_t n_src, const void *dst, size_t n_dst,
                              const void *in, size_t n_in)
{
    const struct mmk_transcoder_config c = {
        .src = src, .src_bytes = n_src, .dst = dst, .dst_bytes = n_dst};
    struct mmk_transcoder *t;
    struct bytes out = {NULL, 0};
    size_t n, used;
    if (mmk_transcoder_bytes(&c, &n) != MMK_OK)
        return out;
    void *mem = aligned_alloc(64, (n + 63) / 64 * 64);
    if (mmk_transcoder_init(mem, n, &c, &t) == MMK_OK) {
        const size_t room = (size_t)mmk_transcoder_bound(t, n_in, true);
        out.p = malloc(room);
        mmk_transcoder_process(t, in, n_in, &used, out.p, room, &out.n, MMK_TRANSCODE_END);
    }
    free(mem);
    return out;
}

/* A file's frames by the oracle; a block that is cut holds the frames that are whole. */
static struct bytes by_oracle(struct bytes fmt, struct bytes data)
{
    const unsigned tag = get16(fmt.p), channels = get16(fmt.p + 2), block = get16(fmt.p + 12);
    int16_t coefs[256][2];
    unsigned n_coefs = 0;
    struct bytes out = {malloc(1 << 23), 0};
    if (tag == 2) {
        n_coefs = get16(fmt.p + 20);
        for (unsigned i = 0; i < n_coefs; i++)
            for (unsigned j = 0; j < 2; j++)
                coefs[i][j] = (int16_t)(uint16_t)get16(fmt.p + 22 + 4 * i + 2 * j);
    }
    for (size_t at = 0; at < data.n; at += block) {
        const size_t n = data.n - at < block ? data.n - at : block,
                     head = (tag == 2 ? 7 : 4) * channels;
        if (n < head)
            break;
        const size_t frames = tag == 2        ? 2 + (n - head) * 2 / channels
                              : channels == 1 ? 1 + (n - head) * 2
                                              : 1 + (n - head) / 8 * 8;
        int16_t *to = (int16_t *)(void *)(out.p + out.n);
        if (tag == 2)
            oracle_ms(data.p + at, channels, frames, (const int16_t(*)[2])coefs, n_coefs, to);
        else
            oracle_ima(data.p + at, channels, frames, to);
        out.n += frames * channels * 2;
    }
    return out;
}

static size_t differences(struct bytes a, struct bytes b, int *most)
{
    const size_t n = (a.n < b.n ? a.n : b.n) / 2;
    const int16_t *x = (const int16_t *)(const void *)a.p, *y = (const int16_t *)(const void *)b.p;
    size_t count = 0;
    *most = 0;
    for (size_t i = 0; i < n; i++) {
        const int d = abs(x[i] - y[i]);
        count += d != 0;
        *most = d > *most ? d : *most;
    }
    return count;
}

static void show_peer(const char *peer, const char *what, struct bytes is, const char *command)
{
    int most;
    if (shell("%s >/dev/null 2>&1", command) != 0)
        return;
    struct bytes theirs = slurp("theirs.raw");
    const size_t n = differences(is, theirs, &most);
    if (n != 0)
        printf("FIGURE %s: %s decodes %zu of %zu samples otherwise, by %d at most\n", what, peer, n,
               is.n / 2, most);
    free(theirs.p);
}

static double encode_snr(struct bytes fmt, unsigned channels)
{
    uint8_t pcm[18];
    pcm_of(fmt.p, pcm);
    struct bytes coded = transcode(pcm, 18, fmt.p, fmt.n, source[channels], FRAMES * channels * 2);
    struct bytes back = by_oracle(fmt, coded);
    /* the part with tones and noise */
    const double db =
        oracle_snr((int16_t *)(void *)back.p, source[channels], FRAMES / 2 * channels);
    free(coded.p);
    free(back.p);
    return db;
}

static void examine(const char *what, unsigned channels)
{
    char command[1024];
    uint8_t pcm[18];
    int most;
    struct bytes file = slurp("coded.wav"), fmt = chunk(file, "fmt "), data = chunk(file, "data");
    if (fmt.n < 16 || data.n == 0) {
        judge(0, "%s: no WAV file", what);
        free(file.p);
        return;
    }
    const unsigned tag = get16(fmt.p);
    files++;
    pcm_of(fmt.p, pcm);
    struct bytes is = transcode(fmt.p, fmt.n, pcm, 18, data.p, data.n);
    judge(is.n > 0, "%s: not decoded", what);
    if (is.n > 0 && (tag == 2 || tag == 0x11)) {
        struct bytes oracle = by_oracle(fmt, data);
        const size_t n = differences(is, oracle, &most);
        judge(n == 0 && is.n == oracle.n, "%s: %zu samples differ, %zu and %zu bytes", what, n,
              is.n, oracle.n);
        const double theirs =
            oracle_snr((int16_t *)(void *)oracle.p, source[channels], FRAMES / 2 * channels);
        const double ours = encode_snr(fmt, channels);
        printf("FIGURE %s: encoded to %.2f dB, ours %.2f dB\n", what, theirs, ours);
        /* the bar is libavcodec; sox searches whole blocks for the best beginning, and is shown */
        judge(ours >= theirs || strncmp(what, "sox", 3) == 0,
              "%s: our encoder reaches %.2f dB, theirs %.2f", what, ours, theirs);
        free(oracle.p);
    }
    snprintf(command, sizeof command, "sox %s/coded.wav -D -t raw -e signed -b 16 -L %s/theirs.raw",
             folder, folder);
    show_peer("sox", what, is, command);
    snprintf(command, sizeof command,
             "ffmpeg -nostdin -y -i %s/coded.wav -f s16le -c:a pcm_s16le %s/theirs.raw", folder,
             folder);
    show_peer("ffmpeg", what, is, command);
    free(is.p);
    free(file.p);
}

int main(int argc, char **argv)
{
    static const char *const sox_codecs[] = {"ima-adpcm", "ms-adpcm", "a-law", "mu-law",
                                             "gsm-full-rate"};
    static const char *const ff_codecs[] = {"adpcm_ima_wav", "adpcm_ms", "pcm_alaw", "pcm_mulaw",
                                            "libgsm_ms"};
    char what[128];
    folder = argc > 1 ? argv[1] : "codec_corpus.tmp";
    if (shell("mkdir -p %s", folder) != 0)
        return 2;
    const int has_sox = shell("sox --version >/dev/null 2>&1") == 0;
    const int has_ffmpeg = shell("ffmpeg -version >/dev/null 2>&1") == 0;
    printf("sox is %s, ffmpeg is %s\n", has_sox ? "here" : "absent",
           has_ffmpeg ? "here" : "absent");
    for (unsigned channels = 1; channels <= 2; channels++) {
        make_source(channels);
        for (unsigned k = 0; k < 5; k++) {
            const unsigned last = k < 2 ? 8192 : 32;
            if (k == 4 && channels == 2)
                continue;
            if (has_sox && shell("sox -D %s/source%u.wav -e %s %s %s/coded.wav 2>/dev/null", folder,
                                 channels, sox_codecs[k], k == 4 ? "-r 8000" : "", folder) == 0) {
                snprintf(what, sizeof what, "sox %s, %u ch", sox_codecs[k], channels);
                examine(what, channels);
            }
            for (unsigned block = 32; has_ffmpeg && block <= last; block *= 2) {
                snprintf(what, sizeof what, "ffmpeg %s, %u ch, block %u", ff_codecs[k], channels,
                         block);
                char option[64] = "";
                if (k < 2)
                    snprintf(option, sizeof option, "-block_size %u", block);
                if (shell("ffmpeg -nostdin -y -i %s/source%u.wav %s -c:a %s %s %s/coded.wav "
                          ">/dev/null 2>&1",
                          folder, channels, k == 4 ? "-ar 8000" : "", ff_codecs[k], option,
                          folder) == 0)
                    examine(what, channels);
            }
        }
    }
    printf("%u files\n", files);
    if (!has_sox && !has_ffmpeg)
        printf("SKIP codec_corpus: neither sox nor ffmpeg is here\n");
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
