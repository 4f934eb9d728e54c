/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_MINI_WINMM_INTERNAL_H
#define MMK_MINI_WINMM_INTERNAL_H

/**
 * Inside mini-winmm.
 *
 * Locks. No lock is held while a driver runs, but for `opening` of its module: the messages of
 * opening and closing one module come one after the other. It is recursive, since a driver may open
 * itself again inside DRV_OPEN.
 *  - load_lock   recursive; loading and unloading the devices
 *  - opening     recursive; one per module
 *  - mutex       everything else in struct mmk_winmm; innermost
 *  - registry_lock  calls to the registry
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/posix.h>

#include "posix_internal.h"

#define MMKI_WINMM_HANDLES 4096u /* of all kinds together, as the low bits of a handle can say */
#define MMKI_WINMM_SLOTS   10u   /* wave, wave1 .. wave9 */
#define MMKI_WINMM_DEVICES 256u  /* of one type */
#define MMKI_WINMM_VALUE   260u /* units of winmm's buffer for an alias value, terminator included \
                                 */

enum mmki_winmm_type {
    MMKI_WAVE_OUT = 0,
    MMKI_WAVE_IN,
    MMKI_AUX,
    MMKI_MIXER,
    MMKI_WINMM_TYPES,
    MMKI_DRIVER = MMKI_WINMM_TYPES /* as the kind of a handle */
};

/** wodMessage and its siblings. */
typedef uint32_t mmki_device_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                                     uintptr_t p2);
/** DriverProc. */
typedef intptr_t mmki_driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                                  intptr_t lparam2);

/** A module that is in use. */
struct mmki_module {
    struct mmki_module *next;
    void *library;      /* dlopen's, or NULL: built in */
    unsigned users;     /* calls that look at it, and drivers; at 0 it is freed */
    unsigned n_drivers; /* opened, sessions included */
    bool is_loaded;     /* LOAD was answered with 1 and FREE not sent yet */
    uintptr_t number;   /* what GetDriverModuleHandle gives */
    pthread_mutex_t opening;
    mmki_driver_proc *driver_proc;
    mmki_device_message *message[MMKI_WINMM_TYPES];
    char path[MMKI_PATH_MAX];
    const char *file; /* the last part of path */
};

/** What a handle stands for. */
struct mmki_object {
    enum mmki_winmm_type kind;
    uintptr_t handle;
    unsigned users; /* calls that run with it, and the table */
    struct mmki_module *module;
    /* a driver */
    uintptr_t id;    /* dwDriverId */
    bool is_session; /* opened by ourselves before the first real one */
    /* a device */
    uint32_t device; /* number in its module */
    uint32_t global; /* number for the program */
    uintptr_t user;  /* the driver writes its instance here */
};

/** A device that the program can number. */
struct mmki_winmm_device {
    struct mmki_module *module;
    uint32_t device; /* number in its module */
    char alias[16];
};

/** A driver that was opened for its devices. */
struct mmki_winmm_loaded {
    uintptr_t hdrvr;
    struct mmki_module *module;
    bool is_on[MMKI_WINMM_TYPES]; /* DRVM_INIT was sent and accepted */
};

struct mmk_winmm {
    struct mmk_registry *registry;
    struct mmk_platform *platform;
    struct mmki_module_source source;
    mmk_winmm_trace *trace;
    void *trace_user;

    pthread_mutex_t registry_lock;
    pthread_mutex_t load_lock;
    bool is_loading;
    bool are_devices_loaded;
    struct mmki_winmm_loaded loaded[3 * MMKI_WINMM_SLOTS];
    unsigned n_loaded;

    pthread_mutex_t mutex;
    struct mmki_module *modules;
    uintptr_t last_module;
    struct mmki_object *objects[MMKI_WINMM_HANDLES];
    uint16_t generation[MMKI_WINMM_HANDLES];
    struct mmki_winmm_device devices[MMKI_WINMM_TYPES][MMKI_WINMM_DEVICES];
    uint32_t n_devices[MMKI_WINMM_TYPES];
    char error_text[512];
};

/* ------------------------------------------------------------------ mini_winmm.c */

/** Keep a sentence for mmk_winmm_error_text(). */
void mmki_winmm_fail(struct mmk_winmm *mm, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A new object with a handle and one user, the table's. NULL: no memory, or all handles are in
 * use. */
struct mmki_object *mmki_winmm_new_object(struct mmk_winmm *mm, enum mmki_winmm_type kind,
                                          struct mmki_module *module);
/** The object of a handle, with one user more; NULL if it is none of that kind. */
struct mmki_object *mmki_winmm_get(struct mmk_winmm *mm, uintptr_t handle,
                                   enum mmki_winmm_type kind);
void mmki_winmm_put(struct mmk_winmm *mm, struct mmki_object *object);
/** The handle is no more; the object goes with its last user. */
void mmki_winmm_drop(struct mmk_winmm *mm, struct mmki_object *object);

/** One user more or less of a module. */
void mmki_winmm_hold_module(struct mmk_winmm *mm, struct mmki_module *module);
void mmki_winmm_release_module(struct mmk_winmm *mm, struct mmki_module *module);

/** Send to a device function and tell the trace. */
uint32_t mmki_winmm_send(struct mmk_winmm *mm, struct mmki_module *module,
                         enum mmki_winmm_type type, uint32_t device, uint32_t msg, uintptr_t user,
                         uintptr_t p1, uintptr_t p2);

/* ------------------------------------------------------------------ mini_winmm_devices.c */

/** Load the devices if that has not been done. */
void mmki_winmm_load_devices(struct mmk_winmm *mm);
/** DISABLE, EXIT and CloseDriver for what was loaded. */
void mmki_winmm_unload_devices(struct mmk_winmm *mm);

/** Where a message for a device goes, given its number or handle. */
struct mmki_winmm_target {
    struct mmki_object *object; /* or NULL */
    struct mmki_module *module;
    uint32_t device;
    uintptr_t user;
};
/** @return MMSYSERR_NOERROR: release with mmki_winmm_target_put */
uint32_t mmki_winmm_target(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                           struct mmki_winmm_target *target);
void mmki_winmm_target_put(struct mmk_winmm *mm, struct mmki_winmm_target *target);

/** Send to a device by its number or handle. */
uint32_t mmki_winmm_send_to(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                            uint32_t msg, uintptr_t p1, uintptr_t p2);

/* ------------------------------------------------------------------ mini_winmm_names.c */

/** "DRV_OPEN", "WODM_WRITE", ...; NULL if it has no name. type MMKI_DRIVER: a DriverProc message.
 */
const char *mmki_winmm_message_name(enum mmki_winmm_type type, uint32_t msg);

#endif
