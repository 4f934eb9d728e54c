/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "device_cases.h"

#include <string.h>

#include "fake_engine.h"

#define PROBE_MS 20000u
#define NS_PER_S UINT64_C(1000000000)
#define LATE_NS  20000000 /* 80 us for each period: less than one that sleeps a tick too long */

/* A failed check ends the case and says what. */
#define NEED(condition, text) \
    do {                      \
        if (!(condition))     \
            return text;      \
    } while (0)

struct opened {
    struct mmk_engine engine;
    struct mmk_device *device;
    struct mmk_device_caps caps;
};

static const char *open_it(const struct device_env *env, struct opened *o)
{
    memset(o, 0, sizeof *o);
    fake_engine_init(&o->engine);
    mmk_err err =
        env->devices->ops->open(env->devices, &env->config, &o->engine, &o->device, &o->caps);
    if (err != MMK_OK) {
        fake_engine_fini(&o->engine);
        return "the config that should work does not open";
    }
    fake_engine_opened(&o->engine, env->config.direction, &o->caps);
    return NULL;
}

static mmk_err start_it(const struct device_env *env, struct opened *o)
{
    fake_engine_started(&o->engine);
    return env->devices->ops->start(env->devices, o->device);
}

static void stop_it(const struct device_env *env, struct opened *o)
{
    env->devices->ops->stop(env->devices, o->device);
    fake_engine_stopped(&o->engine);
}

/** Close, and say what was broken on the way, or `broken` if that is not NULL. */
static const char *close_it(const struct device_env *env, struct opened *o, const char *broken)
{
    mmk_err err = env->devices->ops->close(env->devices, o->device);
    if (broken == NULL)
        broken = fake_engine_breach(&o->engine);
    if (broken == NULL && err != MMK_OK)
        broken = "close failed though nothing went wrong";
    fake_engine_fini(&o->engine);
    return broken;
}

static void nap(const struct device_env *env, uint32_t ms)
{
    env->platform->ops->sleep_ns(env->platform, (uint64_t)ms * 1000000u);
}

/* ------------------------------------------------------------------ names and questions */

static const char *enumerate_ends(const struct device_env *env)
{
    struct mmk_device_info info;
    uint32_t n = 0;
    mmk_err err;
    bool ours = false;
    for (; n < 1000; n++) {
        memset(&info, 0x55, sizeof info);
        err = env->devices->ops->enumerate(env->devices, env->config.direction, n, &info);
        if (err != MMK_OK)
            break;
        NEED(memchr(info.backend, 0, sizeof info.backend) != NULL, "a backend name without end");
        NEED(memchr(info.name, 0, sizeof info.name) != NULL, "a device name without end");
        NEED(memchr(info.path, 0, sizeof info.path) != NULL, "a path without end");
        NEED(info.name[0] != '\0', "a device has no name for people");
        ours = ours || strcmp(info.backend, env->config.backend) == 0;
    }
    NEED(n > 0, "no device is listed");
    NEED(err == MMK_ERR_NOT_FOUND, "past the end is not MMK_ERR_NOT_FOUND");
    NEED(ours, "the backend under test is not listed");
    return NULL;
}

static const char *probe_says_what_open_does(const struct device_env *env)
{
    struct mmk_device_caps caps;
    struct opened o;
    char reason[256] = "";
    mmk_err err = env->devices->ops->probe(env->devices, &env->config, PROBE_MS, &caps, reason,
                                           sizeof reason);
    NEED(err == MMK_OK, "probe refuses what should work");
    NEED(mmk_format_valid(&caps.format), "probe gives a format that is none");
    NEED(caps.period_frames >= 1 && caps.period_frames <= caps.period_max_frames,
         "probe gives a period that is none");
    err =
        env->devices->ops->probe(env->devices, &env->config, PROBE_MS, NULL, reason, sizeof reason);
    NEED(err == MMK_OK, "probe does not take caps NULL, or had a lasting effect");
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    if (!mmk_format_same(&caps.format, &o.caps.format) ||
        caps.period_frames != o.caps.period_frames)
        broken = "open does something else than probe said";
    return close_it(env, &o, broken);
}

static const char *absent_is_named(const struct device_env *env)
{
    struct mmk_engine engine;
    struct mmk_device_caps caps;
    struct mmk_device_caps before;
    struct mmk_device *device = NULL;
    char reason[256] = "";
    if (env->absent.backend[0] == '\0')
        return NULL;
    memset(&caps, 0x5a, sizeof caps);
    before = caps;
    mmk_err err = env->devices->ops->probe(env->devices, &env->absent, PROBE_MS, &caps, reason,
                                           sizeof reason);
    NEED(err != MMK_OK, "probe finds a device that is not there");
    NEED(strlen(reason) > 10, "probe gives no reason");
    NEED(memcmp(&caps, &before, sizeof caps) == 0, "a failed probe wrote caps");
    fake_engine_init(&engine);
    mmk_err opened = env->devices->ops->open(env->devices, &env->absent, &engine, &device, &caps);
    fake_engine_fini(&engine);
    NEED(opened == err, "open and probe disagree on what is absent");
    NEED(device == NULL, "a failed open gave a device");
    NEED(memcmp(&caps, &before, sizeof caps) == 0, "a failed open wrote caps");
    return NULL;
}

static const char *unknown_backend_is_unsupported(const struct device_env *env)
{
    struct mmk_device_config config = env->config;
    char reason[256] = "";
    strcpy(config.backend, "theremin");
    mmk_err err =
        env->devices->ops->probe(env->devices, &config, PROBE_MS, NULL, reason, sizeof reason);
    NEED(err == MMK_ERR_UNSUPPORTED, "an unknown backend is not MMK_ERR_UNSUPPORTED");
    NEED(strstr(reason, "theremin") != NULL, "the reason does not name the backend");
    return NULL;
}

static const char *damaged_config_is_refused(const struct device_env *env)
{
    struct mmk_device_config config = env->config;
    char reason[256] = "";
    memset(config.backend, 'x', sizeof config.backend);
    NEED(env->devices->ops->probe(env->devices, &config, PROBE_MS, NULL, reason, sizeof reason) !=
             MMK_OK,
         "a backend name without end is taken");
    config = env->config;
    memset(config.path, 'x', sizeof config.path);
    NEED(env->devices->ops->probe(env->devices, &config, PROBE_MS, NULL, reason, sizeof reason) !=
             MMK_OK,
         "a path without end is taken");
    return NULL;
}

/* ------------------------------------------------------------------ life */

static const char *opened_is_silent(const struct device_env *env)
{
    struct opened o;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    nap(env, 40);
    if (fake_engine_look(&o.engine).renders != 0)
        broken = "it renders before start";
    return close_it(env, &o, broken);
}

static const char *start_renders_and_stop_ends(const struct device_env *env)
{
    struct opened o;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    for (int round = 0; round < 3 && broken == NULL; round++) {
        uint64_t before = fake_engine_look(&o.engine).played;
        if (start_it(env, &o) != MMK_OK || start_it(env, &o) != MMK_OK)
            broken = "start, or a second start, failed";
        else if (!fake_engine_wait(&o.engine, before + 3 * o.caps.period_frames, 20000))
            broken = "nothing was rendered within 20 s of start";
        stop_it(env, &o);
        stop_it(env, &o); /* idempotent */
        uint64_t after = fake_engine_look(&o.engine).renders;
        nap(env, 30);
        if (broken == NULL && fake_engine_look(&o.engine).renders != after)
            broken = "it renders after stop returned";
    }
    return close_it(env, &o, broken);
}

static const char *close_stops(const struct device_env *env)
{
    struct opened o;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    if (start_it(env, &o) != MMK_OK)
        broken = "start failed";
    else if (!fake_engine_wait(&o.engine, 1, 20000))
        broken = "nothing was rendered within 20 s of start";
    return close_it(env, &o, broken);
}

static const char *start_and_stop_fast(const struct device_env *env)
{
    struct opened o;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    for (int round = 0; round < 100 && broken == NULL; round++) {
        if (start_it(env, &o) != MMK_OK)
            broken = "start failed in a fast series";
        if (round % 7 == 0)
            env->platform->ops->sleep_ns(env->platform, 300000u * (unsigned)(round % 5));
        env->devices->ops->kick(env->devices, o.device);
        stop_it(env, &o);
    }
    return close_it(env, &o, broken);
}

/* ------------------------------------------------------------------ stop on another thread */

struct stopper {
    const struct device_env *env;
    struct opened *o;
    struct mmk_event *wake;
};

static void stop_when_woken(void *arg)
{
    struct stopper *s = arg;
    struct mmk_platform *platform = s->env->platform;
    platform->ops->event_wait(platform, s->wake, 20000);
    stop_it(s->env, s->o);
}

static void pass_on(struct mmk_engine *engine)
{
    struct stopper *s = engine->user;
    s->env->platform->ops->event_set(s->env->platform, s->wake);
}

/** As a client that calls waveOutReset and waveOutClose inside its callback, on the notifier's
 * thread. */
static const char *stop_from_the_notifier(const struct device_env *env)
{
    struct opened o;
    struct mmk_platform *platform = env->platform;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    struct stopper s = {.env = env, .o = &o, .wake = platform->ops->event_create(platform)};
    o.engine.user = &s;
    o.engine.on_wake = pass_on;
    o.engine.pending = true;
    struct mmk_thread *notifier =
        platform->ops->thread_start(platform, stop_when_woken, &s, MMK_PRIORITY_NORMAL, "notifier");
    if (start_it(env, &o) != MMK_OK)
        broken = "start failed";
    platform->ops->thread_join(platform, notifier);
    if (broken == NULL && fake_engine_look(&o.engine).wakes == 0)
        broken = "render said pending, and the device never called wake";
    broken = close_it(env, &o, broken);
    platform->ops->event_destroy(platform, s.wake);
    return broken;
}

/* ------------------------------------------------------------------ clocks */

/** How late a quarter of a second came. */
static const char *time_a_quarter(const struct device_env *env, int64_t *late_ns)
{
    struct mmk_platform *platform = env->platform;
    struct opened o;
    const char *broken = open_it(env, &o);
    if (broken != NULL)
        return broken;
    uint64_t rate = o.caps.format.rate_hz;
    uint64_t n = rate / 4 / o.caps.period_frames * o.caps.period_frames;
    uint64_t begun = platform->ops->now_ns(platform);
    if (start_it(env, &o) != MMK_OK || !fake_engine_wait(&o.engine, n, 20000))
        broken = "a quarter of a second was not rendered within 20 s";
    *late_ns = (int64_t)(platform->ops->now_ns(platform) - begun) - (int64_t)(n * NS_PER_S / rate);
    stop_it(env, &o);
    return close_it(env, &o, broken);
}

static const char *real_clock_keeps_time(const struct device_env *env)
{
    struct device_env real = *env;
    int64_t late_ns = 0;
    const char *broken = NULL;
    if (!env->exact_clock)
        return NULL;
    real.config.clock = MMK_CLOCK_REAL;
    real.config.period_frames = real.config.format.rate_hz / 1000; /* many: lateness would add up */
    /* never early; late only by what the machine's load makes it, so one good run of several is
     * enough */
    for (int i = 0; i < 20 && broken == NULL; i++) {
        broken = time_a_quarter(&real, &late_ns);
        if (broken == NULL && late_ns < 0)
            broken = "the real clock runs fast";
        if (late_ns < LATE_NS)
            break;
    }
    if (broken == NULL && late_ns >= LATE_NS)
        broken = "the real clock drifts: 20 ms late in a quarter of a second";
    return broken;
}

static const char *freewheel_waits_and_hears_kicks(const struct device_env *env)
{
    struct device_env free = *env;
    struct opened o;
    if (env->config.clock != MMK_CLOCK_FREEWHEEL)
        return NULL;
    const char *broken = open_it(&free, &o);
    if (broken != NULL)
        return broken;
    o.engine.budget = 0;
    o.engine.wait_ms = 60000; /* only a kick can end it in time */
    if (start_it(&free, &o) != MMK_OK)
        broken = "start failed";
    nap(env, 20);
    if (broken == NULL && fake_engine_look(&o.engine).renders != 0)
        broken = "freewheel renders though nothing may be rendered";
    uint64_t want = 10 * (uint64_t)o.caps.period_frames + 1; /* the last one is a short one */
    fake_engine_allow(&o.engine, want);
    free.devices->ops->kick(free.devices, o.device);
    if (broken == NULL && !fake_engine_wait(&o.engine, want, 20000))
        broken = "freewheel did not hear the kick";
    nap(env, 20);
    if (broken == NULL && fake_engine_look(&o.engine).rendered != want)
        broken = "freewheel rendered another count than it was allowed";
    stop_it(&free, &o);
    return close_it(&free, &o, broken);
}

const struct device_case device_cases[] = {
    {"enumerate_ends", enumerate_ends},
    {"probe_says_what_open_does", probe_says_what_open_does},
    {"absent_is_named", absent_is_named},
    {"unknown_backend_is_unsupported", unknown_backend_is_unsupported},
    {"damaged_config_is_refused", damaged_config_is_refused},
    {"opened_is_silent", opened_is_silent},
    {"start_renders_and_stop_ends", start_renders_and_stop_ends},
    {"close_stops", close_stops},
    {"start_and_stop_fast", start_and_stop_fast},
    {"stop_from_the_notifier", stop_from_the_notifier},
    {"real_clock_keeps_time", real_clock_keeps_time},
    {"freewheel_waits_and_hears_kicks", freewheel_waits_and_hears_kicks},
};
const size_t n_device_cases = sizeof device_cases / sizeof *device_cases;
