/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "audio.h"

/* The samples' names are those of format.h. */
static const struct sound_coding codings[] = {
    {"u8", MMK_SAMPLE_U8, NULL, "8-bit PCM, unsigned"},
    {"s16", MMK_SAMPLE_S16, NULL, "16-bit PCM"},
    {"s24", MMK_SAMPLE_S24, NULL, "24-bit PCM in three bytes"},
    {"s32", MMK_SAMPLE_S32, NULL, "32-bit PCM"},
    {"float32", MMK_SAMPLE_F32, NULL, "32-bit float"},
    {"float64", MMK_SAMPLE_F64, NULL, "64-bit float"},
    {"alaw", MMK_SAMPLE_ALAW, NULL, "ITU-T G.711 A-law"},
    {"ulaw", MMK_SAMPLE_ULAW, NULL, "ITU-T G.711 mu-law"},
    {"ima", MMK_SAMPLE_S16, &mmk_codec_ima, "IMA ADPCM, 4 bits a sample"},
    {"msadpcm", MMK_SAMPLE_S16, &mmk_codec_ms, "Microsoft ADPCM, 4 bits a sample"},
    {"gsm", MMK_SAMPLE_S16, &mmk_codec_gsm, "GSM 06.10 full rate"},
    /* of libsndfile alone */
    {"vorbis", MMK_SAMPLE_F32, NULL, "Vorbis"},
    {"opus", MMK_SAMPLE_F32, NULL, "Opus"},
    {"mp3", MMK_SAMPLE_F32, NULL, "MPEG layer III"},
    {"alac16", MMK_SAMPLE_S16, NULL, "Apple lossless, 16 bits"},
    {"alac24", MMK_SAMPLE_S24, NULL, "Apple lossless, 24 bits"},
    {"g721", MMK_SAMPLE_S16, NULL, "ITU-T G.721 ADPCM"},
    {"vox", MMK_SAMPLE_S16, NULL, "Dialogic ADPCM"},
};

const struct sound_coding *sound_coding_at(size_t i)
{
    return i < sizeof codings / sizeof *codings ? &codings[i] : NULL;
}

const struct sound_coding *sound_coding(const char *name)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (strcmp(codings[i].name, name) == 0)
            return &codings[i];
    return NULL;
}

const struct sound_coding *sound_coding_of(mmk_sample sample)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (codings[i].sample == sample)
            return &codings[i]; /* the plain ones come first */
    return NULL;
}

bool sound_coding_is_plain(const struct sound_coding *coding)
{
    return coding == sound_coding_of(coding->sample);
}

/* ------------------------------------------------------------------ WAVEFORMATEX of a codec */

static void put_le(unsigned char *to, uint32_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

mmk_err sound_wfx(const struct sound_coding *coding, const struct mmk_format *format,
                  struct sound_wfx *out)
{
    struct mmk_codec_shape shape = {.rate_hz = format->rate_hz, .channels = format->channels};
    const struct mmk_codec *codec = coding->codec;
    if (!codec) {
        out->block_frames = 1;
        out->block_bytes = (uint32_t)mmk_format_frame_bytes(format);
        return mmk_format_to_wfx(format, true, out->bytes, &out->len);
    }
    bool listed = codec->any_rate;
    for (const uint32_t *rate = codec->rates; !listed && *rate; rate++)
        listed = *rate == format->rate_hz;
    if (!listed || format->channels > codec->channels_max ||
        codec->propose(&shape, out->bytes + 18) != MMK_OK)
        return MMK_ERR_FORMAT;
    put_le(out->bytes, codec->tag, 2);
    put_le(out->bytes + 2, format->channels, 2);
    put_le(out->bytes + 4, format->rate_hz, 4);
    put_le(out->bytes + 8,
           (uint32_t)((uint64_t)format->rate_hz * shape.block_bytes / shape.block_frames), 4);
    put_le(out->bytes + 12, shape.block_bytes, 2);
    put_le(out->bytes + 14, shape.bits, 2);
    put_le(out->bytes + 16, (uint32_t)shape.extra_bytes, 2);
    out->len = 18 + shape.extra_bytes;
    out->block_bytes = shape.block_bytes;
    out->block_frames = shape.block_frames;
    return MMK_OK;
}

/* ------------------------------------------------------------------ the head of such a WAV file */

static void put_chunk(unsigned char *to, const char *id, uint32_t len)
{
    memcpy(to, id, 4);
    put_le(to + 4, len, 4);
}

/* RIFF; 28 bytes kept free for ds64, as mmk_riff_header does; fmt; fact; data. */
size_t sound_wav_head(const struct sound_wfx *wfx, uint64_t frames, uint64_t data_bytes,
                      unsigned char *head)
{
    const size_t fmt = wfx->len + (wfx->len & 1), n = 12 + 36 + 8 + fmt + 12 + 8;
    const uint64_t riff = n - 8 + data_bytes + (data_bytes & 1);
    const bool wide = riff > UINT32_MAX;
    unsigned char *at = head + 12;
    memset(head, 0, n);
    put_chunk(head, wide ? "RF64" : "RIFF", wide ? UINT32_MAX : (uint32_t)riff);
    memcpy(head + 8, "WAVE", 4);
    put_chunk(at, wide ? "ds64" : "JUNK", 28);
    if (wide) {
        put_le(at + 8, (uint32_t)riff, 4);
        put_le(at + 12, (uint32_t)(riff >> 32), 4);
        put_le(at + 16, (uint32_t)data_bytes, 4);
        put_le(at + 20, (uint32_t)(data_bytes >> 32), 4);
        put_le(at + 24, (uint32_t)frames, 4);
        put_le(at + 28, (uint32_t)(frames >> 32), 4);
    }
    at += 36;
    put_chunk(at, "fmt ", (uint32_t)wfx->len);
    memcpy(at + 8, wfx->bytes, wfx->len);
    at += 8 + fmt;
    put_chunk(at, "fact", 4);
    put_le(at + 8, frames < UINT32_MAX ? (uint32_t)frames : UINT32_MAX, 4);
    put_chunk(at + 12, "data", wide ? UINT32_MAX : (uint32_t)data_bytes);
    return n;
}
