/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Trying what was installed: rundll32 of that width runs the module's entry `Trial`, which uses it
 * as any program would and prints "ok" or why not. A 64-bit Wine without 32-bit support starts a
 * 32-bit program that does nothing, says nothing and ends well: so nothing but a word counts, and
 * of one that is silent a program of the system's tells whether that width runs here at all.
 */
#include "trial_win32.h"
#include "win32_internal.h"

#include <stdio.h>
#include <string.h>

#define LOOK_MS 20u

struct child {
    PROCESS_INFORMATION process;
    HANDLE from; /* what it prints */
};

/** A program of that view's system folder, with these words. */
static mmk_err start(const WCHAR *name, const WCHAR *words, mmk_reg_view view, struct child *child)
{
    WCHAR folder[MMKI_PATH_UNITS], program[MMKI_PATH_UNITS], line[2 * MMKI_PATH_UNITS];
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOW info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES};
    HANDLE to = NULL;
    mmk_err err = mmki_system_folder(view, folder, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_join(folder, name, program, MMKI_PATH_UNITS);
    if (err != MMK_OK)
        return err;
    if (_snwprintf(line, 2 * MMKI_PATH_UNITS - 1, L"\"%s\" %s", program, words) < 0)
        return MMK_ERR_TOO_LONG;
    line[2 * MMKI_PATH_UNITS - 1] = 0;
    if (!CreatePipe(&child->from, &to, &inherited, 4096))
        return mmki_last_err();
    SetHandleInformation(child->from, HANDLE_FLAG_INHERIT, 0);
    info.hStdOutput = to;
    info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    const bool started = CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL,
                                        NULL, &info, &child->process) != 0;
    err = started ? MMK_OK : mmki_last_err();
    CloseHandle(to);
    if (!started)
        CloseHandle(child->from);
    return err;
}

/** Its words so far; never waits. */
static void hear(const struct child *child, char *text, size_t cap, size_t *len)
{
    DWORD there = 0, n = 0;
    if (*len + 1 < cap && PeekNamedPipe(child->from, NULL, 0, NULL, &there, NULL) && there > 0 &&
        ReadFile(child->from, text + *len, (DWORD)(cap - 1 - *len), &n, NULL))
        *len += n;
    text[*len] = 0;
}

static bool wait_end(const struct child *child, uint32_t timeout_ms)
{
    const ULONGLONG since = GetTickCount64();
    while (WaitForSingleObject(child->process.hProcess, LOOK_MS) != WAIT_OBJECT_0)
        if (GetTickCount64() - since > timeout_ms) {
            TerminateProcess(child->process.hProcess, 1);
            return false;
        }
    return true;
}

/** Run it to its end. @retval MMK_ERR_UNSUPPORTED  it cannot be started; MMK_ERR_TIMEOUT */
static mmk_err run(const WCHAR *name, const WCHAR *words, mmk_reg_view view, uint32_t timeout_ms,
                   char *said, size_t cap, DWORD *code)
{
    struct child child;
    size_t len = 0;
    said[0] = 0;
    if (start(name, words, view, &child) != MMK_OK)
        return MMK_ERR_UNSUPPORTED;
    const bool ended = wait_end(&child, timeout_ms);
    hear(&child, said, cap, &len);
    GetExitCodeProcess(child.process.hProcess, code);
    CloseHandle(child.from);
    CloseHandle(child.process.hThread);
    CloseHandle(child.process.hProcess);
    return ended ? MMK_OK : MMK_ERR_TIMEOUT;
}

static bool width_runs(mmk_reg_view view, uint32_t timeout_ms)
{
    char said[64];
    DWORD code = 1;
    return run(L"cmd.exe", L"/c echo ok", view, timeout_ms, said, sizeof said, &code) == MMK_OK &&
           strncmp(said, "ok", 2) == 0;
}

static mmk_err judge(const char *said, DWORD code, char *reason, size_t cap)
{
    if (strcmp(said, "ok") == 0 && code == 0)
        return MMK_OK;
    if (said[0] != 0)
        mmki_format(reason, cap, "%s", said);
    else
        mmki_format(reason, cap, "it ended with code 0x%lx and said nothing", code);
    return said[0] != 0 ? MMK_ERR_STATE : MMK_ERR_CRASHED;
}

mmk_err mmki_win32_try_installed(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                 uint32_t timeout_ms, char *reason, size_t cap)
{
    WCHAR name[128], folder[MMKI_PATH_UNITS], words[2 * MMKI_PATH_UNITS];
    char said[256];
    DWORD code = 0;
    (void)self;
    /* the one name for its system folder that is right for programs of both widths */
    const UINT n = GetSystemDirectoryW(folder, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS || mmki_wide(file, name, 128) != MMK_OK)
        return MMK_ERR_IO;
    _snwprintf(words, 2 * MMKI_PATH_UNITS - 1, L"%s\\%s,Trial", folder, name);
    words[2 * MMKI_PATH_UNITS - 1] = 0;
    const mmk_err err = run(L"rundll32.exe", words, view, timeout_ms, said, sizeof said, &code);
    if (err == MMK_ERR_TIMEOUT) {
        mmki_format(reason, cap, "it did not come to its end within %u s", timeout_ms / 1000);
        return err;
    }
    if (err != MMK_OK || (said[0] == 0 && code == 0 && !width_runs(view, timeout_ms))) {
        mmki_format(reason, cap, "%s-bit programs do not run here",
                    view == MMK_VIEW_64 ? "64" : "32");
        return MMK_ERR_UNSUPPORTED;
    }
    return judge(said, code, reason, cap);
}
