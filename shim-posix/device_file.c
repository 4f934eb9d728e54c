/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Backend "file": plays into WAV files, records from sound files. The rules on names are in
 * <mmk/posix.h>. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <mmk/riff.h>
#include <mmk/text.h>

#include "devices_internal.h"
#include "sound_in.h"
#include "wav_out.h"

#define NUMBERS_MAX 9999u

/** A name that this devices object has played into. */
struct mmki_written {
    struct mmki_written *next;
    char path[];
};

struct file_device {
    struct mmki_paced paced;  /* first */
    char path[MMKI_PATH_MAX]; /* playback: absolute; ends with '/' where names are ours to choose;
                                 else the last part may be a pattern */
    uint32_t number;          /* of the device */
    struct mmki_wav_out wav;
    uint64_t silent_frames; /* since the last sound; written only when sound follows */
    struct mmki_sound_in *in;
    bool ended;
};

static struct file_device *impl(struct mmki_paced *paced)
{
    return (struct file_device *)(void *)paced;
}

/* ------------------------------------------------------------------ where to play */

/** `path` made absolute, its folder checked; a folder gets a slash at its end. */
static mmk_err place_of(const char *path, char *absolute, size_t cap, char *reason,
                        size_t reason_cap)
{
    char folder[MMKI_PATH_MAX];
    char real[MMKI_PATH_MAX];
    struct stat st;
    const char *name = strrchr(path, '/');
    bool is_folder = *path == '\0' || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    if (is_folder)
        (void)mmki_format(folder, sizeof folder, "%s", *path != '\0' ? path : ".");
    else if (name == NULL)
        (void)mmki_format(folder, sizeof folder, ".");
    else
        (void)mmki_format(folder, sizeof folder, "%.*s", (int)(name - path + 1), path);
    name = is_folder ? "" : name != NULL ? name + 1 : path;
    if (realpath(folder, real) == NULL) {
        mmk_err err = mmki_err_from_errno(errno);
        (void)mmki_format(reason, reason_cap, "the folder of %s cannot be used: %s; make it first",
                          path, strerror(errno));
        return err;
    }
    if (!mmki_format(absolute, cap, "%s%s%s", real, strcmp(real, "/") != 0 ? "/" : "", name)) {
        (void)mmki_format(reason, reason_cap, "the name %s is too long", path);
        return MMK_ERR_TOO_LONG;
    }
    return MMK_OK;
}

static mmk_err check_pattern(const char *absolute, char *reason, size_t cap)
{
    const char *wrong = mmk_pattern_wrong(strrchr(absolute, '/') + 1);
    if (wrong == NULL)
        return MMK_OK;
    (void)mmki_format(reason, cap,
                      "\"%.2s\" in %s stands for nothing: %%p program, %%i process, %%n number, "
                      "%%t time, %%d device, %%%% a percent sign",
                      wrong, absolute);
    return MMK_ERR_INVAL;
}

/** Whether a file could be written there. */
static mmk_err check_place(const char *absolute, char *reason, size_t cap)
{
    char folder[MMKI_PATH_MAX];
    struct stat st;
    struct statvfs fs;
    (void)mmki_format(folder, sizeof folder, "%.*s", (int)(strrchr(absolute, '/') - absolute + 1),
                      absolute);
    if (stat(absolute, &st) == 0 && !S_ISDIR(st.st_mode)) {
        if (!S_ISREG(st.st_mode)) {
            (void)mmki_format(reason, cap, "%s is there and is not a regular file", absolute);
            return MMK_ERR_UNSUPPORTED;
        }
        if (access(absolute, W_OK) != 0) {
            (void)mmki_format(reason, cap, "%s must not be written: %s", absolute, strerror(errno));
            return mmki_err_from_errno(errno);
        }
    } else if (access(folder, W_OK | X_OK) != 0) {
        (void)mmki_format(reason, cap, "the folder %s must not be written: %s", folder,
                          strerror(errno));
        return mmki_err_from_errno(errno);
    }
    if (statvfs(folder, &fs) == 0 && fs.f_blocks > 0 &&
        (geteuid() == 0 ? fs.f_bfree : fs.f_bavail) == 0) {
        (void)mmki_format(reason, cap, "the disk of %s is full", folder);
        return MMK_ERR_NO_SPACE;
    }
    return MMK_OK;
}

/* ------------------------------------------------------------------ which name it becomes */

static bool was_written(struct mmki_devices *devices, const char *path)
{
    for (const struct mmki_written *w = devices->written; w != NULL; w = w->next) {
        if (strcmp(w->path, path) == 0)
            return true;
    }
    return false;
}

static void remember(struct mmki_devices *devices, const char *path)
{
    size_t len = strlen(path) + 1;
    struct mmki_written *w = malloc(sizeof *w + len);
    if (w == NULL)
        return; /* a later open may then overwrite it: better than to fail now */
    memcpy(w->path, path, len);
    w->next = devices->written;
    devices->written = w;
}

void mmki_file_forget(struct mmki_devices *devices)
{
    while (devices->written != NULL) {
        struct mmki_written *w = devices->written;
        devices->written = w->next;
        free(w);
    }
}

/** The named file itself, emptied. @return a descriptor, or -1; errno EEXIST: take the next number
 */
static int take_named(struct mmki_devices *devices, const char *path)
{
    struct stat st;
    if (was_written(devices, path) && stat(path, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (fd < 0)
        return -1;
    int held = flock(fd, LOCK_EX | LOCK_NB); /* another program plays into it */
    if (held != 0 && errno == EWOULDBLOCK)
        errno = EEXIST;
    else if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
        errno = EINVAL;
    else if (ftruncate(fd, 0) == 0)
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

static int take_new(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB);
    return fd;
}

/** The last part of the path: what is to be made out of what. */
static const char *pattern_of(const struct file_device *file)
{
    const char *base = strrchr(file->path, '/') + 1;
    return *base != '\0' ? base : "%p-%i-%n.wav";
}

static bool is_pattern(const struct file_device *file)
{
    return strchr(pattern_of(file), '%') != NULL;
}

/** name.wav -> name-<n>.wav */
static bool numbered_name(const char *path, unsigned n, char *name, size_t cap)
{
    const char *base = strrchr(path, '/') + 1;
    const char *dot = strrchr(base, '.');
    int stem = (int)(dot != NULL && dot != base ? (size_t)(dot - path) : strlen(path));
    return mmki_format(name, cap, "%.*s-%u%s", stem, path, n, path + stem);
}

/** The n-th name that the pattern gives. */
static bool expanded_name(struct file_device *file, unsigned n, char *name, size_t cap)
{
    struct mmk_platform *platform = file->paced.devices->platform;
    const char *pattern = pattern_of(file);
    const bool counts = mmk_pattern_has(pattern, 'n');
    char program[128], when[32], base[MMKI_PATH_MAX], plain[MMKI_PATH_MAX];
    struct mmk_pattern_values values = {
        .program = program, .time = when, .number = n, .device = file->number};
    const time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local) == NULL ||
        strftime(when, sizeof when, "%Y%m%d-%H%M%S", &local) == 0)
        when[0] = '\0';
    platform->ops->program(platform, program, sizeof program, &values.pid);
    int folder = (int)(strrchr(file->path, '/') - file->path + 1);
    if (mmk_pattern_expand(pattern, &values, base, sizeof base) != MMK_OK ||
        !mmki_format(plain, sizeof plain, "%.*s%s", folder, file->path, base))
        return false;
    return counts || n == 1 ? mmki_format(name, cap, "%s", plain)
                            : numbered_name(plain, n, name, cap);
}

/** With the devices' mutex held: two devices that begin at once must not choose one name. */
static int take_file(struct file_device *file, char *name, size_t cap)
{
    struct mmki_devices *devices = file->paced.devices;
    const bool pattern = is_pattern(file);
    const bool counts = pattern && mmk_pattern_has(pattern_of(file), 'n');
    int fd = -1;
    errno = EEXIST;
    if (!pattern && mmki_format(name, cap, "%s", file->path))
        fd = take_named(devices, name);
    for (unsigned n = counts    ? devices->numbered + 1
                      : pattern ? 1
                                : 2;
         fd < 0 && errno == EEXIST && n <= NUMBERS_MAX; n++) {
        if (!(pattern ? expanded_name(file, n, name, cap)
                      : numbered_name(file->path, n, name, cap))) {
            errno = ENAMETOOLONG;
            break;
        }
        fd = take_new(name);
        if (fd >= 0 && counts)
            devices->numbered = n;
    }
    if (fd >= 0)
        remember(devices, name);
    return fd;
}

static void log_about(struct file_device *file, mmk_log_level level, const char *what,
                      const char *name, const char *why)
{
    struct mmk_platform *platform = file->paced.devices->platform;
    char text[MMKI_REASON_BYTES];
    (void)mmki_format(text, sizeof text, "%s %s%s%s", what, name, *why != '\0' ? ": " : "", why);
    platform->ops->log(platform, level, text);
}

static mmk_err begin_file(struct file_device *file)
{
    char name[MMKI_PATH_MAX] = "";
    struct mmki_devices *devices = file->paced.devices;
    pthread_mutex_lock(&devices->mutex);
    int fd = take_file(file, name, sizeof name);
    int number = errno;
    pthread_mutex_unlock(&devices->mutex);
    mmk_err err = MMK_OK;
    if (fd < 0) {
        err = number == EEXIST ? MMK_ERR_EXISTS : mmki_err_from_errno(number);
    } else {
        err = mmki_wav_out_begin(&file->wav, fd, &file->paced.caps.format);
        if (err != MMK_OK)
            close(fd);
    }
    if (err == MMK_OK)
        log_about(file, MMK_LOG_INFO, "playing into", name, "");
    else
        log_about(file, MMK_LOG_ERROR, "cannot play into", name, mmk_err_text(err));
    return err;
}

/* ------------------------------------------------------------------ playing */

static mmk_err file_write(struct mmki_paced *paced, const void *frames, uint32_t n_frames,
                          uint32_t audible_frames)
{
    struct file_device *file = impl(paced);
    mmk_err err = MMK_OK;
    if (audible_frames == 0) {
        file->silent_frames += n_frames;
        return MMK_OK;
    }
    if (file->wav.fd < 0)
        err = begin_file(file);
    else if (file->silent_frames > 0)
        err = mmki_wav_out_silence(&file->wav, file->silent_frames);
    if (err == MMK_OK)
        err = mmki_wav_out_frames(&file->wav, frames, audible_frames);
    file->silent_frames = n_frames - audible_frames;
    return err;
}

/* ------------------------------------------------------------------ recording */

static mmk_err file_read(struct mmki_paced *paced, void *frames, uint32_t *n_frames)
{
    struct file_device *file = impl(paced);
    uint32_t got = 0;
    mmk_err err = MMK_OK;
    if (!file->ended) {
        err = mmki_sound_in_read(file->in, frames, *n_frames, &got);
        file->ended = got < *n_frames;
    }
    if (got < *n_frames)
        mmki_silence(&paced->caps.format, (unsigned char *)frames + got * paced->frame_bytes,
                     *n_frames - got);
    return err;
}

/* ------------------------------------------------------------------ control */

static mmk_err file_release(struct mmki_paced *paced)
{
    struct file_device *file = impl(paced);
    mmki_sound_in_close(file->in);
    mmk_err err = mmki_wav_out_end(&file->wav);
    if (err != MMK_OK)
        log_about(file, MMK_LOG_ERROR, "not everything could be written to", file->path,
                  mmk_err_text(err));
    return err;
}

static mmk_err file_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    if (index > 0)
        return MMK_ERR_NOT_FOUND;
    (void)mmki_format(info->name, sizeof info->name, "%s",
                      direction == MMK_PLAYBACK ? "WAV file (plays into it)"
                                                : "Sound file (records from it)");
    return MMK_OK;
}

/** What probe and open have in common. @param in  out: capture: the file, open */
static mmk_err prepare(const struct mmk_device_config *config, char *absolute, size_t path_cap,
                       struct mmki_sound_in **in, struct mmk_device_caps *caps, char *reason,
                       size_t cap)
{
    struct mmk_device_config wanted = *config;
    mmk_err err;
    *in = NULL;
    if (config->direction == MMK_CAPTURE) {
        if (config->path[0] == '\0') {
            (void)mmki_format(reason, cap, "no file to record from is named; set path");
            return MMK_ERR_NOT_FOUND;
        }
        err = mmki_sound_in_open(config->path, in, &wanted.format, reason, cap);
    } else {
        err = place_of(config->path, absolute, path_cap, reason, cap);
        if (err == MMK_OK)
            err = check_pattern(absolute, reason, cap);
        if (err == MMK_OK)
            err = check_place(absolute, reason, cap);
    }
    if (err == MMK_OK)
        err = mmki_soft_caps(&wanted, caps, reason, cap);
    if (err != MMK_OK) {
        mmki_sound_in_close(*in);
        *in = NULL;
    }
    return err;
}

static mmk_err file_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                          char *reason, size_t cap)
{
    char absolute[MMKI_PATH_MAX];
    struct mmki_sound_in *in;
    mmk_err err = prepare(config, absolute, sizeof absolute, &in, caps, reason, cap);
    mmki_sound_in_close(in);
    return err;
}

static mmk_err file_open(struct mmki_devices *devices, const struct mmk_device_config *config,
                         struct mmk_engine *engine, struct mmk_device **device,
                         struct mmk_device_caps *caps, char *reason, size_t cap)
{
    static const struct mmki_paced_ops ops = {
        .write = file_write, .read = file_read, .release = file_release};
    struct file_device *file = calloc(1, sizeof *file);
    if (file == NULL)
        return MMK_ERR_NOMEM;
    file->wav.fd = -1;
    file->number = config->number;
    mmk_err err = prepare(config, file->path, sizeof file->path, &file->in, caps, reason, cap);
    if (err == MMK_OK)
        err =
            mmki_paced_init(&file->paced, &mmki_backend_file, &ops, devices, config, engine, caps);
    if (err != MMK_OK) {
        mmki_sound_in_close(file->in);
        free(file);
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
