#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libasound2-plugins libc-bin sox ffmpeg libwine-dev gcc-mingw-w64-x86-64 patch xz-utils python3
# bits: 32 64
# What takes longer with the codec pack: a player that nobody here wrote (Wine's wave device of MCI) plays
# files that only our codec takes, and what they play is compared with what it should be; the
# conformance test that Wine's authors wrote for msacm32, with and without our driver; random pairs of formats, cut in
# any way; two threads of 16 streams; the speed beside Wine's codecs.
#
# usage: long_acm.sh BIN_DIR BUILD_RELEASE WORK_DIR
# environment: MINUTES                of the threads; 1 by default, issue 5 asks for 10
#              SEED                   of what is random; printed by each program
#              CONFORMANCE_SOURCES    a folder with Wine's source (tests/foreign/fetch.sh); without: that part is a skip
set -u
[ $# -eq 3 ] || { sed -n '10s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
null_sound
need_files "$BIN/mmecodec.acm" "$BIN/mmewine.dll" "$BIN/acm.exe" "$RELEASE/bin/mmectl"
COMMA=${SEED:+,$SEED}

P=$WORK/prefix C=$WORK/prefix/drive_c
prefix_new "$P"
cp "$BIN/mmewine.dll" "$BIN/mmecodec.acm" "$C/windows/$SYSTEM/" || exit 2
register() { # register PREFIX
    ini=$1/drive_c/windows/system.ini
    [ -f "$ini" ] || printf '[drivers32]\r\n' >"$ini"
    grep -qi '^\[drivers32\]' "$ini" || printf '[drivers32]\r\n' >>"$ini"
    sed -i "s,^\[drivers32\],&\r\nmsacm.mmekit=mmecodec.acm\r," "$ini"
    wine_in "$1" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' \
        /v msacm.mmekit /d mmecodec.acm /f >/dev/null 2>&1
}
register "$P"

# ---------------------------------------------------------------- a player of Wine's

# Each file is made by sox or ffmpeg. Wine's codecs are taken out, so that only ours is left. (A-law and mu-law the card
# takes itself.)
sox -n -r 48000 -c 2 -b 16 "$WORK/tone.wav" synth 1.5 sine 440 sine 1000 vol 0.4 fade 0.05 1.5 0.05 >/dev/null 2>&1
sox "$WORK/tone.wav" -e ima-adpcm "$C/ima.wav" && sox "$WORK/tone.wav" -e ms-adpcm "$C/msadpcm.wav" &&
    sox "$WORK/tone.wav" -r 8000 -c 1 -e gsm-full-rate "$C/gsm.wav" || fail "sox makes the files"
ffmpeg -v error -nostdin -y -i "$WORK/tone.wav" -c:a adpcm_ima_wav "$C/ima2.wav" && ffmpeg -v error -nostdin -y -i "$WORK/tone.wav" -c:a adpcm_ms "$C/ms2.wav" ||
    fail "ffmpeg makes the files"
rm -f "$C/windows/$SYSTEM"/imaadp32.acm "$C/windows/$SYSTEM"/msadp32.acm "$C/windows/$SYSTEM"/msgsm32.acm "$C/windows/$SYSTEM"/msg711.acm
check "regsvr32 registers mmewine.dll" wine_in "$P" 60 regsvr32 /s mmewine.dll
settle "$P"

# The driver's trace says that it was our codec; the card's file, what was played.
ours_converted() { grep -q 'DriverProc ACMDM_STREAM_OPEN .*-> 0x0' "$1" && [ "$(grep -c 'DriverProc ACMDM_STREAM_CONVERT .*-> 0x0' "$1")" -gt 1 ]; }
play_once() { # play_once VERB FILE RATE
    rm -f "$C/played.wav"
    MMEKIT_TRACE=trace MMEKIT_BACKEND=file MMEKIT_PATH='C:\played.wav' MMEKIT_SAMPLE_FORMAT=s16 MMEKIT_DITHER=off MMEKIT_RATE_HZ=$3 \
        program 60 acm "$P" "$BIN/acm.exe" "$1" "C:\\$2"
    check "$1 $2: our codec converted it" ours_converted "$WORK/acm.err"
    check "$1 $2: what it played is the file" same_sound "$C/$2" "$C/played.wav"
}
played() { patient play_once "$@"; } # it plays in time
# Decoded by our tool with the same codec, whose truth tests/acm/codec_corpus.c has shown; the card may begin and end
# with silence.
same_sound() { # same_sound CODED PLAYED
    "$RELEASE/bin/mmectl" --quiet convert "$1" "$WORK/should.wav" --format s16 || return 1
    sox "$WORK/should.wav" -t s16 "$WORK/should.raw" && sox -D "$2" -t s16 -c "$(soxi -c "$1")" "$WORK/is.raw" || return 1
    python3 - "$WORK/should.raw" "$WORK/is.raw" <<'PY'
import array, sys
should, is_ = (array.array('h', open(p, 'rb').read()) for p in sys.argv[1:3])
while should and should[-1] == 0:
    should.pop()
first = next(i for i, v in enumerate(should) if v)
key = should[first:first + 400].tobytes()
at = is_.tobytes().find(key)
while at >= 0 and at % 2:
    at = is_.tobytes().find(key, at + 1)
got = is_[at // 2:at // 2 + len(should) - first] if at >= 0 else array.array('h')
bad = [i for i, v in enumerate(should[first:]) if i >= len(got) or got[i] != v]
print(len(should) - first, 'samples, found at', at // 2, 'got', len(got), 'others from', bad[:1])
sys.exit(0 if got == should[first:] else 1)
PY
}
for f in ima msadpcm ima2 ms2; do played mci $f.wav 48000; done
played mci gsm.wav 8000
MMEKIT_TRACE=trace program 60 acm "$P" "$BIN/acm.exe" play
check "what the mapper plays goes through our codec" ours_converted "$WORK/acm.err"

# ---------------------------------------------------------------- Wine's conformance test of msacm32

TRIPLET=x86_64-w64-mingw32
[ "$BITS" = 64 ] || TRIPLET=i686-w64-mingw32
W=${CONFORMANCE_SOURCES:-$WORK/sources}/wine
for d in /usr/include/wine/wine/windows /usr/include/wine/windows; do [ -d "$d" ] && HEADERS=$d; done
conformance() { # conformance PREFIX NAME: its summary in NAME.counts
    wine_in "$1" 120 "$WORK/msacm32_test.exe" msacm >"$WORK/$2.log" 2>&1
    tr -d '\r' <"$WORK/$2.log" | sed -n 's/^[0-9a-f]*:msacm: \([0-9]*\) tests executed (\([0-9]*\) marked as todo, .* \([0-9]*\) failures*).*/\1 \3/p' >"$WORK/$2.counts"
}
if [ -f "$W/dlls/msacm32/tests/msacm.c" ] && [ -n "${HEADERS:-}" ] && command -v $TRIPLET-gcc >/dev/null 2>&1; then
    o=$WORK/obj-$BITS
    mkdir -p "$o"
    printf '#define WIN32_LEAN_AND_MEAN\n#include <windows.h>\n#define STANDALONE\n#include "wine/test.h"\nextern void func_msacm(void);\nconst struct test winetest_testlist[] = {{"msacm", func_msacm}, {0, 0}};\n' >"$o/testlist.c"
    for f in "$o/testlist.c" "$W/dlls/winecrt0/debug.c" "$W/dlls/msacm32/tests/msacm.c"; do
        $TRIPLET-gcc -c -O1 -w -D__WINESRC__ -D__WINE_PE_BUILD -D__MSVCRT__ -D_MSVCR_VER=0 -D_WIN32_WINNT=0xA00 \
            -DWINE_NO_LONG_TYPES -I"$W/include" -I"$W/include/msvcrt" -I"$HEADERS" "$f" -o "$o/$(basename "$f" .c).o"
    done >"$WORK/conformance.build" 2>&1
    check "Wine's msacm32 test builds" $TRIPLET-gcc -static -o "$WORK/msacm32_test.exe" "$o"/*.o -lmsacm32 -lwinmm -luuid -lole32 -Wl,--allow-multiple-definition
    prefix_new "$WORK/beside"
    conformance "$WORK/beside" wine
    cp "$BIN/mmecodec.acm" "$WORK/beside/drive_c/windows/$SYSTEM/"
    register "$WORK/beside"
    MMEKIT_TRACE=trace conformance "$WORK/beside" ours
    read -r n1 bad1 <"$WORK/wine.counts" && read -r n2 bad2 <"$WORK/ours.counts"
    if [ "${n2:-0}" -gt "${n1:-1}" ] && [ "${bad2:-1}" -le "${bad1:-0}" ]; then
        pass "Wine's msacm32 test: $n2 checks, $bad2 failures with our driver; $n1, $bad1 without"
    else fail "Wine's msacm32 test: ${n2:-?} checks, ${bad2:-?} failures with our driver; ${n1:-?}, ${bad1:-?} without"; grep ': Test failed' "$WORK/ours.log" | sed 's/^/    /;10q'; fi
else
    skip conformance "Wine's source is not in ${CONFORMANCE_SOURCES:-CONFORMANCE_SOURCES}, or no $TRIPLET-gcc"
fi

# ---------------------------------------------------------------- random pairs, threads, speed

Q=$WORK/own
prefix_new "$Q"
cp "$BIN/mmecodec.acm" "$Q/drive_c/windows/$SYSTEM/"
register "$Q"
program 600 acm "$Q" "$BIN/acm.exe" agree "8000$COMMA"
program 900 acm "$Q" "$BIN/acm.exe" cut "600$COMMA"
program $((${MINUTES:-1} * 60 + 120)) acm "$Q" "$BIN/acm.exe" threads "$((${MINUTES:-1} * 60))$COMMA"
program 300 acm "$Q" "$BIN/acm.exe" speed
finish
