/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_file_tree.h"

#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

/* A file's lines are read in order, each as regedit would apply it to an empty registry: later
 * lines override,
 * [-key] takes away what stands before it, a section makes the keys above it. */

#define KEY_NAME_UNITS_MAX 255u

/* ------------------------------------------------------------------ keys */

static const char *const hives[MMK_REG_ROOT_COUNT] = {
    [MMK_REG_MACHINE] = "HKEY_LOCAL_MACHINE",
    [MMK_REG_USER] = "HKEY_CURRENT_USER",
};

const char *mmki_reg_hive_name(mmk_reg_root root)
{
    return hives[root];
}

/* Whether the hive is one of ours, a foreign one, or none at all. */
static mmk_err find_hive(const char *name, size_t len, uint32_t *key)
{
    for (uint32_t root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        if (mmk_name_compare_n(name, len, hives[root], strlen(hives[root])) == 0) {
            *key = root;
            return MMK_OK;
        }
    }
    *key = MMKI_REG_NONE;
    return len > 5 && mmk_name_compare_n(name, 5, "HKEY_", 5) == 0 ? MMK_OK : MMK_ERR_CORRUPT;
}

static const char *find_backslash(const char *p, const char *end)
{
    const char *stop = (const char *)memchr(p, '\\', (size_t)(end - p));
    return stop != NULL ? stop : end;
}

static bool key_name_too_long(const char *name, size_t len)
{
    return len > KEY_NAME_UNITS_MAX && mmk_wtf8_units(name, len) > KEY_NAME_UNITS_MAX;
}

/* A key that a line makes in passing, on its way to a subkey. */
static void imply(struct mmki_reg_tree *tree, uint32_t key)
{
    tree->keys[key].flags |= MMKI_KEY_BASE | MMKI_KEY_LIVE;
    mmki_reg_link_key(tree, key);
}

static mmk_err step(struct mmki_reg_tree *tree, bool make, const char *name, size_t len,
                    uint32_t *key)
{
    if (!make) {
        *key = mmki_reg_find_child(tree, *key, name, len);
        return MMK_OK;
    }
    const uint32_t offset = (uint32_t)(name - tree->text);
    const mmk_err err = mmki_reg_intern_child(tree, *key, name, len, offset, key);
    if (err == MMK_OK)
        imply(tree, *key);
    return err;
}

mmk_err mmki_reg_section_key(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                             bool make, uint32_t *key, const char **why)
{
    const char *p = tree->text + item->name;
    const char *end = p + item->name_len;
    const char *stop = find_backslash(p, end);
    uint32_t depth = 0;
    mmk_err err = find_hive(p, (size_t)(stop - p), key);
    if (err != MMK_OK) {
        *why = "a key of no known hive (HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, ...)";
        return err;
    }
    for (p = stop; p < end && *key != MMKI_REG_NONE; p = stop) {
        p++;
        stop = find_backslash(p, end);
        if (stop == p)
            continue; /* doubled or final backslash, which regedit steps over */
        if (key_name_too_long(p, (size_t)(stop - p))) {
            *why = "a key name longer than 255 characters";
            return MMK_ERR_CORRUPT;
        }
        if (++depth > MMK_REG_DEPTH_MAX) {
            *why = "a key deeper than 512 levels";
            return MMK_ERR_CORRUPT;
        }
        err = step(tree, make, p, (size_t)(stop - p), key);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ [-key] */

static void kill_values(struct mmki_reg_tree *tree, uint32_t key)
{
    struct mmki_reg_key *k = &tree->keys[key];
    for (uint32_t v = k->value_first; v != MMKI_REG_NONE; v = tree->values[v].next)
        tree->values[v].len_flags &=
            ~(uint32_t)(MMKI_VALUE_BASE | MMKI_VALUE_LIVE | MMKI_VALUE_LINKED);
    k->value_first = MMKI_REG_NONE;
    k->value_last = MMKI_REG_NONE;
}

/* Take a key and everything below it away. Lists are emptied on the way, so that a node is visited
 * once for each time a line linked it, however often its ancestors are deleted. */
static void kill_key(struct mmki_reg_tree *tree, uint32_t key)
{
    const uint16_t cleared = MMKI_KEY_BASE | MMKI_KEY_LIVE | MMKI_KEY_EXPLICIT | MMKI_KEY_SHADOW;
    uint32_t at = key;
    for (;;) {
        struct mmki_reg_key *k = &tree->keys[at];
        const uint32_t child = k->child_first;
        if (child != MMKI_REG_NONE) {
            k->child_first = tree->keys[child].next;
            at = child;
            continue;
        }
        k->child_last = MMKI_REG_NONE;
        k->flags &= (uint16_t)~cleared;
        kill_values(tree, at);
        if (at == key)
            return; /* stays in its parent's list, not LIVE */
        k->flags &= (uint16_t)~MMKI_KEY_LINKED;
        at = k->parent;
    }
}

static mmk_err apply_delete(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                            const char **why)
{
    uint32_t key;
    const mmk_err err = mmki_reg_section_key(tree, item, false, &key, why);
    if (err != MMK_OK || key == MMKI_REG_NONE || !mmki_reg_key_live(tree, key))
        return err;
    if (tree->keys[key].parent == MMKI_REG_NONE)
        return MMK_OK; /* a root cannot be deleted; regedit fails at it and goes on */
    kill_key(tree, key);
    tree->keys[tree->keys[key].parent].flags |= MMKI_KEY_SHADOW;
    return MMK_OK;
}

/* ------------------------------------------------------------------ sections and values */

static mmk_err apply_key(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                         uint32_t *current, const char **why)
{
    const mmk_err err = mmki_reg_section_key(tree, item, true, current, why);
    if (err != MMK_OK || *current == MMKI_REG_NONE)
        return err;
    struct mmki_reg_key *k = &tree->keys[*current];
    if ((k->flags & MMKI_KEY_EXPLICIT) == 0)
        k->first_at = item->begin;
    k->flags |= MMKI_KEY_EXPLICIT;
    k->insert_at = item->end;
    return MMK_OK;
}

/* The value's name: as it stands in the text, or with its backslashes undone in the scratch buffer.
 */
static mmk_err item_name(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                         const char **name, size_t *len, const char **why)
{
    *name = tree->text + item->name;
    *len = item->name_len;
    if (item->name_escaped) {
        tree->scratch.len = 0;
        const mmk_err err = mmki_reg_reserve(&tree->scratch, *len + 1);
        if (err != MMK_OK)
            return err;
        *len = mmki_reg_unescape(*name, *len, tree->scratch.at);
        *name = tree->scratch.at;
        if (memchr(*name, '\0', *len) != NULL) {
            *why = "a value name with a zero character";
            return MMK_ERR_CORRUPT;
        }
    }
    if (*len > MMK_REG_VALUE_NAME_MAX_UNITS &&
        mmk_wtf8_units(*name, *len) > MMK_REG_VALUE_NAME_MAX_UNITS) {
        *why = "a value name longer than 16383 characters";
        return MMK_ERR_CORRUPT;
    }
    return MMK_OK;
}

mmk_err mmki_reg_item_value(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                            uint32_t key, uint32_t *value)
{
    const char *name;
    const char *why;
    size_t len;
    const mmk_err err = item_name(tree, item, &name, &len, &why);
    if (err == MMK_OK)
        *value = mmki_reg_find_value(tree, key, name, len);
    return err;
}

static mmk_err apply_value(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                           uint32_t key, const char **why)
{
    const char *name;
    size_t len;
    uint32_t value;
    mmk_err err = item_name(tree, item, &name, &len, why);
    if (err != MMK_OK)
        return err;
    tree->keys[key].insert_at = item->end;
    if (item->form == MMKI_REG_FORM_DELETE) {
        value = mmki_reg_find_value(tree, key, name, len);
        if (value != MMKI_REG_NONE)
            tree->values[value].len_flags &= ~(uint32_t)(MMKI_VALUE_BASE | MMKI_VALUE_LIVE);
        return MMK_OK;
    }
    err = mmki_reg_intern_value(tree, key, name, len,
                                item->name_escaped ? MMKI_REG_NONE : item->name, &value);
    if (err != MMK_OK)
        return err;
    struct mmki_reg_value *v = &tree->values[value];
    if ((v->len_flags & MMKI_VALUE_BASE) == 0)
        v->first_line = item->begin;
    v->line = item->begin;
    v->len_flags |= MMKI_VALUE_BASE | MMKI_VALUE_LIVE;
    mmki_reg_link_value(tree, value);
    return MMK_OK;
}

/* ------------------------------------------------------------------ the whole text */

static void learn_line_end(struct mmki_reg_tree *tree, uint32_t end, uint32_t next)
{
    memcpy(tree->eol, "\r\n", 3);
    if (next == end)
        return; /* a header without any line end */
    memcpy(tree->eol, tree->text + end, next - end);
    tree->eol[next - end] = '\0';
}

static mmk_err apply(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                     uint32_t *current, const char **why)
{
    switch (item->kind) {
    case MMKI_REG_ITEM_KEY:
        return apply_key(tree, item, current, why);
    case MMKI_REG_ITEM_KEY_DELETE:
        *current = MMKI_REG_NONE; /* values below it belong to nobody */
        return apply_delete(tree, item, why);
    case MMKI_REG_ITEM_VALUE:
        return *current != MMKI_REG_NONE ? apply_value(tree, item, *current, why) : MMK_OK;
    case MMKI_REG_ITEM_SPACE:
        break;
    }
    return MMK_OK;
}

static mmk_err parse(struct mmki_reg_tree *tree, uint32_t *at, const char **why)
{
    uint32_t current = MMKI_REG_NONE;
    uint32_t next;
    struct mmki_reg_item item;
    const char *zero = (const char *)memchr(tree->text, '\0', tree->text_len);
    *at = 0;
    if (zero != NULL) {
        *at = (uint32_t)(zero - tree->text);
        *why = "a zero character";
        return MMK_ERR_CORRUPT;
    }
    mmk_err err =
        mmki_reg_scan_header(tree->text, tree->text_len, &tree->is_v4, &tree->tail, &next, why);
    if (err != MMK_OK)
        return err;
    learn_line_end(tree, tree->tail, next);
    for (*at = next; *at < tree->text_len; *at = item.next) {
        err = mmki_reg_scan(tree->text, tree->text_len, *at, &item, why);
        if (err == MMK_OK)
            err = apply(tree, &item, &current, why);
        if (err != MMK_OK)
            return err;
        if (!item.is_blank)
            tree->tail = item.end;
    }
    return MMK_OK;
}

mmk_err mmki_reg_tree_init(struct mmki_reg_tree *tree, struct mmki_reg_bytes *text,
                           mmki_reg_encoding encoding, uint32_t *line, const char **why)
{
    uint32_t at = 0;
    memset(tree, 0, sizeof *tree);
    tree->text = text->at;
    tree->text_len = (uint32_t)text->len;
    tree->encoding = encoding;
    *text = (struct mmki_reg_bytes){0};
    mmk_err err = mmki_reg_tree_begin(tree);
    if (err == MMK_OK)
        err = parse(tree, &at, why);
    if (err == MMK_ERR_CORRUPT)
        *line = mmki_reg_line_number(tree->text, at);
    if (err != MMK_OK)
        mmki_reg_tree_fini(tree);
    return err;
}

mmk_err mmki_reg_tree_init_new(struct mmki_reg_tree *tree)
{
    struct mmki_reg_bytes text = {0};
    const char *why;
    uint32_t line;
    memset(tree, 0, sizeof *tree);
    const mmk_err err = mmki_reg_append(&text, MMKI_REG_NEW_TEXT, sizeof MMKI_REG_NEW_TEXT);
    if (err != MMK_OK)
        return err;
    text.len--; /* the 0 stays behind the text */
    return mmki_reg_tree_init(tree, &text, MMKI_REG_UTF16, &line, &why);
}
