/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"

struct mmki_owned *mmki_records_find(const struct mmki_records *records, const char *file)
{
    for (size_t i = 0; i < records->n; i++)
        if (records->v[i].product[0] != 0 && mmk_name_equal(records->v[i].file, file))
            return &records->v[i];
    return NULL;
}

struct mmki_owned *mmki_records_shared(const struct mmki_records *records)
{
    for (size_t i = 0; i < records->n; i++)
        if (records->v[i].product[0] == 0)
            return &records->v[i];
    return NULL;
}

size_t mmki_records_count(const struct mmki_records *records)
{
    return records->n - (mmki_records_shared(records) != NULL ? 1 : 0);
}

static mmk_err add_record(struct mmki_arena *arena, struct mmki_records *records,
                          const char *product, const char *file)
{
    if (records->n == records->cap) {
        const size_t cap = records->cap + 4;
        struct mmki_owned *v = mmki_arena_array(arena, cap, sizeof *v);
        if (v == NULL)
            return MMK_ERR_NOMEM;
        if (records->n > 0)
            memcpy(v, records->v, records->n * sizeof *v);
        records->v = v;
        records->cap = cap;
    }
    records->v[records->n++] = (struct mmki_owned){.product = product, .file = file, .alias = ""};
    return MMK_OK;
}

static void drop_item(struct mmki_items *items, size_t index)
{
    memmove(&items->v[index], &items->v[index + 1], (items->n - index - 1) * sizeof items->v[0]);
    items->n--;
}

static void drop_record(struct mmki_records *records, size_t index)
{
    memmove(&records->v[index], &records->v[index + 1],
            (records->n - index - 1) * sizeof records->v[0]);
    records->n--;
}

/* What stood there first stays; what we wrote last replaces; at the original again it is no longer
 * ours. */
static mmk_err merge(struct mmki_arena *arena, struct mmki_items *items,
                     const struct mmki_item *item)
{
    struct mmki_item *known = mmki_items_find(items, item);
    if (known == NULL) {
        if (mmki_image_equal(&item->before, &item->after))
            return MMK_OK;
        return mmki_items_add(arena, items, item);
    }
    known->after = item->after;
    known->flags |= item->flags & MMKI_ALIAS;
    if (mmki_image_equal(&known->before, &known->after))
        drop_item(items, (size_t)(known - items->v));
    return MMK_OK;
}

/* Another product wrote over a value of ours later: what it must put back one day is what we found.
 */
static void hand_over(struct mmki_records *records, const struct mmki_owned *leaving)
{
    for (size_t i = 0; i < leaving->items.n; i++)
        for (size_t k = 0; k < records->n; k++) {
            struct mmki_item *other =
                &records->v[k] == leaving
                    ? NULL
                    : mmki_items_find(&records->v[k].items, &leaving->items.v[i]);
            if (other != NULL && mmki_image_equal(&other->before, &leaving->items.v[i].after))
                other->before = leaving->items.v[i].before;
        }
}

static void release(struct mmki_records *records, struct mmki_owned *owned, bool keep_settings)
{
    hand_over(records, owned);
    for (size_t i = owned->items.n; i-- > 0;)
        if (!keep_settings || (owned->items.v[i].flags & MMKI_SETTING) == 0)
            drop_item(&owned->items, i);
    owned->installed = false;
    owned->alias = "";
    owned->views = 0;
    if (owned->items.n == 0)
        drop_record(records, (size_t)(owned - records->v));
}

static mmk_err merge_shared(struct mmki_arena *arena, struct mmki_records *records,
                            const struct mmki_txn *txn)
{
    struct mmki_items *items = &mmki_records_shared(records)->items;
    for (size_t i = 0; i < txn->items.n; i++) {
        const struct mmki_item *item = &txn->items.v[i];
        if ((item->flags & MMKI_OWN) != 0 && (item->flags & MMKI_SHARED) != 0) {
            const mmk_err err = merge(arena, items, item);
            if (err != MMK_OK)
                return err;
        }
    }
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        struct mmki_item stamp = mmki_value_item((mmk_reg_root)root, MMK_VIEW_64, MMKI_HOME,
                                                 mmki_stamp_name(txn->of_user));
        if (!txn->stamp[root].touched)
            continue;
        stamp.flags = MMKI_OWN | MMKI_SHARED;
        stamp.before = txn->stamp[root].before;
        stamp.after = txn->stamp[root].after;
        const mmk_err err = merge(arena, items, &stamp);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

static mmk_err merge_own(struct mmki_arena *arena, struct mmki_owned *owned,
                         const struct mmki_txn *txn)
{
    for (size_t i = 0; i < txn->items.n; i++) {
        const struct mmki_item *item = &txn->items.v[i];
        if ((item->flags & MMKI_OWN) == 0 || (item->flags & MMKI_SHARED) != 0)
            continue;
        const mmk_err err = merge(arena, &owned->items, item);
        if (err != MMK_OK)
            return err;
    }
    /* somebody took the old slot and we stand in another now: that value is theirs */
    for (size_t i = owned->items.n; i-- > 0;)
        if ((owned->items.v[i].flags & MMKI_ALIAS) != 0 && txn->alias[0] != 0 &&
            !mmk_name_equal(owned->items.v[i].name, txn->alias))
            drop_item(&owned->items, i);
    owned->product = txn->product;
    owned->alias = txn->alias;
    owned->version = txn->version;
    owned->installed = txn->installed;
    owned->views = txn->views;
    return MMK_OK;
}

mmk_err mmki_fold(struct mmki_arena *arena, struct mmki_records *records,
                  const struct mmki_txn *txn)
{
    mmk_err err = MMK_OK;
    if (mmki_records_shared(records) == NULL)
        err = add_record(arena, records, "", "");
    if (err == MMK_OK && mmki_records_find(records, txn->file) == NULL)
        err = add_record(arena, records, txn->product, txn->file);
    if (err != MMK_OK)
        return err;
    struct mmki_owned *owned = mmki_records_find(records, txn->file);
    err = merge_own(arena, owned, txn);
    if (err != MMK_OK)
        return err;
    err = merge_shared(arena, records, txn);
    if (err != MMK_OK)
        return err;
    if (txn->release)
        release(records, owned, txn->keep_settings);
    else if (!owned->installed && owned->items.n == 0)
        drop_record(records, (size_t)(owned - records->v)); /* configured back to the defaults */
    if (mmki_records_count(records) == 0)
        records->n = 0; /* nobody is left who would take anything back */
    return MMK_OK;
}

static mmk_err copy_records(struct mmki_arena *arena, const struct mmki_records *from,
                            struct mmki_records *out)
{
    *out = (struct mmki_records){NULL, 0, 0};
    for (size_t i = 0; i < from->n; i++) {
        mmk_err err = add_record(arena, out, from->v[i].product, from->v[i].file);
        if (err != MMK_OK)
            return err;
        struct mmki_owned *owned = &out->v[i];
        *owned = from->v[i];
        owned->items = (struct mmki_items){NULL, 0, 0};
        for (size_t k = 0; k < from->v[i].items.n && err == MMK_OK; k++)
            err = mmki_items_add(arena, &owned->items, &from->v[i].items.v[k]);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

mmk_err mmki_book_owned(struct mmki_arena *arena, const struct mmki_book *book,
                        struct mmki_records *out)
{
    mmk_err err = copy_records(arena, &book->base, out);
    for (size_t i = 0; i < book->chain.n && err == MMK_OK; i++)
        if (book->chain.v[i].state == MMKI_COMMITTED)
            err = mmki_fold(arena, out, &book->chain.v[i]);
    return err;
}
