/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm: waveOut* and waveIn*. What winmm itself checks is checked here; the rest is the
 * driver's answer. */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "mini_winmm_internal.h"

/* The two directions differ in their numbers only. */
static const struct wave_messages {
    uint32_t caps, open, close, prepare, unprepare, submit, position;
} messages[] = {
    [MMKI_WAVE_OUT] = {MMK_WODM_GETDEVCAPS, MMK_WODM_OPEN, MMK_WODM_CLOSE, MMK_WODM_PREPARE,
                       MMK_WODM_UNPREPARE, MMK_WODM_WRITE, MMK_WODM_GETPOS},
    [MMKI_WAVE_IN] = {MMK_WIDM_GETDEVCAPS, MMK_WIDM_OPEN, MMK_WIDM_CLOSE, MMK_WIDM_PREPARE,
                      MMK_WIDM_UNPREPARE, MMK_WIDM_ADDBUFFER, MMK_WIDM_GETPOS},
};

#define OPEN_FLAGS                                                                           \
    (MMK_WAVE_FORMAT_QUERY | MMK_WAVE_ALLOWSYNC | MMK_WAVE_MAPPED | MMK_WAVE_FORMAT_DIRECT | \
     MMK_WAVE_MAPPED_DEFAULT_COMMUNICATION_DEVICE | MMK_CALLBACK_TYPEMASK)

/* ------------------------------------------------------------------ sending */

static uint32_t by_handle(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                          uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    struct mmki_object *wave = mmki_winmm_get(mm, handle, type);
    if (wave == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    uint32_t result =
        mmki_winmm_send(mm, wave->module, type, wave->device, msg, wave->user, p1, p2);
    mmki_winmm_put(mm, wave);
    return result;
}

/* ------------------------------------------------------------------ open and close */

static uint32_t check_callback(uintptr_t callback, uint32_t flags)
{
    switch (flags & MMK_CALLBACK_TYPEMASK) {
    case MMK_CALLBACK_NULL:
    case MMK_CALLBACK_FUNCTION:
    case MMK_CALLBACK_THREAD:
    case MMK_CALLBACK_EVENT:
        return MMK_MMSYSERR_NOERROR;
    case MMK_CALLBACK_WINDOW: /* winmm asks IsWindow; here nothing is one */
        return callback == 0 ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_INVALPARAM;
    default:
        return MMK_MMSYSERR_INVALFLAG;
    }
}

static uint32_t open_device(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t *handle,
                            uint32_t device, struct mmk_waveopendesc *desc, uint32_t flags)
{
    struct mmki_winmm_target target;
    uintptr_t unused = 0;
    uint32_t result = mmki_winmm_target(mm, type, device, &target);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    if ((flags & MMK_WAVE_FORMAT_QUERY) != 0) {
        result = mmki_winmm_send(mm, target.module, type, target.device, messages[type].open,
                                 (uintptr_t)&unused, (uintptr_t)desc, flags);
        mmki_winmm_target_put(mm, &target);
        return result;
    }
    struct mmki_object *wave = mmki_winmm_new_object(mm, type, target.module);
    if (wave == NULL) {
        mmki_winmm_target_put(mm, &target);
        return MMK_MMSYSERR_NOMEM;
    }
    wave->device = target.device;
    wave->global = device;
    desc->hWave = wave->handle;
    /* the driver writes its instance into wave->user before it calls back: the client may use the
     * handle at once */
    result = mmki_winmm_send(mm, target.module, type, target.device, messages[type].open,
                             (uintptr_t)&wave->user, (uintptr_t)desc, flags);
    if (result == MMK_MMSYSERR_NOERROR)
        *handle = wave->handle;
    else
        mmki_winmm_drop(mm, wave);
    mmki_winmm_target_put(mm, &target);
    return result;
}

/** The mapper: the first device that takes the format. */
static uint32_t open_mapper(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t *handle,
                            struct mmk_waveopendesc *desc, uint32_t flags)
{
    uint32_t count =
        type == MMKI_WAVE_OUT ? mmk_winmm_wave_out_num_devs(mm) : mmk_winmm_wave_in_num_devs(mm);
    uint32_t result = MMK_MMSYSERR_NODRIVER;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t answer = open_device(mm, type, handle, i, desc, flags);
        if (answer == MMK_MMSYSERR_NOERROR)
            return answer;
        if (result != MMK_WAVERR_BADFORMAT) /* says more than what the others have */
            result = answer;
    }
    return result;
}

static uint32_t wave_open(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t *handle,
                          uint32_t device, const void *format, uintptr_t callback,
                          uintptr_t instance, uint32_t flags)
{
    if (handle == NULL && (flags & MMK_WAVE_FORMAT_QUERY) == 0)
        return MMK_MMSYSERR_INVALPARAM;
    if (format == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if ((flags & ~OPEN_FLAGS) != 0)
        return MMK_MMSYSERR_INVALFLAG;
    uint32_t result = check_callback(callback, flags);
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    struct mmk_waveopendesc desc;
    memset(&desc, 0, sizeof desc);
    desc.lpFormat = format;
    desc.dwCallback = callback;
    desc.dwInstance = instance;
    if (device == MMK_WAVE_MAPPER)
        return open_mapper(mm, type, handle, &desc, flags);
    if (device > 0xffff)
        return MMK_MMSYSERR_BADDEVICEID;
    return open_device(mm, type, handle, device, &desc, flags);
}

static uint32_t wave_close(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle)
{
    struct mmki_object *wave = mmki_winmm_get(mm, handle, type);
    if (wave == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    uint32_t result = mmki_winmm_send(mm, wave->module, type, wave->device, messages[type].close,
                                      wave->user, 0, 0);
    if (result == MMK_MMSYSERR_NOERROR)
        mmki_winmm_drop(mm, wave);
    mmki_winmm_put(mm, wave);
    return result;
}

static uint32_t wave_id(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                        uint32_t *device)
{
    if (device == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    struct mmki_object *wave = mmki_winmm_get(mm, handle, type);
    if (wave == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    *device = wave->global;
    mmki_winmm_put(mm, wave);
    return MMK_MMSYSERR_NOERROR;
}

/* ------------------------------------------------------------------ capabilities and other
 * messages */

/** What the mapper says of itself: the first device's abilities under its own name. */
static uint32_t mapper_caps(struct mmk_winmm *mm, enum mmki_winmm_type type, void *caps,
                            uint32_t size)
{
    static const char name[] = "Wave mapper";
    union {
        struct mmk_waveoutcapsw out;
        struct mmk_waveincapsw in;
    } all;
    uint32_t whole = type == MMKI_WAVE_OUT ? sizeof all.out : sizeof all.in;
    memset(&all, 0, sizeof all);
    uint32_t result = mmki_winmm_send_to(mm, type, 0, messages[type].caps, (uintptr_t)&all, whole);
    if (result == MMK_MMSYSERR_BADDEVICEID)
        return MMK_MMSYSERR_NODRIVER;
    if (result != MMK_MMSYSERR_NOERROR)
        return result;
    /* both structures begin alike */
    memset(all.out.szPname, 0, sizeof all.out.szPname);
    for (size_t i = 0; i < sizeof name; i++)
        all.out.szPname[i] = (mmk_char16)name[i];
    memcpy(caps, &all, size < whole ? size : whole);
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t wave_caps(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                          void *caps, uint32_t size)
{
    if (caps == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    if (device == MMK_WAVE_MAPPER || device == UINTPTR_MAX)
        return mapper_caps(mm, type, caps, size);
    return mmki_winmm_send_to(mm, type, device, messages[type].caps, (uintptr_t)caps, size);
}

static uint32_t wave_message(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t device,
                             uint32_t msg, uintptr_t p1, uintptr_t p2)
{
    if (msg == messages[type].open || msg == messages[type].close)
        return MMK_MMSYSERR_NOTSUPPORTED; /* the handle table must know of these */
    if ((device == MMK_WAVE_MAPPER || device == UINTPTR_MAX) &&
        (msg == MMK_DRVM_MAPPER_PREFERRED_GET || msg == MMK_DRVM_MAPPER_CONSOLEVOICECOM_GET)) {
        uint32_t preferred = 0;
        if (p1 == 0)
            return MMK_MMSYSERR_INVALPARAM;
        mmki_winmm_load_devices(mm);
        pthread_mutex_lock(&mm->mutex);
        if (mm->n_devices[type] == 0)
            preferred = MMK_WAVE_MAPPER; /* none */
        pthread_mutex_unlock(&mm->mutex);
        memcpy((void *)p1, &preferred, sizeof preferred);
        if (p2 != 0)
            memset((void *)p2, 0, sizeof(uint32_t));
        return MMK_MMSYSERR_NOERROR;
    }
    return mmki_winmm_send_to(mm, type, device, msg, p1, p2);
}

/* ------------------------------------------------------------------ buffers */

/* The driver's thread sets these flags; clients poll them, and so do we. A header may lie at any
 * address. */
static uint32_t flags_of(const struct mmk_wavehdr *header)
{
    const unsigned char *at = (const unsigned char *)header + offsetof(struct mmk_wavehdr, dwFlags);
    uint32_t flags;
    if ((uintptr_t)at % _Alignof(uint32_t) == 0)
        return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at,
                                    memory_order_acquire);
    memcpy(&flags, at, sizeof flags);
    return flags;
}

static void set_flags(struct mmk_wavehdr *header, uint32_t flags)
{
    memcpy((unsigned char *)header + offsetof(struct mmk_wavehdr, dwFlags), &flags, sizeof flags);
}

static bool is_header(const struct mmk_wavehdr *header, uint32_t size)
{
    return header != NULL && size >= sizeof *header;
}

static bool has_data(const struct mmk_wavehdr *header)
{
    char *data;
    memcpy(&data, (const unsigned char *)header + offsetof(struct mmk_wavehdr, lpData),
           sizeof data);
    return data != NULL;
}

static uint32_t wave_prepare(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                             struct mmk_wavehdr *header, uint32_t size)
{
    if (!is_header(header, size))
        return MMK_MMSYSERR_INVALPARAM;
    uint32_t result = by_handle(mm, type, handle, messages[type].prepare, (uintptr_t)header, size);
    if (result != MMK_MMSYSERR_NOTSUPPORTED)
        return result;
    uint32_t flags = flags_of(header); /* the driver leaves it to us */
    if ((flags & MMK_WHDR_PREPARED) == 0)
        set_flags(header, (flags | MMK_WHDR_PREPARED) & ~(MMK_WHDR_DONE | MMK_WHDR_INQUEUE));
    return MMK_MMSYSERR_NOERROR;
}

static uint32_t wave_unprepare(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                               struct mmk_wavehdr *header, uint32_t size)
{
    if (!is_header(header, size))
        return MMK_MMSYSERR_INVALPARAM;
    uint32_t flags = flags_of(header);
    if ((flags & MMK_WHDR_PREPARED) == 0)
        return MMK_MMSYSERR_NOERROR;
    if ((flags & MMK_WHDR_INQUEUE) != 0)
        return MMK_WAVERR_STILLPLAYING;
    uint32_t result =
        by_handle(mm, type, handle, messages[type].unprepare, (uintptr_t)header, size);
    if (result != MMK_MMSYSERR_NOTSUPPORTED)
        return result;
    set_flags(header, flags_of(header) & ~MMK_WHDR_PREPARED);
    return MMK_MMSYSERR_NOERROR;
}

/** waveOutWrite, waveInAddBuffer */
static uint32_t wave_submit(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                            struct mmk_wavehdr *header, uint32_t size)
{
    if (!is_header(header, size))
        return MMK_MMSYSERR_INVALPARAM;
    struct mmki_object *wave = mmki_winmm_get(mm, handle, type);
    if (wave == NULL)
        return MMK_MMSYSERR_INVALHANDLE;
    uint32_t flags = flags_of(header);
    uint32_t result;
    if (!has_data(header) || (flags & MMK_WHDR_PREPARED) == 0)
        result = MMK_WAVERR_UNPREPARED;
    else if ((flags & MMK_WHDR_INQUEUE) != 0)
        result = MMK_WAVERR_STILLPLAYING;
    else
        result = mmki_winmm_send(mm, wave->module, type, wave->device, messages[type].submit,
                                 wave->user, (uintptr_t)header, size);
    mmki_winmm_put(mm, wave);
    return result;
}

static uint32_t wave_position(struct mmk_winmm *mm, enum mmki_winmm_type type, uintptr_t handle,
                              struct mmk_mmtime *time, uint32_t size)
{
    if (time == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    return by_handle(mm, type, handle, messages[type].position, (uintptr_t)time, size);
}

/* ------------------------------------------------------------------ waveOut* */

uint32_t mmk_winmm_wave_out_caps(struct mmk_winmm *mm, uintptr_t device, void *caps, uint32_t size)
{
    return wave_caps(mm, MMKI_WAVE_OUT, device, caps, size);
}

uint32_t mmk_winmm_wave_out_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device,
                                 const void *format, uintptr_t callback, uintptr_t instance,
                                 uint32_t flags)
{
    return wave_open(mm, MMKI_WAVE_OUT, handle, device, format, callback, instance, flags);
}

uint32_t mmk_winmm_wave_out_close(struct mmk_winmm *mm, uintptr_t handle)
{
    return wave_close(mm, MMKI_WAVE_OUT, handle);
}

uint32_t mmk_winmm_wave_out_prepare(struct mmk_winmm *mm, uintptr_t handle,
                                    struct mmk_wavehdr *header, uint32_t size)
{
    return wave_prepare(mm, MMKI_WAVE_OUT, handle, header, size);
}

uint32_t mmk_winmm_wave_out_unprepare(struct mmk_winmm *mm, uintptr_t handle,
                                      struct mmk_wavehdr *header, uint32_t size)
{
    return wave_unprepare(mm, MMKI_WAVE_OUT, handle, header, size);
}

uint32_t mmk_winmm_wave_out_write(struct mmk_winmm *mm, uintptr_t handle,
                                  struct mmk_wavehdr *header, uint32_t size)
{
    return wave_submit(mm, MMKI_WAVE_OUT, handle, header, size);
}

uint32_t mmk_winmm_wave_out_pause(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_PAUSE, 0, 0);
}

uint32_t mmk_winmm_wave_out_restart(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_RESTART, 0, 0);
}

uint32_t mmk_winmm_wave_out_reset(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_RESET, 0, 0);
}

uint32_t mmk_winmm_wave_out_break_loop(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_BREAKLOOP, 0, 0);
}

uint32_t mmk_winmm_wave_out_position(struct mmk_winmm *mm, uintptr_t handle,
                                     struct mmk_mmtime *time, uint32_t size)
{
    return wave_position(mm, MMKI_WAVE_OUT, handle, time, size);
}

uint32_t mmk_winmm_wave_out_get_volume(struct mmk_winmm *mm, uintptr_t device, uint32_t *volume)
{
    if (volume == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    return mmki_winmm_send_to(mm, MMKI_WAVE_OUT, device, MMK_WODM_GETVOLUME, (uintptr_t)volume, 0);
}

uint32_t mmk_winmm_wave_out_set_volume(struct mmk_winmm *mm, uintptr_t device, uint32_t volume)
{
    return mmki_winmm_send_to(mm, MMKI_WAVE_OUT, device, MMK_WODM_SETVOLUME, volume, 0);
}

static uint32_t out_get(struct mmk_winmm *mm, uintptr_t handle, uint32_t msg, uint32_t *value)
{
    if (value == NULL)
        return MMK_MMSYSERR_INVALPARAM;
    return by_handle(mm, MMKI_WAVE_OUT, handle, msg, (uintptr_t)value, 0);
}

uint32_t mmk_winmm_wave_out_get_pitch(struct mmk_winmm *mm, uintptr_t handle, uint32_t *pitch)
{
    return out_get(mm, handle, MMK_WODM_GETPITCH, pitch);
}

uint32_t mmk_winmm_wave_out_set_pitch(struct mmk_winmm *mm, uintptr_t handle, uint32_t pitch)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_SETPITCH, pitch, 0);
}

uint32_t mmk_winmm_wave_out_get_rate(struct mmk_winmm *mm, uintptr_t handle, uint32_t *rate)
{
    return out_get(mm, handle, MMK_WODM_GETPLAYBACKRATE, rate);
}

uint32_t mmk_winmm_wave_out_set_rate(struct mmk_winmm *mm, uintptr_t handle, uint32_t rate)
{
    return by_handle(mm, MMKI_WAVE_OUT, handle, MMK_WODM_SETPLAYBACKRATE, rate, 0);
}

uint32_t mmk_winmm_wave_out_id(struct mmk_winmm *mm, uintptr_t handle, uint32_t *device)
{
    return wave_id(mm, MMKI_WAVE_OUT, handle, device);
}

uint32_t mmk_winmm_wave_out_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg,
                                    uintptr_t p1, uintptr_t p2)
{
    return wave_message(mm, MMKI_WAVE_OUT, device, msg, p1, p2);
}

/* ------------------------------------------------------------------ waveIn* */

uint32_t mmk_winmm_wave_in_caps(struct mmk_winmm *mm, uintptr_t device, void *caps, uint32_t size)
{
    return wave_caps(mm, MMKI_WAVE_IN, device, caps, size);
}

uint32_t mmk_winmm_wave_in_open(struct mmk_winmm *mm, uintptr_t *handle, uint32_t device,
                                const void *format, uintptr_t callback, uintptr_t instance,
                                uint32_t flags)
{
    return wave_open(mm, MMKI_WAVE_IN, handle, device, format, callback, instance, flags);
}

uint32_t mmk_winmm_wave_in_close(struct mmk_winmm *mm, uintptr_t handle)
{
    return wave_close(mm, MMKI_WAVE_IN, handle);
}

uint32_t mmk_winmm_wave_in_prepare(struct mmk_winmm *mm, uintptr_t handle,
                                   struct mmk_wavehdr *header, uint32_t size)
{
    return wave_prepare(mm, MMKI_WAVE_IN, handle, header, size);
}

uint32_t mmk_winmm_wave_in_unprepare(struct mmk_winmm *mm, uintptr_t handle,
                                     struct mmk_wavehdr *header, uint32_t size)
{
    return wave_unprepare(mm, MMKI_WAVE_IN, handle, header, size);
}

uint32_t mmk_winmm_wave_in_add_buffer(struct mmk_winmm *mm, uintptr_t handle,
                                      struct mmk_wavehdr *header, uint32_t size)
{
    return wave_submit(mm, MMKI_WAVE_IN, handle, header, size);
}

uint32_t mmk_winmm_wave_in_start(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_IN, handle, MMK_WIDM_START, 0, 0);
}

uint32_t mmk_winmm_wave_in_stop(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_IN, handle, MMK_WIDM_STOP, 0, 0);
}

uint32_t mmk_winmm_wave_in_reset(struct mmk_winmm *mm, uintptr_t handle)
{
    return by_handle(mm, MMKI_WAVE_IN, handle, MMK_WIDM_RESET, 0, 0);
}

uint32_t mmk_winmm_wave_in_position(struct mmk_winmm *mm, uintptr_t handle, struct mmk_mmtime *time,
                                    uint32_t size)
{
    return wave_position(mm, MMKI_WAVE_IN, handle, time, size);
}

uint32_t mmk_winmm_wave_in_id(struct mmk_winmm *mm, uintptr_t handle, uint32_t *device)
{
    return wave_id(mm, MMKI_WAVE_IN, handle, device);
}

uint32_t mmk_winmm_wave_in_message(struct mmk_winmm *mm, uintptr_t device, uint32_t msg,
                                   uintptr_t p1, uintptr_t p2)
{
    return wave_message(mm, MMKI_WAVE_IN, device, msg, p1, p2);
}
