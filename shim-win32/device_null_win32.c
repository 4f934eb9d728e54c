/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Backend "null": swallows what is played, records silence. */
#include "device_win32.h"

static mmk_err null_write(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                          uint32_t audible_frames)
{
    (void)paced;
    (void)frames;
    (void)n_frames;
    (void)audible_frames;
    return MMK_OK;
}

static mmk_err null_read(struct mmki_paced *paced, void *frames, uint32_t *n_frames)
{
    mmki_silence(&paced->caps.format, frames, *n_frames);
    return MMK_OK;
}

static mmk_err null_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    mmki_format(info->name, sizeof info->name, "%s",
                direction == MMK_PLAYBACK ? "Nothing (swallows sound)" : "Nothing (silence)");
    return MMK_OK;
}

static mmk_err null_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                          char *reason, size_t cap)
{
    return mmki_soft_caps(config, &config->format, caps, reason, cap);
}

static mmk_err null_open(struct mmki_win32_devices *devices, const struct mmk_device_config *config,
                         struct mmk_engine *engine, struct mmk_device **device,
                         struct mmk_device_caps *caps, char *reason, size_t cap)
{
    static const struct mmki_paced_ops ops = {.write = null_write, .read = null_read};
    mmk_err err = mmki_soft_caps(config, &config->format, caps, reason, cap);
    if (err != MMK_OK)
        return err;
    struct mmki_paced *paced = mmki_alloc(sizeof *paced);
    if (paced == NULL)
        return MMK_ERR_NOMEM;
    err = mmki_paced_init(paced, &mmki_backend_null, &ops, devices, config, engine, caps);
    if (err != MMK_OK) {
        mmki_free(paced);
        return err;
    }
    *device = &paced->base;
    return MMK_OK;
}

const struct mmki_backend mmki_backend_null = {
    .name = "null",
    .enumerate = null_enumerate,
    .probe = null_probe,
    .open = null_open,
    .start = mmki_paced_start,
    .stop = mmki_paced_stop,
    .kick = mmki_paced_kick,
    .close = mmki_paced_close,
};
