#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 alsa-utils libc-bin diffutils
# bits: 32 64
# Wine forgets, the journal does not: a killed server loses what it has not saved, up to 30 s of it. An install that was
# answered OK comes back with the next request, with its settings; a removal that was answered OK stays one.
#
# usage: suite_forget.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/slice.sh"

slice_begin
forgotten() { grep -q '^before: wave1 = ""$' "$WORK/$1.log"; }
for try in 1 2 3; do # the server saves every 30 s: it may do so just before it is killed
    slice "$P" "install-$try" install "$REC" "$CAP"
    kill_server "$P"
    slice "$P" "again-$try" again
    forgotten "again-$try" && break
    slice "$P" "undo-$try" remove
    settle "$P"
done
check "the killed server had forgotten the installation" forgotten "again-$try"
settle "$P"
slice "$P" remove remove
kill_server "$P"
slice "$P" remove-again remove-again
check "the killed server had forgotten the removal" sh -c "! grep -q '^before: wave1 = \"\"\$' '$WORK/remove-again.log'"
settle "$P"
export_registry "$P" after
same_registry "after both, in the next session, the registry is as it was before" after warm
finish
