#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64
# only: full
# Installing without any tool, in and out again: mmekit.inf and the rundll32 entries. What stays is compared with a
# prefix in which all but that was done.
#
# usage: suite_inf.sh BIN_DIR BUILD_RELEASE WORK_DIR
#   BIN_DIR   what the preset windows-x86_64 built; what windows-i686 built lies beside it, or in MMEKIT_BUILD_I686
set -u
[ $# -eq 3 ] || { sed -n '8,9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
X64=${BIN%/bin} X86=${MMEKIT_BUILD_I686:-${BIN%/*/bin}/windows-i686}
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/packages.sh"
need_files "$BIN/mmewave.drv" "$BIN/mmekit.inf" "$X64/packaging/mmekit.inf" "$BIN/press_ok.exe" "$X86/bin/mmewave.drv"

control_begin
mkdir -p "$C/pkg/x64" "$C/pkg/x86" "$C/pkg/inf" "$C/bin" && cp "$BIN/mmewave.drv" "$C/pkg/x64/" && cp "$X86/bin/mmewave.drv" "$C/pkg/x86/" &&
    cp "$BIN/mmewave.drv" "$C/pkg/inf/mmewave64.drv" && cp "$X86/bin/mmewave.drv" "$C/pkg/inf/mmewave32.drv" &&
    cp "$X64/packaging/mmekit.inf" "$C/pkg/inf/" && cp "$BIN/mmekit.inf" "$BIN/mmewave.drv" "$C/bin/" || exit 2
inf() { wine64_in "$1" 120 rundll32 setupapi.dll,InstallHinfSection "$2" 132 "$3"; }
idle() { # what every way starts, without installing anything
    inf "$1" Nothing 'C:\pkg\inf\mmekit.inf'
    wine64_in "$1" 60 cmd /c start /wait rundll32 mmewave.drv,Install /inf
    wine64_in "$1" 60 'C:\press_ok.exe' nothing 1
}
control_take idle

# ---------------------------------------------------------------- mmekit.inf

inf "$P" DefaultInstall 'C:\pkg\inf\mmekit.inf' >"$WORK/inf.log" 2>&1
installed "INF"
check "INF: its entry stands in Settings, Apps" listed mmekit.inf
impossible inf "$P" DefaultInstall 'C:\pkg\inf\mmekit.inf' >"$WORK/inf3.log" 2>&1
installed "INF, a refused one over it"
inf "$P" DefaultUninstall 'C:\windows\inf\mmekit.inf' >"$WORK/inf4.log" 2>&1
as_before "INF, removed" inf-removed
impossible inf "$P" DefaultInstall 'C:\pkg\inf\mmekit.inf' >"$WORK/inf5.log" 2>&1
left_nothing "INF, hardware absent" inf-refused

# the INF that the build leaves beside its one module
inf "$P" DefaultInstall 'C:\bin\mmekit.inf' >"$WORK/inf6.log" 2>&1
got=$(in_view 64)
if [ "$got" = "wave1=mmewave.drv" ] && [ -z "$(in_view 32)" ]; then pass "bin/mmekit.inf: one width, one view"; else fail "bin/mmekit.inf: $got"; fi
inf "$P" DefaultUninstall 'C:\windows\inf\mmekit.inf' >"$WORK/inf7.log" 2>&1
as_before "bin/mmekit.inf, removed" bin-removed

# ---------------------------------------------------------------- rundll32, in the system folders

cp "$BIN/mmewave.drv" "$C/windows/system32/" && cp "$X86/bin/mmewave.drv" "$C/windows/syswow64/"
run_dll mmewave.drv,Uninstall /quiet; code_is "rundll32: remove what is not there" 1610 $?
MMEKIT_TRACE=trace run_dll mmewave.drv,Install /quiet '/rate:44100' '/alias:wave3' 2>"$WORK/rundll.log"; code_is "rundll32: install with settings" 0 $?
sent=$(tr -d '\r' <"$WORK/rundll.log" | sed -n 's/^mmekit trace: DriverProc DR[VM]*_\([A-Z]*\) .*/\1/p' | tr '\n' ' ')
if [ "$sent" = "LOAD ENABLE OPEN ATTACH INSTALL CLOSE DISABLE FREE " ]; then pass "rundll32: the driver got $sent"; else fail "rundll32: the driver got $sent"; fi
installed "rundll32" "wave3=mmewave.drv /rate:44100"
run_dll mmewave.drv,Install /quiet /rate:banana 2>"$WORK/banana.txt"; code_is "rundll32: a setting that is none" 1639 $?
check "rundll32: it says which, and what is allowed" grep -q '"banana" is not a number; allowed: [0-9]* to [0-9]* Hz' "$WORK/banana.txt"
run_dll mmewave.drv,Install /quiet /louder 2>"$WORK/louder.txt"; code_is "rundll32: a word that is none" 1639 $?
check "rundll32: it says which" grep -q '/louder is not understood' "$WORK/louder.txt"
installed "rundll32, after both" "wave3=mmewave.drv /rate:44100"

box() { # box NAME PATTERN CODE RUNDLL32-ARGS...: the message box says PATTERN, and rundll32 ends with CODE after OK
    name=$1 pattern=$2 want=$3; shift 3
    run_dll "$@" 2>"$WORK/box.err" & rundll=$!
    wine64_in "$P" 60 'C:\press_ok.exe' "$TITLE" 30 | tr -d "\r" | grep -v "^waiting$" >"$WORK/box.txt"
    wait $rundll; code_is "$name" "$want" $?
    if grep -q "^box: .*$pattern" "$WORK/box.txt"; then pass "$name: $(cat "$WORK/box.txt")"; else fail "$name: $(cat "$WORK/box.txt"), expected $pattern"; fi
}
box "box after an install" "installed" 0 mmewave.drv,Install
impossible box "box after a refusal" "missing.*: make it, or set another path" 1603 mmewave.drv,Install '/only-failures'
run_dll mmewave.drv,Install /only-failures; code_is "/only-failures: no box when all is well" 0 $?
box "box after a removal" "removed" 0 mmewave.drv,Uninstall /forget
let_end "$P"
rm -f "$C/windows/system32/mmewave.drv" "$C/windows/syswow64/mmewave.drv"
as_before "rundll32, removed" rundll-removed

# ---------------------------------------------------------------- rundll32, in the folder of the .zip: copies both

run_dll 'C:\pkg\x64\mmewave.drv,Install' /quiet; code_is ".zip: install" 0 $?
installed ".zip"
run_dll 'C:\pkg\x64\mmewave.drv,Uninstall' /quiet /forget; code_is ".zip: remove" 0 $?
as_before ".zip, removed" zip-removed

let_end "$P"
finish
