/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "host_win32.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

#define CTRL_GRACE_MS 4000u /* closing the window leaves a program five seconds */
#define TEMP_TRIES    64u

/* ------------------------------------------------------------------ the process */

static volatile LONG caught;
static volatile LONG catching;

/* Runs on a thread of its own. The second Ctrl-C ends the program whatever it is waiting for. */
static BOOL WINAPI on_control(DWORD event)
{
    if (!catching || InterlockedExchange(&caught, 1) != 0)
        return FALSE;
    if (event == CTRL_CLOSE_EVENT || event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT)
        Sleep(CTRL_GRACE_MS); /* when this returns the process ends: let main end first */
    return TRUE;
}

void host_begin(void)
{
    SetConsoleCtrlHandler(on_control, TRUE);
}

void host_catch_interrupt(void)
{
    InterlockedExchange(&catching, 1);
}

bool host_interrupted(void)
{
    return caught != 0;
}

void host_end_interrupted(void)
{
    fflush(stdout);
    ExitProcess((UINT)host_exit_code(OUTCOME_INTERRUPTED));
}

bool host_setenv(const char *name, const char *value)
{
    WCHAR wide_name[64], wide[PATH_UNITS];
    return to_wide(name, wide_name, 64) && to_wide(value, wide, PATH_UNITS) &&
           SetEnvironmentVariableW(wide_name, wide);
}

void host_sleep_ms(unsigned ms)
{
    Sleep(ms);
}

uint64_t host_clock_ms(void)
{
    return GetTickCount64() + 1;
}

/* ------------------------------------------------------------------ the console */

static HANDLE console_of(FILE *stream)
{
    DWORD mode;
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(stream));
    return handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &mode) ? handle : NULL;
}

bool host_is_terminal(FILE *stream)
{
    return console_of(stream) != NULL;
}

bool host_has_escapes(FILE *stream)
{
    DWORD mode;
    HANDLE console = console_of(stream);
    if (!console || !GetConsoleMode(console, &mode))
        return false;
    return (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) ||
           SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

unsigned host_console_columns(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    HANDLE console = console_of(stderr);
    if (console && GetConsoleScreenBufferInfo(console, &info) && info.dwSize.X > 0)
        return (unsigned)info.dwSize.X;
    return 80;
}

/* A console gets UTF-16, whatever its code page; a file or pipe UTF-8. */
void host_write(FILE *stream, const char *text)
{
    WCHAR piece[512];
    HANDLE console = console_of(stream);
    if (!console) {
        fputs(text, stream);
        return;
    }
    fflush(stream);
    for (size_t left = strlen(text); left > 0;) {
        size_t n = left < sizeof piece / sizeof *piece ? left : sizeof piece / sizeof *piece;
        while (n < left && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--; /* not within a character */
        int units = MultiByteToWideChar(CP_UTF8, 0, text, (int)n, piece, 512);
        DWORD done;
        if (units > 0)
            WriteConsoleW(console, piece, (DWORD)units, &done, NULL);
        text += n;
        left -= n;
    }
}

/* ------------------------------------------------------------------ files */

FILE *host_fopen(const char *path, const char *mode)
{
    WCHAR wide[PATH_UNITS], wide_mode[8];
    if (!to_wide_path(path, wide, PATH_UNITS) || !to_wide(mode, wide_mode, 8))
        return NULL;
    return _wfopen(wide, wide_mode);
}

bool host_seek(FILE *file, uint64_t offset)
{
    return offset <= INT64_MAX && _fseeki64(file, (int64_t)offset, SEEK_SET) == 0;
}

uint64_t host_length(FILE *file)
{
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(file));
    LARGE_INTEGER size;
    if (GetFileType(handle) != FILE_TYPE_DISK || !GetFileSizeEx(handle, &size))
        return UINT64_MAX;
    return (uint64_t)size.QuadPart;
}

bool host_full_path(const char *path, char *out, size_t cap)
{
    WCHAR wide[PATH_UNITS], full[PATH_UNITS];
    if (!to_wide(path, wide, PATH_UNITS) || GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES)
        return false;
    DWORD n = GetFullPathNameW(wide, PATH_UNITS, full, NULL);
    return n > 0 && n < PATH_UNITS && to_narrow(full, out, cap);
}

const char *host_base_name(const char *path)
{
    const char *base = path;
    for (; *path; path++)
        if (*path == '\\' || *path == '/' || *path == ':')
            base = path + 1;
    return base;
}

static HANDLE open_for_attributes(const char *path)
{
    WCHAR wide[PATH_UNITS];
    if (!to_wide_path(path, wide, PATH_UNITS))
        return INVALID_HANDLE_VALUE;
    return CreateFileW(wide, FILE_READ_ATTRIBUTES,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

bool host_same_file(const char *a, const char *b)
{
    BY_HANDLE_FILE_INFORMATION x, y;
    HANDLE one = open_for_attributes(a), other = open_for_attributes(b);
    bool same = one != INVALID_HANDLE_VALUE && other != INVALID_HANDLE_VALUE &&
                GetFileInformationByHandle(one, &x) && GetFileInformationByHandle(other, &y) &&
                x.dwVolumeSerialNumber == y.dwVolumeSerialNumber &&
                x.nFileIndexHigh == y.nFileIndexHigh && x.nFileIndexLow == y.nFileIndexLow;
    if (one != INVALID_HANDLE_VALUE)
        CloseHandle(one);
    if (other != INVALID_HANDLE_VALUE)
        CloseHandle(other);
    return same;
}

enum host_file_kind host_file_kind(const char *path)
{
    WCHAR wide[PATH_UNITS];
    if (!to_wide_path(path, wide, PATH_UNITS))
        return HOST_FILE_NONE;
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return HOST_FILE_NONE;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY)
        return HOST_FILE_FOLDER;
    return attributes & FILE_ATTRIBUTE_DEVICE ? HOST_FILE_OTHER : HOST_FILE_REGULAR;
}

/* ------------------------------------------------------------------ new files */

static mmk_err failed(const char *path, const char *what, char *why, size_t cap)
{
    DWORD number = GetLastError();
    char words[400];
    system_words(number, words, sizeof words);
    snprintf(why, cap, "%s %s: %s", path, what, words);
    return err_of_system(number);
}

mmk_err host_new_file_begin(struct host_new_file *file, const char *path, char *why, size_t cap)
{
    WCHAR wide[PATH_UNITS];
    enum host_file_kind kind = host_file_kind(path);
    if (strlen(path) >= sizeof file->path) {
        snprintf(why, cap, "the name %.60s... is too long", path);
        return MMK_ERR_TOO_LONG;
    }
    strcpy(file->path, path);
    if (kind != HOST_FILE_NONE && kind != HOST_FILE_REGULAR) {
        snprintf(why, cap, "%s is %s and is not replaced", path,
                 kind == HOST_FILE_FOLDER ? "a folder" : "no regular file");
        return MMK_ERR_EXISTS;
    }
    if (kind == HOST_FILE_REGULAR && to_wide_path(path, wide, PATH_UNITS) &&
        (GetFileAttributesW(wide) & FILE_ATTRIBUTE_READONLY)) {
        snprintf(why, cap, "%s may not be replaced: it is read-only", path);
        return MMK_ERR_ACCESS;
    }
    for (unsigned i = 0; i < TEMP_TRIES; i++) {
        snprintf(file->temp, sizeof file->temp, "%s.%lx%02x", path,
                 (unsigned long)GetCurrentProcessId(), i);
        if (!to_wide_path(file->temp, wide, PATH_UNITS)) {
            snprintf(why, cap, "the name %.60s... is too long", path);
            return MMK_ERR_TOO_LONG;
        }
        HANDLE handle =
            CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (handle != INVALID_HANDLE_VALUE) {
            CloseHandle(handle);
            return MMK_OK;
        }
        if (GetLastError() != ERROR_FILE_EXISTS)
            break;
    }
    return failed(path, "cannot be written", why, cap);
}

mmk_err host_new_file_commit(struct host_new_file *file, char *why, size_t cap)
{
    WCHAR temp[PATH_UNITS], path[PATH_UNITS];
    if (!to_wide_path(file->temp, temp, PATH_UNITS) || !to_wide_path(file->path, path, PATH_UNITS))
        return MMK_ERR_TOO_LONG;
    HANDLE handle = CreateFileW(temp, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                                OPEN_EXISTING, 0, NULL);
    bool good = handle != INVALID_HANDLE_VALUE && FlushFileBuffers(handle);
    if (handle != INVALID_HANDLE_VALUE)
        CloseHandle(handle);
    /* ReplaceFile keeps the old file's permissions */
    if (good && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES &&
        ReplaceFileW(path, temp, NULL, REPLACEFILE_IGNORE_MERGE_ERRORS, NULL, NULL))
        return MMK_OK;
    if (good && MoveFileExW(temp, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return MMK_OK;
    return failed(file->path, "cannot be written", why, cap);
}

void host_new_file_abort(struct host_new_file *file)
{
    WCHAR temp[PATH_UNITS];
    if (to_wide_path(file->temp, temp, PATH_UNITS))
        DeleteFileW(temp);
}
