/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"
#include "param/param_internal.h"

/** The plan of remove: what we own goes back to what stood there before, and nothing else is
 * touched. */

static const struct mmki_image absent = {.present = false};

static bool other_product_owns(const struct mmki_plan_in *in, const struct mmki_owned *mine,
                               const struct mmki_item *item, const struct mmki_image *now)
{
    for (size_t i = 0; i < in->owned->n; i++) {
        const struct mmki_owned *other = &in->owned->v[i];
        const struct mmki_item *theirs =
            other == mine || other->product[0] == 0 ? NULL : mmki_items_find(&other->items, item);
        if (theirs != NULL && mmki_image_equal(now, &theirs->after))
            return true;
    }
    return false;
}

/* The slot belongs to somebody else by now; force is no licence for that. */
static bool alias_of_others(const struct mmki_plan_in *in, const struct mmki_item *item)
{
    struct mmki_slot slot;
    mmki_read_slot(in->snapshot, in->product, item->name, &slot);
    return slot.held[item->view] && !slot.ours[item->view];
}

static mmk_err give_back(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, const struct mmki_owned *mine,
                         const struct mmki_item *owned)
{
    const struct mmki_image *now = mmki_current(in->snapshot, owned);
    struct mmki_item item = *owned;
    item.after = owned->before;
    item.before = *now;
    if (mmki_image_equal(now, &item.after) || other_product_owns(in, mine, owned, now))
        return MMK_OK;
    if (!mmki_image_equal(now, &owned->after)) {
        item.after = owned->after; /* for the report: what we had written */
        if ((in->request->flags & MMK_INSTALL_FORCE) == 0 ||
            ((owned->flags & MMKI_ALIAS) != 0 && alias_of_others(in, owned)))
            return mmki_keep_foreign(arena, plan, &item);
        item.after = owned->before;
    }
    if (owned->kind == MMKI_FILE) {
        char stem[MMKI_PATH_MAX];
        char original[MMKI_PATH_MAX];
        struct mmki_text t;
        mmki_text_init(&t, stem, sizeof stem);
        MMKI_TEXT_JOIN(&t, owned->path, ".mmk");
        mmki_text_add_u64(&t, in->number);
        if (t.full || !mmki_file_name(owned, ".old", original, sizeof original))
            return MMK_ERR_TOO_LONG;
        item.extra = mmki_arena_text(arena, stem);
        item.name = mmki_arena_text(arena, original);
        item.flags = (uint8_t)(item.flags & ~MMKI_RETAIN);
        if (item.extra == NULL || item.name == NULL)
            return MMK_ERR_NOMEM;
    }
    return mmki_items_add(arena, &plan->txn.items, &item);
}

/* ------------------------------------------------------------------ keys that become empty */

static bool parent_is(const struct mmki_item *child, const struct mmki_item *key)
{
    const size_t len = strlen(key->path);
    if (child->root != key->root || child->view != key->view)
        return false;
    if (child->kind == MMKI_VALUE)
        return mmk_name_equal(child->path, key->path);
    return strlen(child->path) > len && child->path[len] == '\\' &&
           mmk_name_compare_n(child->path, len, key->path, len) == 0 &&
           strchr(child->path + len + 1, '\\') == NULL;
}

static bool goes(const struct mmki_plan_in *in, const struct mmki_plan *plan,
                 const struct mmki_item *child, bool stamps_go)
{
    const struct mmki_item *item = mmki_items_find(&plan->txn.items, child);
    if (stamps_go && child->kind == MMKI_VALUE && child->view == MMK_VIEW_64 &&
        mmk_name_equal(child->path, MMKI_HOME) &&
        mmk_name_equal(child->name, mmki_stamp_name(in->of_user)))
        return true;
    return item != NULL && !item->after.present;
}

static bool becomes_empty(const struct mmki_plan_in *in, const struct mmki_plan *plan,
                          const struct mmki_item *key, bool stamps_go)
{
    for (size_t i = 0; i < in->snapshot->children.n; i++)
        if (parent_is(&in->snapshot->children.v[i], key) &&
            !goes(in, plan, &in->snapshot->children.v[i], stamps_go))
            return false;
    return true;
}

/* Children after their parents in the record, so backwards: the deepest first. */
static mmk_err plan_keys(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, const struct mmki_items *keys, bool last)
{
    for (size_t i = keys->n; i-- > 0;) {
        struct mmki_item item = keys->v[i];
        if (item.kind != MMKI_KEY || !mmki_current(in->snapshot, &item)->present ||
            !becomes_empty(in, plan, &item, last))
            continue;
        item.before.present = true;
        item.after = absent;
        const mmk_err err = mmki_items_add(arena, &plan->txn.items, &item);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ without a record */

/* The record is lost (somebody deleted the journal) and force was asked for: what carries our names
 * goes. */
static mmk_err plan_orphans(struct mmki_arena *arena, const struct mmki_plan_in *in,
                            struct mmki_plan *plan)
{
    char home[256];
    char section[256];
    mmk_err err = mmki_setting_path(in->product->name, MMK_DEVICE_NONE, home, sizeof home);
    mmki_section_path(in->product->section, section, sizeof section);
    for (size_t i = 0; i < in->snapshot->cells.n && err == MMK_OK; i++) {
        struct mmki_item item = in->snapshot->cells.v[i];
        const size_t n = strlen(home);
        const bool setting = item.kind == MMKI_VALUE && strlen(item.path) >= n &&
                             mmk_name_compare_n(item.path, n, home, n) == 0 &&
                             (item.path[n] == 0 || item.path[n] == '\\');
        bool alias = false;
        if (item.kind == MMKI_VALUE && mmk_name_equal(item.path, section)) {
            struct mmki_slot slot;
            mmki_read_slot(in->snapshot, in->product, item.name, &slot);
            alias = slot.ours[item.view];
        }
        if (!item.before.present || !(setting || alias))
            continue;
        item.flags = 0;
        item.after = absent;
        err = mmki_items_add(arena, &plan->txn.items, &item);
    }
    return err;
}

static mmk_err plan_cache(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan, const struct mmk_extra_value *extra)
{
    mmk_err err = MMK_OK;
    for (size_t k = 0; k < in->snapshot->cells.n && err == MMK_OK; k++) {
        const struct mmki_item *cell = &in->snapshot->cells.v[k];
        if (cell->kind != MMKI_VALUE || cell->root != (uint8_t)extra->root ||
            !mmk_name_equal(cell->path, extra->path) ||
            (extra->name != NULL && !mmk_name_equal(cell->name, extra->name)) ||
            (cell->view == MMK_VIEW_32 && !extra->both_views))
            continue;
        err = mmki_want(arena, in, plan, *cell, &absent, 0);
    }
    const bool both = extra->both_views && extra->root != MMK_REG_USER;
    for (int view = 0; view < (both ? 2 : 1) && extra->name == NULL && err == MMK_OK; view++)
        if (in->snapshot->has_view[view])
            err = mmki_drop_key(arena, in, plan, extra->root, (mmk_reg_view)view, extra->path);
    return err;
}

static mmk_err plan_caches(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan)
{
    mmk_err err = MMK_OK;
    for (size_t i = 0; i < in->product->n_extra && err == MMK_OK; i++)
        if (in->product->extra[i].remove)
            err = plan_cache(arena, in, plan, &in->product->extra[i]);
    return err;
}

static bool keeps_a_setting(const struct mmki_owned *owned)
{
    for (size_t i = 0; i < owned->items.n; i++)
        if ((owned->items.v[i].flags & MMKI_SETTING) != 0)
            return true;
    return false;
}

mmk_err mmki_plan_remove(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const struct mmki_owned *shared = mmki_records_shared(in->owned);
    const bool keep = (in->request->flags & MMK_INSTALL_KEEP_SETTINGS) != 0;
    mmk_err err = MMK_OK;
    plan->txn = (struct mmki_txn){.alias = "", .version = in->product->version, .release = true};
    plan->txn.keep_settings = keep;
    if (owned == NULL && (in->request->flags & MMK_INSTALL_FORCE) != 0)
        err = plan_orphans(arena, in, plan);
    /* from the end: what leads programs to us is written last and has to go first */
    for (size_t i = owned != NULL ? owned->items.n : 0; i-- > 0 && err == MMK_OK;)
        if (!keep || (owned->items.v[i].flags & MMKI_SETTING) == 0)
            err = give_back(arena, in, plan, owned, &owned->items.v[i]);
    if (err == MMK_OK && (owned != NULL ? keep && !owned->installed : plan->txn.items.n == 0))
        return MMKI_PLAN_FAIL(plan, MMK_REASON_NOT_INSTALLED, MMK_ERR_NOT_FOUND, in->product->name,
                              " is not installed");
    if (err == MMK_OK && !in->of_user)
        err = plan_caches(arena, in, plan);
    /* with the last product everything shared goes, the stamps too */
    const size_t others = mmki_records_count(in->owned) - (owned != NULL ? 1 : 0);
    const bool last = others == 0 && !(keep && owned != NULL && keeps_a_setting(owned));
    if (err == MMK_OK && shared != NULL)
        err = plan_keys(arena, in, plan, &shared->items, last);
    return err == MMK_OK ? mmki_finish_plan(arena, in, plan, last) : err;
}
