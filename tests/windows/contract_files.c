/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* What the journal and files suites need of their host, on Windows. */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "contract_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/win32.h>

static char place[MAX_PATH]; /* a folder for the one suite that runs */

static void choose_place(const char *name)
{
    char folder[MAX_PATH];
    GetTempPathA(sizeof folder, folder);
    snprintf(place, sizeof place, "%smmekit-%s-%lu", folder, name, GetCurrentProcessId());
}

/** Delete the folder's files and the folder. @return it is not there now */
static bool clear_place(void)
{
    char path[2 * MAX_PATH];
    WIN32_FIND_DATAA found;
    snprintf(path, sizeof path, "%s\\*", place);
    HANDLE find = FindFirstFileA(path, &found);
    if (find != INVALID_HANDLE_VALUE) {
        do {
            snprintf(path, sizeof path, "%s\\%s", place, found.cFileName);
            DeleteFileA(path);
        } while (FindNextFileA(find, &found));
        FindClose(find);
        RemoveDirectoryA(place);
    }
    return GetFileAttributesA(place) == INVALID_FILE_ATTRIBUTES;
}

/* ------------------------------------------------------------------ journal */

static struct mmk_journal *journal_open(struct journal_env *env)
{
    (void)env;
    const struct mmk_win32_config config = {.journal_dir = place};
    struct mmk_win32_memory *memory = calloc(1, sizeof *memory);
    struct mmk_win32 *win32;
    if (memory == NULL || mmk_win32_init(memory, &config, &win32) != MMK_OK) {
        free(memory);
        return NULL;
    }
    return mmk_win32_port(win32)->journal;
}

static void journal_close(struct journal_env *env, struct mmk_journal *journal)
{
    (void)env;
    (void)journal; /* inside the memory of its port: 12 KiB a case are left to the end */
}

static bool journal_clear(struct journal_env *env)
{
    (void)env;
    return clear_place();
}

/** Beyond the portable cases: who locks, does nothing and unlocks leaves no trace. */
static const char *nothing_is_left(struct journal_env *env)
{
    struct mmk_journal *journal = journal_open(env);
    if (!clear_place() || journal == NULL)
        return "the place cannot be cleared";
    if (journal->ops->lock(journal, 1000) != MMK_OK)
        return "lock";
    if (GetFileAttributesA(place) == INVALID_FILE_ATTRIBUTES)
        return "the lock is nowhere";
    journal->ops->unlock(journal);
    return GetFileAttributesA(place) == INVALID_FILE_ATTRIBUTES ? NULL : "unlock left the folder";
}

struct waiter {
    struct mmk_journal *journal;
    volatile LONG *inside;
    volatile LONG overlaps, turns;
};

static DWORD WINAPI take_turns(LPVOID arg)
{
    struct waiter *w = arg;
    for (int i = 0; i < 40; i++) {
        if (w->journal->ops->lock(w->journal, 20000) != MMK_OK)
            continue;
        if (InterlockedIncrement(w->inside) != 1)
            InterlockedIncrement(&w->overlaps);
        w->turns++;
        InterlockedDecrement(w->inside);
        w->journal->ops->unlock(w->journal);
    }
    return 0;
}

/** Threads that make and remove folder and lock under each other's feet: one holder at any time. */
static const char *contended_lock(struct journal_env *env)
{
    struct waiter waiters[4] = {{0}};
    HANDLE threads[4];
    volatile LONG inside = 0;
    LONG turns = 0, overlaps = 0;
    for (int i = 0; i < 4; i++) {
        waiters[i] = (struct waiter){.journal = journal_open(env), .inside = &inside};
        threads[i] = CreateThread(NULL, 0, take_turns, &waiters[i], 0, NULL);
    }
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    for (int i = 0; i < 4; i++) {
        CloseHandle(threads[i]);
        turns += waiters[i].turns;
        overlaps += waiters[i].overlaps;
    }
    if (overlaps != 0)
        return "two threads held the lock";
    return turns == 160 ? NULL : "a lock was not had within 20 s";
}

void run_journal(struct contract_count *count)
{
    struct journal_env env = {.open = journal_open, .close = journal_close, .clear = journal_clear};
    choose_place("journal");
    for (size_t i = 0; i < n_journal_cases; i++)
        contract_report(count, "journal", journal_cases[i].name,
                        journal_case_run(&journal_cases[i], &env));
    contract_report(count, "journal", "nothing_is_left", nothing_is_left(&env));
    contract_report(count, "journal", "contended_lock", contended_lock(&env));
    clear_place();
}

/* ------------------------------------------------------------------ files */

static void files_path(struct files_env *env, const char *name, char path[FILES_PATH_MAX])
{
    (void)env;
    snprintf(path, FILES_PATH_MAX, "%s%s%s", place, name[0] != 0 ? "\\" : "", name);
}

static bool files_write(struct files_env *env, const char *name, const void *data, size_t len)
{
    char path[FILES_PATH_MAX];
    files_path(env, name, path);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    size_t n = fwrite(data, 1, len, file);
    return fclose(file) == 0 && n == len;
}

static bool files_holds(struct files_env *env, const char *name, const void *data, size_t len)
{
    char path[FILES_PATH_MAX];
    files_path(env, name, path);
    FILE *file = fopen(path, "rb");
    char *got = malloc(len + 1);
    bool same = false;
    if (file != NULL && got != NULL)
        same = fread(got, 1, len + 1, file) == len && memcmp(got, data, len) == 0;
    if (file != NULL)
        fclose(file);
    free(got);
    return same;
}

static bool files_clear(struct files_env *env)
{
    (void)env;
    return clear_place() && CreateDirectoryA(place, NULL);
}

/** Beyond the portable cases: a module in use is BUSY, not without rights. */
static const char *module_in_use(struct files_env *env)
{
    struct mmk_files *f = env->files;
    char from[FILES_PATH_MAX];
    char to[FILES_PATH_MAX];
    char other[FILES_PATH_MAX];
    char system[MAX_PATH];
    if (!files_clear(env))
        return "the folder cannot be emptied";
    /* the seam's paths mean the same file for both widths: 32-bit modules have a folder of theirs
     */
    if (sizeof(void *) == 8 || GetSystemWow64DirectoryA(system, sizeof system - 16) == 0)
        GetSystemDirectoryA(system, sizeof system - 16);
    snprintf(from, sizeof from, "%s\\msacm32.drv", system);
    files_path(env, "loaded.drv", to);
    files_path(env, "new.drv", other);
    if (f->ops->copy(f, from, to) != MMK_OK || f->ops->copy(f, from, other) != MMK_OK)
        return "a module cannot be copied";
    HMODULE module = LoadLibraryA(to);
    if (module == NULL)
        return "the copy does not load";
    mmk_err removed = f->ops->remove(f, to);
    mmk_err replaced = f->ops->rename(f, other, to);
    FreeLibrary(module);
    if (removed != MMK_ERR_BUSY)
        return "removing a loaded module is not BUSY";
    return replaced == MMK_ERR_BUSY ? NULL : "replacing a loaded module is not BUSY";
}

/** A UTF-16 INI file with a lone surrogate and letters of other alphabets stays one, unit for unit.
 */
static const char *utf16_ini(struct files_env *env)
{
    static const WCHAR before[] =
        L"\xFEFF[drivers]\r\nwave=mmdrv.dll\r\n; \x00e4\x3042\xd834 odd\r\n";
    static const WCHAR after[] =
        L"\xFEFF[drivers]\r\nwave=\x00fc.drv\r\n; \x00e4\x3042\xd834 odd\r\nnew=n.drv\r\n";
    static const WCHAR odd[] = L"\xFEFF[drivers]\r\n";
    struct mmk_files *f = env->files;
    char path[FILES_PATH_MAX];
    char value[32];
    files_path(env, "utf16.ini", path);
    if (!files_clear(env) || !files_write(env, "utf16.ini", before, sizeof before - sizeof *before))
        return "the file cannot be made";
    if (f->ops->ini_get(f, path, "Drivers", "WAVE", value, sizeof value) != MMK_OK ||
        strcmp(value, "mmdrv.dll") != 0)
        return "ini_get";
    if (f->ops->ini_set(f, path, "drivers", "wave", "\xc3\xbc.drv") != MMK_OK ||
        f->ops->ini_set(f, path, "drivers", "new", "n.drv") != MMK_OK)
        return "ini_set";
    if (!files_holds(env, "utf16.ini", after, sizeof after - sizeof *after))
        return "what was not touched is not what it was";
    if (f->ops->ini_get(f, path, "drivers", "wave", value, sizeof value) != MMK_OK ||
        strcmp(value, "\xc3\xbc.drv") != 0)
        return "a letter beyond ASCII";
    if (!files_write(env, "utf16.ini", odd, sizeof odd - sizeof *odd - 1) ||
        f->ops->ini_set(f, path, "drivers", "wave", "x") != MMK_ERR_UNSUPPORTED ||
        !files_holds(env, "utf16.ini", odd, sizeof odd - sizeof *odd - 1))
        return "half a unit at the end is not refused";
    return NULL;
}

/** A read-only file is no file in use: it is refused at once, and stays. */
static const char *read_only(struct files_env *env)
{
    struct mmk_files *f = env->files;
    char path[FILES_PATH_MAX];
    char other[FILES_PATH_MAX];
    files_path(env, "fixed", path);
    files_path(env, "other", other);
    if (!files_clear(env) || !files_write(env, "fixed", "f", 1) ||
        !files_write(env, "other", "o", 1) || !SetFileAttributesA(path, FILE_ATTRIBUTE_READONLY))
        return "the files cannot be made";
    DWORD begin = GetTickCount();
    mmk_err removed = f->ops->remove(f, path);
    mmk_err later = f->ops->remove_later(f, path);
    mmk_err line = f->ops->ini_set(f, path, "s", "k", "v");
    mmk_err over = f->ops->rename(f, other, path);
    DWORD took = GetTickCount() - begin;
    bool there = files_holds(env, "fixed", "f", 1);
    SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL);
    if (removed != MMK_ERR_ACCESS || later != MMK_ERR_ACCESS)
        return "removing a read-only file is not ACCESS";
    if (line != MMK_ERR_ACCESS || over != MMK_ERR_ACCESS)
        return "replacing a read-only file is not ACCESS";
    if (took > 900)
        return "it was waited for as for a file in use";
    return there ? NULL : "a read-only file is another";
}

/** Names of more than 260 characters, which the plain functions of Windows refuse. */
static const char *long_paths(struct files_env *env)
{
    struct mmk_files *f = env->files;
    struct mmk_file_stat st = {0};
    char folder[FILES_PATH_MAX], from[FILES_PATH_MAX], to[FILES_PATH_MAX + 64],
        mark[FILES_PATH_MAX];
    char other[FILES_PATH_MAX + 64], value[8];
    WCHAR wide[1024];
    if (!files_clear(env) || !files_write(env, "short", "s", 1))
        return "the file cannot be made";
    files_path(env, "short", from);
    snprintf(folder, sizeof folder, "%s\\%0230d", place, 7);
    snprintf(mark, sizeof mark, "\\\\?\\%s", folder);
    MultiByteToWideChar(CP_UTF8, 0, mark, -1, wide, 1024);
    if (!CreateDirectoryW(wide, NULL))
        return "the long folder cannot be made";
    snprintf(to, sizeof to, "%s\\%060d.drv", folder, 1);
    snprintf(other, sizeof other, "%s\\.\\%060d.ini", folder, 2);
    const char *broken = NULL;
    if (f->ops->copy(f, from, to) != MMK_OK || f->ops->stat(f, to, &st) != MMK_OK ||
        st.size_bytes != 1 || f->ops->hash(f, to, &st) != MMK_OK)
        broken = "copy, stat, hash";
    else if (f->ops->ini_set(f, other, "s", "k", "v") != MMK_OK ||
             f->ops->ini_get(f, other, "s", "k", value, sizeof value) != MMK_OK)
        broken = "an INI file";
    else if (f->ops->rename(f, to, other) != MMK_OK || f->ops->remove(f, other) != MMK_OK)
        broken = "rename, remove";
    else if (!RemoveDirectoryW(wide))
        broken = "something is left";
    return broken;
}

void run_files(struct contract_count *count, struct mmk_files *files)
{
    struct files_env env = {.files = files,
                            .path = files_path,
                            .write = files_write,
                            .holds = files_holds,
                            .clear = files_clear};
    choose_place("files");
    for (size_t i = 0; i < n_files_cases; i++)
        contract_report(count, "files", files_cases[i].name, files_case_run(&files_cases[i], &env));
    contract_report(count, "files", "module_in_use", module_in_use(&env));
    contract_report(count, "files", "utf16_ini", utf16_ini(&env));
    contract_report(count, "files", "read_only", read_only(&env));
    contract_report(count, "files", "long_paths", long_paths(&env));
    clear_place();
}
