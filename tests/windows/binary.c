/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * binary.exe VERB: what only a loaded mmewave.drv can show of itself (tests/wine/suite_binary.sh).
 *
 *   rounds   a thousand times LoadLibrary, open, 10 ms of sound, close, FreeLibrary: nothing grows
 *   stack    every message from stacks aligned to 4 bytes only, as 32-bit programs have them
 *
 * Prints PASS, FAIL and FIGURE lines, "N passed, M failed", and as its last line "VERB: all done".
 */
#define __USE_MINGW_ANSI_STDIO 1
#define _WIN32_WINNT           0x0601
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>
#include <tlhelp32.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 30000u

typedef LRESULT CALLBACK driver_proc(DWORD_PTR id, HANDLE hdrvr, UINT msg, LPARAM l1, LPARAM l2);
typedef DWORD CALLBACK device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                      DWORD_PTR p2);

static unsigned n_passed, n_failed;

__attribute__((format(gnu_printf, 2, 3))) static bool check(bool holds, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s\n", holds ? "PASS" : "FAIL", text);
    if (holds)
        n_passed++;
    else
        n_failed++;
    return holds;
}

/* ------------------------------------------------------------------ calling with a stack */

/* how many bytes the next calls' stack stands beside a multiple of 16; -1: as the compiler does it
 */
static int offset = -1;

#ifdef __i386__
/** Call a stdcall function of five arguments with esp at a chosen place when it is entered. */
static uintptr_t call_at(FARPROC function, const uintptr_t args[5], int beside)
{
    uintptr_t result;
    __asm__ volatile("movl %%esp, %%esi\n\t"
                     "andl $-16, %%esp\n\t"
                     "subl $32, %%esp\n\t"
                     "subl %%ecx, %%esp\n\t" /* 24 bytes of arguments and return address follow */
                     "addl $24, %%esp\n\t"
                     "pushl 16(%%ebx)\n\t"
                     "pushl 12(%%ebx)\n\t"
                     "pushl 8(%%ebx)\n\t"
                     "pushl 4(%%ebx)\n\t"
                     "pushl (%%ebx)\n\t"
                     "call *%%eax\n\t"
                     "movl %%esi, %%esp\n\t"
                     : "=a"(result), "+c"(beside)
                     : "0"(function), "b"(args)
                     : "esi", "edx", "memory", "cc");
    return result;
}
#endif

static LRESULT drv(driver_proc *to, DWORD_PTR id, UINT msg, LPARAM l1, LPARAM l2)
{
#ifdef __i386__
    const uintptr_t args[5] = {id, 0x1234, msg, (uintptr_t)l1, (uintptr_t)l2};
    if (offset >= 0)
        return (LRESULT)call_at((FARPROC)to, args, offset);
#endif
    return to(id, (HANDLE)(uintptr_t)0x1234, msg, l1, l2);
}

static DWORD dev(device_message *to, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
#ifdef __i386__
    const uintptr_t args[5] = {0, msg, user, p1, p2};
    if (offset >= 0)
        return (DWORD)call_at((FARPROC)to, args, offset);
#endif
    return to(0, msg, user, p1, p2);
}

/* ------------------------------------------------------------------ one round */

struct loaded {
    HMODULE module;
    driver_proc *driver;
    device_message *wod, *wid, *aux, *mxd;
};

static FARPROC entry(HMODULE module, const char *name)
{
    return GetProcAddress(module, name);
}

static bool load(struct loaded *m)
{
    union {
        FARPROC from;
        driver_proc *driver;
        device_message *device;
    } f;
    m->module = LoadLibraryA("mmewave.drv");
    if (m->module == NULL)
        return false;
    f.from = entry(m->module, "DriverProc");
    m->driver = f.driver;
    f.from = entry(m->module, "wodMessage");
    m->wod = f.device;
    f.from = entry(m->module, "widMessage");
    m->wid = f.device;
    f.from = entry(m->module, "auxMessage");
    m->aux = f.device;
    f.from = entry(m->module, "mxdMessage");
    m->mxd = f.device;
    return m->driver && m->wod && m->wid && m->aux && m->mxd;
}

static bool wait_done(const WAVEHDR *header)
{
    const volatile DWORD *flags = &header->dwFlags;
    const DWORD begin = GetTickCount();
    while (!(*flags & WHDR_DONE)) {
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        Sleep(1);
    }
    return true;
}

/** 10 ms of sound at 44,100 Hz, which the device's 48,000 make the resampler run. */
static bool sound(device_message *wod)
{
    static unsigned char memory[441 * 4];
    const WAVEFORMATEX format = {WAVE_FORMAT_PCM, 2, 44100, 176400, 4, 16, 0};
    WAVEHDR header = {.lpData = (LPSTR)memory, .dwBufferLength = sizeof memory};
    WAVEOPENDESC desc = {.hWave = (HWAVE)(uintptr_t)0x5150,
                         .lpFormat = (WAVEFORMAT *)(uintptr_t)&format};
    DWORD_PTR stream = 0;
    if (dev(wod, WODM_OPEN, (DWORD_PTR)&stream, (DWORD_PTR)&desc, CALLBACK_NULL) != 0)
        return false;
    DWORD failed = dev(wod, WODM_PREPARE, stream, (DWORD_PTR)&header, sizeof header);
    failed |= dev(wod, WODM_WRITE, stream, (DWORD_PTR)&header, sizeof header);
    failed |= wait_done(&header) ? 0 : 1;
    failed |= dev(wod, WODM_UNPREPARE, stream, (DWORD_PTR)&header, sizeof header);
    failed |= dev(wod, WODM_CLOSE, stream, 0, 0);
    return failed == 0;
}

/** @return everything that a program does from load to unload worked, and the module is gone */
static bool one_round(void)
{
    struct loaded m;
    if (!load(&m))
        return false;
    bool ok = drv(m.driver, 0, DRV_LOAD, 0, 0) == 1;
    drv(m.driver, 0, DRV_ENABLE, 0, 0);
    const DWORD_PTR id = (DWORD_PTR)drv(m.driver, 0, DRV_OPEN, 0, 0);
    ok = ok && id != 0 && sound(m.wod);
    ok = drv(m.driver, id, DRV_CLOSE, 0, 0) != 0 && ok;
    drv(m.driver, 0, DRV_DISABLE, 0, 0);
    drv(m.driver, 0, DRV_FREE, 0, 0);
    FreeLibrary(m.module);
    return ok && GetModuleHandleA("mmewave.drv") == NULL;
}

/* ------------------------------------------------------------------ what a process holds */

struct holdings {
    unsigned handle, counted, gdi, user, threads;
    size_t heap, private_bytes;
};

/** Handles are given out from the lowest free number: the 64th new one stands higher by every
 *  handle that leaked. (Wine 8.0 does not count them: GetProcessHandleCount answers 0.) */
static unsigned next_handle(void)
{
    HANDLE events[64];
    uintptr_t highest = 0;
    for (int i = 0; i < 64; i++) {
        events[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        highest = (uintptr_t)events[i] > highest ? (uintptr_t)events[i] : highest;
    }
    for (int i = 0; i < 64; i++)
        CloseHandle(events[i]);
    return (unsigned)highest;
}

static size_t heap_bytes(void)
{
    PROCESS_HEAP_ENTRY at = {0};
    size_t n = 0;
    HANDLE heap = GetProcessHeap();
    HeapLock(heap);
    while (HeapWalk(heap, &at)) {
        if (at.wFlags & PROCESS_HEAP_ENTRY_BUSY)
            n += at.cbData;
    }
    HeapUnlock(heap);
    return n;
}

static unsigned n_threads(void)
{
    THREADENTRY32 t = {.dwSize = sizeof t};
    unsigned n = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    for (BOOL more = Thread32First(all, &t); more; more = Thread32Next(all, &t))
        n += t.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return n;
}

/** Committed memory that belongs to no file: heaps, stacks, tables. (Wine 8.0 answers 0 to who asks
 *  for PrivateUsage.) */
static size_t private_bytes(void)
{
    MEMORY_BASIC_INFORMATION at;
    size_t n = 0;
    for (char *p = NULL; VirtualQuery(p, &at, sizeof at) != 0; p += at.RegionSize) {
        if (at.State == MEM_COMMIT && at.Type == MEM_PRIVATE)
            n += at.RegionSize;
        if (p + at.RegionSize <= p)
            break;
        p = at.BaseAddress;
    }
    return n;
}

static struct holdings take_stock(void)
{
    DWORD counted = 0;
    GetProcessHandleCount(GetCurrentProcess(), &counted);
    return (struct holdings){
        .handle = next_handle(),
        .counted = counted,
        .gdi = GetGuiResources(GetCurrentProcess(), GR_GDIOBJECTS),
        .user = GetGuiResources(GetCurrentProcess(), GR_USEROBJECTS),
        .threads = n_threads(),
        .heap = heap_bytes(),
        .private_bytes = private_bytes(),
    };
}

static void show(const char *when, const struct holdings *h)
{
    printf(
        "FIGURE %s: the 64th next handle %u (counted %u), %u GDI, %u USER, %u threads, %zu bytes "
        "of heap in use, %zu private\n",
        when, h->handle, h->counted, h->gdi, h->user, h->threads, h->heap, h->private_bytes);
}

/** Who loads a driver is winmm, so that winmm stays. (Wine 8.0's loses twelve handles each time it
 *  is loaded and unloaded itself, without any driver.) */
static void verb_rounds(void)
{
    enum { ROUNDS = 1000, WARM = 50 };
    check(LoadLibraryA("winmm.dll") != NULL, "winmm is there");
    struct holdings before = {0};
    unsigned n_good = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == WARM) { /* what the first rounds leave is the system's */
            before = take_stock();
            show("after 50 rounds", &before);
        }
        n_good += one_round();
    }
    const struct holdings after = take_stock();
    show("after 1,000 rounds", &after);
    check(n_good == ROUNDS, "%u of %u rounds loaded, opened, played, closed, unloaded", n_good,
          ROUNDS);
    check(after.handle <= before.handle, "handles: the 64th next one %u, then %u", before.handle,
          after.handle);
    check(after.counted <= before.counted, "handles: %u counted, then %u", before.counted,
          after.counted);
    check(after.gdi <= before.gdi && after.user <= before.user, "GDI %u, %u; USER %u, %u",
          before.gdi, after.gdi, before.user, after.user);
    check(after.threads == before.threads && after.threads > 0, "threads: %u, then %u",
          before.threads, after.threads);
    /* one small block lost in a round would be 15,000 bytes; one page, 4 MB */
    check(after.heap < before.heap + 8000, "heap: %zu bytes in use, then %zu", before.heap,
          after.heap);
    check(after.private_bytes > 0 && after.private_bytes < before.private_bytes + (1u << 20),
          "private memory: %zu bytes, then %zu", before.private_bytes, after.private_bytes);
}

/* ------------------------------------------------------------------ odd stacks */

#ifdef __i386__
static unsigned n_seen[16];

/** What call_at() says of itself: the function sees the stack where it was told. */
static LRESULT CALLBACK where(DWORD_PTR a, HANDLE b, UINT c, LPARAM d, LPARAM e)
{
    n_seen[((uintptr_t)__builtin_frame_address(0) + 8) % 16]++; /* saved ebp, return address */
    return a == 1 && b == (HANDLE)(uintptr_t)0x1234 && c == 2 && d == 3 && e == 4;
}
#endif

static void verb_stack(void)
{
    enum { STEP = 4 };
#ifdef __i386__
    for (offset = 0; offset < 16; offset += STEP)
        check(drv(where, 1, 2, 3, 4) == 1, "five arguments arrive, %d bytes beside", offset);
    check(n_seen[0] == 1 && n_seen[4] == 1 && n_seen[8] == 1 && n_seen[12] == 1,
          "stacks were aligned in all four ways: %u %u %u %u", n_seen[0], n_seen[4], n_seen[8],
          n_seen[12]);
#else
    printf("FIGURE the x64 convention aligns stacks; 32-bit programs do not\n");
#endif
    for (offset = 0; offset < 16; offset += STEP) {
        struct loaded m;
        check(one_round(), "load, open, play, close, unload, %d bytes beside", offset);
        if (!check(load(&m), "LoadLibrary"))
            continue;
        drv(m.driver, 0, DRV_LOAD, 0, 0);
        drv(m.driver, 0, DRV_ENABLE, 0, 0);
        WAVEINCAPSW caps;
        DWORD volume = 0;
        check(dev(m.wid, WIDM_GETNUMDEVS, 0, 0, 0) == 1 &&
                  dev(m.wid, WIDM_GETDEVCAPS, 0, (DWORD_PTR)&caps, sizeof caps) == 0,
              "widMessage");
        check(dev(m.aux, AUXDM_GETVOLUME, 0, (DWORD_PTR)&volume, 0) == 0, "auxMessage");
        check(dev(m.mxd, MXDM_GETNUMDEVS, 0, 0, 0) == 1, "mxdMessage");
        drv(m.driver, 0, DRV_DISABLE, 0, 0);
        drv(m.driver, 0, DRV_FREE, 0, 0);
        FreeLibrary(m.module);
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc == 2 ? argv[1] : "";
    setvbuf(stdout, NULL, _IONBF, 0);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (strcmp(verb, "rounds") == 0)
        verb_rounds();
    else if (strcmp(verb, "stack") == 0)
        verb_stack();
    else {
        fprintf(stderr, "usage: binary rounds|stack\n");
        return 2;
    }
    printf("%u passed, %u failed\n%s: all done\n", n_passed, n_failed, verb);
    return n_failed == 0 ? 0 : 1;
}
