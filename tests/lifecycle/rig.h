/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_RIG_H
#define MMK_TEST_RIG_H

/**
 * A whole driver module in memory: the shipped virtual card on simulated devices, with the model
 * registry, journal and files.
 *
 *     struct rig *rig = rig_create(&(struct rig_config){0});
 *     rig_drv(rig, 0, MMK_DRV_LOAD, 0, 0);
 *     ...
 *     cr_assert_eq(rig_destroy(rig), 0);
 */

#include <mmk/shipped.h>

#include "support/model_port.h"
#include "wave/card.h"

struct rig_config {
    const struct mmk_driver_class *cls; /* NULL: mmk_virtual_card */
    struct card_config card;
    struct mmk_ui *ui;
};

struct rig {
    struct card *card;
    struct model *model; /* the registry and the rest; one rig at a time */
    struct mmk_port port;
    struct mmk_driver_memory memory;
    struct mmk_driver *driver;
};

struct rig *rig_create(const struct rig_config *config);
/** Ends the driver as mmk_driver_fini does. @return faults, see card_destroy */
unsigned rig_destroy(struct rig *rig);
/** What a process does that unloads the library without FREE and loads it again: static memory is
 * new. */
void rig_reload(struct rig *rig);

intptr_t rig_drv(struct rig *rig, uintptr_t id, uint32_t msg, intptr_t l1, intptr_t l2);
/** LOAD, ENABLE, OPEN. @return the instance */
uintptr_t rig_open(struct rig *rig);
uint32_t rig_dev(struct rig *rig, mmk_wave_kind kind, uint32_t msg, uintptr_t user, uintptr_t p1,
                 uintptr_t p2);
/** A wave stream at 48 kHz, 2, s16 on device 0. @return its handle, 0 on failure */
uintptr_t rig_open_wave(struct rig *rig, mmk_wave_kind kind);
/** Let all devices run, then deliver. */
void rig_pass_ms(struct rig *rig, unsigned ms);

#endif
