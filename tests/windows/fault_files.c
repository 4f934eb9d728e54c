/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The parts of fault.exe about files: the journal's folder and its disk, and modules in use. */
#include "fault_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof(array)[0])

static const struct mmk_assignment plain[] = {{"backend", "null"}, {"rate_hz", "44100"}};

/** An attempt that must be refused. The status file may be out of reach: the report says why. */
static void refused(const char *name, mmk_install_reason reason, const char *says)
{
    struct fault_hives before, after;
    struct mmk_install_report report;
    const struct mmk_install_request request = {
        .verb = MMK_VERB_INSTALL, .assignments = plain, .n_assignments = N(plain)};
    bool saved = fault_hives_save(&before, true);
    LRESULT answer = fault_send(DRV_INSTALL, &request, &report);
    saved = fault_hives_save(&after, true) && saved;
    fault_check(answer == DRVCNF_CANCEL && report.reason == reason, "%s: DRVCNF_%s, reason %u",
                name, fault_answer(answer), (unsigned)report.reason);
    fault_check(strstr(report.text, says) != NULL, "%s: \"%s\"", name, report.text);
    fault_check(saved && fault_hives_same(&before, &after),
                "%s: both hives are byte for byte as before, times included", name);
    fault_hives_free(&before);
    fault_hives_free(&after);
}

/* ------------------------------------------------------------------ the journal's folder */

static void drop_folder(void)
{
    static const WCHAR *const names[] = {L"journal", L"lock", L"log", L"status-mmewave"};
    for (size_t i = 0; i < N(names); i++)
        DeleteFileW(fault_journal_path(names[i]));
    RemoveDirectoryW(fault_journal_path(L""));
}

static DWORD say_reparse(void *user, const struct hook_call *call, DWORD result)
{
    (void)user;
    BY_HANDLE_FILE_INFORMATION *info = call->told;
    if (result == ERROR_SUCCESS && strcmp(call->function, "GetFileInformationByHandle") == 0)
        info->dwFileAttributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    return result;
}
static const struct hook_rules reparse = {.groups = HOOK_FILES, .after = say_reparse};

static void folder_is_a_file(void)
{
    drop_folder();
    HANDLE file =
        CreateFileW(fault_journal_path(L""), GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    fault_check(file != INVALID_HANDLE_VALUE, "a file stands where the journal's folder should");
    CloseHandle(file);
    refused("the journal's folder is a file", MMK_REASON_NO_RIGHTS, "folder");
    DeleteFileW(fault_journal_path(L""));
}

/** A folder that we make is one that we accept, and it lets nobody else in. */
static void folder_is_ours(void)
{
    drop_folder();
    LRESULT answer = fault_install(plain, N(plain));
    fault_check(answer == DRVCNF_OK && fault_remove() == DRVCNF_OK,
                "a folder of our own making: DRVCNF_%s, and removed", fault_answer(answer));
    fault_reset();
    drop_folder();
    fault_check(GetFileAttributesW(fault_journal_path(L"")) == INVALID_FILE_ATTRIBUTES,
                "it can be removed with its four files");
}

static void damaged_journal(void)
{
    static const char noise[] = "MMKJ this is not what a journal looks like, however it begins";
    LRESULT answer = fault_install(plain, N(plain));
    fault_check(answer == DRVCNF_OK && fault_remove() == DRVCNF_OK, "installed and removed");
    fault_reset();
    FILE *file = _wfopen(fault_journal_path(L"journal"), L"wb");
    fault_check(file != NULL && fwrite(noise, 1, sizeof noise, file) == sizeof noise,
                "a damaged journal is there");
    if (file != NULL)
        fclose(file);
    refused("a damaged journal", MMK_REASON_JOURNAL_DAMAGED, "recover --force");
    fault_check(strcmp(fault_status("reason"), "JOURNAL_DAMAGED") == 0,
                "and the status file says so");
    fault_reset();
}

void fault_part_folder(bool foreign)
{
    if (foreign) {
        refused("the journal's folder belongs to somebody else", MMK_REASON_NO_RIGHTS,
                "somebody else");
        return;
    }
    folder_is_ours();
    folder_is_a_file();
    CreateDirectoryW(fault_journal_path(L""), NULL);
    hooks_follow(&reparse);
    refused("the journal's folder leads elsewhere", MMK_REASON_NO_RIGHTS, "folder");
    hooks_follow(NULL);
    damaged_journal();
    drop_folder();
}

/* ------------------------------------------------------------------ a full disk */

#define PAGE 4096u

/** Fill the disk of `dir` but for so many pages. @return pages that the filler has */
static unsigned fill(const WCHAR *dir, unsigned spare)
{
    static char page[PAGE];
    WCHAR path[MAX_PATH];
    unsigned n = 0;
    DWORD done;
    _snwprintf(path, MAX_PATH - 1, L"%ls\\filler", dir);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    memset(page, 'x', sizeof page);
    while (n < 4096 && WriteFile(file, page, PAGE, &done, NULL) && done == PAGE)
        n++;
    n = n > spare ? n - spare : 0;
    SetFilePointer(file, (LONG)(n * PAGE), NULL, FILE_BEGIN);
    SetEndOfFile(file);
    CloseHandle(file);
    return n;
}

/** One attempt on a disk with so many free pages. @return it was installed, and is removed */
static bool try_full(const WCHAR *dir, unsigned spare, unsigned *wrong)
{
    struct mmk_install_report report;
    const struct mmk_install_request request = {
        .verb = MMK_VERB_INSTALL, .assignments = plain, .n_assignments = N(plain)};
    uint64_t before = fault_keys_hash();
    unsigned filled = fill(dir, spare);
    LRESULT answer = fault_send(DRV_INSTALL, &request, &report);
    printf("%u pages free of %u: DRVCNF_%s, %s\n", spare, filled + spare, fault_answer(answer),
           report.text);
    bool full = answer == DRVCNF_CANCEL && report.reason == MMK_REASON_NO_SPACE;
    if (full && fault_keys_hash() != before)
        ++*wrong;
    if (full && strcmp(fault_status("reason"), "NO_SPACE") != 0)
        ++*wrong;
    if (!full && answer != DRVCNF_OK)
        ++*wrong;
    fill(dir, 16);
    if (answer == DRVCNF_OK && (fault_remove() != DRVCNF_OK || fault_keys_hash() != before))
        ++*wrong;
    fault_reset();
    return answer == DRVCNF_OK;
}

/** The journal's folder is on a small disk that is `dir`. */
void fault_part_full(const WCHAR *dir)
{
    struct fault_hives before, after;
    unsigned wrong = 0, refusals = 0, spare = 0;
    fill(dir, 16);
    fault_check(_wcsnicmp(fault_journal_path(L""), dir, wcslen(dir)) == 0,
                "the journal's folder %ls is on that disk", fault_journal_path(L""));
    /* a run before, so that there is a status file: its place serves the next one */
    LRESULT answer = fault_install(plain, N(plain));
    fault_check(answer == DRVCNF_OK && fault_remove() == DRVCNF_OK, "with room it is installed");
    fault_reset();
    bool saved = fault_hives_save(&before, false);
    while (!try_full(dir, spare, &wrong) && spare < 12) {
        spare++;
        refusals++;
    }
    fault_check(refusals > 0, "with fewer than %u pages it is refused, for want of space", spare);
    fault_check(spare < 12, "with %u pages of 4 KiB it is installed", spare);
    fault_check(wrong == 0,
                "each refusal is NO_SPACE, in the status file too, and changes nothing");
    saved = fault_hives_save(&after, false) && saved;
    fault_check(saved && fault_hives_same(&before, &after), "both hives are as before");
    fault_hives_free(&before);
    fault_hives_free(&after);
    drop_folder();
}

/* ------------------------------------------------------------------ a module in use */

static const WCHAR *module_path(const WCHAR *name)
{
    static WCHAR path[4][MAX_PATH];
    static unsigned next;
    WCHAR *out = path[next++ % 4];
    GetSystemDirectoryW(out, MAX_PATH - 64);
    wcscat(out, L"\\");
    return wcscat(out, name);
}

/** The module with a few bytes more behind its end: another one, of the same version. */
static void make_newer(const WCHAR *path)
{
    static const char tail[] = "newer";
    DWORD done;
    CopyFileW(module_path(L"mmewave.drv"), path, FALSE);
    HANDLE file = CreateFileW(path, FILE_APPEND_DATA, 0, NULL, OPEN_EXISTING, 0, NULL);
    WriteFile(file, tail, sizeof tail, &done, NULL);
    CloseHandle(file);
}

static DWORD size_of(const WCHAR *path)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExW(path, GetFileExInfoStandard, &data) ? data.nFileSizeLow : 0;
}

/** Whether Windows has been told to delete a file of that kind at the next start. */
static bool goes_at_restart(const WCHAR *part)
{
    static WCHAR list[8192];
    DWORD n = sizeof list - 2 * sizeof *list;
    LSTATUS status =
        RegGetValueW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Control\\Session Manager",
                     L"PendingFileRenameOperations", RRF_RT_REG_MULTI_SZ, NULL, list, &n);
    bool found = false;
    for (WCHAR *at = list; status == ERROR_SUCCESS && at < list + n / sizeof *list && !found;
         at += wcslen(at) + 1)
        found = wcsstr(at, part) != NULL;
    return found;
}

static LRESULT copy_over(const char *source, struct mmk_install_report *report)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL,
                                                .flags = MMK_INSTALL_COPY_FILES,
                                                .assignments = plain,
                                                .n_assignments = N(plain),
                                                .source_file = source};
    return fault_send(DRV_INSTALL, &request, report);
}

/** Somebody has the file open and lets nobody rename it: a virus scanner, a backup. */
static void held_open(DWORD old_size)
{
    struct mmk_install_report report;
    uint64_t before = fault_keys_hash();
    HANDLE held = CreateFileW(module_path(L"mmewave.drv"), GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    LRESULT answer = copy_over("C:\\newer\\mmewave.drv", &report);
    CloseHandle(held);
    fault_check(answer == DRVCNF_CANCEL && fault_keys_hash() == before,
                "a module that somebody holds open: DRVCNF_%s, registry as before: %s",
                fault_answer(answer), report.text);
    fault_check(size_of(module_path(L"mmewave.drv")) == old_size, "the module is as before");
    fault_reset();
}

/** The first copy keeps what stood there, to put it back one day: nothing has to go, and programs
 *  that have it loaded are not in the way. */
static void copy_first(DWORD old_size)
{
    struct mmk_install_report report;
    held_open(old_size);
    LRESULT answer = copy_over("C:\\newer\\mmewave.drv", &report);
    fault_check(answer == DRVCNF_OK, "a module is copied over one that is loaded: DRVCNF_%s, %s",
                fault_answer(answer), report.text);
    fault_check(size_of(module_path(L"mmewave.drv")) == old_size + 6, "the new module is in place");
}

/** The second replaces our own copy, which this program has loaded. */
static void copy_second(DWORD old_size)
{
    struct mmk_install_report report;
    LRESULT answer = copy_over("C:\\newer\\mmewave.drv", &report);
    fault_check(answer == DRVCNF_RESTART && report.reason == MMK_REASON_RESTART_IN_USE,
                "our own module replaced while it is loaded: DRVCNF_%s, %s", fault_answer(answer),
                report.text);
    fault_check(strcmp(fault_status("answer"), "RESTART") == 0 &&
                    strcmp(fault_status("reason"), "RESTART_IN_USE") == 0,
                "the status file says RESTART, %s", fault_status("reason"));
    fault_check(size_of(module_path(L"mmewave.drv")) == old_size + 6, "the new module is in place");
    fault_check(goes_at_restart(L".old"), "the old one goes at the next start of Windows");
}

void fault_part_copy(bool second)
{
    DWORD old_size = size_of(module_path(L"mmewave.drv"));
    CreateDirectoryW(L"C:\\newer", NULL);
    make_newer(L"C:\\newer\\mmewave.drv");
    if (second)
        copy_second(old_size);
    else
        copy_first(old_size);
}
