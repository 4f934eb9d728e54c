/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "param/text_out.h"

#include <assert.h>
#include <string.h>

#include "base/checked.h"

void mmki_text_init(struct mmki_text *text, char *at, size_t cap)
{
    assert(cap > 0);
    text->at = at;
    text->cap = cap;
    text->len = 0;
    text->full = false;
    at[0] = 0;
}

/* The longest start of s that fits into room and ends with a whole character. */
static size_t whole_characters(const char *s, size_t room)
{
    while (room > 0 && ((unsigned char)s[room] & 0xc0u) == 0x80u)
        room--;
    return room;
}

void mmki_text_add_n(struct mmki_text *text, const char *s, size_t len)
{
    const size_t room = text->cap - 1 - text->len;
    if (text->full)
        return;
    if (len > room) {
        len = whole_characters(s, room);
        text->full = true;
    }
    memcpy(text->at + text->len, s, len);
    text->len += len;
    text->at[text->len] = 0;
}

void mmki_text_add(struct mmki_text *text, const char *s)
{
    if (s != NULL)
        mmki_text_add_n(text, s, strlen(s));
}

void mmki_text_join(struct mmki_text *text, const char *const *pieces)
{
    for (; *pieces != NULL; pieces++)
        mmki_text_add(text, *pieces);
}

void mmki_text_add_u64(struct mmki_text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    mmki_text_add_n(text, digits + at, sizeof digits - at);
}

void mmki_text_add_hex(struct mmki_text *text, uint64_t number, unsigned digits)
{
    char out[16];
    size_t at = sizeof out;
    do {
        out[--at] = "0123456789abcdef"[number & 15u];
        number >>= 4;
    } while (at > 0 && (number != 0 || sizeof out - at < digits));
    mmki_text_add_n(text, out + at, sizeof out - at);
}

void mmki_text_add_line(struct mmki_text *text, const char *s)
{
    for (; s != NULL && *s != 0;) {
        const size_t plain = strcspn(s, "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10"
                                        "\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
                                        "\x1f\x7f");
        mmki_text_add_n(text, s, plain);
        s += plain;
        if (*s != 0) {
            mmki_text_add_n(text, " ", 1);
            s++;
        }
    }
}

bool mmki_parse_u64(const char *s, size_t len, uint64_t *out)
{
    uint64_t sum = 0;
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        if (!mmki_mul_u64(sum, 10, &sum) || !mmki_add_u64(sum, (uint64_t)(s[i] - '0'), &sum))
            return false;
    }
    *out = sum;
    return true;
}
