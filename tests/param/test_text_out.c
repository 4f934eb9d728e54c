/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include "param/text_out.h"

Test(text_out, cuts_at_a_whole_character_and_says_so)
{
    char room[6];
    struct mmki_text t;
    mmki_text_init(&t, room, sizeof room);
    mmki_text_add(&t, "abc");
    mmki_text_add(&t, "d\xc3\xa9\xc3\xa9");
    cr_assert_str_eq(room, "abcd");
    cr_assert(t.full);
    mmki_text_add(&t, "x");
    cr_assert_str_eq(room, "abcd", "nothing is added behind a cut");
}

Test(text_out, fills_the_buffer_to_its_last_byte)
{
    char room[6];
    struct mmki_text t;
    mmki_text_init(&t, room, sizeof room);
    mmki_text_add(&t, "abcde");
    cr_assert_str_eq(room, "abcde");
    cr_assert_not(t.full);
}

Test(text_out, writes_numbers)
{
    char room[64];
    struct mmki_text t;
    mmki_text_init(&t, room, sizeof room);
    mmki_text_add_u64(&t, 0);
    mmki_text_add(&t, " ");
    mmki_text_add_u64(&t, UINT64_MAX);
    mmki_text_add(&t, " ");
    mmki_text_add_hex(&t, 0x1f, 4);
    mmki_text_add(&t, " ");
    mmki_text_add_hex(&t, UINT64_MAX, 1);
    cr_assert_str_eq(room, "0 18446744073709551615 001f ffffffffffffffff");
}

Test(text_out, keeps_foreign_text_on_one_line)
{
    char room[32];
    struct mmki_text t;
    mmki_text_init(&t, room, sizeof room);
    mmki_text_add_line(&t, "a\nb\r\tc\x1b[31m\x7f");
    cr_assert_str_eq(room, "a b  c [31m ");
}

Test(text_out, parses_decimal_numbers_only)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x10", "18446744073709551616", "99999999999999999999"};
    uint64_t out = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(mmki_parse_u64(bad[i], __builtin_strlen(bad[i]), &out), "\"%s\" passed",
                      bad[i]);
    cr_assert_eq(out, 7, "a refused text leaves the number alone");
    cr_assert(mmki_parse_u64("18446744073709551615", 20, &out));
    cr_assert_eq(out, UINT64_MAX);
    cr_assert(mmki_parse_u64("007", 3, &out));
    cr_assert_eq(out, 7);
}
