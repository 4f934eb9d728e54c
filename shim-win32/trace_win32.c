/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "win32_internal.h"

#include <string.h>

#include <mmk/driver.h>

#include "trace_win32.h"

struct message_name {
    char function; /* D = DriverProc; else the second letter (wOd, wId, aUx, mXd); * = all those */
    uint32_t msg;
    const char *name;
};

/* clang-format off */
#define D(name) {'D', MMK_##name, #name}
#define O(name) {'o', MMK_##name, #name}
#define I(name) {'i', MMK_##name, #name}
#define A(name) {'u', MMK_##name, #name}
#define X(name) {'x', MMK_##name, #name}
#define ANY(name) {'*', MMK_##name, #name}
static const struct message_name names[] = {
    D(DRV_LOAD),
    D(DRV_ENABLE),
    D(DRV_OPEN),
    D(DRV_CLOSE),
    D(DRV_DISABLE),
    D(DRV_FREE),
    D(DRV_CONFIGURE),
    D(DRV_QUERYCONFIGURE),
    D(DRV_INSTALL),
    D(DRV_REMOVE),
    D(DRV_EXITSESSION),
    D(DRV_EXITAPPLICATION),
    D(DRV_POWER),
    D(DRV_PNPINSTALL),
    D(DRVM_ATTACH),
    D(ACMDM_DRIVER_NOTIFY),
    D(ACMDM_DRIVER_DETAILS),
    D(ACMDM_DRIVER_ABOUT),
    D(ACMDM_HARDWARE_WAVE_CAPS_INPUT),
    D(ACMDM_HARDWARE_WAVE_CAPS_OUTPUT),
    D(ACMDM_FORMATTAG_DETAILS),
    D(ACMDM_FORMAT_DETAILS),
    D(ACMDM_FORMAT_SUGGEST),
    D(ACMDM_FILTERTAG_DETAILS),
    D(ACMDM_FILTER_DETAILS),
    D(ACMDM_STREAM_OPEN),
    D(ACMDM_STREAM_CLOSE),
    D(ACMDM_STREAM_SIZE),
    D(ACMDM_STREAM_CONVERT),
    D(ACMDM_STREAM_RESET),
    D(ACMDM_STREAM_PREPARE),
    D(ACMDM_STREAM_UNPREPARE),
    D(ACMDM_STREAM_UPDATE),
    O(WODM_GETNUMDEVS),
    O(WODM_GETDEVCAPS),
    O(WODM_OPEN),
    O(WODM_CLOSE),
    O(WODM_PREPARE),
    O(WODM_UNPREPARE),
    O(WODM_WRITE),
    O(WODM_PAUSE),
    O(WODM_RESTART),
    O(WODM_RESET),
    O(WODM_GETPOS),
    O(WODM_GETPITCH),
    O(WODM_SETPITCH),
    O(WODM_GETVOLUME),
    O(WODM_SETVOLUME),
    O(WODM_GETPLAYBACKRATE),
    O(WODM_SETPLAYBACKRATE),
    O(WODM_BREAKLOOP),
    I(WIDM_GETNUMDEVS),
    I(WIDM_GETDEVCAPS),
    I(WIDM_OPEN),
    I(WIDM_CLOSE),
    I(WIDM_PREPARE),
    I(WIDM_UNPREPARE),
    I(WIDM_ADDBUFFER),
    I(WIDM_START),
    I(WIDM_STOP),
    I(WIDM_RESET),
    I(WIDM_GETPOS),
    A(AUXDM_GETNUMDEVS),
    A(AUXDM_GETDEVCAPS),
    A(AUXDM_GETVOLUME),
    A(AUXDM_SETVOLUME),
    X(MXDM_GETNUMDEVS),
    X(MXDM_GETDEVCAPS),
    X(MXDM_OPEN),
    X(MXDM_CLOSE),
    X(MXDM_GETLINEINFO),
    X(MXDM_GETLINECONTROLS),
    X(MXDM_GETCONTROLDETAILS),
    X(MXDM_SETCONTROLDETAILS),
    ANY(DRVM_INIT),
    ANY(DRVM_EXIT),
    ANY(DRVM_ENABLE),
    ANY(DRVM_DISABLE),
    ANY(DRV_QUERYDEVICEINTERFACE),
    ANY(DRV_QUERYDEVICEINTERFACESIZE),
};
/* clang-format on */

static const char *name_of(const char *function, uint32_t msg)
{
    char letter = function[0] == 'D' ? 'D' : function[1];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool fits = names[i].function == letter || (names[i].function == '*' && letter != 'D');
        if (fits && names[i].msg == msg)
            return names[i].name;
    }
    return NULL;
}

bool mmki_trace_wanted(struct mmk_platform *platform)
{
    char text[16];
    return platform->ops->env(platform, "MMEKIT_TRACE", text, sizeof text) == MMK_OK &&
           _stricmp(text, "trace") == 0;
}

void mmki_trace(struct mmk_platform *platform, const char *function, uint32_t msg, uintptr_t id,
                uintptr_t p1, uintptr_t p2, uintptr_t answer)
{
    char text[160];
    char number[16];
    const char *name = name_of(function, msg);
    mmki_format(number, sizeof number, "0x%x", msg);
    mmki_format(text, sizeof text, "%s %s id=0x%llx p1=0x%llx p2=0x%llx -> 0x%llx", function,
                name != NULL ? name : number, (unsigned long long)id, (unsigned long long)p1,
                (unsigned long long)p2, (unsigned long long)answer);
    platform->ops->log(platform, MMK_LOG_TRACE, text);
}
