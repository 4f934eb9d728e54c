#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 debootstrap util-linux
# The same binaries and the same suites in Wine 10.0, that of the Debian release after bookworm: a chroot of trixie with
# its 64- and 32-bit Wine, entered in a mount namespace of its own, so that nothing stays mounted. Then a table suite x
# host, in which the last run of the suites in this system's Wine (build/wine/64, build/wine/32) stands beside it.
#
# usage: long_wine10.sh BIN_X86_64 BUILD_RELEASE WORK_DIR [SUITE...]
#   BIN_I686 is found beside BIN_X86_64 (windows-i686/bin for windows-x86_64/bin) or named by MMEKIT_BIN_I686
#   SUITE    without: what a driver does in a program's life, $SUITES below
# environment: WINE10_ROOT   a folder to keep the chroot in, else WORK_DIR/trixie (1.9 GB, 300 MB to fetch, made once)
#              WINE10_BITS   "64 32" by default
# "SKIP wine10: reason" without root or where the mirror has no trixie.
set -u
SUITES="slice contract mmewine products midi mmectl acm"
[ $# -ge 3 ] || { sed -n '8,9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd) TREE=$(cd "$(dirname "$0")/../.." && pwd)
BIN64=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
shift 3
[ $# -gt 0 ] || set -- $SUITES
BIN32=${MMEKIT_BIN_I686:-$(dirname "$BIN64")/../windows-i686/bin}
ROOT=${WINE10_ROOT:-$WORK/trixie}
none() { echo "SKIP wine10: $*"; echo "0 passed, 0 failed"; exit 0; }

[ "$(id -u)" = 0 ] || none "a chroot needs root"
command -v debootstrap >/dev/null 2>&1 || none "debootstrap is not installed"
unshare --mount --propagation private true 2>/dev/null || none "no mount namespaces here"

# ---------------------------------------------------------------- the other system

MIRROR=$(sed -n 's/^URIs: *\(http[^ ]*debian\.org\/debian\)\/*$/\1/p; s/^deb  *\(http[^ ]*\/debian\)\/* .*/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1)
MIRROR=${MIRROR:-http://deb.debian.org/debian}

inside() { # inside COMMAND...: in the chroot, where this tree and the work folder have their own names
    unshare --mount --propagation private sh -c '
        root=$1; shift
        for d in /proc /dev "$TREE" "$RELEASE" "$BIN64" "$BIN32" "$WORK"; do
            [ -d "$d" ] || continue
            mkdir -p "$root$d" && mount --rbind "$d" "$root$d" || exit 125
        done
        exec chroot "$root" "$@"' inside "$ROOT" "$@"
}
export TREE RELEASE BIN64 BIN32 WORK
make_root() {
    rm -rf "${ROOT:?}.new"
    debootstrap --variant=minbase trixie "$ROOT.new" "$MIRROR" || return 1
    printf '#!/bin/sh\nexit 101\n' >"$ROOT.new/usr/sbin/policy-rc.d" && chmod +x "$ROOT.new/usr/sbin/policy-rc.d"
    echo force-unsafe-io >"$ROOT.new/etc/dpkg/dpkg.cfg.d/fast"
    printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$ROOT.new/etc/dpkg/dpkg.cfg.d/lean"
    mv "$ROOT.new" "$ROOT"
}
complete_root() {
    cp /etc/resolv.conf "$ROOT/etc/" 2>/dev/null
    inside sh -c 'export DEBIAN_FRONTEND=noninteractive LC_ALL=C
        dpkg --add-architecture i386 && apt-get -q update &&
        apt-get -q -y --no-install-recommends install wine wine64 wine32:i386 alsa-utils libsndfile1 libasound2t64 diffutils &&
        apt-get clean' && touch "$ROOT/complete"
}
if [ ! -f "$ROOT/complete" ]; then
    [ -x "$ROOT/usr/bin/apt-get" ] || make_root >"$WORK/debootstrap.log" 2>&1 ||
        none "debootstrap of trixie from $MIRROR failed, see $WORK/debootstrap.log"
    complete_root >"$WORK/apt.log" 2>&1 || none "trixie's Wine cannot be installed, see $WORK/apt.log"
fi
version=$(inside sh -c '/usr/lib/wine/wine64 --version 2>/dev/null || wine --version' 2>/dev/null)
case $version in
wine-[1-9][0-9].*) echo "-- $version in $ROOT" ;;
*) echo "FAIL no Wine runs in $ROOT: ${version:-nothing}"; echo "0 passed, 1 failed"; exit 1 ;;
esac

# ---------------------------------------------------------------- the suites

for bits in ${WINE10_BITS:-64 32}; do
    bin=$BIN64
    [ "$bits" = 64 ] || bin=$BIN32
    [ -d "$bin" ] || { echo "-- no programs of $bits bits in $bin"; continue; }
    some=
    for s in "$@"; do
        [ "$bits" = 64 ] || grep -q '^# bits: 32 64$' "$HERE/suite_$s.sh" || continue
        some="$some $s"
    done
    mkdir -p "$WORK/wine10-$bits"
    # shellcheck disable=SC2086
    inside env MMEKIT_WINE_BITS=$bits MMEKIT_WINE_JOBS="${MMEKIT_WINE_JOBS:-2}" HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        sh "$HERE/run.sh" "$bin" "$RELEASE" "$WORK/wine10-$bits" $some >"$WORK/wine10-$bits.out" 2>&1 </dev/null
    sed "s/^wine$bits /wine10-$bits /;\$d" "$WORK/wine10-$bits.out"
    inside env MMEKIT_WINE_BITS=$bits HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        sh "$HERE/long_update.sh" "$bin" "$RELEASE" "$WORK/wine10-$bits/update" >"$WORK/wine10-$bits/update.log" 2>&1 </dev/null
    grep -A9 '^FAIL' "$WORK/wine10-$bits/update.log"
done
set -- "$@" update

# ---------------------------------------------------------------- the table

here=$(wine --version 2>/dev/null || echo wine)
last() { [ -f "$1" ] && tail -n 1 "$1" | sed -n 's/^\([0-9]* passed, [0-9]* failed\)$/\1/p'; }
printf '\n%-12s %-24s %-24s %-24s %-24s\n' suite "$here, 64 bits" "32 bits" "$version, 64 bits" "32 bits"
p=0 f=0
for s in "$@"; do
    printf '%-12s' "$s"
    for log in "$TREE/build/wine/64/$s.log" "$TREE/build/wine/32/$s.log" "$WORK/wine10-64/$s.log" "$WORK/wine10-32/$s.log"; do
        n=$(last "$log")
        printf ' %-24s' "${n:--}"
        case $log in "$WORK"*) [ -n "$n" ] && { p=$((p + ${n%% *})); n=${n#*, }; f=$((f + ${n%% *})); } ;; esac
    done
    echo
done
echo "$p passed, $f failed"
[ "$f" -eq 0 ] && [ "$p" -gt 0 ]
