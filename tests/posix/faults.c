/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int faults_writes;
size_t faults_write_bytes;
int faults_fsyncs;
int faults_opens;

static bool armed;
static struct fault_plan plan;
static int calls;

void faults_arm(const struct fault_plan *p)
{
    plan = *p;
    calls = 0;
    faults_writes = 0;
    faults_write_bytes = 0;
    faults_fsyncs = 0;
    faults_opens = 0;
    armed = true;
}

int faults_disarm(void)
{
    armed = false;
    return calls;
}

static void die(void)
{
    (void)syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        (void)syscall(SYS_pause);
}

/* What shall become of this call. */
enum fate { FATE_GO, FATE_FAIL, FATE_DIE_AFTER };

static enum fate fate_of(const char *name)
{
    if (!armed || (plan.only != NULL && strcmp(plan.only, name) != 0))
        return FATE_GO;
    const int call = calls++;
    const bool hit = plan.at >= 0 && (call == plan.at || (plan.for_ever && call > plan.at));
    if (!hit)
        return FATE_GO;
    if (plan.kind == FAULT_KILL_BEFORE)
        die();
    if (plan.kind == FAULT_KILL_AFTER)
        return FATE_DIE_AFTER;
    if (plan.kind == FAULT_HOOK) {
        armed = false;
        plan.hook(plan.arg);
        armed = true;
        return FATE_GO;
    }
    errno = plan.number;
    return FATE_FAIL;
}

static long finish(enum fate fate, long result)
{
    if (fate == FATE_DIE_AFTER)
        die();
    return result;
}

#define CALL(name, ...)                   \
    const enum fate fate = fate_of(name); \
    if (fate == FATE_FAIL)                \
        return -1;                        \
    return (int)finish(fate, syscall(__VA_ARGS__))

/* The C library declares these with attributes of its own; the test needs only the names. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wredundant-decls"

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    faults_opens += armed;
    CALL("open", SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    faults_opens += armed;
    CALL("openat", SYS_openat, folder, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (armed) {
        faults_writes++;
        faults_write_bytes += len;
    }
    const enum fate fate = fate_of("write");
    if (fate == FATE_FAIL) {
        const int number = errno;
        if (number != EINTR)
            (void)syscall(SYS_write, fd, data, len / 2); /* what a disk that fills up does */
        errno = number;
        return -1;
    }
    return (ssize_t)finish(fate, syscall(SYS_write, fd, data, len));
}

/* These tests kill processes, never the machine: a sync that nobody counts need not be waited for.
 */
int fsync(int fd)
{
    if (!armed)
        return 0;
    faults_fsyncs++;
    CALL("fsync", SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (!armed)
        return 0;
    faults_fsyncs++;
    CALL("fdatasync", SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
    CALL("rename", SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    CALL("renameat", SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int unlink(const char *path)
{
    CALL("unlink", SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
    CALL("unlinkat", SYS_unlinkat, folder, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    CALL("mkdir", SYS_mkdirat, AT_FDCWD, path, mode);
}

int fchmod(int fd, mode_t mode)
{
    CALL("fchmod", SYS_fchmod, fd, mode);
}

int flock(int fd, int operation)
{
    CALL("flock", SYS_flock, fd, operation);
}
