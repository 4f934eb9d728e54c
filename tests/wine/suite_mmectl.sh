#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 alsa-utils libc-bin diffutils xvfb
# bits: 32 64
# mmectl.exe as a user or a script meets it, on the real winmm: every verb, every exit code, the registry and the files
# of a prefix after install and remove against those of a control prefix in which all but the installing was done.
#
# usage: suite_mmectl.sh BIN_DIR BUILD_RELEASE WORK_DIR
#   BIN_DIR        what the preset windows-x86_64 (or -i686) built
#   BUILD_RELEASE  the native build: bin/mmectl and bin/cli_tool, for comparing the JSON of both hosts
set -u
[ $# -eq 3 ] || { sed -n '8,10s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"

RECORDING=/usr/share/sounds/alsa/Front_Center.wav
NATIVE=$RELEASE/bin/mmectl CLI_TOOL=$RELEASE/bin/cli_tool
need_files "$BIN/mmectl.exe" "$BIN/mmewave.drv" "$BIN/next/mmewave.drv" "$BIN/foreign.drv" "$BIN/mmectl_tool.exe" \
    "$NATIVE" "$CLI_TOOL" "$RECORDING"
rm -f "$WORK"/*.log "$WORK"/*.reg "$WORK"/*.txt "$WORK"/*.json "$WORK"/*.diff "$WORK"/*.wav
rm -rf "${WORK:?}/pack ü" "$WORK/next" "$WORK/alone" "$WORK/native"
# as a zip is unpacked, in a folder with a blank and a letter that is no ASCII
PACK="$WORK/pack ü" NEXT=$WORK/next
mkdir -p "$PACK" "$NEXT" && cp "$BIN/mmectl.exe" "$BIN/mmewave.drv" "$PACK/" &&
    cp "$BIN/mmectl.exe" "$BIN/next/mmewave.drv" "$NEXT/" || exit 2
OTHER=$((96 - BITS)) OTHER_SYSTEM=syswow64
[ "$BITS" = 64 ] || OTHER_SYSTEM=system32
P=$WORK/prefix C=$WORK/prefix/drive_c
TOOL=$BIN/mmectl_tool.exe
MMECTL=$PACK/mmectl.exe

# ctl WANTED_EXIT_CODE WORDS...: what it said is in $WORK/out and $WORK/err, in UTF-8 and with plain line ends
ctl() {
    wanted=$1; shift
    wine_in "$P" 90 "$TOOL" run "$MMECTL" "$@" >"$WORK/out.raw" 2>"$WORK/err.raw"
    tr -d '\r' <"$WORK/out.raw" >"$WORK/out"
    tr -d '\r' <"$WORK/err.raw" | grep -v '^ALSA lib' >"$WORK/err"
    grep -qx "exit code $wanted" "$WORK/err" && return 0
    echo "mmectl $*: not exit code $wanted:"; cat "$WORK/out" "$WORK/err"
    return 1
}
out_has() { grep -q -- "$1" "$WORK/out" || { echo "standard output lacks \"$1\":"; cat "$WORK/out"; return 1; }; }
err_has() { grep -q -- "$1" "$WORK/err" || { echo "standard error lacks \"$1\":"; cat "$WORK/err"; return 1; }; }
json_has() { "$CLI_TOOL" json "$WORK/out" "$@" || { cat "$WORK/out"; return 1; }; }
tool() { wine_in "$P" 60 "$TOOL" "$@" 2>&1 | tr -d '\r'; }
trace() { # trace LIMIT... : the DriverProc messages of mmewave.drv in $WORK/err, in order
    sed -n 's/^mmekit trace: DriverProc DRV_\([A-Z]*\) .*/\1/p' "$WORK/err" | tr '\n' ' '
}
sound() { tail -c $(($(wc -c <"$RECORDING") - 44)) "$1"; }
same_sound() { sound "$1" >"$WORK/a.pcm" && sound "$RECORDING" | cmp - "$WORK/a.pcm"; }
# what Wine keeps for the session of a desktop comes and goes with its windows
settings_of() { # settings_of PREFIX NAME
    export_registry "$1" "$2"
    awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^\[HKEY_CURRENT_USER\\Software\\Wine\\Temporary System Parameters/' \
        "$WORK/$2.reg" >"$WORK/$2.some" && mv "$WORK/$2.some" "$WORK/$2.reg"
}
files_of() { # files_of PREFIX NAME: all but what Wine itself writes late
    (cd "$1" && find . -type f -o -type d | grep -v -e '\.reg$' -e '/update-timestamp$' -e '/Temp/' | LC_ALL=C sort) >"$WORK/$2.txt"
}

# ---------------------------------------------------------------- prefixes; two that wait while the others work

cp "$RECORDING" "$WORK/in.wav" || exit 2
prefix_new "$P"
cp "$RECORDING" "$C/in ü.wav"
prefix_copy "$P" "$WORK/waiting"
prefix_copy "$P" "$WORK/locked"

( # the registry of Wine stands on the disk when mmectl says that it does: then its server is killed
    P=$WORK/waiting
    wine_in "$P" 90 "$MMECTL" --json install mmewave >"$WORK/waited.json" 2>"$WORK/waited.err"
    kill_server "$P"
    grep -c '^"wave1"="mmewave.drv"' "$P/system.reg" >"$WORK/waited.txt"
) 9>&- &
WAITING=$!
( # another installer is at work for longer than mmectl waits
    P=$WORK/locked
    mkdir -p "$P/drive_c/ProgramData/mmekit"
    wine_in "$P" 90 "$TOOL" hold 'C:\ProgramData\mmekit\lock' 30 >"$WORK/held.txt" 2>/dev/null &
    for i in $(seq 300); do grep -q held "$WORK/held.txt" && break; sleep 0.1; done
    wine_in "$P" 90 "$TOOL" run "$MMECTL" --json install mmewave >"$WORK/locked.json" 2>"$WORK/locked.err"
    kill_server "$P"
) 9>&- &
LOCKED=$!

# ---------------------------------------------------------------- help, usage, verbs that change nothing

check "help tells the exit codes of Windows" eval 'ctl 0 --help && out_has "1603 failed, 1639 wrong usage, 3010" && ctl 0 help play && out_has "usage: mmectl play"'
check "completion prints a script" eval 'ctl 0 completion bash && out_has "_mmectl()"'
check "wrong usage is 1639" eval 'ctl 1639 instal mmewave && err_has "did you mean \"install\"" && ctl 1639 install mmewave --set nosuch=1 && ctl 1639 list drivers --registry x && err_has "registry of its own"'
check "not installed is 1610" eval 'ctl 1610 verify && ctl 1610 --json status mmewave && json_has exit=1610 ok=false drivers.0.installed=false'
check "a file that is not there is 1603" eval 'ctl 1603 play C:\\none.wav && err_has "is not there"'
check "before any install there is nothing to recover" eval 'ctl 0 recover && out_has "nothing was left"'
check "nothing of all this made a folder or value" eval '[ ! -e "$C/ProgramData/mmekit" ]'
# what these programs write of themselves at their first start is written now
ctl 0 list devices >/dev/null 2>&1
tool open wave1 >/dev/null
settle "$P"
prefix_copy "$P" "$WORK/control"
settings_of "$P" warm

# ---------------------------------------------------------------- install, look, play, record, remove

check "--dry-run shows the plan" eval 'ctl 0 install mmewave --dry-run && out_has "copy file" && out_has "wave1" && [ ! -e "$C/windows/$SYSTEM/mmewave.drv" ]'
settings_of "$P" dry
same_registry "--dry-run changes nothing in the registry" dry warm

MMEKIT_TRACE=trace; export MMEKIT_TRACE
check "install mmewave" eval 'ctl 0 install mmewave --no-wait --set backend=file --set "path=C:\\ö 1.wav" --set channels=1 &&
    out_has "wave1 = mmewave.drv /backend:file /path:\"C:.ö 1.wav\" /channels:1"'
got=$(trace)
if [ "$got" = "LOAD ENABLE OPEN INSTALL CLOSE DISABLE FREE " ]; then pass "the driver heard: $got"
else fail "the driver heard: $got"; cat "$WORK/err"; fi
unset MMEKIT_TRACE
check "the module is in $SYSTEM, byte for byte" cmp "$BIN/mmewave.drv" "$C/windows/$SYSTEM/mmewave.drv"
settings_of "$P" installed
check "the alias stands in one view: there is one module" eval '[ "$(grep -c "^\"wave1\"=\"mmewave.drv /backend:file" "$WORK/installed.reg")" -eq 1 ]'
check "install again: a no-op that answers OK" eval 'ctl 0 --json install mmewave --no-wait && json_has answer=OK reason=ALREADY "plan=[]" alias=wave1'
settings_of "$P" twice
same_registry "installing twice changes nothing" twice installed
check "status, verify, list, diagnose" eval 'ctl 0 --json status && json_has drivers.0.installed=true drivers.0.alias=wave1 unfinished=false && ctl 0 verify mmewave && out_has good &&
    ctl 0 list aliases && out_has "wave1 .*(ours)" && ctl 0 list drivers && out_has "installed as wave1" && ctl 0 list formats && out_has float32 &&
    ctl 0 --json list devices && json_has playback.0.alias=wave1 playback.0.file=mmewave.drv capture.0.alias=wave1 && ctl 0 diagnose && out_has "Wine" && out_has "machine.s part is writable"'

check "play plays through the driver into the file of the settings, bit for bit" eval 'MMEKIT_CLOCK=freewheel ctl 0 play "C:\\in ü.wav" && out_has "68545 frames" && same_sound "$C/ö 1.wav"'
check "play --output, by alias and by name" eval 'ctl 0 --json play "C:\\in ü.wav" --output "C:\\ä.wav" --freewheel --device wave1 && json_has frames=68545 "output=*" && same_sound "$C/ä.wav" &&
    ctl 0 play "C:\\in ü.wav" --output "C:\\b.wav" --freewheel --device mmewave && same_sound "$C/b.wav" && ctl 1603 play "C:\\in ü.wav" --device wave7'
check "record takes the recording back" eval 'MMEKIT_RECORD_PATH="C:\\in ü.wav" ctl 0 record "C:\\r.wav" --seconds 1 --freewheel && out_has "48000 frames" && [ "$(tail -c +129 "$C/r.wav" | head -c 96000 | cmp -n 96000 - "$WORK/in.wav" -i 0:44 2>&1)" = "" ]'
check "convert" eval 'ctl 0 --json convert "C:\\in ü.wav" "C:\\c.wav" --rate 44100 --format float32 && json_has frames=62976 dithered=false && ctl 1603 convert "C:\\in ü.wav" "C:\\c.flac" && err_has "WAV files only"'

# the options behind the file's name are what DRV_OPEN gets, not the registry's settings
wine_in "$P" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 /t REG_SZ \
    /d 'mmewave.drv /backend:file /path:C:\other.wav /channels:1' /f "/reg:$BITS" >/dev/null 2>&1
check "OpenDriver by the alias hands its options to DRV_OPEN" eval 'MMEKIT_CLOCK=freewheel ctl 0 play "C:\\in ü.wav" && same_sound "$C/other.wav"'
check "verify finds that edit" eval 'ctl 1610 verify mmewave && err_has . && out_has wave1'
wine_in "$P" 60 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 /t REG_SZ \
    /d 'mmewave.drv /backend:file /path:"C:\ö 1.wav" /channels:1' /f "/reg:$BITS" >/dev/null 2>&1
check "put back, it is good again" ctl 0 verify mmewave

check "config set, get, reset" eval 'ctl 0 config mmewave set rate_hz=96000 --no-wait && ctl 0 --json config mmewave get rate_hz && json_has settings.0.value=96000 settings.0.source=alias &&
    ctl 0 config mmewave reset rate_hz --no-wait && ctl 0 --json config mmewave get rate_hz && json_has settings.0.value=48000 &&
    ctl 0 config mmewave set period_frames=480 --user --no-wait && ctl 0 --json config mmewave get period_frames && json_has settings.0.value=480 settings.0.source=user'
wine_in "$P" 60 reg delete 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 /f "/reg:$BITS" >/dev/null 2>&1
check "repair writes the alias again" eval 'ctl 1610 verify mmewave && ctl 0 repair mmewave --no-wait && ctl 0 verify mmewave'

# ---------------------------------------------------------------- versions

MMECTL=$NEXT/mmectl.exe
check "a newer version upgrades: the file is replaced, settings stay" eval 'ctl 0 --json install mmewave --no-wait && json_has answer=OK reason=NONE && cmp "$NEXT/mmewave.drv" "$C/windows/$SYSTEM/mmewave.drv" &&
    ctl 0 --json config mmewave get backend && json_has settings.0.value=file'
MMECTL=$PACK/mmectl.exe
check "an older one is refused" eval 'ctl 1603 --json install mmewave --no-wait && json_has answer=CANCEL reason=DOWNGRADE error.code=DOWNGRADE && cmp "$NEXT/mmewave.drv" "$C/windows/$SYSTEM/mmewave.drv"'
check "unless it is forced" eval 'ctl 0 install mmewave --force --no-wait && cmp "$PACK/mmewave.drv" "$C/windows/$SYSTEM/mmewave.drv"'

check "remove mmewave" eval 'ctl 0 remove mmewave --no-wait && ctl 1610 remove mmewave && [ ! -e "$C/windows/$SYSTEM/mmewave.drv" ]'
settings_of "$P" removed
but_for_the_marker removed

# ---------------------------------------------------------------- both widths

tool module "Z:$PACK/mmewave$OTHER.drv" "$OTHER"
check "a module of the other width beside it goes where it belongs, and the alias into both views" eval 'ctl 0 install mmewave --no-wait && out_has "wave1 = mmewave.drv  (both views)" &&
    cmp "$PACK/mmewave$OTHER.drv" "$C/windows/$OTHER_SYSTEM/mmewave.drv" && cmp "$PACK/mmewave.drv" "$C/windows/$SYSTEM/mmewave.drv"'
settings_of "$P" both
check "the export shows it twice" eval '[ "$(grep -c "^\"wave1\"=\"mmewave.drv\"" "$WORK/both.reg")" -eq 2 ]'
rm "$PACK/mmewave$OTHER.drv"
mkdir "$WORK/alone" && cp "$BIN/mmectl.exe" "$WORK/alone/"
MMECTL=$WORK/alone/mmectl.exe
check "remove takes both out, though the module it speaks with is the installed one" eval 'ctl 0 remove mmewave --no-wait && [ ! -e "$C/windows/$SYSTEM/mmewave.drv" ] && [ ! -e "$C/windows/$OTHER_SYSTEM/mmewave.drv" ]'
check "without a module there is nothing to install" eval 'ctl 1603 install mmewave --no-wait && err_has "mmewave.drv is not there"'
MMECTL=$PACK/mmectl.exe

# ---------------------------------------------------------------- somebody else's driver

FOREIGN="Z:$BIN/foreign.drv"
check "a foreign driver gets an alias, the message and a place" eval 'ctl 0 install "$FOREIGN" --no-wait && out_has "OK" && out_has "wave1 = foreign.drv" && err_has "install section=Drivers32 alias=wave1" &&
    cmp "$BIN/foreign.drv" "$C/windows/$SYSTEM/foreign.drv" && ctl 0 verify foreign.drv && ctl 0 list drivers && out_has "foreign.drv.*another maker"'
check "winmm opens it by that alias" eval 'tool open wave1 >"$WORK/err" && err_has opened'
check "it goes again" eval 'ctl 0 remove foreign.drv --no-wait && [ ! -e "$C/windows/$SYSTEM/foreign.drv" ]'
check "one that appends an option: winmm hands it over, remove takes all" eval 'FOREIGN_ANSWER=append ctl 0 install "$FOREIGN" --alias wave3 --no-wait && tool open wave3 >"$WORK/err" && err_has "open \"/own:option\"" &&
    ctl 0 remove foreign.drv --no-wait'
check "RESTART is 3010" eval 'FOREIGN_ANSWER=2 ctl 3010 --json install "$FOREIGN" --no-wait && json_has answer=RESTART exit=3010 ok=true && ctl 0 remove foreign.drv --no-wait'
check "CANCEL is 1603, and taken back" eval 'FOREIGN_ANSWER=0 ctl 1603 install "$FOREIGN" --no-wait && err_has CANCEL && [ ! -e "$C/windows/$SYSTEM/foreign.drv" ] && ctl 0 list aliases && ! grep -q foreign "$WORK/out"'
check "what is no driver is refused" eval 'ctl 1603 --json install "Z:$TOOL" --no-wait && json_has error.code=SUPPORT_BROKEN'

# ---------------------------------------------------------------- rights, missing and planted

# the rights of keys live as long as Wine's server: something has to keep it
WINEPREFIX=$P timeout -k 5 300 "$WINE" "$TOOL" hold 'C:\keep' 240 </dev/null 9>&- >"$WORK/keep.txt" 2>/dev/null &
KEEP=$!
for i in $(seq 300); do grep -q held "$WORK/keep.txt" && break; sleep 0.1; done
tool deny 'Software\Microsoft\Windows NT\CurrentVersion\Drivers32'
check "without rights: 1603, with the cure" eval 'ctl 1603 --json install mmewave --no-wait && json_has answer=CANCEL reason=NO_RIGHTS error.code=NO_RIGHTS && out_has "as administrator" && [ ! -e "$C/windows/$SYSTEM/mmewave.drv" ]'
tool allow 'Software\Microsoft\Windows NT\CurrentVersion\Drivers32'
kill $KEEP; wait $KEEP 2>/dev/null; rm -f "$C/keep"
check "with rights again it goes through" eval 'ctl 0 install mmewave --no-wait && ctl 0 remove mmewave --no-wait'

# ---------------------------------------------------------------- a user who says no

check "nobody to ask is no user who said no" eval 'ctl 1603 --json config mmewave --interactive --no-wait && json_has reason=NOBODY_TO_ASK'
if command -v Xvfb >/dev/null; then
    Xvfb -displayfd 3 -screen 0 1200x900x24 -nolisten tcp 3>"$WORK/display" >"$WORK/xvfb.log" 2>&1 9>&- &
    XVFB=$!
    for i in $(seq 100); do [ -s "$WORK/display" ] && break; sleep 0.1; done
    DISPLAY=:$(cat "$WORK/display"); export DISPLAY
    settle "$P" # the desktop of a session stays what it was at its beginning
    tool cancel "mmekit virtual sound card" >"$WORK/cancel.log" &
    CANCEL=$!
    check "Cancel in the driver's dialog is 1602" eval 'ctl 1602 --json config mmewave --interactive --no-wait && json_has answer=CANCEL reason=USER exit=1602 && wait $CANCEL && grep -q cancelled "$WORK/cancel.log"'
    unset DISPLAY
    settle "$P"
    kill $XVFB
else
    skip mmectl-1602 "Xvfb is not installed"
fi

# ---------------------------------------------------------------- the same documents as on POSIX

mkdir -p "$WORK/native"
shape() { # shape NAME WORDS...: one verb on both hosts, the shapes of its documents compared
    name=$1 code=$2; shift 2
    ctl "$code" --json "$@" && "$CLI_TOOL" keys "$WORK/out" | sort -u >"$WORK/$name.wine.txt" || return 1
    HOME=$WORK/native "$NATIVE" --registry "$WORK/native/r.reg" --json "$@" >"$WORK/$name.json" 2>/dev/null
    "$CLI_TOOL" keys "$WORK/$name.json" | sort -u >"$WORK/$name.native.txt"
    diff "$WORK/$name.native.txt" "$WORK/$name.wine.txt" && [ "$(wc -l <"$WORK/$name.wine.txt")" -gt 5 ]
}
check "JSON as on POSIX: list drivers" shape drivers 0 list drivers
check "JSON as on POSIX: list formats" shape formats 0 list formats
check "JSON as on POSIX: install" shape install 0 install mmewave --no-wait --set rate_hz=44100
check "JSON as on POSIX: status" shape status 0 status mmewave
check "JSON as on POSIX: verify" shape verify 0 verify mmewave
check "JSON as on POSIX: config" shape config 0 config mmewave get
check "JSON as on POSIX: config set" shape set 0 config mmewave set channels=1 --no-wait
check "JSON as on POSIX: remove" shape remove 0 remove mmewave --no-wait
check "JSON as on POSIX: an error" shape error 1639 install mmewave --set rate_hz=1

# ---------------------------------------------------------------- what is left

rm -f "$C"/*.wav
settings_of "$P" end
but_for_the_marker end
settle "$P"
ctl 0 recover >/dev/null # a new session: the journal is closed
P=$WORK/control C=$WORK/control/drive_c
rm -f "$C"/*.wav
for i in 1 2; do ctl 0 list devices >/dev/null; tool open wave1 >/dev/null; done
settings_of "$WORK/control" control
same_registry "after install, use and remove the registry equals the control's" removed- control
same_registry "so it does after all else" end- control
check "while installed it differed (the comparison can fail)" eval '! cmp -s "$WORK/installed.reg" "$WORK/control.reg"'
P=$WORK/prefix
settle "$WORK/control"; settle "$P"
files_of "$P" files; files_of "$WORK/control" control-files
# what remains by design: the last result of each driver, and the install log
sed -i -e '\,^./drive_c/ProgramData/mmekit\(/lock\|/log\|/status-[a-z._]*\)\?$,d' \
    -e '\,^./drive_c/users/[a-z]*/AppData/Local/mmekit\(/lock\|/log\|/status-[a-z._]*\)\?$,d' "$WORK/files.txt"
check "of ours the control has none" eval '! grep -i mmekit "$WORK/control-files.txt" && [ "$(wc -l <"$WORK/files.txt")" -gt 500 ]'
check "the list of files equals the control's" diff "$WORK/control-files.txt" "$WORK/files.txt"

wait $LOCKED
tr -d '\r' <"$WORK/locked.json" >"$WORK/out"; tr -d '\r' <"$WORK/locked.err" >"$WORK/err"
check "while another installer works: 1618" eval 'grep -q "exit code 1618" "$WORK/err" && json_has exit=1618 reason=LOCKED error.code=LOCKED'
wait $WAITING
tr -d '\r' <"$WORK/waited.json" >"$WORK/out"
check "without --no-wait the registry is on the disk when mmectl ends: the server may be killed" eval 'json_has answer=OK durable=true && [ "$(cat "$WORK/waited.txt")" -eq 1 ]'
finish
