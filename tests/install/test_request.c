/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "install/install_world.h"

enum { CANCEL, OK };

/* Every malformed request gets an error that names the fault and leaves everything as it was. */

static struct model m;
static struct mmk_install_report report;
static uint64_t before;

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
    before = model_hash_world(&m.world, true, true);
}

static void end(void)
{
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
    cr_assert_eq(m.heap_out, 0);
    cr_assert_eq(m.n_writes, 0);
    model_fini(&m);
}

TestSuite(request, .init = begin, .fini = end);

static void refused(const struct mmk_install_request *request, mmk_install_reason reason,
                    const char *named)
{
    cr_assert_eq(mmk_install_run(&m.port, &test_card, request, NULL, &report), CANCEL, "%s", named);
    cr_assert_eq(report.reason, reason, "%s: %s (%s)", named,
                 mmk_install_reason_name(report.reason), report.text);
    cr_assert_not_null(strstr(report.text, named), "\"%s\" in: %s", named, report.text);
}

Test(request, of_another_section_is_refused)
{
    static const char *const sections[] = {"MCI32", "", "drivers", "..\\Winlogon", "Drivers32\\x"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        refused(&(struct mmk_install_request){.section = sections[i]}, MMK_REASON_BAD_REQUEST,
                sections[i]);
}

static const struct {
    const char *name, *text, *named;
} settings[] = {
    {"nothing", "1", "nothing"},
    {"", "1", "no parameter"},
    {"rate_hz", "", "rate_hz"},
    {"rate_hz", "7", "rate_hz"},
    {"rate_hz", "fast", "rate_hz"},
    {"backend", "system", "backend"},
    {"path", "a\"b", "path"},
    {"device.16.rate_hz", "8000", "device.16"},
    {"device.x.rate_hz", "8000", "device.x"},
    {"device.-1.rate_hz", "8000", "device.-1"},
    {"device.1", "8000", "device.1"},
    {"device.1.", "8000", "no parameter"},
    {"device.1.devices", "2", "devices"},
    {"device.99999999999999999999.rate_hz", "8000", "device.9"},
};

Test(request, with_a_bad_setting_is_refused)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const struct mmk_assignment a = {settings[i].name, settings[i].text};
        refused(&(struct mmk_install_request){.assignments = &a, .n_assignments = 1},
                MMK_REASON_BAD_SETTING, settings[i].named);
    }
    const struct mmk_assignment none = {NULL, "1"};
    refused(&(struct mmk_install_request){.assignments = &none, .n_assignments = 1},
            MMK_REASON_BAD_SETTING, "");
}

Test(request, with_a_setting_given_twice_is_refused)
{
    const struct mmk_assignment a[] = {{"rate_hz", "8000"}, {"RATE_HZ", "8000"}};
    refused(&(struct mmk_install_request){.assignments = a, .n_assignments = 2},
            MMK_REASON_BAD_SETTING, "twice");
}

Test(request, with_settings_for_a_verb_that_takes_none_is_refused)
{
    const struct mmk_assignment a = {"rate_hz", "8000"};
    refused(&(struct mmk_install_request){.verb = MMK_VERB_REMOVE,
                                          .assignments = &a,
                                          .n_assignments = 1},
            MMK_REASON_BAD_REQUEST, "remove");
}

Test(request, of_an_unknown_verb_is_refused)
{
    refused(&(struct mmk_install_request){.verb = (mmk_install_verb)42}, MMK_REASON_BAD_REQUEST,
            "verb");
}

Test(request, to_copy_nothing_is_refused)
{
    refused(&(struct mmk_install_request){.flags = MMK_INSTALL_COPY_FILES}, MMK_REASON_BAD_REQUEST,
            "copy");
    m.port.drivers_dir = NULL;
    refused(&(struct mmk_install_request){.flags = MMK_INSTALL_COPY_FILES,
                                          .source_file = "/x/testcard.drv"},
            MMK_REASON_BAD_REQUEST, "folder");
}

Test(request, to_copy_for_the_other_width_needs_its_folder)
{
    refused(&(struct mmk_install_request){.flags = MMK_INSTALL_COPY_FILES,
                                          .source_file = "/x/testcard.drv",
                                          .source_file_other = "/y/testcard.drv"},
            MMK_REASON_BAD_REQUEST, "that width");
}

static const char *const bad_ini[] = {"/etc/passwd|a|b|c", "system.ini|a|b|c",
                                      "/win/../etc/system.ini|a|b|c", "", "|||"};

Test(request, with_ini_lines_elsewhere_is_refused)
{
    for (size_t i = 0; i < sizeof bad_ini / sizeof bad_ini[0]; i++) {
        const char *const lines[] = {bad_ini[i], NULL};
        refused(&(struct mmk_install_request){.ini_lines = lines}, MMK_REASON_BAD_REQUEST,
                "system.ini");
    }
    const char *const short_line[] = {"/win/system.ini|drivers32|wave1", NULL};
    refused(&(struct mmk_install_request){.ini_lines = short_line}, MMK_REASON_BAD_REQUEST,
            "path|section|key|value");
}

/* ------------------------------------------------------------------ products that describe
 * themselves wrongly */

static const char *const bad_names[] = {
    "",
    "a b.drv",
    "..\\a.drv",
    "c:\\a.drv",
    "\\\\share\\a.drv",
    "/a.drv",
    "a.drv:stream",
    "a.drv.",
    "a.drv ",
    "\ta.drv",
    "a\x01.drv",
    "a.drv\n",
    "a?.drv",
    "a*.drv",
    "\"a.drv\"",
    "a|b.drv",
    "a<b.drv",
    "\xc3\xa4.drv",
    "a,b.drv",
    "a=b.drv",
    ".",
    "..",
    "...",
    ".drv",
    "a.drv..",
    "a.drv. ",
    " a.drv",
    "a.drv\t",
    "a\x7f.drv",
    "a\x1f.drv",
    "a\r\n.drv",
    "\\\\?\\C:\\a.drv",
    "\\\\.\\PhysicalDrive0",
    "\\\\.\\pipe\\a",
    "\\\\server\\share\\a.drv",
    "//server/share/a.drv",
    "\\a.drv",
    "sub\\a.drv",
    "sub/a.drv",
    "./a.drv",
    "../a.drv",
    "C:a.drv",
    "C:/a.drv",
    "file:a.drv",
    "a.drv::$DATA",
    "a.drv:x:$DATA",
    "CON",
    "nul.drv",
    "Aux.drv",
    "PRN",
    "com1.drv",
    "COM9",
    "lpt1.drv",
    "conin$",
    "%windir%\\a.drv",
    "a;b.drv",
    "a>b.drv",
    "a&b|c.drv",
    "a.drv /backend:file",
    "a.drv,DriverProc",
    "\xe2\x80\xae"
    "vrd.a",
    "a\xe2\x88\x95"
    "b.drv",
    "mmew\xd0\xb0"
    "ve.drv",
    "a\xff.drv",
    "a\xc0\xaf"
    "b.drv",
    "0123456789012345678901234567890123456789012345678901234567890123.drv",
};

Test(request, of_a_module_with_a_hostile_name_is_refused)
{
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++) {
        struct mmk_product product = test_card;
        const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL};
        product.file = bad_names[i];
        cr_expect_eq(mmk_install_run(&m.port, &product, &request, NULL, &report), CANCEL, "%s",
                     bad_names[i]);
        cr_expect_eq(report.reason, MMK_REASON_BAD_REQUEST, "%s", bad_names[i]);
    }
    cr_expect_geq(sizeof bad_names / sizeof bad_names[0], 60);
}

Test(request, of_a_product_with_foreign_keys_is_refused)
{
    static const char *const paths[] = {"Software\\Microsoft\\Windows\\CurrentVersion\\Run",
                                        "System", "Software"};
    for (size_t i = 0; i < 3; i++) {
        const struct mmk_extra_value extra = {.path = paths[i], .name = "x", .text = "y"};
        const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL};
        struct mmk_product product = test_card;
        product.extra = &extra;
        product.n_extra = 1;
        cr_assert_eq(mmk_install_run(&m.port, &product, &request, NULL, &report), CANCEL);
        cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    }
}

Test(request, without_a_report_is_served_all_the_same)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_REMOVE};
    cr_assert_eq(mmk_install_run(&m.port, &test_card, &request, NULL, NULL), CANCEL);
}
