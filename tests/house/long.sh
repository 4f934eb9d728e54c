#!/bin/sh
# SPDX-License-Identifier: MIT
# What takes too long for every run: the same programs as in the tests, asked for more.
# usage: long.sh BUILD_DIR
bin=${1:?}/bin
pass=0 fail=0
run() { # run NAME SECONDS COMMAND...: the program's own closing line counts
    name=$1 limit=$2; shift 2
    out=$(timeout "$limit" "$@" 2>&1); status=$?
    echo "$out" | tail -n 4
    line=$(echo "$out" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' | tail -n 1)
    if [ $status -eq 0 ] && [ -n "$line" ] && [ "${line#* }" = 0 ] && [ "${line% *}" -gt 0 ]; then
        pass=$((pass + ${line% *}))
    else
        echo "FAIL: $name (exit $status)"; fail=$((fail + 1))
    fi
}
# eight installers at once, one in ten killed, 1,000 rounds
run "installers at once" 900 "$bin/install_hammer" 1000
echo "$pass passed, $fail failed"
[ $fail -eq 0 ] && [ $pass -gt 0 ]
