/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_PLATFORM_H
#define MMK_TEST_PLATFORM_H

/**
 * A platform seam for tests, on pthreads: real locks, events and threads, and eyes on every call.
 *
 *     struct test_platform *tp = test_platform_create(TEST_PLATFORM_VIRTUAL_CLOCK);
 *     struct mmk_platform *platform = test_platform_seam(tp);
 *     ... hand `platform` to the code under test ...
 *     cr_assert_eq(test_platform_destroy(tp), 0);     // 0 = nothing leaked, no rule broken
 *
 * Add "../support/test_platform.c" to the SOURCES of mmk_test(). No include order is needed.
 *
 * What it watches (each mistake prints one line to stderr and counts as a fault; those that would
 * hang abort):
 *  - memory, mutexes, events and threads that were not given back when it is destroyed
 *  - double free, free of foreign memory, bytes written up to 64 past the end of a block
 *  - a mutex locked again by its holder (aborts), unlocked by another, destroyed while held
 *  - anything but now_ns, thread_id and cpu_features called between test_platform_audio_enter() and
 * _leave()
 *  - thread_join by the thread itself (aborts)
 *
 * Clocks. Real: CLOCK_MONOTONIC. Virtual: starts at 1 s, moves only by test_platform_advance() and
 * sleep_ns(), which returns at once; event_wait() with a time-out ends when the virtual clock has
 * passed it. Without threads (TEST_PLATFORM_NO_THREADS: thread_start answers NULL) an event_wait()
 * that nobody can end moves the virtual clock to its time-out itself, or aborts if it would wait
 * for ever.
 *
 * All functions may be called from any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/port.h>

enum {
    TEST_PLATFORM_VIRTUAL_CLOCK = 1u << 0,
    TEST_PLATFORM_NO_THREADS = 1u << 1,
    TEST_PLATFORM_LOG = 1u << 2 /* log lines go to stderr too */
};

struct test_platform;

/** Never NULL (aborts when the C library has no memory). */
struct test_platform *test_platform_create(uint32_t flags);

/** Faults seen so far plus everything not given back, each printed. 0 = clean. The seam is dead
 * afterwards. */
unsigned test_platform_destroy(struct test_platform *tp);

struct mmk_platform *test_platform_seam(struct test_platform *tp);

/** Move the virtual clock and wake the waiters whose time has come. */
void test_platform_advance(struct test_platform *tp, uint64_t ns);
/** Set the virtual clock, never backwards (for starts near a wrap). */
void test_platform_set_now(struct test_platform *tp, uint64_t now_ns);

/** The n-th alloc from now (0 = the next) answers NULL, once; UINT64_MAX: none does. */
void test_platform_fail_alloc(struct test_platform *tp, uint64_t n);
/** The n-th mutex_create, event_create or thread_start from now answers NULL, once. */
void test_platform_fail_create(struct test_platform *tp, uint64_t n);

/** Blocks allocated and not freed now; allocations made since the start; bytes out now. */
size_t test_platform_blocks_out(struct test_platform *tp);
uint64_t test_platform_allocs(struct test_platform *tp);
size_t test_platform_bytes_out(struct test_platform *tp);
unsigned test_platform_faults(struct test_platform *tp);

/** Mutexes of any test platform that the calling thread holds now: callbacks assert 0. */
unsigned test_platform_locks_held(void);

/** The calling thread is in `audio` context until leave (they nest). */
void test_platform_audio_enter(void);
void test_platform_audio_leave(void);

/** What cpu_features answers (0 at first: the C reference kernels). */
void test_platform_set_cpu(struct test_platform *tp, uint32_t features);
/** What program answers ("test_program", 4242 at first). */
void test_platform_set_program(struct test_platform *tp, const char *name, uint32_t pid);
/** What env answers; value NULL removes. At most 16 variables. */
void test_platform_set_env(struct test_platform *tp, const char *name, const char *value);
/** A module that inspect_module finds (by `file`, in `view`) with this answer, and what
 * try_load_module answers for it (reason may be NULL). Other files: MMK_ERR_NOT_FOUND. At most 32
 * entries; a repeat replaces. */
void test_platform_set_module(struct test_platform *tp, const char *file, mmk_reg_view view,
                              const struct mmk_module_info *info, mmk_err inspect, mmk_err load,
                              const char *reason);

/** Lines logged at that level since the start, and a copy of the last one of any level. */
unsigned test_platform_log_count(struct test_platform *tp, mmk_log_level level);
void test_platform_log_last(struct test_platform *tp, char *text, size_t cap);

#endif
