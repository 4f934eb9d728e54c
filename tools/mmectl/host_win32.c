/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "host_win32.h"

#include <stdlib.h>
#include <string.h>

#include <mmk/shipped.h>
#include <mmk/version.h>

/* What msiexec and other setups answer with: ERROR_SUCCESS, ERROR_INSTALL_FAILURE,
 * ERROR_INVALID_COMMAND_LINE, ERROR_SUCCESS_REBOOT_REQUIRED, ERROR_INSTALL_USEREXIT,
 * ERROR_INSTALL_ALREADY_RUNNING, ERROR_BAD_CONFIGURATION; and what Ctrl-C gives. */
int host_exit_code(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return 0;
    case OUTCOME_USAGE:
        return 1639;
    case OUTCOME_RESTART:
        return 3010;
    case OUTCOME_CANCELLED:
        return 1602;
    case OUTCOME_LOCKED:
        return 1618;
    case OUTCOME_PROBLEM:
        return 1610;
    case OUTCOME_INTERRUPTED:
        return 1223; /* ERROR_CANCELLED */
    case OUTCOME_FAILED:
        break;
    }
    return 1603;
}

const struct mmk_driver_class *const *host_drivers(size_t *n)
{
    static const struct mmk_driver_class *const drivers[] = {&mmk_virtual_card, &mmk_codec_pack,
                                                             &mmk_wine_card};
    *n = sizeof drivers / sizeof *drivers;
    return drivers;
}

/* ------------------------------------------------------------------ open and close */

static void drop_log(void *user, mmk_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

bool host_is_outside(struct host *host)
{
    (void)host;
    return false;
}

mmk_err host_open(const char *registry, const char *prefix, bool verbose, struct host **out,
                  char *why, size_t cap)
{
    struct mmk_win32_config config = {0};
    WCHAR trace[16];
    if (prefix) {
        snprintf(why, cap, "mmectl.exe works on the system in which it runs");
        return MMK_ERR_UNSUPPORTED;
    }
    if (registry) {
        snprintf(why, cap, "this host has a registry of its own");
        return MMK_ERR_UNSUPPORTED;
    }
    if (!verbose && GetEnvironmentVariableW(L"MMEKIT_TRACE", trace, 16) == 0)
        config.log = drop_log;
    struct host *host = calloc(1, sizeof *host);
    mmk_err err = host ? mmk_win32_init(&host->memory, &config, &host->win32) : MMK_ERR_NOMEM;
    if (err) {
        snprintf(why, cap, "the registry cannot be used: %s", mmk_err_text(err));
        free(host);
        return err;
    }
    host->verbose = verbose;
    host->port = mmk_win32_port(host->win32);
    *out = host;
    return MMK_OK;
}

/* Drivers log for themselves, as far as this variable lets them. */
void drivers_be_quiet(struct host *host)
{
    WCHAR trace[16];
    if (!host->verbose && GetEnvironmentVariableW(L"MMEKIT_TRACE", trace, 16) == 0)
        host_setenv("MMEKIT_TRACE", "error");
}

void host_close(struct host *host)
{
    if (!host)
        return;
    waves_forget(host);
    free(host);
}

struct mmk_port *host_port(struct host *host)
{
    return host->port;
}

void host_trace(struct host *host, host_on_message *on_message, void *user)
{
    host->on_message = on_message;
    host->on_message_user = user;
}

const char *host_rights_cure(void)
{
    return "run it as administrator (from an elevated command prompt)";
}

const char *host_registry_error(struct host *host)
{
    (void)host;
    return "";
}

bool host_can_ask(void)
{
    return true; /* the driver knows whether there is a desktop to ask on */
}

uintptr_t host_parent_window(void)
{
    HWND window = GetConsoleWindow();
    return (uintptr_t)(window ? window : GetDesktopWindow());
}

/* ------------------------------------------------------------------ facts */

static bool key_writable(void)
{
    HKEY key;
    LONG result = RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                                L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32", 0,
                                KEY_SET_VALUE | KEY_WOW64_64KEY, &key);
    if (result == ERROR_SUCCESS)
        RegCloseKey(key);
    return result == ERROR_SUCCESS;
}

void host_registry_facts(struct host *host, struct host_registry_facts *facts)
{
    WCHAR folder[PATH_UNITS] = L"";
    memset(facts, 0, sizeof *facts);
    snprintf(facts->where, sizeof facts->where, "HKEY_LOCAL_MACHINE and HKEY_CURRENT_USER");
    snprintf(facts->drivers_dir, sizeof facts->drivers_dir, "%s", host->port->drivers_dir);
    facts->exists = true;
    facts->writable = key_writable();
    DWORD n = GetEnvironmentVariableW(L"ProgramData", folder, PATH_UNITS);
    if (n == 0 || n + 8 > PATH_UNITS)
        wcscpy(folder, L"C:\\ProgramData");
    wcscat(folder, L"\\mmekit");
    to_narrow(folder, facts->journal, sizeof facts->journal);
    facts->journal_exists = GetFileAttributesW(folder) != INVALID_FILE_ATTRIBUTES;
}

const char *host_name(void)
{
    return mmk_win32_is_wine() ? "wine" : "windows";
}

static FARPROC of_ntdll(const char *name)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll ? GetProcAddress(ntdll, name) : NULL;
}

void host_describe(char *text, size_t cap)
{
    union {
        FARPROC any;
        LONG(WINAPI *call)(OSVERSIONINFOW *);
    } version = {.any = of_ntdll("RtlGetVersion")};
    union {
        FARPROC any;
        const char *(CDECL *call)(void);
    } wine = {.any = of_ntdll("wine_get_version")};
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof info};
    SYSTEM_INFO system;
    GetNativeSystemInfo(&system);
    if (version.any)
        version.call(&info);
    snprintf(text, cap, "Windows %lu.%lu.%lu %s%s%s", info.dwMajorVersion, info.dwMinorVersion,
             info.dwBuildNumber,
             system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64   ? "x86_64"
             : system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_INTEL ? "x86"
                                                                             : "other processor",
             wine.any ? " by Wine " : "", wine.any ? wine.call() : "");
}

uint32_t host_cpu_features(void)
{
    struct mmk_win32_memory *memory = calloc(1, sizeof *memory);
    struct mmk_win32 *win32;
    uint32_t features = 0;
    if (memory && mmk_win32_init(memory, NULL, &win32) == MMK_OK) {
        struct mmk_platform *platform = mmk_win32_port(win32)->platform;
        features = platform->ops->cpu_features(platform);
    }
    free(memory);
    return features;
}

const char *host_wave_system(void)
{
    return "winmm";
}

bool host_has_real_audio(struct host *host)
{
    (void)host;
    return waveOutGetNumDevs() > 0;
}
