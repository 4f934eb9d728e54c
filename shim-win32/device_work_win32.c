/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The body of devices that stand before other people's code: one thread from open to close does
 * everything there, and control waits for it only so long.
 *
 * What makes an early return safe is the gate: a critical section around every upcall. stop closes
 * it, and then no render runs or begins, wherever the thread may be stuck. It may be entered again
 * on the same thread: what the engine does in an upcall may stop or close the device.
 */
#include "device_win32.h"

#include <objbase.h>

#define STACK_BYTES (512u * 1024u)
#define OPEN_MS     10000u /* a sound service that starts with the first client takes seconds */
#define START_MS    5000u
#define STOP_MS     2000u
#define CLOSE_MS    2000u

/* What is wanted, and how often it has changed: each change is answered, also one back. */
static enum mmki_want want_of(unsigned numbered)
{
    return (enum mmki_want)(numbered & 3u);
}

static void put_want(struct mmki_work *work, enum mmki_want want)
{
    unsigned before = atomic_load_explicit(&work->want, memory_order_relaxed);
    while (want_of(before) != MMKI_WANT_END &&
           !atomic_compare_exchange_weak_explicit(&work->want, &before,
                                                  ((before >> 2) + 1) << 2 | (unsigned)want,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

static struct mmki_work *impl(struct mmk_device *device)
{
    return (struct mmki_work *)(void *)device;
}

static void let_go(struct mmki_work *work)
{
    if (atomic_fetch_sub_explicit(&work->holders, 1, memory_order_acq_rel) > 1)
        return;
    if (work->thread != NULL)
        CloseHandle(work->thread);
    if (work->wake != NULL)
        CloseHandle(work->wake);
    if (work->answered != NULL)
        CloseHandle(work->answered);
    DeleteCriticalSection(&work->gate);
    mmki_free(work);
}

/* ------------------------------------------------------------------ upcalls */

bool mmki_work_render(struct mmki_work *work, void *buffer, uint32_t n_frames, bool *pending)
{
    EnterCriticalSection(&work->gate);
    bool may = work->may_render;
    if (may)
        *pending =
            mmk_engine_render(work->engine, work->config.direction, buffer, n_frames).pending;
    LeaveCriticalSection(&work->gate);
    return may;
}

bool mmki_work_played(struct mmki_work *work, uint64_t frames, bool pending)
{
    EnterCriticalSection(&work->gate);
    bool may = work->may_render;
    if (may && (mmk_engine_played(work->engine, frames) || pending))
        mmk_engine_wake(work->engine);
    LeaveCriticalSection(&work->gate);
    return may;
}

uint32_t mmki_work_frames(struct mmki_work *work, uint32_t max_frames, uint32_t *wait_ms)
{
    uint32_t n = max_frames;
    EnterCriticalSection(&work->gate);
    if (!work->may_render)
        n = 0;
    else if (work->config.clock == MMK_CLOCK_FREEWHEEL)
        n = mmk_engine_freewheel_frames(work->engine, max_frames, wait_ms);
    LeaveCriticalSection(&work->gate);
    return n < max_frames ? n : max_frames;
}

uint32_t mmki_work_ready(struct mmki_work *work, uint32_t max_frames)
{
    EnterCriticalSection(&work->gate);
    const uint32_t n = work->may_render ? mmk_engine_ready_frames(work->engine, max_frames) : 0;
    LeaveCriticalSection(&work->gate);
    return n;
}

bool mmki_work_stopping(struct mmki_work *work)
{
    return want_of(atomic_load_explicit(&work->want, memory_order_acquire)) != MMKI_WANT_RUN;
}

static void tell_event(struct mmki_work *work, mmk_device_event event)
{
    EnterCriticalSection(&work->gate);
    work->may_render = false;
    if (work->engine != NULL)
        mmk_engine_device_event(work->engine, event);
    LeaveCriticalSection(&work->gate);
}

void mmki_work_log(struct mmki_work *work, mmk_log_level level, const char *text)
{
    if (work->platform != NULL)
        work->platform->ops->log(work->platform, level, text);
}

/* ------------------------------------------------------------------ the thread */

static void answer(struct mmki_work *work, mmk_err err)
{
    work->err = err;
    SetEvent(work->answered);
}

static void lose(struct mmki_work *work, mmk_device_event event)
{
    work->ops->end(work);
    work->running = false;
    atomic_store_explicit(&work->gone, true, memory_order_release);
    tell_event(work, event);
}

static void begin(struct mmki_work *work)
{
    mmk_err err = MMK_OK;
    if (atomic_load_explicit(&work->gone, memory_order_relaxed))
        err = MMK_ERR_GONE;
    else if (!work->running)
        err = work->ops->begin(work);
    work->running = err == MMK_OK;
    answer(work, err);
}

static void rest(struct mmki_work *work)
{
    if (work->running)
        work->ops->end(work);
    work->running = false;
    answer(work, MMK_OK);
}

/** Serve control and the device until the end. */
static void serve(struct mmki_work *work)
{
    unsigned done = 0;
    for (;;) {
        unsigned want = atomic_load_explicit(&work->want, memory_order_acquire);
        if (want_of(want) == MMKI_WANT_END)
            break;
        if (want != done) {
            done = want;
            if (want_of(want) == MMKI_WANT_RUN)
                begin(work);
            else
                rest(work);
        } else if (work->running) {
            mmk_device_event event = MMK_DEVICE_GONE;
            if (work->ops->turn(work, &event) != MMK_OK)
                lose(work, event);
        } else {
            WaitForSingleObject(work->wake, INFINITE);
        }
    }
    if (work->running)
        work->ops->end(work);
}

static DWORD WINAPI run(LPVOID arg)
{
    struct mmki_work *work = arg;
    HMODULE module = work->module;
    HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    mmk_err err = work->ops->setup(work, &work->caps, work->reason, sizeof work->reason);
    answer(work, err);
    if (err == MMK_OK) {
        if (work->config.clock == MMK_CLOCK_REAL)
            mmki_audio_priority();
        serve(work);
        work->ops->teardown(work);
    }
    if (SUCCEEDED(com))
        CoUninitialize();
    let_go(work);
    FreeLibraryAndExitThread(module, 0);
}

/* ------------------------------------------------------------------ open */

static bool start_thread(struct mmki_work *work)
{
    if (work->wake == NULL || work->answered == NULL)
        return false;
    work->module = mmki_module_hold();
    atomic_fetch_add_explicit(&work->holders, 1, memory_order_relaxed);
    work->thread = CreateThread(NULL, STACK_BYTES, run, work, STACK_SIZE_PARAM_IS_A_RESERVATION,
                                &work->thread_id);
    if (work->thread != NULL)
        return true;
    atomic_fetch_sub_explicit(&work->holders, 1, memory_order_relaxed);
    FreeLibrary(work->module);
    return false;
}

mmk_err mmki_work_open(size_t n_bytes, const struct mmki_backend *backend,
                       const struct mmki_work_ops *ops, struct mmki_win32_devices *devices,
                       const struct mmk_device_config *config, struct mmk_engine *engine,
                       struct mmk_device **device, struct mmk_device_caps *caps, char *reason,
                       size_t cap)
{
    struct mmki_work *work = mmki_alloc(n_bytes);
    if (work == NULL)
        return MMK_ERR_NOMEM;
    work->base.backend = backend;
    work->ops = ops;
    work->platform = devices->platform;
    work->config = *config;
    work->engine = engine;
    InitializeCriticalSection(&work->gate);
    InitializeSRWLock(&work->control);
    atomic_init(&work->holders, 1);
    work->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    work->answered = CreateEventW(NULL, FALSE, FALSE, NULL);
    mmk_err err = MMK_ERR_NOMEM;
    if (start_thread(work)) {
        err = MMK_ERR_TIMEOUT;
        if (WaitForSingleObject(work->answered, OPEN_MS) == WAIT_OBJECT_0)
            err = work->err;
        if (err == MMK_ERR_TIMEOUT) /* should it come back after all, it shall end */
            put_want(work, MMKI_WANT_END);
        if (err != MMK_OK)
            mmki_format(reason, cap, "%s",
                        err == MMK_ERR_TIMEOUT ? "the device did not answer when it was opened"
                                               : work->reason);
    }
    if (err != MMK_OK) {
        let_go(work);
        return err;
    }
    *caps = work->caps;
    *device = &work->base;
    return MMK_OK;
}

mmk_err mmki_work_probe(size_t n_bytes, const struct mmki_work_ops *ops,
                        const struct mmk_device_config *config, struct mmk_device_caps *caps,
                        char *reason, size_t cap)
{
    struct mmki_work *work = mmki_alloc(n_bytes);
    if (work == NULL)
        return MMK_ERR_NOMEM;
    work->ops = ops;
    work->config = *config;
    work->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    mmk_err err = MMK_ERR_NOMEM;
    HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (work->wake != NULL)
        err = ops->setup(work, caps, reason, cap);
    if (err == MMK_OK)
        ops->teardown(work);
    if (SUCCEEDED(com))
        CoUninitialize();
    if (work->wake != NULL)
        CloseHandle(work->wake);
    mmki_free(work);
    return err;
}

/* ------------------------------------------------------------------ control */

static bool is_own_thread(const struct mmki_work *work)
{
    return work->thread_id == GetCurrentThreadId();
}

static void set_may_render(struct mmki_work *work, bool may)
{
    EnterCriticalSection(&work->gate);
    work->may_render = may;
    LeaveCriticalSection(&work->gate);
}

/** With `control` held. @retval MMK_ERR_TIMEOUT  the thread is stuck */
static mmk_err ask(struct mmki_work *work, enum mmki_want want, uint32_t timeout_ms)
{
    unsigned before = atomic_load_explicit(&work->want, memory_order_relaxed);
    if (want_of(before) == want)
        return MMK_OK;
    ResetEvent(work->answered); /* a late answer to a question that was given up */
    put_want(work, want);
    SetEvent(work->wake);
    return WaitForSingleObject(work->answered, timeout_ms) == WAIT_OBJECT_0 ? work->err
                                                                            : MMK_ERR_TIMEOUT;
}

mmk_err mmki_work_start(struct mmk_device *device)
{
    struct mmki_work *work = impl(device);
    if (is_own_thread(work))
        return MMK_ERR_STATE;
    AcquireSRWLockExclusive(&work->control);
    mmk_err err = MMK_ERR_GONE;
    if (!atomic_load_explicit(&work->gone, memory_order_acquire)) {
        set_may_render(work, true);
        err = ask(work, MMKI_WANT_RUN, START_MS);
        if (err != MMK_OK) {
            set_may_render(work, false);
            ask(work, MMKI_WANT_REST, 0);
        }
    }
    ReleaseSRWLockExclusive(&work->control);
    return err;
}

void mmki_work_stop(struct mmk_device *device)
{
    struct mmki_work *work = impl(device);
    set_may_render(work, false);
    if (is_own_thread(work)) {
        put_want(work, MMKI_WANT_REST);
        return;
    }
    AcquireSRWLockExclusive(&work->control);
    ask(work, MMKI_WANT_REST, STOP_MS);
    ReleaseSRWLockExclusive(&work->control);
}

void mmki_work_kick(struct mmk_device *device)
{
    SetEvent(impl(device)->wake);
}

mmk_err mmki_work_close(struct mmk_device *device)
{
    struct mmki_work *work = impl(device);
    EnterCriticalSection(&work->gate);
    work->may_render = false;
    work->engine = NULL;
    LeaveCriticalSection(&work->gate);
    put_want(work, MMKI_WANT_END);
    SetEvent(work->wake);
    if (!is_own_thread(work) && WaitForSingleObject(work->thread, CLOSE_MS) != WAIT_OBJECT_0)
        mmki_work_log(work, MMK_LOG_WARN,
                      "a device did not end when it was closed; its thread is left to itself");
    let_go(work);
    return MMK_OK;
}
