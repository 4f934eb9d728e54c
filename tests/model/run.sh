#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: spin gcc
# The models of what threads share, in all interleavings, by spin: no error in any; and one in each with a seeded mistake.
#
# usage: run.sh WORK_DIR
set -u
[ $# -eq 1 ] || { sed -n '6s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1" || exit 2
passed=0 failed=0
pass() { echo "PASS $*"; passed=$((passed + 1)); }
fail() { echo "FAIL $*"; failed=$((failed + 1)); }

model() { # model NAME DEFINES...: prints "errors states"
    rm -f pan* ./*.trail && : >gcc.log && : >pan.log
    name=$1; shift
    spin "$@" -a "$HERE/$name.pml" >spin.log 2>&1 && gcc -O2 -DSAFETY -DVECTORSZ=2048 -o pan pan.c >gcc.log 2>&1 &&
        ./pan -m2000000 -n >pan.log 2>&1
    awk '/errors:/ { sub(/.*errors: /, ""); e = $1 } /states, stored/ { s = $1 } /max search depth too small|out of memory/ { e = "depth" }
        END { print e == "" ? "none" : e, s + 0 }' pan.log
}
holds() { # holds NAME DEFINES...
    result=$(model "$@")
    if [ "${result% *}" = 0 ]; then pass "$*: no error in ${result#* } states"
    else fail "$*: ${result% *} errors"; tail -n 15 spin.log gcc.log pan.log | sed 's/^/    /'; fi
}
breaks() { # breaks NAME DEFINES...: a seeded mistake
    result=$(model "$@")
    case ${result% *} in
    [1-9]*) pass "$*: found" ;;
    *) fail "$*: not found (${result})" ;;
    esac
}

for frames in 1 2 3 4; do holds ring -DFRAMES=$frames -DTOTAL=$((frames * 3 + 2)); done
for mistake in RELAXED_W RELAXED_R FULL_BY_ONE; do breaks ring -DFRAMES=2 -D$mistake; done
for blocks in 1 2 3 5; do holds handover -DBLOCKS=$blocks; done
for mistake in RELAXED_DONE NO_TOKEN NO_CLAIM NO_WAKE; do breaks handover -D$mistake; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
