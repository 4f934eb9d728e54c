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

/* In the child: nothing that allocates is needed after setenv, and there is one thread. */
static void run(const char *wine, const char *root, const char *program, const char *words, int out)
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
    (void)execl(wine, wine, program, words, (char *)NULL);
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

static mmk_err judge(const char *said, int status, char *reason, size_t cap)
{
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (strcmp(said, "ok") == 0 && well)
        return MMK_OK;
    if (said[0] != 0) {
        (void)mmki_format(reason, cap, "%s", said);
        return MMK_ERR_STATE;
    }
    if (well) {
        (void)mmki_format(reason, cap, "this Wine runs no programs of that width");
        return MMK_ERR_UNSUPPORTED;
    }
    (void)mmki_format(reason, cap, "it ended with status 0x%x and said nothing", (unsigned)status);
    return MMK_ERR_CRASHED;
}

mmk_err mmki_prefix_try(const struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                        uint32_t timeout_ms, char *reason, size_t cap)
{
    const bool wide = view == MMK_VIEW_64 && !prefix->is_win32;
    const bool wow = view == MMK_VIEW_32 && !prefix->is_win32;
    char wine[MMKI_PATH_MAX], words[128], said[256] = "";
    int pipes[2], status = 0;
    if (!find_wine(wide, wine, sizeof wine)) {
        (void)mmki_format(reason, cap, "there is no Wine here to try it with");
        return MMK_ERR_UNSUPPORTED;
    }
    if (!mmki_format(words, sizeof words, "C:\\windows\\system32\\%s,Trial", file))
        return MMK_ERR_TOO_LONG;
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return mmki_err_from_errno(errno);
    const pid_t pid = fork();
    if (pid == 0)
        run(wine, prefix->root,
            wow ? "C:\\windows\\syswow64\\rundll32.exe" : "C:\\windows\\system32\\rundll32.exe",
            words, pipes[1]);
    (void)close(pipes[1]);
    bool ended = false;
    if (pid > 0)
        ended = listen_to(pid, pipes[0], timeout_ms, said, sizeof said, &status);
    (void)close(pipes[0]);
    if (pid > 0 && ended)
        return judge(said, status, reason, cap);
    (void)mmki_format(reason, cap,
                      pid > 0 ? "it did not come to its end within %u s"
                              : "no program can be started",
                      timeout_ms / 1000);
    return pid > 0 ? MMK_ERR_TIMEOUT : MMK_ERR_UNSUPPORTED;
}
