/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The files seam: what an install plan does to files and to INI files such as system.ini.
 *
 * INI files are edited as bytes, whole file and rename, instead of by WritePrivateProfileString:
 * Wine's rewrites the file in place and drops what it does not understand. ASCII, ANSI and UTF-8
 * files are the same to us as long as section, key and value are ASCII; UTF-16 files are refused.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/hash.h>
#include <mmk/text.h>

#define CHUNK_BYTES   65536u
#define INI_MAX_BYTES (4u * 1024u * 1024u)

static HANDLE open_read(const WCHAR *path)
{
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_SEQUENTIAL_SCAN, NULL);
}

/* ------------------------------------------------------------------ stat and hash */

static mmk_err win32_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    WIN32_FILE_ATTRIBUTE_DATA data;
    mmk_err err = mmki_wide(path, wide, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    if (!GetFileAttributesExW(wide, GetFileExInfoStandard, &data))
        return mmki_last_err();
    *st = (struct mmk_file_stat){
        .size_bytes = (uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow,
        .is_dir = (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0,
    };
    if (st->is_dir)
        st->size_bytes = 0;
    return MMK_OK;
}

static mmk_err hash_handle(HANDLE file, struct mmk_file_stat *st)
{
    unsigned char *chunk = mmki_alloc(CHUNK_BYTES);
    struct mmk_file_stat sum = {.hash = MMK_FNV1A64_INIT};
    size_t n = CHUNK_BYTES;
    mmk_err err = chunk != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && n == CHUNK_BYTES) {
        err = mmki_read_at(file, sum.size_bytes, chunk, CHUNK_BYTES, &n);
        if (err == MMK_OK) {
            sum.hash = mmk_fnv1a64(sum.hash, chunk, n);
            sum.size_bytes += n;
        }
    }
    mmki_free(chunk);
    if (err == MMK_OK)
        *st = sum;
    return err;
}

static mmk_err win32_hash(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    WCHAR wide[MMKI_PATH_UNITS];
    struct mmk_file_stat first;
    mmk_err err = win32_stat(self, path, &first);
    if (err != MMK_OK)
        return err;
    if (first.is_dir)
        return MMK_ERR_INVAL;
    err = mmki_wide(path, wide, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    HANDLE file = open_read(wide);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    err = hash_handle(file, st);
    CloseHandle(file);
    return err;
}

/* ------------------------------------------------------------------ copy, rename, remove */

static mmk_err copy_bytes(HANDLE from, HANDLE to)
{
    unsigned char *chunk = mmki_alloc(CHUNK_BYTES);
    uint64_t at = 0;
    size_t n = CHUNK_BYTES;
    mmk_err err = chunk != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && n == CHUNK_BYTES) {
        err = mmki_read_at(from, at, chunk, CHUNK_BYTES, &n);
        at += n;
        if (err == MMK_OK)
            err = mmki_write(to, chunk, n);
    }
    if (err == MMK_OK && !FlushFileBuffers(to))
        err = MMK_ERR_IO;
    mmki_free(chunk);
    return err;
}

static mmk_err win32_copy(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    WCHAR wide_from[MMKI_PATH_UNITS];
    WCHAR wide_to[MMKI_PATH_UNITS];
    mmk_err err = mmki_wide(from, wide_from, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_wide(to, wide_to, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    HANDLE in = open_read(wide_from);
    if (in == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    HANDLE out =
        CreateFileW(wide_to, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (out == INVALID_HANDLE_VALUE) {
        err = mmki_last_err();
        CloseHandle(in);
        return err;
    }
    err = copy_bytes(in, out);
    CloseHandle(in);
    if (!CloseHandle(out) && err == MMK_OK)
        err = MMK_ERR_IO;
    if (err != MMK_OK)
        DeleteFileW(wide_to);
    return err;
}

static mmk_err win32_rename(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    WCHAR wide_from[MMKI_PATH_UNITS];
    WCHAR wide_to[MMKI_PATH_UNITS];
    mmk_err err = mmki_wide(from, wide_from, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_wide(to, wide_to, MMKI_PATH_UNITS);
    return err == MMK_OK ? mmki_rename(wide_from, wide_to) : err;
}

/** A loaded module denies its deletion with the words that missing rights have too. */
static mmk_err delete_err(const WCHAR *path, DWORD number)
{
    if (number == ERROR_ACCESS_DENIED) {
        DWORD attributes = GetFileAttributesW(path);
        HANDLE file =
            CreateFileW(path, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (file != INVALID_HANDLE_VALUE) { /* the right is there, so somebody uses it */
            CloseHandle(file);
            if (attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_READONLY) &&
                !(attributes & FILE_ATTRIBUTE_DIRECTORY))
                return MMK_ERR_BUSY;
        }
    }
    return mmki_err_from_win32(number);
}

static mmk_err win32_remove(struct mmk_files *self, const char *path)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err = mmki_wide(path, wide, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    return DeleteFileW(wide) ? MMK_OK : delete_err(wide, GetLastError());
}

static mmk_err win32_remove_later(struct mmk_files *self, const char *path)
{
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err = win32_remove(self, path);
    if (err != MMK_ERR_BUSY)
        return err;
    err = mmki_wide(path, wide, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    return MoveFileExW(wide, NULL, MOVEFILE_DELAY_UNTIL_REBOOT) ? MMK_ERR_PENDING : mmki_last_err();
}

/* ------------------------------------------------------------------ INI files */

struct ini {
    char *text; /* len bytes and a terminator */
    size_t len;
};

static mmk_err ini_load(const WCHAR *path, struct ini *ini)
{
    LARGE_INTEGER size;
    HANDLE file = open_read(path);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    mmk_err err = MMK_OK;
    *ini = (struct ini){0};
    if (!GetFileSizeEx(file, &size))
        err = mmki_last_err();
    else if (size.QuadPart > INI_MAX_BYTES)
        err = MMK_ERR_TOO_LONG;
    if (err == MMK_OK) {
        ini->text = mmki_alloc((size_t)size.QuadPart + 1);
        err = ini->text != NULL ? mmki_read_at(file, 0, ini->text, (size_t)size.QuadPart, &ini->len)
                                : MMK_ERR_NOMEM;
    }
    CloseHandle(file);
    if (err == MMK_OK && memchr(ini->text, 0, ini->len) != NULL)
        err = MMK_ERR_UNSUPPORTED; /* UTF-16, or no text at all */
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

static mmk_err ini_store(const WCHAR *path, const struct ini *ini, const struct ini_place *p,
                         const char *section, const char *key, const char *value)
{
    struct buffer out = {.cap = ini->len + strlen(section) + strlen(key) + 16 +
                                (value != NULL ? strlen(value) : 0)};
    out.text = mmki_alloc(out.cap);
    if (out.text == NULL)
        return MMK_ERR_NOMEM;
    compose(ini, p, section, key, value, &out);
    mmk_err err = mmki_file_replace(path, out.text, out.len, true);
    mmki_free(out.text);
    if (err == MMK_OK) /* Windows keeps the last INI file in memory: drop it */
        WritePrivateProfileStringW(NULL, NULL, NULL, path);
    return err;
}

static mmk_err win32_ini_set(struct mmk_files *self, const char *path, const char *section,
                             const char *key, const char *value)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    struct ini ini = {0};
    if (!ini_word(section, "[]") || !ini_word(key, "=[;") || key[0] == 0 ||
        (value != NULL && !ini_word(value, "")))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_wide(path, wide, MMKI_PATH_UNITS);
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

static mmk_err win32_ini_get(struct mmk_files *self, const char *path, const char *section,
                             const char *key, char *value, size_t cap)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    struct ini ini;
    if (!ini_word(section, "[]") || !ini_word(key, "=[;"))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_wide(path, wide, MMKI_PATH_UNITS);
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

static const struct mmk_files_ops files_ops = {
    .stat = win32_stat,
    .hash = win32_hash,
    .copy = win32_copy,
    .rename = win32_rename,
    .remove = win32_remove,
    .remove_later = win32_remove_later,
    .ini_set = win32_ini_set,
    .ini_get = win32_ini_get,
};

struct mmk_files *mmk_win32_files(void)
{
    static struct mmk_files files = {.ops = &files_ops};
    return &files;
}
