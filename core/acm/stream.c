/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "acm/acm_internal.h"

/* Streams: handles, and the messages about them.
 *
 * A handle is generation << 12 | index, never a pointer; a stale one gets MMSYSERR_INVALHANDLE. The
 * table is guarded by the gate for some instructions; a stream that is being converted is marked
 * busy, and whoever else wants it meanwhile gets ACMERR_BUSY. */

enum { SLOTS_MAX = 4096, SLOTS_FIRST = 16, GATE_WAIT_NS = 20000, SIZE_MOST = 0x7FFFFFFF };

struct mmki_acm_stream {
    uint32_t handle;
    bool busy; /* gate */
    struct mmk_callback callback;
    bool async;
    struct mmk_transcoder *transcoder; /* behind this struct, 64-aligned */
};

/* ------------------------------------------------------------------ the table */

static void gate_take(struct mmk_acm *acm)
{
    struct mmk_platform *platform = acm->port->platform;
    while (atomic_exchange_explicit(&acm->gate, 1, memory_order_acquire) != 0)
        platform->ops->sleep_ns(platform, GATE_WAIT_NS);
}

static void gate_leave(struct mmk_acm *acm)
{
    atomic_store_explicit(&acm->gate, 0, memory_order_release);
}

static uint32_t index_of(uint32_t handle)
{
    return handle & (SLOTS_MAX - 1);
}

/* A free index, the table grown if there is none. Gate held; `bigger` is a table of twice the slots
 * or NULL, and is the old one when it was taken. */
static bool free_index(struct mmk_acm *acm, struct mmki_acm_stream ***bigger, uint32_t n_bigger,
                       uint32_t *index)
{
    for (*index = 0; *index < acm->n_slots; ++*index)
        if (acm->slots[*index] == NULL)
            return true;
    if (*bigger == NULL || n_bigger <= acm->n_slots)
        return false;
    struct mmki_acm_stream **old = acm->slots;
    if (old != NULL)
        memcpy(*bigger, old, acm->n_slots * sizeof(struct mmki_acm_stream *));
    acm->slots = *bigger;
    acm->n_slots = n_bigger;
    *bigger = old;
    return true;
}

static bool enlist(struct mmk_acm *acm, struct mmki_acm_stream *stream)
{
    struct mmk_platform *platform = acm->port->platform;
    struct mmki_acm_stream **bigger = NULL;
    uint32_t index, n = 0;
    bool found;

    for (;;) {
        gate_take(acm);
        found = free_index(acm, &bigger, n, &index);
        if (found) {
            acm->generation = (acm->generation + 1) & 0xFFFFFu;
            acm->generation = acm->generation != 0 ? acm->generation : 1;
            stream->handle = acm->generation << 12 | index;
            acm->slots[index] = stream;
        } else {
            n = acm->n_slots != 0 ? 2 * acm->n_slots : SLOTS_FIRST;
        }
        gate_leave(acm);
        platform->ops->free(platform, bigger);
        bigger = NULL;
        if (found || n > SLOTS_MAX)
            return found;
        bigger = platform->ops->alloc(platform, n * sizeof(struct mmki_acm_stream *));
        if (bigger == NULL)
            return false;
    }
}

/* The stream of a handle, marked busy; *answer says why not. */
static struct mmki_acm_stream *borrow(struct mmk_acm *acm, uintptr_t handle, uint32_t *answer)
{
    struct mmki_acm_stream *stream = NULL;

    *answer = MMK_MMSYSERR_INVALHANDLE;
    if (handle == 0 || handle > UINT32_MAX)
        return NULL;
    gate_take(acm);
    if (index_of((uint32_t)handle) < acm->n_slots)
        stream = acm->slots[index_of((uint32_t)handle)];
    if (stream != NULL && stream->handle != (uint32_t)handle)
        stream = NULL;
    if (stream != NULL && stream->busy) {
        *answer = MMK_ACMERR_BUSY;
        stream = NULL;
    } else if (stream != NULL) {
        *answer = MMK_MMSYSERR_NOERROR;
        stream->busy = true;
    }
    gate_leave(acm);
    return stream;
}

static void give_back(struct mmk_acm *acm, struct mmki_acm_stream *stream)
{
    gate_take(acm);
    stream->busy = false;
    gate_leave(acm);
}

/* ------------------------------------------------------------------ the instance structure */

struct instance {
    const void *src, *dst, *filter;
    uintptr_t callback, user, has, driver;
    uint32_t flags;
    size_t driver_at; /* offset of dwDriver, to be written */
};

/* Windows' layout and Wine's, told apart by cbStruct. */
static bool take_instance(uintptr_t l1, struct instance *i)
{
    struct mmk_acmdrvstreaminstance packed;
    struct mmk_acmdrvstreaminstance_wine wine;
    uint32_t size;

    if (l1 == 0)
        return false;
    memcpy(&size, (const void *)l1, sizeof size);
    if (size >= sizeof wine) {
        memcpy(&wine, (const void *)l1, sizeof wine);
        *i = (struct instance){wine.pwfxSrc,
                               wine.pwfxDst,
                               wine.pwfltr,
                               wine.dwCallback,
                               wine.dwInstance,
                               wine.has,
                               wine.dwDriver,
                               wine.fdwOpen,
                               offsetof(struct mmk_acmdrvstreaminstance_wine, dwDriver)};
        return true;
    }
    if (size < sizeof packed)
        return false;
    memcpy(&packed, (const void *)l1, sizeof packed);
    *i = (struct instance){
        packed.pwfxSrc,    packed.pwfxDst,    packed.pwfltr,
        packed.dwCallback, packed.dwInstance, packed.has,
        packed.dwDriver,   packed.fdwOpen,    offsetof(struct mmk_acmdrvstreaminstance, dwDriver)};
    return true;
}

static void set_driver(uintptr_t l1, const struct instance *i, uintptr_t value)
{
    memcpy((char *)l1 + i->driver_at, &value, sizeof value);
}

static void notify(struct mmk_acm *acm, const struct mmk_callback *callback, uint32_t msg,
                   uintptr_t p1)
{
    if ((callback->flags & MMK_CALLBACK_TYPEMASK) != MMK_CALLBACK_NULL)
        acm->port->notify->ops->deliver(acm->port->notify, callback, msg, p1, 0);
}

/* ------------------------------------------------------------------ open, close */

#define STREAM_ROOM 128u /* of struct mmki_acm_stream, so that the transcoder is aligned to 64 */
_Static_assert(sizeof(struct mmki_acm_stream) <= STREAM_ROOM, "raise STREAM_ROOM");

static uint32_t answer_of(mmk_err err)
{
    switch ((int)err) {
    case MMK_OK:
        return MMK_MMSYSERR_NOERROR;
    case MMK_ERR_INVAL:
        return MMK_MMSYSERR_INVALPARAM;
    case MMK_ERR_NOMEM:
        return MMK_MMSYSERR_NOMEM;
    default:
        return MMK_ACMERR_NOTPOSSIBLE;
    }
}

static struct mmki_acm_stream *make_stream(struct mmk_acm *acm,
                                           const struct mmk_transcoder_config *config,
                                           const struct instance *i, size_t n_bytes,
                                           uint32_t *answer)
{
    struct mmk_platform *platform = acm->port->platform;
    struct mmki_acm_stream *stream = NULL;
    size_t total;

    *answer = MMK_MMSYSERR_NOMEM;
    if (mmki_add_size(n_bytes, STREAM_ROOM, &total))
        stream = platform->ops->alloc(platform, total);
    if (stream == NULL)
        return NULL;
    stream->async = (i->flags & MMK_ACM_STREAMOPENF_ASYNC) != 0;
    stream->callback =
        (struct mmk_callback){i->flags & MMK_CALLBACK_TYPEMASK, i->callback, i->has, i->user};
    const mmk_err err =
        mmk_transcoder_init((char *)stream + STREAM_ROOM, n_bytes, config, &stream->transcoder);
    if (err == MMK_OK && enlist(acm, stream))
        return stream;
    *answer = err == MMK_OK ? MMK_MMSYSERR_NOMEM : answer_of(err);
    platform->ops->free(platform, stream);
    return NULL;
}

uint32_t mmki_acm_stream_open(struct mmk_acm *acm, uintptr_t l1)
{
    const uint32_t known = MMK_ACM_STREAMOPENF_QUERY | MMK_ACM_STREAMOPENF_ASYNC |
                           MMK_ACM_STREAMOPENF_NONREALTIME | MMK_CALLBACK_TYPEMASK;
    struct instance i;
    struct mmk_transcoder_config config;
    struct mmki_acm_stream *stream;
    struct mmk_callback callback;
    size_t n_bytes;
    uint32_t answer;

    if (!take_instance(l1, &i) || i.src == NULL || i.dst == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if ((i.flags & ~known) != 0)
        return MMK_MMSYSERR_INVALFLAG;
    memset(&config, 0, sizeof config);
    config.src = i.src;
    config.src_bytes = SIZE_MAX;
    config.dst = i.dst;
    config.dst_bytes = SIZE_MAX;
    config.filter = acm->cls->filters ? i.filter : NULL;
    config.codecs = acm->codecs.list;
    config.n_codecs = acm->codecs.n;
    config.dsp = acm->dsp;
    if (i.filter != NULL && !acm->cls->filters)
        return MMK_ACMERR_NOTPOSSIBLE;
    if ((i.flags & MMK_ACM_STREAMOPENF_QUERY) == 0)
        acm->setup(acm->user, &config.setup); /* what can be converted does not depend on it */
    answer = answer_of(mmk_transcoder_bytes(&config, &n_bytes));
    if (answer != MMK_MMSYSERR_NOERROR || (i.flags & MMK_ACM_STREAMOPENF_QUERY) != 0)
        return answer;
    stream = make_stream(acm, &config, &i, n_bytes, &answer);
    if (stream == NULL)
        return answer;
    callback = stream->callback;
    set_driver(l1, &i, stream->handle);
    if ((i.flags & MMK_ACM_STREAMOPENF_ASYNC) != 0)
        notify(acm, &callback, MMK_MM_ACM_OPEN, 0);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_acm_stream_close(struct mmk_acm *acm, uintptr_t l1)
{
    struct mmk_platform *platform = acm->port->platform;
    struct mmki_acm_stream *stream;
    struct mmk_callback callback;
    struct instance i;
    uint32_t answer;
    bool async;

    if (!take_instance(l1, &i))
        return MMK_MMSYSERR_INVALPARAM;
    stream = borrow(acm, i.driver, &answer);
    if (stream == NULL)
        return answer;
    gate_take(acm);
    acm->slots[index_of(stream->handle)] = NULL;
    gate_leave(acm);
    callback = stream->callback;
    async = stream->async;
    platform->ops->free(platform, stream);
    set_driver(l1, &i, 0);
    if (async)
        notify(acm, &callback, MMK_MM_ACM_CLOSE, 0);
    return MMK_MMSYSERR_NOERROR;
}

/* No message is on its way any more. */
void mmki_acm_streams_end(struct mmk_acm *acm)
{
    struct mmk_platform *platform = acm->port->platform;
    for (uint32_t i = 0; i < acm->n_slots; i++)
        platform->ops->free(platform, acm->slots[i]);
    platform->ops->free(platform, acm->slots);
    acm->slots = NULL;
    acm->n_slots = 0;
}

/* ------------------------------------------------------------------ size */

uint32_t mmki_acm_stream_size(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2)
{
    struct mmki_acm_stream *stream;
    struct mmk_acmdrvstreamsize size;
    struct instance i;
    uint32_t answer;
    uint64_t n;

    if (!take_instance(l1, &i) || l2 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&size, (const void *)l2, sizeof size.cbStruct);
    if (size.cbStruct < sizeof size)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(&size, (const void *)l2, sizeof size);
    stream = borrow(acm, i.driver, &answer);
    if (stream == NULL)
        return answer;
    switch (size.fdwSize & MMK_ACM_STREAMSIZEF_QUERYMASK) {
    case MMK_ACM_STREAMSIZEF_SOURCE:
        n = size.cbSrcLength == 0
                ? 0
                : mmk_transcoder_bound(stream->transcoder, size.cbSrcLength, true);
        size.cbDstLength = n <= SIZE_MOST ? (uint32_t)n : 0;
        break;
    case MMK_ACM_STREAMSIZEF_DESTINATION:
        n = mmk_transcoder_fit(stream->transcoder, size.cbDstLength);
        size.cbSrcLength = n <= SIZE_MOST ? (uint32_t)n : 0;
        break;
    default:
        give_back(acm, stream);
        return MMK_MMSYSERR_NOTSUPPORTED;
    }
    give_back(acm, stream);
    if (n == 0 || n > SIZE_MOST)
        return MMK_ACMERR_NOTPOSSIBLE;
    memcpy((void *)l2, &size, sizeof size);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ headers */

#define PREPARED_MARK 0x6d6d6b61u

/* Reads a header that may lie. Buffers may be absent only where they are empty. */
static uint32_t take_header(uintptr_t l2, struct mmk_acmdrvstreamheader *h)
{
    if (l2 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(h, (const void *)l2, sizeof h->cbStruct);
    if (h->cbStruct < sizeof *h)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(h, (const void *)l2, sizeof *h);
    if ((h->pbSrc == NULL && h->cbSrcLength != 0) || (h->pbDst == NULL && h->cbDstLength != 0) ||
        h->cbSrcLength > SIZE_MOST || h->cbDstLength > SIZE_MOST)
        return MMK_MMSYSERR_INVALPARAM;
    return MMK_MMSYSERR_NOERROR;
}

/* Only these fields of a header are ours to write. */
static void give_header(uintptr_t l2, const struct mmk_acmdrvstreamheader *h)
{

    memcpy((char *)l2 + offsetof(struct mmk_acmdrvstreamheader, cbSrcLengthUsed),
           &h->cbSrcLengthUsed, sizeof h->cbSrcLengthUsed);
    memcpy((char *)l2 + offsetof(struct mmk_acmdrvstreamheader, cbDstLengthUsed),
           &h->cbDstLengthUsed, sizeof h->cbDstLengthUsed);
    memcpy((char *)l2 + offsetof(struct mmk_acmdrvstreamheader, fdwDriver), &h->fdwDriver,
           sizeof h->fdwDriver);
    memcpy((char *)l2 + offsetof(struct mmk_acmdrvstreamheader, dwDriver), &h->dwDriver,
           sizeof h->dwDriver);
}

static uint32_t mark(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2, bool prepared)
{
    struct mmk_acmdrvstreamheader h;
    struct mmki_acm_stream *stream;
    struct instance i;
    uint32_t answer;

    if (!take_instance(l1, &i))
        return MMK_MMSYSERR_INVALPARAM;
    answer = take_header(l2, &h);
    if (answer != MMK_MMSYSERR_NOERROR)
        return answer;
    stream = borrow(acm, i.driver, &answer);
    if (stream == NULL)
        return answer;
    if (!prepared && (h.fdwStatus & MMK_ACMSTREAMHEADER_STATUSF_INQUEUE) != 0)
        answer = MMK_ACMERR_BUSY;
    h.fdwDriver = prepared ? PREPARED_MARK : 0;
    h.dwDriver = prepared ? stream->handle : 0;
    give_back(acm, stream);
    if (answer == MMK_MMSYSERR_NOERROR)
        give_header(l2, &h);
    return answer;
}

uint32_t mmki_acm_stream_prepare(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2)
{
    return mark(acm, l1, l2, true);
}

uint32_t mmki_acm_stream_unprepare(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2)
{
    return mark(acm, l1, l2, false);
}

/* ------------------------------------------------------------------ convert */

static bool overlap(const struct mmk_acmdrvstreamheader *h)
{
    const uintptr_t src = (uintptr_t)h->pbSrc, dst = (uintptr_t)h->pbDst;
    if (h->cbSrcLength == 0 || h->cbDstLength == 0)
        return false;
    return src < dst ? dst - src < h->cbSrcLength : src - dst < h->cbDstLength;
}

static unsigned flags_of(uint32_t convert)
{
    return ((convert & MMK_ACM_STREAMCONVERTF_BLOCKALIGN) != 0 ? MMK_TRANSCODE_BLOCKALIGN : 0u) |
           ((convert & MMK_ACM_STREAMCONVERTF_START) != 0 ? MMK_TRANSCODE_START : 0u) |
           ((convert & MMK_ACM_STREAMCONVERTF_END) != 0 ? MMK_TRANSCODE_END : 0u);
}

static uint32_t check_header(const struct mmk_acmdrvstreamheader *h, uintptr_t driver)
{
    const uint32_t known = MMK_ACM_STREAMCONVERTF_BLOCKALIGN | MMK_ACM_STREAMCONVERTF_START |
                           MMK_ACM_STREAMCONVERTF_END;
    const bool ours = h->fdwDriver == PREPARED_MARK && h->dwDriver == driver;
    if (!ours && (h->fdwStatus & MMK_ACMSTREAMHEADER_STATUSF_PREPARED) == 0)
        return MMK_ACMERR_UNPREPARED;
    if ((h->fdwConvert & ~known) != 0)
        return MMK_MMSYSERR_INVALFLAG;
    return overlap(h) ? MMK_MMSYSERR_INVALPARAM : MMK_MMSYSERR_NOERROR;
}

static void say_done(struct mmk_acm *acm, const struct mmk_callback *callback, uintptr_t l2)
{
    const size_t at = offsetof(struct mmk_acmdrvstreamheader, fdwStatus);
    uint32_t status;
    memcpy(&status, (const char *)l2 + at, sizeof status);
    status &= ~MMK_ACMSTREAMHEADER_STATUSF_INQUEUE;
    status |= MMK_ACMSTREAMHEADER_STATUSF_DONE;
    memcpy((char *)l2 + at, &status, sizeof status);
    notify(acm, callback, MMK_MM_ACM_DONE, l2);
}

uint32_t mmki_acm_stream_convert(struct mmk_acm *acm, uintptr_t l1, uintptr_t l2)
{
    struct mmk_acmdrvstreamheader h;
    struct mmki_acm_stream *stream;
    struct mmk_callback callback;
    struct instance i;
    uint32_t answer;
    size_t used, made;
    bool async;

    if (!take_instance(l1, &i))
        return MMK_MMSYSERR_INVALPARAM;
    answer = take_header(l2, &h);
    if (answer != MMK_MMSYSERR_NOERROR)
        return answer;
    answer = check_header(&h, i.driver);
    if (answer != MMK_MMSYSERR_NOERROR)
        return answer;
    stream = borrow(acm, i.driver, &answer);
    if (stream == NULL)
        return answer;
    mmk_transcoder_process(stream->transcoder, h.pbSrc, h.cbSrcLength, &used, h.pbDst,
                           h.cbDstLength, &made, flags_of(h.fdwConvert));
    callback = stream->callback;
    async = stream->async;
    give_back(acm, stream);
    h.cbSrcLengthUsed = (uint32_t)used;
    h.cbDstLengthUsed = (uint32_t)made;
    give_header(l2, &h);
    if (async)
        say_done(acm, &callback, l2);
    return MMK_MMSYSERR_NOERROR;
}

/* Nothing is ever queued, so nothing has to come back; what is inside goes. */
uint32_t mmki_acm_stream_reset(struct mmk_acm *acm, uintptr_t l1)
{
    struct mmki_acm_stream *stream;
    struct instance i;
    uint32_t answer;
    size_t used, made;

    if (!take_instance(l1, &i))
        return MMK_MMSYSERR_INVALPARAM;
    stream = borrow(acm, i.driver, &answer);
    if (stream == NULL)
        return answer;
    mmk_transcoder_process(stream->transcoder, NULL, 0, &used, NULL, 0, &made, MMK_TRANSCODE_START);
    give_back(acm, stream);
    return MMK_MMSYSERR_NOERROR;
}
