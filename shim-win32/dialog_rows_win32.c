/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The rows: one for each parameter of this host, made from the table and from nothing else. */
#include "dialog_internal.h"

#include <string.h>

#include <cderr.h>
#include <commdlg.h>

#include <mmk/text.h>

/* ------------------------------------------------------------------ making them */

static bool is_combo(const struct mmk_param *param)
{
    return param->type == MMK_PARAM_CHOICE || (param->type == MMK_PARAM_UINT && param->typical);
}

static void add_item(HWND combo, const WCHAR *text, size_t data)
{
    const LRESULT at = SendMessageW(combo, CB_ADDSTRING, 0, (LPARAM)text);
    SendMessageW(combo, CB_SETITEMDATA, (WPARAM)at, (LPARAM)data);
}

/* "s16 – 16-bit integer": the name that all other places use, and what it means */
static void add_choices(const struct mmki_dialog *d, HWND combo, const struct mmk_param *param)
{
    for (size_t i = 0; param->choices[i].name != NULL; i++) {
        WCHAR text[MMKI_DLG_TEXT];
        WCHAR help[MMKI_DLG_TEXT / 2];
        if ((param->choices[i].hosts & d->session->hosts) == 0)
            continue;
        mmki_dlg_wide(param->choices[i].name, text, MMKI_DLG_TEXT / 2);
        mmki_dlg_wide(param->choices[i].help != NULL ? param->choices[i].help : "", help,
                      MMKI_DLG_TEXT / 2 - 3);
        if (help[0] != 0) {
            wcscat(text, L" \x2013 ");
            wcscat(text, help);
        }
        add_item(combo, text, i);
    }
}

static void add_typical(HWND combo, const char *typical)
{
    WCHAR list[MMKI_DLG_TEXT];
    mmki_dlg_wide(typical, list, MMKI_DLG_TEXT);
    for (WCHAR *at = list, *end; at != NULL; at = end) {
        end = wcschr(at, L'|');
        if (end != NULL)
            *end++ = 0;
        add_item(combo, at, 0);
    }
}

static HWND make_field(struct mmki_dialog *d, const struct mmk_param *param, int id,
                       const WCHAR *caption)
{
    const DWORD list = WS_TABSTOP | WS_VSCROLL | CBS_AUTOHSCROLL;
    HWND field;
    if (param->type == MMK_PARAM_BOOL)
        return mmki_dlg_control(d, d->panel, L"BUTTON",
                                WS_TABSTOP | BS_AUTOCHECKBOX | BS_NOTIFY | BS_MULTILINE, 0, id,
                                caption);
    if (!is_combo(param)) {
        field = mmki_dlg_control(d, d->panel, L"EDIT", WS_TABSTOP | ES_AUTOHSCROLL,
                                 WS_EX_CLIENTEDGE, id, L"");
        SendMessageW(field, EM_LIMITTEXT, MMK_SETTING_TEXT_MAX + 20, 0);
        return field;
    }
    field = mmki_dlg_control(
        d, d->panel, L"COMBOBOX",
        list | (param->type == MMK_PARAM_CHOICE ? CBS_DROPDOWNLIST : CBS_DROPDOWN), 0, id, L"");
    if (param->type == MMK_PARAM_CHOICE)
        add_choices(d, field, param);
    else
        add_typical(field, param->typical);
    return field;
}

/* Order of making is order of tabbing; a label stands before its field, whose letter it bears. */
static void make_row(struct mmki_dialog *d, struct mmki_dlg_row *row)
{
    const struct mmk_param *param = row->param;
    const int id = MMKI_DLG_ROW_0 + 10 * (int)(row - d->row);
    const bool check = param->type == MMK_PARAM_BOOL;
    WCHAR text[MMKI_DLG_TEXT];
    WCHAR caption[MMKI_DLG_TEXT];

    mmki_dlg_wide(param->label != NULL ? param->label : param->name, text, MMKI_DLG_TEXT);
    mmki_dlg_caption(d, text, check ? L"" : L":", caption, MMKI_DLG_TEXT);
    if (!check)
        row->part[MMKI_DLG_LABEL] =
            mmki_dlg_control(d, d->panel, L"STATIC", 0, 0, id + MMKI_DLG_LABEL, caption);
    row->part[MMKI_DLG_FIELD] = make_field(d, param, id + MMKI_DLG_FIELD, caption);
    if (param->unit != NULL) {
        mmki_dlg_wide(param->unit, text, MMKI_DLG_TEXT);
        row->part[MMKI_DLG_UNIT] =
            mmki_dlg_control(d, d->panel, L"STATIC", SS_NOPREFIX, 0, id + MMKI_DLG_UNIT, text);
    }
    if (param->type == MMK_PARAM_TEXT && param->file != MMK_FILE_NONE) {
        mmki_dlg_caption(d, L"Browse", L"...", caption, MMKI_DLG_TEXT);
        row->part[MMKI_DLG_BROWSE] =
            mmki_dlg_control(d, d->panel, L"BUTTON", WS_TABSTOP | BS_PUSHBUTTON | BS_NOTIFY, 0,
                             id + MMKI_DLG_BROWSE, caption);
    }
    row->part[MMKI_DLG_NOTE] =
        mmki_dlg_control(d, d->panel, L"STATIC", SS_NOPREFIX, 0, id + MMKI_DLG_NOTE, L"");
}

static void lock_row(struct mmki_dlg_row *row)
{
    WCHAR name[128];
    WCHAR text[256] = L"Set by MMEKIT_";
    mmki_dlg_wide(row->param->name, name, 128);
    CharUpperW(name);
    wcscat(text, name);
    wcscat(text, L" in the environment, which goes before all settings.");
    SetWindowTextW(row->part[MMKI_DLG_NOTE], text);
    row->locked = true;
}

void mmki_dlg_rows_make(struct mmki_dialog *d)
{
    const struct mmk_param_table *table = d->session->table;
    for (size_t i = 0; i < table->n_params && d->n_rows < MMK_PARAMS_MAX; i++) {
        struct mmki_dlg_row *row = &d->row[d->n_rows];
        if ((table->params[i].hosts & d->session->hosts) == 0)
            continue;
        row->param = &table->params[i];
        row->index = i;
        d->n_rows++;
        make_row(d, row);
        if (d->settings->value[i].source == MMK_SOURCE_ENVIRONMENT)
            lock_row(row);
    }
}

/* ------------------------------------------------------------------ values */

static void fill_row(struct mmki_dlg_row *row, const struct mmk_setting *value)
{
    HWND field = row->part[MMKI_DLG_FIELD];
    if (row->param->type == MMK_PARAM_BOOL) {
        SendMessageW(field, BM_SETCHECK, value->number != 0 ? BST_CHECKED : BST_UNCHECKED, 0);
        return;
    }
    if (row->param->type != MMK_PARAM_CHOICE) {
        mmki_dlg_set(field, value->text);
        if (is_combo(row->param)) /* a combo box selects what it is given */
            SendMessageW(field, CB_SETEDITSEL, 0, MAKELPARAM(-1, 0));
        return;
    }
    const LRESULT n = SendMessageW(field, CB_GETCOUNT, 0, 0);
    for (LRESULT i = 0; i < n; i++)
        if (SendMessageW(field, CB_GETITEMDATA, (WPARAM)i, 0) == (LRESULT)value->number)
            SendMessageW(field, CB_SETCURSEL, (WPARAM)i, 0);
}

void mmki_dlg_rows_fill(struct mmki_dialog *d, const struct mmk_settings *settings)
{
    d->filling = true;
    for (size_t i = 0; i < d->n_rows; i++)
        fill_row(&d->row[i], &settings->value[d->row[i].index]);
    d->filling = false;
    mmki_dlg_rows_enable(d);
}

void mmki_dlg_rows_defaults(struct mmki_dialog *d)
{
    struct mmk_settings standard;
    mmk_settings_defaults(d->session->table, &standard);
    for (size_t i = 0; i < d->n_rows; i++) {
        const struct mmki_dlg_row *row = &d->row[i];
        if (row->locked)
            standard.value[row->index] = d->settings->value[row->index];
        if (row->wrong)
            mmki_dlg_complain(d, &d->row[i], NULL);
    }
    mmki_dlg_rows_fill(d, &standard);
}

static void cut_blanks(char *text)
{
    size_t begin = strspn(text, " \t");
    size_t end = strlen(text);
    while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    memmove(text, text + begin, end - begin);
    text[end - begin] = 0;
}

static mmk_err read_row(const struct mmki_dialog *d, const struct mmki_dlg_row *row,
                        struct mmk_setting *out, struct mmk_param_error *error)
{
    const struct mmk_param *param = row->param;
    HWND field = row->part[MMKI_DLG_FIELD];
    char text[4 * MMK_SETTING_TEXT_MAX] = "";
    if (param->type == MMK_PARAM_BOOL) {
        const bool on = SendMessageW(field, BM_GETCHECK, 0, 0) == BST_CHECKED;
        return mmk_param_parse(param, d->session->hosts, on ? "on" : "off", out, error);
    }
    if (param->type == MMK_PARAM_CHOICE) {
        const LRESULT at = SendMessageW(field, CB_GETCURSEL, 0, 0);
        const LRESULT i = at >= 0 ? SendMessageW(field, CB_GETITEMDATA, (WPARAM)at, 0) : 0;
        return mmk_param_parse(param, d->session->hosts, param->choices[i].name, out, error);
    }
    const mmk_err err = mmki_dlg_text_of(field, text, sizeof text);
    if (err != MMK_OK) {
        error->err = err;
        mmki_format(error->text, sizeof error->text, "%s: this text is too long", param->name);
        return err;
    }
    if (param->type == MMK_PARAM_UINT)
        cut_blanks(text);
    return mmk_param_parse(param, d->session->hosts, text, out, error);
}

/* Beside the field its name needs no saying. */
static const char *without_name(const struct mmk_param *param, const char *text)
{
    const size_t n = strlen(param->name);
    return strncmp(text, param->name, n) == 0 && text[n] == ':' ? text + n + 2 : text;
}

bool mmki_dlg_rows_read(struct mmki_dialog *d, struct mmk_settings *out)
{
    struct mmk_param_error error[MMK_PARAMS_MAX];
    struct mmki_dlg_row *first = NULL;
    *out = *d->settings;
    for (size_t i = 0; i < d->n_rows; i++) {
        struct mmk_setting fresh;
        error[i].err = MMK_OK;
        if (read_row(d, &d->row[i], &fresh, &error[i]) != MMK_OK)
            continue;
        error[i].err = MMK_OK;
        fresh.source = out->value[d->row[i].index].source;
        if (strcmp(fresh.text, out->value[d->row[i].index].text) != 0)
            fresh.source = MMK_SOURCE_CALLER;
        out->value[d->row[i].index] = fresh;
    }
    /* what does not apply is not asked for; it keeps the value it had */
    for (size_t i = 0; i < d->n_rows; i++) {
        struct mmki_dlg_row *row = &d->row[i];
        const bool wrong = error[i].err != MMK_OK && mmk_param_applies(row->param, out);
        if (wrong)
            mmki_dlg_complain(d, row, without_name(row->param, error[i].text));
        else if (row->wrong)
            mmki_dlg_complain(d, row, NULL);
        if (wrong && first == NULL)
            first = row;
    }
    if (first != NULL)
        mmki_dlg_show_row(d, first);
    return first == NULL;
}

/* ------------------------------------------------------------------ what applies */

/* As the fields stand, wrong ones as they were: never complains. */
static void glance(const struct mmki_dialog *d, struct mmk_settings *out)
{
    *out = *d->settings;
    for (size_t i = 0; i < d->n_rows; i++) {
        struct mmk_param_error error;
        struct mmk_setting fresh;
        if (read_row(d, &d->row[i], &fresh, &error) == MMK_OK)
            out->value[d->row[i].index] = fresh;
    }
}

void mmki_dlg_rows_enable(struct mmki_dialog *d)
{
    struct mmk_settings now;
    glance(d, &now);
    for (size_t i = 0; i < d->n_rows; i++) {
        struct mmki_dlg_row *row = &d->row[i];
        const bool on = !row->locked && mmk_param_applies(row->param, &now);
        for (int part = MMKI_DLG_LABEL; part <= MMKI_DLG_UNIT; part++)
            if (row->part[part] != NULL)
                EnableWindow(row->part[part], on);
        if (row->part[MMKI_DLG_BROWSE] != NULL)
            EnableWindow(row->part[MMKI_DLG_BROWSE], on && mmk_param_is_file(row->param, &now));
        if (!on && row->wrong)
            mmki_dlg_complain(d, row, NULL);
    }
}

/* ------------------------------------------------------------------ words beside a row */

void mmki_dlg_complain(struct mmki_dialog *d, struct mmki_dlg_row *row, const char *text)
{
    if (row->locked)
        return;
    row->wrong = text != NULL;
    mmki_dlg_set(row->part[MMKI_DLG_NOTE], text != NULL ? text : "");
    mmki_dlg_layout(d, false);
}

void mmki_dlg_focus(struct mmki_dlg_row *row)
{
    HWND field = row->part[MMKI_DLG_FIELD];
    SetFocus(field);
    if (row->param->type == MMK_PARAM_UINT && is_combo(row->param))
        SendMessageW(field, CB_SETEDITSEL, 0, MAKELPARAM(0, -1));
    else if (row->param->type == MMK_PARAM_UINT || row->param->type == MMK_PARAM_TEXT)
        SendMessageW(field, EM_SETSEL, 0, -1);
}

void mmki_dlg_help(struct mmki_dialog *d, size_t row)
{
    d->helped = row;
    mmki_dlg_set(d->help,
                 row < d->n_rows && d->row[row].param->help != NULL ? d->row[row].param->help : "");
}

struct mmki_dlg_row *mmki_dlg_row_named(struct mmki_dialog *d, const char *name)
{
    for (size_t i = 0; i < d->n_rows && name[0] != 0; i++)
        if (mmk_name_equal(d->row[i].param->name, name))
            return &d->row[i];
    return NULL;
}

struct mmki_dlg_row *mmki_dlg_row_of_id(struct mmki_dialog *d, int id, int *part)
{
    const int row = (id - MMKI_DLG_ROW_0) / 10;
    if (id < MMKI_DLG_ROW_0 || row >= (int)d->n_rows)
        return NULL;
    if (part != NULL)
        *part = (id - MMKI_DLG_ROW_0) % 10;
    return &d->row[row];
}

/* ------------------------------------------------------------------ browsing */

/* comdlg32 brings half of Windows with it: loaded only for this, not into every program that plays
 * sound. */
static bool ask_for_file(OPENFILENAMEW *ask, bool written)
{
    union {
        FARPROC from;
        BOOL(WINAPI *ask)(OPENFILENAMEW *);
        DWORD(WINAPI *why)(void);
    } function, error;
    WCHAR path[MAX_PATH];
    const UINT n = GetSystemDirectoryW(path, MAX_PATH - 20);
    if (n == 0 || n >= MAX_PATH - 20)
        return false;
    wcscat(path, L"\\comdlg32.dll");
    HMODULE library = LoadLibraryW(path);
    if (library == NULL)
        return false;
    function.from = GetProcAddress(library, written ? "GetSaveFileNameW" : "GetOpenFileNameW");
    error.from = GetProcAddress(library, "CommDlgExtendedError");
    bool chosen = function.from != NULL && function.ask(ask);
    /* what stands in the field may be no name to begin with */
    if (!chosen && function.from != NULL && error.from != NULL &&
        error.why() == FNERR_INVALIDFILENAME) {
        ask->lpstrFile[0] = 0;
        chosen = function.ask(ask);
    }
    FreeLibrary(library);
    return chosen;
}

/* "WAV files|*.wav" -> pairs ended by zeros, and all files */
static void filter_of(const char *types, WCHAR *out)
{
    size_t n = 0;
    if (types != NULL) {
        mmki_dlg_wide(types, out, 200);
        n = wcslen(out) + 1;
        for (WCHAR *at = out; *at != 0; at++)
            if (*at == L'|')
                *at = 0;
    }
    memcpy(out + n, L"All files\0*.*\0", sizeof L"All files\0*.*\0");
}

void mmki_dlg_browse(struct mmki_dialog *d, struct mmki_dlg_row *row)
{
    WCHAR path[MMKI_DLG_TEXT] = L"";
    WCHAR filter[256];
    WCHAR ending[16] = L"";
    const char *dot = row->param->file_types != NULL ? strrchr(row->param->file_types, '.') : NULL;
    const bool written = row->param->file == MMK_FILE_WRITTEN;
    filter_of(row->param->file_types, filter);
    if (dot != NULL)
        mmki_dlg_wide(dot + 1, ending, 16);
    GetWindowTextW(row->part[MMKI_DLG_FIELD], path, MAX_PATH);
    OPENFILENAMEW ask = {
        .lStructSize = sizeof ask,
        .hwndOwner = d->window,
        .lpstrFilter = filter,
        .lpstrFile = path,
        .nMaxFile = MMKI_DLG_TEXT,
        .lpstrDefExt = ending[0] != 0 ? ending : NULL,
        .Flags = OFN_NOCHANGEDIR | OFN_HIDEREADONLY | OFN_EXPLORER |
                 (written ? OFN_OVERWRITEPROMPT | OFN_PATHMUSTEXIST : OFN_FILEMUSTEXIST)};
    if (ask_for_file(&ask, written))
        SetWindowTextW(row->part[MMKI_DLG_FIELD], path);
    SetFocus(row->part[MMKI_DLG_FIELD]);
}
