/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Loading an installed MIDI driver, which may be absent, broken, hang or crash.
 *
 * Before anything of it runs, its file is looked at. A driver that nobody in this session has
 * loaded yet is then loaded by another process: what hangs in DllMain holds the loader's lock, and
 * would end this program for good. Only then is it loaded here, on a thread that is waited for only
 * so long and whose crash ends that thread alone. What became of it is remembered
 * (midi_verdict.c): the next program skips a driver that has failed, and for one that is well it
 * starts no process.
 */
#include "midi.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVERS32    L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"
#define LIMIT_MS     8000u /* of all that happens while it is loaded here */
#define ALIASES_EACH 10u
#define RETRY_S      300u /* after so long, one that has failed is tried again */
#define LOADING_S    30u  /* who has been loading it for longer than that does not come back */
#define CAPS_BYTES   256u
#define REASON_BYTES 512u
#define PROCESS      " (process "
#define VALUE_UNITS  260u

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#endif
#ifndef LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#endif

/* midi, midi1 .. midi9, aux, aux1 .. aux9 */
static void alias_of(unsigned number, WCHAR alias[8])
{
    const WCHAR *base = number < ALIASES_EACH ? L"midi" : L"aux";
    number %= ALIASES_EACH;
    if (number == 0)
        wcscpy(alias, base);
    else
        _snwprintf(alias, 8, L"%s%u", base, number);
}

static bool alias_serves(const WCHAR *alias, unsigned kind)
{
    return (alias[0] == L'a') == (kind == MMKI_AUX);
}

/** The file that an alias names, without options. @return false: it is not used */
static bool alias_value(const WCHAR *alias, WCHAR value[VALUE_UNITS])
{
    DWORD len = (VALUE_UNITS - 1) * sizeof *value;
    memset(value, 0, VALUE_UNITS * sizeof *value);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, DRIVERS32, alias, RRF_RT_REG_SZ, NULL, value, &len) !=
        ERROR_SUCCESS)
        return false;
    WCHAR *blank = wcspbrk(value, L" \t");
    if (blank != NULL)
        *blank = 0;
    return value[0] != 0;
}

/* ------------------------------------------------------------------ names that are none of ours */

/** Modules of Windows and Wine through which programs come to us, or which are listed before us:
 *  loading one of them as a driver lists its ports twice, or goes in a circle. */
static bool is_systems(const WCHAR *value)
{
    static const WCHAR *const names[] = {
        L"wdmaud.drv",      L"wdmaud2.drv",   L"mmdrv.dll",      L"winmm.dll",
        L"mmdevapi.dll",    L"midimap.dll",   L"msacm32.drv",    L"mmsystem.dll",
        L"winealsa.drv",    L"winepulse.drv", L"wineoss.drv",    L"winecoreaudio.drv",
        L"wineandroid.drv", L"winemm.drv",    L"wineswmidi.dll", L"sound.drv",
    };
    WCHAR builtin[MMKI_PATH_UNITS];
    const WCHAR *file = wcsrchr(value, L'\\');
    file = file != NULL ? file + 1 : value;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lstrcmpiW(file, names[i]) == 0)
            return true;
    return mmki_builtin_ports_name(builtin, MMKI_PATH_UNITS) && lstrcmpiW(file, builtin) == 0;
}

/* ------------------------------------------------------------------ loading */

struct job {
    struct mmki_port_driver *driver;
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err;
};

enum { STEP_LOAD, STEP_OPEN, STEP_INIT, STEP_CAPS };
static const char *const steps[] = {"while it was loaded (DllMain)",
                                    "while it was opened (DriverProc)",
                                    "when it was asked for its devices (DRVM_INIT, GETNUMDEVS)",
                                    "when it was asked what its devices can do (GETDEVCAPS)"};

static void load_module(struct job *job)
{
    struct mmki_port_module *module = &job->driver->module;
    DWORD old_mode = 0;
    atomic_store(&job->driver->step, STEP_LOAD);
    SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &old_mode);
    HMODULE loaded = LoadLibraryExW(
        job->path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    SetThreadErrorMode(old_mode, NULL);
    if (loaded == NULL) {
        job->err = MMK_ERR_CORRUPT;
        return;
    }
    atomic_store(&job->driver->step, STEP_OPEN);
    module->handle = OpenDriver(job->driver->alias, L"Drivers32", 0);
    module->module = module->handle != NULL ? GetDriverModuleHandle(module->handle) : NULL;
    if (module->handle == NULL)
        job->err = MMK_ERR_GONE;
    else if (module->module != loaded)
        job->err = MMK_ERR_CONFLICT; /* winmm takes a name for a file before it is an alias */
    FreeLibrary(loaded);
}

/** Ask for everything that programs ask first: what crashes then had better crash now. */
static void ask_caps(struct mmki_port_driver *driver, unsigned kind)
{
    const struct mmki_port_module *module = &driver->module;
    driver->refused[kind] = 0;
    for (UINT i = 0; i < module->n_devices[kind]; i++) {
        union {
            unsigned char bytes[CAPS_BYTES];
            DWORD_PTR align;
        } caps = {.bytes = {0}};
        const DWORD size = kind == MMKI_MIDI_OUT  ? sizeof(MIDIOUTCAPSW)
                           : kind == MMKI_MIDI_IN ? sizeof(MIDIINCAPSW)
                                                  : sizeof(AUXCAPSW);
        if (module->message[kind](i, mmki_port_kinds[kind].get_dev_caps, 0, (DWORD_PTR)caps.bytes,
                                  size) != MMSYSERR_NOERROR)
            driver->refused[kind] |= UINT64_C(1) << i;
    }
}

static void run(void *arg)
{
    struct job *job = arg;
    struct mmki_port_driver *driver = job->driver;
    load_module(job);
    for (unsigned kind = 0; kind < MMKI_PORT_KINDS && job->err == MMK_OK; kind++) {
        if (!alias_serves(driver->alias, kind))
            continue;
        atomic_store(&job->driver->step, STEP_INIT);
        mmki_port_module_ask(&driver->module, kind);
        if (driver->module.n_devices[kind] > MMKI_PORTS_PER_DRIVER)
            driver->module.n_devices[kind] = MMKI_PORTS_PER_DRIVER;
        atomic_store(&job->driver->step, STEP_CAPS);
        ask_caps(driver, kind);
    }
    if (job->err != MMK_OK && driver->module.handle != NULL)
        CloseDriver(driver->module.handle, 0, 0);
}

/* ------------------------------------------------------------------ reasons */

static void explain(const struct job *job, mmk_err err, const char *file, char *reason, size_t cap)
{
    const char *step = steps[atomic_load(&job->driver->step)];
    if (err == MMK_ERR_TIMEOUT)
        mmki_format(reason, cap, "%s did not answer %s", file, step);
    else if (err == MMK_ERR_CRASHED)
        mmki_format(reason, cap, "%s crashed %s", file, step);
    else if (err == MMK_ERR_CORRUPT)
        mmki_format(reason, cap, "%s does not load", file);
    else if (err == MMK_ERR_GONE)
        mmki_format(reason, cap, "%s refuses to be opened; look whether its hardware is there",
                    file);
    else if (err == MMK_ERR_CONFLICT)
        mmki_format(reason, cap, "another file than %s answers to its name", file);
    else
        mmki_format(reason, cap, "%s: %s", file, mmk_err_text(err));
}

/** Why the file that the alias names is not even tried. */
static void explain_find(mmk_err err, const WCHAR *value, char *reason, size_t cap)
{
    if (err == MMK_ERR_NOT_FOUND)
        mmki_format(reason, cap, "%ls is not there; install that driver anew", value);
    else if (err == MMK_ERR_BITNESS)
        mmki_format(reason, cap, "%ls is for programs of the other width (32 or 64 bits)", value);
    else if (err == MMK_ERR_CIRCLE)
        mmki_format(reason, cap, "circle: %ls is mmekit's own module, by which programs come here",
                    value);
    else if (err == MMK_ERR_INVAL)
        mmki_format(reason, cap, "%ls is neither in the system folder nor a full path", value);
    else
        mmki_format(reason, cap, "%ls is no installable driver (%s)", value, mmk_err_text(err));
}

/** The verdict on a driver that is loaded. */
static void describe(const struct mmki_port_driver *driver, const char *file,
                     struct mmki_verdict *verdict)
{
    unsigned n[MMKI_PORT_KINDS] = {0}, n_refused = 0;
    bool any_entry = false;
    for (unsigned kind = 0; kind < MMKI_PORT_KINDS; kind++) {
        any_entry = any_entry || driver->module.message[kind] != NULL;
        for (UINT i = 0; i < driver->module.n_devices[kind]; i++) {
            if ((driver->refused[kind] >> i & 1) != 0)
                n_refused++;
            else
                n[kind]++;
        }
    }
    char *text = verdict->reason;
    const size_t cap = sizeof verdict->reason;
    verdict->err = n[0] + n[1] + n[2] > 0 ? MMK_OK : MMK_ERR_NOT_FOUND;
    if (!any_entry)
        mmki_format(text, cap, "%s exports no %s", file,
                    alias_serves(driver->alias, MMKI_AUX) ? "auxMessage"
                                                          : "modMessage or midMessage");
    else if (verdict->err != MMK_OK && n_refused == 0)
        mmki_format(text, cap, "%s has no device", file);
    else if (verdict->err != MMK_OK)
        mmki_format(text, cap, "%s does not tell what its devices can do", file);
    else if (alias_serves(driver->alias, MMKI_AUX))
        mmki_format(text, cap, "%s: in use, %u auxiliary", file, n[MMKI_AUX]);
    else
        mmki_format(text, cap, "%s: in use, MIDI out %u, in %u", file, n[MMKI_MIDI_OUT],
                    n[MMKI_MIDI_IN]);
}

/* ------------------------------------------------------------------ the whole */

/** Whether the process that is loading it is still at it. */
static bool is_loading(const struct mmki_verdict *known)
{
    const char *at = strstr(known->reason, PROCESS);
    HANDLE process =
        at != NULL ? OpenProcess(SYNCHRONIZE, FALSE, strtoul(at + sizeof PROCESS - 1, NULL, 10))
                   : NULL;
    const bool runs = process != NULL && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    if (process != NULL)
        CloseHandle(process);
    return runs && known->age_s < LOADING_S;
}

/** Whether it shall be left alone by what is known of it. */
static bool condemned(const WCHAR *alias, uint64_t stamp, struct mmki_verdict *known)
{
    if (!mmki_verdict_read(alias, known) || known->stamp != stamp) {
        known->err = MMK_ERR_NOT_FOUND; /* nothing known */
        return false;
    }
    if (known->age_s >= RETRY_S)
        return false;
    return known->err == MMK_ERR_TIMEOUT || known->err == MMK_ERR_CRASHED ||
           (known->err == MMK_ERR_PENDING && !is_loading(known));
}

/** Have another process load it. Twice if it does not answer: a busy machine is no reason. */
static mmk_err load_elsewhere(const char *file, char *reason, size_t cap)
{
    struct mmki_win32_platform platform = {.drivers_dir = L""};
    char why[REASON_BYTES] = "";
    mmk_err err = MMK_ERR_TIMEOUT;
    for (unsigned i = 0; i < 2 && err == MMK_ERR_TIMEOUT; i++)
        err = mmki_win32_try_load_module(&platform.base, file, why, sizeof why);
    if (err != MMK_OK)
        mmki_format(reason, cap, "%s: %s", file, why[0] != 0 ? why : mmk_err_text(err));
    return err;
}

static mmk_err load_here(struct mmki_port_driver *driver, const char *file, char *reason,
                         size_t cap)
{
    struct job job = {.driver = driver, .err = MMK_OK};
    mmk_err err = mmki_wide(file, job.path, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_run_aside(run, &job, sizeof job, LIMIT_MS);
    if (err == MMK_OK)
        err = job.err;
    if (err != MMK_OK)
        explain(&job, err, file, reason, cap);
    return err;
}

static mmk_err try_driver(struct mmki_port_driver *driver, const char *file,
                          struct mmki_verdict *verdict)
{
    struct mmki_verdict known;
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err = mmki_wide(file, path, MMKI_PATH_UNITS);
    verdict->stamp = err == MMK_OK ? mmki_file_stamp(path) : 0;
    if (condemned(driver->alias, verdict->stamp, &known)) {
        *verdict = known;
        return known.err;
    }
    if (known.err != MMK_OK) {
        mmki_format(verdict->reason, sizeof verdict->reason,
                    "%s: the program that loaded it has not come back" PROCESS "%lu)", file,
                    GetCurrentProcessId());
        verdict->err = MMK_ERR_PENDING;
        mmki_verdict_write(driver->alias, verdict, true);
        err = load_elsewhere(file, verdict->reason, sizeof verdict->reason);
    }
    if (err == MMK_OK)
        err = load_here(driver, file, verdict->reason, sizeof verdict->reason);
    verdict->err = err;
    if (err == MMK_OK)
        describe(driver, file, verdict);
    mmki_verdict_write(driver->alias, verdict, verdict->err != MMK_OK);
    return verdict->err;
}

/** The alias by which the same file is in use, or NULL. */
static const WCHAR *same_file(const struct mmki_port_driver *drivers, unsigned number,
                              const char *file)
{
    for (unsigned i = number / ALIASES_EACH * ALIASES_EACH; i < number; i++)
        if (_stricmp(drivers[i].file, file) == 0)
            return drivers[i].alias;
    return NULL;
}

static mmk_err find_and_try(struct mmki_port_driver *drivers, unsigned number, const WCHAR *value,
                            struct mmki_verdict *verdict)
{
    struct mmki_port_driver *driver = &drivers[number];
    char alias[8], unused[REASON_BYTES];
    struct mmki_wod_target target;
    mmki_format(alias, sizeof alias, "%ls", driver->alias);
    verdict->err = mmki_wod_find(alias, &target, unused, sizeof unused);
    const WCHAR *other = verdict->err == MMK_OK ? same_file(drivers, number, target.file) : NULL;
    if (verdict->err == MMK_OK && other == NULL) {
        verdict->err = try_driver(driver, target.file, verdict);
        if (verdict->err == MMK_OK)
            mmki_format(driver->file, sizeof driver->file, "%s", target.file);
        return verdict->err;
    }
    if (other != NULL) {
        verdict->err = MMK_ERR_EXISTS;
        mmki_format(verdict->reason, sizeof verdict->reason, "%s is in use as %ls already",
                    target.file, other);
    } else {
        explain_find(verdict->err, value, verdict->reason, sizeof verdict->reason);
    }
    mmki_verdict_write(driver->alias, verdict, false);
    return verdict->err;
}

bool mmki_port_driver_load(struct mmki_port_driver *drivers, unsigned number)
{
    WCHAR value[VALUE_UNITS];
    struct mmki_verdict verdict = {.err = MMK_OK};
    struct mmki_port_driver *driver = &drivers[number];
    alias_of(number, driver->alias);
    if (!alias_value(driver->alias, value) || is_systems(value))
        return false;
    const bool loaded = find_and_try(drivers, number, value, &verdict) == MMK_OK;
    mmki_log(loaded ? MMK_LOG_INFO : MMK_LOG_WARN, "MIDI: %s%ls: %s",
             loaded ? "" : "left out: ", driver->alias, verdict.reason);
    return loaded;
}
