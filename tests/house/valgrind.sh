#!/bin/sh
# SPDX-License-Identifier: MIT
# The unit tests under valgrind: no invalid access, no use of uninitialised memory, no definite leak.
# Each Criterion test runs in a process of its own, hence --trace-children. Long sweeps (label long) stay out.
# usage: valgrind.sh BUILD_DIR
build=${1:?}
pass=0 fail=0
logs=$build/valgrind; rm -rf "$logs"; mkdir -p "$logs"
for t in $(ctest --test-dir "$build" -N -LE 'house|long|threads|bench' | sed -n 's/^ *Test *#[0-9]*: \(test_[a-z0-9_]*\)$/\1/p'); do
    bin=$build/bin/$t
    [ -x "$bin" ] || continue
    # VALGRIND=1 lets timing and volume loops be shorter; they check the same
    if VALGRIND=1 timeout 600 valgrind -q --trace-children=yes --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --child-silent-after-fork=no --log-file="$logs/$t.%p" "$bin" --jobs 2 --timeout 300 >"$logs/$t.out" 2>&1 &&
        ! cat "$logs/$t".[0-9]* 2>/dev/null | grep -qE 'Invalid (read|write)|uninitialised|definitely lost: [1-9]|Invalid free|Mismatched'; then
        pass=$((pass + 1))
    else
        echo "FAIL: $t under valgrind"; tail -5 "$logs/$t.out"
        cat "$logs/$t".[0-9]* 2>/dev/null | grep . | head -30
        fail=$((fail + 1))
    fi
done
[ $pass -gt 0 ] || fail=$((fail + 1))
echo "$pass passed, $fail failed"
[ $fail -eq 0 ]
