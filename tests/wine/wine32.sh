#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 apt dpkg util-linux
# The same suites with the 32-bit programs under 32-bit Wine. A system with wine32 uses its own; any other 64-bit
# Debian gets the 32-bit files for the time of the run, in a mount namespace of its own (wine32_layer.sh).
#
# usage: wine32.sh BIN_I686 BUILD_RELEASE WORK_DIR [SUITE...]
#   BIN_I686   what the preset windows-i686 built
#   WORK_DIR   WORK_DIR/layer is kept between runs, the rest is made anew
#   SUITE      slice for suite_slice.sh; without: all that say "# bits: 32 64"
# "SKIP wine32: reason" where 32-bit Wine cannot be had.
set -u
[ $# -ge 3 ] || { sed -n '7,11s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
none() { echo "SKIP wine32: $*"; echo "0 passed, 0 failed"; exit 0; }

if [ ! -x /usr/lib/wine/wine ]; then
    [ -z "${MMEKIT_WINE32_INSIDE:-}" ] || none "there is no 32-bit loader in $WORK/layer"
    reason=$(sh "$HERE/wine32_layer.sh" "$WORK/layer") || none "$reason"
    sh "$HERE/wine32_enter.sh" "$WORK/layer" true 2>"$WORK/enter.log" ||
        none "no overlay over /usr: $(tail -n 1 "$WORK/enter.log"); apt-get install wine32:i386 does without"
    exec sh "$HERE/wine32_enter.sh" "$WORK/layer" sh "$0" "$@"
fi
MMEKIT_WINE_BITS=32 exec sh "$HERE/run.sh" "$@"
