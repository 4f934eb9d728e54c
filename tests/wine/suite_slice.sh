#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 alsa-utils libc-bin diffutils
# bits: 32 64
# Our driver in real winmm: installs, plays, records and removes mmewave.drv in a fresh Wine prefix and compares the
# registry with that of a control prefix in which all but the installing was done.
#
# usage: suite_slice.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/slice.sh"

slice_begin
prefix_copy "$P" "$WORK/control"
MODULE="LOAD ENABLE OPEN" END="CLOSE DISABLE FREE"

slice "$P" null null
order null "$MODULE INSTALL INSTALL REMOVE REMOVE $END"
export_registry "$P" after-null

slice "$P" dci dci
order dci "$MODULE INSTALL INSTALL INSTALL INSTALL INSTALL REMOVE INSTALL INSTALL REMOVE $END"
export_registry "$P" after-dci

slice "$P" install install "$REC" "$CAP"
order install "$MODULE ATTACH INSTALL $END"
export_registry "$P" installed
echo "-- the registry with the driver installed, against the warm one"
diff "$WORK/warm.reg" "$WORK/installed.reg" | grep '^[<>]'

slice "$P" play play "$REC" "$CAP"
order play "$MODULE $END"
same_data() { # the data at the end of both files, by other means than the test program's
    n=$(($(wc -c <"$RECORDING") - 44))
    tail -c "$n" "$RECORDING" >"$WORK/a.pcm" && tail -c "$n" "$1" | cmp - "$WORK/a.pcm" && [ "$n" -gt 100000 ]
}
check "cmp: the captured WAV holds the recording's $(($(wc -c <"$RECORDING") - 44)) bytes" same_data "$P/drive_c/captured.wav"
rm -f "$P/drive_c/captured.wav"
MMEKIT_CLOCK=real; export MMEKIT_CLOCK
slice "$P" play-real play-real "$REC" "$CAP"
unset MMEKIT_CLOCK
check "cmp: the same in real time" same_data "$P/drive_c/captured.wav"
slice "$P" record record "$REC"
slice "$P" remove remove
order remove "$MODULE REMOVE $END"
export_registry "$P" after-remove

# the control: the same programs, nothing installed
for i in 1 2 3; do
    wine_in "$WORK/control" 60 "$PROGRAMS/slice.exe" control >"$WORK/control.log" 2>&1
    grep -q '^slice control: all done' "$WORK/control.log" || fail "control run $i did not come to its end"
done
export_registry "$WORK/control" control
for name in after-null after-dci after-remove; do but_for_the_marker $name; done
same_registry "the registry after DRV_INSTALL without DRVCONFIGINFO and DRV_REMOVE equals the control's" after-null- control
same_registry "the registry after all requests with DRVCONFIGINFO equals the control's" after-dci- control
same_registry "the registry after install, play, record, remove equals the control's" after-remove- control
check "while installed it differs (the comparison can fail)" sh -c "! cmp -s '$WORK/installed.reg' '$WORK/control.reg'"

# the same after the server has ended and begun anew
settle "$P"
export_registry "$P" next-session
same_registry "so it does in the next session" next-session control

# a module of the other bitness is there as well: both views
slice "$P" fake-other fake-other
slice "$P" both install-only
export_registry "$P" both
both=$(grep -c '^"wave1"="mmewave.drv' "$WORK/both.reg")
if [ "$both" -eq 2 ]; then pass "wave1 stands twice in the export: with a module of the other bitness in both views"
else fail "wave1 stands $both times in the export"; fi
slice "$P" both-remove remove
export_registry "$P" both-removed
but_for_the_marker both-removed
same_registry "removed from both views, the registry equals the control's" both-removed- control
finish
