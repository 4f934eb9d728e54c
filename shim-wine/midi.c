/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The functions that winmm calls: auxMessage, midMessage and modMessage. DriverProc, which installs
 * us by DRV_INSTALL, is shim-win32/driverproc.c. */
#include "midi.h"

#include <stdio.h>

const struct mmki_port_kind mmki_port_kinds[MMKI_PORT_KINDS] = {
    [MMKI_AUX] = {.entry = "auxMessage",
                  .get_num_devs = AUXDM_GETNUMDEVS,
                  .get_dev_caps = AUXDM_GETDEVCAPS,
                  .get_volume = AUXDM_GETVOLUME,
                  .set_volume = AUXDM_SETVOLUME},
    [MMKI_MIDI_IN] = {.entry = "midMessage",
                      .get_num_devs = MIDM_GETNUMDEVS,
                      .get_dev_caps = MIDM_GETDEVCAPS,
                      .open = MIDM_OPEN,
                      .close = MIDM_CLOSE,
                      .prepare = MIDM_PREPARE,
                      .unprepare = MIDM_UNPREPARE,
                      .queue = MIDM_ADDBUFFER,
                      .reset = MIDM_RESET},
    [MMKI_MIDI_OUT] = {.entry = "modMessage",
                       .get_num_devs = MODM_GETNUMDEVS,
                       .get_dev_caps = MODM_GETDEVCAPS,
                       .open = MODM_OPEN,
                       .close = MODM_CLOSE,
                       .prepare = MODM_PREPARE,
                       .unprepare = MODM_UNPREPARE,
                       .queue = MODM_LONGDATA,
                       .reset = MODM_RESET,
                       .get_volume = MODM_GETVOLUME,
                       .set_volume = MODM_SETVOLUME},
};

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static struct mmki_port_module builtin;
static bool tracing;

static BOOL CALLBACK find_ports(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
    char text[16];
    (void)init;
    (void)parameter;
    (void)context;
    if (mmki_card() == NULL)
        return TRUE;
    struct mmk_platform *platform = mmki_card()->port->platform;
    tracing = platform->ops->env(platform, "MMEKIT_TRACE", text, sizeof text) == MMK_OK &&
              _stricmp(text, "trace") == 0;
    mmki_builtin_ports(&builtin);
    mmki_ports_find();
    return TRUE;
}

static void trace(const struct mmki_port_kind *kind, UINT device, UINT msg, DWORD_PTR p1,
                  DWORD_PTR p2, DWORD answer)
{
    static const char *const names[] = {"GETNUMDEVS", "GETDEVCAPS", "OPEN",     "CLOSE",
                                        "PREPARE",    "UNPREPARE",  "DATA",     "LONGDATA",
                                        "RESET",      "GETVOLUME",  "SETVOLUME"};
    static const char *const in_names[] = {"GETNUMDEVS", "GETDEVCAPS", "OPEN",  "CLOSE", "PREPARE",
                                           "UNPREPARE",  "ADDBUFFER",  "START", "STOP",  "RESET"};
    char name[16];
    const bool in = kind == &mmki_port_kinds[MMKI_MIDI_IN];
    const UINT first = kind->get_num_devs;
    if (in && msg >= first && msg < first + sizeof in_names / sizeof *in_names)
        mmki_format(name, sizeof name, "%s", in_names[msg - first]);
    else if (kind == &mmki_port_kinds[MMKI_MIDI_OUT] && msg >= first &&
             msg < first + sizeof names / sizeof *names)
        mmki_format(name, sizeof name, "%s", names[msg - first]);
    else
        mmki_format(name, sizeof name, "%u", msg);
    mmki_log(MMK_LOG_TRACE, "%s %s device=%u p1=0x%llx p2=0x%llx -> %lu", kind->entry, name, device,
             (unsigned long long)p1, (unsigned long long)p2, answer);
}

static DWORD route(unsigned kind, UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    const struct mmki_port_kind *k = &mmki_port_kinds[kind];
    /* what these would do has been done, once, and stays: winmm lives as long as we do */
    if (msg == DRVM_INIT || msg == DRVM_EXIT || msg == DRVM_ENABLE || msg == DRVM_DISABLE)
        return MMSYSERR_NOERROR;
    if (msg == k->get_num_devs)
        return builtin.n_devices[kind] + mmki_ports_count(kind);
    if (device < builtin.n_devices[kind])
        return builtin.message[kind](device, msg, user, p1, p2);
    return mmki_port_send(kind, device - builtin.n_devices[kind], msg, user, p1, p2);
}

static DWORD answer(unsigned kind, UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                    DWORD_PTR p2)
{
    if (!InitOnceExecuteOnce(&once, find_ports, NULL, NULL) || mmki_card() == NULL)
        return msg == mmki_port_kinds[kind].get_num_devs ? 0 : MMSYSERR_NODRIVER;
    const DWORD result = route(kind, device, msg, user, p1, p2);
    if (tracing)
        trace(&mmki_port_kinds[kind], device, msg, p1, p2, result);
    return result;
}

/* exported as auxMessage, midMessage and modMessage; DriverProc is the one of every driver of ours
 */
DWORD CALLBACK mmki_aux(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK mmki_midi_in(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);
DWORD CALLBACK mmki_midi_out(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2);

DWORD CALLBACK mmki_aux(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    return answer(MMKI_AUX, device, msg, user, p1, p2);
}

DWORD CALLBACK mmki_midi_in(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    return answer(MMKI_MIDI_IN, device, msg, user, p1, p2);
}

DWORD CALLBACK mmki_midi_out(UINT device, UINT msg, DWORD_PTR user, DWORD_PTR p1, DWORD_PTR p2)
{
    return answer(MMKI_MIDI_OUT, device, msg, user, p1, p2);
}
