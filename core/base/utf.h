/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_BASE_UTF_H
#define MMK_BASE_UTF_H

/** Text is public (shims translate names); inside the core it is known by this name. */
#include <mmk/text.h>

#endif
