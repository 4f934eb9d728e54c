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
 *  - streams (MIDI_IO_COOKED): STRMDATA, RESTART, PAUSE, STOP, GETPOS, PROPERTIES on a thread of
 *    their own. Time in which there is nothing to play does not count.
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
     .help = "Text file that is written anew by each client."}};
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

#define QUEUE_MAX       64u
#define CHANNELS        16u
#define NOTES           128u
#define TEMPO_DEFAULT   500000u /* microseconds for a quarter note: 120 of them a minute */
#define TIMEDIV_DEFAULT 96u     /* ticks for a quarter note */
#define OPENING         UINT32_MAX

struct client {
    struct mmk_callback callback;
    FILE *file;
    struct mmk_mutex *mutex; /* everything below */
    uint8_t running;         /* status that data bytes alone go on with; 0 = none */
    bool sounding[CHANNELS][NOTES];
    bool stream;
    /* of a stream */
    struct mmk_thread *thread;
    struct mmk_event *wake;
    bool quit, paused;
    uint32_t tempo, timediv;
    struct mmk_midihdr *queue[QUEUE_MAX];
    uint32_t n_queued;
    uint32_t at;       /* offset of the next event in queue[0] */
    uint64_t ticks;    /* of the last event */
    uint64_t since_ns; /* time that counts since that event */
    uint64_t played_ns;
};

static struct mmk_port *port;
static struct mmk_driver *driver;
static struct client client;
static _Atomic uint32_t holder;     /* handle of the client; 0 = nobody, OPENING */
static _Atomic uint32_t generation; /* of the last handle */
static _Atomic uint32_t volume = 0xFFFFFFFFu;
static _Atomic bool enabled;

static void lock(void)
{
    port->platform->ops->mutex_lock(port->platform, client.mutex);
}

static void unlock(void)
{
    port->platform->ops->mutex_unlock(port->platform, client.mutex);
}

static void tell(uint32_t msg, uintptr_t p1)
{
    port->notify->ops->deliver(port->notify, &client.callback, msg, p1, 0); /* no lock held */
}

/* ------------------------------------------------------------------ MIDI bytes to text */

static void put_bytes(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(client.file, i + 1 < n ? "%02x " : "%02x\n", bytes[i]);
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
        client.running = m[0];
    else if (m[0] < 0xF8)
        client.running = 0; /* system common ends running status, real time does not touch it */
    if (kind == 0x80 || kind == 0x90)
        client.sounding[m[0] & 15][m[1] & 127] = kind == 0x90 && m[2] > 0;
}

static uint32_t short_message(uint32_t packed)
{
    uint8_t m[4] = {(uint8_t)packed, (uint8_t)(packed >> 8), (uint8_t)(packed >> 16), 0};
    if (m[0] < 0x80) {
        if (client.running == 0)
            return MMK_MMSYSERR_INVALPARAM;
        memmove(m + 1, m, 2);
        m[0] = client.running;
    }
    const unsigned n = message_bytes(m[0]);
    if (n == 0)
        return MMK_MMSYSERR_INVALPARAM;
    put_bytes(m, n);
    remember(m);
    return MMK_MMSYSERR_NOERROR;
}

static void all_off(void)
{
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        for (uint8_t note = 0; note < NOTES; note++)
            if (client.sounding[channel][note])
                short_message(0x400080u | channel | (uint32_t)note << 8);
        short_message(0x0040B0u | channel); /* sustain off */
    }
    client.running = 0;
}

/* ------------------------------------------------------------------ headers */

static struct mmk_midihdr header_at(uintptr_t at)
{
    struct mmk_midihdr header = {.dwFlags = 0};
    memcpy(&header, (const void *)at, offsetof(struct mmk_midihdr, dwOffset)); /* Windows 3.1's */
    return header;
}

static void put_u32(uintptr_t at, size_t offset, uint32_t value)
{
    memcpy((char *)at + offset, &value, sizeof value);
}

/* The flags are the client's signal: everything else must be there before. */
static void put_flags(uintptr_t at, uint32_t flags)
{
    atomic_thread_fence(memory_order_release);
    put_u32(at, offsetof(struct mmk_midihdr, dwFlags), flags);
}

static void give_back(uintptr_t at)
{
    const struct mmk_midihdr header = header_at(at);
    put_flags(at, (header.dwFlags | MMK_MHDR_DONE) & ~MMK_MHDR_INQUEUE);
    tell(MMK_MOM_DONE, at);
}

/* @return what PREPARE, LONGDATA and STRMDATA say of a header that they cannot take */
static uint32_t check_header(uintptr_t at, uintptr_t size, bool to_play)
{
    if (at == 0 || size < offsetof(struct mmk_midihdr, dwOffset))
        return MMK_MMSYSERR_INVALPARAM;
    const struct mmk_midihdr header = header_at(at);
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
    const uint32_t wrong = check_header(at, size, false);
    if (wrong == MMK_MMSYSERR_NOERROR)
        put_flags(at, (header_at(at).dwFlags | MMK_MHDR_PREPARED) & ~MMK_MHDR_DONE);
    return wrong;
}

static uint32_t unprepare(uintptr_t at, uintptr_t size)
{
    const uint32_t wrong = check_header(at, size, false);
    if (wrong == MMK_MMSYSERR_NOERROR)
        put_flags(at, header_at(at).dwFlags & ~MMK_MHDR_PREPARED);
    return wrong;
}

static uint32_t long_data(uintptr_t at, uintptr_t size)
{
    const uint32_t wrong = check_header(at, size, true);
    if (wrong != MMK_MMSYSERR_NOERROR)
        return wrong;
    const struct mmk_midihdr header = header_at(at);
    put_flags(at, (header.dwFlags | MMK_MHDR_INQUEUE) & ~MMK_MHDR_DONE);
    lock();
    put_bytes((const uint8_t *)header.lpData, header.dwBufferLength);
    client.running = 0; /* as after any system exclusive */
    unlock();
    give_back(at);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ streams */

/* Source for the events: MIDIEVENT and MEVT_ in the Win32 documents. */
#define EVENT_BYTES    12u
#define EVENT_LONG     0x80u
#define EVENT_CALLBACK 0x40u
#define EVENT_TEMPO    0x01u
#define EVENT_SHORT    0x00u
#define EVENT_LONGMSG  0x80u

static uint64_t tick_ns(void)
{
    const int8_t frames =
        (int8_t)(client.timediv >> 8); /* negative: SMPTE, ticks in a frame below */
    if (frames < 0) {
        const uint32_t ticks_a_second = (uint32_t)-frames * (client.timediv & 255);
        return ticks_a_second > 0 ? 1000000000u / ticks_a_second : 1;
    }
    return client.timediv > 0 ? client.tempo * UINT64_C(1000) / client.timediv : 1;
}

/* Take the first buffer out. @return it, or 0 */
static uintptr_t take_first(void)
{
    if (client.n_queued == 0)
        return 0;
    const uintptr_t first = (uintptr_t)client.queue[0];
    memmove(client.queue, client.queue + 1, --client.n_queued * sizeof client.queue[0]);
    client.at = 0;
    return first;
}

/* Play the event at the front. @return whether its place shall be told */
static bool play_event(const struct mmk_midihdr *header, const struct mmk_midievent *event)
{
    const uint32_t parameter = event->dwEvent & 0x00FFFFFFu;
    const uint8_t kind = (uint8_t)(event->dwEvent >> 24) & (uint8_t)~EVENT_CALLBACK;
    const size_t rest = header->dwBytesRecorded - client.at - EVENT_BYTES;
    const size_t n_long = parameter < rest ? parameter : rest;
    if (kind == EVENT_SHORT)
        short_message(parameter);
    else if (kind == EVENT_TEMPO && parameter > 0)
        client.tempo = parameter;
    else if (kind == EVENT_LONGMSG)
        put_bytes((const uint8_t *)header->lpData + client.at + EVENT_BYTES, n_long);
    client.at += EVENT_BYTES;
    if ((kind & EVENT_LONG) != 0)
        client.at += (uint32_t)((n_long + 3) & ~(size_t)3);
    return (event->dwEvent >> 24 & EVENT_CALLBACK) != 0;
}

/* One step, under the lock: play what is due.
 * @return what to tell once the lock is left (0: nothing); *wait_ms until the next step */
static uint32_t step(uint64_t passed_ns, uintptr_t *what, uint32_t *wait_ms)
{
    struct mmk_midievent event;
    *wait_ms = MMK_WAIT_FOREVER;
    if (client.paused || client.n_queued == 0)
        return 0; /* starved or paused: this time does not count */
    *what = (uintptr_t)client.queue[0];
    *wait_ms = 0;
    const struct mmk_midihdr header = header_at(*what);
    if (header.dwBytesRecorded < EVENT_BYTES || client.at > header.dwBytesRecorded - EVENT_BYTES) {
        take_first();
        return MMK_MOM_DONE;
    }
    memcpy(&event, header.lpData + client.at, EVENT_BYTES);
    const uint64_t due_ns = event.dwDeltaTime * tick_ns();
    client.since_ns += passed_ns;
    if (client.since_ns < due_ns) {
        *wait_ms = (uint32_t)((due_ns - client.since_ns) / 1000000 + 1);
        return 0;
    }
    client.since_ns -= due_ns;
    client.played_ns += due_ns;
    client.ticks += event.dwDeltaTime;
    const uint32_t offset = client.at;
    if (!play_event(&header, &event))
        return 0;
    put_u32(*what, offsetof(struct mmk_midihdr, dwOffset), offset);
    return MMK_MOM_POSITIONCB;
}

static void run_stream(void *arg)
{
    struct mmk_platform *platform = port->platform;
    uint64_t before = platform->ops->now_ns(platform);
    uint32_t wait_ms = 0;
    (void)arg;
    for (;;) {
        uintptr_t what = 0;
        const bool idle = wait_ms == MMK_WAIT_FOREVER;
        if (wait_ms > 0)
            platform->ops->event_wait(platform, client.wake, wait_ms);
        const uint64_t now = platform->ops->now_ns(platform);
        lock();
        const bool quit = client.quit;
        const uint32_t msg = quit ? 0 : step(idle ? 0 : now - before, &what, &wait_ms);
        unlock();
        before = now;
        if (quit)
            return;
        if (msg == MMK_MOM_DONE)
            give_back(what);
        else if (msg != 0)
            tell(msg, what);
    }
}

static void wake(void)
{
    port->platform->ops->event_set(port->platform, client.wake);
}

static uint32_t stream_data(uintptr_t at, uintptr_t size)
{
    uint32_t wrong = check_header(at, size, true);
    if (wrong == MMK_MMSYSERR_NOERROR && size < sizeof(struct mmk_midihdr))
        wrong = MMK_MMSYSERR_INVALPARAM; /* dwOffset is written to */
    if (wrong != MMK_MMSYSERR_NOERROR)
        return wrong;
    lock();
    if (client.n_queued == QUEUE_MAX) {
        wrong = MMK_MMSYSERR_NOMEM;
    } else {
        put_flags(at,
                  (header_at(at).dwFlags | MMK_MHDR_INQUEUE | MMK_MHDR_ISSTRM) & ~MMK_MHDR_DONE);
        client.queue[client.n_queued++] = (struct mmk_midihdr *)at;
    }
    unlock();
    wake();
    return wrong;
}

static uint32_t pause(bool paused)
{
    lock();
    client.paused = paused;
    unlock();
    wake();
    return MMK_MMSYSERR_NOERROR;
}

/* RESET of both kinds, and STOP: silence, and all buffers back. */
static uint32_t reset(void)
{
    uintptr_t first;
    lock();
    client.paused = client.stream;
    all_off();
    unlock();
    do {
        lock();
        first = take_first();
        client.ticks = client.since_ns = client.played_ns = 0;
        unlock();
        if (first != 0)
            give_back(first);
    } while (first != 0);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t position(uintptr_t at, uintptr_t size)
{
    struct mmk_mmtime time = {.wType = 0};
    if (at == 0 || size < sizeof time)
        return at == 0 ? MMK_MMSYSERR_INVALPARAM : MMK_MMSYSERR_ERROR;
    memcpy(&time, (const void *)at, sizeof time);
    lock();
    if (time.wType == MMK_TIME_MS) {
        time.u.ms = (uint32_t)((client.played_ns + client.since_ns) / 1000000);
    } else {
        time.wType = MMK_TIME_TICKS;
        time.u.ticks = (uint32_t)(client.ticks + client.since_ns / tick_ns());
    }
    unlock();
    memcpy((void *)at, &time, sizeof time);
    return MMK_MMSYSERR_NOERROR;
}

/* MIDIPROPTIMEDIV and MIDIPROPTEMPO look alike: a size, and the value. */
static uint32_t properties(uintptr_t at, uintptr_t flags)
{
    struct mmk_midiproptempo property;
    if (at == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&property, (const void *)at, sizeof property);
    uint32_t *value = (flags & MMK_MIDIPROP_TEMPO) != 0     ? &client.tempo
                      : (flags & MMK_MIDIPROP_TIMEDIV) != 0 ? &client.timediv
                                                            : NULL;
    const bool set = (flags & MMK_MIDIPROP_SET) != 0;
    if (value == NULL || property.cbStruct < sizeof property ||
        set == ((flags & MMK_MIDIPROP_GET) != 0) || (set && property.dwTempo == 0))
        return MMK_MMSYSERR_INVALPARAM;
    if (set && value == &client.timediv && !client.paused)
        return MMK_MMSYSERR_INVALPARAM; /* only while the stream stands still */
    lock();
    const uint64_t before = tick_ns();
    if (set)
        *value = property.dwTempo;
    else
        property.dwTempo = *value;
    client.since_ns = client.since_ns * tick_ns() / before; /* the same ticks at another speed */
    unlock();
    memcpy((void *)at, &property, sizeof property);
    wake();
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ open and close */

static FILE *open_file(void)
{
    struct mmk_settings settings;
    if (mmk_settings_load(port, &table, product.name, MMK_DEVICE_NONE, NULL, &settings, NULL) !=
        MMK_OK)
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
    struct mmk_platform *platform = port->platform;
    if (client.thread != NULL) {
        lock();
        client.quit = true;
        unlock();
        wake();
        platform->ops->thread_join(platform, client.thread);
    }
    if (client.wake != NULL)
        platform->ops->event_destroy(platform, client.wake);
    if (client.mutex != NULL)
        platform->ops->mutex_destroy(platform, client.mutex);
    if (client.file != NULL)
        fclose(client.file);
}

static bool make_client(const struct mmk_midiopendesc *desc, uint32_t flags)
{
    struct mmk_platform *platform = port->platform;
    client = (struct client){.tempo = TEMPO_DEFAULT, .timediv = TIMEDIV_DEFAULT};
    client.callback = (struct mmk_callback){.flags = flags & 0x00070000u,
                                            .target = desc->dwCallback,
                                            .handle = desc->hMidi,
                                            .user = desc->dwInstance};
    client.stream = client.paused = (flags & MMK_MIDI_IO_COOKED) != 0;
    client.file = open_file();
    client.mutex = platform->ops->mutex_create(platform);
    if (client.file == NULL || client.mutex == NULL)
        return false;
    fprintf(client.file, client.stream ? "open stream\n" : "open\n");
    if (!client.stream)
        return true;
    client.wake = platform->ops->event_create(platform);
    if (client.wake != NULL)
        client.thread = platform->ops->thread_start(platform, run_stream, NULL, MMK_PRIORITY_AUDIO,
                                                    "midifile stream");
    return client.thread != NULL;
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
    tell(MMK_MOM_OPEN, 0);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t close_client(void)
{
    lock();
    const bool busy = client.n_queued > 0;
    if (!busy)
        fprintf(client.file, "close\n");
    unlock();
    if (busy)
        return MMK_MIDIERR_STILLPLAYING;
    tell(MMK_MOM_CLOSE, 0);
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
                                    .wVoices = CHANNELS * 4,
                                    .wNotes = CHANNELS * 4,
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
    lock();
    fprintf(client.file, "volume %08" PRIx32 "\n", value);
    unlock();
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
    lock();
    fprintf(client.file, "%s %" PRIu32 " of bank %" PRIu32 "\n", what, mode, flags >> 16);
    unlock();
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t data(uintptr_t packed)
{
    lock();
    const uint32_t answer = short_message((uint32_t)packed);
    unlock();
    return answer;
}

/* What only streams know. */
static uint32_t stream_message(uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    if (!client.stream)
        return MMK_MMSYSERR_NOTSUPPORTED;
    switch (msg) {
    case MMK_MODM_STRMDATA:
        return stream_data(p1, p2);
    case MMK_MODM_GETPOS:
        return position(p1, p2);
    case MMK_MODM_PAUSE:
        return pause(true);
    case MMK_MODM_RESTART:
        return pause(false);
    case MMK_MODM_STOP:
        return reset();
    case MMK_MODM_PROPERTIES:
        return properties(p1, p2);
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
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
        return client.stream ? MMK_MMSYSERR_NOTSUPPORTED : long_data(p1, p2);
    case MMK_MODM_RESET:
        return reset();
    case MMK_MODM_CACHEPATCHES:
        return cache_patches("patches", p1, (uint32_t)p2);
    case MMK_MODM_CACHEDRUMPATCHES:
        return cache_patches("drums", p1, (uint32_t)p2);
    default:
        return stream_message(msg, p1, p2);
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
        reset();
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
    port = mmk_win32_port(win32);
    mmk_driver_init(&driver_memory, &midifile, port, &driver);
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
    port = mmk_posix_port(posix);
    mmk_driver_init(&driver_memory, &midifile, port, &driver);
}

static bool ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return driver != NULL;
}
#endif
