/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_INSTALL_SCENARIOS_H
#define MMK_TEST_INSTALL_SCENARIOS_H

/** What people do with an installer, each as one act on a prepared world. Used by the sweeps. */

#include "install/install_world.h"

struct scenario {
    const char *name;
    void (*setup)(struct model *m);
    uint32_t (*act)(struct model *m, struct mmk_install_report *report);
    uint32_t answer;     /* DRVCNF_* that act gives undisturbed */
    bool several_writes; /* without a journal it can be seen half done */
    bool same_session;   /* the setup's own transactions may still be forgotten too */
};

extern const struct scenario scenarios[];
extern const size_t n_scenarios;

#endif
