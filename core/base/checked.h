/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BASE_CHECKED_H
#define MMK_BASE_CHECKED_H

/**
 * Arithmetic on sizes that cannot wrap.
 *
 * Each function returns true and stores the result, or returns false and leaves *out alone. Sizes
 * that come from outside (chunk lengths, counts, formats) go through these, never through a bare *
 * or +. Context: any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool mmki_add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return false;
    *out = a + b;
    return true;
}

static inline bool mmki_sub_size(size_t a, size_t b, size_t *out)
{
    if (a < b)
        return false;
    *out = a - b;
    return true;
}

static inline bool mmki_mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

/** a * b + c, the size of most arrays behind a header. */
static inline bool mmki_mul_add_size(size_t a, size_t b, size_t c, size_t *out)
{
    size_t product;
    return mmki_mul_size(a, b, &product) && mmki_add_size(product, c, out);
}

static inline bool mmki_add_u32(uint32_t a, uint32_t b, uint32_t *out)
{
    if (a > UINT32_MAX - b)
        return false;
    *out = a + b;
    return true;
}

static inline bool mmki_mul_u32(uint32_t a, uint32_t b, uint32_t *out)
{
    const uint64_t product = (uint64_t)a * b;
    if (product > UINT32_MAX)
        return false;
    *out = (uint32_t)product;
    return true;
}

static inline bool mmki_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a > UINT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}

static inline bool mmki_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b != 0 && a > UINT64_MAX / b)
        return false;
    *out = a * b;
    return true;
}

/** Round up to a multiple of `align`, a power of two. */
static inline bool mmki_align_up(size_t n, size_t align, size_t *out)
{
    size_t sum;
    if (!mmki_add_size(n, align - 1, &sum))
        return false;
    *out = sum & ~(align - 1);
    return true;
}

#endif
