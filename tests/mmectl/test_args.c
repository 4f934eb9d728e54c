/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../tools/mmectl/args.h"

#define WORDS_MAX 40

/* Parse a line of words; the words live as long as `words`. */
struct line {
    char text[512];
    char *words[WORDS_MAX];
    struct args args;
    struct usage_error error;
    bool good;
};

static struct line *parse(struct line *line, const char *text)
{
    static char program[] = "mmectl";
    int n = 0;
    snprintf(line->text, sizeof line->text, "%s", text);
    line->words[n++] = program;
    for (char *w = strtok(line->text, " "); w; w = strtok(NULL, " "))
        line->words[n++] = w;
    line->good = args_parse(&line->args, n, line->words, &line->error);
    return line;
}

static void expect_error(const char *text, const char *cause, const char *cure)
{
    struct line line;
    cr_assert_not(parse(&line, text)->good, "%s", text);
    cr_assert(strstr(line.error.cause, cause), "%s: %s", text, line.error.cause);
    cr_assert(strstr(line.error.cure, cure), "%s: %s", text, line.error.cure);
    args_free(&line.args);
}

Test(args, takes_options_in_any_place_and_both_spellings)
{
    struct line line;
    cr_assert(parse(&line, "--json play a.wav --rate=44100 b.wav --device 3 --loop 2")->good);
    cr_assert_eq(line.args.verb, VERB_PLAY);
    cr_assert_eq(line.args.n_operands, 2);
    cr_assert_str_eq(line.args.operand[0], "a.wav");
    cr_assert_str_eq(line.args.operand[1], "b.wav");
    cr_assert_eq(line.args.rate_hz, 44100);
    cr_assert_eq(line.args.device, 3);
    cr_assert_eq(line.args.loop, 2);
    cr_assert(line.args.given[OPT_JSON]);
    args_free(&line.args);
}

Test(args, ends_options_at_two_dashes)
{
    struct line line;
    cr_assert(parse(&line, "play -- --rate -x")->good);
    cr_assert_eq(line.args.n_operands, 2);
    cr_assert_str_eq(line.args.operand[0], "--rate");
    args_free(&line.args);
}

Test(args, collects_settings)
{
    struct line line;
    cr_assert(parse(&line, "install mmewave --set a=b --set path=x=y --set c=")->good);
    cr_assert_eq(line.args.n_set, 3);
    cr_assert_str_eq(line.args.set[0].name, "a");
    cr_assert_str_eq(line.args.set[0].text, "b");
    cr_assert_str_eq(line.args.set[1].name, "path");
    cr_assert_str_eq(line.args.set[1].text, "x=y");
    cr_assert_str_eq(line.args.set[2].text, "");
    args_free(&line.args);
}

Test(args, reads_volumes)
{
    static const struct {
        const char *text;
        unsigned left, right;
    } cases[] = {{"play x --volume 100%", 0xffff, 0xffff}, {"play x --volume 0", 0, 0},
                 {"play x --volume 50%", 32768, 32768},    {"play x --volume 100,0%", 0xffff, 0},
                 {"play x --volume 12.5%", 8192, 8192},    {"play x", 0xffff, 0xffff}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line line;
        cr_assert(parse(&line, cases[i].text)->good, "%s", cases[i].text);
        cr_assert_eq(line.args.volume[0], cases[i].left, "%s", cases[i].text);
        cr_assert_eq(line.args.volume[1], cases[i].right, "%s", cases[i].text);
        args_free(&line.args);
    }
    expect_error("play x --volume 100.1", "not a volume", "100%");
    expect_error("play x --volume 0x10", "not a volume", "");
    expect_error("play x --volume 50%,", "not a volume", "");
    expect_error("play x --volume inf", "not a volume", "");
    expect_error("play x --volume 1e", "not a volume", "");
}

Test(args, refuses_numbers_at_their_limits)
{
    struct line line;
    cr_assert(parse(&line, "convert a b --rate 384000 --channels 8")->good);
    args_free(&line.args);
    cr_assert(parse(&line, "convert a b --rate 1000 --channels 1")->good);
    args_free(&line.args);
    expect_error("convert a b --rate 384001", "not a sample rate", "384000");
    expect_error("convert a b --rate 999", "not a sample rate", "1000");
    expect_error("convert a b --rate 4294967296", "not a sample rate", "");
    expect_error("convert a b --rate 99999999999999999999", "not a sample rate", "");
    expect_error("convert a b --rate +48000", "not a sample rate", "");
    expect_error("convert a b --rate 48000.0", "not a sample rate", "");
    expect_error("convert a b --channels 0", "not a count", "1 to 8");
    expect_error("convert a b --channels 9", "not a count", "1 to 8");
}

Test(args, tells_the_first_mistake)
{
    expect_error("play --rat 1 --frobnicate", "\"--rat\"", "--rate");
    expect_error("status --volume 5", "status takes no --volume", "help status");
    expect_error("frob --rat", "\"frob\"", "--help");
    expect_error("", "no verb", "--help");
    expect_error("record x.wav", "--seconds", "Ctrl-C");
    expect_error("play", "play needs FILE", "usage: mmectl play");
    expect_error("remove a b", "\"b\"", "usage: mmectl remove");
    expect_error("status --quiet --verbose", "contradict", "");
    expect_error("status --json=1", "takes no value", "");
    expect_error("install x --set", "needs a value", "--set K=V");
}

Test(args, knows_json_and_quiet_behind_a_mistake)
{
    struct line line;
    cr_assert_not(parse(&line, "frobnicate --json --quiet")->good);
    cr_assert(line.args.given[OPT_JSON]);
    cr_assert(line.args.given[OPT_QUIET]);
    args_free(&line.args);
}

Test(args, answers_help_without_operands)
{
    struct line line;
    cr_assert(parse(&line, "install --help")->good);
    cr_assert(line.args.given[OPT_HELP]);
    args_free(&line.args);
    cr_assert(parse(&line, "--version")->good);
    args_free(&line.args);
}

Test(args, suggests_only_what_is_near)
{
    static const char *const words[] = {"install", "remove", "repair", "status", "list"};
    static const struct {
        const char *word, *near;
    } cases[] = {
        {"instal", "install"}, {"isntall", "install"}, {"remvoe", "remove"}, {"lst", "list"},
        {"stat", "status"},    {"xyz", NULL},          {"", NULL},           {"l", NULL},
        {"repare", "repair"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = args_nearest(cases[i].word, words, 5);
        if (cases[i].near)
            cr_assert(near && strcmp(near, cases[i].near) == 0, "%s -> %s", cases[i].word,
                      near ? near : "nothing");
        else
            cr_assert_null(near, "%s -> %s", cases[i].word, near ? near : "");
    }
    cr_assert_null(
        args_nearest("an extraordinarily long word that nobody ever meant to type here", words, 5));
}

Test(args, gives_every_verb_a_summary_and_an_example)
{
    for (int v = 1; v < VERB_COUNT; v++) {
        const struct verb *verb = &mmectl_verbs[v];
        cr_assert(verb->name && verb->summary && verb->summary[0]);
        cr_assert(strstr(verb->examples, verb->name), "%s", verb->name);
        cr_assert(verb->most >= verb->least);
    }
    for (int o = 0; o < OPT_COUNT; o++)
        cr_assert(mmectl_options[o].name && mmectl_options[o].help);
}
