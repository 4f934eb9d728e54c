#!/bin/sh
# SPDX-License-Identifier: MIT
# All suites under Wine, two at a time (MMEKIT_WINE_JOBS): their programs wait more than they work.
#
# usage: run.sh BIN_DIR BUILD_RELEASE WORK_DIR [SUITE...]
#   BIN_DIR        what the preset windows-x86_64 built
#   BUILD_RELEASE  the native build: tools that make and compare files
#   WORK_DIR       a folder for each suite in it, and SUITE.log, which ends in "N passed, M failed"
#   SUITE          slice for suite_slice.sh; without: all of this bitness
# environment: MMEKIT_WINE_BITS=32 for wine32.sh: only suites that say "# bits: 32 64"
#              MMEKIT_WINE_FULL=1 with those that say "# only: full"
#
# Prints what failed, a line for each suite, and "N passed, M failed". The suites' logs have everything.
set -u
[ $# -ge 3 ] || { sed -n '5,11s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
shift 3
BITS=${MMEKIT_WINE_BITS:-64}
export HERE BIN RELEASE WORK

if [ $# -eq 0 ]; then
    for f in "$HERE"/suite_*.sh; do
        [ "$BITS" = 64 ] || grep -q '^# bits: 32 64$' "$f" || continue
        [ -n "${MMEKIT_WINE_FULL:-}" ] || ! grep -q '^# only: full$' "$f" || continue
        f=${f##*/suite_}
        set -- "$@" "${f%.sh}"
    done
fi
rm -f "$WORK"/*.log "$WORK"/*.seconds

printf '%s\n' "$@" | xargs -n 1 -P "${MMEKIT_WINE_JOBS:-2}" sh -c '
    begin=$(date +%s) out=$WORK/$1.out
    timeout -k 10 300 sh "$HERE/suite_$1.sh" "$BIN" "$RELEASE" "$WORK/$1" >"$out" 2>&1 </dev/null
    status=$?
    case "$(tail -n 1 "$out")" in
    [0-9]*" passed, "[0-9]*" failed") ;;
    *) printf "%s\n" "FAIL suite_$1.sh did not come to its end (status $status)" "0 passed, 1 failed" >>"$out" ;;
    esac
    echo $(($(date +%s) - begin)) >"$WORK/$1.seconds"
    mv "$out" "$WORK/$1.log"' suite

p=0 f=0
for suite in "$@"; do
    log=$WORK/$suite.log
    awk '/^FAIL /{on = 1; print; next} on && /^    /{print; next} {on = 0}' "$log" | head -n 60 # with what is indented below
    grep '^SKIP ' "$log"
    line=$(tail -n 1 "$log")
    n=${line#*, }
    p=$((p + ${line%% *})) f=$((f + ${n%% *}))
    printf 'wine%s %-12s %5d passed %4d failed %4d s\n' "$BITS" "$suite" "${line%% *}" "${n%% *}" "$(cat "$WORK/$suite.seconds")"
done
echo "$p passed, $f failed"
[ "$f" -eq 0 ] && [ "$p" -gt 0 ]
