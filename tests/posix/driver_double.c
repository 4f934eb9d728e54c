/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "driver_double.h"

#include <stdio.h>
#include <string.h>

struct driver_double driver_double;

static uintptr_t last_id;

void driver_double_reset(void)
{
    memset(&driver_double, 0, sizeof driver_double);
    driver_double.load_answer = 1;
    driver_double.n_out = 1;
    driver_double.n_in = 1;
    driver_double.n_aux = 1;
    driver_double.n_mixer = 1;
    driver_double.bad_device = UINT32_MAX;
}

static intptr_t opened(intptr_t options, intptr_t lparam2)
{
    const mmk_char16 *text = (const mmk_char16 *)options;
    size_t n = 0;
    if (text == NULL) {
        strcpy(driver_double.options, "(null)");
    } else {
        for (; text[n] != 0 && n < sizeof driver_double.options - 1; n++)
            driver_double.options[n] = (char)text[n];
        driver_double.options[n] = '\0';
    }
    driver_double.open_lparam2 = lparam2;
    if (driver_double.refuse_open || (driver_double.refuse_real && lparam2 != 0))
        return 0;
    return (intptr_t)++last_id;
}

static intptr_t driver_proc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1,
                            intptr_t lparam2)
{
    (void)id;
    (void)hdrvr;
    switch (msg) {
    case MMK_DRV_LOAD:
        return driver_double.load_answer;
    case MMK_DRV_OPEN:
        return opened(lparam1, lparam2);
    case MMK_DRV_CLOSE:
        driver_double.close_lparam1 = lparam1;
        return 1;
    default:
        return msg >= MMK_DRV_USER ? (intptr_t)(lparam1 + lparam2) : 1;
    }
}

static uint32_t wave_open(uint32_t device, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    static const uintptr_t instance = 0x1234;
    memcpy(&driver_double.desc, (const void *)p1, sizeof driver_double.desc);
    driver_double.open_flags = (uint32_t)p2;
    if (device == driver_double.bad_device)
        return MMK_WAVERR_BADFORMAT;
    if (driver_double.open_answer != 0 || (p2 & MMK_WAVE_FORMAT_QUERY) != 0)
        return driver_double.open_answer;
    memcpy((void *)user, &instance, sizeof instance);
    if ((p2 & MMK_CALLBACK_TYPEMASK) == MMK_CALLBACK_FUNCTION)
        ((mmk_posix_callback *)driver_double.desc.dwCallback)(
            driver_double.desc.hWave, MMK_WOM_OPEN, driver_double.desc.dwInstance, 0, 0);
    return 0;
}

static uint32_t prepare(uintptr_t header, uint32_t flag_on, uint32_t flag_off)
{
    struct mmk_wavehdr hdr;
    if (!driver_double.prepares)
        return MMK_MMSYSERR_NOTSUPPORTED;
    memcpy(&hdr, (const void *)header, sizeof hdr);
    hdr.dwFlags = (hdr.dwFlags | flag_on) & ~flag_off;
    memcpy((void *)header, &hdr, sizeof hdr);
    return 0;
}

static uint32_t submit(uintptr_t header)
{
    struct mmk_wavehdr hdr;
    memcpy(&hdr, (const void *)header, sizeof hdr);
    hdr.dwFlags |= MMK_WHDR_INQUEUE;
    memcpy((void *)header, &hdr, sizeof hdr);
    driver_double.submitted++;
    return 0;
}

static void note(uint32_t device, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    driver_double.device = device;
    driver_double.user = user;
    driver_double.p1 = p1;
    driver_double.p2 = p2;
}

static uint32_t wod_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2)
{
    note(device, user, p1, p2);
    switch (msg) {
    case MMK_DRVM_INIT:
        return driver_double.init_answer;
    case MMK_WODM_GETNUMDEVS:
        return driver_double.n_out;
    case MMK_WODM_OPEN:
        return wave_open(device, user, p1, p2);
    case MMK_WODM_CLOSE:
        return driver_double.close_answer;
    case MMK_WODM_PREPARE:
        return prepare(p1, MMK_WHDR_PREPARED, MMK_WHDR_DONE);
    case MMK_WODM_UNPREPARE:
        return prepare(p1, 0, MMK_WHDR_PREPARED);
    case MMK_WODM_WRITE:
        return submit(p1);
    case MMK_WODM_GETDEVCAPS:
        if (p2 >= 2)
            memcpy((void *)p1, "\x11\x22", 2); /* wMid 0x2211 */
        return 0;
    default:
        return 0;
    }
}

static uint32_t wid_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2)
{
    note(device, user, p1, p2);
    switch (msg) {
    case MMK_WIDM_GETNUMDEVS:
        return driver_double.n_in;
    case MMK_WIDM_OPEN:
        return wave_open(device, user, p1, p2);
    case MMK_WIDM_CLOSE:
        return driver_double.close_answer;
    case MMK_WIDM_PREPARE:
        return prepare(p1, MMK_WHDR_PREPARED, MMK_WHDR_DONE);
    case MMK_WIDM_UNPREPARE:
        return prepare(p1, 0, MMK_WHDR_PREPARED);
    case MMK_WIDM_ADDBUFFER:
        return submit(p1);
    default:
        return 0;
    }
}

static uint32_t aux_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2)
{
    static const uint32_t volume = 0x80004000u;
    note(device, user, p1, p2);
    if (msg == MMK_AUXDM_GETVOLUME)
        memcpy((void *)p1, &volume, sizeof volume);
    return msg == MMK_AUXDM_GETNUMDEVS ? driver_double.n_aux : 0;
}

static uint32_t mxd_message(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2)
{
    static const uintptr_t instance = 0x77;
    note(device, user, p1, p2);
    if (msg == MMK_MXDM_OPEN)
        memcpy((void *)user, &instance, sizeof instance);
    return msg == MMK_MXDM_GETNUMDEVS ? driver_double.n_mixer : 0;
}

#define FUNCTIONS                                                                       \
    .driver_proc = driver_proc, .wod_message = wod_message, .wid_message = wid_message, \
    .aux_message = aux_message, .mxd_message = mxd_message

const struct mmk_posix_module driver_double_modules[2] = {
    {.file = "double.drv", .version = 0x01020003, FUNCTIONS},
    {.file = "other.drv", .version = 0x02000000, FUNCTIONS},
};
