/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_WINE_MIDI_H
#define MMK_WINE_MIDI_H

/**
 * MIDI and auxiliary devices: what winmm asks of the module that the enumerator names.
 *
 * winmm knows one module for them, that of "Wine info device"; it is ours, so the ports that Wine
 * has by itself must come through us. They keep their numbers and are asked as if we were not
 * there. Behind them stand those of the installable drivers that Drivers32 names: midi, midi1 ..
 * midi9 for MIDI in and out, aux, aux1 .. aux9.
 *
 * A driver is loaded by the first program's first question for MIDI devices, and stays until the
 * process ends. One that cannot be loaded is left out, with a reason, and the others take no harm.
 */

#include "wine_internal.h"

#include "shim-win32/device_wod_win32.h"

#include <stdatomic.h>

#include <mmddk.h>

enum { MMKI_AUX, MMKI_MIDI_IN, MMKI_MIDI_OUT, MMKI_PORT_KINDS };

/** What the kinds of ports differ in. A message that a kind does not have is 0. */
struct mmki_port_kind {
    const char *entry; /* the function that a driver exports */
    UINT get_num_devs, get_dev_caps;
    UINT open, close, prepare, unprepare, queue, reset, get_volume, set_volume;
};
extern const struct mmki_port_kind mmki_port_kinds[MMKI_PORT_KINDS];

/** A loaded module with the devices that it has of each kind. */
struct mmki_port_module {
    HMODULE module;
    HDRVR handle;
    mmki_device_message *message[MMKI_PORT_KINDS]; /* NULL: it exports none */
    UINT n_devices[MMKI_PORT_KINDS];
};

/** DRVM_INIT and the number of devices, of each kind that the module has. */
void mmki_port_module_ask(struct mmki_port_module *module, unsigned kind);

/** The module that Wine's winmm would use without us; empty if there is none. */
void mmki_builtin_ports(struct mmki_port_module *out);

/** Its name, as the builtin enumerator tells it. @return false: there is none */
bool mmki_builtin_ports_name(WCHAR *name, size_t cap);

/* ------------------------------------------------------------------ installed drivers */

#define MMKI_PORTS_PER_DRIVER 64u
#define MMKI_PORT_ALIASES     20u /* midi, midi1 .. midi9, aux, aux1 .. aux9 */

/** One driver that Drivers32 names. Static memory: a thread that hangs in it may write to it. */
struct mmki_port_driver {
    WCHAR alias[8];
    char file[MMK_DEVICE_TEXT_MAX]; /* full path; "" = not loaded */
    atomic_int step;                /* where loading it is, to tell if it does not come back */
    struct mmki_port_module module;
    uint64_t refused[MMKI_PORT_KINDS]; /* bit n: device n has no capabilities to tell */
};

/**
 * Load what the alias of that number names, for the kinds of ports that the alias stands for.
 * @param drivers  all of them, those before it done; a file that has been loaded is not loaded
 * again
 * @retval false  nothing, or nothing that can be used: told to the log, and remembered for mmectl
 */
bool mmki_port_driver_load(struct mmki_port_driver *drivers, unsigned number);

/* ------------------------------------------------------------------ what is known of a driver */

/** What became of the last attempt to load a driver, shared by the programs of one session. */
struct mmki_verdict {
    mmk_err err;      /* MMK_ERR_PENDING: somebody is loading it */
    uint64_t stamp;   /* of the file that was tried */
    uint32_t age_s;   /* of the verdict */
    char reason[512]; /* for people; of one that is in use: what it offers */
};

/** @return false: nothing is known */
bool mmki_verdict_read(const WCHAR *alias, struct mmki_verdict *out);
/** Nothing is written if that is known already, but for its age, and `fresh` is false. */
void mmki_verdict_write(const WCHAR *alias, const struct mmki_verdict *verdict, bool fresh);
/** Which file this is, and whether it has been changed; 0: it cannot be read. */
uint64_t mmki_file_stamp(const WCHAR *path);

/* ------------------------------------------------------------------ ports of drivers */

/** Make the list. Once. */
void mmki_ports_find(void);
UINT mmki_ports_count(unsigned kind);
/** A message to one of them, as winmm sends it. */
DWORD mmki_port_send(unsigned kind, UINT port, UINT msg, DWORD_PTR user, DWORD_PTR p1,
                     DWORD_PTR p2);

/* ------------------------------------------------------------------ how winmm finds us */

#define MMKI_INFO_DEVICE L"Wine info device"
extern const PROPERTYKEY mmki_info_key; /* DEVPKEY_Device_Driver */
/** The device whose property of that key names this module. */
HRESULT mmki_info_device(IMMDevice **out);

#endif
