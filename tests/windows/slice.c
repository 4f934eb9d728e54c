/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * slice.exe VERB: mmewave.drv inside real winmm. tests/wine/suite_slice.sh runs the verbs in order
 * and looks at the registry in between:
 *
 *   control                    open and close the driver, install nothing
 *   null                       DRV_INSTALL without DRVCONFIGINFO, again, DRV_REMOVE
 *   dci                        with DRVCONFIGINFO: good, malformed, foreign alias, prepared alias
 *   install REC CAPTURE        with settings, into wave1; stays installed
 *   play REC CAPTURE           by alias; freewheel, callback function; lines
 *   play-real REC CAPTURE      the same in real time, callback event
 *   record REC                 by alias
 *   remove                     DRV_REMOVE
 *   install-only               DRV_INSTALL without DRVCONFIGINFO; stays installed
 *   again                      DRV_INSTALL of what install left: nothing is lost, nothing new
 *   remove-again               DRV_REMOVE of what came back: it goes for good
 *   fake-other                 put a namesake of the other bitness into the folder of its modules
 *
 * Prints PASS and FAIL lines, "N passed, N failed", and as its last line "slice VERB: all done":
 * who does not see that line must not believe the rest.
 */
#include "slice.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <mmk/driver.h>

#include "make_pe.h"

#define DRIVERS32 L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"

/* the view of the registry that programs of this bitness see, and the other one */
#ifdef _WIN64
#define OWN_VIEW   KEY_WOW64_64KEY
#define OTHER_VIEW KEY_WOW64_32KEY
#else
#define OWN_VIEW   KEY_WOW64_32KEY
#define OTHER_VIEW KEY_WOW64_64KEY
#endif

unsigned slice_passed, slice_failed;

bool slice_check(bool condition, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s\n", condition ? "PASS" : "FAIL", text);
    if (condition)
        slice_passed++;
    else
        slice_failed++;
    return condition;
}

/* ------------------------------------------------------------------ WAV files */

static DWORD le32(const unsigned char *b)
{
    return (DWORD)b[0] | (DWORD)b[1] << 8 | (DWORD)b[2] << 16 | (DWORD)b[3] << 24;
}

static unsigned char *read_file(const WCHAR *path, DWORD *len)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    DWORD size = GetFileSize(file, NULL);
    unsigned char *bytes = malloc(size + 1);
    if (bytes != NULL && !ReadFile(file, bytes, size, len, NULL)) {
        free(bytes);
        bytes = NULL;
    }
    CloseHandle(file);
    return bytes;
}

bool recording_load(const WCHAR *path, struct recording *out)
{
    DWORD len = 0;
    unsigned char *bytes = read_file(path, &len);
    memset(out, 0, sizeof *out);
    if (bytes == NULL || len < 12 || memcmp(bytes, "RIFF", 4) != 0 ||
        memcmp(bytes + 8, "WAVE", 4) != 0 || le32(bytes + 4) + 8 != len) {
        printf("slice: %ls: not there, no RIFF WAVE, or another length than its header says\n",
               path);
        free(bytes);
        return false;
    }
    for (DWORD at = 12; at + 8 <= len; at += 8 + le32(bytes + at + 4) + (bytes[at + 4] & 1)) {
        DWORD n = le32(bytes + at + 4);
        if (n > len - at - 8)
            break;
        if (memcmp(bytes + at, "fmt ", 4) == 0 && n >= 16)
            memcpy(&out->format, bytes + at + 8, 16);
        if (memcmp(bytes + at, "data", 4) == 0) {
            out->len_bytes = n;
            out->data = malloc(n);
            if (out->data != NULL)
                memcpy(out->data, bytes + at + 8, n);
        }
    }
    free(bytes);
    return out->data != NULL && out->format.nBlockAlign != 0;
}

void recording_free(struct recording *recording)
{
    free(recording->data);
    recording->data = NULL;
}

/* ------------------------------------------------------------------ Drivers32, as regedit sees it
 */

static HKEY drivers32(REGSAM view)
{
    HKEY key = NULL;
    RegOpenKeyExW(HKEY_LOCAL_MACHINE, DRIVERS32, 0, KEY_READ | KEY_WRITE | view, &key);
    return key;
}

/** The value's text, "" if there is none. */
static const WCHAR *alias_value(REGSAM view, const WCHAR *alias)
{
    static WCHAR text[4][300];
    static unsigned next;
    WCHAR *out = text[next++ % 4];
    DWORD n = 299 * sizeof *out;
    HKEY key = drivers32(view);
    out[0] = 0;
    if (RegQueryValueExW(key, alias, NULL, NULL, (BYTE *)out, &n) != ERROR_SUCCESS)
        n = 0;
    out[n / sizeof *out] = 0;
    RegCloseKey(key);
    return out;
}

static void alias_set(const WCHAR *alias, const WCHAR *value)
{
    HKEY key = drivers32(OWN_VIEW);
    if (value != NULL)
        RegSetValueExW(key, alias, 0, REG_SZ, (const BYTE *)value,
                       (DWORD)((wcslen(value) + 1) * sizeof *value));
    else
        RegDeleteValueW(key, alias);
    RegCloseKey(key);
}

static unsigned n_values(REGSAM view)
{
    DWORD n = 0;
    HKEY key = drivers32(view);
    RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &n, NULL, NULL, NULL, NULL);
    RegCloseKey(key);
    return n;
}

static void show_aliases(const char *when)
{
    WCHAR name[64];
    WCHAR data[300];
    static const struct {
        REGSAM view;
        const char *name;
    } views[] = {{KEY_WOW64_64KEY, "64"}, {KEY_WOW64_32KEY, "32"}};
    for (unsigned v = 0; v < 2; v++) {
        HKEY key = drivers32(views[v].view);
        for (DWORD i = 0;; i++) {
            DWORD n_name = 64;
            DWORD n_data = 299 * sizeof *data;
            if (RegEnumValueW(key, i, name, &n_name, NULL, NULL, (BYTE *)data, &n_data) != 0)
                break;
            data[n_data / sizeof *data] = 0;
            printf("Drivers32 (%s-bit view, %s): %ls = \"%ls\"\n", views[v].name, when, name, data);
        }
        RegCloseKey(key);
    }
}

static bool has_text(const WCHAR *text, const WCHAR *part)
{
    return wcsstr(text, part) != NULL;
}

/** Where the driver of the other bitness is, if there is one. */
static void other_path(WCHAR path[MAX_PATH])
{
#ifdef _WIN64
    GetSystemWow64DirectoryW(path, MAX_PATH - 20);
#else
    GetWindowsDirectoryW(path, MAX_PATH - 20);
    wcscat(path, L"\\sysnative");
#endif
    wcscat(path, L"\\mmewave.drv");
}

/** The alias stands in the other view too if there is a module of that bitness, else not. */
static void check_other(const WCHAR *alias, const WCHAR *file_part)
{
    WCHAR path[MAX_PATH];
    const WCHAR *value = alias_value(OTHER_VIEW, alias);
    other_path(path);
    if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
        slice_check(has_text(value, file_part), "%ls is in the other view too: \"%ls\"", alias,
                    value);
    else
        slice_check(value[0] == 0, "%ls is not in the other view: there is no %ls", alias, path);
}

/* ------------------------------------------------------------------ driver */

static HDRVR open_driver(const WCHAR *name, const WCHAR *section)
{
    HDRVR driver = OpenDriver(name, section, 0);
    slice_check(driver != NULL, "OpenDriver(%ls, %ls)", name, section != NULL ? section : L"NULL");
    if (driver == NULL) { /* nothing else makes sense */
        printf("%u passed, %u failed\n", slice_passed, slice_failed);
        exit(1);
    }
    return driver;
}

static void close_driver(HDRVR driver)
{
    slice_check(CloseDriver(driver, 0, 0) != 0, "CloseDriver");
}

static LRESULT install(HDRVR driver, const WCHAR *section, const WCHAR *alias)
{
    DRVCONFIGINFO info = {
        .dwDCISize = sizeof info, .lpszDCISectionName = section, .lpszDCIAliasName = alias};
    return SendDriverMessage(driver, DRV_INSTALL, 0, (LPARAM)&info);
}

static const char *answer_name(LRESULT answer)
{
    return answer == DRVCNF_OK        ? "DRVCNF_OK"
           : answer == DRVCNF_RESTART ? "DRVCNF_RESTART"
           : answer == DRVCNF_CANCEL  ? "DRVCNF_CANCEL"
                                      : "something else";
}

/* ------------------------------------------------------------------ verbs: installing */

static void verb_control(void)
{
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    slice_check(GetDriverModuleHandle(driver) != NULL, "GetDriverModuleHandle");
    close_driver(driver);
}

static void verb_null(void)
{
    unsigned before = n_values(OWN_VIEW);
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, 0, 0);
    slice_check(answer == DRVCNF_OK, "DRV_INSTALL, lParam2 NULL: %s", answer_name(answer));
    show_aliases("after DRV_INSTALL");
    const WCHAR *value = alias_value(OWN_VIEW, L"wave1");
    slice_check(wcsncmp(value, L"mmewave.drv", 11) == 0, "the next free slot is wave1: \"%ls\"",
                value);
    check_other(L"wave1", L"mmewave.drv");
    answer = SendDriverMessage(driver, DRV_INSTALL, 0, 0);
    slice_check(answer == DRVCNF_OK && n_values(OWN_VIEW) == before + 1,
                "installing again: %s and nothing new", answer_name(answer));
    answer = SendDriverMessage(driver, DRV_REMOVE, 0, 0);
    slice_check(answer == DRVCNF_OK, "DRV_REMOVE: %s", answer_name(answer));
    slice_check(n_values(OWN_VIEW) == before, "Drivers32 has %u values as before", before);
    answer = SendDriverMessage(driver, DRV_REMOVE, 0, 0);
    slice_check(answer == DRVCNF_CANCEL, "DRV_REMOVE of what is not installed: %s",
                answer_name(answer));
    close_driver(driver);
}

/** Requests that must be refused and leave everything as it was. */
static void refuse_malformed(HDRVR driver)
{
    DRVCONFIGINFO info = {.dwDCISize = 4};
    unsigned before = n_values(OWN_VIEW);
    LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, 0, (LPARAM)&info);
    slice_check(answer == DRVCNF_CANCEL, "DRVCONFIGINFO of size 4: %s", answer_name(answer));
    answer = install(driver, L"Nonsense", L"wave3");
    slice_check(answer == DRVCNF_CANCEL, "section Nonsense: %s", answer_name(answer));
    answer = install(driver, L"Drivers32", L"wave0");
    slice_check(answer == DRVCNF_CANCEL, "alias wave0: %s", answer_name(answer));
    answer = install(driver, L"Drivers32", L"midi3");
    slice_check(answer == DRVCNF_CANCEL, "alias midi3: %s", answer_name(answer));
    slice_check(n_values(OWN_VIEW) == before, "nothing was written");
}

static void verb_dci(void)
{
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    refuse_malformed(driver);

    LRESULT answer = install(driver, L"Drivers32", L"wave3");
    slice_check(answer == DRVCNF_OK, "DRVCONFIGINFO Drivers32, wave3: %s", answer_name(answer));
    const WCHAR *value = alias_value(OWN_VIEW, L"wave3");
    slice_check(wcsncmp(value, L"mmewave.drv", 11) == 0, "wave3 = \"%ls\"", value);
    check_other(L"wave3", L"mmewave.drv");
    answer = SendDriverMessage(driver, DRV_REMOVE, 0, 0);
    slice_check(answer == DRVCNF_OK && alias_value(OWN_VIEW, L"wave3")[0] == 0,
                "DRV_REMOVE: %s, wave3 is gone", answer_name(answer));

    alias_set(L"wave2", L"foreign.drv");
    answer = install(driver, L"Drivers32", L"wave2");
    slice_check(answer == DRVCNF_CANCEL &&
                    wcscmp(alias_value(OWN_VIEW, L"wave2"), L"foreign.drv") == 0,
                "an alias that names another file: %s, kept", answer_name(answer));
    alias_set(L"wave2", NULL);

    /* as the Control Panel did it: the entry is written first, with options */
    static const WCHAR prepared[] = L"mmewave.drv /backend:null /unknown:kept";
    alias_set(L"wave4", prepared);
    answer = install(driver, L"Drivers32", L"wave4");
    value = alias_value(OWN_VIEW, L"wave4");
    slice_check(answer == DRVCNF_OK && has_text(value, L"/unknown:kept"),
                "an alias that is there already: %s, foreign text kept: \"%ls\"",
                answer_name(answer), value);
    answer = SendDriverMessage(driver, DRV_REMOVE, 0, 0);
    value = alias_value(OWN_VIEW, L"wave4");
    slice_check(answer == DRVCNF_OK && wcscmp(value, prepared) == 0,
                "DRV_REMOVE: %s, the entry as it was found: \"%ls\"", answer_name(answer), value);
    alias_set(L"wave4", NULL);
    close_driver(driver);
}

static void on_step(void *user, const struct mmk_install_step *step)
{
    (void)user;
    printf("plan: %s %s: \"%s\" -> \"%s\"\n", step->action, step->target, step->before,
           step->after);
}

static void on_state(void *user, mmk_install_state state, uint32_t done, uint32_t total)
{
    (void)user;
    printf("state: %u (%u of %u)\n", (unsigned)state, done, total);
}

static void narrow(const WCHAR *text, char *out, int cap)
{
    WideCharToMultiByte(CP_UTF8, 0, text, -1, out, cap, NULL, NULL);
}

static void verb_install(const WCHAR *recording, const WCHAR *captured)
{
    char play_path[MAX_PATH * 3];
    char record_path[MAX_PATH * 3];
    narrow(captured, play_path, sizeof play_path);
    narrow(recording, record_path, sizeof record_path);
    const struct mmk_assignment assignments[] = {
        {"backend", "file"},      {"path", play_path}, {"record_path", record_path},
        {"clock", "freewheel"},   {"channels", "1"},   {"rate_hz", "48000"},
        {"sample_format", "s16"},
    };
    struct mmk_install_report report = {0};
    const struct mmk_install_observer observer = {.state = on_state, .step = on_step};
    struct mmk_driver_attachment attachment = {
        .size_bytes = sizeof attachment,
        .request = {.assignments = assignments,
                    .n_assignments = sizeof assignments / sizeof *assignments},
        .observer = &observer,
        .report = &report,
    };
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    LRESULT answer =
        SendDriverMessage(driver, MMK_DRVM_ATTACH, (LPARAM)&attachment, MMK_DRVM_ATTACH_MAGIC);
    slice_check(answer == 1, "settings for DRV_INSTALL are attached");
    answer = install(driver, L"Drivers32", L"wave1");
    slice_check(answer == DRVCNF_OK, "DRV_INSTALL with settings: %s", answer_name(answer));
    printf("report: reason %u, %u steps, alias %s, %s\n", (unsigned)report.reason, report.n_steps,
           report.alias, report.text);
    show_aliases("installed");
    slice_check(has_text(alias_value(OWN_VIEW, L"wave1"), L"/backend:file"),
                "options are appended to the alias");
    check_other(L"wave1", L"/backend:file");
    close_driver(driver);
}

static void verb_remove(void)
{
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    LRESULT answer = SendDriverMessage(driver, DRV_REMOVE, 0, 0);
    slice_check(answer == DRVCNF_OK, "DRV_REMOVE: %s", answer_name(answer));
    slice_check(alias_value(OWN_VIEW, L"wave1")[0] == 0 &&
                    alias_value(OTHER_VIEW, L"wave1")[0] == 0,
                "wave1 is gone from both views");
    close_driver(driver);
}

static void verb_install_only(void)
{
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, 0, 0);
    slice_check(answer == DRVCNF_OK, "DRV_INSTALL: %s", answer_name(answer));
    show_aliases("installed");
    slice_check(alias_value(OWN_VIEW, L"wave1")[0] != 0, "wave1 is in the view of this bitness");
    check_other(L"wave1", L"mmewave.drv");
    close_driver(driver);
}

/** After the server was killed: the registry may have forgotten everything, the journal has not. */
static void verb_again(void)
{
    const WCHAR *before = alias_value(OWN_VIEW, L"wave1");
    printf("before: wave1 = \"%ls\"\n", before);
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    LRESULT answer = SendDriverMessage(driver, DRV_INSTALL, 0, 0);
    slice_check(answer == DRVCNF_OK, "DRV_INSTALL: %s", answer_name(answer));
    show_aliases("after DRV_INSTALL");
    const WCHAR *value = alias_value(OWN_VIEW, L"wave1");
    slice_check(has_text(value, L"/backend:file") && has_text(value, L"/clock:freewheel"),
                "the alias has its options: \"%ls\"", value);
    slice_check(alias_value(OWN_VIEW, L"wave2")[0] == 0, "no second slot was taken");
    close_driver(driver);
}

static void verb_remove_again(void)
{
    printf("before: wave1 = \"%ls\"\n", alias_value(OWN_VIEW, L"wave1"));
    HDRVR driver = open_driver(L"mmewave.drv", NULL);
    printf("DRV_REMOVE: %s\n", answer_name(SendDriverMessage(driver, DRV_REMOVE, 0, 0)));
    slice_check(alias_value(OWN_VIEW, L"wave1")[0] == 0, "wave1 is gone");
    close_driver(driver);
}

static void verb_fake_other(void)
{
#ifdef _WIN64
    const struct make_pe what = {0x14c, "DriverProc", 0, 1, 0};
#else
    const struct make_pe what = {0x8664, "DriverProc", 0, 1, 0};
#endif
    unsigned char bytes[MAKE_PE_BYTES];
    WCHAR path[MAX_PATH];
    DWORD n = 0;
    make_pe(&what, bytes);
    other_path(path);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    slice_check(file != INVALID_HANDLE_VALUE && WriteFile(file, bytes, sizeof bytes, &n, NULL),
                "%ls is written", path);
    CloseHandle(file);
}

/* ------------------------------------------------------------------ verbs: sound */

static void with_sound(const WCHAR *path, const WCHAR *captured,
                       void (*run)(HMODULE, const struct recording *, const WCHAR *))
{
    struct recording recording;
    if (!slice_check(recording_load(path, &recording), "the recording is read"))
        return;
    HDRVR driver = open_driver(L"wave1", L"Drivers32");
    HMODULE module = GetDriverModuleHandle(driver);
    if (slice_check(module != NULL, "GetDriverModuleHandle"))
        run(module, &recording, captured);
    close_driver(driver);
    recording_free(&recording);
}

static void play_and_lines(HMODULE module, const struct recording *recording, const WCHAR *captured)
{
    slice_play(module, recording, captured);
    slice_lines(module);
}

static void record_only(HMODULE module, const struct recording *recording, const WCHAR *captured)
{
    (void)captured;
    slice_record(module, recording);
}

static bool run_verb(const WCHAR *verb, int n, wchar_t **args)
{
    if (wcscmp(verb, L"control") == 0)
        verb_control();
    else if (wcscmp(verb, L"null") == 0)
        verb_null();
    else if (wcscmp(verb, L"dci") == 0)
        verb_dci();
    else if (wcscmp(verb, L"remove") == 0)
        verb_remove();
    else if (wcscmp(verb, L"install-only") == 0)
        verb_install_only();
    else if (wcscmp(verb, L"again") == 0)
        verb_again();
    else if (wcscmp(verb, L"remove-again") == 0)
        verb_remove_again();
    else if (wcscmp(verb, L"fake-other") == 0)
        verb_fake_other();
    else if (wcscmp(verb, L"install") == 0 && n == 2)
        verb_install(args[0], args[1]);
    else if (wcscmp(verb, L"play") == 0 && n == 2)
        with_sound(args[0], args[1], play_and_lines);
    else if (wcscmp(verb, L"play-real") == 0 && n == 2)
        with_sound(args[0], args[1], slice_play_event);
    else if (wcscmp(verb, L"record") == 0 && n == 1)
        with_sound(args[0], NULL, record_only);
    else
        return false;
    return true;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0); /* the driver's trace on stderr stays in its place */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (argc < 2 || !run_verb(argv[1], argc - 2, argv + 2)) {
        fprintf(stderr, "usage: slice VERB [RECORDING.wav [CAPTURE.wav]]\n");
        return 2;
    }
    printf("%u passed, %u failed\n", slice_passed, slice_failed);
    printf("slice %ls: all done\n", argv[1]);
    return slice_failed == 0 ? 0 : 1;
}
