/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef SMALL_CODEC_H
#define SMALL_CODEC_H

/* The class that the shim's DriverProc of small.acm serves; included before its files. */
#include <mmk/driver.h>

extern const struct mmk_driver_class small_codec;

#endif
