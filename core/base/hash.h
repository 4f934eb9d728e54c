/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BASE_HASH_H
#define MMK_BASE_HASH_H

/** The checksums are public (shims hash files); inside the core they are known by this name. */
#include <mmk/hash.h>

#endif
