/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* An ACM driver with a codec of one's own: 12 bits a sample, two samples in three bytes. Linked to
 * shim-win32 it is small.acm (alias msacm.small); tests/acm sends it messages on any system. */
#include <mmk/driver.h>

static mmk_err check(struct mmk_codec_shape *shape)
{
    shape->block_frames = 2;
    return shape->block_bytes == 3u * shape->channels && shape->bits == 12 ? MMK_OK
                                                                           : MMK_ERR_FORMAT;
}

static mmk_err propose(struct mmk_codec_shape *shape, uint8_t *extra)
{
    (void)extra; /* nothing follows the WAVEFORMATEX */
    shape->block_bytes = 3u * shape->channels;
    shape->bits = 12;
    return check(shape);
}

static void start(void *state, const struct mmk_codec_shape *shape)
{
    (void)state, (void)shape; /* each block stands alone */
}

static size_t decode(void *state, const struct mmk_codec_shape *s, const uint8_t *p, size_t len,
                     int16_t *pcm)
{
    (void)state;
    for (unsigned c = 0; len == s->block_bytes && c < s->channels; c++, p += 3) {
        pcm[c] = (int16_t)((p[0] << 4 | p[1] << 12) & 0xFFF0);
        pcm[s->channels + c] = (int16_t)((p[1] & 0xF0) | p[2] << 8);
    }
    return len == s->block_bytes ? 2 : 0;
}

static void encode(void *state, const struct mmk_codec_shape *s, const int16_t *pcm, uint8_t *p)
{
    (void)state;
    for (unsigned c = 0; c < s->channels; c++, p += 3) {
        const unsigned a = (uint16_t)pcm[c], b = (uint16_t)pcm[s->channels + c];
        p[0] = (uint8_t)(a >> 4);
        p[1] = (uint8_t)(a >> 12 | (b & 0xF0));
        p[2] = (uint8_t)(b >> 8);
    }
}

static const uint32_t rates[] = {8000, 44100, 48000, 0};
static const struct mmk_codec twelve = {.tag = 0xFFFF,
                                        .bits = 12,
                                        .channels_max = 2,
                                        .name = "Twelve bits",
                                        .rates = rates,
                                        .any_rate = true,
                                        .stateless = true,
                                        .propose = propose,
                                        .check = check,
                                        .state_bytes = 1,
                                        .start = start,
                                        .decode = decode,
                                        .encode = encode};
static const struct mmk_codec *const codecs[] = {&twelve};
static const struct mmk_acm_class acm = {
    .short_name = "small", .long_name = "small codec", .codecs = codecs, .n_codecs = 1};
static const struct mmk_param_table none = {0};
static const struct mmk_product product = {.name = "small",
                                           .file = "small.acm",
                                           .title = "small codec",
                                           .version = 1u << 24,
                                           .section = "Drivers32",
                                           .alias_base = "msacm.small",
                                           .params = &none};
extern const struct mmk_driver_class small_codec; /* for DriverProc */
const struct mmk_driver_class small_codec = {
    .product = &product, .serves = MMK_SERVES_ACM, .acm = &acm};
