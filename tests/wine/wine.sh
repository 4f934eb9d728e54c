# SPDX-License-Identifier: MIT
# Sourced by every suite that runs programs under Wine: finds Wine, makes prefixes, counts, never waits for ever.
#
#   . "$(dirname "$0")/wine.sh"          after   set -u; BIN=... WORK=...   (both absolute; WORK is the suite's own)
#   prefix_new "$WORK/prefix"            a fresh, settled prefix
#   program LIMIT NAME PREFIX prog.exe ARGS...
#                                        runs it; counts its PASS and FAIL lines; its last line must be "<NAME>: all done"
#   export_registry PREFIX NAME          same_registry TITLE NAME NAME: what an installation left behind
#   null_sound                           a sound device that takes everything, for programs that want one
#   finish                               "N passed, N failed" and the exit status
#
# A program counts only if its last line says that it came to its end: a 32-bit program without wine32 returns 0 and
# does nothing. Needs no display. WINE and WINESERVER may be set to choose another Wine.
#
# MMEKIT_WINE_BITS=32 (set by wine32.sh) runs the same suite with the 32-bit loader, in prefixes that serve both
# bitnesses. For a suite that wants to know:
#   $BITS        64 or 32: the bitness of BIN_DIR's programs
#   $SYSTEM      the folder below drive_c/windows where DLLs of that bitness are: system32 or syswow64
#   $OBJDUMP     of that bitness; may not be there
#   wine64_in PREFIX SECONDS PROGRAM...   by the 64-bit loader in any case: regedit shows both views only there
PASSED=0 FAILED=0 PREFIXES=

pass() { echo "PASS $*"; PASSED=$((PASSED + 1)); }
fail() { echo "FAIL $*"; FAILED=$((FAILED + 1)); }
skip() { echo "SKIP $1: $2"; }
check() { # check NAME COMMAND...
    name=$1; shift
    if "$@" >"$WORK/check.log" 2>&1; then pass "$name"; else fail "$name"; sed "s/^/    /;20q" "$WORK/check.log"; fi
}
finish() {
    for p in $PREFIXES; do [ -d "$p" ] && prefix_end "$p"; done
    echo "$PASSED passed, $FAILED failed"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
    exit $?
}
need_files() { # need_files FILE...: a suite without what it runs has failed
    for f in "$@"; do
        [ -f "$f" ] || { echo "FAIL ${f:-wine} is not there"; echo "0 passed, 1 failed"; exit 1; }
    done
}

mkdir -p "$WORK" || exit 2
if command -v flock >/dev/null 2>&1; then # one run at a time in one folder
    exec 9>"$WORK/lock"
    flock -n 9 || { echo "FAIL another run works in $WORK"; echo "0 passed, 1 failed"; exit 1; }
fi
# the 64-bit loader itself: /usr/bin/wine of a system with wine32 starts the 32-bit tools
BITS=${MMEKIT_WINE_BITS:-64} SYSTEM=system32 OBJDUMP=x86_64-w64-mingw32-objdump
: "${WINE:=}" "${WINESERVER:=}"
for f in /usr/lib/wine/wine64 "$(command -v wine64)" "$(command -v wine)"; do
    [ -n "$WINE" ] && break
    [ -x "$f" ] && WINE=$f
done
for f in /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver "$(command -v wineserver)"; do
    [ -n "$WINESERVER" ] && break
    [ -x "$f" ] && WINESERVER=$f
done
need_files "$WINE" "$WINESERVER"
WINE64=$WINE
if [ "$BITS" = 32 ]; then
    WINE=/usr/lib/wine/wine SYSTEM=syswow64 OBJDUMP=i686-w64-mingw32-objdump
    need_files "$WINE"
fi
unset DISPLAY WAYLAND_DISPLAY
for v in $(env | sed -n 's/^\(MMEKIT_[A-Z0-9_]*\)=.*/\1/p'); do unset "$v"; done
# Wine names files in the locale's encoding: in the C locale a path with a letter that is no ASCII does not exist
export LC_ALL=C.UTF-8 WINEDEBUG=-all WINE WINESERVER WINELOADER="$WINE" HOME="$WORK/home"
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=;winedbg.exe="
mkdir -p "$HOME"

wine_in() { # wine_in PREFIX SECONDS PROGRAM ARGS...
    prefix=$1 limit=$2; shift 2
    WINEPREFIX=$prefix timeout -k 5 "$limit" "$WINE" "$@" </dev/null 9>&-
}
wine64_in() { # wine64_in PREFIX SECONDS PROGRAM ARGS...
    prefix=$1 limit=$2; shift 2
    WINEPREFIX=$prefix WINELOADER=$WINE64 timeout -k 5 "$limit" "$WINE64" "$@" </dev/null 9>&-
}
settle() { # settle PREFIX: all programs have ended and the registry is in the files
    WINEPREFIX=$1 timeout -k 5 60 "$WINESERVER" -w 9>&-
}
# The clients of a killed server wait for it for ever, and use the processor while they do.
orphans_end() { # orphans_end PREFIX: without a server
    for f in $(grep -lsxzF "WINEPREFIX=$1" /proc/[0-9]*/environ); do
        f=${f#/proc/} && kill -KILL "${f%/environ}" 2>/dev/null
    done
}
kill_server() { WINEPREFIX=$1 "$WINESERVER" -k9 >/dev/null 2>&1; settle "$1"; orphans_end "$1"; }
prefix_end() { WINEPREFIX=$1 "$WINESERVER" -k >/dev/null 2>&1; settle "$1"; orphans_end "$1"; } # at once, but saved
prefix_make() { # prefix_make PREFIX: by wineboot; crashes open no dialog
    wine_in "$1" 180 wineboot -i >"$WORK/wineboot.log" 2>&1
    settle "$1"
    [ -s "$1/system.reg" ] || { fail "no prefix in $1"; sed "s/^/    /" "$WORK/wineboot.log"; finish; }
    wine_in "$1" 60 reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f >/dev/null 2>&1
    settle "$1"
}
# A prefix holds 700 MB of DLLs: they are shared by hard links. Not what Wine writes in place (INI files, and hives: one
# with a second name is cut short in place instead of being replaced).
prefix_copy() { # prefix_copy FROM TO: of a settled one
    [ -d "$2" ] && prefix_end "$2" # of a run that was interrupted
    rm -rf "${2:?}"
    PREFIXES="$PREFIXES $2"
    mkdir -p "${2%/*}" && cp -al "$1" "$2" && find "$2" -type f \( -name '*.reg' -o -name '*.ini' -o -name '.update-timestamp' \
        -o -size -64k \) -exec sh -c 'for f; do cp -p "$f" "$f.own" && mv -f "$f.own" "$f"; done' sh {} +
}
prefix_new() { # prefix_new PREFIX: made anew, from the one that the first suite of a run has made
    template=$WORK/../template-$("$WINE" --version | tr -c 'A-Za-z0-9.\n' _)-$BITS
    [ -f "$template/made" ] || ( # made once, though suites run side by side
        command -v flock >/dev/null 2>&1 && { exec 8>"$template.lock"; flock 8; }
        [ -f "$template/made" ] && exit 0
        rm -rf "${template:?}.new" "${template:?}"
        prefix_make "$template.new" 8>&-
        touch "$template.new/made" && mv "$template.new" "$template"
    ) || { fail "no prefix to copy"; finish; }
    prefix_copy "$template" "$1"
    rm -f "$1/made"
}
program() { # program SECONDS NAME PREFIX PROG ARGS...
    limit=$1 name=$2 prefix=$3; shift 3
    log=$WORK/$name.log
    printf '%s\n' "-- $name: $*"
    wine_in "$prefix" "$limit" "$@" 2>"$WORK/$name.err" | tr -d '\r' >"$log"
    grep -E '^(PASS|FAIL|SKIP|FIGURE) ' "$log"
    PASSED=$((PASSED + $(grep -c '^PASS ' "$log"))) FAILED=$((FAILED + $(grep -c '^FAIL ' "$log")))
    if [ "$(tail -n 1 "$log")" = "$name: all done" ]; then pass "$name came to its end"
    else fail "$name did not come to its end"; tail -n 15 "$log" "$WORK/$name.err" | sed "s/^/    /"; fi
}

# Programs find one sound device, ALSA's null, whatever the machine has; without this the machine's own, or none.
null_sound() {
    echo 'pcm.!default { type null }' >"$HOME/asound.conf"
    export ALSA_CONFIG_PATH="$HOME/asound.conf"
}

# Sound that plays in time may come late on a busy machine: of three tries one must be good.
patient() { # patient program SECONDS NAME ...
    for try in 1 2 3; do
        patient_passed=$PASSED patient_failed=$FAILED
        "$@" >"$WORK/try.out"
        [ "$FAILED" -eq "$patient_failed" ] && break
        [ "$try" -lt 3 ] && { echo "-- once more, since: $(grep -m 1 '^FAIL' "$WORK/try.out")"; PASSED=$patient_passed FAILED=$patient_failed; }
    done
    cat "$WORK/try.out"
}

# ---------------------------------------------------------------- the registry, as regedit sees it

export_registry() { # export_registry PREFIX NAME: writes $WORK/NAME.reg: both hives, both views, sorted by regedit
    for hive in 'HKEY_LOCAL_MACHINE\Software' HKEY_CURRENT_USER; do
        wine64_in "$1" 60 regedit /E 'C:\export.reg' "$hive" >"$WORK/regedit.log" 2>&1
        [ -s "$1/drive_c/export.reg" ] || { fail "regedit /E of $hive wrote nothing"; return 1; }
        # Wine lists the host's network cards whenever one of its services likes to
        iconv -f UTF-16 -t UTF-8 "$1/drive_c/export.reg" | tr -d '\r' |
            awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^\[[^\n]*\\NetworkCards/'
        rm -f "$1/drive_c/export.reg"
    done >"$WORK/$2.reg"
    [ "$(grep -c '^\[' "$WORK/$2.reg")" -gt 1000 ] || fail "the export $2 is too short to be one"
}
# Until a later session has seen the registry saved, an empty volatile key marks the session (Wine saves it late, so
# the journal must be able to redo). It is in no file; a comparison in a next session has nothing left out.
but_for_the_marker() { # but_for_the_marker NAME: writes NAME-.reg
    n=$(grep -c '^\[HKEY_[A-Z_]*\\Software\\mmekit.session\]$' "$WORK/$1.reg")
    [ "$n" -le 2 ] || fail "$1: $n marker keys" # one of the machine, one of the user
    sed '/^\[HKEY_[A-Z_]*\\Software\\mmekit.session\]$/{N;s/^[^\n]*\n$//;T;d}' "$WORK/$1.reg" >"$WORK/$1-.reg"
}
same_registry() { # same_registry TITLE A B
    if diff "$WORK/$2.reg" "$WORK/$3.reg" >"$WORK/$2-$3.diff"; then
        pass "$1 ($(grep -c '^\[' "$WORK/$2.reg") keys, $(wc -c <"$WORK/$2.reg") bytes)"
    else
        fail "$1"; sed "s/^/    /;30q" "$WORK/$2-$3.diff"
    fi
}
