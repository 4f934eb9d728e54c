/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mmk/posix.h>

/* A port over a Wine prefix that no Wine has made: its hives are written here as the wineserver
 * writes them. */

#define HEAD \
    "WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\Machine\n\n#arch=win64\n\n"
#define SYSTEM                                                                                    \
    HEAD "[Software\\\\Classes\\\\CLSID\\\\{a}] 1795361882\n#time=1dd7a9774\n@=\"A \\\"q\\\"\"\n" \
         "\"odd\\\\name\"=str(7):\"one\\0two\\0\"\n\"n\"=dword:0000002a\n"                        \
         "\"b\"=hex:01,02,\\\n  03\n\"u\"=\"\\x20ac\\x0041bc\"\n\n"                               \
         "[Software\\\\Classes\\\\Wow6432Node\\\\CLSID] 1\n#time=1\n@=\"wow\"\n\n"                \
         "[Software\\\\Leaf] 1795361882\n#time=1dd7a9774\n\n"                                     \
         "[Software\\\\Wow6432Node\\\\Classes] 1\n#time=1\n#link\n"                               \
         "\"SymbolicLinkValue\"=hex(6):" LINK "\n\n"                                              \
         "[System\\\\x[1\\]] 1795361882\n#time=1dd7a9774\n\"v\"=\"w\"\n"
/* \Registry\Machine\Software\Classes\Wow6432Node, in pieces as there */
static char link_bytes[512];
#define LINK "%s"

static char root[64], why[512];
static struct mmk_posix *posix;
static struct mmk_port *port;

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static char *take(const char *name)
{
    static char text[2][8192];
    static int which;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    which = !which;
    text[which][fread(text[which], 1, sizeof text[which] - 1, file)] = 0;
    fclose(file);
    return text[which];
}

static void make_dirs(void)
{
    static const char *const folders[] = {"dosdevices",
                                          "drive_c",
                                          "drive_c/windows",
                                          "drive_c/windows/System32",
                                          "drive_c/windows/syswow64",
                                          "drive_c/ProgramData"};
    char path[256];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        cr_assert_eq(mkdir(path, 0755), 0);
    }
    snprintf(path, sizeof path, "%s/dosdevices/c:", root);
    cr_assert_eq(symlink("../drive_c", path), 0);
}

static void begin(void)
{
    static const char target[] = "\\Registry\\Machine\\Software\\Classes\\Wow6432Node";
    char text[4096];
    snprintf(root, sizeof root, "/tmp/mmk-prefix-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    make_dirs();
    link_bytes[0] = 0;
    for (const char *c = target; *c; c++)
        snprintf(link_bytes + strlen(link_bytes), 8, "%s%02x,00", c == target ? "" : ",", *c);
    snprintf(text, sizeof text, SYSTEM, link_bytes);
    put("system.reg", text);
    put("user.reg", "WINE REGISTRY Version 2\n;; All keys relative to \\\\User\n\n#arch=win64\n");
    cr_assert_eq(mmk_posix_open_prefix(root, NULL, &posix, why, sizeof why), MMK_OK, "%s", why);
    port = mmk_posix_port(posix);
}

static void end(void)
{
    char command[128];
    mmk_posix_close(posix);
    posix = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(prefix, .init = begin, .fini = end);

#define KEY(view, path) (&(const struct mmk_reg_key){MMK_REG_MACHINE, view, path})
#define OPS             port->registry->ops
#define REG             port->registry

static size_t get(const struct mmk_reg_key *key, const char *name, uint32_t *type, void *data)
{
    size_t len = 0;
    return OPS->get(REG, key, name, type, data, 64, &len) == MMK_OK ? len : SIZE_MAX;
}

Test(prefix, reads_what_the_wineserver_writes)
{
    const struct mmk_reg_key *a = KEY(MMK_VIEW_64, "Software\\CLASSES\\clsid\\{A}");
    unsigned char data[64];
    uint32_t type = 0;
    cr_assert_eq(mmk_port_check(port), MMK_OK);
    cr_assert_eq(get(a, "", &type, data), 12);
    cr_assert_eq(memcmp(data, "A\0 \0\"\0q\0\"\0\0\0", 12), 0);
    cr_assert_eq(get(a, "odd\\NAME", &type, data), 18);
    cr_assert_eq(type, MMK_REG_MULTI_SZ);
    cr_assert_eq(get(a, "n", &type, data), 4);
    cr_assert_eq(data[0], 42);
    cr_assert_eq(get(a, "b", &type, data), 3);
    cr_assert_eq(memcmp(data, "\1\2\3", 3), 0);
    cr_assert_eq(get(a, "u", &type, data), 10);
    cr_assert_eq(memcmp(data,
                        "\xac\x20"
                        "A\0b\0c\0\0\0",
                        10),
                 0);
    cr_assert_eq(get(KEY(MMK_VIEW_64, "System\\x[1]"), "v", &type, data), 4);
    cr_assert_eq(OPS->has_key(REG, KEY(MMK_VIEW_64, "Software\\Classes")), MMK_OK, "by a subkey");
    cr_assert_eq(OPS->has_key(REG, KEY(MMK_VIEW_64, "Soft")), MMK_ERR_NOT_FOUND);
}

Test(prefix, the_32_bit_view_follows_links)
{
    unsigned char data[64];
    uint32_t type;
    cr_assert_eq(get(KEY(MMK_VIEW_32, "Software\\Classes\\CLSID"), "", &type, data), 8);
    cr_assert_eq(memcmp(data, "w\0o\0w\0\0\0", 8), 0);
    cr_assert_eq(OPS->has_key(REG, KEY(MMK_VIEW_32, "Software\\Leaf")), MMK_ERR_NOT_FOUND);
}

Test(prefix, an_edit_that_is_taken_back_leaves_no_trace)
{
    static const unsigned char text[] = "%\0S\0\xac\x20\0\0";
    const struct mmk_reg_key *child = KEY(MMK_VIEW_32, "Software\\Classes\\CLSID\\{b}");
    const struct mmk_reg_key *leaf = KEY(MMK_VIEW_64, "Software\\Leaf\\Sub");
    char *before = strdup(take("system.reg"));
    cr_assert_eq(OPS->create_key(REG, child, false), MMK_OK);
    cr_assert_eq(OPS->create_key(REG, leaf, false), MMK_OK);
    cr_assert_eq(OPS->set(REG, child, "", MMK_REG_EXPAND_SZ, text, 8), MMK_OK);
    cr_assert_eq(OPS->set(REG, child, "q", 11, "\1\0\0\0\0\0\0\0", 8), MMK_OK);
    cr_assert_eq(OPS->set(REG, KEY(MMK_VIEW_64, "Software\\Classes\\CLSID\\{a}"), "n",
                          MMK_REG_DWORD, "\7\0\0\0", 4),
                 MMK_OK);
    cr_assert_eq(OPS->flush(REG, MMK_REG_MACHINE, 0), MMK_OK);
    const char *now = take("system.reg");
    cr_assert_not_null(strstr(now, "[Software\\\\Classes\\\\Wow6432Node\\\\CLSID\\\\{b}] "), "%s",
                       now);
    cr_assert_not_null(strstr(now, "\n@=str(2):\"%S\\x20ac\"\n"), "%s", now);
    cr_assert_not_null(strstr(now, "\n\"q\"=hex(b):01,00,00,00,00,00,00,00\n"), "%s", now);
    cr_assert_not_null(strstr(now, "\n\"n\"=dword:00000007\n"), "%s", now);

    cr_assert_eq(OPS->delete_key(REG, KEY(MMK_VIEW_64, "Software\\Leaf")), MMK_ERR_STATE);
    cr_assert_eq(OPS->delete_key(REG, leaf), MMK_OK);
    cr_assert_eq(OPS->delete_value(REG, child, "q"), MMK_OK);
    cr_assert_eq(OPS->delete_key(REG, child), MMK_OK);
    cr_assert_eq(OPS->set(REG, KEY(MMK_VIEW_64, "Software\\Classes\\CLSID\\{a}"), "n",
                          MMK_REG_DWORD, "\x2a\0\0\0", 4),
                 MMK_OK);
    cr_assert_eq(OPS->flush(REG, MMK_REG_MACHINE, 0), MMK_OK);
    cr_assert_str_eq(take("system.reg"), before);
    free(before);
}

Test(prefix, the_last_subkey_leaves_its_parent)
{
    const struct mmk_reg_key *a = KEY(MMK_VIEW_64, "Software\\Classes\\CLSID\\{a}");
    const struct mmk_reg_key *wow = KEY(MMK_VIEW_64, "System\\x[1]");
    cr_assert_eq(OPS->delete_key(REG, wow), MMK_OK);
    cr_assert_eq(OPS->has_key(REG, KEY(MMK_VIEW_64, "System")), MMK_OK);
    cr_assert_eq(OPS->delete_key(REG, a), MMK_OK);
    cr_assert_eq(OPS->has_key(REG, KEY(MMK_VIEW_64, "Software\\Classes\\CLSID")), MMK_OK);
    cr_assert_eq(OPS->has_key(REG, a), MMK_ERR_NOT_FOUND);
}

Test(prefix, files_have_windows_names_in_any_case)
{
    struct mmk_file_stat st;
    struct mmk_files *files = port->files;
    put("drive_c/windows/System32/a.dll", "12345");
    cr_assert_eq(files->ops->stat(files, "C:\\Windows\\system32\\A.DLL", &st), MMK_OK);
    cr_assert_eq(st.size_bytes, 5);
    cr_assert_eq(files->ops->stat(files, "c:/windows/system32/b.dll", &st), MMK_ERR_NOT_FOUND);
    cr_assert_eq(files->ops->stat(files, "D:\\x", &st), MMK_ERR_NOT_FOUND);
    cr_assert_neq(files->ops->stat(files, "C:\\windows\\..\\windows", &st), MMK_OK);
    cr_assert_neq(files->ops->stat(files, "windows", &st), MMK_OK);
    cr_assert_eq(files->ops->ini_set(files, "C:\\windows\\system.ini", "drivers32", "a", "b"),
                 MMK_OK);
    cr_assert_not_null(strstr(take("drive_c/windows/system.ini"), "a=b"));
}

Test(prefix, what_is_no_hive_is_refused_with_its_line)
{
    struct mmk_posix *other = NULL;
    char *text = strdup(take("system.reg"));
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"REGEDIT4\n", "WINE REGISTRY"},
        {HEAD "[Software\\\\x 12\n", "line 6: a key without its closing bracket"},
        {HEAD "[Software] 12\n\"a\"=\"b", "ends within a line"},
        {"", "WINE REGISTRY"},
    };
    mmk_posix_close(posix);
    posix = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("system.reg", bad[i].text);
        cr_assert_eq(mmk_posix_open_prefix(root, NULL, &other, why, sizeof why), MMK_ERR_CORRUPT,
                     "%s", bad[i].text);
        cr_assert_not_null(strstr(why, bad[i].why), "%s", why);
    }
    put("system.reg", text);
    free(text);
}

/* Another process has the lock as a wineserver has it. */
Test(prefix, while_wine_runs_it_is_locked)
{
    struct mmk_posix *other = NULL;
    int ready[2];
    mmk_posix_close(posix);
    posix = NULL;
    cr_assert_eq(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        char word = 'n';
        struct mmk_posix *held = NULL;
        if (mmk_posix_open_prefix(root, NULL, &held, why, sizeof why) == MMK_OK)
            word = 'y';
        (void)!write(ready[1], &word, 1);
        for (;;)
            pause();
    }
    char word = 0;
    cr_assert_eq(read(ready[0], &word, 1), 1);
    cr_assert_eq(word, 'y');
    cr_assert_eq(mmk_posix_open_prefix(root, NULL, &other, why, sizeof why), MMK_ERR_LOCKED);
    cr_assert_not_null(strstr(why, "are running"), "%s", why);
    kill(pid, SIGKILL); /* and of a killed one it is free */
    waitpid(pid, NULL, 0);
    cr_assert_eq(mmk_posix_open_prefix(root, NULL, &posix, why, sizeof why), MMK_OK, "%s", why);
}
