/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "dialog_internal.h"

#include <string.h>

void mmki_dlg_wide(const char *text, WCHAR *out, size_t cap)
{
    WCHAR *whole;
    out[0] = 0;
    if (mmki_wide_new(text, &whole) != MMK_OK)
        return;
    lstrcpynW(out, whole, (int)cap);
    mmki_free(whole);
}

/* ------------------------------------------------------------------ mnemonics */

static WCHAR upper(WCHAR unit)
{
    return (WCHAR)(ULONG_PTR)CharUpperW((WCHAR *)(ULONG_PTR)unit);
}

static bool take_letter(struct mmki_dialog *d, WCHAR unit)
{
    const size_t n = wcslen(d->used_letters);
    const WCHAR letter = upper(unit);
    if (!IsCharAlphaNumericW(unit) || wcschr(d->used_letters, letter) != NULL ||
        n + 1 >= sizeof d->used_letters / sizeof d->used_letters[0])
        return false;
    d->used_letters[n] = letter;
    d->used_letters[n + 1] = 0;
    return true;
}

/* First letters of words before letters within them. */
static const WCHAR *find_letter(struct mmki_dialog *d, const WCHAR *text)
{
    for (const WCHAR *at = text; *at != 0; at++)
        if ((at == text || at[-1] == L' ') && take_letter(d, *at))
            return at;
    for (const WCHAR *at = text; *at != 0; at++)
        if (take_letter(d, *at))
            return at;
    return NULL;
}

void mmki_dlg_caption(struct mmki_dialog *d, const WCHAR *text, const WCHAR *after, WCHAR *out,
                      size_t cap)
{
    const WCHAR *letter = find_letter(d, text);
    size_t n = 0;
    for (const WCHAR *at = text; *at != 0 && n + 3 < cap; at++) {
        if (at == letter || *at == L'&')
            out[n++] = L'&';
        out[n++] = *at;
    }
    for (; *after != 0 && n + 1 < cap; after++)
        out[n++] = *after;
    out[n] = 0;
}

/* ------------------------------------------------------------------ windows' texts */

mmk_err mmki_dlg_text_of(HWND window, char *out, size_t cap)
{
    WCHAR text[MMKI_DLG_TEXT];
    const int n = GetWindowTextW(window, text, MMKI_DLG_TEXT);
    if (n < 0 || GetWindowTextLengthW(window) >= (int)MMKI_DLG_TEXT)
        return MMK_ERR_TOO_LONG;
    return mmki_narrow(text, (size_t)n, out, cap) == MMK_OK ? MMK_OK : MMK_ERR_TOO_LONG;
}

void mmki_dlg_set(HWND window, const char *text)
{
    WCHAR wide[MMKI_DLG_TEXT];
    mmki_dlg_wide(text, wide, MMKI_DLG_TEXT);
    SetWindowTextW(window, wide);
}
