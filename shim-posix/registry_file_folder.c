/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE /* flock, realpath */
#include "registry_file_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "posix_internal.h"

#define LOCK_NAME   "lock"
#define LINKS_MAX   40
#define WAIT_MAX_NS 10000000L /* between two tries */
#define BUSY_MAX    100       /* times that the folder may vanish under us once the time is over */
#define WAIT_MIN_NS 500000L

/* ------------------------------------------------------------------ names */

char *mmki_reg_join(const char *a, const char *b)
{
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    char *out = (char *)malloc(a_len + b_len + 1);
    if (out != NULL) {
        memcpy(out, a, a_len);
        memcpy(out + a_len, b, b_len + 1);
    }
    return out;
}

mmk_err mmki_reg_absolute(const char *path, char **out)
{
    if (path[0] == '/') {
        *out = strdup(path);
        return *out != NULL ? MMK_OK : MMK_ERR_NOMEM;
    }
    char *here = getcwd(NULL, 0);
    if (here == NULL)
        return mmki_err_from_errno(errno);
    char *with_slash = mmki_reg_join(here, "/");
    free(here);
    *out = with_slash != NULL ? mmki_reg_join(with_slash, path) : NULL;
    free(with_slash);
    return *out != NULL ? MMK_OK : MMK_ERR_NOMEM;
}

/* The folder part of a path with its slash, and `name` behind it. */
static char *sibling(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    char *out = (char *)malloc(folder + strlen(name) + 1);
    if (out != NULL) {
        memcpy(out, path, folder);
        strcpy(out + folder, name);
    }
    return out;
}

static char *read_link(const char *path, off_t size)
{
    const size_t cap = size > 0 ? (size_t)size + 1 : MMKI_PATH_MAX;
    char *link = (char *)malloc(cap + 1);
    const ssize_t n = link != NULL ? readlink(path, link, cap) : -1;
    if (n < 0) {
        free(link);
        return NULL;
    }
    link[n] = '\0';
    return link;
}

mmk_err mmki_reg_target(const char *path, char **out)
{
    char *at = strdup(path);
    for (int i = 0; at != NULL && i < LINKS_MAX; i++) {
        struct stat st;
        if (lstat(at, &st) != 0 || !S_ISLNK(st.st_mode)) {
            *out = at;
            return MMK_OK; /* what is wrong with it shows when it is opened */
        }
        char *link = read_link(at, st.st_size);
        char *next = link == NULL ? NULL : link[0] == '/' ? strdup(link) : sibling(at, link);
        free(link);
        free(at);
        at = next;
    }
    const bool too_many = at != NULL;
    free(at);
    return too_many ? MMK_ERR_IO : MMK_ERR_NOMEM;
}

mmk_err mmki_reg_sync_folder_of(const char *target)
{
    char *folder = sibling(target, ".");
    if (folder == NULL)
        return MMK_ERR_NOMEM;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return mmki_err_from_errno(errno);
    /* EINVAL: a file system whose folders need no sync */
    const mmk_err err = fsync(fd) == 0 || errno == EINVAL ? MMK_OK : mmki_err_from_errno(errno);
    (void)close(fd);
    return err;
}

/* ------------------------------------------------------------------ folder */

/* Beside the file; a name that ends with a slash is the folder itself. */
static char *folder_of(const char *target)
{
    const size_t len = strlen(target);
    if (len < 2 || target[len - 1] != '/')
        return mmki_reg_join(target, MMKI_REG_FOLDER_SUFFIX);
    char *folder = strdup(target);
    if (folder != NULL)
        folder[len - 1] = '\0';
    return folder;
}

/* Open the folder, made first if asked. Whoever drops the lock may take it away between the two:
 * again then.
 * @return its descriptor, or -1 and errno */
static int make_and_open(const char *folder, bool make)
{
    for (;;) {
        const bool made = make && mkdir(folder, 0700) == 0;
        const bool was_there = make && !made && errno == EEXIST;
        if (make && !made && !was_there)
            return -1;
        const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 || errno != ENOENT || !make)
            return fd;
    }
}

mmk_err mmki_reg_open_folder(const char *target, bool make, int *fd)
{
    struct stat st;
    char *folder = folder_of(target);
    if (folder == NULL)
        return MMK_ERR_NOMEM;
    const int opened = make_and_open(folder, make);
    const int number = errno;
    free(folder);
    if (opened < 0)
        return number == ELOOP || number == ENOTDIR ? MMK_ERR_ACCESS : mmki_err_from_errno(number);
    if (fstat(opened, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
        (void)close(opened);
        return MMK_ERR_ACCESS;
    }
    *fd = opened;
    return MMK_OK;
}

/* Does nothing to a folder in which there is anything. */
static void remove_folder(const char *target)
{
    char *folder = folder_of(target);
    if (folder != NULL)
        (void)rmdir(folder);
    free(folder);
}

/* What must outlive the lock: the journal, and the status of any driver. */
static bool is_needed(const char *name)
{
    return strcmp(name, MMKI_JOURNAL_NAME) == 0 ||
           strncmp(name, MMKI_JOURNAL_STATUS, strlen(MMKI_JOURNAL_STATUS)) == 0;
}

/* What comes and goes with the folder. Anything else is not ours and keeps it. */
static bool is_passing(const char *name)
{
    return strcmp(name, LOCK_NAME) == 0 || strcmp(name, MMKI_JOURNAL_LOG) == 0 ||
           strncmp(name, MMKI_JOURNAL_TEMP, strlen(MMKI_JOURNAL_TEMP)) == 0;
}

/* Walk the folder. @return whether anything in it is needed; `clear`: unlink what is passing */
static bool walk_folder(int folder, bool clear)
{
    bool needed = false;
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    if (dir == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return true;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        needed = needed || is_needed(e->d_name);
        if (clear && is_passing(e->d_name))
            (void)unlinkat(folder, e->d_name, 0);
    }
    (void)closedir(dir);
    return needed;
}

/* ------------------------------------------------------------------ lock */

struct mmki_reg_lock {
    struct mmki_reg_lock *next;
    char *target;
    int folder;
    int fd;
    dev_t dev;
    ino_t ino;
    pthread_t owner;
    unsigned count;
};

/* The locks that this process holds, so that a flush by the thread that holds the journal's lock
 * does not wait for itself. */
static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mmki_reg_lock *held;

static struct mmki_reg_lock *find_held(const struct stat *st)
{
    struct mmki_reg_lock *found = NULL;
    (void)pthread_mutex_lock(&held_mutex);
    for (struct mmki_reg_lock *l = held; l != NULL && found == NULL; l = l->next)
        if (l->dev == st->st_dev && l->ino == st->st_ino && pthread_equal(l->owner, pthread_self()))
            found = l;
    if (found != NULL)
        found->count++;
    (void)pthread_mutex_unlock(&held_mutex);
    return found;
}

static void add_held(struct mmki_reg_lock *lock)
{
    (void)pthread_mutex_lock(&held_mutex);
    lock->next = held;
    held = lock;
    (void)pthread_mutex_unlock(&held_mutex);
}

/* @return whether that was the last use of it */
static bool release_held(struct mmki_reg_lock *lock)
{
    (void)pthread_mutex_lock(&held_mutex);
    const bool last = --lock->count == 0;
    struct mmki_reg_lock **at = &held;
    while (last && *at != NULL && *at != lock)
        at = &(*at)->next;
    if (last && *at != NULL)
        *at = lock->next;
    (void)pthread_mutex_unlock(&held_mutex);
    return last;
}

/* Whether the names still lead to what we locked: the last holder may have removed both. */
static bool still_there(const char *target, int folder, const struct stat *locked)
{
    struct stat by_name;
    struct stat opened;
    char *path = folder_of(target);
    const bool folder_same = path != NULL && lstat(path, &by_name) == 0 &&
                             fstat(folder, &opened) == 0 && by_name.st_ino == opened.st_ino &&
                             by_name.st_dev == opened.st_dev;
    free(path);
    return folder_same && fstatat(folder, LOCK_NAME, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
           by_name.st_ino == locked->st_ino && by_name.st_dev == locked->st_dev;
}

/* One try. MMK_ERR_BUSY: the folder vanished meanwhile, try again at once. On MMK_OK *fd and
 * *folder are ours, unless *inner is set. */
static mmk_err try_lock(const char *target, bool reenter, int *folder, int *fd, struct stat *st,
                        struct mmki_reg_lock **inner)
{
    *inner = NULL;
    mmk_err err = mmki_reg_open_folder(target, true, folder);
    if (err != MMK_OK)
        return err;
    *fd = openat(*folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        err = errno == ENOENT ? MMK_ERR_BUSY : mmki_err_from_errno(errno);
        (void)close(*folder);
        remove_folder(target); /* in case we made it, say on a full disk */
        return err;
    }
    if (fstat(*fd, st) != 0)
        err = mmki_err_from_errno(errno);
    else if (reenter && (*inner = find_held(st)) != NULL)
        err = MMK_OK;
    else if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        err = errno == EWOULDBLOCK ? MMK_ERR_LOCKED
              : errno == EINTR     ? MMK_ERR_BUSY
                                   : mmki_err_from_errno(errno);
    else if (!still_there(target, *folder, st))
        err = MMK_ERR_BUSY;
    if (err != MMK_OK || *inner != NULL) {
        (void)close(*fd);
        (void)close(*folder);
    }
    return err;
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static mmk_err wait_for_lock(const char *target, uint32_t timeout_ms, bool reenter, int *folder,
                             int *fd, struct stat *st, struct mmki_reg_lock **inner)
{
    const uint64_t begin = now_ms();
    long wait_ns = WAIT_MIN_NS;
    int n_busy = 0;
    for (;;) {
        const mmk_err err = try_lock(target, reenter, folder, fd, st, inner);
        if (err != MMK_ERR_LOCKED && err != MMK_ERR_BUSY)
            return err;
        n_busy += err == MMK_ERR_BUSY;
        if (now_ms() - begin >= timeout_ms && (err == MMK_ERR_LOCKED || n_busy > BUSY_MAX))
            return MMK_ERR_LOCKED;
        if (err == MMK_ERR_LOCKED) {
            const struct timespec pause = {0, wait_ns};
            (void)nanosleep(&pause, NULL);
            wait_ns = wait_ns * 2 < WAIT_MAX_NS ? wait_ns * 2 : WAIT_MAX_NS;
        }
    }
}

/* What a holder that was killed may have left half written. */
static void remove_leftovers(const struct mmki_reg_lock *lock)
{
    char *temp = mmki_reg_join(lock->target, MMKI_REG_TEMP_SUFFIX);
    if (temp != NULL)
        (void)unlink(temp);
    free(temp);
    (void)unlinkat(lock->folder, MMKI_JOURNAL_TEMP "journal", 0);
}

mmk_err mmki_reg_lock_take(const char *path, uint32_t timeout_ms, bool reenter,
                           struct mmki_reg_lock **out)
{
    struct stat st;
    struct mmki_reg_lock *inner;
    int folder = -1;
    int fd = -1;
    char *target;
    mmk_err err = mmki_reg_target(path, &target);
    if (err != MMK_OK)
        return err;
    struct mmki_reg_lock *lock = (struct mmki_reg_lock *)malloc(sizeof *lock);
    err = lock == NULL ? MMK_ERR_NOMEM
                       : wait_for_lock(target, timeout_ms, reenter, &folder, &fd, &st, &inner);
    if (err != MMK_OK || inner != NULL) {
        free(lock);
        free(target);
        if (err == MMK_OK)
            *out = inner;
        return err;
    }
    *lock =
        (struct mmki_reg_lock){NULL, target, folder, fd, st.st_dev, st.st_ino, pthread_self(), 1};
    add_held(lock);
    remove_leftovers(lock);
    *out = lock;
    return MMK_OK;
}

void mmki_reg_lock_drop(struct mmki_reg_lock *lock)
{
    if (lock == NULL || !release_held(lock))
        return;
    if (!walk_folder(lock->folder, false)) {
        (void)walk_folder(lock->folder, true);
        remove_folder(lock->target); /* stays where somebody put a file into it just now */
    }
    (void)close(lock->fd);
    (void)close(lock->folder);
    free(lock->target);
    free(lock);
}

const char *mmki_reg_lock_target(const struct mmki_reg_lock *lock)
{
    return lock->target;
}

int mmki_reg_lock_folder(const struct mmki_reg_lock *lock)
{
    return lock->folder;
}
