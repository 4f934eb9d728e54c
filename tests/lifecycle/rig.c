/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void init_driver(struct rig *rig, const struct mmk_driver_class *cls)
{
    memset(&rig->memory, 0, sizeof rig->memory);
    if (mmk_driver_init(&rig->memory, cls, &rig->port, &rig->driver) != MMK_OK) {
        fprintf(stderr, "rig: mmk_driver_init failed\n");
        abort();
    }
}

/* The model reserves gigabytes of address space, which sanitizers pay for: one serves the whole
 * process, put back for each rig to what it was at first. */
static struct model *fresh_model(void)
{
    static struct model model, pristine;
    static bool made;

    if (!made) {
        model_init(&model, MODEL_DURABLE);
        model_put_key(&model, MMK_REG_MACHINE, MMK_VIEW_64,
                      "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32");
        model_put_key(&model, MMK_REG_MACHINE, MMK_VIEW_32,
                      "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32");
        pristine = model;
        made = true;
    }
    model = pristine;
    return &model;
}

struct rig *rig_create(const struct rig_config *config)
{
    static const struct mmk_module_info info = {.path = "C:\\windows\\system32\\mmewave.drv",
                                                .pointer_bits = 64,
                                                .version = MMK_VERSION,
                                                .hash = 1,
                                                .exports_driver_proc = true};
    struct rig *rig = calloc(1, sizeof *rig);
    struct card_config card = config->card;

    card.no_wave = true;
    rig->card = card_create(&card);
    test_platform_set_module(rig->card->tp, "mmewave.drv", MMK_VIEW_64, &info, MMK_OK, MMK_OK,
                             NULL);
    rig->model = fresh_model();
    rig->port = rig->model->port;
    rig->port.platform = rig->card->platform;
    rig->port.devices = rig->card->port.devices;
    rig->port.notify = rig->card->port.notify;
    rig->port.ui = config->ui;
    init_driver(rig, config->cls != NULL ? config->cls : &mmk_virtual_card);
    return rig;
}

unsigned rig_destroy(struct rig *rig)
{
    unsigned faults;
    mmk_driver_fini(rig->driver);
    faults = card_destroy(rig->card);
    free(rig);
    return faults;
}

void rig_reload(struct rig *rig)
{
    init_driver(rig, &mmk_virtual_card);
}

intptr_t rig_drv(struct rig *rig, uintptr_t id, uint32_t msg, intptr_t l1, intptr_t l2)
{
    return mmk_driver_message(rig->driver, id, 0x77, msg, l1, l2);
}

uintptr_t rig_open(struct rig *rig)
{
    rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
    rig_drv(rig, 0, MMK_DRV_ENABLE, 0, 0);
    return (uintptr_t)rig_drv(rig, 0, MMK_DRV_OPEN, 0, 0);
}

uint32_t rig_dev(struct rig *rig, mmk_wave_kind kind, uint32_t msg, uintptr_t user, uintptr_t p1,
                 uintptr_t p2)
{
    switch (kind) {
    case MMK_WAVE_OUT:
        return mmk_driver_wod_message(rig->driver, 0, msg, user, p1, p2);
    case MMK_WAVE_IN:
        return mmk_driver_wid_message(rig->driver, 0, msg, user, p1, p2);
    case MMK_WAVE_AUX:
        return mmk_driver_aux_message(rig->driver, 0, msg, user, p1, p2);
    case MMK_WAVE_MIXER:
    case MMK_WAVE_KIND_COUNT:
    default:
        return mmk_driver_mxd_message(rig->driver, 0, msg, user, p1, p2);
    }
}

uintptr_t rig_open_wave(struct rig *rig, mmk_wave_kind kind)
{
    unsigned char wfx[MMK_WAVEFORMAT_MAX_BYTES];
    struct mmk_waveopendesc desc;
    uintptr_t handle = 0;
    size_t len;

    mmk_format_to_wfx(&card_cd, false, wfx, &len);
    memset(&desc, 0, sizeof desc);
    desc.hWave = 0x1000;
    desc.lpFormat = (const void *)wfx;
    desc.dwCallback = 1;
    rig_dev(rig, kind, kind == MMK_WAVE_OUT ? MMK_WODM_OPEN : MMK_WIDM_OPEN, (uintptr_t)&handle,
            (uintptr_t)&desc, MMK_CALLBACK_FUNCTION);
    return handle;
}

void rig_pass_ms(struct rig *rig, unsigned ms)
{
    for (unsigned d = 0; d < MMK_DIRECTION_COUNT; d++)
        for (unsigned i = 0; i < CARD_DEVICES; i++)
            sim_render(rig->card->sim[d][i], 48 * ms);
    mmk_driver_reap(rig->driver);
}
