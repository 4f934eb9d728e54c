/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DEVICES_INTERNAL_H
#define MMK_DEVICES_INTERNAL_H

/**
 * Inside the devices of shim-posix: the table of backends, and the *paced* device, which is what
 * null, file and cable have in common: a thread that renders when the clock says so.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/engine.h>
#include <mmk/port.h>

#include "posix_internal.h"

/** The devices object of one port. */
struct mmki_devices {
    struct mmk_devices base;
    struct mmk_platform *platform;
    pthread_mutex_t mutex;        /* guards what follows */
    struct mmki_written *written; /* device_file.c: names that were played into */
    unsigned numbered;            /* device_file.c: last n of <program>-<pid>-<n>.wav */
};

struct mmki_backend {
    const char *name;
    /** The index-th device of this backend. backend[] is filled by the caller. */
    mmk_err (*enumerate)(mmk_direction direction, uint32_t index, struct mmk_device_info *info);
    /** As mmk_devices_ops.probe, on a helper thread that may outlive the devices object and may
     * hang. */
    mmk_err (*probe)(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                     char *reason, size_t cap);
    /** As mmk_devices_ops.open; on failure `reason` is filled, for the log. */
    mmk_err (*open)(struct mmki_devices *devices, const struct mmk_device_config *config,
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
#ifdef MMK_HAVE_ALSA
extern const struct mmki_backend mmki_backend_alsa;
#endif

/** Forget the written names. Called once, when the devices object closes. */
void mmki_file_forget(struct mmki_devices *devices);

#define MMKI_REASON_BYTES 768u

/* ------------------------------------------------------------------ sound and time */

/** Frames of silence in a format. */
void mmki_silence(const struct mmk_format *format, void *frames, size_t n_frames);

/** Whether silence is zero bytes. */
bool mmki_silence_is_zero(const struct mmk_format *format);

/** CLOCK_MONOTONIC. */
uint64_t mmki_now_ns(void);

/** How long so many frames last. Exact (rounded down), without overflow for centuries. */
uint64_t mmki_frames_ns(uint64_t frames, uint32_t rate_hz);

/** Wait on a condition of the monotonic clock until an absolute time. @return false: it has come */
bool mmki_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t at_ns);

/** A condition variable on the monotonic clock. */
bool mmki_cond_init(pthread_cond_t *cond);

/** Format and period that a software device has: those asked for, period bounded to 1 ms .. 1 s.
 *  @retval MMK_ERR_FORMAT  the format is none; reason says so */
mmk_err mmki_soft_caps(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                       char *reason, size_t cap);

/* ------------------------------------------------------------------ paced devices */

struct mmki_paced;

/** All called on the device's own thread, but for wake and release. */
struct mmki_paced_ops {
    /** Playback: take what was rendered. audible_frames as in struct mmk_rendered. May wait a
     * bounded time. Failure ends the device: the engine hears MMK_DEVICE_GONE, close answers the
     * error. */
    mmk_err (*write)(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                     uint32_t audible_frames);
    /** Capture: give frames; *n_frames is how many are wanted and may become fewer (not 0) with the
     * freewheel clock. May wait a bounded time. */
    mmk_err (*read)(struct mmki_paced *paced, void *frames, uint32_t *n_frames);
    /** Started, and stopped (for good or until the next start). May be NULL. */
    void (*running)(struct mmki_paced *paced, bool is_running);
    /** stop was asked for: end a wait in write or read. Any thread. May be NULL. */
    void (*wake)(struct mmki_paced *paced);
    /** Free what the backend holds, not the paced part; write out the rest. May be NULL. */
    mmk_err (*release)(struct mmki_paced *paced);
};

/** First member of the devices of null, file and cable. Memory: calloc, freed by mmki_paced_close.
 */
struct mmki_paced {
    struct mmk_device base;
    const struct mmki_paced_ops *ops;
    struct mmki_devices *devices;
    struct mmk_engine *engine;
    mmk_direction direction;
    mmk_clock clock;
    struct mmk_device_caps caps;
    size_t frame_bytes;
    void *buffer; /* one period */

    pthread_mutex_t control; /* held over start and stop, never by the device's thread */
    struct mmk_thread *thread;

    pthread_mutex_t mutex; /* guards the rest; never held over a call out */
    pthread_cond_t cond;
    bool stopping;
    bool kicked;
    mmk_err failed; /* the thread ended by itself */

    uint64_t frames; /* since open; the thread's own */
    uint64_t anchor_ns, anchor_frames;
};

/** Fill the paced part of a zeroed device. On failure nothing is held, the memory stays the
 * caller's.
 *  @retval MMK_ERR_NOMEM, MMK_ERR_RANGE */
mmk_err mmki_paced_init(struct mmki_paced *paced, const struct mmki_backend *backend,
                        const struct mmki_paced_ops *ops, struct mmki_devices *devices,
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

#endif
