/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_PORT_H
#define MMK_PORT_H

/**
 * The port: everything outside the core.
 *
 * The core knows no operating system. A shim fills one struct mmk_port, static and one for each module, and hands
 * it to mmk_driver_init(). Each member is a *seam*: a struct whose first member points at a const table
 * of functions; a backend makes that struct the first member of its own and finds itself again by
 * container-of. Every function takes its seam as `self`. All functions of the tables must be filled,
 * unless marked optional; core calls them only from `control` context, unless marked otherwise.
 *
 * Text is UTF-8; names that came from UTF-16 with lone surrogates are WTF-8. Registry data is bytes, exactly
 * as stored (REG_SZ: UTF-16LE, with or without a terminator).
 *
 * On failure a function changes nothing, outside and in its out-parameters, unless it says so.
 * Each seam has one contract suite in tests/contract/ that runs on every backend.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ registry */

/** Each root is a *hive* of its own for durability: it can fall back to an earlier state alone. */
typedef enum mmk_reg_root { MMK_REG_MACHINE = 0, MMK_REG_USER = 1, MMK_REG_ROOT_COUNT } mmk_reg_root;

/** Which program's eyes: 64-bit programs and the machine's own (native), or 32-bit ones (WOW6432Node).
 *  For HKCU both views are the same keys. On a 32-bit-only host there is no VIEW_32. */
typedef enum mmk_reg_view { MMK_VIEW_64 = 0, MMK_VIEW_32 = 1, MMK_VIEW_COUNT } mmk_reg_view;

/** A key by name. Stateless on purpose: there is no handle to leak, and a key that somebody deletes
 *  meanwhile is simply MMK_ERR_NOT_FOUND at the next call. */
struct mmk_reg_key {
    mmk_reg_root root;
    mmk_reg_view view;
    const char *path; /* "Software\\mmekit\\mmewave": WTF-8, backslashes, compared without case; the WOW6432Node
                         part is the backend's business and never in the path */
};

enum { /* the registry's own type numbers; any other is carried byte-exact */
    MMK_REG_NONE = 0,
    MMK_REG_SZ = 1,
    MMK_REG_EXPAND_SZ = 2,
    MMK_REG_BINARY = 3,
    MMK_REG_DWORD = 4,
    MMK_REG_DWORD_BE = 5,
    MMK_REG_LINK = 6,
    MMK_REG_MULTI_SZ = 7,
    MMK_REG_QWORD = 11
};

#define MMK_REG_NAME_MAX_BYTES 766u    /* key name: 255 UTF-16 units, WTF-8, with the final 0 */
#define MMK_REG_VALUE_NAME_MAX_UNITS 16383u
#define MMK_REG_DEPTH_MAX 512u

struct mmk_registry;
struct mmk_registry_ops {
    /**
     * Read a value. name NULL or "" = the key's default value.
     * @param data  may be NULL with cap 0 to ask for the size
     * @param len   out: the value's size in bytes, also with MMK_ERR_MORE
     * @retval MMK_ERR_NOT_FOUND  key or value is not there
     * @retval MMK_ERR_MORE       cap is too small; *type and *len are set, data is not written
     * @retval MMK_ERR_ACCESS, MMK_ERR_CORRUPT (the store itself is damaged), MMK_ERR_IO
     */
    mmk_err (*get)(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                   uint32_t *type, void *data, size_t cap, size_t *len);
    /** Create or replace a value of an existing key (NOT_FOUND if the key is not there).
     *  Visible to get at once; durable after flush. */
    mmk_err (*set)(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                   uint32_t type, const void *data, size_t len);
    mmk_err (*delete_value)(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name);
    /** Create ONE key; its parent must exist. A volatile key vanishes with the session (reboot,
     *  end of the wineserver). @retval MMK_ERR_EXISTS, MMK_ERR_NOT_FOUND (no parent) */
    mmk_err (*create_key)(struct mmk_registry *self, const struct mmk_reg_key *key, bool is_volatile);
    /** Delete ONE key that has no subkeys (its values go with it). @retval MMK_ERR_STATE if it has subkeys */
    mmk_err (*delete_key)(struct mmk_registry *self, const struct mmk_reg_key *key);
    /** Name of the index-th value ("" for the default value). Order is the store's. NOT_FOUND past the end,
     *  MORE if cap is too small. Changing values while enumerating restarts the numbering. */
    mmk_err (*enum_value)(struct mmk_registry *self, const struct mmk_reg_key *key, uint32_t index,
                          char *name, size_t cap);
    /** Name of the index-th direct subkey. With index 0 and NOT_FOUND the key exists or not: ask has_key. */
    mmk_err (*enum_key)(struct mmk_registry *self, const struct mmk_reg_key *key, uint32_t index,
                        char *name, size_t cap);
    /** MMK_OK if the key exists, else NOT_FOUND (or the error that kept us from knowing). */
    mmk_err (*has_key)(struct mmk_registry *self, const struct mmk_reg_key *key);
    /**
     * Make everything set so far in this root durable, waiting at most timeout_ms for it.
     * @retval MMK_OK           it survives a power cut from now on
     * @retval MMK_ERR_PENDING  handed over, may still be forgotten (Windows' lazy flush, Wine): the caller's
     *                          journal must be able to redo
     * @retval MMK_ERR_IO, MMK_ERR_NO_SPACE, MMK_ERR_ACCESS, MMK_ERR_LOCKED: not written; the changes stay visible
     *         to this process until discard
     * @retval MMK_ERR_CONFLICT  somebody else changed, since we looked, what we changed; nothing written, as above
     */
    mmk_err (*flush)(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms);
    /** Forget changes that flush has not handed over yet, where the backend buffers any (the file
     *  backend does); where it does not, nothing to do. */
    void (*discard)(struct mmk_registry *self);
};
struct mmk_registry {
    const struct mmk_registry_ops *ops;
    bool has_view_32; /* set by the backend at init */
};

/* ------------------------------------------------------------------ files (of the install plan) */

struct mmk_file_stat {
    uint64_t size_bytes;
    uint64_t hash; /* FNV-1a 64 of the content; only filled by hash() */
    bool is_dir;
};

/** Paths are the host's own, absolute. */
struct mmk_files;
struct mmk_files_ops {
    mmk_err (*stat)(struct mmk_files *self, const char *path, struct mmk_file_stat *st);
    mmk_err (*hash)(struct mmk_files *self, const char *path, struct mmk_file_stat *st);
    /** Copy to a new file (EXISTS if it is there) and make the copy durable. */
    mmk_err (*copy)(struct mmk_files *self, const char *from, const char *to);
    /** Rename within a folder, replacing `to`, and make it durable. BUSY: `to` is in use (loaded DLL). */
    mmk_err (*rename)(struct mmk_files *self, const char *from, const char *to);
    mmk_err (*remove)(struct mmk_files *self, const char *path);
    /** Remove at the next restart or when it is no longer in use; OK if removed at once. PENDING if later. */
    mmk_err (*remove_later)(struct mmk_files *self, const char *path);
    /** A line `key=value` of [section] in an INI file such as system.ini. value NULL deletes it. Atomic. */
    mmk_err (*ini_set)(struct mmk_files *self, const char *path, const char *section, const char *key,
                       const char *value);
    mmk_err (*ini_get)(struct mmk_files *self, const char *path, const char *section, const char *key,
                       char *value, size_t cap);
};
struct mmk_files {
    const struct mmk_files_ops *ops;
};

/* ------------------------------------------------------------------ journal, status, lock */

/** The journal's folder serves one registry. Everything here but the status and the log is under the lock. */
struct mmk_journal;
struct mmk_journal_ops {
    /** One holder over all processes and threads. The lock of a killed process is free within a second.
     *  @retval MMK_ERR_LOCKED after timeout_ms; MMK_ERR_ACCESS: no rights, or the folder belongs to someone else */
    mmk_err (*lock)(struct mmk_journal *self, uint32_t timeout_ms);
    void (*unlock)(struct mmk_journal *self);
    /** Read up to cap bytes at offset; *len 0 at the end (an absent journal is empty). No lock needed. */
    mmk_err (*read)(struct mmk_journal *self, uint64_t offset, void *data, size_t cap, size_t *len);
    /** Append; not durable before sync. After a failure the tail may be torn: reset before going on. */
    mmk_err (*append)(struct mmk_journal *self, const void *data, size_t len);
    /** Everything appended so far survives a power cut. After MMK_ERR_IO the same file is never synced
     *  again: go on with reset, which makes a new one. */
    mmk_err (*sync)(struct mmk_journal *self);
    /** Replace the whole journal by these bytes, atomically and durably; len 0 removes it. */
    mmk_err (*reset)(struct mmk_journal *self, const void *data, size_t len);
    /** The status file of one driver: last result as text. Replaced atomically; need not survive a power cut.
     *  An empty text removes it: with the last status and the journal all that the folder holds goes. */
    mmk_err (*status_write)(struct mmk_journal *self, const char *driver, const char *text);
    mmk_err (*status_read)(struct mmk_journal *self, const char *driver, char *text, size_t cap);
    /** One line into the install log, time stamped by the backend. */
    void (*log)(struct mmk_journal *self, const char *line);
};
struct mmk_journal {
    const struct mmk_journal_ops *ops;
};

/* ------------------------------------------------------------------ devices */

struct mmk_engine; /* engine.h */
struct mmk_device; /* a backend's own, opened device */

typedef enum mmk_direction { MMK_PLAYBACK = 0, MMK_CAPTURE = 1, MMK_DIRECTION_COUNT } mmk_direction;

typedef enum mmk_clock {
    MMK_CLOCK_REAL = 0,     /* time passes */
    MMK_CLOCK_FREEWHEEL = 1 /* as fast as the streams allow (engine.h) */
} mmk_clock;

#define MMK_DEVICE_TEXT_MAX 512u

struct mmk_device_config {
    mmk_direction direction;
    char backend[16];                /* "file", "null", "cable", "alsa", "system", "wod" */
    char path[MMK_DEVICE_TEXT_MAX];  /* file, cable name, ALSA PCM, alias; "" = the backend's default */
    struct mmk_format format;        /* wanted; capture from a file: rate and channels of the file win */
    uint32_t period_frames;          /* 0 = the backend's default (10 ms) */
    mmk_clock clock;
    uint32_t number;                 /* among its driver's devices, from 0: for the names of files */
};

struct mmk_device_info {
    char backend[16];
    char path[MMK_DEVICE_TEXT_MAX];
    char name[128]; /* for people */
    bool available;
};

/** What an opened (or probed) device really does. */
struct mmk_device_caps {
    struct mmk_format format;
    uint32_t period_frames;
    uint32_t period_max_frames; /* render is never asked for more at once */
    uint32_t latency_frames;    /* from render to the ear; 0 for files */
};

/**
 * The backend owns its thread and its I/O: between start and stop it calls mmk_engine_render() with any
 * 1 <= n <= period_max_frames, then mmk_engine_played() when it knows what has been heard. Devices never
 * call a client. Upcalls for trouble: mmk_engine_device_event().
 */
struct mmk_devices;
struct mmk_devices_ops {
    /** The index-th device that can be named; NOT_FOUND past the end. */
    mmk_err (*enumerate)(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                         struct mmk_device_info *info);
    /**
     * Prove that open would work with these settings, without lasting effect (a file to be written: its folder
     * is there and writable, an existing file is left alone), within timeout_ms even if the hardware hangs.
     * @param caps    out, may be NULL
     * @param reason  out: on failure a sentence that names cause and cure; cap at least 256
     * @retval MMK_ERR_NOT_FOUND, _BUSY, _ACCESS, _FORMAT, _TIMEOUT, _GONE, _UNSUPPORTED (no such backend here)
     */
    mmk_err (*probe)(struct mmk_devices *self, const struct mmk_device_config *config, uint32_t timeout_ms,
                     struct mmk_device_caps *caps, char *reason, size_t cap);
    /** Open and bind to the engine that renders; silent until start. */
    mmk_err (*open)(struct mmk_devices *self, const struct mmk_device_config *config,
                    struct mmk_engine *engine, struct mmk_device **device, struct mmk_device_caps *caps);
    /** Idempotent. */
    mmk_err (*start)(struct mmk_devices *self, struct mmk_device *device);
    /** After it returns render is not running and will not be called. Never called from render. Idempotent. */
    void (*stop)(struct mmk_devices *self, struct mmk_device *device);
    /** Called by the engine after a stream got something to do: a freewheel backend that waits looks again.
     *  Any thread; must not block. */
    void (*kick)(struct mmk_devices *self, struct mmk_device *device);
    /** Stops if needed; writes out what is buffered. @return IO/NO_SPACE if the medium did not take everything */
    mmk_err (*close)(struct mmk_devices *self, struct mmk_device *device);
};
struct mmk_devices {
    const struct mmk_devices_ops *ops;
};

/* ------------------------------------------------------------------ platform */

struct mmk_mutex;
struct mmk_event;
struct mmk_thread;

typedef enum mmk_priority { MMK_PRIORITY_NORMAL = 0, MMK_PRIORITY_AUDIO = 1 } mmk_priority;
typedef enum mmk_log_level { MMK_LOG_ERROR = 0, MMK_LOG_WARN, MMK_LOG_INFO, MMK_LOG_TRACE } mmk_log_level;

enum { MMK_CPU_SSE2 = 1u << 0, MMK_CPU_AVX2_FMA = 1u << 1, MMK_CPU_AVX512 = 1u << 2, MMK_CPU_NEON = 1u << 3 };

#define MMK_WAIT_FOREVER UINT32_MAX

/** What can be said of a driver module without running it. */
struct mmk_module_info {
    char path[MMK_DEVICE_TEXT_MAX]; /* full path as found; "builtin:<name>" for one linked into the program */
    uint8_t pointer_bits;           /* 32 or 64; 0 unknown */
    uint32_t version;               /* major << 24 | minor << 16 | patch; 0 unknown */
    uint64_t hash;                  /* FNV-1a 64 of the file; 0 for builtin */
    bool exports_driver_proc;
};

struct mmk_platform;
struct mmk_platform_ops {
    /** Monotonic. Any context, audio too. */
    uint64_t (*now_ns)(struct mmk_platform *self);
    /** Seconds since 1970, for texts only. */
    uint64_t (*wall_s)(struct mmk_platform *self);
    void (*sleep_ns)(struct mmk_platform *self, uint64_t ns);
    /** Zeroed memory, aligned to 64; NULL if there is none. Control side only. */
    void *(*alloc)(struct mmk_platform *self, size_t n_bytes);
    void (*free)(struct mmk_platform *self, void *mem); /* NULL is fine */
    /** Not recursive. NULL if none can be had. */
    struct mmk_mutex *(*mutex_create)(struct mmk_platform *self);
    void (*mutex_destroy)(struct mmk_platform *self, struct mmk_mutex *mutex);
    void (*mutex_lock)(struct mmk_platform *self, struct mmk_mutex *mutex);
    void (*mutex_unlock)(struct mmk_platform *self, struct mmk_mutex *mutex);
    /** Auto-reset: one wait is woken by one or more sets. */
    struct mmk_event *(*event_create)(struct mmk_platform *self);
    void (*event_destroy)(struct mmk_platform *self, struct mmk_event *event);
    /** Backends call it from their own thread after render; never from inside render. */
    void (*event_set)(struct mmk_platform *self, struct mmk_event *event);
    /** true = set, false = timeout_ms passed. */
    bool (*event_wait)(struct mmk_platform *self, struct mmk_event *event, uint32_t timeout_ms);
    /** NULL where there are no threads: callers then serve their work from reap(). */
    struct mmk_thread *(*thread_start)(struct mmk_platform *self, void (*run)(void *arg), void *arg,
                                       mmk_priority priority, const char *name);
    /** Wait for the end and free. Never called by the thread itself. */
    void (*thread_join)(struct mmk_platform *self, struct mmk_thread *thread);
    /** Optional. The thread frees itself when it ends; for one that closes itself and cannot be joined. */
    void (*thread_detach)(struct mmk_platform *self, struct mmk_thread *thread);
    /** Identity of the calling thread; never 0. */
    uint64_t (*thread_id)(struct mmk_platform *self);
    uint32_t (*cpu_features)(struct mmk_platform *self);
    /** Program (without folder and ending) and process id, for file names. */
    void (*program)(struct mmk_platform *self, char *name, size_t cap, uint32_t *pid);
    /** Environment variable; NOT_FOUND if absent, MORE if cap is too small. */
    mmk_err (*env)(struct mmk_platform *self, const char *name, char *value, size_t cap);
    void (*log)(struct mmk_platform *self, mmk_log_level level, const char *text);
    /** Find a driver module the way the host would for that view, and read its header; never runs it.
     *  @retval MMK_ERR_NOT_FOUND, MMK_ERR_CORRUPT (not a module), MMK_ERR_BITNESS (wrong for the view; info filled) */
    mmk_err (*inspect_module)(struct mmk_platform *self, const char *file, mmk_reg_view view,
                              struct mmk_module_info *info);
    /** Whether a module can really be loaded in this process (missing run-time libraries show here only);
     *  loads and unloads it. Not for the module that asks. @param reason  out on failure: what is missing */
    mmk_err (*try_load_module)(struct mmk_platform *self, const char *file, char *reason, size_t cap);
    /** Optional. Start a program of that view's width that knows nothing of us and opens what `file` was just
     *  installed for by the system's own ways; it is ended after timeout_ms.
     *  @param reason  out on failure: a sentence; cap at least 256
     *  @retval MMK_ERR_UNSUPPORTED  such a program cannot be started here: nothing was tried, nothing is wrong */
    mmk_err (*try_installed)(struct mmk_platform *self, const char *file, mmk_reg_view view, uint32_t timeout_ms,
                             char *reason, size_t cap);
};
struct mmk_platform {
    const struct mmk_platform_ops *ops;
};

/* ------------------------------------------------------------------ notify and ui */

/** Where a client wants to hear of something: the fields of WAVEOPENDESC and the open flags. */
struct mmk_callback {
    uint32_t flags;    /* CALLBACK_* bits of the open call (abi.h) */
    uintptr_t target;  /* function, event, window or thread id */
    uintptr_t handle;  /* the client's device handle (HWAVEOUT, ...) */
    uintptr_t user;    /* dwInstance */
};

struct mmk_notify;
struct mmk_notify_ops {
    /** What winmm's DriverCallback does. Called with no lock of ours held, on a control thread; the client may
     *  call back into the driver. */
    void (*deliver)(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                    uintptr_t p1, uintptr_t p2);
};
struct mmk_notify {
    const struct mmk_notify_ops *ops;
};

struct mmk_param_table; /* param.h */
struct mmk_settings;    /* param.h */

/** What came of something that the user asked for in a dialog, in words for showing. */
struct mmk_ui_said {
    char param[64]; /* the parameter that it is about, "" = none in particular */
    char text[768]; /* cause and cure, or what was done */
};

/**
 * What a dialog is about, and what it may do before it ends. Nothing of ours is locked while the
 * user thinks: each apply is a whole transaction.
 */
struct mmk_ui_session {
    const char *title; /* of the driver, for people */
    const struct mmk_param_table *table;
    uint32_t hosts; /* MMK_HOST_* bit of this host: rows and choices of others are not shown */
    bool saves;     /* apply saves, and may come several times; false: it only checks, and the
                       caller saves what the dialog returns */
    void *user;     /* for the functions */
    /** Take the settings over. On the thread of converse.
     *  @param settings  in: as the user wants them; out: as they hold now (sources anew)
     *  @param said      out, also on success (there may be something to say, or "")
     *  @return MMK_OK, or why not; then nothing changed */
    mmk_err (*apply)(void *user, struct mmk_settings *settings, struct mmk_ui_said *said);
    /** Play a second of a test tone with these settings, without saving them; returns when it is
     *  over. NULL: this driver plays nothing. On any one thread, at the same time as the others. */
    mmk_err (*tone)(void *user, const struct mmk_settings *settings, struct mmk_ui_said *said);
};

struct mmk_ui;
struct mmk_ui_ops {
    /**
     * Let the user change settings. Modal.
     * @param parent  a window, or 0
     * @retval MMK_OK             accepted; settings changed
     * @retval MMK_ERR_CANCELLED  settings untouched
     * @retval MMK_ERR_UNSUPPORTED  no way to ask here (no window, not interactive)
     */
    mmk_err (*prompt)(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent);
    /**
     * Optional. The same as a conversation: what apply refuses is shown and can be corrected, and
     * a test tone can be heard before anything is decided. Preferred to prompt where it is there.
     * @param settings  in: what holds now; out: what was applied last
     * @retval MMK_OK             accepted: apply agreed to the last state
     * @retval MMK_ERR_CANCELLED  ended without more; what was applied before stays
     * @retval MMK_ERR_UNSUPPORTED, MMK_ERR_NOMEM  nothing was shown
     */
    mmk_err (*converse)(struct mmk_ui *self, const struct mmk_ui_session *session,
                        struct mmk_settings *settings, uintptr_t parent);
};
struct mmk_ui {
    const struct mmk_ui_ops *ops;
};

/* ------------------------------------------------------------------ the port */

struct mmk_port {
    struct mmk_registry *registry;
    struct mmk_files *files;
    struct mmk_journal *journal;
    struct mmk_journal *user_journal; /* of the user's own settings, which whoever has no rights
                                         over the machine's can lock too; NULL: the one above */
    struct mmk_devices *devices;
    struct mmk_platform *platform;
    struct mmk_notify *notify;
    struct mmk_ui *ui;       /* NULL = silent */
    const char *host;        /* "posix", "wine", "windows": parameters may exist on some hosts only */
    uint8_t pointer_bits;    /* 32 or 64: of this process */
    const char *drivers_dir; /* where modules are installed, host's path; NULL = nothing is copied */
    const char *drivers_dir_other; /* the same for modules of the other width; NULL = the host has none */
    const char *windows_dir;       /* where system.ini is, host's path; NULL = the host has no such files */
};

/** Whether every required seam and function is there. @retval MMK_ERR_INVAL if not. Context: any. */
mmk_err mmk_port_check(const struct mmk_port *port);

#ifdef __cplusplus
}
#endif

#endif
