/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_AUDIO_H
#define MMECTL_AUDIO_H

/**
 * Sound files as streams of frames, in the library's own formats.
 *
 * A reader gives the file's samples as they are stored (16-bit PCM as s16, 24-bit as s24, A-law as
 * alaw, ...), so that what is copied is copied bit for bit; what our codecs know comes as s16,
 * decoded by them, other compressed files as float32. A
 * file that is empty, cut short or no sound file is refused at open with its name and the reason.
 *
 * A writer makes WAV files by itself (RF64 beyond 4 GiB) and the other kinds by libsndfile, always
 * under a temporary name that becomes the real one at commit.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/acm.h>
#include <mmk/err.h>
#include <mmk/format.h>

/** How sound is stored in a file: samples as they are, or a codec's bytes. */
struct sound_coding {
    const char *name;              /* as --format says it; a plain one: mmk_sample_name */
    mmk_sample sample;             /* what goes in and comes out */
    const struct mmk_codec *codec; /* of the core: WAV files are written with it. NULL: none */
    const char *text;
};

/** All of them, from 0. @return NULL: there are no more */
const struct sound_coding *sound_coding_at(size_t i);
/** By its name. @return NULL: no such one */
const struct sound_coding *sound_coding(const char *name);
/** The plain one of a sample type. */
const struct sound_coding *sound_coding_of(mmk_sample sample);
bool sound_coding_is_plain(const struct sound_coding *coding);

/** WAVEFORMATEX and what follows it. */
struct sound_wfx {
    unsigned char bytes[MMK_ACM_FORMAT_MAX + 2];
    size_t len;
    uint32_t block_bytes, block_frames; /* a plain coding: one frame */
};

/** @retval MMK_ERR_FORMAT  not at this rate, not with so many channels */
mmk_err sound_wfx(const struct sound_coding *coding, const struct mmk_format *format,
                  struct sound_wfx *out);

#define SOUND_WAV_HEAD_MAX (sizeof(struct sound_wfx) + 128)
/** The head of a WAV file of a codec; RF64 beyond 4 GiB. @return its length, the same for a wfx */
size_t sound_wav_head(const struct sound_wfx *wfx, uint64_t frames, uint64_t data_bytes,
                      unsigned char *head);

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
/** The same in any coding; format->sample is coding->sample. */
mmk_err writer_open_coded(const char *path, const struct mmk_format *format,
                          const struct sound_coding *coding, struct writer **out, char *why,
                          size_t cap);
/** The WAVEFORMATEX of what writer_write takes: frames, or the blocks of a codec. */
const struct sound_wfx *writer_wfx(const struct writer *writer);
mmk_err writer_write(struct writer *writer, const void *frames, size_t n_frames, char *why,
                     size_t cap);
/** How many frames the blocks hold that were written: what fills the last one up is not counted. */
void writer_set_frames(struct writer *writer, uint64_t n_frames);
/** Finish the file and give it its name. The writer is gone afterwards, whatever the answer. */
mmk_err writer_commit(struct writer *writer, char *why, size_t cap);
/** Remove what was written; an existing file of that name is untouched. NULL is fine. */
void writer_abort(struct writer *writer);

/** What a file of that name holds for samples that nobody asked to change: the same where it can,
 *  else the nearest ("flac" keeps no float32: s24). */
const struct sound_coding *writer_nearest(const char *path, mmk_sample sample);

/** Whether a file of that name can hold it.
 *  @retval MMK_ERR_UNSUPPORTED  `why` lists what it can */
mmk_err writer_check(const char *path, const struct sound_coding *coding, char *why, size_t cap);

/** The endings of the files that can be written, from 0. @return NULL: there are no more */
const char *writer_ending(size_t i);

#endif
