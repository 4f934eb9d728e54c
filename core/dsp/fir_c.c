/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH c
#define MMKI_WIDE 4
#include "dsp/fir_loops.h"
