# SPDX-License-Identifier: MIT
# Sourced after wine.sh by suite_sigkill.sh and long_sigkill.sh: programs that play into WAV files and are killed.
#
#   sigkill_prefix         $P, with mmewine.dll and backend file
#   sigkill_round N        N programs at once, each killed (SIGKILL) at a moment of its own; judges their files
#
# Each program writes down, in mapped memory that outlives it, how many frames the device said were played (witness).
# Its WAV must be whole, hold those frames at least, and every frame bit by bit; at most two periods more, for a period
# that had been rendered and not been told of yet. Frames that the program itself could not deliver in time (its
# buffer ran empty, it says so) end the comparison.
CHECK=$RELEASE/bin/wav_check
need_files "$BIN/mmewine.dll" "$BIN/mmewine_load.exe" "$CHECK"
P=$WORK/prefix
KILLED=0

sigkill_prefix() {
    prefix_new "$P"
    mkdir -p "$WORK/programs" "$P/drive_c/out" && cp "$BIN/mmewine_load.exe" "$WORK/programs/" &&
        cp "$BIN/mmewine.dll" "$P/drive_c/windows/$SYSTEM/" || exit 2
    check "regsvr32 registers it" wine_in "$P" 60 regsvr32 /s mmewine.dll
    export MMEKIT_BACKEND=file MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_CHANNELS=2 MMEKIT_RATE_HZ=48000 MMEKIT_CLOCK=real
}
sigkill_round() { # sigkill_round N
    rm -f "$P/drive_c/out"/* "$WORK"/witness-*.log
    pids=
    for i in $(seq "$1"); do
        MMEKIT_PATH="C:\\out\\w$i%%-%p-%d.wav" WINEPREFIX=$P "$WINE" "$WORK/programs/mmewine_load.exe" witness 60 "C:\\out\\w$i.bin" \
            >"$WORK/witness-$i.log" 2>&1 </dev/null 9>&- &
        pids="$pids $!"
    done
    i=0
    for pid in $pids; do # each waits for its program to play, and then for up to 1.5 s
        i=$((i + 1))
        ms=$(od -An -N2 -tu2 /dev/urandom | awk '{ printf "%.3f", $1 % 1500 / 1000 }')
        (
            for _ in $(seq 300); do grep -q STARTED "$WORK/witness-$i.log" && break; sleep 0.1; done
            sleep "$ms"; kill -KILL "$pid"
        ) 9>&- &
    done
    wait 2>/dev/null
    for i in $(seq "$1"); do judge "$i" "$P/drive_c/out/w$i"; done
}
judge() { # judge I STEM
    [ -s "$2.bin" ] || { fail "program $1 did not play"; sed "s/^/    /;5q" "$WORK/witness-$1.log"; return; }
    played=$(od -An -j0 -N8 -tu8 "$2.bin" | tr -d ' ') empty=$(od -An -j8 -N8 -tu8 "$2.bin" | tr -d ' ')
    [ "$empty" -gt 0 ] && { echo "-- the machine kept program $1 from playing on: not counted"; return; }
    [ -e "$2%-mmewine_load-0.wav" ] || [ "$played" -gt 0 ] || { echo "-- program $1 was killed before its first sound"; return; }
    KILLED=$((KILLED + 1))
    if frames=$("$CHECK" numbers "$2%-mmewine_load-0.wav" "$played" 2>&1) && [ "$((frames - played))" -le 960 ]; then
        pass "killed when $played frames had been played: $frames frames in the WAV, every bit"
    else
        fail "killed when $played frames had been played: $frames"
    fi
}
