/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"

/* Room for what has no image in a plan yet: INI lines are compared through the same scratch. */
#define SCRATCH_MIN 1024u

static mmk_err read_all(struct mmki_run *run, uint8_t **data, size_t *len)
{
    struct mmk_journal *journal = run->port->journal;
    size_t cap = 16u * 1024u;
    size_t got = 1;
    *len = 0;
    *data = mmki_arena_alloc(&run->arena, cap);
    while (*data != NULL && got > 0) {
        if (*len == cap) {
            uint8_t *wider = cap < MMKI_JOURNAL_MAX ? mmki_arena_alloc(&run->arena, 2 * cap) : NULL;
            if (wider == NULL)
                return cap < MMKI_JOURNAL_MAX ? MMK_ERR_NOMEM : MMK_ERR_CORRUPT;
            memcpy(wider, *data, *len);
            *data = wider;
            cap *= 2;
        }
        const mmk_err err = journal->ops->read(journal, *len, *data + *len, cap - *len, &got);
        if (err != MMK_OK)
            return err;
        *len += got;
    }
    return *data != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

/* A journal is a file, and a file can be planted: it gets nothing that no plan of ours could
 * contain. */
static bool items_allowed(const struct mmki_run *run, const struct mmki_items *items)
{
    for (size_t i = 0; i < items->n; i++)
        if (!mmki_item_allowed(run->port, &items->v[i]))
            return false;
    return true;
}

/* The user's journal lies where any program of his can write, and may be replayed by one that has
 * more rights: it may say nothing but his own settings. */
static bool only_users(const struct mmki_items *items)
{
    const size_t len = sizeof MMKI_HOME - 1;
    for (size_t i = 0; i < items->n; i++) {
        const struct mmki_item *item = &items->v[i];
        const bool value = item->kind == MMKI_VALUE && strlen(item->path) >= len &&
                           mmk_name_compare_n(item->path, len, MMKI_HOME, len) == 0 &&
                           (item->path[len] == 0 || item->path[len] == '\\');
        if (item->root != MMK_REG_USER || !(value || item->kind == MMKI_KEY))
            return false;
    }
    return true;
}

static bool user_book_allowed(const struct mmki_run *run)
{
    for (size_t i = 0; i < run->book.base.n; i++)
        if (!only_users(&run->book.base.v[i].items))
            return false;
    for (size_t i = 0; i < run->book.chain.n; i++)
        if (!only_users(&run->book.chain.v[i].items) ||
            run->book.chain.v[i].stamp[MMK_REG_MACHINE].touched)
            return false;
    return run->book.n_cleanup == 0;
}

static bool book_allowed(const struct mmki_run *run)
{
    if (run->of_user && !user_book_allowed(run))
        return false;
    for (size_t i = 0; i < run->book.base.n; i++)
        if (!items_allowed(run, &run->book.base.v[i].items))
            return false;
    for (size_t i = 0; i < run->book.chain.n; i++)
        if (!items_allowed(run, &run->book.chain.v[i].items))
            return false;
    for (size_t i = 0; i < run->book.n_cleanup; i++) {
        const struct mmki_item file = {
            .kind = MMKI_FILE, .path = run->book.cleanup[i], .extra = run->book.cleanup[i]};
        if (!mmki_item_allowed(run->port, &file))
            return false;
    }
    return true;
}

mmk_err mmki_load(struct mmki_run *run)
{
    uint8_t *data = NULL;
    size_t len = 0;
    mmk_err err = read_all(run, &data, &len);
    if (err == MMK_OK)
        err = mmki_decode_book(&run->arena, data, len, &run->book);
    if (err == MMK_OK && !book_allowed(run)) {
        run->book = (struct mmki_book){.n_bytes = len};
        err = MMK_ERR_CORRUPT;
    }
    for (size_t i = 0; i < run->book.chain.n; i++)
        run->book.chain.v[i].of_user = run->of_user;
    return err;
}

static size_t longest(const struct mmki_items *items, size_t most)
{
    for (size_t i = 0; i < items->n; i++) {
        if (items->v[i].before.len > most)
            most = items->v[i].before.len;
        if (items->v[i].after.len > most)
            most = items->v[i].after.len;
    }
    return most;
}

mmk_err mmki_reserve(struct mmki_run *run, const struct mmki_txn *txn)
{
    size_t most = SCRATCH_MIN;
    if (txn != NULL)
        most = longest(&txn->items, most);
    for (size_t i = 0; i < run->book.chain.n; i++)
        most = longest(&run->book.chain.v[i].items, most);
    if (most > run->n_scratch) {
        run->scratch = mmki_arena_alloc(&run->arena, most);
        run->n_scratch = run->scratch != NULL ? most : 0;
    }
    return run->scratch != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

mmk_err mmki_reset(struct mmki_run *run, const struct mmki_bytes *whole)
{
    struct mmk_journal *journal = run->port->journal;
    const mmk_err err = journal->ops->reset(journal, whole->data, whole->len);
    if (err != MMK_OK)
        return err;
    run->book.torn = false;
    run->book.n_bytes = whole->len;
    return MMK_OK;
}

mmk_err mmki_append(struct mmki_run *run, const struct mmki_bytes *record,
                    const struct mmki_bytes *whole)
{
    struct mmk_journal *journal = run->port->journal;
    if (run->book.torn || run->book.n_bytes == 0)
        return mmki_reset(run, whole);
    /* until the sync has succeeded the tail is anybody's guess */
    run->book.torn = true;
    mmk_err err = journal->ops->append(journal, record->data, record->len);
    if (err == MMK_OK)
        err = journal->ops->sync(journal);
    if (err == MMK_OK) {
        run->book.torn = false;
        run->book.n_bytes += record->len;
    }
    return err;
}

/* ------------------------------------------------------------------ the session */

static struct mmk_reg_key session_of(const struct mmki_run *run)
{
    const struct mmk_reg_key key = {run->of_user ? MMK_REG_USER : MMK_REG_MACHINE, MMK_VIEW_64,
                                    MMKI_SESSION};
    return key;
}

void mmki_use_own_journal(struct mmki_run *run)
{
    run->own_port = *run->port;
    run->own_port.journal = run->port->user_journal;
    run->port = &run->own_port;
    run->of_user = true;
    run->per_user = true;
}

const char *mmki_stamp_name(bool of_user)
{
    return of_user ? MMKI_USER_STAMP : MMKI_STAMP;
}

mmk_err mmki_marker(struct mmki_run *run, bool *there)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key session = session_of(run);
    const mmk_err err = registry->ops->has_key(registry, &session);
    if (err != MMK_OK && err != MMK_ERR_NOT_FOUND)
        return err;
    *there = err == MMK_OK;
    return MMK_OK;
}

mmk_err mmki_marker_set(struct mmki_run *run)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key session = session_of(run);
    const mmk_err err = registry->ops->create_key(registry, &session, true);
    if (err != MMK_OK && err != MMK_ERR_EXISTS)
        return err;
    run->marker_first = false;
    return MMK_OK;
}

/* Left behind it would only stay until the session ends: no error is worth telling. */
void mmki_marker_clear(struct mmki_run *run)
{
    const struct mmk_reg_key session = session_of(run);
    (void)run->port->registry->ops->delete_key(run->port->registry, &session);
}

mmk_err mmki_flush(struct mmki_run *run, uint8_t roots, uint8_t *open)
{
    struct mmk_registry *registry = run->port->registry;
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        if ((roots & 1u << root) == 0)
            continue;
        const mmk_err err = registry->ops->flush(registry, (mmk_reg_root)root, run->flush_ms);
        if (err == MMK_OK)
            *open = (uint8_t)(*open & ~(1u << root));
        else if (err == MMK_ERR_PENDING)
            *open = (uint8_t)(*open | 1u << root);
        else
            return err;
    }
    return MMK_OK;
}

void mmki_cleanup(struct mmki_run *run, const char *const *names, size_t n, size_t *left)
{
    struct mmk_files *files = run->port->files;
    *left = 0;
    for (size_t i = 0; i < n; i++) {
        struct mmk_file_stat st;
        mmk_err err = files->ops->stat(files, names[i], &st);
        if (err == MMK_OK)
            err = files->ops->remove_later(files, names[i]);
        if (err != MMK_OK && err != MMK_ERR_NOT_FOUND)
            ++*left;
        if (err == MMK_ERR_PENDING)
            run->restart_in_use = true;
    }
}
