#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64
# bits: 32 64
# The examples that are drivers, as Windows DLLs: the whole message table sent to those that serve wave devices, a MIDI
# client for the one that writes MIDI into a file, and what they import and export.
#
# usage: suite_examples.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
DRIVERS="minimal.drv meter.drv midifile.drv"
need_files "$BIN/contract_messages.exe" "$BIN/example_midi.exe"
for f in $DRIVERS; do need_files "$BIN/$f"; done

# programs apart from the drivers, which shall be found where they are installed
mkdir -p "$WORK/programs" && cp "$BIN/contract_messages.exe" "$BIN/example_midi.exe" "$WORK/programs" || exit 2
begin() { # begin PREFIX: with the drivers and the table in it
    prefix_new "$1"
    for f in $DRIVERS; do cp "$BIN/$f" "$1/drive_c/windows/$SYSTEM/" || exit 2; done
    cp "$HERE/../contract/messages.tsv" "$1/drive_c/" || exit 2
}
# Parts of the table run side by side, each in a prefix of its own: most of the time is waiting.
part() { # part NUMBER MODULE VIA[/K/N]...: its output in part-NUMBER.txt
    number=$1; shift
    wine_in "$WORK/part-$number" 250 "$WORK/programs/contract_messages.exe" 'C:\messages.tsv' "$@" 2>"$WORK/part-$number.err" |
        tr -d '\r' >"$WORK/part-$number.txt"
}
for i in 1 2 3 4 5 6; do begin "$WORK/part-$i"; done
part 1 minimal.drv drv wod/0/2 & part 2 minimal.drv wid wod/1/2 & part 3 meter.drv drv aux wid/0/2 & part 4 meter.drv mxd wod/0/3 wid/1/2 &
part 5 meter.drv wod/1/3 & part 6 meter.drv wod/2/3 &
wait

cells() { # cells MODULE WANT NUMBER...: all parts came to their end, and together they are the whole table
    module=$1 want=$2 n=0; shift 2
    for i in "$@"; do
        txt=$WORK/part-$i.txt
        [ "$(tail -n 1 "$txt")" = "contract: all done" ] || { fail "$module, part $i, did not come to its end"; tail -n 5 "$txt" "$WORK/part-$i.err" | sed "s/^/    /"; }
        grep '^FAIL ' "$txt"
        line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$txt") bad=${line#*, }
        n=$((n + ${line%% *} + 0)) PASSED=$((PASSED + ${line%% *} + 0)) FAILED=$((FAILED + ${bad%% *} + 0))
    done
    if [ "$n" -eq "$want" ]; then pass "$module: $n cells of the message table"; else fail "$module: $n cells of $want"; fi
}
# a list of states stands for one cell each
table() { awk -F '\t' -v vias=" $* " '!/^#/ && $1 != "via" && index(vias, " " $1 " ") { n += split($2, unused, ",") } END { print n }' "$HERE/../contract/messages.tsv"; }
cells minimal.drv "$(table drv wod wid)" 1 2
cells meter.drv "$(table drv wod wid aux mxd)" 3 4 5 6

cd "$WORK/part-1/drive_c" || exit 2
program 120 midi "$WORK/part-1" "$WORK/programs/example_midi.exe"

exported() { # exported FILE NAME...
    file=$1; shift
    got=$("$OBJDUMP" -p "$BIN/$file" | sed -n '/^\[Ordinal\/Name/,/^$/s/^\t\[ *[0-9]*\].* \([^ ]*\)$/\1/p' | sort | tr '\n' ' ')
    if [ "$got" = "$* " ]; then pass "$file exports $got"; else fail "$file exports $got, expected $*"; fi
    got=$("$OBJDUMP" -p "$BIN/$file" | sed -n 's/.*DLL Name: *//p' | tr 'a-z' 'A-Z' | grep -vxE 'KERNEL32.DLL|MSVCRT.DLL|ADVAPI32.DLL|USER32.DLL|WINMM.DLL|OLE32.DLL|GDI32.DLL|SHELL32.DLL|COMDLG32.DLL|COMCTL32.DLL')
    if [ -z "$got" ]; then pass "$file imports the system's DLLs only"; else fail "$file imports $got"; fi
}
if command -v "$OBJDUMP" >/dev/null 2>&1; then
    exported minimal.drv DriverProc widMessage wodMessage
    exported meter.drv DriverProc auxMessage mxdMessage widMessage wodMessage
    exported midifile.drv DriverProc modMessage
fi
finish
