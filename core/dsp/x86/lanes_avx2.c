/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx2

#define MMKI_KIND   f32
#define MMKI_REAL   float
#define MMKI_WIDE   8
#define MMKI_BESIDE 3
#define MMKI_TILE   6
#include "dsp/lanes_loops.h"

#define MMKI_KIND   f64
#define MMKI_REAL   double
#define MMKI_WIDE   4
#define MMKI_BESIDE 1
#define MMKI_TILE   3
#include "dsp/lanes_loops.h"
