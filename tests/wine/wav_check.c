/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Judges what mmewine_load played (tests/windows/mmewine_load.c), in the WAV files that were
 * captured. Shares no code with what is tested: a parser of its own, and libsndfile.
 *
 *   wav_check pattern FILE SECONDS HEAD TAIL   the sound repeats every 1009 frames: nothing was
 *                                              lost, doubled or late, but for so many seconds at
 *                                              the ends; it lasts for so many seconds between them
 *   wav_check numbers FILE LEAST               frame i holds mix(i), for at least LEAST frames;
 *                                              prints how many
 *   wav_check --self DIR                       makes files, damages them and must see it
 *
 * Both say first whether the file is a whole WAV: sizes that fit the file, libsndfile of one mind.
 */
#include <sndfile.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN 1009u
#define RATE    48000u

struct sound {
    unsigned char *file;
    size_t len;
    const unsigned char *data;
    uint64_t data_bytes, n_frames;
    uint32_t frame_bytes;
    uint16_t tag, channels, bits;
};

static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static uint32_t u16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | u16(p + 2) << 16;
}

static uint64_t u64(const unsigned char *p)
{
    return u32(p) | (uint64_t)u32(p + 4) << 32;
}

static bool bad(const char *path, const char *why)
{
    printf("%s: %s\n", path, why);
    return false;
}

static bool read_file(const char *path, struct sound *s)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return bad(path, "cannot be opened");
    fseek(f, 0, SEEK_END);
    s->len = (size_t)ftell(f);
    rewind(f);
    s->file = malloc(s->len + 1);
    const bool ok = s->file != NULL && fread(s->file, 1, s->len, f) == s->len;
    fclose(f);
    return ok || bad(path, "cannot be read");
}

/* What a size field of 32 bits says, or ds64 in its place. */
static uint64_t size_of(const struct sound *s, uint32_t size, unsigned ds64_at)
{
    const bool rf64 = memcmp(s->file, "RF64", 4) == 0;
    return rf64 && size == UINT32_MAX ? u64(s->file + 20 + ds64_at) : size;
}

static bool parse(const char *path, struct sound *s)
{
    if (s->len < 44 || memcmp(s->file + 8, "WAVE", 4) != 0 ||
        (memcmp(s->file, "RIFF", 4) != 0 && memcmp(s->file, "RF64", 4) != 0))
        return bad(path, "no RIFF or RF64 of WAVE");
    const uint64_t riff = size_of(s, u32(s->file + 4), 0);
    if (riff + 8 > s->len)
        return bad(path, "RIFF is larger than the file");
    for (uint64_t at = 12; at + 8 <= riff + 8;) {
        const unsigned char *chunk = s->file + at;
        const bool is_data = memcmp(chunk, "data", 4) == 0;
        const uint64_t size = is_data ? size_of(s, u32(chunk + 4), 8) : u32(chunk + 4);
        if (at + 8 + size > riff + 8)
            return bad(path, "a chunk is larger than RIFF");
        if (memcmp(chunk, "fmt ", 4) == 0 && size >= 16) {
            s->tag = (uint16_t)u16(chunk + 8);
            s->channels = (uint16_t)u16(chunk + 10);
            s->frame_bytes = u16(chunk + 20);
            s->bits = (uint16_t)u16(chunk + 22);
        }
        if (is_data) {
            s->data = chunk + 8;
            s->data_bytes = size;
        }
        at += 8 + size + (size & 1);
    }
    if (s->data == NULL || s->frame_bytes == 0)
        return bad(path, "has no format or no data");
    s->n_frames = s->data_bytes / s->frame_bytes;
    return s->data_bytes % s->frame_bytes == 0 || bad(path, "ends within a frame");
}

static bool open_sound(const char *path, struct sound *s)
{
    SF_INFO info = {0};
    memset(s, 0, sizeof *s);
    if (!read_file(path, s) || !parse(path, s))
        return false;
    SNDFILE *sf = sf_open(path, SFM_READ, &info);
    if (sf == NULL)
        return bad(path, "libsndfile refuses it");
    const bool same = (uint64_t)info.frames == s->n_frames && info.channels == s->channels;
    sf_close(sf);
    return same || bad(path, "libsndfile finds another length");
}

static bool is_pattern(const char *path, double seconds, double head, double tail)
{
    struct sound s;
    bool ok = open_sound(path, &s);
    if (ok) {
        const uint64_t first = (uint64_t)(head * RATE), rest = (uint64_t)(tail * RATE) + PATTERN;
        const size_t n = s.frame_bytes;
        if (seconds < 0 || s.n_frames < first + rest + (uint64_t)(seconds * RATE))
            ok = bad(path, "is too short");
        uint64_t n_bad = 0, first_bad = 0, n_zero = 0;
        for (uint64_t i = first; ok && i < s.n_frames - rest; i++) {
            bool zero = true;
            for (size_t b = 0; b < n && zero; b++)
                zero = s.data[i * n + b] == 0;
            n_zero += zero;
            if (memcmp(s.data + i * n, s.data + (i + PATTERN) * n, n) != 0 && n_bad++ == 0)
                first_bad = i;
        }
        if (n_bad > 0)
            printf("%s: %llu frames differ, the first at %.3f s of %.3f s\n", path,
                   (unsigned long long)n_bad, (double)first_bad / RATE, (double)s.n_frames / RATE);
        if (ok && n_zero > (s.n_frames - first - rest) / 100)
            ok = bad(path, "is silent in parts");
        ok = ok && n_bad == 0;
        printf("%.3f seconds\n", (double)s.n_frames / RATE);
    }
    free(s.file);
    return ok;
}

static bool is_numbers(const char *path, uint64_t least)
{
    struct sound s;
    bool ok = open_sound(path, &s);
    if (ok && s.frame_bytes != 4)
        ok = bad(path, "is of another format");
    for (uint64_t i = 0; ok && i < s.n_frames; i++) {
        if (u32(s.data + 4 * i) != mix((uint32_t)i)) {
            printf("frame %llu of %llu: ", (unsigned long long)i, (unsigned long long)s.n_frames);
            ok = bad(path, "is not what was played");
        }
    }
    if (ok && s.n_frames < least) {
        printf("%llu frames of %llu: ", (unsigned long long)s.n_frames, (unsigned long long)least);
        ok = bad(path, "lacks what was said to have been played");
    }
    if (ok)
        printf("%llu\n", (unsigned long long)s.n_frames);
    free(s.file);
    return ok;
}

/* ------------------------------------------------------------------ does it see what it shall? */

static bool make(const char *path, bool pattern, uint32_t n, long skip_at, uint32_t claim)
{
    static const unsigned char head[44] = "RIFF....WAVEfmt \x10\0\0\0\1\0\2\0\x80\xbb\0\0\0\xee\2\0"
                                          "\4\0\x10\0data";
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return false;
    unsigned char h[44];
    memcpy(h, head, sizeof h);
    for (unsigned i = 0; i < 4; i++) {
        h[4 + i] = (unsigned char)((36 + claim * 4) >> 8 * i);
        h[40 + i] = (unsigned char)((claim * 4) >> 8 * i);
    }
    fwrite(h, 1, sizeof h, f);
    for (uint32_t i = 0, at = 0; i < n; i++, at++) {
        if ((long)i == skip_at)
            at++;
        const uint32_t v = mix(pattern ? at % PATTERN : at);
        const unsigned char b[4] = {(unsigned char)v, (unsigned char)(v >> 8),
                                    (unsigned char)(v >> 16), (unsigned char)(v >> 24)};
        fwrite(b, 1, 4, f);
    }
    return fclose(f) == 0;
}

static int self(const char *folder)
{
    char path[4096];
    unsigned n_failed = 0;
    const uint32_t n = 2 * RATE;
    snprintf(path, sizeof path, "%s/wav_check_self.wav", folder);
    for (int pattern = 0; pattern < 2; pattern++) {
        for (int fault = 0; fault < 4; fault++) { /* none, a frame lost, too short, false header */
            const uint32_t made = fault == 2 ? n / 2 : n;
            if (!make(path, pattern, made, fault == 1 ? (long)n / 2 : -1,
                      fault == 3 ? made + 1 : made))
                return 2;
            const bool said = pattern ? is_pattern(path, 1, 0.1, 0.1) : is_numbers(path, n);
            n_failed += said != (fault == 0);
        }
    }
    remove(path);
    printf("%u failed\n", n_failed);
    return n_failed > 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "pattern") == 0)
        return !is_pattern(argv[2], atof(argv[3]), atof(argv[4]), atof(argv[5]));
    if (argc == 4 && strcmp(argv[1], "numbers") == 0)
        return !is_numbers(argv[2], strtoull(argv[3], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "--self") == 0)
        return self(argv[2]);
    fprintf(stderr, "usage: wav_check pattern FILE SECONDS HEAD TAIL | numbers FILE LEAST | "
                    "--self DIR\n");
    return 2;
}
