/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A WAV file being written. Nothing is kept back: each call leaves a whole WAV in the file, data
 * first and the header that counts it second, so that the process may end at any moment, without a
 * word, as Windows programs do, or killed. That costs two small writes for each period.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/riff.h>

struct mmki_wav_out {
    struct mmki_used_names *used;
    struct mmk_format format;
    size_t frame_bytes;
    uint32_t device;             /* its number */
    WCHAR path[MMKI_PATH_UNITS]; /* as asked for: a pattern, a folder, or "" */
    HANDLE file;                 /* NULL until the first sound */
    uint64_t data_bytes;         /* in the file */
    uint64_t hole_bytes;         /* silence behind that, once something follows it */
    uint64_t header_bytes;       /* data bytes that the header tells of */
    uint64_t silence_frames;     /* since the last sound, not written */
    mmk_err err;                 /* first failure; no more data is written after it */
};

void mmki_silence(const struct mmk_format *format, void *frames, uint64_t n_frames)
{
    int byte = format->sample == MMK_SAMPLE_U8     ? 0x80
               : format->sample == MMK_SAMPLE_ALAW ? 0xD5
               : format->sample == MMK_SAMPLE_ULAW ? 0xFF
                                                   : 0;
    memset(frames, byte, (size_t)n_frames * mmk_format_frame_bytes(format));
}

/* ------------------------------------------------------------------ writing */

static mmk_err put_header(struct mmki_wav_out *wav, uint64_t data_bytes)
{
    unsigned char header[MMK_RIFF_HEADER_BYTES];
    mmk_err err = mmk_riff_header(&wav->format, data_bytes, header);
    return err == MMK_OK ? mmki_write_at(wav->file, 0, header, sizeof header, NULL) : err;
}

/** Header for the whole frames that have reached the file; also after a failure, since its place is
 *  there already. */
static mmk_err update_header(struct mmki_wav_out *wav)
{
    uint64_t whole = wav->data_bytes - wav->data_bytes % wav->frame_bytes;
    mmk_err err = MMK_OK;
    if (whole == wav->header_bytes)
        return MMK_OK;
    /* the pad byte is overwritten by the next sample, if one comes */
    if (mmk_riff_pad(whole) && whole == wav->data_bytes)
        err = mmki_write_at(wav->file, MMK_RIFF_HEADER_BYTES + whole, "", 1, NULL);
    if (err == MMK_OK)
        err = put_header(wav, whole);
    if (err == MMK_OK)
        wav->header_bytes = whole;
    return err;
}

static void put(struct mmki_wav_out *wav, const void *bytes, size_t len)
{
    size_t written;
    if (wav->err != MMK_OK)
        return;
    wav->err = mmki_write_at(wav->file, MMK_RIFF_HEADER_BYTES + wav->data_bytes + wav->hole_bytes,
                             bytes, len, &written);
    if (written > 0) { /* only now does the file reach beyond the hole */
        wav->data_bytes += wav->hole_bytes + written;
        wav->hole_bytes = 0;
    }
}

static bool silence_is_zero(const struct mmk_format *format)
{
    return format->sample != MMK_SAMPLE_U8 && format->sample != MMK_SAMPLE_ALAW &&
           format->sample != MMK_SAMPLE_ULAW;
}

static void put_silence(struct mmki_wav_out *wav)
{
    unsigned char silence[2048];
    uint64_t most = sizeof silence / wav->frame_bytes;
    if (silence_is_zero(&wav->format) && wav->silence_frames > wav->format.rate_hz) {
        wav->hole_bytes += wav->silence_frames * wav->frame_bytes;
        wav->silence_frames = 0;
    }
    while (wav->silence_frames > 0 && wav->err == MMK_OK) {
        uint64_t n = wav->silence_frames < most ? wav->silence_frames : most;
        mmki_silence(&wav->format, silence, n);
        put(wav, silence, (size_t)n * wav->frame_bytes);
        wav->silence_frames -= n;
    }
}

mmk_err mmki_wav_out_write(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames,
                           uint32_t audible)
{
    if (audible > n_frames)
        audible = n_frames;
    if (audible > 0 && wav->err == MMK_OK) {
        if (wav->file == NULL) {
            wav->silence_frames = 0; /* before the first sound */
            wav->err = mmki_wav_make_file(wav->used, wav->path, wav->device, &wav->file);
            if (wav->err == MMK_OK)
                wav->err = put_header(wav, 0);
        }
        put_silence(wav);
        put(wav, frames, (size_t)audible * wav->frame_bytes);
        mmk_err err = wav->file != NULL ? update_header(wav) : MMK_OK;
        if (wav->err == MMK_OK)
            wav->err = err;
    }
    wav->silence_frames += n_frames - audible;
    return wav->err;
}

mmk_err mmki_wav_out_open(struct mmki_used_names *used, const struct mmk_device_config *config,
                          struct mmki_wav_out **out, char *reason, size_t cap)
{
    if (!mmk_format_valid(&config->format))
        return MMK_ERR_FORMAT;
    mmk_err err = mmki_wav_out_probe(config->path, reason, cap);
    if (err != MMK_OK)
        return err;
    struct mmki_wav_out *wav = mmki_alloc(sizeof *wav);
    if (wav == NULL)
        return MMK_ERR_NOMEM;
    wav->used = used;
    wav->device = config->number;
    wav->format = config->format;
    wav->frame_bytes = mmk_format_frame_bytes(&config->format);
    err = mmki_wide(config->path, wav->path, MMKI_PATH_UNITS);
    if (err != MMK_OK) {
        mmki_free(wav);
        return err;
    }
    *out = wav;
    return MMK_OK;
}

mmk_err mmki_wav_out_close(struct mmki_wav_out *wav)
{
    if (wav->file != NULL && !CloseHandle(wav->file) && wav->err == MMK_OK)
        wav->err = MMK_ERR_IO;
    mmk_err err = wav->err;
    mmki_free(wav);
    return err;
}
