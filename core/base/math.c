/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "base/math.h"

#include <stdint.h>
#include <string.h>

/* Taylor series on [-pi/4, pi/4]: the first term left out is below 2^-60. */
static double sin_small(double y)
{
    static const double c[] = {-1.0 / 6,
                               1.0 / 120,
                               -1.0 / 5040,
                               1.0 / 362880,
                               -1.0 / 39916800,
                               1.0 / 6227020800.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 355687428096000.0};
    double q = y * y, p = c[7];
    for (int i = 6; i >= 0; i--)
        p = p * q + c[i];
    return y + y * q * p;
}

static double cos_small(double y)
{
    static const double c[] = {
        -1.0 / 2,       1.0 / 24,          -1.0 / 720,           1.0 / 40320,
        -1.0 / 3628800, 1.0 / 479001600.0, -1.0 / 87178291200.0, 1.0 / 20922789888000.0};
    double q = y * y, p = c[7];
    for (int i = 6; i >= 0; i--)
        p = p * q + c[i];
    return 1.0 + q * p;
}

/* sin(pi * (x + quarter / 2)): the quarter turn is taken out exactly, before pi comes in. */
static double turn(double x, int64_t quarter)
{
    const double pi = 3.14159265358979323846;
    int64_t n = (int64_t)(2.0 * x + (x < 0 ? -0.5 : 0.5));
    double y = (x - 0.5 * (double)n) * pi;
    switch ((n + quarter) & 3) {
    case 0:
        return sin_small(y);
    case 1:
        return cos_small(y);
    case 2:
        return -sin_small(y);
    default:
        return -cos_small(y);
    }
}

double mmki_sin_pi(double x)
{
    return turn(x, 0);
}

double mmki_cos_pi(double x)
{
    return turn(x, 1);
}

double mmki_exp(double x)
{
    /* ln 2 in two parts: the upper one has 32 bits, so its product with k is exact */
    const double ln2_hi = 0x1.62e42feep-1, ln2_lo = 0x1.a39ef35793c76p-33;
    if (x < -708.0)
        return 0.0;
    if (x > 709.0)
        return 0x1.fffffffffffffp+1023;
    int64_t k = (int64_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    double r = (x - (double)k * ln2_hi) - (double)k * ln2_lo;
    double sum = 1.0;
    for (int i = 14; i >= 1; i--)
        sum = 1.0 + sum * r / (double)i;
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

double mmki_bessel_i0_sq(double x2)
{
    double q = 0.25 * x2, term = 1.0, sum = 1.0;
    for (int k = 1; k < 200 && term > sum * 0x1p-58; k++) {
        term *= q / ((double)k * (double)k);
        sum += term;
    }
    return sum;
}
