/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/utf.h"

mmk_err mmki_items_add(struct mmki_arena *arena, struct mmki_items *items,
                       const struct mmki_item *item)
{
    if (items->n >= MMKI_ITEMS_MAX)
        return MMK_ERR_NO_SPACE;
    if (items->n == items->cap) {
        const size_t cap = items->cap > 0 ? 2 * items->cap : 16;
        struct mmki_item *v = mmki_arena_array(arena, cap, sizeof *v);
        if (v == NULL)
            return MMK_ERR_NOMEM;
        if (items->n > 0)
            memcpy(v, items->v, items->n * sizeof *v);
        items->v = v;
        items->cap = cap;
    }
    items->v[items->n++] = *item;
    return MMK_OK;
}

bool mmki_same_target(const struct mmki_item *a, const struct mmki_item *b)
{
    if (a->kind != b->kind || a->root != b->root || a->view != b->view)
        return false;
    /* files are told apart with case, as the strictest host does: two spellings are two targets of
     * which the second finds nothing to do */
    if (a->kind == MMKI_FILE)
        return strcmp(a->path, b->path) == 0;
    if (a->kind == MMKI_INI)
        return strcmp(a->path, b->path) == 0 && mmk_name_equal(a->name, b->name) &&
               mmk_name_equal(a->extra, b->extra);
    return mmk_name_equal(a->path, b->path) &&
           (a->kind == MMKI_KEY || mmk_name_equal(a->name, b->name));
}

struct mmki_item *mmki_items_find(const struct mmki_items *items, const struct mmki_item *like)
{
    for (size_t i = 0; i < items->n; i++)
        if (mmki_same_target(&items->v[i], like))
            return &items->v[i];
    return NULL;
}

bool mmki_image_equal(const struct mmki_image *a, const struct mmki_image *b)
{
    if (a->present != b->present)
        return false;
    if (!a->present)
        return true;
    return a->type == b->type && a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

struct mmki_item mmki_value_item(mmk_reg_root root, mmk_reg_view view, const char *path,
                                 const char *name)
{
    return (struct mmki_item){.kind = MMKI_VALUE,
                              .root = (uint8_t)root,
                              .view = (uint8_t)(root == MMK_REG_USER ? MMK_VIEW_64 : view),
                              .path = path,
                              .name = name,
                              .extra = ""};
}

struct mmki_item mmki_key_item(mmk_reg_root root, mmk_reg_view view, const char *path)
{
    struct mmki_item item = mmki_value_item(root, view, path, "");
    item.kind = MMKI_KEY;
    return item;
}

/* ------------------------------------------------------------------ images of our own values */

struct mmki_image mmki_image_sz(struct mmki_arena *arena, const char *text)
{
    struct mmki_image image = {.present = true, .type = MMK_REG_SZ};
    size_t len = 0;
    if (mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, NULL, 0, &len) != MMK_ERR_MORE && len != 0)
        return image;
    uint8_t *data = mmki_arena_alloc(arena, len + 2);
    if (data == NULL || mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, data, len, &len) != MMK_OK)
        return image;
    image.len = (uint32_t)len + 2; /* the arena is zeroed: the terminator stands */
    image.data = data;
    return image;
}

struct mmki_image mmki_image_u32(struct mmki_arena *arena, uint32_t number)
{
    uint8_t *data = mmki_arena_alloc(arena, 4);
    if (data != NULL)
        mmki_put_u32le(data, number);
    return (struct mmki_image){true, MMK_REG_DWORD, 4, data};
}

struct mmki_image mmki_image_u64(struct mmki_arena *arena, uint64_t number)
{
    uint8_t *data = mmki_arena_alloc(arena, 8);
    if (data != NULL)
        mmki_put_u64le(data, number);
    return (struct mmki_image){true, MMK_REG_QWORD, 8, data};
}

/* ------------------------------------------------------------------ words */

void mmki_target_text(struct mmki_text *out, const struct mmki_item *item)
{
    if (item->kind == MMKI_FILE) {
        mmki_text_add_line(out, item->path);
        return;
    }
    if (item->kind == MMKI_INI) {
        MMKI_TEXT_JOIN(out, item->path, " [", item->name, "] ", item->extra);
        return;
    }
    mmki_text_add(out, item->root == MMK_REG_USER ? "HKCU" : "HKLM");
    if (item->view == MMK_VIEW_32)
        mmki_text_add(out, "(32)");
    mmki_text_add(out, "\\");
    mmki_text_add_line(out, item->path);
    if (item->kind == MMKI_VALUE) {
        mmki_text_add(out, " : ");
        mmki_text_add_line(out, item->name[0] != 0 ? item->name : "(default)");
    }
}

static void add_sz(struct mmki_text *out, const struct mmki_image *image)
{
    char text[768];
    size_t n_units = image->len / 2;
    while (n_units > 0 && mmki_get_u16le(image->data + 2 * (n_units - 1)) == 0)
        n_units--;
    if (n_units > 250)
        n_units = 250;
    if (mmk_wtf8_from_utf16(image->data, n_units, text, sizeof text, NULL) == MMK_OK)
        mmki_text_add_line(out, text);
}

void mmki_image_text(struct mmki_text *out, const struct mmki_item *item,
                     const struct mmki_image *image)
{
    if (!image->present)
        return;
    if (item->kind == MMKI_KEY) {
        mmki_text_add(out, "key");
    } else if (item->kind == MMKI_FILE) {
        mmki_text_add_u64(out, image->len == 16 ? mmki_get_u64le(image->data) : 0);
        mmki_text_add(out, " bytes");
    } else if (item->kind == MMKI_INI) {
        mmki_text_add_n(out, (const char *)image->data, image->len);
    } else if (image->type == MMK_REG_DWORD && image->len == 4) {
        mmki_text_add_u64(out, mmki_get_u32le(image->data));
    } else if (image->type == MMK_REG_QWORD && image->len == 8) {
        mmki_text_add_u64(out, mmki_get_u64le(image->data));
    } else if ((image->type == MMK_REG_SZ || image->type == MMK_REG_EXPAND_SZ) &&
               image->len % 2 == 0) {
        add_sz(out, image);
    } else {
        mmki_text_add(out, "type ");
        mmki_text_add_u64(out, image->type);
        mmki_text_add(out, ", ");
        mmki_text_add_u64(out, image->len);
        mmki_text_add(out, " bytes");
    }
}

/* ------------------------------------------------------------------ what may be touched */

/* Below these keys, and nowhere else, a plan writes; so recovery, which obeys a file, refuses all
 * else. */
static const char *const grounds[] = {
    MMKI_HOME,
    MMKI_SECTION_PARENT "\\Drivers32",
    MMKI_SECTION_PARENT "\\drivers.desc",
    MMKI_SECTION_PARENT "\\Userinstallable.drivers",
    "Software\\Microsoft\\AudioCompressionManager",
    "Software\\Classes\\CLSID",
    "Software\\Wine",
};

static bool begins(const char *path, const char *with)
{
    const size_t len = strlen(with);
    if (strlen(path) < len || mmk_name_compare_n(path, len, with, len) != 0)
        return false;
    return path[len] == 0 || path[len] == '\\';
}

static bool registry_allowed(const struct mmki_item *item)
{
    const size_t n = sizeof grounds / sizeof grounds[0];
    for (size_t i = 0; i < n; i++) {
        if (begins(item->path, grounds[i]))
            return true;
        if (item->kind == MMKI_KEY && begins(grounds[i], item->path))
            return true; /* a parent that we may have had to create */
    }
    return false;
}

static bool climbs(const char *path)
{
    for (const char *at = path; *at != 0; at++) {
        const bool starts = at == path || at[-1] == '/' || at[-1] == '\\';
        if (starts && at[0] == '.' && at[1] == '.' && (at[2] == 0 || at[2] == '/' || at[2] == '\\'))
            return true;
    }
    return false;
}

static bool below(const char *folder, const char *path)
{
    const size_t len = folder != NULL ? strlen(folder) : 0;
    return len > 0 && strncmp(folder, path, len) == 0 && (path[len] == '/' || path[len] == '\\') &&
           !climbs(path);
}

/* Ends as the INI files do that hold drivers; the folder is the host's business. */
static bool is_ini(const char *path)
{
    static const char *const names[] = {"system.ini", "control.ini"};
    for (size_t i = 0; i < 2; i++) {
        const size_t len = strlen(names[i]);
        const size_t path_len = strlen(path);
        if (path_len > len && mmk_name_equal(path + path_len - len, names[i]) &&
            (path[path_len - len - 1] == '/' || path[path_len - len - 1] == '\\'))
            return !climbs(path);
    }
    return false;
}

bool mmki_item_allowed(const struct mmk_port *port, const struct mmki_item *item)
{
    switch ((enum mmki_kind)item->kind) {
    case MMKI_VALUE:
    case MMKI_KEY:
        return registry_allowed(item);
    case MMKI_FILE:
        return (below(port->drivers_dir, item->path) && below(port->drivers_dir, item->extra)) ||
               (below(port->drivers_dir_other, item->path) &&
                below(port->drivers_dir_other, item->extra));
    case MMKI_INI:
        return is_ini(item->path);
    case MMKI_KIND_COUNT:
        break;
    }
    return false;
}
