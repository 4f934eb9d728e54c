/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/dsp_internal.h"

/* ITU-T G.711 (11/88). Codes carry the line's bit inversions: A-law has its even bits inverted,
 * mu-law all of them. Tables hold the quantised values of tables 1a/1b and 2a/2b, on the 16-bit
 * scale: 13-bit A-law values times 8, 14-bit mu-law values times 4. */

/* clang-format off */
const int16_t mmki_alaw_decode[256] = {
    -5504, -5248, -6016, -5760, -4480, -4224, -4992, -4736,
    -7552, -7296, -8064, -7808, -6528, -6272, -7040, -6784,
    -2752, -2624, -3008, -2880, -2240, -2112, -2496, -2368,
    -3776, -3648, -4032, -3904, -3264, -3136, -3520, -3392,
    -22016, -20992, -24064, -23040, -17920, -16896, -19968, -18944,
    -30208, -29184, -32256, -31232, -26112, -25088, -28160, -27136,
    -11008, -10496, -12032, -11520, -8960, -8448, -9984, -9472,
    -15104, -14592, -16128, -15616, -13056, -12544, -14080, -13568,
    -344, -328, -376, -360, -280, -264, -312, -296,
    -472, -456, -504, -488, -408, -392, -440, -424,
    -88, -72, -120, -104, -24, -8, -56, -40,
    -216, -200, -248, -232, -152, -136, -184, -168,
    -1376, -1312, -1504, -1440, -1120, -1056, -1248, -1184,
    -1888, -1824, -2016, -1952, -1632, -1568, -1760, -1696,
    -688, -656, -752, -720, -560, -528, -624, -592,
    -944, -912, -1008, -976, -816, -784, -880, -848,
    5504, 5248, 6016, 5760, 4480, 4224, 4992, 4736,
    7552, 7296, 8064, 7808, 6528, 6272, 7040, 6784,
    2752, 2624, 3008, 2880, 2240, 2112, 2496, 2368,
    3776, 3648, 4032, 3904, 3264, 3136, 3520, 3392,
    22016, 20992, 24064, 23040, 17920, 16896, 19968, 18944,
    30208, 29184, 32256, 31232, 26112, 25088, 28160, 27136,
    11008, 10496, 12032, 11520, 8960, 8448, 9984, 9472,
    15104, 14592, 16128, 15616, 13056, 12544, 14080, 13568,
    344, 328, 376, 360, 280, 264, 312, 296,
    472, 456, 504, 488, 408, 392, 440, 424,
    88, 72, 120, 104, 24, 8, 56, 40,
    216, 200, 248, 232, 152, 136, 184, 168,
    1376, 1312, 1504, 1440, 1120, 1056, 1248, 1184,
    1888, 1824, 2016, 1952, 1632, 1568, 1760, 1696,
    688, 656, 752, 720, 560, 528, 624, 592,
    944, 912, 1008, 976, 816, 784, 880, 848,
};

const int16_t mmki_ulaw_decode[256] = {
    -32124, -31100, -30076, -29052, -28028, -27004, -25980, -24956,
    -23932, -22908, -21884, -20860, -19836, -18812, -17788, -16764,
    -15996, -15484, -14972, -14460, -13948, -13436, -12924, -12412,
    -11900, -11388, -10876, -10364, -9852, -9340, -8828, -8316,
    -7932, -7676, -7420, -7164, -6908, -6652, -6396, -6140,
    -5884, -5628, -5372, -5116, -4860, -4604, -4348, -4092,
    -3900, -3772, -3644, -3516, -3388, -3260, -3132, -3004,
    -2876, -2748, -2620, -2492, -2364, -2236, -2108, -1980,
    -1884, -1820, -1756, -1692, -1628, -1564, -1500, -1436,
    -1372, -1308, -1244, -1180, -1116, -1052, -988, -924,
    -876, -844, -812, -780, -748, -716, -684, -652,
    -620, -588, -556, -524, -492, -460, -428, -396,
    -372, -356, -340, -324, -308, -292, -276, -260,
    -244, -228, -212, -196, -180, -164, -148, -132,
    -120, -112, -104, -96, -88, -80, -72, -64,
    -56, -48, -40, -32, -24, -16, -8, 0,
    32124, 31100, 30076, 29052, 28028, 27004, 25980, 24956,
    23932, 22908, 21884, 20860, 19836, 18812, 17788, 16764,
    15996, 15484, 14972, 14460, 13948, 13436, 12924, 12412,
    11900, 11388, 10876, 10364, 9852, 9340, 8828, 8316,
    7932, 7676, 7420, 7164, 6908, 6652, 6396, 6140,
    5884, 5628, 5372, 5116, 4860, 4604, 4348, 4092,
    3900, 3772, 3644, 3516, 3388, 3260, 3132, 3004,
    2876, 2748, 2620, 2492, 2364, 2236, 2108, 1980,
    1884, 1820, 1756, 1692, 1628, 1564, 1500, 1436,
    1372, 1308, 1244, 1180, 1116, 1052, 988, 924,
    876, 844, 812, 780, 748, 716, 684, 652,
    620, 588, 556, 524, 492, 460, 428, 396,
    372, 356, 340, 324, 308, 292, 276, 260,
    244, 228, 212, 196, 180, 164, 148, 132,
    120, 112, 104, 96, 88, 80, 72, 64,
    56, 48, 40, 32, 24, 16, 8, 0,
};
/* clang-format on */

/* The segment's number: how far the leading one stands above bit `base`. */
static unsigned segment(uint32_t magnitude, unsigned base)
{
    unsigned seg = 0;
    for (uint32_t m = magnitude >> (base + 1); m; m >>= 1)
        seg++;
    return seg;
}

/* Decision values belong to the interval above them in magnitude, 16-bit values between two steps
 * of the 12 or 13-bit magnitude go down; negative values are mirrored by their ones' complement, as
 * ITU-T G.191's reference does, so that -1 is as near to zero as 0 is. */
uint8_t mmki_alaw_encode(int16_t linear)
{
    uint32_t sign = linear >= 0 ? 0x80u : 0;
    uint32_t m =
        (uint32_t)(linear >= 0 ? linear : ~linear) >> 4; /* 11 bits: half the table's step */
    unsigned seg = segment(m, 3);
    uint32_t code = seg ? seg << 4 | (m >> (seg - 1) & 15u) : m;
    return (uint8_t)((sign | code) ^ 0x55u);
}

uint8_t mmki_ulaw_encode(int16_t linear)
{
    uint32_t sign = linear >= 0 ? 0x80u : 0;
    uint32_t m = ((uint32_t)(linear >= 0 ? linear : ~linear) >> 2) + 33u; /* 13 bits and the bias */
    m = m > 0x1FFFu ? 0x1FFFu : m;
    unsigned seg = segment(m, 5);
    uint32_t code = seg << 4 | (m >> (seg + 1) & 15u);
    return (uint8_t)(sign | (~code & 0x7Fu));
}

void mmki_convert_alaw_to_f32_c(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, (float)mmki_alaw_decode[in[i]] * 0x1p-15f);
}

void mmki_convert_ulaw_to_f32_c(float *dst, const void *src, size_t n_samples)
{
    const uint8_t *in = src;
    for (size_t i = 0; i < n_samples; i++)
        mmki_store_f32(dst, i, (float)mmki_ulaw_decode[in[i]] * 0x1p-15f);
}

void mmki_convert_f32_to_alaw_c(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        float v = mmki_load_f32(src, i) * 0x1p15f;
        out[i] = mmki_alaw_encode((int16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
    }
}

void mmki_convert_f32_to_ulaw_c(void *dst, const float *src, size_t n_samples)
{
    uint8_t *out = dst;
    for (size_t i = 0; i < n_samples; i++) {
        float v = mmki_load_f32(src, i) * 0x1p15f;
        out[i] = mmki_ulaw_encode((int16_t)mmki_round_f32(v, -32768.0f, 32767.0f));
    }
}
