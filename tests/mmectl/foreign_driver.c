/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdint.h>
#include <stdlib.h>

#include <mmk/abi.h>

/* Somebody else's driver of 1993: it answers DRV_INSTALL with a constant (FOREIGN_ANSWER, default
 * OK) and knows nothing of mmekit. FOREIGN_ANSWER=noload refuses DRV_LOAD. */

__attribute__((visibility("default"))) intptr_t
DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1, intptr_t lparam2);

intptr_t DriverProc(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t lparam1, intptr_t lparam2)
{
    const char *answer = getenv("FOREIGN_ANSWER");
    (void)id;
    (void)hdrvr;
    (void)lparam1;
    (void)lparam2;
    switch (msg) {
    case MMK_DRV_LOAD:
        return !(answer && answer[0] == 'n');
    case MMK_DRV_ENABLE:
    case MMK_DRV_OPEN:
    case MMK_DRV_CLOSE:
    case MMK_DRV_DISABLE:
    case MMK_DRV_FREE:
        return 1;
    case MMK_DRV_INSTALL:
        return answer ? atoi(answer) : MMK_DRVCNF_OK;
    default:
        return 0;
    }
}
