#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 alsa-utils
# bits: 32 64
# wineboot -u, which Wine runs in every prefix when it is upgraded, registers its own modules anew: afterwards mmewine.dll
# is still what programs find, and mmewave.drv still what Drivers32 names.
#
# usage: long_update.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$(dirname "$0")/wine.sh"
RECORDING=/usr/share/sounds/alsa/Front_Center.wav # 48000 Hz, mono, 16 bits
need_files "$BIN/mmectl.exe" "$BIN/mmewine.dll" "$BIN/mmewave.drv" "$BIN/mmewine_winmm.exe" "$BIN/mmewine_wasapi.exe" "$RECORDING"
P=$WORK/prefix C=$WORK/prefix/drive_c
prefix_new "$P"
mkdir -p "$WORK/pack" "$WORK/programs" && cp "$BIN/mmectl.exe" "$BIN/mmewine.dll" "$BIN/mmewave.drv" "$WORK/pack/" &&
    cp "$BIN"/mmewine_*.exe "$WORK/programs/" && cp "$RECORDING" "$C/recording.wav" || exit 2
mmectl() { wine_in "$P" 120 "$WORK/pack/mmectl.exe" "$@"; }
plays() { # plays WHEN: two programs, into a file of the card
    for a in winmm:play wasapi:event; do
        rm -f "$C/out.wav"
        MMEKIT_BACKEND=file MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_CHANNELS=1 MMEKIT_PATH='C:\out.wav' patient program 60 "mmewine_${a%:*}" "$P" \
            "$WORK/programs/mmewine_${a%:*}.exe" "${a#*:}" 'C:\recording.wav' 'C:\out.wav'
        check "${a%:*} plays $1" test -s "$C/out.wav"
    done
}
state() { # state NAME: what is ours in the registry, and where COM is sent
    sed -n -e 's/^\(\[.*\]\) [0-9]*$/\1/' -e '/mm\(ewine\|ewave\|ekit\)/Ip' "$P/system.reg" | grep -v '^#time' | LC_ALL=C sort >"$WORK/$1.state"
    wine64_in "$P" 60 reg query 'HKLM\Software\Classes\CLSID\{BCDE0395-E52F-467C-8E3D-C4579291692E}\TreatAs' /ve >>"$WORK/$1.state" 2>/dev/null
    settle "$P"
}
check "mmewine is installed" mmectl install mmewine --no-wait
check "mmewave is installed" mmectl install mmewave --no-wait
plays "once installed"
settle "$P"
state before
check "wineboot -u" wine_in "$P" 240 wineboot -u
settle "$P"
state after
check "what mmewine and mmewave have in the registry is as before" cmp "$WORK/before.state" "$WORK/after.state"
check "there was something to compare" test "$(wc -l <"$WORK/before.state")" -gt 3
plays "after wineboot -u"
check "verify finds both in order" eval 'mmectl verify mmewine && mmectl verify mmewave'
finish
