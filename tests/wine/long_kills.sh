#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine
# The wineserver is killed before and after every change of the registry and every FlushFileBuffers of an installation,
# a configuration of the machine's and of a user's settings, a repair and a removal; at reads; and up to 35 s after an
# installation was answered OK. After the next run of anything there is no half state, and nothing answered OK is lost.
#
# usage: long_kills.sh BIN_DIR BUILD_RELEASE WORK_DIR
#
# Reads are killed before them: with the kills before and after every change there is then one in each gap between two calls
# (2,100 kills, 15 minutes). KILLS=quick kills at every 23rd read only: a read changes nothing, so that what is on the disk
# then is what the kill after the change before it has left. JOBS workers, 2 by default.
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
RELEASE_BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
READS=1
[ "${KILLS:-}" != quick ] || READS=23
. "$HERE/wine.sh"
need_files "$RELEASE_BIN/mmewave.drv" "$RELEASE_BIN/kill.exe"
BIN=$WORK/bin
mkdir -p "$BIN" && cp "$RELEASE_BIN/kill.exe" "$BIN" || exit 2
. "$HERE/kills.sh"

P=$WORK/prefix
prefix_new "$P"
cp "$RELEASE_BIN/mmewave.drv" "$P/drive_c/windows/system32/" || exit 2
# what Wine writes of itself at the first start is written now
wine_in "$P" 60 "$BIN/kill.exe" recover >"$WORK/warm.log" 2>&1
kills_begin "$P"

# the sessions that wait do so while the others work
DELAYS="0 1 2 5 10 15 20 25 28 29 30 31 32 35"
kills_later $DELAYS

for verb in install configure mine repair remove; do
    # SIGKILL: nothing of the session is saved. SIGTERM after a change: all of it up to here is
    awk -v v=$verb '$2 == "write" { print v, $1, "before", 9; print v, $1, "after", 9; print v, $1, "after", 15 }' \
        "$KILLS/$verb.calls" >"$KILLS/points"
    echo "$verb end - 9" >>"$KILLS/points"
    echo "$verb end - 15" >>"$KILLS/points"
    kills_run "$verb, every change of $(wc -l <"$KILLS/$verb.calls") calls" "$KILLS/points"
done
for verb in install configure mine repair remove; do
    awk -v v=$verb -v n="$READS" '$2 == "read" && ++i % n == 0 { print v, $1, "before", 9 }' "$KILLS/$verb.calls"
done >"$KILLS/points"
seen=$(ls "$KILLS/seen" | wc -l)
kills_run "reads" "$KILLS/points"
new=$(($(ls "$KILLS/seen" | wc -l) - seen))
check "kills at reads left $new images that were not known" [ "$new" -eq 0 ]

kills_later_judge "0 to 35 s after OK" $DELAYS
finish
