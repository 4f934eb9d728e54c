/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_HOST_WIN32_H
#define MMECTL_HOST_WIN32_H

/** What the parts of the Windows host share. No other file of mmectl sees Windows' own headers. */

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0600 /* Vista */
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>

#include <mmk/win32.h>

#include "host.h"

#define PATH_UNITS 1024u

/* ------------------------------------------------------------------ text */

/** WTF-8 to a terminated wide string. false: too long, or no WTF-8 */
bool to_wide(const char *text, WCHAR *out, size_t cap_units);
/** A file name for the system: absolute, and beyond MAX_PATH if it must be. */
bool to_wide_path(const char *path, WCHAR *out, size_t cap_units);
/** false: it does not fit; then *out is "". */
bool to_narrow(const WCHAR *text, char *out, size_t cap);
/** Windows' own words for an error number, on one line. */
void system_words(DWORD number, char *text, size_t cap);
mmk_err err_of_system(DWORD number);

/* ------------------------------------------------------------------ the host */

typedef DWORD CALLBACK device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                      DWORD_PTR p2);

/** A module that this process has loaded by its full path before winmm opens it by name: so no
 *  other file of that name can come in its place. */
struct held_module {
    HMODULE module;
    WCHAR path[PATH_UNITS];
    WCHAR copy_folder[PATH_UNITS]; /* of a copy that is deleted afterwards; "" = none */
};

/** Load `path`, a full path. @param copy  load a copy in a folder of its own */
bool module_hold(struct held_module *held, const WCHAR *path, bool copy, char *why, size_t cap);
void module_release(struct held_module *held);
/** OpenDriver of that very module. section NULL: by its base name; else by that alias. */
HDRVR module_open(const struct held_module *held, const WCHAR *alias, const WCHAR *section,
                  char *why, size_t cap);
/** Width of a PE file, 0 if it is none. */
unsigned module_bits(const WCHAR *path);
/** Full path of a module as an alias names it: bare names lie in the system folder. */
bool module_resolve(const char *file, WCHAR *path);

#define DRIVER_DEVICES_MAX 16u

/** A wave driver of Drivers32, opened as winmm opens one. */
struct wave_driver {
    char alias[64];
    char file[HOST_PATH_MAX];
    struct held_module held;
    HDRVR hdrvr;
    device_message *message[MMK_DIRECTION_COUNT]; /* wodMessage, widMessage; NULL = not exported */
    uint32_t n_devices[MMK_DIRECTION_COUNT];
};

struct host {
    struct mmk_win32_memory memory;
    struct mmk_win32 *win32;
    struct mmk_port *port;
    bool verbose;
    host_on_message *on_message;
    void *on_message_user;
    struct held_module held; /* of host_driver_open */
    char held_name[64];
    bool scanned;
    struct wave_driver driver[DRIVER_DEVICES_MAX];
    unsigned n_drivers;
    char wave_error[512];
};

void waves_forget(struct host *host);
/** Before a driver is opened: its warnings are for --verbose. */
void drivers_be_quiet(struct host *host);

/** Program entry, after the arguments are UTF-8. */
int mmectl_main(int argc, char **argv);

#endif
