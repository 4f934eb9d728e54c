/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Finding another wave driver and loading it.
 *
 * The name is looked up by our own rules before winmm sees it: winmm takes a name for a file first,
 * and LoadLibrary looks for files in the program's folder before the system's. Here an alias is
 * a value of Drivers32 and nothing else, and its file is in the system folder or named in full. The
 * module is loaded from there; then winmm opens the alias and finds the module loaded.
 */
#include "device_wod_win32.h"

#include <mmddk.h>
#include <string.h>

#include <mmk/param.h>

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#endif
#ifndef LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#endif

#define DRIVERS32 "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

/* wave has been the system's own since Windows 3; nine more may follow */
static const char *const aliases[] = {"wave",  "wave1", "wave2", "wave3", "wave4",
                                      "wave5", "wave6", "wave7", "wave8", "wave9"};
#define N_ALIASES (sizeof aliases / sizeof *aliases)

static mmk_reg_view native_view(void)
{
    return sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
}

/* ------------------------------------------------------------------ names */

/** The file that an alias names. @retval MMK_ERR_NOT_FOUND, MMK_ERR_CORRUPT */
static mmk_err alias_file(const char *alias, char *file, size_t cap)
{
    const struct mmk_reg_key key = {MMK_REG_MACHINE, native_view(), DRIVERS32};
    struct mmk_registry *registry = mmk_win32_registry();
    WCHAR wide[MMKI_PATH_UNITS];
    char value[MMKI_PATH_UNITS * 3];
    const char *options;
    uint32_t type;
    size_t len;
    mmk_err err =
        registry->ops->get(registry, &key, alias, &type, wide, sizeof wide - sizeof *wide, &len);
    if (err != MMK_OK)
        return err == MMK_ERR_NOT_FOUND ? err : MMK_ERR_CORRUPT;
    if (type != MMK_REG_SZ && type != MMK_REG_EXPAND_SZ)
        return MMK_ERR_CORRUPT;
    wide[len / sizeof *wide] = 0;
    err = mmki_narrow(wide, wcslen(wide), value, sizeof value);
    if (err == MMK_OK)
        err = mmk_alias_split(value, file, cap, &options);
    return err == MMK_OK ? MMK_OK : MMK_ERR_CORRUPT;
}

static bool is_bare(const char *name)
{
    return name[0] != 0 && strpbrk(name, "\\/:") == NULL;
}

static bool is_full(const char *name)
{
    bool letter = (name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z');
    return letter && name[1] == ':' && name[2] == '\\' && strchr(name + 2, ':') == NULL;
}

static bool file_identity(const WCHAR *path, BY_HANDLE_FILE_INFORMATION *info)
{
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    const bool known = GetFileInformationByHandle(file, info) != 0;
    CloseHandle(file);
    return known;
}

/** Whether this code is in that file. Not by name: in a 32-bit process System32 and SysWOW64 are
 * two names of one folder. */
static bool is_self(const char *file)
{
    WCHAR path[MMKI_PATH_UNITS];
    BY_HANDLE_FILE_INFORMATION ours;
    BY_HANDLE_FILE_INFORMATION theirs;
    HMODULE self = mmki_module_hold();
    DWORD n = GetModuleFileNameW(self, path, MMKI_PATH_UNITS);
    FreeLibrary(self);
    if (n == 0 || n >= MMKI_PATH_UNITS || !file_identity(path, &ours))
        return false;
    return mmki_wide(file, path, MMKI_PATH_UNITS) == MMK_OK && file_identity(path, &theirs) &&
           ours.dwVolumeSerialNumber == theirs.dwVolumeSerialNumber &&
           ours.nFileIndexHigh == theirs.nFileIndexHigh &&
           ours.nFileIndexLow == theirs.nFileIndexLow;
}

/** Look at the file; fills its full path. */
static mmk_err look(const char *file, char *full, size_t cap)
{
    struct mmki_win32_platform platform = {.drivers_dir = L""}; /* the system folder */
    struct mmk_module_info info = {.version = 0};
    if (!is_bare(file) && !is_full(file))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_win32_inspect_module(&platform.base, file, native_view(), &info);
    if (err == MMK_OK && !info.exports_driver_proc)
        err = MMK_ERR_CORRUPT;
    if (err == MMK_OK)
        mmki_format(full, cap, "%s", info.path);
    return err;
}

static void explain(mmk_err err, const char *path, const char *file, char *reason, size_t cap)
{
    if (err == MMK_ERR_NOT_FOUND && file[0] == 0)
        mmki_format(reason, cap,
                    "no wave driver has the alias \"%s\"; install the driver that shall play, or "
                    "name another",
                    path);
    else if (err == MMK_ERR_NOT_FOUND)
        mmki_format(reason, cap, "\"%s\" names %s, which is not there; install that driver anew",
                    path, file);
    else if (err == MMK_ERR_BITNESS)
        mmki_format(reason, cap,
                    "\"%s\" names %s, which is for programs of the other width (32 or 64 bits); "
                    "install the one for these",
                    path, file);
    else if (err == MMK_ERR_CIRCLE)
        mmki_format(reason, cap,
                    "circle: \"%s\" names %s, which is this driver itself; name another wave "
                    "driver",
                    path, file);
    else if (err == MMK_ERR_INVAL)
        mmki_format(reason, cap,
                    "\"%s\" is neither an alias nor a driver of the system folder nor a full path "
                    "with a drive; name one of these",
                    file[0] != 0 ? file : path);
    else
        mmki_format(reason, cap, "\"%s\" names no installable driver (%s); name another", path,
                    mmk_err_text(err));
}

static mmk_err find_named(const char *path, struct mmki_wod_target *target, char *file, size_t cap)
{
    mmk_err err = MMK_ERR_NOT_FOUND;
    file[0] = 0;
    target->alias[0] = 0;
    if (is_bare(path) && strlen(path) < sizeof target->alias) {
        err = alias_file(path, file, cap);
        if (err == MMK_OK)
            mmki_format(target->alias, sizeof target->alias, "%s", path);
    }
    if (err == MMK_ERR_NOT_FOUND && (!is_bare(path) || strchr(path, '.') != NULL)) {
        mmki_format(file, cap, "%s", path);
        err = MMK_OK;
    }
    if (err == MMK_OK)
        err = look(file, target->file, sizeof target->file);
    if (err == MMK_OK && is_self(target->file))
        err = MMK_ERR_CIRCLE;
    return err;
}

mmk_err mmki_wod_find(const char *path, struct mmki_wod_target *target, char *reason, size_t cap)
{
    char file[MMK_DEVICE_TEXT_MAX] = "";
    if (path[0] == 0)
        path = aliases[0];
    mmk_err err = find_named(path, target, file, sizeof file);
    if (err != MMK_OK)
        explain(err, path, file, reason, cap);
    return err;
}

mmk_err mmki_wod_list(uint32_t index, struct mmk_device_info *info)
{
    struct mmki_wod_target target;
    char file[MMK_DEVICE_TEXT_MAX];
    for (size_t i = 0; i < N_ALIASES; i++) {
        mmk_err err = find_named(aliases[i], &target, file, sizeof file);
        if (file[0] == 0 || err == MMK_ERR_CIRCLE || index-- > 0)
            continue;
        info->available = err == MMK_OK;
        mmki_format(info->path, sizeof info->path, "%s", aliases[i]);
        mmki_format(info->name, sizeof info->name, "%s: %s", aliases[i], file);
        return MMK_OK;
    }
    return MMK_ERR_NOT_FOUND;
}

/* ------------------------------------------------------------------ loading */

/** Let winmm open it. A full path is given in its short form: winmm splits at blanks. */
static HDRVR open_driver(const struct mmki_wod_target *target)
{
    WCHAR name[MMKI_PATH_UNITS];
    WCHAR brief[MMKI_PATH_UNITS];
    if (target->alias[0] != 0)
        return mmki_wide(target->alias, name, MMKI_PATH_UNITS) == MMK_OK
                   ? OpenDriver(name, L"Drivers32", 0)
                   : NULL;
    if (mmki_wide(target->file, name, MMKI_PATH_UNITS) != MMK_OK)
        return NULL;
    DWORD n = GetShortPathNameW(name, brief, MMKI_PATH_UNITS);
    return OpenDriver(n > 0 && n < MMKI_PATH_UNITS ? brief : name, NULL, 0);
}

static mmk_err ask_devices(struct mmki_wod_driver *driver, mmk_direction direction)
{
    union {
        FARPROC from;
        mmki_device_message *to;
    } entry = {.from = GetProcAddress(driver->module,
                                      direction == MMK_PLAYBACK ? "wodMessage" : "widMessage")};
    if (entry.to == NULL)
        return MMK_ERR_NOT_FOUND;
    driver->message = entry.to;
    /* The answer does not matter: drivers older than the message refuse it. No DRVM_EXIT follows at
     * the end: it would take the devices from the program, should that use the driver itself. */
    entry.to(0, DRVM_INIT, 0, 0, 0);
    DWORD n = entry.to(0, direction == MMK_PLAYBACK ? WODM_GETNUMDEVS : WIDM_GETNUMDEVS, 0, 0, 0);
    return LOWORD(n) > 0 && HIWORD(n) == 0 ? MMK_OK : MMK_ERR_NOT_FOUND;
}

mmk_err mmki_wod_load(const struct mmki_wod_target *target, mmk_direction direction,
                      struct mmki_wod_driver *driver, char *reason, size_t cap)
{
    WCHAR path[MMKI_PATH_UNITS];
    DWORD old_mode = 0;
    *driver = (struct mmki_wod_driver){0};
    mmk_err err = mmki_wide(target->file, path, MMKI_PATH_UNITS);
    if (err == MMK_OK) {
        SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &old_mode);
        driver->module = LoadLibraryExW(
            path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
        if (driver->module == NULL)
            err = MMK_ERR_CORRUPT;
        SetThreadErrorMode(old_mode, NULL);
    }
    if (err != MMK_OK) {
        mmki_format(reason, cap, "%s does not load; install that driver anew", target->file);
        return err;
    }
    driver->handle = open_driver(target);
    if (driver->handle == NULL) {
        err = MMK_ERR_GONE;
        mmki_format(reason, cap, "%s refuses to be opened; look whether its hardware is there",
                    target->file);
    } else if (GetDriverModuleHandle(driver->handle) != driver->module) {
        err = MMK_ERR_CONFLICT;
        mmki_format(reason, cap, "another file than %s answers to its name; remove that one",
                    target->file);
    } else {
        err = ask_devices(driver, direction);
        if (err != MMK_OK)
            mmki_format(reason, cap, "%s has no device to %s; name another wave driver",
                        target->file, direction == MMK_PLAYBACK ? "play" : "record");
    }
    if (err != MMK_OK)
        mmki_wod_unload(driver);
    return err;
}

void mmki_wod_unload(struct mmki_wod_driver *driver)
{
    if (driver->handle != NULL)
        CloseDriver(driver->handle, 0, 0);
    if (driver->module != NULL)
        FreeLibrary(driver->module);
    *driver = (struct mmki_wod_driver){0};
}
