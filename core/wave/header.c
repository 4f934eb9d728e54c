/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Client buffers: from WRITE or ADDBUFFER until they are given back.
 *
 * A WAVEHDR is the client's memory, at any address, and may be reused or freed the moment its
 * flags say DONE; we keep nothing in it. What we have is known from our own nodes, found by the
 * header's address, because flags can be wrong. */

#include <stdatomic.h>
#include <string.h>

#include "wave_internal.h"

/* ------------------------------------------------------------------ flags */

static unsigned char *flags_at(void *header)
{
    return (unsigned char *)header + offsetof(struct mmk_wavehdr, dwFlags);
}

static bool is_aligned(const void *at)
{
    return ((uintptr_t)at & 3u) == 0;
}

static uint32_t load_flags(void *header)
{
    unsigned char *at = flags_at(header);
    uint32_t flags;
    if (is_aligned(at))
        return atomic_load_explicit((_Atomic uint32_t *)(void *)at, memory_order_acquire);
    memcpy(&flags, at, sizeof flags);
    return flags;
}

/* Everything written before is visible to a client that sees the new flags: pairs with the client's
 * polling load. At an odd address one store cannot do it; DONE and INQUEUE are both in the lowest
 * byte, which goes last. */
static void publish_flags(void *header, uint32_t flags)
{
    unsigned char *at = flags_at(header);
    if (is_aligned(at)) {
        atomic_store_explicit((_Atomic uint32_t *)(void *)at, flags, memory_order_release);
        return;
    }
    at[1] = (unsigned char)(flags >> 8);
    at[2] = (unsigned char)(flags >> 16);
    at[3] = (unsigned char)(flags >> 24);
    atomic_store_explicit((_Atomic unsigned char *)at, (unsigned char)flags, memory_order_release);
}

static void put_recorded(void *header, uint32_t n_bytes)
{
    memcpy((unsigned char *)header + offsetof(struct mmk_wavehdr, dwBytesRecorded), &n_bytes,
           sizeof n_bytes);
}

/* ------------------------------------------------------------------ our record of them */

static unsigned bucket_of(const void *header)
{
    const uintptr_t at = (uintptr_t)header;
    return (unsigned)((at >> 4 ^ at >> 12) & (QUEUE_BUCKETS - 1));
}

/* Lock held. */
static bool is_queued(const struct stream *stream, const void *header)
{
    for (const struct node *n = stream->bucket[bucket_of(header)]; n != NULL; n = n->next)
        if (n->header == header)
            return true;
    return false;
}

static void more_nodes(struct stream *stream, struct node_chunk *chunk)
{
    chunk->next = stream->chunks;
    stream->chunks = chunk;
    for (unsigned i = 0; i < NODES_A_CHUNK; i++) {
        chunk->nodes[i].next = stream->free_nodes;
        stream->free_nodes = &chunk->nodes[i];
    }
}

/* Lock held on entry and exit; let go while memory is fetched. */
static bool need_node(struct stream *stream)
{
    struct mmk_wave *wave = stream->wave;
    while (stream->free_nodes == NULL) {
        struct node_chunk *chunk;
        mmki_wave_unlock(wave);
        chunk = mmki_wave_alloc(wave, sizeof *chunk);
        mmki_wave_lock(wave);
        if (chunk == NULL)
            return stream->free_nodes != NULL;
        more_nodes(stream, chunk);
    }
    return true;
}

void mmki_header_free_nodes(struct stream *stream)
{
    struct node_chunk *chunk = stream->chunks;
    while (chunk != NULL) {
        struct node_chunk *next = chunk->next;
        mmki_wave_free(stream->wave, chunk);
        chunk = next;
    }
}

/* Lock held, a node is free. */
static struct node *add_node(struct stream *stream, void *header)
{
    struct node *node = stream->free_nodes;
    struct node **bucket = &stream->bucket[bucket_of(header)];
    stream->free_nodes = node->next;
    node->header = header;
    node->next = *bucket;
    *bucket = node;
    stream->n_out++;
    return node;
}

/* Lock held. */
static void *take_node(struct stream *stream, struct node *node)
{
    void *header = node->header;
    struct node **at = &stream->bucket[bucket_of(header)];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    node->next = stream->free_nodes;
    stream->free_nodes = node;
    stream->n_out--;
    return header;
}

/* ------------------------------------------------------------------ prepare, unprepare */

static bool header_given(const struct message *m)
{
    return m->p1 != 0 && m->p2 >= sizeof(struct mmk_wavehdr);
}

/* What PREPARE and UNPREPARE share: look, decide, write the new flags, all under the lock, so that
 * no WRITE of the same header comes between. */
static uint32_t change_prepared(struct mmk_wave *wave, const struct message *m, bool prepare)
{
    uint32_t result = MMK_MMSYSERR_NOERROR;
    void *header = (void *)m->p1;
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    uint32_t flags;

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    if (!header_given(m)) {
        mmki_stream_leave(stream, usable);
        return MMK_MMSYSERR_INVALPARAM;
    }
    mmki_wave_lock(wave);
    flags = load_flags(header);
    if (is_queued(stream, header))
        result = MMK_WAVERR_STILLPLAYING;
    else if (prepare && (flags & MMK_WHDR_PREPARED) == 0)
        publish_flags(header, (flags & ~(MMK_WHDR_DONE | MMK_WHDR_INQUEUE)) | MMK_WHDR_PREPARED);
    else if (!prepare && (flags & MMK_WHDR_INQUEUE) != 0)
        result = MMK_WAVERR_STILLPLAYING;
    else if (!prepare && (flags & MMK_WHDR_PREPARED) != 0)
        publish_flags(header, flags & ~MMK_WHDR_PREPARED);
    mmki_wave_unlock(wave);
    mmki_stream_leave(stream, usable);
    return result;
}

uint32_t mmki_header_prepare(struct mmk_wave *wave, const struct message *m)
{
    return change_prepared(wave, m, true);
}

uint32_t mmki_header_unprepare(struct mmk_wave *wave, const struct message *m)
{
    return change_prepared(wave, m, false);
}

/* ------------------------------------------------------------------ write, add buffer */

static uint32_t check_header(const struct stream *stream, const struct mmk_wavehdr *header)
{
    const uint32_t loops = header->dwFlags & (MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP);
    if ((header->dwFlags & MMK_WHDR_PREPARED) == 0)
        return MMK_WAVERR_UNPREPARED;
    if ((header->dwFlags & MMK_WHDR_INQUEUE) != 0)
        return MMK_WAVERR_STILLPLAYING;
    if (stream->direction == MMK_PLAYBACK && stream->compressed && loops != 0)
        return MMK_MMSYSERR_INVALPARAM;
    if (header->lpData == NULL && header->dwBufferLength >= stream->frame_bytes)
        return MMK_MMSYSERR_INVALPARAM;
    return MMK_MMSYSERR_NOERROR;
}

static void block_of(const struct stream *stream, const struct mmk_wavehdr *header,
                     struct mmk_block *block)
{
    memset(block, 0, sizeof *block);
    block->data = header->lpData;
    block->n_frames = header->dwBufferLength / stream->frame_bytes;
    if (stream->direction != MMK_PLAYBACK)
        return;
    if ((header->dwFlags & MMK_WHDR_BEGINLOOP) != 0) {
        block->flags |= MMK_BLOCK_LOOP_BEGIN;
        block->loops = header->dwLoops;
    }
    if ((header->dwFlags & MMK_WHDR_ENDLOOP) != 0)
        block->flags |= MMK_BLOCK_LOOP_END;
}

/* Record the header as ours and mark it INQUEUE, in one step. */
static uint32_t take_in(struct stream *stream, void *client, struct mmk_wavehdr *header,
                        struct node **node)
{
    struct mmk_wave *wave = stream->wave;
    uint32_t result;

    mmki_wave_lock(wave);
    memcpy(header, client, sizeof *header);
    header->dwFlags = load_flags(client);
    if (!need_node(stream))
        result = MMK_MMSYSERR_NOMEM;
    else if (is_queued(stream, client))
        result = MMK_WAVERR_STILLPLAYING;
    else
        result = check_header(stream, header);
    if (result == MMK_MMSYSERR_NOERROR) {
        *node = add_node(stream, client);
        publish_flags(client, (header->dwFlags & ~MMK_WHDR_DONE) | MMK_WHDR_INQUEUE);
    }
    mmki_wave_unlock(wave);
    return result;
}

static void take_back(struct stream *stream, struct node *node, uint32_t flags)
{
    void *client;
    mmki_wave_lock(stream->wave);
    client = take_node(stream, node);
    publish_flags(client, flags);
    mmki_wave_unlock(stream->wave);
}

static uint32_t submit(struct stream *stream, void *client)
{
    struct mmk_wavehdr header;
    struct mmk_block block;
    struct node *node;
    mmk_err err;
    const uint32_t result = take_in(stream, client, &header, &node);

    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    block_of(stream, &header, &block);
    block.user = node;
    err = mmk_stream_submit(stream->engine_stream, &block);
    if (err == MMK_OK)
        return MMK_MMSYSERR_NOERROR;
    take_back(stream, node, header.dwFlags);
    return mmki_wave_result(err);
}

uint32_t mmki_header_write(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    uint32_t result;

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    if (!header_given(m))
        result = MMK_MMSYSERR_INVALPARAM;
    else if (!usable)
        result = MMK_MMSYSERR_NODRIVER;
    else
        result = submit(stream, (void *)m->p1);
    mmki_stream_leave(stream, usable);
    return result;
}

/* ------------------------------------------------------------------ back to the client */

static void begin_delivery(struct stream *stream, struct delivery *delivery)
{
    delivery->thread = mmki_wave_thread(stream->wave);
    delivery->next = stream->deliveries;
    stream->deliveries = delivery;
    stream->refs++;
}

static void end_delivery(struct stream *stream, struct delivery *delivery)
{
    struct mmk_wave *wave = stream->wave;
    struct delivery **at = &stream->deliveries;

    mmki_wave_lock(wave);
    while (*at != delivery)
        at = &(*at)->next;
    *at = delivery->next;
    if (stream->close_waits > 0)
        wave->platform->ops->event_set(wave->platform, stream->idle);
    mmki_wave_unlock(wave);
    mmki_stream_leave(stream, false);
}

/* The engine gives a block back. From publish_flags on the header may be gone; from end_delivery
 * on, the stream. */
void mmki_header_back(void *user, const struct mmk_block *block, uint32_t n_frames, mmk_err why)
{
    struct stream *stream = user;
    struct mmk_wave *wave = stream->wave;
    const bool capture = stream->direction == MMK_CAPTURE;
    struct delivery delivery;
    struct visit visit;
    void *header;

    (void)why;
    mmki_visit_begin(wave, &visit);
    mmki_wave_lock(wave);
    header = take_node(stream, block->user);
    begin_delivery(stream, &delivery);
    if (capture)
        put_recorded(header, n_frames * stream->frame_bytes);
    publish_flags(header, (load_flags(header) | MMK_WHDR_DONE) & ~MMK_WHDR_INQUEUE);
    mmki_wave_unlock(wave);
    mmki_wave_deliver(wave, &stream->callback, capture ? MMK_WIM_DATA : MMK_WOM_DONE,
                      (uintptr_t)header);
    end_delivery(stream, &delivery);
    mmki_visit_end(wave, &visit);
}
