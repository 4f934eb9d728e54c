/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Lines of INI files such as system.ini.
 *
 * They are edited as text, whole file and rename, instead of by WritePrivateProfileString: Wine's
 * rewrites the file in place and drops what it does not understand. ASCII, ANSI and UTF-8 files are
 * the same to us as long as section, key and value are ASCII. A UTF-16 file (with the mark FF FE,
 * as Windows itself demands) is edited as WTF-8 and written back as it was found: every unit that
 * we do not touch stays the same.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/text.h>

#define INI_MAX_BYTES (4u * 1024u * 1024u)

struct ini {
    char *text; /* len bytes and a terminator */
    size_t len;
    bool utf16; /* in the file; here it is WTF-8 */
};

/** From the file's UTF-16 to WTF-8. @retval MMK_ERR_UNSUPPORTED  half a unit at the end */
static mmk_err from_utf16(struct ini *ini)
{
    size_t n_units = ini->len / 2 - 1; /* without the mark */
    size_t cap = 3 * n_units + 1;
    size_t len = 0;
    if (ini->len % 2 != 0)
        return MMK_ERR_UNSUPPORTED;
    char *text = mmki_alloc(cap);
    if (text == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = mmk_wtf8_from_utf16(ini->text + 2, n_units, text, cap, &len);
    mmki_free(ini->text);
    *ini = (struct ini){.text = text, .len = len, .utf16 = true};
    return err;
}

static mmk_err ini_read(HANDLE file, struct ini *ini)
{
    LARGE_INTEGER size;
    if (!GetFileSizeEx(file, &size))
        return mmki_last_err();
    if (size.QuadPart > INI_MAX_BYTES)
        return MMK_ERR_TOO_LONG;
    ini->text = mmki_alloc((size_t)size.QuadPart + 1);
    if (ini->text == NULL)
        return MMK_ERR_NOMEM;
    return mmki_read_at(file, 0, ini->text, (size_t)size.QuadPart, &ini->len);
}

static mmk_err ini_load(const WCHAR *path, struct ini *ini)
{
    HANDLE file = mmki_open_read(path);
    *ini = (struct ini){0};
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    mmk_err err = ini_read(file, ini);
    CloseHandle(file);
    if (err == MMK_OK && ini->len >= 2 && memcmp(ini->text, "\xFF\xFE", 2) == 0)
        err = from_utf16(ini);
    if (err == MMK_OK && memchr(ini->text, 0, ini->len) != NULL)
        err = MMK_ERR_UNSUPPORTED; /* UTF-16 without its mark, or no text at all */
    if (err != MMK_OK)
        mmki_free(ini->text);
    return err;
}

struct piece {
    const char *at;
    size_t len;
};

static struct piece trimmed(const char *at, size_t len)
{
    while (len > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t' || at[len - 1] == '\r'))
        len--;
    return (struct piece){at, len};
}

static bool same_name(struct piece a, const char *b)
{
    return mmk_name_compare_n(a.at, a.len, b, strlen(b)) == 0;
}

/** The piece between [ and ], if the line is a section's head. */
static bool section_head(struct piece line, struct piece *name)
{
    if (line.len < 2 || line.at[0] != '[')
        return false;
    const char *end = memchr(line.at, ']', line.len);
    if (end == NULL)
        return false;
    *name = trimmed(line.at + 1, (size_t)(end - line.at) - 1);
    return true;
}

/** What an edit needs to know: offsets into the text. */
struct ini_place {
    bool has_section, has_key;
    size_t line_at, line_end; /* the key's line, its line end included */
    size_t value_at, value_len;
    size_t insert_at; /* behind the section's last line that is not empty */
};

static struct ini_place ini_find(const struct ini *ini, const char *section, const char *key)
{
    struct ini_place p = {.insert_at = ini->len};
    bool inside = false;
    for (size_t at = 0; at < ini->len;) {
        const char *newline = memchr(ini->text + at, '\n', ini->len - at);
        size_t end = newline != NULL ? (size_t)(newline - ini->text) + 1 : ini->len;
        size_t text_end = newline != NULL ? end - 1 : end;
        struct piece line = trimmed(ini->text + at, text_end - at);
        struct piece name;
        if (section_head(line, &name)) {
            inside = !p.has_section && same_name(name, section); /* the first one counts */
            p.has_section = p.has_section || inside;
        }
        const char *equals = line.len > 0 ? memchr(line.at, '=', line.len) : NULL;
        if (inside && equals != NULL && line.at[0] != ';' && !p.has_key &&
            same_name(trimmed(line.at, (size_t)(equals - line.at)), key)) {
            struct piece value = trimmed(equals + 1, line.len - (size_t)(equals - line.at) - 1);
            p.has_key = true;
            p.line_at = at;
            p.line_end = end;
            p.value_at = (size_t)(value.at - ini->text);
            p.value_len = value.len;
        }
        if (inside && line.len > 0)
            p.insert_at = end;
        at = end;
    }
    return p;
}

static bool ini_word(const char *text, const char *forbidden)
{
    return text != NULL && text[strcspn(text, "\r\n")] == 0 && text[strcspn(text, forbidden)] == 0;
}

struct buffer {
    char *text;
    size_t len, cap;
};

static void put(struct buffer *out, const char *text, size_t len)
{
    if (len <= out->cap - out->len) {
        memcpy(out->text + out->len, text, len);
        out->len += len;
    }
}

static void put_text(struct buffer *out, const char *text)
{
    put(out, text, strlen(text));
}

/** The new text: before, the line (or none), after. */
static void compose(const struct ini *ini, const struct ini_place *p, const char *section,
                    const char *key, const char *value, struct buffer *out)
{
    if (p->has_key && value != NULL) { /* only the value's bytes change */
        put(out, ini->text, p->value_at);
        put_text(out, value);
        put(out, ini->text + p->value_at + p->value_len, ini->len - p->value_at - p->value_len);
        return;
    }
    if (p->has_key) {
        put(out, ini->text, p->line_at);
        put(out, ini->text + p->line_end, ini->len - p->line_end);
        return;
    }
    const char *line_end =
        ini->len > 0 && strstr(ini->text, "\r\n") == NULL && strchr(ini->text, '\n') != NULL
            ? "\n"
            : "\r\n";
    put(out, ini->text, p->insert_at);
    if (p->insert_at > 0 && ini->text[p->insert_at - 1] != '\n')
        put_text(out, line_end);
    if (!p->has_section) {
        put_text(out, "[");
        put_text(out, section);
        put_text(out, "]");
        put_text(out, line_end);
    }
    put_text(out, key);
    put_text(out, "=");
    put_text(out, value);
    put_text(out, line_end);
    put(out, ini->text + p->insert_at, ini->len - p->insert_at);
}

/** With the mark, as it was found. */
static mmk_err replace_utf16(const WCHAR *path, const struct buffer *text)
{
    size_t cap = 2 * text->len + 2; /* never more units than bytes */
    size_t len = 0;
    unsigned char *bytes = mmki_alloc(cap);
    if (bytes == NULL)
        return MMK_ERR_NOMEM;
    memcpy(bytes, "\xFF\xFE", 2);
    mmk_err err = mmk_utf16_from_wtf8(text->text, text->len, bytes + 2, cap - 2, &len);
    if (err == MMK_OK)
        err = mmki_file_replace(path, bytes, len + 2, true);
    mmki_free(bytes);
    return err;
}

static mmk_err ini_store(const WCHAR *path, const struct ini *ini, const struct ini_place *p,
                         const char *section, const char *key, const char *value)
{
    struct buffer out = {.cap = ini->len + strlen(section) + strlen(key) + 16 +
                                (value != NULL ? strlen(value) : 0)};
    out.text = mmki_alloc(out.cap);
    if (out.text == NULL)
        return MMK_ERR_NOMEM;
    compose(ini, p, section, key, value, &out);
    mmk_err err =
        ini->utf16 ? replace_utf16(path, &out) : mmki_file_replace(path, out.text, out.len, true);
    mmki_free(out.text);
    if (err == MMK_OK) /* Windows keeps the last INI file in memory: drop it */
        WritePrivateProfileStringW(NULL, NULL, NULL, path);
    return err;
}

mmk_err mmki_win32_ini_set(struct mmk_files *self, const char *path, const char *section,
                           const char *key, const char *value)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    struct ini ini = {0};
    if (!ini_word(section, "[]") || !ini_word(key, "=[;") || key[0] == 0 ||
        (value != NULL && !ini_word(value, "")))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_path(path, wide);
    if (err == MMK_OK)
        err = ini_load(wide, &ini);
    if (err == MMK_ERR_NOT_FOUND && value != NULL) {
        ini.text = mmki_alloc(1);
        err = ini.text != NULL ? MMK_OK : MMK_ERR_NOMEM;
    }
    if (err != MMK_OK)
        return err;
    struct ini_place p = ini_find(&ini, section, key);
    if (value == NULL && !p.has_key)
        err = MMK_ERR_NOT_FOUND;
    else
        err = ini_store(wide, &ini, &p, section, key, value);
    mmki_free(ini.text);
    return err;
}

mmk_err mmki_win32_ini_get(struct mmk_files *self, const char *path, const char *section,
                           const char *key, char *value, size_t cap)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    struct ini ini;
    if (!ini_word(section, "[]") || !ini_word(key, "=[;"))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_path(path, wide);
    if (err == MMK_OK)
        err = ini_load(wide, &ini);
    if (err != MMK_OK)
        return err;
    struct ini_place p = ini_find(&ini, section, key);
    if (!p.has_key) {
        err = MMK_ERR_NOT_FOUND;
    } else if (p.value_len >= cap) {
        err = MMK_ERR_MORE;
    } else {
        memcpy(value, ini.text + p.value_at, p.value_len);
        value[p.value_len] = 0;
    }
    mmki_free(ini.text);
    return err;
}
