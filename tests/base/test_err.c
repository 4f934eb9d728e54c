/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include <criterion/criterion.h>

#include <mmk/err.h>

/* The list as err.h prints it: the numbers are part of the ABI. */
static const struct {
    int number;
    const char *name;
} known[] = {
    {0, "MMK_OK"},
    {-1, "MMK_ERR_INVAL"},
    {-2, "MMK_ERR_STATE"},
    {-3, "MMK_ERR_RANGE"},
    {-4, "MMK_ERR_NOMEM"},
    {-5, "MMK_ERR_NOT_FOUND"},
    {-6, "MMK_ERR_EXISTS"},
    {-7, "MMK_ERR_ACCESS"},
    {-8, "MMK_ERR_IO"},
    {-9, "MMK_ERR_NO_SPACE"},
    {-10, "MMK_ERR_BUSY"},
    {-11, "MMK_ERR_TIMEOUT"},
    {-12, "MMK_ERR_LOCKED"},
    {-13, "MMK_ERR_CORRUPT"},
    {-14, "MMK_ERR_UNSUPPORTED"},
    {-15, "MMK_ERR_FORMAT"},
    {-16, "MMK_ERR_GONE"},
    {-17, "MMK_ERR_TOO_LONG"},
    {-18, "MMK_ERR_CONFLICT"},
    {-19, "MMK_ERR_MORE"},
    {-20, "MMK_ERR_CANCELLED"},
    {-21, "MMK_ERR_BITNESS"},
    {-22, "MMK_ERR_VERSION"},
    {-23, "MMK_ERR_PENDING"},
    {-24, "MMK_ERR_SYNTAX"},
    {-25, "MMK_ERR_CRASHED"},
    {-26, "MMK_ERR_CIRCLE"},
};

#define N_KNOWN (sizeof known / sizeof known[0])

Test(err, names_are_the_constants_and_texts_differ)
{
    for (size_t i = 0; i < N_KNOWN; i++) {
        const mmk_err err = (mmk_err)known[i].number;
        cr_expect_str_eq(mmk_err_name(err), known[i].name);
        const char *text = mmk_err_text(err);
        cr_expect_gt(strlen(text), 3);
        cr_expect(text[0] >= 'a' && text[0] <= 'z' && text[strlen(text) - 1] != '.', "\"%s\"",
                  text);
        for (size_t k = 0; k < i; k++)
            cr_expect_str_neq(text, mmk_err_text((mmk_err)known[k].number));
    }
}

Test(err, unknown_codes_have_a_name_too)
{
    static const int others[] = {1, 77, -27, -1000, 2147483647, -2147483647 - 1};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_expect_str_eq(mmk_err_name((mmk_err)others[i]), "MMK_ERR_?");
        cr_expect_gt(strlen(mmk_err_text((mmk_err)others[i])), 3);
    }
}
