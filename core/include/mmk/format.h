/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_FORMAT_H
#define MMK_FORMAT_H

/**
 * Audio formats: what a frame looks like.
 *
 * A *sample* is one number of one channel; a *frame* is one sample of every channel, interleaved.
 * struct mmk_format is the library's own description; WAVEFORMATEX and WAVEFORMATEXTENSIBLE are
 * translated to it once, where they arrive, and hostile until then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How one sample is stored, always little-endian. */
typedef enum mmk_sample {
    MMK_SAMPLE_NONE = 0,
    MMK_SAMPLE_U8,   /* unsigned, 128 = silence */
    MMK_SAMPLE_S16,
    MMK_SAMPLE_S24,  /* packed in three bytes */
    MMK_SAMPLE_S32,  /* also 24 valid bits in a 32-bit container (valid bits are the upper ones) */
    MMK_SAMPLE_F32,  /* full scale is +-1 */
    MMK_SAMPLE_F64,
    MMK_SAMPLE_ALAW, /* ITU-T G.711 */
    MMK_SAMPLE_ULAW,
    MMK_SAMPLE_COUNT
} mmk_sample;

#define MMK_CHANNELS_MAX 8u
#define MMK_RATE_MIN_HZ 1000u
#define MMK_RATE_MAX_HZ 384000u

struct mmk_format {
    mmk_sample sample;
    uint16_t channels;     /* 1 .. MMK_CHANNELS_MAX */
    uint16_t valid_bits;   /* 1 .. the container's bits; equals them but in EXTENSIBLE formats */
    uint32_t rate_hz;      /* MMK_RATE_MIN_HZ .. MMK_RATE_MAX_HZ */
    uint32_t channel_mask; /* SPEAKER_* bits, 0 = not said: channels in the standard order */
};

/** WAVEFORMATEX is 18 bytes; the largest format we write or read is WAVEFORMATEXTENSIBLE. */
#define MMK_WAVEFORMAT_MAX_BYTES 40u

/**
 * Bytes of one sample: 1, 2, 3, 4 or 8. @return 0 for MMK_SAMPLE_NONE or an unknown value.
 * Context: any (audio too).
 */
size_t mmk_sample_bytes(mmk_sample sample);

/** "s16", "float32", ... as the parameter table and mmectl write it; "?" if unknown. Context: any. */
const char *mmk_sample_name(mmk_sample sample);

/** The sample type of that name, or MMK_SAMPLE_NONE. Context: any. */
mmk_sample mmk_sample_from_name(const char *name);

/** Bytes of one frame (block align). 0 if the format is not valid. Context: any. */
size_t mmk_format_frame_bytes(const struct mmk_format *format);

/** Whether every field is within its documented range and the fields agree. Context: any. */
bool mmk_format_valid(const struct mmk_format *format);

/** Whether two formats hold the same bytes for the same sound (a mask of 0 equals the standard one). */
bool mmk_format_same(const struct mmk_format *a, const struct mmk_format *b);

/** The SPEAKER_* mask that a count of 1..8 channels has when none is said (mono: front centre, 2: front
 *  left and right, 4: quad, 6: 5.1 back, 8: 7.1 side); 0 if out of range. Source: KSAUDIO_SPEAKER_*. */
uint32_t mmk_channel_mask_default(unsigned channels);

/**
 * Read a WAVEFORMATEX, WAVEFORMATEXTENSIBLE or PCMWAVEFORMAT that may lie.
 *
 * Every field is checked: tag, channels, rate, bits, block align = channels * container bytes,
 * average bytes = rate * block align, cbSize, valid bits, sub-format, number of mask bits.
 * PCMWAVEFORMAT (16 bytes, PCM only) and WAVEFORMATEX with cbSize ignored for PCM are accepted as Windows
 * does. nAvgBytesPerSec is not trusted and not required to agree (many old programs get it wrong).
 *
 * @param wfx        bytes in memory order, need not be aligned
 * @param len_bytes  how many may be read; SIZE_MAX where only the structure itself tells (MME messages)
 * @param out        the format on MMK_OK
 * @retval MMK_ERR_FORMAT  malformed, or a tag this library does not decode
 * @retval MMK_ERR_INVAL   wfx or out is NULL
 * Context: any.
 */
mmk_err mmk_format_from_wfx(const void *wfx, size_t len_bytes, struct mmk_format *out);

/**
 * Write a format as WAVEFORMATEX, or as WAVEFORMATEXTENSIBLE where the plain one cannot say it (more than two
 * channels, a mask that is not the standard one, valid bits below the container, more than 16 bits of PCM
 * when `extensible` asks for it).
 *
 * @param buf   MMK_WAVEFORMAT_MAX_BYTES bytes
 * @param len   out: bytes written, 18 or 40
 * Context: any.
 */
mmk_err mmk_format_to_wfx(const struct mmk_format *format, bool extensible, void *buf, size_t *len);

/**
 * The format in words, such as "48000 Hz, 2 channels, s16".
 * @param buf  at least 64 bytes; always terminated
 * Context: any.
 */
void mmk_format_text(const struct mmk_format *format, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
