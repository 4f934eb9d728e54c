/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include "install/install_world.h"

enum { CANCEL, OK };

/* What a transaction may cost, counted at the port: one flush for each hive, three durable writes
 * in all. */

static struct model m;
static struct mmk_install_report report;

static void count_from_here(void)
{
    const struct model_world here = m.world;
    model_enter(&m, &here);
}

static void at_most(unsigned machine, unsigned user, unsigned journal)
{
    cr_assert_eq(m.n_flush_of[MMK_REG_MACHINE], machine);
    cr_assert_eq(m.n_flush_of[MMK_REG_USER], user);
    cr_assert_leq(m.n_of[MODEL_SYNC] + m.n_of[MODEL_RESET], journal);
}

Test(costs, one_flush_a_hive_and_three_durable_writes)
{
    for (int mode = MODEL_DURABLE; mode <= MODEL_BUFFERED; mode++) {
        world_init(&m, (enum model_mode)mode);
        cr_assert_eq(
            RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100", "secret=s"),
            OK);
        at_most(1, 0, 2);
        count_from_here();
        cr_assert_eq(RUN(&m, &test_card, MMK_VERB_CONFIGURE, 0, NULL, &report, "rate_hz=8000"), OK);
        at_most(1, 0, 2);
        count_from_here();
        cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
        at_most(1, 0, 2);
        model_fini(&m);
    }
}

Test(costs, nothing_is_written_where_nothing_changes)
{
    world_init(&m, MODEL_BUFFERED);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    count_from_here();
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    at_most(0, 0, 0);
    cr_assert_eq(m.n_writes, 0);
    model_fini(&m);
}

Test(costs, recovery_of_a_clean_system_reads_the_journal_and_nothing_else)
{
    world_init(&m, MODEL_DURABLE);
    for (int installed = 0; installed < 2; installed++) {
        count_from_here();
        cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
        cr_assert_eq(m.n_writes, 0);
        cr_assert_eq(m.n_of[MODEL_LOCK], 0);
        cr_assert_eq(m.n_ops, m.n_of[MODEL_JOURNAL_READ], "registry and disk stay untouched");
        cr_assert_not(report.recovered);
        if (installed == 0)
            cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    }
    model_fini(&m);
}

/* A registry that forgets: open until a later session has seen the stamps, then closed by one
 * write. */
Test(costs, a_lazy_registry_keeps_the_journal_open_until_the_next_session)
{
    bool pending = true;
    world_init(&m, MODEL_LAZY);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_not(report.durable);
    cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
    cr_assert_not(pending, "in this session nothing is missing");
    struct model_cut cut = {.n_kept = m.world.n_journal};
    cut.back[0] = m.world.hive[0].n_past - 1; /* Windows had saved it in time */
    model_reboot(&m, &cut);
    cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
    cr_assert(pending);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert_not(report.recovered);
    cr_assert(report.durable);
    cr_assert_eq(m.n_writes, 1);
    cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
    cr_assert_not(pending);
    model_fini(&m);
}

Test(costs, what_a_lazy_registry_forgot_is_written_again)
{
    world_init(&m, MODEL_LAZY);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=44100"), OK);
    const struct model_cut cut = {.n_kept = m.world.n_journal}; /* back to the very first state */
    model_reboot(&m, &cut);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "-");
    /* any verb does it, also one that fails */
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave0", &report, NULL), CANCEL);
    cr_assert_eq(RUN(&m, &test_codec, MMK_VERB_REMOVE, 0, NULL, &report, NULL), CANCEL);
    cr_assert(report.recovered);
    cr_assert_str_eq(world_text(&m, SECTION, "wave1"), "testcard.drv /rate:44100");
    model_fini(&m);
}

/* The settings of another user are in a hive that is not here: his part waits for him. */
Test(costs, another_users_hive_is_left_alone)
{
    const struct mmk_assignment a = {"dither", "off"};
    const struct mmk_install_request request = {
        .verb = MMK_VERB_CONFIGURE, .assignments = &a, .n_assignments = 1, .per_user = true};
    world_init(&m, MODEL_LAZY);
    model_set_env(&m, "USER", "anne");
    cr_assert_eq(mmk_install_run(&m.port, &test_card, &request, NULL, &report), OK);
    struct model_cut cut = {.n_kept = m.world.n_journal};
    model_reboot(&m, &cut);
    m.env_value[0] = "bert";
    const uint64_t hives = model_hash_world(&m.world, false, true);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert_eq(model_hash_world(&m.world, false, true), hives);
    m.env_value[0] = "anne";
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert(report.recovered);
    cr_assert_str_eq(model_text(&m, MMK_REG_USER, MMK_VIEW_64, CARD, "dither"), "off");
    model_fini(&m);
}
