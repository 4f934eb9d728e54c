/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* A module whose constructor crashes, exits or hangs, as MODULE_DOES says. */
#include <signal.h>
#include <unistd.h>

static __attribute__((constructor)) void at_load(void)
{
#if MODULE_DOES == 1
    raise(SIGSEGV);
#elif MODULE_DOES == 2
    _exit(0);
#else
    for (;;)
        pause();
#endif
}
