/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The window: what its keys and buttons do. */
#include "dialog_internal.h"

#include <string.h>

#define WHEEL_LINES 3

#ifndef WM_DPICHANGED /* Windows 8.1 */
#define WM_DPICHANGED 0x02E0
#endif

/* ------------------------------------------------------------------ words at the bottom */

static void say(struct mmki_dialog *d, const char *text, bool wrong)
{
    d->wrong = wrong;
    mmki_dlg_set(d->message, text);
    mmki_dlg_layout(d, false);
}

/** Beside the row it is about, or at the bottom. */
static void complain(struct mmki_dialog *d, const struct mmk_ui_said *said)
{
    struct mmki_dlg_row *row = mmki_dlg_row_named(d, said->param);
    const char *text = said->text[0] != 0 ? said->text : "It failed for no reason that was told.";
    MessageBeep(MB_ICONWARNING);
    if (row == NULL || row->locked) {
        say(d, text, true);
        return;
    }
    mmki_dlg_complain(d, row, text);
    mmki_dlg_show_row(d, row);
    mmki_dlg_focus(row);
}

static HWND button(const struct mmki_dialog *d, int id)
{
    return GetDlgItem(d->window, id);
}

/* ------------------------------------------------------------------ apply */

static void focus_wrong(struct mmki_dialog *d)
{
    for (size_t i = 0; i < d->n_rows; i++)
        if (d->row[i].wrong) {
            MessageBeep(MB_ICONWARNING);
            mmki_dlg_focus(&d->row[i]);
            return;
        }
}

/** @return whether the settings shown are the ones that hold now */
static bool apply(struct mmki_dialog *d)
{
    struct mmk_ui_said said = {.text = ""};
    struct mmk_settings wanted;
    if (!mmki_dlg_rows_read(d, &wanted)) {
        focus_wrong(d);
        return false;
    }
    HCURSOR old = SetCursor(LoadCursorW(NULL, (LPCWSTR)IDC_WAIT));
    const mmk_err err = d->session->apply(d->session->user, &wanted, &said);
    SetCursor(old);
    if (err != MMK_OK) {
        complain(d, &said);
        return false;
    }
    *d->settings = wanted;
    mmki_dlg_rows_fill(d, d->settings);
    if (button(d, MMKI_DLG_APPLY) != NULL) {
        if (GetFocus() == button(d, MMKI_DLG_APPLY)) /* it is about to be disabled */
            SetFocus(button(d, IDOK));
        EnableWindow(button(d, MMKI_DLG_APPLY), FALSE);
        SetWindowTextW(button(d, IDCANCEL), L"Close"); /* there is nothing left to cancel */
    }
    say(d, said.text, false);
    return true;
}

static void changed(struct mmki_dialog *d)
{
    if (d->filling)
        return;
    if (button(d, MMKI_DLG_APPLY) != NULL) {
        EnableWindow(button(d, MMKI_DLG_APPLY), TRUE);
        SetWindowTextW(button(d, IDCANCEL), L"Cancel");
    }
    if (GetWindowTextLengthW(d->message) > 0)
        say(d, "", false);
    mmki_dlg_rows_enable(d);
}

/* ------------------------------------------------------------------ test tone */

static DWORD WINAPI tone_thread(LPVOID parameter)
{
    struct mmki_dialog *d = parameter;
    d->tone_err = d->session->tone(d->session->user, &d->tone_settings, &d->tone_said);
    PostMessageW(d->window, MMKI_DLG_TONE_OVER, 0, 0);
    return 0;
}

/** The recording that a tone would replace, if there is one that we did not write. */
static bool replaces_a_file(struct mmki_dialog *d, const struct mmk_settings *settings, WCHAR *path)
{
    for (size_t i = 0; i < d->n_rows; i++) {
        const struct mmk_param *param = d->row[i].param;
        if (param->file != MMK_FILE_WRITTEN || !mmk_param_applies(param, settings) ||
            !mmk_param_is_file(param, settings) || settings->value[d->row[i].index].text[0] == 0)
            continue;
        mmki_dlg_wide(settings->value[d->row[i].index].text, path, MMKI_DLG_TEXT);
        const DWORD attributes = GetFileAttributesW(path);
        return attributes != INVALID_FILE_ATTRIBUTES &&
               (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 && lstrcmpiW(path, d->tone_file) != 0;
    }
    path[0] = 0;
    return false;
}

static bool may_replace(struct mmki_dialog *d, const WCHAR *path)
{
    WCHAR text[MMKI_DLG_TEXT + 80];
    WCHAR title[256];
    lstrcpyW(text, path);
    lstrcatW(text, L"\n\nThis file is there already. The test tone replaces what is in it.");
    GetWindowTextW(d->window, title, 256);
    return MessageBoxW(d->window, text, title, MB_OKCANCEL | MB_ICONWARNING | MB_DEFBUTTON2) ==
           IDOK;
}

static void play_tone(struct mmki_dialog *d)
{
    WCHAR path[MMKI_DLG_TEXT] = L"";
    if (d->tone != NULL)
        return;
    if (!mmki_dlg_rows_read(d, &d->tone_settings)) {
        focus_wrong(d);
        return;
    }
    if (replaces_a_file(d, &d->tone_settings, path) && !may_replace(d, path))
        return;
    lstrcpyW(d->tone_file, path);
    d->tone = CreateThread(NULL, 0, tone_thread, d, 0, NULL);
    say(d, d->tone != NULL ? "Playing a test tone ..." : "There is no memory to play.", false);
    if (d->tone != NULL)
        EnableWindow(button(d, MMKI_DLG_TONE), FALSE);
}

static void end_tone(struct mmki_dialog *d)
{
    if (d->tone == NULL)
        return;
    WaitForSingleObject(d->tone, INFINITE);
    CloseHandle(d->tone);
    d->tone = NULL;
}

static void tone_over(struct mmki_dialog *d)
{
    const bool had_focus = GetFocus() == NULL;
    end_tone(d);
    EnableWindow(button(d, MMKI_DLG_TONE), TRUE);
    if (had_focus) /* a disabled button loses the keyboard */
        SetFocus(button(d, MMKI_DLG_TONE));
    if (d->tone_err != MMK_OK) {
        say(d, "", false);
        complain(d, &d->tone_said);
    } else {
        say(d, d->tone_said.text, false);
    }
}

/* ------------------------------------------------------------------ commands */

static void end(struct mmki_dialog *d, mmk_err result)
{
    d->result = result;
    EndDialog(d->window, 1);
}

static void on_row(struct mmki_dialog *d, struct mmki_dlg_row *row, int part, int code)
{
    if (part == MMKI_DLG_BROWSE && code == BN_CLICKED) {
        mmki_dlg_browse(d, row);
        return;
    }
    const bool combo = row->param->type == MMK_PARAM_CHOICE ||
                       (row->param->type == MMK_PARAM_UINT && row->param->typical != NULL);
    const bool check = row->param->type == MMK_PARAM_BOOL || part == MMKI_DLG_BROWSE;
    if (code == (check ? BN_SETFOCUS : combo ? CBN_SETFOCUS : EN_SETFOCUS)) {
        mmki_dlg_help(d, (size_t)(row - d->row));
        mmki_dlg_show_row(d, row);
        return;
    }
    const bool edited = check   ? code == BN_CLICKED
                        : combo ? code == CBN_SELCHANGE || code == CBN_EDITCHANGE
                                : code == EN_CHANGE;
    if (!edited || d->filling)
        return;
    if (row->wrong)
        mmki_dlg_complain(d, row, NULL);
    changed(d);
}

static void on_command(struct mmki_dialog *d, int id, int code)
{
    int part = 0;
    struct mmki_dlg_row *row = mmki_dlg_row_of_id(d, id, &part);
    if (row != NULL) {
        on_row(d, row, part, code);
        return;
    }
    if (code != BN_CLICKED)
        return;
    if (id == IDOK && apply(d))
        end(d, MMK_OK);
    else if (id == IDCANCEL)
        end(d, MMK_ERR_CANCELLED);
    else if (id == MMKI_DLG_APPLY)
        (void)apply(d);
    else if (id == MMKI_DLG_TONE)
        play_tone(d);
    else if (id == MMKI_DLG_DEFAULTS) {
        mmki_dlg_rows_defaults(d);
        changed(d);
    }
}

/* ------------------------------------------------------------------ the panel */

static void on_scroll(struct mmki_dialog *d, int code)
{
    SCROLLINFO info = {.cbSize = sizeof info, .fMask = SIF_ALL};
    GetScrollInfo(d->panel, SB_VERT, &info);
    const int line = d->content_h / (int)(d->n_rows + 1);
    int y = d->scroll;
    switch (code) {
    case SB_LINEUP:
        y -= line;
        break;
    case SB_LINEDOWN:
        y += line;
        break;
    case SB_PAGEUP:
        y -= d->panel_h;
        break;
    case SB_PAGEDOWN:
        y += d->panel_h;
        break;
    case SB_THUMBTRACK:
    case SB_THUMBPOSITION:
        y = info.nTrackPos;
        break;
    case SB_TOP:
        y = 0;
        break;
    case SB_BOTTOM:
        y = d->content_h;
        break;
    default:
        break;
    }
    mmki_dlg_scroll_to(d, y);
}

static bool high_contrast(void)
{
    HIGHCONTRASTW info = {.cbSize = sizeof info};
    return SystemParametersInfoW(SPI_GETHIGHCONTRAST, sizeof info, &info, 0) &&
           (info.dwFlags & HCF_HIGHCONTRASTON) != 0;
}

/** Complaints are dark red, where the user's colours leave it to us. */
static INT_PTR colour(struct mmki_dialog *d, HDC dc, HWND control)
{
    int part = 0;
    const struct mmki_dlg_row *row = mmki_dlg_row_of_id(d, GetDlgCtrlID(control), &part);
    const bool wrong =
        row != NULL ? part == MMKI_DLG_NOTE && row->wrong : control == d->message && d->wrong;
    if (!wrong || high_contrast())
        return FALSE;
    SetTextColor(dc, RGB(176, 0, 16));
    SetBkColor(dc, GetSysColor(COLOR_BTNFACE));
    return (INT_PTR)GetSysColorBrush(COLOR_BTNFACE);
}

static INT_PTR CALLBACK panel_proc(HWND window, UINT msg, WPARAM wparam, LPARAM lparam)
{
    struct mmki_dialog *d = (struct mmki_dialog *)GetWindowLongPtrW(window, DWLP_USER);
    switch (msg) {
    case WM_INITDIALOG:
        SetWindowLongPtrW(window, DWLP_USER, lparam);
        return FALSE;
    case WM_COMMAND:
        if (d != NULL && d->panel != NULL)
            on_command(d, LOWORD(wparam), HIWORD(wparam));
        return TRUE;
    case WM_VSCROLL:
        on_scroll(d, LOWORD(wparam));
        return TRUE;
    case WM_MOUSEWHEEL:
        mmki_dlg_scroll_to(d, d->scroll - GET_WHEEL_DELTA_WPARAM(wparam) * WHEEL_LINES *
                                              (d->content_h / (int)(d->n_rows + 1)) / WHEEL_DELTA);
        return TRUE;
    case WM_CTLCOLORSTATIC:
        return d != NULL ? colour(d, (HDC)wparam, (HWND)lparam) : FALSE;
    default:
        return FALSE;
    }
}

/* ------------------------------------------------------------------ the window */

/** A dialog template without controls. Font and place are ours. */
struct empty_template {
    DLGTEMPLATE head;
    WORD menu, class_name, title;
    WORD padding;
};

static struct empty_template template_of(DWORD style, DWORD ex_style)
{
    struct empty_template t;
    memset(&t, 0, sizeof t);
    t.head.style = style;
    t.head.dwExtendedStyle = ex_style;
    return t;
}

static void make_buttons(struct mmki_dialog *d)
{
    const bool saves = d->session->saves;
    static const struct mmki_dlg_button plan[MMKI_DLG_BUTTONS] = {
        {NULL, MMKI_DLG_TONE, L"Test tone", false},
        {NULL, MMKI_DLG_DEFAULTS, L"Defaults", false},
        {NULL, IDOK, L"OK", true},
        {NULL, IDCANCEL, L"Cancel", true},
        {NULL, MMKI_DLG_APPLY, L"Apply", true},
    };
    for (size_t i = 0; i < MMKI_DLG_BUTTONS; i++) {
        WCHAR caption[64];
        d->button[i] = plan[i];
        if ((plan[i].id == MMKI_DLG_TONE && d->session->tone == NULL) ||
            (plan[i].id == MMKI_DLG_APPLY && !saves))
            continue;
        const bool plain = plan[i].id == IDOK || plan[i].id == IDCANCEL; /* Enter and Esc */
        if (plain)
            lstrcpyW(caption, plan[i].text);
        else
            mmki_dlg_caption(d, plan[i].text, L"", caption, 64);
        d->button[i].window =
            mmki_dlg_control(d, d->window, L"BUTTON",
                             WS_TABSTOP | (plan[i].id == IDOK ? BS_DEFPUSHBUTTON : BS_PUSHBUTTON),
                             0, plan[i].id, caption);
    }
    if (saves)
        EnableWindow(button(d, MMKI_DLG_APPLY), FALSE);
}

/** The buttons' letters are given out first, the panel stands first in the order of tabbing. */
static bool make_window(struct mmki_dialog *d)
{
    const struct empty_template t =
        template_of(WS_CHILD | WS_VISIBLE | DS_CONTROL | WS_CLIPCHILDREN, WS_EX_CONTROLPARENT);
    mmki_dlg_set(d->window, d->session->title);
    mmki_dlg_use_dpi(d, mmki_dlg_dpi_of(d->window));
    HWND panel = CreateDialogIndirectParamW(NULL, &t.head, d->window, panel_proc, (LPARAM)d);
    d->rule = mmki_dlg_control(d, d->window, L"STATIC", SS_ETCHEDHORZ, 0, MMKI_DLG_RULE, L"");
    d->help = mmki_dlg_control(d, d->window, L"STATIC", SS_NOPREFIX, 0, MMKI_DLG_HELP, L"");
    d->message = mmki_dlg_control(d, d->window, L"STATIC", SS_NOPREFIX, 0, MMKI_DLG_MESSAGE, L"");
    make_buttons(d);
    d->panel = panel;
    if (panel == NULL)
        return false;
    d->filling = true;
    mmki_dlg_rows_make(d);
    mmki_dlg_rows_fill(d, d->settings);
    mmki_dlg_help(d, 0);
    mmki_dlg_layout(d, true);
    mmki_dlg_layout(d, true); /* moved to another monitor its resolution may be another */
    if (GetWindow(d->window, GW_OWNER) == NULL)
        SetForegroundWindow(d->window); /* a console program's would open behind the console */
    for (size_t i = 0; i < d->n_rows; i++)
        if (IsWindowEnabled(d->row[i].part[MMKI_DLG_FIELD])) {
            SetFocus(d->row[i].part[MMKI_DLG_FIELD]);
            break;
        }
    return true;
}

static INT_PTR CALLBACK dialog_proc(HWND window, UINT msg, WPARAM wparam, LPARAM lparam)
{
    struct mmki_dialog *d = (struct mmki_dialog *)GetWindowLongPtrW(window, DWLP_USER);
    if (msg == WM_INITDIALOG) {
        d = (struct mmki_dialog *)lparam;
        SetWindowLongPtrW(window, DWLP_USER, lparam);
        d->window = window;
        if (!make_window(d)) {
            d->result = MMK_ERR_NOMEM;
            EndDialog(window, 1);
        }
        return FALSE; /* the focus is set */
    }
    if (d == NULL)
        return FALSE;
    switch (msg) {
    case WM_COMMAND:
        on_command(d, LOWORD(wparam), HIWORD(wparam));
        return TRUE;
    case WM_CLOSE:
        end(d, MMK_ERR_CANCELLED);
        return TRUE;
    case MMKI_DLG_TONE_OVER:
        tone_over(d);
        return TRUE;
    case WM_CTLCOLORSTATIC:
        return colour(d, (HDC)wparam, (HWND)lparam);
    case WM_DPICHANGED:
        mmki_dlg_use_dpi(d, HIWORD(wparam));
        mmki_dlg_layout(d, false);
        return TRUE;
    case WM_SETTINGCHANGE:
    case WM_SYSCOLORCHANGE:
        mmki_dlg_use_dpi(d, d->dpi);
        mmki_dlg_layout(d, false);
        return TRUE;
    default:
        return FALSE;
    }
}

/* ------------------------------------------------------------------ the seam */

/** Somebody may be looking: not a service, not an unattended run that said so. */
static bool has_desktop(void)
{
    USEROBJECTFLAGS flags;
    WCHAR word[8];
    const DWORD n = GetEnvironmentVariableW(L"MMEKIT_DIALOG", word, 8);
    if (n > 0 && n < 8 && lstrcmpiW(word, L"off") == 0)
        return false;
    return GetUserObjectInformationW(GetProcessWindowStation(), UOI_FLAGS, &flags, sizeof flags,
                                     NULL) &&
           (flags.dwFlags & WSF_VISIBLE) != 0;
}

/** Sharp at any resolution, whatever the program says of itself; NULL where Windows is too old. */
static HANDLE be_aware(HANDLE context)
{
    union {
        FARPROC from;
        HANDLE(WINAPI *to)(HANDLE);
    } function = {
        .from = GetProcAddress(GetModuleHandleW(L"user32.dll"), "SetThreadDpiAwarenessContext")};
    HANDLE before = NULL;
    if (function.from == NULL)
        return NULL;
    if (context != NULL)
        return function.to(context);
    for (INT_PTR each = -4; each <= -2 && before == NULL; each++) /* per monitor v2, v1, system */
        before = function.to((HANDLE)each);
    return before;
}

/** Controls in today's looks, if the module that this code is in brings the manifest for them
 *  (dialog.manifest as resource 2): the program's own says nothing of us. @return to be given back
 */
static HANDLE dress(ULONG_PTR *cookie)
{
    HMODULE module = mmki_module_hold();
    WCHAR path[MMKI_PATH_UNITS];
    ACTCTXW wanted = {.cbSize = sizeof wanted,
                      .dwFlags = ACTCTX_FLAG_RESOURCE_NAME_VALID | ACTCTX_FLAG_HMODULE_VALID,
                      .lpSource = path,
                      .lpResourceName = (LPCWSTR)(ULONG_PTR)2,
                      .hModule = module};
    HANDLE context = INVALID_HANDLE_VALUE;
    const DWORD n = GetModuleFileNameW(module, path, MMKI_PATH_UNITS);
    if (n > 0 && n < MMKI_PATH_UNITS)
        context = CreateActCtxW(&wanted);
    if (context != INVALID_HANDLE_VALUE && !ActivateActCtx(context, cookie)) {
        ReleaseActCtx(context);
        context = INVALID_HANDLE_VALUE;
    }
    if (module != NULL)
        FreeLibrary(module);
    return context;
}

static void undress(HANDLE context, ULONG_PTR cookie)
{
    if (context == INVALID_HANDLE_VALUE)
        return;
    DeactivateActCtx(0, cookie);
    ReleaseActCtx(context);
}

static mmk_err converse(struct mmk_ui *self, const struct mmk_ui_session *session,
                        struct mmk_settings *settings, uintptr_t parent)
{
    const struct empty_template t =
        template_of(WS_POPUP | WS_CAPTION | WS_SYSMENU | DS_MODALFRAME | WS_CLIPCHILDREN, 0);
    HWND owner = (HWND)parent;
    (void)self;
    if (!has_desktop())
        return MMK_ERR_UNSUPPORTED;
    struct mmki_dialog *d = mmki_alloc(sizeof *d);
    if (d == NULL)
        return MMK_ERR_NOMEM;
    d->session = session;
    d->settings = settings;
    d->result = MMK_ERR_UNSUPPORTED;
    owner = owner != NULL && IsWindow(owner) ? GetAncestor(owner, GA_ROOT) : NULL;
    HANDLE before = be_aware(NULL);
    ULONG_PTR cookie = 0;
    HANDLE looks = dress(&cookie);
    (void)DialogBoxIndirectParamW(NULL, &t.head, owner, dialog_proc, (LPARAM)d);
    undress(looks, cookie);
    if (before != NULL)
        be_aware(before);
    end_tone(d);
    if (d->font != NULL)
        DeleteObject(d->font);
    const mmk_err result = d->result;
    mmki_free(d);
    return result;
}

/* For callers that know nothing of conversations: OK is believed. */
static mmk_err agree(void *user, struct mmk_settings *settings, struct mmk_ui_said *said)
{
    (void)user;
    (void)settings;
    said->param[0] = 0;
    said->text[0] = 0;
    return MMK_OK;
}

static mmk_err prompt(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent)
{
    const struct mmk_ui_session session = {.title = "Settings",
                                           .table = table,
                                           .hosts = mmk_win32_is_wine() ? MMK_HOST_WINE
                                                                        : MMK_HOST_WINDOWS,
                                           .apply = agree};
    return converse(self, &session, settings, parent);
}

struct mmk_ui *mmk_win32_dialog(void)
{
    static const struct mmk_ui_ops ops = {.prompt = prompt, .converse = converse};
    static struct mmk_ui ui = {.ops = &ops};
    return &ui;
}
