/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "registry_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE     "Software\\mmekit contract"
#define FLUSH_MS 5000u

#define CHECK(condition, text) \
    do                         \
        if (!(condition))      \
            return text;       \
    while (0)

static const mmk_reg_root roots[] = {MMK_REG_MACHINE, MMK_REG_USER};

static struct mmk_reg_key key_of(mmk_reg_root root, const char *path)
{
    return (struct mmk_reg_key){root, MMK_VIEW_64, path};
}

static mmk_err create(struct registry_env *env, mmk_reg_root root, const char *path)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->create_key(env->registry, &key, false);
}

static mmk_err has(struct registry_env *env, mmk_reg_root root, const char *path)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->has_key(env->registry, &key);
}

static mmk_err remove_key(struct registry_env *env, mmk_reg_root root, const char *path)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->delete_key(env->registry, &key);
}

static mmk_err set(struct registry_env *env, mmk_reg_root root, const char *path, const char *name,
                   uint32_t type, const void *data, size_t len)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->set(env->registry, &key, name, type, data, len);
}

static mmk_err set_dword(struct registry_env *env, mmk_reg_root root, const char *path,
                         const char *name, uint8_t low)
{
    const uint8_t data[4] = {low, 0, 0, 0};
    return set(env, root, path, name, MMK_REG_DWORD, data, sizeof data);
}

static mmk_err get(struct registry_env *env, mmk_reg_root root, const char *path, const char *name,
                   uint32_t *type, void *data, size_t cap, size_t *len)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->get(env->registry, &key, name, type, data, cap, len);
}

/* Whether a value is there and is exactly this. */
static bool equals(struct registry_env *env, mmk_reg_root root, const char *path, const char *name,
                   uint32_t type, const void *data, size_t len)
{
    uint32_t got_type = ~type;
    size_t got_len = len + 1;
    uint8_t *got = (uint8_t *)malloc(len + 1);
    const bool same =
        got != NULL && get(env, root, path, name, &got_type, got, len + 1, &got_len) == MMK_OK &&
        got_type == type && got_len == len && (len == 0 || memcmp(got, data, len) == 0);
    free(got);
    return same;
}

static bool is_dword(struct registry_env *env, mmk_reg_root root, const char *path,
                     const char *name, uint8_t low)
{
    const uint8_t data[4] = {low, 0, 0, 0};
    return equals(env, root, path, name, MMK_REG_DWORD, data, sizeof data);
}

static mmk_err enum_value(struct registry_env *env, mmk_reg_root root, const char *path,
                          uint32_t index, char *name, size_t cap)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->enum_value(env->registry, &key, index, name, cap);
}

static mmk_err enum_key(struct registry_env *env, mmk_reg_root root, const char *path,
                        uint32_t index, char *name, size_t cap)
{
    const struct mmk_reg_key key = key_of(root, path);
    return env->registry->ops->enum_key(env->registry, &key, index, name, cap);
}

static bool flushed(struct registry_env *env, mmk_reg_root root)
{
    const mmk_err err = env->registry->ops->flush(env->registry, root, FLUSH_MS);
    return err == MMK_OK || (err == MMK_ERR_PENDING && !env->durable);
}

/* ------------------------------------------------------------------ absence */

static const char *absent_key(struct registry_env *env)
{
    for (int i = 0; i < 2; i++) {
        const mmk_reg_root root = roots[i];
        const char *path = BASE "\\not there";
        char name[64] = "untouched";
        uint8_t data[4] = {1, 2, 3, 4};
        uint32_t type = 77;
        size_t len = 99;
        CHECK(has(env, root, path) == MMK_ERR_NOT_FOUND, "has_key finds a key that is not there");
        CHECK(get(env, root, path, "v", &type, data, 4, &len) == MMK_ERR_NOT_FOUND,
              "get in a key that is not there");
        CHECK(type == 77 && len == 99 && data[0] == 1, "get failed and wrote to its results");
        CHECK(set_dword(env, root, path, "v", 1) == MMK_ERR_NOT_FOUND,
              "set in a key that is not there");
        CHECK(has(env, root, path) == MMK_ERR_NOT_FOUND, "set that failed made the key");
        CHECK(remove_key(env, root, path) == MMK_ERR_NOT_FOUND, "delete_key of no key");
        CHECK(enum_value(env, root, path, 0, name, sizeof name) == MMK_ERR_NOT_FOUND,
              "enum_value of no key");
        CHECK(enum_key(env, root, path, 0, name, sizeof name) == MMK_ERR_NOT_FOUND,
              "enum_key of no key");
        CHECK(strcmp(name, "untouched") == 0, "an enumeration failed and wrote a name");
    }
    return NULL;
}

static const char *absent_value(struct registry_env *env)
{
    uint8_t data[4] = {1, 2, 3, 4};
    uint32_t type = 77;
    size_t len = 99;
    const struct mmk_reg_key key = key_of(MMK_REG_MACHINE, BASE);
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, data, 4, &len) == MMK_ERR_NOT_FOUND,
          "get of a value that is not there");
    CHECK(type == 77 && len == 99 && data[0] == 1, "get failed and wrote to its results");
    CHECK(get(env, MMK_REG_MACHINE, BASE, "", &type, data, 4, &len) == MMK_ERR_NOT_FOUND,
          "a new key has a default value");
    CHECK(env->registry->ops->delete_value(env->registry, &key, "v") == MMK_ERR_NOT_FOUND,
          "delete_value of no value");
    return NULL;
}

/* ------------------------------------------------------------------ keys */

static const char *keys_one_by_one(struct registry_env *env)
{
    for (int i = 0; i < 2; i++) {
        const mmk_reg_root root = roots[i];
        CHECK(create(env, root, BASE "\\a\\b") == MMK_ERR_NOT_FOUND, "create_key without parent");
        CHECK(has(env, root, BASE "\\a") == MMK_ERR_NOT_FOUND, "create_key that failed left a key");
        CHECK(create(env, root, BASE "\\a") == MMK_OK, "create_key");
        CHECK(create(env, root, BASE "\\a") == MMK_ERR_EXISTS, "create_key twice");
        CHECK(create(env, root, BASE "\\A") == MMK_ERR_EXISTS, "create_key twice, other case");
        CHECK(create(env, root, BASE "\\a\\b") == MMK_OK, "create_key below a new key");
        CHECK(remove_key(env, root, BASE "\\a") == MMK_ERR_STATE, "delete_key with a subkey");
        CHECK(has(env, root, BASE "\\a\\b") == MMK_OK, "delete_key that failed took something");
        CHECK(remove_key(env, root, BASE "\\a\\b") == MMK_OK, "delete_key");
        CHECK(has(env, root, BASE "\\a\\b") == MMK_ERR_NOT_FOUND, "a deleted key is there");
        CHECK(has(env, root, BASE "\\a") == MMK_OK, "delete_key took the parent");
        CHECK(remove_key(env, root, BASE "\\a") == MMK_OK, "delete_key of the parent");
    }
    return NULL;
}

static const char *key_takes_its_values(struct registry_env *env)
{
    CHECK(create(env, MMK_REG_USER, BASE "\\k") == MMK_OK, "create_key");
    CHECK(set_dword(env, MMK_REG_USER, BASE "\\k", "v", 1) == MMK_OK, "set");
    CHECK(set_dword(env, MMK_REG_USER, BASE "\\k", "", 2) == MMK_OK, "set of the default value");
    CHECK(remove_key(env, MMK_REG_USER, BASE "\\k") == MMK_OK, "delete_key with values");
    CHECK(create(env, MMK_REG_USER, BASE "\\k") == MMK_OK, "create_key after delete_key");
    char name[64];
    CHECK(enum_value(env, MMK_REG_USER, BASE "\\k", 0, name, sizeof name) == MMK_ERR_NOT_FOUND,
          "values came back with their key");
    return NULL;
}

static const char *names_without_case(struct registry_env *env)
{
    /* Greek, Cyrillic and Latin letters, and ones whose case is not mapped: sharp s, dotless i */
    static const char *const pairs[][2] = {
        {"Mixed Case", "mIXED cASE"},
        {"\xce\xb1\xce\xb2\xce\xb3", "\xce\x91\xce\x92\xce\x93"},
        {"\xd0\xb6\xd1\x8f", "\xd0\x96\xd0\xaf"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char a[128];
        char b[128];
        snprintf(a, sizeof a, BASE "\\%s", pairs[i][0]);
        snprintf(b, sizeof b, "SOFTWARE\\MMEKIT contract\\%s", pairs[i][1]);
        CHECK(create(env, MMK_REG_MACHINE, a) == MMK_OK, "create_key");
        CHECK(has(env, MMK_REG_MACHINE, b) == MMK_OK, "a key is not found in other case");
        CHECK(set_dword(env, MMK_REG_MACHINE, b, pairs[i][0], 5) == MMK_OK, "set in other case");
        CHECK(is_dword(env, MMK_REG_MACHINE, a, pairs[i][1], 5),
              "a value is not found in other case");
        CHECK(set_dword(env, MMK_REG_MACHINE, a, pairs[i][1], 6) == MMK_OK, "set");
        char name[64];
        CHECK(enum_value(env, MMK_REG_MACHINE, a, 0, name, sizeof name) == MMK_OK, "enum_value");
        CHECK(strcmp(name, pairs[i][0]) == 0, "set in other case changed the name");
        CHECK(enum_value(env, MMK_REG_MACHINE, a, 1, name, sizeof name) == MMK_ERR_NOT_FOUND,
              "set in other case made a second value");
    }
    CHECK(create(env, MMK_REG_MACHINE, BASE "\\i") == MMK_OK, "create_key");
    CHECK(has(env, MMK_REG_MACHINE, BASE "\\\xc4\xb1") == MMK_ERR_NOT_FOUND,
          "dotless i passes for i");
    return NULL;
}

static const char *odd_names(struct registry_env *env)
{
    static const char *const names[] = {
        "a]b",
        "[x]",
        "-minus",
        "; no comment",
        "@",
        "a=b",
        "with \"quotes\"",
        " blanks around ",
        "\xc3\xa4\xc3\xb6\xe2\x82\xac \xf0\x9d\x84\x9e",
        "100%",
    };
    const size_t n = sizeof names / sizeof names[0];
    char path[256];
    char name[256];
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, BASE "\\%s", names[i]);
        CHECK(create(env, MMK_REG_USER, path) == MMK_OK, "create_key of an odd name");
        CHECK(set_dword(env, MMK_REG_USER, path, names[i], (uint8_t)i) == MMK_OK,
              "set of an odd name");
    }
    CHECK(set_dword(env, MMK_REG_USER, BASE, "C:\\path\\x", 3) == MMK_OK,
          "set of a name with backslashes");
    CHECK(flushed(env, MMK_REG_USER), "flush");
    CHECK(env->reopen == NULL || env->reopen(env), "reopen");
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, BASE "\\%s", names[i]);
        CHECK(is_dword(env, MMK_REG_USER, path, names[i], (uint8_t)i), "an odd name is lost");
        CHECK(enum_value(env, MMK_REG_USER, path, 0, name, sizeof name) == MMK_OK &&
                  strcmp(name, names[i]) == 0,
              "an odd name came back changed");
    }
    CHECK(is_dword(env, MMK_REG_USER, BASE, "C:\\path\\x", 3), "a name with backslashes is lost");
    return NULL;
}

/* ------------------------------------------------------------------ values */

static const char *every_type(struct registry_env *env)
{
    static const uint32_t types[] = {0,  1,  2,  3,      4,          5,         6,   7,
                                     8,  9,  10, 11,     12,         0x1234,    255, 65536,
                                     99, 64, 17, 0xabcd, 0x7fffffff, 0x80000001};
    static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 77, 300, 4096};
    uint8_t data[4096];
    char name[32];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37 + 11);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            snprintf(name, sizeof name, "%u.%u", (unsigned)t, (unsigned)l);
            CHECK(set(env, MMK_REG_MACHINE, BASE, name, types[t], data, lengths[l]) == MMK_OK,
                  "set of some type and length");
            CHECK(equals(env, MMK_REG_MACHINE, BASE, name, types[t], data, lengths[l]),
                  "a value is not what was set");
        }
    }
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(env->reopen == NULL || env->reopen(env), "reopen");
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            snprintf(name, sizeof name, "%u.%u", (unsigned)t, (unsigned)l);
            CHECK(equals(env, MMK_REG_MACHINE, BASE, name, types[t], data, lengths[l]),
                  "a value is not what was set once it was flushed");
        }
    }
    return NULL;
}

struct text {
    const char *what;
    uint8_t data[24];
    size_t len;
};

static const struct text texts[] = {
    {"a plain string", {'a', 0, 'b', 0, 0, 0}, 6},
    {"an empty string", {0, 0}, 2},
    {"a string without terminator", {'a', 0, 'b', 0}, 4},
    {"a string of no bytes", {0}, 0},
    {"a string of an odd length", {'a', 0, 'b'}, 3},
    {"a string with two terminators", {'a', 0, 0, 0, 0, 0}, 6},
    {"a string with a 0 inside", {'a', 0, 0, 0, 'b', 0, 0, 0}, 8},
    {"a lone high surrogate", {'a', 0, 0, 0xd8, 0, 0}, 6},
    {"a lone low surrogate", {0x34, 0xdc, 'b', 0, 0, 0}, 6},
    {"a surrogate pair", {0x34, 0xd8, 0x1e, 0xdd, 0, 0}, 6},
    {"surrogates the wrong way round", {0x1e, 0xdd, 0x34, 0xd8, 0, 0}, 6},
    {"letters of other alphabets", {0xe4, 0, 0x16, 4, 0x42, 0x30, 0, 0}, 8},
    {"quotes and backslashes", {'"', 0, '\\', 0, '\\', 0, 'n', 0, 0, 0}, 10},
    {"line ends", {'a', 0, '\r', 0, '\n', 0, 'b', 0, '\n', 0, 0, 0}, 12},
    {"control characters", {1, 0, 9, 0, 0x1a, 0, 0x7f, 0, 0, 0}, 10},
    {"a mark and noncharacters", {0xff, 0xfe, 0xfe, 0xff, 0xff, 0xff, 0, 0}, 8},
    {"blanks", {' ', 0, ' ', 0, 0, 0}, 6},
    {"a backslash at the end", {'a', 0, '\\', 0, 0, 0}, 6},
    {"a list", {'a', 0, 0, 0, 'b', 0, 0, 0, 0, 0}, 10},
};

static const char *strings_stay_bytes(struct registry_env *env)
{
    static const uint32_t types[] = {MMK_REG_SZ, MMK_REG_EXPAND_SZ, MMK_REG_MULTI_SZ};
    const size_t n = sizeof texts / sizeof texts[0];
    char name[32];
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < n; i++) {
            snprintf(name, sizeof name, "%u.%u", (unsigned)t, (unsigned)i);
            CHECK(set(env, MMK_REG_USER, BASE, name, types[t], texts[i].data, texts[i].len) ==
                      MMK_OK,
                  texts[i].what);
        }
    for (int round = 0; round < 2; round++) {
        for (size_t t = 0; t < 3; t++)
            for (size_t i = 0; i < n; i++) {
                snprintf(name, sizeof name, "%u.%u", (unsigned)t, (unsigned)i);
                CHECK(equals(env, MMK_REG_USER, BASE, name, types[t], texts[i].data, texts[i].len),
                      texts[i].what);
            }
        if (round == 0) {
            CHECK(flushed(env, MMK_REG_USER), "flush");
            CHECK(env->reopen == NULL || env->reopen(env), "reopen");
        }
    }
    return NULL;
}

static const char *sizes_are_told(struct registry_env *env)
{
    const uint8_t data[5] = {1, 2, 3, 4, 5};
    uint8_t room[8];
    uint32_t type = 0;
    size_t len = 0;
    CHECK(set(env, MMK_REG_MACHINE, BASE, "v", 77, data, 5) == MMK_OK, "set");
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, NULL, 0, &len) == MMK_ERR_MORE,
          "get without room");
    CHECK(type == 77 && len == 5, "get without room did not tell type and size");
    memset(room, 0xee, sizeof room);
    type = 0;
    len = 0;
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, room, 4, &len) == MMK_ERR_MORE,
          "get with one byte too little");
    CHECK(type == 77 && len == 5, "get with too little room did not tell type and size");
    for (int i = 0; i < 8; i++)
        CHECK(room[i] == 0xee, "get with too little room wrote something");
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, room, 5, &len) == MMK_OK && len == 5,
          "get with just the room");
    CHECK(memcmp(room, data, 5) == 0 && room[5] == 0xee, "get wrote beyond the value");
    CHECK(set(env, MMK_REG_MACHINE, BASE, "v", 3, NULL, 0) == MMK_OK, "set of nothing");
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, NULL, 0, &len) == MMK_OK && len == 0,
          "get of nothing without room");
    return NULL;
}

static const char *default_value(struct registry_env *env)
{
    char name[16] = "x";
    CHECK(set_dword(env, MMK_REG_USER, BASE, NULL, 8) == MMK_OK, "set of the default value");
    CHECK(is_dword(env, MMK_REG_USER, BASE, "", 8), "\"\" is not the default value");
    CHECK(set_dword(env, MMK_REG_USER, BASE, "", 9) == MMK_OK, "set of \"\"");
    CHECK(is_dword(env, MMK_REG_USER, BASE, NULL, 9), "NULL is not the default value");
    CHECK(enum_value(env, MMK_REG_USER, BASE, 0, name, sizeof name) == MMK_OK && name[0] == 0,
          "the default value is not enumerated as \"\"");
    CHECK(enum_value(env, MMK_REG_USER, BASE, 1, name, sizeof name) == MMK_ERR_NOT_FOUND,
          "there are two default values");
    const struct mmk_reg_key key = key_of(MMK_REG_USER, BASE);
    CHECK(env->registry->ops->delete_value(env->registry, &key, NULL) == MMK_OK,
          "delete_value of the default value");
    CHECK(enum_value(env, MMK_REG_USER, BASE, 0, name, sizeof name) == MMK_ERR_NOT_FOUND,
          "a deleted default value is there");
    return NULL;
}

static const char *replace_and_delete(struct registry_env *env)
{
    const struct mmk_reg_key key = key_of(MMK_REG_MACHINE, BASE);
    uint8_t large[1000];
    memset(large, 0x5a, sizeof large);
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "v", 1) == MMK_OK, "set");
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "w", 2) == MMK_OK, "set");
    CHECK(set(env, MMK_REG_MACHINE, BASE, "v", 3, large, sizeof large) == MMK_OK,
          "set of another type");
    CHECK(equals(env, MMK_REG_MACHINE, BASE, "v", 3, large, sizeof large),
          "the old value is there");
    CHECK(is_dword(env, MMK_REG_MACHINE, BASE, "w", 2), "set changed another value");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(set(env, MMK_REG_MACHINE, BASE, "v", 3, large, 1) == MMK_OK, "set of less");
    CHECK(equals(env, MMK_REG_MACHINE, BASE, "v", 3, large, 1), "the old value is there");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(equals(env, MMK_REG_MACHINE, BASE, "v", 3, large, 1), "flush changed a value");
    CHECK(env->registry->ops->delete_value(env->registry, &key, "V") == MMK_OK, "delete_value");
    CHECK(env->registry->ops->delete_value(env->registry, &key, "v") == MMK_ERR_NOT_FOUND,
          "delete_value twice");
    CHECK(is_dword(env, MMK_REG_MACHINE, BASE, "w", 2), "delete_value took another value");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(is_dword(env, MMK_REG_MACHINE, BASE, "w", 2), "flush took a value");
    uint32_t type;
    size_t len;
    CHECK(get(env, MMK_REG_MACHINE, BASE, "v", &type, NULL, 0, &len) == MMK_ERR_NOT_FOUND,
          "a deleted value came back with flush");
    return NULL;
}

static const char *large_value(struct registry_env *env)
{
    const size_t len = 300000;
    uint8_t *data = (uint8_t *)malloc(len);
    CHECK(data != NULL, "no memory");
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * i >> 3);
    const bool was_set = set(env, MMK_REG_USER, BASE, "large", MMK_REG_BINARY, data, len) == MMK_OK;
    const bool was_flushed = flushed(env, MMK_REG_USER);
    const bool reopened = env->reopen == NULL || env->reopen(env);
    const bool same = equals(env, MMK_REG_USER, BASE, "large", MMK_REG_BINARY, data, len);
    free(data);
    CHECK(was_set && was_flushed && reopened, "a large value cannot be set");
    CHECK(same, "a large value is not what was set");
    return NULL;
}

/* ------------------------------------------------------------------ enumeration */

static const char *enumeration(struct registry_env *env)
{
    enum { N = 500 };
    static bool seen[2][N];
    char name[64];
    char path[128];
    unsigned number;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < N; i++) {
        snprintf(name, sizeof name, "value %u", i);
        snprintf(path, sizeof path, BASE "\\key %u", i);
        CHECK(set_dword(env, MMK_REG_USER, BASE, name, (uint8_t)i) == MMK_OK, "set");
        CHECK(create(env, MMK_REG_USER, path) == MMK_OK, "create_key");
    }
    for (unsigned i = 0; i < N; i++) {
        CHECK(enum_value(env, MMK_REG_USER, BASE, i, name, sizeof name) == MMK_OK, "enum_value");
        CHECK(sscanf(name, "value %u", &number) == 1 && number < N && !seen[0][number],
              "a value is enumerated twice, or wrongly");
        seen[0][number] = true;
        CHECK(enum_key(env, MMK_REG_USER, BASE, i, name, sizeof name) == MMK_OK, "enum_key");
        CHECK(sscanf(name, "key %u", &number) == 1 && number < N && !seen[1][number],
              "a key is enumerated twice, or wrongly");
        seen[1][number] = true;
    }
    CHECK(enum_value(env, MMK_REG_USER, BASE, N, name, sizeof name) == MMK_ERR_NOT_FOUND,
          "enum_value past the end");
    CHECK(enum_key(env, MMK_REG_USER, BASE, N, name, sizeof name) == MMK_ERR_NOT_FOUND,
          "enum_key past the end");
    CHECK(enum_value(env, MMK_REG_USER, BASE, 0, name, sizeof name) == MMK_OK,
          "enum_value again from the begin");
    const size_t len = strlen(name);
    CHECK(enum_value(env, MMK_REG_USER, BASE, 0, name, len) == MMK_ERR_MORE,
          "enum_value without room for the end of the name");
    CHECK(enum_value(env, MMK_REG_USER, BASE, 0, name, len + 1) == MMK_OK,
          "enum_value with just the room");
    CHECK(enum_key(env, MMK_REG_USER, BASE, 0, name, 3) == MMK_ERR_MORE, "enum_key without room");
    return NULL;
}

/* ------------------------------------------------------------------ roots and views */

static const char *roots_are_apart(struct registry_env *env)
{
    CHECK(create(env, MMK_REG_MACHINE, BASE "\\only here") == MMK_OK, "create_key");
    CHECK(has(env, MMK_REG_USER, BASE "\\only here") == MMK_ERR_NOT_FOUND,
          "a key of the machine is the user's too");
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "v", 1) == MMK_OK, "set");
    CHECK(set_dword(env, MMK_REG_USER, BASE, "v", 2) == MMK_OK, "set");
    CHECK(is_dword(env, MMK_REG_MACHINE, BASE, "v", 1),
          "the user's value took the machine's place");
    CHECK(has(env, MMK_REG_MACHINE, "") == MMK_OK && has(env, MMK_REG_USER, "") == MMK_OK,
          "a root is not there");
    return NULL;
}

static const char *views(struct registry_env *env)
{
    struct mmk_registry *r = env->registry;
    const uint8_t data[4] = {7, 0, 0, 0};
    uint8_t got[4];
    uint32_t type;
    size_t len;
    if (!r->has_view_32)
        return NULL;
    const struct mmk_reg_key k32 = {MMK_REG_MACHINE, MMK_VIEW_32, BASE "\\view"};
    const struct mmk_reg_key base32 = {MMK_REG_MACHINE, MMK_VIEW_32, BASE};
    const struct mmk_reg_key user32 = {MMK_REG_USER, MMK_VIEW_32, BASE};
    CHECK(r->ops->create_key(r, &k32, false) == MMK_OK, "create_key in the 32-bit view");
    CHECK(has(env, MMK_REG_MACHINE, BASE "\\view") == MMK_ERR_NOT_FOUND,
          "a key of the 32-bit view is in the other");
    CHECK(create(env, MMK_REG_MACHINE, BASE "\\view") == MMK_OK, "create_key of the same name");
    CHECK(r->ops->set(r, &k32, "v", MMK_REG_DWORD, data, 4) == MMK_OK, "set in the 32-bit view");
    CHECK(get(env, MMK_REG_MACHINE, BASE "\\view", "v", &type, got, 4, &len) == MMK_ERR_NOT_FOUND,
          "a value of the 32-bit view is in the other");
    CHECK(r->ops->delete_key(r, &k32) == MMK_OK, "delete_key in the 32-bit view");
    CHECK(has(env, MMK_REG_MACHINE, BASE "\\view") == MMK_OK,
          "delete_key took the key of the other view");
    CHECK(r->ops->has_key(r, &base32) == MMK_OK, "has_key in the 32-bit view");
    CHECK(set_dword(env, MMK_REG_USER, BASE, "u", 3) == MMK_OK, "set");
    CHECK(r->ops->get(r, &user32, "u", &type, got, 4, &len) == MMK_OK && got[0] == 3,
          "the user's keys are not the same in both views");
    return NULL;
}

/* ------------------------------------------------------------------ flush, discard, session */

static const char *flush_outlives_the_program(struct registry_env *env)
{
    for (int i = 0; i < 2; i++) {
        CHECK(create(env, roots[i], BASE "\\kept") == MMK_OK, "create_key");
        CHECK(set_dword(env, roots[i], BASE "\\kept", "v", 42) == MMK_OK, "set");
        CHECK(flushed(env, roots[i]), "flush");
    }
    if (env->reopen == NULL)
        return NULL;
    CHECK(env->reopen(env), "reopen");
    for (int i = 0; i < 2; i++) {
        CHECK(is_dword(env, roots[i], BASE "\\kept", "v", 42), "a flushed value is gone");
        CHECK(remove_key(env, roots[i], BASE "\\kept") == MMK_OK, "delete_key");
        CHECK(flushed(env, roots[i]), "flush");
    }
    CHECK(env->reopen(env), "reopen");
    for (int i = 0; i < 2; i++)
        CHECK(has(env, roots[i], BASE "\\kept") == MMK_ERR_NOT_FOUND, "a deleted key came back");
    return NULL;
}

static const char *discard_forgets(struct registry_env *env)
{
    if (!env->buffers)
        return NULL;
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "old", 1) == MMK_OK, "set");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "old", 2) == MMK_OK, "set");
    CHECK(set_dword(env, MMK_REG_MACHINE, BASE, "new", 3) == MMK_OK, "set");
    CHECK(create(env, MMK_REG_MACHINE, BASE "\\new") == MMK_OK, "create_key");
    env->registry->ops->discard(env->registry);
    CHECK(is_dword(env, MMK_REG_MACHINE, BASE, "old", 1), "discard did not bring a value back");
    uint32_t type;
    size_t len;
    CHECK(get(env, MMK_REG_MACHINE, BASE, "new", &type, NULL, 0, &len) == MMK_ERR_NOT_FOUND,
          "discard left a new value");
    CHECK(has(env, MMK_REG_MACHINE, BASE "\\new") == MMK_ERR_NOT_FOUND, "discard left a new key");
    return NULL;
}

static const char *volatile_keys(struct registry_env *env)
{
    const struct mmk_reg_key key = key_of(MMK_REG_MACHINE, BASE "\\session");
    struct mmk_registry *r = env->registry;
    char name[64];
    CHECK(r->ops->create_key(r, &key, true) == MMK_OK, "create_key, volatile");
    CHECK(r->ops->create_key(r, &key, true) == MMK_ERR_EXISTS, "create_key, volatile, twice");
    CHECK(has(env, MMK_REG_MACHINE, key.path) == MMK_OK, "a volatile key is not there");
    CHECK(enum_key(env, MMK_REG_MACHINE, BASE, 0, name, sizeof name) == MMK_OK &&
              strcmp(name, "session") == 0,
          "a volatile key is not enumerated");
    CHECK(set_dword(env, MMK_REG_MACHINE, key.path, "v", 6) == MMK_OK, "set in a volatile key");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(is_dword(env, MMK_REG_MACHINE, key.path, "v", 6), "flush took a volatile value");
    CHECK(remove_key(env, MMK_REG_MACHINE, BASE) == MMK_ERR_STATE,
          "delete_key over a volatile subkey");
    CHECK(r->ops->delete_key(r, &key) == MMK_OK, "delete_key of a volatile key");
    CHECK(has(env, MMK_REG_MACHINE, key.path) == MMK_ERR_NOT_FOUND, "a deleted volatile key");
    if (env->reopen == NULL || !env->ends_session)
        return NULL;
    CHECK(r->ops->create_key(r, &key, true) == MMK_OK, "create_key, volatile, again");
    CHECK(flushed(env, MMK_REG_MACHINE), "flush");
    CHECK(env->reopen(env), "reopen");
    CHECK(has(env, MMK_REG_MACHINE, key.path) == MMK_ERR_NOT_FOUND,
          "a volatile key outlived its session");
    return NULL;
}

static const char *empty_flush(struct registry_env *env)
{
    CHECK(flushed(env, MMK_REG_MACHINE) && flushed(env, MMK_REG_USER), "flush of nothing");
    env->registry->ops->discard(env->registry);
    CHECK(has(env, MMK_REG_MACHINE, BASE) == MMK_OK, "discard of nothing took something");
    return NULL;
}

/* ------------------------------------------------------------------ the table */

const struct registry_case registry_cases[] = {
    {"absent_key", absent_key},
    {"absent_value", absent_value},
    {"keys_one_by_one", keys_one_by_one},
    {"key_takes_its_values", key_takes_its_values},
    {"names_without_case", names_without_case},
    {"odd_names", odd_names},
    {"every_type", every_type},
    {"strings_stay_bytes", strings_stay_bytes},
    {"sizes_are_told", sizes_are_told},
    {"default_value", default_value},
    {"replace_and_delete", replace_and_delete},
    {"large_value", large_value},
    {"enumeration", enumeration},
    {"roots_are_apart", roots_are_apart},
    {"views", views},
    {"flush_outlives_the_program", flush_outlives_the_program},
    {"discard_forgets", discard_forgets},
    {"volatile_keys", volatile_keys},
    {"empty_flush", empty_flush},
};

const size_t n_registry_cases = sizeof registry_cases / sizeof registry_cases[0];

/* ------------------------------------------------------------------ clean keys */

/* Down to the first leaf, delete it, begin again: short, and no recursion. */
bool registry_remove_tree(struct mmk_registry *registry, mmk_reg_root root, mmk_reg_view view,
                          const char *path)
{
    char *at = (char *)malloc(70000);
    bool ok = at != NULL;
    bool done = false;
    while (ok && !done) {
        struct mmk_reg_key key = {root, view, at};
        char name[MMK_REG_NAME_MAX_BYTES];
        strcpy(at, path);
        while (registry->ops->enum_key(registry, &key, 0, name, sizeof name) == MMK_OK &&
               strlen(at) + strlen(name) < 69000) {
            strcat(at, "\\");
            strcat(at, name);
        }
        const mmk_err err = registry->ops->delete_key(registry, &key);
        done = strcmp(at, path) == 0;
        ok = err == MMK_OK || (done && err == MMK_ERR_NOT_FOUND);
    }
    free(at);
    return ok;
}

static bool make(struct mmk_registry *r, mmk_reg_root root, mmk_reg_view view, const char *path)
{
    const struct mmk_reg_key key = {root, view, path};
    const mmk_err err = r->ops->create_key(r, &key, false);
    return err == MMK_OK || err == MMK_ERR_EXISTS;
}

static bool sweep(struct mmk_registry *r, bool make_them)
{
    bool ok = true;
    for (int i = 0; i < 3; i++) {
        const mmk_reg_root root = i == 1 ? MMK_REG_USER : MMK_REG_MACHINE;
        const mmk_reg_view view = i == 2 ? MMK_VIEW_32 : MMK_VIEW_64;
        if (i == 2 && !r->has_view_32)
            continue;
        ok = ok && registry_remove_tree(r, root, view, BASE);
        if (make_them)
            ok = ok && make(r, root, view, "Software") && make(r, root, view, BASE);
    }
    return ok;
}

const char *registry_case_run(const struct registry_case *c, struct registry_env *env)
{
    if (!sweep(env->registry, true))
        return "the key for the case cannot be made";
    if (!flushed(env, MMK_REG_MACHINE) || !flushed(env, MMK_REG_USER))
        return "the key for the case cannot be flushed";
    const char *broken = c->run(env);
    env->registry->ops->discard(env->registry);
    const bool clean =
        sweep(env->registry, false) && flushed(env, MMK_REG_MACHINE) && flushed(env, MMK_REG_USER);
    return broken != NULL || clean ? broken : "the key for the case cannot be removed";
}
