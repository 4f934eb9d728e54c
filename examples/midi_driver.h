/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MIDI_DRIVER_H
#define MIDI_DRIVER_H

/** What midi_driver.c and midi_stream.c share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <mmk/driver.h>

#define MIDI_QUEUE_MAX       64u
#define MIDI_CHANNELS        16u
#define MIDI_NOTES           128u
#define MIDI_TEMPO_DEFAULT   500000u /* microseconds for a quarter note: 120 of them a minute */
#define MIDI_TIMEDIV_DEFAULT 96u     /* ticks for a quarter note */

/** The one client there can be. From `running` on: under the mutex. */
struct midi_client {
    struct mmk_callback callback;
    FILE *file;
    struct mmk_mutex *mutex;
    uint8_t running; /* status that data bytes alone go on with; 0 = none */
    bool sounding[MIDI_CHANNELS][MIDI_NOTES];
    bool stream;
    /* of a stream: midi_stream.c */
    struct mmk_thread *thread;
    struct mmk_event *wake;
    bool quit, paused;
    uint32_t tempo, timediv;
    struct mmk_midihdr *queue[MIDI_QUEUE_MAX];
    uint32_t n_queued;
    uint32_t at;       /* offset of the next event in queue[0] */
    uint64_t ticks;    /* of the last event */
    uint64_t since_ns; /* time that counts since that event */
    uint64_t played_ns;
};

extern struct mmk_port *midi_port;
extern struct midi_client midi_client;

void midi_lock(void);
void midi_unlock(void);

/** Tell the client. No lock may be held: it may call back. */
void midi_tell(uint32_t msg, uintptr_t p1);

/* Into the file; under the lock. */
void midi_put_bytes(const uint8_t *bytes, size_t n);
/** @param packed  as of MODM_DATA; running status counts. @return MMSYSERR_* */
uint32_t midi_short_message(uint32_t packed);
/** Notes that sound, and sustain on every channel. */
void midi_all_off(void);

/* Headers are the client's memory, at any address. */
struct mmk_midihdr midi_header_at(uintptr_t at);
void midi_put_u32(uintptr_t at, size_t offset, uint32_t value);
void midi_put_flags(uintptr_t at, uint32_t flags);
/** DONE, and MOM_DONE. No lock may be held. */
void midi_give_back(uintptr_t at);
/** @return what PREPARE (to_play: LONGDATA, STRMDATA) say of a header that they cannot take */
uint32_t midi_check_header(uintptr_t at, uintptr_t size, bool to_play);

/* midi_stream.c */

/** The stream's thread, from OPEN to CLOSE. */
void midi_stream_run(void *unused);
/** The thread looks again. */
void midi_stream_wake(void);
/** RESET of both kinds, and STOP: silence, all buffers back, position 0; a stream is then paused.
 */
uint32_t midi_reset(void);
/** What only streams know; NOTSUPPORTED for a client that is none. */
uint32_t midi_stream_message(uint32_t msg, uintptr_t p1, uintptr_t p2);

#endif
