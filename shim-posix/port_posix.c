/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A whole port over one registry file. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_internal.h"
#include "prefix_internal.h"

struct mmk_posix {
    struct mmk_port port;
    const struct mmk_posix_module *modules;
    size_t n_modules;
    char registry_path[MMKI_PATH_MAX];
    char drivers_dir[MMKI_PATH_MAX];
    bool has_prefix;
    struct mmki_prefix prefix;
    struct mmki_prefix_files files;
    struct mmki_prefix_devices devices;
    struct mmk_devices *host_devices; /* behind those of the prefix */
};

static const char *env_or_null(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? text : NULL;
}

mmk_err mmk_posix_default_registry_path(char *path, size_t cap)
{
    const char *file = env_or_null("MMEKIT_REGISTRY");
    const char *data = env_or_null("XDG_DATA_HOME");
    const char *home = env_or_null("HOME");
    bool whole;
    if (file != NULL)
        whole = mmki_format(path, cap, "%s", file);
    else if (data != NULL && *data == '/') /* the XDG specification: a relative one is ignored */
        whole = mmki_format(path, cap, "%s/mmekit/registry.reg", data);
    else if (home != NULL)
        whole = mmki_format(path, cap, "%s/.local/share/mmekit/registry.reg", home);
    else
        return MMK_ERR_NOT_FOUND;
    return whole ? MMK_OK : MMK_ERR_MORE;
}

/** The program may change its folder later. */
static mmk_err make_absolute(const char *path, char *absolute, size_t cap)
{
    char folder[MMKI_PATH_MAX];
    bool whole;
    if (*path == '/')
        whole = mmki_format(absolute, cap, "%s", path);
    else if (getcwd(folder, sizeof folder) == NULL)
        return MMK_ERR_IO;
    else
        whole = mmki_format(absolute, cap, "%s/%s", folder, path);
    return whole ? MMK_OK : MMK_ERR_TOO_LONG;
}

static mmk_err find_registry(struct mmk_posix *posix, const struct mmk_posix_config *config)
{
    char path[MMKI_PATH_MAX];
    mmk_err err = MMK_OK;
    if (config->registry_path == NULL)
        err = mmk_posix_default_registry_path(path, sizeof path);
    else if (!mmki_format(path, sizeof path, "%s", config->registry_path))
        err = MMK_ERR_TOO_LONG;
    if (err == MMK_OK)
        err = make_absolute(path, posix->registry_path, sizeof posix->registry_path);
    return err == MMK_ERR_MORE ? MMK_ERR_TOO_LONG : err;
}

static mmk_err find_drivers(struct mmk_posix *posix, const struct mmk_posix_config *config)
{
    const char *folder = config->drivers_dir;
    if (folder == NULL)
        folder = env_or_null("MMEKIT_DRIVERS");
    if (folder != NULL)
        return make_absolute(folder, posix->drivers_dir, sizeof posix->drivers_dir);
    int len = (int)(strrchr(posix->registry_path, '/') - posix->registry_path);
    bool whole = mmki_format(posix->drivers_dir, sizeof posix->drivers_dir, "%.*s/drivers", len,
                             posix->registry_path);
    return whole ? MMK_OK : MMK_ERR_TOO_LONG;
}

static mmk_err open_seams(struct mmk_posix *posix, const struct mmk_posix_config *config)
{
    struct mmk_posix_config platform = *config;
    struct mmk_port *port = &posix->port;
    platform.drivers_dir = posix->drivers_dir;
    mmk_err err = mmk_posix_platform_open(&platform, &port->platform);
    if (err == MMK_OK)
        err = mmk_posix_devices_open(port->platform, &port->devices);
    if (err == MMK_OK)
        err = mmk_posix_registry_open(posix->registry_path, &port->registry);
    if (err == MMK_OK)
        err = mmk_posix_journal_open(posix->registry_path, &port->journal);
    return err;
}

mmk_err mmk_posix_open(const struct mmk_posix_config *config, struct mmk_posix **out)
{
    static const struct mmk_posix_config defaults;
    if (out == NULL)
        return MMK_ERR_INVAL;
    if (config == NULL)
        config = &defaults;
    struct mmk_posix *posix = calloc(1, sizeof *posix);
    if (posix == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = find_registry(posix, config);
    if (err == MMK_OK)
        err = find_drivers(posix, config);
    if (err == MMK_OK)
        err = open_seams(posix, config);
    if (err != MMK_OK) {
        mmk_posix_close(posix);
        return err;
    }
    posix->port.files = mmk_posix_files();
    posix->port.notify = mmk_posix_notify();
    posix->port.ui = config->ui;
    posix->port.host = "posix";
    posix->port.pointer_bits = (uint8_t)(8 * sizeof(void *));
    posix->port.drivers_dir = posix->drivers_dir;
    posix->modules = config->modules;
    posix->n_modules = config->n_modules;
    *out = posix;
    return MMK_OK;
}

/* ------------------------------------------------------------------ a Wine prefix */

static mmk_err open_prefix_seams(struct mmk_posix *posix, const struct mmk_posix_config *config)
{
    struct mmk_port *port = &posix->port;
    char journal[MMKI_PATH_MAX];
    mmk_err err = mmk_posix_platform_open(config, &port->platform);
    if (err == MMK_OK)
        err = mmk_posix_devices_open(port->platform, &posix->host_devices);
    if (err == MMK_OK)
        err = mmki_prefix_journal_path(&posix->prefix, journal, sizeof journal);
    if (err == MMK_OK)
        err = mmk_posix_journal_open(journal, &port->journal);
    if (err != MMK_OK)
        return err;
    mmki_platform_set_prefix(port->platform, &posix->prefix);
    mmki_prefix_devices_init(&posix->devices, posix->prefix.root, posix->host_devices);
    mmki_prefix_files_init(&posix->files, posix->prefix.root);
    port->registry = &posix->prefix.registry.base;
    port->devices = &posix->devices.base;
    port->files = &posix->files.base;
    return MMK_OK;
}

mmk_err mmk_posix_open_prefix(const char *prefix, const struct mmk_posix_config *config,
                              struct mmk_posix **out, char *why, size_t cap)
{
    static const struct mmk_posix_config defaults;
    if (prefix == NULL || out == NULL)
        return MMK_ERR_INVAL;
    if (config == NULL)
        config = &defaults;
    struct mmk_posix *posix = calloc(1, sizeof *posix);
    if (posix == NULL)
        return MMK_ERR_NOMEM;
    posix->has_prefix = true;
    mmk_err err = mmki_prefix_open(&posix->prefix, prefix, why, cap);
    if (err == MMK_OK) {
        err = open_prefix_seams(posix, config);
        if (err != MMK_OK)
            (void)mmki_format(why, cap, "the prefix %s cannot be used: %s", prefix,
                              mmk_err_text(err));
    }
    if (err != MMK_OK) {
        mmk_posix_close(posix);
        return err;
    }
    (void)mmki_format(posix->registry_path, sizeof posix->registry_path, "%s",
                      posix->prefix.registry.hive[MMK_REG_MACHINE].path);
    posix->port.notify = mmk_posix_notify();
    posix->port.ui = config->ui;
    posix->port.host = "wine";
    posix->port.pointer_bits = posix->prefix.is_win32 ? 32 : 64;
    posix->port.drivers_dir = "C:\\windows\\system32";
    posix->port.drivers_dir_other = posix->prefix.is_win32 ? NULL : "C:\\windows\\syswow64";
    posix->port.windows_dir = "C:\\windows";
    posix->modules = config->modules;
    posix->n_modules = config->n_modules;
    *out = posix;
    return MMK_OK;
}

void mmk_posix_close(struct mmk_posix *posix)
{
    if (posix == NULL)
        return;
    mmk_posix_journal_close(posix->port.journal);
    if (posix->has_prefix) {
        mmki_prefix_close(&posix->prefix);
        mmk_posix_devices_close(posix->host_devices);
    } else {
        mmk_posix_registry_close(posix->port.registry);
        mmk_posix_devices_close(posix->port.devices);
    }
    mmk_posix_platform_close(posix->port.platform);
    free(posix);
}

struct mmk_port *mmk_posix_port(struct mmk_posix *posix)
{
    return &posix->port;
}

const char *mmk_posix_registry_path(const struct mmk_posix *posix)
{
    return posix->registry_path;
}

struct mmk_winmm_config mmk_posix_winmm_config(struct mmk_posix *posix)
{
    return (struct mmk_winmm_config){
        .registry = posix->port.registry,
        .platform = posix->port.platform,
        .drivers_dir = posix->drivers_dir,
        .modules = posix->modules,
        .n_modules = posix->n_modules,
    };
}
