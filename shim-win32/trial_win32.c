/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Trying what was installed: rundll32 of that width runs the module's entry `Trial`, which uses it
 * as any program would and prints "ok" or why not. A 64-bit Wine without 32-bit support starts a
 * 32-bit program that does nothing, says nothing and ends well: so nothing but a word counts.
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

static mmk_err start(const char *file, mmk_reg_view view, struct child *child)
{
    WCHAR name[128], folder[MMKI_PATH_UNITS], program[MMKI_PATH_UNITS];
    WCHAR line[2 * MMKI_PATH_UNITS];
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOW info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES};
    HANDLE to = NULL;
    mmk_err err = mmki_system_folder(view, folder, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_join(folder, L"rundll32.exe", program, MMKI_PATH_UNITS);
    if (err == MMK_OK)
        err = mmki_wide(file, name, 128);
    if (err != MMK_OK)
        return err;
    /* the one name for its system folder that is right for programs of both widths */
    const UINT n = GetSystemDirectoryW(folder, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return MMK_ERR_IO;
    if (_snwprintf(line, 2 * MMKI_PATH_UNITS - 1, L"\"%s\" %s\\%s,Trial", program, folder, name) <
        0)
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

static mmk_err judge(const char *said, DWORD code, char *reason, size_t cap)
{
    if (strcmp(said, "ok") == 0 && code == 0)
        return MMK_OK;
    if (said[0] == 0 && code == 0) {
        mmki_format(reason, cap, "programs of that width do not run here");
        return MMK_ERR_UNSUPPORTED;
    }
    if (said[0] != 0)
        mmki_format(reason, cap, "%s", said);
    else
        mmki_format(reason, cap, "it ended with code 0x%lx and said nothing", code);
    return said[0] != 0 ? MMK_ERR_STATE : MMK_ERR_CRASHED;
}

mmk_err mmki_win32_try_installed(struct mmk_platform *self, const char *file, mmk_reg_view view,
                                 uint32_t timeout_ms, char *reason, size_t cap)
{
    struct child child;
    char said[256] = "";
    size_t len = 0;
    DWORD code = 0;
    (void)self;
    if (start(file, view, &child) != MMK_OK) {
        mmki_format(reason, cap, "no %s-bit program can be started here",
                    view == MMK_VIEW_64 ? "64" : "32");
        return MMK_ERR_UNSUPPORTED;
    }
    const bool ended = wait_end(&child, timeout_ms);
    hear(&child, said, sizeof said, &len);
    GetExitCodeProcess(child.process.hProcess, &code);
    CloseHandle(child.from);
    CloseHandle(child.process.hThread);
    CloseHandle(child.process.hProcess);
    if (ended)
        return judge(said, code, reason, cap);
    mmki_format(reason, cap, "it did not come to its end within %u s", timeout_ms / 1000);
    return MMK_ERR_TIMEOUT;
}
