/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include "dialog_measure.h"

#include <stdio.h>
#include <string.h>

#include <mmk/param.h>
#include <mmk/port.h>
#include <mmk/win32.h>

/* ------------------------------------------------------------------ measuring */

#define CONTROLS_MAX 200

struct control {
    HWND window;
    RECT box; /* of the screen */
    WCHAR text[1024];
    char name[160];
    char class_name[32];
    LONG style;
};

static struct control controls[CONTROLS_MAX];
static unsigned n_controls, n_clipped, n_texts;

static BOOL CALLBACK collect(HWND window, LPARAM lparam)
{
    struct control *c = &controls[n_controls];
    (void)lparam;
    if (!IsWindowVisible(window) || n_controls == CONTROLS_MAX)
        return TRUE;
    memset(c, 0, sizeof *c);
    c->window = window;
    GetWindowRect(window, &c->box);
    SendMessageW(window, WM_GETTEXT, 1024, (LPARAM)c->text);
    GetClassNameA(window, c->class_name, sizeof c->class_name);
    c->style = GetWindowLongW(window, GWL_STYLE);
    char utf8[120] = "";
    WideCharToMultiByte(CP_UTF8, 0, c->text, 40, utf8, sizeof utf8 - 1, NULL, NULL);
    snprintf(c->name, sizeof c->name, "%s %d \"%s\"", c->class_name, GetDlgCtrlID(window), utf8);
    n_controls++;
    return TRUE;
}

/** Size of a text in the control's own font, wrapped at width (0: one line). */
static SIZE size_of(HWND window, const WCHAR *text, int width, bool prefix)
{
    RECT box = {0, 0, width, 0};
    HDC dc = GetDC(window);
    HFONT font = (HFONT)SendMessageW(window, WM_GETFONT, 0, 0);
    HGDIOBJ old = font != NULL ? SelectObject(dc, font) : NULL;
    SIZE size;
    if (width == 0 && !prefix) {
        GetTextExtentPoint32W(dc, text, (int)wcslen(text), &size);
    } else {
        DrawTextW(dc, text, -1, &box,
                  DT_CALCRECT | (width > 0 ? DT_WORDBREAK : DT_SINGLELINE) |
                      (prefix ? 0u : DT_NOPREFIX));
        size.cx = box.right;
        size.cy = box.bottom;
    }
    if (old != NULL)
        SelectObject(dc, old);
    ReleaseDC(window, dc);
    return size;
}

static void clipped(const struct control *c, SIZE needs, int w, int h)
{
    n_texts++;
    if (needs.cx <= w && needs.cy <= h)
        return;
    n_clipped++;
    printf("    clipped: %s needs %ld x %ld, has %d x %d\n", c->name, needs.cx, needs.cy, w, h);
}

static void measure_combo(const struct control *c, int w)
{
    COMBOBOXINFO info = {.cbSize = sizeof info};
    WCHAR item[1024];
    const LRESULT n = SendMessageW(c->window, CB_GETCOUNT, 0, 0);
    if (GetComboBoxInfo(c->window, &info))
        w = (int)(info.rcItem.right - info.rcItem.left);
    for (LRESULT i = 0; i < n; i++) {
        struct control named = *c;
        SendMessageW(c->window, CB_GETLBTEXT, (WPARAM)i, (LPARAM)item);
        snprintf(named.name, sizeof named.name, "item %ld of %.120s", (long)i, c->name);
        clipped(&named, size_of(c->window, item, 0, false), w, 10000);
    }
}

static void measure_text(const struct control *c)
{
    RECT inner;
    GetClientRect(c->window, &inner);
    const int w = inner.right;
    const int h = inner.bottom;
    const bool check = (c->style & BS_TYPEMASK) == BS_AUTOCHECKBOX;
    if (strcmp(c->class_name, "ComboBox") == 0)
        measure_combo(c, w);
    else if (strcmp(c->class_name, "Static") == 0 && c->text[0] != 0)
        clipped(c, size_of(c->window, c->text, w, (c->style & SS_NOPREFIX) == 0), w, h);
    else if (strcmp(c->class_name, "Button") == 0 && check)
        clipped(c, size_of(c->window, c->text, w - GetSystemMetrics(SM_CXMENUCHECK) - 4, true),
                w - GetSystemMetrics(SM_CXMENUCHECK) - 4, h);
    else if (strcmp(c->class_name, "Button") == 0)
        clipped(c, size_of(c->window, c->text, 0, true), w - 6, h - 4);
    else if (strcmp(c->class_name, "Edit") == 0)
        clipped(c, (SIZE){0, size_of(c->window, L"Mg", 0, false).cy}, w, h);
}

static bool overlap(const RECT *a, const RECT *b)
{
    RECT both;
    return IntersectRect(&both, a, b) != 0;
}

/** What of it can be seen: a panel hides what is scrolled out of it. */
static bool visible_box(const struct control *c, RECT *out)
{
    RECT parent;
    GetClientRect(GetParent(c->window), &parent);
    MapWindowPoints(GetParent(c->window), NULL, (POINT *)(void *)&parent, 2);
    return IntersectRect(out, &c->box, &parent) != 0;
}

static unsigned n_overlaps(void)
{
    unsigned n = 0;
    RECT a;
    RECT b;
    for (unsigned i = 0; i < n_controls; i++)
        for (unsigned k = 0; k < i; k++)
            if (!IsChild(controls[i].window, controls[k].window) &&
                !IsChild(controls[k].window, controls[i].window) && visible_box(&controls[i], &a) &&
                visible_box(&controls[k], &b) && overlap(&a, &b)) {
                n++;
                printf("    overlap: %s and %s\n", controls[k].name, controls[i].name);
            }
    return n;
}

/** Within its parent, but what a scrolling panel hides below or above. */
static unsigned n_outside(HWND dialog)
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_controls; i++) {
        HWND parent = GetParent(controls[i].window);
        const bool scrolls = parent != dialog && (GetWindowLongW(parent, GWL_STYLE) & WS_VSCROLL);
        RECT inner;
        RECT box = controls[i].box;
        GetClientRect(parent, &inner);
        MapWindowPoints(NULL, parent, (POINT *)(void *)&box, 2);
        if (box.left >= 0 && box.right <= inner.right &&
            (scrolls || (box.top >= 0 && box.bottom <= inner.bottom)))
            continue;
        n++;
        printf("    outside: %s\n", controls[i].name);
    }
    return n;
}

static unsigned n_same_letters(void)
{
    WCHAR seen[128] = L"";
    unsigned n = 0;
    for (unsigned i = 0; i < n_controls; i++) {
        const WCHAR *at = controls[i].text;
        if (strcmp(controls[i].class_name, "Static") != 0 &&
            strcmp(controls[i].class_name, "Button") != 0)
            continue;
        if (strcmp(controls[i].class_name, "Static") == 0 && (controls[i].style & SS_NOPREFIX) != 0)
            continue;
        for (; (at = wcschr(at, L'&')) != NULL; at++) {
            const WCHAR letter = (WCHAR)(ULONG_PTR)CharUpperW((WCHAR *)(ULONG_PTR)at[1]);
            if (letter == L'&') {
                at++;
                continue;
            }
            if (wcschr(seen, letter) != NULL) {
                n++;
                printf("    twice: Alt+U+%04X\n", letter);
            }
            const size_t len = wcslen(seen);
            seen[len] = letter;
            seen[len + 1] = 0;
            break;
        }
    }
    char utf8[400] = "";
    WideCharToMultiByte(CP_UTF8, 0, seen, -1, utf8, sizeof utf8, NULL, NULL);
    printf("FIGURE letters: %s\n", utf8);
    return n;
}

/** Tab from the first to the first again: how many stops, in what order. */
static void check_tabs(HWND dialog, const char *what)
{
    HWND first = GetNextDlgTabItem(dialog, NULL, FALSE);
    HWND at = first;
    unsigned n = 0;
    unsigned n_stops = 0;
    LONG last_y = -100000;
    HWND last_parent = NULL;
    bool ordered = true;
    for (unsigned i = 0; i < n_controls; i++)
        n_stops += (controls[i].style & WS_TABSTOP) != 0 && IsWindowEnabled(controls[i].window) &&
                   (GetWindowLongW(GetParent(controls[i].window), GWL_STYLE) & WS_DISABLED) == 0 &&
                   strcmp(controls[i].class_name, "#32770") != 0;
    do {
        RECT box;
        GetWindowRect(at, &box);
        if (box.top + 12 < last_y && GetParent(at) == last_parent)
            ordered = false;
        last_y = box.top;
        last_parent = GetParent(at);
        n++;
        at = GetNextDlgTabItem(dialog, at, FALSE);
    } while (at != first && at != NULL && n < 100);
    dialog_check(n == n_stops && n > 3, "%s: Tab comes by all %u of %u stops", what, n, n_stops);
    dialog_check(ordered, "%s: from top to bottom", what);
}

void dialog_measure(HWND dialog, const char *what)
{
    n_controls = n_clipped = n_texts = 0;
    EnumChildWindows(dialog, collect, 0);
    RECT box;
    GetWindowRect(dialog, &box);
    MONITORINFO monitor = {.cbSize = sizeof monitor};
    GetMonitorInfoW(MonitorFromWindow(dialog, MONITOR_DEFAULTTONEAREST), &monitor);
    for (unsigned i = 0; i < n_controls; i++)
        measure_text(&controls[i]);
    printf("FIGURE %s: %ld x %ld pixels, %u controls, %u texts\n", what, box.right - box.left,
           box.bottom - box.top, n_controls, n_texts);
    dialog_check(n_controls > 10 && n_texts > 10, "%s: there is something to measure", what);
    dialog_check(n_clipped == 0, "%s: none of %u texts is clipped", what, n_texts);
    dialog_check(n_overlaps() == 0, "%s: nothing lies over anything else", what);
    dialog_check(n_outside(dialog) == 0, "%s: nothing lies outside", what);
    dialog_check(box.left >= monitor.rcWork.left && box.top >= monitor.rcWork.top &&
                     box.right <= monitor.rcWork.right && box.bottom <= monitor.rcWork.bottom,
                 "%s: it is on the screen", what);
    dialog_check(n_same_letters() == 0, "%s: no letter is given twice", what);
    check_tabs(dialog, what);
}

/* ------------------------------------------------------------------ absurdly long texts */

static const struct mmk_param_choice choices[] = {
    {"eins", MMK_HOST_ALL,
     "eine Wahl, deren Beschreibung viel mehr Platz braucht als im Englischen"},
    {"zwei", MMK_HOST_ALL, "eine andere"},
    {0},
};

#define LONG_LABEL                                                                       \
    "Abtastratenumwandlungsqualit\303\244tseinstellung & weitere W\303\266rter, die in " \
    "einer Zeile keinen Platz haben"
#define LONG_HELP                                                                                  \
    "Ein Hilfetext, der in dieser Sprache dreimal so lang ist wie im Englischen, weil jedes Wort " \
    "aus drei anderen zusammengesetzt ist und au\303\237erdem noch ein Nebensatz folgt, der "      \
    "erkl\303\244rt, warum das so ist, und ein zweiter, der es entschuldigt. Auch dieser Satz "    \
    "geh\303\266rt dazu & dieser."
#define LONG_TEXT(n)                                                                             \
    {                                                                                            \
        .name = n, .type = MMK_PARAM_TEXT, .max = 200, .default_text = "C:\\x.wav",              \
        .hosts = MMK_HOST_ALL, .label = LONG_LABEL, .help = LONG_HELP, .file = MMK_FILE_WRITTEN, \
        .file_types = "WAV|*.wav"                                                                \
    }
#define NUMBER(n)                                                                               \
    {                                                                                           \
        .name = n, .type = MMK_PARAM_UINT, .min = 1, .max = 4000000000u, .default_text = "7",   \
        .hosts = MMK_HOST_ALL, .label = LONG_LABEL, .help = LONG_HELP,                          \
        .unit = "Abtastwerte in jeder Sekunde und f\303\274r jeden einzelnen der Kan\303\244le" \
    }
#define CHOICE(n)                                                                        \
    {                                                                                    \
        .name = n, .type = MMK_PARAM_CHOICE, .choices = choices, .default_text = "eins", \
        .hosts = MMK_HOST_ALL, .label = LONG_LABEL, .help = LONG_HELP                    \
    }
#define CHECK(n)                                                                          \
    {                                                                                     \
        .name = n, .type = MMK_PARAM_BOOL, .default_text = "on", .hosts = MMK_HOST_ALL,   \
        .label = LONG_LABEL " und noch ein Satzteil, damit es nicht in eine Zeile passt", \
        .help = LONG_HELP                                                                 \
    }

static const struct mmk_param params[] = {
    CHOICE("a"),    LONG_TEXT("b"), NUMBER("c"),    CHECK("d"),  LONG_TEXT("e"), CHOICE("f"),
    NUMBER("g"),    CHECK("h"),     LONG_TEXT("i"), CHOICE("k"), NUMBER("l"),    CHECK("m"),
    LONG_TEXT("n"), CHOICE("o"),    NUMBER("p"),    CHECK("q"),  LONG_TEXT("r"), CHOICE("s"),
    NUMBER("t"),    CHECK("u"),     LONG_TEXT("v"), CHOICE("w"), NUMBER("x"),    CHECK("y"),
};
static const struct mmk_param_table table = {params, sizeof params / sizeof params[0]};

static mmk_err refuse(void *user, struct mmk_settings *settings, struct mmk_ui_said *said)
{
    (void)user;
    (void)settings;
    memcpy(said->param, "c", 2);
    snprintf(said->text, sizeof said->text, "%s", LONG_HELP);
    return MMK_ERR_RANGE;
}

static mmk_err tone(void *user, const struct mmk_settings *settings, struct mmk_ui_said *said)
{
    (void)user;
    (void)settings;
    snprintf(said->text, sizeof said->text, "%s", LONG_HELP);
    return MMK_OK;
}

void dialog_long(uintptr_t parent)
{
    const struct mmk_ui_session session = {.title = LONG_LABEL,
                                           .table = &table,
                                           .hosts = MMK_HOST_WINE,
                                           .saves = true,
                                           .apply = refuse,
                                           .tone = tone};
    struct mmk_settings settings;
    struct mmk_ui *ui = mmk_win32_dialog();
    mmk_settings_defaults(&table, &settings);
    const mmk_err err = ui->ops->converse(ui, &session, &settings, parent);
    dialog_check(err == MMK_ERR_CANCELLED, "the dialog with long texts was cancelled: %s",
                 mmk_err_name(err));
}
