/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Proof that <mmk/abi.h> is the ABI of Wine's headers too, and of where it is not. It holds nothing
 * but static asserts, and compiles in three ways with Wine's header folder (libwine-dev:
 * /usr/include/wine/wine/windows) as a system folder: natively with gcc on 64 bits, and with both
 * mingw compilers, in front of whose own windows.h it then stands. A native 32-bit build would need
 * a 32-bit C library. */

/* no winsock: natively its types clash with or need those of the host */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmreg.h>
#include <mmddk.h>
#include <msacm.h>
#include <msacmdrv.h>

#include <mmk/abi.h>

#include "../shim-win32/abi_list.h"

#if !defined(__WINE_MMSYSTEM_H) || !defined(__WINE_MMREG_H) || !defined(__WINE_MSACM_H)
#error "these are not Wine's headers: put its folder first, as a system folder"
#endif

_Static_assert(sizeof(mmk_char16) == sizeof(WCHAR), "text is UTF-16");
_Static_assert(sizeof(uintptr_t) == sizeof(DWORD_PTR), "DWORD_PTR");
_Static_assert(sizeof(uintptr_t) == sizeof(HDRVR), "handles");
_Static_assert(sizeof(intptr_t) == sizeof(LPARAM) && sizeof(intptr_t) == sizeof(LRESULT), "LPARAM");
_Static_assert(sizeof(uint32_t) == sizeof(DWORD) && sizeof(uint32_t) == sizeof(UINT), "DWORD");

MMK_ABI_NUMBERS(MMK_ABI_SAME_NUMBER)
MMK_ABI_NUMBERS_WINE(MMK_ABI_SAME_NUMBER)

MMK_ABI_STRUCTS(MMK_ABI_SAME_PACKED)
MMK_ABI_STRUCTS_WINE(MMK_ABI_SAME_PACKED)
MMK_ABI_PATHS(MMK_ABI_SAME_PATH)

/* Difference 1: Wine aligns three structures of the driver's side naturally, Windows packs them.
 * Both truths: ours named _wine is Wine's field by field, and the plain one has the packed size.
 * cbStruct, at the same place in both, tells them apart on 64 bits; on 32 bits they are one. */
MMK_ABI_STRUCTS_ALIGNED(MMK_ABI_SAME_LAYOUT)
#define BITS(on64, on32) (sizeof(void *) == 8 ? (on64) : (on32))
#define TWO_LAYOUTS(ours, theirs, wine64, packed64, both32)                           \
    _Static_assert(sizeof(theirs) == BITS(wine64, both32), #theirs " in Wine");       \
    _Static_assert(sizeof(struct ours) == BITS(packed64, both32), #theirs " packed"); \
    _Static_assert(offsetof(struct ours, cbStruct) == offsetof(theirs, cbStruct), #theirs);
TWO_LAYOUTS(mmk_acmdrvopendescw, ACMDRVOPENDESCW, 48, 44, 36)
TWO_LAYOUTS(mmk_acmdrvstreaminstance, ACMDRVSTREAMINSTANCE, 72, 68, 40)
TWO_LAYOUTS(mmk_acmdrvformatsuggest, ACMDRVFORMATSUGGEST, 40, 32, 24)

/* Difference 2: the device id of a MIDI stream has 16 bits in Wine's header, 32 in mingw's, so that
 * one MIDIOPENDESC with one stream is two bytes shorter. All before the id is the same. */
#define SAME_BEFORE_ID(field) MMK_ABI_SAME_PATH(mmk_midiopendesc, MIDIOPENDESC, field, field)
SAME_BEFORE_ID(hMidi)
SAME_BEFORE_ID(dwCallback)
SAME_BEFORE_ID(dwInstance)
SAME_BEFORE_ID(dnDevNode)
SAME_BEFORE_ID(cIds)
MMK_ABI_SAME_PATH(mmk_midiopenstrmid, MIDIOPENSTRMID, dwStreamID, dwStreamID)
_Static_assert(offsetof(struct mmk_midiopendesc, rgIds) == offsetof(MIDIOPENDESC, rgIds), "rgIds");
_Static_assert(offsetof(struct mmk_midiopenstrmid, uDeviceID) ==
                   offsetof(MIDIOPENSTRMID, wDeviceID),
               "device id");
_Static_assert(sizeof(((MIDIOPENSTRMID *)0)->wDeviceID) == 2, "device id in Wine");
_Static_assert(sizeof(((struct mmk_midiopenstrmid *)0)->uDeviceID) == 4, "device id in mingw");
_Static_assert(sizeof(MIDIOPENDESC) == BITS(42, 26), "MIDIOPENDESC in Wine");
_Static_assert(sizeof(struct mmk_midiopendesc) == BITS(44, 28), "MIDIOPENDESC in mingw");

/* Difference 3: Wine counts the first coefficient pair into ADPCMWAVEFORMAT, mingw none. */
MMK_ABI_SAME_PATH(mmk_adpcmwaveformat, ADPCMWAVEFORMAT, wfx, wfx)
MMK_ABI_SAME_PATH(mmk_adpcmwaveformat, ADPCMWAVEFORMAT, wSamplesPerBlock, wSamplesPerBlock)
MMK_ABI_SAME_PATH(mmk_adpcmwaveformat, ADPCMWAVEFORMAT, wNumCoef, wNumCoef)
_Static_assert(offsetof(ADPCMWAVEFORMAT, aCoef) == sizeof(struct mmk_adpcmwaveformat), "aCoef");
_Static_assert(sizeof(ADPCMWAVEFORMAT) == 26, "ADPCMWAVEFORMAT in Wine");
_Static_assert(sizeof(struct mmk_adpcmwaveformat) == 22, "ADPCMWAVEFORMAT in mingw");

/* Difference 4: Wine has no MDEVICECAPSEX, and its MM_ACM_OPEN, _CLOSE and _DONE stand for names
 * that it does not have; shim-win32/abi_check.c proves ours. */
