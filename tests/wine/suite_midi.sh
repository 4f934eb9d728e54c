#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 diffutils
# bits: 32 64
# MIDI through mmewine.dll: programs find the devices of the MIDI drivers that Drivers32 names, play into them through
# the real winmm, and every byte that arrives is compared. Drivers that cannot be loaded are left out, each with its reason.
# What takes longer (drivers that hang, the host's own ports, programs of others) is in long_midi.sh.
#
# usage: suite_midi.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/midi.sh"
need_files "$BIN/midifile.drv" "$BIN/fault_crash.drv" "$BIN/chain_sink.drv" "$BIN/mmewave.drv"
midi_begin "$WORK/prefix"

drv midi_sink.drv sink_later.drv # a file that two aliases name is loaded once
drv midi_sink.drv sink_crash.drv
drv midi_sink.drv narrow.drv
for f in midifile fault_crash chain_sink mmewave; do cp "$BIN/$f.drv" "$DLLS/" || exit 2; done
other_width "$DLLS/narrow.drv"
aliases 'midi=mmewine.dll' 'midi1=wdmaud.drv' \
    'midi2=midi_sink.drv /name:alpha /devices:2 /log:C:\alpha' \
    'midi3=fault_crash.drv' \
    'midi4=sink_later.drv /name:beta /inputs:1 /leave /later /log:C:\beta' \
    'midi5=sink_crash.drv /crash:open' \
    'midi6=missing.drv' \
    'midi7=narrow.drv' \
    'midi8=midifile.drv' \
    'midi9=chain_sink.drv' \
    'aux1=mmewave.drv'

MMEKIT_TRACE=info midi all list 1 4 'alpha 0' 'alpha 1' 'beta 0' 'MIDI to text file' then \
    play 'alpha 0' 'C:\alpha-0-1.want' then play 'beta 0' 'C:\beta-0-1.want' then \
    both 'alpha 0' 'C:\alpha-0-2.want' 'alpha 1' 'C:\alpha-1-1.want' then \
    stream 'alpha 1' 'C:\alpha-1-2.want' then stream 'beta 0' 'C:\beta-0-2.want' then \
    mapper 'C:\alpha-0-3.want' then in beta then rules 'beta 0' then rules 'alpha 1'
for f in alpha-0-1 beta-0-1 alpha-0-2 alpha-1-1 alpha-1-2 beta-0-2 alpha-0-3; do arrived "$f"; done
check "all 16 channels were played on" sh -c "[ \$(grep -oE '^data [0-9a-f]{4}[89abcde][0-9a-f]\$' '$C/alpha-0-1.txt' | sed 's/.*\(.\)\$/\1/' | sort -u | wc -l) -eq 16 ]"

left_out all midi 'circle: '
left_out all midi3 'fault_crash.drv'
left_out all midi5 'sink_crash.drv crashed while it was opened'
left_out all midi6 'missing.drv is not there'
left_out all midi7 'narrow.drv is for programs of the other width'
left_out all midi9 'chain_sink.drv exports no modMessage'
if grep -q 'midi1: ' "$WORK/all.err"; then fail "the system's own alias is spoken of"; else pass "the system's own alias is passed over"; fi

# a second program of the session knows what became of them, and opens the one that is an example
MMEKIT_PATH='C:\text.txt' midi again list 1 4 'alpha 0' 'alpha 1' 'beta 0' 'MIDI to text file' then notes 'MIDI to text file'
{ printf '%s\n' open '90 3c 40' '90 3e 40' 'f0 7e 7f 09 01 f7' '80 3c 40' '80 3e 40'
  for c in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "b$c 40 00"; done
  echo close; } >"$C/text.want"
check "the example's text file holds what was played, note by note" cmp "$C/text.txt" "$C/text.want"
finish
