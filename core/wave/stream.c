/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Streams: handles, opening, closing, and telling the engine what several volumes and pauses amount
 * to. */

#include <string.h>

#include "wave_internal.h"

/* ------------------------------------------------------------------ handles
 * bits 0-9 index, bit 10 direction, bits 12-31 generation, never 0. */

#define GENERATION_BITS 20u
#define GENERATION_MASK ((1u << GENERATION_BITS) - 1u)

static uint32_t handle_of(uint32_t index, mmk_direction direction, uint32_t generation)
{
    return generation << 12 | (uint32_t)direction << 10 | index;
}

static uint32_t next_generation(uint32_t generation)
{
    const uint32_t next = (generation + 1) & GENERATION_MASK;
    return next != 0 ? next : 1;
}

/* Lock held. */
static bool enter(struct stream *stream)
{
    stream->refs++;
    if (stream->leaving)
        return false;
    stream->calls++;
    return true;
}

struct stream *mmki_stream_enter(struct mmk_wave *wave, const struct message *m, bool *usable)
{
    const uint32_t index = (uint32_t)m->user & (STREAMS_MAX - 1);
    struct stream *stream;

    mmki_wave_lock(wave);
    stream = wave->stream[index];
    if (stream != NULL && (stream->handle != m->user || stream->direction != direction_of(m->kind)))
        stream = NULL;
    if (stream != NULL)
        *usable = enter(stream);
    mmki_wave_unlock(wave);
    return stream;
}

struct stream *mmki_stream_enter_index(struct mmk_wave *wave, uint32_t index, bool *usable)
{
    struct stream *stream;
    mmki_wave_lock(wave);
    stream = wave->stream[index];
    if (stream != NULL)
        *usable = enter(stream);
    mmki_wave_unlock(wave);
    return stream;
}

static void destroy(struct stream *stream)
{
    struct mmk_wave *wave = stream->wave;
    mmki_header_free_nodes(stream);
    if (stream->idle != NULL)
        wave->platform->ops->event_destroy(wave->platform, stream->idle);
    mmki_wave_free(wave, stream);
    mmk_wave_release(wave);
}

/* Nobody uses the engine's stream any more and nobody new can: the one who finds that closes it. */
static void close_engine_stream(struct stream *stream)
{
    struct mmk_position position;
    struct opened *opened = stream->opened;

    if (mmk_stream_position(stream->engine_stream, &position) == MMK_OK) {
        mmki_wave_lock(stream->wave);
        stream->last_frames = position.frames;
        mmki_wave_unlock(stream->wave);
    }
    (void)mmk_stream_close(stream->engine_stream, true);
    mmki_wave_release(stream->wave, opened);
    stream->opened = NULL;
    stream->engine_stream = NULL;
}

/* Lock held. */
static bool must_close(const struct stream *stream)
{
    return stream->leaving && stream->calls == 0 && stream->engine_stream != NULL;
}

void mmki_stream_leave(struct stream *stream, bool usable)
{
    struct mmk_wave *wave = stream->wave;
    bool close_it = false, last;

    mmki_wave_lock(wave);
    if (usable) {
        stream->calls--;
        close_it = must_close(stream);
    }
    mmki_wave_unlock(wave);
    if (close_it)
        close_engine_stream(stream);
    mmki_wave_lock(wave);
    last = --stream->refs == 0;
    mmki_wave_unlock(wave);
    if (last)
        destroy(stream);
}

void mmki_stream_detach(struct stream *stream, bool usable)
{
    struct mmk_wave *wave = stream->wave;
    bool close_it = false;

    mmki_wave_lock(wave);
    stream->leaving = true;
    if (usable) {
        stream->calls--;
        close_it = must_close(stream);
    }
    mmki_wave_unlock(wave);
    if (close_it)
        close_engine_stream(stream);
}

/* ------------------------------------------------------------------ pause and gain */

static bool is_left(uint32_t speaker)
{
    return (speaker &
            (MMK_SPEAKER_FRONT_LEFT | MMK_SPEAKER_BACK_LEFT | MMK_SPEAKER_FRONT_LEFT_OF_CENTER |
             MMK_SPEAKER_SIDE_LEFT | MMK_SPEAKER_TOP_FRONT_LEFT | MMK_SPEAKER_TOP_BACK_LEFT)) != 0;
}

static bool is_right(uint32_t speaker)
{
    return (speaker & (MMK_SPEAKER_FRONT_RIGHT | MMK_SPEAKER_BACK_RIGHT |
                       MMK_SPEAKER_FRONT_RIGHT_OF_CENTER | MMK_SPEAKER_SIDE_RIGHT |
                       MMK_SPEAKER_TOP_FRONT_RIGHT | MMK_SPEAKER_TOP_BACK_RIGHT)) != 0;
}

static float side_gain(const uint32_t volumes[3], unsigned shift)
{
    double gain = 1.0;
    for (unsigned i = 0; i < 3; i++)
        gain *= (double)(volumes[i] >> shift & 0xFFFFu) / 65535.0;
    return (float)gain;
}

/* The three volumes of a stream as one gain for each channel. */
static void gains_of(const struct mmk_format *format, const uint32_t volumes[3],
                     float gains[MMK_CHANNELS_MAX])
{
    const float left = side_gain(volumes, 0), right = side_gain(volumes, 16);
    uint32_t mask = format->channel_mask;
    unsigned c = 0;

    if (mask == 0)
        mask = mmk_channel_mask_default(format->channels);
    if (format->channels == 1) {
        gains[0] = left;
        return;
    }
    for (unsigned bit = 0; bit < 32 && c < format->channels; bit++) {
        const uint32_t speaker = mask & 1u << bit;
        if (speaker != 0)
            gains[c++] = is_left(speaker)    ? left
                         : is_right(speaker) ? right
                                             : 0.5f * (left + right);
    }
    for (; c < format->channels;
         c++) /* more channels than speakers: in pairs, as two channels are */
        gains[c] = c % 2 == 0 ? left : right;
}

struct wanted {
    uint32_t changes;
    bool pause;
    float gains[MMK_CHANNELS_MAX];
};

/* Lock held. */
static void read_wanted(const struct stream *stream, struct wanted *wanted)
{
    const struct mmk_wave *wave = stream->wave;
    const struct device_slot *slot = &wave->slot[stream->direction][stream->device];
    const uint32_t volumes[3] = {stream->volume, slot->volume,
                                 wave->card_mute ? 0 : wave->card_volume};
    wanted->changes = stream->changes;
    wanted->pause = stream->paused || slot->power_off;
    gains_of(&stream->format, volumes, wanted->gains);
}

static void tell_engine(struct stream *stream, const struct wanted *wanted)
{
    const size_t n_bytes = stream->format.channels * sizeof wanted->gains[0];

    /* A gain that is set anew is ramped, be it the same: not bit-exact. */
    if (stream->direction == MMK_PLAYBACK &&
        memcmp(stream->told_gains, wanted->gains, n_bytes) != 0) {
        memcpy(stream->told_gains, wanted->gains, n_bytes);
        (void)mmk_stream_set_gain(stream->engine_stream, wanted->gains, stream->format.channels);
    }
    if (wanted->pause)
        (void)mmk_stream_pause(stream->engine_stream);
    else
        (void)mmk_stream_resume(stream->engine_stream);
}

/* One thread at a time talks to the engine; who comes meanwhile has counted its change and leaves
 * it to that one, which goes on until nothing has changed. So the last word is always the newest
 * state. */
void mmki_stream_apply(struct stream *stream)
{
    struct mmk_wave *wave = stream->wave;
    struct wanted wanted;

    mmki_wave_lock(wave);
    if (!stream->applying) {
        stream->applying = true;
        do {
            read_wanted(stream, &wanted);
            mmki_wave_unlock(wave);
            tell_engine(stream, &wanted);
            mmki_wave_lock(wave);
        } while (stream->changes != wanted.changes);
        stream->applying = false;
    }
    mmki_wave_unlock(wave);
}

void mmki_stream_apply_all(struct mmk_wave *wave)
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        bool usable;
        struct stream *stream = mmki_stream_enter_index(wave, i, &usable);
        if (stream == NULL)
            continue;
        if (usable) {
            mmki_wave_lock(wave);
            stream->changes++;
            mmki_wave_unlock(wave);
            mmki_stream_apply(stream);
        }
        mmki_stream_leave(stream, usable);
    }
}

/* ------------------------------------------------------------------ open */

static uint32_t check_open(struct mmk_wave *wave, const struct message *m,
                           struct mmk_waveopendesc *desc, struct mmk_format *format)
{
    const uint32_t kind = (uint32_t)m->p2 & MMK_CALLBACK_TYPEMASK;
    if (m->device >= mmki_wave_count(wave, true))
        return MMK_MMSYSERR_BADDEVICEID;
    if (m->p1 == 0)
        return MMK_MMSYSERR_INVALPARAM;
    memcpy(desc, (const void *)m->p1, sizeof *desc);
    if (desc->lpFormat == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if (kind != MMK_CALLBACK_NULL && kind != MMK_CALLBACK_WINDOW && kind != MMK_CALLBACK_TASK &&
        kind != MMK_CALLBACK_FUNCTION && kind != MMK_CALLBACK_EVENT)
        return MMK_MMSYSERR_INVALFLAG;
    if (mmk_format_from_wfx(desc->lpFormat, SIZE_MAX, format) != MMK_OK)
        return MMK_WAVERR_BADFORMAT;
    return MMK_MMSYSERR_NOERROR;
}

/* WAVE_FORMAT_DIRECT: what the client has is what the device takes. */
static uint32_t check_direct(struct mmk_wave *wave, const struct message *m,
                             const struct mmk_format *format)
{
    struct mmk_wave_setup setup;
    if (mmki_wave_setup(wave, direction_of(m->kind), m->device, &setup) != MMK_OK)
        return MMK_MMSYSERR_NOTENABLED;
    return mmk_format_same(format, &setup.device.format) ? MMK_MMSYSERR_NOERROR
                                                         : MMK_WAVERR_BADFORMAT;
}

static bool is_compressed(mmk_sample sample)
{
    return sample == MMK_SAMPLE_ALAW || sample == MMK_SAMPLE_ULAW;
}

static struct stream *new_stream(struct mmk_wave *wave, const struct message *m,
                                 const struct mmk_waveopendesc *desc,
                                 const struct mmk_format *format)
{
    struct stream *stream = mmki_wave_alloc(wave, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->idle = wave->platform->ops->event_create(wave->platform);
    if (stream->idle == NULL) {
        mmki_wave_free(wave, stream);
        return NULL;
    }
    stream->wave = wave;
    stream->device = m->device;
    stream->direction = direction_of(m->kind);
    stream->format = *format;
    stream->frame_bytes = (uint32_t)mmk_format_frame_bytes(format);
    stream->compressed = is_compressed(format->sample);
    stream->callback.flags = (uint32_t)m->p2 & MMK_CALLBACK_TYPEMASK;
    stream->callback.target = desc->dwCallback;
    stream->callback.handle = desc->hWave;
    stream->callback.user = desc->dwInstance;
    stream->paused = stream->direction == MMK_CAPTURE;
    for (unsigned c = 0; c < MMK_CHANNELS_MAX; c++)
        stream->told_gains[c] = 1.0f; /* as the engine begins */
    stream->volume = FULL_VOLUME;
    stream->rate = NORMAL_RATE;
    stream->refs = 1;  /* the handle's */
    stream->calls = 1; /* the opener's */
    mmk_wave_hold(wave);
    return stream;
}

static mmk_err open_engine_stream(struct stream *stream, bool direct)
{
    struct mmk_stream_config config;
    mmk_err err;

    memset(&config, 0, sizeof config);
    config.kind = MMK_STREAM_BLOCKS;
    config.format = stream->format;
    config.speed_max = stream->direction == MMK_PLAYBACK ? 4.0 : 0.0;
    config.on_block = mmki_header_back;
    config.user = stream;
    config.start_paused = stream->direction == MMK_CAPTURE;
    err = mmki_wave_acquire(stream->wave, stream->direction, stream->device, &stream->opened);
    if (err != MMK_OK)
        return err;
    /* settings say what was wanted; a device (a file to record from) may know better */
    if (direct &&
        !mmk_format_same(&stream->format, &mmk_engine_caps(stream->opened->engine)->format))
        err = MMK_ERR_FORMAT;
    else
        err = mmk_stream_open(stream->opened->engine, &config, &stream->engine_stream);
    if (err != MMK_OK) {
        mmki_wave_release(stream->wave, stream->opened);
        stream->opened = NULL;
    }
    return err;
}

/* @return false: the table is full, or the object was closed meanwhile */
static bool give_handle(struct stream *stream)
{
    struct mmk_wave *wave = stream->wave;
    uint32_t i = 0;
    bool found;

    mmki_wave_lock(wave);
    while (i < STREAMS_MAX && wave->stream[i] != NULL)
        i++;
    found = i < STREAMS_MAX && !wave->closed;
    if (found) {
        wave->generation[i] = next_generation(wave->generation[i]);
        stream->handle = handle_of(i, stream->direction, wave->generation[i]);
        wave->stream[i] = stream;
        stream->refs++; /* the opener's */
    }
    mmki_wave_unlock(wave);
    return found;
}

/* A device that cannot be opened has one name only in the documents: NOTENABLED. The log has the
 * true one. */
static uint32_t open_result(struct mmk_wave *wave, mmk_err err)
{
    switch (mmki_wave_result(err)) {
    case MMK_MMSYSERR_NOERROR:
    case MMK_MMSYSERR_NOMEM:
    case MMK_MMSYSERR_ALLOCATED:
    case MMK_WAVERR_BADFORMAT:
        return mmki_wave_result(err);
    default:
        wave->platform->ops->log(wave->platform, MMK_LOG_WARN, mmk_err_text(err));
        return MMK_MMSYSERR_NOTENABLED;
    }
}

/* Undo new_stream and what followed it, before anyone could know the stream. */
static void abandon(struct stream *stream)
{
    if (stream->engine_stream != NULL) {
        (void)mmk_stream_close(stream->engine_stream, true);
        mmki_wave_release(stream->wave, stream->opened);
    }
    destroy(stream);
}

uint32_t mmki_stream_open(struct mmk_wave *wave, const struct message *m)
{
    struct mmk_waveopendesc desc;
    struct mmk_format format;
    struct stream *stream;
    uintptr_t handle;
    mmk_err err;
    uint32_t result = check_open(wave, m, &desc, &format);

    if (result == MMK_MMSYSERR_NOERROR && (m->p2 & MMK_WAVE_FORMAT_DIRECT) != 0)
        result = check_direct(wave, m, &format);
    if (result != MMK_MMSYSERR_NOERROR || (m->p2 & MMK_WAVE_FORMAT_QUERY) != 0)
        return result;
    if (m->user == 0)
        return MMK_MMSYSERR_INVALPARAM;
    stream = new_stream(wave, m, &desc, &format);
    if (stream == NULL)
        return MMK_MMSYSERR_NOMEM;
    err = open_engine_stream(stream, (m->p2 & MMK_WAVE_FORMAT_DIRECT) != 0);
    if (err != MMK_OK || !give_handle(stream)) {
        abandon(stream);
        return err != MMK_OK ? open_result(wave, err) : MMK_MMSYSERR_NOMEM;
    }
    /* The callback may use the handle at once, so it is known before. */
    handle = stream->handle;
    memcpy((void *)m->user, &handle, sizeof handle);
    mmki_stream_apply(stream);
    mmki_wave_deliver(wave, &stream->callback,
                      stream->direction == MMK_PLAYBACK ? MMK_WOM_OPEN : MMK_WIM_OPEN, 0);
    mmki_stream_leave(stream, true);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ close */

/* Lock held: a callback of this stream runs on another thread. */
static bool delivers_elsewhere(const struct stream *stream)
{
    const uint64_t self = mmki_wave_thread(stream->wave);
    for (const struct delivery *d = stream->deliveries; d != NULL; d = d->next)
        if (d->thread != self)
            return true;
    return false;
}

/* Lock held on entry and exit. A client that polls WHDR_DONE may close in the moment between the
 * flag and the end of the callback: the callback is waited for, but not for ever, since it may
 * itself wait for this thread. */
static bool wait_for_callbacks(struct stream *stream)
{
    struct mmk_wave *wave = stream->wave;
    struct mmk_platform *platform = wave->platform;
    const uint64_t since = platform->ops->now_ns(platform);

    while (delivers_elsewhere(stream)) {
        if (platform->ops->now_ns(platform) - since > MMK_WAVE_CLOSE_WAIT_MS * 1000000ull)
            return false;
        stream->close_waits++;
        mmki_wave_unlock(wave);
        platform->ops->event_wait(platform, stream->idle, 20);
        mmki_wave_lock(wave);
        stream->close_waits--;
    }
    return true;
}

/* Take the handle away. @return false: another CLOSE was faster */
static bool take_handle(struct stream *stream)
{
    const uint32_t index = stream->handle & (STREAMS_MAX - 1);
    if (stream->wave->stream[index] != stream)
        return false;
    stream->wave->stream[index] = NULL;
    stream->refs--; /* the handle's; the caller holds one of its own */
    return true;
}

static void say_closed(struct stream *stream)
{
    mmki_wave_deliver(stream->wave, &stream->callback,
                      stream->direction == MMK_PLAYBACK ? MMK_WOM_CLOSE : MMK_WIM_CLOSE, 0);
}

uint32_t mmki_stream_close(struct mmk_wave *wave, const struct message *m)
{
    uint32_t result = MMK_MMSYSERR_NOERROR;
    bool usable;
    struct stream *stream = mmki_stream_enter(wave, m, &usable);

    if (stream == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    mmki_wave_lock(wave);
    if (stream->n_out > 0 || !wait_for_callbacks(stream) || stream->n_out > 0)
        result = MMK_WAVERR_STILLPLAYING;
    else if (!take_handle(stream))
        result = MMK_MMSYSERR_INVALHANDLE;
    else
        stream->leaving = true;
    mmki_wave_unlock(wave);
    if (result != MMK_MMSYSERR_NOERROR) {
        mmki_stream_leave(stream, usable);
        return result;
    }
    mmki_stream_detach(stream, usable);
    say_closed(stream);
    mmki_stream_leave(stream, false);
    return MMK_MMSYSERR_NOERROR;
}

void mmki_stream_close_all(struct mmk_wave *wave, mmk_direction direction)
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        bool usable, mine;
        struct stream *stream = mmki_stream_enter_index(wave, i, &usable);
        if (stream == NULL)
            continue;
        if (stream->direction != direction) {
            mmki_stream_leave(stream, usable);
            continue;
        }
        mmki_stream_detach(stream, usable);
        mmki_wave_lock(wave);
        mine = take_handle(stream);
        mmki_wave_unlock(wave);
        if (mine)
            say_closed(stream);
        mmki_stream_leave(stream, false);
    }
}
