#!/bin/sh
# SPDX-License-Identifier: MIT
# Our driver in real winmm: installs, plays, records and removes mmewave.drv in a fresh Wine prefix and compares the
# registry with that of a control prefix in which all but the installing was done.
#
# usage: run.sh BIN_DIR BUILD_RELEASE WORK_DIR
#   BIN_DIR        what the preset windows-x86_64 built (mmewave.drv, slice.exe, contract.exe)
#   BUILD_RELEASE  the native build, for regedit_roundtrip.sh
#   WORK_DIR       made anew; logs and registry exports stay there
#
# Each program under Wine runs with a time-out, and counts only if its last line says that it came to its end: a 32-bit
# program without wine32 returns 0 and does nothing. Prints PASS and FAIL lines, "SKIP name: reason", and "N passed,
# N failed" at the end. Needs no display and no wine32.
set -u
[ $# -eq 3 ] || { sed -n '6,10s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
RECORDING=/usr/share/sounds/alsa/Front_Center.wav
if command -v flock >/dev/null 2>&1; then # the prefix is one for all
    exec 9>"$WORK/lock"
    flock -n 9 || { echo "FAIL another run works in $WORK"; echo "0 passed, 1 failed"; exit 1; }
fi
PASSED=0 FAILED=0

pass() { echo "PASS $*"; PASSED=$((PASSED + 1)); }
fail() { echo "FAIL $*"; FAILED=$((FAILED + 1)); }
check() { # check NAME COMMAND...
    name=$1; shift
    if "$@" >"$WORK/check.log" 2>&1; then pass "$name"; else fail "$name"; sed "s/^/    /;20q" "$WORK/check.log"; fi
}
finish() {
    for p in "$WORK/prefix" "$WORK/control"; do
        [ -d "$p" ] && WINEPREFIX=$p "$SERVER" -k >/dev/null 2>&1
    done
    echo "$PASSED passed, $FAILED failed"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
    exit $?
}

# ---------------------------------------------------------------- Wine

# the 64-bit loader itself: /usr/bin/wine of a system with wine32 starts the 32-bit tools
WINE= SERVER=
for f in /usr/lib/wine/wine64 "$(command -v wine64)" "$(command -v wine)"; do [ -x "$f" ] && { WINE=$f; break; }; done
for f in /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver "$(command -v wineserver)"; do
    [ -x "$f" ] && { SERVER=$f; break; }
done
for f in "$BIN/mmewave.drv" "$BIN/slice.exe" "$BIN/contract.exe" "$BIN/contract_devices.exe" \
    "$BIN/contract_messages.exe" "$RECORDING" "$WINE" "$SERVER"; do
    [ -f "$f" ] || { echo "FAIL ${f:-wine} is not there"; echo "0 passed, 1 failed"; exit 1; }
done
unset DISPLAY WAYLAND_DISPLAY
for v in $(env | sed -n 's/^\(MMEKIT_[A-Z0-9_]*\)=.*/\1/p'); do unset "$v"; done
export WINEDEBUG=-all WINEARCH=win64 WINELOADER="$WINE" WINESERVER="$SERVER" HOME="$WORK/home"
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe="
mkdir -p "$HOME"
for p in prefix control; do # a run that was interrupted
    [ -d "$WORK/$p" ] && WINEPREFIX=$WORK/$p "$SERVER" -k 2>/dev/null
    rm -rf "${WORK:?}/$p"
done
rm -f "$WORK"/*.log "$WORK"/*.reg "$WORK"/*.txt "$WORK"/*.err "$WORK"/*.diff
# the programs without the driver beside them: it shall be found where it is installed, in System32
PROGRAMS=$WORK/programs
mkdir -p "$PROGRAMS" && cp "$BIN"/slice.exe "$BIN"/contract*.exe "$PROGRAMS" || exit 2

wine_in() { # wine_in PREFIX SECONDS PROGRAM ARGS...
    prefix=$1 limit=$2; shift 2
    WINEPREFIX=$prefix timeout -k 5 "$limit" "$WINE" "$@" </dev/null 9>&-
}
settle() { # all programs have ended and the registry is in the files
    WINEPREFIX=$1 timeout -k 5 60 "$SERVER" -w
}

# slice PREFIX LOG VERB ARGS...: one verb of slice.exe, its checks counted, its trace kept
slice() {
    prefix=$1 log=$WORK/$2.log; shift 2
    printf "%s\n" "-- slice $*"
    MMEKIT_TRACE=trace wine_in "$prefix" 90 "$PROGRAMS/slice.exe" "$@" >"$log" 2>&1
    status=$?
    tr -d '\r' <"$log" >"$log.unix" && mv "$log.unix" "$log"
    grep -E '^(PASS|FAIL|Drivers32|report|plan) ?' "$log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$log")))
    if [ "$(tail -n 1 "$log")" = "slice $1: all done" ] && [ $status -le 1 ]; then
        pass "slice $1 came to its end"
    else
        fail "slice $1 did not come to its end (status $status)"
        tail -n 15 "$log" | sed "s/^/    /"
    fi
}

# sent LOG: the names of the DriverProc messages that the driver answered, in order
sent() { sed -n 's/^mmekit trace: DriverProc DR[VM]*_\([A-Z0-9_]*\) .*/\1/p' "$WORK/$1.log" | tr '\n' ' ' | sed 's/ $//'; }
order() { # order LOG EXPECTED
    got=$(sent "$1")
    if [ "$got" = "$2" ]; then pass "messages in order ($1): $got"
    else fail "messages ($1): $got, expected: $2"; fi
}

export_registry() { # export_registry PREFIX NAME: both hives as sorted-by-regedit text
    for hive in 'HKEY_LOCAL_MACHINE\Software' HKEY_CURRENT_USER; do
        wine_in "$1" 60 regedit /E 'C:\export.reg' "$hive" >"$WORK/regedit.log" 2>&1
        [ -s "$1/drive_c/export.reg" ] || { fail "regedit /E of $hive wrote nothing"; return 1; }
        iconv -f UTF-16 -t UTF-8 "$1/drive_c/export.reg" | tr -d '\r'
        rm -f "$1/drive_c/export.reg"
    done >"$WORK/$2.reg"
    [ "$(grep -c '^\[' "$WORK/$2.reg")" -gt 1000 ] || fail "the export $2 is too short to be one"
}
# Until a later session has seen the registry saved, an empty volatile key marks the session (Wine saves it late, so
# the journal must be able to redo). It is in no file; the comparison in the next session has nothing left out.
but_for_the_marker() { # but_for_the_marker NAME: writes NAME-.reg
    n=$(grep -c '^\[HKEY_LOCAL_MACHINE\\Software\\mmekit.session\]$' "$WORK/$1.reg")
    [ "$n" -le 1 ] || fail "$1: $n marker keys"
    sed '/^\[HKEY_LOCAL_MACHINE\\Software\\mmekit.session\]$/{N;s/^[^\n]*\n$//;T;d}' "$WORK/$1.reg" >"$WORK/$1-.reg"
}
same_registry() { # same_registry TITLE A B
    if diff "$WORK/$2.reg" "$WORK/$3.reg" >"$WORK/$2-$3.diff"; then
        pass "$1 ($(grep -c '^\[' "$WORK/$2.reg") keys, $(wc -c <"$WORK/$2.reg") bytes)"
    else
        fail "$1"; sed "s/^/    /;30q" "$WORK/$2-$3.diff"
    fi
}

# ---------------------------------------------------------------- a warm prefix and its copy

echo "-- wine: $("$WINE" --version 2>/dev/null), prefix $WORK/prefix"
wine_in "$WORK/prefix" 180 wineboot -i >"$WORK/wineboot.log" 2>&1
settle "$WORK/prefix"
check "a fresh prefix is there" [ -s "$WORK/prefix/system.reg" ]
[ "$FAILED" -eq 0 ] || finish
SYSTEM32=$WORK/prefix/drive_c/windows/system32
wine_in "$WORK/prefix" 60 reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f >/dev/null 2>&1
cp "$BIN/mmewave.drv" "$SYSTEM32/" && cp "$RECORDING" "$WORK/prefix/drive_c/recording.wav" || exit 2
# whatever these programs write of themselves at their first start is written now
slice "$WORK/prefix" warm control
export_registry "$WORK/prefix" warm
settle "$WORK/prefix"
cp -a "$WORK/prefix" "$WORK/control"

# ---------------------------------------------------------------- the slice

P=$WORK/prefix
REC='C:\recording.wav' CAP='C:\captured.wav'
MODULE="LOAD ENABLE OPEN"; END="CLOSE DISABLE FREE"

slice "$P" null null
order null "$MODULE INSTALL INSTALL REMOVE REMOVE $END"
export_registry "$P" after-null

slice "$P" dci dci
order dci "$MODULE INSTALL INSTALL INSTALL INSTALL INSTALL REMOVE INSTALL INSTALL REMOVE $END"
export_registry "$P" after-dci

slice "$P" install install "$REC" "$CAP"
order install "$MODULE ATTACH INSTALL $END"
export_registry "$P" installed
echo "-- the registry with the driver installed, against the warm one"
diff "$WORK/warm.reg" "$WORK/installed.reg" | grep '^[<>]'

slice "$P" play play "$REC" "$CAP"
order play "$MODULE $END"
same_data() { # the data at the end of both files, by other means than the test program's
    n=$(($(wc -c <"$RECORDING") - 44))
    tail -c "$n" "$RECORDING" >"$WORK/a.pcm" && tail -c "$n" "$1" | cmp - "$WORK/a.pcm" && [ "$n" -gt 100000 ]
}
check "cmp: the captured WAV holds the recording's $(($(wc -c <"$RECORDING") - 44)) bytes" same_data "$P/drive_c/captured.wav"
rm -f "$P/drive_c/captured.wav"
MMEKIT_CLOCK=real; export MMEKIT_CLOCK
slice "$P" play-real play-real "$REC" "$CAP"
unset MMEKIT_CLOCK
check "cmp: the same in real time" same_data "$P/drive_c/captured.wav"
slice "$P" record record "$REC"
slice "$P" remove remove
order remove "$MODULE REMOVE $END"
export_registry "$P" after-remove

# the control: the same programs, nothing installed
for i in 1 2 3; do
    wine_in "$WORK/control" 60 "$PROGRAMS/slice.exe" control >"$WORK/control.log" 2>&1
    grep -q '^slice control: all done' "$WORK/control.log" || fail "control run $i did not come to its end"
done
export_registry "$WORK/control" control
for name in after-null after-dci after-remove; do but_for_the_marker $name; done
same_registry "the registry after DRV_INSTALL without DRVCONFIGINFO and DRV_REMOVE equals the control's" after-null- control
same_registry "the registry after all requests with DRVCONFIGINFO equals the control's" after-dci- control
same_registry "the registry after install, play, record, remove equals the control's" after-remove- control
check "while installed it differs (the comparison can fail)" sh -c "! cmp -s '$WORK/installed.reg' '$WORK/control.reg'"

# the same after the server has ended and begun anew
settle "$P"
export_registry "$P" next-session
same_registry "so it does in the next session" next-session control

# ---------------------------------------------------------------- both views

slice "$P" fake32 fake32
slice "$P" both install-only
export_registry "$P" both
both=$(grep -c '^"wave1"="mmewave.drv' "$WORK/both.reg")
if [ "$both" -eq 2 ]; then pass "wave1 stands twice in the export: with a 32-bit module in both views"
else fail "wave1 stands $both times in the export"; fi
slice "$P" both-remove remove
rm -f "$P/drive_c/windows/syswow64/mmewave.drv"

# ---------------------------------------------------------------- loading and unloading

slice "$P" rounds rounds

# ---------------------------------------------------------------- Wine forgets, the journal does not

# A killed server loses what it has not saved, up to 30 s of it. An install that was answered OK comes back with the next
# request, with its settings; a removal that was answered OK stays one.
forgotten() { grep -q '^before: wave1 = ""$' "$WORK/$1.log"; }
kill_server() { WINEPREFIX=$P "$SERVER" -k9 >/dev/null 2>&1; settle "$P"; }
settle "$P"
for try in 1 2 3; do
    slice "$P" "kill-install-$try" install "$REC" "$CAP"
    kill_server
    slice "$P" "kill-again-$try" again
    forgotten "kill-again-$try" && break
    slice "$P" "kill-undo-$try" remove
    settle "$P"
done
check "the killed server had forgotten the installation" forgotten "kill-again-$try"
settle "$P"
slice "$P" kill-remove remove
kill_server
slice "$P" kill-remove-again remove-again
check "the killed server had forgotten the removal" sh -c "! grep -q '^before: wave1 = \"\"\$' '$WORK/kill-remove-again.log'"
settle "$P"
export_registry "$P" after-kills
same_registry "after both, in the next session, the registry equals the control's" after-kills control

# ---------------------------------------------------------------- seams over Wine's real registry and files

suite() { # suite PROGRAM NAME ARGS...: all its checks counted by its own summary line
    program=$1 name=$2; shift 2
    printf '%s\n' "-- $name"
    wine_in "$P" 300 "$PROGRAMS/$program.exe" "$@" 2>"$WORK/$name.err" | tr -d '\r' >"$WORK/$name.txt"
    grep -E '^(PASS|FAIL|SKIP) ' "$WORK/$name.txt"
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$WORK/$name.txt" | tail -n 1)
    f=${sum#*, }
    PASSED=$((PASSED + ${sum%% *} + 0)) FAILED=$((FAILED + ${f%% *} + 0))
    if [ "$(tail -n 1 "$WORK/$name.txt")" = "contract: all done" ]; then pass "$name came to its end"
    else fail "$name did not come to its end"; tail -n 15 "$WORK/$name.txt" "$WORK/$name.err" | sed "s/^/    /"; fi
}
suite contract contract
suite contract_devices contract_devices
cp "$HERE/../contract/messages.tsv" "$P/drive_c/messages.tsv"
suite contract_messages messages 'C:\messages.tsv'
settle "$P" # the session's volatile mark goes with the session
export_registry "$P" after-contract
same_registry "the contract suites leave the registry as it was" after-contract control

# ---------------------------------------------------------------- the binary itself

imports() { x86_64-w64-mingw32-objdump -p "$BIN/mmewave.drv" | sed -n 's/.*DLL Name: *//p' | tr 'a-z' 'A-Z' | sort | tr '\n' ' ' | sed 's/ $//'; }
exports() { x86_64-w64-mingw32-objdump -p "$BIN/mmewave.drv" | sed -n '/^\[Ordinal\/Name/,/^$/s/^\t\[ *[0-9]*\].* \([A-Za-z]*\)$/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'; }
if command -v x86_64-w64-mingw32-objdump >/dev/null 2>&1; then
    got=$(imports) want="ADVAPI32.DLL KERNEL32.DLL MSVCRT.DLL USER32.DLL WINMM.DLL"
    if [ "$got" = "$want" ]; then pass "imports: $got"; else fail "imports: $got, expected $want"; fi
    got=$(exports) want="DriverProc Install Uninstall auxMessage mxdMessage widMessage wodMessage"
    if [ "$got" = "$want" ]; then pass "exports: $got"; else fail "exports: $got, expected $want"; fi
fi

# ---------------------------------------------------------------- regedit

if [ -f "$HERE/regedit_roundtrip.sh" ]; then
    echo "-- regedit"
    WINE=$WINE WINESERVER=$SERVER WINEPREFIX=$P sh "$HERE/regedit_roundtrip.sh" "$BIN" "$RELEASE" "$WORK" >"$WORK/regedit.txt" 2>&1
    status=$?
    grep -E '^(PASS|FAIL|SKIP) ' "$WORK/regedit.txt"
    line=$(tail -n 1 "$WORK/regedit.txt")
    case "$line" in
    [0-9]*" passed, "[0-9]*" failed")
        PASSED=$((PASSED + ${line%% *})); f=${line#*, }; FAILED=$((FAILED + ${f%% *}))
        [ $status -eq 0 ] || [ "${f%% *}" -gt 0 ] || fail "regedit_roundtrip.sh: status $status" ;;
    *) fail "regedit_roundtrip.sh did not come to its end (status $status)"; tail -n 15 "$WORK/regedit.txt" | sed "s/^/    /" ;;
    esac
fi

finish
