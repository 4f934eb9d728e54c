/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx512
#define MMKI_WIDE 16
#include "dsp/fir_loops.h"
