/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * What tests/wine/suite_mmectl.sh needs beside mmectl.exe:
 *
 *   mmectl_tool run COMMAND LINE   run it with our handles; "exit code N" on standard error
 *   mmectl_tool hold FILE SECONDS  keep a file open that nobody else may open; says "held"
 *   mmectl_tool deny KEY           nobody may write a key of HKEY_LOCAL_MACHINE any more
 *   mmectl_tool allow KEY          everybody may again
 *   mmectl_tool open ALIAS         OpenDriver(ALIAS, "Drivers32") and CloseDriver; "opened"
 *   mmectl_tool cancel TITLE       wait for a dialog and choose its Cancel; "cancelled"
 *   mmectl_tool module FILE BITS   a module of that width that exports DriverProc
 */
#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0600
#endif
#include <windows.h>

#include <aclapi.h>
#include <mmsystem.h>
#include <sddl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "make_pe.h"

/* What stands behind our own first two words. */
static WCHAR *rest_of_line(void)
{
    WCHAR *at = GetCommandLineW();
    for (int words = 0; words < 2; words++) {
        bool quoted = false;
        for (; *at && (quoted || *at != L' '); at++)
            quoted ^= *at == L'"';
        while (*at == L' ')
            at++;
    }
    return at;
}

static int run(void)
{
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(NULL, rest_of_line(), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
        fprintf(stderr, "it does not start: error %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    fprintf(stderr, "exit code %lu\n", code);
    return 0;
}

static int hold(const WCHAR *path, DWORD seconds)
{
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 1;
    printf("held\n");
    fflush(stdout);
    Sleep(seconds * 1000);
    CloseHandle(file);
    return 0;
}

static int rights_of_view(const WCHAR *path, const WCHAR *sddl, REGSAM view)
{
    PSECURITY_DESCRIPTOR descriptor;
    HKEY key;
    LONG result = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, WRITE_DAC | view, &key);
    if (result != ERROR_SUCCESS || !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                                       sddl, SDDL_REVISION_1, &descriptor, NULL))
        return 1;
    result = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
    RegCloseKey(key);
    LocalFree(descriptor);
    return result == ERROR_SUCCESS ? 0 : 1;
}

static int rights(const WCHAR *path, const WCHAR *sddl)
{
    return rights_of_view(path, sddl, KEY_WOW64_64KEY) |
           rights_of_view(path, sddl, KEY_WOW64_32KEY);
}

static int open(const WCHAR *alias)
{
    HDRVR driver = OpenDriver(alias, L"Drivers32", 0);
    if (driver == NULL)
        return 1;
    printf("opened\n");
    CloseDriver(driver, 0, 0);
    return 0;
}

static int cancel(const WCHAR *title)
{
    for (int i = 0; i < 600; i++, Sleep(100)) {
        HWND window = FindWindowW(NULL, title);
        if (window != NULL && IsWindowVisible(window) &&
            PostMessageW(window, WM_COMMAND, IDCANCEL, 0)) {
            printf("cancelled\n");
            return 0;
        }
    }
    return 1;
}

static int module(const WCHAR *path, unsigned long bits)
{
    unsigned char bytes[MAKE_PE_BYTES];
    const struct make_pe what = {
        .machine = bits == 64 ? 0x8664 : 0x014c, .export = "DriverProc", .minor = 1};
    FILE *file = _wfopen(path, L"wb");
    make_pe(&what, bytes);
    if (file == NULL || fwrite(bytes, sizeof bytes, 1, file) != 1 || fclose(file) != 0)
        return 1;
    return 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    const WCHAR *verb = argc > 1 ? argv[1] : L"";
    if (argc > 2 && wcscmp(verb, L"run") == 0)
        return run();
    if (argc == 4 && wcscmp(verb, L"hold") == 0)
        return hold(argv[2], wcstoul(argv[3], NULL, 10));
    if (argc == 3 && wcscmp(verb, L"deny") == 0)
        return rights(argv[2], L"D:P(A;CI;KR;;;WD)");
    if (argc == 3 && wcscmp(verb, L"allow") == 0)
        return rights(argv[2], L"D:P(A;CI;KA;;;WD)");
    if (argc == 3 && wcscmp(verb, L"open") == 0)
        return open(argv[2]);
    if (argc == 3 && wcscmp(verb, L"cancel") == 0)
        return cancel(argv[2]);
    if (argc == 4 && wcscmp(verb, L"module") == 0)
        return module(argv[2], wcstoul(argv[3], NULL, 10));
    fprintf(stderr, "mmectl_tool: see its source\n");
    return 2;
}
