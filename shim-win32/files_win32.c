/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The files seam: what an install plan does to files. INI lines are in ini_win32.c.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/hash.h>

#define CHUNK_BYTES 65536u

HANDLE mmki_open_read(const WCHAR *path)
{
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_SEQUENTIAL_SCAN, NULL);
}

/* ------------------------------------------------------------------ stat and hash */

static mmk_err win32_stat(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    WIN32_FILE_ATTRIBUTE_DATA data;
    mmk_err err = mmki_path(path, wide);
    if (err != MMK_OK)
        return err;
    if (!GetFileAttributesExW(wide, GetFileExInfoStandard, &data))
        return mmki_last_err();
    *st = (struct mmk_file_stat){
        .size_bytes = (uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow,
        .is_dir = (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0,
    };
    if (st->is_dir)
        st->size_bytes = 0;
    return MMK_OK;
}

static mmk_err hash_handle(HANDLE file, struct mmk_file_stat *st)
{
    unsigned char *chunk = mmki_alloc(CHUNK_BYTES);
    struct mmk_file_stat sum = {.hash = MMK_FNV1A64_INIT};
    size_t n = CHUNK_BYTES;
    mmk_err err = chunk != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && n == CHUNK_BYTES) {
        err = mmki_read_at(file, sum.size_bytes, chunk, CHUNK_BYTES, &n);
        if (err == MMK_OK) {
            sum.hash = mmk_fnv1a64(sum.hash, chunk, n);
            sum.size_bytes += n;
        }
    }
    mmki_free(chunk);
    if (err == MMK_OK)
        *st = sum;
    return err;
}

static mmk_err win32_hash(struct mmk_files *self, const char *path, struct mmk_file_stat *st)
{
    WCHAR wide[MMKI_PATH_UNITS];
    struct mmk_file_stat first;
    mmk_err err = win32_stat(self, path, &first);
    if (err != MMK_OK)
        return err;
    if (first.is_dir)
        return MMK_ERR_INVAL;
    err = mmki_path(path, wide);
    if (err != MMK_OK)
        return err;
    HANDLE file = mmki_open_read(wide);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    err = hash_handle(file, st);
    CloseHandle(file);
    return err;
}

/* ------------------------------------------------------------------ copy, rename, remove */

static mmk_err copy_bytes(HANDLE from, HANDLE to)
{
    unsigned char *chunk = mmki_alloc(CHUNK_BYTES);
    uint64_t at = 0;
    size_t n = CHUNK_BYTES;
    mmk_err err = chunk != NULL ? MMK_OK : MMK_ERR_NOMEM;
    while (err == MMK_OK && n == CHUNK_BYTES) {
        err = mmki_read_at(from, at, chunk, CHUNK_BYTES, &n);
        at += n;
        if (err == MMK_OK)
            err = mmki_write(to, chunk, n);
    }
    if (err == MMK_OK && !FlushFileBuffers(to))
        err = MMK_ERR_IO;
    mmki_free(chunk);
    return err;
}

static mmk_err win32_copy(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    WCHAR wide_from[MMKI_PATH_UNITS];
    WCHAR wide_to[MMKI_PATH_UNITS];
    mmk_err err = mmki_path(from, wide_from);
    if (err == MMK_OK)
        err = mmki_path(to, wide_to);
    if (err != MMK_OK)
        return err;
    HANDLE in = mmki_open_read(wide_from);
    if (in == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    HANDLE out =
        CreateFileW(wide_to, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (out == INVALID_HANDLE_VALUE) {
        err = mmki_last_err();
        CloseHandle(in);
        return err;
    }
    err = copy_bytes(in, out);
    CloseHandle(in);
    if (!CloseHandle(out) && err == MMK_OK)
        err = MMK_ERR_IO;
    if (err != MMK_OK)
        DeleteFileW(wide_to);
    return err;
}

static mmk_err win32_rename(struct mmk_files *self, const char *from, const char *to)
{
    (void)self;
    WCHAR wide_from[MMKI_PATH_UNITS];
    WCHAR wide_to[MMKI_PATH_UNITS];
    mmk_err err = mmki_path(from, wide_from);
    if (err == MMK_OK)
        err = mmki_path(to, wide_to);
    return err == MMK_OK ? mmki_rename(wide_from, wide_to) : err;
}

/** A loaded module denies its deletion with the words that missing rights have too. */
static mmk_err delete_err(const WCHAR *path, DWORD number)
{
    if (number == ERROR_ACCESS_DENIED) {
        DWORD attributes = GetFileAttributesW(path);
        HANDLE file =
            CreateFileW(path, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (file != INVALID_HANDLE_VALUE) { /* the right is there, so somebody uses it */
            CloseHandle(file);
            if (attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_READONLY) &&
                !(attributes & FILE_ATTRIBUTE_DIRECTORY))
                return MMK_ERR_BUSY;
        }
    }
    return mmki_err_from_win32(number);
}

static mmk_err win32_remove(struct mmk_files *self, const char *path)
{
    (void)self;
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err = mmki_path(path, wide);
    if (err != MMK_OK)
        return err;
    return DeleteFileW(wide) ? MMK_OK : delete_err(wide, GetLastError());
}

static mmk_err win32_remove_later(struct mmk_files *self, const char *path)
{
    WCHAR wide[MMKI_PATH_UNITS];
    mmk_err err = win32_remove(self, path);
    if (err != MMK_ERR_BUSY)
        return err;
    err = mmki_path(path, wide);
    if (err != MMK_OK)
        return err;
    return MoveFileExW(wide, NULL, MOVEFILE_DELAY_UNTIL_REBOOT) ? MMK_ERR_PENDING : mmki_last_err();
}

static const struct mmk_files_ops files_ops = {
    .stat = win32_stat,
    .hash = win32_hash,
    .copy = win32_copy,
    .rename = win32_rename,
    .remove = win32_remove,
    .remove_later = win32_remove_later,
    .ini_set = mmki_win32_ini_set,
    .ini_get = mmki_win32_ini_get,
};

struct mmk_files *mmk_win32_files(void)
{
    static struct mmk_files files = {.ops = &files_ops};
    return &files;
}
