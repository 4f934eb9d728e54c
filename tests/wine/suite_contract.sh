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

# What the devices' suite and the message table do most is wait: both go on beside the seams, each in a prefix of its own.
begin() { # begin PREFIX NAME PROGRAM ARGS...
    prefix=$1 name=$2 program=$3; shift 3
    wine_in "$prefix" 240 "$PROGRAMS/$program.exe" "$@" >"$WORK/$name.txt" 2>"$WORK/$name.err" &
}
counted() { # counted NAME: what the program printed, by its own summary line
    echo "-- $1"
    tr -d '\r' <"$WORK/$1.txt" >"$WORK/$1.log"
    grep -E '^(PASS|FAIL|SKIP) ' "$WORK/$1.log"
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$WORK/$1.log" | tail -n 1)
    f=${sum#*, }
    PASSED=$((PASSED + ${sum%% *} + 0)) FAILED=$((FAILED + ${f%% *} + 0))
    if [ "$(tail -n 1 "$WORK/$1.log")" = "contract: all done" ]; then pass "$1 came to its end"
    else fail "$1 did not come to its end"; tail -n 15 "$WORK/$1.log" "$WORK/$1.err" | sed 's/^/    /'; fi
}
export_registry "$P" before
settle "$P"
prefix_copy "$P" "$WORK/devices"
prefix_copy "$P" "$WORK/messages"
begin "$WORK/devices" devices contract_devices
begin "$WORK/messages" drv contract_messages 'C:\messages.tsv' drv aux mxd
for part in 0/4 1/4 2/4 3/4; do begin "$WORK/messages" "wod-${part%/4}" contract_messages 'C:\messages.tsv' "wod/$part"; done
for part in 0/2 1/2; do begin "$WORK/messages" "wid-${part%/2}" contract_messages 'C:\messages.tsv' "wid/$part"; done
begin "$P" seams contract
wait
for name in drv wod-0 wod-1 wod-2 wod-3 wid-0 wid-1 devices seams; do counted "$name"; done
rows=$(($(grep -c "^[a-z][a-z][a-z]	" "$HERE/../contract/messages.tsv") - 1)) # without its header
sent=$(sed -n 's/^PASS messages: .* cells in \([0-9]*\) rows.*/\1/p' "$WORK"/*.log | awk '{n += $1} END {print n + 0}')
check "the message table was sent whole: $sent of $rows rows" [ "$sent" -eq "$rows" ]
settle "$P" # the session's volatile mark goes with the session
settle "$WORK/messages"
export_registry "$P" after
export_registry "$WORK/messages" after-messages
same_registry "the seams' suites leave the registry as it was" after before
same_registry "so does the message table" after-messages before
finish
