/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "prefix_internal.h"

/* A Wine of this host runs the entry `Trial` of the module in the prefix, as mmectl.exe does inside
 * it (shim-win32/trial_win32.c). */

#define KEEPS_RUNNING "mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe=" /* and opens nothing */

static bool is_program(const char *path)
{
    return strchr(path, '/') != NULL && access(path, X_OK) == 0;
}

static bool in_path(const char *name, char *out, size_t cap)
{
    const char *path = getenv("PATH");
    for (const char *p = path != NULL ? path : "/usr/bin:/bin"; *p != 0;) {
        const size_t len = strcspn(p, ":");
        if (len > 0 && mmki_format(out, cap, "%.*s/%s", (int)len, p, name) && is_program(out))
            return true;
        p += len + (p[len] == ':');
    }
    return false;
}

/* $WINELOADER, the loaders of Debian, what the PATH has; of that width first. */
static bool find_wine(bool wide, char *out, size_t cap)
{
    static const char *const names[2][4] = {
        {"/usr/lib/wine/wine", "wine", "/usr/lib/wine/wine64", "wine64"},
        {"/usr/lib/wine/wine64", "wine64", "/usr/lib/wine/wine", "wine"},
    };
    const char *asked = getenv("WINELOADER");
    if (asked != NULL && is_program(asked))
        return mmki_format(out, cap, "%s", asked);
    for (size_t i = 0; i < 4; i++) {
        const char *name = names[wide][i];
        if (name[0] == '/' ? is_program(name) && mmki_format(out, cap, "%s", name)
                           : in_path(name, out, cap))
            return true;
    }
    return false;
}

/* Beside the loader, or as Wine finds it. */
static bool find_server(const char *wine, char *out, size_t cap)
{
    static const char *const names[] = {"wineserver64", "wineserver"};
    const char *asked = getenv("WINESERVER");
    const char *slash = strrchr(wine, '/');
    if (asked != NULL && is_program(asked))
        return mmki_format(out, cap, "%s", asked);
    for (size_t i = 0; i < 2 && slash != NULL; i++)
        if (mmki_format(out, cap, "%.*s/%s", (int)(slash - wine), wine, names[i]) &&
            is_program(out))
            return true;
    return in_path("wineserver", out, cap);
}

/* In the child: nothing that allocates is needed after setenv, and there is one thread. */
static void run(char *const argv[], const char *root, int out)
{
    const int nothing = open("/dev/null", O_RDWR);
    (void)setpgid(0, 0);
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(nothing, STDERR_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)setenv("WINEPREFIX", root, 1);
    (void)setenv("WINEDEBUG", "-all", 0);
    (void)setenv("WINEDLLOVERRIDES", KEEPS_RUNNING, 0);
    (void)unsetenv("DISPLAY");
    (void)unsetenv("WAYLAND_DISPLAY");
    (void)execv(argv[0], argv);
    _exit(127);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What it says until its end. The wineserver that it starts has the pipe open as well, so the end
 * of the pipe is none. @return false: timeout_ms passed */
static bool listen_to(pid_t pid, int from, uint32_t timeout_ms, char *said, size_t cap, int *status)
{
    const uint64_t begin = now_ms();
    size_t len = 0;
    bool ended = false;
    while (!ended && now_ms() - begin < timeout_ms) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        ended = waitpid(pid, status, WNOHANG) == pid;
        while (poll(&wait, 1, ended ? 0 : 50) > 0 && (wait.revents & POLLIN) != 0) {
            char bytes[256];
            const ssize_t n = read(from, bytes, sizeof bytes);
            if (n <= 0)
                break;
            for (ssize_t i = 0; i < n && len + 1 < cap; i++)
                said[len++] = bytes[i];
        }
    }
    said[len] = 0;
    if (ended)
        return true;
    (void)kill(-pid, SIGKILL);
    (void)waitpid(pid, status, 0);
    return false;
}

/* Run one program to its end. @return MMK_OK; MMK_ERR_TIMEOUT; others: it could not be started */
static mmk_err run_to_end(char *const argv[], const char *root, uint32_t timeout_ms, char *said,
                          size_t cap, int *status)
{
    int pipes[2];
    said[0] = 0;
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return mmki_err_from_errno(errno);
    const pid_t pid = fork();
    if (pid == 0)
        run(argv, root, pipes[1]);
    (void)close(pipes[1]);
    const bool ended = pid > 0 && listen_to(pid, pipes[0], timeout_ms, said, cap, status);
    (void)close(pipes[0]);
    return ended ? MMK_OK : pid > 0 ? MMK_ERR_TIMEOUT : MMK_ERR_NOMEM;
}

/* A server that goes with its last program, instead of three seconds later. */
static void begin_server(const char *wine, const char *root, uint32_t timeout_ms)
{
    char server[MMKI_PATH_MAX], option[] = "-p0", said[8];
    char *const argv[] = {server, option, NULL};
    int status;
    if (find_server(wine, server, sizeof server))
        (void)run_to_end(argv, root, timeout_ms, said, sizeof said, &status);
}

#define WIDTH_TRIES 3u

struct trial {
    const struct mmki_prefix *prefix;
    mmk_reg_view view;
    uint32_t timeout_ms;
    char wine[MMKI_PATH_MAX];
    char said[256];
    int status;
};

/* A program of the view's system folder, with words. */
static mmk_err run_program(struct trial *t, const char *name, const char *first, const char *second,
                           const char *third)
{
    const bool wow = t->view == MMK_VIEW_32 && !t->prefix->is_win32;
    char program[128], words[3][160];
    char *argv[6] = {t->wine, program};
    const char *const given[3] = {first, second, third};
    (void)mmki_format(program, sizeof program, "C:\\windows\\%s\\%s", wow ? "syswow64" : "system32",
                      name);
    for (size_t i = 0; i < 3 && given[i] != NULL; i++) {
        (void)mmki_format(words[i], sizeof words[i], "%s", given[i]);
        argv[2 + i] = words[i];
    }
    return run_to_end(argv, t->prefix->root, t->timeout_ms, t->said, sizeof t->said, &t->status);
}

static bool ended_well(const struct trial *t)
{
    return WIFEXITED(t->status) && WEXITSTATUS(t->status) == 0;
}

/* A Wine without a 32-bit half starts such programs, and they do nothing and end well; each time.
 * One that fails otherwise (the server before it may just be going) says nothing about its width.
 */
static bool width_runs(struct trial *t)
{
    for (unsigned i = 0; i < WIDTH_TRIES; i++) {
        const mmk_err err = run_program(t, "cmd.exe", "/c", "echo", "ok");
        if (err != MMK_OK || !ended_well(t) || t->said[0] != 0)
            return true;
    }
    return false;
}

static mmk_err judge(struct trial *t, char *reason, size_t cap)
{
    const int status = t->status;
    if (strcmp(t->said, "ok") == 0 && ended_well(t))
        return MMK_OK;
    if (t->said[0] != 0) {
        (void)mmki_format(reason, cap, "%s", t->said);
        return MMK_ERR_STATE;
    }
    if (!width_runs(t)) {
        (void)mmki_format(reason, cap, "this Wine runs no programs of that width");
        return MMK_ERR_UNSUPPORTED;
    }
    (void)mmki_format(reason, cap, "it ended with status 0x%x and said nothing", (unsigned)status);
    return MMK_ERR_CRASHED;
}

mmk_err mmki_prefix_try(const struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                        uint32_t timeout_ms, char *reason, size_t cap)
{
    struct trial t = {.prefix = prefix, .view = view, .timeout_ms = timeout_ms};
    char words[128];
    if (!find_wine(view == MMK_VIEW_64 && !prefix->is_win32, t.wine, sizeof t.wine)) {
        (void)mmki_format(reason, cap, "there is no Wine here to try it with");
        return MMK_ERR_UNSUPPORTED;
    }
    if (!mmki_format(words, sizeof words, "C:\\windows\\system32\\%s,Trial", file))
        return MMK_ERR_TOO_LONG;
    begin_server(t.wine, prefix->root, timeout_ms);
    const mmk_err err = run_program(&t, "rundll32.exe", words, NULL, NULL);
    if (err == MMK_OK)
        return judge(&t, reason, cap);
    if (err == MMK_ERR_TIMEOUT)
        (void)mmki_format(reason, cap, "it did not come to its end within %u s", timeout_ms / 1000);
    else
        (void)mmki_format(reason, cap, "no program can be started: %s", mmk_err_text(err));
    return err == MMK_ERR_TIMEOUT ? err : MMK_ERR_UNSUPPORTED;
}
