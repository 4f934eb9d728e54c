/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_file_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

/* How text is added and taken away, so that adding and then removing gives the same bytes, also
 * across programs that know nothing of each other: a line is always added and removed together with
 * the line end *before* it. A new value goes behind the last line of its section, a new section
 * behind the last line of the file that is not blank, led in by one blank line. What stood at the
 * end of the file (blank lines, or no line end at all) stays at its end. Removing a section takes
 * its header, its values and one blank line before it; comments in it stay. */

/* A value in a key that exists only through its subkeys needs a section to stand in. When the value
 * goes, so must the section; this comment says that it is there for that. */
#define MARKER "; mmekit added this section, it goes with its last value"

/* ------------------------------------------------------------------ the list of patches */

static mmk_err add_patch(struct mmki_reg_patches *p, int rank, uint32_t at, uint32_t removed,
                         size_t insert)
{
    if (p->len == p->cap) {
        const size_t cap = p->cap == 0 ? 16 : p->cap * 2;
        struct mmki_reg_patch *moved = (struct mmki_reg_patch *)realloc(p->at, cap * sizeof *moved);
        if (moved == NULL)
            return MMK_ERR_NOMEM;
        p->at = moved;
        p->cap = cap;
    }
    const size_t insert_len = p->added.len - insert;
    p->at[p->len++] = (struct mmki_reg_patch){at, removed, insert, insert_len, rank};
    return MMK_OK;
}

void mmki_reg_patches_fini(struct mmki_reg_patches *patches)
{
    free(patches->at);
    mmki_reg_free(&patches->added);
    *patches = (struct mmki_reg_patches){0};
}

/* By place; what is added at a place comes before what is removed from there on; else as they were
 * made. */
static int compare(const void *a, const void *b)
{
    const struct mmki_reg_patch *x = (const struct mmki_reg_patch *)a;
    const struct mmki_reg_patch *y = (const struct mmki_reg_patch *)b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->insert < y->insert ? -1 : x->insert > y->insert;
}

/* ------------------------------------------------------------------ new text */

static mmk_err put(struct mmki_reg_patches *p, const char *text)
{
    return mmki_reg_append(&p->added, text, strlen(text));
}

static struct mmki_reg_style style_of(const struct mmki_reg_tree *tree)
{
    return (struct mmki_reg_style){tree->encoding, tree->is_v4, tree->eol};
}

/* "HKEY_...\a\b" into `path`. Names are collected from the end: at most 512 levels. */
static mmk_err put_path(const struct mmki_reg_tree *tree, uint32_t key, struct mmki_reg_bytes *path)
{
    uint32_t chain[MMK_REG_DEPTH_MAX + 1];
    size_t n = 0;
    for (; tree->keys[key].parent != MMKI_REG_NONE; key = tree->keys[key].parent) {
        assert(n <= MMK_REG_DEPTH_MAX);
        chain[n++] = key;
    }
    const char *hive = mmki_reg_hive_name((mmk_reg_root)key);
    mmk_err err = mmki_reg_append(path, hive, strlen(hive));
    while (err == MMK_OK && n-- > 0) {
        const struct mmki_reg_key *k = &tree->keys[chain[n]];
        err = mmki_reg_append(path, "\\", 1);
        if (err == MMK_OK)
            err = mmki_reg_append(path, mmki_reg_name_at(tree, k->name), k->name_len);
    }
    return err;
}

/* Line end and `"name"=data`. */
static mmk_err put_value_line(const struct mmki_reg_tree *tree, uint32_t value,
                              struct mmki_reg_patches *p, const char **why)
{
    const struct mmki_reg_style style = style_of(tree);
    const struct mmki_reg_record *r = &tree->records[tree->values[value].record];
    size_t len;
    const char *name = mmki_reg_value_name(tree, value, &len);
    mmk_err err = put(p, tree->eol);
    const size_t begin = p->added.len;
    if (err == MMK_OK)
        err = mmki_reg_put_name(&style, name, len, &p->added);
    if (err == MMK_ERR_UNSUPPORTED)
        *why = "a value name that a file of this encoding cannot hold";
    if (err != MMK_OK)
        return err;
    const size_t column = mmk_wtf8_units(p->added.at + begin, p->added.len - begin);
    err = mmki_reg_put_data(&style, r->type, r->data, r->len, column, &p->added);
    if (err == MMK_ERR_UNSUPPORTED)
        *why = "a string that REGEDIT4 cannot hold (save the file as version 5.00)";
    return err;
}

/* Blank line and header. */
static mmk_err put_header(struct mmki_reg_tree *tree, uint32_t key, const char *prefix,
                          struct mmki_reg_patches *p, const char **why)
{
    const struct mmki_reg_style style = style_of(tree);
    mmk_err err = put(p, tree->eol);
    if (err == MMK_OK)
        err = put(p, tree->eol);
    tree->scratch.len = 0;
    if (err == MMK_OK)
        err = put_path(tree, key, &tree->scratch);
    if (err == MMK_OK)
        err = mmki_reg_put_key(&style, prefix, tree->scratch.at, tree->scratch.len, &p->added);
    if (err == MMK_ERR_UNSUPPORTED)
        *why = "a key name that a file of this encoding cannot hold";
    return err;
}

static bool value_is_new(const struct mmki_reg_tree *tree, uint32_t value)
{
    const uint32_t flags = tree->values[value].len_flags;
    return (flags & MMKI_VALUE_LIVE) != 0 && (flags & MMKI_VALUE_BASE) == 0;
}

static bool has_new_values(const struct mmki_reg_tree *tree, uint32_t key)
{
    uint32_t v = tree->keys[key].value_first;
    while (v != MMKI_REG_NONE && !value_is_new(tree, v))
        v = tree->values[v].next;
    return v != MMKI_REG_NONE;
}

/* A section for a key that has none, at the end of the file. */
static mmk_err add_section(struct mmki_reg_tree *tree, uint32_t key, struct mmki_reg_patches *p,
                           const char **why)
{
    const size_t insert = p->added.len;
    const bool marked = (tree->keys[key].flags & MMKI_KEY_BASE) != 0 && has_new_values(tree, key);
    tree->keys[key].flags |= MMKI_KEY_BLOCK;
    mmk_err err = put_header(tree, key, "", p, why);
    if (err == MMK_OK && marked)
        err = put(p, tree->eol);
    if (err == MMK_OK && marked)
        err = put(p, MARKER);
    uint32_t v = tree->keys[key].value_first;
    for (; err == MMK_OK && v != MMKI_REG_NONE; v = tree->values[v].next)
        if (value_is_new(tree, v))
            err = put_value_line(tree, v, p, why);
    return err == MMK_OK ? add_patch(p, 1, tree->tail, 0, insert) : err;
}

static mmk_err add_deletion(struct mmki_reg_tree *tree, uint32_t key, struct mmki_reg_patches *p,
                            const char **why)
{
    const size_t insert = p->added.len;
    const mmk_err err = put_header(tree, key, "-", p, why);
    return err == MMK_OK ? add_patch(p, 1, tree->tail, 0, insert) : err;
}

/* New data in the place of the old: name, blanks and a comment behind it stay. */
static mmk_err replace_data(struct mmki_reg_tree *tree, uint32_t value, struct mmki_reg_patches *p,
                            const char **why)
{
    const struct mmki_reg_style style = style_of(tree);
    const struct mmki_reg_record *r = &tree->records[tree->values[value].record];
    const size_t insert = p->added.len;
    struct mmki_reg_item item;
    mmki_reg_value_item(tree, value, &item);
    const size_t column = mmk_wtf8_units(tree->text + item.begin, item.data - item.begin);
    const mmk_err err = mmki_reg_put_data(&style, r->type, r->data, r->len, column, &p->added);
    if (err == MMK_ERR_UNSUPPORTED)
        *why = "a string that REGEDIT4 cannot hold (save the file as version 5.00)";
    if (err != MMK_OK)
        return err;
    return add_patch(p, 0, item.data, item.data_end - item.data, insert);
}

/* ------------------------------------------------------------------ text that goes */

/* Begin of the line end that stands before a line. */
static uint32_t line_end_before(const struct mmki_reg_tree *tree, uint32_t line)
{
    if (line >= 2 && tree->text[line - 1] == '\n' && tree->text[line - 2] == '\r')
        return line - 2;
    return line - 1;
}

static mmk_err remove_item(const struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                           struct mmki_reg_patches *p)
{
    const uint32_t at = line_end_before(tree, item->begin);
    return add_patch(p, 2, at, item->end - at, p->added.len);
}

static mmk_err remove_header(const struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                             struct mmki_reg_patches *p)
{
    uint32_t at = line_end_before(tree, item->begin);
    if (at > 0 && (tree->text[at - 1] == '\n' || tree->text[at - 1] == '\r'))
        at = line_end_before(tree, at); /* the blank line too */
    return add_patch(p, 2, at, item->end - at, p->added.len);
}

/* Whether the section that begins with this header was added for its values' sake, and they are
 * gone. */
static bool is_spent(const struct mmki_reg_tree *tree, uint32_t key,
                     const struct mmki_reg_item *header, struct mmki_reg_item *marker)
{
    const char *why;
    const bool stays = tree->keys[key].parent == MMKI_REG_NONE ||
                       (tree->keys[key].flags & MMKI_KEY_SHADOW) != 0 ||
                       mmki_reg_has_children(tree, key);
    if (header->begin != tree->keys[key].first_at || !stays)
        return false;
    for (uint32_t v = tree->keys[key].value_first; v != MMKI_REG_NONE; v = tree->values[v].next)
        if (mmki_reg_value_live(tree, v))
            return false;
    if (header->next >= tree->text_len ||
        mmki_reg_scan(tree->text, tree->text_len, header->next, marker, &why) != MMK_OK)
        return false;
    return marker->end - marker->begin == strlen(MARKER) &&
           memcmp(tree->text + marker->begin, MARKER, strlen(MARKER)) == 0;
}

/* The part of the text in which something goes. */
struct range {
    uint32_t begin;
    uint32_t end;
};

static void widen(struct range *range, uint32_t begin, uint32_t end)
{
    if (begin < range->begin)
        range->begin = begin;
    if (end > range->end)
        range->end = end;
}

static bool key_goes(const struct mmki_reg_tree *tree, uint32_t key)
{
    const uint16_t flags = tree->keys[key].flags;
    return (flags & MMKI_KEY_EXPLICIT) != 0 && (flags & MMKI_KEY_LIVE) == 0;
}

static mmk_err remove_from_section(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                                   uint32_t key, struct mmki_reg_patches *p)
{
    uint32_t value;
    struct mmki_reg_item marker;
    const bool goes = key_goes(tree, key) && item->begin >= tree->keys[key].first_at;
    if (item->kind == MMKI_REG_ITEM_KEY) {
        if (goes)
            return remove_header(tree, item, p);
        if ((tree->keys[key].flags & MMKI_KEY_LOSES) == 0 || !is_spent(tree, key, item, &marker))
            return MMK_OK;
        const mmk_err err = remove_header(tree, item, p);
        return err == MMK_OK ? remove_item(tree, &marker, p) : err;
    }
    if (item->kind != MMKI_REG_ITEM_VALUE)
        return MMK_OK;
    if (goes)
        return remove_item(tree, item, p);
    if ((tree->keys[key].flags & MMKI_KEY_LOSES) == 0 || item->form == MMKI_REG_FORM_DELETE)
        return MMK_OK;
    const mmk_err err = mmki_reg_item_value(tree, item, key, &value);
    if (err != MMK_OK || value == MMKI_REG_NONE || mmki_reg_value_live(tree, value))
        return err;
    const bool counts = (tree->values[value].len_flags & MMKI_VALUE_BASE) != 0 &&
                        item->begin >= tree->values[value].first_line;
    return counts ? remove_item(tree, item, p) : MMK_OK;
}

/* Read the text once more where something goes. Every line that says so goes, the overridden ones
 * too, or they would come to life. Lines before a deletion that the text itself makes are dead
 * already and stay. */
static mmk_err remove_lines(struct mmki_reg_tree *tree, struct range range,
                            struct mmki_reg_patches *p)
{
    uint32_t key = MMKI_REG_NONE;
    struct mmki_reg_item item;
    const char *why;
    mmk_err err = MMK_OK;
    for (uint32_t at = range.begin; err == MMK_OK && at <= range.end && at < tree->text_len;
         at = item.next) {
        err = mmki_reg_scan(tree->text, tree->text_len, at, &item, &why);
        if (err != MMK_OK)
            return err;
        if (item.kind == MMKI_REG_ITEM_KEY_DELETE)
            key = MMKI_REG_NONE;
        if (item.kind == MMKI_REG_ITEM_KEY)
            err = mmki_reg_section_key(tree, &item, false, &key, &why);
        if (err == MMK_OK && key != MMKI_REG_NONE)
            err = remove_from_section(tree, &item, key, p);
    }
    return err;
}

/* ------------------------------------------------------------------ tree against text */

static mmk_err patch_key(struct mmki_reg_tree *tree, uint32_t key, struct range *range,
                         struct mmki_reg_patches *p, const char **why)
{
    struct mmki_reg_key *k = &tree->keys[key];
    const bool base = (k->flags & MMKI_KEY_BASE) != 0;
    const bool live = (k->flags & MMKI_KEY_LIVE) != 0;
    if (base && !live) {
        if ((k->flags & MMKI_KEY_EXPLICIT) != 0)
            widen(range, k->first_at, k->insert_at);
        return (k->flags & MMKI_KEY_SHADOW) != 0 ? add_deletion(tree, key, p, why) : MMK_OK;
    }
    if (!base && live && ((k->flags & MMKI_KEY_IMPLIED) == 0 || has_new_values(tree, key)))
        return add_section(tree, key, p, why);
    return MMK_OK;
}

static mmk_err patch_new_value(struct mmki_reg_tree *tree, uint32_t value,
                               struct mmki_reg_patches *p, const char **why)
{
    const uint32_t key = tree->values[value].key;
    const uint16_t flags = tree->keys[key].flags;
    if ((flags & MMKI_KEY_BLOCK) != 0)
        return MMK_OK; /* stands in the new section */
    if ((flags & MMKI_KEY_EXPLICIT) == 0)
        return add_section(tree, key, p, why);
    const size_t insert = p->added.len;
    const mmk_err err = put_value_line(tree, value, p, why);
    return err == MMK_OK ? add_patch(p, 0, tree->keys[key].insert_at, 0, insert) : err;
}

static mmk_err patch_value(struct mmki_reg_tree *tree, uint32_t value, struct range *range,
                           struct mmki_reg_patches *p, const char **why)
{
    const struct mmki_reg_value *v = &tree->values[value];
    struct mmki_reg_key *key = &tree->keys[v->key];
    const bool base = (v->len_flags & MMKI_VALUE_BASE) != 0;
    const bool live = (v->len_flags & MMKI_VALUE_LIVE) != 0;
    if ((key->flags & MMKI_KEY_LIVE) == 0)
        return MMK_OK; /* goes with its key */
    if (base && !live) {
        key->flags |= MMKI_KEY_LOSES;
        widen(range, key->first_at, v->line);
        return MMK_OK;
    }
    if (!base && live)
        return patch_new_value(tree, value, p, why);
    if (base && live) {
        bool same;
        const mmk_err err = mmki_reg_value_unchanged(tree, value, &same);
        return err == MMK_OK && !same ? replace_data(tree, value, p, why) : err;
    }
    return MMK_OK;
}

/* A key that only its subkeys' sections spoke of, and that is to stay without them, gets a section.
 */
static mmk_err keep_parent(struct mmki_reg_tree *tree, uint32_t key, struct mmki_reg_patches *p,
                           const char **why)
{
    const uint16_t flags = tree->keys[key].flags;
    const uint32_t parent = tree->keys[key].parent;
    if ((flags & MMKI_KEY_BASE) == 0 || (flags & MMKI_KEY_LIVE) != 0)
        return MMK_OK;
    const uint16_t up = tree->keys[parent].flags;
    if (tree->keys[parent].parent == MMKI_REG_NONE || (up & MMKI_KEY_LIVE) == 0)
        return MMK_OK;
    if ((up & (MMKI_KEY_EXPLICIT | MMKI_KEY_SHADOW | MMKI_KEY_BLOCK)) != 0 ||
        mmki_reg_has_children(tree, parent))
        return MMK_OK;
    return add_section(tree, parent, p, why);
}

static void clear_marks(struct mmki_reg_tree *tree)
{
    for (uint32_t i = 0; i < tree->touched_keys.len; i++) {
        const uint32_t key = tree->touched_keys.at[i];
        const uint32_t parent = tree->keys[key].parent;
        tree->keys[key].flags &= (uint16_t) ~(MMKI_KEY_BLOCK | MMKI_KEY_LOSES);
        tree->keys[parent].flags &= (uint16_t) ~(MMKI_KEY_BLOCK | MMKI_KEY_LOSES);
    }
    for (uint32_t i = 0; i < tree->touched_values.len; i++) {
        const uint32_t key = tree->values[tree->touched_values.at[i]].key;
        tree->keys[key].flags &= (uint16_t) ~(MMKI_KEY_BLOCK | MMKI_KEY_LOSES);
    }
}

mmk_err mmki_reg_patch_text(struct mmki_reg_tree *tree, struct mmki_reg_patches *patches,
                            const char **why)
{
    struct range range = {UINT32_MAX, 0};
    mmk_err err = MMK_OK;
    *why = "";
    clear_marks(tree);
    for (uint32_t i = 0; err == MMK_OK && i < tree->touched_keys.len; i++)
        err = patch_key(tree, tree->touched_keys.at[i], &range, patches, why);
    for (uint32_t i = 0; err == MMK_OK && i < tree->touched_values.len; i++)
        err = patch_value(tree, tree->touched_values.at[i], &range, patches, why);
    for (uint32_t i = 0; err == MMK_OK && i < tree->touched_keys.len; i++)
        err = keep_parent(tree, tree->touched_keys.at[i], patches, why);
    if (err == MMK_OK && range.begin != UINT32_MAX)
        err = remove_lines(tree, range, patches);
    if (err == MMK_OK && patches->len != 0)
        qsort(patches->at, patches->len, sizeof *patches->at, compare);
    return err;
}
