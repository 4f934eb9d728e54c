/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <errno.h>

#include <criterion/criterion.h>

#include "faults.h"

/* The files seam on its disk. The contract suite says what it must do; here is how. */

static mmk_err ini_set(struct place *p, const char *section, const char *key, const char *value)
{
    struct mmk_files *f = mmk_posix_files();
    return f->ops->ini_set(f, p->path, section, key, value);
}

/* The file before, one edit, the file after; and taking it back gives the first again. */
static void expect_ini(const char *before, const char *section, const char *key, const char *value,
                       const char *after)
{
    struct place p;
    place_open(&p, "ini");
    blob_write(p.path, before, strlen(before));
    cr_expect_eq(ini_set(&p, section, key, value), MMK_OK, "%s", before);
    struct blob got = blob_read(p.path);
    cr_expect(got.data != NULL && got.len == strlen(after) && memcmp(got.data, after, got.len) == 0,
              "%.*s", (int)got.len, got.data);
    blob_free(&got);
    place_close(&p);
}

#define MARKER "; mmekit added this section, it goes with its last line"

static const struct {
    const char *before, *after;
} additions[] = {
    {"[a]\r\nx=1\r\n", "[a]\r\nx=1\r\nk=v\r\n"},
    {"[a]\r\nx=1", "[a]\r\nx=1\r\nk=v"},
    {"[a]\nx=1\n\n\n[b]\ny=2\n", "[a]\nx=1\nk=v\n\n\n[b]\ny=2\n"},
    {"[A]\n; comment\n", "[A]\n; comment\nk=v\n"},
    {"[b]\ny=2\n", "[b]\ny=2\n[a]\n" MARKER "\nk=v\n"},
    {"; nothing else", "; nothing else\n[a]\n" MARKER "\nk=v"},
    {"[b]\r\n\r\n\r\n", "[b]\r\n[a]\r\n" MARKER "\r\nk=v\r\n\r\n\r\n"},
};

Test(files_ini, adding_and_deleting_a_line_gives_the_same_bytes)
{
    for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++) {
        expect_ini(additions[i].before, "a", "k", "v", additions[i].after);
        expect_ini(additions[i].after, "a", "k", NULL, additions[i].before);
    }
}

Test(files_ini, a_new_value_takes_the_old_one_s_place)
{
    expect_ini("[a]\n k = old ; x\nl=1\n", "a", "K", "new", "[a]\n k = new\nl=1\n");
    expect_ini("[a]\nk=1\nk=2\n", "a", "k", "3", "[a]\nk=3\nk=2\n");
    expect_ini("[a]\nk=\n", "a", "k", "x", "[a]\nk=x\n");
    expect_ini("[b]\nk=1\n[a]\nk=2\n[b]\nk=3\n", "a", "k", "x", "[b]\nk=1\n[a]\nk=x\n[b]\nk=3\n");
}

Test(files_ini, a_section_with_other_lines_stays)
{
    expect_ini("[a]\n" MARKER "\nk=v\nother=1\n", "a", "k", NULL, "[a]\n" MARKER "\nother=1\n");
    expect_ini("[a]\nk=v\n", "a", "k", NULL, "[a]\n");
}

Test(files_ini, absent_before_is_absent_after)
{
    struct place p;
    place_open(&p, "ini");
    cr_assert_eq(ini_set(&p, "a", "k", NULL), MMK_ERR_NOT_FOUND);
    cr_assert_eq(ini_set(&p, "a", "k", "v"), MMK_OK);
    cr_expect_eq(place_count(&p), 1);
    cr_assert_eq(ini_set(&p, "a", "k", NULL), MMK_OK);
    cr_expect_eq(place_count(&p), 0);
    place_close(&p);
}

Test(files_ini, what_an_ini_file_cannot_hold_is_refused)
{
    struct place p;
    place_open(&p, "ini");
    cr_expect_eq(ini_set(&p, "a]", "k", "v"), MMK_ERR_INVAL);
    cr_expect_eq(ini_set(&p, "a", "k=", "v"), MMK_ERR_INVAL);
    cr_expect_eq(ini_set(&p, "a", "k", "v\nw"), MMK_ERR_INVAL);
    cr_expect_eq(ini_set(&p, "", "k", "v"), MMK_ERR_INVAL);
    cr_expect_eq(ini_set(&p, "a", NULL, "v"), MMK_ERR_INVAL);
    blob_write(p.path, "\xff\xfe[\0", 4);
    cr_expect_eq(ini_set(&p, "a", "k", "v"), MMK_ERR_UNSUPPORTED);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}

Test(files_ini, the_same_value_again_writes_nothing)
{
    struct place p;
    place_open(&p, "ini");
    blob_write(p.path, "[a]\nk = v\n", 10);
    faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
    cr_expect_eq(ini_set(&p, "a", "k", "v"), MMK_OK);
    (void)faults_disarm();
    cr_expect_eq(faults_writes, 0);
    place_close(&p);
}

Test(files_ini, every_failing_call_leaves_old_or_new)
{
    static const char old[] = "[a]\nx=1\n";
    static const char new[] = "[a]\nx=1\nk=v\n";
    struct place p;
    place_open(&p, "ini");
    int n_calls = 1;
    for (int at = -1; at < n_calls; at++) {
        blob_write(p.path, old, strlen(old));
        faults_arm(&(struct fault_plan){FAULT_FAIL, EIO, at, false, NULL, NULL, NULL});
        const mmk_err err = ini_set(&p, "a", "k", "v");
        const int calls = faults_disarm();
        n_calls = at < 0 ? calls : n_calls;
        struct blob now = blob_read(p.path);
        const bool is_new = now.len == strlen(new) && memcmp(now.data, new, now.len) == 0;
        const bool is_old = now.len == strlen(old) && memcmp(now.data, old, now.len) == 0;
        cr_expect(is_old || is_new, "call %d", at);
        cr_expect(err != MMK_OK || is_new, "call %d", at);
        blob_free(&now);
    }
    cr_expect_geq(n_calls, 6);
    place_close(&p);
}

/* ------------------------------------------------------------------ copies */

Test(files_copy, keeps_the_mode_and_leaves_nothing_half_done)
{
    struct mmk_files *f = mmk_posix_files();
    struct place p;
    char to[5000];
    struct stat st;
    place_open(&p, "copy");
    snprintf(to, sizeof to, "%s/to", p.folder);
    blob_write(p.path, "content", 7);
    cr_assert_eq(chmod(p.path, 0755), 0);
    int n_calls = 1;
    for (int at = -1; at < n_calls; at++) {
        (void)unlink(to);
        faults_arm(&(struct fault_plan){FAULT_FAIL, ENOSPC, at, false, NULL, NULL, NULL});
        const mmk_err err = f->ops->copy(f, p.path, to);
        const int calls = faults_disarm();
        n_calls = at < 0 ? calls : n_calls;
        cr_expect(at >= 0 || faults_fsyncs == 2, "the copy and its folder are to be durable");
        cr_expect_eq(err, at < 0 ? MMK_OK : MMK_ERR_NO_SPACE, "call %d", at);
        const bool there = lstat(to, &st) == 0;
        cr_expect_eq(there, err == MMK_OK, "call %d: half a copy", at);
        cr_expect(!there || (st.st_mode & 0777) == 0755);
    }
    cr_expect_geq(n_calls, 5);
    cr_expect_eq(f->ops->copy(f, "relative", to), MMK_ERR_INVAL);
    cr_expect_eq(f->ops->remove(f, p.folder), MMK_ERR_UNSUPPORTED, "a folder");
    cr_expect_eq(f->ops->copy(f, p.folder, to), MMK_ERR_UNSUPPORTED, "a folder");
    place_close(&p);
}
