/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <assert.h>
#include <string.h>

#include "base/utf.h"

enum { ANSWER_CANCEL = 0, ANSWER_OK = 1, ANSWER_RESTART = 2 }; /* DRVCNF_* */

/* How long a lazy registry may take: Wine saves every 30 s. */
#define DURABLE_MS 35000u

/* ------------------------------------------------------------------ words */

mmk_install_reason mmki_reason_of(mmk_err err)
{
    static const struct {
        mmk_err err;
        mmk_install_reason reason;
    } rows[] = {
        {MMK_ERR_ACCESS, MMK_REASON_NO_RIGHTS},
        {MMK_ERR_NO_SPACE, MMK_REASON_NO_SPACE},
        {MMK_ERR_LOCKED, MMK_REASON_LOCKED},
        {MMK_ERR_NOMEM, MMK_REASON_NOMEM},
        {MMK_ERR_CORRUPT, MMK_REASON_REGISTRY_DAMAGED},
        {MMK_ERR_SYNTAX, MMK_REASON_REGISTRY_DAMAGED},
        {MMK_ERR_TOO_LONG, MMK_REASON_REGISTRY_DAMAGED},
        {MMK_ERR_CONFLICT, MMK_REASON_CONFLICT},
        {MMK_ERR_CANCELLED, MMK_REASON_USER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].err == err)
            return rows[i].reason;
    return MMK_REASON_IO;
}

mmk_err mmki_fail(struct mmki_run *run, mmk_install_reason reason, mmk_err err, const char *text)
{
    run->report->reason = reason;
    run->report->err = err;
    mmki_text_add(&run->text, text);
    if (run->failed != NULL) {
        mmki_text_add(&run->text, ": ");
        mmki_target_text(&run->text, run->failed);
        run->failed = NULL;
    }
    return err;
}

static mmk_err fail_below(struct mmki_run *run, mmk_err err, const char *what)
{
    MMKI_TEXT_JOIN(&run->text, what, ": ", mmk_err_text(err));
    return mmki_fail(run, mmki_reason_of(err), err, NULL);
}

void mmki_note_conflict(struct mmki_run *run, const struct mmki_item *item)
{
    if (run->report->n_conflicts++ < 4) {
        mmki_text_add(&run->text,
                      run->report->n_conflicts == 1 ? "somebody else's edit is kept: " : ", ");
        mmki_target_text(&run->text, item);
    }
}

/* ------------------------------------------------------------------ begin and end */

static void go(struct mmki_run *run, mmk_install_state to)
{
    assert(mmk_install_may_follow(run->state, to));
    run->state = to;
    if (run->observer != NULL && run->observer->state != NULL)
        run->observer->state(run->observer->user, to, run->n_done, run->report->n_steps);
}

/* Along the line to a state that has nothing left to do on the way. */
static void walk(struct mmki_run *run, mmk_install_state to)
{
    while (run->state < to)
        go(run, (mmk_install_state)(run->state + 1));
}

static const char *user_name(struct mmki_run *run)
{
    static const char *const names[] = {"USERNAME", "USER", "LOGNAME"};
    struct mmk_platform *platform = run->port->platform;
    char value[128];
    for (size_t i = 0; i < 3; i++)
        if (platform->ops->env(platform, names[i], value, sizeof value) == MMK_OK) {
            const char *copy = mmki_arena_text(&run->arena, value);
            return copy != NULL ? copy : "";
        }
    return "";
}

void mmki_run_begin(struct mmki_run *run, struct mmk_port *port, const struct mmk_product *product,
                    const struct mmk_install_request *request, struct mmk_install_report *report)
{
    memset(run, 0, sizeof *run);
    memset(report, 0, sizeof *report);
    run->port = port;
    run->product = product;
    run->request = request;
    run->report = report;
    run->arena.platform = port->platform;
    run->user = user_name(run);
    run->flush_ms = request != NULL && (request->flags & MMK_INSTALL_NO_WAIT) != 0 ? 0 : DURABLE_MS;
    report->verb = request != NULL ? request->verb : MMK_VERB_RECOVER;
    report->wall_s = port->platform->ops->wall_s(port->platform);
    mmki_text_init(&run->text, report->text, sizeof report->text);
}

void mmki_run_end(struct mmki_run *run)
{
    mmki_arena_free(&run->arena);
}

static mmk_err load_failed(struct mmki_run *run, mmk_err err)
{
    if (err == MMK_ERR_CORRUPT || err == MMK_ERR_VERSION)
        return mmki_fail(
            run, MMK_REASON_JOURNAL_DAMAGED, err,
            err == MMK_ERR_VERSION
                ? "the install journal was written by another version of mmekit"
                : "the install journal is damaged; `mmectl recover --force` puts it aside, and "
                  "what was installed with it");
    return fail_below(run, err, "the install journal cannot be read");
}

mmk_err mmki_lock_and_recover(struct mmki_run *run)
{
    struct mmk_journal *journal = run->port->journal;
    mmk_err err = journal->ops->lock(journal, MMK_INSTALL_LOCK_MS);
    if (err != MMK_OK)
        return fail_below(run, err,
                          err == MMK_ERR_LOCKED ? "another installation is running"
                          : err == MMK_ERR_ACCESS
                              ? "the install journal's folder may not be used (no rights, or it "
                                "belongs to somebody else; installing needs an administrator)"
                              : "the install lock cannot be had");
    err = mmki_load(run);
    if (err == MMK_OK) {
        err = mmki_recover(run);
        if (err != MMK_OK)
            fail_below(run, err, "an earlier, unfinished installation could not be finished");
    } else {
        load_failed(run, err);
    }
    if (err != MMK_OK)
        journal->ops->unlock(journal);
    return err;
}

/* ------------------------------------------------------------------ what verifying needs */

struct work {
    struct mmki_snapshot snapshot;
    struct mmki_records owned;
    struct mmki_plan_in in;
    struct mmki_plan plan;
    struct mmki_assigned *assigned;
    size_t n_assigned;
    const char *file_path[2];
};

static mmk_err where_to_copy(struct mmki_run *run, struct work *w)
{
    const char *const folders[2] = {run->port->drivers_dir, run->port->drivers_dir_other};
    char path[MMKI_PATH_MAX];
    struct mmki_text t;
    for (int i = 0; i < 2; i++) {
        if (mmki_copy_source(run->request, i) == NULL)
            continue;
        mmki_text_init(&t, path, sizeof path);
        MMKI_TEXT_JOIN(&t, folders[i], strcmp(run->port->host, "posix") == 0 ? "/" : "\\",
                       run->product->file);
        w->file_path[i] = mmki_arena_text(&run->arena, path);
        if (t.full || w->file_path[i] == NULL)
            return mmki_fail(run, MMK_REASON_BAD_REQUEST, MMK_ERR_TOO_LONG,
                             "the drivers folder's path is too long");
    }
    return MMK_OK;
}

static uint64_t next_number(const struct mmki_run *run, const struct mmki_snapshot *snapshot)
{
    uint64_t last = run->book.last_number;
    for (size_t i = 0; i < run->book.chain.n; i++)
        last = run->book.chain.v[i].number > last ? run->book.chain.v[i].number : last;
    /* stamps of a journal that somebody deleted: their numbers must not be given out again */
    for (int root = 0; root < MMK_REG_ROOT_COUNT; root++) {
        const struct mmki_item target = mmki_value_item((mmk_reg_root)root, MMK_VIEW_64, MMKI_HOME,
                                                        mmki_stamp_name(run->of_user));
        const struct mmki_image *now = mmki_current(snapshot, &target);
        uint64_t seen = 0;
        if (now->present && now->type == MMK_REG_QWORD && now->len == 8)
            for (int i = 7; i >= 0; i--)
                seen = seen << 8 | now->data[i];
        if (seen / 2 > last && seen / 2 < UINT64_MAX / 4)
            last = seen / 2;
    }
    return last + 1;
}

/* The module may be gone or broken: what we wrote can be taken back or changed all the same. */
static bool may_lack_module(const struct mmki_run *run, mmk_err err)
{
    const mmk_install_verb verb = run->request->verb;
    return (verb == MMK_VERB_REMOVE || verb == MMK_VERB_CONFIGURE) &&
           (err == MMK_ERR_NOT_FOUND || err == MMK_ERR_BITNESS || err == MMK_ERR_CORRUPT);
}

/* What was said before it stays: len bytes. */
static void forget_failure(struct mmki_run *run, size_t len)
{
    run->text.len = len;
    run->text.full = false;
    run->text.at[len] = 0;
    run->report->reason = MMK_REASON_NONE;
    run->report->err = MMK_OK;
}

static mmk_err look(struct mmki_run *run, struct work *w)
{
    const size_t said = run->text.len;
    mmk_err err = where_to_copy(run, w);
    if (err == MMK_OK)
        err = mmki_check_modules(run, &w->snapshot);
    if (err != MMK_OK && !may_lack_module(run, err))
        return err;
    if (err != MMK_OK)
        forget_failure(run, said);
    err = mmki_book_owned(&run->arena, &run->book, &w->owned);
    if (err == MMK_OK)
        err = mmki_take_snapshot(run, &w->owned, w->file_path, &w->snapshot);
    return err == MMK_OK ? MMK_OK : fail_below(run, err, "the registry cannot be read");
}

/* Options that stand behind our module's name now. */
static const char *alias_text(const struct work *w, const struct mmk_product *product,
                              struct mmki_slot *slot)
{
    char file[MMKI_PATH_MAX];
    const char *text = NULL;
    if (!mmki_find_slot(&w->snapshot, product, slot))
        return NULL;
    const mmk_reg_view view = slot->ours[MMK_VIEW_64] ? MMK_VIEW_64 : MMK_VIEW_32;
    return mmk_alias_split(slot->value[view], file, sizeof file, &text) == MMK_OK ? text : NULL;
}

/* Whether a parameter changes that programs look at only when they open the driver. */
static mmk_err look_for_restart(struct mmki_run *run, const char *alias_text,
                                const struct mmk_settings *after)
{
    const struct mmk_param_table *table = run->product->params;
    struct mmk_settings before;
    if ((run->request->flags & MMK_INSTALL_IN_USE) == 0)
        return MMK_OK;
    const mmk_err err = mmki_effective_settings(run, NULL, 0, MMK_DEVICE_NONE, alias_text, &before);
    for (size_t i = 0; i < table->n_params && err == MMK_OK; i++)
        run->restart_setting |= table->params[i].needs_restart &&
                                strcmp(before.value[i].text, after->value[i].text) != 0;
    return err;
}

/* SUPPORTED, CONFIGURED, PROBED. */
static mmk_err verify_world(struct mmki_run *run, struct work *w)
{
    struct mmk_settings settings;
    struct mmki_slot slot;
    const char *text = alias_text(w, run->product, &slot);
    mmk_err err =
        mmki_effective_settings(run, w->assigned, w->n_assigned, MMK_DEVICE_NONE, text, &settings);
    if (err != MMK_OK)
        return fail_below(run, err, "the settings cannot be read");
    err = mmki_check_support(run, &settings);
    if (err != MMK_OK)
        return err;
    go(run, MMK_INSTALL_SUPPORTED);
    const size_t n_before = w->n_assigned;
    err = mmki_ask(run, &settings, &w->assigned, &w->n_assigned);
    if (err == MMK_OK && w->n_assigned != n_before)
        err = mmki_check_support(run, &settings);
    if (err != MMK_OK)
        return err;
    go(run, MMK_INSTALL_CONFIGURED);
    err = look_for_restart(run, text, &settings);
    if (err != MMK_OK)
        return fail_below(run, err, "the settings cannot be read");
    err = mmki_check_hardware(run, w->assigned, w->n_assigned, text);
    if (err == MMK_OK)
        go(run, MMK_INSTALL_PROBED);
    return err;
}

static mmk_err make_plan(struct mmki_run *run, struct work *w, bool per_user)
{
    const mmk_install_verb verb = run->request->verb;
    w->plan = (struct mmki_plan){.reason = MMK_REASON_NONE};
    w->in = (struct mmki_plan_in){.product = run->product,
                                  .request = run->request,
                                  .snapshot = &w->snapshot,
                                  .owned = &w->owned,
                                  .assigned = w->assigned,
                                  .n_assigned = w->n_assigned,
                                  .number = next_number(run, &w->snapshot),
                                  .hosts = mmk_host_bit(run->port->host),
                                  .per_user = per_user,
                                  .of_user = run->of_user,
                                  .user = run->user,
                                  .ini_lines = run->ini_lines,
                                  .file_path = {w->file_path[0], w->file_path[1]}};
    mmk_err err = MMK_OK;
    if (verb == MMK_VERB_REMOVE)
        err = mmki_plan_remove(&run->arena, &w->in, &w->plan);
    else if (verb == MMK_VERB_CONFIGURE)
        err = mmki_plan_configure(&run->arena, &w->in, &w->plan);
    else
        err = mmki_plan_install(&run->arena, &w->in, &w->plan);
    if (err != MMK_OK && w->plan.reason != MMK_REASON_NONE)
        return mmki_fail(run, w->plan.reason, err, w->plan.text);
    if (err != MMK_OK)
        return fail_below(run, err, "the plan cannot be made");
    run->report->n_steps = (uint32_t)w->plan.txn.items.n;
    struct mmki_text t;
    mmki_text_init(&t, run->report->alias, sizeof run->report->alias);
    mmki_text_add(&t, w->plan.txn.alias);
    for (size_t i = 0; i < w->plan.conflicts.n; i++)
        mmki_note_conflict(run, &w->plan.conflicts.v[i]);
    return MMK_OK;
}

static void show_step(struct mmki_run *run, const struct mmki_item *item)
{
    static const char *const actions[MMKI_KIND_COUNT][2] = {{"delete", "set"},
                                                            {"delete key", "create key"},
                                                            {"delete file", "copy file"},
                                                            {"ini", "ini"}};
    char target[1024];
    char before[1024];
    char after[1024];
    struct mmki_text t;
    mmki_text_init(&t, target, sizeof target);
    mmki_target_text(&t, item);
    mmki_text_init(&t, before, sizeof before);
    mmki_image_text(&t, item, &item->before);
    mmki_text_init(&t, after, sizeof after);
    mmki_image_text(&t, item, &item->after);
    const struct mmk_install_step step = {actions[item->kind][item->after.present], target, before,
                                          after};
    run->observer->step(run->observer->user, &step);
}

static void show_plan(struct mmki_run *run, const struct mmki_plan *plan)
{
    if (run->observer == NULL || run->observer->step == NULL)
        return;
    for (size_t i = 0; i < plan->txn.items.n; i++)
        show_step(run, &plan->txn.items.v[i]);
}

/* ------------------------------------------------------------------ the transaction itself */

/* The journal says what is about to be done, durably. Everything that any end of it needs is in
 * memory. */
static mmk_err begin(struct mmki_run *run, const struct mmki_txn *txn)
{
    struct mmki_chain *chain = &run->book.chain;
    struct mmki_txn *v = mmki_arena_array(&run->arena, chain->n + 1, sizeof *v);
    struct mmki_bytes record;
    if (v == NULL)
        return fail_below(run, MMK_ERR_NOMEM, "the journal cannot be written");
    if (chain->n > 0)
        memcpy(v, chain->v, chain->n * sizeof *v);
    v[chain->n] = *txn;
    chain->v = v;
    chain->cap = ++chain->n;
    mmk_err err = mmki_encode_txn(&run->arena, txn, &record);
    if (err == MMK_OK)
        err = mmki_prepare_closing(run);
    if (err == MMK_OK) {
        err = mmki_append(run, &record, &run->closing.reopened);
        /* nothing was changed yet: whether it got there or not, it is taken out again */
        if (err != MMK_OK)
            (void)mmki_reset(run, &run->closing.dropped);
    }
    if (err != MMK_OK) {
        chain->n--;
        run->closing.ready = false;
        return fail_below(run, err, "the journal cannot be written");
    }
    return MMK_OK;
}

/* The commit failed and the journal could not be set back: what it says now is what holds. */
static bool journal_says_open(struct mmki_run *run)
{
    struct mmki_run again = *run;
    again.book = (struct mmki_book){.n_bytes = 0};
    const mmk_err err = mmki_load(&again);
    run->arena = again.arena;
    return err != MMK_OK || mmki_open_txn(&again.book) != NULL;
}

static void roll_back(struct mmki_run *run)
{
    const mmk_install_reason reason = run->report->reason;
    const mmk_err below = run->report->err;
    mmk_err err = MMK_ERR_IO;
    go(run, MMK_INSTALL_ROLLING_BACK);
    if (!run->book.torn || journal_says_open(run))
        err = mmki_roll_back(run);
    if (err != MMK_OK)
        MMKI_TEXT_JOIN(&run->text, "; going back failed too (", mmk_err_text(err),
                       "): the next run of mmectl finishes it");
    run->failed = NULL;
    run->report->reason = reason;
    run->report->err = below;
}

mmk_err mmki_try_out(struct mmki_run *run, uint8_t views)
{
    static const char *const widths[MMK_VIEW_COUNT] = {"64-bit", "32-bit"};
    struct mmk_platform *platform = run->port->platform;
    char reason[512];
    run->untried = NULL;
    if (!run->product->tried || platform->ops->try_installed == NULL ||
        (run->request->flags & MMK_INSTALL_NO_TRIAL) != 0)
        return MMK_OK;
    for (int view = 0; view < MMK_VIEW_COUNT; view++) {
        if ((views & 1u << view) == 0)
            continue;
        reason[0] = 0;
        const mmk_err err =
            platform->ops->try_installed(platform, run->product->file, (mmk_reg_view)view,
                                         MMK_INSTALL_TRIAL_MS, reason, sizeof reason);
        reason[sizeof reason - 1] = 0;
        if (err == MMK_ERR_UNSUPPORTED) {
            run->untried = mmki_arena_text(&run->arena, reason);
        } else if (err != MMK_OK) {
            MMKI_TEXT_JOIN(&run->text, "a new ",
                           run->port->registry->has_view_32 ? widths[view] : "",
                           run->port->registry->has_view_32 ? " " : "", "program could not use ",
                           run->product->name, ": ", reason[0] != 0 ? reason : mmk_err_text(err));
            return mmki_fail(run, MMK_REASON_TRIAL, err, NULL);
        }
    }
    return MMK_OK;
}

/* Everything stands; the journal still says "begun", so that whatever happens now is undone. A
 * registry that is a file has to be on the disk before others see it. */
static mmk_err publish_and_try(struct mmki_run *run, const struct mmki_txn *txn)
{
    struct mmk_registry *registry = run->port->registry;
    mmk_err err = MMK_OK;
    if (!run->product->tried || run->port->platform->ops->try_installed == NULL ||
        (run->request->flags & MMK_INSTALL_NO_TRIAL) != 0)
        return MMK_OK;
    for (int root = 0; root < MMK_REG_ROOT_COUNT && err == MMK_OK; root++) {
        if (txn->stamp[root].touched)
            err = registry->ops->flush(registry, (mmk_reg_root)root, 0);
        err = err == MMK_ERR_PENDING ? MMK_OK : err; /* programs see it, the disk does not yet */
    }
    if (err != MMK_OK)
        return fail_below(run, err, "writing failed");
    return mmki_try_out(run, txn->views);
}

static mmk_err change(struct mmki_run *run, const struct mmki_txn *txn)
{
    run->n_done = 0;
    run->wrote[MMK_REG_MACHINE] = run->wrote[MMK_REG_USER] = false;
    go(run, MMK_INSTALL_APPLYING);
    mmk_err err = mmki_apply(run, txn);
    if (err != MMK_OK)
        return fail_below(run, err, "writing failed");
    err = mmki_verify_items(run, txn);
    if (err != MMK_OK) {
        mmki_fail(run, err == MMK_ERR_CONFLICT ? MMK_REASON_READ_BACK : mmki_reason_of(err), err,
                  "what was written does not read back");
        return err;
    }
    if (run->request->verb != MMK_VERB_CONFIGURE && !txn->release) {
        err = publish_and_try(run, txn);
        if (err != MMK_OK)
            return err;
    }
    go(run, MMK_INSTALL_VERIFIED);
    err = mmki_commit(run);
    if (err != MMK_OK)
        return fail_below(run, err, "making it durable failed");
    go(run, MMK_INSTALL_COMMITTED);
    return MMK_OK;
}

static mmk_err transact(struct mmki_run *run, const struct mmki_plan *plan)
{
    size_t left = 0;
    mmk_err err = begin(run, &plan->txn);
    if (err != MMK_OK)
        return err;
    go(run, MMK_INSTALL_JOURNALED);
    const struct mmki_txn *txn = mmki_open_txn(&run->book);
    err = change(run, txn);
    if (err != MMK_OK) {
        run->report->reached = (mmk_install_state)(run->state + 1);
        if (run->state == MMK_INSTALL_APPLYING && run->n_done < run->report->n_steps)
            run->report->reached = MMK_INSTALL_APPLYING;
        roll_back(run);
        return err;
    }
    /* old modules that nothing needs any more; one that is still loaded somewhere is why to restart
     */
    mmki_cleanup(run, run->closing.committed.cleanup, run->closing.committed.n_cleanup, &left);
    if (run->book.base.n == 0 && run->book.chain.n == 0 && run->closing.committed.n_cleanup > 0 &&
        left == 0) {
        const struct mmki_bytes nothing = {NULL, 0};
        (void)mmki_reset(run, &nothing);
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ one request under the lock */

static void say_done(struct mmki_run *run, const struct mmki_plan *plan)
{
    static const char *const done[] = {"installed", "installed", "configured",
                                       "removed",   "repaired",  ""};
    struct mmki_text *t = &run->text;
    const mmk_install_verb verb = run->request->verb;
    if (run->report->n_conflicts > 0)
        mmki_text_add(t, "; ");
    if (plan->already) {
        MMKI_TEXT_JOIN(t, run->product->name,
                       verb == MMK_VERB_CONFIGURE ? " is configured like this already"
                       : verb == MMK_VERB_REPAIR  ? " needs no repair"
                                                  : " is installed like this already");
    } else {
        MMKI_TEXT_JOIN(t, run->product->name,
                       (run->request->flags & MMK_INSTALL_DRY_RUN) != 0 ? " would be " : " ",
                       done[verb]);
    }
    if (verb != MMK_VERB_REMOVE && plan->txn.alias[0] != 0)
        MMKI_TEXT_JOIN(t, " as ", plan->txn.alias);
    if (run->report->per_user && !plan->already)
        mmki_text_add(t, " for this user only");
    if (run->untried != NULL)
        MMKI_TEXT_JOIN(t, "; not tried: ", run->untried);
    if (run->restart_in_use)
        mmki_text_add(t, "; an old copy is still in use: restart");
    if (run->restart_device)
        mmki_text_add(t, "; the device works after a restart");
    if (run->restart_setting)
        mmki_text_add(t, "; programs that use it now see the change when they are restarted");
}

static void set_reason(struct mmki_run *run, bool already)
{
    struct mmk_install_report *r = run->report;
    if (r->n_conflicts > 0)
        r->reason = MMK_REASON_CONFLICT;
    else if (already)
        r->reason = MMK_REASON_ALREADY;
    if (run->restart_device)
        r->reason = MMK_REASON_RESTART_DEVICE;
    if (run->restart_in_use || run->restart_setting)
        r->reason = MMK_REASON_RESTART_IN_USE;
}

static mmk_err attempt(struct mmki_run *run, struct work *w, bool per_user)
{
    mmk_err err = make_plan(run, w, per_user);
    if (err != MMK_OK)
        return err;
    show_plan(run, &w->plan);
    if ((run->request->flags & MMK_INSTALL_DRY_RUN) == 0 && !w->plan.already)
        err = transact(run, &w->plan);
    if (err == MMK_OK) {
        walk(run, MMK_INSTALL_COMMITTED);
        run->report->per_user = per_user;
        run->restart_setting &= !w->plan.already;
        set_reason(run, w->plan.already);
        say_done(run, &w->plan);
    }
    return err;
}

static bool falls_back(const struct mmki_run *run, mmk_err err)
{
    return err == MMK_ERR_ACCESS && run->request->verb == MMK_VERB_CONFIGURE && !run->per_user &&
           (run->request->flags & MMK_INSTALL_USER_FALLBACK) != 0;
}

/* Another transaction, as if the first had never begun. */
static void begin_anew(struct mmki_run *run, mmk_install_state from)
{
    if (run->state == MMK_INSTALL_ROLLING_BACK)
        go(run, MMK_INSTALL_CANCELLED);
    run->state = from;
    forget_failure(run, 0);
    run->report->n_conflicts = 0;
}

static mmk_err serve(struct mmki_run *run, struct work *w)
{
    const mmk_install_verb verb = run->request->verb;
    const bool world = verb != MMK_VERB_REMOVE;
    mmk_err err = look(run, w);
    if (err == MMK_OK && world)
        err = verify_world(run, w);
    if (err != MMK_OK)
        return err;
    walk(run, MMK_INSTALL_PROBED);
    err = attempt(run, w, run->per_user);
    if (!falls_back(run, err) || run->port->user_journal != NULL)
        return err;
    /* no rights over the machine's settings: the user has his own. A second transaction, on what
     * the first one had verified */
    begin_anew(run, MMK_INSTALL_PROBED);
    return attempt(run, w, true);
}

static mmk_err put_aside(struct mmki_run *run)
{
    struct mmk_journal *journal = run->port->journal;
    const struct mmki_bytes nothing = {NULL, 0};
    mmk_err err = journal->ops->lock(journal, MMK_INSTALL_LOCK_MS);
    if (err != MMK_OK)
        return err;
    err = mmki_load(run);
    if (err == MMK_ERR_CORRUPT || err == MMK_ERR_VERSION)
        err = mmki_reset(run, &nothing);
    journal->ops->unlock(journal);
    return err;
}

static mmk_err recover_only(struct mmki_run *run)
{
    mmk_err err = mmki_load(run); /* a clean system is seen without the lock and without writing */
    if (err == MMK_OK && run->book.chain.n == 0 && run->book.n_cleanup == 0)
        return MMK_OK;
    if ((err == MMK_ERR_CORRUPT || err == MMK_ERR_VERSION) && run->request != NULL &&
        (run->request->flags & MMK_INSTALL_FORCE) != 0) {
        err = put_aside(run);
        return err == MMK_OK ? MMK_OK
                             : fail_below(run, err, "the damaged journal cannot be put aside");
    }
    if (err != MMK_OK)
        return load_failed(run, err);
    err = mmki_lock_and_recover(run);
    if (err == MMK_OK)
        run->port->journal->ops->unlock(run->port->journal);
    return err;
}

static mmk_err dry_run(struct mmki_run *run, struct work *w)
{
    bool marker = true;
    mmk_err err = mmki_load(run);
    if (err != MMK_OK)
        return load_failed(run, err);
    if (run->book.chain.n > 0 && mmki_marker(run, &marker) == MMK_OK &&
        mmki_book_pending(&run->book, marker))
        mmki_text_add(&run->text, "an unfinished installation would be finished first; ");
    return serve(run, w);
}

static mmk_err locked_run(struct mmki_run *run, struct work *w)
{
    mmk_err err = mmki_lock_and_recover(run);
    if (err != MMK_OK)
        return err;
    err = serve(run, w);
    run->port->registry->ops->discard(run->port->registry);
    run->port->journal->ops->unlock(run->port->journal);
    return err;
}

/* Without rights over the machine the lock, an earlier transaction's recovery or the first write is
 * refused. What the user has answered stays. */
static mmk_err run_as_user(struct mmki_run *run, struct work *w)
{
    const struct work fresh = {.assigned = w->assigned, .n_assigned = w->n_assigned};
    *w = fresh;
    begin_anew(run, MMK_INSTALL_CHECKED);
    run->book = (struct mmki_book){.n_bytes = 0};
    run->closing.ready = false;
    run->restart_in_use = run->restart_device = run->restart_setting = false;
    mmki_use_own_journal(run);
    return locked_run(run, w);
}

static uint32_t finish(struct mmki_run *run, mmk_err err)
{
    struct mmk_install_report *r = run->report;
    const bool restart = run->restart_in_use || run->restart_device || run->restart_setting;
    r->durable = run->book.chain.n == 0;
    if (err == MMK_OK) {
        r->reached = MMK_INSTALL_COMMITTED;
        walk(run, MMK_INSTALL_COMMITTED);
        go(run, restart ? MMK_INSTALL_RESTART : MMK_INSTALL_OK);
        r->answer = restart ? ANSWER_RESTART : ANSWER_OK;
    } else {
        if (run->state != MMK_INSTALL_ROLLING_BACK) {
            r->reached = (mmk_install_state)(run->state + 1);
            go(run, MMK_INSTALL_ROLLING_BACK);
        }
        go(run, MMK_INSTALL_CANCELLED);
        r->answer = ANSWER_CANCEL;
    }
    return r->answer;
}

/* What the user's journal has to redo, whichever verb runs. */
static mmk_err recover_users(struct mmk_port *port, bool *recovered)
{
    struct mmk_install_report unheard;
    struct mmki_run run;
    if (port->user_journal == NULL)
        return MMK_OK;
    mmki_run_begin(&run, port, NULL, NULL, &unheard);
    mmki_use_own_journal(&run);
    const mmk_err err = recover_only(&run);
    *recovered |= unheard.recovered;
    mmki_run_end(&run);
    return err;
}

/* The driver has gone, and what this user had set for himself goes with it. */
static mmk_err remove_users(struct mmki_run *run)
{
    const struct mmk_install_request request = {
        .verb = MMK_VERB_REMOVE, .flags = run->request->flags & ~(uint32_t)MMK_INSTALL_FORCE};
    struct mmk_install_report unheard;
    struct mmki_records owned;
    struct mmki_run users;
    struct work w;
    mmki_run_begin(&users, run->port, run->product, &request, &unheard);
    memset(&w, 0, sizeof w);
    mmki_use_own_journal(&users);
    mmk_err err = mmki_load(&users);
    if (err == MMK_OK)
        err = mmki_book_owned(&users.arena, &users.book, &owned);
    if (err == MMK_OK && mmki_records_find(&owned, run->product->file) != NULL) {
        walk(&users, MMK_INSTALL_CHECKED);
        err = locked_run(&users, &w);
    }
    mmki_run_end(&users);
    return err;
}

static void forget_users(struct mmki_run *run)
{
    const uint32_t not = MMK_INSTALL_DRY_RUN | MMK_INSTALL_KEEP_SETTINGS;
    if (run->request->verb != MMK_VERB_REMOVE || run->port->user_journal == NULL ||
        (run->request->flags & not ) != 0)
        return;
    const mmk_err err = remove_users(run);
    if (err != MMK_OK)
        MMKI_TEXT_JOIN(&run->text,
                       "; the settings of this user are still there: ", mmk_err_text(err));
}

uint32_t mmk_install_run(struct mmk_port *port, const struct mmk_product *product,
                         const struct mmk_install_request *request,
                         const struct mmk_install_observer *observer,
                         struct mmk_install_report *report)
{
    struct mmk_install_report unheard;
    struct mmki_run run;
    struct work w;
    mmk_err err;
    mmki_run_begin(&run, port, product, request, report != NULL ? report : &unheard);
    memset(&w, 0, sizeof w);
    run.observer = observer;
    run.per_user = request->per_user;
    if (run.per_user && port->user_journal != NULL)
        mmki_use_own_journal(&run);
    if (request->verb == MMK_VERB_RECOVER) {
        err = recover_only(&run);
    } else {
        err = mmki_check_request(&run, &w.assigned, &w.n_assigned);
        if (err == MMK_OK) {
            go(&run, MMK_INSTALL_CHECKED);
            err = (request->flags & MMK_INSTALL_DRY_RUN) != 0 ? dry_run(&run, &w)
                                                              : locked_run(&run, &w);
        }
        if (port->user_journal != NULL && falls_back(&run, err))
            err = run_as_user(&run, &w);
    }
    if (!run.of_user && (request->flags & MMK_INSTALL_DRY_RUN) == 0) {
        const mmk_err users = recover_users(port, &run.report->recovered);
        if (request->verb == MMK_VERB_RECOVER && err == MMK_OK)
            err = users;
        if (err == MMK_OK)
            forget_users(&run);
    }
    const uint32_t answer = finish(&run, err);
    if ((request->flags & MMK_INSTALL_DRY_RUN) == 0 && product != NULL && product->name != NULL &&
        (request->verb != MMK_VERB_RECOVER || run.report->recovered || err != MMK_OK))
        mmki_write_status(&run, product->name);
    mmki_run_end(&run);
    return answer;
}

mmk_err mmk_install_recover(struct mmk_port *port, struct mmk_install_report *report)
{
    struct mmk_install_report unheard;
    struct mmki_run run;
    mmki_run_begin(&run, port, NULL, NULL, report != NULL ? report : &unheard);
    mmk_err err = recover_only(&run);
    const mmk_err users = recover_users(port, &run.report->recovered);
    if (err == MMK_OK)
        err = users;
    (void)finish(&run, err);
    mmki_run_end(&run);
    return err;
}

static mmk_err peek(struct mmk_port *port, bool of_user, bool *pending)
{
    struct mmk_install_report unheard;
    struct mmki_run run;
    bool marker = true;
    mmki_run_begin(&run, port, NULL, NULL, &unheard);
    if (of_user)
        mmki_use_own_journal(&run);
    mmk_err err = mmki_load(&run);
    if (err == MMK_OK && run.book.chain.n > 0)
        err = mmki_marker(&run, &marker);
    if (err == MMK_OK)
        *pending = mmki_book_pending(&run.book, marker);
    mmki_run_end(&run);
    return err;
}

mmk_err mmk_install_peek(struct mmk_port *port, bool *pending)
{
    bool users = false;
    const mmk_err err = peek(port, false, pending);
    if (port->user_journal != NULL && peek(port, true, &users) == MMK_OK && users && err == MMK_OK)
        *pending = true;
    return err;
}
