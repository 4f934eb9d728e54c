/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMKI_BASE_MATH_H
#define MMKI_BASE_MATH_H

/**
 * The few elementary functions that tables are computed with.
 *
 * Only + - * / on doubles in a fixed order, so that every host and compiler (IEEE 754 doubles,
 * round to nearest, no contraction) builds tables of the same bits; a C library's own sin differs
 * from host to host. Accuracy: a few units in the last place. Not for the audio path.
 */

/** sin(pi * x), |x| < 2^50. Exactly 0 for whole x. Context: any. */
double mmki_sin_pi(double x);

/** cos(pi * x), |x| < 2^50. Exactly 0 half-way between whole x. Context: any. */
double mmki_cos_pi(double x);

/** e^x: 0 below -708, the largest double above 709. Context: any. */
double mmki_exp(double x);

/** I0(sqrt(x2)), the modified Bessel function of a Kaiser window, 0 <= x2 <= 10^4. The argument is
 * squared because its series (Abramowitz & Stegun 9.6.12) and the window both want the square.
 * Context: any. */
double mmki_bessel_i0_sq(double x2);

#endif
