/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* IAudioClient::Initialize: what may be asked for, and the stream that comes of it. The rules are
 * those of the document of IAudioClient::Initialize; where it says "depends", as Wine's own
 * drivers. */
#include "wine_internal.h"

#include <string.h>

#ifndef AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY
#define AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY 0x08000000
#endif
#ifndef AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM
#define AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM 0x80000000u
#endif

#define FLAGS_KNOWN                                                                        \
    ((DWORD)(AUDCLNT_STREAMFLAGS_CROSSPROCESS | AUDCLNT_STREAMFLAGS_LOOPBACK |             \
             AUDCLNT_STREAMFLAGS_EVENTCALLBACK | AUDCLNT_STREAMFLAGS_NOPERSIST |           \
             AUDCLNT_STREAMFLAGS_RATEADJUST | AUDCLNT_STREAMFLAGS_SRC_DEFAULT_QUALITY |    \
             AUDCLNT_STREAMFLAGS_AUTOCONVERTPCM | AUDCLNT_SESSIONFLAGS_EXPIREWHENUNOWNED | \
             AUDCLNT_SESSIONFLAGS_DISPLAY_HIDE | AUDCLNT_SESSIONFLAGS_DISPLAY_HIDEWHENEXPIRED))

#define SHARED_PERIODS_MIN    3
#define EXCLUSIVE_PERIODS_MIN 8
#define EXCLUSIVE_MAX_100NS   20000000
#define SPEED_MAX             4.0 /* of IAudioClockAdjustment */
#define RING_BYTES_MAX        (256u * 1024u * 1024u)

/** What was asked for, checked. */
struct plan {
    bool exclusive;
    DWORD flags;
    REFERENCE_TIME duration, period; /* 100 ns */
    uint32_t period_frames;          /* of the stream; 0: from period */
    struct mmk_format format;
};

/** Rounded to the nearest whole frame where times of 100 ns cannot say a count of frames, else up.
 */
static uint64_t frames_in(REFERENCE_TIME time, uint32_t rate_hz)
{
    const uint64_t n = (uint64_t)time;
    return n / MMKI_100NS_PER_S * rate_hz +
           (n % MMKI_100NS_PER_S * rate_hz + MMKI_100NS_PER_S / 2) / MMKI_100NS_PER_S;
}

static HRESULT plan_exclusive(const WAVEFORMATEX *wfx, struct plan *plan)
{
    WAVEFORMATEXTENSIBLE ext;
    if (wfx->wFormatTag == WAVE_FORMAT_EXTENSIBLE) {
        memcpy(&ext, wfx, sizeof ext);
        if (ext.dwChannelMask == 0 || (ext.dwChannelMask & SPEAKER_RESERVED) != 0)
            return AUDCLNT_E_UNSUPPORTED_FORMAT;
    }
    if (plan->period == 0)
        plan->period = MMKI_PERIOD_100NS;
    if (plan->period < MMKI_PERIOD_MIN_100NS || plan->period > MMKI_PERIOD_MAX_100NS)
        return AUDCLNT_E_INVALID_DEVICE_PERIOD;
    if (plan->duration > EXCLUSIVE_MAX_100NS)
        return AUDCLNT_E_BUFFER_SIZE_ERROR;
    if ((plan->flags & AUDCLNT_STREAMFLAGS_EVENTCALLBACK) != 0) {
        if (plan->duration != plan->period)
            return AUDCLNT_E_BUFDURATION_PERIOD_NOT_EQUAL;
    } else if (plan->duration < EXCLUSIVE_PERIODS_MIN * plan->period) {
        plan->duration = EXCLUSIVE_PERIODS_MIN * plan->period;
    }
    return S_OK;
}

static HRESULT make_plan(const struct mmki_client *client, AUDCLNT_SHAREMODE mode, DWORD flags,
                         REFERENCE_TIME duration, REFERENCE_TIME period, const WAVEFORMATEX *wfx,
                         struct plan *plan)
{
    if (wfx == NULL)
        return E_POINTER;
    if (mode != AUDCLNT_SHAREMODE_SHARED && mode != AUDCLNT_SHAREMODE_EXCLUSIVE)
        return E_INVALIDARG;
    if ((flags & ~FLAGS_KNOWN) != 0)
        return AUDCLNT_E_INVALID_STREAM_FLAG;
    if (duration < 0 || period < 0)
        return E_INVALIDARG;
    *plan = (struct plan){.exclusive = mode == AUDCLNT_SHAREMODE_EXCLUSIVE,
                          .flags = flags,
                          .duration = duration,
                          .period = period};
    if (plan->exclusive && (flags & AUDCLNT_STREAMFLAGS_CROSSPROCESS) != 0)
        return E_INVALIDARG;
    if ((flags & AUDCLNT_STREAMFLAGS_LOOPBACK) != 0) {
        if (client->endpoint->direction == MMK_CAPTURE)
            return AUDCLNT_E_WRONG_ENDPOINT_TYPE;
        if (plan->exclusive)
            return E_INVALIDARG; /* what others play can only be heard where it is mixed */
    }
    if (mmki_format_read(wfx, &plan->format) != MMK_OK)
        return AUDCLNT_E_UNSUPPORTED_FORMAT;
    if (plan->exclusive)
        return mmki_format_exclusive(&plan->format) ? plan_exclusive(wfx, plan)
                                                    : AUDCLNT_E_UNSUPPORTED_FORMAT;
    plan->period = MMKI_PERIOD_100NS; /* the engine's, whatever was asked */
    if (plan->duration < SHARED_PERIODS_MIN * plan->period)
        plan->duration = SHARED_PERIODS_MIN * plan->period;
    return S_OK;
}

/* ------------------------------------------------------------------ the stream */

/* The notifier's thread: a period has passed. */
static void on_period(void *user)
{
    const struct mmki_client *client = user;
    if (client->event != NULL)
        SetEvent(client->event);
}

static uint32_t shared_period(const struct mmki_output *output, const struct mmk_format *format)
{
    const struct mmk_device_caps *caps = mmk_engine_caps(output->engine);
    const uint64_t n = (uint64_t)caps->period_frames * format->rate_hz;
    return (uint32_t)((n + caps->format.rate_hz - 1) / caps->format.rate_hz);
}

static HRESULT open_stream(struct mmki_client *client, const struct plan *plan)
{
    const bool event = (plan->flags & AUDCLNT_STREAMFLAGS_EVENTCALLBACK) != 0;
    uint64_t ring = client->buffer_frames;
    /* one buffer plays while the client fills the other */
    if (ring < 2 * (uint64_t)client->period_frames)
        ring = 2 * (uint64_t)client->period_frames;
    if (ring * client->frame_bytes > RING_BYTES_MAX)
        return E_OUTOFMEMORY;
    const struct mmk_stream_config config = {
        .kind = MMK_STREAM_RING,
        .format = plan->format,
        .speed_max =
            !client->takes && (plan->flags & AUDCLNT_STREAMFLAGS_RATEADJUST) != 0 ? SPEED_MAX : 0.0,
        .on_period = event ? on_period : NULL,
        .merge_periods = true, /* an event that is set already says no more */
        .user = client,
        .ring_frames = (uint32_t)ring,
        .period_frames = client->period_frames,
    };
    mmk_err err = client->loopback
                      ? mmk_engine_tap(client->output->engine, &config, &client->stream)
                      : mmk_stream_open(client->output->engine, &config, &client->stream);
    if (err == MMK_OK && client->takes) {
        client->packet = mmki_alloc(client->period_frames * client->frame_bytes);
        if (client->packet == NULL)
            err = MMK_ERR_NOMEM;
    }
    return mmki_hresult(err);
}

static HRESULT open_output(struct mmki_client *client, const struct plan *plan)
{
    const uint32_t rate = plan->format.rate_hz;
    uint32_t period = plan->period_frames;
    mmk_err err;
    if (plan->exclusive) {
        period = (uint32_t)frames_in(plan->period, rate);
        err = mmki_output_exclusive(client->endpoint, &plan->format, period, &client->output);
    } else {
        err = mmki_output_shared(client->endpoint, plan->period_frames, &client->output);
    }
    if (err != MMK_OK)
        return mmki_hresult(err);
    client->period_frames = plan->exclusive ? period : shared_period(client->output, &plan->format);
    if (plan->period_frames != 0 && client->period_frames != plan->period_frames)
        return AUDCLNT_E_ENGINE_PERIODICITY_LOCKED;
    uint64_t frames = frames_in(plan->duration, rate);
    if (plan->exclusive) /* whole periods, to the nearest */
        frames = (frames + period / 2) / period * period;
    client->buffer_frames = frames < UINT32_MAX / 4 ? (uint32_t)frames : UINT32_MAX / 4;
    return S_OK;
}

/* Undo what initialize has made. With the lock, or without other users. */
static void close_all(struct mmki_client *client)
{
    if (client->stream != NULL)
        mmk_stream_close(client->stream, true);
    if (client->output != NULL)
        mmki_output_release(client->output);
    mmki_free(client->packet);
    client->stream = NULL;
    client->output = NULL;
    client->packet = NULL;
}

static HRESULT make(struct mmki_client *client, const struct plan *plan, const GUID *session,
                    bool *made)
{
    struct mmki_card *card = mmki_card();
    client->flags = plan->flags;
    client->exclusive = plan->exclusive;
    client->loopback = (plan->flags & AUDCLNT_STREAMFLAGS_LOOPBACK) != 0;
    client->takes = client->loopback || client->endpoint->direction == MMK_CAPTURE;
    client->format = plan->format;
    client->frame_bytes = mmk_format_frame_bytes(&plan->format);
    HRESULT hr = open_output(client, plan);
    if (SUCCEEDED(hr))
        hr = open_stream(client, plan);
    if (FAILED(hr)) {
        close_all(client);
        return hr;
    }
    client->session = mmki_session_get(client->endpoint, session, plan->flags, made);
    if (client->session == NULL) {
        close_all(client);
        return E_OUTOFMEMORY;
    }
    AcquireSRWLockExclusive(&card->lock);
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        client->level[c] = 1.0f;
    client->life = client->output->life;
    mmki_session_add(client->session, client);
    mmki_client_apply_volume(client);
    client->initialized = true;
    ReleaseSRWLockExclusive(&card->lock);
    return S_OK;
}

static HRESULT make_locked(struct mmki_client *client, const struct plan *plan, const GUID *session)
{
    bool made = false;
    AcquireSRWLockExclusive(&client->lock);
    HRESULT hr = AUDCLNT_E_ALREADY_INITIALIZED;
    if (!client->initialized)
        hr = make(client, plan, session, &made);
    ReleaseSRWLockExclusive(&client->lock);
    if (made)
        mmki_session_tell_created(client->session);
    return hr;
}

HRESULT mmki_client_initialize(struct mmki_client *client, AUDCLNT_SHAREMODE mode, DWORD flags,
                               REFERENCE_TIME duration, REFERENCE_TIME period,
                               const WAVEFORMATEX *wfx, const GUID *session)
{
    struct plan plan;
    const HRESULT hr = make_plan(client, mode, flags, duration, period, wfx, &plan);
    return FAILED(hr) ? hr : make_locked(client, &plan, session);
}

/* A shared stream with a period of its own choice: the first one on the endpoint has it. */
HRESULT mmki_client_initialize_period(struct mmki_client *client, DWORD flags,
                                      uint32_t period_frames, const WAVEFORMATEX *wfx,
                                      const GUID *session)
{
    const DWORD allowed = AUDCLNT_STREAMFLAGS_EVENTCALLBACK;
    struct plan plan;
    if ((flags & ~allowed) != 0)
        return AUDCLNT_E_INVALID_STREAM_FLAG;
    const HRESULT hr = make_plan(client, AUDCLNT_SHAREMODE_SHARED, flags, 0, 0, wfx, &plan);
    if (FAILED(hr))
        return hr;
    const uint64_t longest = frames_in(MMKI_PERIOD_100NS, plan.format.rate_hz);
    const uint64_t shortest = frames_in(MMKI_PERIOD_MIN_100NS, plan.format.rate_hz);
    if (period_frames < shortest || period_frames > longest)
        return AUDCLNT_E_INVALID_DEVICE_PERIOD;
    plan.period_frames = period_frames;
    return make_locked(client, &plan, session);
}

void mmki_client_dispose(struct mmki_client *client)
{
    if (client->session != NULL)
        mmki_session_remove(client);
    close_all(client);
}
