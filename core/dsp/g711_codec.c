/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/codec_internal.h"

/* G.711 as codecs: a block is a frame. Bulk goes by g711_c.c. */

static mmk_err check(struct mmk_codec_shape *shape)
{
    if (shape->channels < 1 || shape->channels > MMK_CHANNELS_MAX || shape->bits != 8 ||
        shape->block_bytes != shape->channels)
        return MMK_ERR_FORMAT;
    shape->block_frames = 1;
    return MMK_OK;
}

static mmk_err propose(struct mmk_codec_shape *shape, uint8_t *extra)
{
    shape->bits = 8;
    shape->block_bytes = shape->channels;
    shape->extra = extra;
    shape->extra_bytes = 0;
    return check(shape);
}

static void start(void *state, const struct mmk_codec_shape *shape)
{
    (void)state;
    (void)shape;
}

static size_t decode_alaw(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                          size_t len_bytes, int16_t *pcm)
{
    (void)state;
    if (len_bytes < shape->block_bytes)
        return 0;
    mmk_g711_alaw_to_s16(pcm, block, shape->channels);
    return 1;
}

static size_t decode_ulaw(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                          size_t len_bytes, int16_t *pcm)
{
    (void)state;
    if (len_bytes < shape->block_bytes)
        return 0;
    mmk_g711_ulaw_to_s16(pcm, block, shape->channels);
    return 1;
}

static void encode_alaw(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                        uint8_t *block)
{
    (void)state;
    mmk_g711_s16_to_alaw(block, pcm, shape->channels);
}

static void encode_ulaw(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                        uint8_t *block)
{
    (void)state;
    mmk_g711_s16_to_ulaw(block, pcm, shape->channels);
}

static const uint32_t rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 0};

#define G711(tag_, name_, law)                                                                    \
    {                                                                                             \
        .tag = (tag_), .bits = 8, .channels_max = MMK_CHANNELS_MAX, .extra_bytes = 0,             \
        .name = (name_), .rates = rates, .any_rate = true, .stateless = true, .propose = propose, \
        .check = check, .state_bytes = 1, .start = start, .decode = decode_##law,                 \
        .encode = encode_##law                                                                    \
    }

const struct mmk_codec mmk_codec_alaw = G711(0x0006, "CCITT A-Law", alaw);
const struct mmk_codec mmk_codec_ulaw = G711(0x0007, "CCITT u-Law", ulaw);
