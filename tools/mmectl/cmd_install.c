/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include <mmk/text.h>

#include "message.h"
#include "mmectl.h"

static void show_alias(struct mmectl *m, const struct conversation *c)
{
    static const char *const views[] = {"64-bit", "32-bit"};
    char value[ALIAS_TEXT_MAX], other[ALIAS_TEXT_MAX];
    struct mmk_port *port = host_port(m->host);
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

/* The entries that name this module: what an old driver writes by itself, or nothing. */
static void show_entries_of(struct mmectl *m, const char *path)
{
    struct mmk_port *port = host_port(m->host);
    const char *slash = strrchr(path, '/'), *bare = slash ? slash + 1 : path;
    char alias[1024], value[ALIAS_TEXT_MAX], file[ALIAS_TEXT_MAX];
    const char *options;
    unsigned n = 0;
    json_array(&m->json, "entries");
    for (int view = 0; view < (port->registry->has_view_32 ? 2 : 1); view++) {
        struct mmk_reg_key key = {MMK_REG_MACHINE, (mmk_reg_view)view, DRIVERS32_PATH};
        mmk_err err = MMK_OK;
        for (uint32_t i = 0; !err || err == MMK_ERR_MORE; i++) {
            err = port->registry->ops->enum_value(port->registry, &key, i, alias, sizeof alias);
            if (err || registry_text(port, &key, alias, value, sizeof value) ||
                mmk_alias_split(value, file, sizeof file, &options) ||
                !(mmk_name_equal(file, bare) || mmk_name_equal(file, path)))
                continue;
            say(m, "  %s = %s  (%s view)", alias, value, view == MMK_VIEW_64 ? "64-bit" : "32-bit");
            json_string(&m->json, NULL, alias);
            n++;
        }
    }
    json_end(&m->json);
    if (!n)
        say(m, "  no entry of Drivers32 names it: programs find it only by its file name");
}

/* Somebody else's module: the message goes out as an old setup program sent it; what the module
 * does is its own business, its answer is told. */
static enum outcome install_foreign(struct mmectl *m, const char *path)
{
    struct conversation c = {.m = m, .file = path, .name = path};
    if (m->args.n_set || m->args.given[OPT_DRY_RUN])
        return fail(m, OUTCOME_USAGE, "USAGE", "only drivers of mmekit know them",
                    "--set and --dry-run cannot be told to %s", path);
    if (host_file_kind(path) != HOST_FILE_REGULAR)
        return fail(m, OUTCOME_FAILED, "NOT_FOUND", "give the path of a driver module",
                    "%s is not there or no file", path);
    enum outcome outcome = converse(&c, MMK_DRV_INSTALL);
    if (m->failed)
        return outcome;
    switch (c.answer) {
    case MMK_DRVCNF_OK:
        say(m, "%s answered DRV_INSTALL with OK", path);
        show_entries_of(m, path);
        return OUTCOME_OK;
    case MMK_DRVCNF_RESTART:
        say(m, "%s answered DRV_INSTALL with RESTART: it takes effect after a restart", path);
        show_entries_of(m, path);
        return OUTCOME_RESTART;
    case MMK_DRVCNF_CANCEL:
        return fail(m, OUTCOME_FAILED, "CANCEL", "see what its maker says",
                    "%s answered DRV_INSTALL with CANCEL: it is not installed", path);
    default:
        return fail(m, OUTCOME_FAILED, "ANSWER", "the module is no installable driver",
                    "%s answered DRV_INSTALL with %ld, which means nothing", path, (long)c.answer);
    }
}

enum outcome verb_install(struct mmectl *m)
{
    const char *name = m->args.operand[0];
    if (host_is_module_file(name))
        return install_foreign(m, name);
    const struct mmk_driver_class *driver = driver_find(name);
    if (!driver)
        return fail_unknown_driver(m, name);
    const struct mmk_product *product = driver->product;
    if (m->args.given[OPT_INTERACTIVE] && !(host_is_terminal(stdin) && host_is_terminal(stderr)))
        return fail(m, OUTCOME_USAGE, "USAGE", "use --set K=V instead",
                    "--interactive needs a terminal to ask on");
    enum outcome outcome = settings_check(m, product, m->args.set, m->args.n_set);
    if (outcome)
        return outcome;
    struct conversation c = {.m = m, .file = product->file, .name = product->name, .ours = true};
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

enum outcome verb_remove(struct mmectl *m)
{
    const char *name = m->args.operand[0];
    const struct mmk_driver_class *driver = driver_find(name);
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
