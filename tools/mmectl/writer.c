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

static bool write_header(struct writer *w)
{
    unsigned char header[MMK_RIFF_HEADER_BYTES];
    if (mmk_riff_header(&w->format, w->data_bytes, header) != MMK_OK)
        return false;
    rewind(w->wav);
    return fwrite(header, 1, sizeof header, w->wav) == sizeof header;
}

mmk_err writer_check(const char *path, mmk_sample sample, char *why, size_t cap)
{
    return is_wav(path) ? MMK_OK : kind_check(path, sample, why, cap);
}

mmk_sample writer_nearest(const char *path, mmk_sample sample)
{
    return is_wav(path) ? sample : kind_nearest(path, sample);
}

static mmk_err open_inner(struct writer *w, char *why, size_t cap)
{
    if (!is_wav(w->file.path))
        return kind_open(w->file.path, w->file.temp, &w->format, &w->other, why, cap);
    errno = 0;
    w->wav = host_fopen(w->file.temp, "wb");
    if (!w->wav || !write_header(w))
        return io_failed(w, why, cap);
    return MMK_OK;
}

mmk_err writer_open(const char *path, const struct mmk_format *format, struct writer **out,
                    char *why, size_t cap)
{
    struct writer *w = calloc(1, sizeof *w);
    if (!w) {
        snprintf(why, cap, "no memory");
        return MMK_ERR_NOMEM;
    }
    w->format = *format;
    mmk_err err = host_new_file_begin(&w->file, path, why, cap);
    if (err) {
        free(w);
        return err;
    }
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
    size_t n_bytes = n_frames * mmk_format_frame_bytes(&w->format);
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
