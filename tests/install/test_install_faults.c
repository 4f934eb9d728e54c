/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include "install/install_scenarios.h"

/**
 * Every failure is survived: each operation of each scenario fails, once or from then on, with
 * nothing done or with all of it done; each allocation fails. The answer must be the truth: CANCEL
 * and the state before, OK or RESTART and the state after, right away where the failure was a
 * single one, else after recovery; nothing locked, no memory kept.
 *
 * One case cannot be told: the journal's commit happens, is reported as failed, and no later write
 * to the journal succeeds either. Then CANCEL is answered, and the next recovery may find the
 * commit and keep it. Those are counted apart (`late`), and allowed only there.
 */

struct fault {
    uint64_t at;
    bool for_ever;
    bool after;
    mmk_err err;
    bool alloc;
};

struct count {
    uint64_t n_runs, n_cancelled, n_done, n_wrong, n_late, n_leaks, n_unrecovered;
    bool talk;
};

static void complain(struct count *c, const struct scenario *s, const struct fault *f,
                     const char *what, const struct mmk_install_report *report, struct model *m)
{
    if (!c->talk)
        return;
    c->talk = false;
    fprintf(stderr, "%s: %s (%s %llu %s%s%s): %s (%s)\n", s->name, what, f->alloc ? "alloc" : "op",
            (unsigned long long)f->at, mmk_err_name(f->err), f->for_ever ? ", for ever" : "",
            f->after ? ", done all the same" : "", mmk_install_reason_name(report->reason),
            report->text);
    model_dump(&m->world);
}

static void arm(struct model *m, const struct fault *f)
{
    if (f->alloc) {
        m->fail_alloc_at = f->at;
        return;
    }
    m->fail_at = f->at;
    m->fail_for_ever = f->for_ever;
    m->fail_after = f->after;
    m->fail_err = f->err;
}

static void disarm(struct model *m)
{
    m->fail_at = m->fail_alloc_at = UINT64_MAX;
    m->fail_for_ever = m->fail_after = false;
}

static void one(struct model *m, const struct scenario *s, const struct model_world *start,
                const struct fault *f, uint64_t old, uint64_t fresh, struct count *c)
{
    struct mmk_install_report report;
    struct mmk_install_report after;
    model_enter(m, start);
    arm(m, f);
    const uint32_t answer = s->act(m, &report);
    disarm(m);
    c->n_runs++;
    c->n_cancelled += answer == 0;
    c->n_done += answer != 0;
    if (m->heap_out != 0 || m->locked) {
        c->n_leaks++;
        complain(c, s, f, "memory or lock kept", &report, m);
    }
    /* as a new process, over what is there */
    const struct model_world left = m->world;
    const enum model_op failed = m->first_failed;
    model_enter(m, &left);
    const uint64_t before = world_answer(m);
    if (mmk_install_recover(&m->port, &after) != MMK_OK) {
        c->n_unrecovered++;
        complain(c, s, f, "recovery refused", &after, m);
        return;
    }
    const uint64_t is = world_answer(m);
    const uint64_t want = answer != 0 ? fresh : old;
    if (is == want && (f->for_ever || f->after || before == want))
        return;
    if (is == want && answer != 0 && (failed == MODEL_FILE_READ || failed == MODEL_FILE_WRITE))
        return; /* an old module could not be deleted after the commit: recovery did */
    if (answer == 0 && f->for_ever && is == fresh &&
        (failed == MODEL_SYNC || (failed == MODEL_RESET && f->after))) {
        c->n_late++;
        return;
    }
    c->n_wrong++;
    complain(c, s, f, is != want ? "the answer is not the truth" : "only recovery made it true",
             &report, m);
}

static bool scenario(const struct scenario *s, enum model_mode mode, struct count *sum)
{
    /* one of them for each operation: nothing tells them apart but words */
    static const mmk_err errs[] = {MMK_ERR_IO, MMK_ERR_NO_SPACE, MMK_ERR_ACCESS};
    static const char *const modes[] = {"durable", "lazy", "buffered"};
    struct model m;
    struct mmk_install_report report;
    struct count c = {.talk = true};
    world_init(&m, mode);
    s->setup(&m);
    (void)mmk_install_recover(&m.port, &report);
    const struct model_world start = m.world;
    model_enter(&m, &start);
    const uint64_t old = world_answer(&m);
    model_enter(&m, &start);
    (void)s->act(&m, &report);
    const uint64_t n_ops = m.n_ops;
    const uint64_t n_allocs = m.n_of[MODEL_ALLOC];
    const uint64_t fresh = world_answer(&m);
    const size_t mark = model_mark(&m);
    for (uint64_t at = 0; at < n_ops; at++)
        for (unsigned how = 0; how < 4; how++) {
            const struct fault f = {at, (how & 1) != 0, (how & 2) != 0, errs[at % 3], false};
            one(&m, s, &start, &f, old, fresh, &c);
            model_release(&m, mark);
        }
    for (uint64_t at = 0; at < n_allocs; at++) {
        const struct fault f = {at, false, false, MMK_ERR_NOMEM, true};
        one(&m, s, &start, &f, old, fresh, &c);
        model_release(&m, mark);
    }
    model_fini(&m);
    const bool good = c.n_wrong + c.n_leaks + c.n_unrecovered == 0;
    if (!good)
        printf("%-28s %-8s wrong %llu kept %llu unrecovered %llu\n", s->name, modes[mode],
               (unsigned long long)c.n_wrong, (unsigned long long)c.n_leaks,
               (unsigned long long)c.n_unrecovered);
    sum->n_runs += c.n_runs;
    sum->n_cancelled += c.n_cancelled;
    sum->n_done += c.n_done;
    sum->n_late += c.n_late;
    return good;
}

int main(int argc, char **argv)
{
    struct count sum = {0};
    unsigned n_passed = 0;
    unsigned n_failed = 0;
    for (size_t i = 0; i < n_scenarios; i++) {
        if (argc > 1 && strstr(scenarios[i].name, argv[1]) == NULL)
            continue;
        for (int mode = MODEL_DURABLE; mode <= MODEL_BUFFERED; mode++) {
            const bool good = scenario(&scenarios[i], (enum model_mode)mode, &sum);
            n_passed += good;
            n_failed += !good;
        }
    }
    printf("%llu runs with a failure: %llu cancelled, %llu done, %llu committed late\n",
           (unsigned long long)sum.n_runs, (unsigned long long)sum.n_cancelled,
           (unsigned long long)sum.n_done, (unsigned long long)sum.n_late);
    printf("%u passed, %u failed\n", n_passed, n_failed);
    return n_failed != 0;
}
