/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Where everything is. Distances are dialog units of the message font (a quarter of its mean width,
 * an eighth of its height), as in Microsoft's layout guide: 7 to the edges, 4 between related
 * things, 14 high buttons. Every text is measured; what is longer than its column wraps, and the
 * row grows.
 */
#include "dialog_internal.h"

#include <string.h>

#define LABEL_MAX_DU 120
#define FIELD_MIN_DU 190
#define FIELD_MAX_DU 330
#define NUMBER_DU    62
#define BUTTON_DU    50
#define EDGE_DU      7
#define GAP_DU       4
#define ROW_GAP_DU   4
#define CHECK_BOX_PX 20 /* at 96 dpi: box and what stands before its text */

/* ------------------------------------------------------------------ resolution and font */

/** user32's functions that Windows 10 brought, NULL before. */
static FARPROC user32(const char *name)
{
    return GetProcAddress(GetModuleHandleW(L"user32.dll"), name);
}

UINT mmki_dlg_dpi_of(HWND window)
{
    union {
        FARPROC from;
        UINT(WINAPI *to)(HWND);
    } function = {.from = user32("GetDpiForWindow")};
    const UINT dpi = function.from != NULL ? function.to(window) : 0;
    if (dpi != 0)
        return dpi;
    HDC dc = GetDC(window);
    const int logical = GetDeviceCaps(dc, LOGPIXELSY);
    ReleaseDC(window, dc);
    return logical > 0 ? (UINT)logical : 96;
}

static bool message_font(UINT dpi, LOGFONTW *out)
{
    union {
        FARPROC from;
        BOOL(WINAPI *to)(UINT, UINT, PVOID, UINT, UINT);
    } function = {.from = user32("SystemParametersInfoForDpi")};
    NONCLIENTMETRICSW metrics = {.cbSize = sizeof metrics};
    if (function.from != NULL &&
        function.to(SPI_GETNONCLIENTMETRICS, sizeof metrics, &metrics, 0, dpi)) {
        *out = metrics.lfMessageFont;
        return true;
    }
    if (!SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, sizeof metrics, &metrics, 0))
        return false;
    HDC screen = GetDC(NULL);
    *out = metrics.lfMessageFont;
    out->lfHeight = MulDiv(out->lfHeight, (int)dpi, GetDeviceCaps(screen, LOGPIXELSY));
    ReleaseDC(NULL, screen);
    return true;
}

static BOOL CALLBACK give_font(HWND window, LPARAM font)
{
    SendMessageW(window, WM_SETFONT, (WPARAM)font, FALSE);
    return TRUE;
}

void mmki_dlg_use_dpi(struct mmki_dialog *d, UINT dpi)
{
    LOGFONTW face;
    HFONT old = d->font;
    d->dpi = dpi;
    d->font = message_font(dpi, &face) ? CreateFontIndirectW(&face) : NULL;
    if (d->font == NULL) {
        d->font = old;
        return;
    }
    EnumChildWindows(d->window, give_font, (LPARAM)d->font);
    if (old != NULL)
        DeleteObject(old);
}

HWND mmki_dlg_control(struct mmki_dialog *d, HWND parent, const WCHAR *class_name, DWORD style,
                      DWORD ex_style, int id, const WCHAR *text)
{
    HWND window = CreateWindowExW(ex_style | WS_EX_NOPARENTNOTIFY, class_name, text,
                                  WS_CHILD | WS_VISIBLE | style, 0, 0, 10, 10, parent,
                                  (HMENU)(INT_PTR)id, NULL, NULL);
    if (window != NULL && d->font != NULL)
        SendMessageW(window, WM_SETFONT, (WPARAM)d->font, FALSE);
    return window;
}

/* ------------------------------------------------------------------ measuring */

struct placing {
    struct mmki_dialog *d;
    HDC dc;
    int unit_x, unit_y; /* a dialog unit is unit_x / 4, unit_y / 8 */
    int line;           /* height of a line of text */
    int field_h, button_h;
    int label_w, field_w, button_w;
    int inner_w; /* between the edges */
    bool scrolls;
};

static int du_x(const struct placing *p, int n)
{
    return MulDiv(n, p->unit_x, 4);
}

static int du_y(const struct placing *p, int n)
{
    return MulDiv(n, p->unit_y, 8);
}

static int px(const struct placing *p, int at_96)
{
    return MulDiv(at_96, (int)p->d->dpi, 96);
}

/** Size of a text, wrapped at width (0: one line), mnemonics not counted where they are none. */
static SIZE text_size(const struct placing *p, const WCHAR *text, int width, bool prefix)
{
    RECT box = {0, 0, width, 0};
    const UINT how =
        DT_CALCRECT | (width > 0 ? DT_WORDBREAK : DT_SINGLELINE) | (prefix ? 0 : DT_NOPREFIX);
    DrawTextW(p->dc, text, -1, &box, how);
    const SIZE size = {box.right, box.bottom};
    return size;
}

static SIZE window_size(const struct placing *p, HWND window, int width, bool prefix)
{
    WCHAR text[MMKI_DLG_TEXT];
    GetWindowTextW(window, text, MMKI_DLG_TEXT);
    return text_size(p, text, width, prefix);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int bar_width(const struct placing *p)
{
    union {
        FARPROC from;
        int(WINAPI *to)(int, UINT);
    } function = {.from = user32("GetSystemMetricsForDpi")};
    return function.from != NULL ? function.to(SM_CXVSCROLL, p->d->dpi)
                                 : GetSystemMetrics(SM_CXVSCROLL);
}

static int arrow_w(const struct placing *p)
{
    return bar_width(p) + px(p, 14);
}

static int widest_item(const struct placing *p, HWND combo)
{
    WCHAR text[MMKI_DLG_TEXT];
    const LRESULT n = SendMessageW(combo, CB_GETCOUNT, 0, 0);
    int widest = 0;
    for (LRESULT i = 0; i < n; i++) {
        if (SendMessageW(combo, CB_GETLBTEXTLEN, (WPARAM)i, 0) >= (LRESULT)MMKI_DLG_TEXT)
            continue;
        SendMessageW(combo, CB_GETLBTEXT, (WPARAM)i, (LPARAM)text);
        widest = larger(widest, (int)text_size(p, text, 0, false).cx);
    }
    return widest;
}

static void measure_font(struct placing *p)
{
    static const WCHAR letters[] = L"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    TEXTMETRICW metrics;
    SIZE size;
    GetTextMetricsW(p->dc, &metrics);
    GetTextExtentPoint32W(p->dc, letters, 52, &size);
    p->unit_x = (size.cx / 26 + 1) / 2;
    p->unit_y = metrics.tmHeight;
    p->line = metrics.tmHeight;
}

/* A closed combo box is as high as its font makes it, and an edit field does not centre its text:
 * all fields follow the combo box. */
static void measure_fields(struct placing *p)
{
    p->field_h = p->line + px(p, 8);
    for (size_t i = 0; i < p->d->n_rows; i++) {
        const struct mmki_dlg_row *row = &p->d->row[i];
        RECT box;
        if (row->param->type != MMK_PARAM_CHOICE)
            continue;
        GetWindowRect(row->part[MMKI_DLG_FIELD], &box);
        p->field_h = (int)(box.bottom - box.top);
    }
    p->button_h = larger(p->field_h, du_y(p, 14));
}

/** Width that a text wants in a column of at most `most`: it wraps there, but a word does not. */
static int wanted(const struct placing *p, HWND window, int most)
{
    const int line = (int)window_size(p, window, 0, true).cx;
    return line <= most ? line : (int)window_size(p, window, most, true).cx;
}

static void measure_columns(struct placing *p, int room)
{
    const int most = du_x(p, FIELD_MAX_DU);
    int field = du_x(p, FIELD_MIN_DU);
    for (size_t i = 0; i < p->d->n_rows; i++) {
        const struct mmki_dlg_row *row = &p->d->row[i];
        HWND at = row->part[MMKI_DLG_FIELD];
        HWND label = row->part[MMKI_DLG_LABEL];
        if (label != NULL)
            p->label_w = larger(p->label_w, wanted(p, label, du_x(p, LABEL_MAX_DU)) + px(p, 2));
        if (row->param->type == MMK_PARAM_CHOICE)
            field = larger(field, smaller(most, widest_item(p, at) + arrow_w(p)));
        if (row->param->type == MMK_PARAM_BOOL)
            field = larger(field,
                           wanted(p, at, most - px(p, CHECK_BOX_PX + 4)) + px(p, CHECK_BOX_PX + 4));
    }
    p->field_w = smaller(field, room - p->label_w - du_x(p, 2 * EDGE_DU + GAP_DU));
    p->inner_w = p->label_w + du_x(p, GAP_DU) + p->field_w;
}

static int button_width(const struct placing *p, HWND button)
{
    return larger(du_x(p, BUTTON_DU), (int)window_size(p, button, 0, true).cx + du_x(p, 10));
}

static void measure_buttons(struct placing *p)
{
    const struct mmki_dlg_button *button = p->d->button;
    int sum = du_x(p, 2 * GAP_DU);
    for (size_t i = 0; i < MMKI_DLG_BUTTONS; i++)
        if (button[i].window != NULL)
            sum += button_width(p, button[i].window) + du_x(p, GAP_DU);
    if (sum > p->inner_w) {
        p->field_w += sum - p->inner_w;
        p->inner_w = sum;
    }
}

/* ------------------------------------------------------------------ placing */

static void put(HWND window, int x, int y, int w, int h)
{
    SetWindowPos(window, NULL, x, y, w, h, SWP_NOZORDER | SWP_NOACTIVATE | SWP_NOCOPYBITS);
}

static void show(HWND window, bool visible)
{
    ShowWindow(window, visible ? SW_SHOWNA : SW_HIDE);
}

static int number_width(const struct placing *p, const struct mmki_dlg_row *row)
{
    HWND field = row->part[MMKI_DLG_FIELD];
    int w = du_x(p, NUMBER_DU);
    if (row->param->typical != NULL)
        w = larger(w, widest_item(p, field) + arrow_w(p));
    return w;
}

/** The field and what stands right of it. @return its height */
static int put_field(struct placing *p, struct mmki_dlg_row *row, int x, int y)
{
    HWND field = row->part[MMKI_DLG_FIELD];
    HWND browse = row->part[MMKI_DLG_BROWSE];
    const struct mmk_param *param = row->param;
    const int list_h = p->line * 12; /* of a combo box's list, together with the box */
    int w = p->field_w;
    int h = p->field_h;
    if (param->type == MMK_PARAM_BOOL) {
        const int text_w = w - px(p, CHECK_BOX_PX);
        h = larger(h, (int)window_size(p, field, text_w, true).cy + px(p, 4));
        put(field, x, y, w, h);
        return h;
    }
    if (browse != NULL) {
        const int button = button_width(p, browse);
        w -= button + du_x(p, GAP_DU);
        put(browse, x + w + du_x(p, GAP_DU), y, button, h);
    }
    if (param->type == MMK_PARAM_UINT)
        w = number_width(p, row);
    if (row->part[MMKI_DLG_UNIT] != NULL) {
        const int at = w + du_x(p, GAP_DU);
        const SIZE unit = window_size(p, row->part[MMKI_DLG_UNIT], p->field_w - at, false);
        put(row->part[MMKI_DLG_UNIT], x + at, y + larger(0, (p->field_h - p->line) / 2),
            p->field_w - at, (int)unit.cy);
        h = larger(h, (int)unit.cy + larger(0, (p->field_h - p->line) / 2));
    }
    const bool combo = param->type == MMK_PARAM_CHOICE ||
                       (param->type == MMK_PARAM_UINT && param->typical != NULL);
    put(field, x, y, w, combo ? list_h : p->field_h);
    if (combo && param->type == MMK_PARAM_CHOICE)
        SendMessageW(field, CB_SETDROPPEDWIDTH, (WPARAM)(widest_item(p, field) + arrow_w(p)), 0);
    if (combo && param->type == MMK_PARAM_UINT && GetFocus() != field &&
        !IsChild(field, GetFocus()))
        SendMessageW(field, CB_SETEDITSEL, 0, MAKELPARAM(-1, 0)); /* sizing selects all of it */
    return h;
}

/** @return the height of the row */
static int put_row(struct placing *p, struct mmki_dlg_row *row, int y)
{
    const int field_x = p->label_w + du_x(p, GAP_DU);
    HWND note = row->part[MMKI_DLG_NOTE];
    int h = put_field(p, row, field_x, y);
    if (row->part[MMKI_DLG_LABEL] != NULL) {
        const int label_h = (int)window_size(p, row->part[MMKI_DLG_LABEL], p->label_w, true).cy;
        const int above = larger(0, (p->field_h - p->line) / 2);
        put(row->part[MMKI_DLG_LABEL], 0, y + above, p->label_w, label_h);
        h = larger(h, label_h + above);
    }
    const bool noted = GetWindowTextLengthW(note) > 0;
    if (noted) {
        const int note_h = (int)window_size(p, note, p->field_w, false).cy;
        put(note, field_x, y + h + px(p, 2), p->field_w, note_h);
        h += note_h + px(p, 4);
    }
    show(note, noted);
    return h;
}

static int put_rows(struct placing *p)
{
    int y = 0;
    for (size_t i = 0; i < p->d->n_rows; i++) {
        y += put_row(p, &p->d->row[i], y - p->d->scroll);
        y += du_y(p, ROW_GAP_DU);
    }
    return y > 0 ? y - du_y(p, ROW_GAP_DU) : 0;
}

/** Room for the longest help, so that the window keeps its size when the focus moves. */
static int help_height(const struct placing *p)
{
    int h = p->line;
    for (size_t i = 0; i < p->d->n_rows; i++) {
        WCHAR text[MMKI_DLG_TEXT];
        if (p->d->row[i].param->help == NULL)
            continue;
        mmki_dlg_wide(p->d->row[i].param->help, text, MMKI_DLG_TEXT);
        h = larger(h, (int)text_size(p, text, p->inner_w, false).cy);
    }
    return h;
}

static void put_buttons(const struct placing *p, int y, int width)
{
    const struct mmki_dlg_button *button = p->d->button;
    int left = du_x(p, EDGE_DU);
    int right = width - du_x(p, EDGE_DU);
    for (size_t i = 0; i < MMKI_DLG_BUTTONS; i++) {
        const int w = button[i].window != NULL ? button_width(p, button[i].window) : 0;
        if (button[i].window == NULL || button[i].right)
            continue;
        put(button[i].window, left, y, w, p->button_h);
        left += w + du_x(p, GAP_DU);
    }
    for (size_t i = MMKI_DLG_BUTTONS; i-- > 0;) {
        const int w = button[i].window != NULL ? button_width(p, button[i].window) : 0;
        if (button[i].window == NULL || !button[i].right)
            continue;
        right -= w;
        put(button[i].window, right, y, w, p->button_h);
        right -= du_x(p, GAP_DU);
    }
}

/* ------------------------------------------------------------------ the window itself */

static RECT work_area(HWND window)
{
    MONITORINFO info = {.cbSize = sizeof info};
    RECT area = {0, 0, 640, 480};
    if (GetMonitorInfoW(MonitorFromWindow(window, MONITOR_DEFAULTTONEAREST), &info))
        area = info.rcWork;
    return area;
}

static SIZE frame_of(const struct placing *p)
{
    union {
        FARPROC from;
        BOOL(WINAPI *to)(LPRECT, DWORD, BOOL, DWORD, UINT);
    } function = {.from = user32("AdjustWindowRectExForDpi")};
    const DWORD style = (DWORD)GetWindowLongPtrW(p->d->window, GWL_STYLE);
    const DWORD ex_style = (DWORD)GetWindowLongPtrW(p->d->window, GWL_EXSTYLE);
    RECT box = {0, 0, 0, 0};
    if (function.from == NULL || !function.to(&box, style, FALSE, ex_style, p->d->dpi))
        AdjustWindowRectEx(&box, style, FALSE, ex_style);
    const SIZE size = {box.right - box.left, box.bottom - box.top};
    return size;
}

/** Keep it on the screen; centred over the owner at first. */
static void place_window(const struct placing *p, SIZE size, bool centre)
{
    HWND owner = GetWindow(p->d->window, GW_OWNER);
    const RECT area = work_area(centre && owner != NULL ? owner : p->d->window);
    RECT over = area;
    RECT now;
    GetWindowRect(p->d->window, &now);
    if (owner != NULL && IsWindowVisible(owner) && !IsIconic(owner))
        GetWindowRect(owner, &over);
    int x = centre ? (over.left + over.right - size.cx) / 2 : now.left;
    int y = centre ? (over.top + over.bottom - size.cy) / 2 : now.top;
    x = larger((int)area.left, smaller(x, (int)(area.right - size.cx)));
    y = larger((int)area.top, smaller(y, (int)(area.bottom - size.cy)));
    put(p->d->window, x, y, (int)size.cx, (int)size.cy);
}

static void set_scroll(const struct placing *p)
{
    const struct mmki_dialog *d = p->d;
    const SCROLLINFO info = {.cbSize = sizeof info,
                             .fMask = SIF_RANGE | SIF_PAGE | SIF_POS,
                             .nMax = d->content_h - 1,
                             .nPage = (UINT)d->panel_h,
                             .nPos = d->scroll};
    ShowScrollBar(d->panel, SB_VERT, p->scrolls);
    if (p->scrolls)
        SetScrollInfo(d->panel, SB_VERT, &info, TRUE);
}

/* From top to bottom: rows, a rule, help, message, buttons. */
static void place(struct placing *p, bool centre)
{
    struct mmki_dialog *d = p->d;
    const RECT area = work_area(d->window);
    const SIZE frame = frame_of(p);
    const int edge_x = du_x(p, EDGE_DU);
    const int edge_y = du_y(p, EDGE_DU);
    const int gap = du_y(p, GAP_DU);
    measure_font(p);
    measure_fields(p);
    measure_columns(p, (int)(area.right - area.left - frame.cx) - bar_width(p) - px(p, 4));
    measure_buttons(p);

    d->content_h = put_rows(p);
    const bool spoken = GetWindowTextLengthW(d->message) > 0;
    const int help_h = help_height(p);
    const int message_h = spoken ? (int)window_size(p, d->message, p->inner_w, false).cy : 0;
    const int below =
        2 * edge_y + 3 * gap + help_h + message_h + (spoken ? gap : 0) + p->button_h + px(p, 2);
    const int most = (int)(area.bottom - area.top - frame.cy) - below;
    d->panel_h = smaller(d->content_h, larger(most, 3 * p->field_h));
    p->scrolls = d->panel_h < d->content_h;
    const int bar = p->scrolls ? bar_width(p) + px(p, 4) : 0;
    if (d->scroll > d->content_h - d->panel_h) {
        d->scroll = d->content_h - d->panel_h;
        (void)put_rows(p);
    }
    const int width = p->inner_w + bar + 2 * edge_x;
    int y = edge_y;
    put(d->panel, edge_x, y, p->inner_w + bar, d->panel_h);
    y += d->panel_h + gap;
    put(d->rule, edge_x, y, width - 2 * edge_x, 2);
    y += px(p, 2) + gap;
    put(d->help, edge_x, y, p->inner_w, help_h);
    y += help_h + gap;
    put(d->message, edge_x, y, p->inner_w, message_h);
    show(d->message, spoken);
    y += message_h + (spoken ? gap : 0);
    put_buttons(p, y, width);
    const SIZE size = {width + frame.cx, y + p->button_h + edge_y + frame.cy};
    place_window(p, size, centre);
    set_scroll(p);
}

void mmki_dlg_layout(struct mmki_dialog *d, bool centre)
{
    struct placing p = {.d = d};
    p.dc = GetDC(d->window);
    if (p.dc == NULL)
        return;
    HGDIOBJ old = SelectObject(p.dc, d->font);
    measure_font(&p);
    place(&p, centre);
    SelectObject(p.dc, old);
    ReleaseDC(d->window, p.dc);
    RedrawWindow(d->window, NULL, NULL, RDW_INVALIDATE | RDW_ERASE | RDW_FRAME | RDW_ALLCHILDREN);
}

/* ------------------------------------------------------------------ scrolling */

void mmki_dlg_scroll_to(struct mmki_dialog *d, int y)
{
    y = larger(0, smaller(y, d->content_h - d->panel_h));
    if (y == d->scroll)
        return;
    ScrollWindowEx(d->panel, 0, d->scroll - y, NULL, NULL, NULL, NULL,
                   SW_SCROLLCHILDREN | SW_INVALIDATE | SW_ERASE);
    d->scroll = y;
    const SCROLLINFO info = {.cbSize = sizeof info, .fMask = SIF_POS, .nPos = y};
    SetScrollInfo(d->panel, SB_VERT, &info, TRUE);
}

void mmki_dlg_show_row(struct mmki_dialog *d, const struct mmki_dlg_row *row)
{
    RECT box;
    RECT note;
    GetWindowRect(row->part[MMKI_DLG_FIELD], &box);
    if (row->part[MMKI_DLG_NOTE] != NULL && IsWindowVisible(row->part[MMKI_DLG_NOTE])) {
        GetWindowRect(row->part[MMKI_DLG_NOTE], &note);
        box.bottom = note.bottom;
    }
    MapWindowPoints(NULL, d->panel, (POINT *)(void *)&box, 2);
    if (box.top < 0)
        mmki_dlg_scroll_to(d, d->scroll + (int)box.top);
    else if (box.bottom > d->panel_h)
        mmki_dlg_scroll_to(d, d->scroll + (int)box.bottom - d->panel_h);
}
