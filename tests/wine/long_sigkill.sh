#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that plays through mmewine.dll into a WAV file is killed at a hundred random moments: each WAV is whole, up
# to what had been played.
# packages: wine64
#
# usage: long_sigkill.sh BIN_DIR BUILD_RELEASE WORK_DIR       KILLS=100
set -u
[ $# -eq 3 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$(dirname "$0")/wine.sh"
. "$(dirname "$0")/sigkill.sh"
sigkill_prefix
for _ in $(seq 40); do
    [ "$KILLED" -lt "${KILLS:-100}" ] || break
    sigkill_round 8
done
check "$KILLED programs were killed while they played" test "$KILLED" -ge "${KILLS:-100}"
finish
