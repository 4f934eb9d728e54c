#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 diffutils
# bits: 32 64
# Device "wod": a wave driver that plays into another one. What arrives is bit-identical; circles, missing drivers and
# drivers that hang or crash are refused by DRV_INSTALL, with their reasons. "system" has suite_system.sh.
#
# usage: suite_devices.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
need_files "$BIN/mmewave.drv" "$BIN/chain_sink.drv" "$BIN/device_play.exe" "$BIN/contract_devices.exe"

P=$WORK/prefix
prefix_new "$P"
DLLS=$P/drive_c/windows/$SYSTEM
cp "$BIN/mmewave.drv" "$BIN/chain_sink.drv" "$DLLS" || exit 2
cp "$BIN/mmewave.drv" "$DLLS/another.drv" && cp "$BIN/mmewave.drv" "$DLLS/third.drv" || exit 2
mkdir "$P/drive_c/elsewhere" && cp "$BIN/chain_sink.drv" "$P/drive_c/elsewhere/planted.drv"
PROGRAMS=$WORK/programs # without the drivers beside them
mkdir -p "$PROGRAMS" && cp "$BIN/device_play.exe" "$BIN/contract_devices.exe" "$PROGRAMS" || exit 2
DRIVERS32='HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32'
alias_is() { wine_in "$P" 60 reg add "$DRIVERS32" /v "$1" /d "$2" /f >/dev/null 2>&1 || fail "no alias $1"; }

ends_well() { # ends_well NAME SENTINEL
    PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/$1.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/$1.log")))
    grep -E '^(PASS|FAIL) ' "$WORK/$1.log"
    if [ "$(tail -n 1 "$WORK/$1.log")" = "$2: all done" ]; then pass "$1 came to its end"
    else fail "$1 did not come to its end"; tail -n 15 "$WORK/$1.log" "$WORK/$1.err" | sed 's/^/    /'; fi
}
play() { # play NAME ARGS...
    name=$1; shift
    echo "-- $name: device_play $*"
    wine_in "$P" 120 "$PROGRAMS/device_play.exe" "$@" 2>"$WORK/$name.err" | tr -d '\r' >"$WORK/$name.log"
    ends_well "$name" device_play
}
status_says() { # status_says NAME WORD: the reason that DRV_INSTALL left
    if grep -hs "$2" "$P/drive_c/ProgramData/mmekit/status-mmewave" >"$WORK/status.txt"; then pass "$1: the status says: $(head -n 1 "$WORK/status.txt")"
    else fail "$1: the status does not say \"$2\""; grep -rs . "$P/drive_c/ProgramData/mmekit/" | sed 's/^/    /;8q'; fi
}
same() { # same TITLE FILE FILE
    if cmp "$2" "$3" >"$WORK/cmp.log" 2>&1 && [ -s "$2" ]; then pass "$1: $(wc -c <"$2") bytes, bit-identical"
    else fail "$1: $(cat "$WORK/cmp.log") ($(wc -c <"$2") and $(wc -c <"$3") bytes)"; fi
}

# ---------------------------------------------------------------- the seam's contract

# What it waits for is time; it goes on beside the others, in a prefix of its own.
alias_is wave2 'chain_sink.drv /pace:real'
settle "$P"
prefix_copy "$P" "$WORK/seam"
wine_in "$WORK/seam" 200 "$PROGRAMS/contract_devices.exe" wod wave2 2>"$WORK/contract.err" | tr -d '\r' >"$WORK/contract.log" &
contract=$!

# ---------------------------------------------------------------- one driver into another

alias_is wave1 'mmewave.drv /backend:wod /path:wave2 /clock:freewheel'
alias_is wave2 'chain_sink.drv /out:C:\got.raw'
play chain noise wave1 20 'C:\sent.raw'
same "mmewave into a foreign driver" "$P/drive_c/got.raw" "$P/drive_c/sent.raw"
alias_is wave2 'chain_sink.drv /out:C:\inside.raw /pace:inside'
play inside noise wave1 5 'C:\sent.raw'
same "into one that gives buffers back at once" "$P/drive_c/inside.raw" "$P/drive_c/sent.raw"

# three in a row: mmewave -> its copy -> the foreign driver
alias_is wave1 'mmewave.drv /backend:wod /path:wave3 /clock:freewheel'
alias_is wave3 'another.drv /backend:wod /path:wave2 /clock:freewheel'
alias_is wave2 'chain_sink.drv /out:C:\third.raw'
play three noise wave1 5 'C:\sent.raw'
same "through three drivers" "$P/drive_c/third.raw" "$P/drive_c/sent.raw"

# recorded from the other driver: frames that count from 1
alias_is wave1 'mmewave.drv /backend:wod /path:wave2 /clock:freewheel'
play record record wave1 5 'C:\counted.raw'
od -An -v -t u4 -w4 "$P/drive_c/counted.raw" | awk '{ if ($1 != NR) { bad = 1; exit } } END { exit bad || NR < 200000 }'
if [ $? -eq 0 ]; then pass "what was recorded counts from 1 without a gap"; else fail "what was recorded does not count"; fi

# by the name of its file, and by a full path
alias_is wave1 'mmewave.drv /backend:wod /path:chain_sink.drv'
CHAIN_SINK='/out:C:\file.raw'; export CHAIN_SINK
play file noise wave1 1 'C:\sent.raw'
check "a driver without an alias is played by its file's name" test -s "$P/drive_c/file.raw"
unset CHAIN_SINK

echo "-- the seam's contract"
wait "$contract"
ends_well contract contract

# ---------------------------------------------------------------- circles

alias_is wave1 'mmewave.drv /backend:wod /path:wave1'
play itself install wave1 CANCEL
status_says itself 'circle: .*this driver itself'
alias_is wave1 'mmewave.drv /backend:wod /path:wave3'
alias_is wave3 'another.drv /backend:wod /path:wave1'
play two install wave1 CANCEL
status_says two 'circle: the driver of \\*"wave3'
alias_is wave3 'another.drv /backend:wod /path:wave4'
alias_is wave4 'third.drv /backend:wod /path:wave1'
play round install wave1 CANCEL
status_says round 'circle: '
play round-probe probe wod wave1 MMK_ERR_CIRCLE circle
alias_is wave4 'third.drv /backend:null'
play straight install wave1 OK

# ---------------------------------------------------------------- drivers that cannot be played into

# A probe has 2 s, which a busy machine may need to load a driver.
alias_is wave1 'mmewave.drv /backend:wod /path:wave2'
alias_is wave2 'chain_sink.drv /busy'
patient play busy probe wod wave2 MMK_ERR_BUSY 'in use'
patient play absent probe wod wave9 MMK_ERR_NOT_FOUND 'no wave driver'
alias_is wave5 'missing.drv'
patient play missing probe wod wave5 MMK_ERR_NOT_FOUND 'not there'
alias_is wave5 'kernel32.dll'
patient play library probe wod wave5 MMK_ERR_CORRUPT 'no installable driver'
alias_is wave5 'elsewhere\planted.drv'
patient play relative probe wod wave5 MMK_ERR_INVAL 'full path'
(cd "$P/drive_c/elsewhere" && play planted probe wod planted.drv MMK_ERR_NOT_FOUND 'not there') >"$WORK/planted.txt"
cat "$WORK/planted.txt"
PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/planted.txt"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/planted.txt")))
alias_is wave2 'chain_sink.drv'
for at in load enable open wave; do
    CHAIN_SINK="/hang:$at"; export CHAIN_SINK
    play "hang-$at" probe wod wave2 MMK_ERR_TIMEOUT 'did not answer'
    CHAIN_SINK="/crash:$at"
    patient play "crash-$at" probe wod wave2 MMK_ERR_CRASHED crashed
done
CHAIN_SINK='/hang:wave'
play hang-install install wave1 CANCEL
status_says hang-install 'did not answer'
CHAIN_SINK='/crash:wave'
play crash-install install wave1 CANCEL
status_says crash-install 'crashed'
# and once it plays: the program gets its blocks and its handle back all the same
for how in hang:write hang:reset keep; do
    CHAIN_SINK="/$how /pace:real"
    play "stuck-$how" stuck wave1
done
unset CHAIN_SINK
finish
