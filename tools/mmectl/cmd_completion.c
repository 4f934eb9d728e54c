/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include "mmectl.h"
#include "print.h"

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
            print(" --%s", mmectl_options[o].name);
}

static void bash_values(void)
{
    print("    case \"$prev\" in\n");
    for (int o = 0; o < OPT_COUNT; o++) {
        const struct option *option = &mmectl_options[o];
        if (!option->meta)
            continue;
        print("    --%s) ", option->name);
        if (option->complete == COMPLETE_WORDS)
            print("COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", option->words);
        else if (option->complete == COMPLETE_FILE)
            print("COMPREPLY=($(compgen -f -- \"$cur\"))");
        else
            print("COMPREPLY=()");
        print("; return ;;\n");
    }
    print("    esac\n");
}

static void print_bash(void)
{
    print("# bash completion of mmectl\n"
          "_mmectl() {\n"
          "    local cur prev verb word\n"
          "    cur=${COMP_WORDS[COMP_CWORD]}\n"
          "    prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    verb=\n"
          "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "        case \"$word\" in -*) ;; *) verb=$word; break ;; esac\n"
          "    done\n");
    bash_values();
    print("    case \"$verb\" in\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        print("    %s)\n        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '", verb->name);
        bash_options(v);
        print("' -- \"$cur\"))\n        else COMPREPLY=(");
        if (verb->words)
            print("$(compgen -W '%s' -- \"$cur\")", verb->words);
        if (verb->complete == COMPLETE_FILE)
            print(" $(compgen -f -- \"$cur\")");
        print(")\n        fi ;;\n");
    }
    print("    *) COMPREPLY=($(compgen -W '");
    for (int v = 1; v < VERB_COUNT; v++)
        print("%s ", mmectl_verbs[v].name);
    print("--help --version' -- \"$cur\")) ;;\n    esac\n}\n"
          "complete -o filenames -F _mmectl mmectl\n");
}

/* ------------------------------------------------------------------ zsh */

/* In single quotes, with what _arguments would take for its own syntax escaped. */
static void zsh_text(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            print("'\\''");
        else if (strchr("[]:`$\\", *c))
            print("\\%c", *c);
        else
            print("%c", *c);
    }
}

static void zsh_option(int o)
{
    const struct option *option = &mmectl_options[o];
    print(" \\\n            '%s--%s%s[", o == OPT_SET ? "*" : "", option->name,
          option->meta ? "=" : "");
    zsh_text(option->help);
    print("]");
    if (option->meta) {
        print(":%s:", option->meta[0] == 'K' ? "setting" : option->name);
        if (option->complete == COMPLETE_WORDS)
            print("(%s)", option->words);
        else if (option->complete == COMPLETE_FILE)
            print("_files");
    }
    print("'");
}

static void print_zsh(void)
{
    print("#compdef mmectl\n"
          "_mmectl() {\n"
          "    local -a verbs\n"
          "    verbs=(\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        print("        '%s:", mmectl_verbs[v].name);
        zsh_text(mmectl_verbs[v].summary);
        print("'\n");
    }
    print("    )\n"
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
        print("    %s)\n        _arguments", verb->name);
        for (int o = 0; o < OPT_COUNT; o++)
            if (takes(v, o))
                zsh_option(o);
        if (verb->words)
            print(" \\\n            '1:what:(%s)'", verb->words);
        if (verb->complete == COMPLETE_FILE)
            print(" \\\n            '*:file:_files'");
        print(" ;;\n");
    }
    print("    esac\n}\n_mmectl \"$@\"\n");
}

/* ------------------------------------------------------------------ fish */

static void fish_text(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'' || *c == '\\')
            print("\\");
        print("%c", *c);
    }
}

static void fish_option(int v, int o)
{
    const struct option *option = &mmectl_options[o];
    print("complete -c mmectl -n '__fish_seen_subcommand_from %s' -l %s -d '", mmectl_verbs[v].name,
          option->name);
    fish_text(option->help);
    print("'");
    if (option->meta)
        print("%s", option->complete == COMPLETE_FILE ? " -r -F" : " -x");
    if (option->complete == COMPLETE_WORDS)
        print(" -a '%s'", option->words);
    print("\n");
}

static void print_fish(void)
{
    print("# fish completion of mmectl\ncomplete -c mmectl -f\n");
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        print("complete -c mmectl -n __fish_use_subcommand -a %s -d '", verb->name);
        fish_text(verb->summary);
        print("'\n");
        for (int o = 0; o < OPT_COUNT; o++)
            if (takes(v, o))
                fish_option(v, o);
        if (verb->words)
            print("complete -c mmectl -n '__fish_seen_subcommand_from %s' -a '%s'\n", verb->name,
                  verb->words);
        if (verb->complete == COMPLETE_FILE)
            print("complete -c mmectl -n '__fish_seen_subcommand_from %s' -F\n", verb->name);
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
