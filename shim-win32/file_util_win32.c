/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "win32_internal.h"

#include <string.h>

#define RENAME_TRIES    40u /* a reader or a virus scanner holds the target for moments only */
#define RENAME_PAUSE_MS 25u

/* Room for a name in a folder and for the endings that files get on the way. */
#define LONG_PATH_UNITS 200u

mmk_err mmki_path(const char *path, WCHAR *out)
{
    WCHAR full[MMKI_PATH_UNITS];
    const WCHAR *name;
    mmk_err err = mmki_wide(path, out, MMKI_PATH_UNITS);
    if (err == MMK_OK && mmki_in_system32(out, &name)) {
        wcscpy(full, name);
        err = mmki_system_folder(MMK_VIEW_64, out, MMKI_PATH_UNITS);
        if (err == MMK_OK)
            err = mmki_join(out, full, out, MMKI_PATH_UNITS);
    }
    if (err != MMK_OK || wcslen(out) < LONG_PATH_UNITS || wcsncmp(out, L"\\\\?\\", 4) == 0)
        return err;
    /* behind that mark nothing is made out of slashes and dots any more: do it first */
    DWORD n = GetFullPathNameW(out, MMKI_PATH_UNITS, full, NULL);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return n == 0 ? mmki_last_err() : MMK_ERR_TOO_LONG;
    bool share = wcsncmp(full, L"\\\\", 2) == 0;
    const WCHAR *mark = share ? L"\\\\?\\UNC\\" : L"\\\\?\\";
    const WCHAR *rest = share ? full + 2 : full;
    if (wcslen(mark) + wcslen(rest) >= MMKI_PATH_UNITS)
        return MMK_ERR_TOO_LONG;
    wcscpy(out, mark);
    wcscat(out, rest);
    return MMK_OK;
}

mmk_err mmki_write(HANDLE file, const void *data, size_t len)
{
    const unsigned char *from = data;
    while (len > 0) {
        DWORD want = len > 0x10000000u ? 0x10000000u : (DWORD)len;
        DWORD done = 0;
        if (!WriteFile(file, from, want, &done, NULL))
            return mmki_last_err();
        if (done == 0)
            return MMK_ERR_NO_SPACE;
        from += done;
        len -= done;
    }
    return MMK_OK;
}

mmk_err mmki_write_at(HANDLE file, uint64_t at, const void *data, size_t len, size_t *written)
{
    const unsigned char *from = data;
    size_t have = 0;
    mmk_err err = MMK_OK;
    while (have < len && err == MMK_OK) {
        size_t left = len - have;
        DWORD want = left > 0x10000000u ? 0x10000000u : (DWORD)left;
        DWORD done = 0;
        OVERLAPPED place = {0};
        place.Offset = (DWORD)(at + have);
        place.OffsetHigh = (DWORD)((at + have) >> 32);
        if (!WriteFile(file, from + have, want, &done, &place))
            err = mmki_last_err();
        else if (done == 0)
            err = MMK_ERR_NO_SPACE;
        have += done;
    }
    if (written != NULL)
        *written = have;
    return err;
}

mmk_err mmki_read_at(HANDLE file, uint64_t at, void *data, size_t cap, size_t *len)
{
    size_t have = 0;
    while (have < cap) {
        size_t left = cap - have;
        DWORD want = left > 0x10000000u ? 0x10000000u : (DWORD)left;
        DWORD done = 0;
        OVERLAPPED place = {0};
        place.Offset = (DWORD)(at + have);
        place.OffsetHigh = (DWORD)((at + have) >> 32);
        if (!ReadFile(file, (unsigned char *)data + have, want, &done, &place)) {
            if (GetLastError() == ERROR_HANDLE_EOF)
                break;
            return mmki_last_err();
        }
        if (done == 0)
            break;
        have += done;
    }
    *len = have;
    return MMK_OK;
}

mmk_err mmki_rename(const WCHAR *from, const WCHAR *to)
{
    DWORD attributes = GetFileAttributesW(to);
    /* Windows refuses to replace a read-only file, with the words that a file in use gets too; Wine
     * replaces it */
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_READONLY))
        return MMK_ERR_ACCESS;
    for (unsigned i = 0;; i++) {
        if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return MMK_OK;
        DWORD number = GetLastError();
        bool held = number == ERROR_SHARING_VIOLATION || number == ERROR_LOCK_VIOLATION ||
                    number == ERROR_USER_MAPPED_FILE;
        /* a file in use answers ACCESS_DENIED too, when it is mapped as a program or being deleted
         */
        if (number == ERROR_ACCESS_DENIED && GetFileAttributesW(to) != INVALID_FILE_ATTRIBUTES)
            held = true;
        if (!held || i >= RENAME_TRIES)
            return held ? MMK_ERR_BUSY : mmki_err_from_win32(number);
        Sleep(RENAME_PAUSE_MS);
    }
}

mmk_err mmki_file_replace(const WCHAR *path, const void *data, size_t len, bool durable)
{
    WCHAR temp[MMKI_PATH_UNITS];
    size_t n = wcslen(path);
    static const WCHAR ending[] = L".new";
    if (n + sizeof ending / sizeof *ending > MMKI_PATH_UNITS)
        return MMK_ERR_TOO_LONG;
    memcpy(temp, path, n * sizeof *temp);
    memcpy(temp + n, ending, sizeof ending);

    HANDLE file =
        CreateFileW(temp, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    mmk_err err = mmki_write(file, data, len);
    if (err == MMK_OK && durable && !FlushFileBuffers(file))
        err = MMK_ERR_IO;
    if (!CloseHandle(file) && err == MMK_OK)
        err = MMK_ERR_IO;
    if (err == MMK_OK)
        err = mmki_rename(temp, path);
    if (err != MMK_OK)
        DeleteFileW(temp);
    return err;
}
