/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/codec_internal.h"

/* G.711 between bytes and 16 bits, and as codecs. The codes' leading one and the four bits behind
 * it are what a float's exponent and mantissa begin with, so that the loops have neither branch nor
 * table and become vector code. */

static inline uint32_t float_bits(uint32_t m)
{
    float f = (float)(int32_t)m;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits >> 19; /* exponent and four bits of the mantissa */
}

void mmk_g711_s16_to_alaw(uint8_t *dst, const int16_t *src, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++) {
        const int32_t x = (int16_t)mmki_load16((const uint8_t *)src + 2 * i), sign = x >> 31;
        const uint32_t m = (uint32_t)(x ^ sign) >> 4;
        const uint32_t curved = float_bits(m) - ((127u + 3u) << 4);
        const uint32_t code = m < 16 ? m : curved;
        dst[i] = (uint8_t)((code | (~(uint32_t)sign & 0x80u)) ^ 0x55u);
    }
}

void mmk_g711_s16_to_ulaw(uint8_t *dst, const int16_t *src, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++) {
        const int32_t x = (int16_t)mmki_load16((const uint8_t *)src + 2 * i), sign = x >> 31;
        const int32_t biased = ((x ^ sign) >> 2) + 33;
        const int32_t m = biased > 0x1FFF ? 0x1FFF : biased;
        const uint32_t code = float_bits((uint32_t)m) - ((127u + 5u) << 4);
        dst[i] = (uint8_t)((~code & 0x7Fu) | (~(uint32_t)sign & 0x80u));
    }
}

void mmk_g711_alaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++)
        mmki_store16((uint8_t *)dst + 2 * i, (uint16_t)mmki_alaw_decode[src[i]]);
}

void mmk_g711_ulaw_to_s16(int16_t *dst, const uint8_t *src, size_t n_samples)
{
    for (size_t i = 0; i < n_samples; i++)
        mmki_store16((uint8_t *)dst + 2 * i, (uint16_t)mmki_ulaw_decode[src[i]]);
}

/* ------------------------------------------------------------------ as codecs */

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
