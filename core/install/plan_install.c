/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"
#include "param/param_internal.h"

/** Plans of install, repair and configure. Pure: everything they know is in the snapshot. */

static const struct mmki_image absent = {.present = false};

/* ------------------------------------------------------------------ pieces */

static mmk_err product_path(struct mmki_arena *arena, const struct mmki_plan_in *in,
                            const char **out)
{
    char path[256];
    mmk_err err = mmki_setting_path(in->product->name, MMK_DEVICE_NONE, path, sizeof path);
    *out = err == MMK_OK ? mmki_arena_text(arena, path) : NULL;
    return err == MMK_OK && *out == NULL ? MMK_ERR_NOMEM : err;
}

static mmk_err check_version(const struct mmki_plan_in *in, struct mmki_plan *plan,
                             const char *path)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const struct mmki_item target = mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, path, "Version");
    const struct mmki_image *now = mmki_current(in->snapshot, &target);
    uint32_t there = 0;
    char text[32];
    struct mmki_text t;
    if (now->present && now->type == MMK_REG_DWORD && now->len == 4)
        there = mmki_get_u32le(now->data);
    if (owned != NULL && owned->installed)
        there = owned->version; /* ours to say; the value might be somebody's edit */
    if (there <= in->product->version || (in->request->flags & MMK_INSTALL_FORCE) != 0)
        return MMK_OK;
    mmki_text_init(&t, text, sizeof text);
    mmki_text_add_u64(&t, there >> 24);
    mmki_text_add(&t, ".");
    mmki_text_add_u64(&t, there >> 16 & 255);
    mmki_text_add(&t, ".");
    mmki_text_add_u64(&t, there & 65535);
    return MMKI_PLAN_FAIL(plan, MMK_REASON_DOWNGRADE, MMK_ERR_VERSION, "version ", text, " of ",
                          in->product->name,
                          " is installed, which is newer; force the older one, or remove "
                          "it first");
}

static mmk_err plan_alias_view(struct mmki_arena *arena, const struct mmki_plan_in *in,
                               struct mmki_plan *plan, const struct mmki_slot *slot,
                               mmk_reg_view view)
{
    char path[256];
    struct mmki_image image;
    mmki_section_path(in->product->section, path, sizeof path);
    const mmk_err err = mmki_compose_alias(arena, in, plan, slot->value[view], &image);
    if (err != MMK_OK || !image.present)
        return err;
    char *copy = mmki_arena_text(arena, path);
    char *alias = mmki_arena_text(arena, slot->alias);
    if (copy == NULL || alias == NULL)
        return MMK_ERR_NOMEM;
    return mmki_want(arena, in, plan, mmki_value_item(MMK_REG_MACHINE, view, copy, alias), &image,
                     MMKI_OWN | MMKI_ALIAS);
}

/* A product without an alias is where its modules are. */
static void plan_views(const struct mmki_plan_in *in, struct mmki_plan *plan)
{
    for (int view = 0; view < MMK_VIEW_COUNT; view++)
        if (in->snapshot->has_view[view] && in->snapshot->module_here[view])
            plan->txn.views = (uint8_t)(plan->txn.views | 1u << view);
}

static mmk_err plan_alias(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan)
{
    struct mmki_slot slot;
    if (in->product->alias_base == NULL && in->request->alias == NULL) {
        plan_views(in, plan);
        return MMK_OK;
    }
    mmk_err err = mmki_choose_slot(in, plan, &slot);
    if (err != MMK_OK)
        return err;
    for (int view = 0; view < MMK_VIEW_COUNT && err == MMK_OK; view++) {
        /* only where a program of that width would find a module, and never over somebody else */
        if (!in->snapshot->has_view[view] || !in->snapshot->module_here[view] ||
            (slot.held[view] && !slot.ours[view]))
            continue;
        plan->txn.views = (uint8_t)(plan->txn.views | 1u << view);
        err = plan_alias_view(arena, in, plan, &slot, (mmk_reg_view)view);
    }
    char *alias = mmki_arena_text(arena, slot.alias);
    plan->txn.alias = alias != NULL ? alias : "";
    return err == MMK_OK && alias == NULL ? MMK_ERR_NOMEM : err;
}

/* A value that we wrote once and that has no business there any more. */
static mmk_err withdraw(struct mmki_arena *arena, const struct mmki_plan_in *in,
                        struct mmki_plan *plan, const struct mmki_item *target)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const struct mmki_item *ours = owned != NULL ? mmki_items_find(&owned->items, target) : NULL;
    return ours != NULL ? mmki_want(arena, in, plan, *target, &ours->before, MMKI_OWN) : MMK_OK;
}

static mmk_err plan_extra(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan, const struct mmk_extra_value *extra,
                          mmk_reg_view view)
{
    const struct mmki_item target =
        mmki_value_item(extra->root, view, extra->path, extra->name != NULL ? extra->name : "");
    struct mmki_image image = extra->remove ? absent : mmki_image_sz(arena, extra->text);
    if (extra->expands && image.present)
        image.type = MMK_REG_EXPAND_SZ;
    if (extra->where_module && !in->snapshot->module_here[view])
        return withdraw(arena, in, plan, &target);
    if (!extra->remove || extra->name != NULL)
        return mmki_want(arena, in, plan, target, &image, extra->remove ? 0 : MMKI_OWN);
    /* no name: everything in that key */
    for (size_t i = 0; i < in->snapshot->cells.n; i++) {
        const struct mmki_item *cell = &in->snapshot->cells.v[i];
        if (cell->kind != MMKI_VALUE || cell->root != target.root || cell->view != target.view ||
            !mmk_name_equal(cell->path, extra->path))
            continue;
        const mmk_err err = mmki_want(arena, in, plan, *cell, &absent, 0);
        if (err != MMK_OK)
            return err;
    }
    return mmki_drop_key(arena, in, plan, extra->root, view, extra->path);
}

static mmk_err plan_extras(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan)
{
    for (size_t i = 0; i < in->product->n_extra; i++)
        for (int view = 0; view < MMK_VIEW_COUNT; view++) {
            const struct mmk_extra_value *extra = &in->product->extra[i];
            const bool second = view == MMK_VIEW_32;
            if (!in->snapshot->has_view[view] ||
                (second && (!extra->both_views || extra->root == MMK_REG_USER)))
                continue;
            const mmk_err err = plan_extra(arena, in, plan, extra, (mmk_reg_view)view);
            if (err != MMK_OK)
                return err;
        }
    return MMK_OK;
}

/* ------------------------------------------------------------------ files and INI lines */

static mmk_err plan_file(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, int other)
{
    const char *from = mmki_copy_source(in->request, other);
    struct mmki_item target = {.kind = MMKI_FILE, .path = in->file_path[other], .extra = ""};
    const struct mmki_item source = {.kind = MMKI_FILE, .path = from, .extra = ""};
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const struct mmki_item *ours = owned != NULL ? mmki_items_find(&owned->items, &target) : NULL;
    const struct mmki_image *now = mmki_current(in->snapshot, &target);
    struct mmki_text t;
    char stem[MMKI_PATH_MAX];
    mmki_text_init(&t, stem, sizeof stem);
    MMKI_TEXT_JOIN(&t, target.path, ".mmk");
    mmki_text_add_u64(&t, in->number);
    if (t.full)
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_TOO_LONG,
                              "path too long: ", target.path);
    target.name = mmki_arena_text(arena, from);
    target.extra = mmki_arena_text(arena, stem);
    if (target.name == NULL || target.extra == NULL)
        return MMK_ERR_NOMEM;
    /* a module that was not ours comes back on remove */
    const uint8_t retain = ours == NULL && now->present ? MMKI_RETAIN : 0;
    return mmki_want(arena, in, plan, target, mmki_current(in->snapshot, &source),
                     (uint8_t)(MMKI_OWN | retain));
}

/* "path|section|key|value" */
static mmk_err plan_ini(struct mmki_arena *arena, const struct mmki_plan_in *in,
                        struct mmki_plan *plan, const char *line)
{
    char *copy = mmki_arena_text(arena, line);
    char *part[4] = {copy, NULL, NULL, NULL};
    if (copy == NULL)
        return MMK_ERR_NOMEM;
    for (int i = 1; i < 4; i++) {
        part[i] = strchr(part[i - 1], '|');
        if (part[i] == NULL || part[i] == part[i - 1])
            return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_SYNTAX, "INI line \"", line,
                                  "\" is not path|section|key|value");
        *part[i]++ = 0;
    }
    const struct mmki_item target = {
        .kind = MMKI_INI, .path = part[0], .name = part[1], .extra = part[2]};
    const struct mmki_image image = {true, 0, (uint32_t)strlen(part[3]), (const uint8_t *)part[3]};
    return mmki_want(arena, in, plan, target, &image, MMKI_OWN);
}

static mmk_err plan_files(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan)
{
    const char *const *line = in->ini_lines;
    mmk_err err = MMK_OK;
    for (int i = 0; i < 2 && err == MMK_OK; i++)
        if (in->file_path[i] != NULL)
            err = plan_file(arena, in, plan, i);
    for (; err == MMK_OK && line != NULL && *line != NULL; line++)
        err = plan_ini(arena, in, plan, *line);
    return err;
}

/* ------------------------------------------------------------------ install and repair */

/* Extras of a width whose module has gone are on their way out. */
static bool has_no_module(const struct mmki_plan_in *in, const struct mmki_item *item)
{
    for (size_t i = 0; i < in->product->n_extra; i++) {
        const struct mmk_extra_value *extra = &in->product->extra[i];
        const struct mmki_item target =
            mmki_value_item(extra->root, (mmk_reg_view)item->view, extra->path,
                            extra->name != NULL ? extra->name : "");
        if (extra->where_module && !in->snapshot->module_here[item->view] &&
            mmki_same_target(&target, item))
            return true;
    }
    return false;
}

/* What we own and somebody deleted comes back; what somebody changed stays, unless forced. */
static mmk_err restore_owned(struct mmki_arena *arena, const struct mmki_plan_in *in,
                             struct mmki_plan *plan, const struct mmki_owned *owned)
{
    const bool repair = in->request->verb == MMK_VERB_REPAIR;
    const bool force = (in->request->flags & MMK_INSTALL_FORCE) != 0;
    for (size_t i = 0; i < owned->items.n; i++) {
        struct mmki_item item = owned->items.v[i];
        const struct mmki_image *now = mmki_current(in->snapshot, &item);
        const bool registry = item.kind == MMKI_VALUE;
        mmk_err err = MMK_OK;
        if (!registry || mmki_image_equal(now, &item.after) || has_no_module(in, &item) ||
            (!repair && (item.flags & (MMKI_SETTING | MMKI_ALIAS)) != 0))
            continue;
        item.before = *now;
        /* an alias that names another module now is a slot that somebody took: not even by force */
        if (now->present && (!force || (item.flags & MMKI_ALIAS) != 0))
            err = repair ? mmki_keep_foreign(arena, plan, &item) : MMK_OK;
        else
            err = mmki_items_add(arena, &plan->txn.items, &item);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

static bool same_installation(const struct mmki_txn *txn, const struct mmki_owned *owned)
{
    return owned != NULL && owned->installed == txn->installed && owned->views == txn->views &&
           owned->version == txn->version && mmk_name_equal(owned->alias, txn->alias);
}

mmk_err mmki_plan_install(struct mmki_arena *arena, const struct mmki_plan_in *in,
                          struct mmki_plan *plan)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const char *path = NULL;
    struct mmki_image version = mmki_image_u32(arena, in->product->version);
    mmk_err err = product_path(arena, in, &path);
    plan->txn = (struct mmki_txn){.alias = "", .installed = true, .version = in->product->version};
    if (in->request->verb == MMK_VERB_REPAIR && (owned == NULL || !owned->installed))
        return MMKI_PLAN_FAIL(plan, MMK_REASON_NOT_INSTALLED, MMK_ERR_NOT_FOUND, in->product->name,
                              " is not installed");
    if (err == MMK_OK)
        err = check_version(in, plan, path);
    if (err == MMK_OK && owned != NULL && owned->installed)
        err = restore_owned(arena, in, plan, owned);
    if (err == MMK_OK && in->request->verb != MMK_VERB_PNP_INSTALL)
        err = plan_alias(arena, in, plan);
    if (err == MMK_OK)
        err = mmki_plan_settings(arena, in, plan);
    if (err == MMK_OK)
        err = mmki_want(arena, in, plan,
                        mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, path, "Version"), &version,
                        MMKI_OWN);
    if (err == MMK_OK)
        err = plan_extras(arena, in, plan);
    if (err == MMK_OK)
        err = plan_files(arena, in, plan);
    if (err == MMK_OK && in->request->verb == MMK_VERB_PNP_INSTALL && owned != NULL) {
        plan->txn.alias = owned->alias; /* PnP keeps an alias that a DRV_INSTALL made */
        plan->txn.views = owned->views;
    }
    if (err == MMK_OK)
        err = mmki_finish_plan(arena, in, plan, false);
    plan->already = plan->txn.items.n == 0 && same_installation(&plan->txn, owned);
    return err;
}

/* ------------------------------------------------------------------ configure */

/* The alias text goes before per-user settings: a change that it hides would be no change. */
static mmk_err check_shadow(const struct mmki_plan_in *in, struct mmki_plan *plan,
                            const struct mmki_slot *slot)
{
    const mmk_reg_view view = slot->ours[MMK_VIEW_64] ? MMK_VIEW_64 : MMK_VIEW_32;
    struct mmk_settings settings;
    char file[MMKI_PATH_MAX];
    const char *text = NULL;
    if (mmk_alias_split(slot->value[view], file, sizeof file, &text) != MMK_OK || text == NULL)
        return MMK_OK;
    mmk_settings_defaults(in->product->params, &settings);
    const mmk_err err = mmk_alias_apply(text, in->hosts, &settings, NULL);
    for (size_t i = 0; i < in->n_assigned && err == MMK_OK; i++) {
        const struct mmki_assigned *a = &in->assigned[i];
        const struct mmk_setting *said = &settings.value[a->param];
        if (said->source == MMK_SOURCE_ALIAS && a->text != NULL && strcmp(said->text, a->text) != 0)
            return MMKI_PLAN_FAIL(
                plan, MMK_REASON_BAD_SETTING, MMK_ERR_CONFLICT,
                in->product->params->params[a->param].name, ": ", slot->alias, " says \"",
                said->text,
                "\", which goes before per-user settings; an administrator can reset it for "
                "the machine");
    }
    return MMK_OK;
}

mmk_err mmki_plan_configure(struct mmki_arena *arena, const struct mmki_plan_in *in,
                            struct mmki_plan *plan)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    struct mmki_slot slot;
    mmk_err err = MMK_OK;
    const bool slotted = mmki_find_slot(in->snapshot, in->product, &slot);
    plan->txn = (struct mmki_txn){.alias = "", .version = in->product->version};
    if (owned != NULL) {
        plan->txn.alias = owned->alias;
        plan->txn.views = owned->views;
        plan->txn.version = owned->version;
        plan->txn.installed = owned->installed;
    }
    if (slotted && in->per_user)
        err = check_shadow(in, plan, &slot);
    for (int view = 0; slotted && !in->per_user && view < MMK_VIEW_COUNT && err == MMK_OK; view++)
        if (slot.ours[view])
            err = plan_alias_view(arena, in, plan, &slot, (mmk_reg_view)view);
    if (err == MMK_OK)
        err = mmki_plan_settings(arena, in, plan);
    if (err == MMK_OK)
        err = mmki_finish_plan(arena, in, plan, false);
    plan->already = plan->txn.items.n == 0;
    return err;
}
