#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the mmekit authors
#
# Fetch the libraries that mmk-bench compares with, without installing them, and build soxr for this
# very CPU. Debian 12.
#
#   tools/bench/peers.sh DIR          fills DIR, prints the environment to configure and run with
#   eval "$(tools/bench/peers.sh DIR)"; cmake --preset release; ninja -C build/release mmk-bench
set -eu
[ $# = 1 ] || { echo "usage: peers.sh DIR" >&2; exit 2; }
mkdir -p "$1/debs" "$1/root" "$1/lists/partial" "$1/soxr"
dir=$(cd "$1" && pwd)
{
    cd "$dir/debs"
    [ -e ../root/usr/include/samplerate.h ] || {
        apt-get download libsamplerate0 libsamplerate0-dev libspeexdsp1 libspeexdsp-dev \
            libswresample4 libswresample-dev libavutil57 libavutil-dev libsdl2-2.0-0 libsdl2-dev
        for deb in *.deb; do dpkg -x "$deb" ../root; done
    }
    cd "$dir/soxr"
    [ -e native/lib/libsoxr.so ] || {
        echo 'deb-src http://deb.debian.org/debian bookworm main' >../src.list
        set -- -o "Dir::Etc::sourcelist=$dir/src.list" -o Dir::Etc::sourceparts=/dev/null \
            -o "Dir::State::lists=$dir/lists"
        apt-get "$@" update
        apt-get "$@" source --download-only libsoxr
        tar xf libsoxr_*.orig.tar.xz
        cmake -S soxr-*-Source -B build -DCMAKE_BUILD_TYPE=Release \
            -DCMAKE_C_FLAGS='-O3 -march=native' -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG \
            -DBUILD_TESTS=OFF -DBUILD_EXAMPLES=OFF -DWITH_OPENMP=OFF -DBUILD_SHARED_LIBS=ON \
            -DCMAKE_INSTALL_PREFIX="$dir/soxr/native"
        cmake --build build --target install
    }
} >&2
lib=$dir/root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
# the packages' own paths begin with /usr: the compiler and the linker look here first
cat <<END
export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=
export C_INCLUDE_PATH=$dir/root/usr/include:$dir/root/usr/include/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
export LIBRARY_PATH=$lib LD_LIBRARY_PATH=$lib
export MMK_BENCH_SOXR=$dir/soxr/native/lib/libsoxr.so
END
