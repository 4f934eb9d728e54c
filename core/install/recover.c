/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

/**
 * Recovery, commit and roll-back: the three ways in which a chain moves on.
 *
 * When may the chain go? At once if flush says OK. Else only when a *later session* has seen the
 * final stamps, since what is there after a restart came from the disk. A volatile key marks the
 * session in which the chain was last settled; it is made before the first write of a redo, so that
 * a crash in the middle cannot pass for a restart.
 */

struct mmki_txn *mmki_open_txn(const struct mmki_book *book)
{
    struct mmki_txn *last = book->chain.n > 0 ? &book->chain.v[book->chain.n - 1] : NULL;
    return last != NULL && last->state == MMKI_OPEN ? last : NULL;
}

static uint8_t touched_roots(const struct mmki_txn *txn)
{
    uint8_t roots = 0;
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        if (txn->stamp[root].touched)
            roots = (uint8_t)(roots | 1u << root);
    return roots;
}

/* ------------------------------------------------------------------ journals, encoded ahead */

/* Files that a committed transaction leaves to be deleted: replaced modules, and an original put
 * back. */
static mmk_err add_leftovers(struct mmki_run *run, const struct mmki_txn *txn, const char **names,
                             size_t *n)
{
    char old[MMKI_PATH_MAX];
    for (size_t i = 0; i < txn->items.n; i++) {
        const struct mmki_item *item = &txn->items.v[i];
        if (item->kind != MMKI_FILE)
            continue;
        if (item->before.present && (item->flags & MMKI_RETAIN) == 0) {
            names[*n] = mmki_file_name(item, ".old", old, sizeof old)
                            ? mmki_arena_text(&run->arena, old)
                            : NULL;
            if (names[(*n)++] == NULL)
                return MMK_ERR_NOMEM;
        }
        if (txn->release && item->after.present)
            names[(*n)++] = item->name;
    }
    return MMK_OK;
}

static mmk_err collect_leftovers(struct mmki_run *run, struct mmki_book *out)
{
    size_t room = run->book.n_cleanup;
    for (size_t i = 0; i < run->book.chain.n; i++)
        room += 2 * run->book.chain.v[i].items.n;
    out->cleanup = mmki_arena_array(&run->arena, room, sizeof *out->cleanup);
    if (out->cleanup == NULL)
        return MMK_ERR_NOMEM;
    for (size_t i = 0; i < run->book.n_cleanup; i++)
        out->cleanup[out->n_cleanup++] = run->book.cleanup[i];
    for (size_t i = 0; i < run->book.chain.n; i++) {
        mmk_err err = MMK_OK;
        if (run->book.chain.v[i].state == MMKI_COMMITTED)
            err = add_leftovers(run, &run->book.chain.v[i], out->cleanup, &out->n_cleanup);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

/* What the journal becomes when nothing can be forgotten any more. */
static mmk_err fold_book(struct mmki_run *run, struct mmki_book *out, struct mmki_bytes *bytes)
{
    const struct mmki_book *book = &run->book;
    *out = (struct mmki_book){.last_number = book->chain.n > 0
                                                 ? book->chain.v[book->chain.n - 1].number
                                                 : book->last_number};
    mmk_err err = collect_leftovers(run, out);
    if (err == MMK_OK)
        err = mmki_book_owned(&run->arena, book, &out->base);
    return err == MMK_OK ? mmki_encode_book(&run->arena, out, bytes) : err;
}

static mmk_err encode_open(struct mmki_run *run, struct mmki_txn *open)
{
    struct mmki_closing *c = &run->closing;
    /* which roots will answer PENDING is not known yet: say all that might */
    struct mmki_book book = run->book;
    mmk_err err = mmki_encode_book(&run->arena, &book, &c->reopened);
    book.chain.n--;
    if (err == MMK_OK)
        err = mmki_encode_book(&run->arena, &book, &c->dropped);
    book.chain.n++;
    book.open_roots = (uint8_t)(book.open_roots | touched_roots(open));
    open->state = MMKI_ABORTED;
    if (err == MMK_OK)
        err = mmki_encode_book(&run->arena, &book, &c->aborted);
    open->state = MMKI_COMMITTED;
    if (err == MMK_OK)
        err = mmki_encode_book(&run->arena, &book, &c->committed_chain);
    if (err == MMK_OK)
        err = fold_book(run, &c->committed, &c->committed_folded);
    open->state = MMKI_OPEN;
    return err;
}

mmk_err mmki_prepare_closing(struct mmki_run *run)
{
    struct mmki_txn *open = mmki_open_txn(&run->book);
    mmk_err err = mmki_reserve(run, NULL);
    if (err == MMK_OK)
        err = fold_book(run, &run->closing.book, &run->closing.folded);
    if (err == MMK_OK && open != NULL)
        err = encode_open(run, open);
    run->closing.ready = err == MMK_OK;
    return err;
}

/* ------------------------------------------------------------------ moving on */

static mmk_err become(struct mmki_run *run, const struct mmki_book *book,
                      const struct mmki_bytes *bytes, bool marker)
{
    const mmk_err err = mmki_reset(run, bytes);
    if (err != MMK_OK)
        return err;
    const uint64_t n_bytes = run->book.n_bytes;
    run->book = *book;
    run->book.n_bytes = n_bytes;
    run->closing.ready = false;
    if (marker)
        mmki_marker_clear(run);
    return MMK_OK;
}

static mmk_err mark_end(struct mmki_run *run, struct mmki_txn *open, enum mmki_txn_state state,
                        uint8_t open_roots, const struct mmki_bytes *whole)
{
    uint8_t end[MMKI_END_BYTES];
    const struct mmki_bytes record = {end, sizeof end};
    mmki_encode_end(open->number, state, open_roots, end);
    const mmk_err err = mmki_append(run, &record, whole);
    if (err == MMK_OK) {
        open->state = (uint8_t)state;
        run->book.open_roots = open_roots;
        run->closing.ready = false;
    }
    return err;
}

/* Roots of the chain that belong to another user's hive: nobody here can look into it. */
static uint8_t foreign_roots(const struct mmki_run *run)
{
    uint8_t roots = 0;
    for (size_t i = 0; i < run->book.chain.n; i++)
        if (run->book.chain.v[i].stamp[MMK_REG_USER].touched &&
            !mmki_is_mine(run, &run->book.chain.v[i], MMK_REG_USER))
            roots = 1u << MMK_REG_USER;
    return roots;
}

static mmk_err settle_all(struct mmki_run *run)
{
    struct mmki_txn *open = mmki_open_txn(&run->book);
    mmk_err err = open != NULL ? mmki_undo_files(run, open) : MMK_OK;
    for (int root = 0; root < MMK_REG_ROOT_COUNT && err == MMK_OK; root++)
        err = mmki_settle_root(run, (mmk_reg_root)root);
    return err;
}

static bool wrote_any(const struct mmki_run *run)
{
    return run->wrote[MMK_REG_MACHINE] || run->wrote[MMK_REG_USER];
}

static mmk_err finish_chain(struct mmki_run *run, uint8_t roots, bool marker)
{
    struct mmki_txn *open = mmki_open_txn(&run->book);
    if (roots == 0)
        return become(run, &run->closing.book, &run->closing.folded, marker);
    if (open == NULL)
        return MMK_OK;
    const mmk_err err = mmki_marker_set(run);
    return err == MMK_OK ? mark_end(run, open, MMKI_ABORTED, roots, &run->closing.aborted) : err;
}

static mmk_err recover_chain(struct mmki_run *run)
{
    struct mmki_txn *open = mmki_open_txn(&run->book);
    const uint8_t foreign = foreign_roots(run);
    uint8_t roots = run->book.open_roots;
    bool marker = false;
    mmk_err err = run->closing.ready ? MMK_OK : mmki_prepare_closing(run);
    if (err == MMK_OK)
        err = mmki_marker(run, &marker);
    if (err != MMK_OK)
        return err;
    /* settled once, and no marker: a later session, in which a write is the first of a new settling
     */
    run->marker_first = open == NULL && !marker;
    run->wrote[MMK_REG_MACHINE] = run->wrote[MMK_REG_USER] = false;
    err = settle_all(run);
    run->marker_first = false;
    if (err != MMK_OK)
        return err;
    if (open == NULL && !wrote_any(run))
        return finish_chain(run, marker ? roots : foreign, marker);
    run->report->recovered = true;
    if (open != NULL)
        roots = (uint8_t)(roots | touched_roots(open));
    err = mmki_flush(run, (uint8_t)(roots & ~foreign), &roots);
    return err == MMK_OK ? finish_chain(run, roots, marker || open == NULL) : err;
}

mmk_err mmki_recover(struct mmki_run *run)
{
    size_t left = 0;
    const struct mmki_bytes nothing = {NULL, 0};
    if (run->book.chain.n > 0) {
        const mmk_err err = recover_chain(run);
        if (err != MMK_OK)
            return err;
    }
    if (run->book.chain.n > 0) { /* the disk, unlike the registry, has not forgotten */
        const struct mmki_book *folded = &run->closing.book;
        mmki_cleanup(run, folded->cleanup, folded->n_cleanup, &left);
        return MMK_OK;
    }
    if (run->book.n_cleanup == 0)
        return MMK_OK;
    mmki_cleanup(run, run->book.cleanup, run->book.n_cleanup, &left);
    if (left > 0 || run->book.base.n > 0)
        return MMK_OK; /* the list goes with the next journal that is written anyway */
    run->book.n_cleanup = 0;
    return mmki_reset(run, &nothing);
}

/* Changes that never reached the registry leave nothing to be forgotten. */
mmk_err mmki_roll_back(struct mmki_run *run)
{
    const bool touched = wrote_any(run);
    const bool was_recovered = run->report->recovered;
    run->port->registry->ops->discard(run->port->registry);
    mmk_err err = MMK_OK;
    if (touched) {
        err = recover_chain(run);
    } else {
        struct mmki_txn *open = mmki_open_txn(&run->book);
        err = open != NULL ? mmki_undo_files(run, open) : MMK_ERR_STATE;
        if (err == MMK_OK)
            err = mmki_reset(run, &run->closing.dropped);
        if (err == MMK_OK)
            run->book.chain.n--;
    }
    run->report->recovered = was_recovered;
    return err;
}

/* After a failed commit nobody knows which journal is on the disk. Begun, it can be undone; so that
 * is written again, and only if this fails too is it left to what the next run will find. */
static mmk_err commit_failed(struct mmki_run *run, mmk_err err)
{
    if (mmki_reset(run, &run->closing.reopened) == MMK_OK)
        return err;
    run->book.torn = true;
    return err;
}

mmk_err mmki_commit(struct mmki_run *run)
{
    struct mmki_txn *open = mmki_open_txn(&run->book);
    uint8_t roots = run->book.open_roots;
    bool marker = false;
    if (open == NULL)
        return MMK_ERR_STATE;
    mmk_err err = mmki_flush(run, touched_roots(open), &roots);
    if (err == MMK_OK && (roots != 0 || run->book.open_roots != 0))
        err = roots != 0 ? mmki_marker_set(run) : mmki_marker(run, &marker);
    if (err != MMK_OK)
        return err;
    if (roots != 0)
        err = mark_end(run, open, MMKI_COMMITTED, roots, &run->closing.committed_chain);
    else
        err = become(run, &run->closing.committed, &run->closing.committed_folded, marker);
    return err == MMK_OK ? MMK_OK : commit_failed(run, err);
}

bool mmki_book_pending(const struct mmki_book *book, bool marker)
{
    if (book->chain.n == 0)
        return false;
    return mmki_open_txn(book) != NULL || !marker;
}
