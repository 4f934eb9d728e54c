/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Keeping Wine out of a prefix whose files we edit. A wineserver reads the hives when it starts and
 * writes them when it likes, so it must neither run nor start meanwhile. It holds a lock on the
 * file `lock` in its own folder, server-<device>-<inode> of the prefix; one that finds the lock
 * taken ends at once. That folder is below /tmp/.wine-<uid>; Debian's is below
 * /run/user/<uid>/wine, or below a folder of /tmp that the prefix' file `wineserver` names. We take
 * that lock as it does: of a process that is killed it is free at once.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "prefix_internal.h"

#define LOOK_NS 50000000

static bool folder_name(const char *root, char *name, size_t cap)
{
    struct stat st;
    return stat(root, &st) == 0 &&
           mmki_format(name, cap, "server-%llx-%llx", (unsigned long long)st.st_dev,
                       (unsigned long long)st.st_ino);
}

/* What a Wine of Debian has noted in the prefix: a folder's name, or "". */
static void noted(const char *root, char *name, size_t cap)
{
    char path[MMKI_PATH_MAX];
    name[0] = 0;
    if (!mmki_format(path, sizeof path, "%s/wineserver", root))
        return;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    const ssize_t n = read(fd, name, cap - 1);
    name[n > 0 ? n : 0] = 0;
    (void)close(fd);
    name[strcspn(name, "/\r\n")] = 0;
}

/* One of ours alone: in the common /tmp anybody may have made it first. */
static bool is_private(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static mmk_err take(struct mmki_prefix_server *server, const char *base, const char *name,
                    bool make)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    char path[MMKI_PATH_MAX];
    if (make)
        (void)mkdir(base, 0700);
    if (server->n == MMKI_PREFIX_SERVERS || !is_private(base) ||
        !mmki_format(path, sizeof path, "%s/%s", base, name))
        return MMK_OK;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return MMK_OK;
    if (!is_private(path) || !mmki_format(path, sizeof path, "%s/%s/lock", base, name))
        return MMK_OK;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return mmki_err_from_errno(errno);
    if (fcntl(fd, F_SETLK, &whole) != 0) {
        (void)close(fd);
        return MMK_ERR_LOCKED;
    }
    server->fd[server->n++] = fd;
    return MMK_OK;
}

/* Wherever its folder is: a wineserver of ours works in it. */
static bool one_runs(const char *name)
{
    DIR *processes = opendir("/proc");
    bool found = false;
    if (processes == NULL)
        return false;
    for (const struct dirent *e = readdir(processes); e != NULL && !found; e = readdir(processes)) {
        char path[300], folder[MMKI_PATH_MAX];
        if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
            !mmki_format(path, sizeof path, "/proc/%s/cwd", e->d_name))
            continue;
        const ssize_t n = readlink(path, folder, sizeof folder - 1);
        folder[n > 0 ? n : 0] = 0;
        const char *last = strrchr(folder, '/');
        found = last != NULL && strcmp(last + 1, name) == 0;
    }
    (void)closedir(processes);
    return found;
}

mmk_err mmki_prefix_server_lock(struct mmki_prefix_server *server, const char *root)
{
    char name[80], note[64], base[MMKI_PATH_MAX];
    const unsigned user = (unsigned)geteuid();
    if (server->n > 0)
        return MMK_OK;
    if (!folder_name(root, name, sizeof name))
        return MMK_ERR_NOT_FOUND;
    noted(root, note, sizeof note);
    (void)mmki_format(base, sizeof base, "/tmp/.wine-%u", user);
    mmk_err err = take(server, base, name, true);
    (void)mmki_format(base, sizeof base, "/run/user/%u/wine", user);
    if (err == MMK_OK)
        err = take(server, base, name, false);
    (void)mmki_format(base, sizeof base, "/tmp/%s", note);
    if (err == MMK_OK && note[0] != 0)
        err = take(server, base, name, false);
    if (err == MMK_OK && one_runs(name))
        err = MMK_ERR_LOCKED;
    if (err != MMK_OK)
        mmki_prefix_server_unlock(server);
    return err;
}

/* The empty folders stay, as after Wine: another may be waiting at them. */
void mmki_prefix_server_unlock(struct mmki_prefix_server *server)
{
    while (server->n > 0)
        (void)close(server->fd[--server->n]);
}

bool mmki_prefix_server_held(const struct mmki_prefix_server *server)
{
    return server->n > 0;
}

mmk_err mmki_prefix_server_relock(struct mmki_prefix_server *server, const char *root,
                                  uint32_t timeout_ms)
{
    const struct timespec pause = {0, LOOK_NS};
    struct timespec begin, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        const mmk_err err = mmki_prefix_server_lock(server, root);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (err != MMK_ERR_LOCKED || (uint64_t)(now.tv_sec - begin.tv_sec) * 1000 > timeout_ms)
            return err;
        (void)nanosleep(&pause, NULL);
    }
}
