/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_MIDI_CASES_H
#define MMK_TEST_MIDI_CASES_H

/**
 * What a MIDI output driver has to answer, sent to the module of examples/midi_driver.c on every
 * host. The expected text of the file it writes stands here by hand.
 */

#include <stdint.h>

struct midi_subject {
    intptr_t (*driver_proc)(uintptr_t id, uintptr_t hdrvr, uint32_t msg, intptr_t l1, intptr_t l2);
    uint32_t (*mod_message)(uint32_t device, uint32_t msg, uintptr_t user, uintptr_t p1,
                            uintptr_t p2);
    uintptr_t callback; /* for CALLBACK_FUNCTION: must call midi_heard() */
    void (*sleep_ms)(unsigned ms);
    uint64_t (*now_ms)(void);
    const char *path; /* of the text file that the module's settings name */
};

void midi_heard(uint32_t msg, uintptr_t p1);

/** Prints PASS and FAIL lines. @return failures */
unsigned midi_cases_run(const struct midi_subject *subject, unsigned *n_passed);

#endif
