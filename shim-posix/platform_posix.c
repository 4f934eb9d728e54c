/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE /* pthread_setname_np, program_invocation_short_name, SCHED_RESET_ON_FORK */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "posix_internal.h"
#include "prefix_internal.h"

#define NS_PER_S    UINT64_C(1000000000)
#define TRY_LOAD_MS 2000u
#define AUDIO_PRIORITY                                                        \
    20 /* below what sound servers use for the hardware itself (PipeWire: 88) \
        */

struct posix_platform {
    struct mmk_platform base;
    struct mmki_module_source source;
    struct mmki_prefix *prefix; /* whose modules are meant; NULL: this host's */
    void (*log)(void *user, mmk_log_level level, const char *text);
    void *log_user;
    mmk_log_level log_level; /* of the stderr log */
};

struct mmk_mutex {
    pthread_mutex_t mutex;
};

struct mmk_event {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool set;
};

struct mmk_thread {
    pthread_t thread;
    void (*run)(void *arg);
    void *arg;
    mmk_priority priority;
    char name[16];
    atomic_bool is_done; /* it has ended, or was detached: who comes second frees */
};

static struct posix_platform *impl(struct mmk_platform *self)
{
    return (struct posix_platform *)(void *)self;
}

/* ------------------------------------------------------------------ errors and text */

mmk_err mmki_err_from_errno(int number)
{
    switch (number) {
    case 0:
        return MMK_OK;
    case ENOENT:
    case ENOTDIR:
        return MMK_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return MMK_ERR_ACCESS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return MMK_ERR_NO_SPACE;
    case ENOMEM:
        return MMK_ERR_NOMEM;
    case EEXIST:
        return MMK_ERR_EXISTS;
    case EBUSY:
    case ETXTBSY:
        return MMK_ERR_BUSY;
    case ENODEV:
    case ENXIO:
        return MMK_ERR_GONE;
    case ENAMETOOLONG:
        return MMK_ERR_TOO_LONG;
    case ETIMEDOUT:
        return MMK_ERR_TIMEOUT;
    default:
        return MMK_ERR_IO;
    }
}

bool mmki_format(char *text, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, cap, format, args);
    va_end(args);
    return n >= 0 && (size_t)n < cap;
}

/* ------------------------------------------------------------------ time and memory */

static uint64_t clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static uint64_t posix_now_ns(struct mmk_platform *self)
{
    (void)self;
    return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t posix_wall_s(struct mmk_platform *self)
{
    (void)self;
    return clock_ns(CLOCK_REALTIME) / NS_PER_S;
}

static struct timespec deadline_in(uint64_t ns)
{
    uint64_t at = clock_ns(CLOCK_MONOTONIC);
    at = ns > UINT64_MAX - at ? UINT64_MAX : at + ns;
    return (struct timespec){.tv_sec = (time_t)(at / NS_PER_S), .tv_nsec = (long)(at % NS_PER_S)};
}

static void posix_sleep_ns(struct mmk_platform *self, uint64_t ns)
{
    (void)self;
    struct timespec at = deadline_in(ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

static void *posix_alloc(struct mmk_platform *self, size_t n_bytes)
{
    (void)self;
    void *mem = NULL;
    if (posix_memalign(&mem, 64, n_bytes != 0 ? n_bytes : 1) != 0)
        return NULL;
    return memset(mem, 0, n_bytes);
}

static void posix_free(struct mmk_platform *self, void *mem)
{
    (void)self;
    free(mem);
}

/* ------------------------------------------------------------------ mutex and event */

static struct mmk_mutex *posix_mutex_create(struct mmk_platform *self)
{
    (void)self;
    struct mmk_mutex *mutex = malloc(sizeof *mutex);
    if (mutex != NULL && pthread_mutex_init(&mutex->mutex, NULL) != 0) {
        free(mutex);
        return NULL;
    }
    return mutex;
}

static void posix_mutex_destroy(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    if (mutex == NULL)
        return;
    pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

static void posix_mutex_lock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    pthread_mutex_lock(&mutex->mutex);
}

static void posix_mutex_unlock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    (void)self;
    pthread_mutex_unlock(&mutex->mutex);
}

static bool monotonic_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

static struct mmk_event *posix_event_create(struct mmk_platform *self)
{
    (void)self;
    struct mmk_event *event = calloc(1, sizeof *event);
    if (event == NULL)
        return NULL;
    if (pthread_mutex_init(&event->mutex, NULL) != 0)
        goto fail;
    if (!monotonic_cond_init(&event->cond))
        goto fail_mutex;
    return event;
fail_mutex:
    pthread_mutex_destroy(&event->mutex);
fail:
    free(event);
    return NULL;
}

static void posix_event_destroy(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    if (event == NULL)
        return;
    pthread_cond_destroy(&event->cond);
    pthread_mutex_destroy(&event->mutex);
    free(event);
}

static void posix_event_set(struct mmk_platform *self, struct mmk_event *event)
{
    (void)self;
    /* signalled inside the lock: the waiter may destroy the event as soon as it has seen it */
    pthread_mutex_lock(&event->mutex);
    event->set = true;
    pthread_cond_signal(&event->cond);
    pthread_mutex_unlock(&event->mutex);
}

static bool posix_event_wait(struct mmk_platform *self, struct mmk_event *event,
                             uint32_t timeout_ms)
{
    (void)self;
    struct timespec at = deadline_in((uint64_t)timeout_ms * 1000000u);
    int failed = 0;
    pthread_mutex_lock(&event->mutex);
    while (!event->set && failed == 0) {
        if (timeout_ms == MMK_WAIT_FOREVER)
            failed = pthread_cond_wait(&event->cond, &event->mutex);
        else
            failed = pthread_cond_timedwait(&event->cond, &event->mutex, &at);
    }
    bool was_set = event->set;
    event->set = false;
    pthread_mutex_unlock(&event->mutex);
    return was_set;
}

/* ------------------------------------------------------------------ threads */

static void *thread_main(void *arg)
{
    struct mmk_thread *thread = arg;
#ifdef __linux__
    pthread_setname_np(pthread_self(), thread->name);
#endif
    if (thread->priority == MMK_PRIORITY_AUDIO) {
        /* without the right to it (no rtkit, no limits.conf line) we run as everybody else does */
        struct sched_param param = {.sched_priority = AUDIO_PRIORITY};
        int policy = SCHED_FIFO;
#ifdef SCHED_RESET_ON_FORK
        policy |= SCHED_RESET_ON_FORK;
#endif
        (void)pthread_setschedparam(pthread_self(), policy, &param);
    }
    thread->run(thread->arg);
    if (atomic_exchange(&thread->is_done, true))
        free(thread);
    return NULL;
}

static struct mmk_thread *posix_thread_start(struct mmk_platform *self, void (*run)(void *arg),
                                             void *arg, mmk_priority priority, const char *name)
{
    (void)self;
    struct mmk_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->run = run;
    thread->arg = arg;
    thread->priority = priority;
    (void)mmki_format(thread->name, sizeof thread->name, "%s", name != NULL ? name : "mmekit");
    /* the program's signal handlers do not expect to run on a thread they know nothing of */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->thread, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free(thread);
        return NULL;
    }
    return thread;
}

static void posix_thread_join(struct mmk_platform *self, struct mmk_thread *thread)
{
    (void)self;
    if (thread == NULL)
        return;
    pthread_join(thread->thread, NULL);
    free(thread);
}

static void posix_thread_detach(struct mmk_platform *self, struct mmk_thread *thread)
{
    (void)self;
    if (thread == NULL)
        return;
    pthread_detach(thread->thread);
    if (atomic_exchange(&thread->is_done, true))
        free(thread);
}

static uint64_t posix_thread_id(struct mmk_platform *self)
{
    (void)self;
    return (uint64_t)pthread_self();
}

/* ------------------------------------------------------------------ the machine and the program */

static uint32_t posix_cpu_features(struct mmk_platform *self)
{
    (void)self;
    uint32_t features = 0;
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse2"))
        features |= MMK_CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        features |= MMK_CPU_AVX2_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        features |= MMK_CPU_AVX512;
#elif defined(__aarch64__)
    features |= MMK_CPU_NEON; /* part of the base architecture */
#endif
    return features;
}

static void posix_program(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid)
{
    (void)self;
    if (pid != NULL)
        *pid = (uint32_t)getpid();
    if (name == NULL || cap == 0)
        return;
#ifdef __GLIBC__
    const char *program = program_invocation_short_name;
#else
    const char *program = "program";
#endif
    (void)mmki_format(name, cap, "%s", program != NULL && *program != '\0' ? program : "program");
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        *dot = '\0';
}

static mmk_err posix_env(struct mmk_platform *self, const char *name, char *value, size_t cap)
{
    (void)self;
    const char *text = getenv(name);
    if (text == NULL)
        return MMK_ERR_NOT_FOUND;
    size_t len = strlen(text) + 1;
    if (len > cap)
        return MMK_ERR_MORE;
    memcpy(value, text, len);
    return MMK_OK;
}

/* ------------------------------------------------------------------ log */

static const char *const level_names[] = {"error", "warn", "info", "trace"};

static mmk_log_level level_from_env(void)
{
    const char *text = getenv("MMEKIT_TRACE");
    for (size_t i = 0; text != NULL && i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(text, level_names[i]) == 0)
            return (mmk_log_level)i;
    }
    return MMK_LOG_WARN;
}

static void posix_log(struct mmk_platform *self, mmk_log_level level, const char *text)
{
    struct posix_platform *platform = impl(self);
    if (level < MMK_LOG_ERROR || level > MMK_LOG_TRACE)
        level = MMK_LOG_TRACE;
    if (platform->log != NULL) {
        platform->log(platform->log_user, level, text);
        return;
    }
    if (level > platform->log_level)
        return;
    /* one write, so that the lines of two threads do not mix */
    char line[1024];
    if (!mmki_format(line, sizeof line - 1, "mmekit: %s: %s", level_names[level], text))
        memcpy(line + sizeof line - 5, "...", 4);
    size_t len = strlen(line);
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}

/* ------------------------------------------------------------------ modules */

static uint8_t view_bits(mmk_reg_view view)
{
    return view == MMK_VIEW_32 ? 32 : 64;
}

static mmk_err posix_inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                    struct mmk_module_info *info)
{
    struct mmki_module_place place;
    struct mmk_module_info found;
    if (impl(self)->prefix != NULL)
        return mmki_prefix_inspect(impl(self)->prefix, file, view, info);
    mmk_err err = mmki_module_find(&impl(self)->source, file, view, &place);
    if (err != MMK_OK)
        return err;
    memset(&found, 0, sizeof found);
    if (!mmki_format(found.path, sizeof found.path, "%s", place.path))
        return MMK_ERR_TOO_LONG;
    if (place.builtin != NULL) {
        found.pointer_bits = view_bits(mmki_native_view());
        found.version = place.builtin->version;
        found.exports_driver_proc = place.builtin->driver_proc != NULL;
    } else {
        err = mmki_module_read(place.path, &found);
        if (err != MMK_OK)
            return err;
    }
    *info = found;
    return found.pointer_bits == view_bits(view) ? MMK_OK : MMK_ERR_BITNESS;
}

static mmk_err posix_try_load_module(struct mmk_platform *self, const char *file, char *reason,
                                     size_t cap)
{
    struct mmki_module_place place;
    if (impl(self)->prefix != NULL)
        return MMK_OK; /* a program of Wine's would have to: the trial of what needs it is one */
    mmk_err err = mmki_module_find(&impl(self)->source, file, mmki_native_view(), &place);
    if (err != MMK_OK) {
        (void)mmki_format(reason, cap, "there is no driver module named %s",
                          file != NULL ? file : "(nothing)");
        return err;
    }
    if (place.builtin != NULL)
        return MMK_OK;
    return mmki_module_try(place.path, TRY_LOAD_MS, reason, cap);
}

static mmk_err posix_try_installed(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                   uint32_t timeout_ms, char *reason, size_t cap)
{
    if (impl(self)->prefix != NULL)
        return mmki_prefix_try_installed(impl(self)->prefix, file, view, timeout_ms, reason, cap);
    (void)mmki_format(reason, cap, "there is nothing to try it with");
    return MMK_ERR_UNSUPPORTED;
}

void mmki_platform_set_prefix(struct mmk_platform *platform, struct mmki_prefix *prefix)
{
    impl(platform)->prefix = prefix;
}

/* ------------------------------------------------------------------ open and close */

static const struct mmk_platform_ops posix_platform_ops = {
    .now_ns = posix_now_ns,
    .wall_s = posix_wall_s,
    .sleep_ns = posix_sleep_ns,
    .alloc = posix_alloc,
    .free = posix_free,
    .mutex_create = posix_mutex_create,
    .mutex_destroy = posix_mutex_destroy,
    .mutex_lock = posix_mutex_lock,
    .mutex_unlock = posix_mutex_unlock,
    .event_create = posix_event_create,
    .event_destroy = posix_event_destroy,
    .event_set = posix_event_set,
    .event_wait = posix_event_wait,
    .thread_start = posix_thread_start,
    .thread_join = posix_thread_join,
    .thread_detach = posix_thread_detach,
    .thread_id = posix_thread_id,
    .cpu_features = posix_cpu_features,
    .program = posix_program,
    .env = posix_env,
    .log = posix_log,
    .inspect_module = posix_inspect_module,
    .try_load_module = posix_try_load_module,
    .try_installed = posix_try_installed,
};

mmk_err mmk_posix_platform_open(const struct mmk_posix_config *config, struct mmk_platform **out)
{
    static const struct mmk_posix_config defaults;
    if (out == NULL)
        return MMK_ERR_INVAL;
    if (config == NULL)
        config = &defaults;
    struct posix_platform *platform = calloc(1, sizeof *platform);
    if (platform == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = mmki_module_source_init(&platform->source, config->drivers_dir, config->modules,
                                          config->n_modules);
    if (err != MMK_OK) {
        free(platform);
        return err;
    }
    platform->base.ops = &posix_platform_ops;
    platform->log = config->log;
    platform->log_user = config->log_user;
    platform->log_level = level_from_env();
    *out = &platform->base;
    return MMK_OK;
}

void mmk_posix_platform_close(struct mmk_platform *platform)
{
    free(platform != NULL ? impl(platform) : NULL);
}
