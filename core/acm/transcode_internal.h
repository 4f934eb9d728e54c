/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_TRANSCODE_INTERNAL_H
#define MMKI_TRANSCODE_INTERNAL_H

/**
 * A transcoder, stage by stage. Frames wait in at most one place of each stage:
 *
 *     bytes -> hold (part of a block) -> block_in (decoded) -> fin -> [filter] [mix] resampler
 *           -> [mix] -> fout -> block_out (to be encoded) -> bytes
 *
 * Three ways through: COPY (the formats are the same), S16 (both sides are 16 bits at heart, same
 * rate and channels: no float at all), FLOAT (all else).
 */

#include "acm/acm_internal.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MMKI_HOST_IS_LITTLE false
#else
#define MMKI_HOST_IS_LITTLE true
#endif

#define MMKI_CHUNK 256u /* frames of fin and fout */

typedef enum mmki_way { MMKI_WAY_COPY, MMKI_WAY_S16, MMKI_WAY_FLOAT } mmki_way;

struct mmk_transcoder {
    const struct mmk_dsp *dsp;
    struct mmki_acm_format in, out;
    struct mmki_filter filter;
    struct mmk_acm_setup setup;
    mmki_way way;
    bool dithers;
    bool counts; /* clips */
    uint64_t clips;
    bool mixes;                      /* channel counts or masks differ */
    bool mix_first;                  /* before the resampler: fewer channels to resample */
    bool ending;                     /* END was said, not all has come out yet */
    bool finished;                   /* ... it has; what comes next is a new stream */
    bool flushed;                    /* the part of a block inside was decoded */
    bool any;                        /* something came in since the beginning */
    struct mmk_resampler *resampler; /* NULL: equal rates */
    struct mmk_dither dither;

    uint8_t *hold;
    size_t held;
    void *state_in, *state_out; /* of the codecs */
    int16_t *block_in;
    size_t bi_at, bi_len; /* frames */
    int16_t *block_out;
    size_t bo_len;
    float *fin, *fout, *mid;
    size_t fi_at, fi_len, fo_at, fo_len;
    float matrix[MMK_CHANNELS_MAX * MMK_CHANNELS_MAX];
};

/** A call's two ends. */
struct mmki_flow {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;
    bool whole; /* BLOCKALIGN */
    bool end;
};

/* sinks.c */
/** Frames that the output side can take now. */
size_t mmki_sink_room(const struct mmk_transcoder *t, const struct mmki_flow *f);
/** n frames, at most mmki_sink_room. */
void mmki_sink_f32(struct mmk_transcoder *t, struct mmki_flow *f, const float *frames, size_t n);
void mmki_sink_s16(struct mmk_transcoder *t, struct mmki_flow *f, const uint8_t *frames, size_t n);
/** Encode a full block if there is one and room for it. @return whether bytes came out */
bool mmki_sink_flush(struct mmk_transcoder *t, struct mmki_flow *f);
/** Fill a begun block with silence. */
void mmki_sink_pad(struct mmk_transcoder *t);

#endif
