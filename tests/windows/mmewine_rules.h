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
/* mmewine_rules_stream.c */
void test_client2(EDataFlow flow);
void test_client3(void);
void test_flags(EDataFlow flow);
void test_exclusive(EDataFlow flow);
void test_flow(void);
void test_packets(void);
void test_loopback(void);
/* mmewine_rules_endpoint.c */
void test_volume_more(EDataFlow flow);
void test_meter(void);
void test_topology(EDataFlow flow);
void test_properties_more(EDataFlow flow);
/* mmewine_rules_events.c */
void test_session_events(void);
void test_session_identity(void);
void test_manager_notifications(void);
/* mmewine_rules_winmm.c, mmewine_rules_dsound.c: the older interfaces over the same endpoints */
void test_wave_out(void);
void test_wave_in(void);
void test_mixer(void);
void test_direct_sound(void);
void test_direct_capture(void);

#endif
