#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that plays through mmewine.dll into a WAV file is killed: the WAV is whole, up to what had been played.
# Ten times; long_sigkill.sh does it a hundred times and more.
# packages: wine64
#
# usage: suite_sigkill.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$(dirname "$0")/wine.sh"
. "$(dirname "$0")/sigkill.sh"
sigkill_prefix
sigkill_round 10
check "$KILLED programs were killed while they played" test "$KILLED" -ge 5
MMEKIT_PATH='C:\out\a%x.wav' MMEKIT_TRACE=warn wine_in "$P" 60 "$WORK/programs/mmewine_load.exe" witness 1 'C:\out\x.bin' >"$WORK/wrong.log" 2>&1
check "a pattern that stands for nothing is refused, and what is right said" grep -q '"%x" in "C:\\out\\a%x.wav" stands for nothing: %p program' "$WORK/wrong.log"
finish
