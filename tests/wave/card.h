/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_CARD_H
#define MMK_TEST_CARD_H

/**
 * A sound card for tests: wave/ over the real engine, on simulated devices, with an ear on every
 * callback.
 *
 *     struct card *card = card_create(&(struct card_config){.n_devices = 1});
 *     uintptr_t out = card_open(card, MMK_WAVE_OUT, &format, 0);
 *     struct mmk_wavehdr h; card_header(&h, data, len); card_write(card, out, &h);
 *     sim_render(card->sim[MMK_PLAYBACK][0], 480);
 *     card_settle(card);                            // callbacks that are due have been made
 *     cr_assert_eq(card_destroy(card), 0);          // 0: nothing leaked, no lock held in a
 * callback
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <mmk/wave.h>

#include "support/sim_device.h"
#include "support/test_platform.h"

#define CARD_DEVICES 4u
#define CARD_LOG     65536u

/** One callback as a client got it. */
struct card_event {
    uint32_t msg;
    uintptr_t handle; /* hWave of the open */
    uintptr_t user;   /* dwInstance */
    uintptr_t p1;
    uint32_t flags_seen; /* WOM_DONE, WIM_DATA: the header's flags at that moment */
    uint64_t thread;
};

struct card_config {
    uint32_t n_devices;              /* 0 = 1 */
    struct mmk_format device_format; /* sample NONE: 48 kHz, 2, s16 */
    bool dither;
    uint32_t clients_max;
    bool threads; /* a notifier of its own; else callbacks are made only by card_settle, RESET and
                     CLOSE */
    bool real_clock;
    struct sim_config sim; /* of every device; format is set */
    bool freewheel;
    bool no_wave; /* card->wave stays NULL: a driver will make its own */
};

struct card {
    struct card_config config;
    struct test_platform *tp;
    struct mmk_platform *platform;
    struct sim_devices *sim[MMK_DIRECTION_COUNT][CARD_DEVICES];
    struct mmk_wave *wave;
    struct mmk_port port;

    /* the host's answers */
    uint32_t n_devices;
    mmk_err count_err, setup_err;
    unsigned close_ms; /* a device takes so long to close */
    unsigned shift;    /* device n is opened on simulation n + shift */

    pthread_mutex_t lock;
    struct card_event *log;
    uint32_t n_log;
    unsigned locked_callbacks; /* made with a lock held: a fault */
    /** Called inside each callback, if set. */
    void (*hook)(void *user, struct card *card, const struct card_event *event);
    void *hook_user;
};

struct card *card_create(const struct card_config *config);
/** @return faults: leaks, broken rules of the platform, callbacks under a lock, bad renders */
unsigned card_destroy(struct card *card);

/** A message to device 0. */
uint32_t card_send(struct card *card, mmk_wave_kind kind, uint32_t msg, uintptr_t user,
                   uintptr_t p1, uintptr_t p2);
/** OPEN with CALLBACK_FUNCTION on device 0. @return the handle, 0 on failure */
uintptr_t card_open(struct card *card, mmk_wave_kind kind, const struct mmk_format *format,
                    uint32_t flags);
uint32_t card_open_result(struct card *card, mmk_wave_kind kind, uint32_t device, const void *wfx,
                          uint32_t flags, uintptr_t instance, uintptr_t *handle);
/** A prepared header over `data`. */
void card_header(struct mmk_wavehdr *header, void *data, uint32_t n_bytes);
uint32_t card_write(struct card *card, uintptr_t handle, struct mmk_wavehdr *header);
uint32_t card_add(struct card *card, uintptr_t handle, struct mmk_wavehdr *header);
uint32_t card_flags(const struct mmk_wavehdr *header);

/** Deliver what is due, on this thread. */
void card_settle(struct card *card);
/** Position in one time format. */
uint32_t card_position(struct card *card, mmk_wave_kind kind, uintptr_t handle, uint32_t type);
/** How many events of that message so far. */
unsigned card_count(struct card *card, uint32_t msg);

/** A format in a few words. */
struct mmk_format card_format(mmk_sample sample, uint16_t channels, uint32_t rate_hz);
extern const struct mmk_format card_cd; /* 48000 Hz, 2, s16: the device's own */

#endif
