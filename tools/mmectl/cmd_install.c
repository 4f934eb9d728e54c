/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include "foreign.h"
#include "message.h"
#include "mmectl.h"

static void show_alias(struct mmectl *m, const struct conversation *c)
{
    static const char *const views[] = {"64-bit", "32-bit"};
    char value[ALIAS_TEXT_MAX], other[ALIAS_TEXT_MAX];
    struct mmk_port *port = host_port(m->host);
    if (!c->report.alias[0]) { /* programs find it by other ways */
        json_string(&m->json, "value", NULL);
        return;
    }
    bool in_64 = alias_value(port, MMK_VIEW_64, c->report.alias, value, sizeof value) == MMK_OK;
    bool in_32 = alias_value(port, MMK_VIEW_32, c->report.alias, other, sizeof other) == MMK_OK;
    if (in_64 && in_32 && strcmp(value, other) == 0) {
        say(m, "  %s = %s  (both views)", c->report.alias, value);
    } else {
        if (in_64)
            say(m, "  %s = %s  (%s view)", c->report.alias, value, views[0]);
        if (in_32)
            say(m, "  %s = %s  (%s view)", c->report.alias, other, views[1]);
    }
    json_string(&m->json, "value", in_64 ? value : in_32 ? other : NULL);
}

static void tell(struct mmectl *m, const struct conversation *c, const char *done)
{
    char line[sizeof c->report.text + 80];
    snprintf(line, sizeof line, "%s %s", c->name, done);
    if (m->args.given[OPT_DRY_RUN])
        say(m, "dry run, nothing was changed: it would answer %s",
            c->answer == MMK_DRVCNF_RESTART ? "RESTART" : "OK");
    say(m, "%s%s%s", tint(m, TINT_GOOD), c->report.text[0] ? c->report.text : line, tint_end(m));
    if (c->report.recovered)
        say(m, "an earlier, interrupted run was finished first");
    if (c->report.n_conflicts)
        remark(m, "%u edits by somebody else were kept; mmectl verify names them",
               c->report.n_conflicts);
    if (c->answer == MMK_DRVCNF_RESTART)
        say(m, "a restart is needed before it takes effect");
}

static enum outcome install_ours(struct mmectl *m, const struct mmk_product *product,
                                 const char *path)
{
    if (m->args.given[OPT_INTERACTIVE] && !host_can_ask())
        return fail(m, OUTCOME_USAGE, "USAGE", "use --set K=V instead",
                    "--interactive needs a terminal to ask on");
    enum outcome outcome = settings_check(m, product, m->args.set, m->args.n_set);
    if (outcome)
        return outcome;
    struct conversation c = {
        .m = m, .file = product->file, .path = path, .name = product->name, .ours = true};
    c.request.verb = MMK_VERB_INSTALL;
    c.request.assignments = m->args.set;
    c.request.n_assignments = m->args.n_set;
    outcome = converse(&c, MMK_DRV_INSTALL);
    if (m->failed)
        return outcome;
    tell(m, &c, "is installed");
    if (!m->args.given[OPT_DRY_RUN])
        show_alias(m, &c);
    return outcome;
}

/* A file that the user named: one of ours from another place, or somebody else's. */
static enum outcome install_file(struct mmectl *m, const char *path)
{
    const struct mmk_driver_class *driver = driver_find(host_base_name(path));
    struct host_sources sources = {{0}, {0}};
    if (driver && host_file_kind(path) == HOST_FILE_REGULAR)
        host_find_sources(m->host, driver->product->file, path, &sources);
    /* from outside no module is loaded, so one of either width may be named */
    const char *named = sources.own[0]                                 ? sources.own
                        : host_is_outside(m->host) && sources.other[0] ? sources.other
                                                                       : NULL;
    if (named || (driver && host_is_installed_module(m->host, path)))
        return install_ours(m, driver->product, named);
    if (host_is_outside(m->host))
        return fail(m, OUTCOME_USAGE, "USAGE", "run mmectl.exe in the prefix for it",
                    "from outside only mmekit's own drivers are installed");
    return install_foreign(m, path);
}

enum outcome verb_install(struct mmectl *m)
{
    const char *name = m->args.operand[0];
    if (host_is_module_file(name))
        return install_file(m, name);
    const struct mmk_driver_class *driver = driver_find(name);
    return driver ? install_ours(m, driver->product, NULL) : fail_unknown_driver(m, name);
}

enum outcome verb_remove(struct mmectl *m)
{
    const char *name = m->args.operand[0];
    const struct mmk_driver_class *driver = driver_find(name);
    struct foreign foreign;
    if (!driver && foreign_find(m, name, &foreign))
        return remove_foreign(m, &foreign);
    if (!driver)
        return fail_unknown_driver(m, name);
    struct conversation c = {
        .m = m, .file = driver->product->file, .name = driver->product->name, .ours = true};
    c.request.verb = MMK_VERB_REMOVE;
    enum outcome outcome = converse(&c, MMK_DRV_REMOVE);
    if (!m->failed)
        tell(m, &c, "is removed");
    return outcome;
}

enum outcome verb_repair(struct mmectl *m)
{
    const struct mmk_driver_class *driver = driver_find(m->args.operand[0]);
    struct foreign foreign;
    if (!driver && foreign_find(m, m->args.operand[0], &foreign))
        return repair_foreign(m, &foreign);
    if (!driver)
        return fail_unknown_driver(m, m->args.operand[0]);
    struct conversation c = {
        .m = m, .file = driver->product->file, .name = driver->product->name, .ours = true};
    c.request.verb = MMK_VERB_REPAIR;
    enum outcome outcome = converse(&c, MMK_DRV_INSTALL);
    if (m->failed)
        return outcome;
    tell(m, &c, "is repaired");
    if (!m->args.given[OPT_DRY_RUN])
        show_alias(m, &c);
    return outcome;
}
