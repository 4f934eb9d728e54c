/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_ENGINE_QUIET_H
#define MMK_TEST_ENGINE_QUIET_H

/**
 * Assertions that speak only when they fail. Criterion sends a message to its parent process for
 * each one that holds, too slow where samples are compared by the million. A format with its
 * arguments may follow.
 */

#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 4, 5))) static inline void
quiet_failed(const char *file, int line, const char *what, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cr_assert_fail("%s:%d: %s.%s", file, line, what, text);
}

#define check(what, ...)                                              \
    do {                                                              \
        if (!(what))                                                  \
            quiet_failed(__FILE__, __LINE__, #what, " " __VA_ARGS__); \
    } while (0)
#define check_eq(a, b, ...)  check((a) == (b), __VA_ARGS__)
#define check_leq(a, b, ...) check((a) <= (b), __VA_ARGS__)
#define check_geq(a, b, ...) check((a) >= (b), __VA_ARGS__)
#define check_lt(a, b, ...)  check((a) < (b), __VA_ARGS__)
#define check_gt(a, b, ...)  check((a) > (b), __VA_ARGS__)

#endif
