/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "mmectl.h"
#include "report.h"

/* ------------------------------------------------------------------ status */

static void result_json(struct json *j, const struct mmk_install_report *report)
{
    static const char *const answers[] = {"CANCEL", "OK", "RESTART"};
    json_object(j, "last_result");
    json_string(j, "verb", mmk_install_verb_name(report->verb));
    json_string(j, "answer", report->answer <= 2 ? answers[report->answer] : "OTHER");
    json_string(j, "reached", mmk_install_state_name(report->reached));
    json_string(j, "reason", mmk_install_reason_name(report->reason));
    json_string(j, "text", report->text);
    json_uint(j, "time", report->wall_s);
    json_end(j);
}

static void result_show(struct mmectl *m, const struct mmk_install_report *report)
{
    static const char *const answers[] = {"CANCEL", "OK", "RESTART"};
    char when[40];
    time_text(report->wall_s, when, sizeof when);
    bool has_reason = report->reason != MMK_REASON_NONE;
    say(m, "  last: %s answered %s%s%s%s, %s", mmk_install_verb_name(report->verb),
        report->answer <= 2 ? answers[report->answer] : "?", has_reason ? " (" : "",
        has_reason ? mmk_install_reason_name(report->reason) : "", has_reason ? ")" : "", when);
    if (report->text[0])
        say(m, "  %s", report->text);
}

static const char *views_text(const struct mmk_installed *installed)
{
    if (installed->view_64 && installed->view_32)
        return "both views";
    return installed->view_64 ? "64-bit view" : installed->view_32 ? "32-bit view" : "no view";
}

void installed_json(struct json *j, const struct mmk_installed *installed)
{
    char version[24];
    version_text(installed->version, version, sizeof version);
    json_string(j, "alias", installed->alias);
    json_string(j, "file", installed->file);
    json_string(j, "version", version);
    json_bool(j, "view_64", installed->view_64);
    json_bool(j, "view_32", installed->view_32);
    json_uint(j, "values", installed->n_values);
}

mmk_err status_show(struct mmectl *m, const char *name, bool *is_installed)
{
    struct mmk_port *port = host_port(m->host);
    struct mmk_installed installed;
    struct mmk_install_report report;
    char version[24];
    mmk_err err = installed_find(port, name, &installed);
    if (err && err != MMK_ERR_NOT_FOUND)
        return err;
    *is_installed = err == MMK_OK;
    json_object(&m->json, NULL);
    json_string(&m->json, "driver", name);
    json_bool(&m->json, "installed", *is_installed);
    if (*is_installed) {
        version_text(installed.version, version, sizeof version);
        say(m, "%s %s: installed%s%s (%s), %u values", name, version,
            installed.alias[0] ? " as " : "", installed.alias, views_text(&installed),
            installed.n_values);
        installed_json(&m->json, &installed);
    } else {
        say(m, "%s: not installed", name);
    }
    if (mmk_install_status(port, name, &report) == MMK_OK) {
        result_show(m, &report);
        result_json(&m->json, &report);
    } else {
        json_null(&m->json, "last_result");
    }
    json_end(&m->json);
    return MMK_OK;
}

/* Every product: those of this build, then those that only the record knows. */
mmk_err status_show_all(struct mmectl *m, unsigned *n_installed)
{
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    struct mmk_installed installed;
    bool here;
    mmk_err err = MMK_OK;
    *n_installed = 0;
    for (size_t i = 0; i < n && !err; i++) {
        err = status_show(m, drivers[i]->product->name, &here);
        *n_installed += !err && here;
    }
    for (uint32_t i = 0;
         !err && (err = mmk_install_enum(host_port(m->host), i, &installed)) == MMK_OK; i++) {
        if (driver_find(installed.product))
            continue;
        err = status_show(m, installed.product, &here);
        ++*n_installed;
    }
    return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
}

static mmk_err show_pending(struct mmectl *m)
{
    bool pending = false;
    mmk_err err = mmk_install_peek(host_port(m->host), &pending);
    if (err)
        return err;
    json_bool(&m->json, "unfinished", pending);
    if (pending)
        say(m, "%san interrupted run waits: mmectl recover finishes it%s", tint(m, TINT_DOUBT),
            tint_end(m));
    return MMK_OK;
}

enum outcome verb_status(struct mmectl *m)
{
    const char *name = m->args.n_operands ? m->args.operand[0] : NULL;
    unsigned n_installed = 0;
    bool here = true;
    const struct mmk_driver_class *driver = name ? driver_find(name) : NULL;
    struct mmk_installed installed;
    if (name && !driver && installed_find(host_port(m->host), name, &installed) != MMK_OK)
        return fail_unknown_driver(m, name);
    mmk_err err = registry_check(host_port(m->host));
    if (err)
        return fail_registry(m, err);
    json_array(&m->json, "drivers");
    err = name ? status_show(m, driver ? driver->product->name : name, &here)
               : status_show_all(m, &n_installed);
    json_end(&m->json);
    if (!err)
        err = show_pending(m);
    if (err)
        return fail_registry(m, err);
    return here ? OUTCOME_OK : OUTCOME_PROBLEM;
}

/* ------------------------------------------------------------------ verify */

struct findings {
    struct mmectl *m;
    unsigned n_shown;
};

static void on_finding(void *user, mmk_severity severity, const char *what, const char *cure)
{
    static const char *const names[] = {"info", "warning", "error"};
    static const enum tint tints[] = {TINT_DIM, TINT_DOUBT, TINT_BAD};
    struct findings *f = user;
    unsigned s = (unsigned)severity < 3 ? (unsigned)severity : 2;
    say(f->m, "  %s%s%s: %s%s%s", tint(f->m, tints[s]), names[s], tint_end(f->m), what,
        cure && cure[0] ? "; " : "", cure ? cure : "");
    json_object(&f->m->json, NULL);
    json_string(&f->m->json, "severity", names[s]);
    json_string(&f->m->json, "text", what);
    json_string(&f->m->json, "cure", cure ? cure : "");
    json_end(&f->m->json);
    f->n_shown++;
}

mmk_err verify_show(struct mmectl *m, const struct mmk_product *product, uint32_t *n_problems,
                    bool *is_installed)
{
    struct findings findings = {m, 0};
    *n_problems = 0;
    json_object(&m->json, NULL);
    json_string(&m->json, "driver", product->name);
    say(m, "%s:", product->name);
    json_array(&m->json, "findings");
    mmk_err err =
        mmk_install_verify(host_port(m->host), product, on_finding, &findings, n_problems);
    json_end(&m->json);
    *is_installed = err == MMK_OK;
    json_bool(&m->json, "installed", *is_installed);
    json_uint(&m->json, "problems", *n_problems);
    json_end(&m->json);
    if (err == MMK_ERR_NOT_FOUND)
        say(m, "  not installed");
    else if (!err && *n_problems == 0)
        say(m, "  %sgood%s", tint(m, TINT_GOOD), tint_end(m));
    return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
}

/* The drivers of this build, or the one that was named. */
static mmk_err verify_own(struct mmectl *m, const struct mmk_driver_class *one, uint32_t *all,
                          bool *any)
{
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    uint32_t n_problems;
    bool here;
    mmk_err err = MMK_OK;
    for (size_t i = 0; i < n && !err; i++) {
        if (one && drivers[i] != one)
            continue;
        err = verify_show(m, drivers[i]->product, &n_problems, &here);
        *all += n_problems;
        *any = *any || here;
    }
    return err;
}

static mmk_err verify_foreign(struct mmectl *m, struct foreign *foreign, uint32_t *all, bool *any)
{
    uint32_t n_problems;
    bool here;
    mmk_err err = verify_show(m, &foreign->product, &n_problems, &here);
    *all += n_problems;
    *any = *any || here;
    return err;
}

static mmk_err verify_others(struct mmectl *m, uint32_t *all, bool *any)
{
    struct mmk_installed installed;
    struct foreign foreign;
    mmk_err err = MMK_OK;
    for (uint32_t i = 0; !err && mmk_install_enum(host_port(m->host), i, &installed) == MMK_OK; i++)
        if (foreign_find(m, installed.product, &foreign))
            err = verify_foreign(m, &foreign, all, any);
    return err;
}

enum outcome verb_verify(struct mmectl *m)
{
    const char *name = m->args.n_operands ? m->args.operand[0] : NULL;
    const struct mmk_driver_class *one = name ? driver_find(name) : NULL;
    struct foreign foreign;
    const bool other = name && !one && foreign_find(m, name, &foreign);
    uint32_t all = 0;
    bool any = false;
    mmk_err err = MMK_OK;
    if (name && !one && !other)
        return fail_unknown_driver(m, name);
    json_array(&m->json, "drivers");
    if (!other)
        err = verify_own(m, one, &all, &any);
    else
        err = verify_foreign(m, &foreign, &all, &any);
    if (!err && !name)
        err = verify_others(m, &all, &any);
    json_end(&m->json);
    json_uint(&m->json, "problems", all);
    if (err)
        return fail_registry(m, err);
    return any && !all ? OUTCOME_OK : OUTCOME_PROBLEM;
}

/* ------------------------------------------------------------------ recover */

enum outcome verb_recover(struct mmectl *m)
{
    struct mmk_install_report report = {0};
    mmk_err err = mmk_install_recover(host_port(m->host), &report);
    if (err == MMK_ERR_LOCKED || err == MMK_ERR_ACCESS)
        return fail_err(m, err, report.text[0] ? report.text : "recover");
    if (err)
        return report.text[0] ? fail(m, OUTCOME_FAILED, mmk_install_reason_name(report.reason), "",
                                     "%s", report.text)
                              : fail_registry(m, err);
    json_bool(&m->json, "recovered", report.recovered);
    json_uint(&m->json, "conflicts", report.n_conflicts);
    json_string(&m->json, "text", report.text);
    if (report.recovered)
        say(m, "%san interrupted run was finished%s", tint(m, TINT_GOOD), tint_end(m));
    else
        say(m, "nothing was left unfinished");
    if (report.text[0])
        say(m, "  %s", report.text);
    if (report.n_conflicts)
        remark(m, "%u edits by somebody else were kept; mmectl verify names them",
               report.n_conflicts);
    return OUTCOME_OK;
}
