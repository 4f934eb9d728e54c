/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_POSIX_PTHREAD_H
#define MMK_TEST_POSIX_PTHREAD_H

/**
 * As much of pthreads as the tests need, on Windows: threads, mutexes, reader-writer locks,
 * barriers, and conditions whose deadline counts by the monotonic clock, which winpthreads' own
 * cannot.
 */

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0600
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef SRWLOCK pthread_mutex_t;
typedef CONDITION_VARIABLE pthread_cond_t;
typedef int pthread_condattr_t;

#define PTHREAD_MUTEX_INITIALIZER SRWLOCK_INIT

static inline int pthread_mutex_init(pthread_mutex_t *mutex, const void *attr)
{
    (void)attr;
    InitializeSRWLock(mutex);
    return 0;
}

static inline int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    (void)mutex;
    return 0;
}

static inline int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    AcquireSRWLockExclusive(mutex);
    return 0;
}

static inline int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    ReleaseSRWLockExclusive(mutex);
    return 0;
}

static inline int pthread_condattr_init(pthread_condattr_t *attr)
{
    *attr = 0;
    return 0;
}

static inline int pthread_condattr_setclock(pthread_condattr_t *attr, int clock)
{
    *attr = clock; /* always the monotonic one */
    return 0;
}

static inline int pthread_condattr_destroy(pthread_condattr_t *attr)
{
    (void)attr;
    return 0;
}

static inline int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
    (void)attr;
    InitializeConditionVariable(cond);
    return 0;
}

static inline int pthread_cond_destroy(pthread_cond_t *cond)
{
    (void)cond;
    return 0;
}

static inline int pthread_cond_broadcast(pthread_cond_t *cond)
{
    WakeAllConditionVariable(cond);
    return 0;
}

static inline int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                         const struct timespec *at)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms = (int64_t)(at->tv_sec - now.tv_sec) * 1000 + (at->tv_nsec - now.tv_nsec) / 1000000;
    if (ms < 0)
        return ETIMEDOUT;
    return SleepConditionVariableSRW(cond, mutex, (DWORD)ms + 1, 0) ? 0 : ETIMEDOUT;
}

static inline int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    return SleepConditionVariableSRW(cond, mutex, INFINITE, 0) ? 0 : EINVAL;
}

static inline int pthread_cond_signal(pthread_cond_t *cond)
{
    WakeConditionVariable(cond);
    return 0;
}

/* ------------------------------------------------------------------ readers and writers */

typedef struct {
    SRWLOCK lock;
    int written; /* by the one who holds it alone */
} pthread_rwlock_t;

static inline int pthread_rwlock_init(pthread_rwlock_t *rw, const void *attr)
{
    (void)attr;
    InitializeSRWLock(&rw->lock);
    rw->written = 0;
    return 0;
}

static inline int pthread_rwlock_destroy(pthread_rwlock_t *rw)
{
    (void)rw;
    return 0;
}

static inline int pthread_rwlock_rdlock(pthread_rwlock_t *rw)
{
    AcquireSRWLockShared(&rw->lock);
    return 0;
}

static inline int pthread_rwlock_wrlock(pthread_rwlock_t *rw)
{
    AcquireSRWLockExclusive(&rw->lock);
    rw->written = 1;
    return 0;
}

static inline int pthread_rwlock_unlock(pthread_rwlock_t *rw)
{
    if (!rw->written) {
        ReleaseSRWLockShared(&rw->lock);
        return 0;
    }
    rw->written = 0;
    ReleaseSRWLockExclusive(&rw->lock);
    return 0;
}

/* ------------------------------------------------------------------ barriers */

typedef struct {
    SRWLOCK lock;
    CONDITION_VARIABLE all;
    unsigned n, waiting, round;
} pthread_barrier_t;

static inline int pthread_barrier_init(pthread_barrier_t *b, const void *attr, unsigned n)
{
    (void)attr;
    InitializeSRWLock(&b->lock);
    InitializeConditionVariable(&b->all);
    b->n = n;
    b->waiting = b->round = 0;
    return 0;
}

static inline int pthread_barrier_destroy(pthread_barrier_t *b)
{
    (void)b;
    return 0;
}

static inline int pthread_barrier_wait(pthread_barrier_t *b)
{
    AcquireSRWLockExclusive(&b->lock);
    const unsigned round = b->round;
    if (++b->waiting == b->n) {
        b->waiting = 0;
        b->round++;
        WakeAllConditionVariable(&b->all);
    }
    while (b->round == round)
        SleepConditionVariableSRW(&b->all, &b->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&b->lock);
    return 0;
}

/* ------------------------------------------------------------------ threads */

typedef HANDLE pthread_t;

struct posix_thread {
    void *(*run)(void *arg);
    void *arg;
};

static DWORD WINAPI posix_thread_run(LPVOID memory)
{
    const struct posix_thread thread = *(struct posix_thread *)memory;
    free(memory);
    thread.run(thread.arg); /* nobody here asks for what it returns */
    return 0;
}

static inline int pthread_create(pthread_t *out, const void *attr, void *(*run)(void *), void *arg)
{
    struct posix_thread *thread = malloc(sizeof *thread);
    (void)attr;
    if (thread == NULL)
        return EAGAIN;
    thread->run = run;
    thread->arg = arg;
    *out = CreateThread(NULL, 0, posix_thread_run, thread, 0, NULL);
    if (*out == NULL)
        free(thread);
    return *out != NULL ? 0 : EAGAIN;
}

static inline int pthread_join(pthread_t thread, void **unused)
{
    if (unused != NULL || WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0)
        return EINVAL;
    CloseHandle(thread);
    return 0;
}

static inline int pthread_detach(pthread_t thread)
{
    return CloseHandle(thread) ? 0 : EINVAL;
}

#endif
