/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdlib.h>
#include <string.h>
#include <wctype.h>
#include <locale.h>

#include <criterion/criterion.h>

#include <mmk/text.h>

/* ------------------------------------------------------------------ conversion */

/* An independent, bit-by-bit encoder of one code point. */
static size_t plain_encode(uint32_t c, unsigned char *out)
{
    if (c < 0x80)
        return out[0] = (unsigned char)c, 1;
    if (c < 0x800)
        return out[0] = (unsigned char)(0xc0 + c / 64), out[1] = (unsigned char)(0x80 + c % 64), 2;
    if (c < 0x10000)
        return out[0] = (unsigned char)(0xe0 + c / 4096),
               out[1] = (unsigned char)(0x80 + c / 64 % 64),
               out[2] = (unsigned char)(0x80 + c % 64), 3;
    return out[0] = (unsigned char)(0xf0 + c / 262144),
           out[1] = (unsigned char)(0x80 + c / 4096 % 64),
           out[2] = (unsigned char)(0x80 + c / 64 % 64), out[3] = (unsigned char)(0x80 + c % 64), 4;
}

Test(text, every_code_point_goes_there_and_back)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[5];
        char back[8];
        unsigned char units[8];
        size_t n_units = 99;
        size_t n_back = 99;
        const size_t n = plain_encode(c, (unsigned char *)text);
        cr_assert(mmk_wtf8_valid(text, n), "U+%04X", c);
        cr_assert_eq(mmk_utf16_from_wtf8(text, n, units, sizeof units, &n_units), MMK_OK);
        const unsigned first = units[0] | (unsigned)units[1] << 8;
        if (c < 0x10000) {
            cr_assert(n_units == 2 && first == c, "U+%04X", c);
        } else {
            const unsigned second = units[2] | (unsigned)units[3] << 8;
            cr_assert(n_units == 4 && first == 0xd7c0 + c / 1024 && second == 0xdc00 + c % 1024,
                      "U+%04X", c);
        }
        cr_assert_eq(mmk_wtf8_from_utf16(units, n_units / 2, back, sizeof back, &n_back), MMK_OK);
        cr_assert(n_back == n && memcmp(back, text, n) == 0 && back[n] == '\0', "U+%04X", c);
    }
}

/* Every string of one to three bytes, and every fourth byte after a good three: valid or not by the
 * table of the Unicode standard (3-7), with the surrogates that WTF-8 adds. */
static bool table_valid(const unsigned char *p, size_t n)
{
    size_t at = 0;
    unsigned before = 0;
    while (at < n) {
        const unsigned a = p[at];
        const unsigned b = at + 1 < n ? p[at + 1] : 0;
        const bool tails = at + 2 < n && p[at + 2] >= 0x80 && p[at + 2] <= 0xbf;
        unsigned surrogate = 0;
        if (a <= 0x7f)
            at += 1;
        else if (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf)
            at += 2;
        else if (a >= 0xe0 && a <= 0xef && b >= (a == 0xe0 ? 0xa0u : 0x80u) && b <= 0xbf && tails) {
            surrogate = a == 0xed && b >= 0xa0 ? b : 0;
            at += 3;
        } else if (a >= 0xf0 && a <= 0xf4 && b >= (a == 0xf0 ? 0x90u : 0x80u) &&
                   b <= (a == 0xf4 ? 0x8fu : 0xbfu) && tails && at + 3 < n && p[at + 3] >= 0x80 &&
                   p[at + 3] <= 0xbf)
            at += 4;
        else
            return false;
        if (surrogate >= 0xb0 && before != 0 && before < 0xb0)
            return false; /* a pair must be spelled as one character */
        before = surrogate;
    }
    return true;
}

Test(text, validity_is_the_standard_s_table)
{
    unsigned char p[4];
    for (unsigned n = 0; n < 1u << 24; n++) {
        p[0] = (unsigned char)n;
        p[1] = (unsigned char)(n >> 8);
        p[2] = (unsigned char)(n >> 16);
        if (n < 256)
            cr_assert_eq(mmk_wtf8_valid((char *)p, 1), table_valid(p, 1), "%02x", n);
        if (n < 65536)
            cr_assert_eq(mmk_wtf8_valid((char *)p, 2), table_valid(p, 2), "%04x", n);
        if (p[0] >= 0xc0 || n % 16 == 0)
            cr_assert_eq(mmk_wtf8_valid((char *)p, 3), table_valid(p, 3), "%06x", n);
        p[3] = (unsigned char)(n * 2654435761u >> 24);
        if (p[0] >= 0xf0 && p[1] >= 0x70)
            cr_assert_eq(mmk_wtf8_valid((char *)p, 4), table_valid(p, 4), "%06x %02x", n, p[3]);
    }
}

Test(text, a_pair_spelled_as_two_is_refused)
{
    unsigned char units[16];
    size_t n = 5;
    const char *pair = "\xed\xa0\xb4\xed\xb4\x9e";
    cr_expect_not(mmk_wtf8_valid(pair, 6));
    cr_expect_eq(mmk_utf16_from_wtf8(pair, 6, units, sizeof units, &n), MMK_ERR_CORRUPT);
    cr_expect_eq(n, 5, "a failure wrote its result");
    cr_expect(mmk_wtf8_valid("\xed\xb4\x9e\xed\xa0\xb4", 6), "the wrong way round they are two");
    cr_expect(mmk_wtf8_valid("\xed\xa0\xb4 \xed\xb4\x9e", 7));
}

Test(text, only_real_surrogates_make_a_pair)
{
    static const uint32_t points[] = {'a',     0xd7ff,  0xd800,  0xdbff,  0xdc00,
                                      0xdfff,  0xe000,  0x10000, 0x1d800, 0x1dbff,
                                      0x1dc00, 0x1dfff, 0x2d834, 0x3dd1e, 0x10dc00};
    const size_t n = sizeof points / sizeof points[0];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            char text[9];
            unsigned char units[16];
            char back[16];
            size_t len = plain_encode(points[i], (unsigned char *)text);
            size_t n_bytes;
            size_t n_back;
            len += plain_encode(points[k], (unsigned char *)text + len);
            const bool pair = points[i] >= 0xd800 && points[i] <= 0xdbff && points[k] >= 0xdc00 &&
                              points[k] <= 0xdfff;
            cr_expect_eq(mmk_wtf8_valid(text, len), !pair, "U+%04X U+%04X", points[i], points[k]);
            if (pair)
                continue;
            cr_assert_eq(mmk_utf16_from_wtf8(text, len, units, sizeof units, &n_bytes), MMK_OK);
            cr_assert_eq(mmk_wtf8_from_utf16(units, n_bytes / 2, back, sizeof back, &n_back),
                         MMK_OK);
            cr_expect(n_back == len && memcmp(back, text, len) == 0);
        }
}

Test(text, room_is_asked_for_and_never_passed)
{
    unsigned char units[16];
    char text[16];
    size_t n = 0;
    cr_expect_eq(mmk_utf16_from_wtf8("ab\xf0\x9d\x84\x9e", MMK_TEXT_TERMINATED, NULL, 0, &n),
                 MMK_ERR_MORE);
    cr_expect_eq(n, 8);
    memset(units, 0xee, sizeof units);
    cr_expect_eq(mmk_utf16_from_wtf8("abc", 3, units, 5, &n), MMK_ERR_MORE);
    cr_expect_eq(units[0], 0xee, "written although it does not fit");
    cr_expect_eq(mmk_utf16_from_wtf8("abc", 3, units, 6, &n), MMK_OK);
    cr_expect_eq(units[6], 0xee);
    cr_expect_eq(mmk_wtf8_from_utf16("a\0b\0\0\0x\0", MMK_TEXT_TERMINATED, NULL, 0, &n),
                 MMK_ERR_MORE);
    cr_expect_eq(n, 2);
    memset(text, 'e', sizeof text);
    cr_expect_eq(mmk_wtf8_from_utf16("a\0b\0", 2, text, 2, &n), MMK_ERR_MORE);
    cr_expect_eq(text[0], 'e');
    cr_expect_eq(mmk_wtf8_from_utf16("a\0b\0", 2, text, 3, NULL), MMK_OK);
    cr_expect_str_eq(text, "ab");
    cr_expect_eq(mmk_utf16_from_wtf8("", 0, NULL, 0, &n), MMK_OK);
    cr_expect_eq(n, 0);
}

Test(text, zeros_inside_are_characters)
{
    unsigned char units[8];
    char text[8];
    size_t n;
    cr_expect_eq(mmk_utf16_from_wtf8("a\0b", 3, units, sizeof units, &n), MMK_OK);
    cr_expect(n == 6 && memcmp(units, "a\0\0\0b\0", 6) == 0);
    cr_expect_eq(mmk_wtf8_from_utf16(units, 3, text, sizeof text, &n), MMK_OK);
    cr_expect(n == 3 && memcmp(text, "a\0b", 4) == 0);
}

Test(text, units_are_counted)
{
    cr_expect_eq(mmk_wtf8_units("", 0), 0);
    cr_expect_eq(mmk_wtf8_units("abc", MMK_TEXT_TERMINATED), 3);
    cr_expect_eq(mmk_wtf8_units("\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e", MMK_TEXT_TERMINATED), 4);
    cr_expect_eq(mmk_wtf8_units("\xff\xc3", 2), 2, "a malformed byte counts as one");
}

/* ------------------------------------------------------------------ case */

static void put_unit(uint16_t unit, char *text)
{
    const unsigned char bytes[2] = {(unsigned char)unit, (unsigned char)(unit >> 8)};
    cr_assert_eq(mmk_wtf8_from_utf16(bytes, 1, text, 4, NULL), MMK_OK);
}

Test(text, case_is_mapped_where_it_can_be_undone)
{
    /* the C library knows the same Unicode pairs; where it maps two letters to one, we map at most
     * one */
    unsigned n_mapped = 0;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        cr_skip_test("needs the locale C.UTF-8");
    for (unsigned u = 1; u < 0x10000; u++) {
        const uint16_t upper = mmk_unit_upper((uint16_t)u);
        cr_assert_eq(mmk_unit_upper(upper), upper, "U+%04X: twice is not once", u);
        if (upper == u)
            continue;
        n_mapped++;
        cr_assert_eq(towupper((wint_t)u), upper, "U+%04X", u);
        cr_assert_eq(towlower((wint_t)upper), u, "U+%04X", u);
    }
    for (unsigned u = 1; u < 0x10000; u++) /* and nothing is left out */
        if ((u < 0xd800 || u > 0xdfff) && towupper((wint_t)u) != u &&
            towupper((wint_t)u) < 0x10000 && towlower(towupper((wint_t)u)) == u)
            cr_expect_neq(mmk_unit_upper((uint16_t)u), u, "U+%04X is not mapped", u);
    cr_expect_gt(n_mapped, 1000);
}

Test(text, no_other_letter_passes_for_ascii)
{
    for (unsigned u = 0x80; u < 0x10000; u++)
        cr_assert_geq(mmk_unit_upper((uint16_t)u), 0x80, "U+%04X", u);
    cr_expect_eq(mmk_unit_upper(0x131), 0x131, "dotless i");
    cr_expect_eq(mmk_unit_upper(0x17f), 0x17f, "long s");
    cr_expect_eq(mmk_unit_upper(0x212a), 0x212a, "Kelvin");
    cr_expect_eq(mmk_unit_upper(0xdf), 0xdf, "sharp s");
}

Test(text, names_compare_and_hash_alike)
{
    static const char *const same[][2] = {
        {"", ""},
        {"Software", "sOFTWARE"},
        {"\xc3\xa9", "\xc3\x89"},
        {"\xf0\x9d\x84\x9e", "\xf0\x9d\x84\x9e"},
        {"x\xed\xa0\x80", "X\xed\xa0\x80"},
    };
    static const char *const sorted[] = {
        "", "A", "b", "B1", "ba", "Bb", "\xc3\xa9", "\xf0\x9d\x84\x9e", "\xee\x80\x80"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_expect(mmk_name_equal(same[i][0], same[i][1]));
        cr_expect_eq(mmk_name_hash(same[i][0], MMK_TEXT_TERMINATED),
                     mmk_name_hash(same[i][1], MMK_TEXT_TERMINATED));
    }
    for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++)
        for (size_t k = 0; k < sizeof sorted / sizeof sorted[0]; k++) {
            const int order = mmk_name_compare(sorted[i], sorted[k]);
            cr_expect((order < 0) == (i < k) && (order > 0) == (i > k), "%zu %zu", i, k);
        }
    cr_expect_eq(mmk_name_compare_n("abx", 2, "ABy", 2), 0);
    cr_expect_lt(mmk_name_compare_n("ab", 2, "abc", 3), 0);
}

Test(text, every_mapped_pair_compares_equal)
{
    for (unsigned u = 1; u < 0x10000; u++) {
        char a[4];
        char b[4];
        const uint16_t upper = mmk_unit_upper((uint16_t)u);
        if (upper == u)
            continue;
        put_unit((uint16_t)u, a);
        put_unit(upper, b);
        cr_assert(mmk_name_equal(a, b), "U+%04X", u);
        cr_assert_eq(mmk_name_hash(a, MMK_TEXT_TERMINATED), mmk_name_hash(b, MMK_TEXT_TERMINATED));
    }
}
