/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The notify seam: winmm's own DriverCallback does it, for all four kinds of target. mingw's
 * headers do not declare it; the declaration is the one of the documents.
 */
#include "win32_internal.h"

WINBASEAPI BOOL WINAPI DriverCallback(DWORD_PTR callback, DWORD flags, HANDLE device, DWORD msg,
                                      DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

#define CALLBACK_KIND_SHIFT 16 /* CALLBACK_* of an open call, shifted, are DCB_* */
#define DCB_TYPEMASK_       0x7u

static void win32_deliver(struct mmk_notify *self, const struct mmk_callback *callback,
                          uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    (void)self;
    DWORD kind = (callback->flags >> CALLBACK_KIND_SHIFT) & DCB_TYPEMASK_;
    if (kind == 0 || callback->target == 0)
        return;
    DriverCallback(callback->target, kind, (HANDLE)callback->handle, msg, callback->user, p1, p2);
}

static const struct mmk_notify_ops notify_ops = {.deliver = win32_deliver};

struct mmk_notify *mmk_win32_notify(void)
{
    static struct mmk_notify notify = {.ops = &notify_ops};
    return &notify;
}
