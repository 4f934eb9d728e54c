/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TESTS_DSP_HOLDS_H
#define MMK_TESTS_DSP_HOLDS_H

/**
 * An assertion for loops over samples. Criterion's own sends every success to its parent process
 * (under --full-stats, as CTest runs it), which takes minutes for a million of them; this one
 * speaks only when it fails. HOLDS_MSG takes a printf format and its arguments too.
 */
#define HOLDS(condition) HOLDS_MSG(condition, "%s", "")
#define HOLDS_MSG(condition, ...)                                      \
    do {                                                               \
        if (!(condition))                                              \
            holds_failed(__FILE__, __LINE__, #condition, __VA_ARGS__); \
    } while (0)

/** Fails the running test. */
__attribute__((format(printf, 4, 5))) void
holds_failed(const char *file, int line, const char *condition, const char *format, ...);

#endif
