/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_POSIX_PREFIX_INTERNAL_H
#define MMK_POSIX_PREFIX_INTERNAL_H

/**
 * What a port over a Wine prefix is made of: its registry (two hives), its files under their
 * Windows names, and the keeping out of Wine itself while we work.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hive_wine.h"
#include "posix_internal.h"

#define MMKI_PREFIX_SERVERS 4u

/** The wineserver's own locks: while we hold one, none can start for this prefix. */
struct mmki_prefix_server {
    int fd[MMKI_PREFIX_SERVERS];
    size_t n;
};

struct mmki_prefix_registry {
    struct mmk_registry base;
    struct mmki_hive hive[MMK_REG_ROOT_COUNT];
    const struct mmki_prefix_server *server; /* without its lock nothing is written */
    char *session[8];                        /* volatile keys: they live as long as this object */
    char error[MMKI_PATH_MAX + 256];
};

struct mmki_prefix {
    char root[MMKI_PATH_MAX]; /* absolute, links resolved */
    bool is_win32;            /* for 32-bit programs alone */
    struct mmki_prefix_registry registry;
    struct mmki_prefix_server server;
};

/* prefix_registry.c */
mmk_err mmki_prefix_registry_init(struct mmki_prefix_registry *registry, const char *root);
void mmki_prefix_registry_fini(struct mmki_prefix_registry *registry);
/** Forget what was read: Wine has run meanwhile. */
void mmki_prefix_registry_forget(struct mmki_prefix_registry *registry);

struct mmki_prefix_files {
    struct mmk_files base;
    const char *root;
};

/* prefix_files.c */
void mmki_prefix_files_init(struct mmki_prefix_files *files, const char *root);
/** A Windows path as this host has it; a path that begins with a slash stays. Letters' case counts
 *  for nothing, as in Wine; what is not there yet gets the name as written.
 *  @retval MMK_ERR_NOT_FOUND (no such drive or folder), MMK_ERR_TOO_LONG, MMK_ERR_INVAL */
mmk_err mmki_prefix_path(const char *root, const char *path, char *out, size_t cap);

/* prefix_server.c */
/** Keep Wine out. @retval MMK_ERR_LOCKED  programs of this prefix run */
mmk_err mmki_prefix_server_lock(struct mmki_prefix_server *server, const char *root);
void mmki_prefix_server_unlock(struct mmki_prefix_server *server);
bool mmki_prefix_server_held(const struct mmki_prefix_server *server);
/** The same, waiting until Wine has ended by itself. */
mmk_err mmki_prefix_server_relock(struct mmki_prefix_server *server, const char *root,
                                  uint32_t timeout_ms);

struct mmki_prefix_devices {
    struct mmk_devices base;
    const char *root;
    struct mmk_devices *host;
};

/* prefix_devices.c */
void mmki_prefix_devices_init(struct mmki_prefix_devices *devices, const char *root,
                              struct mmk_devices *host);

/* prefix_posix.c */
/** Look at a prefix and keep Wine out of it until close. @param why  out on failure: a sentence */
mmk_err mmki_prefix_open(struct mmki_prefix *prefix, const char *path, char *why, size_t cap);
void mmki_prefix_close(struct mmki_prefix *prefix);
mmk_err mmki_prefix_journal_path(const struct mmki_prefix *prefix, char *path, size_t cap);
mmk_err mmki_prefix_inspect(struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                            struct mmk_module_info *info);
/** Lets Wine in for the time of the trial. */
mmk_err mmki_prefix_try_installed(struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                                  uint32_t timeout_ms, char *reason, size_t cap);

/* platform_posix.c */
/** From now on the platform's modules are those of the prefix. */
void mmki_platform_set_prefix(struct mmk_platform *platform, struct mmki_prefix *prefix);

/* prefix_trial.c */
/** As mmk_platform_ops.try_installed, by a Wine of this host. */
mmk_err mmki_prefix_try(const struct mmki_prefix *prefix, const char *file, mmk_reg_view view,
                        uint32_t timeout_ms, char *reason, size_t cap);

#endif
