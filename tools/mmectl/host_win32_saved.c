/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Whether Wine has saved its registry.
 *
 * Wine keeps the registry in the wineserver and writes each hive to a text file every 30 seconds
 * and when the last program has ended; RegFlushKey does nothing. The install engine writes a stamp
 * last into each hive it touches, so a file with the same stamp as the registry holds all of it,
 * and a file without stamp is right if the registry has none.
 */
#include "host_win32.h"

#include <stdlib.h>
#include <string.h>

#define SAVING_MS 35000u
#define STAMP_KEY L"Software\\mmekit"

bool host_forgets(struct host *host)
{
    (void)host;
    return true;
}

/** The file of a hive, from where this prefix is. */
static bool hive_path(const WCHAR *name, WCHAR *path)
{
    WCHAR folder[PATH_UNITS];
    DWORD n = GetEnvironmentVariableW(L"WINECONFIGDIR", folder, PATH_UNITS);
    if (n == 0 || n + wcslen(name) + 2 > PATH_UNITS)
        return false;
    if (wcsncmp(folder, L"\\??\\", 4) == 0)
        folder[1] = L'\\'; /* as Win32 writes NT's \??\ */
    wcscpy(path, folder);
    wcscat(path, L"\\");
    wcscat(path, name);
    return true;
}

unsigned host_saving_ms(struct host *host)
{
    WCHAR path[PATH_UNITS];
    (void)host;
    if (!mmk_win32_is_wine() || !hive_path(L"system.reg", path))
        return 0;
    return SAVING_MS;
}

static char *load_text(const WCHAR *path)
{
    LARGE_INTEGER size = {{0, 0}};
    DWORD done = 0;
    HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    char *text = NULL;
    if (GetFileSizeEx(file, &size) && size.QuadPart < 0x7fffffff)
        text = malloc((size_t)size.QuadPart + 1);
    if (text && (!ReadFile(file, text, (DWORD)size.QuadPart, &done, NULL) ||
                 done != (DWORD)size.QuadPart)) {
        free(text);
        text = NULL;
    }
    CloseHandle(file);
    if (text)
        text[size.QuadPart] = 0;
    return text;
}

/** The stamp in a hive's text: `[Software\\mmekit]`, then `"Stamp"=hex(b):02,00,..`.
 *  @return MMK_ERR_NOT_FOUND  there is none */
static mmk_err stamp_in_text(const char *text, uint64_t *stamp)
{
    static const char head[] = "\n[Software\\\\mmekit] ", name[] = "\n\"Stamp\"=hex(b):";
    const char *key = strstr(text, head);
    if (!key)
        return MMK_ERR_NOT_FOUND;
    const char *end = strstr(key + sizeof head - 1, "\n[");
    const char *value = strstr(key, name);
    if (!value || (end && value > end))
        return MMK_ERR_NOT_FOUND;
    *stamp = 0;
    value += sizeof name - 1;
    for (unsigned i = 0; i < 8; i++) {
        char *stop;
        *stamp |= (uint64_t)(strtoul(value, &stop, 16) & 0xff) << (8 * i);
        if (*stop != ',')
            break;
        value = stop + 1;
    }
    return MMK_OK;
}

static mmk_err stamp_in_registry(HKEY root, uint64_t *stamp)
{
    HKEY key;
    DWORD type = 0, n = sizeof *stamp;
    LONG result = RegOpenKeyExW(root, STAMP_KEY, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    if (result == ERROR_SUCCESS) {
        result = RegQueryValueExW(key, L"Stamp", NULL, &type, (BYTE *)stamp, &n);
        RegCloseKey(key);
    }
    if (result == ERROR_FILE_NOT_FOUND)
        return MMK_ERR_NOT_FOUND;
    return result == ERROR_SUCCESS && type == REG_QWORD && n == sizeof *stamp ? MMK_OK : MMK_ERR_IO;
}

static bool hive_saved(HKEY root, const WCHAR *name)
{
    WCHAR path[PATH_UNITS];
    uint64_t wanted = 0, there = 0;
    char *text = hive_path(name, path) ? load_text(path) : NULL;
    if (!text)
        return false;
    mmk_err in_file = stamp_in_text(text, &there);
    free(text);
    mmk_err in_registry = stamp_in_registry(root, &wanted);
    return in_file == in_registry && wanted == there &&
           (in_file == MMK_OK || in_file == MMK_ERR_NOT_FOUND);
}

bool host_is_saved(struct host *host)
{
    (void)host;
    return hive_saved(HKEY_LOCAL_MACHINE, L"system.reg") &&
           hive_saved(HKEY_CURRENT_USER, L"user.reg");
}
