/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "files_cases.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition, text) \
    do                         \
        if (!(condition))      \
            return text;       \
    while (0)

/* The paths of two names. */
struct two {
    char a[FILES_PATH_MAX];
    char b[FILES_PATH_MAX];
};

static struct two paths(struct files_env *env, const char *a, const char *b)
{
    struct two p;
    env->path(env, a, p.a);
    env->path(env, b, p.b);
    return p;
}

/* ------------------------------------------------------------------ files */

static const char *looking(struct files_env *env)
{
    struct mmk_files *f = env->files;
    struct mmk_file_stat st = {77, 88, true};
    const struct two p = paths(env, "file", "none");
    CHECK(f->ops->stat(f, p.b, &st) == MMK_ERR_NOT_FOUND, "stat of no file");
    CHECK(f->ops->hash(f, p.b, &st) == MMK_ERR_NOT_FOUND, "hash of no file");
    CHECK(st.size_bytes == 77 && st.hash == 88 && st.is_dir, "a failure wrote to the result");
    CHECK(env->write(env, "file", "foobar", 6), "the file cannot be made");
    CHECK(f->ops->stat(f, p.a, &st) == MMK_OK && st.size_bytes == 6 && !st.is_dir, "stat");
    CHECK(f->ops->hash(f, p.a, &st) == MMK_OK && st.size_bytes == 6, "hash");
    /* the test vector of draft-eastlake-fnv for "foobar" */
    CHECK(st.hash == UINT64_C(0x85944171f73967e8), "the hash is not FNV-1a 64");
    const struct two folder = paths(env, "", "");
    CHECK(f->ops->stat(f, folder.a, &st) == MMK_OK && st.is_dir, "stat of a folder");
    CHECK(env->write(env, "empty", "", 0), "the file cannot be made");
    const struct two e = paths(env, "empty", "");
    CHECK(f->ops->hash(f, e.a, &st) == MMK_OK && st.size_bytes == 0 &&
              st.hash == UINT64_C(0xcbf29ce484222325),
          "hash of an empty file");
    return NULL;
}

static const char *copying(struct files_env *env)
{
    struct mmk_files *f = env->files;
    const size_t len = 200000;
    const struct two p = paths(env, "from", "to");
    char *data = (char *)malloc(len);
    CHECK(data != NULL, "no memory");
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 31 >> 4);
    const bool made = env->write(env, "from", data, len);
    const mmk_err first = f->ops->copy(f, p.a, p.b);
    const bool same = env->holds(env, "to", data, len) && env->holds(env, "from", data, len);
    const bool changed = env->write(env, "from", "other", 5);
    const mmk_err second = f->ops->copy(f, p.a, p.b);
    const bool kept = env->holds(env, "to", data, len);
    free(data);
    CHECK(made && changed, "the file cannot be made");
    CHECK(first == MMK_OK && same, "copy");
    CHECK(second == MMK_ERR_EXISTS && kept, "copy over a file that is there");
    const struct two none = paths(env, "none", "new");
    CHECK(f->ops->copy(f, none.a, none.b) == MMK_ERR_NOT_FOUND, "copy of no file");
    struct mmk_file_stat st;
    CHECK(f->ops->stat(f, none.b, &st) == MMK_ERR_NOT_FOUND, "copy that failed left a file");
    return NULL;
}

static const char *moving(struct files_env *env)
{
    struct mmk_files *f = env->files;
    const struct two p = paths(env, "a", "b");
    struct mmk_file_stat st;
    CHECK(f->ops->rename(f, p.a, p.b) == MMK_ERR_NOT_FOUND, "rename of no file");
    CHECK(env->write(env, "a", "AA", 2), "the file cannot be made");
    CHECK(f->ops->rename(f, p.a, p.b) == MMK_OK, "rename");
    CHECK(env->holds(env, "b", "AA", 2), "rename lost the content");
    CHECK(f->ops->stat(f, p.a, &st) == MMK_ERR_NOT_FOUND, "rename left the old name");
    CHECK(env->write(env, "a", "new", 3), "the file cannot be made");
    CHECK(f->ops->rename(f, p.a, p.b) == MMK_OK, "rename over a file");
    CHECK(env->holds(env, "b", "new", 3), "rename over a file did not replace it");
    return NULL;
}

static const char *removing(struct files_env *env)
{
    struct mmk_files *f = env->files;
    const struct two p = paths(env, "a", "b");
    struct mmk_file_stat st;
    CHECK(env->write(env, "a", "x", 1) && env->write(env, "b", "y", 1), "the files cannot be made");
    CHECK(f->ops->remove(f, p.a) == MMK_OK, "remove");
    CHECK(f->ops->stat(f, p.a, &st) == MMK_ERR_NOT_FOUND, "a removed file is there");
    CHECK(f->ops->remove(f, p.a) == MMK_ERR_NOT_FOUND, "remove of no file");
    CHECK(env->holds(env, "b", "y", 1), "remove took another file");
    CHECK(f->ops->remove_later(f, p.b) == MMK_OK, "remove_later of a file that nobody uses");
    CHECK(f->ops->stat(f, p.b, &st) == MMK_ERR_NOT_FOUND, "a removed file is there");
    CHECK(f->ops->remove_later(f, p.b) == MMK_ERR_NOT_FOUND, "remove_later of no file");
    return NULL;
}

/* ------------------------------------------------------------------ INI lines */

static mmk_err ini_get(struct files_env *env, const char *path, const char *section,
                       const char *key, char *value, size_t cap)
{
    return env->files->ops->ini_get(env->files, path, section, key, value, cap);
}

static mmk_err ini_set(struct files_env *env, const char *path, const char *section,
                       const char *key, const char *value)
{
    return env->files->ops->ini_set(env->files, path, section, key, value);
}

static bool ini_is(struct files_env *env, const char *path, const char *section, const char *key,
                   const char *value)
{
    char got[256];
    return ini_get(env, path, section, key, got, sizeof got) == MMK_OK && strcmp(got, value) == 0;
}

static const char *ini_lines(struct files_env *env)
{
    static const char text[] = "; for 16-bit app support\r\n"
                               "[386Enh]\r\n"
                               "woafont=dosapp.fon\r\n"
                               "\r\n"
                               "[drivers]\r\n"
                               "wave=mmdrv.dll\r\n"
                               "timer = timer.drv \r\n";
    char value[32] = "untouched";
    const struct two p = paths(env, "system.ini", "new.ini");
    CHECK(env->write(env, "system.ini", text, sizeof text - 1), "the file cannot be made");
    CHECK(ini_is(env, p.a, "drivers", "wave", "mmdrv.dll"), "ini_get");
    CHECK(ini_is(env, p.a, "DRIVERS", "Timer", "timer.drv"), "ini_get in other case, with blanks");
    CHECK(ini_get(env, p.a, "drivers", "none", value, sizeof value) == MMK_ERR_NOT_FOUND,
          "ini_get of no line");
    CHECK(ini_get(env, p.a, "none", "wave", value, sizeof value) == MMK_ERR_NOT_FOUND,
          "ini_get of no section");
    CHECK(ini_get(env, p.a, "386Enh", "wave", value, sizeof value) == MMK_ERR_NOT_FOUND,
          "ini_get found another section's line");
    CHECK(strcmp(value, "untouched") == 0, "ini_get failed and wrote something");
    CHECK(ini_get(env, p.a, "drivers", "wave", value, 9) == MMK_ERR_MORE, "ini_get without room");
    CHECK(ini_set(env, p.a, "drivers", "wave", "mmewave.drv") == MMK_OK, "ini_set of a line");
    CHECK(ini_is(env, p.a, "drivers", "wave", "mmewave.drv"), "ini_set did not replace the line");
    CHECK(ini_set(env, p.a, "drivers", "msacm.x", "x.acm") == MMK_OK, "ini_set of a new line");
    CHECK(ini_set(env, p.a, "drivers32", "msacm.y", "y.acm") == MMK_OK, "ini_set of a new section");
    CHECK(ini_is(env, p.a, "drivers", "msacm.x", "x.acm"), "a new line is not there");
    CHECK(ini_is(env, p.a, "drivers32", "msacm.y", "y.acm"), "a new section is not there");
    CHECK(ini_is(env, p.a, "drivers", "timer", "timer.drv") &&
              ini_is(env, p.a, "386Enh", "woafont", "dosapp.fon"),
          "ini_set changed another line");
    CHECK(ini_set(env, p.a, "drivers", "MSACM.X", NULL) == MMK_OK, "ini_set that deletes");
    CHECK(ini_get(env, p.a, "drivers", "msacm.x", value, sizeof value) == MMK_ERR_NOT_FOUND,
          "a deleted line is there");
    CHECK(ini_is(env, p.a, "drivers", "wave", "mmewave.drv"), "ini_set deleted another line");
    return NULL;
}

static const char *ini_new_file(struct files_env *env)
{
    char value[32];
    const struct two p = paths(env, "new.ini", "");
    CHECK(ini_get(env, p.a, "s", "k", value, sizeof value) == MMK_ERR_NOT_FOUND,
          "ini_get of no file");
    CHECK(ini_set(env, p.a, "s", "k", "v") == MMK_OK, "ini_set of a new file");
    CHECK(ini_is(env, p.a, "s", "k", "v"), "a new file does not say what was set");
    CHECK(ini_set(env, p.a, "s", "k2", "v2") == MMK_OK, "ini_set of a second line");
    CHECK(ini_is(env, p.a, "s", "k", "v") && ini_is(env, p.a, "s", "k2", "v2"), "two lines");
    return NULL;
}

/* ------------------------------------------------------------------ the table */

const struct files_case files_cases[] = {
    {"looking", looking},   {"copying", copying},     {"moving", moving},
    {"removing", removing}, {"ini_lines", ini_lines}, {"ini_new_file", ini_new_file},
};

const size_t n_files_cases = sizeof files_cases / sizeof files_cases[0];

const char *files_case_run(const struct files_case *c, struct files_env *env)
{
    if (!env->clear(env))
        return "the folder cannot be emptied";
    const char *broken = c->run(env);
    return broken != NULL || env->clear(env) ? broken : "the folder cannot be emptied";
}
