/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <criterion/criterion.h>

#include "faults.h"

/* The journal's folder on its disk. The contract suite says what it must do; here is how. */

struct journals {
    struct place p;
    struct mmk_journal *j;
};

static void start(struct journals *t)
{
    place_open(&t->p, "journal");
    cr_assert_eq(mmk_posix_journal_open(t->p.path, &t->j), MMK_OK);
}

static void stop(struct journals *t)
{
    mmk_posix_journal_close(t->j);
    place_close(&t->p);
}

static bool there(struct journals *t, const char *name)
{
    struct stat st;
    return lstat(place_name(&t->p, name), &st) == 0;
}

/* ------------------------------------------------------------------ coming and going */

Test(journal_dir, the_folder_lives_as_long_as_something_in_it)
{
    struct journals t;
    char data[8];
    size_t len;
    start(&t);
    cr_assert_eq(t.j->ops->read(t.j, 0, data, 8, &len), MMK_OK);
    cr_expect_eq(place_count(&t.p), 0, "reading makes nothing");
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_expect(there(&t, "a.reg.mmekit/lock"));
    t.j->ops->unlock(t.j);
    cr_expect_eq(place_count(&t.p), 0, "the lock went, and the folder with it");
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_assert_eq(t.j->ops->append(t.j, "x", 1), MMK_OK);
    t.j->ops->unlock(t.j);
    cr_expect(there(&t, "a.reg.mmekit/journal"), "a journal stays");
    cr_assert_eq(t.j->ops->status_write(t.j, "drv", "ok"), MMK_OK);
    t.j->ops->log(t.j, "line");
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_assert_eq(t.j->ops->reset(t.j, NULL, 0), MMK_OK);
    t.j->ops->unlock(t.j);
    cr_expect(there(&t, "a.reg.mmekit/status-drv"), "a status stays");
    cr_expect(there(&t, "a.reg.mmekit/log"), "and the log with it");
    cr_assert_eq(t.j->ops->status_write(t.j, "drv", ""), MMK_OK);
    cr_expect_eq(place_count(&t.p), 0, "with the last status all goes");
    stop(&t);
}

Test(journal_dir, what_is_not_ours_stays)
{
    struct journals t;
    start(&t);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    blob_write(place_name(&t.p, "a.reg.mmekit/notes.txt"), "x", 1);
    t.j->ops->unlock(t.j);
    cr_expect(there(&t, "a.reg.mmekit/notes.txt"));
    cr_expect_not(there(&t, "a.reg.mmekit/lock"));
    stop(&t);
}

Test(journal_dir, the_lock_s_holder_removes_what_the_dead_left)
{
    struct journals t;
    start(&t);
    blob_write(place_name(&t.p, "a.reg.mmekit-new"), "torn", 4);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_expect_not(there(&t, "a.reg.mmekit-new"));
    t.j->ops->unlock(t.j);
    cr_expect_eq(place_count(&t.p), 0);
    stop(&t);
}

Test(journal_dir, closing_gives_the_lock_back)
{
    struct journals t;
    struct mmk_journal *other;
    start(&t);
    cr_assert_eq(mmk_posix_journal_open(t.p.path, &other), MMK_OK);
    cr_assert_eq(other->ops->lock(other, 0), MMK_OK);
    cr_expect_eq(other->ops->lock(other, 0), MMK_ERR_STATE, "locked by itself already");
    mmk_posix_journal_close(other);
    cr_expect_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    mmk_posix_journal_close(NULL);
    stop(&t);
}

Test(journal_dir, every_name_of_the_file_has_the_same_folder)
{
    struct journals t;
    struct mmk_journal *other;
    char link[5000];
    start(&t);
    blob_write(t.p.path, "x", 1);
    snprintf(link, sizeof link, "%s/link", t.p.folder);
    cr_assert_eq(symlink("a.reg", link), 0);
    cr_assert_eq(mmk_posix_journal_open(link, &other), MMK_OK);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_expect_eq(other->ops->lock(other, 0), MMK_ERR_LOCKED);
    t.j->ops->unlock(t.j);
    mmk_posix_journal_close(other);
    stop(&t);
}

Test(journal_dir, wild_driver_names_are_refused)
{
    struct journals t;
    char name[400];
    char text[8];
    start(&t);
    memset(name, 'n', sizeof name);
    name[399] = '\0';
    cr_expect_eq(t.j->ops->status_write(t.j, "../x", "y"), MMK_ERR_INVAL);
    cr_expect_eq(t.j->ops->status_write(t.j, "", "y"), MMK_ERR_INVAL);
    cr_expect_eq(t.j->ops->status_write(t.j, NULL, "y"), MMK_ERR_INVAL);
    cr_expect_eq(t.j->ops->status_write(t.j, name, "y"), MMK_ERR_TOO_LONG);
    cr_expect_eq(t.j->ops->status_read(t.j, "a/b", text, 8), MMK_ERR_INVAL);
    cr_expect_eq(place_count(&t.p), 0);
    stop(&t);
}

Test(journal_dir, the_log_stays_short_and_one_line_is_one_line)
{
    struct journals t;
    char line[1001];
    start(&t);
    memset(line, 'l', 1000);
    line[1000] = '\0';
    cr_assert_eq(t.j->ops->status_write(t.j, "drv", "s"), MMK_OK);
    t.j->ops->log(t.j, "two\nlines");
    struct blob log = blob_read(place_name(&t.p, "a.reg.mmekit/log"));
    cr_expect_eq(log.len, strlen("2026-01-01T00:00:00Z two lines\n"));
    cr_expect_eq(memchr(log.data, '\n', log.len), (void *)(log.data + log.len - 1));
    blob_free(&log);
    for (int i = 0; i < 600; i++)
        t.j->ops->log(t.j, line);
    t.j->ops->log(t.j, "last");
    log = blob_read(place_name(&t.p, "a.reg.mmekit/log"));
    cr_expect_lt(log.len, 300000);
    cr_expect_eq(memcmp(log.data + log.len - 6, " last\n", 6), 0);
    cr_expect_eq(memcmp(log.data, "20", 2), 0, "it begins with a whole line");
    blob_free(&log);
    stop(&t);
}

/* ------------------------------------------------------------------ whose folder */

static void expect_refused(struct journals *t)
{
    char data[8];
    size_t len;
    cr_expect_eq(t->j->ops->lock(t->j, 0), MMK_ERR_ACCESS);
    cr_expect_eq(t->j->ops->read(t->j, 0, data, 8, &len), MMK_ERR_ACCESS);
    cr_expect_eq(t->j->ops->status_write(t->j, "d", "s"), MMK_ERR_ACCESS);
    cr_expect_eq(t->j->ops->status_read(t->j, "d", data, 8), MMK_ERR_ACCESS);
    t->j->ops->log(t->j, "nothing");
    t->p.registry->ops->discard(t->p.registry);
    cr_assert_eq(key_create(&t->p, "K"), MMK_OK);
    cr_expect_eq(flush(&t->p), MMK_ERR_ACCESS, "the registry's flush takes the same lock");
}

Test(journal_dir, a_folder_that_others_can_write_is_refused)
{
    struct journals t;
    start(&t);
    cr_assert_eq(mkdir(place_name(&t.p, "a.reg.mmekit"), 0700), 0);
    cr_assert_eq(chmod(place_name(&t.p, "a.reg.mmekit"), 0770), 0);
    expect_refused(&t);
    cr_assert_eq(chmod(place_name(&t.p, "a.reg.mmekit"), 0702), 0);
    expect_refused(&t);
    cr_assert_eq(chmod(place_name(&t.p, "a.reg.mmekit"), 0755), 0);
    cr_expect_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    stop(&t);
}

Test(journal_dir, somebody_else_s_folder_is_refused)
{
    struct journals t;
    start(&t);
    if (geteuid() != 0) {
        stop(&t);
        cr_skip_test("needs root to give a folder away");
    }
    cr_assert_eq(mkdir(place_name(&t.p, "a.reg.mmekit"), 0700), 0);
    cr_assert_eq(chown(place_name(&t.p, "a.reg.mmekit"), 12345, 0), 0);
    expect_refused(&t); /* also by root: recovery would do what that user wrote there */
    stop(&t);
}

Test(journal_dir, a_link_or_file_in_the_folder_s_place_is_refused)
{
    struct journals t;
    start(&t);
    cr_assert_eq(mkdir(place_name(&t.p, "elsewhere"), 0700), 0);
    cr_assert_eq(symlink("elsewhere", place_name(&t.p, "a.reg.mmekit")), 0);
    expect_refused(&t);
    cr_assert_eq(unlink(place_name(&t.p, "a.reg.mmekit")), 0);
    blob_write(place_name(&t.p, "a.reg.mmekit"), "x", 1);
    expect_refused(&t);
    stop(&t);
}

Test(journal_dir, links_inside_are_not_followed)
{
    struct journals t;
    char data[8];
    size_t len;
    start(&t);
    blob_write(place_name(&t.p, "victim"), "precious", 8);
    cr_assert_eq(mkdir(place_name(&t.p, "a.reg.mmekit"), 0700), 0);
    cr_assert_eq(symlink("../victim", place_name(&t.p, "a.reg.mmekit/journal")), 0);
    cr_assert_eq(symlink("../victim", place_name(&t.p, "a.reg.mmekit/log")), 0);
    cr_assert_eq(symlink("../victim", place_name(&t.p, "a.reg.mmekit/status-d")), 0);
    cr_expect_eq(t.j->ops->read(t.j, 0, data, 8, &len), MMK_ERR_ACCESS);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_expect_eq(t.j->ops->append(t.j, "x", 1), MMK_ERR_ACCESS);
    t.j->ops->log(t.j, "x");
    cr_expect_eq(t.j->ops->status_write(t.j, "d", "s"), MMK_OK, "replaces the link itself");
    cr_expect_eq(t.j->ops->reset(t.j, "r", 1), MMK_OK, "so does reset");
    struct blob victim = blob_read(place_name(&t.p, "victim"));
    cr_expect(victim.len == 8 && memcmp(victim.data, "precious", 8) == 0);
    blob_free(&victim);
    stop(&t);
}

/* ------------------------------------------------------------------ failures */

Test(journal_dir, after_a_failed_sync_only_reset_goes_on)
{
    struct journals t;
    char data[16];
    size_t len;
    start(&t);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_assert_eq(t.j->ops->append(t.j, "one", 3), MMK_OK);
    faults_arm(&(struct fault_plan){FAULT_FAIL, EIO, 0, false, "fdatasync", NULL, NULL});
    cr_expect_eq(t.j->ops->sync(t.j), MMK_ERR_IO);
    (void)faults_disarm();
    faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
    cr_expect_eq(t.j->ops->sync(t.j), MMK_ERR_STATE, "the same file is never synced again");
    cr_expect_eq(t.j->ops->append(t.j, "two", 3), MMK_ERR_STATE);
    (void)faults_disarm();
    cr_expect_eq(faults_fsyncs, 0);
    cr_expect_eq(t.j->ops->reset(t.j, "new", 3), MMK_OK);
    cr_expect_eq(t.j->ops->append(t.j, "+", 1), MMK_OK);
    cr_expect_eq(t.j->ops->sync(t.j), MMK_OK);
    cr_assert_eq(t.j->ops->read(t.j, 0, data, 16, &len), MMK_OK);
    cr_expect(len == 4 && memcmp(data, "new+", 4) == 0);
    stop(&t);
}

Test(journal_dir, reset_is_durable_or_an_error)
{
    struct journals t;
    start(&t);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
    cr_expect_eq(t.j->ops->reset(t.j, "new", 3), MMK_OK);
    (void)faults_disarm();
    const int n = faults_fsyncs;
    cr_expect_eq(n, 3, "the file, its folder, and the folder that holds that");
    for (int at = 0; at < n; at++) {
        faults_arm(&(struct fault_plan){FAULT_FAIL, EIO, at, false, "fsync", NULL, NULL});
        cr_expect_eq(t.j->ops->reset(t.j, "newer", 5), MMK_ERR_IO, "fsync %d", at);
        (void)faults_disarm();
        cr_expect_eq(t.j->ops->append(t.j, "x", 1), MMK_ERR_STATE, "until reset succeeds");
        cr_expect_eq(t.j->ops->reset(t.j, "again", 5), MMK_OK);
    }
    faults_arm(&(struct fault_plan){FAULT_FAIL, EIO, 0, false, "fsync", NULL, NULL});
    cr_expect_eq(t.j->ops->reset(t.j, NULL, 0), MMK_ERR_IO, "removal is to be durable too");
    (void)faults_disarm();
    stop(&t);
}

Test(journal_dir, a_failed_append_is_torn_until_reset)
{
    struct journals t;
    char data[16];
    size_t len;
    start(&t);
    cr_assert_eq(t.j->ops->lock(t.j, 0), MMK_OK);
    cr_assert_eq(t.j->ops->append(t.j, "1234", 4), MMK_OK);
    faults_arm(&(struct fault_plan){FAULT_FAIL, ENOSPC, 0, false, "write", NULL, NULL});
    cr_expect_eq(t.j->ops->append(t.j, "5678", 4), MMK_ERR_NO_SPACE);
    (void)faults_disarm();
    cr_expect_eq(t.j->ops->append(t.j, "9", 1), MMK_ERR_STATE);
    cr_assert_eq(t.j->ops->read(t.j, 0, data, 16, &len), MMK_OK);
    cr_expect_eq(len, 6, "half of it is there");
    cr_expect_eq(t.j->ops->reset(t.j, NULL, 0), MMK_OK);
    cr_expect_eq(t.j->ops->append(t.j, "9", 1), MMK_OK);
    stop(&t);
}

Test(journal_dir, killed_in_reset_the_journal_is_old_or_new)
{
    struct journals t;
    int n_calls = 1;
    start(&t);
    for (int at = -1; at < 2 * n_calls; at++) {
        char data[16];
        size_t len;
        cr_assert_eq(t.j->ops->lock(t.j, 1000), MMK_OK);
        cr_assert_eq(t.j->ops->reset(t.j, "old", 3), MMK_OK);
        t.j->ops->unlock(t.j);
        int pipe_fd[2];
        cr_assert_eq(pipe(pipe_fd), 0);
        const pid_t child = fork();
        if (child == 0) {
            struct mmk_journal *j;
            if (mmk_posix_journal_open(t.p.path, &j) != MMK_OK || j->ops->lock(j, 1000) != MMK_OK)
                _exit(1);
            faults_arm(&(struct fault_plan){at % 2 == 0 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, 0,
                                            at < 0 ? -1 : at / 2, false, NULL, NULL, NULL});
            (void)j->ops->reset(j, "newer", 5);
            const int calls = faults_disarm();
            if (write(pipe_fd[1], &calls, sizeof calls) != sizeof calls)
                _exit(1);
            _exit(0);
        }
        close(pipe_fd[1]);
        int calls;
        if (read(pipe_fd[0], &calls, sizeof calls) == sizeof calls && at < 0)
            n_calls = calls;
        close(pipe_fd[0]);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        cr_assert_eq(t.j->ops->read(t.j, 0, data, 16, &len), MMK_OK);
        cr_expect((len == 3 && memcmp(data, "old", 3) == 0) ||
                      (len == 5 && memcmp(data, "newer", 5) == 0),
                  "call %d: a broken journal", at);
    }
    cr_expect_geq(n_calls, 5);
    stop(&t);
}
