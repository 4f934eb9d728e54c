/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_WAVE_DEVICE_H
#define MMECTL_WAVE_DEVICE_H

/** What play and record share: finding the device of --device, speaking of results, and the two
 *  dozen lines between a buffer and waveOutWrite. */

#include <mmk/format.h>

#include "mmectl.h"

struct wave_device {
    uint32_t number;                       /* as programs count */
    const struct mmk_driver_class *driver; /* NULL: somebody else's module */
    uint32_t own_number;                   /* in its module; settings are stored by this one */
    char name[200];
    struct mmk_device_config config; /* what it is set to; zeroed for somebody else's driver */
    struct mmk_device_caps caps;     /* what it does when it is opened; zeroed likewise */
};

/** Find the device of --device (0 if none was given). Fails if there is none. */
enum outcome wave_device_find(struct mmectl *m, mmk_direction direction, struct wave_device *out);

/**
 * What the device is set to, and whether it can be used: the driver's own probe, whose words name
 * cause and cure, before a wave call could only answer with a number.
 */
enum outcome wave_device_probe(struct mmectl *m, mmk_direction direction,
                               struct wave_device *device);

/** fail() for a result of a wave call. what: "the device cannot be opened" */
enum outcome fail_wave(struct mmectl *m, uint32_t result, const char *what);

/* ------------------------------------------------------------------ buffers */

#define WAVE_BUFFERS 4

struct wave_buffer {
    struct mmk_wavehdr header; /* first: aligned as the struct is */
    unsigned char *data;
    bool prepared, out; /* out: the driver has it */
};

struct wave_buffers {
    struct wave_buffer buffer[WAVE_BUFFERS];
    unsigned next;  /* buffers go round in order */
    size_t n_bytes; /* of each */
};

/** Memory for WAVE_BUFFERS buffers of about 100 ms. */
bool wave_buffers_init(struct wave_buffers *buffers, const struct mmk_format *format);
/** Unprepare and free; the driver must have given all back. */
void wave_buffers_fini(struct wave_buffers *buffers, struct host_wave *wave);
/** Prepare if needed and hand to the driver. */
uint32_t wave_buffer_queue(struct wave_buffer *buffer, struct host_wave *wave, size_t n_bytes);
/** Wait until that buffer is back. @return false: Ctrl-C */
bool wave_buffer_wait(struct wave_buffer *buffer, struct host_wave *wave);

#endif
