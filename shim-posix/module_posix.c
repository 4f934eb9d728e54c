/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mmk/text.h>

#include "posix_internal.h"

/* ------------------------------------------------------------------ finding */

mmk_err mmki_module_source_init(struct mmki_module_source *source, const char *drivers_dir,
                                const struct mmk_posix_module *modules, size_t n_modules)
{
    if (!mmki_format(source->drivers_dir, sizeof source->drivers_dir, "%s",
                     drivers_dir != NULL ? drivers_dir : ""))
        return MMK_ERR_TOO_LONG;
    source->modules = modules;
    source->n_modules = modules != NULL ? n_modules : 0;
    return MMK_OK;
}

static const struct mmk_posix_module *find_builtin(const struct mmki_module_source *source,
                                                   const char *file)
{
    for (size_t i = 0; i < source->n_modules; i++) {
        if (mmk_name_equal(source->modules[i].file, file))
            return &source->modules[i];
    }
    return NULL;
}

static mmk_err find_file(const struct mmki_module_source *source, const char *file,
                         mmk_reg_view view, char *path, size_t cap)
{
    bool whole;
    if (strchr(file, '/') != NULL)
        whole = mmki_format(path, cap, "%s", file);
    else if (source->drivers_dir[0] == '\0')
        return MMK_ERR_NOT_FOUND;
    else
        whole = mmki_format(path, cap, "%s%s/%s", source->drivers_dir,
                            view != mmki_native_view() ? "/32" : "", file);
    if (!whole)
        return MMK_ERR_TOO_LONG;
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return MMK_ERR_NOT_FOUND;
    return MMK_OK;
}

mmk_err mmki_module_find(const struct mmki_module_source *source, const char *file,
                         mmk_reg_view view, struct mmki_module_place *place)
{
    if (file == NULL || *file == '\0')
        return MMK_ERR_INVAL;
    const struct mmk_posix_module *builtin =
        view == mmki_native_view() ? find_builtin(source, file) : NULL;
    if (builtin == NULL) {
        mmk_err err = find_file(source, file, view, place->path, sizeof place->path);
        if (err == MMK_OK)
            place->builtin = NULL;
        return err;
    }
    if (!mmki_format(place->path, sizeof place->path, "builtin:%s", builtin->file))
        return MMK_ERR_TOO_LONG;
    place->builtin = builtin;
    return MMK_OK;
}

/* ------------------------------------------------------------------ trying to load */

/* The child's word to its parent: one byte, then text. */
#define SAYS_LOADED 'L'
#define SAYS_FAILED 'F'

/** Nothing of the program's stays open in the child: a lock that it holds would stay held while the
 *  module hangs, even after the program itself is gone. */
static void close_all_but(int kept)
{
    const bool below = kept <= 3 || close_range(3, (unsigned)kept - 1, 0) == 0;
    if (below && close_range((unsigned)kept + 1, ~0u, 0) == 0)
        return;
    struct rlimit most = {1024, 1024}; /* a kernel before 5.9 */
    (void)getrlimit(RLIMIT_NOFILE, &most);
    for (int fd = 3; fd < 65536 && (rlim_t)fd < most.rlim_cur; fd++) {
        if (fd != kept)
            (void)close(fd);
    }
}

/** In the child, which shares nothing with the program any more: what goes wrong here stays here.
 *  It ends with the program that asked. */
static void child_loads(const char *path, int to_parent, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* gone before that was said */
    close_all_but(to_parent);
    static const int own_faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGALRM};
    for (size_t i = 0; i < sizeof own_faults / sizeof *own_faults; i++)
        signal(own_faults[i], SIG_DFL); /* not the program's handlers, nor a sanitizer's */
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        (void)dup2(null, fd); /* constructors that print */

    char says[512];
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module != NULL) {
        dlclose(module);
        says[0] = SAYS_LOADED;
        says[1] = '\0';
    } else {
        const char *why = dlerror();
        (void)mmki_format(says, sizeof says, "%c%s", SAYS_FAILED,
                          why != NULL ? why : "dlopen failed");
    }
    ssize_t written = write(to_parent, says, strlen(says));
    _exit(written > 0 ? 0 : 1);
}

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/** What the child says, until it ends or the time is over. @return false: time is over */
static bool hear_child(int from_child, uint64_t until_ms, char *text, size_t cap)
{
    size_t len = 0;
    for (;;) {
        uint64_t now = now_ms();
        struct pollfd fd = {.fd = from_child, .events = POLLIN};
        int ready = now < until_ms ? poll(&fd, 1, (int)(until_ms - now)) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        ssize_t n = read(from_child, text + len, cap - 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || len + (size_t)n == cap - 1) {
            text[n > 0 ? len + (size_t)n : len] = '\0';
            return true;
        }
        len += (size_t)n;
    }
}

/* A zombie's status is gone if the program ignores SIGCHLD, so what the child said decides and not
 * that. */
static void reap(pid_t child, int *status)
{
    *status = 0;
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
}

mmk_err mmki_module_try(const char *path, uint32_t timeout_ms, char *reason, size_t cap)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)mmki_format(reason, cap, "%s cannot be tried: no pipe (%s)", path, strerror(errno));
        return mmki_err_from_errno(errno);
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        child_loads(path, ends[1], parent);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        (void)mmki_format(reason, cap, "%s cannot be tried: no process (%s)", path,
                          strerror(errno));
        return MMK_ERR_NOMEM;
    }
    char says[512] = "";
    bool in_time = hear_child(ends[0], now_ms() + timeout_ms, says, sizeof says);
    close(ends[0]);
    if (!in_time)
        kill(child, SIGKILL);
    int status;
    reap(child, &status);
    if (!in_time) {
        (void)mmki_format(reason, cap, "%s hangs while it is loaded (%u ms)", path, timeout_ms);
        return MMK_ERR_TIMEOUT;
    }
    if (says[0] == SAYS_LOADED)
        return MMK_OK;
    if (says[0] == SAYS_FAILED) {
        (void)mmki_format(reason, cap, "%s does not load: %s", path, says + 1);
        return MMK_ERR_NOT_FOUND;
    }
    if (WIFSIGNALED(status))
        (void)mmki_format(reason, cap, "%s crashes while it is loaded (%s)", path,
                          strsignal(WTERMSIG(status)));
    else
        (void)mmki_format(reason, cap, "%s ends the program while it is loaded", path);
    return MMK_ERR_CRASHED;
}
