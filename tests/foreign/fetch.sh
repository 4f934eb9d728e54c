#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches sources as Debian ships them and unpacks them with Debian's patches, by the system's own apt and its own
# mirrors, but with lists, cache and state of our own: the system stays as it is, and needs no deb-src lines.
#
# usage: fetch.sh DIR PACKAGE...      DIR/PACKAGE is then the unpacked source; DIR/PACKAGE.version says which
# A line "PACKAGE: reason" and exit 1 for what cannot be had; the rest is fetched. What is there already stays.
set -u
[ $# -ge 2 ] || { sed -n '6s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1" && DIR=$(cd "$1" && pwd) || exit 2
shift
command -v apt-get >/dev/null 2>&1 || { echo "apt: not a Debian system"; exit 1; }
A=$DIR/apt log=$DIR/apt.log status=0 updated=

apt() {
    apt-get -q -o Dir::State="$A/state" -o Dir::State::status="$A/status" -o Dir::Log="$A" -o Dir::Cache="$A/cache" \
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$A/parts" -o Acquire::Languages=none \
        -o APT::Sandbox::User=root "$@"
}
update() { # the system's mirrors, read as sources of sources
    [ -z "$updated" ] || return 0
    updated=yes
    mkdir -p "$A/state/lists/partial" "$A/cache/archives/partial" "$A/parts"
    : >"$A/status"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$f" ] && sed -n 's/^deb /deb-src /p' "$f" >"$A/parts/$(basename "$f" .list).list"
    done
    for f in /etc/apt/sources.list.d/*.sources; do
        [ -f "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" >"$A/parts/$(basename "$f")"
    done
    apt update >"$log" 2>&1
}
unpack() { # unpack PACKAGE: the newest .dsc's files, which apt has compared with the signed list's sums
    src=$A/src/$1
    rm -rf "${DIR:?}/$1.new" && mkdir -p "$DIR/$1.new" || return 1
    for f in "$src"/*.orig.tar.*; do
        case $f in *.asc) continue ;; esac
        tar -xf "$f" -C "$DIR/$1.new" --strip-components=1 || return 1
    done
    for f in "$src"/*.debian.tar.*; do
        [ -f "$f" ] || { echo "without Debian's patches, which the mirror lacks" >"$DIR/$1.new/UNPATCHED"; break; }
        tar -xf "$f" -C "$DIR/$1.new" || return 1
        [ -f "$DIR/$1.new/debian/patches/series" ] || continue
        (cd "$DIR/$1.new" && sed -n 's/^\([^# ][^ ]*\).*/\1/p' debian/patches/series | while read -r p; do
            patch -s -p1 <"debian/patches/$p" || exit 1
        done) || return 1
    done
    sed -n 's/^Version: //p' "$src"/*.dsc | head -n 1 >"$DIR/$1.version"
    mv "$DIR/$1.new" "$DIR/$1"
}
for p in "$@"; do
    [ -d "$DIR/$p" ] && continue
    update
    mkdir -p "$A/src/$p"
    # a mirror may lack a signature file or the patches: what was fetched decides
    (cd "$A/src/$p" && apt source --download-only "$p") >>"$log" 2>&1
    if ! ls "$A/src/$p"/*.orig.tar.* >/dev/null 2>&1; then echo "$p: its source cannot be fetched, see $log"; status=1
    elif ! unpack "$p" >>"$log" 2>&1; then echo "$p: its source cannot be unpacked, see $log"; status=1; fi
done
exit $status
