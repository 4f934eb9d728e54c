/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "host_win32.h"

#include <string.h>

#include <mmk/text.h>

bool to_wide(const char *text, WCHAR *out, size_t cap_units)
{
    size_t len = 0;
    if (cap_units == 0)
        return false;
    out[0] = 0;
    if (mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, out, (cap_units - 1) * sizeof *out, &len) !=
        MMK_OK)
        return false;
    out[len / sizeof *out] = 0;
    return true;
}

bool to_wide_path(const char *path, WCHAR *out, size_t cap_units)
{
    static const WCHAR prefix[] = L"\\\\?\\";
    WCHAR wide[PATH_UNITS], *name = NULL;
    if (!to_wide(path, wide, PATH_UNITS))
        return false;
    if (wcsncmp(wide, L"\\\\", 2) == 0) { /* a share, a device, or long already: as it is */
        if (wcslen(wide) >= cap_units)
            return false;
        wcscpy(out, wide);
        return true;
    }
    DWORD n = GetFullPathNameW(wide, (DWORD)cap_units, out, &name);
    if (n == 0 || n + 4 >= cap_units)
        return false;
    if (n >= MAX_PATH - 12 && out[1] == L':') {
        memmove(out + 4, out, (n + 1) * sizeof *out);
        memcpy(out, prefix, 4 * sizeof *out);
    }
    return true;
}

bool to_narrow(const WCHAR *text, char *out, size_t cap)
{
    if (mmk_wtf8_from_utf16(text, wcslen(text), out, cap, NULL) == MMK_OK)
        return true;
    if (cap > 0)
        out[0] = 0;
    return false;
}

void system_words(DWORD number, char *text, size_t cap)
{
    WCHAR wide[256];
    char words[512];
    DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                 FORMAT_MESSAGE_MAX_WIDTH_MASK,
                             NULL, number, 0, wide, 255, NULL);
    while (n > 0 && (wide[n - 1] == L' ' || wide[n - 1] == L'.'))
        n--;
    wide[n] = 0;
    if (n == 0 || !to_narrow(wide, words, sizeof words))
        snprintf(text, cap, "error %lu", number);
    else
        snprintf(text, cap, "%s (error %lu)", words, number);
}

mmk_err err_of_system(DWORD number)
{
    switch (number) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_MOD_NOT_FOUND:
        return MMK_ERR_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_SHARING_VIOLATION:
        return MMK_ERR_ACCESS;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return MMK_ERR_NO_SPACE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return MMK_ERR_NOMEM;
    default:
        return MMK_ERR_IO;
    }
}
