/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * Backend "wod": another installable wave driver, played by its wodMessage and recorded from by its
 * widMessage, as winmm would: a handful of buffers go round, and come back with its callback.
 *
 * The other driver's clock counts: a period is rendered when a buffer has come back. One that gives
 * buffers back at once (it has no clock) is held to the nominal rate here, unless we run freely.
 */
#include "device_wod_win32.h"

#include <mmddk.h>
#include <string.h>

#define HEADERS_MIN    3u
#define HEADERS_MAX    16u
#define AHEAD_MS       60u /* of sound that is on its way: a busy machine is late by that much */
#define SHALLOW        2u /* periods that must be on its way, whether there is sound for them or not */
#define TURN_MS        1000u
#define BACK_MS        1000u /* for buffers to come back after a reset */
#define LATE_MS        50u   /* that the last ones may be late when they are played out */
#define CLOCK_SLACK_PM 10u   /* per mille that the other clock may run fast */

struct wod_device {
    struct mmki_work work; /* first */
    struct mmki_link link;
    struct mmki_wod_driver driver;
    DWORD_PTR user;   /* the other driver's name for its stream */
    WAVEHDR *headers; /* with their data behind them: may be left with a driver that keeps them */
    unsigned n_headers;
    unsigned first; /* oldest one that is out */
    unsigned n_out;
    unsigned n_old;   /* of them: from before the stop, and counted as played then */
    uint64_t back_ns; /* when one came back last, or the first went */
    size_t frame_bytes;
    uint32_t taken;  /* capture: frames of the first one that the engine has */
    uint64_t moved;  /* frames since open */
    uint64_t played; /* frames that came back */
    uint64_t anchor_ns, anchor_frames;
};

static struct wod_device *impl(struct mmki_work *work)
{
    return (struct wod_device *)(void *)work;
}

static bool is_playback(const struct wod_device *wod)
{
    return wod->work.config.direction == MMK_PLAYBACK;
}

/** A message to the stream, by its number for playing or for recording. */
static DWORD send(struct wod_device *wod, UINT wodm, UINT widm, void *p1, size_t p2)
{
    return wod->driver.message(0, is_playback(wod) ? wodm : widm, wod->user, (DWORD_PTR)p1, p2);
}

/* ------------------------------------------------------------------ answers */

static mmk_err err_of(DWORD answer)
{
    switch (answer) {
    case MMSYSERR_NOERROR:
        return MMK_OK;
    case MMSYSERR_ALLOCATED:
        return MMK_ERR_BUSY;
    case MMSYSERR_NOMEM:
        return MMK_ERR_NOMEM;
    case MMSYSERR_BADDEVICEID:
        return MMK_ERR_NOT_FOUND;
    case MMSYSERR_NODRIVER:
        return MMK_ERR_GONE;
    case MMSYSERR_NOTSUPPORTED:
        return MMK_ERR_UNSUPPORTED;
    case WAVERR_BADFORMAT:
        return MMK_ERR_FORMAT;
    default:
        return MMK_ERR_IO;
    }
}

static mmk_err refuse(const struct mmki_wod_target *target, mmk_err err, DWORD answer, char *reason,
                      size_t cap)
{
    const char *name = target->alias[0] != 0 ? target->alias : target->file;
    if (err == MMK_ERR_CIRCLE)
        mmki_format(reason, cap,
                    "circle: the driver of \"%s\" plays into this one again; give one of them "
                    "another device",
                    name);
    else if (err == MMK_ERR_BUSY)
        mmki_format(reason, cap, "\"%s\" is in use; close the program that plays there", name);
    else if (err == MMK_ERR_FORMAT)
        mmki_format(reason, cap, "\"%s\" takes none of the formats that were offered; set another",
                    name);
    else
        mmki_format(reason, cap, "\"%s\" does not open (%s, MMSYSERR %lu); try it alone", name,
                    mmk_err_text(err), answer);
    return err;
}

/* ------------------------------------------------------------------ open and close */

/** The other driver has news: on its own thread, or inside one of our messages. */
static void CALLBACK on_message(HDRVR handle, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    struct wod_device *wod = (struct wod_device *)user;
    (void)handle;
    (void)msg;
    (void)p1;
    (void)p2;
    SetEvent(wod->work.wake);
}

static DWORD open_stream(struct wod_device *wod, const struct mmk_format *format)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES] __attribute__((aligned(8)));
    size_t len;
    if (mmk_format_to_wfx(format, false, wfx, &len) != MMK_OK)
        return WAVERR_BADFORMAT;
    WAVEOPENDESC desc = {.hWave = (HWAVE)(void *)wod,
                         .lpFormat = (WAVEFORMAT *)(void *)wfx,
                         .dwCallback = (DWORD_PTR)on_message,
                         .dwInstance = (DWORD_PTR)wod};
    return wod->driver.message(0, is_playback(wod) ? WODM_OPEN : WIDM_OPEN, (DWORD_PTR)&wod->user,
                               (DWORD_PTR)&desc, CALLBACK_FUNCTION);
}

static struct mmk_format pcm(mmk_sample sample, uint32_t rate_hz, uint16_t channels)
{
    return (struct mmk_format){.sample = sample,
                               .channels = channels,
                               .valid_bits = (uint16_t)(8 * mmk_sample_bytes(sample)),
                               .rate_hz = rate_hz};
}

/** Open with the wanted format, or the nearest that the other driver takes; the engine converts. */
static DWORD open_nearest(struct wod_device *wod, struct mmk_format *format)
{
    const struct mmk_format *wanted = &wod->work.config.format;
    const struct mmk_format offers[] = {
        *wanted,
        pcm(MMK_SAMPLE_S16, wanted->rate_hz, wanted->channels),
        pcm(MMK_SAMPLE_S16, wanted->rate_hz, 2),
        pcm(MMK_SAMPLE_S16, 48000, 2),
        pcm(MMK_SAMPLE_S16, 44100, 2),
        pcm(MMK_SAMPLE_S16, 44100, 1),
        pcm(MMK_SAMPLE_S16, 22050, 1),
        pcm(MMK_SAMPLE_U8, 22050, 1),
        pcm(MMK_SAMPLE_U8, 11025, 1),
    };
    DWORD answer = WAVERR_BADFORMAT;
    for (size_t i = 0; i < sizeof offers / sizeof *offers && answer == WAVERR_BADFORMAT; i++) {
        if (!mmk_format_valid(&offers[i]))
            continue;
        *format = offers[i];
        answer = open_stream(wod, format);
    }
    return answer;
}

static mmk_err make_headers(struct wod_device *wod, const struct mmk_device_caps *caps)
{
    uint32_t period_ms = caps->period_frames * 1000 / caps->format.rate_hz;
    unsigned n = AHEAD_MS / (period_ms > 0 ? period_ms : 1);
    wod->n_headers = n < HEADERS_MIN ? HEADERS_MIN : n > HEADERS_MAX ? HEADERS_MAX : n;
    wod->frame_bytes = mmk_format_frame_bytes(&caps->format);
    size_t data_bytes = caps->period_frames * wod->frame_bytes;
    data_bytes += 15 - (data_bytes + 15) % 16;
    unsigned char *memory = mmki_alloc(wod->n_headers * (sizeof(WAVEHDR) + data_bytes));
    if (memory == NULL)
        return MMK_ERR_NOMEM;
    wod->headers = (WAVEHDR *)(void *)memory;
    for (unsigned i = 0; i < wod->n_headers; i++) {
        WAVEHDR *header = &wod->headers[i];
        header->lpData = (char *)memory + wod->n_headers * sizeof *header + i * data_bytes;
        header->dwBufferLength = (DWORD)(caps->period_frames * wod->frame_bytes);
        /* most drivers leave this to winmm, which then sets the flag */
        if (send(wod, WODM_PREPARE, WIDM_PREPARE, header, sizeof *header) != MMSYSERR_NOERROR)
            header->dwFlags |= WHDR_PREPARED;
    }
    return MMK_OK;
}

static DWORD flags_of(const WAVEHDR *header)
{
    DWORD flags = *(const volatile DWORD *)&header->dwFlags;
    atomic_thread_fence(memory_order_acquire); /* what was written before the flags is there */
    return flags;
}

static bool is_back(const WAVEHDR *header)
{
    return (flags_of(header) & (WHDR_DONE | WHDR_INQUEUE)) == WHDR_DONE;
}

static WAVEHDR *nth_out(struct wod_device *wod, unsigned n)
{
    return &wod->headers[(wod->first + n) % wod->n_headers];
}

/** @return all that are out have come back */
static bool await_all(struct wod_device *wod, uint64_t limit_ms)
{
    uint64_t until = mmki_now_ns() + limit_ms * MMKI_NS_PER_MS;
    for (unsigned i = 0; i < wod->n_out; i++) {
        while (!is_back(nth_out(wod, i))) {
            if (mmki_now_ns() >= until)
                return false;
            WaitForSingleObject(wod->work.wake, 5);
        }
    }
    return true;
}

/** The end of the sound is still on its way. */
static void play_out(struct wod_device *wod)
{
    const struct mmk_device_caps *caps = &wod->work.caps;
    if (wod->n_out > 0)
        await_all(wod, caps->latency_frames * 1000ull / caps->format.rate_hz + LATE_MS);
    send(wod, WODM_RESET, 0, NULL, 0);
    await_all(wod, BACK_MS);
    wod->n_out = 0;
}

static void close_stream(struct wod_device *wod)
{
    bool kept = false;
    for (unsigned i = 0; i < wod->n_headers && wod->headers != NULL; i++) {
        kept = kept || (flags_of(&wod->headers[i]) & WHDR_INQUEUE) != 0;
        if (!kept)
            send(wod, WODM_UNPREPARE, WIDM_UNPREPARE, &wod->headers[i], sizeof(WAVEHDR));
    }
    DWORD answer = send(wod, WODM_CLOSE, WIDM_CLOSE, NULL, 0);
    if (!kept && answer == MMSYSERR_NOERROR) {
        mmki_free(wod->headers);
    } else {
        /* it may write into them and call us at any time: buffers, device and code stay */
        atomic_fetch_add_explicit(&wod->work.holders, 1, memory_order_relaxed);
        mmki_module_hold();
        mmki_work_log(&wod->work, MMK_LOG_WARN, "a wave driver keeps buffers after it was closed");
    }
    wod->headers = NULL;
}

static mmk_err wod_setup(struct mmki_work *work, struct mmk_device_caps *caps, char *reason,
                         size_t cap)
{
    struct wod_device *wod = impl(work);
    struct mmki_wod_target target;
    struct mmk_format format;
    DWORD answer = MMSYSERR_NOERROR;
    if (!mmk_format_valid(&work->config.format)) {
        mmki_format(reason, cap, "the device format is not a valid one (backend wod)");
        return MMK_ERR_FORMAT;
    }
    mmk_err err = mmki_wod_find(work->config.path, &target, reason, cap);
    if (err == MMK_OK)
        err = mmki_wod_load(&target, work->config.direction, &wod->driver, reason, cap);
    if (err != MMK_OK)
        return err;
    err = mmki_link_enter(&wod->link, wod->driver.module, work->config.direction);
    if (err == MMK_OK) {
        answer = open_nearest(wod, &format);
        err = err_of(answer);
        if (err != MMK_OK && mmki_link_in_circle(&wod->link))
            err = MMK_ERR_CIRCLE;
    }
    if (err != MMK_OK) {
        refuse(&target, err, answer, reason, cap);
    } else {
        err = mmki_soft_caps(&work->config, &format, caps, reason, cap);
        if (err == MMK_OK)
            err = make_headers(wod, caps);
        caps->latency_frames = wod->n_headers * caps->period_frames;
        if (err != MMK_OK)
            close_stream(wod);
    }
    if (err != MMK_OK) {
        mmki_link_leave(&wod->link);
        mmki_wod_unload(&wod->driver);
    }
    return err;
}

static void wod_teardown(struct mmki_work *work)
{
    struct wod_device *wod = impl(work);
    if (is_playback(wod))
        play_out(wod);
    close_stream(wod);
    mmki_link_leave(&wod->link);
    mmki_wod_unload(&wod->driver);
}

/* ------------------------------------------------------------------ running */

/** Give a buffer to the driver. */
static mmk_err hand_over(struct wod_device *wod, WAVEHDR *header, uint32_t n_frames)
{
    header->dwFlags &= ~(DWORD)WHDR_DONE;
    header->dwBytesRecorded = 0;
    header->dwBufferLength = (DWORD)(n_frames * wod->frame_bytes);
    DWORD answer = send(wod, WODM_WRITE, WIDM_ADDBUFFER, header, sizeof *header);
    if (answer != MMSYSERR_NOERROR)
        return err_of(answer);
    if (wod->n_out++ == 0)
        wod->back_ns = mmki_now_ns();
    return MMK_OK;
}

static mmk_err wod_begin(struct mmki_work *work)
{
    struct wod_device *wod = impl(work);
    mmk_err err = MMK_OK;
    wod->anchor_ns = mmki_now_ns();
    wod->anchor_frames = wod->moved;
    if (is_playback(wod))
        return MMK_OK;
    wod->first = 0;
    wod->n_out = 0;
    wod->taken = 0;
    while (err == MMK_OK && wod->n_out < wod->n_headers)
        err = hand_over(wod, nth_out(wod, wod->n_out), work->caps.period_frames);
    return err == MMK_OK ? err_of(send(wod, 0, WIDM_START, NULL, 0)) : err;
}

/** What is on its way when the engine stops has been played, as far as it knows: it goes on to be
 *  heard, like the rest in any mixer's own buffer. */
static void wod_end(struct mmki_work *work)
{
    struct wod_device *wod = impl(work);
    wod->played = wod->moved;
    wod->n_old = wod->n_out;
    if (is_playback(wod))
        return;
    send(wod, 0, WIDM_RESET, NULL, 0);
    await_all(wod, BACK_MS);
    wod->n_out = 0;
}

/** How long to wait until so many frames more may be moved, by a clock as fast as can be, where
 *  no more than `depth` frames are to be on their way. */
static uint32_t ahead_ms(const struct wod_device *wod, uint32_t n_frames, uint32_t depth)
{
    const struct mmk_device_caps *caps = &wod->work.caps;
    uint64_t since = wod->moved - wod->anchor_frames + n_frames;
    if (wod->work.config.clock == MMK_CLOCK_FREEWHEEL || since <= depth)
        return 0;
    uint64_t ns = mmki_frames_ns(since - depth, caps->format.rate_hz);
    return mmki_ms_until(wod->anchor_ns + ns / (1000 + CLOCK_SLACK_PM) * 1000);
}

/** Whether the next period may wait for a client that has not given enough for it: more than half
 *  a period is on its way still. So one that begins with little queued has no hole behind it, and
 *  one that is late has none at all while the rest plays. */
static bool may_wait(struct wod_device *wod)
{
    const uint32_t period = wod->work.caps.period_frames;
    const uint32_t rate_hz = wod->work.caps.format.rate_hz;
    if (wod->work.config.clock == MMK_CLOCK_FREEWHEEL)
        return false;
    bool plays = wod->n_out > 0
                     ? wod->back_ns + mmki_frames_ns(wod->n_out * period - period / 2, rate_hz) >
                           mmki_now_ns()
                     : ahead_ms(wod, period, period + period / 2) > 0; /* it has no clock */
    return plays && mmki_work_ready(&wod->work, period) < period;
}

/** Count what has come back. */
static void reap(struct wod_device *wod)
{
    while (wod->n_out > 0 && is_back(nth_out(wod, 0))) {
        if (wod->n_old > 0)
            wod->n_old--;
        else
            wod->played += nth_out(wod, 0)->dwBufferLength / wod->frame_bytes;
        wod->back_ns = mmki_now_ns();
        wod->first = (wod->first + 1) % wod->n_headers;
        wod->n_out--;
    }
}

/** Fill and hand over every buffer that is here. @param wait_ms  out: until there may be more */
static mmk_err play(struct wod_device *wod, uint32_t *wait_ms)
{
    struct mmki_work *work = &wod->work;
    mmk_err err = MMK_OK;
    while (err == MMK_OK && wod->n_out < wod->n_headers) {
        WAVEHDR *header = nth_out(wod, wod->n_out);
        bool pending = false;
        uint32_t ahead = ahead_ms(wod, work->caps.period_frames, work->caps.latency_frames);
        if (ahead == 0 && may_wait(wod))
            ahead = 1;
        if (ahead > 0) {
            *wait_ms = ahead;
            break;
        }
        uint32_t n = mmki_work_frames(work, work->caps.period_frames, wait_ms);
        if (n == 0 || !mmki_work_render(work, header->lpData, n, &pending))
            break;
        err = hand_over(wod, header, n);
        wod->moved += n;
        reap(wod); /* a driver without a clock has given it back already */
        mmki_work_played(work, wod->played, pending);
    }
    return err;
}

/** Take the frames of one buffer that has come back. @return the engine has them all */
static bool take(struct wod_device *wod, const WAVEHDR *header, uint32_t *wait_ms)
{
    struct mmki_work *work = &wod->work;
    uint32_t n_there = (uint32_t)(header->dwBytesRecorded / wod->frame_bytes);
    while (wod->taken < n_there) {
        bool pending = false;
        uint32_t left = n_there - wod->taken;
        uint32_t ahead = ahead_ms(wod, left, wod->work.caps.latency_frames);
        if (ahead > 0) {
            *wait_ms = ahead;
            return false;
        }
        uint32_t n = mmki_work_frames(work, left, wait_ms);
        if (n == 0 ||
            !mmki_work_render(work, header->lpData + wod->taken * wod->frame_bytes, n, &pending))
            return false;
        wod->taken += n;
        wod->moved += n;
        wod->played = wod->moved;
        mmki_work_played(work, wod->played, pending);
    }
    return true;
}

static mmk_err record(struct wod_device *wod, uint32_t *wait_ms)
{
    mmk_err err = MMK_OK;
    while (err == MMK_OK && wod->n_out > 0 && is_back(nth_out(wod, 0))) {
        WAVEHDR *header = nth_out(wod, 0);
        if (!take(wod, header, wait_ms))
            break;
        wod->taken = 0;
        wod->first = (wod->first + 1) % wod->n_headers;
        wod->n_out--;
        err = hand_over(wod, header, wod->work.caps.period_frames);
    }
    return err;
}

static mmk_err wod_turn(struct mmki_work *work, mmk_device_event *event)
{
    struct wod_device *wod = impl(work);
    uint32_t wait_ms = TURN_MS;
    mmk_err err;
    *event = MMK_DEVICE_GONE;
    if (is_playback(wod)) {
        reap(wod);
        mmki_work_played(work, wod->played, false);
        err = play(wod, &wait_ms);
    } else {
        err = record(wod, &wait_ms);
    }
    if (err == MMK_OK)
        WaitForSingleObject(work->wake, wait_ms < TURN_MS ? wait_ms : TURN_MS);
    return err;
}

/* ------------------------------------------------------------------ the backend */

static const struct mmki_work_ops ops = {
    .setup = wod_setup,
    .teardown = wod_teardown,
    .begin = wod_begin,
    .end = wod_end,
    .turn = wod_turn,
};

static mmk_err wod_enumerate(mmk_direction direction, uint32_t index, struct mmk_device_info *info)
{
    (void)direction; /* whether it can record only the running driver could say */
    return mmki_wod_list(index, info);
}

static mmk_err wod_probe(const struct mmk_device_config *config, struct mmk_device_caps *caps,
                         char *reason, size_t cap)
{
    return mmki_work_probe(sizeof(struct wod_device), &ops, config, caps, reason, cap);
}

static mmk_err wod_open(struct mmki_win32_devices *devices, const struct mmk_device_config *config,
                        struct mmk_engine *engine, struct mmk_device **device,
                        struct mmk_device_caps *caps, char *reason, size_t cap)
{
    return mmki_work_open(sizeof(struct wod_device), &mmki_backend_wod, &ops, devices, config,
                          engine, device, caps, reason, cap);
}

const struct mmki_backend mmki_backend_wod = {
    .name = "wod",
    .enumerate = wod_enumerate,
    .probe = wod_probe,
    .open = wod_open,
    .start = mmki_work_start,
    .stop = mmki_work_stop,
    .kick = mmki_work_kick,
    .close = mmki_work_close,
};
