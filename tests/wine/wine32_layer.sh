#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches what a 64-bit Debian lacks to run 32-bit programs under its Wine, without changing the system: the packages
# wine32:i386 and libwine:i386 with what they depend on, by the system's own apt and its own sources, but with lists,
# cache and state of our own. Only files of i386 are unpacked, into LAYER/usr: laid over /usr (wine32_enter.sh), they
# add and hide nothing. No script of a package is run.
#
# usage: wine32_layer.sh LAYER     nothing to do if LAYER holds the version of the installed 64-bit Wine
# Needs neither root nor dpkg --add-architecture. About 140 MB to fetch, 420 MB on disk, 10 s. Exit 1 and a line of
# reason if it cannot be had.
set -u
[ $# -eq 1 ] || { sed -n '8p' "$0" >&2; exit 2; }
mkdir -p "$1" || exit 2
LAYER=$(cd "$1" && pwd)
die() { echo "$*"; exit 1; }

command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die "not a Debian system"
[ "$(dpkg --print-architecture)" = amd64 ] || die "not an amd64 system"
[ -L /lib ] || die "/lib is not a part of /usr here"
version=$(dpkg-query -W -f '${Version}' libwine 2>/dev/null) && [ -n "$version" ] || die "libwine is not installed"
[ "$(cat "$LAYER/made" 2>/dev/null)" = "$version" ] && exit 0

# debs of one architecture; the sources, proxies and keys are the system's
apt() {
    apt-get -q -o Dir::State="$LAYER/apt/state" -o Dir::State::status="$LAYER/apt/status" -o Dir::Log="$LAYER/apt" \
        -o Dir::Cache="$LAYER/apt/cache" -o APT::Architecture=i386 -o APT::Architectures=i386 \
        -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}
rm -rf "${LAYER:?}/apt" "$LAYER/usr" "$LAYER/made"
mkdir -p "$LAYER/apt/state/lists/partial" "$LAYER/apt/cache/archives/partial" "$LAYER/usr/lib" || exit 2
: >"$LAYER/apt/status"
log=$LAYER/apt.log
# One source that does not answer leaves the others; the versions decide below.
apt update >"$log" 2>&1
apt install --yes --download-only --no-install-recommends libwine:i386="$version" wine32:i386="$version" >>"$log" 2>&1 ||
    die "apt-get found no wine32:i386 $version; see $log"

# Without what no test draws with or reads: a third of the bytes, here and in each prefix.
for deb in "$LAYER"/apt/cache/archives/*_i386.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$LAYER" --wildcards --exclude '*.a' --exclude '*/d3dx*' \
        --exclude '*/d3dcompiler_*' --exclude '*/msvc[pr][0-9]*' --exclude '*/xactengine*' --exclude '*/xaudio2*' \
        --exclude '*/mshtml.dll' --exclude '*/light.msstyles' --exclude '*/gconv/*' --exclude '*/dri/*' \
        --exclude '*/libicu*' --exclude '*/libaom*' --exclude '*/libx265*' --exclude '*/librav1e*' \
        './usr/lib/i386-linux-gnu/*' \
        './usr/lib/wine/wine' './usr/lib/wine/wineserver32' './lib/i386-linux-gnu/*' './lib/ld-linux.so.2' 2>/dev/null
done
# before trixie libc6 has its files in /lib, which is a link to usr/lib
[ -d "$LAYER/lib" ] && cp -a "$LAYER/lib/." "$LAYER/usr/lib/" && rm -rf "${LAYER:?}/lib"
# libwine's postinst makes this one of both bitnesses, from libz-mingw-w64
cp "/usr/lib/x86_64-linux-gnu/wine/i386-windows/zlib1.dll" "$LAYER/usr/lib/i386-linux-gnu/wine/i386-windows/" ||
    die "libwine has no 32-bit zlib1.dll"
for f in wine/wine ld-linux.so.2 i386-linux-gnu/libc.so.6 i386-linux-gnu/wine/i386-unix/ntdll.so \
    i386-linux-gnu/wine/i386-windows/kernel32.dll; do
    [ -e "$LAYER/usr/lib/$f" ] || [ -L "$LAYER/usr/lib/$f" ] || die "the packages hold no $f"
done
rm -rf "${LAYER:?}/apt"
echo "$version" >"$LAYER/made"
