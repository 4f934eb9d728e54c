/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* What is watched in the registry: our settings and volumes, and the installed drivers. Without a
 * thread it is one question at an event; with it, whoever asked to be told need not ask. */
#include "wine_internal.h"

#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

#define NAMES      ((DWORD)(REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_THREAD_AGNOSTIC))
#define VALUES_TOO ((DWORD)(NAMES | REG_NOTIFY_CHANGE_LAST_SET))
#define SETTLE_MS  20u
#define STACK      (256u * 1024u)

/* A key that is not there yet is found by the one above it, which is watched in any case. */
static struct watch {
    HKEY root;
    const WCHAR *path;
    bool below; /* all that is below too */
    DWORD filter;
    REGSAM view; /* settings are in one view for both widths, drivers in the program's own */
    HKEY key;
} watches[] = {
    {HKEY_CURRENT_USER, L"Software", false, NAMES, KEY_WOW64_64KEY, NULL},
    {HKEY_CURRENT_USER, L"Software\\mmekit", true, VALUES_TOO, KEY_WOW64_64KEY, NULL},
    {HKEY_LOCAL_MACHINE, L"Software", false, NAMES, KEY_WOW64_64KEY, NULL},
    {HKEY_LOCAL_MACHINE, L"Software\\mmekit", true, VALUES_TOO, KEY_WOW64_64KEY, NULL},
    {HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32", false,
     VALUES_TOO, 0, NULL},
};
#define N_WATCHES (sizeof watches / sizeof *watches)

static SRWLOCK lock = SRWLOCK_INIT; /* all below; nothing else is taken under it */
static HANDLE change;               /* set when any of them has changed; NULL: nothing is watched */
static HANDLE wake;
static bool running;

/* ------------------------------------------------------------------ keys */

static void arm(struct watch *w)
{
    HKEY old = w->key;
    w->key = NULL;
    if (RegOpenKeyExW(w->root, w->path, 0, KEY_NOTIFY | w->view, &w->key) != ERROR_SUCCESS)
        w->key = NULL;
    else if (RegNotifyChangeKeyValue(w->key, w->below, w->filter, change, TRUE) != ERROR_SUCCESS) {
        RegCloseKey(w->key);
        w->key = NULL;
    }
    if (old != NULL)
        RegCloseKey(old);
}

/* All at once: they share an event, and opening five keys costs less than knowing which it was.
 * Closing a key sets the event too, so it is reset last but one: what changes from then on is seen,
 * and what changed before is read by the caller. */
static void arm_all(void)
{
    for (size_t i = 0; i < N_WATCHES; i++) {
        if (watches[i].key != NULL)
            RegCloseKey(watches[i].key);
        watches[i].key = NULL;
    }
    ResetEvent(change);
    for (size_t i = 0; i < N_WATCHES; i++)
        arm(&watches[i]);
}

bool mmki_watch_changed(void)
{
    bool changed = true;
    AcquireSRWLockExclusive(&lock);
    if (change == NULL)
        change = CreateEventW(NULL, TRUE, FALSE, NULL);
    else
        changed = WaitForSingleObject(change, 0) == WAIT_OBJECT_0;
    if (change != NULL && changed)
        arm_all();
    ReleaseSRWLockExclusive(&lock);
    return changed;
}

/* ------------------------------------------------------------------ the thread */

/* A tool writes its values one after the other: wait a moment, and read them once. */
static DWORD WINAPI watch_thread(void *parameter)
{
    const HANDLE events[2] = {wake, change};
    (void)parameter;
    CoInitializeEx(NULL, COINIT_MULTITHREADED); /* what it tells may use COM */
    for (;;) {
        const DWORD which = WaitForMultipleObjects(2, events, FALSE, INFINITE);
        if (which == WAIT_FAILED)
            return 1;
        if (which == WAIT_OBJECT_0 + 1) {
            Sleep(SETTLE_MS);
            mmki_endpoints_refresh();
        } else {
            mmki_notice_defaults(); /* the system's own may be another */
        }
        mmki_notices_deliver();
    }
}

void mmki_watch_start(void)
{
    AcquireSRWLockExclusive(&lock);
    if (!running && change != NULL) {
        wake = CreateEventW(NULL, FALSE, FALSE, NULL);
        HANDLE thread = wake != NULL ? CreateThread(NULL, STACK, watch_thread, NULL,
                                                    STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)
                                     : NULL;
        running = thread != NULL;
        if (thread != NULL)
            CloseHandle(thread);
        else if (wake != NULL)
            CloseHandle(wake);
    }
    ReleaseSRWLockExclusive(&lock);
}

bool mmki_watch_wake(void)
{
    AcquireSRWLockShared(&lock);
    const bool woken = running && SetEvent(wake);
    ReleaseSRWLockShared(&lock);
    return woken;
}
