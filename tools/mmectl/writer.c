/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/riff.h>

#include "audio.h"
#include "host.h"
#include "writer_kind.h"

#define TELL_BYTES (UINT64_C(1) << 20)

struct writer {
    struct host_new_file file;
    struct mmk_format format;
    const struct sound_coding *coding;
    struct sound_wfx wfx;
    uint64_t frames;           /* of a codec's blocks, once known */
    FILE *wav;                 /* WAV, written here */
    struct kind_writer *other; /* else */
    uint64_t data_bytes;
    uint64_t told_bytes; /* what the header in the file says */
};

static mmk_err io_failed(const struct writer *w, char *why, size_t cap)
{
    int code = errno;
    snprintf(why, cap, "%s cannot be written: %s", w->file.path,
             code ? strerror(code) : "the device took less than it was given");
    return code == ENOSPC || code == EFBIG ? MMK_ERR_NO_SPACE : MMK_ERR_IO;
}

static bool is_wav(const char *path)
{
    const char *dot = strrchr(host_base_name(path), '.');
    if (!dot)
        return true; /* no ending: WAV, as the man page says */
    char ending[8] = "";
    for (size_t i = 0; i < sizeof ending - 1 && dot[1 + i]; i++)
        ending[i] = (char)tolower((unsigned char)dot[1 + i]);
    return strcmp(ending, "wav") == 0 || strcmp(ending, "wave") == 0;
}

static bool write_coded_header(struct writer *w)
{
    unsigned char header[SOUND_WAV_HEAD_MAX];
    const uint64_t blocks = w->data_bytes / w->wfx.block_bytes;
    const uint64_t frames = w->frames ? w->frames : blocks * w->wfx.block_frames;
    const size_t n = sound_wav_head(&w->wfx, frames, w->data_bytes, header);
    rewind(w->wav);
    return fwrite(header, 1, n, w->wav) == n;
}

static bool write_header(struct writer *w)
{
    unsigned char header[MMK_RIFF_HEADER_BYTES];
    if (w->coding->codec)
        return write_coded_header(w);
    if (mmk_riff_header(&w->format, w->data_bytes, header) != MMK_OK)
        return false;
    rewind(w->wav);
    return fwrite(header, 1, sizeof header, w->wav) == sizeof header;
}

mmk_err writer_check(const char *path, const struct sound_coding *coding, char *why, size_t cap)
{
    if (!is_wav(path))
        return kind_check(path, coding, why, cap);
    if (coding->codec || sound_coding_is_plain(coding))
        return MMK_OK;
    int n = snprintf(why, cap, "%s: a wav file cannot hold %s here, only", path, coding->name);
    for (size_t i = 0; (coding = sound_coding_at(i)) != NULL && n > 0 && (size_t)n < cap; i++)
        if (coding->codec || sound_coding_is_plain(coding))
            n += snprintf(why + n, cap - (size_t)n, " %s", coding->name);
    return MMK_ERR_UNSUPPORTED;
}

const struct sound_coding *writer_nearest(const char *path, mmk_sample sample)
{
    return is_wav(path) ? sound_coding_of(sample) : kind_nearest(path, sample);
}

const char *writer_ending(size_t i)
{
    return i == 0 ? "wav" : kind_ending(i - 1);
}

/* A WAV file gets a codec's blocks; libsndfile takes frames and does its own encoding. */
static mmk_err make_wfx(struct writer *w, char *why, size_t cap)
{
    const struct sound_coding *coding = w->coding;
    if (!is_wav(w->file.path))
        coding = sound_coding_of(w->format.sample);
    const mmk_err err = sound_wfx(coding, &w->format, &w->wfx);
    if (!err)
        return MMK_OK;
    int n = snprintf(why, cap, "%s is not for %u channels at %lu Hz: 1", coding->text,
                     w->format.channels, (unsigned long)w->format.rate_hz);
    if (coding->codec && n > 0 && (size_t)n < cap) {
        if (coding->codec->channels_max > 1)
            n += snprintf(why + n, cap - (size_t)n, " or %u", coding->codec->channels_max);
        n +=
            snprintf(why + n, cap - (size_t)n, " at%s", coding->codec->any_rate ? " any rate" : "");
        for (const uint32_t *r = coding->codec->rates;
             !coding->codec->any_rate && *r && n > 0 && (size_t)n < cap; r++)
            n += snprintf(why + n, cap - (size_t)n, " %lu", (unsigned long)*r);
    }
    return err;
}

static mmk_err open_inner(struct writer *w, char *why, size_t cap)
{
    if (!is_wav(w->file.path))
        return kind_open(w->file.path, w->file.temp, &w->format, w->coding, &w->other, why, cap);
    errno = 0;
    w->wav = host_fopen(w->file.temp, "wb");
    if (!w->wav || !write_header(w))
        return io_failed(w, why, cap);
    return MMK_OK;
}

mmk_err writer_open(const char *path, const struct mmk_format *format, struct writer **out,
                    char *why, size_t cap)
{
    return writer_open_coded(path, format, sound_coding_of(format->sample), out, why, cap);
}

const struct sound_wfx *writer_wfx(const struct writer *w)
{
    return &w->wfx;
}

void writer_set_frames(struct writer *w, uint64_t n_frames)
{
    w->frames = n_frames;
}

mmk_err writer_open_coded(const char *path, const struct mmk_format *format,
                          const struct sound_coding *coding, struct writer **out, char *why,
                          size_t cap)
{
    struct writer *w = calloc(1, sizeof *w);
    if (!w) {
        snprintf(why, cap, "no memory");
        return MMK_ERR_NOMEM;
    }
    w->format = *format;
    w->coding = coding;
    mmk_err err = host_new_file_begin(&w->file, path, why, cap);
    if (err) {
        free(w);
        return err;
    }
    err = make_wfx(w, why, cap);
    if (!err)
        err = open_inner(w, why, cap);
    if (err) {
        writer_abort(w);
        return err;
    }
    *out = w;
    return MMK_OK;
}

/* From time to time the header says what is there: data first, header second, so that what a crash
 * leaves behind can be played. */
static bool tell(struct writer *w)
{
    if (w->data_bytes - w->told_bytes < TELL_BYTES)
        return true;
    w->told_bytes = w->data_bytes;
    return fflush(w->wav) == 0 && write_header(w) && fseek(w->wav, 0, SEEK_END) == 0;
}

mmk_err writer_write(struct writer *w, const void *frames, size_t n_frames, char *why, size_t cap)
{
    if (w->other)
        return kind_write(w->other, frames, n_frames, why, cap);
    size_t n_bytes = n_frames * w->wfx.block_bytes;
    errno = 0;
    if (fwrite(frames, 1, n_bytes, w->wav) != n_bytes)
        return io_failed(w, why, cap);
    w->data_bytes += n_bytes;
    return tell(w) ? MMK_OK : io_failed(w, why, cap);
}

static mmk_err finish_wav(struct writer *w, char *why, size_t cap)
{
    errno = 0;
    bool good = (!mmk_riff_pad(w->data_bytes) || fputc(0, w->wav) == 0) && write_header(w);
    good = fflush(w->wav) == 0 && good;
    int code = errno;
    good = fclose(w->wav) == 0 && good;
    w->wav = NULL;
    if (good)
        return MMK_OK;
    errno = code ? code : errno;
    return io_failed(w, why, cap);
}

mmk_err writer_commit(struct writer *w, char *why, size_t cap)
{
    mmk_err err;
    if (w->other) {
        err = kind_close(w->other, why, cap);
        w->other = NULL;
    } else {
        err = finish_wav(w, why, cap);
    }
    if (!err)
        err = host_new_file_commit(&w->file, why, cap);
    if (err) {
        writer_abort(w);
        return err;
    }
    free(w);
    return MMK_OK;
}

void writer_abort(struct writer *w)
{
    char ignored[256];
    if (!w)
        return;
    if (w->wav)
        fclose(w->wav);
    if (w->other)
        kind_close(w->other, ignored, sizeof ignored);
    host_new_file_abort(&w->file);
    free(w);
}
