/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * The main of every unit test program for Windows: runs the tests that criterion/criterion.h has
 * registered. Prints "PASS suite::name", "FAIL suite::name: file:line: what", or "SKIP suite::name:
 * why" for each, then "N passed, M failed" and as its last line "PROGRAM: all done".
 *
 * After a crash, or at the end of a test's time, this process is lost: it starts its successor with
 * the number of the next test and the counts so far, waits for it, and ends with its exit code.
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdarg.h>

#include "criterion/criterion.h"
#include "unit.h"

enum { LIMIT_S = 120, SLOWER = 4 }; /* a test's own limit is for a machine that is not busy */

static struct unit_test *tests;
static struct unit_suite *suites;

static struct {
    unsigned number, passed, failed, skipped;
    const struct unit_test *test;
    DWORD thread;
    void *jump[5];
    bool broken, left_out;
    volatile LONG deadline; /* in seconds since the start; 0: nothing runs */
} now;

static const char *program = "unit"; /* without folder and .exe */

void unit_add_test(struct unit_test *test)
{
    test->next = tests; /* constructors run backwards: the list is in the order of the sources */
    tests = test;
}

void unit_add_suite(struct unit_suite *suite)
{
    suite->next = suites;
    suites = suite;
}

/* ------------------------------------------------------------------ what a test says */

static void leave(void)
{
    if (GetCurrentThreadId() == now.thread)
        __builtin_longjmp(now.jump, 1);
    printf("FAIL %s::%s: it cannot end from another thread than its own\n", now.test->suite,
           now.test->name);
    RaiseException(STATUS_FATAL_APP_EXIT, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

void unit_report(bool holds, bool fatal, const char *file, int line, const char *what,
                 const char *format, ...)
{
    char text[600];
    va_list args;
    if (holds)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("FAIL %s::%s: %s:%d: %s%s%s\n", now.test->suite, now.test->name, file, line, what,
           text[1] != 0 ? ":" : "", text[1] != 0 ? text : "");
    now.broken = true;
    if (fatal)
        leave();
}

void unit_skip(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("SKIP %s::%s:", now.test->suite, now.test->name);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    now.left_out = true;
    leave();
    abort();
}

void unit_log(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s::%s:", now.test->suite, now.test->name);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* ------------------------------------------------------------------ when the process is lost */

static void go_on_behind(const char *why)
{
    static volatile LONG lost;
    char self[MAX_PATH];
    char line[MAX_PATH + 64];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION next = {0};
    DWORD code = 1;
    if (InterlockedExchange(&lost, 1) != 0)
        Sleep(INFINITE); /* a second thread fails meanwhile */
    now.deadline = 0;
    printf("FAIL %s::%s: %s\n", now.test->suite, now.test->name, why);
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" %u %u %u %u", self, now.number + 1, now.passed,
             now.failed + 1, now.skipped);
    if (CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &next)) {
        WaitForSingleObject(next.hProcess, INFINITE);
        GetExitCodeProcess(next.hProcess, &code);
    }
    TerminateProcess(GetCurrentProcess(), code);
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *e)
{
    char why[100];
    snprintf(why, sizeof why, "crashed: exception 0x%08lx at %p",
             (unsigned long)e->ExceptionRecord->ExceptionCode,
             e->ExceptionRecord->ExceptionAddress);
    go_on_behind(why);
    return EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI watch(LPVOID unused)
{
    (void)unused;
    for (;;) {
        Sleep(500);
        LONG deadline = now.deadline;
        if (deadline != 0 && (LONG)(GetTickCount64() / 1000) > deadline)
            go_on_behind("did not end in its time");
    }
    return 0;
}

/* ------------------------------------------------------------------ static variables */

/* Every test of Criterion's is a process of its own, and begins with fresh static variables. */
static struct kept {
    char *from;
    size_t n;
    char *copy;
} kept[2];

static void keep_range(struct kept *range, char *begin, char *end)
{
    range->from = begin + 16;
    range->n = (size_t)(end - range->from);
    range->copy = malloc(range->n + 1);
    if (begin >= end || range->copy == NULL)
        abort(); /* linked in another order than first.c says */
    memcpy(range->copy, range->from, range->n);
}

static bool is_kept(const void *address)
{
    const char *at = address;
    return at >= kept[0].from && at < kept[0].from + kept[0].n;
}

static void keep_statics(void)
{
    keep_range(&kept[0], unit_data_begin, unit_data_end);
    keep_range(&kept[1], unit_bss_begin, unit_bss_end);
    for (const struct unit_test *test = tests; test != NULL; test = test->next) {
        if (!is_kept(test))
            abort();
    }
}

static void restore_statics(void)
{
    for (size_t i = 0; i < 2; i++)
        memcpy(kept[i].from, kept[i].copy, kept[i].n);
}

/* ------------------------------------------------------------------ running */

static const struct unit_options *suite_options(const char *name)
{
    static const struct unit_options none;
    for (const struct unit_suite *suite = suites; suite != NULL; suite = suite->next) {
        if (strcmp(suite->name, name) == 0)
            return &suite->options;
    }
    return &none;
}

/** A failed init leaves the test out, but not its fini; as Criterion's runner. */
static void run_guarded(void (*function)(void))
{
    if (function == NULL || __builtin_setjmp(now.jump) != 0)
        return;
    function();
}

static void run_one(const struct unit_test *test)
{
    const struct unit_options *suite = suite_options(test->suite);
    const double limit = test->options.timeout > 0 ? test->options.timeout * SLOWER : LIMIT_S;
    restore_statics();
    now.test = test;
    now.broken = now.left_out = false;
    now.deadline = (LONG)(GetTickCount64() / 1000) + (LONG)limit + 1;
    run_guarded(test->options.init != NULL ? test->options.init : suite->init);
    if (!now.broken && !now.left_out)
        run_guarded(test->run);
    run_guarded(test->options.fini != NULL ? test->options.fini : suite->fini);
    now.deadline = 0;
    if (now.broken)
        now.failed++;
    else if (now.left_out)
        now.skipped++;
    else {
        now.passed++;
        printf("PASS %s::%s\n", test->suite, test->name);
    }
}

static void name_program(const char *path)
{
    static char name[64];
    const char *base = path;
    for (const char *c = path; *c != 0; c++) {
        if (*c == '\\' || *c == '/')
            base = c + 1;
    }
    snprintf(name, sizeof name, "%s", base);
    char *dot = strrchr(name, '.');
    if (dot != NULL)
        *dot = 0;
    program = name;
}

int main(int argc, char **argv)
{
    unsigned first = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(crashed);
    name_program(argv[0]);
    now.thread = GetCurrentThreadId();
    if (argc == 5) { /* the successor of a process that was lost */
        first = (unsigned)atoi(argv[1]);
        now.passed = (unsigned)atoi(argv[2]);
        now.failed = (unsigned)atoi(argv[3]);
        now.skipped = (unsigned)atoi(argv[4]);
    }
    keep_statics();
    CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
    for (const struct unit_test *test = tests; test != NULL; test = test->next, now.number++) {
        if (now.number >= first && !test->options.disabled)
            run_one(test);
    }
    printf("%u passed, %u failed\n", now.passed, now.failed);
    printf("%s: all done\n", program);
    return now.failed == 0 && now.passed > 0 ? 0 : 1;
}
