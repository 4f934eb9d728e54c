#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libpulse0 pulseaudio pulseaudio-utils
# Device "system" on a real sound server: a tone that a program plays by wodMessage reaches a sink of PulseAudio without
# a gap, a tone is recorded from a source; the device moves to another sink, and goes away.
#
# usage: suite_system.sh BIN_DIR BUILD_RELEASE WORK_DIR [SECONDS]      SECONDS of tone, default 8
set -u
[ $# -ge 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
SECONDS_OF_TONE=${4:-8}
. "$HERE/wine.sh"
TONE_CHECK=$RELEASE/bin/tone_check
need_files "$BIN/mmewave.drv" "$BIN/device_play.exe" "$BIN/contract_devices.exe" "$TONE_CHECK" "$(command -v pulseaudio)" \
    "$(command -v parec)" "$(command -v pactl)"
. "$HERE/pulse.sh"

P=$WORK/prefix
prefix_new "$P"
cp "$BIN/mmewave.drv" "$P/drive_c/windows/$SYSTEM/" || exit 2
PROGRAMS=$WORK/programs # without the driver beside them
mkdir -p "$PROGRAMS" && cp "$BIN/device_play.exe" "$BIN/contract_devices.exe" "$PROGRAMS" || exit 2
DRIVERS32='HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32'
alias_is() { wine_in "$P" 60 reg add "$DRIVERS32" /v "$1" /d "$2" /f >/dev/null 2>&1 || fail "no alias $1"; }
play() { # play NAME ARGS...: device_play with a log of its own
    log=$WORK/$1.log; shift
    wine_in "$P" $((SECONDS_OF_TONE + 90)) "$PROGRAMS/device_play.exe" "$@" 2>"$log.err" | tr -d '\r' >"$log"
}
counted() { # counted NAME: its checks
    PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/$1.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/$1.log")))
    grep -E '^(PASS|FAIL) ' "$WORK/$1.log"
    if [ "$(tail -n 1 "$WORK/$1.log")" = "device_play: all done" ]; then pass "$1 came to its end"
    else fail "$1 did not come to its end"; tail -n 15 "$WORK/$1.log" "$WORK/$1.log.err" | sed 's/^/    /'; fi
}
alias_is wave1 'mmewave.drv /backend:system'
alias_is wave2 'mmewave.drv /backend:system /period:4800' # 100 ms, four of them in the buffer

check "tone_check sees every kind of damage" "$TONE_CHECK" --self
pulse_start || fail "pulseaudio does not start: $(cat "$WORK/pulse.out" "$WORK/pulse.log")"

# ---------------------------------------------------------------- playing

# Wine hands 30 ms to PulseAudio, and none of its threads has priority here: on a busy machine it is Wine's own sound that
# has gaps. So both sides are given more, each in its own way; and one good run of several is enough.
heard() { # heard NAME TRIES ALIAS SECONDS: the last run's recording is one tone
    for try in $(seq "$2"); do
        monitor_start first "$WORK/$1.raw"
        play "$1" tone "$3" "$4" 997
        monitor_stop
        verdict=$("$TONE_CHECK" "$WORK/$1.raw" 997 "$4") && break
        echo "-- try $try: $verdict"
    done
    counted "$1"
    case "$verdict" in "one tone"*) pass "$1: $verdict" ;; *) fail "$1: $verdict" ;; esac
}
echo "-- playing $SECONDS_OF_TONE s"
export PULSE_LATENCY_MSEC=200
heard tone 4 wave2 "$SECONDS_OF_TONE"

echo "-- recording"
pactl set-default-source second.monitor
"$TONE_CHECK" --make "$WORK/made.raw" 1234 4
for try in 1 2 3 4; do
    rm -f "$P/drive_c/recorded.raw"
    play record record wave2 6 'C:\recorded.raw' &
    recorder=$!
    for _ in $(seq 200); do [ -s "$P/drive_c/recorded.raw" ] && break; sleep 0.1; done
    pacat -p -d second --raw --format=s16le --rate=48000 --channels=2 "$WORK/made.raw" 2>>"$WORK/pacat.err"
    wait "$recorder"
    verdict=$("$TONE_CHECK" "$P/drive_c/recorded.raw" 1234 4) && break
    echo "-- try $try: $verdict"
done
counted record
case "$verdict" in "one tone"*) pass "recorded: $verdict" ;; *) fail "recorded: $verdict" ;; esac
unset PULSE_LATENCY_MSEC

pactl set-default-source first.monitor
heard short 6 wave2 1 # with Wine's own buffer
play install install wave1 OK
counted install

# ---------------------------------------------------------------- beside the next: the seam's contract, and no service

wine_in "$P" 200 "$PROGRAMS/contract_devices.exe" system 2>"$WORK/contract.err" | tr -d '\r' >"$WORK/contract.log" &
contract=$!
prefix_copy "$P" "$WORK/none" # Wine looks for sound services once in a session
silent() { P=$WORK/none PULSE_SERVER=unix:/nowhere/native play "$@"; }
(silent none-probe probe system '' MMK_ERR_NOT_FOUND 'no sound device'; silent none-install install wave1 CANCEL) &
none=$!

# ---------------------------------------------------------------- the device changes

echo "-- another default, while it plays"
play list list
id=$(sed -n 's/^DEVICE playback system|\([^|]*\)|Second$/\1/p' "$WORK/list.log")
if [ -n "$id" ]; then pass "the second sink is listed: $id"; else fail "the second sink is not listed"; cat "$WORK/list.log"; fi
moved() { # moved NAME SINK SECONDS: what has arrived there since is the tone, but for a gap where it went over
    verdict=$("$TONE_CHECK" --loose "$WORK/$1.raw" 997 "$3")
    case "$verdict" in "one tone"*) pass "$1: at the other sink $verdict" ;; *) fail "$1: at the other sink $verdict" ;; esac
}
monitor_start second "$WORK/default.raw"
play default tone wave1 6 997 &
player=$!
sleep 2
wine_in "$P" 60 reg add 'HKCU\Software\Wine\Drivers\winepulse.drv' /v DefaultOutput /d "$id" /f >/dev/null 2>&1
wait "$player"
monitor_stop
counted default
moved default second 1
wine_in "$P" 60 reg delete 'HKCU\Software\Wine\Drivers\winepulse.drv' /v DefaultOutput /f >/dev/null 2>&1

echo "-- the seam's contract"
wait "$contract"
grep -E '^(PASS|FAIL) ' "$WORK/contract.log"
PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/contract.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/contract.log")))
if [ "$(tail -n 1 "$WORK/contract.log")" = "contract: all done" ]; then pass "the contract came to its end"
else fail "the contract did not come to its end"; tail -n 15 "$WORK/contract.log" "$WORK/contract.err"; fi

echo "-- no sound service"
wait "$none"
counted none-probe
counted none-install
check "the status file names the reason" grep -hs 'no sound device' "$WORK/none/drive_c/ProgramData/mmekit/status-mmewave"

echo "-- the sink is unplugged, while it plays"
pactl set-default-sink second
monitor_start first "$WORK/unplug.raw"
play unplug tone wave1 5 997 &
player=$!
sleep 3
pactl unload-module "$(pactl list short modules | sed -n 's/^\([0-9]*\).*sink_name=second.*/\1/p')"
wait "$player"
monitor_stop
counted unplug
moved unplug first 1

echo "-- the sound service dies, while it plays"
rm -f "$P/drive_c/playing"
play lost lost wave1 'C:\playing' &
player=$!
for _ in $(seq 200); do [ -e "$P/drive_c/playing" ] && break; sleep 0.1; done
pulse_kill
wait "$player"
counted lost
finish
