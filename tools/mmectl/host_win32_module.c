/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Driver modules: found, loaded by full path, opened through winmm.
 *
 * winmm hands names to LoadLibrary, whose search begins in the program's folder and ends in the
 * PATH, and cuts them at the first blank. So a module is loaded here first, by its full path; a
 * bare name then means the module that is loaded already, wherever it lies.
 */
#include "host_win32.h"

#include <stdlib.h>
#include <string.h>

#include <mmk/shipped.h>
#include <mmk/text.h>

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#endif
#ifndef LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#endif

#define COPY_TRIES 16u
#define PIECE      65536u

static const WCHAR *base_of(const WCHAR *path)
{
    const WCHAR *base = path;
    for (; *path; path++)
        if (*path == L'\\' || *path == L'/' || *path == L':')
            base = path + 1;
    return base;
}

static bool join(WCHAR *out, size_t cap, const WCHAR *folder, const WCHAR *name)
{
    size_t n = wcslen(folder);
    bool slash = n > 0 && folder[n - 1] != L'\\' && folder[n - 1] != L'/';
    if (n + wcslen(name) + 2 > cap)
        return false;
    if (out != folder)
        wcscpy(out, folder);
    wcscpy(out + n, slash ? L"\\" : L"");
    wcscat(out, name);
    return true;
}

static bool is_file(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool module_resolve(const char *file, WCHAR *path)
{
    WCHAR name[PATH_UNITS], folder[PATH_UNITS];
    if (strpbrk(file, "\\/:"))
        return to_wide_path(file, path, PATH_UNITS);
    UINT n = GetSystemDirectoryW(folder, PATH_UNITS);
    return n > 0 && n < PATH_UNITS && to_wide(file, name, PATH_UNITS) &&
           join(path, PATH_UNITS, folder, name);
}

/* ------------------------------------------------------------------ a copy to speak with */

static bool same_bytes(HANDLE a, HANDLE b)
{
    unsigned char *bytes = malloc(2 * PIECE);
    DWORD n_a = 1, n_b = 1;
    bool same = bytes != NULL;
    while (same && n_a > 0)
        same = ReadFile(a, bytes, PIECE, &n_a, NULL) &&
               ReadFile(b, bytes + PIECE, PIECE, &n_b, NULL) && n_a == n_b &&
               memcmp(bytes, bytes + PIECE, n_a) == 0;
    free(bytes);
    return same;
}

static HANDLE open_locked(const WCHAR *path)
{
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
}

/* A folder that nobody else made, so that nobody else's files are in it. */
static bool make_folder(WCHAR *folder)
{
    WCHAR temp[PATH_UNITS], name[64];
    DWORD n = GetTempPathW(PATH_UNITS, temp);
    for (unsigned i = 0; n > 0 && n < PATH_UNITS && i < COPY_TRIES; i++) {
        LARGE_INTEGER ticks;
        QueryPerformanceCounter(&ticks);
        _snwprintf(name, 63, L"mmectl-%lx-%lx", (unsigned long)GetCurrentProcessId(),
                   (unsigned long)ticks.LowPart + i);
        name[63] = 0;
        if (join(folder, PATH_UNITS, temp, name) && CreateDirectoryW(folder, NULL))
            return true;
    }
    folder[0] = 0;
    return false;
}

/** The module from a copy of its file. Between copying and loading the copy is held against
 *  writing and compared, for others may write where temporary files are. */
static HMODULE load_copy(struct held_module *held, const WCHAR *path)
{
    WCHAR copy[PATH_UNITS];
    HMODULE module = NULL;
    if (!make_folder(held->copy_folder) ||
        !join(copy, PATH_UNITS, held->copy_folder, base_of(path)) || !CopyFileW(path, copy, TRUE))
        return NULL;
    HANDLE a = open_locked(path), b = open_locked(copy);
    if (a != INVALID_HANDLE_VALUE && b != INVALID_HANDLE_VALUE && same_bytes(a, b))
        module = LoadLibraryExW(copy, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    else
        SetLastError(ERROR_ACCESS_DENIED);
    DWORD number = GetLastError();
    if (a != INVALID_HANDLE_VALUE)
        CloseHandle(a);
    if (b != INVALID_HANDLE_VALUE)
        CloseHandle(b);
    SetLastError(number);
    if (module)
        wcscpy(held->path, copy);
    return module;
}

static void drop_copy(struct held_module *held, const WCHAR *base)
{
    WCHAR copy[PATH_UNITS];
    if (!held->copy_folder[0])
        return;
    if (join(copy, PATH_UNITS, held->copy_folder, base))
        DeleteFileW(copy);
    RemoveDirectoryW(held->copy_folder);
    held->copy_folder[0] = 0;
}

/* ------------------------------------------------------------------ load and open */

bool module_hold(struct held_module *held, const WCHAR *path, bool copy, char *why, size_t cap)
{
    char name[HOST_PATH_MAX];
    DWORD old_mode = 0;
    memset(held, 0, sizeof *held);
    wcscpy(held->path, path);
    SetThreadErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX, &old_mode);
    held->module =
        copy ? load_copy(held, path)
             : LoadLibraryExW(path, NULL,
                              LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    DWORD number = GetLastError();
    SetThreadErrorMode(old_mode, NULL);
    if (held->module)
        return true;
    to_narrow(path, name, sizeof name);
    if (!is_file(path))
        snprintf(why, cap, "%s is not there", name);
    else if (number == ERROR_BAD_EXE_FORMAT)
        snprintf(why, cap, "%s is no module for %u-bit programs", name,
                 (unsigned)sizeof(void *) * 8);
    else if (number == ERROR_MOD_NOT_FOUND)
        snprintf(why, cap, "%s needs another file that is not there", name);
    else
        system_words(number, why, cap);
    drop_copy(held, base_of(path));
    return false;
}

void module_release(struct held_module *held)
{
    if (held->module)
        FreeLibrary(held->module);
    held->module = NULL;
    drop_copy(held, base_of(held->path));
}

HDRVR module_open(const struct held_module *held, const WCHAR *alias, const WCHAR *section,
                  char *why, size_t cap)
{
    HDRVR hdrvr = OpenDriver(section ? alias : base_of(held->path), section, 0);
    if (!hdrvr) {
        snprintf(why, cap, "it refuses to be opened");
        return NULL;
    }
    if (GetDriverModuleHandle(hdrvr) == held->module)
        return hdrvr;
    CloseDriver(hdrvr, 0, 0); /* it cannot be, and would be somebody's trick */
    snprintf(why, cap, "another file of that name came in its place");
    return NULL;
}

/* ------------------------------------------------------------------ sources to install */

static unsigned bits_of(struct host *host, const WCHAR *path)
{
    struct mmk_module_info info = {0};
    char name[HOST_PATH_MAX];
    mmk_reg_view view = sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
    if (!is_file(path) || !to_narrow(path, name, sizeof name))
        return 0;
    mmk_err err =
        host->port->platform->ops->inspect_module(host->port->platform, name, view, &info);
    return err == MMK_OK || err == MMK_ERR_BITNESS ? info.pointer_bits : 0;
}

/** Whether `folder`\`sub`\`stem``tail``ending` is a module of that width. */
static bool try_source(struct host *host, unsigned bits, const WCHAR *folder, const WCHAR *sub,
                       const WCHAR *stem, const WCHAR *tail, const WCHAR *ending, char *out)
{
    WCHAR name[PATH_UNITS], path[PATH_UNITS], full[PATH_UNITS];
    if (wcslen(sub) + wcslen(stem) + wcslen(tail) + wcslen(ending) + 2 > PATH_UNITS)
        return false;
    wcscpy(name, sub);
    wcscat(name, stem);
    wcscat(name, tail);
    wcscat(name, ending);
    if (!join(path, PATH_UNITS, folder, name))
        return false;
    DWORD n = GetFullPathNameW(path, PATH_UNITS, full, NULL);
    return n > 0 && n < PATH_UNITS && bits_of(host, full) == bits &&
           to_narrow(full, out, HOST_PATH_MAX);
}

/** The places where setups put modules: mmewave.drv or mmewave64.drv beside mmectl, or mmewave.drv
 *  in a folder x64 beside it or beside its own folder; x86 and 32 likewise. */
static void find_source(struct host *host, unsigned bits, const WCHAR *folder, const WCHAR *base,
                        char *out)
{
    static const WCHAR *const folders[2][2] = {{L"x86\\", L"..\\x86\\"}, {L"x64\\", L"..\\x64\\"}};
    const bool wide = bits == 64;
    WCHAR stem[PATH_UNITS], ending[PATH_UNITS];
    wcscpy(stem, base);
    WCHAR *dot = wcsrchr(stem, L'.');
    wcscpy(ending, dot ? dot : L"");
    if (dot)
        *dot = 0;
    if (try_source(host, bits, folder, L"", stem, L"", ending, out) ||
        try_source(host, bits, folder, L"", stem, wide ? L"64" : L"32", ending, out))
        return;
    for (int i = 0; i < 2; i++)
        if (try_source(host, bits, folder, folders[wide][i], stem, L"", ending, out))
            return;
    out[0] = 0;
}

static bool own_folder(WCHAR *folder)
{
    DWORD n = GetModuleFileNameW(NULL, folder, PATH_UNITS);
    WCHAR *slash = n > 0 && n < PATH_UNITS ? wcsrchr(folder, L'\\') : NULL;
    if (slash)
        *slash = 0;
    return slash != NULL;
}

/** Not a source: the very file that programs get already. */
static void drop_installed(struct host *host, const char *file, const char *folder, char *source)
{
    char there[2 * HOST_PATH_MAX];
    (void)host;
    if (!source[0] || !folder)
        return;
    snprintf(there, sizeof there, "%s\\%s", folder, file);
    if (host_same_file(there, source))
        source[0] = 0;
}

void host_find_sources(struct host *host, const char *file, const char *path,
                       struct host_sources *out)
{
    const unsigned own = sizeof(void *) * 8;
    WCHAR folder[PATH_UNITS], base[PATH_UNITS], full[PATH_UNITS];
    memset(out, 0, sizeof *out);
    if (path && to_wide_path(path, full, PATH_UNITS)) { /* the file the user named, for its width */
        unsigned bits = bits_of(host, full);
        to_narrow(full, bits == 0 || bits == own ? out->own : out->other, HOST_PATH_MAX);
        wcscpy(folder, full);
        folder[base_of(full) - full] = 0;
    } else if (!own_folder(folder)) {
        return;
    }
    if (!to_wide(file, base, PATH_UNITS))
        return;
    if (!out->own[0] && !path)
        find_source(host, own, folder, base, out->own);
    if (!out->other[0] && host->port->drivers_dir_other)
        find_source(host, 96 - own, folder, base, out->other);
    drop_installed(host, file, host->port->drivers_dir, out->own);
    drop_installed(host, file, host->port->drivers_dir_other, out->other);
}

void host_drivers_dir(struct host *host, bool wanted)
{
    (void)host; /* the system's own folder */
    (void)wanted;
}

bool host_is_installed_module(struct host *host, const char *path)
{
    char there[2 * HOST_PATH_MAX];
    snprintf(there, sizeof there, "%s\\%s", host->port->drivers_dir, host_base_name(path));
    return host_same_file(there, path);
}

/* ------------------------------------------------------------------ driver messages */

static void tell(struct host *host, const char *function, const char *name, intptr_t answer)
{
    if (host->on_message)
        host->on_message(host->on_message_user, host->held_name, function, name, answer);
}

static bool is_ours(const char *file)
{
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    for (size_t i = 0; i < n; i++)
        if (mmk_name_equal(drivers[i]->product->file, file))
            return true;
    return false;
}

uintptr_t host_driver_open(struct host *host, const char *file, bool removing, char *why,
                           size_t cap)
{
    WCHAR path[PATH_UNITS];
    char name[HOST_PATH_MAX];
    struct host_sources sources = {{0}, {0}};
    if (is_ours(file))
        host_find_sources(host, file, NULL, &sources);
    if (!module_resolve(sources.own[0] ? sources.own : file, path)) {
        snprintf(why, cap, "its path is too long");
        return 0;
    }
    to_narrow(path, name, sizeof name);
    drivers_be_quiet(host);
    const bool copy = removing && host_is_installed_module(host, name);
    snprintf(host->held_name, sizeof host->held_name, "%s", host_base_name(name));
    if (!module_hold(&host->held, path, copy, why, cap))
        return 0;
    HDRVR hdrvr = module_open(&host->held, NULL, NULL, why, cap);
    if (!hdrvr)
        module_release(&host->held);
    tell(host, "OpenDriver", "OpenDriver", hdrvr != NULL);
    return (uintptr_t)hdrvr;
}

static const char *message_name(uint32_t msg)
{
    static const struct {
        uint32_t msg;
        const char *name;
    } names[] = {{MMK_DRV_INSTALL, "DRV_INSTALL"},
                 {MMK_DRV_REMOVE, "DRV_REMOVE"},
                 {MMK_DRV_CONFIGURE, "DRV_CONFIGURE"},
                 {MMK_DRV_QUERYCONFIGURE, "DRV_QUERYCONFIGURE"},
                 {MMK_DRVM_ATTACH, "MMK_DRVM_ATTACH"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].msg == msg)
            return names[i].name;
    return "?";
}

intptr_t host_driver_send(struct host *host, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                          intptr_t lparam2)
{
    intptr_t answer = SendDriverMessage((HDRVR)hdrvr, msg, lparam1, lparam2);
    tell(host, "SendDriverMessage", message_name(msg), answer);
    return answer;
}

void host_driver_close(struct host *host, uintptr_t hdrvr)
{
    LRESULT answer = CloseDriver((HDRVR)hdrvr, 0, 0);
    tell(host, "CloseDriver", "CloseDriver", answer);
    module_release(&host->held);
}

bool host_is_module_file(const char *name)
{
    return strpbrk(name, "\\/:") != NULL;
}
