#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 strace diffutils
# Products in a Wine prefix from outside, when things go wrong: mmectl killed at every system call that changes a file,
# a disk that is full at every write, a module of the wrong width, programs that run, and wineboot -u. Whatever happens,
# the prefix is as before or as after.
#
# usage: long_products.sh BIN_DIR BUILD_RELEASE WORK_DIR
set -u
[ $# -eq 3 ] || { sed -n '8s/^# //p' "$0" >&2; exit 2; }
BIN=$(cd "$1" && pwd) || exit 2
RELEASE=$(cd "$2" && pwd) || exit 2
mkdir -p "$3" && WORK=$(cd "$3" && pwd) || exit 2
. "$(dirname "$0")/wine.sh"
NATIVE=$WORK/native/mmectl # with nothing of the build near it
mkdir -p "$WORK/native" && cp "$RELEASE/bin/mmectl" "$NATIVE" || exit 2
need_files "$BIN/mmectl.exe" "$BIN/mmewine.dll" "$BIN/mmecodec.acm" "$NATIVE" "$(command -v strace)"
null_sound
export WINELOADER="$WINE" MMEKIT_MODULES="$WORK/pack"
rm -rf "${WORK:?}/pack"; mkdir -p "$WORK/pack" && cp "$BIN/mmewine.dll" "$BIN/mmecodec.acm" "$WORK/pack/" || exit 2
P=$WORK/prefix C=$WORK/prefix/drive_c
CHANGES="rename renameat unlink unlinkat write fsync mkdir rmdir"

outside() { timeout -k 5 60 "$NATIVE" "$@" --prefix "$P"; }
state() { # both hives without times and without the transaction's number, system.ini, the modules
    {
        sed -e 's/^\(\[.*\]\) [0-9]*$/\1/' -e '/^#time=/d' -e '/^"Stamp"=/d' "$P/system.reg" "$P/user.reg"
        cat "$C/windows/system.ini"
        find "$C/windows" "$P"/*.reg* -iname '*mme*' -exec sha256sum {} + | LC_ALL=C sort # leftovers as well
    } | sha256sum
}

attempt() { # attempt CALL N FAULT VERB PRODUCT: one run from $from; sets bad and lied; false: there is no such call any more
    if [ "$(state)" != "$from" ]; then # every run begins where the verb goes from
        if [ "$4" = install ]; then outside remove "$5"; else outside install "$5" --no-trial; fi >/dev/null 2>&1
    fi
    option=; [ "$4" = remove ] || option=--no-trial
    timeout -k 5 60 strace -f -o "$WORK/strace.out" -e trace="$1" -e inject="$1:$3:when=$2" \
        "$NATIVE" "$4" "$5" $option --prefix "$P" >"$WORK/out" 2>&1
    status=$?
    outside recover >/dev/null 2>&1 || { bad=$((bad + 1)); echo "recover fails after $*"; }
    now=$(state)
    [ "$now" = "$from" ] || [ "$now" = "$to" ] || { bad=$((bad + 1)); echo "half done after $*"; }
    [ $status -ne 0 ] || [ "$now" = "$to" ] || { lied=$((lied + 1)); echo "a lie at $*"; }
    grep -q -e '(INJECTED)' -e 'killed by SIGKILL' "$WORK/strace.out"
}

prefix_new "$P"
prefix_end "$P"
for product in mmewine mmecodec; do
    before=$(state)
    outside install $product --no-trial >/dev/null 2>&1 || fail "install $product"
    after=$(state)
    outside remove $product >/dev/null 2>&1 || fail "remove $product"
    check "$product: install and remove go from one state to the other and back" eval '[ "$before" != "$after" ] && [ "$(state)" = "$before" ]'
    for fault in signal=KILL error=ENOSPC; do
        for verb in install remove; do
            from=$before to=$after total=0 bad=0 lied=0
            [ $verb = install ] || from=$after to=$before
            for call in $CHANGES; do
                n=1
                while attempt $call $n $fault $verb $product && [ $n -lt 200 ]; do n=$((n + 1)); done
                total=$((total + n - 1))
            done
            echo "FIGURE $verb $product, $fault: $total calls, $bad half done, $lied lies"
            check "$verb $product, $fault at each call that changes a file: never half done, never a lie" \
                eval '[ $bad -eq 0 ] && [ $lied -eq 0 ] && [ $total -gt 10 ]'
        done
    done
    [ "$(state)" = "$before" ] || outside remove $product >/dev/null 2>&1
done

# ---------------------------------------------------------------- the wrong width, programs that run, an update of Wine

i686=$(dirname "$BIN")/../windows-i686/bin/mmewine.dll
if [ -f "$i686" ]; then
    check "a 32-bit module goes into syswow64 and its view, alone" eval 'rm -f "$WORK/pack/mmewine.dll"; outside install "$i686" >"$WORK/said" 2>&1; cat "$WORK/said"; cmp "$i686" "$C/windows/syswow64/mmewine.dll" && [ ! -e "$C/windows/system32/mmewine.dll" ] && outside remove mmewine; s=$?; cp "$BIN/mmewine.dll" "$WORK/pack/"; [ $s -eq 0 ]'
fi
WINEPREFIX=$P timeout 30 "$WINE" ping -n 20 127.0.0.1 >/dev/null 2>&1 9>&- &
PING=$!
sleep 3
check "while programs run in the prefix the answer is 5, and why" eval 'outside install mmewine >"$WORK/said" 2>&1; [ $? -eq 5 ] && grep -q "are running" "$WORK/said"'
prefix_end "$P"; wait $PING
check "when they have ended it goes through, tried" eval 'outside install mmewine >"$WORK/said" 2>&1 && ! grep "not tried" "$WORK/said"'
check "wineboot -u leaves it" eval 'wine_in "$P" 180 wineboot -u >/dev/null 2>&1; prefix_end "$P"; outside verify mmewine | grep -q good'
check "and it goes" outside remove mmewine
finish
