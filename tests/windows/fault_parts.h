/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_FAULT_PARTS_H
#define MMK_TEST_FAULT_PARTS_H

/** The parts of fault.exe; see fault.c. */
#include "fault_support.h"

void fault_part_folder(bool foreign);
void fault_part_copy(bool second);
void fault_part_full(const WCHAR *dir);
void fault_part_sweep(bool forever, unsigned step);

#endif
