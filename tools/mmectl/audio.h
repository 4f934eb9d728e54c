/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_AUDIO_H
#define MMECTL_AUDIO_H

/**
 * Sound files as streams of frames, in the library's own formats.
 *
 * A reader gives the file's samples as they are stored (16-bit PCM as s16, 24-bit as s24, A-law as
 * alaw, ...), so that what is copied is copied bit for bit; compressed files come as float32. A
 * file that is empty, cut short or no sound file is refused at open with its name and the reason.
 *
 * A writer makes WAV files by itself (RF64 beyond 4 GiB) and the other kinds by libsndfile, always
 * under a temporary name that becomes the real one at commit.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

struct reader;

/**
 * @param why  out on failure: "NAME is ..."; cap at least 256
 * @retval MMK_ERR_NOT_FOUND, MMK_ERR_ACCESS, MMK_ERR_FORMAT, MMK_ERR_CORRUPT, MMK_ERR_IO
 */
mmk_err reader_open(const char *path, struct reader **out, char *why, size_t cap);
void reader_close(struct reader *reader); /* NULL is fine */
const struct mmk_format *reader_format(const struct reader *reader);
/** Frames in the file, as its header says. */
uint64_t reader_frames(const struct reader *reader);
/** The next frames; 0 at the end. */
size_t reader_read(struct reader *reader, void *frames, size_t n_frames);
bool reader_rewind(struct reader *reader);
/** After the last read: whether the file ended before its header's promise. */
bool reader_cut_short(const struct reader *reader);

/**
 * For a RIFF, RF64 or W64-less WAV file: whether the audio that the header promises is there.
 * @retval MMK_OK  whole, or not a WAV (then libsndfile judges)
 * @retval MMK_ERR_CORRUPT, MMK_ERR_FORMAT  `why` says what is wrong
 */
mmk_err wav_check(const char *path, char *why, size_t cap);

struct writer;

/**
 * @param format  mask and valid bits are written where the kind of file can say them
 */
mmk_err writer_open(const char *path, const struct mmk_format *format, struct writer **out,
                    char *why, size_t cap);
mmk_err writer_write(struct writer *writer, const void *frames, size_t n_frames, char *why,
                     size_t cap);
/** Finish the file and give it its name. The writer is gone afterwards, whatever the answer. */
mmk_err writer_commit(struct writer *writer, char *why, size_t cap);
/** Remove what was written; an existing file of that name is untouched. NULL is fine. */
void writer_abort(struct writer *writer);

/** What a file of that name holds for samples that nobody asked to change: the same where it can,
 *  else the nearest ("flac" keeps no float32: s24). */
mmk_sample writer_nearest(const char *path, mmk_sample sample);

/** Whether a file of that name can hold these samples.
 *  @retval MMK_ERR_UNSUPPORTED  `why` lists what it can */
mmk_err writer_check(const char *path, mmk_sample sample, char *why, size_t cap);

#endif
