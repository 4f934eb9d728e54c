/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx512
#include "dsp/dither_loops.h"
