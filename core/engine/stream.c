/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

#include <string.h>

/* The control side of streams. Only what rebuilds the audio side's state (reset, stop, close, loss
 * of the device) takes the slot's token and makes the audio side skip this one stream meanwhile;
 * all else goes through atomics. */

static void lock(struct mmk_stream *s)
{
    s->platform->ops->mutex_lock(s->platform, s->lock);
}

static void unlock(struct mmk_stream *s)
{
    s->platform->ops->mutex_unlock(s->platform, s->lock);
}

static struct mmki_token *token_of(struct mmk_stream *s)
{
    return &s->engine->slots[s->slot].token;
}

static bool is_blocks(const struct mmk_stream *s)
{
    return s->config.kind == MMK_STREAM_BLOCKS;
}

/* The audio side's state is the caller's until give_back(). With the lock held. @return false: the
 * stream is closed (its last callbacks run), there is no such state any more */
static bool seize(struct mmk_stream *s)
{
    if (s->dead == MMK_ERR_STATE)
        return false;
    mmki_token_take(s->platform, token_of(s));
    return true;
}

static void give_back(struct mmk_stream *s)
{
    mmki_token_release(token_of(s));
}

mmk_err mmki_stream_alive(const struct mmk_stream *s)
{
    if (s->dead != MMK_OK)
        return s->dead;
    return mmki_get32(&s->engine->gone) != 0 ? MMK_ERR_GONE : MMK_OK;
}

void mmki_stream_tell(struct mmk_stream *s)
{
    if (s->dead == MMK_ERR_STATE)
        return;
    mmki_add32(&s->news, 1);
    mmki_engine_kick(s->engine);
}

/* ------------------------------------------------------------------ nodes */

#define SLAB_NODES 32u

/** Nodes come in slabs, so that a submit seldom allocates; they go back when the stream is closed.
 */
struct mmki_slab {
    struct mmki_slab *next;
    struct mmki_node node[SLAB_NODES];
};

static mmk_err grow(struct mmk_stream *s)
{
    struct mmki_slab *slab = s->platform->ops->alloc(s->platform, sizeof *slab);
    if (slab == NULL)
        return MMK_ERR_NOMEM;
    slab->next = s->slabs;
    s->slabs = slab;
    for (unsigned i = 0; i < SLAB_NODES; i++) {
        mmki_link_init(&slab->node[i].link);
        slab->node[i].free_next = s->pool;
        s->pool = &slab->node[i];
    }
    return MMK_OK;
}

/* With the lock held. */
static struct mmki_node *take_node(struct mmk_stream *s)
{
    if (s->pool == NULL && grow(s) != MMK_OK)
        return NULL;
    struct mmki_node *node = s->pool;
    s->pool = node->free_next;
    memset(node, 0, sizeof *node);
    mmki_link_init(&node->link);
    return node;
}

void mmki_stream_recycle(struct mmk_stream *s, struct mmki_node *node)
{
    lock(s);
    node->free_next = s->pool;
    s->pool = node;
    unlock(s);
}

struct mmki_node *mmki_stream_first_node(struct mmk_stream *s)
{
    return take_node(s);
}

/* The engine may be gone already. */
void mmki_stream_free(struct mmk_stream *s)
{
    struct mmk_platform *p = s->platform;
    while (s->slabs != NULL) {
        struct mmki_slab *slab = s->slabs;
        s->slabs = slab->next;
        p->ops->free(p, slab);
    }
    p->ops->free(p, s->resampler_mem);
    p->ops->free(p, s->in);
    p->ops->free(p, s->past);
    p->ops->free(p, s->carry);
    p->ops->free(p, s->ring.mem);
    if (s->idle != NULL)
        p->ops->event_destroy(p, s->idle);
    if (s->lock != NULL)
        p->ops->mutex_destroy(p, s->lock);
    p->ops->free(p, s);
}

/* ------------------------------------------------------------------ blocks */

static bool block_is_sane(const struct mmk_stream *s, const struct mmk_block *block)
{
    if (s == NULL || block == NULL || !is_blocks(s))
        return false;
    if (block->data == NULL && block->n_frames > 0)
        return false;
    return block->n_frames <= PTRDIFF_MAX / s->frame_bytes;
}

/* With the lock held. */
static mmk_err push(struct mmk_stream *s, const struct mmk_block *block)
{
    struct mmki_node *node = take_node(s);
    if (node == NULL)
        return MMK_ERR_NOMEM;
    node->block = *block;
    node->lin = s->accepted_frames;
    s->accepted_frames += block->n_frames;
    mmki_add32(&s->n_submitted, 1);
    mmki_set64(&s->accepted, s->accepted_frames);
    mmki_link_set(&s->tail->link, node);
    s->tail = node;
    mmki_stream_tell(s);
    return MMK_OK;
}

mmk_err mmk_stream_submit(struct mmk_stream *stream, const struct mmk_block *block)
{
    if (!block_is_sane(stream, block))
        return MMK_ERR_INVAL;
    lock(stream);
    mmk_err err = mmki_stream_alive(stream);
    if (err == MMK_OK && mmki_get32(&stream->paused) == 0)
        err = mmki_engine_start(stream->engine);
    if (err == MMK_OK)
        err = push(stream, block);
    unlock(stream);
    return err;
}

mmk_err mmk_stream_break_loop(struct mmk_stream *stream)
{
    if (stream == NULL || !is_blocks(stream) || stream->capture)
        return MMK_ERR_INVAL;
    lock(stream);
    mmki_add32(&stream->break_loop, 1);
    mmki_stream_tell(stream);
    unlock(stream);
    return MMK_OK;
}

/* ------------------------------------------------------------------ run and stop */

mmk_err mmk_stream_pause(struct mmk_stream *stream)
{
    if (stream == NULL)
        return MMK_ERR_INVAL;
    lock(stream);
    mmki_set32(&stream->paused, 1);
    mmki_stream_tell(stream); /* others may have waited for this one */
    unlock(stream);
    return MMK_OK;
}

mmk_err mmk_stream_resume(struct mmk_stream *stream)
{
    if (stream == NULL)
        return MMK_ERR_INVAL;
    lock(stream);
    mmk_err err = mmki_stream_alive(stream);
    if (err != MMK_OK) {
        unlock(stream);
        return err;
    }
    const bool work = !is_blocks(stream) || stream->capture ||
                      mmki_get32(&stream->n_submitted) != mmki_get32(&stream->n_returned);
    /* first the stream, then the device: what a file gives first must find it running */
    mmki_set32(&stream->paused, 0);
    if (work && !stream->tap)
        err = mmki_engine_start(stream->engine);
    if (err == MMK_OK)
        mmki_stream_tell(stream);
    else
        mmki_set32(&stream->paused, 1);
    unlock(stream);
    return err;
}

/* With lock and token: as after open, behind the blocks already announced. */
static void rewind_all(struct mmk_stream *s)
{
    const uint64_t position = mmki_get64(&s->position);
    if (is_blocks(s))
        mmki_chain_cancel(s, MMK_ERR_CANCELLED, position);
    s->accepted_frames = 0;
    mmki_set64(&s->accepted, 0);
    mmki_source_reset(s);
    s->carry_len = 0;
    if (!is_blocks(s)) {
        struct mmki_ring *ring = &s->ring;
        const uint64_t w = mmki_get64(&ring->w);
        mmki_set64(&ring->r, w);
        mmki_set32(&ring->gap_r, mmki_get32(&ring->gap_w));
        ring->lost = ring->lost_total = ring->skipped = 0;
        ring->base = w;
        ring->glitch = ring->acquired = false;
    }
    mmki_set64(&s->position, 0);
    mmki_set64(&s->extra, 0);
}

/* Whether the clock has given all blocks back and still keeps their last frames. With the lock
 * held. */
static bool keeps_rest(struct mmk_stream *s)
{
    if (!is_blocks(s) || s->capture || mmki_stream_alive(s) != MMK_OK || !s->engine->freewheel ||
        mmki_get32(&s->paused) != 0 || !seize(s))
        return false;
    const bool rest =
        mmki_source_has_tail(s) && mmki_source_available(s) == 0 && s->read.due == s->read.final;
    give_back(s);
    return rest;
}

/* A freewheeling clock gives the last blocks back before their end has been rendered (freewheel.c).
 * A client that resets or closes then has been told that all was played: let it be so. A device
 * that renders nothing for MMKI_PLAY_OUT_NS will not any more. */
static void play_out(struct mmk_stream *s)
{
    struct mmk_platform *p = s->platform;
    uint64_t rendered = UINT64_MAX, since = 0;
    for (;;) {
        lock(s);
        const bool rest = keeps_rest(s);
        if (rest && rendered == UINT64_MAX) {
            mmki_set32(&s->finish, 1);
            mmki_stream_tell(s);
        }
        unlock(s);
        if (!rest)
            break;
        const uint64_t now = p->ops->now_ns(p), present = mmki_get64(&s->engine->rendered);
        if (present != rendered) {
            rendered = present;
            since = now;
        } else if (now - since >= MMKI_PLAY_OUT_NS) {
            break;
        }
        p->ops->sleep_ns(p, MMKI_PLAY_OUT_STEP_NS);
    }
    mmki_set32(&s->finish, 0);
}

mmk_err mmk_stream_reset(struct mmk_stream *stream)
{
    if (stream == NULL)
        return MMK_ERR_INVAL;
    play_out(stream);
    lock(stream);
    if (is_blocks(stream) && stream->capture)
        mmki_set32(&stream->paused, 1);
    if (seize(stream)) {
        rewind_all(stream);
        if (is_blocks(stream) && !stream->capture)
            mmki_set32(&stream->paused, 0);
        give_back(stream);
    }
    mmki_stream_tell(stream);
    unlock(stream);
    mmki_notifier_flush(stream->notifier, stream);
    return MMK_OK;
}

mmk_err mmk_stream_stop(struct mmk_stream *stream)
{
    if (stream == NULL || !is_blocks(stream) || !stream->capture)
        return MMK_ERR_INVAL;
    lock(stream);
    const bool running = mmki_get32(&stream->paused) == 0;
    mmki_set32(&stream->paused, 1);
    if (seize(stream)) {
        if (running)
            mmki_capture_flush(stream);
        mmki_chain_cut(stream);
        mmki_set64(&stream->position, stream->read.fed);
        give_back(stream);
    }
    mmki_stream_tell(stream);
    unlock(stream);
    mmki_notifier_flush(stream->notifier, stream);
    return MMK_OK;
}

void mmki_stream_lost(struct mmk_stream *s)
{
    lock(s);
    if (is_blocks(s) && seize(s)) {
        mmki_chain_cancel(s, MMK_ERR_GONE, mmki_get64(&s->position));
        s->dead = MMK_ERR_GONE;
        give_back(s);
    }
    unlock(s);
}

void mmki_stream_close_claimed(struct mmk_stream *s)
{
    struct mmk_engine *e = s->engine;
    struct mmki_slot *slot = &e->slots[s->slot];
    play_out(s);
    lock(s);
    mmki_token_take(s->platform, &slot->token);
    if (is_blocks(s))
        mmki_chain_cancel(s, MMK_ERR_CANCELLED, mmki_get64(&s->position));
    s->dead = MMK_ERR_STATE;
    slot->stream = NULL;
    mmki_engine_kick(e);            /* a clock that waited for this stream looks again */
    mmki_token_clear(&slot->token); /* the last touch of the engine, which may be closed now */
    unlock(s);
    mmki_notifier_finish(s->notifier, s);
}

mmk_err mmk_stream_close(struct mmk_stream *stream, bool force)
{
    if (stream == NULL)
        return MMK_ERR_INVAL;
    if (!mmki_notifier_claim_close(stream->notifier, stream, force))
        return MMK_ERR_BUSY;
    mmki_stream_close_claimed(stream);
    return MMK_OK;
}

/* ------------------------------------------------------------------ settings */

mmk_err mmk_stream_set_gain(struct mmk_stream *stream, const float *gains, unsigned n_gains)
{
    if (stream == NULL || gains == NULL || n_gains != stream->config.format.channels)
        return MMK_ERR_INVAL;
    for (unsigned c = 0; c < n_gains; c++)
        if (!(gains[c] >= -1e6f && gains[c] <= 1e6f))
            return MMK_ERR_RANGE;
    lock(stream);
    mmki_gains_write(&stream->gains, gains, n_gains);
    unlock(stream);
    return MMK_OK;
}

mmk_err mmk_stream_set_speed(struct mmk_stream *stream, double speed)
{
    if (stream == NULL)
        return MMK_ERR_INVAL;
    if (stream->config.speed_max == 0.0 || stream->capture)
        return MMK_ERR_UNSUPPORTED;
    if (!(speed >= 0.25 && speed <= stream->config.speed_max))
        return MMK_ERR_RANGE;
    uint64_t bits;
    memcpy(&bits, &speed, sizeof bits);
    mmki_set64(&stream->speed_bits, bits);
    return MMK_OK;
}

mmk_err mmk_stream_position(struct mmk_stream *stream, struct mmk_position *position)
{
    if (stream == NULL || position == NULL)
        return MMK_ERR_INVAL;
    lock(stream);
    const uint64_t extra = mmki_get64(&stream->extra);
    const uint64_t frames = mmki_get64(&stream->position);
    uint64_t accepted = stream->accepted_frames;
    unlock(stream);
    accepted = stream->capture ? accepted - extra : accepted + extra;
    position->frames = frames;
    position->time_ns = stream->platform->ops->now_ns(stream->platform);
    position->queued_frames = accepted > frames ? accepted - frames : 0;
    return MMK_OK;
}
