/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

/**
 * One hive brought to the end of the chain.
 *
 * Its stamp names the place in the chain of transactions to which it fell back; from there
 * committed transactions are done again and others undone, until it carries the stamp of the
 * chain's end. A hive that carries that one already is left alone: what differs there is somebody's
 * edit.
 */

bool mmki_is_mine(const struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root)
{
    return txn->stamp[root].touched && (root != MMK_REG_USER || strcmp(txn->user, run->user) == 0);
}

static bool committed(const struct mmki_txn *txn)
{
    return txn->state == MMKI_COMMITTED;
}

/* The stamps before and after all of the chain; false: no transaction of this user touched the
 * root. */
static bool stamps(const struct mmki_run *run, mmk_reg_root root, const struct mmki_image **first,
                   const struct mmki_image **last)
{
    *first = NULL;
    for (size_t i = 0; i < run->book.chain.n; i++) {
        const struct mmki_txn *txn = &run->book.chain.v[i];
        if (!mmki_is_mine(run, txn, root))
            continue;
        if (*first == NULL)
            *first = *last = &txn->stamp[root].before;
        if (committed(txn))
            *last = &txn->stamp[root].after;
    }
    return *first != NULL;
}

static mmk_err drop_stray_key(struct mmki_run *run, const struct mmki_item *item)
{
    const struct mmki_image absent = {.present = false};
    const struct mmk_reg_key key = mmki_key_of(item);
    enum mmki_where where = MMKI_AT_BEFORE;
    bool empty = false;
    mmk_err err = mmki_where_is(run, item, &where);
    if (err == MMK_OK && where == (item->after.present ? MMKI_AT_AFTER : MMKI_AT_BEFORE))
        err = mmki_key_is_empty(run, &key, &empty);
    return err == MMK_OK && empty ? mmki_write_image(run, item, &absent) : err;
}

/* Keys of the stamp are made before it and go after it: a hive that has lost the stamp may still
 * hold them. */
static mmk_err drop_stray_keys(struct mmki_run *run, mmk_reg_root root)
{
    const struct mmki_chain *chain = &run->book.chain;
    /* twice, since there are two levels and a parent may come before its child */
    for (size_t i = 0; i < 2 * chain->n; i++) {
        const struct mmki_txn *txn = &chain->v[i % chain->n];
        for (size_t k = txn->items.n; mmki_is_mine(run, txn, root) && k-- > 0;) {
            mmk_err err = MMK_OK;
            if (mmki_on_stamp_path(&txn->items.v[k], root))
                err = drop_stray_key(run, &txn->items.v[k]);
            if (err != MMK_OK)
                return err;
        }
    }
    return MMK_OK;
}

enum place {
    AT_END,   /* nothing to do */
    AT_START, /* before the whole chain */
    WITHIN,   /* in the middle of transaction `at` */
    BEHIND,   /* it had seen all of transaction `at` */
    NOWHERE   /* a stamp that the chain does not know */
};

static mmk_err locate(struct mmki_run *run, mmk_reg_root root, enum place *place, size_t *at)
{
    struct mmki_image now;
    uint8_t room[16];
    const struct mmki_image *first = NULL;
    const struct mmki_image *last = NULL;
    *place = AT_END;
    if (!stamps(run, root, &first, &last))
        return MMK_OK;
    const mmk_err err = mmki_read_stamp(run, root, &now, room);
    if (err != MMK_OK || mmki_image_equal(&now, last))
        return err;
    for (size_t i = run->book.chain.n; i-- > 0;) {
        const struct mmki_txn *txn = &run->book.chain.v[i];
        uint8_t bytes[8];
        const struct mmki_image middle = mmki_dirty_stamp(txn->number, bytes);
        const bool within = mmki_image_equal(&now, &middle);
        if (mmki_is_mine(run, txn, root) &&
            (within || mmki_image_equal(&now, &txn->stamp[root].after))) {
            *place = within ? WITHIN : BEHIND;
            *at = i;
            return MMK_OK;
        }
    }
    *place = mmki_image_equal(&now, first) ? AT_START : NOWHERE;
    return MMK_OK;
}

/* A stamp from nowhere (an old backup, somebody's edit) proves nothing: each item speaks for
 * itself. */
static mmk_err undo_uncommitted(struct mmki_run *run, mmk_reg_root root)
{
    for (size_t i = run->book.chain.n; i-- > 0;) {
        const struct mmki_txn *txn = &run->book.chain.v[i];
        const bool undo = mmki_is_mine(run, txn, root) && !committed(txn);
        const mmk_err err = undo ? mmki_undo_root(run, txn, root) : MMK_OK;
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

mmk_err mmki_settle_root(struct mmki_run *run, mmk_reg_root root)
{
    const struct mmki_chain *chain = &run->book.chain;
    const struct mmki_image *first = NULL;
    const struct mmki_image *last = NULL;
    enum place place = AT_END;
    size_t at = 0;
    size_t next = 0;
    mmk_err err = locate(run, root, &place, &at);
    if (err == MMK_OK && place == NOWHERE)
        err = undo_uncommitted(run, root);
    if (err == MMK_OK && (place == WITHIN || place == BEHIND)) {
        next = at + 1;
        if (!committed(&chain->v[at]))
            err = mmki_undo_root(run, &chain->v[at], root);
        else if (place == WITHIN)
            err = mmki_forward_root(run, &chain->v[at], root);
    }
    for (size_t i = next; err == MMK_OK && place != AT_END && i < chain->n; i++)
        if (mmki_is_mine(run, &chain->v[i], root) && committed(&chain->v[i]))
            err = mmki_forward_root(run, &chain->v[i], root);
    if (err == MMK_OK && stamps(run, root, &first, &last) && !last->present)
        err = drop_stray_keys(run, root);
    return err;
}
