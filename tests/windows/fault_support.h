/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_FAULT_SUPPORT_H
#define MMK_TEST_FAULT_SUPPORT_H

/**
 * What the parts of fault.exe share: counting, the driver in real winmm, the last status as the
 * file says it, and the registry as Windows itself writes it out.
 */
#include "hooks.h"

#include <mmsystem.h>

#include <stdbool.h>
#include <stdint.h>

#include <mmk/driver.h>

extern unsigned fault_passed, fault_failed;

/** Count and print one check. @return condition */
bool fault_check(bool condition, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));

/* ------------------------------------------------------------------ the driver */

/** LoadLibrary, hooks, OpenDriver; the one driver of this program. Ends the program on failure. */
void fault_open(void);
void fault_close(void);

/** DRV_INSTALL with these settings, DRV_REMOVE, ... through SendDriverMessage. */
LRESULT fault_install(const struct mmk_assignment *assignments, size_t n);
LRESULT fault_remove(void);
/** With everything an attachment can say; fills *report. */
LRESULT fault_send(UINT msg, const struct mmk_install_request *request,
                   struct mmk_install_report *report);

/** "CANCEL", "OK", "RESTART". */
const char *fault_answer(LRESULT answer);

/* ------------------------------------------------------------------ what can be read afterwards */

/** C:\ProgramData\mmekit and a name in it, as this system has it. */
const WCHAR *fault_journal_path(const WCHAR *name);

/** Value of `key=` in the status file of mmewave, the machine's or else the user's; "" if there is
 *  none. Static memory. */
const char *fault_status(const char *key);
void fault_forget_status(void);

/** Nothing is installed: the journal of what was done and undone, and the session's mark, go, so
 *  that the next attempt begins like the first. */
void fault_reset(void);

/* ------------------------------------------------------------------ the registry */

/** HKLM and HKCU whole, saved by RegSaveKey, without the times of the keys. */
struct fault_hives {
    char *text[2];
    size_t len[2];
    bool times; /* the times were kept */
};
/** @return false: could not be saved (said on stdout) */
bool fault_hives_save(struct fault_hives *hives, bool with_times);
/** Prints the first lines that differ. */
bool fault_hives_same(const struct fault_hives *a, const struct fault_hives *b);
void fault_hives_free(struct fault_hives *hives);

/** The few keys that the driver may write, all values and subkeys: cheap. 0 on failure. */
uint64_t fault_keys_hash(void);

#endif
