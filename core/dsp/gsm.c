/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/gsm_internal.h"

/* GSM 06.10 full rate: tables, the decoder, and Microsoft's framing. The encoder is in
 * gsm_encode.c. Section numbers are those of EN 300 961. */

enum { BLOCK_BYTES = 65, BLOCK_FRAMES = 320 };

/* Table 5.1 */
const int16_t mmki_gsm_MIC[GSM_ORDER] = {-32, -32, -16, -16, -8, -8, -4, -4};
const int16_t mmki_gsm_B[GSM_ORDER] = {0, 0, 2048, -2560, 94, -1792, -341, -1144};
/* Table 5.2 */
static const int16_t INVA[GSM_ORDER] = {13107, 13107, 13107, 13107, 19223, 17476, 31454, 29708};
/* Table 5.3b */
const int16_t mmki_gsm_QLB[4] = {3277, 11469, 21299, 32767};
/* Table 5.6 */
static const int16_t FAC[8] = {18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767};

/* ------------------------------------------------------------------ short-term coefficients */

/* 5.2.8 */
static int32_t decode_lar(unsigned i, unsigned code)
{
    int32_t v = ((int32_t)code + mmki_gsm_MIC[i]) * 1024;
    v = mmki_gsm_sub(v, 2 * mmki_gsm_B[i]);
    v = mmki_gsm_mult_r(INVA[i], v);
    return mmki_gsm_add(v, v);
}

/* 5.2.9.2 */
static int32_t reflection(int32_t lar)
{
    int32_t m = mmki_gsm_abs(lar);
    m = m < 11059 ? m * 2 : m < 20070 ? m + 11059 : mmki_gsm_add(m >> 2, 26112);
    return lar < 0 ? -m : m;
}

void mmki_gsm_reflections(const uint8_t *LARc, int32_t *last, struct mmki_gsm_rp *out)
{
    for (unsigned i = 0; i < GSM_ORDER; i++) {
        const int32_t old = last[i], lar = decode_lar(i, LARc[i]);
        const int32_t quarters = mmki_gsm_add(old >> 2, lar >> 2);
        out->rp[0][i] = reflection(mmki_gsm_add(quarters, old >> 1));
        out->rp[1][i] = reflection(mmki_gsm_add(old >> 1, lar >> 1));
        out->rp[2][i] = reflection(mmki_gsm_add(quarters, lar >> 1));
        out->rp[3][i] = reflection(lar);
        last[i] = lar;
    }
}

/* ------------------------------------------------------------------ pulses */

void mmki_gsm_exponent(unsigned xmaxc, int32_t *exp, int32_t *mant)
{
    int32_t e = xmaxc > 15 ? (int32_t)(xmaxc >> 3) - 1 : 0;
    int32_t m = (int32_t)xmaxc - e * 8;
    if (m == 0) {
        e = -4;
        m = 15;
    }
    while (m <= 7) {
        m = m * 2 + 1;
        e--;
    }
    *exp = e;
    *mant = m - 8;
}

void mmki_gsm_pulses(const struct mmki_gsm_sub *sub, int16_t *ep)
{
    int32_t exp, mant;
    mmki_gsm_exponent(sub->xmaxc, &exp, &mant);
    const int32_t shift = 6 - exp;
    const int32_t half = mmki_gsm_asr(1, 1 - shift);
    memset(ep, 0, GSM_SUB * sizeof *ep);
    for (unsigned i = 0; i < GSM_PULSES; i++) {
        int32_t v = (2 * (int32_t)sub->xMc[i] - 7) * 4096;
        v = mmki_gsm_add(mmki_gsm_mult_r(FAC[mant], v), half);
        ep[sub->Mc + 3 * i] = (int16_t)(v >> shift);
    }
}

/* ------------------------------------------------------------------ decoder */

struct decoder {
    int16_t dp[120];
    int32_t last[GSM_ORDER];
    int32_t v[GSM_ORDER + 1];
    int32_t msr;
    int32_t lag; /* nrp */
};

/* 5.3.2: from pulses and past to the short-term residual of one sub-frame, at wt. */
static void long_term(struct decoder *d, const struct mmki_gsm_sub *sub, int16_t *wt)
{
    int16_t ep[GSM_SUB], now[GSM_SUB];
    if (sub->Nc >= GSM_LAG_MIN && sub->Nc <= GSM_LAG_MAX)
        d->lag = sub->Nc;
    const int16_t *past = d->dp + 120 - d->lag;
    const int32_t gain = mmki_gsm_QLB[sub->bc];
    mmki_gsm_pulses(sub, ep);
    for (unsigned k = 0; k < GSM_SUB; k++)
        now[k] = (int16_t)mmki_gsm_add(ep[k], mmki_gsm_mult_r(gain, past[k]));
    memmove(d->dp, d->dp + GSM_SUB, 80 * sizeof *d->dp);
    memcpy(d->dp + 80, now, sizeof now);
    memcpy(wt, now, sizeof now);
}

/* 5.3.4: one sample through the lattice. Stage i makes v[i + 1] of the next sample, so they are
 * written from the top down. */
static int32_t lattice(const int32_t *rp, int32_t *v, int32_t s)
{
    for (unsigned i = GSM_ORDER; i-- > 0;) {
        s = mmki_gsm_sub(s, mmki_gsm_mult_r(rp[i], v[i]));
        v[i + 1] = mmki_gsm_add(v[i], mmki_gsm_mult_r(rp[i], s));
    }
    v[0] = s;
    return s;
}

static void decode_frame(struct decoder *d, const struct mmki_gsm_frame *frame, int16_t *pcm)
{
    struct mmki_gsm_rp rp;
    int16_t wt[GSM_FRAME];
    int32_t v[GSM_ORDER + 1], msr = d->msr;

    for (unsigned j = 0; j < 4; j++)
        long_term(d, &frame->sub[j], wt + GSM_SUB * j);
    mmki_gsm_reflections(frame->LARc, d->last, &rp);
    memcpy(v, d->v, sizeof v);
    for (unsigned part = 0, k = 0; part < 4; part++)
        for (; k < mmki_gsm_part_end[part]; k++) {
            int32_t s = lattice(rp.rp[part], v, wt[k]);
            msr = mmki_gsm_add(s, mmki_gsm_mult_r(msr, 28180)); /* 5.3.5 to 5.3.7 */
            pcm[k] = (int16_t)(mmki_gsm_add(msr, msr) & ~7);
        }
    memcpy(d->v, v, sizeof v);
    d->msr = msr;
}

/* ------------------------------------------------------------------ framing
 *
 * Two frames' parameters, 260 bits each, in the standard's order, the lowest bit first and without
 * a gap. */

struct bits {
    uint64_t word;
    unsigned n;
    const uint8_t *from;
    uint8_t *to;
};

static uint8_t take(struct bits *b, unsigned n)
{
    while (b->n < n) {
        b->word |= (uint64_t)*b->from++ << b->n;
        b->n += 8;
    }
    uint8_t v = (uint8_t)(b->word & ((1u << n) - 1u));
    b->word >>= n;
    b->n -= n;
    return v;
}

static void put(struct bits *b, unsigned v, unsigned n)
{
    b->word |= (uint64_t)v << b->n;
    for (b->n += n; b->n >= 8; b->n -= 8) {
        *b->to++ = (uint8_t)b->word;
        b->word >>= 8;
    }
}

static const uint8_t lar_bits[GSM_ORDER] = {6, 6, 5, 5, 4, 4, 3, 3};

static void take_frame(struct bits *b, struct mmki_gsm_frame *f)
{
    for (unsigned i = 0; i < GSM_ORDER; i++)
        f->LARc[i] = take(b, lar_bits[i]);
    for (unsigned j = 0; j < 4; j++) {
        struct mmki_gsm_sub *s = &f->sub[j];
        s->Nc = take(b, 7);
        s->bc = take(b, 2);
        s->Mc = take(b, 2);
        s->xmaxc = take(b, 6);
        for (unsigned i = 0; i < GSM_PULSES; i++)
            s->xMc[i] = take(b, 3);
    }
}

static void put_frame(struct bits *b, const struct mmki_gsm_frame *f)
{
    for (unsigned i = 0; i < GSM_ORDER; i++)
        put(b, f->LARc[i], lar_bits[i]);
    for (unsigned j = 0; j < 4; j++) {
        const struct mmki_gsm_sub *s = &f->sub[j];
        put(b, s->Nc, 7);
        put(b, s->bc, 2);
        put(b, s->Mc, 2);
        put(b, s->xmaxc, 6);
        for (unsigned i = 0; i < GSM_PULSES; i++)
            put(b, s->xMc[i], 3);
    }
}

/* ------------------------------------------------------------------ codec */

union state {
    struct decoder decoder;
    struct mmki_gsm_encoder encoder;
};

static mmk_err check(struct mmk_codec_shape *shape)
{
    if (shape->channels != 1 || shape->block_bytes != BLOCK_BYTES || shape->bits != 0 ||
        shape->extra_bytes < 2 || mmki_load16(shape->extra) != BLOCK_FRAMES)
        return MMK_ERR_FORMAT;
    shape->block_frames = BLOCK_FRAMES;
    return MMK_OK;
}

static mmk_err propose(struct mmk_codec_shape *shape, uint8_t *extra)
{
    shape->bits = 0;
    shape->block_bytes = BLOCK_BYTES;
    mmki_store16(extra, BLOCK_FRAMES);
    shape->extra = extra;
    shape->extra_bytes = 2;
    return check(shape);
}

/* 5.6: everything 0, but the lag. The same bytes serve either direction: an encoder has no lag, and
 * starts with a history of zeros, wherever the decoder's lag lies. */
static void start(void *state, const struct mmk_codec_shape *shape)
{
    union state *s = state;
    (void)shape;
    memset(s, 0, sizeof *s);
}

static size_t decode(void *state, const struct mmk_codec_shape *shape, const uint8_t *block,
                     size_t len_bytes, int16_t *pcm)
{
    struct decoder *d = &((union state *)state)->decoder;
    struct bits b = {0, 0, block, NULL};
    struct mmki_gsm_frame frame;
    size_t n = len_bytes >= BLOCK_BYTES ? 2 : len_bytes >= 33 ? 1 : 0;

    (void)shape;
    if (d->lag == 0)
        d->lag = GSM_LAG_MIN;
    for (size_t i = 0; i < n; i++) {
        take_frame(&b, &frame);
        decode_frame(d, &frame, pcm + GSM_FRAME * i);
    }
    return n * GSM_FRAME;
}

static void encode(void *state, const struct mmk_codec_shape *shape, const int16_t *pcm,
                   uint8_t *block)
{
    struct mmki_gsm_encoder *e = &((union state *)state)->encoder;
    struct bits b = {0, 0, NULL, block};
    struct mmki_gsm_frame frame;

    (void)shape;
    for (size_t i = 0; i < 2; i++) {
        mmki_gsm_encode_frame(e, pcm + GSM_FRAME * i, &frame);
        put_frame(&b, &frame);
    }
}

static const uint32_t rates[] = {8000, 11025, 22050, 44100, 0};

const struct mmk_codec mmk_codec_gsm = {
    .tag = 0x0031,
    .bits = 0,
    .channels_max = 1,
    .extra_bytes = 2,
    .name = "GSM 6.10",
    .rates = rates,
    .any_rate = true,
    .propose = propose,
    .check = check,
    .state_bytes = sizeof(union state),
    .start = start,
    .decode = decode,
    .encode = encode,
};
