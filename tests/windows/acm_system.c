/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "acm.h"

/* A player of the system's own, which finds a codec by itself: MCI's wave device. Here it is only
 * started. */

void acm_verb_mci(const char *argument)
{
    char command[600], text[200] = "";
    snprintf(command, sizeof command, "open \"%s\" type waveaudio alias a", argument);
    MCIERROR e = mciSendStringA(command, text, sizeof text, NULL);
    if (!acm_check(e == 0, "MCI opens %s (%lu)", argument, e))
        return;
    mciSendStringA("set a time format milliseconds", NULL, 0, NULL);
    mciSendStringA("status a length", text, sizeof text, NULL);
    e = mciSendStringA("play a wait", NULL, 0, NULL);
    acm_check(e == 0, "MCI plays %s, %s ms (%lu)", argument, text, e);
    mciSendStringA("close a", NULL, 0, NULL);
}
