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
    cr_assert_eq(m.heap_out, 0, "memory kept");
    cr_assert_not(m.locked);
    model_fini(&m);
}

TestSuite(run, .init = begin, .fini = end);

static uint64_t everything(void)
{
    return model_hash_world(&m.world, true, true);
}

#define INSTALL(...) RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, __VA_ARGS__)
#define REMOVE()     RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL)

Test(run, install_writes_alias_settings_version_and_description)
{
    cr_assert_eq(INSTALL("rate_hz=44100", "path=C:\\x y", "secret=s"), OK);
    cr_assert_eq(report.reason, MMK_REASON_NONE);
    cr_assert_eq(report.reached, MMK_INSTALL_COMMITTED);
    cr_assert_str_eq(report.alias, "wave1");
    cr_assert(report.durable);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"),
                     "testcard.drv /path:\"C:\\x y\" /rate:44100");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"),
                     "testcard.drv /path:\"C:\\x y\" /rate:44100");
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "44100");
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "s");
    cr_assert_str_eq(world_text(&m, CARD, "dither"), "-", "what nobody set is not written");
    cr_assert_str_eq(world_text(&m, CARD, "Version"), "33554432");
    cr_assert_str_eq(world_text(&m, DESC, "testcard.drv"), "the test's card");
    cr_assert_str_eq(world_text_32(&m, DESC, "testcard.drv"), "the test's card");
    cr_assert_str_eq(world_text(&m, SECTION, "wave"), "wdmaud.drv");
}

Test(run, install_and_remove_leave_everything_byte_for_byte)
{
    for (int mode = MODEL_DURABLE; mode <= MODEL_BUFFERED; mode++) {
        m.mode = (enum model_mode)mode;
        const uint64_t before = model_hash_world(&m.world, false, false);
        cr_assert_eq(INSTALL("rate_hz=44100", "device.3.dither=off"), OK);
        cr_assert_neq(model_hash_world(&m.world, false, false), before);
        cr_assert_eq(REMOVE(), OK);
        cr_assert_eq(model_hash_world(&m.world, false, false), before);
        if (mode != MODEL_LAZY)
            cr_assert_eq(m.world.n_journal, 0, "the journal goes with the last product");
        else
            break;
    }
}

Test(run, install_twice_answers_ok_and_writes_nothing)
{
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    const uint64_t before = everything();
    m.n_writes = 0;
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(INSTALL(NULL), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(m.n_writes, 0);
    cr_assert_eq(everything(), before);
}

Test(run, install_again_with_other_settings_changes_just_those)
{
    cr_assert_eq(INSTALL("rate_hz=44100", "dither=off"), OK);
    cr_assert_eq(INSTALL("rate_hz=96000"), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:96000 /dither:off");
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "96000");
    cr_assert_str_eq(world_text(&m, CARD, "dither"), "off");
}

/* ------------------------------------------------------------------ adoption */

Test(run, an_alias_that_names_our_file_is_adopted_and_given_back)
{
    static const char old[] = "TESTCARD.DRV  -foreign /backend:file /odd:\"a  b\"";
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave4", old);
    const uint64_t before = everything();
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    cr_assert_str_eq(report.alias, "wave4");
    cr_assert_str_eq(world_text(&m, SECTION, "wave4"),
                     "TESTCARD.DRV -foreign /odd:\"a  b\" /backend:file /rate:44100");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave4"), "testcard.drv /rate:44100",
                     "the same number there");
    cr_assert_eq(REMOVE(), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave4"), old);
    cr_assert_eq(everything(), before);
}

Test(run, an_adopted_alias_without_new_settings_keeps_every_byte)
{
    static const char old[] = "testcard.drv   /rate:44100    /foreign";
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave2", old);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave2", &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave2"), old);
    cr_assert_eq(REMOVE(), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave2"), old);
}

Test(run, the_bare_slot_is_adopted_where_it_names_us)
{
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave", "testcard.drv");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave", &report, "dither=off"), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave"), "testcard.drv /dither:off");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave"), "wdmaud.drv",
                     "somebody else's in the other view");
}

Test(run, an_alias_with_a_path_is_ours_only_where_our_module_lies)
{
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1",
                 "\\\\evil\\share\\testcard.drv");
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave2", "/drivers/testcard.drv");
    cr_assert_eq(INSTALL(NULL), OK);
    cr_assert_str_eq(report.alias, "wave2");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave1", &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SLOT_TAKEN);
    cr_assert_not_null(strstr(report.text, "\\\\evil\\share"));
}

Test(run, a_malformed_alias_text_is_refused_by_name_and_kept)
{
    static const char *const texts[] = {"testcard.drv /rate:1 /rate:2", "testcard.drv /rate:7",
                                        "testcard.drv /path:\"x", "testcard.drv /backend:tape"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1", texts[i]);
        const uint64_t before = everything();
        cr_assert_eq(INSTALL(NULL), CANCEL, "%s", texts[i]);
        cr_assert_eq(report.reason, MMK_REASON_BAD_SETTING);
        cr_assert_gt(strlen(report.text), 10);
        cr_assert_eq(everything(), before);
    }
}

Test(run, an_alias_that_leaves_no_room_is_refused)
{
    char text[300] = "testcard.drv ";
    memset(text + 13, 'f', 250);
    text[263] = 0;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1", text);
    cr_assert_eq(INSTALL("rate_hz=44100"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_ALIAS_TOO_LONG);
}

/* ------------------------------------------------------------------ versions */

Test(run, upgrade_keeps_settings)
{
    struct mmk_product newer = test_card;
    newer.version = 5u << 24;
    cr_assert_eq(INSTALL("rate_hz=44100", "secret=s"), OK);
    cr_assert_eq(RUN(&m, &newer, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.reason, MMK_REASON_NONE);
    cr_assert_eq(report.n_steps, 1, "only the version changes");
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "s");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:44100");
}

Test(run, downgrade_is_refused_unless_forced)
{
    struct mmk_product older = test_card;
    older.version = 1u << 24;
    cr_assert_eq(INSTALL(NULL), OK);
    const uint64_t before = everything();
    cr_assert_eq(RUN(&m, &older, MMK_VERB_INSTALL, 0, NULL, &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_DOWNGRADE);
    cr_assert_not_null(strstr(report.text, "2.0.0"));
    cr_assert_eq(everything(), before);
    cr_assert_eq(RUN(&m, &older, MMK_VERB_INSTALL, MMK_INSTALL_FORCE, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CARD, "Version"), "16777216");
}

Test(run, a_newer_version_without_a_record_counts_too)
{
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "Version", MMK_REG_DWORD, "\0\0\0\x09", 4);
    cr_assert_eq(INSTALL(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_DOWNGRADE);
}

/* ------------------------------------------------------------------ several products */

Test(run, two_products_come_and_go_in_any_order)
{
    const struct mmk_product *const both[2] = {&test_card, &test_codec};
    const uint64_t before = everything();
    for (int order = 0; order < 4; order++) {
        struct mmk_installed one;
        cr_assert_eq(RUN(&m, both[order & 1], MMK_VERB_INSTALL, 0, NULL, &report, "secret=1"), OK);
        cr_assert_eq(RUN(&m, both[!(order & 1)], MMK_VERB_INSTALL, 0, NULL, &report, "secret=2"),
                     OK);
        cr_assert_eq(mmk_install_enum(&m.port, 1, &one), MMK_OK);
        cr_assert_eq(mmk_install_enum(&m.port, 2, &one), MMK_ERR_NOT_FOUND);
        cr_assert_eq(RUN(&m, both[order >> 1], MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
        cr_assert_eq(mmk_install_enum(&m.port, 0, &one), MMK_OK);
        cr_assert_str_eq(one.product, both[!(order >> 1)]->name, "the other one stays");
        cr_assert_eq(RUN(&m, both[!(order >> 1)], MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
        cr_assert_eq(everything(), before, "order %d", order);
    }
}

Test(run, a_value_that_a_second_product_wrote_over_is_its_to_give_back)
{
    static const struct mmk_extra_value common = {
        .root = MMK_REG_MACHINE, .path = HOME "\\common", .name = "v", .text = "second"};
    static const struct mmk_extra_value first = {
        .root = MMK_REG_MACHINE, .path = HOME "\\common", .name = "v", .text = "first"};
    struct mmk_product a = test_card;
    struct mmk_product b = test_codec;
    a.extra = &first;
    b.extra = &common;
    a.n_extra = b.n_extra = 1;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, HOME "\\common", "v", "theirs");
    const uint64_t before = everything();
    cr_assert_eq(RUN(&m, &a, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(RUN(&m, &b, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(RUN(&m, &a, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.n_conflicts, 0);
    cr_assert_str_eq(world_text(&m, HOME "\\common", "v"), "second");
    cr_assert_eq(RUN(&m, &b, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, HOME "\\common", "v"), "theirs");
    cr_assert_eq(everything(), before);
}

/* ------------------------------------------------------------------ remove */

Test(run, remove_of_what_is_not_installed_says_so)
{
    cr_assert_eq(REMOVE(), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NOT_INSTALLED);
}

Test(run, remove_keeps_a_foreign_edit_and_reports_it)
{
    cr_assert_eq(INSTALL("secret=s"), OK);
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret", "by hand");
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "sibling", "by hand");
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(report.reason, MMK_REASON_CONFLICT);
    cr_assert_eq(report.n_conflicts, 1);
    cr_assert_not_null(strstr(report.text, "secret"), "%s", report.text);
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "by hand");
    cr_assert_str_eq(world_text(&m, CARD, "sibling"), "by hand");
    cr_assert_str_eq(world_text(&m, CARD, "Version"), "-");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
}

Test(run, remove_by_force_takes_edited_values_but_no_foreign_slot)
{
    cr_assert_eq(INSTALL("secret=s"), OK);
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret", "by hand");
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1", "other.drv");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, MMK_INSTALL_FORCE, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "-");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "other.drv");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "-");
}

Test(run, remove_puts_overwritten_values_back)
{
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, DESC, "testcard.drv", "an older description");
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret", 0x99, "\x01\x02\x03", 3);
    const uint64_t before = everything();
    cr_assert_eq(INSTALL("secret=s"), OK);
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(everything(), before);
}

Test(run, remove_can_keep_the_settings_for_a_later_install)
{
    struct mmk_installed one;
    const uint64_t before = everything();
    cr_assert_eq(INSTALL("secret=s", "rate_hz=44100"), OK);
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_REMOVE, MMK_INSTALL_KEEP_SETTINGS, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "s");
    cr_assert_str_eq(world_text(&m, CARD, "Version"), "-");
    cr_assert_eq(mmk_install_enum(&m.port, 0, &one), MMK_ERR_NOT_FOUND);
    cr_assert_eq(INSTALL(NULL), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:44100",
                     "the kept setting counts");
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(everything(), before, "in the end they go too");
}

Test(run, remove_works_without_the_module)
{
    cr_assert_eq(INSTALL(NULL), OK);
    m.n_modules = 0;
    cr_assert_eq(REMOVE(), OK, "%s", report.text);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
}

Test(run, a_lost_journal_leaves_orphans_that_force_removes)
{
    const uint64_t before = everything();
    cr_assert_eq(INSTALL("secret=s", "device.1.rate_hz=8000"), OK);
    m.world.n_journal = m.world.n_synced = 0;
    cr_assert_eq(REMOVE(), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NOT_INSTALLED);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, MMK_INSTALL_FORCE, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "-");
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "-");
    cr_assert_str_eq(world_text(&m, SECTION, "wave"), "wdmaud.drv");
    (void)before;
}

Test(run, a_lost_journal_is_no_hindrance_to_install)
{
    cr_assert_eq(INSTALL("secret=s"), OK);
    m.world.n_journal = m.world.n_synced = 0;
    cr_assert_eq(INSTALL(NULL), OK);
    struct mmk_installed one;
    cr_assert_eq(mmk_install_enum(&m.port, 0, &one), MMK_OK);
    cr_assert_str_eq(one.alias, "wave1");
}

/* ------------------------------------------------------------------ configure */

Test(run, configure_changes_settings_and_alias_together)
{
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz=96000", "dither=off"),
        OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:96000 /dither:off");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "testcard.drv /rate:96000 /dither:off");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz", "dither"),
                 OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv");
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "-");
}

Test(run, configure_of_one_device_takes_that_option_out_of_the_alias)
{
    struct mmk_settings s;
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "device.1.rate_hz=8000"),
                 OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv",
                     "one text cannot serve both devices");
    cr_assert_eq(mmk_settings_load(&m.port, &test_params, "testcard", 1, NULL, &s, NULL), MMK_OK);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 8000);
    cr_assert_eq(mmk_settings_load(&m.port, &test_params, "testcard", 0, NULL, &s, NULL), MMK_OK);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 44100);
}

Test(run, configure_twice_is_a_no_op)
{
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    m.n_writes = 0;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz=44100"), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(m.n_writes, 0);
}

static uint32_t configure_user(uint32_t flags, bool per_user, const char *name, const char *text)
{
    const struct mmk_assignment a = {name, text};
    const struct mmk_install_request request = {.verb = MMK_VERB_CONFIGURE,
                                                .flags = flags,
                                                .assignments = &a,
                                                .n_assignments = 1,
                                                .per_user = per_user};
    return mmk_install_run(&m.port, &test_card, &request, NULL, &report);
}

Test(run, configure_per_user_writes_the_users_hive_only)
{
    const uint64_t machine = model_hash_hive(&m.world.hive[0].now, true);
    cr_assert_eq(configure_user(0, true, "dither", "off"), OK);
    cr_assert_eq(model_hash_hive(&m.world.hive[0].now, true), machine);
    cr_assert_str_eq(model_text(&m, MMK_REG_USER, MMK_VIEW_64, CARD, "dither"), "off");
}

Test(run, configure_per_user_refuses_what_the_alias_would_hide)
{
    cr_assert_eq(INSTALL("rate_hz=44100"), OK);
    const uint64_t before = everything();
    cr_assert_eq(configure_user(0, true, "rate_hz", "8000"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_SETTING);
    cr_assert_not_null(strstr(report.text, "wave1"));
    cr_assert_eq(everything(), before);
    cr_assert_eq(configure_user(0, true, "dither", "off"), OK);
}

/* No rights over the machine's hive: the first write to it is refused. */
static void no_rights(void *user, struct model *model)
{
    (void)user;
    (void)model;
}

Test(run, configure_falls_back_to_the_user_where_rights_are_missing)
{
    struct model_world start = m.world;
    unsigned n_fallbacks = 0;
    cr_assert_eq(INSTALL(NULL), OK);
    start = m.world;
    no_rights(NULL, &m);
    for (int fallback = 0; fallback < 2; fallback++) {
        model_enter(&m, &start);
        m.fail_only = MODEL_SET; /* the first set: the machine's stamp */
        m.fail_err = MMK_ERR_ACCESS;
        uint64_t at = 0;
        uint32_t answer = CANCEL;
        /* the operation's number is not known beforehand: the first that hits */
        for (at = 0; at < 400; at++) {
            model_enter(&m, &start);
            m.fail_at = at;
            answer = configure_user(fallback != 0 ? MMK_INSTALL_USER_FALLBACK : 0, false, "dither",
                                    "off");
            if (m.n_failed > 0)
                break;
        }
        cr_assert_eq(m.n_failed, 1);
        if (fallback == 0) {
            cr_assert_eq(answer, CANCEL);
            cr_assert_eq(report.reason, MMK_REASON_NO_RIGHTS);
        } else {
            cr_assert_eq(answer, OK, "%s", report.text);
            cr_assert_str_eq(model_text(&m, MMK_REG_USER, MMK_VIEW_64, CARD, "dither"), "off");
            cr_assert_str_eq(world_text(&m, CARD, "dither"), "-");
            n_fallbacks++;
        }
        m.fail_at = UINT64_MAX;
        m.fail_only = -1;
    }
    cr_assert_eq(n_fallbacks, 1);
}

/* ------------------------------------------------------------------ repair, PnP, caches, files */

Test(run, repair_writes_what_is_missing_and_keeps_what_was_changed)
{
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REPAIR, 0, NULL, &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NOT_INSTALLED);
    cr_assert_eq(INSTALL("secret=s"), OK);
    const uint64_t before = model_hash_world(&m.world, false, false);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret");
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave1");
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, DESC, "testcard.drv", "by hand");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REPAIR, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.n_conflicts, 1);
    cr_assert_str_eq(world_text(&m, CARD, "secret"), "s");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "testcard.drv");
    cr_assert_str_eq(world_text(&m, DESC, "testcard.drv"), "by hand");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REPAIR, MMK_INSTALL_FORCE, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, DESC, "testcard.drv"), "the test's card");
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, HOME, "Stamp");
    (void)before;
}

Test(run, pnp_install_picks_no_slot)
{
    const uint64_t before = everything();
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_PNP_INSTALL, 0, NULL, &report, "rate_hz=44100"), OK);
    cr_assert_str_eq(report.alias, "");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
    cr_assert_str_eq(world_text(&m, CARD, "rate_hz"), "44100");
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(everything(), before);
}

Test(run, a_stale_cache_is_dropped_by_install_and_remove)
{
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "cFormatTags", "stale");
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CACHE, "cFormatTags"), "-");
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, CACHE, "cFormatTags",
                 "written by Windows meanwhile");
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(world_text(&m, CACHE, "cFormatTags"), "-");
}

static uint32_t copy_install(void)
{
    static const char *const ini[] = {"/win/system.ini|drivers32|wave1|testcard.drv", NULL};
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL,
                                                .flags = MMK_INSTALL_COPY_FILES,
                                                .source_file = "/source/testcard.drv",
                                                .ini_lines = ini};
    return mmk_install_run(&m.port, &test_card, &request, NULL, &report);
}

Test(run, files_and_ini_lines_join_the_transaction)
{
    model_put_file(&m, "/source/testcard.drv", "new module");
    model_set_module(&m, "/source/testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    const uint64_t before = everything();
    cr_assert_eq(copy_install(), OK, "%s", report.text);
    cr_assert_str_eq(model_file(&m, "/drivers/testcard.drv"), "new module");
    cr_assert_eq(copy_install(), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(REMOVE(), OK);
    cr_assert_eq(everything(), before);
}

Test(run, a_replaced_module_comes_back_on_remove)
{
    model_put_file(&m, "/source/testcard.drv", "new module");
    model_put_file(&m, "/drivers/testcard.drv", "their module");
    model_set_module(&m, "/source/testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    const uint64_t before = everything();
    cr_assert_eq(copy_install(), OK);
    cr_assert_str_eq(model_file(&m, "/drivers/testcard.drv"), "new module");
    model_put_file(&m, "/source/testcard.drv", "newer module");
    cr_assert_eq(copy_install(), OK);
    cr_assert_str_eq(model_file(&m, "/drivers/testcard.drv"), "newer module");
    cr_assert_eq(REMOVE(), OK);
    model_put_file(&m, "/source/testcard.drv", "new module");
    cr_assert_eq(everything(), before);
}

/* Two modules of one name beside each other, as a setup for both widths has them. */
static uint32_t copy_both(uint32_t flags)
{
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL,
                                                .flags = MMK_INSTALL_COPY_FILES | flags,
                                                .source_file = "/source/testcard.drv",
                                                .source_file_other = "/source32/testcard.drv"};
    m.port.drivers_dir_other = "/drivers32";
    return mmk_install_run(&m.port, &test_card, &request, NULL, &report);
}

static void two_sources(void)
{
    model_put_file(&m, "/source/testcard.drv", "wide module");
    model_put_file(&m, "/source32/testcard.drv", "narrow module");
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        const bool wide = view == MMK_VIEW_64;
        model_set_module(&m, "testcard.drv", (mmk_reg_view)view, 0, MMK_ERR_NOT_FOUND);
        model_set_module(&m, "/source/testcard.drv", (mmk_reg_view)view, 0,
                         wide ? MMK_OK : MMK_ERR_BITNESS);
        model_set_module(&m, "/source32/testcard.drv", (mmk_reg_view)view, 0,
                         wide ? MMK_ERR_BITNESS : MMK_OK);
    }
}

Test(run, modules_of_both_widths_are_copied_and_registered_each_in_its_view)
{
    two_sources();
    const uint64_t before = everything();
    cr_assert_eq(copy_both(0), OK, "%s", report.text);
    cr_assert_str_eq(model_file(&m, "/drivers/testcard.drv"), "wide module");
    cr_assert_str_eq(model_file(&m, "/drivers32/testcard.drv"), "narrow module");
    struct mmk_installed installed;
    cr_assert_eq(mmk_install_enum(&m.port, 0, &installed), MMK_OK);
    cr_assert(installed.view_64 && installed.view_32);
    cr_assert_eq(copy_both(0), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(REMOVE(), OK, "%s", report.text);
    cr_assert_eq(everything(), before);
}

Test(run, the_other_width_alone_can_be_copied_and_its_own_is_found_in_place)
{
    two_sources();
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    const struct mmk_install_request request = {.verb = MMK_VERB_INSTALL,
                                                .flags = MMK_INSTALL_COPY_FILES,
                                                .source_file_other = "/source32/testcard.drv"};
    m.port.drivers_dir_other = "/drivers32";
    cr_assert_eq(mmk_install_run(&m.port, &test_card, &request, NULL, &report), OK);
    cr_assert_str_eq(model_file(&m, "/drivers32/testcard.drv"), "narrow module");
    struct mmk_installed installed;
    cr_assert_eq(mmk_install_enum(&m.port, 0, &installed), MMK_OK);
    cr_assert(installed.view_64 && installed.view_32);
}

static void refuses_to_copy(mmk_install_reason reason, const char *word)
{
    const uint64_t before = everything();
    cr_assert_eq(copy_both(0), CANCEL);
    cr_assert_eq(report.reason, reason, "%s", report.text);
    cr_assert(strstr(report.text, word) != NULL, "%s", report.text);
    cr_assert_eq(everything(), before);
}

Test(run, a_broken_source_of_either_width_is_refused)
{
    two_sources();
    model_set_module(&m, "/source32/testcard.drv", MMK_VIEW_32, 0, MMK_ERR_CORRUPT);
    refuses_to_copy(MMK_REASON_SUPPORT_BROKEN, "/source32/");
    two_sources();
    model_set_module(&m, "/source/testcard.drv", MMK_VIEW_64, 0, MMK_ERR_CORRUPT);
    refuses_to_copy(MMK_REASON_SUPPORT_BROKEN, "/source/");
}

Test(run, sources_that_were_mixed_up_are_not_copied_into_each_others_folder)
{
    two_sources();
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        const bool wide = view == MMK_VIEW_64;
        model_set_module(&m, "/source/testcard.drv", (mmk_reg_view)view, 0,
                         wide ? MMK_ERR_BITNESS : MMK_OK);
        model_set_module(&m, "/source32/testcard.drv", (mmk_reg_view)view, 0,
                         wide ? MMK_OK : MMK_ERR_BITNESS);
    }
    refuses_to_copy(MMK_REASON_SUPPORT_BITNESS, "/source/");
}

static mmk_err still_loaded(struct mmk_files *self, const char *path)
{
    (void)self;
    (void)path;
    return MMK_ERR_PENDING;
}

Test(run, restart_is_answered_when_an_old_module_is_still_loaded)
{
    model_put_file(&m, "/source/testcard.drv", "new module");
    model_set_module(&m, "/source/testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    cr_assert_eq(copy_install(), OK, "a fresh copy needs no restart");
    struct mmk_files_ops ops = *m.files.seam.ops;
    const struct mmk_files_ops *usual = m.files.seam.ops;
    ops.remove_later = still_loaded;
    m.files.seam.ops = &ops;
    model_put_file(&m, "/source/testcard.drv", "newer module");
    cr_assert_eq(copy_install(), RESTART);
    cr_assert_eq(report.reason, MMK_REASON_RESTART_IN_USE);
    m.files.seam.ops = usual;
}

/* ------------------------------------------------------------------ a damaged journal */

Test(run, a_damaged_journal_stops_everything_and_can_be_put_aside)
{
    static uint8_t noise[100];
    cr_assert_eq(INSTALL(NULL), OK);
    m.world.journal = noise;
    m.world.n_journal = m.world.n_synced = sizeof noise;
    const uint64_t before = everything();
    const mmk_install_verb verbs[] = {MMK_VERB_INSTALL, MMK_VERB_REMOVE, MMK_VERB_CONFIGURE,
                                      MMK_VERB_REPAIR, MMK_VERB_RECOVER};
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(RUN(&m, &test_card, verbs[i], 0, NULL, &report, NULL), CANCEL);
        cr_assert_eq(report.reason, MMK_REASON_JOURNAL_DAMAGED);
        cr_assert_eq(everything(), before);
    }
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_RECOVER, MMK_INSTALL_FORCE, NULL, &report, NULL), OK);
    cr_assert_eq(m.world.n_journal, 0);
    cr_assert_eq(INSTALL(NULL), OK);
}

Test(run, a_journal_of_another_version_is_refused_by_name)
{
    uint8_t journal[8192];
    cr_assert_eq(INSTALL(NULL), OK);
    memcpy(journal, m.world.journal, m.world.n_journal);
    journal[24] = 9;
    m.world.journal = journal;
    cr_assert_eq(INSTALL("rate_hz=8000"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_JOURNAL_DAMAGED);
}

Test(run, locks_and_rights_are_told_apart)
{
    m.locked_by_other = true;
    cr_assert_eq(INSTALL(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_LOCKED);
    m.locked_by_other = false;
    m.lock_err = MMK_ERR_ACCESS;
    cr_assert_eq(INSTALL(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NO_RIGHTS);
}
