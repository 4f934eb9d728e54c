/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_text.h"

#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

/* ------------------------------------------------------------------ growing bytes */

mmk_err mmki_reg_reserve(struct mmki_reg_bytes *b, size_t n)
{
    if (n <= b->cap - b->len)
        return MMK_OK;
    if (n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
        return MMK_ERR_NOMEM;
    const size_t least = b->len + n;
    size_t cap = b->cap + b->cap / 2;
    if (cap < least)
        cap = least;
    if (cap < 64)
        cap = 64;
    char *at = (char *)realloc(b->at, cap);
    if (at == NULL)
        return MMK_ERR_NOMEM;
    b->at = at;
    b->cap = cap;
    return MMK_OK;
}

mmk_err mmki_reg_append(struct mmki_reg_bytes *b, const void *data, size_t n)
{
    const mmk_err err = mmki_reg_reserve(b, n);
    if (err == MMK_OK && n != 0) {
        memcpy(b->at + b->len, data, n);
        b->len += n;
    }
    return err;
}

void mmki_reg_free(struct mmki_reg_bytes *b)
{
    free(b->at);
    *b = (struct mmki_reg_bytes){0};
}

/* ------------------------------------------------------------------ Windows-1252 */

/* 0x80 .. 0x9f. The five bytes that the code page leaves open stand for the control characters of
 * the same number, as Windows maps them, which keeps the mapping one to one. Source: Microsoft's
 * bestfit1252. */
static const uint16_t high_1252[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

uint16_t mmki_reg_1252_unit(uint8_t byte)
{
    return byte >= 0x80 && byte < 0xa0 ? high_1252[byte - 0x80] : byte;
}

int mmki_reg_1252_byte(uint32_t unit)
{
    if (unit < 0x80 || (unit >= 0xa0 && unit <= 0xff))
        return (int)unit;
    for (int i = 0; i < 32; i++)
        if (high_1252[i] == unit)
            return 0x80 + i;
    return -1;
}

/* ------------------------------------------------------------------ WTF-8, one character */

static size_t put_char(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(uint8_t)(0x80u | (c & 0x3fu));
    out[0] = (char)(uint8_t)(lead[n] | c);
    return n;
}

/* The text is valid: it came from our own decoder, or was checked. */
static uint32_t get_char(const char *text, size_t *n)
{
    const uint8_t *p = (const uint8_t *)text;
    if (p[0] < 0x80) {
        *n = 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *n = 2;
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    }
    if (p[0] < 0xf0) {
        *n = 3;
        return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    }
    *n = 4;
    return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

/* ------------------------------------------------------------------ decoding */

static uint32_t unit_of(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* Whether the four units at p are ASCII; `out` gets them in any case. */
static bool four_ascii(const uint8_t *p, char *out)
{
    uint8_t high = 0;
    for (int i = 0; i < 4; i++) {
        high |= (uint8_t)(p[2 * i + 1] | (p[2 * i] & 0x80u));
        out[i] = (char)p[2 * i];
    }
    return high == 0;
}

/* Whole units of p; a high surrogate at the end waits for the next piece unless `is_last`.
 * @return bytes taken */
static size_t decode_utf16(const uint8_t *p, size_t len, bool is_last, char *out, size_t *out_len)
{
    size_t at = 0;
    char *o = out;
    while (at + 1 < len) {
        if (len - at >= 8 && four_ascii(p + at, o)) {
            at += 8;
            o += 4;
            continue;
        }
        uint32_t c = unit_of(p + at);
        if ((c & 0xfc00u) == 0xd800u) {
            if (len - at < 4 && !is_last)
                break;
            if (len - at >= 4 && (unit_of(p + at + 2) & 0xfc00u) == 0xdc00u) {
                c = 0x10000u + ((c & 0x3ffu) << 10 | (unit_of(p + at + 2) & 0x3ffu));
                at += 2;
            }
        }
        o += put_char(c, o);
        at += 2;
    }
    *out_len = (size_t)(o - out);
    return at;
}

static mmk_err take_utf16(struct mmki_reg_decoder *d, const uint8_t *p, size_t len, bool is_last)
{
    size_t made;
    mmk_err err = mmki_reg_reserve(&d->text, len / 2 * 3 + 16);
    if (err != MMK_OK)
        return err;
    if (d->carry_len != 0) { /* finish the character that the last piece ended in */
        uint8_t joint[8];
        size_t n = d->carry_len;
        memcpy(joint, d->carry, n);
        const size_t take = len < 4 ? len : 4;
        memcpy(joint + n, p, take);
        const size_t used =
            decode_utf16(joint, n + take, is_last && take == len, d->text.at + d->text.len, &made);
        d->text.len += made;
        d->carry_len = 0;
        if (used < n) { /* the last, tiny piece did not complete it either */
            d->carry_len = n + take - used;
            memcpy(d->carry, joint + used, d->carry_len);
            return MMK_OK;
        }
        p += used - n;
        len -= used - n;
    }
    const size_t used = decode_utf16(p, len, is_last, d->text.at + d->text.len, &made);
    d->text.len += made;
    d->carry_len = len - used;
    memcpy(d->carry, p + used, d->carry_len);
    return MMK_OK;
}

/* Look at the mark that begins the file. */
static mmk_err start(struct mmki_reg_decoder *d, const uint8_t *p, size_t len, size_t *mark,
                     const char **why)
{
    d->started = true;
    d->encoding = MMKI_REG_ASCII;
    *mark = 0;
    if (len >= 2 && p[0] == 0xff && p[1] == 0xfe) {
        d->encoding = MMKI_REG_UTF16;
        *mark = 2;
    } else if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        d->encoding = MMKI_REG_UTF8_MARK;
        *mark = 3;
    } else if (len >= 2 && p[0] == 0xfe && p[1] == 0xff) {
        *why = "big-endian UTF-16, which regedit does not read";
        return MMK_ERR_UNSUPPORTED;
    } else if (len >= 2 && p[1] == 0) {
        *why = "UTF-16 without the mark FF FE at its begin";
        return MMK_ERR_CORRUPT;
    }
    return MMK_OK;
}

mmk_err mmki_reg_decode_piece(struct mmki_reg_decoder *d, const uint8_t *piece, size_t len,
                              const char **why)
{
    size_t mark = 0;
    if (!d->started) {
        const mmk_err err = start(d, piece, len, &mark, why);
        if (err != MMK_OK)
            return err;
    }
    if (d->encoding == MMKI_REG_UTF16)
        return take_utf16(d, piece + mark, len - mark, false);
    return mmki_reg_append(&d->text, piece + mark, len - mark);
}

static mmk_err widen_1252(struct mmki_reg_bytes *text)
{
    struct mmki_reg_bytes wide = {0};
    size_t need = 0;
    for (size_t i = 0; i < text->len; i++)
        need += (text->at[i] & 0x80) != 0 ? 3 : 1;
    const mmk_err err = mmki_reg_reserve(&wide, need + 1);
    if (err != MMK_OK)
        return err;
    for (size_t i = 0; i < text->len; i++)
        wide.len += put_char(mmki_reg_1252_unit((uint8_t)text->at[i]), wide.at + wide.len);
    mmki_reg_free(text);
    *text = wide;
    return MMK_OK;
}

static bool is_ascii(const char *text, size_t len)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++)
        all |= (uint8_t)text[i];
    return all < 0x80;
}

mmk_err mmki_reg_decode_finish(struct mmki_reg_decoder *d, const char **why)
{
    mmk_err err = MMK_OK;
    struct mmki_reg_bytes *text = &d->text;
    if (d->encoding == MMKI_REG_UTF16) {
        err = take_utf16(d, (const uint8_t *)"", 0, true);
        if (err == MMK_OK && d->carry_len != 0) {
            *why = "UTF-16 text that ends in the middle of a character";
            return MMK_ERR_CORRUPT;
        }
    } else if (!is_ascii(text->at, text->len)) {
        const bool is_utf8 = mmk_wtf8_valid(text->at, text->len);
        if (d->encoding == MMKI_REG_UTF8_MARK && !is_utf8) {
            *why = "marked as UTF-8, but it is not";
            return MMK_ERR_CORRUPT;
        }
        if (d->encoding == MMKI_REG_ASCII)
            d->encoding = is_utf8 ? MMKI_REG_UTF8 : MMKI_REG_1252;
        if (!is_utf8)
            err = widen_1252(text);
    }
    if (err == MMK_OK)
        err = mmki_reg_reserve(text, 1);
    if (err != MMK_OK)
        return err;
    text->at[text->len] = '\0';
    return MMK_OK;
}

/* ------------------------------------------------------------------ encoding */

bool mmki_reg_can_encode(mmki_reg_encoding encoding, const char *text, size_t len)
{
    size_t n;
    if (encoding == MMKI_REG_UTF16 || is_ascii(text, len))
        return true;
    if (encoding == MMKI_REG_ASCII)
        return false;
    for (size_t at = 0; at < len; at += n) {
        const uint32_t c = get_char(text + at, &n);
        if (encoding == MMKI_REG_1252 ? mmki_reg_1252_byte(c) < 0 : (c & 0xfffff800u) == 0xd800u)
            return false;
    }
    return true;
}

const char *mmki_reg_mark(mmki_reg_encoding encoding, size_t *n)
{
    *n = encoding == MMKI_REG_UTF16 ? 2 : encoding == MMKI_REG_UTF8_MARK ? 3 : 0;
    return encoding == MMKI_REG_UTF16 ? "\xff\xfe" : "\xef\xbb\xbf";
}

static size_t encode_utf16(const char *text, size_t len, uint8_t *out)
{
    uint8_t *o = out;
    size_t n;
    for (size_t at = 0; at < len; at += n) {
        uint32_t c = get_char(text + at, &n);
        if (c >= 0x10000) {
            const uint32_t high = 0xd800u + ((c - 0x10000u) >> 10);
            *o++ = (uint8_t)high;
            *o++ = (uint8_t)(high >> 8);
            c = 0xdc00u + (c & 0x3ffu);
        }
        *o++ = (uint8_t)c;
        *o++ = (uint8_t)(c >> 8);
    }
    return (size_t)(o - out);
}

size_t mmki_reg_encode(mmki_reg_encoding encoding, const char *text, size_t len, uint8_t *out)
{
    if (encoding == MMKI_REG_UTF16)
        return encode_utf16(text, len, out);
    if (encoding != MMKI_REG_1252) {
        memcpy(out, text, len);
        return len;
    }
    size_t made = 0;
    size_t n;
    for (size_t at = 0; at < len; at += n)
        out[made++] = (uint8_t)mmki_reg_1252_byte(get_char(text + at, &n));
    return made;
}
