#!/bin/sh
# SPDX-License-Identifier: MIT
# The house checks can fail: each is run on a tree or an archive that breaks its rule, and must say so.
# usage: must_fail.sh SOURCE_DIR WORK_DIR
src=${1:?} work=${2:?}
rm -rf "$work"; mkdir -p "$work"
pass=0 fail=0
expect_red() { # expect_red WHAT PATTERN COMMAND...
    what=$1 pattern=$2; shift 2
    if out=$("$@" 2>&1); then echo "FAIL: $what was accepted"; fail=$((fail + 1))
    elif echo "$out" | grep -q "$pattern"; then pass=$((pass + 1))
    else echo "FAIL: $what failed, but not for its reason: $out"; fail=$((fail + 1)); fi
}
tree() { # tree FILE LINE: a core of one file
    rm -rf "$work/t"; mkdir -p "$work/t/$(dirname "$1")" "$work/t/core"
    printf '%s\n' "$2" >"$work/t/$1"
}
d=$src/tests/house
tree core/dsp/a.c '#include "engine/engine_internal.h"'
expect_red "dsp including engine" "dsp may not include" sh "$d/include_direction.sh" "$work/t"
tree core/install/a.c '#include <mmk/engine.h>'
expect_red "install including engine.h" "install may not include" sh "$d/include_direction.sh" "$work/t"
tree core/base/a.c '#include <stdlib.h>'
expect_red "a system header in core" "system header stdlib.h" sh "$d/include_direction.sh" "$work/t"
tree core/include/mmk/a.h '#include <mmk/posix.h>'
expect_red "a core header including a shim's" "includes the shim header" sh "$d/include_direction.sh" "$work/t"
tree tools/a.c '#include "base/bytes.h"'
expect_red "a tool including core's private header" "its own folder only" sh "$d/include_direction.sh" "$work/t"
mkdir -p "$work/h/mmk"
echo 'struct a { mmk_err e; };' >"$work/h/mmk/a.h"
expect_red "a header that needs another" "does not compile alone" sh "$d/header_alone.sh" "$work/h" "$work/hw"
{ echo '#include <stdlib.h>'; i=0; while [ $i -lt 60 ]; do echo "void mmk_f$i(void); void mmk_f$i(void){}"; i=$((i + 1)); done
  echo 'void *mmk_m(void); void *mmk_m(void) { return malloc(8); }'; } >"$work/m.c"
${CC:-cc} -c -o "$work/m.o" "$work/m.c" && ar rcs "$work/m.a" "$work/m.o"
expect_red "an archive that allocates" "core needs malloc" sh "$d/no_allocator.sh" "$work/m.a"
echo "$pass passed, $fail failed"
[ $fail -eq 0 ]
