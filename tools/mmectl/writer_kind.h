/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_WRITER_KIND_H
#define MMECTL_WRITER_KIND_H

/** Sound files other than WAV, through libsndfile. Inside writer.c's use only. */

#include "audio.h"

struct kind_writer;

/** The endings of the kinds, from 0. @return NULL: there are no more */
const char *kind_ending(size_t i);
mmk_err kind_check(const char *path, const struct sound_coding *coding, char *why, size_t cap);
/** What such a file holds instead of samples that it cannot. */
const struct sound_coding *kind_nearest(const char *path, mmk_sample sample);
/** @param path  decides the kind by its ending  @param temp  the file to write */
mmk_err kind_open(const char *path, const char *temp, const struct mmk_format *format,
                  const struct sound_coding *coding, struct kind_writer **out, char *why,
                  size_t cap);
mmk_err kind_write(struct kind_writer *writer, const void *frames, size_t n_frames, char *why,
                   size_t cap);
/** @return whether everything reached the file; the writer is gone */
mmk_err kind_close(struct kind_writer *writer, char *why, size_t cap);

#endif
