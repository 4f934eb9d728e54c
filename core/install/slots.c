/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"

/**
 * Alias slots.
 *
 * winmm knows `wave`, `wave1` .. `wave9`. The bare one belongs to the system, `wave0` is nothing
 * (some installers write it: damage), and Windows MIDI Services keeps `midi` and `midi1`. We take
 * wave1 and up, the same number in both views, and never one that stands for somebody else in
 * either.
 */

size_t mmki_slot_names(const struct mmk_product *product, char names[MMKI_SLOTS_MAX][64])
{
    size_t n = product->alias_base == NULL ? 0 : product->numbered ? MMKI_SLOTS_MAX : 1;
    for (size_t i = 0; i < n; i++) {
        struct mmki_text t;
        mmki_text_init(&t, names[i], 64);
        mmki_text_add(&t, product->alias_base);
        if (i > 0)
            mmki_text_add_u64(&t, i - 1);
    }
    return n;
}

static bool is_slot(const struct mmk_product *product, const char *alias, size_t *index)
{
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(product, names);
    for (size_t i = 0; i < n; i++)
        if (mmk_name_equal(names[i], alias)) {
            *index = i;
            return true;
        }
    return false;
}

bool mmki_slot_reserved(const struct mmk_product *product, const char *alias)
{
    size_t index = 0;
    if (!product->numbered)
        return false;
    if (!is_slot(product, alias, &index) || index < 2)
        return true;
    return index == 2 && mmk_name_equal(product->alias_base, "midi");
}

mmk_err mmki_check_alias(const struct mmk_product *product, const char *alias,
                         struct mmki_plan *plan)
{
    size_t index = 0;
    if (is_slot(product, alias, &index) && !(product->numbered && index == 1))
        return MMK_OK;
    if (product->alias_base == NULL)
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_INVAL, product->name,
                              " has no alias; leave out \"", alias, "\"");
    if (product->numbered)
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_INVAL, "\"", alias,
                              "\" is no slot for this driver; allowed: ", product->alias_base,
                              "1 to ", product->alias_base, "9");
    return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_INVAL, "\"", alias,
                          "\" is not the alias of this driver, which is ", product->alias_base);
}

void mmki_section_path(const char *section, char *path, size_t cap)
{
    struct mmki_text t;
    mmki_text_init(&t, path, cap);
    MMKI_TEXT_JOIN(&t, MMKI_SECTION_PARENT "\\", section);
}

bool mmki_names_module(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                       mmk_reg_view view, const char *file)
{
    if (mmk_name_equal(file, product->file))
        return true;
    /* with a path it is ours only where our module really lies: a share or a temporary folder may
     * hold a file of that name too */
    return snapshot->module_here[view] && mmk_name_equal(file, snapshot->module[view].path);
}

static bool value_text(const struct mmki_image *image, char *out, size_t cap)
{
    size_t n_units = image->len / 2;
    size_t len = 0;
    if (image->type != MMK_REG_SZ || image->len % 2 != 0)
        return false;
    while (n_units > 0 && mmki_get_u16le(image->data + 2 * (n_units - 1)) == 0)
        n_units--;
    return mmk_wtf8_from_utf16(image->data, n_units, out, cap, &len) == MMK_OK &&
           strlen(out) == len;
}

void mmki_read_slot(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                    const char *alias, struct mmki_slot *out)
{
    char path[256];
    mmki_section_path(product->section, path, sizeof path);
    memset(out, 0, sizeof *out);
    struct mmki_text t;
    mmki_text_init(&t, out->alias, sizeof out->alias);
    mmki_text_add(&t, alias);
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        const struct mmki_item target =
            mmki_value_item(MMK_REG_MACHINE, (mmk_reg_view)view, path, alias);
        const struct mmki_image *now =
            snapshot->has_view[view] ? mmki_current(snapshot, &target) : NULL;
        char file[MMKI_PATH_MAX];
        const char *text;
        if (now == NULL || !now->present)
            continue;
        out->held[view] = true;
        if (!value_text(now, out->value[view], sizeof out->value[view]))
            out->value[view][0] = 0;
        else if (mmk_alias_split(out->value[view], file, sizeof file, &text) == MMK_OK)
            out->ours[view] = mmki_names_module(snapshot, product, (mmk_reg_view)view, file);
    }
}

static bool ours_somewhere(const struct mmki_slot *slot)
{
    return slot->ours[MMK_VIEW_64] || slot->ours[MMK_VIEW_32];
}

static bool held_somewhere(const struct mmki_slot *slot)
{
    return slot->held[MMK_VIEW_64] || slot->held[MMK_VIEW_32];
}

bool mmki_find_slot(const struct mmki_snapshot *snapshot, const struct mmk_product *product,
                    struct mmki_slot *out)
{
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(product, names);
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        mmki_read_slot(snapshot, product, names[i], out);
        if (ours_somewhere(out))
            return true;
    }
    return false;
}

static const char *holder(const struct mmki_slot *slot)
{
    for (int view = 0; view < MMK_VIEW_COUNT; view++)
        if (slot->held[view] && !slot->ours[view])
            return slot->value[view][0] != 0 ? slot->value[view] : "(no text)";
    return "(nobody)";
}

static mmk_err slots_full(const struct mmki_plan_in *in, struct mmki_plan *plan)
{
    struct mmki_text t;
    struct mmki_slot slot;
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(in->product, names);
    plan->reason = MMK_REASON_SLOTS_FULL;
    mmki_text_init(&t, plan->text, sizeof plan->text);
    mmki_text_add(&t, "all slots are in use:");
    for (size_t i = n > 1 ? 2 : 0; i < n; i++) {
        char file[48];
        struct mmki_text cut;
        mmki_read_slot(in->snapshot, in->product, names[i], &slot);
        mmki_text_init(&cut, file, sizeof file);
        mmki_text_add_line(&cut, holder(&slot));
        if (mmki_slot_reserved(in->product, names[i]) && !held_somewhere(&slot))
            MMKI_TEXT_JOIN(&t, " ", names[i], " (reserved by the system)");
        else
            MMKI_TEXT_JOIN(&t, " ", names[i], "=", file, cut.full ? "..." : "");
        mmki_text_add(&t, i + 1 < n ? "," : "; remove one of them first");
    }
    return MMK_ERR_NO_SPACE;
}

static mmk_err slot_taken(const struct mmki_slot *slot, struct mmki_plan *plan)
{
    char value[160];
    struct mmki_text t;
    mmki_text_init(&t, value, sizeof value);
    mmki_text_add_line(&t, holder(slot));
    return MMKI_PLAN_FAIL(plan, MMK_REASON_SLOT_TAKEN, MMK_ERR_EXISTS, slot->alias,
                          " belongs to another driver: ", value,
                          "; choose another alias, or none to get the next free one");
}

/* The caller named one. */
static mmk_err take_asked(const struct mmki_plan_in *in, struct mmki_plan *plan,
                          const struct mmki_owned *owned, struct mmki_slot *out)
{
    const char *alias = in->request->alias;
    const mmk_err err = mmki_check_alias(in->product, alias, plan);
    if (err != MMK_OK)
        return err;
    if (owned != NULL && owned->installed && owned->alias[0] != 0 &&
        !mmk_name_equal(owned->alias, alias))
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_EXISTS, in->product->file,
                              " is installed as ", owned->alias, " already; remove it first");
    mmki_read_slot(in->snapshot, in->product, alias, out);
    if (ours_somewhere(out))
        return MMK_OK;
    if (held_somewhere(out))
        return slot_taken(out, plan);
    if (mmki_slot_reserved(in->product, alias))
        return MMKI_PLAN_FAIL(
            plan, MMK_REASON_BAD_REQUEST, MMK_ERR_INVAL, alias,
            " belongs to the system; choose another alias, or none to get the next "
            "free one");
    return MMK_OK;
}

static bool usable(const struct mmki_slot *slot, bool adopt)
{
    return adopt ? ours_somewhere(slot) : !held_somewhere(slot);
}

mmk_err mmki_choose_slot(const struct mmki_plan_in *in, struct mmki_plan *plan,
                         struct mmki_slot *out)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    char names[MMKI_SLOTS_MAX][64];
    const size_t n = mmki_slot_names(in->product, names);
    if (in->request->alias != NULL)
        return take_asked(in, plan, owned, out);
    if (owned != NULL && owned->installed && owned->alias[0] != 0) {
        mmki_read_slot(in->snapshot, in->product, owned->alias, out);
        if (ours_somewhere(out) || !held_somewhere(out))
            return MMK_OK; /* else somebody took it: another one */
    }
    for (int adopt = 1; adopt >= 0; adopt--)
        for (size_t i = 0; i < n; i++) {
            if (n > 1 && i == 1)
                continue; /* wave0 */
            mmki_read_slot(in->snapshot, in->product, names[i], out);
            if (usable(out, adopt != 0) &&
                (adopt != 0 || !mmki_slot_reserved(in->product, names[i])))
                return MMK_OK;
        }
    return n > 1 ? slots_full(in, plan) : slot_taken(out, plan);
}
