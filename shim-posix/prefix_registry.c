/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "prefix_internal.h"

/* The registry seam over the two hives of a Wine prefix. What 32-bit programs see of
 * HKEY_LOCAL_MACHINE\Software is its subkey Wow6432Node, and where Wine shares a key between the
 * views, or keeps it elsewhere (Classes), a link in the hive says so. */

#define PATH_BYTES 4096u
#define SOFTWARE   "Software"
#define WOW        "Wow6432Node"
#define N_SESSION  8u

static struct mmki_prefix_registry *self_of(struct mmk_registry *registry)
{
    return (struct mmki_prefix_registry *)(void *)registry;
}

static mmk_err fail(struct mmki_prefix_registry *r, const struct mmki_hive *hive, mmk_err err)
{
    if (err != MMK_OK)
        (void)snprintf(r->error, sizeof r->error, "%s: %s", hive->path,
                       hive->why[0] != 0 ? hive->why : mmk_err_text(err));
    return err;
}

static bool is_software(const char *path)
{
    const size_t len = strlen(SOFTWARE);
    return strlen(path) >= len && mmk_name_compare_n(path, len, SOFTWARE, len) == 0 &&
           (path[len] == 0 || path[len] == '\\');
}

/** The hive, loaded, and the key's name in it. */
static mmk_err place(struct mmki_prefix_registry *r, const struct mmk_reg_key *key,
                     struct mmki_hive **hive, char path[PATH_BYTES])
{
    char mapped[PATH_BYTES];
    if ((unsigned)key->root >= MMK_REG_ROOT_COUNT || !mmk_wtf8_valid(key->path, strlen(key->path)))
        return MMK_ERR_INVAL;
    *hive = &r->hive[key->root];
    mmk_err err = fail(r, *hive, mmki_hive_load(*hive));
    if (err != MMK_OK)
        return err;
    const bool wow = key->view == MMK_VIEW_32 && key->root == MMK_REG_MACHINE &&
                     r->base.has_view_32 && is_software(key->path);
    const bool whole = wow ? mmki_format(mapped, sizeof mapped, "%s\\%s%s", SOFTWARE, WOW,
                                         key->path + strlen(SOFTWARE))
                           : mmki_format(mapped, sizeof mapped, "%s", key->path);
    if (!whole)
        return MMK_ERR_TOO_LONG;
    return mmki_hive_resolve(*hive, mapped, path, PATH_BYTES);
}

/** Place of a volatile key in the list of the session, or where one may go. */
static char **session_slot(struct mmki_prefix_registry *r, mmk_reg_root root, const char *path)
{
    char name[PATH_BYTES + 4];
    char **free_slot = NULL;
    (void)mmki_format(name, sizeof name, "%u\\%s", (unsigned)root, path);
    for (size_t i = 0; i < N_SESSION; i++) {
        if (r->session[i] == NULL)
            free_slot = free_slot != NULL ? free_slot : &r->session[i];
        else if (mmk_name_equal(r->session[i], name))
            return &r->session[i];
    }
    return free_slot;
}

static bool in_session(struct mmki_prefix_registry *r, mmk_reg_root root, const char *path)
{
    char **slot = session_slot(r, root, path);
    return slot != NULL && *slot != NULL;
}

/* ------------------------------------------------------------------ values */

static mmk_err reg_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t *type, void *data, size_t cap, size_t *len)
{
    struct mmki_prefix_registry *r = self_of(self);
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(r, key, &hive, path);
    return err == MMK_OK ? mmki_hive_get(hive, path, name != NULL ? name : "", type, data, cap, len)
                         : err;
}

static mmk_err reg_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t type, const void *data, size_t len)
{
    struct mmki_prefix_registry *r = self_of(self);
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    name = name != NULL ? name : "";
    if ((data == NULL && len != 0) || !mmk_wtf8_valid(name, strlen(name)))
        return MMK_ERR_INVAL;
    const mmk_err err = place(r, key, &hive, path);
    if (err != MMK_OK)
        return err;
    if (in_session(r, key->root, path))
        return MMK_ERR_UNSUPPORTED; /* nobody keeps a value there */
    return mmki_hive_set(hive, path, name, type, data, len);
}

static mmk_err reg_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name)
{
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(self_of(self), key, &hive, path);
    return err == MMK_OK ? mmki_hive_unset(hive, path, name != NULL ? name : "") : err;
}

static mmk_err reg_enum_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                              uint32_t index, char *name, size_t cap)
{
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(self_of(self), key, &hive, path);
    return err == MMK_OK ? mmki_hive_value(hive, path, index, name, cap) : err;
}

/* ------------------------------------------------------------------ keys */

static mmk_err reg_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct mmki_prefix_registry *r = self_of(self);
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(r, key, &hive, path);
    if (err != MMK_OK)
        return err;
    return mmki_hive_has_key(hive, path) || in_session(r, key->root, path) ? MMK_OK
                                                                           : MMK_ERR_NOT_FOUND;
}

static mmk_err reg_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                              bool is_volatile)
{
    struct mmki_prefix_registry *r = self_of(self);
    struct mmki_hive *hive;
    char path[PATH_BYTES], parent[PATH_BYTES], name[PATH_BYTES + 4];
    mmk_err err = place(r, key, &hive, path);
    if (err != MMK_OK)
        return err;
    if (mmki_hive_has_key(hive, path) || in_session(r, key->root, path))
        return MMK_ERR_EXISTS;
    const char *last = strrchr(path, '\\');
    (void)mmki_format(parent, sizeof parent, "%.*s", last != NULL ? (int)(last - path) : 0, path);
    if (!mmki_hive_has_key(hive, parent))
        return MMK_ERR_NOT_FOUND;
    if (!is_volatile)
        return mmki_hive_create(hive, path);
    char **slot = session_slot(r, key->root, path);
    (void)mmki_format(name, sizeof name, "%u\\%s", (unsigned)key->root, path);
    if (slot == NULL || (*slot = strdup(name)) == NULL)
        return MMK_ERR_NOMEM;
    return MMK_OK;
}

static mmk_err reg_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct mmki_prefix_registry *r = self_of(self);
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(r, key, &hive, path);
    if (err != MMK_OK)
        return err;
    char **slot = session_slot(r, key->root, path);
    if (slot != NULL && *slot != NULL) {
        free(*slot);
        *slot = NULL;
        return MMK_OK;
    }
    return path[0] != 0 ? mmki_hive_delete(hive, path) : MMK_ERR_ACCESS;
}

static mmk_err reg_enum_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                            uint32_t index, char *name, size_t cap)
{
    struct mmki_hive *hive;
    char path[PATH_BYTES];
    const mmk_err err = place(self_of(self), key, &hive, path);
    return err == MMK_OK ? mmki_hive_subkey(hive, path, index, name, cap) : err;
}

/* ------------------------------------------------------------------ flush */

static mmk_err reg_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    struct mmki_prefix_registry *r = self_of(self);
    (void)timeout_ms;
    if ((unsigned)root >= MMK_REG_ROOT_COUNT)
        return MMK_ERR_INVAL;
    if (r->server == NULL || !mmki_prefix_server_held(r->server)) {
        (void)snprintf(r->error, sizeof r->error, "programs of this prefix are running");
        return MMK_ERR_LOCKED;
    }
    return fail(r, &r->hive[root], mmki_hive_store(&r->hive[root]));
}

static void reg_discard(struct mmk_registry *self)
{
    mmki_prefix_registry_forget(self_of(self));
}

void mmki_prefix_registry_forget(struct mmki_prefix_registry *registry)
{
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        mmki_hive_forget(&registry->hive[root]);
}

const char *mmki_prefix_registry_error(const struct mmk_registry *registry)
{
    return ((const struct mmki_prefix_registry *)(const void *)registry)->error;
}

static const struct mmk_registry_ops ops = {
    .get = reg_get,
    .set = reg_set,
    .delete_value = reg_delete_value,
    .create_key = reg_create_key,
    .delete_key = reg_delete_key,
    .enum_value = reg_enum_value,
    .enum_key = reg_enum_key,
    .has_key = reg_has_key,
    .flush = reg_flush,
    .discard = reg_discard,
};

mmk_err mmki_prefix_registry_init(struct mmki_prefix_registry *registry, const char *root)
{
    static const char *const files[MMK_REG_ROOT_COUNT] = {"system.reg", "user.reg"};
    registry->base.ops = &ops;
    for (int i = 0; i < MMK_REG_ROOT_COUNT; i++)
        if (asprintf(&registry->hive[i].path, "%s/%s", root, files[i]) < 0) {
            registry->hive[i].path = NULL;
            return MMK_ERR_NOMEM;
        }
    struct mmki_hive *machine = &registry->hive[MMK_REG_MACHINE];
    const mmk_err err = fail(registry, machine, mmki_hive_load(machine));
    registry->base.has_view_32 = !machine->is_win32;
    return err;
}

void mmki_prefix_registry_fini(struct mmki_prefix_registry *registry)
{
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        mmki_hive_fini(&registry->hive[root]);
    for (size_t i = 0; i < N_SESSION; i++)
        free(registry->session[i]);
}
