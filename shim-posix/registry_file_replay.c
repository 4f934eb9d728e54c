/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_file_tree.h"

#include <stdlib.h>
#include <string.h>

/* Our edits, made over one state of the file, are made again over a later one. Three states of each
 * thing are at hand: what we saw (the old tree's text), what we want (the old tree), what is there
 * now (the new tree). If somebody else changed what we change, and not to the very same, that is a
 * conflict; all other edits of theirs stand beside ours. */

/* ------------------------------------------------------------------ old key -> new key */

static uint32_t depth_of(const struct mmki_reg_tree *tree, uint32_t key)
{
    uint32_t depth = 0;
    for (; tree->keys[key].parent != MMKI_REG_NONE; key = tree->keys[key].parent)
        depth++;
    return depth;
}

/* The key's counterpart; MMKI_REG_NONE if it is not there and not to be made. */
static mmk_err counterpart(const struct mmki_reg_tree *from, uint32_t key, struct mmki_reg_tree *to,
                           bool make, uint32_t *out)
{
    uint32_t chain[MMK_REG_DEPTH_MAX + 1];
    uint32_t n = 0;
    for (; from->keys[key].parent != MMKI_REG_NONE && n <= MMK_REG_DEPTH_MAX;
         key = from->keys[key].parent)
        chain[n++] = key;
    *out = key; /* the roots have the same numbers everywhere */
    while (n-- > 0) {
        const struct mmki_reg_key *k = &from->keys[chain[n]];
        const char *name = mmki_reg_name_at(from, k->name);
        uint32_t child = mmki_reg_find_child(to, *out, name, k->name_len);
        if (child == MMKI_REG_NONE || !mmki_reg_key_live(to, child)) {
            if (!make) {
                *out = MMKI_REG_NONE;
                return MMK_OK;
            }
            const mmk_err err = mmki_reg_create_child(to, *out, name, k->name_len, &child);
            if (err != MMK_OK)
                return err;
            to->keys[child].flags |= (uint16_t)(k->flags & MMKI_KEY_IMPLIED);
        }
        *out = child;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ values */

/* One state of a value. */
struct state {
    bool present;
    uint32_t type;
    size_t len;
    uint8_t *data; /* malloc'ed */
};

static mmk_err base_state(const struct mmki_reg_tree *tree, uint32_t value, struct state *s)
{
    *s = (struct state){0};
    if (value == MMKI_REG_NONE || (tree->values[value].len_flags & MMKI_VALUE_BASE) == 0)
        return MMK_OK;
    s->data = mmki_reg_base_data(tree, value, &s->type, &s->len);
    s->present = s->data != NULL;
    return s->present ? MMK_OK : MMK_ERR_NOMEM;
}

static bool same_state(const struct state *a, const struct state *b)
{
    if (!a->present || !b->present)
        return a->present == b->present;
    return a->type == b->type && a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool wanted(const struct mmki_reg_tree *from, uint32_t value, const struct state *now)
{
    const struct mmki_reg_value *v = &from->values[value];
    struct state want = {mmki_reg_value_live(from, value), 0, 0, NULL};
    if (want.present && v->record != MMKI_REG_NONE) {
        const struct mmki_reg_record *r = &from->records[v->record];
        want.type = r->type;
        want.len = r->len;
        want.data = r->data;
    }
    return same_state(&want, now);
}

static uint32_t find_value(const struct mmki_reg_tree *from, uint32_t value,
                           const struct mmki_reg_tree *to, uint32_t key)
{
    size_t len;
    const char *name = mmki_reg_value_name(from, value, &len);
    return key == MMKI_REG_NONE ? MMKI_REG_NONE : mmki_reg_find_value(to, key, name, len);
}

/* Whether the file says of this value what it said when we looked, or what we want it to say. */
static mmk_err check_value(const struct mmki_reg_tree *from, uint32_t value,
                           const struct mmki_reg_tree *to, uint32_t to_value)
{
    struct state seen = {0};
    struct state now = {0};
    mmk_err err = base_state(from, value, &seen);
    if (err == MMK_OK)
        err = base_state(to, to_value, &now);
    if (err == MMK_OK && !same_state(&seen, &now) && !wanted(from, value, &now))
        err = MMK_ERR_CONFLICT;
    free(seen.data);
    free(now.data);
    return err;
}

static mmk_err replay_value(const struct mmki_reg_tree *from, uint32_t value,
                            struct mmki_reg_tree *to)
{
    const struct mmki_reg_value *v = &from->values[value];
    const bool live = mmki_reg_value_live(from, value);
    uint32_t key;
    bool same = false;
    if (!mmki_reg_key_live(from, v->key))
        return MMK_OK; /* replay_removal looks at the whole key */
    mmk_err err = MMK_OK;
    if (live && (v->len_flags & MMKI_VALUE_BASE) != 0)
        err = mmki_reg_value_unchanged(from, value, &same);
    if (err != MMK_OK || same)
        return err; /* an edit that was taken back */
    if (!live && (v->len_flags & MMKI_VALUE_BASE) == 0)
        return MMK_OK;
    err = counterpart(from, v->key, to, live, &key);
    if (err != MMK_OK)
        return err;
    const uint32_t there = find_value(from, value, to, key);
    err = check_value(from, value, to, there);
    if (err != MMK_OK)
        return err;
    if (!live)
        return there != MMKI_REG_NONE ? mmki_reg_remove_value(to, there) : MMK_OK;
    const struct mmki_reg_record *r = &from->records[v->record];
    size_t len;
    const char *name = mmki_reg_value_name(from, value, &len);
    return mmki_reg_set_value(to, key, name, len, r->type, r->data, r->len);
}

/* ------------------------------------------------------------------ keys */

static mmk_err replay_creation(const struct mmki_reg_tree *from, uint32_t key,
                               struct mmki_reg_tree *to)
{
    uint32_t made;
    const uint16_t flags = from->keys[key].flags;
    if ((flags & MMKI_KEY_LIVE) == 0 || (flags & MMKI_KEY_BASE) != 0)
        return MMK_OK;
    return counterpart(from, key, to, true, &made);
}

/* A key that we take away must hold nothing that we have not seen. */
static mmk_err replay_removal(const struct mmki_reg_tree *from, uint32_t key,
                              struct mmki_reg_tree *to)
{
    uint32_t there;
    const mmk_err found = counterpart(from, key, to, false, &there);
    if (found != MMK_OK || there == MMKI_REG_NONE)
        return found;
    if (mmki_reg_has_children(to, there))
        return MMK_ERR_CONFLICT;
    for (uint32_t v = to->keys[there].value_first; v != MMKI_REG_NONE; v = to->values[v].next) {
        if (!mmki_reg_value_live(to, v))
            continue;
        const uint32_t ours = find_value(to, v, from, key);
        if (ours == MMKI_REG_NONE)
            return MMK_ERR_CONFLICT;
        const mmk_err err = check_value(from, ours, to, v);
        if (err != MMK_OK)
            return err;
    }
    return mmki_reg_remove_key(to, there);
}

mmk_err mmki_reg_replay(struct mmki_reg_tree *from, struct mmki_reg_tree *to)
{
    mmk_err err = MMK_OK;
    uint32_t deepest = 0;
    for (uint32_t i = 0; err == MMK_OK && i < from->touched_keys.len; i++) {
        const uint32_t depth = depth_of(from, from->touched_keys.at[i]);
        deepest = depth > deepest ? depth : deepest;
        err = replay_creation(from, from->touched_keys.at[i], to);
    }
    for (uint32_t i = 0; err == MMK_OK && i < from->touched_values.len; i++)
        err = replay_value(from, from->touched_values.at[i], to);
    for (uint32_t depth = deepest; err == MMK_OK && depth > 0; depth--) {
        for (uint32_t i = 0; err == MMK_OK && i < from->touched_keys.len; i++) {
            const uint32_t key = from->touched_keys.at[i];
            const uint16_t flags = from->keys[key].flags;
            if ((flags & MMKI_KEY_BASE) != 0 && (flags & MMKI_KEY_LIVE) == 0 &&
                depth_of(from, key) == depth)
                err = replay_removal(from, key, to);
        }
    }
    return err;
}
