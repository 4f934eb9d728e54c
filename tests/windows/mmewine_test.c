/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include "mmewine_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned n_passed, n_failed;

/* Texts seen, by their hashes: a rule that is asked of two endpoints is one rule. A text that goes
 * on from the one before it ("... and") is none of its own. */
static uint64_t seen[4096];
static unsigned n_seen;

static void count_rule(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (strncmp(text, "...", 3) == 0)
        return;
    for (const char *at = text; *at != 0; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    for (unsigned i = 0; i < n_seen; i++)
        if (seen[i] == hash)
            return;
    if (n_seen < sizeof seen / sizeof *seen)
        seen[n_seen++] = hash;
}

bool is_ok(HRESULT hr, HRESULT wanted, const char *rule)
{
    const bool ok = hr == wanted;
    count_rule(rule);
    printf("%s %s: %08lx (%08lx)\n", ok ? "PASS" : "FAIL", rule, (unsigned long)hr,
           (unsigned long)wanted);
    fflush(stdout);
    *(ok ? &n_passed : &n_failed) += 1;
    return ok;
}

bool check(bool ok, const char *format, ...)
{
    va_list args;
    count_rule(format);
    va_start(args, format);
    printf(ok ? "PASS " : "FAIL ");
    vprintf(format, args);
    printf("\n");
    fflush(stdout);
    va_end(args);
    *(ok ? &n_passed : &n_failed) += 1;
    return ok;
}

void figure(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("FIGURE ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

int finish(const char *name)
{
    printf("FIGURE %u distinct rules\n", n_seen);
    printf("%u passed, %u failed\n%s: all done\n", n_passed, n_failed, name);
    fflush(stdout);
    return n_failed == 0 && n_passed > 0 ? 0 : 1;
}

/* ------------------------------------------------------------------ WAV files */

static bool read_all(const char *path, struct wav *wav)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    fseek(f, 0, SEEK_END);
    const long len = ftell(f);
    fseek(f, 0, SEEK_SET);
    wav->len = len > 0 ? (size_t)len : 0;
    wav->file = malloc(wav->len + 1);
    const bool ok = wav->file != NULL && fread(wav->file, 1, wav->len, f) == wav->len;
    fclose(f);
    return ok;
}

static uint32_t le32(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* EXTENSIBLE as the plain tag that its sub-format begins with. */
static void take_format(struct wav *wav, const unsigned char *chunk, uint32_t len)
{
    memcpy(&wav->format, chunk, 16);
    wav->format.cbSize = 0;
    if (wav->format.wFormatTag == WAVE_FORMAT_EXTENSIBLE && len >= 40)
        memcpy(&wav->format.wFormatTag, chunk + 24, 2);
}

bool wav_read(const char *path, struct wav *wav)
{
    memset(wav, 0, sizeof *wav);
    if (!read_all(path, wav) || wav->len < 12 || memcmp(wav->file, "RIFF", 4) != 0 ||
        memcmp(wav->file + 8, "WAVE", 4) != 0)
        return false;
    for (size_t at = 12; at + 8 <= wav->len;) {
        const unsigned char *chunk = wav->file + at;
        const uint32_t len = le32(chunk + 4);
        if (len > wav->len - at - 8)
            return false; /* says more than there is */
        if (memcmp(chunk, "fmt ", 4) == 0 && len >= 16)
            take_format(wav, chunk + 8, len);
        if (memcmp(chunk, "data", 4) == 0) {
            wav->data = chunk + 8;
            wav->data_bytes = len;
        }
        at += 8 + (size_t)len + (len & 1);
    }
    return wav->data != NULL && wav->format.nChannels > 0;
}

void wav_free(struct wav *wav)
{
    free(wav->file);
    memset(wav, 0, sizeof *wav);
}

void check_same(const char *path, const struct wav *expected, const void *data, size_t len,
                size_t silence)
{
    struct wav got;
    if (!check(wav_read(path, &got), "%s is a whole WAV file", path))
        return;
    const WAVEFORMATEX *a = &expected->format, *b = &got.format;
    check(a->nChannels == b->nChannels && a->nSamplesPerSec == b->nSamplesPerSec &&
              a->wBitsPerSample == b->wBitsPerSample && a->wFormatTag == b->wFormatTag,
          "its format is what was played: %u Hz, %u channels, %u bits, tag %u",
          (unsigned)b->nSamplesPerSec, b->nChannels, b->wBitsPerSample, b->wFormatTag);
    size_t same = 0;
    while (same < len && same < got.data_bytes &&
           got.data[same] == ((const unsigned char *)data)[same])
        same++;
    size_t tail = same;
    while (same == len && tail < got.data_bytes && got.data[tail] == 0)
        tail++;
    check(same == len && tail == got.data_bytes && tail - same <= silence,
          "its data are bit-identical to what was played: %u bytes of %u, equal up to %u",
          (unsigned)got.data_bytes, (unsigned)len, (unsigned)same);
    wav_free(&got);
}
