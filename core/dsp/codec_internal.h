/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_CODEC_INTERNAL_H
#define MMKI_CODEC_INTERNAL_H

/** What the codecs of this folder share. */

#include <mmk/codec.h>

#include "dsp/dsp_internal.h"

static inline int32_t mmki_clamp_s16(int32_t v)
{
    v = v < -32768 ? -32768 : v;
    return v > 32767 ? 32767 : v;
}

/** The block size that Windows' own ADPCM codecs choose: 256 bytes a channel up to 11 kHz, twice
 *  that up to 22 kHz, four times above: 20 to 90 ms of sound. */
static inline uint32_t mmki_adpcm_block_bytes(uint32_t rate_hz, unsigned channels)
{
    uint32_t factor = rate_hz < 22050u ? 1u : rate_hz < 44100u ? 2u : 4u;
    return 256u * factor * channels;
}

#endif
