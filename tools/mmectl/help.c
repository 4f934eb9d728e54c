/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>

#include "args.h"

static void print_option(enum option_id id)
{
    const struct option *option = &mmectl_options[id];
    char left[40];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->meta ? " " : "",
             option->meta ? option->meta : "");
    printf("  %-20s %s\n", left, option->help);
}

static void print_options(uint32_t mask)
{
    for (int o = 0; o < OPT_COUNT; o++)
        if (mask & (1u << o))
            print_option((enum option_id)o);
}

static void print_overview(void)
{
    printf("mmectl: install, check and use multimedia drivers\n\n"
           "usage: mmectl VERB [OPTION]... [OPERAND]...\n\nverbs:\n");
    for (int v = 1; v < VERB_COUNT; v++)
        printf("  %-11s %s\n", mmectl_verbs[v].name, mmectl_verbs[v].summary);
    printf("\noptions of all verbs:\n");
    print_options(OPTIONS_COMMON);
    printf("\nexamples:\n"
           "  mmectl install mmewave --set backend=file --set path=/tmp/out.wav\n"
           "  mmectl play song.flac\n"
           "  mmectl verify\n"
           "  mmectl remove mmewave\n"
           "\nexit codes:\n"
           "  0 done, 1 failed, 2 wrong usage, 3 done and a restart is needed, 4 cancelled,\n"
           "  5 locked by another process, 6 verify found a problem or it is not installed;\n"
           "  130 stopped by Ctrl-C\n"
           "\n\"mmectl help VERB\" explains a verb.\n");
}

void help_print(enum verb_id id)
{
    const struct verb *verb = &mmectl_verbs[id];
    if (id == VERB_NONE) {
        print_overview();
        return;
    }
    printf("mmectl %s: %s\n\nusage: mmectl %s%s%s%s\n", verb->name, verb->summary, verb->name,
           verb->operands[0] ? " " : "", verb->operands, verb->options ? " [OPTION]..." : "");
    if (verb->text[0])
        printf("\n%s", verb->text);
    if (verb->options) {
        printf("\noptions:\n");
        print_options(verb->options);
    }
    printf("\noptions of all verbs:\n");
    print_options(OPTIONS_COMMON);
    printf("\nexamples:\n%s", verb->examples);
}
