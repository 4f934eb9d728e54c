/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * fault.exe PART [ARGS]: the installation meets a world that is not as it should be. Each fault
 * must be answered by DRVCNF_CANCEL (or RESTART, where that is the truth), say why in the status
 * file, and leave the registry, saved whole by Windows itself, as it was.
 *
 *   world              hardware, supporting drivers, rights: real ones, and those that an
 *                      administrator under Wine cannot meet answered at the import table
 *   full DIR           the disk of the journal is full: DIR fills it
 *   folder WHAT        the journal's folder is not one that we may use: `ours` tries what can be
 * made from inside; `foreign`: the caller has given it to somebody else sweep WHAT [STEP]  every
 * call answered by an error, once (`once`) or from then on (`forever`) copy               a module
 * replaced while it is loaded
 *
 * Prints PASS and FAIL lines; the last line is "fault: all done".
 */
#include "fault_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_pe.h"

#define N(array) (sizeof(array) / sizeof(array)[0])

static void write_file(const WCHAR *path, const void *bytes, size_t len)
{
    FILE *file = _wfopen(path, L"wb");
    if (file == NULL || fwrite(bytes, 1, len, file) != len)
        fault_check(false, "%ls is written", path);
    if (file != NULL)
        fclose(file);
}

static const WCHAR *in_system(const WCHAR *name)
{
    static WCHAR path[MAX_PATH];
    GetSystemDirectoryW(path, MAX_PATH - 64);
    wcscat(path, L"\\");
    return wcscat(path, name);
}

static void set_alias(const WCHAR *alias, const WCHAR *value)
{
    HKEY key;
    RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32",
                  0, KEY_SET_VALUE | KEY_WOW64_64KEY, &key);
    if (value != NULL)
        RegSetValueExW(key, alias, 0, REG_SZ, (const BYTE *)value,
                       (DWORD)((wcslen(value) + 1) * sizeof *value));
    else
        RegDeleteValueW(key, alias);
    RegCloseKey(key);
}

/* ------------------------------------------------------------------ refused by the world */

struct fault {
    const char *name;
    const struct mmk_assignment *assignments;
    size_t n_assignments;
    void (*prepare)(void);
    void (*clear)(void);
    const struct hook_rules *rules; /* or NULL: it is real */
    const char *reason;             /* in the status file */
    const char *says;               /* part of the text for people */
    bool writes;                    /* the fault comes when something has been written already */
};

static void check_status(const struct fault *f, LRESULT answer)
{
    char reason[64], code[16], text[1024];
    snprintf(reason, sizeof reason, "%s", fault_status("reason"));
    snprintf(code, sizeof code, "%s", fault_status("reason_code"));
    snprintf(text, sizeof text, "%s", fault_status("text"));
    fault_check(answer == DRVCNF_CANCEL, "%s: DRVCNF_%s", f->name, fault_answer(answer));
    fault_check(strcmp(fault_status("answer"), "CANCEL") == 0 && strcmp(reason, f->reason) == 0 &&
                    atoi(code) > 0,
                "%s: the status file says CANCEL, %s (%s)", f->name, reason, code);
    fault_check(strstr(text, f->says) != NULL, "%s: \"%s\"", f->name, text);
}

static void try_fault(const struct fault *f)
{
    struct fault_hives before, after;
    if (f->prepare != NULL)
        f->prepare();
    fault_forget_status();
    bool saved = fault_hives_save(&before, !f->writes);
    DWORD begin = GetTickCount();
    hooks_follow(f->rules);
    LRESULT answer = fault_install(f->assignments, f->n_assignments);
    hooks_follow(NULL);
    DWORD took = GetTickCount() - begin;
    saved = fault_hives_save(&after, !f->writes) && saved;
    check_status(f, answer);
    fault_check(saved && fault_hives_same(&before, &after),
                "%s: both hives are byte for byte as before%s", f->name,
                f->writes ? "" : ", times of the keys included");
    printf("FIGURE %s: answered after %lu ms\n", f->name, took);
    fault_hives_free(&before);
    fault_hives_free(&after);
    if (f->clear != NULL)
        f->clear();
    fault_reset();
}

/* ------------------------------------------------------------------ hardware */

static HANDLE held;

static void make_busy_file(void)
{
    held =
        CreateFileW(L"C:\\busy.wav", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
}

static void drop_busy_file(void)
{
    CloseHandle(held);
    DeleteFileW(L"C:\\busy.wav");
}

static void make_noise_file(void)
{
    static const char noise[] = "RIFF????WAVEfmt this is no sound at all, whatever it calls itself";
    write_file(L"C:\\noise.wav", noise, sizeof noise);
}

static void drop_noise_file(void)
{
    DeleteFileW(L"C:\\noise.wav");
}

/** The device's own code, which never comes back. */
static DWORD hang_there(void *user, const struct hook_call *call)
{
    (void)user;
    if (call->name != NULL && wcsstr(call->name, L"hanging") != NULL)
        Sleep(INFINITE);
    return ERROR_SUCCESS;
}
static const struct hook_rules hanging = {.groups = HOOK_FILES, .before = hang_there};

static const struct mmk_assignment no_folder[] = {{"backend", "file"},
                                                  {"path", "C:\\nowhere\\at all\\out.wav"}};
static const struct mmk_assignment no_recording[] = {
    {"backend", "file"}, {"path", "C:\\out.wav"}, {"record_path", "C:\\not there.wav"}};
static const struct mmk_assignment busy_recording[] = {
    {"backend", "file"}, {"path", "C:\\out.wav"}, {"record_path", "C:\\busy.wav"}};
static const struct mmk_assignment noise_recording[] = {
    {"backend", "file"}, {"path", "C:\\out.wav"}, {"record_path", "C:\\noise.wav"}};
static const struct mmk_assignment hanging_device[] = {{"backend", "file"},
                                                       {"path", "C:\\hanging\\out.wav"}};

static const struct fault hardware[] = {
    {"no folder to play into", no_folder, N(no_folder), NULL, NULL, NULL, "HARDWARE_ABSENT",
     "nowhere", false},
    {"no file to record from", no_recording, N(no_recording), NULL, NULL, NULL, "HARDWARE_ABSENT",
     "not there.wav", false},
    {"a recording that somebody holds", busy_recording, N(busy_recording), make_busy_file,
     drop_busy_file, NULL, "HARDWARE_BUSY", "busy.wav", false},
    {"a recording that is none", noise_recording, N(noise_recording), make_noise_file,
     drop_noise_file, NULL, "HARDWARE_FAILED", "noise.wav", false},
    {"a device that hangs for ever", hanging_device, N(hanging_device), NULL, NULL, &hanging,
     "HARDWARE_TIMEOUT", "2000 ms", false},
};

/* ------------------------------------------------------------------ supporting drivers */

static void make_pe_driver(const WCHAR *name, uint16_t machine, const char *export)
{
    unsigned char pe[MAKE_PE_BYTES];
    const struct make_pe what = {machine, export, 1, 0, 0};
    make_pe(&what, pe);
    write_file(in_system(name), pe, sizeof pe);
}

static void support_absent(void)
{
    set_alias(L"wave7", L"absent.drv");
}
static void support_other_width(void)
{
    make_pe_driver(L"narrow.drv", sizeof(void *) == 8 ? 0x014c : 0x8664, "DriverProc");
    set_alias(L"wave7", L"narrow.drv");
}
static void support_no_driver(void)
{
    make_pe_driver(L"nothing.drv", sizeof(void *) == 8 ? 0x8664 : 0x014c, "SomethingElse");
    set_alias(L"wave7", L"nothing.drv");
}
static void support_no_module(void)
{
    static const char text[] = "[this is an INI file]\r\n";
    write_file(in_system(L"text.drv"), text, sizeof text);
    set_alias(L"wave7", L"text.drv");
}
static void support_hangs(void)
{
    set_alias(L"wave7", L"fault_hang.drv"); /* put there by the suite */
}
static void support_crashes(void)
{
    set_alias(L"wave7", L"fault_crash.drv");
}
static void support_lacks(void)
{
    set_alias(L"wave7", L"fault_lack.drv");
}
static void clear_support(void)
{
    static const WCHAR *const files[] = {L"narrow.drv", L"nothing.drv", L"text.drv"};
    set_alias(L"wave7", NULL);
    for (size_t i = 0; i < N(files); i++)
        DeleteFileW(in_system(files[i]));
}

static const struct mmk_assignment through_other[] = {{"backend", "wod"}, {"path", "wave7"}};

static const struct fault support[] = {
    {"no alias of that name", through_other, N(through_other), NULL, NULL, NULL, "SUPPORT_MISSING",
     "wave7", false},
    {"the supporting driver's file is not there", through_other, N(through_other), support_absent,
     clear_support, NULL, "SUPPORT_MISSING", "absent.drv", false},
    {"the supporting driver is for the other width", through_other, N(through_other),
     support_other_width, clear_support, NULL, "SUPPORT_BITNESS", "width", false},
    {"the supporting driver has no DriverProc", through_other, N(through_other), support_no_driver,
     clear_support, NULL, "SUPPORT_BROKEN", "nothing.drv", false},
    {"the supporting driver is no module", through_other, N(through_other), support_no_module,
     clear_support, NULL, "SUPPORT_BROKEN", "text.drv", false},
    {"the supporting driver lacks a DLL", through_other, N(through_other), support_lacks,
     clear_support, NULL, "SUPPORT_BROKEN", "fault_lack.drv", false},
    {"the supporting driver crashes as it is loaded", through_other, N(through_other),
     support_crashes, clear_support, NULL, "SUPPORT_BROKEN", "fault_crash.drv", false},
    {"the supporting driver hangs as it is loaded", through_other, N(through_other), support_hangs,
     clear_support, NULL, "SUPPORT_BROKEN", "fault_hang.drv", false},
};

/* ------------------------------------------------------------------ rights */

/** As a standard user meets it: nothing of the machine's may be opened for writing. */
static DWORD deny_writing(void *user, const struct hook_call *call)
{
    (void)user;
    return call->changes && call->key == HKEY_LOCAL_MACHINE ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}
static DWORD deny_values(void *user, const struct hook_call *call)
{
    (void)user;
    return strcmp(call->function, "RegSetValueExW") == 0 ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}
static DWORD deny_reading(void *user, const struct hook_call *call)
{
    (void)user;
    return call->name != NULL && wcsstr(call->name, L"Drivers32") != NULL ? ERROR_ACCESS_DENIED
                                                                          : ERROR_SUCCESS;
}
static DWORD deny_journal(void *user, const struct hook_call *call)
{
    (void)user;
    bool journal = call->name != NULL && wcsstr(call->name, L"\\mmekit\\journal") != NULL;
    return call->changes && journal ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static const struct hook_rules no_rights = {.groups = HOOK_REGISTRY, .before = deny_writing};
static const struct hook_rules no_values = {.groups = HOOK_REGISTRY, .before = deny_values};
static const struct hook_rules no_look = {.groups = HOOK_REGISTRY, .before = deny_reading};
static const struct hook_rules no_journal = {.groups = HOOK_FILES, .before = deny_journal};
static const struct mmk_assignment plain[] = {{"backend", "null"}, {"rate_hz", "44100"}};

static const struct fault rights[] = {
    {"the registry may not be written", plain, N(plain), NULL, NULL, &no_rights, "NO_RIGHTS",
     "access denied", true},
    {"keys may be made, values may not", plain, N(plain), NULL, NULL, &no_values, "NO_RIGHTS",
     "access denied", true},
    {"Drivers32 may not be looked at", plain, N(plain), NULL, NULL, &no_look, "NO_RIGHTS",
     "access denied", false},
    {"the journal may not be written", plain, N(plain), NULL, NULL, &no_journal, "NO_RIGHTS",
     "journal", false},
};

/** Somebody makes a value longer each time it is looked at, three times. */
static DWORD grow_thrice(void *user, const struct hook_call *call)
{
    static WCHAR value[1024];
    unsigned *left = user;
    if (*left == 0 || strcmp(call->function, "RegQueryValueExW") != 0 || call->name == NULL ||
        wcscmp(call->name, L"wave1") != 0)
        return ERROR_SUCCESS;
    --*left;
    wcscpy(value, L"foreign.drv ");
    while (wcslen(value) < 900 - 200 * *left)
        wcscat(value, L"x");
    set_alias(L"wave1", value);
    return ERROR_SUCCESS;
}

static void a_value_that_grows(void)
{
    unsigned left = 3;
    const struct hook_rules growing = {
        .user = &left, .groups = HOOK_REGISTRY, .before = grow_thrice};
    hooks_follow(&growing);
    LRESULT answer = fault_install(plain, N(plain));
    hooks_follow(NULL);
    fault_check(answer == DRVCNF_OK && left == 0, "a value that grows three times: DRVCNF_%s, %s",
                fault_answer(answer), fault_status("text"));
    answer = fault_remove();
    fault_check(answer == DRVCNF_OK, "DRV_REMOVE: DRVCNF_%s", fault_answer(answer));
    set_alias(L"wave1", NULL);
    fault_reset();
}

static void part_world(void)
{
    /* the first program with a window makes Wine write keys of its own: regsvr32 is one */
    support_lacks();
    fault_install(through_other, N(through_other));
    clear_support();
    fault_reset();
    for (size_t i = 0; i < N(hardware); i++)
        try_fault(&hardware[i]);
    for (size_t i = 0; i < N(rights); i++)
        try_fault(&rights[i]);
    for (size_t i = 0; i < N(support); i++)
        try_fault(&support[i]);
    a_value_that_grows();
    /* and when everything is as it should be, it is installed: the program can tell */
    LRESULT answer = fault_install(plain, N(plain));
    fault_check(answer == DRVCNF_OK, "nothing wrong any more: DRVCNF_%s", fault_answer(answer));
    answer = fault_remove();
    fault_check(answer == DRVCNF_OK, "DRV_REMOVE: DRVCNF_%s", fault_answer(answer));
    fault_reset();
}

/* ------------------------------------------------------------------ main */

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    const WCHAR *part = argc >= 2 ? argv[1] : L"";
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    fault_open();
    if (wcscmp(part, L"world") == 0)
        part_world();
    else if (wcscmp(part, L"folder") == 0 && argc == 3)
        fault_part_folder(wcscmp(argv[2], L"foreign") == 0);
    else if (wcscmp(part, L"copy") == 0 && argc == 3)
        fault_part_copy(wcscmp(argv[2], L"second") == 0);
    else if (wcscmp(part, L"full") == 0 && argc == 3)
        fault_part_full(argv[2]);
    else if (wcscmp(part, L"sweep") == 0 && argc >= 3)
        fault_part_sweep(wcscmp(argv[2], L"forever") == 0,
                         argc >= 4 ? (unsigned)wcstoul(argv[3], NULL, 10) : 1);
    else {
        fprintf(stderr,
                "usage: fault world | folder ours|foreign | copy first|second | full DIR | sweep "
                "once|forever [STEP]\n");
        return 2;
    }
    fault_close();
    printf("%u passed, %u failed\n", fault_passed, fault_failed);
    printf("fault: all done\n");
    fflush(stdout);
    /* a thread that hangs for ever is among us; Windows would end it, and so would we */
    TerminateProcess(GetCurrentProcess(), fault_failed == 0 ? 0 : 1);
    return 1;
}
