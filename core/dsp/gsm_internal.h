/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_GSM_INTERNAL_H
#define MMKI_GSM_INTERNAL_H

/**
 * What encoder and decoder of GSM 06.10 share: the standard's arithmetic (section 5.1), its tables
 * (5.4), and the parts of the decoder that the encoder runs too. Names are the standard's.
 *
 * All values are 16-bit numbers, kept in int32_t; products are exact in 32 bits, as the standard's
 * 32-bit accumulators have them.
 */

#include "dsp/codec_internal.h"

enum {
    GSM_FRAME = 160,
    GSM_SUB = 40,
    GSM_ORDER = 8,
    GSM_PULSES = 13,
    GSM_LAG_MIN = 40,
    GSM_LAG_MAX = 120
};

struct mmki_gsm_sub {
    uint8_t Nc, bc, Mc, xmaxc, xMc[GSM_PULSES];
};

/** The 76 parameters of one frame. */
struct mmki_gsm_frame {
    uint8_t LARc[GSM_ORDER];
    struct mmki_gsm_sub sub[4];
};

/** The four sets of reflection coefficients of a frame, for its samples 0-12, 13-26, 27-39, 40-159,
 *  from the decoded log area ratios of this frame and the last. */
struct mmki_gsm_rp {
    int32_t rp[4][GSM_ORDER];
};

static const uint8_t mmki_gsm_part_end[4] = {13, 27, 40, 160};

extern const int16_t mmki_gsm_MIC[GSM_ORDER];
extern const int16_t mmki_gsm_B[GSM_ORDER];
extern const int16_t mmki_gsm_QLB[4];

static inline int32_t mmki_gsm_add(int32_t a, int32_t b)
{
    return mmki_clamp_s16(a + b);
}

static inline int32_t mmki_gsm_sub(int32_t a, int32_t b)
{
    return mmki_clamp_s16(a - b);
}

/* Only -32768 * -32768 leaves 16 bits. */
static inline int32_t mmki_gsm_mult(int32_t a, int32_t b)
{
    int32_t p = a * b >> 15;
    return p > 32767 ? 32767 : p;
}

static inline int32_t mmki_gsm_mult_r(int32_t a, int32_t b)
{
    int32_t p = (a * b + 16384) >> 15;
    return p > 32767 ? 32767 : p;
}

static inline int32_t mmki_gsm_abs(int32_t a)
{
    a = a < 0 ? -a : a;
    return a > 32767 ? 32767 : a;
}

/** Shift to the right; to the left where n is negative. */
static inline int32_t mmki_gsm_asr(int32_t a, int32_t n)
{
    return n >= 0 ? a >> n : (int32_t)((uint32_t)a << -n);
}

/** How far a 32-bit number, not 0, can be shifted left until bit 30 differs from bit 31. */
static inline int32_t mmki_gsm_norm(int32_t a)
{
    uint32_t m = (uint32_t)(a < 0 ? ~a : a);
    int32_t n = 0;
    if (m == 0)
        return a == 0 ? 0 : 31;
    while ((m & 0x40000000u) == 0) {
        m <<= 1;
        n++;
    }
    return n;
}

/** Section 5.2.8 and 5.2.9: decode LARc into LAR (its four interpolations with `last`), and to
 *  reflection coefficients; `last` becomes this frame's. */
void mmki_gsm_reflections(const uint8_t *LARc, int32_t *last, struct mmki_gsm_rp *out);

/** Section 5.2.15 to 5.2.17: exponent and mantissa of a coded maximum, then the 13 pulses put on
 *  their grid: ep[40]. */
void mmki_gsm_exponent(unsigned xmaxc, int32_t *exp, int32_t *mant);
void mmki_gsm_pulses(const struct mmki_gsm_sub *sub, int16_t *ep);

/** The encoder's state and step, apart in its own file. */
struct mmki_gsm_encoder {
    int16_t dp[120]; /* reconstructed short-term residual of the last three sub-frames */
    int32_t last[GSM_ORDER];
    int32_t u[GSM_ORDER];
    int32_t z1, L_z2, mp;
};

void mmki_gsm_encode_frame(struct mmki_gsm_encoder *e, const int16_t *pcm,
                           struct mmki_gsm_frame *frame);

#endif
