/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A MIDI program that knows winmm and nothing else: plays to the devices that the drivers of
 * tests/wine/suite_midi.sh have, and writes down what each of them must have received, for the
 * shell to compare.
 *
 *   mmewine_midi list IN OUT [NAME...]   the devices are IN inputs and these OUT outputs, in order
 *   mmewine_midi play NAME FILE          every kind of message, in order
 *   mmewine_midi rules NAME              callbacks, errors, headers, several clients
 *   mmewine_midi both NAME FILE NAME FILE   two devices at a time, from two threads
 *   mmewine_midi stream NAME FILE        a MIDI stream
 *   mmewine_midi mapper FILE             by MIDI_MAPPER
 *   mmewine_midi in NAME                 an input
 *   mmewine_midi notes NAME              a few messages that a shell script knows by heart
 *   mmewine_midi aux N [NAME]            N auxiliary devices, of which the first has this name
 * Several may follow one another behind "then".
 */
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include "mmewine_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 30000u
#define SHORTS      3000u
#define LONGEST     200000u

/* ------------------------------------------------------------------ what was heard */

struct heard {
    volatile LONG n_open, n_done, n_close, n_data, n_long;
    HMIDIOUT device;
    MIDIHDR *volatile last;
    DWORD_PTR data[64], times[64];
};

static void CALLBACK hear(HMIDIOUT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    struct heard *h = (struct heard *)user;
    h->device = device;
    if (msg == MOM_OPEN || msg == MIM_OPEN)
        InterlockedIncrement(&h->n_open);
    if (msg == MOM_CLOSE || msg == MIM_CLOSE)
        InterlockedIncrement(&h->n_close);
    if (msg == MIM_DATA && h->n_data < 64) {
        h->data[h->n_data] = p1;
        h->times[h->n_data] = p2;
        InterlockedIncrement(&h->n_data);
    }
    if (msg == MOM_DONE || msg == MIM_LONGDATA) {
        h->last = (MIDIHDR *)p1;
        InterlockedIncrement(msg == MOM_DONE ? &h->n_done : &h->n_long);
    }
}

static bool comes_to(volatile LONG *count, LONG wanted)
{
    const DWORD begin = GetTickCount();
    while (*count < wanted && GetTickCount() - begin < PATIENCE_MS)
        Sleep(1);
    return *count == wanted;
}

/* ------------------------------------------------------------------ devices */

static UINT find_out(const char *name)
{
    MIDIOUTCAPSA caps;
    for (UINT i = 0; i < midiOutGetNumDevs(); i++)
        if (midiOutGetDevCapsA(i, &caps, sizeof caps) == 0 && strcmp(caps.szPname, name) == 0)
            return i;
    check(false, "there is an output \"%s\"", name);
    return UINT_MAX - 1;
}

static void list(UINT n_in, UINT n_out, char **names)
{
    MIDIOUTCAPSW wide;
    MIDIOUTCAPSA caps;
    check(midiInGetNumDevs() == n_in, "midiInGetNumDevs: %u of %u", midiInGetNumDevs(), n_in);
    check(midiOutGetNumDevs() == n_out, "midiOutGetNumDevs: %u of %u", midiOutGetNumDevs(), n_out);
    for (UINT i = 0; i < n_out; i++)
        check(midiOutGetDevCapsA(i, &caps, sizeof caps) == MMSYSERR_NOERROR &&
                  strcmp(caps.szPname, names[i]) == 0,
              "midiOutGetDevCaps: output %u is \"%s\": \"%s\"", i, names[i], caps.szPname);
    check(midiOutGetDevCapsA(n_out, &caps, sizeof caps) == MMSYSERR_BADDEVICEID,
          "midiOutGetDevCaps: a number too high is MMSYSERR_BADDEVICEID");
    for (UINT i = 0; i < n_out; i++) {
        memset(&wide, 0x77, sizeof wide);
        const MMRESULT result = midiOutGetDevCapsW(i, &wide, 8);
        check(result == MMSYSERR_NOERROR && wide.szPname[0] == 0x7777,
              "midiOutGetDevCaps: no more than asked for is written (output %u)", i);
    }
}

/* ------------------------------------------------------------------ what is played */

static uint32_t seed = 1;

static uint32_t next_random(void)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes */
    return seed >> 8;
}

struct play {
    HMIDIOUT out;
    FILE *file; /* what must arrive */
    struct heard heard;
    unsigned n_long;
    bool failed;
};

static void play_short(struct play *p, DWORD packed)
{
    p->failed = midiOutShortMsg(p->out, packed) != MMSYSERR_NOERROR || p->failed;
    fprintf(p->file, "data %06lx\n", packed);
}

static void play_long(struct play *p, DWORD n_bytes)
{
    MIDIHDR *header = calloc(1, sizeof *header + n_bytes);
    header->lpData = (char *)(header + 1);
    header->dwBufferLength = n_bytes;
    fputs("long", p->file);
    for (DWORD i = 0; i < n_bytes; i++) {
        const unsigned char byte = i == 0             ? 0xF0
                                   : i + 1 == n_bytes ? 0xF7
                                                      : (unsigned char)(next_random() & 0x7F);
        header->lpData[i] = (char)byte;
        fprintf(p->file, " %02x", byte);
    }
    fputs("\n", p->file);
    p->n_long++;
    p->failed = midiOutPrepareHeader(p->out, header, sizeof *header) != 0 ||
                header->dwFlags != MHDR_PREPARED ||
                midiOutLongMsg(p->out, header, sizeof *header) != 0 ||
                !comes_to(&p->heard.n_done, (LONG)p->n_long) || p->heard.last != header ||
                header->dwFlags != (MHDR_PREPARED | MHDR_DONE) ||
                midiOutUnprepareHeader(p->out, header, sizeof *header) != 0 ||
                (header->dwFlags & MHDR_PREPARED) != 0 || p->failed;
    free(header);
}

/** Notes, controllers, programs, ... on all channels; if not plain, also system messages and
 * running status, which Wine's mapper takes for something else. */
static void play_shorts(struct play *p, unsigned n, bool plain)
{
    static const unsigned char system[] = {0xF1, 0xF2, 0xF3, 0xF6, 0xF8,
                                           0xFA, 0xFB, 0xFC, 0xFE, 0xFF};
    for (unsigned i = 0; i < n; i++) {
        const DWORD data = (next_random() & 0x7F) << 8 | (next_random() & 0x7F) << 16;
        const DWORD status = 0x80 + (i * 37 % 0x70); /* every kind, and every channel */
        play_short(p, status | data);
        if (plain)
            continue;
        if (i % 7 == 0)
            play_short(p, (next_random() & 0x7F) | (next_random() & 0x7F) << 8); /* running */
        if (i % 11 == 0)
            play_short(p, system[i / 11 % sizeof system] | data);
    }
}

static bool begin(struct play *p, UINT device, const char *file)
{
    memset(p, 0, sizeof *p);
    p->file = fopen(file, "wb");
    const MMRESULT result =
        midiOutOpen(&p->out, device, (DWORD_PTR)hear, (DWORD_PTR)&p->heard, CALLBACK_FUNCTION);
    return check(p->file != NULL && result == MMSYSERR_NOERROR && p->heard.n_open == 1,
                 "midiOutOpen: device %d, CALLBACK_FUNCTION: one MOM_OPEN (result %u)", (int)device,
                 result) &&
           fputs("open\n", p->file) >= 0;
}

static void end(struct play *p)
{
    const MMRESULT result = midiOutClose(p->out);
    fputs("close\n", p->file);
    fclose(p->file);
    check(!p->failed && result == MMSYSERR_NOERROR && p->heard.n_close == 1 &&
              p->heard.n_done == (LONG)p->n_long && p->heard.n_open == 1,
          "every message is accepted, every MOM_DONE comes once (%u), and one MOM_CLOSE",
          p->n_long);
}

static void play(const char *name, const char *file)
{
    static const DWORD sizes[] = {1,    2,    3,     4,     5,     16,    255,   256,    1000,
                                  4095, 4096, 32767, 65535, 65536, 65537, 70000, LONGEST};
    struct play p;
    if (!begin(&p, find_out(name), file))
        return;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        play_shorts(&p, SHORTS / 17, false);
        play_long(&p, sizes[i]);
    }
    end(&p);
}

static DWORD WINAPI play_aside(LPVOID arg)
{
    struct play *p = arg;
    for (unsigned i = 0; i < 20; i++) {
        play_shorts(p, 50, false);
        play_long(p, 100 + 7 * i);
    }
    return 0;
}

static void both(char **names)
{
    struct play p[2];
    HANDLE threads[2];
    for (unsigned i = 0; i < 2; i++)
        if (!begin(&p[i], find_out(names[2 * i]), names[2 * i + 1]))
            return;
    for (unsigned i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, play_aside, &p[i], 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, 2 * PATIENCE_MS);
    for (unsigned i = 0; i < 2; i++)
        end(&p[i]);
}

static void mapper(const char *file)
{
    struct play p;
    if (!begin(&p, MIDI_MAPPER, file))
        return;
    play_shorts(&p, 224, true);
    end(&p);
}

static void notes(const char *name)
{
    static char bytes[] = "\xF0\x7E\x7F\x09\x01\xF7";
    HMIDIOUT out;
    MIDIHDR h = {.lpData = bytes, .dwBufferLength = 6};
    if (!check(midiOutOpen(&out, find_out(name), 0, 0, CALLBACK_NULL) == 0, "midiOutOpen"))
        return;
    bool ok = midiOutShortMsg(out, 0x403C90) == 0 && midiOutShortMsg(out, 0x00403E) == 0 &&
              midiOutPrepareHeader(out, &h, sizeof h) == 0 &&
              midiOutLongMsg(out, &h, sizeof h) == 0 &&
              midiOutUnprepareHeader(out, &h, sizeof h) == 0 && midiOutReset(out) == 0;
    check(ok && midiOutClose(out) == 0,
          "two notes, one by running status, a long message, a reset");
}

/* ------------------------------------------------------------------ rules */

static LRESULT CALLBACK window_proc(HWND window, UINT msg, WPARAM p1, LPARAM p2)
{
    return DefWindowProcA(window, msg, p1, p2);
}

/** Whether this message is in the thread's queue. */
static bool queued(HWND window, UINT msg, HMIDIOUT out, LPARAM p2)
{
    MSG m;
    const DWORD begin_ms = GetTickCount();
    do {
        if (PeekMessageA(&m, window, msg, msg, PM_REMOVE))
            return m.wParam == (WPARAM)out && m.lParam == p2;
        Sleep(1);
    } while (GetTickCount() - begin_ms < PATIENCE_MS);
    return false;
}

static bool sends_sysex(HMIDIOUT out, MIDIHDR *header)
{
    static char bytes[] = "\xF0\x01\xF7";
    *header = (MIDIHDR){.lpData = bytes, .dwBufferLength = 3};
    return midiOutPrepareHeader(out, header, sizeof *header) == 0 &&
           midiOutLongMsg(out, header, sizeof *header) == 0;
}

static void callbacks(UINT device)
{
    MIDIHDR header;
    HMIDIOUT out = NULL;
    MSG unused;
    const WNDCLASSA class = {.lpfnWndProc = window_proc, .lpszClassName = "mmewine_midi"};
    RegisterClassA(&class);
    HWND window = CreateWindowA("mmewine_midi", "", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    MMRESULT result = midiOutOpen(&out, device, (DWORD_PTR)window, 0, CALLBACK_WINDOW);
    check(result == 0 && queued(window, MM_MOM_OPEN, out, 0), "CALLBACK_WINDOW: MM_MOM_OPEN");
    check(sends_sysex(out, &header) && queued(window, MM_MOM_DONE, out, (LPARAM)&header),
          "CALLBACK_WINDOW: MM_MOM_DONE with its header");
    midiOutUnprepareHeader(out, &header, sizeof header);
    check(midiOutClose(out) == 0 && queued(window, MM_MOM_CLOSE, out, 0),
          "CALLBACK_WINDOW: MM_MOM_CLOSE");
    DestroyWindow(window);

    PeekMessageA(&unused, NULL, 0, 0, PM_NOREMOVE); /* makes the queue */
    result = midiOutOpen(&out, device, GetCurrentThreadId(), 0, CALLBACK_THREAD);
    check(result == 0 && queued(NULL, MM_MOM_OPEN, out, 0), "CALLBACK_THREAD: MM_MOM_OPEN");
    check(sends_sysex(out, &header) && queued(NULL, MM_MOM_DONE, out, (LPARAM)&header),
          "CALLBACK_THREAD: MM_MOM_DONE with its header");
    check(midiOutClose(out) == 0 && queued(NULL, MM_MOM_CLOSE, out, 0),
          "CALLBACK_THREAD: MM_MOM_CLOSE");

    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    result = midiOutOpen(&out, device, (DWORD_PTR)event, 0, CALLBACK_EVENT);
    check(result == 0 && WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0,
          "CALLBACK_EVENT: set by the open");
    check(sends_sysex(out, &header) && WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0 &&
              (header.dwFlags & MHDR_DONE) != 0,
          "CALLBACK_EVENT: set when a long message is done");
    check(midiOutClose(out) == 0 && WaitForSingleObject(event, PATIENCE_MS) == WAIT_OBJECT_0,
          "CALLBACK_EVENT: set by the close");
    CloseHandle(event);

    result = midiOutOpen(&out, device, 0, 0, CALLBACK_NULL);
    const bool sent = sends_sysex(out, &header);
    const DWORD begin_ms = GetTickCount();
    while ((*(volatile DWORD *)&header.dwFlags & MHDR_DONE) == 0 &&
           GetTickCount() - begin_ms < PATIENCE_MS)
        Sleep(1);
    check(result == 0 && sent && header.dwFlags == (MHDR_PREPARED | MHDR_DONE),
          "CALLBACK_NULL: a program can wait for MHDR_DONE");
    midiOutClose(out);
}

static void headers(UINT device)
{
    static char bytes[] = "\xF0\x7E\x7F\x09\x01\xF7";
    HMIDIOUT out;
    MIDIHDR h = {.lpData = bytes, .dwBufferLength = 6, .dwUser = 77};
    struct heard heard = {.n_open = 0};
    if (!check(midiOutOpen(&out, device, (DWORD_PTR)hear, (DWORD_PTR)&heard, CALLBACK_FUNCTION) ==
                   0,
               "midiOutOpen"))
        return;
    check(midiOutLongMsg(out, &h, sizeof h) == MIDIERR_UNPREPARED,
          "midiOutLongMsg: a header that is not prepared is MIDIERR_UNPREPARED");
    check(midiOutPrepareHeader(out, &h, 10) == MMSYSERR_INVALPARAM,
          "midiOutPrepareHeader: a size too small is MMSYSERR_INVALPARAM");
    check(midiOutPrepareHeader(out, NULL, sizeof h) == MMSYSERR_INVALPARAM,
          "midiOutPrepareHeader: no header is MMSYSERR_INVALPARAM");
    check(midiOutUnprepareHeader(out, &h, sizeof h) == MMSYSERR_NOERROR,
          "midiOutUnprepareHeader: one that is not prepared is no error");
    check(midiOutPrepareHeader(out, &h, sizeof h) == MMSYSERR_NOERROR &&
              h.dwFlags == MHDR_PREPARED && h.dwUser == 77,
          "midiOutPrepareHeader: sets MHDR_PREPARED and nothing else");
    check(midiOutPrepareHeader(out, &h, sizeof h) == MMSYSERR_NOERROR,
          "midiOutPrepareHeader: twice is no error");
    h.dwFlags |= MHDR_INQUEUE;
    check(midiOutLongMsg(out, &h, sizeof h) == MIDIERR_STILLPLAYING,
          "midiOutLongMsg: one that is queued is MIDIERR_STILLPLAYING");
    check(midiOutUnprepareHeader(out, &h, sizeof h) == MIDIERR_STILLPLAYING,
          "midiOutUnprepareHeader: one that is queued is MIDIERR_STILLPLAYING");
    h.dwFlags &= ~(DWORD)MHDR_INQUEUE;
    check(midiOutUnprepareHeader(out, &h, sizeof h) == MMSYSERR_NOERROR && h.dwFlags == 0,
          "midiOutUnprepareHeader: takes MHDR_PREPARED away");
    check(midiOutMessage(out, 0x4007, 41, 0) == 42,
          "midiOutMessage: a message of the driver's own reaches it with its client");
    check(midiOutShortMsg(out, 0x403C90) == 0 && midiOutReset(out) == MMSYSERR_NOERROR,
          "midiOutReset succeeds");

    /* three that are queued at once come back by the reset, or were played before */
    static MIDIHDR many[3];
    for (unsigned i = 0; i < 3; i++)
        sends_sysex(out, &many[i]);
    check(midiOutReset(out) == MMSYSERR_NOERROR && comes_to(&heard.n_done, 3),
          "midiOutReset: all long messages come back");
    for (unsigned i = 0; i < 3; i++)
        sends_sysex(out, &many[i]);
    check(midiOutClose(out) == MMSYSERR_NOERROR && comes_to(&heard.n_done, 6) && heard.n_close == 1,
          "midiOutClose with messages that play gives them back (Wine forgets the handle anyway)");
    check(midiOutShortMsg(out, 0x403C90) == MMSYSERR_INVALHANDLE,
          "a closed handle is MMSYSERR_INVALHANDLE");
}

static void rules(const char *name)
{
    DWORD volume = 0;
    HMIDIOUT out[3] = {NULL};
    const UINT device = find_out(name);
    callbacks(device);
    headers(device);
    unsigned n = 0;
    for (unsigned i = 0; i < 3; i++)
        n += midiOutOpen(&out[i], device, 0, 0, CALLBACK_NULL) == 0;
    check(n == 3, "a driver that has several clients has several here: %u of 3", n);
    UINT id = 99;
    check(midiOutGetID(out[1], &id) == 0 && id == device, "midiOutGetID");
    bool same = midiOutSetVolume(out[0], 0x12345678) == 0 &&
                midiOutGetVolume(out[1], &volume) == 0 && volume == 0x12345678;
    check(same, "midiOutSetVolume and midiOutGetVolume by handle: %08lx", volume);
    same = midiOutSetVolume((HMIDIOUT)(UINT_PTR)device, 0x87654321) == 0 &&
           midiOutGetVolume((HMIDIOUT)(UINT_PTR)device, &volume) == 0 && volume == 0x87654321;
    check(same, "midiOutSetVolume and midiOutGetVolume by number: %08lx", volume);
    check(midiOutClose(out[1]) == 0 && midiOutShortMsg(out[0], 0x403C90) == 0 &&
              midiOutShortMsg(out[2], 0x403C90) == 0 &&
              midiOutShortMsg(out[1], 0x403C90) == MMSYSERR_INVALHANDLE,
          "closing one client leaves the others");
    check(midiOutClose(out[0]) == 0 && midiOutClose(out[2]) == 0, "they close");
    check(midiOutOpen(&out[0], midiOutGetNumDevs(), 0, 0, CALLBACK_NULL) == MMSYSERR_BADDEVICEID,
          "midiOutOpen: a number too high is MMSYSERR_BADDEVICEID");
    for (n = 0; n < 300; n++)
        if (midiOutOpen(&out[0], device, 0, 0, CALLBACK_NULL) != 0 || midiOutClose(out[0]) != 0)
            break;
    check(n == 300, "it can be opened again and again: %u of 300", n);
}

/* ------------------------------------------------------------------ streams */

static void stream(const char *name, const char *file)
{
    static DWORD events[4096];
    struct heard heard = {.n_open = 0};
    HMIDISTRM strm;
    UINT device = find_out(name);
    FILE *f = fopen(file, "wb");
    DWORD n = 0;
    fputs("open\n", f);
    for (DWORD i = 0; i < 200; i++) {
        const DWORD packed = 0x400090 | (i & 15) | (i & 0x7F) << 8;
        events[n++] = i % 20 == 0; /* a tick now and then */
        events[n++] = 0;
        events[n++] = packed;
        fprintf(f, "data %06lx\n", packed);
        if (i % 10 != 0)
            continue;
        const DWORD n_bytes = 2 + i; /* a long one */
        events[n++] = 0;
        events[n++] = 0;
        events[n++] = (DWORD)MEVT_LONGMSG << 24 | 0x80000000u | n_bytes;
        unsigned char *bytes = (unsigned char *)&events[n];
        fputs("long", f);
        for (DWORD k = 0; k < n_bytes; k++) {
            bytes[k] = k == 0 ? 0xF0 : k + 1 == n_bytes ? 0xF7 : (unsigned char)((i + k) & 0x7F);
            fprintf(f, " %02x", bytes[k]);
        }
        fputs("\n", f);
        n += (n_bytes + 3) / 4;
    }
    fputs("reset\nclose\n", f); /* by midiStreamClose */
    fclose(f);
    MIDIHDR h = {.lpData = (char *)events, .dwBufferLength = n * 4, .dwBytesRecorded = n * 4};
    const MMRESULT result =
        midiStreamOpen(&strm, &device, 1, (DWORD_PTR)hear, (DWORD_PTR)&heard, CALLBACK_FUNCTION);
    if (!check(result == 0, "midiStreamOpen (%u)", result))
        return;
    check(midiOutPrepareHeader((HMIDIOUT)strm, &h, sizeof h) == 0 &&
              midiStreamOut(strm, &h, sizeof h) == 0 && midiStreamRestart(strm) == 0,
          "midiStreamOut, midiStreamRestart");
    check(comes_to(&heard.n_done, 1) && heard.last == &h, "the stream's buffer comes back");
    Sleep(200); /* a driver that plays late has its time */
    check(midiOutUnprepareHeader((HMIDIOUT)strm, &h, sizeof h) == 0 && midiStreamClose(strm) == 0,
          "midiStreamClose");
}

/* ------------------------------------------------------------------ input */

static void input(const char *name)
{
    MIDIINCAPSA caps;
    HMIDIIN in;
    struct heard heard = {.n_open = 0};
    char bytes[300];
    UINT device = 0;
    while (device < midiInGetNumDevs() &&
           (midiInGetDevCapsA(device, &caps, sizeof caps) != 0 || strcmp(caps.szPname, name) != 0))
        device++;
    const MMRESULT result =
        midiInOpen(&in, device, (DWORD_PTR)hear, (DWORD_PTR)&heard, CALLBACK_FUNCTION);
    if (!check(result == 0 && heard.n_open == 1, "midiInOpen \"%s\": one MIM_OPEN (%u)", name,
               result))
        return;
    MIDIHDR h = {.lpData = bytes, .dwBufferLength = sizeof bytes};
    check(midiInAddBuffer(in, &h, sizeof h) == MIDIERR_UNPREPARED,
          "midiInAddBuffer: a header that is not prepared is MIDIERR_UNPREPARED");
    check(midiInPrepareHeader(in, &h, sizeof h) == 0 && midiInAddBuffer(in, &h, sizeof h) == 0 &&
              midiInStart(in) == 0 && comes_to(&heard.n_long, 1),
          "midiInStart: the buffer comes back");
    bool same = heard.n_data == 16;
    for (DWORD i = 0; i < 16 && same; i++)
        same =
            heard.data[i] == (0x400090 | i | (DWORD_PTR)(i + 1) << 8) && heard.times[i] == i * 10;
    check(same, "every MIM_DATA, in order, with its time: %ld of 16", heard.n_data);
    same = h.dwBytesRecorded == sizeof bytes && bytes[0] == (char)0xF0 && bytes[299] == (char)0xF7;
    for (unsigned i = 1; i < 299 && same; i++)
        same = bytes[i] == 0x5A;
    check(same && (h.dwFlags & (MHDR_DONE | MHDR_INQUEUE)) == MHDR_DONE,
          "MIM_LONGDATA: the buffer is full, byte for byte");
    check(midiInUnprepareHeader(in, &h, sizeof h) == 0 && midiInStop(in) == 0 &&
              midiInReset(in) == 0 && midiInClose(in) == 0 && heard.n_close == 1,
          "midiInReset and midiInClose: one MIM_CLOSE");
}

/* ------------------------------------------------------------------ auxiliary devices */

static void auxiliary(UINT n, const char *name)
{
    AUXCAPSA caps = {.szPname = ""};
    DWORD volume = 0;
    check(auxGetNumDevs() == n, "auxGetNumDevs: %u of %u", auxGetNumDevs(), n);
    check(auxGetDevCapsA(n, &caps, sizeof caps) == MMSYSERR_BADDEVICEID,
          "auxGetDevCaps: a number too high is MMSYSERR_BADDEVICEID");
    if (name == NULL)
        return;
    check(auxGetDevCapsA(0, &caps, sizeof caps) == 0 && strcmp(caps.szPname, name) == 0,
          "auxGetDevCaps: \"%s\" is \"%s\"", caps.szPname, name);
    const bool same =
        auxSetVolume(0, 0x11112222) == 0 && auxGetVolume(0, &volume) == 0 && volume == 0x11112222;
    check(same, "auxSetVolume and auxGetVolume: %08lx", volume);
}

/* ------------------------------------------------------------------ */

static void run(int n, char **words)
{
    const char *what = words[0];
    if (strcmp(what, "list") == 0 && n == 3 + atoi(words[2]))
        list((UINT)atoi(words[1]), (UINT)atoi(words[2]), words + 3);
    else if (strcmp(what, "play") == 0 && n == 3)
        play(words[1], words[2]);
    else if (strcmp(what, "notes") == 0 && n == 2)
        notes(words[1]);
    else if (strcmp(what, "rules") == 0 && n == 2)
        rules(words[1]);
    else if (strcmp(what, "both") == 0 && n == 5)
        both(words + 1);
    else if (strcmp(what, "stream") == 0 && n == 3)
        stream(words[1], words[2]);
    else if (strcmp(what, "mapper") == 0 && n == 2)
        mapper(words[1]);
    else if (strcmp(what, "in") == 0 && n == 2)
        input(words[1]);
    else if (strcmp(what, "aux") == 0 && (n == 2 || n == 3))
        auxiliary((UINT)atoi(words[1]), n == 3 ? words[2] : NULL);
    else
        check(false, "usage: %s", what);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int at = 1; at < argc;) {
        int n = 0;
        while (at + n < argc && strcmp(argv[at + n], "then") != 0)
            n++;
        if (n > 0)
            run(n, argv + at);
        at += n + 1;
    }
    return finish("mmewine_midi");
}
