/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/acm_internal.h"

/* Formats between WAVEFORMATEX bytes, hostile until read here, and what a transcoder needs. */

enum { PCM_BYTES = 16, EX_BYTES = 18 };

const struct mmk_codec *const mmk_codecs[] = {&mmk_codec_alaw, &mmk_codec_ulaw, &mmk_codec_ima,
                                              &mmk_codec_ms, &mmk_codec_gsm};
const size_t mmk_n_codecs = sizeof mmk_codecs / sizeof mmk_codecs[0];

const struct mmk_codec *mmki_codec_of(const struct mmki_codecs *codecs, uint16_t tag)
{
    for (size_t i = 0; i < codecs->n; i++)
        if (codecs->list[i]->tag == tag)
            return codecs->list[i];
    return NULL;
}

static bool is_law(mmk_sample sample)
{
    return sample == MMK_SAMPLE_ALAW || sample == MMK_SAMPLE_ULAW;
}

/* G.711 is a codec for lists and a sample type for conversion: EXTENSIBLE may hold it too. */
static bool law_served(const struct mmki_codecs *codecs, mmk_sample sample)
{
    return !is_law(sample) ||
           mmki_codec_of(codecs, sample == MMK_SAMPLE_ALAW ? MMKI_TAG_ALAW : MMKI_TAG_ULAW) != NULL;
}

static bool by_samples(uint16_t tag)
{
    return tag == MMKI_TAG_PCM || tag == MMKI_TAG_FLOAT || tag == MMKI_TAG_ALAW ||
           tag == MMKI_TAG_ULAW || tag == MMKI_TAG_EXTENSIBLE;
}

static mmk_err read_codec(const struct mmk_codec *codec, const uint8_t *p, size_t len,
                          struct mmki_acm_format *out)
{
    struct mmk_codec_shape *s = &out->shape;
    if (len < EX_BYTES)
        return MMK_ERR_FORMAT;
    s->extra_bytes = mmki_get_u16le(p + 16);
    if (s->extra_bytes > len - EX_BYTES)
        return MMK_ERR_FORMAT;
    s->channels = mmki_get_u16le(p + 2);
    s->rate_hz = mmki_get_u32le(p + 4);
    s->block_bytes = mmki_get_u16le(p + 12);
    s->bits = mmki_get_u16le(p + 14);
    s->extra = p + EX_BYTES;
    s->extra_bytes = s->extra_bytes < MMK_CODEC_EXTRA_MAX ? s->extra_bytes : MMK_CODEC_EXTRA_MAX;
    if (s->rate_hz < MMK_RATE_MIN_HZ || s->rate_hz > MMK_RATE_MAX_HZ || s->channels < 1 ||
        s->channels > codec->channels_max || s->block_bytes == 0 || codec->check(s) != MMK_OK ||
        s->block_frames == 0)
        return MMK_ERR_FORMAT;
    out->codec = codec;
    out->pcm.rate_hz = s->rate_hz;
    out->pcm.channels = s->channels;
    out->block_bytes = s->block_bytes;
    out->block_frames = s->block_frames;
    return MMK_OK;
}

mmk_err mmki_acm_read(const struct mmki_codecs *codecs, const void *wfx, size_t len_bytes,
                      struct mmki_acm_format *out)
{
    const uint8_t *p = wfx;
    const struct mmk_codec *codec;
    mmk_err err;

    if (wfx == NULL)
        return MMK_ERR_INVAL;
    memset(out, 0, sizeof *out);
    if (len_bytes < PCM_BYTES)
        return MMK_ERR_FORMAT;
    out->tag = mmki_get_u16le(p);
    if (!by_samples(out->tag)) {
        codec = mmki_codec_of(codecs, out->tag);
        return codec != NULL ? read_codec(codec, p, len_bytes, out) : MMK_ERR_FORMAT;
    }
    err = mmk_format_from_wfx(wfx, len_bytes, &out->pcm);
    if (err != MMK_OK || !law_served(codecs, out->pcm.sample))
        return MMK_ERR_FORMAT;
    out->block_bytes = (uint32_t)mmk_format_frame_bytes(&out->pcm);
    out->block_frames = 1;
    return MMK_OK;
}

/* ------------------------------------------------------------------ writing */

static void put_ex(uint8_t *p, uint16_t tag, unsigned channels, uint32_t rate_hz, uint32_t average,
                   uint32_t block, unsigned bits, size_t extra)
{
    mmki_put_u16le(p, tag);
    mmki_put_u16le(p + 2, (uint16_t)channels);
    mmki_put_u32le(p + 4, rate_hz);
    mmki_put_u32le(p + 8, average);
    mmki_put_u16le(p + 12, (uint16_t)block);
    mmki_put_u16le(p + 14, (uint16_t)bits);
    mmki_put_u16le(p + 16, (uint16_t)extra);
}

static mmk_sample pcm_of(unsigned bits)
{
    switch (bits) {
    case 8:
        return MMK_SAMPLE_U8;
    case 16:
        return MMK_SAMPLE_S16;
    case 24:
        return MMK_SAMPLE_S24;
    case 32:
        return MMK_SAMPLE_S32;
    default:
        return MMK_SAMPLE_NONE;
    }
}

static mmk_err write_codec(const struct mmk_codec *codec, uint32_t rate_hz, unsigned channels,
                           unsigned bits, uint8_t *buf, size_t *len)
{
    struct mmk_codec_shape s = {.rate_hz = rate_hz, .channels = (uint16_t)channels};
    bool listed = codec->any_rate;

    for (const uint32_t *r = codec->rates; !listed && *r != 0; r++)
        listed = *r == rate_hz;
    if (!listed || (bits != 0 && bits != codec->bits) || channels > codec->channels_max ||
        codec->propose(&s, buf + EX_BYTES) != MMK_OK)
        return MMK_ERR_FORMAT;
    const uint64_t average = (uint64_t)rate_hz * s.block_bytes / s.block_frames;
    put_ex(buf, codec->tag, channels, rate_hz, (uint32_t)average, s.block_bytes, s.bits,
           s.extra_bytes);
    *len = EX_BYTES + s.extra_bytes;
    return MMK_OK;
}

static mmk_err write_extensible(uint32_t rate_hz, unsigned channels, unsigned bits, uint8_t *buf,
                                size_t *len)
{
    const struct mmk_format f = {.sample = pcm_of(bits != 0 ? bits : 16),
                                 .channels = (uint16_t)channels,
                                 .valid_bits = (uint16_t)(bits != 0 ? bits : 16),
                                 .rate_hz = rate_hz};
    const uint32_t frame = (uint32_t)mmk_format_frame_bytes(&f);
    if (frame == 0)
        return MMK_ERR_FORMAT;
    put_ex(buf, MMKI_TAG_EXTENSIBLE, channels, rate_hz, rate_hz * frame, frame, f.valid_bits, 22);
    mmki_put_u16le(buf + 18, f.valid_bits);
    mmki_put_u32le(buf + 20, mmk_channel_mask_default(channels));
    const struct mmk_guid guid = MMK_SUBFORMAT_GUID(MMKI_TAG_PCM);
    mmki_put_u32le(buf + 24, guid.Data1);
    mmki_put_u16le(buf + 28, guid.Data2);
    mmki_put_u16le(buf + 30, guid.Data3);
    memcpy(buf + 32, guid.Data4, sizeof guid.Data4);
    *len = MMK_WAVEFORMAT_MAX_BYTES;
    return MMK_OK;
}

mmk_err mmki_acm_write(const struct mmki_codecs *codecs, uint16_t tag, uint32_t rate_hz,
                       unsigned channels, unsigned bits, uint8_t *buf, size_t *len)
{
    const struct mmk_codec *codec = mmki_codec_of(codecs, tag);
    uint32_t frame;

    memset(buf, 0, MMK_WAVEFORMAT_MAX_BYTES);
    if (rate_hz < MMK_RATE_MIN_HZ || rate_hz > MMK_RATE_MAX_HZ || channels < 1 ||
        channels > MMK_CHANNELS_MAX)
        return MMK_ERR_FORMAT;
    if (codec != NULL)
        return write_codec(codec, rate_hz, channels, bits, buf, len);
    if (tag == MMKI_TAG_EXTENSIBLE)
        return write_extensible(rate_hz, channels, bits, buf, len);
    if (tag == MMKI_TAG_PCM)
        bits = bits != 0 ? bits : 16;
    else if (tag == MMKI_TAG_FLOAT)
        bits = bits != 0 ? bits : 32;
    else
        return MMK_ERR_FORMAT;
    if (tag == MMKI_TAG_PCM ? pcm_of(bits) == MMK_SAMPLE_NONE : bits != 32 && bits != 64)
        return MMK_ERR_FORMAT;
    frame = channels * bits / 8;
    put_ex(buf, tag, channels, rate_hz, rate_hz * frame, frame, bits, 0);
    *len = EX_BYTES;
    return MMK_OK;
}
