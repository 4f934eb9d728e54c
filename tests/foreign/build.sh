#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds programs that nobody here wrote for Windows, from the sources that fetch.sh has unpacked. Nothing of mmekit is
# in them. What a program does is chosen by its own build options: PortAudio's examples play through the first API of its
# table, so each is linked three times.
#
# usage: build.sh SOURCES TRIPLET OUT [portaudio|sdl2|mpg123|rtaudio|sndfile|soundio]...
#   TRIPLET   x86_64-w64-mingw32 or i686-w64-mingw32
# A program of one that does not build is not in OUT; OUT/NAME.log says why. Exit 1 then.
set -u
[ $# -ge 3 ] || { sed -n '7,9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
SRC=$(cd "$1" && pwd) || exit 2
T=$2
mkdir -p "$3" && OUT=$(cd "$3" && pwd) || exit 2
shift 3
[ $# -gt 0 ] || set -- portaudio mpg123 rtaudio soundio sndfile sdl2
CC=$T-gcc CXX=$T-g++
OPT="-O1 -w"
[ "$T" = i686-w64-mingw32 ] && OPT="$OPT -msse2 -mfpmath=sse -mstackrealign"
SYS="-lwinmm -lole32 -loleaut32 -luuid -lsetupapi -lksuser -ldsound -ldxguid -lavrt -luser32"

objects() { # objects DIR FLAGS FILE...: compiled two at a time
    objects_dir=$1 objects_flags=$2; shift 2
    mkdir -p "$objects_dir"
    # shellcheck disable=SC2016
    printf '%s\n' "$@" | CC="$CC" CXX="$CXX" F="$OPT $objects_flags" D="$objects_dir" xargs -n 1 -P 2 sh -c '
        o=$D/$(basename "$1").o
        case $1 in *.cpp) c=$CXX ;; *) c=$CC ;; esac
        exec $c $F -c "$1" -o "$o"' compile
}

portaudio() {
    pa=$SRC/portaudio19 o=$OUT/obj/pa
    all="-DPA_USE_WMME=1 -DPA_USE_DS=1 -DPA_USE_WASAPI=1"
    inc="-I$pa/include -I$pa/src/common -I$pa/src/os/win -I$pa/qa/loopback/src -I$pa/examples"
    objects "$o" "$all $inc" "$pa"/src/common/*.c $(ls "$pa"/src/os/win/*.c | grep -v hostapis) \
        "$pa"/src/hostapi/wmme/*.c "$pa"/src/hostapi/dsound/*.c || return 1
    objects "$o" "$all $inc -include $HERE/pa_wasapi_headers.h" "$pa/src/hostapi/wasapi/pa_win_wasapi.c" || return 1
    objects "$OUT/obj/paqa" "$inc" "$pa"/qa/loopback/src/*.c || return 1
    for api in mme:WMME ds:DS wasapi:WASAPI; do
        a=${api%:*}
        $CC $OPT $inc -DPA_USE_${api#*:}=1 -c "$pa/src/os/win/pa_win_hostapis.c" -o "$OUT/obj/hostapis-$a" || return 1
        for p in examples/paex_record examples/paex_record_file examples/pa_devs examples/paex_sine examples/paex_write_sine \
            examples/pa_fuzz examples/paex_read_write_wire test/patest_wire test/patest_read_record test/patest_sine_formats \
            test/patest_leftright test/patest_stop_playout test/patest_callbackstop qa/paqa_devs qa/paqa_errs; do
            $CC $OPT $inc "$pa/$p.c" "$o"/*.o -x none "$OUT/obj/hostapis-$a" -o "$OUT/${p##*/}-$a.exe" $SYS || return 1
        done
        $CC $OPT $inc "$OUT"/obj/paqa/*.o "$o"/*.o "$OUT/obj/hostapis-$a" -o "$OUT/paqa-$a.exe" $SYS || return 1
        $CC $OPT $inc "$HERE/pa_file.c" "$o"/*.o "$OUT/obj/hostapis-$a" -o "$OUT/pa_file-$a.exe" $SYS || return 1
    done
}

mpg123() { # the modules are DLLs, found beside the program
    b=$OUT/obj/mpg123
    mkdir -p "$b" && cd "$b" || return 1
    "$SRC/mpg123/configure" --host="$T" --prefix="$OUT/mpg123" --enable-modules=yes --with-audio="win32 win32_wasapi" \
        --with-default-audio=win32 --enable-network=no --enable-ipv6=no --with-cpu=generic --disable-equalizer \
        --disable-dependency-tracking CFLAGS="$OPT" || return 1
    make -j2 && make install
}

rtaudio() {
    r=$SRC/rtaudio
    for p in playraw record; do # its WASAPI part needs Media Foundation to resample, which Wine has with GStreamer only
        for api in ds:__WINDOWS_DS__; do
            o=$OUT/obj/rtaudio-${api%:*}
            [ -f "$o/RtAudio.cpp.o" ] || objects "$o" "-I$r -D${api#*:}" "$r/RtAudio.cpp" || return 1
            $CXX $OPT -I"$r" -D${api#*:} "$r/tests/$p.cpp" "$o/RtAudio.cpp.o" -static -o "$OUT/rt_$p-${api%:*}.exe" \
                $SYS || return 1
        done
    done
}

sdl2() { # sound and events alone; its test programs link statically
    b=$OUT/obj/sdl2
    off=
    for o in SHARED RENDER JOYSTICK HAPTIC SENSOR HIDAPI XINPUT OPENGL OPENGLES VULKAN OFFSCREEN CCACHE RENDER_D3D MISC LOCALE \
        DUMMYAUDIO DISKAUDIO TEST; do
        off="$off -DSDL_$o=OFF"
    done
    # shellcheck disable=SC2086
    cmake -G Ninja -S "$SRC/libsdl2" -B "$b" -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER="$CC" \
        -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_RC_COMPILER="$T-windres" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$OPT" $off || return 1
    cmake --build "$b" --parallel 2 --target SDL2-static || return 1
    for p in loopwave loopwavequeue testaudioinfo testaudiohotplug; do
        $CC $OPT -DSDL_MAIN_HANDLED -I"$b/include" -I"$SRC/libsdl2/include" "$SRC/libsdl2/test/$p.c" "$SRC/libsdl2/test/testutils.c" \
            "$b/libSDL2.a" -o "$OUT/sdl_$p.exe" $SYS -lgdi32 -limm32 -lversion -lshell32 -lcfgmgr32 -ladvapi32 || return 1
    done
}

soundio() {
    o=$OUT/obj/soundio s=$SRC/libsoundio
    mkdir -p "$o"
    printf '%s\n' '#define SOUNDIO_VERSION_MAJOR 2' '#define SOUNDIO_VERSION_MINOR 0' '#define SOUNDIO_VERSION_PATCH 0' \
        '#define SOUNDIO_VERSION_STRING "2.0.0"' '#define SOUNDIO_HAVE_WASAPI' >"$o/config.h"
    objects "$o" "-I$o -I$s -D_WIN32_WINNT=0x0600 -DSOUNDIO_STATIC_LIBRARY" "$s"/src/soundio.c "$s"/src/util.c "$s"/src/os.c \
        "$s"/src/dummy.c "$s"/src/channel_layout.c "$s"/src/ring_buffer.c "$s"/src/wasapi.c || return 1
    for p in sio_list_devices sio_microphone sio_record sio_sine; do
        $CC $OPT -I"$s" -DSOUNDIO_STATIC_LIBRARY "$s/example/$p.c" "$o"/*.o -o "$OUT/$p.exe" $SYS || return 1
    done
}

sndfile() { # sndfile-play: waveOut; its way for Windows forgets to clear the SF_INFO that it reads into
    b=$OUT/obj/sndfile
    mkdir -p "$b" && cd "$b" || return 1
    cmake -G Ninja -S "$SRC/libsndfile" -B "$b" -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_BUILD_TYPE=None \
        -DCMAKE_C_FLAGS="$OPT -ftrivial-auto-var-init=zero" -DENABLE_EXTERNAL_LIBS=OFF -DENABLE_MPEG=OFF -DBUILD_TESTING=OFF -DBUILD_EXAMPLES=OFF \
        -DENABLE_CPACK=OFF -DENABLE_PACKAGE_CONFIG=OFF -DINSTALL_MANPAGES=OFF -DBUILD_SHARED_LIBS=OFF || return 1
    cmake --build "$b" --parallel 2 --target sndfile-play || return 1
    cp "$b"/sndfile-play.exe "$OUT" || cp "$b"/*/sndfile-play.exe "$OUT"
}

status=0
mkdir -p "$OUT/obj"
$CC $OPT "$HERE/wave24.c" -o "$OUT/wave24.exe" -lole32 -lwinmm -luuid || status=1
for name in "$@"; do
    [ -d "$SRC/$name" ] || [ -d "$SRC/${name}19" ] || [ -d "$SRC/lib$name" ] || continue
    ($name) >"$OUT/$name.log" 2>&1 || { echo "$name: does not build, see $OUT/$name.log"; status=1; }
done
exit $status
