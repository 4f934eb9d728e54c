/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm: numbers in words, for traces. */
#include "mini_winmm_internal.h"

struct named {
    uint32_t number;
    const char *name;
};

#define N(name)           \
    {                     \
        MMK_##name, #name \
    }
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct named driver_names[] = {
    N(DRV_LOAD),    N(DRV_ENABLE),     N(DRV_OPEN),        N(DRV_CLOSE),
    N(DRV_DISABLE), N(DRV_FREE),       N(DRV_CONFIGURE),   N(DRV_QUERYCONFIGURE),
    N(DRV_INSTALL), N(DRV_REMOVE),     N(DRV_EXITSESSION), N(DRV_EXITAPPLICATION),
    N(DRV_POWER),   N(DRV_PNPINSTALL),
};

/* In all device functions. */
static const struct named common_names[] = {
    N(DRVM_INIT),
    N(DRVM_EXIT),
    N(DRVM_DISABLE),
    N(DRVM_ENABLE),
    N(DRV_QUERYDEVNODE),
    N(DRV_QUERYMAPPABLE),
    N(DRV_QUERYDEVICEINTERFACE),
    N(DRV_QUERYDEVICEINTERFACESIZE),
};

static const struct named out_names[] = {
    N(WODM_GETNUMDEVS),      N(WODM_GETDEVCAPS), N(WODM_OPEN),      N(WODM_CLOSE),
    N(WODM_PREPARE),         N(WODM_UNPREPARE),  N(WODM_WRITE),     N(WODM_PAUSE),
    N(WODM_RESTART),         N(WODM_RESET),      N(WODM_GETPOS),    N(WODM_GETPITCH),
    N(WODM_SETPITCH),        N(WODM_GETVOLUME),  N(WODM_SETVOLUME), N(WODM_GETPLAYBACKRATE),
    N(WODM_SETPLAYBACKRATE), N(WODM_BREAKLOOP),
};

static const struct named in_names[] = {
    N(WIDM_GETNUMDEVS), N(WIDM_GETDEVCAPS), N(WIDM_OPEN),      N(WIDM_CLOSE),
    N(WIDM_PREPARE),    N(WIDM_UNPREPARE),  N(WIDM_ADDBUFFER), N(WIDM_START),
    N(WIDM_STOP),       N(WIDM_RESET),      N(WIDM_GETPOS),
};

static const struct named aux_names[] = {
    N(AUXDM_GETNUMDEVS),
    N(AUXDM_GETDEVCAPS),
    N(AUXDM_GETVOLUME),
    N(AUXDM_SETVOLUME),
};

static const struct named mixer_names[] = {
    N(MXDM_GETNUMDEVS),
    N(MXDM_GETDEVCAPS),
    N(MXDM_OPEN),
    N(MXDM_CLOSE),
    N(MXDM_GETLINEINFO),
    N(MXDM_GETLINECONTROLS),
    N(MXDM_GETCONTROLDETAILS),
    N(MXDM_SETCONTROLDETAILS),
};

static const struct named result_names[] = {
    N(MMSYSERR_NOERROR),     N(MMSYSERR_ERROR),        N(MMSYSERR_BADDEVICEID),
    N(MMSYSERR_NOTENABLED),  N(MMSYSERR_ALLOCATED),    N(MMSYSERR_INVALHANDLE),
    N(MMSYSERR_NODRIVER),    N(MMSYSERR_NOMEM),        N(MMSYSERR_NOTSUPPORTED),
    N(MMSYSERR_BADERRNUM),   N(MMSYSERR_INVALFLAG),    N(MMSYSERR_INVALPARAM),
    N(MMSYSERR_HANDLEBUSY),  N(MMSYSERR_INVALIDALIAS), N(MMSYSERR_BADDB),
    N(MMSYSERR_KEYNOTFOUND), N(MMSYSERR_READERROR),    N(MMSYSERR_WRITEERROR),
    N(MMSYSERR_DELETEERROR), N(MMSYSERR_VALNOTFOUND),  N(MMSYSERR_NODRIVERCB),
    N(MMSYSERR_MOREDATA),    N(WAVERR_BADFORMAT),      N(WAVERR_STILLPLAYING),
    N(WAVERR_UNPREPARED),    N(WAVERR_SYNC),           N(MIXERR_INVALLINE),
    N(MIXERR_INVALCONTROL),  N(MIXERR_INVALVALUE),
};

static const char *look_up(const struct named *table, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number)
            return table[i].name;
    }
    return NULL;
}

const char *mmki_winmm_message_name(enum mmki_winmm_type type, uint32_t msg)
{
    static const struct {
        const struct named *table;
        size_t count;
    } tables[] = {
        [MMKI_WAVE_OUT] = {out_names, COUNT(out_names)},
        [MMKI_WAVE_IN] = {in_names, COUNT(in_names)},
        [MMKI_AUX] = {aux_names, COUNT(aux_names)},
        [MMKI_MIXER] = {mixer_names, COUNT(mixer_names)},
        [MMKI_DRIVER] = {driver_names, COUNT(driver_names)},
    };
    const char *name = look_up(tables[type].table, tables[type].count, msg);
    if (name == NULL && type != MMKI_DRIVER)
        name = look_up(common_names, COUNT(common_names), msg);
    return name;
}

const char *mmk_winmm_result_name(uint32_t result)
{
    const char *name = look_up(result_names, COUNT(result_names), result);
    return name != NULL ? name : "?";
}
