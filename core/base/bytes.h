/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BASE_BYTES_H
#define MMK_BASE_BYTES_H

/**
 * Little-endian numbers in bytes of any alignment.
 *
 * Everything on disk and in the MME's packed structures is little-endian; these read and write it
 * on any host. Compilers turn each into one move. Context: any (audio too).
 */

#include <stdint.h>

static inline uint16_t mmki_get_u16le(const void *at)
{
    const uint8_t *p = (const uint8_t *)at;
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t mmki_get_u32le(const void *at)
{
    const uint8_t *p = (const uint8_t *)at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t mmki_get_u64le(const void *at)
{
    const uint8_t *p = (const uint8_t *)at;
    return (uint64_t)mmki_get_u32le(p) | (uint64_t)mmki_get_u32le(p + 4) << 32;
}

static inline void mmki_put_u16le(void *at, uint16_t value)
{
    uint8_t *p = (uint8_t *)at;
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void mmki_put_u32le(void *at, uint32_t value)
{
    uint8_t *p = (uint8_t *)at;
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

static inline void mmki_put_u64le(void *at, uint64_t value)
{
    uint8_t *p = (uint8_t *)at;
    mmki_put_u32le(p, (uint32_t)value);
    mmki_put_u32le(p + 4, (uint32_t)(value >> 32));
}

#endif
