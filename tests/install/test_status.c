/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "install/install_world.h"

enum { CANCEL, OK };

static struct model m;
static struct mmk_install_report report, read_back;

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
}

static void end(void)
{
    model_fini(&m);
}

TestSuite(status, .init = begin, .fini = end);

static void same(void)
{
    cr_assert_eq(mmk_install_status(&m.port, "testcard", &read_back), MMK_OK);
    cr_assert_eq(read_back.answer, report.answer);
    cr_assert_eq(read_back.verb, report.verb);
    cr_assert_eq(read_back.reached, report.reached);
    cr_assert_eq(read_back.reason, report.reason);
    cr_assert_eq(read_back.err, report.err);
    cr_assert_str_eq(read_back.alias, report.alias);
    cr_assert_str_eq(read_back.text, report.text);
    cr_assert_eq(read_back.n_steps, report.n_steps);
    cr_assert_eq(read_back.n_conflicts, report.n_conflicts);
    cr_assert_eq(read_back.recovered, report.recovered);
    cr_assert_eq(read_back.durable, report.durable);
    cr_assert_eq(read_back.wall_s, report.wall_s);
}

Test(status, is_not_there_before_the_first_run)
{
    cr_assert_eq(mmk_install_status(&m.port, "testcard", &read_back), MMK_ERR_NOT_FOUND);
}

Test(status, tells_every_end_as_the_report_did)
{
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, "rate_hz=8000"), OK);
    same();
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    same();
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave0", &report, NULL), CANCEL);
    same();
    m.locked_by_other = true;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), CANCEL);
    same();
    m.locked_by_other = false;
    model_put_sz(&m, MMK_REG_MACHINE, MMK_VIEW_64, DESC, "testcard.drv", "by hand");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    cr_assert_eq(report.n_conflicts, 1);
    same();
    cr_assert_not_null(strstr(m.last_log, "testcard: remove -> OK (CONFLICT)"), "%s", m.last_log);
}

Test(status, keeps_the_answer_when_it_cannot_be_written)
{
    m.fail_only = MODEL_STATUS;
    m.fail_at = 0;
    m.fail_for_ever = true;
    m.fail_err = MMK_ERR_NO_SPACE;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(m.n_failed, 1);
}

static const char *const damaged[] = {
    "",
    "answer=OK\n",
    "answer=PERHAPS\nverb=install\nreached=COMMITTED\nreason=NONE\nerror=MMK_OK\n",
    "answer=OK\nverb=dance\nreached=COMMITTED\nreason=NONE\nerror=MMK_OK\n",
    "answer=OK\nverb=install\nreached=?\nreason=NOTHING\nerror=MMK_OK\n",
    "=\n=\n\n\n",
    "answer",
    "\xff\xfe"};

Test(status, that_is_damaged_is_told)
{
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        strcpy(m.status[0], damaged[i]);
        cr_assert_eq(mmk_install_status(&m.port, "testcard", &read_back), MMK_ERR_CORRUPT, "%s",
                     damaged[i]);
    }
}

Test(status, is_one_line_for_each_fact)
{
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, "wave\n0", &report, NULL), CANCEL);
    unsigned n_lines = 0;
    for (const char *p = m.status[0]; *p != 0; p++)
        n_lines += *p == '\n';
    cr_assert_eq(n_lines, 14, "%s", m.status[0]);
}
