/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_SOUND_IN_H
#define MMK_SOUND_IN_H

/** A sound file being read, as a stream: whatever libsndfile knows. */

#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

struct mmki_sound_in; /* libsndfile's handle and our format */

/**
 * Open. The format is the file's own: the sample type that holds its samples without loss.
 * @param reason  out on failure: names the file, what is wrong and what helps
 * @retval MMK_ERR_NOT_FOUND, MMK_ERR_ACCESS, MMK_ERR_IO, MMK_ERR_NOMEM
 * @retval MMK_ERR_FORMAT   no sound file, or one of more channels or another rate than we take
 * @retval MMK_ERR_CORRUPT  empty, damaged, without sound, or shorter than its header says
 */
mmk_err mmki_sound_in_open(const char *path, struct mmki_sound_in **out, struct mmk_format *format,
                           char *reason, size_t cap);

/** Read up to n_frames in the format that open gave. *got below n_frames: the end.
 *  @retval MMK_ERR_IO  reading failed; *got frames are good */
mmk_err mmki_sound_in_read(struct mmki_sound_in *in, void *frames, uint32_t n_frames,
                           uint32_t *got);

void mmki_sound_in_close(struct mmki_sound_in *in); /* NULL is fine */

#endif
