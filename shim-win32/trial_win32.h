/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TRIAL_WIN32_H
#define MMK_TRIAL_WIN32_H

#include <stddef.h>
#include <stdint.h>

#include <mmk/port.h>

/** mmk_platform_ops.try_installed: rundll32 of that width runs the module's entry `Trial`. */
mmk_err mmki_win32_try_installed(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                 uint32_t timeout_ms, char *reason, size_t cap);

#endif
