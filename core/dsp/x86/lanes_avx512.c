/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx512

#define MMKI_KIND   f32
#define MMKI_REAL   float
#define MMKI_WIDE   16
#define MMKI_BESIDE 8
#define MMKI_TILE   8
#include "dsp/lanes_loops.h"

#define MMKI_KIND   f64
#define MMKI_REAL   double
#define MMKI_WIDE   8
#define MMKI_BESIDE 6
#define MMKI_TILE   6
#include "dsp/lanes_loops.h"
