/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_PRINT_H
#define MMECTL_PRINT_H

/** printf() for UTF-8 text, whatever the host's console thinks UTF-8 is. */

#include <stdio.h>

#if defined(__GNUC__) && defined(_WIN32)
#define PRINTF_LIKE(fmt, first) __attribute__((format(gnu_printf, fmt, first)))
#elif defined(__GNUC__)
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define PRINTF_LIKE(fmt, first)
#endif

void print(const char *fmt, ...) PRINTF_LIKE(1, 2);
void print_to(FILE *stream, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
