/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "reg_file.h"

#include <criterion/criterion.h>

#include "contract/files_cases.h"
#include "contract/journal_cases.h"
#include "contract/registry_cases.h"

/* The contract suites of the three seams over files. */

/* ------------------------------------------------------------------ registry */

static bool reopen(struct registry_env *env)
{
    struct place *p = (struct place *)env->user;
    place_reopen(p);
    env->registry = p->registry;
    return true;
}

static void run_registry(struct place *p)
{
    struct registry_env env = {.registry = p->registry,
                               .reopen = reopen,
                               .buffers = true,
                               .ends_session = true,
                               .durable = true,
                               .user = p};
    for (size_t i = 0; i < n_registry_cases; i++) {
        const char *broken = registry_case_run(&registry_cases[i], &env);
        cr_expect_null(broken, "%s: %s", registry_cases[i].name, broken);
    }
}

/* All cases over a file with foreign text; at the end the file is as before, byte for byte. */
static void run_over(const char *text, text_encoding encoding)
{
    struct place p;
    place_open(&p, "contract");
    text_write(p.path, text, encoding);
    struct blob before = blob_read(p.path);
    run_registry(&p);
    struct blob after = blob_read(p.path);
    cr_expect(blob_equal(&before, &after), "the suite changed foreign text");
    cr_expect_eq(place_count(&p), 1, "the suite left files behind");
    blob_free(&before);
    blob_free(&after);
    place_close(&p);
}

Test(registry_contract, holds_on_a_new_file)
{
    struct place p;
    place_open(&p, "contract");
    run_registry(&p);
    place_close(&p);
}

#define FOREIGN(E)                                                                                 \
    "Windows Registry Editor Version 5.00" E E "; comment \xc3\xa9" E "[HKEY_LOCAL_MACHINE\\Softw" \
    "are]" E "@=\"x\"  ; \xc3\xb6" E E "[HKEY_CLASSES_ROOT\\.x]" E "\"q\"=hex(2):01,\\" E "  02" E \
    "[HKEY_CURRENT_USER\\software]" E E "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432NODE]" E

Test(registry_contract, holds_beside_foreign_utf16)
{
    run_over(FOREIGN("\r\n"), TEXT_UTF16);
}

Test(registry_contract, holds_beside_foreign_utf8_with_mark)
{
    run_over(FOREIGN("\n"), TEXT_UTF8_MARK);
}

Test(registry_contract, holds_beside_foreign_utf8)
{
    run_over(FOREIGN("\n") "\n\n", TEXT_UTF8);
}

Test(registry_contract, holds_with_lone_carriage_returns)
{
    run_over(FOREIGN("\r") "; end", TEXT_UTF16);
}

/* ------------------------------------------------------------------ journal */

static struct mmk_journal *open_journal(struct journal_env *env)
{
    struct mmk_journal *journal;
    const struct place *p = (const struct place *)env->user;
    return mmk_posix_journal_open(p->path, &journal) == MMK_OK ? journal : NULL;
}

static void close_journal(struct journal_env *env, struct mmk_journal *journal)
{
    (void)env;
    mmk_posix_journal_close(journal);
}

static bool clear_journal(struct journal_env *env)
{
    struct place *p = (struct place *)env->user;
    temp_folder_remove(place_name(p, "a.reg.mmekit"));
    return place_count(p) == 0;
}

Test(journal_contract, holds)
{
    struct place p;
    struct journal_env env = {open_journal, close_journal, clear_journal, &p};
    place_open(&p, "journal");
    for (size_t i = 0; i < n_journal_cases; i++) {
        const char *broken = journal_case_run(&journal_cases[i], &env);
        cr_expect_null(broken, "%s: %s", journal_cases[i].name, broken);
    }
    place_close(&p);
}

/* ------------------------------------------------------------------ files */

static void path_of(struct files_env *env, const char *name, char path[FILES_PATH_MAX])
{
    const struct place *p = (const struct place *)env->user;
    snprintf(path, FILES_PATH_MAX, "%s%s%s", p->folder, name[0] != 0 ? "/" : "", name);
}

static bool write_file(struct files_env *env, const char *name, const void *data, size_t len)
{
    char path[FILES_PATH_MAX];
    path_of(env, name, path);
    blob_write(path, data, len);
    return true;
}

static bool file_holds(struct files_env *env, const char *name, const void *data, size_t len)
{
    char path[FILES_PATH_MAX];
    path_of(env, name, path);
    struct blob blob = blob_read(path);
    const bool same = blob.data != NULL && blob.len == len && memcmp(blob.data, data, len) == 0;
    blob_free(&blob);
    return same;
}

static bool clear_files(struct files_env *env)
{
    struct place *p = (struct place *)env->user;
    temp_folder_remove(p->folder);
    return mkdir(p->folder, 0700) == 0;
}

Test(files_contract, holds)
{
    struct place p;
    struct files_env env = {mmk_posix_files(), path_of, write_file, file_holds, clear_files, &p};
    place_open(&p, "files");
    for (size_t i = 0; i < n_files_cases; i++) {
        const char *broken = files_case_run(&files_cases[i], &env);
        cr_expect_null(broken, "%s: %s", files_cases[i].name, broken);
    }
    place_close(&p);
}
