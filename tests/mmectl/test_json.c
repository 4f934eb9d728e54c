/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <math.h>

#include <criterion/criterion.h>

#include "../../tools/mmectl/json.h"

/* A document of one object with what `add` puts into it. */
static void expect(struct json *j, const char *text)
{
    json_end(j);
    cr_assert_not_null(json_text(j));
    cr_assert_str_eq(json_text(j), text);
    json_fini(j);
}

static struct json begin(void)
{
    struct json j;
    json_init(&j);
    json_object(&j, NULL);
    return j;
}

Test(json, writes_all_kinds_of_members)
{
    struct json j = begin();
    json_string(&j, "s", "text");
    json_uint(&j, "u", UINT64_MAX);
    json_int(&j, "i", -5);
    json_bool(&j, "t", true);
    json_null(&j, "n");
    json_double(&j, "d", 0.5);
    json_double(&j, "nan", (double)NAN);
    json_array(&j, "a");
    json_uint(&j, NULL, 1);
    json_object(&j, NULL);
    json_end(&j);
    json_array(&j, NULL);
    json_end(&j);
    json_end(&j);
    expect(&j, "{\"s\":\"text\",\"u\":18446744073709551615,\"i\":-5,\"t\":true,\"n\":null,"
               "\"d\":0.5,\"nan\":null,\"a\":[1,{},[]]}");
}

Test(json, escapes_quotes_backslashes_and_controls)
{
    struct json j = begin();
    json_string(&j, "q\"", "a\"b\\c\n\t\x01\x7f/");
    expect(&j, "{\"q\\\"\":\"a\\\"b\\\\c\\u000a\\u0009\\u0001\\u007f/\"}");
}

Test(json, keeps_utf_8_and_replaces_what_is_none)
{
    struct json j = begin();
    json_string(&j, "good", "\xc3\xbc\xe9\x9f\xb3\xf0\x9f\x8e\xb5");
    json_string(&j, "lone", "\xed\xa0\x80");         /* a surrogate, as WTF-8 says it */
    json_string(&j, "bad", "\x80\xc3(\xc0\x80\xff"); /* continuation, cut, overlong, never */
    json_string(&j, "cut", "\xe9\x9f");
    expect(&j, "{\"good\":\"\xc3\xbc\xe9\x9f\xb3\xf0\x9f\x8e\xb5\",\"lone\":\"\\ud800\","
               "\"bad\":\"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\",\"cut\":\"\\ufffd\\ufffd\"}");
}

Test(json, gives_no_text_while_a_bracket_is_open)
{
    struct json j = begin();
    cr_assert_null(json_text(&j));
    json_end(&j);
    cr_assert_not_null(json_text(&j));
    json_end(&j);
    cr_assert_null(json_text(&j)); /* closed once too often: a bug is not printed as a document */
    json_fini(&j);
}

Test(json, refuses_to_nest_deeper_than_it_can_close)
{
    struct json j = begin();
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_array(&j, i ? NULL : "a");
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_end(&j);
    cr_assert_null(json_text(&j));
    json_fini(&j);
}

Test(json, grows_to_any_size)
{
    struct json j = begin();
    json_array(&j, "a");
    for (unsigned i = 0; i < 100000; i++)
        json_uint(&j, NULL, i);
    json_end(&j);
    json_end(&j);
    cr_assert_eq(j.len, sizeof "{\"a\":[]}" - 1 + 99999 + 10 + 180 + 2700 + 36000 + 450000);
    json_fini(&j);
}
