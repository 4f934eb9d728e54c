/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <criterion/criterion.h>
#include <stdarg.h>

#include <mmk/text.h>

#include "registry_file_tree.h"
#include "registry_text.h"

/* Random files and random edits against a model.
 *
 * The model knows names by number: each number has two spellings that a registry must take for one
 * name. It is brought forward beside the text (as regedit would apply the lines) and beside the
 * tree (as the seam documents the edits), and never looks at the code under test. */

/* ------------------------------------------------------------------ randomness */

static uint64_t seed_state;

static uint32_t rnd(uint32_t below)
{
    seed_state ^= seed_state << 13;
    seed_state ^= seed_state >> 7;
    seed_state ^= seed_state << 17;
    return (uint32_t)((seed_state >> 20) % below);
}

static unsigned rounds(unsigned n)
{
    const char *factor = getenv("MMEKIT_TEST_FACTOR");
    return factor != NULL ? n * (unsigned)strtoul(factor, NULL, 10) : n;
}

/* ------------------------------------------------------------------ names */

#define N_NAMES 12

/* Key names may hold anything but a backslash; value names anything but line ends. */
static const char *const key_names[N_NAMES][2] = {
    {"a", "A"},
    {"Software", "SOFTWARE"},
    {"b c", "B C"},
    {"x]y[", "X]Y["},
    {"-q;\"=@", "-Q;\"=@"},
    {"\xc3\xa9\xc3\x9f", "\xc3\x89\xc3\x9f"},
    {"\xd0\xb6", "\xd0\x96"},
    {"\xce\xb1\xe1\xbd\xb1", "\xce\x91\xe1\xbe\xbb"},
    {"\xf0\x9d\x84\x9e", "\xf0\x9d\x84\x9e"},
    {"lone \xed\xa0\x80", "LONE \xed\xa0\x80"},
    {"\xed\xb0\x80low", "\xed\xb0\x80LOW"},
    {" blank ", " BLANK "},
};

static const char *const value_names[N_NAMES][2] = {
    {"", ""},
    {"a", "A"},
    {"b c", "B C"},
    {"C:\\dir\\file", "c:\\DIR\\FILE"},
    {"say \"x\"", "SAY \"X\""},
    {"[k]", "[K]"},
    {"\\", "\\"},
    {"\xc3\xa9", "\xc3\x89"},
    {"\xf0\x9f\x8e\xb5 x", "\xf0\x9f\x8e\xb5 X"},
    {"\xed\xa0\xb4", "\xed\xa0\xb4"},
    {"; c=1", "; C=1"},
    {"@", "@"},
};

/* ------------------------------------------------------------------ model */

#define DEPTH    3
#define KEYS_MAX 400
#define DATA_MAX 40

struct model_value {
    bool present;
    uint32_t type;
    unsigned len;
    uint8_t data[DATA_MAX];
};

struct model_key {
    int root;
    int depth; /* 1 .. DEPTH */
    int ids[DEPTH];
    bool present;
    struct model_value values[N_NAMES];
};

struct model {
    struct model_key keys[KEYS_MAX];
    int n;
};

static bool same_ids(const struct model_key *k, int root, const int *ids, int depth)
{
    return k->root == root && k->depth == depth &&
           memcmp(k->ids, ids, (size_t)depth * sizeof *ids) == 0;
}

static struct model_key *model_find(struct model *m, int root, const int *ids, int depth)
{
    for (int i = 0; i < m->n; i++)
        if (same_ids(&m->keys[i], root, ids, depth))
            return &m->keys[i];
    return NULL;
}

static struct model_key *model_make(struct model *m, int root, const int *ids, int depth)
{
    struct model_key *k = model_find(m, root, ids, depth);
    if (k == NULL) {
        cr_assert_lt(m->n, KEYS_MAX);
        k = &m->keys[m->n++];
        memset(k, 0, sizeof *k);
        k->root = root;
        k->depth = depth;
        memcpy(k->ids, ids, (size_t)depth * sizeof *ids);
    }
    k->present = true;
    return k;
}

/* A section's line: the key and all above it. */
static struct model_key *model_section(struct model *m, int root, const int *ids, int depth)
{
    struct model_key *k = NULL;
    for (int d = 1; d <= depth; d++)
        k = model_make(m, root, ids, d);
    return k;
}

static bool is_below(const struct model_key *k, int root, const int *ids, int depth)
{
    return k->root == root && k->depth >= depth &&
           memcmp(k->ids, ids, (size_t)depth * sizeof *ids) == 0;
}

static void model_delete(struct model *m, int root, const int *ids, int depth)
{
    for (int i = 0; i < m->n; i++)
        if (is_below(&m->keys[i], root, ids, depth)) {
            m->keys[i].present = false;
            memset(m->keys[i].values, 0, sizeof m->keys[i].values);
        }
}

static bool model_has_children(const struct model *m, const struct model_key *key)
{
    for (int i = 0; i < m->n; i++)
        if (m->keys[i].present && m->keys[i].depth == key->depth + 1 &&
            is_below(&m->keys[i], key->root, key->ids, key->depth))
            return true;
    return false;
}

/* ------------------------------------------------------------------ random data */

static void random_text(struct model_value *v)
{
    static const uint16_t units[] = {'a', 'Z',  '"',    '\\',   ' ',    0xe9,   0x416,
                                     0,   '\n', '\r',   0x1a,   0xd834, 0xdd1e, 0xfeff,
                                     ';', '\t', 0x20ac, 0xffff, 'n',    '0',    '%'};
    const unsigned n = rnd(DATA_MAX / 2 - 1);
    v->len = 0;
    for (unsigned i = 0; i < n; i++) {
        const uint16_t u = units[rnd(3) != 0 ? rnd(6) : rnd(sizeof units / sizeof units[0])];
        v->data[v->len++] = (uint8_t)u;
        v->data[v->len++] = (uint8_t)(u >> 8);
    }
    if (rnd(8) != 0) {
        v->data[v->len++] = 0;
        v->data[v->len++] = 0;
    }
    if (rnd(12) == 0 && v->len > 0)
        v->len--;
}

static struct model_value random_value(void)
{
    static const uint32_t types[] = {0, 1, 1, 1, 2, 3, 4, 4, 5, 7, 11, 0x1234, 0x80000001};
    struct model_value v = {.present = true};
    v.type = types[rnd(sizeof types / sizeof types[0])];
    if (v.type == 1 || v.type == 2 || v.type == 7) {
        random_text(&v);
        return v;
    }
    v.len = v.type == 4 && rnd(4) != 0 ? 4 : rnd(DATA_MAX);
    for (unsigned i = 0; i < v.len; i++)
        v.data[i] = (uint8_t)rnd(256);
    return v;
}

static int random_path(int *ids)
{
    const int depth = 1 + (int)rnd(DEPTH);
    for (int i = 0; i < depth; i++)
        ids[i] = (int)rnd(4) + (rnd(3) == 0 ? (int)rnd(N_NAMES - 4) : 0);
    return depth;
}

/* Any of the two spellings for each part. */
static void spell(int root, const int *ids, int depth, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "%s",
                                root < 0    ? ""
                                : root == 0 ? "HKEY_LOCAL_MACHINE"
                                            : "HKEY_CURRENT_USER");
    for (int i = 0; i < depth; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? "\\" : "",
                              key_names[ids[i]][rnd(2)]);
}

/* ------------------------------------------------------------------ random text */

struct text {
    char at[65536];
    size_t n;
    const char *eol;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->n += (size_t)vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
    va_end(args);
    cr_assert_lt(t->n, sizeof t->at - 1);
}

static void end_line(struct text *t)
{
    static const char *const mixed[] = {"\r\n", "\n", "\r"};
    add(t, "%s", t->eol != NULL ? t->eol : mixed[rnd(3)]);
}

static void blanks(struct text *t)
{
    while (rnd(5) == 0)
        add(t, "%s", rnd(2) != 0 ? " " : "\t");
}

static void noise(struct text *t)
{
    static const char *const lines[] = {"", "", "; comment", " ; [x]", "\t", ";\"a\"=dword:1"};
    while (rnd(4) == 0) {
        add(t, "%s", lines[rnd(6)]);
        end_line(t);
    }
}

static void add_escaped(struct text *t, const char *name)
{
    for (; *name != '\0'; name++)
        add(t, "%s%c", *name == '"' || *name == '\\' ? "\\" : "", *name);
}

static void add_hex(struct text *t, const struct model_value *v)
{
    if (v->type == 3 && rnd(4) != 0)
        add(t, "hex:");
    else
        add(t, "%s(%x):", rnd(5) != 0 ? "hex" : "HEX", (unsigned)v->type);
    for (unsigned i = 0; i < v->len; i++) {
        if (v->data[i] < 16 && rnd(4) == 0)
            add(t, "%x", v->data[i]);
        else
            add(t, rnd(2) != 0 ? "%02x" : "%02X", v->data[i]);
        const bool last = i + 1 == v->len;
        if (!last || rnd(4) == 0)
            add(t, ",");
        if (!last && rnd(10) == 0) {
            add(t, "\\");
            blanks(t);
            end_line(t);
            noise(t);
            add(t, "  ");
        }
    }
}

/* As text between quotes, if it can be: only ASCII here, the rest is tested by what we write. */
static bool add_string(struct text *t, const struct model_value *v)
{
    if (v->type != 1 || v->len < 2 || v->len % 2 != 0)
        return false;
    for (unsigned i = 0; i < v->len; i += 2) {
        const bool end = i + 2 == v->len;
        const bool plain = v->data[i + 1] == 0 && v->data[i] >= 0x20 && v->data[i] < 0x7f;
        if (end ? v->data[i] != 0 || v->data[i + 1] != 0 : !plain)
            return false;
    }
    add(t, "\"");
    for (unsigned i = 0; i + 2 < v->len; i += 2) {
        const char one[2] = {(char)v->data[i], 0};
        add_escaped(t, one);
    }
    add(t, "\"");
    return true;
}

static void add_value_line(struct text *t, struct model_key *key)
{
    const uint32_t id = rnd(N_NAMES);
    const char *name = value_names[id][rnd(2)];
    struct model_value v = random_value();
    blanks(t);
    if (name[0] == '\0' && rnd(4) != 0) {
        add(t, "@");
    } else {
        add(t, "\"");
        add_escaped(t, name);
        add(t, "\"");
    }
    blanks(t);
    add(t, "=");
    blanks(t);
    if (rnd(8) == 0) {
        add(t, "-");
        v = (struct model_value){.present = false};
    } else if (v.type == 4 && v.len == 4) {
        add(t, "dword:%x",
            v.data[0] | (unsigned)v.data[1] << 8 | (unsigned)v.data[2] << 16 |
                (unsigned)v.data[3] << 24);
    } else if (!add_string(t, &v)) {
        add_hex(t, &v);
    }
    blanks(t);
    if (rnd(10) == 0)
        add(t, "; \"quoted\" ]");
    end_line(t);
    if (key != NULL)
        key->values[id] = v;
}

static void add_section(struct text *t, struct model *m)
{
    char path[1024];
    int ids[DEPTH];
    const int depth = random_path(ids);
    const int root = (int)rnd(2);
    const uint32_t what = rnd(10);
    struct model_key *key = NULL;
    spell(root, ids, depth, path, sizeof path);
    if (what == 0) {
        add(t, "[-%s]", path);
        model_delete(m, root, ids, depth);
    } else if (what == 1) {
        add(t, "[HKEY_USERS\\%s]", path);
    } else {
        add(t, "[%s]%s", path, rnd(8) == 0 ? " ; why" : "");
        key = model_section(m, root, ids, depth);
    }
    end_line(t);
    noise(t);
    for (uint32_t n = rnd(5); n > 0; n--) {
        add_value_line(t, key);
        noise(t);
    }
}

static void random_file(struct text *t, struct model *m)
{
    static const char *const eols[] = {"\r\n", "\n", "\r", NULL};
    memset(m, 0, sizeof *m);
    t->n = 0;
    t->eol = eols[rnd(4)];
    add(t, "Windows Registry Editor Version 5.00");
    end_line(t);
    noise(t);
    for (uint32_t n = rnd(12); n > 0; n--)
        add_section(t, m);
    while (t->n > 40 && rnd(3) == 0 && strchr("\r\n", t->at[t->n - 1]) != NULL)
        t->at[--t->n] = '\0';
    if (rnd(4) == 0 && t->n > 40)
        while (rnd(3) != 0)
            end_line(t);
}

/* ------------------------------------------------------------------ tree against model */

static int id_of(const char *const names[][2], const char *name, size_t len)
{
    for (int i = 0; i < N_NAMES; i++)
        for (int s = 0; s < 2; s++)
            if (strlen(names[i][s]) == len && memcmp(names[i][s], name, len) == 0)
                return i;
    return -1;
}

static bool same_value(const struct mmki_reg_tree *tree, uint32_t value,
                       const struct model_value *want)
{
    const uint32_t record = tree->values[value].record;
    uint32_t type;
    size_t len;
    if (record != MMKI_REG_NONE) {
        const struct mmki_reg_record *r = &tree->records[record];
        return r->type == want->type && r->len == want->len &&
               memcmp(r->data, want->data, want->len) == 0;
    }
    uint8_t *data = mmki_reg_base_data(tree, value, &type, &len);
    const bool same =
        type == want->type && len == want->len && memcmp(data, want->data, want->len) == 0;
    free(data);
    return same;
}

static void expect_key(struct mmki_reg_tree *tree, struct model *m, uint32_t key,
                       struct model_key *want)
{
    int n_values = 0;
    for (uint32_t v = tree->keys[key].value_first; v != MMKI_REG_NONE; v = tree->values[v].next) {
        size_t len;
        if (!mmki_reg_value_live(tree, v))
            continue;
        const char *name = mmki_reg_value_name(tree, v, &len);
        const int id = id_of(value_names, name, len);
        cr_assert(id >= 0 && want->values[id].present, "a value too many: %.*s", (int)len, name);
        cr_assert(same_value(tree, v, &want->values[id]), "value %s", value_names[id][0]);
        n_values++;
    }
    for (int i = 0; i < N_NAMES; i++)
        n_values -= want->values[i].present;
    cr_assert_eq(n_values, 0, "values are missing or doubled");
    (void)m;
}

/* All keys of the tree are in the model, and as many as there. Level by level, no recursion. */
static void expect_same(struct mmki_reg_tree *tree, struct model *m)
{
    uint32_t level[KEYS_MAX + 2] = {0, 1};
    struct model_key *of[KEYS_MAX + 2] = {NULL, NULL};
    size_t n = 2;
    int n_present = 0;
    for (size_t at = 0; at < n; at++) {
        const uint32_t first = tree->keys[level[at]].child_first;
        for (uint32_t c = first; c != MMKI_REG_NONE; c = tree->keys[c].next) {
            const struct mmki_reg_key *k = &tree->keys[c];
            int ids[DEPTH + 1];
            int depth = 0;
            if (!mmki_reg_key_live(tree, c))
                continue;
            if (of[at] != NULL) {
                depth = of[at]->depth;
                memcpy(ids, of[at]->ids, sizeof of[at]->ids);
            }
            cr_assert_lt(depth, DEPTH);
            ids[depth] = id_of(key_names, mmki_reg_name_at(tree, k->name), k->name_len);
            const int root = of[at] != NULL ? of[at]->root : (int)level[at];
            struct model_key *want = model_find(m, root, ids, depth + 1);
            cr_assert(want != NULL && want->present, "a key too many: %.*s", k->name_len,
                      mmki_reg_name_at(tree, k->name));
            expect_key(tree, m, c, want);
            cr_assert_lt(n, KEYS_MAX + 2);
            level[n] = c;
            of[n++] = want;
        }
    }
    for (int i = 0; i < m->n; i++)
        n_present += m->keys[i].present;
    cr_assert_eq(n - 2, (size_t)n_present, "keys are missing");
}

/* ------------------------------------------------------------------ random edits */

static uint32_t find(struct mmki_reg_tree *tree, int root, const int *ids, int depth)
{
    char path[1024];
    spell(-1, ids, depth, path, sizeof path);
    return mmki_reg_find_key(tree, (uint32_t)root, path, strlen(path));
}

static void random_edit(struct mmki_reg_tree *tree, struct model *m)
{
    int ids[DEPTH];
    const int depth = random_path(ids);
    const int root = (int)rnd(2);
    struct model_key *want = model_find(m, root, ids, depth);
    const uint32_t key = find(tree, root, ids, depth);
    const bool present = want != NULL && want->present;
    cr_assert_eq(key != MMKI_REG_NONE, present);
    if (!present) { /* make it, if the key above is there */
        const uint32_t parent = depth > 1 ? find(tree, root, ids, depth - 1) : (uint32_t)root;
        const char *name = key_names[ids[depth - 1]][rnd(2)];
        if (parent == MMKI_REG_NONE)
            return;
        cr_assert_eq(mmki_reg_create_child(tree, parent, name, strlen(name), NULL), MMK_OK);
        (void)model_make(m, root, ids, depth);
    } else if (rnd(4) == 0) {
        cr_assert_eq(mmki_reg_has_children(tree, key), model_has_children(m, want));
        if (model_has_children(m, want))
            return;
        cr_assert_eq(mmki_reg_remove_key(tree, key), MMK_OK);
        model_delete(m, root, ids, depth);
    } else {
        const uint32_t id = rnd(N_NAMES);
        const char *name = value_names[id][rnd(2)];
        const uint32_t value = mmki_reg_find_value(tree, key, name, strlen(name));
        const bool there = value != MMKI_REG_NONE && mmki_reg_value_live(tree, value);
        cr_assert_eq(there, want->values[id].present);
        if (there && rnd(2) == 0) {
            cr_assert_eq(mmki_reg_remove_value(tree, value), MMK_OK);
            want->values[id].present = false;
        } else {
            want->values[id] = random_value();
            cr_assert_eq(mmki_reg_set_value(tree, key, name, strlen(name), want->values[id].type,
                                            want->values[id].data, want->values[id].len),
                         MMK_OK);
        }
    }
}

/* ------------------------------------------------------------------ text, tree, text */

static void make_tree(struct mmki_reg_tree *tree, const char *text, size_t len)
{
    struct mmki_reg_bytes bytes = {0};
    uint32_t line = 0;
    const char *why = "";
    cr_assert_eq(mmki_reg_append(&bytes, text, len), MMK_OK);
    cr_assert_eq(mmki_reg_append(&bytes, "", 1), MMK_OK);
    bytes.len--;
    const mmk_err err = mmki_reg_tree_init(tree, &bytes, MMKI_REG_UTF16, &line, &why);
    cr_assert_eq(err, MMK_OK, "line %u: %s\n%s", line, why, text);
}

/* The text with the tree's edits. */
static size_t patched(struct mmki_reg_tree *tree, char *out, size_t cap, size_t *n_patches)
{
    struct mmki_reg_patches patches = {0};
    const char *why = "";
    size_t n = 0;
    uint32_t at = 0;
    cr_assert_eq(mmki_reg_patch_text(tree, &patches, &why), MMK_OK, "%s", why);
    for (size_t i = 0; i <= patches.len; i++) {
        const struct mmki_reg_patch end = {.at = tree->text_len};
        const struct mmki_reg_patch *p = i < patches.len ? &patches.at[i] : &end;
        cr_assert_geq(p->at, at);
        cr_assert_lt(n + (p->at - at) + p->insert_len, cap);
        memcpy(out + n, tree->text + at, p->at - at);
        n += p->at - at;
        if (p->insert_len != 0)
            memcpy(out + n, patches.added.at + p->insert, p->insert_len);
        n += p->insert_len;
        at = p->at + p->removed;
    }
    out[n] = '\0';
    *n_patches = patches.len;
    mmki_reg_patches_fini(&patches);
    return n;
}

static struct text text;
static struct model model;
static char out[1 << 18];

Test(registry_random, files_mean_what_regedit_reads)
{
    for (unsigned i = 0; i < rounds(4000); i++) {
        struct mmki_reg_tree tree;
        size_t n_patches;
        seed_state = 0x1234567 + i * UINT64_C(0x9e3779b97f4a7c15);
        random_file(&text, &model);
        make_tree(&tree, text.at, text.n);
        expect_same(&tree, &model);
        const size_t n = patched(&tree, out, sizeof out, &n_patches);
        cr_assert(n_patches == 0 && n == text.n && memcmp(out, text.at, n) == 0);
        mmki_reg_tree_fini(&tree);
    }
}

Test(registry_random, edits_say_in_text_what_they_say_in_memory)
{
    for (unsigned i = 0; i < rounds(4000); i++) {
        struct mmki_reg_tree tree;
        size_t n_patches;
        seed_state = 0x7654321 + i * UINT64_C(0x9e3779b97f4a7c15);
        random_file(&text, &model);
        make_tree(&tree, text.at, text.n);
        for (int flush = 0; flush < 4; flush++) {
            for (uint32_t n = rnd(12); n > 0; n--)
                random_edit(&tree, &model);
            expect_same(&tree, &model);
            const size_t n = patched(&tree, out, sizeof out, &n_patches);
            const size_t again = patched(&tree, text.at, sizeof text.at, &n_patches);
            cr_assert(n == again && memcmp(out, text.at, n) == 0, "patching twice differs");
            mmki_reg_tree_fini(&tree);
            make_tree(&tree, out, n);
            expect_same(&tree, &model);
        }
        mmki_reg_tree_fini(&tree);
    }
}

/* ------------------------------------------------------------------ adding and removing */

struct addition {
    int root;
    int depth; /* -1: a value of a key that was there */
    int ids[DEPTH];
    uint32_t name;
    bool value;
};

static struct addition random_addition(struct mmki_reg_tree *tree, struct model *m, bool *made)
{
    struct addition a = {.root = (int)rnd(2), .value = rnd(2) != 0, .name = rnd(N_NAMES)};
    a.depth = random_path(a.ids);
    struct model_key *want = model_find(m, a.root, a.ids, a.depth);
    const bool present = want != NULL && want->present;
    *made = false;
    if (a.value && present && !want->values[a.name].present) {
        const char *name = value_names[a.name][rnd(2)];
        want->values[a.name] = random_value();
        const struct model_value *v = &want->values[a.name];
        cr_assert_eq(mmki_reg_set_value(tree, find(tree, a.root, a.ids, a.depth), name,
                                        strlen(name), v->type, v->data, v->len),
                     MMK_OK);
        *made = true;
    } else if (!a.value && !present) {
        const uint32_t parent =
            a.depth > 1 ? find(tree, a.root, a.ids, a.depth - 1) : (uint32_t)a.root;
        const char *name = key_names[a.ids[a.depth - 1]][rnd(2)];
        if (parent == MMKI_REG_NONE)
            return a;
        cr_assert_eq(mmki_reg_create_child(tree, parent, name, strlen(name), NULL), MMK_OK);
        (void)model_make(m, a.root, a.ids, a.depth);
        *made = true;
    }
    return a;
}

static void take_back(struct mmki_reg_tree *tree, const struct addition *a)
{
    const uint32_t key = find(tree, a->root, a->ids, a->depth);
    cr_assert_neq(key, MMKI_REG_NONE);
    if (!a->value) {
        cr_assert_eq(mmki_reg_remove_key(tree, key), MMK_OK);
        return;
    }
    const char *name = value_names[a->name][rnd(2)];
    const uint32_t value = mmki_reg_find_value(tree, key, name, strlen(name));
    cr_assert(value != MMKI_REG_NONE && mmki_reg_value_live(tree, value));
    cr_assert_eq(mmki_reg_remove_value(tree, value), MMK_OK);
}

Test(registry_random, what_was_added_and_removed_leaves_the_same_bytes)
{
    static char before[sizeof text.at];
    for (unsigned i = 0; i < rounds(4000); i++) {
        struct mmki_reg_tree tree;
        struct addition added[30];
        size_t n_added = 0;
        size_t n_patches;
        seed_state = 0x5550123 + i * UINT64_C(0x9e3779b97f4a7c15);
        random_file(&text, &model);
        memcpy(before, text.at, text.n + 1);
        make_tree(&tree, text.at, text.n);
        for (uint32_t n = 1 + rnd(30); n > 0; n--) {
            bool made;
            added[n_added] = random_addition(&tree, &model, &made);
            n_added += made;
            if (rnd(6) == 0) { /* written in between, by another program as it were */
                const size_t len = patched(&tree, out, sizeof out, &n_patches);
                mmki_reg_tree_fini(&tree);
                make_tree(&tree, out, len);
            }
        }
        size_t len = patched(&tree, out, sizeof out, &n_patches);
        mmki_reg_tree_fini(&tree);
        make_tree(&tree, out, len);
        while (n_added > 0) {
            take_back(&tree, &added[--n_added]);
            if (rnd(6) == 0) {
                len = patched(&tree, out, sizeof out, &n_patches);
                mmki_reg_tree_fini(&tree);
                make_tree(&tree, out, len);
            }
        }
        len = patched(&tree, out, sizeof out, &n_patches);
        mmki_reg_tree_fini(&tree);
        cr_assert(len == text.n && memcmp(out, before, len) == 0, "round %u:\n%s\n--- became\n%s",
                  i, before, out);
    }
}

/* ------------------------------------------------------------------ encodings */

Test(registry_random, every_utf16_comes_back_whatever_the_pieces)
{
    static uint8_t bytes[3000];
    static uint8_t back[6000];
    for (unsigned i = 0; i < rounds(3000); i++) {
        struct mmki_reg_decoder d = {0};
        const char *why = "";
        seed_state = 99 + i * UINT64_C(0x9e3779b97f4a7c15);
        size_t len = 2 + 2 * rnd(700);
        bytes[0] = 0xff;
        bytes[1] = 0xfe;
        for (size_t at = 2; at < len; at += 2) {
            const uint32_t kind = rnd(6);
            const uint16_t u = (uint16_t)(kind < 3   ? 0x20 + rnd(90)
                                          : kind < 5 ? 0xd800 + rnd(0x800)
                                                     : rnd(0x10000));
            bytes[at] = (uint8_t)u;
            bytes[at + 1] = (uint8_t)(u >> 8);
        }
        const size_t piece = 8 * (1 + rnd(20));
        for (size_t at = 0; at < len; at += piece)
            cr_assert_eq(
                mmki_reg_decode_piece(&d, bytes + at, len - at < piece ? len - at : piece, &why),
                MMK_OK);
        cr_assert_eq(mmki_reg_decode_finish(&d, &why), MMK_OK, "%s", why);
        cr_assert(mmk_wtf8_valid(d.text.at, d.text.len), "round %u: cut within a pair", i);
        size_t n;
        const char *mark = mmki_reg_mark(d.encoding, &n);
        memcpy(back, mark, n);
        n += mmki_reg_encode(d.encoding, d.text.at, d.text.len, back + n);
        cr_assert(n == len && memcmp(back, bytes, len) == 0, "round %u", i);
        mmki_reg_free(&d.text);
    }
}

Test(registry_random, half_a_character_at_the_end_is_an_error)
{
    /* at the end of a piece of 8 bytes: a plain unit or half a pair, then one byte */
    static const uint8_t ends[][9] = {{0xff, 0xfe, 'a', 0, 'b', 0, 'c', 0, 'd'},
                                      {0xff, 0xfe, 'a', 0, 'b', 0, 0x34, 0xd8, 0x1e}};
    for (int i = 0; i < 2; i++) {
        struct mmki_reg_decoder d = {0};
        const char *why = "";
        cr_assert_eq(mmki_reg_decode_piece(&d, ends[i], 8, &why), MMK_OK);
        const uint8_t last = ends[i][8]; /* elsewhere in memory, as a buffer read anew would be */
        cr_assert_eq(mmki_reg_decode_piece(&d, &last, 1, &why), MMK_OK);
        cr_assert_eq(mmki_reg_decode_finish(&d, &why), MMK_ERR_CORRUPT);
        cr_assert_not_null(strstr(why, "middle"));
        mmki_reg_free(&d.text);
    }
}

Test(registry_random, every_8_bit_text_comes_back)
{
    for (unsigned i = 0; i < rounds(3000); i++) {
        struct mmki_reg_decoder d = {0};
        uint8_t bytes[256];
        uint8_t back[1024];
        const char *why = "";
        seed_state = 7 + i * UINT64_C(0x9e3779b97f4a7c15);
        const size_t len = 8 + rnd(200);
        for (size_t at = 0; at < len; at++)
            bytes[at] = (uint8_t)(at < 8 ? 'x' : i < 256 && at < 30 ? i : 1 + rnd(255));
        if (i < 256 && i == 0)
            continue;
        cr_assert_eq(mmki_reg_decode_piece(&d, bytes, len, &why), MMK_OK);
        cr_assert_eq(mmki_reg_decode_finish(&d, &why), MMK_OK);
        const size_t n = mmki_reg_encode(d.encoding, d.text.at, d.text.len, back);
        cr_assert(n == len && memcmp(back, bytes, len) == 0, "round %u", i);
        mmki_reg_free(&d.text);
    }
}
