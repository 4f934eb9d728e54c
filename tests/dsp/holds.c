/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dsp/holds.h"

#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>

void holds_failed(const char *file, int line, const char *condition, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cr_assert_fail("%s:%d: %s: %s", file, line, condition, text);
}
