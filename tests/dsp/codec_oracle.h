/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef TESTS_DSP_CODEC_ORACLE_H
#define TESTS_DSP_CODEC_ORACLE_H

/**
 * What ADPCM blocks decode to, word for word after the published descriptions and apart from the
 * library: every sample finds its own bits by its number, every step is computed, nothing is a
 * table of results.
 */

#include <stddef.h>
#include <stdint.h>

/** IMA, "Recommended Practices", 3.00: section 6.2 with the block layout of WAV files. Writes
 *  frames * channels samples. */
void oracle_ima(const uint8_t *block, unsigned channels, size_t frames, int16_t *pcm);

/** Microsoft ADPCM, "New Multimedia Data Types and Data Techniques". */
void oracle_ms(const uint8_t *block, unsigned channels, size_t frames, const int16_t (*coefs)[2],
               unsigned n_coefs, int16_t *pcm);

/** Signal to noise in dB. */
double oracle_snr(const int16_t *is, const int16_t *should_be, size_t n);

#endif
