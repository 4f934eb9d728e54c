/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_UI_CONSOLE_H
#define MMECTL_UI_CONSOLE_H

#include <mmk/port.h>

/** The ui seam of --interactive: asks for each parameter on the terminal. Without a terminal it
 *  answers MMK_ERR_UNSUPPORTED; end of input is "no" (MMK_ERR_CANCELLED). */
struct mmk_ui *ui_console(void);

#endif
