/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <criterion/criterion.h>

/* What a file's text means. The expectations are regedit's reading, written by hand. */

#define HEAD "Windows Registry Editor Version 5.00\r\n\r\n"
#define KEY  "[HKEY_LOCAL_MACHINE\\K]\r\n"

/* ------------------------------------------------------------------ values */

struct reading {
    const char *lines; /* below [HKEY_LOCAL_MACHINE\K] */
    const char *name;
    uint32_t type;
    size_t len; /* ABSENT: there is no such value */
    unsigned char data[24];
};

#define ABSENT SIZE_MAX

static const struct reading readings[] = {
    {"\"a\"=\"b\"\r\n", "a", 1, 4, {'b', 0, 0, 0}},
    {"\"a\"=\"\"\r\n", "a", 1, 2, {0, 0}},
    {"@=\"b\"\r\n", "", 1, 4, {'b', 0, 0, 0}},
    {"\"\"=\"b\"\r\n", "", 1, 4, {'b', 0, 0, 0}},
    {"  \"a\"  =  \"b\"  \r\n", "a", 1, 4, {'b', 0, 0, 0}},
    {"\t@\t=\t\"b\"\t; x\r\n", "", 1, 4, {'b', 0, 0, 0}},
    {"\"a\"=\"b\" ; c", "a", 1, 4, {'b', 0, 0, 0}},
    {"\"a\"=\"\\\\\\\"\"\r\n", "a", 1, 6, {'\\', 0, '"', 0, 0, 0}},
    {"\"a\"=\"\\n\\r\\0\\x\"", "a", 1, 10, {'\n', 0, '\r', 0, 0, 0, 'x', 0, 0, 0}},
    {"\"a\"=\"x\r\ny\"", "a", 1, 10, {'x', 0, '\r', 0, '\n', 0, 'y', 0, 0, 0}},
    {"\"a\"=\"; no comment\"", "a", 1, 26, {';', 0, ' ', 0, 'n', 0, 'o', 0, ' ', 0, 'c', 0}},
    {"\"q\\\"q\"=dword:1", "q\"q", 4, 4, {1, 0, 0, 0}},
    {"\"b\\\\b\"=dword:1", "b\\b", 4, 4, {1, 0, 0, 0}},
    {"\"a=b\"=dword:1", "a=b", 4, 4, {1, 0, 0, 0}},
    {"\"[x]\"=dword:1", "[x]", 4, 4, {1, 0, 0, 0}},
    {"\"a\"=dword:0123abCD", "a", 4, 4, {0xcd, 0xab, 0x23, 0x01}},
    {"\"a\"=dword:1 ; one", "a", 4, 4, {1, 0, 0, 0}},
    {"\"a\"=DWORD:ffffffff", "a", 4, 4, {0xff, 0xff, 0xff, 0xff}},
    {"\"a\"=hex:", "a", 3, 0, {0}},
    {"\"a\"=hex:01,2,ff", "a", 3, 3, {1, 2, 0xff}},
    {"\"a\"=hex:01,02,", "a", 3, 2, {1, 2}},
    {"\"a\"=hex: 01 , 02 ; x", "a", 3, 2, {1, 2}},
    {"\"a\"=HEX(B):01,02,03,04,05,06,07,08", "a", 11, 8, {1, 2, 3, 4, 5, 6, 7, 8}},
    {"\"a\"=hex(0):", "a", 0, 0, {0}},
    {"\"a\"=hex(80000001):7f", "a", 0x80000001, 1, {0x7f}},
    {"\"a\"=hex(1):41,00", "a", 1, 2, {'A', 0}},
    {"\"a\"=hex(4):01,02", "a", 4, 2, {1, 2}},
    {"\"a\"=hex:01,\\\r\n  02,\\\r\n  03", "a", 3, 3, {1, 2, 3}},
    {"\"a\"=hex:\\\r\n  01", "a", 3, 1, {1}},
    {"\"a\"=hex:01,\\ \t\r\n\t02", "a", 3, 2, {1, 2}},
    {"\"a\"=hex:01,\\ ; ab\r\n; cd,ef\r\n\r\n  02 ; end", "a", 3, 2, {1, 2}},
    {"\"a\"=hex:01,\\\n02,\\\r03", "a", 3, 3, {1, 2, 3}},
    /* later lines override */
    {"\"a\"=dword:1\r\n\"A\"=dword:2", "a", 4, 4, {2, 0, 0, 0}},
    {"\"a\"=dword:1\r\n\"a\"=-", "a", 0, ABSENT, {0}},
    {"\"a\"=-\r\n\"a\"=dword:3", "a", 4, 4, {3, 0, 0, 0}},
    {"@=dword:1\r\n@=-", "", 0, ABSENT, {0}},
    {"\"a\"=dword:1\r\n" KEY "\"a\"=dword:4", "a", 4, 4, {4, 0, 0, 0}},
    {"\"a\"=dword:1\r\n[-HKEY_LOCAL_MACHINE\\K]", "a", 0, ABSENT, {0}},
    {"\"a\"=dword:1\r\n[-HKEY_LOCAL_MACHINE\\k]\r\n" KEY "\"b\"=dword:1", "a", 0, ABSENT, {0}},
    {"[-HKEY_LOCAL_MACHINE\\K]\r\n" KEY "\"a\"=dword:5", "a", 4, 4, {5, 0, 0, 0}},
    {"\"a\"=dword:1\r\n[-HKEY_LOCAL_MACHINE\\Other]\r\n\"a\"=dword:9", "a", 4, 4, {1, 0, 0, 0}},
    {"\"a\"=dword:1\r\n[HKEY_CLASSES_ROOT\\K]\r\n\"a\"=dword:9", "a", 4, 4, {1, 0, 0, 0}},
    {"\"a\"=dword:1\r\n[HKEY_CURRENT_USER\\K]\r\n\"a\"=dword:9", "a", 4, 4, {1, 0, 0, 0}},
    {"\"a\"=dword:1\r\n[-HKEY_LOCAL_MACHINE]\r\n", "a", 4, 4, {1, 0, 0, 0}},
    {"[hkey_local_machine\\\\k\\]\r\n\"a\"=dword:7", "a", 4, 4, {7, 0, 0, 0}},
    {"\"a\"=dword:1\r\n;\"a\"=dword:2\r\n ; [x\r\n", "a", 4, 4, {1, 0, 0, 0}},
};

static void expect_reading(const char *head, const struct reading *r, text_encoding encoding)
{
    struct place p;
    char text[512];
    place_open(&p, "grammar");
    snprintf(text, sizeof text, "%s%s%s", head, KEY, r->lines);
    text_write(p.path, text, encoding);
    if (r->len == ABSENT)
        cr_expect_eq(value_get(&p, "K", r->name), MMK_ERR_NOT_FOUND, "%s", r->lines);
    else if (r->len <= sizeof r->data)
        cr_expect(value_is(&p, "K", r->name, r->type, r->data, r->len), "%s: %s", r->lines,
                  mmk_posix_registry_error_text(p.registry));
    else
        cr_expect_eq(value_get(&p, "K", r->name), MMK_OK, "%s", r->lines);
    place_close(&p);
}

Test(registry_grammar, reads_values_as_regedit_does)
{
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        expect_reading(HEAD, &readings[i], TEXT_UTF16);
        expect_reading(HEAD, &readings[i], TEXT_ASCII);
    }
}

Test(registry_grammar, reads_strings_of_regedit4_as_bytes_of_the_code_page)
{
    static const struct reading v4[] = {
        {"\"a\"=hex(2):25,41,80,00", "a", 2, 8, {0x25, 0, 0x41, 0, 0xac, 0x20, 0, 0}},
        {"\"a\"=hex(7):41,00,00", "a", 7, 6, {0x41, 0, 0, 0, 0, 0}},
        {"\"a\"=hex:80,00", "a", 3, 2, {0x80, 0}},
        {"\"a\"=\"\xc3\xa9\"", "a", 1, 4, {0xe9, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof v4 / sizeof v4[0]; i++)
        expect_reading("REGEDIT4\r\n\r\n", &v4[i], TEXT_1252);
}

Test(registry_grammar, reads_every_line_end)
{
    static const char *const ends[] = {"\r\n", "\n", "\r", "\n\r"};
    for (size_t i = 0; i < 4; i++) {
        struct place p;
        char text[512];
        const char *e = ends[i];
        place_open(&p, "ends");
        snprintf(
            text, sizeof text,
            "Windows Registry Editor Version 5.00%s%s[HKEY_LOCAL_MACHINE\\K]%s\"a\"=dword:1%s; "
            "x%s\"b\"=hex:01,\\%s  02%s[HKEY_LOCAL_MACHINE\\K\\S]%s",
            e, e, e, e, e, e, e, e);
        text_write(p.path, text, TEXT_UTF16);
        cr_expect(value_is(&p, "K", "a", 4, "\1\0\0\0", 4));
        cr_expect(value_is(&p, "K", "b", 3, "\1\2", 2));
        cr_expect_eq(key_has(&p, "K\\S"), MMK_OK);
        place_close(&p);
    }
}

Test(registry_grammar, makes_the_keys_above_a_section)
{
    struct place p;
    place_open(&p, "above");
    text_write(p.path, HEAD "[HKEY_LOCAL_MACHINE\\A\\B\\C]\r\n[HKEY_LOCAL_MACHINE\\D]]x [1]\r\n",
               TEXT_ASCII);
    cr_expect_eq(key_has(&p, "A"), MMK_OK);
    cr_expect_eq(key_has(&p, "a\\b"), MMK_OK);
    cr_expect_eq(key_has(&p, "A\\B\\C"), MMK_OK);
    cr_expect_eq(key_has(&p, "D]]x [1"), MMK_OK, "the last bracket closes");
    cr_expect_eq(key_has(&p, "A\\C"), MMK_ERR_NOT_FOUND);
    place_close(&p);
}

Test(registry_grammar, deletes_keys_with_all_below)
{
    struct place p;
    place_open(&p, "below");
    text_write(p.path,
               HEAD "[HKEY_LOCAL_MACHINE\\A\\B\\C]\r\n\"v\"=dword:1\r\n"
                    "[HKEY_LOCAL_MACHINE\\A\\D]\r\n[-HKEY_LOCAL_MACHINE\\A\\B]\r\n\"w\"=dword:2\r\n"
                    "[HKEY_LOCAL_MACHINE\\A\\B]\r\n\"x\"=dword:3\r\n",
               TEXT_UTF8_MARK);
    cr_expect_eq(key_has(&p, "A\\B\\C"), MMK_ERR_NOT_FOUND);
    cr_expect_eq(key_has(&p, "A\\D"), MMK_OK);
    cr_expect_eq(value_get(&p, "A\\B", "w"), MMK_ERR_NOT_FOUND, "a value below a deleted key");
    cr_expect(value_is(&p, "A\\B", "x", 4, "\3\0\0\0", 4));
    place_close(&p);
}

/* ------------------------------------------------------------------ malformed files */

struct bad {
    const char *what; /* that the message must say */
    const char *text; /* ASCII; NULL: see bytes */
    unsigned line;    /* 0: not told */
    mmk_err err;
    size_t len;
    const char *bytes;
};

#define BYTES(s) sizeof(s) - 1, s

static const struct bad bads[] = {
    {"empty", "", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "hello\r\n", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "REGEDIT\r\n[HKEY_LOCAL_MACHINE\\K]\r\n", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "Windows Registry Editor Version 5.0", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "Windows Registry Editor Version 5.001\n", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "\r\n" HEAD, 1, MMK_ERR_CORRUPT, 0, NULL},
    {"not a registry file", "WINE REGISTRY Version 2\n", 1, MMK_ERR_CORRUPT, 0, NULL},
    {"neither", HEAD "garbage\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"neither", HEAD KEY "a=b\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"neither", HEAD KEY "\"a\"=hex:01,02\r\n  03\r\n", 5, MMK_ERR_CORRUPT, 0, NULL},
    {"closing bracket", HEAD "[HKEY_LOCAL_MACHINE\\K\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"closing bracket", HEAD "[", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"without a name", HEAD "[]\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"without a name", HEAD "[-]\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"no known hive", HEAD "[Software\\K]\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"no known hive", HEAD "[HKLM\\K]\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"no known hive", HEAD "[ HKEY_LOCAL_MACHINE\\K]\r\n", 3, MMK_ERR_CORRUPT, 0, NULL},
    {"closing quote", HEAD KEY "\"a\"=\"b\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"closing quote", HEAD KEY "\"a\"=\"b\\\"\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"closing quote", HEAD KEY "\"a\"=\"b\\", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"closing quote", HEAD KEY "\"a=1\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"without =", HEAD KEY "\"a\"\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"without =", HEAD KEY "@\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"without =", HEAD KEY "\"a\":dword:1\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"no known kind", HEAD KEY "\"a\"=\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"no known kind", HEAD KEY "\"a\"=qword:1\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"no known kind", HEAD KEY "\"a\"='b'\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"behind a value", HEAD KEY "\"a\"=\"b\"c\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"behind a value", HEAD KEY "\"a\"=-x\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"behind a value", HEAD KEY "\"a\"=dword:12345678h\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"behind a value", HEAD KEY "\"a\"=hex:01,,02\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"behind a value", HEAD KEY "\"a\"=hex:0g\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"eight", HEAD KEY "\"a\"=dword:\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"eight", HEAD KEY "\"a\"=dword:123456789\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"eight", HEAD KEY "\"a\"=hex():01\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"eight", HEAD KEY "\"a\"=hex(123456789):01\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"eight", HEAD KEY "\"a\"=hex(-1):01\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"colon", HEAD KEY "\"a\"=hex 01\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"colon", HEAD KEY "\"a\"=hex(2)01\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"comma", HEAD KEY "\"a\"=hex:001\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"comma", HEAD KEY "\"a\"=hex:01 02\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"comma", HEAD KEY "\"a\"=hex:01\\\r\n  02\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"within a value", HEAD KEY "\"a\"=hex:01,\\\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"within a value", HEAD KEY "\"a\"=hex:01,\\", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"something else", HEAD KEY "\"a\"=hex:01,\\\r\n[HKEY_LOCAL_MACHINE\\L]\r\n", 4,
     MMK_ERR_CORRUPT, 0, NULL},
    {"behind a backslash", HEAD KEY "\"a\"=hex:01,\\ 02\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"a value name with a zero", HEAD KEY "\"a\\0b\"=dword:1\r\n", 4, MMK_ERR_CORRUPT, 0, NULL},
    {"zero character", NULL, 4, MMK_ERR_CORRUPT, BYTES(HEAD KEY "\"a\0b\"=dword:1\r\n")},
    {"zero character", NULL, 5, MMK_ERR_CORRUPT, BYTES(HEAD KEY "\"a\"=dword:1\r\n\0\0\0\0")},
    {"big-endian", NULL, 0, MMK_ERR_UNSUPPORTED, BYTES("\xfe\xff\0W\0i")},
    {"without the mark", NULL, 0, MMK_ERR_CORRUPT, BYTES("W\0i\0n\0")},
    {"middle of a character", NULL, 0, MMK_ERR_CORRUPT, BYTES("\xff\xfeR\0E")},
    {"not a registry file", NULL, 1, MMK_ERR_CORRUPT, BYTES("\xff\xfe\xff\xfeR\0E\0G\0")},
    {"marked as UTF-8", NULL, 0, MMK_ERR_CORRUPT, BYTES("\xef\xbb\xbfREGEDIT4\n;\xff\n")},
    {"not a registry file", NULL, 1, MMK_ERR_CORRUPT,
     BYTES("\x7f"
           "ELF\2\1\1 rubbish \xff\x80")},
    {"empty", NULL, 1, MMK_ERR_CORRUPT, BYTES("\xff\xfe")},
    {"not a registry file", NULL, 0, MMK_ERR_CORRUPT, BYTES("regf")},
};

/* Every call answers the same error, the message names the line, and nothing is written. */
static void expect_bad(const struct bad *b)
{
    struct place p;
    char place_text[64];
    place_open(&p, "bad");
    const char *bytes = b->text != NULL ? b->text : b->bytes;
    const size_t len = b->text != NULL ? strlen(b->text) : b->len;
    blob_write(p.path, bytes, len);
    struct blob before = blob_read(p.path);
    cr_expect_eq(key_has(&p, "K"), b->err, "%s: has_key", b->what);
    const char *said = mmk_posix_registry_error_text(p.registry);
    cr_expect_not_null(strstr(said, b->what), "\"%s\" does not say \"%s\"", said, b->what);
    snprintf(place_text, sizeof place_text, "a.reg:%u: ", b->line);
    cr_expect(b->line == 0 || strstr(said, place_text) != NULL, "\"%s\": not line %u", said,
              b->line);
    cr_expect_eq(key_create(&p, "N"), b->err, "%s: create_key", b->what);
    cr_expect_eq(value_set(&p, "K", "n", 4, "\1\0\0\0", 4), b->err, "%s: set", b->what);
    cr_expect_eq(flush(&p), MMK_OK, "%s: flush of nothing", b->what);
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &after), "%s: the file changed", b->what);
    cr_expect_eq(place_count(&p), 1, "%s: something was left behind", b->what);
    blob_free(&before);
    blob_free(&after);
    place_close(&p);
}

Test(registry_grammar, refuses_malformed_files_whole)
{
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++)
        expect_bad(&bads[i]);
}

Test(registry_grammar, every_truncation_is_an_error_or_a_shorter_file)
{
    static const char text[] =
        HEAD KEY "\"a\"=\"text\" ; c\r\n\"b\"=hex(2):01,02,\\\r\n  03\r\n@=dword:00000001\r\n";
    struct place p;
    place_open(&p, "cut");
    struct blob whole = text_encoded(text, TEXT_UTF16);
    for (size_t len = 0; len < whole.len; len++) {
        blob_write(p.path, whole.data, len);
        const mmk_err err = key_has(&p, "K");
        cr_expect(err == MMK_OK || err == MMK_ERR_NOT_FOUND || err == MMK_ERR_CORRUPT, "%zu: %s",
                  len, mmk_err_name(err));
        if (err == MMK_OK) /* what is read is what stands there whole */
            cr_expect(value_get(&p, "K", "a") == MMK_ERR_NOT_FOUND ||
                      value_is_text(&p, "K", "a", "text"));
        place_reopen(&p);
    }
    blob_free(&whole);
    place_close(&p);
}
