/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_REGISTRY_CASES_H
#define MMK_REGISTRY_CASES_H

/**
 * The contract suite of the registry seam: what every backend must keep, run against each of them.
 *
 * Plain C: a case answers NULL, or says what was broken. Cases work below HKLM\Software and
 * HKCU\Software, in a key of their own, which registry_case_run() makes before and removes after
 * each of them; so they may run in a registry that is in use. One case takes well below a second.
 */

#include <stdbool.h>
#include <stddef.h>

#include <mmk/port.h>

/** A backend that is tried. */
struct registry_env {
    /** The registry; reopen changes it. */
    struct mmk_registry *registry;
    /** As if the program had ended and started again: what was not flushed is gone where the
     * backend buffers. NULL: cannot be done here. @return false if it failed */
    bool (*reopen)(struct registry_env *env);
    /** discard forgets what was not flushed. */
    bool buffers;
    /** reopen also ends the session, so volatile keys are gone. */
    bool ends_session;
    /** flush answers MMK_OK, not MMK_ERR_PENDING. */
    bool durable;
    void *user;
};

struct registry_case {
    const char *name;
    const char *(*run)(struct registry_env *env);
};

extern const struct registry_case registry_cases[];
extern const size_t n_registry_cases;

/** Run one case in a clean key. */
const char *registry_case_run(const struct registry_case *c, struct registry_env *env);

/** Remove a key and all below it; that it is not there is fine. @return false if it failed */
bool registry_remove_tree(struct mmk_registry *registry, mmk_reg_root root, mmk_reg_view view,
                          const char *path);

#endif
