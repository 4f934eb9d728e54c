/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Somebody else's driver. It knows nothing of transactions, so the engine is asked by ourselves, in
 * the driver's name: the module is copied to where programs look for it and gets an alias, both in
 * one transaction that remove takes back. Then the driver hears DRV_INSTALL the way the Control
 * Panel sent it, with the alias standing already, and what it does is its own business. If it says
 * no, what this run has written is taken back.
 */
#include "foreign.h"

#include <stdio.h>
#include <string.h>

#include <mmk/text.h>

#include "message.h"

static const struct mmk_param_table no_params = {NULL, 0};

/* "wave3" -> base "wave", numbered; "msacm.x" is a base by itself. */
static void take_alias(struct foreign *f, const char *alias)
{
    static const char *const bases[] = {"wave", "midi", "aux", "mixer"};
    f->product.numbered = false;
    snprintf(f->base, sizeof f->base, "%s", alias);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        size_t len = strlen(bases[i]);
        if (strlen(alias) < len || mmk_name_compare_n(alias, len, bases[i], len) != 0 ||
            strspn(alias + len, "0123456789") != strlen(alias + len))
            continue;
        snprintf(f->base, sizeof f->base, "%s", bases[i]);
        f->product.numbered = true;
    }
}

/* What the Control Panel's installers chose: codecs by their name, all else as sound. */
static void guess_alias(struct foreign *f)
{
    char alias[sizeof f->base];
    const char *dot = strrchr(f->file, '.');
    if (dot && mmk_name_equal(dot, ".acm"))
        snprintf(alias, sizeof alias, "msacm.%.*s", (int)(dot - f->file), f->file);
    else
        snprintf(alias, sizeof alias, "wave1");
    take_alias(f, alias);
}

void foreign_init(struct foreign *f, const char *file, const char *alias, uint32_t version)
{
    memset(f, 0, sizeof *f);
    snprintf(f->file, sizeof f->file, "%s", host_base_name(file));
    f->product = (struct mmk_product){.name = f->file,
                                      .file = f->file,
                                      .title = f->file,
                                      .version = version,
                                      .section = "Drivers32",
                                      .alias_base = f->base,
                                      .params = &no_params};
    if (alias && alias[0])
        take_alias(f, alias);
    else
        guess_alias(f);
}

bool foreign_find(struct mmectl *m, const char *name, struct foreign *f)
{
    struct mmk_installed installed;
    const char *base = host_base_name(name);
    if (driver_find(base) || installed_find(host_port(m->host), base, &installed) != MMK_OK)
        return false;
    foreign_init(f, installed.file, installed.alias, installed.version);
    return true;
}

/* ------------------------------------------------------------------ install */

/* The entries that name this module: what the engine wrote, and what an old driver writes itself.
 */
static void show_entries_of(struct mmectl *m, const char *path)
{
    struct mmk_port *port = host_port(m->host);
    const char *bare = host_base_name(path);
    char alias[1024], value[ALIAS_TEXT_MAX], file[ALIAS_TEXT_MAX];
    const char *options;
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
        }
    }
    json_end(&m->json);
}

/* Back to before this run. Options that the driver has put behind its name go with the entry. */
static void take_back(struct mmectl *m, struct foreign *f, const struct conversation *c)
{
    struct mmk_install_request request = {.verb = MMK_VERB_REMOVE, .flags = MMK_INSTALL_FORCE};
    struct mmk_install_report report;
    if (c->report.reason == MMK_REASON_ALREADY)
        return; /* an earlier run's */
    mmk_install_run(host_port(m->host), &f->product, &request, NULL, &report);
    host_drivers_dir(m->host, false);
    if (report.answer == MMK_DRVCNF_CANCEL)
        remark(m, "and its entry could not be taken back: %s", report.text);
}

static enum outcome refused(struct mmectl *m, struct foreign *f, struct conversation *c,
                            const char *why)
{
    enum outcome outcome;
    if (why)
        outcome = fail(m, OUTCOME_FAILED, "DRIVER", "the module is no installable driver",
                       "%s cannot be opened%s%s", c->name, why[0] ? ": " : "", why);
    else if (c->answer == MMK_DRVCNF_CANCEL)
        outcome = fail(m, OUTCOME_FAILED, "CANCEL", "see what its maker says",
                       "%s answered DRV_INSTALL with CANCEL: it is not installed", c->name);
    else
        outcome =
            fail(m, OUTCOME_FAILED, "ANSWER", "the module is no installable driver",
                 "%s answered DRV_INSTALL with %ld, which means nothing", c->name, (long)c->answer);
    take_back(m, f, c);
    return outcome;
}

static enum outcome speak_install(struct mmectl *m, struct foreign *f, struct conversation *c)
{
    char why[512] = "";
    const char *alias = c->report.alias[0] ? c->report.alias : NULL;
    const bool restart = c->answer == MMK_DRVCNF_RESTART; /* an old copy of it is in use */
    if (send_bare(c, MMK_DRV_INSTALL, false, alias, why, sizeof why))
        return refused(m, f, c, why);
    if (c->answer != MMK_DRVCNF_OK && c->answer != MMK_DRVCNF_RESTART)
        return refused(m, f, c, NULL);
    if (c->answer == MMK_DRVCNF_RESTART)
        say(m, "%s answered DRV_INSTALL with RESTART: it takes effect after a restart", c->name);
    else
        say(m, "%s answered DRV_INSTALL with OK", c->name);
    return restart || c->answer == MMK_DRVCNF_RESTART ? OUTCOME_RESTART : OUTCOME_OK;
}

static enum outcome check_file(struct mmectl *m, const char *path, char *full, size_t cap,
                               struct mmk_module_info *info)
{
    struct mmk_platform *platform = host_port(m->host)->platform;
    const mmk_reg_view view = sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
    if (m->args.n_set)
        return fail(m, OUTCOME_USAGE, "USAGE", "only drivers of mmekit know settings",
                    "--set cannot be told to %s", path);
    if (host_file_kind(path) != HOST_FILE_REGULAR || !host_full_path(path, full, cap))
        return fail(m, OUTCOME_FAILED, "NOT_FOUND", "give the path of a driver module",
                    "%s is not there or no file", path);
    if (driver_find(host_base_name(full)))
        return fail(m, OUTCOME_USAGE, "USAGE", "write its name alone",
                    "%s has the name of a driver that is part of this build", path);
    memset(info, 0, sizeof *info);
    platform->ops->inspect_module(platform, full, view, info); /* the engine judges */
    return OUTCOME_OK;
}

enum outcome install_foreign(struct mmectl *m, const char *path)
{
    char full[HOST_PATH_MAX];
    struct foreign f;
    struct mmk_module_info info;
    enum outcome outcome = check_file(m, path, full, sizeof full, &info);
    if (outcome)
        return outcome;
    foreign_init(&f, full, m->args.text[OPT_ALIAS], info.version);
    struct conversation c = {.m = m, .file = f.file, .name = path};
    c.request.verb = MMK_VERB_INSTALL;
    c.request.alias = m->args.text[OPT_ALIAS];
    if (!host_is_installed_module(m->host, full)) {
        c.request.flags = MMK_INSTALL_COPY_FILES;
        c.request.source_file = full;
    }
    if (!m->args.given[OPT_DRY_RUN])
        host_drivers_dir(m->host, true);
    outcome = ask_engine(&c, &f.product);
    if (m->failed)
        host_drivers_dir(m->host, false);
    else if (m->args.given[OPT_DRY_RUN])
        say(m, "dry run, nothing was changed; then %s would hear DRV_INSTALL", f.file);
    else
        outcome = speak_install(m, &f, &c);
    if (!m->failed)
        wait_saved(&c);
    conversation_json(&c);
    if (!m->failed && !m->args.given[OPT_DRY_RUN])
        show_entries_of(m, full);
    conversation_free(&c);
    return outcome;
}

/* ------------------------------------------------------------------ remove and repair */

enum outcome remove_foreign(struct mmectl *m, struct foreign *f)
{
    char why[512] = "";
    struct conversation c = {.m = m, .file = f->file, .name = f->file};
    bool restart = false;
    if (!m->args.given[OPT_DRY_RUN]) {
        /* zero may be a "no", or the nothing that the documents let it answer: it goes either way
         */
        if (send_bare(&c, MMK_DRV_REMOVE, true, NULL, why, sizeof why))
            remark(m, "%s did not hear DRV_REMOVE: %s", f->file, why);
        restart = c.answer == MMK_DRVCNF_RESTART;
    }
    c.request.verb = MMK_VERB_REMOVE;
    c.request.flags = MMK_INSTALL_FORCE; /* what the driver put behind its name goes with it */
    enum outcome outcome = ask_engine(&c, &f->product);
    if (!m->failed) {
        if (!m->args.given[OPT_DRY_RUN])
            host_drivers_dir(m->host, false);
        wait_saved(&c);
        say(m, "%s%s%s", tint(m, TINT_GOOD), c.report.text, tint_end(m));
        if (restart)
            outcome = OUTCOME_RESTART;
        if (outcome == OUTCOME_RESTART)
            say(m, "a restart is needed before it takes effect");
    }
    conversation_json(&c);
    conversation_free(&c);
    return outcome;
}

enum outcome repair_foreign(struct mmectl *m, struct foreign *f)
{
    struct conversation c = {.m = m, .file = f->file, .name = f->file};
    c.request.verb = MMK_VERB_REPAIR;
    enum outcome outcome = ask_engine(&c, &f->product);
    if (!m->failed) {
        wait_saved(&c);
        say(m, "%s%s%s", tint(m, TINT_GOOD), c.report.text, tint_end(m));
    }
    conversation_json(&c);
    conversation_free(&c);
    return outcome;
}
