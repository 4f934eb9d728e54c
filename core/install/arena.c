/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/checked.h"

#define CHUNK_BYTES (32u * 1024u)
#define ALIGNMENT   16u

struct mmki_chunk {
    struct mmki_chunk *next;
    size_t used;
    size_t size;
    uint8_t pad[2 * ALIGNMENT - (sizeof(void *) + 2 * sizeof(size_t)) % ALIGNMENT];
};

static struct mmki_chunk *new_chunk(struct mmki_arena *arena, size_t len)
{
    const size_t head = (sizeof(struct mmki_chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t size = len > CHUNK_BYTES ? len : CHUNK_BYTES;
    if (!mmki_add_size(size, head, &size))
        return NULL;
    struct mmki_chunk *chunk = arena->platform->ops->alloc(arena->platform, size);
    if (chunk == NULL)
        return NULL;
    chunk->next = arena->chunks;
    chunk->used = head;
    chunk->size = size;
    arena->chunks = chunk;
    return chunk;
}

void *mmki_arena_alloc(struct mmki_arena *arena, size_t len)
{
    struct mmki_chunk *chunk = arena->chunks;
    if (!mmki_align_up(len > 0 ? len : 1, ALIGNMENT, &len))
        return NULL;
    if (chunk == NULL || chunk->size - chunk->used < len)
        chunk = new_chunk(arena, len);
    if (chunk == NULL)
        return NULL;
    void *at = (uint8_t *)chunk + chunk->used;
    chunk->used += len;
    return at;
}

void *mmki_arena_array(struct mmki_arena *arena, size_t n, size_t size)
{
    size_t len;
    return mmki_mul_size(n, size, &len) ? mmki_arena_alloc(arena, len) : NULL;
}

void *mmki_arena_copy(struct mmki_arena *arena, const void *data, size_t len)
{
    void *copy = mmki_arena_alloc(arena, len);
    if (copy != NULL && len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *mmki_arena_text(struct mmki_arena *arena, const char *text)
{
    return mmki_arena_copy(arena, text, strlen(text) + 1);
}

void mmki_arena_free(struct mmki_arena *arena)
{
    while (arena->chunks != NULL) {
        struct mmki_chunk *next = arena->chunks->next;
        arena->platform->ops->free(arena->platform, arena->chunks);
        arena->chunks = next;
    }
}
