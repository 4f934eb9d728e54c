/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TESTS_DSP_CHECK_DSP_H
#define MMK_TESTS_DSP_CHECK_DSP_H

#include <mmk/dsp.h>

/** Whether this CPU can run the table that a feature bit (MMK_CPU_*) selects. */
bool check_dsp_runs_here(uint32_t feature);

/** Run the check over tables broken in one way each. @return exit code: 0 if every one was caught
 */
int check_dsp_self_test(const char *(*check)(const struct mmk_dsp *));

#endif
