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
    const char *path;                   /* the user named this file; or NULL */
    bool ours;                          /* it knows MMK_DRVM_ATTACH */
    struct mmk_install_request request; /* what the message alone cannot say; flags come from the
                                           command line as well */
    /* results */
    intptr_t answer;
    struct host_sources sources;      /* behind request.source_file */
    struct mmk_install_report report; /* of ours */
    struct said messages[CONVERSATION_MAX];
    size_t n_messages;
    mmk_install_state states[CONVERSATION_MAX];
    size_t n_states;
    struct planned *steps;
    size_t n_steps;
};

/** Ask the engine itself, for a product that cannot speak with it: c->request, and the flags of the
 *  command line. Fills answer, report, states and plan; a failure has been told by fail(). */
enum outcome ask_engine(struct conversation *c, const struct mmk_product *product);

/** Open, send one message, close; nothing else. c->answer is what came.
 *  @param removing  as in host_driver_open
 *  @return OUTCOME_OK; OUTCOME_FAILED: it does not open, `why` says more, nothing was told */
enum outcome send_bare(struct conversation *c, uint32_t msg, bool removing, const char *alias,
                       char *why, size_t cap);

/** Where the host's registry saves itself late: wait for it, unless --no-wait was given. */
void wait_saved(struct conversation *c);

/** The report's members of the JSON document. */
void conversation_json(const struct conversation *c);
void conversation_free(struct conversation *c);

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
