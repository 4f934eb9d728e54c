/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* foreign.drv: a driver as somebody else might have written it, which knows nothing of mmekit. It
 * says on standard error what it hears, with the text of DRV_OPEN, and answers DRV_INSTALL with
 * %FOREIGN_ANSWER%; "append" makes it put an option behind its name in Drivers32, as the remark of
 * the DRV_INSTALL page allows. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <stdio.h>
#include <stdlib.h>

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM lparam1, LPARAM lparam2);

static LRESULT append(const DRVCONFIGINFO *info)
{
    static const WCHAR value[] = L"foreign.drv /own:option";
    WCHAR path[128];
    HKEY key;
    _snwprintf(path, 127, L"Software\\Microsoft\\Windows NT\\CurrentVersion\\%ls",
               info->lpszDCISectionName);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_SET_VALUE, &key) != ERROR_SUCCESS)
        return DRVCNF_CANCEL;
    LONG result =
        RegSetValueExW(key, info->lpszDCIAliasName, 0, REG_SZ, (const BYTE *)value, sizeof value);
    RegCloseKey(key);
    return result == ERROR_SUCCESS ? DRVCNF_OK : DRVCNF_CANCEL;
}

static LRESULT install(LPARAM lparam2)
{
    WCHAR answer[16] = L"1";
    const DRVCONFIGINFO *info = (const DRVCONFIGINFO *)lparam2;
    GetEnvironmentVariableW(L"FOREIGN_ANSWER", answer, 16);
    if (info != NULL)
        fprintf(stderr, "foreign: install section=%ls alias=%ls\n", info->lpszDCISectionName,
                info->lpszDCIAliasName != NULL ? info->lpszDCIAliasName : L"NULL");
    return wcscmp(answer, L"append") == 0 ? append(info) : _wtoi(answer);
}

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM lparam1, LPARAM lparam2)
{
    (void)id;
    (void)hdrvr;
    if (msg == DRV_OPEN)
        fprintf(stderr, "foreign: open \"%ls\"\n", lparam1 != 0 ? (const WCHAR *)lparam1 : L"NULL");
    else
        fprintf(stderr, "foreign: message %u\n", msg);
    fflush(stderr);
    switch (msg) {
    case DRV_LOAD:
    case DRV_ENABLE:
    case DRV_OPEN:
    case DRV_CLOSE:
    case DRV_DISABLE:
    case DRV_FREE:
        return 1;
    case DRV_INSTALL:
        return install(lparam2);
    default:
        return 0;
    }
}
