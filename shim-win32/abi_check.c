/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Proof that <mmk/abi.h> is the ABI of mingw-w64's headers. It holds nothing but static asserts: if
 * it compiles, for x86_64-w64-mingw32 and for i686-w64-mingw32, our structures may be passed to and
 * taken from winmm and msacm32 as they are. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <mmsystem.h>
#include <mmreg.h>
#include <mmddk.h>
#include <msacm.h>

#include <mmk/abi.h>

#include "abi_list.h"

#ifdef __WINE_MMSYSTEM_H
#error "these are Wine's headers: this proof is about mingw-w64's"
#endif

_Static_assert(sizeof(mmk_char16) == sizeof(WCHAR), "text is UTF-16");
_Static_assert(sizeof(uintptr_t) == sizeof(DWORD_PTR), "DWORD_PTR");
_Static_assert(sizeof(uintptr_t) == sizeof(HDRVR), "handles");
_Static_assert(sizeof(intptr_t) == sizeof(LPARAM) && sizeof(intptr_t) == sizeof(LRESULT), "LPARAM");
_Static_assert(sizeof(uint32_t) == sizeof(DWORD) && sizeof(uint32_t) == sizeof(UINT), "DWORD");

MMK_ABI_NUMBERS(MMK_ABI_SAME_NUMBER)
MMK_ABI_NUMBERS_MINGW(MMK_ABI_SAME_NUMBER)

MMK_ABI_STRUCTS(MMK_ABI_SAME_PACKED)
MMK_ABI_STRUCTS_MINGW(MMK_ABI_SAME_PACKED)
MMK_ABI_PATHS(MMK_ABI_SAME_PATH)

/* The coefficient pairs of ADPCMWAVEFORMAT start where our structure ends. */
_Static_assert(offsetof(ADPCMWAVEFORMAT, aCoef) == sizeof(struct mmk_adpcmwaveformat), "aCoef");

/* mingw has no msacmdrv.h. The driver's view of a stream header is the client's memory, so size and
 * common part are proved by the client's structure; the three structures that have two layouts are
 * packed on Windows, which leaves one possible size (Wine's layout: shim-wine/abi_check.c). */
#define SAME_AS_CLIENT(field) \
    MMK_ABI_SAME_PATH(mmk_acmdrvstreamheader, ACMSTREAMHEADER, field, field)
SAME_AS_CLIENT(cbStruct)
SAME_AS_CLIENT(fdwStatus)
SAME_AS_CLIENT(dwUser)
SAME_AS_CLIENT(pbSrc)
SAME_AS_CLIENT(cbSrcLength)
SAME_AS_CLIENT(cbSrcLengthUsed)
SAME_AS_CLIENT(dwSrcUser)
SAME_AS_CLIENT(pbDst)
SAME_AS_CLIENT(cbDstLength)
SAME_AS_CLIENT(cbDstLengthUsed)
SAME_AS_CLIENT(dwDstUser)
MMK_ABI_SAME_SIZE(mmk_acmdrvstreamheader, ACMSTREAMHEADER)

#define BITS(on64, on32) (sizeof(void *) == 8 ? (on64) : (on32))
_Static_assert(sizeof(struct mmk_acmdrvopendescw) == BITS(44, 36), "ACMDRVOPENDESCW");
_Static_assert(sizeof(struct mmk_acmdrvstreaminstance) == BITS(68, 40), "ACMDRVSTREAMINSTANCE");
_Static_assert(sizeof(struct mmk_acmdrvformatsuggest) == BITS(32, 24), "ACMDRVFORMATSUGGEST");
_Static_assert(sizeof(struct mmk_acmdrvstreamsize) == 16, "ACMDRVSTREAMSIZE");

/* Sizes that the documents and other languages' bindings state, against a wrong header. */
_Static_assert(sizeof(struct mmk_wavehdr) == BITS(48, 32), "WAVEHDR");
_Static_assert(sizeof(struct mmk_waveformatex) == 18, "WAVEFORMATEX");
_Static_assert(sizeof(struct mmk_waveformatextensible) == 40, "WAVEFORMATEXTENSIBLE");
_Static_assert(sizeof(struct mmk_waveoutcapsw) == 84, "WAVEOUTCAPSW");
_Static_assert(sizeof(struct mmk_waveincapsw) == 80, "WAVEINCAPSW");
_Static_assert(sizeof(struct mmk_mmtime) == 12, "MMTIME");
_Static_assert(sizeof(struct mmk_drvconfiginfo) == BITS(20, 12), "DRVCONFIGINFO");
