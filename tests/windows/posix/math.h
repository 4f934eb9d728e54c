/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_POSIX_MATH_H
#define MMK_TEST_POSIX_MATH_H

/** X/Open's constants, which mingw leaves out under -std=c11. */

#include_next <math.h>

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

#endif
