/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_ABI_H
#define MMK_ABI_H

/**
 * The binary contract of Windows multimedia: message numbers, flags, results and packed structures.
 *
 * Names. Every number is its documented name with MMK_ before it (DRV_INSTALL: MMK_DRV_INSTALL);
 * every structure is its documented name in lower case after mmk_ (WAVEHDR: struct mmk_wavehdr),
 * with the documented field names, so that the SDK's pages can be read beside this file. Nothing
 * collides with the real headers: a shim may include both.
 *
 * Types. DWORD and UINT are uint32_t, LONG is int32_t, DWORD_PTR and every handle (HDRVR, HWAVE,
 * HWND, HICON, HACMSTREAM, ...) are uintptr_t, LPARAM and LRESULT are intptr_t, GUID is struct
 * mmk_guid. Pointers have the host's width, so the sizes are those of Windows with the same pointer
 * width. Text is UTF-16 in mmk_char16, never wchar_t, whose width differs between hosts; only the W
 * structures exist.
 *
 * Alignment. Everything in pack(1) below may lie at any address: old clients really pass odd ones,
 * and on 64 bits the packing itself puts pointers on 4-byte boundaries. Never dereference a
 * client's pointer as one of these types; copy with memcpy into a local, look at the local, copy
 * back what changed. Taking a member's address is as wrong. The one exception is WAVEHDR.dwFlags,
 * which clients poll: when its address is a multiple of four it is written last, by one 32-bit
 * release store. Sizes (cbStruct, the message's second parameter) say how much may be copied, and
 * are checked first. Pointers inside are as hostile as the rest.
 *
 *     struct mmk_wavehdr hdr;
 *     if (lparam2 < (intptr_t)sizeof hdr)
 *         return MMK_MMSYSERR_INVALPARAM;
 *     memcpy(&hdr, (const void *)lparam1, sizeof hdr);
 *
 * Sources: the Windows SDK's multimedia pages and the NT DDK's driver pages for names, numbers and
 * field order; sizes, offsets and numbers are proved against two independent sets of headers at
 * compile time by shim-win32/abi_check.c (mingw-w64) and shim-wine/abi_check.c (Wine), both driven
 * by shim-win32/abi_list.h. Where those two disagree the comment here says so and what decides. The
 * core's byte order is little-endian, as on every host that Windows multimedia knows.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
typedef char16_t mmk_char16;
#else
typedef uint16_t mmk_char16;
#endif

/* ------------------------------------------------------------------ DriverProc */

#define MMK_DRV_LOAD            0x0001u
#define MMK_DRV_ENABLE          0x0002u
#define MMK_DRV_OPEN            0x0003u
#define MMK_DRV_CLOSE           0x0004u
#define MMK_DRV_DISABLE         0x0005u
#define MMK_DRV_FREE            0x0006u
#define MMK_DRV_CONFIGURE       0x0007u
#define MMK_DRV_QUERYCONFIGURE  0x0008u
#define MMK_DRV_INSTALL         0x0009u
#define MMK_DRV_REMOVE          0x000Au
#define MMK_DRV_EXITSESSION     0x000Bu
#define MMK_DRV_EXITAPPLICATION 0x000Cu /* Windows 3.1; lParam1 is one of DRVEA_* */
#define MMK_DRV_POWER           0x000Fu
#define MMK_DRV_RESERVED        0x0800u /* custom messages lie from here up to DRV_USER (SDK) */
#define MMK_DRV_MCI_FIRST       MMK_DRV_RESERVED
#define MMK_DRV_MCI_LAST        (MMK_DRV_RESERVED + 0x0FFFu)
#define MMK_DRV_USER            0x4000u

#define MMK_DRVEA_NORMALEXIT   0x0001
#define MMK_DRVEA_ABNORMALEXIT 0x0002

/* Also sent through wodMessage and its siblings, with a device id or an instance. */
#define MMK_DRV_QUERYDEVNODE                (MMK_DRV_RESERVED + 2u)
#define MMK_DRV_QUERYMAPPABLE               (MMK_DRV_RESERVED + 5u)
#define MMK_DRV_QUERYMODULE                 (MMK_DRV_RESERVED + 9u)
#define MMK_DRV_PNPINSTALL                  (MMK_DRV_RESERVED + 11u)
#define MMK_DRV_QUERYDEVICEINTERFACE        (MMK_DRV_RESERVED + 12u)
#define MMK_DRV_QUERYDEVICEINTERFACESIZE    (MMK_DRV_RESERVED + 13u)
#define MMK_DRV_QUERYSTRINGID               (MMK_DRV_RESERVED + 14u)
#define MMK_DRV_QUERYSTRINGIDSIZE           (MMK_DRV_RESERVED + 15u)
#define MMK_DRV_QUERYIDFROMSTRINGID         (MMK_DRV_RESERVED + 16u)
#define MMK_DRV_QUERYFUNCTIONINSTANCEID     (MMK_DRV_RESERVED + 17u)
#define MMK_DRV_QUERYFUNCTIONINSTANCEIDSIZE (MMK_DRV_RESERVED + 18u)

/* Answers of DRV_CONFIGURE, DRV_INSTALL and DRV_REMOVE: LRESULTs, therefore signed. */
#define MMK_DRVCNF_CANCEL  0
#define MMK_DRVCNF_OK      1
#define MMK_DRVCNF_RESTART 2

/* ------------------------------------------------------------------ messages of every device type
 */

#define MMK_DRVM_INIT    100u
#define MMK_DRVM_EXIT    101u
#define MMK_DRVM_DISABLE 102u
#define MMK_DRVM_ENABLE  103u
#define MMK_DRVM_INIT_EX 104u /* mingw has it, Wine's headers do not */

#define MMK_DRVM_MAPPER                     0x2000u
#define MMK_DRVM_MAPPER_STATUS              (MMK_DRVM_MAPPER + 0u)
#define MMK_DRVM_MAPPER_RECONFIGURE         (MMK_DRVM_MAPPER + 1u)
#define MMK_DRVM_MAPPER_PREFERRED_GET       (MMK_DRVM_MAPPER + 21u)
#define MMK_DRVM_MAPPER_CONSOLEVOICECOM_GET (MMK_DRVM_MAPPER + 23u)
#define MMK_DRVM_USER                       0x4000u

#define MMK_DRVM_MAPPER_PREFERRED_FLAGS_PREFERREDONLY 0x00000001u

/* ------------------------------------------------------------------ results */

#define MMK_MMSYSERR_BASE 0u
#define MMK_WAVERR_BASE   32u
#define MMK_MIDIERR_BASE  64u
#define MMK_ACMERR_BASE   512u
#define MMK_MIXERR_BASE   1024u

#define MMK_MMSYSERR_NOERROR      0u
#define MMK_MMSYSERR_ERROR        1u
#define MMK_MMSYSERR_BADDEVICEID  2u
#define MMK_MMSYSERR_NOTENABLED   3u
#define MMK_MMSYSERR_ALLOCATED    4u
#define MMK_MMSYSERR_INVALHANDLE  5u
#define MMK_MMSYSERR_NODRIVER     6u
#define MMK_MMSYSERR_NOMEM        7u
#define MMK_MMSYSERR_NOTSUPPORTED 8u
#define MMK_MMSYSERR_BADERRNUM    9u
#define MMK_MMSYSERR_INVALFLAG    10u
#define MMK_MMSYSERR_INVALPARAM   11u
#define MMK_MMSYSERR_HANDLEBUSY   12u
#define MMK_MMSYSERR_INVALIDALIAS 13u
#define MMK_MMSYSERR_BADDB        14u
#define MMK_MMSYSERR_KEYNOTFOUND  15u
#define MMK_MMSYSERR_READERROR    16u
#define MMK_MMSYSERR_WRITEERROR   17u
#define MMK_MMSYSERR_DELETEERROR  18u
#define MMK_MMSYSERR_VALNOTFOUND  19u
#define MMK_MMSYSERR_NODRIVERCB   20u
#define MMK_MMSYSERR_MOREDATA     21u

#define MMK_WAVERR_BADFORMAT    (MMK_WAVERR_BASE + 0u)
#define MMK_WAVERR_STILLPLAYING (MMK_WAVERR_BASE + 1u)
#define MMK_WAVERR_UNPREPARED   (MMK_WAVERR_BASE + 2u)
#define MMK_WAVERR_SYNC         (MMK_WAVERR_BASE + 3u)

#define MMK_MIDIERR_UNPREPARED    (MMK_MIDIERR_BASE + 0u)
#define MMK_MIDIERR_STILLPLAYING  (MMK_MIDIERR_BASE + 1u)
#define MMK_MIDIERR_NOMAP         (MMK_MIDIERR_BASE + 2u)
#define MMK_MIDIERR_NOTREADY      (MMK_MIDIERR_BASE + 3u)
#define MMK_MIDIERR_NODEVICE      (MMK_MIDIERR_BASE + 4u)
#define MMK_MIDIERR_INVALIDSETUP  (MMK_MIDIERR_BASE + 5u)
#define MMK_MIDIERR_BADOPENMODE   (MMK_MIDIERR_BASE + 6u)
#define MMK_MIDIERR_DONT_CONTINUE (MMK_MIDIERR_BASE + 7u)

#define MMK_MIXERR_INVALLINE    (MMK_MIXERR_BASE + 0u)
#define MMK_MIXERR_INVALCONTROL (MMK_MIXERR_BASE + 1u)
#define MMK_MIXERR_INVALVALUE   (MMK_MIXERR_BASE + 2u)

#define MMK_ACMERR_NOTPOSSIBLE (MMK_ACMERR_BASE + 0u)
#define MMK_ACMERR_BUSY        (MMK_ACMERR_BASE + 1u)
#define MMK_ACMERR_UNPREPARED  (MMK_ACMERR_BASE + 2u)
#define MMK_ACMERR_CANCELED    (MMK_ACMERR_BASE + 3u)

/* ------------------------------------------------------------------ opening and calling back */

/* Flags of an open call: the kind of callback, */
#define MMK_CALLBACK_NULL     0x00000000u
#define MMK_CALLBACK_WINDOW   0x00010000u
#define MMK_CALLBACK_TASK     0x00020000u
#define MMK_CALLBACK_THREAD   MMK_CALLBACK_TASK
#define MMK_CALLBACK_FUNCTION 0x00030000u
#define MMK_CALLBACK_EVENT    0x00050000u
#define MMK_CALLBACK_TYPEMASK 0x00070000u

/* and how a wave device is opened. */
#define MMK_WAVE_FORMAT_QUERY        0x0001u /* only answer; no instance, no callback */
#define MMK_WAVE_ALLOWSYNC           0x0002u
#define MMK_WAVE_MAPPED              0x0004u
#define MMK_WAVE_FORMAT_DIRECT       0x0008u /* no conversion on the way */
#define MMK_WAVE_FORMAT_DIRECT_QUERY (MMK_WAVE_FORMAT_QUERY | MMK_WAVE_FORMAT_DIRECT)

#define MMK_WAVE_MAPPED_DEFAULT_COMMUNICATION_DEVICE 0x0010u

#define MMK_WAVE_MAPPER 0xFFFFFFFFu
#define MMK_MIDI_MAPPER 0xFFFFFFFFu
#define MMK_AUX_MAPPER  0xFFFFFFFFu

/* DriverCallback's own flags: the CALLBACK_ kind shifted down by 16. */
#define MMK_DCB_NULL     0x0000u
#define MMK_DCB_WINDOW   0x0001u
#define MMK_DCB_TASK     0x0002u
#define MMK_DCB_FUNCTION 0x0003u
#define MMK_DCB_EVENT    0x0005u
#define MMK_DCB_TYPEMASK 0x0007u
#define MMK_DCB_NOSWITCH 0x0008u

#define MMK_WOM_OPEN  0x03BBu
#define MMK_WOM_CLOSE 0x03BCu
#define MMK_WOM_DONE  0x03BDu
#define MMK_WIM_OPEN  0x03BEu
#define MMK_WIM_CLOSE 0x03BFu
#define MMK_WIM_DATA  0x03C0u

#define MMK_MIM_OPEN       0x03C1u
#define MMK_MIM_CLOSE      0x03C2u
#define MMK_MIM_DATA       0x03C3u
#define MMK_MIM_LONGDATA   0x03C4u
#define MMK_MIM_ERROR      0x03C5u
#define MMK_MIM_LONGERROR  0x03C6u
#define MMK_MOM_OPEN       0x03C7u
#define MMK_MOM_CLOSE      0x03C8u
#define MMK_MOM_DONE       0x03C9u
#define MMK_MOM_POSITIONCB 0x03CAu
#define MMK_MIM_MOREDATA   0x03CCu

#define MMK_MM_MIXM_LINE_CHANGE    0x03D0u
#define MMK_MM_MIXM_CONTROL_CHANGE 0x03D1u

#define MMK_MM_ACM_OPEN  0x03D4u
#define MMK_MM_ACM_CLOSE 0x03D5u
#define MMK_MM_ACM_DONE  0x03D6u

/* ------------------------------------------------------------------ wave */

#define MMK_WODM_GETNUMDEVS      3u
#define MMK_WODM_GETDEVCAPS      4u
#define MMK_WODM_OPEN            5u
#define MMK_WODM_CLOSE           6u
#define MMK_WODM_PREPARE         7u
#define MMK_WODM_UNPREPARE       8u
#define MMK_WODM_WRITE           9u
#define MMK_WODM_PAUSE           10u
#define MMK_WODM_RESTART         11u
#define MMK_WODM_RESET           12u
#define MMK_WODM_GETPOS          13u
#define MMK_WODM_GETPITCH        14u
#define MMK_WODM_SETPITCH        15u
#define MMK_WODM_GETVOLUME       16u
#define MMK_WODM_SETVOLUME       17u
#define MMK_WODM_GETPLAYBACKRATE 18u
#define MMK_WODM_SETPLAYBACKRATE 19u
#define MMK_WODM_BREAKLOOP       20u
#define MMK_WODM_PREFERRED       21u
#define MMK_WODM_BUSY            21u /* the same number, used by another Windows */

#define MMK_WIDM_GETNUMDEVS 50u
#define MMK_WIDM_GETDEVCAPS 51u
#define MMK_WIDM_OPEN       52u
#define MMK_WIDM_CLOSE      53u
#define MMK_WIDM_PREPARE    54u
#define MMK_WIDM_UNPREPARE  55u
#define MMK_WIDM_ADDBUFFER  56u
#define MMK_WIDM_START      57u
#define MMK_WIDM_STOP       58u
#define MMK_WIDM_RESET      59u
#define MMK_WIDM_GETPOS     60u
#define MMK_WIDM_PREFERRED  61u

#define MMK_WHDR_DONE      0x00000001u
#define MMK_WHDR_PREPARED  0x00000002u
#define MMK_WHDR_BEGINLOOP 0x00000004u
#define MMK_WHDR_ENDLOOP   0x00000008u
#define MMK_WHDR_INQUEUE   0x00000010u

#define MMK_TIME_MS      0x0001u
#define MMK_TIME_SAMPLES 0x0002u
#define MMK_TIME_BYTES   0x0004u
#define MMK_TIME_SMPTE   0x0008u
#define MMK_TIME_MIDI    0x0010u
#define MMK_TIME_TICKS   0x0020u

#define MMK_WAVECAPS_PITCH          0x0001u
#define MMK_WAVECAPS_PLAYBACKRATE   0x0002u
#define MMK_WAVECAPS_VOLUME         0x0004u
#define MMK_WAVECAPS_LRVOLUME       0x0008u
#define MMK_WAVECAPS_SYNC           0x0010u
#define MMK_WAVECAPS_SAMPLEACCURATE 0x0020u

/* Bits of dwFormats in the capabilities: rate in kHz (1 = 11.025, 2 = 22.05), M or S, bits. */
#define MMK_WAVE_INVALIDFORMAT 0x00000000u
#define MMK_WAVE_FORMAT_1M08   0x00000001u
#define MMK_WAVE_FORMAT_1S08   0x00000002u
#define MMK_WAVE_FORMAT_1M16   0x00000004u
#define MMK_WAVE_FORMAT_1S16   0x00000008u
#define MMK_WAVE_FORMAT_2M08   0x00000010u
#define MMK_WAVE_FORMAT_2S08   0x00000020u
#define MMK_WAVE_FORMAT_2M16   0x00000040u
#define MMK_WAVE_FORMAT_2S16   0x00000080u
#define MMK_WAVE_FORMAT_4M08   0x00000100u
#define MMK_WAVE_FORMAT_4S08   0x00000200u
#define MMK_WAVE_FORMAT_4M16   0x00000400u
#define MMK_WAVE_FORMAT_4S16   0x00000800u
#define MMK_WAVE_FORMAT_44M08  MMK_WAVE_FORMAT_4M08
#define MMK_WAVE_FORMAT_44S08  MMK_WAVE_FORMAT_4S08
#define MMK_WAVE_FORMAT_44M16  MMK_WAVE_FORMAT_4M16
#define MMK_WAVE_FORMAT_44S16  MMK_WAVE_FORMAT_4S16
#define MMK_WAVE_FORMAT_48M08  0x00001000u
#define MMK_WAVE_FORMAT_48S08  0x00002000u
#define MMK_WAVE_FORMAT_48M16  0x00004000u
#define MMK_WAVE_FORMAT_48S16  0x00008000u
#define MMK_WAVE_FORMAT_96M08  0x00010000u
#define MMK_WAVE_FORMAT_96S08  0x00020000u
#define MMK_WAVE_FORMAT_96M16  0x00040000u
#define MMK_WAVE_FORMAT_96S16  0x00080000u

/* Format tags. */
#define MMK_WAVE_FORMAT_UNKNOWN     0x0000u
#define MMK_WAVE_FORMAT_PCM         0x0001u
#define MMK_WAVE_FORMAT_ADPCM       0x0002u /* Microsoft's */
#define MMK_WAVE_FORMAT_IEEE_FLOAT  0x0003u
#define MMK_WAVE_FORMAT_ALAW        0x0006u
#define MMK_WAVE_FORMAT_MULAW       0x0007u
#define MMK_WAVE_FORMAT_IMA_ADPCM   0x0011u
#define MMK_WAVE_FORMAT_DVI_ADPCM   MMK_WAVE_FORMAT_IMA_ADPCM
#define MMK_WAVE_FORMAT_GSM610      0x0031u
#define MMK_WAVE_FORMAT_MPEGLAYER3  0x0055u
#define MMK_WAVE_FORMAT_EXTENSIBLE  0xFFFEu
#define MMK_WAVE_FORMAT_DEVELOPMENT 0xFFFFu

/* Bits of dwChannelMask; channels are stored in the order of their bits. */
#define MMK_SPEAKER_FRONT_LEFT            0x00000001u
#define MMK_SPEAKER_FRONT_RIGHT           0x00000002u
#define MMK_SPEAKER_FRONT_CENTER          0x00000004u
#define MMK_SPEAKER_LOW_FREQUENCY         0x00000008u
#define MMK_SPEAKER_BACK_LEFT             0x00000010u
#define MMK_SPEAKER_BACK_RIGHT            0x00000020u
#define MMK_SPEAKER_FRONT_LEFT_OF_CENTER  0x00000040u
#define MMK_SPEAKER_FRONT_RIGHT_OF_CENTER 0x00000080u
#define MMK_SPEAKER_BACK_CENTER           0x00000100u
#define MMK_SPEAKER_SIDE_LEFT             0x00000200u
#define MMK_SPEAKER_SIDE_RIGHT            0x00000400u
#define MMK_SPEAKER_TOP_CENTER            0x00000800u
#define MMK_SPEAKER_TOP_FRONT_LEFT        0x00001000u
#define MMK_SPEAKER_TOP_FRONT_CENTER      0x00002000u
#define MMK_SPEAKER_TOP_FRONT_RIGHT       0x00004000u
#define MMK_SPEAKER_TOP_BACK_LEFT         0x00008000u
#define MMK_SPEAKER_TOP_BACK_CENTER       0x00010000u
#define MMK_SPEAKER_TOP_BACK_RIGHT        0x00020000u
#define MMK_SPEAKER_RESERVED              0x7FFC0000u
#define MMK_SPEAKER_ALL                   0x80000000u

/* ------------------------------------------------------------------ MIDI */

#define MMK_MODM_GETNUMDEVS       1u
#define MMK_MODM_GETDEVCAPS       2u
#define MMK_MODM_OPEN             3u
#define MMK_MODM_CLOSE            4u
#define MMK_MODM_PREPARE          5u
#define MMK_MODM_UNPREPARE        6u
#define MMK_MODM_DATA             7u
#define MMK_MODM_LONGDATA         8u
#define MMK_MODM_RESET            9u
#define MMK_MODM_GETVOLUME        10u
#define MMK_MODM_SETVOLUME        11u
#define MMK_MODM_CACHEPATCHES     12u
#define MMK_MODM_CACHEDRUMPATCHES 13u
/* Wine's headers end here. */
#define MMK_MODM_STRMDATA    14u
#define MMK_MODM_GETPOS      17u
#define MMK_MODM_PAUSE       18u
#define MMK_MODM_RESTART     19u
#define MMK_MODM_STOP        20u
#define MMK_MODM_PROPERTIES  21u
#define MMK_MODM_PREFERRED   22u
#define MMK_MODM_RECONFIGURE (MMK_DRVM_USER + 0x0768u)

#define MMK_MIDM_GETNUMDEVS 53u
#define MMK_MIDM_GETDEVCAPS 54u
#define MMK_MIDM_OPEN       55u
#define MMK_MIDM_CLOSE      56u
#define MMK_MIDM_PREPARE    57u
#define MMK_MIDM_UNPREPARE  58u
#define MMK_MIDM_ADDBUFFER  59u
#define MMK_MIDM_START      60u
#define MMK_MIDM_STOP       61u
#define MMK_MIDM_RESET      62u

#define MMK_MHDR_DONE     0x00000001u
#define MMK_MHDR_PREPARED 0x00000002u
#define MMK_MHDR_INQUEUE  0x00000004u
#define MMK_MHDR_ISSTRM   0x00000008u

#define MMK_MIDI_IO_STATUS     0x00000020u
#define MMK_MIDI_IO_COOKED     0x00000002u
#define MMK_MIDIPATCHSIZE      128u
#define MMK_MIDI_CACHE_ALL     1u
#define MMK_MIDI_CACHE_BESTFIT 2u
#define MMK_MIDI_CACHE_QUERY   3u
#define MMK_MIDI_UNCACHE       4u

#define MMK_MOD_MIDIPORT  1u
#define MMK_MOD_SYNTH     2u
#define MMK_MOD_SQSYNTH   3u
#define MMK_MOD_FMSYNTH   4u
#define MMK_MOD_MAPPER    5u
#define MMK_MOD_WAVETABLE 6u
#define MMK_MOD_SWSYNTH   7u

#define MMK_MIDICAPS_VOLUME   0x0001u
#define MMK_MIDICAPS_LRVOLUME 0x0002u
#define MMK_MIDICAPS_CACHE    0x0004u
#define MMK_MIDICAPS_STREAM   0x0008u

#define MMK_MIDIPROP_SET     0x80000000u
#define MMK_MIDIPROP_GET     0x40000000u
#define MMK_MIDIPROP_TIMEDIV 0x00000001u
#define MMK_MIDIPROP_TEMPO   0x00000002u

#define MMK_MEVT_F_SHORT    0x00000000u
#define MMK_MEVT_F_LONG     0x80000000u
#define MMK_MEVT_F_CALLBACK 0x40000000u
#define MMK_MEVT_SHORTMSG   0x00u
#define MMK_MEVT_TEMPO      0x01u
#define MMK_MEVT_NOP        0x02u
#define MMK_MEVT_LONGMSG    0x80u
#define MMK_MEVT_COMMENT    0x82u
#define MMK_MEVT_VERSION    0x84u

/* ------------------------------------------------------------------ aux */

#define MMK_AUXDM_GETNUMDEVS 3u
#define MMK_AUXDM_GETDEVCAPS 4u
#define MMK_AUXDM_GETVOLUME  5u
#define MMK_AUXDM_SETVOLUME  6u

#define MMK_AUXCAPS_CDAUDIO  1u /* wTechnology */
#define MMK_AUXCAPS_AUXIN    2u
#define MMK_AUXCAPS_VOLUME   0x0001u /* dwSupport */
#define MMK_AUXCAPS_LRVOLUME 0x0002u

/* ------------------------------------------------------------------ mixer */

#define MMK_MXDM_GETNUMDEVS        1u
#define MMK_MXDM_GETDEVCAPS        2u
#define MMK_MXDM_OPEN              3u
#define MMK_MXDM_CLOSE             4u
#define MMK_MXDM_GETLINEINFO       5u
#define MMK_MXDM_GETLINECONTROLS   6u
#define MMK_MXDM_GETCONTROLDETAILS 7u
#define MMK_MXDM_SETCONTROLDETAILS 8u

#define MMK_MIXER_OBJECTF_HANDLE  0x80000000u
#define MMK_MIXER_OBJECTF_MIXER   0x00000000u
#define MMK_MIXER_OBJECTF_WAVEOUT 0x10000000u
#define MMK_MIXER_OBJECTF_WAVEIN  0x20000000u
#define MMK_MIXER_OBJECTF_MIDIOUT 0x30000000u
#define MMK_MIXER_OBJECTF_MIDIIN  0x40000000u
#define MMK_MIXER_OBJECTF_AUX     0x50000000u

#define MMK_MIXERLINE_LINEF_ACTIVE       0x00000001u
#define MMK_MIXERLINE_LINEF_DISCONNECTED 0x00008000u
#define MMK_MIXERLINE_LINEF_SOURCE       0x80000000u

#define MMK_MIXERLINE_COMPONENTTYPE_DST_UNDEFINED   0x0000u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_DIGITAL     0x0001u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_LINE        0x0002u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_MONITOR     0x0003u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_SPEAKERS    0x0004u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_HEADPHONES  0x0005u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_TELEPHONE   0x0006u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_WAVEIN      0x0007u
#define MMK_MIXERLINE_COMPONENTTYPE_DST_VOICEIN     0x0008u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_UNDEFINED   0x1000u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_DIGITAL     0x1001u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_LINE        0x1002u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_MICROPHONE  0x1003u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_SYNTHESIZER 0x1004u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_COMPACTDISC 0x1005u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_TELEPHONE   0x1006u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_PCSPEAKER   0x1007u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_WAVEOUT     0x1008u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_AUXILIARY   0x1009u
#define MMK_MIXERLINE_COMPONENTTYPE_SRC_ANALOG      0x100Au

#define MMK_MIXERLINE_TARGETTYPE_UNDEFINED 0u
#define MMK_MIXERLINE_TARGETTYPE_WAVEOUT   1u
#define MMK_MIXERLINE_TARGETTYPE_WAVEIN    2u
#define MMK_MIXERLINE_TARGETTYPE_MIDIOUT   3u
#define MMK_MIXERLINE_TARGETTYPE_MIDIIN    4u
#define MMK_MIXERLINE_TARGETTYPE_AUX       5u

#define MMK_MIXER_GETLINEINFOF_DESTINATION   0u
#define MMK_MIXER_GETLINEINFOF_SOURCE        1u
#define MMK_MIXER_GETLINEINFOF_LINEID        2u
#define MMK_MIXER_GETLINEINFOF_COMPONENTTYPE 3u
#define MMK_MIXER_GETLINEINFOF_TARGETTYPE    4u
#define MMK_MIXER_GETLINEINFOF_QUERYMASK     0x0000000Fu

#define MMK_MIXER_GETLINECONTROLSF_ALL       0u
#define MMK_MIXER_GETLINECONTROLSF_ONEBYID   1u
#define MMK_MIXER_GETLINECONTROLSF_ONEBYTYPE 2u
#define MMK_MIXER_GETLINECONTROLSF_QUERYMASK 0x0000000Fu

#define MMK_MIXER_GETCONTROLDETAILSF_VALUE     0u
#define MMK_MIXER_GETCONTROLDETAILSF_LISTTEXT  1u
#define MMK_MIXER_GETCONTROLDETAILSF_QUERYMASK 0x0000000Fu
#define MMK_MIXER_SETCONTROLDETAILSF_VALUE     0u
#define MMK_MIXER_SETCONTROLDETAILSF_CUSTOM    1u
#define MMK_MIXER_SETCONTROLDETAILSF_QUERYMASK 0x0000000Fu

#define MMK_MIXERCONTROL_CONTROLF_UNIFORM  0x00000001u
#define MMK_MIXERCONTROL_CONTROLF_MULTIPLE 0x00000002u
#define MMK_MIXERCONTROL_CONTROLF_DISABLED 0x80000000u

/* Class in bits 28-31, sub-class in 24-27, units in 16-23, number below. */
#define MMK_MIXERCONTROL_CONTROLTYPE_CUSTOM         0x00000000u
#define MMK_MIXERCONTROL_CONTROLTYPE_BOOLEANMETER   0x10010000u
#define MMK_MIXERCONTROL_CONTROLTYPE_SIGNEDMETER    0x10020000u
#define MMK_MIXERCONTROL_CONTROLTYPE_PEAKMETER      0x10020001u
#define MMK_MIXERCONTROL_CONTROLTYPE_UNSIGNEDMETER  0x10030000u
#define MMK_MIXERCONTROL_CONTROLTYPE_BOOLEAN        0x20010000u
#define MMK_MIXERCONTROL_CONTROLTYPE_ONOFF          0x20010001u
#define MMK_MIXERCONTROL_CONTROLTYPE_MUTE           0x20010002u
#define MMK_MIXERCONTROL_CONTROLTYPE_MONO           0x20010003u
#define MMK_MIXERCONTROL_CONTROLTYPE_LOUDNESS       0x20010004u
#define MMK_MIXERCONTROL_CONTROLTYPE_STEREOENH      0x20010005u
#define MMK_MIXERCONTROL_CONTROLTYPE_BUTTON         0x21010000u
#define MMK_MIXERCONTROL_CONTROLTYPE_SIGNED         0x30020000u
#define MMK_MIXERCONTROL_CONTROLTYPE_UNSIGNED       0x30030000u
#define MMK_MIXERCONTROL_CONTROLTYPE_DECIBELS       0x30040000u
#define MMK_MIXERCONTROL_CONTROLTYPE_PERCENT        0x30050000u
#define MMK_MIXERCONTROL_CONTROLTYPE_SLIDER         0x40020000u
#define MMK_MIXERCONTROL_CONTROLTYPE_PAN            0x40020001u
#define MMK_MIXERCONTROL_CONTROLTYPE_FADER          0x50030000u
#define MMK_MIXERCONTROL_CONTROLTYPE_VOLUME         0x50030001u
#define MMK_MIXERCONTROL_CONTROLTYPE_BASS           0x50030002u
#define MMK_MIXERCONTROL_CONTROLTYPE_TREBLE         0x50030003u
#define MMK_MIXERCONTROL_CONTROLTYPE_EQUALIZER      0x50030004u
#define MMK_MIXERCONTROL_CONTROLTYPE_MICROTIME      0x60030000u
#define MMK_MIXERCONTROL_CONTROLTYPE_MILLITIME      0x61030000u
#define MMK_MIXERCONTROL_CONTROLTYPE_SINGLESELECT   0x70010000u
#define MMK_MIXERCONTROL_CONTROLTYPE_MUX            0x70010001u
#define MMK_MIXERCONTROL_CONTROLTYPE_MULTIPLESELECT 0x71010000u
#define MMK_MIXERCONTROL_CONTROLTYPE_MIXER          0x71010001u

/* ------------------------------------------------------------------ audio compression manager */

#define MMK_ACMDM_USER                      (MMK_DRV_USER + 0x0000u)
#define MMK_ACMDM_RESERVED_LOW              (MMK_DRV_USER + 0x2000u)
#define MMK_ACMDM_RESERVED_HIGH             (MMK_DRV_USER + 0x2FFFu)
#define MMK_ACMDM_BASE                      MMK_ACMDM_RESERVED_LOW
#define MMK_ACMDM_DRIVER_NOTIFY             (MMK_ACMDM_BASE + 1u)
#define MMK_ACMDM_DRIVER_DETAILS            (MMK_ACMDM_BASE + 10u)
#define MMK_ACMDM_DRIVER_ABOUT              (MMK_ACMDM_BASE + 11u)
#define MMK_ACMDM_HARDWARE_WAVE_CAPS_INPUT  (MMK_ACMDM_BASE + 20u)
#define MMK_ACMDM_HARDWARE_WAVE_CAPS_OUTPUT (MMK_ACMDM_BASE + 21u)
#define MMK_ACMDM_FORMATTAG_DETAILS         (MMK_ACMDM_BASE + 25u)
#define MMK_ACMDM_FORMAT_DETAILS            (MMK_ACMDM_BASE + 26u)
#define MMK_ACMDM_FORMAT_SUGGEST            (MMK_ACMDM_BASE + 27u)
#define MMK_ACMDM_FILTERTAG_DETAILS         (MMK_ACMDM_BASE + 50u)
#define MMK_ACMDM_FILTER_DETAILS            (MMK_ACMDM_BASE + 51u)
#define MMK_ACMDM_STREAM_OPEN               (MMK_ACMDM_BASE + 76u)
#define MMK_ACMDM_STREAM_CLOSE              (MMK_ACMDM_BASE + 77u)
#define MMK_ACMDM_STREAM_SIZE               (MMK_ACMDM_BASE + 78u)
#define MMK_ACMDM_STREAM_CONVERT            (MMK_ACMDM_BASE + 79u)
#define MMK_ACMDM_STREAM_RESET              (MMK_ACMDM_BASE + 80u)
#define MMK_ACMDM_STREAM_PREPARE            (MMK_ACMDM_BASE + 81u)
#define MMK_ACMDM_STREAM_UNPREPARE          (MMK_ACMDM_BASE + 82u)
#define MMK_ACMDM_STREAM_UPDATE             (MMK_ACMDM_BASE + 83u)

#define MMK_ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC 0x63647561u /* 'a' 'u' 'd' 'c' in memory order */
#define MMK_ACMDRIVERDETAILS_FCCCOMP_UNDEFINED  0x00000000u

#define MMK_ACMDRIVERDETAILS_SUPPORTF_CODEC     0x00000001u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_CONVERTER 0x00000002u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_FILTER    0x00000004u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_HARDWARE  0x00000008u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_ASYNC     0x00000010u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_LOCAL     0x40000000u
#define MMK_ACMDRIVERDETAILS_SUPPORTF_DISABLED  0x80000000u

#define MMK_ACM_FORMATTAGDETAILSF_INDEX       0u
#define MMK_ACM_FORMATTAGDETAILSF_FORMATTAG   1u
#define MMK_ACM_FORMATTAGDETAILSF_LARGESTSIZE 2u
#define MMK_ACM_FORMATTAGDETAILSF_QUERYMASK   0x0000000Fu
#define MMK_ACM_FORMATDETAILSF_INDEX          0u
#define MMK_ACM_FORMATDETAILSF_FORMAT         1u
#define MMK_ACM_FORMATDETAILSF_QUERYMASK      0x0000000Fu
#define MMK_ACM_FILTERTAGDETAILSF_INDEX       0u
#define MMK_ACM_FILTERTAGDETAILSF_FILTERTAG   1u
#define MMK_ACM_FILTERTAGDETAILSF_LARGESTSIZE 2u
#define MMK_ACM_FILTERTAGDETAILSF_QUERYMASK   0x0000000Fu
#define MMK_ACM_FILTERDETAILSF_INDEX          0u
#define MMK_ACM_FILTERDETAILSF_FILTER         1u
#define MMK_ACM_FILTERDETAILSF_QUERYMASK      0x0000000Fu

#define MMK_ACM_FORMATSUGGESTF_WFORMATTAG     0x00010000u
#define MMK_ACM_FORMATSUGGESTF_NCHANNELS      0x00020000u
#define MMK_ACM_FORMATSUGGESTF_NSAMPLESPERSEC 0x00040000u
#define MMK_ACM_FORMATSUGGESTF_WBITSPERSAMPLE 0x00080000u
#define MMK_ACM_FORMATSUGGESTF_TYPEMASK       0x00FF0000u

#define MMK_ACM_STREAMOPENF_QUERY         0x00000001u
#define MMK_ACM_STREAMOPENF_ASYNC         0x00000002u
#define MMK_ACM_STREAMOPENF_NONREALTIME   0x00000004u
#define MMK_ACM_STREAMSIZEF_SOURCE        0u
#define MMK_ACM_STREAMSIZEF_DESTINATION   1u
#define MMK_ACM_STREAMSIZEF_QUERYMASK     0x0000000Fu
#define MMK_ACM_STREAMCONVERTF_BLOCKALIGN 0x00000004u
#define MMK_ACM_STREAMCONVERTF_START      0x00000010u
#define MMK_ACM_STREAMCONVERTF_END        0x00000020u

#define MMK_ACMSTREAMHEADER_STATUSF_DONE     0x00010000u
#define MMK_ACMSTREAMHEADER_STATUSF_PREPARED 0x00020000u
#define MMK_ACMSTREAMHEADER_STATUSF_INQUEUE  0x00100000u

/* ------------------------------------------------------------------ identities and lengths */

#define MMK_MM_MICROSOFT    1u
#define MMK_MM_UNMAPPED     0xFFFFu /* the manufacturer, where none was registered */
#define MMK_MM_PID_UNMAPPED 0xFFFFu

/* Lengths of the text fields, in UTF-16 units, with the terminator. */
#define MMK_MAXPNAMELEN                         32
#define MMK_MIXER_SHORT_NAME_CHARS              16
#define MMK_MIXER_LONG_NAME_CHARS               64
#define MMK_ACMDRIVERDETAILS_SHORTNAME_CHARS    32
#define MMK_ACMDRIVERDETAILS_LONGNAME_CHARS     128
#define MMK_ACMDRIVERDETAILS_COPYRIGHT_CHARS    80
#define MMK_ACMDRIVERDETAILS_LICENSING_CHARS    128
#define MMK_ACMDRIVERDETAILS_FEATURES_CHARS     512
#define MMK_ACMFORMATTAGDETAILS_FORMATTAG_CHARS 48
#define MMK_ACMFORMATDETAILS_FORMAT_CHARS       128
#define MMK_ACMFILTERTAGDETAILS_FILTERTAG_CHARS 48
#define MMK_ACMFILTERDETAILS_FILTER_CHARS       128

/* ------------------------------------------------------------------ structures */

#pragma pack(push, 1)

struct mmk_guid {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
};

/** Initialiser of the SubFormat that stands for a plain format tag. Source: mmreg.h, "WAVEFORMATEX
 * guid". */
#define MMK_SUBFORMAT_GUID(tag)                            \
    {                                                      \
        (tag), 0x0000, 0x0010,                             \
        {                                                  \
            0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71 \
        }                                                  \
    }

/** lParam2 of DRV_CONFIGURE and DRV_INSTALL: names of the registry key and of the value. Either may
 * be NULL. */
struct mmk_drvconfiginfo {
    uint32_t dwDCISize;
    const mmk_char16 *lpszDCISectionName;
    const mmk_char16 *lpszDCIAliasName;
};

/** What some senders pass instead; dwDCISize tells. */
struct mmk_drvconfiginfoex {
    uint32_t dwDCISize;
    const mmk_char16 *lpszDCISectionName;
    const mmk_char16 *lpszDCIAliasName;
    uint32_t dnDevNode;
};

/** p1 of GETDEVCAPS where a Plug and Play driver is asked (p2 is then the device node). */
struct mmk_mdevicecapsex {
    uint32_t cbSize;
    void *pCaps;
};

struct mmk_waveformat {
    uint16_t wFormatTag;
    uint16_t nChannels;
    uint32_t nSamplesPerSec;
    uint32_t nAvgBytesPerSec;
    uint16_t nBlockAlign;
};

struct mmk_pcmwaveformat {
    struct mmk_waveformat wf;
    uint16_t wBitsPerSample;
};

struct mmk_waveformatex {
    uint16_t wFormatTag;
    uint16_t nChannels;
    uint32_t nSamplesPerSec;
    uint32_t nAvgBytesPerSec;
    uint16_t nBlockAlign;
    uint16_t wBitsPerSample;
    uint16_t cbSize; /* bytes that follow this structure; meaningless for WAVE_FORMAT_PCM */
};

union mmk_waveformatextensible_samples {
    uint16_t wValidBitsPerSample;
    uint16_t wSamplesPerBlock;
    uint16_t wReserved;
};

struct mmk_waveformatextensible {
    struct mmk_waveformatex Format;
    union mmk_waveformatextensible_samples Samples;
    uint32_t dwChannelMask;
    struct mmk_guid SubFormat;
};

struct mmk_adpcmcoefset {
    int16_t iCoef1;
    int16_t iCoef2;
};

/** wNumCoef coefficient pairs follow at once (offset 22). sizeof is 22 here and in mingw's header,
 * but 26 in Wine's, which counts the first pair: never use sizeof as the format's length, add up
 * cbSize. */
struct mmk_adpcmwaveformat {
    struct mmk_waveformatex wfx;
    uint16_t wSamplesPerBlock;
    uint16_t wNumCoef;
};

struct mmk_imaadpcmwaveformat {
    struct mmk_waveformatex wfx;
    uint16_t wSamplesPerBlock;
};

struct mmk_gsm610waveformat {
    struct mmk_waveformatex wfx;
    uint16_t wSamplesPerBlock;
};

struct mmk_mpeglayer3waveformat {
    struct mmk_waveformatex wfx;
    uint16_t wID;
    uint32_t fdwFlags;
    uint16_t nBlockSize;
    uint16_t nFramesPerBlock;
    uint16_t nCodecDelay;
};

/** p1 of WODM_WRITE, WIDM_ADDBUFFER and the calls about their buffers. */
struct mmk_wavehdr {
    char *lpData;
    uint32_t dwBufferLength;  /* bytes */
    uint32_t dwBytesRecorded; /* input only, written before DONE is set */
    uintptr_t dwUser;         /* the client's */
    uint32_t dwFlags;         /* WHDR_*; clients poll it */
    uint32_t dwLoops;         /* read in the block that has WHDR_BEGINLOOP */
    struct mmk_wavehdr *lpNext;
    uintptr_t reserved; /* the driver's by the documents; clients scribble over it all the same:
                           unused here */
};

/** p1 of WODM_OPEN and WIDM_OPEN. */
struct mmk_waveopendesc {
    uintptr_t hWave;
    const struct mmk_waveformatex *lpFormat;
    uintptr_t dwCallback;
    uintptr_t dwInstance;
    uint32_t uMappedDeviceID;
    uintptr_t dnDevNode;
};

struct mmk_waveoutcapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion; /* major << 8 | minor */
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t dwFormats;
    uint16_t wChannels;
    uint16_t wReserved1;
    uint32_t dwSupport; /* WAVECAPS_* */
};

struct mmk_waveoutcaps2w {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t dwFormats;
    uint16_t wChannels;
    uint16_t wReserved1;
    uint32_t dwSupport;
    struct mmk_guid ManufacturerGuid;
    struct mmk_guid ProductGuid;
    struct mmk_guid NameGuid;
};

struct mmk_waveincapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t dwFormats;
    uint16_t wChannels;
    uint16_t wReserved1;
};

struct mmk_waveincaps2w {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t dwFormats;
    uint16_t wChannels;
    uint16_t wReserved1;
    struct mmk_guid ManufacturerGuid;
    struct mmk_guid ProductGuid;
    struct mmk_guid NameGuid;
};

struct mmk_mmtime_smpte {
    uint8_t hour;
    uint8_t min;
    uint8_t sec;
    uint8_t frame;
    uint8_t fps;
    uint8_t dummy;
    uint8_t pad[2];
};

struct mmk_mmtime_midi {
    uint32_t songptrpos;
};

union mmk_mmtime_value {
    uint32_t ms;
    uint32_t sample;
    uint32_t cb;
    uint32_t ticks;
    struct mmk_mmtime_smpte smpte;
    struct mmk_mmtime_midi midi;
};

/** p1 of GETPOS: wType is asked for on the way in and may be another on the way out. */
struct mmk_mmtime {
    uint32_t wType; /* TIME_* */
    union mmk_mmtime_value u;
};

struct mmk_midihdr {
    char *lpData;
    uint32_t dwBufferLength;
    uint32_t dwBytesRecorded;
    uintptr_t dwUser;
    uint32_t dwFlags; /* MHDR_* */
    struct mmk_midihdr *lpNext;
    uintptr_t reserved;
    uint32_t dwOffset;
    uintptr_t dwReserved[8];
};

struct mmk_midiopenstrmid {
    uint32_t dwStreamID;
    uint32_t uDeviceID; /* 16 bits in Wine's header: look at the low half only */
};

/** p1 of MODM_OPEN and MIDM_OPEN; rgIds has cIds elements. Wine's header ends two bytes earlier. */
struct mmk_midiopendesc {
    uintptr_t hMidi;
    uintptr_t dwCallback;
    uintptr_t dwInstance;
    uintptr_t dnDevNode;
    uint32_t cIds;
    struct mmk_midiopenstrmid rgIds[1];
};

/** One event of a stream buffer; an event with MEVT_F_LONG goes on with its parameters at
 * offset 12. */
struct mmk_midievent {
    uint32_t dwDeltaTime;
    uint32_t dwStreamID;
    uint32_t dwEvent;
    uint32_t dwParms[1];
};

struct mmk_midiproptimediv {
    uint32_t cbStruct;
    uint32_t dwTimeDiv;
};

struct mmk_midiproptempo {
    uint32_t cbStruct;
    uint32_t dwTempo; /* microseconds for a quarter note */
};

struct mmk_midioutcapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint16_t wTechnology; /* MOD_* */
    uint16_t wVoices;
    uint16_t wNotes;
    uint16_t wChannelMask;
    uint32_t dwSupport; /* MIDICAPS_* */
};

struct mmk_midiincapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t dwSupport;
};

struct mmk_auxcapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint16_t wTechnology; /* AUXCAPS_CDAUDIO or AUXCAPS_AUXIN */
    uint16_t wReserved1;
    uint32_t dwSupport; /* AUXCAPS_VOLUME, AUXCAPS_LRVOLUME */
};

struct mmk_mixercapsw {
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
    uint32_t fdwSupport;
    uint32_t cDestinations;
};

/** p1 of MXDM_OPEN. */
struct mmk_mixeropendesc {
    uintptr_t hmx;
    void *pReserved0;
    uintptr_t dwCallback;
    uintptr_t dwInstance;
    uintptr_t dnDevNode;
};

struct mmk_mixerline_target {
    uint32_t dwType; /* MIXERLINE_TARGETTYPE_* */
    uint32_t dwDeviceID;
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vDriverVersion;
    mmk_char16 szPname[MMK_MAXPNAMELEN];
};

struct mmk_mixerlinew {
    uint32_t cbStruct;
    uint32_t dwDestination;
    uint32_t dwSource;
    uint32_t dwLineID;
    uint32_t fdwLine;
    uintptr_t dwUser;
    uint32_t dwComponentType;
    uint32_t cChannels;
    uint32_t cConnections;
    uint32_t cControls;
    mmk_char16 szShortName[MMK_MIXER_SHORT_NAME_CHARS];
    mmk_char16 szName[MMK_MIXER_LONG_NAME_CHARS];
    struct mmk_mixerline_target Target;
};

struct mmk_mixercontrol_bounds_signed {
    int32_t lMinimum;
    int32_t lMaximum;
};

struct mmk_mixercontrol_bounds_unsigned {
    uint32_t dwMinimum;
    uint32_t dwMaximum;
};

/** The real structure has no names for the two pairs: s and u are ours. */
union mmk_mixercontrol_bounds {
    struct mmk_mixercontrol_bounds_signed s;
    struct mmk_mixercontrol_bounds_unsigned u;
    uint32_t dwReserved[6];
};

union mmk_mixercontrol_metrics {
    uint32_t cSteps;
    uint32_t cbCustomData;
    uint32_t dwReserved[6];
};

struct mmk_mixercontrolw {
    uint32_t cbStruct;
    uint32_t dwControlID;
    uint32_t dwControlType;
    uint32_t fdwControl;
    uint32_t cMultipleItems;
    mmk_char16 szShortName[MMK_MIXER_SHORT_NAME_CHARS];
    mmk_char16 szName[MMK_MIXER_LONG_NAME_CHARS];
    union mmk_mixercontrol_bounds Bounds;
    union mmk_mixercontrol_metrics Metrics;
};

/** p1 of MXDM_GETLINECONTROLS. */
struct mmk_mixerlinecontrolsw {
    uint32_t cbStruct;
    uint32_t dwLineID;
    union {
        uint32_t dwControlID;   /* MIXER_GETLINECONTROLSF_ONEBYID */
        uint32_t dwControlType; /* MIXER_GETLINECONTROLSF_ONEBYTYPE */
    };
    uint32_t cControls;
    uint32_t cbmxctrl;
    struct mmk_mixercontrolw *pamxctrl;
};

/** p1 of MXDM_GETCONTROLDETAILS and MXDM_SETCONTROLDETAILS. */
struct mmk_mixercontroldetails {
    uint32_t cbStruct;
    uint32_t dwControlID;
    uint32_t cChannels;
    union {
        uintptr_t hwndOwner;     /* MIXER_SETCONTROLDETAILSF_CUSTOM */
        uint32_t cMultipleItems; /* otherwise; the other half is undefined */
    };
    uint32_t cbDetails;
    void *paDetails;
};

struct mmk_mixercontroldetails_boolean {
    int32_t fValue;
};

struct mmk_mixercontroldetails_signed {
    int32_t lValue;
};

struct mmk_mixercontroldetails_unsigned {
    uint32_t dwValue;
};

struct mmk_mixercontroldetails_listtextw {
    uint32_t dwParam1;
    uint32_t dwParam2;
    mmk_char16 szName[MMK_MIXER_LONG_NAME_CHARS];
};

struct mmk_wavefilter {
    uint32_t cbStruct;
    uint32_t dwFilterTag;
    uint32_t fdwFilter;
    uint32_t dwReserved[5];
};

struct mmk_acmdriverdetailsw {
    uint32_t cbStruct;
    uint32_t fccType;
    uint32_t fccComp;
    uint16_t wMid;
    uint16_t wPid;
    uint32_t vdwACM;
    uint32_t vdwDriver;
    uint32_t fdwSupport;
    uint32_t cFormatTags;
    uint32_t cFilterTags;
    uintptr_t hicon;
    mmk_char16 szShortName[MMK_ACMDRIVERDETAILS_SHORTNAME_CHARS];
    mmk_char16 szLongName[MMK_ACMDRIVERDETAILS_LONGNAME_CHARS];
    mmk_char16 szCopyright[MMK_ACMDRIVERDETAILS_COPYRIGHT_CHARS];
    mmk_char16 szLicensing[MMK_ACMDRIVERDETAILS_LICENSING_CHARS];
    mmk_char16 szFeatures[MMK_ACMDRIVERDETAILS_FEATURES_CHARS];
};

struct mmk_acmformattagdetailsw {
    uint32_t cbStruct;
    uint32_t dwFormatTagIndex;
    uint32_t dwFormatTag;
    uint32_t cbFormatSize;
    uint32_t fdwSupport;
    uint32_t cStandardFormats;
    mmk_char16 szFormatTag[MMK_ACMFORMATTAGDETAILS_FORMATTAG_CHARS];
};

struct mmk_acmformatdetailsw {
    uint32_t cbStruct;
    uint32_t dwFormatIndex;
    uint32_t dwFormatTag;
    uint32_t fdwSupport;
    struct mmk_waveformatex *pwfx;
    uint32_t cbwfx;
    mmk_char16 szFormat[MMK_ACMFORMATDETAILS_FORMAT_CHARS];
};

struct mmk_acmfiltertagdetailsw {
    uint32_t cbStruct;
    uint32_t dwFilterTagIndex;
    uint32_t dwFilterTag;
    uint32_t cbFilterSize;
    uint32_t fdwSupport;
    uint32_t cStandardFilters;
    mmk_char16 szFilterTag[MMK_ACMFILTERTAGDETAILS_FILTERTAG_CHARS];
};

struct mmk_acmfilterdetailsw {
    uint32_t cbStruct;
    uint32_t dwFilterIndex;
    uint32_t dwFilterTag;
    uint32_t fdwSupport;
    struct mmk_wavefilter *pwfltr;
    uint32_t cbwfltr;
    mmk_char16 szFilter[MMK_ACMFILTERDETAILS_FILTER_CHARS];
};

#if UINTPTR_MAX > 0xFFFFFFFFu
#define MMK_ACMSTREAMHEADER_RESERVED 15
#else
#define MMK_ACMSTREAMHEADER_RESERVED 10
#endif

/** The client's view; the driver sees the same memory as struct mmk_acmdrvstreamheader. */
struct mmk_acmstreamheader {
    uint32_t cbStruct;
    uint32_t fdwStatus; /* ACMSTREAMHEADER_STATUSF_* */
    uintptr_t dwUser;
    uint8_t *pbSrc;
    uint32_t cbSrcLength;
    uint32_t cbSrcLengthUsed;
    uintptr_t dwSrcUser;
    uint8_t *pbDst;
    uint32_t cbDstLength;
    uint32_t cbDstLengthUsed;
    uintptr_t dwDstUser;
    uint32_t dwReservedDriver[MMK_ACMSTREAMHEADER_RESERVED];
};

/** lParam2 of ACMDM_STREAM_CONVERT, _PREPARE and _UNPREPARE. From fdwPrepared on the ACM's own. */
struct mmk_acmdrvstreamheader {
    uint32_t cbStruct;
    uint32_t fdwStatus;
    uintptr_t dwUser;
    uint8_t *pbSrc;
    uint32_t cbSrcLength;
    uint32_t cbSrcLengthUsed;
    uintptr_t dwSrcUser;
    uint8_t *pbDst;
    uint32_t cbDstLength;
    uint32_t cbDstLengthUsed;
    uintptr_t dwDstUser;
    uint32_t fdwConvert; /* ACM_STREAMCONVERTF_* */
    struct mmk_acmdrvstreamheader *padshNext;
    uint32_t fdwDriver;
    uintptr_t dwDriver;
    uint32_t fdwPrepared;
    uintptr_t dwPrepared;
    uint8_t *pbPreparedSrc;
    uint32_t cbPreparedSrcLength;
    uint8_t *pbPreparedDst;
    uint32_t cbPreparedDstLength;
};

struct mmk_acmdrvstreamsize {
    uint32_t cbStruct;
    uint32_t fdwSize; /* ACM_STREAMSIZEF_* */
    uint32_t cbSrcLength;
    uint32_t cbDstLength;
};

/* Three structures of the driver's side exist in two layouts on 64 bits: packed by the Windows
 * header, aligned naturally by Wine's (44/48, 68/72 and 32/40 bytes). cbStruct, the first field of
 * both, tells which one came. On 32 bits the two are the same. */

/** lParam2 of DRV_OPEN for a codec. */
struct mmk_acmdrvopendescw {
    uint32_t cbStruct;
    uint32_t fccType; /* ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC, or refuse */
    uint32_t fccComp;
    uint32_t dwVersion;
    uint32_t dwFlags;
    uint32_t dwError; /* MMSYSERR_* or ACMERR_*, written by a driver that refuses */
    const mmk_char16 *pszSectionName;
    const mmk_char16 *pszAliasName;
    uint32_t dnDevNode;
};

/** lParam1 of every ACMDM_STREAM_ message. */
struct mmk_acmdrvstreaminstance {
    uint32_t cbStruct;
    struct mmk_waveformatex *pwfxSrc;
    struct mmk_waveformatex *pwfxDst;
    struct mmk_wavefilter *pwfltr;
    uintptr_t dwCallback;
    uintptr_t dwInstance;
    uint32_t fdwOpen; /* ACM_STREAMOPENF_* and CALLBACK_* */
    uint32_t fdwDriver;
    uintptr_t dwDriver;
    uintptr_t has;
};

/** lParam1 of ACMDM_FORMAT_SUGGEST. */
struct mmk_acmdrvformatsuggest {
    uint32_t cbStruct;
    uint32_t fdwSuggest; /* ACM_FORMATSUGGESTF_* */
    struct mmk_waveformatex *pwfxSrc;
    uint32_t cbwfxSrc;
    struct mmk_waveformatex *pwfxDst;
    uint32_t cbwfxDst;
};

#pragma pack(pop)

/** struct mmk_acmdrvopendescw as Wine passes it. */
struct mmk_acmdrvopendescw_wine {
    uint32_t cbStruct;
    uint32_t fccType;
    uint32_t fccComp;
    uint32_t dwVersion;
    uint32_t dwFlags;
    uint32_t dwError;
    const mmk_char16 *pszSectionName;
    const mmk_char16 *pszAliasName;
    uint32_t dnDevNode;
};

/** struct mmk_acmdrvstreaminstance as Wine passes it. */
struct mmk_acmdrvstreaminstance_wine {
    uint32_t cbStruct;
    struct mmk_waveformatex *pwfxSrc;
    struct mmk_waveformatex *pwfxDst;
    struct mmk_wavefilter *pwfltr;
    uintptr_t dwCallback;
    uintptr_t dwInstance;
    uint32_t fdwOpen;
    uint32_t fdwDriver;
    uintptr_t dwDriver;
    uintptr_t has;
};

/** struct mmk_acmdrvformatsuggest as Wine passes it. */
struct mmk_acmdrvformatsuggest_wine {
    uint32_t cbStruct;
    uint32_t fdwSuggest;
    struct mmk_waveformatex *pwfxSrc;
    uint32_t cbwfxSrc;
    struct mmk_waveformatex *pwfxDst;
    uint32_t cbwfxDst;
};

#ifdef __cplusplus
}
#endif

#endif
