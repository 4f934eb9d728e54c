/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_INTERNAL_H
#define MMK_POSIX_INTERNAL_H

/**
 * What the files of shim-posix share and nobody else sees: finding a module's file, and errno in
 * our words.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <mmk/err.h>
#include <mmk/port.h>
#include <mmk/posix.h>

#ifdef PATH_MAX
#define MMKI_PATH_MAX PATH_MAX
#else
#define MMKI_PATH_MAX 4096
#endif

/** Where modules come from: built into the program, or a folder. */
struct mmki_module_source {
    char drivers_dir[MMKI_PATH_MAX]; /* "" = none */
    const struct mmk_posix_module *modules;
    size_t n_modules;
};

/** Fill a source; the folder's name is copied. @retval MMK_ERR_TOO_LONG */
mmk_err mmki_module_source_init(struct mmki_module_source *source, const char *drivers_dir,
                                const struct mmk_posix_module *modules, size_t n_modules);

/** A module that was found. */
struct mmki_module_place {
    const struct mmk_posix_module *builtin; /* or NULL, then path names a regular file */
    char path[MMKI_PATH_MAX];
};

/**
 * Find a module by name, as <mmk/posix.h> says. Only built-in modules and regular files are found.
 * @retval MMK_ERR_NOT_FOUND, MMK_ERR_TOO_LONG, MMK_ERR_INVAL (no name)
 */
mmk_err mmki_module_find(const struct mmki_module_source *source, const char *file,
                         mmk_reg_view view, struct mmki_module_place *place);

/** Read what a module's header says, ELF or PE; runs nothing. Fills info but for path.
 *  @retval MMK_ERR_CORRUPT (no module of either kind), MMK_ERR_IO, MMK_ERR_ACCESS,
 * MMK_ERR_NOT_FOUND */
mmk_err mmki_module_read(const char *path, struct mmk_module_info *info);

/** Load and unload a module in a child process. @param reason  as in
 * mmk_platform_ops.try_load_module */
mmk_err mmki_module_try(const char *path, uint32_t timeout_ms, char *reason, size_t cap);

/** The pointer width of this process as a view. */
static inline mmk_reg_view mmki_native_view(void)
{
    return sizeof(void *) == 8 ? MMK_VIEW_64 : MMK_VIEW_32;
}

/** mmk_posix_registry_error_text() of a prefix' registry. */
const char *mmki_prefix_registry_error(const struct mmk_registry *registry);

/** errno in our words; MMK_ERR_IO for what has none. */
mmk_err mmki_err_from_errno(int number);

/** snprintf that cuts, and answers whether it had to. */
bool mmki_format(char *text, size_t cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
