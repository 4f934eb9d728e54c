/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "platform_cases.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A failed check ends the case and says what. */
#define NEED(condition, text) \
    do {                      \
        if (!(condition))     \
            return text;      \
    } while (0)

#define MS UINT64_C(1000000)

/* ------------------------------------------------------------------ time and memory */

static const char *clock_is_monotonic(struct mmk_platform *p)
{
    uint64_t last = p->ops->now_ns(p);
    for (int i = 0; i < 100000; i++) {
        uint64_t now = p->ops->now_ns(p);
        NEED(now >= last, "now_ns went back");
        last = now;
    }
    NEED(p->ops->wall_s(p) > UINT64_C(1600000000), "wall_s lies before 2020");
    return NULL;
}

static const char *sleep_is_not_short(struct mmk_platform *p)
{
    uint64_t begun = p->ops->now_ns(p);
    p->ops->sleep_ns(p, 0);
    p->ops->sleep_ns(p, 30 * MS);
    uint64_t took = p->ops->now_ns(p) - begun;
    NEED(took >= 30 * MS, "sleep_ns ended early");
    NEED(took < 2000 * MS, "sleep_ns slept far too long");
    return NULL;
}

static const char *memory_is_zeroed_and_aligned(struct mmk_platform *p)
{
    static const size_t sizes[] = {1, 63, 64, 65, 4096, 1000003};
    for (int round = 0; round < 3; round++) { /* the second time it comes from what was freed */
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *mem = p->ops->alloc(p, sizes[i]);
            NEED(mem != NULL, "alloc gave nothing");
            NEED((uintptr_t)mem % 64 == 0, "memory is not aligned to 64");
            for (size_t k = 0; k < sizes[i]; k++)
                NEED(mem[k] == 0, "memory is not zeroed");
            memset(mem, 0xaa, sizes[i]);
            p->ops->free(p, mem);
        }
    }
    p->ops->free(p, NULL);
    return NULL;
}

/* ------------------------------------------------------------------ events */

static const char *event_is_auto_reset(struct mmk_platform *p)
{
    struct mmk_event *event = p->ops->event_create(p);
    NEED(event != NULL, "no event");
    const char *broken = NULL;
    if (p->ops->event_wait(p, event, 0))
        broken = "a new event is set";
    p->ops->event_set(p, event);
    p->ops->event_set(p, event);
    if (!p->ops->event_wait(p, event, MMK_WAIT_FOREVER))
        broken = "a set event does not end a wait";
    if (p->ops->event_wait(p, event, 0))
        broken = "two sets ended two waits, or wait did not reset";
    p->ops->event_destroy(p, event);
    return broken;
}

static const char *event_wait_times_out(struct mmk_platform *p)
{
    struct mmk_event *event = p->ops->event_create(p);
    NEED(event != NULL, "no event");
    uint64_t begun = p->ops->now_ns(p);
    bool set = p->ops->event_wait(p, event, 30);
    uint64_t took = p->ops->now_ns(p) - begun;
    p->ops->event_destroy(p, event);
    NEED(!set, "an event that was never set ended a wait");
    NEED(took >= 30 * MS, "the wait ended early");
    NEED(took < 2000 * MS, "the wait ended far too late");
    return NULL;
}

/* ------------------------------------------------------------------ threads */

struct shared {
    struct mmk_platform *p;
    struct mmk_mutex *mutex;
    struct mmk_event *go, *done;
    uint64_t counter; /* guarded by mutex */
    uint64_t id;
    atomic_uint finished;
};

static void count_up(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 20000; i++) {
        s->p->ops->mutex_lock(s->p, s->mutex);
        s->counter++;
        s->p->ops->mutex_unlock(s->p, s->mutex);
    }
}

static const char *mutex_excludes(struct mmk_platform *p)
{
    struct shared s = {.p = p, .mutex = p->ops->mutex_create(p)};
    struct mmk_thread *threads[4];
    NEED(s.mutex != NULL, "no mutex");
    for (int i = 0; i < 4; i++)
        threads[i] = p->ops->thread_start(p, count_up, &s, MMK_PRIORITY_NORMAL, "count");
    for (int i = 0; i < 4; i++) {
        NEED(threads[i] != NULL, "no thread");
        p->ops->thread_join(p, threads[i]);
    }
    p->ops->mutex_destroy(p, s.mutex);
    NEED(s.counter == 80000, "two threads held the mutex at once");
    return NULL;
}

static void tell_id(void *arg)
{
    struct shared *s = arg;
    s->id = s->p->ops->thread_id(s->p);
    s->p->ops->event_wait(s->p, s->go, MMK_WAIT_FOREVER);
}

static const char *threads_have_ids_and_are_joined(struct mmk_platform *p)
{
    struct shared s = {.p = p, .go = p->ops->event_create(p)};
    NEED(s.go != NULL, "no event");
    NEED(p->ops->thread_id(p) != 0, "thread_id is 0");
    NEED(p->ops->thread_id(p) == p->ops->thread_id(p), "thread_id changes");
    for (int priority = MMK_PRIORITY_NORMAL; priority <= MMK_PRIORITY_AUDIO; priority++) {
        s.id = 0;
        struct mmk_thread *thread = p->ops->thread_start(p, tell_id, &s, (mmk_priority)priority,
                                                         "a name longer than any system takes");
        NEED(thread != NULL, "no thread of that priority");
        p->ops->event_set(p, s.go);
        p->ops->thread_join(p, thread);
        NEED(s.id != 0, "join returned before the thread had run");
        NEED(s.id != p->ops->thread_id(p), "two threads have one id");
    }
    p->ops->event_destroy(p, s.go);
    return NULL;
}

static void ping(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 2000; i++) {
        s->p->ops->event_wait(s->p, s->go, MMK_WAIT_FOREVER);
        s->counter++;
        s->p->ops->event_set(s->p, s->done);
    }
}

static const char *events_carry_memory_between_threads(struct mmk_platform *p)
{
    struct shared s = {.p = p, .go = p->ops->event_create(p), .done = p->ops->event_create(p)};
    const char *broken = NULL;
    struct mmk_thread *thread = p->ops->thread_start(p, ping, &s, MMK_PRIORITY_NORMAL, "ping");
    NEED(thread != NULL && s.go != NULL && s.done != NULL, "no thread or event");
    for (uint64_t i = 0; i < 2000; i++) {
        p->ops->event_set(p, s.go);
        if (!p->ops->event_wait(p, s.done, 5000))
            broken = "a wake-up was lost";
        if (s.counter != i + 1)
            broken = "what was written before a set is not seen after the wait";
    }
    p->ops->thread_join(p, thread);
    p->ops->event_destroy(p, s.go);
    p->ops->event_destroy(p, s.done);
    return broken;
}

static void finish(void *arg)
{
    struct shared *s = arg;
    atomic_fetch_add(&s->finished, 1);
}

static const char *detached_threads_end(struct mmk_platform *p)
{
    static struct shared s; /* outlives a thread that comes late */
    s.p = p;
    atomic_store(&s.finished, 0);
    if (p->ops->thread_detach == NULL)
        return NULL; /* optional */
    for (int i = 0; i < 50; i++) {
        struct mmk_thread *thread =
            p->ops->thread_start(p, finish, &s, MMK_PRIORITY_NORMAL, "detached");
        NEED(thread != NULL, "no thread");
        p->ops->thread_detach(p, thread);
    }
    for (int i = 0; i < 500 && atomic_load(&s.finished) < 50; i++)
        p->ops->sleep_ns(p, 10 * MS);
    NEED(atomic_load(&s.finished) == 50, "a detached thread did not run to its end");
    p->ops->sleep_ns(p, 20 * MS); /* and frees itself, for the leak checker to see */
    return NULL;
}

/* ------------------------------------------------------------------ the rest */

static const char *program_and_environment(struct mmk_platform *p)
{
    char text[256];
    char small[2];
    uint32_t pid = 0;
    p->ops->program(p, text, sizeof text, &pid);
    NEED(text[0] != '\0' && strchr(text, '/') == NULL && strchr(text, '\\') == NULL,
         "the program's name is empty or has a folder");
    NEED(pid != 0, "no process id");
    NEED(p->ops->env(p, "MMEKIT_SURELY_NOT_SET", text, sizeof text) == MMK_ERR_NOT_FOUND,
         "an absent variable is not NOT_FOUND");
    strcpy(small, "x");
    if (p->ops->env(p, "PATH", text, sizeof text) == MMK_OK)
        NEED(p->ops->env(p, "PATH", small, 1) == MMK_ERR_MORE, "a small buffer is not MORE");
    NEED(strcmp(small, "x") == 0, "a failed env wrote its buffer");
    return NULL;
}

static const char *absent_modules_are_not_found(struct mmk_platform *p)
{
    static const char *const names[] = {"surely-not-there.drv", "/no/such/folder/x.drv", ""};
    struct mmk_module_info info;
    struct mmk_module_info before;
    char reason[256];
    memset(&info, 0x5a, sizeof info);
    before = info;
    for (size_t i = 0; i < 3; i++) {
        NEED(p->ops->inspect_module(p, names[i], MMK_VIEW_64, &info) != MMK_OK,
             "inspect_module found what is not there");
        NEED(memcmp(&info, &before, sizeof info) == 0, "a failed inspect_module wrote info");
        reason[0] = '\0';
        NEED(p->ops->try_load_module(p, names[i], reason, sizeof reason) != MMK_OK,
             "try_load_module loaded what is not there");
        NEED(reason[0] != '\0', "try_load_module gave no reason");
    }
    return NULL;
}

const struct platform_case platform_cases[] = {
    {"clock_is_monotonic", clock_is_monotonic},
    {"sleep_is_not_short", sleep_is_not_short},
    {"memory_is_zeroed_and_aligned", memory_is_zeroed_and_aligned},
    {"event_is_auto_reset", event_is_auto_reset},
    {"event_wait_times_out", event_wait_times_out},
    {"mutex_excludes", mutex_excludes},
    {"threads_have_ids_and_are_joined", threads_have_ids_and_are_joined},
    {"events_carry_memory_between_threads", events_carry_memory_between_threads},
    {"detached_threads_end", detached_threads_end},
    {"program_and_environment", program_and_environment},
    {"absent_modules_are_not_found", absent_modules_are_not_found},
};
const size_t n_platform_cases = sizeof platform_cases / sizeof *platform_cases;
