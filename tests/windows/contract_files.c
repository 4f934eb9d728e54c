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
    clear_place();
}
