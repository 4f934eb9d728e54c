/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_POSIX_STDLIB_H
#define MMK_TEST_POSIX_STDLIB_H

/** C11's aligned_alloc(), which Windows lacks because its free() could not take back what it gives.
 *  aligned.c has both; programs are linked with --wrap=free. */

#include_next <stdlib.h>

void *aligned_alloc(size_t alignment, size_t n_bytes);

#endif
