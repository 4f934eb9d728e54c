/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A Wine prefix: found, looked at, kept from Wine, and its modules. The port over it is made in
 * port_posix.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mmk/posix.h>
#include <mmk/text.h>

#include "prefix_internal.h"
#include "registry_file_folder.h"

#define RELOCK_MS   20000u /* a wineserver stays for three seconds behind its last program */
#define PATIENCE_MS 4000u

/* ------------------------------------------------------------------ opening */

mmk_err mmk_posix_default_prefix(char *path, size_t cap)
{
    const char *prefix = getenv("WINEPREFIX");
    const char *home = getenv("HOME");
    if (prefix != NULL && prefix[0] != 0)
        return mmki_format(path, cap, "%s", prefix) ? MMK_OK : MMK_ERR_MORE;
    if (home == NULL || home[0] == 0)
        return MMK_ERR_NOT_FOUND;
    return mmki_format(path, cap, "%s/.wine", home) ? MMK_OK : MMK_ERR_MORE;
}

static mmk_err look_at(struct mmki_prefix *prefix, const char *path, char *why, size_t cap)
{
    struct stat st;
    char file[MMKI_PATH_MAX];
    char *real = realpath(path, NULL);
    const bool fits = real != NULL && mmki_format(prefix->root, sizeof prefix->root, "%s", real);
    free(real);
    if (!fits || stat(prefix->root, &st) != 0 || !S_ISDIR(st.st_mode)) {
        (void)mmki_format(why, cap,
                          "there is no Wine prefix %s; make one: WINEPREFIX=%s wineboot -i", path,
                          path);
        return MMK_ERR_NOT_FOUND;
    }
    if (!mmki_format(file, sizeof file, "%s/system.reg", prefix->root) || access(file, F_OK) != 0) {
        (void)mmki_format(why, cap,
                          "%s is no Wine prefix: it has no system.reg; make one: WINEPREFIX=%s "
                          "wineboot -i",
                          path, path);
        return MMK_ERR_NOT_FOUND;
    }
    if (st.st_uid != geteuid()) {
        (void)mmki_format(why, cap,
                          "the prefix %s belongs to another user, so Wine would not use it for you "
                          "either; run this as its owner",
                          path);
        return MMK_ERR_ACCESS;
    }
    if (access(prefix->root, W_OK) != 0 || access(file, W_OK) != 0) {
        (void)mmki_format(why, cap, "the prefix %s may not be written", path);
        return MMK_ERR_ACCESS;
    }
    return MMK_OK;
}

static mmk_err look_inside(struct mmki_prefix *prefix, const char *path, char *why, size_t cap)
{
    char folder[MMKI_PATH_MAX];
    mmk_err err = mmki_prefix_registry_init(&prefix->registry, prefix->root);
    if (err != MMK_OK) {
        (void)mmki_format(why, cap, "the registry of the prefix cannot be read: %s",
                          prefix->registry.error);
        return err;
    }
    prefix->is_win32 = !prefix->registry.base.has_view_32;
    if (mmki_prefix_path(prefix->root, "C:\\windows\\system32", folder, sizeof folder) != MMK_OK ||
        access(folder, W_OK) != 0) {
        (void)mmki_format(why, cap,
                          "%s is no complete Wine prefix: its C:\\windows\\system32 is not "
                          "there, or may not be written",
                          path);
        return MMK_ERR_NOT_FOUND;
    }
    return MMK_OK;
}

/* What one of us that was killed left half written beside a file. Nobody else writes here now. */
static void drop_leftovers(const struct mmki_prefix *prefix)
{
    static const char *const files[] = {"C:\\windows\\system.ini", "C:\\windows\\control.ini"};
    char path[MMKI_PATH_MAX], temp[MMKI_PATH_MAX];
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        if (mmki_format(temp, sizeof temp, "%s%s", prefix->registry.hive[root].path,
                        MMKI_REG_TEMP_SUFFIX))
            (void)unlink(temp);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (mmki_prefix_path(prefix->root, files[i], path, sizeof path) == MMK_OK &&
            mmki_format(temp, sizeof temp, "%s%s", path, MMKI_REG_TEMP_SUFFIX))
            (void)unlink(temp);
}

mmk_err mmki_prefix_open(struct mmki_prefix *prefix, const char *path, char *why, size_t cap)
{
    mmk_err err = look_at(prefix, path, why, cap);
    if (err != MMK_OK)
        return err;
    err = mmki_prefix_server_relock(&prefix->server, prefix->root, PATIENCE_MS);
    if (err == MMK_ERR_LOCKED)
        (void)mmki_format(why, cap,
                          "programs of the prefix %s are running, and keep its registry in memory; "
                          "end them (WINEPREFIX=%s wineserver -k), or run mmectl.exe in it",
                          path, path);
    else if (err != MMK_OK)
        (void)mmki_format(why, cap, "Wine cannot be kept out of the prefix %s: %s", path,
                          mmk_err_text(err));
    prefix->registry.server = &prefix->server;
    if (err == MMK_OK)
        err = look_inside(prefix, path, why, cap);
    if (err == MMK_OK)
        drop_leftovers(prefix);
    return err;
}

void mmki_prefix_close(struct mmki_prefix *prefix)
{
    mmki_prefix_registry_fini(&prefix->registry);
    mmki_prefix_server_unlock(&prefix->server);
}

/* Where Wine's mmectl.exe has it: journals are shared with it. */
mmk_err mmki_prefix_journal_path(const struct mmki_prefix *prefix, char *path, size_t cap)
{
    char folder[MMKI_PATH_MAX];
    const mmk_err err = mmki_prefix_path(prefix->root, "C:\\ProgramData", folder, sizeof folder);
    if (err != MMK_OK)
        return err;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return mmki_err_from_errno(errno);
    return mmki_format(path, cap, "%s/mmekit/", folder) ? MMK_OK : MMK_ERR_TOO_LONG;
}

/* ------------------------------------------------------------------ modules */

static bool has_folder(const char *file)
{
    return strpbrk(file, "/\\:") != NULL;
}

mmk_err mmki_prefix_inspect(struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                            struct mmk_module_info *info)
{
    struct mmk_module_info found;
    char name[MMKI_PATH_MAX], path[MMKI_PATH_MAX];
    struct stat st;
    memset(&found, 0, sizeof found);
    if (file == NULL || file[0] == 0)
        return MMK_ERR_INVAL;
    const bool whole =
        has_folder(file)
            ? mmki_format(name, sizeof name, "%s", file)
            : mmki_format(name, sizeof name, "C:\\windows\\%s\\%s",
                          view == MMK_VIEW_32 && !prefix->is_win32 ? "syswow64" : "system32", file);
    if (!whole || !mmki_format(found.path, sizeof found.path, "%s", name))
        return MMK_ERR_TOO_LONG;
    mmk_err err = mmki_prefix_path(prefix->root, name, path, sizeof path);
    if (err != MMK_OK)
        return err;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return MMK_ERR_NOT_FOUND;
    err = mmki_module_read(path, &found);
    if (err != MMK_OK)
        return err;
    const uint8_t wanted = view == MMK_VIEW_32 || prefix->is_win32 ? 32 : 64;
    *info = found;
    return found.pointer_bits == wanted ? MMK_OK : MMK_ERR_BITNESS;
}

/* ------------------------------------------------------------------ trying */

mmk_err mmki_prefix_try_installed(struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                                  uint32_t timeout_ms, char *reason, size_t cap)
{
    mmki_prefix_server_unlock(&prefix->server);
    mmk_err err = mmki_prefix_try(prefix, file, view, timeout_ms, reason, cap);
    const mmk_err locked = mmki_prefix_server_relock(&prefix->server, prefix->root, RELOCK_MS);
    mmki_prefix_registry_forget(&prefix->registry); /* Wine has written it anew */
    if (locked != MMK_OK) {
        (void)mmki_format(reason, cap, "programs have been started in the prefix meanwhile");
        err = locked;
    }
    return err;
}
