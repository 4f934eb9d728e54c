/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Backend "system": the machine's real sound device, by WASAPI in shared mode, driven by its event.
 *
 * The endpoint's own mix format is taken, and the core's engine converts to it. When the endpoint
 * goes away, or another one becomes the default that we follow, the stream moves to the one that is
 * the default now; programs hear a short gap and nothing else. Windows then converts from the old
 * format, which the engine cannot change; where it will not, and where there is no endpoint left,
 * the engine is told.
 */
#include "device_system_win32.h"

#include <string.h>

#define TURN_MS   200u  /* a service that died sends no event: it is asked that often */
#define REOPEN_MS 1000u /* for a new default to appear: Windows needs a moment to name one */
#define RETRY_MS  50u

struct system_device {
    struct mmki_work work; /* first */
    IMMDeviceEnumerator *enumerator;
    struct mmki_watcher *watcher; /* or NULL */
    struct mmki_client client;
    HANDLE ready;    /* auto-reset: the endpoint's */
    uint64_t moved;  /* frames since open */
    uint64_t played; /* last count told */
    uint64_t base;   /* moved, when this connection was started */
    struct mmk_format format;
};

static struct system_device *impl(struct mmki_work *work)
{
    return (struct system_device *)(void *)work;
}

static bool is_playback(const struct system_device *sys)
{
    return sys->work.config.direction == MMK_PLAYBACK;
}

/* ------------------------------------------------------------------ open and close */

static void explain(const struct mmk_device_config *config, mmk_err err, char *reason, size_t cap)
{
    const char *to_do = config->direction == MMK_PLAYBACK ? "play" : "record";
    if (err == MMK_ERR_NOT_FOUND && config->path[0] == 0)
        mmki_format(reason, cap,
                    "this machine has no sound device to %s; connect or enable one, or choose "
                    "backend file, null or cable",
                    to_do);
    else if (err == MMK_ERR_NOT_FOUND)
        mmki_format(reason, cap,
                    "there is no sound device \"%s\" to %s; connect or enable it, or name another",
                    config->path, to_do);
    else if (err == MMK_ERR_UNSUPPORTED)
        mmki_format(reason, cap,
                    "this system has no sound service of its own; choose backend file, null or "
                    "cable");
    else if (err == MMK_ERR_BUSY)
        mmki_format(reason, cap,
                    "the sound device is held by a program for itself; close that program");
    else if (err == MMK_ERR_FORMAT)
        mmki_format(reason, cap, "the sound device mixes in a format that is not supported");
    else
        mmki_format(reason, cap,
                    "the sound device to %s does not open (%s); is the sound service "
                    "running?",
                    to_do, mmk_err_text(err));
}

static void teardown(struct mmki_work *work)
{
    struct system_device *sys = impl(work);
    mmki_client_close(&sys->client);
    mmki_watcher_end(sys->watcher, sys->enumerator);
    if (sys->enumerator != NULL)
        IMMDeviceEnumerator_Release(sys->enumerator);
    if (sys->ready != NULL)
        CloseHandle(sys->ready);
}

static uint32_t period_of(const struct system_device *sys)
{
    uint32_t period = sys->work.config.period_frames;
    if (period == 0)
        period = sys->format.rate_hz / 100;
    uint32_t most = sys->client.buffer_frames > 1 ? sys->client.buffer_frames / 2 : 1;
    return period < most ? period : most;
}

static mmk_err setup(struct mmki_work *work, struct mmk_device_caps *caps, char *reason, size_t cap)
{
    struct system_device *sys = impl(work);
    mmk_err err = MMK_ERR_NOMEM;
    sys->ready = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (sys->ready != NULL)
        err = mmki_system_enumerator(&sys->enumerator);
    if (err == MMK_OK)
        err = mmki_client_open(&sys->client, sys->enumerator, &work->config, NULL, sys->ready,
                               &sys->format);
    if (err != MMK_OK) {
        explain(&work->config, err, reason, cap);
        teardown(work);
        return err;
    }
    if (work->config.path[0] == 0)
        sys->watcher = mmki_watcher_new(sys->enumerator, work->config.direction, work->wake);
    uint32_t period = period_of(sys);
    *caps = (struct mmk_device_caps){.format = sys->format,
                                     .period_frames = period,
                                     .period_max_frames = period,
                                     .latency_frames =
                                         sys->client.buffer_frames + sys->client.behind_frames};
    return MMK_OK;
}

/* ------------------------------------------------------------------ moving sound */

/** Fill what is free in the endpoint's buffer, a period at a time. */
static HRESULT play(struct system_device *sys)
{
    UINT32 padding = 0;
    BYTE *data;
    HRESULT hr = IAudioClient_GetCurrentPadding(sys->client.client, &padding);
    uint32_t room = padding < sys->client.buffer_frames ? sys->client.buffer_frames - padding : 0;
    while (SUCCEEDED(hr) && room > 0) {
        uint32_t n = room < sys->work.caps.period_frames ? room : sys->work.caps.period_frames;
        bool pending = false;
        hr = IAudioRenderClient_GetBuffer(sys->client.render, n, &data);
        if (FAILED(hr))
            break;
        bool rendered = mmki_work_render(&sys->work, data, n, &pending);
        hr = IAudioRenderClient_ReleaseBuffer(sys->client.render, rendered ? n : 0, 0);
        if (!rendered)
            break;
        sys->moved += n;
        room -= n;
        mmki_work_played(&sys->work, sys->played, pending);
    }
    return hr;
}

/** One packet to the engine, a period at a time. */
static bool take(struct system_device *sys, unsigned char *data, uint32_t n_frames)
{
    size_t frame_bytes = mmk_format_frame_bytes(&sys->format);
    uint32_t most = sys->work.caps.period_max_frames;
    for (uint32_t at = 0; at < n_frames;) {
        uint32_t n = n_frames - at < most ? n_frames - at : most;
        bool pending = false;
        if (!mmki_work_render(&sys->work, data + at * frame_bytes, n, &pending))
            return false;
        at += n;
        sys->moved += n;
        sys->played = sys->moved;
        mmki_work_played(&sys->work, sys->played, pending);
    }
    return true;
}

static HRESULT record(struct system_device *sys)
{
    for (;;) {
        BYTE *data;
        UINT32 n = 0;
        DWORD flags = 0;
        HRESULT hr =
            IAudioCaptureClient_GetBuffer(sys->client.capture, &data, &n, &flags, NULL, NULL);
        if (FAILED(hr) || hr == AUDCLNT_S_BUFFER_EMPTY || n == 0)
            return hr;
        if ((flags & AUDCLNT_BUFFERFLAGS_SILENT) != 0)
            mmki_silence(&sys->format, data, n);
        bool taken = take(sys, data, n);
        hr = IAudioCaptureClient_ReleaseBuffer(sys->client.capture, n);
        if (FAILED(hr) || !taken)
            return hr;
    }
}

/** What has been heard, by the endpoint's clock where it has one. */
static HRESULT tell_played(struct system_device *sys)
{
    UINT64 position = 0;
    UINT32 padding = 0;
    uint64_t heard;
    HRESULT hr;
    if (sys->client.clock_hz != 0) {
        hr = IAudioClock_GetPosition(sys->client.clock, &position, NULL);
        uint64_t whole = position / sys->client.clock_hz;
        uint64_t rest = position % sys->client.clock_hz;
        heard = whole * sys->format.rate_hz + rest * sys->format.rate_hz / sys->client.clock_hz;
    } else {
        hr = IAudioClient_GetCurrentPadding(sys->client.client, &padding);
        heard = sys->moved - sys->base;
        heard -= padding < heard ? padding : heard;
    }
    if (FAILED(hr))
        return hr;
    heard -= sys->client.behind_frames < heard ? sys->client.behind_frames : heard;
    heard += sys->base;
    if (heard > sys->moved)
        heard = sys->moved;
    if (heard > sys->played)
        sys->played = heard;
    mmki_work_played(&sys->work, sys->played, false);
    return hr;
}

static HRESULT move(struct system_device *sys)
{
    if (!is_playback(sys))
        return record(sys);
    HRESULT hr = tell_played(sys);
    return SUCCEEDED(hr) ? play(sys) : hr;
}

/* ------------------------------------------------------------------ running */

static HRESULT start_client(struct system_device *sys)
{
    HRESULT hr = S_OK;
    sys->base = sys->moved;
    sys->played = sys->moved;
    if (is_playback(sys))
        hr = play(sys); /* it starts with a full buffer */
    return SUCCEEDED(hr) ? IAudioClient_Start(sys->client.client) : hr;
}

/** Whether the stream is on another endpoint than the one that it should be on. */
static bool has_moved(struct system_device *sys)
{
    char id[MMKI_ENDPOINT_ID_MAX];
    IMMDevice *endpoint;
    if (!mmki_watcher_changed(sys->watcher) ||
        mmki_system_find(sys->enumerator, sys->work.config.direction, "", &endpoint) != MMK_OK)
        return false;
    bool moved = mmki_system_id(endpoint, id) == MMK_OK && strcmp(id, sys->client.id) != 0;
    IMMDevice_Release(endpoint);
    return moved;
}

/** Connect anew, keeping the format. What was in the old buffer counts as heard: it is over. */
static mmk_err reopen(struct system_device *sys, mmk_device_event *event)
{
    uint64_t until = mmki_now_ns() + REOPEN_MS * MMKI_NS_PER_MS;
    const struct mmk_format keep = sys->format;
    mmk_err err;
    *event = MMK_DEVICE_GONE;
    mmki_client_close(&sys->client);
    for (;;) {
        struct mmk_format format;
        err = mmki_client_open(&sys->client, sys->enumerator, &sys->work.config, &keep, sys->ready,
                               &format);
        if (err == MMK_OK) {
            err = mmki_err_from_hresult(start_client(sys));
            if (err == MMK_OK)
                break;
            mmki_client_close(&sys->client);
        }
        if (err == MMK_ERR_FORMAT)
            *event = MMK_DEVICE_FORMAT_CHANGED;
        if (err == MMK_ERR_FORMAT || mmki_now_ns() >= until || mmki_work_stopping(&sys->work))
            break;
        WaitForSingleObject(sys->work.wake, RETRY_MS);
    }
    mmki_work_log(&sys->work, err == MMK_OK ? MMK_LOG_INFO : MMK_LOG_WARN,
                  err == MMK_OK ? "the sound device has changed; the sound goes on there"
                                : "the sound device went away");
    return err;
}

static mmk_err sys_begin(struct mmki_work *work)
{
    struct system_device *sys = impl(work);
    mmk_err err = MMK_ERR_GONE;
    if (sys->client.client != NULL)
        err = mmki_err_from_hresult(start_client(sys));
    if (err == MMK_ERR_GONE) { /* it went away while nobody played */
        mmk_device_event event;
        err = reopen(sys, &event);
    }
    return err;
}

static void sys_end(struct mmki_work *work)
{
    struct system_device *sys = impl(work);
    if (sys->client.client == NULL)
        return;
    IAudioClient_Stop(sys->client.client);
    IAudioClient_Reset(sys->client.client);
}

static mmk_err sys_turn(struct mmki_work *work, mmk_device_event *event)
{
    struct system_device *sys = impl(work);
    const HANDLE either[] = {sys->ready, work->wake};
    WaitForMultipleObjects(2, either, FALSE, TURN_MS);
    if (has_moved(sys)) {
        sys_end(work);
        return reopen(sys, event);
    }
    HRESULT hr = move(sys);
    if (SUCCEEDED(hr) || mmki_work_stopping(work))
        return MMK_OK;
    return reopen(sys, event);
}

/* ------------------------------------------------------------------ the backend */

static const struct mmki_work_ops ops = {
    .setup = setup,
    .teardown = teardown,
    .begin = sys_begin,
    .end = sys_end,
    .turn = sys_turn,
};

/** The index-th endpoint; the first one stands for whatever is the default. */
static mmk_err list(IMMDeviceEnumerator *enumerator, mmk_direction direction, uint32_t index,
                    struct mmk_device_info *info)
{
    IMMDeviceCollection *all;
    IMMDevice *endpoint = NULL;
    char name[96];
    char id[MMKI_ENDPOINT_ID_MAX];
    if (index == 0) {
        info->available = mmki_system_find(enumerator, direction, "", &endpoint) == MMK_OK;
        if (info->available) {
            mmki_system_name(endpoint, name, sizeof name);
            mmki_format(info->name, sizeof info->name, "Default: %s", name);
            IMMDevice_Release(endpoint);
        }
        return MMK_OK;
    }
    HRESULT hr = IMMDeviceEnumerator_EnumAudioEndpoints(
        enumerator, direction == MMK_PLAYBACK ? eRender : eCapture, DEVICE_STATE_ACTIVE, &all);
    if (FAILED(hr))
        return MMK_ERR_NOT_FOUND;
    hr = IMMDeviceCollection_Item(all, index - 1, &endpoint);
    IMMDeviceCollection_Release(all);
    if (FAILED(hr) || endpoint == NULL)
        return MMK_ERR_NOT_FOUND;
    mmk_err err = mmki_system_id(endpoint, id);
    mmki_format(info->path, sizeof info->path, "%s", err == MMK_OK ? id : "");
    mmki_system_name(endpoint, info->name, sizeof info->name);
    IMMDevice_Release(endpoint);
    return err == MMK_OK ? MMK_OK : MMK_ERR_NOT_FOUND;
}

static mmk_err sys_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    IMMDeviceEnumerator *enumerator;
    HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    info->available = false;
    mmki_format(info->name, sizeof info->name, "The machine's sound device (there is none)");
    mmk_err err = index == 0 ? MMK_OK : MMK_ERR_NOT_FOUND;
    if (mmki_system_enumerator(&enumerator) == MMK_OK) {
        info->available = true;
        err = list(enumerator, direction, index, info);
        IMMDeviceEnumerator_Release(enumerator);
    }
    if (SUCCEEDED(com))
        CoUninitialize();
    return err;
}

static mmk_err sys_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                         char *reason, size_t cap)
{
    return mmki_work_probe(sizeof(struct system_device), &ops, config, caps, reason, cap);
}

static mmk_err sys_open(struct mmki_win32_devices *devices, const struct mmk_device_config *config,
                        struct mmk_engine *engine, struct mmk_device **device,
                        struct mmk_device_caps *caps, char *reason, size_t cap)
{
    return mmki_work_open(sizeof(struct system_device), &mmki_backend_system, &ops, devices, config,
                          engine, device, caps, reason, cap);
}

const struct mmki_backend mmki_backend_system = {
    .name = "system",
    .has_clock = true,
    .enumerate = sys_enumerate,
    .probe = sys_probe,
    .open = sys_open,
    .start = mmki_work_start,
    .stop = mmki_work_stop,
    .kick = mmki_work_kick,
    .close = mmki_work_close,
};
