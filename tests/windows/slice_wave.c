/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "slice.h"

#include <stdlib.h>
#include <string.h>

#define BLOCKS      8u
#define BLOCK_BYTES 4098u /* no multiple of the driver's period, and even */
#define PATIENCE_MS 20000u

typedef DWORD CALLBACK device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                      DWORD_PTR p2);

/** An exported function of the module. */
static device_message *entry(HMODULE module, const char *name)
{
    union {
        FARPROC from;
        device_message *to;
    } function = {.from = GetProcAddress(module, name)};
    slice_check(function.to != NULL, "%s is exported", name);
    return function.to;
}

/* ------------------------------------------------------------------ what the driver calls */

struct client {
    HANDLE event; /* something happened */
    volatile LONG n_open, n_close, n_done;
    DWORD_PTR handle; /* as given in the open call, to compare */
    volatile LONG n_wrong;
};

static void CALLBACK on_message(HDRVR handle, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    struct client *client = (struct client *)user;
    (void)p2;
    if ((DWORD_PTR)handle != client->handle)
        InterlockedIncrement(&client->n_wrong);
    if (msg == WOM_OPEN || msg == WIM_OPEN)
        InterlockedIncrement(&client->n_open);
    else if (msg == WOM_CLOSE || msg == WIM_CLOSE)
        InterlockedIncrement(&client->n_close);
    else if (msg == WOM_DONE || msg == WIM_DATA) {
        const WAVEHDR *header = (const WAVEHDR *)p1;
        if ((header->dwFlags & (WHDR_DONE | WHDR_INQUEUE)) != WHDR_DONE)
            InterlockedIncrement(&client->n_wrong);
        InterlockedIncrement(&client->n_done);
    } else
        InterlockedIncrement(&client->n_wrong);
    SetEvent(client->event);
}

static WAVEOPENDESC open_desc(struct client *client, const WAVEFORMATEX *format, DWORD_PTR callback)
{
    client->handle = 0x5150;
    return (WAVEOPENDESC){.hWave = (HWAVE)client->handle,
                          .lpFormat = (WAVEFORMAT *)(uintptr_t)format,
                          .dwCallback = callback,
                          .dwInstance = (DWORD_PTR)client};
}

/** Wait until the header is done. Clients of the time poll the flag; so does this, between events.
 */
static bool wait_done(const WAVEHDR *header, HANDLE event)
{
    const volatile DWORD *flags = &header->dwFlags;
    DWORD begin = GetTickCount();
    while (!(*flags & WHDR_DONE)) {
        if (GetTickCount() - begin > PATIENCE_MS)
            return false;
        WaitForSingleObject(event, 100);
    }
    return true;
}

/* ------------------------------------------------------------------ playing */

/** Fill and write one header with the next piece. @return bytes taken */
static DWORD write_next(device_message *wod, DWORD_PTR stream, WAVEHDR *header,
                        const struct recording *r, DWORD at, DWORD block_bytes)
{
    DWORD n = r->len_bytes - at < block_bytes ? r->len_bytes - at : block_bytes;
    memcpy(header->lpData, r->data + at, n);
    header->dwBufferLength = n;
    DWORD result = wod(0, WODM_WRITE, stream, (DWORD_PTR)header, sizeof *header);
    if (result != MMSYSERR_NOERROR)
        slice_check(false, "WODM_WRITE at byte %lu answers %lu", at, result);
    return result == MMSYSERR_NOERROR ? n : 0;
}

/** Keep all headers busy until everything has been written, then wait for the last. */
static DWORD stream_blocks(device_message *wod, DWORD_PTR stream, HANDLE event, WAVEHDR *headers,
                           const struct recording *r, DWORD block_bytes)
{
    DWORD at = 0;
    DWORD n_blocks = 0;
    for (; at < r->len_bytes; n_blocks++) {
        WAVEHDR *header = &headers[n_blocks % BLOCKS];
        if (n_blocks >= BLOCKS && !wait_done(header, event))
            return 0;
        DWORD n = write_next(wod, stream, header, r, at, block_bytes);
        if (n == 0)
            return 0;
        at += n;
    }
    for (unsigned i = 0; i < BLOCKS && i < n_blocks; i++) {
        if (!wait_done(&headers[i], event))
            return 0;
    }
    return n_blocks;
}

static void prepare(device_message *message, UINT msg, DWORD_PTR stream, WAVEHDR *headers,
                    unsigned char *memory, DWORD block_bytes)
{
    unsigned n_prepared = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        memset(&headers[i], 0, sizeof headers[i]);
        headers[i].lpData = (LPSTR)memory + (size_t)i * block_bytes;
        headers[i].dwBufferLength = block_bytes;
        headers[i].dwUser = 0xABCD0000u + i;
        if (message(0, msg, stream, (DWORD_PTR)&headers[i], sizeof headers[i]) ==
                MMSYSERR_NOERROR &&
            headers[i].dwFlags == WHDR_PREPARED)
            n_prepared++;
    }
    slice_check(n_prepared == BLOCKS, "%u of %u headers are prepared", n_prepared, BLOCKS);
}

static void unprepare(device_message *message, UINT msg, DWORD_PTR stream, WAVEHDR *headers)
{
    unsigned n = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (message(0, msg, stream, (DWORD_PTR)&headers[i], sizeof headers[i]) ==
                MMSYSERR_NOERROR &&
            !(headers[i].dwFlags & WHDR_PREPARED) && headers[i].dwUser == 0xABCD0000u + i)
            n++;
    }
    slice_check(n == BLOCKS, "%u of %u headers are unprepared, the client's dwUser kept", n,
                BLOCKS);
}

static void check_position(device_message *message, UINT msg, DWORD_PTR stream, DWORD expected)
{
    MMTIME time = {.wType = TIME_SAMPLES};
    DWORD result = message(0, msg, stream, (DWORD_PTR)&time, sizeof time);
    slice_check(result == MMSYSERR_NOERROR && time.wType == TIME_SAMPLES &&
                    time.u.sample == expected,
                "the position is %lu samples (expected %lu)", time.u.sample, expected);
}

static void compare(const WCHAR *captured, const struct recording *recording)
{
    struct recording got;
    if (!slice_check(recording_load(captured, &got), "the captured file is a WAV"))
        return;
    slice_check(memcmp(&got.format, &recording->format, 16) == 0, "it has the recording's format");
    slice_check(got.len_bytes == recording->len_bytes &&
                    memcmp(got.data, recording->data, got.len_bytes) == 0,
                "captured %lu of %lu bytes, bit-identical to the recording", got.len_bytes,
                recording->len_bytes);
    recording_free(&got);
}

static void check_caps(device_message *wod)
{
    WAVEOUTCAPSW caps = {0};
    slice_check(wod(0, WODM_GETNUMDEVS, 0, 0, 0) == 1, "there is one output");
    DWORD result = wod(0, WODM_GETDEVCAPS, 0, (DWORD_PTR)&caps, sizeof caps);
    slice_check(result == MMSYSERR_NOERROR && caps.szPname[0] != 0 &&
                    (caps.dwFormats & WAVE_FORMAT_48M16),
                "its name is \"%ls\", formats 0x%lx, support 0x%lx", caps.szPname, caps.dwFormats,
                caps.dwSupport);
}

void slice_play(HMODULE module, const struct recording *recording, const WCHAR *captured)
{
    static unsigned char memory[BLOCKS * BLOCK_BYTES];
    WAVEHDR headers[BLOCKS];
    struct client client = {.event = CreateEventW(NULL, FALSE, FALSE, NULL)};
    DWORD_PTR stream = 0;
    device_message *wod = entry(module, "wodMessage");
    if (wod == NULL)
        return;
    check_caps(wod);
    WAVEOPENDESC desc = open_desc(&client, &recording->format, (DWORD_PTR)on_message);
    DWORD query = wod(0, WODM_OPEN, 0, (DWORD_PTR)&desc, WAVE_FORMAT_QUERY);
    slice_check(query == MMSYSERR_NOERROR && client.n_open == 0, "the format is taken (query)");
    DWORD result = wod(0, WODM_OPEN, (DWORD_PTR)&stream, (DWORD_PTR)&desc, CALLBACK_FUNCTION);
    if (!slice_check(result == MMSYSERR_NOERROR, "WODM_OPEN answers %lu", result))
        return;
    slice_check(client.n_open == 1, "WOM_OPEN came");
    prepare(wod, WODM_PREPARE, stream, headers, memory, BLOCK_BYTES);
    DWORD n = stream_blocks(wod, stream, client.event, headers, recording, BLOCK_BYTES);
    DWORD expected = (recording->len_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    slice_check(n == expected, "%lu blocks played of %lu", n, expected);
    DWORD begin = GetTickCount(); /* the flag of the last block comes before its callback */
    while (client.n_done < (LONG)n && GetTickCount() - begin < PATIENCE_MS)
        WaitForSingleObject(client.event, 10);
    slice_check(client.n_done == (LONG)n, "WOM_DONE came %ld times", client.n_done);
    check_position(wod, WODM_GETPOS, stream, recording->len_bytes / recording->format.nBlockAlign);
    slice_check(wod(0, WODM_RESET, stream, 0, 0) == MMSYSERR_NOERROR, "WODM_RESET");
    check_position(wod, WODM_GETPOS, stream, 0);
    unprepare(wod, WODM_UNPREPARE, stream, headers);
    slice_check(wod(0, WODM_CLOSE, stream, 0, 0) == MMSYSERR_NOERROR, "WODM_CLOSE");
    slice_check(client.n_close == 1 && client.n_wrong == 0,
                "WOM_CLOSE came; every callback had our handle and a header that is done");
    slice_check(wod(0, WODM_GETPOS, stream, 0, 0) == MMSYSERR_INVALHANDLE, "the handle is stale");
    compare(captured, recording);
    CloseHandle(client.event);
}

void slice_play_event(HMODULE module, const struct recording *recording, const WCHAR *captured)
{
    const DWORD block_bytes = 19200; /* 0.2 s */
    WAVEHDR headers[BLOCKS];
    unsigned char *memory = malloc(BLOCKS * block_bytes);
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    struct client client = {0};
    DWORD_PTR stream = 0;
    device_message *wod = entry(module, "wodMessage");
    if (wod == NULL || memory == NULL)
        return;
    WAVEOPENDESC desc = open_desc(&client, &recording->format, (DWORD_PTR)event);
    DWORD result = wod(0, WODM_OPEN, (DWORD_PTR)&stream, (DWORD_PTR)&desc, CALLBACK_EVENT);
    if (!slice_check(result == MMSYSERR_NOERROR, "WODM_OPEN with an event answers %lu", result))
        return;
    slice_check(WaitForSingleObject(event, 1000) == WAIT_OBJECT_0, "the event was set at open");
    prepare(wod, WODM_PREPARE, stream, headers, memory, block_bytes);
    DWORD begin = GetTickCount();
    DWORD n = stream_blocks(wod, stream, event, headers, recording, block_bytes);
    DWORD took = GetTickCount() - begin;
    DWORD length =
        (DWORD)((uint64_t)recording->len_bytes * 1000 / recording->format.nAvgBytesPerSec);
    slice_check(n > 0, "%lu blocks played by event", n);
    /* the clock of the real one: not before its time, and not long after */
    slice_check(took + 30 >= length && took < length + 2000, "in %lu ms for %lu ms of sound", took,
                length);
    unprepare(wod, WODM_UNPREPARE, stream, headers);
    slice_check(wod(0, WODM_CLOSE, stream, 0, 0) == MMSYSERR_NOERROR, "WODM_CLOSE");
    compare(captured, recording);
    CloseHandle(event);
    free(memory);
}

/* ------------------------------------------------------------------ recording */

/** Take what the buffers bring, in order, and give them back until enough is there. */
static DWORD collect(device_message *wid, DWORD_PTR stream, HANDLE event, WAVEHDR *headers,
                     unsigned char *to, DWORD want)
{
    DWORD have = 0;
    for (unsigned i = 0; have < want; i = (i + 1) % BLOCKS) {
        if (!wait_done(&headers[i], event))
            break;
        DWORD n = headers[i].dwBytesRecorded;
        if (n > want - have)
            n = want - have;
        memcpy(to + have, headers[i].lpData, n);
        have += n;
        if (wid(0, WIDM_ADDBUFFER, stream, (DWORD_PTR)&headers[i], sizeof headers[i]) !=
            MMSYSERR_NOERROR)
            break;
    }
    return have;
}

void slice_record(HMODULE module, const struct recording *expected)
{
    static unsigned char memory[BLOCKS * BLOCK_BYTES];
    WAVEHDR headers[BLOCKS];
    struct client client = {.event = CreateEventW(NULL, FALSE, FALSE, NULL)};
    DWORD_PTR stream = 0;
    unsigned n_added = 0;
    unsigned char *got = calloc(1, expected->len_bytes);
    device_message *wid = entry(module, "widMessage");
    if (wid == NULL || got == NULL)
        return;
    slice_check(wid(0, WIDM_GETNUMDEVS, 0, 0, 0) == 1, "there is one input");
    WAVEOPENDESC desc = open_desc(&client, &expected->format, (DWORD_PTR)on_message);
    DWORD result = wid(0, WIDM_OPEN, (DWORD_PTR)&stream, (DWORD_PTR)&desc, CALLBACK_FUNCTION);
    if (!slice_check(result == MMSYSERR_NOERROR, "WIDM_OPEN answers %lu", result))
        return;
    prepare(wid, WIDM_PREPARE, stream, headers, memory, BLOCK_BYTES);
    for (unsigned i = 0; i < BLOCKS; i++)
        n_added += wid(0, WIDM_ADDBUFFER, stream, (DWORD_PTR)&headers[i], sizeof headers[i]) ==
                   MMSYSERR_NOERROR;
    slice_check(n_added == BLOCKS, "%u buffers are queued", n_added);
    slice_check(wid(0, WIDM_START, stream, 0, 0) == MMSYSERR_NOERROR, "WIDM_START");
    DWORD have = collect(wid, stream, client.event, headers, got, expected->len_bytes);
    slice_check(have == expected->len_bytes && memcmp(got, expected->data, have) == 0,
                "recorded %lu of %lu bytes, bit-identical to the file", have, expected->len_bytes);
    slice_check(wid(0, WIDM_STOP, stream, 0, 0) == MMSYSERR_NOERROR, "WIDM_STOP");
    slice_check(wid(0, WIDM_RESET, stream, 0, 0) == MMSYSERR_NOERROR, "WIDM_RESET");
    unprepare(wid, WIDM_UNPREPARE, stream, headers);
    slice_check(wid(0, WIDM_CLOSE, stream, 0, 0) == MMSYSERR_NOERROR, "WIDM_CLOSE");
    slice_check(client.n_open == 1 && client.n_close == 1 && client.n_wrong == 0,
                "WIM_OPEN, %ld times WIM_DATA, WIM_CLOSE", client.n_done);
    CloseHandle(client.event);
    free(got);
}

/* ------------------------------------------------------------------ lines */

void slice_lines(HMODULE module)
{
    device_message *aux = entry(module, "auxMessage");
    device_message *mxd = entry(module, "mxdMessage");
    DWORD volume = 0;
    if (aux == NULL || mxd == NULL)
        return;
    slice_check(aux(0, AUXDM_GETNUMDEVS, 0, 0, 0) == 1, "there is one aux line");
    DWORD result = aux(0, AUXDM_GETVOLUME, 0, (DWORD_PTR)&volume, 0);
    slice_check(result == MMSYSERR_NOERROR && volume == 0xFFFFFFFFu, "its volume is 0x%08lx",
                volume);
    slice_check(mxd(0, MXDM_GETNUMDEVS, 0, 0, 0) == 1, "there is one mixer");
}
