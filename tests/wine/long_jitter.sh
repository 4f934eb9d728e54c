#!/bin/sh
# SPDX-License-Identifier: MIT
# When the events of a WASAPI program come, and how long a sound takes from ReleaseBuffer to the device, beside winepulse
# over a null sink, in turns; idle, and with every processor busy.
# packages: wine64 pulseaudio pulseaudio-utils
#
# usage: long_jitter.sh BIN_DIR BUILD_RELEASE WORK_DIR       SLICE=8 TURNS=2
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$(dirname "$0")/wine.sh"
. "$(dirname "$0")/pulse.sh"
: "${SLICE:=8}" "${TURNS:=2}"
need_files "$BIN/mmewine.dll" "$BIN/mmewine_load.exe"
LOAD=$WORK/programs/mmewine_load.exe # not beside mmewine.dll: it shall be found where COM says
mkdir -p "$WORK/programs" && cp "$BIN/mmewine_load.exe" "$LOAD" || exit 2
pulse_start || { fail "no PulseAudio"; finish; }
OURS=$WORK/ours THEIRS=$WORK/theirs
prefix_new "$OURS"
prefix_new "$THEIRS"
cp "$BIN/mmewine.dll" "$OURS/drive_c/windows/$SYSTEM/" || exit 2
check "regsvr32 registers it" wine_in "$OURS" 60 regsvr32 /s mmewine.dll
wine_in "$THEIRS" 60 reg add 'HKCU\Software\Wine\Drivers' /v Audio /d pulse /f >/dev/null 2>&1
export MMEKIT_BACKEND=null MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_CHANNELS=2 MMEKIT_RATE_HZ=48000 MMEKIT_CLOCK=real

one() { # one WHO PREFIX PERIOD_US LOAD
    wine_in "$2" $((SLICE + 40)) "$LOAD" jitter "$3" "$SLICE" 2>/dev/null | tr -d '\r' >"$WORK/one.log"
    grep -q 'all done' "$WORK/one.log" || fail "$1, $3 us, $4: did not come to its end"
    sed -n "s/^JITTER/$1 $3 $4/p" "$WORK/one.log" >>"$WORK/table"
    sed -n "s/^JITTER/FIGURE $1, $4:/p" "$WORK/one.log"
}
busy() { # every processor: as many as there are, of no priority above or below
    for _ in $(seq "$(nproc)"); do (while :; do :; done) 9>&- & BUSY="$BUSY $!"; done
}
: >"$WORK/table"
for state in idle busy; do
    BUSY=
    [ $state = busy ] && busy
    for _ in $(seq "$TURNS"); do
        for period in 10000 3000; do
            one ours "$OURS" $period $state
            one winepulse "$THEIRS" $period $state
        done
    done
    for pid in $BUSY; do kill "$pid"; wait "$pid" 2>/dev/null; done
done
# what holds on any machine: no drift, and no more delay than the two periods that the program keeps ready
mean() { awk -v w="$1" -v p="$2" -v s="$3" '$1 == w && $2 == p && $3 == s && / mean / { for (i = 1; i < NF; i++) if ($i == "mean") { t += $(i + 1); n++ } }
    END { printf "%.4f", n ? t / n : 0 }' "$WORK/table"; }
for period in 10000 3000; do
    m=$(mean ours $period idle)
    check "events of $period us come each $m ms: within 1 %" awk -v m="$m" -v p=$period 'BEGIN { exit !(m > p * 0.00099 && m < p * 0.00101) }'
done
median() { awk -v w="$1" -v p="$2" -v s="$3" '$1 == w && $2 == p && $3 == s && /release to heard/ { for (i = 1; i < NF; i++) if ($i == "p50") { t += $(i + 1); n++ } }
    END { printf "%.3f", n ? t / n : 0 }' "$WORK/table"; }
ours=$(median ours 10000 idle) theirs=$(median winepulse 10000 idle)
check "from ReleaseBuffer to the device: $ours ms, winepulse $theirs ms" awk -v a="$ours" -v b="$theirs" 'BEGIN { exit !(a > 0 && a <= b) }'
finish
