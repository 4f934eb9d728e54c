#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64
# bits: 32 64
# The unit tests of the core as programs for Windows: the same sources as on POSIX (tests/windows/unit), the model
# registry and devices, our kernels by this compiler. What is listed in bin/unit/programs.txt, several at a time.
#
# usage: suite_unit.sh BIN_DIR BUILD_RELEASE WORK_DIR [PROGRAM...]
set -u
[ $# -ge 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
shift 3
need_files "$BIN/unit/programs.txt"
P=$WORK/prefix
prefix_new "$P"
rm -f "$WORK"/*.log "$WORK"/*.txt "$WORK"/*.err

# wine_in, for xargs; the sources' own folder, for tests that read a table there
run='wine_in() { WINEPREFIX=$P timeout -k 5 280 "$WINE" "$@" </dev/null; }
    kind=$1 name=$2; shift 2
    wine_in "$BIN/unit/$name.exe" "$@" >"$WORK/$name.txt" 2>"$WORK/$name.err"
    echo $? >"$WORK/$name.status"
    date +%s >"$WORK/$name.end"'
export P BIN WORK run
list=$BIN/unit/programs.txt
if [ $# -gt 0 ]; then
    for name in "$@"; do awk -v n="$name" '$2 == n' "$list"; done >"$WORK/wanted"
    list=$WORK/wanted
fi
wine_in "$P" 60 cmd /c ver >/dev/null 2>&1 # the session begins once
begin=$(date +%s)
(cd "$HERE" && xargs -L 1 -P 3 sh -c "$run" unit <"$list") 9>&-
while read -r kind name _; do
    echo "-- $name, $(($(cat "$WORK/$name.end") - begin)) s after the begin"
    tr -d '\r' <"$WORK/$name.txt" >"$WORK/$name.log"
    status=$(cat "$WORK/$name.status")
    if [ "$kind" = unit ]; then
        grep -E '^(PASS|FAIL|SKIP) ' "$WORK/$name.log"
        sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$WORK/$name.log" | tail -n 1)
        last="$name: all done"
    else # a plain program: its last line is the sum, and the exit code tells the rest
        sum=$(tail -n 1 "$WORK/$name.log") last=$sum
    fi
    p=${sum%% *} f=${sum#*, } f=${f%% *}
    case "$sum" in
    [0-9]*" passed, "[0-9]*" failed")
        PASSED=$((PASSED + p)) FAILED=$((FAILED + f))
        if [ "$kind" = plain ] && [ "$status" -eq 0 ]; then echo "PASS $name: $sum"; fi ;;
    *) p=0 f=0 ;;
    esac
    if [ "$kind" = plain ] && [ "$((p + f))" -eq 0 ] && [ "$status" -eq 0 ] && grep -q '^SKIP ' "$WORK/$name.log"; then
        skip "$name" "$(sed -n 's/^SKIP //p' "$WORK/$name.log" | head -n 1)" # it says what it lacks
    elif [ "$(tail -n 1 "$WORK/$name.log")" != "$last" ] || [ "$((p + f))" -eq 0 ] || [ "$status" -ne 0 ]; then
        fail "$name: status $status, $((p + f)) tests"
        [ "$f" -eq 0 ] || FAILED=$((FAILED - 1)) # those are counted already
        tail -n 15 "$WORK/$name.log" "$WORK/$name.err" | sed 's/^/    /'
    fi
done <"$list"
finish
