/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "install/install_scenarios.h"

/**
 * Between a crash and recovery somebody else edits the registry: his edit stands afterwards, at
 * every operation.
 *
 * Each scenario is run once and the world kept before each operation that changes something
 * (program killed, and power cut with all hives at their latest or their oldest state). In each of
 * them one edit is made: a value of ours changed, one deleted that recovery would write, a sibling
 * added, a value added in each key of ours.
 */

static struct model_world worlds[4096];
static size_t n_worlds;

static void keep(void *user, struct model *m)
{
    (void)user;
    for (int how = 0; how < 3 && n_worlds < 4096; how++) {
        struct model_cut cut = {.n_kept = m->world.n_journal};
        worlds[n_worlds] = m->world;
        for (int r = 0; r < MMK_REG_ROOT_COUNT; r++)
            cut.back[r] = how == 1 ? m->world.hive[r].n_past - 1 : 0;
        if (how > 0)
            model_cut_world(m, &worlds[n_worlds], &cut);
        n_worlds++;
    }
}

struct place {
    mmk_reg_root root;
    mmk_reg_view view;
    const char *path;
    const char *name;
};

/* Values that the scenarios write or take. */
static const struct place values[] = {
    {MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1"},
    {MMK_REG_MACHINE, MMK_VIEW_32, SECTION, "wave1"},
    {MMK_REG_MACHINE, MMK_VIEW_64, CARD, "rate_hz"},
    {MMK_REG_MACHINE, MMK_VIEW_64, CARD, "secret"},
    {MMK_REG_MACHINE, MMK_VIEW_64, CARD, "Version"},
    {MMK_REG_MACHINE, MMK_VIEW_64, CARD "\\Device1", "dither"},
    {MMK_REG_MACHINE, MMK_VIEW_32, DESC, "testcard.drv"},
    {MMK_REG_USER, MMK_VIEW_64, HOME "\\shared", "one"},
};

static bool key_there(struct model *m, const struct place *p)
{
    const struct mmk_reg_key key = {p->root, p->view, p->path};
    return m->port.registry->ops->has_key(m->port.registry, &key) == MMK_OK;
}

static bool reads(struct model *m, const struct place *p, const char *text)
{
    const char *is = model_text(m, p->root, p->view, p->path, p->name);
    return text == NULL ? is == NULL : is != NULL && strcmp(is, text) == 0;
}

struct score {
    unsigned n_edits, n_lost, n_said, n_refused;
};

/* One edit in one world. The edited key is there already: nobody edits what does not exist. */
static void edit(struct model *m, const struct model_world *world, const struct place *p,
                 const char *text, struct score *s)
{
    struct mmk_install_report report;
    const size_t mark = model_mark(m);
    model_enter(m, world);
    if (!key_there(m, p)) {
        model_release(m, mark);
        return;
    }
    model_put_sz(m, p->root, p->view, p->path, p->name, text);
    s->n_edits++;
    if (mmk_install_recover(&m->port, &report) != MMK_OK)
        s->n_refused++;
    else if (!reads(m, p, text)) {
        s->n_lost++;
        fprintf(stderr, "lost: %s : %s\n", p->path, p->name);
    } else {
        /* where recovery came by, it says whose edit it kept */
        s->n_said += report.n_conflicts > 0 && strstr(report.text, p->name) != NULL;
    }
    model_release(m, mark);
}

/* Somebody deletes a whole key of ours, the stamp with it: recovery has nothing to go by but the
 * values, and must come to an end all the same, once and for all. */
static void drop(struct model *m, const struct model_world *world, mmk_reg_root root,
                 const char *path, struct score *s)
{
    struct mmk_install_report report;
    const size_t mark = model_mark(m);
    model_enter(m, world);
    model_drop_tree(m, root, MMK_VIEW_64, path);
    s->n_edits++;
    s->n_refused += mmk_install_recover(&m->port, &report) != MMK_OK;
    const uint64_t writes = m->n_writes;
    s->n_refused += mmk_install_recover(&m->port, &report) != MMK_OK || m->n_writes != writes;
    model_release(m, mark);
}

static unsigned sweep(const struct scenario *scenario, enum model_mode mode, struct score *sum)
{
    struct model m;
    struct mmk_install_report report;
    struct score s = {0};
    world_init(&m, mode);
    scenario->setup(&m);
    const struct model_world start = m.world;
    model_enter(&m, &start);
    n_worlds = 0;
    m.hook = keep;
    (void)scenario->act(&m, &report);
    keep(NULL, &m);
    m.hook = NULL;
    for (size_t i = 0; i < n_worlds; i++) {
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            struct place sibling = values[k];
            edit(&m, &worlds[i], &values[k], "somebody else's", &s);
            sibling.name = "sibling";
            edit(&m, &worlds[i], &sibling, "somebody else's too", &s);
        }
        drop(&m, &worlds[i], MMK_REG_MACHINE, HOME, &s);
        drop(&m, &worlds[i], MMK_REG_MACHINE, CARD, &s);
        drop(&m, &worlds[i], MMK_REG_MACHINE, SECTION, &s);
        drop(&m, &worlds[i], MMK_REG_USER, HOME, &s);
        const struct place home = {MMK_REG_MACHINE, MMK_VIEW_64, HOME, "theirs"};
        edit(&m, &worlds[i], &home, "in the key of all", &s);
    }
    model_fini(&m);
    sum->n_edits += s.n_edits;
    sum->n_lost += s.n_lost;
    sum->n_said += s.n_said;
    sum->n_refused += s.n_refused;
    return s.n_lost + s.n_refused;
}

int main(void)
{
    static const char *const names[] = {"install",
                                        "install, both hives",
                                        "upgrade",
                                        "configure",
                                        "remove",
                                        "remove, both hives",
                                        "configure, per user",
                                        "repair",
                                        "remove, one of two"};
    struct score sum = {0};
    unsigned n_passed = 0;
    unsigned n_failed = 0;
    for (size_t i = 0; i < n_scenarios; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            for (int mode = MODEL_DURABLE;
                 strcmp(scenarios[i].name, names[k]) == 0 && mode <= MODEL_BUFFERED; mode++) {
                const unsigned bad = sweep(&scenarios[i], (enum model_mode)mode, &sum);
                n_passed += bad == 0;
                n_failed += bad != 0;
                if (bad != 0)
                    printf("%s, mode %d: %u\n", scenarios[i].name, mode, bad);
            }
    n_passed += sum.n_said > 0;
    n_failed += sum.n_said == 0;
    printf("%u edits between crash and recovery, %u lost, %u refused, %u reported as kept\n",
           sum.n_edits, sum.n_lost, sum.n_refused, sum.n_said);
    printf("%u passed, %u failed\n", n_passed, n_failed);
    return n_failed != 0;
}
