/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Registration by regsvr32: the values of the product's table (core/shipped/wine_card.c), for
 * programs of this module's width. `mmectl install mmewine` writes the same ones as a transaction
 * that can be taken back; who has used that should remove by it, too. */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <mmk/shipped.h>

#include "shim-win32/win32_internal.h"

HRESULT WINAPI DllRegisterServer(void);
HRESULT WINAPI DllUnregisterServer(void);

#define TEXT_UNITS 1024u

/** The module's own path, as a program of its width names it. */
static bool own_path(WCHAR *path)
{
    HMODULE module = mmki_module_hold();
    const DWORD n = module != NULL ? GetModuleFileNameW(module, path, TEXT_UNITS) : 0;
    if (module != NULL)
        FreeLibrary(module);
    return n > 0 && n < TEXT_UNITS;
}

/** What the table says, unless it is a path and we lie elsewhere. */
static bool text_of(const struct mmk_extra_value *extra, WCHAR *text, DWORD *type)
{
    WCHAR own[TEXT_UNITS], expanded[TEXT_UNITS];
    *type = extra->expands ? REG_EXPAND_SZ : REG_SZ;
    if (mmki_wide(extra->text, text, TEXT_UNITS) != MMK_OK)
        return false;
    if (!extra->expands)
        return true;
    const DWORD n = ExpandEnvironmentStringsW(text, expanded, TEXT_UNITS);
    if (!own_path(own) || n == 0 || n > TEXT_UNITS)
        return false;
    if (lstrcmpiW(own, expanded) != 0) {
        wcscpy(text, own);
        *type = REG_SZ;
    }
    return true;
}

static LSTATUS set(const struct mmk_extra_value *extra)
{
    WCHAR path[TEXT_UNITS], name[64], text[TEXT_UNITS];
    HKEY key;
    DWORD type;
    if (mmki_wide(extra->path, path, TEXT_UNITS) != MMK_OK ||
        mmki_wide(extra->name, name, 64) != MMK_OK || !text_of(extra, text, &type))
        return ERROR_FILENAME_EXCED_RANGE;
    LSTATUS status =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (status != ERROR_SUCCESS)
        return status;
    status = RegSetValueExW(key, name, 0, type, (const BYTE *)text,
                            (DWORD)((wcslen(text) + 1) * sizeof *text));
    RegCloseKey(key);
    return status;
}

/** A value that says what we would write goes, and its key if nothing is left in it; what somebody
 *  else has put there instead stays. */
static LSTATUS unset(const struct mmk_extra_value *extra)
{
    WCHAR path[TEXT_UNITS], name[64], text[TEXT_UNITS], found[TEXT_UNITS];
    DWORD type, len = sizeof found - sizeof *found, n_values = 1, n_keys = 1;
    HKEY key;
    if (mmki_wide(extra->path, path, TEXT_UNITS) != MMK_OK ||
        mmki_wide(extra->name, name, 64) != MMK_OK || !text_of(extra, text, &type))
        return ERROR_FILENAME_EXCED_RANGE;
    LSTATUS status =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_SET_VALUE, &key);
    if (status != ERROR_SUCCESS)
        return status == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : status;
    memset(found, 0, sizeof found);
    status = RegQueryValueExW(key, name, NULL, &type, (BYTE *)found, &len);
    if (status == ERROR_SUCCESS && lstrcmpiW(found, text) == 0)
        status = RegDeleteValueW(key, name);
    if (RegQueryInfoKeyW(key, NULL, NULL, NULL, &n_keys, NULL, NULL, &n_values, NULL, NULL, NULL,
                         NULL) != ERROR_SUCCESS)
        n_values = 1;
    RegCloseKey(key);
    if (n_values == 0 && n_keys == 0)
        status = RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
    return status == ERROR_FILE_NOT_FOUND || status == ERROR_MORE_DATA ? ERROR_SUCCESS : status;
}

HRESULT WINAPI DllRegisterServer(void)
{
    const struct mmk_product *product = mmk_wine_card.product;
    LSTATUS status = ERROR_SUCCESS;
    for (size_t i = 0; i < product->n_extra && status == ERROR_SUCCESS; i++)
        status = set(&product->extra[i]);
    return HRESULT_FROM_WIN32((DWORD)status);
}

/* From the end: the redirection first. The class of a redirection to somebody else stays ours. */
HRESULT WINAPI DllUnregisterServer(void)
{
    const struct mmk_product *product = mmk_wine_card.product;
    LSTATUS status = ERROR_SUCCESS;
    for (size_t i = product->n_extra; i-- > 0 && status == ERROR_SUCCESS;)
        status = unset(&product->extra[i]);
    return HRESULT_FROM_WIN32((DWORD)status);
}
