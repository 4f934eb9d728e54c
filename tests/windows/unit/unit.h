/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_UNIT_UNIT_H
#define MMK_TEST_UNIT_UNIT_H

/**
 * Where the static variables of the tests are: unit.c gives each test the values that they had when
 * the program began. first.c and last.c are linked around the tests' objects, and the linker keeps
 * the order of objects within .data and .bss.
 */
extern char unit_data_begin[16], unit_data_end[16];
extern char unit_bss_begin[16], unit_bss_end[16];

#endif
