/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Waiting, for the threads that do it a hundred times a second and more.
 *
 * Events of the kernel are the server's under Wine: each SetEvent and each wait is a conversation
 * with another process, for whom all programs stand in line. An address that threads wait at
 * (Windows 8, and Wine for long) is a futex there: who wakes nobody pays nothing, and time-outs
 * have 100 ns instead of whole milliseconds.
 *
 * On Windows such a wait ends with the system's tick, up to 15.6 ms late: there devices wait for a
 * timer of high resolution (Windows 10 1803), or else with the tick made short.
 */
#include "win32_internal.h"

#include <mmsystem.h>

#define HIGH_RESOLUTION 2u /* CREATE_WAITABLE_TIMER_HIGH_RESOLUTION */
#define TICK_MS         1u
#define NS_PER_S        UINT64_C(1000000000)
#define NS_PER_MS       UINT64_C(1000000)

typedef LONG NTAPI wait_on_address(const void *at, const void *than, SIZE_T size,
                                   const LARGE_INTEGER *timeout);
typedef void NTAPI wake_address(const void *at);

static INIT_ONCE found = INIT_ONCE_STATIC_INIT;
static wait_on_address *wait_on;
static wake_address *wake_one;

static BOOL CALLBACK find(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    union {
        FARPROC from;
        wait_on_address *wait;
        wake_address *wake;
    } w, k;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    (void)once;
    (void)parameter;
    (void)context;
    w.from = ntdll != NULL ? GetProcAddress(ntdll, "RtlWaitOnAddress") : NULL;
    k.from = ntdll != NULL ? GetProcAddress(ntdll, "RtlWakeAddressSingle") : NULL;
    if (w.from != NULL && k.from != NULL) {
        wait_on = w.wait;
        wake_one = k.wake;
    }
    return TRUE;
}

uint64_t mmki_now_ns(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceFrequency(&frequency); /* constant since boot; reads a shared page */
    QueryPerformanceCounter(&count);
    uint64_t n = (uint64_t)count.QuadPart;
    uint64_t f = (uint64_t)frequency.QuadPart;
    return n / f * NS_PER_S + n % f * NS_PER_S / f; /* never wraps and loses nothing */
}

/** Milliseconds until then, rounded up: for Windows' waits. */
static DWORD ms_until(uint64_t at_ns)
{
    uint64_t now = mmki_now_ns();
    uint64_t ms = now < at_ns ? (at_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    return ms < INFINITE ? (DWORD)ms : INFINITE - 1;
}

bool mmki_signal_init(struct mmki_signal *signal, bool exact)
{
    *signal = (struct mmki_signal){.event = NULL};
    InitOnceExecuteOnce(&found, find, NULL, NULL);
    if (wait_on != NULL && (!exact || mmk_win32_is_wine()))
        return true;
    signal->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (signal->event == NULL)
        return false;
    if (!exact)
        return true;
    signal->timer = CreateWaitableTimerExW(NULL, NULL, HIGH_RESOLUTION, TIMER_ALL_ACCESS);
    signal->short_tick = signal->timer == NULL && timeBeginPeriod(TICK_MS) == TIMERR_NOERROR;
    return true;
}

void mmki_signal_fini(struct mmki_signal *signal)
{
    if (signal->event != NULL)
        CloseHandle(signal->event);
    if (signal->timer != NULL)
        CloseHandle(signal->timer);
    if (signal->short_tick)
        timeEndPeriod(TICK_MS);
    *signal = (struct mmki_signal){.event = NULL};
}

void mmki_signal_set(struct mmki_signal *signal)
{
    if (signal->event != NULL) {
        SetEvent(signal->event);
        return;
    }
    /* the address is only a name to whom is woken: the memory may be gone by then */
    if (InterlockedExchange(&signal->is_set, 1) == 0)
        wake_one(&signal->is_set);
}

static bool take(struct mmki_signal *signal)
{
    return InterlockedExchange(&signal->is_set, 0) != 0;
}

static bool wait_at_address(struct mmki_signal *signal, uint64_t at_ns)
{
    LONG unset = 0;
    while (!take(signal)) {
        LARGE_INTEGER left = {.QuadPart = 0};
        if (at_ns != MMKI_FOREVER) {
            uint64_t now = mmki_now_ns();
            if (now >= at_ns)
                return false;
            /* negative: from now on */
            left.QuadPart = -(LONGLONG)((at_ns - now + 99) / 100);
        }
        wait_on(&signal->is_set, &unset, sizeof unset, at_ns != MMKI_FOREVER ? &left : NULL);
    }
    return true;
}

static bool wait_for_timer(struct mmki_signal *signal, uint64_t at_ns)
{
    const HANDLE either[] = {signal->event, signal->timer};
    uint64_t now = mmki_now_ns();
    LARGE_INTEGER left = {.QuadPart = -(LONGLONG)((now < at_ns ? at_ns - now + 99 : 0) / 100)};
    if (!SetWaitableTimer(signal->timer, &left, 0, NULL, NULL, FALSE))
        return WaitForSingleObject(signal->event, ms_until(at_ns)) == WAIT_OBJECT_0;
    return WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0;
}

bool mmki_signal_wait(struct mmki_signal *signal, uint64_t at_ns)
{
    if (signal->event == NULL)
        return wait_at_address(signal, at_ns);
    if (at_ns == MMKI_FOREVER)
        return WaitForSingleObject(signal->event, INFINITE) == WAIT_OBJECT_0;
    if (signal->timer != NULL)
        return wait_for_timer(signal, at_ns);
    return WaitForSingleObject(signal->event, ms_until(at_ns)) == WAIT_OBJECT_0;
}
