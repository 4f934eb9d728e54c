/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_SETTINGS_H
#define MMECTL_SETTINGS_H

#include "mmectl.h"

/** "device.1.rate_hz" -> 1 and "rate_hz"; a name without device gives MMK_DEVICE_NONE.
 *  @return false: it begins so, but names no device */
bool setting_name(const char *name, uint32_t *device, const char **param);

/** What an installed driver would see now, environment and alias text included. */
mmk_err settings_of(struct mmk_port *port, const struct mmk_product *product, uint32_t device,
                    struct mmk_settings *settings, struct mmk_param_error *error);

/** Lines for people, and objects into the JSON array that is open. only: NULL = all. */
void settings_show(struct mmectl *m, const struct mmk_settings *settings, uint32_t device,
                   const struct mmk_param *only);

const char *source_name(mmk_setting_source source);

#endif
