/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <dirent.h>
#include <iconv.h>

/* ------------------------------------------------------------------ bytes */

struct blob blob_read(const char *path)
{
    struct blob blob = {NULL, 0};
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return blob;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode)) {
        blob.data = malloc((size_t)st.st_size + 1);
        if (blob.data == NULL)
            abort();
        blob.len = fread(blob.data, 1, (size_t)st.st_size, f);
    }
    fclose(f);
    return blob;
}

void blob_free(struct blob *blob)
{
    free(blob->data);
    *blob = (struct blob){NULL, 0};
}

bool blob_equal(const struct blob *a, const struct blob *b)
{
    if (a->data == NULL || b->data == NULL)
        return a->data == b->data;
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

void blob_write(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
        abort();
}

struct blob text_encoded(const char *utf8, text_encoding encoding)
{
    static const char *const names[] = {"UTF-16LE", "ASCII", "UTF-8", "UTF-8", "WINDOWS-1252"};
    static const char *const marks[] = {"\xff\xfe", "", "", "\xef\xbb\xbf", ""};
    const size_t mark = strlen(marks[encoding]);
    size_t in_left = strlen(utf8);
    size_t out_left = in_left * 2;
    struct blob blob = {malloc(mark + out_left + 1), 0};
    iconv_t cd = iconv_open(names[encoding], "UTF-8");
    char *in = (char *)(uintptr_t)utf8;
    char *out = (char *)blob.data + mark;
    if (blob.data == NULL || cd == (iconv_t)-1)
        abort();
    memcpy(blob.data, marks[encoding], mark);
    if (iconv(cd, &in, &in_left, &out, &out_left) == (size_t)-1)
        abort();
    iconv_close(cd);
    blob.len = (size_t)((unsigned char *)out - blob.data);
    return blob;
}

void text_write(const char *path, const char *utf8, text_encoding encoding)
{
    struct blob blob = text_encoded(utf8, encoding);
    blob_write(path, blob.data, blob.len);
    blob_free(&blob);
}

/* ------------------------------------------------------------------ place */

void text_write_large(const char *path, unsigned n_values, text_encoding encoding)
{
    const size_t cap = n_values * 130u + 1000;
    char *text = malloc(cap);
    size_t n = (size_t)snprintf(text, cap, "Windows Registry Editor Version 5.00\r\n\r\n");
    for (unsigned i = 0; i < n_values; i++) {
        if (i % 100 == 0)
            n += (size_t)snprintf(text + n, cap - n,
                                  "%s[HKEY_LOCAL_MACHINE\\Software\\Vendor %u\\Product %u]\r\n",
                                  i != 0 ? "\r\n" : "", i / 5000, i / 100);
        const char *formats[] = {
            "\"Value %u\"=\"C:\\\\Program Files\\\\Thing %u\\\\x.dll\"\r\n",
            "\"Value %u\"=dword:%08x\r\n",
            "\"Value %u\"=hex:01,02,03,04,05,06,07,08,09,0a,0b,0c,%02x\r\n",
            ("\"Value %u\"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,"
             "00,\\\r\n  6f,00,6f,00,74,00,25,00,00,%02x\r\n")};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        n += (size_t)snprintf(text + n, cap - n, formats[i % 4], i, i % 256);
#pragma GCC diagnostic pop
        if (n >= cap - 200)
            abort();
    }
    text_write(path, text, encoding);
    free(text);
}

static void open_in_folder(struct place *p)
{
    snprintf(p->path, sizeof p->path, "%s/a.reg", p->folder);
    place_reopen(p);
}

void place_open(struct place *p, const char *name)
{
    memset(p, 0, sizeof *p);
    temp_folder_make(p->folder, name);
    open_in_folder(p);
}

void place_open_for_all(struct place *p, const char *name)
{
    const char *where = getenv("TMPDIR");
    memset(p, 0, sizeof *p);
    temp_folder_make_in(p->folder, where != NULL && where[0] == '/' ? where : "/tmp", name);
    open_in_folder(p);
}

void place_reopen(struct place *p)
{
    mmk_posix_registry_close(p->registry);
    if (mmk_posix_registry_open(p->path, &p->registry) != MMK_OK)
        abort();
}

void place_close(struct place *p)
{
    mmk_posix_registry_close(p->registry);
    temp_folder_remove(p->folder);
}

const char *place_name(struct place *p, const char *name)
{
    static char path[5000];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    return path;
}

size_t place_count(struct place *p)
{
    size_t n = 0;
    DIR *dir = opendir(p->folder);
    if (dir == NULL)
        abort();
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

/* ------------------------------------------------------------------ the seam in short */

struct mmk_reg_key machine(const char *path)
{
    return (struct mmk_reg_key){MMK_REG_MACHINE, MMK_VIEW_64, path};
}

mmk_err key_create(struct place *p, const char *path)
{
    const struct mmk_reg_key key = machine(path);
    return p->registry->ops->create_key(p->registry, &key, false);
}

mmk_err key_delete(struct place *p, const char *path)
{
    const struct mmk_reg_key key = machine(path);
    return p->registry->ops->delete_key(p->registry, &key);
}

mmk_err key_has(struct place *p, const char *path)
{
    const struct mmk_reg_key key = machine(path);
    return p->registry->ops->has_key(p->registry, &key);
}

mmk_err value_set(struct place *p, const char *path, const char *name, uint32_t type,
                  const void *data, size_t len)
{
    const struct mmk_reg_key key = machine(path);
    return p->registry->ops->set(p->registry, &key, name, type, data, len);
}

/* ASCII as UTF-16LE with a terminator. */
static size_t widen(const char *ascii, unsigned char *out)
{
    size_t n = 0;
    do {
        out[n++] = (unsigned char)*ascii;
        out[n++] = 0;
    } while (*ascii++ != '\0');
    return n;
}

mmk_err value_set_text(struct place *p, const char *path, const char *name, const char *ascii)
{
    unsigned char wide[4096];
    const size_t n = widen(ascii, wide);
    return value_set(p, path, name, MMK_REG_SZ, wide, n);
}

mmk_err value_delete(struct place *p, const char *path, const char *name)
{
    const struct mmk_reg_key key = machine(path);
    return p->registry->ops->delete_value(p->registry, &key, name);
}

bool value_is(struct place *p, const char *path, const char *name, uint32_t type, const void *data,
              size_t len)
{
    const struct mmk_reg_key key = machine(path);
    unsigned char *got = malloc(len + 1);
    uint32_t got_type = ~type;
    size_t got_len = len + 1;
    const bool same = p->registry->ops->get(p->registry, &key, name, &got_type, got, len + 1,
                                            &got_len) == MMK_OK &&
                      got_type == type && got_len == len &&
                      (len == 0 || memcmp(got, data, len) == 0);
    free(got);
    return same;
}

bool value_is_text(struct place *p, const char *path, const char *name, const char *ascii)
{
    unsigned char wide[4096];
    const size_t n = widen(ascii, wide);
    return value_is(p, path, name, MMK_REG_SZ, wide, n);
}

mmk_err value_get(struct place *p, const char *path, const char *name)
{
    const struct mmk_reg_key key = machine(path);
    uint32_t type;
    size_t len;
    const mmk_err err = p->registry->ops->get(p->registry, &key, name, &type, NULL, 0, &len);
    return err == MMK_ERR_MORE ? MMK_OK : err;
}

mmk_err flush(struct place *p)
{
    return p->registry->ops->flush(p->registry, MMK_REG_MACHINE, 2000);
}
