/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_WAV_CODEC_H
#define MMECTL_WAV_CODEC_H

/** WAV files of the core's codecs (IMA and Microsoft ADPCM, GSM 6.10), decoded by them into 16-bit
 *  frames. For the readers of sound files, both of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

struct wav_codec;

/** @retval MMK_ERR_UNSUPPORTED  no such file: somebody else's to judge */
mmk_err wav_codec_open(const char *path, struct wav_codec **out, char *why, size_t cap);
void wav_codec_close(struct wav_codec *w); /* NULL is fine */
const struct mmk_format *wav_codec_format(const struct wav_codec *w);
uint64_t wav_codec_frames(const struct wav_codec *w);
size_t wav_codec_read(struct wav_codec *w, void *frames, size_t n_frames);
bool wav_codec_rewind(struct wav_codec *w);
/** Whether the file ended before its header's promise. */
bool wav_codec_cut(const struct wav_codec *w);

#endif
