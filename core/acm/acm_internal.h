/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_ACM_INTERNAL_H
#define MMKI_ACM_INTERNAL_H

/** What the files of this folder share: formats as read, and the messages by group. */

#include <stdatomic.h>

#include <mmk/abi.h>
#include <mmk/acm.h>

#include "base/bytes.h"
#include "base/checked.h"

#define MMKI_TAG_PCM        0x0001u
#define MMKI_TAG_FLOAT      0x0003u
#define MMKI_TAG_ALAW       0x0006u
#define MMKI_TAG_ULAW       0x0007u
#define MMKI_TAG_EXTENSIBLE 0xFFFEu

/** A WAVEFORMATEX that was checked. Either pcm.sample is not NONE (PCM, float, G.711), or codec is
 *  not NULL; pcm's rate, channels and mask hold for both. */
struct mmki_acm_format {
    uint16_t tag; /* as it stood there, EXTENSIBLE too */
    struct mmk_format pcm;
    const struct mmk_codec *codec;
    struct mmk_codec_shape shape; /* of a codec; extra borrowed from the bytes read */
    uint32_t block_bytes;
    uint32_t block_frames;
};

struct mmki_codecs {
    const struct mmk_codec *const *list;
    size_t n;
};

const struct mmk_codec *mmki_codec_of(const struct mmki_codecs *codecs, uint16_t tag);

/** Read a format that may lie. @retval MMK_ERR_FORMAT, MMK_ERR_INVAL (NULL) */
mmk_err mmki_acm_read(const struct mmki_codecs *codecs, const void *wfx, size_t len_bytes,
                      struct mmki_acm_format *out);

/** Write the format of a tag for rate, channels and bits (0: the tag's usual).
 *  @param buf  MMK_ACM_FORMAT_MAX bytes
 *  @param len  out: bytes written; 16 .. for PCM (PCMWAVEFORMAT is its first part)
 *  @retval MMK_ERR_FORMAT  the tag has no such format */
mmk_err mmki_acm_write(const struct mmki_codecs *codecs, uint16_t tag, uint32_t rate_hz,
                       unsigned channels, unsigned bits, uint8_t *buf, size_t *len);

/* ------------------------------------------------------------------ filters (filter.c) */

#define MMKI_FILTER_VOLUME 1u
#define MMKI_FILTER_ECHO   2u

struct mmki_filter {
    uint32_t tag; /* 0: none */
    float gain;
    uint32_t delay_frames;
    /* echo's past, as a ring */
    float *ring;
    uint32_t at;
    uint32_t tail; /* frames of echo still to come after the end */
};

/** Read a WAVEFILTER that may lie. @retval MMK_ERR_FORMAT */
mmk_err mmki_filter_read(const void *filter, uint32_t rate_hz, struct mmki_filter *out);
void mmki_filter_reset(struct mmki_filter *f, unsigned channels);
/** In place. */
void mmki_filter_run(struct mmki_filter *f, float *frames, size_t n_frames, unsigned channels);

/* ------------------------------------------------------------------ messages */

struct mmk_acm {
    const struct mmk_acm_class *cls;
    struct mmk_port *port;
    struct mmki_codecs codecs;
    void (*setup)(void *user, struct mmk_acm_setup *out);
    void *user;
    const struct mmk_dsp *dsp;
    atomic_uint gate; /* 1 = taken; guards the table; acquire on taking pairs with release */
    uint32_t generation;
    uint32_t n_slots; /* in use or not, of `slots` */
    struct mmki_acm_stream **slots;
};

/* details.c */
uint32_t mmki_acm_driver_details(struct mmk_acm *acm, uintptr_t l1);
uint32_t mmki_acm_tag_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query);
uint32_t mmki_acm_format_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query);
uint32_t mmki_acm_filtertag_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query);
uint32_t mmki_acm_filter_details(struct mmk_acm *acm, uintptr_t l1, uint32_t query);
/** How many tags are listed, and the tag of an index. */
size_t mmki_acm_n_tags(const struct mmk_acm *acm);
uint16_t mmki_acm_tag(const struct mmk_acm *acm, size_t index);

/* suggest.c */
uint32_t mmki_acm_suggest(struct mmk_acm *acm, uintptr_t l1);

/* stream.c */
uint32_t mmki_acm_stream_open(struct mmk_acm *acm, uintptr_t l1);
uint32_t mmki_acm_stream_close(struct mmk_acm *acm, uintptr_t l1);
uint32_t mmki_acm_stream_size(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2);
uint32_t mmki_acm_stream_prepare(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2);
uint32_t mmki_acm_stream_unprepare(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2);
uint32_t mmki_acm_stream_convert(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2);
uint32_t mmki_acm_stream_reset(struct mmk_acm *acm, uintptr_t l1);
void mmki_acm_streams_end(struct mmk_acm *acm);

#endif
