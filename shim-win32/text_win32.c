/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "win32_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mmk/text.h>

/* ------------------------------------------------------------------ errors */

mmk_err mmki_err_from_win32(DWORD number)
{
    switch (number) {
    case ERROR_SUCCESS:
        return MMK_OK;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_NETPATH:
    case ERROR_MOD_NOT_FOUND:
    case ERROR_NO_MORE_ITEMS:
    case ERROR_KEY_DELETED: /* somebody deleted it between our open and our call */
        return MMK_ERR_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_INVALID_OWNER:
        return MMK_ERR_ACCESS;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
        return MMK_ERR_NOMEM;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_BUSY:
    case ERROR_USER_MAPPED_FILE:
        return MMK_ERR_BUSY;
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_FULL:
    case 1295: /* ERROR_DISK_QUOTA_EXCEEDED, which mingw does not name */
    case ERROR_FILE_TOO_LARGE:
        return MMK_ERR_NO_SPACE;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        return MMK_ERR_EXISTS;
    case ERROR_INVALID_PARAMETER:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
        return MMK_ERR_INVAL;
    case ERROR_BUFFER_OVERFLOW:
    case ERROR_FILENAME_EXCED_RANGE:
        return MMK_ERR_TOO_LONG;
    case ERROR_MORE_DATA:
        return MMK_ERR_MORE;
    case ERROR_BADDB:
    case ERROR_BADKEY:
    case ERROR_REGISTRY_CORRUPT:
    case ERROR_NOT_REGISTRY_FILE:
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_FILE_CORRUPT:
    case ERROR_DISK_CORRUPT:
        return MMK_ERR_CORRUPT;
    case ERROR_CHILD_MUST_BE_VOLATILE:
    case ERROR_DIR_NOT_EMPTY:
    case ERROR_KEY_HAS_CHILDREN:
        return MMK_ERR_STATE;
    case ERROR_SEM_TIMEOUT:
    case ERROR_TIMEOUT:
        return MMK_ERR_TIMEOUT;
    case ERROR_NOT_READY:
    case ERROR_DEV_NOT_EXIST:
    case ERROR_DEVICE_NOT_CONNECTED:
        return MMK_ERR_GONE;
    default:
        return MMK_ERR_IO;
    }
}

mmk_err mmki_last_err(void)
{
    DWORD number = GetLastError();
    return number == ERROR_SUCCESS ? MMK_ERR_IO : mmki_err_from_win32(number);
}

/* ------------------------------------------------------------------ memory */

void *mmki_alloc(size_t n_bytes)
{
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, n_bytes != 0 ? n_bytes : 1);
}

void mmki_free(void *mem)
{
    if (mem != NULL)
        HeapFree(GetProcessHeap(), 0, mem);
}

/* ------------------------------------------------------------------ text */

mmk_err mmki_wide(const char *text, WCHAR *out, size_t cap_units)
{
    size_t len = 0;
    if (text == NULL || cap_units == 0)
        return MMK_ERR_INVAL;
    mmk_err err =
        mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, out, (cap_units - 1) * sizeof *out, &len);
    if (err != MMK_OK)
        return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : MMK_ERR_INVAL;
    out[len / sizeof *out] = 0;
    return MMK_OK;
}

mmk_err mmki_wide_new(const char *text, WCHAR **out)
{
    size_t cap_units = text != NULL ? strlen(text) + 1 : 1; /* never more units than bytes */
    WCHAR *wide = mmki_alloc(cap_units * sizeof *wide);
    if (wide == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = mmki_wide(text, wide, cap_units);
    if (err != MMK_OK) {
        mmki_free(wide);
        return err;
    }
    *out = wide;
    return MMK_OK;
}

mmk_err mmki_narrow(const WCHAR *text, size_t n_units, char *out, size_t cap)
{
    return mmk_wtf8_from_utf16(text, n_units, out, cap, NULL);
}

mmk_err mmki_join(const WCHAR *folder, const WCHAR *name, WCHAR *out, size_t cap_units)
{
    size_t a = wcslen(folder);
    size_t b = wcslen(name);
    bool slash = a > 0 && folder[a - 1] != L'\\' && folder[a - 1] != L'/';
    if (a + b + 2 > cap_units)
        return MMK_ERR_TOO_LONG;
    memmove(out, folder, a * sizeof *out);
    if (slash)
        out[a++] = L'\\';
    memcpy(out + a, name, (b + 1) * sizeof *out);
    return MMK_OK;
}

void mmki_format(char *text, size_t cap, const char *format, ...)
{
    if (text == NULL || cap == 0)
        return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, cap, format, args);
    va_end(args);
    if (n < 0)
        text[0] = 0;
}
