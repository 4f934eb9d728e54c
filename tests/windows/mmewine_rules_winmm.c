/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* Rules of waveOut, waveIn and the mixer over the same endpoints. Not asked: what Wine's own winmm
 * decides otherwise before any device hears of it (closing with blocks in the queue, queueing one
 * twice, how often a loop is counted). */
#include "mmewine_rules.h"

static bool mm(MMRESULT got, MMRESULT wanted, const char *rule)
{
    return is_ok((HRESULT)got, (HRESULT)wanted, rule);
}

#define PATIENCE 2000u

static bool is_done(const WAVEHDR *header)
{
    const volatile DWORD *flags = &header->dwFlags;
    for (unsigned i = 0; i < PATIENCE && (*flags & WHDR_DONE) == 0; i++)
        Sleep(5);
    return (*flags & WHDR_DONE) != 0;
}

/* ------------------------------------------------------------------ callbacks */

static volatile LONG n_open, n_done, n_close, n_data;
static DWORD_PTR told_instance, told_header;

static void CALLBACK on_out(HWAVEOUT out, UINT message, DWORD_PTR instance, DWORD_PTR one,
                            DWORD_PTR two)
{
    (void)out;
    (void)two;
    told_instance = instance;
    if (message == WOM_OPEN)
        InterlockedIncrement(&n_open);
    if (message == WOM_CLOSE)
        InterlockedIncrement(&n_close);
    if (message == WOM_DONE) {
        told_header = one;
        InterlockedIncrement(&n_done);
    }
}

static void CALLBACK on_in(HWAVEIN in, UINT message, DWORD_PTR instance, DWORD_PTR one,
                           DWORD_PTR two)
{
    (void)in;
    (void)two;
    told_instance = instance;
    if (message == WIM_OPEN)
        InterlockedIncrement(&n_open);
    if (message == WIM_CLOSE)
        InterlockedIncrement(&n_close);
    if (message == WIM_DATA) {
        told_header = one;
        InterlockedIncrement(&n_data);
    }
}

/* ------------------------------------------------------------------ waveOut */

static void test_out_caps(void)
{
    WAVEOUTCAPSW caps;
    const UINT n = waveOutGetNumDevs();
    WAVEFORMATEX format = pcm(2, 44100, 16);
    HWAVEOUT out = NULL;
    check(n >= 1, "waveOutGetNumDevs: there is a device (%u)", n);
    mm(waveOutGetDevCapsW(n, &caps, sizeof caps), MMSYSERR_BADDEVICEID,
       "waveOutGetDevCaps: a number beyond the last is MMSYSERR_BADDEVICEID");
    mm(waveOutGetDevCapsW(0, NULL, sizeof caps), MMSYSERR_INVALPARAM,
       "waveOutGetDevCaps: NULL is MMSYSERR_INVALPARAM");
    mm(waveOutGetDevCapsW(WAVE_MAPPER, &caps, sizeof caps), MMSYSERR_NOERROR,
       "waveOutGetDevCaps of WAVE_MAPPER");
    mm(waveOutGetDevCapsW(0, &caps, sizeof caps), MMSYSERR_NOERROR, "waveOutGetDevCaps");
    check(caps.szPname[0] != 0 && wcslen(caps.szPname) < MAXPNAMELEN,
          "WAVEOUTCAPS: szPname is a text of 31 characters at most");
    check(caps.wChannels >= 1, "WAVEOUTCAPS: wChannels (%u)", caps.wChannels);
    check((caps.dwSupport & WAVECAPS_VOLUME) != 0, "WAVEOUTCAPS: WAVECAPS_VOLUME");
    check((caps.dwFormats & WAVE_FORMAT_4S16) != 0, "WAVEOUTCAPS: 44.1 kHz, stereo, 16 bits");
    check((caps.dwFormats & WAVE_FORMAT_1M08) != 0, "WAVEOUTCAPS: 11.025 kHz, mono, 8 bits");
    mm(waveOutOpen(NULL, 0, &format, 0, 0, WAVE_FORMAT_QUERY), MMSYSERR_NOERROR,
       "waveOutOpen: WAVE_FORMAT_QUERY needs no place for a handle");
    mm(waveOutOpen(&out, n, &format, 0, 0, 0), MMSYSERR_BADDEVICEID,
       "waveOutOpen: a number beyond the last is MMSYSERR_BADDEVICEID");
    format.wFormatTag = 0x7fff;
    mm(waveOutOpen(&out, 0, &format, 0, 0, 0), WAVERR_BADFORMAT,
       "waveOutOpen: a format that nobody has is WAVERR_BADFORMAT");
    mm(waveOutOpen(NULL, 0, &format, 0, 0, WAVE_FORMAT_QUERY), WAVERR_BADFORMAT,
       "waveOutOpen: WAVE_FORMAT_QUERY says so too");
    check(waveOutGetErrorTextW(MMSYSERR_BADDEVICEID, caps.szPname, MAXPNAMELEN) ==
                  MMSYSERR_NOERROR &&
              caps.szPname[0] != 0,
          "waveOutGetErrorText has a text");
    mm(waveOutGetErrorTextW(0xfff0, caps.szPname, MAXPNAMELEN), MMSYSERR_BADERRNUM,
       "waveOutGetErrorText: an unknown error is MMSYSERR_BADERRNUM");
}

static void test_no_handle(void)
{
    WAVEHDR header = {0};
    MMTIME time = {.wType = TIME_BYTES};
    mm(waveOutWrite(NULL, &header, sizeof header), MMSYSERR_INVALHANDLE,
       "waveOutWrite: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutPrepareHeader(NULL, &header, sizeof header), MMSYSERR_INVALHANDLE,
       "waveOutPrepareHeader: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutReset(NULL), MMSYSERR_INVALHANDLE, "waveOutReset: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutPause(NULL), MMSYSERR_INVALHANDLE, "waveOutPause: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutRestart(NULL), MMSYSERR_INVALHANDLE,
       "waveOutRestart: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutClose(NULL), MMSYSERR_INVALHANDLE, "waveOutClose: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutGetPosition(NULL, &time, sizeof time), MMSYSERR_INVALHANDLE,
       "waveOutGetPosition: no handle is MMSYSERR_INVALHANDLE");
    mm(waveOutGetID(NULL, NULL), MMSYSERR_INVALPARAM,
       "waveOutGetID: no place for the number is MMSYSERR_INVALPARAM");
}

static void test_out_stream(void)
{
    static char bytes[17640]; /* 100 ms */
    const WAVEFORMATEX format = pcm(2, 44100, 16);
    WAVEHDR a = {.lpData = bytes, .dwBufferLength = sizeof bytes};
    WAVEHDR b = {.lpData = bytes, .dwBufferLength = sizeof bytes};
    MMTIME time = {.wType = TIME_SAMPLES};
    HWAVEOUT out = NULL;
    UINT id = 99;
    DWORD level = 0;
    n_open = n_done = n_close = 0;
    mm(waveOutOpen(&out, 0, &format, (DWORD_PTR)on_out, 0x1234, CALLBACK_FUNCTION),
       MMSYSERR_NOERROR, "waveOutOpen with CALLBACK_FUNCTION");
    check(n_open == 1, "WOM_OPEN comes before waveOutOpen returns");
    check(told_instance == 0x1234, "the callback gets the caller's instance");
    mm(waveOutGetID(out, &id), MMSYSERR_NOERROR, "waveOutGetID");
    check(id == 0, "waveOutGetID is the device that was opened (%u)", id);
    mm(waveOutWrite(out, &a, sizeof a), WAVERR_UNPREPARED,
       "waveOutWrite: a header that is not prepared is WAVERR_UNPREPARED");
    mm(waveOutPrepareHeader(out, &a, sizeof a), MMSYSERR_NOERROR, "waveOutPrepareHeader");
    check((a.dwFlags & WHDR_PREPARED) != 0, "waveOutPrepareHeader sets WHDR_PREPARED");
    mm(waveOutPrepareHeader(out, &a, sizeof a), MMSYSERR_NOERROR,
       "waveOutPrepareHeader again is no error");
    waveOutPrepareHeader(out, &b, sizeof b);
    mm(waveOutPause(out), MMSYSERR_NOERROR, "waveOutPause");
    mm(waveOutWrite(out, &a, sizeof a), MMSYSERR_NOERROR, "waveOutWrite while paused");
    check((a.dwFlags & WHDR_INQUEUE) != 0, "waveOutWrite sets WHDR_INQUEUE");
    mm(waveOutWrite(out, &a, sizeof a), WAVERR_STILLPLAYING,
       "waveOutWrite of a queued header is WAVERR_STILLPLAYING");
    mm(waveOutUnprepareHeader(out, &a, sizeof a), WAVERR_STILLPLAYING,
       "waveOutUnprepareHeader of a queued header is WAVERR_STILLPLAYING");
    Sleep(150);
    mm(waveOutGetPosition(out, &time, sizeof time), MMSYSERR_NOERROR, "waveOutGetPosition");
    check(time.wType == TIME_SAMPLES && time.u.sample == 0, "nothing plays while paused (%lu)",
          time.u.sample);
    check(n_done == 0, "no WOM_DONE while paused");
    mm(waveOutRestart(out), MMSYSERR_NOERROR, "waveOutRestart");
    waveOutWrite(out, &b, sizeof b);
    check(is_done(&a) && is_done(&b), "WHDR_DONE is set when a block was played");
    check((b.dwFlags & WHDR_INQUEUE) == 0, "WHDR_INQUEUE is cleared then");
    Sleep(20);
    check(n_done == 2, "WOM_DONE comes once for each block (%ld)", n_done);
    check(told_header == (DWORD_PTR)&b, "WOM_DONE has the block's header");
    waveOutGetPosition(out, &time, sizeof time);
    check(time.u.sample == 2 * sizeof bytes / 4, "the position is every frame played (%lu)",
          time.u.sample);
    time.wType = TIME_BYTES;
    waveOutGetPosition(out, &time, sizeof time);
    check(time.wType == TIME_BYTES && time.u.cb == 2 * sizeof bytes,
          "TIME_BYTES: the position in bytes (%lu)", time.u.cb);
    time.wType = TIME_MS;
    waveOutGetPosition(out, &time, sizeof time);
    check(time.wType != TIME_MS || time.u.ms == 200, "TIME_MS: the position in ms (%lu)",
          time.u.ms);
    mm(waveOutGetPosition(out, NULL, sizeof time), MMSYSERR_INVALPARAM,
       "waveOutGetPosition: NULL is MMSYSERR_INVALPARAM");
    mm(waveOutUnprepareHeader(out, &a, sizeof a), MMSYSERR_NOERROR, "waveOutUnprepareHeader");
    check((a.dwFlags & WHDR_PREPARED) == 0, "waveOutUnprepareHeader clears WHDR_PREPARED");
    mm(waveOutUnprepareHeader(out, &a, sizeof a), MMSYSERR_NOERROR,
       "waveOutUnprepareHeader of an unprepared header is no error");
    waveOutPause(out);
    waveOutPrepareHeader(out, &a, sizeof a);
    waveOutWrite(out, &a, sizeof a);
    waveOutWrite(out, &b, sizeof b);
    mm(waveOutReset(out), MMSYSERR_NOERROR, "waveOutReset");
    check((a.dwFlags & b.dwFlags & WHDR_DONE) != 0, "waveOutReset gives all blocks back");
    time.wType = TIME_SAMPLES;
    waveOutGetPosition(out, &time, sizeof time);
    check(time.u.sample == 0, "waveOutReset sets the position to 0 (%lu)", time.u.sample);
    mm(waveOutGetVolume(out, &level), MMSYSERR_NOERROR, "waveOutGetVolume");
    check(level == 0xffffffff, "waveOutGetVolume: full at first (%lx)", level);
    mm(waveOutGetVolume(out, NULL), MMSYSERR_INVALPARAM,
       "waveOutGetVolume: NULL is MMSYSERR_INVALPARAM");
    mm(waveOutSetVolume(out, 0x80004000), MMSYSERR_NOERROR, "waveOutSetVolume");
    waveOutGetVolume(out, &level);
    check((level >> 16) / 0x100 == 0x80 || (level >> 16) / 0x100 == 0x7f,
          "waveOutSetVolume: the high word is the right channel (%lx)", level);
    check((level & 0xffff) / 0x100 == 0x40 || (level & 0xffff) / 0x100 == 0x3f,
          "waveOutSetVolume: the low word is the left channel (%lx)", level);
    waveOutSetVolume(out, 0xffffffff);
    waveOutUnprepareHeader(out, &a, sizeof a);
    waveOutUnprepareHeader(out, &b, sizeof b);
    mm(waveOutClose(out), MMSYSERR_NOERROR, "waveOutClose");
    check(n_close == 1, "WOM_CLOSE comes before waveOutClose returns");
    mm(waveOutReset(out), MMSYSERR_INVALHANDLE, "a closed handle is MMSYSERR_INVALHANDLE");
}

static void test_out_loop(void)
{
    static char bytes[4410]; /* 50 ms */
    const WAVEFORMATEX format = pcm(1, 44100, 16);
    WAVEHDR a = {.lpData = bytes, .dwBufferLength = sizeof bytes - sizeof bytes % 2, .dwLoops = 3};
    HWAVEOUT out = NULL;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    mm(waveOutOpen(&out, WAVE_MAPPER, &format, (DWORD_PTR)event, 0, CALLBACK_EVENT),
       MMSYSERR_NOERROR, "waveOutOpen of WAVE_MAPPER with CALLBACK_EVENT");
    check(WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "the event is set for WOM_OPEN");
    waveOutPrepareHeader(out, &a, sizeof a);
    a.dwFlags |= WHDR_BEGINLOOP | WHDR_ENDLOOP;
    mm(waveOutWrite(out, &a, sizeof a), MMSYSERR_NOERROR, "waveOutWrite of a loop");
    check(is_done(&a), "a loop ends");
    check(WaitForSingleObject(event, 1000) == WAIT_OBJECT_0, "the event is set for WOM_DONE");
    a.dwLoops = 1000000;
    a.dwFlags &= ~(DWORD)WHDR_DONE;
    waveOutWrite(out, &a, sizeof a);
    Sleep(100);
    check((a.dwFlags & WHDR_DONE) == 0, "a long loop goes on");
    mm(waveOutBreakLoop(out), MMSYSERR_NOERROR, "waveOutBreakLoop");
    check(is_done(&a), "waveOutBreakLoop: the block ends after its present pass");
    waveOutUnprepareHeader(out, &a, sizeof a);
    mm(waveOutClose(out), MMSYSERR_NOERROR, "waveOutClose after a loop");
    CloseHandle(event);
}

void test_wave_out(void)
{
    test_out_caps();
    test_no_handle();
    test_out_stream();
    test_out_loop();
}

/* ------------------------------------------------------------------ waveIn */

void test_wave_in(void)
{
    static char bytes[8820]; /* 50 ms */
    const WAVEFORMATEX format = pcm(2, 44100, 16);
    WAVEFORMATEX bad = format;
    WAVEHDR a = {.lpData = bytes, .dwBufferLength = sizeof bytes};
    WAVEHDR b = {.lpData = bytes, .dwBufferLength = sizeof bytes};
    WAVEINCAPSW caps;
    MMTIME time = {.wType = TIME_SAMPLES};
    HWAVEIN in = NULL;
    UINT id = 99;
    const UINT n = waveInGetNumDevs();
    n_open = n_data = n_close = 0;
    bad.wFormatTag = 0x7fff;
    check(n >= 1, "waveInGetNumDevs: there is a device (%u)", n);
    mm(waveInGetDevCapsW(n, &caps, sizeof caps), MMSYSERR_BADDEVICEID,
       "waveInGetDevCaps: a number beyond the last is MMSYSERR_BADDEVICEID");
    mm(waveInGetDevCapsW(0, &caps, sizeof caps), MMSYSERR_NOERROR, "waveInGetDevCaps");
    check(caps.szPname[0] != 0, "WAVEINCAPS: szPname is a text");
    check((caps.dwFormats & WAVE_FORMAT_4S16) != 0, "WAVEINCAPS: 44.1 kHz, stereo, 16 bits");
    mm(waveInOpen(&in, n, &format, 0, 0, 0), MMSYSERR_BADDEVICEID,
       "waveInOpen: a number beyond the last is MMSYSERR_BADDEVICEID");
    mm(waveInOpen(&in, 0, &bad, 0, 0, 0), WAVERR_BADFORMAT,
       "waveInOpen: a format that nobody has is WAVERR_BADFORMAT");
    mm(waveInOpen(NULL, 0, &format, 0, 0, WAVE_FORMAT_QUERY), MMSYSERR_NOERROR,
       "waveInOpen: WAVE_FORMAT_QUERY needs no place for a handle");
    mm(waveInStart(NULL), MMSYSERR_INVALHANDLE, "waveInStart: no handle is MMSYSERR_INVALHANDLE");
    mm(waveInOpen(&in, 0, &format, (DWORD_PTR)on_in, 0x4321, CALLBACK_FUNCTION), MMSYSERR_NOERROR,
       "waveInOpen with CALLBACK_FUNCTION");
    check(n_open == 1, "WIM_OPEN comes before waveInOpen returns");
    check(told_instance == 0x4321, "waveIn: the callback gets the caller's instance");
    mm(waveInGetID(in, &id), MMSYSERR_NOERROR, "waveInGetID");
    check(id == 0, "waveInGetID is the device that was opened (%u)", id);
    mm(waveInAddBuffer(in, &a, sizeof a), WAVERR_UNPREPARED,
       "waveInAddBuffer: a header that is not prepared is WAVERR_UNPREPARED");
    mm(waveInPrepareHeader(in, &a, sizeof a), MMSYSERR_NOERROR, "waveInPrepareHeader");
    waveInPrepareHeader(in, &b, sizeof b);
    mm(waveInAddBuffer(in, &a, sizeof a), MMSYSERR_NOERROR, "waveInAddBuffer");
    check((a.dwFlags & WHDR_INQUEUE) != 0, "waveInAddBuffer sets WHDR_INQUEUE");
    Sleep(100);
    check((a.dwFlags & WHDR_DONE) == 0, "nothing is recorded before waveInStart");
    waveInAddBuffer(in, &b, sizeof b);
    mm(waveInStart(in), MMSYSERR_NOERROR, "waveInStart");
    check(is_done(&a) && is_done(&b), "WHDR_DONE is set when a block is full");
    check(a.dwBytesRecorded == sizeof bytes, "dwBytesRecorded of a full block is its length (%lu)",
          a.dwBytesRecorded);
    Sleep(20);
    check(n_data == 2, "WIM_DATA comes once for each block (%ld)", n_data);
    check(told_header == (DWORD_PTR)&b, "WIM_DATA has the block's header");
    mm(waveInGetPosition(in, &time, sizeof time), MMSYSERR_NOERROR, "waveInGetPosition");
    check(time.u.sample >= 2 * sizeof bytes / 4, "waveInGetPosition counts what was recorded (%lu)",
          time.u.sample);
    waveInAddBuffer(in, &a, sizeof a);
    Sleep(40); /* Wine gives back one that has something in it */
    mm(waveInStop(in), MMSYSERR_NOERROR, "waveInStop");
    check(is_done(&a), "waveInStop gives the block that is being filled back");
    mm(waveInReset(in), MMSYSERR_NOERROR, "waveInReset");
    time.wType = TIME_SAMPLES;
    waveInGetPosition(in, &time, sizeof time);
    check(time.u.sample == 0, "waveInReset sets the position to 0 (%lu)", time.u.sample);
    waveInAddBuffer(in, &b, sizeof b);
    waveInReset(in);
    check((b.dwFlags & WHDR_DONE) != 0 && b.dwBytesRecorded == 0,
          "waveInReset gives empty blocks back (%lu bytes)", b.dwBytesRecorded);
    mm(waveInUnprepareHeader(in, &a, sizeof a), MMSYSERR_NOERROR, "waveInUnprepareHeader");
    waveInUnprepareHeader(in, &b, sizeof b);
    mm(waveInClose(in), MMSYSERR_NOERROR, "waveInClose");
    check(n_close == 1, "WIM_CLOSE comes before waveInClose returns");
}

/* ------------------------------------------------------------------ mixer */

static bool control_of(HMIXEROBJ mixer, DWORD line, DWORD type, MIXERCONTROLW *control)
{
    MIXERLINECONTROLSW controls = {.cbStruct = sizeof controls,
                                   .dwLineID = line,
                                   .dwControlType = type,
                                   .cControls = 1,
                                   .cbmxctrl = sizeof *control,
                                   .pamxctrl = control};
    return mixerGetLineControlsW(mixer, &controls, MIXER_GETLINECONTROLSF_ONEBYTYPE) ==
           MMSYSERR_NOERROR;
}

void test_mixer(void)
{
    MIXERCAPSW caps;
    MIXERLINEW line = {.cbStruct = sizeof line};
    MIXERCONTROLW control;
    HMIXER mixer = NULL;
    UINT id = 99;
    const UINT n = mixerGetNumDevs();
    check(n >= 1, "mixerGetNumDevs: there is a mixer (%u)", n);
    mm(mixerGetDevCapsW(n + 100, &caps, sizeof caps), MMSYSERR_BADDEVICEID,
       "mixerGetDevCaps: a number beyond the last is MMSYSERR_BADDEVICEID");
    mm(mixerGetDevCapsW(0, NULL, sizeof caps), MMSYSERR_INVALPARAM,
       "mixerGetDevCaps: NULL is MMSYSERR_INVALPARAM");
    mm(mixerGetDevCapsW(0, &caps, sizeof caps), MMSYSERR_NOERROR, "mixerGetDevCaps");
    check(caps.szPname[0] != 0 && caps.cDestinations >= 1,
          "MIXERCAPS: a name, and a destination at least (%lu)", caps.cDestinations);
    mm(mixerOpen(&mixer, n + 100, 0, 0, MIXER_OBJECTF_MIXER), MMSYSERR_BADDEVICEID,
       "mixerOpen: a number beyond the last is MMSYSERR_BADDEVICEID");
    mm(mixerOpen(&mixer, 0, 0, 0, MIXER_OBJECTF_MIXER), MMSYSERR_NOERROR, "mixerOpen");
    mm(mixerGetID((HMIXEROBJ)mixer, &id, MIXER_OBJECTF_HMIXER), MMSYSERR_NOERROR, "mixerGetID");
    check(id == 0, "mixerGetID is the mixer that was opened (%u)", id);
    line.dwDestination = 0;
    mm(mixerGetLineInfoW((HMIXEROBJ)mixer, &line,
                         MIXER_OBJECTF_HMIXER | MIXER_GETLINEINFOF_DESTINATION),
       MMSYSERR_NOERROR, "mixerGetLineInfo of the first destination");
    check(line.dwDestination == 0, "MIXERLINE: it is the destination asked for");
    if (!check(
            control_of((HMIXEROBJ)mixer, line.dwLineID, MIXERCONTROL_CONTROLTYPE_VOLUME, &control),
            "the destination has a volume control"))
        return;
    check(control.Bounds.dwMinimum < control.Bounds.dwMaximum, "its bounds are a range");
    MIXERCONTROLDETAILS_UNSIGNED value = {.dwValue = 0x8000};
    MIXERCONTROLDETAILS details = {.cbStruct = sizeof details,
                                   .dwControlID = control.dwControlID,
                                   .cChannels = 1,
                                   .cbDetails = sizeof value,
                                   .paDetails = &value};
    mm(mixerSetControlDetails((HMIXEROBJ)mixer, &details, MIXER_SETCONTROLDETAILSF_VALUE),
       MMSYSERR_NOERROR, "mixerSetControlDetails of the volume");
    value.dwValue = 0;
    mm(mixerGetControlDetailsW((HMIXEROBJ)mixer, &details, MIXER_GETCONTROLDETAILSF_VALUE),
       MMSYSERR_NOERROR, "mixerGetControlDetails of the volume");
    check(value.dwValue >= 0x7f00 && value.dwValue <= 0x8100, "it tells what was set (%lx)",
          value.dwValue);
    value.dwValue = 0xffff;
    mixerSetControlDetails((HMIXEROBJ)mixer, &details, MIXER_SETCONTROLDETAILSF_VALUE);
    check(control_of((HMIXEROBJ)mixer, line.dwLineID, MIXERCONTROL_CONTROLTYPE_MUTE, &control),
          "the destination has a mute control");
    mm(mixerClose(mixer), MMSYSERR_NOERROR, "mixerClose");
}
