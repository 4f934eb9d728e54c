/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Streams of midi_driver.c: buffers of events with times, played by a thread. A stream begins
 * paused; time counts only while there is something to play, and not while it is paused. Lateness
 * is made up for: the next event is due at its own time, not that much later.
 */
#include <stddef.h>
#include <string.h>

#include "midi_driver.h"

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
        (int8_t)(midi_client.timediv >> 8); /* negative: SMPTE, ticks in a frame below */
    if (frames < 0) {
        const uint32_t ticks_a_second = (uint32_t)-frames * (midi_client.timediv & 255);
        return ticks_a_second > 0 ? 1000000000u / ticks_a_second : 1;
    }
    return midi_client.timediv > 0 ? midi_client.tempo * UINT64_C(1000) / midi_client.timediv : 1;
}

/* Take the first buffer out. @return it, or 0 */
static uintptr_t take_first(void)
{
    if (midi_client.n_queued == 0)
        return 0;
    const uintptr_t first = (uintptr_t)midi_client.queue[0];
    memmove(midi_client.queue, midi_client.queue + 1,
            --midi_client.n_queued * sizeof midi_client.queue[0]);
    midi_client.at = 0;
    return first;
}

/* Play the event at the front. @return whether its place shall be told */
static bool play_event(const struct mmk_midihdr *header, const struct mmk_midievent *event)
{
    const uint32_t parameter = event->dwEvent & 0x00FFFFFFu;
    const uint8_t kind = (uint8_t)(event->dwEvent >> 24) & (uint8_t)~EVENT_CALLBACK;
    const size_t rest = header->dwBytesRecorded - midi_client.at - EVENT_BYTES;
    const size_t n_long = parameter < rest ? parameter : rest;
    if (kind == EVENT_SHORT)
        midi_short_message(parameter);
    else if (kind == EVENT_TEMPO && parameter > 0)
        midi_client.tempo = parameter;
    else if (kind == EVENT_LONGMSG)
        midi_put_bytes((const uint8_t *)header->lpData + midi_client.at + EVENT_BYTES, n_long);
    midi_client.at += EVENT_BYTES;
    if ((kind & EVENT_LONG) != 0)
        midi_client.at += (uint32_t)((n_long + 3) & ~(size_t)3);
    return (event->dwEvent >> 24 & EVENT_CALLBACK) != 0;
}

/* One step, under the lock: play what is due.
 * @return what to tell once the lock is left (0: nothing); *wait_ms until the next step */
static uint32_t step(uint64_t passed_ns, uintptr_t *what, uint32_t *wait_ms)
{
    struct mmk_midievent event;
    *wait_ms = MMK_WAIT_FOREVER;
    if (midi_client.paused || midi_client.n_queued == 0)
        return 0; /* starved or paused: this time does not count */
    *what = (uintptr_t)midi_client.queue[0];
    *wait_ms = 0;
    const struct mmk_midihdr header = midi_header_at(*what);
    if (header.dwBytesRecorded < EVENT_BYTES ||
        midi_client.at > header.dwBytesRecorded - EVENT_BYTES) {
        take_first();
        return MMK_MOM_DONE;
    }
    memcpy(&event, header.lpData + midi_client.at, EVENT_BYTES);
    const uint64_t due_ns = event.dwDeltaTime * tick_ns();
    midi_client.since_ns += passed_ns;
    if (midi_client.since_ns < due_ns) {
        *wait_ms = (uint32_t)((due_ns - midi_client.since_ns) / 1000000 + 1);
        return 0;
    }
    midi_client.since_ns -= due_ns;
    midi_client.played_ns += due_ns;
    midi_client.ticks += event.dwDeltaTime;
    const uint32_t offset = midi_client.at;
    if (!play_event(&header, &event))
        return 0;
    midi_put_u32(*what, offsetof(struct mmk_midihdr, dwOffset), offset);
    return MMK_MOM_POSITIONCB;
}

void midi_stream_run(void *unused)
{
    struct mmk_platform *platform = midi_port->platform;
    uint64_t before = platform->ops->now_ns(platform);
    uint32_t wait_ms = 0;
    (void)unused;
    for (;;) {
        uintptr_t what = 0;
        const bool idle = wait_ms == MMK_WAIT_FOREVER;
        if (wait_ms > 0)
            platform->ops->event_wait(platform, midi_client.wake, wait_ms);
        const uint64_t now = platform->ops->now_ns(platform);
        midi_lock();
        const bool quit = midi_client.quit;
        const uint32_t msg = quit ? 0 : step(idle ? 0 : now - before, &what, &wait_ms);
        midi_unlock();
        before = now;
        if (quit)
            return;
        if (msg == MMK_MOM_DONE)
            midi_give_back(what);
        else if (msg != 0)
            midi_tell(msg, what);
    }
}

void midi_stream_wake(void)
{
    midi_port->platform->ops->event_set(midi_port->platform, midi_client.wake);
}

static uint32_t stream_data(uintptr_t at, uintptr_t size)
{
    uint32_t wrong = midi_check_header(at, size, true);
    if (wrong == MMK_MMSYSERR_NOERROR && size < sizeof(struct mmk_midihdr))
        wrong = MMK_MMSYSERR_INVALPARAM; /* dwOffset is written to */
    if (wrong != MMK_MMSYSERR_NOERROR)
        return wrong;
    midi_lock();
    if (midi_client.n_queued == MIDI_QUEUE_MAX) {
        wrong = MMK_MMSYSERR_NOMEM;
    } else {
        midi_put_flags(at, (midi_header_at(at).dwFlags | MMK_MHDR_INQUEUE | MMK_MHDR_ISSTRM) &
                               ~MMK_MHDR_DONE);
        midi_client.queue[midi_client.n_queued++] = (struct mmk_midihdr *)at;
    }
    midi_unlock();
    midi_stream_wake();
    return wrong;
}

static uint32_t pause(bool paused)
{
    midi_lock();
    midi_client.paused = paused;
    midi_unlock();
    midi_stream_wake();
    return MMK_MMSYSERR_NOERROR;
}

/* RESET of both kinds, and STOP: silence, and all buffers back. */
uint32_t midi_reset(void)
{
    uintptr_t first;
    midi_lock();
    midi_client.paused = midi_client.stream;
    midi_all_off();
    midi_unlock();
    do {
        midi_lock();
        first = take_first();
        midi_client.ticks = midi_client.since_ns = midi_client.played_ns = 0;
        midi_unlock();
        if (first != 0)
            midi_give_back(first);
    } while (first != 0);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t position(uintptr_t at, uintptr_t size)
{
    struct mmk_mmtime time = {.wType = 0};
    if (at == 0 || size < sizeof time)
        return at == 0 ? MMK_MMSYSERR_INVALPARAM : MMK_MMSYSERR_ERROR;
    memcpy(&time, (const void *)at, sizeof time);
    midi_lock();
    if (time.wType == MMK_TIME_MS) {
        time.u.ms = (uint32_t)((midi_client.played_ns + midi_client.since_ns) / 1000000);
    } else {
        time.wType = MMK_TIME_TICKS;
        time.u.ticks = (uint32_t)(midi_client.ticks + midi_client.since_ns / tick_ns());
    }
    midi_unlock();
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
    uint32_t *value = (flags & MMK_MIDIPROP_TEMPO) != 0     ? &midi_client.tempo
                      : (flags & MMK_MIDIPROP_TIMEDIV) != 0 ? &midi_client.timediv
                                                            : NULL;
    const bool set = (flags & MMK_MIDIPROP_SET) != 0;
    if (value == NULL || property.cbStruct < sizeof property ||
        set == ((flags & MMK_MIDIPROP_GET) != 0) || (set && property.dwTempo == 0))
        return MMK_MMSYSERR_INVALPARAM;
    if (set && value == &midi_client.timediv && !midi_client.paused)
        return MMK_MMSYSERR_INVALPARAM; /* only while the stream stands still */
    midi_lock();
    const uint64_t before = tick_ns();
    if (set)
        *value = property.dwTempo;
    else
        property.dwTempo = *value;
    midi_client.since_ns =
        midi_client.since_ns * tick_ns() / before; /* the same ticks at another speed */
    midi_unlock();
    memcpy((void *)at, &property, sizeof property);
    midi_stream_wake();
    return MMK_MMSYSERR_NOERROR;
}

/* What only streams know. */
uint32_t midi_stream_message(uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    if (!midi_client.stream)
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
        return midi_reset();
    case MMK_MODM_PROPERTIES:
        return properties(p1, p2);
    default:
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
}
