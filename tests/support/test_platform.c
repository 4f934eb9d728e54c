/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

#include "test_platform.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENV_MAX = 16, MODULES_MAX = 32, GUARD_BYTES = 64 };
enum { BLOCK_LIVE = 0x4c495645, BLOCK_DEAD = 0x44454144, GUARD_FILL = 0xA5 };

/* sits in the 64 bytes before the memory handed out */
struct block {
    uint32_t state;
    size_t n_bytes;
    uint64_t serial;
    struct block *prev, *next;
    void *raw; /* what malloc gave: the block begins at the next multiple of 64 */
};
_Static_assert(sizeof(struct block) <= 64, "the header must not disturb the alignment");

/* Watching must not order what the code under test leaves unordered, or a thread sanitizer would
 * miss races: what is looked at on every lock, event and clock reading is atomic and relaxed, never
 * under the platform's lock. */
struct mmk_mutex {
    pthread_mutex_t lock;
    _Atomic uint64_t holder; /* thread number, 0 = free */
    struct mmk_mutex *prev, *next;
};

struct mmk_event {
    pthread_mutex_t lock; /* taken inside the platform's lock by move_clock() only */
    pthread_cond_t wake;
    bool set;
    struct mmk_event *prev, *next;
};

struct mmk_thread {
    pthread_t id;
    struct test_platform *platform;
    void (*run)(void *arg);
    void *arg;
    uint64_t number;
    bool detached, ended; /* guarded by the platform's lock; who comes second frees */
    char name[32];
    struct mmk_thread *prev, *next;
};

struct module {
    char file[MMK_DEVICE_TEXT_MAX];
    mmk_reg_view view;
    struct mmk_module_info info;
    mmk_err inspect, load;
    char reason[256];
};

struct test_platform {
    struct mmk_platform seam; /* first member */
    uint32_t flags;
    _Atomic uint64_t virtual_now_ns;
    atomic_uint faults;
    pthread_mutex_t lock; /* guards everything below; no client's mutex is taken inside it */
    struct block *blocks;
    size_t n_blocks, n_bytes;
    uint64_t n_allocs, fail_alloc, fail_create;
    struct mmk_mutex *mutexes;
    struct mmk_event *events;
    struct mmk_thread *threads;
    unsigned n_detached; /* still running */
    uint32_t cpu_features;
    char program[64];
    uint32_t pid;
    struct {
        char name[64];
        char value[512];
    } env[ENV_MAX];
    struct module modules[MODULES_MAX];
    unsigned n_logged[MMK_LOG_TRACE + 1];
    char last_log[512];
};

static _Thread_local uint64_t this_thread;
static _Thread_local unsigned locks_held;
static _Thread_local unsigned audio_depth;

static pthread_mutex_t numbers_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_number;

static uint64_t thread_number(void)
{
    if (this_thread == 0) {
        pthread_mutex_lock(&numbers_lock);
        this_thread = ++last_number;
        pthread_mutex_unlock(&numbers_lock);
    }
    return this_thread;
}

static struct test_platform *of(struct mmk_platform *self)
{
    return (struct test_platform *)(void *)self;
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
    char line[256];
    vsnprintf(line, sizeof line, format, args);
    fprintf(stderr, "test platform: %s\n", line);
}

__attribute__((format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    abort();
}

__attribute__((format(printf, 2, 3))) static void fault(struct test_platform *tp,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    atomic_fetch_add_explicit(&tp->faults, 1, memory_order_relaxed);
}

static void lock(struct test_platform *tp)
{
    pthread_mutex_lock(&tp->lock);
}

static void unlock(struct test_platform *tp)
{
    pthread_mutex_unlock(&tp->lock);
}

/* Entry of every call that audio context must not make. */
static void not_in_audio(struct test_platform *tp, const char *call)
{
    if (audio_depth > 0)
        fault(tp, "%s in audio context", call);
}

static void lock_for(struct test_platform *tp, const char *call)
{
    not_in_audio(tp, call);
    lock(tp);
}

#define LINK(head, item)           \
    do {                           \
        (item)->prev = NULL;       \
        (item)->next = (head);     \
        if ((head) != NULL)        \
            (head)->prev = (item); \
        (head) = (item);           \
    } while (0)

#define UNLINK(head, item)                     \
    do {                                       \
        if ((item)->prev != NULL)              \
            (item)->prev->next = (item)->next; \
        else                                   \
            (head) = (item)->next;             \
        if ((item)->next != NULL)              \
            (item)->next->prev = (item)->prev; \
    } while (0)

/* ------------------------------------------------------------------ clock */

static uint64_t real_now_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t tp_now_ns(struct mmk_platform *self)
{
    struct test_platform *tp = of(self);
    if (!(tp->flags & TEST_PLATFORM_VIRTUAL_CLOCK))
        return real_now_ns(CLOCK_MONOTONIC);
    return atomic_load_explicit(&tp->virtual_now_ns, memory_order_relaxed);
}

static uint64_t tp_wall_s(struct mmk_platform *self)
{
    struct test_platform *tp = of(self);
    if (tp->flags & TEST_PLATFORM_VIRTUAL_CLOCK)
        return 1700000000u + tp_now_ns(self) / 1000000000u;
    return real_now_ns(CLOCK_REALTIME) / 1000000000u;
}

/* With the lock held. */
static void move_clock(struct test_platform *tp, uint64_t now_ns)
{
    if (now_ns > atomic_load_explicit(&tp->virtual_now_ns, memory_order_relaxed))
        atomic_store_explicit(&tp->virtual_now_ns, now_ns, memory_order_relaxed);
    for (struct mmk_event *e = tp->events; e != NULL; e = e->next) {
        pthread_mutex_lock(&e->lock); /* no waiter is between its look at the clock and its wait */
        pthread_cond_broadcast(&e->wake);
        pthread_mutex_unlock(&e->lock);
    }
}

static void tp_sleep_ns(struct mmk_platform *self, uint64_t ns)
{
    struct test_platform *tp = of(self);
    not_in_audio(tp, "sleep_ns");
    if (tp->flags & TEST_PLATFORM_VIRTUAL_CLOCK) {
        test_platform_advance(tp, ns);
        return;
    }
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u),
                          .tv_nsec = (long)(ns % 1000000000u)};
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
        ;
}

void test_platform_advance(struct test_platform *tp, uint64_t ns)
{
    lock(tp);
    move_clock(tp, tp_now_ns(&tp->seam) + ns);
    unlock(tp);
}

void test_platform_set_now(struct test_platform *tp, uint64_t now_ns)
{
    lock(tp);
    move_clock(tp, now_ns);
    unlock(tp);
}

/* ------------------------------------------------------------------ memory */

static bool fails(uint64_t *countdown)
{
    if (*countdown == UINT64_MAX)
        return false;
    if (*countdown > 0) {
        --*countdown;
        return false;
    }
    *countdown = UINT64_MAX;
    return true;
}

static void *tp_alloc(struct mmk_platform *self, size_t n_bytes)
{
    struct test_platform *tp = of(self);
    void *raw = NULL;
    lock_for(tp, "alloc");
    tp->n_allocs++;
    if (fails(&tp->fail_alloc) || n_bytes > SIZE_MAX / 2 ||
        (raw = malloc(64 + 64 + n_bytes + GUARD_BYTES)) == NULL) {
        unlock(tp);
        return NULL;
    }
    unsigned char *mem = (unsigned char *)raw + 128 - (uintptr_t)raw % 64;
    struct block *b = (struct block *)(void *)(mem - 64);
    *b =
        (struct block){.state = BLOCK_LIVE, .n_bytes = n_bytes, .serial = tp->n_allocs, .raw = raw};
    LINK(tp->blocks, b);
    tp->n_blocks++;
    tp->n_bytes += n_bytes;
    unlock(tp);
    memset(mem, 0, n_bytes);
    memset(mem + n_bytes, GUARD_FILL, GUARD_BYTES);
    return mem;
}

/* with the lock held */
static void check_guard(struct test_platform *tp, const struct block *b)
{
    const unsigned char *guard = (const unsigned char *)b + 64 + b->n_bytes;
    for (int i = 0; i < GUARD_BYTES; i++)
        if (guard[i] != GUARD_FILL) {
            fault(tp, "block %llu of %zu bytes: byte %zu was written",
                  (unsigned long long)b->serial, b->n_bytes, b->n_bytes + (size_t)i);
            return;
        }
}

static void tp_free(struct mmk_platform *self, void *mem)
{
    struct test_platform *tp = of(self);
    if (mem == NULL)
        return;
    struct block *b = (struct block *)(void *)((unsigned char *)mem - 64);
    lock_for(tp, "free");
    if (b->state != BLOCK_LIVE) {
        fault(tp, b->state == BLOCK_DEAD ? "double free of %p" : "free of foreign memory %p", mem);
        unlock(tp);
        return;
    }
    check_guard(tp, b);
    b->state = BLOCK_DEAD;
    UNLINK(tp->blocks, b);
    tp->n_blocks--;
    tp->n_bytes -= b->n_bytes;
    unlock(tp);
    memset(mem, 0xDD, b->n_bytes); /* use after free shows at once, with or without a sanitizer */
    free(b->raw);
}

/* ------------------------------------------------------------------ mutex */

static struct mmk_mutex *tp_mutex_create(struct mmk_platform *self)
{
    struct test_platform *tp = of(self);
    struct mmk_mutex *m = NULL;
    lock_for(tp, "mutex_create");
    if (!fails(&tp->fail_create))
        m = calloc(1, sizeof *m);
    if (m != NULL) {
        pthread_mutex_init(&m->lock, NULL);
        LINK(tp->mutexes, m);
    }
    unlock(tp);
    return m;
}

static void tp_mutex_destroy(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    struct test_platform *tp = of(self);
    if (mutex == NULL)
        return;
    lock_for(tp, "mutex_destroy");
    const uint64_t holder = atomic_load_explicit(&mutex->holder, memory_order_relaxed);
    if (holder != 0)
        fault(tp, "mutex destroyed while thread %llu holds it", (unsigned long long)holder);
    UNLINK(tp->mutexes, mutex);
    unlock(tp);
    pthread_mutex_destroy(&mutex->lock);
    free(mutex);
}

static void tp_mutex_lock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    const uint64_t me = thread_number();
    not_in_audio(of(self), "mutex_lock");
    if (atomic_load_explicit(&mutex->holder, memory_order_relaxed) == me)
        die("thread %llu locks a mutex that it holds", (unsigned long long)me);
    pthread_mutex_lock(&mutex->lock);
    atomic_store_explicit(&mutex->holder, me, memory_order_relaxed);
    locks_held++;
}

static void tp_mutex_unlock(struct mmk_platform *self, struct mmk_mutex *mutex)
{
    const uint64_t me = thread_number();
    not_in_audio(of(self), "mutex_unlock");
    if (atomic_load_explicit(&mutex->holder, memory_order_relaxed) != me)
        die("thread %llu unlocks a mutex that it does not hold", (unsigned long long)me);
    atomic_store_explicit(&mutex->holder, 0, memory_order_relaxed);
    locks_held--;
    pthread_mutex_unlock(&mutex->lock);
}

/* ------------------------------------------------------------------ event */

static struct mmk_event *tp_event_create(struct mmk_platform *self)
{
    struct test_platform *tp = of(self);
    struct mmk_event *e = NULL;
    lock_for(tp, "event_create");
    if (!fails(&tp->fail_create))
        e = calloc(1, sizeof *e);
    if (e != NULL) {
        pthread_condattr_t attr;
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_mutex_init(&e->lock, NULL);
        pthread_cond_init(&e->wake, &attr);
        pthread_condattr_destroy(&attr);
        LINK(tp->events, e);
    }
    unlock(tp);
    return e;
}

static void tp_event_destroy(struct mmk_platform *self, struct mmk_event *event)
{
    struct test_platform *tp = of(self);
    if (event == NULL)
        return;
    lock_for(tp, "event_destroy");
    UNLINK(tp->events, event);
    unlock(tp);
    pthread_cond_destroy(&event->wake);
    pthread_mutex_destroy(&event->lock);
    free(event);
}

static void tp_event_set(struct mmk_platform *self, struct mmk_event *event)
{
    not_in_audio(of(self), "event_set");
    pthread_mutex_lock(&event->lock);
    event->set = true;
    pthread_cond_signal(&event->wake);
    pthread_mutex_unlock(&event->lock);
}

/* One step of waiting, with the event's lock held. @return false when the time is over */
static bool wait_step(struct test_platform *tp, struct mmk_event *event, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX || (tp->flags & TEST_PLATFORM_VIRTUAL_CLOCK)) {
        if (tp_now_ns(&tp->seam) >= deadline_ns)
            return false;
        pthread_cond_wait(&event->wake, &event->lock);
        return true;
    }
    const struct timespec ts = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                                .tv_nsec = (long)(deadline_ns % 1000000000u)};
    return pthread_cond_timedwait(&event->wake, &event->lock, &ts) != ETIMEDOUT;
}

/* Without threads nobody else can set the event: time passes at once. */
static bool wait_alone(struct test_platform *tp, struct mmk_event *event, uint64_t deadline_ns)
{
    const bool set = event->set;
    event->set = false;
    if (!set && deadline_ns == UINT64_MAX)
        die("event_wait would wait for ever: there are no threads");
    if (!set && (tp->flags & TEST_PLATFORM_VIRTUAL_CLOCK))
        test_platform_set_now(tp, deadline_ns);
    return set;
}

static bool tp_event_wait(struct mmk_platform *self, struct mmk_event *event, uint32_t timeout_ms)
{
    struct test_platform *tp = of(self);
    uint64_t deadline = UINT64_MAX;
    not_in_audio(tp, "event_wait");
    if (timeout_ms != MMK_WAIT_FOREVER)
        deadline = tp_now_ns(self) + (uint64_t)timeout_ms * 1000000u;
    if (tp->flags & TEST_PLATFORM_NO_THREADS)
        return wait_alone(tp, event, deadline);
    pthread_mutex_lock(&event->lock);
    while (!event->set && wait_step(tp, event, deadline))
        ;
    const bool set = event->set;
    event->set = false;
    pthread_mutex_unlock(&event->lock);
    return set;
}

/* ------------------------------------------------------------------ thread */

static void *thread_main(void *arg)
{
    struct mmk_thread *t = arg;
    lock(t->platform);
    t->number = thread_number();
    unlock(t->platform);
    t->run(t->arg);
    struct test_platform *tp = t->platform;
    lock(tp);
    const bool mine = t->detached;
    t->ended = true;
    if (mine)
        tp->n_detached--;
    unlock(tp);
    if (mine)
        free(t);
    return NULL;
}

static struct mmk_thread *tp_thread_start(struct mmk_platform *self, void (*run)(void *arg),
                                          void *arg, mmk_priority priority, const char *name)
{
    struct test_platform *tp = of(self);
    struct mmk_thread *t = NULL;
    (void)priority; /* needs rights that tests do not have */
    lock_for(tp, "thread_start");
    if (!(tp->flags & TEST_PLATFORM_NO_THREADS) && !fails(&tp->fail_create))
        t = calloc(1, sizeof *t);
    if (t != NULL) {
        t->platform = tp;
        t->run = run;
        t->arg = arg;
        snprintf(t->name, sizeof t->name, "%s", name);
        if (pthread_create(&t->id, NULL, thread_main, t) == 0) {
            LINK(tp->threads, t);
        } else {
            free(t);
            t = NULL;
        }
    }
    unlock(tp);
    return t;
}

static void tp_thread_join(struct mmk_platform *self, struct mmk_thread *thread)
{
    struct test_platform *tp = of(self);
    lock_for(tp, "thread_join");
    if (thread->number == thread_number())
        die("thread %s joins itself", thread->name);
    UNLINK(tp->threads, thread);
    unlock(tp);
    pthread_join(thread->id, NULL);
    free(thread);
}

static void tp_thread_detach(struct mmk_platform *self, struct mmk_thread *thread)
{
    struct test_platform *tp = of(self);
    lock_for(tp, "thread_detach");
    UNLINK(tp->threads, thread);
    pthread_detach(thread->id);
    thread->detached = true;
    const bool mine = thread->ended;
    if (!mine)
        tp->n_detached++;
    unlock(tp);
    if (mine)
        free(thread);
}

static uint64_t tp_thread_id(struct mmk_platform *self)
{
    (void)self;
    return thread_number();
}

unsigned test_platform_locks_held(void)
{
    return locks_held;
}

void test_platform_audio_enter(void)
{
    audio_depth++;
}

void test_platform_audio_leave(void)
{
    audio_depth--;
}

/* ------------------------------------------------------------------ the rest */

static uint32_t tp_cpu_features(struct mmk_platform *self)
{
    return of(self)->cpu_features; /* set before threads start */
}

static mmk_err copy_text(char *to, size_t cap, const char *from)
{
    if (strlen(from) >= cap)
        return MMK_ERR_MORE;
    strcpy(to, from);
    return MMK_OK;
}

static void tp_program(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid)
{
    struct test_platform *tp = of(self);
    lock_for(tp, "program");
    snprintf(name, cap, "%s", tp->program);
    *pid = tp->pid;
    unlock(tp);
}

static mmk_err tp_env(struct mmk_platform *self, const char *name, char *value, size_t cap)
{
    struct test_platform *tp = of(self);
    mmk_err err = MMK_ERR_NOT_FOUND;
    lock_for(tp, "env");
    for (int i = 0; i < ENV_MAX && err == MMK_ERR_NOT_FOUND; i++)
        if (tp->env[i].name[0] != '\0' && strcmp(tp->env[i].name, name) == 0)
            err = copy_text(value, cap, tp->env[i].value);
    unlock(tp);
    return err;
}

static void tp_log(struct mmk_platform *self, mmk_log_level level, const char *text)
{
    struct test_platform *tp = of(self);
    lock_for(tp, "log");
    if (level >= MMK_LOG_ERROR && level <= MMK_LOG_TRACE)
        tp->n_logged[level]++;
    else
        fault(tp, "log level %d", (int)level);
    snprintf(tp->last_log, sizeof tp->last_log, "%s", text);
    if (tp->flags & TEST_PLATFORM_LOG)
        fprintf(stderr, "log %d: %s\n", (int)level, text);
    unlock(tp);
}

static struct module *find_module(struct test_platform *tp, const char *file, int view)
{
    for (int i = 0; i < MODULES_MAX; i++) {
        struct module *m = &tp->modules[i];
        if (m->file[0] != '\0' && strcmp(m->file, file) == 0 &&
            (view < 0 || m->view == (mmk_reg_view)view))
            return m;
    }
    return NULL;
}

static mmk_err tp_inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                 struct mmk_module_info *info)
{
    struct test_platform *tp = of(self);
    mmk_err err = MMK_ERR_NOT_FOUND;
    lock_for(tp, "inspect_module");
    const struct module *m = find_module(tp, file, (int)view);
    if (m != NULL) {
        err = m->inspect;
        if (err == MMK_OK || err == MMK_ERR_BITNESS)
            *info = m->info;
    }
    unlock(tp);
    return err;
}

static mmk_err tp_try_load_module(struct mmk_platform *self, const char *file, char *reason,
                                  size_t cap)
{
    struct test_platform *tp = of(self);
    mmk_err err = MMK_ERR_NOT_FOUND;
    const char *text = "no such module";
    lock_for(tp, "try_load_module");
    const struct module *m = find_module(tp, file, -1);
    if (m != NULL) {
        err = m->load;
        text = m->reason;
    }
    if (err != MMK_OK && reason != NULL && cap > 0)
        snprintf(reason, cap, "%s", text);
    unlock(tp);
    return err;
}

static const struct mmk_platform_ops OPS = {
    .now_ns = tp_now_ns,
    .wall_s = tp_wall_s,
    .sleep_ns = tp_sleep_ns,
    .alloc = tp_alloc,
    .free = tp_free,
    .mutex_create = tp_mutex_create,
    .mutex_destroy = tp_mutex_destroy,
    .mutex_lock = tp_mutex_lock,
    .mutex_unlock = tp_mutex_unlock,
    .event_create = tp_event_create,
    .event_destroy = tp_event_destroy,
    .event_set = tp_event_set,
    .event_wait = tp_event_wait,
    .thread_start = tp_thread_start,
    .thread_join = tp_thread_join,
    .thread_detach = tp_thread_detach,
    .thread_id = tp_thread_id,
    .cpu_features = tp_cpu_features,
    .program = tp_program,
    .env = tp_env,
    .log = tp_log,
    .inspect_module = tp_inspect_module,
    .try_load_module = tp_try_load_module,
};

struct test_platform *test_platform_create(uint32_t flags)
{
    struct test_platform *tp = calloc(1, sizeof *tp);
    if (tp == NULL)
        die("out of memory");
    tp->seam.ops = &OPS;
    tp->flags = flags;
    atomic_init(&tp->virtual_now_ns, 1000000000u);
    atomic_init(&tp->faults, 0);
    tp->fail_alloc = UINT64_MAX;
    tp->fail_create = UINT64_MAX;
    snprintf(tp->program, sizeof tp->program, "test_program");
    tp->pid = 4242;
    pthread_mutex_init(&tp->lock, NULL);
    return tp;
}

/* A detached thread is about to end: give it a while. With the lock held. */
static void await_detached(struct test_platform *tp)
{
    const struct timespec ms = {.tv_nsec = 1000000};
    for (int i = 0; i < 5000 && tp->n_detached > 0; i++) {
        unlock(tp);
        nanosleep(&ms, NULL);
        lock(tp);
    }
    if (tp->n_detached > 0)
        die("%u detached threads do not end", tp->n_detached);
}

unsigned test_platform_destroy(struct test_platform *tp)
{
    lock(tp);
    await_detached(tp);
    while (tp->blocks != NULL) {
        struct block *b = tp->blocks;
        check_guard(tp, b);
        fault(tp, "leak: allocation number %llu, %zu bytes", (unsigned long long)b->serial,
              b->n_bytes);
        UNLINK(tp->blocks, b);
        free(b->raw);
    }
    for (struct mmk_mutex *m = tp->mutexes; m != NULL; m = m->next)
        fault(tp, "leak: a mutex");
    for (struct mmk_event *e = tp->events; e != NULL; e = e->next)
        fault(tp, "leak: an event");
    for (struct mmk_thread *t = tp->threads; t != NULL; t = t->next)
        fault(tp, "leak: thread %s was not joined", t->name);
    const unsigned faults = atomic_load(&tp->faults);
    const bool threads_left = tp->threads != NULL;
    unlock(tp);
    if (!threads_left) { /* a thread that still runs may use the seam: leave it */
        pthread_mutex_destroy(&tp->lock);
        free(tp);
    }
    return faults;
}

struct mmk_platform *test_platform_seam(struct test_platform *tp)
{
    return &tp->seam;
}

void test_platform_fail_alloc(struct test_platform *tp, uint64_t n)
{
    lock(tp);
    tp->fail_alloc = n;
    unlock(tp);
}

void test_platform_fail_create(struct test_platform *tp, uint64_t n)
{
    lock(tp);
    tp->fail_create = n;
    unlock(tp);
}

size_t test_platform_blocks_out(struct test_platform *tp)
{
    lock(tp);
    const size_t n = tp->n_blocks;
    unlock(tp);
    return n;
}

size_t test_platform_bytes_out(struct test_platform *tp)
{
    lock(tp);
    const size_t n = tp->n_bytes;
    unlock(tp);
    return n;
}

uint64_t test_platform_allocs(struct test_platform *tp)
{
    lock(tp);
    const uint64_t n = tp->n_allocs;
    unlock(tp);
    return n;
}

unsigned test_platform_faults(struct test_platform *tp)
{
    return atomic_load(&tp->faults);
}

void test_platform_set_cpu(struct test_platform *tp, uint32_t features)
{
    tp->cpu_features = features;
}

void test_platform_set_program(struct test_platform *tp, const char *name, uint32_t pid)
{
    lock(tp);
    snprintf(tp->program, sizeof tp->program, "%s", name);
    tp->pid = pid;
    unlock(tp);
}

void test_platform_set_env(struct test_platform *tp, const char *name, const char *value)
{
    int at = -1;
    lock(tp);
    for (int i = ENV_MAX - 1; i >= 0; i--)
        if (tp->env[i].name[0] == '\0' && at < 0)
            at = i;
    for (int i = 0; i < ENV_MAX; i++)
        if (strcmp(tp->env[i].name, name) == 0)
            at = i;
    if (at < 0)
        die("more than %d variables", ENV_MAX);
    snprintf(tp->env[at].name, sizeof tp->env[at].name, "%s", value != NULL ? name : "");
    snprintf(tp->env[at].value, sizeof tp->env[at].value, "%s", value != NULL ? value : "");
    unlock(tp);
}

void test_platform_set_module(struct test_platform *tp, const char *file, mmk_reg_view view,
                              const struct mmk_module_info *info, mmk_err inspect, mmk_err load,
                              const char *reason)
{
    lock(tp);
    struct module *m = find_module(tp, file, (int)view);
    for (int i = 0; i < MODULES_MAX && m == NULL; i++)
        if (tp->modules[i].file[0] == '\0')
            m = &tp->modules[i];
    if (m == NULL)
        die("more than %d modules", MODULES_MAX);
    snprintf(m->file, sizeof m->file, "%s", file);
    m->view = view;
    m->info = info != NULL ? *info : (struct mmk_module_info){.version = 0};
    m->inspect = inspect;
    m->load = load;
    snprintf(m->reason, sizeof m->reason, "%s", reason != NULL ? reason : "");
    unlock(tp);
}

unsigned test_platform_log_count(struct test_platform *tp, mmk_log_level level)
{
    lock(tp);
    const unsigned n = tp->n_logged[level];
    unlock(tp);
    return n;
}

void test_platform_log_last(struct test_platform *tp, char *text, size_t cap)
{
    lock(tp);
    snprintf(text, cap, "%s", tp->last_log);
    unlock(tp);
}
