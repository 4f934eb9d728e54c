#!/bin/sh
# SPDX-License-Identifier: MIT
# mmewine.dll in a prefix without a sound system: programs that know nothing of it play and record through the real
# winmm, dsound and COM, and the captured files are compared bit by bit.
# packages: wine64 alsa-utils
# bits: 32 64
#
# usage: suite_mmewine.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$(dirname "$0")/wine.sh"
RECORDING=/usr/share/sounds/alsa/Front_Center.wav # 48000 Hz, mono, 16 bits
need_files "$BIN/mmewine.dll" "$BIN/mmewine_winmm.exe" "$BIN/mmewine_wasapi.exe" "$BIN/mmewine_dsound.exe" "$BIN/mmewine_rules.exe" \
    "$BIN/mmewine_notify.exe" "$BIN/mmewine_spatial.exe" "$BIN/mmewave.drv" "$RECORDING"

P=$WORK/prefix
prefix_new "$P"
PROGRAMS=$WORK/programs # not beside mmewine.dll: it shall be found where COM says
mkdir -p "$PROGRAMS" && cp "$BIN"/mmewine_*.exe "$PROGRAMS" || exit 2
cp "$BIN/mmewine.dll" "$P/drive_c/windows/$SYSTEM/" && cp "$RECORDING" "$P/drive_c/recording.wav" || exit 2
check "regsvr32 registers it" wine_in "$P" 60 regsvr32 /s mmewine.dll

patient program 90 mmewine_rules "$P" "$PROGRAMS/mmewine_rules.exe"
# settings and volumes as users change them, while programs run
program 90 mmewine_notify "$P" "$PROGRAMS/mmewine_notify.exe"
wine_in "$P" 60 reg delete 'HKCU\Software\mmekit' /f >/dev/null 2>&1

export MMEKIT_BACKEND=file MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_CHANNELS=1 MMEKIT_CLOCK=real
captured() { # captured NAME: a new file to play into
    rm -f "$P/drive_c/$1"*.wav
    MMEKIT_PATH="C:\\$1.wav"; export MMEKIT_PATH
}
same_data() { # by other means than the test program's: the captured data begin with the recording's
    n=$(($(wc -c <"$RECORDING") - 44))
    at=$(grep -abo data "$1" | head -n 1 | cut -d: -f1)
    tail -c "$n" "$RECORDING" >"$WORK/a.pcm" && tail -c +$((at + 9)) "$1" | head -c "$n" | cmp - "$WORK/a.pcm" && [ "$n" -gt 100000 ]
}

captured winmm
patient program 60 mmewine_winmm "$P" "$PROGRAMS/mmewine_winmm.exe" play 'C:\recording.wav' 'C:\winmm.wav'
check "cmp: the captured WAV holds the recording's bytes" same_data "$P/drive_c/winmm.wav"
MMEKIT_PATH='C:\recording.wav' patient program 60 mmewine_winmm "$P" "$PROGRAMS/mmewine_winmm.exe" record 'C:\recording.wav'

# in real time: freewheeling, a client that is kept waiting for 50 ms has silence in its file
for mode in timer event exclusive-timer exclusive-event; do
    captured "$mode"
    patient program 60 mmewine_wasapi "$P" "$PROGRAMS/mmewine_wasapi.exe" "$mode" 'C:\recording.wav' "C:\\$mode.wav"
done
MMEKIT_PATH='C:\recording.wav' patient program 60 mmewine_wasapi "$P" "$PROGRAMS/mmewine_wasapi.exe" record 'C:\recording.wav'
captured loopback
patient program 60 mmewine_wasapi "$P" "$PROGRAMS/mmewine_wasapi.exe" loopback 'C:\recording.wav' 'C:\loopback.wav'

MMEKIT_CLOCK=freewheel
# DirectSound mixes in float and for two speakers
captured dsound
MMEKIT_SAMPLE_FORMAT=float32 MMEKIT_CHANNELS=2 patient program 60 mmewine_dsound "$P" "$PROGRAMS/mmewine_dsound.exe" play \
    'C:\recording.wav' 'C:\dsound.wav'
MMEKIT_PATH='C:\recording.wav' patient program 60 mmewine_dsound "$P" "$PROGRAMS/mmewine_dsound.exe" record 'C:\recording.wav'

# static objects at the speakers of the device, and of a larger room
export MMEKIT_SAMPLE_FORMAT=float32 MMEKIT_CHANNELS=2
MMEKIT_BACKEND=null patient program 60 mmewine_spatial "$P" "$PROGRAMS/mmewine_spatial.exe" rules
for mode in play fold; do
    captured "spatial-$mode"
    patient program 60 mmewine_spatial "$P" "$PROGRAMS/mmewine_spatial.exe" "$mode" "C:\\spatial-$mode.wav"
done

# the bridge: winmm -> mmewine.dll -> the driver that Drivers32 names -> a file
unset MMEKIT_BACKEND MMEKIT_SAMPLE_FORMAT MMEKIT_CHANNELS MMEKIT_CLOCK MMEKIT_PATH
setting() { # setting DRIVER NAME TYPE VALUE
    wine_in "$P" 60 reg add "HKLM\\Software\\mmekit\\$1" /v "$2" /t "$3" /d "$4" /f /reg:64 >/dev/null 2>&1
}
cp "$BIN/mmewave.drv" "$P/drive_c/windows/$SYSTEM/"
wine_in "$P" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 /d mmewave.drv /f >/dev/null 2>&1
for driver in mmewave mmewine; do
    setting $driver channels REG_DWORD 1
    setting $driver clock REG_SZ real
done
setting mmewave backend REG_SZ file
setting mmewave path REG_SZ 'C:\bridge.wav'
patient program 60 mmewine_winmm "$P" "$PROGRAMS/mmewine_winmm.exe" play 'C:\recording.wav' 'C:\bridge.wav' 'on wave1'
check "cmp: so does the driver's WAV behind the bridge" same_data "$P/drive_c/bridge.wav"

check "regsvr32 /u takes it out" wine_in "$P" 60 regsvr32 /s /u mmewine.dll
finish
