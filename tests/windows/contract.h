/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_WINDOWS_CONTRACT_H
#define MMK_TEST_WINDOWS_CONTRACT_H

/**
 * The bare main that runs the seams' contract suites on Windows: their cases are plain functions
 * that answer NULL or what is broken. The programs end with the sentinel line that
 * tests/wine/run.sh requires.
 */

#include <stdio.h>

struct contract_count {
    unsigned passed, failed;
};

static inline void contract_report(struct contract_count *count, const char *suite,
                                   const char *name, const char *broken)
{
    if (broken == NULL) {
        count->passed++;
        printf("PASS %s: %s\n", suite, name);
    } else {
        count->failed++;
        printf("FAIL %s: %s: %s\n", suite, name, broken);
    }
}

static inline int contract_end(const struct contract_count *count)
{
    printf("%u passed, %u failed\n", count->passed, count->failed);
    printf("contract: all done\n");
    return count->failed == 0 && count->passed > 0 ? 0 : 1;
}

#endif
