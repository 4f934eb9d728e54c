#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libc-bin
# Registry files between the native tool and Wine's regedit: see regedit_roundtrip.sh.
#
# usage: suite_regedit.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '6s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) && RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
need_files "$RELEASE/bin/regedit_tool"
prefix_new "$WORK/prefix"
WINEPREFIX=$WORK/prefix sh "$HERE/regedit_roundtrip.sh" "$BIN" "$RELEASE" "$WORK" >"$WORK/regedit.txt" 2>&1 9>&-
status=$?
grep -E '^(PASS|FAIL|SKIP|    )' "$WORK/regedit.txt"
PASSED=$(grep -c '^PASS ' "$WORK/regedit.txt") FAILED=$(grep -c '^FAIL ' "$WORK/regedit.txt")
case "$(tail -n 1 "$WORK/regedit.txt")" in
"$PASSED passed, $FAILED failed") [ $status -eq 0 ] || [ "$FAILED" -gt 0 ] || fail "status $status" ;;
*) fail "regedit_roundtrip.sh did not come to its end (status $status)" ;;
esac
finish
