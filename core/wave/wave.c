/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <string.h>

#include "wave_internal.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* ------------------------------------------------------------------ dispatch */

static uint32_t not_supported(struct mmk_wave *wave, const struct message *m)
{
    (void)wave;
    (void)m;
    return MMK_MMSYSERR_NOTSUPPORTED;
}

#define INTERFACE_ROWS                                                                             \
    {MMK_DRV_QUERYDEVICEINTERFACE, "DRV_QUERYDEVICEINTERFACE", mmki_caps_interface},               \
    {                                                                                              \
        MMK_DRV_QUERYDEVICEINTERFACESIZE, "DRV_QUERYDEVICEINTERFACESIZE", mmki_caps_interface_size \
    }

static const struct mmki_wave_row out_rows[] = {
    {MMK_WODM_GETNUMDEVS, "WODM_GETNUMDEVS", mmki_caps_count},
    {MMK_WODM_GETDEVCAPS, "WODM_GETDEVCAPS", mmki_caps_get},
    {MMK_WODM_OPEN, "WODM_OPEN", mmki_stream_open},
    {MMK_WODM_CLOSE, "WODM_CLOSE", mmki_stream_close},
    {MMK_WODM_PREPARE, "WODM_PREPARE", mmki_header_prepare},
    {MMK_WODM_UNPREPARE, "WODM_UNPREPARE", mmki_header_unprepare},
    {MMK_WODM_WRITE, "WODM_WRITE", mmki_header_write},
    {MMK_WODM_PAUSE, "WODM_PAUSE", mmki_control_pause},
    {MMK_WODM_RESTART, "WODM_RESTART", mmki_control_restart},
    {MMK_WODM_RESET, "WODM_RESET", mmki_control_reset},
    {MMK_WODM_GETPOS, "WODM_GETPOS", mmki_control_get_position},
    {MMK_WODM_GETPITCH, "WODM_GETPITCH", not_supported},
    {MMK_WODM_SETPITCH, "WODM_SETPITCH", not_supported},
    {MMK_WODM_GETVOLUME, "WODM_GETVOLUME", mmki_control_get_volume},
    {MMK_WODM_SETVOLUME, "WODM_SETVOLUME", mmki_control_set_volume},
    {MMK_WODM_GETPLAYBACKRATE, "WODM_GETPLAYBACKRATE", mmki_control_get_rate},
    {MMK_WODM_SETPLAYBACKRATE, "WODM_SETPLAYBACKRATE", mmki_control_set_rate},
    {MMK_WODM_BREAKLOOP, "WODM_BREAKLOOP", mmki_control_break_loop},
    INTERFACE_ROWS,
};

static const struct mmki_wave_row in_rows[] = {
    {MMK_WIDM_GETNUMDEVS, "WIDM_GETNUMDEVS", mmki_caps_count},
    {MMK_WIDM_GETDEVCAPS, "WIDM_GETDEVCAPS", mmki_caps_get},
    {MMK_WIDM_OPEN, "WIDM_OPEN", mmki_stream_open},
    {MMK_WIDM_CLOSE, "WIDM_CLOSE", mmki_stream_close},
    {MMK_WIDM_PREPARE, "WIDM_PREPARE", mmki_header_prepare},
    {MMK_WIDM_UNPREPARE, "WIDM_UNPREPARE", mmki_header_unprepare},
    {MMK_WIDM_ADDBUFFER, "WIDM_ADDBUFFER", mmki_header_write},
    {MMK_WIDM_START, "WIDM_START", mmki_control_restart},
    {MMK_WIDM_STOP, "WIDM_STOP", mmki_control_pause},
    {MMK_WIDM_RESET, "WIDM_RESET", mmki_control_reset},
    {MMK_WIDM_GETPOS, "WIDM_GETPOS", mmki_control_get_position},
    INTERFACE_ROWS,
};

static const struct mmki_wave_row aux_rows[] = {
    {MMK_AUXDM_GETNUMDEVS, "AUXDM_GETNUMDEVS", mmki_caps_count},
    {MMK_AUXDM_GETDEVCAPS, "AUXDM_GETDEVCAPS", mmki_caps_get},
    {MMK_AUXDM_GETVOLUME, "AUXDM_GETVOLUME", mmki_aux_get_volume},
    {MMK_AUXDM_SETVOLUME, "AUXDM_SETVOLUME", mmki_aux_set_volume},
    INTERFACE_ROWS,
};

static const struct mmki_wave_row mixer_rows[] = {
    {MMK_MXDM_GETNUMDEVS, "MXDM_GETNUMDEVS", mmki_caps_count},
    {MMK_MXDM_GETDEVCAPS, "MXDM_GETDEVCAPS", mmki_caps_get},
    {MMK_MXDM_OPEN, "MXDM_OPEN", mmki_mixer_open},
    {MMK_MXDM_CLOSE, "MXDM_CLOSE", mmki_mixer_close},
    {MMK_MXDM_GETLINEINFO, "MXDM_GETLINEINFO", mmki_mixer_line_info},
    {MMK_MXDM_GETLINECONTROLS, "MXDM_GETLINECONTROLS", mmki_mixer_line_controls},
    {MMK_MXDM_GETCONTROLDETAILS, "MXDM_GETCONTROLDETAILS", mmki_mixer_get_details},
    {MMK_MXDM_SETCONTROLDETAILS, "MXDM_SETCONTROLDETAILS", mmki_mixer_set_details},
    INTERFACE_ROWS,
};

static const struct {
    const struct mmki_wave_row *rows;
    size_t n_rows;
} tables[MMK_WAVE_KIND_COUNT] = {
    [MMK_WAVE_OUT] = {out_rows, ROWS(out_rows)},
    [MMK_WAVE_IN] = {in_rows, ROWS(in_rows)},
    [MMK_WAVE_AUX] = {aux_rows, ROWS(aux_rows)},
    [MMK_WAVE_MIXER] = {mixer_rows, ROWS(mixer_rows)},
};

const struct mmki_wave_row *mmki_wave_table(mmk_wave_kind kind, size_t *n_rows)
{
    *n_rows = tables[kind].n_rows;
    return tables[kind].rows;
}

static message_handler *handler_of(mmk_wave_kind kind, uint32_t msg)
{
    for (size_t i = 0; i < tables[kind].n_rows; i++)
        if (tables[kind].rows[i].msg == msg)
            return tables[kind].rows[i].handler;
    return not_supported;
}

uint32_t mmk_wave_message(struct mmk_wave *wave, mmk_wave_kind kind, uint32_t device, uint32_t msg,
                          uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    const struct message m = {kind, device, msg, user, p1, p2};
    struct visit visit;
    uint32_t result;

    mmki_visit_begin(wave, &visit);
    result = handler_of(kind, msg)(wave, &m);
    mmki_visit_end(wave, &visit);
    return result;
}

/* ------------------------------------------------------------------ small services */

void mmki_wave_lock(struct mmk_wave *wave)
{
    wave->platform->ops->mutex_lock(wave->platform, wave->lock);
}

void mmki_wave_unlock(struct mmk_wave *wave)
{
    wave->platform->ops->mutex_unlock(wave->platform, wave->lock);
}

void *mmki_wave_alloc(struct mmk_wave *wave, size_t n_bytes)
{
    return wave->platform->ops->alloc(wave->platform, n_bytes);
}

void mmki_wave_free(struct mmk_wave *wave, void *mem)
{
    wave->platform->ops->free(wave->platform, mem);
}

uint64_t mmki_wave_thread(struct mmk_wave *wave)
{
    return wave->platform->ops->thread_id(wave->platform);
}

uint32_t mmki_wave_count(struct mmk_wave *wave, bool fresh)
{
    uint32_t n = 0;
    bool read = false;

    mmki_wave_lock(wave);
    fresh = fresh || wave->n_devices == 0;
    mmki_wave_unlock(wave);
    if (fresh)
        read = wave->config.host.count(wave->config.host.user, &n) == MMK_OK;
    mmki_wave_lock(wave);
    if (read)
        wave->n_devices = n < MMK_WAVE_DEVICES_MAX ? n : MMK_WAVE_DEVICES_MAX;
    n = wave->n_devices;
    mmki_wave_unlock(wave);
    return n;
}

void mmki_wave_deliver(struct mmk_wave *wave, const struct mmk_callback *callback, uint32_t msg,
                       uintptr_t p1)
{
    struct mmk_notify *notify = wave->config.port->notify;
    if ((callback->flags & MMK_CALLBACK_TYPEMASK) != MMK_CALLBACK_NULL)
        notify->ops->deliver(notify, callback, msg, p1, 0);
}

/* Trouble with a device has few names in the MME. */
uint32_t mmki_wave_result(mmk_err err)
{
    static const struct {
        mmk_err err;
        uint32_t result;
    } map[] = {
        {MMK_OK, MMK_MMSYSERR_NOERROR},           {MMK_ERR_INVAL, MMK_MMSYSERR_INVALPARAM},
        {MMK_ERR_NOMEM, MMK_MMSYSERR_NOMEM},      {MMK_ERR_BUSY, MMK_MMSYSERR_ALLOCATED},
        {MMK_ERR_FORMAT, MMK_WAVERR_BADFORMAT},   {MMK_ERR_GONE, MMK_MMSYSERR_NODRIVER},
        {MMK_ERR_RANGE, MMK_MMSYSERR_INVALPARAM},
    };
    for (size_t i = 0; i < ROWS(map); i++)
        if (map[i].err == err)
            return map[i].result;
    return MMK_MMSYSERR_ERROR;
}

/* ------------------------------------------------------------------ lifetime */

void mmk_wave_hold(struct mmk_wave *wave)
{
    /* whoever calls holds one already, so nothing needs to be ordered */
    atomic_fetch_add_explicit(&wave->refs, 1, memory_order_relaxed);
}

static void destroy(struct mmk_wave *wave)
{
    struct mmk_platform *platform = wave->platform;
    /* May be the notifier's own thread, inside its last callback: allowed. */
    if (wave->notifier != NULL)
        mmk_notifier_close(wave->notifier);
    if (wave->left != NULL)
        platform->ops->event_destroy(platform, wave->left);
    if (wave->slot_changed != NULL)
        platform->ops->event_destroy(platform, wave->slot_changed);
    if (wave->lock != NULL)
        platform->ops->mutex_destroy(platform, wave->lock);
    platform->ops->free(platform, wave);
}

void mmk_wave_release(struct mmk_wave *wave)
{
    if (atomic_fetch_sub_explicit(&wave->refs, 1, memory_order_acq_rel) == 1)
        destroy(wave);
}

void mmki_visit_begin(struct mmk_wave *wave, struct visit *visit)
{
    mmk_wave_hold(wave);
    visit->thread = mmki_wave_thread(wave);
    mmki_wave_lock(wave);
    visit->next = wave->visits;
    wave->visits = visit;
    mmki_wave_unlock(wave);
}

/* The hold goes in the same step as the visit: whoever waited for the visit's end may be sure that
 * this thread will not be the one to destroy the object, or is. */
void mmki_visit_end(struct mmk_wave *wave, struct visit *visit)
{
    struct visit **at = &wave->visits;
    bool last;

    mmki_wave_lock(wave);
    while (*at != visit)
        at = &(*at)->next;
    *at = visit->next;
    if (wave->close_waits > 0)
        wave->platform->ops->event_set(wave->platform, wave->left);
    last = atomic_fetch_sub_explicit(&wave->refs, 1, memory_order_acq_rel) == 1;
    mmki_wave_unlock(wave);
    if (last)
        destroy(wave);
}

/* Lock held. */
static bool visited_by(const struct mmk_wave *wave, uint64_t self, bool others)
{
    for (const struct visit *v = wave->visits; v != NULL; v = v->next)
        if ((v->thread != self) == others)
            return true;
    return false;
}

/* The host may unload our code when we return, so our own thread must be out of it by then. Not if
 * this thread is inside itself, in a callback: others may wait for it. */
static void wait_for_visitors(struct mmk_wave *wave)
{
    struct mmk_platform *platform = wave->platform;
    const uint64_t since = platform->ops->now_ns(platform), self = mmki_wave_thread(wave);

    mmki_wave_lock(wave);
    while (!visited_by(wave, self, false) && visited_by(wave, self, true) &&
           platform->ops->now_ns(platform) - since < MMK_WAVE_CLOSE_WAIT_MS * 1000000ull) {
        wave->close_waits++;
        mmki_wave_unlock(wave);
        platform->ops->event_wait(platform, wave->left, 20);
        mmki_wave_lock(wave);
        wave->close_waits--;
    }
    mmki_wave_unlock(wave);
}

mmk_err mmk_wave_open(const struct mmk_wave_config *config, struct mmk_wave **out)
{
    struct mmk_platform *platform;
    struct mmk_wave *wave;

    if (config == NULL || out == NULL || config->port == NULL || config->host.count == NULL ||
        config->host.setup == NULL || config->name == NULL || config->title == NULL)
        return MMK_ERR_INVAL;
    platform = config->port->platform;
    wave = platform->ops->alloc(platform, sizeof *wave);
    if (wave == NULL)
        return MMK_ERR_NOMEM;
    wave->config = *config;
    wave->platform = platform;
    atomic_init(&wave->refs, 1);
    wave->card_volume = FULL_VOLUME;
    for (uint32_t i = 0; i < STREAMS_MAX; i++)
        wave->generation[i] = config->generation & 0xFFFFFu;
    for (uint32_t i = 0; i < MIXERS_MAX; i++)
        wave->mixer[i].generation = config->generation & 0xFFFFFu;
    for (unsigned d = 0; d < MMK_DIRECTION_COUNT; d++)
        for (unsigned i = 0; i < MMK_WAVE_DEVICES_MAX; i++)
            wave->slot[d][i].volume = FULL_VOLUME;
    wave->lock = platform->ops->mutex_create(platform);
    wave->slot_changed = platform->ops->event_create(platform);
    wave->left = platform->ops->event_create(platform);
    if (wave->lock == NULL || wave->slot_changed == NULL || wave->left == NULL) {
        destroy(wave);
        return MMK_ERR_NOMEM;
    }
    *out = wave;
    return MMK_OK;
}

void mmk_wave_close(struct mmk_wave *wave)
{
    if (wave == NULL)
        return;
    mmki_wave_lock(wave);
    wave->closed = true;
    mmki_wave_unlock(wave);
    mmki_stream_close_all(wave, MMK_PLAYBACK);
    mmki_stream_close_all(wave, MMK_CAPTURE);
    wait_for_visitors(wave);
    mmk_wave_release(wave);
}

/* ------------------------------------------------------------------ what the owner may ask for */

void mmk_wave_detach(struct mmk_wave *wave, mmk_wave_kind kind)
{
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        bool usable;
        struct stream *stream = mmki_stream_enter_index(wave, i, &usable);
        if (stream == NULL)
            continue;
        if (stream->direction == direction_of(kind) && kind <= MMK_WAVE_IN) {
            mmki_stream_detach(stream, usable);
            mmki_stream_leave(stream, false);
        } else {
            mmki_stream_leave(stream, usable);
        }
    }
}

void mmk_wave_end(struct mmk_wave *wave, mmk_wave_kind kind)
{
    if (kind == MMK_WAVE_OUT || kind == MMK_WAVE_IN)
        mmki_stream_close_all(wave, direction_of(kind));
    if (kind == MMK_WAVE_MIXER)
        mmki_mixer_close_all(wave);
}

void mmk_wave_power(struct mmk_wave *wave, mmk_direction direction, uint32_t device, bool on)
{
    if (device >= MMK_WAVE_DEVICES_MAX)
        return;
    mmki_wave_lock(wave);
    wave->slot[direction][device].power_off = !on;
    mmki_wave_unlock(wave);
    mmki_stream_apply_all(wave);
}

bool mmk_wave_in_use(struct mmk_wave *wave, mmk_direction direction, uint32_t device)
{
    bool in_use;
    if (device >= MMK_WAVE_DEVICES_MAX)
        return false;
    mmki_wave_lock(wave);
    in_use = wave->slot[direction][device].current != NULL;
    mmki_wave_unlock(wave);
    return in_use;
}

void mmk_wave_reap(struct mmk_wave *wave)
{
    struct mmk_notifier *notifier;
    struct visit visit;
    mmki_visit_begin(wave, &visit);
    mmki_wave_lock(wave);
    notifier = wave->notifier;
    mmki_wave_unlock(wave);
    if (notifier != NULL)
        mmk_notifier_reap(notifier);
    mmki_visit_end(wave, &visit);
}
