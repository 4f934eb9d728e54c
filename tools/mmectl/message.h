/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_MESSAGE_H
#define MMECTL_MESSAGE_H

/** One driver is opened, gets one message and is closed; what it did and said is kept for the
 *  report. install, remove, repair and config speak with drivers in no other way. */

#include "mmectl.h"

#define CONVERSATION_MAX 32

struct said {
    char file[64];
    char name[48];
    intptr_t answer;
};

struct planned {
    char *action, *target, *before, *after;
};

struct conversation {
    struct mmectl *m;
    const char *file;                   /* module: "mmewave.drv", or a path */
    const char *name;                   /* for people */
    bool ours;                          /* it knows MMK_DRVM_ATTACH */
    struct mmk_install_request request; /* what the message alone cannot say; flags come from the
                                           command line as well */
    /* results */
    intptr_t answer;
    struct mmk_install_report report; /* of ours */
    struct said messages[CONVERSATION_MAX];
    size_t n_messages;
    mmk_install_state states[CONVERSATION_MAX];
    size_t n_states;
    struct planned *steps;
    size_t n_steps;
};

/**
 * Open, send, close; adds the report to the JSON document.
 * @param msg  MMK_DRV_INSTALL, MMK_DRV_REMOVE or MMK_DRV_CONFIGURE
 * @return the answer as an outcome; a failure of a driver of ours has been told by fail()
 */
enum outcome converse(struct conversation *c, uint32_t msg);

/** Check names and values against the driver's table before any message is sent. */
enum outcome settings_check(struct mmectl *m, const struct mmk_product *product,
                            const struct mmk_assignment *assignments, size_t n_assignments);

#endif
