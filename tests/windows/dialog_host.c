/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * dialog_host.exe VERB ...: the program that has the dialog, and the one that looks at it.
 * FILE is what OpenDriver takes: a file, or an alias of Drivers32.
 *
 *   install FILE          DRV_INSTALL, silent
 *   remove FILE           DRV_REMOVE
 *   show FILE PARENT      DRV_CONFIGURE, waits for somebody to end it; PARENT: window, child (of
 *                         one), none, wild (no window), silent (there will be no dialog)
 *   measure FILE          DRV_CONFIGURE, measures every text against its control, ends it
 *   measure-long          the same for a table with texts of three times the usual length
 *   long                  shows that one
 *   rounds FILE           opens and cancels it again and again: nothing is left behind
 *   ask-install FILE HOW  DRV_INSTALL with a window; HOW: bare, asked (for the dialog)
 *   peek TITLE            from another process: every control, its text by WM_GETTEXT
 *   click TITLE ID        presses a button there
 *   wait TITLE            until such a dialog is there
 *   gone TITLE            until it is not
 *
 * tests/wine/suite_dialog.sh does the rest, with keys. Prints PASS and FAIL lines; last line
 * "dialog_host VERB: all done".
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmddk.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/driver.h>
#include <mmk/win32.h>

#include "dialog_measure.h"

#define PATIENCE_MS 30000u

static unsigned failed;

bool dialog_check(bool condition, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s\n", condition ? "PASS" : "FAIL", text);
    failed += !condition;
    return condition;
}

/* ------------------------------------------------------------------ finding it */

struct search {
    const char *title; /* NULL: any, of this process */
    HWND found;
};

static BOOL CALLBACK look_at(HWND window, LPARAM lparam)
{
    struct search *search = (struct search *)lparam;
    char text[256] = "";
    char class_name[32] = "";
    DWORD process = 0;
    GetWindowThreadProcessId(window, &process);
    GetClassNameA(window, class_name, sizeof class_name);
    if (strcmp(class_name, "#32770") != 0 || !IsWindowVisible(window))
        return TRUE;
    GetWindowTextA(window, text, sizeof text);
    if (search->title != NULL ? strcmp(text, search->title) != 0 : process != GetCurrentProcessId())
        return TRUE;
    search->found = window;
    return FALSE;
}

static HWND find_dialog(const char *title)
{
    struct search search = {.title = title};
    EnumWindows(look_at, (LPARAM)&search);
    return search.found;
}

static HWND await_dialog(const char *title, bool there)
{
    HWND window = NULL;
    for (DWORD waited = 0; waited < PATIENCE_MS; waited += 20) {
        window = find_dialog(title);
        if ((window != NULL) == there)
            break;
        Sleep(20);
    }
    return window;
}

/* ------------------------------------------------------------------ the parent, and who watches */

static HWND parent_window;
static bool measures;
static const char *how_wide;

static LRESULT CALLBACK parent_proc(HWND window, UINT msg, WPARAM wparam, LPARAM lparam)
{
    return DefWindowProcW(window, msg, wparam, lparam);
}

static HWND make_parent(void)
{
    const WNDCLASSW window_class = {.lpfnWndProc = parent_proc,
                                    .hbrBackground = (HBRUSH)(COLOR_WINDOW + 1),
                                    .lpszClassName = L"dialog host"};
    RegisterClassW(&window_class);
    HWND window = CreateWindowW(L"dialog host", L"dialog host", WS_OVERLAPPEDWINDOW | WS_VISIBLE,
                                100, 60, 900, 700, NULL, NULL, NULL, NULL);
    UpdateWindow(window);
    return window;
}

/** Ends the dialog itself where nobody else does. */
static DWORD WINAPI watch(LPVOID parameter)
{
    (void)parameter;
    HWND dialog = await_dialog(NULL, true);
    if (!dialog_check(dialog != NULL, "the dialog is there"))
        return 0;
    Sleep(100);
    if (parent_window != NULL)
        dialog_check(!IsWindowEnabled(parent_window), "its parent is disabled meanwhile");
    if (measures) {
        dialog_measure(dialog, how_wide);
        PostMessageW(dialog, WM_COMMAND, IDCANCEL, 0);
    }
    printf("looked at\n");
    return 0;
}

static void begin_watch(HANDLE *thread)
{
    *thread = CreateThread(NULL, 0, watch, NULL, 0, NULL);
}

static void end_watch(HANDLE thread)
{
    WaitForSingleObject(thread, PATIENCE_MS);
    if (parent_window != NULL)
        dialog_check(IsWindowEnabled(parent_window), "the parent is enabled afterwards");
}

/* ------------------------------------------------------------------ the driver */

static HDRVR open_driver(const char *file)
{
    WCHAR wide[MAX_PATH];
    MultiByteToWideChar(CP_ACP, 0, file, -1, wide, MAX_PATH);
    /* an alias is looked up in its section, so that no file of that name is taken for it */
    const bool alias = strchr(file, '.') == NULL;
    HDRVR driver = OpenDriver(wide, alias ? L"Drivers32" : NULL, 0);
    dialog_check(driver != NULL, "OpenDriver %s", file);
    return driver;
}

static void send_verb(const char *file, UINT msg, const char *name)
{
    HDRVR driver = open_driver(file);
    if (driver == NULL)
        return;
    const LRESULT answer = SendDriverMessage(driver, msg, 0, 0);
    dialog_check(answer == DRVCNF_OK, "%s answers %ld", name, (long)answer);
    CloseDriver(driver, 0, 0);
}

static LPARAM parent_of(const char *word)
{
    if (strcmp(word, "none") == 0)
        return 0;
    if (strcmp(word, "wild") == 0)
        return 0x4711;
    parent_window = make_parent();
    if (strcmp(word, "child") == 0)
        return (LPARAM)CreateWindowW(L"BUTTON", L"Configure", WS_CHILD | WS_VISIBLE, 20, 20, 120,
                                     30, parent_window, NULL, NULL, NULL);
    return (LPARAM)parent_window;
}

static void configure(const char *file, const char *parent)
{
    HANDLE thread = NULL;
    HDRVR driver = open_driver(file);
    if (driver == NULL)
        return;
    const LPARAM window = parent_of(parent);
    dialog_check(SendDriverMessage(driver, DRV_QUERYCONFIGURE, 0, 0) != 0,
                 "DRV_QUERYCONFIGURE says that there is a dialog");
    if (strcmp(parent, "silent") != 0)
        begin_watch(&thread);
    const DWORD since = GetTickCount();
    const LRESULT answer = SendDriverMessage(driver, DRV_CONFIGURE, window, 0);
    printf("answer %ld after %lu ms\n", (long)answer, GetTickCount() - since);
    if (thread != NULL)
        end_watch(thread);
    CloseDriver(driver, 0, 0);
}

/** With a window in lParam1, and asked for or not. Nobody is there to end a dialog but us. */
static void ask_install(const char *file, const char *how)
{
    struct mmk_driver_attachment attachment = {.size_bytes = sizeof attachment};
    struct mmk_install_report report = {.answer = 99};
    const bool asked = strcmp(how, "asked") == 0;
    HANDLE thread = NULL;
    HDRVR driver = open_driver(file);
    if (driver == NULL)
        return;
    parent_window = make_parent();
    attachment.report = &report;
    attachment.request.flags = MMK_INSTALL_INTERACTIVE;
    if (asked) {
        dialog_check(SendDriverMessage(driver, MMK_DRVM_ATTACH, (LPARAM)&attachment,
                                       MMK_DRVM_ATTACH_MAGIC) == 1,
                     "the driver takes the attachment");
        measures = true;
        how_wide = "the dialog of DRV_INSTALL";
        begin_watch(&thread);
    }
    const LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, (LPARAM)parent_window, 0);
    if (asked) {
        end_watch(thread);
        dialog_check(answer == DRVCNF_CANCEL && report.reason == MMK_REASON_USER,
                     "cancelled in the dialog, DRV_INSTALL answers CANCEL: %s", report.text);
    } else {
        dialog_check(answer == DRVCNF_OK,
                     "DRV_INSTALL with a window, not asked: silent, answers %ld", (long)answer);
    }
    CloseDriver(driver, 0, 0);
}

/* ------------------------------------------------------------------ again and again */

#define WARM_ROUNDS 5u
#define ROUNDS      40u

static DWORD WINAPI cancel_it(LPVOID parameter)
{
    (void)parameter;
    PostMessageW(await_dialog(NULL, true), WM_COMMAND, IDCANCEL, 0);
    return 0;
}

#define FILL 500u /* more than were ever freed */

/** How far the tables of handles reach when they are filled up: new objects take the freed places
 *  first, so what leaks moves the end. (GetGuiResources and GetProcessHandleCount say 0 under
 *  Wine.) */
struct left_behind {
    ULONG_PTR handles, gdi, user;
};

static ULONG_PTR larger(ULONG_PTR a, ULONG_PTR b)
{
    return a > b ? a : b;
}

static struct left_behind table_ends(void)
{
    static HANDLE event[FILL];
    static HFONT font[FILL];
    static HWND window[FILL];
    struct left_behind n = {0};
    for (unsigned i = 0; i < FILL; i++) {
        event[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        font[i] = CreateFontW(17, 0, 0, 0, 400, 0, 0, 0, 0, 0, 0, 0, 0, L"Tahoma");
        window[i] = CreateWindowW(L"STATIC", L"", 0, 0, 0, 1, 1, HWND_MESSAGE, NULL, NULL, NULL);
        n.handles = larger(n.handles, (ULONG_PTR)event[i] / 4);
        n.gdi = larger(n.gdi, (ULONG_PTR)font[i] & 0xFFFF);
        n.user = larger(n.user, ((ULONG_PTR)window[i] & 0xFFFF) / 2);
    }
    for (unsigned i = 0; i < FILL; i++) {
        DestroyWindow(window[i]);
        DeleteObject(font[i]);
        CloseHandle(event[i]);
    }
    return n;
}

static void rounds(const char *file)
{
    struct left_behind before = {0};
    unsigned n_cancelled = 0;
    HDRVR driver = open_driver(file);
    for (unsigned i = 0; driver != NULL && i < WARM_ROUNDS + ROUNDS; i++) {
        if (i == WARM_ROUNDS)
            before = table_ends();
        HANDLE thread = CreateThread(NULL, 0, cancel_it, NULL, 0, NULL);
        n_cancelled += SendDriverMessage(driver, DRV_CONFIGURE, 0, 0) == DRVCNF_CANCEL;
        WaitForSingleObject(thread, PATIENCE_MS);
        CloseHandle(thread);
    }
    const struct left_behind after = table_ends();
    dialog_check(n_cancelled == WARM_ROUNDS + ROUNDS, "%u dialogs were opened and cancelled",
                 n_cancelled);
    dialog_check(
        before.gdi != 0 && after.handles <= before.handles + ROUNDS / 2 &&
            after.gdi <= before.gdi + ROUNDS / 2 && after.user <= before.user + ROUNDS / 2,
        "nothing is left of %u: end of the handles %lu -> %lu, GDI %lu -> %lu, windows %lu -> "
        "%lu",
        ROUNDS, (DWORD)before.handles, (DWORD)after.handles, (DWORD)before.gdi, (DWORD)after.gdi,
        (DWORD)before.user, (DWORD)after.user);
    CloseDriver(driver, 0, 0);
}

/* ------------------------------------------------------------------ from another process */

static BOOL CALLBACK print_control(HWND window, LPARAM lparam)
{
    WCHAR text[1024] = L"";
    char utf8[3072];
    char class_name[32] = "";
    DWORD_PTR unused;
    (void)lparam;
    SendMessageTimeoutW(window, WM_GETTEXT, 1024, (LPARAM)text, SMTO_ABORTIFHUNG, 5000, &unused);
    GetClassNameA(window, class_name, sizeof class_name);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    printf("control %d %s %s %s [%s]\n", GetDlgCtrlID(window), class_name,
           IsWindowEnabled(window) ? "on" : "off", IsWindowVisible(window) ? "shown" : "hidden",
           utf8);
    return TRUE;
}

static void peek(const char *title)
{
    HWND dialog = await_dialog(title, true);
    RECT box;
    if (!dialog_check(dialog != NULL, "found \"%s\" from another process", title))
        return;
    GetWindowRect(dialog, &box);
    printf("dialog %ldx%ld+%ld+%ld\n", box.right - box.left, box.bottom - box.top, box.left,
           box.top);
    EnumChildWindows(dialog, print_control, 0);
}

static void click(const char *title, const char *id)
{
    HWND dialog = find_dialog(title);
    HWND button = dialog != NULL ? GetDlgItem(dialog, atoi(id)) : NULL;
    if (dialog_check(button != NULL, "found button %s", id))
        PostMessageW(button, BM_CLICK, 0, 0);
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *a = argc > 2 ? argv[2] : "";
    const char *b = argc > 3 ? argv[3] : "";
    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(verb, "install") == 0)
        send_verb(a, DRV_INSTALL, "DRV_INSTALL");
    else if (strcmp(verb, "remove") == 0)
        send_verb(a, DRV_REMOVE, "DRV_REMOVE");
    else if (strcmp(verb, "show") == 0 || strcmp(verb, "measure") == 0) {
        measures = verb[0] == 'm';
        how_wide = "the dialog of mmewave";
        configure(a, b[0] != 0 ? b : "window");
    } else if (strcmp(verb, "measure-long") == 0 || strcmp(verb, "long") == 0) {
        HANDLE thread;
        measures = verb[0] == 'm';
        how_wide = "the dialog with long texts";
        parent_window = make_parent();
        begin_watch(&thread);
        dialog_long((uintptr_t)parent_window);
        end_watch(thread);
    } else if (strcmp(verb, "ask-install") == 0)
        ask_install(a, b);
    else if (strcmp(verb, "rounds") == 0)
        rounds(a);
    else if (strcmp(verb, "peek") == 0)
        peek(a);
    else if (strcmp(verb, "click") == 0)
        click(a, b);
    else if (strcmp(verb, "wait") == 0)
        dialog_check(await_dialog(a, true) != NULL, "\"%s\" has come", a);
    else if (strcmp(verb, "gone") == 0)
        dialog_check(await_dialog(a, false) == NULL, "\"%s\" has gone", a);
    else
        return 2;
    printf("dialog_host %s: all done\n", verb);
    return failed > 0;
}
