/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Backend "alsa": an ALSA PCM by name.
 *
 * The thread waits on the PCM's descriptors and on a pipe of ours, so that stop never waits for the
 * hardware. It renders as much as the hardware has room for, a period at a time, and tells the
 * engine what has been heard: what was written less the delay. An xrun is repaired and costs the
 * time that it lasted; a device that was unplugged is gone. PCMs without a clock of their own
 * (null, file on null) are held to the nominal rate here: else they would swallow hours in a
 * second.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <alsa/asoundlib.h>

#include "devices_internal.h"

#define DEFAULT_PCM    "default"
#define PERIODS        4u
#define FDS_MAX        16
#define POLL_MS        1000
#define REPAIRS_MAX    100u /* in a row, without a frame moved: then the device counts as gone */
#define CLOCK_SLACK_PM 10u  /* per mille that a sound card's clock may run fast */

struct alsa_device {
    struct mmk_device base; /* first */
    struct mmki_devices *devices;
    struct mmk_engine *engine;
    mmk_direction direction;
    snd_pcm_t *pcm;
    struct mmk_device_caps caps;
    snd_pcm_uframes_t buffer_frames;
    size_t frame_bytes;
    unsigned char *buffer; /* one period */

    pthread_mutex_t control; /* held over start and stop, never by the device's thread */
    struct mmk_thread *thread;
    int wake[2];      /* pipe: a byte says stop */
    bool is_stopping; /* written under `mutex` */
    bool is_gone;
    pthread_mutex_t mutex;

    /* the thread's own */
    uint64_t moved;  /* frames since open */
    uint64_t played; /* last count told */
    uint64_t anchor_ns, anchor_frames;
    unsigned repairs;
};

static _Thread_local const struct alsa_device *thread_of;

static struct alsa_device *impl(struct mmk_device *device)
{
    return (struct alsa_device *)(void *)device;
}

/* ------------------------------------------------------------------ ALSA's words */

static _Thread_local char said[256]; /* the library's last complaint on this thread */

static void listen(const char *file, int line, const char *function, int err, const char *format,
                   va_list args) __attribute__((format(printf, 5, 0)));

static void listen(const char *file, int line, const char *function, int err, const char *format,
                   va_list args)
{
    (void)file;
    (void)line;
    (void)function;
    (void)err;
    (void)vsnprintf(said, sizeof said, format, args);
}

static mmk_err err_of(int code)
{
    switch (-code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return MMK_ERR_NOT_FOUND;
    case EINVAL:
        return MMK_ERR_FORMAT;
    default:
        return mmki_err_from_errno(-code);
    }
}

static void explain(char *reason, size_t cap, const char *name, const char *what, int code)
{
    (void)mmki_format(reason, cap, "ALSA device \"%s\" %s: %s%s%s%s", name, what,
                      snd_strerror(code), said[0] != '\0' ? " (" : "", said,
                      said[0] != '\0' ? ")" : "");
}

/* ------------------------------------------------------------------ formats */

static snd_pcm_format_t format_of(mmk_sample sample)
{
    switch (sample) {
    case MMK_SAMPLE_U8:
        return SND_PCM_FORMAT_U8;
    case MMK_SAMPLE_S16:
        return SND_PCM_FORMAT_S16_LE;
    case MMK_SAMPLE_S24:
        return SND_PCM_FORMAT_S24_3LE;
    case MMK_SAMPLE_S32:
        return SND_PCM_FORMAT_S32_LE;
    case MMK_SAMPLE_F32:
        return SND_PCM_FORMAT_FLOAT_LE;
    case MMK_SAMPLE_F64:
        return SND_PCM_FORMAT_FLOAT64_LE;
    case MMK_SAMPLE_ALAW:
        return SND_PCM_FORMAT_A_LAW;
    case MMK_SAMPLE_ULAW:
        return SND_PCM_FORMAT_MU_LAW;
    case MMK_SAMPLE_NONE:
    case MMK_SAMPLE_COUNT:
        break;
    }
    return SND_PCM_FORMAT_UNKNOWN;
}

/** The wanted sample type if the device has it, else the best that it has. */
static mmk_sample choose_sample(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw, mmk_sample wanted)
{
    static const mmk_sample by_quality[] = {MMK_SAMPLE_F32, MMK_SAMPLE_S32, MMK_SAMPLE_S24,
                                            MMK_SAMPLE_S16, MMK_SAMPLE_F64, MMK_SAMPLE_U8};
    if (snd_pcm_hw_params_test_format(pcm, hw, format_of(wanted)) == 0)
        return wanted;
    for (size_t i = 0; i < sizeof by_quality / sizeof *by_quality; i++) {
        if (snd_pcm_hw_params_test_format(pcm, hw, format_of(by_quality[i])) == 0)
            return by_quality[i];
    }
    return MMK_SAMPLE_NONE;
}

/** Settle everything with the device: what is not to be had as wanted becomes the nearest that is.
 */
static int set_hardware(snd_pcm_t *pcm, const struct mmk_device_config *config,
                        struct mmk_device_caps *caps, snd_pcm_uframes_t *buffer_frames)
{
    snd_pcm_hw_params_t *hw;
    unsigned rate = config->format.rate_hz;
    unsigned channels = config->format.channels;
    int code = snd_pcm_hw_params_malloc(&hw);
    if (code < 0)
        return code;
    code = snd_pcm_hw_params_any(pcm, hw);
    if (code >= 0)
        code = snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
    mmk_sample sample = code >= 0 ? choose_sample(pcm, hw, config->format.sample) : MMK_SAMPLE_NONE;
    if (code >= 0)
        code = sample != MMK_SAMPLE_NONE ? snd_pcm_hw_params_set_format(pcm, hw, format_of(sample))
                                         : -EINVAL;
    if (code >= 0)
        code = snd_pcm_hw_params_set_channels_near(pcm, hw, &channels);
    if (code >= 0)
        code = snd_pcm_hw_params_set_rate_near(pcm, hw, &rate, NULL);
    snd_pcm_uframes_t period =
        config->period_frames != 0 ? config->period_frames : (rate >= 100 ? rate / 100 : 1);
    snd_pcm_uframes_t buffer = PERIODS * period;
    if (code >= 0)
        code = snd_pcm_hw_params_set_period_size_near(pcm, hw, &period, NULL);
    if (code >= 0)
        code = snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer);
    if (code >= 0)
        code = snd_pcm_hw_params(pcm, hw);
    if (code >= 0)
        code = snd_pcm_hw_params_get_period_size(hw, &period, NULL);
    if (code >= 0)
        code = snd_pcm_hw_params_get_buffer_size(hw, &buffer);
    snd_pcm_hw_params_free(hw);
    if (code < 0)
        return code;
    memset(caps, 0, sizeof *caps);
    caps->format = config->format;
    if (channels != config->format.channels || sample != config->format.sample) {
        caps->format.sample = sample;
        caps->format.valid_bits = (uint16_t)(8 * mmk_sample_bytes(sample));
        caps->format.channels = (uint16_t)(channels <= MMK_CHANNELS_MAX ? channels : 0);
        if (channels != config->format.channels)
            caps->format.channel_mask = 0;
    }
    caps->format.rate_hz = rate;
    if (period > buffer / 2)
        period = buffer / 2;
    if (!mmk_format_valid(&caps->format) || period == 0 || period > UINT32_MAX / 2)
        return -EINVAL;
    caps->period_frames = (uint32_t)period;
    caps->period_max_frames = (uint32_t)period;
    caps->latency_frames = (uint32_t)(buffer <= UINT32_MAX ? buffer : UINT32_MAX);
    *buffer_frames = buffer;
    return 0;
}

static int set_software(snd_pcm_t *pcm, const struct mmk_device_caps *caps,
                        snd_pcm_uframes_t buffer_frames)
{
    snd_pcm_sw_params_t *sw;
    int code = snd_pcm_sw_params_malloc(&sw);
    if (code < 0)
        return code;
    code = snd_pcm_sw_params_current(pcm, sw);
    if (code >= 0)
        code = snd_pcm_sw_params_set_avail_min(pcm, sw, caps->period_frames);
    if (code >= 0) /* a full buffer starts it */
        code = snd_pcm_sw_params_set_start_threshold(
            pcm, sw, buffer_frames / caps->period_frames * caps->period_frames);
    if (code >= 0)
        code = snd_pcm_sw_params(pcm, sw);
    snd_pcm_sw_params_free(sw);
    return code;
}

/** Open and settle. On success *pcm is ready to be prepared. */
static mmk_err open_pcm(const struct mmk_device_config *config, snd_pcm_t **pcm,
                        struct mmk_device_caps *caps, snd_pcm_uframes_t *buffer_frames,
                        char *reason, size_t cap)
{
    const char *name = config->path[0] != '\0' ? config->path : DEFAULT_PCM;
    snd_pcm_t *opened;
    if (config->clock == MMK_CLOCK_FREEWHEEL) {
        (void)mmki_format(reason, cap,
                          "a sound card has a clock of its own; choose clock real, or backend "
                          "file, null or cable");
        return MMK_ERR_UNSUPPORTED;
    }
    if (!mmk_format_valid(&config->format)) {
        (void)mmki_format(reason, cap, "the device format is not a valid one (backend alsa)");
        return MMK_ERR_FORMAT;
    }
    /* the library would write its complaints to stderr: they belong into the reason */
    said[0] = '\0';
    snd_local_error_handler_t before = snd_lib_error_set_local(listen);
    const char *what = "cannot be opened";
    int code = snd_pcm_open(&opened, name,
                            config->direction == MMK_PLAYBACK ? SND_PCM_STREAM_PLAYBACK
                                                              : SND_PCM_STREAM_CAPTURE,
                            SND_PCM_NONBLOCK);
    if (code >= 0) {
        what = "does not take the format";
        code = set_hardware(opened, config, caps, buffer_frames);
        if (code >= 0)
            code = set_software(opened, caps, *buffer_frames);
        if (code < 0)
            snd_pcm_close(opened);
    }
    (void)snd_lib_error_set_local(before);
    if (code < 0) {
        explain(reason, cap, name, what, code);
        return err_of(code);
    }
    *pcm = opened;
    return MMK_OK;
}

/* ------------------------------------------------------------------ the thread */

static bool is_stopping(struct alsa_device *alsa)
{
    pthread_mutex_lock(&alsa->mutex);
    bool stopping = alsa->is_stopping;
    pthread_mutex_unlock(&alsa->mutex);
    return stopping;
}

/** When so many frames may have been moved, by a clock that is as fast as a sound card's may be. */
static uint64_t due_ns(const struct alsa_device *alsa, uint64_t frames)
{
    uint64_t since = frames - alsa->anchor_frames;
    if (since <= alsa->buffer_frames)
        return 0;
    uint64_t ns = mmki_frames_ns(since - alsa->buffer_frames, alsa->caps.format.rate_hz);
    return alsa->anchor_ns + ns / (1000 + CLOCK_SLACK_PM) * 1000;
}

/** Wait for the device, or (pcm_too false) only for stop, at most until `until_ns` (0: a second).
 */
static void wait_for(struct alsa_device *alsa, bool pcm_too, uint64_t until_ns)
{
    struct pollfd fds[FDS_MAX + 1];
    unsigned n = 0;
    uint64_t now = mmki_now_ns();
    int timeout = POLL_MS;
    if (until_ns != 0)
        timeout = until_ns > now ? (int)((until_ns - now) / 1000000u + 1) : 0;
    int count = pcm_too ? snd_pcm_poll_descriptors(alsa->pcm, fds, FDS_MAX) : 0;
    if (count > 0)
        n = (unsigned)count;
    fds[n] = (struct pollfd){.fd = alsa->wake[0], .events = POLLIN};
    (void)poll(fds, n + 1, timeout < POLL_MS ? timeout : POLL_MS);
    if (n > 0) {
        /* plug-ins keep count of their events here; what really happened avail_update tells */
        unsigned short happened;
        (void)snd_pcm_poll_descriptors_revents(alsa->pcm, fds, n, &happened);
    }
}

static int restart(struct alsa_device *alsa)
{
    int code = snd_pcm_prepare(alsa->pcm);
    if (code >= 0 && alsa->direction == MMK_CAPTURE)
        code = snd_pcm_start(alsa->pcm);
    alsa->anchor_ns = mmki_now_ns();
    alsa->anchor_frames = alsa->moved;
    return code;
}

/** The machine slept: the device is to be woken, which may take a moment. */
static int resume(struct alsa_device *alsa)
{
    int code;
    for (int i = 0; i < 100; i++) {
        code = snd_pcm_resume(alsa->pcm);
        if (code != -EAGAIN || is_stopping(alsa))
            break;
        wait_for(alsa, false, mmki_now_ns() + 10000000u);
    }
    return code < 0 ? restart(alsa) : code;
}

/** After an error. @return false: the device is gone */
static bool repair(struct alsa_device *alsa, int code)
{
    if (code == -EAGAIN || code == -EINTR)
        return true;
    if (++alsa->repairs > REPAIRS_MAX || snd_pcm_state(alsa->pcm) == SND_PCM_STATE_DISCONNECTED)
        return false;
    if (code == -EPIPE)
        return restart(alsa) >= 0;
    if (code == -ESTRPIPE)
        return resume(alsa) >= 0;
    return false;
}

static void tell_played(struct alsa_device *alsa, bool pending)
{
    snd_pcm_sframes_t delay = 0;
    uint64_t played = alsa->moved;
    if (alsa->direction == MMK_PLAYBACK && snd_pcm_delay(alsa->pcm, &delay) >= 0 && delay > 0)
        played -= (uint64_t)delay < played ? (uint64_t)delay : played;
    if (played > alsa->played) /* a delay may be corrected upwards */
        alsa->played = played;
    if (mmk_engine_played(alsa->engine, alsa->played) || pending)
        mmk_engine_wake(alsa->engine);
}

/** Write the whole period. @return false: the device is gone, or stop */
static bool write_period(struct alsa_device *alsa, uint32_t n_frames)
{
    uint32_t done = 0;
    while (done < n_frames) {
        snd_pcm_sframes_t n =
            snd_pcm_writei(alsa->pcm, alsa->buffer + done * alsa->frame_bytes, n_frames - done);
        if (n > 0) {
            done += (uint32_t)n;
            alsa->moved += (uint64_t)n;
            alsa->repairs = 0;
        } else if (n < 0 && !repair(alsa, (int)n)) {
            return false;
        } else {
            wait_for(alsa, true, 0);
            if (is_stopping(alsa))
                return true;
        }
    }
    return true;
}

static bool play(struct alsa_device *alsa)
{
    uint32_t n = alsa->caps.period_frames;
    struct mmk_rendered done = mmk_engine_render(alsa->engine, MMK_PLAYBACK, alsa->buffer, n);
    bool there = write_period(alsa, n);
    tell_played(alsa, done.pending);
    return there;
}

static bool record(struct alsa_device *alsa, snd_pcm_uframes_t available)
{
    snd_pcm_uframes_t n = alsa->caps.period_frames;
    snd_pcm_sframes_t got = snd_pcm_readi(alsa->pcm, alsa->buffer, available < n ? available : n);
    if (got <= 0)
        return got == 0 || repair(alsa, (int)got);
    alsa->repairs = 0;
    struct mmk_rendered done =
        mmk_engine_render(alsa->engine, MMK_CAPTURE, alsa->buffer, (uint32_t)got);
    alsa->moved += (uint64_t)got;
    tell_played(alsa, done.pending);
    return true;
}

/** One turn: move a period if there is room and time, else wait. @return false: the device is gone
 */
static bool turn(struct alsa_device *alsa)
{
    uint32_t period = alsa->caps.period_frames;
    uint64_t due = due_ns(alsa, alsa->moved + period);
    if (due > mmki_now_ns()) {
        wait_for(alsa, false, due);
        return true;
    }
    snd_pcm_sframes_t available = snd_pcm_avail_update(alsa->pcm);
    if (available < 0)
        return repair(alsa, (int)available);
    uint32_t enough = alsa->direction == MMK_PLAYBACK ? period : 1;
    if ((snd_pcm_uframes_t)available >= enough)
        return alsa->direction == MMK_PLAYBACK ? play(alsa)
                                               : record(alsa, (snd_pcm_uframes_t)available);
    tell_played(alsa, false);
    wait_for(alsa, true, 0);
    return true;
}

static void run(void *arg)
{
    struct alsa_device *alsa = arg;
    thread_of = alsa;
    alsa->repairs = 0;
    bool there = restart(alsa) >= 0;
    while (there && !is_stopping(alsa))
        there = turn(alsa);
    snd_pcm_drop(alsa->pcm);
    if (!there) {
        pthread_mutex_lock(&alsa->mutex);
        alsa->is_gone = true;
        pthread_mutex_unlock(&alsa->mutex);
        mmk_engine_device_event(alsa->engine, MMK_DEVICE_GONE);
    }
    thread_of = NULL;
}

/* ------------------------------------------------------------------ control */

static void ask_to_stop(struct alsa_device *alsa)
{
    pthread_mutex_lock(&alsa->mutex);
    alsa->is_stopping = true;
    pthread_mutex_unlock(&alsa->mutex);
    ssize_t written = write(alsa->wake[1], "", 1); /* full: it will wake up as well */
    (void)written;
}

/** With `control` held. */
static void join_thread(struct alsa_device *alsa)
{
    struct mmk_platform *platform = alsa->devices->platform;
    char byte[64];
    if (alsa->thread == NULL)
        return;
    ask_to_stop(alsa);
    platform->ops->thread_join(platform, alsa->thread);
    alsa->thread = NULL;
    while (read(alsa->wake[0], byte, sizeof byte) > 0) {
    }
}

static mmk_err alsa_start(struct mmk_device *device)
{
    struct alsa_device *alsa = impl(device);
    struct mmk_platform *platform = alsa->devices->platform;
    if (thread_of == alsa)
        return MMK_ERR_STATE;
    pthread_mutex_lock(&alsa->control);
    pthread_mutex_lock(&alsa->mutex);
    bool ended = alsa->is_stopping;
    mmk_err err = alsa->is_gone ? MMK_ERR_GONE : MMK_OK;
    pthread_mutex_unlock(&alsa->mutex);
    if (err == MMK_OK && ended)
        join_thread(alsa);
    if (err == MMK_OK && alsa->thread == NULL) {
        pthread_mutex_lock(&alsa->mutex);
        alsa->is_stopping = false;
        pthread_mutex_unlock(&alsa->mutex);
        alsa->thread =
            platform->ops->thread_start(platform, run, alsa, MMK_PRIORITY_AUDIO, "mmk-alsa");
        err = alsa->thread != NULL ? MMK_OK : MMK_ERR_NOMEM;
    }
    pthread_mutex_unlock(&alsa->control);
    return err;
}

static void alsa_stop(struct mmk_device *device)
{
    struct alsa_device *alsa = impl(device);
    if (thread_of == alsa) {
        ask_to_stop(alsa); /* the thread cannot join itself; no render comes after this either */
        return;
    }
    pthread_mutex_lock(&alsa->control);
    join_thread(alsa);
    pthread_mutex_unlock(&alsa->control);
}

static void alsa_kick(struct mmk_device *device)
{
    (void)device; /* the card's clock goes on, kicked or not */
}

static mmk_err alsa_close(struct mmk_device *device)
{
    struct alsa_device *alsa = impl(device);
    alsa_stop(device);
    snd_pcm_close(alsa->pcm);
    close(alsa->wake[0]);
    close(alsa->wake[1]);
    pthread_mutex_destroy(&alsa->mutex);
    pthread_mutex_destroy(&alsa->control);
    free(alsa->buffer);
    free(alsa);
    return MMK_OK;
}

static mmk_err alsa_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                          char *reason, size_t cap)
{
    snd_pcm_t *pcm;
    snd_pcm_uframes_t buffer_frames;
    mmk_err err = open_pcm(config, &pcm, caps, &buffer_frames, reason, cap);
    if (err == MMK_OK)
        snd_pcm_close(pcm);
    return err;
}

static mmk_err make_locks(struct alsa_device *alsa)
{
    if (pipe2(alsa->wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return MMK_ERR_NOMEM;
    if (pthread_mutex_init(&alsa->control, NULL) == 0) {
        if (pthread_mutex_init(&alsa->mutex, NULL) == 0)
            return MMK_OK;
        pthread_mutex_destroy(&alsa->control);
    }
    close(alsa->wake[0]);
    close(alsa->wake[1]);
    return MMK_ERR_NOMEM;
}

static mmk_err alsa_open(struct mmki_devices *devices, const struct mmk_device_config *config,
                         struct mmk_engine *engine, struct mmk_device **device,
                         struct mmk_device_caps *caps, char *reason, size_t cap)
{
    struct alsa_device *alsa = calloc(1, sizeof *alsa);
    if (alsa == NULL)
        return MMK_ERR_NOMEM;
    mmk_err err = open_pcm(config, &alsa->pcm, &alsa->caps, &alsa->buffer_frames, reason, cap);
    if (err != MMK_OK)
        goto fail;
    alsa->base.backend = &mmki_backend_alsa;
    alsa->devices = devices;
    alsa->engine = engine;
    alsa->direction = config->direction;
    alsa->frame_bytes = mmk_format_frame_bytes(&alsa->caps.format);
    alsa->buffer = calloc(alsa->caps.period_frames, alsa->frame_bytes);
    err = alsa->buffer != NULL ? make_locks(alsa) : MMK_ERR_NOMEM;
    if (err != MMK_OK)
        goto fail_pcm;
    *device = &alsa->base;
    *caps = alsa->caps;
    return MMK_OK;
fail_pcm:
    snd_pcm_close(alsa->pcm);
fail:
    free(alsa->buffer);
    free(alsa);
    return err;
}

/* ------------------------------------------------------------------ enumerate */

/** Whether this hint is for our direction; its name and the first line of its description. */
static bool take_hint(const void *hint, mmk_direction direction, struct mmk_device_info *info)
{
    char *name = snd_device_name_get_hint(hint, "NAME");
    char *text = snd_device_name_get_hint(hint, "DESC");
    char *way = snd_device_name_get_hint(hint, "IOID"); /* NULL: both */
    bool ours = name != NULL && strlen(name) < sizeof info->path &&
                (way == NULL || strcmp(way, direction == MMK_PLAYBACK ? "Output" : "Input") == 0);
    if (ours) {
        (void)mmki_format(info->path, sizeof info->path, "%s", name);
        (void)mmki_format(info->name, sizeof info->name, "%s", text != NULL ? text : name);
        info->name[strcspn(info->name, "\n")] = '\0';
    }
    free(name);
    free(text);
    free(way);
    return ours;
}

static mmk_err alsa_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    void **hints = NULL;
    mmk_err err = MMK_ERR_NOT_FOUND;
    snd_local_error_handler_t before = snd_lib_error_set_local(listen);
    if (snd_device_name_hint(-1, "pcm", &hints) >= 0) {
        for (void **hint = hints; *hint != NULL && err != MMK_OK; hint++) {
            if (take_hint(*hint, direction, info) && index-- == 0)
                err = MMK_OK;
        }
        (void)snd_device_name_free_hint(hints);
    }
    (void)snd_lib_error_set_local(before);
    return err;
}

const struct mmki_backend mmki_backend_alsa = {
    .name = "alsa",
    .enumerate = alsa_enumerate,
    .probe = alsa_probe,
    .open = alsa_open,
    .start = alsa_start,
    .stop = alsa_stop,
    .kick = alsa_kick,
    .close = alsa_close,
};
