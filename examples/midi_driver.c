/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * A MIDI output driver that lives in user mode: midifile.drv writes what it is sent into a text
 * file, one line for each message:
 *
 *     open stream        90 3c 40        f0 7e 7f 09 01 f7        volume 80008000        close
 *
 * It shows a driver type that the core does not know. DriverProc is the core's, and with it
 * install, remove, settings and the aliases midi1 .. midi9; modMessage is written here, with the
 * port's threads, events and callbacks. All of MODM_* is answered:
 *
 *  - one client at a time; its handle is a number that is never used twice, never a pointer;
 *  - PREPARE, DATA with running status, LONGDATA with the rules of MHDR_ flags, RESET (notes and
 *    sustain off), volume, patch caching;
 *  - streams (MIDI_IO_COOKED), in midi_stream.c: STRMDATA, RESTART, PAUSE, STOP, GETPOS and
 *    PROPERTIES, played by a thread of their own.
 *
 * Client structures may lie at any address: they are copied, and the flags written last.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/text.h>

#include "midi_driver.h"

#ifdef _WIN32
#include <mmk/win32.h>
#include <windows.h>
#define ENTRY(type) __declspec(dllexport) type __stdcall
#else
#include <mmk/posix.h>
#define ENTRY(type) __attribute__((visibility("default"))) type
#endif

/* DriverProc and modMessage by the types that core headers have: the same on both pointer widths */
ENTRY(intptr_t) DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2);
ENTRY(uint32_t)
modMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2);

/* ------------------------------------------------------------------ the driver, as data */

static const struct mmk_param params[] = {
    {.name = "path",
     .type = MMK_PARAM_TEXT,
     .max = 259,
     .default_text = "midi.txt",
     .hosts = MMK_HOST_ALL,
     .alias_key = "path",
     .label = "File",
     .help = "Text file that is written anew by each midi_client."}};
static const struct mmk_param_table table = {params, 1};
static const struct mmk_product product = {.name = "midifile",
                                           .file = "midifile.drv",
                                           .title = "MIDI to text file",
                                           .version = 1u << 24,
                                           .section = "Drivers32",
                                           .alias_base = "midi",
                                           .numbered = true,
                                           .params = &table};
static const struct mmk_driver_class midifile = {.product = &product}; /* serves DriverProc alone */

/* ------------------------------------------------------------------ the one client */

#define OPENING UINT32_MAX

struct mmk_port *midi_port;
struct midi_client midi_client;
static struct mmk_driver *driver;
static _Atomic uint32_t holder;     /* handle of the client; 0 = nobody, OPENING */
static _Atomic uint32_t generation; /* of the last handle */
static _Atomic uint32_t volume = 0xFFFFFFFFu;
static _Atomic bool enabled;

void midi_lock(void)
{
    midi_port->platform->ops->mutex_lock(midi_port->platform, midi_client.mutex);
}

void midi_unlock(void)
{
    midi_port->platform->ops->mutex_unlock(midi_port->platform, midi_client.mutex);
}

void midi_tell(uint32_t msg, uintptr_t p1)
{
    midi_port->notify->ops->deliver(midi_port->notify, &midi_client.callback, msg, p1,
                                    0); /* no lock held */
}

/* ------------------------------------------------------------------ MIDI bytes to text */

void midi_put_bytes(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(midi_client.file, i + 1 < n ? "%02x " : "%02x\n", bytes[i]);
}

/* Bytes of a message that begins with this status; 0: data, or system exclusive. */
static unsigned message_bytes(uint8_t status)
{
    static const uint8_t channel[8] = {3, 3, 3, 3, 2, 2, 3, 0}; /* 8x .. Ex */
    static const uint8_t system[16] = {0, 2, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    if (status < 0x80)
        return 0;
    return status < 0xF0 ? channel[(status >> 4) - 8] : system[status & 15];
}

static void remember(const uint8_t *m)
{
    const uint8_t kind = m[0] & 0xF0;
    if (m[0] < 0xF0)
        midi_client.running = m[0];
    else if (m[0] < 0xF8)
        midi_client.running =
            0; /* system common ends running status, real time does not touch it */
    if (kind == 0x80 || kind == 0x90)
        midi_client.sounding[m[0] & 15][m[1] & 127] = kind == 0x90 && m[2] > 0;
}

uint32_t midi_short_message(uint32_t packed)
{
    uint8_t m[4] = {(uint8_t)packed, (uint8_t)(packed >> 8), (uint8_t)(packed >> 16), 0};
    if (m[0] < 0x80) {
        if (midi_client.running == 0)
            return MMK_MMSYSERR_INVALPARAM;
        memmove(m + 1, m, 2);
        m[0] = midi_client.running;
    }
    const unsigned n = message_bytes(m[0]);
    if (n == 0)
        return MMK_MMSYSERR_INVALPARAM;
    midi_put_bytes(m, n);
    remember(m);
    return MMK_MMSYSERR_NOERROR;
}

void midi_all_off(void)
{
    for (uint8_t channel = 0; channel < MIDI_CHANNELS; channel++) {
        for (uint8_t note = 0; note < MIDI_NOTES; note++)
            if (midi_client.sounding[channel][note])
                midi_short_message(0x400080u | channel | (uint32_t)note << 8);
        midi_short_message(0x0040B0u | channel); /* sustain off */
    }
    midi_client.running = 0;
}

/* ------------------------------------------------------------------ headers */

struct mmk_midihdr midi_header_at(uintptr_t at)
{
    struct mmk_midihdr header = {.dwFlags = 0};
    memcpy(&header, (const void *)at, offsetof(struct mmk_midihdr, dwOffset)); /* Windows 3.1's */
    return header;
}

void midi_put_u32(uintptr_t at, size_t offset, uint32_t value)
{
    memcpy((char *)at + offset, &value, sizeof value);
}

/* The flags are the client's signal: everything else must be there before. */
void midi_put_flags(uintptr_t at, uint32_t flags)
{
    atomic_thread_fence(memory_order_release);
    midi_put_u32(at, offsetof(struct mmk_midihdr, dwFlags), flags);
}

void midi_give_back(uintptr_t at)
{
    const struct mmk_midihdr header = midi_header_at(at);
    midi_put_flags(at, (header.dwFlags | MMK_MHDR_DONE) & ~MMK_MHDR_INQUEUE);
    midi_tell(MMK_MOM_DONE, at);
}

uint32_t midi_check_header(uintptr_t at, uintptr_t size, bool to_play)
{
    if (at == 0 || size < offsetof(struct mmk_midihdr, dwOffset))
        return MMK_MMSYSERR_INVALPARAM;
    const struct mmk_midihdr header = midi_header_at(at);
    if (header.lpData == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if (to_play && (header.dwFlags & MMK_MHDR_PREPARED) == 0)
        return MMK_MIDIERR_UNPREPARED;
    if ((header.dwFlags & MMK_MHDR_INQUEUE) != 0)
        return MMK_MIDIERR_STILLPLAYING;
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t prepare(uintptr_t at, uintptr_t size)
{
    const uint32_t wrong = midi_check_header(at, size, false);
    if (wrong == MMK_MMSYSERR_NOERROR)
        midi_put_flags(at, (midi_header_at(at).dwFlags | MMK_MHDR_PREPARED) & ~MMK_MHDR_DONE);
    return wrong;
}

static uint32_t unprepare(uintptr_t at, uintptr_t size)
{
    const uint32_t wrong = midi_check_header(at, size, false);
    if (wrong == MMK_MMSYSERR_NOERROR)
        midi_put_flags(at, midi_header_at(at).dwFlags & ~MMK_MHDR_PREPARED);
    return wrong;
}

static uint32_t long_data(uintptr_t at, uintptr_t size)
{
    const uint32_t wrong = midi_check_header(at, size, true);
    if (wrong != MMK_MMSYSERR_NOERROR)
        return wrong;
    const struct mmk_midihdr header = midi_header_at(at);
    midi_put_flags(at, (header.dwFlags | MMK_MHDR_INQUEUE) & ~MMK_MHDR_DONE);
    midi_lock();
    midi_put_bytes((const uint8_t *)header.lpData, header.dwBufferLength);
    midi_client.running = 0; /* as after any system exclusive */
    midi_unlock();
    midi_give_back(at);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ open and close */

static FILE *open_file(void)
{
    struct mmk_settings settings;
    if (mmk_settings_load(midi_port, &table, product.name, MMK_DEVICE_NONE, NULL, &settings,
                          NULL) != MMK_OK)
        return NULL;
    const char *path = mmk_settings_text(&settings, "path");
#ifdef _WIN32
    mmk_char16 wide[MMK_SETTING_TEXT_MAX] = {0};
    size_t n_bytes;
    if (mmk_utf16_from_wtf8(path, MMK_TEXT_TERMINATED, wide, sizeof wide - sizeof wide[0],
                            &n_bytes) != MMK_OK)
        return NULL;
    return _wfopen((const wchar_t *)wide, L"wb");
#else
    return fopen(path, "wb");
#endif
}

static void forget_client(void)
{
    struct mmk_platform *platform = midi_port->platform;
    if (midi_client.thread != NULL) {
        midi_lock();
        midi_client.quit = true;
        midi_unlock();
        midi_stream_wake();
        platform->ops->thread_join(platform, midi_client.thread);
    }
    if (midi_client.wake != NULL)
        platform->ops->event_destroy(platform, midi_client.wake);
    if (midi_client.mutex != NULL)
        platform->ops->mutex_destroy(platform, midi_client.mutex);
    if (midi_client.file != NULL)
        fclose(midi_client.file);
}

static bool make_client(const struct mmk_midiopendesc *desc, uint32_t flags)
{
    struct mmk_platform *platform = midi_port->platform;
    midi_client =
        (struct midi_client){.tempo = MIDI_TEMPO_DEFAULT, .timediv = MIDI_TIMEDIV_DEFAULT};
    midi_client.callback = (struct mmk_callback){.flags = flags & 0x00070000u,
                                                 .target = desc->dwCallback,
                                                 .handle = desc->hMidi,
                                                 .user = desc->dwInstance};
    midi_client.stream = midi_client.paused = (flags & MMK_MIDI_IO_COOKED) != 0;
    midi_client.file = open_file();
    midi_client.mutex = platform->ops->mutex_create(platform);
    if (midi_client.file == NULL || midi_client.mutex == NULL)
        return false;
    fprintf(midi_client.file, midi_client.stream ? "open stream\n" : "open\n");
    if (!midi_client.stream)
        return true;
    midi_client.wake = platform->ops->event_create(platform);
    if (midi_client.wake != NULL)
        midi_client.thread = platform->ops->thread_start(platform, midi_stream_run, NULL,
                                                         MMK_PRIORITY_AUDIO, "midifile stream");
    return midi_client.thread != NULL;
}

static uint32_t open_client(uintptr_t user, uintptr_t at, uint32_t flags)
{
    struct mmk_midiopendesc desc = {.hMidi = 0};
    uint32_t nobody = 0;
    if (user == 0 || at == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&desc, (const void *)at, offsetof(struct mmk_midiopendesc, dnDevNode));
    if (!atomic_compare_exchange_strong(&holder, &nobody, OPENING))
        return MMK_MMSYSERR_ALLOCATED;
    if (!make_client(&desc, flags)) {
        forget_client();
        atomic_store(&holder, 0);
        return MMK_MMSYSERR_ERROR; /* the file cannot be written */
    }
    const uintptr_t handle = atomic_fetch_add(&generation, 1) + 1;
    memcpy((void *)user, &handle, sizeof handle);
    atomic_store(&holder, (uint32_t)handle);
    midi_tell(MMK_MOM_OPEN, 0);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t close_client(void)
{
    midi_lock();
    const bool busy = midi_client.n_queued > 0;
    if (!busy)
        fprintf(midi_client.file, "close\n");
    midi_unlock();
    if (busy)
        return MMK_MIDIERR_STILLPLAYING;
    midi_tell(MMK_MOM_CLOSE, 0);
    forget_client();
    atomic_store(&holder, 0);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ messages */

static uint32_t caps(uintptr_t at, uintptr_t size)
{
    struct mmk_midioutcapsw caps = {.wMid = MMK_MM_UNMAPPED,
                                    .wPid = MMK_MM_PID_UNMAPPED,
                                    .vDriverVersion = 0x0100,
                                    .wTechnology = MMK_MOD_SYNTH,
                                    .wVoices = MIDI_CHANNELS * 4,
                                    .wNotes = MIDI_CHANNELS * 4,
                                    .wChannelMask = 0xFFFF,
                                    .dwSupport = MMK_MIDICAPS_VOLUME | MMK_MIDICAPS_LRVOLUME |
                                                 MMK_MIDICAPS_CACHE | MMK_MIDICAPS_STREAM};
    size_t n;
    if (at == 0)
        return MMK_MMSYSERR_INVALPARAM;
    mmk_utf16_from_wtf8(product.title, MMK_TEXT_TERMINATED, caps.szPname,
                        sizeof caps.szPname - sizeof caps.szPname[0], &n);
    memcpy((void *)at, &caps, size < sizeof caps ? size : sizeof caps);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t set_volume(uint32_t value)
{
    const uint32_t now = atomic_load(&holder);
    atomic_store(&volume, value);
    if (now == 0 || now == OPENING)
        return MMK_MMSYSERR_NOERROR;
    midi_lock();
    fprintf(midi_client.file, "volume %08" PRIx32 "\n", value);
    midi_unlock();
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t get_volume(uintptr_t at)
{
    const uint32_t value = atomic_load(&volume);
    if (at == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy((void *)at, &value, sizeof value);
    return MMK_MMSYSERR_NOERROR;
}

/* All patches are there at all times: every request is granted, QUERY says so. */
static uint32_t cache_patches(const char *what, uintptr_t patches, uint32_t flags)
{
    static const mmk_char16 all[MMK_MIDIPATCHSIZE] = {0};
    if (patches == 0 || flags > 4 * 0x10000u)
        return MMK_MMSYSERR_INVALPARAM;
    const uint32_t mode = flags & 0xFFFF;
    if (mode < MMK_MIDI_CACHE_ALL || mode > MMK_MIDI_UNCACHE)
        return MMK_MMSYSERR_INVALFLAG;
    if (mode == MMK_MIDI_CACHE_QUERY)
        memset((void *)patches, 0xFF, sizeof all);
    midi_lock();
    fprintf(midi_client.file, "%s %" PRIu32 " of bank %" PRIu32 "\n", what, mode, flags >> 16);
    midi_unlock();
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t data(uintptr_t packed)
{
    midi_lock();
    const uint32_t answer = midi_short_message((uint32_t)packed);
    midi_unlock();
    return answer;
}

static uint32_t client_message(uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    switch (msg) {
    case MMK_MODM_CLOSE:
        return close_client();
    case MMK_MODM_PREPARE:
        return prepare(p1, p2);
    case MMK_MODM_UNPREPARE:
        return unprepare(p1, p2);
    case MMK_MODM_DATA:
        return data(p1);
    case MMK_MODM_LONGDATA:
        return midi_client.stream ? MMK_MMSYSERR_NOTSUPPORTED : long_data(p1, p2);
    case MMK_MODM_RESET:
        return midi_reset();
    case MMK_MODM_CACHEPATCHES:
        return cache_patches("patches", p1, (uint32_t)p2);
    case MMK_MODM_CACHEDRUMPATCHES:
        return cache_patches("drums", p1, (uint32_t)p2);
    default:
        return midi_stream_message(msg, p1, p2);
    }
}

static bool ready(void);

ENTRY(uint32_t)
modMessage(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    if (!ready())
        return MMK_MMSYSERR_NODRIVER;
    if (msg == MMK_DRVM_INIT || msg == MMK_DRVM_EXIT) { /* hosts that send DriverProc nothing */
        atomic_store(&enabled, msg == MMK_DRVM_INIT);
        return MMK_MMSYSERR_NOERROR;
    }
    if (!atomic_load(&enabled))
        return msg == MMK_MODM_GETNUMDEVS ? 0 : MMK_MMSYSERR_NOTENABLED;
    if (msg == MMK_MODM_GETNUMDEVS)
        return 1;
    if (device != 0)
        return MMK_MMSYSERR_BADDEVICEID;
    if (msg == MMK_MODM_GETDEVCAPS)
        return caps(p1, p2);
    if (msg == MMK_MODM_OPEN)
        return open_client(user, p1, (uint32_t)p2);
    if (msg == MMK_MODM_GETVOLUME)
        return get_volume(p1);
    if (msg == MMK_MODM_SETVOLUME)
        return set_volume((uint32_t)p1);
    if (user == 0 || user == OPENING || user != atomic_load(&holder))
        return MMK_MMSYSERR_INVALHANDLE;
    return client_message(msg, p1, p2);
}

ENTRY(intptr_t) DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    if (!ready())
        return 0;
    const intptr_t answer = mmk_driver_message(driver, id, hdrvr, msg, l1, l2);
    if (msg == MMK_DRV_ENABLE || msg == MMK_DRV_OPEN)
        atomic_store(&enabled, atomic_load(&enabled) || answer != 0);
    if (msg != MMK_DRV_DISABLE && msg != MMK_DRV_FREE)
        return answer;
    atomic_store(&enabled, false);
    const uint32_t now = atomic_load(&holder);
    if (now != 0 && now != OPENING) { /* a client that did not close: everything comes back */
        midi_reset();
        close_client();
    }
    return answer;
}

/* ------------------------------------------------------------------ the module */

static struct mmk_driver_memory driver_memory;

#ifdef _WIN32
/* At the first message, on whichever thread: DllMain runs under the loader's lock. */
static BOOL CALLBACK make(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    static struct mmk_win32_memory win32_memory;
    struct mmk_win32 *win32;
    (void)once;
    (void)parameter;
    (void)context;
    if (mmk_win32_init(&win32_memory, NULL, &win32) != MMK_OK)
        return TRUE;
    midi_port = mmk_win32_port(win32);
    mmk_driver_init(&driver_memory, &midifile, midi_port, &driver);
    return TRUE;
}

static bool ready(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    return InitOnceExecuteOnce(&once, make, NULL, NULL) && driver != NULL;
}
#else
#include <pthread.h>

/* On POSIX the module finds its registry file as mmectl does; see posix.h. */
static void make(void)
{
    struct mmk_posix *posix;
    if (mmk_posix_open(NULL, &posix) != MMK_OK)
        return;
    midi_port = mmk_posix_port(posix);
    mmk_driver_init(&driver_memory, &midifile, midi_port, &driver);
}

static bool ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return driver != NULL;
}
#endif
