/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/engine_internal.h"

/* Multiplying (dev - dev0) by num must not wrap: num is below 2^24 x 384,000 < 2^43 only where a
 * span is one render long; long spans have num <= 384,000, so this many device frames are safe and
 * last for centuries. */
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
    if (map->n > 0) {
        struct mmki_span *newest = &map->span[(map->first + map->n - 1) % MMKI_MAP_MAX];
        if (continues(newest, span)) {
            newest->dev1 = span->dev1;
            newest->cap = span->cap;
            return;
        }
        if (map->n == MMKI_MAP_MAX) {
            /* a device that is far behind, and many changes: one straight line for the two newest
             */
            newest->num = span->cap - newest->base;
            newest->den = span->dev1 - newest->dev0;
            newest->rem = 0;
            newest->dev1 = span->dev1;
            newest->cap = span->cap;
            return;
        }
    }
    map->span[(map->first + map->n) % MMKI_MAP_MAX] = *span;
    map->n++;
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
        const uint64_t end = value(oldest, oldest->dev1);
        if (end > map->rest)
            map->rest = end;
        map->first = (map->first + 1) % MMKI_MAP_MAX;
        map->n--;
    }
    return map->rest;
}
