/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_text.h"

#include <string.h>

#include <mmk/text.h>

/* The text ends with a 0 and holds no other, so a look at the character after the last one is
 * always allowed and stops every loop. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\0' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

static const char *find_line_end(const char *p)
{
    while (!is_line_end(*p))
        p++;
    return p;
}

static const char *skip_line_end(const char *p)
{
    if (*p == '\r')
        return p[1] == '\n' ? p + 2 : p + 1;
    return *p == '\n' ? p + 1 : p;
}

/* 0 .. 15, or 255 for no hex digit. */
static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? (unsigned)(low - 'a') + 10u : 255u;
}

/* ------------------------------------------------------------------ header */

mmk_err mmki_reg_scan_header(const char *text, size_t len, bool *is_v4, uint32_t *end,
                             uint32_t *next, const char **why)
{
    const char *line = skip_blanks(text);
    const char *line_end = find_line_end(line);
    const char *stop = line_end;
    while (stop > line && is_blank(stop[-1]))
        stop--;
    const size_t n = (size_t)(stop - line);
    *is_v4 = n == strlen(MMKI_REG_HEADER4) && memcmp(line, MMKI_REG_HEADER4, n) == 0;
    if (!*is_v4 && (n != strlen(MMKI_REG_HEADER5) || memcmp(line, MMKI_REG_HEADER5, n) != 0)) {
        *why = len == 0 ? "the file is empty; a registry file begins with \"" MMKI_REG_HEADER5 "\""
                        : "not a registry file: the first line is not \"" MMKI_REG_HEADER5 "\"";
        return MMK_ERR_CORRUPT;
    }
    *end = (uint32_t)(line_end - text);
    *next = (uint32_t)(skip_line_end(line_end) - text);
    return MMK_OK;
}

/* ------------------------------------------------------------------ keys */

static const char *scan_key(const char *text, const char *p, struct mmki_reg_item *item)
{
    const char *line_end = find_line_end(p);
    const char *close = line_end;
    do /* a name may hold brackets, so the last one of the line closes, as in regedit */
        close--;
    while (*close != ']' && close > p);
    if (close == p)
        return "a key without its closing bracket";
    const bool is_delete = p[1] == '-';
    const char *name = p + (is_delete ? 2 : 1);
    if (name >= close)
        return "a key without a name";
    item->kind = is_delete ? MMKI_REG_ITEM_KEY_DELETE : MMKI_REG_ITEM_KEY;
    item->name = (uint32_t)(name - text);
    item->name_len = (uint32_t)(close - name);
    item->end = (uint32_t)(line_end - text);
    return NULL;
}

/* ------------------------------------------------------------------ data */

/* Where each scanner below stops; `why` is set if it failed. */
struct scan {
    const char *at;
    const char *why;
};

/* From behind the opening quote to the closing one. */
static struct scan scan_quoted(const char *p, bool *escaped)
{
    *escaped = false;
    for (;;) {
        while (*p != '"' && *p != '\\' && *p != '\0')
            p++;
        if (*p == '"')
            return (struct scan){p, NULL};
        if (*p == '\0' || p[1] == '\0')
            return (struct scan){p, "a string without its closing quote"};
        *escaped = true;
        p += 2;
    }
}

static struct scan scan_dword(const char *p)
{
    const char *begin = p;
    while (hex_digit(*p) < 16)
        p++;
    if (p == begin || p - begin > 8)
        return (struct scan){p, "dword: wants one to eight hexadecimal digits"};
    return (struct scan){p, NULL};
}

/* From behind a continuation's backslash to the first character that counts. Blank lines and
 * comments may stand between, as regedit allows. */
static struct scan scan_continuation(const char *p)
{
    p = skip_blanks(p);
    if (*p != ';' && !is_line_end(*p))
        return (struct scan){p, "something behind a backslash that continues the line"};
    for (;;) {
        p = skip_line_end(find_line_end(p));
        p = skip_blanks(p);
        if (*p == '\0')
            return (struct scan){p, "the file ends within a value"};
        if (hex_digit(*p) < 16)
            return (struct scan){p, NULL};
        if (*p != ';' && !is_line_end(*p))
            return (struct scan){p, "a continued value goes on with something else than bytes"};
    }
}

/* The list behind "hex:". Bytes are one or two digits; a comma may end the list. */
static struct scan scan_hex(const char *p)
{
    const char *end = p; /* behind the last byte or comma */
    for (;;) {
        p = skip_blanks(p);
        if (*p == '\\') {
            const struct scan s = scan_continuation(p + 1);
            if (s.why != NULL)
                return s;
            p = s.at;
        }
        if (hex_digit(*p) > 15)
            break;
        p += hex_digit(p[1]) < 16 ? 2 : 1;
        end = p;
        p = skip_blanks(p);
        if (*p != ',') {
            if (*p == '\\' || hex_digit(*p) < 16)
                return (struct scan){p, "bytes without a comma between them"};
            break;
        }
        end = ++p;
    }
    return (struct scan){end, NULL};
}

/* "hex:" or "hex(n):". */
static struct scan scan_hex_type(const char *p, uint32_t *type)
{
    *type = 3;
    if (*p == '(') {
        const char *begin = ++p;
        uint32_t n = 0;
        for (; hex_digit(*p) < 16 && p - begin < 8; p++)
            n = n << 4 | hex_digit(*p);
        if (p == begin || *p != ')')
            return (struct scan){p, "hex(n): wants one to eight hexadecimal digits"};
        *type = n;
        p++;
    }
    if (*p != ':')
        return (struct scan){p, "hex without its colon"};
    return scan_hex(p + 1);
}

static bool has_tag(const char *p, const char *tag)
{
    for (; *tag != '\0'; p++, tag++)
        if ((*p | 0x20) != *tag)
            return false;
    return true;
}

static struct scan scan_data(const char *p, struct mmki_reg_item *item)
{
    bool escaped;
    if (*p == '"') {
        struct scan s = scan_quoted(p + 1, &escaped);
        if (s.why == NULL)
            s.at++;
        item->form = MMKI_REG_FORM_STRING;
        item->type = 1;
        return s;
    }
    if (has_tag(p, "dword") && p[5] == ':') {
        item->form = MMKI_REG_FORM_DWORD;
        item->type = 4;
        return scan_dword(p + 6);
    }
    if (has_tag(p, "hex")) {
        item->form = MMKI_REG_FORM_HEX;
        return scan_hex_type(p + 3, &item->type);
    }
    item->form = MMKI_REG_FORM_DELETE;
    item->type = 0;
    if (*p == '-')
        return (struct scan){p + 1, NULL};
    return (struct scan){p, "a value of no known kind (string, dword, hex or -)"};
}

static const char *scan_value(const char *text, const char *p, struct mmki_reg_item *item)
{
    item->kind = MMKI_REG_ITEM_VALUE;
    item->name_default = *p == '@';
    item->name_escaped = false;
    item->name = (uint32_t)(p + 1 - text);
    item->name_len = 0;
    if (!item->name_default) {
        const struct scan s = scan_quoted(p + 1, &item->name_escaped);
        if (s.why != NULL)
            return "a value name without its closing quote";
        item->name_len = (uint32_t)(s.at - (p + 1));
        p = s.at;
    }
    p = skip_blanks(p + 1);
    if (*p != '=')
        return "a value name without = behind it";
    p = skip_blanks(p + 1);
    const struct scan s = scan_data(p, item);
    if (s.why != NULL)
        return s.why;
    item->data = (uint32_t)(p - text);
    item->data_end = (uint32_t)(s.at - text);
    p = skip_blanks(s.at);
    if (!is_line_end(*p) && *p != ';')
        return "something behind a value";
    item->end = (uint32_t)(find_line_end(p) - text);
    return NULL;
}

/* ------------------------------------------------------------------ items */

mmk_err mmki_reg_scan(const char *text, size_t len, uint32_t at, struct mmki_reg_item *item,
                      const char **why)
{
    const char *p = skip_blanks(text + at);
    const char *wrong = NULL;
    (void)len;
    item->begin = at;
    item->is_blank = false;
    if (*p == '[') {
        wrong = scan_key(text, p, item);
    } else if (*p == '"' || *p == '@') {
        wrong = scan_value(text, p, item);
    } else if (*p == ';' || is_line_end(*p)) {
        item->kind = MMKI_REG_ITEM_SPACE;
        item->is_blank = *p != ';';
        item->end = (uint32_t)(find_line_end(p) - text);
    } else {
        wrong = "neither a key, nor a value, nor a comment";
    }
    if (wrong != NULL) {
        *why = wrong;
        return MMK_ERR_CORRUPT;
    }
    item->next = (uint32_t)(skip_line_end(text + item->end) - text);
    return MMK_OK;
}

uint32_t mmki_reg_line_number(const char *text, size_t at)
{
    uint32_t line = 1;
    const char *stop = text + at;
    for (const char *p = text; p < stop;) {
        p = find_line_end(p);
        if (p >= stop || *p == '\0')
            break;
        p = skip_line_end(p);
        if (p <= stop)
            line++;
    }
    return line;
}

/* ------------------------------------------------------------------ values as the registry holds
 * them */

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
}

size_t mmki_reg_unescape(const char *name, size_t len, char *out)
{
    size_t made = 0;
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '\\' && i + 1 < len)
            out[made++] = unescaped(name[++i]);
        else
            out[made++] = name[i];
    }
    return made;
}

/* Counts what it is given and keeps what fits. */
struct data_out {
    uint8_t *at;
    size_t cap;
    size_t len;
};

static void put_byte(struct data_out *out, unsigned byte)
{
    if (out->len < out->cap)
        out->at[out->len] = (uint8_t)byte;
    out->len++;
}

static void put_unit(struct data_out *out, unsigned unit)
{
    put_byte(out, unit & 0xff);
    put_byte(out, unit >> 8);
}

/* Text without backslashes. Encoded straight into place where it fits, as it nearly always does. */
static void put_text(struct data_out *out, const char *text, size_t len)
{
    const size_t room = out->len < out->cap ? out->cap - out->len : 0;
    size_t n;
    if (len == 0)
        return;
    if (mmk_utf16_from_wtf8(text, len, room != 0 ? out->at + out->len : NULL, room, &n) == MMK_OK) {
        out->len += n;
        return;
    }
    uint8_t few[64];
    for (size_t at = 0, step; at < len; at += step) { /* near the end of the room: piece by piece */
        step = 1;
        while (at + step < len && (text[at + step] & 0xc0) == 0x80)
            step++;
        if (mmk_utf16_from_wtf8(text + at, step, few, sizeof few, &n) != MMK_OK)
            continue;
        for (size_t i = 0; i < n; i++)
            put_byte(out, few[i]);
    }
}

static void string_data(const char *p, const char *end, struct data_out *out)
{
    while (p < end) {
        const char *plain = p;
        while (p < end && *p != '\\')
            p++;
        put_text(out, plain, (size_t)(p - plain));
        if (p < end) {
            size_t n = 2; /* the escaped character may be longer than a byte */
            while (p + n < end && (p[n] & 0xc0) == 0x80)
                n++;
            if (n == 2)
                put_unit(out, (unsigned char)unescaped(p[1]));
            else
                put_text(out, p + 1, n - 1);
            p += n;
        }
    }
    put_unit(out, 0);
}

static void hex_data(const char *p, const char *end, bool widen, struct data_out *out)
{
    p = (const char *)memchr(p, ':', (size_t)(end - p)) + 1;
    while (p < end) {
        if (*p == ';') { /* a comment between continued lines */
            p = find_line_end(p);
            continue;
        }
        unsigned byte = hex_digit(*p++);
        if (byte > 15)
            continue;
        if (p < end && hex_digit(*p) < 16)
            byte = byte << 4 | hex_digit(*p++);
        if (widen)
            put_unit(out, mmki_reg_1252_unit((uint8_t)byte));
        else
            put_byte(out, byte);
    }
}

size_t mmki_reg_value_data(const char *text, const struct mmki_reg_item *item, bool is_v4,
                           uint8_t *data, size_t cap)
{
    struct data_out out = {data, cap, 0};
    const char *p = text + item->data;
    const char *end = text + item->data_end;
    if (item->form == MMKI_REG_FORM_STRING) {
        string_data(p + 1, end - 1, &out);
    } else if (item->form == MMKI_REG_FORM_DWORD) {
        uint32_t n = 0;
        for (p += 6; p < end; p++)
            n = n << 4 | hex_digit(*p);
        put_unit(&out, n & 0xffff);
        put_unit(&out, n >> 16);
    } else if (item->form == MMKI_REG_FORM_HEX) {
        hex_data(p, end, is_v4 && (item->type == 1 || item->type == 2 || item->type == 7), &out);
    }
    return out.len;
}
