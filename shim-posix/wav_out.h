/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WAV_OUT_H
#define MMK_WAV_OUT_H

/**
 * A WAV file being written. Whatever ends the program, the file is a whole WAV of what it holds:
 * data goes first, the header that counts it second, at most a second later.
 */

#include <stdbool.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

struct mmki_wav_out {
    int fd; /* -1 = none */
    struct mmk_format format;
    size_t frame_bytes;
    unsigned char *buffer;
    size_t fill;         /* bytes in the buffer */
    uint64_t data_bytes; /* in the file, behind the header */
    uint64_t hole_bytes; /* silence behind that, before what is in the buffer: a hole, once that is
                            written */
    uint64_t header_bytes; /* data that the header counts */
    uint64_t header_ns;    /* when it was written */
    mmk_err err;           /* first failure; nothing is written after it but the header */
};

/** Take an empty file, with its descriptor, and write a header for no data.
 *  @retval MMK_ERR_NOMEM, MMK_ERR_IO, MMK_ERR_NO_SPACE: the descriptor stays the caller's */
mmk_err mmki_wav_out_begin(struct mmki_wav_out *wav, int fd, const struct mmk_format *format);

/** Append frames. */
mmk_err mmki_wav_out_frames(struct mmki_wav_out *wav, const void *frames, uint32_t n_frames);

/** Append silence; where the format's silence is zero, as a hole that takes no space. */
mmk_err mmki_wav_out_silence(struct mmki_wav_out *wav, uint64_t n_frames);

/** Bring the file up to date if a second has passed since it was. */
mmk_err mmki_wav_out_tick(struct mmki_wav_out *wav, uint64_t now_ns);

/** Write everything, the header last. */
mmk_err mmki_wav_out_sync(struct mmki_wav_out *wav);

/** Sync and close. @return the first failure since begin. A zeroed struct with fd -1 is fine. */
mmk_err mmki_wav_out_end(struct mmki_wav_out *wav);

#endif
