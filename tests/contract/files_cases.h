/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_FILES_CASES_H
#define MMK_FILES_CASES_H

/**
 * The contract suite of the files seam: what every backend must keep, run against each of them.
 *
 * Plain C: a case answers NULL, or says what was broken. Each case works in an empty folder of its
 * own. One case takes well below a second.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/port.h>

#define FILES_PATH_MAX 4608u

/** A backend that is tried. Names are of files in the one folder of the cases. */
struct files_env {
    struct mmk_files *files;
    /** The host's absolute path of a name; "" = the folder itself. */
    void (*path)(struct files_env *env, const char *name, char path[FILES_PATH_MAX]);
    /** Make a file with this content. @return false if it failed */
    bool (*write)(struct files_env *env, const char *name, const void *data, size_t len);
    /** Whether a file has exactly this content. */
    bool (*holds)(struct files_env *env, const char *name, const void *data, size_t len);
    /** Empty the folder. @return false if it failed */
    bool (*clear)(struct files_env *env);
    void *user;
};

struct files_case {
    const char *name;
    const char *(*run)(struct files_env *env);
};

extern const struct files_case files_cases[];
extern const size_t n_files_cases;

/** Run one case in an empty folder. */
const char *files_case_run(const struct files_case *c, struct files_env *env);

#endif
