#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine
# Every call that an installation makes to Windows is answered by each error that it may answer: once, and (at every 5th
# call) from then on. What comes of it is CANCEL with the registry as before, or an installation that is whole.
#
# usage: long_faults.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
RELEASE_BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$HERE/wine.sh"
need_files "$RELEASE_BIN/mmewave.drv" "$RELEASE_BIN/fault.exe"
mkdir -p "$WORK/bin" && cp "$RELEASE_BIN/fault.exe" "$WORK/bin" || exit 2
P=$WORK/prefix
prefix_new "$P"
cp "$RELEASE_BIN/mmewave.drv" "$P/drive_c/windows/system32/" || exit 2

sweep() { # sweep NAME ARGS...
    name=$1; shift
    printf '%s\n' "-- fault sweep $*"
    wine_in "$P" 600 "$WORK/bin/fault.exe" sweep "$@" 2>"$WORK/$name.err" | tr -d '\r' >"$WORK/$name.log"
    grep -E '^(PASS|FAIL|FIGURE|    )' "$WORK/$name.log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/$name.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/$name.log")))
    if [ "$(tail -n 1 "$WORK/$name.log")" = "fault: all done" ]; then pass "$name came to its end"
    else fail "$name did not come to its end"; tail -n 15 "$WORK/$name.log" "$WORK/$name.err" | sed "s/^/    /"; fi
}
sweep once once 1
sweep forever forever 5
finish
