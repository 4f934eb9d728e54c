/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ENGINE_RING_H
#define MMK_ENGINE_RING_H

/**
 * Everything that two threads share without a lock: the only atomics of the engine.
 *
 * Two sides meet here. The *audio* side (the backend's thread inside render and played) must never
 * wait, so it only tries, loads and stores. The *control* side (everybody else) may wait. Orders
 * sit on the operations, there are no fences, so a thread sanitizer understands every edge. Each
 * comment names the partner.
 *
 * 64-bit values are lock-free on all hosts (i686: cmpxchg8b and SSE2 moves, inlined).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <mmk/format.h>

/* ------------------------------------------------------------------ token */

/** Who may touch what lies behind a slot of the engine's table. */
struct mmki_token {
    atomic_uint state;
};

enum { MMKI_TOKEN_EMPTY = 0, MMKI_TOKEN_FREE, MMKI_TOKEN_AUDIO, MMKI_TOKEN_CONTROL };

/** Audio. Acquire: sees all that the control side did before mmki_token_release. Failure: skip the
 * stream. */
static inline bool mmki_token_try(struct mmki_token *token, unsigned as)
{
    unsigned expected = MMKI_TOKEN_FREE;
    return atomic_compare_exchange_strong_explicit(&token->state, &expected, as,
                                                   memory_order_acquire, memory_order_relaxed);
}

/** Both. Release: pairs with the acquire of the next mmki_token_try. */
static inline void mmki_token_release(struct mmki_token *token)
{
    atomic_store_explicit(&token->state, MMKI_TOKEN_FREE, memory_order_release);
}

/** Control, holding it: the slot is empty from now on. Release: pairs with mmki_token_is_empty. */
static inline void mmki_token_clear(struct mmki_token *token)
{
    atomic_store_explicit(&token->state, MMKI_TOKEN_EMPTY, memory_order_release);
}

static inline bool mmki_token_is_empty(const struct mmki_token *token)
{
    return atomic_load_explicit(&token->state, memory_order_acquire) == MMKI_TOKEN_EMPTY;
}

/* ------------------------------------------------------------------ values */

/** A number written by one side and read by the other. Store is release, load is acquire, so what
 * was written before the store is seen after the load. Where both sides write, they hold the token.
 */
struct mmki_u32 {
    atomic_uint_least32_t v;
};
struct mmki_u64 {
    atomic_uint_least64_t v;
};

static inline uint32_t mmki_get32(const struct mmki_u32 *a)
{
    return atomic_load_explicit(&a->v, memory_order_acquire);
}

static inline void mmki_set32(struct mmki_u32 *a, uint32_t v)
{
    atomic_store_explicit(&a->v, v, memory_order_release);
}

static inline uint64_t mmki_get64(const struct mmki_u64 *a)
{
    return atomic_load_explicit(&a->v, memory_order_acquire);
}

static inline void mmki_set64(struct mmki_u64 *a, uint64_t v)
{
    atomic_store_explicit(&a->v, v, memory_order_release);
}

/** Add where several threads of the control side may (news counters); audio loads. */
static inline void mmki_add32(struct mmki_u32 *a, uint32_t n)
{
    atomic_fetch_add_explicit(&a->v, n, memory_order_acq_rel);
}

/** Add where one thread writes: no read-modify-write needed. */
static inline void mmki_bump64(struct mmki_u64 *a, uint64_t n)
{
    mmki_set64(a, atomic_load_explicit(&a->v, memory_order_relaxed) + n);
}

/* ------------------------------------------------------------------ gains */

/** One set of gains, written by control (one writer, under the stream's lock), read by audio, which
 * keeps its old ones when it meets a half-written set. A sequence lock: odd while being written. */
struct mmki_gains {
    atomic_uint_least32_t sequence;
    atomic_uint_least32_t bits[MMK_CHANNELS_MAX];
};

void mmki_gains_write(struct mmki_gains *gains, const float *values, unsigned n);

/** @return false: nothing new since *seen, or just being written */
bool mmki_gains_read(const struct mmki_gains *gains, uint32_t *seen, float *values, unsigned n);

/* ------------------------------------------------------------------ chain of blocks */

struct mmki_node;

/** Link from one node to the next. Stored once, by submit (release): the node behind it is
 * complete. Loaded by audio and by delivery (acquire). */
struct mmki_link {
    _Atomic(struct mmki_node *) next;
};

static inline void mmki_link_init(struct mmki_link *link)
{
    atomic_init(&link->next, NULL);
}

static inline void mmki_link_set(struct mmki_link *link, struct mmki_node *next)
{
    atomic_store_explicit(&link->next, next, memory_order_release);
}

static inline struct mmki_node *mmki_link_get(const struct mmki_link *link)
{
    return atomic_load_explicit(&link->next, memory_order_acquire);
}

#endif
