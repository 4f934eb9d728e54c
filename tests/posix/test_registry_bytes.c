/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <criterion/criterion.h>

/* What edits do to the bytes of a file: exactly what they must, and nothing else. */

/* Replace every \n by the line end. */
static void with_ends(const char *text, const char *end, char *out, size_t cap)
{
    size_t n = 0;
    for (; *text != '\0' && n + 4 < cap; text++) {
        if (*text != '\n')
            out[n++] = *text;
        else
            n += (size_t)snprintf(out + n, cap - n, "%s", end);
    }
    out[n] = '\0';
}

/* Files whose text and end differ in all the ways that have mattered to somebody. */
static const char *const bodies[] = {
    "Windows Registry Editor Version 5.00",
    "Windows Registry Editor Version 5.00\n",
    "Windows Registry Editor Version 5.00\n\n",
    "Windows Registry Editor Version 5.00\n\n\n\n",
    "  Windows Registry Editor Version 5.00  \n; only a comment",
    "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\Software]\n\"a\"=\"b\"\n\n",
    "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\Software\\Foo]\n\"x\"=dword:1",
    "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\Software\\Foo]\n\"x\"=dword:1\n",
    "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\Software]\n[HKEY_CURRENT_USER]\n\n",
    "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\Software]\n\n; the end \n  "
    "\n\t\n",
    "Windows Registry Editor Version 5.00\n\n[-HKEY_LOCAL_MACHINE\\Software\\mmekit]\n\n"
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\drivers32] ; x\n"
    "  \"MIDI\" = hex(2): 01\n",
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32\\Sub]\n"
    "\"y\"=hex:01,\\\n; inside\n\n  02\n\"wave9\"=-\n",
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\n"
    "\"wave\"=\"wdmaud.drv\"\n\"wave1\"=\"x\"\n\"WAVE1\"=-\n; tail\n\n"
    "[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\n"
    "\"midi\"=\"y\"\n\n\n[HKEY_CLASSES_ROOT\\.z]\n@=\"z\"\n\n",
};

#define DRIVERS "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

/* What an install writes. made: how many of the keys on the way we made. */
static void install(struct place *p, bool made[8])
{
    static const char *const way[] = {
        "Software",
        "Software\\Microsoft",
        "Software\\Microsoft\\Windows NT",
        "Software\\Microsoft\\Windows NT\\CurrentVersion",
        DRIVERS,
        "Software\\mmekit",
        "Software\\mmekit\\mmewave",
    };
    for (int i = 0; i < 7; i++) {
        const mmk_err err = key_create(p, way[i]);
        cr_assert(err == MMK_OK || err == MMK_ERR_EXISTS, "%s: %s", way[i],
                  mmk_posix_registry_error_text(p->registry));
        made[i] = err == MMK_OK;
    }
    cr_assert_eq(value_set_text(p, DRIVERS, "wave1", "mmewave.drv /x"), MMK_OK);
    cr_assert_eq(value_set_text(p, DRIVERS, "wave2", "mmewave.drv"), MMK_OK);
    cr_assert_eq(value_set(p, "Software\\mmekit\\mmewave", "rate_hz", 4, "\x80\xbb\0\0", 4),
                 MMK_OK);
    cr_assert_eq(value_set(p, "Software\\mmekit\\mmewave", "", 3, "0123456789abcdef0123456789", 26),
                 MMK_OK);
}

static void uninstall(struct place *p, const bool made[8])
{
    static const char *const way[] = {
        "Software\\mmekit\\mmewave",
        "Software\\mmekit",
        DRIVERS,
        "Software\\Microsoft\\Windows NT\\CurrentVersion",
        "Software\\Microsoft\\Windows NT",
        "Software\\Microsoft",
        "Software",
    };
    static const int of[] = {6, 5, 4, 3, 2, 1, 0};
    cr_assert_eq(value_delete(p, DRIVERS, "wave2"), MMK_OK);
    cr_assert_eq(value_delete(p, DRIVERS, "wave1"), MMK_OK);
    cr_assert_eq(value_delete(p, "Software\\mmekit\\mmewave", "rate_hz"), MMK_OK);
    for (int i = 0; i < 7; i++)
        if (made[of[i]])
            cr_assert_eq(key_delete(p, way[i]), MMK_OK, "%s", way[i]);
}

/* Whether `part` is what is left of `whole` when pieces are taken out of it. */
static bool is_left_of(const struct blob *part, const struct blob *whole)
{
    size_t at = 0;
    for (size_t i = 0; i < whole->len && at < part->len; i++)
        at += whole->data[i] == part->data[at];
    return at == part->len;
}

static void there_and_back(const char *text, text_encoding encoding)
{
    struct place p;
    bool made[8] = {0};
    place_open(&p, "bytes");
    text_write(p.path, text, encoding);
    struct blob before = blob_read(p.path);
    install(&p, made);
    cr_assert_eq(flush(&p), MMK_OK, "%s", mmk_posix_registry_error_text(p.registry));
    struct blob between = blob_read(p.path);
    place_reopen(&p); /* another program, another day */
    cr_expect(value_is_text(&p, DRIVERS, "wave1", "mmewave.drv /x"), "%s", text);
    cr_expect(value_is(&p, "Software\\mmekit\\mmewave", "", 3, "0123456789abcdef0123456789", 26));
    cr_expect(between.len > before.len);
    cr_expect(is_left_of(&before, &between), "install changed foreign text");
    uninstall(&p, made);
    cr_assert_eq(flush(&p), MMK_OK);
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &after), "%s\n--- became\n%.*s", text, (int)after.len,
              after.data);
    cr_expect_eq(place_count(&p), 1);
    blob_free(&before);
    blob_free(&between);
    blob_free(&after);
    place_close(&p);
}

Test(registry_bytes, install_and_remove_give_the_same_bytes)
{
    static const char *const ends[] = {"\r\n", "\n", "\r", "\n\r"};
    char text[2048];
    for (size_t b = 0; b < sizeof bodies / sizeof bodies[0]; b++)
        for (size_t e = 0; e < 4; e++)
            for (int encoding = 0; encoding < TEXT_ENCODINGS; encoding++) {
                if (b == 1 && e == 0 && encoding == TEXT_UTF16)
                    continue; /* just what we make of no file: it goes, see below */
                with_ends(bodies[b], ends[e], text, sizeof text);
                if (encoding == TEXT_UTF8 ||
                    encoding == TEXT_1252) { /* some text that is not ASCII */
                    const size_t n = strlen(text);
                    snprintf(text + n, sizeof text - n, "%s; \xc3\xa9\xc2\xa9", ends[e]);
                }
                there_and_back(text, (text_encoding)encoding);
            }
}

Test(registry_bytes, absent_before_is_absent_after)
{
    struct place p;
    bool made[8] = {0};
    place_open(&p, "new");
    install(&p, made);
    cr_assert_eq(flush(&p), MMK_OK);
    struct blob between = blob_read(p.path);
    cr_assert_gt(between.len, 40);
    cr_expect_eq(memcmp(between.data, "\xff\xfeW\0i\0n\0", 8), 0, "a new file is UTF-16 with mark");
    cr_expect_eq(memcmp(between.data + between.len - 4, "\r\0\n", 4), 0, "and ends its last line");
    place_reopen(&p);
    uninstall(&p, made);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 0, "nothing is left behind");
    blob_free(&between);
    place_close(&p);
}

Test(registry_bytes, a_new_file_is_written_as_regedit_would)
{
    static const char expected[] =
        "Windows Registry Editor Version 5.00\r\n"
        "\r\n"
        "[HKEY_LOCAL_MACHINE\\K]\r\n"
        "\"text\"=\"a \\\"b\\\" \\\\\"\r\n"
        "@=dword:0000000a\r\n"
        "\"bytes\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\\r\n"
        "  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,2d,2e,\\\r\n"
        "  2f,30,31\r\n"
        "\"odd\"=hex(1):41,00\r\n"
        "\"lone\"=hex(1):00,d8,00,00\r\n"
        "\"multi\"=hex(7):41,00,00,00,00,00\r\n"
        "\"short\"=hex(4):01\r\n"
        "\"none\"=hex(0):\r\n"
        "\"high\"=hex(80000001):ff\r\n";
    unsigned char bytes[50];
    struct place p;
    place_open(&p, "look");
    for (int i = 0; i < 50; i++)
        bytes[i] = (unsigned char)i;
    cr_assert_eq(key_create(&p, "K"), MMK_OK);
    cr_assert_eq(value_set_text(&p, "K", "text", "a \"b\" \\"), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "", 4, "\x0a\0\0\0", 4), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "bytes", 3, bytes, 50), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "odd", 1, "A\0", 2), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "lone", 1, "\0\xd8\0\0", 4), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "multi", 7, "A\0\0\0\0\0", 6), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "short", 4, "\1", 1), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "none", 0, NULL, 0), MMK_OK);
    cr_assert_eq(value_set(&p, "K", "high", 0x80000001, "\xff", 1), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    struct blob got = blob_read(p.path);
    struct blob want = text_encoded(expected, TEXT_UTF16);
    cr_expect(blob_equal(&got, &want));
    blob_free(&got);
    blob_free(&want);
    place_close(&p);
}

/* ------------------------------------------------------------------ edits in place */

/* One edit: the file before, what is done, the file after. */
static void expect_edit(const char *before, mmk_err (*edit)(struct place *p), const char *after,
                        text_encoding encoding)
{
    struct place p;
    place_open(&p, "edit");
    text_write(p.path, before, encoding);
    cr_assert_eq(edit(&p), MMK_OK, "%s", mmk_posix_registry_error_text(p.registry));
    cr_assert_eq(flush(&p), MMK_OK, "%s", mmk_posix_registry_error_text(p.registry));
    struct blob got = blob_read(p.path);
    struct blob want = text_encoded(after, encoding);
    cr_expect(blob_equal(&got, &want), "%.*s", (int)got.len, got.data);
    blob_free(&got);
    blob_free(&want);
    place_close(&p);
}

#define HEAD "Windows Registry Editor Version 5.00\r\n\r\n"
#define KEY  "[HKEY_LOCAL_MACHINE\\K]\r\n"

static mmk_err set_a_to_5(struct place *p)
{
    return value_set(p, "K", "A", 4, "\5\0\0\0", 4);
}

static mmk_err delete_a(struct place *p)
{
    return value_delete(p, "K", "A");
}

static mmk_err delete_k(struct place *p)
{
    return key_delete(p, "K");
}

static mmk_err set_accent(struct place *p)
{
    return value_set(p, "K", "e", 1, "\xe9\0\0\0", 4);
}

Test(registry_bytes, new_data_takes_the_old_data_s_place)
{
    expect_edit(HEAD KEY " \"a\" = dword:1 ; one\r\n\"b\"=dword:2\r\n", set_a_to_5,
                HEAD KEY " \"a\" = dword:00000005 ; one\r\n\"b\"=dword:2\r\n", TEXT_ASCII);
    expect_edit(HEAD KEY "\"a\"=hex:01,\\\r\n;c\r\n  02;d\r\n\"b\"=-", set_a_to_5,
                HEAD KEY "\"a\"=dword:00000005;d\r\n\"b\"=-", TEXT_UTF16);
    expect_edit(HEAD KEY "\"a\"=\"x\r\ny\"\r\n", set_a_to_5, HEAD KEY "\"a\"=dword:00000005\r\n",
                TEXT_ASCII);
}

Test(registry_bytes, the_line_that_counts_is_the_one_that_changes)
{
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n\"a\"=dword:2\r\n", set_a_to_5,
                HEAD KEY "\"a\"=dword:1\r\n\"a\"=dword:00000005\r\n", TEXT_ASCII);
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n\"a\"=-\r\n; end\r\n", set_a_to_5,
                HEAD KEY "\"a\"=dword:1\r\n\"a\"=-\r\n\"A\"=dword:00000005\r\n; end\r\n",
                TEXT_ASCII);
    expect_edit(HEAD KEY "\"b\"=dword:1\r\n\r\n" KEY "\r\n[HKEY_LOCAL_MACHINE\\L]\r\n", set_a_to_5,
                HEAD KEY "\"b\"=dword:1\r\n\r\n" KEY
                         "\"A\"=dword:00000005\r\n\r\n[HKEY_LOCAL_MACHINE\\L]\r\n",
                TEXT_ASCII);
}

Test(registry_bytes, deleting_takes_every_line_that_would_come_to_life)
{
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n\"b\"=dword:2\r\n\"A\"=hex:01,\\\r\n  02\r\n; c\r\n",
                delete_a, HEAD KEY "\"b\"=dword:2\r\n; c\r\n", TEXT_ASCII);
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n\"a\"=-\r\n\"a\"=dword:3\r\n", delete_a,
                HEAD KEY "\"a\"=dword:1\r\n\"a\"=-\r\n", TEXT_ASCII);
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n\r\n[-HKEY_LOCAL_MACHINE\\k]\r\n" KEY "\"a\"=dword:3",
                delete_a,
                HEAD KEY "\"a\"=dword:1\r\n\r\n[-HKEY_LOCAL_MACHINE\\k]\r\n"
                         "[HKEY_LOCAL_MACHINE\\K]",
                TEXT_ASCII);
}

Test(registry_bytes, deleting_a_key_takes_its_sections_and_leaves_comments)
{
    expect_edit(HEAD KEY "\"a\"=dword:1\r\n; mine\r\n\r\n[HKEY_LOCAL_MACHINE\\L]\r\n\r\n" KEY
                         "\"b\"=-\r\n\r\n",
                delete_k,
                "Windows Registry Editor Version 5.00\r\n; mine\r\n\r\n"
                "[HKEY_LOCAL_MACHINE\\L]\r\n\r\n",
                TEXT_ASCII);
    expect_edit(HEAD
                "[HKEY_LOCAL_MACHINE\\K\\Sub]\r\n\r\n[-HKEY_LOCAL_MACHINE\\K\\Sub]\r\n\r\n" KEY,
                delete_k,
                HEAD "[HKEY_LOCAL_MACHINE\\K\\Sub]\r\n\r\n[-HKEY_LOCAL_MACHINE\\K\\Sub]\r\n\r\n"
                     "[-HKEY_LOCAL_MACHINE\\K]\r\n",
                TEXT_ASCII);
}

static mmk_err delete_l_and_k(struct place *p)
{
    const mmk_err err = key_delete(p, "L");
    return err == MMK_OK ? key_delete(p, "K") : err;
}

Test(registry_bytes, sections_that_are_dead_already_stay)
{
    expect_edit(
        HEAD "[HKEY_LOCAL_MACHINE\\L]\r\n\r\n" KEY
             "\"a\"=dword:1\r\n\r\n[-HKEY_LOCAL_MACHINE\\K]\r\n\r\n" KEY "\"a\"=dword:2\r\n",
        delete_l_and_k, HEAD KEY "\"a\"=dword:1\r\n\r\n[-HKEY_LOCAL_MACHINE\\K]\r\n", TEXT_ASCII);
}

Test(registry_bytes, an_ascii_file_stays_ascii)
{
    expect_edit(HEAD KEY, set_accent, HEAD KEY "\"e\"=hex(1):e9,00,00,00\r\n", TEXT_ASCII);
    expect_edit(HEAD KEY, set_accent, HEAD KEY "\"e\"=\"\xc3\xa9\"\r\n", TEXT_UTF16);
    expect_edit(HEAD KEY, set_accent, HEAD KEY "\"e\"=\"\xc3\xa9\"\r\n", TEXT_UTF8_MARK);
    expect_edit(HEAD ";\xc3\xa9\r\n" KEY, set_accent,
                HEAD ";\xc3\xa9\r\n" KEY "\"e\"=\"\xc3\xa9\"\r\n", TEXT_1252);
}

Test(registry_bytes, what_a_file_cannot_hold_is_refused_at_once)
{
    struct place p;
    place_open(&p, "cannot");
    text_write(p.path, HEAD KEY, TEXT_ASCII);
    cr_expect_eq(key_create(&p, "K\\\xc3\xa9"), MMK_ERR_UNSUPPORTED, "a name beyond ASCII");
    cr_expect_eq(value_set_text(&p, "K", "\xc3\xa9", "x"), MMK_ERR_UNSUPPORTED);
    cr_expect_eq(value_set_text(&p, "K", "a\nb", "x"), MMK_ERR_UNSUPPORTED, "a name of two lines");
    cr_expect_eq(key_create(&p, "K\\a\nb"), MMK_ERR_UNSUPPORTED);
    cr_expect_not_null(strstr(mmk_posix_registry_error_text(p.registry), "cannot hold"));
    cr_expect_eq(flush(&p), MMK_OK);
    text_write(p.path, "REGEDIT4\r\n" KEY, TEXT_ASCII);
    cr_expect_eq(set_accent(&p), MMK_ERR_UNSUPPORTED, "REGEDIT4 has no way to say it");
    cr_expect_eq(value_set(&p, "K", "u", 2, "A\0", 2), MMK_OK);
    cr_expect_eq(value_set(&p, "K", "b", 3, "\xe9\0", 2), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect(value_is(&p, "K", "u", 2, "A\0", 2) && value_is(&p, "K", "b", 3, "\xe9\0", 2));
    place_close(&p);
}

/* ------------------------------------------------------------------ no edit, no write */

static uint64_t inode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

Test(registry_bytes, edits_that_change_nothing_write_nothing)
{
    struct place p;
    place_open(&p, "none");
    text_write(p.path, HEAD KEY "\"a\"=dword:5 ; five\r\n\"s\"=\"x\"\r\n", TEXT_UTF16);
    const uint64_t inode = inode_of(p.path);
    cr_assert_eq(set_a_to_5(&p), MMK_OK);
    cr_assert_eq(value_set_text(&p, "K", "s", "x"), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(inode_of(p.path), inode, "the same data were written again");
    cr_assert_eq(value_set_text(&p, "K", "s", "y"), MMK_OK);
    cr_assert_eq(value_set_text(&p, "K", "t", "y"), MMK_OK);
    cr_assert_eq(key_create(&p, "K\\New"), MMK_OK);
    cr_assert_eq(key_delete(&p, "K\\New"), MMK_OK);
    cr_assert_eq(value_delete(&p, "K", "t"), MMK_OK);
    cr_assert_eq(value_delete(&p, "K", "s"), MMK_OK);
    cr_assert_eq(value_set_text(&p, "K", "s", "x"), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(inode_of(p.path), inode, "edits that were taken back were written");
    cr_assert_eq(key_delete(&p, "K"), MMK_OK);
    cr_assert_eq(key_create(&p, "k"), MMK_OK);
    cr_assert_eq(value_set_text(&p, "K", "S", "x"), MMK_OK);
    cr_assert_eq(set_a_to_5(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(inode_of(p.path), inode, "a key deleted and made again was written");
    place_close(&p);
}

Test(registry_bytes, a_key_stays_when_its_only_subkey_goes)
{
    struct place p;
    place_open(&p, "parent");
    text_write(p.path, HEAD "[HKEY_LOCAL_MACHINE\\P\\K]\r\n", TEXT_ASCII);
    cr_assert_eq(key_delete(&p, "P\\K"), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(key_has(&p, "P"), MMK_OK);
    cr_expect_eq(key_has(&p, "P\\K"), MMK_ERR_NOT_FOUND);
    cr_assert_eq(key_delete(&p, "P"), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(key_has(&p, "P"), MMK_ERR_NOT_FOUND);
    place_close(&p);
}
