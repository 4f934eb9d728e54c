/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The journal seam: a folder with the files journal, lock, status-<driver> and log.
 *
 * The lock is a file opened without sharing: it is free the moment its holder closes it or dies,
 * between processes and between threads, and nobody has it open while waiting, so that it can be
 * deleted with the folder by whoever releases it last. (LockFileEx would leave waiters holding a
 * file that is about to be deleted.)
 *
 * The folder is made with its own access list: owner, administrators and the system write, users
 * read (a user's own folder is read by nobody else). A folder that belongs to somebody else, or a
 * journal in it, could have been planted to make an administrator's recovery write what they like:
 * it is refused. Nor does anybody make the machine's folder who may not write the machine's
 * registry: in common application data every user may make folders, and this one would keep the
 * administrator out.
 */
#include "win32_internal.h"

#include <string.h>

#include <aclapi.h>
#include <sddl.h>

#define LOCK_PAUSE_MS   10u
#define DENIED_GRACE_MS 250u /* a lock file that is being deleted denies access for a moment */
#define STATUS_NAME_MAX 64u
#define LOG_MAX_BYTES   (1024u * 1024u)

static struct mmki_win32_journal *impl(struct mmk_journal *self)
{
    return (struct mmki_win32_journal *)(void *)self;
}

static bool is_open(HANDLE handle)
{
    return handle != NULL && handle != INVALID_HANDLE_VALUE;
}

static mmk_err path_of(const struct mmki_win32_journal *journal, const WCHAR *name, WCHAR *path)
{
    return mmki_join(journal->folder, name, path, MMKI_PATH_UNITS);
}

/* ------------------------------------------------------------------ the folder */

/** The user this process runs as. Free *token. */
static const TOKEN_USER *current_user(TOKEN_USER **buffer)
{
    HANDLE token;
    DWORD n = 0;
    *buffer = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    GetTokenInformation(token, TokenUser, NULL, 0, &n);
    TOKEN_USER *user = mmki_alloc(n);
    if (user != NULL && !GetTokenInformation(token, TokenUser, user, n, &n)) {
        mmki_free(user);
        user = NULL;
    }
    CloseHandle(token);
    *buffer = user;
    return user;
}

/** Whether this account may own our folder: the system, the administrators, or ourselves. */
static bool owner_trusted(PSID owner)
{
    TOKEN_USER *buffer;
    if (IsWellKnownSid(owner, WinLocalSystemSid) ||
        IsWellKnownSid(owner, WinBuiltinAdministratorsSid))
        return true;
    const TOKEN_USER *user = current_user(&buffer);
    bool ours = user != NULL && EqualSid(owner, user->User.Sid);
    mmki_free(buffer);
    return ours;
}

/** Whether what is open belongs to somebody we trust. @retval MMK_ERR_ACCESS  it does not */
static mmk_err owner_check(HANDLE handle)
{
    PSID owner = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    mmk_err err = mmki_err_from_win32(GetSecurityInfo(
        handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor));
    if (err == MMK_OK && (owner == NULL || !owner_trusted(owner)))
        err = MMK_ERR_ACCESS;
    if (descriptor != NULL)
        LocalFree(descriptor);
    return err;
}

/** A real folder of an owner we trust. */
static mmk_err folder_check(const WCHAR *folder)
{
    HANDLE handle =
        CreateFileW(folder, READ_CONTROL | FILE_READ_ATTRIBUTES,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    BY_HANDLE_FILE_INFORMATION info;
    mmk_err err = MMK_OK;
    if (!GetFileInformationByHandle(handle, &info))
        err = mmki_last_err();
    else if (!(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
             (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
        err = MMK_ERR_ACCESS;
    if (err == MMK_OK)
        err = owner_check(handle);
    CloseHandle(handle);
    return err;
}

/** Whether this process may write what the machine's journal is about. */
static mmk_err machine_rights(void)
{
    HKEY software;
    LSTATUS status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software", 0,
                                   KEY_CREATE_SUB_KEY | KEY_WOW64_64KEY, &software);
    if (status == ERROR_SUCCESS)
        RegCloseKey(software);
    return mmki_err_from_win32((DWORD)status);
}

/** Make the folder, not its parents. OK if it is there already. */
static mmk_err folder_create(const struct mmki_win32_journal *journal)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    /* protected; full for system, administrators and owner, read for users; inherited by the files
     */
    static const WCHAR of_machine[] =
        L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)(A;OICI;GRGX;;;BU)";
    static const WCHAR of_user[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)";
    mmk_err err = journal->of_machine ? machine_rights() : MMK_OK;
    if (err != MMK_OK)
        return err;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            journal->of_machine ? of_machine : of_user, SDDL_REVISION_1, &descriptor, NULL))
        return mmki_last_err();
    attributes.lpSecurityDescriptor = descriptor;
    if (!CreateDirectoryW(journal->folder, &attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
        err = mmki_last_err();
    LocalFree(descriptor);
    return err;
}

static bool folder_has(const WCHAR *folder, const WCHAR *but)
{
    WCHAR pattern[MMKI_PATH_UNITS];
    WIN32_FIND_DATAW found;
    bool any = false;
    if (mmki_join(folder, L"*", pattern, MMKI_PATH_UNITS) != MMK_OK)
        return true;
    HANDLE find = FindFirstFileW(pattern, &found);
    if (find == INVALID_HANDLE_VALUE)
        return false;
    do {
        any = wcscmp(found.cFileName, L".") != 0 && wcscmp(found.cFileName, L"..") != 0 &&
              wcscmp(found.cFileName, but) != 0;
    } while (!any && FindNextFileW(find, &found));
    FindClose(find);
    return any;
}

/* ------------------------------------------------------------------ lock */

/** One try. @retval MMK_ERR_BUSY  held, or just being deleted */
static mmk_err lock_once(struct mmki_win32_journal *journal, bool *denied)
{
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err = folder_create(journal);
    if (err == MMK_OK)
        err = folder_check(journal->folder);
    if (err == MMK_OK)
        err = path_of(journal, L"lock", path);
    if (err != MMK_OK)
        return err == MMK_ERR_NOT_FOUND ? MMK_ERR_BUSY : err; /* the last one out removed it */
    HANDLE lock = CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (lock != INVALID_HANDLE_VALUE) {
        journal->lock = lock;
        return MMK_OK;
    }
    DWORD number = GetLastError();
    *denied = number == ERROR_ACCESS_DENIED;
    if (number == ERROR_SHARING_VIOLATION || number == ERROR_ACCESS_DENIED ||
        number == ERROR_FILE_NOT_FOUND || number == ERROR_PATH_NOT_FOUND)
        return MMK_ERR_BUSY;
    return mmki_err_from_win32(number);
}

static mmk_err journal_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    struct mmki_win32_journal *journal = impl(self);
    DWORD begin = GetTickCount();
    DWORD denied_since = begin;
    bool was_denied = false;
    for (;;) {
        bool denied = false;
        mmk_err err = lock_once(journal, &denied);
        if (err != MMK_ERR_BUSY)
            return err;
        DWORD now = GetTickCount();
        if (denied && !was_denied)
            denied_since = now;
        was_denied = denied;
        if (denied && now - denied_since >= DENIED_GRACE_MS)
            return MMK_ERR_ACCESS;
        if (now - begin >= timeout_ms)
            return MMK_ERR_LOCKED;
        Sleep(LOCK_PAUSE_MS);
    }
}

static void close_journal(struct mmki_win32_journal *journal)
{
    if (is_open(journal->journal))
        CloseHandle(journal->journal);
    journal->journal = INVALID_HANDLE_VALUE;
}

static void journal_unlock(struct mmk_journal *self)
{
    struct mmki_win32_journal *journal = impl(self);
    if (!is_open(journal->lock))
        return;
    close_journal(journal);
    journal->failed = false;
    bool empty = !folder_has(journal->folder, L"lock");
    HANDLE lock = journal->lock;
    journal->lock = INVALID_HANDLE_VALUE; /* from here on another thread may lock */
    if (empty) {
        FILE_DISPOSITION_INFO gone = {.DeleteFile = TRUE};
        SetFileInformationByHandle(lock, FileDispositionInfo, &gone, sizeof gone);
    }
    CloseHandle(lock);
    if (empty)
        RemoveDirectoryW(journal->folder); /* fails, rightly, if somebody came meanwhile */
}

/* ------------------------------------------------------------------ journal */

static mmk_err journal_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                            size_t *len)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err = path_of(journal, L"journal", path);
    if (err != MMK_OK)
        return err;
    HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        err = mmki_last_err();
        if (err != MMK_ERR_NOT_FOUND)
            return err;
        *len = 0;
        return MMK_OK;
    }
    err = folder_check(journal->folder);
    if (err == MMK_OK)
        err = owner_check(file);
    if (err == MMK_OK)
        err = mmki_read_at(file, offset, data, cap, len);
    CloseHandle(file);
    return err;
}

static mmk_err journal_append(struct mmk_journal *self, const void *data, size_t len)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    if (!is_open(journal->lock) || journal->failed)
        return MMK_ERR_STATE;
    if (!is_open(journal->journal)) {
        mmk_err err = path_of(journal, L"journal", path);
        if (err != MMK_OK)
            return err;
        journal->journal =
            CreateFileW(path, FILE_APPEND_DATA | GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                        NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (!is_open(journal->journal))
            return mmki_last_err();
    }
    LARGE_INTEGER zero = {0};
    if (!SetFilePointerEx(journal->journal, zero, NULL, FILE_END))
        return mmki_last_err();
    return mmki_write(journal->journal, data, len);
}

static mmk_err journal_sync(struct mmk_journal *self)
{
    struct mmki_win32_journal *journal = impl(self);
    if (!is_open(journal->lock) || journal->failed)
        return MMK_ERR_STATE;
    if (!is_open(journal->journal))
        return MMK_OK; /* nothing was appended */
    /* needs a handle that may write data, which FILE_APPEND_DATA is */
    if (FlushFileBuffers(journal->journal))
        return MMK_OK;
    mmk_err err = mmki_last_err();
    journal->failed = true;
    return err == MMK_ERR_NO_SPACE ? err : MMK_ERR_IO;
}

static mmk_err journal_reset(struct mmk_journal *self, const void *data, size_t len)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    if (!is_open(journal->lock))
        return MMK_ERR_STATE;
    mmk_err err = path_of(journal, L"journal", path);
    if (err != MMK_OK)
        return err;
    close_journal(journal);
    if (len > 0)
        err = mmki_file_replace(path, data, len, true);
    else if (!DeleteFileW(path))
        err = mmki_last_err();
    if (err == MMK_ERR_NOT_FOUND)
        err = MMK_OK; /* absent is empty */
    if (err == MMK_OK)
        journal->failed = false;
    return err;
}

/* ------------------------------------------------------------------ status and log */

/** `status-<driver>`, if the name is one that may stand in a file name. */
static mmk_err status_path(const struct mmki_win32_journal *journal, const char *driver,
                           WCHAR *path)
{
    WCHAR name[STATUS_NAME_MAX + 8] = L"status-";
    size_t n = driver != NULL ? strlen(driver) : 0;
    if (n == 0 || n > STATUS_NAME_MAX)
        return MMK_ERR_INVAL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)driver[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || (c == '.' && i > 0 && i + 1 < n);
        if (!fine)
            return MMK_ERR_INVAL;
        name[7 + i] = (WCHAR)c;
    }
    name[7 + n] = 0;
    return path_of(journal, name, path);
}

static mmk_err folder_ready(const struct mmki_win32_journal *journal)
{
    mmk_err err = folder_create(journal);
    return err == MMK_OK ? folder_check(journal->folder) : err;
}

/** Over what is there: on a full disk the old text's place serves the new one. A reader may see a
 *  mixture for a moment, which is better than yesterday's result. */
static mmk_err write_over(const WCHAR *path, const char *text)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return MMK_ERR_NO_SPACE;
    mmk_err err = mmki_write(file, text, strlen(text));
    if (err == MMK_OK && !SetEndOfFile(file))
        err = mmki_last_err();
    CloseHandle(file);
    return err;
}

static mmk_err journal_status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    mmk_err err = status_path(journal, driver, path);
    if (err != MMK_OK)
        return err;
    if (text[0] == 0) { /* forget it, and the folder if nothing else is in it */
        if (!DeleteFileW(path))
            err = mmki_last_err();
        RemoveDirectoryW(journal->folder);
        return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
    }
    err = folder_ready(journal);
    if (err == MMK_OK)
        err = mmki_file_replace(path, text, strlen(text), false);
    return err == MMK_ERR_NO_SPACE ? write_over(path, text) : err;
}

static mmk_err journal_status_read(struct mmk_journal *self, const char *driver, char *text,
                                   size_t cap)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    LARGE_INTEGER size;
    size_t len = 0;
    mmk_err err = status_path(journal, driver, path);
    if (err != MMK_OK)
        return err;
    HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return mmki_last_err();
    if (!GetFileSizeEx(file, &size))
        err = mmki_last_err();
    else if (size.QuadPart < 0 || (uint64_t)size.QuadPart >= cap)
        err = MMK_ERR_MORE;
    else
        err = mmki_read_at(file, 0, text, (size_t)size.QuadPart, &len);
    if (err == MMK_OK)
        text[len] = 0;
    CloseHandle(file);
    return err;
}

/** `2026-01-31T12:34:56Z line`, control characters shown as blanks. @return bytes */
static size_t log_line(const char *line, char *out, size_t cap)
{
    SYSTEMTIME t;
    GetSystemTime(&t);
    mmki_format(out, cap - 2, "%04u-%02u-%02uT%02u:%02u:%02uZ %s", t.wYear, t.wMonth, t.wDay,
                t.wHour, t.wMinute, t.wSecond, line);
    size_t n = strlen(out);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7F)
            out[i] = ' ';
    }
    out[n++] = '\r';
    out[n++] = '\n';
    return n;
}

static void journal_log(struct mmk_journal *self, const char *line)
{
    struct mmki_win32_journal *journal = impl(self);
    WCHAR path[MMKI_PATH_UNITS];
    WCHAR old[MMKI_PATH_UNITS];
    char text[1200];
    LARGE_INTEGER size;
    if (line == NULL || folder_ready(journal) != MMK_OK ||
        path_of(journal, L"log", path) != MMK_OK || path_of(journal, L"log.old", old) != MMK_OK)
        return;
    HANDLE file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    mmki_write(file, text, log_line(line, text, sizeof text)); /* one write: lines stay whole */
    bool large = GetFileSizeEx(file, &size) && size.QuadPart > LOG_MAX_BYTES;
    CloseHandle(file);
    if (large)
        MoveFileExW(path, old, MOVEFILE_REPLACE_EXISTING);
}

/* ------------------------------------------------------------------ init */

static const struct mmk_journal_ops journal_ops = {
    .lock = journal_lock,
    .unlock = journal_unlock,
    .read = journal_read,
    .append = journal_append,
    .sync = journal_sync,
    .reset = journal_reset,
    .status_write = journal_status_write,
    .status_read = journal_status_read,
    .log = journal_log,
};

/** Common application data: the registry says where, the environment only if it does not. */
static mmk_err common_data(WCHAR *out, DWORD cap_units)
{
    WCHAR raw[MMKI_PATH_UNITS];
    DWORD n = sizeof raw - sizeof *raw;
    LSTATUS status = RegGetValueW(
        HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList",
        L"ProgramData", RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, raw, &n);
    if (status == ERROR_SUCCESS) {
        DWORD units = ExpandEnvironmentStringsW(raw, out, cap_units);
        if (units > 0 && units <= cap_units && out[0] != L'%')
            return MMK_OK;
    }
    DWORD units = GetEnvironmentVariableW(L"ProgramData", out, cap_units);
    return units > 0 && units < cap_units ? MMK_OK : MMK_ERR_NOT_FOUND;
}

mmk_err mmki_win32_journal_init(struct mmki_win32_journal *journal, const char *folder)
{
    WCHAR data[MMKI_PATH_UNITS];
    journal->base.ops = &journal_ops;
    journal->lock = INVALID_HANDLE_VALUE;
    journal->journal = INVALID_HANDLE_VALUE;
    journal->failed = false;
    journal->of_machine = folder == NULL;
    if (folder != NULL)
        return mmki_path(folder, journal->folder);
    mmk_err err = common_data(data, MMKI_PATH_UNITS);
    return err == MMK_OK ? mmki_join(data, L"mmekit", journal->folder, MMKI_PATH_UNITS) : err;
}
