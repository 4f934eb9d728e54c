/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "json.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct json *j, const char *bytes, size_t n)
{
    if (j->broken)
        return;
    if (j->cap - j->len < n + 1) {
        size_t cap = (j->cap + n + 1) * 2;
        char *text = realloc(j->text, cap);
        if (!text) {
            j->broken = true;
            return;
        }
        j->text = text;
        j->cap = cap;
    }
    memcpy(j->text + j->len, bytes, n);
    j->len += n;
    j->text[j->len] = 0;
}

static void put_text(struct json *j, const char *text)
{
    put(j, text, strlen(text));
}

/* Length of the WTF-8 sequence at s and its code point; 1 and -1 for a byte that starts none. */
static size_t decode(const unsigned char *s, long *code)
{
    static const struct {
        unsigned char mask, lead;
        long least;
    } kinds[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t extra = 0; extra < 4; extra++) {
        if ((s[0] & kinds[extra].mask) != kinds[extra].lead)
            continue;
        long c = s[0] & (unsigned char)~kinds[extra].mask;
        for (size_t i = 1; i <= extra; i++) {
            if ((s[i] & 0xc0) != 0x80) /* also stops at the final 0 */
                goto bad;
            c = c << 6 | (s[i] & 0x3f);
        }
        if (c < kinds[extra].least || c > 0x10ffff)
            goto bad;
        *code = c;
        return extra + 1;
    }
bad:
    *code = -1;
    return 1;
}

static void put_quoted(struct json *j, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;
    char escape[12];
    put(j, "\"", 1);
    while (*s) {
        long code;
        size_t n = decode(s, &code);
        if (code < 0) {
            put_text(j, "\\ufffd");
        } else if (code == '"' || code == '\\') {
            snprintf(escape, sizeof escape, "\\%c", (char)code);
            put_text(j, escape);
        } else if (code < 0x20 || code == 0x7f || (code >= 0xd800 && code < 0xe000)) {
            snprintf(escape, sizeof escape, "\\u%04lx", code);
            put_text(j, escape);
        } else {
            put(j, (const char *)s, n);
        }
        s += n;
    }
    put(j, "\"", 1);
}

/* Comma and key that come before any value. */
static void lead(struct json *j, const char *key)
{
    if (j->depth) {
        if (j->filled[j->depth - 1])
            put(j, ",", 1);
        j->filled[j->depth - 1] = true;
    }
    if (key) {
        put_quoted(j, key);
        put(j, ":", 1);
    }
}

static void open_level(struct json *j, const char *key, char opener, char closer)
{
    lead(j, key);
    if (j->depth == JSON_DEPTH_MAX) {
        j->broken = true;
        return;
    }
    put(j, &opener, 1);
    j->closer[j->depth] = closer;
    j->filled[j->depth] = false;
    j->depth++;
}

void json_init(struct json *j)
{
    memset(j, 0, sizeof *j);
}

void json_fini(struct json *j)
{
    free(j->text);
    memset(j, 0, sizeof *j);
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[', ']');
}

void json_end(struct json *j)
{
    if (j->depth == 0) {
        j->broken = true;
        return;
    }
    j->depth--;
    put(j, &j->closer[j->depth], 1);
}

void json_string(struct json *j, const char *key, const char *value)
{
    lead(j, key);
    if (value)
        put_quoted(j, value);
    else
        put_text(j, "null");
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
    char digits[24];
    lead(j, key);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    put_text(j, digits);
}

void json_int(struct json *j, const char *key, int64_t value)
{
    char digits[24];
    lead(j, key);
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    put_text(j, digits);
}

void json_double(struct json *j, const char *key, double value)
{
    char digits[40];
    lead(j, key);
    if (!(value >= -DBL_MAX && value <= DBL_MAX)) { /* NaN is neither */
        put_text(j, "null");
        return;
    }
    snprintf(digits, sizeof digits, "%.9g", value);
    put_text(j, digits);
}

void json_bool(struct json *j, const char *key, bool value)
{
    lead(j, key);
    put_text(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    json_string(j, key, NULL);
}

const char *json_text(const struct json *j)
{
    return j->broken || j->depth ? NULL : j->text;
}
