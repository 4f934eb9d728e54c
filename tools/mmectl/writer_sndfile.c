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

/* since libsndfile 1.1; an older one finds them not good */
#define FORMAT_MPEG      0x230000
#define FORMAT_LAYER_III 0x0082

struct kind {
    const char *ending;
    int format;
};

static const struct kind kinds[] = {
    {"flac", SF_FORMAT_FLAC}, {"ogg", SF_FORMAT_OGG},   {"oga", SF_FORMAT_OGG},
    {"opus", SF_FORMAT_OGG},  {"aiff", SF_FORMAT_AIFF}, {"aif", SF_FORMAT_AIFF},
    {"aifc", SF_FORMAT_AIFF}, {"au", SF_FORMAT_AU},     {"snd", SF_FORMAT_AU},
    {"caf", SF_FORMAT_CAF},   {"w64", SF_FORMAT_W64},   {"rf64", SF_FORMAT_RF64},
    {"voc", SF_FORMAT_VOC},   {"nist", SF_FORMAT_NIST}, {"sph", SF_FORMAT_NIST},
    {"sf", SF_FORMAT_IRCAM},  {"paf", SF_FORMAT_PAF},   {"pvf", SF_FORMAT_PVF},
    {"8svx", SF_FORMAT_SVX},  {"avr", SF_FORMAT_AVR},   {"htk", SF_FORMAT_HTK},
    {"mat", SF_FORMAT_MAT5},  {"gsm", SF_FORMAT_RAW},   {"vox", SF_FORMAT_RAW},
    {"mp3", FORMAT_MPEG},
};

/* What libsndfile calls a coding. */
static const struct {
    const char *name;
    int format;
} subs[] = {
    {"u8", SF_FORMAT_PCM_U8},        {"s16", SF_FORMAT_PCM_16},     {"s24", SF_FORMAT_PCM_24},
    {"s32", SF_FORMAT_PCM_32},       {"float32", SF_FORMAT_FLOAT},  {"float64", SF_FORMAT_DOUBLE},
    {"alaw", SF_FORMAT_ALAW},        {"ulaw", SF_FORMAT_ULAW},      {"ima", SF_FORMAT_IMA_ADPCM},
    {"msadpcm", SF_FORMAT_MS_ADPCM}, {"gsm", SF_FORMAT_GSM610},     {"vorbis", SF_FORMAT_VORBIS},
    {"opus", SF_FORMAT_OPUS},        {"alac16", SF_FORMAT_ALAC_16}, {"alac24", SF_FORMAT_ALAC_24},
    {"g721", SF_FORMAT_G721_32},     {"vox", SF_FORMAT_VOX_ADPCM},  {"mp3", FORMAT_LAYER_III},
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

const char *kind_ending(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? kinds[i].ending : NULL;
}

static int sub_of(const struct sound_coding *coding)
{
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
        if (strcmp(subs[i].name, coding->name) == 0)
            return subs[i].format;
    return 0;
}

/* A raw file tells nothing: its ending is its coding. So is that of Opus. */
static bool ending_says(const struct kind *kind, const struct sound_coding *coding)
{
    if (strcmp(kind->ending, "opus") == 0 || kind->format == SF_FORMAT_RAW)
        return strcmp(kind->ending, coding->name) == 0;
    return true;
}

/* libsndfile knows; asked for one channel at a rate that all take. */
static bool holds(const struct kind *kind, const struct sound_coding *coding)
{
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = kind->format | sub_of(coding)};
    return sub_of(coding) != 0 && ending_says(kind, coding) && sf_format_check(&info);
}

mmk_err kind_check(const char *path, const struct sound_coding *coding, char *why, size_t cap)
{
    const struct kind *kind = kind_of(path);
    const struct sound_coding *other;
    if (!kind) {
        int n = snprintf(why, cap, "%s has an ending of no known kind: use wav", path);
        for (size_t i = 0; kind_ending(i) && n > 0 && (size_t)n < cap; i++)
            n += snprintf(why + n, cap - (size_t)n, ", %s", kind_ending(i));
        return MMK_ERR_UNSUPPORTED;
    }
    if (holds(kind, coding))
        return MMK_OK;
    int n =
        snprintf(why, cap, "%s: a %s file cannot hold %s, only", path, kind->ending, coding->name);
    for (size_t i = 0; (other = sound_coding_at(i)) != NULL && n > 0 && (size_t)n < cap; i++)
        if (holds(kind, other))
            n += snprintf(why + n, cap - (size_t)n, " %s", other->name);
    return MMK_ERR_UNSUPPORTED;
}

/* Without loss where the kind allows it, else the nearest. 8 bits, A-law and mu-law all fit into
 * 16, 16 into 24. */
const struct sound_coding *kind_nearest(const char *path, mmk_sample sample)
{
    static const char *const more[] = {"s24", "s16", "float32", "float64", "u8"};
    static const char *const less[] = {"float32", "s24", "s16", "alac24", "alac16", "vorbis",
                                       "opus",    "mp3", "gsm", "vox",    "u8"};
    const struct kind *kind = kind_of(path);
    const struct sound_coding *same = sound_coding_of(sample), *other;
    if (!kind || holds(kind, same))
        return same;
    const size_t bytes = mmk_sample_bytes(sample);
    if (bytes == 1 && holds(kind, sound_coding("s16")))
        return sound_coding("s16");
    for (size_t i = 0; bytes == 2 && i < sizeof more / sizeof *more; i++)
        if (holds(kind, other = sound_coding(more[i])))
            return other;
    for (size_t i = 0; i < sizeof less / sizeof *less; i++)
        if (holds(kind, other = sound_coding(less[i])))
            return other;
    return same;
}

mmk_err kind_open(const char *path, const char *temp, const struct mmk_format *format,
                  const struct sound_coding *coding, struct kind_writer **out, char *why,
                  size_t cap)
{
    mmk_err err = kind_check(path, coding, why, cap);
    if (err)
        return err;
    const struct kind *kind = kind_of(path);
    SF_INFO info = {.samplerate = (int)format->rate_hz,
                    .channels = format->channels,
                    .format = kind->format | sub_of(coding)};
    struct kind_writer *w = calloc(1, sizeof *w);
    if (!w)
        return MMK_ERR_NOMEM;
    w->format = *format;
    snprintf(w->name, sizeof w->name, "%s", path);
    w->file = sf_open(temp, SFM_WRITE, &info);
    if (!w->file) {
        snprintf(why, cap, "%s cannot be written as %s, %u channels at %lu Hz: %s", path,
                 coding->name, format->channels, (unsigned long)format->rate_hz, sf_strerror(NULL));
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
