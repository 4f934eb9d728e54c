/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_DRIVER_H
#define MMK_DRIVER_H

/**
 * An installable driver: the whole MME contract behind one function per entry point.
 *
 * A shim's DLL exports DriverProc, wodMessage, widMessage, auxMessage and mxdMessage; each forwards
 * its five words to the function of the same name here. What the driver is, a const struct
 * mmk_driver_class says; where it lives, a struct mmk_port.
 *
 *     static struct mmk_driver_memory memory;           // static, zeroed, one for each module
 *     static struct mmk_driver *driver;                 // filled once, by mmk_driver_init
 *     LRESULT DriverProc(DWORD_PTR id, HDRVR h, UINT msg, LPARAM l1, LPARAM l2)
 *     {
 *         return mmk_driver_message(the_driver(), id, (uintptr_t)h, msg, l1, l2);
 *     }
 *
 * States of a module:
 *
 *     NONE -LOAD-> LOADED -ENABLE-> ENABLED -OPEN-> OPEN(n)
 *     OPEN(n) -CLOSE-> ENABLED -DISABLE-> DISABLED -FREE-> NONE
 *
 * Every message is answered in every state; tests/contract/messages.tsv lists the answers, with
 * what is documented, what Wine does and what is our own decision. What a host may rely on beyond
 * the documents:
 *
 *  - DRV_OPEN gives an id that is index and generation, never a pointer; a stale one gets 0.
 *    256 instances may be open.
 *  - Nothing is allocated, locked or started before the first wave message, so that a host that
 *    frees the module after a failed DRV_OPEN (as Wine does, without DISABLE and FREE) leaks
 *    nothing. DRV_LOAD only looks whether an installation was interrupted; it never waits.
 *  - Options (the text behind the file name in the alias) belong to the module: those of the
 *    first DRV_OPEN that brings any, until the last DRV_CLOSE. Options that do not parse are
 *    logged and passed over; text longer than an alias value can be (MMK_ALIAS_VALUE_MAX)
 *    refuses the instance.
 *  - Settings are read again at each GETNUMDEVS and each wave OPEN, unless an install verb runs
 *    just then; wave messages never wait for one.
 *  - DRV_DISABLE and DRV_FREE give every buffer back, close every stream (WOM_CLOSE,
 *    WIM_CLOSE), device and thread before they return. Called from inside a callback they
 *    cannot wait for that callback: keep the module loaded until it has returned.
 *  - DRV_INSTALL is silent, whatever its lParam1, unless an attachment asks for the dialog
 *    (MMK_INSTALL_INTERACTIVE); then lParam1 may be the window that owns it. A DRVCONFIGINFO of
 *    a size that is none, or with names of more than 255 characters, is answered DRVCNF_CANCEL.
 *  - DRV_CONFIGURE shows the dialog of the ui seam; lParam1 is its owner if it is a window, else
 *    it has none. No lock is held meanwhile: each Apply, and OK, is a transaction of its own. The
 *    answer is OK if anything was taken over (also when the dialog was closed by Cancel after an
 *    Apply), RESTART if programs use the driver in this process and a parameter has changed that
 *    they see only when they open it anew, else CANCEL. Without a ui seam (and without
 *    attachment), or where the seam has no desktop to ask on, it is DRVCNF_CANCEL.
 *  - DRV_POWER does not say whether power goes or comes: each open device is probed, absent
 *    means off. DRV_EXITSESSION gives buffers back and closes devices; handles stay and answer.
 *
 * Wave, aux and mixer messages are served while the module is enabled, and also from DRVM_INIT on,
 * for hosts that send no DriverProc messages at all; DRVM_DISABLE gives buffers back and refuses
 * OPEN until DRVM_ENABLE, DRVM_EXIT ends the entry point's handles until DRVM_INIT. Not served:
 * GETNUMDEVS 0, everything else MMSYSERR_NOTENABLED. Their own rules are in wave.h.
 *
 * Context of all functions here: control, any thread, several at once, also inside the driver's own
 * callbacks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mmk/abi.h>
#include <mmk/acm.h>
#include <mmk/err.h>
#include <mmk/install.h>
#include <mmk/port.h>
#include <mmk/wave.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mmk_driver;

/** Room for a driver's fixed part; the rest comes from the port's alloc between LOAD and FREE. */
#define MMK_DRIVER_BYTES 4096u
struct mmk_driver_memory {
    union {
        unsigned char bytes[MMK_DRIVER_BYTES];
        uint64_t align_8;
        void *align_p;
    } u;
};

/** What a driver serves beside DriverProc. */
enum {
    MMK_SERVES_WAVE = 1u << 0, /* wodMessage, widMessage */
    MMK_SERVES_AUX = 1u << 1,  /* auxMessage: one volume line */
    MMK_SERVES_MIXER = 1u << 2, /* mxdMessage: one line with volume and mute */
    MMK_SERVES_ACM = 1u << 3    /* ACMDM_* through DriverProc */
};

/** A driver, as const data. */
struct mmk_driver_class {
    const struct mmk_product *product; /* name, version, parameters, support, probe */
    uint32_t serves;                   /* MMK_SERVES_* */
    uint16_t manufacturer_id;          /* wMid of the caps structures */
    uint16_t product_id;               /* wPid */
    /** The driver's own settings -> how many wave devices of each direction, 0 ..
     * MMK_WAVE_DEVICES_MAX. */
    uint32_t (*count)(const struct mmk_settings *settings);
    /** One device's settings -> what the engine opens. Called when the first client opens the
     * device, and for its caps. *out is zeroed. Both functions: required with MMK_SERVES_WAVE;
     * context control, any thread. */
    mmk_err (*setup)(const struct mmk_settings *settings, mmk_direction direction,
                     struct mmk_wave_setup *out);
    const struct mmk_acm_class *acm; /* required with MMK_SERVES_ACM */
};

/**
 * Make a driver in the caller's memory (zeroed, one per module, never moved). Nothing outside is
 * touched before DRV_LOAD.
 * @param port  borrowed for the life of the module
 * @retval MMK_ERR_INVAL  class or port incomplete
 */
mmk_err mmk_driver_init(struct mmk_driver_memory *memory, const struct mmk_driver_class *cls,
                        struct mmk_port *port, struct mmk_driver **out);

/** Undo init (tests; a DLL's static memory needs none). Closes and frees whatever a missing
 * DRV_FREE left. */
void mmk_driver_fini(struct mmk_driver *driver);

/** Deliver on the calling thread what is due. Only for ports without threads, where nobody else
 * does. */
void mmk_driver_reap(struct mmk_driver *driver);

/** DriverProc. @return what tests/contract/messages.tsv says for each message and state */
intptr_t mmk_driver_message(struct mmk_driver *driver, uintptr_t id, uintptr_t hdrvr, uint32_t msg,
                            intptr_t lparam1, intptr_t lparam2);

/** wodMessage, widMessage, auxMessage, mxdMessage. @return MMSYSERR_*, WAVERR_*, MIXERR_*, or a
 * count for *_GETNUMDEVS */
uint32_t mmk_driver_wod_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2);
uint32_t mmk_driver_wid_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2);
uint32_t mmk_driver_aux_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2);
uint32_t mmk_driver_mxd_message(struct mmk_driver *driver, uint32_t device, uint32_t msg,
                                uintptr_t user, uintptr_t p1, uintptr_t p2);

/* ------------------------------------------------------------------ a word from mmectl */

/**
 * Private message, in the range that the SDK leaves to drivers: what the next DRV_INSTALL,
 * DRV_REMOVE or DRV_CONFIGURE of this instance shall do beyond what those messages can say.
 * lParam1: struct mmk_driver_attachment * (borrowed until the message that uses it returns; used
 * once); lParam2: MMK_DRVM_ATTACH_MAGIC.
 * @return 1 accepted; 0 not (unknown size: tool and driver are of different versions)
 */
#define MMK_DRVM_ATTACH       (0x0800u + 0x03A0u)
#define MMK_DRVM_ATTACH_MAGIC 0x6d6d6b31

struct mmk_driver_attachment {
    uint32_t size_bytes;                /* sizeof this */
    struct mmk_install_request request; /* verb, section, alias and parent are ignored: the message
                                           has them. DRV_INSTALL with verb REPAIR repairs */
    const struct mmk_install_observer *observer; /* may be NULL */
    struct mmk_install_report *report;           /* out, may be NULL */
};

#ifdef __cplusplus
}
#endif

#endif
