/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "args.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/format.h>

#define WORD_MAX 40

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static bool
refuse(struct usage_error *error, const char *cure, const char *fmt, ...)
{
    if (error->cause[0]) /* the first mistake is the one to tell */
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(error->cause, sizeof error->cause, fmt, ap);
    va_end(ap);
    snprintf(error->cure, sizeof error->cure, "%s", cure);
    return false;
}

/* ------------------------------------------------------------------ did you mean */

/* Edit distance with neighbours swapped counting as one (a slip of the fingers). */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t row[3][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                older[j - 2] + 1 < best)
                best = older[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *args_nearest(const char *word, const char *const *words, size_t n_words)
{
    const char *best = NULL;
    size_t least = strlen(word) < 4 ? 2 : 3; /* that many slips are another word */
    for (size_t i = 0; i < n_words; i++) {
        size_t d = distance(word, words[i]);
        if (words[i][0] && d < least) {
            least = d;
            best = words[i];
        }
    }
    if (best)
        return best;
    for (size_t i = 0; strlen(word) >= 3 && i < n_words; i++)
        if (strncmp(word, words[i], strlen(word)) == 0)
            return words[i];
    return NULL;
}

static enum verb_id verb_find(const char *word, struct usage_error *error)
{
    const char *names[VERB_COUNT] = {""};
    for (int v = 1; v < VERB_COUNT; v++) {
        names[v] = mmectl_verbs[v].name;
        if (strcmp(names[v], word) == 0)
            return (enum verb_id)v;
    }
    char cure[120] = "see mmectl --help";
    const char *near = args_nearest(word, names, VERB_COUNT);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"%s\"?", near);
    refuse(error, cure, "there is no verb \"%.60s\"", word);
    return VERB_NONE;
}

static void unknown_option(const char *word, enum verb_id verb, struct usage_error *error)
{
    const char *names[OPT_COUNT];
    char cure[160];
    for (int o = 0; o < OPT_COUNT; o++)
        names[o] = mmectl_options[o].name;
    const char *near = args_nearest(word, names, OPT_COUNT);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"--%s\"?", near);
    else
        snprintf(cure, sizeof cure, "see mmectl help%s%s", verb ? " " : "",
                 verb ? mmectl_verbs[verb].name : "");
    refuse(error, cure, "there is no option \"--%.60s\"", word);
}

/* ------------------------------------------------------------------ values */

static bool is_name(const char *text)
{
    return (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
}

static bool parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    if (!text[0])
        return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > most) /* and so can never wrap */
            return false;
    }
    if (value < least)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_real(const char *text, double most, double *out, const char **end)
{
    char *stop;
    if (!((*text >= '0' && *text <= '9') || *text == '.'))
        return false; /* no blank, sign, "nan", "inf" */
    errno = 0;
    double value = strtod(text, &stop);
    if (stop == text || errno || !(value >= 0 && value <= most))
        return false;
    for (const char *c = text; c < stop; c++)
        if (*c == 'x' || *c == 'X')
            return false;
    *out = value;
    *end = stop;
    return true;
}

static bool parse_percent(const char **text, uint16_t *out)
{
    double value;
    if (!parse_real(*text, 100, &value, text))
        return false;
    if (**text == '%')
        ++*text;
    *out = (uint16_t)lround(value * 65535 / 100);
    return true;
}

static bool parse_volume(const char *text, uint16_t volume[2])
{
    uint16_t left, right;
    if (!parse_percent(&text, &left))
        return false;
    right = left;
    if (*text == ',') {
        text++;
        if (!parse_percent(&text, &right))
            return false;
    }
    if (*text)
        return false;
    volume[0] = left;
    volume[1] = right;
    return true;
}

static bool one_of(const char *word, const char *words)
{
    size_t n = strlen(word);
    for (const char *w = words; n && w; w = strchr(w, ' ')) {
        if (*w == ' ')
            w++;
        if (strncmp(w, word, n) == 0 && (w[n] == ' ' || !w[n]))
            return true;
    }
    return false;
}

const char *args_assignment(char *name)
{
    char *equals = strchr(name, '=');
    if (!equals || equals == name)
        return NULL;
    *equals = 0;
    return equals + 1;
}

static bool add_set(struct args *args, const char *text, struct usage_error *error)
{
    if (args->n_set == ARGS_SET_MAX)
        return refuse(error, "use mmectl config for the rest", "more than %d times --set",
                      ARGS_SET_MAX);
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return refuse(error, "write --set name=value", "--set \"%.80s\" is not K=V", text);
    args->set[args->n_set].name = text; /* cut in take_values, once all are known */
    args->n_set++;
    return true;
}

static bool option_value(struct args *args, enum option_id id, const char *text,
                         struct usage_error *error)
{
    const char *end = "x";
    const struct option *option = &mmectl_options[id];
    args->text[id] = text;
    if (option->complete == COMPLETE_WORDS && !one_of(text, option->words)) {
        char cure[160];
        snprintf(cure, sizeof cure, "it is one of: %s", option->words);
        return refuse(error, cure, "--%s does not know \"%.60s\"", option->name, text);
    }
    switch (id) {
    case OPT_SET:
        return add_set(args, text, error);
    case OPT_DEVICE:
        if (!is_name(text) && !parse_number(text, 0, 65535, &args->device))
            return refuse(error,
                          "it is a number from 0, an alias or a driver, see mmectl list devices",
                          "--device \"%.60s\" is no device", text);
        return true;
    case OPT_RATE:
        if (!parse_number(text, MMK_RATE_MIN_HZ, MMK_RATE_MAX_HZ, &args->rate_hz))
            return refuse(error, "it is a whole number from 1000 to 384000, in Hz",
                          "--rate \"%.60s\" is not a sample rate", text);
        return true;
    case OPT_VOLUME:
        if (!parse_volume(text, args->volume))
            return refuse(error, "it is 0% to 100%, or LEFT%,RIGHT%",
                          "--volume \"%.60s\" is not a volume", text);
        return true;
    case OPT_LOOP:
        if (!parse_number(text, 1, 1000000, &args->loop))
            return refuse(error, "it is a number from 1 to 1000000",
                          "--loop \"%.60s\" is not a count", text);
        return true;
    case OPT_CHANNELS:
        if (!parse_number(text, 1, MMK_CHANNELS_MAX, &args->channels))
            return refuse(error, "it is a number from 1 to 8",
                          "--channels \"%.60s\" is not a count", text);
        return true;
    case OPT_SECONDS:
        if (!parse_real(text, 31536000, &args->seconds, &end) || *end)
            return refuse(error, "it is a number such as 10 or 2.5; 0 means until Ctrl-C",
                          "--seconds \"%.60s\" is not a time", text);
        return true;
    case OPT_OUTPUT:
    case OPT_REGISTRY:
    case OPT_ALIAS:
        if (!text[0])
            return refuse(error, "give a name", "--%s is empty", option->name);
        return true;
    case OPT_DRY_RUN:
    case OPT_INTERACTIVE:
    case OPT_FORCE:
    case OPT_NO_WAIT:
    case OPT_NO_TRIAL:
    case OPT_PREFIX: /* empty: the one that Wine would take */
    case OPT_KEEP_SETTINGS:
    case OPT_USER:
    case OPT_FREEWHEEL:
    case OPT_FORMAT:
    case OPT_QUALITY:
    case OPT_JSON:
    case OPT_QUIET:
    case OPT_VERBOSE:
    case OPT_HELP:
    case OPT_VERSION:
    case OPT_COUNT:
        break;
    }
    return true;
}

/* ------------------------------------------------------------------ the walk */

static int option_find(const char *name, size_t len)
{
    for (int o = 0; o < OPT_COUNT; o++)
        if (strlen(mmectl_options[o].name) == len &&
            strncmp(mmectl_options[o].name, name, len) == 0)
            return o;
    return -1;
}

/* One option word, and the next one if it takes a value. @return words used */
static int take_option(struct args *args, char **argv, int left, struct usage_error *error)
{
    const char *word = argv[0] + 2;
    size_t len = strcspn(word, "=");
    int id = option_find(word, len);
    if (id < 0) {
        unknown_option(word, args->verb, error);
        return 1;
    }
    const struct option *option = &mmectl_options[id];
    args->given[id] = true;
    if (!option->meta) {
        if (word[len])
            refuse(error, "leave out what is behind the \"=\"", "--%s takes no value",
                   option->name);
        return 1;
    }
    if (word[len]) {
        option_value(args, (enum option_id)id, word + len + 1, error);
        return 1;
    }
    if (left < 2) {
        char cure[80];
        snprintf(cure, sizeof cure, "write --%s %s", option->name, option->meta);
        refuse(error, cure, "--%s needs a value", option->name);
        return 1;
    }
    option_value(args, (enum option_id)id, argv[1], error);
    return 2;
}

static void take_words(struct args *args, int argc, char **argv, struct usage_error *error)
{
    bool only_operands = false;
    for (int i = 1; i < argc;) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
            i++;
        } else if (!only_operands && strcmp(word, "-h") == 0) {
            args->given[OPT_HELP] = true;
            i++;
        } else if (!only_operands && strncmp(word, "--", 2) == 0) {
            i += take_option(args, argv + i, argc - i, error);
        } else if (!only_operands && word[0] == '-' && word[1]) {
            refuse(error, "options are long: see mmectl --help", "there is no option \"%.60s\"",
                   word);
            i++;
        } else {
            if (args->verb == VERB_NONE && !error->cause[0])
                args->verb = verb_find(word, error);
            else
                args->operand[args->n_operands++] = word;
            i++;
        }
    }
}

static bool check_options(const struct args *args, struct usage_error *error)
{
    const struct verb *verb = &mmectl_verbs[args->verb];
    for (int o = 0; o < OPT_COUNT; o++) {
        if (!args->given[o] || (verb->options | OPTIONS_COMMON) & (1u << o))
            continue;
        char cure[80];
        snprintf(cure, sizeof cure, "see mmectl help %s", verb->name);
        return refuse(error, cure, "%s takes no --%s", verb->name, mmectl_options[o].name);
    }
    if (args->given[OPT_QUIET] && args->given[OPT_VERBOSE])
        return refuse(error, "give one of them", "--quiet and --verbose contradict each other");
    return true;
}

static bool check_operands(const struct args *args, struct usage_error *error)
{
    const struct verb *verb = &mmectl_verbs[args->verb];
    char cure[200];
    snprintf(cure, sizeof cure, "usage: mmectl %s %s", verb->name, verb->operands);
    if (args->n_operands < verb->least)
        return refuse(error, cure, "%s needs %s", verb->name,
                      args->n_operands ? "one more word" : verb->operands);
    if (args->n_operands > verb->most)
        return refuse(error, cure, "%s does not know what to do with \"%.60s\"", verb->name,
                      args->operand[verb->most]);
    if (args->verb == VERB_RECORD && !args->given[OPT_SECONDS])
        return refuse(error, "add --seconds S; 0 means until Ctrl-C", "record needs --seconds");
    return true;
}

/* The assignments want their names terminated: copies of the words, cut at the '='. */
static bool take_assignments(struct args *args, struct usage_error *error)
{
    size_t n_bytes = 1;
    for (size_t i = 0; i < args->n_set; i++)
        n_bytes += strlen(args->set[i].name) + 1;
    args->set_names = malloc(n_bytes);
    if (!args->set_names)
        return refuse(error, "free some", "no memory");
    char *to = args->set_names;
    for (size_t i = 0; i < args->n_set; i++) {
        size_t len = strlen(args->set[i].name) + 1;
        memcpy(to, args->set[i].name, len);
        args->set[i].name = to;
        args->set[i].text = args_assignment(to);
        to += len;
    }
    return true;
}

bool args_parse(struct args *args, int argc, char **argv, struct usage_error *error)
{
    memset(args, 0, sizeof *args);
    memset(error, 0, sizeof *error);
    args->loop = 1;
    args->volume[0] = args->volume[1] = 0xffff;
    args->operand = calloc((size_t)argc + 1, sizeof *args->operand);
    if (!args->operand)
        return refuse(error, "free some", "no memory");
    take_words(args, argc, argv, error);
    if (error->cause[0] || !take_assignments(args, error))
        return false;
    if (args->given[OPT_HELP] || args->given[OPT_VERSION])
        return true;
    if (args->verb == VERB_NONE)
        return refuse(error, "see mmectl --help", "no verb given");
    return check_options(args, error) && check_operands(args, error);
}

void args_free(struct args *args)
{
    free(args->operand);
    free(args->set_names);
    memset(args, 0, sizeof *args);
}
