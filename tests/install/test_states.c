/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "install/install_world.h"

/* Transcribed by hand from the chapter of <mmk/install.h> and docs/design.md: the line, and what
 * may turn back. */
static const char *const follows[][2] = {
    {"IDLE", "CHECKED"},           {"CHECKED", "SUPPORTED"},       {"SUPPORTED", "CONFIGURED"},
    {"CONFIGURED", "PROBED"},      {"PROBED", "JOURNALED"},        {"JOURNALED", "APPLYING"},
    {"APPLYING", "APPLYING"}, /* k of n */
    {"APPLYING", "VERIFIED"},      {"VERIFIED", "COMMITTED"},      {"COMMITTED", "OK"},
    {"COMMITTED", "RESTART"},      {"IDLE", "ROLLING_BACK"},       {"CHECKED", "ROLLING_BACK"},
    {"SUPPORTED", "ROLLING_BACK"}, {"CONFIGURED", "ROLLING_BACK"}, {"PROBED", "ROLLING_BACK"},
    {"JOURNALED", "ROLLING_BACK"}, {"APPLYING", "ROLLING_BACK"},   {"VERIFIED", "ROLLING_BACK"},
    {"ROLLING_BACK", "CANCELLED"},
};

static bool in_line(const char *from, const char *to)
{
    for (size_t i = 0; i < sizeof follows / sizeof follows[0]; i++)
        if (strcmp(follows[i][0], from) == 0 && strcmp(follows[i][1], to) == 0)
            return true;
    return false;
}

Test(states, follow_the_line_and_nothing_else)
{
    unsigned n = 0;
    for (int from = 0; from < MMK_INSTALL_STATE_COUNT; from++)
        for (int to = 0; to < MMK_INSTALL_STATE_COUNT; to++) {
            const char *a = mmk_install_state_name((mmk_install_state)from);
            const char *b = mmk_install_state_name((mmk_install_state)to);
            const bool may = mmk_install_may_follow((mmk_install_state)from, (mmk_install_state)to);
            cr_assert_eq(may, in_line(a, b), "%s -> %s", a, b);
            n += may;
        }
    cr_assert_eq(n, sizeof follows / sizeof follows[0], "every pair of the line was met");
}

Test(states, out_of_range_follow_nothing_and_have_a_name)
{
    cr_assert_not(mmk_install_may_follow((mmk_install_state)99, MMK_INSTALL_CHECKED));
    cr_assert_not(mmk_install_may_follow(MMK_INSTALL_IDLE, (mmk_install_state)99));
    cr_assert_str_eq(mmk_install_state_name((mmk_install_state)99), "?");
    cr_assert_str_eq(mmk_install_reason_name((mmk_install_reason)99), "?");
    cr_assert_str_eq(mmk_install_verb_name((mmk_install_verb)99), "?");
}

Test(states, reasons_have_names_of_their_own)
{
    for (int a = 0; a <= MMK_REASON_NOMEM; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(mmk_install_reason_name((mmk_install_reason)a),
                              mmk_install_reason_name((mmk_install_reason)b));
}

/* ------------------------------------------------------------------ as an observer sees them */

struct seen {
    mmk_install_state last;
    unsigned n_wrong, n_steps, n_states;
    bool wrote_before_steps;
    struct model *m;
    uint32_t total;
};

static void on_state(void *user, mmk_install_state state, uint32_t done, uint32_t total)
{
    struct seen *s = user;
    s->n_wrong += !mmk_install_may_follow(s->last, state) || done > total;
    s->last = state;
    s->n_states++;
    s->total = total;
}

static void on_step(void *user, const struct mmk_install_step *step)
{
    struct seen *s = user;
    s->n_steps++;
    s->wrote_before_steps |= s->m->n_writes != 0;
    cr_assert(step->action[0] != 0 && step->target[0] != 0 && step->before != NULL &&
              step->after != NULL);
}

static struct seen observe(struct model *m, mmk_install_verb verb, uint32_t flags,
                           struct mmk_install_report *report)
{
    struct seen s = {.last = MMK_INSTALL_IDLE, .m = m};
    const struct mmk_install_observer observer = {&s, on_state, on_step};
    const struct mmk_install_request request = {.verb = verb, .flags = flags};
    m->n_writes = 0;
    (void)mmk_install_run(&m->port, &test_card, &request, &observer, report);
    return s;
}

Test(states, are_walked_by_every_run_along_the_line)
{
    static const mmk_install_verb verbs[] = {MMK_VERB_REMOVE, MMK_VERB_INSTALL,   MMK_VERB_INSTALL,
                                             MMK_VERB_REPAIR, MMK_VERB_CONFIGURE, MMK_VERB_RECOVER,
                                             MMK_VERB_REMOVE};
    struct mmk_install_report report;
    struct model m;
    world_init(&m, MODEL_DURABLE);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct seen s = observe(&m, verbs[i], 0, &report);
        cr_assert_eq(s.n_wrong, 0, "%s", mmk_install_verb_name(verbs[i]));
        cr_assert_eq(s.last, i == 0 ? MMK_INSTALL_CANCELLED : MMK_INSTALL_OK);
        cr_assert_eq(s.n_steps, report.n_steps);
        cr_assert_not(s.wrote_before_steps);
    }
    model_fini(&m);
}

Test(states, lead_back_from_every_operation_that_fails)
{
    struct mmk_install_report report;
    struct model m;
    world_init(&m, MODEL_DURABLE);
    const struct model_world start = m.world;
    (void)observe(&m, MMK_VERB_INSTALL, 0, &report);
    const uint64_t n_ops = m.n_ops;
    unsigned reached[MMK_INSTALL_STATE_COUNT] = {0};
    for (uint64_t at = 1; at < n_ops; at++) {
        model_enter(&m, &start);
        m.fail_at = at;
        m.fail_err = MMK_ERR_IO;
        const struct seen s = observe(&m, MMK_VERB_INSTALL, 0, &report);
        cr_assert_eq(s.n_wrong, 0);
        cr_assert(s.last == MMK_INSTALL_CANCELLED || s.last == MMK_INSTALL_OK);
        reached[report.reached]++;
    }
    cr_assert_gt(reached[MMK_INSTALL_APPLYING], 5, "writing failed in several places");
    cr_assert_gt(reached[MMK_INSTALL_VERIFIED], 5, "reading back too");
    cr_assert_gt(reached[MMK_INSTALL_JOURNALED], 0);
    cr_assert_gt(reached[MMK_INSTALL_COMMITTED], 0);
    model_fini(&m);
}

Test(states, of_a_dry_run_write_nothing)
{
    struct mmk_install_report report;
    struct model m;
    world_init(&m, MODEL_DURABLE);
    const uint64_t before = model_hash_world(&m.world, true, true);
    const struct seen s = observe(&m, MMK_VERB_INSTALL, MMK_INSTALL_DRY_RUN, &report);
    cr_assert_eq(report.answer, 1);
    cr_assert_eq(s.n_steps, report.n_steps);
    cr_assert_gt(s.n_steps, 5);
    cr_assert_eq(m.n_writes, 0);
    cr_assert_eq(m.n_of[MODEL_LOCK], 0);
    cr_assert_eq(m.n_of[MODEL_STATUS], 0);
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
    cr_assert_not_null(strstr(report.text, "would be installed"));
    cr_assert_str_eq(report.alias, "wave1");
    model_fini(&m);
}
