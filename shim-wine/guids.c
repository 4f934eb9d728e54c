/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The one file in which the GUIDs and property keys of the headers are defined. */
#include <initguid.h>

#include "wine_internal.h"

#include <dsound.h>
#include <spatialaudioclient.h>

/* {2B7C8F0E-5A43-4B8E-9D1C-6D6D656B6974} */
DEFINE_GUID(CLSID_MmekitDeviceEnumerator, 0x2b7c8f0e, 0x5a43, 0x4b8e, 0x9d, 0x1c, 0x6d, 0x6d, 0x65,
            0x6b, 0x69, 0x74);

/* IAudioMeterInformation, which mingw's headers leave out: {C02216F6-8C67-4B5B-9D00-D008E73E0064}
 */
DEFINE_GUID(IID_MmekitMeterInformation, 0xc02216f6, 0x8c67, 0x4b5b, 0x9d, 0x00, 0xd0, 0x08, 0xe7,
            0x3e, 0x00, 0x64);
