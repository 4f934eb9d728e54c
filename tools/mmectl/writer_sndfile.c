/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "writer_kind.h"

#define PIECE_SAMPLES 4096

struct kind {
    const char *ending;
    int format;
    bool lossy;       /* takes floats and stores them its own way */
    unsigned samples; /* 1 << mmk_sample of those it can store */
};

#define CAN(sample) (1u << MMK_SAMPLE_##sample)
#define ALL_PCM     (CAN(S16) | CAN(S24) | CAN(S32))
#define ALL         (ALL_PCM | CAN(F32) | CAN(F64) | CAN(ALAW) | CAN(ULAW))
#define ANY         (ALL | CAN(U8))

static const struct kind kinds[] = {
    {"flac", SF_FORMAT_FLAC, false, CAN(S16) | CAN(S24)},
    {"ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, true, CAN(F32)},
    {"oga", SF_FORMAT_OGG | SF_FORMAT_VORBIS, true, CAN(F32)},
    {"aiff", SF_FORMAT_AIFF, false, ALL},
    {"aif", SF_FORMAT_AIFF, false, ALL},
    {"au", SF_FORMAT_AU, false, ALL},
    {"caf", SF_FORMAT_CAF, false, ALL},
    {"w64", SF_FORMAT_W64, false, ANY},
    {"rf64", SF_FORMAT_RF64, false, ANY},
};

struct kind_writer {
    SNDFILE *file;
    struct mmk_format format;
    char name[256];
};

static const struct kind *kind_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    char ending[8] = "";
    for (size_t i = 0; dot && i < sizeof ending - 1 && dot[1 + i]; i++)
        ending[i] = (char)tolower((unsigned char)dot[1 + i]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].ending, ending) == 0)
            return &kinds[i];
    return NULL;
}

static int subformat(mmk_sample sample)
{
    static const int table[MMK_SAMPLE_COUNT] = {
        [MMK_SAMPLE_U8] = SF_FORMAT_PCM_U8,  [MMK_SAMPLE_S16] = SF_FORMAT_PCM_16,
        [MMK_SAMPLE_S24] = SF_FORMAT_PCM_24, [MMK_SAMPLE_S32] = SF_FORMAT_PCM_32,
        [MMK_SAMPLE_F32] = SF_FORMAT_FLOAT,  [MMK_SAMPLE_F64] = SF_FORMAT_DOUBLE,
        [MMK_SAMPLE_ALAW] = SF_FORMAT_ALAW,  [MMK_SAMPLE_ULAW] = SF_FORMAT_ULAW,
    };
    return table[sample];
}

mmk_err kind_check(const char *path, mmk_sample sample, char *why, size_t cap)
{
    const struct kind *kind = kind_of(path);
    if (!kind) {
        snprintf(why, cap,
                 "%s has an ending of no known kind: use wav, flac, ogg, aiff, au, caf, w64, rf64",
                 path);
        return MMK_ERR_UNSUPPORTED;
    }
    if (kind->samples & 1u << sample)
        return MMK_OK;
    int n = snprintf(why, cap, "%s: a %s file cannot hold %s, only", path, kind->ending,
                     mmk_sample_name(sample));
    for (int s = 1; s < MMK_SAMPLE_COUNT && n > 0 && (size_t)n < cap; s++)
        if (kind->samples & 1u << s)
            n += snprintf(why + n, cap - (size_t)n, " %s", mmk_sample_name((mmk_sample)s));
    return MMK_ERR_UNSUPPORTED;
}

/* Without loss where the kind allows it, else the nearest. */
mmk_sample kind_nearest(const char *path, mmk_sample sample)
{
    static const mmk_sample order[] = {MMK_SAMPLE_F32, MMK_SAMPLE_S24, MMK_SAMPLE_S16};
    const struct kind *kind = kind_of(path);
    if (!kind || kind->samples & 1u << sample)
        return sample;
    size_t bytes = mmk_sample_bytes(sample);
    if (bytes == 1 && kind->samples & CAN(S16)) /* 8 bits, A-law and mu-law all fit into 16 */
        return MMK_SAMPLE_S16;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (kind->samples & 1u << order[i])
            return order[i];
    return sample;
}

mmk_err kind_open(const char *path, const char *temp, const struct mmk_format *format,
                  struct kind_writer **out, char *why, size_t cap)
{
    mmk_err err = kind_check(path, format->sample, why, cap);
    if (err)
        return err;
    const struct kind *kind = kind_of(path);
    SF_INFO info = {.samplerate = (int)format->rate_hz,
                    .channels = format->channels,
                    .format = kind->format | (kind->lossy ? 0 : subformat(format->sample))};
    struct kind_writer *w = calloc(1, sizeof *w);
    if (!w)
        return MMK_ERR_NOMEM;
    w->format = *format;
    snprintf(w->name, sizeof w->name, "%s", path);
    w->file = sf_open(temp, SFM_WRITE, &info);
    if (!w->file) {
        snprintf(why, cap, "%s cannot be written: %s", path, sf_strerror(NULL));
        free(w);
        return MMK_ERR_FORMAT;
    }
    sf_command(w->file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    *out = w;
    return MMK_OK;
}

/* ------------------------------------------------------------------ writing */

static int int_of(const struct mmk_format *format, const unsigned char *from)
{
    size_t bytes = mmk_sample_bytes(format->sample);
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)from[i] << (32 - 8 * bytes + 8 * i);
    if (format->sample == MMK_SAMPLE_U8)
        value ^= 0x80000000u;
    return (int)value;
}

static sf_count_t write_piece(struct kind_writer *w, const unsigned char *from, size_t n_samples)
{
    union {
        int i[PIECE_SAMPLES];
        float f[PIECE_SAMPLES];
        double d[PIECE_SAMPLES];
    } piece;
    size_t bytes = mmk_sample_bytes(w->format.sample);
    switch (w->format.sample) {
    case MMK_SAMPLE_F32:
        memcpy(piece.f, from, n_samples * bytes);
        return sf_write_float(w->file, piece.f, (sf_count_t)n_samples);
    case MMK_SAMPLE_F64:
        memcpy(piece.d, from, n_samples * bytes);
        return sf_write_double(w->file, piece.d, (sf_count_t)n_samples);
    case MMK_SAMPLE_ALAW:
    case MMK_SAMPLE_ULAW:
        return sf_write_raw(w->file, from, (sf_count_t)n_samples);
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_U8:
    case MMK_SAMPLE_S16:
    case MMK_SAMPLE_S24:
    case MMK_SAMPLE_S32:
    case MMK_SAMPLE_COUNT:
        break;
    }
    for (size_t i = 0; i < n_samples; i++)
        piece.i[i] = int_of(&w->format, from + i * bytes);
    return sf_write_int(w->file, piece.i, (sf_count_t)n_samples);
}

static mmk_err failed(struct kind_writer *w, char *why, size_t cap)
{
    snprintf(why, cap, "%s cannot be written: %s", w->name, sf_strerror(w->file));
    return MMK_ERR_IO;
}

mmk_err kind_write(struct kind_writer *w, const void *frames, size_t n_frames, char *why,
                   size_t cap)
{
    const unsigned char *from = frames;
    size_t channels = w->format.channels, bytes = mmk_sample_bytes(w->format.sample);
    size_t most = PIECE_SAMPLES / channels * channels, left = n_frames * channels;
    while (left) {
        size_t n = left < most ? left : most;
        if (write_piece(w, from, n) != (sf_count_t)n)
            return failed(w, why, cap);
        from += n * bytes;
        left -= n;
    }
    return MMK_OK;
}

mmk_err kind_close(struct kind_writer *w, char *why, size_t cap)
{
    sf_write_sync(w->file);
    int code = sf_error(w->file), closing = sf_close(w->file);
    code = code ? code : closing;
    if (code)
        snprintf(why, cap, "%s cannot be written: %s", w->name, sf_error_number(code));
    free(w);
    return code ? MMK_ERR_IO : MMK_OK;
}
