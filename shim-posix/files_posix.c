/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <mmk/posix.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mmk/hash.h>

#include "posix_internal.h"
#include "registry_file_folder.h"
#include "registry_file_io.h"
#include "registry_text.h"

#define PIECE_BYTES (64u << 10)
#define INI_MAX     (16 << 20)

/* An INI section that we add is marked, so that the section goes with its last line, and only then.
 */
#define INI_MARKER "; mmekit added this section, it goes with its last line"

static mmk_err last_error(void)
{
    return mmki_err_from_errno(errno);
}

static bool absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

/* ------------------------------------------------------------------ looking */

static mmk_err open_regular(const char *path, int *fd, struct stat *st)
{
    const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened < 0)
        return last_error();
    mmk_err err = fstat(opened, st) == 0 ? MMK_OK : last_error();
    if (err == MMK_OK && !S_ISREG(st->st_mode))
        err = MMK_ERR_UNSUPPORTED;
    if (err != MMK_OK)
        (void)close(opened);
    else
        *fd = opened;
    return err;
}

static mmk_err files_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *out)
{
    struct stat st;
    (void)self;
    if (!absolute(path) || out == NULL)
        return MMK_ERR_INVAL;
    if (stat(path, &st) != 0)
        return last_error();
    *out = (struct mmk_file_stat){
        .size_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
        .is_dir = S_ISDIR(st.st_mode),
    };
    return MMK_OK;
}

static mmk_err read_some(int fd, void *data, size_t cap, size_t *len)
{
    ssize_t n;
    do
        n = read(fd, data, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return last_error();
    *len = (size_t)n;
    return MMK_OK;
}

static mmk_err files_hash(struct mmk_files *self, const char *path, struct mmk_file_stat *out)
{
    struct stat st;
    uint64_t hash = MMK_FNV1A64_INIT;
    uint64_t total = 0;
    size_t len = 1;
    int fd;
    (void)self;
    if (!absolute(path) || out == NULL)
        return MMK_ERR_INVAL;
    mmk_err err = open_regular(path, &fd, &st);
    if (err != MMK_OK)
        return err;
    uint8_t *piece = (uint8_t *)malloc(PIECE_BYTES);
    err = piece != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && len != 0) {
        err = read_some(fd, piece, PIECE_BYTES, &len);
        if (err == MMK_OK) {
            hash = mmk_fnv1a64(hash, piece, len);
            total += len;
        }
    }
    free(piece);
    (void)close(fd);
    if (err == MMK_OK)
        *out = (struct mmk_file_stat){.size_bytes = total, .hash = hash};
    return err;
}

/* ------------------------------------------------------------------ copying and moving */

static mmk_err write_all(int fd, const void *data, size_t len)
{
    const char *p = (const char *)data;
    while (len != 0) {
        const ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return last_error();
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return MMK_OK;
}

static mmk_err copy_content(int from, int to)
{
    uint8_t *piece = (uint8_t *)malloc(PIECE_BYTES);
    size_t len = 1;
    mmk_err err = piece != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && len != 0) {
        err = read_some(from, piece, PIECE_BYTES, &len);
        if (err == MMK_OK)
            err = write_all(to, piece, len);
    }
    free(piece);
    return err == MMK_OK && fsync(to) != 0 ? last_error() : err;
}

static mmk_err files_copy(struct mmk_files *self, const char *from, const char *to)
{
    struct stat st;
    int in;
    (void)self;
    if (!absolute(from) || !absolute(to))
        return MMK_ERR_INVAL;
    mmk_err err = open_regular(from, &in, &st);
    if (err != MMK_OK)
        return err;
    const int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) {
        err = last_error();
        (void)close(in);
        return err;
    }
    err = copy_content(in, out);
    if (err == MMK_OK && fchmod(out, st.st_mode & 0777) != 0)
        err = last_error();
    if (close(out) != 0 && err == MMK_OK)
        err = last_error();
    (void)close(in);
    if (err == MMK_OK)
        err = mmki_reg_sync_folder_of(to);
    if (err != MMK_OK)
        (void)unlink(to);
    return err;
}

static mmk_err files_rename(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    if (!absolute(from) || !absolute(to))
        return MMK_ERR_INVAL;
    return rename(from, to) == 0 ? mmki_reg_sync_folder_of(to) : last_error();
}

static mmk_err files_remove(struct mmk_files *self, const char *path)
{
    struct stat st;
    (void)self;
    if (!absolute(path))
        return MMK_ERR_INVAL;
    if (lstat(path, &st) != 0)
        return last_error();
    if (S_ISDIR(st.st_mode))
        return MMK_ERR_UNSUPPORTED; /* the plan knows files only */
    return unlink(path) == 0 ? mmki_reg_sync_folder_of(path) : last_error();
}

/* Here a file in use can lose its name at once; what uses it keeps the content. */
static mmk_err files_remove_later(struct mmk_files *self, const char *path)
{
    return files_remove(self, path);
}

/* ------------------------------------------------------------------ INI: the text */

/* The file in memory, ended by a 0. */
struct ini {
    char *text;
    size_t len;
    const char *eol;
};

/* One line: [begin, end), and where the next begins. */
struct line {
    size_t begin;
    size_t end;
    size_t next;
};

static mmk_err ini_read(const char *path, struct ini *ini)
{
    struct stat st;
    struct mmki_reg_bytes text = {0};
    size_t len = 1;
    int fd;
    *ini = (struct ini){NULL, 0, "\n"};
    mmk_err err = open_regular(path, &fd, &st);
    if (err != MMK_OK)
        return err;
    err = st.st_size > INI_MAX ? MMK_ERR_TOO_LONG
                               : mmki_reg_reserve(&text, (size_t)st.st_size + PIECE_BYTES + 1);
    while (err == MMK_OK && len != 0) {
        err = mmki_reg_reserve(&text, PIECE_BYTES + 1);
        if (err == MMK_OK)
            err = read_some(fd, text.at + text.len, PIECE_BYTES, &len);
        if (err == MMK_OK)
            text.len += len;
        if (text.len > INI_MAX)
            err = MMK_ERR_TOO_LONG;
    }
    (void)close(fd);
    if (err == MMK_OK && memchr(text.at, '\0', text.len) != NULL)
        err = MMK_ERR_UNSUPPORTED; /* UTF-16, or no text at all */
    if (err != MMK_OK) {
        mmki_reg_free(&text);
        return err;
    }
    text.at[text.len] = '\0';
    ini->text = text.at;
    ini->len = text.len;
    const char *cr = strchr(ini->text, '\r');
    if (cr != NULL && cr[1] == '\n')
        ini->eol = "\r\n";
    return MMK_OK;
}

static bool next_line(const struct ini *ini, struct line *line)
{
    if (line->next >= ini->len)
        return false;
    line->begin = line->next;
    line->end = line->begin + strcspn(ini->text + line->begin, "\r\n");
    const char *p = ini->text + line->end;
    line->next = line->end + (p[0] == '\r' && p[1] == '\n' ? 2 : p[0] != '\0' ? 1 : 0);
    return true;
}

/* [begin, end) without blanks around it. */
static void trim(const char *text, size_t *begin, size_t *end)
{
    while (*begin < *end && (text[*begin] == ' ' || text[*begin] == '\t'))
        (*begin)++;
    while (*end > *begin && (text[*end - 1] == ' ' || text[*end - 1] == '\t'))
        (*end)--;
}

static bool same(const char *text, size_t begin, size_t end, const char *name)
{
    trim(text, &begin, &end);
    return end - begin == strlen(name) && strncasecmp(text + begin, name, end - begin) == 0;
}

static bool is_section(const struct ini *ini, const struct line *line, const char *section)
{
    size_t begin = line->begin;
    size_t end = line->end;
    trim(ini->text, &begin, &end);
    if (end - begin < 2 || ini->text[begin] != '[' || ini->text[end - 1] != ']')
        return false;
    return section == NULL || same(ini->text, begin + 1, end - 1, section);
}

/* Where things are. Offsets; `found` flags tell which are valid. */
struct ini_place {
    bool section;
    bool marked; /* the section's first line is our marker */
    bool others; /* it has other lines than the key's and the marker */
    bool key;
    struct line header;
    struct line marker;
    struct line line; /* of the key */
    size_t value;     /* begin of its value */
    size_t insert_at; /* end of the section's last line that is not blank */
    size_t tail;      /* the same of the file */
};

static void look_at_line(const struct ini *ini, const struct line *line, const char *key,
                         struct ini_place *p)
{
    const char *equals =
        (const char *)memchr(ini->text + line->begin, '=', line->end - line->begin);
    const size_t at = equals != NULL ? (size_t)(equals - ini->text) : 0;
    p->insert_at = line->end;
    if (!p->key && equals != NULL && same(ini->text, line->begin, at, key)) {
        p->key = true; /* the first one counts, as for Windows */
        p->line = *line;
        p->value = at + 1;
    } else if (line->begin == p->header.next &&
               same(ini->text, line->begin, line->end, INI_MARKER)) {
        p->marked = true;
        p->marker = *line;
    } else {
        p->others = true;
    }
}

static struct ini_place ini_find(const struct ini *ini, const char *section, const char *key)
{
    struct ini_place p = {0};
    struct line line = {0};
    bool inside = false;
    while (next_line(ini, &line)) {
        size_t begin = line.begin;
        size_t end = line.end;
        trim(ini->text, &begin, &end);
        if (begin == end)
            continue;
        p.tail = line.end;
        if (is_section(ini, &line, NULL)) {
            inside = !p.section && is_section(ini, &line, section);
            if (inside) {
                p.section = true;
                p.header = line;
                p.insert_at = line.end;
            }
        } else if (inside) {
            look_at_line(ini, &line, key, &p);
        }
    }
    return p;
}

/* ------------------------------------------------------------------ INI: changes */

/* Text from `at` to `end` gives way to `added`. */
struct ini_change {
    const struct ini *ini;
    size_t at;
    size_t end;
    struct mmki_reg_bytes added;
};

static mmk_err fill_ini(void *arg, int fd)
{
    const struct ini_change *c = (const struct ini_change *)arg;
    mmk_err err = write_all(fd, c->ini->text, c->at);
    if (err == MMK_OK)
        err = write_all(fd, c->added.at, c->added.len);
    return err == MMK_OK ? write_all(fd, c->ini->text + c->end, c->ini->len - c->end) : err;
}

static mmk_err add(struct ini_change *c, const char *text)
{
    return mmki_reg_append(&c->added, text, strlen(text));
}

/* As in the registry's text: a line comes and goes with the line end before it. */
static mmk_err add_line(struct ini_change *c, const char *a, const char *b, const char *d)
{
    mmk_err err = c->at != 0 || c->added.len != 0 ? add(c, c->ini->eol) : MMK_OK;
    if (err == MMK_OK)
        err = add(c, a);
    if (err == MMK_OK)
        err = add(c, b);
    return err == MMK_OK ? add(c, d) : err;
}

static mmk_err change_set(struct ini_change *c, const struct ini_place *p, const char *section,
                          const char *key, const char *value)
{
    if (p->key) {
        size_t begin = p->value;
        size_t end = p->line.end;
        trim(c->ini->text, &begin, &end);
        c->at = begin;
        c->end = end;
        return add(c, value);
    }
    c->at = p->section ? p->insert_at : p->tail;
    c->end = c->at;
    mmk_err err = MMK_OK;
    if (!p->section) {
        err = add_line(c, "[", section, "]");
        if (err == MMK_OK)
            err = add_line(c, INI_MARKER, "", "");
    }
    if (err == MMK_OK)
        err = add_line(c, key, "=", value);
    if (err == MMK_OK && c->ini->len == 0)
        err = add(c, c->ini->eol); /* a new file ends its last line */
    return err;
}

/* Begin of the line end before a line; 0 for the first line. */
static size_t line_end_before(const struct ini *ini, size_t begin)
{
    if (begin >= 2 && ini->text[begin - 1] == '\n' && ini->text[begin - 2] == '\r')
        return begin - 2;
    return begin >= 1 ? begin - 1 : 0;
}

static void change_delete(struct ini_change *c, const struct ini_place *p)
{
    const bool spent = p->marked && !p->others && p->marker.next == p->line.begin;
    c->at = line_end_before(c->ini, spent ? p->header.begin : p->line.begin);
    c->end = p->line.end;
    if (c->at == 0 && (spent ? p->header.begin : p->line.begin) == 0)
        c->end = p->line.next; /* the first line has none before it, so it takes the one behind */
}

static bool bad_name(const char *name, const char *wrong)
{
    return name == NULL || name[0] == '\0' || strpbrk(name, wrong) != NULL;
}

static mmk_err ini_store(const char *target, struct ini_change *c)
{
    bool unsynced;
    if (c->at == 0 && c->end == c->ini->len && c->added.len == 0)
        return mmki_reg_remove_file(target, &unsynced); /* nothing left */
    if (c->end - c->at == c->added.len &&
        (c->added.len == 0 || memcmp(c->ini->text + c->at, c->added.at, c->added.len) == 0))
        return MMK_OK; /* it says so already */
    if (eaccess(target, W_OK) != 0 && errno != ENOENT)
        return last_error();
    return mmki_reg_replace_file(target, fill_ini, c, &unsynced);
}

static mmk_err files_ini_set(struct mmk_files *self, const char *path, const char *section,
                             const char *key, const char *value)
{
    struct ini ini;
    char *target;
    (void)self;
    if (!absolute(path) || bad_name(section, "]\r\n") || bad_name(key, "=\r\n") ||
        (value != NULL && strpbrk(value, "\r\n") != NULL))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_reg_target(path, &target);
    if (err != MMK_OK)
        return err;
    err = ini_read(target, &ini);
    if (err == MMK_ERR_NOT_FOUND && value != NULL) {
        ini.text = (char *)calloc(1, 1); /* a new file */
        err = ini.text != NULL ? MMK_OK : MMK_ERR_NOMEM;
    }
    if (err == MMK_OK) {
        struct ini_change c = {.ini = &ini};
        const struct ini_place place = ini_find(&ini, section, key);
        if (value == NULL && !place.key)
            err = MMK_ERR_NOT_FOUND;
        else if (value == NULL)
            change_delete(&c, &place);
        else
            err = change_set(&c, &place, section, key, value);
        if (err == MMK_OK)
            err = ini_store(target, &c);
        mmki_reg_free(&c.added);
        free(ini.text);
    }
    free(target);
    return err;
}

static mmk_err files_ini_get(struct mmk_files *self, const char *path, const char *section,
                             const char *key, char *value, size_t cap)
{
    struct ini ini;
    (void)self;
    if (!absolute(path) || bad_name(section, "]\r\n") || bad_name(key, "=\r\n"))
        return MMK_ERR_INVAL;
    mmk_err err = ini_read(path, &ini);
    if (err != MMK_OK)
        return err;
    const struct ini_place place = ini_find(&ini, section, key);
    size_t begin = place.value;
    size_t end = place.line.end;
    if (!place.key) {
        err = MMK_ERR_NOT_FOUND;
    } else {
        trim(ini.text, &begin, &end);
        if (end - begin >= cap) {
            err = MMK_ERR_MORE;
        } else {
            memcpy(value, ini.text + begin, end - begin);
            value[end - begin] = '\0';
        }
    }
    free(ini.text);
    return err;
}

/* ------------------------------------------------------------------ the seam */

static const struct mmk_files_ops ops = {
    .stat = files_stat,
    .hash = files_hash,
    .copy = files_copy,
    .rename = files_rename,
    .remove = files_remove,
    .remove_later = files_remove_later,
    .ini_set = files_ini_set,
    .ini_get = files_ini_get,
};

struct mmk_files *mmk_posix_files(void)
{
    static struct mmk_files files = {&ops}; /* never written */
    return &files;
}
