/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"
#include "param/param_internal.h"

/** Everything that a plan will look at, read once under the lock. */

/* More in one key than this: it will not become empty by our doing. */
#define CHILDREN_MAX 64u

struct taking {
    struct mmki_run *run;
    struct mmki_snapshot *snap;
    mmk_err err;
};

static bool known_absent(const struct mmki_snapshot *snap, const struct mmki_item *item)
{
    const struct mmki_item key =
        mmki_key_item((mmk_reg_root)item->root, (mmk_reg_view)item->view, item->path);
    const struct mmki_item *cell = mmki_items_find(&snap->cells, &key);
    return item->kind == MMKI_VALUE && cell != NULL && !cell->before.present;
}

static void take_cell(struct taking *t, struct mmki_item item)
{
    if (t->err != MMK_OK || mmki_items_find(&t->snap->cells, &item) != NULL ||
        known_absent(t->snap, &item))
        return;
    t->err = mmki_read_image(t->run, &item, &item.before);
    t->run->failed = NULL; /* `item` is on this stack */
    item.after = (struct mmki_image){.present = false};
    if (t->err == MMK_OK)
        t->err = mmki_items_add(&t->run->arena, &t->snap->cells, &item);
}

/* The key and all keys above it. false: it is not there. */
static bool take_keys(struct taking *t, mmk_reg_root root, mmk_reg_view view, const char *path)
{
    const char *at = path;
    while (t->err == MMK_OK) {
        at = strchr(at, '\\');
        const size_t len = at != NULL ? (size_t)(at - path) : strlen(path);
        char *copy = mmki_arena_alloc(&t->run->arena, len + 1);
        if (copy == NULL) {
            t->err = MMK_ERR_NOMEM;
            break;
        }
        memcpy(copy, path, len);
        const struct mmki_item key = mmki_key_item(root, view, copy);
        take_cell(t, key);
        const struct mmki_item *cell = mmki_items_find(&t->snap->cells, &key);
        if (cell == NULL || !cell->before.present)
            return false;
        if (at == NULL)
            return true;
        at++;
    }
    return false;
}

static void take_value(struct taking *t, mmk_reg_root root, mmk_reg_view view, const char *path,
                       const char *name)
{
    const char *copy = mmki_arena_text(&t->run->arena, path);
    const char *named = mmki_arena_text(&t->run->arena, name);
    if (copy == NULL || named == NULL)
        t->err = MMK_ERR_NOMEM;
    else if (take_keys(t, root, view, copy))
        take_cell(t, mmki_value_item(root, view, copy, named));
}

static void take_slots(struct taking *t)
{
    const struct mmk_product *product = t->run->product;
    char names[MMKI_SLOTS_MAX][64];
    char path[256];
    const size_t n = mmki_slot_names(product, names);
    mmki_section_path(product->section, path, sizeof path);
    for (int view = 0; view < MMK_VIEW_COUNT; view++)
        for (size_t i = 0; i < n && t->snap->has_view[view] && t->err == MMK_OK; i++)
            take_value(t, MMK_REG_MACHINE, (mmk_reg_view)view, path, names[i]);
}

static void take_settings(struct taking *t, mmk_reg_root root, uint32_t device)
{
    const struct mmk_param_table *table = t->run->product->params;
    char path[256];
    t->err = mmki_setting_path(t->run->product->name, device, path, sizeof path);
    if (t->err != MMK_OK || !take_keys(t, root, MMK_VIEW_64, path))
        return;
    if (device == MMK_DEVICE_NONE && root == MMK_REG_MACHINE)
        take_value(t, root, MMK_VIEW_64, path, "Version");
    for (size_t i = 0; i < table->n_params && t->err == MMK_OK; i++)
        take_value(t, root, MMK_VIEW_64, path, table->params[i].name);
}

static void take_all_settings(struct taking *t)
{
    const bool user = t->run->request->verb == MMK_VERB_CONFIGURE;
    for (int root = 0; root < (user ? 2 : 1) && t->err == MMK_OK; root++) {
        take_settings(t, (mmk_reg_root)root, MMK_DEVICE_NONE);
        for (uint32_t device = 0; device < MMK_DEVICES_MAX && t->err == MMK_OK; device++)
            take_settings(t, (mmk_reg_root)root, device);
    }
}

/* All values of a key that is a cache. */
static void take_whole_key(struct taking *t, mmk_reg_root root, mmk_reg_view view, const char *path)
{
    struct mmk_registry *registry = t->run->port->registry;
    const struct mmk_reg_key key = {root, view, path};
    if (!take_keys(t, root, view, path))
        return;
    for (uint32_t i = 0; t->err == MMK_OK && i < CHILDREN_MAX; i++) {
        char name[MMK_REG_NAME_MAX_BYTES];
        const mmk_err err = registry->ops->enum_value(registry, &key, i, name, sizeof name);
        if (err == MMK_ERR_NOT_FOUND)
            return;
        if (err == MMK_OK)
            take_value(t, root, view, path, name);
        else if (err != MMK_ERR_MORE)
            t->err = err;
    }
}

static void take_extras(struct taking *t)
{
    const struct mmk_product *product = t->run->product;
    for (size_t i = 0; i < product->n_extra; i++)
        for (int view = 0; view < MMK_VIEW_COUNT && t->err == MMK_OK; view++) {
            const struct mmk_extra_value *extra = &product->extra[i];
            if (!t->snap->has_view[view] || (view == MMK_VIEW_32 && !extra->both_views))
                continue;
            if (extra->name == NULL && extra->remove)
                take_whole_key(t, extra->root, (mmk_reg_view)view, extra->path);
            else
                take_value(t, extra->root, (mmk_reg_view)view, extra->path,
                           extra->name != NULL ? extra->name : "");
        }
}

static void take_owned(struct taking *t, const struct mmki_items *items)
{
    for (size_t i = 0; i < items->n && t->err == MMK_OK; i++) {
        struct mmki_item item = items->v[i];
        if (item.kind == MMKI_VALUE)
            take_value(t, (mmk_reg_root)item.root, (mmk_reg_view)item.view, item.path, item.name);
        else if (item.kind == MMKI_KEY)
            take_keys(t, (mmk_reg_root)item.root, (mmk_reg_view)item.view, item.path);
        else
            take_cell(t, item);
    }
}

/* What is in a key that we created, to know whether it will be empty. */
static void take_children(struct taking *t, const struct mmki_item *key)
{
    struct mmk_registry *registry = t->run->port->registry;
    const struct mmk_reg_key at = mmki_key_of(key);
    for (int kind = MMKI_VALUE; kind <= MMKI_KEY; kind++)
        for (uint32_t i = 0; t->err == MMK_OK && i <= CHILDREN_MAX; i++) {
            char name[MMK_REG_NAME_MAX_BYTES];
            char path[2 * MMK_REG_NAME_MAX_BYTES];
            struct mmki_text text;
            mmk_err err = kind == MMKI_VALUE
                              ? registry->ops->enum_value(registry, &at, i, name, sizeof name)
                              : registry->ops->enum_key(registry, &at, i, name, sizeof name);
            if (err == MMK_ERR_NOT_FOUND)
                break;
            if (err == MMK_ERR_MORE)
                name[0] = 0; /* a name longer than any of ours: something foreign, which is all that
                                counts */
            else if (err != MMK_OK)
                t->err = err;
            mmki_text_init(&text, path, sizeof path);
            MMKI_TEXT_JOIN(&text, key->path, kind == MMKI_KEY ? "\\" : "",
                           kind == MMKI_KEY ? (name[0] != 0 ? name : "?") : "");
            struct mmki_item child =
                mmki_value_item((mmk_reg_root)key->root, (mmk_reg_view)key->view,
                                mmki_arena_text(&t->run->arena, path),
                                mmki_arena_text(&t->run->arena, kind == MMKI_VALUE ? name : ""));
            child.kind = (uint8_t)kind;
            if (child.path == NULL || child.name == NULL)
                t->err = MMK_ERR_NOMEM;
            if (t->err == MMK_OK)
                t->err = mmki_items_add(&t->run->arena, &t->snap->children, &child);
        }
}

static void take_shared(struct taking *t, const struct mmki_items *items)
{
    take_owned(t, items);
    for (size_t i = 0; i < items->n && t->err == MMK_OK; i++) {
        const struct mmki_item *cell = mmki_items_find(&t->snap->cells, &items->v[i]);
        if (items->v[i].kind == MMKI_KEY && cell != NULL && cell->before.present)
            take_children(t, &items->v[i]);
    }
}

static void take_files(struct taking *t, const char *const file_path[2])
{
    const struct mmk_install_request *request = t->run->request;
    const char *const *line = t->run->ini_lines;
    for (int i = 0; i < 2; i++) {
        if (file_path == NULL || file_path[i] == NULL)
            continue;
        take_cell(t, (struct mmki_item){
                         .kind = MMKI_FILE, .path = file_path[i], .name = "", .extra = ""});
        take_cell(t, (struct mmki_item){.kind = MMKI_FILE,
                                        .path = mmki_copy_source(request, i),
                                        .name = "",
                                        .extra = ""});
    }
    for (; line != NULL && *line != NULL && t->err == MMK_OK; line++) {
        char *copy = mmki_arena_text(&t->run->arena, *line);
        char *section = copy != NULL ? strchr(copy, '|') : NULL;
        char *key = section != NULL ? strchr(section + 1, '|') : NULL;
        char *value = key != NULL ? strchr(key + 1, '|') : NULL;
        if (copy == NULL)
            t->err = MMK_ERR_NOMEM;
        if (value == NULL)
            continue; /* the plan will say what is wrong with it */
        *section = *key = *value = 0;
        take_cell(t, (struct mmki_item){
                         .kind = MMKI_INI, .path = copy, .name = section + 1, .extra = key + 1});
    }
}

mmk_err mmki_take_snapshot(struct mmki_run *run, const struct mmki_records *owned,
                           const char *const file_path[2], struct mmki_snapshot *out)
{
    struct taking t = {run, out, MMK_OK};
    const struct mmki_owned *shared = mmki_records_shared(owned);
    const struct mmki_owned *ours = mmki_records_find(owned, run->product->file);
    take_slots(&t);
    for (int root = 0; root < MMK_REG_ROOT_COUNT && t.err == MMK_OK; root++)
        take_value(&t, (mmk_reg_root)root, MMK_VIEW_64, MMKI_HOME, mmki_stamp_name(run->of_user));
    if (t.err == MMK_OK)
        take_all_settings(&t);
    take_extras(&t);
    take_files(&t, file_path);
    if (shared != NULL)
        take_shared(&t, &shared->items);
    if (ours != NULL)
        take_owned(&t, &ours->items);
    return t.err;
}
