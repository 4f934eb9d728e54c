/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A WAV or RF64 file being recorded from. The file is hostile until its chunks have been walked
 * once: one pass, every length checked against the file's. After the sound comes silence, so that a
 * recording of any length ends.
 *
 * Source: the RIFF chapter of Microsoft's "Multimedia Programming Interface and Data Specifications
 * 1.0"; EBU Tech 3306 for RF64 and ds64.
 */
#include "win32_internal.h"

#include <string.h>

#define BUFFER_BYTES  65536u
#define CHUNKS_MAX    4096u
#define SIZE_IN_DS64  0xFFFFFFFFu
#define FMT_BYTES_MAX 1024u

struct mmki_wav_in {
    HANDLE file;
    struct mmk_format format;
    size_t frame_bytes;
    uint64_t at, end;  /* bytes in the file: next to be read into the buffer, behind the sound */
    size_t used, have; /* of the buffer */
    unsigned char buffer[BUFFER_BYTES];
};

static uint32_t le32(const unsigned char *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint64_t le64(const unsigned char *b)
{
    return le32(b) | (uint64_t)le32(b + 4) << 32;
}

static bool get(HANDLE file, uint64_t at, void *data, size_t len)
{
    size_t have = 0;
    return mmki_read_at(file, at, data, len, &have) == MMK_OK && have == len;
}

struct walk {
    HANDLE file;
    uint64_t size;
    uint64_t data_size_64; /* of ds64 */
    bool rf64, has_format;
    const char *what; /* went wrong */
};

static mmk_err read_fmt(struct walk *w, struct mmki_wav_in *wav, uint64_t at, uint64_t len)
{
    unsigned char fmt[FMT_BYTES_MAX] = {0};
    size_t n = len < sizeof fmt ? (size_t)len : sizeof fmt;
    w->what = "its fmt chunk is cut short";
    if (n < 16 || !get(w->file, at, fmt, n))
        return MMK_ERR_CORRUPT;
    if (n == 16)
        n = 18; /* many writers leave cbSize out with float, A-law and mu-law too: it is 0 */
    w->what = "it is not PCM, float, A-law or mu-law of 1 to 8 channels";
    mmk_err err = mmk_format_from_wfx(fmt, n, &wav->format);
    if (err != MMK_OK)
        return MMK_ERR_FORMAT;
    w->has_format = true;
    return MMK_OK;
}

static mmk_err read_data(struct walk *w, struct mmki_wav_in *wav, uint64_t at, uint64_t len)
{
    w->what = "its data comes before its format";
    if (!w->has_format)
        return MMK_ERR_CORRUPT;
    w->what = "it is shorter than its header says";
    if (len > w->size - at)
        return MMK_ERR_CORRUPT;
    wav->frame_bytes = mmk_format_frame_bytes(&wav->format);
    wav->at = at;
    wav->end = at + len - len % wav->frame_bytes;
    w->what = "there is no sound in it";
    return wav->end > wav->at ? MMK_OK : MMK_ERR_FORMAT;
}

/** Walk the chunks up to the data. */
static mmk_err walk_chunks(struct walk *w, struct mmki_wav_in *wav)
{
    unsigned char head[12];
    unsigned char ds64[16];
    w->what = "it is not a WAV file";
    if (!get(w->file, 0, head, sizeof head) || memcmp(head + 8, "WAVE", 4) != 0)
        return MMK_ERR_FORMAT;
    w->rf64 = memcmp(head, "RF64", 4) == 0;
    if (!w->rf64 && memcmp(head, "RIFF", 4) != 0)
        return MMK_ERR_FORMAT;
    uint64_t at = 12;
    for (unsigned i = 0; i < CHUNKS_MAX; i++) {
        w->what = "it has no data chunk";
        if (!get(w->file, at, head, 8))
            return MMK_ERR_CORRUPT;
        uint64_t len = le32(head + 4);
        at += 8;
        if (memcmp(head, "data", 4) == 0) {
            if (w->rf64 && len == SIZE_IN_DS64)
                len = w->data_size_64;
            return read_data(w, wav, at, len);
        }
        if (memcmp(head, "fmt ", 4) == 0) {
            mmk_err err = read_fmt(w, wav, at, len);
            if (err != MMK_OK)
                return err;
        } else if (memcmp(head, "ds64", 4) == 0 && len >= sizeof ds64) {
            w->what = "its ds64 chunk is cut short";
            if (!get(w->file, at, ds64, sizeof ds64))
                return MMK_ERR_CORRUPT;
            w->data_size_64 = le64(ds64 + 8);
        }
        w->what = "a chunk is longer than the file";
        if (len > w->size - at)
            return MMK_ERR_CORRUPT;
        at += len + (len & 1);
    }
    w->what = "it has too many chunks";
    return MMK_ERR_CORRUPT;
}

static mmk_err open_file(const char *path, HANDLE *file, uint64_t *size)
{
    WCHAR wide[MMKI_PATH_UNITS];
    LARGE_INTEGER n;
    mmk_err err = mmki_wide(path, wide, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    if (wide[0] == 0)
        return MMK_ERR_NOT_FOUND;
    *file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                        FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (*file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    if (GetFileSizeEx(*file, &n)) {
        *size = (uint64_t)n.QuadPart;
        return MMK_OK;
    }
    err = mmki_last_err();
    CloseHandle(*file);
    return err;
}

mmk_err mmki_wav_in_open(const char *path, struct mmk_format *format, struct mmki_wav_in **out,
                         char *reason, size_t cap)
{
    struct walk w = {.what = "no such file can be opened"};
    struct mmki_wav_in *wav = mmki_alloc(sizeof *wav);
    if (wav == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = open_file(path, &w.file, &w.size);
    if (err == MMK_OK) {
        wav->file = w.file;
        err = walk_chunks(&w, wav);
        if (err != MMK_OK)
            CloseHandle(w.file);
    } else {
        w.what = mmk_err_text(err);
    }
    if (err != MMK_OK) {
        mmki_format(reason, cap, "\"%s\" cannot be recorded from (%s): set another path", path,
                    w.what);
        mmki_free(wav);
        return err;
    }
    *format = wav->format;
    *out = wav;
    return MMK_OK;
}

/** Refill the empty buffer. @return false at the end */
static bool refill(struct mmki_wav_in *wav, mmk_err *err)
{
    uint64_t left = wav->end - wav->at;
    size_t want = BUFFER_BYTES - BUFFER_BYTES % wav->frame_bytes;
    size_t have = 0;
    if (left < want)
        want = (size_t)left;
    if (want == 0)
        return false;
    mmk_err e = mmki_read_at(wav->file, wav->at, wav->buffer, want, &have);
    have -= have % wav->frame_bytes;
    if (e != MMK_OK || have == 0) {
        *err = e != MMK_OK ? e : MMK_ERR_IO; /* somebody cut the file */
        wav->end = wav->at;
        return false;
    }
    wav->at += have;
    wav->used = 0;
    wav->have = have;
    return true;
}

mmk_err mmki_wav_in_read(struct mmki_wav_in *wav, void *frames, uint32_t n_frames)
{
    unsigned char *to = frames;
    size_t want = n_frames * wav->frame_bytes;
    mmk_err err = MMK_OK;
    while (want > 0 && (wav->used < wav->have || refill(wav, &err))) {
        size_t n = wav->have - wav->used;
        n = n < want ? n : want;
        memcpy(to, wav->buffer + wav->used, n);
        wav->used += n;
        to += n;
        want -= n;
    }
    mmki_silence(&wav->format, to, want / wav->frame_bytes);
    return err;
}

void mmki_wav_in_close(struct mmki_wav_in *wav)
{
    CloseHandle(wav->file);
    mmki_free(wav);
}
