/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "install/install_world.h"

enum { CANCEL, OK, RESTART };

static struct model m;
static struct mmk_install_report report;

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
}

static void end(void)
{
    cr_assert_eq(m.heap_out, 0);
    model_fini(&m);
}

TestSuite(support, .init = begin, .fini = end);

static uint32_t install(const struct mmk_product *product, const char *setting)
{
    return RUN(&m, product, MMK_VERB_INSTALL, 0, NULL, &report, setting);
}

/* ------------------------------------------------------------------ our own module */

Test(support, our_module_has_to_be_there)
{
    m.n_modules = 0;
    cr_assert_eq(install(&test_card, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_MISSING);
    cr_assert_not_null(strstr(report.text, "testcard.drv"));
    cr_assert_eq(report.reached, MMK_INSTALL_SUPPORTED);
}

Test(support, our_module_has_to_be_a_driver)
{
    m.n_modules = 0;
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_ERR_CORRUPT);
    cr_assert_eq(install(&test_card, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_BROKEN);
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    m.module[0].info.exports_driver_proc = false;
    cr_assert_eq(install(&test_card, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_BROKEN);
}

/* ------------------------------------------------------------------ supporting drivers: the whole
 * table */

static const struct {
    const char *what;
    mmk_err inspect, load;
    uint32_t version, min;
    bool no_proc;
    mmk_install_reason reason; /* NONE: it installs */
} table[] = {
    {"as it should be", MMK_OK, MMK_OK, 3, 2, false, MMK_REASON_NONE},
    {"just new enough", MMK_OK, MMK_OK, 2, 2, false, MMK_REASON_NONE},
    {"any version will do", MMK_OK, MMK_OK, 0, 0, false, MMK_REASON_NONE},
    {"missing", MMK_ERR_NOT_FOUND, MMK_OK, 3, 2, false, MMK_REASON_SUPPORT_MISSING},
    {"other width", MMK_ERR_BITNESS, MMK_OK, 3, 2, false, MMK_REASON_SUPPORT_BITNESS},
    {"no module", MMK_ERR_CORRUPT, MMK_OK, 3, 2, false, MMK_REASON_SUPPORT_BROKEN},
    {"no driver", MMK_OK, MMK_OK, 3, 2, true, MMK_REASON_SUPPORT_BROKEN},
    {"too old", MMK_OK, MMK_OK, 1, 2, false, MMK_REASON_SUPPORT_VERSION},
    {"does not say", MMK_OK, MMK_OK, 0, 2, false, MMK_REASON_SUPPORT_VERSION},
    {"does not load", MMK_OK, MMK_ERR_NOT_FOUND, 3, 2, false, MMK_REASON_SUPPORT_BROKEN},
    {"crashes when loaded", MMK_OK, MMK_ERR_CRASHED, 3, 2, false, MMK_REASON_SUPPORT_BROKEN},
};

Test(support, each_fault_of_a_supporting_driver_has_its_reason_and_cure)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct mmk_support need = {.kind = MMK_SUPPORT_MODULE,
                                         .name = "helper.drv",
                                         .min_version = table[i].min,
                                         .cure = "get the helper"};
        struct mmk_product product = test_card;
        product.support = &need;
        product.n_support = 1;
        model_set_module(&m, "helper.drv", MMK_VIEW_64, table[i].version, table[i].inspect);
        struct model_module *helper = &m.module[m.n_modules - 1];
        helper->load = table[i].load;
        helper->reason = "libmissing is missing";
        helper->info.exports_driver_proc = !table[i].no_proc;
        const uint64_t before = model_hash_world(&m.world, true, true);
        const uint32_t answer = install(&product, NULL);
        cr_assert_eq(report.reason, table[i].reason, "%s: %s", table[i].what, report.text);
        cr_assert_eq(answer, table[i].reason == MMK_REASON_NONE ? OK : CANCEL);
        if (answer == CANCEL) {
            cr_assert_eq(report.reached, MMK_INSTALL_SUPPORTED);
            cr_assert_not_null(strstr(report.text, "helper.drv"), "%s", report.text);
            cr_assert_not_null(strstr(report.text, "get the helper"), "%s", report.text);
            cr_assert_eq(model_hash_world(&m.world, true, true), before, "%s", table[i].what);
        } else {
            cr_assert_eq(RUN(&m, &product, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
        }
        if (table[i].load != MMK_OK)
            cr_assert_eq(answer, CANCEL);
    }
}

Test(support, is_asked_for_only_where_settings_need_it)
{
    model_set_module(&m, "wdmaud.drv", MMK_VIEW_64, 0, MMK_ERR_NOT_FOUND);
    cr_assert_eq(install(&test_card, "backend=null"), OK);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(install(&test_card, "backend=wod"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_MISSING);
    cr_assert_not_null(strstr(report.text, "install a wave driver first"));
    model_set_module(&m, "wdmaud.drv", MMK_VIEW_64, 0, MMK_OK);
    cr_assert_eq(install(&test_card, "backend=wod"), OK, "%s", report.text);
}

Test(support, an_alias_has_to_exist_and_to_name_a_file)
{
    model_set_module(&m, "wdmaud.drv", MMK_VIEW_64, 0, MMK_OK);
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave");
    cr_assert_eq(install(&test_card, "backend=wod"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_MISSING);
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave", "");
    cr_assert_eq(install(&test_card, "backend=wod"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_BROKEN);
}

Test(support, a_key_has_to_exist)
{
    const struct mmk_support need = {
        .kind = MMK_SUPPORT_KEY, .name = "Software\\Needed", .cure = "install that"};
    struct mmk_product product = test_card;
    product.support = &need;
    product.n_support = 1;
    cr_assert_eq(install(&product, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_MISSING);
    model_put_key(&m, MMK_REG_MACHINE, MMK_VIEW_64, "Software\\Needed");
    cr_assert_eq(install(&product, NULL), OK);
}

/* ------------------------------------------------------------------ hardware: the whole table */

static const struct {
    mmk_err err;
    uint64_t takes_ms;
    mmk_install_reason reason;
    uint32_t answer;
} hardware[] = {
    {MMK_OK, 0, MMK_REASON_NONE, OK},
    {MMK_OK, 1900, MMK_REASON_NONE, OK},
    {MMK_OK, 60000, MMK_REASON_HARDWARE_TIMEOUT,
     CANCEL}, /* it came back at last: every program would wait so */
    {MMK_ERR_NOT_FOUND, 0, MMK_REASON_HARDWARE_ABSENT, CANCEL},
    {MMK_ERR_GONE, 0, MMK_REASON_HARDWARE_ABSENT, CANCEL},
    {MMK_ERR_BUSY, 0, MMK_REASON_HARDWARE_BUSY, CANCEL},
    {MMK_ERR_TIMEOUT, 2000, MMK_REASON_HARDWARE_TIMEOUT, CANCEL},
    {MMK_ERR_FORMAT, 0, MMK_REASON_HARDWARE_FORMAT, CANCEL},
    {MMK_ERR_ACCESS, 0, MMK_REASON_HARDWARE_FAILED, CANCEL},
    {MMK_ERR_UNSUPPORTED, 0, MMK_REASON_HARDWARE_FAILED, CANCEL},
    {MMK_ERR_IO, 0, MMK_REASON_HARDWARE_FAILED, CANCEL},
    {MMK_ERR_PENDING, 0, MMK_REASON_RESTART_DEVICE, RESTART},
};

Test(support, each_answer_of_the_hardware_has_its_own)
{
    for (size_t i = 0; i < sizeof hardware / sizeof hardware[0]; i++) {
        const uint64_t before = model_hash_world(&m.world, true, true);
        m.probe.err = hardware[i].err;
        m.probe.takes_ns = hardware[i].takes_ms * 1000000u;
        m.probe.reason = "the cable is loose; push it in";
        const uint32_t answer = install(&test_card, NULL);
        cr_assert_eq(answer, hardware[i].answer, "%s: %u %s", mmk_err_name(hardware[i].err), answer,
                     report.text);
        cr_assert_eq(report.reason, hardware[i].reason, "%s: %s", mmk_err_name(hardware[i].err),
                     report.text);
        if (answer == CANCEL) {
            cr_assert_eq(report.reached, MMK_INSTALL_PROBED);
            cr_assert_eq(model_hash_world(&m.world, true, true), before);
            if (hardware[i].err != MMK_OK)
                cr_assert_not_null(strstr(report.text, "the cable is loose"), "%s", report.text);
        }
        m.probe.err = MMK_OK;
        m.probe.takes_ns = 0;
        if (answer != CANCEL)
            cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    }
}

Test(support, every_device_is_probed_in_both_directions)
{
    cr_assert_eq(install(&test_card, "devices=5"), OK);
    cr_assert_eq(m.probe.n_calls, 10);
    m.probe.err = MMK_ERR_BUSY;
    m.probe.fail_device = 3;
    cr_assert_eq(install(&test_card, "rate_hz=8000"), CANCEL);
    cr_assert_not_null(strstr(report.text, "device 3 (playing)"), "%s", report.text);
    cr_assert_eq(m.probe.n_calls, 7);
}

Test(support, a_product_without_hardware_is_not_probed)
{
    m.probe.err = MMK_ERR_BUSY;
    cr_assert_eq(install(&test_codec, NULL), OK);
    cr_assert_eq(m.probe.n_calls, 0);
}

/* ------------------------------------------------------------------ the dialog */

struct ui {
    struct mmk_ui seam;
    mmk_err answer;
    const char *name, *text;
    unsigned n_asked;
};

static mmk_err prompt(struct mmk_ui *self, const struct mmk_param_table *params,
                      struct mmk_settings *settings, uintptr_t parent)
{
    struct ui *ui = (struct ui *)(void *)self;
    (void)parent;
    ui->n_asked++;
    if (ui->answer == MMK_OK && ui->name != NULL)
        strcpy(settings->value[mmk_param_index(params, ui->name)].text, ui->text);
    return ui->answer;
}

static const struct mmk_ui_ops ui_ops = {.prompt = prompt};

Test(support, the_user_is_asked_only_when_told_to)
{
    struct ui ui = {.seam = {&ui_ops}, .name = "rate_hz", .text = "32000"};
    m.port.ui = &ui.seam;
    cr_assert_eq(install(&test_card, NULL), OK);
    cr_assert_eq(ui.n_asked, 0);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, MMK_INSTALL_INTERACTIVE, NULL, &report,
                     "dither=off"),
                 OK);
    cr_assert_eq(ui.n_asked, 1);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:32000 /dither:off");
}

Test(support, the_user_may_cancel_and_nothing_happened)
{
    struct ui ui = {.seam = {&ui_ops}, .answer = MMK_ERR_CANCELLED};
    const uint64_t before = model_hash_world(&m.world, true, true);
    m.port.ui = &ui.seam;
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_INSTALL, MMK_INSTALL_INTERACTIVE, NULL, &report, NULL),
        CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_USER);
    cr_assert_eq(report.reached, MMK_INSTALL_CONFIGURED);
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
}

Test(support, a_dialog_is_outside_input_too)
{
    struct ui ui = {.seam = {&ui_ops}, .name = "rate_hz", .text = "-5"};
    m.port.ui = &ui.seam;
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_INSTALL, MMK_INSTALL_INTERACTIVE, NULL, &report, NULL),
        CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_SETTING);
}

Test(support, without_a_way_to_ask_the_run_is_silent)
{
    struct ui ui = {.seam = {&ui_ops}, .answer = MMK_ERR_UNSUPPORTED};
    m.port.ui = &ui.seam;
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_INSTALL, MMK_INSTALL_INTERACTIVE, NULL, &report, NULL), OK);
}

/* A support whose name is a setting: what the user named is what is looked for. */
Test(support, is_the_one_that_a_setting_names)
{
    static const struct {
        const char *secret;
        mmk_err file; /* what other.drv is */
        mmk_install_reason reason;
        const char *says;
    } rows[] = {
        {"wave5", MMK_OK, MMK_REASON_SUPPORT_MISSING, "wave5 is no alias"},
        {"wave6", MMK_OK, MMK_REASON_NONE, ""},
        {"wave6", MMK_ERR_NOT_FOUND, MMK_REASON_SUPPORT_MISSING, "wave6 (other.drv) is not there"},
        {"wave6", MMK_ERR_BITNESS, MMK_REASON_SUPPORT_BITNESS, "wave6 (other.drv) is for"},
        {"other.drv", MMK_ERR_NOT_FOUND, MMK_REASON_SUPPORT_MISSING, "other.drv is not there"},
        {"other.drv", MMK_OK, MMK_REASON_NONE, ""},
    };
    static const struct mmk_support need = {
        .kind = MMK_SUPPORT_ALIAS, .name = "wave", .param = "secret", .cure = "get it"};
    struct mmk_product product = test_card;
    product.support = &need;
    product.n_support = 1;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave6", "other.drv /loud");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char setting[64];
        snprintf(setting, sizeof setting, "secret=%s", rows[i].secret);
        model_set_module(&m, "other.drv", MMK_VIEW_64, 0, rows[i].file);
        const uint32_t answer = install(&product, setting);
        cr_assert_eq(report.reason, rows[i].reason, "%zu: %s", i, report.text);
        cr_assert_not_null(strstr(report.text, rows[i].says), "%zu: %s", i, report.text);
        cr_assert_eq(answer, rows[i].reason == MMK_REASON_NONE ? OK : CANCEL);
        if (answer == OK)
            cr_assert_eq(RUN(&m, &product, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    }
}
