/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <criterion/criterion.h>

#include "faults.h"

/* Limits at -1, 0, +1, and what large files cost. */

#define HEAD "Windows Registry Editor Version 5.00\r\n\r\n"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ------------------------------------------------------------------ names */

/* n times a character of some UTF-8 bytes. */
static char *repeated(const char *character, size_t n)
{
    const size_t len = strlen(character);
    char *text = malloc(n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, character, len);
    text[n * len] = '\0';
    return text;
}

Test(registry_limits, key_names_have_255_units)
{
    static const struct {
        const char *character;
        size_t units;
    } kinds[] = {{"k", 1}, {"\xc3\xa9", 1}, {"\xe2\x82\xac", 1}, {"\xf0\x9d\x84\x9e", 2}};
    struct place p;
    place_open(&p, "limits");
    for (size_t k = 0; k < 4; k++)
        for (size_t units = 252; units <= 258; units++) {
            char *name = repeated(kinds[k].character, units / kinds[k].units);
            const size_t real = units / kinds[k].units * kinds[k].units;
            const mmk_err want = real <= 255 ? MMK_OK : MMK_ERR_TOO_LONG;
            mmk_err err = key_create(&p, name);
            if (err == MMK_ERR_EXISTS)
                err = MMK_OK;
            cr_expect_eq(err, want, "%zu units of kind %zu: %s", real, k, mmk_err_name(err));
            if (want == MMK_OK) {
                char got[MMK_REG_NAME_MAX_BYTES];
                cr_expect_eq(flush(&p), MMK_OK);
                cr_expect_eq(key_has(&p, name), MMK_OK, "%zu", real);
                const struct mmk_reg_key root = machine("");
                cr_expect_eq(p.registry->ops->enum_key(p.registry, &root, 0, got, sizeof got),
                             MMK_OK);
            }
            free(name);
        }
    place_close(&p);
}

Test(registry_limits, value_names_have_16383_units)
{
    struct place p;
    place_open(&p, "limits");
    cr_assert_eq(key_create(&p, "K"), MMK_OK);
    for (size_t units = 16382; units <= 16384; units++) {
        char *name = repeated("\xe2\x82\xac", units);
        const mmk_err want = units <= 16383 ? MMK_OK : MMK_ERR_TOO_LONG;
        cr_expect_eq(value_set_text(&p, "K", name, "x"), want);
        cr_expect_eq(flush(&p), MMK_OK);
        cr_expect(want != MMK_OK || value_is_text(&p, "K", name, "x"));
        cr_expect_eq(value_get(&p, "K", name), want);
        free(name);
    }
    place_close(&p);
}

Test(registry_limits, names_in_files_have_the_same_limits)
{
    struct place p;
    place_open(&p, "limits");
    for (size_t units = 254; units <= 256; units++) {
        char *name = repeated("k", units);
        char text[1024];
        snprintf(text, sizeof text, HEAD "[HKEY_LOCAL_MACHINE\\%s]\r\n", name);
        text_write(p.path, text, TEXT_ASCII);
        cr_expect_eq(key_has(&p, "x"), units <= 255 ? MMK_ERR_NOT_FOUND : MMK_ERR_CORRUPT);
        free(name);
    }
    cr_expect_not_null(strstr(mmk_posix_registry_error_text(p.registry), "255"));
    for (size_t units = 16382; units <= 16384; units++) {
        char *name = repeated("v", units);
        char *text = malloc(units + 200);
        snprintf(text, units + 200, HEAD "[HKEY_LOCAL_MACHINE\\K]\r\n\"%s\"=dword:1\r\n", name);
        text_write(p.path, text, TEXT_ASCII);
        cr_expect_eq(key_has(&p, "K"), units <= 16383 ? MMK_OK : MMK_ERR_CORRUPT);
        free(name);
        free(text);
    }
    place_close(&p);
}

Test(registry_limits, keys_have_512_levels)
{
    struct place p;
    place_open(&p, "limits");
    char *path = repeated("k\\", 513);
    for (size_t depth = 1; depth <= 513; depth++) {
        path[2 * depth - 1] = '\0';
        cr_assert_eq(key_create(&p, path), depth <= 512 ? MMK_OK : MMK_ERR_TOO_LONG, "%zu", depth);
        path[2 * depth - 1] = '\\';
    }
    cr_assert_eq(flush(&p), MMK_OK);
    path[2 * 512 - 1] = '\0';
    cr_expect_eq(key_has(&p, path), MMK_OK);
    for (size_t depth = 511; depth <= 513; depth++) {
        char *deep = repeated("\\d", depth);
        char text[2000];
        snprintf(text, sizeof text, HEAD "[HKEY_LOCAL_MACHINE%s]\r\n", deep);
        text_write(p.path, text, TEXT_ASCII);
        cr_expect_eq(key_has(&p, "d"), depth <= 512 ? MMK_OK : MMK_ERR_CORRUPT, "%zu", depth);
        free(deep);
    }
    free(path);
    place_close(&p);
}

Test(registry_limits, malformed_paths_are_refused)
{
    static const char *const bad[] = {"\\", "\\a", "a\\", "a\\\\b", "\xff", "a\\\xc3", "\xc0\x80"};
    struct place p;
    place_open(&p, "limits");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(key_create(&p, bad[i]), MMK_ERR_INVAL, "%s", bad[i]);
        cr_expect_eq(key_has(&p, bad[i]), MMK_ERR_INVAL, "%s", bad[i]);
        cr_expect_eq(value_set_text(&p, bad[i], "x", "y"), MMK_ERR_INVAL, "%s", bad[i]);
    }
    cr_expect_eq(value_set_text(&p, "", "\xff", "y"), MMK_ERR_INVAL);
    cr_expect_eq(key_create(&p, ""), MMK_ERR_EXISTS);
    cr_expect_eq(key_delete(&p, ""), MMK_ERR_ACCESS);
    struct mmk_reg_key wrong = {(mmk_reg_root)2, MMK_VIEW_64, "a"};
    cr_expect_eq(p.registry->ops->has_key(p.registry, &wrong), MMK_ERR_INVAL);
    wrong = (struct mmk_reg_key){MMK_REG_USER, (mmk_reg_view)2, "a"};
    cr_expect_eq(p.registry->ops->has_key(p.registry, &wrong), MMK_ERR_INVAL);
    wrong = (struct mmk_reg_key){MMK_REG_USER, MMK_VIEW_64, NULL};
    cr_expect_eq(p.registry->ops->has_key(p.registry, &wrong), MMK_ERR_INVAL);
    cr_expect_eq(p.registry->ops->flush(p.registry, (mmk_reg_root)2, 0), MMK_ERR_INVAL);
    place_close(&p);
}

Test(registry_limits, below_a_volatile_key_all_are)
{
    struct place p;
    place_open(&p, "volatile");
    const struct mmk_reg_key v = machine("V");
    const struct mmk_reg_key w = machine("V\\W");
    struct mmk_registry *r = p.registry;
    cr_assert_eq(r->ops->create_key(r, &v, true), MMK_OK);
    cr_expect_eq(r->ops->create_key(r, &w, false), MMK_ERR_STATE);
    cr_expect_eq(r->ops->create_key(r, &w, true), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 0, "a volatile key is never written");
    cr_expect_eq(r->ops->delete_key(r, &v), MMK_ERR_STATE);
    cr_expect_eq(r->ops->delete_key(r, &w), MMK_OK);
    cr_expect_eq(r->ops->delete_key(r, &v), MMK_OK);
    place_close(&p);
}

Test(registry_limits, software_of_the_32_bit_view_comes_and_goes_alone)
{
    struct place p;
    place_open(&p, "view");
    const struct mmk_reg_key soft = {MMK_REG_MACHINE, MMK_VIEW_32, "Software"};
    const struct mmk_reg_key sub = {MMK_REG_MACHINE, MMK_VIEW_32, "Software\\X"};
    struct mmk_registry *r = p.registry;
    cr_expect_eq(r->ops->create_key(r, &sub, false), MMK_ERR_NOT_FOUND);
    cr_expect_eq(r->ops->create_key(r, &soft, false), MMK_OK);
    cr_expect_eq(r->ops->create_key(r, &sub, false), MMK_OK);
    cr_expect_eq(key_has(&p, "Software\\WOW6432Node\\X"), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK);
    place_reopen(&p);
    r = p.registry;
    cr_expect_eq(r->ops->has_key(r, &sub), MMK_OK);
    cr_expect_eq(r->ops->delete_key(r, &sub), MMK_OK);
    cr_expect_eq(r->ops->delete_key(r, &soft), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 0);
    place_close(&p);
}

/* ------------------------------------------------------------------ large files */

/* The processor's time, which says the same however busy the machine is. */
static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static size_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

Test(registry_limits, a_change_in_100000_values_is_one_write_of_the_file)
{
    static const text_encoding encodings[] = {TEXT_UTF16, TEXT_ASCII};
    for (int e = 0; e < 2; e++) {
        struct place p;
        place_open(&p, "large");
        text_write_large(p.path, 100000, encodings[e]);
        struct blob before = blob_read(p.path);
        for (int round = 0; round < 2; round++) {
            faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
            if (round == 0) {
                cr_assert_eq(key_create(&p, "Software\\mmekit"), MMK_OK);
                cr_assert_eq(value_set_text(&p, "Software\\mmekit", "a", "b"), MMK_OK);
                cr_assert_eq(value_set_text(&p, "Software\\Vendor 3\\Product 150", "n", "b"),
                             MMK_OK);
            } else {
                cr_assert_eq(key_delete(&p, "Software\\mmekit"), MMK_OK);
                cr_assert_eq(value_delete(&p, "Software\\Vendor 3\\Product 150", "n"), MMK_OK);
            }
            cr_assert_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 0), MMK_OK);
            cr_assert_eq(p.registry->ops->flush(p.registry, MMK_REG_USER, 0), MMK_OK);
            (void)faults_disarm();
            cr_expect_eq(faults_write_bytes, size_of(p.path), "more or less than one whole file");
            cr_expect_leq(faults_writes, 64);
            cr_expect_leq(faults_fsyncs, 3);
            printf("%s, %zu bytes: %d writes of %zu bytes in all, %d fsyncs\n",
                   round == 0 ? "install" : "remove", size_of(p.path), faults_writes,
                   faults_write_bytes, faults_fsyncs);
        }
        struct blob after = blob_read(p.path);
        cr_expect(blob_equal(&before, &after));
        blob_free(&before);
        blob_free(&after);
        place_close(&p);
    }
}

/* Peak memory of a child that reads and changes the file, over that of one that does nothing. */
static long peak_kib(struct place *p, bool work)
{
    struct rusage usage;
    const pid_t child = fork();
    if (child == 0) {
        if (work) {
            place_reopen(p);
            if (value_set_text(p, "K", "new", "x") != MMK_OK || flush(p) != MMK_OK ||
                value_delete(p, "K", "new") != MMK_OK || flush(p) != MMK_OK)
                _exit(1);
        }
        _exit(0);
    }
    int status = 0;
    cr_assert_eq(wait4(child, &status, 0, &usage), child);
    cr_assert_eq(status, 0);
    return usage.ru_maxrss;
}

static void expect_small(struct place *p, const char *what, double most)
{
    const double idle = (double)peak_kib(p, false);
    const double peak = (double)peak_kib(p, true);
    const double ratio = (peak - idle) * 1024 / (double)size_of(p->path);
    printf("%s: %zu bytes, %.2f times that in memory\n", what, size_of(p->path), ratio);
    cr_expect_lt(ratio, most, "%s", what);
}

Test(registry_limits, memory_stays_below_four_times_the_file)
{
    struct place p;
    if (SANITIZED)
        cr_skip_test("a sanitizer is not for measuring");
    place_open(&p, "memory");
    text_write_large(p.path, 100000, TEXT_UTF16);
    FILE *f = fopen(p.path, "ab");
    struct blob key = text_encoded("\r\n[HKEY_LOCAL_MACHINE\\K]\r\n", TEXT_UTF16);
    fwrite(key.data + 2, 1, key.len - 2, f);
    fclose(f);
    blob_free(&key);
    expect_small(&p, "100,000 values, UTF-16", 4);
    text_write_large(p.path, 100000, TEXT_ASCII);
    f = fopen(p.path, "ab");
    fputs("\r\n[HKEY_LOCAL_MACHINE\\K]\r\n", f);
    fclose(f);
    expect_small(&p, "100,000 values, ASCII", 4);
    place_close(&p);
}

/* 64 MiB of one kind of text: read, or refused, in a time that grows with its length only. */
static void large_text(struct place *p, const char *head, const char *piece, size_t bytes)
{
    FILE *f = fopen(p->path, "wb");
    const size_t len = strlen(piece);
    fputs(head, f);
    for (size_t n = 0; n < bytes; n += len)
        fwrite(piece, 1, len, f);
    fclose(f);
}

Test(registry_limits, large_and_odd_files_are_read_in_linear_time, .timeout = 100)
{
    static const struct {
        const char *head, *piece;
        mmk_err err;
    } kinds[] = {
        {HEAD "[HKEY_LOCAL_MACHINE\\K]\n", "\"a\"=dword:1\n", MMK_OK},
        {HEAD "[HKEY_LOCAL_MACHINE\\K]\n", "\n", MMK_OK},
        {HEAD "[HKEY_LOCAL_MACHINE\\K]\n\"a\"=hex:", "01,\\\n", MMK_ERR_CORRUPT},
        {HEAD "[HKEY_LOCAL_MACHINE\\K]\n\"a\"=\"", "xxxxxxxx", MMK_ERR_CORRUPT},
        {HEAD "[HKEY_LOCAL_MACHINE\\K]\n\"", "\\\"", MMK_ERR_CORRUPT},
        {HEAD, "[HKEY_LOCAL_MACHINE\\K\\a]\n[-HKEY_LOCAL_MACHINE\\K]\n", MMK_ERR_NOT_FOUND},
        {HEAD "[HKEY_LOCAL_MACHINE", "\\k", MMK_ERR_CORRUPT},
        {HEAD, "[[[[[[[[", MMK_ERR_CORRUPT},
        {"", "\x7f\x45rubbish\xff", MMK_ERR_CORRUPT},
    };
    struct place p;
    place_open(&p, "linear");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        double took[2];
        const bool whole = i == 0 || i + 1 == sizeof kinds / sizeof kinds[0];
        const size_t large = SANITIZED ? 4u << 20 : whole ? 64u << 20 : 16u << 20;
        for (int k = 0; k < 2; k++) {
            large_text(&p, kinds[i].head, kinds[i].piece, k == 0 ? large / 8 : large);
            place_reopen(&p);
            const double begin = now_s();
            cr_expect_eq(key_has(&p, "K"), kinds[i].err, "kind %zu: %s", i,
                         mmk_posix_registry_error_text(p.registry));
            took[k] = now_s() - begin;
        }
        cr_expect_lt(took[1], 8 * took[0] * 3 + 0.5,
                     "kind %zu: %.3f s, and %.3f s for 8 times that", i, took[0], took[1]);
    }
    place_close(&p);
}
