/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TESTS_MMEWINE_RULES_H
#define MMK_TESTS_MMEWINE_RULES_H

/** The rules of the Core Audio documents, a file for each subject; mmewine_rules.c asks them all.
 */

#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 1
#endif
#include "mmewine_test.h"

#include <math.h>
#include <string.h>

#include <objbase.h>
#include <mmdeviceapi.h>
#include <audioclient.h>
#include <audiopolicy.h>
#include <endpointvolume.h>
#include <devicetopology.h>

#define NOT_FOUND HRESULT_FROM_WIN32(ERROR_NOT_FOUND)
#define NULL_REF  HRESULT_FROM_WIN32(RPC_X_NULL_REF_POINTER)

extern IMMDeviceEnumerator *enumerator;

bool is_ok(HRESULT hr, HRESULT wanted, const char *rule);
/** The default endpoint; release it. */
IMMDevice *device_of(EDataFlow flow);
/** Its client, not initialised; release it. */
IAudioClient *client_of(EDataFlow flow);
/** A client initialised in shared mode with the mix format; release it and free the format. */
IAudioClient *ready(EDataFlow flow, DWORD flags, WAVEFORMATEX **mix);
WAVEFORMATEX pcm(WORD channels, DWORD rate, WORD bits);

/* mmewine_rules_client.c */
void test_uninitialized(EDataFlow flow);
void test_formats(EDataFlow flow);
void test_initialize(EDataFlow flow);
void test_exclusion(void);
void test_render(void);
void test_capture(void);
void test_clock(void);
void test_stream_volume(void);
/* mmewine_rules_session.c */
void test_session(void);
void test_session_manager(void);

#endif
