/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * What became of the last attempt to load a MIDI driver: told to people (mmectl reads it), and to
 * the next program, which then need not wait once more for a driver that hangs.
 *
 * HKCU\Software\mmekit.midi, a volatile key that goes with the session, has a value for each alias
 * and width, "midi2-64": <stamp of the file> <time> <error> <reason>, the numbers in hexadecimal.
 */
#include "midi.h"

#include <stdio.h>
#include <string.h>

#define VERDICTS   L"Software\\mmekit.midi"
#define TEXT_UNITS 600u
#define PER_SECOND UINT64_C(10000000) /* FILETIME */

static uint64_t now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void value_name(const WCHAR *alias, WCHAR *name, size_t cap)
{
    _snwprintf(name, cap - 1, L"%s-%u", alias, (unsigned)(sizeof(void *) * 8));
    name[cap - 1] = 0;
}

/** Behind the n-th blank. */
static const WCHAR *behind(const WCHAR *text, unsigned n)
{
    for (; n > 0 && text != NULL; n--) {
        text = wcschr(text, L' ');
        if (text != NULL)
            text++;
    }
    return text;
}

bool mmki_verdict_read(const WCHAR *alias, struct mmki_verdict *out)
{
    WCHAR name[24], text[TEXT_UNITS];
    DWORD len = sizeof text - sizeof *text;
    memset(text, 0, sizeof text);
    value_name(alias, name, sizeof name / sizeof *name);
    if (RegGetValueW(HKEY_CURRENT_USER, VERDICTS, name, RRF_RT_REG_SZ, NULL, text, &len) !=
        ERROR_SUCCESS)
        return false;
    WCHAR *end;
    const WCHAR *time_at = behind(text, 1), *err_at = behind(text, 2), *reason = behind(text, 3);
    if (reason == NULL)
        return false;
    out->stamp = _wcstoui64(text, &end, 16);
    const uint64_t then = _wcstoui64(time_at, &end, 16), passed = now() - then;
    out->age_s = passed / PER_SECOND < UINT32_MAX ? (uint32_t)(passed / PER_SECOND) : UINT32_MAX;
    out->err = (mmk_err)(int32_t)wcstoul(err_at, &end, 16);
    return mmki_narrow(reason, wcslen(reason), out->reason, sizeof out->reason) == MMK_OK;
}

void mmki_verdict_write(const WCHAR *alias, const struct mmki_verdict *verdict, bool fresh)
{
    WCHAR name[24], text[TEXT_UNITS], reason[512];
    struct mmki_verdict before;
    HKEY key;
    if (!fresh && mmki_verdict_read(alias, &before) && before.err == verdict->err &&
        before.stamp == verdict->stamp && strcmp(before.reason, verdict->reason) == 0)
        return;
    if (mmki_wide(verdict->reason, reason, sizeof reason / sizeof *reason) != MMK_OK)
        reason[0] = 0;
    _snwprintf(text, TEXT_UNITS - 1, L"%llx %llx %x %s", (unsigned long long)verdict->stamp,
               (unsigned long long)now(), (unsigned)verdict->err, reason);
    text[TEXT_UNITS - 1] = 0;
    value_name(alias, name, sizeof name / sizeof *name);
    if (RegCreateKeyExW(HKEY_CURRENT_USER, VERDICTS, 0, NULL, REG_OPTION_VOLATILE, KEY_SET_VALUE,
                        NULL, &key, NULL) != ERROR_SUCCESS)
        return; /* nobody will know, which harms nobody */
    RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                   (DWORD)((wcslen(text) + 1) * sizeof *text));
    RegCloseKey(key);
}

uint64_t mmki_file_stamp(const WCHAR *path)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data))
        return 0;
    const uint64_t written =
        (uint64_t)data.ftLastWriteTime.dwHighDateTime << 32 | data.ftLastWriteTime.dwLowDateTime;
    /* the low bits of the time tell files apart well enough with the size mixed in above them */
    uint64_t stamp = written ^ (uint64_t)data.nFileSizeLow << 36;
    for (const WCHAR *c = path; *c != 0; c++)
        stamp = stamp * UINT64_C(1099511628211) ^ *c; /* FNV's prime */
    return stamp != 0 ? stamp : 1;
}
