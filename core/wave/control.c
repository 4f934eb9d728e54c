/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Pause, stop, reset, loops, position, volume and rate of one stream (volume also of one device).
 */

#include <string.h>

#include "wave_internal.h"

#define RATE_MIN      0x00004000u /* 0.25 */
#define RATE_MAX      0x00040000u /* 4 */
#define SMPTE_FPS     30u
#define HOURS_PER_DAY 24u

/* ------------------------------------------------------------------ running */

static void set_paused(struct stream *stream, bool paused)
{
    mmki_wave_lock(stream->wave);
    stream->paused = paused;
    stream->changes++;
    mmki_wave_unlock(stream->wave);
}

uint32_t mmki_control_pause(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    set_paused(stream, true);
    if (usable && stream->direction == MMK_CAPTURE)
        (void)mmk_stream_stop(stream->engine_stream);
    else if (usable)
        mmki_stream_apply(stream);
    mmki_stream_leave(stream, usable);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_control_restart(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    set_paused(stream, false);
    if (usable)
        mmki_stream_apply(stream);
    mmki_stream_leave(stream, usable);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_control_reset(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    set_paused(stream, stream->direction == MMK_CAPTURE);
    if (usable) {
        (void)mmk_stream_reset(stream->engine_stream);
        mmki_stream_apply(stream); /* the power may be off */
    } else {
        mmki_wave_lock(wave);
        stream->last_frames = 0;
        mmki_wave_unlock(wave);
    }
    mmki_stream_leave(stream, usable);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_control_break_loop(struct mmk_wave *wave, const struct message *m)
{
    uint32_t result = MMK_MMSYSERR_NOERROR;
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    if (stream->compressed)
        result = MMK_MMSYSERR_INVALPARAM;
    else if (usable)
        (void)mmk_stream_break_loop(stream->engine_stream);
    mmki_stream_leave(stream, usable);
    return result;
}

/* ------------------------------------------------------------------ position */

/* frames * per_second / rate, rounded down, without wrapping on the way. */
static uint64_t scale(uint64_t frames, uint32_t rate_hz, uint32_t per_second)
{
    return frames / rate_hz * per_second + frames % rate_hz * per_second / rate_hz;
}

static void smpte_of(uint64_t frames, uint32_t rate_hz, struct mmk_mmtime_smpte *smpte)
{
    const uint64_t seconds = frames / rate_hz;
    memset(smpte, 0, sizeof *smpte);
    smpte->fps = SMPTE_FPS;
    smpte->frame = (uint8_t)(frames % rate_hz * SMPTE_FPS / rate_hz);
    smpte->sec = (uint8_t)(seconds % 60);
    smpte->min = (uint8_t)(seconds / 60 % 60);
    smpte->hour = (uint8_t)(seconds / 3600 % HOURS_PER_DAY);
}

/* The one place where positions wrap. */
static void answer_position(const struct stream *stream, uint64_t frames, struct mmk_mmtime *time)
{
    const uint32_t rate_hz = stream->format.rate_hz;
    switch (time->wType) {
    case MMK_TIME_MS:
        time->u.ms = (uint32_t)scale(frames, rate_hz, 1000);
        return;
    case MMK_TIME_SAMPLES:
        time->u.sample = (uint32_t)frames;
        return;
    case MMK_TIME_SMPTE:
        smpte_of(frames, rate_hz, &time->u.smpte);
        return;
    default: /* also MIDI and TICKS, which need a tempo */
        time->wType = MMK_TIME_BYTES;
        time->u.cb = (uint32_t)(frames * stream->frame_bytes);
        return;
    }
}

static uint64_t frames_now(struct stream *stream, bool usable)
{
    struct mmk_position position;
    uint64_t frames;
    if (usable && mmk_stream_position(stream->engine_stream, &position) == MMK_OK)
        return position.frames;
    mmki_wave_lock(stream->wave);
    frames = stream->last_frames;
    mmki_wave_unlock(stream->wave);
    return frames;
}

uint32_t mmki_control_get_position(struct mmk_wave *wave, const struct message *m)
{
    uint32_t result = MMK_MMSYSERR_NOERROR;
    struct mmk_mmtime time;
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    if (m->p1 == 0) {
        result = MMK_MMSYSERR_INVALPARAM;
    } else if (m->p2 < sizeof time) {
        result = MMK_MMSYSERR_ERROR;
    } else {
        memcpy(&time, (const void *)m->p1, sizeof time);
        answer_position(stream, frames_now(stream, usable), &time);
        memcpy((void *)m->p1, &time, sizeof time);
    }
    mmki_stream_leave(stream, usable);
    return result;
}

/* ------------------------------------------------------------------ volume */

static void put_u32(uintptr_t to, uint32_t value)
{
    memcpy((void *)to, &value, sizeof value);
}

static uint32_t device_volume(struct mmk_wave *wave, const struct message *m)
{
    uint32_t volume;
    if (m->device >= mmki_wave_count(wave, false))
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p1 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    mmki_wave_lock(wave);
    volume = wave->slot[MMK_PLAYBACK][m->device].volume;
    mmki_wave_unlock(wave);
    put_u32(m->p1, volume);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t set_device_volume(struct mmk_wave *wave, const struct message *m)
{
    if (m->device >= mmki_wave_count(wave, false))
        return MMK_MMSYSERR_BADDEVICEID;
    mmki_wave_lock(wave);
    wave->slot[MMK_PLAYBACK][m->device].volume = (uint32_t)m->p1;
    mmki_wave_unlock(wave);
    mmki_stream_apply_all(wave);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_control_get_volume(struct mmk_wave *wave, const struct message *m)
{
    struct stream *stream;
    uint32_t volume;
    bool usable;

    if (m->user == 0)
        return device_volume(wave, m);
    stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    mmki_wave_lock(wave);
    volume = stream->volume;
    mmki_wave_unlock(wave);
    if (m->p1 != 0)
        put_u32(m->p1, volume);
    mmki_stream_leave(stream, usable);
    return m->p1 != 0 ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_INVALPARAM;
}

uint32_t mmki_control_set_volume(struct mmk_wave *wave, const struct message *m)
{
    struct stream *stream;
    bool usable;

    if (m->user == 0)
        return set_device_volume(wave, m);
    stream = mmki_stream_enter(wave, m, &usable);
    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    mmki_wave_lock(wave);
    stream->volume = (uint32_t)m->p1;
    stream->changes++;
    mmki_wave_unlock(wave);
    if (usable)
        mmki_stream_apply(stream);
    mmki_stream_leave(stream, usable);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ rate */

uint32_t mmki_control_get_rate(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    uint32_t rate;

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    mmki_wave_lock(wave);
    rate = stream->rate;
    mmki_wave_unlock(wave);
    if (m->p1 != 0)
        put_u32(m->p1, rate);
    mmki_stream_leave(stream, usable);
    return m->p1 != 0 ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_INVALPARAM;
}

static uint32_t set_rate(struct stream *stream, bool usable, uint32_t rate)
{
    mmk_err err;
    if (rate < RATE_MIN || rate > RATE_MAX)
        return MMK_MMSYSERR_INVALPARAM;
    err = usable ? mmk_stream_set_speed(stream->engine_stream, (double)rate / NORMAL_RATE) : MMK_OK;
    if (err != MMK_OK)
        return mmki_wave_result(err);
    mmki_wave_lock(stream->wave);
    stream->rate = rate;
    mmki_wave_unlock(stream->wave);
    return MMK_MMSYSERR_NOERROR;
}

uint32_t mmki_control_set_rate(struct mmk_wave *wave, const struct message *m)
{
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);
    uint32_t result;

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    result =
        m->p1 > UINT32_MAX ? MMK_MMSYSERR_INVALPARAM : set_rate(stream, usable, (uint32_t)m->p1);
    mmki_stream_leave(stream, usable);
    return result;
}
