/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include "mmectl.h"

/* All three scripts are printed from the tables of verbs.c, so that they cannot fall behind. */

static bool takes(int verb, int option)
{
    return ((mmectl_verbs[verb].options | OPTIONS_COMMON) & 1u << option) != 0;
}

/* ------------------------------------------------------------------ bash */

static void bash_options(int verb)
{
    for (int o = 0; o < OPT_COUNT; o++)
        if (takes(verb, o))
            printf(" --%s", mmectl_options[o].name);
}

static void bash_values(void)
{
    printf("    case \"$prev\" in\n");
    for (int o = 0; o < OPT_COUNT; o++) {
        const struct option *option = &mmectl_options[o];
        if (!option->meta)
            continue;
        printf("    --%s) ", option->name);
        if (option->complete == COMPLETE_WORDS)
            printf("COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", option->words);
        else if (option->complete == COMPLETE_FILE)
            printf("COMPREPLY=($(compgen -f -- \"$cur\"))");
        else
            printf("COMPREPLY=()");
        printf("; return ;;\n");
    }
    printf("    esac\n");
}

static void print_bash(void)
{
    printf("# bash completion of mmectl\n"
           "_mmectl() {\n"
           "    local cur prev verb word\n"
           "    cur=${COMP_WORDS[COMP_CWORD]}\n"
           "    prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    verb=\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case \"$word\" in -*) ;; *) verb=$word; break ;; esac\n"
           "    done\n");
    bash_values();
    printf("    case \"$verb\" in\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        printf("    %s)\n        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '", verb->name);
        bash_options(v);
        printf("' -- \"$cur\"))\n        else COMPREPLY=(");
        if (verb->words)
            printf("$(compgen -W '%s' -- \"$cur\")", verb->words);
        if (verb->complete == COMPLETE_FILE)
            printf(" $(compgen -f -- \"$cur\")");
        printf(")\n        fi ;;\n");
    }
    printf("    *) COMPREPLY=($(compgen -W '");
    for (int v = 1; v < VERB_COUNT; v++)
        printf("%s ", mmectl_verbs[v].name);
    printf("--help --version' -- \"$cur\")) ;;\n    esac\n}\n"
           "complete -o filenames -F _mmectl mmectl\n");
}

/* ------------------------------------------------------------------ zsh */

/* In single quotes, with what _arguments would take for its own syntax escaped. */
static void zsh_text(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:`$\\", *c))
            printf("\\%c", *c);
        else
            putchar(*c);
    }
}

static void zsh_option(int o)
{
    const struct option *option = &mmectl_options[o];
    printf(" \\\n            '%s--%s%s[", o == OPT_SET ? "*" : "", option->name,
           option->meta ? "=" : "");
    zsh_text(option->help);
    printf("]");
    if (option->meta) {
        printf(":%s:", option->meta[0] == 'K' ? "setting" : option->name);
        if (option->complete == COMPLETE_WORDS)
            printf("(%s)", option->words);
        else if (option->complete == COMPLETE_FILE)
            printf("_files");
    }
    printf("'");
}

static void print_zsh(void)
{
    printf("#compdef mmectl\n"
           "_mmectl() {\n"
           "    local -a verbs\n"
           "    verbs=(\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        printf("        '%s:", mmectl_verbs[v].name);
        zsh_text(mmectl_verbs[v].summary);
        printf("'\n");
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe verb verbs\n"
           "        return\n"
           "    fi\n"
           "    local verb=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $verb in\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        printf("    %s)\n        _arguments", verb->name);
        for (int o = 0; o < OPT_COUNT; o++)
            if (takes(v, o))
                zsh_option(o);
        if (verb->words)
            printf(" \\\n            '1:what:(%s)'", verb->words);
        if (verb->complete == COMPLETE_FILE)
            printf(" \\\n            '*:file:_files'");
        printf(" ;;\n");
    }
    printf("    esac\n}\n_mmectl \"$@\"\n");
}

/* ------------------------------------------------------------------ fish */

static void fish_text(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'' || *c == '\\')
            putchar('\\');
        putchar(*c);
    }
}

static void fish_option(int v, int o)
{
    const struct option *option = &mmectl_options[o];
    printf("complete -c mmectl -n '__fish_seen_subcommand_from %s' -l %s -d '",
           mmectl_verbs[v].name, option->name);
    fish_text(option->help);
    printf("'");
    if (option->meta)
        printf(option->complete == COMPLETE_FILE ? " -r -F" : " -x");
    if (option->complete == COMPLETE_WORDS)
        printf(" -a '%s'", option->words);
    printf("\n");
}

static void print_fish(void)
{
    printf("# fish completion of mmectl\ncomplete -c mmectl -f\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        printf("complete -c mmectl -n __fish_use_subcommand -a %s -d '", verb->name);
        fish_text(verb->summary);
        printf("'\n");
        for (int o = 0; o < OPT_COUNT; o++)
            if (takes(v, o))
                fish_option(v, o);
        if (verb->words)
            printf("complete -c mmectl -n '__fish_seen_subcommand_from %s' -a '%s'\n", verb->name,
                   verb->words);
        if (verb->complete == COMPLETE_FILE)
            printf("complete -c mmectl -n '__fish_seen_subcommand_from %s' -F\n", verb->name);
    }
}

enum outcome verb_completion(struct mmectl *m)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    if (m->args.given[OPT_JSON])
        return fail(m, OUTCOME_USAGE, "USAGE", "leave --json out", "a script is no report");
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].name, m->args.operand[0]) == 0) {
            shells[i].print();
            return OUTCOME_OK;
        }
    return fail(m, OUTCOME_USAGE, "USAGE", "it is one of: bash zsh fish",
                "there is no script for \"%.60s\"", m->args.operand[0]);
}
