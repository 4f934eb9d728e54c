/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_FAULTS_H
#define MMK_FAULTS_H

/**
 * File calls of this program, counted, and failing or killing it where a test asks for it.
 *
 * Linked into a test, it stands in for the C library's open, openat, write, fsync, fdatasync,
 * rename, renameat, unlink, unlinkat, mkdir, fchmod and flock. Only calls made while it is armed
 * count.
 */

#include <stdbool.h>
#include <stddef.h>

enum fault_kind {
    FAULT_FAIL, /* the call answers `number` and does nothing; a write fails after half of its bytes
                 */
    FAULT_KILL_BEFORE,
    FAULT_KILL_AFTER,
    FAULT_HOOK /* `hook` runs, disarmed, before the call */
};

struct fault_plan {
    enum fault_kind kind;
    int number;       /* errno */
    int at;           /* the call that it happens at, from 0; -1: none */
    bool for_ever;    /* and at every later one */
    const char *only; /* name of the only function that counts, or NULL */
    void (*hook)(void *arg);
    void *arg;
};

/** Begin to count. */
void faults_arm(const struct fault_plan *plan);
/** Stop. @return how many calls there were */
int faults_disarm(void);

/** Since the last arming. */
extern int faults_writes;         /* write calls */
extern size_t faults_write_bytes; /* and their bytes */
extern int faults_fsyncs;         /* fsync and fdatasync calls */
extern int faults_opens;

#endif
