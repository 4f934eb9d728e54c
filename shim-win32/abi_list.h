/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_SHIM_ABI_LIST_H
#define MMK_SHIM_ABI_LIST_H

/**
 * What <mmk/abi.h> must have in common with the real headers, once, for both proofs.
 *
 * Include it after <mmk/abi.h> and after the real headers; then a line such as
 *
 *     MMK_ABI_NUMBERS(MMK_ABI_SAME_NUMBER)
 *     MMK_ABI_STRUCTS(MMK_ABI_SAME_PACKED)
 *
 * is many static asserts. A number is named without its MMK_; a structure as (ours, theirs, every
 * field). The sizes of a packed structure's listed fields must add up to the whole, so a field that
 * is missing from the list does not compile either. Who adds to abi.h adds here.
 */

#include <stddef.h>
#include <stdint.h>

/* clang-format off */

#define MMK_ABI_SAME_NUMBER(name)                                                                  \
    _Static_assert((uint32_t)(MMK_##name) == (uint32_t)(name), #name);

#define MMK_ABI_FIELD_SIZE(type, field) sizeof(((type *)0)->field)

/* One field: same place, same width. */
#define MMK_ABI_SAME_PATH(ours, theirs, our_path, their_path)                                      \
    _Static_assert(offsetof(struct ours, our_path) == offsetof(theirs, their_path),                \
                   #theirs "." #their_path " is somewhere else");                                  \
    _Static_assert(MMK_ABI_FIELD_SIZE(struct ours, our_path) ==                                    \
                       MMK_ABI_FIELD_SIZE(theirs, their_path),                                     \
                   #theirs "." #their_path " has another size");
#define MMK_ABI_SAME_FIELD(ours, theirs, field) MMK_ABI_SAME_PATH(ours, theirs, field, field)

#define MMK_ABI_SAME_SIZE(ours, theirs)                                                            \
    _Static_assert(sizeof(struct ours) == sizeof(theirs), #theirs " has another size");

/* A whole structure; the padding between its fields is the compiler's. */
#define MMK_ABI_SAME_LAYOUT(ours, theirs, ...)                                                     \
    MMK_ABI_SAME_SIZE(ours, theirs)                                                                \
    MMK_ABI_EACH(MMK_ABI_SAME_FIELD, ours, theirs, __VA_ARGS__)

/* A whole structure without padding: its fields are the listed ones and no others. */
#define MMK_ABI_ADD_FIELD(ours, theirs, field) +MMK_ABI_FIELD_SIZE(struct ours, field)
#define MMK_ABI_SAME_PACKED(ours, theirs, ...)                                                     \
    MMK_ABI_SAME_LAYOUT(ours, theirs, __VA_ARGS__)                                                 \
    _Static_assert(0 MMK_ABI_EACH(MMK_ABI_ADD_FIELD, ours, theirs, __VA_ARGS__) ==                 \
                       sizeof(struct ours),                                                        \
                   #ours " has a field that is not in the list");

/* MMK_ABI_EACH(m, a, b, f1, f2, ...) is m(a, b, f1) m(a, b, f2) ..., for up to 24 fields. */
#define MMK_ABI_CAT_(a, b) a##b
#define MMK_ABI_CAT(a, b)  MMK_ABI_CAT_(a, b)
#define MMK_ABI_EACH_1(m, a, b, f) m(a, b, f)
#define MMK_ABI_EACH_2(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_1(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_3(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_2(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_4(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_3(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_5(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_4(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_6(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_5(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_7(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_6(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_8(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_7(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_9(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_8(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_10(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_9(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_11(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_10(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_12(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_11(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_13(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_12(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_14(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_13(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_15(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_14(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_16(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_15(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_17(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_16(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_18(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_17(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_19(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_18(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_20(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_19(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_21(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_20(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_22(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_21(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_23(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_22(m, a, b, __VA_ARGS__)
#define MMK_ABI_EACH_24(m, a, b, f, ...) m(a, b, f) MMK_ABI_EACH_23(m, a, b, __VA_ARGS__)
#define MMK_ABI_COUNT_(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16,      \
                       f17, f18, f19, f20, f21, f22, f23, f24, n, ...)                             \
    n
#define MMK_ABI_COUNT(...)                                                                         \
    MMK_ABI_COUNT_(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9,     \
    8, 7, 6, 5, 4, 3, 2, 1, 0)

#define MMK_ABI_EACH(m, a, b, ...)                                                                 \
    MMK_ABI_CAT(MMK_ABI_EACH_, MMK_ABI_COUNT(__VA_ARGS__))(m, a, b, __VA_ARGS__)

/* Numbers that both sets of headers have. */
#define MMK_ABI_NUMBERS(N)                                                                         \
    N(DRV_LOAD) N(DRV_ENABLE) N(DRV_OPEN) N(DRV_CLOSE) N(DRV_DISABLE) N(DRV_FREE)                  \
    N(DRV_CONFIGURE) N(DRV_QUERYCONFIGURE) N(DRV_INSTALL) N(DRV_REMOVE) N(DRV_EXITSESSION)         \
    N(DRV_POWER) N(DRV_RESERVED) N(DRV_MCI_FIRST) N(DRV_MCI_LAST) N(DRV_USER) N(DRV_QUERYDEVNODE)  \
    N(DRV_QUERYMAPPABLE) N(DRV_QUERYMODULE) N(DRV_PNPINSTALL) N(DRV_QUERYDEVICEINTERFACE)          \
    N(DRV_QUERYDEVICEINTERFACESIZE) N(DRV_QUERYSTRINGID) N(DRV_QUERYSTRINGIDSIZE)                  \
    N(DRV_QUERYIDFROMSTRINGID) N(DRV_QUERYFUNCTIONINSTANCEID) N(DRV_QUERYFUNCTIONINSTANCEIDSIZE)   \
    N(DRVCNF_CANCEL) N(DRVCNF_OK) N(DRVCNF_RESTART) N(DRVM_INIT) N(DRVM_EXIT) N(DRVM_DISABLE)      \
    N(DRVM_ENABLE) N(DRVM_MAPPER) N(DRVM_MAPPER_STATUS) N(DRVM_MAPPER_RECONFIGURE)                 \
    N(DRVM_MAPPER_PREFERRED_GET) N(DRVM_MAPPER_CONSOLEVOICECOM_GET) N(DRVM_USER)                   \
    N(DRVM_MAPPER_PREFERRED_FLAGS_PREFERREDONLY) N(MMSYSERR_BASE) N(WAVERR_BASE) N(MIDIERR_BASE)   \
    N(ACMERR_BASE) N(MIXERR_BASE) N(MMSYSERR_NOERROR) N(MMSYSERR_ERROR) N(MMSYSERR_BADDEVICEID)    \
    N(MMSYSERR_NOTENABLED) N(MMSYSERR_ALLOCATED) N(MMSYSERR_INVALHANDLE) N(MMSYSERR_NODRIVER)      \
    N(MMSYSERR_NOMEM) N(MMSYSERR_NOTSUPPORTED) N(MMSYSERR_BADERRNUM) N(MMSYSERR_INVALFLAG)         \
    N(MMSYSERR_INVALPARAM) N(MMSYSERR_HANDLEBUSY) N(MMSYSERR_INVALIDALIAS) N(MMSYSERR_BADDB)       \
    N(MMSYSERR_KEYNOTFOUND) N(MMSYSERR_READERROR) N(MMSYSERR_WRITEERROR) N(MMSYSERR_DELETEERROR)   \
    N(MMSYSERR_VALNOTFOUND) N(MMSYSERR_NODRIVERCB) N(MMSYSERR_MOREDATA) N(WAVERR_BADFORMAT)        \
    N(WAVERR_STILLPLAYING) N(WAVERR_UNPREPARED) N(WAVERR_SYNC) N(MIDIERR_UNPREPARED)               \
    N(MIDIERR_STILLPLAYING) N(MIDIERR_NOMAP) N(MIDIERR_NOTREADY) N(MIDIERR_NODEVICE)               \
    N(MIDIERR_INVALIDSETUP) N(MIDIERR_BADOPENMODE) N(MIDIERR_DONT_CONTINUE) N(MIXERR_INVALLINE)    \
    N(MIXERR_INVALCONTROL) N(MIXERR_INVALVALUE) N(ACMERR_NOTPOSSIBLE) N(ACMERR_BUSY)               \
    N(ACMERR_UNPREPARED) N(ACMERR_CANCELED) N(CALLBACK_NULL) N(CALLBACK_WINDOW) N(CALLBACK_TASK)   \
    N(CALLBACK_THREAD) N(CALLBACK_FUNCTION) N(CALLBACK_EVENT) N(CALLBACK_TYPEMASK)                 \
    N(WAVE_FORMAT_QUERY) N(WAVE_ALLOWSYNC) N(WAVE_MAPPED) N(WAVE_FORMAT_DIRECT)                    \
    N(WAVE_FORMAT_DIRECT_QUERY) N(WAVE_MAPPER) N(MIDI_MAPPER) N(AUX_MAPPER) N(DCB_NULL)            \
    N(DCB_WINDOW) N(DCB_TASK) N(DCB_FUNCTION) N(DCB_EVENT) N(DCB_TYPEMASK) N(DCB_NOSWITCH)         \
    N(WOM_OPEN) N(WOM_CLOSE) N(WOM_DONE) N(WIM_OPEN) N(WIM_CLOSE) N(WIM_DATA) N(MIM_OPEN)          \
    N(MIM_CLOSE) N(MIM_DATA) N(MIM_LONGDATA) N(MIM_ERROR) N(MIM_LONGERROR) N(MOM_OPEN)             \
    N(MOM_CLOSE) N(MOM_DONE) N(MOM_POSITIONCB) N(MIM_MOREDATA) N(MM_MIXM_LINE_CHANGE)              \
    N(MM_MIXM_CONTROL_CHANGE) N(WODM_GETNUMDEVS) N(WODM_GETDEVCAPS) N(WODM_OPEN) N(WODM_CLOSE)     \
    N(WODM_PREPARE) N(WODM_UNPREPARE) N(WODM_WRITE) N(WODM_PAUSE) N(WODM_RESTART) N(WODM_RESET)    \
    N(WODM_GETPOS) N(WODM_GETPITCH) N(WODM_SETPITCH) N(WODM_GETVOLUME) N(WODM_SETVOLUME)           \
    N(WODM_GETPLAYBACKRATE) N(WODM_SETPLAYBACKRATE) N(WODM_BREAKLOOP) N(WODM_PREFERRED)            \
    N(WODM_BUSY) N(WIDM_GETNUMDEVS) N(WIDM_GETDEVCAPS) N(WIDM_OPEN) N(WIDM_CLOSE) N(WIDM_PREPARE)  \
    N(WIDM_UNPREPARE) N(WIDM_ADDBUFFER) N(WIDM_START) N(WIDM_STOP) N(WIDM_RESET) N(WIDM_GETPOS)    \
    N(WIDM_PREFERRED) N(WHDR_DONE) N(WHDR_PREPARED) N(WHDR_BEGINLOOP) N(WHDR_ENDLOOP)              \
    N(WHDR_INQUEUE) N(TIME_MS) N(TIME_SAMPLES) N(TIME_BYTES) N(TIME_SMPTE) N(TIME_MIDI)            \
    N(TIME_TICKS) N(WAVECAPS_PITCH) N(WAVECAPS_PLAYBACKRATE) N(WAVECAPS_VOLUME)                    \
    N(WAVECAPS_LRVOLUME) N(WAVECAPS_SYNC) N(WAVECAPS_SAMPLEACCURATE) N(WAVE_INVALIDFORMAT)         \
    N(WAVE_FORMAT_1M08) N(WAVE_FORMAT_1S08) N(WAVE_FORMAT_1M16) N(WAVE_FORMAT_1S16)                \
    N(WAVE_FORMAT_2M08) N(WAVE_FORMAT_2S08) N(WAVE_FORMAT_2M16) N(WAVE_FORMAT_2S16)                \
    N(WAVE_FORMAT_4M08) N(WAVE_FORMAT_4S08) N(WAVE_FORMAT_4M16) N(WAVE_FORMAT_4S16)                \
    N(WAVE_FORMAT_48M08) N(WAVE_FORMAT_48S08) N(WAVE_FORMAT_48M16) N(WAVE_FORMAT_48S16)            \
    N(WAVE_FORMAT_96M08) N(WAVE_FORMAT_96S08) N(WAVE_FORMAT_96M16) N(WAVE_FORMAT_96S16)            \
    N(WAVE_FORMAT_UNKNOWN) N(WAVE_FORMAT_PCM) N(WAVE_FORMAT_ADPCM) N(WAVE_FORMAT_IEEE_FLOAT)       \
    N(WAVE_FORMAT_ALAW) N(WAVE_FORMAT_MULAW) N(WAVE_FORMAT_IMA_ADPCM) N(WAVE_FORMAT_DVI_ADPCM)     \
    N(WAVE_FORMAT_GSM610) N(WAVE_FORMAT_MPEGLAYER3) N(WAVE_FORMAT_EXTENSIBLE)                      \
    N(WAVE_FORMAT_DEVELOPMENT) N(SPEAKER_FRONT_LEFT) N(SPEAKER_FRONT_RIGHT)                        \
    N(SPEAKER_FRONT_CENTER) N(SPEAKER_LOW_FREQUENCY) N(SPEAKER_BACK_LEFT) N(SPEAKER_BACK_RIGHT)    \
    N(SPEAKER_FRONT_LEFT_OF_CENTER) N(SPEAKER_FRONT_RIGHT_OF_CENTER) N(SPEAKER_BACK_CENTER)        \
    N(SPEAKER_SIDE_LEFT) N(SPEAKER_SIDE_RIGHT) N(SPEAKER_TOP_CENTER) N(SPEAKER_TOP_FRONT_LEFT)     \
    N(SPEAKER_TOP_FRONT_CENTER) N(SPEAKER_TOP_FRONT_RIGHT) N(SPEAKER_TOP_BACK_LEFT)                \
    N(SPEAKER_TOP_BACK_CENTER) N(SPEAKER_TOP_BACK_RIGHT) N(SPEAKER_RESERVED) N(SPEAKER_ALL)        \
    N(MODM_GETNUMDEVS) N(MODM_GETDEVCAPS) N(MODM_OPEN) N(MODM_CLOSE) N(MODM_PREPARE)               \
    N(MODM_UNPREPARE) N(MODM_DATA) N(MODM_LONGDATA) N(MODM_RESET) N(MODM_GETVOLUME)                \
    N(MODM_SETVOLUME) N(MODM_CACHEPATCHES) N(MODM_CACHEDRUMPATCHES) N(MIDM_GETNUMDEVS)             \
    N(MIDM_GETDEVCAPS) N(MIDM_OPEN) N(MIDM_CLOSE) N(MIDM_PREPARE) N(MIDM_UNPREPARE)                \
    N(MIDM_ADDBUFFER) N(MIDM_START) N(MIDM_STOP) N(MIDM_RESET) N(MHDR_DONE) N(MHDR_PREPARED)       \
    N(MHDR_INQUEUE) N(MHDR_ISSTRM) N(MIDI_IO_STATUS) N(MIDIPATCHSIZE) N(MIDI_CACHE_ALL)            \
    N(MIDI_CACHE_BESTFIT) N(MIDI_CACHE_QUERY) N(MIDI_UNCACHE) N(MOD_MIDIPORT) N(MOD_SYNTH)         \
    N(MOD_SQSYNTH) N(MOD_FMSYNTH) N(MOD_MAPPER) N(MOD_WAVETABLE) N(MOD_SWSYNTH)                    \
    N(MIDICAPS_VOLUME) N(MIDICAPS_LRVOLUME) N(MIDICAPS_CACHE) N(MIDICAPS_STREAM) N(MIDIPROP_SET)   \
    N(MIDIPROP_GET) N(MIDIPROP_TIMEDIV) N(MIDIPROP_TEMPO) N(MEVT_F_SHORT) N(MEVT_F_LONG)           \
    N(MEVT_F_CALLBACK) N(MEVT_SHORTMSG) N(MEVT_TEMPO) N(MEVT_NOP) N(MEVT_LONGMSG) N(MEVT_COMMENT)  \
    N(MEVT_VERSION) N(AUXDM_GETNUMDEVS) N(AUXDM_GETDEVCAPS) N(AUXDM_GETVOLUME) N(AUXDM_SETVOLUME)  \
    N(AUXCAPS_CDAUDIO) N(AUXCAPS_AUXIN) N(AUXCAPS_VOLUME) N(AUXCAPS_LRVOLUME) N(MXDM_GETNUMDEVS)   \
    N(MXDM_GETDEVCAPS) N(MXDM_OPEN) N(MXDM_CLOSE) N(MXDM_GETLINEINFO) N(MXDM_GETLINECONTROLS)      \
    N(MXDM_GETCONTROLDETAILS) N(MXDM_SETCONTROLDETAILS) N(MIXER_OBJECTF_HANDLE)                    \
    N(MIXER_OBJECTF_MIXER) N(MIXER_OBJECTF_WAVEOUT) N(MIXER_OBJECTF_WAVEIN)                        \
    N(MIXER_OBJECTF_MIDIOUT) N(MIXER_OBJECTF_MIDIIN) N(MIXER_OBJECTF_AUX)                          \
    N(MIXERLINE_LINEF_ACTIVE) N(MIXERLINE_LINEF_DISCONNECTED) N(MIXERLINE_LINEF_SOURCE)            \
    N(MIXERLINE_COMPONENTTYPE_DST_UNDEFINED) N(MIXERLINE_COMPONENTTYPE_DST_DIGITAL)                \
    N(MIXERLINE_COMPONENTTYPE_DST_LINE) N(MIXERLINE_COMPONENTTYPE_DST_MONITOR)                     \
    N(MIXERLINE_COMPONENTTYPE_DST_SPEAKERS) N(MIXERLINE_COMPONENTTYPE_DST_HEADPHONES)              \
    N(MIXERLINE_COMPONENTTYPE_DST_TELEPHONE) N(MIXERLINE_COMPONENTTYPE_DST_WAVEIN)                 \
    N(MIXERLINE_COMPONENTTYPE_DST_VOICEIN) N(MIXERLINE_COMPONENTTYPE_SRC_UNDEFINED)                \
    N(MIXERLINE_COMPONENTTYPE_SRC_DIGITAL) N(MIXERLINE_COMPONENTTYPE_SRC_LINE)                     \
    N(MIXERLINE_COMPONENTTYPE_SRC_MICROPHONE) N(MIXERLINE_COMPONENTTYPE_SRC_SYNTHESIZER)           \
    N(MIXERLINE_COMPONENTTYPE_SRC_COMPACTDISC) N(MIXERLINE_COMPONENTTYPE_SRC_TELEPHONE)            \
    N(MIXERLINE_COMPONENTTYPE_SRC_PCSPEAKER) N(MIXERLINE_COMPONENTTYPE_SRC_WAVEOUT)                \
    N(MIXERLINE_COMPONENTTYPE_SRC_AUXILIARY) N(MIXERLINE_COMPONENTTYPE_SRC_ANALOG)                 \
    N(MIXERLINE_TARGETTYPE_UNDEFINED) N(MIXERLINE_TARGETTYPE_WAVEOUT)                              \
    N(MIXERLINE_TARGETTYPE_WAVEIN) N(MIXERLINE_TARGETTYPE_MIDIOUT) N(MIXERLINE_TARGETTYPE_MIDIIN)  \
    N(MIXERLINE_TARGETTYPE_AUX) N(MIXER_GETLINEINFOF_DESTINATION) N(MIXER_GETLINEINFOF_SOURCE)     \
    N(MIXER_GETLINEINFOF_LINEID) N(MIXER_GETLINEINFOF_COMPONENTTYPE)                               \
    N(MIXER_GETLINEINFOF_TARGETTYPE) N(MIXER_GETLINEINFOF_QUERYMASK)                               \
    N(MIXER_GETLINECONTROLSF_ALL) N(MIXER_GETLINECONTROLSF_ONEBYID)                                \
    N(MIXER_GETLINECONTROLSF_ONEBYTYPE) N(MIXER_GETLINECONTROLSF_QUERYMASK)                        \
    N(MIXER_GETCONTROLDETAILSF_VALUE) N(MIXER_GETCONTROLDETAILSF_LISTTEXT)                         \
    N(MIXER_GETCONTROLDETAILSF_QUERYMASK) N(MIXER_SETCONTROLDETAILSF_VALUE)                        \
    N(MIXER_SETCONTROLDETAILSF_CUSTOM) N(MIXER_SETCONTROLDETAILSF_QUERYMASK)                       \
    N(MIXERCONTROL_CONTROLF_UNIFORM) N(MIXERCONTROL_CONTROLF_MULTIPLE)                             \
    N(MIXERCONTROL_CONTROLF_DISABLED) N(MIXERCONTROL_CONTROLTYPE_CUSTOM)                           \
    N(MIXERCONTROL_CONTROLTYPE_BOOLEANMETER) N(MIXERCONTROL_CONTROLTYPE_SIGNEDMETER)               \
    N(MIXERCONTROL_CONTROLTYPE_PEAKMETER) N(MIXERCONTROL_CONTROLTYPE_UNSIGNEDMETER)                \
    N(MIXERCONTROL_CONTROLTYPE_BOOLEAN) N(MIXERCONTROL_CONTROLTYPE_ONOFF)                          \
    N(MIXERCONTROL_CONTROLTYPE_MUTE) N(MIXERCONTROL_CONTROLTYPE_MONO)                              \
    N(MIXERCONTROL_CONTROLTYPE_LOUDNESS) N(MIXERCONTROL_CONTROLTYPE_STEREOENH)                     \
    N(MIXERCONTROL_CONTROLTYPE_BUTTON) N(MIXERCONTROL_CONTROLTYPE_SIGNED)                          \
    N(MIXERCONTROL_CONTROLTYPE_UNSIGNED) N(MIXERCONTROL_CONTROLTYPE_DECIBELS)                      \
    N(MIXERCONTROL_CONTROLTYPE_PERCENT) N(MIXERCONTROL_CONTROLTYPE_SLIDER)                         \
    N(MIXERCONTROL_CONTROLTYPE_PAN) N(MIXERCONTROL_CONTROLTYPE_FADER)                              \
    N(MIXERCONTROL_CONTROLTYPE_VOLUME) N(MIXERCONTROL_CONTROLTYPE_BASS)                            \
    N(MIXERCONTROL_CONTROLTYPE_TREBLE) N(MIXERCONTROL_CONTROLTYPE_EQUALIZER)                       \
    N(MIXERCONTROL_CONTROLTYPE_MICROTIME) N(MIXERCONTROL_CONTROLTYPE_MILLITIME)                    \
    N(MIXERCONTROL_CONTROLTYPE_SINGLESELECT) N(MIXERCONTROL_CONTROLTYPE_MUX)                       \
    N(MIXERCONTROL_CONTROLTYPE_MULTIPLESELECT) N(MIXERCONTROL_CONTROLTYPE_MIXER) N(ACMDM_USER)     \
    N(ACMDM_RESERVED_LOW) N(ACMDM_RESERVED_HIGH) N(ACMDM_BASE) N(ACMDM_DRIVER_ABOUT)               \
    N(ACMDRIVERDETAILS_FCCTYPE_AUDIOCODEC) N(ACMDRIVERDETAILS_FCCCOMP_UNDEFINED)                   \
    N(ACMDRIVERDETAILS_SUPPORTF_CODEC) N(ACMDRIVERDETAILS_SUPPORTF_CONVERTER)                      \
    N(ACMDRIVERDETAILS_SUPPORTF_FILTER) N(ACMDRIVERDETAILS_SUPPORTF_HARDWARE)                      \
    N(ACMDRIVERDETAILS_SUPPORTF_ASYNC) N(ACMDRIVERDETAILS_SUPPORTF_LOCAL)                          \
    N(ACMDRIVERDETAILS_SUPPORTF_DISABLED) N(ACM_FORMATTAGDETAILSF_INDEX)                           \
    N(ACM_FORMATTAGDETAILSF_FORMATTAG) N(ACM_FORMATTAGDETAILSF_LARGESTSIZE)                        \
    N(ACM_FORMATTAGDETAILSF_QUERYMASK) N(ACM_FORMATDETAILSF_INDEX) N(ACM_FORMATDETAILSF_FORMAT)    \
    N(ACM_FORMATDETAILSF_QUERYMASK) N(ACM_FILTERTAGDETAILSF_INDEX)                                 \
    N(ACM_FILTERTAGDETAILSF_FILTERTAG) N(ACM_FILTERTAGDETAILSF_LARGESTSIZE)                        \
    N(ACM_FILTERTAGDETAILSF_QUERYMASK) N(ACM_FILTERDETAILSF_INDEX) N(ACM_FILTERDETAILSF_FILTER)    \
    N(ACM_FILTERDETAILSF_QUERYMASK) N(ACM_FORMATSUGGESTF_WFORMATTAG)                               \
    N(ACM_FORMATSUGGESTF_NCHANNELS) N(ACM_FORMATSUGGESTF_NSAMPLESPERSEC)                           \
    N(ACM_FORMATSUGGESTF_WBITSPERSAMPLE) N(ACM_FORMATSUGGESTF_TYPEMASK) N(ACM_STREAMOPENF_QUERY)   \
    N(ACM_STREAMOPENF_ASYNC) N(ACM_STREAMOPENF_NONREALTIME) N(ACM_STREAMSIZEF_SOURCE)              \
    N(ACM_STREAMSIZEF_DESTINATION) N(ACM_STREAMSIZEF_QUERYMASK) N(ACM_STREAMCONVERTF_BLOCKALIGN)   \
    N(ACM_STREAMCONVERTF_START) N(ACM_STREAMCONVERTF_END) N(ACMSTREAMHEADER_STATUSF_DONE)          \
    N(ACMSTREAMHEADER_STATUSF_PREPARED) N(ACMSTREAMHEADER_STATUSF_INQUEUE) N(MM_MICROSOFT)         \
    N(MAXPNAMELEN) N(MIXER_SHORT_NAME_CHARS) N(MIXER_LONG_NAME_CHARS)                              \
    N(ACMDRIVERDETAILS_SHORTNAME_CHARS) N(ACMDRIVERDETAILS_LONGNAME_CHARS)                         \
    N(ACMDRIVERDETAILS_COPYRIGHT_CHARS) N(ACMDRIVERDETAILS_LICENSING_CHARS)                        \
    N(ACMDRIVERDETAILS_FEATURES_CHARS) N(ACMFORMATTAGDETAILS_FORMATTAG_CHARS)                      \
    N(ACMFORMATDETAILS_FORMAT_CHARS) N(ACMFILTERTAGDETAILS_FILTERTAG_CHARS)                        \
    N(ACMFILTERDETAILS_FILTER_CHARS)

/* Numbers that only mingw's headers have. */
#define MMK_ABI_NUMBERS_MINGW(N)                                                                   \
    N(DRVM_INIT_EX) N(WAVE_MAPPED_DEFAULT_COMMUNICATION_DEVICE) N(MM_ACM_OPEN) N(MM_ACM_CLOSE)     \
    N(MM_ACM_DONE) N(WAVE_FORMAT_44M08) N(WAVE_FORMAT_44S08) N(WAVE_FORMAT_44M16)                  \
    N(WAVE_FORMAT_44S16) N(MODM_STRMDATA) N(MODM_GETPOS) N(MODM_PAUSE) N(MODM_RESTART)             \
    N(MODM_STOP) N(MODM_PROPERTIES) N(MODM_PREFERRED) N(MODM_RECONFIGURE) N(MIDI_IO_COOKED)        \
    N(MM_UNMAPPED) N(MM_PID_UNMAPPED)

/* Numbers that only Wine's headers have. */
#define MMK_ABI_NUMBERS_WINE(N)                                                                    \
    N(DRV_EXITAPPLICATION) N(DRVEA_NORMALEXIT) N(DRVEA_ABNORMALEXIT) N(ACMDM_DRIVER_NOTIFY)        \
    N(ACMDM_DRIVER_DETAILS) N(ACMDM_HARDWARE_WAVE_CAPS_INPUT) N(ACMDM_HARDWARE_WAVE_CAPS_OUTPUT)   \
    N(ACMDM_FORMATTAG_DETAILS) N(ACMDM_FORMAT_DETAILS) N(ACMDM_FORMAT_SUGGEST)                     \
    N(ACMDM_FILTERTAG_DETAILS) N(ACMDM_FILTER_DETAILS) N(ACMDM_STREAM_OPEN) N(ACMDM_STREAM_CLOSE)  \
    N(ACMDM_STREAM_SIZE) N(ACMDM_STREAM_CONVERT) N(ACMDM_STREAM_RESET) N(ACMDM_STREAM_PREPARE)     \
    N(ACMDM_STREAM_UNPREPARE) N(ACMDM_STREAM_UPDATE)

/* Packed structures of which all three sets agree: every field, in order. */
#define MMK_ABI_STRUCTS(S)                                                                         \
    S(mmk_guid, GUID, Data1, Data2, Data3, Data4)                                                  \
    S(mmk_drvconfiginfo, DRVCONFIGINFO, dwDCISize, lpszDCISectionName, lpszDCIAliasName)           \
    S(mmk_drvconfiginfoex, DRVCONFIGINFOEX, dwDCISize, lpszDCISectionName, lpszDCIAliasName,       \
      dnDevNode)                                                                                   \
    S(mmk_waveformat, WAVEFORMAT, wFormatTag, nChannels, nSamplesPerSec, nAvgBytesPerSec,          \
      nBlockAlign)                                                                                 \
    S(mmk_pcmwaveformat, PCMWAVEFORMAT, wf, wBitsPerSample)                                        \
    S(mmk_waveformatex, WAVEFORMATEX, wFormatTag, nChannels, nSamplesPerSec, nAvgBytesPerSec,      \
      nBlockAlign, wBitsPerSample, cbSize)                                                         \
    S(mmk_waveformatextensible, WAVEFORMATEXTENSIBLE, Format, Samples, dwChannelMask, SubFormat)   \
    S(mmk_adpcmcoefset, ADPCMCOEFSET, iCoef1, iCoef2)                                              \
    S(mmk_imaadpcmwaveformat, IMAADPCMWAVEFORMAT, wfx, wSamplesPerBlock)                           \
    S(mmk_gsm610waveformat, GSM610WAVEFORMAT, wfx, wSamplesPerBlock)                               \
    S(mmk_mpeglayer3waveformat, MPEGLAYER3WAVEFORMAT, wfx, wID, fdwFlags, nBlockSize,              \
      nFramesPerBlock, nCodecDelay)                                                                \
    S(mmk_wavehdr, WAVEHDR, lpData, dwBufferLength, dwBytesRecorded, dwUser, dwFlags, dwLoops,     \
      lpNext, reserved)                                                                            \
    S(mmk_waveopendesc, WAVEOPENDESC, hWave, lpFormat, dwCallback, dwInstance, uMappedDeviceID,    \
      dnDevNode)                                                                                   \
    S(mmk_waveoutcapsw, WAVEOUTCAPSW, wMid, wPid, vDriverVersion, szPname, dwFormats, wChannels,   \
      wReserved1, dwSupport)                                                                       \
    S(mmk_waveoutcaps2w, WAVEOUTCAPS2W, wMid, wPid, vDriverVersion, szPname, dwFormats, wChannels, \
      wReserved1, dwSupport, ManufacturerGuid, ProductGuid, NameGuid)                              \
    S(mmk_waveincapsw, WAVEINCAPSW, wMid, wPid, vDriverVersion, szPname, dwFormats, wChannels,     \
      wReserved1)                                                                                  \
    S(mmk_waveincaps2w, WAVEINCAPS2W, wMid, wPid, vDriverVersion, szPname, dwFormats, wChannels,   \
      wReserved1, ManufacturerGuid, ProductGuid, NameGuid)                                         \
    S(mmk_mmtime, MMTIME, wType, u)                                                                \
    S(mmk_midihdr, MIDIHDR, lpData, dwBufferLength, dwBytesRecorded, dwUser, dwFlags, lpNext,      \
      reserved, dwOffset, dwReserved)                                                              \
    S(mmk_midievent, MIDIEVENT, dwDeltaTime, dwStreamID, dwEvent, dwParms)                         \
    S(mmk_midiproptimediv, MIDIPROPTIMEDIV, cbStruct, dwTimeDiv)                                   \
    S(mmk_midiproptempo, MIDIPROPTEMPO, cbStruct, dwTempo)                                         \
    S(mmk_midioutcapsw, MIDIOUTCAPSW, wMid, wPid, vDriverVersion, szPname, wTechnology, wVoices,   \
      wNotes, wChannelMask, dwSupport)                                                             \
    S(mmk_midiincapsw, MIDIINCAPSW, wMid, wPid, vDriverVersion, szPname, dwSupport)                \
    S(mmk_auxcapsw, AUXCAPSW, wMid, wPid, vDriverVersion, szPname, wTechnology, wReserved1,        \
      dwSupport)                                                                                   \
    S(mmk_mixercapsw, MIXERCAPSW, wMid, wPid, vDriverVersion, szPname, fdwSupport, cDestinations)  \
    S(mmk_mixeropendesc, MIXEROPENDESC, hmx, pReserved0, dwCallback, dwInstance, dnDevNode)        \
    S(mmk_mixerlinew, MIXERLINEW, cbStruct, dwDestination, dwSource, dwLineID, fdwLine, dwUser,    \
      dwComponentType, cChannels, cConnections, cControls, szShortName, szName, Target)            \
    S(mmk_mixercontrolw, MIXERCONTROLW, cbStruct, dwControlID, dwControlType, fdwControl,          \
      cMultipleItems, szShortName, szName, Bounds, Metrics)                                        \
    S(mmk_mixerlinecontrolsw, MIXERLINECONTROLSW, cbStruct, dwLineID, dwControlID, cControls,      \
      cbmxctrl, pamxctrl)                                                                          \
    S(mmk_mixercontroldetails, MIXERCONTROLDETAILS, cbStruct, dwControlID, cChannels, hwndOwner,   \
      cbDetails, paDetails)                                                                        \
    S(mmk_mixercontroldetails_boolean, MIXERCONTROLDETAILS_BOOLEAN, fValue)                        \
    S(mmk_mixercontroldetails_signed, MIXERCONTROLDETAILS_SIGNED, lValue)                          \
    S(mmk_mixercontroldetails_unsigned, MIXERCONTROLDETAILS_UNSIGNED, dwValue)                     \
    S(mmk_mixercontroldetails_listtextw, MIXERCONTROLDETAILS_LISTTEXTW, dwParam1, dwParam2,        \
      szName)                                                                                      \
    S(mmk_wavefilter, WAVEFILTER, cbStruct, dwFilterTag, fdwFilter, dwReserved)                    \
    S(mmk_acmdriverdetailsw, ACMDRIVERDETAILSW, cbStruct, fccType, fccComp, wMid, wPid, vdwACM,    \
      vdwDriver, fdwSupport, cFormatTags, cFilterTags, hicon, szShortName, szLongName, szCopyright,\
      szLicensing, szFeatures)                                                                     \
    S(mmk_acmformattagdetailsw, ACMFORMATTAGDETAILSW, cbStruct, dwFormatTagIndex, dwFormatTag,     \
      cbFormatSize, fdwSupport, cStandardFormats, szFormatTag)                                     \
    S(mmk_acmformatdetailsw, ACMFORMATDETAILSW, cbStruct, dwFormatIndex, dwFormatTag, fdwSupport,  \
      pwfx, cbwfx, szFormat)                                                                       \
    S(mmk_acmfiltertagdetailsw, ACMFILTERTAGDETAILSW, cbStruct, dwFilterTagIndex, dwFilterTag,     \
      cbFilterSize, fdwSupport, cStandardFilters, szFilterTag)                                     \
    S(mmk_acmfilterdetailsw, ACMFILTERDETAILSW, cbStruct, dwFilterIndex, dwFilterTag, fdwSupport,  \
      pwfltr, cbwfltr, szFilter)                                                                   \
    S(mmk_acmstreamheader, ACMSTREAMHEADER, cbStruct, fdwStatus, dwUser, pbSrc, cbSrcLength,       \
      cbSrcLengthUsed, dwSrcUser, pbDst, cbDstLength, cbDstLengthUsed, dwDstUser, dwReservedDriver)

/* The same, but Wine's header has another layout or none (shim-wine/abi_check.c says which). */
#define MMK_ABI_STRUCTS_MINGW(S)                                                                   \
    S(mmk_mdevicecapsex, MDEVICECAPSEX, cbSize, pCaps)                                             \
    S(mmk_adpcmwaveformat, ADPCMWAVEFORMAT, wfx, wSamplesPerBlock, wNumCoef)                       \
    S(mmk_midiopenstrmid, MIDIOPENSTRMID, dwStreamID, uDeviceID)                                   \
    S(mmk_midiopendesc, MIDIOPENDESC, hMidi, dwCallback, dwInstance, dnDevNode, cIds, rgIds)

/* The same, but only Wine has the driver's side of the ACM in its headers. */
#define MMK_ABI_STRUCTS_WINE(S)                                                                    \
    S(mmk_acmdrvstreamheader, ACMDRVSTREAMHEADER, cbStruct, fdwStatus, dwUser, pbSrc, cbSrcLength, \
      cbSrcLengthUsed, dwSrcUser, pbDst, cbDstLength, cbDstLengthUsed, dwDstUser, fdwConvert,      \
      padshNext, fdwDriver, dwDriver, fdwPrepared, dwPrepared, pbPreparedSrc, cbPreparedSrcLength, \
      pbPreparedDst, cbPreparedDstLength)                                                          \
    S(mmk_acmdrvstreamsize, ACMDRVSTREAMSIZE, cbStruct, fdwSize, cbSrcLength, cbDstLength)

/* Naturally aligned: Wine's layout of three structures that Windows packs. */
#define MMK_ABI_STRUCTS_ALIGNED(S)                                                                 \
    S(mmk_acmdrvopendescw_wine, ACMDRVOPENDESCW, cbStruct, fccType, fccComp, dwVersion, dwFlags,   \
      dwError, pszSectionName, pszAliasName, dnDevNode)                                            \
    S(mmk_acmdrvstreaminstance_wine, ACMDRVSTREAMINSTANCE, cbStruct, pwfxSrc, pwfxDst, pwfltr,     \
      dwCallback, dwInstance, fdwOpen, fdwDriver, dwDriver, has)                                   \
    S(mmk_acmdrvformatsuggest_wine, ACMDRVFORMATSUGGEST, cbStruct, fdwSuggest, pwfxSrc, cbwfxSrc,  \
      pwfxDst, cbwfxDst)

/* Members of nested and unnamed parts: (ours, theirs, path in ours, path in theirs). */
#define MMK_ABI_PATHS(P)                                                                           \
    P(mmk_waveformatextensible, WAVEFORMATEXTENSIBLE, Samples.wValidBitsPerSample,                 \
      Samples.wValidBitsPerSample)                                                                 \
    P(mmk_waveformatextensible, WAVEFORMATEXTENSIBLE, Samples.wSamplesPerBlock,                    \
      Samples.wSamplesPerBlock)                                                                    \
    P(mmk_waveformatextensible, WAVEFORMATEXTENSIBLE, Samples.wReserved, Samples.wReserved)        \
    P(mmk_waveformatextensible, WAVEFORMATEXTENSIBLE, Format.cbSize, Format.cbSize)                \
    P(mmk_pcmwaveformat, PCMWAVEFORMAT, wf.nBlockAlign, wf.nBlockAlign)                            \
    P(mmk_mmtime, MMTIME, u.ms, u.ms)                                                              \
    P(mmk_mmtime, MMTIME, u.sample, u.sample)                                                      \
    P(mmk_mmtime, MMTIME, u.cb, u.cb)                                                              \
    P(mmk_mmtime, MMTIME, u.ticks, u.ticks)                                                        \
    P(mmk_mmtime, MMTIME, u.smpte.hour, u.smpte.hour)                                              \
    P(mmk_mmtime, MMTIME, u.smpte.min, u.smpte.min)                                                \
    P(mmk_mmtime, MMTIME, u.smpte.sec, u.smpte.sec)                                                \
    P(mmk_mmtime, MMTIME, u.smpte.frame, u.smpte.frame)                                            \
    P(mmk_mmtime, MMTIME, u.smpte.fps, u.smpte.fps)                                                \
    P(mmk_mmtime, MMTIME, u.smpte.dummy, u.smpte.dummy)                                            \
    P(mmk_mmtime, MMTIME, u.smpte.pad, u.smpte.pad)                                                \
    P(mmk_mmtime, MMTIME, u.midi.songptrpos, u.midi.songptrpos)                                    \
    P(mmk_mixerlinew, MIXERLINEW, Target.dwType, Target.dwType)                                    \
    P(mmk_mixerlinew, MIXERLINEW, Target.dwDeviceID, Target.dwDeviceID)                            \
    P(mmk_mixerlinew, MIXERLINEW, Target.wMid, Target.wMid)                                        \
    P(mmk_mixerlinew, MIXERLINEW, Target.wPid, Target.wPid)                                        \
    P(mmk_mixerlinew, MIXERLINEW, Target.vDriverVersion, Target.vDriverVersion)                    \
    P(mmk_mixerlinew, MIXERLINEW, Target.szPname, Target.szPname)                                  \
    P(mmk_mixercontrolw, MIXERCONTROLW, Bounds.s.lMinimum, Bounds.lMinimum)                        \
    P(mmk_mixercontrolw, MIXERCONTROLW, Bounds.s.lMaximum, Bounds.lMaximum)                        \
    P(mmk_mixercontrolw, MIXERCONTROLW, Bounds.u.dwMinimum, Bounds.dwMinimum)                      \
    P(mmk_mixercontrolw, MIXERCONTROLW, Bounds.u.dwMaximum, Bounds.dwMaximum)                      \
    P(mmk_mixercontrolw, MIXERCONTROLW, Bounds.dwReserved, Bounds.dwReserved)                      \
    P(mmk_mixercontrolw, MIXERCONTROLW, Metrics.cSteps, Metrics.cSteps)                            \
    P(mmk_mixercontrolw, MIXERCONTROLW, Metrics.cbCustomData, Metrics.cbCustomData)                \
    P(mmk_mixercontrolw, MIXERCONTROLW, Metrics.dwReserved, Metrics.dwReserved)                    \
    P(mmk_mixerlinecontrolsw, MIXERLINECONTROLSW, dwControlType, dwControlType)                    \
    P(mmk_mixercontroldetails, MIXERCONTROLDETAILS, cMultipleItems, cMultipleItems)

/* clang-format on */

#endif
