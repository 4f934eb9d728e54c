#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libc-bin diffutils
# bits: 32 64
# mmewine and mmecodec as products: installed, tried, verified, repaired and removed by mmectl.exe inside a prefix and by
# the native mmectl from outside; the registry and the files afterwards are those of before.
#
# usage: suite_products.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$(dirname "$0")/wine.sh"
NATIVE=$WORK/native/mmectl # with nothing of the build near it: the modules are those in pack, of one width
mkdir -p "$WORK/native" && cp "$RELEASE/bin/mmectl" "$NATIVE" || exit 2
need_files "$BIN/mmectl.exe" "$BIN/mmewine.dll" "$BIN/mmecodec.acm" "$BIN/mmewave.drv" "$BIN/acm.exe"
null_sound
export WINELOADER="$WINE" MMEKIT_MODULES="$WORK/pack"
rm -rf "${WORK:?}/pack" "$WORK/broken" "$WORK"/*.reg "$WORK"/*.txt
mkdir -p "$WORK/pack" "$WORK/broken" && cp "$BIN/mmectl.exe" "$BIN/mmewine.dll" "$BIN/mmecodec.acm" "$BIN/mmewave.drv" "$WORK/pack/" || exit 2
P=$WORK/prefix C=$WORK/prefix/drive_c
OURS='{2B7C8F0E-5A43-4B8E-9D1C-6D6D656B6974}'
WIDTH=64 CLASSES='[Software\\Classes\\CLSID' # how the hive has the view of BIN_DIR's programs
[ "$BITS" = 64 ] || WIDTH=32 CLASSES='[Software\\Classes\\Wow6432Node\\CLSID'

says() { # says WANTED_STATUS TEXT COMMAND...: its status (of a Windows program the low byte), and what it prints
    wanted=$1 text=$2; shift 2
    "$@" >"$WORK/said" 2>&1
    got=$?
    [ "$got" -eq "$wanted" ] && grep -q -- "$text" "$WORK/said" && return 0
    echo "status $got instead of $wanted, or no \"$text\": $*"; cat "$WORK/said"
    return 1
}
inside() { wine_in "$P" 120 "$WORK/pack/mmectl.exe" "$@" 2>&1 | tr -d '\r'; } # its status is tr's
outside() { "$NATIVE" "$@" --prefix "$P"; }
snapshot() { # snapshot NAME: both hives without times, system.ini, the list of files
    for f in system.reg user.reg; do sed -e 's/^\(\[.*\]\) [0-9]*$/\1/' -e '/^#time=/d' -e '/^"DriverDateData"/d' "$P/$f"; done >"$WORK/$1.txt"
    cat "$C/windows/system.ini" >>"$WORK/$1.txt"
    (cd "$P" && find . -type f | grep -v -e '/update-timestamp$' -e '/Temp/' -e '^./wineserver$' \
        -e 'ProgramData/mmekit/\(lock\|log\|status-[a-z]*\)$' | LC_ALL=C sort) >>"$WORK/$1.txt"
}
bytes() { cat "$P/system.reg" "$P/user.reg" "$C/windows/system.ini" | sha256sum; }
same() { # same TITLE NAME NAME
    if diff "$WORK/$2.txt" "$WORK/$3.txt" >"$WORK/diff.log"; then pass "$1"; else fail "$1"; sed "s/^/    /;20q" "$WORK/diff.log"; fi
}
registered() { grep -qiF "$CLASSES\\\\$OURS\\\\InprocServer32]" "$P/system.reg"; }
in_view() { outside --json status "$1" | grep -q "\"view_$WIDTH\": *true"; }

prefix_new "$P"
# what programs and wineboot write of themselves at their first start is written now
wine_in "$P" 60 "$BIN/acm.exe" list >/dev/null 2>&1
inside list devices >/dev/null
prefix_end "$P"
snapshot before
before=$(bytes)

# ---------------------------------------------------------------- from outside

check "--dry-run from outside shows the plan and changes nothing" eval 'says 0 "InprocServer32" outside install mmewine --dry-run && [ "$(bytes)" = "$before" ] && [ ! -e "$C/windows/$SYSTEM/mmewine.dll" ]'
check "install mmewine --prefix, tried by a new program" says 0 "^mmewine installed$" outside install mmewine
check "the module is in $SYSTEM and the class in its view" eval 'cmp "$BIN/mmewine.dll" "$C/windows/$SYSTEM/mmewine.dll" && registered'
check "installing twice is a no-op" says 0 "already" outside install mmewine
check "status and list" eval 'says 0 "mmewine .*installed ($WIDTH-bit view)" outside status && says 0 "mmewine .* installed" outside list drivers'
check "mmectl.exe in the prefix knows it" eval 'inside verify mmewine >"$WORK/said"; grep -q good "$WORK/said" || { cat "$WORK/said"; false; }'
check "programs see its devices" eval 'inside list devices >"$WORK/said"; grep -q mmekit "$WORK/said"'
prefix_end "$P"
check "a module that somebody deleted is found, and repair brings it back" eval 'rm "$C/windows/$SYSTEM/mmewine.dll"; says 6 "there is no $WIDTH-bit mmewine.dll" outside verify mmewine && says 0 . outside repair mmewine --no-trial && cmp "$BIN/mmewine.dll" "$C/windows/$SYSTEM/mmewine.dll"'
check "remove from outside" says 0 "^mmewine removed$" outside remove mmewine
snapshot after
same "registry and files are as before" before after

# ---------------------------------------------------------------- what a program cannot open is taken back

now=$(bytes)
check "a driver to play through that is not there: refused before anything is written" eval 'says 1 "wave9 is no alias" outside install mmewine --set backend=wod --set path=wave9 && [ "$(bytes)" = "$now" ]'
cp "$BIN/mmewave.drv" "$WORK/broken/mmewine.dll" # a module that loads and is no COM server
check "a module that programs cannot use is taken back, by the trial" says 1 "could not use mmewine" outside install "$WORK/broken/mmewine.dll"
check "and nothing of it is left" eval '[ ! -e "$C/windows/$SYSTEM/mmewine.dll" ] && ! registered'
snapshot refused
same "registry and files are as before it" before refused
check "a file that is no module is refused before anything is written" eval 'echo no >"$WORK/broken/mmewine.dll"; says 1 "is no driver module" outside install "$WORK/broken/mmewine.dll"'
check "an absent prefix, a folder that is none, another system" eval 'says 1 "there is no Wine prefix" "$NATIVE" install mmewine --prefix "$WORK/none" && says 1 "has no system.reg" "$NATIVE" install mmewine --prefix "$WORK/pack" && MMEKIT_REGISTRY=$WORK/none.reg says 1 "name a prefix with --prefix" "$NATIVE" install mmewine'

# ---------------------------------------------------------------- from inside, and across

check "mmectl.exe installs mmewine" eval 'inside install mmewine --no-wait >"$WORK/said"; grep -qx "mmewine installed" "$WORK/said" || { cat "$WORK/said"; false; }'
check "mmectl.exe installs mmecodec: Drivers32 and system.ini" eval 'inside install mmecodec --no-wait >"$WORK/said"; grep -q "^mmecodec installed as msacm.mmekit" "$WORK/said" || { cat "$WORK/said"; false; }
    grep -qi "^msacm.mmekit=mmecodec.acm" "$C/windows/system.ini"'
program 60 acm "$P" "$BIN/acm.exe" list
prefix_end "$P"
check "what mmectl.exe installed is removed from outside" eval 'says 0 removed outside remove mmewine && says 0 removed outside remove mmecodec'
snapshot across
check "nothing of ours is left" eval '! grep -i -e mmekit -e 2B7C8F0E "$WORK/across.txt"'
finish
