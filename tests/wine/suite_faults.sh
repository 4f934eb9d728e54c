#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine
# What an installation through real winmm does when the world is not as it should be, and when the wineserver is killed:
# hardware and supporting drivers absent, busy, broken or hanging, missing rights, a full disk, modules in use, an error
# from every call, a kill at calls that change something. (All kills: long_kills.sh.)
#
# usage: suite_faults.sh BIN_DIR BUILD_RELEASE WORK_DIR
#
# An administrator under Wine may do everything, so "access denied" is answered at the import table of mmewave.drv
# (tests/windows/hooks.h), and so are a hanging device and the errors of the sweep. All else is real: the disk is a
# tmpfs of 64 KiB in a mount namespace of its own (SKIP where that cannot be had), the foreign owner of the journal's
# folder another user.
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
RELEASE_BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$HERE/wine.sh"
for f in mmewave.drv fault.exe kill.exe fault_hang.drv fault_crash.drv fault_lack.drv; do need_files "$RELEASE_BIN/$f"; done
# the programs without the driver beside them: it shall be found where it is installed, in System32
BIN=$WORK/bin
mkdir -p "$BIN" && cp "$RELEASE_BIN/fault.exe" "$RELEASE_BIN/kill.exe" "$BIN" || exit 2
. "$HERE/kills.sh"

P=$WORK/prefix
prefix_new "$P"
SYSTEM32=$P/drive_c/windows/system32
cp "$RELEASE_BIN/mmewave.drv" "$RELEASE_BIN"/fault_*.drv "$SYSTEM32/" || exit 2
JOURNAL=$P/drive_c/ProgramData/mmekit

# part NAME ARGS...: fault.exe's part; its last line has its name
part() {
    log=$1; shift
    printf '%s\n' "-- fault $*"
    wine_in "$P" 280 "$BIN/fault.exe" "$@" 2>"$WORK/$log.err" | tr -d '\r' >"$WORK/$log.log"
    part_count "$log"
}
part_count() { # part_count NAME: of a log that is there
    grep -E '^(PASS|FAIL|SKIP|FIGURE|    )' "$WORK/$1.log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/$1.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/$1.log")))
    if [ "$(tail -n 1 "$WORK/$1.log")" = "fault: all done" ]; then pass "$1 came to its end"
    else fail "$1 did not come to its end"; tail -n 15 "$WORK/$1.log" "$WORK/$1.err" | sed "s/^/    /"; fi
}

# ---------------------------------------------------------------- the world

part world world
part folder folder ours

if [ "$(id -u)" -eq 0 ]; then
    mkdir -p "$JOURNAL" && chown 12345 "$JOURNAL"
    part foreign folder foreign
    chown 0 "$JOURNAL" && rmdir "$JOURNAL"
else
    skip foreign-owner "only root can give a folder away"
fi

part sweep sweep once 7
settle "$P"

# ---------------------------------------------------------------- a full disk

# Everything of that session lives in the namespace, the wineserver too: it opens the files.
full_disk() {
    unshare -m sh -c '
        mount -t tmpfs -o size=64k,mode=755 mmekit "$1/drive_c/ProgramData" || exit 77
        export WINEPREFIX=$1
        timeout -k 5 120 "$WINE" "$2/fault.exe" full "C:\ProgramData" 2>"$3/full.err" | tr -d "\r" >"$3/full.log"
        timeout -k 5 60 "$WINESERVER" -w
    ' sh "$P" "$BIN" "$WORK" </dev/null 9>&-
}
printf '%s\n' "-- fault full"
if unshare -m true 2>/dev/null; then
    full_disk >"$WORK/unshare.log" 2>&1
    status=$?
    if [ "$status" -eq 77 ]; then skip full-disk "no tmpfs can be mounted here"; else part_count full; fi
else
    skip full-disk "no mount namespace can be had here"
fi

# ---------------------------------------------------------------- a module in use

# A later session has forgotten nothing: the retained original is put back by DRV_REMOVE, and after a restart of "Windows"
# (wineboot does what was put off to it) nothing of ours is left.
server_end "$P" 15
before=$(ls "$SYSTEM32" | grep mmewave)
sum=$(cksum <"$SYSTEM32/mmewave.drv")
part copy-first copy first
part copy-second copy second
server_end "$P" 15
check "a restart deletes the replaced module" sh -c "$(cat <<END
WINEPREFIX=$P timeout -k 5 90 "$WINE" wineboot -r </dev/null >/dev/null 2>&1 9>&-
WINEPREFIX=$P timeout -k 5 60 "$WINESERVER" -w
ls "$SYSTEM32" | grep mmewave
[ "\$(ls "$SYSTEM32" | grep -c 'mmewave.drv.*old')" -eq 1 ]
END
)"
quiet_program() { wine_in "$1" 90 "$BIN/kill.exe" "$3" 2>>"$WORK/err" | tr -d '\r' >"$2"; [ "$(tail -n 1 "$2")" = "kill: all done" ]; }
check "DRV_REMOVE comes to its end" quiet_program "$P" "$WORK/remove.log" remove
# the module that goes is loaded by the very program that asked: RESTART is the truth, and the next run mends it
check "DRV_REMOVE is answered RESTART" grep -q '^ANSWER RESTART RESTART_IN_USE' "$WORK/remove.log"
server_end "$P" 15
check "the next run" quiet_program "$P" "$WORK/recover.log" recover
server_end "$P" 15
check "the module of before is back, alone, byte for byte" sh -c "ls '$SYSTEM32' | grep mmewave; [ \"\$(ls '$SYSTEM32' | grep mmewave)\" = '$before' ] && [ \"\$(cksum <'$SYSTEM32/mmewave.drv')\" = '$sum' ]"

# ---------------------------------------------------------------- kills

# Each FlushFileBuffers, before and after, with nothing saved; every fifth change with all saved: the journal's edges and
# a walk through the registry's.
kills_begin "$P"
for verb in install remove; do
    awk -v v=$verb '$3 == "FlushFileBuffers" { print v, $1, "before", 9; print v, $1, "after", 9 }
        $2 == "write" && ++n % 5 == 0 { print v, $1, "after", 15 }' "$KILLS/$verb.calls"
done >"$KILLS/points"
echo "install end - 9" >>"$KILLS/points"
echo "remove end - 9" >>"$KILLS/points"
kills_run "kills at a fifth of the changes and at every flush" "$KILLS/points"

# The program is killed instead, with the lock held and the journal begun: the server lives on, and the next one has the
# lock at once and takes everything back.
image_load "$KILLS/from-install" "$P"
run_to "$P" "$KILLS/client" install "$(awk '$3 == "RegSetValueExW" { print $1; exit }' "$KILLS/install.calls")" after
kill -KILL $client
wait $client 2>/dev/null
begin=$(date +%s%N)
check "after the kill of the program the next one comes to its end" quiet_program "$P" "$KILLS/client.log" recover
echo "FIGURE the lock of a killed program: had, and all recovered, $((($(date +%s%N) - begin) / 1000000)) ms after the kill"
check "and it has recovered something" grep -q '^RECOVERED MMK_OK something' "$KILLS/client.log"
server_end "$P" 15
check "the registry is as before" [ "$(hives "$P")" = "$(cat "$KILLS/install.before")" ]

finish
