#!/bin/sh
# SPDX-License-Identifier: MIT
# Many streams at once, and several processes: no gap in any captured file, memory and handles as they were after a
# minute, processor time for each stream beside winepulse over a null sink, in turns.
# packages: wine64 pulseaudio pulseaudio-utils
#
# usage: long_load.sh BIN_DIR BUILD_RELEASE WORK_DIR       MINUTES=2 STREAMS=64 PROCESSES=10 EACH=8
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$(dirname "$0")/wine.sh"
. "$(dirname "$0")/pulse.sh"
: "${MINUTES:=2}" "${STREAMS:=64}" "${PROCESSES:=10}" "${EACH:=8}" "${SLICE:=10}" "${TURNS:=2}"
SECONDS_EACH=$((MINUTES * 60))
CHECK=$RELEASE/bin/wav_check
need_files "$BIN/mmewine.dll" "$BIN/mmewine_load.exe" "$CHECK"
LOAD=$WORK/programs/mmewine_load.exe # not beside mmewine.dll: it shall be found where COM says
mkdir -p "$WORK/programs" && cp "$BIN/mmewine_load.exe" "$LOAD" || exit 2
pulse_start || { fail "no PulseAudio"; finish; }

OURS=$WORK/ours THEIRS=$WORK/theirs
prefix_new "$OURS"
prefix_new "$THEIRS"
cp "$BIN/mmewine.dll" "$OURS/drive_c/windows/$SYSTEM/" && mkdir -p "$OURS/drive_c/out" || exit 2
check "regsvr32 registers it" wine_in "$OURS" 60 regsvr32 /s mmewine.dll
wine_in "$THEIRS" 60 reg add 'HKCU\Software\Wine\Drivers' /v Audio /d pulse /f >/dev/null 2>&1
# without dither, which is different each time
export MMEKIT_DITHER=0 MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_CHANNELS=2 MMEKIT_RATE_HZ=48000 MMEKIT_CLOCK=real

load() { # load PREFIX LOG ARGS...: in the background; $! is the program's
    prefix=$1 log=$2; shift 2
    WINEPREFIX=$prefix "$WINE" "$LOAD" "$@" >"$log" 2>"$log.err" </dev/null 9>&- &
    echo "$!" >>"$WORK/pids"
}
await_word() { # await_word WORD FILE...: each has it, within a minute
    word=$1; shift
    for f in "$@"; do
        for _ in $(seq 240); do grep -q "$word" "$f" && break; sleep 0.25; done
        grep -q "$word" "$f" || { fail "$f has no $word"; sed "s/^/    /;20q" "$f"; return 1; }
    done
}
server_of() { # server_of PREFIX: its process
    for f in $(grep -lsxzF "WINEPREFIX=$1" /proc/[0-9]*/environ); do
        case $(cat "${f%/environ}/comm" 2>/dev/null) in wineserver*) f=${f#/proc/}; echo "${f%/environ}"; return ;; esac
    done
}
ticks() { # ticks PID...: processor time of them all, in hundredths of a second
    for p in "$@"; do sed 's/^.*) //' "/proc/$p/stat" 2>/dev/null; done | awk '{ t += $12 + $13 } END { print t + 0 }'
}
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null; }

# ---------------------------------------------------------------- processor time, in turns

turn() { # turn WHO PREFIX ARGS...: adds to $WORK/cpu.WHO: ticks of program, server, sound server
    who=$1 at=$2; shift 2
    load "$at" "$WORK/turn.log" "$@"
    pid=$!
    await_word STARTED "$WORK/turn.log" || return
    sleep 2
    server=$(server_of "$at")
    a=$(ticks "$pid") b=$(ticks "$server") c=$(ticks "$PULSE_PID")
    sleep "$SLICE"
    echo "$(($(ticks "$pid") - a)) $(($(ticks "$server") - b)) $(($(ticks "$PULSE_PID") - c))" >>"$WORK/cpu.$who"
    wait "$pid"
}
compare() { # compare TITLE LIMIT ARGS...
    title=$1 limit=$2; shift 2
    rm -f "$WORK"/cpu.*
    for _ in $(seq "$TURNS"); do
        MMEKIT_BACKEND=null turn ours "$OURS" "$@"
        turn theirs "$THEIRS" "$@"
    done
    for who in ours theirs; do
        awk -v who=$who -v s=$((SLICE * TURNS)) -v n="$2" -v title="$title" '{ p += $1; w += $2; d += $3 } END {
            printf "FIGURE %s, %s: %.3f ms of processor for each stream and second (program %.3f, wineserver %.3f), the sound server besides %.3f\n",
                title, who, (p + w) * 10 / s / n, p * 10 / s / n, w * 10 / s / n, d * 10 / s / n
            print p + w >"/dev/stderr" }' "$WORK/cpu.$who" 2>"$WORK/sum.$who"
    done
    ratio=$(awk -v a="$(cat "$WORK/sum.ours")" -v b="$(cat "$WORK/sum.theirs")" 'BEGIN { printf "%.2f", a / b }')
    echo "FIGURE $title: ratio $ratio"
    check "$title: at most $limit times winepulse" awk -v r="$ratio" -v l="$limit" 'BEGIN { exit !(r <= l) }'
}
compare "$STREAMS event-driven streams, 16 bits" 1.2 streams "$STREAMS" $((SLICE + 4)) s16
compare "$STREAMS event-driven streams, float" 1.2 streams "$STREAMS" $((SLICE + 4)) f32
compare "$STREAMS polled streams, float" 1.2 polled "$STREAMS" $((SLICE + 4)) f32
compare "one event-driven stream" 1.2 streams 1 $((SLICE + 4)) s16

# ---------------------------------------------------------------- for long: gaps, memory, handles

rm -f "$WORK/pids" "$WORK"/process-*.log "$OURS/drive_c/out"/*.wav
export MMEKIT_BACKEND=file
MMEKIT_PATH='C:\out\%p-many.wav' load "$OURS" "$WORK/many.log" streams "$STREAMS" "$SECONDS_EACH" s16
many=$!
for i in $(seq "$PROCESSES"); do
    MMEKIT_PATH="C:\\out\\%p-process-$i.wav" load "$OURS" "$WORK/process-$i.log" streams "$EACH" "$SECONDS_EACH" f32
done
await_word STARTED "$WORK"/many.log "$WORK"/process-*.log
sleep 10
at_first=$(rss_kb "$many") fds=$(ls "/proc/$many/fd" | wc -l)
last=$at_first last_fds=$fds
early=0
[ "$SECONDS_EACH" -gt 90 ] && { sleep 50; at_first=$(rss_kb "$many") fds=$(ls "/proc/$many/fd" | wc -l); }
while kill -0 "$many" 2>/dev/null; do
    n=$(rss_kb "$many")
    [ "${n:-0}" -gt 0 ] && grep -q STARTED "$WORK/many.log" && ! grep -q passed "$WORK/many.log" && last=$n last_fds=$(ls "/proc/$many/fd" 2>/dev/null | wc -l)
    sleep 2
done
while read -r pid; do wait "$pid" 2>/dev/null; done <"$WORK/pids"
echo "FIGURE memory of $STREAMS streams: $at_first kB after a minute (or the start), $last kB at the end; descriptors $fds, $last_fds"
check "the memory is flat" test "$last" -le $((at_first + at_first / 50 + 256))
# settled after a minute; Wine takes a few of its own now and then
first_handles=$(tr -d '\r' <"$WORK/many.log" | awk '/^HANDLES/ && $2 <= 60 { n = $3 } END { print n }')
last_handles=$(tr -d '\r' <"$WORK/many.log" | awk '/^HANDLES/ { n = $3 } END { print n }')
check "handles: $first_handles after a minute, $last_handles at the end" test "$last_handles" -le $((first_handles + 4))
for log in "$WORK"/many.log "$WORK"/process-*.log; do
    which=$(basename "$log" .log)
    said=$(tr -d '\r' <"$log" | sed -n 's/^FIGURE .* found their buffer empty \([0-9]*\) times$/\1/p')
    check "$which: every stream had its events to the end; it found its buffers empty ${said:-?} times" grep -q ' 0 failed' "$log"
    wav=$OURS/drive_c/out/mmewine_load-$which.wav
    if [ "${said:-1}" -eq 0 ] || [ ! -s "$wav" ]; then
        # a machine that lets a device wait for more than a second makes its sound that much shorter, not holey
        check "$which: no frame lost, doubled or late" "$CHECK" pattern "$wav" $((SECONDS_EACH * 8 / 10)) 6 2
        sed 's/^/    /' "$WORK/check.log"
    else
        skip "gaps of $which" "the machine kept the program itself from filling its buffers of a second"
    fi
done
finish
