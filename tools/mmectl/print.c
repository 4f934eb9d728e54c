/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "print.h"

#include <stdarg.h>
#include <stdlib.h>

#include "host.h"

static void print_list(FILE *stream, const char *fmt, va_list ap)
{
    char line[1024];
    va_list again;
    va_copy(again, ap);
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
    int n = vsnprintf(line, sizeof line, fmt, ap);
    size_t cap = n < 0 ? 0 : (size_t)n + 1;
    char *text = cap > sizeof line ? malloc(cap) : line;
    if (text && text != line)
        vsnprintf(text, cap, fmt, again);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
    va_end(again);
    if (n > 0)
        host_write(stream, text ? text : line); /* without memory: what fits */
    if (text != line)
        free(text);
}

void print(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print_list(stdout, fmt, ap);
    va_end(ap);
}

void print_to(FILE *stream, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print_list(stream, fmt, ap);
    va_end(ap);
}
