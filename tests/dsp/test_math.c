/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>

#include <math.h>

#include "base/math.h"

#include "dsp/holds.h"

#define PI 3.14159265358979323846

/* Oracle: the host's C library. Errors are relative, in units of 2^-52. */
static double ulps(double got, double want)
{
    return want == 0.0 ? fabs(got) : fabs(got - want) / fabs(want) * 0x1p52;
}

Test(math, sine_and_cosine_agree_with_libm)
{
    for (int i = -200000; i <= 200000; i++) {
        double x = i * 0.00123456789;
        /* libm sees pi * x rounded: compare by absolute error, which is what tables need */
        double r = fmod(x, 2.0);
        HOLDS_MSG(fabs(mmki_sin_pi(x) - sin(PI * r)) < 2e-15, "x = %.17g", x);
        HOLDS_MSG(fabs(mmki_cos_pi(x) - cos(PI * r)) < 2e-15, "x = %.17g", x);
    }
}

Test(math, sine_is_exact_on_the_grid)
{
    for (int n = -1000; n <= 1000; n++) {
        HOLDS(mmki_sin_pi(n) == 0.0);
        HOLDS(mmki_cos_pi(n) == (n % 2 ? -1.0 : 1.0));
        HOLDS(mmki_cos_pi(n + 0.5) == 0.0);
        HOLDS(mmki_sin_pi(n + 0.5) == (n % 2 ? -1.0 : 1.0));
    }
    cr_assert_lt(ulps(mmki_sin_pi(1.0 / 6), 0.5), 2.0);
    cr_assert_lt(ulps(mmki_sin_pi(1e-9), PI * 1e-9), 2.0);
}

Test(math, exponential_agrees_with_libm)
{
    for (int i = -70000; i <= 70000; i++) {
        double x = i * 0.0101;
        HOLDS_MSG(ulps(mmki_exp(x), exp(x)) < 3.0, "x = %.17g", x);
    }
    cr_assert_eq(mmki_exp(0.0), 1.0);
    cr_assert_eq(mmki_exp(-1e6), 0.0);
    cr_assert_gt(mmki_exp(1e6), 1e308);
}

/* I0(1) is OEIS A197036. The sweep's oracle is the integral (1 / pi) int e^(x cos t) dt over half a
 * turn (Abramowitz & Stegun 9.6.16) by the trapezoid rule, which converges geometrically for
 * periodic functions. */
Test(math, bessel_agrees_with_its_integral)
{
    cr_assert_lt(ulps(mmki_bessel_i0_sq(1.0), 1.26606587775200833560), 2.0);
    cr_assert_eq(mmki_bessel_i0_sq(0.0), 1.0);
    for (double x = 0.0; x < 60.0; x += 0.37) {
        double sum = 0.0;
        for (int k = 0; k < 400; k++)
            sum += exp(x * cos(2 * PI * k / 400)) / 400;
        HOLDS_MSG(ulps(mmki_bessel_i0_sq(x * x), sum) < 64.0, "x = %g", x);
    }
}
