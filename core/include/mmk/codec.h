/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_CODEC_H
#define MMK_CODEC_H

/**
 * Codecs: compressed bytes to 16-bit samples and back, block by block.
 *
 * A codec is const data, struct mmk_codec: one WAVE_FORMAT_* tag, what its formats look like, and
 * four functions. It knows samples and blocks, never messages, rates of others or memory: all else
 * (other sample formats, rates and channel counts, cutting into calls, ACM messages) is done once
 * for all codecs by acm.h.
 *
 * A *block* is what the codec's bytes come in: block_bytes of them hold block_frames frames. PCM is
 * interleaved int16_t, host order.
 *
 *     struct mmk_codec_shape shape = {.rate_hz = 48000, .channels = 2};
 *     mmk_codec_ima.propose(&shape, extra);              // a good block size
 *     mmk_codec_ima.check(&shape);                       // does it hold together? sets
 * block_frames mmk_codec_ima.start(state, &shape);                // state: state_bytes bytes,
 * aligned to 16 mmk_codec_ima.encode(state, &shape, pcm, block);   // one whole block frames =
 * mmk_codec_ima.decode(state, &shape, block, shape.block_bytes, pcm);
 *
 * Bytes to decode are hostile: every function reads and writes only what its comment says, whatever
 * they hold. Decoding is bit-exact to the published definition of each codec; where a definition
 * leaves damaged input open, the comment of the codec says what is done.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Largest number of bytes behind a WAVEFORMATEX that a codec may use (256 coefficient pairs of MS
 *  ADPCM and their two counts). */
#define MMK_CODEC_EXTRA_MAX 1028u

/** A codec's format, apart from its tag. */
struct mmk_codec_shape {
    uint32_t rate_hz;      /* MMK_RATE_MIN_HZ .. MMK_RATE_MAX_HZ */
    uint16_t channels;     /* 1 .. the codec's channels_max */
    uint16_t bits;         /* wBitsPerSample */
    uint32_t block_bytes;  /* nBlockAlign */
    uint32_t block_frames; /* set by check */
    const uint8_t *extra;  /* what follows the WAVEFORMATEX; borrowed */
    size_t extra_bytes;
};

/** One compressed format tag. Context of all functions: audio (no allocation, no lock), except
 *  propose and check: any. */
struct mmk_codec {
    uint16_t tag;
    uint16_t bits; /* wBitsPerSample of its formats; 0 where a codec has none */
    uint16_t channels_max;
    uint16_t extra_bytes;  /* what propose writes at most, cbSize of the formats we offer */
    const char *name;      /* "IMA ADPCM": what programs list. ASCII, at most 47 characters */
    const uint32_t *rates; /* rates to offer in lists, ending in 0; others are taken all the same */
    bool any_rate;         /* false: only those */
    bool stateless;        /* a block decodes to the same PCM whatever came before it */

    /** From rate_hz and channels, make block_bytes, bits and extra (extra_bytes bytes of room).
     *  @retval MMK_ERR_FORMAT  not with this codec */
    mmk_err (*propose)(struct mmk_codec_shape *shape, uint8_t *extra);

    /** Whether the fields, hostile until now, hold together; sets block_frames from the block's
     *  size, never from a field that may lie.
     *  @retval MMK_ERR_FORMAT  they do not */
    mmk_err (*check)(struct mmk_codec_shape *shape);

    size_t state_bytes;
    /** Begin a stream in `state`, as after silence. */
    void (*start)(void *state, const struct mmk_codec_shape *shape);

    /** One block, or its first len_bytes bytes where the stream ends.
     *  @param pcm  block_frames * channels samples of room
     *  @return frames that those bytes hold, at most block_frames */
    size_t (*decode)(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                     size_t len_bytes, int16_t *pcm);

    /** block_frames frames into block_bytes bytes, all of them written. NULL: decodes only. */
    void (*encode)(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                   uint8_t *block);

    /** Two whole blocks at once, where that is faster than one after the other (a stateless
     *  codec's chains of dependent steps fill each other's gaps). Same results. NULL: it is not. */
    void (*decode_two)(const struct mmk_codec_shape *shape, const uint8_t *blocks, int16_t *pcm);
    void (*encode_two)(const struct mmk_codec_shape *shape, const int16_t *pcm, uint8_t *blocks);
};

/* ------------------------------------------------------------------ the codecs that are here */

/** ITU-T G.711: one byte a sample, a block is one frame. Encoding follows the decision values of
 *  the tables; a 16-bit value between two of them goes towards zero. */
extern const struct mmk_codec mmk_codec_alaw;
extern const struct mmk_codec mmk_codec_ulaw;

/** IMA (DVI) ADPCM in the block layout of WAV files: 1 or 2 channels, any block of at least one
 *  header and one group of samples. Damaged: a step index over 88 counts as 88.
 *  Source: IMA Digital Audio Focus and Technical Working Groups, "Recommended Practices for
 *  Enhancing Digital Audio Compatibility in Multimedia Systems", 3.00, 1992; the block layout:
 *  Microsoft, "New Multimedia Data Types and Data Techniques", 3.0, 1994. */
extern const struct mmk_codec mmk_codec_ima;

/** Microsoft ADPCM, 1 or 2 channels, any block of at least a header and one byte, coefficient pairs
 *  from the format (1 to 256; the first seven need not be the standard ones).
 *  Division by 256 truncates towards zero, as the description's C does. Damaged: a predictor
 *  beyond the pairs counts as 0; the step stops growing at 2^31 / 768.
 *  Source: "New Multimedia Data Types and Data Techniques", 3.0, "Microsoft ADPCM". */
extern const struct mmk_codec mmk_codec_ms;

/** GSM 06.10 full rate in Microsoft's framing: 65 bytes for two frames of 160 samples, 1 channel.
 *  Bit-exact both ways. Source: ETSI EN 300 961 (GSM 06.10), section 5. */
extern const struct mmk_codec mmk_codec_gsm;

/** The seven standard pairs of MS ADPCM, as they stand in a format. */
extern const int16_t mmk_adpcm_ms_coefs[7][2];

/* ------------------------------------------------------------------ G.711 in bulk */

/** Any n; unaligned allowed; no overlap. Context: audio. */
void mmk_g711_alaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples);
void mmk_g711_ulaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples);
void mmk_g711_s16_to_alaw(uint8_t *dst, const int16_t *src, size_t n_samples);
void mmk_g711_s16_to_ulaw(uint8_t *dst, const int16_t *src, size_t n_samples);

#ifdef __cplusplus
}
#endif

#endif
