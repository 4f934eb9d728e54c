/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WAVE_INTERNAL_H
#define MMK_WAVE_INTERNAL_H

/**
 * Inside of wave/.
 *
 * One lock, wave->lock, guards every field of the structures below that is not const after open. It
 * is held for a few instructions only, never while the engine, the host, a device or a client is
 * called.
 *
 * Lifetimes. A message holds the object (refs) and, while it works with a stream, that stream (refs
 * for its memory, calls for its engine stream). Whoever leaves last cleans up: so a CLOSE inside a
 * callback inside a RESET frees nothing under RESET's feet.
 */

#include <stdatomic.h>

#include <mmk/wave.h>

#define STREAMS_MAX   1024u /* 10 bits of a handle */
#define MIXERS_MAX    64u
#define QUEUE_BUCKETS 256u
#define NODES_A_CHUNK 64u
#define FULL_VOLUME   0xFFFFFFFFu
#define NORMAL_RATE   0x00010000u

/** A message on its way to its handler. */
struct message {
    mmk_wave_kind kind;
    uint32_t device;
    uint32_t msg;
    uintptr_t user;
    uintptr_t p1;
    uintptr_t p2;
};

typedef uint32_t message_handler(struct mmk_wave *wave, const struct message *m);

/** A row of a kind's dispatch table. */
struct mmki_wave_row {
    uint32_t msg;
    const char *name; /* without MMK_: "WODM_WRITE" */
    message_handler *handler;
};

/** The dispatch table of one kind, for the test that compares it with messages.tsv. */
const struct mmki_wave_row *mmki_wave_table(mmk_wave_kind kind, size_t *n_rows);

/** A client's buffer while we have it. Its WAVEHDR belongs to the client and is not trusted. */
struct node {
    struct node *next; /* in its bucket, or in the free list */
    void *header;
};

struct node_chunk {
    struct node_chunk *next;
    struct node nodes[NODES_A_CHUNK];
};

/** One opened device. Lives as long as a stream is on it. */
struct opened {
    struct mmk_engine *engine;
    uint32_t device;
    mmk_direction direction;
    uint32_t n_streams;
};

/** A thread inside the object: a message, or a callback that we make. Lives on its stack and holds
 * the object. */
struct visit {
    struct visit *next;
    uint64_t thread;
};

/** A client's callback that runs now; lives on the stack of the thread that runs it. */
struct delivery {
    struct delivery *next;
    uint64_t thread;
};

struct stream {
    struct mmk_wave *wave;
    uint32_t handle;
    uint32_t device;
    mmk_direction direction;
    struct mmk_format format;
    uint32_t frame_bytes;
    bool compressed; /* no loops */
    struct mmk_callback callback;

    uint32_t refs;         /* this memory */
    uint32_t calls;        /* users of `engine_stream` */
    bool leaving;          /* nobody new may use engine_stream; the last user closes it */
    struct opened *opened; /* NULL once it was closed */
    struct mmk_stream *engine_stream;
    uint64_t last_frames; /* position when it was closed */

    bool paused; /* by the client */
    uint32_t volume;
    uint32_t rate;
    uint32_t changes; /* counts what has to be told to the engine */
    bool applying;    /* a thread tells it; the one that does has told_gains to itself */
    float told_gains[MMK_CHANNELS_MAX];

    struct node *bucket[QUEUE_BUCKETS];
    struct node *free_nodes;
    struct node_chunk *chunks;
    uint32_t n_out; /* buffers that the client does not have */
    struct delivery *deliveries;
    uint32_t close_waits; /* threads that wait for `idle`, set when a delivery ends */
    struct mmk_event *idle;
};

struct device_slot {
    struct opened *current; /* NULL = closed, or on its way */
    bool busy;              /* being opened or closed by some thread */
    bool has_setup;
    struct mmk_wave_setup setup; /* as last read */
    uint32_t volume;
    bool power_off;
};

struct mixer_client {
    bool used;
    uint32_t generation;
    struct mmk_callback callback;
};

struct mmk_wave {
    struct mmk_wave_config config;
    struct mmk_platform *platform;
    struct mmk_mutex *lock;
    atomic_uint refs; /* the last one frees: releases pair with the acquire of that last one */
    bool closed;
    struct visit *visits;
    uint32_t close_waits; /* threads that wait for `left`, set when a visit ends */
    struct mmk_event *left;
    uint32_t n_devices;
    struct mmk_notifier *notifier; /* from the first OPEN on */
    struct device_slot slot[MMK_DIRECTION_COUNT][MMK_WAVE_DEVICES_MAX];
    uint32_t n_slot_waiters;
    struct mmk_event *slot_changed;
    struct stream *stream[STREAMS_MAX];
    uint32_t generation[STREAMS_MAX];
    uint32_t card_volume; /* aux and mixer */
    bool card_mute;
    struct mixer_client mixer[MIXERS_MAX];
};

/* ------------------------------------------------------------------ wave.c */

static inline mmk_direction direction_of(mmk_wave_kind kind)
{
    return kind == MMK_WAVE_IN ? MMK_CAPTURE : MMK_PLAYBACK;
}

void mmki_wave_lock(struct mmk_wave *wave);
void mmki_wave_unlock(struct mmk_wave *wave);
/** The caller holds the object in some way already. */
void mmki_visit_begin(struct mmk_wave *wave, struct visit *visit);
/** The object may be gone afterwards. */
void mmki_visit_end(struct mmk_wave *wave, struct visit *visit);
void *mmki_wave_alloc(struct mmk_wave *wave, size_t n_bytes);
void mmki_wave_free(struct mmk_wave *wave, void *mem);
uint64_t mmki_wave_thread(struct mmk_wave *wave);
/** How many wave devices; `fresh`: ask the host, if it can say now. */
uint32_t mmki_wave_count(struct mmk_wave *wave, bool fresh);
/** Call the client. No lock is held. */
void mmki_wave_deliver(struct mmk_wave *wave, const struct mmk_callback *callback, uint32_t msg,
                       uintptr_t p1);
uint32_t mmki_wave_result(mmk_err err);

/* ------------------------------------------------------------------ device.c */

/** Settings of a device, fresh or as last read. */
mmk_err mmki_wave_setup(struct mmk_wave *wave, mmk_direction direction, uint32_t device,
                        struct mmk_wave_setup *out);
/** One more stream on the device, opening it if it is the first. */
mmk_err mmki_wave_acquire(struct mmk_wave *wave, mmk_direction direction, uint32_t device,
                          struct opened **out);
/** One less; the last one closes the device. */
void mmki_wave_release(struct mmk_wave *wave, struct opened *opened);

/* ------------------------------------------------------------------ stream.c */

/** Find by handle and hold: refs, and calls too unless *usable comes out false (device gone). NULL:
 * stale. */
struct stream *mmki_stream_enter(struct mmk_wave *wave, const struct message *m, bool *usable);
/** Let go. */
void mmki_stream_leave(struct stream *stream, bool usable);
/** Hold the index-th stream if there is one; for walks over all. */
struct stream *mmki_stream_enter_index(struct mmk_wave *wave, uint32_t index, bool *usable);
/** Buffers back, engine stream and perhaps the device closed; the handle stays. The caller holds
 * the stream by mmki_stream_enter and lets go by mmki_stream_leave(stream, false) afterwards,
 * whatever `usable` was. */
void mmki_stream_detach(struct stream *stream, bool usable);
/** Tell the engine what pause, power and volumes amount to. The caller holds it, usable. */
void mmki_stream_apply(struct stream *stream);
void mmki_stream_apply_all(struct mmk_wave *wave);
/** Take every stream of one direction away from its client. */
void mmki_stream_close_all(struct mmk_wave *wave, mmk_direction direction);

message_handler mmki_stream_open;
message_handler mmki_stream_close;

/* ------------------------------------------------------------------ header.c */

mmk_on_block mmki_header_back;
void mmki_header_free_nodes(struct stream *stream);

message_handler mmki_header_prepare;
message_handler mmki_header_unprepare;
message_handler mmki_header_write;

/* ------------------------------------------------------------------ control.c */

message_handler mmki_control_pause; /* PAUSE and STOP */
message_handler mmki_control_restart;
message_handler mmki_control_reset;
message_handler mmki_control_break_loop;
message_handler mmki_control_get_position;
message_handler mmki_control_get_volume;
message_handler mmki_control_set_volume;
message_handler mmki_control_get_rate;
message_handler mmki_control_set_rate;

/* ------------------------------------------------------------------ caps.c */

message_handler mmki_caps_count;
message_handler mmki_caps_get;
message_handler mmki_caps_interface;
message_handler mmki_caps_interface_size;
/** szPname of a kind's device: title and, where there are several, its number. */
void mmki_caps_name(struct mmk_wave *wave, mmk_wave_kind kind, uint32_t device,
                    uint16_t name[MMK_MAXPNAMELEN]);
/** "major << 8 | minor" of vDriverVersion. */
uint32_t mmki_caps_version(const struct mmk_wave *wave);
/** ASCII to UTF-16, filled up with zeros. */
void mmki_caps_text(uint16_t *to, size_t n_units, const char *ascii);
/** Copy out at most `room` bytes. */
void mmki_caps_copy_out(uintptr_t to, uintptr_t room, const void *from, size_t len);

/* ------------------------------------------------------------------ aux.c, mixer.c */

message_handler mmki_aux_get_volume;
message_handler mmki_aux_set_volume;
/** Change card volume and mute, tell streams and mixers. */
void mmki_card_set(struct mmk_wave *wave, uint32_t volume, bool mute);

#define MMKI_CONTROL_VOLUME 1u
#define MMKI_CONTROL_MUTE   2u

void mmki_mixer_close_all(struct mmk_wave *wave);
void mmki_mixer_changed(struct mmk_wave *wave, uint32_t control_id);
message_handler mmki_mixer_open;
message_handler mmki_mixer_close;
message_handler mmki_mixer_line_info;
message_handler mmki_mixer_line_controls;
message_handler mmki_mixer_get_details;
message_handler mmki_mixer_set_details;

#endif
