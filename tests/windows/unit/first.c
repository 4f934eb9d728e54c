/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "unit.h"

/* Linked before the tests: their static variables lie between these and those of last.c. */
char unit_data_begin[16] = {1};
char unit_bss_begin[16];
