/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/hash.h"

/**
 * The journal's bytes. All numbers little-endian.
 *
 *   record   magic "MMKJ" u32 | kind u16 | reserved u16 | payload length u32 | transaction u64 |
 *            CRC-32C u32 over the 20 bytes before it and the payload | payload
 *   HEAD     format u32 | bytes of the part written whole u32 | last number u64 | open roots u8
 *   OWNED    product file alias strings | version u32 | installed u8 | views u8 | items
 *   TXN      verb u8 views u8 flags u8 | version u32 | product file alias user strings |
 *            per root: touched u8 [before image, after image] | items
 *   END      state u8 | open roots u8 | 6 zero bytes
 *   CLEANUP  count u32 | strings
 *   items    count u32 | each: kind root view flags u8 | path name extra strings | before, after
 *   image    present u8 [type u32 | length u32 | bytes]
 *   string   length u32 | bytes | 0
 */

#define MAGIC     0x4a4b4d4du
#define FORMAT    1u
#define HEAD_LEN  24u
#define HEAD_BODY 17u

enum { REC_HEAD = 1, REC_OWNED, REC_TXN, REC_END, REC_CLEANUP };

/* ------------------------------------------------------------------ writing */

/* Counts with at == NULL, then writes: one description for both. */
struct writer {
    uint8_t *at;
    size_t len;
};

static void put(struct writer *w, const void *data, size_t len)
{
    if (w->at != NULL && len > 0)
        memcpy(w->at + w->len, data, len);
    w->len += len;
}

static void put_u8(struct writer *w, unsigned value)
{
    const uint8_t byte = (uint8_t)value;
    put(w, &byte, 1);
}

static void put_u32(struct writer *w, uint32_t value)
{
    uint8_t bytes[4];
    mmki_put_u32le(bytes, value);
    put(w, bytes, sizeof bytes);
}

static void put_u64(struct writer *w, uint64_t value)
{
    uint8_t bytes[8];
    mmki_put_u64le(bytes, value);
    put(w, bytes, sizeof bytes);
}

static void put_text(struct writer *w, const char *text)
{
    const size_t len = strlen(text);
    put_u32(w, (uint32_t)len);
    put(w, text, len + 1);
}

static void put_image(struct writer *w, const struct mmki_image *image)
{
    put_u8(w, image->present);
    if (!image->present)
        return;
    put_u32(w, image->type);
    put_u32(w, image->len);
    put(w, image->data, image->len);
}

static void put_items(struct writer *w, const struct mmki_items *items)
{
    put_u32(w, (uint32_t)items->n);
    for (size_t i = 0; i < items->n; i++) {
        const struct mmki_item *item = &items->v[i];
        put_u8(w, item->kind);
        put_u8(w, item->root);
        put_u8(w, item->view);
        put_u8(w, item->flags);
        put_text(w, item->path);
        put_text(w, item->name);
        put_text(w, item->extra);
        put_image(w, &item->before);
        put_image(w, &item->after);
    }
}

static size_t begin_record(struct writer *w)
{
    const size_t at = w->len;
    w->len += HEAD_LEN;
    return at;
}

static void end_record(struct writer *w, size_t at, unsigned kind, uint64_t number)
{
    if (w->at == NULL)
        return;
    uint8_t *head = w->at + at;
    const size_t len = w->len - at - HEAD_LEN;
    mmki_put_u32le(head, MAGIC);
    mmki_put_u16le(head + 4, (uint16_t)kind);
    mmki_put_u16le(head + 6, 0);
    mmki_put_u32le(head + 8, (uint32_t)len);
    mmki_put_u64le(head + 12, number);
    uint32_t crc = mmk_crc32c(MMK_CRC32C_INIT, head, 20);
    crc = mmk_crc32c(crc, head + HEAD_LEN, len);
    mmki_put_u32le(head + 20, crc);
}

static void put_owned(struct writer *w, const struct mmki_owned *owned)
{
    const size_t at = begin_record(w);
    put_text(w, owned->product);
    put_text(w, owned->file);
    put_text(w, owned->alias);
    put_u32(w, owned->version);
    put_u8(w, owned->installed);
    put_u8(w, owned->views);
    put_items(w, &owned->items);
    end_record(w, at, REC_OWNED, 0);
}

enum { TXN_INSTALLED = 1, TXN_RELEASE = 2, TXN_KEEP = 4 };

static void put_txn(struct writer *w, const struct mmki_txn *txn)
{
    const size_t at = begin_record(w);
    put_u8(w, txn->verb);
    put_u8(w, txn->views);
    put_u8(w, (txn->installed ? TXN_INSTALLED : 0u) | (txn->release ? TXN_RELEASE : 0u) |
                  (txn->keep_settings ? TXN_KEEP : 0u));
    put_u32(w, txn->version);
    put_text(w, txn->product);
    put_text(w, txn->file);
    put_text(w, txn->alias);
    put_text(w, txn->user);
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        const struct mmki_stamp *stamp = &txn->stamp[root];
        put_u8(w, stamp->touched);
        if (stamp->touched) {
            put_image(w, &stamp->before);
            put_image(w, &stamp->after);
        }
    }
    put_items(w, &txn->items);
    end_record(w, at, REC_TXN, txn->number);
}

static void put_end(struct writer *w, uint64_t number, unsigned state, unsigned open_roots)
{
    const size_t at = begin_record(w);
    put_u8(w, state);
    put_u8(w, open_roots);
    put(w, "\0\0\0\0\0\0", 6);
    end_record(w, at, REC_END, number);
}

static void put_cleanup(struct writer *w, const struct mmki_book *book)
{
    if (book->n_cleanup == 0)
        return;
    const size_t at = begin_record(w);
    put_u32(w, (uint32_t)book->n_cleanup);
    for (size_t i = 0; i < book->n_cleanup; i++)
        put_text(w, book->cleanup[i]);
    end_record(w, at, REC_CLEANUP, 0);
}

static void put_book(struct writer *w, const struct mmki_book *book, uint32_t total)
{
    const size_t at = begin_record(w);
    put_u32(w, FORMAT);
    put_u32(w, total);
    put_u64(w, book->last_number);
    put_u8(w, book->open_roots);
    end_record(w, at, REC_HEAD, 0);
    for (size_t i = 0; i < book->base.n; i++)
        put_owned(w, &book->base.v[i]);
    put_cleanup(w, book);
    for (size_t i = 0; i < book->chain.n; i++) {
        const struct mmki_txn *txn = &book->chain.v[i];
        put_txn(w, txn);
        if (txn->state != MMKI_OPEN)
            put_end(w, txn->number, txn->state, book->open_roots);
    }
}

static mmk_err finish(struct mmki_arena *arena, size_t len, struct mmki_bytes *out)
{
    if (len > MMKI_JOURNAL_MAX)
        return MMK_ERR_NO_SPACE;
    out->data = mmki_arena_alloc(arena, len);
    out->len = len;
    return out->data != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

mmk_err mmki_encode_book(struct mmki_arena *arena, const struct mmki_book *book,
                         struct mmki_bytes *out)
{
    struct writer w = {NULL, 0};
    if (book->base.n == 0 && book->chain.n == 0 && book->n_cleanup == 0) {
        *out = (struct mmki_bytes){NULL, 0};
        return MMK_OK;
    }
    put_book(&w, book, 0);
    const mmk_err err = finish(arena, w.len, out);
    if (err != MMK_OK)
        return err;
    w = (struct writer){out->data, 0};
    put_book(&w, book, (uint32_t)out->len);
    return MMK_OK;
}

mmk_err mmki_encode_txn(struct mmki_arena *arena, const struct mmki_txn *txn,
                        struct mmki_bytes *out)
{
    struct writer w = {NULL, 0};
    put_txn(&w, txn);
    const mmk_err err = finish(arena, w.len, out);
    if (err != MMK_OK)
        return err;
    w = (struct writer){out->data, 0};
    put_txn(&w, txn);
    return MMK_OK;
}

void mmki_encode_end(uint64_t number, enum mmki_txn_state state, uint8_t open_roots,
                     uint8_t out[MMKI_END_BYTES])
{
    struct writer w = {out, 0};
    put_end(&w, number, (unsigned)state, open_roots);
}

/* ------------------------------------------------------------------ reading */

/* After the first thing that does not fit `bad` stays set and everything reads as zero. */
struct reader {
    const uint8_t *at;
    size_t len;
    size_t pos;
    bool bad;
};

static const uint8_t *take(struct reader *r, size_t len)
{
    if (r->bad || len > r->len - r->pos) {
        r->bad = true;
        return NULL;
    }
    r->pos += len;
    return r->at + r->pos - len;
}

static unsigned take_u8(struct reader *r)
{
    const uint8_t *p = take(r, 1);
    return p != NULL ? *p : 0u;
}

static uint32_t take_u32(struct reader *r)
{
    const uint8_t *p = take(r, 4);
    return p != NULL ? mmki_get_u32le(p) : 0u;
}

static uint64_t take_u64(struct reader *r)
{
    const uint8_t *p = take(r, 8);
    return p != NULL ? mmki_get_u64le(p) : 0u;
}

static bool take_bool(struct reader *r)
{
    const unsigned byte = take_u8(r);
    r->bad |= byte > 1;
    return byte == 1;
}

static unsigned take_below(struct reader *r, unsigned limit)
{
    const unsigned byte = take_u8(r);
    r->bad |= byte >= limit;
    return r->bad ? 0 : byte;
}

static const char *take_text(struct reader *r)
{
    const size_t len = take_u32(r);
    size_t with_end;
    const uint8_t *p = mmki_add_size(len, 1, &with_end) ? take(r, with_end) : NULL;
    if (p == NULL || memchr(p, 0, with_end) != p + len) {
        r->bad = true;
        return "";
    }
    return (const char *)p;
}

static struct mmki_image take_image(struct reader *r)
{
    struct mmki_image image = {.present = take_bool(r)};
    if (!image.present)
        return image;
    image.type = take_u32(r);
    image.len = take_u32(r);
    r->bad |= image.len > MMKI_DATA_MAX;
    image.data = take(r, image.len);
    return image;
}

static mmk_err take_items(struct mmki_arena *arena, struct reader *r, struct mmki_items *items)
{
    const uint32_t n = take_u32(r);
    if (r->bad || n > MMKI_ITEMS_MAX)
        return MMK_ERR_CORRUPT;
    *items = (struct mmki_items){NULL, 0, 0};
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        struct mmki_item item = {.kind = (uint8_t)take_below(r, MMKI_KIND_COUNT)};
        item.root = (uint8_t)take_below(r, MMK_REG_ROOT_COUNT);
        item.view = (uint8_t)take_below(r, MMK_VIEW_COUNT);
        item.flags = (uint8_t)take_below(r, MMKI_FLAGS_ALL + 1);
        item.path = take_text(r);
        item.name = take_text(r);
        item.extra = take_text(r);
        item.before = take_image(r);
        item.after = take_image(r);
        const mmk_err err = mmki_items_add(arena, items, &item);
        if (err != MMK_OK)
            return err;
    }
    return r->bad ? MMK_ERR_CORRUPT : MMK_OK;
}

static void *grow(struct mmki_arena *arena, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    const size_t fresh = *cap > 0 ? 2 * *cap : 4;
    void *wider = mmki_arena_array(arena, fresh, size);
    if (wider != NULL && n > 0)
        memcpy(wider, v, n * size);
    if (wider != NULL)
        *cap = fresh;
    return wider;
}

static mmk_err take_owned(struct mmki_arena *arena, struct reader *r, struct mmki_records *records)
{
    struct mmki_owned owned = {.product = take_text(r)};
    owned.file = take_text(r);
    owned.alias = take_text(r);
    owned.version = take_u32(r);
    owned.installed = take_bool(r);
    owned.views = (uint8_t)take_below(r, 1u << MMK_VIEW_COUNT);
    const mmk_err err = take_items(arena, r, &owned.items);
    if (err != MMK_OK)
        return err;
    void *v = grow(arena, records->v, records->n, &records->cap, sizeof owned);
    if (v == NULL)
        return MMK_ERR_NOMEM;
    records->v = v;
    records->v[records->n++] = owned;
    return MMK_OK;
}

static mmk_err take_txn(struct mmki_arena *arena, struct reader *r, uint64_t number,
                        struct mmki_chain *chain)
{
    struct mmki_txn txn = {.number = number, .verb = (uint8_t)take_below(r, MMK_VERB_RECOVER)};
    txn.views = (uint8_t)take_below(r, 1u << MMK_VIEW_COUNT);
    const unsigned flags = take_below(r, 2 * TXN_KEEP);
    txn.installed = (flags & TXN_INSTALLED) != 0;
    txn.release = (flags & TXN_RELEASE) != 0;
    txn.keep_settings = (flags & TXN_KEEP) != 0;
    txn.version = take_u32(r);
    txn.product = take_text(r);
    txn.file = take_text(r);
    txn.alias = take_text(r);
    txn.user = take_text(r);
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        struct mmki_stamp *stamp = &txn.stamp[root];
        stamp->touched = take_bool(r);
        if (stamp->touched) {
            stamp->before = take_image(r);
            stamp->after = take_image(r);
        }
    }
    const mmk_err err = take_items(arena, r, &txn.items);
    if (err != MMK_OK)
        return err;
    void *v = grow(arena, chain->v, chain->n, &chain->cap, sizeof txn);
    if (v == NULL)
        return MMK_ERR_NOMEM;
    chain->v = v;
    chain->v[chain->n++] = txn;
    return MMK_OK;
}

static mmk_err take_end(struct reader *r, uint64_t number, struct mmki_book *book)
{
    const unsigned state = take_below(r, MMKI_ABORTED + 1);
    const unsigned open_roots = take_below(r, 1u << MMK_REG_ROOT_COUNT);
    take(r, 6);
    if (r->bad || book->chain.n == 0 || state == MMKI_OPEN)
        return MMK_ERR_CORRUPT;
    struct mmki_txn *last = &book->chain.v[book->chain.n - 1];
    if (last->number != number || last->state != MMKI_OPEN)
        return MMK_ERR_CORRUPT;
    last->state = (uint8_t)state;
    book->open_roots = (uint8_t)open_roots;
    return MMK_OK;
}

static mmk_err take_cleanup(struct mmki_arena *arena, struct reader *r, struct mmki_book *book)
{
    const uint32_t n = take_u32(r);
    if (r->bad || n > MMKI_ITEMS_MAX || book->cleanup != NULL)
        return MMK_ERR_CORRUPT;
    book->cleanup = mmki_arena_array(arena, n, sizeof *book->cleanup);
    if (book->cleanup == NULL)
        return MMK_ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        book->cleanup[i] = take_text(r);
    book->n_cleanup = n;
    return r->bad ? MMK_ERR_CORRUPT : MMK_OK;
}

struct record {
    unsigned kind;
    uint64_t number;
    struct reader body;
    size_t len; /* whole */
};

/* A record that is complete and whose checksum holds. */
static bool read_record(const uint8_t *data, size_t len, struct record *out)
{
    if (len < HEAD_LEN || mmki_get_u32le(data) != MAGIC || mmki_get_u16le(data + 6) != 0)
        return false;
    const size_t body = mmki_get_u32le(data + 8);
    if (body > len - HEAD_LEN)
        return false;
    uint32_t crc = mmk_crc32c(MMK_CRC32C_INIT, data, 20);
    crc = mmk_crc32c(crc, data + HEAD_LEN, body);
    if (crc != mmki_get_u32le(data + 20))
        return false;
    out->kind = mmki_get_u16le(data + 4);
    out->number = mmki_get_u64le(data + 12);
    out->body = (struct reader){data + HEAD_LEN, body, 0, false};
    out->len = HEAD_LEN + body;
    return true;
}

static mmk_err take_record(struct mmki_arena *arena, struct record *rec, struct mmki_book *book)
{
    mmk_err err = MMK_ERR_CORRUPT;
    if (rec->kind == REC_OWNED && book->chain.n == 0)
        err = take_owned(arena, &rec->body, &book->base);
    else if (rec->kind == REC_TXN)
        err = take_txn(arena, &rec->body, rec->number, &book->chain);
    else if (rec->kind == REC_END)
        err = take_end(&rec->body, rec->number, book);
    else if (rec->kind == REC_CLEANUP)
        err = take_cleanup(arena, &rec->body, book);
    if (err == MMK_OK && (rec->body.bad || rec->body.pos != rec->body.len))
        err = MMK_ERR_CORRUPT;
    return err;
}

/* Numbers rise, and only the last transaction may have no end. */
static bool chain_sound(const struct mmki_book *book)
{
    for (size_t i = 0; i < book->chain.n; i++) {
        if (i > 0 && book->chain.v[i].number <= book->chain.v[i - 1].number)
            return false;
        if (i + 1 < book->chain.n && book->chain.v[i].state == MMKI_OPEN)
            return false;
    }
    return true;
}

mmk_err mmki_decode_book(struct mmki_arena *arena, const uint8_t *data, size_t len,
                         struct mmki_book *out)
{
    struct record rec;
    struct mmki_book book = {.n_bytes = len};
    size_t pos = 0;
    if (len == 0) {
        *out = book;
        return MMK_OK;
    }
    if (!read_record(data, len, &rec) || rec.kind != REC_HEAD || rec.body.len != HEAD_BODY)
        return MMK_ERR_CORRUPT;
    const uint32_t format = take_u32(&rec.body);
    const uint32_t whole = take_u32(&rec.body);
    book.last_number = take_u64(&rec.body);
    book.open_roots = (uint8_t)take_below(&rec.body, 1u << MMK_REG_ROOT_COUNT);
    if (format != FORMAT)
        return MMK_ERR_VERSION;
    if (rec.body.bad || whole > len)
        return MMK_ERR_CORRUPT;
    for (pos = rec.len; pos < len; pos += rec.len) {
        if (!read_record(data + pos, len - pos, &rec)) {
            if (pos < whole)
                return MMK_ERR_CORRUPT; /* that part is written whole: no power cut does this */
            book.torn = true;
            break;
        }
        const mmk_err err = take_record(arena, &rec, &book);
        if (err != MMK_OK)
            return err;
    }
    if (!chain_sound(&book))
        return MMK_ERR_CORRUPT;
    *out = book;
    return MMK_OK;
}
