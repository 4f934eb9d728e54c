/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "hive_wine.h"

#include <stdio.h>
#include <string.h>

#include <mmk/port.h>

/* Lines of bytes are broken behind the one that passes this column, as the wineserver does. */
#define HEX_LINE_MAX 76u

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* ------------------------------------------------------------------ reading */

static bool put_unit(struct mmki_reg_bytes *out, unsigned unit)
{
    const uint8_t bytes[2] = {(uint8_t)unit, (uint8_t)(unit >> 8)};
    return mmki_reg_append(out, bytes, 2) == MMK_OK;
}

/* Behind a backslash. @return the character behind the escape */
static const char *escaped(const char *p, const char *stop, unsigned *unit)
{
    static const char names[] = "abefnrtv", codes[] = "\a\b\x1b\f\n\r\t\v";
    const char *name = strchr(names, *p);
    unsigned n = 0;
    int digits = 0;
    if (*p == 'x') {
        for (p++; p < stop && digits < 4 && hex_digit(*p) >= 0; p++, digits++)
            n = n << 4 | (unsigned)hex_digit(*p);
        *unit = digits > 0 ? n : 'x';
        return p;
    }
    if (*p >= '0' && *p <= '7') {
        for (; p < stop && digits < 3 && *p >= '0' && *p <= '7'; p++, digits++)
            n = n << 3 | (unsigned)(*p - '0');
        *unit = n;
        return p;
    }
    *unit = *p != 0 && name != NULL ? (unsigned char)codes[name - names] : (unsigned char)*p;
    return p + 1;
}

bool mmki_hive_unescape(const char *p, const char *stop, char closing, struct mmki_reg_bytes *units,
                        const char **end)
{
    while (p < stop && *p != closing) {
        unsigned unit = (unsigned char)*p++;
        if (unit == '\\') {
            if (p >= stop)
                return false;
            p = escaped(p, stop, &unit);
        }
        if (!put_unit(units, unit))
            return false;
    }
    *end = p;
    return p < stop;
}

static bool hex_bytes(const char *p, const char *stop, struct mmki_reg_bytes *data)
{
    while (p < stop) {
        const int high = hex_digit(*p);
        if (high < 0) {
            if (strchr(", \t\r\n\\", *p) == NULL)
                return false;
            p++;
            continue;
        }
        const int low = p + 1 < stop ? hex_digit(p[1]) : -1;
        const uint8_t byte = (uint8_t)(low >= 0 ? high << 4 | low : high);
        p += low >= 0 ? 2 : 1;
        if (mmki_reg_append(data, &byte, 1) != MMK_OK)
            return false;
    }
    return true;
}

/* "(n):" or ":". */
static const char *type_of(const char *p, const char *stop, uint32_t *type)
{
    if (p < stop && *p == '(') {
        uint32_t n = 0;
        for (p++; p < stop && hex_digit(*p) >= 0; p++)
            n = n << 4 | (uint32_t)hex_digit(*p);
        if (p >= stop || *p != ')')
            return NULL;
        *type = n;
        p++;
    }
    return p < stop && *p == ':' ? p + 1 : NULL;
}

static bool begins(const char *p, const char *stop, const char *word)
{
    const size_t len = strlen(word);
    return (size_t)(stop - p) >= len && memcmp(p, word, len) == 0;
}

static bool quoted(const char *p, const char *stop, struct mmki_reg_bytes *data)
{
    const char *end;
    if (p >= stop || *p != '"')
        return false;
    return mmki_hive_unescape(p + 1, stop, '"', data, &end) && put_unit(data, 0);
}

bool mmki_hive_data(const char *p, const char *stop, uint32_t *type, struct mmki_reg_bytes *data)
{
    data->len = 0;
    *type = MMK_REG_SZ;
    if (begins(p, stop, "\""))
        return quoted(p, stop, data);
    if (begins(p, stop, "str")) {
        p = type_of(p + 3, stop, type);
        return p != NULL && quoted(p, stop, data);
    }
    if (begins(p, stop, "dword:")) {
        uint32_t n = 0;
        for (p += 6; p < stop && hex_digit(*p) >= 0; p++)
            n = n << 4 | (uint32_t)hex_digit(*p);
        *type = MMK_REG_DWORD;
        return put_unit(data, n & 0xffff) && put_unit(data, n >> 16);
    }
    *type = MMK_REG_BINARY;
    p = begins(p, stop, "hex") ? type_of(p + 3, stop, type) : NULL;
    return p != NULL && hex_bytes(p, stop, data);
}

/* ------------------------------------------------------------------ writing */

static unsigned unit_at(const uint8_t *units, size_t i)
{
    return (unsigned)units[2 * i] | (unsigned)units[2 * i + 1] << 8;
}

mmk_err mmki_hive_escape(const uint8_t *units, size_t n_units, const char *also,
                         struct mmki_reg_bytes *out)
{
    static const char names[] = "abtnvfre", codes[] = "\a\b\t\n\v\f\r\x1b";
    for (size_t i = 0; i < n_units; i++) {
        const unsigned c = unit_at(units, i);
        const unsigned next = i + 1 < n_units ? unit_at(units, i + 1) : 0;
        const char *code = c != 0 && c < 0x20 ? strchr(codes, (int)c) : NULL;
        char piece[8];
        int n;
        if (c > 0x7f)
            n = snprintf(piece, sizeof piece,
                         next < 0x80 && hex_digit((char)next) >= 0 ? "\\x%04x" : "\\x%x", c);
        else if (code != NULL)
            n = snprintf(piece, sizeof piece, "\\%c", names[code - codes]);
        else if (c < 0x20)
            n = snprintf(piece, sizeof piece, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", c);
        else
            n = snprintf(piece, sizeof piece, "%s%c",
                         c == '\\' || strchr(also, (int)c) != NULL ? "\\" : "", (char)c);
        const mmk_err err = mmki_reg_append(out, piece, (size_t)n);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

static mmk_err put(struct mmki_reg_bytes *out, const char *text)
{
    return mmki_reg_append(out, text, strlen(text));
}

static mmk_err put_hex(const uint8_t *data, size_t len, size_t column, struct mmki_reg_bytes *out)
{
    mmk_err err = MMK_OK;
    for (size_t i = 0; i < len && err == MMK_OK; i++) {
        char piece[8];
        snprintf(piece, sizeof piece, "%02x%s", (unsigned)data[i], i + 1 < len ? "," : "");
        err = put(out, piece);
        column += strlen(piece);
        if (i + 1 < len && column > HEX_LINE_MAX && err == MMK_OK) {
            err = put(out, "\\\n  ");
            column = 2;
        }
    }
    return err;
}

mmk_err mmki_hive_put_data(uint32_t type, const uint8_t *data, size_t len, size_t column,
                           struct mmki_reg_bytes *out)
{
    const bool text = type == MMK_REG_SZ || type == MMK_REG_EXPAND_SZ || type == MMK_REG_MULTI_SZ;
    char tag[24] = "hex:";
    mmk_err err;
    if (text && len >= 2 && len % 2 == 0 && data[len - 1] == 0 && data[len - 2] == 0) {
        snprintf(tag, sizeof tag, type == MMK_REG_SZ ? "\"" : "str(%x):\"", (unsigned)type);
        err = put(out, tag);
        if (err == MMK_OK)
            err = mmki_hive_escape(data, len / 2 - 1, "\"", out);
        return err == MMK_OK ? put(out, "\"") : err;
    }
    if (type == MMK_REG_DWORD && len == 4) {
        snprintf(tag, sizeof tag, "dword:%02x%02x%02x%02x", data[3], data[2], data[1], data[0]);
        return put(out, tag);
    }
    if (type != MMK_REG_BINARY)
        snprintf(tag, sizeof tag, "hex(%x):", (unsigned)type);
    err = put(out, tag);
    return err == MMK_OK ? put_hex(data, len, column + strlen(tag), out) : err;
}
