/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Every call that an installation makes is answered by an error: the n-th alone, or the n-th and
 * all of its kind after it. Windows could have answered so; what comes of it must be CANCEL with
 * the registry as before, or an installation that is whole and can be removed.
 */
#include "fault_parts.h"

#include <stdio.h>
#include <string.h>

/* What Windows may answer to each function. */
struct errors {
    const char *function;
    DWORD numbers[6]; /* up to the first 0 */
};
static const struct errors may_answer[] = {
    {"RegOpenKeyExW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_NO_SYSTEM_RESOURCES, 0}},
    {"RegCreateKeyExW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_DISK_FULL, 0}},
    {"RegSetValueExW",
     {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_NO_SYSTEM_RESOURCES, ERROR_REGISTRY_IO_FAILED,
      0}},
    {"RegDeleteValueW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_FILE_NOT_FOUND, 0}},
    {"RegDeleteKeyExW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, 0}},
    {"RegQueryValueExW",
     {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_MORE_DATA, ERROR_REGISTRY_CORRUPT, 0}},
    {"RegEnumValueW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_MORE_DATA, 0}},
    {"RegEnumKeyExW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, ERROR_MORE_DATA, 0}},
    {"RegQueryInfoKeyW", {ERROR_ACCESS_DENIED, ERROR_KEY_DELETED, 0}},
    {"RegFlushKey", {ERROR_ACCESS_DENIED, ERROR_REGISTRY_IO_FAILED, 0}},
    {"CreateFileW", {ERROR_ACCESS_DENIED, ERROR_TOO_MANY_OPEN_FILES, ERROR_DISK_FULL, 0}},
    {"WriteFile", {ERROR_DISK_FULL, ERROR_WRITE_FAULT, 0}},
    {"ReadFile", {ERROR_READ_FAULT, ERROR_CRC, 0}},
    {"FlushFileBuffers", {ERROR_DISK_FULL, ERROR_IO_DEVICE, 0}},
    {"MoveFileExW", {ERROR_DISK_FULL, ERROR_IO_DEVICE, 0}},
    {"DeleteFileW", {ERROR_ACCESS_DENIED, ERROR_IO_DEVICE, 0}},
    {"CreateDirectoryW", {ERROR_ACCESS_DENIED, ERROR_DISK_FULL, 0}},
};

static const struct errors *errors_of(const char *function)
{
    for (size_t i = 0; i < sizeof may_answer / sizeof may_answer[0]; i++)
        if (strcmp(may_answer[i].function, function) == 0)
            return &may_answer[i];
    return NULL; /* closing, and what nobody looks at the answer of */
}

struct shot {
    unsigned at;
    unsigned which; /* of the function's errors */
    bool forever;
    char function[24]; /* filled when the call has come */
    DWORD number;      /* 0: that function has no such error */
};

static DWORD shoot(void *user, const struct hook_call *call)
{
    struct shot *shot = user;
    if (call->n == shot->at) {
        const struct errors *errors = errors_of(call->function);
        snprintf(shot->function, sizeof shot->function, "%s", call->function);
        shot->number = errors != NULL ? errors->numbers[shot->which] : 0;
        return shot->number;
    }
    if (shot->forever && call->n > shot->at && strcmp(call->function, shot->function) == 0)
        return shot->number;
    return ERROR_SUCCESS;
}

struct sum {
    unsigned shots, cancelled, installed, wrong, unwilling;
};

static const struct mmk_assignment assignments[] = {{"backend", "null"}, {"rate_hz", "44100"}};

static void wrong(struct sum *sum, const struct shot *shot, const char *what)
{
    if (sum->wrong++ < 12)
        printf("    call %u, %s answered %lu%s: %s; the status says %s: %s\n", shot->at,
               shot->function, shot->number, shot->forever ? " from then on" : "", what,
               fault_status("reason"), fault_status("text"));
}

/** Judge one attempt and go back to where it began. */
static void judge(struct sum *sum, const struct shot *shot, LRESULT answer, uint64_t clean)
{
    uint64_t now = fault_keys_hash();
    if (answer == DRVCNF_CANCEL) {
        sum->cancelled++;
        /* with an error that stays, going back fails too: the next run does it */
        if (now != clean && shot->forever) {
            sum->unwilling++;
            fault_remove();
            now = fault_keys_hash();
        }
        if (now != clean)
            wrong(sum, shot, "CANCEL, and the registry is another");
    } else if (answer == DRVCNF_OK) {
        sum->installed++;
        if (now == clean)
            wrong(sum, shot, "OK, and nothing is installed");
        if (fault_remove() != DRVCNF_OK || fault_keys_hash() != clean)
            wrong(sum, shot, "OK, and it cannot be removed without a trace");
    } else {
        wrong(sum, shot, "an answer that is none");
    }
    if (fault_keys_hash() != clean)
        fault_remove();
    fault_reset();
}

/** One attempt. @return false: that function has no such error, or the run has fewer calls */
static bool shoot_once(struct sum *sum, struct shot *shot, uint64_t clean)
{
    const struct hook_rules rules = {
        .user = shot, .groups = HOOK_REGISTRY | HOOK_FLUSH | HOOK_FILES, .before = shoot};
    hooks_follow(&rules);
    LRESULT answer = fault_install(assignments, 2);
    hooks_follow(NULL);
    if (shot->number == 0) {
        fault_remove();
        fault_reset();
        return false;
    }
    sum->shots++;
    judge(sum, shot, answer, clean);
    return true;
}

/** @return false: the run has fewer calls */
static bool at_call(struct sum *sum, unsigned n, bool forever, uint64_t clean)
{
    struct shot shot = {.at = n, .forever = forever};
    if (!shoot_once(sum, &shot, clean))
        return shot.function[0] != 0;
    while (errors_of(shot.function)->numbers[shot.which + 1] != 0) {
        shot.which++;
        if (!shoot_once(sum, &shot, clean))
            return true; /* the error before it has made the run a shorter one */
    }
    return true;
}

/** A fresh prefix has keys without any value there, which no Windows has. With an answer that lies
 *  (the key is gone, and it is not) they would be taken for keys of our making. */
static void settle_in(bool here)
{
    static const WCHAR *const keys[] = {
        L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
        L"Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"};
    static const REGSAM views[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
    for (int i = 0; i < 4; i++) {
        HKEY key;
        if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, keys[i / 2], 0, NULL, 0,
                            KEY_ALL_ACCESS | views[i % 2], NULL, &key, NULL) != ERROR_SUCCESS)
            continue;
        if (here)
            RegSetValueExW(key, L"somebody", 0, REG_SZ, (const BYTE *)L"else", 10);
        else
            RegDeleteValueW(key, L"somebody");
        RegCloseKey(key);
    }
}

void fault_part_sweep(bool forever, unsigned step)
{
    struct sum sum = {0};
    settle_in(true);
    struct fault_hives before, after;
    const char *how = forever ? "from then on" : "once";
    bool saved = fault_hives_save(&before, false);
    uint64_t clean = fault_keys_hash();
    unsigned n = 1;
    for (; at_call(&sum, n, forever, clean); n += step)
        ;
    fault_check(n > 200 && sum.shots > (n - 1) / step, "%u calls, every %u. of them tried", n,
                step);
    printf("FIGURE errors %s: %u at %u calls: %u CANCEL, %u OK, %u of the CANCELs undone by the "
           "next run, %u wrong\n",
           how, sum.shots, (n - 1) / step, sum.cancelled, sum.installed, sum.unwilling, sum.wrong);
    fault_check(sum.wrong == 0, "errors %s: CANCEL and as before, or OK and whole, %u of %u times",
                how, sum.shots - sum.wrong, sum.shots);
    fault_check(sum.cancelled > 0, "some of them were fatal");
    saved = fault_hives_save(&after, false) && saved;
    fault_check(saved && fault_hives_same(&before, &after),
                "after them all both hives are as before");
    fault_hives_free(&before);
    fault_hives_free(&after);
    settle_in(false);
}
