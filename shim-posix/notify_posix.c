/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "posix_internal.h"

/* Windows' thread queues hold 10,000 messages; a pipe of this size holds 43,690. */
#define QUEUE_BYTES (1024 * 1024)

/* A write of at most PIPE_BUF bytes to a pipe is whole or not at all, also from two threads. */
_Static_assert(sizeof(struct mmk_posix_message) <= PIPE_BUF, "a message is written at once");

/* ------------------------------------------------------------------ delivering */

static void write_whole(uintptr_t target, const void *data, size_t len)
{
    if (target > INT_MAX)
        return; /* no descriptor: a pointer or a handle of some other system */
    ssize_t written;
    do
        written = write((int)target, data, len); /* O_NONBLOCK: full means lost */
    while (written < 0 && errno == EINTR);
}

static void notify_deliver(struct mmk_notify *self, const struct mmk_callback *callback,
                           uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    static const uint64_t one = 1;
    (void)self;
    if (callback->target == 0)
        return;
    switch (callback->flags & MMK_CALLBACK_TYPEMASK) {
    case MMK_CALLBACK_FUNCTION:
        ((mmk_posix_callback *)callback->target)(callback->handle, msg, callback->user, p1, p2);
        break;
    case MMK_CALLBACK_EVENT:
        write_whole(callback->target, &one, sizeof one);
        break;
    case MMK_CALLBACK_THREAD: {
        struct mmk_posix_message message;
        memset(&message, 0, sizeof message); /* the padding too: it goes through a pipe */
        message.msg = msg;
        message.handle = callback->handle;
        message.p1 = p1;
        write_whole(callback->target, &message, sizeof message);
        break;
    }
    default: /* none, or a window */
        break;
    }
}

struct mmk_notify *mmk_posix_notify(void)
{
    static const struct mmk_notify_ops ops = {.deliver = notify_deliver};
    static struct mmk_notify notify = {.ops = &ops};
    return &notify;
}

/* ------------------------------------------------------------------ what the program waits on */

/** Read one record. @return false: none came in time */
static bool read_within(int fd, void *data, size_t len, uint32_t timeout_ms)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    int64_t now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    int64_t until = timeout_ms == MMK_WAIT_FOREVER ? INT64_MAX : now + timeout_ms;
    for (;;) {
        ssize_t n = read(fd, data, len);
        if (n == (ssize_t)len)
            return true;
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return false;
        clock_gettime(CLOCK_MONOTONIC, &ts);
        now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
        int64_t left = until == INT64_MAX ? -1 : until - now;
        if (until != INT64_MAX && left <= 0)
            return false;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        (void)poll(&ready, 1, left > INT_MAX ? INT_MAX : (int)left);
    }
}

int mmk_posix_event_create(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

bool mmk_posix_event_wait(int event, uint32_t timeout_ms)
{
    uint64_t count;
    return read_within(event, &count, sizeof count, timeout_ms);
}

void mmk_posix_event_destroy(int event)
{
    if (event >= 0)
        close(event);
}

int mmk_posix_queue_create(uintptr_t *target)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
#ifdef F_SETPIPE_SZ
    (void)fcntl(ends[1], F_SETPIPE_SZ, QUEUE_BYTES);
#endif
    *target = (uintptr_t)ends[1];
    return ends[0];
}

bool mmk_posix_queue_get(int queue, struct mmk_posix_message *message, uint32_t timeout_ms)
{
    struct mmk_posix_message got;
    if (!read_within(queue, &got, sizeof got, timeout_ms))
        return false;
    *message = got;
    return true;
}

void mmk_posix_queue_destroy(int queue, uintptr_t target)
{
    if (queue < 0)
        return;
    close((int)target);
    close(queue);
}
