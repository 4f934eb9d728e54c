#!/bin/sh
# SPDX-License-Identifier: MIT
# The dialog of DRV_CONFIGURE, seen and used: by keys alone, from another process, at two resolutions.
# packages: wine64 fonts-wine xvfb xdotool imagemagick sox
#
# usage: suite_dialog.sh BIN_DIR BUILD_RELEASE WORK_DIR [PICTURES]
#   BIN_DIR    what the preset windows-x86_64 (or -i686) built: mmewave.drv, dialog_host.exe
#   PICTURES   a folder for the screenshots; WORK_DIR/pictures if it is not given
#
# Programs stand in a desktop of Wine's own, so that no window manager is needed. A picture counts only if it shows
# something: its number of colours is looked at. What it looks like is for people.
set -u
[ $# -ge 3 ] || { sed -n '6,8s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
mkdir -p "$3" || exit 2
WORK=$(cd "$3" && pwd)
. "$HERE/wine.sh"
need_files "$BIN/mmewave.drv" "$BIN/dialog_host.exe"
for tool in Xvfb xdotool import convert sox; do
    command -v $tool >/dev/null || { echo "FAIL $tool is not there"; echo "0 passed, 1 failed"; exit 1; }
done
PICTURES=${4:-$WORK/pictures}
mkdir -p "$PICTURES" "$WORK/programs"
rm -f "$WORK"/*.log "$WORK"/*.err "$WORK"/*.txt
cp "$BIN/dialog_host.exe" "$WORK/programs/" || exit 2
HOST=$WORK/programs/dialog_host.exe
TITLE="mmekit virtual sound card"
P=$WORK/prefix
C=$P/drive_c

# ---------------------------------------------------------------- a screen of our own

Xvfb -displayfd 3 -screen 0 2000x1400x24 -nolisten tcp 3>"$WORK/display" >"$WORK/xvfb.log" 2>&1 9>&- &
XVFB=$!
trap 'kill $XVFB 2>/dev/null' EXIT
for i in $(seq 100); do [ -s "$WORK/display" ] && break; sleep 0.1; done
[ -s "$WORK/display" ] || { fail "Xvfb does not start"; finish; }
DISPLAY=:$(cat "$WORK/display"); export DISPLAY

resolution() { # resolution DPI: of every program that starts from now on
    settle "$P"
    wine_in "$P" 60 reg add 'HKCU\Control Panel\Desktop' /v LogPixels /t REG_DWORD /d "$1" /f >/dev/null 2>&1
    settle "$P"
}
picture() { # picture NAME: the dialog, whose place peek has found, cut out of the screen
    peek
    import -window root "$WORK/$1.png" 2>"$WORK/import.log"
    convert "$WORK/$1.png" -crop "$(sed -n 's/^dialog //p' "$WORK/peek.txt")" +repage -strip "$PICTURES/$1.png"
    colours=$(convert "$PICTURES/$1.png" -unique-colors -format %w info: 2>/dev/null)
    if [ "${colours:-0}" -ge 16 ]; then pass "picture $1: $(identify -format '%wx%h' "$PICTURES/$1.png"), $colours colours"
    else fail "picture $1 shows nothing (${colours:-no} colours)"; fi
}

# ---------------------------------------------------------------- one dialog at a time

begin() { # begin NAME FILE PARENT: the dialog is opened in the background; returns when it is there
    LOG=$1
    wine_in "$P" 120 "$HOST" show "$2" "$3" >"$WORK/$1.out" 2>"$WORK/$1.err" &
    SHOWN=$!
    for i in $(seq 600); do grep -q '^looked at' "$WORK/$1.out" && break; sleep 0.1; done
    grep -q '^looked at' "$WORK/$1.out" || fail "$1: the dialog does not come"
}
end() { # end NAME ANSWER: it is gone, the message has answered
    wait "$SHOWN"
    tr -d '\r' <"$WORK/$LOG.out" >"$WORK/$LOG.log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$WORK/$LOG.log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$WORK/$LOG.log")))
    grep '^FAIL ' "$WORK/$LOG.log"
    if [ "$(tail -n 1 "$WORK/$LOG.log")" = "dialog_host show: all done" ] && grep -q "^answer $2 " "$WORK/$LOG.log"; then
        pass "$1: DRV_CONFIGURE answers $2"
    else
        fail "$1: $(grep '^answer' "$WORK/$LOG.log"), expected $2"; sed 's/^/    /' "$WORK/$LOG.log" "$WORK/$LOG.err"
    fi
}
keys() { xdotool key --delay 30 "$@"; sleep 0.3; }
type_text() { xdotool type --delay 30 "$1"; sleep 0.3; }
peek() { # peek: every control into peek.txt, read by another process
    wine_in "$P" 60 "$HOST" peek "$TITLE" 2>/dev/null | tr -d '\r' >"$WORK/peek.txt"
    [ "$(tail -n 1 "$WORK/peek.txt")" = "dialog_host peek: all done" ] || fail "the controls cannot be read"
}
text_of() { sed -n "s/^control $1 [A-Za-z]* [a-z]* [a-z]* \[\(.*\)\]$/\1/p" "$WORK/peek.txt"; }
state_of() { sed -n "s/^control $1 [A-Za-z]* \([a-z]*\) \([a-z]*\) .*/\1 \2/p" "$WORK/peek.txt"; }
letter() { # letter LABEL: the key that goes with it
    grep -F "[" "$WORK/peek.txt" | sed -n 's/.*\[\(.*\)\]$/\1/p' | awk -v want="$1" '{
        plain = $0; gsub(/&/, "", plain)
        if (plain == want || plain == want ":") { i = index($0, "&"); print tolower(substr($0, i + 1, 1)); exit } }'
}
row_id() { awk -v want="$1" '/^control 2[0-9]*[0-9] (Static|Button)/ {
    t = $0; sub(/^[^[]*\[/, "", t); sub(/\]$/, "", t); gsub(/&/, "", t); sub(/:$/, "", t)
    if (t == want) { print int($2 / 10) * 10; exit } }' "$WORK/peek.txt"; }
equals() { # equals WHAT GOT EXPECTED
    if [ "$2" = "$3" ]; then pass "$1: $2"; else fail "$1: \"$2\", expected \"$3\""; fi
}
value() { # value ROOT NAME: a setting as reg.exe tells it, "" if it is not there
    wine_in "$P" 60 reg query "$1\\Software\\mmekit\\mmewave" /v "$2" 2>/dev/null | tr -d '\r' |
        sed -n "s/^ *$2 *REG_[A-Z]* *//p"
}
dump() { # dump NAME: both hives
    for hive in 'HKEY_LOCAL_MACHINE\Software' HKEY_CURRENT_USER; do
        wine_in "$P" 60 regedit /E 'C:\export.reg' "$hive" >/dev/null 2>&1
        iconv -f UTF-16 -t UTF-8 "$C/export.reg" && rm -f "$C/export.reg"
    done >"$WORK/$1.reg"
    [ "$(grep -c '^\[' "$WORK/$1.reg")" -gt 1000 ] || fail "the export $1 is too short to be one"
}

# ---------------------------------------------------------------- a prefix with the driver

prefix_new "$P"
[ -d "${MMK_WINE_FONTS:-}" ] && cp "$MMK_WINE_FONTS"/*.ttf "$C/windows/Fonts/" # those of fonts-wine, where it is not installed
cp "$BIN/mmewave.drv" "$C/windows/system32/" || exit 2
wine_in "$P" 60 reg add 'HKCU\Software\Wine\Explorer' /v Desktop /d Default /f >/dev/null 2>&1
wine_in "$P" 60 reg add 'HKCU\Software\Wine\Explorer\Desktops' /v Default /d 2000x1400 /f >/dev/null 2>&1
program 60 "dialog_host ask-install" "$P" "$HOST" ask-install mmewave.drv bare
program 60 "dialog_host remove" "$P" "$HOST" remove mmewave.drv
program 60 "dialog_host ask-install" "$P" "$HOST" ask-install mmewave.drv asked
equals "a cancelled DRV_INSTALL has left no alias" \
    "$(wine_in "$P" 60 reg query 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' /v wave1 2>/dev/null | grep -c wave1)" 0
program 60 "dialog_host install" "$P" "$HOST" install mmewave.drv

# ---------------------------------------------------------------- measured and seen

for dpi in 96 192; do
    resolution $dpi
    program 60 "dialog_host measure" "$P" "$HOST" measure wave1
    program 60 "dialog_host measure-long" "$P" "$HOST" measure-long
    begin "picture-$dpi" wave1 none
    sleep 1
    picture "dialog-$dpi-dpi"
    keys Escape
    end "Esc at $dpi dpi" 0
done
resolution 96

program 100 "dialog_host rounds" "$P" "$HOST" rounds wave1

# ---------------------------------------------------------------- used by keys

begin rate wave1 window
peek
RATE=$(($(row_id "Sample rate") + 1)) RATE_NOTE=$(($(row_id "Sample rate") + 4)) ALT_RATE=$(letter "Sample rate")
equals "the rate is read from another process" "$(text_of $RATE)" 48000
equals "Apply is off before anything was changed" "$(state_of 101)" "off shown"
equals "a row that does not apply is off" "$(state_of $(($(row_id "File or device") + 1)))" "off shown"
keys "alt+$ALT_RATE"
peek
equals "the help is that of the row with the focus" "$(text_of 104)" \
    "Rate at which the device runs; programs may use any, it is converted."
type_text 44100
peek
equals "Apply is on" "$(state_of 101)" "on shown"
keys Return
end "rate by keys, Enter" 1
equals "the registry has the rate" "$(value HKLM rate_hz)" 0xac44

dump before
begin cancel wave1 window
keys "alt+$ALT_RATE"; type_text 22050; keys Escape
end "another rate, Esc" 0
dump after
check "Cancel leaves the registry byte for byte" cmp "$WORK/before.reg" "$WORK/after.reg"

begin apply wave1 child
keys "alt+$ALT_RATE"; type_text 32000; keys "alt+$(letter Apply)"
peek
equals "Apply says so" "$(text_of 105)" "Saved."
equals "there is nothing left to cancel" "$(text_of 2)" "Close"
keys "alt+$ALT_RATE"; type_text 8000; keys Escape
end "Apply, another rate, Esc" 1
equals "what was applied stays" "$(value HKLM rate_hz)" 0x7d00

begin bad wave1 window
keys "alt+$ALT_RATE"; type_text 7; keys Return
peek
equals "a bad rate is refused beside its field" "$(text_of $RATE_NOTE)" \
    "\"7\" is out of range; allowed: 1000 to 384000 Hz"
equals "and shown" "$(state_of $RATE_NOTE)" "on shown"
picture refused-96-dpi
type_text 48000
peek
equals "the complaint goes when the value does" "$(state_of $RATE_NOTE)" "on hidden"
keys Return
end "a good rate after a bad one" 1
equals "the registry has the good one" "$(value HKLM rate_hz)" 0xbb80

# a folder that is not there: refused by the probe, shown beside the path
begin probe wave1 window
keys "alt+$(letter "Plays into")"; type_text f
peek
equals "the path can be given now" "$(state_of $(($(row_id "File or device") + 1)))" "on shown"
keys "alt+$(letter "File or device")"; type_text 'C:\no folder\tone.wav'; keys Return
peek
case $(text_of $(($(row_id "File or device") + 4))) in
*folder*) pass "what the probe refuses stands beside the path: $(text_of $(($(row_id "File or device") + 4)))" ;;
*) fail "what the probe refuses: $(text_of $(($(row_id "File or device") + 4))) / $(text_of 105)" ;;
esac
keys Escape
end "a folder that is not there" 0

# ---------------------------------------------------------------- the test tone

begin tone wave1 window
keys "alt+$(letter "Plays into")"; type_text f
peek
keys "alt+$(letter Browse...)"
wine_in "$P" 60 "$HOST" wait "Save As" >"$WORK/wait.out" 2>&1
check "Browse opens a file dialog" grep -q '^PASS' "$WORK/wait.out"
type_text 'C:\tone.wav'; keys Return
wine_in "$P" 60 "$HOST" gone "Save As" >"$WORK/wait.out" 2>&1
peek
equals "what was chosen stands in the field" "$(text_of $(($(row_id "File or device") + 1)))" 'C:\tone.wav'
keys "alt+$(letter "Test tone")"
for i in $(seq 40); do
    peek
    [ "$(text_of 105)" = "The test tone was played." ] && break
    sleep 0.2
done
equals "the test tone" "$(text_of 105)" "The test tone was played."
picture tone-96-dpi
keys Escape
end "a tone, nothing saved" 0
equals "nothing was saved" "$(value HKLM backend)" ""
sox "$C/tone.wav" -n remix 1 stat >"$WORK/tone.txt" 2>&1
equals "the tone is a file of 48000 Hz, 2 channels" "$(soxi -r "$C/tone.wav") $(soxi -c "$C/tone.wav")" "48000 2"
equals "it lasts a second" "$(awk '/^Length/ {printf "%.2f", $3}' "$WORK/tone.txt")" 1.00
equals "it is a kilohertz" "$(awk '/^Rough/ {printf "%.0f", $3 / 10}' "$WORK/tone.txt")" 100
equals "a quarter of full scale" "$(awk '/^Maximum amplitude/ {printf "%.2f", $3}' "$WORK/tone.txt")" 0.25

# ---------------------------------------------------------------- whose settings, and who is asked

# the machine's journal cannot be had: a file stands where its folder would be
settle "$P"
mv "$C/ProgramData/mmekit" "$C/ProgramData/mmekit.aside" && : >"$C/ProgramData/mmekit"
begin user wave1 window
keys "alt+$ALT_RATE"; type_text 96000; keys "alt+$(letter Apply)"
peek
equals "without rights over the machine" "$(text_of 105)" \
    "Saved for you alone: for all users, an administrator has to do it."
keys Escape
end "settings of this user" 1
equals "HKCU has them" "$(value HKCU rate_hz)" 0x17700
equals "HKLM has not" "$(value HKLM rate_hz)" 0xbb80
check "the user has a journal" find "$C/users" -path '*AppData/Local/mmekit/journal' -size +0
rm -f "$C/ProgramData/mmekit" && mv "$C/ProgramData/mmekit.aside" "$C/ProgramData/mmekit"

MMEKIT_RATE_HZ=11025; export MMEKIT_RATE_HZ
begin environment wave1 window
unset MMEKIT_RATE_HZ
peek
equals "what the environment decides is shown" "$(text_of $RATE)" 11025
equals "and cannot be changed" "$(state_of $RATE)" "off shown"
equals "and why" "$(text_of $RATE_NOTE)" \
    "Set by MMEKIT_RATE_HZ in the environment, which goes before all settings."
keys Escape
end "the environment" 0

begin wild wave1 wild
keys Escape
end "a parent that is no window" 0

silent() { # silent NAME: nobody to ask: CANCEL at once, and said
    wine_in "$P" 60 "$HOST" show wave1 silent 2>"$WORK/$1.err" | tr -d '\r' >"$WORK/$1.log"
    if grep -q '^answer 0 ' "$WORK/$1.log" && [ "$(tail -n 1 "$WORK/$1.log")" = "dialog_host show: all done" ]; then
        pass "$1: DRV_CONFIGURE answers 0, $(grep -o 'after.*' "$WORK/$1.log")"
    else
        fail "$1"; sed 's/^/    /' "$WORK/$1.log" "$WORK/$1.err"
    fi
    check "$1: the status file says why" grep -q 'reason=NOBODY_TO_ASK' "$C/ProgramData/mmekit/status-mmewave"
}
MMEKIT_DIALOG=off; export MMEKIT_DIALOG
silent "MMEKIT_DIALOG=off"
unset MMEKIT_DIALOG
settle "$P"
rm -f "$C/ProgramData/mmekit/status-mmewave"
unset DISPLAY
silent "no display"

# ---------------------------------------------------------------- and it goes

program 60 "dialog_host remove" "$P" "$HOST" remove mmewave.drv
equals "the user's settings went along" "$(value HKCU rate_hz)" ""
finish
