/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/gsm_internal.h"

/* The encoder of GSM 06.10, section 5.2 of EN 300 961, step by step. The search for the lag
 * (81 scalar products of 40 samples, four times a frame) takes most of the time; it is written so
 * that compilers make it a loop of multiply-add pairs. */

/* Table 5.1 */
static const int16_t A[GSM_ORDER] = {20480, 20480, 20480, 20480, 13964, 15360, 8534, 9036};
static const int16_t MAC[GSM_ORDER] = {31, 31, 15, 15, 7, 7, 3, 3};
/* Table 5.3a */
static const int16_t DLB[4] = {6554, 16384, 26214, 32767};
/* Table 5.4 */
static const int16_t H[11] = {-134, -374, 0, 2054, 5741, 8192, 5741, 2054, 0, -374, -134};
/* Table 5.5 */
static const int16_t NRFAC[8] = {29128, 26215, 23832, 21846, 20165, 18725, 17476, 16384};

static int32_t clamp_s32(int64_t v)
{
    v = v < INT32_MIN ? INT32_MIN : v;
    return (int32_t)(v > INT32_MAX ? INT32_MAX : v);
}

/* 5.2.1 to 5.2.3: scale down, remove the offset, pre-emphasise. */
static void preprocess(struct mmki_gsm_encoder *e, const int16_t *pcm, int16_t *s)
{
    for (unsigned k = 0; k < GSM_FRAME; k++) {
        const int32_t so = (pcm[k] >> 3) * 4, s1 = so - e->z1;
        e->z1 = so;
        const int32_t high = e->L_z2 >> 15, low = e->L_z2 - high * 32768;
        const int32_t s2 = s1 * 32768 + mmki_gsm_mult_r(low, 32735);
        e->L_z2 = clamp_s32((int64_t)high * 32735 + s2);
        const int32_t sof = clamp_s32((int64_t)e->L_z2 + 16384) >> 15;
        s[k] = (int16_t)mmki_gsm_add(sof, mmki_gsm_mult_r(e->mp, -28180));
        e->mp = sof;
    }
}

static int32_t largest(const int16_t *s, unsigned n)
{
    int32_t max = 0;
    for (unsigned k = 0; k < n; k++) {
        int32_t m = mmki_gsm_abs(s[k]);
        max = m > max ? m : max;
    }
    return max;
}

/* 5.2.4. The samples come back scaled down and up again, as the standard has it. */
static void autocorrelation(int16_t *s, int32_t *L_ACF)
{
    const int32_t max = largest(s, GSM_FRAME);
    const int32_t scale = max == 0 ? 0 : 4 - mmki_gsm_norm(max * 65536);

    if (scale > 0)
        for (unsigned k = 0; k < GSM_FRAME; k++)
            s[k] = (int16_t)mmki_gsm_mult_r(s[k], 16384 >> (scale - 1));
    for (unsigned lag = 0; lag <= GSM_ORDER; lag++) {
        int32_t sum = 0;
        for (unsigned k = lag; k < GSM_FRAME; k++)
            sum += (int32_t)s[k] * s[k - lag];
        L_ACF[lag] = sum * 2;
    }
    if (scale > 0)
        for (unsigned k = 0; k < GSM_FRAME; k++)
            s[k] = (int16_t)(uint16_t)((uint32_t)s[k] << scale);
}

/* 5.2.5: Schur's recursion. */
static void schur(const int32_t *L_ACF, int32_t *r)
{
    int32_t P[GSM_ORDER + 1], K[GSM_ORDER + 1];

    memset(r, 0, GSM_ORDER * sizeof *r);
    if (L_ACF[0] == 0)
        return;
    const int32_t norm = mmki_gsm_norm(L_ACF[0]);
    for (unsigned i = 0; i <= GSM_ORDER; i++)
        K[i] = P[i] = (int32_t)((uint32_t)L_ACF[i] << norm) >> 16;
    for (unsigned n = 0; n < GSM_ORDER; n++) {
        const int32_t m = mmki_gsm_abs(P[1]);
        if (P[0] < m)
            return;
        int32_t q = m == 0 ? 0 : m >= P[0] ? 32767 : (int32_t)((uint32_t)m << 15) / P[0];
        r[n] = P[1] > 0 ? -q : q;
        if (n == GSM_ORDER - 1)
            return;
        P[0] = mmki_gsm_add(P[0], mmki_gsm_mult_r(P[1], r[n]));
        for (unsigned i = 1; i < GSM_ORDER - n; i++) {
            const int32_t p = P[i + 1];
            P[i] = mmki_gsm_add(p, mmki_gsm_mult_r(K[i], r[n]));
            K[i] = mmki_gsm_add(K[i], mmki_gsm_mult_r(p, r[n]));
        }
    }
}

/* 5.2.6 and 5.2.7 */
static uint8_t code_lar(unsigned i, int32_t r)
{
    int32_t m = mmki_gsm_abs(r);
    m = m < 22118 ? m >> 1 : m < 31130 ? m - 11059 : (m - 26112) * 4;
    int32_t v = mmki_gsm_mult(A[i], r < 0 ? -m : m);
    v = mmki_gsm_add(mmki_gsm_add(v, mmki_gsm_B[i]), 256) >> 9;
    v = v > MAC[i] ? MAC[i] : v < mmki_gsm_MIC[i] ? mmki_gsm_MIC[i] : v;
    return (uint8_t)(v - mmki_gsm_MIC[i]);
}

/* 5.2.10 */
static void short_term(struct mmki_gsm_encoder *e, const uint8_t *LARc, int16_t *s)
{
    struct mmki_gsm_rp rp;
    int32_t u[GSM_ORDER];

    mmki_gsm_reflections(LARc, e->last, &rp);
    memcpy(u, e->u, sizeof u);
    for (unsigned part = 0, k = 0; part < 4; part++)
        for (; k < mmki_gsm_part_end[part]; k++) {
            int32_t d = s[k], save = d;
            for (unsigned i = 0; i < GSM_ORDER; i++) {
                const int32_t ui = u[i], r = rp.rp[part][i];
                u[i] = save;
                save = mmki_gsm_add(ui, mmki_gsm_mult_r(r, d));
                d = mmki_gsm_add(d, mmki_gsm_mult_r(r, ui));
            }
            s[k] = (int16_t)d;
        }
    memcpy(e->u, u, sizeof u);
}

/* 5.2.11. dp[120 + k] is sample k of this sub-frame, so lag N begins at dp + 120 - N. */
static void find_lag(const int16_t *d, const int16_t *dp, struct mmki_gsm_sub *sub)
{
    const int32_t max = largest(d, GSM_SUB);
    const int32_t norm = max == 0 ? 0 : mmki_gsm_norm(max * 65536);
    const int32_t scale = norm > 6 ? 0 : 6 - norm;
    int16_t wt[GSM_SUB];
    int32_t L_max = 0, L_power = 0;
    unsigned best = GSM_LAG_MIN;

    for (unsigned k = 0; k < GSM_SUB; k++)
        wt[k] = (int16_t)(d[k] >> scale);
    for (unsigned lag = GSM_LAG_MIN; lag <= GSM_LAG_MAX; lag++) {
        const int16_t *past = dp + 120 - lag;
        int32_t sum = 0;
        for (unsigned k = 0; k < GSM_SUB; k++)
            sum += (int32_t)wt[k] * past[k];
        if (sum > L_max) {
            best = lag;
            L_max = sum;
        }
    }
    for (unsigned k = 0; k < GSM_SUB; k++) {
        const int32_t v = dp[120 - best + k] >> 3;
        L_power += v * v;
    }
    L_max = L_max * 2 >> (6 - scale);
    L_power *= 2;
    sub->Nc = (uint8_t)best;
    sub->bc = 0;
    if (L_max <= 0)
        return;
    sub->bc = 3;
    if (L_max >= L_power)
        return;
    const int32_t shift = mmki_gsm_norm(L_power);
    const int32_t R = (int32_t)((uint32_t)L_max << shift) >> 16;
    const int32_t S = (int32_t)((uint32_t)L_power << shift) >> 16;
    for (unsigned b = 0; b < 3; b++)
        if (R <= mmki_gsm_mult(S, DLB[b])) {
            sub->bc = (uint8_t)b;
            return;
        }
}

/* 5.2.13: e has five zeros before and behind. */
static void weight(const int16_t *e, int16_t *x)
{
    for (unsigned k = 0; k < GSM_SUB; k++) {
        int32_t sum = 4096;
        for (unsigned i = 0; i < 11; i++)
            sum += (int32_t)e[k + i] * H[i];
        x[k] = (int16_t)mmki_clamp_s16(sum >> 13);
    }
}

/* 5.2.14 */
static unsigned best_grid(const int16_t *x)
{
    int32_t most = 0;
    unsigned best = 0;
    for (unsigned m = 0; m < 4; m++) {
        int32_t sum = 0;
        for (unsigned i = 0; i < GSM_PULSES; i++) {
            const int32_t v = x[m + 3 * i] >> 2;
            sum += v * v;
        }
        if (sum > most) {
            best = m;
            most = sum;
        }
    }
    return best;
}

/* 5.2.15 */
static void code_pulses(const int16_t *x, struct mmki_gsm_sub *sub)
{
    int32_t max = 0, exp = 0, mant;
    for (unsigned i = 0; i < GSM_PULSES; i++) {
        const int32_t m = mmki_gsm_abs(x[sub->Mc + 3 * i]);
        max = m > max ? m : max;
    }
    for (int32_t rest = max >> 9; rest > 0 && exp < 6; rest >>= 1)
        exp++;
    sub->xmaxc = (uint8_t)mmki_gsm_add(max >> (exp + 5), exp * 8);
    mmki_gsm_exponent(sub->xmaxc, &exp, &mant);
    for (unsigned i = 0; i < GSM_PULSES; i++) {
        const int32_t v = (int16_t)(uint16_t)((uint32_t)x[sub->Mc + 3 * i] << (6 - exp));
        sub->xMc[i] = (uint8_t)((mmki_gsm_mult(v, NRFAC[mant]) >> 12) + 4);
    }
}

static void code_sub(const int16_t *d, int16_t *dp, struct mmki_gsm_sub *sub)
{
    int16_t e[GSM_SUB + 10] = {0}, x[GSM_SUB], ep[GSM_SUB], dpp[GSM_SUB];

    find_lag(d, dp, sub);
    const int16_t *past = dp + 120 - sub->Nc;
    for (unsigned k = 0; k < GSM_SUB; k++) { /* 5.2.12 */
        dpp[k] = (int16_t)mmki_gsm_mult_r(mmki_gsm_QLB[sub->bc], past[k]);
        e[k + 5] = (int16_t)mmki_gsm_sub(d[k], dpp[k]);
    }
    weight(e, x);
    sub->Mc = (uint8_t)best_grid(x);
    code_pulses(x, sub);
    mmki_gsm_pulses(sub, ep);
    for (unsigned k = 0; k < GSM_SUB; k++) /* 5.2.18 */
        dp[120 + k] = (int16_t)mmki_gsm_add(ep[k], dpp[k]);
}

void mmki_gsm_encode_frame(struct mmki_gsm_encoder *e, const int16_t *pcm,
                           struct mmki_gsm_frame *frame)
{
    int16_t s[GSM_FRAME], dp[120 + GSM_FRAME];
    int32_t L_ACF[GSM_ORDER + 1], r[GSM_ORDER];

    preprocess(e, pcm, s);
    autocorrelation(s, L_ACF);
    schur(L_ACF, r);
    for (unsigned i = 0; i < GSM_ORDER; i++)
        frame->LARc[i] = code_lar(i, r[i]);
    short_term(e, frame->LARc, s);
    memcpy(dp, e->dp, sizeof e->dp);
    for (unsigned j = 0; j < 4; j++)
        code_sub(s + GSM_SUB * j, dp + GSM_SUB * j, &frame->sub[j]);
    memcpy(e->dp, dp + GSM_FRAME, sizeof e->dp);
}
