/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_MODULE_CASES_H
#define MMK_TEST_MODULE_CASES_H

/** What shim-win32 says of PE files: real, made, damaged, planted. */

#include "contract/platform_cases.h"

extern const struct platform_case module_cases[];
extern const size_t n_module_cases;

/** Run one case with a file name of its own in the folder for temporary files. */
const char *module_case_run(const struct platform_case *c, struct mmk_platform *platform);

#endif
