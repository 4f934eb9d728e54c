/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_DIALOG_MEASURE_H
#define MMK_TEST_DIALOG_MEASURE_H

/** What dialog_host.exe measures. */

#include <windows.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

bool dialog_check(bool condition, const char *format, ...)
    __attribute__((format(gnu_printf, 2, 3)));

/** Every text of every control fits into it, nothing lies outside or over anything else, letters
 * are given once, Tab reaches every field. In the dialog's process: fonts are known only there. */
void dialog_measure(HWND dialog, const char *what);

/** The dialog of an invented driver whose texts are of absurd length. Returns when it is ended. */
void dialog_long(uintptr_t parent);

#endif
