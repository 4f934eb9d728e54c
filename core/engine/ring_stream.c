/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* The client's side of RING streams. Playback: the memory is twice the ring, so a piece that
 * crosses the end is contiguous; release copies what lies beyond the end to the front, where the
 * engine reads it. */

static bool is_ring(const struct mmk_stream *s, bool capture)
{
    return s != NULL && s->config.kind == MMK_STREAM_RING && s->capture == capture;
}

static void lock(struct mmk_stream *s)
{
    s->platform->ops->mutex_lock(s->platform, s->lock);
}

static void unlock(struct mmk_stream *s)
{
    s->platform->ops->mutex_unlock(s->platform, s->lock);
}

static uint32_t filled(const struct mmki_ring *ring)
{
    /* r first: it never passes the w that is read after it */
    const uint64_t r = mmki_get64(&ring->r);
    return (uint32_t)(mmki_get64(&ring->w) - r);
}

mmk_err mmk_stream_acquire(struct mmk_stream *stream, uint32_t n_frames, void **data)
{
    if (!is_ring(stream, false) || data == NULL)
        return MMK_ERR_INVAL;
    struct mmki_ring *ring = &stream->ring;
    lock(stream);
    mmk_err err = mmki_stream_alive(stream);
    if (err != MMK_OK) {
        unlock(stream);
        return err;
    }
    if (ring->acquired)
        err = MMK_ERR_STATE;
    else if (n_frames > ring->frames - filled(ring))
        err = MMK_ERR_NO_SPACE;
    if (err == MMK_OK) {
        const uint64_t at = mmki_get64(&ring->w) % ring->frames;
        ring->acquired = true;
        ring->n_acquired = n_frames;
        *data = ring->mem + (size_t)at * stream->frame_bytes;
    }
    unlock(stream);
    return err;
}

static uint8_t silence_of(const struct mmk_stream *s)
{
    const float zero = 0.0f;
    uint8_t bytes[8];
    s->engine->dsp->from_f32[s->config.format.sample](bytes, &zero, 1);
    return bytes[0];
}

mmk_err mmk_stream_release(struct mmk_stream *stream, uint32_t n_frames, uint32_t flags)
{
    if (!is_ring(stream, false))
        return MMK_ERR_INVAL;
    struct mmki_ring *ring = &stream->ring;
    const size_t bytes = stream->frame_bytes;
    lock(stream);
    if (!ring->acquired || n_frames > ring->n_acquired || stream->dead == MMK_ERR_STATE) {
        const mmk_err err =
            ring->acquired && n_frames > ring->n_acquired ? MMK_ERR_RANGE : MMK_ERR_STATE;
        unlock(stream);
        return err;
    }
    const uint64_t w = mmki_get64(&ring->w);
    const size_t at = (size_t)(w % ring->frames);
    if ((flags & MMK_RING_SILENT) != 0)
        memset(ring->mem + at * bytes, silence_of(stream), n_frames * bytes);
    if (at + n_frames > ring->frames)
        memcpy(ring->mem, ring->mem + (size_t)ring->frames * bytes,
               (at + n_frames - ring->frames) * bytes);
    ring->acquired = false;
    stream->accepted_frames += n_frames;
    mmki_set64(&ring->w, w + n_frames);
    mmki_stream_tell(stream);
    unlock(stream);
    return MMK_OK;
}

mmk_err mmk_stream_padding(struct mmk_stream *stream, uint32_t *n_frames)
{
    if (stream == NULL || stream->config.kind != MMK_STREAM_RING || n_frames == NULL)
        return MMK_ERR_INVAL;
    *n_frames = filled(&stream->ring);
    return MMK_OK;
}

/* The oldest gap not yet passed, or NULL. */
static const struct mmki_gap *oldest_gap(const struct mmki_ring *ring)
{
    const uint32_t r = mmki_get32(&ring->gap_r);
    if (r == mmki_get32(&ring->gap_w))
        return NULL;
    return &ring->gap[r % MMKI_GAPS_MAX];
}

mmk_err mmk_stream_peek(struct mmk_stream *stream, const void **data, uint32_t *n_frames,
                        uint32_t *flags, uint64_t *position)
{
    if (!is_ring(stream, true) || data == NULL || n_frames == NULL)
        return MMK_ERR_INVAL;
    struct mmki_ring *ring = &stream->ring;
    lock(stream);
    const uint64_t r = mmki_get64(&ring->r);
    uint32_t n = filled(ring);
    const uint32_t at = (uint32_t)(r % ring->frames);
    n = n < ring->frames - at ? n : ring->frames - at;
    const struct mmki_gap *gap = oldest_gap(ring);
    if (gap != NULL && gap->at == r && n > 0) {
        ring->skipped += gap->lost;
        ring->glitch = true;
        mmki_set32(&ring->gap_r, mmki_get32(&ring->gap_r) + 1);
        gap = oldest_gap(ring);
    }
    if (gap != NULL && gap->at > r && gap->at - r < n)
        n = (uint32_t)(gap->at - r);
    *data = ring->mem + (size_t)at * stream->frame_bytes;
    *n_frames = n;
    if (flags != NULL)
        *flags = ring->glitch && n > 0 ? MMK_RING_GLITCH : 0;
    if (position != NULL)
        *position = r + ring->skipped - ring->base;
    unlock(stream);
    return MMK_OK;
}

mmk_err mmk_stream_consume(struct mmk_stream *stream, uint32_t n_frames)
{
    if (!is_ring(stream, true))
        return MMK_ERR_INVAL;
    struct mmki_ring *ring = &stream->ring;
    mmk_err err = MMK_OK;
    lock(stream);
    if (n_frames > filled(ring)) {
        err = MMK_ERR_RANGE;
    } else if (n_frames > 0) {
        ring->glitch = false;
        mmki_set64(&ring->r, mmki_get64(&ring->r) + n_frames);
        mmki_stream_tell(stream);
    }
    unlock(stream);
    return err;
}
