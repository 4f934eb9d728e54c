/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"
#include "param/param_internal.h"

static const struct mmki_image absent = {.present = false};

mmk_err mmki_plan_fail(struct mmki_plan *plan, mmk_install_reason reason, mmk_err err,
                       const char *const *pieces)
{
    struct mmki_text t;
    plan->reason = reason;
    mmki_text_init(&t, plan->text, sizeof plan->text);
    for (; *pieces != NULL; pieces++)
        mmki_text_add_line(&t, *pieces);
    return err;
}

/* A value in a key that was seen to be absent is absent without having been looked for. */
const struct mmki_image *mmki_current(const struct mmki_snapshot *snapshot,
                                      const struct mmki_item *target)
{
    const struct mmki_item *cell = mmki_items_find(&snapshot->cells, target);
    if (cell != NULL)
        return &cell->before;
    assert(target->kind == MMKI_VALUE || target->kind == MMKI_KEY);
    return &absent;
}

static bool foreign_edit(const struct mmki_plan_in *in, const struct mmki_item *target,
                         const struct mmki_image *now)
{
    const struct mmki_owned *owned = mmki_records_find(in->owned, in->product->file);
    const struct mmki_item *ours = owned != NULL ? mmki_items_find(&owned->items, target) : NULL;
    return ours != NULL && now->present && !mmki_image_equal(now, &ours->after);
}

mmk_err mmki_keep_foreign(struct mmki_arena *arena, struct mmki_plan *plan,
                          const struct mmki_item *item)
{
    if (mmki_items_find(&plan->conflicts, item) != NULL)
        return MMK_OK;
    return mmki_items_add(arena, &plan->conflicts, item);
}

mmk_err mmki_want(struct mmki_arena *arena, const struct mmki_plan_in *in, struct mmki_plan *plan,
                  struct mmki_item target, const struct mmki_image *image, uint8_t flags)
{
    const struct mmki_image *now = mmki_current(in->snapshot, &target);
    if (image->present && image->data == NULL && target.kind != MMKI_KEY)
        return MMK_ERR_NOMEM;
    if (mmki_image_equal(now, image) || mmki_items_find(&plan->txn.items, &target) != NULL)
        return MMK_OK;
    target.flags = flags;
    target.before = *now;
    target.after = *image;
    /* settings and alias text are made out of what stands there; anything else that differs from
     * what we wrote last is somebody's edit */
    if ((flags & (MMKI_SETTING | MMKI_ALIAS)) == 0 &&
        (in->request->flags & MMK_INSTALL_FORCE) == 0 && foreign_edit(in, &target, now))
        return mmki_keep_foreign(arena, plan, &target);
    return mmki_items_add(arena, &plan->txn.items, &target);
}

mmk_err mmki_drop_key(struct mmki_arena *arena, const struct mmki_plan_in *in,
                      struct mmki_plan *plan, mmk_reg_root root, mmk_reg_view view,
                      const char *path)
{
    struct mmki_item key = mmki_key_item(root, view, path);
    if (!mmki_current(in->snapshot, &key)->present ||
        mmki_items_find(&plan->txn.items, &key) != NULL)
        return MMK_OK;
    key.before.present = true;
    return mmki_items_add(arena, &plan->txn.items, &key);
}

/* ------------------------------------------------------------------ settings */

static struct mmki_image setting_image(struct mmki_arena *arena, const struct mmk_param *param,
                                       const char *text)
{
    uint64_t number = 0;
    if (text == NULL)
        return absent;
    if (param->type == MMK_PARAM_UINT && mmki_parse_u64(text, strlen(text), &number))
        return mmki_image_u32(arena, (uint32_t)number);
    return mmki_image_sz(arena, text);
}

static struct mmki_item setting_target(struct mmki_arena *arena, const struct mmki_plan_in *in,
                                       uint32_t device, size_t param)
{
    char path[256];
    const mmk_err err = mmki_setting_path(in->product->name, device, path, sizeof path);
    char *copy = err == MMK_OK ? mmki_arena_text(arena, path) : NULL;
    return mmki_value_item(in->per_user ? MMK_REG_USER : MMK_REG_MACHINE, MMK_VIEW_64, copy,
                           in->product->params->params[param].name);
}

mmk_err mmki_plan_settings(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan)
{
    for (size_t i = 0; i < in->n_assigned; i++) {
        const struct mmki_assigned *a = &in->assigned[i];
        const struct mmki_image image =
            setting_image(arena, &in->product->params->params[a->param], a->text);
        const struct mmki_item target = setting_target(arena, in, a->device, a->param);
        if (target.path == NULL)
            return MMK_ERR_NOMEM;
        const mmk_err err = mmki_want(arena, in, plan, target, &image, MMKI_OWN | MMKI_SETTING);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

mmk_err mmki_machine_settings(const struct mmki_plan_in *in, const char *alias_text,
                              struct mmki_plan *plan, struct mmk_settings *out)
{
    const struct mmk_param_table *table = in->product->params;
    struct mmk_param_error error = {.err = MMK_OK};
    char path[256];
    mmk_settings_defaults(table, out);
    if (mmki_setting_path(in->product->name, MMK_DEVICE_NONE, path, sizeof path) != MMK_OK)
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_REQUEST, MMK_ERR_TOO_LONG,
                              "driver name too long");
    for (size_t i = 0; i < table->n_params; i++) {
        const struct mmki_item target =
            mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, path, table->params[i].name);
        const struct mmki_image *now = mmki_current(in->snapshot, &target);
        char text[3 * MMK_SETTING_TEXT_MAX + 4];
        /* a damaged value counts as none, as in mmk_settings_load */
        if (now->present &&
            mmki_setting_decode(now->type, now->data, now->len, text, sizeof text) == MMK_OK)
            (void)mmk_settings_set(out, in->hosts, table->params[i].name, text, MMK_SOURCE_MACHINE,
                                   NULL);
    }
    if (alias_text != NULL && mmk_alias_apply(alias_text, in->hosts, out, &error) != MMK_OK)
        return MMKI_PLAN_FAIL(plan, MMK_REASON_BAD_SETTING, error.err, error.text);
    return MMK_OK;
}

/* A device of its own setting must not be overruled by the one text that serves all devices. */
static bool device_has_own(const struct mmki_plan_in *in, size_t param)
{
    const struct mmk_param *row = &in->product->params->params[param];
    for (uint32_t device = 0; device < MMK_DEVICES_MAX; device++) {
        char path[256];
        const mmk_err err = mmki_setting_path(in->product->name, device, path, sizeof path);
        const struct mmki_item target =
            mmki_value_item(MMK_REG_MACHINE, MMK_VIEW_64, path, row->name);
        bool own = err == MMK_OK && mmki_current(in->snapshot, &target)->present;
        for (size_t i = 0; i < in->n_assigned; i++)
            if (in->assigned[i].param == param && in->assigned[i].device == device)
                own = in->assigned[i].text != NULL;
        if (own)
            return true;
    }
    return false;
}

/* Settings as they will be for the driver as a whole. Back to default means: what the table says.
 */
static void assign(const struct mmki_plan_in *in, struct mmk_settings *settings)
{
    struct mmk_settings standard;
    mmk_settings_defaults(in->product->params, &standard);
    for (size_t i = 0; i < in->n_assigned; i++) {
        const struct mmki_assigned *a = &in->assigned[i];
        if (a->device != MMK_DEVICE_NONE)
            continue;
        if (a->text == NULL)
            settings->value[a->param] = standard.value[a->param];
        else
            (void)mmk_settings_set(settings, in->hosts, in->product->params->params[a->param].name,
                                   a->text, MMK_SOURCE_CALLER, NULL);
    }
}

/* Text of the alias that a device's own setting drives out goes on in the registry. */
static mmk_err keep_driver_value(struct mmki_arena *arena, const struct mmki_plan_in *in,
                                 struct mmki_plan *plan, const struct mmk_settings *settings,
                                 size_t param)
{
    const struct mmki_image image =
        setting_image(arena, &in->product->params->params[param], settings->value[param].text);
    const struct mmki_item target = setting_target(arena, in, MMK_DEVICE_NONE, param);
    if (target.path == NULL)
        return MMK_ERR_NOMEM;
    return mmki_want(arena, in, plan, target, &image, MMKI_OWN | MMKI_SETTING);
}

mmk_err mmki_compose_alias(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_plan *plan, const char *old_value, struct mmki_image *out)
{
    const struct mmk_param_table *table = in->product->params;
    struct mmk_settings settings;
    struct mmk_settings before;
    struct mmk_settings standard;
    char file[MMKI_PATH_MAX];
    char value[4 * MMK_ALIAS_VALUE_MAX + 1];
    const char *text = NULL;
    bool change = old_value[0] == 0;
    if (change || mmk_alias_split(old_value, file, sizeof file, &text) != MMK_OK)
        memcpy(file, in->product->file, strlen(in->product->file) + 1);
    mmk_err err = mmki_machine_settings(in, text, plan, &settings);
    if (err != MMK_OK)
        return err;
    before = settings;
    assign(in, &settings);
    mmk_settings_defaults(table, &standard);
    for (size_t i = 0; i < table->n_params; i++) {
        if (table->params[i].alias_key == NULL)
            continue;
        if (device_has_own(in, i)) {
            if (settings.value[i].source == MMK_SOURCE_ALIAS)
                err = keep_driver_value(arena, in, plan, &settings, i);
            if (err != MMK_OK)
                return err;
            settings.value[i] = standard.value[i];
        }
        change |= strcmp(before.value[i].text, settings.value[i].text) != 0;
    }
    if (!change) {
        *out = (struct mmki_image){.present = false}; /* keep what stands there, byte for byte */
        return MMK_OK;
    }
    err = mmk_alias_compose(file, text, &settings, value, sizeof value);
    if (err != MMK_OK)
        return MMKI_PLAN_FAIL(
            plan, err == MMK_ERR_TOO_LONG ? MMK_REASON_ALIAS_TOO_LONG : MMK_REASON_BAD_SETTING, err,
            "the alias value \"", old_value,
            "\" leaves no room: at most 259 characters, of which winmm reads the file and "
            "its options");
    *out = mmki_image_sz(arena, value);
    return out->data != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

/* ------------------------------------------------------------------ parents and stamps */

static mmk_err add_parents(struct mmki_arena *arena, const struct mmki_plan_in *in,
                           struct mmki_items *items, const struct mmki_item *below, bool itself)
{
    const char *at = below->path;
    for (;;) {
        at = strchr(at, '\\');
        const size_t len = at != NULL ? (size_t)(at - below->path) : strlen(below->path);
        if (at == NULL && !itself)
            return MMK_OK;
        char *path = mmki_arena_alloc(arena, len + 1);
        if (path == NULL)
            return MMK_ERR_NOMEM;
        memcpy(path, below->path, len);
        struct mmki_item key =
            mmki_key_item((mmk_reg_root)below->root, (mmk_reg_view)below->view, path);
        if (!mmki_current(in->snapshot, &key)->present && mmki_items_find(items, &key) == NULL) {
            key.flags = MMKI_OWN | MMKI_SHARED;
            key.after.present = true;
            const mmk_err err = mmki_items_add(arena, items, &key);
            if (err != MMK_OK)
                return err;
        }
        if (at == NULL)
            return MMK_OK;
        at++;
    }
}

static bool touches(const struct mmki_items *items, int root)
{
    for (size_t i = 0; i < items->n; i++)
        if ((items->v[i].kind == MMKI_VALUE || items->v[i].kind == MMKI_KEY) &&
            items->v[i].root == root)
            return true;
    return false;
}

static mmk_err add_stamp(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, int root, bool last, struct mmki_items *out)
{
    const struct mmki_owned *shared = mmki_records_shared(in->owned);
    const struct mmki_item target =
        mmki_value_item((mmk_reg_root)root, MMK_VIEW_64, MMKI_HOME, mmki_stamp_name(in->of_user));
    const struct mmki_item *ours = shared != NULL ? mmki_items_find(&shared->items, &target) : NULL;
    struct mmki_stamp *stamp = &plan->txn.stamp[root];
    if (!touches(&plan->txn.items, root) && !(last && ours != NULL))
        return MMK_OK;
    stamp->touched = true;
    stamp->before = *mmki_current(in->snapshot, &target);
    stamp->after = mmki_image_u64(arena, 2 * in->number);
    if (stamp->after.data == NULL)
        return MMK_ERR_NOMEM;
    if (last) {
        stamp->after = ours != NULL ? ours->before : absent;
        return MMK_OK;
    }
    return add_parents(arena, in, out, &target, true);
}

mmk_err mmki_finish_plan(struct mmki_arena *arena, const struct mmki_plan_in *in,
                         struct mmki_plan *plan, bool last)
{
    struct mmki_items items = {NULL, 0, 0};
    mmk_err err = MMK_OK;
    for (int root = 0; root < MMK_REG_ROOT_COUNT && err == MMK_OK; root++)
        err = add_stamp(arena, in, plan, root, last, &items);
    for (size_t i = 0; i < plan->txn.items.n && err == MMK_OK; i++) {
        const struct mmki_item *item = &plan->txn.items.v[i];
        if (item->kind == MMKI_VALUE && item->after.present)
            err = add_parents(arena, in, &items, item, true);
        if (err == MMK_OK && mmki_items_find(&items, item) == NULL)
            err = mmki_items_add(arena, &items, item);
    }
    plan->txn.items = items;
    plan->txn.number = in->number;
    plan->txn.of_user = in->of_user;
    plan->txn.verb = (uint8_t)in->request->verb;
    plan->txn.product = in->product->name;
    plan->txn.file = in->product->file;
    plan->txn.user = in->user;
    return err;
}
