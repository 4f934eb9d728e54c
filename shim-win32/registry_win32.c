/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The registry seam over the real registry.
 *
 * A view is chosen by KEY_WOW64_64KEY or _32KEY at every open, never by writing "Wow6432Node": that
 * way Windows' own rules decide which keys have two copies. HKCU\Software has one for both.
 */
#include "win32_internal.h"

#include <string.h>

#include <mmk/text.h>

#define KEY_NAME_UNITS   256u   /* 255 and the terminator */
#define VALUE_NAME_UNITS 16384u /* 16,383 and the terminator */

/* ------------------------------------------------------------------ keys */

static HKEY root_of(mmk_reg_root root)
{
    return root == MMK_REG_USER ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
}

static REGSAM view_of(mmk_reg_view view)
{
    return view == MMK_VIEW_32 ? KEY_WOW64_32KEY : KEY_WOW64_64KEY;
}

static bool key_valid(const struct mmk_reg_key *key)
{
    return key != NULL && key->path != NULL && (unsigned)key->root < MMK_REG_ROOT_COUNT &&
           (unsigned)key->view < MMK_VIEW_COUNT;
}

/** Names within the registry's limits; Windows and Wine answer differently to others. */
static mmk_err path_check(const WCHAR *path)
{
    size_t depth = 0;
    if (*path == 0)
        return MMK_OK;
    for (;;) {
        const WCHAR *end = wcschr(path, L'\\');
        size_t n = end != NULL ? (size_t)(end - path) : wcslen(path);
        if (n == 0)
            return MMK_ERR_INVAL;
        if (n >= KEY_NAME_UNITS || ++depth > MMK_REG_DEPTH_MAX)
            return MMK_ERR_TOO_LONG;
        if (end == NULL)
            return MMK_OK;
        path = end + 1;
    }
}

/** The key's path as Windows wants it; free with mmki_free(). */
static mmk_err path_new(const struct mmk_reg_key *key, WCHAR **path)
{
    if (!key_valid(key))
        return MMK_ERR_INVAL;
    mmk_err err = mmki_wide_new(key->path, path);
    if (err != MMK_OK)
        return err;
    err = path_check(*path);
    if (err != MMK_OK)
        mmki_free(*path);
    return err;
}

static mmk_err open_path(const struct mmk_reg_key *key, const WCHAR *path, REGSAM rights, HKEY *out)
{
    return mmki_err_from_win32(
        (DWORD)RegOpenKeyExW(root_of(key->root), path, 0, rights | view_of(key->view), out));
}

static mmk_err open_key(const struct mmk_reg_key *key, REGSAM rights, HKEY *out)
{
    WCHAR *path;
    mmk_err err = path_new(key, &path);
    if (err != MMK_OK)
        return err;
    err = open_path(key, path, rights, out);
    mmki_free(path);
    return err;
}

/** The parent, opened, and the last name. Free *path; *leaf points into it. */
static mmk_err open_parent(const struct mmk_reg_key *key, REGSAM rights, HKEY *parent, WCHAR **path,
                           const WCHAR **leaf)
{
    mmk_err err = path_new(key, path);
    if (err != MMK_OK)
        return err;
    WCHAR *cut = wcsrchr(*path, L'\\');
    if (**path == 0) {
        err = MMK_ERR_INVAL; /* a root has no parent */
    } else if (cut == NULL) {
        *leaf = *path;
        err = open_path(key, L"", rights, parent);
    } else {
        *cut = 0;
        *leaf = cut + 1;
        err = open_path(key, *path, rights, parent);
    }
    if (err != MMK_OK)
        mmki_free(*path);
    return err;
}

/** A value's name; NULL and "" are the default value. @retval MMK_ERR_TOO_LONG */
static mmk_err value_name_new(const char *name, WCHAR **out)
{
    if (name != NULL && mmk_wtf8_units(name, strlen(name)) > MMK_REG_VALUE_NAME_MAX_UNITS)
        return MMK_ERR_TOO_LONG;
    return mmki_wide_new(name != NULL ? name : "", out);
}

/* ------------------------------------------------------------------ values */

static mmk_err reg_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t *type, void *data, size_t cap, size_t *len)
{
    (void)self;
    HKEY handle;
    WCHAR *wide;
    mmk_err err = value_name_new(name, &wide);
    if (err != MMK_OK)
        return err;
    err = open_key(key, KEY_QUERY_VALUE, &handle);
    if (err == MMK_OK) {
        DWORD t = 0;
        DWORD n = data == NULL ? 0 : cap > UINT32_MAX ? UINT32_MAX : (DWORD)cap;
        DWORD room = n;
        err = mmki_err_from_win32((DWORD)RegQueryValueExW(handle, wide, NULL, &t, data, &n));
        if (err == MMK_OK && n > 0 && data == NULL)
            err = MMK_ERR_MORE; /* asked for the size only: Windows calls that a success */
        else if (err == MMK_ERR_MORE && n <= room)
            err =
                MMK_ERR_IO; /* no size that could be believed: not to be taken for a longer value */
        if (err == MMK_OK || err == MMK_ERR_MORE) {
            *type = t;
            *len = n;
        }
        RegCloseKey(handle);
    }
    mmki_free(wide);
    return err;
}

/** RegSetValueExW reads past the end of a string that lacks its terminator and, if a zero stands
 *  there, stores that too (Windows and Wine). So what follows our bytes is never zero. */
static mmk_err set_exact(HKEY handle, const WCHAR *name, uint32_t type, const void *data,
                         size_t len)
{
    unsigned char *copy = mmki_alloc(len + 4);
    if (copy == NULL)
        return MMK_ERR_NOMEM;
    if (len > 0)
        memcpy(copy, data, len);
    memset(copy + len, 0xFF, 4);
    mmk_err err =
        mmki_err_from_win32((DWORD)RegSetValueExW(handle, name, 0, type, copy, (DWORD)len));
    mmki_free(copy);
    return err;
}

static mmk_err reg_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t type, const void *data, size_t len)
{
    (void)self;
    HKEY handle;
    WCHAR *wide;
    if (len > UINT32_MAX - 4 || (data == NULL && len > 0))
        return MMK_ERR_INVAL;
    mmk_err err = value_name_new(name, &wide);
    if (err != MMK_OK)
        return err;
    err = open_key(key, KEY_SET_VALUE, &handle);
    if (err == MMK_OK) {
        err = set_exact(handle, wide, type, data, len);
        RegCloseKey(handle);
    }
    mmki_free(wide);
    return err;
}

static mmk_err reg_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name)
{
    (void)self;
    HKEY handle;
    WCHAR *wide;
    mmk_err err = value_name_new(name, &wide);
    if (err != MMK_OK)
        return err;
    err = open_key(key, KEY_SET_VALUE, &handle);
    if (err == MMK_OK) {
        err = mmki_err_from_win32((DWORD)RegDeleteValueW(handle, wide));
        RegCloseKey(handle);
    }
    mmki_free(wide);
    return err;
}

static mmk_err reg_enum_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                              uint32_t index, char *name, size_t cap)
{
    (void)self;
    HKEY handle;
    WCHAR *wide = mmki_alloc(VALUE_NAME_UNITS * sizeof *wide);
    if (wide == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = open_key(key, KEY_QUERY_VALUE, &handle);
    if (err == MMK_OK) {
        DWORD n = VALUE_NAME_UNITS;
        err = mmki_err_from_win32(
            (DWORD)RegEnumValueW(handle, index, wide, &n, NULL, NULL, NULL, NULL));
        if (err == MMK_OK)
            err = mmki_narrow(wide, n, name, cap);
        RegCloseKey(handle);
    }
    mmki_free(wide);
    return err;
}

/* ------------------------------------------------------------------ keys as things */

static mmk_err reg_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                              bool is_volatile)
{
    (void)self;
    HKEY parent;
    HKEY made = NULL;
    WCHAR *path;
    const WCHAR *leaf;
    DWORD how = 0;
    mmk_err err = open_parent(key, KEY_CREATE_SUB_KEY, &parent, &path, &leaf);
    if (err != MMK_OK)
        return err;
    DWORD options = is_volatile ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
    err = mmki_err_from_win32((DWORD)RegCreateKeyExW(
        parent, leaf, 0, NULL, options, KEY_QUERY_VALUE | view_of(key->view), NULL, &made, &how));
    if (err == MMK_OK) {
        RegCloseKey(made);
        if (how == REG_OPENED_EXISTING_KEY)
            err = MMK_ERR_EXISTS;
    }
    RegCloseKey(parent);
    mmki_free(path);
    return err;
}

static mmk_err count_subkeys(const struct mmk_reg_key *key, DWORD *n)
{
    HKEY handle;
    mmk_err err = open_key(key, KEY_QUERY_VALUE, &handle);
    if (err != MMK_OK)
        return err;
    err = mmki_err_from_win32((DWORD)RegQueryInfoKeyW(handle, NULL, NULL, NULL, n, NULL, NULL, NULL,
                                                      NULL, NULL, NULL, NULL));
    RegCloseKey(handle);
    return err;
}

static mmk_err reg_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    (void)self;
    HKEY parent;
    WCHAR *path;
    const WCHAR *leaf;
    DWORD n_subkeys = 0;
    /* Windows answers ACCESS_DENIED for a key with subkeys, the same as for missing rights */
    mmk_err err = count_subkeys(key, &n_subkeys);
    if (err != MMK_OK)
        return err;
    if (n_subkeys > 0)
        return MMK_ERR_STATE;
    err = open_parent(key, KEY_QUERY_VALUE, &parent, &path, &leaf);
    if (err != MMK_OK)
        return err;
    err = mmki_err_from_win32((DWORD)RegDeleteKeyExW(parent, leaf, view_of(key->view), 0));
    RegCloseKey(parent);
    mmki_free(path);
    return err;
}

static mmk_err reg_enum_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                            uint32_t index, char *name, size_t cap)
{
    (void)self;
    HKEY handle;
    WCHAR wide[KEY_NAME_UNITS];
    DWORD n = KEY_NAME_UNITS;
    mmk_err err = open_key(key, KEY_ENUMERATE_SUB_KEYS, &handle);
    if (err != MMK_OK)
        return err;
    err =
        mmki_err_from_win32((DWORD)RegEnumKeyExW(handle, index, wide, &n, NULL, NULL, NULL, NULL));
    if (err == MMK_OK)
        err = mmki_narrow(wide, n, name, cap);
    RegCloseKey(handle);
    return err;
}

static mmk_err reg_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    (void)self;
    HKEY handle;
    mmk_err err = open_key(key, KEY_QUERY_VALUE, &handle);
    if (err == MMK_OK)
        RegCloseKey(handle);
    return err;
}

/* ------------------------------------------------------------------ durability */

static mmk_err reg_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    (void)self;
    (void)timeout_ms;
    HKEY handle;
    if ((unsigned)root >= MMK_REG_ROOT_COUNT)
        return MMK_ERR_INVAL;
    struct mmk_reg_key software = {.root = root, .view = MMK_VIEW_64, .path = "Software"};
    mmk_err err = open_key(&software, KEY_QUERY_VALUE, &handle);
    if (err != MMK_OK)
        return err;
    err = mmki_err_from_win32((DWORD)RegFlushKey(handle));
    RegCloseKey(handle);
    return err == MMK_OK ? MMK_ERR_PENDING : err;
}

static void reg_discard(struct mmk_registry *self)
{
    (void)self; /* every set is in the registry at once */
}

static const struct mmk_registry_ops registry_ops = {
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

/** Only a 64-bit system has two views. */
static bool has_two_views(void)
{
    BOOL wow64 = FALSE;
    if (sizeof(void *) == 8)
        return true;
    return IsWow64Process(GetCurrentProcess(), &wow64) && wow64;
}

struct mmk_registry *mmk_win32_registry(void)
{
    static struct mmk_registry one_view = {.ops = &registry_ops, .has_view_32 = false};
    static struct mmk_registry two_views = {.ops = &registry_ops, .has_view_32 = true};
    return has_two_views() ? &two_views : &one_view;
}
