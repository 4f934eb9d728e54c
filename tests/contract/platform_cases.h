/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_PLATFORM_CASES_H
#define MMK_PLATFORM_CASES_H

/**
 * The contract suite of the platform seam: what every platform must keep, the test platform
 * included.
 *
 * Plain C: a case answers NULL, or says what was broken. Needs a real clock and threads.
 */

#include <stddef.h>

#include <mmk/port.h>

struct platform_case {
    const char *name;
    const char *(*run)(struct mmk_platform *platform);
};

extern const struct platform_case platform_cases[];
extern const size_t n_platform_cases;

#endif
