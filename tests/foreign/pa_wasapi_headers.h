/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* PortAudio 19.6 includes these only for Microsoft's compiler, and brings its own old copies for
 * mingw, which today's mingw contradicts. Included before its pa_win_wasapi.c by the compiler's
 * command line: the source stays as it is. */
#define COBJMACROS
#include <windows.h>

#include <mmreg.h>

#include <audioclient.h>
#include <avrt.h>
#include <endpointvolume.h>
#define INITGUID
#include <mmdeviceapi.h>

#include <devicetopology.h>
#include <functiondiscoverykeys_devpkey.h>
#undef INITGUID
