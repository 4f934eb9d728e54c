/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A module that needs a symbol which nobody has. */
int nobody_has_this_symbol(void);
int missing_answer(void);

__attribute__((visibility("default"))) int missing_answer(void)
{
    return nobody_has_this_symbol();
}
