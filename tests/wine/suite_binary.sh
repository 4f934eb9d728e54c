#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 binutils-mingw-w64-x86-64 binutils-mingw-w64-i686
# bits: 32 64
# The binaries themselves: what they import and export, how large they are; a thousand rounds of loading and playing
# that leave nothing behind; stacks that are aligned to 4 bytes.
#
# usage: suite_binary.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
need_files "$BIN/mmewave.drv" "$BIN/binary.exe"
command -v "$OBJDUMP" >/dev/null 2>&1 || { fail "$OBJDUMP is not there"; finish; }

# ---------------------------------------------------------------- imports, exports, size

SYSTEM_DLLS=" advapi32.dll comctl32.dll comdlg32.dll gdi32.dll kernel32.dll msvcrt.dll ole32.dll oleaut32.dll shell32.dll
 user32.dll version.dll winmm.dll msacm32.dll "
FORMAT=pei-x86-64
[ "$BITS" = 64 ] || FORMAT=pei-i386
imports() { "$OBJDUMP" -p "$1" | sed -n 's/.*DLL Name: *//p' | tr 'A-Z' 'a-z' | sort -u; }
exports() { "$OBJDUMP" -p "$1" | sed -n '/^\[Ordinal\/Name/,/^$/s/^\t\[ *[0-9]*\].* \([^ ]*\)$/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'; }
examine() { # examine FILE EXPORTS
    file=$BIN/$1
    [ -f "$file" ] || { fail "$1 is not there"; return; }
    got=$("$OBJDUMP" -f "$file" | sed -n 's/.*file format //p')
    if [ "$got" = "$FORMAT" ]; then pass "$1: $got"; else fail "$1: $got, expected $FORMAT"; fi
    foreign= all=
    for dll in $(imports "$file"); do
        all="$all $dll"
        case "$SYSTEM_DLLS" in *[\ \	"
"]"$dll"\ * | *" $dll
"*) ;; *) foreign="$foreign $dll" ;; esac
    done
    if [ -n "$all" ] && [ -z "$foreign" ]; then pass "$1 imports system DLLs only:$all"; else fail "$1 imports$foreign, of:$all"; fi
    got=$(exports "$file")
    if [ "$got" = "$2" ]; then pass "$1 exports: ${got:-nothing}"; else fail "$1 exports: $got, expected: $2"; fi
    bytes=$(wc -c <"$file")
    if [ "$bytes" -lt 1048576 ]; then pass "$1: $bytes bytes, under 1 MiB"; else fail "$1: $bytes bytes"; fi
    echo "FIGURE $1 ($BITS bits): $bytes bytes, imports$all"
}
examine mmewave.drv "DriverProc Install Uninstall auxMessage mxdMessage widMessage wodMessage"
[ ! -f "$BIN/mmecodec.acm" ] || examine mmecodec.acm "DriverProc"

# Flags that must be there on 32 bits, seen in the core's code: functions that need a stack of 16 bytes make it
# (-mstackrealign), and nothing computes by the x87, whose other precision would give other samples (-mfpmath=sse). What
# is left of it, fild and fadd of a constant, converts a 64-bit integer without a sign: exactly, up to the store.
if [ "$BITS" = 32 ]; then
    need_files "$BIN/../core/libmmekit_core.a"
    "$OBJDUMP" -d --no-show-raw-insn "$BIN/../core/libmmekit_core.a" >"$WORK/code.txt"
    sse=$(grep -cE '	v?(add|sub|mul|div)[sp][sd] ' "$WORK/code.txt")
    grep -E '	f(add|sub|mul|div)[a-z]* ' "$WORK/code.txt" | grep -vE '	fadds +0x[0-9a-f]+$' >"$WORK/x87.txt"
    if [ "$sse" -gt 500 ] && [ ! -s "$WORK/x87.txt" ]; then pass "the core computes by SSE: $sse instructions, none of the x87's"
    else fail "the core computes by $sse SSE instructions and $(wc -l <"$WORK/x87.txt") of the x87's"; sed 's/^/    /;5q' "$WORK/x87.txt"; fi
    aligning=$(grep -cE '	and +\$0xffffff[0-9a-f]0,%esp' "$WORK/code.txt")
    awk '/^[0-9a-f]+ <.*>:$/ { name = $2; aligned = 0 }
        /\tand +\$0xffffff[0-9a-f]0,%esp/ { aligned = 1 }
        /\tv?mov(ap[sd]|dqa)[0-9]* .*\(%e[sb]p/ && !aligned { print name, $0 }' "$WORK/code.txt" >"$WORK/odd.txt"
    if [ "$aligning" -gt 50 ] && [ ! -s "$WORK/odd.txt" ]; then pass "$aligning functions align their stack; none that does not counts on it"
    else fail "$aligning functions align their stack; some count on it and do not"; sed 's/^/    /;5q' "$WORK/odd.txt"; fi
fi

# ---------------------------------------------------------------- loaded

P=$WORK/prefix
prefix_new "$P"
cp "$BIN/mmewave.drv" "$P/drive_c/windows/$SYSTEM/" || exit 2
mkdir -p "$WORK/programs" && cp "$BIN/binary.exe" "$WORK/programs/" || exit 2
MMEKIT_BACKEND=null MMEKIT_CLOCK=freewheel
export MMEKIT_BACKEND MMEKIT_CLOCK
program 60 stack "$P" "$WORK/programs/binary.exe" stack
program 200 rounds "$P" "$WORK/programs/binary.exe" rounds
finish
