/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "prefix_internal.h"

/* Devices of a prefix, seen from outside: a WAV file has its Windows name, what only programs under
 * Wine can open is left to the trial, and nothing is ever played. */

static struct mmki_prefix_devices *self_of(struct mmk_devices *devices)
{
    return (struct mmki_prefix_devices *)(void *)devices;
}

static mmk_err enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                         struct mmk_device_info *info)
{
    (void)self;
    (void)direction;
    (void)index;
    (void)info;
    return MMK_ERR_NOT_FOUND;
}

static bool is_known(const char *backend)
{
    static const char *const known[] = {"file", "null", "cable", "system", "wod"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], backend) == 0)
            return true;
    return false;
}

/* Relative names depend on the program, and are left to it. */
static bool has_place(const char *path)
{
    return path[0] == '/' ||
           (path[0] != 0 && path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

static mmk_err probe(struct mmk_devices *self, const struct mmk_device_config *config,
                     uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason, size_t cap)
{
    const struct mmki_prefix_devices *devices = self_of(self);
    struct mmk_device_config mapped = *config;
    char path[MMKI_PATH_MAX];
    if (!is_known(config->backend)) {
        (void)mmki_format(reason, cap, "there is no backend %s under Wine", config->backend);
        return MMK_ERR_UNSUPPORTED;
    }
    if (strcmp(config->backend, "file") != 0 || !has_place(config->path))
        return MMK_OK;
    const mmk_err err = mmki_prefix_path(devices->root, config->path, path, sizeof path);
    if (err != MMK_OK || !mmki_format(mapped.path, sizeof mapped.path, "%s", path)) {
        (void)mmki_format(reason, cap, "the folder of %s is not in this prefix", config->path);
        return err != MMK_OK ? err : MMK_ERR_TOO_LONG;
    }
    return devices->host->ops->probe(devices->host, &mapped, timeout_ms, caps, reason, cap);
}

static mmk_err open_device(struct mmk_devices *self, const struct mmk_device_config *config,
                           struct mmk_engine *engine, struct mmk_device **device,
                           struct mmk_device_caps *caps)
{
    (void)self;
    (void)config;
    (void)engine;
    (void)device;
    (void)caps;
    return MMK_ERR_UNSUPPORTED;
}

/* Of devices that cannot be opened. */
static mmk_err start(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
    return MMK_ERR_STATE;
}

static void nothing(struct mmk_devices *self, struct mmk_device *device)
{
    (void)self;
    (void)device;
}

static const struct mmk_devices_ops ops = {
    .enumerate = enumerate,
    .probe = probe,
    .open = open_device,
    .start = start,
    .stop = nothing,
    .kick = nothing,
    .close = start,
};

void mmki_prefix_devices_init(struct mmki_prefix_devices *devices, const char *root,
                              struct mmk_devices *host)
{
    devices->base.ops = &ops;
    devices->root = root;
    devices->host = host;
}
