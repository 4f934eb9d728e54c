/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_NEXT_H
#define MMECTL_NEXT_H

#include <mmk/driver.h>

const struct mmk_driver_class *mmectl_next(void);

#endif
