/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx2
#define MMKI_WIDE 8
#include "dsp/fir_loops.h"
