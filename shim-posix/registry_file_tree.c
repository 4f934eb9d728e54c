/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_file_tree.h"

#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#define BUCKETS_MIN 64u

/* ------------------------------------------------------------------ arrays */

/* Room for one more element of `size` bytes; *cap elements are there. */
static mmk_err grow(void **at, uint32_t len, uint32_t *cap, size_t size)
{
    if (len < *cap)
        return MMK_OK;
    if (len >= MMKI_REG_NONE / 2)
        return MMK_ERR_NOMEM;
    const uint32_t more = *cap < 16 ? 16 : *cap + *cap / 2;
    void *moved = realloc(*at, more * size);
    if (moved == NULL)
        return MMK_ERR_NOMEM;
    *at = moved;
    *cap = more;
    return MMK_OK;
}

static mmk_err list_add(struct mmki_reg_list *list, uint32_t item)
{
    void *at = list->at;
    const mmk_err err = grow(&at, list->len, &list->cap, sizeof *list->at);
    list->at = (uint32_t *)at;
    if (err == MMK_OK)
        list->at[list->len++] = item;
    return err;
}

/* ------------------------------------------------------------------ names and hashes */

const char *mmki_reg_name_at(const struct mmki_reg_tree *tree, uint32_t offset)
{
    if (offset <= tree->text_len)
        return tree->text + offset;
    return tree->names.at + (offset - tree->text_len - 1);
}

static mmk_err keep_name(struct mmki_reg_tree *tree, const char *name, size_t len, uint32_t *offset)
{
    if (len >= MMKI_REG_NONE / 2 || tree->names.len >= MMKI_REG_NONE / 4)
        return MMK_ERR_NOMEM;
    const size_t at = tree->names.len;
    mmk_err err = mmki_reg_reserve(&tree->names, len + 1); /* "" too has a place */
    if (err == MMK_OK)
        err = mmki_reg_append(&tree->names, name, len);
    if (err == MMK_OK)
        *offset = tree->text_len + 1 + (uint32_t)at;
    return err;
}

/* Names that are equal without case are ASCII both or neither, so each kind may have a hash of its
 * own. */
static uint32_t hash_name(uint32_t parent, const char *name, size_t len)
{
    uint32_t hash = 2166136261u ^ parent * 2654435761u;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)name[i];
        if (c >= 0x80)
            return (uint32_t)mmk_name_hash(name, len) ^ parent * 2654435761u;
        if (c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 32);
        hash = (hash ^ c) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static bool same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len == b_len && memcmp(a, b, a_len) == 0)
        return true;
    return mmk_name_compare_n(a, a_len, b, b_len) == 0;
}

static mmk_err rehash_keys(struct mmki_reg_tree *tree)
{
    if (tree->n_keys < tree->n_key_buckets)
        return MMK_OK;
    const uint32_t n = tree->n_key_buckets == 0 ? BUCKETS_MIN : tree->n_key_buckets * 2;
    uint32_t *buckets = (uint32_t *)malloc(n * sizeof *buckets);
    if (buckets == NULL)
        return MMK_ERR_NOMEM;
    memset(buckets, 0xff, n * sizeof *buckets);
    for (uint32_t i = 0; i < tree->n_keys; i++) {
        uint32_t *bucket = &buckets[tree->keys[i].hash & (n - 1)];
        tree->keys[i].chain = *bucket;
        *bucket = i;
    }
    free(tree->key_buckets);
    tree->key_buckets = buckets;
    tree->n_key_buckets = n;
    return MMK_OK;
}

static mmk_err rehash_values(struct mmki_reg_tree *tree)
{
    if (tree->n_values < tree->n_value_buckets)
        return MMK_OK;
    const uint32_t n = tree->n_value_buckets == 0 ? BUCKETS_MIN : tree->n_value_buckets * 2;
    uint32_t *buckets = (uint32_t *)malloc(n * sizeof *buckets);
    if (buckets == NULL)
        return MMK_ERR_NOMEM;
    memset(buckets, 0xff, n * sizeof *buckets);
    for (uint32_t i = 0; i < tree->n_values; i++) {
        uint32_t *bucket = &buckets[tree->values[i].hash & (n - 1)];
        tree->values[i].chain = *bucket;
        *bucket = i;
    }
    free(tree->value_buckets);
    tree->value_buckets = buckets;
    tree->n_value_buckets = n;
    return MMK_OK;
}

/* ------------------------------------------------------------------ look-up */

static uint32_t find_hashed_child(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                                  size_t len, uint32_t hash)
{
    if (tree->n_key_buckets == 0)
        return MMKI_REG_NONE;
    uint32_t i = tree->key_buckets[hash & (tree->n_key_buckets - 1)];
    for (; i != MMKI_REG_NONE; i = tree->keys[i].chain) {
        const struct mmki_reg_key *k = &tree->keys[i];
        if (k->hash == hash && k->parent == key &&
            same_name(mmki_reg_name_at(tree, k->name), k->name_len, name, len))
            return i;
    }
    return MMKI_REG_NONE;
}

uint32_t mmki_reg_find_child(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                             size_t len)
{
    return find_hashed_child(tree, key, name, len, hash_name(key, name, len));
}

bool mmki_reg_key_live(const struct mmki_reg_tree *tree, uint32_t key)
{
    return (tree->keys[key].flags & MMKI_KEY_LIVE) != 0;
}

bool mmki_reg_value_live(const struct mmki_reg_tree *tree, uint32_t value)
{
    return (tree->values[value].len_flags & MMKI_VALUE_LIVE) != 0;
}

uint32_t mmki_reg_find_key(const struct mmki_reg_tree *tree, uint32_t from, const char *path,
                           size_t len)
{
    const char *end = path + len;
    uint32_t key = from;
    while (path < end) {
        const char *stop = (const char *)memchr(path, '\\', (size_t)(end - path));
        if (stop == NULL)
            stop = end;
        key = mmki_reg_find_child(tree, key, path, (size_t)(stop - path));
        if (key == MMKI_REG_NONE || !mmki_reg_key_live(tree, key))
            return MMKI_REG_NONE;
        path = stop + 1;
    }
    return key;
}

static uint32_t find_hashed_value(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                                  size_t len, uint32_t hash)
{
    if (tree->n_value_buckets == 0)
        return MMKI_REG_NONE;
    uint32_t i = tree->value_buckets[hash & (tree->n_value_buckets - 1)];
    for (; i != MMKI_REG_NONE; i = tree->values[i].chain) {
        const struct mmki_reg_value *v = &tree->values[i];
        if (v->hash == hash && v->key == key &&
            same_name(mmki_reg_name_at(tree, v->name), v->len_flags >> MMKI_VALUE_BITS, name, len))
            return i;
    }
    return MMKI_REG_NONE;
}

uint32_t mmki_reg_find_value(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                             size_t len)
{
    return find_hashed_value(tree, key, name, len, hash_name(key, name, len));
}

bool mmki_reg_has_children(const struct mmki_reg_tree *tree, uint32_t key)
{
    uint32_t child = tree->keys[key].child_first;
    for (; child != MMKI_REG_NONE; child = tree->keys[child].next)
        if (mmki_reg_key_live(tree, child))
            return true;
    return false;
}

const char *mmki_reg_value_name(const struct mmki_reg_tree *tree, uint32_t value, size_t *len)
{
    const struct mmki_reg_value *v = &tree->values[value];
    *len = v->len_flags >> MMKI_VALUE_BITS;
    return mmki_reg_name_at(tree, v->name);
}

/* ------------------------------------------------------------------ nodes */

static mmk_err add_key(struct mmki_reg_tree *tree, const struct mmki_reg_key *key, uint32_t *out)
{
    void *at = tree->keys;
    mmk_err err = grow(&at, tree->n_keys, &tree->cap_keys, sizeof *tree->keys);
    tree->keys = (struct mmki_reg_key *)at;
    if (err == MMK_OK)
        err = rehash_keys(tree);
    if (err != MMK_OK)
        return err;
    const uint32_t i = tree->n_keys++;
    uint32_t *bucket = &tree->key_buckets[key->hash & (tree->n_key_buckets - 1)];
    tree->keys[i] = *key;
    tree->keys[i].chain = *bucket;
    *bucket = i;
    *out = i;
    return MMK_OK;
}

static const struct mmki_reg_key blank_key = {.parent = MMKI_REG_NONE,
                                              .next = MMKI_REG_NONE,
                                              .child_first = MMKI_REG_NONE,
                                              .child_last = MMKI_REG_NONE,
                                              .value_first = MMKI_REG_NONE,
                                              .value_last = MMKI_REG_NONE};

mmk_err mmki_reg_intern_child(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t offset, uint32_t *child)
{
    struct mmki_reg_key node = blank_key;
    const uint32_t hash = hash_name(key, name, len);
    const uint32_t found = find_hashed_child(tree, key, name, len, hash);
    if (found != MMKI_REG_NONE) {
        *child = found;
        return MMK_OK;
    }
    if (offset == MMKI_REG_NONE) {
        const mmk_err err = keep_name(tree, name, len, &offset);
        if (err != MMK_OK)
            return err;
    }
    node.parent = key;
    node.hash = hash;
    node.name = offset;
    node.name_len = (uint16_t)len;
    return add_key(tree, &node, child);
}

static mmk_err add_value(struct mmki_reg_tree *tree, const struct mmki_reg_value *value,
                         uint32_t *out)
{
    void *at = tree->values;
    mmk_err err = grow(&at, tree->n_values, &tree->cap_values, sizeof *tree->values);
    tree->values = (struct mmki_reg_value *)at;
    if (err == MMK_OK)
        err = rehash_values(tree);
    if (err != MMK_OK)
        return err;
    const uint32_t i = tree->n_values++;
    uint32_t *bucket = &tree->value_buckets[value->hash & (tree->n_value_buckets - 1)];
    tree->values[i] = *value;
    tree->values[i].chain = *bucket;
    *bucket = i;
    *out = i;
    return MMK_OK;
}

mmk_err mmki_reg_intern_value(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t offset, uint32_t *value)
{
    const uint32_t hash = hash_name(key, name, len);
    const uint32_t found = find_hashed_value(tree, key, name, len, hash);
    if (found != MMKI_REG_NONE) {
        *value = found;
        return MMK_OK;
    }
    if (offset == MMKI_REG_NONE) {
        const mmk_err err = keep_name(tree, name, len, &offset);
        if (err != MMK_OK)
            return err;
    }
    const struct mmki_reg_value node = {.key = key,
                                        .next = MMKI_REG_NONE,
                                        .hash = hash,
                                        .name = offset,
                                        .len_flags = (uint32_t)len << MMKI_VALUE_BITS,
                                        .record = MMKI_REG_NONE};
    return add_value(tree, &node, value);
}

void mmki_reg_link_key(struct mmki_reg_tree *tree, uint32_t key)
{
    struct mmki_reg_key *k = &tree->keys[key];
    struct mmki_reg_key *parent = &tree->keys[k->parent];
    if ((k->flags & MMKI_KEY_LINKED) != 0)
        return;
    k->flags |= MMKI_KEY_LINKED;
    k->next = MMKI_REG_NONE;
    if (parent->child_first == MMKI_REG_NONE)
        parent->child_first = key;
    else
        tree->keys[parent->child_last].next = key;
    parent->child_last = key;
}

void mmki_reg_link_value(struct mmki_reg_tree *tree, uint32_t value)
{
    struct mmki_reg_value *v = &tree->values[value];
    struct mmki_reg_key *key = &tree->keys[v->key];
    if ((v->len_flags & MMKI_VALUE_LINKED) != 0)
        return;
    v->len_flags |= MMKI_VALUE_LINKED;
    v->next = MMKI_REG_NONE;
    if (key->value_first == MMKI_REG_NONE)
        key->value_first = value;
    else
        tree->values[key->value_last].next = value;
    key->value_last = value;
}

/* ------------------------------------------------------------------ life */

mmk_err mmki_reg_tree_begin(struct mmki_reg_tree *tree)
{
    for (uint32_t root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        struct mmki_reg_key node = blank_key;
        uint32_t key;
        node.hash = root;
        node.flags = MMKI_KEY_BASE | MMKI_KEY_LIVE | MMKI_KEY_LINKED;
        const mmk_err err = add_key(tree, &node, &key);
        if (err != MMK_OK)
            return err;
    }
    return MMK_OK;
}

void mmki_reg_tree_fini(struct mmki_reg_tree *tree)
{
    for (uint32_t i = 0; i < tree->n_records; i++)
        free(tree->records[i].data);
    free(tree->text);
    free(tree->keys);
    free(tree->values);
    free(tree->records);
    free(tree->key_buckets);
    free(tree->value_buckets);
    free(tree->touched_keys.at);
    free(tree->touched_values.at);
    mmki_reg_free(&tree->names);
    mmki_reg_free(&tree->scratch);
    memset(tree, 0, sizeof *tree);
}

/* ------------------------------------------------------------------ values */

void mmki_reg_value_item(const struct mmki_reg_tree *tree, uint32_t value,
                         struct mmki_reg_item *item)
{
    const char *why;
    /* cannot fail: the line was scanned when the tree was made */
    (void)mmki_reg_scan(tree->text, tree->text_len, tree->values[value].line, item, &why);
}

uint8_t *mmki_reg_base_data(const struct mmki_reg_tree *tree, uint32_t value, uint32_t *type,
                            size_t *len)
{
    struct mmki_reg_item item;
    mmki_reg_value_item(tree, value, &item);
    const size_t n = mmki_reg_value_data(tree->text, &item, tree->is_v4, NULL, 0);
    uint8_t *data = (uint8_t *)malloc(n + 1);
    if (data == NULL)
        return NULL;
    (void)mmki_reg_value_data(tree->text, &item, tree->is_v4, data, n);
    *type = item.type;
    *len = n;
    return data;
}

mmk_err mmki_reg_value_unchanged(const struct mmki_reg_tree *tree, uint32_t value, bool *same)
{
    const struct mmki_reg_value *v = &tree->values[value];
    uint32_t type;
    size_t len;
    *same = true;
    if (v->record == MMKI_REG_NONE)
        return MMK_OK;
    const struct mmki_reg_record *r = &tree->records[v->record];
    uint8_t *data = mmki_reg_base_data(tree, value, &type, &len);
    if (data == NULL)
        return MMK_ERR_NOMEM;
    *same = type == r->type && len == r->len && (len == 0 || memcmp(data, r->data, len) == 0);
    free(data);
    return MMK_OK;
}

/* ------------------------------------------------------------------ edits */

/* An edit that fails for want of memory has changed nothing: the list is extended first. */
static mmk_err touch_key(struct mmki_reg_tree *tree, uint32_t key)
{
    if ((tree->keys[key].flags & MMKI_KEY_TOUCHED) == 0) {
        const mmk_err err = list_add(&tree->touched_keys, key);
        if (err != MMK_OK)
            return err;
        tree->keys[key].flags |= MMKI_KEY_TOUCHED;
    }
    tree->dirty = true;
    return MMK_OK;
}

static mmk_err touch_value(struct mmki_reg_tree *tree, uint32_t value)
{
    if ((tree->values[value].len_flags & MMKI_VALUE_TOUCHED) == 0) {
        const mmk_err err = list_add(&tree->touched_values, value);
        if (err != MMK_OK)
            return err;
        tree->values[value].len_flags |= MMKI_VALUE_TOUCHED;
    }
    tree->dirty = true;
    return MMK_OK;
}

/* A node that was once named comes back under the name of today, which may differ in case. */
static mmk_err respell(struct mmki_reg_tree *tree, uint32_t *offset, const char *name, size_t len)
{
    if (memcmp(mmki_reg_name_at(tree, *offset), name, len) == 0)
        return MMK_OK;
    return keep_name(tree, name, len, offset);
}

mmk_err mmki_reg_create_child(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t *child)
{
    uint32_t made;
    mmk_err err = mmki_reg_intern_child(tree, key, name, len, MMKI_REG_NONE, &made);
    if (err == MMK_OK)
        err = touch_key(tree, made);
    if (err == MMK_OK && (tree->keys[made].flags & (MMKI_KEY_BASE | MMKI_KEY_LIVE)) == 0 &&
        tree->keys[made].name_len == len)
        err = respell(tree, &tree->keys[made].name, name, len);
    if (err != MMK_OK)
        return err;
    mmki_reg_link_key(tree, made);
    tree->keys[made].flags |= MMKI_KEY_LIVE;
    if (child != NULL)
        *child = made;
    return MMK_OK;
}

mmk_err mmki_reg_remove_key(struct mmki_reg_tree *tree, uint32_t key)
{
    mmk_err err = touch_key(tree, key);
    uint32_t v = tree->keys[key].value_first;
    for (; err == MMK_OK && v != MMKI_REG_NONE; v = tree->values[v].next)
        if (mmki_reg_value_live(tree, v))
            err = touch_value(tree, v);
    if (err != MMK_OK)
        return err;
    for (v = tree->keys[key].value_first; v != MMKI_REG_NONE; v = tree->values[v].next)
        tree->values[v].len_flags &= ~(uint32_t)MMKI_VALUE_LIVE;
    tree->keys[key].flags &= (uint16_t) ~(MMKI_KEY_LIVE | MMKI_KEY_IMPLIED);
    return MMK_OK;
}

/* A record with room for len bytes; it belongs to no value yet. */
static mmk_err new_record(struct mmki_reg_tree *tree, size_t len, uint32_t *record)
{
    void *at = tree->records;
    const mmk_err err = grow(&at, tree->n_records, &tree->cap_records, sizeof *tree->records);
    tree->records = (struct mmki_reg_record *)at;
    if (err != MMK_OK)
        return err;
    uint8_t *data = (uint8_t *)malloc(len + 1);
    if (data == NULL)
        return MMK_ERR_NOMEM;
    *record = tree->n_records++;
    tree->records[*record] = (struct mmki_reg_record){0, len, data};
    return MMK_OK;
}

/* Give a record that is in use a new buffer. */
static mmk_err renew_record(struct mmki_reg_tree *tree, size_t len, uint32_t record)
{
    uint8_t *data = (uint8_t *)malloc(len + 1);
    if (data == NULL)
        return MMK_ERR_NOMEM;
    free(tree->records[record].data);
    tree->records[record].data = data;
    tree->records[record].len = len;
    return MMK_OK;
}

mmk_err mmki_reg_set_value(struct mmki_reg_tree *tree, uint32_t key, const char *name, size_t len,
                           uint32_t type, const void *data, size_t data_len)
{
    uint32_t value;
    mmk_err err = mmki_reg_intern_value(tree, key, name, len, MMKI_REG_NONE, &value);
    if (err == MMK_OK)
        err = touch_value(tree, value);
    const uint32_t flags = err == MMK_OK ? tree->values[value].len_flags : 0;
    if (err == MMK_OK && (flags & (MMKI_VALUE_BASE | MMKI_VALUE_LIVE)) == 0 &&
        flags >> MMKI_VALUE_BITS == len)
        err = respell(tree, &tree->values[value].name, name, len);
    if (err != MMK_OK)
        return err;
    uint32_t record = tree->values[value].record;
    err = record == MMKI_REG_NONE ? new_record(tree, data_len, &record)
                                  : renew_record(tree, data_len, record);
    if (err != MMK_OK)
        return err;
    if (data_len != 0)
        memcpy(tree->records[record].data, data, data_len);
    tree->records[record].type = type;
    mmki_reg_link_value(tree, value);
    tree->values[value].record = record;
    tree->values[value].len_flags |= MMKI_VALUE_LIVE;
    return MMK_OK;
}

mmk_err mmki_reg_remove_value(struct mmki_reg_tree *tree, uint32_t value)
{
    const mmk_err err = touch_value(tree, value);
    if (err == MMK_OK)
        tree->values[value].len_flags &= ~(uint32_t)MMKI_VALUE_LIVE;
    return err;
}
