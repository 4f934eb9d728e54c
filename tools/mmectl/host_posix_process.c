/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/* ------------------------------------------------------------------ the process */

void host_begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static volatile sig_atomic_t caught; /* the signal, or 0 */

static void on_signal(int number)
{
    caught = number;
}

/* The second Ctrl-C ends the program whatever it is waiting for. */
void host_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL); /* nohup's and background jobs' wish stays */
    }
}

bool host_interrupted(void)
{
    return caught != 0;
}

void host_end_interrupted(void)
{
    int number = caught ? caught : SIGINT;
    signal(number, SIG_DFL);
    raise(number);
}

bool host_setenv(const char *name, const char *value)
{
    return setenv(name, value, 1) == 0;
}

void host_sleep_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

void host_write(FILE *stream, const char *text)
{
    fputs(text, stream);
}

bool host_has_escapes(FILE *stream)
{
    const char *term = getenv("TERM");
    return host_is_terminal(stream) && !(term && strcmp(term, "dumb") == 0);
}

uint64_t host_clock_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + 1;
}

bool host_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

unsigned host_console_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* ------------------------------------------------------------------ files */

FILE *host_fopen(const char *path, const char *mode)
{
    return fopen(path, mode);
}

bool host_seek(FILE *file, uint64_t offset)
{
    return offset <= INT64_MAX && fseeko(file, (off_t)offset, SEEK_SET) == 0;
}

uint64_t host_length(FILE *file)
{
    off_t end = fseeko(file, 0, SEEK_END) == 0 ? ftello(file) : -1;
    return end < 0 ? UINT64_MAX : (uint64_t)end;
}

bool host_full_path(const char *path, char *out, size_t cap)
{
    char *real = realpath(path, NULL);
    bool fits = real && strlen(real) < cap;
    if (fits)
        strcpy(out, real);
    free(real);
    return fits;
}

const char *host_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool host_same_file(const char *a, const char *b)
{
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

enum host_file_kind host_file_kind(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return HOST_FILE_NONE;
    if (S_ISREG(st.st_mode))
        return HOST_FILE_REGULAR;
    return S_ISDIR(st.st_mode) ? HOST_FILE_FOLDER : HOST_FILE_OTHER;
}

static mmk_err failed(const char *path, const char *what, char *why, size_t cap)
{
    int code = errno;
    snprintf(why, cap, "%s %s: %s", path, what, strerror(code));
    if (code == ENOSPC || code == EDQUOT || code == EFBIG)
        return MMK_ERR_NO_SPACE;
    return code == EACCES || code == EPERM || code == EROFS ? MMK_ERR_ACCESS : MMK_ERR_IO;
}

/* Where the name leads to: a link stays a link, its target is replaced. */
static mmk_err resolve(struct host_new_file *file, const char *path, char *why, size_t cap)
{
    struct stat st;
    char *real = realpath(path, NULL);
    if (!real && lstat(path, &st) == 0) {
        snprintf(why, cap, "%s is a link that leads nowhere", path);
        return MMK_ERR_NOT_FOUND;
    }
    const char *target = real ? real : path;
    size_t len = strlen(target);
    if (len < sizeof file->path)
        memcpy(file->path, target, len + 1);
    free(real);
    if (len >= sizeof file->path) {
        snprintf(why, cap, "the name %.60s... is too long", path);
        return MMK_ERR_TOO_LONG;
    }
    return MMK_OK;
}

static mmk_err may_replace(const char *path, char *why, size_t cap)
{
    enum host_file_kind kind = host_file_kind(path);
    if (kind == HOST_FILE_NONE)
        return MMK_OK;
    if (kind != HOST_FILE_REGULAR) {
        snprintf(why, cap, "%s is %s and is not replaced", path,
                 kind == HOST_FILE_FOLDER ? "a folder" : "no regular file");
        return MMK_ERR_EXISTS;
    }
    if (access(path, W_OK) != 0)
        return failed(path, "may not be replaced", why, cap);
    return MMK_OK;
}

mmk_err host_new_file_begin(struct host_new_file *file, const char *path, char *why, size_t cap)
{
    mmk_err err = resolve(file, path, why, cap);
    if (!err)
        err = may_replace(file->path, why, cap);
    if (err)
        return err;
    snprintf(file->temp, sizeof file->temp, "%s.XXXXXX", file->path);
    int fd = mkstemp(file->temp);
    if (fd < 0)
        return failed(path, "cannot be written", why, cap);
    close(fd);
    return MMK_OK;
}

static mode_t wanted_mode(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        return st.st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* a folder that may be written but not read: nothing more can be done */
    int result = fsync(fd);
    close(fd);
    return result == 0 || errno == EINVAL ? 0 : -1;
}

mmk_err host_new_file_commit(struct host_new_file *file, char *why, size_t cap)
{
    int fd = open(file->temp, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(file->path, "cannot be written", why, cap);
    int bad = fchmod(fd, wanted_mode(file->path)) != 0 || fsync(fd) != 0;
    int code = errno;
    close(fd);
    errno = code;
    if (bad || rename(file->temp, file->path) != 0 || sync_folder(file->path) != 0)
        return failed(file->path, "cannot be written", why, cap);
    return MMK_OK;
}

void host_new_file_abort(struct host_new_file *file)
{
    unlink(file->temp);
}
