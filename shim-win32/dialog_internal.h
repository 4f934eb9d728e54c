/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DIALOG_INTERNAL_H
#define MMK_DIALOG_INTERNAL_H

/**
 * The parts of the dialog: the window and what it does (dialog_win32.c), the rows that stand for
 * the parameters (dialog_rows_win32.c), where everything is (dialog_layout_win32.c), and text
 * (dialog_text_win32.c).
 *
 * The window is a dialog without a template worth the name; its controls are made from the
 * parameter table, and placed by measuring their text in the system's message font at the
 * monitor's resolution. Rows stand in a *panel*, a child dialog that scrolls where the screen is
 * too low. No window class is registered, so that nothing is left when the DLL goes.
 */

#include "win32_internal.h"

#include <mmk/param.h>

#define MMKI_DLG_TEXT  1024u /* units of any text in the dialog */
#define MMKI_DLG_ROW_0 2000  /* row r, part p: MMKI_DLG_ROW_0 + 10 r + p */

/** Control ids; tests and screen readers' scripts may rely on them. */
enum {
    MMKI_DLG_APPLY = 101,
    MMKI_DLG_DEFAULTS = 102,
    MMKI_DLG_TONE = 103,
    MMKI_DLG_HELP = 104,
    MMKI_DLG_MESSAGE = 105,
    MMKI_DLG_RULE = 106
};
enum {
    MMKI_DLG_LABEL = 0,
    MMKI_DLG_FIELD,
    MMKI_DLG_UNIT,
    MMKI_DLG_BROWSE,
    MMKI_DLG_NOTE, /* below the field: what is wrong with it, or why it cannot be changed */
    MMKI_DLG_PARTS
};

struct mmki_dlg_row {
    const struct mmk_param *param;
    size_t index;              /* in the table */
    HWND part[MMKI_DLG_PARTS]; /* NULL where the row has no such part */
    bool locked;               /* the environment decides it */
    bool wrong;                /* the note is a complaint */
};

struct mmki_dlg_button {
    HWND window;
    int id;
    const WCHAR *text;
    bool right; /* of those at the right end */
};
#define MMKI_DLG_BUTTONS 5

struct mmki_dialog {
    const struct mmk_ui_session *session;
    struct mmk_settings *settings; /* as they hold: the caller's */
    mmk_err result;

    HWND window, panel, rule, help, message;
    struct mmki_dlg_button button[MMKI_DLG_BUTTONS];
    struct mmki_dlg_row row[MMK_PARAMS_MAX];
    size_t n_rows;
    size_t helped; /* the row whose help is shown */
    bool filling;  /* changes are ours, not the user's */
    bool wrong;    /* the message is a complaint */
    WCHAR used_letters[64];

    /* layout */
    UINT dpi;
    HFONT font;
    int scroll, content_h, panel_h; /* pixels */

    /* the tone's thread writes these before it posts MMKI_DLG_TONE_OVER */
    HANDLE tone;
    struct mmk_settings tone_settings;
    struct mmk_ui_said tone_said;
    mmk_err tone_err;
    WCHAR tone_file[MMKI_DLG_TEXT]; /* written by a tone before: not asked about again */
};

#define MMKI_DLG_TONE_OVER (WM_APP + 1)

/* dialog_text_win32.c */
/** UTF-8 to units, cut where it must be. */
void mmki_dlg_wide(const char *text, WCHAR *out, size_t cap);
/** A caption with a mnemonic that no other one here has, if there is any letter left. */
void mmki_dlg_caption(struct mmki_dialog *d, const WCHAR *text, const WCHAR *after, WCHAR *out,
                      size_t cap);
/** The window's text as UTF-8. @retval MMK_ERR_TOO_LONG */
mmk_err mmki_dlg_text_of(HWND window, char *out, size_t cap);
void mmki_dlg_set(HWND window, const char *text);

/* dialog_rows_win32.c */
void mmki_dlg_rows_make(struct mmki_dialog *d);
/** Put settings into the fields. */
void mmki_dlg_rows_fill(struct mmki_dialog *d, const struct mmk_settings *settings);
/** What the fields say. Complaints are shown beside them. @return false: there are some */
bool mmki_dlg_rows_read(struct mmki_dialog *d, struct mmk_settings *out);
/** Rows that do not apply cannot be changed. */
void mmki_dlg_rows_enable(struct mmki_dialog *d);
void mmki_dlg_rows_defaults(struct mmki_dialog *d);
/** Show (text) or take away (NULL) a complaint, and bring the row into view. */
void mmki_dlg_complain(struct mmki_dialog *d, struct mmki_dlg_row *row, const char *text);
/** The keyboard to this row, all of its text selected: what is typed replaces it. */
void mmki_dlg_focus(struct mmki_dlg_row *row);
struct mmki_dlg_row *mmki_dlg_row_named(struct mmki_dialog *d, const char *name);
/** NULL: not of a row. part may be NULL. */
struct mmki_dlg_row *mmki_dlg_row_of_id(struct mmki_dialog *d, int id, int *part);
void mmki_dlg_browse(struct mmki_dialog *d, struct mmki_dlg_row *row);
void mmki_dlg_help(struct mmki_dialog *d, size_t row);

/* dialog_layout_win32.c */
/** Font and resolution anew. */
void mmki_dlg_use_dpi(struct mmki_dialog *d, UINT dpi);
UINT mmki_dlg_dpi_of(HWND window);
/** Place everything; place_window: centre over the owner too. */
void mmki_dlg_layout(struct mmki_dialog *d, bool place_window);
void mmki_dlg_scroll_to(struct mmki_dialog *d, int y);
void mmki_dlg_show_row(struct mmki_dialog *d, const struct mmki_dlg_row *row);
HWND mmki_dlg_control(struct mmki_dialog *d, HWND parent, const WCHAR *class_name, DWORD style,
                      DWORD ex_style, int id, const WCHAR *text);

#endif
