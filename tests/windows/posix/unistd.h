/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_POSIX_UNISTD_H
#define MMK_TEST_POSIX_UNISTD_H

/** The one function of unistd.h that the tests use and mingw lacks: alarm(), which never returns
 *  to a signal handler here, but ends the process as SIGALRM does by default. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include_next <unistd.h>

static inline DWORD WINAPI posix_alarm_ring(LPVOID seconds)
{
    Sleep((DWORD)(uintptr_t)seconds * 1000);
    TerminateProcess(GetCurrentProcess(), 142);
    return 0;
}

static inline unsigned alarm(unsigned seconds)
{
    CloseHandle(CreateThread(NULL, 0, posix_alarm_ring, (LPVOID)(uintptr_t)seconds, 0, NULL));
    return 0;
}

#endif
