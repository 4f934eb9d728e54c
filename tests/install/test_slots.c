/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "install/install_world.h"

enum { CANCEL, OK };

static struct model m;
static struct mmk_install_report report;

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
}

static void end(void)
{
    model_fini(&m);
}

TestSuite(slots, .init = begin, .fini = end);

static void hold(int view, const char *alias, const char *value)
{
    model_put_sz(&m, MMK_REG_MACHINE, (mmk_reg_view)view, SECTION, alias, value);
}

static uint32_t install(const char *alias)
{
    return RUN(&m, &test_card, MMK_VERB_INSTALL, 0, alias, &report, NULL);
}

Test(slots, begin_at_one)
{
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(report.alias, "wave1");
}

Test(slots, are_free_only_where_both_views_are)
{
    hold(MMK_VIEW_64, "wave1", "a.drv");
    hold(MMK_VIEW_32, "WAVE2", "b.drv");
    hold(MMK_VIEW_64, "wave3", "");
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(report.alias, "wave4", "even an empty value is somebody's");
}

Test(slots, of_an_odd_type_are_taken)
{
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1", MMK_REG_DWORD, "\1\0\0\0", 4);
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave2", MMK_REG_SZ, "a\0b", 3);
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(report.alias, "wave3");
}

Test(slots, all_used_lists_the_holders)
{
    for (int i = 1; i <= 9; i++) {
        char alias[8];
        char value[40];
        snprintf(alias, sizeof alias, "wave%d", i);
        snprintf(value, sizeof value, "holder%d.drv /with:options", i);
        hold(i % 2, alias, value);
    }
    const uint64_t before = model_hash_world(&m.world, true, true);
    cr_assert_eq(install(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SLOTS_FULL);
    for (int i = 1; i <= 9; i++) {
        char holder[40];
        snprintf(holder, sizeof holder, "wave%d=holder%d.drv", i, i);
        cr_assert_not_null(strstr(report.text, holder), "%s in: %s", holder, report.text);
    }
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
}

Test(slots, that_names_another_file_is_never_taken)
{
    hold(MMK_VIEW_32, "wave5", "other.drv");
    cr_assert_eq(install("wave5"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SLOT_TAKEN);
    cr_assert_not_null(strstr(report.text, "other.drv"));
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, MMK_INSTALL_FORCE, "wave5", &report, NULL),
                 CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SLOT_TAKEN, "not even by force");
}

Test(slots, that_is_asked_for_is_taken_when_free)
{
    cr_assert_eq(install("WAVE7"), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave7"), "testcard.drv");
    cr_assert_eq(install("wave7"), OK);
    cr_assert_eq(report.reason, MMK_REASON_ALREADY);
    cr_assert_eq(install("wave8"), CANCEL, "one installation for each module");
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    cr_assert_not_null(strstr(report.text, "WAVE7"), "%s", report.text);
}

static const char *const no_slots[] = {"wave0",    "wave",     "wave10",       "wave01", "wavex",
                                       "wave1 ",   " wave1",   "midi1",        "",       "wave-1",
                                       "wave1\\x", "waveout1", "wave\xc2\xb9", "w"};

Test(slots, outside_the_grammar_are_refused_by_name)
{
    const uint64_t before = model_hash_world(&m.world, true, true);
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave");
    model_take(&m, MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave");
    const uint64_t without = model_hash_world(&m.world, true, true);
    cr_assert_neq(before, without);
    for (size_t i = 0; i < sizeof no_slots / sizeof no_slots[0]; i++) {
        cr_assert_eq(install(no_slots[i]), CANCEL, "\"%s\"", no_slots[i]);
        cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST, "\"%s\"", no_slots[i]);
        cr_assert_gt(strlen(report.text), 20);
        cr_assert_eq(model_hash_world(&m.world, true, true), without);
    }
}

Test(slots, of_midi_begin_at_two)
{
    struct mmk_product midi = test_card;
    midi.alias_base = "midi";
    cr_assert_eq(RUN(&m, &midi, MMK_VERB_INSTALL, 0, "midi1", &report, NULL), CANCEL);
    cr_assert_eq(RUN(&m, &midi, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_str_eq(report.alias, "midi2");
}

Test(slots, of_a_codec_are_one_name)
{
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, "msacm.other", &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_BAD_REQUEST);
    hold(MMK_VIEW_64, "msacm.test", "other.acm");
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_INSTALL, 0, NULL, &report, NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SLOT_TAKEN);
}

/* ------------------------------------------------------------------ two views */

Test(slots, are_written_only_where_a_module_is)
{
    m.n_modules = 0;
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "-");
    struct mmk_installed one;
    cr_assert_eq(mmk_install_enum(&m.port, 0, &one), MMK_OK);
    cr_assert(one.view_64 && !one.view_32);
    /* the other module comes later: installing again registers it, under the same number */
    model_set_module(&m, "testcard.drv", MMK_VIEW_32, 0, MMK_OK);
    cr_assert_eq(install(NULL), OK);
    cr_assert_eq(report.reason, MMK_REASON_NONE);
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "testcard.drv");
}

Test(slots, of_the_other_width_are_verified_by_header)
{
    m.n_modules = 0;
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_OK);
    model_set_module(&m, "testcard.drv", MMK_VIEW_32, 0, MMK_ERR_BITNESS);
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "-");
    m.n_modules = 0;
    model_set_module(&m, "testcard.drv", MMK_VIEW_64, 0, MMK_ERR_BITNESS);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(install(NULL), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_SUPPORT_BITNESS);
}

Test(slots, exist_once_on_a_host_without_a_second_view)
{
    m.registry.seam.has_view_32 = false;
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv");
    cr_assert_str_eq(world_text_32(&m, SECTION, "wave1"), "-");
}

Test(slots, that_somebody_took_are_left_to_him)
{
    cr_assert_eq(install(NULL), OK);
    hold(MMK_VIEW_64, "wave1", "thief.drv");
    hold(MMK_VIEW_32, "wave1", "thief.drv");
    cr_assert_eq(install(NULL), OK);
    cr_assert_str_eq(report.alias, "wave2");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "thief.drv");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.n_conflicts, 0, "that slot is no longer ours");
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "thief.drv");
    cr_assert_str_eq(world_text(&m, SECTION, "wave2"), "-");
}
