/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/codec_oracle.h"

#include <math.h>
#include <stdint.h>

static const int step_size[89] = {
    7,     8,     9,     10,    11,    12,    13,    14,    16,    17,    19,   21,    23,
    25,    28,    31,    34,    37,    41,    45,    50,    55,    60,    66,   73,    80,
    88,    97,    107,   118,   130,   143,   157,   173,   190,   209,   230,  253,   279,
    307,   337,   371,   408,   449,   494,   544,   598,   658,   724,   796,  876,   963,
    1060,  1166,  1282,  1411,  1552,  1707,  1878,  2066,  2272,  2499,  2749, 3024,  3327,
    3660,  4026,  4428,  4871,  5358,  5894,  6484,  7132,  7845,  8630,  9493, 10442, 11487,
    12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767};

static int s16_at(const uint8_t *p)
{
    int v = p[0] + 256 * p[1];
    return v >= 32768 ? v - 65536 : v;
}

static int limit(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* Frame f (from 1) of a channel: group (f-1)/8, nibble (f-1)%8, low one first. */
static int ima_code(const uint8_t *block, unsigned channels, unsigned channel, size_t f)
{
    size_t group = (f - 1) / 8, nibble = (f - 1) % 8;
    uint8_t byte = block[4 * channels + group * 4 * channels + 4 * channel + nibble / 2];
    return nibble % 2 == 0 ? byte % 16 : byte / 16;
}

void oracle_ima(const uint8_t *block, unsigned channels, size_t frames, int16_t *pcm)
{
    for (unsigned c = 0; c < channels; c++) {
        int sample = s16_at(block + 4 * c), index = limit(block[4 * c + 2], 0, 88);
        pcm[c] = (int16_t)sample;
        for (size_t f = 1; f < frames; f++) {
            int code = ima_code(block, channels, c, f), step = step_size[index], difference = 0;
            if (code & 4)
                difference += step;
            if (code & 2)
                difference += step >> 1;
            if (code & 1)
                difference += step >> 2;
            difference += step >> 3;
            sample = limit(code & 8 ? sample - difference : sample + difference, -32768, 32767);
            index = limit(index + ((code & 4) ? 2 * (code & 3) + 2 : -1), 0, 88);
            pcm[f * channels + c] = (int16_t)sample;
        }
    }
}

/* Division as the description's C has it: towards zero. Written out, so that it does not lean on
 * the compiler's. */
static int64_t div256(int64_t v)
{
    return v < 0 ? -(-v / 256) : v / 256;
}

void oracle_ms(const uint8_t *block, unsigned channels, size_t frames, const int16_t (*coefs)[2],
               unsigned n_coefs, int16_t *pcm)
{
    static const int adaption_table[16] = {230, 230, 230, 230, 307, 409, 512, 614,
                                           768, 614, 512, 409, 307, 230, 230, 230};
    for (unsigned c = 0; c < channels; c++) {
        unsigned predictor = block[c] < n_coefs ? block[c] : 0;
        int64_t delta = s16_at(block + channels + 2 * c);
        int64_t samp1 = s16_at(block + 3 * channels + 2 * c);
        int64_t samp2 = s16_at(block + 5 * channels + 2 * c);
        pcm[c] = (int16_t)samp2;
        pcm[channels + c] = (int16_t)samp1;
        for (size_t f = 2; f < frames; f++) {
            size_t nibble = (f - 2) * channels + c;
            uint8_t byte = block[7 * channels + nibble / 2];
            int unsigned_error = nibble % 2 == 0 ? byte / 16 : byte % 16;
            int error = unsigned_error >= 8 ? unsigned_error - 16 : unsigned_error;
            int64_t pred = div256(samp1 * coefs[predictor][0] + samp2 * coefs[predictor][1]);
            int64_t sample = pred + delta * error;
            sample = sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample;
            delta = div256(delta * adaption_table[unsigned_error]);
            delta = delta < 16 ? 16 : delta > 0x7FFFFFFF / 768 ? 0x7FFFFFFF / 768 : delta;
            samp2 = samp1;
            samp1 = sample;
            pcm[f * channels + c] = (int16_t)sample;
        }
    }
}

double oracle_snr(const int16_t *is, const int16_t *should_be, size_t n)
{
    double signal = 0, noise = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)is[i] - should_be[i];
        signal += (double)should_be[i] * should_be[i];
        noise += d * d;
    }
    return noise > 0 ? 10 * log10(signal / noise) : 200;
}
