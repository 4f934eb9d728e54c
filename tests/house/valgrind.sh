#!/bin/sh
# SPDX-License-Identifier: MIT
# The unit tests under valgrind: no invalid access, no use of uninitialised memory, no definite leak.
# Those that parse, decide and store; kernels and the engine are watched by AddressSanitizer, thirty times as fast.
# registry_limits measures speed and memory, which valgrind changes. Each Criterion test runs in a process of its own, hence --trace-children.
# usage: valgrind.sh BUILD_DIR
build=${1:?}
pass=0 fail=0
logs=$build/valgrind; rm -rf "$logs"; mkdir -p "$logs"
for t in test_base test_param test_install test_lifecycle test_mini_winmm test_mmectl test_registry; do
    bin=$build/bin/$t
    [ -x "$bin" ] || { echo "FAIL: no $bin"; fail=$((fail + 1)); continue; }
    if timeout 900 valgrind -q --trace-children=yes --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --log-file="$logs/$t.%p" "$bin" --jobs 2 --timeout 300 --filter '!(registry_limits)/*' >"$logs/$t.out" 2>&1 &&
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
