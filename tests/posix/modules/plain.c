/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A shared object that is no driver. */
int plain_answer(void);

__attribute__((visibility("default"))) int plain_answer(void)
{
    return 42;
}
