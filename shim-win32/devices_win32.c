/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The devices seam: files to play into and record from, and the null device.
 *
 * Each open device has one thread, the pump, between start and stop: it asks the engine for a
 * period when the clock says so, hands it to the file, tells the engine that it was played, and
 * wakes the notifier. Real clock: frames are due at absolute times of the monotonic clock; the
 * system's timer may come late by a tick, and then the missed periods follow at once.
 */
#include "win32_internal.h"

#include <stdatomic.h>
#include <string.h>

#include <mmk/engine.h>

#define NS_PER_S      UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)
#define STACK_BYTES   (256u * 1024u)
#define PERIODS_PER_S 100u /* the default period is 10 ms */
#define FLUSH_PER_S   4u   /* how often what was recorded reaches the file */
#define PERIOD_MAX    65536u

struct mmk_device {
    struct mmki_win32_devices *owner;
    struct mmk_engine *engine;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    size_t frame_bytes;
    struct mmki_wav_out *out; /* or NULL */
    struct mmki_wav_in *in;   /* or NULL */
    HANDLE thread;            /* NULL = stopped */
    HANDLE wake;              /* auto-reset: kick and stop */
    atomic_bool quit;         /* stop sets it, the pump reads it */
    uint64_t frames;          /* rendered since open; the pump's */
    uint64_t origin_ns;       /* real clock: at this time ... */
    uint64_t origin_frames;   /* ... these were due */
    uint64_t flushed_frames;
    bool complained;
    unsigned char *buffer; /* one period */
};

static struct mmki_win32_devices *impl(struct mmk_devices *self)
{
    return (struct mmki_win32_devices *)(void *)self;
}

/* ------------------------------------------------------------------ the pump */

static uint64_t now_ns(const struct mmk_device *device)
{
    struct mmk_platform *platform = device->owner->platform;
    return platform->ops->now_ns(platform);
}

/** Frames of a time, whole seconds and the rest apart: no overflow in centuries. */
static uint64_t frames_in(uint64_t ns, uint32_t rate_hz)
{
    return ns / NS_PER_S * rate_hz + ns % NS_PER_S * rate_hz / NS_PER_S;
}

static void report(struct mmk_device *device, mmk_err err)
{
    char text[MMK_DEVICE_TEXT_MAX + 128];
    struct mmk_platform *platform = device->owner->platform;
    if (err == MMK_OK || device->complained)
        return;
    device->complained = true;
    mmki_format(text, sizeof text, "%s device \"%s\": %s; the sound is lost from here on",
                device->config.backend, device->config.path, mmk_err_text(err));
    platform->ops->log(platform, MMK_LOG_ERROR, text);
}

/** One piece through engine and file. Order: what is reported as played is in the file's hands. */
static void pump_frames(struct mmk_device *device, uint32_t n)
{
    mmk_direction direction = device->config.direction;
    if (direction == MMK_CAPTURE) {
        if (device->in != NULL)
            report(device, mmki_wav_in_read(device->in, device->buffer, n));
        else
            mmki_silence(&device->caps.format, device->buffer, n);
    }
    struct mmk_rendered r = mmk_engine_render(device->engine, direction, device->buffer, n);
    if (device->out != NULL)
        report(device, mmki_wav_out_write(device->out, device->buffer, n, r.audible_frames));
    device->frames += n;
    bool pending = mmk_engine_played(device->engine, device->frames);
    if (pending || r.pending)
        mmk_engine_wake(device->engine);
}

static void flush(struct mmk_device *device)
{
    device->flushed_frames = device->frames;
    if (device->out != NULL)
        report(device, mmki_wav_out_flush(device->out));
}

/** How many frames to take now; 0 and how long to wait otherwise. */
static uint32_t due_real(struct mmk_device *device, uint32_t *wait_ms)
{
    uint32_t rate = device->caps.format.rate_hz;
    uint32_t period = device->caps.period_frames;
    uint64_t now = now_ns(device);
    uint64_t due = device->origin_frames + frames_in(now - device->origin_ns, rate);
    if (due > device->frames && due - device->frames > rate) { /* the machine slept: from now on */
        device->origin_ns = now;
        device->origin_frames = device->frames;
        due = device->frames;
    }
    if (due >= device->frames + period)
        return period;
    uint64_t missing = device->frames + period - due;
    *wait_ms = (uint32_t)(missing * 1000 / rate) + 1;
    return 0;
}

static DWORD WINAPI pump(LPVOID arg)
{
    struct mmk_device *device = arg;
    bool freewheel = device->config.clock == MMK_CLOCK_FREEWHEEL;
    uint32_t flush_frames = device->caps.format.rate_hz / FLUSH_PER_S;
    if (!freewheel)
        SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST);
    device->origin_ns = now_ns(device);
    device->origin_frames = device->frames;
    while (!atomic_load_explicit(&device->quit, memory_order_acquire)) {
        uint32_t wait_ms = 0;
        uint32_t n = freewheel ? mmk_engine_freewheel_frames(
                                     device->engine, device->caps.period_max_frames, &wait_ms)
                               : due_real(device, &wait_ms);
        if (n > 0)
            pump_frames(device, n);
        else if (WaitForSingleObject(device->wake, wait_ms) == WAIT_TIMEOUT && freewheel)
            flush(device); /* nobody plays */
        if (device->frames - device->flushed_frames >= flush_frames)
            flush(device);
    }
    flush(device);
    return 0;
}

/* ------------------------------------------------------------------ open and close */

static mmk_err caps_of(const struct mmk_device_config *config, const struct mmk_format *format,
                       struct mmk_device_caps *caps)
{
    if (!mmk_format_valid(format))
        return MMK_ERR_FORMAT;
    uint32_t period = config->period_frames;
    if (period == 0)
        period = format->rate_hz / PERIODS_PER_S;
    if (period > PERIOD_MAX)
        period = PERIOD_MAX;
    *caps = (struct mmk_device_caps){
        .format = *format, .period_frames = period, .period_max_frames = period};
    return MMK_OK;
}

static bool is_backend(const struct mmk_device_config *config, const char *name)
{
    return strcmp(config->backend, name) == 0;
}

static bool config_valid(const struct mmk_device_config *config)
{
    return (unsigned)config->direction < MMK_DIRECTION_COUNT &&
           memchr(config->backend, 0, sizeof config->backend) != NULL &&
           memchr(config->path, 0, sizeof config->path) != NULL &&
           (config->clock == MMK_CLOCK_REAL || config->clock == MMK_CLOCK_FREEWHEEL);
}

/** The file behind the device, if it has one, and its format. */
static mmk_err open_medium(struct mmk_device *device, struct mmk_format *format)
{
    const struct mmk_device_config *config = &device->config;
    *format = config->format;
    if (is_backend(config, "null"))
        return MMK_OK;
    if (!is_backend(config, "file"))
        return MMK_ERR_UNSUPPORTED;
    if (config->direction == MMK_CAPTURE)
        return mmki_wav_in_open(config->path, format, &device->in, NULL, 0);
    return mmki_wav_out_open(&device->owner->used, config->path, format, &device->out);
}

static mmk_err release(struct mmk_device *device)
{
    mmk_err err = MMK_OK;
    if (device->out != NULL)
        err = mmki_wav_out_close(device->out);
    if (device->in != NULL)
        mmki_wav_in_close(device->in);
    if (device->wake != NULL)
        CloseHandle(device->wake);
    mmki_free(device->buffer);
    mmki_free(device);
    return err;
}

static mmk_err devices_open(struct mmk_devices *self, const struct mmk_device_config *config,
                            struct mmk_engine *engine, struct mmk_device **out,
                            struct mmk_device_caps *caps)
{
    struct mmk_format format;
    if (!config_valid(config))
        return MMK_ERR_INVAL;
    struct mmk_device *device = mmki_alloc(sizeof *device);
    if (device == NULL)
        return MMK_ERR_NOMEM;
    device->owner = impl(self);
    device->engine = engine;
    device->config = *config;
    mmk_err err = open_medium(device, &format);
    if (err == MMK_OK)
        err = caps_of(config, &format, &device->caps);
    if (err == MMK_OK) {
        device->frame_bytes = mmk_format_frame_bytes(&format);
        device->buffer = mmki_alloc(device->caps.period_max_frames * device->frame_bytes);
        device->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
        if (device->buffer == NULL || device->wake == NULL)
            err = MMK_ERR_NOMEM;
    }
    if (err != MMK_OK) {
        release(device);
        return err;
    }
    *caps = device->caps;
    *out = device;
    return MMK_OK;
}

static mmk_err devices_start(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    if (device->thread != NULL)
        return MMK_OK;
    atomic_store_explicit(&device->quit, false, memory_order_release);
    device->thread =
        CreateThread(NULL, STACK_BYTES, pump, device, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return device->thread != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

static void devices_stop(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    if (device->thread == NULL)
        return;
    atomic_store_explicit(&device->quit, true, memory_order_release);
    SetEvent(device->wake);
    WaitForSingleObject(device->thread, INFINITE);
    CloseHandle(device->thread);
    device->thread = NULL;
}

static void devices_kick(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    SetEvent(device->wake);
}

static mmk_err devices_close(struct mmk_devices *self, struct mmk_device *device)
{
    devices_stop(self, device);
    return release(device);
}

/* ------------------------------------------------------------------ enumerate and probe */

static mmk_err devices_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                                 struct mmk_device_info *info)
{
    (void)self;
    static const struct mmk_device_info known[] = {
        {.backend = "file", .name = "WAV file", .available = true},
        {.backend = "null", .name = "nothing (swallows, records silence)", .available = true},
    };
    if ((unsigned)direction >= MMK_DIRECTION_COUNT)
        return MMK_ERR_INVAL;
    if (index >= sizeof known / sizeof *known)
        return MMK_ERR_NOT_FOUND;
    *info = known[index];
    return MMK_OK;
}

/** One probe, on a thread of its own: a file on a network that hangs must not hang us. Whoever of
 *  the two is last frees it. */
struct probe_job {
    atomic_int holders;
    HMODULE module; /* kept loaded while the thread runs */
    HANDLE done;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    mmk_err err;
    char reason[512];
};

static void probe_let_go(struct probe_job *job)
{
    if (atomic_fetch_sub_explicit(&job->holders, 1, memory_order_acq_rel) == 1) {
        CloseHandle(job->done);
        mmki_free(job);
    }
}

static mmk_err probe_now(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                         char *reason, size_t cap)
{
    struct mmk_format format = config->format;
    mmk_err err = MMK_OK;
    if (is_backend(config, "file") && config->direction == MMK_CAPTURE) {
        struct mmki_wav_in *in;
        err = mmki_wav_in_open(config->path, &format, &in, reason, cap);
        if (err == MMK_OK)
            mmki_wav_in_close(in);
    } else if (is_backend(config, "file")) {
        err = mmki_wav_out_probe(config->path, reason, cap);
    } else if (!is_backend(config, "null")) {
        mmki_format(reason, cap, "there is no backend \"%s\" on this host: use file or null",
                    config->backend);
        return MMK_ERR_UNSUPPORTED;
    }
    if (err == MMK_OK) {
        err = caps_of(config, &format, caps);
        if (err != MMK_OK)
            mmki_format(reason, cap, "the device cannot have this format");
    }
    return err;
}

static DWORD WINAPI probe_thread(LPVOID arg)
{
    struct probe_job *job = arg;
    HMODULE module = job->module;
    job->err = probe_now(&job->config, &job->caps, job->reason, sizeof job->reason);
    SetEvent(job->done);
    probe_let_go(job);
    FreeLibraryAndExitThread(module, 0);
}

static struct probe_job *probe_start(const struct mmk_device_config *config)
{
    struct probe_job *job = mmki_alloc(sizeof *job);
    if (job == NULL)
        return NULL;
    job->config = *config;
    atomic_init(&job->holders, 2);
    job->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    union {
        LPTHREAD_START_ROUTINE code;
        LPCWSTR address;
    } here = {.code = probe_thread};
    HANDLE thread = NULL;
    if (job->done != NULL &&
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here.address, &job->module)) {
        thread = CreateThread(NULL, STACK_BYTES, probe_thread, job,
                              STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (thread == NULL)
            FreeLibrary(job->module);
    }
    if (thread != NULL) {
        CloseHandle(thread);
        return job;
    }
    if (job->done != NULL)
        CloseHandle(job->done);
    mmki_free(job);
    return NULL;
}

static mmk_err devices_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                             uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                             size_t cap)
{
    (void)self;
    if (!config_valid(config)) {
        mmki_format(reason, cap, "the device's settings are not valid");
        return MMK_ERR_INVAL;
    }
    struct probe_job *job = probe_start(config);
    if (job == NULL) {
        mmki_format(reason, cap, "there is no memory for a thread");
        return MMK_ERR_NOMEM;
    }
    mmk_err err = MMK_ERR_TIMEOUT;
    if (WaitForSingleObject(job->done, timeout_ms) == WAIT_OBJECT_0) {
        err = job->err;
        if (err == MMK_OK && caps != NULL)
            *caps = job->caps;
        if (err != MMK_OK)
            mmki_format(reason, cap, "%s", job->reason);
    } else {
        mmki_format(reason, cap, "\"%s\" did not answer within %u ms: is its disk there?",
                    config->path, timeout_ms);
    }
    probe_let_go(job);
    return err;
}

static const struct mmk_devices_ops devices_ops = {
    .enumerate = devices_enumerate,
    .probe = devices_probe,
    .open = devices_open,
    .start = devices_start,
    .stop = devices_stop,
    .kick = devices_kick,
    .close = devices_close,
};

void mmki_win32_devices_init(struct mmki_win32_devices *devices, struct mmk_platform *platform)
{
    devices->base.ops = &devices_ops;
    devices->platform = platform;
    InitializeSRWLock(&devices->used.lock);
}
