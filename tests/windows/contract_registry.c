/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "contract_registry.h"

#include <string.h>

#include "hooks.h"

#define BASE   "Software\\mmekit contract hard"
#define BASE_W L"Software\\mmekit contract hard"

static struct mmk_registry *reg;
static const struct mmk_reg_key base = {MMK_REG_MACHINE, MMK_VIEW_64, BASE};
static const struct mmk_reg_key child = {MMK_REG_MACHINE, MMK_VIEW_64, BASE "\\child"};

#define CHECK(condition, text) \
    do                         \
        if (!(condition))      \
            return text;       \
    while (0)

/* ------------------------------------------------------------------ somebody else, in between */

static bool done; /* what somebody else does, once */

static bool opened_base(const struct hook_call *call, DWORD result)
{
    if (done || result != ERROR_SUCCESS || strcmp(call->function, "RegOpenKeyExW") != 0 ||
        call->name == NULL || wcscmp(call->name, BASE_W) != 0)
        return false;
    return done = true;
}

/** Between the open and the call the key goes: the handle is good for nothing (1018). */
static DWORD delete_it(void *user, const struct hook_call *call, DWORD result)
{
    (void)user;
    if (opened_base(call, result))
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, BASE_W, KEY_WOW64_64KEY, 0);
    return result;
}

/** Between the question and the answer the value grows. */
static DWORD lengthen_it(void *user, const struct hook_call *call, DWORD result)
{
    static const BYTE data[600] = {7};
    HKEY key;
    (void)user;
    if (opened_base(call, result) &&
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, BASE_W, 0, KEY_SET_VALUE | KEY_WOW64_64KEY, &key) == 0) {
        RegSetValueExW(key, L"v", 0, REG_BINARY, data, sizeof data);
        RegCloseKey(key);
    }
    return result;
}

static const struct hook_rules deleting = {.groups = HOOK_REGISTRY, .after = delete_it};
static const struct hook_rules lengthening = {.groups = HOOK_REGISTRY, .after = lengthen_it};

enum op { GET, SET, DELETE_VALUE, ENUM_VALUE, ENUM_KEY, CREATE_KEY, DELETE_KEY, HAS_KEY, N_OPS };
static const char *const op_names[N_OPS] = {"get",      "set",        "delete_value", "enum_value",
                                            "enum_key", "create_key", "delete_key",   "has_key"};

/** One call; *touched: an out-parameter is not what it was. */
static mmk_err call(enum op op, bool *touched)
{
    uint32_t type = 4711;
    size_t len = 4711;
    char name[64] = "untouched";
    uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    mmk_err err = MMK_ERR_INVAL;
    switch (op) {
    case GET:
        err = reg->ops->get(reg, &base, "v", &type, data, sizeof data, &len);
        break;
    case SET:
        err = reg->ops->set(reg, &base, "v", MMK_REG_BINARY, data, 4);
        break;
    case DELETE_VALUE:
        err = reg->ops->delete_value(reg, &base, "v");
        break;
    case ENUM_VALUE:
        err = reg->ops->enum_value(reg, &base, 0, name, sizeof name);
        break;
    case ENUM_KEY:
        err = reg->ops->enum_key(reg, &base, 0, name, sizeof name);
        break;
    case CREATE_KEY:
        err = reg->ops->create_key(reg, &child, false);
        break;
    case DELETE_KEY:
        err = reg->ops->delete_key(reg, &base);
        break;
    case HAS_KEY:
        err = reg->ops->has_key(reg, &base);
        break;
    case N_OPS:
        break;
    }
    *touched = type != 4711 || len != 4711 || strcmp(name, "untouched") != 0 || data[0] != 1;
    return err;
}

static bool make_base(void)
{
    static const uint8_t data[4] = {1, 2, 3, 4};
    reg->ops->delete_key(reg, &child);
    mmk_err err = reg->ops->create_key(reg, &base, false);
    return (err == MMK_OK || err == MMK_ERR_EXISTS) &&
           reg->ops->set(reg, &base, "v", MMK_REG_BINARY, data, sizeof data) == MMK_OK;
}

/* has_key asks for nothing behind its open: for it the key was there. */
static const char *key_goes_meanwhile(void)
{
    static char text[96];
    for (enum op op = GET; op < HAS_KEY; op++) {
        bool touched = false;
        CHECK(make_base(), "the key cannot be made");
        done = false;
        hooks_follow(&deleting);
        mmk_err err = call(op, &touched);
        hooks_follow(NULL);
        if (done && err == MMK_ERR_NOT_FOUND && !touched && reg->ops->has_key(reg, &base) == err)
            continue;
        snprintf(text, sizeof text, "%s: %s%s%s", op_names[op], mmk_err_name(err),
                 touched ? ", and it wrote something" : "", done ? "" : ", nothing was deleted");
        return text;
    }
    return NULL;
}

static const char *value_grows_meanwhile(void)
{
    uint8_t data[600];
    uint32_t type = 0;
    size_t len = 0;
    CHECK(make_base(), "the key cannot be made");
    CHECK(reg->ops->get(reg, &base, "v", &type, NULL, 0, &len) == MMK_ERR_MORE && len == 4,
          "asking for the size");
    done = false;
    memset(data, 0xAA, sizeof data);
    hooks_follow(&lengthening);
    mmk_err err = reg->ops->get(reg, &base, "v", &type, data, len, &len);
    hooks_follow(NULL);
    CHECK(done && err == MMK_ERR_MORE, "a value that has grown is not MORE");
    CHECK(len == 600, "the new size is not told");
    CHECK(data[4] == 0xAA, "it wrote behind its room");
    err = reg->ops->get(reg, &base, "v", &type, data, sizeof data, &len);
    return err == MMK_OK && len == 600 && data[0] == 7 ? NULL : "and then it can be read";
}

/* ------------------------------------------------------------------ errors */

static DWORD wanted;       /* the answer, */
static unsigned wanted_at; /* of this call */

static DWORD answer_wanted(void *user, const struct hook_call *call)
{
    (void)user;
    return call->n == wanted_at && strcmp(call->function, "RegCloseKey") != 0 ? wanted
                                                                              : ERROR_SUCCESS;
}
static const struct hook_rules erring = {.groups = HOOK_REGISTRY, .before = answer_wanted};

/** Each error at each call of each operation, in our words, with nothing changed. */
static const char *errors_are_told(void)
{
    static const struct {
        DWORD number;
        mmk_err err;
    } rows[] = {
        {ERROR_ACCESS_DENIED, MMK_ERR_ACCESS},
        {ERROR_KEY_DELETED, MMK_ERR_NOT_FOUND},
        {ERROR_FILE_NOT_FOUND, MMK_ERR_NOT_FOUND},
        {ERROR_NO_MORE_ITEMS, MMK_ERR_NOT_FOUND},
        {ERROR_MORE_DATA, MMK_ERR_MORE},
        {ERROR_OUTOFMEMORY, MMK_ERR_NOMEM},
        {ERROR_NO_SYSTEM_RESOURCES, MMK_ERR_NOMEM},
        {ERROR_BADDB, MMK_ERR_CORRUPT},
        {ERROR_REGISTRY_CORRUPT, MMK_ERR_CORRUPT},
        {ERROR_REGISTRY_IO_FAILED, MMK_ERR_IO},
        {ERROR_DISK_FULL, MMK_ERR_NO_SPACE},
        {ERROR_WRITE_PROTECT, MMK_ERR_ACCESS},
    };
    static char text[96];
    unsigned n = 0;
    for (enum op op = GET; op < N_OPS; op++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            for (wanted_at = 1; wanted_at < 8; wanted_at++) {
                bool touched = false;
                CHECK(make_base(), "the key cannot be made");
                wanted = rows[i].number;
                hooks_follow(&erring);
                mmk_err err = call(op, &touched);
                unsigned counted = hooks_counted();
                hooks_follow(NULL);
                if (counted < wanted_at)
                    break;
                n++;
                /* a close that fails is nobody's business; MORE without a size is no answer */
                if (op == GET && rows[i].err == MMK_ERR_MORE && err == MMK_ERR_IO && !touched)
                    continue;
                if (err == MMK_OK || err == rows[i].err ||
                    (op == ENUM_KEY && err == MMK_ERR_NOT_FOUND))
                    if (err == MMK_OK || !touched || (op == GET && err == MMK_ERR_MORE) ||
                        op == ENUM_KEY)
                        continue;
                snprintf(text, sizeof text, "%s, call %u, error %lu: %s%s", op_names[op], wanted_at,
                         wanted, mmk_err_name(err), touched ? ", and it wrote something" : "");
                return text;
            }
    return n > 150 ? NULL : "hardly anything was tried";
}

/* ------------------------------------------------------------------ names that are no text */

/* A lone surrogate in each half, in WTF-8, and the units that it stands for. */
#define ODD   "a\xed\xa0\xb4z\xed\xb4\x9e"
#define ODD_W L"a\xd834z\xdd1e"

static const char *lone_surrogates(void)
{
    static const struct mmk_reg_key odd = {MMK_REG_MACHINE, MMK_VIEW_64, BASE "\\" ODD};
    WCHAR name[64];
    char back[64] = "";
    HKEY key;
    DWORD n = 64, type = 0;
    CHECK(make_base(), "the key cannot be made");
    CHECK(reg->ops->create_key(reg, &odd, false) == MMK_OK, "create_key");
    CHECK(reg->ops->set(reg, &odd, ODD, MMK_REG_SZ, "x", 1) == MMK_OK, "set");
    CHECK(reg->ops->enum_key(reg, &base, 0, back, sizeof back) == MMK_OK && strcmp(back, ODD) == 0,
          "enum_key");
    CHECK(reg->ops->enum_value(reg, &odd, 0, back, sizeof back) == MMK_OK && strcmp(back, ODD) == 0,
          "enum_value");
    /* and what really stands there, by Windows itself */
    CHECK(RegOpenKeyExW(HKEY_LOCAL_MACHINE, BASE_W L"\\" ODD_W, 0, KEY_READ | KEY_WOW64_64KEY,
                        &key) == ERROR_SUCCESS,
          "the key's name has other units");
    LSTATUS status = RegEnumValueW(key, 0, name, &n, NULL, &type, NULL, NULL);
    RegCloseKey(key);
    CHECK(status == ERROR_SUCCESS && n == 4 && memcmp(name, ODD_W, 4 * sizeof *name) == 0 &&
              type == REG_SZ,
          "the value's name has other units");
    CHECK(reg->ops->delete_key(reg, &odd) == MMK_OK, "delete_key");
    return NULL;
}

/** Below a volatile key nothing can last. */
static const char *nothing_lasts_below_volatile(void)
{
    static const struct mmk_reg_key brief = {MMK_REG_MACHINE, MMK_VIEW_64, BASE "\\brief"};
    static const struct mmk_reg_key below = {MMK_REG_MACHINE, MMK_VIEW_64, BASE "\\brief\\below"};
    CHECK(make_base(), "the key cannot be made");
    CHECK(reg->ops->create_key(reg, &brief, true) == MMK_OK, "create_key of a volatile key");
    mmk_err lasting = reg->ops->create_key(reg, &below, false);
    CHECK(reg->ops->create_key(reg, &below, true) == MMK_OK, "create_key of a volatile key below");
    CHECK(reg->ops->delete_key(reg, &brief) == MMK_ERR_STATE, "delete_key of a parent");
    CHECK(reg->ops->delete_key(reg, &below) == MMK_OK &&
              reg->ops->delete_key(reg, &brief) == MMK_OK,
          "delete_key");
    return lasting == MMK_ERR_STATE ? NULL : "a lasting key below a volatile one is not STATE";
}

/* ------------------------------------------------------------------ all */

void run_registry_hard(struct contract_count *count, struct mmk_registry *registry)
{
    static const struct {
        const char *name;
        const char *(*run)(void);
    } cases[] = {
        {"key_goes_meanwhile", key_goes_meanwhile},
        {"value_grows_meanwhile", value_grows_meanwhile},
        {"errors_are_told", errors_are_told},
        {"lone_surrogates", lone_surrogates},
        {"nothing_lasts_below_volatile", nothing_lasts_below_volatile},
    };
    reg = registry;
    contract_report(count, "registry", "calls are watched",
                    hooks_place(GetModuleHandleW(NULL)) > 10 ? NULL : "no imports were found");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        contract_report(count, "registry", cases[i].name, cases[i].run());
    hooks_follow(NULL);
    reg->ops->delete_key(reg, &child);
    reg->ops->delete_key(reg, &base);
}
