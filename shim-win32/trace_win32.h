/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TRACE_WIN32_H
#define MMK_TRACE_WIN32_H

/**
 * A log line for each message that a driver DLL answers, with %MMEKIT_TRACE% = trace:
 *
 *     mmekit trace: DriverProc DRV_OPEN id=0x0 p1=0x0 p2=0x0 -> 0x10001
 */

#include <stdbool.h>
#include <stdint.h>

#include <mmk/port.h>

/** Whether the environment asks for it; asked once, when the module is first used. */
bool mmki_trace_wanted(struct mmk_platform *platform);

void mmki_trace(struct mmk_platform *platform, const char *function, uint32_t msg, uintptr_t id,
                uintptr_t p1, uintptr_t p2, uintptr_t answer);

#endif
