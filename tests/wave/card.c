/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define _POSIX_C_SOURCE 200809L

#include "card.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct mmk_format card_cd = {MMK_SAMPLE_S16, 2, 16, 48000, 0};

struct mmk_format card_format(mmk_sample sample, uint16_t channels, uint32_t rate_hz)
{
    struct mmk_format f = {sample, channels, 0, rate_hz, 0};
    f.valid_bits = (uint16_t)(8 * mmk_sample_bytes(sample));
    return f;
}

/* ------------------------------------------------------------------ devices: one simulation for
 * each */

struct mux {
    struct mmk_devices seam; /* first member */
    struct card *card;
};

struct mux_device {
    struct sim_devices *sim;
    struct mmk_device *device;
};

static struct mux *mux_of(struct mmk_devices *self)
{
    return (struct mux *)(void *)self;
}

static struct sim_devices *sim_of(struct mmk_devices *self, const struct mmk_device_config *config)
{
    const char digit = config->path[0];
    const unsigned i =
        digit >= '0' && digit < '0' + (int)CARD_DEVICES ? (unsigned)(digit - '0') : 0;
    return mux_of(self)->card->sim[config->direction][i];
}

static mmk_err mux_enumerate(struct mmk_devices *self, mmk_direction direction, uint32_t index,
                             struct mmk_device_info *info)
{
    struct sim_devices *sim = mux_of(self)->card->sim[direction][0];
    return sim_seam(sim)->ops->enumerate(sim_seam(sim), direction, index, info);
}

static mmk_err mux_probe(struct mmk_devices *self, const struct mmk_device_config *config,
                         uint32_t timeout_ms, struct mmk_device_caps *caps, char *reason,
                         size_t cap)
{
    struct mmk_devices *seam = sim_seam(sim_of(self, config));
    return seam->ops->probe(seam, config, timeout_ms, caps, reason, cap);
}

static mmk_err mux_open(struct mmk_devices *self, const struct mmk_device_config *config,
                        struct mmk_engine *engine, struct mmk_device **device,
                        struct mmk_device_caps *caps)
{
    struct mux_device *m = calloc(1, sizeof *m);
    mmk_err err;
    m->sim = sim_of(self, config);
    err = sim_seam(m->sim)->ops->open(sim_seam(m->sim), config, engine, &m->device, caps);
    if (err != MMK_OK) {
        free(m);
        return err;
    }
    *device = (struct mmk_device *)(void *)m;
    return MMK_OK;
}

static struct mux_device *dev(struct mmk_device *device)
{
    return (struct mux_device *)(void *)device;
}

static mmk_err mux_start(struct mmk_devices *self, struct mmk_device *device)
{
    struct mux_device *m = dev(device);
    (void)self;
    return sim_seam(m->sim)->ops->start(sim_seam(m->sim), m->device);
}

static void mux_stop(struct mmk_devices *self, struct mmk_device *device)
{
    struct mux_device *m = dev(device);
    (void)self;
    sim_seam(m->sim)->ops->stop(sim_seam(m->sim), m->device);
}

static void mux_kick(struct mmk_devices *self, struct mmk_device *device)
{
    struct mux_device *m = dev(device);
    (void)self;
    sim_seam(m->sim)->ops->kick(sim_seam(m->sim), m->device);
}

static mmk_err mux_close(struct mmk_devices *self, struct mmk_device *device)
{
    struct mux_device *m = dev(device);
    struct card *card = mux_of(self)->card;
    mmk_err err;
    if (card->close_ms > 0)
        card->platform->ops->sleep_ns(card->platform, card->close_ms * 1000000ull);
    err = sim_seam(m->sim)->ops->close(sim_seam(m->sim), m->device);
    free(m);
    return err;
}

static const struct mmk_devices_ops mux_ops = {mux_enumerate, mux_probe, mux_open, mux_start,
                                               mux_stop,      mux_kick,  mux_close};

/* ------------------------------------------------------------------ notify: the client's ear */

struct ear {
    struct mmk_notify seam; /* first member */
    struct card *card;
};

uint32_t card_flags(const struct mmk_wavehdr *header)
{
    uint32_t flags;
    const char *at = (const char *)header + offsetof(struct mmk_wavehdr, dwFlags);
    if (((uintptr_t)at & 3u) == 0)
        return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
    memcpy(&flags, at, sizeof flags);
    return flags;
}

static void ear_deliver(struct mmk_notify *self, const struct mmk_callback *callback, uint32_t msg,
                        uintptr_t p1, uintptr_t p2)
{
    struct card *card = ((struct ear *)(void *)self)->card;
    struct card_event event = {msg, callback->handle, callback->user, p1, 0, 0};
    (void)p2;
    event.thread = card->platform->ops->thread_id(card->platform);
    if (msg == MMK_WOM_DONE || msg == MMK_WIM_DATA)
        event.flags_seen = card_flags((const struct mmk_wavehdr *)p1);
    pthread_mutex_lock(&card->lock);
    if (test_platform_locks_held() != 0)
        card->locked_callbacks++;
    if (card->n_log < CARD_LOG)
        card->log[card->n_log++] = event;
    pthread_mutex_unlock(&card->lock);
    if (card->hook != NULL)
        card->hook(card->hook_user, card, &event);
}

static const struct mmk_notify_ops ear_ops = {ear_deliver};

/* ------------------------------------------------------------------ host */

static mmk_err host_count(void *user, uint32_t *n)
{
    struct card *card = user;
    if (card->count_err == MMK_OK)
        *n = card->n_devices;
    return card->count_err;
}

static mmk_err host_setup(void *user, uint32_t device, mmk_direction direction,
                          struct mmk_wave_setup *out)
{
    struct card *card = user;
    if (card->setup_err != MMK_OK)
        return card->setup_err;
    out->device.direction = direction;
    strcpy(out->device.backend, "sim");
    out->device.path[0] = (char)('0' + device + card->shift);
    out->device.format = card->config.device_format;
    out->device.clock = card->config.freewheel ? MMK_CLOCK_FREEWHEEL : MMK_CLOCK_REAL;
    out->quality = MMK_QUALITY_HIGH;
    out->dither = card->config.dither;
    out->clients_max = card->config.clients_max;
    return MMK_OK;
}

/* ------------------------------------------------------------------ life */

struct card *card_create(const struct card_config *config)
{
    struct card *card = calloc(1, sizeof *card);
    struct mux *mux = calloc(1, sizeof *mux);
    struct ear *ear = calloc(1, sizeof *ear);
    struct mmk_wave_config wave;

    card->config = *config;
    if (card->config.device_format.sample == MMK_SAMPLE_NONE)
        card->config.device_format = card_cd;
    card->n_devices = config->n_devices > 0 ? config->n_devices : 1;
    card->log = calloc(CARD_LOG, sizeof *card->log);
    pthread_mutex_init(&card->lock, NULL);
    card->tp = test_platform_create((config->threads ? 0 : TEST_PLATFORM_NO_THREADS) |
                                    (config->real_clock ? 0 : TEST_PLATFORM_VIRTUAL_CLOCK));
    card->platform = test_platform_seam(card->tp);
    for (unsigned d = 0; d < MMK_DIRECTION_COUNT; d++)
        for (unsigned i = 0; i < CARD_DEVICES; i++) {
            struct sim_config sim = config->sim;
            sim.format = card->config.device_format;
            card->sim[d][i] = sim_create(card->platform, &sim);
        }
    mux->seam.ops = &mux_ops;
    mux->card = card;
    ear->seam.ops = &ear_ops;
    ear->card = card;
    card->port.platform = card->platform;
    card->port.devices = &mux->seam;
    card->port.notify = &ear->seam;
    card->port.host = "posix";
    card->port.pointer_bits = 64;

    memset(&wave, 0, sizeof wave);
    wave.port = &card->port;
    wave.host = (struct mmk_wave_host){card, host_count, host_setup};
    wave.name = "card";
    wave.title = "a card for tests";
    wave.version = 1u << 24 | 2u << 16 | 3u;
    wave.manufacturer_id = 11;
    wave.product_id = 22;
    wave.has_aux = true;
    wave.has_mixer = true;
    if (!config->no_wave && mmk_wave_open(&wave, &card->wave) != MMK_OK)
        abort();
    return card;
}

unsigned card_destroy(struct card *card)
{
    unsigned faults = card->locked_callbacks;

    mmk_wave_close(card->wave);
    for (unsigned d = 0; d < MMK_DIRECTION_COUNT; d++)
        for (unsigned i = 0; i < CARD_DEVICES; i++) {
            const struct sim_counts counts = sim_counts(card->sim[d][i]);
            faults += counts.bad_renders + (counts.opens - counts.closes);
            sim_destroy(card->sim[d][i]);
        }
    faults += test_platform_destroy(card->tp);
    free(card->port.devices);
    free(card->port.notify);
    pthread_mutex_destroy(&card->lock);
    free(card->log);
    free(card);
    return faults;
}

/* ------------------------------------------------------------------ as a client talks */

uint32_t card_send(struct card *card, mmk_wave_kind kind, uint32_t msg, uintptr_t user,
                   uintptr_t p1, uintptr_t p2)
{
    return mmk_wave_message(card->wave, kind, 0, msg, user, p1, p2);
}

uint32_t card_open_result(struct card *card, mmk_wave_kind kind, uint32_t device, const void *wfx,
                          uint32_t flags, uintptr_t instance, uintptr_t *handle)
{
    struct mmk_waveopendesc desc;
    memset(&desc, 0, sizeof desc);
    desc.hWave = 0x1000 + instance;
    desc.lpFormat = wfx;
    desc.dwCallback = 1;
    desc.dwInstance = instance;
    return mmk_wave_message(card->wave, kind, device,
                            kind == MMK_WAVE_OUT ? MMK_WODM_OPEN : MMK_WIDM_OPEN, (uintptr_t)handle,
                            (uintptr_t)&desc, MMK_CALLBACK_FUNCTION | flags);
}

uintptr_t card_open(struct card *card, mmk_wave_kind kind, const struct mmk_format *format,
                    uint32_t flags)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    uintptr_t handle = 0;
    size_t len;
    if (mmk_format_to_wfx(format, false, wfx, &len) != MMK_OK ||
        card_open_result(card, kind, 0, wfx, flags, 0, &handle) != MMK_MMSYSERR_NOERROR)
        return 0;
    return handle;
}

void card_header(struct mmk_wavehdr *header, void *data, uint32_t n_bytes)
{
    memset(header, 0, sizeof *header);
    header->lpData = data;
    header->dwBufferLength = n_bytes;
    header->dwFlags = MMK_WHDR_PREPARED;
}

uint32_t card_write(struct card *card, uintptr_t handle, struct mmk_wavehdr *header)
{
    return card_send(card, MMK_WAVE_OUT, MMK_WODM_WRITE, handle, (uintptr_t)header, sizeof *header);
}

uint32_t card_add(struct card *card, uintptr_t handle, struct mmk_wavehdr *header)
{
    return card_send(card, MMK_WAVE_IN, MMK_WIDM_ADDBUFFER, handle, (uintptr_t)header,
                     sizeof *header);
}

void card_settle(struct card *card)
{
    mmk_wave_reap(card->wave);
}

uint32_t card_position(struct card *card, mmk_wave_kind kind, uintptr_t handle, uint32_t type)
{
    struct mmk_mmtime time = {.wType = type};
    const uint32_t msg = kind == MMK_WAVE_OUT ? MMK_WODM_GETPOS : MMK_WIDM_GETPOS;
    if (card_send(card, kind, msg, handle, (uintptr_t)&time, sizeof time) != MMK_MMSYSERR_NOERROR)
        return UINT32_MAX;
    return time.u.cb;
}

unsigned card_count(struct card *card, uint32_t msg)
{
    unsigned n = 0;
    pthread_mutex_lock(&card->lock);
    for (uint32_t i = 0; i < card->n_log; i++)
        n += card->log[i].msg == msg;
    pthread_mutex_unlock(&card->lock);
    return n;
}
