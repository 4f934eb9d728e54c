/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/posix.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "posix_internal.h"
#include "registry_file_folder.h"
#include "registry_file_io.h"
#include "registry_file_tree.h"

/* The registry seam over a file. What the 32-bit view sees of HKEY_LOCAL_MACHINE\Software stands,
 * as in Windows, in its subkey WOW6432Node; everything else is common to both views.
 *
 * Volatile keys live in a tree of their own that is never written: the session of a registry file
 * is the time for which it is open. In that tree, keys that really stand in the file are only
 * way-points, marked IMPLIED. */

#define KEY_NAME_UNITS_MAX 255u
#define SOFTWARE           "Software"
#define WOW                "WOW6432Node"

struct file_registry {
    struct mmk_registry base;
    char *path; /* absolute, as the user named it */
    struct mmki_reg_tree tree;
    struct mmki_reg_stamp stamp;
    bool loaded;
    bool unsynced; /* the last store was not seen to become durable: flush must write again */
    struct mmki_reg_tree session;
    struct mmki_reg_bytes where; /* the mapped path of the key at hand */
    struct {                     /* the last place of an enumeration */
        const struct mmki_reg_tree *tree;
        uint32_t key;
        uint32_t index;
        uint32_t node;
        bool of_values;
    } cursor;
    char error[1024];
};

static struct file_registry *self_of(struct mmk_registry *registry)
{
    return (struct file_registry *)registry;
}

/* ------------------------------------------------------------------ the last error in words */

static mmk_err fail(struct file_registry *r, mmk_err err, const struct mmki_reg_trouble *trouble)
{
    const char *why = trouble != NULL && trouble->why != NULL ? trouble->why : mmk_err_text(err);
    if (trouble != NULL && trouble->line != 0)
        (void)snprintf(r->error, sizeof r->error, "%s:%u: %s", r->path, (unsigned)trouble->line,
                       why);
    else
        (void)snprintf(r->error, sizeof r->error, "%s: %s", r->path, why);
    return err;
}

static mmk_err fail_why(struct file_registry *r, mmk_err err, const char *why)
{
    const struct mmki_reg_trouble trouble = {why, 0};
    return fail(r, err, &trouble);
}

/* ------------------------------------------------------------------ loading */

static void forget(struct file_registry *r)
{
    mmki_reg_tree_fini(&r->tree);
    r->loaded = false;
    r->cursor.tree = NULL;
}

/* The file's text is in r->tree. Without edits of ours it is today's text: what others write is
 * seen at the next call. */
static mmk_err load(struct file_registry *r)
{
    struct mmki_reg_trouble trouble = {NULL, 0};
    char *target;
    mmk_err err = MMK_OK;
    if (r->loaded && r->tree.dirty)
        return MMK_OK;
    err = mmki_reg_target(r->path, &target);
    if (err != MMK_OK)
        return fail(r, err, NULL);
    if (r->loaded && !mmki_reg_looks_same(target, &r->stamp))
        forget(r);
    if (!r->loaded) {
        err = mmki_reg_load(target, &r->tree, &r->stamp, &trouble);
        r->loaded = err == MMK_OK;
    }
    free(target);
    return err == MMK_OK ? MMK_OK : fail(r, err, &trouble);
}

/* ------------------------------------------------------------------ paths */

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if (((uint8_t)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return true;
    return false;
}

static bool is_software(const char *path, size_t len)
{
    return mmk_name_compare_n(path, len, SOFTWARE, strlen(SOFTWARE)) == 0;
}

/* Limits of a path. */
static mmk_err check_path(const char *path)
{
    uint32_t depth = 0;
    if (!mmk_wtf8_valid(path, MMK_TEXT_TERMINATED))
        return MMK_ERR_INVAL;
    for (const char *p = path; *path != '\0';) {
        const size_t len = strcspn(p, "\\");
        if (len == 0)
            return MMK_ERR_INVAL; /* empty, doubled or final backslash */
        if (mmk_wtf8_units(p, len) > KEY_NAME_UNITS_MAX || ++depth > MMK_REG_DEPTH_MAX)
            return MMK_ERR_TOO_LONG;
        if (p[len] == '\0')
            break;
        p += len + 1;
    }
    return MMK_OK;
}

/* The key's path as the file has it, into r->where. */
static mmk_err map_path(struct file_registry *r, const struct mmk_reg_key *key)
{
    const size_t first = strcspn(key->path, "\\");
    const bool mapped =
        key->view == MMK_VIEW_32 && key->root == MMK_REG_MACHINE && is_software(key->path, first);
    r->where.len = 0;
    mmk_err err = mmki_reg_reserve(&r->where, 1); /* "" too has a place */
    if (err == MMK_OK && !mapped)
        return mmki_reg_append(&r->where, key->path, strlen(key->path));
    if (err == MMK_OK)
        err = mmki_reg_append(&r->where, key->path, first);
    if (err == MMK_OK)
        err = mmki_reg_append(&r->where, "\\" WOW, strlen("\\" WOW));
    if (err == MMK_OK)
        err = mmki_reg_append(&r->where, key->path + first, strlen(key->path + first));
    return err;
}

/* Check a key, load the file, map the path. */
static mmk_err enter(struct file_registry *r, const struct mmk_reg_key *key)
{
    if (key == NULL || key->path == NULL || (unsigned)key->root >= MMK_REG_ROOT_COUNT ||
        (unsigned)key->view >= MMK_VIEW_COUNT)
        return MMK_ERR_INVAL;
    mmk_err err = check_path(key->path);
    if (err == MMK_OK)
        err = load(r);
    if (err == MMK_OK)
        err = map_path(r, key);
    return err;
}

/* ------------------------------------------------------------------ where a key lives */

struct place {
    struct mmki_reg_tree *tree;
    uint32_t key;
};

static bool find_at(struct file_registry *r, mmk_reg_root root, const char *path, size_t len,
                    struct place *place)
{
    place->tree = &r->tree;
    place->key = mmki_reg_find_key(&r->tree, mmki_reg_root(root), path, len);
    if (place->key != MMKI_REG_NONE)
        return true;
    place->tree = &r->session;
    place->key = mmki_reg_find_key(&r->session, mmki_reg_root(root), path, len);
    return place->key != MMKI_REG_NONE &&
           (r->session.keys[place->key].flags & MMKI_KEY_IMPLIED) == 0;
}

static mmk_err find(struct file_registry *r, const struct mmk_reg_key *key, struct place *place)
{
    const mmk_err err = enter(r, key);
    if (err != MMK_OK)
        return err;
    return find_at(r, key->root, r->where.at, r->where.len, place) ? MMK_OK : MMK_ERR_NOT_FOUND;
}

/* The way-point of a key of the file in the session's tree, or MMKI_REG_NONE. */
static uint32_t session_twin(struct file_registry *r, mmk_reg_root root, const char *path,
                             size_t len)
{
    return mmki_reg_find_key(&r->session, mmki_reg_root(root), path, len);
}

static bool has_session_children(struct file_registry *r, mmk_reg_root root)
{
    const uint32_t twin = session_twin(r, root, r->where.at, r->where.len);
    uint32_t child = twin != MMKI_REG_NONE ? r->session.keys[twin].child_first : MMKI_REG_NONE;
    for (; child != MMKI_REG_NONE; child = r->session.keys[child].next)
        if (mmki_reg_key_live(&r->session, child) &&
            ((r->session.keys[child].flags & MMKI_KEY_IMPLIED) == 0 ||
             mmki_reg_has_children(&r->session, child)))
            return true;
    return false;
}

/* ------------------------------------------------------------------ values */

static mmk_err check_value_name(const char **name, size_t *len)
{
    if (*name == NULL)
        *name = "";
    *len = strlen(*name);
    if (!mmk_wtf8_valid(*name, *len))
        return MMK_ERR_INVAL;
    return mmk_wtf8_units(*name, *len) > MMK_REG_VALUE_NAME_MAX_UNITS ? MMK_ERR_TOO_LONG : MMK_OK;
}

static mmk_err find_live_value(struct file_registry *r, const struct mmk_reg_key *key,
                               const char *name, struct place *place, uint32_t *value)
{
    size_t len;
    mmk_err err = check_value_name(&name, &len);
    if (err == MMK_OK)
        err = find(r, key, place);
    if (err != MMK_OK)
        return err;
    *value = mmki_reg_find_value(place->tree, place->key, name, len);
    return *value != MMKI_REG_NONE && mmki_reg_value_live(place->tree, *value) ? MMK_OK
                                                                               : MMK_ERR_NOT_FOUND;
}

static mmk_err give(uint32_t from_type, size_t from_len, size_t cap, uint32_t *type, size_t *len)
{
    if (type != NULL)
        *type = from_type;
    if (len != NULL)
        *len = from_len;
    return from_len > cap ? MMK_ERR_MORE : MMK_OK;
}

static mmk_err reg_get(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t *type, void *data, size_t cap, size_t *len)
{
    struct place place;
    struct mmki_reg_item item;
    uint32_t value;
    mmk_err err = find_live_value(self_of(self), key, name, &place, &value);
    if (err != MMK_OK)
        return err;
    const uint32_t record = place.tree->values[value].record;
    if (record != MMKI_REG_NONE) {
        const struct mmki_reg_record *rec = &place.tree->records[record];
        err = give(rec->type, rec->len, cap, type, len);
        if (err == MMK_OK && rec->len != 0)
            memcpy(data, rec->data, rec->len);
        return err;
    }
    mmki_reg_value_item(place.tree, value, &item);
    const size_t need = mmki_reg_value_data(place.tree->text, &item, place.tree->is_v4, NULL, 0);
    err = give(item.type, need, cap, type, len);
    if (err == MMK_OK && need != 0)
        (void)mmki_reg_value_data(place.tree->text, &item, place.tree->is_v4, (uint8_t *)data, cap);
    return err;
}

/* Whether the file can hold the value: better known now than at flush. */
static mmk_err check_writable(struct file_registry *r, const struct mmki_reg_tree *tree,
                              const char *name, size_t name_len, uint32_t type, const void *data,
                              size_t len)
{
    const struct mmki_reg_style style = {tree->encoding, tree->is_v4, tree->eol};
    struct mmki_reg_bytes trial = {0};
    mmk_err err = mmki_reg_put_name(&style, name, name_len, &trial);
    if (err == MMK_OK && tree->is_v4)
        err = mmki_reg_put_data(&style, type, (const uint8_t *)data, len, 0, &trial);
    mmki_reg_free(&trial);
    if (err == MMK_ERR_UNSUPPORTED)
        return fail_why(r, err, "a file of this encoding or version cannot hold such a value");
    return err;
}

static mmk_err reg_set(struct mmk_registry *self, const struct mmk_reg_key *key, const char *name,
                       uint32_t type, const void *data, size_t len)
{
    struct file_registry *r = self_of(self);
    struct place place;
    size_t name_len;
    if (data == NULL && len != 0)
        return MMK_ERR_INVAL;
    mmk_err err = check_value_name(&name, &name_len);
    if (err == MMK_OK)
        err = find(r, key, &place);
    if (err == MMK_OK)
        err = check_writable(r, place.tree, name, name_len, type, data, len);
    if (err != MMK_OK)
        return err;
    r->cursor.tree = NULL;
    return mmki_reg_set_value(place.tree, place.key, name, name_len, type, data, len);
}

static mmk_err reg_delete_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                                const char *name)
{
    struct file_registry *r = self_of(self);
    struct place place;
    uint32_t value;
    const mmk_err err = find_live_value(r, key, name, &place, &value);
    if (err != MMK_OK)
        return err;
    r->cursor.tree = NULL;
    return mmki_reg_remove_value(place.tree, value);
}

/* ------------------------------------------------------------------ keys */

/* The path's last part. */
static const char *last_part(const struct mmki_reg_bytes *where, size_t *parent_len, size_t *len)
{
    size_t at = where->len;
    while (at > 0 && where->at[at - 1] != '\\')
        at--;
    *parent_len = at > 0 ? at - 1 : 0;
    *len = where->len - at;
    return where->at + at;
}

/* In the session's tree the way to a volatile key is made as it is needed. */
static mmk_err create_in_session(struct file_registry *r, mmk_reg_root root)
{
    uint32_t key = mmki_reg_root(root);
    const char *p = r->where.at;
    const char *end = p + r->where.len;
    for (;;) {
        const char *stop = (const char *)memchr(p, '\\', (size_t)(end - p));
        const size_t len = (size_t)((stop != NULL ? stop : end) - p);
        uint32_t child = mmki_reg_find_child(&r->session, key, p, len);
        if (child == MMKI_REG_NONE || !mmki_reg_key_live(&r->session, child)) {
            const mmk_err err = mmki_reg_create_child(&r->session, key, p, len, &child);
            if (err != MMK_OK)
                return err;
            r->session.keys[child].flags |= stop != NULL ? MMKI_KEY_IMPLIED : 0;
        }
        if (stop == NULL) {
            r->session.keys[child].flags &= (uint16_t)~MMKI_KEY_IMPLIED;
            return MMK_OK;
        }
        key = child;
        p = stop + 1;
    }
}

/* HKLM\Software of the 32-bit view: in the file a subkey of the real one, which comes with it if
 * need be. */
static mmk_err create_wow_parent(struct file_registry *r, struct place *parent)
{
    const mmk_err err = mmki_reg_create_child(&r->tree, mmki_reg_root(MMK_REG_MACHINE), SOFTWARE,
                                              strlen(SOFTWARE), &parent->key);
    if (err == MMK_OK)
        r->tree.keys[parent->key].flags |= MMKI_KEY_IMPLIED;
    parent->tree = &r->tree;
    return err;
}

static bool is_wow_root(const struct mmk_reg_key *key)
{
    return key->view == MMK_VIEW_32 && key->root == MMK_REG_MACHINE &&
           is_software(key->path, strlen(key->path));
}

static mmk_err reg_create_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                              bool is_volatile)
{
    struct file_registry *r = self_of(self);
    struct place place;
    size_t parent_len;
    size_t len;
    mmk_err err = find(r, key, &place);
    if (err != MMK_ERR_NOT_FOUND)
        return err == MMK_OK ? MMK_ERR_EXISTS : err;
    const struct mmki_reg_style style = {r->tree.encoding, r->tree.is_v4, r->tree.eol};
    struct mmki_reg_bytes trial = {0};
    err = mmki_reg_put_key(&style, "", r->where.at, r->where.len, &trial);
    mmki_reg_free(&trial);
    if (err == MMK_ERR_UNSUPPORTED || (err == MMK_OK && has_control(key->path)))
        return fail_why(r, MMK_ERR_UNSUPPORTED, "a file of this encoding cannot hold such a key");
    if (err != MMK_OK)
        return err;
    const char *name = last_part(&r->where, &parent_len, &len);
    if (!find_at(r, key->root, r->where.at, parent_len, &place)) {
        if (!is_wow_root(key))
            return MMK_ERR_NOT_FOUND;
        err = create_wow_parent(r, &place);
        if (err != MMK_OK)
            return err;
    }
    if (!is_volatile && place.tree == &r->session)
        return MMK_ERR_STATE; /* below a volatile key all keys are */
    r->cursor.tree = NULL;
    if (is_volatile)
        return create_in_session(r, key->root);
    return mmki_reg_create_child(&r->tree, place.key, name, len, NULL);
}

/* HKLM\Software that only came with its WOW6432Node goes with it. */
static mmk_err drop_wow_parent(struct file_registry *r)
{
    const uint32_t key =
        mmki_reg_find_key(&r->tree, mmki_reg_root(MMK_REG_MACHINE), SOFTWARE, strlen(SOFTWARE));
    if (key == MMKI_REG_NONE || (r->tree.keys[key].flags & MMKI_KEY_EXPLICIT) != 0)
        return MMK_OK;
    const uint16_t flags = r->tree.keys[key].flags;
    const bool made_alone = (flags & MMKI_KEY_BASE) == 0 && (flags & MMKI_KEY_IMPLIED) == 0;
    if (made_alone || mmki_reg_has_children(&r->tree, key))
        return MMK_OK;
    for (uint32_t v = r->tree.keys[key].value_first; v != MMKI_REG_NONE; v = r->tree.values[v].next)
        if (mmki_reg_value_live(&r->tree, v))
            return MMK_OK;
    return mmki_reg_remove_key(&r->tree, key);
}

static mmk_err reg_delete_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct file_registry *r = self_of(self);
    struct place place;
    mmk_err err = find(r, key, &place);
    if (err != MMK_OK)
        return err;
    if (r->where.len == 0)
        return MMK_ERR_ACCESS; /* a root */
    if (mmki_reg_has_children(place.tree, place.key) ||
        (place.tree == &r->tree && has_session_children(r, key->root)))
        return MMK_ERR_STATE;
    r->cursor.tree = NULL;
    err = mmki_reg_remove_key(place.tree, place.key);
    return err == MMK_OK && is_wow_root(key) && place.tree == &r->tree ? drop_wow_parent(r) : err;
}

static mmk_err reg_has_key(struct mmk_registry *self, const struct mmk_reg_key *key)
{
    struct place place;
    return find(self_of(self), key, &place);
}

/* ------------------------------------------------------------------ enumeration */

static uint32_t first_node(const struct place *place, bool of_values)
{
    const struct mmki_reg_key *k = &place->tree->keys[place->key];
    return of_values ? k->value_first : k->child_first;
}

static uint32_t next_node(const struct mmki_reg_tree *tree, uint32_t node, bool of_values)
{
    return of_values ? tree->values[node].next : tree->keys[node].next;
}

/* Way-points of the session's tree stand in the file's tree already. */
static bool counts(const struct file_registry *r, const struct mmki_reg_tree *tree, uint32_t node,
                   bool of_values)
{
    if (of_values)
        return mmki_reg_value_live(tree, node);
    if (!mmki_reg_key_live(tree, node))
        return false;
    return tree == &r->tree || (tree->keys[node].flags & MMKI_KEY_IMPLIED) == 0;
}

/* The index-th node that counts; *n is how many there are if there are fewer. Goes on from the last
 * place where it can, so that enumerating n nodes takes n steps. */
static uint32_t nth(struct file_registry *r, const struct place *place, bool of_values,
                    uint32_t index, uint32_t *n)
{
    uint32_t node = first_node(place, of_values);
    uint32_t at = 0;
    if (r->cursor.tree == place->tree && r->cursor.key == place->key &&
        r->cursor.of_values == of_values && r->cursor.index <= index) {
        node = r->cursor.node;
        at = r->cursor.index;
    }
    for (; node != MMKI_REG_NONE; node = next_node(place->tree, node, of_values)) {
        if (!counts(r, place->tree, node, of_values))
            continue;
        if (at == index)
            break;
        at++;
    }
    *n = at;
    if (node != MMKI_REG_NONE) {
        r->cursor.tree = place->tree;
        r->cursor.key = place->key;
        r->cursor.index = index;
        r->cursor.node = node;
        r->cursor.of_values = of_values;
    }
    return node;
}

static mmk_err give_name(const char *from, size_t len, char *name, size_t cap)
{
    if (len >= cap)
        return MMK_ERR_MORE;
    memcpy(name, from, len);
    name[len] = '\0';
    return MMK_OK;
}

static mmk_err reg_enum_value(struct mmk_registry *self, const struct mmk_reg_key *key,
                              uint32_t index, char *name, size_t cap)
{
    struct file_registry *r = self_of(self);
    struct place place;
    uint32_t n;
    size_t len;
    const mmk_err err = find(r, key, &place);
    if (err != MMK_OK)
        return err;
    const uint32_t value = nth(r, &place, true, index, &n);
    if (value == MMKI_REG_NONE)
        return MMK_ERR_NOT_FOUND;
    const char *from = mmki_reg_value_name(place.tree, value, &len);
    return give_name(from, len, name, cap);
}

static mmk_err reg_enum_key(struct mmk_registry *self, const struct mmk_reg_key *key,
                            uint32_t index, char *name, size_t cap)
{
    struct file_registry *r = self_of(self);
    struct place place;
    uint32_t n;
    const mmk_err err = find(r, key, &place);
    if (err != MMK_OK)
        return err;
    uint32_t child = nth(r, &place, false, index, &n);
    if (child == MMKI_REG_NONE && place.tree == &r->tree) { /* then the volatile ones */
        const struct place twin = {&r->session,
                                   session_twin(r, key->root, r->where.at, r->where.len)};
        if (twin.key != MMKI_REG_NONE)
            child = nth(r, &twin, false, index - n, &n);
        place = twin;
    }
    if (child == MMKI_REG_NONE)
        return MMK_ERR_NOT_FOUND;
    const struct mmki_reg_key *k = &place.tree->keys[child];
    return give_name(mmki_reg_name_at(place.tree, k->name), k->name_len, name, cap);
}

/* ------------------------------------------------------------------ flush */

/* Under the lock: the file may have changed since we read it. If so, `now` becomes a tree over its
 * present text with our edits in it. */
static mmk_err catch_up(struct file_registry *r, const char *target, struct mmki_reg_tree *now,
                        bool *changed, struct mmki_reg_trouble *trouble)
{
    struct mmki_reg_stamp stamp;
    bool same;
    mmk_err err = mmki_reg_is_same(target, &r->stamp, &same);
    *changed = err == MMK_OK && !same;
    if (!*changed)
        return err;
    err = mmki_reg_load(target, now, &stamp, trouble);
    if (err != MMK_OK)
        return err;
    err = mmki_reg_replay(&r->tree, now);
    if (err == MMK_ERR_CONFLICT)
        trouble->why = "somebody else changed the same keys or values meanwhile";
    if (err != MMK_OK)
        mmki_reg_tree_fini(now);
    return err;
}

static mmk_err store_locked(struct file_registry *r, const char *target,
                            struct mmki_reg_trouble *trouble)
{
    struct mmki_reg_patches patches = {0};
    struct mmki_reg_tree now = {0};
    bool changed = false;
    bool unsynced = r->unsynced;
    mmk_err err = catch_up(r, target, &now, &changed, trouble);
    if (err != MMK_OK)
        return err;
    struct mmki_reg_tree *tree = changed ? &now : &r->tree;
    err = mmki_reg_patch_text(tree, &patches, &trouble->why);
    if (err == MMK_OK && (patches.len != 0 || unsynced)) {
        unsynced = false;
        err = mmki_reg_store(target, tree, &patches, &unsynced, trouble);
        r->unsynced = unsynced || (r->unsynced && err != MMK_OK);
    }
    mmki_reg_patches_fini(&patches);
    mmki_reg_tree_fini(&now);
    return err;
}

/* Whether the edits so far leave the text as it is. */
static mmk_err nothing_to_do(struct file_registry *r, bool *nothing,
                             struct mmki_reg_trouble *trouble)
{
    struct mmki_reg_patches patches = {0};
    const mmk_err err = mmki_reg_patch_text(&r->tree, &patches, &trouble->why);
    *nothing = patches.len == 0;
    mmki_reg_patches_fini(&patches);
    return err;
}

static mmk_err reg_flush(struct mmk_registry *self, mmk_reg_root root, uint32_t timeout_ms)
{
    struct file_registry *r = self_of(self);
    struct mmki_reg_trouble trouble = {NULL, 0};
    struct mmki_reg_lock *lock;
    bool nothing = true;
    mmk_err err = MMK_OK;
    if ((unsigned)root >= MMK_REG_ROOT_COUNT)
        return MMK_ERR_INVAL;
    if (r->loaded && r->tree.dirty)
        err = nothing_to_do(r, &nothing, &trouble);
    if (err != MMK_OK)
        return fail(r, err, &trouble);
    if (nothing && !r->unsynced)
        return MMK_OK;
    err = load(r); /* after a failed sync the edits may be gone from memory already */
    if (err != MMK_OK)
        return err;
    err = mmki_reg_lock_take(r->path, timeout_ms, true, &lock);
    if (err != MMK_OK)
        return fail(r, err, NULL);
    err = store_locked(r, mmki_reg_lock_target(lock), &trouble);
    mmki_reg_lock_drop(lock);
    if (err != MMK_OK)
        return fail(r, err, &trouble);
    forget(r);
    return MMK_OK;
}

static void reg_discard(struct mmk_registry *self)
{
    struct file_registry *r = self_of(self);
    if (r->loaded && r->tree.dirty)
        forget(r);
}

/* ------------------------------------------------------------------ open and close */

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

mmk_err mmk_posix_registry_open(const char *path, struct mmk_registry **out)
{
    if (path == NULL || path[0] == '\0' || out == NULL)
        return MMK_ERR_INVAL;
    struct file_registry *r = (struct file_registry *)calloc(1, sizeof *r);
    if (r == NULL)
        return MMK_ERR_NOMEM;
    r->base.ops = &ops;
    r->base.has_view_32 = true;
    mmk_err err = mmki_reg_absolute(path, &r->path);
    if (err == MMK_OK)
        err = mmki_reg_tree_init_new(&r->session);
    if (err != MMK_OK) {
        mmk_posix_registry_close(&r->base);
        return err;
    }
    *out = &r->base;
    return MMK_OK;
}

void mmk_posix_registry_close(struct mmk_registry *registry)
{
    struct file_registry *r = self_of(registry);
    if (r == NULL)
        return;
    mmki_reg_tree_fini(&r->tree);
    mmki_reg_tree_fini(&r->session);
    mmki_reg_free(&r->where);
    free(r->path);
    free(r);
}

const char *mmk_posix_registry_error_text(const struct mmk_registry *registry)
{
    if (registry->ops != &ops)
        return mmki_prefix_registry_error(registry);
    return ((const struct file_registry *)registry)->error;
}
