/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Where there is no libsndfile: WAV is all that can be written. */
#include <stdio.h>

#include "writer_kind.h"

mmk_err kind_check(const char *path, mmk_sample sample, char *why, size_t cap)
{
    (void)sample;
    snprintf(why, cap,
             "%s: this mmectl writes WAV files only (RF64 beyond 4 GiB); use the ending wav", path);
    return MMK_ERR_UNSUPPORTED;
}

mmk_sample kind_nearest(const char *path, mmk_sample sample)
{
    (void)path;
    return sample;
}

mmk_err kind_open(const char *path, const char *temp, const struct mmk_format *format,
                  struct kind_writer **out, char *why, size_t cap)
{
    (void)temp;
    (void)out;
    return kind_check(path, format->sample, why, cap);
}

mmk_err kind_write(struct kind_writer *writer, const void *frames, size_t n_frames, char *why,
                   size_t cap)
{
    (void)writer;
    (void)frames;
    (void)n_frames;
    return kind_check("", MMK_SAMPLE_NONE, why, cap);
}

mmk_err kind_close(struct kind_writer *writer, char *why, size_t cap)
{
    (void)writer;
    return kind_check("", MMK_SAMPLE_NONE, why, cap);
}
