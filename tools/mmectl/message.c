/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/text.h>

#include "message.h"

#define SAVED_LOOK_MS 250

/* ------------------------------------------------------------------ what the driver tells */

static void on_message(void *user, const char *file, const char *function, const char *name,
                       intptr_t answer)
{
    struct conversation *c = user;
    char attach[16];
    snprintf(attach, sizeof attach, "0x%04x", MMK_DRVM_ATTACH);
    if (strcmp(name, attach) == 0)
        name = "MMK_DRVM_ATTACH";
    detail(c->m, "  %s %s %s -> %ld", file, function, name, (long)answer);
    if (c->n_messages == CONVERSATION_MAX)
        return;
    struct said *said = &c->messages[c->n_messages++];
    snprintf(said->file, sizeof said->file, "%s", file);
    snprintf(said->name, sizeof said->name, "%s", name);
    said->answer = answer;
}

static void on_state(void *user, mmk_install_state state, uint32_t done, uint32_t total)
{
    struct conversation *c = user;
    if (state == MMK_INSTALL_APPLYING)
        detail(c->m, "  state %s %u/%u", mmk_install_state_name(state), done, total);
    else
        detail(c->m, "  state %s", mmk_install_state_name(state));
    bool again = c->n_states && c->states[c->n_states - 1] == state; /* APPLYING k/n */
    if (!again && c->n_states < CONVERSATION_MAX)
        c->states[c->n_states++] = state;
}

static char *copy(const char *text)
{
    size_t len = strlen(text ? text : "") + 1;
    char *result = malloc(len);
    if (result)
        memcpy(result, text ? text : "", len);
    return result;
}

static void on_step(void *user, const struct mmk_install_step *step)
{
    struct conversation *c = user;
    struct planned *steps = realloc(c->steps, (c->n_steps + 1) * sizeof *steps);
    if (!steps)
        return;
    c->steps = steps;
    steps[c->n_steps] = (struct planned){copy(step->action), copy(step->target), copy(step->before),
                                         copy(step->after)};
    struct planned *s = &steps[c->n_steps++];
    const bool shown = c->m->args.given[OPT_DRY_RUN];
    char line[2400];
    bool is_set = s->action && strcmp(s->action, "set") == 0;
    snprintf(line, sizeof line, "  %2u %s %s%s%s%s%s%s", (unsigned)c->n_steps,
             s->action ? s->action : "", s->target ? s->target : "", is_set ? " = " : "",
             is_set && s->after ? s->after : "", step->before && step->before[0] ? " (was: " : "",
             step->before ? step->before : "", step->before && step->before[0] ? ")" : "");
    if (shown)
        say(c->m, "%s", line);
    else
        detail(c->m, "%s", line);
}

/* ------------------------------------------------------------------ one message */

/* UTF-16 copies of the two names, for DRVCONFIGINFO. */
static bool wide(const char *text, mmk_char16 *out, size_t n_units)
{
    size_t len = 0;
    if (mmk_utf16_from_wtf8(text, MMK_TEXT_TERMINATED, out, (n_units - 1) * sizeof *out, &len))
        return false;
    out[len / sizeof *out] = 0;
    return true;
}

static enum outcome answer_outcome(const struct conversation *c)
{
    if (c->answer == MMK_DRVCNF_OK)
        return OUTCOME_OK;
    if (c->answer == MMK_DRVCNF_RESTART)
        return OUTCOME_RESTART;
    if (c->report.reason == MMK_REASON_LOCKED)
        return OUTCOME_LOCKED;
    if (c->report.reason == MMK_REASON_USER)
        return OUTCOME_CANCELLED;
    return c->report.reason == MMK_REASON_NOT_INSTALLED ? OUTCOME_PROBLEM : OUTCOME_FAILED;
}

static uint32_t flags_of(const struct args *args)
{
    return (args->given[OPT_DRY_RUN] ? MMK_INSTALL_DRY_RUN : 0u) |
           (args->given[OPT_FORCE] ? MMK_INSTALL_FORCE : 0u) |
           (args->given[OPT_INTERACTIVE] ? MMK_INSTALL_INTERACTIVE : 0u) |
           (args->given[OPT_KEEP_SETTINGS] ? MMK_INSTALL_KEEP_SETTINGS : 0u) |
           (args->given[OPT_NO_WAIT] ? MMK_INSTALL_NO_WAIT : 0u) |
           (args->given[OPT_NO_TRIAL] ? MMK_INSTALL_NO_TRIAL : 0u);
}

/* Modules that lie beside mmectl, or that the user named, are copied in the same transaction. */
static void add_sources(struct conversation *c)
{
    struct mmk_install_request *request = &c->request;
    if (request->verb != MMK_VERB_INSTALL && request->verb != MMK_VERB_REPAIR)
        return;
    host_find_sources(c->m->host, c->file, c->path, &c->sources);
    request->source_file = c->sources.own[0] ? c->sources.own : NULL;
    request->source_file_other = c->sources.other[0] ? c->sources.other : NULL;
    if (request->source_file || request->source_file_other)
        request->flags |= MMK_INSTALL_COPY_FILES;
}

static void fill_attachment(struct conversation *c, struct mmk_driver_attachment *attachment,
                            const struct mmk_install_observer *observer)
{
    memset(attachment, 0, sizeof *attachment);
    attachment->size_bytes = sizeof *attachment;
    attachment->observer = observer;
    attachment->report = &c->report;
    attachment->request = c->request;
}

/* DRVCONFIGINFO with UTF-16 copies of its two names. */
struct config_info {
    struct mmk_drvconfiginfo dci;
    mmk_char16 section[64], alias[64];
};

static bool fill_info(struct config_info *info, const char *alias)
{
    memset(info, 0, sizeof *info);
    if (!wide("Drivers32", info->section, 64) || (alias && !wide(alias, info->alias, 64)))
        return false;
    info->dci.dwDCISize = sizeof info->dci;
    info->dci.lpszDCISectionName = info->section;
    info->dci.lpszDCIAliasName = alias ? info->alias : NULL;
    return true;
}

/* The message itself, between OpenDriver and CloseDriver. */
static enum outcome send(struct conversation *c, uintptr_t hdrvr, uint32_t msg)
{
    struct mmk_install_observer observer = {c, on_state, on_step};
    struct mmk_driver_attachment attachment;
    struct config_info info;
    const char *alias = c->m->args.text[OPT_ALIAS];
    const bool asks = (c->request.flags & MMK_INSTALL_INTERACTIVE) != 0;
    const bool with_info = msg != MMK_DRV_REMOVE;
    if (!fill_info(&info, alias))
        return fail(c->m, OUTCOME_USAGE, "USAGE", "an alias is a word such as wave3",
                    "--alias \"%.60s\" is too long or no text", alias);
    if (msg == MMK_DRV_CONFIGURE && /* the documents: CONFIGURE only after a yes to this */
        host_driver_send(c->m->host, hdrvr, MMK_DRV_QUERYCONFIGURE, 0, 0) == 0)
        return fail(c->m, OUTCOME_FAILED, "UNSUPPORTED", "", "%s cannot be configured", c->file);
    fill_attachment(c, &attachment, &observer);
    if (host_driver_send(c->m->host, hdrvr, MMK_DRVM_ATTACH, (intptr_t)&attachment,
                         MMK_DRVM_ATTACH_MAGIC) != 1)
        return fail(c->m, OUTCOME_FAILED, "VERSION", "use the mmectl that came with it",
                    "%s is of another version than this mmectl", c->file);
    if (with_info)
        detail(c->m, "  sending with DRVCONFIGINFO { Drivers32, %s }:", alias ? alias : "NULL");
    c->answer = host_driver_send(c->m->host, hdrvr, msg, asks ? (intptr_t)host_parent_window() : 0,
                                 with_info ? (intptr_t)&info.dci : (intptr_t)0);
    return OUTCOME_OK;
}

void conversation_json(const struct conversation *c)
{
    static const char *const answers[] = {"CANCEL", "OK", "RESTART"};
    struct json *j = &c->m->json;
    json_string(j, "driver", c->name);
    json_string(j, "answer", c->answer >= 0 && c->answer <= 2 ? answers[c->answer] : "OTHER");
    json_bool(j, "dry_run", c->m->args.given[OPT_DRY_RUN]);
    json_string(j, "reason", mmk_install_reason_name(c->report.reason));
    json_string(j, "reached", mmk_install_state_name(c->report.reached));
    json_string(j, "alias", c->report.alias);
    json_string(j, "text", c->report.text);
    json_uint(j, "conflicts", c->report.n_conflicts);
    json_bool(j, "recovered", c->report.recovered);
    json_bool(j, "durable", c->report.durable);
    json_array(j, "messages");
    for (size_t i = 0; i < c->n_messages; i++) {
        json_object(j, NULL);
        json_string(j, "file", c->messages[i].file);
        json_string(j, "message", c->messages[i].name);
        json_int(j, "answer", c->messages[i].answer);
        json_end(j);
    }
    json_end(j);
    json_array(j, "states");
    for (size_t i = 0; i < c->n_states; i++)
        json_string(j, NULL, mmk_install_state_name(c->states[i]));
    json_end(j);
    json_array(j, "plan");
    for (size_t i = 0; i < c->n_steps; i++) {
        json_object(j, NULL);
        json_string(j, "action", c->steps[i].action);
        json_string(j, "target", c->steps[i].target);
        json_string(j, "before", c->steps[i].before);
        json_string(j, "after", c->steps[i].after);
        json_end(j);
    }
    json_end(j);
}

void conversation_free(struct conversation *c)
{
    for (size_t i = 0; i < c->n_steps; i++) {
        free(c->steps[i].action);
        free(c->steps[i].target);
        free(c->steps[i].before);
        free(c->steps[i].after);
    }
    free(c->steps);
    c->steps = NULL;
    c->n_steps = 0;
}

/* The report's words; where the registry is the reason, its own as well: they name file and line.
 */
static void tell_refusal(struct conversation *c, enum outcome outcome)
{
    static const mmk_install_reason of_registry[] = {MMK_REASON_REGISTRY_DAMAGED, MMK_REASON_IO,
                                                     MMK_REASON_NO_SPACE, MMK_REASON_NO_RIGHTS};
    const char *text = c->report.text[0] ? c->report.text : "the driver answered CANCEL";
    const char *words = "";
    for (size_t i = 0; i < sizeof of_registry / sizeof *of_registry; i++)
        if (c->report.reason == of_registry[i])
            words = host_registry_error(c->m->host);
    fail(c->m, outcome, mmk_install_reason_name(c->report.reason),
         c->report.reason == MMK_REASON_NO_RIGHTS ? host_rights_cure() : "", "%s%s%s%s", text,
         words[0] ? " (" : "", words, words[0] ? ")" : "");
}

/* ------------------------------------------------------------------ saving */

void wait_saved(struct conversation *c)
{
    struct mmectl *m = c->m;
    const unsigned most = host_saving_ms(m->host);
    const uint64_t begin = host_clock_ms();
    struct progress progress;
    bool saved = false;
    if (m->args.given[OPT_NO_WAIT] || m->args.given[OPT_DRY_RUN] || c->report.durable || !most)
        return;
    host_catch_interrupt(); /* done is done: Ctrl-C ends the waiting alone */
    detail(m, "  waiting until the registry has been saved");
    progress_begin(&progress, m, "saving the registry", most, 1000);
    while (!(saved = host_is_saved(m->host)) && host_clock_ms() - begin < most &&
           !host_interrupted()) {
        progress_at(&progress, host_clock_ms() - begin);
        host_sleep_ms(SAVED_LOOK_MS);
    }
    progress_end(&progress);
    c->report.durable = saved;
    if (!saved)
        remark(m, "the registry has not been saved yet; should it get lost, the next mmectl "
                  "finishes the work");
}

static bool succeeded(const struct conversation *c)
{
    return c->answer == MMK_DRVCNF_OK || c->answer == MMK_DRVCNF_RESTART;
}

/* ------------------------------------------------------------------ the whole */

static enum outcome cannot_open(struct conversation *c, const char *why)
{
    return fail(c->m, OUTCOME_FAILED, "DRIVER", "", "%s cannot be opened%s%s", c->file,
                why[0] ? ": " : "", why);
}

static enum outcome end(struct conversation *c)
{
    if (succeeded(c))
        wait_saved(c);
    conversation_json(c);
    enum outcome outcome = answer_outcome(c);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_RESTART)
        tell_refusal(c, outcome);
    return outcome;
}

enum outcome converse(struct conversation *c, uint32_t msg)
{
    char why[512] = "";
    struct mmectl *m = c->m;
    c->request.flags |= flags_of(&m->args);
    add_sources(c);
    host_trace(m->host, on_message, c);
    detail(m, "messages:");
    uintptr_t hdrvr = host_driver_open(m->host, c->path ? c->path : c->file, msg == MMK_DRV_REMOVE,
                                       why, sizeof why);
    enum outcome outcome = hdrvr ? send(c, hdrvr, msg) : cannot_open(c, why);
    if (hdrvr)
        host_driver_close(m->host, hdrvr);
    host_trace(m->host, NULL, NULL);
    if (!outcome)
        outcome = end(c);
    conversation_free(c);
    return outcome;
}

enum outcome ask_engine(struct conversation *c, const struct mmk_product *product)
{
    struct mmk_install_observer observer = {c, on_state, on_step};
    c->request.flags |= flags_of(&c->m->args) & ~(uint32_t)MMK_INSTALL_INTERACTIVE;
    c->answer = (intptr_t)mmk_install_run(host_port(c->m->host), product, &c->request, &observer,
                                          &c->report);
    enum outcome outcome = answer_outcome(c);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_RESTART)
        tell_refusal(c, outcome);
    return outcome;
}

enum outcome send_bare(struct conversation *c, uint32_t msg, bool removing, const char *alias,
                       char *why, size_t cap)
{
    struct config_info info;
    struct mmectl *m = c->m;
    if (!fill_info(&info, alias))
        return OUTCOME_FAILED;
    host_trace(m->host, on_message, c);
    detail(m, "messages:");
    uintptr_t hdrvr = host_driver_open(m->host, c->file, removing, why, cap);
    if (hdrvr) {
        c->answer = host_driver_send(m->host, hdrvr, msg, 0,
                                     msg == MMK_DRV_REMOVE ? (intptr_t)0 : (intptr_t)&info.dci);
        host_driver_close(m->host, hdrvr);
    }
    host_trace(m->host, NULL, NULL);
    return hdrvr ? OUTCOME_OK : OUTCOME_FAILED;
}
