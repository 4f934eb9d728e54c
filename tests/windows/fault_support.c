/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "fault_support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned fault_passed, fault_failed;

static HDRVR driver;
static HMODULE module;

bool fault_check(bool condition, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s\n", condition ? "PASS" : "FAIL", text);
    if (condition)
        fault_passed++;
    else
        fault_failed++;
    return condition;
}

/* ------------------------------------------------------------------ the driver */

void fault_open(void)
{
    module = LoadLibraryW(L"mmewave.drv");
    unsigned n = module != NULL ? hooks_place(module) : 0;
    driver = n > 0 ? OpenDriver(L"mmewave.drv", NULL, 0) : NULL;
    if (driver == NULL) {
        fault_check(false, "mmewave.drv is loaded, watched (%u imports) and opened", n);
        exit(1);
    }
}

void fault_close(void)
{
    hooks_follow(NULL);
    fault_check(CloseDriver(driver, 0, 0) != 0, "CloseDriver");
}

LRESULT fault_send(UINT msg, const struct mmk_install_request *request,
                   struct mmk_install_report *report)
{
    struct mmk_driver_attachment attachment = {
        .size_bytes = sizeof attachment, .request = *request, .report = report};
    memset(report, 0, sizeof *report);
    if (SendDriverMessage(driver, MMK_DRVM_ATTACH, (LPARAM)&attachment, MMK_DRVM_ATTACH_MAGIC) !=
        1) {
        fault_check(false, "the driver is of this program's version");
        exit(1);
    }
    return SendDriverMessage(driver, msg, 0, 0);
}

LRESULT fault_install(const struct mmk_assignment *assignments, size_t n)
{
    struct mmk_install_report report;
    const struct mmk_install_request request = {
        .verb = MMK_VERB_INSTALL, .assignments = assignments, .n_assignments = n};
    return fault_send(DRV_INSTALL, &request, &report);
}

LRESULT fault_remove(void)
{
    return SendDriverMessage(driver, DRV_REMOVE, 0, 0);
}

const char *fault_answer(LRESULT answer)
{
    return answer == DRVCNF_OK        ? "OK"
           : answer == DRVCNF_CANCEL  ? "CANCEL"
           : answer == DRVCNF_RESTART ? "RESTART"
                                      : "something else";
}

/* ------------------------------------------------------------------ the status file */

const WCHAR *fault_journal_path(const WCHAR *name)
{
    static WCHAR path[4][MAX_PATH];
    static unsigned next;
    WCHAR *out = path[next++ % 4];
    WCHAR data[MAX_PATH] = L"C:\\ProgramData";
    DWORD n = sizeof data;
    RegGetValueW(HKEY_LOCAL_MACHINE,
                 L"Software\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList", L"ProgramData",
                 RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ, NULL, data, &n);
    _snwprintf(out, MAX_PATH - 1, L"%ls\\mmekit%ls%ls", data, name[0] != 0 ? L"\\" : L"", name);
    return out;
}

/** The status in the user's own folder: of those who may not write the machine's. */
static const WCHAR *own_status(void)
{
    static WCHAR path[MAX_PATH];
    GetEnvironmentVariableW(L"LOCALAPPDATA", path, MAX_PATH - 40);
    return wcscat(path, L"\\mmekit\\status-mmewave");
}

static bool read_status(const WCHAR *path, const char *key, char *value, size_t cap)
{
    char line[1200];
    size_t n = strlen(key);
    FILE *file = _wfopen(path, L"rb");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        if (strncmp(line, key, n) == 0 && line[n] == '=')
            snprintf(value, cap, "%s", line + n + 1);
    }
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

const char *fault_status(const char *key)
{
    static char value[1024];
    value[0] = 0;
    if (!read_status(fault_journal_path(L"status-mmewave"), key, value, sizeof value))
        read_status(own_status(), key, value, sizeof value);
    return value;
}

void fault_forget_status(void)
{
    DeleteFileW(fault_journal_path(L"status-mmewave"));
    DeleteFileW(own_status());
}

void fault_reset(void)
{
    DeleteFileW(fault_journal_path(L"journal"));
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"Software\\mmekit.session", KEY_WOW64_64KEY, 0);
}

/* ------------------------------------------------------------------ whole hives */

/** RegSaveKey asks for this privilege on Windows; Wine for none. */
static void may_save(void)
{
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1,
                               .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
        return;
    if (LookupPrivilegeValueW(NULL, L"SeBackupPrivilege", &wanted.Privileges[0].Luid))
        AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    CloseHandle(token);
}

/** The key's time of `[Name] 1795357680` and the line `#time=...`, taken out in place. */
static size_t without_times(char *text)
{
    char *out = text;
    for (char *line = text; *line != 0;) {
        size_t n = strcspn(line, "\n");
        size_t whole = n + (line[n] == '\n');
        char *end = line + n;
        bool drop = strncmp(line, "#time=", 6) == 0;
        if (line[0] == '[')
            while (end > line && end[-1] != ']')
                end--;
        if (!drop) {
            memmove(out, line, (size_t)(end - line));
            out += end - line;
            *out++ = '\n';
        }
        line += whole;
    }
    *out = 0;
    return (size_t)(out - text);
}

static char *save_one(HKEY root, size_t *len)
{
    WCHAR path[MAX_PATH];
    GetTempPathW(MAX_PATH - 32, path);
    wcscat(path, L"fault-hive.tmp");
    DeleteFileW(path);
    if (RegSaveKeyW(root, path, NULL) != ERROR_SUCCESS)
        return NULL;
    FILE *file = _wfopen(path, L"rb");
    char *text = NULL;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = size > 0 ? malloc((size_t)size + 1) : NULL;
        if (text != NULL) {
            *len = fread(text, 1, (size_t)size, file);
            text[*len] = 0;
        }
    }
    if (file != NULL)
        fclose(file);
    DeleteFileW(path);
    return text;
}

bool fault_hives_save(struct fault_hives *hives, bool with_times)
{
    static const HKEY roots[] = {HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER};
    memset(hives, 0, sizeof *hives);
    hives->times = with_times;
    may_save();
    for (int i = 0; i < 2; i++) {
        hives->text[i] = save_one(roots[i], &hives->len[i]);
        if (hives->text[i] == NULL) {
            printf("RegSaveKey failed for %s\n", i == 0 ? "HKLM" : "HKCU");
            return false;
        }
        if (!with_times)
            hives->len[i] = without_times(hives->text[i]);
    }
    return hives->len[0] > 100000; /* a registry of a few lines is none */
}

static void show_difference(const char *a, const char *b)
{
    const char *line = a;
    size_t i = 0;
    for (; a[i] != 0 && a[i] == b[i]; i++)
        if (a[i] == '\n')
            line = a + i + 1;
    printf("    < %.*s\n    > %.*s\n", (int)strcspn(line, "\n"), line,
           (int)strcspn(b + (line - a), "\n"), b + (line - a));
}

bool fault_hives_same(const struct fault_hives *a, const struct fault_hives *b)
{
    bool same = a->times == b->times;
    for (int i = 0; i < 2; i++) {
        if (a->text[i] == NULL || b->text[i] == NULL)
            return false;
        if (a->len[i] == b->len[i] && memcmp(a->text[i], b->text[i], a->len[i]) == 0)
            continue;
        show_difference(a->text[i], b->text[i]);
        same = false;
    }
    return same;
}

void fault_hives_free(struct fault_hives *hives)
{
    free(hives->text[0]);
    free(hives->text[1]);
    memset(hives, 0, sizeof *hives);
}

/* ------------------------------------------------------------------ the few keys */

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    while (n-- > 0)
        hash = (hash ^ *b++) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_values(HKEY key, uint64_t hash)
{
    WCHAR name[256];
    BYTE data[4096];
    for (DWORD i = 0;; i++) {
        DWORD n_name = 256, n_data = sizeof data, type = 0;
        if (RegEnumValueW(key, i, name, &n_name, NULL, &type, data, &n_data) != ERROR_SUCCESS)
            return hash;
        hash = mix(hash, name, (n_name + 1) * sizeof *name);
        hash = mix(hash, &type, sizeof type);
        hash = mix(hash, data, n_data);
    }
}

/* Depth first; `depth` bounds what a damaged registry could do. */
static uint64_t hash_key(HKEY parent, const WCHAR *path, REGSAM view, uint64_t hash, int depth)
{
    HKEY key;
    WCHAR name[256];
    LSTATUS status = RegOpenKeyExW(parent, path, 0, KEY_READ | view, &key);
    hash = mix(hash, path, wcslen(path) * sizeof *path);
    hash = mix(hash, &status, sizeof status);
    if (status != ERROR_SUCCESS)
        return hash;
    hash = hash_values(key, hash);
    for (DWORD i = 0; depth > 0; i++) {
        DWORD n = 256;
        if (RegEnumKeyExW(key, i, name, &n, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
            break;
        hash = hash_key(key, name, view, hash, depth - 1);
    }
    RegCloseKey(key);
    return hash;
}

uint64_t fault_keys_hash(void)
{
    static const WCHAR *const paths[] = {
        L"Software\\mmekit", L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
        L"Software\\Microsoft\\Windows NT\\CurrentVersion\\drivers.desc"};
    static const REGSAM views[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < 3; i++)
        for (int view = 0; view < 2; view++)
            hash = hash_key(HKEY_LOCAL_MACHINE, paths[i], views[view], hash, 4);
    return hash_key(HKEY_CURRENT_USER, L"Software\\mmekit", KEY_WOW64_64KEY, hash, 4);
}
