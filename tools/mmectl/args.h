/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_ARGS_H
#define MMECTL_ARGS_H

/**
 * The command line: one table of verbs and one of options feed the parser, the help, the shell
 * completions and the test of the manual page.
 *
 * Options and operands may stand in any order; `--name value` and `--name=value` are the same; `--`
 * ends the options; a repeated option replaces the earlier one, but for --set, which adds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/install.h>

enum verb_id {
    VERB_NONE = 0,
    VERB_INSTALL,
    VERB_REMOVE,
    VERB_REPAIR,
    VERB_VERIFY,
    VERB_STATUS,
    VERB_RECOVER,
    VERB_LIST,
    VERB_CONFIG,
    VERB_PLAY,
    VERB_RECORD,
    VERB_CONVERT,
    VERB_DIAGNOSE,
    VERB_HELP,
    VERB_COMPLETION,
    VERB_COUNT
};

enum option_id {
    OPT_ALIAS = 0,
    OPT_SET,
    OPT_DRY_RUN,
    OPT_INTERACTIVE,
    OPT_FORCE,
    OPT_NO_WAIT,
    OPT_NO_TRIAL,
    OPT_PREFIX,
    OPT_KEEP_SETTINGS,
    OPT_USER,
    OPT_DEVICE,
    OPT_RATE,
    OPT_VOLUME,
    OPT_LOOP,
    OPT_OUTPUT,
    OPT_FREEWHEEL,
    OPT_SECONDS,
    OPT_FORMAT,
    OPT_CHANNELS,
    OPT_QUALITY,
    OPT_REGISTRY,
    OPT_JSON,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_HELP,
    OPT_VERSION,
    OPT_COUNT
};

/** What may complete an operand or an option's value. */
enum complete {
    COMPLETE_NONE = 0,
    COMPLETE_FILE,
    COMPLETE_WORDS /* `words` of the row */
};

struct verb {
    const char *name;
    const char *operands; /* as the synopsis shows them; "" if there are none */
    uint32_t options;     /* 1 << option_id, the common ones not counted */
    size_t least, most;   /* how many operands */
    enum complete complete;
    const char *words;   /* of the first operand, separated by blanks */
    const char *summary; /* one line */
    const char *text;    /* what help adds below the synopsis */
    const char *examples;
};

struct option {
    const char *name; /* without the dashes */
    const char *meta; /* NULL: takes no value */
    enum complete complete;
    const char *words;
    const char *help;
};

extern const struct verb mmectl_verbs[VERB_COUNT]; /* [VERB_NONE] is empty */
extern const struct option mmectl_options[OPT_COUNT];

/** Options that every verb takes. */
#define OPTIONS_COMMON                                                                            \
    (1u << OPT_REGISTRY | 1u << OPT_JSON | 1u << OPT_QUIET | 1u << OPT_VERBOSE | 1u << OPT_HELP | \
     1u << OPT_VERSION)

#define ARGS_SET_MAX 64

struct args {
    enum verb_id verb;
    const char **operand; /* borrowed from argv; the array is the parser's (args_free) */
    size_t n_operands;

    bool given[OPT_COUNT];
    const char *text[OPT_COUNT]; /* of options that take a value */

    struct mmk_assignment set[ARGS_SET_MAX];
    size_t n_set;
    char *set_names; /* memory behind set[].name */

    uint32_t device;    /* --device, if text[OPT_DEVICE] is no name */
    uint32_t rate_hz;   /* --rate; 0 = not given */
    uint16_t volume[2]; /* --volume, left and right, 0xffff = 1 */
    uint32_t loop;      /* --loop, at least 1 */
    uint32_t channels;  /* --channels; 0 = not given */
    double seconds;     /* --seconds */
};

struct usage_error {
    char cause[200];
    char cure[200];
};

/**
 * Parse argv[1..].
 * @param error  filled when it answers false: what is wrong, and what may have been meant
 * Whatever the answer, the result takes args_free(); --json, --quiet and --help are recognised
 * also behind the mistake, so that an error is told the way the caller asked for.
 */
bool args_parse(struct args *args, int argc, char **argv, struct usage_error *error);
void args_free(struct args *args);

/** Split "K=V" of --set and config; `name` is cut in place. @return NULL if there is no '=' */
const char *args_assignment(char *name);

/** The entry nearest to `word`, or NULL if none is near enough to be a slip of the fingers. */
const char *args_nearest(const char *word, const char *const *words, size_t n_words);

/** "mmectl help VERB": to stdout. VERB_NONE: the overview. */
void help_print(enum verb_id verb);

#endif
