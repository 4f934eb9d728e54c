/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "midi_cases.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <mmk/abi.h>

#define HANDLE_     ((uintptr_t)0x1d0)
#define INSTANCE_   ((uintptr_t)0x777)
#define PATIENCE_MS 20000u

static const struct midi_subject *s;
static unsigned passed, failed;

#define CHECK(what)                                              \
    do {                                                         \
        const bool good_ = (what);                               \
        printf("%s midi: %s\n", good_ ? "PASS" : "FAIL", #what); \
        *(good_ ? &passed : &failed) += 1;                       \
    } while (0)

/* ------------------------------------------------------------------ what the client hears */

static atomic_uint n_open, n_close, n_done, n_position;
static _Atomic uintptr_t last_done;

void midi_heard(uint32_t msg, uintptr_t p1)
{
    if (msg == MMK_MOM_DONE)
        atomic_store(&last_done, p1);
    atomic_fetch_add(msg == MMK_MOM_OPEN    ? &n_open
                     : msg == MMK_MOM_CLOSE ? &n_close
                     : msg == MMK_MOM_DONE  ? &n_done
                                            : &n_position,
                     1);
}

static void wait_for(const atomic_uint *count, unsigned want)
{
    const uint64_t end = s->now_ms() + PATIENCE_MS;
    while (atomic_load(count) < want && s->now_ms() < end)
        s->sleep_ms(2);
}

/* ------------------------------------------------------------------ sending */

static uintptr_t user;

static uint32_t mod(uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    return s->mod_message(0, msg, user, p1, p2);
}

static uint32_t open_device(uint32_t flags)
{
    struct mmk_midiopendesc desc = {
        .hMidi = HANDLE_, .dwCallback = s->callback, .dwInstance = INSTANCE_};
    return s->mod_message(0, MMK_MODM_OPEN, (uintptr_t)&user, (uintptr_t)&desc,
                          MMK_CALLBACK_FUNCTION | flags);
}

/** The file's text, "" if there is none. */
static const char *text(void)
{
    static char all[8192];
    FILE *file = fopen(s->path, "rb");
    size_t n = file != NULL ? fread(all, 1, sizeof all - 1, file) : 0;
    all[n] = 0;
    if (file != NULL)
        fclose(file);
    return all;
}

/* ------------------------------------------------------------------ cases */

static void before_it_is_served(void)
{
    CHECK(mod(MMK_MODM_GETNUMDEVS, 0, 0) == 0);
    CHECK(open_device(0) == MMK_MMSYSERR_NOTENABLED);
    CHECK(mod(MMK_DRVM_INIT, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_GETNUMDEVS, 0, 0) == 1);
    CHECK(mod(MMK_DRVM_EXIT, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_GETNUMDEVS, 0, 0) == 0);
}

static uintptr_t module_begins(void)
{
    CHECK(s->driver_proc(0, 1, MMK_DRV_LOAD, 0, 0) == 1);
    CHECK(s->driver_proc(0, 1, MMK_DRV_ENABLE, 0, 0) == 1);
    const uintptr_t id = (uintptr_t)s->driver_proc(0, 1, MMK_DRV_OPEN, 0, 0);
    CHECK(id != 0);
    CHECK(s->driver_proc(id, 1, MMK_DRV_INSTALL, 0, 0) == MMK_DRVCNF_OK);
    return id;
}

static void caps(void)
{
    struct mmk_midioutcapsw c;
    memset(&c, 0xEE, sizeof c);
    CHECK(mod(MMK_MODM_GETDEVCAPS, (uintptr_t)&c, sizeof c) == MMK_MMSYSERR_NOERROR);
    CHECK(c.wTechnology == MMK_MOD_SYNTH && c.wChannelMask == 0xFFFF && c.szPname[0] == 'M');
    CHECK((c.dwSupport & MMK_MIDICAPS_STREAM) != 0);
    memset(&c, 0xEE, sizeof c);
    CHECK(mod(MMK_MODM_GETDEVCAPS, (uintptr_t)&c, 6) == MMK_MMSYSERR_NOERROR);
    CHECK(((const unsigned char *)&c)[5] != 0xEE && ((const unsigned char *)&c)[6] == 0xEE);
    CHECK(s->mod_message(1, MMK_MODM_GETDEVCAPS, 0, (uintptr_t)&c, sizeof c) ==
          MMK_MMSYSERR_BADDEVICEID);
}

static void open_and_short_messages(void)
{
    const uintptr_t before = user;
    CHECK(open_device(0) == MMK_MMSYSERR_NOERROR && user != 0 && user != before);
    CHECK(atomic_load(&n_open) == 1);
    const uintptr_t mine = user;
    CHECK(open_device(0) == MMK_MMSYSERR_ALLOCATED && user == mine);
    user = mine + 1;
    CHECK(mod(MMK_MODM_DATA, 0x403C90, 0) == MMK_MMSYSERR_INVALHANDLE);
    user = 0;
    CHECK(mod(MMK_MODM_DATA, 0x403C90, 0) == MMK_MMSYSERR_INVALHANDLE);
    user = mine;
    CHECK(mod(MMK_MODM_DATA, 0x403C90, 0) == MMK_MMSYSERR_NOERROR); /* C4 on */
    CHECK(mod(MMK_MODM_DATA, 0x0000F8, 0) == MMK_MMSYSERR_NOERROR); /* clock: between all */
    CHECK(mod(MMK_MODM_DATA, 0x00403E, 0) == MMK_MMSYSERR_NOERROR); /* D4 on, running status */
    CHECK(mod(MMK_MODM_DATA, 0x00003E, 0) == MMK_MMSYSERR_NOERROR); /* D4 off: velocity 0 */
    CHECK(mod(MMK_MODM_DATA, 0x0005C3, 0) == MMK_MMSYSERR_NOERROR); /* program: two bytes */
    CHECK(mod(MMK_MODM_DATA, 0x0000F6, 0) == MMK_MMSYSERR_NOERROR); /* system common ends it */
    CHECK(mod(MMK_MODM_DATA, 0x000005, 0) == MMK_MMSYSERR_INVALPARAM);
}

static void long_messages(void)
{
    static char sysex[] = "\xf0\x7e\x7f\x09\x01\xf7";
    union { /* nothing of a client need be aligned */
        unsigned char bytes[sizeof(struct mmk_midihdr) + 1];
        uintptr_t align;
    } odd = {.bytes = {0}};
    const uintptr_t at = (uintptr_t)odd.bytes + 1;
    struct mmk_midihdr h = {.lpData = sysex, .dwBufferLength = 6, .dwUser = 5};
    memcpy((void *)at, &h, sizeof h);
    CHECK(mod(MMK_MODM_LONGDATA, at, sizeof h) == MMK_MIDIERR_UNPREPARED);
    CHECK(mod(MMK_MODM_PREPARE, at, 8) == MMK_MMSYSERR_INVALPARAM);
    CHECK(mod(MMK_MODM_PREPARE, at, sizeof h) == MMK_MMSYSERR_NOERROR);
    memcpy(&h, (const void *)at, sizeof h);
    CHECK(h.dwFlags == MMK_MHDR_PREPARED);
    CHECK(mod(MMK_MODM_LONGDATA, at, sizeof h) == MMK_MMSYSERR_NOERROR);
    memcpy(&h, (const void *)at, sizeof h);
    CHECK(h.dwFlags == (MMK_MHDR_PREPARED | MMK_MHDR_DONE) && h.dwUser == 5);
    CHECK(atomic_load(&n_done) == 1 && atomic_load(&last_done) == at);
    h.dwFlags |= MMK_MHDR_INQUEUE;
    memcpy((void *)at, &h, sizeof h);
    CHECK(mod(MMK_MODM_LONGDATA, at, sizeof h) == MMK_MIDIERR_STILLPLAYING);
    CHECK(mod(MMK_MODM_UNPREPARE, at, sizeof h) == MMK_MIDIERR_STILLPLAYING);
    h.dwFlags &= ~MMK_MHDR_INQUEUE;
    memcpy((void *)at, &h, sizeof h);
    CHECK(mod(MMK_MODM_UNPREPARE, at, sizeof h) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_UNPREPARE, at, sizeof h) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_DATA, 0x000005, 0) == MMK_MMSYSERR_INVALPARAM); /* no status to go on with */
    CHECK(mod(MMK_MODM_STRMDATA, at, sizeof h) == MMK_MMSYSERR_NOTSUPPORTED);
}

static void volume_and_patches(void)
{
    static uint16_t patches[MMK_MIDIPATCHSIZE];
    uint32_t volume = 1;
    CHECK(mod(MMK_MODM_SETVOLUME, 0x80004000, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_GETVOLUME, (uintptr_t)&volume, 0) == 0 && volume == 0x80004000);
    CHECK(mod(MMK_MODM_CACHEPATCHES, (uintptr_t)patches, 0x20000 | MMK_MIDI_CACHE_QUERY) == 0);
    CHECK(patches[0] == 0xFFFF && patches[MMK_MIDIPATCHSIZE - 1] == 0xFFFF);
    CHECK(mod(MMK_MODM_CACHEDRUMPATCHES, (uintptr_t)patches, MMK_MIDI_CACHE_ALL) == 0);
    CHECK(mod(MMK_MODM_CACHEPATCHES, (uintptr_t)patches, 9) == MMK_MMSYSERR_INVALFLAG);
    CHECK(mod(MMK_MODM_CACHEPATCHES, 0, MMK_MIDI_CACHE_ALL) == MMK_MMSYSERR_INVALPARAM);
}

static const char *const wanted = "open\n90 3c 40\nf8\n90 3e 40\n90 3e 00\nc3 05\nf6\n"
                                  "f0 7e 7f 09 01 f7\nvolume 80004000\n"
                                  "patches 3 of bank 2\ndrums 1 of bank 0\n"
                                  "80 3c 40\nb0 40 00\nb1 40 00\nb2 40 00\nb3 40 00\nb4 40 00\n"
                                  "b5 40 00\nb6 40 00\nb7 40 00\nb8 40 00\nb9 40 00\nba 40 00\n"
                                  "bb 40 00\nbc 40 00\nbd 40 00\nbe 40 00\nbf 40 00\nclose\n";

static void reset_and_close(void)
{
    const uintptr_t mine = user;
    CHECK(mod(MMK_MODM_RESET, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(mod(MMK_MODM_CLOSE, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(atomic_load(&n_close) == 1);
    CHECK(mod(MMK_MODM_CLOSE, 0, 0) == MMK_MMSYSERR_INVALHANDLE && user == mine);
    const bool same = strcmp(text(), wanted) == 0;
    CHECK(same);
    if (!same)
        printf("the file:\n%s", text());
}

/* ------------------------------------------------------------------ streams */

/* 96 ticks a quarter, at 500 ms a quarter and then at 250 */
static uint32_t song[] = {
    0,          0,          0x00403C90,          /* C4 on */
    48,         0,          0x01000000 | 250000, /* after 250 ms: twice as fast */
    0,          0,          0x80000006,
    0x097F7EF0, 0x0000F701,                          /* six bytes of system exclusive */
    96,         0,          0x40000000 | 0x00403C80, /* after 250 ms: C4 off, and tell */
};

static uint32_t position(uint32_t type)
{
    struct mmk_mmtime time = {.wType = type};
    if (mod(MMK_MODM_GETPOS, (uintptr_t)&time, sizeof time) != 0 || time.wType != type)
        return UINT32_MAX;
    return type == MMK_TIME_MS ? time.u.ms : time.u.ticks;
}

static uint32_t property(uint32_t flags, uint32_t value)
{
    struct mmk_midiproptempo p = {.cbStruct = sizeof p, .dwTempo = value};
    if (mod(MMK_MODM_PROPERTIES, (uintptr_t)&p, flags) != 0)
        return UINT32_MAX;
    return p.dwTempo;
}

static void queue(struct mmk_midihdr *h, void *data, uint32_t n_bytes)
{
    *h =
        (struct mmk_midihdr){.lpData = data, .dwBufferLength = n_bytes, .dwBytesRecorded = n_bytes};
    mod(MMK_MODM_PREPARE, (uintptr_t)h, sizeof *h);
    mod(MMK_MODM_STRMDATA, (uintptr_t)h, sizeof *h);
}

static void stream_plays(void)
{
    struct mmk_midihdr h;
    const unsigned done = atomic_load(&n_done);
    CHECK(open_device(MMK_MIDI_IO_COOKED) == MMK_MMSYSERR_NOERROR);
    CHECK(property(MMK_MIDIPROP_GET | MMK_MIDIPROP_TEMPO, 0) == 500000);
    CHECK(property(MMK_MIDIPROP_GET | MMK_MIDIPROP_TIMEDIV, 0) == 96);
    CHECK(property(MMK_MIDIPROP_SET | MMK_MIDIPROP_GET | MMK_MIDIPROP_TEMPO, 1) == UINT32_MAX);
    queue(&h, song, sizeof song);
    CHECK((h.dwFlags & (MMK_MHDR_INQUEUE | MMK_MHDR_ISSTRM)) ==
          (MMK_MHDR_INQUEUE | MMK_MHDR_ISSTRM));
    s->sleep_ms(30); /* a stream begins paused */
    CHECK(position(MMK_TIME_TICKS) == 0 && atomic_load(&n_done) == done);
    CHECK(mod(MMK_MODM_CLOSE, 0, 0) == MMK_MIDIERR_STILLPLAYING);
    const uint64_t begin = s->now_ms();
    CHECK(mod(MMK_MODM_RESTART, 0, 0) == MMK_MMSYSERR_NOERROR);
    wait_for(&n_done, done + 1);
    CHECK(s->now_ms() - begin >= 490); /* never early; late is the machine's business */
    CHECK(atomic_load(&last_done) == (uintptr_t)&h);
    CHECK((h.dwFlags & (MMK_MHDR_DONE | MMK_MHDR_INQUEUE)) == MMK_MHDR_DONE);
    CHECK(atomic_load(&n_position) == 1 && h.dwOffset == 11 * 4);
    const uint32_t ticks = position(MMK_TIME_TICKS), ms = position(MMK_TIME_MS);
    CHECK(ticks >= 144 && ms >= 500);
    s->sleep_ms(60); /* nothing to play: time stands still */
    CHECK(position(MMK_TIME_TICKS) == ticks && position(MMK_TIME_MS) == ms);
    CHECK(property(MMK_MIDIPROP_GET | MMK_MIDIPROP_TEMPO, 0) == 250000);
    CHECK(property(MMK_MIDIPROP_SET | MMK_MIDIPROP_TIMEDIV, 48) == UINT32_MAX); /* it runs */
}

static void stream_stops(void)
{
    static uint32_t later[] = {1000000, 0, 0x00403C90};
    struct mmk_midihdr h[2];
    const unsigned done = atomic_load(&n_done);
    queue(&h[0], song, sizeof song[0] * 3);
    queue(&h[1], later, sizeof later);
    wait_for(&n_done, done + 1);
    CHECK(mod(MMK_MODM_PAUSE, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK((h[1].dwFlags & MMK_MHDR_INQUEUE) != 0);
    CHECK(mod(MMK_MODM_STOP, 0, 0) == MMK_MMSYSERR_NOERROR);
    CHECK(atomic_load(&n_done) == done + 2 && (h[1].dwFlags & MMK_MHDR_INQUEUE) == 0);
    CHECK(position(MMK_TIME_TICKS) == 0);
    CHECK(property(MMK_MIDIPROP_SET | MMK_MIDIPROP_TIMEDIV, 48) == 48);
    CHECK(mod(MMK_MODM_CLOSE, 0, 0) == MMK_MMSYSERR_NOERROR);
    static const char begins[] = "open stream\n90 3c 40\nf0 7e 7f 09 01 f7\n80 3c 40\n"
                                 "90 3c 40\n80 3c 40\nb0 40 00\n";
    const bool same = strncmp(text(), begins, sizeof begins - 1) == 0;
    CHECK(same);
    if (!same)
        printf("the file:\n%s", text());
}

static void module_ends(uintptr_t id)
{
    CHECK(open_device(0) == MMK_MMSYSERR_NOERROR); /* a client that forgets to close */
    const unsigned closed = atomic_load(&n_close);
    CHECK(s->driver_proc(id, 1, MMK_DRV_REMOVE, 0, 0) == MMK_DRVCNF_OK);
    CHECK(s->driver_proc(id, 1, MMK_DRV_CLOSE, 0, 0) == 1);
    CHECK(s->driver_proc(0, 1, MMK_DRV_DISABLE, 0, 0) == 1);
    CHECK(atomic_load(&n_close) == closed + 1);
    CHECK(mod(MMK_MODM_GETNUMDEVS, 0, 0) == 0);
    CHECK(s->driver_proc(0, 1, MMK_DRV_FREE, 0, 0) == 1);
}

unsigned midi_cases_run(const struct midi_subject *subject, unsigned *n_passed)
{
    s = subject;
    before_it_is_served();
    const uintptr_t id = module_begins();
    caps();
    open_and_short_messages();
    long_messages();
    volume_and_patches();
    reset_and_close();
    stream_plays();
    stream_stops();
    module_ends(id);
    *n_passed = passed;
    return failed;
}
