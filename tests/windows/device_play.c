/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Plays and records through a driver that is found by its alias, as a program does: by OpenDriver,
 * wodMessage and widMessage; and asks devices directly whether they would work.
 *
 *   device_play tone ALIAS SECONDS HZ      a sine, 16 bits, stereo, 48,000 Hz
 *   device_play noise ALIAS SECONDS FILE   noise; the same bytes go into FILE
 *   device_play record ALIAS SECONDS FILE  what comes, raw
 *   device_play lost ALIAS FILE            a tone until the device goes away; FILE appears once it
 * plays device_play install ALIAS ANSWER       DRV_INSTALL answers OK, CANCEL or RESTART
 *   device_play list                       all devices
 *   device_play probe BACKEND PATH ERROR [WORD]   probe answers ERROR; the reason has WORD in it
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/win32.h>

#define RATE        48000u
#define FRAME_BYTES 4u
#define BLOCK       2400u /* frames: 50 ms */
#define BLOCKS      32u   /* 1.6 s: more than any device has on its way */
#define QUIET_BLOCKS \
    10u /* behind a tone: what a sound server has not played when the device closes is lost */
#define PATIENCE_MS 30000u

typedef DWORD CALLBACK device_message(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                                      DWORD_PTR p2);

static unsigned failed;

static bool check(bool ok, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));

static bool check(bool ok, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf(ok ? "PASS " : "FAIL ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    failed += ok ? 0 : 1;
    return ok;
}

/* ------------------------------------------------------------------ the driver */

struct player {
    HDRVR driver;
    device_message *message;
    DWORD_PTR stream;
    HANDLE event;
    WAVEHDR headers[BLOCKS];
    int16_t memory[BLOCKS][BLOCK * 2];
};

static HDRVR open_driver(const char *alias)
{
    WCHAR name[64];
    MultiByteToWideChar(CP_ACP, 0, alias, -1, name, 64);
    HDRVR driver = OpenDriver(name, L"Drivers32", 0);
    check(driver != NULL, "OpenDriver(%s)", alias);
    return driver;
}

static bool open_player(struct player *p, const char *alias, bool is_input)
{
    WAVEFORMATEX format = {WAVE_FORMAT_PCM, 2, RATE, RATE * FRAME_BYTES, FRAME_BYTES, 16, 0};
    memset(p, 0, sizeof *p);
    p->driver = open_driver(alias);
    if (p->driver == NULL)
        return false;
    union {
        FARPROC from;
        device_message *to;
    } entry = {.from = GetProcAddress(GetDriverModuleHandle(p->driver),
                                      is_input ? "widMessage" : "wodMessage")};
    p->message = entry.to;
    p->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!check(entry.to != NULL, "the module has its device function"))
        return false;
    WAVEOPENDESC desc = {.hWave = (HWAVE)(void *)p,
                         .lpFormat = (WAVEFORMAT *)(void *)&format,
                         .dwCallback = (DWORD_PTR)p->event};
    DWORD answer = p->message(0, is_input ? WIDM_OPEN : WODM_OPEN, (DWORD_PTR)&p->stream,
                              (DWORD_PTR)&desc, CALLBACK_EVENT);
    return check(answer == MMSYSERR_NOERROR, "the device opens (MMSYSERR %lu)", answer);
}

static DWORD send(struct player *p, UINT msg, void *p1)
{
    return p->message(0, msg, p->stream, (DWORD_PTR)p1, p1 != NULL ? sizeof(WAVEHDR) : 0);
}

static void prepare(struct player *p, UINT msg)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        p->headers[i].lpData = (char *)p->memory[i];
        p->headers[i].dwBufferLength = BLOCK * FRAME_BYTES;
        if (send(p, msg, &p->headers[i]) != MMSYSERR_NOERROR)
            check(false, "a header is not prepared");
    }
}

static bool is_done(const WAVEHDR *header)
{
    return (*(const volatile DWORD *)&header->dwFlags & WHDR_DONE) != 0;
}

static bool wait_done(struct player *p, const WAVEHDR *header)
{
    ULONGLONG until = GetTickCount64() + PATIENCE_MS;
    while (!is_done(header)) {
        if (GetTickCount64() > until)
            return false;
        WaitForSingleObject(p->event, 100);
    }
    return true;
}

static void close_player(struct player *p, UINT unprepare, UINT close)
{
    DWORD bad = 0;
    for (unsigned i = 0; i < BLOCKS; i++)
        bad |= send(p, unprepare, &p->headers[i]);
    check(bad == 0, "all headers are unprepared");
    DWORD answer = send(p, close, NULL);
    check(answer == MMSYSERR_NOERROR, "the device closes (MMSYSERR %lu)", answer);
    CloseDriver(p->driver, 0, 0);
    CloseHandle(p->event);
}

/* ------------------------------------------------------------------ sound */

/** Frames from a running number: a sine, or noise. */
struct source {
    double hz; /* 0: noise */
    uint64_t frame;
    uint32_t state;
};

static void fill(struct source *source, int16_t *to, unsigned n_frames)
{
    for (unsigned i = 0; i < n_frames; i++, source->frame++) {
        for (unsigned c = 0; c < 2; c++) {
            source->state = source->state * 1664525u + 1013904223u;
            double turns = source->hz * (double)source->frame / RATE;
            to[2 * i + c] = source->hz > 0 ? (int16_t)lrint(16000 * sin(2 * 3.14159265358979323846 *
                                                                        (turns - floor(turns))))
                                           : (int16_t)(source->state >> 16);
        }
    }
}

static void play(const char *alias, unsigned seconds, double hz, const char *copy)
{
    static struct player p;
    struct source source = {.hz = hz, .state = 1};
    FILE *file = copy != NULL ? fopen(copy, "wb") : NULL;
    unsigned n_blocks = seconds * RATE / BLOCK;
    unsigned n_quiet = hz > 0 ? QUIET_BLOCKS : 0;
    bool there = true;
    if (!open_player(&p, alias, false))
        return;
    prepare(&p, WODM_PREPARE);
    for (unsigned i = 0; i < n_blocks + n_quiet && there; i++) {
        WAVEHDR *header = &p.headers[i % BLOCKS];
        there = i < BLOCKS || wait_done(&p, header);
        if (i < n_blocks)
            fill(&source, p.memory[i % BLOCKS], BLOCK);
        else
            memset(p.memory[i % BLOCKS], 0, sizeof p.memory[0]);
        if (file != NULL)
            fwrite(p.memory[i % BLOCKS], FRAME_BYTES, BLOCK, file);
        header->dwFlags &= ~(DWORD)WHDR_DONE;
        there = there && send(&p, WODM_WRITE, header) == MMSYSERR_NOERROR;
    }
    for (unsigned i = 0; i < BLOCKS && i < n_blocks + n_quiet; i++)
        there = wait_done(&p, &p.headers[i]) && there;
    check(there, "%u blocks were played, each came back", n_blocks);
    if (file != NULL)
        fclose(file);
    close_player(&p, WODM_UNPREPARE, WODM_CLOSE);
}

static void record(const char *alias, unsigned seconds, const char *path)
{
    static struct player p;
    FILE *file = fopen(path, "wb");
    uint64_t want = (uint64_t)seconds * RATE * FRAME_BYTES;
    uint64_t have = 0;
    if (!open_player(&p, alias, true) || !check(file != NULL, "%s can be written", path))
        return;
    prepare(&p, WIDM_PREPARE);
    for (unsigned i = 0; i < BLOCKS; i++)
        send(&p, WIDM_ADDBUFFER, &p.headers[i]);
    check(send(&p, WIDM_START, NULL) == MMSYSERR_NOERROR, "WIDM_START");
    for (unsigned i = 0; have < want && wait_done(&p, &p.headers[i % BLOCKS]); i++) {
        WAVEHDR *header = &p.headers[i % BLOCKS];
        fwrite(header->lpData, 1, header->dwBytesRecorded, file);
        have += header->dwBytesRecorded;
        header->dwFlags &= ~(DWORD)WHDR_DONE;
        if (send(&p, WIDM_ADDBUFFER, header) != MMSYSERR_NOERROR)
            break;
    }
    check(have >= want, "%llu bytes were recorded of %llu", (unsigned long long)have,
          (unsigned long long)want);
    check(send(&p, WIDM_RESET, NULL) == MMSYSERR_NOERROR, "WIDM_RESET");
    fclose(file);
    close_player(&p, WIDM_UNPREPARE, WIDM_CLOSE);
}

/** Somebody takes the device away while it plays. */
static void lost(const char *alias, const char *path)
{
    static struct player p;
    struct source source = {.hz = 440};
    ULONGLONG until = GetTickCount64() + 2 * PATIENCE_MS;
    DWORD answer = MMSYSERR_NOERROR;
    bool all = true;
    if (!open_player(&p, alias, false))
        return;
    prepare(&p, WODM_PREPARE);
    for (unsigned i = 0; answer == MMSYSERR_NOERROR && GetTickCount64() < until; i++) {
        WAVEHDR *header = &p.headers[i % BLOCKS];
        if (i >= BLOCKS && !wait_done(&p, header))
            break;
        if (i == 3 * BLOCKS) {
            FILE *file = fopen(path, "wb");
            if (file != NULL)
                fclose(file);
        }
        fill(&source, p.memory[i % BLOCKS], BLOCK);
        header->dwFlags &= ~(DWORD)WHDR_DONE;
        answer = send(&p, WODM_WRITE, header);
        if (answer != MMSYSERR_NOERROR)
            header->dwFlags |= WHDR_DONE; /* not taken */
    }
    check(answer == MMSYSERR_NODRIVER, "WODM_WRITE says that the device is gone (MMSYSERR %lu)",
          answer);
    for (unsigned i = 0; i < BLOCKS; i++)
        all = wait_done(&p, &p.headers[i]) && all;
    check(all, "every block came back");
    ULONGLONG begun = GetTickCount64();
    check(send(&p, WODM_RESET, NULL) == MMSYSERR_NOERROR, "WODM_RESET");
    close_player(&p, WODM_UNPREPARE, WODM_CLOSE);
    check(GetTickCount64() - begun < 20000, "reset and close took %llu ms",
          (unsigned long long)(GetTickCount64() - begun));
}

/** What is behind the device hangs. */
static void stuck(const char *alias)
{
    static struct player p;
    bool all = true;
    if (!open_player(&p, alias, false))
        return;
    prepare(&p, WODM_PREPARE);
    for (unsigned i = 0; i < BLOCKS; i++)
        all = send(&p, WODM_WRITE, &p.headers[i]) == MMSYSERR_NOERROR && all;
    check(all, "%u blocks are taken", BLOCKS);
    Sleep(500);
    ULONGLONG begun = GetTickCount64();
    check(send(&p, WODM_RESET, NULL) == MMSYSERR_NOERROR, "WODM_RESET");
    for (unsigned i = 0; i < BLOCKS; i++)
        all = is_done(&p.headers[i]) && all;
    check(all, "every block came back");
    close_player(&p, WODM_UNPREPARE, WODM_CLOSE);
    ULONGLONG took = GetTickCount64() - begun;
    check(took < 20000, "reset and close took %llu ms", (unsigned long long)took);
}

/* ------------------------------------------------------------------ questions */

static void install(const char *alias, const char *expected)
{
    static const char *const answers[] = {"CANCEL", "OK", "RESTART"};
    WCHAR name[64];
    MultiByteToWideChar(CP_ACP, 0, alias, -1, name, 64);
    HDRVR driver = open_driver(alias);
    if (driver == NULL)
        return;
    DRVCONFIGINFO info = {sizeof info, L"Drivers32", name};
    ULONGLONG begun = GetTickCount64();
    LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, 0, (LPARAM)&info);
    const char *text = answer >= 0 && answer <= 2 ? answers[answer] : "?";
    check(strcmp(text, expected) == 0, "DRV_INSTALL answers %s after %llu ms (expected %s)", text,
          (unsigned long long)(GetTickCount64() - begun), expected);
    CloseDriver(driver, 0, 0);
}

static struct mmk_devices *devices(void)
{
    static struct mmk_win32_memory memory;
    struct mmk_win32 *win32;
    if (!check(mmk_win32_init(&memory, NULL, &win32) == MMK_OK, "mmk_win32_init"))
        exit(1);
    return mmk_win32_port(win32)->devices;
}

static void list(void)
{
    static const char *const ways[] = {"playback", "capture"};
    struct mmk_devices *all = devices();
    for (int way = 0; way < MMK_DIRECTION_COUNT; way++) {
        struct mmk_device_info info;
        for (uint32_t i = 0; all->ops->enumerate(all, (mmk_direction)way, i, &info) == MMK_OK; i++)
            printf("DEVICE %s %s|%s|%s%s\n", ways[way], info.backend, info.path, info.name,
                   info.available ? "" : " (not available)");
    }
}

static void probe(const char *backend, const char *path, const char *expected, const char *word)
{
    struct mmk_devices *all = devices();
    struct mmk_device_config config = {
        .format = {.sample = MMK_SAMPLE_S16, .channels = 2, .valid_bits = 16, .rate_hz = RATE}};
    struct mmk_device_caps caps;
    char reason[512] = "";
    char format[64] = "";
    snprintf(config.backend, sizeof config.backend, "%s", backend);
    snprintf(config.path, sizeof config.path, "%s", path);
    ULONGLONG begun = GetTickCount64();
    mmk_err err = all->ops->probe(all, &config, 2000, &caps, reason, sizeof reason);
    ULONGLONG took = GetTickCount64() - begun;
    if (err == MMK_OK)
        mmk_format_text(&caps.format, format, sizeof format);
    check(strcmp(mmk_err_name(err), expected) == 0,
          "probe of %s:%s answers %s (expected %s) after %llu ms: %s%s", backend, path,
          mmk_err_name(err), expected, (unsigned long long)took, reason, format);
    check(took < 10000, "it came back in time");
    if (word != NULL)
        check(strstr(reason, word) != NULL, "its reason speaks of \"%s\"", word);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    const char *verb = argc > 1 ? argv[1] : "";
    if (argc == 5 && strcmp(verb, "tone") == 0)
        play(argv[2], (unsigned)atoi(argv[3]), atof(argv[4]), NULL);
    else if (argc == 5 && strcmp(verb, "noise") == 0)
        play(argv[2], (unsigned)atoi(argv[3]), 0, argv[4]);
    else if (argc == 5 && strcmp(verb, "record") == 0)
        record(argv[2], (unsigned)atoi(argv[3]), argv[4]);
    else if (argc == 4 && strcmp(verb, "lost") == 0)
        lost(argv[2], argv[3]);
    else if (argc == 3 && strcmp(verb, "stuck") == 0)
        stuck(argv[2]);
    else if (argc == 4 && strcmp(verb, "install") == 0)
        install(argv[2], argv[3]);
    else if (argc == 2 && strcmp(verb, "list") == 0)
        list();
    else if (argc >= 5 && strcmp(verb, "probe") == 0)
        probe(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
    else
        check(false, "usage: see the head of device_play.c");
    printf("device_play: all done\n");
    return failed == 0 ? 0 : 1;
}
