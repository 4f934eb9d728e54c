/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Backend "file": a WAV file to play into, or one to record from. The files themselves are
 * wav_out_win32.c and wav_in_win32.c. */
#include "device_win32.h"

struct file_device {
    struct mmki_paced paced;  /* first */
    struct mmki_wav_out *out; /* or NULL */
    struct mmki_wav_in *in;   /* or NULL */
};

static struct file_device *impl(struct mmki_paced *paced)
{
    return (struct file_device *)(void *)paced;
}

static mmk_err file_write(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                          uint32_t audible_frames)
{
    return mmki_wav_out_write(impl(paced)->out, frames, n_frames, audible_frames);
}

static mmk_err file_read(struct mmki_paced *paced, void *frames, uint32_t *n_frames)
{
    return mmki_wav_in_read(impl(paced)->in, frames, *n_frames);
}

static mmk_err close_files(struct file_device *file)
{
    if (file->in != NULL)
        mmki_wav_in_close(file->in);
    return file->out != NULL ? mmki_wav_out_close(file->out) : MMK_OK;
}

static mmk_err file_release(struct mmki_paced *paced)
{
    return close_files(impl(paced));
}

static mmk_err file_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    mmki_format(info->name, sizeof info->name, "%s",
                direction == MMK_PLAYBACK ? "WAV file (writes what is played)"
                                          : "WAV file (records what it holds)");
    return MMK_OK;
}

static mmk_err file_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                          char *reason, size_t cap)
{
    struct mmk_format format = config->format;
    mmk_err err;
    if (config->direction == MMK_CAPTURE) {
        struct mmki_wav_in *in;
        err = mmki_wav_in_open(config->path, &format, &in, reason, cap);
        if (err == MMK_OK)
            mmki_wav_in_close(in);
    } else {
        err = mmki_wav_out_probe(config->path, reason, cap);
    }
    return err == MMK_OK ? mmki_soft_caps(config, &format, caps, reason, cap) : err;
}

static mmk_err file_open(struct mmki_win32_devices *devices, const struct mmk_device_config *config,
                         struct mmk_engine *engine, struct mmk_device **device,
                         struct mmk_device_caps *caps, char *reason, size_t cap)
{
    static const struct mmki_paced_ops ops = {
        .write = file_write, .read = file_read, .release = file_release};
    struct mmk_format format = config->format;
    struct file_device *file = mmki_alloc(sizeof *file);
    if (file == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = config->direction == MMK_CAPTURE
                      ? mmki_wav_in_open(config->path, &format, &file->in, reason, cap)
                      : mmki_wav_out_open(&devices->used, config, &file->out, reason, cap);
    if (err == MMK_OK)
        err = mmki_soft_caps(config, &format, caps, reason, cap);
    if (err == MMK_OK)
        err =
            mmki_paced_init(&file->paced, &mmki_backend_file, &ops, devices, config, engine, caps);
    if (err != MMK_OK) {
        close_files(file);
        mmki_free(file);
        return err;
    }
    *device = &file->paced.base;
    return MMK_OK;
}

const struct mmki_backend mmki_backend_file = {
    .name = "file",
    .enumerate = file_enumerate,
    .probe = file_probe,
    .open = file_open,
    .start = mmki_paced_start,
    .stop = mmki_paced_stop,
    .kick = mmki_paced_kick,
    .close = mmki_paced_close,
};
