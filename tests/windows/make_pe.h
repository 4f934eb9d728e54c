/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_MAKE_PE_H
#define MMK_TEST_MAKE_PE_H

/**
 * A 32-bit DLL of one kilobyte that exports DriverProc and says its version: what the 32-bit half
 * of an installation looks like from outside, where no 32-bit compiler is at hand. It holds no code
 * that anybody should run.
 */

#include <stddef.h>
#include <stdint.h>

#define MAKE_PE_BYTES 1024u

struct make_pe {
    uint16_t machine;   /* 0x014c i386, 0x8664 amd64, or anything else */
    const char *export; /* name of the one exported function */
    uint16_t major, minor, patch;
};

/** Source: Microsoft's "PE Format". */
void make_pe(const struct make_pe *what, unsigned char out[MAKE_PE_BYTES]);

#endif
