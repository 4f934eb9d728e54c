#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libwine-dev gcc-mingw-w64-x86-64 patch xz-utils libpulse0 pulseaudio pulseaudio-utils
# The conformance tests that Wine's authors wrote for the audio APIs, built for Windows from Debian's source of the Wine
# that is installed, as they are: over Wine's own driver for PulseAudio with a null sink, then over mmewine.dll without a
# sound system (null, file, cable) and beside that sink. Nothing may fail over mmewine that does not over Wine's driver,
# and no fewer checks may be executed. What many checks are made for each device, so that mmewine shows as many as
# Wine's driver does over one sink: two.
#
# usage: long_conformance.sh BIN_DIR BUILD_RELEASE WORK_DIR
# environment: CONFORMANCE_SOURCES   a folder to keep sources in, else WORK_DIR/sources
#              CONFORMANCE_ONLY      a pattern of grep: only tests whose "dll:test" it matches
# 84 MB of sources. About 6 minutes. A source that the mirror lacks is a named skip. Left out: tests that play nothing
# (mmio, joystick), and those of MCI, which need a film that Debian's source lacks and a decoder of the host's.
set -u
[ $# -eq 3 ] || { sed -n '10s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$HERE/wine.sh"
RECORDING=/usr/share/sounds/alsa/Front_Center.wav
need_files "$BIN/mmewine.dll"
SOURCES=${CONFORMANCE_SOURCES:-$WORK/sources}
TRIPLET=x86_64-w64-mingw32
[ "$BITS" = 64 ] || TRIPLET=i686-w64-mingw32
PROGRAMS=$WORK/programs-$BITS
none() { skip conformance "$*"; echo "0 passed, 0 failed"; exit 0; }

# ---------------------------------------------------------------- sources and programs

command -v "$TRIPLET-gcc" >/dev/null 2>&1 || none "no $TRIPLET-gcc"
reason=$(sh "$HERE/../foreign/fetch.sh" "$SOURCES" wine) || none "$reason"
installed=$(dpkg-query -W -f '${Version}' libwine 2>/dev/null)
[ "${installed%+*}" = "$(cat "$SOURCES/wine.version")" ] || echo "-- Wine $installed runs the tests of $(cat "$SOURCES/wine.version")"
W=$SOURCES/wine
for d in /usr/include/wine/wine/windows /usr/include/wine/windows; do [ -d "$d" ] && HEADERS=$d; done
[ -n "${HEADERS:-}" ] || none "libwine-dev is not there"

# One program for each DLL, with the list of its tests as Wine's build makes it. Wine's headers before mingw's.
build() { # build DLL LIBRARIES TEST...
    dll=$1 libraries=$2 o=$WORK/obj-$BITS/$1; shift 2
    mkdir -p "$o" "$PROGRAMS"
    {
        printf '#define WIN32_LEAN_AND_MEAN\n#include <windows.h>\n#define STANDALONE\n#include "wine/test.h"\n'
        printf 'extern void func_%s(void);\n' "$@"
        echo 'const struct test winetest_testlist[] = {'
        printf '    {"%s", func_%s},\n' $(for t; do echo "$t $t"; done)
        echo '    {0, 0}};'
    } >"$o/testlist.c"
    for f in "$o/testlist.c" "$W/dlls/winecrt0/debug.c" $(printf "$W/dlls/$dll/tests/%s.c\n" "$@"); do
        "$TRIPLET-gcc" -c -O1 -w -D__WINESRC__ -D__WINE_PE_BUILD -D__MSVCRT__ -D_MSVCR_VER=0 -D_WIN32_WINNT=0xA00 \
            -DWINE_NO_LONG_TYPES -I"$W/dlls/$dll/tests" -I"$W/include" -I"$W/include/msvcrt" -I"$HEADERS" "$f" \
            -o "$o/$(basename "$f" .c).o" || return 1
    done
    "$TRIPLET-gcc" -static -o "$PROGRAMS/${dll}_test.exe" "$o"/*.o $libraries -luuid -ldxguid -lole32 \
        -Wl,--allow-multiple-definition
}
MMDEVAPI="capture dependency mmdevenum propstore render spatialaudio"
DSOUND="capture ds3d ds3d8 dsound dsound8 duplex propset"
WINMM="capture midi mixer timer wave"
check "Wine's tests build" eval \
    'build mmdevapi "-lole32 -lversion -luser32 -ladvapi32 -lwinmm" $MMDEVAPI &&
    build dsound "-ldmoguids -ldsound -lmsdmo -lole32 -lversion -luser32" $DSOUND &&
    build winmm "-lwinmm -lole32 -luser32 -ladvapi32" $WINMM && build msacm32 "-lmsacm32 -lwinmm" msacm'
[ "$FAILED" -eq 0 ] || finish
TESTS=$(for t in $MMDEVAPI; do echo "mmdevapi:$t"; done; for t in $DSOUND; do echo "dsound:$t"; done
    for t in $WINMM; do echo "winmm:$t"; done; echo msacm32:msacm)
TESTS=$(echo "$TESTS" | grep -e "${CONFORMANCE_ONLY:-.}") || none "no test matches $CONFORMANCE_ONLY"

# ---------------------------------------------------------------- running them

. "$HERE/pulse.sh"
pulse_start || { fail "PulseAudio does not start"; sed "s/^/    /;20q" "$WORK/pulse.log"; finish; }
pactl unload-module "$(pactl list short modules | sed -n 's/^\([0-9]*\).*sink_name=second.*/\1/p')" # a null sink
OWN=$WORK/prefix-own OURS=$WORK/prefix-ours
prefix_new "$OWN"
prefix_new "$OURS"
cp "$BIN/mmewine.dll" "$OURS/drive_c/windows/$SYSTEM/" || exit 2
[ -f "$RECORDING" ] && cp "$RECORDING" "$OURS/drive_c/recording.wav"
check "regsvr32 registers mmewine.dll" wine_in "$OURS" 60 regsvr32 /s mmewine.dll
settle "$OURS"

# The summary of the program's own: executed, failed, todo, skipped; and where each failure is.
run_one() { # run_one PREFIX FOLDER DLL:TEST
    log=$2/${3%:*}-${3#*:}.log
    (cd "$1/drive_c" && wine_in "$1" 120 "$PROGRAMS/${3%:*}_test.exe" "${3#*:}") >"$log" 2>&1
    tr -d '\r' <"$log" | sed -n 's/^\([a-z0-9]*\.c:[0-9]*\): Test \(failed\|succeeded inside todo\).*/\1/p' | sort -u >"$log.failed"
    set -- $(tr -d '\r' <"$log" | sed -n 's/^[0-9a-f]*:[a-z0-9]*: \([0-9]*\) tests executed (\([0-9]*\) marked as todo, .* \([0-9]*\) failures*), \([0-9]*\) skipped.*/\1 \3 \2 \4/p')
    echo "${1:-0} ${2:-1} ${3:-0} ${4:-0}" >"$log.counts" # a program that did not come to its end has failed
}
same_or_better() { # same_or_better FOLDER DLL:TEST: than over Wine's own driver
    theirs=$WORK/own/${2%:*}-${2#*:}.log mine=$1/${2%:*}-${2#*:}.log
    [ "$(cut -d ' ' -f 1 "$mine.counts")" -ge "$(cut -d ' ' -f 1 "$theirs.counts")" ] &&
        [ "$(cut -d ' ' -f 1 "$mine.counts")" -gt 0 ] && [ -z "$(comm -23 "$mine.failed" "$theirs.failed")" ] &&
        { [ "$(cut -d ' ' -f 2 "$mine.counts")" -eq 0 ] || [ -s "$mine.failed" ]; }
}
mkdir -p "$WORK/own"
for t in $TESTS; do run_one "$OWN" "$WORK/own" "$t"; done

# On a machine that does other things too a program may come late: what falls short is asked three times.
column() { # column NAME: over mmewine as the environment says
    mkdir -p "$WORK/$1"
    for t in $TESTS; do
        for attempt in 1 2 3; do
            run_one "$OURS" "$WORK/$1" "$t"
            same_or_better "$WORK/$1" "$t" && break
        done
        if same_or_better "$WORK/$1" "$t"; then pass "$t over mmewine ($1), attempt $attempt"
        else
            fail "$t over mmewine ($1): $(cat "$mine.counts"), Wine's own driver $(cat "$theirs.counts")"
            tr -d '\r' <"$mine" | grep -E 'Test (failed|succeeded)|Tests skipped' | sed 's/^/    /;20q'
        fi
    done
}
# Beside the sink mmewine's one device and the two of Wine's driver are three; alone it shows two.
column beside
pulse_kill
export MMEKIT_CLOCK=real MMEKIT_DEVICES=2
MMEKIT_BACKEND=null column null
MMEKIT_BACKEND=file MMEKIT_RECORD_PATH='C:\recording.wav' column file
MMEKIT_BACKEND=cable column cable

# ---------------------------------------------------------------- the table

echo
echo "Checks executed (failures, todo, skipped):"
printf '%-22s' test; printf '%20s' "Wine's own" beside null file cable; echo
total() { cat "$WORK/$1"/*.counts | awk '{ n += $1; f += $2; t += $3; s += $4 } END { print n, f, t, s }'; }
row() { # row NAME COUNTS...
    printf '%-22s' "$1"; shift
    for c; do set -- $c; printf '%20s' "$1 ($2, $3, $4)"; done
    echo
}
for t in $TESTS; do
    f=${t%:*}-${t#*:}.log.counts
    row "$t" "$(cat "$WORK/own/$f")" "$(cat "$WORK/beside/$f")" "$(cat "$WORK/null/$f")" "$(cat "$WORK/file/$f")" "$(cat "$WORK/cable/$f")"
done
row total "$(total own)" "$(total beside)" "$(total null)" "$(total file)" "$(total cable)"
finish
