/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>

#include "args.h"
#include "host.h"
#include "print.h"

static void print_option(enum option_id id)
{
    const struct option *option = &mmectl_options[id];
    char left[40];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->meta ? " " : "",
             option->meta ? option->meta : "");
    print("  %-20s %s\n", left, option->help);
}

static void print_options(uint32_t mask)
{
    for (int o = 0; o < OPT_COUNT; o++)
        if (mask & (1u << o))
            print_option((enum option_id)o);
}

static void print_overview(void)
{
    print("mmectl: install, check and use multimedia drivers\n\n"
          "usage: mmectl VERB [OPTION]... [OPERAND]...\n\nverbs:\n");
    for (int v = 1; v < VERB_COUNT; v++)
        print("  %-11s %s\n", mmectl_verbs[v].name, mmectl_verbs[v].summary);
    print("\noptions of all verbs:\n");
    print_options(OPTIONS_COMMON);
    print("\nexamples:\n"
          "  mmectl install mmewave --set backend=file --set path=/tmp/out.wav\n"
          "  mmectl play song.flac\n"
          "  mmectl verify\n"
          "  mmectl remove mmewave\n"
          "\nexit codes:\n"
          "  %d done, %d failed, %d wrong usage, %d done and a restart is needed, %d cancelled,\n"
          "  %d locked by another process, %d verify found a problem or it is not installed;\n"
          "  %u stopped by Ctrl-C\n"
          "\n\"mmectl help VERB\" explains a verb.\n",
          host_exit_code(OUTCOME_OK), host_exit_code(OUTCOME_FAILED), host_exit_code(OUTCOME_USAGE),
          host_exit_code(OUTCOME_RESTART), host_exit_code(OUTCOME_CANCELLED),
          host_exit_code(OUTCOME_LOCKED), host_exit_code(OUTCOME_PROBLEM),
          (unsigned)host_exit_code(OUTCOME_INTERRUPTED));
}

void help_print(enum verb_id id)
{
    const struct verb *verb = &mmectl_verbs[id];
    if (id == VERB_NONE) {
        print_overview();
        return;
    }
    print("mmectl %s: %s\n\nusage: mmectl %s%s%s%s\n", verb->name, verb->summary, verb->name,
          verb->operands[0] ? " " : "", verb->operands, verb->options ? " [OPTION]..." : "");
    if (verb->text[0])
        print("\n%s", verb->text);
    if (verb->options) {
        print("\noptions:\n");
        print_options(verb->options);
    }
    print("\noptions of all verbs:\n");
    print_options(OPTIONS_COMMON);
    print("\nexamples:\n%s", verb->examples);
}
