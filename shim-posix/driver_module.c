/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A driver of the core as a module of its own, for dlopen: mini-winmm finds it in its drivers
 * folder. The build says which: MMK_MODULE_CLASS is its struct mmk_driver_class.
 *
 * The module works on the default registry file ($MMEKIT_REGISTRY first), as a DLL works on the
 * machine's registry; it shares no object with the program, not even where both contain this
 * library.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/driver.h>
#include <mmk/posix.h>
#include <mmk/shipped.h>
#include <mmk/version.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT intptr_t DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                           intptr_t lparam2);
EXPORT uint32_t wodMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                           uintptr_t p2);
EXPORT uint32_t widMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                           uintptr_t p2);
EXPORT uint32_t auxMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                           uintptr_t p2);
EXPORT uint32_t mxdMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                           uintptr_t p2);

/* Read from the file, without loading it, by mmk_platform_ops.inspect_module. */
EXPORT extern const uint32_t mmk_module_version;
EXPORT const uint32_t mmk_module_version = MMK_VERSION;

static struct mmk_driver_memory memory;
static struct mmk_posix *posix;
static atomic_bool is_loaded;     /* between DRV_LOAD and DRV_FREE */
static struct mmk_driver *driver; /* NULL: it could not be made; DRV_LOAD answers 0 */

static void make_driver(void)
{
    if (mmk_posix_open(NULL, &posix) != MMK_OK)
        return;
    if (mmk_driver_init(&memory, &MMK_MODULE_CLASS, mmk_posix_port(posix), &driver) != MMK_OK)
        driver = NULL;
}

static struct mmk_driver *the_driver(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_driver);
    return driver;
}

/* dlclose, after DRV_FREE: nothing of ours runs any more, and nobody will ask again. Or the program
 * exits with the driver loaded; then nothing is torn down, as under Windows: its callbacks would
 * come at a time when it is no more. */
__attribute__((destructor)) static void unload(void)
{
    if (atomic_load(&is_loaded))
        return;
    if (driver != NULL)
        mmk_driver_fini(driver);
    mmk_posix_close(posix);
    driver = NULL;
    posix = NULL;
}

intptr_t DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1, intptr_t lparam2)
{
    struct mmk_driver *d = the_driver();
    intptr_t answer = d != NULL ? mmk_driver_message(d, id, hdrvr, msg, lparam1, lparam2) : 0;
    if (msg == MMK_DRV_LOAD && answer != 0)
        atomic_store(&is_loaded, true);
    else if (msg == MMK_DRV_FREE)
        atomic_store(&is_loaded, false);
    return answer;
}

uint32_t wodMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct mmk_driver *d = the_driver();
    return d != NULL ? mmk_driver_wod_message(d, device, msg, user, p1, p2)
                     : MMK_MMSYSERR_NOTENABLED;
}

uint32_t widMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct mmk_driver *d = the_driver();
    return d != NULL ? mmk_driver_wid_message(d, device, msg, user, p1, p2)
                     : MMK_MMSYSERR_NOTENABLED;
}

uint32_t auxMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct mmk_driver *d = the_driver();
    return d != NULL ? mmk_driver_aux_message(d, device, msg, user, p1, p2)
                     : MMK_MMSYSERR_NOTENABLED;
}

uint32_t mxdMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct mmk_driver *d = the_driver();
    return d != NULL ? mmk_driver_mxd_message(d, device, msg, user, p1, p2)
                     : MMK_MMSYSERR_NOTENABLED;
}
