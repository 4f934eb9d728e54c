/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <mmk/posix.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "posix_internal.h"
#include "registry_file_folder.h"

/* The journal seam over the folder `<registry file>.mmekit`. Every call finds the folder anew by
 * name, so that nothing goes stale when another process removes or makes it. */

#define NAME_CAP    256u /* of a file in the folder */
#define LOG_MAX     (256 << 10)
#define LOG_KEEP    (64 << 10)
#define JOURNAL_NEW MMKI_JOURNAL_TEMP "journal"
#define LOG_NEW     MMKI_JOURNAL_TEMP "log"
#define RETRIES     8

struct dir_journal {
    struct mmk_journal base;
    char *path; /* absolute, of the registry file as the user named it */
    struct mmki_reg_lock *lock;
    int fd;      /* the journal, open for appending, or -1 */
    bool broken; /* an append or sync failed: only reset goes on */
};

static struct dir_journal *self_of(struct mmk_journal *journal)
{
    return (struct dir_journal *)journal;
}

static mmk_err last_error(void)
{
    return mmki_err_from_errno(errno);
}

/* ------------------------------------------------------------------ small I/O */

static mmk_err write_all(int fd, const void *data, size_t len)
{
    const char *p = (const char *)data;
    while (len != 0) {
        const ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return last_error();
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return MMK_OK;
}

static mmk_err read_at(int fd, uint64_t offset, void *data, size_t cap, size_t *len)
{
    char *p = (char *)data;
    size_t at = 0;
    if (offset > INT64_MAX - cap)
        return MMK_ERR_RANGE;
    while (at < cap) {
        const ssize_t n = pread(fd, p + at, cap - at, (off_t)(offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return last_error();
        if (n == 0)
            break;
        at += (size_t)n;
    }
    *len = at;
    return MMK_OK;
}

/* The folder of the registry file, wherever its links lead now. */
static mmk_err open_folder(const struct dir_journal *j, bool make, int *folder)
{
    char *target;
    mmk_err err = mmki_reg_target(j->path, &target);
    if (err != MMK_OK)
        return err;
    err = mmki_reg_open_folder(target, make, folder);
    free(target);
    return err;
}

/* Open a file in the folder; one that is no regular file is not ours. */
static mmk_err open_in(int folder, const char *name, int flags, int *fd)
{
    struct stat st;
    const int opened = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (opened < 0)
        return errno == ELOOP ? MMK_ERR_ACCESS : last_error();
    if (fstat(opened, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(opened);
        return MMK_ERR_ACCESS;
    }
    *fd = opened;
    return MMK_OK;
}

/* A file that replaces `name` whole. `durable`: it and its name survive a power cut. */
static mmk_err replace_in(int folder, const char *temp, const char *name, const void *data,
                          size_t len, bool durable)
{
    int fd;
    (void)unlinkat(folder, temp, 0); /* never write on: it may have failed to sync */
    mmk_err err = open_in(folder, temp, O_WRONLY | O_CREAT | O_EXCL, &fd);
    if (err != MMK_OK)
        return err;
    err = write_all(fd, data, len);
    if (err == MMK_OK && durable && fsync(fd) != 0)
        err = last_error();
    if (close(fd) != 0 && err == MMK_OK)
        err = last_error();
    if (err == MMK_OK && renameat(folder, temp, folder, name) != 0)
        err = last_error();
    if (err != MMK_OK) {
        (void)unlinkat(folder, temp, 0);
        return err;
    }
    return !durable || fsync(folder) == 0 || errno == EINVAL ? MMK_OK : last_error();
}

/* ------------------------------------------------------------------ lock */

static void close_file(struct dir_journal *j)
{
    if (j->fd >= 0)
        (void)close(j->fd);
    j->fd = -1;
    j->broken = false;
}

static mmk_err journal_lock(struct mmk_journal *self, uint32_t timeout_ms)
{
    struct dir_journal *j = self_of(self);
    if (j->lock != NULL)
        return MMK_ERR_STATE;
    return mmki_reg_lock_take(j->path, timeout_ms, false, &j->lock);
}

static void journal_unlock(struct mmk_journal *self)
{
    struct dir_journal *j = self_of(self);
    close_file(j);
    mmki_reg_lock_drop(j->lock);
    j->lock = NULL;
}

/* ------------------------------------------------------------------ journal */

static mmk_err journal_read(struct mmk_journal *self, uint64_t offset, void *data, size_t cap,
                            size_t *len)
{
    int folder;
    int fd;
    mmk_err err = open_folder(self_of(self), false, &folder);
    if (err == MMK_OK) {
        err = open_in(folder, MMKI_JOURNAL_NAME, O_RDONLY, &fd);
        (void)close(folder);
    }
    if (err == MMK_ERR_NOT_FOUND) {
        *len = 0;
        return MMK_OK;
    }
    if (err != MMK_OK)
        return err;
    err = read_at(fd, offset, data, cap, len);
    (void)close(fd);
    return err;
}

/* The journal for appending. A new one has its name made durable at once; its content follows at
 * sync. */
static mmk_err open_for_append(struct dir_journal *j)
{
    const int folder = mmki_reg_lock_folder(j->lock);
    mmk_err err = open_in(folder, MMKI_JOURNAL_NAME, O_WRONLY | O_APPEND, &j->fd);
    if (err != MMK_ERR_NOT_FOUND)
        return err;
    err = open_in(folder, MMKI_JOURNAL_NAME, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, &j->fd);
    if (err != MMK_OK)
        return err;
    if ((fsync(folder) != 0 && errno != EINVAL))
        err = last_error();
    if (err == MMK_OK)
        err = mmki_reg_sync_folder_of(mmki_reg_lock_target(j->lock));
    if (err != MMK_OK)
        close_file(j);
    return err;
}

static mmk_err journal_append(struct mmk_journal *self, const void *data, size_t len)
{
    struct dir_journal *j = self_of(self);
    if (j->lock == NULL || j->broken)
        return MMK_ERR_STATE;
    mmk_err err = j->fd >= 0 ? MMK_OK : open_for_append(j);
    if (err == MMK_OK)
        err = write_all(j->fd, data, len);
    j->broken = err != MMK_OK;
    return err;
}

static mmk_err journal_sync(struct mmk_journal *self)
{
    struct dir_journal *j = self_of(self);
    if (j->lock == NULL || j->broken)
        return MMK_ERR_STATE;
    if (j->fd < 0)
        return MMK_OK; /* nothing appended */
    if (fdatasync(j->fd) == 0)
        return MMK_OK;
    const mmk_err err = last_error();
    j->broken = true; /* the kernel may have dropped the pages: this file proves nothing any more */
    return err;
}

static mmk_err remove_journal(const struct dir_journal *j)
{
    const int folder = mmki_reg_lock_folder(j->lock);
    if (unlinkat(folder, MMKI_JOURNAL_NAME, 0) != 0)
        return errno == ENOENT ? MMK_OK : last_error();
    return fsync(folder) == 0 || errno == EINVAL ? MMK_OK : last_error();
}

static mmk_err journal_reset(struct mmk_journal *self, const void *data, size_t len)
{
    struct dir_journal *j = self_of(self);
    if (j->lock == NULL)
        return MMK_ERR_STATE;
    mmk_err err;
    if (len == 0) {
        err = remove_journal(j);
    } else {
        err = replace_in(mmki_reg_lock_folder(j->lock), JOURNAL_NEW, MMKI_JOURNAL_NAME, data, len,
                         true);
        if (err == MMK_OK) /* the folder's own name */
            err = mmki_reg_sync_folder_of(mmki_reg_lock_target(j->lock));
    }
    close_file(j);
    j->broken = err != MMK_OK; /* which of the two is there, old or new, is not known */
    return err;
}

/* ------------------------------------------------------------------ status */

/* "status-<driver>"; a driver's name that could lead elsewhere is refused. */
static mmk_err status_name(const char *driver, char *name, size_t cap)
{
    if (driver == NULL || driver[0] == '\0' || strchr(driver, '/') != NULL)
        return MMK_ERR_INVAL;
    const int n = snprintf(name, cap, MMKI_JOURNAL_STATUS "%s", driver);
    return n > 0 && (size_t)n < cap ? MMK_OK : MMK_ERR_TOO_LONG;
}

static mmk_err remove_status(struct dir_journal *j, const char *name)
{
    int folder;
    struct mmki_reg_lock *lock;
    mmk_err err = open_folder(j, false, &folder);
    if (err != MMK_OK)
        return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        err = last_error();
    (void)close(folder);
    /* the last thing that was worth keeping? dropping the lock looks */
    if (err == MMK_OK && j->lock == NULL && mmki_reg_lock_take(j->path, 0, false, &lock) == MMK_OK)
        mmki_reg_lock_drop(lock);
    return err;
}

static mmk_err journal_status_write(struct mmk_journal *self, const char *driver, const char *text)
{
    struct dir_journal *j = self_of(self);
    char name[NAME_CAP];
    int folder;
    mmk_err err = text != NULL ? status_name(driver, name, sizeof name) : MMK_ERR_INVAL;
    if (err != MMK_OK)
        return err;
    if (text[0] == '\0')
        return remove_status(j, name);
    char temp[64];
    (void)snprintf(temp, sizeof temp, MMKI_JOURNAL_TEMP "status-%ld", (long)getpid());
    for (int i = 0; i < RETRIES; i++) { /* who just dropped the lock may take the folder away */
        err = open_folder(j, true, &folder);
        if (err != MMK_OK)
            return err;
        err = replace_in(folder, temp, name, text, strlen(text), false);
        (void)close(folder);
        if (err != MMK_ERR_NOT_FOUND)
            break;
    }
    return err;
}

static mmk_err journal_status_read(struct mmk_journal *self, const char *driver, char *text,
                                   size_t cap)
{
    char name[NAME_CAP];
    struct stat st;
    size_t len = 0;
    int folder;
    int fd;
    mmk_err err = status_name(driver, name, sizeof name);
    if (err == MMK_OK)
        err = open_folder(self_of(self), false, &folder);
    if (err != MMK_OK)
        return err;
    err = open_in(folder, name, O_RDONLY, &fd);
    (void)close(folder);
    if (err != MMK_OK)
        return err;
    if (fstat(fd, &st) != 0)
        err = last_error();
    else if (st.st_size < 0 || (uint64_t)st.st_size >= cap)
        err = MMK_ERR_MORE;
    else
        err = read_at(fd, 0, text, (size_t)st.st_size, &len);
    (void)close(fd);
    if (err == MMK_OK)
        text[len] = '\0';
    return err;
}

/* ------------------------------------------------------------------ log */

/* Keep the log's last part once it has grown long. */
static void shorten_log(int folder, int fd, off_t size)
{
    char *tail = (char *)malloc(LOG_KEEP);
    size_t len = 0;
    if (tail != NULL && read_at(fd, (uint64_t)size - LOG_KEEP, tail, LOG_KEEP, &len) == MMK_OK) {
        const char *line = (const char *)memchr(tail, '\n', len);
        const size_t skip = line != NULL ? (size_t)(line - tail) + 1 : 0;
        (void)replace_in(folder, LOG_NEW, MMKI_JOURNAL_LOG, tail + skip, len - skip, false);
    }
    free(tail);
}

/* One write, so that lines of two processes do not mix. */
static void append_line(int folder, const char *line)
{
    struct stat st;
    struct tm tm;
    char stamp[32];
    int fd;
    const time_t now = time(NULL);
    if (open_in(folder, MMKI_JOURNAL_LOG, O_RDWR | O_APPEND | O_CREAT, &fd) != MMK_OK)
        return;
    (void)gmtime_r(&now, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", &tm);
    const size_t len = strlen(stamp) + strlen(line) + 1;
    char *whole = (char *)malloc(len + 1);
    if (whole != NULL) {
        (void)snprintf(whole, len + 1, "%s%s\n", stamp, line);
        for (char *p = whole; p < whole + len - 1; p++)
            if (*p == '\n' || *p == '\r')
                *p = ' ';
        (void)write_all(fd, whole, len);
    }
    free(whole);
    if (fstat(fd, &st) == 0 && st.st_size > LOG_MAX)
        shorten_log(folder, fd, st.st_size);
    (void)close(fd);
}

static void journal_log(struct mmk_journal *self, const char *line)
{
    int folder;
    if (line == NULL || open_folder(self_of(self), true, &folder) != MMK_OK)
        return;
    append_line(folder, line);
    (void)close(folder);
}

/* ------------------------------------------------------------------ open and close */

static const struct mmk_journal_ops ops = {
    .lock = journal_lock,
    .unlock = journal_unlock,
    .read = journal_read,
    .append = journal_append,
    .sync = journal_sync,
    .reset = journal_reset,
    .status_write = journal_status_write,
    .status_read = journal_status_read,
    .log = journal_log,
};

mmk_err mmk_posix_journal_open(const char *registry_path, struct mmk_journal **out)
{
    if (registry_path == NULL || registry_path[0] == '\0' || out == NULL)
        return MMK_ERR_INVAL;
    struct dir_journal *j = (struct dir_journal *)calloc(1, sizeof *j);
    if (j == NULL)
        return MMK_ERR_NOMEM;
    j->base.ops = &ops;
    j->fd = -1;
    const mmk_err err = mmki_reg_absolute(registry_path, &j->path);
    if (err != MMK_OK) {
        free(j);
        return err;
    }
    *out = &j->base;
    return MMK_OK;
}

void mmk_posix_journal_close(struct mmk_journal *journal)
{
    struct dir_journal *j = self_of(journal);
    if (j == NULL)
        return;
    if (j->lock != NULL)
        journal_unlock(journal);
    free(j->path);
    free(j);
}
