/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_HASH_H
#define MMK_HASH_H

/**
 * Checksums: FNV-1a for identity (files, names), CRC-32C for records that may be torn.
 *
 * Both run over pieces: feed the result of one call into the next, begin with the _INIT constant.
 * Neither is a defence against an opponent. Context of all: any.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MMK_FNV1A64_INIT UINT64_C(0xcbf29ce484222325)
#define MMK_CRC32C_INIT  UINT32_C(0)

/** FNV-1a, 64 bits. Source: draft-eastlake-fnv; empty input gives the INIT value. */
uint64_t mmk_fnv1a64(uint64_t hash, const void *data, size_t len);

/** CRC-32C (Castagnoli, reflected, both ends inverted). Source: RFC 3720, appendix B.4. */
uint32_t mmk_crc32c(uint32_t crc, const void *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
