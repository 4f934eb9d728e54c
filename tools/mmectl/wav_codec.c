/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/acm.h>

#include "host.h"
#include "wav_codec.h"

#define CHUNKS_MAX     10000u      /* as in reader_wav.c */
#define SIZE_OF_STREAM 0x7ffff000u /* as in wav_check.c */
#define PIECE_BYTES    65536u      /* nBlockAlign has 16 bits: a whole block at least */

struct wav_codec {
    FILE *file;
    struct mmk_format format;
    uint64_t data_at, data_bytes;
    uint64_t frames; /* to be given */
    uint64_t taken, given;
    void *mem; /* of the transcoder */
    struct mmk_transcoder *transcoder;
    bool cut;
    size_t at, len; /* of what is in the piece */
    unsigned char piece[PIECE_BYTES];
};

struct head {
    FILE *file;
    uint64_t size, at; /* of the file; of the next chunk */
    uint64_t data_64;
    uint32_t fact;
    bool rf64, has_fact;
    unsigned char wfx[MMK_ACM_FORMAT_MAX];
    size_t n_wfx;
};

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const struct mmk_codec *codec_of(const struct head *h)
{
    const unsigned tag = h->wfx[0] | (unsigned)h->wfx[1] << 8;
    for (size_t i = 0; h->n_wfx >= 18 && i < mmk_n_codecs; i++)
        if (mmk_codecs[i]->tag == tag && tag != 6 && tag != 7) /* G.711 is a sample type here */
            return mmk_codecs[i];
    return NULL;
}

/* @return the size of the data chunk, at which the file stands then; 0: there is none */
static uint64_t find_data(struct head *h)
{
    unsigned char b[16];
    for (unsigned i = 0; i < CHUNKS_MAX; i++) {
        if (!host_seek(h->file, h->at) || fread(b, 1, 8, h->file) != 8)
            return 0;
        const uint32_t len = le32(b + 4);
        h->at += 8;
        if (memcmp(b, "data", 4) == 0) {
            const uint64_t there = h->size - h->at;
            uint64_t n = h->rf64 && len == UINT32_MAX ? h->data_64 : len;
            if (!h->rf64 && len >= SIZE_OF_STREAM)
                n = there;
            return n < there ? n : there;
        }
        if (memcmp(b, "fmt ", 4) == 0) {
            h->n_wfx = len < sizeof h->wfx ? len : sizeof h->wfx;
            if (fread(h->wfx, 1, h->n_wfx, h->file) != h->n_wfx)
                return 0;
        } else if (memcmp(b, "fact", 4) == 0 && len >= 4 && fread(b, 1, 4, h->file) == 4) {
            h->fact = le32(b);
            h->has_fact = true;
        } else if (memcmp(b, "ds64", 4) == 0 && len >= 16 && fread(b, 1, 16, h->file) == 16) {
            h->data_64 = le32(b + 8) | (uint64_t)le32(b + 12) << 32;
        }
        h->at += (uint64_t)len + (len & 1);
    }
    return 0;
}

/* Blocks are filled up with silence; the fact chunk says where the sound ends. Encoders of old
 * wrote anything into it: what is not about as long as the data says is not believed. */
static uint64_t frames_of(const struct head *h, uint64_t data_bytes, const struct mmk_codec *codec)
{
    struct mmk_codec_shape shape = {.rate_hz = le32(h->wfx + 4),
                                    .channels = (uint16_t)(h->wfx[2] | (unsigned)h->wfx[3] << 8),
                                    .bits = (uint16_t)(h->wfx[14] | (unsigned)h->wfx[15] << 8),
                                    .block_bytes = h->wfx[12] | (uint32_t)h->wfx[13] << 8,
                                    .extra = h->wfx + 18,
                                    .extra_bytes = h->n_wfx - 18};
    if (codec->check(&shape) != MMK_OK)
        return 0;
    const uint64_t blocks = data_bytes / shape.block_bytes + (data_bytes % shape.block_bytes != 0);
    const uint64_t most = blocks * shape.block_frames;
    if (h->has_fact && h->fact <= most && most - h->fact < 2ull * shape.block_frames)
        return h->fact;
    return most;
}

static mmk_err open_file(struct wav_codec *w, const char *path, char *why, size_t cap)
{
    unsigned char b[12], pcm[MMK_WAVEFORMAT_MAX_BYTES];
    struct head h = {.file = w->file, .at = sizeof b};
    size_t n;

    h.size = host_length(w->file);
    if (h.size == UINT64_MAX || !host_seek(w->file, 0) || fread(b, 1, sizeof b, w->file) != 12 ||
        memcmp(b + 8, "WAVE", 4) != 0)
        return MMK_ERR_UNSUPPORTED;
    h.rf64 = memcmp(b, "RF64", 4) == 0;
    if (!h.rf64 && memcmp(b, "RIFF", 4) != 0)
        return MMK_ERR_UNSUPPORTED;
    w->data_bytes = find_data(&h);
    const struct mmk_codec *codec = codec_of(&h);
    if (!codec)
        return MMK_ERR_UNSUPPORTED;
    w->data_at = h.at;
    w->format = (struct mmk_format){.sample = MMK_SAMPLE_S16,
                                    .channels = (uint16_t)(h.wfx[2] | (unsigned)h.wfx[3] << 8),
                                    .valid_bits = 16,
                                    .rate_hz = le32(h.wfx + 4)};
    struct mmk_transcoder_config config = {
        .src = h.wfx, .src_bytes = h.n_wfx, .dst = pcm, .dst_bytes = sizeof pcm};
    if (mmk_format_to_wfx(&w->format, false, pcm, &config.dst_bytes) != MMK_OK ||
        mmk_transcoder_bytes(&config, &n) != MMK_OK) {
        snprintf(why, cap, "%s is damaged: its %s format does not hold together", path,
                 codec->name);
        return MMK_ERR_CORRUPT;
    }
    w->frames = frames_of(&h, w->data_bytes, codec);
    if (w->frames == 0) {
        snprintf(why, cap, "%s holds no sound", path);
        return MMK_ERR_CORRUPT;
    }
    w->mem = malloc(n + 63); /* wants 64-byte alignment, which not every host offers */
    if (!w->mem) {
        snprintf(why, cap, "no memory");
        return MMK_ERR_NOMEM;
    }
    return mmk_transcoder_init((char *)w->mem + (64 - (uintptr_t)w->mem % 64) % 64, n, &config,
                               &w->transcoder);
}

mmk_err wav_codec_open(const char *path, struct wav_codec **out, char *why, size_t cap)
{
    struct wav_codec *w = calloc(1, sizeof *w);
    if (!w) {
        snprintf(why, cap, "no memory");
        return MMK_ERR_NOMEM;
    }
    w->file = host_fopen(path, "rb");
    mmk_err err = w->file ? open_file(w, path, why, cap) : MMK_ERR_UNSUPPORTED;
    if (!err && !wav_codec_rewind(w))
        err = MMK_ERR_IO;
    if (err) {
        wav_codec_close(w);
        return err;
    }
    *out = w;
    return MMK_OK;
}

void wav_codec_close(struct wav_codec *w)
{
    if (!w)
        return;
    if (w->file)
        fclose(w->file);
    free(w->mem);
    free(w);
}

const struct mmk_format *wav_codec_format(const struct wav_codec *w)
{
    return &w->format;
}

uint64_t wav_codec_frames(const struct wav_codec *w)
{
    return w->frames;
}

bool wav_codec_cut(const struct wav_codec *w)
{
    return w->cut;
}

bool wav_codec_rewind(struct wav_codec *w)
{
    size_t used, made;
    w->taken = w->given = 0;
    w->at = w->len = 0;
    w->cut = false;
    mmk_transcoder_process(w->transcoder, NULL, 0, &used, NULL, 0, &made, MMK_TRANSCODE_START);
    return host_seek(w->file, w->data_at);
}

static void fill(struct wav_codec *w)
{
    const uint64_t left = w->data_bytes - w->taken;
    const size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    w->at = 0;
    w->len = n ? fread(w->piece, 1, n, w->file) : 0;
    w->taken += w->len;
    if (w->len < n) {
        w->cut = true;
        w->data_bytes = w->taken; /* no more will come */
    }
}

size_t wav_codec_read(struct wav_codec *w, void *frames, size_t n_frames)
{
    const size_t frame = mmk_format_frame_bytes(&w->format);
    unsigned char *to = frames;
    size_t used, made, done = 0;
    if (n_frames > w->frames - w->given)
        n_frames = (size_t)(w->frames - w->given);
    while (done < n_frames) {
        if (w->at == w->len && w->taken < w->data_bytes)
            fill(w);
        mmk_transcoder_process(w->transcoder, w->piece + w->at, w->len - w->at, &used,
                               to + done * frame, (n_frames - done) * frame, &made,
                               w->taken == w->data_bytes ? MMK_TRANSCODE_END : 0u);
        w->at += used;
        done += made / frame;
        if (used == 0 && made == 0 && w->taken == w->data_bytes)
            break;
    }
    w->given += done;
    return done;
}
