/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"

/**
 * One transaction over all its items, forward or back.
 *
 * In each root the order is: keys that the stamp lives in, stamp `2 n + 1`, everything else, stamp
 * `2 n`, and where the last product goes, those keys again. Back is the mirror image. So whatever
 * prefix of these writes a hive keeps, its stamp tells which.
 */

bool mmki_on_stamp_path(const struct mmki_item *item, mmk_reg_root root)
{
    const size_t len = strlen(item->path);
    const char *home = MMKI_HOME;
    if (item->kind != MMKI_KEY || item->root != root || item->view != MMK_VIEW_64)
        return false;
    return len <= strlen(home) && mmk_name_compare_n(item->path, len, home, len) == 0 &&
           (home[len] == 0 || home[len] == '\\');
}

struct mmki_image mmki_dirty_stamp(uint64_t number, uint8_t room[8])
{
    mmki_put_u64le(room, 2 * number + 1);
    return (struct mmki_image){true, MMK_REG_QWORD, 8, room};
}

/* Somebody deleted the key that holds the stamp: without it the hive could never be told to be
 * complete. */
static mmk_err make_home(struct mmki_run *run, mmk_reg_root root)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key parent = {root, MMK_VIEW_64, "Software"};
    const struct mmk_reg_key home = {root, MMK_VIEW_64, MMKI_HOME};
    mmk_err err = registry->ops->create_key(registry, &parent, false);
    if (err == MMK_OK || err == MMK_ERR_EXISTS)
        err = registry->ops->create_key(registry, &home, false);
    return err == MMK_ERR_EXISTS ? MMK_OK : err;
}

mmk_err mmki_set_stamp(struct mmki_run *run, mmk_reg_root root, const struct mmki_image *image)
{
    const struct mmki_item stamp =
        mmki_value_item(root, MMK_VIEW_64, MMKI_HOME, mmki_stamp_name(run->of_user));
    mmk_err err = mmki_write_image(run, &stamp, image);
    if (err == MMK_ERR_NOT_FOUND && image->present) {
        err = make_home(run, root);
        err = err == MMK_OK ? mmki_write_image(run, &stamp, image) : err;
    }
    run->failed = NULL; /* `stamp` dies here; the reason alone says enough */
    /* restoring "absent" in a key that is gone already is done */
    return err == MMK_ERR_NOT_FOUND && !image->present ? MMK_OK : err;
}

static bool in_root(const struct mmki_item *item, mmk_reg_root root)
{
    return (item->kind == MMKI_VALUE || item->kind == MMKI_KEY) && item->root == root;
}

/* In recovery somebody else's edit is noted and stays; in a first application it ends the attempt.
 */
static mmk_err drive(struct mmki_run *run, const struct mmki_item *item, bool forward,
                     bool tolerant)
{
    const mmk_err err = mmki_drive(run, item, forward);
    /* NOT_FOUND: the key above it was deleted */
    if ((err == MMK_ERR_CONFLICT || err == MMK_ERR_NOT_FOUND) && tolerant) {
        mmki_note_conflict(run, item);
        return MMK_OK;
    }
    return err;
}

enum part { STAMP_KEYS, THE_REST };

static mmk_err drive_part(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root,
                          enum part part, bool forward, bool present, bool tolerant)
{
    const size_t n = txn->items.n;
    for (size_t i = 0; i < n; i++) {
        const struct mmki_item *item = &txn->items.v[forward ? i : n - 1 - i];
        const bool stamp_key = mmki_on_stamp_path(item, root);
        if (!in_root(item, root) || stamp_key != (part == STAMP_KEYS))
            continue;
        /* keys of the stamp: those that appear come first, those that go come last */
        if (stamp_key && (forward ? item->after.present : item->before.present) != present)
            continue;
        const mmk_err err = drive(run, item, forward, tolerant);
        if (err != MMK_OK)
            return err;
        run->n_done += !tolerant;
        if (run->observer != NULL && run->observer->state != NULL && !tolerant)
            run->observer->state(run->observer->user, MMK_INSTALL_APPLYING, run->n_done,
                                 (uint32_t)n);
    }
    return MMK_OK;
}

static mmk_err drive_root(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root,
                          bool forward, bool tolerant)
{
    uint8_t room[8];
    const struct mmki_image dirty = mmki_dirty_stamp(txn->number, room);
    const struct mmki_stamp *stamp = &txn->stamp[root];
    if (!stamp->touched)
        return MMK_OK;
    mmk_err err = drive_part(run, txn, root, STAMP_KEYS, forward, true, tolerant);
    if (err == MMK_OK)
        err = mmki_set_stamp(run, root, &dirty);
    if (err == MMK_OK)
        err = drive_part(run, txn, root, THE_REST, forward, true, tolerant);
    if (err == MMK_OK)
        err = mmki_set_stamp(run, root, forward ? &stamp->after : &stamp->before);
    if (err == MMK_OK)
        err = drive_part(run, txn, root, STAMP_KEYS, forward, false, tolerant);
    return err;
}

static mmk_err drive_files(struct mmki_run *run, const struct mmki_txn *txn, enum mmki_kind kind,
                           bool forward, bool tolerant)
{
    const size_t n = txn->items.n;
    for (size_t i = 0; i < n; i++) {
        const struct mmki_item *item = &txn->items.v[forward ? i : n - 1 - i];
        const mmk_err err = item->kind == kind ? drive(run, item, forward, tolerant) : MMK_OK;
        if (err != MMK_OK)
            return err;
        run->n_done += item->kind == kind && !tolerant;
    }
    return MMK_OK;
}

/* Files first: an alias never names a module that is not there. Removing goes the other way round.
 */
mmk_err mmki_apply(struct mmki_run *run, const struct mmki_txn *txn)
{
    const bool files_last = txn->release;
    mmk_err err = files_last ? MMK_OK : drive_files(run, txn, MMKI_FILE, true, false);
    run->n_done = files_last ? 0 : run->n_done;
    for (int root = 0; root < MMK_REG_ROOT_COUNT && err == MMK_OK; root++)
        err = drive_root(run, txn, (mmk_reg_root)root, true, false);
    if (err == MMK_OK)
        err = drive_files(run, txn, MMKI_INI, true, false);
    if (err == MMK_OK && files_last)
        err = drive_files(run, txn, MMKI_FILE, true, false);
    return err;
}

mmk_err mmki_forward_root(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root)
{
    return drive_root(run, txn, root, true, true);
}

mmk_err mmki_undo_root(struct mmki_run *run, const struct mmki_txn *txn, mmk_reg_root root)
{
    return drive_root(run, txn, root, false, true);
}

mmk_err mmki_undo_files(struct mmki_run *run, const struct mmki_txn *txn)
{
    const mmk_err err = drive_files(run, txn, MMKI_INI, false, true);
    return err == MMK_OK ? drive_files(run, txn, MMKI_FILE, false, true) : err;
}

static mmk_err verify_item(struct mmki_run *run, const struct mmki_item *item)
{
    enum mmki_where where = MMKI_ELSEWHERE;
    bool empty = true;
    const mmk_err err = mmki_where_is(run, item, &where);
    if (err != MMK_OK || where == MMKI_AT_AFTER)
        return err;
    run->failed = item;
    if (item->kind != MMKI_KEY || item->after.present)
        return MMK_ERR_CONFLICT;
    /* a key that should go may stay if somebody put something in */
    const struct mmk_reg_key key = mmki_key_of(item);
    if (mmki_key_is_empty(run, &key, &empty) != MMK_OK || empty)
        return MMK_ERR_CONFLICT;
    return MMK_OK;
}

mmk_err mmki_verify_items(struct mmki_run *run, const struct mmki_txn *txn)
{
    for (size_t i = 0; i < txn->items.n; i++) {
        const mmk_err err = verify_item(run, &txn->items.v[i]);
        if (err != MMK_OK)
            return err;
    }
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        struct mmki_image now;
        uint8_t room[16];
        if (!txn->stamp[root].touched)
            continue;
        const mmk_err err = mmki_read_stamp(run, (mmk_reg_root)root, &now, room);
        if (err != MMK_OK)
            return err;
        if (!mmki_image_equal(&now, &txn->stamp[root].after))
            return MMK_ERR_CONFLICT;
    }
    return MMK_OK;
}
