/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* DRV_CONFIGURE and an interactive DRV_INSTALL, talked over with a user.
 *
 * CONFIGURE: no lock is held and no transaction runs while the user thinks. Each Apply, and OK, is
 * a whole CONFIGURE of what was changed since the last one. INSTALL is one transaction, in the
 * middle of which the user is asked; what the dialog takes over is checked by a dry run. */

#include <string.h>

#include "lifecycle_internal.h"

struct dialog {
    struct mmk_ui seam; /* what the install engine asks; first member */
    mmk_err says;       /* what that answers, where there was a dialog before */
    struct mmk_driver *driver;
    struct mmk_port port; /* the driver's, with our seam */
    const struct mmk_install_request *request;
    const struct mmk_install_observer *observer;
    struct mmk_install_report report; /* of the last transaction */
    struct mmk_settings now;          /* as they hold */
    unsigned n_applied;
    bool restart;
};

/* ------------------------------------------------------------------ words */

static void copy_text(char *to, size_t cap, const char *from)
{
    const size_t len = strlen(from);
    const size_t n = len < cap ? len : cap - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

/* "rate_hz: what is wrong" belongs beside that row. What names the text of a row, a path that is
 * not there, belongs beside that one. */
static void place(const struct mmk_settings *settings, const char *text, struct mmk_ui_said *said)
{
    const struct mmk_param_table *table = settings->table;
    const char *colon = strstr(text, ": ");
    said->param[0] = '\0';
    copy_text(said->text, sizeof said->text, text);
    for (size_t i = 0; i < table->n_params; i++) {
        const char *name = table->params[i].name, *value = settings->value[i].text;
        const size_t len = strlen(name);
        if (colon == text + len && strncmp(text, name, len) == 0) {
            copy_text(said->param, sizeof said->param, name);
            copy_text(said->text, sizeof said->text, colon + 2);
            return;
        }
        if (table->params[i].type == MMK_PARAM_TEXT && value[0] != '\0' &&
            mmk_param_applies(&table->params[i], settings) && strstr(text, value) != NULL)
            copy_text(said->param, sizeof said->param, name);
    }
}

static void say_saved(const struct mmk_install_report *report, struct mmk_ui_said *said)
{
    const char *text = "Saved.";
    if (report->answer == MMK_DRVCNF_RESTART)
        text = "Saved. Programs that use the driver now see the change when they are restarted.";
    else if (report->per_user)
        text = "Saved for you alone: for all users, an administrator has to do it.";
    said->param[0] = '\0';
    copy_text(said->text, sizeof said->text, text);
}

/* ------------------------------------------------------------------ apply */

/* Rows that differ from what holds now, of one kind: those that the user has for himself, or the
 * others. */
static size_t changes(const struct dialog *d, const struct mmk_settings *wanted, bool users,
                      struct mmk_assignment out[MMK_PARAMS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < wanted->table->n_params; i++) {
        const struct mmk_setting *now = &d->now.value[i];
        if (strcmp(now->text, wanted->value[i].text) == 0 ||
            (now->source == MMK_SOURCE_USER) != users)
            continue;
        out[n++] = (struct mmk_assignment){wanted->table->params[i].name, wanted->value[i].text};
    }
    return n;
}

static void read_again(struct dialog *d)
{
    if (!mmki_registry_wait(d->driver, MMK_INSTALL_LOCK_MS))
        return;
    (void)mmk_install_settings(&d->port, d->driver->cls->product, MMK_DEVICE_NONE, &d->now, NULL);
    mmki_registry_leave(d->driver);
}

static mmk_err refused(const struct dialog *d, const struct mmk_settings *wanted,
                       struct mmk_ui_said *said)
{
    place(wanted, d->report.text, said);
    return d->report.err != MMK_OK ? d->report.err : MMK_ERR_STATE;
}

/* What overrides the machine's settings for this user is changed where it stands: a change below it
 * would be none. */
static mmk_err save(void *user, struct mmk_settings *wanted, struct mmk_ui_said *said)
{
    struct dialog *d = user;
    memset(said, 0, sizeof *said);
    for (int users = 1; users >= 0; users--) {
        struct mmk_assignment assignment[MMK_PARAMS_MAX];
        struct mmk_install_request request = *d->request;
        const size_t n = changes(d, wanted, users != 0, assignment);
        if (n == 0)
            continue;
        request.flags &= ~(uint32_t)MMK_INSTALL_INTERACTIVE;
        request.assignments = assignment;
        request.n_assignments = n;
        request.per_user = users != 0;
        if (mmki_verb_run(d->driver, d->driver->port, &request, d->observer, &d->report) ==
            MMK_DRVCNF_CANCEL)
            return refused(d, wanted, said);
        d->n_applied++;
        d->restart |= d->report.answer == MMK_DRVCNF_RESTART;
        say_saved(&d->report, said);
    }
    read_again(d);
    *wanted = d->now;
    return MMK_OK;
}

/* During DRV_INSTALL, whose turn it is already. */
static mmk_err check(void *user, struct mmk_settings *wanted, struct mmk_ui_said *said)
{
    struct dialog *d = user;
    struct mmk_assignment assignment[2 * MMK_PARAMS_MAX];
    struct mmk_install_request request = *d->request;
    const size_t n = changes(d, wanted, false, assignment);

    memset(said, 0, sizeof *said);
    request.flags &= ~(uint32_t)MMK_INSTALL_INTERACTIVE;
    request.flags |= MMK_INSTALL_DRY_RUN;
    request.assignments = assignment;
    request.n_assignments = n + changes(d, wanted, true, assignment + n);
    if (mmk_install_run(d->driver->port, d->driver->cls->product, &request, NULL, &d->report) ==
        MMK_DRVCNF_CANCEL)
        return refused(d, wanted, said);
    return MMK_OK;
}

static mmk_err tone(void *user, const struct mmk_settings *settings, struct mmk_ui_said *said)
{
    const struct dialog *d = user;
    return mmki_tone(d->driver, settings, said);
}

/* ------------------------------------------------------------------ the two conversations */

static mmk_err converse(struct dialog *d, bool saves, struct mmk_settings *settings)
{
    struct mmk_driver *driver = d->driver;
    struct mmk_ui *ui = driver->port->ui;
    const struct mmk_ui_session session = {
        .title = driver->cls->product->title,
        .table = driver->cls->product->params,
        .hosts = mmk_host_bit(driver->port->host),
        .saves = saves,
        .user = d,
        .apply = saves ? save : check,
        .tone = (driver->cls->serves & MMK_SERVES_WAVE) != 0 ? tone : NULL,
    };
    return ui->ops->converse(ui, &session, settings, d->request->parent);
}

/* The install engine asks in the middle of DRV_INSTALL, or at the end of a conversation that came
 * to nothing, so that it reports and records that as it does everything. */
static mmk_err prompt(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent)
{
    struct dialog *d = (struct dialog *)(void *)self;
    (void)table;
    (void)parent;
    if (d->says != MMK_OK)
        return d->says;
    d->now = *settings;
    return converse(d, false, settings);
}

static const struct mmk_ui_ops ops = {.prompt = prompt};

static void configure(struct dialog *d)
{
    struct mmk_settings settings;

    read_again(d);
    settings = d->now;
    d->says = converse(d, true, &settings);
    if (d->n_applied == 0 && d->says == MMK_OK) {
        memset(&d->report, 0, sizeof d->report);
        d->report.verb = MMK_VERB_CONFIGURE;
        d->report.reason = MMK_REASON_ALREADY;
        copy_text(d->report.text, sizeof d->report.text, "nothing was changed");
    }
    d->report.answer = d->restart ? MMK_DRVCNF_RESTART : MMK_DRVCNF_OK;
    if (d->n_applied == 0 && d->says != MMK_OK)
        (void)mmki_verb_run(d->driver, &d->port, d->request, d->observer, &d->report);
}

void mmki_dialog_run(struct call *call, const struct mmk_install_request *request,
                     const struct mmk_driver_attachment *attachment)
{
    struct dialog d;

    memset(&d, 0, sizeof d);
    d.seam.ops = &ops;
    d.driver = call->driver;
    d.port = *call->driver->port;
    d.port.ui = &d.seam;
    d.request = request;
    d.observer = attachment != NULL ? attachment->observer : NULL;
    mmk_settings_defaults(call->driver->cls->product->params, &d.now);
    if (request->verb == MMK_VERB_CONFIGURE)
        configure(&d);
    else
        (void)mmki_verb_run(d.driver, &d.port, request, d.observer, &d.report);
    call->answer = (intptr_t)d.report.answer;
    if (attachment != NULL && attachment->report != NULL)
        *attachment->report = d.report;
}
