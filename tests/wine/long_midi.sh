#!/bin/sh
# SPDX-License-Identifier: MIT
# What suite_midi.sh leaves out: MIDI drivers that hang, crash or end the process wherever they can, and how long programs
# wait for them; the host's own ports in front of ours, by a stand-in for Wine's driver; and PortMidi, built from Debian's
# source, whose own tests play through the bridge.
# packages: wine wine64 diffutils gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 patch
# bits: 32 64
#
# usage: long_midi.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/midi.sh"
need_files "$BIN/winestand.drv" "$BIN/fault_hang.drv" "$BIN/fault_lack.drv" "$BIN/midifile.drv"
seconds() { now=$(date +%s); echo $((now - $1)); }
export MMEKIT_TRACE=info
MIDI_LIMIT=200

# ---------------------------------------------------------------- the host's own ports

# Without us, with us, and with a driver behind: the same ports answer in the same way under the same numbers.
MIDI_UNREGISTERED=yes midi_begin "$WORK/own"
cp "$BIN/winestand.drv" "$BIN/mmewave.drv" "$DLLS/" || exit 2
wine_in "$P" 60 reg add 'HKCU\Software\Wine\Drivers' /v Audio /d stand /f >/dev/null 2>&1
MIDI_SINK='/name:host /devices:2 /inputs:1 /log:C:\host'; export MIDI_SINK
own_ports() { # own_ports NAME OUTPUTS...
    own=$1; shift
    rm -f "$C"/host*.txt "$C"/host*.want
    midi "$own" list 1 $# "$@" then play 'host 0' 'C:\host-0-1.want' then play 'host 1' 'C:\host-1-1.want' then aux 1 stand-in
    arrived host-0-1; arrived host-1-1
}
wine_in "$P" 60 "$PROGRAMS/mmewine_midi.exe" list 1 2 'host 0' 'host 1' 2>/dev/null | tr -d '\r' >"$WORK/alone.log"
if [ "$(grep -c '^PASS midiOutGetDevCaps: output' "$WORK/alone.log")" -eq 2 ]; then
    wine_in "$P" 120 "$PROGRAMS/mmewine_midi.exe" list 1 2 'host 0' 'host 1' then play 'host 0' 'C:\host-0-1.want' then in host then aux 1 stand-in 2>/dev/null | tr -d '\r' >"$WORK/alone.log"
    cp "$C/host-0-1.txt" "$WORK/alone.txt"
    check "regsvr32 registers it" wine_in "$P" 60 regsvr32 /s mmewine.dll
    wine_in "$P" 120 "$PROGRAMS/mmewine_midi.exe" list 1 2 'host 0' 'host 1' then play 'host 0' 'C:\host-0-1.want' then in host then aux 1 stand-in 2>/dev/null | tr -d '\r' >"$WORK/with.log"
    check "programs hear the same of the host's ports with us as without" cmp "$WORK/alone.log" "$WORK/with.log"
    check "and the ports hear the same of programs" cmp "$WORK/alone.txt" "$C/host-0-1.txt"
    aliases 'midi2=midi_sink.drv /name:behind /log:C:\behind' 'midi3=winestand.drv'
    own_ports behind 'host 0' 'host 1' 'behind 0'
    check "Wine's own driver is not listed twice" sh -c "! grep -q 'midi3: ' '$WORK/behind.err'"
else
    skip "host's ports" "this Wine takes no native driver as a stand-in"
fi
unset MIDI_SINK
prefix_end "$P"

# ---------------------------------------------------------------- drivers that fail in every way

midi_begin "$WORK/faults"
drv fault_hang.drv hangs.drv
drv fault_lack.drv lacks.drv
n=2
for how in crash:init crash:count crash:caps crash:open refuse:open refuse:caps; do
    drv midi_sink.drv "sink_$n.drv"
    aliases "midi$n=sink_$n.drv /$how"
    n=$((n + 1))
done
drv midifile.drv midifile.drv
aliases 'midi=hangs.drv' 'midi1=lacks.drv' 'midi8=midi_sink.drv /name:well /log:C:\well /sloppy' 'midi9=midi_sink.drv /name:twice'
begun=$(date +%s)
midi first list 0 1 'well 0' then play 'well 0' 'C:\well-0-1.want'
echo "FIGURE the first program waited $(seconds "$begun") s, a driver that hangs in DllMain among ten"
left_out first midi 'hangs.drv: it hangs while it is loaded'
left_out first midi1 'lacks.drv: a DLL that it needs is missing'
left_out first midi2 'crashed when it was asked for its devices'
left_out first midi3 'crashed when it was asked for its devices'
left_out first midi4 'crashed when it was asked what its devices can do'
left_out first midi5 'crashed while it was opened'
left_out first midi6 'refuses to be opened'
left_out first midi7 'does not tell what its devices can do'
left_out first midi9 'is in use as midi8 already'
arrived well-0-1
begun=$(date +%s)
midi second list 0 1 'well 0'
took=$(seconds "$begun")
echo "FIGURE the second program waited $took s"
left_out second midi 'hangs.drv: it hangs while it is loaded'
left_out second midi2 'crashed'
wine_in "$P" 60 reg query 'HKCU\Software\mmekit.midi' 2>/dev/null | tr -d '\r' >"$WORK/verdicts.txt"
check "what became of each is in the registry, for mmectl" grep -q "midi2-$BITS .*crashed when" "$WORK/verdicts.txt"

# a driver that ends the process where it is opened: the program that meets it first goes down, the next one does not
no_aliases midi midi1 midi2 midi3 midi4 midi5 midi6 midi7 midi9
drv midi_sink.drv ends.drv
aliases 'midi3=ends.drv /end:open'
wine_in "$P" 60 "$PROGRAMS/mmewine_midi.exe" list 0 1 'well 0' >"$WORK/ends.log" 2>&1
check "a driver that ends its process ends the first program that meets it" sh -c "! grep -q 'all done' '$WORK/ends.log'"
midi after-end list 0 1 'well 0'
left_out after-end midi3 'has not come back'
no_aliases midi3
settle "$P"
check "what is remembered goes with the session" sh -c "! grep -q mmekit.midi '$P/user.reg'"

for where in open init caps; do
    drv midi_sink.drv "slow_$where.drv"
    aliases "midi2=slow_$where.drv /hang:$where"
    begun=$(date +%s)
    midi "hang-$where" list 0 1 'well 0'
    echo "FIGURE a driver that hangs at $where cost $(seconds "$begun") s"
    left_out "hang-$where" midi2 'did not answer'
done
no_aliases midi2
prefix_end "$P"

# ---------------------------------------------------------------- PortMidi

if reason=$(sh "$HERE/../foreign/fetch.sh" "${MMEKIT_FOREIGN_SOURCES:-$WORK/src}" portmidi); then
    M=${MMEKIT_FOREIGN_SOURCES:-$WORK/src}/portmidi CC=x86_64-w64-mingw32-gcc
    [ "$BITS" = 32 ] && CC=i686-w64-mingw32-gcc
    midi_begin "$WORK/portmidi"
    for t in sysex test; do
        check "PortMidi's $t builds from Debian's source" $CC -O1 -w -I"$M/pm_common" -I"$M/pm_win" -I"$M/porttime" "$M"/pm_common/*.c \
            "$M/pm_win/pmwin.c" "$M/pm_win/pmwinmm.c" "$M/porttime/porttime.c" "$M/porttime/ptwinmm.c" "$M/pm_test/$t.c" -o "$PROGRAMS/pm_$t.exe" -lwinmm -static
    done
    aliases 'midi2=midi_sink.drv /name:cable /inputs:1 /loop /log:C:\cable'
    pm() { # pm PROGRAM SECONDS LINES...: what somebody would type
        pm_prog=$1 pm_limit=$2; shift 2
        { printf '%s\n' "$@"; sleep "$pm_limit"; } | WINEPREFIX=$P timeout -k 5 "$pm_limit" "$WINE" "$PROGRAMS/$pm_prog.exe" 2>"$WORK/$pm_prog.err" 9>&- | tr -d '\r' >"$WORK/$pm_prog.txt"
    }
    number() { sed -n "s/^.*\\([0-9][0-9]*\\): MMSystem, cable.*($1)\$/\\1/p" "$WORK/pm_sysex.txt" | head -n 1; }
    pm pm_sysex 5 q
    out=$(number output) in=$(number input)
    # the loopback test, which goes on until something is wrong
    pm pm_sysex 20 l "$out" 0 "$in"
    sent=$(grep -c '^Correctly received' "$WORK/pm_sysex.txt")
    if [ "$sent" -ge 10 ] && ! grep -q 'Error' "$WORK/pm_sysex.txt"; then
        pass "PortMidi's sysex test: $sent messages of random length out by the bridge and in again, byte for byte"
    else fail "PortMidi's sysex test ($sent sent)"; tail -n 12 "$WORK/pm_sysex.txt" | sed 's/^/    /'; fi
    rm -f "$C"/cable*.txt
    pm pm_test 30 0 4 "$out" '' '' '' '' '' '' '' ''
    # by hand, from what pm_test/test.c sends: program, note on and off twice, a chord on and off
    { echo open; for m in 0000c0 643c90 003c90 643c90 003c90 643c90 644390 644c90 645390 645a90 003c90 004390 004c90 005390 005a90; do echo "data $m"; done; } >"$WORK/pm.want"
    f=$(ls "$C"/cable-0-*.txt 2>/dev/null | head -n 1)
    if [ -n "$f" ] && grep -E '^(open|data)' "$f" | cmp -s - "$WORK/pm.want"; then pass "PortMidi's output test: its $(grep -c data "$WORK/pm.want") messages, in order"
    else fail "PortMidi's output test"; diff "${f:-/dev/null}" "$WORK/pm.want" | sed 's/^/    /;10q'; tail -n 5 "$WORK/pm_test.txt" | sed 's/^/    /'; fi
else
    skip portmidi "$reason"
fi
finish
