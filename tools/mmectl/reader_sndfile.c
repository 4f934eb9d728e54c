/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "audio.h"
#include "host.h"
#include "wav_codec.h"

#define PIECE_SAMPLES 4096

struct reader {
    struct wav_codec *codec; /* or: */
    SNDFILE *file;
    struct mmk_format format;
    uint64_t frames, given; /* promised and handed out since open or rewind */
    bool raw;               /* the file's bytes are our samples already */
    bool cut;
};

/* ------------------------------------------------------------------ what the file holds */

static mmk_sample sample_of(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_DPCM_8:
        return MMK_SAMPLE_U8;
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_ALAC_16:
    case SF_FORMAT_DPCM_16:
    case SF_FORMAT_IMA_ADPCM:
    case SF_FORMAT_MS_ADPCM:
    case SF_FORMAT_GSM610:
    case SF_FORMAT_VOX_ADPCM:
    case SF_FORMAT_G721_32:
    case SF_FORMAT_G723_24:
    case SF_FORMAT_G723_40:
    case SF_FORMAT_DWVW_12:
    case SF_FORMAT_DWVW_16:
        return MMK_SAMPLE_S16;
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_20:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_DWVW_24:
        return MMK_SAMPLE_S24;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_32:
        return MMK_SAMPLE_S32;
    case SF_FORMAT_DOUBLE:
        return MMK_SAMPLE_F64;
    case SF_FORMAT_ULAW:
        return MMK_SAMPLE_ULAW;
    case SF_FORMAT_ALAW:
        return MMK_SAMPLE_ALAW;
    default: /* float, Vorbis, Opus, MPEG: no integer is theirs */
        return MMK_SAMPLE_F32;
    }
}

static bool little_wav(int format)
{
    int kind = format & SF_FORMAT_TYPEMASK, order = format & SF_FORMAT_ENDMASK;
    return (kind == SF_FORMAT_WAV || kind == SF_FORMAT_WAVEX || kind == SF_FORMAT_RF64 ||
            kind == SF_FORMAT_W64) &&
           order != SF_ENDIAN_BIG;
}

/* Whether the stored bytes are exactly our samples: sf_read_raw hands them over untouched. */
static bool stored_as_ours(int format)
{
    int sub = format & SF_FORMAT_SUBMASK;
    if (sub == SF_FORMAT_ULAW || sub == SF_FORMAT_ALAW)
        return true;
    return little_wav(format) &&
           (sub == SF_FORMAT_PCM_U8 || sub == SF_FORMAT_PCM_16 || sub == SF_FORMAT_PCM_24 ||
            sub == SF_FORMAT_PCM_32 || sub == SF_FORMAT_FLOAT || sub == SF_FORMAT_DOUBLE);
}

static uint32_t speaker_of(int place)
{
    switch (place) {
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_FRONT_LEFT:
        return 0x1;
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_RIGHT:
        return 0x2;
    case SF_CHANNEL_MAP_MONO:
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER:
        return 0x4;
    case SF_CHANNEL_MAP_LFE:
        return 0x8;
    case SF_CHANNEL_MAP_REAR_LEFT:
        return 0x10;
    case SF_CHANNEL_MAP_REAR_RIGHT:
        return 0x20;
    case SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER:
        return 0x40;
    case SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER:
        return 0x80;
    case SF_CHANNEL_MAP_REAR_CENTER:
        return 0x100;
    case SF_CHANNEL_MAP_SIDE_LEFT:
        return 0x200;
    case SF_CHANNEL_MAP_SIDE_RIGHT:
        return 0x400;
    default:
        return 0;
    }
}

/* The mask, if the file names its channels and in the order that a mask implies; else 0. */
static uint32_t mask_of(SNDFILE *file, unsigned channels)
{
    int places[MMK_CHANNELS_MAX] = {0};
    uint32_t mask = 0, last = 0;
    if (!sf_command(file, SFC_GET_CHANNEL_MAP_INFO, places, (int)(channels * sizeof *places)))
        return 0;
    for (unsigned c = 0; c < channels; c++) {
        uint32_t speaker = speaker_of(places[c]);
        if (speaker <= last)
            return 0;
        mask |= last = speaker;
    }
    return mask == mmk_channel_mask_default(channels) ? 0 : mask;
}

/* ------------------------------------------------------------------ open */

static mmk_err check_kind(const char *path, char *why, size_t cap)
{
    switch (host_file_kind(path)) {
    case HOST_FILE_NONE:
        snprintf(why, cap, "%s is not there", path);
        return MMK_ERR_NOT_FOUND;
    case HOST_FILE_FOLDER:
        snprintf(why, cap, "%s is a folder, not a sound file", path);
        return MMK_ERR_FORMAT;
    case HOST_FILE_OTHER:
        snprintf(why, cap, "%s is no regular file", path);
        return MMK_ERR_FORMAT;
    case HOST_FILE_REGULAR:
        break;
    }
    return MMK_OK;
}

static mmk_err take_format(struct reader *r, const char *path, const SF_INFO *info, char *why,
                           size_t cap)
{
    if (info->channels < 1 || info->channels > (int)MMK_CHANNELS_MAX) {
        snprintf(why, cap, "%s has %d channels; 1 to 8 can be handled", path, info->channels);
        return MMK_ERR_FORMAT;
    }
    if (info->samplerate < (int)MMK_RATE_MIN_HZ || info->samplerate > (int)MMK_RATE_MAX_HZ) {
        snprintf(why, cap, "%s has a rate of %d Hz; 1000 to 384000 can be handled", path,
                 info->samplerate);
        return MMK_ERR_FORMAT;
    }
    if (info->frames <= 0) {
        snprintf(why, cap, "%s holds no sound", path);
        return MMK_ERR_CORRUPT;
    }
    r->format.sample = sample_of(info->format);
    r->format.channels = (uint16_t)info->channels;
    r->format.rate_hz = (uint32_t)info->samplerate;
    r->format.valid_bits = (uint16_t)(mmk_sample_bytes(r->format.sample) * 8);
    r->format.channel_mask = mask_of(r->file, r->format.channels);
    r->frames = info->frames == SF_COUNT_MAX ? 0 : (uint64_t)info->frames;
    r->raw = stored_as_ours(info->format);
    return MMK_OK;
}

mmk_err reader_open(const char *path, struct reader **out, char *why, size_t cap)
{
    SF_INFO info = {0};
    mmk_err err = check_kind(path, why, cap);
    if (!err)
        err = wav_check(path, why, cap);
    if (err)
        return err;
    struct reader *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(why, cap, "no memory");
        return MMK_ERR_NOMEM;
    }
    err = wav_codec_open(path, &r->codec, why, cap);
    if (!err) {
        r->format = *wav_codec_format(r->codec);
        r->frames = wav_codec_frames(r->codec);
    }
    if (err != MMK_ERR_UNSUPPORTED) {
        *out = err ? NULL : r;
        if (err)
            reader_close(r);
        return err;
    }
    r->file = sf_open(path, SFM_READ, &info);
    if (!r->file) {
        snprintf(why, cap, "%s is no sound file that can be read: %s", path, sf_strerror(NULL));
        err = MMK_ERR_FORMAT;
    } else {
        err = take_format(r, path, &info, why, cap);
    }
    if (err) {
        reader_close(r);
        return err;
    }
    *out = r;
    return MMK_OK;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    wav_codec_close(r->codec);
    if (r->file)
        sf_close(r->file);
    free(r);
}

const struct mmk_format *reader_format(const struct reader *r)
{
    return &r->format;
}

uint64_t reader_frames(const struct reader *r)
{
    return r->frames;
}

/* ------------------------------------------------------------------ reading */

static void put_le(unsigned char *to, uint32_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

/* sf_read_int gives every integer in the upper bits of 32: take the bytes the format has. */
static void pack_ints(const struct mmk_format *format, const int *in, size_t n, unsigned char *to)
{
    size_t bytes = mmk_sample_bytes(format->sample);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = (uint32_t)in[i] >> (32 - 8 * bytes);
        if (format->sample == MMK_SAMPLE_U8)
            value ^= 0x80;
        put_le(to + i * bytes, value, bytes);
    }
}

static size_t read_piece(struct reader *r, unsigned char *to, size_t n_frames)
{
    union {
        int i[PIECE_SAMPLES];
        float f[PIECE_SAMPLES];
        double d[PIECE_SAMPLES];
    } piece;
    size_t channels = r->format.channels, bytes = mmk_sample_bytes(r->format.sample);
    sf_count_t got;
    if (n_frames > PIECE_SAMPLES / channels)
        n_frames = PIECE_SAMPLES / channels;
    if (r->format.sample == MMK_SAMPLE_F32)
        got = sf_readf_float(r->file, piece.f, (sf_count_t)n_frames);
    else if (r->format.sample == MMK_SAMPLE_F64)
        got = sf_readf_double(r->file, piece.d, (sf_count_t)n_frames);
    else
        got = sf_readf_int(r->file, piece.i, (sf_count_t)n_frames);
    if (got <= 0)
        return 0;
    size_t n = (size_t)got * channels;
    if (r->format.sample == MMK_SAMPLE_F32 || r->format.sample == MMK_SAMPLE_F64)
        memcpy(to, &piece, n * bytes);
    else
        pack_ints(&r->format, piece.i, n, to);
    return (size_t)got;
}

size_t reader_read(struct reader *r, void *frames, size_t n_frames)
{
    size_t frame_bytes = mmk_format_frame_bytes(&r->format), done = 0;
    if (r->codec) {
        done = wav_codec_read(r->codec, frames, n_frames);
        r->cut = wav_codec_cut(r->codec);
        return done;
    }
    if (r->raw) {
        if (n_frames > INT32_MAX / frame_bytes)
            n_frames = INT32_MAX / frame_bytes;
        sf_count_t got = sf_read_raw(r->file, frames, (sf_count_t)(n_frames * frame_bytes));
        done = got > 0 ? (size_t)got / frame_bytes : 0;
    } else {
        while (done < n_frames) {
            size_t got =
                read_piece(r, (unsigned char *)frames + done * frame_bytes, n_frames - done);
            if (!got)
                break;
            done += got;
        }
    }
    r->given += done;
    if (done < n_frames && r->frames && r->given < r->frames)
        r->cut = true;
    return done;
}

bool reader_rewind(struct reader *r)
{
    r->given = 0;
    if (r->codec)
        return wav_codec_rewind(r->codec);
    return sf_seek(r->file, 0, SEEK_SET) == 0;
}

bool reader_cut_short(const struct reader *r)
{
    return r->cut;
}
