/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "install/install_world.h"

enum { CANCEL, OK };

static struct model m;
static char found[8192];

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
    model_set_module(&m, "wdmaud.drv", MMK_VIEW_64, 0, MMK_OK);
    model_set_module(&m, "wdmaud.drv", MMK_VIEW_32, 0, MMK_OK);
}

static void end(void)
{
    cr_assert_eq(m.heap_out, 0);
    model_fini(&m);
}

TestSuite(verify, .init = begin, .fini = end);

static void note(void *user, mmk_severity severity, const char *what, const char *cure)
{
    (void)user;
    snprintf(found + strlen(found), sizeof found - strlen(found), "%d %s | %s\n", (int)severity,
             what, cure);
}

/* Number of problems; what was found is in `found`. Verifying never writes. */
static uint32_t verify(const struct mmk_product *product)
{
    uint32_t n = 0;
    found[0] = 0;
    m.n_writes = 0;
    cr_assert_eq(mmk_install_verify(&m.port, product, note, NULL, &n), MMK_OK);
    cr_assert_eq(m.n_writes, 0);
    cr_assert_eq(m.n_of[MODEL_LOCK] != 0 && m.locked, false);
    return n;
}

static void install(void)
{
    struct mmk_install_report report;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100"), OK);
}

static void finds(const char *what)
{
    cr_assert_gt(verify(&test_card), 0, "nothing found: want %s", what);
    cr_assert_not_null(strstr(found, what), "want %s in:\n%s", what, found);
}

Test(verify, of_what_is_not_installed_says_so)
{
    uint32_t n = 77;
    cr_assert_eq(mmk_install_verify(&m.port, &test_card, note, NULL, &n), MMK_ERR_NOT_FOUND);
    cr_assert_eq(n, 77);
}

Test(verify, of_a_fresh_install_finds_nothing)
{
    install();
    cr_assert_eq(verify(&test_card), 0, "%s", found);
    cr_assert_str_eq(found, "");
}

Test(verify, finds_what_is_missing)
{
    install();
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "Version");
    finds("Version is missing");
}

Test(verify, finds_what_was_changed)
{
    install();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, DESC, "testcard.drv", "by hand");
    finds("changed by somebody else to by hand");
}

Test(verify, finds_a_module_that_went)
{
    install();
    m.n_modules = 0;
    finds("not a 64-bit testcard.drv");
}

Test(verify, finds_a_view_that_lost_its_alias)
{
    install();
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave1");
    finds("32-bit programs have no wave1");
}

Test(verify, finds_another_driver_in_one_view)
{
    install();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave1", "thief.drv");
    finds("wave1 belongs to another driver for 32-bit programs: thief.drv");
}

Test(verify, finds_a_broken_module)
{
    install();
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_ERR_CORRUPT);
    finds("is no driver module");
}

Test(verify, finds_a_module_of_another_version)
{
    install();
    model_set_module(&m, "testcard.drv", MMK_VIEW_32, 7, MMK_OK);
    finds("32-bit testcard.drv is of another version");
}

Test(verify, finds_wave0)
{
    install();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave0", "oops.drv");
    finds("wave0 is no slot");
}

Test(verify, mentions_orphans_of_others_without_blame)
{
    install();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave6", "gone.drv");
    cr_assert_eq(verify(&test_card), 0);
    cr_assert_not_null(
        strstr(found, "wave6 for 64-bit programs names gone.drv, which is not there"), "%s", found);
}

Test(verify, finds_a_second_slot_that_names_us)
{
    install();
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave3", "testcard.drv");
    finds("wave3 names testcard.drv as well as wave1");
}

Test(verify, finds_an_alias_without_a_record)
{
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave3", "testcard.drv");
    finds("no record of installing it");
}

Test(verify, finds_a_damaged_setting)
{
    install();
    model_put_sz(&m, MMK_REG_USER, MMK_VIEW_64, CARD, "dither", "perhaps");
    finds("dither: \"perhaps\"");
}

Test(verify, finds_hardware_that_went)
{
    install();
    m.probe.err = MMK_ERR_GONE;
    m.probe.reason = "the device is unplugged";
    finds("the device is unplugged");
}

Test(verify, finds_a_supporting_driver_that_went)
{
    struct mmk_install_report report;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "backend=wod"), OK, "%s",
                 report.text);
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave");
    finds("wave is no alias of any driver");
}

Test(verify, finds_an_unfinished_installation)
{
    struct mmk_install_report report;
    install();
    m.fail_only = MODEL_RESET; /* the commit, and all journals after it */
    m.fail_for_ever = true;
    m.fail_at = m.n_ops;
    m.fail_err = MMK_ERR_IO;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz=8000"), CANCEL);
    m.fail_at = UINT64_MAX;
    finds("an unfinished installation waits");
    bool pending = false;
    cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
    cr_assert(pending);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
    cr_assert_not(pending);
    cr_assert_eq(verify(&test_card), 0, "%s", found);
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "44100");
}

Test(verify, finds_a_damaged_journal)
{
    static const uint8_t noise[] = "not a journal at all, is it";
    install();
    m.world.journal = noise;
    m.world.n_journal = m.world.n_synced = sizeof noise;
    finds("journal is damaged");
}

Test(verify, mentions_a_cache)
{
    struct mmk_install_report report;
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(verify(&test_codec), 0, "%s", found);
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "cFormatTags", "1");
    cr_assert_eq(verify(&test_codec), 0);
    cr_assert_not_null(strstr(found, "cache"));
}
