/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <mmk/text.h>
#include <string.h>

/* Names of files made of a pattern. */

static const struct mmk_pattern_values values = {
    .program = "pro%gram", .time = "20261122-180500", .pid = 4294967295u, .number = 7, .device = 0};

static const char *expand(const char *pattern)
{
    static char text[256];
    memset(text, 'x', sizeof text);
    cr_assert_eq(mmk_pattern_expand(pattern, &values, text, sizeof text), MMK_OK, "%s", pattern);
    return text;
}

Test(pattern, stands_for_what_the_header_says)
{
    static const struct {
        const char *pattern, *name;
    } cases[] = {
        {"", ""},
        {"out.wav", "out.wav"},
        {"%p-%i-%n.wav", "pro%gram-4294967295-7.wav"},
        {"%t", "20261122-180500"},
        {"a%d%d%%b%%", "a00%b%"},
        {"%%p", "%p"},
        {"\xc3\xa4%n\xe2\x82\xac", "\xc3\xa4"
                                   "7\xe2\x82\xac"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_str_eq(expand(cases[i].pattern), cases[i].name);
}

Test(pattern, what_stands_for_nothing_is_wrong)
{
    static const struct {
        const char *pattern;
        int at; /* -1: right */
    } cases[] = {{"%p%i%n%t%d%%", -1}, {"", -1},        {"%", 0},  {"a%x", 1},      {"%%%", 2},
                 {"%p-%", 3},          {"50 %.wav", 3}, {"%P", 0}, {"%\xc3\xa4", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *wrong = mmk_pattern_wrong(cases[i].pattern);
        char text[64];
        cr_assert_eq(wrong, cases[i].at < 0 ? NULL : cases[i].pattern + cases[i].at, "%s",
                     cases[i].pattern);
        cr_assert_eq(mmk_pattern_expand(cases[i].pattern, &values, text, sizeof text),
                     wrong == NULL ? MMK_OK : MMK_ERR_INVAL);
    }
}

Test(pattern, tells_what_is_in_it)
{
    cr_assert(mmk_pattern_has("a%n", 'n'));
    cr_assert(mmk_pattern_has("%p%%%n", 'n'));
    cr_assert_not(mmk_pattern_has("%%n", 'n'));
    cr_assert_not(mmk_pattern_has("n", 'n'));
    cr_assert(mmk_pattern_has("%%n", '%'));
}

Test(pattern, never_writes_beyond_its_room)
{
    const char *pattern = "ab%ncd%t";
    const size_t need = strlen("ab7cd20261122-180500") + 1;
    for (size_t cap = 0; cap <= need + 2; cap++) {
        char text[64];
        memset(text, '#', sizeof text);
        const mmk_err err = mmk_pattern_expand(pattern, &values, text, cap);
        cr_assert_eq(err, cap < need ? MMK_ERR_TOO_LONG : MMK_OK, "cap %zu", cap);
        for (size_t i = cap; i < sizeof text; i++)
            cr_assert_eq(text[i], '#', "cap %zu: byte %zu", cap, i);
        if (err == MMK_OK)
            cr_assert_str_eq(text, "ab7cd20261122-180500");
    }
}
