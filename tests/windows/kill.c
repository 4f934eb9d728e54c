/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * kill.exe VERB [NUMBER before|after] | VERB end -: the driver installs, and stops dead at one
 * call, or when all is done.
 *
 *   install, configure, repair, remove    by real winmm, with DRV_INSTALL and its like
 *   mine                                  configure for the user who runs it, in his own hive
 *   ask                                   configure nothing: the least that a driver can be asked
 *   recover                               by the core itself, without a driver
 *
 * Every call that mmewave.drv makes to the registry, and every FlushFileBuffers, from LoadLibrary
 * to FreeLibrary is counted. Without a number each is listed: "CALL 12 write RegSetValueExW wave1".
 * With one the program says "HERE" before or after that call and never moves again: who watches
 * kills the wineserver at that very place. (tests/wine/kills.sh does, and looks at what is left.)
 *
 * "ANSWER OK" comes when winmm has handed the driver's answer to the program: what was answered so
 * must never be lost. The last line is "kill: all done".
 */
#include "hooks.h"

#include <mmsystem.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/win32.h>

#define AT_END UINT32_MAX

struct where {
    unsigned n; /* 0: nowhere, list the calls */
    bool after;
};

static struct where stop_at;

/* ------------------------------------------------------------------ at a call */

static void stop(const struct hook_call *call, const char *when)
{
    printf("HERE %s %u %s\n", when, call->n, call->function);
    fflush(stdout);
    for (;;)
        Sleep(INFINITE);
}

static DWORD before_call(void *user, const struct hook_call *call)
{
    (void)user;
    if (stop_at.n == 0)
        printf("CALL %u %s %s %ls\n", call->n, call->changes ? "write" : "read", call->function,
               call->name != NULL ? call->name : L"");
    if (stop_at.n == call->n && !stop_at.after)
        stop(call, "before");
    return ERROR_SUCCESS;
}

static DWORD after_call(void *user, const struct hook_call *call, DWORD result)
{
    (void)user;
    if (stop_at.n == call->n && stop_at.after)
        stop(call, "after");
    return result;
}

static const struct hook_rules rules = {
    .groups = HOOK_REGISTRY | HOOK_FLUSH, .before = before_call, .after = after_call};

/* ------------------------------------------------------------------ through winmm */

struct verb {
    const WCHAR *name;
    UINT msg;
    mmk_install_verb verb;
    const struct mmk_assignment *assignments;
    size_t n_assignments;
    bool per_user;
};

static const struct mmk_assignment first[] = {
    {"backend", "null"}, {"rate_hz", "44100"}, {"channels", "1"}, {"device.1.quality", "draft"}};
static const struct mmk_assignment second[] = {{"rate_hz", "96000"}, {"quality", "ultra"}};
/* what stands in the alias goes before a user's own settings and is refused there: not these */
static const struct mmk_assignment own[] = {{"quality", "fast"}, {"period_frames", "480"}};

static const struct verb verbs[] = {
    {L"install", DRV_INSTALL, MMK_VERB_INSTALL, first, 4, false},
    {L"configure", DRV_CONFIGURE, MMK_VERB_CONFIGURE, second, 2, false},
    {L"mine", DRV_CONFIGURE, MMK_VERB_CONFIGURE, own, 2, true},
    {L"ask", DRV_CONFIGURE, MMK_VERB_CONFIGURE, NULL, 0, false},
    {L"repair", DRV_INSTALL, MMK_VERB_REPAIR, NULL, 0, false},
    {L"remove", DRV_REMOVE, MMK_VERB_REMOVE, NULL, 0, false},
};

static const char *const answers[] = {"CANCEL", "OK", "RESTART"};

static int send(const struct verb *verb)
{
    struct mmk_install_report report = {0};
    struct mmk_driver_attachment attachment = {
        .size_bytes = sizeof attachment,
        .request = {.verb = verb->verb,
                    .assignments = verb->assignments,
                    .n_assignments = verb->n_assignments,
                    .per_user = verb->per_user},
        .report = &report,
    };
    /* before winmm loads it, so that not even DRV_LOAD's calls are missed */
    HMODULE module = LoadLibraryW(L"mmewave.drv");
    if (module == NULL || hooks_place(module) == 0) {
        printf("FAIL mmewave.drv does not load, or imports nothing that can be watched\n");
        return 1;
    }
    hooks_follow(&rules);
    HDRVR driver = OpenDriver(L"mmewave.drv", NULL, 0);
    if (driver == NULL) {
        printf("FAIL OpenDriver\n");
        return 1;
    }
    if (SendDriverMessage(driver, MMK_DRVM_ATTACH, (LPARAM)&attachment, MMK_DRVM_ATTACH_MAGIC) !=
        1) {
        printf("FAIL the driver is of another version than this program\n");
        return 1;
    }
    LRESULT answer = SendDriverMessage(driver, verb->msg, 0, 0);
    printf("ANSWER %s %s\n", answer >= 0 && answer <= 2 ? answers[answer] : "?",
           mmk_install_reason_name(report.reason));
    fflush(stdout);
    CloseDriver(driver, 0, 0);
    if (stop_at.n == AT_END) {
        static const struct hook_call end = {.n = AT_END, .function = "the end"};
        stop(&end, "at");
    }
    printf("TOTAL %u\n", hooks_counted());
    hooks_follow(NULL);
    printf("report: %s\n", report.text);
    return 0;
}

/* ------------------------------------------------------------------ without a driver */

static int recover(void)
{
    static struct mmk_win32_memory memory;
    struct mmk_win32 *win32;
    struct mmk_install_report report = {0};
    if (mmk_win32_init(&memory, NULL, &win32) != MMK_OK)
        return 1;
    mmk_err err = mmk_install_recover(mmk_win32_port(win32), &report);
    printf("RECOVERED %s %s %s\n", mmk_err_name(err), report.recovered ? "something" : "nothing",
           report.text);
    return err == MMK_OK ? 0 : 1;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    int status = 2;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (argc == 4) {
        stop_at.n = wcscmp(argv[2], L"end") == 0 ? AT_END : (unsigned)wcstoul(argv[2], NULL, 10);
        stop_at.after = wcscmp(argv[3], L"after") == 0;
    }
    if (argc >= 2 && wcscmp(argv[1], L"recover") == 0)
        status = recover();
    for (size_t i = 0; argc >= 2 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (wcscmp(argv[1], verbs[i].name) == 0)
            status = send(&verbs[i]);
    if (status == 2) {
        fprintf(
            stderr,
            "usage: kill install|configure|mine|ask|repair|remove [N before|after] | recover\n");
        return 2;
    }
    if (status == 0)
        printf("kill: all done\n");
    return status;
}
