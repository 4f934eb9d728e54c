/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef TESTS_ACM_WFX_H
#define TESTS_ACM_WFX_H

/** WAVEFORMATEX structures for tests, written byte by byte after the Windows documents. */

#include <stddef.h>
#include <stdint.h>

#include <mmk/acm.h>

struct wfx {
    uint8_t b[80];
    size_t n;
    uint32_t rate;
    unsigned channels, block, frames, bits;
    uint16_t tag;
    char name[48];
};

/** PCM (1), float (3), A-law (6), mu-law (7). */
struct wfx wfx_plain(uint16_t tag, uint32_t rate, unsigned channels, unsigned bits);
/** PCM in WAVEFORMATEXTENSIBLE. */
struct wfx wfx_extensible(uint32_t rate, unsigned channels, unsigned bits, unsigned valid);
/** IMA (0x11), MS ADPCM (2), GSM (0x31). block 0: 256 bytes a channel. */
struct wfx wfx_codec(uint16_t tag, uint32_t rate, unsigned channels, unsigned block);
/** A few of every kind. @return how many of the 32 */
size_t wfx_some(struct wfx *out);

#endif
