/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* Outputs in lanes: the taps of MMK_FIR_LANES outputs at one input frame are one run of memory, and
 * the sample that they meet is the same for all of them, so nothing is ever summed across lanes.
 * Several sources (channels, and periods of a ratio that meet the same phases) share each load of
 * the taps. That is what makes it fast: a bank does not fit in the first cache, and a vector unit
 * waits four cycles for a sum but begins two in each.
 *
 * The sums go from both ends inwards (dsp.h): in two passes where the sources fill the registers,
 * side by side where they do not. It is the same arithmetic. Included for f32 and f64 with
 *   MMKI_KIND, MMKI_REAL
 *   MMKI_WIDE    how many of them make a vector
 *   MMKI_BESIDE  most sources whose two sums go side by side
 *   MMKI_TILE    most sources in flight, 8 at most
 * and built so that products and sums are fused, or not; mmk_dsp.fused says which. */

#define LANES              MMK_FIR_LANES
#define N_VEC              (LANES / MMKI_WIDE)
#define PASTE_(what, kind) what##_##kind
#define PASTE(what, kind)  PASTE_(what, kind)
#define NAME(what)         PASTE(what, MMKI_KIND)

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
typedef MMKI_REAL NAME(wide) __attribute__((vector_size(MMKI_WIDE * sizeof(MMKI_REAL))));

INLINE NAME(wide) NAME(add)(NAME(wide) a, NAME(wide) b)
{
    return a + b;
}

INLINE NAME(wide) NAME(add_product)(NAME(wide) sum, MMKI_REAL x, NAME(wide) taps)
{
    return sum + x * taps;
}
#else
#define INLINE static inline
typedef struct NAME(wide) {
    MMKI_REAL v[MMKI_WIDE];
} NAME(wide);

INLINE NAME(wide) NAME(add)(NAME(wide) a, NAME(wide) b)
{
    for (unsigned i = 0; i < MMKI_WIDE; i++)
        a.v[i] += b.v[i];
    return a;
}

INLINE NAME(wide) NAME(add_product)(NAME(wide) sum, MMKI_REAL x, NAME(wide) taps)
{
    for (unsigned i = 0; i < MMKI_WIDE; i++)
        sum.v[i] += x * taps.v[i];
    return sum;
}
#endif

INLINE NAME(wide) NAME(load)(const MMKI_REAL *p)
{
    NAME(wide) v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The last addition makes +0 of -0: which of the two a window's zeros leave depends on what they
 * were multiplied with. */
INLINE void NAME(store_sum)(MMKI_REAL *dst, NAME(wide) lo, NAME(wide) hi)
{
    const NAME(wide) zero = {0};
    const NAME(wide) sum = NAME(add)(NAME(add)(lo, hi), zero);
    memcpy(dst, &sum, sizeof sum);
}

INLINE void NAME(load_taps)(NAME(wide) * a, const MMKI_REAL *taps)
{
    for (unsigned v = 0; v < N_VEC; v++)
        a[v] = NAME(load)(taps + v * MMKI_WIDE);
}

INLINE void NAME(add_tap)(NAME(wide) * sum, MMKI_REAL x, const NAME(wide) * a)
{
    for (unsigned v = 0; v < N_VEC; v++)
        sum[v] = NAME(add_product)(sum[v], x, a[v]);
}

/* n is a constant wherever these are inlined. */
INLINE void NAME(beside)(MMKI_REAL *dst, const MMKI_REAL *const *src, const MMKI_REAL *taps,
                         size_t n_taps, const unsigned n)
{
    NAME(wide) lo[MMKI_BESIDE][N_VEC] = {0}, hi[MMKI_BESIDE][N_VEC] = {0}, a[N_VEC], b[N_VEC];
    for (size_t t = 0, u = n_taps - 1; t < n_taps / 2; t++, u--) {
        NAME(load_taps)(a, taps + LANES * t);
        NAME(load_taps)(b, taps + LANES * u);
        for (unsigned i = 0; i < n; i++) {
            NAME(add_tap)(lo[i], src[i][t], a);
            NAME(add_tap)(hi[i], src[i][u], b);
        }
    }
    if (n_taps % 2 != 0) {
        NAME(load_taps)(b, taps + LANES * (n_taps / 2));
        for (unsigned i = 0; i < n; i++)
            NAME(add_tap)(hi[i], src[i][n_taps / 2], b);
    }
    for (unsigned i = 0; i < n; i++)
        for (unsigned v = 0; v < N_VEC; v++)
            NAME(store_sum)(dst + LANES * i + v * MMKI_WIDE, lo[i][v], hi[i][v]);
}

INLINE void NAME(in_turn)(MMKI_REAL *dst, const MMKI_REAL *const *src, const MMKI_REAL *taps,
                          size_t n_taps, const unsigned n)
{
    NAME(wide) lo[MMKI_TILE][N_VEC] = {0}, hi[MMKI_TILE][N_VEC] = {0}, a[N_VEC];
    for (size_t t = 0; t < n_taps / 2; t++) {
        NAME(load_taps)(a, taps + LANES * t);
        for (unsigned i = 0; i < n; i++)
            NAME(add_tap)(lo[i], src[i][t], a);
    }
    for (size_t t = n_taps; t-- > n_taps / 2;) {
        NAME(load_taps)(a, taps + LANES * t);
        for (unsigned i = 0; i < n; i++)
            NAME(add_tap)(hi[i], src[i][t], a);
    }
    for (unsigned i = 0; i < n; i++)
        for (unsigned v = 0; v < N_VEC; v++)
            NAME(store_sum)(dst + LANES * i + v * MMKI_WIDE, lo[i][v], hi[i][v]);
}

static void NAME(tile)(MMKI_REAL *dst, const MMKI_REAL *const *src, const MMKI_REAL *taps,
                       size_t n_taps, unsigned n)
{
#define CASE(k)                                       \
    case k:                                           \
        if (k <= MMKI_BESIDE)                         \
            NAME(beside)(dst, src, taps, n_taps, k);  \
        else if (k <= MMKI_TILE)                      \
            NAME(in_turn)(dst, src, taps, n_taps, k); \
        break
    switch (n) {
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
    default:
        break;
    }
#undef CASE
}

/* Tiles of equal size, or nearly: a small rest would leave the vector units waiting. */
void MMKI_KERNEL(NAME(fir_lanes))(MMKI_REAL *dst, const MMKI_REAL *const *src, unsigned n_src,
                                  const MMKI_REAL *taps, size_t n_taps)
{
    for (unsigned tiles = (n_src + MMKI_TILE - 1) / MMKI_TILE; tiles; tiles--) {
        const unsigned n = (n_src + tiles - 1) / tiles;
        NAME(tile)(dst, src, taps, n_taps, n);
        dst += (size_t)LANES * n;
        src += n;
        n_src -= n;
    }
}

#undef LANES
#undef N_VEC
#undef PASTE_
#undef PASTE
#undef NAME
#undef INLINE
#undef MMKI_KIND
#undef MMKI_REAL
#undef MMKI_WIDE
#undef MMKI_BESIDE
#undef MMKI_TILE
