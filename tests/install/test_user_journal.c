/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include "install/install_world.h"

/* Settings of a user without rights over the machine: the lock of the machine's journal is refused,
 * the user's own is kept here. */

#define OWN_MAX 65536

struct own {
    struct mmk_journal seam; /* first member */
    uint8_t bytes[OWN_MAX];
    size_t n, n_synced;
    bool locked;
    unsigned n_locks;
    char status[4096];
};

enum { CANCEL, OK, RESTART };

static struct own own;
static struct model m;
static struct mmk_install_report report;

static struct own *of(struct mmk_journal *self)
{
    return (struct own *)(void *)self;
}

static mmk_err own_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    (void)timeout_ms;
    cr_assert(!of(self)->locked, "locked twice");
    of(self)->locked = true;
    of(self)->n_locks++;
    return MMK_OK;
}

static void own_unlock(struct mmk_journal *self)
{
    of(self)->locked = false;
}

static mmk_err own_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                        size_t *len)
{
    const struct own *o = of(self);
    const size_t left = offset < o->n ? o->n - (size_t)offset : 0;
    *len = left < cap ? left : cap;
    memcpy(data, o->bytes + offset, *len);
    return MMK_OK;
}

static mmk_err own_append(struct mmk_journal *self, const void *data, size_t len)
{
    struct own *o = of(self);
    cr_assert(o->locked, "written without the lock");
    cr_assert_leq(o->n + len, OWN_MAX);
    memcpy(o->bytes + o->n, data, len);
    o->n += len;
    return MMK_OK;
}

static mmk_err own_sync(struct mmk_journal *self)
{
    of(self)->n_synced = of(self)->n;
    return MMK_OK;
}

static mmk_err own_reset(struct mmk_journal *self, const void *data, size_t len)
{
    of(self)->n = 0;
    if (len > 0)
        (void)own_append(self, data, len);
    of(self)->n_synced = of(self)->n;
    return MMK_OK;
}

static mmk_err own_status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    (void)driver;
    strcpy(of(self)->status, text);
    return MMK_OK;
}

static mmk_err own_status_read(struct mmk_journal *self, const char *driver, char *text, size_t cap)
{
    (void)driver;
    (void)cap;
    if (of(self)->status[0] == 0)
        return MMK_ERR_NOT_FOUND;
    strcpy(text, of(self)->status);
    return MMK_OK;
}

static void own_log(struct mmk_journal *self, const char *line)
{
    (void)self;
    (void)line;
}

static const struct mmk_journal_ops own_ops = {
    .lock = own_lock,
    .unlock = own_unlock,
    .read = own_read,
    .append = own_append,
    .sync = own_sync,
    .reset = own_reset,
    .status_write = own_status_write,
    .status_read = own_status_read,
    .log = own_log,
};

static void end(void)
{
    cr_assert_eq(m.heap_out, 0, "memory kept");
    model_fini(&m);
}

TestSuite(user_journal, .fini = end);

static void setup(enum model_mode mode)
{
    world_init(&m, mode);
    memset(&own, 0, sizeof own);
    own.seam.ops = &own_ops;
    m.port.user_journal = &own.seam;
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK, "%s",
                 report.text);
}

static void enter(const struct model_world *world)
{
    model_enter(&m, world);
    m.port.user_journal = &own.seam;
    own.locked = false;
}

static uint32_t configure(uint32_t flags, bool per_user, const char *name, const char *text)
{
    const struct mmk_assignment a = {name, text};
    const struct mmk_install_request request = {.verb = MMK_VERB_CONFIGURE,
                                                .flags = flags,
                                                .assignments = &a,
                                                .n_assignments = 1,
                                                .per_user = per_user};
    return mmk_install_run(&m.port, &test_card, &request, NULL, &report);
}

static uint64_t machine(void)
{
    return model_hash_hive(&m.world.hive[MMK_REG_MACHINE].now, true);
}

static const char *users(const char *name)
{
    return model_text(&m, MMK_REG_USER, MMK_VIEW_64, CARD, name);
}

Test(user_journal, who_may_not_lock_the_machine_has_settings_of_his_own)
{
    setup(MODEL_DURABLE);
    const uint64_t before = machine();
    const size_t n_journal = m.world.n_journal;
    m.lock_err = MMK_ERR_ACCESS;
    cr_assert_eq(configure(0, false, "dither", "off"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_NO_RIGHTS);
    cr_assert_null(users("dither"));
    cr_assert_eq(configure(MMK_INSTALL_USER_FALLBACK, false, "dither", "off"), OK, "%s",
                 report.text);
    cr_assert(report.per_user);
    cr_assert_not_null(strstr(report.text, "this user"), "%s", report.text);
    cr_assert_str_eq(users("dither"), "off");
    cr_assert_eq(machine(), before);
    cr_assert_eq(m.world.n_journal, n_journal);
    cr_assert(!own.locked);
    cr_assert_gt(own.n, 0);
    cr_assert_not_null(strstr(own.status, "answer=OK"));
    cr_assert_eq(mmk_install_status(&m.port, "testcard", &report), MMK_OK);
    cr_assert(report.per_user);
}

Test(user_journal, asking_for_the_users_settings_never_touches_the_machines_journal)
{
    setup(MODEL_DURABLE);
    m.lock_err = MMK_ERR_IO;
    cr_assert_eq(configure(0, true, "dither", "off"), OK, "%s", report.text);
    cr_assert_str_eq(users("dither"), "off");
    cr_assert_eq(own.n_locks, 1);
}

Test(user_journal, a_refused_write_is_undone_in_one_journal_and_done_in_the_other)
{
    setup(MODEL_DURABLE);
    const struct model_world start = m.world;
    const uint64_t before = machine();
    unsigned n = 0;
    for (uint64_t at = 0; at < 400; at++) {
        enter(&start);
        own.n = own.n_synced = 0;
        m.fail_only = MODEL_SET;
        m.fail_err = MMK_ERR_ACCESS;
        m.fail_at = at;
        const uint32_t answer = configure(MMK_INSTALL_USER_FALLBACK, false, "dither", "off");
        m.fail_at = UINT64_MAX;
        if (m.n_failed == 0)
            continue;
        n++;
        cr_assert_eq(answer, OK, "%s", report.text);
        cr_assert(report.per_user);
        cr_assert_str_eq(users("dither"), "off");
        cr_assert_eq(machine(), before, "operation %u", (unsigned)at);
        cr_assert(!own.locked && !m.locked);
    }
    cr_assert_gt(n, 0);
}

/* The two journals count for themselves; a hive that falls back is put right from the one that
 * knows. */
Test(user_journal, what_the_users_hive_forgets_is_written_again)
{
    setup(MODEL_LAZY);
    struct model_cut whole = {.n_kept = m.world.n_journal};
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        whole.back[root] = m.world.hive[root].n_past - 1;
    model_reboot(&m, &whole); /* a session without the machine's marker */
    m.port.user_journal = &own.seam;
    const uint64_t before = machine();
    m.lock_err = MMK_ERR_ACCESS;
    cr_assert_eq(configure(MMK_INSTALL_USER_FALLBACK, false, "dither", "off"), OK, "%s",
                 report.text);
    cr_assert_eq(machine(), before, "not even a volatile key");
    const size_t n_states = m.world.hive[MMK_REG_USER].n_past;
    const struct model_world world = m.world;
    const struct own kept = own;
    cr_assert_gt(n_states, 1);
    for (size_t back = 0; back < n_states; back++) {
        struct model_cut cut = {.n_kept = world.n_journal};
        cut.back[MMK_REG_MACHINE] = world.hive[MMK_REG_MACHINE].n_past - 1;
        cut.back[MMK_REG_USER] = back;
        enter(&world);
        own = kept;
        own.locked = false;
        model_reboot(&m, &cut);
        m.port.user_journal = &own.seam;
        bool pending = false;
        cr_assert_eq(mmk_install_peek(&m.port, &pending), MMK_OK);
        cr_assert(pending);
        /* the machine's part is an administrator's to recover */
        cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_ERR_ACCESS);
        cr_assert_str_eq(users("dither"), "off", "state %zu", back);
    }
}

Test(user_journal, remove_takes_the_users_settings_along)
{
    setup(MODEL_DURABLE);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    const uint64_t clean = model_hash_world(&m.world, true, true);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(configure(0, true, "dither", "off"), OK);
    cr_assert_eq(configure(0, false, "dither", "on"), OK);
    cr_assert_eq(
        RUN(&m, &test_card, MMK_VERB_REMOVE, MMK_INSTALL_KEEP_SETTINGS, NULL, &report, NULL), OK);
    cr_assert_str_eq(users("dither"), "off");
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK, "%s",
                 report.text);
    cr_assert_null(users("dither"));
    cr_assert_eq(model_hash_world(&m.world, true, true), clean);
    cr_assert_eq(own.n, 0, "no journal of nothing");
}

/* Any program of the user can write that file, and one with more rights may read it. */
Test(user_journal, a_planted_journal_says_nothing_about_the_machine)
{
    setup(MODEL_LAZY);
    cr_assert_eq(configure(0, false, "rate_hz", "44100"), OK);
    cr_assert_leq(m.world.n_journal, OWN_MAX);
    memcpy(own.bytes, m.world.journal, m.world.n_journal);
    own.n = own.n_synced = m.world.n_journal;
    model_fini(&m);
    world_init(&m, MODEL_LAZY);
    m.port.user_journal = &own.seam;
    const uint64_t before = model_hash_world(&m.world, true, true);
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_ERR_CORRUPT);
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
    cr_assert_eq(configure(0, true, "dither", "off"), CANCEL);
    cr_assert_eq(report.reason, MMK_REASON_JOURNAL_DAMAGED);
    cr_assert_eq(model_hash_world(&m.world, true, true), before);
}

/* Stamps of both journals stand in the user's hive, when a product writes there too. */
Test(user_journal, the_two_count_for_themselves)
{
    static const struct mmk_extra_value extra[] = {
        {.root = MMK_REG_USER, .path = "Software\\Wine\\Drivers", .name = "Audio", .text = "x"}};
    setup(MODEL_LAZY);
    cr_assert_eq(RUN(&m, &test_card, MMK_VERB_REMOVE, 0, NULL, &report, NULL), OK);
    struct mmk_product both = test_card;
    both.extra = extra;
    both.n_extra = 1;
    /* the user's counts further than the machine's, so that neither can pass for the other */
    cr_assert_eq(configure(0, true, "dither", "off"), OK);
    cr_assert_eq(configure(0, true, "rate_hz", "32000"), OK);
    cr_assert_eq(configure(0, true, "rate_hz", "22050"), OK);
    cr_assert_eq(RUN(&m, &both, MMK_VERB_INSTALL, 0, NULL, &report, NULL), OK, "%s", report.text);
    /* a stamp that is current says that any difference is somebody's edit */
    const struct model_world world = m.world;
    const struct own kept = own;
    struct model_cut last = {.n_kept = world.n_journal};
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++)
        last.back[root] = world.hive[root].n_past - 1;
    model_reboot(&m, &last);
    m.port.user_journal = &own.seam;
    own.locked = false;
    model_take(&m, MMK_REG_USER, MMK_VIEW_64, CARD, "dither");
    cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK);
    cr_assert_null(users("dither"), "somebody's edit was overwritten");
    for (size_t back = 0; back < world.hive[MMK_REG_USER].n_past; back++) {
        struct model_cut cut = {.n_kept = world.n_journal};
        cut.back[MMK_REG_MACHINE] = world.hive[MMK_REG_MACHINE].n_past - 1;
        cut.back[MMK_REG_USER] = back;
        enter(&world);
        own = kept;
        own.locked = false;
        model_reboot(&m, &cut);
        m.port.user_journal = &own.seam;
        cr_assert_eq(mmk_install_recover(&m.port, &report), MMK_OK, "state %zu: %s", back,
                     report.text);
        cr_assert_eq(report.n_conflicts, 0, "state %zu", back);
        cr_assert_str_eq(users("dither"), "off", "state %zu", back);
        cr_assert_str_eq(users("rate_hz"), "22050", "state %zu", back);
        cr_assert_str_eq(
            model_text(&m, MMK_REG_USER, MMK_VIEW_64, "Software\\Wine\\Drivers", "Audio"), "x",
            "state %zu", back);
    }
}

static unsigned n_asked;

static mmk_err answer(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent)
{
    (void)self;
    (void)parent;
    n_asked++;
    strcpy(settings->value[mmk_param_index(table, "dither")].text, "off");
    return MMK_OK;
}

Test(user_journal, who_has_answered_is_not_asked_again)
{
    static const struct mmk_ui_ops ops = {.prompt = answer};
    struct mmk_ui ui = {&ops};
    setup(MODEL_DURABLE);
    const struct model_world start = m.world;
    const struct mmk_install_request request = {
        .verb = MMK_VERB_CONFIGURE, .flags = MMK_INSTALL_INTERACTIVE | MMK_INSTALL_USER_FALLBACK};
    for (uint64_t at = 0; at < 400 && m.n_failed == 0; at++) {
        enter(&start);
        own.n = own.n_synced = 0;
        m.port.ui = &ui;
        m.fail_only = MODEL_SET;
        m.fail_err = MMK_ERR_ACCESS;
        m.fail_at = at;
        n_asked = 0;
        cr_assert_eq(mmk_install_run(&m.port, &test_card, &request, NULL, &report), OK);
    }
    cr_assert_eq(m.n_failed, 1);
    cr_assert_eq(n_asked, 1);
    cr_assert(report.per_user);
    cr_assert_str_eq(users("dither"), "off");
}
