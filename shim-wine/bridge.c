/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The bridge: an endpoint for each wave driver that Drivers32 names, so that programs can play
 * through installable drivers, which Wine itself never asks. */
#include "wine_internal.h"

#include <stdio.h>
#include <string.h>

#define DRIVERS32    L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"
#define DRIVERS_DESC L"Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"
#define VALUE_UNITS  260u

static bool read_text(const WCHAR *key, const WCHAR *name, WCHAR text[VALUE_UNITS])
{
    DWORD len = (VALUE_UNITS - 1) * sizeof *text;
    memset(text, 0, VALUE_UNITS * sizeof *text);
    return RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, text, &len) ==
           ERROR_SUCCESS;
}

/** "wave", "wave1" .. "wave9" by number. */
static void alias_of(unsigned number, char *alias, size_t cap)
{
    if (number == 0)
        mmki_format(alias, cap, "wave");
    else
        mmki_format(alias, cap, "wave%u", number);
}

bool mmki_bridge_driver(unsigned number, char *alias, size_t cap, WCHAR title[MMKI_NAME_UNITS])
{
    WCHAR value[VALUE_UNITS], wide[16], description[VALUE_UNITS];
    alias_of(number, alias, cap);
    _snwprintf(wide, sizeof wide / sizeof *wide, L"%hs", alias);
    if (!read_text(DRIVERS32, wide, value))
        return false;
    WCHAR *blank = wcspbrk(value, L" \t"); /* options follow */
    if (blank != NULL)
        *blank = 0;
    /* wdmaud.drv is Windows' own way to its real devices, which are listed anyway */
    if (value[0] == 0 || lstrcmpiW(value, L"wdmaud.drv") == 0)
        return false;
    const WCHAR *name =
        read_text(DRIVERS_DESC, value, description) && description[0] != 0 ? description : value;
    _snwprintf(title, MMKI_NAME_UNITS - 1, L"%s on %s", name, wide);
    title[MMKI_NAME_UNITS - 1] = 0;
    return true;
}
