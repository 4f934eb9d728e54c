#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 gcc libc6-dev gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 make cmake ninja-build patch xz-utils bzip2 libpulse0 pulseaudio pulseaudio-utils
# Programs that nobody here wrote, which know nothing of mmekit, play and record through mmewine.dll: PortAudio, SDL2,
# mpg123, RtAudio, libsndfile's player and libsoundio, built for Windows from Debian's sources as they are. What each
# plays is compared with the captured file sample for sample, and what each records with what there was to record.
# Then the same through the bridge, into mmewave.drv; and what fails over Wine's own driver, beside it.
#
# usage: long_foreign.sh BIN_DIR BUILD_RELEASE WORK_DIR
# environment: FOREIGN_SOURCES, FOREIGN_PROGRAMS   folders to keep sources and programs in, else WORK_DIR/...
#              FOREIGN_JOBS      rows at a time, 4 by default: they wait for the sound's time
#              FOREIGN_ONLY      a pattern of grep: only rows whose "program api what" it matches
# 10 MB of sources. Some minutes to build, once; some to run. A source that the mirror lacks is a named skip.
set -u
[ $# -eq 3 ] || { sed -n '9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
FOREIGN=$HERE/../foreign
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$HERE/wine.sh"
need_files "$BIN/mmewine.dll" "$BIN/mmewave.drv"
SOURCES=${FOREIGN_SOURCES:-$WORK/sources} PROGRAMS=${FOREIGN_PROGRAMS:-$WORK/programs-$BITS}
TRIPLET=x86_64-w64-mingw32
[ "$BITS" = 64 ] || TRIPLET=i686-w64-mingw32

# ---------------------------------------------------------------- sources and programs

PACKAGES="portaudio19 mpg123 libsdl2 rtaudio libsndfile libsoundio"
if [ ! -f "$PROGRAMS/built" ]; then
    sh "$FOREIGN/fetch.sh" "$SOURCES" $PACKAGES >"$WORK/fetch.log" 2>&1
    sed 's/^/-- /' "$WORK/fetch.log"
    for p in portaudio19 mpg123 libsdl2; do # the rest is more than was asked for
        [ -d "$SOURCES/$p" ] || grep -q . "$WORK/fetch.log" || echo "$p: ?" >>"$WORK/fetch.log"
    done
    command -v "$TRIPLET-g++" >/dev/null 2>&1 || echo "-- no $TRIPLET-g++: RtAudio is left out"
    nice sh "$FOREIGN/build.sh" "$SOURCES" "$TRIPLET" "$PROGRAMS" >"$WORK/build.log" 2>&1
    sed 's/^/-- /' "$WORK/build.log"
    for p in $PACKAGES; do [ -f "$SOURCES/$p.version" ] && echo "-- $p $(cat "$SOURCES/$p.version")"; done
    touch "$PROGRAMS/built"
fi
COMPARE=$WORK/compare
"${CC:-cc}" -std=c11 -O2 -Wall -o "$COMPARE" "$FOREIGN/compare.c" -lm || { fail "compare.c does not build"; finish; }

# ---------------------------------------------------------------- the prefix

P=$WORK/prefix C=$WORK/prefix/drive_c
prefix_new "$P"
cp "$BIN/mmewine.dll" "$BIN/mmewave.drv" "$C/windows/$SYSTEM/" || exit 2
check "regsvr32 registers mmewine.dll" wine_in "$P" 60 regsvr32 /s mmewine.dll
settle "$P"
cp "$PROGRAMS"/*.exe "$C/" || exit 2
[ -d "$PROGRAMS/mpg123" ] && mkdir -p "$C/plugins" && cp "$PROGRAMS"/mpg123/bin/*.exe "$PROGRAMS"/mpg123/bin/*.dll "$C/" &&
    cp "$PROGRAMS"/mpg123/lib/mpg123/*.dll "$C/plugins/" && cp "$SOURCES/mpg123/src/tests/sweep.mp3" "$C/"
export MPG123_MODDIR='C:\plugins'
for f in s16 s24 s32 f32; do "$COMPARE" make "$C/$f.wav" $f 2 48000 96000 && "$COMPARE" make "$C/$f.raw" $f 2 48000 96000; done
"$COMPARE" make "$C/s16-44.wav" s16 2 44100 1000000 && "$COMPARE" make "$C/f32-44.wav" f32 2 44100 1000000
"$COMPARE" make "$C/s16-44.raw" s16 2 44100 88200
"$COMPARE" make "$C/f32-long.wav" f32 2 48000 1500000 && "$COMPARE" make "$C/s16-long.wav" s16 2 48000 1500000

# ---------------------------------------------------------------- rows

# row PROGRAM API WHAT FORMAT RATE COMPARE COMMAND...: a row of the table. The card's file is in FORMAT. COMPARE are the
# arguments of compare, in which CAPTURED is the file that was played into; "+" parts two comparisons. COMMAND's current folder is the row's own.
ROWS=$WORK/rows N=0 JOBS=${FOREIGN_JOBS:-4}
rm -rf "${ROWS:?}" && mkdir -p "$ROWS"
row() {
    printf '%s\n' "$1 $2 $3" | grep -q -e "${FOREIGN_ONLY:-.}" || return 0
    N=$((N + 1))
    (trap - EXIT INT TERM; row_tries "$(printf '%03d' $N)" "$@") 9>&- &
    [ "${OUTPUT:-}" != bridge ] && [ $((N % JOBS)) -ne 0 ] || wait
}
row_tries() { # row_tries ID PROGRAM API WHAT FORMAT RATE COMPARE COMMAND...
    id=$1 title="$2|$3|$4" compare=$7
    export MMEKIT_SAMPLE_FORMAT="$5" MMEKIT_RATE_HZ="$6"
    shift 7
    if [ ! -f "$C/$1" ]; then echo "SKIP|$title|$1 was not built" >"$ROWS/$id.row"; return; fi
    for try in 1 2 3; do # sound that plays in time may come late on a busy machine
        row_once "$@"
        [ "$verdict" = PASS ] && break
    done
    [ "$try" = 1 ] || result="$result (try $try)"
    echo "$verdict|$title|$result" >"$ROWS/$id.row"
}
row_once() { # sets verdict and result
    rm -rf "${C:?}/row$id" && mkdir -p "$C/row$id" && cd "$C/row$id" || return
    case ${OUTPUT:-card} in
    card) export MMEKIT_BACKEND=file MMEKIT_PATH="C:\\row$id\\captured.wav" ;;
    cable) export MMEKIT_BACKEND=cable MMEKIT_PATH="row$id" ;;
    bridge) rm -f "$C"/bridge/*.wav ;; # mmewave.drv alone writes there
    esac
    program=$C/$1 limit=60
    shift
    case $program in *sdl_loopwave*) limit=7 ;; esac # plays until it is ended
    { [ -z "${ENTER_AFTER:-}" ] || { sleep "$ENTER_AFTER"; echo; } } |
        SDL_AUDIODRIVER=${program##*-} WINEPREFIX=$P timeout -k 5 "$limit" "$WINE" "$program" "$@" >"$ROWS/$id.out" 2>"$ROWS/$id.err"
    status=$?
    # DirectSound opens the device once more than it plays: the long one is the sound
    [ "${OUTPUT:-card}" != bridge ] || mv "$(ls -S "$C"/bridge/*.wav | head -n 1)" captured.wav
    verdict=PASS result=
    set -f; IFS=+; set -- $compare; unset IFS; set +f
    for c in "$@"; do
        # shellcheck disable=SC2046
        said=$("$COMPARE" $(printf '%s' "$c" | sed 's/CAPTURED/captured.wav/g')) || verdict=FAIL
        result="$result${result:+; }$said"
    done
    if grep -q '^FAIL' "$ROWS/$id.out"; then
        verdict=FAIL result="$(grep -m 1 '^FAIL' "$ROWS/$id.out" | tr -d '\r'); $result"
    fi
    [ "$verdict" = PASS ] || result="$result (status $status)"
    cp captured.wav "$ROWS/$id.wav" 2>/dev/null
    cd "$C" && rm -rf "${C:?}/row$id"
}
table() { # table TITLE: of the rows up to here
    wait
    set -- "$1" "$2" "$ROWS"/*.row
    [ -f "$3" ] || return 0
    printf '\n%s\n' "$1"
    awk -F'|' '{ printf "%-4s %-26s %-13s %-26s %s\n", $1, $2, $3, $4, $5 }' "$ROWS"/*.row
    PASSED=$((PASSED + $(cat "$ROWS"/*.row | grep -c '^PASS'))) FAILED=$((FAILED + $(cat "$ROWS"/*.row | grep -c '^FAIL')))
    sed -n 's/^SKIP|\([^|]*\)|\([^|]*\)|\([^|]*\)|\(.*\)/SKIP foreign: \1 \2 \3: \4/p' "$ROWS"/*.row
    mkdir -p "$ROWS/$2" && mv "$ROWS"/*.* "$ROWS/$2/"
}

# ---------------------------------------------------------------- playing, through the card and through the bridge

play_rows() {
    s16='play ../s16.wav CAPTURED' f32='play ../f32.wav CAPTURED'
    row "PortAudio" MME "s16" s16 48000 "$s16" pa_file-mme.exe play ../s16.raw s16 48000 2 0
    row "PortAudio" MME "s16, blocking" s16 48000 "$s16" pa_file-mme.exe play ../s16.raw s16 48000 2 0 blocking
    row "PortAudio" DirectSound "s16" float32 48000 "$s16" pa_file-ds.exe play ../s16.raw s16 48000 2 0
    row "PortAudio" WASAPI "s16" s16 48000 "$s16" pa_file-wasapi.exe play ../s16.raw s16 48000 2 0
    row "PortAudio" WASAPI "f32, blocking" float32 48000 "$f32" pa_file-wasapi.exe play ../f32.raw f32 48000 2 0 blocking
    row "PortAudio" WASAPI "f32 exclusive" float32 48000 "$f32" pa_file-wasapi.exe play ../f32.raw f32 48000 2 0 exclusive
    row "SDL2 loopwave" WASAPI "s16" float32 48000 "play ../s16.wav CAPTURED loop=1 least=200000" sdl_loopwave-wasapi ../s16.wav
    row "SDL2 loopwave" DirectSound "s16" float32 48000 "play ../s16.wav CAPTURED loop=1 least=200000" sdl_loopwave-directsound ../s16.wav
    row "SDL2 loopwave" winmm "s16" s16 48000 "play ../s16.wav CAPTURED loop=1 least=200000" sdl_loopwave-winmm ../s16.wav
    # its WASAPI module stops the stream when the last buffer has begun: least= is all but that
    row "mpg123" win32 "MP3" s16 44100 "play ../decoded.wav CAPTURED" mpg123.exe -q --loop 4 -o win32 ../sweep.mp3
    row "mpg123" win32_wasapi "MP3" s16 44100 "play ../decoded.wav CAPTURED least=175000" mpg123.exe -q --loop 4 -o win32_wasapi ../sweep.mp3
    row "mpg123 out123" win32 "s16" s16 48000 "$s16" out123.exe -q -o win32 -e s16 -r 48000 -c 2 ../s16.raw
    row "mpg123 out123" win32_wasapi "s16" s16 48000 "$s16 least=94000" out123.exe -q -o win32_wasapi -e s16 -r 48000 -c 2 ../s16.raw
    row "mpg123 out123" win32_wasapi "s24" s24 48000 "play ../s24.wav CAPTURED least=94000" out123.exe -q -o win32_wasapi -e s24 -r 48000 -c 2 ../s24.raw
    row "RtAudio playraw" DirectSound "s16" float32 48000 "$s16" rt_playraw-ds.exe 2 48000 ../s16.raw
    row "libsndfile sndfile-play" waveOut "s16" s16 48000 "$s16" sndfile-play.exe ../s16.wav
}

# ---------------------------------------------------------------- recording, and both at once

record_rows() {
    both='play ../%s.wav CAPTURED+record ../%s-long.wav %s:2:out.raw least=96000'
    for a in mme:MME ds:DirectSound wasapi:WASAPI; do
        api=${a#*:} a=${a%:*} f=s16 format=s16 within=within=4
        # over MME and DirectSound PortAudio asks for 16 bits, and dithers its examples' floats to them
        [ $a = wasapi ] && f=f32 format=float32 within=
        [ $a = ds ] && format=float32
        export MMEKIT_RECORD_PATH="C:\\$f-long.wav"
        row "PortAudio" $api "record $f" $format 48000 "record ../$f-long.wav $f:2:out.raw least=72000" pa_file-$a.exe record out.raw $f 48000 2 1.5
        # shellcheck disable=SC2059
        row "PortAudio" $api "full duplex $f" $format 48000 "$(printf "$both" $f $f $f)" pa_file-$a.exe duplex ../$f.raw out.raw $f 48000 2 3
        # programs of PortAudio's own: one records 10 s and plays them, but for its last buffers
        export MMEKIT_RECORD_PATH='C:\f32-44.wav'
        row "PortAudio paex_record_file" $api "record, then play" float32 44100 \
            "record ../f32-44.wav f32:2:audio_data.raw least=400000 $within+play f32:2:audio_data.raw CAPTURED least=400000 gaps=2 $within" paex_record_file-$a.exe
        # and one passes input on to output for 10 s, with one block of its own as the only reserve, so that it may fall
        # behind; its DirectSound part has no blocking calls
        [ $a = ds ] || row "PortAudio read_write_wire" $api "full duplex, blocking" float32 44100 \
            "record ../f32-44.wav CAPTURED least=400000 gaps=50 $within" paex_read_write_wire-$a.exe
    done
    export MMEKIT_RECORD_PATH='C:\f32-long.wav'
    row "PortAudio" WASAPI "record f32 exclusive" float32 48000 "record ../f32-long.wav f32:2:out.raw least=72000" \
        pa_file-wasapi.exe record out.raw f32 48000 2 1.5 exclusive
    # a period at a time, so that a busy machine makes it late
    row "PortAudio" WASAPI "full duplex f32 exclusive" float32 48000 \
        "play ../f32.wav CAPTURED gaps=20+record ../f32-long.wav f32:2:out.raw least=96000" \
        pa_file-wasapi.exe duplex ../f32.raw out.raw f32 48000 2 3 exclusive
    ENTER_AFTER=5 row "libsoundio sio_record" WASAPI "record f32" float32 48000 "record ../f32-long.wav f32:2:out.raw least=48000" sio_record.exe --backend wasapi out.raw
    export MMEKIT_RECORD_PATH='C:\s16-long.wav'
    row "RtAudio record" DirectSound "record s16" s16 48000 "record ../s16-long.wav s16:2:record.raw least=48000" rt_record-ds.exe 2 48000 1.5 2
    unset MMEKIT_RECORD_PATH
}

# ---------------------------------------------------------------- beside Wine's own driver

# What fails over winepulse (a null sink of 32 bits, whose monitor is the default source) and must not over mmewine. Only
# mmewine's part counts; a newer Wine's driver may do better.
# side WHAT COMPARE_PULSE COMPARE COMMAND...: CAPTURED as in row; "feed" in WHAT: the noise of v24.raw is what there is to
# record
side() {
    what=$1 compare=$2 ours=$3; shift 3
    cd "$C" && rm -f captured.* out.raw
    parec -d wide.monitor --raw --format=s32le --rate=48000 --channels=2 --latency-msec=50 >"$C/captured.raw" 2>/dev/null 9>&- &
    tap=$!
    feed=
    case $what in *record*) while cat "$C/v24.raw"; do :; done 2>/dev/null | pacat -d wide --raw --format=s32le --rate=48000 --channels=2 2>/dev/null 9>&- & feed=$! ;; esac
    sleep 1
    (MMEKIT_BACKEND=null WINEPREFIX=$W timeout -k 5 40 "$WINE" "$C/$@" >"$WORK/side.out" 2>/dev/null </dev/null)
    sleep 0.5
    kill $tap $feed 2>/dev/null; wait $tap $feed 2>/dev/null
    # shellcheck disable=SC2086
    said=$("$COMPARE" $compare)
    grep -q '^FAIL' "$WORK/side.out" && said=$(grep -m 1 '^FAIL' "$WORK/side.out" | tr -d '\r')
    for try in 1 2 3; do
        rm -f captured.* out.raw
        (export MMEKIT_RATE_HZ=48000 MMEKIT_SAMPLE_FORMAT=s32 MMEKIT_RECORD_PATH='C:\v24.wav' MMEKIT_PATH='C:\captured.wav' MMEKIT_BACKEND=file
            case $what in *duplex*) export MMEKIT_BACKEND=cable MMEKIT_SAMPLE_FORMAT=$cable MMEKIT_RECORD_PATH= MMEKIT_PATH=duplex ;; esac
            WINEPREFIX=$P timeout -k 5 40 "$WINE" "$C/$@" >"$WORK/side.out" 2>/dev/null </dev/null)
        # shellcheck disable=SC2086
        mine=$("$COMPARE" $ours) && verdict=PASS || verdict=FAIL
        grep -q '^FAIL' "$WORK/side.out" && verdict=FAIL mine=$(grep -m 1 '^FAIL' "$WORK/side.out" | tr -d '\r')
        [ $verdict = PASS ] && break
    done
    $(echo $verdict | tr PASFIL pasfil) "$what over mmewine"
    printf '     winepulse: %s\n     mmewine:   %s\n' "$said" "$mine"
}
side_by_side() {
    printf '\nBeside winepulse\n'
    command -v pulseaudio >/dev/null 2>&1 || { skip foreign "no pulseaudio for the comparison"; return; }
    . "$HERE/pulse.sh"
    pulse_start || { skip foreign "pulseaudio does not start"; return; }
    pactl load-module module-null-sink sink_name=wide format=s32le rate=48000 >/dev/null && pactl set-default-sink wide &&
        pactl set-default-source wide.monitor
    "$COMPARE" make "$C/v24.raw" v24 2 48000 96000 && "$COMPARE" make "$C/v24.wav" v24 2 48000 96000
    W=$WORK/pulse-prefix
    prefix_new "$W"
    # all 24 bits; below them the mix is dithered to the file's 32
    a='s32:2:captured.raw' v='v24.wav' low=within=0.0005
    # shown first: that these means would see it if winepulse were right
    side "PortAudio WASAPI plays f32 (a control)" "play f32.wav $a within=0.01" "play f32.wav captured.wav within=0.01" pa_file-wasapi.exe play f32.raw f32 48000 2 0
    side "24 valid bits in 32, waveOut plays" "play $v $a within=4" "play $v captured.wav $low" wave24.exe play v24.raw
    side "24 valid bits in 32, WASAPI plays" "play $v $a within=4" "play $v captured.wav $low" wave24.exe render v24.raw
    side "24 valid bits in 32, waveIn records" "record $v s32:2:out.raw within=4 loop=1" "record $v s32:2:out.raw $low" wave24.exe record out.raw 1
    side "24 valid bits in 32, WASAPI records" "record $v s32:2:out.raw within=4 loop=1" "record $v s32:2:out.raw $low" wave24.exe capture out.raw 1
    side "PortAudio WASAPI exclusive plays s32" "play s32.wav $a" "play s32.wav captured.wav" pa_file-wasapi.exe play s32.raw s32 48000 2 0 exclusive
    # DirectSound mixes in float: what comes back is stored in 16 bits again, dithered
    for i in mme:MME:s16: ds:DirectSound:float32:within=4; do
        d=${i##*:} i=${i%:*}
        cable=${i##*:} i=${i%:*}
        side "PortAudio ${i#*:}, full duplex" "play s16.wav s16:2:out.raw $d" "play s16.wav s16:2:out.raw $d" pa_file-${i%:*}.exe duplex s16.raw out.raw s16 48000 2 4
    done
    prefix_end "$W"
    pulse_kill
}

# ---------------------------------------------------------------- all of it

for a in wasapi directsound winmm; do # a program of each driver, so that the row's environment is all there is
    cp "$C/sdl_loopwave.exe" "$C/sdl_loopwave-$a" 2>/dev/null
done
if [ -f "$C/mpg123.exe" ]; then
    check "mpg123 decodes" wine_in "$P" 60 "$C/mpg123.exe" -q --loop 4 -w 'C:\decoded.wav' 'C:\sweep.mp3'
fi
[ "${FOREIGN_ONLY:-}" != side ] || { side_by_side; finish; }
play_rows
table "Playing through the card" play
[ -n "${FOREIGN_SKIP_RECORD:-}" ] || record_rows
table "Recording and full duplex" record

# the same programs; mmewine's default device is now what Drivers32 names, and mmewave.drv behind it writes the files
unset MMEKIT_BACKEND MMEKIT_PATH
wine_in "$P" 60 reg add 'HKLM\Software\mmekit\mmewave' /v backend /t REG_SZ /d file /f /reg:64 >/dev/null 2>&1
mkdir -p "$C/bridge"
wine_in "$P" 60 reg add 'HKLM\Software\mmekit\mmewave' /v path /t REG_SZ /d 'C:\bridge\' /f /reg:64 >/dev/null 2>&1
wine_in "$P" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 /d mmewave.drv /f /reg:64 >/dev/null 2>&1
settle "$P"
export OUTPUT=bridge MMEKIT_ORDER=bridge,card,system
play_rows
table "The same through the bridge, into mmewave.drv" bridge
unset OUTPUT MMEKIT_ORDER
side_by_side
finish
