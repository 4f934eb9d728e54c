/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include <criterion/criterion.h>

#include <mmk/port.h>

/* A table whose every pointer is set to something that is never called. Tables are nothing but
 * pointers to functions, so they can be filled and emptied as an array of them. */
typedef void (*any_function)(void);

static void never_called(void)
{
}

static union {
    struct mmk_registry_ops registry;
    any_function all[sizeof(struct mmk_registry_ops) / sizeof(any_function)];
} registry_ops;
static union {
    struct mmk_files_ops files;
    any_function all[sizeof(struct mmk_files_ops) / sizeof(any_function)];
} files_ops;
static union {
    struct mmk_journal_ops journal;
    any_function all[sizeof(struct mmk_journal_ops) / sizeof(any_function)];
} journal_ops;
static union {
    struct mmk_devices_ops devices;
    any_function all[sizeof(struct mmk_devices_ops) / sizeof(any_function)];
} devices_ops;
static union {
    struct mmk_platform_ops platform;
    any_function all[sizeof(struct mmk_platform_ops) / sizeof(any_function)];
} platform_ops;
static union {
    struct mmk_notify_ops notify;
    any_function all[sizeof(struct mmk_notify_ops) / sizeof(any_function)];
} notify_ops;
static union {
    struct mmk_ui_ops ui;
    any_function all[sizeof(struct mmk_ui_ops) / sizeof(any_function)];
} ui_ops;

static struct mmk_registry registry = {&registry_ops.registry, true};
static struct mmk_files files = {&files_ops.files};
static struct mmk_journal journal = {&journal_ops.journal};
static struct mmk_devices devices = {&devices_ops.devices};
static struct mmk_platform platform = {&platform_ops.platform};
static struct mmk_notify notify = {&notify_ops.notify};
static struct mmk_ui ui = {&ui_ops.ui};

#define TABLE(t)                              \
    {                                         \
        t.all, sizeof t.all / sizeof t.all[0] \
    }

static struct {
    any_function *at;
    size_t n;
} tables[] = {TABLE(registry_ops), TABLE(files_ops),  TABLE(journal_ops), TABLE(devices_ops),
              TABLE(platform_ops), TABLE(notify_ops), TABLE(ui_ops)};

#define N_TABLES (sizeof tables / sizeof tables[0])

static struct mmk_port whole(void)
{
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t i = 0; i < tables[t].n; i++)
            tables[t].at[i] = never_called;
    return (struct mmk_port){.registry = &registry,
                             .files = &files,
                             .journal = &journal,
                             .devices = &devices,
                             .platform = &platform,
                             .notify = &notify,
                             .ui = &ui,
                             .host = "test",
                             .pointer_bits = 64};
}

Test(port, a_whole_one_is_accepted)
{
    struct mmk_port port = whole();
    cr_expect_eq(mmk_port_check(&port), MMK_OK);
    port.pointer_bits = 32;
    port.ui = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_OK, "silent");
}

/* Functions that port.h marks optional. */
static bool is_optional(const any_function *at)
{
    return at == (const any_function *)(const void *)&platform_ops.platform.thread_detach ||
           at == (const any_function *)(const void *)&platform_ops.platform.try_installed ||
           at == (const any_function *)(const void *)&ui_ops.ui.converse;
}

Test(port, every_missing_function_is_noticed)
{
    const struct mmk_port port = whole();
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t i = 0; i < tables[t].n; i++) {
            tables[t].at[i] = NULL;
            cr_expect_eq(mmk_port_check(&port),
                         is_optional(&tables[t].at[i]) ? MMK_OK : MMK_ERR_INVAL,
                         "table %zu, function %zu", t, i);
            tables[t].at[i] = never_called;
        }
}

Test(port, every_missing_seam_is_noticed)
{
    cr_expect_eq(mmk_port_check(NULL), MMK_ERR_INVAL);
    struct mmk_port port = whole();
    port.registry = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.files = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.journal = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.devices = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.platform = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.notify = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.host = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    port.pointer_bits = 16;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL);
    port = whole();
    ui.ops = NULL;
    cr_expect_eq(mmk_port_check(&port), MMK_ERR_INVAL, "a seam without a table");
}
