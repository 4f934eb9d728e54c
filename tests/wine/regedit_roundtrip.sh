#!/bin/sh
# SPDX-License-Identifier: MIT
# Registry files between us and Wine's regedit: what we write it reads, what it writes we read, and edit without
# touching anything else.
#
# usage: regedit_roundtrip.sh BIN_DIR BUILD_RELEASE WORK_DIR
#   BIN_DIR        not used here (run.sh passes it to all)
#   BUILD_RELEASE  the native build: bin/regedit_tool
#   WORK_DIR       files stay there, below regedit/
# environment: WINE, WINESERVER, WINEPREFIX; without them the system's wine64 in a prefix below WORK_DIR.
#
# Prints PASS and FAIL lines, then "N passed, N failed".
set -u
[ $# -eq 3 ] || { sed -n '6,10s/^# //p' "$0" >&2; exit 2; }
TOOL=$(cd "$2" && pwd)/bin/regedit_tool
mkdir -p "$3/regedit" || exit 2
WORK=$(cd "$3/regedit" && pwd)
PASSED=0 FAILED=0
pass() { echo "PASS $*"; PASSED=$((PASSED + 1)); }
fail() { echo "FAIL $*"; FAILED=$((FAILED + 1)); }
finish() {
    [ -z "$OWN" ] || "$WINESERVER" -k >/dev/null 2>&1
    echo "$PASSED passed, $FAILED failed"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
    exit $?
}

OWN=
if [ -z "${WINE:-}" ]; then
    for f in /usr/lib/wine/wine64 "$(command -v wine64)" "$(command -v wine)"; do [ -x "$f" ] && { WINE=$f; break; }; done
fi
if [ -z "${WINESERVER:-}" ]; then
    for f in /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver "$(command -v wineserver)"; do
        [ -x "$f" ] && { WINESERVER=$f; break; }
    done
fi
[ -x "$TOOL" ] && [ -x "${WINE:-}" ] || { fail "$TOOL or wine is not there"; finish; }
if [ -z "${WINEPREFIX:-}" ]; then
    OWN=1 WINEPREFIX=$WORK/prefix
    rm -rf "$WINEPREFIX"
fi
export WINE WINESERVER WINEPREFIX WINEDEBUG=-all WINEARCH=win64
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe="
unset DISPLAY WAYLAND_DISPLAY
if [ -n "$OWN" ]; then
    timeout 180 "$WINE" wineboot -i >"$WORK/wineboot.log" 2>&1 || { fail "wineboot"; finish; }
fi

windows_path() { printf 'Z:%s' "$1" | tr / '\\'; }
regedit() { timeout 120 "$WINE" regedit "$@" >>"$WORK/regedit.log" 2>&1; }
export_key() { # export_key FILE KEY; regedit answers 0 in any case, the file tells
    rm -f "$1"
    regedit /E "$(windows_path "$1")" "$2" && [ -s "$1" ]
}
import() { regedit /S "$(windows_path "$1")"; }

# ---------------------------------------------------------------- what we write

KEY='Software\mmekit round trip'
round_trip() { # round_trip NAME SEED [plain]
    import "$WORK/delete.reg"
    rm -f "$WORK/$1.reg"
    "$TOOL" generate "$WORK/$1.reg" "$2" ${3:+"$3"} || { fail "$1: generate"; return; }
    import "$WORK/$1.reg" || { fail "$1: regedit does not read it"; return; }
    export_key "$WORK/$1.machine.reg" "HKEY_LOCAL_MACHINE\\$KEY" &&
        export_key "$WORK/$1.user.reg" "HKEY_CURRENT_USER\\$KEY" || { fail "$1: regedit /E"; return; }
    # both exports in one file: the second without mark and header
    { cat "$WORK/$1.machine.reg"; tail -c +79 "$WORK/$1.user.reg"; } >"$WORK/$1.back.reg"
    if "$TOOL" compare "$WORK/$1.reg" "$WORK/$1.back.reg" >"$WORK/$1.txt" 2>&1; then
        pass "regedit: $1 comes back equal: $(tail -n 1 "$WORK/$1.txt")"
    else
        fail "regedit: $1 comes back different"
        head -n 12 "$WORK/$1.txt" | sed 's/^/    /'
    fi
}
printf 'REGEDIT4\r\n\r\n[-HKEY_LOCAL_MACHINE\\%s]\r\n[-HKEY_CURRENT_USER\\%s]\r\n' "$KEY" "$KEY" >"$WORK/delete.reg"
: >"$WORK/regedit.log"
for seed in 1 2 3 4 5; do round_trip "tree-$seed" "$seed"; done

# an ASCII file, as somebody has it who edits by hand: our text must stay ASCII
printf 'Windows Registry Editor Version 5.00\n\n; by hand\n[HKEY_LOCAL_MACHINE\\Software]\n' >"$WORK/hand.reg"
import "$WORK/delete.reg"
cp "$WORK/hand.reg" "$WORK/ascii.reg"
if "$TOOL" generate "$WORK/ascii.reg" 77 plain && ! LC_ALL=C grep -q '[^ -~	]' "$WORK/ascii.reg" &&
    import "$WORK/ascii.reg" && export_key "$WORK/ascii.machine.reg" "HKEY_LOCAL_MACHINE\\$KEY" &&
    "$TOOL" compare "$WORK/ascii.reg" "$WORK/ascii.machine.reg" machine >"$WORK/ascii.txt" 2>&1; then
    pass "regedit: an ASCII file comes back equal: $(tail -n 1 "$WORK/ascii.txt")"
else
    fail "regedit: an ASCII file comes back different"
    head -n 12 "$WORK/ascii.txt" | sed 's/^/    /'
fi
import "$WORK/delete.reg"

# ---------------------------------------------------------------- what it writes

N=0
for hive in 'HKEY_LOCAL_MACHINE\Software' 'HKEY_LOCAL_MACHINE\System' 'HKEY_LOCAL_MACHINE\Hardware' \
    HKEY_LOCAL_MACHINE HKEY_CURRENT_USER HKEY_CLASSES_ROOT HKEY_USERS HKEY_CURRENT_CONFIG; do
    N=$((N + 1))
    file=$WORK/hive-$N.reg
    export_key "$file" "$hive" || { fail "regedit /E $hive"; continue; }
    cp "$file" "$file.touched"
    if "$TOOL" touch "$file.touched" 2>"$WORK/touch.txt" && cmp -s "$file" "$file.touched"; then
        pass "regedit: $hive, $(wc -c <"$file") bytes, is read and rewritten unchanged"
    else
        fail "regedit: $hive is not read, or not rewritten unchanged"
        head -n 3 "$WORK/touch.txt" | sed 's/^/    /'
    fi
done

# an export with our edit in it goes back in
if cp "$WORK/hive-1.reg" "$WORK/edited.reg" && "$TOOL" add "$WORK/edited.reg" && import "$WORK/edited.reg" &&
    export_key "$WORK/added.reg" 'HKEY_LOCAL_MACHINE\Software\mmekit added' &&
    iconv -f UTF-16 -t UTF-8 "$WORK/added.reg" | tr -d '\r' | grep -qx '"text"="ok"'; then
    pass "regedit: an export that we edited goes back in"
else
    fail "regedit: an export that we edited does not go back in"
fi
printf 'REGEDIT4\r\n\r\n[-HKEY_LOCAL_MACHINE\\Software\\mmekit added]\r\n' >"$WORK/undo.reg"
import "$WORK/undo.reg"
finish
