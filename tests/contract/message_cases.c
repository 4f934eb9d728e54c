/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "message_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS_MAX  4
#define SENTINEL 0xA5
#define DATA_BYTES                                                                 \
    (8000u * 4u * 20u) /* 20 s of the client's format: still queued when looked at \
                        */
#define STALE_WILD 0xDEADBEEFu

static uint8_t client_data[DATA_BYTES];

/* ------------------------------------------------------------------ names */

#define NAME(n)     \
    {               \
#n, MMK_##n \
    }
static const struct {
    const char *name;
    uint32_t number;
} names[] = {
    NAME(DRV_LOAD),
    NAME(DRV_ENABLE),
    NAME(DRV_OPEN),
    NAME(DRV_CLOSE),
    NAME(DRV_DISABLE),
    NAME(DRV_FREE),
    NAME(DRV_CONFIGURE),
    NAME(DRV_QUERYCONFIGURE),
    NAME(DRV_INSTALL),
    NAME(DRV_REMOVE),
    NAME(DRV_EXITSESSION),
    NAME(DRV_EXITAPPLICATION),
    NAME(DRV_POWER),
    NAME(DRV_PNPINSTALL),
    NAME(DRV_QUERYDEVICEINTERFACE),
    NAME(DRV_QUERYDEVICEINTERFACESIZE),
    NAME(DRVM_INIT),
    NAME(DRVM_EXIT),
    NAME(DRVM_DISABLE),
    NAME(DRVM_ENABLE),
    NAME(WODM_GETNUMDEVS),
    NAME(WODM_GETDEVCAPS),
    NAME(WODM_OPEN),
    NAME(WODM_CLOSE),
    NAME(WODM_PREPARE),
    NAME(WODM_UNPREPARE),
    NAME(WODM_WRITE),
    NAME(WODM_PAUSE),
    NAME(WODM_RESTART),
    NAME(WODM_RESET),
    NAME(WODM_GETPOS),
    NAME(WODM_GETPITCH),
    NAME(WODM_SETPITCH),
    NAME(WODM_GETVOLUME),
    NAME(WODM_SETVOLUME),
    NAME(WODM_GETPLAYBACKRATE),
    NAME(WODM_SETPLAYBACKRATE),
    NAME(WODM_BREAKLOOP),
    NAME(WIDM_GETNUMDEVS),
    NAME(WIDM_GETDEVCAPS),
    NAME(WIDM_OPEN),
    NAME(WIDM_CLOSE),
    NAME(WIDM_PREPARE),
    NAME(WIDM_UNPREPARE),
    NAME(WIDM_ADDBUFFER),
    NAME(WIDM_START),
    NAME(WIDM_STOP),
    NAME(WIDM_RESET),
    NAME(WIDM_GETPOS),
    NAME(AUXDM_GETNUMDEVS),
    NAME(AUXDM_GETDEVCAPS),
    NAME(AUXDM_GETVOLUME),
    NAME(AUXDM_SETVOLUME),
    NAME(MXDM_GETNUMDEVS),
    NAME(MXDM_GETDEVCAPS),
    NAME(MXDM_OPEN),
    NAME(MXDM_CLOSE),
    NAME(MXDM_GETLINEINFO),
    NAME(MXDM_GETLINECONTROLS),
    NAME(MXDM_GETCONTROLDETAILS),
    NAME(MXDM_SETCONTROLDETAILS),
    {"MMK_DRVM_ATTACH", 0x0BA0u}, /* driver.h, which does not exist on the other side */
};
#define ATTACH_MAGIC 0x6d6d6b31

static const struct {
    const char *name;
    intptr_t number;
} answers[] = {
    {"NOERROR", 0},
    {"ERROR", 1},
    {"BADDEVICEID", 2},
    {"NOTENABLED", 3},
    {"ALLOCATED", 4},
    {"INVALHANDLE", 5},
    {"NODRIVER", 6},
    {"NOMEM", 7},
    {"NOTSUPPORTED", 8},
    {"INVALFLAG", 10},
    {"INVALPARAM", 11},
    {"BADFORMAT", 32},
    {"STILLPLAYING", 33},
    {"UNPREPARED", 34},
    {"MIXERR_INVALLINE", 1024},
    {"MIXERR_INVALCONTROL", 1025},
    {"MIXERR_INVALVALUE", 1026},
    {"CANCEL", 0},
    {"OK", 1},
    {"RESTART", 2},
};

bool message_number(const char *name, uint32_t *msg)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0) {
            *msg = names[i].number;
            return true;
        }
    if (strncmp(name, "0x", 2) != 0)
        return false;
    *msg = (uint32_t)strtoul(name, NULL, 16);
    return true;
}

/* ------------------------------------------------------------------ reading the table */

static char *next_field(char **at)
{
    char *field = *at;
    char *tab = field != NULL ? strchr(field, '\t') : NULL;
    if (tab != NULL)
        *tab = '\0';
    *at = tab != NULL ? tab + 1 : NULL;
    return field;
}

static bool via_of(const char *text, enum message_via *via)
{
    static const char *const vias[VIA_COUNT] = {"wod", "wid", "aux", "mxd", "drv"};
    for (unsigned i = 0; i < VIA_COUNT; i++)
        if (text != NULL && strcmp(vias[i], text) == 0) {
            *via = (enum message_via)i;
            return true;
        }
    return false;
}

static const char *read_row(char *line, struct message_row *row)
{
    char *at = line;
    const char *via = next_field(&at);
    row->states = next_field(&at);
    row->message = next_field(&at);
    row->variant = next_field(&at);
    row->answer = next_field(&at);
    row->next = next_field(&at);
    row->effect = next_field(&at);
    row->mark = next_field(&at);
    row->note = next_field(&at);
    if (row->note == NULL || at != NULL)
        return "not nine fields";
    if (!via_of(via, &row->via))
        return "unknown via";
    if (strcmp(row->mark, "document") != 0 && strcmp(row->mark, "wine") != 0 &&
        strcmp(row->mark, "ours") != 0)
        return "unknown mark";
    return NULL;
}

bool message_rows(char *text, void (*on_row)(void *user, const struct message_row *row),
                  void (*on_bad)(void *user, unsigned line, const char *why), void *user)
{
    bool ok = true, header_seen = false;
    unsigned n = 0;
    for (char *line = text, *end; line != NULL && *line != '\0'; line = end) {
        struct message_row row;
        const char *why;
        end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        n++;
        if (line[0] != '\0' && line[strlen(line) - 1] == '\r')
            line[strlen(line) - 1] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (!header_seen) { /* the columns' names */
            header_seen = true;
            continue;
        }
        row.line = n;
        why = read_row(line, &row);
        if (why != NULL) {
            on_bad(user, n, why);
            ok = false;
        } else {
            on_row(user, &row);
        }
    }
    return ok;
}

/* "key=value" in a blank-separated list. @return false: not there */
static bool token(const char *list, const char *key, char *value, size_t cap)
{
    const size_t n = strlen(key);
    for (const char *at = list; *at != '\0';) {
        const char *end = strchr(at, ' ');
        const size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
        if (len > n && at[n] == '=' && strncmp(at, key, n) == 0 && len - n - 1 < cap) {
            memcpy(value, at + n + 1, len - n - 1);
            value[len - n - 1] = '\0';
            return true;
        }
        at += len;
        while (*at == ' ')
            at++;
    }
    return false;
}

static bool word(const char *list, const char *w)
{
    const char *at = strstr(list, w);
    const size_t n = strlen(w);
    return at != NULL && (at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0');
}

/* ------------------------------------------------------------------ one cell */

struct stage {
    const struct message_subject *s;
    const struct message_row *row;
    const char *state;
    void (*complain)(void *user, const char *what);
    void *user;
    bool failed;

    uintptr_t ids[IDS_MAX]; /* open instances */
    unsigned n_ids;
    uintptr_t stale_id;
    uintptr_t handle; /* the stream or mixer that the state has, 0 = none */
    uintptr_t stale_handle;
    struct mmk_wavehdr playing; /* queued by the state */
    bool is_playing;

    /* what the variant points at */
    uintptr_t out;
    struct mmk_wavehdr header;
    struct mmk_wavehdr *sent; /* the header that was sent; may be unaligned */
    unsigned char room[sizeof(struct mmk_wavehdr) + 8];
    unsigned char caps[256], caps_before[256];
    uint32_t dword;
    struct mmk_mmtime time, time_before;
    struct mmk_waveformatex format;
    struct mmk_waveopendesc desc;
    struct mmk_mixeropendesc mixer_desc;
    struct mmk_mixerlinew line;
    struct mmk_mixerlinecontrolsw controls;
    struct mmk_mixercontrolw control[3];
    struct mmk_mixercontroldetails details;
    uint32_t values[4];
    struct mmk_drvconfiginfo dci;
    struct mmk_drvconfiginfoex dci_ex;
    unsigned char dci_room[sizeof(struct mmk_drvconfiginfoex) + 8];
    mmk_char16 section[300], alias[300];
    uintptr_t attach[64];
};

static void fail(struct stage *t, const char *what, long long got, long long wanted)
{
    char text[512];
    static const char *const vias[VIA_COUNT] = {"wod", "wid", "aux", "mxd", "drv"};
    snprintf(text, sizeof text,
             "line %u: %s %s %s [%s]: %s: got %lld (0x%llx), wanted %lld (0x%llx)", t->row->line,
             vias[t->row->via], t->state, t->row->message, t->row->variant, what, got,
             (unsigned long long)got, wanted, (unsigned long long)wanted);
    t->complain(t->user, text);
    t->failed = true;
}

static void expect(struct stage *t, const char *what, long long got, long long wanted)
{
    if (got != wanted)
        fail(t, what, got, wanted);
}

static intptr_t drv(struct stage *t, uintptr_t id, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return t->s->driver(t->s->ctx, id, msg, l1, l2);
}

static uint32_t dev(struct stage *t, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return t->s->device(t->s->ctx, t->row->via, 0, msg, user, p1, p2);
}

/* The message of this name in the row's own family: "OPEN" -> WODM_OPEN or WIDM_OPEN. */
static uint32_t own_msg(const struct stage *t, const char *name)
{
    static const char *const family[] = {"WODM_", "WIDM_", "AUXDM_", "MXDM_"};
    char full[40];
    uint32_t msg = 0;
    snprintf(full, sizeof full, "%s%s", family[t->row->via], name);
    message_number(full, &msg);
    return msg;
}

/* ------------------------------------------------------------------ into the state */

static void put_text(mmk_char16 *to, const char *ascii)
{
    while ((*to++ = (mmk_char16)(unsigned char)*ascii++) != 0)
        ;
}

static void open_instance(struct stage *t)
{
    const uintptr_t id = (uintptr_t)drv(t, 0, MMK_DRV_OPEN, 0, 0);
    if (id == 0)
        fail(t, "getting into the state: DRV_OPEN", 0, 1);
    else if (t->n_ids < IDS_MAX)
        t->ids[t->n_ids++] = id;
}

/* An id that was good once. */
static void make_stale_id(struct stage *t)
{
    drv(t, 0, MMK_DRV_LOAD, 0, 0);
    drv(t, 0, MMK_DRV_ENABLE, 0, 0);
    t->stale_id = (uintptr_t)drv(t, 0, MMK_DRV_OPEN, 0, 0);
    drv(t, t->stale_id, MMK_DRV_CLOSE, 0, 0);
    drv(t, 0, MMK_DRV_DISABLE, 0, 0);
    drv(t, 0, MMK_DRV_FREE, 0, 0);
}

static void enter_driver_state(struct stage *t)
{
    const char *state = t->state;
    make_stale_id(t);
    if (strcmp(state, "NONE") == 0)
        return;
    drv(t, 0, MMK_DRV_LOAD, 0, 0);
    if (strcmp(state, "LOADED") == 0)
        return;
    drv(t, 0, MMK_DRV_ENABLE, 0, 0);
    if (strcmp(state, "DISABLED") == 0) {
        drv(t, (uintptr_t)drv(t, 0, MMK_DRV_OPEN, 0, 0), MMK_DRV_CLOSE, 0, 0);
        drv(t, 0, MMK_DRV_DISABLE, 0, 0);
        return;
    }
    if (strncmp(state, "OPEN", 4) == 0)
        for (char n = '0'; n < state[4]; n++)
            open_instance(t);
    else if (strcmp(state, "ENABLED") != 0)
        fail(t, "unknown state", 0, 0);
}

static void set_format(struct stage *t, uint16_t tag, uint16_t channels, uint32_t rate,
                       uint16_t bits)
{
    t->format.wFormatTag = tag;
    t->format.nChannels = channels;
    t->format.nSamplesPerSec = rate;
    t->format.wBitsPerSample = bits;
    t->format.nBlockAlign = (uint16_t)(channels * bits / 8);
    t->format.nAvgBytesPerSec = rate * t->format.nBlockAlign;
    t->format.cbSize = 0;
}

static void client_format(struct stage *t)
{
    char fmt[16];
    if (token(t->row->variant, "fmt", fmt, sizeof fmt) && strcmp(fmt, "alaw") == 0)
        set_format(t, MMK_WAVE_FORMAT_ALAW, 1, 8000, 8);
    else
        set_format(t, MMK_WAVE_FORMAT_PCM, 2, 8000, 16);
}

static uintptr_t open_stream(struct stage *t)
{
    uintptr_t handle = 0;
    client_format(t);
    memset(&t->desc, 0, sizeof t->desc);
    t->desc.hWave = 1;
    t->desc.lpFormat = &t->format;
    expect(t, "getting into the state: OPEN",
           dev(t, own_msg(t, "OPEN"), (uintptr_t)&handle, (uintptr_t)&t->desc, 0), 0);
    return handle;
}

static void queue_long(struct stage *t)
{
    memset(&t->playing, 0, sizeof t->playing);
    t->playing.lpData = (char *)client_data;
    t->playing.dwBufferLength = DATA_BYTES;
    expect(t, "getting into the state: PREPARE",
           dev(t, own_msg(t, "PREPARE"), t->handle, (uintptr_t)&t->playing, sizeof t->playing), 0);
    expect(t, "getting into the state: WRITE",
           dev(t, own_msg(t, t->row->via == VIA_WOD ? "WRITE" : "ADDBUFFER"), t->handle,
               (uintptr_t)&t->playing, sizeof t->playing),
           0);
    t->is_playing = true;
}

static void enter_stream_state(struct stage *t)
{
    const char *state = t->state;
    const bool out = t->row->via == VIA_WOD;

    if (strcmp(state, "paused") == 0)
        dev(t, own_msg(t, "PAUSE"), t->handle, 0, 0);
    if (strcmp(state, "playing") == 0 || strcmp(state, "paused") == 0 ||
        strcmp(state, "queued") == 0 || strcmp(state, "recording") == 0)
        queue_long(t);
    if (strcmp(state, "recording") == 0)
        dev(t, MMK_WIDM_START, t->handle, 0, 0);
    if (strcmp(state, "ended") == 0)
        drv(t, 0, MMK_DRV_EXITSESSION, 0, 0);
    t->s->pass_ms(t->s->ctx, 20);
    (void)out;
}

static void enter_device_state(struct stage *t)
{
    const char *state = t->state;
    const bool wave = t->row->via == VIA_WOD || t->row->via == VIA_WID;

    t->stale_handle = STALE_WILD;
    if (strcmp(state, "off") == 0)
        return;
    drv(t, 0, MMK_DRV_LOAD, 0, 0);
    drv(t, 0, MMK_DRV_ENABLE, 0, 0);
    open_instance(t);
    dev(t, MMK_DRVM_INIT, 0, 0, 0);
    if (wave) {
        t->stale_handle = open_stream(t);
        expect(t, "getting into the state: CLOSE",
               dev(t, own_msg(t, "CLOSE"), t->stale_handle, 0, 0), 0);
        if (strcmp(state, "closed") != 0) {
            t->handle = open_stream(t);
            enter_stream_state(t);
        }
    }
    if (t->row->via == VIA_MXD && strcmp(state, "open") == 0) {
        memset(&t->mixer_desc, 0, sizeof t->mixer_desc);
        expect(t, "getting into the state: OPEN",
               dev(t, MMK_MXDM_OPEN, (uintptr_t)&t->handle, (uintptr_t)&t->mixer_desc, 0), 0);
    }
    if (strcmp(state, "disabled") == 0)
        expect(t, "getting into the state: DISABLE", dev(t, MMK_DRVM_DISABLE, 0, 0, 0), 0);
    if (strcmp(state, "exited") == 0) {
        expect(t, "getting into the state: EXIT", dev(t, MMK_DRVM_EXIT, 0, 0, 0), 0);
        t->stale_handle = t->handle != 0 ? t->handle : t->stale_handle;
    }
}

/* ------------------------------------------------------------------ DriverProc variants */

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static uintptr_t id_of(struct stage *t)
{
    char v[16];
    if (!token(t->row->variant, "id", v, sizeof v) || strcmp(v, "0") == 0)
        return 0;
    if (strcmp(v, "own") == 0)
        return t->n_ids > 0 ? t->ids[t->n_ids - 1] : 0;
    return strcmp(v, "stale") == 0 ? t->stale_id : (uintptr_t)STALE_WILD;
}

static void endless(mmk_char16 *text)
{
    for (unsigned i = 0; i < 299; i++)
        text[i] = 'x';
    text[299] = 0;
}

static intptr_t dci_of(struct stage *t, const char *what)
{
    put_text(t->section, "Drivers32");
    put_text(t->alias, "wave3");
    t->dci.dwDCISize = sizeof t->dci;
    t->dci.lpszDCISectionName = t->section;
    t->dci.lpszDCIAliasName = t->alias;
    if (strcmp(what, "-names-null") == 0 || strcmp(what, "-section-null") == 0)
        t->dci.lpszDCISectionName = NULL;
    if (strcmp(what, "-names-null") == 0 || strcmp(what, "-alias-null") == 0)
        t->dci.lpszDCIAliasName = NULL;
    if (strcmp(what, "-size") == 0)
        t->dci.dwDCISize = sizeof t->dci - 1;
    if (strcmp(what, "-size-0") == 0)
        t->dci.dwDCISize = 0;
    if (strcmp(what, "-size-huge") == 0)
        t->dci.dwDCISize = 0xFFFFFFFFu;
    if (strcmp(what, "-section-other") == 0)
        put_text(t->section, "Drivers33");
    if (strcmp(what, "-section-endless") == 0)
        endless(t->section);
    if (strcmp(what, "-alias-endless") == 0)
        endless(t->alias);
    if (strcmp(what, "-alias-surrogate") == 0)
        t->alias[4] = 0xD800;
    if (strcmp(what, "-alias-wave0") == 0)
        put_text(t->alias, "wave0");
    if (strcmp(what, "-odd") == 0) {
        memcpy(t->dci_room + 1, &t->dci, sizeof t->dci);
        return (intptr_t)(t->dci_room + 1);
    }
    if (strcmp(what, "-ex") == 0) {
        memset(&t->dci_ex, 0, sizeof t->dci_ex);
        memcpy(&t->dci_ex, &t->dci, sizeof t->dci);
        t->dci_ex.dwDCISize = sizeof t->dci_ex;
        return (intptr_t)&t->dci_ex;
    }
    return (intptr_t)&t->dci;
}

static intptr_t lparam_of(struct stage *t, const char *key)
{
    static mmk_char16 text[400];
    char v[40];
    if (!token(t->row->variant, key, v, sizeof v) || strcmp(v, "0") == 0)
        return 0;
    if (strcmp(v, "1") == 0 || strcmp(v, "2") == 0)
        return v[0] - '0';
    if (strcmp(v, "number") == 0)
        return 0x1234;
    if (strcmp(v, "magic") == 0)
        return ATTACH_MAGIC;
    if (starts(v, "dci"))
        return dci_of(t, v + 3);
    if (strcmp(v, "desc") == 0)
        return (intptr_t)t->attach;
    if (starts(v, "attach")) {
        /* the size is the structure's own first field; the tool and the driver agree on it at build
         * time */
        const uint32_t size = strcmp(v, "attach-size") == 0 ? 7u : t->s->attachment_bytes;
        memset(t->attach, 0, sizeof t->attach);
        memcpy(t->attach, &size, sizeof size);
        return (intptr_t)t->attach;
    }
    text[0] = 0;
    if (strcmp(v, "text") == 0)
        put_text(text, "/backend:null");
    if (strcmp(v, "damaged") == 0)
        put_text(text, "/rate:banana /rate:1 /unknown:x");
    if (strcmp(v, "endless") == 0) {
        for (unsigned i = 0; i < 399; i++)
            text[i] = 'x';
        text[399] = 0;
    }
    return (intptr_t)text;
}

/* ------------------------------------------------------------------ device variants */

static void make_header(struct stage *t, const char *what)
{
    memset(&t->header, 0, sizeof t->header);
    t->header.lpData = (char *)client_data;
    t->header.dwBufferLength = DATA_BYTES;
    t->header.dwFlags = MMK_WHDR_PREPARED;
    t->sent = &t->header;
    if (strcmp(what, "-new") == 0 || strcmp(what, "-unaligned-new") == 0)
        t->header.dwFlags = 0;
    if (strcmp(what, "-garbage") == 0)
        t->header.dwFlags = MMK_WHDR_DONE | MMK_WHDR_INQUEUE;
    if (strcmp(what, "-done") == 0)
        t->header.dwFlags |= MMK_WHDR_DONE;
    if (strcmp(what, "-inqueue") == 0)
        t->header.dwFlags |= MMK_WHDR_INQUEUE;
    if (strcmp(what, "-loop") == 0) {
        t->header.dwFlags |= MMK_WHDR_BEGINLOOP | MMK_WHDR_ENDLOOP;
        t->header.dwLoops = 3;
    }
    if (strcmp(what, "-no-data") == 0)
        t->header.lpData = NULL;
    if (strcmp(what, "-zero") == 0)
        t->header.dwBufferLength = 0;
    if (strcmp(what, "-odd") == 0)
        t->header.dwBufferLength = 4 * 80 + 3;
    if (strcmp(what, "-unaligned") == 0) {
        memcpy(t->room + 3, &t->header, sizeof t->header);
        t->sent = (struct mmk_wavehdr *)(void *)(t->room + 3);
    }
}

static uintptr_t header_of(struct stage *t, const char *what)
{
    if (strcmp(what, "-playing") == 0) {
        t->sent = &t->playing;
    } else if (strcmp(what, "-playing-flags-cleared") == 0) {
        const uint32_t flags = MMK_WHDR_PREPARED;
        memcpy((char *)&t->playing + offsetof(struct mmk_wavehdr, dwFlags), &flags, sizeof flags);
        t->sent = &t->playing;
    } else {
        make_header(t, what);
    }
    return (uintptr_t)t->sent;
}

static uintptr_t desc_of(struct stage *t, const char *what)
{
    client_format(t);
    memset(&t->desc, 0, sizeof t->desc);
    t->desc.hWave = 1;
    t->desc.lpFormat = &t->format;
    if (strcmp(what, "-device") == 0)
        t->format = *t->s->device_format;
    if (strcmp(what, "-no-format") == 0)
        t->desc.lpFormat = NULL;
    if (strcmp(what, "-channels-0") == 0)
        t->format.nChannels = 0;
    if (strcmp(what, "-channels-255") == 0)
        set_format(t, MMK_WAVE_FORMAT_PCM, 255, 8000, 16);
    if (strcmp(what, "-rate-0") == 0)
        t->format.nSamplesPerSec = 0;
    if (strcmp(what, "-align-lies") == 0)
        t->format.nBlockAlign = 3;
    if (strcmp(what, "-bits-13") == 0)
        t->format.wBitsPerSample = 13;
    if (strcmp(what, "-tag-adpcm") == 0)
        t->format.wFormatTag = MMK_WAVE_FORMAT_ADPCM;
    if (strcmp(what, "-alaw") == 0)
        set_format(t, MMK_WAVE_FORMAT_ALAW, 1, 8000, 8);
    return (uintptr_t)&t->desc;
}

static uintptr_t time_of(struct stage *t, const char *what)
{
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {{"-ms", 1},    {"-samples", 2}, {"-bytes", 4}, {"-smpte", 8},
                 {"-midi", 16}, {"-ticks", 32},  {"-0", 0},     {"-ffff", 0xFFFF}};
    memset(&t->time, SENTINEL, sizeof t->time);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, what) == 0)
            t->time.wType = types[i].type;
    t->time_before = t->time;
    return (uintptr_t)&t->time;
}

static uintptr_t line_of(struct stage *t, const char *what)
{
    memset(&t->line, 0, sizeof t->line);
    t->line.cbStruct = sizeof t->line;
    if (strcmp(what, "-1") == 0)
        t->line.dwDestination = 1;
    if (strcmp(what, "-id") == 0)
        t->line.dwLineID = 0xFFFF0000u;
    if (strcmp(what, "-speakers") == 0)
        t->line.dwComponentType = MMK_MIXERLINE_COMPONENTTYPE_DST_SPEAKERS;
    if (strcmp(what, "-size") == 0)
        t->line.cbStruct = sizeof t->line - 1;
    return (uintptr_t)&t->line;
}

static uintptr_t controls_of(struct stage *t, const char *what)
{
    memset(&t->controls, 0, sizeof t->controls);
    t->controls.cbStruct = sizeof t->controls;
    t->controls.dwLineID = 0xFFFF0000u;
    t->controls.cControls = 2;
    t->controls.cbmxctrl = sizeof t->control[0];
    t->controls.pamxctrl = t->control;
    if (strcmp(what, "-count") == 0)
        t->controls.cControls = 3;
    if (strcmp(what, "-line") == 0)
        t->controls.dwLineID = 5;
    if (strcmp(what, "-id-1") == 0)
        t->controls.dwControlID = 1;
    if (strcmp(what, "-id-9") == 0)
        t->controls.dwControlID = 9;
    if (strcmp(what, "-mute") == 0)
        t->controls.dwControlType = MMK_MIXERCONTROL_CONTROLTYPE_MUTE;
    if (strcmp(what, "-bass") == 0)
        t->controls.dwControlType = MMK_MIXERCONTROL_CONTROLTYPE_BASS;
    if (strcmp(what, "-null") == 0)
        t->controls.pamxctrl = NULL;
    if (strcmp(what, "-small") == 0)
        t->controls.cbmxctrl = sizeof t->control[0] - 1;
    return (uintptr_t)&t->controls;
}

static uintptr_t details_of(struct stage *t, uint32_t id, const char *what)
{
    memset(&t->details, 0, sizeof t->details);
    t->details.cbStruct = sizeof t->details;
    t->details.dwControlID = id;
    t->details.cChannels = id == 2 ? 1 : 2;
    t->details.cbDetails = 4;
    t->details.paDetails = t->values;
    t->values[0] = id == 2 ? 1 : 0x1234;
    t->values[1] = 0x5678;
    if (strcmp(what, "-3") == 0)
        t->details.cChannels = 3;
    if (strcmp(what, "-cb") == 0)
        t->details.cbDetails = 2;
    if (strcmp(what, "-null") == 0)
        t->details.paDetails = NULL;
    if (strcmp(what, "-over") == 0)
        t->values[0] = 0x10000;
    return (uintptr_t)&t->details;
}

static uintptr_t p1_of(struct stage *t)
{
    char v[48];
    if (!token(t->row->variant, "p1", v, sizeof v))
        return 0;
    if (starts(v, "hdr"))
        return header_of(t, v + 3);
    if (strcmp(v, "caps") == 0 || strcmp(v, "text") == 0)
        return (uintptr_t)t->caps;
    if (strcmp(v, "dword") == 0)
        return (uintptr_t)&t->dword;
    if (strcmp(v, "mxdesc") == 0) {
        memset(&t->mixer_desc, 0, sizeof t->mixer_desc);
        return (uintptr_t)&t->mixer_desc;
    }
    if (starts(v, "desc"))
        return desc_of(t, v + 4);
    if (starts(v, "time"))
        return time_of(t, v + 4);
    if (starts(v, "line"))
        return line_of(t, v + 4);
    if (starts(v, "controls"))
        return controls_of(t, v + 8);
    if (starts(v, "volume"))
        return details_of(t, 1, v + 6);
    if (starts(v, "mute"))
        return details_of(t, 2, v + 4);
    if (starts(v, "control-9"))
        return details_of(t, 9, "");
    return (uintptr_t)strtoul(v, NULL, 0);
}

/* The size that the message of this row takes. */
static uintptr_t size_of(const struct stage *t)
{
    static const size_t caps[] = {sizeof(struct mmk_waveoutcapsw), sizeof(struct mmk_waveincapsw),
                                  sizeof(struct mmk_auxcapsw), sizeof(struct mmk_mixercapsw)};
    if (strstr(t->row->message, "GETPOS") != NULL)
        return sizeof(struct mmk_mmtime);
    if (strstr(t->row->message, "GETDEVCAPS") != NULL)
        return caps[t->row->via];
    return sizeof(struct mmk_wavehdr);
}

static uintptr_t p2_of(struct stage *t)
{
    char v[24];
    if (!token(t->row->variant, "p2", v, sizeof v))
        return 0;
    if (strcmp(v, "size") == 0)
        return size_of(t);
    if (strcmp(v, "size+1") == 0)
        return size_of(t) + 1;
    if (strcmp(v, "short") == 0)
        return size_of(t) - 1;
    if (strcmp(v, "big") == 0)
        return sizeof t->caps;
    if (strcmp(v, "query") == 0)
        return MMK_WAVE_FORMAT_QUERY;
    if (strcmp(v, "direct") == 0)
        return MMK_WAVE_FORMAT_DIRECT;
    if (strcmp(v, "direct-query") == 0)
        return MMK_WAVE_FORMAT_DIRECT_QUERY;
    if (strcmp(v, "callback-4") == 0)
        return 0x40000;
    return (uintptr_t)strtoul(v, NULL, 0);
}

static uintptr_t user_of(struct stage *t)
{
    char v[16];
    if (!token(t->row->variant, "user", v, sizeof v) || strcmp(v, "0") == 0)
        return 0;
    if (strcmp(v, "own") == 0)
        return t->handle;
    if (strcmp(v, "stale") == 0)
        return t->stale_handle;
    if (strcmp(v, "out") == 0)
        return (uintptr_t)&t->out;
    return STALE_WILD;
}

static uint32_t device_of(struct stage *t)
{
    char v[16];
    if (!token(t->row->variant, "dev", v, sizeof v))
        return 0;
    return strcmp(v, "past") == 0 ? t->s->n_devices : 0xFFFFFFFFu;
}

/* ------------------------------------------------------------------ effects */

static uint32_t flags_of(const struct mmk_wavehdr *header)
{
    uint32_t flags;
    memcpy(&flags, (const char *)header + offsetof(struct mmk_wavehdr, dwFlags), sizeof flags);
    return flags;
}

static uint32_t flags_named(const char *letters)
{
    uint32_t flags = 0;
    for (; *letters != '\0'; letters++)
        flags |= *letters == 'D'   ? MMK_WHDR_DONE
                 : *letters == 'P' ? MMK_WHDR_PREPARED
                 : *letters == 'B' ? MMK_WHDR_BEGINLOOP
                 : *letters == 'E' ? MMK_WHDR_ENDLOOP
                 : *letters == 'Q' ? MMK_WHDR_INQUEUE
                                   : 0;
    return flags;
}

static void check_flags(struct stage *t, const char *letters, bool later)
{
    const struct mmk_wavehdr *header = t->sent != NULL ? t->sent : &t->playing;
    const uint32_t wanted = flags_named(letters);
    for (unsigned i = 0; later && i < 50 && flags_of(header) != wanted; i++)
        t->s->pass_ms(t->s->ctx, 20);
    expect(t, "flags", flags_of(header), wanted);
}

static void check_kept(struct stage *t)
{
    uint32_t sentinel;
    memset(&sentinel, SENTINEL, sizeof sentinel);
    expect(t, "dwUser was written", memcmp(&t->out, t->caps_before, sizeof t->out), 0);
    expect(t, "the buffer was written", memcmp(t->caps, t->caps_before, sizeof t->caps), 0);
    expect(t, "the DWORD was written", t->dword, sentinel);
    expect(t, "the MMTIME was written", memcmp(&t->time, &t->time_before, sizeof t->time), 0);
}

static void check_written(struct stage *t, size_t n)
{
    expect(t, "more was written", memcmp(t->caps + n, t->caps_before + n, sizeof t->caps - n), 0);
    if (memcmp(t->caps, t->caps_before, n) == 0)
        fail(t, "nothing was written", 0, (long long)n);
}

static void check_time(struct stage *t, const char *type)
{
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {{"MS", 1}, {"SAMPLES", 2}, {"BYTES", 4}, {"SMPTE", 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, type) == 0)
            expect(t, "wType", t->time.wType, types[i].type);
}

static uint32_t position(struct stage *t)
{
    struct mmk_mmtime time;
    memset(&time, 0, sizeof time);
    time.wType = MMK_TIME_BYTES;
    expect(t, "GETPOS", dev(t, own_msg(t, "GETPOS"), t->handle, (uintptr_t)&time, sizeof time), 0);
    return time.u.cb;
}

static void check_get(struct stage *t, const char *message, uint32_t wanted)
{
    uint32_t value = ~wanted;
    const uintptr_t user = t->row->via == VIA_AUX ? 0 : user_of(t);
    expect(t, message, dev(t, own_msg(t, message), user, (uintptr_t)&value, 0), 0);
    expect(t, message, value, wanted);
}

static void check_effects(struct stage *t)
{
    const char *effect = t->row->effect;
    char v[32];
    if (word(effect, "kept"))
        check_kept(t);
    if (token(effect, "flags", v, sizeof v))
        check_flags(t, v, false);
    if (token(effect, "later", v, sizeof v))
        check_flags(t, v, true);
    if (token(effect, "value", v, sizeof v))
        expect(t, "value", t->row->via == VIA_MXD ? t->values[0] : t->dword,
               (long long)strtoul(v, NULL, 0));
    if (token(effect, "volume", v, sizeof v))
        check_get(t, "GETVOLUME", (uint32_t)strtoul(v, NULL, 0));
    if (token(effect, "rate", v, sizeof v))
        check_get(t, "GETPLAYBACKRATE", (uint32_t)strtoul(v, NULL, 0));
    if (token(effect, "written", v, sizeof v))
        check_written(t, strtoul(v, NULL, 0));
    if (token(effect, "type", v, sizeof v))
        check_time(t, v);
    if (token(effect, "time", v, sizeof v))
        expect(t, "time", t->time.u.cb, 0);
    if (token(effect, "position", v, sizeof v))
        expect(t, "position", position(t), 0);
}

/* ------------------------------------------------------------------ which state it is now
 * Asked from outside only, and nothing is left of it afterwards. */

static void probe_driver(struct stage *t, const char *next)
{
    const bool open = strncmp(next, "OPEN", 4) == 0;
    const bool on = open || strcmp(next, "ENABLED") == 0;
    const unsigned n = open ? (unsigned)(next[4] - '0') : 0;
    unsigned n_good = 0;
    uintptr_t id;

    expect(t, "devices afterwards",
           t->s->device(t->s->ctx, VIA_WOD, 0, MMK_WODM_GETNUMDEVS, 0, 0, 0),
           on ? (long long)t->s->n_devices : 0);
    if (strcmp(next, "DISABLED") != 0) { /* there an instance left open may still be closed */
        for (unsigned i = 0; i < t->n_ids; i++)
            n_good += drv(t, t->ids[i], MMK_DRV_CLOSE, 0, 0) == 1;
        expect(t, "instances afterwards", n_good, n);
    }
    id = (uintptr_t)drv(t, 0, MMK_DRV_OPEN, 0, 0);
    expect(t, "another OPEN afterwards", id != 0, on || strcmp(next, "LOADED") == 0);
    expect(t, "ENABLE afterwards", drv(t, 0, MMK_DRV_ENABLE, 0, 0), strcmp(next, "NONE") != 0);
}

static void probe_gone(struct stage *t)
{
    struct mmk_mmtime time;
    memset(&time, 0, sizeof time);
    if (t->handle != 0)
        expect(t, "the handle afterwards",
               dev(t, own_msg(t, "GETPOS"), t->handle, (uintptr_t)&time, sizeof time),
               MMK_MMSYSERR_INVALHANDLE);
}

static void probe_moves(struct stage *t, bool moves)
{
    uint32_t before;
    expect(t, "CLOSE afterwards", dev(t, own_msg(t, "CLOSE"), t->handle, 0, 0),
           MMK_WAVERR_STILLPLAYING);
    t->s->pass_ms(t->s->ctx, 60);
    before = position(t);
    t->s->pass_ms(t->s->ctx, 60);
    expect(t, "whether it runs afterwards", position(t) > before, moves);
    expect(t, "RESET afterwards", dev(t, own_msg(t, "RESET"), t->handle, 0, 0), 0);
    expect(t, "CLOSE after RESET", dev(t, own_msg(t, "CLOSE"), t->handle, 0, 0), 0);
}

static void probe_detached(struct stage *t, bool can_open)
{
    struct mmk_wavehdr header;
    uintptr_t handle = 0;
    memset(&header, 0, sizeof header);
    header.lpData = (char *)client_data;
    header.dwBufferLength = 64;
    header.dwFlags = MMK_WHDR_PREPARED;
    if (t->handle != 0)
        expect(t, "WRITE afterwards",
               dev(t, own_msg(t, t->row->via == VIA_WOD ? "WRITE" : "ADDBUFFER"), t->handle,
                   (uintptr_t)&header, sizeof header),
               MMK_MMSYSERR_NODRIVER);
    expect(t, "OPEN afterwards", dev(t, own_msg(t, "OPEN"), (uintptr_t)&handle, desc_of(t, ""), 0),
           can_open ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_NOTENABLED);
}

static void probe_stream(struct stage *t, const char *next)
{
    if (strcmp(next, "closed") == 0 || strcmp(next, "gone") == 0)
        probe_gone(t);
    else if (strcmp(next, "idle") == 0)
        expect(t, "CLOSE afterwards", dev(t, own_msg(t, "CLOSE"), t->handle, 0, 0), 0);
    else if (strcmp(next, "playing") == 0 || strcmp(next, "recording") == 0)
        probe_moves(t, true);
    else if (strcmp(next, "paused") == 0 || strcmp(next, "queued") == 0)
        probe_moves(t, false);
    else if (strcmp(next, "ended") == 0 || strcmp(next, "disabled") == 0)
        probe_detached(t, strcmp(next, "ended") == 0);
    else
        fail(t, "unknown next state", 0, 0);
}

static void probe_plain(struct stage *t, const char *next)
{
    const bool off = strcmp(next, "disabled") == 0;
    expect(t, "GETDEVCAPS afterwards",
           dev(t, own_msg(t, "GETDEVCAPS"), 0, (uintptr_t)t->caps, sizeof t->caps),
           off ? MMK_MMSYSERR_NOTENABLED : MMK_MMSYSERR_NOERROR);
    if (strcmp(next, "open") == 0)
        expect(t, "CLOSE afterwards", dev(t, MMK_MXDM_CLOSE, t->handle, 0, 0), 0);
}

static void probe(struct stage *t, const char *next)
{
    if (t->row->via == VIA_DRV) {
        probe_driver(t, next);
        return;
    }
    if (strcmp(next, "off") == 0 || strcmp(next, "exited") == 0) {
        expect(t, "devices afterwards", dev(t, own_msg(t, "GETNUMDEVS"), 0, 0, 0), 0);
        return;
    }
    expect(t, "devices afterwards", dev(t, own_msg(t, "GETNUMDEVS"), 0, 0, 0),
           t->row->via == VIA_WOD || t->row->via == VIA_WID ? (long long)t->s->n_devices : 1);
    if (t->row->via == VIA_WOD || t->row->via == VIA_WID)
        probe_stream(t, next);
    else
        probe_plain(t, next);
}

/* ------------------------------------------------------------------ the run */

static void check_answer(struct stage *t, intptr_t got)
{
    const char *wanted = t->row->answer;
    if (strcmp(wanted, "id") == 0) {
        if (got == 0)
            fail(t, "answer", got, 1);
        else if (t->n_ids < IDS_MAX)
            t->ids[t->n_ids++] = (uintptr_t)got;
        return;
    }
    if (strcmp(wanted, "ui") == 0) {
        expect(t, "answer", got, t->s->has_ui);
        return;
    }
    if (strcmp(wanted, "count") == 0) {
        expect(t, "answer", got, t->s->n_devices);
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(answers[i].name, wanted) == 0) {
            expect(t, "answer", got, answers[i].number);
            return;
        }
    expect(t, "answer", got, strtoll(wanted, NULL, 0));
}

static void send(struct stage *t)
{
    uint32_t msg;
    if (!message_number(t->row->message, &msg)) {
        fail(t, "unknown message", 0, 0);
        return;
    }
    memset(t->caps, SENTINEL, sizeof t->caps);
    memcpy(t->caps_before, t->caps, sizeof t->caps);
    memset(&t->out, SENTINEL, sizeof t->out);
    memset(&t->dword, SENTINEL, sizeof t->dword);
    memset(&t->time, SENTINEL, sizeof t->time);
    t->time_before = t->time;
    if (t->row->via == VIA_DRV) {
        if (word(t->row->variant, "installed"))
            expect(t, "getting into the state: INSTALL", drv(t, id_of(t), MMK_DRV_INSTALL, 0, 0),
                   1);
        check_answer(t, drv(t, id_of(t), msg, lparam_of(t, "l1"), lparam_of(t, "l2")));
    } else {
        const uintptr_t p1 = p1_of(t);
        check_answer(t, (intptr_t)t->s->device(t->s->ctx, t->row->via, device_of(t), msg,
                                               user_of(t), p1, p2_of(t)));
    }
}

static void run_cell(const struct message_subject *subject, const struct message_row *row,
                     const char *state, void (*complain)(void *, const char *), void *user,
                     bool *failed)
{
    static struct stage t; /* clients' memory: must outlive what the cell queued */
    const char *next = strcmp(row->next, "=") == 0 ? state : row->next;
    uintptr_t sentinel;

    subject->fresh(subject->ctx);
    memset(&t, 0, sizeof t);
    t.s = subject;
    t.row = row;
    t.state = state;
    t.complain = complain;
    t.user = user;
    if (row->via == VIA_DRV)
        enter_driver_state(&t);
    else
        enter_device_state(&t);
    send(&t);
    check_effects(&t);
    memset(&sentinel, SENTINEL, sizeof sentinel);
    if (t.handle == 0 && t.out != sentinel && t.out != 0)
        t.handle = t.out; /* the stream that this cell opened */
    probe(&t, next);
    subject->fresh(subject->ctx);
    *failed = t.failed;
}

struct run {
    const struct message_subject *subject;
    void (*complain)(void *user, const char *what);
    void *user;
    struct message_totals *totals;
};

static void on_row(void *user, const struct message_row *row)
{
    struct run *run = user;
    const unsigned mark = row->mark[0] == 'd' ? 0 : row->mark[0] == 'w' ? 1 : 2;
    for (char *state = row->states, *end; state != NULL; state = end) {
        bool failed = false;
        end = strchr(state, ',');
        if (end != NULL)
            *end++ = '\0';
        run_cell(run->subject, row, state, run->complain, run->user, &failed);
        run->totals->cells++;
        run->totals->by_mark[mark]++;
        run->totals->by_via[row->via]++;
        run->totals->failed += failed;
    }
}

static void on_bad(void *user, unsigned line, const char *why)
{
    struct run *run = user;
    char text[100];
    snprintf(text, sizeof text, "line %u: %s", line, why);
    run->complain(run->user, text);
    run->totals->failed++;
}

void message_cases_run(const struct message_subject *subject, char *text,
                       void (*complain)(void *user, const char *what), void *user,
                       struct message_totals *totals)
{
    struct run run = {subject, complain, user, totals};
    memset(totals, 0, sizeof *totals);
    message_rows(text, on_row, on_bad, &run);
}
