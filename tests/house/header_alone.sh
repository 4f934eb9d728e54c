#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles alone, as C11 and as C++17, with warnings as errors.
# usage: header_alone.sh INCLUDE_DIR WORK_DIR
dir=${1:?} work=${2:?}
mkdir -p "$work"
pass=0 fail=0
for h in "$dir"/mmk/*.h; do
    name=mmk/$(basename "$h")
    printf '#include <%s>\n#include <%s>\nint mmk_header_alone;\n' "$name" "$name" >"$work/alone.c"
    cp "$work/alone.c" "$work/alone.cpp"
    for cc in "${CC:-cc} -std=c11" "${CXX:-c++} -std=c++17"; do
        case "$cc" in *c++17) src=$work/alone.cpp ;; *) src=$work/alone.c ;; esac
        # shellcheck disable=SC2086
        if $cc -Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only -I"$dir" "$src"; then
            pass=$((pass + 1))
        else
            echo "FAIL: $name does not compile alone: $cc"
            fail=$((fail + 1))
        fi
    done
done
[ "$pass" -gt 0 ] || fail=$((fail + 1))
echo "$pass passed, $fail failed"
[ "$fail" -eq 0 ]
