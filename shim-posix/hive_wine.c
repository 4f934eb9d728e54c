/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include "hive_wine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mmk/port.h>
#include <mmk/text.h>

#include "posix_internal.h"
#include "registry_file_folder.h"

#define HEADER      "WINE REGISTRY Version 2\n"
#define LINKS_MAX   16
#define PATH_BYTES  4096u
#define EPOCH_100NS UINT64_C(116444736000000000) /* from 1601 to 1970 */

/* ------------------------------------------------------------------ lines */

static const char *text_end(const struct mmki_hive *hive)
{
    return hive->text.at + hive->text.len;
}

static const char *next_line(const char *p, const char *stop)
{
    const char *end = (const char *)memchr(p, '\n', (size_t)(stop - p));
    return end != NULL ? end + 1 : stop;
}

static bool is_blank(const char *p, const char *next)
{
    while (p < next && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p == next;
}

/* The item that begins here: a line, and those that a backslash at the end joins to it. */
static const char *next_item(const char *p, const char *stop)
{
    const char *next = next_line(p, stop);
    while (next < stop && next - p >= 2 && next[-2] == '\\')
        next = next_line(next, stop);
    return next;
}

/* ------------------------------------------------------------------ the table of keys */

static void drop_keys(struct mmki_hive *hive)
{
    for (size_t i = 0; i < hive->n_keys; i++)
        free(hive->keys[i].name);
    hive->n_keys = 0;
}

static char *name_of_units(const struct mmki_reg_bytes *units)
{
    size_t len;
    char *name = malloc(units->len / 2 * 3 + 1);
    if (name != NULL && mmk_wtf8_from_utf16(units->at, units->len / 2, name, units->len / 2 * 3 + 1,
                                            &len) != MMK_OK) {
        free(name);
        name = NULL;
    }
    return name;
}

static mmk_err corrupt(struct mmki_hive *hive, const char *at, const char *why)
{
    unsigned line = 1;
    for (const char *p = hive->text.at; p < at; p++)
        line += *p == '\n';
    snprintf(hive->why, sizeof hive->why, "line %u: %s", line, why);
    return MMK_ERR_CORRUPT;
}

static mmk_err room_for_key(struct mmki_hive *hive)
{
    if (hive->n_keys < hive->cap_keys)
        return MMK_OK;
    const size_t cap = hive->cap_keys != 0 ? 2 * hive->cap_keys : 1024;
    struct mmki_hive_key *keys = realloc(hive->keys, cap * sizeof *keys);
    if (keys == NULL)
        return MMK_ERR_NOMEM;
    hive->keys = keys;
    hive->cap_keys = cap;
    return MMK_OK;
}

static mmk_err add_key(struct mmki_hive *hive, const char *head, const char *next,
                       struct mmki_reg_bytes *units)
{
    const char *end;
    units->len = 0;
    if (!mmki_hive_unescape(head + 1, next, ']', units, &end) || units->len == 0)
        return corrupt(hive, head, "a key without its closing bracket, or without a name");
    mmk_err err = room_for_key(hive);
    char *name = err == MMK_OK ? name_of_units(units) : NULL;
    if (name == NULL)
        return MMK_ERR_NOMEM;
    hive->keys[hive->n_keys++] = (struct mmki_hive_key){name, (size_t)(head - hive->text.at),
                                                        (size_t)(next - hive->text.at), false};
    return MMK_OK;
}

static mmk_err index_keys(struct mmki_hive *hive)
{
    const char *stop = text_end(hive);
    const char *p = hive->text.at;
    struct mmki_reg_bytes units = {0};
    mmk_err err = MMK_OK;
    drop_keys(hive);
    hive->is_win32 = false;
    while (p < stop && err == MMK_OK) {
        const char *next = next_item(p, stop);
        if (*p == '[')
            err = add_key(hive, p, next, &units);
        else if (strncmp(p, "#link", 5) == 0 && hive->n_keys > 0)
            hive->keys[hive->n_keys - 1].is_link = true;
        else if (strncmp(p, "#arch=win32", 11) == 0 && hive->n_keys == 0)
            hive->is_win32 = true;
        p = next;
    }
    mmki_reg_free(&units);
    return err;
}

static size_t key_end(const struct mmki_hive *hive, size_t index)
{
    return index + 1 < hive->n_keys ? hive->keys[index + 1].head : hive->text.len;
}

static struct mmki_hive_key *find_key(const struct mmki_hive *hive, const char *path)
{
    const size_t len = strlen(path);
    for (size_t i = 0; i < hive->n_keys; i++) {
        const char *name = hive->keys[i].name;
        if (strlen(name) == len && mmk_name_compare_n(name, len, path, len) == 0)
            return &hive->keys[i];
    }
    return NULL;
}

/* Whether `name` is a key below `path`. */
static bool is_below(const char *name, const char *path, size_t len)
{
    return len == 0 || (strlen(name) > len && name[len] == '\\' &&
                        mmk_name_compare_n(name, len, path, len) == 0);
}

static bool has_below(const struct mmki_hive *hive, const char *path)
{
    const size_t len = strlen(path);
    for (size_t i = 0; i < hive->n_keys; i++)
        if (is_below(hive->keys[i].name, path, len))
            return true;
    return false;
}

bool mmki_hive_has_key(const struct mmki_hive *hive, const char *path)
{
    return path[0] == 0 || find_key(hive, path) != NULL || has_below(hive, path);
}

/* ------------------------------------------------------------------ load and store */

static mmk_err read_file(struct mmki_hive *hive, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return mmki_err_from_errno(errno);
    if (!S_ISREG(st.st_mode))
        return MMK_ERR_UNSUPPORTED;
    if (st.st_size > (off_t)MMKI_REG_FILE_MAX)
        return MMK_ERR_TOO_LONG;
    hive->base.len = 0;
    mmk_err err = mmki_reg_reserve(&hive->base, (size_t)st.st_size + 1);
    while (err == MMK_OK) {
        err = mmki_reg_reserve(&hive->base, 4096);
        const ssize_t n = err == MMK_OK ? read(fd, hive->base.at + hive->base.len,
                                               hive->base.cap - hive->base.len - 1)
                                        : 0;
        if (n < 0 && errno != EINTR)
            err = mmki_err_from_errno(errno);
        if (n == 0)
            break;
        hive->base.len += n > 0 ? (size_t)n : 0;
    }
    return err;
}

static mmk_err take_text(struct mmki_hive *hive)
{
    hive->text.len = 0;
    mmk_err err = mmki_reg_append(&hive->text, hive->base.at, hive->base.len);
    if (err == MMK_OK)
        err = mmki_reg_reserve(&hive->text, 1);
    if (err != MMK_OK)
        return err;
    hive->text.at[hive->text.len] = 0;
    if (hive->text.len < strlen(HEADER) || memcmp(hive->text.at, HEADER, strlen(HEADER)) != 0) {
        snprintf(hive->why, sizeof hive->why, "it does not begin with \"WINE REGISTRY Version 2\"");
        return MMK_ERR_CORRUPT;
    }
    if (memchr(hive->text.at, 0, hive->text.len) != NULL)
        return corrupt(hive, hive->text.at, "there is a NUL in the file");
    if (hive->text.at[hive->text.len - 1] != '\n')
        return corrupt(hive, text_end(hive), "the file ends within a line");
    return index_keys(hive);
}

mmk_err mmki_hive_load(struct mmki_hive *hive)
{
    if (hive->loaded)
        return MMK_OK;
    hive->why[0] = 0;
    const int fd = open(hive->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return mmki_err_from_errno(errno);
    mmk_err err = read_file(hive, fd);
    (void)close(fd);
    if (err == MMK_OK)
        err = take_text(hive);
    hive->loaded = err == MMK_OK;
    return err;
}

static mmk_err fill(void *arg, int fd)
{
    const struct mmki_reg_bytes *text = arg;
    for (size_t at = 0; at < text->len;) {
        const ssize_t n = write(fd, text->at + at, text->len - at);
        if (n < 0 && errno != EINTR)
            return mmki_err_from_errno(errno);
        at += n > 0 ? (size_t)n : 0;
    }
    return MMK_OK;
}

mmk_err mmki_hive_store(struct mmki_hive *hive)
{
    char *target;
    bool unsynced;
    if (!hive->loaded || (hive->text.len == hive->base.len &&
                          memcmp(hive->text.at, hive->base.at, hive->text.len) == 0))
        return MMK_OK;
    mmk_err err = mmki_reg_target(hive->path, &target);
    if (err == MMK_OK) {
        err = mmki_reg_replace_file(target, fill, &hive->text, &unsynced);
        free(target);
    }
    if (err != MMK_OK)
        return err;
    hive->base.len = 0;
    return mmki_reg_append(&hive->base, hive->text.at, hive->text.len);
}

void mmki_hive_forget(struct mmki_hive *hive)
{
    hive->loaded = false;
    drop_keys(hive);
}

void mmki_hive_fini(struct mmki_hive *hive)
{
    drop_keys(hive);
    free(hive->keys);
    free(hive->path);
    mmki_reg_free(&hive->text);
    mmki_reg_free(&hive->base);
}

/* ------------------------------------------------------------------ editing the text */

/* The only place where the text changes: `len` bytes at `at` become `n` others. */
static mmk_err edit(struct mmki_hive *hive, size_t at, size_t len, const char *with, size_t n)
{
    const mmk_err err = mmki_reg_reserve(&hive->text, n + 1);
    if (err != MMK_OK)
        return err;
    char *p = hive->text.at + at;
    memmove(p + n, p + len, hive->text.len - at - len + 1);
    if (n > 0)
        memcpy(p, with, n);
    hive->text.len = hive->text.len - len + n;
    for (size_t i = 0; i < hive->n_keys; i++) {
        struct mmki_hive_key *key = &hive->keys[i];
        if (key->head < at + len) /* its begin is before the place: its body begins there still */
            continue;
        key->head = key->head - len + n;
        key->body = key->body - len + n;
    }
    return MMK_OK;
}

/* Behind the last line of a key that says something. */
static size_t content_end(const struct mmki_hive *hive, const struct mmki_hive_key *key)
{
    const char *stop = hive->text.at + key_end(hive, (size_t)(key - hive->keys));
    const char *end = hive->text.at + key->body;
    for (const char *p = end, *next; p < stop; p = next) {
        next = next_item(p, stop);
        if (!is_blank(p, next))
            end = next;
    }
    return (size_t)(end - hive->text.at);
}

static mmk_err put_head(struct mmki_reg_bytes *out, const char *path)
{
    struct mmki_reg_bytes units = {0};
    struct timespec now;
    char tail[80];
    size_t len = 0;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t seconds = (uint64_t)now.tv_sec;
    snprintf(
        tail, sizeof tail, "] %llu\n#time=%llx\n", (unsigned long long)seconds,
        (unsigned long long)(EPOCH_100NS + seconds * 10000000u + (uint64_t)now.tv_nsec / 100u));
    mmk_err err = mmki_reg_reserve(&units, strlen(path) * 2 + 2);
    if (err == MMK_OK)
        err = mmk_utf16_from_wtf8(path, strlen(path), units.at, units.cap, &len);
    if (err == MMK_OK)
        err = mmki_reg_append(out, "\n[", 2);
    if (err == MMK_OK)
        err = mmki_hive_escape((const uint8_t *)units.at, len / 2, "[]", out);
    if (err == MMK_OK)
        err = mmki_reg_append(out, tail, strlen(tail));
    mmki_reg_free(&units);
    return err;
}

mmk_err mmki_hive_create(struct mmki_hive *hive, const char *path)
{
    struct mmki_reg_bytes head = {0};
    mmk_err err = put_head(&head, path);
    if (err == MMK_OK)
        err = room_for_key(hive);
    char *name = err == MMK_OK ? strdup(path) : NULL;
    if (err == MMK_OK && name == NULL)
        err = MMK_ERR_NOMEM;
    const size_t at = hive->text.len;
    if (err == MMK_OK)
        err = edit(hive, at, 0, head.at, head.len);
    if (err == MMK_OK)
        hive->keys[hive->n_keys++] = (struct mmki_hive_key){name, at + 1, hive->text.len, false};
    else
        free(name);
    if (err == MMK_OK) /* its header ends with the first line end, "#time" is of the body */
        hive->keys[hive->n_keys - 1].body =
            (size_t)(next_line(hive->text.at + at + 1, text_end(hive)) - hive->text.at);
    mmki_reg_free(&head);
    return err;
}

/* Parents that have no section of their own exist by their subkeys; one that loses its last gets
 * its own. */
static mmk_err keep_parent(struct mmki_hive *hive, const char *path)
{
    const char *last = strrchr(path, '\\');
    char parent[PATH_BYTES];
    if (last == NULL)
        return MMK_OK;
    snprintf(parent, sizeof parent, "%.*s", (int)(last - path), path);
    return mmki_hive_has_key(hive, parent) ? MMK_OK : mmki_hive_create(hive, parent);
}

mmk_err mmki_hive_delete(struct mmki_hive *hive, const char *path)
{
    struct mmki_hive_key *key = find_key(hive, path);
    if (has_below(hive, path))
        return MMK_ERR_STATE;
    if (key == NULL)
        return MMK_ERR_NOT_FOUND;
    const size_t index = (size_t)(key - hive->keys);
    const size_t end = content_end(hive, key);
    const size_t begin = key->head >= 2 && hive->text.at[key->head - 1] == '\n' &&
                                 hive->text.at[key->head - 2] == '\n'
                             ? key->head - 1
                             : key->head;
    char *name = key->name;
    memmove(key, key + 1, (hive->n_keys - index - 1) * sizeof *key);
    hive->n_keys--;
    mmk_err err = edit(hive, begin, end - begin, NULL, 0);
    if (err == MMK_OK)
        err = keep_parent(hive, name);
    free(name);
    return err;
}

mmk_err mmki_hive_subkey(const struct mmki_hive *hive, const char *path, uint32_t index, char *name,
                         size_t cap)
{
    const size_t len = strlen(path);
    const size_t skip = len > 0 ? len + 1 : 0;
    uint32_t n = 0;
    for (size_t i = 0; i < hive->n_keys; i++) {
        const char *child = hive->keys[i].name;
        if (!is_below(child, path, len))
            continue;
        child += skip;
        const size_t child_len = strcspn(child, "\\");
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            const char *other = hive->keys[k].name;
            if (!is_below(other, path, len))
                continue;
            other += skip;
            seen = strcspn(other, "\\") == child_len &&
                   mmk_name_compare_n(other, child_len, child, child_len) == 0;
        }
        if (seen || n++ != index)
            continue;
        if (child_len >= cap)
            return MMK_ERR_MORE;
        memcpy(name, child, child_len);
        name[child_len] = 0;
        return MMK_OK;
    }
    return MMK_ERR_NOT_FOUND;
}

/* ------------------------------------------------------------------ values */

struct value {
    const char *begin, *data, *next; /* its lines, what stands behind the =, the line after it */
};

/* The value that an item is, and its name. false: it is none */
static bool parse_value(const char *p, const char *next, struct mmki_reg_bytes *units,
                        struct value *value)
{
    const char *end = p;
    units->len = 0;
    if (*p == '"') {
        if (!mmki_hive_unescape(p + 1, next, '"', units, &end))
            return false;
    } else if (*p != '@') {
        return false;
    }
    end++;
    if (end >= next || *end != '=')
        return false;
    *value = (struct value){p, end + 1, next};
    return true;
}

/* @param n  out: how many values there are, if none is the one */
static bool find_value(const struct mmki_hive *hive, const struct mmki_hive_key *key,
                       const char *name, uint32_t index, char **found, struct value *value)
{
    const char *stop = hive->text.at + key_end(hive, (size_t)(key - hive->keys));
    struct mmki_reg_bytes units = {0};
    uint32_t n = 0;
    bool good = false;
    for (const char *p = hive->text.at + key->body, *next; p < stop && !good; p = next) {
        next = next_item(p, stop);
        if (!parse_value(p, next, &units, value))
            continue;
        char *text = name_of_units(&units);
        good = text != NULL && (name != NULL ? mmk_name_equal(text, name) : n++ == index);
        if (good && found != NULL)
            *found = text;
        else
            free(text);
    }
    mmki_reg_free(&units);
    return good;
}

static const char *trimmed(const char *p, const char *end)
{
    while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return end;
}

mmk_err mmki_hive_get(const struct mmki_hive *hive, const char *path, const char *name,
                      uint32_t *type, void *data, size_t cap, size_t *len)
{
    const struct mmki_hive_key *key = find_key(hive, path);
    struct mmki_reg_bytes bytes = {0};
    struct value value;
    if (key == NULL || !find_value(hive, key, name, 0, NULL, &value))
        return MMK_ERR_NOT_FOUND;
    mmk_err err = MMK_OK;
    uint32_t found = 0;
    if (!mmki_hive_data(value.data, trimmed(value.data, value.next), &found, &bytes)) {
        mmki_reg_free(&bytes);
        return MMK_ERR_CORRUPT;
    }
    *type = found;
    *len = bytes.len;
    if (bytes.len > cap)
        err = MMK_ERR_MORE;
    else if (bytes.len > 0)
        memcpy(data, bytes.at, bytes.len);
    mmki_reg_free(&bytes);
    return err;
}

static mmk_err put_name(const char *name, struct mmki_reg_bytes *line)
{
    struct mmki_reg_bytes units = {0};
    size_t len = 0;
    if (name[0] == 0)
        return mmki_reg_append(line, "@=", 2);
    mmk_err err = mmki_reg_reserve(&units, strlen(name) * 2 + 2);
    if (err == MMK_OK)
        err = mmk_utf16_from_wtf8(name, strlen(name), units.at, units.cap, &len);
    if (err == MMK_OK)
        err = mmki_reg_append(line, "\"", 1);
    if (err == MMK_OK)
        err = mmki_hive_escape((const uint8_t *)units.at, len / 2, "\"", line);
    if (err == MMK_OK)
        err = mmki_reg_append(line, "\"=", 2);
    mmki_reg_free(&units);
    return err;
}

mmk_err mmki_hive_set(struct mmki_hive *hive, const char *path, const char *name, uint32_t type,
                      const void *data, size_t len)
{
    struct mmki_hive_key *key = find_key(hive, path);
    struct mmki_reg_bytes line = {0};
    struct value value;
    if (key == NULL) { /* so far it was there by its subkeys alone */
        const mmk_err err =
            has_below(hive, path) ? mmki_hive_create(hive, path) : MMK_ERR_NOT_FOUND;
        if (err != MMK_OK)
            return err;
        key = find_key(hive, path);
    }
    const bool there = find_value(hive, key, name, 0, NULL, &value);
    mmk_err err = MMK_OK;
    if (there) /* its name stays as it is written */
        err = mmki_reg_append(&line, value.begin, (size_t)(value.data - value.begin));
    else
        err = put_name(name, &line);
    if (err == MMK_OK)
        err = mmki_hive_put_data(type, data, len, line.len, &line);
    if (err == MMK_OK)
        err = mmki_reg_append(&line, "\n", 1);
    if (err == MMK_OK && there)
        err = edit(hive, (size_t)(value.begin - hive->text.at), (size_t)(value.next - value.begin),
                   line.at, line.len);
    else if (err == MMK_OK)
        err = edit(hive, content_end(hive, key), 0, line.at, line.len);
    mmki_reg_free(&line);
    return err;
}

mmk_err mmki_hive_unset(struct mmki_hive *hive, const char *path, const char *name)
{
    const struct mmki_hive_key *key = find_key(hive, path);
    struct value value;
    if (key == NULL || !find_value(hive, key, name, 0, NULL, &value))
        return MMK_ERR_NOT_FOUND;
    return edit(hive, (size_t)(value.begin - hive->text.at), (size_t)(value.next - value.begin),
                NULL, 0);
}

mmk_err mmki_hive_value(const struct mmki_hive *hive, const char *path, uint32_t index, char *name,
                        size_t cap)
{
    const struct mmki_hive_key *key = find_key(hive, path);
    struct value value;
    char *found = NULL;
    if (key == NULL || !find_value(hive, key, NULL, index, &found, &value))
        return MMK_ERR_NOT_FOUND;
    const size_t len = strlen(found);
    if (len < cap)
        memcpy(name, found, len + 1);
    free(found);
    return len < cap ? MMK_OK : MMK_ERR_MORE;
}

/* ------------------------------------------------------------------ links */

static mmk_err link_target(const struct mmki_hive *hive, const struct mmki_hive_key *key, char *out,
                           size_t cap)
{
    static const char root[] = "\\Registry\\Machine\\";
    uint8_t units[2 * PATH_BYTES / 3];
    char path[PATH_BYTES];
    uint32_t type;
    size_t len;
    mmk_err err =
        mmki_hive_get(hive, key->name, "SymbolicLinkValue", &type, units, sizeof units, &len);
    if (err == MMK_OK)
        err = mmk_wtf8_from_utf16(units, len / 2, path, sizeof path, NULL);
    if (err != MMK_OK || strlen(path) < sizeof root ||
        mmk_name_compare_n(path, sizeof root - 1, root, sizeof root - 1) != 0)
        return MMK_ERR_UNSUPPORTED; /* it leads out of this hive */
    return mmki_format(out, cap, "%s", path + sizeof root - 1) ? MMK_OK : MMK_ERR_TOO_LONG;
}

/* @return whether a link stood on the way, or why it could not be followed */
static mmk_err follow(const struct mmki_hive *hive, const char *path, char *out, size_t cap,
                      bool *followed)
{
    char target[PATH_BYTES];
    *followed = false;
    for (size_t i = 0; i < hive->n_keys; i++) {
        const struct mmki_hive_key *key = &hive->keys[i];
        const size_t len = key->is_link ? strlen(key->name) : 0;
        if (len == 0 || strlen(path) < len || (path[len] != 0 && path[len] != '\\') ||
            mmk_name_compare_n(key->name, len, path, len) != 0)
            continue;
        const mmk_err err = link_target(hive, key, target, sizeof target);
        if (err != MMK_OK)
            return err;
        *followed = true;
        return mmki_format(out, cap, "%s%s", target, path + len) ? MMK_OK : MMK_ERR_TOO_LONG;
    }
    return MMK_OK;
}

mmk_err mmki_hive_resolve(const struct mmki_hive *hive, const char *path, char *out, size_t cap)
{
    char from[PATH_BYTES];
    bool followed = true;
    if (!mmki_format(out, cap, "%s", path))
        return MMK_ERR_TOO_LONG;
    for (int i = 0; followed; i++) {
        if (i == LINKS_MAX)
            return MMK_ERR_IO;
        if (!mmki_format(from, sizeof from, "%s", out))
            return MMK_ERR_TOO_LONG;
        const mmk_err err = follow(hive, from, out, cap, &followed);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}
