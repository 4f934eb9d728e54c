/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include <criterion/criterion.h>

#include "faults.h"

/* The file on its disk: never broken, never lost, never left lying about. */

#define HEAD "Windows Registry Editor Version 5.00\r\n\r\n"
#define KEY  "[HKEY_LOCAL_MACHINE\\K]\r\n"

static void write_first(struct place *p)
{
    text_write(p->path, HEAD KEY "\"a\"=dword:1\r\n", TEXT_UTF16);
}

static void start(struct place *p)
{
    place_open(p, "disk");
    write_first(p);
}

static mmk_err set_b(struct place *p)
{
    return value_set_text(p, "K", "b", "new");
}

static struct stat stat_of(const char *path)
{
    struct stat st;
    cr_assert_eq(lstat(path, &st), 0, "%s: %s", path, strerror(errno));
    return st;
}

/* ------------------------------------------------------------------ what the name leads to */

Test(registry_disk, a_new_file_takes_the_old_one_s_place)
{
    struct place p;
    start(&p);
    const ino_t before = stat_of(p.path).st_ino;
    cr_assert_eq(chmod(p.path, 0640), 0);
    const int old = open(p.path, O_RDONLY);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_neq(stat_of(p.path).st_ino, before, "written in place");
    cr_expect_eq(stat_of(p.path).st_mode & 07777, 0640, "the mode is lost");
    char text[64];
    cr_expect_eq(pread(old, text, sizeof text, 0), sizeof text, "the old content is gone");
    close(old);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}

Test(registry_disk, owner_and_group_stay)
{
    struct place p;
    start(&p);
    if (geteuid() != 0) {
        place_close(&p);
        cr_skip_test("needs root to give a file away");
    }
    cr_assert_eq(chown(p.path, 12345, 23456), 0);
    cr_assert_eq(chmod(p.path, 0664), 0);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    const struct stat st = stat_of(p.path);
    cr_expect(st.st_uid == 12345 && st.st_gid == 23456 && (st.st_mode & 07777) == 0664);
    place_close(&p);
}

Test(registry_disk, links_are_followed_and_stay)
{
    struct place p;
    struct mmk_registry *direct;
    start(&p);
    cr_assert_eq(mkdir(place_name(&p, "sub"), 0700), 0);
    char moved[5000];
    snprintf(moved, sizeof moved, "%s/sub/real.reg", p.folder);
    cr_assert_eq(rename(p.path, moved), 0);
    cr_assert_eq(symlink("sub/middle", p.path), 0);
    cr_assert_eq(symlink("real.reg", place_name(&p, "sub/middle")), 0);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK, "%s", mmk_posix_registry_error_text(p.registry));
    cr_expect(S_ISLNK(stat_of(p.path).st_mode), "the link became a file");
    cr_expect(S_ISLNK(stat_of(place_name(&p, "sub/middle")).st_mode));
    cr_expect(S_ISREG(stat_of(moved).st_mode));
    cr_assert_eq(mmk_posix_registry_open(moved, &direct), MMK_OK);
    const struct mmk_reg_key key = machine("K");
    uint32_t type;
    size_t len;
    cr_expect_eq(direct->ops->get(direct, &key, "b", &type, NULL, 0, &len), MMK_ERR_MORE);
    mmk_posix_registry_close(direct);
    cr_expect_eq(place_count(&p), 2);
    place_close(&p);
}

Test(registry_disk, a_link_to_no_file_gets_one_there)
{
    struct place p;
    place_open(&p, "disk");
    cr_assert_eq(symlink("real.reg", p.path), 0);
    cr_assert_eq(key_create(&p, "K"), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect(S_ISLNK(stat_of(p.path).st_mode));
    cr_expect(S_ISREG(stat_of(place_name(&p, "real.reg")).st_mode));
    place_close(&p);
}

Test(registry_disk, links_in_a_circle_are_an_error)
{
    struct place p;
    place_open(&p, "disk");
    cr_assert_eq(symlink("a.reg", p.path), 0);
    cr_expect_eq(key_has(&p, "K"), MMK_ERR_IO);
    place_close(&p);
}

Test(registry_disk, a_second_hard_link_keeps_the_old_text)
{
    struct place p;
    start(&p);
    cr_assert_eq(link(p.path, place_name(&p, "other")), 0);
    struct blob before = blob_read(p.path);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    struct blob other = blob_read(place_name(&p, "other"));
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &other), "the other name's text changed");
    cr_expect(!blob_equal(&before, &after));
    blob_free(&before);
    blob_free(&other);
    blob_free(&after);
    place_close(&p);
}

Test(registry_disk, leftovers_of_the_dead_go)
{
    struct place p;
    start(&p);
    blob_write(place_name(&p, "a.reg.mmekit-new"), "torn", 4);
    cr_assert_eq(mkdir(place_name(&p, "a.reg.mmekit"), 0700), 0);
    blob_write(place_name(&p, "a.reg.mmekit/lock"), "", 0);
    blob_write(place_name(&p, "a.reg.mmekit/new-journal"), "torn", 4);
    blob_write(place_name(&p, "a.reg.mmekit/new-status-77"), "torn", 4);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}

/* ------------------------------------------------------------------ what must not be written */

static void expect_refused(struct place *p, mmk_err err)
{
    struct blob before = blob_read(p->path);
    const size_t count = place_count(p);
    cr_assert_eq(set_b(p), MMK_OK);
    cr_expect_eq(flush(p), err);
    cr_expect_gt(strlen(mmk_posix_registry_error_text(p->registry)), 0);
    cr_expect(value_is_text(p, "K", "b", "new"), "the edit is gone");
    struct blob after = blob_read(p->path);
    cr_expect(blob_equal(&before, &after));
    cr_expect_eq(place_count(p), count, "something was left behind");
    blob_free(&before);
    blob_free(&after);
}

/* Tests of rights as somebody whom rights bind: root's child gives its rights away. */
static void as_nobody(void (*run)(struct place *p), void (*prepare)(struct place *p))
{
    struct place p;
    place_open_for_all(&p, "disk");
    write_first(&p);
    if (geteuid() == 0 && (chown(p.folder, 65534, 65534) != 0 || chown(p.path, 65534, 65534) != 0))
        cr_assert_fail("chown");
    prepare(&p);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(1);
        run(&p);
        _exit(0);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: %d", status);
    (void)chmod(p.folder, 0700);
    place_close(&p);
}

#define MUST(condition)                \
    do                                 \
        if (!(condition))              \
            _exit(__LINE__ % 200 + 1); \
    while (0)

static void run_read_only(struct place *p)
{
    struct blob before = blob_read(p->path);
    MUST(set_b(p) == MMK_OK && flush(p) == MMK_ERR_ACCESS);
    MUST(mmk_posix_registry_error_text(p->registry)[0] != '\0');
    struct blob after = blob_read(p->path);
    MUST(blob_equal(&before, &after) && place_count(p) == 1);
    blob_free(&before);
    blob_free(&after);
}

static void make_file_read_only(struct place *p)
{
    cr_assert_eq(chmod(p->path, 0444), 0);
}

static void make_folder_read_only(struct place *p)
{
    cr_assert_eq(chmod(p->folder, 0555), 0);
}

static void make_unreadable(struct place *p)
{
    cr_assert_eq(chmod(p->path, 0000), 0);
}

static void run_unreadable(struct place *p)
{
    MUST(key_has(p, "K") == MMK_ERR_ACCESS);
    MUST(key_create(p, "L") == MMK_ERR_ACCESS);
    MUST(flush(p) == MMK_OK && place_count(p) == 1);
}

Test(registry_disk, a_read_only_file_is_left_alone)
{
    as_nobody(run_read_only, make_file_read_only);
}

Test(registry_disk, a_read_only_folder_is_left_alone)
{
    as_nobody(run_read_only, make_folder_read_only);
}

static void run_group_lost(struct place *p)
{
    struct stat st;
    MUST(set_b(p) == MMK_OK && flush(p) == MMK_OK);
    MUST(stat(p->path, &st) == 0 && st.st_gid == getegid());
    MUST((st.st_mode & 07777) == 0604);
}

static void give_to_a_group(struct place *p)
{
    cr_assert_eq(chown(p->path, 65534, 23456), 0);
    cr_assert_eq(chmod(p->path, 0664), 0);
}

Test(registry_disk, rights_of_a_group_that_cannot_be_kept_go)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to give a file away");
    as_nobody(run_group_lost, give_to_a_group);
}

Test(registry_disk, an_unreadable_file_is_an_error)
{
    as_nobody(run_unreadable, make_unreadable);
}

Test(registry_disk, a_folder_or_pipe_in_its_place_is_an_error)
{
    struct place p;
    place_open(&p, "disk");
    cr_assert_eq(mkdir(p.path, 0700), 0);
    cr_expect_eq(key_has(&p, "K"), MMK_ERR_UNSUPPORTED);
    cr_expect_not_null(strstr(mmk_posix_registry_error_text(p.registry), "folder"));
    cr_assert_eq(rmdir(p.path), 0);
    cr_assert_eq(mkfifo(p.path, 0600), 0);
    cr_expect_eq(key_has(&p, "K"), MMK_ERR_UNSUPPORTED, "must not wait for a writer");
    cr_expect_eq(key_create(&p, "K"), MMK_ERR_UNSUPPORTED);
    place_close(&p);
}

Test(registry_disk, a_missing_folder_is_an_error)
{
    struct place p;
    place_open(&p, "disk");
    snprintf(p.path, sizeof p.path, "%s/no/a.reg", p.folder);
    place_reopen(&p);
    cr_expect_eq(key_has(&p, "K"), MMK_ERR_NOT_FOUND);
    cr_assert_eq(key_create(&p, "K"), MMK_OK);
    cr_expect_eq(flush(&p), MMK_ERR_NOT_FOUND);
    place_close(&p);
}

Test(registry_disk, a_full_disk_changes_nothing)
{
    struct place p;
    char filler[5000];
    start(&p);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("mmekit", p.folder, "tmpfs", 0, "size=1m") != 0) {
        place_close(&p);
        cr_skip_test("needs the right to mount a small disk");
    }
    text_write(p.path, HEAD KEY "\"a\"=dword:1\r\n", TEXT_UTF16);
    snprintf(filler, sizeof filler, "%s/filler", p.folder);
    const int fd = open(filler, O_WRONLY | O_CREAT, 0600);
    static char zeros[4096];
    while (write(fd, zeros, sizeof zeros) > 0)
        continue;
    cr_assert_eq(errno, ENOSPC);
    expect_refused(&p, MMK_ERR_NO_SPACE);
    cr_assert_eq(ftruncate(fd, 100000), 0);
    close(fd);
    cr_expect_eq(flush(&p), MMK_OK, "with room again the same edits go through");
    cr_expect(value_is_text(&p, "K", "b", "new"));
    umount(p.folder);
    place_close(&p);
}

/* ------------------------------------------------------------------ each call fails */

static const int numbers[] = {EIO, ENOSPC, EACCES, EINTR, ENOMEM};

Test(registry_disk, every_failing_call_leaves_old_or_new)
{
    struct place p;
    int n_calls = 0;
    start(&p);
    struct blob old = blob_read(p.path);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(flush(&p), MMK_OK);
    struct blob new = blob_read(p.path);
    for (int round = 0; round < 10; round++) {
        const bool for_ever = round >= 5;
        if (for_ever && numbers[round % 5] == EINTR)
            continue; /* a call that is interrupted is made again, as often as it takes */
        for (int at = 0; at == 0 || at < n_calls; at++) {
            blob_write(p.path, old.data, old.len);
            place_reopen(&p);
            cr_assert_eq(set_b(&p), MMK_OK);
            faults_arm(&(struct fault_plan){FAULT_FAIL, numbers[round % 5], at, for_ever, NULL,
                                            NULL, NULL});
            const mmk_err err = flush(&p);
            const int calls = faults_disarm();
            if (round == 0 && at == 0) { /* how many there are when nothing fails */
                blob_write(p.path, old.data, old.len);
                place_reopen(&p);
                cr_assert_eq(set_b(&p), MMK_OK);
                faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
                cr_assert_eq(flush(&p), MMK_OK);
                n_calls = faults_disarm();
                cr_assert_geq(n_calls, 12);
                continue;
            }
            (void)calls;
            struct blob now = blob_read(p.path);
            const bool is_old = blob_equal(&now, &old);
            const bool is_new = blob_equal(&now, &new);
            cr_expect(is_old || is_new, "call %d, errno %d: a broken file", at, numbers[round % 5]);
            cr_expect(err != MMK_OK || is_new, "call %d, errno %d: OK, but the file is old", at,
                      numbers[round % 5]);
            cr_expect_eq(flush(&p), MMK_OK, "call %d: the next try fails too", at);
            blob_free(&now);
            now = blob_read(p.path);
            cr_expect(blob_equal(&now, &new), "call %d: the next try did not write", at);
            blob_free(&now);
            /* a lock file that could not be unlinked goes with the next lock */
            cr_expect_eq(value_set_text(&p, "K", "c", "x"), MMK_OK);
            cr_expect_eq(flush(&p), MMK_OK);
            cr_expect_eq(place_count(&p), 1, "call %d: something was left behind", at);
        }
    }
    blob_free(&old);
    blob_free(&new);
    place_close(&p);
}

Test(registry_disk, a_failed_sync_is_never_taken_for_durable)
{
    struct place p;
    start(&p);
    for (int at = 0; at < 2; at++) { /* of the file, of its folder */
        cr_assert_eq(value_set_text(&p, "K", "b", at == 0 ? "x" : "y"), MMK_OK);
        faults_arm(&(struct fault_plan){FAULT_FAIL, EIO, at, false, "fsync", NULL, NULL});
        cr_expect_eq(flush(&p), MMK_ERR_IO);
        (void)faults_disarm();
        faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
        cr_expect_eq(flush(&p), MMK_OK);
        (void)faults_disarm();
        cr_expect_eq(faults_fsyncs, 2, "the next flush must sync a new file and the folder");
        cr_expect_geq(faults_writes, 1, "the next flush must write a new file");
    }
    place_close(&p);
}

static void fail_unlinks(struct place *p, mmk_err *err)
{
    faults_arm(&(struct fault_plan){FAULT_FAIL, EACCES, 0, true, "unlink", NULL, NULL});
    *err = flush(p);
    (void)faults_disarm();
}

Test(registry_disk, a_planted_link_is_not_written_through)
{
    struct place p;
    mmk_err err;
    start(&p);
    blob_write(place_name(&p, "victim"), "precious", 8);
    cr_assert_eq(symlink("victim", place_name(&p, "a.reg.mmekit-new")), 0);
    cr_assert_eq(set_b(&p), MMK_OK);
    fail_unlinks(&p, &err); /* as where the folder's owner forbids it */
    cr_expect_neq(err, MMK_OK);
    struct blob victim = blob_read(place_name(&p, "victim"));
    cr_expect(victim.len == 8 && memcmp(victim.data, "precious", 8) == 0);
    blob_free(&victim);
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 2);
    place_close(&p);
}

/* ------------------------------------------------------------------ killed at each call */

static int calls_of_a_flush(struct place *p)
{
    cr_assert_eq(set_b(p), MMK_OK);
    faults_arm(&(struct fault_plan){FAULT_FAIL, 0, -1, false, NULL, NULL, NULL});
    cr_assert_eq(flush(p), MMK_OK);
    return faults_disarm();
}

Test(registry_disk, killed_at_any_call_the_file_is_old_or_new)
{
    struct place p;
    start(&p);
    struct blob old = blob_read(p.path);
    const int n_calls = calls_of_a_flush(&p);
    struct blob new = blob_read(p.path);
    int n_old = 0;
    for (int at = 0; at < 2 * n_calls; at++) {
        blob_write(p.path, old.data, old.len);
        const pid_t child = fork();
        if (child == 0) {
            place_reopen(&p);
            if (set_b(&p) != MMK_OK)
                _exit(1);
            faults_arm(&(struct fault_plan){at % 2 == 0 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER, 0,
                                            at / 2, false, NULL, NULL, NULL});
            (void)flush(&p);
            _exit(2);
        }
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFSIGNALED(status), "call %d: not killed", at);
        struct blob now = blob_read(p.path);
        cr_expect(blob_equal(&now, &old) || blob_equal(&now, &new), "call %d: a broken file", at);
        n_old += blob_equal(&now, &old);
        blob_free(&now);
        place_reopen(&p); /* the lock is free at once, and leftovers go */
        cr_assert_eq(value_set_text(&p, "K", "b", "later"), MMK_OK);
        cr_expect_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 0), MMK_OK,
                     "call %d: the dead one's lock is held", at);
        cr_expect_eq(place_count(&p), 1, "call %d: leftovers", at);
    }
    cr_expect(n_old > 0 && n_old < 2 * n_calls);
    blob_free(&old);
    blob_free(&new);
    place_close(&p);
}

/* ------------------------------------------------------------------ others write too */

static void other_writes(struct place *p, const char *text)
{
    text_write(p->path, text, TEXT_UTF16);
}

Test(registry_disk, what_others_write_is_seen_at_the_next_call)
{
    struct place p;
    start(&p);
    cr_expect(value_is(&p, "K", "a", 4, "\1\0\0\0", 4));
    other_writes(&p, HEAD KEY "\"a\"=dword:22\r\n");
    cr_expect(value_is(&p, "K", "a", 4, "\x22\0\0\0", 4));
    cr_assert_eq(unlink(p.path), 0);
    cr_expect_eq(key_has(&p, "K"), MMK_ERR_NOT_FOUND);
    place_close(&p);
}

Test(registry_disk, foreign_edits_stand_beside_ours)
{
    struct place p;
    start(&p);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(key_create(&p, "K\\Ours"), MMK_OK);
    cr_assert_eq(value_delete(&p, "K", "a"), MMK_OK);
    other_writes(&p, HEAD "; by hand\r\n" KEY "\"a\"=dword:1\r\n\"c\"=dword:3\r\n\r\n"
                          "[HKEY_LOCAL_MACHINE\\Theirs]\r\n");
    cr_assert_eq(flush(&p), MMK_OK, "%s", mmk_posix_registry_error_text(p.registry));
    struct blob got = blob_read(p.path);
    struct blob want =
        text_encoded(HEAD "; by hand\r\n" KEY "\"c\"=dword:3\r\n\"b\"=\"new\"\r\n\r\n"
                          "[HKEY_LOCAL_MACHINE\\Theirs]\r\n\r\n"
                          "[HKEY_LOCAL_MACHINE\\K\\Ours]\r\n",
                     TEXT_UTF16);
    cr_expect(blob_equal(&got, &want));
    blob_free(&got);
    blob_free(&want);
    place_close(&p);
}

/* In place, of the same length, the times put back: within one tick of the clock no stat tells. */
static bool write_unseen(struct place *p)
{
    struct stat before;
    struct stat after;
    const int fd = open(p->path, O_WRONLY);
    cr_assert(fd >= 0 && fstat(fd, &before) == 0);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    cr_assert_eq(pwrite(fd, "2", 1, before.st_size - 6), 1); /* dword:1 -> dword:2 */
    cr_assert_eq(futimens(fd, times), 0);
    cr_assert_eq(fstat(fd, &after), 0);
    close(fd);
    return before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
           before.st_ctim.tv_nsec == after.st_ctim.tv_nsec;
}

Test(registry_disk, an_edit_within_a_tick_of_the_clock_is_seen)
{
    for (int i = 0; i < 3000; i++) {
        struct place p;
        start(&p);
        cr_assert_eq(set_b(&p), MMK_OK);
        const bool unseen = write_unseen(&p);
        cr_expect_eq(flush(&p), MMK_OK);
        cr_expect(value_is(&p, "K", "a", 4, "\2\0\0\0", 4), "a foreign edit was lost");
        place_close(&p);
        if (unseen)
            return;
    }
    cr_skip_test("the clock of this file system is too fine");
}

static void expect_conflict(mmk_err (*edit)(struct place *p), const char *foreign)
{
    struct place p;
    start(&p);
    cr_assert_eq(edit(&p), MMK_OK);
    other_writes(&p, foreign);
    struct blob before = blob_read(p.path);
    cr_expect_eq(flush(&p), MMK_ERR_CONFLICT, "%s", foreign);
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &after), "a foreign edit was lost");
    cr_expect_eq(place_count(&p), 1);
    p.registry->ops->discard(p.registry);
    cr_assert_eq(key_create(&p, "L"), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK, "after discard we go on with their text");
    blob_free(&before);
    blob_free(&after);
    place_close(&p);
}

static mmk_err set_a(struct place *p)
{
    return value_set(p, "K", "a", 4, "\7\0\0\0", 4);
}

static mmk_err delete_a(struct place *p)
{
    return value_delete(p, "K", "a");
}

static mmk_err delete_k(struct place *p)
{
    return key_delete(p, "K");
}

Test(registry_disk, two_edits_of_one_thing_are_a_conflict)
{
    expect_conflict(set_a, HEAD KEY "\"a\"=dword:2\r\n");
    expect_conflict(set_a, HEAD KEY "\"a\"=hex(4):01,00,00,00,00\r\n");
    expect_conflict(set_a, HEAD KEY);
    expect_conflict(set_a, HEAD);
    expect_conflict(delete_a, HEAD KEY "\"a\"=dword:2\r\n");
    expect_conflict(set_b, HEAD KEY "\"b\"=dword:2\r\n");
    expect_conflict(delete_k, HEAD KEY "\"a\"=dword:2\r\n");
    expect_conflict(delete_k, HEAD KEY "\"a\"=dword:1\r\n\"z\"=dword:1\r\n");
    expect_conflict(delete_k, HEAD KEY "\"a\"=dword:1\r\n[HKEY_LOCAL_MACHINE\\K\\New]\r\n");
}

Test(registry_disk, the_same_edit_twice_is_none)
{
    struct place p;
    start(&p);
    cr_assert_eq(set_a(&p), MMK_OK);
    cr_assert_eq(set_b(&p), MMK_OK);
    other_writes(&p, HEAD KEY "\"a\"=dword:7\r\n\"b\"=\"new\"\r\n");
    const ino_t inode = stat_of(p.path).st_ino;
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect_eq(stat_of(p.path).st_ino, inode, "written although it said so already");
    place_close(&p);
}

Test(registry_disk, a_file_broken_by_others_is_not_written_over)
{
    struct place p;
    start(&p);
    cr_assert_eq(set_b(&p), MMK_OK);
    other_writes(&p, HEAD "rubbish\r\n");
    struct blob before = blob_read(p.path);
    cr_expect_eq(flush(&p), MMK_ERR_CORRUPT);
    cr_expect_not_null(strstr(mmk_posix_registry_error_text(p.registry), "a.reg:3:"));
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &after));
    blob_free(&before);
    blob_free(&after);
    place_close(&p);
}

/* ------------------------------------------------------------------ the lock */

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

Test(registry_disk, flush_waits_for_the_lock_and_gives_up)
{
    struct place p;
    struct mmk_journal *journal;
    int ready[2];
    start(&p);
    cr_assert_eq(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (mmk_posix_journal_open(p.path, &journal) != MMK_OK ||
            journal->ops->lock(journal, 1000) != MMK_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    char x;
    cr_assert_eq(read(ready[0], &x, 1), 1);
    cr_assert_eq(set_b(&p), MMK_OK);
    const uint64_t begin = now_ms();
    cr_expect_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 150), MMK_ERR_LOCKED);
    cr_expect_geq(now_ms() - begin, 150);
    cr_expect_lt(now_ms() - begin, 5000);
    cr_assert_eq(kill(child, SIGKILL), 0);
    const uint64_t killed = now_ms();
    cr_expect_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 1000), MMK_OK);
    cr_expect_lt(now_ms() - killed, 1000, "the lock of a killed process is free within a second");
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}

Test(registry_disk, the_journal_s_holder_may_flush)
{
    struct place p;
    struct mmk_journal *journal;
    start(&p);
    cr_assert_eq(mmk_posix_journal_open(p.path, &journal), MMK_OK);
    cr_assert_eq(journal->ops->lock(journal, 0), MMK_OK);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_expect_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 0), MMK_OK);
    struct mmk_journal *other;
    cr_assert_eq(mmk_posix_journal_open(p.path, &other), MMK_OK);
    cr_expect_eq(other->ops->lock(other, 0), MMK_ERR_LOCKED, "flush gave the journal's lock away");
    mmk_posix_journal_close(other);
    journal->ops->unlock(journal);
    mmk_posix_journal_close(journal);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}

/* Between our open of the lock file and our lock, its last holder removes it and another makes a
 * new one. */
static void replace_lock(void *arg)
{
    struct place *p = (struct place *)arg;
    static int held;
    cr_assert_eq(unlink(place_name(p, "a.reg.mmekit/lock")), 0);
    cr_assert_eq(rmdir(place_name(p, "a.reg.mmekit")), 0);
    cr_assert_eq(mkdir(place_name(p, "a.reg.mmekit"), 0700), 0);
    held = open(place_name(p, "a.reg.mmekit/lock"), O_RDWR | O_CREAT, 0600);
    cr_assert(held >= 0 && flock(held, LOCK_EX) == 0);
}

Test(registry_disk, the_lock_of_a_removed_file_is_none)
{
    struct place p;
    start(&p);
    cr_assert_eq(set_b(&p), MMK_OK);
    faults_arm(&(struct fault_plan){FAULT_HOOK, 0, 0, false, "flock", replace_lock, &p});
    cr_expect_eq(p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 30), MMK_ERR_LOCKED);
    (void)faults_disarm();
    place_close(&p);
}

static void *flush_in_thread(void *arg)
{
    struct place *p = (struct place *)arg;
    static mmk_err err;
    err = p->registry->ops->flush(p->registry, MMK_REG_MACHINE, 50);
    return &err;
}

Test(registry_disk, another_thread_waits_like_anybody)
{
    struct place p;
    struct mmk_journal *journal;
    pthread_t thread;
    void *err;
    start(&p);
    cr_assert_eq(mmk_posix_journal_open(p.path, &journal), MMK_OK);
    cr_assert_eq(journal->ops->lock(journal, 0), MMK_OK);
    cr_assert_eq(set_b(&p), MMK_OK);
    cr_assert_eq(pthread_create(&thread, NULL, flush_in_thread, &p), 0);
    cr_assert_eq(pthread_join(thread, &err), 0);
    cr_expect_eq(*(mmk_err *)err, MMK_ERR_LOCKED);
    journal->ops->unlock(journal);
    mmk_posix_journal_close(journal);
    place_close(&p);
}

/* Each writer adds values of its own; some are killed now and then. What flush called done must be
 * there. */
static void writer(const char *path, int id, int rounds, int report)
{
    for (int i = 0; i < rounds; i++) {
        struct place p = {.registry = NULL};
        char name[32];
        snprintf(p.path, sizeof p.path, "%s", path);
        place_reopen(&p);
        snprintf(name, sizeof name, "w%d.%d", id, i);
        mmk_err err = value_set_text(&p, "K", name, "x");
        if (err == MMK_OK)
            err = p.registry->ops->flush(p.registry, MMK_REG_MACHINE, 20000);
        if (err != MMK_OK) {
            fprintf(stderr, "writer %d: %s %s\n", id, mmk_err_name(err),
                    mmk_posix_registry_error_text(p.registry));
            _exit(3);
        }
        const unsigned char done[2] = {(unsigned char)id, (unsigned char)i};
        if (write(report, done, 2) != 2)
            _exit(4);
        mmk_posix_registry_close(p.registry);
    }
    _exit(0);
}

Test(registry_disk, nobody_s_edit_is_lost_among_many)
{
    enum { WRITERS = 6, ROUNDS = 15 };
    struct place p;
    int report[2];
    pid_t children[WRITERS];
    int n = 0;
    start(&p);
    cr_assert_eq(pipe(report), 0);
    for (int i = 0; i < WRITERS; i++)
        if ((children[i] = fork()) == 0)
            writer(p.path, i, ROUNDS, report[1]);
    close(report[1]);
    unsigned char done[2];
    bool was_done[WRITERS][ROUNDS] = {{false}};
    while (read(report[0], done, 2) == 2) {
        was_done[done[0]][done[1]] = true;
        if (++n == 20)
            kill(children[0], SIGKILL);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;
        cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
        cr_expect(i == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "writer %d: %d", i,
                  status);
    }
    place_reopen(&p);
    for (int i = 0; i < WRITERS; i++)
        for (int k = 0; k < ROUNDS; k++) {
            char name[32];
            snprintf(name, sizeof name, "w%d.%d", i, k);
            cr_expect(!was_done[i][k] || value_is_text(&p, "K", name, "x"), "%s is lost", name);
        }
    cr_expect(value_is(&p, "K", "a", 4, "\1\0\0\0", 4));
    cr_assert_eq(value_set_text(&p, "K", "last", "x"), MMK_OK);
    cr_expect_eq(flush(&p), MMK_OK);
    cr_expect_eq(place_count(&p), 1);
    place_close(&p);
}
