/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "engine/ring.h"

#include <string.h>

/* The stores of the values are release, so who sees one of them sees the odd sequence as well; the
 * loads are acquire, so the second look at the sequence cannot move before them. */

void mmki_gains_write(struct mmki_gains *gains, const float *values, unsigned n)
{
    const uint32_t sequence = atomic_load_explicit(&gains->sequence, memory_order_relaxed);
    atomic_store_explicit(&gains->sequence, sequence + 1, memory_order_relaxed);
    for (unsigned c = 0; c < n; c++) {
        uint32_t bits;
        memcpy(&bits, &values[c], sizeof bits);
        atomic_store_explicit(&gains->bits[c], bits, memory_order_release);
    }
    atomic_store_explicit(&gains->sequence, sequence + 2, memory_order_release);
}

bool mmki_gains_read(const struct mmki_gains *gains, uint32_t *seen, float *values, unsigned n)
{
    uint32_t bits[MMK_CHANNELS_MAX];
    const uint32_t sequence = atomic_load_explicit(&gains->sequence, memory_order_acquire);
    if (sequence == *seen || (sequence & 1) != 0)
        return false;
    for (unsigned c = 0; c < n; c++)
        bits[c] = atomic_load_explicit(&gains->bits[c], memory_order_acquire);
    if (atomic_load_explicit(&gains->sequence, memory_order_relaxed) != sequence)
        return false;
    memcpy(values, bits, n * sizeof *values);
    *seen = sequence;
    return true;
}
