/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DEVICE_WOD_WIN32_H
#define MMK_DEVICE_WOD_WIN32_H

/** Inside backend "wod": finding and loading another wave driver, and never in a circle. */

#include "device_win32.h"

#include <mmsystem.h>

/* ------------------------------------------------------------------ circles */

/** That a device of this module plays into (records from) another module of the process. */
struct mmki_link {
    HANDLE mapping; /* NULL: none */
    struct mmki_links *links;
    unsigned slot;
};

/**
 * Say that this module is about to use `to`. The links of all modules of the process that have this
 * code in them are known to each of them.
 * @retval MMK_ERR_CIRCLE  sound would come back to where it came from; those in between hear of it
 *                         from mmki_link_in_circle()
 * @retval MMK_ERR_NO_SPACE, MMK_ERR_ACCESS  it cannot be known
 */
mmk_err mmki_link_enter(struct mmki_link *link, HMODULE to, mmk_direction direction);

/** Whether somebody behind has refused a circle that goes through this link. */
bool mmki_link_in_circle(const struct mmki_link *link);

/** NULL mapping is fine. */
void mmki_link_leave(struct mmki_link *link);

/* ------------------------------------------------------------------ the other driver */

typedef DWORD CALLBACK mmki_device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                           DWORD_PTR p2);

#define MMKI_ALIAS_MAX 64u

struct mmki_wod_target {
    char alias[MMKI_ALIAS_MAX];     /* "" = opened as a file */
    char file[MMK_DEVICE_TEXT_MAX]; /* full path */
};

/**
 * Find what `path` names: an alias of Drivers32, a module of the system folder, or a module by its
 * full path; "" = the alias "wave", which is the system's own. Runs nothing of it.
 * @retval MMK_ERR_NOT_FOUND, MMK_ERR_BITNESS, MMK_ERR_CORRUPT (no driver), MMK_ERR_INVAL (a name
 * that is neither), MMK_ERR_CIRCLE (this module itself)
 */
mmk_err mmki_wod_find(const char *path, struct mmki_wod_target *target, char *reason, size_t cap);

/** Name and file of the index-th alias that a wave driver can have and that names one.
 *  @retval MMK_ERR_NOT_FOUND  past the end */
mmk_err mmki_wod_list(uint32_t index, struct mmk_device_info *info);

/** A loaded driver. */
struct mmki_wod_driver {
    HMODULE module;
    HDRVR handle;
    mmki_device_message *message; /* wodMessage or widMessage */
};

/** Load and open it as winmm does (it is winmm that does it, so that a program's own use of the
 *  driver and ours are counted together), and make sure that it is that file.
 *  Also DRVM_INIT and the question for devices. On failure nothing is left open. */
mmk_err mmki_wod_load(const struct mmki_wod_target *target, mmk_direction direction,
                      struct mmki_wod_driver *driver, char *reason, size_t cap);
void mmki_wod_unload(struct mmki_wod_driver *driver);

#endif
