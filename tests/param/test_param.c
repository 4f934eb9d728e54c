/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include <mmk/param.h>

#include "install/install_world.h"

static const struct mmk_param *row(const char *name)
{
    const int index = mmk_param_index(&test_params, name);
    cr_assert_geq(index, 0);
    return &test_params.params[index];
}

struct parse_case {
    const char *param, *text;
    mmk_err err;
    const char *canonical;
    uint32_t number;
};

/* By hand out of the header's grammar. */
static const struct parse_case cases[] = {
    {"rate_hz", "1000", MMK_OK, "1000", 1000},
    {"rate_hz", "384000", MMK_OK, "384000", 384000},
    {"rate_hz", "0044100", MMK_OK, "44100", 44100},
    {"rate_hz", "999", MMK_ERR_RANGE, NULL, 0},
    {"rate_hz", "384001", MMK_ERR_RANGE, NULL, 0},
    {"rate_hz", "4294967297", MMK_ERR_RANGE, NULL, 0},
    {"rate_hz", "18446744073709551617", MMK_ERR_RANGE, NULL, 0},
    {"rate_hz", "", MMK_ERR_SYNTAX, NULL, 0},
    {"rate_hz", "-44100", MMK_ERR_SYNTAX, NULL, 0},
    {"rate_hz", "44100 ", MMK_ERR_SYNTAX, NULL, 0},
    {"rate_hz", "44.1", MMK_ERR_SYNTAX, NULL, 0},
    {"dither", "on", MMK_OK, "on", 1},
    {"dither", "YES", MMK_OK, "on", 1},
    {"dither", "1", MMK_OK, "on", 1},
    {"dither", "true", MMK_OK, "on", 1},
    {"dither", "Off", MMK_OK, "off", 0},
    {"dither", "no", MMK_OK, "off", 0},
    {"dither", "0", MMK_OK, "off", 0},
    {"dither", "false", MMK_OK, "off", 0},
    {"dither", "2", MMK_ERR_SYNTAX, NULL, 0},
    {"dither", "", MMK_ERR_SYNTAX, NULL, 0},
    {"backend", "null", MMK_OK, "null", 0},
    {"backend", "FILE", MMK_OK, "file", 1},
    {"backend", "files", MMK_ERR_RANGE, NULL, 0},
    {"backend", "", MMK_ERR_RANGE, NULL, 0},
    {"backend", "system", MMK_ERR_UNSUPPORTED, NULL, 0},
    {"path", "", MMK_OK, "", 0},
    {"path", "C:\\x y.wav", MMK_OK, "C:\\x y.wav", 0},
    {"path", "\xc3\xa9", MMK_OK, "\xc3\xa9", 0},
    {"path", "a\"b", MMK_ERR_SYNTAX, NULL, 0},
    {"path", "a\nb", MMK_ERR_SYNTAX, NULL, 0},
    {"path", "a\x7f", MMK_ERR_SYNTAX, NULL, 0},
    {"path", "a\xc2\x85", MMK_ERR_SYNTAX, NULL, 0},
    {"path", "\xff", MMK_ERR_SYNTAX, NULL, 0},
};

Test(param, parses_each_type_as_documented)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct parse_case *c = &cases[i];
        struct mmk_setting out = {.number = 77, .text = "untouched"};
        struct mmk_param_error error = {.err = MMK_OK};
        const mmk_err err = mmk_param_parse(row(c->param), MMK_HOST_POSIX, c->text, &out, &error);
        cr_assert_eq(err, c->err, "%s=\"%s\": %s", c->param, c->text, mmk_err_name(err));
        if (err == MMK_OK) {
            cr_assert_str_eq(out.text, c->canonical);
            cr_assert_eq(out.number, c->number);
        } else {
            cr_assert_eq(error.err, c->err);
            cr_assert_not_null(strstr(error.text, c->param), "the error names the parameter: %s",
                               error.text);
            cr_assert_not_null(strstr(error.text, "allowed: "), "and what is allowed: %s",
                               error.text);
            cr_assert_eq(out.number, 77, "a refused text leaves the setting alone");
            cr_assert_str_eq(out.text, "untouched");
        }
    }
}

Test(param, bounds_text_by_its_row)
{
    char text[80];
    struct mmk_setting out;
    memset(text, 'a', sizeof text);
    text[64] = 0;
    cr_assert_eq(mmk_param_parse(row("secret"), MMK_HOST_ALL, text, &out, NULL), MMK_OK);
    text[64] = 'a';
    text[65] = 0;
    cr_assert_eq(mmk_param_parse(row("secret"), MMK_HOST_ALL, text, &out, NULL), MMK_ERR_TOO_LONG);
}

Test(param, names_only_the_choices_of_this_host)
{
    struct mmk_setting out;
    struct mmk_param_error error;
    cr_assert_eq(mmk_param_parse(row("backend"), MMK_HOST_POSIX, "x", &out, &error), MMK_ERR_RANGE);
    cr_assert_not_null(strstr(error.text, "null, file, wod"));
    cr_assert_null(strstr(error.text, "system"));
}

Test(param, finds_rows_without_case)
{
    cr_assert_eq(mmk_param_index(&test_params, "RATE_HZ"), 2);
    cr_assert_eq(mmk_param_index(&test_params, "rate"), -1);
    cr_assert_eq(mmk_param_index(&test_params, ""), -1);
}

Test(param, knows_the_hosts)
{
    cr_assert_eq(mmk_host_bit("posix"), MMK_HOST_POSIX);
    cr_assert_eq(mmk_host_bit("wine"), MMK_HOST_WINE);
    cr_assert_eq(mmk_host_bit("windows"), MMK_HOST_WINDOWS);
    cr_assert_eq(mmk_host_bit("dos"), 0);
    cr_assert_eq(mmk_host_bit(NULL), 0);
}
