/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_PARAM_INTERNAL_H
#define MMK_PARAM_INTERNAL_H

/** What install/ needs of the parameters beside <mmk/param.h>. */

#include <mmk/param.h>

/** "name=a|b|c" against settings; NULL holds always. Also for a support's needed_when. */
bool mmki_condition_holds(const char *condition, const struct mmk_settings *settings);

/** "Software\mmekit\<driver>[\Device<N>]". @retval MMK_ERR_TOO_LONG */
mmk_err mmki_setting_path(const char *driver, uint32_t device, char *path, size_t cap);

/** Registry data as text. @retval MMK_ERR_SYNTAX (type or shape is no setting), MMK_ERR_TOO_LONG */
mmk_err mmki_setting_decode(uint32_t type, const void *data, size_t len, char *text, size_t cap);

#endif
