/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DEVICE_WIN32_H
#define MMK_DEVICE_WIN32_H

/**
 * Inside the devices of shim-win32: the table of backends, and the two bodies that they share.
 *
 * A *paced* device (null, file, cable) has no time of its own: its thread renders when the clock
 * says so, and its calls end soon. A *worked* device (system, wod) stands before somebody else's
 * code, which may hang: everything it does there happens on its own thread, which is waited for
 * only so long and then left to itself, so that stop and close return whatever happens.
 */

#include "win32_internal.h"

#include <stdatomic.h>

#include <mmk/engine.h>

#define MMKI_REASON_BYTES 768u

struct mmki_backend {
    const char *name;
    bool has_clock; /* freewheel makes no sense with it */
    /** The index-th device. backend[] is filled by the caller. May hang: on a thread of its own. */
    mmk_err (*enumerate)(mmk_direction direction, uint32_t index, struct mmk_device_info *info);
    /** As mmk_devices_ops.probe, on a helper thread that may outlive the devices object, may hang
     *  and may crash. */
    mmk_err (*probe)(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                     char *reason, size_t cap);
    /** As mmk_devices_ops.open; on failure `reason` is filled, for the log. */
    mmk_err (*open)(struct mmki_win32_devices *devices, const struct mmk_device_config *config,
                    struct mmk_engine *engine, struct mmk_device **device,
                    struct mmk_device_caps *caps, char *reason, size_t cap);
    mmk_err (*start)(struct mmk_device *device);
    void (*stop)(struct mmk_device *device);
    void (*kick)(struct mmk_device *device);
    mmk_err (*close)(struct mmk_device *device);
};

/** First member of every backend's device. */
struct mmk_device {
    const struct mmki_backend *backend;
};

extern const struct mmki_backend mmki_backend_file;
extern const struct mmki_backend mmki_backend_null;
extern const struct mmki_backend mmki_backend_cable;
extern const struct mmki_backend mmki_backend_system;
extern const struct mmki_backend mmki_backend_wod;

/* ------------------------------------------------------------------ helper threads */

/**
 * Run a function on a thread of its own, for at most timeout_ms; a thread that does not come back
 * is left to itself, and keeps this module loaded. Memory that both sides use is the job's.
 *
 * A crash in it ends that thread and not the program. That is as much as can be had within one
 * process: locks that it held stay held, and what it overwrote stays overwritten. A helper process
 * would contain more, but would be another program than the one that is to play.
 *
 * @param run     on MMK_OK of this function it has returned
 * @param n_bytes of the job, copied from `job` and, on MMK_OK, back to it
 * @retval MMK_ERR_TIMEOUT, MMK_ERR_CRASHED, MMK_ERR_NOMEM (also: no thread)
 */
mmk_err mmki_run_aside(void (*run)(void *job), void *job, size_t n_bytes, uint32_t timeout_ms);

/* ------------------------------------------------------------------ time */

#define MMKI_NS_PER_S  UINT64_C(1000000000)
#define MMKI_NS_PER_MS UINT64_C(1000000)

/** How long so many frames last, and how many frames a time has. Rounded down, no overflow. */
uint64_t mmki_frames_ns(uint64_t frames, uint32_t rate_hz);
uint64_t mmki_ns_frames(uint64_t ns, uint32_t rate_hz);

/** Milliseconds from now until then, rounded up, 0 if it has come: for Windows' waits. */
uint32_t mmki_ms_until(uint64_t at_ns);

/** Format and period that a device without hardware has: those asked for, the period bounded to
 *  1 ms .. 1 s.  @retval MMK_ERR_FORMAT  the format is none; reason says so */
mmk_err mmki_soft_caps(const struct mmk_device_config *config, const struct mmk_format *format,
                       struct mmk_device_caps *caps, char *reason, size_t cap);

/** Let the calling thread be scheduled as one that plays sound. */
void mmki_audio_priority(void);

/* ------------------------------------------------------------------ paced devices */

struct mmki_paced;

/** All called on the device's own thread, but for running, wake and release. */
struct mmki_paced_ops {
    /** Playback: take what was rendered. audible_frames as in struct mmk_rendered. May wait a
     *  bounded time. */
    mmk_err (*write)(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                     uint32_t audible_frames);
    /** Capture: give frames; *n_frames is how many are wanted and may become fewer (not 0) with the
     *  freewheel clock. May wait a bounded time. */
    mmk_err (*read)(struct mmki_paced *paced, void *frames, uint32_t *n_frames);
    /** Started, and stopped (for good or until the next start). May be NULL. */
    void (*running)(struct mmki_paced *paced, bool is_running);
    /** stop was asked for: end a wait in write or read. Any thread. May be NULL. */
    void (*wake)(struct mmki_paced *paced);
    /** Free what the backend holds, not the paced part. May be NULL. */
    mmk_err (*release)(struct mmki_paced *paced);
};

/** First member of the devices of null, file and cable. Memory: mmki_alloc, freed by
 *  mmki_paced_close. */
struct mmki_paced {
    struct mmk_device base;
    const struct mmki_paced_ops *ops;
    struct mmki_win32_devices *devices;
    struct mmk_engine *engine;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    size_t frame_bytes;
    unsigned char *buffer; /* one period */

    SRWLOCK control;         /* held over start and stop, never by the device's thread */
    HANDLE thread;           /* NULL = stopped */
    struct mmki_signal wake; /* kick and stop */
    atomic_bool stopping;
    atomic_ulong thread_id; /* of the device's thread, to know it */

    /* the thread's own */
    uint64_t frames; /* since open */
    uint64_t anchor_ns, anchor_frames;
    bool complained, was_late;
};

/** Fill the paced part of a zeroed device. On failure nothing is held, the memory stays the
 *  caller's.  @retval MMK_ERR_NOMEM */
mmk_err mmki_paced_init(struct mmki_paced *paced, const struct mmki_backend *backend,
                        const struct mmki_paced_ops *ops, struct mmki_win32_devices *devices,
                        const struct mmk_device_config *config, struct mmk_engine *engine,
                        const struct mmk_device_caps *caps);

/** Undo init, of a device that was never started. */
void mmki_paced_fini(struct mmki_paced *paced);

/** Whether stop was asked for. Any thread. */
bool mmki_paced_stopping(struct mmki_paced *paced);

/* The backend's functions of the same names. */
mmk_err mmki_paced_start(struct mmk_device *device);
void mmki_paced_stop(struct mmk_device *device);
void mmki_paced_kick(struct mmk_device *device);
mmk_err mmki_paced_close(struct mmk_device *device);

/* ------------------------------------------------------------------ worked devices */

struct mmki_work;

/** All called on the device's own thread, which may hang in any of them. */
struct mmki_work_ops {
    /** Open what is behind the device. On failure nothing is left open. */
    mmk_err (*setup)(struct mmki_work *work, struct mmk_device_caps *caps, char *reason,
                     size_t cap);
    void (*teardown)(struct mmki_work *work);
    /** Start and stop it. After end nothing of ours is with it. */
    mmk_err (*begin)(struct mmki_work *work);
    void (*end)(struct mmki_work *work);
    /** Move what can be moved, or wait for that and for work->wake, a second at most.
     *  Failure ends the device: the engine hears the event. */
    mmk_err (*turn)(struct mmki_work *work, mmk_device_event *event);
};

enum mmki_want { MMKI_WANT_REST = 0, MMKI_WANT_RUN = 1, MMKI_WANT_END = 2 };

/** First member of the devices of system and wod. */
struct mmki_work {
    struct mmk_device base;
    const struct mmki_work_ops *ops;
    struct mmk_platform *platform;
    struct mmk_device_config config;
    struct mmk_device_caps caps;
    HANDLE wake; /* auto-reset: kick, start, stop, and whatever the backend likes */

    CRITICAL_SECTION gate;     /* around each upcall, which may come back in by stop or close */
    struct mmk_engine *engine; /* under the gate; NULL once closed */
    bool may_render;           /* under the gate: between start and stop */

    SRWLOCK control;  /* held over start and stop, never by the device's thread */
    atomic_uint want; /* enum mmki_want, numbered: control writes, the thread reads */
    HANDLE answered;  /* auto-reset: the thread has done what was wanted */
    HANDLE thread;
    DWORD thread_id;
    HMODULE module;     /* the thread keeps it loaded */
    atomic_int holders; /* thread and opener; the last one frees */
    mmk_err err;        /* of setup or begin, when answered */
    atomic_bool gone;
    bool running;                   /* the thread's own */
    char reason[MMKI_REASON_BYTES]; /* of setup, when answered */
};

/**
 * Make a worked device: n_bytes of zeroed memory whose first member is the work, a thread that runs
 * ops->setup, and wait for it. The memory goes with the last of both sides.
 * @retval what setup answers; MMK_ERR_TIMEOUT, MMK_ERR_NOMEM
 */
mmk_err mmki_work_open(size_t n_bytes, const struct mmki_backend *backend,
                       const struct mmki_work_ops *ops, struct mmki_win32_devices *devices,
                       const struct mmk_device_config *config, struct mmk_engine *engine,
                       struct mmk_device **device, struct mmk_device_caps *caps, char *reason,
                       size_t cap);

/** setup and teardown alone, on the calling thread. */
mmk_err mmki_work_probe(size_t n_bytes, const struct mmki_work_ops *ops,
                        const struct mmk_device_config *config, struct mmk_device_caps *caps,
                        char *reason, size_t cap);

/* Upcalls, on the device's own thread. @return false: the device has been stopped, nothing was
 * called */
bool mmki_work_render(struct mmki_work *work, void *buffer, uint32_t n_frames, bool *pending);
/** @param pending  what render said */
bool mmki_work_played(struct mmki_work *work, uint64_t frames, bool pending);
/** Playback: frames that could be rendered now without a hole. @return 0 also when stopped */
uint32_t mmki_work_ready(struct mmki_work *work, uint32_t max_frames);
/** Freewheel clock: frames that may be rendered now. @return 0 also when stopped */
uint32_t mmki_work_frames(struct mmki_work *work, uint32_t max_frames, uint32_t *wait_ms);

/** Whether the device is to stop: for loops that wait. */
bool mmki_work_stopping(struct mmki_work *work);

void mmki_work_log(struct mmki_work *work, mmk_log_level level, const char *text);

/* The backend's functions of the same names. */
mmk_err mmki_work_start(struct mmk_device *device);
void mmki_work_stop(struct mmk_device *device);
void mmki_work_kick(struct mmk_device *device);
mmk_err mmki_work_close(struct mmk_device *device);

#endif
