# SPDX-License-Identifier: MIT
# Sourced after wine.sh by the suites that play MIDI through mmewine.dll.
#
#   midi_begin PREFIX        $P is a fresh prefix with mmewine.dll registered; $C its drive C, $DLLS its system folder
#   drv FILE AS              a copy of a driver of BIN in the system folder
#   aliases NAME=VALUE...    what Drivers32 holds
#   midi NAME WORDS...       mmewine_midi.exe in $P; its log in $WORK/NAME.err
#   arrived FILE             $C/FILE.txt is what the program has written into $C/FILE.want
#   left_out NAME ALIAS WHY  that run's log says so
DRIVERS32='HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32'
PROGRAMS=$WORK/programs # without the drivers beside them

midi_begin() {
    P=$1 C=$1/drive_c DLLS=$1/drive_c/windows/$SYSTEM
    need_files "$BIN/mmewine.dll" "$BIN/mmewine_midi.exe" "$BIN/midi_sink.drv"
    prefix_new "$P"
    mkdir -p "$PROGRAMS" && cp "$BIN/mmewine_midi.exe" "$PROGRAMS" && cp "$BIN/mmewine.dll" "$BIN/midi_sink.drv" "$DLLS/" || exit 2
    [ -n "${MIDI_UNREGISTERED:-}" ] || check "regsvr32 registers it" wine_in "$P" 60 regsvr32 /s mmewine.dll
}
drv() { cp "$BIN/$1" "$DLLS/$2" || exit 2; }
# The machine's number in the PE header, changed to the other of the two: only the header is looked at.
other_width() { # other_width FILE
    at=$(od -An -t u4 -j 60 -N 4 "$1" | tr -d ' ')
    if [ "$BITS" = 64 ]; then machine='\114\001'; else machine='\144\206'; fi
    printf "$machine" | dd of="$1" bs=1 seek=$((at + 4)) conv=notrunc 2>/dev/null
}
aliases() {
    { printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n'
      for a in "$@"; do printf '"%s"="%s"\r\n' "${a%%=*}" "$(printf '%s' "${a#*=}" | sed 's/\\/\\\\/g')"; done; } >"$C/aliases.reg"
    wine_in "$P" 60 regedit /S 'C:\aliases.reg' >"$WORK/regedit.log" 2>&1 || fail "no aliases"
    rm -f "$C/aliases.reg"
}
no_aliases() { for a in "$@"; do wine_in "$P" 60 reg delete "$DRIVERS32" /v "$a" /f >/dev/null 2>&1; done; }
midi() { # midi NAME WORDS...
    midi_name=$1; shift
    echo "-- $midi_name"
    { wine_in "$P" "${MIDI_LIMIT:-120}" "$PROGRAMS/mmewine_midi.exe" "$@" 2>"$WORK/$midi_name.err"; echo $? >"$WORK/$midi_name.status"; } |
        tr -d '\r' >"$WORK/$midi_name.log"
    grep -aE '^(PASS|FAIL) ' "$WORK/$midi_name.log"
    PASSED=$((PASSED + $(grep -ac '^PASS ' "$WORK/$midi_name.log"))) FAILED=$((FAILED + $(grep -ac '^FAIL ' "$WORK/$midi_name.log")))
    status=$(cat "$WORK/$midi_name.status")
    [ "$status" -le 1 ] || fail "$midi_name: the process ended with status $status" # 139: threads of others at its end
    if [ "$(tail -n 1 "$WORK/$midi_name.log")" = "mmewine_midi: all done" ]; then pass "$midi_name came to its end"
    else fail "$midi_name did not come to its end"; tail -n 15 "$WORK/$midi_name.log" "$WORK/$midi_name.err" | sed 's/^/    /'; fi
}
arrived() {
    if [ -s "$C/$1.want" ] && cmp "$C/$1.txt" "$C/$1.want" >"$WORK/cmp.log" 2>&1; then
        pass "$1: all that was sent has arrived, in order ($(grep -ac . "$C/$1.txt") messages, $(grep -ac '^long' "$C/$1.txt") of them long)"
    else fail "$1: $(cat "$WORK/cmp.log")"; diff "$C/$1.txt" "$C/$1.want" 2>&1 | cut -c 1-120 | sed 's/^/    /;6q'; fi
}
left_out() {
    if grep -q "left out: $2: .*$3" "$WORK/$1.err"; then pass "$2 is left out: $(sed -n "s/.*left out: $2: //p" "$WORK/$1.err" | head -n 1 | tr '\134\r' '/ ')"
    else fail "the log does not say that $2 was left out: $3"; grep -a 'MIDI' "$WORK/$1.err" | sed 's/^/    /;12q'; fi
}
