/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The contract suite of the platform seam over shim-posix and over the tests' own platform, so that
 * the one cannot drift from the other. A plain program: it runs under ThreadSanitizer too. */
#include <stdio.h>
#include <stdlib.h>

#include <mmk/posix.h>

#include "contract/platform_cases.h"
#include "support/test_platform.h"

static unsigned passed;
static unsigned failed;

static void note(const char *what, const char *name, const char *broken)
{
    if (broken == NULL) {
        passed++;
        return;
    }
    failed++;
    printf("%s %s: %s\n", what, name, broken);
}

static void run_all(const char *what, struct mmk_platform *platform)
{
    for (size_t i = 0; i < n_platform_cases; i++)
        note(what, platform_cases[i].name, platform_cases[i].run(platform));
}

int main(void)
{
    struct mmk_platform *platform;
    if (mmk_posix_platform_open(NULL, &platform) != MMK_OK)
        return 1;
    run_all("posix", platform);
    mmk_posix_platform_close(platform);

    struct test_platform *tp = test_platform_create(0);
    run_all("test", test_platform_seam(tp));
    note("test", "watched", test_platform_destroy(tp) == 0 ? NULL : "it saw faults");
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
