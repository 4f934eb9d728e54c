/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Installing without any tool:
 *
 *     rundll32 mmewave.drv,Install   [/quiet] [/interactive] [/force] [/alias:wave3] [/rate:44100
 * ...] rundll32 mmewave.drv,Uninstall [/quiet] [/keep-settings] [/force]
 *
 * Both send the driver its own DRV_INSTALL or DRV_REMOVE, as a setup program would, so there is one
 * way to install and not two. Words that are none of the above are settings, written as in the
 * alias text. The module has to lie in its system folder already: files are copied by whoever calls
 * this (mmekit.inf, the setup program).
 *
 * Without /quiet a message box says what happened and, on failure, what to do about it; the line
 * goes to standard error in any case, and the whole result to the status file. rundll32 ends with
 * the exit code of a Windows installer: 0, 1602, 1603, 1610, 1618, 1639, 3010. Any other program
 * that calls these functions goes on.
 *
 * /inf is for mmekit.inf, whose batch line can only tell zero from the rest: 0 means that after
 * this the module's files are needed (Install) or may go (Uninstall).
 */
#include "win32_internal.h"

#include <mmsystem.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/param.h>
#include <mmk/shipped.h>
#include <mmk/text.h>

#define COMMAND_BYTES 4096u
#define BOX_UNITS     1024u

/* of Windows Installer, as mmectl's */
enum {
    EXIT_OK = 0,
    EXIT_USER_CANCELLED = 1602,
    EXIT_FAILED = 1603,
    EXIT_NOT_INSTALLED = 1610,
    EXIT_BUSY = 1618,
    EXIT_USAGE = 1639,
    EXIT_RESTART = 3010
};

LRESULT CALLBACK DriverProc(DWORD_PTR id, HDRVR hdrvr, UINT msg, LPARAM lparam1, LPARAM lparam2);
void CALLBACK Install(HWND window, HINSTANCE module, LPSTR command, int show);
void CALLBACK Uninstall(HWND window, HINSTANCE module, LPSTR command, int show);

/* ------------------------------------------------------------------ the command's words */

struct command {
    bool quiet;
    bool inf;
    uint32_t flags; /* MMK_INSTALL_* */
    char alias[64];
    struct mmk_assignment assignments[MMK_PARAMS_MAX];
    char values[MMK_PARAMS_MAX][MMK_SETTING_TEXT_MAX];
    size_t n_assignments;
    char wrong[MMK_SETTING_TEXT_MAX]; /* the first word that means nothing, or "" */
};

struct word {
    const char *name;
    uint32_t flag; /* MMK_INSTALL_*, or 0 */
};
static const struct word words[] = {
    {"quiet", 0},
    {"inf", 0},
    {"interactive", MMK_INSTALL_INTERACTIVE | MMK_INSTALL_USER_FALLBACK},
    {"force", MMK_INSTALL_FORCE},
    {"keep-settings", MMK_INSTALL_KEEP_SETTINGS},
};

static bool take_word(struct command *command, const char *key)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!mmk_name_equal(key, words[i].name))
            continue;
        command->flags |= words[i].flag;
        command->quiet = command->quiet || i == 0 || i == 1;
        command->inf = command->inf || i == 1;
        return true;
    }
    return false;
}

static bool copy_text(char *to, size_t cap, const char *from, size_t len)
{
    if (len >= cap)
        return false;
    memcpy(to, from, len);
    to[len] = 0;
    return true;
}

static bool take_setting(struct command *command, const char *key, const char *value)
{
    const struct mmk_param_table *table = MMK_DRIVER_CLASS.product->params;
    const size_t at = command->n_assignments;
    if (at == MMK_PARAMS_MAX ||
        !copy_text(command->values[at], MMK_SETTING_TEXT_MAX, value, strlen(value)))
        return false;
    for (size_t i = 0; i < table->n_params; i++) {
        const struct mmk_param *param = &table->params[i];
        if (!mmk_name_equal(key, param->name) &&
            (param->alias_key == NULL || !mmk_name_equal(key, param->alias_key)))
            continue;
        command->assignments[at] = (struct mmk_assignment){param->name, command->values[at]};
        command->n_assignments++;
        return true;
    }
    return false;
}

static mmk_err take_piece(void *user, const char *raw, size_t len, const char *key,
                          const char *value)
{
    struct command *command = user;
    bool known = false;
    if (key != NULL && value == NULL)
        known = take_word(command, key);
    else if (key != NULL && mmk_name_equal(key, "alias"))
        known = copy_text(command->alias, sizeof command->alias, value, strlen(value));
    else if (key != NULL)
        known = take_setting(command, key, value);
    if (!known && command->wrong[0] == 0 &&
        !copy_text(command->wrong, sizeof command->wrong, raw, len))
        copy_text(command->wrong, sizeof command->wrong, raw, sizeof command->wrong - 1);
    return MMK_OK;
}

/* rundll32 hands the text of an undecorated function over in the ANSI code page. */
static void read_command(const char *ansi, struct command *command)
{
    WCHAR wide[COMMAND_BYTES / 2];
    char text[COMMAND_BYTES];
    memset(command, 0, sizeof *command);
    if (ansi == NULL || ansi[0] == 0)
        return;
    const int n = MultiByteToWideChar(CP_ACP, 0, ansi, -1, wide, COMMAND_BYTES / 2);
    if (n <= 0 || mmki_narrow(wide, (size_t)n - 1, text, sizeof text) != MMK_OK)
        mmki_format(command->wrong, sizeof command->wrong, "a command line of that length");
    else if (mmk_alias_walk(text, take_piece, command) != MMK_OK)
        mmki_format(command->wrong, sizeof command->wrong, "a quote that is not closed");
}

/* ------------------------------------------------------------------ the conversation */

static bool in_rundll32(void)
{
    WCHAR path[MMKI_PATH_UNITS];
    const DWORD n = GetModuleFileNameW(NULL, path, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return false;
    const WCHAR *name = wcsrchr(path, L'\\');
    return _wcsicmp(name != NULL ? name + 1 : path, L"rundll32.exe") == 0;
}

static void send_verb(UINT msg, HWND window, const struct command *command, DWORD_PTR id,
                      struct mmk_install_report *report)
{
    struct mmk_driver_attachment attachment = {.size_bytes = sizeof attachment, .report = report};
    WCHAR alias[64];
    DRVCONFIGINFO info = {.dwDCISize = sizeof info, .lpszDCIAliasName = alias};
    const bool named = command->alias[0] != 0 && msg == DRV_INSTALL;
    attachment.request.flags = command->flags;
    attachment.request.assignments = command->assignments;
    attachment.request.n_assignments = command->n_assignments;
    if (named && mmki_wide(command->alias, alias, 64) != MMK_OK)
        return;
    DriverProc(id, NULL, MMK_DRVM_ATTACH, (LPARAM)&attachment, MMK_DRVM_ATTACH_MAGIC);
    DriverProc(id, NULL, msg, (LPARAM)window, named ? (LPARAM)&info : 0);
}

/** Our own rundll32 has no other user of the module. Elsewhere one may have it open: then LOAD and
 *  ENABLE change nothing, and DISABLE and FREE, which would end that one's sound, are left out. */
static void converse(UINT msg, HWND window, const struct command *command,
                     struct mmk_install_report *report)
{
    *report = (struct mmk_install_report){.reason = MMK_REASON_IO};
    mmki_format(report->text, sizeof report->text, "the driver does not start");
    if (DriverProc(0, NULL, DRV_LOAD, 0, 0) == 0)
        return;
    DriverProc(0, NULL, DRV_ENABLE, 0, 0);
    const DWORD_PTR id = (DWORD_PTR)DriverProc(0, NULL, DRV_OPEN, 0, 0);
    if (id != 0) {
        send_verb(msg, window, command, id, report);
        DriverProc(id, NULL, DRV_CLOSE, 0, 0);
    }
    if (in_rundll32()) {
        DriverProc(0, NULL, DRV_DISABLE, 0, 0);
        DriverProc(0, NULL, DRV_FREE, 0, 0);
    }
}

/* ------------------------------------------------------------------ the answer */

static unsigned exit_code(const struct mmk_install_report *report)
{
    if (report->answer == MMK_DRVCNF_OK)
        return EXIT_OK;
    if (report->answer == MMK_DRVCNF_RESTART)
        return EXIT_RESTART;
    switch ((unsigned)report->reason) {
    case MMK_REASON_USER:
        return EXIT_USER_CANCELLED;
    case MMK_REASON_LOCKED:
        return EXIT_BUSY;
    case MMK_REASON_BAD_REQUEST:
    case MMK_REASON_BAD_SETTING:
    case MMK_REASON_ALIAS_TOO_LONG:
        return EXIT_USAGE;
    case MMK_REASON_NOT_INSTALLED:
        return EXIT_NOT_INSTALLED;
    default:
        return EXIT_FAILED;
    }
}

static bool is_installed(void)
{
    const char *const file = MMK_DRIVER_CLASS.product->file;
    static struct mmk_win32_memory memory;
    struct mmk_win32 *win32;
    struct mmk_installed found;
    if (mmk_win32_init(&memory, NULL, &win32) != MMK_OK)
        return false;
    for (uint32_t i = 0; mmk_install_enum(mmk_win32_port(win32), i, &found) == MMK_OK; i++)
        if (mmk_name_equal(found.file, file))
            return true;
    return false;
}

/** What mmekit.inf wants to know: whether to go on as after success. */
static unsigned inf_code(UINT msg, unsigned code)
{
    if (code == EXIT_RESTART || (msg == DRV_REMOVE && code == EXIT_NOT_INSTALLED))
        return EXIT_OK;
    if (msg == DRV_INSTALL && code != EXIT_OK && is_installed()) /* an upgrade that failed */
        return EXIT_OK;
    return code;
}

static void tell(HWND window, bool quiet, bool good, const char *text)
{
    const char *const title = MMK_DRIVER_CLASS.product->title;
    WCHAR wide_text[BOX_UNITS], wide_title[128];
    HANDLE err = GetStdHandle(STD_ERROR_HANDLE);
    DWORD n;
    if (!good && err != NULL && err != INVALID_HANDLE_VALUE) {
        char line[BOX_UNITS];
        mmki_format(line, sizeof line, "%s: %s\r\n", title, text);
        WriteFile(err, line, (DWORD)strlen(line), &n, NULL);
    }
    if (quiet || mmki_wide(text, wide_text, BOX_UNITS) != MMK_OK ||
        mmki_wide(title, wide_title, 128) != MMK_OK)
        return;
    MessageBoxW(IsWindow(window) ? window : NULL, wide_text, wide_title,
                (good ? MB_ICONINFORMATION : MB_ICONERROR) | MB_SETFOREGROUND);
}

static void run(UINT msg, HWND window, const char *command_line)
{
    struct mmk_install_report report;
    struct command command;
    unsigned code = EXIT_USAGE;
    read_command(command_line, &command);
    if (command.wrong[0] != 0) {
        mmki_format(report.text, sizeof report.text,
                    "%s is not understood; known: /quiet /interactive /force /keep-settings "
                    "/alias:NAME, and settings as in /rate:44100",
                    command.wrong);
    } else {
        converse(msg, window, &command, &report);
        code = exit_code(&report);
    }
    tell(window, command.quiet, code == EXIT_OK || code == EXIT_RESTART, report.text);
    if (command.inf)
        code = inf_code(msg, code);
    if (in_rundll32())
        ExitProcess(code);
}

void CALLBACK Install(HWND window, HINSTANCE module, LPSTR command, int show)
{
    (void)module;
    (void)show;
    run(DRV_INSTALL, window, command);
}

void CALLBACK Uninstall(HWND window, HINSTANCE module, LPSTR command, int show)
{
    (void)module;
    (void)show;
    run(DRV_REMOVE, window, command);
}
