/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_FUZZ_H
#define MMK_FUZZ_H

/**
 * What the fuzz targets share: the input as a stream of choices, and a claim that ends the run.
 *
 * A target is one file with fuzz_one(). Built with libFuzzer (preset fuzz) the fuzzer calls it;
 * elsewhere main of replay.c calls it for each file of a corpus, so that what was found once stays
 * a test. A stream that has run out gives zeros: every input is a whole run.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** One input. Leaks nothing and keeps nothing. */
void fuzz_one(const uint8_t *data, size_t len);

struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
    const unsigned low = fuzz_u8(in);
    return (uint16_t)(low | (unsigned)fuzz_u8(in) << 8);
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
    const uint32_t low = fuzz_u16(in);
    return low | (uint32_t)fuzz_u16(in) << 16;
}

/** Up to `max` bytes into memory of exactly that length (a byte read beyond is a fault); free it.
 */
static inline uint8_t *fuzz_bytes(struct fuzz_input *in, size_t max, size_t *len)
{
    *len = in->left < max ? in->left : max;
    uint8_t *copy = malloc(*len > 0 ? *len : 1);
    if (copy == NULL)
        abort();
    if (*len > 0)
        memcpy(copy, in->data, *len);
    in->data += *len;
    in->left -= *len;
    return copy;
}

/** The same as a terminated text. */
static inline char *fuzz_text(struct fuzz_input *in, size_t max)
{
    size_t len;
    uint8_t *bytes = fuzz_bytes(in, max, &len);
    char *text = malloc(len + 1);
    if (text == NULL)
        abort();
    memcpy(text, bytes, len);
    text[len] = '\0';
    free(bytes);
    return text;
}

#define CLAIM(condition)                                                                   \
    do                                                                                     \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    while (0)

#endif
