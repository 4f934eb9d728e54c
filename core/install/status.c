/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "install/install_internal.h"

#include <string.h>

#include "base/utf.h"

/** The last result, as lines `key=value`: one text for people, `mmectl status` and --json. */

static const char *const answers[] = {"CANCEL", "OK", "RESTART"};

static void line(struct mmki_text *t, const char *key, const char *value)
{
    MMKI_TEXT_JOIN(t, key, "=");
    mmki_text_add_line(t, value);
    mmki_text_add(t, "\n");
}

static void number(struct mmki_text *t, const char *key, uint64_t value)
{
    MMKI_TEXT_JOIN(t, key, "=");
    mmki_text_add_u64(t, value);
    mmki_text_add(t, "\n");
}

static void compose(const struct mmk_install_report *r, struct mmki_text *t)
{
    line(t, "verb", mmk_install_verb_name(r->verb));
    line(t, "answer", answers[r->answer]);
    line(t, "reached", mmk_install_state_name(r->reached));
    line(t, "reason", mmk_install_reason_name(r->reason));
    number(t, "reason_code", (uint64_t)r->reason);
    line(t, "error", mmk_err_name(r->err));
    line(t, "alias", r->alias);
    number(t, "steps", r->n_steps);
    number(t, "conflicts", r->n_conflicts);
    line(t, "recovered", r->recovered ? "yes" : "no");
    line(t, "durable", r->durable ? "yes" : "no");
    if (r->per_user)
        line(t, "per_user", "yes");
    number(t, "time", r->wall_s);
    line(t, "text", r->text);
}

void mmki_write_status(struct mmki_run *run, const char *product)
{
    struct mmk_journal *journal = run->port->journal;
    const struct mmk_install_report *r = run->report;
    char text[2048];
    char log[1024];
    struct mmki_text t;
    mmki_text_init(&t, text, sizeof text);
    line(&t, "product", product);
    compose(r, &t);
    /* who may not write the machine's status hears of it in his own */
    if (journal->ops->status_write(journal, product, text) != MMK_OK &&
        run->port->user_journal != NULL) {
        journal = run->port->user_journal;
        (void)journal->ops->status_write(journal, product, text);
    }
    mmki_text_init(&t, log, sizeof log);
    MMKI_TEXT_JOIN(&t, product, ": ", mmk_install_verb_name(r->verb), " -> ", answers[r->answer],
                   " (", mmk_install_reason_name(r->reason), ")");
    if (r->text[0] != 0) {
        mmki_text_add(&t, ": ");
        mmki_text_add_line(&t, r->text);
    }
    journal->ops->log(journal, log);
}

/* ------------------------------------------------------------------ reading */

/* The value of `key=` at the start of a line; false if it is not there. */
static bool find(const char *text, const char *key, char *out, size_t cap)
{
    const size_t len = strlen(key);
    for (const char *at = text; at != NULL && *at != 0;) {
        const size_t end = strcspn(at, "\n");
        if (end > len && strncmp(at, key, len) == 0 && at[len] == '=') {
            struct mmki_text t;
            mmki_text_init(&t, out, cap);
            mmki_text_add_n(&t, at + len + 1, end - len - 1);
            return true;
        }
        at += at[end] != 0 ? end + 1 : end;
    }
    return false;
}

static uint64_t find_number(const char *text, const char *key)
{
    char value[32];
    uint64_t out = 0;
    if (find(text, key, value, sizeof value))
        (void)mmki_parse_u64(value, strlen(value), &out);
    return out;
}

static bool find_yes(const char *text, const char *key)
{
    char value[8];
    return find(text, key, value, sizeof value) && strcmp(value, "yes") == 0;
}

typedef const char *name_of(int value);

static const char *state_name(int value)
{
    return mmk_install_state_name((mmk_install_state)value);
}

static const char *reason_name(int value)
{
    return mmk_install_reason_name((mmk_install_reason)value);
}

static const char *verb_name(int value)
{
    return mmk_install_verb_name((mmk_install_verb)value);
}

static const char *err_name(int value)
{
    return mmk_err_name((mmk_err)-value);
}

static const char *answer_name(int value)
{
    return value < 3 ? answers[value] : "?";
}

/* Names are for people and for us: read back by the functions that wrote them. -1: none of them. */
static int find_name(const char *text, const char *key, name_of *name)
{
    char value[48];
    if (!find(text, key, value, sizeof value))
        return -1;
    for (int i = 0; i < 64; i++)
        if (strcmp(name(i), value) == 0)
            return i;
    return -1;
}

static mmk_err read_status(struct mmk_journal *journal, const char *product,
                           struct mmk_install_report *report)
{
    char text[4096];
    struct mmk_install_report r;
    const mmk_err err = journal->ops->status_read(journal, product, text, sizeof text);
    if (err != MMK_OK)
        return err;
    memset(&r, 0, sizeof r);
    const int answer = find_name(text, "answer", answer_name);
    const int verb = find_name(text, "verb", verb_name);
    const int reached = find_name(text, "reached", state_name);
    const int reason = find_name(text, "reason", reason_name);
    const int below = find_name(text, "error", err_name);
    if (answer < 0 || verb < 0 || reached < 0 || reason < 0 || below < 0)
        return MMK_ERR_CORRUPT;
    r.answer = (uint32_t)answer;
    r.verb = (mmk_install_verb)verb;
    r.reached = (mmk_install_state)reached;
    r.reason = (mmk_install_reason)reason;
    r.err = (mmk_err)-below;
    (void)find(text, "alias", r.alias, sizeof r.alias);
    (void)find(text, "text", r.text, sizeof r.text);
    r.n_steps = (uint32_t)find_number(text, "steps");
    r.n_conflicts = (uint32_t)find_number(text, "conflicts");
    r.recovered = find_yes(text, "recovered");
    r.durable = find_yes(text, "durable");
    r.per_user = find_yes(text, "per_user");
    r.wall_s = find_number(text, "time");
    *report = r;
    return MMK_OK;
}

mmk_err mmk_install_status(struct mmk_port *port, const char *product,
                           struct mmk_install_report *report)
{
    struct mmk_install_report users;
    const mmk_err err = read_status(port->journal, product, report);
    if (port->user_journal == NULL || err == MMK_ERR_CORRUPT ||
        read_status(port->user_journal, product, &users) != MMK_OK)
        return err;
    if (err != MMK_OK || users.wall_s >= report->wall_s)
        *report = users;
    return MMK_OK;
}
