/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WAV_OUT_H
#define MMK_WAV_OUT_H

/**
 * A WAV file being written. Nothing is kept back: each call leaves a whole WAV in the file, data
 * first and the header that counts it second. So a program may end at any moment, and old ones do
 * end without closing their devices: what was reported as played is in the file. That costs two
 * small writes for each period.
 */

#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

struct mmki_wav_out {
    int fd; /* -1 = none */
    struct mmk_format format;
    size_t frame_bytes;
    uint64_t data_bytes;   /* in the file, behind the header */
    uint64_t hole_bytes;   /* silence behind that: a hole in the file, once something follows */
    uint64_t header_bytes; /* data that the header counts */
    mmk_err err;           /* first failure; no more data is written after it */
};

/** Take an empty file, with its descriptor, and write a header for no data.
 *  @retval MMK_ERR_IO, MMK_ERR_NO_SPACE: the descriptor stays the caller's */
mmk_err mmki_wav_out_begin(struct mmki_wav_out *wav, int fd, const struct mmk_format *format);

/** Append frames. On failure what the medium took of them is in the file and counted. */
mmk_err mmki_wav_out_frames(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames);

/** Append silence, to be followed by frames. Where silence is zero bytes a long one becomes a hole.
 */
mmk_err mmki_wav_out_silence(struct mmki_wav_out *wav, uint64_t n_frames);

/** Close. @return the first failure since begin. A zeroed struct with fd -1 is fine. */
mmk_err mmki_wav_out_end(struct mmki_wav_out *wav);

#endif
