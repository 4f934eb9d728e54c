/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The entry points of wave, aux and mixer: who is served when.
 *
 * Served means: the module is enabled, or DRVM_INIT came for this entry point (there are hosts that
 * never send a DriverProc message), and neither DRVM_EXIT nor DRVM_DISABLE since. Not served:
 * GETNUMDEVS answers 0, since its answer is a count and any error number would be taken for one;
 * everything else MMSYSERR_NOTENABLED. */

#include <string.h>

#include "lifecycle_internal.h"

static const struct {
    uint32_t count, caps, open;
} numbers[MMK_WAVE_KIND_COUNT] = {
    [MMK_WAVE_OUT] = {MMK_WODM_GETNUMDEVS, MMK_WODM_GETDEVCAPS, MMK_WODM_OPEN},
    [MMK_WAVE_IN] = {MMK_WIDM_GETNUMDEVS, MMK_WIDM_GETDEVCAPS, MMK_WIDM_OPEN},
    [MMK_WAVE_AUX] = {MMK_AUXDM_GETNUMDEVS, MMK_AUXDM_GETDEVCAPS, UINT32_MAX},
    [MMK_WAVE_MIXER] = {MMK_MXDM_GETNUMDEVS, MMK_MXDM_GETDEVCAPS, MMK_MXDM_OPEN},
};

/* ------------------------------------------------------------------ the object */

struct mmk_wave *mmki_wave_held(struct mmk_driver *driver)
{
    struct mmk_wave *wave;
    mmki_gate_take(driver);
    wave = driver->wave;
    if (wave != NULL)
        mmk_wave_hold(wave);
    mmki_gate_leave(driver);
    return wave;
}

static struct mmk_wave *make_wave(struct mmk_driver *driver)
{
    const struct mmk_product *product = driver->cls->product;
    struct mmk_wave_config config;
    struct mmk_wave *wave = NULL;

    memset(&config, 0, sizeof config);
    config.port = driver->port;
    config.host = mmki_settings_host(driver);
    config.name = product->name;
    config.title = product->title;
    config.version = product->version;
    mmki_gate_take(driver);
    config.generation = ++driver->n_waves * 7919u; /* a prime: far from the last ones */
    mmki_gate_leave(driver);
    config.manufacturer_id = driver->cls->manufacturer_id;
    config.product_id = driver->cls->product_id;
    config.has_aux = (driver->cls->serves & MMK_SERVES_AUX) != 0;
    config.has_mixer = (driver->cls->serves & MMK_SERVES_MIXER) != 0;
    return mmk_wave_open(&config, &wave) == MMK_OK ? wave : NULL;
}

/* Gate held. */
static bool is_served(const struct mmk_driver *driver, mmk_wave_kind kind, uint32_t msg)
{
    switch (driver->mode[kind]) {
    case MODE_FOLLOWS:
        return driver->level == LEVEL_ENABLED;
    case MODE_ON:
        return true;
    case MODE_DISABLED:
        return msg != numbers[kind].open && msg != numbers[kind].caps;
    case MODE_OFF:
    default:
        return false;
    }
}

/* The object, held, if this message is served; made if it is not there yet. */
static uint32_t enter(struct mmk_driver *driver, mmk_wave_kind kind, uint32_t msg,
                      struct mmk_wave **out)
{
    struct mmk_wave *made = NULL;
    bool served, missing;

    for (;;) {
        mmki_gate_take(driver);
        served = is_served(driver, kind, msg);
        if (served && driver->wave == NULL) {
            driver->wave = made;
            made = NULL;
        }
        missing = driver->wave == NULL;
        *out = driver->wave;
        if (served && !missing)
            mmk_wave_hold(*out);
        mmki_gate_leave(driver);
        if (!served || !missing)
            break;
        made = make_wave(driver);
        if (made == NULL)
            return MMK_MMSYSERR_NOMEM;
    }
    mmk_wave_close(made); /* another thread was faster */
    return served ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_NOTENABLED;
}

/* ------------------------------------------------------------------ DRVM_* */

static void set_mode(struct mmk_driver *driver, mmk_wave_kind kind, wave_mode mode)
{
    mmki_gate_take(driver);
    driver->mode[kind] = mode;
    mmki_gate_leave(driver);
}

static uint32_t drvm_init(struct mmk_driver *driver, mmk_wave_kind kind)
{
    set_mode(driver, kind, MODE_ON);
    return MMK_MMSYSERR_NOERROR;
}

static void on_wave(struct mmk_driver *driver, mmk_wave_kind kind,
                    void (*what)(struct mmk_wave *, mmk_wave_kind))
{
    struct mmk_wave *wave = mmki_wave_held(driver);
    if (wave == NULL)
        return;
    what(wave, kind);
    mmk_wave_release(wave);
}

/* Gate held. */
static bool nobody_is_served(const struct mmk_driver *driver)
{
    for (unsigned i = 0; i < MMK_WAVE_KIND_COUNT; i++)
        if (driver->mode[i] != MODE_OFF &&
            (driver->mode[i] != MODE_FOLLOWS || driver->level == LEVEL_ENABLED))
            return false;
    return true;
}

static uint32_t drvm_exit(struct mmk_driver *driver, mmk_wave_kind kind)
{
    struct mmk_wave *dropped = NULL;

    set_mode(driver, kind, MODE_OFF);
    on_wave(driver, kind, mmk_wave_end);
    mmki_gate_take(driver);
    if (nobody_is_served(driver)) {
        dropped = driver->wave;
        driver->wave = NULL;
    }
    mmki_gate_leave(driver);
    mmk_wave_close(dropped);
    return MMK_MMSYSERR_NOERROR;
}

/* Takes back DRVM_DISABLE; brings back nothing that DRVM_EXIT ended. */
static uint32_t drvm_enable(struct mmk_driver *driver, mmk_wave_kind kind)
{
    bool served;
    mmki_gate_take(driver);
    if (driver->mode[kind] == MODE_DISABLED)
        driver->mode[kind] = MODE_ON;
    served = is_served(driver, kind, numbers[kind].open);
    mmki_gate_leave(driver);
    return served ? MMK_MMSYSERR_NOERROR : MMK_MMSYSERR_NOTENABLED;
}

static uint32_t drvm_disable(struct mmk_driver *driver, mmk_wave_kind kind)
{
    bool served;
    mmki_gate_take(driver);
    served = driver->mode[kind] == MODE_DISABLED || is_served(driver, kind, numbers[kind].open);
    if (served)
        driver->mode[kind] = MODE_DISABLED;
    mmki_gate_leave(driver);
    if (!served)
        return MMK_MMSYSERR_NOTENABLED;
    on_wave(driver, kind, mmk_wave_detach);
    return MMK_MMSYSERR_NOERROR;
}

static const struct mmki_drvm_row rows[] = {
    {MMK_DRVM_INIT, "DRVM_INIT", drvm_init},
    {MMK_DRVM_EXIT, "DRVM_EXIT", drvm_exit},
    {MMK_DRVM_DISABLE, "DRVM_DISABLE", drvm_disable},
    {MMK_DRVM_ENABLE, "DRVM_ENABLE", drvm_enable},
};

const struct mmki_drvm_row *mmki_drvm_table(size_t *n_rows)
{
    *n_rows = sizeof rows / sizeof rows[0];
    return rows;
}

/* ------------------------------------------------------------------ entry points */

static uint32_t wave_message(struct mmk_driver *driver, mmk_wave_kind kind, uint32_t device,
                             uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    struct mmk_wave *wave = NULL;
    uint32_t result;

    if (driver == NULL)
        return msg == numbers[kind].count ? 0 : MMK_MMSYSERR_NOTENABLED;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].msg == msg)
            return rows[i].handler(driver, kind);
    result = enter(driver, kind, msg, &wave);
    if (result != MMK_MMSYSERR_NOERROR)
        return msg == numbers[kind].count ? 0 : result;
    result = mmk_wave_message(wave, kind, device, msg, user, p1, p2);
    mmk_wave_release(wave);
    return result;
}

uint32_t mmk_driver_wod_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return wave_message(driver, MMK_WAVE_OUT, device, msg, user, p1, p2);
}

uint32_t mmk_driver_wid_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return wave_message(driver, MMK_WAVE_IN, device, msg, user, p1, p2);
}

uint32_t mmk_driver_aux_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return wave_message(driver, MMK_WAVE_AUX, device, msg, user, p1, p2);
}

uint32_t mmk_driver_mxd_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    return wave_message(driver, MMK_WAVE_MIXER, device, msg, user, p1, p2);
}
