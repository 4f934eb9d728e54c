/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#define MMKI_ARCH avx512
#include "dsp/dsp_internal.h"

#include "dsp/x86/g711_decode.h"
#define MMKI_BY_16(law, dst, src, n) law##_by_16(dst, src, n)
#include "dsp/g711_loops.h"
