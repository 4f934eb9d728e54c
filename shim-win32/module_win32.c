/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Driver modules: where Windows looks for them, and whether they load.
 *
 * winmm hands the name to LoadLibrary, whose search begins in the program's folder. We look in the
 * system folder of the asked view only: what is installed there is what every program finds unless
 * somebody plants a namesake, and a planted one must not be taken for the installed one.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/hash.h>

#define LOAD_LIMIT_MS 5000u /* a driver that needs longer to be loaded is none to rely on */

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#endif
#ifndef LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#endif

static mmk_reg_view native_view(void)
{
    return sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
}

static bool is_wow64(void)
{
    BOOL wow64 = FALSE;
    return sizeof(void *) == 4 && IsWow64Process(GetCurrentProcess(), &wow64) && wow64;
}

HMODULE mmki_module_hold(void)
{
    HMODULE module = NULL;
    union {
        HMODULE (*code)(void);
        LPCWSTR address;
    } here = {.code = mmki_module_hold};
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here.address, &module);
    return module; /* never NULL: this code is in some module */
}

mmk_err mmki_system_folder(mmk_reg_view view, WCHAR *out, size_t cap_units)
{
    UINT cap = (UINT)cap_units;
    UINT n;
    if (view == MMK_VIEW_32 && (sizeof(void *) == 8 || is_wow64())) {
        n = GetSystemWow64DirectoryW(out, cap);
    } else if (sizeof(void *) == 8 || !is_wow64()) {
        n = GetSystemDirectoryW(out, cap);
    } else {
        /* the 64-bit System32 as a 32-bit process may name it */
        n = GetSystemWindowsDirectoryW(out, cap);
        if (n > 0 && n < cap)
            return mmki_join(out, L"Sysnative", out, cap_units);
    }
    if (n == 0)
        return MMK_ERR_NOT_FOUND;
    return n < cap ? MMK_OK : MMK_ERR_TOO_LONG;
}

bool mmki_in_system32(const WCHAR *path, const WCHAR **rest)
{
    WCHAR folder[MAX_PATH];
    if (sizeof(void *) == 8 || !is_wow64())
        return false;
    UINT n = GetSystemDirectoryW(folder, MAX_PATH);
    if (n == 0 || n >= MAX_PATH || _wcsnicmp(path, folder, n) != 0 ||
        (path[n] != L'\\' && path[n] != L'/'))
        return false;
    *rest = path + n + 1;
    return true;
}

/** Full path of a module. A name with a slash or drive is taken as it is. */
static mmk_err find(const struct mmki_win32_platform *platform, const char *file, mmk_reg_view view,
                    WCHAR *path)
{
    WCHAR name[MMKI_PATH_UNITS];
    WCHAR folder[MMKI_PATH_UNITS];
    mmk_err err = mmki_wide(file, name, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    if (name[0] == 0)
        return MMK_ERR_INVAL;
    if (wcspbrk(name, L"\\/:") != NULL) {
        const WCHAR *rest;
        DWORD n = GetFullPathNameW(name, MMKI_PATH_UNITS, path, NULL);
        if (n == 0 || n >= MMKI_PATH_UNITS)
            return n == 0 ? mmki_last_err() : MMK_ERR_TOO_LONG;
        if (!mmki_in_system32(path, &rest))
            return MMK_OK;
        wcscpy(name, rest); /* what programs of that view find there */
        err = mmki_system_folder(view, folder, MMKI_PATH_UNITS);
        return err == MMK_OK ? mmki_join(folder, name, path, MMKI_PATH_UNITS) : err;
    }
    if (platform->drivers_dir[0] != 0 && view == native_view()) {
        memcpy(folder, platform->drivers_dir, sizeof folder);
    } else {
        err = mmki_system_folder(view, folder, MMKI_PATH_UNITS);
        if (err != MMK_OK)
            return err;
    }
    return mmki_join(folder, name, path, MMKI_PATH_UNITS);
}

mmk_err mmki_win32_inspect_module(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                  struct mmk_module_info *info)
{
    const struct mmki_win32_platform *platform = (struct mmki_win32_platform *)(void *)self;
    WCHAR path[MMKI_PATH_UNITS];
    struct mmk_module_info found = {0};
    struct mmk_file_stat st;
    if (file == NULL || info == NULL || (unsigned)view >= MMK_VIEW_COUNT)
        return MMK_ERR_INVAL;
    mmk_err err = find(platform, file, view, path);
    if (err == MMK_OK)
        err = mmki_narrow(path, wcslen(path), found.path, sizeof found.path);
    if (err == MMK_OK) {
        DWORD attributes = GetFileAttributesW(path);
        if (attributes == INVALID_FILE_ATTRIBUTES)
            err = mmki_last_err();
        else if (attributes & FILE_ATTRIBUTE_DIRECTORY)
            err = MMK_ERR_NOT_FOUND;
    }
    if (err == MMK_OK)
        err = mmki_pe_read(path, &found);
    if (err == MMK_OK)
        err = mmk_win32_files()->ops->hash(mmk_win32_files(), found.path, &st);
    if (err != MMK_OK)
        return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
    found.hash = st.hash;
    *info = found;
    return found.pointer_bits == (view == MMK_VIEW_64 ? 64 : 32) ? MMK_OK : MMK_ERR_BITNESS;
}

/** Windows' own words for an error, on one line. */
static void system_text(DWORD number, char *text, size_t cap)
{
    WCHAR wide[256];
    char words[512];
    DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                 FORMAT_MESSAGE_MAX_WIDTH_MASK,
                             NULL, number, 0, wide, 256, NULL);
    while (n > 0 && (wide[n - 1] == L' ' || wide[n - 1] == L'.'))
        n--;
    if (n == 0 || mmki_narrow(wide, n, words, sizeof words) != MMK_OK)
        mmki_format(text, cap, "error %lu", number);
    else
        mmki_format(text, cap, "%s (error %lu)", words, number);
}

/* ------------------------------------------------------------------ trying to load */

/* A module runs its own code as it is loaded: it may crash, end the process, or hang with the
 * loader's lock held, after which no thread of that process starts or ends any more. So it is
 * loaded by another one: regsvr32, which every Windows and Wine has in both widths, loads a module
 * by its full path and looks for one function. It is asked for one that the module does not have.
 *
 * Source: regsvr32's exit codes, KB249873; the same on Wine 8.0 and 10.0 (tried). */
#define REGSVR32_NO_LOAD     3u
#define REGSVR32_NO_FUNCTION 4u

/** What to call regsvr32 with so that it finds nothing to call. NULL: the module has all three. */
static const WCHAR *switches_for(const WCHAR *path)
{
    static const struct {
        const char *function;
        const WCHAR *switches;
    } rows[] = {{"DllInstall", L"/s /n /i"},
                {"DllRegisterServer", L"/s"},
                {"DllUnregisterServer", L"/s /u"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!mmki_pe_exports(path, rows[i].function))
            return rows[i].switches;
    }
    return NULL;
}

/** Start regsvr32 without a window and without boxes about what goes wrong in it. */
static mmk_err start_loader(const WCHAR *path, HANDLE *process)
{
    WCHAR folder[MMKI_PATH_UNITS];
    WCHAR program[MMKI_PATH_UNITS];
    WCHAR line[2 * MMKI_PATH_UNITS + 64];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    const WCHAR *switches = switches_for(path);
    mmk_err err = mmki_system_folder(native_view(), folder, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_join(folder, L"regsvr32.exe", program, MMKI_PATH_UNITS);
    if (err != MMK_OK || switches == NULL)
        return err != MMK_OK ? err : MMK_ERR_UNSUPPORTED;
    const WCHAR *const pieces[] = {L"\"", program, L"\" ", switches, L" \"", path, L"\""};
    line[0] = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        wcscat(line, pieces[i]); /* two paths and 20 letters: there is room */
    UINT mode = SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX); /* it inherits that */
    BOOL started = CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, folder,
                                  &startup, &made);
    err = started ? MMK_OK : mmki_last_err();
    SetErrorMode(mode);
    if (started) {
        CloseHandle(made.hThread);
        *process = made.hProcess;
    }
    return err;
}

/** What the other process made of it. */
static mmk_err loader_says(DWORD code, char *reason, size_t cap)
{
    if (code == REGSVR32_NO_FUNCTION || code == 0)
        return MMK_OK;
    if (code == REGSVR32_NO_LOAD) {
        mmki_format(reason, cap, "a DLL that it needs is missing, or it refuses to be loaded");
        return MMK_ERR_NOT_FOUND;
    }
    mmki_format(reason, cap, "it ends the program that loads it (0x%lx)", code);
    return MMK_ERR_CRASHED;
}

static mmk_err load_aside(const WCHAR *path, char *reason, size_t cap)
{
    HANDLE process = NULL;
    DWORD code = 0;
    mmk_err err = start_loader(path, &process);
    if (err != MMK_OK)
        return MMK_ERR_UNSUPPORTED;
    if (WaitForSingleObject(process, LOAD_LIMIT_MS) != WAIT_OBJECT_0) {
        TerminateProcess(process, 1);
        mmki_format(reason, cap, "it hangs while it is loaded (%u ms)", LOAD_LIMIT_MS);
        err = MMK_ERR_TIMEOUT;
    } else if (!GetExitCodeProcess(process, &code)) {
        err = MMK_ERR_UNSUPPORTED;
    } else {
        err = loader_says(code, reason, cap);
    }
    CloseHandle(process);
    return err;
}

/** Where no other process can be had: here, and it had better be well. */
static mmk_err load_here(const WCHAR *path, char *reason, size_t cap)
{
    DWORD old_mode = 0;
    /* no message box on a machine that lacks a DLL; dependencies from System32 or beside it */
    SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &old_mode);
    HMODULE module =
        LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    DWORD number = module == NULL ? GetLastError() : ERROR_SUCCESS;
    SetThreadErrorMode(old_mode, NULL);
    if (module != NULL) {
        FreeLibrary(module);
        return MMK_OK;
    }
    system_text(number, reason, cap);
    /* the module itself is there (find looked): what was not found is something it needs */
    return number == ERROR_BAD_EXE_FORMAT ? MMK_ERR_BITNESS : MMK_ERR_NOT_FOUND;
}

mmk_err mmki_win32_try_load_module(struct mmk_platform *self, const char *file, char *reason,
                                   size_t cap)
{
    const struct mmki_win32_platform *platform = (struct mmki_win32_platform *)(void *)self;
    WCHAR path[MMKI_PATH_UNITS];
    struct mmk_module_info info = {0};
    mmk_err err = find(platform, file, native_view(), path);
    if (err == MMK_OK && GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
        err = MMK_ERR_NOT_FOUND;
    if (err == MMK_OK)
        err = mmki_pe_read(path, &info);
    if (err != MMK_OK) {
        mmki_format(reason, cap, "%s: %s", file, mmk_err_text(err));
        return err;
    }
    if (info.pointer_bits != sizeof(void *) * 8) {
        mmki_format(reason, cap, "%s is for programs of %u bits", file, info.pointer_bits);
        return MMK_ERR_BITNESS;
    }
    if (!info.exports_driver_proc) {
        mmki_format(reason, cap, "%s has no DriverProc: it is not an installable driver", file);
        return MMK_ERR_CORRUPT;
    }
    err = load_aside(path, reason, cap);
    return err == MMK_ERR_UNSUPPORTED ? load_here(path, reason, cap) : err;
}
