# SPDX-License-Identifier: MIT
# Sourced by the suites that install without mmectl: a prefix and its control, and what is compared.
#
#   control_begin        $P is a fresh prefix; put in what both shall have, then
#   control_take IDLE    runs IDLE in $P, copies it as the control, runs IDLE there too; exports it
#   as_before WHAT NAME  counts: registry and files of $P equal the control's
P=$WORK/prefix C=$WORK/prefix/drive_c KEEPER=
TITLE='mmekit virtual sound card'

# One program that only waits keeps the server and its services up: everything else starts four times as fast.
# Waits until it is there: who comes while a server ends is turned away.
keep_up() { # keep_up PREFIX
    up=$1/drive_c/up.txt
    rm -f "$up"
    (WINEPREFIX=$1 WINELOADER=$WINE64 exec "$WINE64" 'C:\press_ok.exe' nothing 270 </dev/null >"$up" 2>/dev/null 9>&-) &
    KEEPER=$!
    for i in $(seq 300); do [ -s "$up" ] && break; sleep 0.1; done
    rm -f "$up"
}
let_end() { # let_end PREFIX
    [ -n "$KEEPER" ] && kill "$KEEPER" 2>/dev/null && wait "$KEEPER" 2>/dev/null
    KEEPER=
    settle "$1"
}

control_begin() {
    prefix_new "$P"
    # windows without a display
    wine64_in "$P" 60 reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f >/dev/null 2>&1
    cp "$BIN/press_ok.exe" "$C/" || exit 2
}
# Beside the registry: every file of drive C and its size. ~nsu: where NSIS puts a running uninstaller, until the restart.
files_of() { (cd "$1/drive_c" && find . ! -path '*/[Tt]emp/~nsu*' \( -type f -printf '%p %s\n' -o -printf '%p\n' \) | sort) >"$WORK/$2.files"; }
control_take() {
    "$1" "$P" >"$WORK/idle.log" 2>&1
    rm -rf "${C:?}/ProgramData/mmekit" # the status of what was refused
    settle "$P"
    prefix_copy "$P" "$WORK/control"
    "$1" "$WORK/control" >"$WORK/idle2.log" 2>&1
    rm -rf "$WORK/control/drive_c/ProgramData/mmekit"
    settle "$WORK/control"
    files_of "$WORK/control" control
    keep_up "$WORK/control" # it is there at the other exports too, and Wine notes volatile things of its windows
    export_registry "$WORK/control" control
    let_end "$WORK/control"
    keep_up "$P"
}
as_before() {
    let_end "$P"
    files_of "$P" "$2"
    keep_up "$P"
    export_registry "$P" "$2"
    same_registry "$1: the registry is the control's" "$2" control
    if cmp -s "$WORK/control.files" "$WORK/$2.files"; then pass "$1: the files are the control's ($(grep -c . "$WORK/$2.files"))"
    else fail "$1: the files are not the control's"; diff "$WORK/control.files" "$WORK/$2.files" | sed "s/^/    /;20q"; fi
}
run_dll() { wine64_in "$P" 60 rundll32 "$@"; }
in_view() { # in_view BITS: what stands in Drivers32
    wine64_in "$P" 60 reg query 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Drivers32' "/reg:$1" 2>/dev/null | tr -d '\r' |
        sed -n 's/^ *\(wave[0-9]\) *REG_SZ *\(.*\)$/\1=\2/p'
}
installed() { # installed WHAT [ALIAS]: alias in both views, both modules where they belong
    want=${2:-wave1=mmewave.drv} got64=$(in_view 64) got32=$(in_view 32)
    if [ "$got64" = "$want" ] && [ "$got32" = "$want" ]; then pass "$1: $want in both views"
    else fail "$1: \"$got64\" in the 64-bit view, \"$got32\" in the 32-bit one, expected $want"; fi
    check "$1: the 64-bit module is in system32" cmp "$BIN/mmewave.drv" "$C/windows/system32/mmewave.drv"
    check "$1: the 32-bit module is in syswow64" cmp "$X86/bin/mmewave.drv" "$C/windows/syswow64/mmewave.drv"
}
listed() { wine64_in "$P" 60 reg query "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\$1" >"$WORK/listed.txt" 2>/dev/null && grep -q UninstallString "$WORK/listed.txt"; }
said_why() { grep -q 'HARDWARE_ABSENT' "$C/ProgramData/mmekit/status-mmewave" && grep -q 'missing' "$C/ProgramData/mmekit/status-mmewave"; }
left_nothing() { # left_nothing WHAT NAME: but for the reason, which the status file has
    check "$1: the status file says why" said_why
    let_end "$P"
    rm -rf "${C:?}/ProgramData/mmekit"
    as_before "$1" "$2"
}
code_is() { # code_is WHAT WANT GOT: a Unix shell sees the low byte
    if [ "$3" -eq $(($2 & 255)) ]; then pass "$1: exit code $2"; else fail "$1: exit code $3, expected $2 ($(($2 & 255)))"; fi
}
impossible() { ( MMEKIT_BACKEND=file MMEKIT_PATH='C:\missing\x.wav'; export MMEKIT_BACKEND MMEKIT_PATH; "$@" ); } # hardware that is absent
