/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* What is shim-posix's own in the platform: modules, the log, processor features; and the notify
 * seam. */
#include "temp_folder.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/file.h>
#include <link.h>
#include <signal.h>
#include <sys/wait.h>

#include <mmk/hash.h>
#include <mmk/posix.h>

#include "driver_double.h"

static char folder[4096];
static struct mmk_platform *platform;
static char logged[1024];
static mmk_log_level logged_level;

static void on_log(void *user, mmk_log_level level, const char *text)
{
    cr_assert_eq(user, (void *)&logged_level);
    logged_level = level;
    snprintf(logged, sizeof logged, "%s", text);
}

static void setup(void)
{
    temp_folder_make(folder, "platform");
    const struct mmk_posix_config config = {.drivers_dir = folder,
                                            .modules = driver_double_modules,
                                            .n_modules = 2,
                                            .log = on_log,
                                            .log_user = &logged_level};
    cr_assert_eq(mmk_posix_platform_open(&config, &platform), MMK_OK);
}

static void teardown(void)
{
    mmk_posix_platform_close(platform);
    temp_folder_remove(folder);
}

TestSuite(platform_posix, .init = setup, .fini = teardown, .timeout = 30);

static unsigned char bytes[4 << 20];

static size_t slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s", path);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    cr_assert_lt(len, sizeof bytes);
    fclose(f);
    return len;
}

static const char *spill(const char *name, size_t len)
{
    static char path[4400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
    return path;
}

static mmk_reg_view own_view(void)
{
    return sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
}

static mmk_err inspect(const char *file, struct mmk_module_info *info)
{
    return platform->ops->inspect_module(platform, file, own_view(), info);
}

/* ------------------------------------------------------------------ inspect */

Test(platform_posix, reads_a_module_without_running_it)
{
    struct mmk_module_info info;
    size_t len = slurp(MODULE_GOOD);
    const char *path = spill("good.drv", len);
    cr_assert_eq(inspect("good.drv", &info), MMK_OK);
    cr_assert_str_eq(info.path, path);
    cr_assert_eq(info.pointer_bits, 8 * sizeof(void *));
    cr_assert_eq(info.version, 0x03040005);
    cr_assert_eq(info.hash, mmk_fnv1a64(MMK_FNV1A64_INIT, bytes, len));
    cr_assert(info.exports_driver_proc);

    cr_assert_eq(inspect(MODULE_PLAIN, &info), MMK_OK);
    cr_assert_not(info.exports_driver_proc);
    cr_assert_eq(info.version, 0);
    cr_assert_eq(inspect(MODULE_CRASH, &info), MMK_OK, "its constructor did not run");
}

Test(platform_posix, finds_symbols_by_the_old_hash_table_too)
{
    char command[9000];
    char path[4200];
    struct mmk_module_info info;
    snprintf(path, sizeof path, "%s/sysv.drv", folder);
    snprintf(command, sizeof command, "cc -shared -fPIC -Wl,--hash-style=sysv -o '%s' '%s' 2>&1",
             path, MODULE_GOOD_SOURCE);
    if (system(command) != 0)
        cr_skip_test("no compiler named cc");
    cr_assert_eq(inspect("sysv.drv", &info), MMK_OK);
    cr_assert(info.exports_driver_proc);
    cr_assert_eq(info.version, 0x03040005);
}

Test(platform_posix, knows_built_in_modules)
{
    struct mmk_module_info info;
    cr_assert_eq(inspect("Double.DRV", &info), MMK_OK);
    cr_assert_str_eq(info.path, "builtin:double.drv");
    cr_assert_eq(info.version, 0x01020003);
    cr_assert_eq(info.hash, 0);
    cr_assert(info.exports_driver_proc);
    mmk_reg_view other = own_view() == MMK_VIEW_64 ? MMK_VIEW_32 : MMK_VIEW_64;
    cr_assert_eq(platform->ops->inspect_module(platform, "double.drv", other, &info),
                 MMK_ERR_NOT_FOUND, "a program has no modules of the other width in it");
    char reason[256] = "";
    cr_assert_eq(platform->ops->try_load_module(platform, "double.drv", reason, sizeof reason),
                 MMK_OK);
}

Test(platform_posix, other_view_has_its_own_folder)
{
    struct mmk_module_info info;
    char sub[4200];
    mmk_reg_view other = own_view() == MMK_VIEW_64 ? MMK_VIEW_32 : MMK_VIEW_64;
    size_t len = slurp(MODULE_GOOD);
    spill("only-native.drv", len);
    cr_assert_eq(platform->ops->inspect_module(platform, "only-native.drv", other, &info),
                 MMK_ERR_NOT_FOUND);
    snprintf(sub, sizeof sub, "%s/32", folder);
    mkdir(sub, 0700);
    spill("32/wrong.drv", len);
    cr_assert_eq(platform->ops->inspect_module(platform, "wrong.drv", other, &info),
                 MMK_ERR_BITNESS);
    cr_assert_eq(info.pointer_bits, 8 * sizeof(void *), "info is filled with BITNESS");
}

/** A PE DLL by hand: one section with an export table and a version resource. Layout from "PE
 * Format". */
static size_t make_pe(bool wide, const char *export_name)
{
    memset(bytes, 0, 4096);
    unsigned char *pe = bytes + 0x80;
    unsigned char *opt = pe + 24;
    unsigned opt_size = wide ? 240 : 224;
    unsigned char *dirs = opt + (wide ? 112 : 96);
    unsigned char *sec = opt + opt_size;
    memcpy(bytes, "MZ", 2);
    bytes[0x3c] = 0x80;
    memcpy(pe, "PE\0\0", 4);
    pe[4] = wide ? 0x64 : 0x4c; /* machine 0x8664 or 0x014c */
    pe[5] = wide ? 0x86 : 0x01;
    pe[6] = 1; /* one section */
    pe[20] = (unsigned char)opt_size;
    pe[22] = 0x02; /* executable, DLL */
    pe[23] = 0x20;
    opt[0] = 0x0b;
    opt[1] = wide ? 0x02 : 0x01;
    dirs[-4] = 16;
    dirs[1] = 0x10; /* exports at 0x1000 */
    dirs[4] = 0x40;
    dirs[17] = 0x11; /* resources at 0x1100, 0x100 bytes */
    dirs[21] = 0x01;
    sec[9] = 0x08;  /* virtual size 0x800 */
    sec[13] = 0x10; /* address 0x1000 */
    sec[17] = 0x08; /* raw size 0x800 */
    sec[21] = 0x04; /* raw at 0x400 */
    unsigned char *exports = bytes + 0x400;
    exports[24] = 2; /* two names */
    exports[33] = 0x10;
    exports[32] = 0x80;  /* their table at 0x1080 */
    bytes[0x480] = 0x90; /* 0x1090 */
    bytes[0x481] = 0x10;
    bytes[0x484] = 0xa0; /* 0x10a0 */
    bytes[0x485] = 0x10;
    strcpy((char *)bytes + 0x490, "DllMain");
    strcpy((char *)bytes + 0x4a0, export_name);
    memcpy(bytes + 0x540, "\xbd\x04\xef\xfe\0\0\1\0\2\0\1\0\4\0\3\0", 16); /* 1.2.3.4 */
    return 0x400 + 0x800;
}

Test(platform_posix, reads_windows_modules)
{
    struct mmk_module_info info;
    for (int wide = 0; wide < 2; wide++) {
        mmk_reg_view view = wide ? MMK_VIEW_64 : MMK_VIEW_32;
        const char *path = spill("win.drv", make_pe(wide != 0, "DriverProc"));
        cr_assert_eq(platform->ops->inspect_module(platform, path, view, &info), MMK_OK);
        cr_assert_eq(info.pointer_bits, wide ? 64 : 32);
        cr_assert(info.exports_driver_proc);
        cr_assert_eq(info.version, 0x01020003);
        path = spill("win.drv", make_pe(wide != 0, "DriverProc2"));
        cr_assert_eq(platform->ops->inspect_module(platform, path, view, &info), MMK_OK);
        cr_assert_not(info.exports_driver_proc);
        cr_assert_eq(platform->ops->inspect_module(platform, path, 1 - view, &info),
                     MMK_ERR_BITNESS);
    }
}

/** No byte of a header may make the reader crash, hang, or take memory: change each, and cut at
 * each. */
static void torture(size_t len, size_t header)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct mmk_module_info info;
    for (size_t at = 0; at < header; at++) {
        unsigned char was = bytes[at];
        for (size_t v = 0; v < sizeof values; v++) {
            bytes[at] = values[v];
            (void)inspect(spill("torture.drv", len), &info);
        }
        bytes[at] = was;
    }
    for (size_t cut = 0; cut < header; cut++) {
        mmk_err err = inspect(spill("torture.drv", cut), &info);
        cr_assert_eq(err, MMK_ERR_CORRUPT, "cut at %zu: %s", cut, mmk_err_name(err));
    }
}

Test(platform_posix, hostile_windows_headers_are_survived)
{
    torture(make_pe(true, "DriverProc"), 0x80 + 24 + 240 + 40);
    torture(make_pe(false, "DriverProc"), 0x80 + 24 + 224 + 40);
    size_t len = make_pe(true, "DriverProc");
    struct mmk_module_info info;
    for (size_t at = 0x400; at < 0x4c0; at++) { /* the tables that the header points to */
        unsigned char was = bytes[at];
        bytes[at] = 0xff;
        (void)inspect(spill("torture.drv", len), &info);
        bytes[at] = was;
    }
    cr_assert_eq(inspect(spill("torture.drv", len - 1), &info), MMK_ERR_CORRUPT);
}

Test(platform_posix, hostile_elf_headers_are_survived)
{
    size_t len = slurp(MODULE_GOOD);
    torture(len, 64 + 9 * 56);
}

Test(platform_posix, elf_cut_inside_a_segment_is_corrupt)
{
    struct mmk_module_info info;
    size_t len = slurp(MODULE_GOOD);
    ElfW(Ehdr) head;
    size_t end = 0;
    memcpy(&head, bytes, sizeof head);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) segment;
        memcpy(&segment, bytes + head.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_offset + segment.p_filesz > end)
            end = segment.p_offset + segment.p_filesz;
    }
    cr_assert_lt(end, len);
    cr_assert_eq(inspect(spill("cut.drv", end), &info), MMK_OK, "sections are not needed");
    for (size_t cut = 1; cut < end; cut += cut < end - 100 ? 97 : 1)
        cr_assert_eq(inspect(spill("cut.drv", cut), &info), MMK_ERR_CORRUPT, "cut at %zu", cut);
}

Test(platform_posix, hostile_elf_tables_are_survived)
{
    struct mmk_module_info info;
    size_t len = slurp(MODULE_GOOD);
    /* hash tables, symbols and the dynamic section lie in the first pages */
    size_t step = 3;
    for (size_t at = 64; at < len && at < 0x700; at += step) {
        unsigned char was = bytes[at];
        bytes[at] = (unsigned char)~was;
        (void)inspect(spill("torture.drv", len), &info);
        bytes[at] = was;
    }
}

Test(platform_posix, files_that_are_no_modules_are_corrupt)
{
    struct mmk_module_info info;
    char path[4200];
    cr_assert_eq(inspect(__FILE__, &info), MMK_ERR_CORRUPT);
    cr_assert_eq(inspect(spill("empty.drv", 0), &info), MMK_ERR_CORRUPT);
    snprintf(path, sizeof path, "%s/fifo.drv", folder);
    mkfifo(path, 0600);
    cr_assert_eq(inspect("fifo.drv", &info), MMK_ERR_NOT_FOUND, "only regular files are found");
    cr_assert_eq(inspect(folder, &info), MMK_ERR_NOT_FOUND);
}

/* ------------------------------------------------------------------ try to load */

static void try_it(const char *file, mmk_err expected, const char *word)
{
    char reason[512] = "";
    mmk_err err = platform->ops->try_load_module(platform, file, reason, sizeof reason);
    cr_assert_eq(err, expected, "%s: %s (%s)", file, mmk_err_name(err), reason);
    cr_assert_not_null(strstr(reason, word), "%s", reason);
}

Test(platform_posix, loading_is_tried_where_it_can_do_no_harm)
{
    try_it(MODULE_GOOD, MMK_OK, "");
    try_it(MODULE_CRASH, MMK_ERR_CRASHED, "crashes");
    try_it(MODULE_EXIT, MMK_ERR_CRASHED, "ends the program");
    try_it(MODULE_MISSING, MMK_ERR_NOT_FOUND, "nobody_has_this_symbol");
    try_it(__FILE__, MMK_ERR_NOT_FOUND, "does not load");
    try_it("absent.drv", MMK_ERR_NOT_FOUND, "absent.drv");
}

Test(platform_posix, hanging_module_takes_two_seconds)
{
    uint64_t begun = platform->ops->now_ns(platform);
    try_it(MODULE_HANG, MMK_ERR_TIMEOUT, "hangs");
    uint64_t took = platform->ops->now_ns(platform) - begun;
    cr_assert_lt(took, UINT64_C(3000000000));
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "the child is gone");
}

/* A program holds a lock, a module that it tries hangs, and the program is killed. */
Test(platform_posix, hanging_module_keeps_nothing_of_a_killed_program)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/held", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    pid_t program = fork();
    if (program == 0) {
        char reason[256];
        int own = open(path, O_RDWR | O_CLOEXEC);
        (void)flock(own, LOCK_EX);
        (void)platform->ops->try_load_module(platform, MODULE_HANG, reason, sizeof reason);
        _exit(0);
    }
    while (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        (void)flock(fd, LOCK_UN);
        usleep(1000);
    }
    usleep(300000); /* it is in the module by now; the test holds if it is not */
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    int waited_ms = 0;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0 && waited_ms < 1000) {
        usleep(10000);
        waited_ms += 10;
    }
    cr_assert_lt(waited_ms, 1000, "the lock is free within a second");
    close(fd);
}

Test(platform_posix, trying_does_not_depend_on_sigchld)
{
    signal(SIGCHLD, SIG_IGN); /* the program lets the system reap its children */
    try_it(MODULE_GOOD, MMK_OK, "");
    try_it(MODULE_CRASH, MMK_ERR_CRASHED, "");
}

/* ------------------------------------------------------------------ log and processor */

Test(platform_posix, log_goes_where_it_was_told)
{
    platform->ops->log(platform, MMK_LOG_INFO, "hello");
    cr_assert_str_eq(logged, "hello");
    cr_assert_eq(logged_level, MMK_LOG_INFO);
}

Test(platform_posix, log_on_stderr_obeys_the_environment)
{
    static const struct {
        const char *level;
        const char *expected;
    } cases[] = {
        {"error", "mmekit: error: e\n"},
        {NULL, "mmekit: error: e\nmmekit: warn: w\n"},
        {"rubbish", "mmekit: error: e\nmmekit: warn: w\n"},
        {"trace", "mmekit: error: e\nmmekit: warn: w\nmmekit: info: i\nmmekit: trace: t\n"},
    };
    int saved = dup(2);
    for (size_t i = 0; i < 4; i++) {
        struct mmk_platform *plain;
        char got[256] = "";
        int ends[2];
        if (cases[i].level != NULL)
            setenv("MMEKIT_TRACE", cases[i].level, 1);
        else
            unsetenv("MMEKIT_TRACE");
        cr_assert_eq(pipe(ends), 0);
        cr_assert_eq(mmk_posix_platform_open(NULL, &plain), MMK_OK);
        dup2(ends[1], 2);
        plain->ops->log(plain, MMK_LOG_ERROR, "e");
        plain->ops->log(plain, MMK_LOG_WARN, "w");
        plain->ops->log(plain, MMK_LOG_INFO, "i");
        plain->ops->log(plain, MMK_LOG_TRACE, "t");
        dup2(saved, 2);
        close(ends[1]);
        ssize_t n = read(ends[0], got, sizeof got - 1);
        got[n > 0 ? n : 0] = '\0';
        close(ends[0]);
        mmk_posix_platform_close(plain);
        cr_assert_str_eq(got, cases[i].expected);
    }
}

Test(platform_posix, processor_features_are_those_of_the_system)
{
    uint32_t features = platform->ops->cpu_features(platform);
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[8192];
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "flags", 5) != 0)
            continue;
        cr_assert_eq((features & MMK_CPU_SSE2) != 0, strstr(line, " sse2 ") != NULL);
        cr_assert_eq((features & MMK_CPU_AVX2_FMA) != 0,
                     strstr(line, " avx2 ") != NULL && strstr(line, " fma ") != NULL);
        break;
    }
    if (f != NULL)
        fclose(f);
}

/* ------------------------------------------------------------------ notify */

static unsigned called;
static uintptr_t called_with[5];

static void on_call(uintptr_t handle, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    called++;
    called_with[0] = handle;
    called_with[1] = msg;
    called_with[2] = user;
    called_with[3] = p1;
    called_with[4] = p2;
}

static void deliver(uint32_t flags, uintptr_t target, uint32_t msg)
{
    struct mmk_notify *notify = mmk_posix_notify();
    const struct mmk_callback callback = {
        .flags = flags | 1, .target = target, .handle = 11, .user = 13};
    notify->ops->deliver(notify, &callback, msg, 14, 15);
}

Test(platform_posix, notify_calls_functions)
{
    deliver(MMK_CALLBACK_FUNCTION, (uintptr_t)(mmk_posix_callback *)on_call, 12);
    cr_assert_eq(called, 1);
    for (uintptr_t i = 0; i < 5; i++)
        cr_assert_eq(called_with[i], 11 + i);
    deliver(MMK_CALLBACK_FUNCTION, 0, 12);
    deliver(MMK_CALLBACK_NULL, 99, 12);
    deliver(MMK_CALLBACK_WINDOW, 99, 12);
    cr_assert_eq(called, 1);
}

Test(platform_posix, notify_sets_events)
{
    int event = mmk_posix_event_create();
    cr_assert_geq(event, 0);
    cr_assert_not(mmk_posix_event_wait(event, 0));
    deliver(MMK_CALLBACK_EVENT, (uintptr_t)event, 12);
    deliver(MMK_CALLBACK_EVENT, (uintptr_t)event, 12);
    cr_assert(mmk_posix_event_wait(event, MMK_WAIT_FOREVER));
    cr_assert_not(mmk_posix_event_wait(event, 20), "auto-reset: two sets end one wait");
    mmk_posix_event_destroy(event);
    deliver(MMK_CALLBACK_EVENT, UINTPTR_MAX, 12); /* a handle of no one: nothing happens */
    deliver(MMK_CALLBACK_EVENT, 1u << 20, 12);
}

Test(platform_posix, notify_posts_to_queues)
{
    uintptr_t target;
    struct mmk_posix_message message;
    int queue = mmk_posix_queue_create(&target);
    cr_assert_geq(queue, 0);
    cr_assert_not(mmk_posix_queue_get(queue, &message, 10));
    for (uint32_t i = 0; i < 10000; i++) /* as many as a thread's queue of Windows holds */
        deliver(MMK_CALLBACK_THREAD, target, i);
    for (uint32_t i = 0; i < 10000; i++) {
        cr_assert(mmk_posix_queue_get(queue, &message, 0), "message %u is lost", i);
        cr_assert_eq(message.msg, i);
        cr_assert_eq(message.handle, 11);
        cr_assert_eq(message.p1, 14);
    }
    cr_assert_not(mmk_posix_queue_get(queue, &message, 0));
    for (uint32_t i = 0; i < 100000; i++) /* full: lost, never blocked */
        deliver(MMK_CALLBACK_THREAD, target, i);
    mmk_posix_queue_destroy(queue, target);
}
