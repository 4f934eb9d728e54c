/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/transcode_internal.h"

/* The output side of a transcoder: frames become bytes. */

size_t mmki_sink_room(const struct mmk_transcoder *t, const struct mmki_flow *f)
{
    if (t->out.codec != NULL)
        return t->out.block_frames - t->bo_len;
    return f->n_out / t->out.block_bytes;
}

static void advance(struct mmki_flow *f, size_t n_bytes)
{
    f->out += n_bytes;
    f->n_out -= n_bytes;
}

static int64_t load_sample(const uint8_t *p, size_t bytes)
{
    uint32_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v |= (uint32_t)p[i] << (8 * (4 - bytes + i));
    return (int32_t)v;
}

static void store_sample(uint8_t *p, size_t bytes, uint32_t v)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * (4 - bytes + i)));
}

/* Fewer valid bits than the container has: rounded, the bits below are 0. U8's middle is 128, which
 * no rounding to a power of two moves. */
static void trim(uint8_t *p, size_t n_samples, size_t bytes, unsigned valid_bits)
{
    const int64_t unit = (int64_t)1 << (32 - valid_bits);
    const uint32_t flip = bytes == 1 ? 0x80000000u : 0;
    for (size_t i = 0; i < n_samples; i++, p += bytes) {
        int64_t v = (int32_t)((uint32_t)load_sample(p, bytes) ^ flip) + unit / 2;
        v = v > INT32_MAX ? INT32_MAX : v;
        store_sample(p, bytes, ((uint32_t)(v & -unit)) ^ flip);
    }
}

static void count_clips(struct mmk_transcoder *t, const float *samples, size_t n)
{
    if (t->out.pcm.sample == MMK_SAMPLE_F32 || t->out.pcm.sample == MMK_SAMPLE_F64)
        return;
    for (size_t i = 0; i < n; i++)
        t->clips += samples[i] > 1.0f || samples[i] < -1.0f;
}

void mmki_sink_f32(struct mmk_transcoder *t, struct mmki_flow *f, const float *frames, size_t n)
{
    const struct mmk_format *to = &t->out.pcm;
    const size_t samples = n * to->channels, width = mmk_sample_bytes(to->sample);

    if (t->counts)
        count_clips(t, frames, samples);
    if (t->out.codec != NULL) {
        t->dsp->from_f32[MMK_SAMPLE_S16](t->block_out + t->bo_len * to->channels, frames, samples);
        t->bo_len += n;
        return;
    }
    if (t->dithers)
        t->dsp->from_f32_tpdf[to->sample](f->out, frames, samples, &t->dither);
    else
        t->dsp->from_f32[to->sample](f->out, frames, samples);
    if (to->valid_bits < 8 * width)
        trim(f->out, samples, width, to->valid_bits);
    advance(f, n * t->out.block_bytes);
}

/* Little-endian bytes to numbers, at any address; on most hosts a copy. */
static void numbers(int16_t *dst, const uint8_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (int16_t)mmki_get_u16le(src + 2 * i);
}

static void from_s16(const struct mmk_dsp *dsp, uint8_t *dst, mmk_sample to, const uint8_t *src,
                     size_t n)
{
    int16_t some[256];
    if (to == MMK_SAMPLE_S16) {
        memcpy(dst, src, 2 * n);
        return;
    }
    while (n > 0) {
        const bool straight = MMKI_HOST_IS_LITTLE && (uintptr_t)src % sizeof(int16_t) == 0;
        const size_t k = n < 256 || straight ? n : 256;
        const int16_t *from = straight ? (const int16_t *)(const void *)src : some;
        if (!straight)
            numbers(some, src, k);
        if (to == MMK_SAMPLE_ALAW)
            dsp->s16_to_alaw(dst, from, k);
        else
            dsp->s16_to_ulaw(dst, from, k);
        src += 2 * k;
        dst += k;
        n -= k;
    }
}

void mmki_sink_s16(struct mmk_transcoder *t, struct mmki_flow *f, const uint8_t *frames, size_t n)
{
    const size_t samples = n * t->out.pcm.channels;
    if (t->out.codec != NULL) {
        numbers(t->block_out + t->bo_len * t->out.pcm.channels, frames, samples);
        t->bo_len += n;
        return;
    }
    from_s16(t->dsp, f->out, t->out.pcm.sample, frames, samples);
    advance(f, n * t->out.block_bytes);
}

bool mmki_sink_flush(struct mmk_transcoder *t, struct mmki_flow *f)
{
    if (t->out.codec == NULL || t->bo_len < t->out.block_frames || f->n_out < t->out.block_bytes)
        return false;
    t->out.codec->encode(t->state_out, &t->out.shape, t->block_out, f->out);
    t->bo_len = 0;
    advance(f, t->out.block_bytes);
    return true;
}

void mmki_sink_pad(struct mmk_transcoder *t)
{
    const unsigned channels = t->out.pcm.channels;
    if (t->out.codec == NULL || t->bo_len == 0)
        return;
    memset(t->block_out + t->bo_len * channels, 0,
           (t->out.block_frames - t->bo_len) * channels * sizeof *t->block_out);
    t->bo_len = t->out.block_frames;
}
