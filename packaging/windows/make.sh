#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the mmekit authors
# Packs what the presets windows-x86_64 and windows-i686 built, for people without a compiler.
#
# usage: make.sh BUILD_X64 BUILD_I686 OUT
#
#   OUT/mmekit-<version>-windows.zip     everything, in one folder: both widths, mmekit.inf, README.txt, LICENSE.txt
#   OUT/mmekit-<version>-setup.exe       the setup program of 64-bit systems (also Wine's without its 32-bit half)
#   OUT/mmekit-<version>-setup-x86.exe   the same for 32-bit Windows; runs on both
#
# packages: nsis zip binutils-mingw-w64-x86-64
#
# The same builds give the same bytes at any time and place: what carries a time gets SOURCE_DATE_EPOCH, by default the
# last commit's.
set -eu
[ $# -eq 3 ] || { sed -n '6,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
X64=$(cd "$1/bin" && pwd) INF=$(cd "$1/packaging" && pwd)/mmekit.inf
X86=$(cd "$2/bin" && pwd)
mkdir -p "$3" && OUT=$(cd "$3" && pwd)

die() { echo "make.sh: $*" >&2; exit 1; }
for tool in makensis zip; do
    command -v $tool >/dev/null 2>&1 || die "$tool is not there; install the Debian packages nsis and zip"
done

version_part() { sed -n "s/^#define MMK_VERSION_$1 \([0-9]*\)u\{0,1\}.*/\1/p" "$ROOT/core/include/mmk/version.h"; }
VERSION=$(version_part MAJOR).$(version_part MINOR).$(version_part PATCH)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# ---------------------------------------------------------------- the folder

NAME=mmekit-$VERSION
WORK=$OUT/packaging.tmp
STAGE=$WORK/$NAME
rm -rf "${WORK:?}"
mkdir -p "$STAGE/x64" "$STAGE/x86" "$STAGE/inf"
trap 'rm -rf "${WORK:?}"' EXIT

take() { # take WIDTH BIN MACHINE FILE: a module or program, if it is what its folder says
    file "$2/$4" | grep -q "$3" || die "$2/$4 is no $1 module"
    cp "$2/$4" "$STAGE/$1/$4"
}
need_both() { [ -f "$X64/$1" ] && [ -f "$X86/$1" ]; }

need_both mmewave.drv || die "mmewave.drv is not in both $X64 and $X86; build them first"
for f in mmewave.drv mmecodec.acm mmewine.dll mmectl.exe; do
    need_both $f || { echo "make.sh: without $f, which is not in both builds"; continue; }
    take x64 "$X64" "PE32+ .*x86-64" $f
    take x86 "$X86" "PE32 .*Intel 80386" $f
done
text() { sed -e "s/@VERSION@/$VERSION/g" -e 's/\r*$/\r/' "$1" >"$2"; } # with Windows' line ends
text "$HERE/README.txt" "$STAGE/README.txt"
text "$ROOT/LICENSE" "$STAGE/LICENSE.txt"
# an INF knows a file by its name alone, so the two widths have two names there
cp "$STAGE/x64/mmewave.drv" "$STAGE/inf/mmewave64.drv"
cp "$STAGE/x86/mmewave.drv" "$STAGE/inf/mmewave32.drv"
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%m/%d/%Y)
sed "s|^\(DriverVer *= \)[^,]*|\1$date|" "$INF" >"$STAGE/inf/mmekit.inf"
find "$STAGE" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
files() { (cd "$STAGE" && find . -type f | sed 's|^\./||' | sort); }

# ---------------------------------------------------------------- .zip

zip_name=$OUT/$NAME-windows.zip
rm -f "$zip_name"
(cd "$WORK" && files | sed "s|^|$NAME/|" | zip -q -X -9 "$zip_name" -@)

# ---------------------------------------------------------------- setup programs

lists=$WORK/lists.nsh
{
    echo '!macro UNPACK folder'
    for dir in . x64 x86; do
        echo "SetOutPath \"\${folder}\\$dir\"" | sed 's|\\\."|"|'
        (cd "$STAGE" && find "$dir" -maxdepth 1 -type f | sort | sed 's|.*|File "${STAGE}/&"|')
    done
    echo '!macroend'
    echo '!macro REMOVE_FILES'
    files | grep -v '^inf/' | tr / '\\' | sed 's|.*|Delete /REBOOTOK "$INSTDIR\\&"|'
    echo 'RMDir "$INSTDIR\x64"'
    echo 'RMDir "$INSTDIR\x86"'
    echo '!macroend'
} >"$lists"
size_kib=$(du -k -s --apparent-size --exclude=inf "$STAGE" | cut -f 1)
setup() { # setup TARGET FILE
    makensis -V2 -WX -NOCD -DVERSION="$VERSION" -DSTAGE="$STAGE" -DLISTS="$lists" \
        -DSIZE_KIB="$size_kib" -DTARGET="$1" -DOUT="$2" "$HERE/mmekit.nsi" ||
        die "makensis failed"
    touch -d "@$SOURCE_DATE_EPOCH" "$2"
}
setup amd64-unicode "$OUT/$NAME-setup.exe"
setup x86-unicode "$OUT/$NAME-setup-x86.exe"
touch -d "@$SOURCE_DATE_EPOCH" "$zip_name"

(cd "$OUT" && sha256sum "$NAME-windows.zip" "$NAME-setup.exe" "$NAME-setup-x86.exe" | tee "$NAME-windows.sha256")
