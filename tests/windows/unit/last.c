/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "unit.h"

/* Linked behind the tests; see first.c. */
char unit_data_end[16] = {1};
char unit_bss_end[16];
