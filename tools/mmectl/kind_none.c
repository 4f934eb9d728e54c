/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Where there is no libsndfile: WAV is all that can be written. */
#include <stdio.h>

#include "writer_kind.h"

const char *kind_ending(size_t i)
{
    (void)i;
    return NULL;
}

mmk_err kind_check(const char *path, const struct sound_coding *coding, char *why, size_t cap)
{
    (void)coding;
    snprintf(why, cap,
             "%s: this mmectl writes WAV files only (RF64 beyond 4 GiB); use the ending wav", path);
    return MMK_ERR_UNSUPPORTED;
}

const struct sound_coding *kind_nearest(const char *path, mmk_sample sample)
{
    (void)path;
    return sound_coding_of(sample);
}

mmk_err kind_open(const char *path, const char *temp, const struct mmk_format *format,
                  const struct sound_coding *coding, struct kind_writer **out, char *why,
                  size_t cap)
{
    (void)temp;
    (void)format;
    (void)out;
    return kind_check(path, coding, why, cap);
}

mmk_err kind_write(struct kind_writer *writer, const void *frames, size_t n_frames, char *why,
                   size_t cap)
{
    (void)writer;
    (void)frames;
    (void)n_frames;
    return kind_check("", NULL, why, cap);
}

mmk_err kind_close(struct kind_writer *writer, char *why, size_t cap)
{
    (void)writer;
    return kind_check("", NULL, why, cap);
}
