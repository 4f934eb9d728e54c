#!/bin/sh
# SPDX-License-Identifier: MIT
# Each *.patch here is a plausible mistake. It is made in a copy of the tree, and the test that the patch names must turn
# red: a suite that no sabotage turns red proves nothing.
#
# usage: run.sh WORK_DIR [NAME...]
#   WORK_DIR  the copy and its builds (kept: a second run builds what has changed)
#   NAME      of a patch, without .patch; all without
#
# A patch begins with two lines, "mistake: ..." and "caught by: TEST". TEST is a program of the tests with its arguments, or
# "tsan: PROGRAM ..." of the build with ThreadSanitizer, or "test: NAME" of CTest. It must pass without the mistake.
set -u
[ $# -ge 1 ] || { sed -n '6,8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
mkdir -p "$1" && WORK=$(cd "$1" && pwd) || exit 2
shift
[ $# -gt 0 ] || { for f in "$HERE"/*.patch; do f=${f##*/}; set -- "$@" "${f%.patch}"; done; }
LIMIT=120 # seconds for a test; one that hangs is red

passed=0 failed=0
pass() { echo "PASS $*"; passed=$((passed + 1)); }
fail() { echo "FAIL $*"; failed=$((failed + 1)); }

# The tree as it is, without what no build needs; files that are the same keep their time, so that little is built again.
rm -rf "$WORK/new" && mkdir -p "$WORK/new" "$WORK/tree"
(cd "$ROOT" && git ls-files -z -co --exclude-standard | tar -c --null --files-from=- --ignore-failed-read) | tar -x -C "$WORK/new" || exit 2
(cd "$WORK/new" && find . -type f) | while read -r f; do
    cmp -s "$WORK/new/$f" "$WORK/tree/$f" || { mkdir -p "$WORK/tree/${f%/*}" && cp -p "$WORK/new/$f" "$WORK/tree/$f" && touch "$WORK/tree/$f"; }
done
rm -rf "$WORK/new"

field() { sed -n "s/^$2: //p;/^--- /q" "$HERE/$1.patch" | head -n 1; }

configure() { # configure plain|tsan
    case $1 in
    plain) set -- plain release ;;
    tsan) set -- tsan tsan ;;
    esac
    [ -f "$WORK/$1/build.ninja" ] || (cd "$WORK/tree" && cmake --preset "$2" -B "$WORK/$1" -DMMK_WERROR=OFF) >"$WORK/$1.log" 2>&1
}
target() { # target BUILD TEST: builds it
    case $2 in
    "test: "*) ninja -C "$WORK/$1" mmk_core ;;
    *) ninja -C "$WORK/$1" "${2%% *}" ;;
    esac >"$WORK/build.log" 2>&1
}
green() { # green BUILD TEST
    case $2 in
    "test: "*) (cd "$WORK/$1" && ctest --timeout $LIMIT --no-tests=error --output-on-failure -R "^${2#test: }\$") >"$WORK/test.log" 2>&1 ;;
    *) eval "timeout $LIMIT $WORK/$1/bin/$2" >"$WORK/test.log" 2>&1 && ! grep -qE 'ERROR: LeakSanitizer|WARNING: ThreadSanitizer' "$WORK/test.log" ;;
    esac
}

known_green= # tests that pass without a mistake
for name in "$@"; do
    patch=$HERE/$name.patch test=$(field "$name" "caught by") mistake=$(field "$name" mistake)
    if [ -z "$test" ] || [ -z "$mistake" ]; then fail "$name: not a patch with \"mistake:\" and \"caught by:\""; continue; fi
    build=plain
    case $test in "tsan: "*) build=tsan test=${test#tsan: } ;; esac
    configure $build || { fail "$name: cmake: $(tail -n 3 "$WORK/$build.log")"; continue; }
    case $known_green in
    *"|$build $test|"*) ;;
    *)
        if target $build "$test" && green $build "$test"; then known_green="$known_green|$build $test|"
        else fail "$name: $test fails without the mistake"; tail -n 5 "$WORK/build.log" "$WORK/test.log" | sed 's/^/    /'; continue; fi ;;
    esac
    if ! (cd "$WORK/tree" && patch -p1 --no-backup-if-mismatch -s) <"$patch" >"$WORK/patch.log" 2>&1; then
        fail "$name: the patch does not apply: make it anew"; sed 's/^/    /;5q' "$WORK/patch.log"
        (cd "$WORK/tree" && sed -n 's,^+++ b/,,p' "$patch") | while read -r f; do cp -p "$ROOT/$f" "$WORK/tree/$f"; rm -f "$WORK/tree/$f.rej"; done
        continue
    fi
    begin=$(date +%s)
    if ! target $build "$test"; then fail "$name: does not build, which proves nothing"; grep -m 3 error "$WORK/build.log" | sed 's/^/    /'
    elif green $build "$test"; then fail "$name: $mistake: $test did not notice"
    else pass "$name: $mistake: $test ($(($(date +%s) - begin)) s)"; fi
    (cd "$WORK/tree" && patch -p1 -R --no-backup-if-mismatch -s) <"$patch" || { echo "FAIL $name: cannot be taken back"; exit 1; }
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
