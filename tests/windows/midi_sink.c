/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A MIDI driver to play into and to record from, written by the SDK alone: nothing of the core is
 * in it, so what arrives here can be compared. Options behind its alias, or in %MIDI_SINK%:
 *
 *   /name:X        its devices are "X 0", "X 1", ...; X is "sink" otherwise
 *   /devices:N     how many outputs, 1 otherwise; /inputs:N, 0 otherwise
 *   /log:FILE      each open of a device writes FILE-<device>-<n>.txt, n from 1
 *   /leave         MODM_PREPARE and UNPREPARE answer MMSYSERR_NOTSUPPORTED
 *   /later         long messages are played by a thread, each some milliseconds later
 *   /loop          what an output plays is heard by the open inputs, as through a cable
 *   /sloppy        GETDEVCAPS writes more than was asked for, OPEN gives no handle
 *   /hang:WHERE    do not come back; /crash:WHERE: read at address 16; /end:WHERE: end the process.
 *                  WHERE: open (DRV_OPEN), init, count, caps, later ones first
 *   /refuse:WHERE  answer 0 (open) or an error (caps)
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define CLIENTS    16u
#define DEVICES    16u
#define QUEUE      64u
#define IN_SHORTS  16u
#define HANDLE_OF  0x1100u /* a client's handle is this and its index: nothing that winmm has */
#define LATER_MS   3u
#define SYSEX_BYTE 0x5A

struct client {
    bool open, input, running, quit;
    volatile bool busy; /* giving one back */
    UINT device;
    MIDIOPENDESC desc;
    DWORD flags;
    FILE *log;
    MIDIHDR *queue[QUEUE];
    volatile unsigned n_queued;
    HANDLE thread;
};

static struct client clients[CLIENTS];
static unsigned n_opened[DEVICES];
static DWORD volumes[DEVICES];
static CRITICAL_SECTION lock;
static WCHAR options[512];

BOOL WINAPI DriverCallback(DWORD_PTR callback, DWORD flags, HDRVR device, DWORD msg, DWORD_PTR user,
                           DWORD_PTR p1, DWORD_PTR p2);
LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM l1, LPARAM l2);
DWORD CALLBACK modMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK midMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

/* ------------------------------------------------------------------ options */

static bool has_option(const WCHAR *option)
{
    const WCHAR *at = wcsstr(options, option);
    const size_t len = wcslen(option);
    return at != NULL && (at[len] == 0 || at[len] == L' ');
}

static UINT number_option(const WCHAR *option, UINT otherwise)
{
    const WCHAR *at = wcsstr(options, option);
    return at != NULL ? (UINT)wcstoul(at + wcslen(option), NULL, 10) : otherwise;
}

static void text_option(const WCHAR *option, const WCHAR *otherwise, WCHAR *out, size_t cap)
{
    const WCHAR *at = wcsstr(options, option);
    size_t n = 0;
    at = at != NULL ? at + wcslen(option) : otherwise;
    while (at[n] > L' ' && n + 1 < cap) {
        out[n] = at[n];
        n++;
    }
    out[n] = 0;
}

static void misbehave(const WCHAR *where)
{
    WCHAR option[32];
    _snwprintf(option, 32, L"/hang:%s", where);
    if (has_option(option))
        Sleep(INFINITE);
    _snwprintf(option, 32, L"/end:%s", where);
    if (has_option(option))
        ExitProcess(5);
    _snwprintf(option, 32, L"/crash:%s", where);
    if (has_option(option)) {
        int *volatile nowhere = (int *)(intptr_t)16;
        *nowhere = 1;
    }
}

/* ------------------------------------------------------------------ clients */

static void tell(const struct client *c, UINT msg, DWORD_PTR p1, DWORD_PTR p2)
{
    DriverCallback(c->desc.dwCallback, HIWORD(c->flags), (HDRVR)c->desc.hMidi, msg,
                   c->desc.dwInstance, p1, p2);
}

static void give_back(const struct client *c, MIDIHDR *header, UINT msg)
{
    MemoryBarrier();
    header->dwFlags = (header->dwFlags & ~(DWORD)MHDR_INQUEUE) | MHDR_DONE;
    tell(c, msg, (DWORD_PTR)header, 0);
}

static void log_long(const struct client *c, const MIDIHDR *header)
{
    if (c->log == NULL)
        return;
    fputs("long", c->log);
    for (DWORD i = 0; i < header->dwBufferLength; i++)
        fprintf(c->log, " %02x", (unsigned char)header->lpData[i]);
    fputs("\n", c->log);
}

static void log_line(const struct client *c, const char *line)
{
    if (c->log != NULL)
        fputs(line, c->log);
}

static MIDIHDR *take_first(struct client *c)
{
    MIDIHDR *header = NULL;
    EnterCriticalSection(&lock);
    if (c->n_queued > 0) {
        header = c->queue[0];
        memmove(c->queue, c->queue + 1, --c->n_queued * sizeof c->queue[0]);
    }
    LeaveCriticalSection(&lock);
    return header;
}

/** Through the cable: bytes into the buffers that an input has, or a short message. */
static void loop_long(struct client *in, const char *bytes, DWORD n_bytes)
{
    for (DWORD at = 0; at < n_bytes;) {
        MIDIHDR *header = take_first(in);
        if (header == NULL)
            return; /* lost, as on a cable */
        const DWORD rest = n_bytes - at;
        const DWORD n = rest < header->dwBufferLength ? rest : header->dwBufferLength;
        memcpy(header->lpData, bytes + at, n);
        header->dwBytesRecorded = n;
        at += n;
        give_back(in, header, MIM_LONGDATA);
    }
}

static void loop(const MIDIHDR *header, DWORD packed)
{
    if (!has_option(L"/loop"))
        return;
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (!clients[i].open || !clients[i].input)
            continue;
        if (header != NULL)
            loop_long(&clients[i], header->lpData, header->dwBufferLength);
        else
            tell(&clients[i], MIM_DATA, packed, GetTickCount());
    }
}

static DWORD put_last(struct client *c, MIDIHDR *header)
{
    DWORD answer = MMSYSERR_NOMEM;
    EnterCriticalSection(&lock);
    if (c->n_queued < QUEUE) {
        header->dwFlags = (header->dwFlags & ~(DWORD)MHDR_DONE) | MHDR_INQUEUE;
        c->queue[c->n_queued++] = header;
        answer = MMSYSERR_NOERROR;
    }
    LeaveCriticalSection(&lock);
    return answer;
}

/* Plays long messages late. What is being played is not in the queue, but is logged in order. */
static DWORD WINAPI play_late(LPVOID arg)
{
    struct client *c = arg;
    while (!c->quit) {
        Sleep(LATER_MS);
        EnterCriticalSection(&lock); /* over it all: RESET must not come in between */
        MIDIHDR *header = take_first(c);
        c->busy = header != NULL;
        if (header != NULL)
            log_long(c, header);
        LeaveCriticalSection(&lock);
        if (header != NULL)
            give_back(c, header, MOM_DONE);
        c->busy = false;
    }
    return 0;
}

/* An input sends the same each time: short messages, then a full buffer. */
static DWORD WINAPI send_input(LPVOID arg)
{
    struct client *c = arg;
    for (DWORD i = 0; i < IN_SHORTS; i++)
        tell(c, MIM_DATA, 0x400090 | i | (DWORD_PTR)(i + 1) << 8, i * 10);
    MIDIHDR *header = take_first(c);
    if (header != NULL) {
        memset(header->lpData, SYSEX_BYTE, header->dwBufferLength);
        header->lpData[0] = (char)0xF0;
        header->lpData[header->dwBufferLength - 1] = (char)0xF7;
        header->dwBytesRecorded = header->dwBufferLength;
        give_back(c, header, MIM_LONGDATA);
    }
    return 0;
}

static DWORD open_client(UINT device, bool input, DWORD_PTR *user, const MIDIOPENDESC *desc,
                         DWORD flags)
{
    WCHAR path[MAX_PATH], full[MAX_PATH + 32];
    struct client *c = NULL;
    EnterCriticalSection(&lock);
    for (unsigned i = 0; i < CLIENTS && c == NULL; i++) {
        if (clients[i].open)
            continue;
        c = &clients[i];
        *c = (struct client){.open = true, .input = input, .device = device, .flags = flags};
        memcpy(&c->desc, desc, offsetof(MIDIOPENDESC, rgIds));
        if (!has_option(L"/sloppy"))
            *user = HANDLE_OF + i;
        else if (i != 0)
            c->open = false; /* knows one client only, without a handle */
    }
    const unsigned nth = input ? 0 : ++n_opened[device];
    LeaveCriticalSection(&lock);
    if (c == NULL || !c->open)
        return MMSYSERR_ALLOCATED;
    text_option(L"/log:", L"", path, MAX_PATH);
    if (path[0] != 0 && !input) {
        _snwprintf(full, MAX_PATH + 32, L"%s-%u-%u.txt", path, device, nth);
        c->log = _wfopen(full, L"wb");
    }
    log_line(c, "open\n");
    if (!input && has_option(L"/later"))
        c->thread = CreateThread(NULL, 0, play_late, c, 0, NULL);
    tell(c, input ? MIM_OPEN : MOM_OPEN, 0, 0);
    return MMSYSERR_NOERROR;
}

static DWORD close_client(struct client *c)
{
    if (c->n_queued > 0)
        return MIDIERR_STILLPLAYING;
    c->quit = true;
    if (c->thread != NULL) {
        WaitForSingleObject(c->thread, INFINITE);
        CloseHandle(c->thread);
    }
    log_line(c, "close\n");
    if (c->log != NULL)
        fclose(c->log);
    tell(c, c->input ? MIM_CLOSE : MOM_CLOSE, 0, 0);
    c->open = false;
    return MMSYSERR_NOERROR;
}

static DWORD long_data(struct client *c, MIDIHDR *header)
{
    if ((header->dwFlags & MHDR_PREPARED) == 0)
        return MIDIERR_UNPREPARED;
    if (c->thread != NULL)
        return put_last(c, header);
    EnterCriticalSection(&lock);
    log_long(c, header);
    LeaveCriticalSection(&lock);
    loop(header, 0);
    give_back(c, header, MOM_DONE);
    return MMSYSERR_NOERROR;
}

static DWORD reset(struct client *c)
{
    MIDIHDR *header;
    while ((header = take_first(c)) != NULL)
        give_back(c, header, c->input ? MIM_LONGDATA : MOM_DONE);
    log_line(c, "reset\n");
    return MMSYSERR_NOERROR;
}

static DWORD prepare(MIDIHDR *header, bool wanted)
{
    if (has_option(L"/leave"))
        return MMSYSERR_NOTSUPPORTED;
    header->dwFlags =
        wanted ? header->dwFlags | MHDR_PREPARED : header->dwFlags & ~(DWORD)MHDR_PREPARED;
    return MMSYSERR_NOERROR;
}

static struct client *client_of(UINT device, bool input, DWORD_PTR user)
{
    const DWORD_PTR i = has_option(L"/sloppy") ? user : user - HANDLE_OF;
    return i < CLIENTS && clients[i].open && clients[i].device == device &&
                   clients[i].input == input
               ? &clients[i]
               : NULL;
}

/* ------------------------------------------------------------------ messages */

static DWORD out_caps(UINT device, void *out, DWORD_PTR size)
{
    WCHAR name[16];
    struct {
        MIDIOUTCAPSW caps;
        char more[64];
    } full = {.caps = {.wMid = 0x1234,
                       .wPid = (WORD)(100 + device),
                       .vDriverVersion = 0x0203,
                       .wTechnology = MOD_SYNTH,
                       .wVoices = 16,
                       .wNotes = 24,
                       .wChannelMask = 0xFFFF,
                       .dwSupport = MIDICAPS_VOLUME | MIDICAPS_LRVOLUME}};
    misbehave(L"caps");
    if (has_option(L"/refuse:caps"))
        return MMSYSERR_ERROR;
    text_option(L"/name:", L"sink", name, sizeof name / sizeof *name);
    _snwprintf(full.caps.szPname, MAXPNAMELEN - 1, L"%s %u", name, device);
    memset(full.more, 0xEE, sizeof full.more);
    memcpy(out, &full,
           has_option(L"/sloppy")    ? sizeof full
           : size < sizeof full.caps ? size
                                     : sizeof full.caps);
    return MMSYSERR_NOERROR;
}

static DWORD out_message(struct client *c, UINT msg, DWORD_PTR p1)
{
    switch (msg) {
    case MODM_CLOSE:
        return close_client(c);
    case MODM_DATA:
        while (c->thread != NULL && (c->n_queued > 0 || c->busy))
            Sleep(1); /* in order, though late */
        EnterCriticalSection(&lock);
        if (c->log != NULL)
            fprintf(c->log, "data %06lx\n", (DWORD)p1);
        LeaveCriticalSection(&lock);
        loop(NULL, (DWORD)p1);
        return MMSYSERR_NOERROR;
    case MODM_LONGDATA:
        return long_data(c, (MIDIHDR *)p1);
    case MODM_PREPARE:
    case MODM_UNPREPARE:
        return prepare((MIDIHDR *)p1, msg == MODM_PREPARE);
    case MODM_RESET:
        return reset(c);
    case DRVM_USER + 7: /* a message of its own */
        return (DWORD)p1 + 1;
    default:
        return MMSYSERR_NOTSUPPORTED;
    }
}

__declspec(dllexport) DWORD CALLBACK
    modMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    if (msg == DRVM_INIT) {
        misbehave(L"init");
        return MMSYSERR_NOTSUPPORTED; /* as drivers older than the message */
    }
    if (msg == MODM_GETNUMDEVS) {
        misbehave(L"count");
        return number_option(L"/devices:", 1);
    }
    if (device >= number_option(L"/devices:", 1) || device >= DEVICES)
        return MMSYSERR_BADDEVICEID;
    if (msg == MODM_GETDEVCAPS)
        return out_caps(device, (void *)p1, p2);
    if (msg == MODM_OPEN)
        return open_client(device, false, (DWORD_PTR *)user, (const MIDIOPENDESC *)p1, (DWORD)p2);
    if (msg == MODM_SETVOLUME) {
        volumes[device] = (DWORD)p1;
        return MMSYSERR_NOERROR;
    }
    if (msg == MODM_GETVOLUME) {
        *(DWORD *)p1 = volumes[device];
        return MMSYSERR_NOERROR;
    }
    struct client *c = client_of(device, false, user);
    return c != NULL ? out_message(c, msg, p1) : MMSYSERR_INVALHANDLE;
}

static DWORD in_message(struct client *c, UINT msg, DWORD_PTR p1)
{
    switch (msg) {
    case MIDM_CLOSE:
        return close_client(c);
    case MIDM_ADDBUFFER:
        return put_last(c, (MIDIHDR *)p1);
    case MIDM_PREPARE:
    case MIDM_UNPREPARE:
        return prepare((MIDIHDR *)p1, msg == MIDM_PREPARE);
    case MIDM_START:
        if (!has_option(L"/loop"))
            c->thread = CreateThread(NULL, 0, send_input, c, 0, NULL);
        return MMSYSERR_NOERROR;
    case MIDM_STOP:
        return MMSYSERR_NOERROR;
    case MIDM_RESET:
        return reset(c);
    default:
        return MMSYSERR_NOTSUPPORTED;
    }
}

__declspec(dllexport) DWORD CALLBACK
    midMessage(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    if (msg == MIDM_GETNUMDEVS)
        return number_option(L"/inputs:", 0);
    if (device >= number_option(L"/inputs:", 0))
        return MMSYSERR_BADDEVICEID;
    if (msg == MIDM_GETDEVCAPS) {
        MIDIINCAPSW caps = {.wMid = 0x1234, .wPid = 200, .vDriverVersion = 0x0203};
        text_option(L"/name:", L"sink", caps.szPname, MAXPNAMELEN);
        memcpy((void *)p1, &caps, p2 < sizeof caps ? p2 : sizeof caps);
        return MMSYSERR_NOERROR;
    }
    if (msg == MIDM_OPEN)
        return open_client(device, true, (DWORD_PTR *)user, (const MIDIOPENDESC *)p1, (DWORD)p2);
    struct client *c = client_of(device, true, user);
    return c != NULL ? in_message(c, msg, p1) : MMSYSERR_INVALHANDLE;
}

__declspec(dllexport) LRESULT CALLBACK
    DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM l1, LPARAM l2)
{
    switch (msg) {
    case DRV_LOAD:
        InitializeCriticalSection(&lock);
        return 1;
    case DRV_OPEN:
        if (l1 != 0)
            wcsncpy(options, (const WCHAR *)l1, 511);
        else if (GetEnvironmentVariableW(L"MIDI_SINK", options, 511) >= 511)
            options[0] = 0;
        misbehave(L"open");
        return !has_option(L"/refuse:open");
    case DRV_ENABLE:
    case DRV_CLOSE:
    case DRV_DISABLE:
    case DRV_FREE:
        return 1;
    default:
        return DefDriverProc(id, hdrvr, msg, l1, l2);
    }
}
