/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A driver module in a file of its own, built with nothing but the signatures. */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT intptr_t DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2);
EXPORT uint32_t wodMessage(uint32_t dev, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2);

EXPORT extern const uint32_t mmk_module_version;
EXPORT const uint32_t mmk_module_version = 0x03040005;

intptr_t DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2)
{
    (void)id;
    (void)hdrvr;
    return msg >= 0x4000 ? l1 + l2 : 1;
}

uint32_t wodMessage(uint32_t dev, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    (void)dev;
    (void)user;
    (void)p1;
    (void)p2;
    return msg == 3 ? 1 : 0;
}
