/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_REGISTRY_FILE_TREE_H
#define MMK_POSIX_REGISTRY_FILE_TREE_H

/**
 * A registry file in memory: its text, what the text says, and what we want it to say.
 *
 * The text is never changed. Over it stands a tree of keys and values. Each node knows what the
 * text makes of it (BASE) and what it is now (LIVE); a value that was set also has a record with
 * its new data. Edits only touch the tree; mmki_reg_patch_text() compares the two sides and
 * computes the fewest changes of text that bring them together. So an edit that is taken back costs
 * no write, and the same edits can be made again over a text that somebody changed meanwhile.
 *
 * Nodes are numbers into arrays and are never freed before the tree is. Nothing recurses. Keys of
 * other hives than HKEY_LOCAL_MACHINE and HKEY_CURRENT_USER have no nodes: their text is checked
 * and carried.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/err.h>
#include <mmk/port.h>

#include "registry_text.h"

#define MMKI_REG_NONE UINT32_MAX

enum {
    MMKI_KEY_BASE = 1u << 0,     /* the text says that it exists */
    MMKI_KEY_EXPLICIT = 1u << 1, /* by a section of its own that counts; else only by a subkey's */
    MMKI_KEY_LIVE = 1u << 2,     /* it exists now */
    MMKI_KEY_TOUCHED = 1u << 3,  /* is in the list of touched keys */
    MMKI_KEY_LINKED = 1u << 4,   /* is in its parent's list */
    MMKI_KEY_SHADOW =
        1u << 5, /* the text holds a dead subkey's section, which makes this key exist */
    MMKI_KEY_IMPLIED = 1u << 6, /* made along with its subkey: needs no section of its own */
    MMKI_KEY_BLOCK = 1u << 7,   /* while patching: gets a new section */
    MMKI_KEY_LOSES = 1u << 8    /* while patching: lines of it go */
};

struct mmki_reg_key {
    uint32_t parent;
    uint32_t next; /* sibling */
    uint32_t child_first;
    uint32_t child_last;
    uint32_t value_first;
    uint32_t value_last;
    uint32_t chain; /* next key of its hash bucket */
    uint32_t hash;
    uint32_t name;      /* offset, see mmki_reg_name_at() */
    uint32_t first_at;  /* EXPLICIT: begin of its first section that counts: behind every [-key] */
    uint32_t insert_at; /* EXPLICIT: end of its last line that is a header or a value */
    uint16_t name_len;
    uint16_t flags;
};

enum {
    MMKI_VALUE_BASE = 1u << 0,
    MMKI_VALUE_LIVE = 1u << 1,
    MMKI_VALUE_TOUCHED = 1u << 2,
    MMKI_VALUE_LINKED = 1u << 3,
    MMKI_VALUE_BITS = 4
};

struct mmki_reg_value {
    uint32_t key;
    uint32_t next; /* in its key */
    uint32_t chain;
    uint32_t hash;
    uint32_t name;       /* offset */
    uint32_t len_flags;  /* length of the name << MMKI_VALUE_BITS | flags */
    uint32_t first_line; /* BASE: begin of the first line that sets it since it was last deleted */
    uint32_t line;       /* BASE: begin of the last one, which counts */
    uint32_t record;     /* data that was set, or MMKI_REG_NONE: the text's */
};

struct mmki_reg_record {
    uint32_t type;
    size_t len;
    uint8_t *data;
};

struct mmki_reg_list {
    uint32_t *at;
    uint32_t len;
    uint32_t cap;
};

struct mmki_reg_tree {
    char *text; /* ends with a 0 that is not counted */
    uint32_t text_len;
    mmki_reg_encoding encoding;
    bool is_v4;
    bool dirty;    /* an edit was made, perhaps taken back since */
    char eol[3];   /* of the first line */
    uint32_t tail; /* end of the last line that is not blank: where sections are added */

    struct mmki_reg_key *keys;
    uint32_t n_keys;
    uint32_t cap_keys;
    struct mmki_reg_value *values;
    uint32_t n_values;
    uint32_t cap_values;
    struct mmki_reg_record *records;
    uint32_t n_records;
    uint32_t cap_records;
    uint32_t *key_buckets; /* a power of two of them */
    uint32_t n_key_buckets;
    uint32_t *value_buckets;
    uint32_t n_value_buckets;
    struct mmki_reg_bytes names; /* of nodes that are not in the text */
    struct mmki_reg_list touched_keys;
    struct mmki_reg_list touched_values;
    struct mmki_reg_bytes scratch;
};

/**
 * Make a tree over a text, which it takes over.
 * @param line, why  out on MMK_ERR_CORRUPT
 * On failure the tree is empty and the text is freed.
 */
mmk_err mmki_reg_tree_init(struct mmki_reg_tree *tree, struct mmki_reg_bytes *text,
                           mmki_reg_encoding encoding, uint32_t *line, const char **why);

/** The tree of a file that does not exist yet. */
mmk_err mmki_reg_tree_init_new(struct mmki_reg_tree *tree);

void mmki_reg_tree_fini(struct mmki_reg_tree *tree);

/** Text of the new file, as mmki_reg_tree_init_new makes it: what is left of a file that we made
 * once everything is removed from it. regedit never writes exactly this (it adds a blank line). */
#define MMKI_REG_NEW_TEXT MMKI_REG_HEADER5 "\r\n"

const char *mmki_reg_name_at(const struct mmki_reg_tree *tree, uint32_t offset);

/* ------------------------------------------------------------------ look-up */

/** The root's node. */
static inline uint32_t mmki_reg_root(mmk_reg_root root)
{
    return (uint32_t)root;
}

/** A child by name, whatever its state; MMKI_REG_NONE if there never was one. */
uint32_t mmki_reg_find_child(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                             size_t len);

/** A key that is LIVE by its path ("" = from itself), or MMKI_REG_NONE. */
uint32_t mmki_reg_find_key(const struct mmki_reg_tree *tree, uint32_t from, const char *path,
                           size_t len);

/** A value by name, whatever its state; MMKI_REG_NONE if there never was one. */
uint32_t mmki_reg_find_value(const struct mmki_reg_tree *tree, uint32_t key, const char *name,
                             size_t len);

bool mmki_reg_key_live(const struct mmki_reg_tree *tree, uint32_t key);
bool mmki_reg_value_live(const struct mmki_reg_tree *tree, uint32_t value);

/** Whether a key has a subkey now. */
bool mmki_reg_has_children(const struct mmki_reg_tree *tree, uint32_t key);

/** Name of a value; not terminated, valid until the next edit. */
const char *mmki_reg_value_name(const struct mmki_reg_tree *tree, uint32_t value, size_t *len);

/** The line that says a BASE value. */
void mmki_reg_value_item(const struct mmki_reg_tree *tree, uint32_t value,
                         struct mmki_reg_item *item);

/** What the text says of a BASE value, in malloc'ed memory (NULL: no memory). */
uint8_t *mmki_reg_base_data(const struct mmki_reg_tree *tree, uint32_t value, uint32_t *type,
                            size_t *len);

/** Whether a value's record says the same as the text. */
mmk_err mmki_reg_value_unchanged(const struct mmki_reg_tree *tree, uint32_t value, bool *same);

/* ------------------------------------------------------------------ edits */

/** Make a direct subkey LIVE. @param child  out, may be NULL */
mmk_err mmki_reg_create_child(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t *child);

/** Take a key with all of its values away; it has no subkeys. */
mmk_err mmki_reg_remove_key(struct mmki_reg_tree *tree, uint32_t key);

mmk_err mmki_reg_set_value(struct mmki_reg_tree *tree, uint32_t key, const char *name, size_t len,
                           uint32_t type, const void *data, size_t data_len);

mmk_err mmki_reg_remove_value(struct mmki_reg_tree *tree, uint32_t value);

/* ------------------------------------------------------------------ while reading the text
 * (registry_file_parse.c) */

/**
 * A child, made if there is none yet (not LIVE then).
 * @param offset  where the name stands in the text, or MMKI_REG_NONE: keep a copy
 */
mmk_err mmki_reg_intern_child(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t offset, uint32_t *child);
mmk_err mmki_reg_intern_value(struct mmki_reg_tree *tree, uint32_t key, const char *name,
                              size_t len, uint32_t offset, uint32_t *value);
void mmki_reg_link_key(struct mmki_reg_tree *tree, uint32_t key);
void mmki_reg_link_value(struct mmki_reg_tree *tree, uint32_t value);

/**
 * The key that a section's path names.
 * @param make  create nodes that are not there; else *key is MMKI_REG_NONE for an unknown key
 * @param key   out: MMKI_REG_NONE for another hive
 * @retval MMK_ERR_CORRUPT  no hive, or a name or path beyond the limits; *why set
 */
mmk_err mmki_reg_section_key(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                             bool make, uint32_t *key, const char **why);

/** The value that a line of a section speaks of, or MMKI_REG_NONE. */
mmk_err mmki_reg_item_value(struct mmki_reg_tree *tree, const struct mmki_reg_item *item,
                            uint32_t key, uint32_t *value);

/** The two roots, in an empty tree. */
mmk_err mmki_reg_tree_begin(struct mmki_reg_tree *tree);

/** "HKEY_LOCAL_MACHINE", ... */
const char *mmki_reg_hive_name(mmk_reg_root root);

/* ------------------------------------------------------------------ text again
 * (registry_file_patch.c) */

struct mmki_reg_patch {
    uint32_t at;
    uint32_t removed; /* so many bytes of the text go */
    size_t insert;    /* and these come: offset into `added` */
    size_t insert_len;
    int rank; /* of those at one place: 0 lines of the section there, 1 new sections, 2 removals */
};

/** Changes of text, in its order. Zero-initialise. */
struct mmki_reg_patches {
    struct mmki_reg_patch *at;
    size_t len;
    size_t cap;
    struct mmki_reg_bytes added;
};

/**
 * What must change in the text. None: the text says it all already.
 * @param why  out on MMK_ERR_UNSUPPORTED: what this file cannot hold
 */
mmk_err mmki_reg_patch_text(struct mmki_reg_tree *tree, struct mmki_reg_patches *patches,
                            const char **why);
void mmki_reg_patches_fini(struct mmki_reg_patches *patches);

/**
 * Make the edits of `from` again in `to`, a tree over the file's present text.
 * @retval MMK_ERR_CONFLICT  somebody else changed what an edit changes
 * On failure `to` is to be thrown away.
 */
mmk_err mmki_reg_replay(struct mmki_reg_tree *from, struct mmki_reg_tree *to);

#endif
