#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libasound2-plugins libc-bin
# bits: 32 64
# The codec pack in real msacm32: registered as a user's prefix has it, listed, asked for every pair of formats,
# measured beside the system's own converter, and played through winmm's mapper.
#
# usage: suite_acm.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
null_sound
need_files "$BIN/mmecodec.acm" "$BIN/acm.exe" "$BIN/small.acm"

# a sound device that needs no hardware, for the host's side
cat >"$HOME/.asoundrc" <<'RC'
pcm.!default { type null }
ctl.!default { type hw card 0 }
RC

P=$WORK/prefix
prefix_new "$P"
cp "$BIN/mmecodec.acm" "$P/drive_c/windows/$SYSTEM/"
register() { # register OPTIONS: both places, as wine.md has it
    ini=$P/drive_c/windows/system.ini
    [ -f "$ini" ] || printf '[drivers32]\r\n' >"$ini"
    sed -i '/^msacm\.mmekit=/d' "$ini"
    grep -qi '^\[drivers32\]' "$ini" || printf '[drivers32]\r\n' >>"$ini"
    sed -i "s,^\[drivers32\],&\r\nmsacm.mmekit=mmecodec.acm$1\r," "$ini"
    wine_in "$P" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' \
        /v msacm.mmekit /d "mmecodec.acm$1" /f >/dev/null 2>&1
    wine_in "$P" 60 reg delete \
        'HKLM\Software\Microsoft\AudioCompressionManager\DriverCache\msacm.mmekit' /f >/dev/null 2>&1
}

register ""
program 60 acm "$P" "$BIN/acm.exe" list
program 120 acm "$P" "$BIN/acm.exe" convert
program 120 acm "$P" "$BIN/acm.exe" quality dither
program 240 acm "$P" "$BIN/acm.exe" pairs
program 60 acm "$P" "$BIN/acm.exe" play
program 120 acm "$P" "$BIN/acm.exe" agree 300 # more: long_acm.sh
program 120 acm "$P" "$BIN/acm.exe" cut 25

# the example of somebody else's codec, by its own tag
cp "$BIN/small.acm" "$P/drive_c/windows/$SYSTEM/"
sed -i "s,^\[drivers32\],&\r\nmsacm.small=small.acm\r," "$P/drive_c/windows/system.ini"
program 60 acm "$P" "$BIN/acm.exe" tag ffff

[ -n "${MMEKIT_SPEED:-}" ] && program 900 acm "$P" "$BIN/acm.exe" speed # figures, no test: beside the system's codecs
register " /dither:off"
program 120 acm "$P" "$BIN/acm.exe" quality plain

# installed by its own DRV_INSTALL, in a prefix that has nothing of ours yet
Q=$WORK/fresh
prefix_new "$Q"
cp "$BIN/mmecodec.acm" "$Q/drive_c/windows/$SYSTEM/"
CACHE='HKLM\\Software\\Microsoft\\AudioCompressionManager\\DriverCache\\msacm.mmekit'
wine_in "$Q" 60 reg add "$CACHE" /v cFormatTags /t REG_DWORD /d 1 /f >/dev/null 2>&1 # stale
drivers32() { wine_in "$Q" 60 reg query 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' \
    /v msacm.mmekit 2>/dev/null | tr -d '\r' | grep -q 'mmecodec.acm$'; }
no_cache() { ! wine_in "$Q" 60 reg query "$CACHE" /v cFormatTags >/dev/null 2>&1; }
program 60 acm "$Q" "$BIN/acm.exe" message install
check "Drivers32 names mmecodec.acm" drivers32
check "the stale cache is gone" no_cache
program 60 acm "$Q" "$BIN/acm.exe" list
program 60 acm "$Q" "$BIN/acm.exe" message remove
check "DRV_REMOVE takes the value away" eval '! drivers32'
check "and the cache that the ACM has written since" no_cache
finish
