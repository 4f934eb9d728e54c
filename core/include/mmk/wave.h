/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WAVE_H
#define MMK_WAVE_H

/**
 * Wave output and input, aux and mixer: the WODM_*, WIDM_*, AUXDM_* and MXDM_* messages over the
 * engine.
 *
 * One struct mmk_wave serves all devices of one module. It owns the stream handles, the queues of
 * client buffers and the volumes; sound is the engine's. What a device is (format, backend,
 * quality) it asks its *host*, the driver that made it, each time the first client opens the
 * device.
 *
 *     mmk_wave_open(&config, &wave);
 *     mmk_wave_message(wave, MMK_WAVE_OUT, 0, MMK_WODM_OPEN, user, p1, p2);
 *     ...
 *     mmk_wave_close(wave);
 *
 * Rules that the documents leave open, as decided here (tests/contract/messages.tsv has one row for
 * each):
 *
 *  - Handles (dwUser) are index and generation, never pointers. A stale one, or one of the
 *    other direction, gets MMSYSERR_INVALHANDLE. With a good handle the device number is not
 *    looked at.
 *  - Client structures may lie at any address and are copied. Only WAVEHDR.dwFlags is written
 *    while the client may look: last, by one release store. After it the header is the client's
 *    again, at once.
 *  - One engine for each device and direction, opened with the first client, closed with the
 *    last. A device that went away is opened anew by the next OPEN; clients that were on it get
 *    their buffers back and MMSYSERR_NODRIVER for WRITE, and may still ask and close.
 *  - Volume by handle (GET/SETVOLUME with a dwUser) is the stream's, by device number the
 *    device's, aux and mixer the whole card's; they multiply. 0xFFFF is exactly 1, the scale is
 *    linear. One channel: the low word. More than two: left speakers by the low word, right
 *    ones by the high word, those in the middle by the mean.
 *  - Playback rate: 16.16, 0.25 to 4, of one stream, kept over RESET. Pitch:
 *    MMSYSERR_NOTSUPPORTED.
 *  - GETPOS counts in 64 bits and wraps at 2^32 only in the answer. TIME_SMPTE: 30 frames a
 *    second without drop, hours modulo 24, everything rounded down. TIME_MIDI, TIME_TICKS and
 *    unknown types are answered in TIME_BYTES.
 *  - Buffer lengths are rounded down to whole frames; a buffer without a whole frame comes back
 *    in its turn.
 *  - CLOSE while a buffer's WOM_DONE is being delivered on another thread waits for that
 *    callback, at most MMK_WAVE_CLOSE_WAIT_MS, then answers WAVERR_STILLPLAYING: it can never
 *    deadlock. WOM_CLOSE is the last word.
 *  - DRV_QUERYDEVICEINTERFACE: "mmekit:<driver>:<wave-out|wave-in|aux|mixer>:<n>": no PnP path,
 *    but a name that is not cut at 31 characters and tells equal titles apart.
 *  - The mixer has one destination line, "Speakers" (DST_SPEAKERS), with the two controls
 *    volume (2 channels) and mute, and no source lines. Aux device 0 is the same volume. A
 *    change is told to every open mixer by MM_MIXM_CONTROL_CHANGE.
 *
 * Context of all functions: control, any thread, several at once, also inside callbacks of this
 * object.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/abi.h>
#include <mmk/engine.h>
#include <mmk/err.h>
#include <mmk/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mmk_wave;

#define MMK_WAVE_CLOSE_WAIT_MS 1000u
#define MMK_WAVE_DEVICES_MAX   16u /* = MMK_DEVICES_MAX of param.h */
#define MMK_WAVE_CLIENTS_MAX   64u /* of one device and direction */

/** Which entry point a message came in by. */
typedef enum mmk_wave_kind {
    MMK_WAVE_OUT = 0, /* wodMessage */
    MMK_WAVE_IN,      /* widMessage */
    MMK_WAVE_AUX,     /* auxMessage */
    MMK_WAVE_MIXER,   /* mxdMessage */
    MMK_WAVE_KIND_COUNT
} mmk_wave_kind;

/** How one device is to be opened. Zero it first: what is zero has the default said here. */
struct mmk_wave_setup {
    struct mmk_device_config device;
    mmk_quality quality;
    bool dither;
    bool limiter;
    uint32_t clients_max; /* MMSYSERR_ALLOCATED beyond it; 0 = 32, at most MMK_WAVE_CLIENTS_MAX */
};

/** What the module's owner answers. Called with no lock held, on the thread of the message. */
struct mmk_wave_host {
    void *user;
    /** How many wave devices of each direction. @retval MMK_ERR_BUSY  cannot be read now: use what
     * you had */
    mmk_err (*count)(void *user, uint32_t *n_devices);
    /** Settings of one device. @retval MMK_ERR_BUSY  as above; any other error: the device cannot
     * be opened */
    mmk_err (*setup)(void *user, uint32_t device, mmk_direction direction,
                     struct mmk_wave_setup *out);
};

struct mmk_wave_config {
    struct mmk_port *port;     /* platform, devices, notify; borrowed */
    struct mmk_wave_host host; /* copied; its user is borrowed until mmk_wave_close returned */
    const char *name;          /* "mmewave": of the interface names; borrowed */
    const char *title;         /* of szPname, at most 31 UTF-16 units are shown; borrowed */
    uint32_t version;          /* major << 24 | minor << 16 | patch */
    uint32_t generation; /* of the first handles: another number for each object of a module, so
                            that a handle of the one before is stale */
    uint16_t manufacturer_id;
    uint16_t product_id;
    bool has_aux;   /* else auxMessage has no devices */
    bool has_mixer; /* else mxdMessage has no devices */
};

/**
 * Make the object. Nothing is opened or started yet.
 * @retval MMK_ERR_NOMEM, MMK_ERR_INVAL
 */
mmk_err mmk_wave_open(const struct mmk_wave_config *config, struct mmk_wave **out);

/**
 * Close every stream (buffers come back, then WOM_CLOSE or WIM_CLOSE), every device and the
 * notifier. Waits until other threads have left the object, at most MMK_WAVE_CLOSE_WAIT_MS; not
 * when it is called from inside a message or callback of it: memory and notifier then go with the
 * last one that leaves. NULL is fine.
 */
void mmk_wave_close(struct mmk_wave *wave);

/** Keep the memory while another thread may call mmk_wave_close: hold while it is certainly alive,
 * release later. */
void mmk_wave_hold(struct mmk_wave *wave);
void mmk_wave_release(struct mmk_wave *wave);

/** One message. @return MMSYSERR_*, WAVERR_*, MIXERR_*, or a count for GETNUMDEVS */
uint32_t mmk_wave_message(struct mmk_wave *wave, mmk_wave_kind kind, uint32_t device, uint32_t msg,
                          uintptr_t user, uintptr_t p1, uintptr_t p2);

/** What DRVM_DISABLE, DRV_EXITSESSION and a lost device do to the streams of one kind: every buffer
 * comes back, the devices are closed, handles stay and answer. New OPENs are possible at once. */
void mmk_wave_detach(struct mmk_wave *wave, mmk_wave_kind kind);

/** What DRVM_EXIT does: as detach, and the handles of that kind are stale afterwards. */
void mmk_wave_end(struct mmk_wave *wave, mmk_wave_kind kind);

/** Pause (on = false) or go on with all streams of a device below what the clients asked for. */
void mmk_wave_power(struct mmk_wave *wave, mmk_direction direction, uint32_t device, bool on);

/** Whether any client has this device open. */
bool mmk_wave_in_use(struct mmk_wave *wave, mmk_direction direction, uint32_t device);

/** Deliver on this thread what is due: for ports without threads. */
void mmk_wave_reap(struct mmk_wave *wave);

#ifdef __cplusplus
}
#endif

#endif
