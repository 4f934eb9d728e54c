#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 nsis zip unzip file
# only: full
# The .zip and the setup program: what make.sh builds, and installing, upgrading, failing and removing with it. What
# stays is compared with a prefix in which all but that was done.
#
# usage: suite_setup.sh BIN_DIR BUILD_RELEASE WORK_DIR
#   BIN_DIR   what the preset windows-x86_64 built; what windows-i686 built lies beside it, or in MMEKIT_BUILD_I686
set -u
[ $# -eq 3 ] || { sed -n '8,9s/^# //p' "$0" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "$1" && pwd) || exit 2
X64=${BIN%/bin} X86=${MMEKIT_BUILD_I686:-${BIN%/*/bin}/windows-i686}
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$HERE/wine.sh"
. "$HERE/packages.sh"
need_files "$BIN/mmewave.drv" "$BIN/press_ok.exe" "$X86/bin/mmewave.drv" "$X64/packaging/mmekit.inf"

# ---------------------------------------------------------------- the packages

SOURCE_DATE_EPOCH=1767225600; export SOURCE_DATE_EPOCH # and not the last commit's: there may be one meanwhile
pack() { sh "$HERE/../../packaging/windows/make.sh" "$X64" "$X86" "$1" >"$WORK/make.log" 2>&1; }
rm -rf "$WORK/out" "$WORK/again"
check "make.sh builds the .zip and both setup programs" pack "$WORK/out"
[ "$FAILED" -eq 0 ] || finish
ZIP=$(echo "$WORK"/out/*-windows.zip) SETUP=$(echo "$WORK"/out/*-setup.exe) VERSION=$(basename "$ZIP" -windows.zip)
VERSION=${VERSION#mmekit-}
same_bytes() { pack "$WORK/again/elsewhere" && for f in "$WORK"/out/mmekit-*; do cmp "$f" "$WORK/again/elsewhere/${f##*/}" || return 1; done; }
check "made again, elsewhere and later: the same bytes" same_bytes
unzip -Z1 "$ZIP" | sed "s|^mmekit-$VERSION/||" | sort | grep -v mmectl >"$WORK/zip.txt"
printf '%s\n' LICENSE.txt README.txt inf/mmekit.inf inf/mmewave32.drv inf/mmewave64.drv x64/mmecodec.acm x64/mmewave.drv x64/mmewine.dll \
    x86/mmecodec.acm x86/mmewave.drv x86/mmewine.dll >"$WORK/zip-want.txt"
check "the .zip holds what it shall" diff "$WORK/zip-want.txt" "$WORK/zip.txt"
crlf() { unzip -p "$ZIP" "*/$1" >"$WORK/text" && [ "$(grep -c . "$WORK/text")" -gt 10 ] && ! grep -qv "$(printf '\r')\$" "$WORK/text"; }
for f in README.txt LICENSE.txt inf/mmekit.inf; do check "$f has Windows' line ends" crlf $f; done
check "README.txt and mmekit.inf say the version" sh -c "unzip -p '$ZIP' '*/README.txt' | grep -q 'mmekit $VERSION' && unzip -p '$ZIP' '*/mmekit.inf' | grep -q ',$VERSION.0'"

# ---------------------------------------------------------------- a prefix and its control

control_begin
mkdir -p "$C/other programs" && cp "$SETUP" "$C/setup.exe" || exit 2
# /D and _? stand without quotes, whatever is in them; that a Unix shell's argument cannot say
bat() { printf '@start "" /wait %s\r\n@exit %%errorlevel%%\r\n' "$2" >"$C/$1.bat"; }
bat elsewhere 'C:\setup.exe /S /D=C:\other programs\mmekit'
bat uninstall '"C:\other programs\mmekit\uninstall.exe" /S _?=C:\other programs\mmekit'
bat blocked 'C:\setup.exe /S /D=C:\blocked'
mkdir "$C/blocked" && echo mine >"$C/blocked/x64" # where a folder is wanted
run_bat() { wine64_in "$P" 120 cmd /c "C:\\$1.bat"; }
idle() { # what is started, without installing anything
    impossible wine64_in "$1" 60 'C:\setup.exe' /S
    wine64_in "$1" 60 cmd /c exit
    wine64_in "$1" 60 rundll32 mmewave.drv,Install
    wine64_in "$1" 60 'C:\press_ok.exe' nothing 1
}
control_take idle

# ---------------------------------------------------------------- the setup program

run_bat elsewhere; code_is "setup /D" 0 $?
installed "setup"
check "setup: its entry stands in Settings, Apps" listed mmekit
check "setup: the entry has the version and the folder" sh -c "grep -q 'DisplayVersion.*$VERSION' '$WORK/listed.txt' && grep -q 'InstallLocation.*C:.other programs.mmekit' '$WORK/listed.txt'"
wine64_in "$P" 120 'C:\setup.exe' /S; code_is "setup, a second time" 0 $?
check "setup, a second time: where the first one was" [ -f "$C/other programs/mmekit/uninstall.exe" ] && check "and missing else" [ ! -e "$C/Program Files/mmekit" ]
impossible wine64_in "$P" 120 'C:\setup.exe' /S 2>"$WORK/setup.err"; code_is "setup, refused over it" 2 $?
check "setup: standard error has the reason" grep -q 'missing' "$WORK/setup.err"
installed "setup, after the refusal"
echo mine >"$C/other programs/mmekit/mine.txt"
run_bat uninstall; code_is "uninstall" 0 $?
check "uninstall: a file of the user's stays" grep -q mine "$C/other programs/mmekit/mine.txt"
let_end "$P"
rm -rf "${C:?}/other programs/mmekit"
as_before "setup, removed" setup-removed
wine64_in "$P" 120 'C:\setup.exe' /S
wine64_in "$P" 120 'C:\Program Files\mmekit\uninstall.exe' /S # copies itself away and ends at once
as_before "setup, removed by itself" setup-gone
impossible wine64_in "$P" 120 'C:\setup.exe' /S 2>"$WORK/setup.err"; code_is "setup, hardware absent" 2 $?
left_nothing "setup, hardware absent" setup-refused

run_bat blocked; code_is "setup, a folder that cannot be" 2 $?
as_before "setup, a folder that cannot be" setup-blocked

# another build's module that some program has loaded: replaced all the same, and the restart is true
mkdir -p "$WORK/old64/bin" "$WORK/old64/packaging" && cp "$X64/packaging/mmekit.inf" "$WORK/old64/packaging/" &&
    { cat "$BIN/mmewave.drv"; printf 'another build'; } >"$WORK/old64/bin/mmewave.drv"
another() { sh "$HERE/../../packaging/windows/make.sh" "$WORK/old64" "$X86" "$WORK/old" >"$WORK/make.log" 2>&1; }
check "make.sh with another build" another
cp "$WORK"/old/*-setup.exe "$C/old.exe" && wine64_in "$P" 120 'C:\old.exe' /S; code_is "another build" 0 $?
run_dll mmewave.drv,Install 2>/dev/null & rundll=$! # holds it until its box is answered
wine64_in "$P" 60 'C:\press_ok.exe' "not this one" 3 >/dev/null
wine64_in "$P" 120 'C:\setup.exe' /S; code_is "setup over a module in use" 3010 $?
check "the module is replaced" cmp "$BIN/mmewave.drv" "$C/windows/system32/mmewave.drv"
wine64_in "$P" 60 'C:\press_ok.exe' "$TITLE" 30 >/dev/null; wait $rundll
wine64_in "$P" 120 'C:\Program Files\mmekit\uninstall.exe' /S
let_end "$P"
check "and gone after the uninstall" [ ! -e "$C/windows/system32/mmewave.drv" ]

let_end "$P"
finish
