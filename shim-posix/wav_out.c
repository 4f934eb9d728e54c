/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mmk/riff.h>

#include "devices_internal.h"
#include "wav_out.h"

#define BUFFER_BYTES (256u * 1024u)
#define SYNC_NS      UINT64_C(1000000000)

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

/** Buffer into file. What a full disk took of it counts. */
static mmk_err flush(struct mmki_wav_out *wav)
{
    size_t written;
    if (wav->err != MMK_OK || wav->fill == 0)
        return wav->err;
    wav->err = put(wav->fd, MMK_RIFF_HEADER_BYTES + wav->data_bytes + wav->hole_bytes, wav->buffer,
                   wav->fill, &written);
    if (written > 0) { /* only now does the file reach beyond the hole */
        wav->data_bytes += wav->hole_bytes + written;
        wav->hole_bytes = 0;
    }
    wav->fill = 0;
    return wav->err;
}

mmk_err mmki_wav_out_begin(struct mmki_wav_out *wav, int fd, const struct mmk_format *format)
{
    memset(wav, 0, sizeof *wav);
    wav->format = *format;
    wav->frame_bytes = mmk_format_frame_bytes(format);
    wav->buffer = malloc(BUFFER_BYTES);
    wav->fd = fd;
    mmk_err err = wav->buffer != NULL ? put_header(wav, 0) : MMK_ERR_NOMEM;
    if (err != MMK_OK) {
        free(wav->buffer);
        wav->buffer = NULL;
        wav->fd = -1;
        return err;
    }
    wav->header_ns = mmki_now_ns();
    return MMK_OK;
}

mmk_err mmki_wav_out_frames(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames)
{
    const unsigned char *from = frames;
    size_t len = n_frames * wav->frame_bytes;
    while (len > 0 && wav->err == MMK_OK) {
        size_t room = BUFFER_BYTES - wav->fill;
        size_t n = len < room ? len : room;
        memcpy(wav->buffer + wav->fill, from, n);
        wav->fill += n;
        from += n;
        len -= n;
        if (wav->fill == BUFFER_BYTES)
            (void)flush(wav);
    }
    return wav->err;
}

mmk_err mmki_wav_out_silence(struct mmki_wav_out *wav, uint64_t n_frames)
{
    unsigned char silence[4096];
    uint32_t frames_at_once = (uint32_t)(sizeof silence / wav->frame_bytes);
    if (mmki_silence_is_zero(&wav->format) && n_frames > wav->format.rate_hz) {
        /* more than a second: leave a hole. What follows makes the file as long as the header will
         * say. */
        if (flush(wav) == MMK_OK)
            wav->hole_bytes += n_frames * wav->frame_bytes;
        return wav->err;
    }
    mmki_silence(&wav->format, silence, frames_at_once);
    while (n_frames > 0 && wav->err == MMK_OK) {
        uint32_t n = n_frames < frames_at_once ? (uint32_t)n_frames : frames_at_once;
        (void)mmki_wav_out_frames(wav, silence, n);
        n_frames -= n;
    }
    return wav->err;
}

/** Header for what has reached the file; also after a failure, since its place is there already. */
static mmk_err update_header(struct mmki_wav_out *wav)
{
    uint64_t whole = wav->data_bytes - wav->data_bytes % wav->frame_bytes;
    if (whole == wav->header_bytes)
        return MMK_OK;
    /* the pad byte is overwritten by the next sample, if one comes */
    mmk_err err = mmk_riff_pad(whole) && whole == wav->data_bytes
                      ? put(wav->fd, MMK_RIFF_HEADER_BYTES + whole, "", 1, NULL)
                      : MMK_OK;
    if (err == MMK_OK)
        err = put_header(wav, whole);
    if (err == MMK_OK)
        wav->header_bytes = whole;
    return err;
}

mmk_err mmki_wav_out_sync(struct mmki_wav_out *wav)
{
    (void)flush(wav);
    mmk_err err = update_header(wav);
    if (wav->err == MMK_OK)
        wav->err = err;
    wav->header_ns = mmki_now_ns();
    return wav->err;
}

mmk_err mmki_wav_out_tick(struct mmki_wav_out *wav, uint64_t now_ns)
{
    if (wav->fd < 0 || now_ns - wav->header_ns < SYNC_NS)
        return wav->err;
    return mmki_wav_out_sync(wav);
}

mmk_err mmki_wav_out_end(struct mmki_wav_out *wav)
{
    if (wav->fd < 0)
        return wav->err;
    (void)mmki_wav_out_sync(wav);
    /* close is where a network file system or a quota says that it did not take everything */
    if (close(wav->fd) != 0 && errno != EINTR && wav->err == MMK_OK)
        wav->err = mmki_err_from_errno(errno);
    free(wav->buffer);
    wav->buffer = NULL;
    wav->fd = -1;
    return wav->err;
}
