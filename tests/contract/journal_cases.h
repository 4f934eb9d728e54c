/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_JOURNAL_CASES_H
#define MMK_JOURNAL_CASES_H

/**
 * The contract suite of the journal seam: what every backend must keep, run against each of them.
 *
 * Plain C: a case answers NULL, or says what was broken. Each case begins with an empty place (no
 * journal, no status); journal_case_run() sees to that. One case takes well below a second.
 */

#include <stdbool.h>
#include <stddef.h>

#include <mmk/port.h>

/** A backend that is tried. */
struct journal_env {
    /** Open one more journal of the same place, as another program would have it. NULL if it
     * failed. */
    struct mmk_journal *(*open)(struct journal_env *env);
    void (*close)(struct journal_env *env, struct mmk_journal *journal);
    /** Take away all that the cases have left. @return false if it failed */
    bool (*clear)(struct journal_env *env);
    void *user;
};

struct journal_case {
    const char *name;
    /** Two journals of one place; neither is locked, and none need be at the end. */
    const char *(*run)(struct mmk_journal *a, struct mmk_journal *b);
};

extern const struct journal_case journal_cases[];
extern const size_t n_journal_cases;

/** Run one case in an empty place. */
const char *journal_case_run(const struct journal_case *c, struct journal_env *env);

#endif
