/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "trial_win32.h"
#include "win32_internal.h"

#include <stdatomic.h>
#include <string.h>

#define NS_PER_MS    UINT64_C(1000000)
#define UNIX_EPOCH   UINT64_C(116444736000000000) /* 1970 in FILETIME's 100 ns since 1601 */
#define ALIGNMENT    64u
#define LOG_LINE_MAX 1200u
#define STACK_BYTES  (256u * 1024u) /* client callbacks run on it */

struct mmk_mutex {
    SRWLOCK lock;
};

struct mmk_event {
    struct mmki_signal signal;
};

enum { THREAD_RUNS, THREAD_DETACHED, THREAD_ENDED };

struct mmk_thread {
    HANDLE handle;
    void (*run)(void *arg);
    void *arg;
    mmk_priority priority;
    atomic_int state; /* whoever finds that the other one was first, frees */
    HMODULE module;   /* detached: keeps the code of the thread loaded */
};

static struct mmki_win32_platform *impl(struct mmk_platform *self)
{
    return (struct mmki_win32_platform *)(void *)self;
}

/* ------------------------------------------------------------------ time */

static uint64_t win32_now_ns(struct mmk_platform *self)
{
    (void)self;
    return mmki_now_ns();
}

static uint64_t win32_wall_s(struct mmk_platform *self)
{
    (void)self;
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    uint64_t n = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return n > UNIX_EPOCH ? (n - UNIX_EPOCH) / 10000000u : 0;
}

/** Sleep() counts in ticks of the system's timer; the last milliseconds are waited out. */
static void win32_sleep_ns(struct mmk_platform *self, uint64_t ns)
{
    uint64_t begin = win32_now_ns(self);
    for (;;) {
        uint64_t passed = win32_now_ns(self) - begin;
        if (passed >= ns)
            return;
        uint64_t left_ms = (ns - passed) / NS_PER_MS;
        Sleep(left_ms > 1000u * 1000u ? 1000u * 1000u : (DWORD)left_ms);
    }
}

/* ------------------------------------------------------------------ memory */

/** HeapAlloc aligns to 8 or 16: the block is taken larger, its start kept before the part given
 * out. */
static void *win32_alloc(struct mmk_platform *self, size_t n_bytes)
{
    (void)self;
    if (n_bytes > SIZE_MAX - ALIGNMENT - sizeof(void *))
        return NULL;
    unsigned char *raw = mmki_alloc(n_bytes + ALIGNMENT + sizeof(void *));
    if (raw == NULL)
        return NULL;
    uintptr_t at = ((uintptr_t)raw + sizeof(void *) + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    memcpy((void *)(at - sizeof(void *)), &raw, sizeof raw);
    return (void *)at;
}

static void win32_free(struct mmk_platform *self, void *mem)
{
    (void)self;
    void *raw;
    if (mem == NULL)
        return;
    memcpy(&raw, (unsigned char *)mem - sizeof(void *), sizeof raw);
    mmki_free(raw);
}

/* ------------------------------------------------------------------ mutex and event */

static struct mmk_mutex *win32_mutex_create(struct mmk_platform *self)
{
    (void)self;
    struct mmk_mutex *mutex = mmki_alloc(sizeof *mutex);
    if (mutex != NULL)
        InitializeSRWLock(&mutex->lock);
    return mutex;
}

static void win32_mutex_destroy(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    mmki_free(mutex);
}

static void win32_mutex_lock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    AcquireSRWLockExclusive(&mutex->lock);
}

static void win32_mutex_unlock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    ReleaseSRWLockExclusive(&mutex->lock);
}

static struct mmk_event *win32_event_create(struct mmk_platform *self)
{
    (void)self;
    struct mmk_event *event = mmki_alloc(sizeof *event);
    if (event == NULL)
        return NULL;
    if (!mmki_signal_init(&event->signal, false)) {
        mmki_free(event);
        return NULL;
    }
    return event;
}

static void win32_event_destroy(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    if (event == NULL)
        return;
    mmki_signal_fini(&event->signal);
    mmki_free(event);
}

static void win32_event_set(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    mmki_signal_set(&event->signal);
}

static bool win32_event_wait(struct mmk_platform *self, struct mmk_event *event,
                             uint32_t timeout_ms)
{
    (void)self;
    return mmki_signal_wait(&event->signal, timeout_ms == MMK_WAIT_FOREVER
                                                ? MMKI_FOREVER
                                                : mmki_now_ns() + timeout_ms * NS_PER_MS);
}

/* ------------------------------------------------------------------ threads */

static void thread_free(struct mmk_thread *thread)
{
    CloseHandle(thread->handle);
    mmki_free(thread);
}

static DWORD WINAPI thread_main(LPVOID arg)
{
    struct mmk_thread *thread = arg;
    if (thread->priority == MMK_PRIORITY_AUDIO)
        SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    thread->run(thread->arg);
    if (atomic_exchange(&thread->state, THREAD_ENDED) == THREAD_DETACHED) {
        HMODULE module = thread->module;
        thread_free(thread);
        FreeLibraryAndExitThread(module, 0);
    }
    return 0;
}

/** Names a thread for debuggers, where the system can (Windows 10 1607, not Wine 8.0). */
static void name_thread(HANDLE thread, const char *name)
{
    typedef HRESULT WINAPI set_description(HANDLE, PCWSTR);
    union {
        FARPROC from;
        set_description *to;
    } entry;
    WCHAR wide[32];
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    entry.from = kernel != NULL ? GetProcAddress(kernel, "SetThreadDescription") : NULL;
    if (entry.from != NULL && name != NULL && mmki_wide(name, wide, 32) == MMK_OK)
        entry.to(thread, wide);
}

static struct mmk_thread *win32_thread_start(struct mmk_platform *self, void (*run)(void *arg),
                                             void *arg, mmk_priority priority, const char *name)
{
    (void)self;
    struct mmk_thread *thread = mmki_alloc(sizeof *thread);
    if (thread == NULL)
        return NULL;
    *thread = (struct mmk_thread){.run = run, .arg = arg, .priority = priority};
    thread->handle = CreateThread(NULL, STACK_BYTES, thread_main, thread,
                                  STACK_SIZE_PARAM_IS_A_RESERVATION | CREATE_SUSPENDED, NULL);
    if (thread->handle == NULL) {
        mmki_free(thread);
        return NULL;
    }
    name_thread(thread->handle, name);
    ResumeThread(thread->handle);
    return thread;
}

static void win32_thread_join(struct mmk_platform *self, struct mmk_thread *thread)
{
    (void)self;
    if (thread == NULL)
        return;
    WaitForSingleObject(thread->handle, INFINITE);
    thread_free(thread);
}

/** A driver that a client closes inside a callback goes with the callback's thread still in it: the
 *  thread holds the module until it has left. */
static void win32_thread_detach(struct mmk_platform *self, struct mmk_thread *thread)
{
    (void)self;
    thread->module = mmki_module_hold();
    if (atomic_exchange(&thread->state, THREAD_DETACHED) == THREAD_ENDED) {
        HMODULE module = thread->module;
        thread_free(thread);
        FreeLibrary(module);
    }
}

static uint64_t win32_thread_id(struct mmk_platform *self)
{
    (void)self;
    return GetCurrentThreadId();
}

/* ------------------------------------------------------------------ this process and machine */

static uint32_t win32_cpu_features(struct mmk_platform *self)
{
    (void)self;
    uint32_t features = 0;
#if defined(__i386__) || defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse2"))
        features |= MMK_CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        features |= MMK_CPU_AVX2_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        features |= MMK_CPU_AVX512;
#elif defined(__aarch64__)
    features |= MMK_CPU_NEON;
#endif
    return features;
}

static void win32_program(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid)
{
    (void)self;
    WCHAR path[MMKI_PATH_UNITS];
    DWORD n = GetModuleFileNameW(NULL, path, MMKI_PATH_UNITS);
    if (pid != NULL)
        *pid = GetCurrentProcessId();
    if (name == NULL || cap == 0)
        return;
    if (n >= MMKI_PATH_UNITS)
        n = MMKI_PATH_UNITS - 1;
    path[n] = 0;
    WCHAR *base = path;
    for (WCHAR *p = path; *p != 0; p++) {
        if (*p == L'\\' || *p == L'/')
            base = p + 1;
    }
    WCHAR *dot = wcsrchr(base, L'.');
    if (dot != NULL && dot != base)
        *dot = 0;
    if (*base == 0 || mmki_narrow(base, wcslen(base), name, cap) != MMK_OK)
        mmki_format(name, cap, "program");
}

static mmk_err win32_env(struct mmk_platform *self, const char *name, char *value, size_t cap)
{
    (void)self;
    WCHAR wide[128];
    mmk_err err = mmki_wide(name, wide, sizeof wide / sizeof *wide);
    if (err != MMK_OK)
        return err;
    for (DWORD cap_units = 256;;) {
        WCHAR *text = mmki_alloc(cap_units * sizeof *text);
        if (text == NULL)
            return MMK_ERR_NOMEM;
        SetLastError(ERROR_SUCCESS);
        DWORD n = GetEnvironmentVariableW(wide, text, cap_units);
        bool absent = n == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND;
        if (n < cap_units)
            err = absent ? MMK_ERR_NOT_FOUND : mmki_narrow(text, n, value, cap);
        mmki_free(text);
        if (n < cap_units)
            return err;
        cap_units = n;
    }
}

/* ------------------------------------------------------------------ log */

static const char *const level_names[] = {"error", "warn", "info", "trace"};

/** As far as MMEKIT_TRACE lets them; asked each time, for log lines are rare and programs may set
 * it while they run. */
static mmk_log_level log_limit(struct mmk_platform *self)
{
    char text[16];
    if (win32_env(self, "MMEKIT_TRACE", text, sizeof text) != MMK_OK)
        return MMK_LOG_WARN;
    for (int i = MMK_LOG_ERROR; i <= MMK_LOG_TRACE; i++) {
        if (_stricmp(text, level_names[i]) == 0)
            return (mmk_log_level)i;
    }
    return MMK_LOG_WARN;
}

static void win32_log(struct mmk_platform *self, mmk_log_level level, const char *text)
{
    struct mmki_win32_platform *platform = impl(self);
    char line[LOG_LINE_MAX];
    if (platform->log != NULL) {
        platform->log(platform->log_user, level, text);
        return;
    }
    if ((unsigned)level > MMK_LOG_TRACE || level > log_limit(self))
        return;
    mmki_format(line, sizeof line - 1, "mmekit %s: %s", level_names[level], text);
    strcat(line, "\n");
    OutputDebugStringA(line);
    HANDLE out = GetStdHandle(STD_ERROR_HANDLE);
    if (out != NULL && out != INVALID_HANDLE_VALUE)
        mmki_write(out, line, strlen(line)); /* one write: lines of several threads stay whole */
}

/* ------------------------------------------------------------------ init */

static const struct mmk_platform_ops platform_ops = {
    .now_ns = win32_now_ns,
    .wall_s = win32_wall_s,
    .sleep_ns = win32_sleep_ns,
    .alloc = win32_alloc,
    .free = win32_free,
    .mutex_create = win32_mutex_create,
    .mutex_destroy = win32_mutex_destroy,
    .mutex_lock = win32_mutex_lock,
    .mutex_unlock = win32_mutex_unlock,
    .event_create = win32_event_create,
    .event_destroy = win32_event_destroy,
    .event_set = win32_event_set,
    .event_wait = win32_event_wait,
    .thread_start = win32_thread_start,
    .thread_join = win32_thread_join,
    .thread_detach = win32_thread_detach,
    .thread_id = win32_thread_id,
    .cpu_features = win32_cpu_features,
    .program = win32_program,
    .env = win32_env,
    .log = win32_log,
    .inspect_module = mmki_win32_inspect_module,
    .try_load_module = mmki_win32_try_load_module,
    .try_installed = mmki_win32_try_installed,
};

void mmki_win32_platform_init(struct mmki_win32_platform *platform,
                              const struct mmk_win32_config *config)
{
    platform->base.ops = &platform_ops;
    platform->log = config != NULL ? config->log : NULL;
    platform->log_user = config != NULL ? config->log_user : NULL;
}
