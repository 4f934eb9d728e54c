/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mmk/text.h>

#include "prefix_internal.h"

/* Files of a prefix under the names that Windows programs use for them: journals and records are
 * shared with mmectl.exe, which has no others. */

/* The entry of a folder by that name, in whatever case. */
static bool find_entry(const char *folder, const char *name, size_t len, char *found, size_t cap)
{
    DIR *dir = opendir(folder);
    bool there = false;
    if (dir == NULL)
        return false;
    for (const struct dirent *e = readdir(dir); e != NULL && !there; e = readdir(dir))
        there = strlen(e->d_name) >= 1 && mmk_wtf8_valid(e->d_name, strlen(e->d_name)) &&
                mmk_name_compare_n(e->d_name, strlen(e->d_name), name, len) == 0 &&
                mmki_format(found, cap, "%s", e->d_name);
    (void)closedir(dir);
    return there;
}

static bool is_dots(const char *name, size_t len)
{
    return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

mmk_err mmki_prefix_path(const char *root, const char *path, char *out, size_t cap)
{
    struct stat st;
    if (path == NULL || path[0] == 0)
        return MMK_ERR_INVAL;
    if (path[0] == '/')
        return mmki_format(out, cap, "%s", path) ? MMK_OK : MMK_ERR_TOO_LONG;
    const char drive = (char)(path[0] | 0x20);
    if (drive < 'a' || drive > 'z' || path[1] != ':' || (path[2] != '\\' && path[2] != '/'))
        return MMK_ERR_INVAL;
    if (!mmki_format(out, cap, "%s/dosdevices/%c:", root, drive))
        return MMK_ERR_TOO_LONG;
    if (stat(out, &st) != 0)
        return MMK_ERR_NOT_FOUND;
    for (const char *p = path + 3; *p != 0;) {
        char exact[MMKI_PATH_MAX], found[300];
        const size_t len = strcspn(p, "\\/");
        const bool last = p[len] == 0;
        if (len == 0 || is_dots(p, len))
            return MMK_ERR_INVAL;
        if (!mmki_format(exact, sizeof exact, "%s/%.*s", out, (int)len, p))
            return MMK_ERR_TOO_LONG;
        if (lstat(exact, &st) != 0 && find_entry(out, p, len, found, sizeof found) &&
            !mmki_format(exact, sizeof exact, "%s/%s", out, found))
            return MMK_ERR_TOO_LONG;
        if (!last && stat(exact, &st) != 0)
            return MMK_ERR_NOT_FOUND;
        if (!mmki_format(out, cap, "%s", exact))
            return MMK_ERR_TOO_LONG;
        p += len + !last;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ the seam */

static const char *root_of(struct mmk_files *self)
{
    return ((struct mmki_prefix_files *)(void *)self)->root;
}

static mmk_err files_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->stat(files, host, st) : err;
}

static mmk_err files_hash(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->hash(files, host, st) : err;
}

static mmk_err two_paths(struct mmk_files *self, const char *from, const char *to,
                         char host_from[MMKI_PATH_MAX], char host_to[MMKI_PATH_MAX])
{
    const mmk_err err = mmki_prefix_path(root_of(self), from, host_from, MMKI_PATH_MAX);
    return err == MMK_OK ? mmki_prefix_path(root_of(self), to, host_to, MMKI_PATH_MAX) : err;
}

static mmk_err files_copy(struct mmk_files *self, const char *from, const char *to)
{
    char a[MMKI_PATH_MAX], b[MMKI_PATH_MAX];
    const mmk_err err = two_paths(self, from, to, a, b);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->copy(files, a, b) : err;
}

static mmk_err files_rename(struct mmk_files *self, const char *from, const char *to)
{
    char a[MMKI_PATH_MAX], b[MMKI_PATH_MAX];
    const mmk_err err = two_paths(self, from, to, a, b);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->rename(files, a, b) : err;
}

static mmk_err files_remove(struct mmk_files *self, const char *path)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->remove(files, host) : err;
}

static mmk_err files_remove_later(struct mmk_files *self, const char *path)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->remove_later(files, host) : err;
}

static mmk_err files_ini_set(struct mmk_files *self, const char *path, const char *section,
                             const char *key, const char *value)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->ini_set(files, host, section, key, value) : err;
}

static mmk_err files_ini_get(struct mmk_files *self, const char *path, const char *section,
                             const char *key, char *value, size_t cap)
{
    char host[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(root_of(self), path, host, sizeof host);
    struct mmk_files *files = mmk_posix_files();
    return err == MMK_OK ? files->ops->ini_get(files, host, section, key, value, cap) : err;
}

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

void mmki_prefix_files_init(struct mmki_prefix_files *files, const char *root)
{
    files->base.ops = &ops;
    files->root = root;
}
