/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <mmk/riff.h>

#include "devices_internal.h"
#include "wav_out.h"

/** @param written  out, also on failure; may be NULL */
static mmk_err put(int fd, uint64_t at, const void *data, size_t len, size_t *written)
{
    const unsigned char *from = data;
    size_t done = 0;
    mmk_err err = MMK_OK;
    while (done < len && err == MMK_OK) {
        ssize_t n = pwrite(fd, from + done, len - done, (off_t)(at + done));
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            err = n < 0 ? mmki_err_from_errno(errno) : MMK_ERR_NO_SPACE;
    }
    if (written != NULL)
        *written = done;
    return err;
}

static mmk_err put_header(struct mmki_wav_out *wav, uint64_t data_bytes)
{
    unsigned char header[MMK_RIFF_HEADER_BYTES];
    mmk_err err = mmk_riff_header(&wav->format, data_bytes, header);
    return err == MMK_OK ? put(wav->fd, 0, header, sizeof header, NULL) : err;
}

mmk_err mmki_wav_out_begin(struct mmki_wav_out *wav, int fd, const struct mmk_format *format)
{
    memset(wav, 0, sizeof *wav);
    wav->format = *format;
    wav->frame_bytes = mmk_format_frame_bytes(format);
    wav->fd = fd;
    mmk_err err = put_header(wav, 0);
    if (err != MMK_OK)
        wav->fd = -1;
    return err;
}

static void put_data(struct mmki_wav_out *wav, const void *data, size_t len)
{
    size_t written;
    wav->err = put(wav->fd, MMK_RIFF_HEADER_BYTES + wav->data_bytes + wav->hole_bytes, data, len,
                   &written);
    if (written > 0) { /* only now does the file reach beyond the hole */
        wav->data_bytes += wav->hole_bytes + written;
        wav->hole_bytes = 0;
    }
}

/** Header for what has reached the file; also after a failure, since its place is there already. */
static mmk_err update_header(struct mmki_wav_out *wav)
{
    uint64_t whole = wav->data_bytes - wav->data_bytes % wav->frame_bytes;
    mmk_err err = MMK_OK;
    if (whole == wav->header_bytes)
        return MMK_OK;
    /* the pad byte is overwritten by the next sample, if one comes */
    if (mmk_riff_pad(whole) && whole == wav->data_bytes)
        err = put(wav->fd, MMK_RIFF_HEADER_BYTES + whole, "", 1, NULL);
    if (err == MMK_OK)
        err = put_header(wav, whole);
    if (err == MMK_OK)
        wav->header_bytes = whole;
    return err;
}

mmk_err mmki_wav_out_frames(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames)
{
    if (wav->err != MMK_OK)
        return wav->err;
    put_data(wav, frames, n_frames * wav->frame_bytes);
    mmk_err err = update_header(wav);
    if (wav->err == MMK_OK)
        wav->err = err;
    return wav->err;
}

mmk_err mmki_wav_out_silence(struct mmki_wav_out *wav, uint64_t n_frames)
{
    unsigned char silence[4096];
    uint32_t at_once = (uint32_t)(sizeof silence / wav->frame_bytes);
    if (mmki_silence_is_zero(&wav->format) && n_frames > wav->format.rate_hz) {
        wav->hole_bytes += n_frames * wav->frame_bytes;
        return wav->err;
    }
    mmki_silence(&wav->format, silence, at_once);
    while (n_frames > 0 && wav->err == MMK_OK) {
        uint32_t n = n_frames < at_once ? (uint32_t)n_frames : at_once;
        put_data(wav, silence, n * wav->frame_bytes);
        n_frames -= n;
    }
    return wav->err;
}

mmk_err mmki_wav_out_end(struct mmki_wav_out *wav)
{
    if (wav->fd < 0)
        return wav->err;
    /* close is where a network file system or a quota says that it did not take everything */
    if (close(wav->fd) != 0 && errno != EINTR && wav->err == MMK_OK)
        wav->err = mmki_err_from_errno(errno);
    wav->fd = -1;
    return wav->err;
}
