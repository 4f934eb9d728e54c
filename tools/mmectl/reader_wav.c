/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* WAV and RF64 by ourselves, for hosts without libsndfile. wav_check() has looked before whether
 * the file is whole; sizes are checked here all the same, for it may change meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio.h"
#include "host.h"
#include "wav_codec.h"

#define FMT_MAX        64u
#define CHUNKS_MAX     10000u      /* of a file that is no attack */
#define SIZE_OF_STREAM 0x7ffff000u /* as in wav_check.c */

struct reader {
    struct wav_codec *codec; /* or: */
    FILE *file;
    struct mmk_format format;
    uint64_t data_at, frames, given;
    size_t frame_bytes;
    bool cut;
};

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
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

struct parse {
    struct reader *r;
    const char *path;
    char *why;
    size_t cap;
    uint64_t size, data_64;
    bool rf64;
};

static mmk_err not_wav(struct parse *p)
{
    snprintf(p->why, p->cap, "%s is no WAV file, which is all that this mmectl reads", p->path);
    return MMK_ERR_FORMAT;
}

static mmk_err damaged(struct parse *p)
{
    snprintf(p->why, p->cap, "%s is damaged or cut short", p->path);
    return MMK_ERR_CORRUPT;
}

static mmk_err take_fmt(struct parse *p, uint32_t len)
{
    unsigned char wfx[FMT_MAX] = {0};
    size_t n = len < sizeof wfx ? len : sizeof wfx;
    if (n < 16 || fread(wfx, 1, n, p->r->file) != n)
        return damaged(p);
    if (n < 18)
        n = 18; /* in files cbSize is often left out, whatever the tag */
    if (mmk_format_from_wfx(wfx, n, &p->r->format) != MMK_OK) {
        unsigned tag = wfx[0] | (unsigned)wfx[1] << 8, channels = wfx[2] | (unsigned)wfx[3] << 8;
        if (channels < 1 || channels > MMK_CHANNELS_MAX)
            snprintf(p->why, p->cap, "%s has %u channels; 1 to 8 can be handled", p->path,
                     channels);
        else if (le32(wfx + 4) < MMK_RATE_MIN_HZ || le32(wfx + 4) > MMK_RATE_MAX_HZ)
            snprintf(p->why, p->cap, "%s has a rate of %lu Hz; 1000 to 384000 can be handled",
                     p->path, (unsigned long)le32(wfx + 4));
        else
            snprintf(p->why, p->cap,
                     "%s holds audio of a kind that is not read here (WAVE format tag %u)", p->path,
                     tag);
        return MMK_ERR_FORMAT;
    }
    p->r->frame_bytes = mmk_format_frame_bytes(&p->r->format);
    return MMK_OK;
}

static mmk_err take_data(struct parse *p, uint64_t at, uint32_t len)
{
    uint64_t n_bytes = len;
    if (p->rf64 && len == UINT32_MAX)
        n_bytes = p->data_64;
    else if (len >= SIZE_OF_STREAM)
        n_bytes = p->size - at;
    if (p->r->frame_bytes == 0 || n_bytes > p->size - at)
        return damaged(p);
    p->r->data_at = at;
    p->r->frames = n_bytes / p->r->frame_bytes;
    if (p->r->frames > 0)
        return MMK_OK;
    snprintf(p->why, p->cap, "%s holds no sound", p->path);
    return MMK_ERR_CORRUPT;
}

static mmk_err parse(struct parse *p)
{
    unsigned char head[12];
    p->size = host_length(p->r->file);
    if (p->size == UINT64_MAX || !host_seek(p->r->file, 0) ||
        fread(head, 1, sizeof head, p->r->file) != sizeof head || memcmp(head + 8, "WAVE", 4) != 0)
        return not_wav(p);
    p->rf64 = memcmp(head, "RF64", 4) == 0;
    if (!p->rf64 && memcmp(head, "RIFF", 4) != 0)
        return not_wav(p);
    uint64_t at = sizeof head;
    for (unsigned i = 0; i < CHUNKS_MAX; i++) {
        unsigned char ds64[16];
        if (!host_seek(p->r->file, at) || fread(head, 1, 8, p->r->file) != 8)
            return damaged(p);
        uint32_t len = le32(head + 4);
        mmk_err err = MMK_OK;
        at += 8;
        if (memcmp(head, "data", 4) == 0)
            return take_data(p, at, len);
        if (memcmp(head, "fmt ", 4) == 0)
            err = take_fmt(p, len);
        else if (memcmp(head, "ds64", 4) == 0 && fread(ds64, 1, 16, p->r->file) == 16)
            p->data_64 = le32(ds64 + 8) | (uint64_t)le32(ds64 + 12) << 32;
        if (err)
            return err;
        at += (uint64_t)len + (len & 1);
    }
    return damaged(p);
}

mmk_err reader_open(const char *path, struct reader **out, char *why, size_t cap)
{
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
    struct parse p = {.r = r, .path = path, .why = why, .cap = cap};
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
    err = MMK_OK;
    r->file = host_fopen(path, "rb");
    if (!r->file) {
        snprintf(why, cap, "%s cannot be opened", path);
        err = MMK_ERR_ACCESS;
    } else {
        err = parse(&p);
    }
    if (!err && !reader_rewind(r))
        err = damaged(&p);
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
        fclose(r->file);
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

size_t reader_read(struct reader *r, void *frames, size_t n_frames)
{
    if (r->codec) {
        const size_t got = wav_codec_read(r->codec, frames, n_frames);
        r->cut = wav_codec_cut(r->codec);
        return got;
    }
    if (n_frames > r->frames - r->given)
        n_frames = (size_t)(r->frames - r->given);
    size_t done = n_frames ? fread(frames, r->frame_bytes, n_frames, r->file) : 0;
    r->given += done;
    r->cut = r->cut || done < n_frames;
    return done;
}

bool reader_rewind(struct reader *r)
{
    r->given = 0;
    if (r->codec)
        return wav_codec_rewind(r->codec);
    return host_seek(r->file, r->data_at);
}

bool reader_cut_short(const struct reader *r)
{
    return r->cut;
}
