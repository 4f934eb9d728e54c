/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

/* The reader walks the chain, and walks parts of it again while a loop lasts. A block counts as
 * read for the last time
 * (`final`) when no further pass can come; while passes are left, `final` stays before the loop and
 * every block in it keeps noting where its latest pass ended, so that a break finds them ready. */

void mmki_chain_init(struct mmk_stream *s, struct mmki_node *stub)
{
    const uint32_t seen = mmki_get32(&s->break_loop);
    s->read = (struct mmki_reader){.due = stub, .final = stub, .prev = stub, .break_seen = seen};
}

static bool more_passes(const struct mmki_reader *r)
{
    return r->loop != NULL && r->passes_left > 0;
}

static void begin_pass(struct mmki_reader *r, struct mmki_node *node)
{
    r->cur = node;
    r->offset = 0;
    r->lin = node->lin;
    node->begun = true;
    node->start = r->fed;
}

static void next_pass(struct mmk_stream *s)
{
    struct mmki_reader *r = &s->read;
    if (r->passes_left != UINT32_MAX)
        r->passes_left--;
    r->turn = false;
    r->extra += r->loop_frames;
    r->pass_start = r->fed;
    r->prev = r->final;
    begin_pass(r, r->loop);
    mmki_set64(&s->extra, r->extra);
}

/* The next block becomes the current one. @return false: it has not come yet */
static bool next(struct mmk_stream *s)
{
    struct mmki_reader *r = &s->read;
    if (r->turn) {
        next_pass(s);
        return true;
    }
    struct mmki_node *node = mmki_link_get(&r->prev->link);
    if (node == NULL)
        return false;
    begin_pass(r, node);
    if (!s->capture && (node->block.flags & MMK_BLOCK_LOOP_BEGIN) != 0 && r->loop == NULL) {
        r->loop = node;
        r->passes_left = node->block.loops > 1 ? node->block.loops : 1;
        if (r->passes_left != UINT32_MAX)
            r->passes_left--;
        r->pass_start = r->fed;
        r->loop_frames = 0;
    }
    return true;
}

/* The last block of a loop was read. The turn waits until a frame is wanted, so that a break
 * between two passes ends the loop at once. */
static void end_pass(struct mmki_reader *r)
{
    r->loop_frames = r->fed - r->pass_start;
    if (r->passes_left > 0 && r->loop_frames > 0) /* a loop without frames would spin for ever */
        r->turn = true;
    else
        r->loop = NULL;
}

static void finish(struct mmk_stream *s)
{
    struct mmki_reader *r = &s->read;
    struct mmki_node *done = r->cur;
    done->fed_end = r->fed;
    r->cur = NULL;
    r->prev = done;
    if (r->loop != NULL && (done->block.flags & MMK_BLOCK_LOOP_END) != 0)
        end_pass(r);
    if (!more_passes(r))
        r->final = r->prev;
}

/* Who hears that a block is done finds the position behind it. */
static void promise(struct mmk_stream *s, uint64_t position)
{
    s->pos_floor = position;
    if (position > mmki_get64(&s->position))
        mmki_set64(&s->position, position);
}

static void announce(struct mmk_stream *s, struct mmki_node *node, uint32_t n_frames, mmk_err why)
{
    struct mmki_reader *r = &s->read;
    node->n_done = n_frames;
    node->why = why;
    r->due = node;
    if (why == MMK_OK && node->fed_end > s->pos_floor)
        promise(s, node->fed_end);
    mmki_set32(&s->n_done, mmki_get32(&s->n_done) + 1);
}

/* A finished capture block is done at once: the device has delivered it. */
static void finish_recorded(struct mmk_stream *s, uint32_t n_frames)
{
    struct mmki_reader *r = &s->read;
    struct mmki_node *node = r->cur;
    const uint64_t unfilled = node->block.n_frames - n_frames;
    r->lin += unfilled;
    if (unfilled > 0)
        mmki_bump64(&s->extra, unfilled);
    finish(s);
    announce(s, node, n_frames, MMK_OK);
}

static void finish_read(struct mmk_stream *s)
{
    if (s->capture)
        finish_recorded(s, s->read.cur->block.n_frames);
    else
        finish(s);
}

/* Only blocks without frames: the next one that has some is not begun before a frame of it is
 * wanted. */
void mmki_chain_settle(struct mmk_stream *s)
{
    const struct mmki_reader *r = &s->read;
    for (unsigned budget = MMKI_BUDGET; budget > 0 && r->cur == NULL && !r->turn; budget--) {
        const struct mmki_node *node = mmki_link_get(&r->prev->link);
        if (node == NULL || node->block.n_frames > 0)
            return;
        next(s);
        finish_read(s);
    }
}

size_t mmki_chain_at(struct mmk_stream *s, uint8_t **data, size_t max)
{
    const struct mmki_reader *r = &s->read;
    for (unsigned budget = MMKI_BUDGET; budget > 0; budget--) {
        if (r->cur == NULL && !next(s))
            return 0;
        if (r->offset < r->cur->block.n_frames) {
            const size_t left = r->cur->block.n_frames - r->offset;
            *data = (uint8_t *)r->cur->block.data + (size_t)r->offset * s->frame_bytes;
            return left < max ? left : max;
        }
        finish_read(s);
    }
    return 0;
}

/* A block is done with its last frame, not with the first of its successor. */
void mmki_chain_advance(struct mmk_stream *s, size_t n)
{
    struct mmki_reader *r = &s->read;
    r->offset += (uint32_t)n;
    r->lin += n;
    r->fed += n;
    if (r->offset == r->cur->block.n_frames)
        finish_read(s);
    mmki_chain_settle(s);
}

uint64_t mmki_chain_available(const struct mmk_stream *s)
{
    const struct mmki_reader *r = &s->read;
    const uint64_t accepted = mmki_get64(&s->accepted);
    uint64_t linear = accepted > r->lin ? accepted - r->lin : 0;
    if (!more_passes(r) || r->loop_frames == 0)
        return linear;
    if (r->passes_left == UINT32_MAX)
        return UINT64_MAX;
    return linear +
           r->passes_left *
               r->loop_frames; /* below 2^64: 2^32 passes of 2^32 blocks do not fit into memory */
}

void mmki_chain_break(struct mmk_stream *s)
{
    struct mmki_reader *r = &s->read;
    const uint32_t count = mmki_get32(&s->break_loop);
    if (count == r->break_seen)
        return;
    r->break_seen = count;
    if (r->loop == NULL)
        return;
    r->passes_left = 0;
    r->final = r->prev;
    if (r->turn) {
        r->turn = false;
        r->loop = NULL;
    }
}

bool mmki_chain_due(struct mmk_stream *s, uint64_t position)
{
    struct mmki_reader *r = &s->read;
    bool any = false;
    for (unsigned budget = MMKI_BUDGET; r->due != r->final && budget > 0; budget--) {
        struct mmki_node *node = mmki_link_get(&r->due->link);
        if (node->fed_end > position)
            break;
        announce(s, node, node->block.n_frames, MMK_OK);
        any = true;
    }
    return any;
}

void mmki_chain_cut(struct mmk_stream *s)
{
    const struct mmki_reader *r = &s->read;
    if (r->cur != NULL && r->offset > 0)
        finish_recorded(s, r->offset);
}

/* How much of one pass of a block was heard (recorded) when `position` stream frames were. */
static uint32_t heard(const struct mmk_stream *s, const struct mmki_node *node, uint64_t position)
{
    if (!node->begun || position <= node->start)
        return 0;
    if (s->capture)
        return node == s->read.cur ? s->read.offset : 0;
    const uint64_t n = position - node->start;
    return n < node->block.n_frames ? (uint32_t)n : node->block.n_frames;
}

void mmki_chain_cancel(struct mmk_stream *s, mmk_err why, uint64_t position)
{
    struct mmki_reader *r = &s->read;
    struct mmki_node *node;
    while ((node = mmki_link_get(&r->due->link)) != NULL)
        announce(s, node, heard(s, node, position), why);
    const struct mmki_reader old = *r;
    mmki_chain_init(s, old.due);
    r->lin = mmki_get64(&s->accepted);
    r->fed = old.fed;
    r->extra = old.extra;
}
