/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "base/utf.h"

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

#define MALFORMED   UINT32_MAX
#define REPLACEMENT 0xfffdu

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0u) == 0x80u;
}

/* Code point of the two to four bytes at p[0], or MALFORMED. `*n` is what to step over: a malformed
 * byte counts alone, so that text after it is still read. */
static uint32_t decode_long(const uint8_t *p, size_t left, size_t *n)
{
    *n = 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf && left >= 2 && is_tail(p[1])) {
        *n = 2;
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    }
    if ((p[0] & 0xf0u) == 0xe0u && left >= 3 && is_tail(p[1]) && is_tail(p[2])) {
        const uint32_t c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        if (c < 0x800)
            return MALFORMED;
        *n = 3;
        return c;
    }
    if ((p[0] & 0xf8u) == 0xf0u && left >= 4 && is_tail(p[1]) && is_tail(p[2]) && is_tail(p[3])) {
        const uint32_t c =
            (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
        if (c < 0x10000 || c > 0x10ffff)
            return MALFORMED;
        *n = 4;
        return c;
    }
    return MALFORMED;
}

static uint32_t decode(const uint8_t *p, size_t left, size_t *n)
{
    if (p[0] < 0x80) {
        *n = 1;
        return p[0];
    }
    return decode_long(p, left, n);
}

static size_t text_length(const char *text, size_t len)
{
    return len == MMK_TEXT_TERMINATED ? strlen(text) : len;
}

/* Walk the text once: check it and count its units. */
static bool measure(const uint8_t *p, size_t len, size_t *n_units)
{
    bool valid = true;
    bool after_high = false;
    size_t units = 0;
    size_t step;
    for (size_t at = 0; at < len; at += step) {
        const uint32_t c = decode(p + at, len - at, &step);
        if (c == MALFORMED || (after_high && is_low(c)))
            valid = false;
        after_high = c != MALFORMED && is_high(c);
        units += c != MALFORMED && c >= 0x10000 ? 2 : 1;
    }
    *n_units = units;
    return valid;
}

bool mmk_wtf8_valid(const char *text, size_t len)
{
    size_t n_units;
    return measure((const uint8_t *)text, text_length(text, len), &n_units);
}

size_t mmk_wtf8_units(const char *text, size_t len)
{
    size_t n_units;
    (void)measure((const uint8_t *)text, text_length(text, len), &n_units);
    return n_units;
}

mmk_err mmk_utf16_from_wtf8(const char *text, size_t len, void *utf16, size_t cap,
                            size_t *len_bytes)
{
    const uint8_t *p = (const uint8_t *)text;
    uint8_t *out = (uint8_t *)utf16;
    size_t n_units;
    len = text_length(text, len);
    if (!measure(p, len, &n_units))
        return MMK_ERR_CORRUPT;
    *len_bytes = n_units * 2; /* cannot wrap: no character needs fewer bytes than half its units' */
    if (cap < n_units * 2)
        return MMK_ERR_MORE;
    size_t step;
    for (size_t at = 0; at < len; at += step) {
        const uint32_t c = decode(p + at, len - at, &step);
        if (c >= 0x10000) {
            mmki_put_u16le(out, (uint16_t)(0xd800u + ((c - 0x10000u) >> 10)));
            mmki_put_u16le(out + 2, (uint16_t)(0xdc00u + (c & 0x3ffu)));
            out += 4;
        } else {
            mmki_put_u16le(out, (uint16_t)c);
            out += 2;
        }
    }
    return MMK_OK;
}

static uint32_t unit_at(const uint8_t *utf16, size_t index)
{
    return mmki_get_u16le(utf16 + index * 2);
}

/* Code point that begins at unit `index`; lone surrogates are themselves. */
static uint32_t point_at(const uint8_t *utf16, size_t n_units, size_t index, size_t *step)
{
    const uint32_t c = unit_at(utf16, index);
    *step = 1;
    if (!is_high(c) || index + 1 >= n_units || !is_low(unit_at(utf16, index + 1)))
        return c;
    *step = 2;
    return 0x10000u + ((c & 0x3ffu) << 10 | (unit_at(utf16, index + 1) & 0x3ffu));
}

static size_t encoded_length(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static size_t encode(uint32_t c, char *out)
{
    const size_t n = encoded_length(c);
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(uint8_t)(0x80u | (c & 0x3fu));
        c >>= 6;
    }
    out[0] = (char)(uint8_t)(lead[n] | c);
    return n;
}

mmk_err mmk_wtf8_from_utf16(const void *utf16, size_t n_units, char *text, size_t cap, size_t *len)
{
    const uint8_t *p = (const uint8_t *)utf16;
    size_t need = 0;
    size_t step;
    if (n_units == MMK_TEXT_TERMINATED)
        for (n_units = 0; unit_at(p, n_units) != 0;)
            n_units++;
    for (size_t i = 0; i < n_units; i += step)
        need += encoded_length(point_at(p, n_units, i, &step));
    if (len != NULL)
        *len = need;
    if (cap < need + 1)
        return MMK_ERR_MORE;
    char *out = text;
    for (size_t i = 0; i < n_units; i += step)
        out += encode(point_at(p, n_units, i, &step), out);
    *out = '\0';
    return MMK_OK;
}

/* ------------------------------------------------------------------ names */

/* Reads the units of a name one by one, in upper case. */
struct unit_reader {
    const uint8_t *p;
    size_t left;
    uint16_t pending; /* second half of a pair, 0 if none */
};

static bool next_upper(struct unit_reader *r, uint16_t *unit)
{
    if (r->pending != 0) {
        *unit = r->pending;
        r->pending = 0;
        return true;
    }
    if (r->left == 0)
        return false;
    size_t step;
    uint32_t c = decode(r->p, r->left, &step);
    r->p += step;
    r->left -= step;
    if (c == MALFORMED)
        c = REPLACEMENT;
    if (c >= 0x10000) {
        r->pending = (uint16_t)(0xdc00u + (c & 0x3ffu));
        *unit = (uint16_t)(0xd800u + ((c - 0x10000u) >> 10));
    } else {
        *unit = mmk_unit_upper((uint16_t)c);
    }
    return true;
}

int mmk_name_compare_n(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct unit_reader ra = {(const uint8_t *)a, text_length(a, a_len), 0};
    struct unit_reader rb = {(const uint8_t *)b, text_length(b, b_len), 0};
    uint16_t ua;
    uint16_t ub;
    for (;;) {
        const bool more_a = next_upper(&ra, &ua);
        const bool more_b = next_upper(&rb, &ub);
        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        if (ua != ub)
            return ua < ub ? -1 : 1;
    }
}

int mmk_name_compare(const char *a, const char *b)
{
    return mmk_name_compare_n(a, MMK_TEXT_TERMINATED, b, MMK_TEXT_TERMINATED);
}

bool mmk_name_equal(const char *a, const char *b)
{
    return mmk_name_compare(a, b) == 0;
}

uint64_t mmk_name_hash(const char *name, size_t len)
{
    struct unit_reader r = {(const uint8_t *)name, text_length(name, len), 0};
    uint64_t hash = MMK_FNV1A64_INIT;
    uint16_t unit;
    while (next_upper(&r, &unit)) {
        const uint8_t bytes[2] = {(uint8_t)unit, (uint8_t)(unit >> 8)};
        hash = mmk_fnv1a64(hash, bytes, sizeof bytes);
    }
    return hash;
}
