/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Installing without any tool:
 *
 *     rundll32 mmewave.drv,Install   [/quiet] [/interactive] [/force] [/alias:wave3] [/rate:44100
 * ...] rundll32 mmewave.drv,Uninstall [/quiet] [/keep-settings] [/force] [/forget]
 *
 * Both send the driver its own DRV_INSTALL or DRV_REMOVE, as a setup program would, so there is one
 * way to install and not two. Words that are none of the above are settings, written as in the
 * alias text. A module that lies in its system folder is registered where it is (mmekit.inf copies
 * it there); one that lies anywhere else is copied there by the same transaction, and with it its
 * counterpart of the other width: x86\mmewave.drv for x64\mmewave.drv, mmewave32.drv for
 * mmewave64.drv.
 *
 * A message box says what happened and, on failure, what to do about it. /only-failures leaves out
 * the good news, /quiet all of it; a failure goes to standard error and to the status file in any
 * case. rundll32 ends with the exit code of a Windows installer: 0, 1602, 1603, 1610, 1618, 1639,
 * 3010. Any other program that calls these functions goes on.
 *
 * /forget: when the last driver has gone, the journal and the last status go too. Whoever removes
 * all of mmekit leaves nobody behind to read them.
 * /inf is for mmekit.inf, whose command line can only tell zero from the rest: 0 means that from
 * now on the module's files are needed (Install) or may go (Uninstall). Quiet, and forgets.
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
    uint32_t flags; /* MMK_INSTALL_* and ASK_* */
    char alias[64];
    struct mmk_assignment assignments[MMK_PARAMS_MAX];
    char values[MMK_PARAMS_MAX][MMK_SETTING_TEXT_MAX];
    size_t n_assignments;
    char wrong[MMK_SETTING_TEXT_MAX]; /* the first word that means nothing, or "" */
};

/** What a word switches on: MMK_INSTALL_*, or one of ours far above them. */
enum {
    ASK_QUIET = 1u << 24,
    ASK_ONLY_FAILURES = 1u << 25,
    ASK_FORGET = 1u << 26,
    ASK_INF = 1u << 27,
    ASK_ALL = 0x0f000000
};

struct word {
    const char *name;
    uint32_t flags;
};
static const struct word words[] = {
    {"quiet", ASK_QUIET},
    {"only-failures", ASK_ONLY_FAILURES},
    {"forget", ASK_FORGET},
    {"inf", ASK_INF | ASK_QUIET | ASK_FORGET},
    {"interactive", MMK_INSTALL_INTERACTIVE | MMK_INSTALL_USER_FALLBACK},
    {"force", MMK_INSTALL_FORCE},
    {"keep-settings", MMK_INSTALL_KEEP_SETTINGS},
};

static bool take_word(struct command *command, const char *key)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!mmk_name_equal(key, words[i].name))
            continue;
        command->flags |= words[i].flags;
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

/* ------------------------------------------------------------------ where we are */

static bool in_rundll32(void)
{
    WCHAR path[MMKI_PATH_UNITS];
    const DWORD n = GetModuleFileNameW(NULL, path, MMKI_PATH_UNITS);
    if (n == 0 || n >= MMKI_PATH_UNITS)
        return false;
    const WCHAR *name = wcsrchr(path, L'\\');
    return _wcsicmp(name != NULL ? name + 1 : path, L"rundll32.exe") == 0;
}

/** A port beside the driver's: for what is asked before and after the conversation. */
static struct mmk_port *own_port(void)
{
    static struct mmk_win32_memory memory;
    static struct mmk_win32 *win32; /* rundll32 has one thread; made once, it may hold the lock */
    if (win32 == NULL && mmk_win32_init(&memory, NULL, &win32) != MMK_OK)
        return NULL;
    return mmk_win32_port(win32);
}

/* ------------------------------------------------------------------ what to copy */

struct sources {
    char own[MMKI_PATH_UNITS * 3];
    char other[MMKI_PATH_UNITS * 3];
};

static bool module_path(WCHAR path[MMKI_PATH_UNITS])
{
    HMODULE self = mmki_module_hold();
    const DWORD n = GetModuleFileNameW(self, path, MMKI_PATH_UNITS);
    FreeLibrary(self);
    return n > 0 && n < MMKI_PATH_UNITS;
}

/** Put `there` where `here` ends before `tail`. */
static bool swap_before(WCHAR *path, const WCHAR *tail, const WCHAR *here, const WCHAR *there)
{
    const size_t n = wcslen(path), n_tail = wcslen(tail), n_here = wcslen(here);
    if (n < n_tail + n_here || _wcsnicmp(path + n - n_tail - n_here, here, n_here) != 0)
        return false;
    memcpy(path + n - n_tail - n_here, there, n_here * sizeof(WCHAR)); /* equally long */
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/** The counterpart of the other width, if it lies where a package has it. */
static bool other_path(WCHAR *path)
{
    const bool is_64 = sizeof(void *) == 8;
    const WCHAR *name = wcsrchr(path, L'\\');
    const WCHAR *ending = wcsrchr(path, L'.');
    WCHAR tail[MMKI_PATH_UNITS];
    if (name == NULL || ending == NULL || ending < name)
        return false;
    wcscpy(tail, name);
    if (swap_before(path, tail, is_64 ? L"\\x64" : L"\\x86", is_64 ? L"\\x86" : L"\\x64"))
        return true;
    module_path(path);
    wcscpy(tail, wcsrchr(path, L'.'));
    return swap_before(path, tail, is_64 ? L"64" : L"32", is_64 ? L"32" : L"64");
}

/** A module in its system folder is not copied. */
static void find_sources(struct sources *from, struct mmk_install_request *request)
{
    const struct mmk_port *port = own_port();
    WCHAR path[MMKI_PATH_UNITS], folder[MMKI_PATH_UNITS];
    if (port == NULL || !module_path(path) ||
        mmki_wide(port->drivers_dir, folder, MMKI_PATH_UNITS) != MMK_OK)
        return;
    const size_t n = wcslen(folder);
    if (_wcsnicmp(path, folder, n) == 0 && path[n] == L'\\' && wcschr(path + n + 1, L'\\') == NULL)
        return;
    if (mmki_narrow(path, wcslen(path), from->own, sizeof from->own) != MMK_OK)
        return;
    request->flags |= MMK_INSTALL_COPY_FILES;
    request->source_file = from->own;
    if (port->drivers_dir_other != NULL && other_path(path) &&
        mmki_narrow(path, wcslen(path), from->other, sizeof from->other) == MMK_OK)
        request->source_file_other = from->other;
}

/* ------------------------------------------------------------------ the conversation */

static void send_verb(UINT msg, HWND window, const struct command *command, DWORD_PTR id,
                      struct mmk_install_report *report)
{
    struct mmk_driver_attachment attachment = {.size_bytes = sizeof attachment, .report = report};
    struct mmk_install_request *request = &attachment.request;
    struct sources from;
    WCHAR alias[64];
    DRVCONFIGINFO info = {.dwDCISize = sizeof info, .lpszDCIAliasName = alias};
    const bool named = command->alias[0] != 0 && msg == DRV_INSTALL;
    request->flags = command->flags & ~(uint32_t)ASK_ALL;
    request->assignments = command->assignments;
    request->n_assignments = command->n_assignments;
    if (msg == DRV_INSTALL)
        find_sources(&from, request);
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

static bool is_installed(const char *file) /* NULL: any */
{
    struct mmk_port *port = own_port();
    struct mmk_installed found;
    for (uint32_t i = 0; port != NULL && mmk_install_enum(port, i, &found) == MMK_OK; i++)
        if (file == NULL || mmk_name_equal(found.file, file))
            return true;
    return false;
}

/** Journal, log and status are there for those who come after; after the last driver nobody does.
 *  With these gone the journal's own unlock takes the folder away. */
static void forget(void)
{
    struct mmk_port *port = own_port();
    struct mmk_journal *journal = port != NULL ? port->journal : NULL;
    WCHAR log[MMKI_PATH_UNITS];
    if (journal == NULL || journal->ops->lock(journal, MMK_INSTALL_LOCK_MS) != MMK_OK)
        return;
    const struct mmki_win32_journal *ours = (struct mmki_win32_journal *)(void *)journal;
    if (!is_installed(NULL) && journal->ops->reset(journal, NULL, 0) == MMK_OK) {
        journal->ops->status_write(journal, MMK_DRIVER_CLASS.product->name, "");
        if (mmki_join(ours->folder, L"log", log, MMKI_PATH_UNITS) == MMK_OK)
            DeleteFileW(log);
    }
    journal->ops->unlock(journal);
}

/** What mmekit.inf wants to know: whether to go on as after success. */
static unsigned inf_code(UINT msg, unsigned code)
{
    if (code == EXIT_RESTART || (msg == DRV_REMOVE && code == EXIT_NOT_INSTALLED))
        return EXIT_OK;
    if (msg == DRV_INSTALL && code != EXIT_OK &&
        is_installed(MMK_DRIVER_CLASS.product->file)) /* an upgrade that failed */
        return EXIT_OK;
    return code;
}

static void show(HWND window, bool good, const char *text)
{
    WCHAR wide[BOX_UNITS], title[128];
    if (mmki_wide(text, wide, BOX_UNITS) == MMK_OK &&
        mmki_wide(MMK_DRIVER_CLASS.product->title, title, 128) == MMK_OK)
        MessageBoxW(IsWindow(window) ? window : NULL, wide, title,
                    (good ? MB_ICONINFORMATION : MB_ICONERROR) | MB_SETFOREGROUND);
}

static void complain(const char *text)
{
    HANDLE err = GetStdHandle(STD_ERROR_HANDLE);
    char line[BOX_UNITS];
    DWORD n;
    mmki_format(line, sizeof line, "%s: %s\r\n", MMK_DRIVER_CLASS.product->title, text);
    if (err != NULL && err != INVALID_HANDLE_VALUE)
        WriteFile(err, line, (DWORD)strlen(line), &n, NULL);
}

static void run(UINT msg, HWND window, const char *command_line)
{
    struct mmk_install_report report;
    struct command command;
    unsigned code = EXIT_USAGE;
    read_command(command_line, &command);
    if (command.wrong[0] != 0) {
        mmki_format(report.text, sizeof report.text,
                    "%s is not understood; known: /quiet /only-failures /interactive /force "
                    "/keep-settings /forget /alias:NAME, and settings as in /rate:44100",
                    command.wrong);
    } else {
        converse(msg, window, &command, &report);
        code = exit_code(&report);
    }
    const bool good = code == EXIT_OK || code == EXIT_RESTART;
    if (msg == DRV_REMOVE && (good || code == EXIT_NOT_INSTALLED) &&
        (command.flags & ASK_FORGET) != 0)
        forget();
    if (!good)
        complain(report.text);
    if ((command.flags & ASK_QUIET) == 0 && !(good && (command.flags & ASK_ONLY_FAILURES) != 0))
        show(window, good, report.text);
    if ((command.flags & ASK_INF) != 0)
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
