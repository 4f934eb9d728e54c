/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

/**
 * Driving one item.
 *
 * A file is replaced by copying the new one beside it (`stem.new`), renaming the old one away
 * (`stem.old`) and renaming the new one into place: a module that is loaded somewhere can be
 * renamed, not overwritten. The old one is what undo puts back; it goes after the commit.
 */

bool mmki_file_name(const struct mmki_item *item, const char *ending, char *out, size_t cap)
{
    struct mmki_text t;
    mmki_text_init(&t, out, cap);
    MMKI_TEXT_JOIN(&t, item->extra, ending);
    return !t.full;
}

static mmk_err drop_file(struct mmk_files *files, const char *path)
{
    const mmk_err err = files->ops->remove(files, path);
    return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
}

/* The new file beside the target, whole and durable. */
static mmk_err place_new(struct mmki_run *run, const struct mmki_item *item, const char *fresh)
{
    struct mmk_files *files = run->port->files;
    struct mmki_image image;
    uint8_t room[16];
    mmk_err err =
        drop_file(files, fresh); /* a crash may have left one of this name: our number is in it */
    if (err == MMK_OK)
        err = files->ops->copy(files, item->name, fresh);
    if (err == MMK_OK)
        err = mmki_file_image(run, fresh, &image, room);
    if (err == MMK_OK && !mmki_image_equal(&image, &item->after))
        err = MMK_ERR_CONFLICT; /* the source changed while we looked */
    return err;
}

static mmk_err file_forward(struct mmki_run *run, const struct mmki_item *item)
{
    struct mmk_files *files = run->port->files;
    char fresh[MMKI_PATH_MAX];
    char old[MMKI_PATH_MAX];
    mmk_err err = MMK_OK;
    if (!mmki_file_name(item, ".new", fresh, sizeof fresh) ||
        !mmki_file_name(item, ".old", old, sizeof old))
        return MMK_ERR_TOO_LONG;
    if (item->after.present)
        err = place_new(run, item, fresh);
    if (err == MMK_OK && item->before.present)
        err = files->ops->rename(files, item->path, old);
    if (err == MMK_OK && item->after.present)
        err = files->ops->rename(files, fresh, item->path);
    return err;
}

static mmk_err file_back(struct mmki_run *run, const struct mmki_item *item)
{
    struct mmk_files *files = run->port->files;
    char fresh[MMKI_PATH_MAX];
    char old[MMKI_PATH_MAX];
    struct mmk_file_stat st;
    enum mmki_where where = MMKI_AT_BEFORE;
    if (!mmki_file_name(item, ".new", fresh, sizeof fresh) ||
        !mmki_file_name(item, ".old", old, sizeof old))
        return MMK_ERR_TOO_LONG;
    mmk_err err = files->ops->stat(files, old, &st);
    if (err == MMK_OK)
        err = files->ops->rename(files, old, item->path);
    else if (err == MMK_ERR_NOT_FOUND)
        err = mmki_where_is(run, item, &where);
    if (err == MMK_OK && where == MMKI_AT_AFTER && !item->before.present)
        err = drop_file(files, item->path);
    if (err == MMK_OK && files->ops->stat(files, fresh, &st) == MMK_OK)
        err = drop_file(files, fresh);
    return err == MMK_OK && where == MMKI_ELSEWHERE ? MMK_ERR_CONFLICT : err;
}

mmk_err mmki_drive(struct mmki_run *run, const struct mmki_item *item, bool forward)
{
    enum mmki_where where = MMKI_ELSEWHERE;
    mmk_err err = MMK_OK;
    if (item->kind == MMKI_FILE && !forward) {
        err = file_back(run, item);
    } else {
        err = mmki_where_is(run, item, &where);
        if (err != MMK_OK || where == (forward ? MMKI_AT_AFTER : MMKI_AT_BEFORE))
            return err;
        if (where == MMKI_ELSEWHERE)
            err = MMK_ERR_CONFLICT;
        else if (item->kind == MMKI_FILE)
            err = file_forward(run, item);
        else
            err = mmki_write_image(run, item, forward ? &item->after : &item->before);
    }
    if (err != MMK_OK)
        run->failed = item;
    return err;
}
