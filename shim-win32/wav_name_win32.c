/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Which file the file device plays into: names, patterns, numbers, and whether it could be made. */
#include "win32_internal.h"

#include <stdio.h>
#include <string.h>

#include <mmk/text.h>

#define NUMBER_MAX    9999u
#define PROGRAM_UNITS 100u

/* ------------------------------------------------------------------ names */

static bool is_folder(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

/** Where recordings without a name go. */
static mmk_err default_folder(WCHAR *folder)
{
    WCHAR profile[MMKI_PATH_UNITS];
    DWORD n = GetEnvironmentVariableW(L"USERPROFILE", profile, MMKI_PATH_UNITS);
    if (n > 0 && n < MMKI_PATH_UNITS &&
        mmki_join(profile, L"Music", folder, MMKI_PATH_UNITS) == MMK_OK && is_folder(folder))
        return MMK_OK;
    n = GetTempPathW(MMKI_PATH_UNITS, folder);
    return n > 0 && n < MMKI_PATH_UNITS ? MMK_OK : MMK_ERR_NOT_FOUND;
}

/** The full path asked for; *named is false if it is a folder. */
static mmk_err resolve(const WCHAR *asked, WCHAR *full, bool *named)
{
    *named = false;
    if (asked[0] == 0)
        return default_folder(full);
    DWORD n = GetFullPathNameW(asked, MMKI_PATH_UNITS, full, NULL);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return n == 0 ? mmki_last_err() : MMK_ERR_TOO_LONG;
    *named = !is_folder(full);
    return MMK_OK;
}

static uint64_t name_hash(const WCHAR *path)
{
    char text[MMKI_PATH_UNITS * 3];
    if (mmki_narrow(path, wcslen(path), text, sizeof text) != MMK_OK)
        return 1;
    return mmk_name_hash(text, strlen(text));
}

/** Whether this port has not written the name yet; takes it. When the table is full every name
 *  counts as used, which costs a number in the name and nothing else. */
static bool take_name(struct mmki_used_names *used, const WCHAR *path)
{
    uint64_t hash = name_hash(path);
    bool fresh = true;
    AcquireSRWLockExclusive(&used->lock);
    for (uint32_t i = 0; i < used->n && fresh; i++)
        fresh = used->hash[i] != hash;
    if (used->n == MMKI_USED_MAX)
        fresh = false;
    if (fresh)
        used->hash[used->n++] = hash;
    ReleaseSRWLockExclusive(&used->lock);
    return fresh;
}

static uint32_t next_number(struct mmki_used_names *used)
{
    AcquireSRWLockExclusive(&used->lock);
    uint32_t n = ++used->counter;
    ReleaseSRWLockExclusive(&used->lock);
    return n;
}

/** `dir\name.wav` -> `dir\name-<n>.wav` */
static mmk_err numbered(const WCHAR *full, unsigned n, WCHAR *out)
{
    const WCHAR *base = wcsrchr(full, L'\\');
    const WCHAR *dot = wcsrchr(base != NULL ? base : full, L'.');
    size_t stem = dot != NULL ? (size_t)(dot - full) : wcslen(full);
    WCHAR number[16];
    _snwprintf(number, 16, L"-%u", n);
    number[15] = 0;
    if (wcslen(full) + wcslen(number) >= MMKI_PATH_UNITS)
        return MMK_ERR_TOO_LONG;
    memcpy(out, full, stem * sizeof *out);
    wcscpy(out + stem, number);
    wcscat(out, full + stem);
    return MMK_OK;
}

/** Of this process, without its ending, cut short where nobody would read on. */
static void program_name(char *name, size_t cap)
{
    WCHAR program[MMKI_PATH_UNITS];
    DWORD len = GetModuleFileNameW(NULL, program, MMKI_PATH_UNITS - 1);
    program[len] = 0;
    WCHAR *base = wcsrchr(program, L'\\');
    base = base != NULL ? base + 1 : program;
    WCHAR *dot = wcsrchr(base, L'.');
    if (dot != NULL && dot != base)
        *dot = 0;
    size_t n = wcslen(base) < PROGRAM_UNITS ? wcslen(base) : PROGRAM_UNITS;
    if (n == 0 || mmki_narrow(base, n, name, cap) != MMK_OK)
        mmki_format(name, cap, "program");
}

/** The name that `pattern` gives in this folder. */
static mmk_err expand(const WCHAR *folder, const char *pattern, uint32_t number, uint32_t device,
                      WCHAR *out)
{
    char program[PROGRAM_UNITS * 3 + 1], time[32], name[MMKI_PATH_UNITS * 3];
    WCHAR wide[MMKI_PATH_UNITS];
    SYSTEMTIME now;
    GetLocalTime(&now);
    mmki_format(time, sizeof time, "%04u%02u%02u-%02u%02u%02u", now.wYear, now.wMonth, now.wDay,
                now.wHour, now.wMinute, now.wSecond);
    program_name(program, sizeof program);
    const struct mmk_pattern_values values = {.program = program,
                                              .time = time,
                                              .pid = GetCurrentProcessId(),
                                              .number = number,
                                              .device = device};
    mmk_err err = mmk_pattern_expand(pattern, &values, name, sizeof name);
    if (err == MMK_OK)
        err = mmki_wide(name, wide, MMKI_PATH_UNITS);
    return err == MMK_OK ? mmki_join(folder, wide, out, MMKI_PATH_UNITS) : err;
}

static mmk_err create(const WCHAR *path, DWORD how, HANDLE *file)
{
    *file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file == INVALID_HANDLE_VALUE) {
        *file = NULL;
        return mmki_last_err();
    }
    if (GetFileType(*file) == FILE_TYPE_DISK)
        return MMK_OK;
    CloseHandle(*file); /* NUL, COM1 and their like */
    *file = NULL;
    return MMK_ERR_UNSUPPORTED;
}

/** The file that is named, to overwrite it once, or the next free one beside it. */
static mmk_err make_named(struct mmki_used_names *used, const WCHAR *full, HANDLE *file)
{
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err = create(full, take_name(used, full) ? CREATE_ALWAYS : CREATE_NEW, file);
    for (unsigned i = 2; (err == MMK_ERR_EXISTS || err == MMK_ERR_BUSY) && i < NUMBER_MAX; i++) {
        err = numbered(full, i, path);
        if (err == MMK_OK)
            err = create(path, CREATE_NEW, file);
    }
    return err == MMK_ERR_EXISTS || err == MMK_ERR_BUSY ? MMK_ERR_NO_SPACE : err;
}

/** The first free name that the pattern gives; where it has no number, one is put before the
 *  ending. No existing file is overwritten: Wine numbers processes anew for each server, so that
 *  even a name with the process' number may exist. */
static mmk_err make_by_pattern(struct mmki_used_names *used, const WCHAR *folder,
                               const char *pattern, uint32_t device, HANDLE *file)
{
    WCHAR plain[MMKI_PATH_UNITS], path[MMKI_PATH_UNITS];
    const bool counts = mmk_pattern_has(pattern, 'n');
    mmk_err err = MMK_ERR_EXISTS;
    for (unsigned i = 1; (err == MMK_ERR_EXISTS || err == MMK_ERR_BUSY) && i < NUMBER_MAX; i++) {
        err = expand(folder, pattern, counts ? next_number(used) : 0, device, plain);
        wcscpy(path, plain);
        if (err == MMK_OK && !counts && i > 1)
            err = numbered(plain, i, path);
        if (err == MMK_OK)
            err = create(path, CREATE_NEW, file);
    }
    return err == MMK_ERR_EXISTS || err == MMK_ERR_BUSY ? MMK_ERR_NO_SPACE : err;
}

/** The last part of a full path as UTF-8; `full` keeps its folder. */
static mmk_err split(WCHAR *full, char *name, size_t cap)
{
    WCHAR *base = wcsrchr(full, L'\\');
    if (base == NULL)
        return MMK_ERR_INVAL;
    mmk_err err = mmki_narrow(base + 1, wcslen(base + 1), name, cap);
    base[full + 2 == base ? 1 : 0] = 0; /* C:\ keeps its backslash */
    return err;
}

mmk_err mmki_wav_make_file(struct mmki_used_names *used, const WCHAR *asked, uint32_t device,
                           HANDLE *file)
{
    WCHAR full[MMKI_PATH_UNITS], folder[MMKI_PATH_UNITS];
    char pattern[MMKI_PATH_UNITS * 3];
    bool named;
    mmk_err err = resolve(asked, full, &named);
    if (err != MMK_OK)
        return err;
    if (!named)
        return make_by_pattern(used, full, "%p-%i-%n.wav", device, file);
    wcscpy(folder, full);
    err = split(folder, pattern, sizeof pattern);
    if (err != MMK_OK)
        return err;
    return strchr(pattern, '%') != NULL ? make_by_pattern(used, folder, pattern, device, file)
                                        : make_named(used, full, file);
}

/* ------------------------------------------------------------------ probe */

/** Whether a file can be made in the folder: made under a name nobody has, gone when closed. */
static mmk_err probe_folder(const WCHAR *folder)
{
    WCHAR name[64];
    WCHAR path[MMKI_PATH_UNITS];
    _snwprintf(name, 64, L".mmekit-probe-%lu-%lu.tmp", GetCurrentProcessId(), GetCurrentThreadId());
    mmk_err err = mmki_join(folder, name, path, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    HANDLE file = CreateFileW(path, GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW,
                              FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    CloseHandle(file);
    return MMK_OK;
}

static mmk_err probe_file(const WCHAR *path)
{
    HANDLE file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    CloseHandle(file);
    return MMK_OK;
}

static mmk_err probe_pattern(const WCHAR *full, const char *path, char *reason, size_t cap)
{
    WCHAR folder[MMKI_PATH_UNITS];
    char pattern[MMKI_PATH_UNITS * 3];
    wcscpy(folder, full);
    mmk_err err = split(folder, pattern, sizeof pattern);
    const char *wrong = err == MMK_OK ? mmk_pattern_wrong(pattern) : NULL;
    if (wrong == NULL)
        return err == MMK_ERR_INVAL ? MMK_ERR_NOT_FOUND : err;
    mmki_format(reason, cap,
                "\"%.2s\" in \"%s\" stands for nothing: %%p program, %%i process, %%n number, %%t "
                "time, %%d device, %%%% a percent sign",
                wrong, path);
    return MMK_ERR_INVAL;
}

mmk_err mmki_wav_out_probe(const char *path, char *reason, size_t cap)
{
    WCHAR asked[MMKI_PATH_UNITS];
    WCHAR full[MMKI_PATH_UNITS];
    bool named = false;
    mmk_err err = mmki_wide(path, asked, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = resolve(asked, full, &named);
    if (err == MMK_OK && named) {
        err = probe_pattern(full, path, reason, cap);
        if (err == MMK_ERR_INVAL)
            return err;
    }
    if (err == MMK_OK && named) {
        err = probe_file(full);
        if (err == MMK_ERR_BUSY)
            err = MMK_OK; /* another program records into it: ours gets the next number */
    }
    if (err == MMK_ERR_NOT_FOUND && named) { /* it is to be made: in its folder */
        WCHAR *slash = wcsrchr(full, L'\\');
        if (slash != NULL)
            slash[1] = 0;
        err = slash != NULL && is_folder(full) ? probe_folder(full) : MMK_ERR_NOT_FOUND;
    } else if (err == MMK_OK && !named) {
        err = probe_folder(full);
    }
    if (err == MMK_ERR_NOT_FOUND)
        mmki_format(reason, cap,
                    "the folder of \"%s\" does not exist: make it, or set another path", path);
    else if (err != MMK_OK)
        mmki_format(reason, cap, "\"%s\" cannot be written (%s): set another path", path,
                    mmk_err_text(err));
    return err;
}
