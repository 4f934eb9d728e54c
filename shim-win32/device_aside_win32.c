/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Code of others on a thread of its own, that may hang or crash: see mmki_run_aside().
 *
 * The crash is caught by a handler at the foot of that thread's stack, and not by a vectored one or
 * by the process' filter: so everybody above comes first (the loader, which answers a crash in
 * DllMain by itself, and the driver's own __try), and no other thread notices anything. gcc has no
 * __try; what it has is the directive that names a function's handler (x86-64) and the chain
 * in the thread block (i386).
 */
#include "device_win32.h"

#include <string.h>

#define STACK_BYTES (512u * 1024u) /* a driver's code runs on it */

struct aside {
    atomic_int holders; /* asker and thread; the last one frees */
    HMODULE module;     /* kept loaded while the thread runs */
    HANDLE done;        /* manual reset */
    void (*run)(void *job);
    void *job;
    atomic_bool crashed;
    DWORD thread_id;
    struct aside *next;
};

/* Those that run now, for the handler, which is told no more than that a thread crashed. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct aside *running;

static void enlist(struct aside *aside)
{
    AcquireSRWLockExclusive(&lock);
    aside->thread_id = GetCurrentThreadId();
    aside->next = running;
    running = aside;
    ReleaseSRWLockExclusive(&lock);
}

static struct aside *delist(DWORD thread_id)
{
    AcquireSRWLockExclusive(&lock);
    struct aside **at = &running;
    while (*at != NULL && (*at)->thread_id != thread_id)
        at = &(*at)->next;
    struct aside *aside = *at;
    if (aside != NULL)
        *at = aside->next;
    ReleaseSRWLockExclusive(&lock);
    return aside;
}

static void let_go(struct aside *aside)
{
    if (atomic_fetch_sub_explicit(&aside->holders, 1, memory_order_acq_rel) > 1)
        return;
    if (aside->done != NULL)
        CloseHandle(aside->done);
    mmki_free(aside->job);
    mmki_free(aside);
}

/* ------------------------------------------------------------------ crashes */

EXCEPTION_DISPOSITION mmki_aside_crashed(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                         void *dispatcher);

/** Called when nobody above wanted the exception, before the stack is unwound. */
__attribute__((used)) EXCEPTION_DISPOSITION
mmki_aside_crashed(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *dispatcher)
{
    (void)frame;
    (void)context;
    (void)dispatcher;
    /* what informs debuggers is not an error, and goes on by itself */
    if ((record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) != 0 ||
        (record->ExceptionCode >> 30) != 3u)
        return ExceptionContinueSearch;
    struct aside *aside = delist(GetCurrentThreadId());
    if (aside == NULL)
        return ExceptionContinueSearch;
    atomic_store_explicit(&aside->crashed, true, memory_order_relaxed);
    SetEvent(aside->done);
    let_go(aside);
    ExitThread(record->ExceptionCode); /* the module stays: who knows what still points into it */
}

static DWORD WINAPI run_aside(LPVOID arg)
{
    struct aside *aside = arg;
    HMODULE module = aside->module;
#ifdef __x86_64__
    __asm__ volatile(".seh_handler mmki_aside_crashed, @except");
#else
    struct {
        uintptr_t previous;
        EXCEPTION_DISPOSITION (*handler)(EXCEPTION_RECORD *, void *, CONTEXT *, void *);
    } volatile link = {__readfsdword(0), mmki_aside_crashed};
    __writefsdword(0, (DWORD)(uintptr_t)&link);
#endif
    enlist(aside);
    aside->run(aside->job);
    delist(GetCurrentThreadId());
#ifndef __x86_64__
    __writefsdword(0, (DWORD)link.previous);
#endif
    SetEvent(aside->done);
    let_go(aside);
    FreeLibraryAndExitThread(module, 0);
}

/* ------------------------------------------------------------------ asking */

static struct aside *start(void (*run)(void *job), const void *job, size_t n_bytes)
{
    struct aside *aside = mmki_alloc(sizeof *aside);
    if (aside == NULL)
        return NULL;
    atomic_init(&aside->holders, 2);
    aside->run = run;
    aside->job = mmki_alloc(n_bytes);
    aside->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (aside->job != NULL && aside->done != NULL) {
        memcpy(aside->job, job, n_bytes);
        aside->module = mmki_module_hold();
        HANDLE thread = CreateThread(NULL, STACK_BYTES, run_aside, aside,
                                     STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (thread != NULL) {
            CloseHandle(thread);
            return aside;
        }
        FreeLibrary(aside->module);
    }
    atomic_store_explicit(&aside->holders, 1, memory_order_relaxed);
    let_go(aside);
    return NULL;
}

mmk_err mmki_run_aside(void (*run)(void *job), void *job, size_t n_bytes, uint32_t timeout_ms)
{
    struct aside *aside = start(run, job, n_bytes);
    mmk_err err = MMK_OK;
    if (aside == NULL)
        return MMK_ERR_NOMEM;
    if (WaitForSingleObject(aside->done, timeout_ms) != WAIT_OBJECT_0)
        err = MMK_ERR_TIMEOUT;
    else if (atomic_load_explicit(&aside->crashed, memory_order_relaxed))
        err = MMK_ERR_CRASHED;
    else
        memcpy(job, aside->job, n_bytes);
    let_go(aside);
    return err;
}
