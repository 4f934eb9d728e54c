/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <mmk/param.h>
#include <mmk/text.h>

#include "install/install_world.h"

static struct mmk_settings defaults(void)
{
    struct mmk_settings s;
    mmk_settings_defaults(&test_params, &s);
    return s;
}

static void set(struct mmk_settings *s, const char *name, const char *text)
{
    cr_assert_eq(mmk_settings_set(s, MMK_HOST_POSIX, name, text, MMK_SOURCE_CALLER, NULL), MMK_OK);
}

/* ------------------------------------------------------------------ walk */

static mmk_err write_down(void *user, const char *raw, size_t raw_len, const char *key,
                          const char *value)
{
    char *out = user;
    sprintf(out + strlen(out), "<%.*s|%s|%s>", (int)raw_len, raw, key != NULL ? key : "-",
            value != NULL ? value : "-");
    return MMK_OK;
}

/* Text and what the grammar of param.h makes of it, by hand. */
static const struct {
    const char *text, *pieces;
} walks[] = {
    {"", ""},
    {"   \t ", ""},
    {"/a:1", "</a:1|a|1>"},
    {"  /a:1   /b:2\t/c:3 ", "</a:1|a|1></b:2|b|2></c:3|c|3>"},
    {"/path:\"C:\\x y.wav\" /b", "</path:\"C:\\x y.wav\"|path|C:\\x y.wav></b|b|->"},
    {"/path:\"\"", "</path:\"\"|path|>"},
    {"/path:", "</path:|path|>"},
    {"/path:C:\\a", "</path:C:\\a|path|C:\\a>"},
    {"-q foreign \"quoted text\" x=\"a b\"c",
     "<-q|-|-><foreign|-|-><\"quoted text\"|-|-><x=\"a b\"c|-|->"},
    {"/a:\"x\"y", "</a:\"x\"y|a|->"},
    {"/a:x\"y z\"", "</a:x\"y z\"|a|->"},
    {"/ /: //a:1", "</|-|-></:|-|-><//a:1|-|->"},
    {"/a:b:c", "</a:b:c|a|b:c>"},
};

Test(alias, walks_pieces_as_the_grammar_says)
{
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        char out[512] = "";
        cr_assert_eq(mmk_alias_walk(walks[i].text, write_down, out), MMK_OK);
        cr_assert_str_eq(out, walks[i].pieces, "%s -> %s", walks[i].text, out);
    }
    char out[64] = "";
    cr_assert_eq(mmk_alias_walk(NULL, write_down, out), MMK_OK);
    cr_assert_str_eq(out, "");
}

Test(alias, delivers_nothing_of_a_text_with_an_open_quote)
{
    char out[64] = "";
    cr_assert_eq(mmk_alias_walk("/a:1 /b:\"x", write_down, out), MMK_ERR_SYNTAX);
    cr_assert_str_eq(out, "");
}

Test(alias, survives_pieces_of_any_length)
{
    static char text[20000];
    struct mmk_settings s = defaults();
    struct mmk_param_error error;
    memset(text, 'k', sizeof text - 1);
    text[0] = '/';
    cr_assert_eq(mmk_alias_apply(text, MMK_HOST_POSIX, &s, NULL), MMK_OK,
                 "a key that long is not ours");
    memcpy(text, "/path:", 6);
    cr_assert_eq(mmk_alias_apply(text, MMK_HOST_POSIX, &s, &error), MMK_ERR_SYNTAX);
    cr_assert_not_null(strstr(error.text, "path"));
}

/* ------------------------------------------------------------------ apply */

Test(alias, applies_options_and_skips_foreign_ones)
{
    struct mmk_settings s = defaults();
    cr_assert_eq(mmk_alias_apply("/x:1 /RATE:8000 other /path:\"a b\"", MMK_HOST_POSIX, &s, NULL),
                 MMK_OK);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 8000);
    cr_assert_str_eq(mmk_settings_text(&s, "path"), "a b");
    cr_assert_eq(s.value[0].source, MMK_SOURCE_DEFAULT);
}

static const struct {
    const char *text;
    mmk_err err;
    const char *named;
} bad[] = {
    {"/rate:8000 /rate:8000", MMK_ERR_EXISTS, "rate_hz"},
    {"/rate:8000 /Rate:9000", MMK_ERR_EXISTS, "rate_hz"},
    {"/rate:7", MMK_ERR_RANGE, "rate_hz"},
    {"/rate:fast", MMK_ERR_SYNTAX, "rate_hz"},
    {"/rate", MMK_ERR_SYNTAX, "rate_hz"},
    {"/rate:\"8000\"x", MMK_ERR_SYNTAX, "rate_hz"},
    {"/backend:system", MMK_ERR_UNSUPPORTED, "backend"},
    {"/backend:tape", MMK_ERR_RANGE, "backend"},
    {"/path:\"open", MMK_ERR_SYNTAX, "quote"},
    {"/dither:on /rate:99999999999", MMK_ERR_RANGE, "rate_hz"},
};

Test(alias, refuses_the_whole_text_for_one_bad_option_and_names_it)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mmk_settings s = defaults();
        struct mmk_settings before = s;
        struct mmk_param_error error = {.err = MMK_OK};
        const mmk_err err = mmk_alias_apply(bad[i].text, MMK_HOST_POSIX, &s, &error);
        cr_assert_eq(err, bad[i].err, "%s: %s", bad[i].text, mmk_err_name(err));
        cr_assert_eq(error.err, bad[i].err);
        cr_assert_not_null(strstr(error.text, bad[i].named), "%s: %s", bad[i].text, error.text);
        for (size_t k = 0; k < test_params.n_params; k++)
            cr_assert_str_eq(s.value[k].text, before.value[k].text);
    }
}

/* ------------------------------------------------------------------ compose, split */

static const char *compose(const char *old_text, const struct mmk_settings *s)
{
    static char out[4 * MMK_ALIAS_VALUE_MAX + 1];
    cr_assert_eq(mmk_alias_compose("card.drv", old_text, s, out, sizeof out), MMK_OK);
    return out;
}

Test(alias, says_nothing_of_defaults)
{
    const struct mmk_settings s = defaults();
    cr_assert_str_eq(compose(NULL, &s), "card.drv");
}

Test(alias, appends_in_the_tables_order_behind_foreign_text)
{
    struct mmk_settings s = defaults();
    set(&s, "rate_hz", "44100");
    set(&s, "backend", "file");
    set(&s, "secret", "not for aliases");
    cr_assert_str_eq(compose("/f:1  /rate:8000 -x \"a  b\"", &s),
                     "card.drv /f:1 -x \"a  b\" /backend:file /rate:44100");
}

Test(alias, quotes_what_has_blanks_or_nothing)
{
    struct mmk_settings s = defaults();
    set(&s, "path", "C:\\x y.wav");
    cr_assert_str_eq(compose("", &s), "card.drv /path:\"C:\\x y.wav\"");
}

Test(alias, is_read_back_as_it_was_composed)
{
    struct mmk_settings s = defaults();
    struct mmk_settings back = defaults();
    char file[64];
    const char *text;
    set(&s, "path", "C:\\x y.wav");
    set(&s, "dither", "off");
    set(&s, "devices", "16");
    const char *value = compose("/f", &s);
    cr_assert_eq(mmk_alias_split(value, file, sizeof file, &text), MMK_OK);
    cr_assert_str_eq(file, "card.drv");
    cr_assert_eq(mmk_alias_apply(text, MMK_HOST_POSIX, &back, NULL), MMK_OK);
    for (size_t i = 0; i < test_params.n_params; i++)
        cr_assert_str_eq(back.value[i].text, s.value[i].text);
    cr_assert_str_eq(compose(text, &back), value, "composing again changes nothing");
}

/* 259 UTF-16 units are the limit, "card.drv" takes 8 of them. */
Test(alias, leaves_long_texts_out_as_soon_as_not_all_fit)
{
    struct mmk_settings s = defaults();
    char path[260];
    set(&s, "rate_hz", "44100");
    memset(path, 'p', sizeof path);
    path[259 - 8 - 12 - 7] = 0; /* " /rate:44100" and " /path:" */
    set(&s, "path", path);
    cr_assert_eq(strlen(compose(NULL, &s)), 259);
    path[259 - 8 - 12 - 7] = 'p';
    path[259 - 8 - 12 - 6] = 0;
    set(&s, "path", path);
    cr_assert_str_eq(compose(NULL, &s), "card.drv /rate:44100");
}

Test(alias, counts_utf16_units_not_bytes)
{
    struct mmk_settings s = defaults();
    char path[260];
    for (size_t i = 0; i < 120; i++)
        memcpy(path + 2 * i, "\xc3\xa9", 2);
    path[240] = 0;
    set(&s, "path", path);
    cr_assert_eq(mmk_wtf8_units(compose(NULL, &s), strlen(compose(NULL, &s))), 8 + 7 + 120);
}

Test(alias, appends_nothing_when_foreign_text_leaves_no_room)
{
    struct mmk_settings s = defaults();
    char foreign[260];
    char out[4 * MMK_ALIAS_VALUE_MAX + 1];
    set(&s, "rate_hz", "44100");
    memset(foreign, 'f', sizeof foreign);
    foreign[250] = 0; /* 8 + 1 + 250 = 259 */
    cr_assert_eq(strlen(compose(foreign, &s)), 259);
    foreign[250] = 'f';
    foreign[251] = 0;
    cr_assert_eq(mmk_alias_compose("card.drv", foreign, &s, out, sizeof out), MMK_ERR_TOO_LONG);
}

Test(alias, is_split_at_its_first_blank)
{
    char file[16];
    const char *text = "";
    cr_assert_eq(mmk_alias_split("a.drv", file, sizeof file, &text), MMK_OK);
    cr_assert_str_eq(file, "a.drv");
    cr_assert_null(text);
    cr_assert_eq(mmk_alias_split("a.drv   ", file, sizeof file, &text), MMK_OK);
    cr_assert_null(text);
    cr_assert_eq(mmk_alias_split("a.drv  /x  y ", file, sizeof file, &text), MMK_OK);
    cr_assert_str_eq(text, "/x  y ");
    cr_assert_eq(mmk_alias_split("", file, sizeof file, &text), MMK_ERR_SYNTAX);
    cr_assert_eq(mmk_alias_split(" a.drv", file, sizeof file, &text), MMK_ERR_SYNTAX);
    cr_assert_eq(mmk_alias_split("0123456789abcdef", file, sizeof file, &text), MMK_ERR_MORE);
    cr_assert_eq(mmk_alias_split("0123456789abcde", file, sizeof file, &text), MMK_OK);
}
