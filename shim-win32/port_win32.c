/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "win32_internal.h"

#include <string.h>

struct mmk_win32 {
    struct mmk_port port;
    struct mmki_win32_platform platform;
    struct mmki_win32_journal journal;
    struct mmki_win32_journal user_journal;
    struct mmki_win32_devices devices;
    char drivers_dir[MMKI_PATH_UNITS * 3];
    char drivers_dir_other[MMKI_PATH_UNITS * 3];
    char windows_dir[MMKI_PATH_UNITS * 3];
};

_Static_assert(sizeof(struct mmk_win32) <= MMK_WIN32_BYTES, "struct mmk_win32_memory is too small");

bool mmk_win32_is_wine(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll != NULL && GetProcAddress(ntdll, "wine_get_version") != NULL;
}

/** Where modules of this process' width are: the caller's folder, or the system's. */
static mmk_err find_drivers_dir(struct mmk_win32 *win32, const char *asked)
{
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err;
    if (asked != NULL)
        err = mmki_wide(asked, win32->platform.drivers_dir, MMKI_PATH_UNITS);
    else
        err = mmki_system_folder(sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32, wide,
                                 MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    const WCHAR *dir = asked != NULL ? win32->platform.drivers_dir : wide;
    err = mmki_narrow(dir, wcslen(dir), win32->drivers_dir, sizeof win32->drivers_dir);
    return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
}

/** Where modules of the other width are, under the machine's name for it; "" on a system of one
 *  width. */
static mmk_err find_other_dir(struct mmk_win32 *win32, const char *asked)
{
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err = MMK_OK;
    if (asked != NULL || !mmk_win32_registry()->has_view_32)
        return MMK_OK;
    if (sizeof(void *) == 8)
        err = mmki_system_folder(MMK_VIEW_32, wide, MMKI_PATH_UNITS);
    else if (GetSystemDirectoryW(wide, MMKI_PATH_UNITS) == 0)
        err = MMK_ERR_NOT_FOUND;
    if (err == MMK_ERR_NOT_FOUND)
        return MMK_OK;
    if (err == MMK_OK)
        err = mmki_narrow(wide, wcslen(wide), win32->drivers_dir_other,
                          sizeof win32->drivers_dir_other);
    return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
}

/** Where system.ini is; "" if Windows does not say. A caller with folders of his own has none. */
static void find_windows_dir(struct mmk_win32 *win32, const struct mmk_win32_config *config)
{
    WCHAR wide[MMKI_PATH_UNITS];
    const UINT n = GetSystemWindowsDirectoryW(wide, MMKI_PATH_UNITS);
    if ((config != NULL && config->drivers_dir != NULL) || n == 0 || n >= MMKI_PATH_UNITS ||
        mmki_narrow(wide, n, win32->windows_dir, sizeof win32->windows_dir) != MMK_OK)
        win32->windows_dir[0] = 0;
}

/** `mmekit` in the user's local application data: what he may lock without rights over the
 *  machine's. A caller with a folder of his own has one journal for everything. */
static struct mmk_journal *make_user_journal(struct mmk_win32 *win32,
                                             const struct mmk_win32_config *config)
{
    WCHAR wide[MMKI_PATH_UNITS];
    WCHAR folder[MMKI_PATH_UNITS];
    char text[MMKI_PATH_UNITS * 3];
    const DWORD n = GetEnvironmentVariableW(L"LOCALAPPDATA", wide, MMKI_PATH_UNITS);
    if ((config != NULL && config->journal_dir != NULL) || n == 0 || n >= MMKI_PATH_UNITS ||
        mmki_join(wide, L"mmekit", folder, MMKI_PATH_UNITS) != MMK_OK ||
        mmki_narrow(folder, wcslen(folder), text, sizeof text) != MMK_OK ||
        mmki_win32_journal_init(&win32->user_journal, text) != MMK_OK)
        return NULL;
    return &win32->user_journal.base;
}

mmk_err mmk_win32_init(struct mmk_win32_memory *memory, const struct mmk_win32_config *config,
                       struct mmk_win32 **out)
{
    struct mmk_win32 *win32 = (struct mmk_win32 *)(void *)memory;
    if (memory == NULL || out == NULL)
        return MMK_ERR_INVAL;
    mmki_win32_platform_init(&win32->platform, config);
    mmki_win32_devices_init(&win32->devices, &win32->platform.base);
    mmk_err err =
        mmki_win32_journal_init(&win32->journal, config != NULL ? config->journal_dir : NULL);
    if (err == MMK_OK)
        err = find_drivers_dir(win32, config != NULL ? config->drivers_dir : NULL);
    if (err == MMK_OK)
        err = find_other_dir(win32, config != NULL ? config->drivers_dir : NULL);
    if (err != MMK_OK)
        return err;
    find_windows_dir(win32, config);
    win32->port = (struct mmk_port){
        .registry = mmk_win32_registry(),
        .files = mmk_win32_files(),
        .journal = &win32->journal.base,
        .user_journal = make_user_journal(win32, config),
        .devices = &win32->devices.base,
        .platform = &win32->platform.base,
        .notify = mmk_win32_notify(),
        .ui = config != NULL ? config->ui : NULL,
        .host = mmk_win32_is_wine() ? "wine" : "windows",
        .pointer_bits = sizeof(void *) * 8,
        .drivers_dir = win32->drivers_dir,
        .drivers_dir_other = win32->drivers_dir_other[0] != 0 ? win32->drivers_dir_other : NULL,
        .windows_dir = win32->windows_dir[0] != 0 ? win32->windows_dir : NULL,
    };
    *out = win32;
    return MMK_OK;
}

struct mmk_port *mmk_win32_port(struct mmk_win32 *win32)
{
    return &win32->port;
}
