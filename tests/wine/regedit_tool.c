/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/port.h>
#include <mmk/posix.h>

/* For regedit_roundtrip.sh: makes, edits and compares registry files through the seam.
 *
 *   regedit_tool generate FILE SEED [plain]  a tree of all types and odd names; plain: ASCII names
 *   regedit_tool compare FILE FILE           both say the same below the test's key; counts on
 * stdout regedit_tool touch FILE                  adds a key and values, writes, removes them,
 * writes regedit_tool add FILE                    adds a key and a value, writes
 */

#define BASE     "Software\\mmekit round trip"
#define MAX_DATA 4096

static struct mmk_registry *open_file(const char *path)
{
    struct mmk_registry *r;
    if (mmk_posix_registry_open(path, &r) != MMK_OK)
        exit(2);
    return r;
}

static void must(struct mmk_registry *r, mmk_err err, const char *what)
{
    if (err == MMK_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, mmk_err_name(err), mmk_posix_registry_error_text(r));
    exit(1);
}

/* ------------------------------------------------------------------ generating */

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 20) % below);
}

static const char *const key_names[] = {"plain",
                                        "with blank",
                                        "x]y[",
                                        "semi;colon",
                                        "at@sign=",
                                        "quote\"d",
                                        "\xc3\xa9\xc3\xa0",
                                        "\xd0\x96\xd1\x83\xd0\xba",
                                        "\xf0\x9d\x84\x9e clef",
                                        "lone \xed\xa0\x80"};
static const char *const value_names[] = {"",
                                          "plain",
                                          "with blank",
                                          "C:\\dir\\x.dll",
                                          "\"quoted\"",
                                          "[x]",
                                          "; comment",
                                          "a=b",
                                          "@",
                                          "100%",
                                          "\xc3\xbc\xc3\x9f",
                                          "\xe2\x82\xac",
                                          "\xe3\x81\x82",
                                          "\xf0\x9f\x8e\xb5",
                                          "\xed\xb0\x80 low"};

#define N_KEYS   (sizeof key_names / sizeof key_names[0])
#define N_VALUES (sizeof value_names / sizeof value_names[0])

/* plain: what an ASCII file holds as text. Wine's regedit takes hex(1), hex(2) and hex(7) of any
 * 8-bit file for bytes of the code page; Windows does so only below REGEDIT4, and so do we. So
 * those are left out there. */
static size_t random_string(uint8_t *data, bool list, bool plain)
{
    static const uint16_t units[] = {'a',    'Z',    ' ',    '\\', '"',  '%',  0xe9, 0x416, 0x3042,
                                     0xd834, 0xdd1e, 0xd800, '\t', '\n', '\r', 1,    0xfffe};
    size_t n = 0;
    for (uint32_t left = rnd(60); left > 0; left--) {
        const uint32_t n_units = sizeof units / sizeof units[0];
        const uint32_t pick = plain || rnd(3) != 0 ? rnd(6) : rnd(n_units);
        const uint16_t u = list && rnd(9) == 0 && n > 0 ? 0 : units[pick];
        data[n++] = (uint8_t)u;
        data[n++] = (uint8_t)(u >> 8);
    }
    if (!plain && n > 0 && rnd(10) == 0)
        return n; /* not ended: regedit ends it, which compare counts apart */
    for (int zeros = list ? 2 : 1; zeros > 0; zeros--) {
        data[n++] = 0;
        data[n++] = 0;
    }
    return n;
}

static size_t random_value(uint32_t *type, uint8_t *data, bool plain)
{
    static const uint32_t types[] = {1,  1, 1, 2, 7, 3, 3,  4,      4,
                                     11, 0, 5, 6, 8, 9, 10, 0x1234, 0xfffe0001};
    *type = types[rnd(sizeof types / sizeof types[0])];
    if (plain && (*type == 2 || *type == 7))
        *type = 1;
    if (*type == 1 || *type == 2 || *type == 7)
        return random_string(data, *type == 7, plain);
    const size_t n = *type == 4 ? 4 : *type == 11 ? 8 : rnd(120);
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)rnd(256);
    return n;
}

static void fill_key(struct mmk_registry *r, const struct mmk_reg_key *key, bool plain)
{
    uint8_t data[MAX_DATA];
    for (uint32_t left = 1 + rnd(12); left > 0; left--) {
        uint32_t type;
        const size_t len = random_value(&type, data, plain);
        const char *name = value_names[rnd(plain ? 10 : N_VALUES)];
        must(r, r->ops->set(r, key, name, type, data, len), "set");
    }
}

static void make_key(struct mmk_registry *r, const struct mmk_reg_key *key)
{
    const mmk_err err = r->ops->create_key(r, key, false);
    if (err != MMK_ERR_EXISTS)
        must(r, err, "create_key");
}

static void generate(const char *path, bool plain)
{
    struct mmk_registry *r = open_file(path);
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        struct mmk_reg_key key = {(mmk_reg_root)root, MMK_VIEW_64, "Software"};
        make_key(r, &key);
        key.path = BASE;
        make_key(r, &key);
        fill_key(r, &key, plain);
        for (int i = 0; i < 40; i++) {
            char deep[1024] = BASE;
            for (uint32_t depth = 1 + rnd(4); depth > 0; depth--) {
                strcat(deep, "\\");
                strcat(deep, key_names[rnd(plain ? 6 : N_KEYS)]);
                key.path = deep;
                make_key(r, &key);
            }
            fill_key(r, &key, plain);
        }
    }
    must(r, r->ops->flush(r, MMK_REG_MACHINE, 1000), "flush");
    mmk_posix_registry_close(r);
}

/* ------------------------------------------------------------------ comparing */

static unsigned n_keys, n_exact, n_ended, n_wrong;

static bool is_string(uint32_t type)
{
    return type == 1 || type == 2 || type == 7;
}

/* regedit ends strings that are not ended; everything else must be the same bytes. */
static void compare_value(struct mmk_registry *a, struct mmk_registry *b,
                          const struct mmk_reg_key *key, const char *name)
{
    static uint8_t da[MAX_DATA];
    static uint8_t db[MAX_DATA];
    uint32_t ta = 0;
    uint32_t tb = 0;
    size_t la = 0;
    size_t lb = 0;
    must(a, a->ops->get(a, key, name, &ta, da, sizeof da, &la), "get");
    const mmk_err err = b->ops->get(b, key, name, &tb, db, sizeof db, &lb);
    if (err == MMK_OK && ta == tb && la == lb && (la == 0 || memcmp(da, db, la) == 0)) {
        n_exact++;
    } else if (err == MMK_OK && ta == tb && is_string(ta) && lb == la + 2 &&
               memcmp(da, db, la) == 0 && db[la] == 0 && db[la + 1] == 0) {
        n_ended++;
    } else {
        n_wrong++;
        printf("differs: %s, value \"%s\", type %u, %zu bytes; other: %s, type %u, %zu bytes\n",
               key->path, name, (unsigned)ta, la, mmk_err_name(err), (unsigned)tb, lb);
    }
}

static unsigned count_values(struct mmk_registry *r, const struct mmk_reg_key *key)
{
    static char name[60000];
    unsigned n = 0;
    while (r->ops->enum_value(r, key, n, name, sizeof name) == MMK_OK)
        n++;
    return n;
}

static unsigned count_keys(struct mmk_registry *r, const struct mmk_reg_key *key)
{
    char name[MMK_REG_NAME_MAX_BYTES];
    unsigned n = 0;
    while (r->ops->enum_key(r, key, n, name, sizeof name) == MMK_OK)
        n++;
    return n;
}

static void compare_key(struct mmk_registry *a, struct mmk_registry *b,
                        const struct mmk_reg_key *key)
{
    static char name[60000];
    n_keys++;
    if (b->ops->has_key(b, key) != MMK_OK || count_values(a, key) != count_values(b, key) ||
        count_keys(a, key) != count_keys(b, key)) {
        n_wrong++;
        printf("differs: key %s: %u values and %u keys, other %u and %u\n", key->path,
               count_values(a, key), count_keys(a, key), count_values(b, key), count_keys(b, key));
        return;
    }
    for (uint32_t i = 0; a->ops->enum_value(a, key, i, name, sizeof name) == MMK_OK; i++)
        compare_value(a, b, key, name);
}

/* All keys, by a list of paths that grows at its end. */
static void compare_root(struct mmk_registry *a, struct mmk_registry *b, mmk_reg_root root)
{
    static char *paths[100000];
    size_t n = 1;
    paths[0] = malloc(sizeof BASE);
    memcpy(paths[0], BASE, sizeof BASE);
    for (size_t at = 0; at < n; at++) {
        const struct mmk_reg_key key = {root, MMK_VIEW_64, paths[at]};
        char name[MMK_REG_NAME_MAX_BYTES];
        compare_key(a, b, &key);
        for (uint32_t i = 0; a->ops->enum_key(a, &key, i, name, sizeof name) == MMK_OK; i++) {
            const size_t len = strlen(paths[at]) + strlen(name) + 2;
            paths[n] = malloc(len);
            snprintf(paths[n++], len, "%s\\%s", paths[at], name);
        }
        free(paths[at]);
    }
}

static int compare(const char *first, const char *second, bool user_too)
{
    struct mmk_registry *a = open_file(first);
    struct mmk_registry *b = open_file(second);
    compare_root(a, b, MMK_REG_MACHINE);
    if (user_too)
        compare_root(a, b, MMK_REG_USER);
    mmk_posix_registry_close(a);
    mmk_posix_registry_close(b);
    printf("%u keys, %u values equal, %u strings ended, %u differences\n", n_keys, n_exact, n_ended,
           n_wrong);
    return n_wrong == 0 && n_keys > 10 && n_exact > 50 ? 0 : 1;
}

/* ------------------------------------------------------------------ editing */

static void add(struct mmk_registry *r)
{
    struct mmk_reg_key key = {MMK_REG_MACHINE, MMK_VIEW_64, "Software"};
    make_key(r, &key);
    key.path = "Software\\mmekit added";
    make_key(r, &key);
    must(r, r->ops->set(r, &key, "text", MMK_REG_SZ, "o\0k\0\0\0", 6), "set");
    must(r, r->ops->set(r, &key, "bytes", MMK_REG_BINARY, "\1\2\3", 3), "set");
    must(r, r->ops->flush(r, MMK_REG_MACHINE, 1000), "flush");
}

static void touch(struct mmk_registry *r, bool had_software)
{
    const struct mmk_reg_key key = {MMK_REG_MACHINE, MMK_VIEW_64, "Software\\mmekit added"};
    const struct mmk_reg_key software = {MMK_REG_MACHINE, MMK_VIEW_64, "Software"};
    add(r);
    must(r, r->ops->delete_key(r, &key), "delete_key");
    if (!had_software)
        must(r, r->ops->delete_key(r, &software), "delete_key");
    must(r, r->ops->flush(r, MMK_REG_MACHINE, 1000), "flush");
}

int main(int argc, char **argv)
{
    const char *verb = argc >= 3 ? argv[1] : "";
    if (strcmp(verb, "generate") == 0 && argc >= 4) {
        state = strtoull(argv[3], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        generate(argv[2], argc > 4);
    } else if (strcmp(verb, "compare") == 0 && argc >= 4) {
        return compare(argv[2], argv[3], argc == 4);
    } else if (strcmp(verb, "touch") == 0 || strcmp(verb, "add") == 0) {
        const struct mmk_reg_key software = {MMK_REG_MACHINE, MMK_VIEW_64, "Software"};
        struct mmk_registry *r = open_file(argv[2]);
        const mmk_err had = r->ops->has_key(r, &software);
        if (had != MMK_ERR_NOT_FOUND)
            must(r, had, "read");
        if (strcmp(verb, "add") == 0)
            add(r);
        else
            touch(r, had == MMK_OK);
        mmk_posix_registry_close(r);
    } else {
        fprintf(stderr, "usage: regedit_tool generate|compare|touch|add FILE ...\n");
        return 2;
    }
    return 0;
}
