/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

/* (dev - dev0) * num must not wrap. num is at most 16 x 2^40 where a span is one render, 2^19 where
 * it may grow. */
#define SPAN_MAX (UINT64_C(1) << 40)

void mmki_map_reset(struct mmki_map *map)
{
    map->first = 0;
    map->n = 0;
    map->rest = 0;
}

static uint64_t value(const struct mmki_span *s, uint64_t dev)
{
    const uint64_t at = s->base + ((dev - s->dev0) * s->num + s->rem) / s->den;
    return at < s->cap ? at : s->cap;
}

/* Whether `b` is `a` gone on. Only then may they be one span. */
static bool continues(const struct mmki_span *a, const struct mmki_span *b)
{
    if (a->dev1 != b->dev0 || a->num != b->num || a->den != b->den || b->dev1 - a->dev0 > SPAN_MAX)
        return false;
    const uint64_t sum = (a->dev1 - a->dev0) * a->num + a->rem;
    return a->base + sum / a->den == b->base && sum % a->den == b->rem;
}

void mmki_map_add(struct mmki_map *map, const struct mmki_span *span)
{
    struct mmki_span *newest = &map->span[(map->first + map->n + MMKI_MAP_MAX - 1) % MMKI_MAP_MAX];
    if (map->n > 0 && continues(newest, span)) {
        newest->dev1 = span->dev1;
        newest->cap = span->cap;
    } else if (map->n == MMKI_MAP_MAX) {
        /* a device far behind, and many changes: stand still to the end of both. Late, never early
         */
        newest->dev1 = span->dev1;
        newest->num = 0;
        newest->cap = span->cap;
    } else {
        newest = &map->span[(map->first + map->n) % MMKI_MAP_MAX];
        *newest = *span;
        map->n++;
    }
    newest->end = value(span, span->dev1);
}

uint64_t mmki_map_at(struct mmki_map *map, uint64_t dev)
{
    while (map->n > 0) {
        const struct mmki_span *oldest = &map->span[map->first];
        if (dev <= oldest->dev0)
            break;
        if (dev < oldest->dev1) {
            const uint64_t at = value(oldest, dev);
            return at > map->rest ? at : map->rest;
        }
        map->rest = oldest->end > map->rest ? oldest->end : map->rest;
        map->first = (map->first + 1) % MMKI_MAP_MAX;
        map->n--;
    }
    return map->rest;
}
