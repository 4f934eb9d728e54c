/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DRIVER_DOUBLE_H
#define MMK_DRIVER_DOUBLE_H

/** A driver module for tests of mini-winmm: answers as it was told and remembers what it was asked.
 */

#include <stdbool.h>
#include <stdint.h>

#include <mmk/posix.h>

struct driver_double {
    /* answers */
    intptr_t load_answer; /* 1 */
    bool refuse_open;     /* DRV_OPEN answers 0 */
    bool refuse_real;     /* ... but only with lParam2 != 0 */
    uint32_t init_answer;
    uint32_t n_out, n_in, n_aux, n_mixer;
    bool prepares;        /* PREPARE is handled here; else NOTSUPPORTED */
    uint32_t open_answer; /* WODM_OPEN */
    uint32_t bad_device; /* WODM_OPEN answers WAVERR_BADFORMAT for this device; UINT32_MAX = none */
    uint32_t close_answer;

    /* what came last */
    char options[64]; /* DRV_OPEN's text; "(null)" */
    intptr_t open_lparam2;
    intptr_t close_lparam1;
    uint32_t device;
    uintptr_t user; /* dwUser of the last device message */
    uint32_t open_flags;
    struct mmk_waveopendesc desc;
    uintptr_t p1, p2;
    unsigned submitted;
};

extern struct driver_double driver_double;

/** The usual answers: loads, one device of each kind, nothing prepared by itself. */
void driver_double_reset(void);

/** The double as a built-in module named "double.drv", and a second of the same code, "other.drv".
 */
extern const struct mmk_posix_module driver_double_modules[2];

#endif
