/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_text.h"

#include <stdio.h>
#include <string.h>

#include <mmk/port.h>
#include <mmk/text.h>

/* regedit begins a new line when the next byte would pass this column. */
#define HEX_LINE_MAX 77u

static mmk_err put(struct mmki_reg_bytes *out, const char *text)
{
    return mmki_reg_append(out, text, strlen(text));
}

/* Characters that some reader of such files takes for the end of a line or of the text. */
static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = (uint8_t)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static mmk_err put_escaped(struct mmki_reg_bytes *out, const char *text, size_t len)
{
    mmk_err err = mmki_reg_reserve(out, len * 2);
    for (size_t i = 0; err == MMK_OK && i < len; i++) {
        if (text[i] == '\\' || text[i] == '"')
            out->at[out->len++] = '\\';
        out->at[out->len++] = text[i];
    }
    return err;
}

mmk_err mmki_reg_put_name(const struct mmki_reg_style *style, const char *name, size_t len,
                          struct mmki_reg_bytes *out)
{
    if (len == 0)
        return put(out, "@=");
    if (has_control(name, len) || !mmki_reg_can_encode(style->encoding, name, len))
        return MMK_ERR_UNSUPPORTED;
    mmk_err err = put(out, "\"");
    if (err == MMK_OK)
        err = put_escaped(out, name, len);
    return err == MMK_OK ? put(out, "\"=") : err;
}

mmk_err mmki_reg_put_key(const struct mmki_reg_style *style, const char *prefix, const char *path,
                         size_t len, struct mmki_reg_bytes *out)
{
    if (has_control(path, len) || !mmki_reg_can_encode(style->encoding, path, len))
        return MMK_ERR_UNSUPPORTED;
    mmk_err err = put(out, "[");
    if (err == MMK_OK)
        err = put(out, prefix);
    if (err == MMK_OK)
        err = mmki_reg_append(out, path, len);
    return err == MMK_OK ? put(out, "]") : err;
}

/* ------------------------------------------------------------------ strings */

static bool has_lone_surrogate(const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++)
        if ((uint8_t)text[i] == 0xed && (uint8_t)text[i + 1] >= 0xa0)
            return true;
    return false;
}

/* Whether a REG_SZ can stand between quotes: ended by its only 0, no control characters, no half
 * surrogate (editors destroy those), and within the file's encoding. On MMK_OK *is_text tells, and
 * `text` holds the WTF-8. */
static mmk_err as_text(const struct mmki_reg_style *style, const uint8_t *data, size_t len,
                       struct mmki_reg_bytes *text, bool *is_text)
{
    size_t n;
    *is_text = false;
    if (len < 2 || len % 2 != 0 || data[len - 1] != 0 || data[len - 2] != 0)
        return MMK_OK;
    const size_t n_units = len / 2 - 1;
    const mmk_err err = mmki_reg_reserve(text, n_units * 3 + 1);
    if (err != MMK_OK)
        return err;
    (void)mmk_wtf8_from_utf16(data, n_units, text->at, text->cap, &n);
    text->len = n;
    *is_text = !has_control(text->at, n) && !has_lone_surrogate(text->at, n) &&
               mmki_reg_can_encode(style->encoding, text->at, n);
    return MMK_OK;
}

static mmk_err put_string(const struct mmki_reg_style *style, const uint8_t *data, size_t len,
                          struct mmki_reg_bytes *out, bool *is_text)
{
    struct mmki_reg_bytes text = {0};
    mmk_err err = as_text(style, data, len, &text, is_text);
    if (err == MMK_OK && *is_text) {
        err = put(out, "\"");
        if (err == MMK_OK)
            err = put_escaped(out, text.at, text.len);
        if (err == MMK_OK)
            err = put(out, "\"");
    }
    mmki_reg_free(&text);
    return err;
}

/* ------------------------------------------------------------------ hex */

static const char digits[] = "0123456789abcdef";

static mmk_err put_hex(const struct mmki_reg_style *style, const uint8_t *data, size_t len,
                       size_t step, size_t column, struct mmki_reg_bytes *out)
{
    for (size_t i = 0; i < len; i += step) {
        const mmk_err err = mmki_reg_reserve(out, 16);
        if (err != MMK_OK)
            return err;
        if (column + 2 > HEX_LINE_MAX) {
            char *p = out->at + out->len;
            out->len += (size_t)snprintf(p, 16, "\\%s  ", style->eol);
            column = 2;
        }
        out->at[out->len++] = digits[data[i] >> 4];
        out->at[out->len++] = digits[data[i] & 15];
        if (i + step < len)
            out->at[out->len++] = ',';
        column += 3;
    }
    return MMK_OK;
}

/* REGEDIT4 keeps strings as bytes of the code page. Only ASCII means the same everywhere. */
static bool fits_v4(const uint8_t *data, size_t len)
{
    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2)
        if (data[i] >= 0x80 || data[i + 1] != 0)
            return false;
    return true;
}

static mmk_err put_typed_hex(const struct mmki_reg_style *style, uint32_t type, const uint8_t *data,
                             size_t len, size_t column, struct mmki_reg_bytes *out)
{
    char tag[24];
    const bool narrow = style->is_v4 && (type == MMK_REG_SZ || type == MMK_REG_EXPAND_SZ ||
                                         type == MMK_REG_MULTI_SZ);
    if (narrow && !fits_v4(data, len))
        return MMK_ERR_UNSUPPORTED;
    if (type == MMK_REG_BINARY)
        (void)snprintf(tag, sizeof tag, "hex:");
    else
        (void)snprintf(tag, sizeof tag, "hex(%x):", (unsigned)type);
    const mmk_err err = put(out, tag);
    if (err != MMK_OK)
        return err;
    return put_hex(style, data, len, narrow ? 2 : 1, column + strlen(tag), out);
}

mmk_err mmki_reg_put_data(const struct mmki_reg_style *style, uint32_t type, const uint8_t *data,
                          size_t len, size_t column, struct mmki_reg_bytes *out)
{
    bool is_text = false;
    if (type == MMK_REG_SZ) {
        const mmk_err err = put_string(style, data, len, out, &is_text);
        if (err != MMK_OK || is_text)
            return err;
    }
    if (type == MMK_REG_DWORD && len == 4) {
        char word[16];
        const uint32_t n = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
                           (uint32_t)data[3] << 24;
        (void)snprintf(word, sizeof word, "dword:%08x", (unsigned)n);
        return put(out, word);
    }
    return put_typed_hex(style, type, data, len, column, out);
}
