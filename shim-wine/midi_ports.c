/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The ports of installed drivers, and their clients.
 *
 * Wine's winmm hands every message on as it is, where that of Windows does some work of its own
 * first, on which drivers rely. That is done here: headers are checked, PREPARE and UNPREPARE are
 * completed for the many drivers that leave them to winmm, and a driver is never shown a handle
 * that it has not given. Two things that only Wine does are made up for:
 *  - a handle is forgotten by MODM_CLOSE whatever the answer is, so that a driver must be brought
 * to close (close_port);
 *  - its player of MIDI streams lends a header from its stack and takes it back at once, so that
 *    what it sends is copied (lend_copy).
 */
#include "midi.h"

#include <string.h>

#define PORTS_MAX 256u
#define OPEN_MAX  128u
#define CAPS_MAX  256u

struct port {
    mmki_device_message *message;
    UINT device; /* the driver's number for it */
    const struct mmki_port_driver *driver;
};

/** A long message that the driver plays from our memory. */
struct copy {
    struct copy *next;
    MIDIHDR header;
    char data[];
};

struct client {
    const struct port *port; /* NULL: free */
    DWORD_PTR user;          /* what the driver knows it by */
    uint16_t generation;
    bool ready;  /* the driver has opened it */
    bool stream; /* of winmm's player */
    struct copy *copies;
};

static struct mmki_port_driver drivers[MMKI_PORT_ALIASES];
static struct port ports[MMKI_PORT_KINDS][PORTS_MAX];
static UINT n_ports[MMKI_PORT_KINDS]; /* const once they are found */

static SRWLOCK lock = SRWLOCK_INIT; /* all below; never held while a driver is called */
static struct client clients[OPEN_MAX];

/* ------------------------------------------------------------------ the list */

static void add_ports(const struct mmki_port_driver *driver, unsigned kind)
{
    for (UINT i = 0; i < driver->module.n_devices[kind] && n_ports[kind] < PORTS_MAX; i++)
        if ((driver->refused[kind] >> i & 1) == 0)
            ports[kind][n_ports[kind]++] = (struct port){driver->module.message[kind], i, driver};
}

void mmki_ports_find(void)
{
    for (unsigned number = 0; number < MMKI_PORT_ALIASES; number++) {
        if (!mmki_port_driver_load(drivers, number))
            continue;
        for (unsigned kind = 0; kind < MMKI_PORT_KINDS; kind++)
            add_ports(&drivers[number], kind);
    }
}

UINT mmki_ports_count(unsigned kind)
{
    return n_ports[kind];
}

/* ------------------------------------------------------------------ clients */

/* A client's handle: generation and index + 1, which is never a pointer and never 0. */
static DWORD_PTR handle_of(const struct client *client)
{
    return (DWORD_PTR)client->generation << 16 | (DWORD_PTR)(client - clients + 1);
}

static struct client *client_of(const struct port *port, DWORD_PTR handle)
{
    const size_t index = (handle & 0xFFFF) - 1;
    if (index >= OPEN_MAX)
        return NULL;
    struct client *client = &clients[index];
    return client->port == port && client->ready && handle_of(client) == handle ? client : NULL;
}

/** @param out  what is known of it now. @return NULL: no such client */
static struct client *look_up(const struct port *port, DWORD_PTR handle, struct client *out)
{
    AcquireSRWLockShared(&lock);
    struct client *client = client_of(port, handle);
    if (client != NULL)
        *out = *client;
    ReleaseSRWLockShared(&lock);
    return client;
}

static struct client *take_client(const struct port *port)
{
    struct client *taken = NULL;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; i < OPEN_MAX && taken == NULL; i++)
        if (clients[i].port == NULL)
            taken = &clients[i];
    if (taken != NULL)
        *taken = (struct client){.port = port, .generation = (uint16_t)(taken->generation + 1)};
    ReleaseSRWLockExclusive(&lock);
    return taken;
}

static void drop_client(struct client *client)
{
    AcquireSRWLockExclusive(&lock);
    client->port = NULL;
    client->ready = false;
    ReleaseSRWLockExclusive(&lock);
}

/* ------------------------------------------------------------------ headers */

static DWORD read_flags(const MIDIHDR *header)
{
    DWORD flags;
    memcpy(&flags, (const char *)header + offsetof(MIDIHDR, dwFlags), sizeof flags);
    atomic_thread_fence(memory_order_acquire); /* with who gives a buffer back: flags are last */
    return flags;
}

static void write_flags(MIDIHDR *header, DWORD flags)
{
    atomic_thread_fence(memory_order_release);
    memcpy((char *)header + offsetof(MIDIHDR, dwFlags), &flags, sizeof flags);
}

static bool header_is_one(const MIDIHDR *header, DWORD_PTR size)
{
    const char *data;
    if (header == NULL || size < offsetof(MIDIHDR, dwOffset)) /* as it was in Windows 3.1 */
        return false;
    memcpy(&data, (const char *)header + offsetof(MIDIHDR, lpData), sizeof data);
    return data != NULL;
}

static DWORD send(const struct port *port, UINT msg, DWORD_PTR user, const void *p1, DWORD_PTR p2)
{
    return port->message(port->device, msg, user, (DWORD_PTR)p1, p2);
}

/** PREPARE and UNPREPARE, which a driver may leave to winmm by MMSYSERR_NOTSUPPORTED. */
static DWORD prepare(const struct port *port, UINT msg, DWORD_PTR user, MIDIHDR *header,
                     DWORD_PTR size, bool wanted)
{
    const DWORD flags = read_flags(header);
    if ((flags & MHDR_INQUEUE) != 0)
        return MIDIERR_STILLPLAYING;
    if (((flags & MHDR_PREPARED) != 0) == wanted)
        return MMSYSERR_NOERROR;
    const DWORD answer = send(port, msg, user, header, size);
    if (answer != MMSYSERR_NOERROR && answer != MMSYSERR_NOTSUPPORTED)
        return answer;
    const DWORD now = read_flags(header);
    write_flags(header,
                wanted ? (now | MHDR_PREPARED) & ~(DWORD)MHDR_DONE : now & ~(DWORD)MHDR_PREPARED);
    return MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ copies */

static bool is_back(const struct copy *copy)
{
    return (read_flags(&copy->header) & MHDR_INQUEUE) == 0;
}

/** Free the copies that the driver has played. @return there are others */
static bool sweep(const struct port *port, const struct mmki_port_kind *k, struct client *client)
{
    struct copy *done = NULL;
    AcquireSRWLockExclusive(&lock);
    const DWORD_PTR user = client->user;
    for (struct copy **at = &client->copies; *at != NULL;) {
        struct copy *copy = *at;
        if (!is_back(copy)) {
            at = &copy->next;
            continue;
        }
        *at = copy->next;
        copy->next = done;
        done = copy;
    }
    const bool others = client->copies != NULL;
    ReleaseSRWLockExclusive(&lock);
    while (done != NULL) {
        struct copy *next = done->next;
        prepare(port, k->unprepare, user, &done->header, sizeof done->header, false);
        mmki_free(done);
        done = next;
    }
    return others;
}

/** Send a copy, and give the original back at once. */
static DWORD lend_copy(const struct port *port, const struct mmki_port_kind *k,
                       struct client *client, MIDIHDR *header)
{
    MIDIHDR original = {.dwFlags = 0};
    memcpy(&original, header, offsetof(MIDIHDR, dwOffset));
    sweep(port, k, client);
    struct copy *copy = mmki_alloc(sizeof *copy + original.dwBufferLength);
    if (copy == NULL)
        return MMSYSERR_NOMEM;
    memcpy(copy->data, original.lpData, original.dwBufferLength);
    copy->header.lpData = copy->data;
    copy->header.dwBufferLength = original.dwBufferLength;
    copy->header.dwBytesRecorded = original.dwBytesRecorded;
    DWORD answer =
        prepare(port, k->prepare, client->user, &copy->header, sizeof copy->header, true);
    if (answer == MMSYSERR_NOERROR)
        answer = send(port, k->queue, client->user, &copy->header, sizeof copy->header);
    if (answer != MMSYSERR_NOERROR) {
        mmki_free(copy);
        return answer;
    }
    AcquireSRWLockExclusive(&lock);
    copy->next = client->copies;
    client->copies = copy;
    ReleaseSRWLockExclusive(&lock);
    write_flags(header, original.dwFlags | MHDR_DONE);
    return MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ open and close */

static DWORD open_port(const struct port *port, const struct mmki_port_kind *k, DWORD_PTR *user,
                       const MIDIOPENDESC *asked, DWORD_PTR flags)
{
    struct mmk_midiopendesc desc = {.hMidi = 0};
    DWORD_PTR theirs = 0;
    if (user == NULL || asked == NULL)
        return MMSYSERR_INVALPARAM;
    /* Wine's structure ends two bytes early: the device id of a stream has 16 bits there */
    memcpy(&desc, asked, offsetof(struct mmk_midiopendesc, rgIds));
    if (desc.cIds > 0) {
        desc.cIds = 1; /* winmm refuses more */
        memcpy(&desc.rgIds[0], (const char *)asked + offsetof(struct mmk_midiopendesc, rgIds), 6);
    }
    struct client *client = take_client(port);
    if (client == NULL)
        return MMSYSERR_NOMEM;
    const DWORD answer = send(port, k->open, (DWORD_PTR)&theirs, &desc, flags);
    if (answer != MMSYSERR_NOERROR) {
        drop_client(client);
        return answer;
    }
    AcquireSRWLockExclusive(&lock);
    client->user = theirs;
    client->stream = k == &mmki_port_kinds[MMKI_MIDI_OUT] && desc.cIds > 0 &&
                     (flags & (CALLBACK_TYPEMASK | MIDI_IO_COOKED)) == 0;
    client->ready = true;
    *user = handle_of(client);
    ReleaseSRWLockExclusive(&lock);
    return MMSYSERR_NOERROR;
}

static DWORD close_port(const struct port *port, const struct mmki_port_kind *k,
                        struct client *client, DWORD_PTR user)
{
    DWORD answer = send(port, k->close, user, NULL, 0);
    if (answer == MIDIERR_STILLPLAYING) {
        send(port, k->reset, user, NULL, 0);
        answer = send(port, k->close, user, NULL, 0);
    }
    if (answer != MMSYSERR_NOERROR)
        mmki_log(MMK_LOG_WARN, "MIDI: %ls does not close a device: error %lu", port->driver->alias,
                 answer);
    if (sweep(port, k, client)) {
        mmki_log(MMK_LOG_WARN, "MIDI: %ls keeps long messages after it was closed",
                 port->driver->alias);
        client->copies = NULL; /* the driver may read them at any time: they stay */
    }
    drop_client(client);
    return answer;
}

/* ------------------------------------------------------------------ messages */

static DWORD caps(const struct port *port, UINT msg, void *out, DWORD_PTR size)
{
    /* not into the program's memory: a driver that writes all that it has is no rare one */
    union {
        unsigned char bytes[CAPS_MAX];
        MIDIOUTCAPSW caps;
        DWORD_PTR align;
    } full = {.bytes = {0}};
    if (out == NULL)
        return MMSYSERR_INVALPARAM;
    if (size > sizeof full)
        size = sizeof full;
    const DWORD answer = send(port, msg, 0, &full, size > 0 ? size : sizeof full.caps);
    if (answer != MMSYSERR_NOERROR)
        return answer;
    if (full.caps.szPname[0] == 0) /* in the same place in all three kinds */
        wcscpy(full.caps.szPname, port->driver->alias);
    memcpy(out, &full, size);
    return MMSYSERR_NOERROR;
}

/** A message of a client, with what only it can send. */
static DWORD client_message(const struct port *port, const struct mmki_port_kind *k, UINT msg,
                            DWORD_PTR handle, DWORD_PTR p1, DWORD_PTR p2)
{
    struct client now;
    struct client *client = look_up(port, handle, &now);
    MIDIHDR *header = (MIDIHDR *)p1;
    if (client == NULL)
        return MMSYSERR_INVALHANDLE;
    if (msg == k->close)
        return close_port(port, k, client, now.user);
    if (msg != k->prepare && msg != k->unprepare && msg != k->queue)
        return port->message(port->device, msg, now.user, p1, p2);
    if (!header_is_one(header, p2))
        return MMSYSERR_INVALPARAM;
    if (msg != k->queue)
        return prepare(port, msg, now.user, header, p2, msg == k->prepare);
    if ((read_flags(header) & MHDR_PREPARED) == 0)
        return MIDIERR_UNPREPARED;
    if ((read_flags(header) & MHDR_INQUEUE) != 0)
        return MIDIERR_STILLPLAYING;
    return now.stream ? lend_copy(port, k, client, header) : send(port, msg, now.user, header, p2);
}

DWORD mmki_port_send(unsigned kind, UINT number, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                     DWORD_PTR p2)
{
    const struct mmki_port_kind *k = &mmki_port_kinds[kind];
    if (number >= n_ports[kind])
        return MMSYSERR_BADDEVICEID;
    const struct port *port = &ports[kind][number];
    if (msg == k->get_dev_caps)
        return caps(port, msg, (void *)p1, p2);
    if (k->open != 0 && msg == k->open)
        return open_port(port, k, (DWORD_PTR *)user, (const MIDIOPENDESC *)p1, p2);
    if (k->open != 0 && user != 0)
        return client_message(port, k, msg, user, p1, p2);
    /* by the device's number: volumes, and what is asked of the driver and not of a client */
    if (msg == k->get_volume || msg == k->set_volume || msg >= DRV_RESERVED)
        return port->message(port->device, msg, 0, p1, p2);
    return k->open == 0 ? MMSYSERR_NOTSUPPORTED : MMSYSERR_INVALHANDLE;
}
