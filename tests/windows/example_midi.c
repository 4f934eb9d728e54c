/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* example_midi.exe: tests/examples/midi_cases.c against midifile.drv. Works in the current folder.
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/midi_cases.h"

typedef intptr_t __stdcall driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1,
                                       intptr_t l2);
typedef uint32_t __stdcall mod_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                                       uintptr_t p2);
static driver_proc *driver;
static mod_message *midi;

static intptr_t send_driver(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return driver(id, hdrvr, msg, l1, l2);
}

static uint32_t send_midi(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return midi(device, msg, user, p1, p2);
}

static void CALLBACK heard(HANDLE handle, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    (void)handle;
    (void)user;
    (void)p2;
    midi_heard(msg, p1);
}

static void sleep_ms(unsigned ms)
{
    Sleep(ms);
}

static uint64_t now_ms(void)
{
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return (uint64_t)(now.QuadPart * 1000 / rate.QuadPart);
}

int main(void)
{
    struct midi_subject subject = {.driver_proc = send_driver,
                                   .mod_message = send_midi,
                                   .callback = (uintptr_t)heard,
                                   .sleep_ms = sleep_ms,
                                   .now_ms = now_ms,
                                   .path = "example_midi.txt"};
    union {
        FARPROC from;
        driver_proc *driver;
        mod_message *midi;
    } entry;
    unsigned passed = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    SetEnvironmentVariableA("MMEKIT_PATH", subject.path);
    HMODULE module = LoadLibraryA("midifile.drv");
    if (module == NULL) {
        printf("FAIL midi: midifile.drv does not load: error %lu\n", GetLastError());
        return 1;
    }
    entry.from = GetProcAddress(module, "DriverProc");
    driver = entry.driver;
    entry.from = GetProcAddress(module, "modMessage");
    midi = entry.midi;
    if (driver == NULL || midi == NULL) {
        printf("FAIL midi: DriverProc or modMessage is not exported\n");
        return 1;
    }
    const unsigned failed = midi_cases_run(&subject, &passed);
    FreeLibrary(module);
    printf("%u passed, %u failed\n", passed, failed);
    printf("midi: all done\n");
    return failed > 0 || passed == 0;
}
