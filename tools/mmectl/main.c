/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mmk/version.h>

#include "mmectl.h"
#include "print.h"

struct action {
    enum outcome (*run)(struct mmectl *m);
    bool needs_host; /* registry and drivers */
    bool looks;      /* it only looks; the others finish what was left by themselves */
};

static const struct action actions[VERB_COUNT] = {
    [VERB_INSTALL] = {verb_install, true, false},
    [VERB_REMOVE] = {verb_remove, true, false},
    [VERB_REPAIR] = {verb_repair, true, false},
    [VERB_VERIFY] = {verb_verify, true, true},
    [VERB_STATUS] = {verb_status, true, true},
    [VERB_RECOVER] = {verb_recover, true, false},
    [VERB_LIST] = {verb_list, true, true},
    [VERB_CONFIG] = {verb_config, true, true},
    [VERB_PLAY] = {verb_play, true, true},
    [VERB_RECORD] = {verb_record, true, true},
    [VERB_CONVERT] = {verb_convert, false, false},
    [VERB_DIAGNOSE] = {verb_diagnose, true, true},
    [VERB_HELP] = {verb_help, false, false},
    [VERB_COMPLETION] = {verb_completion, false, false},
};

enum outcome verb_help(struct mmectl *m)
{
    const char *names[VERB_COUNT] = {""}, *near;
    char cure[80] = "see mmectl --help";
    if (m->args.given[OPT_JSON])
        return fail(m, OUTCOME_USAGE, "USAGE", "leave --json out", "help is no report");
    if (m->args.n_operands == 0) {
        help_print(VERB_NONE);
        return OUTCOME_OK;
    }
    for (int v = 1; v < VERB_COUNT; v++) {
        names[v] = mmectl_verbs[v].name;
        if (strcmp(names[v], m->args.operand[0]) == 0) {
            help_print((enum verb_id)v);
            return OUTCOME_OK;
        }
    }
    near = args_nearest(m->args.operand[0], names, VERB_COUNT);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"%s\"?", near);
    return fail(m, OUTCOME_USAGE, "USAGE", cure, "there is no verb \"%.60s\"", m->args.operand[0]);
}

/* What a driver answered with OK must not get lost, whatever is run next. Without rights, or while
 * somebody else is at work, the verb goes on all the same: it only looks. */
static void finish_lost(struct mmectl *m)
{
    struct mmk_install_report report = {0};
    bool pending = false;
    if (!host_forgets(m->host) || mmk_install_peek(host_port(m->host), &pending) != MMK_OK ||
        !pending)
        return;
    if (mmk_install_recover(host_port(m->host), &report) == MMK_OK && report.recovered)
        remark(m, "what an earlier run had done, and the registry lost, was done again");
}

static enum outcome run(struct mmectl *m)
{
    const struct action *action = &actions[m->args.verb];
    char why[512];
    if (!action->needs_host)
        return action->run(m);
    const char *prefix = m->args.text[OPT_PREFIX];
    mmk_err err = host_open(m->args.text[OPT_REGISTRY], prefix, m->args.given[OPT_VERBOSE],
                            &m->host, why, sizeof why);
    if (err == MMK_ERR_UNSUPPORTED)
        return fail(m, OUTCOME_USAGE, "USAGE",
                    prefix ? "leave --prefix out" : "leave --registry out", "%s", why);
    if (err == MMK_ERR_LOCKED)
        return fail(m, OUTCOME_LOCKED, "LOCKED", "", "%s", why);
    if (err && prefix)
        return fail(m, OUTCOME_FAILED, "PREFIX", "", "%s", why);
    if (err)
        return fail(m, OUTCOME_FAILED, "REGISTRY", "give --registry FILE or set MMEKIT_REGISTRY",
                    "%s", why);
    if (action->looks)
        finish_lost(m);
    enum outcome outcome = action->run(m);
    host_close(m->host);
    m->host = NULL;
    return outcome;
}

/* --help and --version: before any mistake elsewhere in the line counts. */
static bool answered(const struct mmectl *m)
{
    if (m->args.given[OPT_VERSION]) {
        print("mmectl %s\n", MMK_VERSION_TEXT);
        return true;
    }
    if (m->args.given[OPT_HELP]) {
        help_print(m->args.verb);
        return true;
    }
    return false;
}

static void begin_document(struct mmectl *m)
{
    json_init(&m->json);
    json_object(&m->json, NULL);
    json_string(&m->json, "mmectl", MMK_VERSION_TEXT);
    json_string(&m->json, "verb", m->args.verb ? mmectl_verbs[m->args.verb].name : NULL);
}

int mmectl_main(int argc, char **argv)
{
    struct mmectl m;
    struct usage_error error;
    enum outcome outcome;
    memset(&m, 0, sizeof m);
    host_begin();
    bool good = args_parse(&m.args, argc, argv, &error);
    begin_document(&m);
    if (good && answered(&m)) {
        outcome = OUTCOME_OK;
        m.args.given[OPT_JSON] = false;
    } else if (good) {
        outcome = run(&m);
    } else {
        outcome = fail(&m, OUTCOME_USAGE, "USAGE", error.cure, "%s", error.cause);
    }
    errno = 0;
    if (!out_finish(&m, outcome)) {
        if (errno != EPIPE) /* the reader has seen enough: its choice */
            print_to(stderr, "mmectl: standard output cannot be written\n");
        outcome = OUTCOME_FAILED;
    }
    json_fini(&m.json);
    args_free(&m.args);
    if (outcome == OUTCOME_INTERRUPTED)
        host_end_interrupted();
    return host_exit_code(outcome);
}
