/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A driver that cannot be used, in one of three ways: FAULT_hang, FAULT_crash, FAULT_lack. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR driver, UINT msg, LPARAM p1, LPARAM p2);
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

#ifdef FAULT_lack
__declspec(dllimport) int fault_absent(void);
#endif

__declspec(dllexport) LRESULT CALLBACK
    DriverProc(DWORD_PTR id, HDRVR driver, UINT msg, LPARAM p1, LPARAM p2)
{
    (void)id;
    (void)driver;
    (void)p1;
    (void)p2;
#ifdef FAULT_lack
    return msg != 0 ? fault_absent() : 0;
#else
    return msg == DRV_LOAD || msg == DRV_ENABLE || msg == DRV_OPEN;
#endif
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
#if defined FAULT_hang
    Sleep(INFINITE);
#elif defined FAULT_crash
    RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
#endif
    return TRUE;
}
