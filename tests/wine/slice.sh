# SPDX-License-Identifier: MIT
# Sourced, behind wine.sh, by suites that drive mmewave.drv by slice.exe (tests/windows/slice.c): install, play, record,
# remove in real winmm.
#
#   slice_begin                  $P, a warm prefix with the driver in its System32, settled
#   slice PREFIX LOG VERB ARGS   one verb; its checks counted, the driver's trace kept in $WORK/LOG.log
#   order LOG MESSAGES           the DriverProc messages that the driver answered, in order
RECORDING=/usr/share/sounds/alsa/Front_Center.wav
REC='C:\recording.wav' CAP='C:\captured.wav'
need_files "$BIN/mmewave.drv" "$BIN/slice.exe" "$RECORDING"
rm -f "$WORK"/*.log "$WORK"/*.reg "$WORK"/*.txt "$WORK"/*.err "$WORK"/*.diff
# the program without the driver beside it: it shall be found where it is installed, in System32
PROGRAMS=$WORK/programs
mkdir -p "$PROGRAMS" && cp "$BIN/slice.exe" "$PROGRAMS" || exit 2

slice() {
    prefix=$1 log=$WORK/$2.log; shift 2
    printf '%s\n' "-- slice $*"
    MMEKIT_TRACE=trace wine_in "$prefix" 90 "$PROGRAMS/slice.exe" "$@" >"$log" 2>&1
    status=$?
    tr -d '\r' <"$log" >"$log.unix" && mv "$log.unix" "$log"
    grep -E '^(PASS|FAIL|FIGURE|Drivers32|report|plan) ?' "$log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$log")))
    if [ "$(tail -n 1 "$log")" = "slice $1: all done" ] && [ $status -le 1 ]; then
        pass "slice $1 came to its end"
    else
        fail "slice $1 did not come to its end (status $status)"
        tail -n 15 "$log" | sed 's/^/    /'
    fi
}
sent() { sed -n 's/^mmekit trace: DriverProc DR[VM]*_\([A-Z0-9_]*\) .*/\1/p' "$WORK/$1.log" | tr '\n' ' ' | sed 's/ $//'; }
order() {
    got=$(sent "$1")
    if [ "$got" = "$2" ]; then pass "messages in order ($1): $got"
    else fail "messages ($1): $got, expected: $2"; fi
}
slice_begin() {
    P=$WORK/prefix
    prefix_new "$P"
    cp "$BIN/mmewave.drv" "$P/drive_c/windows/$SYSTEM/" && cp "$RECORDING" "$P/drive_c/recording.wav" || exit 2
    # whatever these programs write of themselves at their first start is written now
    slice "$P" warm control
    export_registry "$P" warm
    settle "$P"
}
