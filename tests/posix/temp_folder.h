/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEMP_FOLDER_H
#define MMK_TEMP_FOLDER_H

/** A folder of a test's own, removed at its end: in the working folder of the test run, or, for
 * tests that become another user, where everybody may go (a checkout below root's own folder is out
 * of their reach). */

#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int temp_folder_remove_one(const char *path, const struct stat *st, int type,
                                         struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/** @param folder  at least 4096 bytes: absolute, without a slash at the end */
static inline void temp_folder_make_in(char *folder, const char *where, const char *name)
{
    snprintf(folder, 4096, "%.3000s/tmp-%s-XXXXXX", where, name);
    if (mkdtemp(folder) == NULL)
        abort();
}

static inline void temp_folder_make(char *folder, const char *name)
{
    char cwd[3000];
    if (getcwd(cwd, sizeof cwd) == NULL)
        abort();
    temp_folder_make_in(folder, cwd, name);
}

static inline void temp_folder_remove(const char *folder)
{
    if (strstr(folder, "/tmp-") != NULL)
        nftw(folder, temp_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
