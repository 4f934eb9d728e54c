/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A wave driver to play into and to record from, written by the SDK alone: nothing of the core is
 * in it, so what arrives here can be compared.
 *
 * It takes 44,100 or 48,000 Hz, 16 bits, stereo; writes what it is given to a file, raw; and
 * records frames that count from 1. Options behind its alias:
 *
 *   /out:FILE      where to write
 *   /pace:real     give a buffer back when it would have been heard (else at once)
 *   /pace:inside   give it back inside WODM_WRITE
 *   /hang:WHERE    do not come back; /crash:WHERE: read at address 16.
 *                  WHERE: load, enable, open, wave (WODM_OPEN), write, reset
 *   /busy          WODM_OPEN answers MMSYSERR_ALLOCATED
 *   /keep          WODM_RESET gives nothing back, and WODM_CLOSE refuses
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#define FRAME_BYTES 4u
#define STREAMS     4u

struct stream {
    bool open, is_input, running, quit;
    WAVEOPENDESC desc;
    DWORD flags;
    uint32_t rate_hz;
    CRITICAL_SECTION lock;
    HANDLE wake, thread;
    WAVEHDR *first;
    uint64_t frames; /* since open */
    HANDLE file;
};

static struct stream streams[STREAMS];
static WCHAR options[512]; /* of the last DRV_OPEN that had any */

/* winmm exports it; mingw's mmddk.h does not know it */
BOOL WINAPI DriverCallback(DWORD_PTR callback, DWORD flags, HDRVR device, DWORD msg, DWORD_PTR user,
                           DWORD_PTR p1, DWORD_PTR p2);

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM l1, LPARAM l2);
DWORD CALLBACK wodMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK widMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

static bool has_option(const WCHAR *option)
{
    const WCHAR *at = wcsstr(options, option);
    size_t len = wcslen(option);
    return at != NULL && (at[len] == 0 || at[len] == L' ');
}

static void misbehave(const WCHAR *hang, const WCHAR *crash)
{
    if (has_option(hang))
        Sleep(INFINITE);
    if (has_option(crash)) {
        int *volatile nowhere = (int *)(intptr_t)16;
        *nowhere = 1;
    }
}

/* ------------------------------------------------------------------ streams */

static void tell(struct stream *s, UINT msg, void *p1)
{
    DriverCallback(s->desc.dwCallback, HIWORD(s->flags), (HDRVR)s->desc.hWave, msg,
                   s->desc.dwInstance, (DWORD_PTR)p1, 0);
}

static void give_back(struct stream *s, WAVEHDR *header)
{
    MemoryBarrier();
    header->dwFlags = (header->dwFlags & ~(DWORD)WHDR_INQUEUE) | WHDR_DONE;
    tell(s, s->is_input ? WIM_DATA : WOM_DONE, header);
}

static void consume(struct stream *s, WAVEHDR *header)
{
    DWORD done;
    uint32_t n = header->dwBufferLength / FRAME_BYTES;
    if (s->is_input) {
        uint32_t *to = (uint32_t *)(void *)header->lpData;
        for (uint32_t i = 0; i < n; i++)
            to[i] = (uint32_t)(s->frames + i + 1);
        header->dwBytesRecorded = n * FRAME_BYTES;
    } else if (s->file != INVALID_HANDLE_VALUE) {
        WriteFile(s->file, header->lpData, header->dwBufferLength, &done, NULL);
    }
    s->frames += n;
}

static WAVEHDR *take_first(struct stream *s)
{
    EnterCriticalSection(&s->lock);
    WAVEHDR *header = s->running ? s->first : NULL;
    if (header != NULL)
        s->first = header->lpNext;
    LeaveCriticalSection(&s->lock);
    return header;
}

static void put_last(struct stream *s, WAVEHDR *header)
{
    header->lpNext = NULL;
    header->dwFlags = (header->dwFlags & ~(DWORD)WHDR_DONE) | WHDR_INQUEUE;
    EnterCriticalSection(&s->lock);
    WAVEHDR **at = &s->first;
    while (*at != NULL)
        at = &(*at)->lpNext;
    *at = header;
    LeaveCriticalSection(&s->lock);
    SetEvent(s->wake);
}

static DWORD WINAPI run(LPVOID arg)
{
    struct stream *s = arg;
    bool real = has_option(L"/pace:real");
    ULONGLONG began = GetTickCount64();
    uint64_t anchor = 0;
    while (!s->quit) {
        WAVEHDR *header = take_first(s);
        if (header == NULL) { /* a card's clock does not wait for programs */
            WaitForSingleObject(s->wake, 1000);
            if (s->frames == 0)
                began = GetTickCount64();
            continue;
        }
        consume(s, header);
        ULONGLONG due = began + (s->frames - anchor) * 1000 / s->rate_hz;
        ULONGLONG now = GetTickCount64();
        if (real && due > now)
            Sleep((DWORD)(due - now));
        else if (now > due + 500) {
            began = now;
            anchor = s->frames;
        }
        give_back(s, header);
    }
    return 0;
}

static DWORD open_stream(bool is_input, DWORD_PTR *user, const WAVEOPENDESC *desc, DWORD flags)
{
    const WAVEFORMATEX *f = (const WAVEFORMATEX *)(const void *)desc->lpFormat;
    misbehave(L"/hang:wave", L"/crash:wave");
    if (f->wFormatTag != WAVE_FORMAT_PCM || f->nChannels != 2 || f->wBitsPerSample != 16 ||
        (f->nSamplesPerSec != 44100 && f->nSamplesPerSec != 48000))
        return WAVERR_BADFORMAT;
    if (flags & WAVE_FORMAT_QUERY)
        return MMSYSERR_NOERROR;
    if (has_option(L"/busy"))
        return MMSYSERR_ALLOCATED;
    for (unsigned i = 0; i < STREAMS; i++) {
        struct stream *s = &streams[i];
        WCHAR path[MAX_PATH] = L"";
        if (s->open)
            continue;
        memset(s, 0, sizeof *s);
        *s = (struct stream){.open = true,
                             .is_input = is_input,
                             .running = !is_input,
                             .desc = *desc,
                             .flags = flags,
                             .rate_hz = f->nSamplesPerSec,
                             .file = INVALID_HANDLE_VALUE};
        const WCHAR *out = wcsstr(options, L"/out:");
        for (unsigned k = 0; out != NULL && out[5 + k] > L' ' && k + 1 < MAX_PATH; k++)
            path[k] = out[5 + k];
        if (!is_input && path[0] != 0)
            s->file =
                CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
        InitializeCriticalSection(&s->lock);
        s->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
        s->thread = CreateThread(NULL, 0, run, s, 0, NULL);
        *user = i + 1;
        tell(s, is_input ? WIM_OPEN : WOM_OPEN, NULL);
        return MMSYSERR_NOERROR;
    }
    return MMSYSERR_ALLOCATED;
}

static void reset(struct stream *s)
{
    WAVEHDR *header;
    misbehave(L"/hang:reset", L"/crash:reset");
    if (has_option(L"/keep"))
        return;
    s->running = true;
    while ((header = take_first(s)) != NULL)
        give_back(s, header);
    s->running = !s->is_input;
}

static DWORD close_stream(struct stream *s)
{
    if (has_option(L"/keep") || s->first != NULL)
        return WAVERR_STILLPLAYING;
    s->quit = true;
    SetEvent(s->wake);
    WaitForSingleObject(s->thread, INFINITE);
    CloseHandle(s->thread);
    CloseHandle(s->wake);
    if (s->file != INVALID_HANDLE_VALUE)
        CloseHandle(s->file);
    DeleteCriticalSection(&s->lock);
    tell(s, s->is_input ? WIM_CLOSE : WOM_CLOSE, NULL);
    s->open = false;
    return MMSYSERR_NOERROR;
}

static DWORD write(struct stream *s, WAVEHDR *header)
{
    misbehave(L"/hang:write", L"/crash:write");
    if (!(header->dwFlags & WHDR_PREPARED))
        return WAVERR_UNPREPARED;
    if (has_option(L"/pace:inside")) {
        consume(s, header);
        give_back(s, header);
    } else {
        put_last(s, header);
    }
    return MMSYSERR_NOERROR;
}

static struct stream *stream_of(DWORD_PTR user)
{
    return user >= 1 && user <= STREAMS && streams[user - 1].open ? &streams[user - 1] : NULL;
}

__declspec(dllexport) DWORD CALLBACK
    wodMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    if (msg == WODM_GETNUMDEVS)
        return 1;
    if (msg == WODM_OPEN)
        return device == 0
                   ? open_stream(false, (DWORD_PTR *)user, (const WAVEOPENDESC *)p1, (DWORD)p2)
                   : MMSYSERR_BADDEVICEID;
    struct stream *s = stream_of(user);
    if (s == NULL)
        return msg == DRVM_INIT ? MMSYSERR_NOTSUPPORTED : MMSYSERR_INVALHANDLE;
    switch (msg) {
    case WODM_WRITE:
        return write(s, (WAVEHDR *)p1);
    case WODM_RESET:
        reset(s);
        return MMSYSERR_NOERROR;
    case WODM_CLOSE:
        return close_stream(s);
    default:
        return MMSYSERR_NOTSUPPORTED;
    }
}

__declspec(dllexport) DWORD CALLBACK
    widMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    if (msg == WIDM_GETNUMDEVS)
        return 1;
    if (msg == WIDM_OPEN)
        return device == 0
                   ? open_stream(true, (DWORD_PTR *)user, (const WAVEOPENDESC *)p1, (DWORD)p2)
                   : MMSYSERR_BADDEVICEID;
    struct stream *s = stream_of(user);
    if (s == NULL)
        return msg == DRVM_INIT ? MMSYSERR_NOTSUPPORTED : MMSYSERR_INVALHANDLE;
    switch (msg) {
    case WIDM_ADDBUFFER:
        put_last(s, (WAVEHDR *)p1);
        return MMSYSERR_NOERROR;
    case WIDM_START:
        s->running = true;
        SetEvent(s->wake);
        return MMSYSERR_NOERROR;
    case WIDM_RESET:
        reset(s);
        return MMSYSERR_NOERROR;
    case WIDM_CLOSE:
        return close_stream(s);
    default:
        return MMSYSERR_NOTSUPPORTED;
    }
}

/* ------------------------------------------------------------------ the driver */

/** The options of load and enable cannot come with DRV_OPEN, which is later: they are read here. */
static void read_options(void)
{
    DWORD n = GetEnvironmentVariableW(L"CHAIN_SINK", options, 511);
    if (n == 0 || n >= 511)
        options[0] = 0;
}

__declspec(dllexport) LRESULT CALLBACK
    DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM l1, LPARAM l2)
{
    switch (msg) {
    case DRV_LOAD:
        read_options();
        misbehave(L"/hang:load", L"/crash:load");
        return 1;
    case DRV_ENABLE:
        misbehave(L"/hang:enable", L"/crash:enable");
        return 1;
    case DRV_OPEN:
        if (l1 != 0) {
            wcsncat(options, L" ", 511 - wcslen(options));
            wcsncat(options, (const WCHAR *)l1, 511 - wcslen(options));
        }
        misbehave(L"/hang:open", L"/crash:open");
        return 1;
    case DRV_CLOSE:
    case DRV_DISABLE:
    case DRV_FREE:
        return 1;
    default:
        return DefDriverProc(id, hdrvr, msg, l1, l2);
    }
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        read_options();
        misbehave(L"/hang:dll", L"/crash:dll");
    }
    return TRUE;
}
