/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "install/install_world.h"

/* Products that are more or less than an alias: values where a module is, lines of INI files, a
 * trial before it counts. */

enum { CANCEL, OK, RESTART };

#define CLASS  "Software\\Classes\\CLSID\\{ours}"
#define SERVER CLASS "\\InprocServer32"
#define OTHER  "Software\\Classes\\CLSID\\{theirs}"
#define INI    "C:\\windows/system.ini" /* the model's host has slashes */

static const struct mmk_extra_value values[] = {
    {.root = MMK_REG_MACHINE,
     .both_views = true,
     .where_module = true,
     .expands = true,
     .path = SERVER,
     .name = "",
     .text = "%SystemRoot%\\system32\\testcard.drv"},
    {.root = MMK_REG_MACHINE,
     .both_views = true,
     .where_module = true,
     .path = OTHER "\\TreatAs",
     .name = "",
     .text = "{ours}"},
};

static const struct mmk_extra_line lines[] = {
    {.hosts = MMK_HOST_ALL,
     .file = "system.ini",
     .section = "drivers32",
     .key = "msacm.test",
     .value = "testcard.drv"},
    {.hosts = MMK_HOST_WINDOWS,
     .file = "system.ini",
     .section = "drivers32",
     .key = "elsewhere",
     .value = "testcard.drv"},
};

static struct model m;
static struct mmk_install_report report;
static struct mmk_product product;
static struct mmk_platform_ops platform;
static struct {
    unsigned n_calls;
    unsigned views;
    mmk_err err;
    bool saw_value; /* what was installed stood there while it was tried */
} trial;

static mmk_err try_installed(struct mmk_platform *self, const char *file, mmk_reg_view view,
                             uint32_t timeout_ms, char *reason, size_t cap)
{
    (void)self;
    cr_assert_str_eq(file, "testcard.drv");
    cr_assert_eq(timeout_ms, MMK_INSTALL_TRIAL_MS);
    trial.n_calls++;
    trial.views |= 1u << view;
    trial.saw_value = strcmp(world_text(&m, OTHER "\\TreatAs", ""), "{ours}") == 0;
    snprintf(reason, cap, "%s", trial.err == MMK_OK ? "" : "it hums");
    return trial.err;
}

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
    memset(&trial, 0, sizeof trial);
    platform = *m.port.platform->ops;
    platform.try_installed = try_installed;
    m.port.platform->ops = &platform;
    product = test_card;
    product.alias_base = NULL;
    product.numbered = false;
    product.n_support = 0;
    product.extra = values;
    product.n_extra = sizeof values / sizeof values[0];
    product.tried = true;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, OTHER, "", "the system's");
}

static void end(void)
{
    cr_assert_eq(m.heap_out, 0, "memory kept");
    cr_assert_not(m.locked);
    model_fini(&m);
}

TestSuite(products, .init = begin, .fini = end);

#define INSTALL(...) RUN(&m, &product, MMK_VERB_INSTALL, 0, NULL, &report, __VA_ARGS__)
#define REMOVE()     RUN(&m, &product, MMK_VERB_REMOVE, 0, NULL, &report, NULL)

static uint64_t world(void)
{
    return model_hash_world(&m.world, false, false);
}

static unsigned problems;
static char findings[2048];
static void on_finding(void *user, mmk_severity severity, const char *what, const char *cure)
{
    (void)user;
    (void)cure;
    problems += severity != MMK_SEVERITY_INFO;
    strncat(findings, what, sizeof findings - strlen(findings) - 2);
    strcat(findings, "\n");
}

static mmk_err verify(void)
{
    uint32_t n = 0;
    problems = 0;
    findings[0] = 0;
    const mmk_err err = mmk_install_verify(&m.port, &product, on_finding, NULL, &n);
    cr_assert_eq(n, problems);
    return err;
}

Test(products, without_an_alias_nothing_of_drivers32_is_touched)
{
    const uint64_t before = world();
    cr_assert_eq(INSTALL("rate_hz=44100"), OK, "%s", report.text);
    cr_assert_str_eq(report.alias, "");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
    cr_assert_str_eq(world_text(&m, OTHER "\\TreatAs", ""), "{ours}");
    cr_assert_str_eq(world_text_32(&m, OTHER "\\TreatAs", ""), "{ours}");
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "44100");
    cr_assert_eq(INSTALL(NULL), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(world(), before);
    cr_assert_eq(REMOVE(), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NOT_INSTALLED);
}

Test(products, an_alias_for_one_that_has_none_is_refused)
{
    cr_assert_eq(RUN(&m, &product, MMK_VERB_INSTALL, 0, "wave3", &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    cr_assert_eq(trial.n_calls, 0);
}

Test(products, values_stand_only_where_the_module_is_and_go_with_it)
{
    model_set_module(&m, "testcard.drv", MMK_VIEW_32, 0, MMK_ERR_NOT_FOUND);
    cr_assert_eq(INSTALL(NULL), OK, "%s", report.text);
    cr_assert_str_eq(world_text(&m, OTHER "\\TreatAs", ""), "{ours}");
    cr_assert_str_eq(world_text_32(&m, OTHER "\\TreatAs", ""), "-");
    cr_assert_eq(trial.views, 1u << MMK_VIEW_64, "tried where it is");
    cr_assert_eq(verify(), MMK_OK);
    cr_assert_eq(problems, 0, "%s", findings);

    model_set_module(&m, "testcard.drv", MMK_VIEW_32, 0, MMK_OK); /* somebody copied it there */
    cr_assert_eq(verify(), MMK_OK);
    cr_assert_not_null(strstr(findings, "not registered for 32-bit programs"), "%s", findings);
    cr_assert_eq(RUN(&m, &product, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text_32(&m, OTHER "\\TreatAs", ""), "{ours}");

    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_ERR_NOT_FOUND); /* and took this one */
    cr_assert_eq(verify(), MMK_OK);
    cr_assert_not_null(strstr(findings, "there is no 64-bit testcard.drv"), "%s", findings);
    cr_assert_eq(RUN(&m, &product, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK, "%s", report.text);
    cr_assert_str_eq(world_text(&m, OTHER "\\TreatAs", ""), "-", "COM is sent nowhere");
    cr_assert_str_eq(world_text(&m, OTHER, ""), "the system's");
}

Test(products, a_trial_that_fails_takes_everything_back)
{
    for (int mode = MODEL_DURABLE; mode <= MODEL_BUFFERED; mode++) {
        m.mode = (enum model_mode)mode;
        const uint64_t before = world();
        trial.err = MMK_ERR_STATE;
        trial.n_calls = 0;
        cr_assert_eq(INSTALL("rate_hz=44100"), CANCEL);
        cr_assert_eq(report.reason, MMK_REASON_TRIAL);
        cr_assert_not_null(strstr(report.text, "it hums"), "%s", report.text);
        cr_assert_eq(trial.n_calls, 1, "the first width decides");
        cr_assert(trial.saw_value);
        cr_assert_eq(world(), before);
        struct mmk_installed one;
        cr_assert_eq(mmk_install_enum(&m.port, 0, &one), MMK_ERR_NOT_FOUND);
    }
}

Test(products, an_upgrade_that_fails_its_trial_leaves_the_old_one)
{
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    const uint64_t before = world_answer(&m);
    product.version += 1;
    trial.err = MMK_ERR_TIMEOUT;
    cr_assert_eq(INSTALL("rate_hz=48000"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_TRIAL);
    cr_assert_eq(world_answer(&m), before);
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "44100");
}

Test(products, what_cannot_be_tried_is_said_and_counts)
{
    trial.err = MMK_ERR_UNSUPPORTED;
    cr_assert_eq(INSTALL(NULL), OK);
    cr_assert_not_null(strstr(report.text, "not tried: it hums"), "%s", report.text);
    cr_assert_eq(REMOVE(), OK);
    trial.n_calls = 0;
    cr_assert_eq(RUN(&m, &product, MMK_VERB_INSTALL, MMK_INSTALL_NO_TRIAL, NULL, &report, NULL),
                 OK);
    cr_assert_eq(trial.n_calls, 0);
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(RUN(&m, &product, MMK_VERB_INSTALL, MMK_INSTALL_DRY_RUN, NULL, &report, NULL), OK);
    cr_assert_eq(trial.n_calls, 0, "a dry run starts nothing");
    cr_assert_eq(REMOVE(), CANCEL, "there is nothing to remove");
}

Test(products, verify_tries_it_too)
{
    cr_assert_eq(INSTALL(NULL), OK);
    trial.err = MMK_ERR_CRASHED;
    cr_assert_eq(verify(), MMK_OK);
    cr_assert_eq(problems, 1);
    cr_assert_not_null(strstr(findings, "it hums"), "%s", findings);
}

Test(products, one_for_another_host_is_refused_with_the_way_to_it)
{
    const uint64_t before = world();
    product.hosts = MMK_HOST_WINE;
    m.port.host = "posix";
    cr_assert_eq(INSTALL(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    cr_assert_not_null(strstr(report.text, "--prefix"), "%s", report.text);
    cr_assert_eq(world(), before);
}

static const char *ini(const char *key)
{
    static char text[128];
    const mmk_err err =
        m.port.files->ops->ini_get(m.port.files, INI, "drivers32", key, text, sizeof text);
    return err == MMK_OK ? text : "-";
}

Test(products, lines_of_ini_files_come_and_go_with_it)
{
    m.port.host = "posix";
    m.port.windows_dir = "C:\\windows";
    product.lines = lines;
    product.n_lines = sizeof lines / sizeof lines[0];
    const uint64_t before = world();
    cr_assert_eq(INSTALL(NULL), OK, "%s", report.text);
    cr_assert_str_eq(ini("msacm.test"), "testcard.drv");
    cr_assert_str_eq(ini("elsewhere"), "-", "of another host");
    cr_assert_eq(m.port.files->ops->ini_set(m.port.files, INI, "drivers32", "msacm.test", NULL),
                 MMK_OK);
    cr_assert_eq(RUN(&m, &product, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(ini("msacm.test"), "testcard.drv", "repair writes it again");
    cr_assert_eq(REMOVE(), OK);
    cr_assert_str_eq(ini("msacm.test"), "-");
    cr_assert_eq(world(), before);
}

Test(products, a_cache_goes_with_its_key)
{
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    const uint64_t installed = world();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "cFormatTags", "1");
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK);
    const struct mmk_reg_key key = {MMK_REG_MACHINE, MMK_VIEW_64, CACHE};
    cr_assert_eq(m.port.registry->ops->has_key(m.port.registry, &key), MMK_ERR_NOT_FOUND);
    (void)installed;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE "\\deeper", "foreign", "1");
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CACHE "\\deeper", "foreign"), "1", "what is not ours stays");
}
