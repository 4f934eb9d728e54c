#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libc-bin diffutils
# bits: 32 64
# The contract suites of the seams over Wine's real registry, files, clocks and threads, and the message table against
# mmewave.drv itself: the C cases are the same as on POSIX.
#
# usage: suite_contract.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
need_files "$BIN/mmewave.drv" "$BIN/contract.exe" "$BIN/contract_devices.exe" "$BIN/contract_messages.exe"

P=$WORK/prefix
prefix_new "$P"
cp "$BIN/mmewave.drv" "$P/drive_c/windows/$SYSTEM/" && cp "$HERE/../contract/messages.tsv" "$P/drive_c/" || exit 2
# the programs without the driver beside them
PROGRAMS=$WORK/programs
mkdir -p "$PROGRAMS" && cp "$BIN"/contract*.exe "$PROGRAMS" || exit 2

# What the devices' suite waits for is time; it goes on beside the others, in a prefix of its own.
prefix_copy "$P" "$WORK/devices"
wine_in "$WORK/devices" 300 "$PROGRAMS/contract_devices.exe" >"$WORK/devices.txt" 2>"$WORK/devices.err" &
devices=$!

counted() { # counted NAME: what the program printed, by its own summary line
    tr -d '\r' <"$WORK/$1.txt" >"$WORK/$1.log"
    grep -E '^(PASS|FAIL|SKIP) ' "$WORK/$1.log"
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$WORK/$1.log" | tail -n 1)
    f=${sum#*, }
    PASSED=$((PASSED + ${sum%% *} + 0)) FAILED=$((FAILED + ${f%% *} + 0))
    if [ "$(tail -n 1 "$WORK/$1.log")" = "contract: all done" ]; then pass "$1 came to its end"
    else fail "$1 did not come to its end"; tail -n 15 "$WORK/$1.log" "$WORK/$1.err" | sed 's/^/    /'; fi
}
suite() { # suite NAME PROGRAM ARGS...
    name=$1 program=$2; shift 2
    printf '%s\n' "-- $name"
    wine_in "$P" 300 "$PROGRAMS/$program.exe" "$@" >"$WORK/$name.txt" 2>"$WORK/$name.err"
    counted "$name"
}
export_registry "$P" before
suite messages contract_messages 'C:\messages.tsv'
suite seams contract
settle "$P" # the session's volatile mark goes with the session
export_registry "$P" after
same_registry "the suites leave the registry as it was" after before
echo "-- devices"
wait "$devices"
counted devices
finish
