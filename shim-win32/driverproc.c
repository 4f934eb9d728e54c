/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The entry points of a driver DLL. MMK_DRIVER_CLASS names the driver (mmk_virtual_card, ...).
 *
 * Everything is in static memory and made at the first message, whichever thread brings it:
 * DllMain runs under the loader's lock and does nothing. Nothing has to be undone when the DLL
 * goes: what a driver allocates lives from DRV_LOAD to DRV_FREE.
 */
#include "win32_internal.h"

#include <mmsystem.h>

#include <mmk/driver.h>
#include <mmk/shipped.h>

#include "trace_win32.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static struct mmk_win32_memory win32_memory;
static struct mmk_driver_memory driver_memory;
static struct mmk_driver *driver; /* NULL: could not be made; every message gets its failure */
static struct mmk_platform *platform;
static bool tracing;

static BOOL CALLBACK make_driver(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    (void)init;
    (void)parameter;
    (void)context;
    struct mmk_win32 *win32;
    struct mmk_driver *made;
    const struct mmk_win32_config config = {.ui = mmk_win32_dialog()};
    if (mmk_win32_init(&win32_memory, &config, &win32) != MMK_OK)
        return TRUE;
    struct mmk_port *port = mmk_win32_port(win32);
    if (mmk_driver_init(&driver_memory, &MMK_DRIVER_CLASS, port, &made) != MMK_OK)
        return TRUE;
    platform = port->platform;
    tracing = mmki_trace_wanted(platform);
    driver = made;
    return TRUE;
}

static bool ready(void)
{
    return InitOnceExecuteOnce(&once, make_driver, NULL, NULL) && driver != NULL;
}

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM lparam1, LPARAM lparam2);
DWORD CALLBACK wodMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK widMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK auxMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK mxdMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM lparam1, LPARAM lparam2)
{
    if (!ready())
        return 0;
    LRESULT answer = mmk_driver_message(driver, id, (uintptr_t)hdrvr, msg, lparam1, lparam2);
    if (tracing)
        mmki_trace(platform, "DriverProc", msg, id, (uintptr_t)lparam1, (uintptr_t)lparam2,
                   (uintptr_t)answer);
    return answer;
}

/* One device message function: the five words go to the core, and into the trace. */
#define DEVICE_MESSAGE(name, core_function)                                                \
    DWORD CALLBACK name(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2) \
    {                                                                                      \
        if (!ready())                                                                      \
            return MMK_MMSYSERR_NODRIVER;                                                  \
        DWORD answer = core_function(driver, device, msg, user, p1, p2);                   \
        if (tracing)                                                                       \
            mmki_trace(platform, #name, msg, user, p1, p2, answer);                        \
        return answer;                                                                     \
    }

DEVICE_MESSAGE(wodMessage, mmk_driver_wod_message)
DEVICE_MESSAGE(widMessage, mmk_driver_wid_message)
DEVICE_MESSAGE(auxMessage, mmk_driver_aux_message)
DEVICE_MESSAGE(mxdMessage, mmk_driver_mxd_message)

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
}
