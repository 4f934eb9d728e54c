/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DEVICE_CASES_H
#define MMK_DEVICE_CASES_H

/**
 * The contract suite of the devices seam: what every backend must keep, run against each of them.
 *
 * Plain C: a case answers NULL, or says what was broken. It needs fake_engine.c in the same
 * program. One case takes well below a second.
 */

#include <stdbool.h>
#include <stddef.h>

#include <mmk/port.h>

/** What a backend is tried with. */
struct device_env {
    struct mmk_devices *devices;
    struct mmk_platform *platform;
    struct mmk_device_config config; /* works; rate, period and clock are chosen here */
    struct mmk_device_config
        absent; /* names a device that is not there; backend "" = this backend always has one */
    bool exact_clock; /* real clock: keeps time by itself, to a few milliseconds */
};

struct device_case {
    const char *name;
    const char *(*run)(const struct device_env *env);
};

extern const struct device_case device_cases[];
extern const size_t n_device_cases;

#endif
