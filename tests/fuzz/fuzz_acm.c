/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fuzz.h"

#include <mmk/abi.h>
#include <mmk/acm.h>
#include <mmk/shipped.h>

/* A hostile client of the codec pack: any ACMDM_* messages in any order, in both layouts, with
 * formats and headers that lie. Every structure and buffer is a heap block of exactly the length
 * that is claimed for it, so that a sanitizer sees each byte read or written beyond. */

#define STREAMS 4u
#define ROOM    (8u << 20) /* the client's machine has no more */

struct client {
    struct mmk_port port;
    struct mmk_platform platform;
    struct mmk_notify notify;
    struct mmk_acm *acm;
    struct fuzz_input in;
    struct mmk_acm_setup setup;
    size_t n_blocks;
    bool starve; /* the next alloc fails */
    bool opened[STREAMS];
    uintptr_t handle[STREAMS];
    size_t block_in[STREAMS];
};

static struct client *client_of(struct mmk_platform *platform)
{
    return (struct client *)(void *)((char *)platform - offsetof(struct client, platform));
}

static void *own_alloc(struct mmk_platform *self, size_t n)
{
    struct client *c = client_of(self);
    void *p = NULL;
    if (n <= ROOM && !c->starve)
        p = aligned_alloc(64, (n + 63) / 64 * 64);
    c->starve = false;
    if (p == NULL)
        return NULL;
    memset(p, 0, (n + 63) / 64 * 64); /* the port promises it */
    c->n_blocks++;
    return p;
}

static void own_free(struct mmk_platform *self, void *p)
{
    client_of(self)->n_blocks -= p != NULL;
    free(p);
}

static void no_sleep(struct mmk_platform *self, uint64_t ns)
{
    (void)self;
    (void)ns;
}

static uint32_t no_features(struct mmk_platform *self)
{
    (void)self;
    return 0;
}

static void deliver(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                    uintptr_t p1, uintptr_t p2)
{
    (void)self;
    (void)p2;
    CLAIM((callback->flags & MMK_CALLBACK_TYPEMASK) != 0);
    CLAIM(msg == MMK_MM_ACM_OPEN || msg == MMK_MM_ACM_CLOSE || msg == MMK_MM_ACM_DONE);
    CLAIM((msg == MMK_MM_ACM_DONE) == (p1 != 0));
}

static void give_setup(void *user, struct mmk_acm_setup *out)
{
    *out = ((struct client *)user)->setup;
}

static uint32_t send(struct client *c, uint32_t msg, const void *l1, const void *l2)
{
    return mmk_acm_message(c->acm, msg, (intptr_t)l1, (intptr_t)l2);
}

/* ------------------------------------------------------------------ formats */

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xFFFF);
    put16(p + 2, v >> 16);
}

/* A format that could be one. */
static void plausible(struct client *c, uint8_t *b)
{
    static const uint16_t tags[] = {1, 1, 1, 3, 0xFFFE, 6, 7, 2, 2, 0x11, 0x11, 0x31};
    static const uint32_t rates[] = {8000, 44100, 48000, 11025, 1000, 384000, 22050, 999};
    static const uint8_t coefs[] = {7, 0,  0, 1,   0, 0, 0, 2,   0, 255, 0,   0,   0, 0,  192,
                                    0, 64, 0, 240, 0, 0, 0, 204, 1, 48,  255, 136, 1, 24, 255};
    const uint16_t tag = tags[fuzz_u8(&c->in) % 12];
    const unsigned channels = 1u + fuzz_u8(&c->in) % (tag == 1 || tag == 3 || tag == 0xFFFE ? 8u : 2u);
    const unsigned shape = fuzz_u8(&c->in);
    const uint32_t rate = rates[shape % 8];
    unsigned bits = tag == 3 ? 32u + shape / 8 % 2 * 32 : 8u + shape / 8 % 4 * 8;
    unsigned block = channels * bits / 8, extra = 0;
    if (tag == 6 || tag == 7) {
        bits = 8;
        block = channels;
    } else if (tag == 2 || tag == 0x11) {
        bits = 4;
        block = channels * (8u + 4u * (fuzz_u8(&c->in) % 64u));
        extra = tag == 2 ? 32 : 2;
        const unsigned head = tag == 2 ? 7 : 4, more = tag == 2 ? 2 : 1;
        put16(b + 18, (block - head * channels) * 2 / channels + more);
        memcpy(b + 20, coefs, sizeof coefs);
    } else if (tag == 0x31) {
        bits = 0;
        block = 65;
        extra = 2;
        put16(b + 18, 320);
    } else if (tag == 0xFFFE) {
        static const uint8_t pcm[16] = {1,    0, 0, 0,    0, 0,    0x10, 0,
                                        0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
        extra = 22;
        put16(b + 18, bits);
        put32(b + 20, fuzz_u8(&c->in));
        memcpy(b + 24, pcm, 16);
    }
    put16(b, tag);
    put16(b + 2, channels);
    put32(b + 4, rate);
    put32(b + 8, rate * block);
    put16(b + 12, block);
    put16(b + 14, bits);
    put16(b + 16, extra);
}

/* WAVEFORMATEX in memory of exactly its own length; NULL now and then. */
static void *make_format(struct client *c, size_t *len)
{
    static uint8_t b[18 + 65536];
    const uint8_t how = fuzz_u8(&c->in);
    memset(b, 0, sizeof b);
    plausible(c, b);
    if (how >= 0xA0) /* lies, three at most */
        for (unsigned i = 0; i < 1u + how % 3; i++)
            b[fuzz_u8(&c->in) % 52] = fuzz_u8(&c->in);
    *len = b[0] == 1 && b[1] == 0 ? 16u : 18u + (b[16] | (unsigned)b[17] << 8);
    if (how == 0xFF)
        return NULL;
    void *exact = malloc(*len);
    CLAIM(exact != NULL);
    memcpy(exact, b, *len);
    return exact;
}

static void *make_filter(struct client *c)
{
    const uint8_t how = fuzz_u8(&c->in);
    uint8_t b[44] = {0};
    if (how < 0xA0)
        return NULL;
    const uint32_t size = how & 1 ? 36u + 4u * (how >> 1 & 1) : fuzz_u8(&c->in) % 45u;
    put32(b, size);
    put32(b + 4, how & 4 ? 1 + (how >> 1 & 1) : fuzz_u8(&c->in));
    put32(b + 8, how & 8 ? 0 : fuzz_u8(&c->in));
    put32(b + 32, fuzz_u32(&c->in));
    put32(b + 36, fuzz_u16(&c->in) % 12000u);
    void *exact = malloc(size > 4 ? size : 4);
    CLAIM(exact != NULL);
    memcpy(exact, b, size > 4 ? size : 4);
    return exact;
}

/* ------------------------------------------------------------------ structures of two layouts */

static void *make_instance(struct client *c, uintptr_t handle, void *src, void *dst, void *filter,
                           uint32_t flags)
{
    struct mmk_acmdrvstreaminstance p = {.cbStruct = sizeof p, .fdwOpen = flags, .has = 9};
    struct mmk_acmdrvstreaminstance_wine w = {.cbStruct = sizeof w, .fdwOpen = flags, .has = 9};
    const uint8_t how = fuzz_u8(&c->in);
    const bool wine = how & 1;
    w.pwfxSrc = src;
    w.pwfxDst = dst;
    w.pwfltr = filter;
    w.dwCallback = 1;
    w.dwDriver = handle;
    p.pwfxSrc = w.pwfxSrc;
    p.pwfxDst = w.pwfxDst;
    p.pwfltr = w.pwfltr;
    p.dwCallback = 1;
    p.dwDriver = handle;
    uint32_t size = wine ? sizeof w : sizeof p;
    if (how >= 0xF0)
        size = fuzz_u8(&c->in) % (size + 1u);
    uint8_t *exact = malloc(size > 4 ? size : 4);
    CLAIM(exact != NULL);
    memcpy(exact, wine ? (void *)&w : (void *)&p, size > 4 ? size : 4);
    put32(exact, size);
    return how == 0xEF ? free(exact), NULL : exact;
}

static uintptr_t handle_in(const void *instance)
{
    uint32_t size;
    uintptr_t handle = 0;
    memcpy(&size, instance, sizeof size);
    if (size >= sizeof(struct mmk_acmdrvstreaminstance_wine))
        memcpy(&handle,
               (const char *)instance + offsetof(struct mmk_acmdrvstreaminstance_wine, dwDriver),
               sizeof handle);
    else if (size >= sizeof(struct mmk_acmdrvstreaminstance))
        memcpy(&handle,
               (const char *)instance + offsetof(struct mmk_acmdrvstreaminstance, dwDriver),
               sizeof handle);
    return handle;
}

static uintptr_t pick_handle(struct client *c, unsigned *slot)
{
    const uint8_t which = fuzz_u8(&c->in);
    *slot = which % STREAMS;
    if (which < 0xF0)
        return c->handle[*slot];
    *slot = STREAMS;
    return which < 0xF8 ? fuzz_u32(&c->in) : (uintptr_t)0x100000000u + which;
}

/* ------------------------------------------------------------------ messages */

static void send_open(struct client *c)
{
    const unsigned slot = fuzz_u8(&c->in) % STREAMS;
    const uint8_t how = fuzz_u8(&c->in);
    size_t n_src, n_dst;
    void *src = make_format(c, &n_src), *dst = make_format(c, &n_dst), *filter = make_filter(c);
    uint32_t flags = (how & 1 ? MMK_ACM_STREAMOPENF_QUERY : 0u) |
                     (how & 2 ? MMK_ACM_STREAMOPENF_ASYNC | MMK_CALLBACK_FUNCTION : 0u) |
                     (how & 4 ? MMK_ACM_STREAMOPENF_NONREALTIME : 0u);
    if (how >= 0xF0)
        flags = fuzz_u32(&c->in);
    if (filter != NULL && how & 8 && src != NULL) { /* a filter wants the same format */
        free(dst);
        dst = malloc(n_src);
        CLAIM(dst != NULL);
        memcpy(dst, src, n_src);
    }
    c->starve = how >= 0xE8 && how < 0xF0;
    void *instance = make_instance(c, 0, src, dst, filter, flags);
    const bool query = (flags & MMK_ACM_STREAMOPENF_QUERY) != 0;
    const uint32_t answer = send(c, MMK_ACMDM_STREAM_OPEN, instance, NULL);
    if (answer == 0 && !query) {
        CLAIM(src != NULL && dst != NULL);
        if (c->opened[slot]) { /* its place is taken: the older one goes */
            void *older = make_instance(c, c->handle[slot], NULL, NULL, NULL, 0);
            (void)send(c, MMK_ACMDM_STREAM_CLOSE, older, NULL);
            free(older);
        }
        c->opened[slot] = true;
        c->handle[slot] = handle_in(instance);
        CLAIM(c->handle[slot] != 0);
    } else if (answer == 0) {
        CLAIM(handle_in(instance) == 0); /* asked only */
    }
    c->starve = false;
    free(instance);
    free(src);
    free(dst);
    free(filter);
}

static void send_size(struct client *c)
{
    unsigned slot;
    struct mmk_acmdrvstreamsize size = {.cbStruct = sizeof size};
    const uintptr_t handle = pick_handle(c, &slot);
    void *instance = make_instance(c, handle, NULL, NULL, NULL, 0);
    const uint8_t how = fuzz_u8(&c->in);
    size.cbStruct = how < 0xF0 ? sizeof size : how % 16u;
    size.fdwSize = how & 0xC0 ? how & 1u : fuzz_u8(&c->in);
    size.cbSrcLength = how & 2 ? fuzz_u32(&c->in) : fuzz_u16(&c->in);
    size.cbDstLength = how & 4 ? fuzz_u32(&c->in) : fuzz_u16(&c->in);
    const size_t n = size.cbStruct > 4 ? size.cbStruct : 4;
    void *exact = malloc(n);
    CLAIM(exact != NULL);
    memcpy(exact, &size, n);
    const uint32_t answer = send(c, MMK_ACMDM_STREAM_SIZE, instance, exact);
    if (answer == 0) {
        struct mmk_acmdrvstreamsize got;
        memcpy(&got, exact, sizeof got);
        CLAIM(got.cbSrcLength <= 0x7FFFFFFF || got.cbSrcLength == size.cbSrcLength);
        CLAIM(got.cbSrcLength != 0 && got.cbDstLength != 0);
    }
    free(exact);
    free(instance);
}

static uint32_t length_of(struct client *c)
{
    const uint8_t how = fuzz_u8(&c->in);
    if (how < 0xE0)
        return how;
    /* less than 2^31 would be believed: it cannot be told from the truth */
    return how < 0xFC ? fuzz_u16(&c->in) % 20000u : fuzz_u32(&c->in) | 0x80000000u;
}

/* PREPARE, CONVERT, UNPREPARE: each may be left out, or come to another stream. */
static void send_convert(struct client *c)
{
    unsigned slot, other;
    struct mmk_acmdrvstreamheader h;
    const uint8_t how = fuzz_u8(&c->in);
    const uintptr_t handle = pick_handle(c, &slot);
    const uint32_t n_src = length_of(c), n_dst = length_of(c);
    const bool real = n_src <= 20000 && n_dst <= 20000;
    uint8_t *buffers = malloc(real ? n_src + n_dst + 1u : 1);
    uint8_t *src = malloc(real && n_src > 0 ? n_src : 1), *dst = malloc(real && n_dst ? n_dst : 1);
    CLAIM(buffers != NULL && src != NULL && dst != NULL);
    for (uint32_t i = 0; real && i < n_src; i++)
        src[i] = i < 64 ? fuzz_u8(&c->in) : (uint8_t)(i * 31 + n_src);

    memset(&h, 0, sizeof h);
    h.cbStruct = how < 0xF8 ? sizeof h : fuzz_u8(&c->in) % sizeof h;
    h.cbSrcLength = n_src;
    h.cbDstLength = n_dst;
    h.pbSrc = how == 0xF7 ? NULL : src;
    h.pbDst = how == 0xF6 ? NULL : dst;
    if (how == 0xF5 && real) { /* they overlap */
        memset(buffers, 0, n_src + n_dst + 1u);
        h.pbSrc = buffers;
        h.pbDst = buffers + fuzz_u16(&c->in) % (n_src + 1u);
    }
    if (how == 0xF4) { /* says things that are not so */
        h.fdwStatus = fuzz_u32(&c->in);
        h.fdwDriver = fuzz_u32(&c->in);
        h.dwDriver = handle;
    }
    const size_t n = h.cbStruct > 4 ? h.cbStruct : 4;
    uint8_t *exact = malloc(n);
    CLAIM(exact != NULL);
    memcpy(exact, &h, n);
    void *instance = make_instance(c, handle, NULL, NULL, NULL, 0);
    const uint32_t prepared =
        how % 16 == 15 ? 1u : send(c, MMK_ACMDM_STREAM_PREPARE, instance, exact);
    if (how % 16 == 14) { /* to another stream */
        free(instance);
        instance = make_instance(c, pick_handle(c, &other), NULL, NULL, NULL, 0);
    }
    if (h.cbStruct == sizeof h) {
        struct mmk_acmdrvstreamheader now;
        memcpy(&now, exact, sizeof now);
        now.fdwConvert = how & 0x10 ? fuzz_u8(&c->in) & 0x34 : fuzz_u8(&c->in);
        memcpy(exact, &now, sizeof now);
    }
    for (unsigned i = 0; i < 1u + how % 3; i++) {
        const uint32_t answer = send(c, MMK_ACMDM_STREAM_CONVERT, instance, exact);
        if (answer != 0)
            continue;
        struct mmk_acmdrvstreamheader after;
        CLAIM(h.cbStruct == sizeof h && real);
        CLAIM(prepared == 0 || how == 0xF4);
        memcpy(&after, exact, sizeof after);
        CLAIM(after.cbSrcLengthUsed <= n_src && after.cbDstLengthUsed <= n_dst);
        CLAIM(after.pbSrc == h.pbSrc && after.cbSrcLength == n_src && after.cbDstLength == n_dst);
    }
    (void)send(c, MMK_ACMDM_STREAM_UNPREPARE, instance, how % 32 == 13 ? NULL : exact);
    free(instance);
    free(exact);
    free(buffers);
    free(src);
    free(dst);
}

static void send_suggest(struct client *c)
{
    size_t n_src, n_dst, n;
    void *src = make_format(c, &n_src), *dst = make_format(c, &n_dst);
    const uint8_t how = fuzz_u8(&c->in);
    struct mmk_acmdrvformatsuggest p = {.cbStruct = sizeof p};
    struct mmk_acmdrvformatsuggest_wine w = {.cbStruct = sizeof w};
    p.fdwSuggest = w.fdwSuggest = how < 0xF0 ? (uint32_t)how % 16 << 16 : fuzz_u32(&c->in);
    p.pwfxSrc = w.pwfxSrc = src;
    p.pwfxDst = w.pwfxDst = dst;
    p.cbwfxSrc = w.cbwfxSrc = (uint32_t)n_src;
    p.cbwfxDst = w.cbwfxDst = (uint32_t)n_dst;
    n = how & 1 ? sizeof w : sizeof p;
    if (how == 0xEF)
        n = fuzz_u8(&c->in) % n;
    n = n > 4 ? n : 4;
    uint8_t *exact = malloc(n);
    CLAIM(exact != NULL);
    memcpy(exact, how & 1 ? (void *)&w : (void *)&p, n);
    put32(exact, (uint32_t)n);
    const uint32_t answer = send(c, MMK_ACMDM_FORMAT_SUGGEST, exact, NULL);
    if (answer == 0) { /* what is suggested can be opened */
        void *instance = make_instance(c, 0, src, dst, NULL, MMK_ACM_STREAMOPENF_QUERY);
        uint32_t size = 0;
        if (instance != NULL)
            memcpy(&size, instance, sizeof size);
        if (size >= sizeof(struct mmk_acmdrvstreaminstance) && n_dst >= 18)
            CLAIM(send(c, MMK_ACMDM_STREAM_OPEN, instance, NULL) == 0);
        free(instance);
    }
    free(exact);
    free(src);
    free(dst);
}

/* The questions with one structure that says its length. Pointers in them: a real format. */
static void send_details(struct client *c)
{
    static const uint32_t messages[] = {MMK_ACMDM_DRIVER_DETAILS, MMK_ACMDM_FORMATTAG_DETAILS,
                                        MMK_ACMDM_FORMAT_DETAILS, MMK_ACMDM_FILTERTAG_DETAILS,
                                        MMK_ACMDM_FILTER_DETAILS};
    const uint8_t which = fuzz_u8(&c->in);
    const uint32_t msg = messages[which % 5];
    const uint32_t size = fuzz_u16(&c->in) % 1400u;
    const uintptr_t query = fuzz_u8(&c->in) % 5u;
    size_t n_format = 0;
    void *format = NULL;
    union {
        uint8_t b[1400];
        struct mmk_acmformatdetailsw format;
        struct mmk_acmfilterdetailsw filter;
    } d;
    memset(&d, 0, sizeof d);
    for (unsigned i = 4; i < 20; i++)
        d.b[i] = which & 0x80 ? fuzz_u8(&c->in) : i % 4 == 0 ? fuzz_u8(&c->in) % 10 : 0;
    if (msg == MMK_ACMDM_FORMAT_DETAILS) {
        format = make_format(c, &n_format);
        d.format.pwfx = format;
        d.format.cbwfx = format != NULL ? (uint32_t)n_format : 0;
    } else if (msg == MMK_ACMDM_FILTER_DETAILS) {
        format = make_filter(c);
        uint32_t n = 0;
        if (format != NULL)
            memcpy(&n, format, sizeof n);
        d.filter.pwfltr = format;
        d.filter.cbwfltr = n;
    }
    put32(d.b, size);
    const size_t n = size > 4 ? size : 4;
    uint8_t *exact = malloc(n);
    CLAIM(exact != NULL);
    memcpy(exact, d.b, n);
    (void)send(c, msg, exact, (const void *)query);
    uint32_t still;
    memcpy(&still, exact, sizeof still);
    CLAIM(still == size);
    free(exact);
    free(format);
}

/* ------------------------------------------------------------------ a session */

static void send_any(struct client *c)
{
    unsigned slot;
    void *instance;
    switch (fuzz_u8(&c->in) % 12) {
    case 0:
    case 1:
        send_open(c);
        break;
    case 2:
        send_size(c);
        break;
    case 3:
        send_suggest(c);
        break;
    case 4:
        send_details(c);
        break;
    case 5:
        instance = make_instance(c, pick_handle(c, &slot), NULL, NULL, NULL, 0);
        if (send(c, MMK_ACMDM_STREAM_CLOSE, instance, NULL) == 0 && slot < STREAMS)
            c->opened[slot] = false; /* its handle is kept: stale from now on */
        free(instance);
        break;
    case 6:
        instance = make_instance(c, pick_handle(c, &slot), NULL, NULL, NULL, 0);
        (void)send(c, MMK_ACMDM_STREAM_RESET, instance, NULL);
        free(instance);
        break;
    case 7: /* nothing that carries a structure */
        (void)send(c, MMK_ACMDM_RESERVED_LOW + fuzz_u8(&c->in) % 20u, NULL, NULL);
        break;
    default:
        send_convert(c);
        break;
    }
}

void fuzz_one(const uint8_t *data, size_t len)
{
    static const struct mmk_platform_ops platform = {
        .alloc = own_alloc, .free = own_free, .sleep_ns = no_sleep, .cpu_features = no_features};
    static const struct mmk_notify_ops notify = {.deliver = deliver};
    struct client c = {.in = {data, len}};
    const struct mmk_acm_config config = {.cls = mmk_codec_pack.acm,
                                          .port = &c.port,
                                          .setup = give_setup,
                                          .user = &c,
                                          .generation = 3};
    const uint8_t how = fuzz_u8(&c.in);
    c.platform.ops = &platform;
    c.notify.ops = &notify;
    c.port.platform = &c.platform;
    c.port.notify = &c.notify;
    c.setup = (struct mmk_acm_setup){.quality = MMK_QUALITY_DRAFT,
                                     .dither = how & 1,
                                     .downmix = how & 2 ? MMK_DOWNMIX_FRONT : MMK_DOWNMIX_STANDARD};
    CLAIM(mmk_acm_open(&config, &c.acm) == MMK_OK);
    for (unsigned n = 0; n < 60 && c.in.left > 0; n++)
        send_any(&c);
    mmk_acm_close(c.acm); /* with streams open or not */
    CLAIM(c.n_blocks == 0);
}
