/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_ENGINE_PLAIN_H
#define MMK_TEST_ENGINE_PLAIN_H

/**
 * The little that the thread tests need beside the rig: they are bare programs, for Criterion does
 * not start under a thread sanitizer. Include it first, once, in the file that has main().
 */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_uint n_passed, n_failed;

/** Count a check; a failed one says where. */
static inline void check_at(bool ok, const char *what, const char *file, int line)
{
    if (ok) {
        atomic_fetch_add(&n_passed, 1);
        return;
    }
    if (atomic_fetch_add(&n_failed, 1) < 20)
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
}
#define CHECK(what) check_at((what), #what, __FILE__, __LINE__)

/** Hanging is failing. */
static inline void watchdog(unsigned seconds)
{
    alarm(seconds);
}

static inline void sleep_us(long us)
{
    const struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&ts, NULL);
}

/** A program is one test, however often it looks. */
static inline int finish_plain(void)
{
    const bool ok = atomic_load(&n_failed) == 0 && atomic_load(&n_passed) > 0;
    printf("%u checks held, %u failed\n", atomic_load(&n_passed), atomic_load(&n_failed));
    printf("%d passed, %d failed\n", ok, !ok);
    return ok ? 0 : 1;
}

static inline void *must_alloc(size_t n)
{
    void *mem = calloc(1, n);
    if (mem == NULL)
        abort();
    return mem;
}

#endif
