/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/bytes.h"

struct mmk_reg_key mmki_key_of(const struct mmki_item *item)
{
    return (struct mmk_reg_key){(mmk_reg_root)item->root, (mmk_reg_view)item->view, item->path};
}

static mmk_err read_value(struct mmki_run *run, const struct mmki_item *target,
                          struct mmki_image *out)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key key = mmki_key_of(target);
    uint8_t room[512]; /* nearly every value fits at the first try */
    uint32_t type = 0;
    size_t len = 0;
    mmk_err err = registry->ops->get(registry, &key, target->name, &type, room, sizeof room, &len);
    if (err == MMK_ERR_NOT_FOUND) {
        *out = (struct mmki_image){.present = false};
        return MMK_OK;
    }
    uint8_t *data = room;
    /* somebody may make it longer between two looks */
    for (int i = 0; err == MMK_ERR_MORE && i < 8; i++) {
        const size_t cap = len;
        if (cap > MMKI_DATA_MAX)
            return MMK_ERR_TOO_LONG;
        data = mmki_arena_alloc(&run->arena, cap);
        if (data == NULL)
            return MMK_ERR_NOMEM;
        err = registry->ops->get(registry, &key, target->name, &type, data, cap, &len);
    }
    if (err != MMK_OK)
        return err;
    if (data == room) {
        data = mmki_arena_alloc(&run->arena, len);
        if (data == NULL)
            return MMK_ERR_NOMEM;
        memcpy(data, room, len);
    }
    *out = (struct mmki_image){true, type, (uint32_t)len, data};
    return MMK_OK;
}

static mmk_err read_ini(struct mmki_run *run, const struct mmki_item *target,
                        struct mmki_image *out)
{
    struct mmk_files *files = run->port->files;
    char value[1024];
    const mmk_err err =
        files->ops->ini_get(files, target->path, target->name, target->extra, value, sizeof value);
    if (err == MMK_ERR_NOT_FOUND) {
        *out = (struct mmki_image){.present = false};
        return MMK_OK;
    }
    if (err != MMK_OK)
        return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
    char *copy = mmki_arena_text(&run->arena, value);
    if (copy == NULL)
        return MMK_ERR_NOMEM;
    *out = (struct mmki_image){true, 0, (uint32_t)strlen(copy), (const uint8_t *)copy};
    return MMK_OK;
}

mmk_err mmki_file_image(struct mmki_run *run, const char *path, struct mmki_image *out,
                        uint8_t room[16])
{
    struct mmk_files *files = run->port->files;
    struct mmk_file_stat st;
    const mmk_err err = files->ops->hash(files, path, &st);
    if (err == MMK_ERR_NOT_FOUND) {
        *out = (struct mmki_image){.present = false};
        return MMK_OK;
    }
    if (err != MMK_OK)
        return err;
    mmki_put_u64le(room, st.size_bytes);
    mmki_put_u64le(room + 8, st.hash);
    *out = (struct mmki_image){true, 0, 16, room};
    return MMK_OK;
}

static mmk_err read_key(struct mmki_run *run, const struct mmki_item *target,
                        struct mmki_image *out)
{
    const struct mmk_reg_key key = mmki_key_of(target);
    const mmk_err err = run->port->registry->ops->has_key(run->port->registry, &key);
    if (err != MMK_OK && err != MMK_ERR_NOT_FOUND)
        return err;
    *out = (struct mmki_image){.present = err == MMK_OK};
    return MMK_OK;
}

mmk_err mmki_read_image(struct mmki_run *run, const struct mmki_item *target,
                        struct mmki_image *out)
{
    mmk_err err = MMK_ERR_INVAL;
    uint8_t *room = NULL;
    switch ((enum mmki_kind)target->kind) {
    case MMKI_VALUE:
        err = read_value(run, target, out);
        break;
    case MMKI_KEY:
        err = read_key(run, target, out);
        break;
    case MMKI_FILE:
        room = mmki_arena_alloc(&run->arena, 16);
        err = room != NULL ? mmki_file_image(run, target->path, out, room) : MMK_ERR_NOMEM;
        break;
    case MMKI_INI:
        err = read_ini(run, target, out);
        break;
    case MMKI_KIND_COUNT:
        break;
    }
    if (err != MMK_OK)
        run->failed = target;
    return err;
}

/* ------------------------------------------------------------------ comparing without memory of
 * its own */

static mmk_err current_in_scratch(struct mmki_run *run, const struct mmki_item *item,
                                  struct mmki_image *out, bool *longer)
{
    struct mmk_registry *registry = run->port->registry;
    struct mmk_files *files = run->port->files;
    const struct mmk_reg_key key = mmki_key_of(item);
    uint32_t type = 0;
    size_t len = 0;
    mmk_err err = MMK_OK;
    *longer = false;
    if (item->kind == MMKI_KEY)
        return read_key(run, item, out);
    if (item->kind == MMKI_FILE)
        return mmki_file_image(run, item->path, out, run->scratch);
    if (item->kind == MMKI_INI) {
        err = files->ops->ini_get(files, item->path, item->name, item->extra, (char *)run->scratch,
                                  run->n_scratch);
        len = err == MMK_OK ? strlen((const char *)run->scratch) : 0;
    } else {
        err = registry->ops->get(registry, &key, item->name, &type, run->scratch, run->n_scratch,
                                 &len);
    }
    if (err == MMK_ERR_NOT_FOUND) {
        *out = (struct mmki_image){.present = false};
        return MMK_OK;
    }
    *longer = err == MMK_ERR_MORE;
    if (err == MMK_OK)
        *out = (struct mmki_image){true, type, (uint32_t)len, run->scratch};
    return *longer ? MMK_OK : err;
}

mmk_err mmki_where_is(struct mmki_run *run, const struct mmki_item *item, enum mmki_where *where)
{
    struct mmki_image now = {.present = false};
    bool longer = false;
    const mmk_err err = current_in_scratch(run, item, &now, &longer);
    if (err != MMK_OK) {
        run->failed = item;
        return err;
    }
    if (longer)
        *where = MMKI_ELSEWHERE;
    else if (mmki_image_equal(&now, &item->after))
        *where = MMKI_AT_AFTER;
    else
        *where = mmki_image_equal(&now, &item->before) ? MMKI_AT_BEFORE : MMKI_ELSEWHERE;
    return MMK_OK;
}

mmk_err mmki_key_is_empty(struct mmki_run *run, const struct mmk_reg_key *key, bool *empty)
{
    struct mmk_registry *registry = run->port->registry;
    char name[8];
    mmk_err err = registry->ops->enum_value(registry, key, 0, name, sizeof name);
    if (err == MMK_ERR_NOT_FOUND)
        err = registry->ops->enum_key(registry, key, 0, name, sizeof name);
    if (err != MMK_OK && err != MMK_ERR_MORE && err != MMK_ERR_NOT_FOUND)
        return err;
    *empty = err == MMK_ERR_NOT_FOUND;
    return MMK_OK;
}

mmk_err mmki_read_stamp(struct mmki_run *run, mmk_reg_root root, struct mmki_image *out,
                        uint8_t room[16])
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key key = {root, MMK_VIEW_64, MMKI_HOME};
    uint32_t type = 0;
    size_t len = 0;
    const mmk_err err =
        registry->ops->get(registry, &key, mmki_stamp_name(run->of_user), &type, room, 16, &len);
    if (err == MMK_ERR_MORE) { /* somebody wrote something else there: no stamp of ours */
        *out = (struct mmki_image){true, MMK_REG_NONE, 0, room};
        return MMK_OK;
    }
    if (err == MMK_ERR_NOT_FOUND) {
        *out = (struct mmki_image){.present = false};
        return MMK_OK;
    }
    if (err == MMK_OK)
        *out = (struct mmki_image){true, type, (uint32_t)len, room};
    return err;
}

/* ------------------------------------------------------------------ writing */

static mmk_err write_key(struct mmki_run *run, const struct mmki_item *item, bool present)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key key = mmki_key_of(item);
    bool empty = false;
    mmk_err err = MMK_OK;
    if (present) {
        err = registry->ops->create_key(registry, &key, false);
        return err == MMK_ERR_EXISTS ? MMK_OK : err;
    }
    /* something of somebody else's in a key that we created: then it is no longer ours to delete */
    err = mmki_key_is_empty(run, &key, &empty);
    if (err != MMK_OK || !empty)
        return err;
    err = registry->ops->delete_key(registry, &key);
    return err == MMK_ERR_NOT_FOUND || err == MMK_ERR_STATE ? MMK_OK : err;
}

static mmk_err write_value(struct mmki_run *run, const struct mmki_item *item,
                           const struct mmki_image *image)
{
    struct mmk_registry *registry = run->port->registry;
    const struct mmk_reg_key key = mmki_key_of(item);
    if (image->present)
        return registry->ops->set(registry, &key, item->name, image->type, image->data, image->len);
    const mmk_err err = registry->ops->delete_value(registry, &key, item->name);
    return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
}

static mmk_err write_ini(struct mmki_run *run, const struct mmki_item *item,
                         const struct mmki_image *image)
{
    struct mmk_files *files = run->port->files;
    char value[1024]; /* images are not terminated */
    if (!image->present)
        return files->ops->ini_set(files, item->path, item->name, item->extra, NULL);
    if (image->len >= sizeof value)
        return MMK_ERR_TOO_LONG;
    memcpy(value, image->data, image->len);
    value[image->len] = 0;
    return files->ops->ini_set(files, item->path, item->name, item->extra, value);
}

mmk_err mmki_write_image(struct mmki_run *run, const struct mmki_item *item,
                         const struct mmki_image *image)
{
    mmk_err err = MMK_ERR_INVAL;
    if (item->kind == MMKI_INI) {
        err = write_ini(run, item, image);
    } else if (item->kind == MMKI_VALUE || item->kind == MMKI_KEY) {
        /* in a session whose marker is gone it has to stand first, see recover.c */
        err = run->marker_first ? mmki_marker_set(run) : MMK_OK;
        if (err == MMK_OK) {
            run->wrote[item->root] = true;
            err = item->kind == MMKI_KEY ? write_key(run, item, image->present)
                                         : write_value(run, item, image);
        }
    }
    if (err != MMK_OK)
        run->failed = item;
    return err;
}
