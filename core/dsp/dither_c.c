/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH c
#include "dsp/dither_loops.h"

/* Triangular dither: the difference of two independent uniform numbers, the upper and the lower
 * half of one 32-bit state. Each lane is a xorshift generator (Marsaglia 2003, shifts 13, 17, 5:
 * period 2^32 - 1, over which every pair of halves but (0, 0) comes once, so the two are
 * independent and unbiased). Shifts and xors exist in every vector unit, 32-bit products do not.
 * Sample i of a stream is served by lane i mod
 * MMK_DITHER_LANES. */

void mmk_dither_seed(struct mmk_dither *dither, uint32_t seed)
{
    for (unsigned i = 0; i < MMK_DITHER_LANES; i++) {
        /* the finaliser of MurmurHash3 scatters neighbouring seeds over the whole period */
        uint32_t x = seed + (i + 1) * 0x9E3779B9u;
        x = (x ^ x >> 16) * 0x85EBCA6Bu;
        x = (x ^ x >> 13) * 0xC2B2AE35u;
        x ^= x >> 16;
        dither->lane[i] = x ? x : 0x6D2B79F5u; /* 0 is the generator's one fixed point */
    }
    dither->next = 0;
}
